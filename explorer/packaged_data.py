"""Where the files that travel with the package lie: scenarios, layouts and assets."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# A wheel carries the three folders inside the package; in a checkout they stand beside it.
_HOME = _PACKAGE if (_PACKAGE / "sample_scenarios").is_dir() else _PACKAGE.parent

ASSETS = _HOME / "assets"  # base map and pictures
LAYOUTS = _HOME / "layouts"  # the app's pages, one file each
SCENARIOS = _HOME / "sample_scenarios"  # one folder per sample scenario
