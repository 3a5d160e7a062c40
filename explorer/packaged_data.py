"""
Where the files that travel with the package lie: scenarios, layouts and assets; in a checkout, the
built documentation too.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries the three folders inside the package; in a checkout they stand beside it.
_HOME = _PACKAGE if (_PACKAGE / "sample_scenarios").is_dir() else _PACKAGE.parent

ASSETS = _HOME / "assets"  # base map and pictures
DOCUMENTATION = _HOME / "docs" / "_build" / "html"  # there once somebody has built it
LAYOUTS = _HOME / "layouts"  # the app's pages, one file each
SCENARIOS = _HOME / "sample_scenarios"  # one folder per sample scenario
