"""The page for a projector: larger, one card alone, and a second window that follows the first."""

from collections.abc import Iterator

import pytest
from accessible import grave_findings
from pages import PATIENCE_MS, expect_question, question, wait_until_open
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from servers import ask, free_port, serving

FIRST_SLIDER = "input[type=range]"


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    port, log = free_port(), tmp_path_factory.mktemp("present") / "log"
    with serving("classroom-3x3", "--port", port, log=log):
        yield f"http://127.0.0.1:{port}/"
    assert "Traceback" not in log.read_text()


@pytest.fixture
def complaints(context: BrowserContext) -> Iterator[list[str]]:
    """What consoles of this test's windows say; nothing, in the end."""
    said: list[str] = []
    context.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    context.on("weberror", lambda error: said.append(str(error.error)))
    yield said
    assert [text for text in said if "GL Driver" not in text] == []


def opened(page: Page, address: str) -> FrameLocator:
    """The frame of a presentation, once its pictures are there."""
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(address)
    frame = page.frame_locator("iframe")
    wait_until_open(frame)
    expect(frame.locator("canvas").first).to_be_visible(timeout=PATIENCE_MS)
    return frame


@pytest.mark.ui
def test_only_a_presentation_may_hold_a_frame_and_only_one_of_its_own(url):
    port = int(url.rsplit(":", 1)[1].strip("/"))
    framing = ask(port, "/?present")[1]["Content-Security-Policy"]
    assert "frame-src 'self';" in framing and "frame-src 'none';" not in framing
    for path in ("/", "/?presented"):
        assert "frame-src 'none';" in ask(port, path)[1]["Content-Security-Policy"]


@pytest.mark.ui
def test_a_presentation_is_larger_and_shows_the_first_control_alone(
    url, page: Page, complaints: list[str]
):
    frame = opened(page, f"{url}?present#v=2&question=What+is+it+worth%3F")
    expect_question(frame, "What is it worth?")
    assert grave_findings(page.frames[1]) == []
    card = frame.locator(".wattlas-card").first
    word = card.locator("h2")
    size = word.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
    drawn = word.evaluate("element => element.getBoundingClientRect().height")
    assert word.bounding_box()["height"] == pytest.approx(1.6 * drawn, rel=0.01) and size >= 16
    assert frame.locator("body").evaluate("() => devicePixelRatio") == pytest.approx(1.6)
    sliders = frame.locator(FIRST_SLIDER).locator("visible=true")
    expect(sliders).to_have_count(1)
    sliders.focus()
    page.keyboard.press("ArrowLeft")
    # the window's own address, for whoever copies it
    page.wait_for_url(lambda address: "present=" in address and "delay=" in address)


@pytest.mark.ui
def test_one_card_fills_the_window_until_it_is_pressed_again_or_escape(
    url, page: Page, complaints: list[str]
):
    frame = opened(page, f"{url}?present")
    card = frame.locator(".wattlas-card").first
    enlarge = card.locator(".enlarge")
    before = card.bounding_box()
    for press in (enlarge.click, lambda: page.keyboard.press("Escape")):
        enlarge.click()
        figure = card.locator(".bk-Figure")
        expect(card).to_have_attribute("popover", "manual")
        assert card.bounding_box() == {"x": 0, "y": 0, "width": 1920, "height": 1080}
        drawn = figure.locator("canvas").first  # not only its frame
        expect(drawn).to_have_js_property(
            "clientHeight", round(figure.bounding_box()["height"] / 1.6)
        )
        assert drawn.bounding_box()["height"] > 800
        press()
        expect(card).not_to_have_attribute("popover", "manual")
        assert card.bounding_box()["width"] == pytest.approx(before["width"], abs=1)


@pytest.mark.ui
def test_a_second_window_follows_the_first_also_to_another_scenario(
    url, page: Page, context: BrowserContext, complaints: list[str]
):
    page.goto(url)
    wait_until_open(page)
    page.locator(FIRST_SLIDER).first.focus()
    with context.expect_page() as popup:
        page.keyboard.press("Alt+p")
    frame = popup.value.frame_locator("iframe")
    wait_until_open(frame)
    page.locator(FIRST_SLIDER).first.focus()
    page.keyboard.press("ArrowLeft")
    shown = page.get_by_label("exact value").first.input_value()
    expect(frame.get_by_label("exact value").locator("visible=true").first).to_have_value(
        shown, timeout=PATIENCE_MS
    )
    question(page, "How sure is it?").click()
    expect_question(frame, "How sure is it?")
    frame.locator("body").evaluate("() => { window.isTheSame = true }")
    page.goto(f"{url}?scenario=stylized-12")
    title = frame.get_by_role("heading", name="Wattlas · Stylised, twelve regions")
    expect(title).to_be_visible(timeout=PATIENCE_MS)
    assert frame.locator("body").evaluate("() => window.isTheSame")
    page.get_by_role("button", name="Story:").click()
    expect(frame.locator(".story .count")).to_have_text("1 of 6", timeout=PATIENCE_MS)
    assert "present" in popup.value.url
