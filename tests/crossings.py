"""
How often one slider move crosses from file to file of the package, until the overview is patched.

    python -m tests.crossings            # counts, and the pairs of files that cross most
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import panel as pn
from bokeh.document import Document

import explorer
from explorer import Explorer, Scenario

HOME = str(Path(explorer.__file__).parent)


def crossings(work: Callable[[], None]) -> Counter[tuple[str, str]]:
    """Calls from one file of the package to another while `work` runs, by (caller's file, file called)."""
    found: Counter[tuple[str, str]] = Counter()

    def profile(frame, event, _argument):
        if event != "call" or not frame.f_code.co_filename.startswith(HOME):
            return
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(HOME):
            caller = caller.f_back
        if caller is not None and caller.f_code.co_filename != frame.f_code.co_filename:
            found[_name(caller), _name(frame)] += 1

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


def _name(frame) -> str:
    return frame.f_code.co_filename.removeprefix(HOME + "/")


def one_move() -> Counter[tuple[str, str]]:
    """Of a move of the carbon price of `world-2025` that no session has made before."""
    app, document = Explorer(Scenario.load("world-2025")), Document()
    document.add_root(pn.panel(app).get_root(document))
    app.session.scenario.carbon_price_usd_per_t = 10.0  # whatever happens once has happened
    return crossings(lambda: setattr(app.session.scenario, "carbon_price_usd_per_t", 37.0))


if __name__ == "__main__":
    found = one_move()
    print(f"{found.total()} crossings between {len(found)} pairs of files")
    for (caller, called), count in found.most_common(25):
        print(f"{count:5}  {caller} -> {called}")
