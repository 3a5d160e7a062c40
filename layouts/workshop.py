"""The workshop app. Run: wattlas serve, or panel serve layouts/workshop.py --args world-2025"""

from argparse import ArgumentParser

import panel as pn
import panel_material_ui as pmui
from panel.io.resources import LOCAL_DIST
from panel.util.parameters import edit_readonly

from explorer import Explorer, ExplorerError, Scenario
from explorer.app.explorer import ALERT, SHEET_PX
from explorer.app.own_data.door import OwnDataDoor
from explorer.app.page import TEMPLATE
from explorer.app.page.reader import ReaderChooser
from explorer.app.page.scenarios import Chooser, scenarios_there, unknown_scenario
from explorer.app.page.switch import Switch
from explorer.app.readers import (
    address_of,
    chosen,
    in_language,
    language_of,
    units_code,
    units_of,
    write_for,
)
from explorer.app.signals.feed import feed_of
from explorer.markup import html, lines_in_markdown
from explorer.packaged_data import DOCUMENTATION
from explorer.words import Reader, language, tr

pn.extension()
if (
    pn.state.curdoc
):  # a session that starts with its websocket would be sent to a CDN for its style sheets
    pn.state.curdoc.template_variables["dist_url"] = LOCAL_DIST
    write_for(pn.state.curdoc, Reader(language_of(pn.state.session_args, pn.state.headers)))

_LINK_STYLE = """
a { display: inline-block; padding: 4px 0; color: #fff; }  /* the words of the header in both themes */
@media (max-width: 600px) { :host { display: none; } }
"""

options = ArgumentParser()
options.add_argument("scenario", nargs="?", default="world-2025")
options.add_argument("--reachable", default="")
options.add_argument("--site", default="/")
options.add_argument("--read-only", action="store_true")
options.add_argument("--board", action="store_true")
options.add_argument("--signals", default="")
told = options.parse_args()
asked = pn.state.session_args.get("scenario", [b""])[0].decode(errors="replace")
spoken = chosen(pn.state.session_args)  # links say it where somebody has chosen
wanted = units_code(pn.state.session_args)  # likewise
presented = "presented" in pn.state.session_args  # larger, to a room
phone = not presented and "Mobi" in pn.state.headers.get("User-Agent", "")
there = scenarios_there(told.scenario)
served = told.scenario if told.scenario in there else ""  # a path is no name
opened = asked if asked in there else served
choice, reader = Chooser(there, opened, spoken), ReaderChooser()
is_built = (DOCUMENTATION / "index.html").is_file()
link = html(
    '<a href="documentation/index.html" target="_blank" rel="noopener">{}</a>', tr("Documentation")
)
documentation = (
    [pn.pane.HTML(str(link), stylesheets=[_LINK_STYLE], margin=(0, 8), align="center")]
    if is_built
    else []
)
header, main = pn.Row(margin=0), pn.Column(margin=0, sizing_mode="stretch_width")
sidebar = pn.Column(choice, margin=0, sizing_mode="stretch_width")
page = pmui.Page(
    title="Wattlas",
    template=TEMPLATE,
    site_url=in_language(told.site, spoken, wanted),
    header=[header],
    main=[main],
    sidebar=[sidebar],
    sidebar_width=312,
    busy_indicator=None,
    # on a phone and to a room the pictures come first
    sidebar_open=not presented and not phone,
    sx={
        "@media (prefers-reduced-motion: reduce)": {
            "& *": {"transition": "none !important", "animation": "none !important"}
        },
        # on paper nothing scrolls: what is below goes to further pages
        "@media print": {
            "&, & .MuiBox-root:has(.main-content), & .main, & .main-content": {
                "display": "block",
                "height": "auto",
                "overflow": "visible",
            },
            "& .MuiDrawer-root": {"display": "none"},
            "& .main": {"backgroundColor": "#fff"},
            "& header": {"position": "static", "background": "none", "boxShadow": "none"},
            "& header h3.title.title": {"color": "text.primary", "whiteSpace": "normal"},
            # no buttons, and no room for a header that stays
            "& header .MuiToolbar-root > :not(:has(.title)), & .main .MuiToolbar-root": {
                "display": "none"
            },
        },
        # what has the focus is not below the sheet
        "& .main-content": {"scrollPaddingBottom": f"{SHEET_PX if phone else 0}px"},
        "& .MuiToolbar-root": {"minHeight": "48px"},
        "& .MuiToolbar-root :is(a, button):focus-visible": {"outline": "2px solid #fff"},
        # one line: a header that grows lies on the totals. The title leaves room for the buttons;
        # whole when pointed at
        "& .MuiToolbar-root > .MuiBox-root": {"flexShrink": 0},
        "& .MuiToolbar-root > .MuiBox-root:has(.title)": {"flex": "0 1 auto", "minWidth": 0},
        "& .MuiToolbar-root a": {
            "minWidth": 0,
            "height": {"xs": "21px", "sm": "31px"},
            "alignItems": "start !important",
        },
        # of no width on a phone, where a focus would be lost on it
        "@media (max-width: 599.95px)": {
            "& .MuiToolbar-root a:has(.title)": {"display": "none !important"}
        },
        "& .MuiToolbar-root > .MuiIconButton-root": {"marginRight": {"xs": 0, "sm": "16px"}},
        "& .MuiToolbar-root h3.title": {
            "display": {"xs": "none", "sm": "block"},  # on a phone there is room for one letter
            "fontSize": "24px",
            "lineHeight": "1.3",
            "whiteSpace": "nowrap",
            "overflow": "hidden",
            "textOverflow": "ellipsis",
        },
        "& .MuiToolbar-root a:is(:hover, :focus-visible) h3.title": {
            "whiteSpace": "normal",
            "overflowWrap": "anywhere",
            "backgroundColor": "primary.main",
            "borderRadius": "4px",
        },
    },
)
# cards say so themselves; Panel's flag, which this takes the place of, is everybody's, and keeps
# every page alive
with edit_readonly(page):
    page.busy = main.param.loading


def explorer_of(name: str) -> Explorer:
    """The app for a scenario, one that there is or one of a user's own."""
    own = own_data.find(name)
    scenario = Scenario.load(name or told.scenario) if own is None else own.copy()
    measure_for(scenario)
    return Explorer(
        scenario,
        address=address_of(name, spoken, wanted),
        served=told.scenario,
        reachable=told.reachable,
        saves=not told.read_only,
        board=told.board,
        presented=presented,
        own=own is not None,
        phone=phone,
        signals=feed_of(told.signals) if told.signals and own is None else None,
    )


def measure_for(scenario: Scenario) -> None:
    """Have the page show amounts as its address says and the scenario knows a rate."""
    if pn.state.curdoc:
        units = units_of(pn.state.session_args, scenario.euro)
        write_for(pn.state.curdoc, Reader(language(), units))


def on_screen() -> Scenario:
    """What the sliders move, or would."""
    current = switch.current
    return Scenario.load(told.scenario) if current is None else current.session.scenario


def show(name: str, found: Explorer | ExplorerError) -> None:
    """Put the app on the page, or say what is wrong with the scenario."""
    choice.show(name)
    reader.own = own_data.find(name) is not None
    page.title = there[name].page_title
    if isinstance(found, ExplorerError):
        words = lines_in_markdown(str(found))
        alert = pn.pane.Alert(
            words, alert_type="danger", margin=10, disable_math=True, stylesheets=[ALERT]
        )
        header[:], main[:], sidebar[:] = (
            documentation,
            [switch, own_data, alert],
            [choice, reader],
        )
        return
    measure_for(found.session.scenario)
    reader.show(found.session.scenario.euro)
    header[:], main[:] = [*documentation, found.buttons], [switch, own_data, found.main]
    sidebar[:] = [choice, found.controls, reader]


switch = Switch(page, there, served, explorer_of, show)
own_data = OwnDataDoor(there, on_screen, switch.offer)
if asked in ("", opened):
    switch.open(opened)
else:
    sidebar[:] = [reader]
    main[:] = [switch, own_data, unknown_scenario(asked, spoken)]
page.servable(title="Wattlas", location=False)  # the address is the link's
