"""`wattlas serve`."""

from __future__ import annotations

import argparse
import gc
from importlib import import_module

from explorer.app.address import Address
from explorer.model.labels import as_shown
from explorer.scenario.known import add_folder
from explorer.scenario.scenario import Scenario


def run(args: argparse.Namespace) -> int:
    """Open the app in web browsers."""
    # an error in a scenario shows here, not in somebody's browser
    for name in add_folder(args.scenario_dir) if args.scenario_dir else ():
        Scenario.load(name)
    title = Scenario.load(args.scenario).title
    address = Address(
        args.address,
        args.port,
        args.allow_websocket_origin or (),
        args.prefix,
        args.allow_frame or (),
    )
    address.refuse_if_taken()
    print(f"Opening {as_shown(title)} ...", flush=True)
    gc.disable()  # until the server runs: a fifth of its start would go into looking for garbage
    try:
        import_module("explorer.app.server").serve(
            args.scenario,
            address,
            args.num_procs,
            args.show,
            args.read_only,
            args.board,
            args.in_page,
        )
    finally:
        gc.enable()
    return 0
