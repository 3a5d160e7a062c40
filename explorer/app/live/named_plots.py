"""Names of plots and lists for those who do not see them."""

from __future__ import annotations

from pathlib import Path

from bokeh.model import Model
from bokeh.models import CustomJS, LayoutDOM, Plot, Select

_CODE = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


def name_plots(card: LayoutDOM, heading: Model, words: Model | None) -> None:
    """
    Have the browser name the plots of a card by its heading, by what their vertical axis says, and
    by the words that say what they find; and its lists by the name of their model.
    """
    plots = [model for model in card.references() if isinstance(model, Plot)]
    lists = [model for model in card.references() if isinstance(model, Select)]
    args = {"plots": plots, "lists": lists, "heading": heading, "words": words}
    name = CustomJS(args=args, code=_CODE)
    for plot in plots:
        plot.js_on_change("inner_width", name)  # when it is first laid out
