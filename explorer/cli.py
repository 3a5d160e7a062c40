"""The command `wattlas`: serve the app, solve a scenario, trace its frontier, check its files, write a snapshot."""

from __future__ import annotations

import argparse
import errno
import gc
import multiprocessing
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tqdm import tqdm

from explorer import __version__, io, report, tables
from explorer.errors import ExplorerError, ScenarioError
from explorer.frontiers import frontier
from explorer.network import build_network
from explorer.paths import LAYOUTS
from explorer.placement import solve
from explorer.scenario import Scenario

DEFAULT_SCENARIO = "world-2025"
EVERYWHERE = "0.0.0.0"
LAST_PORT = 65535
PROGRESS_AFTER_S = 1.0

_ABOUT = """\
Explore AI inference as relocatable electricity demand: what moves, where, what it saves, what stops it.

Start here:
  wattlas serve
and open the address that it prints."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 for something that the reader can mend."""
    parser = _parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 0
    try:
        code = args.command(args)
        sys.stdout.flush()
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever reads the output, as `head` does, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wattlas", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"wattlas {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(command: Callable[[argparse.Namespace], int], about: str, example: str) -> argparse.ArgumentParser:
        subparser = commands.add_parser(
            command.__name__.strip("_"),
            help=about,
            description=f"{about[0].upper()}{about[1:]}.",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.set_defaults(command=command)
        return subparser

    scenario_help = f"a sample scenario ({', '.join(io.names())}) or the path of a scenario folder"

    serve = add(_serve, "open the app in web browsers", "wattlas serve world-2025 --port 5007 --show")
    serve.add_argument(
        "scenario",
        metavar="SCENARIO",
        nargs="?",
        default=DEFAULT_SCENARIO,
        help=f"{scenario_help}; {DEFAULT_SCENARIO} if left out",
    )
    serve.add_argument(
        "--port",
        type=_whole_number(1, LAST_PORT),
        default=5006,
        metavar="PORT",
        help="port to listen on; 5006 if left out",
    )
    serve.add_argument(
        "--address",
        default="127.0.0.1",
        metavar="ADDRESS",
        help=f"address to listen on; {EVERYWHERE} lets in everyone on your network; only this machine if left out",
    )
    serve.add_argument(
        "--num-procs",
        type=_whole_number(1, 256),
        default=1,
        metavar="N",
        help="processes that share the work, for many people at once; 1 if left out",
    )
    serve.add_argument("--show", action="store_true", help="open it in a browser here")

    solving = add(_solve, "place the demand and write the results", "wattlas solve world-2025 -o results")
    solving.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    solving.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR", help="folder for CSV tables and summary.md"
    )

    tracing = add(_frontier, "show what cost and carbon become as a latency budget grows",
                  "wattlas frontier world-2025 --over A -o steps.csv")  # fmt: skip
    tracing.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    tracing.add_argument(
        "--over",
        default="all",
        metavar="CLASS",
        help="class whose budget grows, or all, to relax every budget alike; all if left out",
    )
    tracing.add_argument("--grid", action="store_true", help="solve on an even grid of budgets, not at every step")
    tracing.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write all columns to this CSV file instead of the screen"
    )

    snapping = add(_snapshot, "write one HTML file with live sliders that needs no server",
                   "wattlas snapshot world-2025 -o world.html --slider A=16 --slider hour=9")  # fmt: skip
    snapping.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    snapping.add_argument("-o", "--output", type=Path, required=True, metavar="FILE.html", help="the file to write")
    snapping.add_argument(
        "--slider",
        type=_slider,
        action="append",
        metavar="KEY=N",
        help="a slider with N positions: a class for its latency budget, all for a common relaxation, or a setting "
        "such as friction_scale or hour; may be repeated; if left out, the first class, carbon price and friction",
    )
    snapping.add_argument("--base-url", default="", metavar="URL", help="address of the live app, for a link")

    checking = add(_check, "list everything wrong in a scenario's files", "wattlas check my-scenario")
    checking.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    return parser


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _slider(text: str) -> tuple[str, int]:
    key, _, count = text.partition("=")
    if not key or not count.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} does not read like friction_scale=8")
    return key, int(count)


def _serve(args: argparse.Namespace) -> int:
    title = Scenario.load(args.scenario).title  # an error in the scenario shows here, not in somebody's browser
    _refuse_if_taken(args.address, args.port)
    print(f"Opening {title} ...", flush=True)

    import_module("explorer.views.explorer")  # before processes part, which then share it
    from bokeh.settings import settings  # only this command needs Panel and Bokeh, and loading them takes seconds
    from panel.command.serve import Serve
    from panel.config import config

    settings.perform_document_validation = False  # of every page again, a seventh of its making: tests have done it

    class App(Serve):
        def customize_server(self, server):
            from tornado.process import task_id

            gc.freeze()  # what is loaded by now stays: looking through it for rubbish would hold readers up
            if not task_id():  # the only process, or the first of several
                print(_where(args.address, args.port), "Press Ctrl-C to stop.", sep="\n", flush=True)
                if args.show:  # Panel's own --show opens a page for each of the app's two addresses
                    server.io_loop.add_callback(server.show, "/")
            return super().customize_server(server)

    # sessions start later and elsewhere, so a path must not depend on the working directory
    scenario = args.scenario if args.scenario in io.names() else str(Path(args.scenario).resolve())
    page = LAYOUTS / "workshop.py"
    options = [str(page), "--index", page.stem, "--port", str(args.port), "--address", args.address]
    options += ["--num-procs", str(args.num_procs), "--log-level", "error"]
    # a page is the same for all until its session connects, which may be to another process than the one that sent it
    options += ["--reuse-sessions"]
    config.session_key_func = _page_asked_for
    options += ["--warm"] if args.num_procs == 1 else []  # the solver's threads would not survive the fork
    for origin in _origins(args.address, args.port):
        options += ["--allow-websocket-origin", origin]
    parser = argparse.ArgumentParser()
    app = App(parser)
    with suppress(KeyboardInterrupt):  # Ctrl-C is how serving ends
        app.invoke(parser.parse_args([*options, "--args", scenario]))
    for helper in multiprocessing.active_children():  # snapshots in the making
        helper.terminate()
    sys.stdout.flush()
    os._exit(0)  # an interpreter that leaves in good order joins every thread, and now and then waits for ever


def _page_asked_for(request: Any) -> tuple[str, str, bool]:
    """What pages differ in before their sessions connect: address, scenario, and whether it is a phone's."""
    asked = request.arguments.get("scenario", [b""])[0].decode(errors="replace")
    known = asked if asked in io.names() else ""  # a page is kept for every key, so keys must be few
    return request.path, known, "Mobi" in request.headers.get("User-Agent", "")


def _refuse_if_taken(address: str, port: int) -> None:
    where = f"{address}, port {port}"
    try:
        socket.create_server((address, port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            mend = f"Stop it, or choose another port: --port {port % LAST_PORT + 1}."
            raise ExplorerError("Another program listens there already.", where, mend) from error
        mend = f"Choose another address, such as 127.0.0.1 or {EVERYWHERE}, or a port above 1023."
        raise ExplorerError(f"Nothing can listen there: {error.strerror}.", where, mend) from error


def _origins(address: str, port: int) -> list[str]:
    """The addresses a page may come from that opens a live connection, as browsers name them."""
    if address == EVERYWHERE:
        return ["*"]  # this machine may have many names in a network
    return [f"{host}:{port}" for host in ("localhost", "127.0.0.1", address)]


def _where(address: str, port: int) -> str:
    if address != EVERYWHERE:
        return f"Wattlas is at http://{address}:{port}/"
    return f"Wattlas is at http://localhost:{port}/ here, and at http://{_own_address()}:{port}/ on your network."


def _own_address() -> str:
    """What others on the network call this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for examples; connecting a datagram socket sends nothing
        except OSError:
            return socket.gethostname()
        return probe.getsockname()[0]


def _solve(args: argparse.Namespace) -> int:
    scenario = Scenario.load(args.scenario)
    with report.results_in(args.output) as folder:
        with _progress("Placing the demand"):
            placement = solve(scenario)
            report.write_results(scenario, placement, folder)
        text, files = (folder / "summary.md").read_text(encoding="utf-8"), sorted(p.name for p in folder.iterdir())
    print(text)
    print(f"In {args.output}: {', '.join(files)}.")
    return 0


def _frontier(args: argparse.Namespace) -> int:
    scenario = Scenario.load(args.scenario)
    known = ("all", *scenario.workloads)
    if args.over not in known:
        mend = tables.nearest(args.over, known, "")
        raise ExplorerError(
            f"There is no class {args.over!r}.", "--over", f"{mend} Known are {', '.join(known)}.".strip()
        )

    def trace():
        with _progress("Tracing the frontier"):
            return frontier(scenario, args.over, exact=not args.grid)

    if args.output is None:
        print(report.steps_text(scenario, trace()))
        return 0
    with report.results_in(args.output.parent) as folder:
        steps = trace()
        report.write_table(steps.table, folder / args.output.name)
    print(" ".join([f"{len(steps.table)} steps in {args.output}.", report.missing_text(steps)]).strip())
    return 0


def _check(args: argparse.Namespace) -> int:
    problems = io.check(args.scenario)
    if not problems:
        scenario = Scenario.load(args.scenario)
        try:
            build_network(scenario)
        except ScenarioError as error:  # what shows only when settings and tables meet
            problems = error.problems
    if problems:
        print(*problems, sep="\n")
        return 2
    contents = f"{len(scenario.clients)} clients, {len(scenario.regions)} regions, {len(scenario.workloads)} classes"
    print(f"No problems.\n{scenario.title}: {contents}, {scenario.total_demand_mw:g} MW of demand.")
    return 0


def _snapshot(args: argparse.Namespace) -> int:
    from explorer.views.snapshot import write_snapshot  # brings the plotting libraries along

    scenario = Scenario.load(args.scenario)
    steps: dict[str, int] = {}
    for key, count in args.slider or []:
        if key in steps:
            raise ExplorerError(f"The slider {key!r} is asked for twice.", "--slider", "Ask for it once.")
        steps[key] = count
    with tqdm(desc="Solving", unit=" states", delay=PROGRESS_AFTER_S, leave=False, disable=None) as bar:

        def show(done: int, states: int) -> None:
            bar.total = states
            bar.update(done - bar.n)

        written = write_snapshot(scenario, args.output, steps or None, args.base_url, show)
    print(f"{written.states:,} states in {written.path}, {written.size_bytes / 1e6:.1f} MB.")
    return 0


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Say on the terminal what is going on, and for how long, once that takes over a second."""
    done = Event()

    def tick() -> None:
        with tqdm(desc=what, bar_format="{desc}: {elapsed}", delay=PROGRESS_AFTER_S, leave=False, disable=None) as bar:
            while not done.wait(0.1):
                bar.update()

    ticker = Thread(target=tick)
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


if __name__ == "__main__":
    sys.exit(main())
