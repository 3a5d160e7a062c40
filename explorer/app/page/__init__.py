"""
The page around the app: what it shows before a session is there, and when the connection is lost.
"""

from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader
from panel_material_ui.base import BASE_TEMPLATE


def _beside(theirs: BaseLoader | None) -> ChoiceLoader:
    assert theirs is not None
    return ChoiceLoader([FileSystemLoader(Path(__file__).parent), theirs])


_environment = BASE_TEMPLATE.environment
TEMPLATE = _environment.overlay(loader=_beside(_environment.loader)).get_template("page.html")
