"""
The command `wattlas`: serve the app, solve a scenario, write any measure of it, a snapshot or its
story, check its files.
"""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from threading import Event, Thread
from typing import Any, TextIO

from tqdm import tqdm

from explorer import __version__, report
from explorer.app.address import EVERYWHERE, LAST_PORT, Address, host_name, path_prefix, site_origin
from explorer.app.snapshot import FRAME_PX, HIDEABLE
from explorer.atomic_write import unwritable, written_together
from explorer.charts.draw import figure
from explorer.errors import ExplorerError, ScenarioError, lines
from explorer.measures.arguments import choices, completed
from explorer.measures.frontier import frontier
from explorer.model.doubts import doubts
from explorer.model.labels import as_shown
from explorer.model.network import build_network
from explorer.model.solve import solve
from explorer.presentation import renderer
from explorer.registry import MEASURES
from explorer.scenario import folder as scenario_folder
from explorer.scenario import validation
from explorer.scenario.provenance import QUALITIES, coverage
from explorer.scenario.scenario import Scenario, check
from explorer.teaching.story_notebook import write_story

DEFAULT_SCENARIO = "world-2025"
PROGRESS_AFTER_S = 1.0
STDOUT = Path("/dev/stdout")  # written through, where another device is refused
TABLE, FIGURES = ".csv", (".svg", ".pdf", ".png")  # endings of the files of a measure

_ABOUT = """\
Explore AI inference as relocatable electricity demand: what moves, where, what it saves, what stops it.

Start here:
  wattlas serve
and open the address that it prints."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, or 2 for something that the user can fix."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(
            stream, TextIOWrapper
        ):  # letters that a terminal does not have are no reason to end
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    args = parser.parse_args(argv)
    if args.command is None:
        parser.print_help()
        return 0
    try:
        with _sigterm_as_exit():
            code = args.command(args)
        sys.stdout.flush()
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever reads the output, as `head` does, has seen enough
        _close_output()
        return 0
    except (
        OSError
    ) as error:  # nothing that a command writes itself: it says more of what went wrong
        _close_output()
        where = str(error.filename or "standard output")
        print(unwritable("It cannot be read or written", where, error), file=sys.stderr)
        return 2
    return code


def _close_output() -> None:
    """
    Nobody takes what is still to be written: it must not be tried again when the interpreter ends.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _sigterm_as_exit() -> Iterator[None]:
    """Let SIGTERM end a command as Ctrl-C does: what is unfinished is cleared away."""

    def leave(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wattlas", description=_ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", action="version", version=f"wattlas {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(
        command: Callable[[argparse.Namespace], int], about: str, example: str, more: str = ""
    ) -> argparse.ArgumentParser:
        subparser = commands.add_parser(
            command.__name__.strip("_"),
            help=about,
            description=f"{about[0].upper()}{about[1:]}.{more}",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.set_defaults(command=command)
        return subparser

    scenario_help = (
        f"a sample scenario ({', '.join(scenario_folder.names())}) or the path of a scenario folder"
    )

    serve = add(
        _serve, "open the app in web browsers", "wattlas serve world-2025 --port 5007 --show"
    )
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
        "--allow-websocket-origin",
        type=_host,
        action="append",
        metavar="HOST[:PORT]",
        help="another name that browsers may know this server by, such as that of a proxy, for the page and "
        "its live connection; may be repeated; only the names and numbers of this machine if left out",
    )
    serve.add_argument(
        "--allow-frame",
        type=_site,
        action="append",
        metavar="SITE",
        help="another site that may show the page in a frame, such as https://wiki.example.org; may be repeated",
    )
    serve.add_argument(
        "--num-procs",
        type=_whole_number(1, 256),
        default=1,
        metavar="N",
        help="processes that share the work, for many people at once; 1 if left out",
    )
    serve.add_argument(
        "--prefix",
        type=_prefix,
        default="",
        metavar="PATH",
        help="what paths begin with, such as /atlas, where a proxy gives the app a part of its site",
    )
    serve.add_argument(
        "--scenario-dir",
        type=Path,
        metavar="DIR",
        help="a folder of scenario folders that users may open besides the sample scenarios",
    )
    serve.add_argument(
        "--board",
        default="",
        metavar="FILE|URL",
        help="where teams submit what they see and a room looks at all of it: a file such as board.sqlite, "
        "or postgresql://USER:PASSWORD@HOST/DATABASE; no board if left out",
    )
    serve.add_argument(
        "--in-page",
        action="store_true",
        help="serve, at in-page, the page that solves itself too: any number of participants costs the server nothing",
    )
    serve.add_argument("--read-only", action="store_true", help="let users save no files")
    serve.add_argument("--show", action="store_const", const="", help="open it in a browser here")
    serve.add_argument(
        "--present",
        action="store_const",
        const="?present",
        dest="show",
        help="open it in a browser here, larger, as for a projector",
    )

    solving = add(
        _solve, "place the demand and write the results", "wattlas solve world-2025 -o results"
    )
    solving.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    solving.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for CSV tables and summary.md",
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
    tracing.add_argument(
        "--grid", action="store_true", help="solve on an even grid of budgets, not at every step"
    )
    tracing.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="write all columns to this CSV file instead of the screen",
    )

    known = "\n".join(
        f"  {measure.name:20}{measure.title} – {measure.term}" for measure in MEASURES.values()
    )
    measuring = add(_measure, "write one measure of a scenario as a table or as a figure",
                    "wattlas measure break_even world-2025 --workload A -o pairs.csv",
                    f"\n\nmeasures:\n{known}")  # fmt: skip
    measuring.add_argument("measure", metavar="NAME", help="which: one of those above")
    measuring.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    measuring.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE",
        help="the table as FILE.csv, or the figure for print as FILE.svg, FILE.pdf or FILE.png",
    )  # fmt: skip
    measuring.add_argument(
        "--workload", metavar="CLASS", help="class looked at; the first if left out"
    )
    measuring.add_argument(
        "--over", metavar="CLASS", help="class whose budget grows; all together if left out"
    )
    measuring.add_argument(
        "--home", metavar="REGION", help="where the load is at home; the largest flow if left out"
    )
    measuring.add_argument(
        "--region", metavar="REGION", help="where it could go; the largest flow if left out"
    )
    measuring.add_argument("--client", metavar="CLIENT", help="whose load; all if left out")

    snapping = add(_snapshot, "write one HTML file that solves any state by itself, without a server",
                   "wattlas snapshot world-2025 -o world.html --control A --control friction_scale")  # fmt: skip
    snapping.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    snapping.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE.html", help="the file to write"
    )
    snapping.add_argument(
        "--control",
        action="append",
        default=[],
        metavar="NAME",
        help="a control to keep: a class for its latency budget, or a setting such as friction_scale or hour; may be "
        "repeated; all if left out",
    )
    snapping.add_argument(
        "--hide",
        action="append",
        default=[],
        metavar="VIEW",
        help=f"a view to leave out, may be repeated: {', '.join(HIDEABLE)}",
    )
    snapping.add_argument(
        "--embed",
        type=_whole_number(*FRAME_PX),
        metavar="PIXELS",
        help="say the line of HTML that puts the file into an article, in a frame of that height, from "
        f"{FRAME_PX[0]} to {FRAME_PX[1]}",
    )
    snapping.add_argument(
        "--base-url", default="", metavar="URL", help="address of the live app, for a link"
    )

    telling = add(
        _story, "write a scenario's story as a notebook", "wattlas story stylized-12 -o story.ipynb"
    )
    telling.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    telling.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE.ipynb", help="the file to write"
    )

    sweeping = add(
        _sweep, "solve many scenarios by a plan, on this machine or on a Dask cluster",
        "wattlas sweep plan.toml -o results",
        " What is done stays: the same command goes on after the last chunk.",
    )  # fmt: skip
    sweeping.add_argument("plan", type=Path, metavar="PLAN.toml", help="what to solve: a TOML file")
    sweeping.add_argument(
        "-o", "--output", type=Path, required=True, metavar="DIR",
        help="folder for the results, a Parquet file per chunk",
    )  # fmt: skip
    sweeping.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="a Dask scheduler, such as tcp://192.0.2.1:8786; the cores of this machine if left out",
    )  # fmt: skip

    checking = add(
        _check, "list everything wrong in a scenario's files", "wattlas check my-scenario"
    )
    checking.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    return parser


def _whole_number(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def _host(text: str) -> str:
    try:
        return host_name(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _site(text: str) -> str:
    try:
        return site_origin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _prefix(text: str) -> str:
    try:
        return path_prefix(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _serve(args: argparse.Namespace) -> int:
    # an error in a scenario shows here, not in somebody's browser
    for name in scenario_folder.add_folder(args.scenario_dir) if args.scenario_dir else ():
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


def _solve(args: argparse.Namespace) -> int:
    scenario = Scenario.load(args.scenario)
    with written_together(args.output, report.RESULTS) as folder:
        with _progress("Placing the demand"):
            placement = solve(scenario)
            report.write_results(scenario, placement, folder)
        text, files = (
            (folder / "summary.md").read_text(encoding="utf-8"),
            sorted(p.name for p in folder.iterdir()),
        )
    print(text)
    print(f"In {args.output}: {', '.join(files)}.")
    return 0


def _frontier(args: argparse.Namespace) -> int:
    scenario = Scenario.load(args.scenario)
    _refuse_unknown("class", args.over, "--over", choices(scenario)["over"])

    def trace():
        with _progress("Tracing the frontier"):
            return frontier(scenario, args.over, exact=not args.grid)

    if args.output is None:
        print(report.steps_text(scenario, trace()))
        return 0
    if args.output == STDOUT:
        with _standard_output() as out:
            report.write_table(trace().table, out)
        return 0
    with written_together(args.output.parent, [args.output.name]) as folder:
        steps = trace()
        report.write_table(steps.table, folder / args.output.name)
    print(
        " ".join(
            [f"{len(steps.table)} steps in {args.output}.", report.missing_text(steps)]
        ).strip()
    )
    return 0


def _measure(args: argparse.Namespace) -> int:
    _refuse_unknown("measure", args.measure, "NAME", MEASURES)
    measure, output = MEASURES[args.measure], args.output
    if output != STDOUT and output.suffix.lower() not in (TABLE, *FIGURES):
        fix = f"Let it end in {TABLE}, {', '.join(FIGURES)}."
        raise ExplorerError(
            "A measure is a CSV table, or an SVG, PDF or PNG figure.", str(output), fix
        )
    scenario = Scenario.load(args.scenario)
    given = _given_ids(args, scenario)

    def compute() -> Any:
        with _progress(measure.title):
            subject = solve(scenario) if measure.takes == "placement" else scenario
            found = {name: given[name] for name in measure.may_take if name in given}
            return measure.function(subject, **completed(scenario, measure.needs, given), **found)

    if output == STDOUT:
        with _standard_output() as out:
            report.write_table(report.table_of(compute()), out)
        return 0
    with written_together(output.parent, [output.name]) as folder:
        result, file = compute(), folder / output.name
        if output.suffix.lower() == TABLE:
            report.write_table(report.table_of(result), file)
        elif renderer(result, "figure") or renderer(result, "chart"):
            figure(result, file)
        else:
            fix = f"Write its table: let the name end in {TABLE}."
            raise ExplorerError(f"There is no figure of {measure.name}.", str(output), fix)
    print(f"{measure.title} The answer is in {output}.")
    return 0


def _given_ids(args: argparse.Namespace, scenario: Scenario) -> dict[str, str]:
    """The ids that somebody gave for a measure, each known and of use."""
    measure, known = MEASURES[args.measure], choices(scenario)
    needs = measure.needs + measure.may_take
    given = {name: value for name in known if (value := getattr(args, name)) is not None}
    for name, value in given.items():
        if name not in needs:
            takes = f" It takes {', '.join(f'--{need}' for need in needs)}." if needs else ""
            raise ExplorerError(
                f"There is no --{name} of {args.measure}.", f"--{name}", f"Leave it out.{takes}"
            )
        kind = {"home": "region", "region": "region", "client": "client"}.get(name, "class")
        _refuse_unknown(kind, value, f"--{name}", known[name])
    return given


def _refuse_unknown(kind: str, name: str, where: str, known: Collection[str]) -> None:
    if name not in known:
        fix = validation.nearest(name, known, "")
        raise ExplorerError(
            f"There is no {kind} {name!r}.", where, f"{fix} Known are {', '.join(known)}.".strip()
        )


def _standard_output() -> TextIO:
    return os.fdopen(os.dup(1), "w", encoding="utf-8", newline="")


def _check(args: argparse.Namespace) -> int:
    problems = check(args.scenario)
    if not problems:
        scenario = Scenario.load(args.scenario)
        try:
            build_network(scenario)
        except ScenarioError as error:  # what shows only when settings and tables meet
            problems = error.problems
    if problems:
        print(*lines(problems), sep="\n")
        return 2
    warnings = doubts(args.scenario)
    contents = f"{len(scenario.clients)} clients, {len(scenario.regions)} regions, {len(scenario.workloads)} classes"
    print(
        f"No problems.\n{as_shown(scenario.title)}: {contents}, {scenario.total_demand_mw:g} MW of demand."
    )
    print(_figures_by_quality(scenario))
    if warnings:
        print("Warnings, for what can be meant but seldom is:", *lines(warnings), sep="\n")
    return 0


def _sweep(args: argparse.Namespace) -> int:
    from explorer.sweeps.sweep import sweep  # noqa: PLC0415  only who sweeps waits for it

    try:
        table = sweep(args.plan, args.output, args.scheduler)
    except KeyboardInterrupt:
        print(f"What is done is in {args.output}: the same command goes on.", file=sys.stderr)
        raise
    failed = sum(bool(why) for why in table["failure"])
    count = (
        f"{len(table):,} points, {failed:,} of them failed" if failed else f"{len(table):,} points"
    )
    print(f"{count}, in {args.output}. Checksum of the content: {table.attrs['checksum']}.")
    return 0


def _figures_by_quality(scenario: Scenario) -> str:
    """How many figures of each table are how sure, as lines of text."""
    counts = coverage(scenario).pivot_table(QUALITIES, "table", aggfunc="sum", sort=False)
    counts = counts.loc[:, [*QUALITIES]]
    counts.loc["all tables"] = counts.sum()
    return f"Figures by how sure they are:\n{counts.rename_axis(None).to_string()}"


def _snapshot(args: argparse.Namespace) -> int:

    from explorer.app.snapshot.write import write_snapshot  # noqa: PLC0415

    scenario = Scenario.load(args.scenario)
    with _progress("Drawing"):
        written = write_snapshot(
            scenario, args.output, controls=args.control, hide=args.hide, base_url=args.base_url
        )
    print(f"{written.path}, {written.size_bytes / 1e6:.1f} MB: any browser opens it.")
    if args.embed:
        print(written.frame(args.embed))
    return 0


def _story(args: argparse.Namespace) -> int:
    path = write_story(args.scenario, args.output)
    print(f"The story is in {path}: open it with `jupyter lab`.")
    return 0


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Say on the terminal what is going on, and for how long, once that takes over a second."""
    done = Event()

    def tick() -> None:
        with tqdm(
            desc=what,
            bar_format="{desc}: {elapsed}",
            delay=PROGRESS_AFTER_S,
            leave=False,
            disable=None,
        ) as bar:
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
