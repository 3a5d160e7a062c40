"""A user's scenario that follows signals, live or at a time of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import param

from explorer.app.live.scheduler import LiveRunner
from explorer.app.signals.feed import Feed
from explorer.errors import ExplorerError
from explorer.scenario.scenario import Scenario
from explorer.scenario.schema import CARBON_COLUMNS
from explorer.scenario.signals.applied import Applied, applied, said
from explorer.scenario.signals.signals import Signals
from explorer.scenario.story import STORY_FILE

LIVE = ""


@dataclass(frozen=True)
class Seen:
    """What of the signals a user sees."""

    time_s: int | None = None  # None: nothing of them, the scenario has its own figures
    applied: Applied | None = None
    error: ExplorerError | None = None  # why what came last is not seen


class Follower(param.Parameterized):
    """
    Puts what signals say into a scenario: the latest, or what they said at a time.

    Parameters
    ----------
    scenario : Scenario
        Changed here at once, and whenever there is news.
    feed : Feed
    """

    at = param.String(
        default=LIVE, doc="The time that is replayed, as links say it; '' while live."
    )
    seen = param.Parameter(default=Seen(), constant=True, doc="What a user sees; set here only.")

    def __init__(self, scenario: Scenario, feed: Feed) -> None:
        super().__init__()
        self.feed = feed
        self._scenario, self._base = scenario, scenario.copy()
        texts = scenario.documents.items()  # a story would tell of other figures
        scenario.documents = {name: text for name, text in texts if name != STORY_FILE}
        self._runner = LiveRunner()
        self._pending = False
        self._update()
        self.param.watch(self._update, "at")
        scenario.param.watch(self._update, "carbon_signal")  # which says whether theirs count
        feed.follow(self)

    def on_news(self) -> None:
        """There are other signals, or those that there are have become old."""
        if not self._pending and self._runner.is_there():
            self._pending = True
            self._runner.call_soon(self._update)

    @property
    def region_ids(self) -> tuple[str, ...]:
        """The regions that signals may say something of."""
        return tuple(self._base.regions["id"])

    @property
    def carbon_column(self) -> str:
        """The column of carbon intensities that the scenario reckons with."""
        return CARBON_COLUMNS[str(self._scenario.carbon_signal)]

    def __contains__(self, told: str) -> bool:
        """Whether a time, as links say it, can be seen."""
        signals, time_s = self.feed.signals, _seconds(told)
        return told == LIVE or (signals is not None and bool((signals.times_s == time_s).any()))

    def _update(self, *_events: Any) -> None:
        self._pending = False
        if self.at not in self:
            return  # what is held stays, though the files have gone on without its time
        signals = self.feed.signals
        time_s = self.feed.latest_s if self.at == LIVE else _seconds(self.at)
        try:
            found = self._found(signals, time_s)
            self._set(found, time_s)
        except ExplorerError as error:
            self._show(Seen(self.seen.time_s, self.seen.applied, error))
        else:
            self._show(Seen(time_s, found))

    def _found(self, signals: Signals | None, time_s: int | None) -> Applied:
        """What signals say of a time; before there is any, the scenario's own figures."""
        if signals is not None and time_s is not None:
            return applied(self._base, signals, time_s)
        names = ("regions", "sources", "profiles")
        own = {name: getattr(self._base, name) for name in names}
        return Applied({name: frame for name, frame in own.items() if frame is not None}, 0, ())

    def _set(self, found: Applied, time_s: int | None) -> None:
        """Set the tables that are others, together."""
        before = self.seen.applied
        known = {} if before is None else before.tables
        news = {
            name: frame
            for name, frame in found.tables.items()
            if name not in known or not frame.equals(known[name])
        }
        when = f", signals of {said(time_s)}" if time_s is not None and found.regions else ""
        self._scenario.param.update(title=f"{self._base.title}{when}", **news)

    def _show(self, seen: Seen) -> None:
        with param.edit_constant(self):
            self.seen = seen


def _seconds(told: str) -> int | None:
    """
    A time that a link says; None for anything else.

    >>> _seconds("2026-11-30T14:00Z"), _seconds("yesterday")
    (1796047200, None)
    """
    try:
        found = datetime.strptime(told, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(found.timestamp()) if said(int(found.timestamp())) == told else None
