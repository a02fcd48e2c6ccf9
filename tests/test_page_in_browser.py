"""The report page in Chromium: opens from disk, asks for nothing, fits a phone and a desktop, keyboard reaches it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eaeu_analysis.report import write_report

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; .ci/run installs Debian's"),
]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("page") / "report"
    write_report(out, formats=["html"])
    return out / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    context = browser.new_context()
    opened = context.new_page()
    opened.asked = []
    opened.said = []
    opened.on("request", lambda request: opened.asked.append(request.url))
    opened.on("console", lambda message: opened.said.append(message.text))
    opened.on("pageerror", lambda error: opened.said.append(str(error)))
    opened.goto(report.as_uri())
    yield opened
    context.close()


def test_no_request_leaves_and_the_console_is_quiet(page: Any, report: Path) -> None:
    page.wait_for_load_state("networkidle")
    assert page.asked == [report.as_uri()]
    assert page.said == []


@pytest.mark.parametrize("width", [375, 768, 1440])
def test_nothing_overflows(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """() => [...document.querySelectorAll('main > :not(.scroll), .card > :not(details), .answer li')]
                 .filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert wide == []


def test_figures_are_drawn_at_their_width(page: Any) -> None:
    boxes = page.evaluate("[...document.querySelectorAll('.card svg')].map(e => e.getBoundingClientRect().width)")
    assert len(boxes) >= 12
    assert min(boxes) > 250


def test_deep_links_and_keyboard(page: Any) -> None:
    for link in page.query_selector_all("nav a"):
        target = link.get_attribute("href").removeprefix("#")
        assert page.query_selector(f"[id='{target}']") is not None
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    page.click("text=Numbers and checks >> nth=0")
    assert page.evaluate("document.querySelector('details').open")
    assert page.is_visible("details table >> nth=0")


def test_text_is_readable_on_its_ground_in_light_and_dark(page: Any) -> None:
    """Contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3) for body text, soft text and links, by the page's own colours."""

    def luminance(colour: str) -> float:
        parts = [int(p) / 255 for p in colour.removeprefix("rgb(").removesuffix(")").split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        for selector in ("body", "p.lead", "nav a", ".src"):
            colour = page.evaluate(f"getComputedStyle(document.querySelector('{selector}')).color")
            light, dark = sorted((luminance(ground), luminance(colour)), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (scheme, selector, colour, ground)
