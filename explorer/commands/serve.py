"""`wattlas serve`."""

from __future__ import annotations

import argparse
import gc
from importlib import import_module

from explorer.app.address import Address
from explorer.errors import ExplorerError
from explorer.model.labels import as_shown
from explorer.scenario.known import add_folder
from explorer.scenario.scenario import Scenario


def run(args: argparse.Namespace) -> int:
    """Open the app in web browsers."""
    _refuse_with_signals(args)
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
            str(args.signals.resolve()) if args.signals else "",
        )
    finally:
        gc.enable()
    return 0


def _refuse_with_signals(args: argparse.Namespace) -> None:
    """Raise an `ExplorerError` for what has to have the same figures for all, and at all times."""
    option = "--board" if args.board else "--in-page" if args.in_page else ""
    if args.signals and option:
        what = f"Signals and {option} do not go together: figures would be others from one minute to the next."
        raise ExplorerError(what, "--signals", f"Leave out one of --signals and {option}.")
