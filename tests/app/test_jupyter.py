"""
Notebooks used as a user uses them: JupyterLab and Notebook 7 in a browser, and what VS Code
renders through.
"""

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
import pytest
from panel.tests.util import wait_until
from playwright.sync_api import Browser, Locator, Page, expect

import explorer
from explorer import Scenario, solve
from explorer.charts.palette import NIGHT, PAPER
from explorer.packaged_data import LAYOUTS
from explorer.text import format_number

pytestmark = pytest.mark.ui

PATIENCE_MS = 60_000
LESSON = LAYOUTS / "classroom" / "3-placement-and-prices.ipynb"
SCENARIO = "classroom-3x3"
FRONT_ENDS = {
    "lab": "lab/tree",
    "notebook": "notebooks",
}  # of one server: JupyterLab and Notebook 7

PLAIN = "1 + 1"
READY = """
from explorer import Explorer, Scenario, frontier, notebook

notebook()
"""
PICTURE = f"""
scenario = Scenario.load({SCENARIO!r})
steps = frontier(scenario)
steps.plot("cost") + steps.plot("carbon") + steps.plot("cost")
"""
EXPLORER = "Explorer(scenario)"
WIDGETS = """
import panel as pn

pn.extension(comms="vscode")
"""

# What the front end knows of its notebook: windows of cells that are out of sight need not be in
# the page.
_PROBE = """
window.wattlas = {
  panel: () => window.jupyterapp?.shell.currentWidget,
  connected: () => {
    const kernel = wattlas.panel()?.sessionContext?.session?.kernel
    return kernel?.connectionStatus == "connected" && kernel.status == "idle"
  },
  cells: () => wattlas.panel().content.model.toJSON().cells,
  ran: () => wattlas.connected() && wattlas.cells().every(cell =>
    cell.cell_type != "code" || !String(cell.source).trim() || cell.execution_count),
}
"""


@dataclass
class Server:
    url: str
    token: str
    folder: Path

    def write(self, name: str, *sources: str, lesson: Path | None = None) -> None:
        """A notebook with cells of these sources, behind one without Wattlas and those of a lesson."""
        notebook = nbformat.read(lesson, as_version=4) if lesson else nbformat.v4.new_notebook()
        notebook.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        plain, *cells = [nbformat.v4.new_code_cell(text.strip()) for text in (PLAIN, *sources)]
        notebook.cells = [plain, *notebook.cells, *cells]
        nbformat.write(notebook, self.folder / name)


class Notebook:
    """The page of one notebook in one front end."""

    def __init__(self, browser: Browser, server: Server, front_end: str, name: str) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1366, "height": 768})
        self.page.set_default_timeout(PATIENCE_MS)
        self.complaints: list[str] = []
        self.strays: list[str] = []  # requests that leave the machine
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._note_if_it_leaves(request.url))
        self.page.on("websocket", lambda websocket: self._note_if_it_leaves(websocket.url))
        self.page.add_init_script(_PROBE)
        self.page.goto(
            f"{server.url}{FRONT_ENDS[front_end]}/{name}?reset&token={server.token}"
        )  # nothing else is open
        self.page.wait_for_function("wattlas.connected()")  # cells that are run earlier are not

    def _on_console(self, message: Any) -> None:
        drawn_by_software = "GL Driver Message" in message.text  # slow, but no fault of the page
        if message.type in ("error", "warning") and not drawn_by_software:
            self.complaints.append(message.text)

    def _note_if_it_leaves(self, url: str) -> None:
        # noted, not stopped: to hold every request of a front end until it may go on takes long
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != "127.0.0.1":
            self.strays.append(url)

    def own_messages(self) -> set[str]:
        """What the front end says in the console without Wattlas: of a cell that adds one and one."""
        self.cell(0).locator(".cm-content").click()
        self.page.keyboard.press("Shift+Enter")
        self.page.wait_for_function("wattlas.connected() && wattlas.cells()[0].execution_count")
        return set(self.complaints)

    def run_all(self) -> None:
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        self.page.wait_for_function("wattlas.ran()")

    def run(self, source: str) -> str:
        """Write into the last cell, which must be empty, and run it; what it shows as text."""
        self.cell(-1).locator(".cm-content").click()
        self.page.keyboard.insert_text(source)
        self.page.keyboard.press("Shift+Enter")  # adds the next empty cell
        self.page.wait_for_function("wattlas.ran()")
        return "".join(
            str(output.get("data", {}).get("text/plain", ""))
            for output in self.cells()[-2]["outputs"]
        )

    def close(self) -> None:
        """Nor is the kernel kept for whoever opens a notebook of that name next."""
        self.page.evaluate("wattlas.panel().sessionContext.shutdown()")
        self.page.close()

    def cells(self) -> list[dict[str, Any]]:
        return self.page.evaluate("wattlas.cells()")

    def cell(self, place: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(place)

    def expect_no_error(self) -> None:
        outputs = [output for cell in self.cells() for output in cell.get("outputs", [])]
        assert [
            o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"
        ] == []

    def expect_pictures(self) -> list[Locator]:
        """All pictures are drawn; the cells that show them."""
        showing = [any(map(_is_picture, cell.get("outputs", []))) for cell in self.cells()]
        cells = [self.cell(place) for place, shows in enumerate(showing) if shows]
        for cell in cells:
            canvas = cell.locator(".bk-Figure canvas").first
            canvas.scroll_into_view_if_needed()
            expect(canvas).to_be_visible(timeout=PATIENCE_MS)
            self.expect_fit(cell)
        return cells

    def expect_fit(self, cell: Locator) -> None:
        """No picture is cut off by its cell, and none is too narrow to be read."""
        area = cell.locator(".jp-OutputArea-output").last.bounding_box()
        boxes = [figure.bounding_box() for figure in cell.locator(".bk-Figure").all()]
        assert area and boxes
        for box in filter(None, boxes):
            assert area["x"] <= box["x"]
            assert box["x"] + box["width"] <= area["x"] + area["width"] + 1
            assert box["width"] >= 300


class Shown:
    """An Explorer in a cell."""

    def __init__(self, cell: Locator) -> None:
        self.cell, self.page = cell, cell.page

    def slider(self, label: str) -> Locator:
        return self.cell.locator(f"input[type=range][aria-label^='{label}']")

    def drag_to_the_left_end(self, slider: Locator) -> None:
        slider.scroll_into_view_if_needed()
        box = slider.bounding_box()
        assert box
        y = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + box["width"] / 2, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] - 20, y, steps=5)
        self.page.mouse.up()

    def pixels(self) -> list[str]:
        """What is on the canvases of its plots."""
        canvases = self.cell.locator(".bk-Figure canvas")
        return canvases.evaluate_all("canvases => canvases.map(canvas => canvas.toDataURL())")

    @contextmanager
    def repainting(self) -> Iterator[None]:
        """What is done inside changes the pictures."""
        before = self.pixels()
        yield
        wait_until(lambda: self.pixels() != before, self.page, timeout=PATIENCE_MS)

    def expect_totals(self, scenario: Scenario) -> None:
        """The figures on the page are those that Python solves here."""
        totals = solve(scenario).totals()
        figures = {
            "cost": totals["cost_usd_per_h"],
            "carbon": totals["carbon_kg_per_h"] / 1000,
            "relocated": totals["relocated_mw"],
            "unserved": totals["unserved_mw"],
        }
        for name, figure in figures.items():
            shown = self.cell.locator(f"[data-total={name}] .value")
            expect(shown).to_have_text(
                re.compile(f"^{re.escape(format_number(figure))} "), timeout=PATIENCE_MS
            )


def _is_picture(output: dict[str, Any]) -> bool:
    shown_as = {
        "application/vnd.holoviews_exec.v0+json",
        "application/vnd.jupyter.widget-view+json",
    }
    return output["output_type"] == "execute_result" and not shown_as.isdisjoint(output["data"])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A Jupyter server of its own, which neither reads nor writes what a user has set."""
    folder = tmp_path_factory.mktemp("jupyter")
    places = {
        f"JUPYTER_{kind.upper()}_DIR": str(folder / kind) for kind in ("config", "data", "runtime")
    }
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("JUPYTER")
    }
    environment |= places | {"IPYTHONDIR": str(folder / "ipython")}
    environment |= {
        "PYTHONPATH": str(Path(explorer.__file__).parents[1])
    }  # kernels show what is tested
    settings = (
        folder
        / "config/lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
    )
    settings.parent.mkdir(parents=True)
    settings.write_text(
        json.dumps({"fetchNews": "false", "checkForUpdates": False}), encoding="utf-8"
    )
    notebooks = folder / "notebooks"
    notebooks.mkdir()
    token = secrets.token_hex()
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": 0,  # a free one
        "ServerApp.allow_root": True,
        "ServerApp.root_dir": notebooks,
        "IdentityProvider.token": token,
        "LabApp.extension_manager": "readonly",  # the other one asks a registry
        "LabApp.expose_app_in_browser": True,  # for the probe
        "JupyterNotebookApp.expose_app_in_browser": True,
    }
    arguments = ["--no-browser", *(f"--{name}={value}" for name, value in options.items())]
    log = folder / "log.txt"
    with log.open("w") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *arguments],
            env=environment,
            stdout=lines,
            stderr=lines,
        )
    try:
        about = (
            folder / "runtime" / f"jpserver-{process.pid}.json"
        )  # written when the port is known
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not (about.exists() and about.read_text(encoding="utf-8").endswith("}")):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield Server(json.loads(about.read_text(encoding="utf-8"))["url"], token, notebooks)
        process.send_signal(signal.SIGTERM)  # it ends its kernels first
        assert process.wait(PATIENCE_MS / 1000) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def open_notebook(browser: Browser, server: Server) -> Iterator[Callable[..., Notebook]]:
    """
    Opens notebooks; whatever is done there, the console stays clean and no request leaves the
    machine.
    """
    opened: list[tuple[Notebook, set[str]]] = []

    def open_page(front_end: str, *sources: str, lesson: Path | None = None) -> Notebook:
        server.write("opened.ipynb", *sources, lesson=lesson)
        notebook = Notebook(browser, server, front_end, "opened.ipynb")
        opened.append((notebook, notebook.own_messages()))
        return notebook

    yield open_page
    for notebook, own in opened:
        notebook.close()
        assert notebook.strays == []
        assert set(notebook.complaints) - own == set()


def move_and_be_moved(notebook: Notebook, shown: Shown) -> None:
    """A slider moves what Python has and the pictures; Python moves the slider and the pictures."""
    here = Scenario.load(SCENARIO)
    shown.expect_totals(here)

    with shown.repainting():
        shown.drag_to_the_left_end(shown.slider("Cost of moving"))
        here.friction_scale = 0.0
        shown.expect_totals(here)
    assert float(notebook.run("scenario.friction_scale")) == 0.0

    carbon = shown.slider("Carbon price")
    expect(carbon).to_have_value(f"{here.carbon_price_usd_per_t:g}")
    with shown.repainting():
        notebook.run("scenario.carbon_price_usd_per_t = 200")
        here.carbon_price_usd_per_t = 200.0
        expect(carbon).to_have_value("200", timeout=PATIENCE_MS)
        shown.expect_totals(here)


def expect_to_turn_with(page: Page) -> None:
    """Grounds of pictures are those of the notebook, also when it turns."""
    for light, ground in (("false", NIGHT), ("true", PAPER)):
        page.evaluate(f"document.body.dataset.jpThemeLight = {light!r}")
        page.wait_for_function(
            """ground => Bokeh.index.query(view => view.canvas_view)
              .every(({model}) => model.background_fill_color == ground)""",
            arg=ground,
        )


def test_each_move_of_these_tests_changes_the_totals():
    """Otherwise they would prove nothing."""
    scenario = Scenario.load(SCENARIO)
    costs = [solve(scenario).cost_usd_per_h]
    for name, value in (("friction_scale", 0.0), ("carbon_price_usd_per_t", 200.0)):
        setattr(scenario, name, value)
        costs.append(solve(scenario).cost_usd_per_h)
    assert len({format_number(cost) for cost in costs}) == 3


@pytest.mark.parametrize("front_end", FRONT_ENDS)
def test_a_lesson_and_an_explorer_run_in_a_front_end(open_notebook, front_end):
    notebook = open_notebook(front_end, READY, PICTURE, EXPLORER, "", lesson=LESSON)
    notebook.run_all()
    *of_the_lesson, _, cell = notebook.expect_pictures()
    assert of_the_lesson
    move_and_be_moved(notebook, Shown(cell))
    expect_to_turn_with(notebook.page)
    notebook.expect_no_error()


def test_what_vs_code_renders_through_works_in_jupyterlab(open_notebook):
    notebook = open_notebook("lab", READY + WIDGETS, PICTURE, EXPLORER, "")
    notebook.run_all()
    _, cell = notebook.expect_pictures()
    move_and_be_moved(notebook, Shown(cell))
    notebook.expect_no_error()
