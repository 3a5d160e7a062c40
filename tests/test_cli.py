"""The command `wattlas`, as a person types it."""

import errno
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from servers import (
    PATIENCE_S,
    Server,
    command_line,
    free_port,
    get,
    serving,
    text_of,
    token_of,
    wait_until,
)

import explorer
from explorer import (
    Placement,
    Scenario,
    ScenarioError,
    SolverError,
    __version__,
    attribution,
    cli,
    concentration,
    frontier,
    report,
    solve,
    wires_or_fibre,
)
from explorer.app import server as app_server
from explorer.commands import terminal as terminal_output
from explorer.measures.headlines import forced_and_chosen, headlines
from explorer.measures.relocatable_demand import relocatable_demand
from explorer.model.network import build_network
from explorer.packaged_data import SCENARIOS
from explorer.presentation import renderer
from explorer.registry import MEASURES, Measure
from explorer.scenario.schema import TABLES
from explorer.teaching.course import LESSONS, USED

COMMANDS = ("serve", "solve", "frontier", "measure", "story", "course", "new", "columns", "check")
RESULTS = [
    "attribution.csv", "demand_prices.csv", "flows.csv", "hosting.csv", "layers.csv", "regions.csv",
    "relocatable_demand.csv", "summary.md", "totals.csv", "unserved.csv",
]  # fmt: skip


class Shell:
    """Runs `wattlas` in this process and keeps what it said."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> int:
        try:
            code = cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:  # argparse: help, version, wrong usage
            code = int(stop.code or 0)
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def wattlas(capsys) -> Shell:
    return Shell(capsys)


@pytest.fixture
def classroom(tmp_path) -> Path:
    """A scenario folder to spoil."""
    return shutil.copytree(SCENARIOS / "classroom-3x3", tmp_path / "classroom")


def rows_of(markdown: str, heading: str) -> list[list[str]]:
    """The cells of the table that has this first heading, without the headings."""
    _, _, rest = markdown.partition(f"| {heading}")
    lines = [line for line in rest.partition("\n\n")[0].splitlines()[2:] if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


# Help


def test_without_a_command_it_says_where_to_start(wattlas):
    assert wattlas() == 0
    assert "wattlas serve" in wattlas.out
    assert [command for command in COMMANDS if command not in wattlas.out] == []


def test_version(wattlas):
    assert wattlas("--version") == 0
    assert wattlas.out == f"wattlas {__version__}\n"
    command = [sys.executable, "-m", "explorer", "--version"]
    assert subprocess.check_output(command, text=True) == wattlas.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example_that_is_accepted(wattlas, command):
    assert wattlas(command, "--help") == 0
    example = wattlas.out.partition("example:")[2].split()
    assert example[:2] == ["wattlas", command]
    cli._parser().parse_args(example[1:])


@pytest.mark.parametrize("arguments", [["solve"], ["fly"], ["serve", "--port", "0"]])
def test_wrong_usage_is_explained(wattlas, arguments):
    assert wattlas(*arguments) == 2
    assert "usage: wattlas" in wattlas.err


@pytest.mark.parametrize(
    "arguments",
    [["solve", "world-2025"], ["measure", "layers", "world-2025"], ["snapshot", "world-2025"],
     ["story", "world-2025"], ["sweep", "plan.toml"]],
)  # fmt: skip
def test_who_leaves_out_where_a_result_is_to_be_is_told_by_example(wattlas, arguments):
    assert wattlas(*arguments) == 2
    assert wattlas.err.startswith("It is not said where the result is to be.")
    assert f"as in: wattlas {arguments[0]} " in wattlas.err and " -o " in wattlas.err


def test_an_empty_place_for_a_result_is_none(wattlas, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert wattlas("solve", "classroom-3x3", "-o", "") == 2
    assert wattlas.err.startswith("It is not said where the result is to be.")
    assert not [*tmp_path.iterdir()]


# Solve


@pytest.mark.parametrize("name", ["results.tar", "results.csv", "results.XLSX"])
def test_a_folder_of_results_is_not_called_like_a_file(wattlas, tmp_path, name):
    assert wattlas("solve", "classroom-3x3", "-o", tmp_path / name) == 2
    assert wattlas.err.startswith("Results are a folder or one ZIP file.")
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_the_totals_written_are_those_of_the_placement(wattlas, tmp_path, name):
    assert wattlas("solve", name, "-o", tmp_path / "results") == 0
    placement = solve(Scenario.load(name))
    totals = pd.read_csv(tmp_path / "results" / "totals.csv", index_col="name")
    split = asdict(forced_and_chosen(placement))
    assert totals["value"].to_dict() == pytest.approx(placement.totals() | split, rel=1e-12)
    assert totals["baseline"].drop(split.keys()).to_dict() == placement.baseline.totals()
    compared = totals.drop(split.keys())
    assert compared["change"].tolist() == (compared["value"] - compared["baseline"]).tolist()
    assert totals.loc[split.keys(), ["baseline", "change"]].isna().all(axis=None)


def test_the_tables_written_are_those_of_the_placement(wattlas, tmp_path):
    assert wattlas("solve", "world-2025", "-o", tmp_path) == 0
    placement = solve(Scenario.load("world-2025"))
    tables = {
        name: getattr(placement, name) for name in ("flows", "regions", "demand_prices", "layers")
    }
    tables |= {
        measure.__name__: measure(Scenario.load("world-2025"))
        for measure in (relocatable_demand, attribution)
    }
    for name, table in tables.items():
        written = pd.read_csv(tmp_path / f"{name}.csv")
        pd.testing.assert_frame_equal(written, table, check_exact=True, check_dtype=False)
    assert (
        tmp_path / "unserved.csv"
    ).read_text() == "client,workload,part,unserved_mw,constraint\n"


def test_the_summary_tells_the_story_of_the_classroom(wattlas, tmp_path):
    assert wattlas("solve", "classroom-3x3", "-o", tmp_path / "results") == 0
    summary = (tmp_path / "results" / "summary.md").read_text(encoding="utf-8")
    assert wattlas.out.startswith(summary)
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == RESULTS
    totals = rows_of(summary, "Total")
    assert ["Cost [USD/h]", "7,471", "8,960", "-1,489", "-16.62"] in totals
    assert ["Relocated load [MW IT]", "30", "0", "30", ""] in totals
    assert rows_of(summary, "From") == [
        ["Middle", "North", "Batch", "20", "1,080"],
        ["South", "North", "Batch", "10", "1,120"],
    ]
    assert rows_of(
        summary, "Class | Local"
    ) == [  # local, regional, energy-oriented; gross, deliverable, economic
        ["Chat", "60", "0", "0", "24", "24", "0"],
        ["Batch", "10", "0", "30", "40", "40", "32"],
        ["All", "70", "0", "30", "64", "64", "32"],
    ]
    assert "4,865 USD/h lower" in summary
    assert rows_of(summary, "Obstacle") == [
        ["Latency", "1,427", "29.33"],
        ["Friction", "658.7", "13.54"],
        ["Egress", "515.8", "10.6"],
        ["State locality", "716.3", "14.72"],
        ["Law", "0", "0"],
        ["Capacity", "1,548", "31.81"],
    ]
    assert rows_of(summary, "Region | Load") == [["North", "50", "54.5"]]
    assert "all demand is served" in summary
    assert ["Carbon price [USD/t]", "50"] in rows_of(summary, "Setting")
    assert rows_of(summary, "Class | Latency budget")[-1] == ["Batch", "10,000", "0.4", "0"]
    assert re.search(
        rf"Wattlas {re.escape(__version__)}, PuLP \d+\.\d+\S*, HiGHS \d+\.\d+", summary
    )


def test_the_summary_says_what_is_unserved_and_why():
    scenario = Scenario.load("classroom-3x3")
    scenario.capacity_scale = 0.5
    placement = solve(scenario)
    rows = rows_of(report.summary(scenario, placement), "Class | Part")
    assert {row[2] for row in rows} == set(placement.unserved["constraint"])
    assert placement.unserved_mw == pytest.approx(25)
    assert sum(float(row[4]) for row in rows) == pytest.approx(25, abs=0.01)  # of four digits each


def test_a_summary_without_prices_names_the_full_regions():
    scenario = Scenario.load("classroom-3x3")
    scenario.objective = "carbon"
    summary = report.summary(scenario, solve(scenario))
    assert "Placed for least carbon" in summary
    assert rows_of(summary, "Region | Load") == [["North", "50"]]
    assert "nan" not in summary


def test_a_summary_with_nothing_to_tell():
    scenario = Scenario.load("classroom-3x3")
    scenario.total_demand_mw = 0
    summary = report.summary(scenario, solve(scenario))
    for words in (
        "all load runs at home",
        "Nothing: without latency budgets",
        "every region has room",
    ):
        assert words in summary


def test_every_total_has_a_label():
    placement = solve(Scenario.load("classroom-3x3"))
    assert list(headlines(placement)) == list(placement.totals())


def test_results_replace_results_and_leave_the_rest_alone(wattlas, tmp_path):
    (tmp_path / "totals.csv").write_text("old")
    (tmp_path / "notes.txt").write_text("mine")
    assert wattlas("solve", "classroom-3x3", "-o", tmp_path) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*RESULTS, "notes.txt"])
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert (tmp_path / "totals.csv").read_text() != "old"


def test_a_failed_solve_leaves_nothing_behind(wattlas, tmp_path, monkeypatch):
    def fail(*_):
        raise SolverError("No optimum within 30 s.", "placement", "Raise time_limit_s.")

    old = tmp_path / "old"
    old.mkdir()
    (old / "totals.csv").write_text("old")
    monkeypatch.setattr(report, "summary", fail)  # the last thing written
    for folder in (old, tmp_path / "new"):
        assert wattlas("solve", "classroom-3x3", "-o", folder) == 2
        assert wattlas.err.startswith("No optimum")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert [path.read_text() for path in old.iterdir()] == ["old"]


@pytest.mark.parametrize(
    ("command", "work", "file"),
    [("solve", "solve", "results"), ("frontier", "frontier", "a/steps.csv")],
)
def test_where_nothing_can_be_written_nothing_is_solved(
    wattlas, tmp_path, monkeypatch, command, work, file
):
    monkeypatch.setattr(
        f"explorer.commands.{command}.{work}", lambda *_, **__: pytest.fail("solved in vain")
    )
    (tmp_path / "a-file").touch()
    assert wattlas(command, "classroom-3x3", "-o", tmp_path / "a-file" / file) == 2
    assert wattlas.err.startswith("Results cannot be written: Not a directory.\n  Where: ")
    assert "To fix: " in wattlas.err


def test_results_come_together_or_not_at_all(wattlas, tmp_path, monkeypatch):
    (tmp_path / "totals.csv").write_text("old")
    replace = os.replace

    def fail_at_the_last(source, target):
        if Path(source).name == "summary.md":
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail_at_the_last)
    assert wattlas("solve", "classroom-3x3", "-o", tmp_path) == 2
    assert "No space left" in wattlas.err
    assert [path.name for path in tmp_path.iterdir()] == ["totals.csv"]
    assert (tmp_path / "totals.csv").read_text() == "old"


def link(path: Path) -> None:
    path.with_name("elsewhere").write_text("mine")
    path.symlink_to("elsewhere")


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


ODD = {
    "a link": link,
    "a link that leads nowhere": lambda path: path.symlink_to("nowhere"),
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "a socket": bound,
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("command", "work", "output", "name"),
    [("solve", "solve", ".", "summary.md"), ("frontier", "frontier", "steps.csv", "steps.csv")],
)
def test_nothing_odd_is_replaced_by_a_result(
    wattlas, tmp_path, monkeypatch, odd, command, work, output, name
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        f"explorer.commands.{command}.{work}", lambda *_, **__: pytest.fail("solved in vain")
    )
    ODD[odd](Path(name))
    before = {path.name: path.lstat() for path in tmp_path.iterdir()}
    assert wattlas(command, "classroom-3x3", "-o", output) == 2
    assert wattlas.err.startswith("There is a") and "To fix: " in wattlas.err
    after = {path.name: path.lstat() for path in tmp_path.iterdir()}
    assert after.keys() == before.keys()
    assert all(
        after[name].st_ino == before[name].st_ino and after[name].st_mode == before[name].st_mode
        for name in after
    )


def test_a_frontier_may_be_written_to_the_standard_output():
    done = subprocess.run(
        command_line("frontier", "classroom-3x3", "-o", "/dev/stdout"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert pd.read_csv(io.StringIO(done.stdout)).shape[0] == len(
        frontier(Scenario.load("classroom-3x3")).table
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_command_that_is_stopped_leaves_nothing_behind(tmp_path, stop):
    """It waits in the middle of its work for whoever opens the pipe, until the signal comes."""
    program = (
        "import os, sys; from explorer import cli, report;"
        "report.write_results = lambda *_: (print('working', flush=True), os.read(0, 1));"
        f"sys.exit(cli.main(['solve', 'classroom-3x3', '-o', {str(tmp_path / 'new')!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        assert any("working" in line for line in process.stdout)
        assert list((tmp_path / "new").iterdir())
        process.send_signal(stop)
        assert process.wait(PATIENCE_S) == 128 + stop
    assert list(tmp_path.iterdir()) == []


# Frontier


@pytest.mark.parametrize("over", ["all", "chat", "batch"])
def test_the_frontier_shown_is_the_frontier(wattlas, over):
    assert wattlas("frontier", "classroom-3x3", "--over", over) == 0
    steps = frontier(Scenario.load("classroom-3x3"), over).table
    rows = rows_of(wattlas.out, "Relaxation" if over == "all" else "Budget")
    assert [row[-1].strip("| ") for row in rows] == steps["opens"].tolist()
    assert [float(row[1].replace(",", "")) for row in rows] == steps[
        "cost_usd_per_h"
    ].round().tolist()


def test_the_frontier_says_where_the_scenario_stands(wattlas):
    assert wattlas("frontier", "classroom-3x3", "--over", "chat") == 0
    assert "stands at 150 ms, in the row that begins at 100 ms." in wattlas.out


def test_the_frontier_says_when_the_budget_is_too_strict(wattlas, classroom):
    scenario = Scenario.load(classroom)
    scenario.workloads["chat"].latency_budget_ms = 50
    scenario.save(classroom)
    assert wattlas("frontier", classroom, "--over", "chat") == 0
    assert "stands at 50 ms, too strict" in wattlas.out and "that takes 100 ms." in wattlas.out


@pytest.mark.parametrize("options", [[], ["--grid"]])
def test_the_frontier_written_has_every_digit(wattlas, tmp_path, options):
    file = tmp_path / "new" / "steps.csv"
    assert wattlas("frontier", "world-2025", "--over", "A", *options, "-o", file) == 0
    steps = frontier(Scenario.load("world-2025"), "A", exact=not options).table
    written = pd.read_csv(file, keep_default_na=False, na_values={"budget_ms": []})
    assert written["budget_ms"].tolist() == steps["budget_ms"].tolist()
    assert written.columns.tolist() == steps.columns.tolist()
    assert wattlas.out == f"{len(steps)} steps in {file}.\n"
    assert [path.name for path in file.parent.iterdir()] == ["steps.csv"]


@pytest.mark.parametrize("name", ["steps.xlsx", "steps.png", "steps"])
def test_steps_are_no_other_file_than_a_table(wattlas, tmp_path, name):
    assert wattlas("frontier", "classroom-3x3", "-o", tmp_path / name) == 2
    assert "Steps are a CSV table." in wattlas.err and "Let it end in .csv." in wattlas.err
    assert not [*tmp_path.iterdir()]


def test_an_unknown_class_is_named_with_the_known_ones(wattlas):
    assert wattlas("frontier", "classroom-3x3", "--over", "cat") == 2
    assert wattlas.err == (
        "There is no class 'cat'.\n  Where: --over\n  To fix: Did you mean 'chat'? Known are all, chat, batch.\n"
    )


# Measure


def public_result(name: str, scenario: Scenario) -> object:
    """
    What the public function returns of the classroom for what a command means where no ids are
    given.
    """
    # no chat moves; of the pairs in reach, Middle and South have most to gain, which is -3.5
    # USD/MWh
    ids = {"workload": "chat", "over": "all", "home": "middle", "region": "south"}
    measure = MEASURES[name]
    subject = solve(scenario) if measure.takes == "placement" else scenario
    return getattr(explorer, name)(subject, **{need: ids[need] for need in measure.needs})


def written(result: object) -> str:
    return report.table_of(result).to_csv(index=False, lineterminator="\n")


def compute_once(measure: Measure, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command asks for the same numbers and ids again, of which it has the same result."""
    function, known = measure.function, {}

    def remembered(subject: Scenario | Placement, **ids: str) -> object:
        network = build_network(subject) if isinstance(subject, Scenario) else subject.network
        asked = network.key, *ids.items()
        if asked not in known:
            known[asked] = function(subject, **ids)
        return known[asked]

    monkeypatch.setattr(f"{measure.module}.{measure.name}", remembered)


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_is_written_as_the_public_function_returns_it(
    wattlas, tmp_path, name, monkeypatch
):
    result = public_result(name, Scenario.load("classroom-3x3"))
    compute_once(MEASURES[name], monkeypatch)
    monkeypatch.setattr(
        terminal_output, "LINE_EVERY_S", 3600.0
    )  # a slow machine would tell how long it takes
    table, figure = tmp_path / "new" / f"{name}.csv", tmp_path / "new" / f"{name}.svg"
    assert wattlas("measure", name, "classroom-3x3", "-o", table) == 0
    assert (
        wattlas.out == f"{MEASURES[name].title} The answer is in {table}.\n" and wattlas.err == ""
    )
    assert table.read_text(encoding="utf-8") == written(result)
    code = wattlas("measure", name, "classroom-3x3", "-o", figure)
    if renderer(result, "figure") or renderer(result, "chart"):
        assert code == 0 and "</svg>" in figure.read_text(encoding="utf-8")
    else:
        assert code == 2 and not figure.exists()
        assert wattlas.err.startswith(
            f"There is no figure of {name}.\n  Where: {figure}\n  To fix: "
        )
    assert (
        sorted(path.suffix for path in table.parent.iterdir()) == [".csv", ".svg"][: 2 - bool(code)]
    )


@pytest.mark.parametrize("ending", [".pdf", ".png", ".SVG"])
def test_a_figure_of_a_measure_is_what_its_name_says(wattlas, tmp_path, ending):
    file = tmp_path / f"tornado{ending}"
    assert wattlas("measure", "tornado", "classroom-3x3", "-o", file) == 0
    assert file.read_bytes()[:5] in (b"%PDF-", b"\x89PNG\r", b"<?xml")


def test_a_measure_heeds_the_ids_that_are_given(wattlas, tmp_path):
    scenario, file = Scenario.load("classroom-3x3"), tmp_path / "table.csv"
    pair = ["--home", "middle", "--region", "south", "--workload", "batch"]
    assert wattlas("measure", "wires_or_fibre", "classroom-3x3", *pair, "-o", file) == 0
    assert file.read_text(encoding="utf-8") == written(
        wires_or_fibre(scenario, "middle", "south", "batch")
    )
    for given, pair in {
        (): ("middle", "north"),
        ("--home", "south"): ("south", "north"),
    }.items():  # the largest flows
        assert (
            wattlas(
                "measure",
                "wires_or_fibre",
                "classroom-3x3",
                "--workload",
                "batch",
                *given,
                "-o",
                file,
            )
            == 0
        )
        assert file.read_text(encoding="utf-8") == written(wires_or_fibre(scenario, *pair, "batch"))
    assert wattlas("measure", "frontier", "classroom-3x3", "--over", "batch", "-o", file) == 0
    assert file.read_text(encoding="utf-8") == written(frontier(scenario, "batch"))


def test_a_measure_goes_to_standard_output_as_its_table():
    command = command_line("measure", "concentration", "classroom-3x3", "-o", "/dev/stdout")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == written(concentration(Scenario.load("classroom-3x3")))


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (["tornad"], "There is no measure 'tornad'.\n  Where: NAME", "Did you mean 'tornado'? Known are attribution, "),
        (["tornado", "--over", "chat"], "There is no --over of tornado.\n  Where: --over", "Leave it out.\n"),
        (
            ["verdicts", "--home", "north"], "There is no --home of verdicts.\n  Where: --home",
            "Leave it out. It takes --workload.\n",
        ),
        (["verdicts", "--workload", "cat"], "There is no class 'cat'.\n  Where: --workload", "Did you mean 'chat'? "),
        (["wires_or_fibre", "--region", "nord"], "There is no region 'nord'.\n  Where: --region", "Did you mean 'nor"),
        (
            ["wires_or_fibre", "--home", "north", "--region", "north"], "Home and region are both 'north'",
            "Choose two that differ.\n",
        ),
        (["tornado", "-o", "a.txt"], "A measure is a CSV or XLSX table, or an SVG, PDF or PNG",
         "Let it end in .csv, .xlsx"),
    ],
)  # fmt: skip
def test_what_no_measure_can_do_is_said_in_words(
    wattlas, tmp_path, monkeypatch, arguments, what, fix
):
    monkeypatch.chdir(tmp_path)
    name, *options = arguments
    assert wattlas("measure", name, "classroom-3x3", "-o", "table.csv", *options) == 2
    assert wattlas.err.startswith(what) and f"To fix: {fix}" in wattlas.err
    assert [*tmp_path.iterdir()] == []


def test_nothing_moves_where_there_is_one_region(wattlas, classroom, tmp_path):
    scenario = Scenario.load(classroom)
    scenario.rtt_ms = None
    scenario.clients = scenario.clients.assign(service="middle")
    scenario.regions = scenario.regions[scenario.regions["id"] == "middle"]
    scenario.save(classroom)
    assert wattlas("measure", "wires_or_fibre", classroom, "-o", tmp_path / "ways.csv") == 2
    assert wattlas.err.startswith("There is only one region")


# Check


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_the_samples_have_no_problems(wattlas, name):
    assert wattlas("check", name) == 0
    assert wattlas.out.startswith("No problems.\n")


def test_check_says_what_a_sound_scenario_holds(wattlas):
    wattlas("check", "classroom-3x3")
    assert "3 clients, 3 regions, 2 classes, 100 MW of demand" in wattlas.out


def test_check_counts_the_figures_by_how_sure_they_are(wattlas):
    wattlas("check", "classroom-3x3")
    heading, *counts = wattlas.out.partition("Figures by how sure they are:\n")[2].splitlines()
    assert heading.split() == ["read", "secondary", "estimate", "assigned", "unsourced"]
    assert counts[-1].split() == ["all", "tables", "0", "0", "40", "0", "0"]


def test_a_sound_scenario_gets_no_warning(wattlas):
    wattlas("check", "classroom-3x3")
    assert "Warnings" not in wattlas.out


@pytest.mark.parametrize(
    ("measured", "said"),
    [("", "2 of 3 pairs of regions are measured, 1 estimated from distance."),
     ("north,south,120,invented\n", "3 of 3 pairs of regions are measured.")],
)  # fmt: skip
def test_check_says_what_it_has_understood(wattlas, classroom, measured, said):
    file = classroom / "rtt_ms.csv"
    head, *rows = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([head, *(row for row in rows if ",120," not in row), measured]))
    spoil(classroom, "regions.csv", ",land,80,", ",eastland,80,")
    assert wattlas("check", classroom) == 0
    assert f"Round trips: {said}\n" in wattlas.out
    assert "Legal zones, by places in them: land (5), eastland (1).\n" in wattlas.out


# New, columns


def test_a_beginning_is_the_sample_and_can_be_used_at_once(wattlas, tmp_path):
    own = tmp_path / "somewhere" / "own"
    assert wattlas("new", own, "--from", "stylized-12") == 0
    assert f"wattlas check {own}" in wattlas.out
    assert Scenario.load(own).files() == Scenario.load("stylized-12").files()
    assert wattlas("check", own) == 0
    assert [path.name for path in own.parent.iterdir()] == ["own"]


def test_a_beginning_may_be_an_empty_folder(wattlas, tmp_path):
    assert wattlas("new", tmp_path) == 0
    assert (tmp_path / "scenario.toml").is_file()


@pytest.mark.parametrize("there", ["a scenario", "a file in it", "a file", "a link to nothing"])
def test_a_beginning_replaces_nothing(wattlas, tmp_path, classroom, there):
    own = tmp_path / "own"
    if there == "a scenario":
        classroom.rename(own)
    elif there == "a file in it":
        own.mkdir()
        (own / "notes.doc").write_text("mine")
    elif there == "a file":
        own.write_text("mine")
    else:
        own.symlink_to(tmp_path / "gone")
    before = sorted((path.name, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*"))
    assert wattlas("new", own) == 2
    assert wattlas.err.startswith("Something lies there already.\n  Where: ")
    assert "\n  To fix: " in wattlas.err
    assert sorted((path.name, path.lstat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_a_beginning_that_cannot_be_written_leaves_nothing(wattlas, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("explorer.atomic_write.os.replace", full)
    assert wattlas("new", tmp_path / "own") == 2
    assert "No space left" in wattlas.err and not [*tmp_path.iterdir()]


def test_every_column_is_explained_with_what_may_stand_there(wattlas):
    assert wattlas("columns") == 0
    everything = wattlas.out
    for name, table in TABLES.items():
        assert wattlas("columns", name) == 0
        assert wattlas.out in everything and wattlas.out.startswith(f"{table.file} (")
        for column in table.columns:
            needed = "required" if column.required else "optional"
            assert f"\n  {column.name} ({needed})\n" in wattlas.out


def test_a_table_may_be_named_by_its_file(wattlas):
    assert wattlas("columns", "profiles_24h.csv") == 0
    by_file = wattlas.out
    assert wattlas("columns", "profiles") == 0 and wattlas.out == by_file
    assert "whole number [UTC]; 0 to 23; such as 0\n" in by_file


def test_an_unknown_table_gets_the_nearest_spelling(wattlas):
    assert wattlas("columns", "region") == 2
    assert "Did you mean 'regions'?" in wattlas.err


def spoil(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def spoilt(classroom) -> Path:
    """Four things wrong, in three files."""
    spoil(classroom, "scenario.toml", "friction_scale", "friction_scal")
    spoil(classroom, "regions.csv", ",32,", ",cheap,")
    spoil(classroom, "regions.csv", "1.2,40", "1.2,-40")
    (classroom / "clients.csv").unlink()
    return classroom


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "legal_custom.csv: the table is missing, but the legal policy is 'custom'."),
        (
            "client,region,workload,allowed\nnorth-town,north,chat,false\n",
            "arcs.csv, row 2, column allowed: north is",
        ),
    ],
)
def test_check_finds_what_shows_only_when_settings_and_tables_meet(
    wattlas, classroom, text, problem
):
    if text is None:
        spoil(classroom, "scenario.toml", '"open"', '"custom"')
    else:
        (classroom / "arcs.csv").write_text(text)
    assert wattlas("check", classroom) == 2
    (line,) = wattlas.out.splitlines()
    assert line.startswith(problem)


def test_check_warns_of_what_is_doubtful_and_goes_on(wattlas, classroom):
    spoil(classroom, "regions.csv", ",land,80,", ",land,0.08,")
    assert wattlas("check", classroom) == 0
    first, *_, heading, warning = wattlas.out.splitlines()
    assert first == "No problems." and heading == "Warnings, for what can be meant but seldom is:"
    assert warning.startswith("regions.csv, row 3, column electricity_price_usd_per_mwh: ")


def test_check_lists_a_hundred_problems_and_counts_the_rest(wattlas, classroom):
    header, *rows = (classroom / "clients.csv").read_text().splitlines()
    wrong = [rows[0].replace("north-town", f"c{n}").replace(",60,", ",600,") for n in range(250)]
    (classroom / "clients.csv").write_text("\n".join([header, *wrong]))
    assert wattlas("check", classroom) == 2
    assert len(wattlas.out.splitlines()) == 101 and wattlas.out.endswith("\nAnd 151 more.\n")


def test_check_lists_all_problems_at_once(wattlas, spoilt):
    assert wattlas("check", spoilt) == 2
    lines = wattlas.out.splitlines()
    places = [
        "scenario.toml, row 15, key friction_scal: ",
        "regions.csv, row 2, column electricity_price_usd_per_mwh: ",
        "regions.csv, row 4, column capacity_mw: ",
        "clients.csv: ",
    ]
    assert len(lines) == 4
    for place in places:
        assert any(line.startswith(place) for line in lines), place
    assert "Did you mean 'friction_scale'?" in wattlas.out and "(found 'cheap')" in wattlas.out


@pytest.mark.parametrize("command", [["serve"], ["frontier"], ["solve", "-o", "results"]])
def test_no_command_starts_on_a_scenario_with_problems(
    wattlas, spoilt, tmp_path, monkeypatch, command
):
    monkeypatch.chdir(tmp_path)
    assert wattlas(command[0], spoilt, *command[1:]) == 2
    with pytest.raises(ScenarioError) as failure:
        Scenario.load(spoilt)
    assert wattlas.err == f"{failure.value}\n"
    assert wattlas.out == ""
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize(
    "command", [["serve"], ["frontier"], ["check"], ["solve", "-o", "results"]]
)
def test_an_unknown_scenario_gets_the_nearest_spelling(wattlas, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    assert wattlas(command[0], "world-2026", *command[1:]) == 2
    assert "Did you mean 'world-2025'?" in wattlas.err and "classroom-3x3" in wattlas.err
    assert list(tmp_path.iterdir()) == []


# On the terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_while_something_takes_long(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(terminal_output, "PROGRESS_AFTER_S", 0.01)
    with terminal_output.progress("Counting"):
        wait_until(lambda: "Counting: 00:0" in terminal.getvalue())
    assert terminal.getvalue().rstrip(" ").endswith("\r")  # wiped out at the end


def test_progress_is_told_line_by_line_where_there_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", file := io.StringIO())
    monkeypatch.setattr(terminal_output, "LINE_EVERY_S", 0.02)
    with terminal_output.progress("Counting"):
        wait_until(lambda: file.getvalue().count("\n") >= 2)
    assert set(file.getvalue().splitlines()) == {"Counting: 00:00"}


@pytest.mark.parametrize("kind", [Terminal, io.StringIO])
def test_progress_keeps_quiet_while_all_is_fast(monkeypatch, kind):
    monkeypatch.setattr(sys, "stderr", terminal := kind())
    with terminal_output.progress("Counting"):
        pass
    assert terminal.getvalue() == ""


# The course


def test_the_course_is_copied_whole_with_the_scenarios_that_it_uses(wattlas, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "course", tmp_path / "empty"):
        assert wattlas("course", folder) == 0 and f"jupyter lab {folder}" in wattlas.out
        copied = {path.relative_to(folder) for path in folder.rglob("*.ipynb")}
        assert copied == {path.relative_to(LESSONS) for path in LESSONS.rglob("*.ipynb")}
        lessons = "".join(path.read_text("utf-8") for path in folder.glob("*.ipynb"))
        used = {name.strip('\\"') for name in re.findall(r"load\((\S+?)\)", lessons)}
        there = {path.name for path in (folder / "scenarios").iterdir()}
        assert used == there == set(USED)
        assert all((folder / "scenarios" / name / "scenario.toml").is_file() for name in used)


def test_the_course_replaces_nothing(wattlas, tmp_path, monkeypatch):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").write_text("mine")
    for there in (tmp_path / "full", tmp_path / "full" / "thesis.txt"):
        assert wattlas("course", there) == 2
        assert "Something lies there already" in wattlas.err and "To fix:" in wattlas.err
    monkeypatch.setattr("explorer.teaching.course.USED", ("classroom-3x3", "gone"))
    assert wattlas("course", tmp_path / "half") == 2
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "thesis.txt"]


def test_a_reader_who_has_seen_enough_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as pipe:
        done = subprocess.run(
            command_line("frontier", "world-2025"),
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "command", [["check", "world-2025"], ["solve", "classroom-3x3", "-o", "results"]]
)
def test_a_device_that_is_full_is_said_in_one_line(tmp_path, command):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command_line(*command),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 2
    assert done.stderr.startswith(
        "It cannot be read or written: No space left on device.\n  Where: standard output\n"
    )
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "variables", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0"}]
)
def test_a_terminal_without_our_letters_gets_what_it_can_show(variables):
    folder = Path(__file__).parent / "cases" / "right-to-left-names"
    done = subprocess.run(
        command_line("check", folder), env=os.environ | variables, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"No problems.\n")


# Serve


@pytest.fixture
def port() -> int:
    return free_port()


def live_connection(port: int, page: str, origin: str) -> int:
    """
    The status that a page gets which was opened at `origin` and wants a live connection to the app.
    """
    return get(
        port,
        "/ws",
        Origin=origin,
        Connection="Upgrade",
        Upgrade="websocket",
        Sec_WebSocket_Version="13",
        Sec_WebSocket_Key="d2F0dGxhcyB3YXR0bGFzIQ==",
        Sec_WebSocket_Protocol=f"bokeh, {token_of(page)}",
    )[0]


@pytest.mark.ui
def test_the_app_is_served_until_ctrl_c(port, tmp_path, monkeypatch, classroom):
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "log"
    with serving(classroom.name, "--port", port, log=log):  # a relative path, like any other
        assert f"Wattlas is at http://127.0.0.1:{port}/\n" in log.read_text()
        status, page = get(port)
        assert status == 200 and "<script" in page
        for host in ("127.0.0.1", "localhost"):
            assert live_connection(port, page, f"http://{host}:{port}") == 101
        assert "Traceback" not in log.read_text() and "ERROR" not in log.read_text()
        assert live_connection(port, page, "http://elsewhere.example") == 403
    assert "Traceback" not in log.read_text()


@pytest.mark.ui
def test_everyone_on_the_network_may_come_in_by_names_that_are_known(port, tmp_path):
    log = tmp_path / "log"
    also = ["--allow-websocket-origin", "workshop.local"]
    with serving("classroom-3x3", "--port", port, "--address", "0.0.0.0", *also, log=log):
        assert re.search(rf"http://\S+:{port}/ on your network", log.read_text())
        page = get(port)[1]
        for host in (f"workshop.local:{port}", socket.gethostname() + f":{port}"):
            assert get(port, Host=host)[0] == 200
            assert live_connection(port, page, f"http://{host}") == 101
        assert live_connection(port, page, f"http://elsewhere.example:{port}") == 403
        assert get(port, Host=f"elsewhere.example:{port}")[0] == 421


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.ui
def test_several_processes_announce_themselves_once_and_outlive_one_of_them(port, tmp_path):
    log = tmp_path / "log"
    with serving("classroom-3x3", "--port", port, "--num-procs", "2", log=log) as server:
        assert get(port)[0] == 200
        assert log.read_text().count("Wattlas is at") == 1
        first, other = children_of(server.pid)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: len({*children_of(server.pid)} - {first, other}) == 1)
        assert get(port)[0] == 200


@pytest.mark.ui
def test_no_process_goes_on_serving_without_the_one_that_can_be_stopped(port, tmp_path):
    server = subprocess.Popen(
        command_line("serve", "classroom-3x3", "--port", port, "--num-procs", "2"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert server.stdout
    try:
        assert any("Ctrl-C" in line for line in server.stdout)
        children = children_of(server.pid)
        assert len(children) == 2
        server.terminate()
        assert server.wait(PATIENCE_S) == 128 + signal.SIGTERM
        wait_until(lambda: not any(map(is_alive, children)))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        server.stdout.close()


def visit_for_ever() -> None:
    async def visit(*_args: object) -> None:
        print("On a visit", flush=True)
        signal.pause()

    app_server.visit = visit


@pytest.mark.ui
@pytest.mark.parametrize(("processes", "to"), [(1, os.kill), (2, os.kill), (2, os.killpg)])
@pytest.mark.parametrize(("stop", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_a_server_that_lets_nobody_in_yet_ends_at_once(port, tmp_path, processes, stop, code, to):
    log = tmp_path / "log"
    server = Server(
        "classroom-3x3", "--port", port, "--num-procs", processes,
        log=log, first=visit_for_ever,
    )  # fmt: skip
    try:
        wait_until(lambda: text_of(log).count("On a visit") == processes)
        children = children_of(server.pid)
        to(server.pid, stop)
        assert server.wait() == code
        wait_until(lambda: not any(map(is_alive, children)))
        assert "Traceback" not in text_of(log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


PARTED = """
import os, signal, sys
from explorer.cli import main
os.register_at_fork(after_in_parent=lambda: os.kill(os.getpid(), signal.SIGTERM))
sys.exit(main())
"""


@pytest.mark.ui
def test_a_server_told_to_end_while_its_processes_part_ends(port):
    """Where Python drops what a handler of a signal raises."""
    command = [
        sys.executable,
        "-c",
        PARTED,
        "serve",
        "classroom-3x3",
        "--port",
        str(port),
        "--num-procs",
        "2",
    ]
    server = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        assert server.wait(PATIENCE_S) == 128 + signal.SIGTERM
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_port_in_use_is_one_clear_error(wattlas):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert wattlas("serve", "classroom-3x3", "--port", str(port)) == 2
    assert wattlas.err.startswith(
        f"Another program listens there already.\n  Where: 127.0.0.1, port {port}\n  To fix: "
    )
    assert wattlas.out == ""


def test_an_address_of_another_machine_is_one_clear_error(wattlas, port):
    assert wattlas("serve", "classroom-3x3", "--address", "203.0.113.7", "--port", str(port)) == 2
    assert wattlas.err.startswith("Nothing can listen there: Cannot assign requested address")
