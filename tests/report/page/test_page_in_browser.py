"""The report page in Chromium: opens from disk and from a server, asks for nothing, fits every screen, is accessible.

One report for the whole module: the page is opened many times, and made once.
"""

from __future__ import annotations

import csv
import functools
import http.server
import io
import itertools
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from eaeu_analysis.report.brief.compose import compose
from eaeu_analysis.report.brief.render import render_brief
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.write import render_report

playwright = pytest.importorskip("playwright.sync_api")
axe_module = pytest.importorskip("axe_playwright_python")
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
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 375, "height": 812}
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, material: Material) -> Path:
    out = tmp_path_factory.mktemp("page") / "report"
    for name, text in render_report(material).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8")
    return out / "index.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


def opened_at(browser: Any, url: str, **options: Any) -> Any:
    """The page at ``url``, with what it asked for and what the console said."""
    page = browser.new_context(**({"viewport": DESKTOP} | options)).new_page()
    page.asked, page.said = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.goto(url)
    return page


@pytest.fixture(scope="module")
def kept(browser: Any, report: Path) -> Iterator[Any]:
    """One page on a desk, for tests that leave it as they found it."""
    page = opened_at(browser, report.as_uri())
    yield page
    page.context.close()


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    """A page of its own."""
    opened = opened_at(browser, report.as_uri())
    yield opened
    opened.context.close()


def table_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def behind(page: Any, link: Any) -> str:
    """The text that a link downloads, by downloading it."""
    with page.expect_download() as caught:
        link.evaluate("e => e.click()")
    assert caught.value.suggested_filename == link.get_attribute("download")
    return Path(caught.value.path()).read_text(encoding="utf-8")


def test_no_request_leaves_and_the_console_is_quiet(page: Any, report: Path) -> None:
    page.wait_for_load_state("networkidle")
    page.locator(".plot").first.hover()
    page.locator("button.theme").click()
    assert page.asked == [report.as_uri()]
    assert page.said == []
    assert page.evaluate("document.documentElement.dataset.ready") == "true"


def test_it_is_the_same_from_a_server(browser: Any, report: Path) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=report.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/index.html"
        page = opened_at(browser, url)
        page.wait_for_load_state("networkidle")
        favicon = url.replace("index.html", "favicon.ico")  # the browser's own question, not the page's
        assert [asked for asked in page.asked if asked != favicon] == [url]
        assert [text for text in page.said if "404" not in text] == []
        assert page.locator("h1").text_content()
        page.context.close()
        server.shutdown()


@pytest.mark.parametrize(("scheme", "screen"), [("light", DESKTOP), ("dark", PHONE)], ids=["desktop", "phone"])
def test_axe_finds_no_violation_of_wcag(browser: Any, report: Path, scheme: str, screen: dict[str, int]) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = opened_at(browser, report.as_uri(), color_scheme=scheme, viewport=screen)
    page.evaluate("document.querySelectorAll('details').forEach((d, i) => { if (i % 4 === 0) d.open = true; })")
    page.locator(".plot").first.focus()
    page.keyboard.press("End")  # with the values of a figure shown
    # each drawing is one image with its text: its paths hold nothing for axe and would take it most of its time
    page.evaluate("document.querySelectorAll('.plot svg').forEach(svg => svg.replaceChildren())")
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
    told = [
        (v["id"], v["help"], [n["html"][:120] for n in v["nodes"]][:3], len(v["nodes"]))
        for v in found.response["violations"]
    ]
    assert told == []
    assert len(found.response["passes"]) > 20  # it did look
    page.context.close()


@pytest.mark.parametrize("lang", ["en", "ru", "uz"])
def test_axe_finds_no_violation_in_the_brief(browser: Any, material: Material, tmp_path: Path, lang: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    path = tmp_path / "brief.html"
    path.write_bytes(render_brief(compose(material.claims, lang), "html"))
    page = opened_at(browser, path.as_uri(), viewport=PHONE, color_scheme="dark" if lang == "en" else "light")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
    assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []
    assert len(found.response["passes"]) > 10  # it did look
    assert (page.asked, page.said) == ([path.as_uri()], [])
    page.context.close()


def test_contents_stay_in_reach_on_a_phone_and_close_behind_the_reader(browser: Any, report: Path) -> None:
    page = opened_at(browser, report.as_uri(), viewport=PHONE)
    page.evaluate("scrollTo(0, 20000)")
    page.locator("nav summary").click()
    page.locator("nav li a").last.click()
    page.wait_for_function("location.hash !== ''")
    assert not page.locator("nav details").evaluate("d => d.open")
    heading = page.locator(page.evaluate("location.hash"))
    page.wait_for_function(
        "h => { const y = h.getBoundingClientRect().top; return y >= 0 && y < innerHeight; }",
        arg=heading.element_handle(),
    )
    below = page.locator("nav").bounding_box()
    assert heading.bounding_box()["y"] >= below["y"] + below["height"]
    page.context.close()


@pytest.mark.parametrize("width", [375, 768, 1440])
def test_nothing_overflows(browser: Any, report: Path, width: int) -> None:
    page = opened_at(browser, report.as_uri(), viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    wide = page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => !e.closest('.scroll table, svg, .skip, pre') && !e.matches('.skip'))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
            .map(e => e.outerHTML.slice(0, 90))"""
    )
    assert wide == []
    boxes = page.evaluate("[...document.querySelectorAll('.plot svg')].map(e => e.getBoundingClientRect().width)")
    assert len(boxes) >= 12
    assert min(boxes) > 250
    page.context.close()


def test_headings_are_in_order_and_every_link_has_its_place(kept: Any) -> None:
    levels = kept.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    lost = kept.evaluate(
        """() => [...document.querySelectorAll('a[href^="#"]')]
            .filter(a => !document.getElementById(a.getAttribute('href').slice(1))).map(a => a.outerHTML)"""
    )
    assert lost == []


def test_the_answer_comes_first_and_the_keyboard_reaches_it(page: Any) -> None:
    assert page.locator("main > section").first.get_attribute("aria-labelledby") == "answer"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#answer"
    box = page.locator("#answer").bounding_box()
    assert -1 <= box["y"] < 300


def test_a_deep_link_shows_its_place_and_opens_what_is_closed(browser: Any, report: Path) -> None:
    page = opened_at(browser, report.as_uri() + "#numbers-remittances")
    assert page.locator("#numbers-remittances").is_visible()
    page.evaluate("location.hash = '#remittances'")
    page.wait_for_function("Math.abs(document.getElementById('remittances').getBoundingClientRect().top) < 60")
    page.context.close()


def test_a_table_downloads_as_it_stands(kept: Any) -> None:
    for name in ("numbers-trade", "members-table", "effects-table", "series-table"):
        text = behind(kept, kept.locator(f"a[download='{name}.csv']"))
        shown = kept.evaluate(
            """name => [...document.getElementById(name).rows].map(row => [...row.cells].map(cell =>
                 [...(cell.querySelector('button') ?? cell).childNodes].map(n => n.textContent.trim())
                 .filter(t => t).join('; ')))""",
            name,
        )
        assert table_of(text) == shown
        assert len(shown) > 3


def test_a_figure_downloads_the_values_of_the_tables(kept: Any, report: Path) -> None:
    """The CSV behind a figure holds the numbers of tables/figures.csv, which hold those of the panel."""
    behind_it = table_of(behind(kept, kept.locator("a[download='trade.csv']")))
    with (report.parent / "tables" / "figures.csv").open(encoding="utf-8", newline="") as handle:
        full = {(r["economy"], r["year"]): r["value"] for r in csv.DictReader(handle) if r["outcome"] == "trade"}
    header, *lines = behind_it
    read = {(e, line[0]): v for line in lines for e, v in zip(header[1:], line[1:], strict=True) if v}
    assert read == full
    assert len(read) > 100


def test_every_figure_has_its_values_behind_it(kept: Any) -> None:
    figures = kept.locator("figure")
    assert figures.count() >= 12
    assert kept.evaluate("[...document.querySelectorAll('figure')].every(f => f.querySelector('a[download]'))")
    assert kept.evaluate(
        "[...document.querySelectorAll('.plot svg')].every(s => s.getAttribute('aria-label').length > 40)"
    )


def test_hover_and_arrow_keys_read_the_values_of_the_csv(page: Any) -> None:
    header, *lines = table_of(behind(page, page.locator("a[download='trade.csv']")))
    plot = page.locator("#trade .plot")
    plot.scroll_into_view_if_needed()
    geometry = json.loads(plot.get_attribute("data-geometry"))
    box = plot.locator("svg").bounding_box()
    line = next(row for row in lines if row[0] == "2012")
    left, top, wide, high = geometry["box"]
    low, right = geometry["x"]
    x = left + wide * (2012 - low) / (right - low) - geometry["view"][0]
    scale = box["width"] / geometry["view"][2]
    page.mouse.move(box["x"] + x * scale, box["y"] + box["height"] / 2)
    tip = plot.locator(".tip")
    assert tip.is_visible()
    told = tip.inner_text()
    assert told.splitlines()[0] == "2012"
    for name, value in zip(header[1:], line[1:], strict=True):
        assert name in told
        assert f"{float(value):.1f}" in told
    spots = plot.locator("svg .spot")
    assert spots.count() == len(header) - 1
    # the spot of the unit stands where the drawn line passes: its value on the axis, by the axes' own limits
    y0, y1 = geometry["y"]
    expected = top + high * (1 - (float(line[1]) - y0) / (y1 - y0))
    assert abs(float(spots.first.get_attribute("cy")) - expected) < 0.01
    page.keyboard.press("Escape")
    plot.focus()
    page.keyboard.press("Home")
    assert tip.inner_text().splitlines()[0] == lines[0][0]
    page.keyboard.press("ArrowRight")
    assert tip.inner_text().splitlines()[0] == lines[1][0]
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_spots_lie_on_the_drawn_line(kept: Any) -> None:
    """Where the script puts a value is where matplotlib drew it: the path of the unit passes through every spot."""
    away = kept.evaluate(
        """() => {
            const plot = document.querySelector('#trade .plot'), g = JSON.parse(plot.dataset.geometry);
            plot.focus(); plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'Home'}));
            const spots = [];
            for (let i = 0; i < 10; i++) {
                const s = plot.querySelector('.spot');
                spots.push([Number(s.getAttribute('cx')), Number(s.getAttribute('cy'))]);
                plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'ArrowRight'}));
            }
            plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));
            const paths = [...plot.querySelectorAll('svg path[style*="fig-own"]')].filter(p => p.getTotalLength() > 50);
            return spots.map(([x, y]) => Math.min(...paths.flatMap(p => {
                const n = 400, long = p.getTotalLength();
                return Array.from({length: n + 1}, (_, i) => p.getPointAtLength(long * i / n))
                    .map(q => Math.hypot(q.x - x, q.y - y));
            })));
        }"""
    )
    assert len(away) == 10
    assert max(away) < 1.0  # points; the line is 2.4 wide


def test_a_table_sorts_by_its_heads_with_mouse_and_keyboard(page: Any) -> None:
    def column(place: int) -> list[str]:
        return page.evaluate(
            """place => [...document.querySelector('#effects-table').tBodies[0].rows]
                 .map(r => r.cells[place].firstChild?.textContent ?? '')""",
            place,
        )

    head = page.locator("#effects-table thead th").nth(4)
    before = column(4)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    numbers = [float(text) for text in column(4) if text]
    assert numbers == sorted(numbers)
    head.locator("button").focus()
    page.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    numbers = [float(text) for text in column(4) if text]
    assert numbers == sorted(numbers, reverse=True)
    assert sorted(column(4)) == sorted(before)
    other = page.locator("#effects-table thead th").nth(0)
    other.locator("button").click()
    assert head.get_attribute("aria-sort") is None
    assert column(0) == sorted(column(0), key=str.casefold)


def test_numbers_with_names_of_size_sort_by_size(page: Any) -> None:
    """'1.84 bn' is more than '950 m', which is more than '2,486'; what is missing goes last both ways."""
    page.evaluate(
        """() => {
            const rows = ['2,486', 'n/a', '1.84 bn', '-33.7 pp', '950 m', '+0.5 pp'];
            document.querySelector('#series-table').tBodies[0].innerHTML =
                rows.map(t => `<tr><th scope="row"></th><td>${t}</td></tr>`).join('');
            document.querySelector('#series-table thead th:nth-child(2)').classList.add('number');
        }"""
    )
    button = page.locator("#series-table thead th").nth(1).locator("button")
    told = "[...document.querySelectorAll('#series-table tbody td')].map(c => c.textContent)"
    button.click()
    assert page.evaluate(told) == ["-33.7 pp", "+0.5 pp", "2,486", "950 m", "1.84 bn", "n/a"]
    button.click()
    assert page.evaluate(told) == ["1.84 bn", "950 m", "2,486", "+0.5 pp", "-33.7 pp", "n/a"]


def moved(page: Any, ends: dict[str, float]) -> dict[str, float]:
    """The outcomes that the page shows once its sliders stand at ``ends``."""
    page.evaluate(
        """ends => document.querySelectorAll('.sliders input').forEach(input => {
            if (input.name in ends) { input.value = ends[input.name]; }
            input.dispatchEvent(new Event('input', {bubbles: true}));
        })""",
        ends,
    )
    cells = "[...document.querySelectorAll('[data-outcome]')]"
    return page.evaluate(f"Object.fromEntries({cells}.map(c => [c.dataset.outcome, Number(c.dataset.value)]))")


def test_sliders_give_the_numbers_of_the_polynomial_and_of_the_model(page: Any, material: Material) -> None:
    """The script's numbers are Surrogate.predict's, and near those of the model solved at the same assumptions."""
    from eaeu_analysis.scenario.model.solve import TOTAL, solve

    result = material.evidence.scenario
    assert result is not None
    surrogate = result.surrogate
    names = page.evaluate("[...document.querySelectorAll('.sliders input')].map(i => i.name)")
    assert 3 <= len(names) <= 6
    rows = [{}, {n: surrogate.ends[n][0] for n in names}, {n: surrogate.ends[n][i % 2] for i, n in enumerate(names)}]
    drawn = result.inputs
    settings = pd.DataFrame([{**drawn.median().to_dict(), **surrogate.middle, **row} for row in rows])
    solved = solve(result.scenario, settings[list(drawn.columns)], 1, None)[TOTAL]
    for i, row in enumerate(rows):
        shown = moved(page, row)
        assert len(shown) >= 8
        for outcome, value in shown.items():
            expected = surrogate.predict(outcome, settings.loc[[i], list(surrogate.names)])[0]
            assert value == pytest.approx(expected, rel=1e-9)
            low, high = result.value(outcome)[["lower", "upper"]]
            assert abs(value - solved[outcome].iloc[i]) < 0.15 * (high - low), outcome
            cell = page.locator(f"[data-outcome='{outcome}']").text_content()
            assert cell == f"{value:+.2f}"
    page.locator(".sliders .reset").click()
    assert moved(page, {}) == pytest.approx(shown_at_middle(surrogate, shown), rel=1e-9)


def shown_at_middle(surrogate: Any, outcomes: Any) -> dict[str, float]:
    return {name: float(surrogate.predict(name, pd.DataFrame(index=[0]))[0]) for name in outcomes}


def test_sliders_answer_the_keyboard_and_say_their_value(page: Any) -> None:
    slider = page.locator(".sliders input").first
    told = slider.locator("xpath=following-sibling::output")
    before, first = told.text_content(), page.locator("[data-outcome]").first.text_content()
    slider.focus()
    for _ in range(8):
        page.keyboard.press("ArrowRight")
    assert float(told.text_content().replace(",", "")) > float(before.replace(",", ""))
    assert page.locator("[data-outcome]").first.text_content() != first


def test_the_theme_is_the_systems_until_chosen_and_then_stays(browser: Any, report: Path) -> None:
    page = opened_at(browser, report.as_uri(), color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.locator("button.theme").click()
    light = page.evaluate(ground)
    assert light == "rgb(255, 255, 255)" != dark
    assert page.locator("button.theme").text_content() == "Dark theme"
    page.reload()
    assert page.evaluate(ground) == light
    page.context.close()


def test_a_page_that_is_refused_its_storage_still_works(browser: Any, report: Path) -> None:
    context = browser.new_context()
    refusal = "get() { throw new DOMException('refused', 'SecurityError'); }"
    context.add_init_script("Object.defineProperty(window, 'localStorage', { " + refusal + " })")
    page = context.new_page()
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    page.locator("button.theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert said == []
    context.close()


def test_without_script_everything_can_be_read(browser: Any, report: Path) -> None:
    page = opened_at(browser, report.as_uri(), java_script_enabled=False)
    assert page.locator("#effects-table").is_visible()
    assert page.locator("main button:visible, main input:visible").count() == 0  # nothing that does nothing
    assert page.locator("#trade .plot svg").is_visible()
    page.context.close()


def test_it_prints_to_pdf_without_its_controls(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert not page.locator("button.theme").is_visible()
    assert not page.locator(".tools").first.is_visible()
    page.pdf(path=str(path), prefer_css_page_size=True)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert 5 < content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") < 60


def test_it_is_light_and_ready_within_a_second(browser: Any, report: Path) -> None:
    """Under 5 MB; processor time of the page's thread until it is ready, so that a busy machine counts less."""
    assert report.stat().st_size < 5e6
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(report.as_uri())
    page.wait_for_function("document.documentElement.dataset.ready === 'true'")
    measured = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    assert measured["TaskDuration"] < 1.0, measured
    context.close()
