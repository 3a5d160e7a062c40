"""
How the cost of a cold solve grows with clients, regions and classes: ours and others', drawn
log-log.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tests.benchmarks.once import solve_alone
from tests.benchmarks.table import agree

START = {"clients": 60, "regions": 40, "classes": 4}
SIZES = {
    "clients": (30, 60, 120, 240, 480),
    "regions": (20, 40, 80, 160, 320),
    "classes": (1, 2, 4, 8, 16),
}
MEMORY_MB = (125, 150, 175, 200, 250)
RUNS = 3  # the fastest counts: whatever else the machine does only adds to it
PATIENCE_S = 10.0  # a solver that took longer is not asked for the next size
SOLVERS = ("wattlas", "highspy", "linprog", "linopy", "PuLP and CBC")


def draw(path: Path) -> None:
    """Measure and save the figure; its format follows from the suffix."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 6.5), sharey="row", layout="constrained")
    for column, axis in enumerate(SIZES):
        found = grow(axis)
        for solver, points in found.items():
            sizes, seconds, peaks = zip(*points, strict=True)
            for panel, values in ((axes[0, column], seconds), (axes[1, column], peaks)):
                panel.loglog(
                    sizes,
                    values,
                    marker="o",
                    label=solver,
                    linewidth=2 if solver == "wattlas" else 1,
                )
        fixed = ", ".join(f"{n} {name}" for name, n in START.items() if name != axis)
        axes[0, column].set_title(f"with {fixed}", fontsize=10)
        axes[1, column].set_xlabel(axis)
        for panel in axes[:, column]:
            panel.set_xticks(SIZES[axis], [str(n) for n in SIZES[axis]])
            panel.xaxis.minorticks_off()
            panel.grid(alpha=0.3)
    axes[0, 0].set_ylabel("cold solve [s]")
    axes[1, 0].set_yticks(MEMORY_MB, [str(n) for n in MEMORY_MB])
    axes[1, 0].yaxis.minorticks_off()
    axes[1, 0].set_ylabel("peak memory of the process [MB]")
    axes[0, 0].legend(fontsize=9)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def grow(axis: str) -> dict[str, list[tuple[int, float, float]]]:
    """
    By solver: size, seconds and peak memory [MB] along one axis, the two others at their start.
    """
    found: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    for size in SIZES[axis]:
        shape = START | {axis: size}
        optimum: float | None = None
        for solver in SOLVERS:
            if found[solver] and found[solver][-1][1] > PATIENCE_S:
                continue
            seconds, peak, objective = min(
                solve_alone(solver, *shape.values(), seed=1) for _ in range(RUNS)
            )
            optimum = objective if optimum is None else optimum
            agree(optimum, objective)
            found[solver].append((size, seconds, peak))
    return found
