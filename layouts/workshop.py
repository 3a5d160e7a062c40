"""The workshop app. Run: wattlas serve, or panel serve layouts/workshop.py --args world-2025"""

import sys
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui
from panel.io.resources import LOCAL_DIST
from panel.util.parameters import edit_readonly

from explorer import Explorer, ExplorerError, Scenario
from explorer.markup import lines_in_markdown
from explorer.model.labels import as_shown
from explorer.scenario.folder import names

pn.extension(reconnect=True)
if (
    pn.state.curdoc
):  # a session that starts with its websocket would be sent to a CDN for its style sheets
    pn.state.curdoc.template_variables["dist_url"] = LOCAL_DIST

asked = pn.state.session_args.get("scenario", [b""])[0].decode(errors="replace")
opened = asked if asked in names() else sys.argv[1] if len(sys.argv) > 1 else "world-2025"
options = sorted({*names(), opened})
choice = pmui.Select(
    label="Scenario", options=options, value=opened, size="small", width=288, margin=(10, 12, 0, 12)
)
choice.jscallback(value="location.assign('?scenario=' + encodeURIComponent(cb_obj.value))")
page = pmui.Page(
    title="Wattlas",
    sidebar=[choice],
    sidebar_width=312,
    sidebar_open="Mobi"
    not in pn.state.headers.get("User-Agent", ""),  # on a phone the pictures come first
    sx={
        "& .MuiToolbar-root": {"minHeight": "48px"},
        # one line: a header that grows lies on the totals. The title leaves room for the buttons;
        # whole when pointed at
        "& .MuiToolbar-root > .MuiBox-root": {"flexShrink": 0},
        "& .MuiToolbar-root > .MuiBox-root:has(.title)": {"flex": "0 1 auto", "minWidth": 0},
        "& .MuiToolbar-root a": {
            "minWidth": 0,
            "height": {"xs": "21px", "sm": "31px"},
            "alignItems": "start !important",
        },
        "& .MuiToolbar-root h3.title": {
            "fontSize": {"xs": "16px", "sm": "24px"},
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
try:
    # one that only this server knows, by its path, goes without a name
    explorer = Explorer(
        Scenario.load(opened), address=f"?scenario={quote(opened)}" if opened in names() else "?"
    )
except ExplorerError as error:
    page.main = [
        pn.pane.Alert(
            lines_in_markdown(str(error)), alert_type="danger", margin=10, disable_math=True
        )
    ]
else:
    page.title = f"Wattlas · {as_shown(explorer.session.scenario.title)}"
    with edit_readonly(
        page
    ):  # with this user's work: Panel's own flag is everybody's, and keeps every page alive
        page.busy = explorer.session.param.frontier_busy
    page.header, page.main = [explorer.buttons], [explorer.main]
    page.sidebar = [choice, explorer.controls]
page.servable(title="Wattlas")
