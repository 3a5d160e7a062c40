"""Everything but maps works where Cartopy and GeoViews are not installed, and a map says what it lacks."""

import subprocess
import sys
from textwrap import dedent

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
    """Measures with another signature than (scenario) are called by their own; the registry says which there are."""
    out = run(
        """
        import holoviews as hv
        from explorer.measures.concentration import concentration
        from explorer.registry import MEASURES

        hv.extension("bokeh", "matplotlib")
        ids, classes = world.regions["id"].tolist(), list(world.workloads)
        arguments = {
            "break_even": (world, classes[0]),
            "certificate": (placement,),
            "concentration": (world,),
            "frontier": (world, classes[0]),
            "monte_carlo": (world, 2),
            "wires_or_fibre": (world, ids[1], ids[0], classes[-1]),
        }
        maps = {"marginal_prices", "world_map", "placement"}
        more = {"break_even", "budget_margins", "certificate", "concentration", "frontier", "mends"}
        functions = {**vars(explorer), "concentration": concentration}
        for name in sorted({*MEASURES, *more} - maps):
            result = functions[name](*arguments.get(name, (world,)))
            hv.render(plot(result), backend="bokeh")
            print(name, figure(result, f"{sys.argv[1]}/{name}.png").stat().st_size)
        hv.render(placement.layers_plot(), backend="bokeh")
        print("layers", placement.layers_figure(f"{sys.argv[1]}/layers.png").stat().st_size)
        """,
        str(tmp_path),
    )
    sizes = {name: int(size) for name, size in (line.split() for line in out.splitlines())}
    assert len(sizes) >= 15 and min(sizes.values()) > 5000


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
