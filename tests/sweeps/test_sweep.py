"""Sweeps: figures are those of single solves, and the same however, wherever and how often they ran."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, closing, contextmanager

import numpy as np
import pandas as pd
import pytest
from servers import text_of, wait_until

from explorer import Scenario, read_sweep, solve, sweep
from explorer.cache import Memo, apart
from explorer.cli import main
from explorer.errors import ExplorerError
from explorer.measures.headlines import headlines
from explorer.model.network import build_network
from explorer.model.solve import _placements, solve_network
from explorer.sweeps import sweep as sweep_module
from explorer.sweeps.chunk import solve_points, versions

PATIENCE_S = 60
PLAN = """
scenarios = ["stylized-12", "classroom-3x3"]
measures = ["saving_usd_per_h", "carbon_kg_per_h", "cost_usd_per_h.change", "relocated_share"]
method = "latin hypercube"
samples = 12
seed = 3
chunk_points = 4

[parameters]
carbon_price_usd_per_t = { from = 0, to = 200 }
capacity_scale = { from = 0.4, to = 2 }
objective = ["cost", "carbon"]
"""
CHUNKS = 6
# ends itself, as a power cut would, while it writes its second chunk
KILLED = """
import os, pathlib, signal, sys
from explorer.sweeps import store
from explorer import sweep

written = []
def cut_short(table, path):
    written.append(path)
    pathlib.Path(path).write_bytes(b"PAR1 and no more")
    if len(written) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    whole(table, path)

parquet = store.package("pyarrow.parquet")
whole, parquet.write_table = parquet.write_table, cut_short
sweep(sys.argv[1], sys.argv[2], sys.argv[3])
"""


@contextmanager
def process(*command, **options):
    """A process that runs meanwhile."""
    running = subprocess.Popen(
        [sys.executable, "-m", *command], stderr=subprocess.DEVNULL, **options
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(PATIENCE_S)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The address of a scheduler with two workers, each started by hand."""
    place = tmp_path_factory.mktemp("cluster")
    told = place / "scheduler.json"
    with ExitStack() as running:
        here = ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0", "--no-dashboard"]
        scheduler = running.enter_context(process(
            "distributed.cli.dask_scheduler", *here, "--port", "0",
            "--scheduler-file", str(told), cwd=place,
        ))  # fmt: skip
        wait_until(lambda: text_of(told) or scheduler.poll() is not None)
        assert scheduler.poll() is None
        for _ in range(2):
            running.enter_context(process(
                "distributed.cli.dask_worker", *here, "--scheduler-file", str(told),
                "--nthreads", "2", "--no-nanny", cwd=place,
            ))  # fmt: skip
        from distributed import Client

        address = json.loads(told.read_text())["address"]
        with Client(address) as client:
            client.wait_for_workers(2, timeout=PATIENCE_S)
        yield address


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    file = tmp_path_factory.mktemp("plan") / "plan.toml"
    file.write_text(PLAN, "utf-8")
    return file


@pytest.fixture(scope="module")
def unbroken(plan, tmp_path_factory):
    """What a sweep on the cores of this machine comes to, and its folder."""
    folder = tmp_path_factory.mktemp("unbroken") / "sweep"
    return sweep(plan, folder), folder


def bits(table):
    """All content, to the last bit."""
    return {
        name: of.to_numpy().view(np.uint64).tolist() if of.dtype.kind == "f" else of.tolist()
        for name, of in table.items()
    }


def test_figures_are_those_of_each_scenario_solved_by_itself(unbroken):
    table, _ = unbroken
    assert [*table["point"]] == [*range(24)] and (table["failure"] == "").all()
    for row in table.to_dict("records"):
        scenario = Scenario.load(row["scenario"])
        for name in ("carbon_price_usd_per_t", "capacity_scale", "objective"):
            setattr(scenario, name, row[name])
        alone = solve(scenario)
        known = headlines(alone)
        assert row["carbon_kg_per_h"] == pytest.approx(alone.carbon_kg_per_h, rel=1e-9)
        assert row["cost_usd_per_h.change"] == pytest.approx(
            known["cost_usd_per_h"].change, rel=1e-6, abs=1e-6, nan_ok=True
        )
        assert row["relocated_share"] == pytest.approx(alone.relocated_share, abs=1e-9)
        if alone.unserved_mw == alone.baseline.unserved_mw == 0:
            saved = alone.baseline.objective_usd_per_h - alone.objective_usd_per_h
            assert row["saving_usd_per_h"] == pytest.approx(saved, rel=1e-6, abs=1e-6)


def test_a_sweep_killed_twice_goes_on_and_ends_with_the_same_bits(
    plan, cluster, unbroken, tmp_path
):
    whole, _ = unbroken
    folder = tmp_path / "sweep"
    for times in (1, 2):
        command = [sys.executable, "-c", KILLED, str(plan), str(folder), cluster]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert len(read_sweep(folder)) == 4 * times
        assert read_sweep(folder).attrs["missing_points"] == 24 - 4 * times
        assert [*(folder / "points").glob(".wattlas-*")]  # what was being written
    resumed = sweep(plan, folder, cluster)
    assert bits(resumed) == bits(whole) == bits(read_sweep(folder))
    assert resumed.attrs["checksum"] == whole.attrs["checksum"]
    assert not [*(folder / "points").glob(".*")] and not resumed.attrs["missing_points"]


def test_done_chunks_are_not_solved_again(plan, unbroken, monkeypatch):
    whole, folder = unbroken
    monkeypatch.setattr(sweep_module, "client_of", None)  # there is nothing to ask of workers
    assert bits(sweep(plan, folder)) == bits(whole)


def test_files_say_what_they_hold_and_anybody_reads_them(unbroken):
    whole, folder = unbroken
    told = json.loads((folder / "sweep.json").read_text("utf-8"))
    assert told["seed"] == 3 and told["chunks"] == CHUNKS and told["versions"] == versions()
    assert [path.name for path in sorted((folder / "points").iterdir())] == [
        f"{n:06}.parquet" for n in range(CHUNKS)
    ]
    read = pd.read_parquet(folder / "points").sort_values("point", ignore_index=True)
    assert bits(read[[*whole]]) == bits(whole)


@pytest.mark.parametrize("harm", ["cut short", "a bit", "of another place", "empty"])
def test_a_chunk_that_is_not_what_was_written_is_solved_again(
    plan, cluster, unbroken, tmp_path, harm
):
    whole, folder = unbroken
    there = tmp_path / "sweep"
    shutil.copytree(folder, there)
    file = there / "points" / "000002.parquet"
    data = bytearray(file.read_bytes())
    if harm == "a bit":
        data[len(data) // 3] ^= 1
    else:
        short, other = data[: len(data) // 2], (there / "points" / "000001.parquet").read_bytes()
        data = {"cut short": short, "of another place": other, "empty": b""}[harm]
    file.write_bytes(data)
    with pytest.raises(ExplorerError, match=r"written: 000002\.parquet"):
        read_sweep(there)
    assert bits(sweep(plan, there, cluster)) == bits(whole)


@pytest.mark.parametrize(
    ("was", "now", "hint"),
    [
        ("seed = 3", "seed = 4", "seed"),
        ("to = 200", "to = 201", "parameters"),
        ('"relocated_share"', '"relocated_mw"', "measures"),
        ("chunk_points = 4", "chunk_points = 3", "chunk_points"),
        ('["stylized-12", "classroom-3x3"]', '["classroom-3x3"]', "scenarios"),
    ],
)
def test_a_changed_plan_is_refused_in_words(unbroken, tmp_path, was, now, hint):
    _, folder = unbroken
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    (tmp_path / "plan.toml").write_text(PLAN.replace(was, now), "utf-8")
    with pytest.raises(ExplorerError, match=f"of another plan: .*{hint}"):
        sweep(tmp_path / "plan.toml", folder)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before


def test_other_versions_changed_scenarios_and_folders_of_others_are_refused(
    unbroken, tmp_path, monkeypatch
):
    _, folder = unbroken
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN, "utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, "versions", lambda: versions() | {"highspy": "0.9"})
        with pytest.raises(ExplorerError, match=r"other versions: highspy .*, now 0\.9"):
            sweep(plan, folder)
    other = tmp_path / "other"
    other.mkdir()
    (other / "letter.txt").write_text("Dear")
    with pytest.raises(ExplorerError, match="no sweep lies there"):
        sweep(plan, other)
    assert [path.name for path in other.iterdir()] == ["letter.txt"]
    with pytest.raises(ExplorerError, match="no sweep there"):
        read_sweep(other)
    with pytest.raises(ExplorerError, match="file of that name"):
        sweep(plan, other / "letter.txt")


def test_what_was_done_stays_where_the_word_of_it_is_damaged(plan, unbroken, tmp_path, monkeypatch):
    whole, folder = unbroken
    there = tmp_path / "sweep"
    shutil.copytree(folder, there)
    for damage in ("{", "[]", "{}"):
        (there / "sweep.json").write_text(damage)
        with pytest.raises(ExplorerError, match="Remove this file"):
            read_sweep(there)
    (there / "sweep.json").write_text('{"format": 99, "chunks": 1, "points": 1}')
    with pytest.raises(ExplorerError, match="another version of Wattlas"):
        read_sweep(there)
    (there / "sweep.json").unlink()
    monkeypatch.setattr(sweep_module, "client_of", None)  # there is nothing to ask of workers
    assert bits(sweep(plan, there)) == bits(whole)


def test_a_scenario_that_has_changed_since_is_refused(cluster, tmp_path):
    scenario = Scenario.load("classroom-3x3")
    scenario.save(tmp_path / "mine")
    plan = tmp_path / "plan.toml"
    plan.write_text('scenarios = ["mine"]\n[parameters]\nfriction_scale = [1, 2]', "utf-8")
    assert len(sweep(plan, tmp_path / "sweep", cluster)) == 2
    scenario.regions.loc[0, "pue"] += 0.01
    scenario.save(tmp_path / "mine")
    with pytest.raises(ExplorerError, match="differs in scenarios"):
        sweep(plan, tmp_path / "sweep", cluster)


def test_two_at_once_in_one_folder_are_one_too_many(plan, unbroken, tmp_path):
    _, folder = unbroken
    told = json.loads((folder / "sweep.json").read_text("utf-8"))
    with sweep_module.opened(tmp_path, told), pytest.raises(ExplorerError, match="Another process"):
        sweep(plan, tmp_path)


def test_failures_are_rows_with_their_reason(cluster):
    """At these caps on cost, some placements do not exist."""
    table = sweep(
        {
            "scenarios": ["classroom-3x3"],
            "parameters": {"objective": "carbon", "cost_cap_usd_per_h": [1, 1e9, 2]},
        },
        scheduler=cluster,
    )
    assert [bool(failure) for failure in table["failure"]] == [True, False, True]
    assert table["failure"].str.contains("Raise the cap").tolist() == [True, False, True]
    assert np.isnan(table["carbon_kg_per_h"]).tolist() == [True, False, True]


def test_what_was_solved_before_does_not_show_in_the_last_digit():
    scenario = Scenario.load("stylized-12")
    points = {"carbon_price_usd_per_t": [0.0, 35.0, 90.0], "capacity_scale": [0.6, 1.1, 0.8]}
    first = solve_points(scenario, points, ["carbon_kg_per_h"], versions())
    for price in (5, 60, 150):  # whatever else the process does
        scenario.carbon_price_usd_per_t = price
        solve(scenario)
    assert solve_points(scenario, points, ["carbon_kg_per_h"], versions()) == first


def test_who_works_apart_finds_nothing_and_leaves_nothing():
    memo = Memo(size=2)
    memo.find("a", lambda: 1)
    with apart():
        assert memo.get("a") is None and memo.find("a", lambda: 2) == 2
        with apart():
            assert memo.get("a") is None
        assert memo.get("a") == 2
    assert memo.get("a") == 1
    scenario = Scenario.load("classroom-3x3")
    scenario.total_demand_mw = 98.7654  # of no other test
    network = build_network(scenario)
    with apart():
        solve_network(network, "relocation")
        assert _placements.get((network, "relocation")) is not None
    assert _placements.get((network, "relocation")) is None


def test_a_worker_of_another_version_solves_nothing():
    with pytest.raises(ExplorerError, match=r"wattlas .* for 0\.0\.1"):
        solve_points(Scenario.load("classroom-3x3"), {}, [], versions() | {"wattlas": "0.0.1"})


def test_the_command_says_what_came_of_it_or_what_is_wrong(plan, unbroken, tmp_path, capsys):
    whole, folder = unbroken
    assert main(["sweep", str(plan), "-o", str(folder)]) == 0
    assert f"24 points, in {folder}. Checksum" in (out := capsys.readouterr().out)
    assert whole.attrs["checksum"] in out
    (tmp_path / "plan.toml").write_text('scenarios = ["nowhere"]\nmethod = "x"', "utf-8")
    assert main(["sweep", str(tmp_path / "plan.toml"), "-o", str(tmp_path / "new")]) == 2
    assert "The plan has 2 problems" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_ctrl_c_leaves_what_goes_on(plan, cluster, unbroken, tmp_path, capsys, monkeypatch):
    whole, _ = unbroken
    solved = sweep_module.solved

    def interrupted(*arguments):
        with closing(solved(*arguments)) as found:
            yield next(found)
            raise KeyboardInterrupt

    command = ["sweep", str(plan), "-o", str(tmp_path / "sweep"), "--scheduler", cluster]
    with monkeypatch.context() as patch:
        patch.setattr(sweep_module, "solved", interrupted)
        assert main(command) == 130
    assert "the same command goes on" in capsys.readouterr().err
    assert len(read_sweep(tmp_path / "sweep")) == 4
    assert main(command) == 0
    assert bits(read_sweep(tmp_path / "sweep")) == bits(whole)


def test_no_scheduler_and_no_extra_are_said(plan, tmp_path, monkeypatch):
    monkeypatch.setattr("explorer.sweeps.cluster.PATIENCE_S", 0.1)
    with pytest.raises(ExplorerError, match="No Dask scheduler answers"):
        sweep(plan, tmp_path / "sweep", "tcp://127.0.0.1:9")
    with socket.create_server(("127.0.0.1", 0)) as other:  # it takes connections, and says nothing
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(ExplorerError, match="No Dask scheduler answers"):
            sweep(plan, tmp_path / "sweep", address)
    assert not (tmp_path / "sweep").exists()
    monkeypatch.setitem(sys.modules, "distributed", None)  # to import it fails
    with pytest.raises(ExplorerError, match=r"wattlas\[sweep\]"):
        sweep(plan, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_the_command_loads_what_sweeps_need_only_for_them():
    probe = "import sys, explorer.cli; print(*{'dask', 'distributed', 'SALib'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


SCRIPT = """
import os
import psutil
from explorer import sweep
from explorer.sweeps import sweep as module

def listening():
    me = psutil.Process()
    family = [me, me.parent()] if "dask_worker" in " ".join(me.parent().cmdline()) else [me]
    found = [each for process in family for each in process.net_connections("inet")]
    return [each.laddr.ip for each in found if each.status == "LISTEN"]

def looked_at(client, *arguments):
    found = [listening(), *client.run(listening).values()]
    print(*map(bool, found), *{ip for each in found for ip in each})
    print(*client.run(os.getenv, "MALLOC_TRIM_THRESHOLD_").values())
    return solved(client, *arguments)

solved, module.solved = module.solved, looked_at
print(len(sweep({"scenarios": ["classroom-3x3"], "parameters": {"friction_scale": [1, 2]}})))
"""


def test_a_script_may_sweep_on_its_top_level_and_only_this_machine_is_listened_to(tmp_path):
    """
    It does not run again in every worker, nothing is open to others on the network, and a worker
    keeps the memory that each solve needs again.
    """
    (tmp_path / "script.py").write_text(SCRIPT)
    command = [sys.executable, tmp_path / "script.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.stdout.split() == ["True", "True", "127.0.0.1", str(128 << 20), "2"], done.stderr
