"""The walk of somebody with places of their own and nothing but the command line: begin, mend, solve."""

from pathlib import Path

import pandas as pd
import pytest

from explorer import Scenario, cli

ROWS = {  # a region, its round trips and a class, as somebody writes them who has read nothing
    "regions.csv": "island,Island,64,83,iceland,0.04,9,9,110,30,own-survey\n",
    "rtt_ms.csv": "island,nort,45,own-survey\nisland,middle,95,own-survey\n",
    "workloads.csv": "search,Search,400,0.3,0.2,0,200,1,1,2,20,,0,,,,own-survey\n",
}
MENDS = {
    "regions.csv": [(",iceland,0.04,", ",iceland,40,"), (",9,9,110,", ",9,9,1.1,")],
    "rtt_ms.csv": [("island,nort,", "island,north,")],
    "workloads.csv": [(",0.4,0,985.3,", ",0.2,0,985.3,")],
    "sources.csv": [("\ninvented,", "\nown-survey,Our own survey,,,,,,estimate\ninvented,")],
}


def lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str]]:
    code = cli.main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return code, [*said.out.splitlines(), *said.err.splitlines()]


def starts(problems: list[str]) -> list[str]:
    return [problem.partition(": ")[0] for problem in problems]


def test_a_scenario_is_begun_mended_by_what_check_says_and_solved(capsys, tmp_path):
    own = tmp_path / "own"
    assert lines(capsys, "new", own, "--from", "classroom-3x3")[0] == 0
    _, explained = lines(capsys, "columns", "regions")
    for heading in (own / "regions.csv").read_text().partition("\n")[0].split(","):
        assert heading == "source" or any(line.startswith(f"  {heading} (") for line in explained)

    for file, rows in ROWS.items():
        with (own / file).open("a", encoding="utf-8") as opened:
            opened.write(rows)
    code, problems = lines(capsys, "check", own)
    assert code == 2
    assert sorted(starts(problems)) == [
        "regions.csv, row 5, column source", "rtt_ms.csv, row 8, column source",
        "rtt_ms.csv, row 8, column to_region", "workloads.csv, column share_of_demand",
        "workloads.csv, row 4, column source",
    ]  # fmt: skip
    assert any("Did you mean 'north'?" in problem for problem in problems)

    mend(own, "rtt_ms.csv", "workloads.csv", "sources.csv")
    code, said = lines(capsys, "check", own)
    assert code == 0
    assert "Round trips: 5 of 6 pairs of regions are measured, 1 estimated from distance." in said
    assert "Legal zones, by places in them: land (6), iceland (1)." in said
    warnings = said[said.index("Warnings, for what can be meant but seldom is:") + 1 :]
    assert starts(warnings) == [
        "regions.csv, row 5, column electricity_price_usd_per_mwh", "regions.csv, row 5, column pue",
        "rtt_ms.csv, row 8, column from_region",
    ]  # fmt: skip

    mend(own, "regions.csv")
    code, said = lines(capsys, "solve", own, "-o", tmp_path / "results")
    assert code == 0
    regions = pd.read_csv(tmp_path / "results" / "regions.csv").set_index("region")
    assert regions.loc["island", "it_mw"] == pytest.approx(30)  # cheapest and cleanest: full
    assert set(Scenario.load(own).workloads) == {"chat", "batch", "search"}


def mend(folder: Path, *files: str) -> None:
    for file in files:
        text = (folder / file).read_text(encoding="utf-8")
        for wrong, right in MENDS[file]:
            assert wrong in text
            text = text.replace(wrong, right)
        (folder / file).write_text(text, encoding="utf-8")
