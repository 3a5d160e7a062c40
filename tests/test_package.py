"""What the package promises around its numbers: light imports, and files that travel with it."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

import explorer
from explorer.charts.backends.outlines import outlines
from explorer.cli import _parser
from explorer.registry import MEASURES

CHECKOUT = Path(__file__).resolve().parents[1]
TRAVELLING = ("assets", "layouts", "sample_scenarios")


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Standard output of a command, which must succeed."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def project_files(*folders: str) -> list[str]:
    """Files of the project, committed or about to be, relative to the checkout."""
    options = ["--cached", "--others", "--exclude-standard", "-z"]
    names = run("git", "ls-files", *options, *folders, cwd=CHECKOUT).split("\0")
    return sorted(name for name in names if name and (CHECKOUT / name).is_file())


@pytest.fixture(scope="module")
def distributions(tmp_path_factory) -> Path:
    """Folder with an sdist of the checkout and the wheel built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=CHECKOUT)
    return folder


def test_the_core_and_the_command_load_nothing_that_draws(tmp_path):
    probe = """
import importlib, pkgutil, sys
import explorer
drawing = "explorer.app", "explorer.charts", "explorer.__main__", "explorer.commands.snapshot"
loaded = []
def walk(package):
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if module.name not in drawing:
            loaded.append(importlib.import_module(module.name))
            if module.ispkg:
                walk(loaded[-1])
walk(explorer)
assert {"explorer.cli", "explorer.model.solver", "explorer.measures.tornado"} <= set(sys.modules), sorted(sys.modules)
print(*sorted({"panel", "holoviews", "geoviews", "bokeh", "cartopy", "matplotlib"} & set(sys.modules)))
"""
    assert run(sys.executable, "-c", probe, cwd=tmp_path).split() == []


def test_importing_the_package_loads_no_library(tmp_path):
    probe = """
import sys
before = set(sys.modules)
import explorer
print(*sorted(name for name in set(sys.modules) - before if name.partition(".")[0] not in sys.stdlib_module_names))
"""
    assert run(sys.executable, "-c", probe, cwd=tmp_path).split() == [
        "explorer",
        "explorer.errors",
        "explorer.lacking",
        "explorer.registry",
        "explorer.units",
        "explorer.words",
        "explorer.words.amounts",
        "explorer.words.messages",
    ]


@pytest.mark.parametrize("asked", [["--help"], ["--version"], ["solve", "--help"]])
def test_help_and_version_load_no_library(tmp_path, asked):
    probe = f"""
import sys
before = set(sys.modules)
from explorer.cli import main
try:
    main({asked!r})
except SystemExit:
    new = {{name.partition(".")[0] for name in set(sys.modules) - before}}
    print(*sorted(new - sys.stdlib_module_names), file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == ["explorer"]


def test_every_public_name_is_there():
    assert len(set(explorer.__all__)) == len(explorer.__all__)
    assert [name for name in explorer.__all__ if not hasattr(explorer, name)] == []
    assert set(explorer.__all__) == set(explorer._MODULES) <= set(dir(explorer))
    with pytest.raises(AttributeError, match="no attribute 'mends'"):
        _ = explorer.mends  # pyright: ignore[reportAttributeAccessIssue]


def test_type_checkers_see_the_public_names():
    tree = ast.parse(Path(explorer.__file__).read_text(encoding="utf-8"))
    (checked,) = [node for node in tree.body if isinstance(node, ast.If)]
    seen = {
        alias.name: node.module
        for node in checked.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == explorer._MODULES


def test_every_measure_is_public_under_its_own_name():
    assert [name for name in MEASURES if getattr(explorer, name).__name__ != name] == []
    charts = {path.stem for path in (CHECKOUT / "explorer" / "charts").glob("*.py")}
    public = {name for name in explorer.__all__ if name.islower()}
    assert charts & public <= MEASURES.keys() | {"notebook", "sensitivity", "sweep"}


def test_wheel_and_sdist_carry_scenarios_layouts_and_assets(distributions):
    (wheel,), (sdist,) = distributions.glob("*.whl"), distributions.glob("*.tar.gz")
    files = project_files(*TRAVELLING)
    assert {Path(name).parts[0] for name in files} == set(TRAVELLING)
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = set(archive.namelist())
        (metadata,) = (name for name in in_wheel if name.endswith(".dist-info/METADATA"))
        described = archive.read(metadata).decode()
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    shown = {name for name in files if Path(name).suffix in (".png", ".svg")}  # by the README
    assert {f"explorer/{name}" for name in {*files} - shown} | {
        "explorer/py.typed",
        "explorer/docs/model.md",
    } <= in_wheel
    assert {f"explorer/{name}" for name in shown} & in_wheel == set()
    assert "# Wattlas" in described and "](assets" not in described and "](docs" not in described
    assert set(files) <= in_sdist
    assert {name.partition("/")[0] for name in in_wheel if ".dist-info/" not in name} == {
        "explorer"
    }


def test_the_wheel_holds_what_pages_solve_with_and_the_sdist_does_not(distributions):
    (wheel,), (sdist,) = distributions.glob("*.whl"), distributions.glob("*.tar.gz")
    folder = "explorer/app/snapshot/highs/"
    with zipfile.ZipFile(wheel) as archive:
        there = {name for name in archive.namelist() if name.startswith(folder)}
        assert archive.read(f"{folder}highs.wasm").startswith(b"\0asm")
    assert {name.removeprefix(folder) for name in there} == {
        *("highs.js", "highs.wasm", "LICENSE", "integrity")
    }
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert "hatch_build.py" in names and not any(name.startswith(folder) for name in names)


def test_an_installed_wheel_finds_its_files_far_from_the_checkout(distributions, tmp_path):
    (wheel,) = distributions.glob("*.whl")
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip"]
    run(*pip, "install", "--no-index", "--no-deps", "--target", site, wheel, cwd=tmp_path)
    probe = """
from explorer.packaged_data import ASSETS, LAYOUTS, SCENARIOS
print(SCENARIOS / "world-2025" / "scenario.toml")
print(LAYOUTS / "workshop.py")
print(ASSETS / "basemap.npz")
"""
    found = run(sys.executable, "-c", probe, cwd=tmp_path, PYTHONPATH=str(site)).splitlines()
    assert [
        path for path in found if not Path(path).is_relative_to(site) or not Path(path).is_file()
    ] == []
    for name in ("classroom-3x3", "world-2025"):
        run(site / "bin" / "wattlas", "check", name, cwd=tmp_path, PYTHONPATH=str(site))


def test_the_setup_commands_are_the_ones_that_are_checked():
    commands = [
        "python3 -m venv .venv",
        '.venv/bin/pip install -e ".[test]"',
        "pytest -n auto --dist loadfile",  # by a module's name where branches are watched, too
    ]
    for name in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        text = (CHECKOUT / name).read_text(encoding="utf-8")
        assert [command for command in commands if command not in text] == [], name


def test_no_file_names_a_machine_or_a_registry():
    folders = "|".join(["home", "work", "root", "Users"])
    hosts = "|".join(
        [r"pypi\.org", r"pythonhosted\.org", r"npmjs\.(?:org|com)", r"deb\.debian\.org"]
    )
    local = re.compile(rf"(?<![\w.~-])/(?:{folders})/|{hosts}")
    found = []
    for name in project_files():
        try:
            text = (CHECKOUT / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or an array
        found += [
            f"{name}:{k}: {line}"
            for k, line in enumerate(text.splitlines(), 1)
            if local.search(line)
        ]
    assert found == []


def test_no_line_of_the_base_map_crosses_the_map():
    for part in ("land", "holes", "borders"):
        latitude, longitude = outlines(part)
        assert np.array_equal(np.isnan(latitude), np.isnan(longitude))
        assert np.nanmax(np.abs(longitude)) <= 180 and np.nanmax(np.abs(latitude)) <= 84
        # a jump across the antimeridian would be 360 degrees
        assert np.nanmax(np.abs(np.diff(longitude))) < 13.5


def test_the_container_is_made_of_what_is_there_and_serves_by_options_there_are(tmp_path):
    """As far as it can be checked without an image: its files make a wheel, its command parses."""
    lines = (CHECKOUT / "Containerfile").read_text("utf-8").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    assert [*dict.fromkeys(word for word, *_ in words)] == [
        *("FROM", "COPY", "RUN", "USER", "WORKDIR", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT")
    ]
    for *sources, target in (rest for word, *rest in words if word == "COPY"):
        folder = tmp_path / target.removeprefix("/tmp/wattlas").strip("/")
        for source in sources:
            origin = CHECKOUT / source
            if origin.is_dir():
                shutil.copytree(origin, folder)
            else:
                is_folder = target.endswith("/")
                (folder if is_folder else folder.parent).mkdir(parents=True, exist_ok=True)
                shutil.copy(origin, folder / source if is_folder else folder)
    run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
        *("--outdir", tmp_path / "dist", tmp_path),
        cwd=tmp_path,
    )
    (entry,) = (line for line in lines if line.startswith("ENTRYPOINT "))
    command, *arguments = json.loads(entry.removeprefix("ENTRYPOINT "))
    told = _parser().parse_args([*arguments, "--allow-websocket-origin", "atlas.example.org"])
    assert (command, told.read_only, told.port) == ("wattlas", True, 5006)
    (check,) = (line for line in lines if line.startswith("HEALTHCHECK CMD "))
    assert f":{told.port}/healthz" in json.loads(check.removeprefix("HEALTHCHECK CMD "))[2]
