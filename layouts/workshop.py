"""The workshop app. Run: wattlas serve, or panel serve layouts/workshop.py --args world-2025"""

import sys

import panel as pn
import panel_material_ui as pmui

from explorer import Explorer, Scenario
from explorer.io import names

pn.extension("tabulator", reconnect=True)

asked = pn.state.session_args.get("scenario", [b""])[0].decode()
opened = sys.argv[1] if len(sys.argv) > 1 else "world-2025"
explorer = Explorer(Scenario.load(asked if asked in names() else opened))
pmui.Page(
    title=f"Wattlas · {explorer.session.scenario.title}",
    header=[explorer.controls.buttons()],
    sidebar=[explorer.controls],
    main=[explorer.main],
    sidebar_width=312,
).servable(title="Wattlas")
