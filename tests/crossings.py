"""
How often one slider move crosses from file to file of the package, until the overview is patched.

    python -m tests.crossings            # counts, and the pairs of files that cross most

A frontier solves some seventy times; what remains without it is what a placement and its pictures
take.
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
FRONTIER = "measures/frontier.py"


def crossings(work: Callable[[], None], but: str = "") -> Counter[tuple[str, str]]:
    """
    Calls from one file of the package to another while `work` runs, by (caller's file, file
    called).

    Left out is what the file `but` calls, directly or not, and what calls it.
    """
    found: Counter[tuple[str, str]] = Counter()

    def profile(frame, event, _argument):
        if event != "call" or not frame.f_code.co_filename.startswith(HOME):
            return
        caller = frame.f_back
        while caller is not None and not caller.f_code.co_filename.startswith(HOME):
            caller = caller.f_back
        crosses = caller is not None and caller.f_code.co_filename != frame.f_code.co_filename
        if caller is not None and crosses and not _comes_from(frame, but):
            found[_name(caller), _name(frame)] += 1

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return found


def _comes_from(frame, file: str) -> bool:
    while file and frame is not None:
        if _name(frame) == file:
            return True
        frame = frame.f_back
    return False


def _name(frame) -> str:
    return frame.f_code.co_filename.removeprefix(HOME + "/")


def one_move(but: str = "", usd_per_t: float = 37.0) -> Counter[tuple[str, str]]:
    """Of a move of the carbon price of `world-2025` that no session has made before."""
    app, document = Explorer(Scenario.load("world-2025")), Document()
    document.add_root(pn.panel(app).get_root(document))
    app.session.scenario.carbon_price_usd_per_t = 10.0  # whatever happens once has happened
    return crossings(
        lambda: setattr(app.session.scenario, "carbon_price_usd_per_t", usd_per_t), but
    )


if __name__ == "__main__":
    found = one_move()
    print(f"{found.total()} crossings between {len(found)} pairs of files")
    apart = one_move(but=FRONTIER, usd_per_t=38.0)
    print(f"{apart.total()} between {len(apart)} pairs without {FRONTIER} and what it calls:")
    for (caller, called), count in apart.most_common(25):
        print(f"{count:5}  {caller} -> {called}")
    print("With it:")
    for (caller, called), count in found.most_common(25):
        print(f"{count:5}  {caller} -> {called}")
