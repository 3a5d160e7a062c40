"""The frame of a view: a question, an explanation one hover away, and what answers it."""

from __future__ import annotations

from collections.abc import Sequence

from bokeh.models import Column, Div, LayoutDOM, Row

from explorer.app.live.pane import FONT, HEADING, SOURCES_HERE
from explorer.markup import html
from explorer.registry import TERMS
from explorer.words import tr

CARD = """
:host { border: 1px solid var(--mui-palette-divider, #8886); border-radius: 8px; padding: 6px 8px;
        box-sizing: border-box; }
:host(:not(:popover-open)) .bk-Figure { min-height: var(--picture-least, 0) !important; }
:host(:popover-open) { inset: 0; width: 100vw !important; height: 100vh !important; max-width: none; margin: 0;
                       padding: 12px 16px; border: 0; border-radius: 0; overflow: auto;
                       background: var(--mui-palette-background-paper, Canvas); }
:host(:popover-open) .bk-Figure { flex: 1 1 auto !important; height: auto !important; min-height: 260px; }
@media print { :host { break-inside: avoid; margin-bottom: 10px !important; } }
"""
# on paper what goes to the next sheet takes along what is below it, which rows of a grid do not
PAPER_FLOW = "@media print { :host { display: block !important; } }"
SMALL = """
:host { font-size: 14px; line-height: 1.5; }
.key { white-space: nowrap; margin-right: 8px; }
"""  # of words beside a tool
SIGN = """
.sign { -webkit-text-stroke: .8px #8a8f98; paint-order: stroke; forced-color-adjust: none; }
"""  # pale ones are seen on pale pages
_WRAP = """
:host { flex-wrap: wrap; }
@media (max-width: 480px) { .bk-Select { flex: 1 1 140px !important; min-width: 0; } }  /* beside the other tools */
"""
# tools that have no room beside it go below
_FIRST = """
:host { flex: 1 1 0 !important; min-width: max-content; }
@media (max-width: 480px) { :host { flex-basis: 100% !important; min-width: 0; } }
"""
_TITLE = """
:host { color: var(--mui-palette-text-primary, inherit); z-index: 10; }
.bk-clearfix { width: 100%; }
.heading { display: flex; align-items: baseline; }
h2 { font-size: 16px; font-weight: 700; margin: 0; white-space: nowrap; display: inline; }
@media (max-width: 480px) { h2 { white-space: normal; } }
.help { flex: none; width: 19px; height: 19px; margin: 0 5px 0 6px; border: 1.4px solid currentColor;
        border-radius: 50%; font-size: 14px; line-height: 19px; font-weight: 700; text-align: center; opacity: .6;
        cursor: help; position: relative; }
.help::after { content: ""; position: absolute; inset: -10px; }  /* what a finger may hit */
.help:hover, .help:focus-visible { opacity: 1; }
.explanation { display: none; visibility: var(--tips, inherit); position: absolute; left: var(--help-left, 0);
               right: var(--help-right, auto); top: 26px; width: min(400px, 80vw); padding: 8px 10px;
               border-radius: 6px; font-size: 14px; line-height: 1.45; background: #2b2f36; color: #f4f5f7;
               box-shadow: 0 3px 12px #0006; }
.explanation { max-height: 420px; overflow: auto; }
.help:hover + .explanation, .help:focus + .explanation, .explanation:hover { display: block; }
@media print { .help, .explanation, .ends { display: none !important; } }
.ends { flex: none; display: flex; margin: -2px 0 -2px auto; }
.ends button { align-items: center; justify-content: center; min-width: 26px; min-height: 26px; padding: 0; border: 0;
               border-radius: 4px; background: none; color: inherit; font: inherit; line-height: 1; cursor: pointer;
               opacity: .6; }
.ends button:is(:hover, :focus-visible, [aria-expanded=true]) { opacity: 1; background: #8883; }
.take { display: var(--take-home, none); }  /* where something listens to them */
.enlarge { display: var(--enlarge, none); }
.sources { margin-top: 6px; padding-top: 6px; border-top: 1px solid #f4f5f744; font-size: 14px; }
.sources p { margin: 0 0 2px; }
"""
TOOL = """
.bk-input { height: 30px; padding: 2px 8px; font: inherit; font-size: 14px; border-radius: 6px;
            color: var(--mui-palette-text-primary, inherit); border-color: var(--mui-palette-divider, #8886);
            background-color: transparent; }
select:not([multiple]).bk-input:is(select) {  /* stronger than Bokeh's own; an arrow in the colour of the text */
  appearance: none; height: 30px; padding-right: 26px; background-repeat: no-repeat; background-size: 5px 5px;
  background-position: right 15px center, right 10px center;
  background-image: linear-gradient(45deg, transparent 50%, currentColor 50%),
                    linear-gradient(135deg, currentColor 50%, transparent 50%);
}
.bk-input option { color: black; background: white; }
:host { max-width: 100%; }
.bk-btn-group { flex-wrap: wrap; max-width: 100%; height: auto; }
.bk-btn-group > .bk-btn.bk-btn { flex: 0 1 auto; }
.bk-btn { height: auto; max-width: 100%; overflow: hidden; text-overflow: ellipsis; padding: 3px 9px;
          font: inherit; font-size: 14px; color: var(--mui-palette-text-primary, inherit);
          background: transparent; border-color: var(--mui-palette-divider, #8886); }
.bk-btn.bk-active { color: var(--mui-palette-primary-contrastText, #fff); box-shadow: none;
                    background: var(--mui-palette-primary-main, #0072b2); }
.bk-btn:hover:not(.bk-active) { background: #8883; }
.bk-btn:focus { outline: none; }
:is(.bk-btn, .bk-input):focus-visible { outline: 2px solid var(--mui-palette-primary-main, #0072b2);
                                        outline-offset: 1px; }
@media (forced-colors: active) {
  .bk-btn.bk-active { background: Highlight; color: HighlightText; forced-color-adjust: none; }
  select:not([multiple]).bk-input:is(select) { appearance: auto; }  /* whose arrow is a gradient */
}
"""


def heading(title: str, explanation: str, term: str = "") -> Div:
    """
    A title, and a tap away the field's term and the explanation, for the hand on a mouse, on a
    keyboard and on a phone. What it is given is looked up in the language that is spoken.
    """
    title, term = tr(title), tr(term)
    text = html(
        '<div class="heading"><h2>{title}</h2>'
        '<span class="help" tabindex="0" role="button" aria-label="{title} {help}">?</span>'
        '<div class="explanation" role="tooltip" tabindex="-1">{named}{explanation}{sources}</div>'
        '<span class="ends"><button class="take" aria-label="{title} {take}" aria-haspopup="menu">⤓'
        '</button><button class="enlarge" aria-label="{title} {enlarge}">⤢</button></span></div>',
        title=title, named=html("<b>{}.</b> ", f"{term[0].upper()}{term[1:]}") if term else "",
        explanation=tr(explanation).strip(), sources=SOURCES_HERE, help=tr("Explanation"),
        take=tr("Take home: picture, table"), enlarge=tr("Alone, as large as the window"),
    )  # fmt: skip
    return Div(
        name=HEADING,
        text=str(text),
        sizing_mode="stretch_width",
        margin=(3, 0, 3, 2),
        styles=FONT,
        stylesheets=[_TITLE],
    )


def card(title: str, explanation: str, *body: LayoutDOM, tools: Sequence[LayoutDOM] = ()) -> Column:
    """The frame with its heading, and tools at the heading's right."""
    for tool in tools:
        tool.update(stylesheets=[TOOL], styles=FONT, margin=(0, 2, 2, 4))
    top: LayoutDOM = heading(title, explanation, TERMS.get(title, ""))
    if tools:
        top.stylesheets = [*top.stylesheets, _FIRST]
        top = Row(children=[top, *tools], sizing_mode="stretch_width", stylesheets=[_WRAP])
    return Column(
        children=[top, *body],
        sizing_mode="stretch_width",
        stylesheets=[CARD],
        css_classes=["wattlas-card"],  # as the page finds it
    )
