"""One ZIP file to take home: a scenario, its results, the proof, and how to have them again."""

from __future__ import annotations

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from explorer import __version__, report
from explorer.atomic_write import refuse_bad_target, written_whole
from explorer.markup import in_markdown
from explorer.measures.certificate import certificate
from explorer.model.labels import as_shown
from explorer.model.placement import Placement
from explorer.model.solve import solve
from explorer.scenario.archive import packed
from explorer.scenario.scenario import Scenario
from explorer.workbook import write_workbook

ENDING = ".zip"
SCENARIO, RESULTS, SUMS = "scenario", "results", "SHA256SUMS"
_SOFTWARE = ("highspy", "pulp", "numpy", "pandas")  # what last digits depend on
_README = """# {title}

Taken home from Wattlas {wattlas}.

| in | what |
| --- | --- |
| `{scenario}/` | the scenario: settings, tables, and `sources.csv` with the source of each figure and its licence |
| `{results}/` | the results as CSV, all of them in `results.xlsx`, and `summary.md` to read |
| `{results}/certificate.csv` | the proof that no placement is better: residuals and the lower bound |
| `{sums}` | a checksum of each file |

The placement of least {objective}: {cost} USD/h, {carbon} kg CO2/h, {relocated} of {served} MW away from home.

## Again

```sh
pip install wattlas=={wattlas}
wattlas check {scenario}
wattlas solve {scenario} -o again
```

`again` then holds the tables of `{results}`, but for last digits. Made with {software}: with other versions
of the solver placements of equal objective may differ too. `sha256sum -c {sums}`
says whether a file was changed since.

Some spreadsheets run what begins with =, +, - or @ in a CSV file. Such a text, as the name of a place, has an
apostrophe before it there, which `wattlas` reads as none; `results.xlsx` has it as text.
"""


def take_home(scenario: Scenario, path: str | Path) -> Path:
    """
    Write a scenario as it is now, its results and their proof as one ZIP file.

    Parameters
    ----------
    scenario : Scenario
    path : str or Path
        The file to write, which ends in .zip, whole or not at all.

    Returns
    -------
    Path
        The file. Unpacked, its README says how `wattlas solve` comes to the same numbers.

    Raises
    ------
    ExplorerError
        If the file cannot be written there.
    SolverError
        If a solve fails or meets the time limit.
    """
    path = Path(path)
    refuse_bad_target(path, (ENDING,), "Everything is one ZIP file.", f"Let it end in {ENDING}.")
    placement = solve(scenario)
    with TemporaryDirectory(prefix="wattlas-") as made, written_whole(path, "ZIP") as unfinished:
        unfinished.write_bytes(packed(_files(scenario, placement, Path(made))))
    return path


def _files(scenario: Scenario, placement: Placement, folder: Path) -> dict[str, bytes]:
    """Contents by name, checksums last."""
    tables = report.result_tables(placement) | {"certificate": certificate(placement).table}
    for name, table in tables.items():
        report.write_table(table, folder / f"{name}.csv")
    write_workbook(tables, folder / "results.xlsx")
    (folder / "summary.md").write_text(report.summary(scenario, placement), "utf-8", newline="\n")
    texts = {f"{SCENARIO}/{name}": text for name, text in scenario.files().items()}
    files = {"README.md": _readme(scenario, placement), **texts}
    found = {name: text.encode() for name, text in files.items()}
    found |= {f"{RESULTS}/{file.name}": file.read_bytes() for file in sorted(folder.iterdir())}
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in found.items())
    return found | {SUMS: sums.encode()}


def _readme(scenario: Scenario, placement: Placement) -> str:
    return _README.format(
        title=in_markdown(as_shown(scenario.title)),
        wattlas=__version__,
        scenario=SCENARIO,
        results=RESULTS,
        sums=SUMS,
        objective=placement.objective,
        cost=f"{placement.cost_usd_per_h:,.2f}",
        carbon=f"{placement.carbon_kg_per_h:,.2f}",
        relocated=f"{placement.relocated_mw:,.2f}",
        served=f"{placement.served_mw:,.2f}",
        software=", ".join(f"{name} {version(name)}" for name in _SOFTWARE),
    )
