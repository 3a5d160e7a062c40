"""
How the documentation is built: `python -m sphinx -W --keep-going -b html docs docs/_build/html`.
"""

import os
import sys
from pathlib import Path

EXTENSIONS = Path(__file__).parent / "_ext"
sys.path.insert(0, str(EXTENSIONS))
# executed pages run in a kernel, which is a process of its own
os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(EXTENSIONS), os.environ.get("PYTHONPATH", "")])
)

import explorer  # noqa: E402

project = "Wattlas"
author = "the Wattlas authors"
copyright = "the Wattlas authors, BSD-3-Clause"
version = release = explorer.__version__

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "mathml",
    "offline",
    "scenario_reference",
    "api_reference",
]
exclude_patterns = ["_build", "README.md"]
nitpicky = False  # docstrings name columns and parameters as they name functions
default_role = "py:obj"  # `name` in a docstring: a link where there is such a name, else code
toc_object_entries_show_parents = "hide"

# docstrings
autodoc_typehints = "none"  # numpydoc's sections say types in words
numpydoc_show_class_members = False  # api_reference chooses which members are public
numpydoc_xref_param_type = False

# pages in Markdown; cells run at every build, and one that fails ends it
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 4
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

# the site: nothing of it comes from a network
html_theme = "pydata_sphinx_theme"
html_title = "Wattlas"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
_ALONE = (
    "index",
    "start",
    "tour",
    "model",
    "nomenclature",
    "scenario",
    "gallery",
    "questions",
    "architecture",
    "internals",
)
html_sidebars = {
    page: [] for page in _ALONE
}  # pages without others below them: nothing to list at their side
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_prev_next": True,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
