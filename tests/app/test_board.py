"""
The board of a room: what it takes and refuses, what it keeps whatever happens, and how it is seen.
"""

import csv
import http.client
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, count, pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from accessible import grave_findings
from pages import links_by_language
from playwright.sync_api import Browser, Page, expect
from servers import PATIENCE_S, ask, free_port, get, in_own_loop, serving, started

from explorer import ExplorerError, Scenario, solve
from explorer.app import board as board_files
from explorer.app.board.board import ASKED_PER_S, AT_ONCE, FROM_BROWSER, WRONG_CODES, Board
from explorer.app.board.figures import Figures, figures_of
from explorer.app.board.limits import Limit
from explorer.app.board.predictions import gathered
from explorer.app.board.rules import (
    LETTERS,
    LONGEST_NAME,
    RefusedError,
    room_code,
    team_name,
)
from explorer.app.board.storage import MOST_ROWS, Storage, Submission
from explorer.app.differences import differences
from explorer.app.link.followed import followed, whole_link
from explorer.formulas import shielded
from explorer.scenario.history import state_of
from explorer.text import format_number
from explorer.words import speaking, tr

PATIENCE_MS = 60_000
DOCUMENTATION_SOURCE = Path(__file__).parents[2] / "docs"
CLASSROOM = Scenario.load("classroom-3x3")
FIGURES = Figures(1.0, 2.0, 3.0, 4.0, 5.0)
BOARD_SCRIPT = Path(board_files.__file__).with_name("board.js")
FORMULAS = ("=", "+", "-", "@")
STORY = "stylized-12"
TOKEN = 16 * "t"


def moved(friction: float) -> str:
    """A link to the classroom with another cost of moving."""
    scenario = CLASSROOM.copy()
    scenario.friction_scale = friction
    return whole_link("classroom-3x3", scenario)


def post(
    port: int, path: str, content: Any, source: str = "127.0.0.1", **headers: str
) -> tuple[int, str]:
    """Status and text of the answer to JSON, or to what is text already."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=PATIENCE_S, source_address=(source, 0)
    )
    try:
        body = content if isinstance(content, str | bytes) else json.dumps(content)
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


# What it takes


@pytest.mark.parametrize(
    "name", ["Team 7", "  Ångström ", "דבי", "कक्षा", "می‌خواهم", "<b>", "=1+1", "👩‍🚀 1"]
)
def test_names_of_all_scripts_are_taken_as_they_are(name):
    assert team_name(name) == name.strip()


@pytest.mark.parametrize(
    ("name", "word"),
    [
        (10_240 * "x", "characters"),
        ((LONGEST_NAME + 1) * "x", "characters"),
        (7, "characters"),
        ("", "a letter or a digit"),
        ("\u200d", "a letter or a digit"),
        ("gro\u202ess", "hidden signs"),
        ("a\u200fb", "hidden signs"),
        ("a\x00b", "hidden signs"),
        ("a\ud800", "hidden signs"),
        ("z\u0317\u0318\u0319\u031c", "accents"),
    ],
)
def test_names_that_would_spoil_a_board_are_refused_in_a_word(name, word):
    with pytest.raises(RefusedError) as refused:
        team_name(name)
    assert word in refused.value.words


@pytest.mark.parametrize(
    "code", ["", None, 7, "K7PM4", "K7PM4XX", "K7PM4O", "' OR 1=1", 10_240 * "A"]
)
def test_what_is_no_code_of_a_room_is_refused(code):
    with pytest.raises(RefusedError):
        room_code(code)


def test_a_flood_has_to_wait_and_others_have_not():
    now_s = 0.0
    limit = Limit(burst=3, per_s=0.5, now_s=lambda: now_s)
    assert [limit.allows("flood") for _ in range(5)] == [True, True, True, False, False]
    assert limit.allows("other")
    now_s = 2.0
    assert [limit.allows("flood") for _ in range(2)] == [True, False]


def test_a_limit_forgets_those_who_have_not_come_for_long(monkeypatch):
    monkeypatch.setattr("explorer.app.board.limits.MOST_KNOWN", 2)
    limit = Limit(burst=1, per_s=0.0)
    assert [limit.allows(who) for who in "abca"] == [True, True, True, True]


@pytest.mark.parametrize("name", ["classroom-3x3", "world-2025"])
def test_a_whole_link_names_a_state_and_is_written_as_it_was(name):
    scenario = Scenario.load(name).copy()
    scenario.friction_scale, scenario.carbon_price_usd_per_t = 2.5, 80
    link = whole_link(name, scenario)
    there = followed(link, "stylized-12")
    assert there.link == link and figures_of(there.scenario) == figures_of(scenario)


@pytest.mark.parametrize(
    ("link", "word"),
    [
        ("", "not one that this version"),
        ("?scenario=classroom-3x3#v=2&friction=3", "not one that this version"),
        (moved(3) + "&v=1&friction_scale=none", "friction_scale: none is not possible"),
        (moved(3) + "&friction_scale=1e999", "not possible"),
        (moved(3) + "&friction_scale=" + 5000 * "9", "not possible"),
        (moved(3) + "&friction_scale=" + 5000 * "[", "not possible"),
        (moved(3).replace("classroom-3x3", "nowhere"), "no such scenario"),
        (moved(3).replace("classroom-3x3", "../../etc"), "no such scenario"),
        ("http://[", "not one that this version"),
        ("#" + 5000 * "a=1&", "not one that this version"),
    ],
)
def test_a_link_that_names_no_state_is_refused_in_a_word(link, word):
    with pytest.raises(ExplorerError, match=re.escape(word)):
        followed(link, "classroom-3x3")


# What it keeps


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The URL of a database in a cluster that is there for these tests alone."""
    programs = max(Path("/usr/lib/postgresql").glob("*/bin"))
    # which refuses to run as root
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    port = free_port()

    with TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, "postgres")

        def run(program: str, *options: str) -> None:
            command = [*user, str(programs / program), "-D", f"{folder}/data", *options]
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)

        run("initdb", "--auth=trust", "--username=wattlas", "--encoding=UTF8")
        where = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", where)
        try:
            yield f"postgresql://wattlas@127.0.0.1:{port}/postgres"
        finally:
            run("pg_ctl", "stop", "-m", "immediate")


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "SQLite":
        return str(tmp_path / "board.sqlite")
    return request.getfixturevalue("postgresql")


@pytest.fixture
def storage(where: str) -> Iterator[Storage]:
    opened = Storage(where)
    yield opened
    opened.disconnect()


def submission(name: str, **figures: float) -> Submission:
    return Submission(name, "classroom-3x3", "?#v=1", "", Figures(**{**vars(FIGURES), **figures}))


def names(storage: Storage, code: str) -> list[str]:
    return [row["name"] for row in storage.submissions(code)]


def test_rooms_are_kept_apart_and_cleared_by_themselves(storage):
    one, other = storage.open_room().code, storage.open_room().code
    storage.submit(one, "a", submission("A"))
    storage.submit(other, "b", submission("B"))
    storage.guess(other, "b", "classroom-3x3", 1, "falls")
    assert (names(storage, one), names(storage, other)) == (["A"], ["B"])
    storage.clear(other)
    assert (names(storage, one), names(storage, other)) == (["A"], [])
    assert storage.guesses(other) == []
    storage.submit(other, "somebody else", submission("B"))


def test_a_room_that_is_closed_takes_nothing_until_it_is_open_again(storage):
    code = storage.open_room().code
    storage.set_open(code, False)
    for attempt in (
        lambda: storage.submit(code, "a", submission("A")),
        lambda: storage.guess(code, "a", "classroom-3x3", 1, "falls"),
    ):
        with pytest.raises(RefusedError):
            attempt()
    storage.set_open(code, True)
    storage.submit(code, "a", submission("A"))
    assert names(storage, code) == ["A"]


def test_a_name_belongs_to_the_browser_that_had_it_first(storage):
    code = storage.open_room().code
    storage.submit(code, "a", submission("Team A"))
    with pytest.raises(RefusedError):
        storage.submit(code, "b", submission("ｔｅａｍ ａ"))
    storage.submit(code, "a", submission("Team A", cost_usd_per_h=9.0))
    assert [row["cost_usd_per_h"] for row in storage.submissions(code)] == [1.0, 9.0]
    storage.remove(code, "TEAM A")
    storage.submit(code, "b", submission("Team A"))


def test_the_first_guess_counts(storage):
    code = storage.open_room().code
    for guess in (7.5, 8.0):
        storage.guess(code, "a", "classroom-3x3", 1, guess)
    storage.guess(code, "b", "classroom-3x3", 1, "falls")
    assert sorted(storage.guesses(code), key=str) == [
        ("classroom-3x3", 1, "falls"),
        ("classroom-3x3", 1, 7.5),
    ]


def test_a_room_takes_no_more_than_it_can_show(storage, monkeypatch):
    monkeypatch.setattr("explorer.app.board.storage.MOST_ROWS", 1)
    code = storage.open_room().code
    storage.submit(code, "a", submission("A"))
    with pytest.raises(RefusedError):
        storage.submit(code, "b", submission("B"))
    assert names(storage, code) == ["A"]


def test_teams_that_submit_at_once_are_all_there_and_counted(storage):
    code = storage.open_room().code
    with ThreadPoolExecutor(8) as pool:
        [*pool.map(lambda n: storage.submit(code, str(n), submission(f"Team {n}")), range(40))]
    assert sorted(names(storage, code)) == sorted(f"Team {n}" for n in range(40))
    assert storage.room(code).changes == 40


def test_what_is_kept_is_there_after_a_restart_with_its_room(where):
    board = Board(where, "classroom-3x3")
    board.storage.open_room()
    code = board.room().code
    board.storage.submit(code, "a", submission("A"))
    again = Board(where, "classroom-3x3")
    assert again.room().code == code and again.key != board.key
    assert names(again.storage, code) == ["A"]
    for each in (board, again):
        each.storage.disconnect()


def test_names_and_links_are_kept_to_the_letter(storage):
    code = storage.open_room().code
    for name in (
        "'; DROP TABLE wattlas_rooms; --",
        "כיתה",
        "👩‍🚀 1",
        "\\N",
        "%s",
        "x" * LONGEST_NAME,
    ):
        storage.submit(code, "a", submission(name, cost_usd_per_h=0.1 + 0.2))
        row = storage.submissions(code)[-1]
        assert row["name"] == name and row["cost_usd_per_h"] == 0.1 + 0.2


def test_a_board_that_cannot_be_reached_says_so(tmp_path):
    board = Board(str(tmp_path / "board.sqlite"), "classroom-3x3")
    with board.storage._engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE wattlas_guesses")
    code = board.storage.open_room().code
    with pytest.raises(RefusedError) as refused:
        in_own_loop(board.stored(board.storage.guesses, code))
    assert refused.value.status_code == 503 and "Try again" in refused.value.words
    board.storage.disconnect()


def test_a_file_is_written_so_that_what_is_acknowledged_stays(tmp_path):
    storage = Storage(str(tmp_path / "board.sqlite"))
    with storage._engine.connect() as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        ]
    storage.disconnect()
    assert said == ["wal", 2]  # FULL


@pytest.mark.parametrize(
    "where", ["world-2025", "mysql://localhost/board", "://", "postgresql://["]
)
def test_what_is_no_board_is_refused_with_what_would_be(where):
    with pytest.raises(ExplorerError, match="postgresql://"):
        Storage(where)


def test_a_file_of_something_else_is_left_alone(tmp_path):
    text, other = tmp_path / "notes.db", tmp_path / "other.db"
    text.write_text("shopping list " * 100)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE wattlas_rooms (x)")
    connection.close()
    for path in (text, other, tmp_path / "nowhere" / "board.sqlite"):
        with pytest.raises(ExplorerError, match="cannot be opened"):
            Storage(str(path))
    assert text.read_text() == "shopping list " * 100


# Served


class Served:
    """A server with a board."""

    def __init__(self, port: int, said: str) -> None:
        self.port, self.source, self.token = port, "127.0.0.1", TOKEN
        (self.room,) = set(re.findall(r"room=(\w{6})", said))
        (self.key,) = re.findall(r"#key=(\S+)", said)

    def submit(self, team: str, link: str = moved(1), **more: Any) -> tuple[int, str]:
        source = more.pop("source", self.source)
        content = {"team": team, "room": self.room, "link": link, "token": self.token, **more}
        return post(self.port, "/board/submissions", content, source)

    def teams(self, room: str = "") -> list[dict[str, Any]]:
        status, text = get(self.port, f"/board/state?room={room or self.room}")
        assert status == 200
        return json.loads(text)["teams"]

    def act(self, action: str, room: str = "", **more: Any) -> tuple[int, str]:
        content = {"key": self.key, "room": room or self.room, "action": action, **more}
        return post(self.port, "/board/rooms", content)

    def new_room(self) -> str:
        return json.loads(self.act("new")[1])["room"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port, folder = free_port(), tmp_path_factory.mktemp("board")
    board = folder / "board.sqlite"
    with serving("classroom-3x3", "--port", port, "--board", board, log=folder / "log"):
        yield Served(port, (folder / "log").read_text())
    said = (folder / "log").read_text()
    # of the board: a page that is closed while it is written to may say so, too
    assert "app/board" not in said and not re.search(r"ERROR \w+ '/board", said)


_numbers = count(1)  # of addresses: what one test asks for is not counted in the next


@pytest.fixture
def served(server: Served) -> Served:
    """A room of its own."""
    fresh = Served.__new__(Served)
    fresh.port, fresh.key, fresh.room = server.port, server.key, server.room
    fresh.token = f"token of {next(_numbers):010}"
    fresh.source, fresh.room = f"127.0.2.{next(_numbers)}", fresh.new_room()
    return fresh


@pytest.mark.ui
def test_figures_are_computed_by_the_server_whatever_a_browser_says(served):
    status, text = served.submit("Team", moved(3), cost_usd_per_h=1.0, carbon_kg_per_h=0.0)
    scenario = CLASSROOM.copy()
    scenario.friction_scale = 3
    placement = solve(scenario)
    (row,) = served.teams()
    assert status == 200
    for said in (json.loads(text), row):
        assert said["cost_usd_per_h"] == pytest.approx(placement.cost_usd_per_h)
        assert said["carbon_kg_per_h"] == pytest.approx(placement.carbon_kg_per_h)
        assert said["mean_delay_ms"] == pytest.approx(placement.mean_wan_per_request_ms)
    assert row["link"] == moved(3)


@pytest.mark.ui
def test_a_team_stands_where_it_was_last(served):
    for friction in (1, 3):
        assert served.submit("Team", moved(friction))[0] == 200
    (row,) = served.teams()
    assert row["tries"] == 2 and row["link"] == moved(3)


@pytest.mark.ui
@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"team": 10_240 * "x"}, 422, "40 characters"),
        ({"team": "gro\u202ess"}, 422, "hidden signs"),
        ({"team": ["x"]}, 422, "40 characters"),
        ({"link": "#" + 102_400 * "x"}, 413, "8000 characters"),
        ({"link": "javascript:alert(1)"}, 422, "not one that this version"),
        ({"link": moved(1) + "&friction_scale=-7"}, 422, "not possible"),
        ({"link": None}, 413, "characters"),
        ({"room": "222222"}, 404, "no room of that code"),
        ({"room": "' OR '1'='1"}, 404, "six letters"),
        ({"token": ""}, 400, "from the page"),
        ({"token": 102_400 * "x"}, 400, "from the page"),
    ],
)
def test_what_is_wrong_with_a_submission_is_said_and_others_stand(served, changes, status, word):
    served.submit("Others")
    got, text = served.submit(**{"team": "Team", **changes})
    assert got == status and word in text
    assert [row["name"] for row in served.teams()] == ["Others"]


@pytest.mark.ui
@pytest.mark.parametrize("body", ["", "[", "[]", "7", "null", 100_000 * "[", b"\xff\xfe"])
def test_what_is_no_submission_at_all_is_refused(served, body):
    status, text = post(served.port, "/board/submissions", body)
    assert status == 400 and text == "That cannot be read."


@pytest.mark.ui
def test_pages_elsewhere_and_forms_submit_nothing(served):
    content = {"team": "Team", "room": served.room, "link": moved(1), "token": TOKEN}
    for headers, status in (
        ({"Origin": "http://elsewhere.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Host": "rebound.example"}, 421),
        ({"Content-Type": "text/plain"}, 415),
    ):
        assert post(served.port, "/board/submissions", content, **headers)[0] == status
    assert served.teams() == []


@pytest.mark.ui
def test_the_facilitator_alone_opens_closes_and_clears(served):
    served.submit("Team")
    for key in ("", served.key[:-1], f"{served.key} ", None, 7, "\ud800"):
        content = {"key": key, "room": served.room, "action": "clear"}
        status, text = post(served.port, "/board/rooms", content, source="127.0.0.9")
        assert status == 403 and "not the facilitator's key" in text
    assert len(served.teams()) == 1
    assert served.act("close")[0] == 200
    assert served.submit("Late")[0] == 409
    assert served.act("open")[0] == 200
    assert served.submit("Late", token=16 * "l")[0] == 200
    assert served.act("remove", team="Late")[0] == 200
    assert [row["name"] for row in served.teams()] == ["Team"]
    assert served.act("clear")[0] == 200 and served.teams() == []
    assert served.act("fly")[0] == 422


@pytest.mark.ui
def test_who_guesses_codes_and_keys_has_to_wait_and_others_have_not(served):
    def guess_room() -> tuple[int, str]:
        return get(served.port, "/board/state?room=222222")

    def guess_key() -> tuple[int, str]:
        content = {"key": "guessed", "action": "list"}
        return post(served.port, "/board/rooms", content, source="127.0.0.11")

    for guess, wrong in ((guess_room, 404), (guess_key, 403)):
        got = [guess() for _ in range(WRONG_CODES + 10)]
        assert got[0][0] == wrong
        assert got[-1][0] == 429 and "Too many wrong codes" in got[-1][1]
    assert served.teams() == []  # who shares the address with a guesser goes on
    assert served.act("list")[0] == 200


@pytest.mark.ui
def test_a_flood_of_submissions_is_slowed_and_others_are_not(served):
    with ThreadPoolExecutor(8) as pool:
        flood = [
            *pool.map(
                lambda n: served.submit(f"Flood {n}", source="127.0.0.12", token=f"{n:016}")[0],
                range(90),
            )
        ]
    assert {*flood} == {200, 429} and flood.count(200) >= AT_ONCE
    assert served.submit("Team")[0] == 200


@pytest.mark.ui
def test_a_browser_that_floods_is_slowed_before_all_of_its_network_are(served):
    flood = [served.submit("Flood") for _ in range(FROM_BROWSER + 5)]
    assert {status for status, _text in flood} == {200, 429}
    assert "from this browser" in flood[-1][1]
    assert served.submit("Team", token=16 * "o")[0] == 200


@pytest.mark.ui
@pytest.mark.parametrize(("said", "scheme"), [("https", "https"), ("javascript", "http")])
def test_a_board_behind_a_proxy_is_joined_as_the_proxy_is(served, said, scheme):
    path = f"/board?room={served.room}"
    page = ask(served.port, path, X_Forwarded_Proto=said)[2]
    link = f"{scheme}://127.0.0.1:{served.port}/board/join?room={served.room}"
    assert f'data-joins="{link}"' in page


@pytest.mark.ui
def test_nothing_new_is_answered_with_nothing(served):
    seen = json.loads(get(served.port, f"/board/state?room={served.room}")[1])["seen"]
    assert get(served.port, f"/board/state?room={served.room}&seen={seen}") == (204, "")
    served.submit("Team")
    assert get(served.port, f"/board/state?room={served.room}&seen={seen}")[0] == 200


@pytest.mark.ui
def test_a_file_of_all_submissions_has_no_formula_in_it(served):
    teams = ["=HYPERLINK(1)", "+1+1", "-A1", "@SUM", "\"quoted\", 'twice'", "Straße"]
    for team in teams:
        assert served.submit(team)[0] == 200
    status, text = get(served.port, f"/board/export.csv?room={served.room}")
    rows = [*csv.DictReader(io.StringIO(text))]
    assert status == 200
    assert [row["team"] for row in rows] == [shielded(team) for team in teams]
    assert float(rows[0]["cost_usd_per_h"]) == pytest.approx(solve(CLASSROOM).cost_usd_per_h)
    assert not [cell for row in rows for cell in row.values() if cell.startswith(FORMULAS)]


@pytest.mark.ui
def test_a_server_that_is_killed_among_a_thousand_submissions_loses_none_it_acknowledged(
    where, tmp_path
):
    port, processes = free_port(), 1 if "://" not in where else 2
    options = ("classroom-3x3", "--port", port, "--board", where, "--num-procs", processes)
    acknowledged: list[str] = []
    links = [moved(friction) for friction in range(1, 6)]

    with started(*options, log=tmp_path / "log") as process:
        first = Served(port, (tmp_path / "log").read_text())

        def submit(n: int) -> None:
            try:
                got, text = first.submit(
                    f"Team {n}",
                    links[n % 5],
                    token=f"token of {n:010}",
                    source=f"127.0.1.{n % 40 + 1}",
                )
            except (OSError, http.client.HTTPException):  # the server is no more
                return
            assert got == 200, text
            acknowledged.append(f"Team {n}")
            if len(acknowledged) == 500:
                os.killpg(process.pid, signal.SIGKILL)

        with ThreadPoolExecutor(8) as pool:
            [*pool.map(submit, range(1000))]
        assert process.wait(PATIENCE_S) == -signal.SIGKILL
    assert 500 <= len(acknowledged) < 1000
    with serving(*options, log=tmp_path / "again"):
        again = Served(port, (tmp_path / "again").read_text())
        assert again.room == first.room and again.key != first.key
        rows = [*csv.DictReader(io.StringIO(get(port, f"/board/export.csv?room={again.room}")[1]))]
        assert {*acknowledged} <= {row["team"] for row in rows}
        assert again.submit("Afterwards")[0] == 200


def test_the_documentation_has_the_numbers_that_hold():
    text = " ".join((DOCUMENTATION_SOURCE / "serving.md").read_text("utf-8").split())
    assert f"1 to {LONGEST_NAME} characters of any script" in text
    assert f"{FROM_BROWSER} submissions at once and one in five seconds from a browser" in text
    assert f"{AT_ONCE} at once and one a second from an address" in text
    assert f"After {WRONG_CODES} wrong codes or keys" in text
    assert f"{ASKED_PER_S:g} questions a second" in text
    assert len(LETTERS) ** 6 / ASKED_PER_S > 3 * 30 * 86_400  # "months"
    assert f"{MOST_ROWS} submissions; then the facilitator" in text
    assert "every two seconds" in text and "EVERY_MS = 2000" in BOARD_SCRIPT.read_text("utf-8")


# Predictions


def guess(
    served: Served, step: Any, guess: Any, token: str = TOKEN, **more: Any
) -> tuple[int, str]:
    content = {"room": served.room, "scenario": STORY, "step": step, "guess": guess, "token": token}
    return post(served.port, "/board/guesses", content | more, served.source)


def asked(kind: str) -> int:
    """A step of a story before which something of that kind is asked."""
    story = Scenario.load(STORY).story
    assert story
    return next(n for n, s in enumerate(story.steps) if s.predict and s.predict.kind == kind)


@pytest.mark.ui
def test_predictions_of_a_room_gather_and_the_facilitator_has_the_answer(served):
    step = asked("direction")
    for n, said in enumerate(("falls", "rises", "rises")):
        assert guess(served, step, said, f"{n:016}")[0] == 200
    assert guess(served, step, "falls", f"{2:016}")[0] == 200  # the first one counts
    (question,) = json.loads(get(served.port, f"/board/state?room={served.room}")[1])["guesses"]
    assert question["step"] == step and question["guesses"] == ["falls", "rises", "rises"]
    status, text = served.act("answer", scenario=STORY, step=step)
    assert status == 200 and json.loads(text)["words"].startswith("It ")
    assert post(served.port, "/board/rooms", {"action": "answer", "step": step})[0] == 403


@pytest.mark.ui
@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"guess": "explodes"}, 422),
        ({"guess": 7}, 422),
        ({"guess": ["rises"]}, 422),
        ({"step": 0.5}, 422),
        ({"step": -1}, 422),
        ({"step": 10**30}, 422),
        ({"step": True}, 422),
        ({"scenario": "nowhere"}, 404),
        ({"scenario": ["x"]}, 404),
        ({"scenario": "classroom-3x3"}, 422),
        ({"room": "222222"}, 404),
        ({"token": "x"}, 400),
    ],
)
def test_a_prediction_that_answers_nothing_is_refused(served, changes, status):
    got = guess(served, **{"step": asked("direction"), "guess": "rises", **changes})[0]
    assert got == status
    assert json.loads(get(served.port, f"/board/state?room={served.room}")[1])["guesses"] == []


def test_questions_that_are_no_more_are_left_out():
    rows = [("gone", 1, "falls"), (STORY, 999, "falls"), (STORY, asked("direction"), "falls")]
    (question,) = gathered(rows, STORY)
    assert question["guesses"] == ["falls"]


# In browsers


def opened(browser: Browser, url: str, **options: Any) -> Page:
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    return page


@pytest.mark.ui
def test_teams_join_by_a_link_and_submit_what_they_see_to_a_board_that_lives(browser, served):
    site = f"http://127.0.0.1:{served.port}"
    board = opened(browser, f"{site}/board?room={served.room}#key={served.key}")
    expect(board).to_have_url(f"{site}/board?room={served.room}")
    for team, friction in (("<img src=x onerror=alert(1)>", 3), ("=Team B", 1)):
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{site}/board/join?room={served.room}")
        page.wait_for_url(re.compile(r"/\?scenario|/#|/$"), wait_until="commit")
        link = f"v=2&friction={friction}"
        if team.startswith("="):  # one follows a link on the page, one opens another page
            expect(page.locator("#opening")).to_be_hidden(timeout=PATIENCE_MS)
            page.evaluate("link => { location.hash = link }", link)
        else:
            page.goto(f"{site}/?scenario=classroom-3x3#{link}")
        scenario = CLASSROOM.copy()
        scenario.friction_scale = friction
        cost = format_number(solve(scenario).cost_usd_per_h)
        expect(page.locator("[data-total=cost] .value")).to_contain_text(cost, timeout=PATIENCE_MS)
        page.get_by_role("button", name="Submit to the board").click()
        expect(page.get_by_label("Code of the room")).to_have_value(served.room)
        page.get_by_label("Team", exact=True).fill(team)
        page.get_by_role("button", name="Submit", exact=True).click()
        expect(page.get_by_text(f"Submitted: {cost} USD/h")).to_be_visible(timeout=PATIENCE_MS)
        context.close()
    teams = board.locator("tbody .team a")
    expect(teams).to_have_text(["=Team B", "<img src=x onerror=alert(1)>"], timeout=PATIENCE_MS)
    with board.expect_popup() as popup:
        teams.nth(1).click()
    scenario = CLASSROOM.copy()
    scenario.friction_scale = 3
    cost = format_number(solve(scenario).cost_usd_per_h)
    expect(popup.value.locator("[data-total=cost] .value")).to_contain_text(
        cost, timeout=PATIENCE_MS
    )
    popup.value.close()
    board.get_by_label("Rank by").select_option("Least carbon")
    by_carbon = sorted(served.teams(), key=lambda row: row["carbon_kg_per_h"])
    expect(teams).to_have_text([row["name"] for row in by_carbon])
    assert grave_findings(board) == []
    board.get_by_role("button", name="Light or dark").click()
    assert grave_findings(board, colours_alone=True) == []
    board.close()


@pytest.mark.ui
def test_a_board_speaks_the_language_of_who_looks_at_it(browser, served):
    """What was changed, refusals and where links lead; its file is the same for all."""
    path = f"/board/export.csv?room={served.room}"
    assert served.submit("Team", moved(3))[0] == 200
    assert get(served.port, path) == get(served.port, f"{path}&lang=de")
    site = f"http://127.0.0.1:{served.port}"
    board = opened(browser, f"{site}/board?room={served.room}&lang=de#key=wrong")
    with speaking("de"):
        board.on("dialog", lambda dialog: dialog.dismiss())
        changed = CLASSROOM.copy()
        changed.friction_scale = 3
        (said,) = differences(changed, state_of(CLASSROOM), state_of(changed))
        expect(board.locator("tbody .team a")).to_have_attribute(
            "title", re.compile(re.escape(said))
        )
        assert [*links_by_language(board)] == ["de"]
        assert "&lang=de" in (board.get_by_text("/board/join").text_content() or "")
        assert grave_findings(board) == []
        board.locator("button.join").click()
        assert grave_findings(board) == []
        board.keyboard.press("Escape")
        board.get_by_role("button", name=tr("Light or dark")).click()
        assert grave_findings(board, colours_alone=True) == []
        board.get_by_text(tr("Room"), exact=True).click()
        with board.expect_event("dialog") as refused:
            board.get_by_role("button", name=tr("Close the room")).click()
        assert tr("That is not the facilitator's key of this server.") in refused.value.message
    board.get_by_role("combobox", name="Sprache").select_option("中文")
    board.wait_for_url(f"{site}/board?room={served.room}&lang=zh")
    expect(board.locator("tbody .team")).to_have_count(1)
    board.close()


@pytest.mark.ui
def test_the_facilitator_closes_and_clears_from_the_page_and_others_cannot(browser, served):
    served.submit("Team")
    site = f"http://127.0.0.1:{served.port}/board?room={served.room}"
    other = opened(browser, "about:blank")
    other.route("**/board/fronts*", lambda route: route.fulfill(status=202))
    other.goto(site)
    expect(other.locator("tbody .team")).to_have_count(1)
    expect(other.locator("tbody .rank")).to_have_text("…")  # what all serve is not known yet
    other.unroute_all()
    expect(other.locator("tbody .rank")).to_have_text("1")
    expect(other.get_by_role("button", name="Clear")).to_have_count(0)
    board = opened(browser, f"{site}#key={served.key}")
    board.get_by_text("Room", exact=True).click()
    board.get_by_role("button", name="Close the room").click()
    expect(other.get_by_text("closed")).to_be_visible()
    board.on("dialog", lambda dialog: dialog.accept())
    board.get_by_role("button", name="Clear").click()
    expect(other.locator("tbody .team")).to_have_count(0)
    board.get_by_role("button", name="Open it again").click()
    expect(other.get_by_text("closed")).to_be_hidden()
    for page in (board, other):
        page.close()


@pytest.mark.ui
def test_predictions_go_from_the_story_to_bars_on_the_board(browser, served):
    site, step = f"http://127.0.0.1:{served.port}", asked("direction")
    board = opened(browser, f"{site}/board?room={served.room}#key={served.key}")
    for said in ("rises", "falls"):
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{site}/board/join?room={served.room}")
        page.wait_for_url(re.compile(r"/\?scenario|/#|/$"), wait_until="commit")
        page.goto(f"{site}/?scenario={STORY}")
        expect(page.locator("#opening")).to_be_hidden(timeout=PATIENCE_MS)
        page.get_by_role("button", name="Story").first.click()
        for n in range(step):
            count = page.locator(".story .count")
            expect(count).to_have_text(re.compile(f"^{n + 1} of "), timeout=PATIENCE_MS)
            page.get_by_role("button", name="Next →").click()
        page.get_by_role("button", name=f"It {said}").click()
        expect(page.locator(".story .right, .story .wrong")).to_be_visible(timeout=PATIENCE_MS)
        context.close()
    board.get_by_role("button", name="Predictions").click()
    bars = board.locator(".predictions li")
    expect(bars).to_have_text(["It falls1", "It stays0", "It rises1"])
    board.get_by_role("button", name="Show the answer").click()
    expect(board.locator(".answer")).to_contain_text("It ")
    board.close()


@pytest.mark.ui
@pytest.mark.parametrize("width", [1400, 1920])
def test_names_of_thirty_teams_lie_neither_on_each_other_nor_on_points(browser, served, width):
    settings = [(friction, cap) for friction in (0.5, 1, 2, 4, 8) for cap in (3, 6, 9, 15, 20, 27)]
    for n, (friction, cap) in enumerate(settings):
        scenario = CLASSROOM.copy()
        scenario.friction_scale, scenario.mean_delay_cap_ms = friction, cap
        link = whole_link("classroom-3x3", scenario)
        assert served.submit(f"Team number {n}", link, token=f"team {n:011}")[0] == 200
    size: Any = {"width": width, "height": 900}
    board = opened(
        browser, f"http://127.0.0.1:{served.port}/board?room={served.room}", viewport=size
    )
    expect(board.locator("path.front")).to_have_count(2, timeout=PATIENCE_MS)
    expect(board.locator("tbody tr")).to_have_count(30)
    boxes = """all => all.map(one => one.getBoundingClientRect())
        .map(({left, top, right, bottom}) => [left, top, right, bottom])"""
    for frame in ("#carbon", "#delay"):
        names, dots = (
            board.locator(f"{frame} {what}").evaluate_all(boxes) for what in ("text.name", "circle")
        )
        assert len(names) >= 5 and not [pair for pair in combinations(names, 2) if overlap(*pair)]
        assert not [pair for pair in product(names, dots) if overlap(*pair)]
    rows = board.locator("tbody tr").evaluate_all(boxes)
    assert rows[-1][3] <= 900  # all thirty without scrolling
    assert all(later[1] >= earlier[3] - 1 for earlier, later in pairwise(rows))
    board.close()


def overlap(one: list[float], other: list[float]) -> bool:
    """Of boxes, by more than the air around letters."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    down = min(one[3], other[3]) - max(one[1], other[1])
    return across > 2 and down > 2
