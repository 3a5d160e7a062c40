"""
The whole app: controls and views of one scenario, arranged so that cause and effect are seen
together.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import panel as pn
import param

from explorer.app.board.submit import SubmitButton
from explorer.app.compare.pin_table import PinButton, PinTable
from explorer.app.compare.pins import Origin, Pins
from explorer.app.controls.choice import chosen
from explorer.app.controls.controls import Controls, Look
from explorer.app.data_drawer.drawer import DataDrawer, Notices
from explorer.app.link.followed import named_in
from explorer.app.link.page_link import PageLink
from explorer.app.link.share import ShareButton
from explorer.app.live.card import PAPER_FLOW
from explorer.app.live.scheduler import LiveRunner
from explorer.app.questions import QUESTIONS, Questions, views_by_name
from explorer.app.signals.feed import Feed
from explorer.app.signals.follower import Follower
from explorer.app.signals.line import KEY as SIGNALS_TIME
from explorer.app.signals.line import SignalsLine
from explorer.app.snapshot.save_button import ARCHIVE, PAGE, SaveButton
from explorer.app.snapshot.write import Snapshot, write_snapshot
from explorer.app.story.player import StoryPlayer
from explorer.app.take_home.take_home import TakeHome
from explorer.app.views.argument import Argument
from explorer.app.views.frontier import ALL
from explorer.app.views.totals import Totals
from explorer.errors import ExplorerError
from explorer.markup import lines_in_markdown
from explorer.scenario.hints import refuse_unknown
from explorer.scenario.scenario import SETTINGS, Scenario
from explorer.session import Session
from explorer.words import tr

# dark on pale: the theme would have it white
ALERT = ":host(.alert) { color: #212529; padding: 6px 14px; } p { margin: 0; }"
_SIDE_BY_SIDE = """
:host { display: grid !important; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 10px;
        max-height: none !important; align-items: start; }
"""
SHEET_PX = 130  # that the controls of a phone may hide at the end of the page
# what was placed last is still there below an error
_FADED = "div:not(.alert) { opacity: .5; }"


class Explorer(pn.viewable.Viewer):
    """
    The whole app for one scenario: in a notebook cell as it is, on a page by its `controls`, `main`
    and `buttons`.

    The scenario given is the one that the sliders move, and that moves the sliders when Python
    changes it.

    Parameters
    ----------
    scenario : Scenario
    views : sequence of str
        The views to show, as `Live.view` names them; all, question by question, if none is named.
    controls : sequence of str
        The controls to show: a class by its id for its latency budget, or a setting by its name;
        all if none is named.
    address : str
        Path or query of the page, which then has a link to what is seen in its address; empty
        leaves that alone.
    served : str
        Name or path of the scenario of addresses that name none.
    reachable : str
        Scheme, host and port by which others reach the page; empty where they do as it does itself.
    saves : bool
        Whether users may save what they see as a file.
    board : bool
        Whether the server has a board, to which teams submit what they see.
    presented : bool
        Whether it is for a room: the first control stands above the pictures, the rest is folded away.
    own : bool
        Whether the tables are a user's own, which no link can carry and no other team has.
    phone : bool
        Whether it is for a phone: the controls stand over the pictures, one at a time.
    signals : Feed, optional
        Whose prices and carbon take the place of the scenario's, which then tells no story.

    Raises
    ------
    ExplorerError
        If there is no such view or control, or the scenario cannot be placed.
    """

    theme = param.Selector(objects=["light", "dark"], doc="Of the page, which a link restores.")

    def __init__(
        self,
        scenario: Scenario,
        views: Sequence[str] = (),
        controls: Sequence[str] = (),
        address: str = "",
        served: str = "",
        reachable: str = "",
        saves: bool = True,
        board: bool = False,
        presented: bool = False,
        own: bool = False,
        phone: bool = False,
        signals: Feed | None = None,
        **params: Any,
    ) -> None:
        super().__init__(**params)
        self._opened = scenario.copy()
        follower = None if signals is None else Follower(scenario, signals)
        self.session = Session(scenario, LiveRunner())
        self._questions = None if views else Questions(self.session)
        self.pins = Pins(self.session, Origin(named_in(address), self._opened), served)
        player = self._player()
        questions = self._questions  # their word stands first in links, and is followed first
        looks = (
            {}
            if questions is None
            else {"question": Look(questions, "question", lambda: QUESTIONS)}
        )
        looks |= {
            "class": Look(self.session, "workload", lambda: (*self.session.network.workloads, ALL)),
            "region": Look(self.session, "region", lambda: ("", *self.session.network.regions)),
            "pin": Look(self.pins, "told", lambda: self.pins, self.pins.refused),
            "client": Look(self.session, "client", lambda: ("", *self.session.network.clients)),
            "flow": Look(self.session, "flow", lambda: ("", *self.session.flow_ids())),
            "theme": Look(self, "theme", lambda: self.param.theme.objects),
        }
        if follower is not None:
            del looks["pin"]  # whoever opens a link to a pin would see it with other figures
            looks[SIGNALS_TIME] = Look(follower, "at", lambda: follower)
        for each in player:
            looks["story"] = Look(each, "place", each.places)
        self.controls = Controls(
            self.session, looks, lambda groups: chosen(groups, scenario, controls, "controls")
        )
        inputs, live = self.controls.inputs, follower is not None
        share = [ShareButton(inputs.id, reachable, own, live)] if address else []
        submit = [SubmitButton(self.controls.inputs.id)] if address and board and not own else []
        kinds = (PAGE, ARCHIVE) if saves else ()
        self._save = [SaveButton(self.session, self._opened, kind) for kind in kinds]
        pin = PinButton(self.pins, self.controls.inputs.id)
        self.buttons = pn.Row(
            self.controls.buttons(),
            pin,
            *share,
            *submit,
            *self._save,
            DataDrawer(self.session),
            margin=0,
        )
        session = self.session
        error = session.param.error.rx
        self.main = pn.Column(
            *([PageLink(self.controls.inputs, address)] if address else []),
            pn.pane.Alert(
                object=error.pipe(_said), visible=error.is_not(None),
                alert_type="warning", disable_math=True, margin=0, stylesheets=[ALERT],
            ),
            *([SignalsLine(inputs, follower)] if follower is not None else []),
            *([self.controls.hero()] if presented else []),
            *(self._all(player) if self._questions is not None else [self._some(views)]),
            *([TakeHome(lambda: self._cards)] if saves else []),
            Notices(session),
            *([self.controls.sheet()] if phone else []),
            sizing_mode="stretch_width",
            margin=(0, 10, SHEET_PX if phone else 10, 10),
            stylesheets=error.pipe(lambda error: [PAPER_FLOW, *([_FADED] if error else [])]),
            # as high as what it holds, or what follows lies on it
            styles={"gap": "8px", "max-height": "none"},
        )  # fmt: skip

    def _player(self) -> list[StoryPlayer]:
        """What plays the scenario's story, which goes from question to question."""
        story = self.session.scenario.story
        if story is None or self._questions is None:
            return []
        return [StoryPlayer(self.session, self._opened, self._questions, story)]

    def _all(self, player: list[StoryPlayer]) -> list[Any]:
        """Every view, question by question, below what the state comes to."""
        assert self._questions is not None
        self._pinned = PinTable(self.session, self.pins)
        return [
            pn.Row(
                *player, Argument(self.session, self._questions), sizing_mode="stretch_width", margin=0,
                styles={"flex-wrap": "wrap", "gap": "6px 14px", "align-items": "start"},
            ),
            Totals(self.session),
            self._pinned,
            self._questions,
        ]  # fmt: skip

    @property
    def _cards(self) -> Sequence[object]:
        """The views that can be seen."""
        if self._questions is None:
            return self._chosen
        return [self._pinned, *self._questions.cards]

    def _some(self, names: Sequence[str]) -> pn.Column:
        """Views of these names, side by side where there is room."""
        known = views_by_name()
        refuse_unknown(names, known, "view", "views")
        self._chosen = [known[name](self.session) for name in names]
        return pn.Column(
            *self._chosen, sizing_mode="stretch_width", margin=0, stylesheets=[_SIDE_BY_SIDE]
        )

    def take_over(self, other: Explorer) -> None:
        """Go on where another scenario is left: with its theme, question and pins."""
        for button in other._save:
            button.stop()
        self.theme = other.theme
        if self._questions is not None and other._questions is not None:
            self._questions.question = other._questions.question
        self.pins.take_over(other.pins)

    def save(self, path: str | Path, **options: Any) -> Snapshot:
        """
        Write the present scenario as one HTML file that solves any state by itself; options as in
        `write_snapshot`. Its frontier is that of the class looked at.

        What Panel would save, of `pn.panel(Explorer(scenario))`, follows nothing without a server.
        """
        session = self.session
        return write_snapshot(
            session.scenario, path, session.workload, told_from=self._opened, **options
        )

    def __panel__(self) -> pn.viewable.Viewable:
        return pn.Row(pn.Column(self.controls, width=310), self.main, sizing_mode="stretch_width")


def _said(error: ExplorerError | None) -> str:
    """An error as Markdown, a setting by what its control is called, and what is seen below."""
    if error is None:
        return ""
    name, *value = error.where.split(" = ")
    label = tr(str(Scenario.param[name].label)) if name in SETTINGS else name
    where = " = ".join([label, *value])
    lines = (
        error.what, tr("Where: {}", where), tr("To fix: {}", error.fix),
        tr("Below: what was placed last."),
    )  # fmt: skip
    return lines_in_markdown("\n".join(lines))
