"""
Everything but maps works where Cartopy and GeoViews are not installed, and a map says what it
lacks.
"""

import subprocess
import sys
from textwrap import dedent

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


def run(code: str, *arguments: str) -> str:
    """What a process without these packages prints."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(BLOCKED) + dedent(code), *arguments],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_everything_but_maps_is_computed_and_drawn(tmp_path):
    out = run(
        """
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
                print(name, figure(result, f"{sys.argv[1]}/{name}.svg").stat().st_size)
        """,
        str(tmp_path),
    )
    sizes = {
        name: int(size)
        for name, size in (line.split() for line in out.splitlines() if line.count(" ") == 1)
    }
    assert set(sizes) >= set(MEASURES) - {"marginal_prices"} and min(sizes.values()) > 5000


def test_a_map_says_which_package_it_lacks_and_how_to_install_it(tmp_path):
    out = run(
        """
        for result in (placement, explorer.marginal_prices(world)):
            for draw in (plot, lambda of: figure(of, f"{sys.argv[1]}/map.png")):
                try:
                    draw(result)
                except ExplorerError as err:
                    print(" ".join(str(err).split()))
        """,
        str(tmp_path),
    )
    said = out.splitlines()
    assert len(said) == 4 and list(tmp_path.iterdir()) == []
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
