"""
The command `wattlas`: serve the app, solve a scenario, write any measure of it, a snapshot or its
story, begin one of your own, check its files.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from explorer import __version__
from explorer.app.address import EVERYWHERE, LAST_PORT, host_name, path_prefix, site_origin
from explorer.app.snapshot import FRAME_PX, HIDEABLE
from explorer.atomic_write import unwritable
from explorer.errors import ExplorerError
from explorer.lacking import explained
from explorer.registry import MEASURES
from explorer.scenario.known import names
from explorer.words import ENGLISH, LANGUAGES

DEFAULT_SCENARIO = "world-2025"
FIRST_SCENARIO = "classroom-3x3"  # small enough to begin with

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
        if args.output_example and args.output is None:
            fix = f"Name a place after -o, as in: {args.output_example}."
            raise ExplorerError("It is not said where the result is to be.", "-o", fix)
        with _sigterm_as_exit():
            code = import_module(f"explorer.commands.{args.command}").run(args)
        sys.stdout.flush()
    except ExplorerError as error:
        print(error, file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        told = explained(error)
        if told is error:
            raise
        print(told, file=sys.stderr)
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

    def add(command: str, about: str, example: str, more: str = "") -> argparse.ArgumentParser:
        subparser = commands.add_parser(
            command,
            help=about,
            description=f"{about[0].upper()}{about[1:]}.{more}",
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.set_defaults(command=command, output_example="")
        return subparser

    def needs_output(subparser: argparse.ArgumentParser, metavar: str, about: str) -> None:
        example = (subparser.epilog or "").split("\n  ")[-1]
        subparser.add_argument("-o", "--output", type=_place, metavar=metavar, help=about)
        subparser.set_defaults(output_example=example)

    scenario_help = f"a sample scenario ({', '.join(names())}) or the path of a scenario folder"

    serve = add(
        "serve", "open the app in web browsers", "wattlas serve world-2025 --port 5007 --show"
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
        "--signals",
        type=Path,
        metavar="FILE|DIR",
        help="a CSV or Parquet file, or a folder of such, into which another program keeps writing prices and "
        "carbon by region: they take the place of the scenario's; none if left out",
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
        "solve", "place the demand and write the results", "wattlas solve world-2025 -o results"
    )
    solving.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    needs_output(
        solving,
        "DIR|FILE.zip",
        "folder for CSV tables and summary.md, or one ZIP file of these, the scenario, its sources and the proof",
    )

    tracing = add("frontier", "show what cost and carbon become as a latency budget grows",
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
    measuring = add("measure", "write one measure of a scenario as a table or as a figure",
                    "wattlas measure tornado world-2025 -o tornado.csv",
                    f"\n\nmeasures:\n{known}")  # fmt: skip
    measuring.add_argument("measure", metavar="NAME", help="which: one of those above")
    measuring.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    needs_output(
        measuring,
        "FILE",
        "the table as FILE.csv or FILE.xlsx, or the figure for print as FILE.svg, FILE.pdf or FILE.png",
    )
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

    snapping = add("snapshot", "write one HTML file that solves any state by itself, without a server",
                   "wattlas snapshot world-2025 -o world.html --control A --control friction_scale")  # fmt: skip
    snapping.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    needs_output(snapping, "FILE.html", "the file to write")
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
        "--lang",
        choices=[*LANGUAGES],
        default=ENGLISH,
        help="language of the page; English if left out",
    )
    snapping.add_argument(
        "--units",
        default="",
        metavar="CODE",
        help="what amounts are written in, some of EUR, t, kg and yr joined with -, as EUR-yr",
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
        "story",
        "write a scenario's story as a notebook",
        "wattlas story stylized-12 -o story.ipynb",
    )
    telling.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    needs_output(telling, "FILE.ipynb", "the file to write")

    teaching = add("course", "copy the course, its notebooks and their scenarios, into a folder",
                   "wattlas course my-course")  # fmt: skip
    teaching.add_argument(
        "folder", type=Path, metavar="DIR", help="the folder to write: new, or empty"
    )

    sweeping = add(
        "sweep", "solve many scenarios by a plan, on this machine or on a Dask cluster",
        "wattlas sweep plan.toml -o results",
        " What is done stays: the same command goes on after the last chunk.",
    )  # fmt: skip
    sweeping.add_argument("plan", type=Path, metavar="PLAN.toml", help="what to solve: a TOML file")
    needs_output(sweeping, "DIR", "folder for the results, a Parquet file per chunk")
    sweeping.add_argument(
        "--scheduler", metavar="ADDRESS",
        help="a Dask scheduler, such as tcp://192.0.2.1:8786; the cores of this machine if left out",
    )  # fmt: skip

    beginning = add(
        "new",
        "write a copy of a scenario as the beginning of your own",
        f"wattlas new my-scenario --from {FIRST_SCENARIO}",
    )
    beginning.add_argument(
        "folder", type=Path, metavar="DIR", help="the folder to write: new, or empty"
    )
    beginning.add_argument(
        "--from",
        dest="source",
        default=FIRST_SCENARIO,
        metavar="SCENARIO",
        help=f"{scenario_help}; {FIRST_SCENARIO}, the smallest, if left out",
    )

    asking = add(
        "columns",
        "say what the columns of a scenario's tables are",
        "wattlas columns regions",
        " Of each: type, unit, what is possible, whether it must be there, and an example.",
    )
    asking.add_argument(
        "table",
        metavar="TABLE",
        nargs="?",
        help="one table, as regions or regions.csv; all if left out",
    )

    checking = add(
        "check", "list everything wrong in a scenario's files", "wattlas check my-scenario"
    )
    checking.add_argument("scenario", metavar="SCENARIO", help=scenario_help)
    return parser


def _place(text: str) -> Path | None:
    """Where a result is to be; nowhere for an empty text, as of a variable that is not set."""
    return Path(text) if text else None


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


if __name__ == "__main__":
    sys.exit(main())
