"""
The page around the app: what it shows before a session is there, and when the connection is lost.
"""

from functools import partial
from pathlib import Path

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader
from panel_material_ui.base import BASE_TEMPLATE

from explorer.app.component import words_of
from explorer.words import tr

_HERE = Path(__file__).parent
_SCRIPTS = [(_HERE / f"{name}.js").read_text("utf-8") for name in ("page", "access", "frame")]


def _beside(theirs: BaseLoader | None) -> ChoiceLoader:
    assert theirs is not None
    return ChoiceLoader([FileSystemLoader(_HERE), theirs])


_environment = BASE_TEMPLATE.environment
TEMPLATE = _environment.overlay(loader=_beside(_environment.loader)).get_template(
    "page.html", globals={"words_of_scripts": partial(words_of, *_SCRIPTS), "tr": tr}
)
