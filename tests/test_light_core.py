"""
What solves works without any package of the screen, everything but maps without Cartopy and
GeoViews; what lacks a package says which, and how to install it.
"""

import re
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from explorer.lacking import INSTALL, SCREEN
from explorer.registry import MEASURES

BLOCKED = """
    import sys

    for package in ("cartopy", "geoviews"):
        sys.modules[package] = None  # to import it fails

    import explorer
    from explorer import Scenario, solve
    from explorer.charts.draw import figure, plot
    from explorer.errors import ExplorerError

    world = Scenario.load("classroom-3x3")
    placement = solve(world)
"""


NO_SCREEN = f"""
    import sys

    for package in {SCREEN!r}:
        sys.modules[package] = None

    from explorer.cli import main
"""


def run(code: str, *arguments: str, blocked: str = BLOCKED) -> str:
    """What a process without these packages prints."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(blocked) + dedent(code), *arguments],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_worker_without_a_screen_solves_and_says_what_the_rest_lacks(tmp_path):
    out = run(
        """
        import io
        import os
        from contextlib import redirect_stderr

        os.chdir(sys.argv[1])
        for command in (
            "check classroom-3x3", "solve classroom-3x3 -o results", "columns regions", "new mine",
            "measure frontier classroom-3x3 -o steps.csv", "story stylized-12 -o story.ipynb",
            "course lessons",
        ):
            assert main(command.split()) == 0, command
        from explorer import MEASURES, Scenario, solve
        from explorer.measures.arguments import completed
        world = Scenario.load("classroom-3x3")
        for measure in MEASURES.values():
            more = {"draws": 2} if "draws" in measure.function.__code__.co_varnames else {}
            subject = solve(world) if measure.takes == "placement" else world
            measure.function(subject, **completed(world, measure.needs, {}), **more)
        solve(world)._repr_html_()
        lacking = [
            lambda: solve(world).map(),
            lambda: solve(world).figure("map.png"),
            lambda: __import__("explorer").frontier(world).plot(),
            lambda: __import__("explorer").Explorer,
            lambda: __import__("explorer").notebook,
        ]
        from explorer import ExplorerError
        for ask in lacking:
            try:
                ask()
            except ExplorerError as error:
                print("LACKS", " ".join(str(error).split()))
        for command in ("serve classroom-3x3 --port 1", "snapshot classroom-3x3 -o a.html",
                        "measure tornado classroom-3x3 -o a.svg"):
            with redirect_stderr(io.StringIO()) as said:
                assert main(command.split()) == 2
            print("LACKS", " ".join(said.getvalue().split()))
        """,
        str(tmp_path),
        blocked=NO_SCREEN,
    )
    lacks = [line for line in out.splitlines() if line.startswith("LACKS")]
    assert len(lacks) == 8
    for line in lacks:
        assert "needs the package" in line and "pip install" in line, line
    assert sum(INSTALL in line for line in lacks) >= 6  # the others are of maps
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"results", "mine", "lessons", "steps.csv", "story.ipynb"}


def test_the_recipe_for_a_worker_names_what_it_needs_and_no_more():
    from importlib.metadata import requires

    page = (Path(__file__).parents[1] / "docs" / "start.md").read_text("utf-8")
    (told,) = re.findall(r"^pip install (highspy .*)$", page, re.MULTILINE)
    needed = {
        re.split(r"[<>= ;]", line)[0] for line in requires("wattlas") or [] if "extra" not in line
    }
    assert set(told.split()) == {name for name in needed if name.replace("-", "_") not in SCREEN}


@pytest.fixture(scope="module")
def without_maps(tmp_path_factory) -> tuple[list[str], Path]:
    """What a process prints that is asked for maps and then for all else, and where it draws."""
    folder = tmp_path_factory.mktemp("without maps")
    out = run(
        """
        from pathlib import Path

        sys.modules["IPython"] = None  # nor is there a notebook
        plot(explorer.tornado(world))
        for result in (placement, explorer.marginal_prices(world)):
            for draw in (plot, lambda of: figure(of, f"{sys.argv[1]}/map.png")):
                try:
                    draw(result)
                except ExplorerError as err:
                    print("MAP", " ".join(str(err).split()))
        del sys.modules["IPython"]

        from explorer import notebook
        from explorer.measures.arguments import completed
        from explorer.presentation import renderer
        from explorer.registry import MEASURES

        notebook()
        for name, measure in MEASURES.items():
            subject = placement if measure.takes == "placement" else world
            more = {"draws": 2} if name in ("monte_carlo", "robust_placement") else {}
            result = measure.function(subject, **completed(world, measure.needs, {}), **more)
            if renderer(result, "map") is None and renderer(result, "chart") is not None:
                plot(result)
                file = Path(f"{sys.argv[1]}/{name}.svg")
                figure(result, file)
                print("DRAWN", name, file.stat().st_size)
        """,
        str(folder),
    )
    return out.splitlines(), folder


def test_everything_but_maps_is_computed_and_drawn(without_maps):
    lines, _folder = without_maps
    drawn = (line.split() for line in lines if line.startswith("DRAWN"))
    sizes = {name: int(size) for _, name, size in drawn}
    assert set(sizes) >= set(MEASURES) - {"marginal_prices"} and min(sizes.values()) > 5000


def test_a_map_says_which_package_it_lacks_and_how_to_install_it(without_maps):
    lines, folder = without_maps
    said = [line for line in lines if line.startswith("MAP")]
    assert len(said) == 4 and not [*folder.glob("*.png")]
    for line in said:
        assert "A map needs the package" in line and ("GeoViews" in line or "Cartopy" in line)
        assert 'pip install "cartopy>=0.25,<0.26" "geoviews>=1.15,<1.16"' in line


def test_what_to_install_is_what_the_package_asks_for():
    from importlib.metadata import requires

    from explorer.charts.backends.packages import INSTALL

    asked = [line.replace(" ", "") for line in requires("wattlas") or []]
    for package in ("cartopy", "geoviews"):
        (wanted,) = [line for line in asked if line.startswith(package)]
        limits = set(wanted.removeprefix(package).split(";")[0].split(","))
        (said,) = [part for part in INSTALL.split('"') if part.startswith(package)]
        assert set(said.removeprefix(package).split(",")) == limits
