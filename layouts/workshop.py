"""The workshop app. Run: wattlas serve, or panel serve layouts/workshop.py --args world-2025"""

import sys

import panel as pn
import panel_material_ui as pmui

from explorer import Explorer, Scenario
from explorer.io import names

pn.extension("tabulator", reconnect=True)

asked = pn.state.session_args.get("scenario", [b""])[0].decode()
opened = asked if asked in names() else sys.argv[1] if len(sys.argv) > 1 else "world-2025"
explorer = Explorer(Scenario.load(opened))
choice = pmui.Select(
    label="Scenario", options=sorted({*names(), opened}), value=opened, size="small", width=288, margin=(10, 12, 0, 12)
)
choice.jscallback(value="location.search = '?scenario=' + encodeURIComponent(cb_obj.value)")
pmui.Page(
    title=f"Wattlas · {explorer.session.scenario.title}",
    header=[explorer.controls.buttons()],
    sidebar=[choice, explorer.controls],
    main=[explorer.main],
    sidebar_width=312,
    sidebar_open="Mobi" not in pn.state.headers.get("User-Agent", ""),  # on a phone the pictures come first
    sx={"& .MuiToolbar-root": {"minHeight": "48px"}},
).servable(title="Wattlas")
