"""Where rooms and what was submitted to them are kept: one SQLite file, or a PostgreSQL database."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import ArgumentError, IntegrityError, SQLAlchemyError

from explorer.app.board.figures import Figures
from explorer.app.board.rules import RefusedError, new_code, team_key
from explorer.errors import ExplorerError
from explorer.words import mark, tr

MOST_ROWS = 5000  # of submissions to a room, and of guesses
_TAKEN = mark(
    "Another team of this room has that name. Submit from the device that used it first, or choose another name."
)
_PATIENCE_S = 20  # for others who are writing
_FILES = (".sqlite", ".sqlite3", ".db")
_POSTGRESQL = ("postgresql", "postgres", "postgresql+psycopg")

_tables = sa.MetaData()
_rooms = sa.Table(
    "wattlas_rooms", _tables,
    sa.Column("code", sa.String(8), primary_key=True),
    sa.Column("is_open", sa.Boolean, nullable=False),
    sa.Column("opened_s", sa.Double, nullable=False),  # since 1970
    sa.Column("changes", sa.Integer, nullable=False),  # of anything in it, counted
)  # fmt: skip
_teams = sa.Table(
    "wattlas_teams", _tables,
    sa.Column("room", sa.ForeignKey("wattlas_rooms.code"), primary_key=True),
    sa.Column("team", sa.String(200), primary_key=True),  # `team_key` of its name
    sa.Column("owner", sa.String(64), nullable=False),  # digest of what its browser keeps
)  # fmt: skip
_submissions = sa.Table(
    "wattlas_submissions", _tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("room", sa.ForeignKey("wattlas_rooms.code"), nullable=False, index=True),
    sa.Column("team", sa.String(200), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scenario", sa.Text, nullable=False),
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("changes", sa.Text, nullable=False),  # from the scenario as it is opened, in words
    sa.Column("submitted_s", sa.Double, nullable=False),  # since 1970
    *(sa.Column(name, sa.Double, nullable=False) for name in Figures.names()),
)  # fmt: skip
_guesses = sa.Table(
    "wattlas_guesses", _tables,
    sa.Column("room", sa.ForeignKey("wattlas_rooms.code"), primary_key=True),
    sa.Column("scenario", sa.String(200), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True),
    sa.Column("owner", sa.String(64), primary_key=True),  # as of a team
    sa.Column("guess", sa.Text, nullable=False),  # a number or a direction: JSON
)  # fmt: skip


@dataclass(frozen=True)
class Room:
    """A room as it is now."""

    code: str
    is_open: bool
    opened_s: float
    changes: int


@dataclass(frozen=True)
class Submission:
    """A state of a team, with what it comes to."""

    name: str  # of the team, as shown
    scenario: str
    link: str
    changes: str
    figures: Figures


class Storage:
    """
    Rooms, teams, submissions and guesses. What a method has returned from is on disk.

    Parameters
    ----------
    where : str
        A file, which is made if it is not there, or the URL of a PostgreSQL database.

    Raises
    ------
    ExplorerError
        If it is neither, or cannot be opened.
    """

    def __init__(self, where: str) -> None:
        self._engine = _engine(where)
        try:
            _tables.create_all(self._engine)
            with self._engine.connect() as connection:
                for table in _tables.sorted_tables:  # each with all of its columns
                    connection.execute(sa.select(table).limit(0))
        except SQLAlchemyError as error:
            raise _cannot_open(where, error) from error
        finally:
            self.disconnect()

    def disconnect(self) -> None:
        """Hold no connection: before processes part, which must not share one."""
        self._engine.dispose()

    def open_room(self) -> Room:
        """A new room, of a code that nobody has."""
        while True:
            code = new_code()
            try:
                with self._engine.begin() as connection:
                    values = {"code": code, "is_open": True, "opened_s": time.time(), "changes": 0}
                    connection.execute(_rooms.insert().values(values))
                return Room(**values)
            except IntegrityError:
                continue

    def rooms(self) -> list[Room]:
        """All rooms, the newest first."""
        with self._engine.connect() as connection:
            found = connection.execute(sa.select(_rooms).order_by(_rooms.c.opened_s.desc()))
            return [Room(*row) for row in found]

    def room(self, code: str) -> Room:
        """The room of that code, or a `RefusedError`."""
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_rooms).where(_rooms.c.code == code)).first()
        if row is None:
            raise RefusedError(404, tr("There is no room of that code."))
        return Room(*row)

    def set_open(self, code: str, is_open: bool) -> None:
        """Take submissions and guesses, or no more."""
        with self._engine.begin() as connection:
            _touch(connection, code, is_open=is_open)

    def clear(self, code: str) -> None:
        """Forget everything that was submitted to a room."""
        with self._engine.begin() as connection:
            _touch(connection, code)
            for table in (_submissions, _guesses, _teams):
                connection.execute(table.delete().where(table.c.room == code))

    def remove(self, code: str, name: str) -> None:
        """Forget a team, whose name is free again."""
        with self._engine.begin() as connection:
            _touch(connection, code)
            for table in (_submissions, _teams):
                of_team = (table.c.room == code) & (table.c.team == team_key(name))
                connection.execute(table.delete().where(of_team))

    def submit(self, code: str, owner: str, submission: Submission) -> None:
        """
        Keep a submission of a room that is open; a `RefusedError` if the name is another's.

        Parameters
        ----------
        code : str
            Of the room.
        owner : str
            Digest of what the browser of a team keeps, and no other has.
        submission : Submission
        """
        key = team_key(submission.name)
        values = asdict(submission) | asdict(submission.figures)
        del values["figures"]
        with self._engine.begin() as connection:
            _enter(connection, code, _submissions)
            of_team = (_teams.c.room == code) & (_teams.c.team == key)
            known = connection.execute(sa.select(_teams.c.owner).where(of_team)).scalar()
            if known is None:
                connection.execute(_teams.insert().values(room=code, team=key, owner=owner))
            elif known != owner:
                raise RefusedError(409, tr(_TAKEN))
            row = {"room": code, "team": key, "submitted_s": time.time(), **values}
            connection.execute(_submissions.insert().values(row))

    def guess(self, code: str, owner: str, scenario: str, step: int, guess: str | float) -> None:
        """Keep somebody's first guess at a step of a story."""
        row = {"room": code, "scenario": scenario, "step": step, "owner": owner}
        with self._engine.begin() as connection:
            _enter(connection, code, _guesses)
            its = sa.and_(*(_guesses.c[name] == value for name, value in row.items()))
            if connection.execute(sa.select(_guesses.c.step).where(its)).first() is None:
                connection.execute(_guesses.insert().values(guess=json.dumps(guess), **row))

    def submissions(self, code: str) -> list[dict[str, Any]]:
        """Everything that was submitted to a room, in order."""
        of_room = sa.select(_submissions).where(_submissions.c.room == code)
        with self._engine.connect() as connection:
            found = connection.execute(of_room.order_by(_submissions.c.id)).mappings()
            return [{str(name): value for name, value in row.items()} for row in found]

    def guesses(self, code: str) -> list[tuple[str, int, str | float]]:
        """Scenario, step and guess, of everybody in a room."""
        columns = _guesses.c.scenario, _guesses.c.step, _guesses.c.guess
        with self._engine.connect() as connection:
            found: Sequence[Any] = connection.execute(
                sa.select(*columns).where(_guesses.c.room == code).order_by(*columns)
            ).all()
        return [(scenario, step, json.loads(guess)) for scenario, step, guess in found]


def _enter(connection: sa.Connection, code: str, table: sa.Table) -> None:
    """Begin to write something of a room, one after the other, if it is open and not full."""
    _touch(connection, code)
    if not connection.execute(sa.select(_rooms.c.is_open).where(_rooms.c.code == code)).scalar():
        raise RefusedError(409, tr("This room is closed: nothing more is taken."))
    count = sa.select(sa.func.count()).select_from(table).where(table.c.room == code)
    if connection.execute(count).scalar_one() >= MOST_ROWS:
        raise RefusedError(409, tr("This room is full. The facilitator can clear it."))


def _touch(connection: sa.Connection, code: str, **values: Any) -> None:
    """Count a change of a room. Others who change the same room wait for it."""
    changed = _rooms.update().where(_rooms.c.code == code)
    done = connection.execute(changed.values(changes=_rooms.c.changes + 1, **values))
    if not done.rowcount:
        raise RefusedError(404, tr("There is no room of that code."))


def _engine(where: str) -> sa.Engine:
    if "://" in where:
        return _postgresql(where)
    path = Path(where).resolve()
    if path.suffix not in _FILES:
        fix = f"Name a file that ends in {', '.join(_FILES)}, or postgresql://USER@HOST/DATABASE."
        raise ExplorerError("That is no board.", "--board", fix)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(path)), connect_args={"timeout": _PATIENCE_S}
    )
    event.listen(engine, "connect", _keep_safe)
    return engine


def _keep_safe(connection: Any, _record: Any) -> None:
    """What is committed stays so, whatever ends; readers and a writer do not wait for each other."""
    for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _postgresql(where: str) -> sa.Engine:
    try:
        url = sa.make_url(where)
        if url.drivername not in _POSTGRESQL:
            raise ArgumentError(f"{url.drivername} is not known here")
        return sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    except ArgumentError as error:
        fix = "Name a file such as board.sqlite, or postgresql://USER:PASSWORD@HOST/DATABASE."
        raise ExplorerError(
            "That is no database of a kind that is known.", "--board", fix
        ) from error
    except ImportError as error:
        fix = 'Install its driver: pip install "wattlas[postgresql]".'
        raise ExplorerError("PostgreSQL needs a driver.", "--board", fix) from error


def _cannot_open(where: str, error: SQLAlchemyError) -> ExplorerError:
    said = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    is_file = "://" not in where
    fix = (
        "Choose a file that Wattlas made, or one that is not there yet, in a folder that can be written to."
        if is_file
        else "See that the server runs, that the database is there, and that user and password are right."
    )
    place = where if is_file else sa.make_url(where).render_as_string(hide_password=True)
    return ExplorerError(f"The board cannot be opened: {said}.", place, fix)
