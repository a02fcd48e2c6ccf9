"""The report's pages in Chromium: opened from disk and from a server, no request, fit for every screen, accessible."""

from __future__ import annotations

import functools
import http.server
import itertools
import threading
from pathlib import Path
from typing import Any

import pytest
from chromium import DESKTOP, MARKS, PHONE, at, opened_at

from eaeu_analysis.report.brief.compose import compose
from eaeu_analysis.report.brief.render import render_brief
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.page.render import without_cards
from eaeu_analysis.report.page.sections import PAGES as REFERENCE

pytest.importorskip("playwright.sync_api")
axe_module = pytest.importorskip("axe_playwright_python")
pytestmark = list(MARKS)
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


PAGES = (
    *("index.html", "index.ru.html", "index.uz.html", "findings.html", "findings.ru.html", "findings.uz.html"),
    *("fared.html", "members.html", "trade.html", "joining.html", "data.html", "methods.html", "glossary.html"),
    "changes.html",
    *(f"{page}.{lang}.html" for page in sorted(REFERENCE) for lang in ("ru", "uz")),
)


def test_no_request_leaves_and_the_console_is_quiet(browser: Any, report: Path) -> None:
    assert sorted(PAGES) == sorted(path.name for path in report.parent.glob("*.html"))
    for name in PAGES:
        page = opened_at(browser, at(report, name))
        page.wait_for_load_state("networkidle")
        if page.locator(".plot:visible").count():
            page.locator(".plot:visible").first.hover()
        page.locator("button.theme").click()
        pictures = (report.parent / "figures").as_uri()
        assert [url for url in page.asked if not url.startswith(pictures)] == [at(report, name)]
        assert page.console == [], name
        assert page.evaluate("document.documentElement.dataset.ready") == "true"
        page.context.close()


def test_it_is_the_same_from_a_server(browser: Any, report: Path) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=report.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        page = opened_at(browser, f"{base}/fared.html")
        page.wait_for_load_state("networkidle")
        others = [url for url in page.asked if not url.startswith(f"{base}/figures/") and "favicon" not in url]
        assert others == [f"{base}/fared.html"]
        assert [text for text in page.console if "404" not in text] == []
        assert page.evaluate("[...document.images].filter(i => i.complete).every(i => i.naturalWidth > 0)")
        page.context.close()
        server.shutdown()


def test_pictures_load_when_they_are_near(browser: Any, report: Path) -> None:
    page = opened_at(browser, at(report, "fared.html"), viewport=PHONE)
    page.wait_for_load_state("networkidle")
    seen = len([url for url in page.asked if url.endswith(".svg") or ".svg#" in url])
    count = page.locator(".plot img").count()
    assert 0 < seen < count
    page.evaluate("[...document.images].at(-1).scrollIntoView()")
    page.wait_for_function("() => { const i = [...document.images].at(-1); return i.complete && i.naturalWidth > 0; }")
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation_of_wcag(browser: Any, report: Path, name: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    dark = PAGES.index(name) % 2
    page = opened_at(
        browser, at(report, name), color_scheme="dark" if dark else "light", viewport=PHONE if dark else DESKTOP
    )
    page.evaluate("document.querySelectorAll('details').forEach((d, i) => { if (i % 4 === 0) d.open = true; })")
    if page.locator(".plot:visible").count():
        page.locator(".plot:visible").first.focus()
        page.keyboard.press("End")  # with the values of a figure shown
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": WCAG}, "resultTypes": ["violations"]})
    stated = [
        (v["id"], v["help"], [n["html"][:120] for n in v["nodes"]][:3], len(v["nodes"]))
        for v in found.response["violations"]
    ]
    assert stated == []
    assert len(found.response["passes"]) > 15  # it did look
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
    assert (page.asked, page.console) == ([path.as_uri()], [])
    page.context.close()


@pytest.mark.parametrize("width", [320, 375, 768, 1440])
def test_nothing_overflows(browser: Any, report: Path, width: int) -> None:
    for name in PAGES:
        page = opened_at(browser, at(report, name), viewport={"width": width, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        wide = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
                .filter(e => !e.closest('.scroll table, svg, .skip, pre') && !e.matches('.skip'))
                .filter(e => e.getBoundingClientRect().right > innerWidth + 1 || e.getBoundingClientRect().left < -1)
                .map(e => e.outerHTML.slice(0, 90))"""
        )
        assert wide == [], name
        page.context.close()


# -- the main page


@pytest.mark.parametrize("lang", ["", ".ru", ".uz"])
def test_the_answer_and_a_picture_come_first_on_a_phone(browser: Any, report: Path, lang: str) -> None:
    """Question, answer in three sentences and picture on two screens; all of it, folded, on few."""
    page = opened_at(browser, at(report, f"index{lang}.html"), viewport={"width": 390, "height": 844})
    tall = page.evaluate("document.documentElement.scrollHeight")
    assert tall <= 8 * 844
    assert page.locator(".answers p").count() == 3
    for place in (".answers", ".top .plot svg"):
        box = page.locator(place).first.bounding_box()
        assert box["y"] + box["height"] < 2 * 844
    assert page.locator(".answers").bounding_box()["y"] < 844 / 2
    doors = [page.locator(f"#door-{door}").bounding_box()["y"] for door in ("leaning", "joining", "fared")]
    assert doors == sorted(doors)
    assert len(page.evaluate("document.body.innerText.split(/\\s+/)")) <= 900
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.evaluate("document.documentElement.scrollHeight") <= 8 * 900
    page.context.close()


@pytest.mark.parametrize("script", [True, False])
def test_each_door_opens_on_a_picture_points_and_how_sure(browser: Any, report: Path, script: bool) -> None:
    page = opened_at(browser, report.as_uri(), java_script_enabled=script)
    for door in ("leaning", "joining", "fared"):
        room = page.locator(f"#door-{door}")
        assert room.locator(".answer").is_visible()
        assert room.locator(".sure").first.is_visible()
        assert not room.locator(f"#picture-{door}").is_visible()
        room.locator("summary").first.click()
        assert room.locator(f"#picture-{door} svg").first.is_visible()
        assert room.locator(".sides > div").count() == 2
        point = room.locator(".sides .point").first
        assert not point.locator("pre").is_visible()
        point.locator("summary").click()
        assert point.locator("pre").is_visible()  # the call that makes it again
        assert point.locator("a[href^='http']").count() + point.locator("a[href^='findings']").count() >= 1
    page.context.close()


def test_another_language_keeps_the_place_and_what_is_open(browser: Any, report: Path) -> None:
    page = opened_at(browser, report.as_uri(), viewport=PHONE)
    page.locator("#door-joining summary").first.click()
    page.locator("#door-joining .heard").scroll_into_view_if_needed()
    page.locator(".langs a[hreflang='uz']").evaluate("a => a.click()")
    page.wait_for_url("**/index.uz.html#*")
    assert page.url.endswith("#door-joining") or "#" in page.url
    assert page.locator("#door-joining > details").evaluate("d => d.open")
    assert not page.locator("#door-leaning > details").evaluate("d => d.open")
    assert page.evaluate("document.documentElement.lang") == "uz"
    near = page.locator("#door-joining").bounding_box()
    assert near["y"] < PHONE["height"]
    assert near["y"] + near["height"] > 0
    page.context.close()


@pytest.mark.parametrize("kind", ["findings", *sorted(REFERENCE)])
def test_every_page_keeps_its_place_in_another_language(browser: Any, report: Path, kind: str) -> None:
    page = opened_at(browser, at(report, f"{kind}.ru.html"), viewport=PHONE)
    assert page.locator(".home").get_attribute("href") == "index.ru.html"
    place = page.evaluate(
        """() => {
            const all = [...document.querySelectorAll("main [id]")]
                .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height);
            const middle = all[Math.floor(all.length / 2)];
            middle.scrollIntoView({ behavior: "instant" });
            return middle.id;
        }"""
    )
    for lang in ("uz", "en", "ru"):
        page.locator(f".langs a[hreflang='{lang}']").evaluate("a => a.click()")
        page.wait_for_function(
            f"() => document.documentElement.lang === '{lang}' && document.readyState === 'complete'"
        )
        near = page.locator(f"[id='{place}']").bounding_box()
        assert -near["height"] < near["y"] < PHONE["height"], (lang, place)
        assert page.locator("main details[open]").count() == 0  # what was closed stays closed
    page.context.close()


def test_the_sentence_is_copied_with_its_address(browser: Any, report: Path) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(at(report, "findings.html"))
    finding = page.locator("#tariffs-average")
    finding.locator("button.copy").click()
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.splitlines()[0] == finding.locator("h3").inner_text()
    assert text.splitlines()[1].endswith("cards/en/tariffs-average.html")  # its own page, in a report with cards
    plain = report.parent / "without_cards.html"
    plain.write_text(without_cards((report.parent / "findings.html").read_text(encoding="utf-8")), encoding="utf-8")
    page.goto(plain.as_uri())
    page.locator("#tariffs-average button.copy").click()
    stated = page.evaluate("navigator.clipboard.readText()")
    assert stated.splitlines()[1].endswith("without_cards.html#tariffs-average")
    context.close()


@pytest.mark.parametrize("lang", ["", ".ru", ".uz"])
def test_the_filter_shows_what_was_chosen_and_keeps_it_in_the_address(
    browser: Any, report: Path, material: Material, lang: str
) -> None:
    page = opened_at(browser, at(report, f"findings{lang}.html"))

    def shown() -> set[str]:
        return set(page.evaluate("[...document.querySelectorAll('.finding:not([hidden])')].map(e => e.id)"))

    slugs = {claim.slug for claim in material.claims}
    assert shown() == slugs
    page.select_option("select[name=topic]", "tariffs")
    page.select_option("select[name=side]", "against")
    expected = {c.slug for c in material.claims if c.topic == "tariffs" and c.side == "against"}
    assert shown() == expected
    assert str(len(expected)) in page.locator("form output").inner_text()
    assert "topic=tariffs" in page.url
    again = opened_at(browser, page.url)
    assert again.locator(".finding:not([hidden])").count() == len(expected)
    again.context.close()
    page.select_option("select[name=topic]", "")
    page.select_option("select[name=side]", "")
    page.select_option("select[name=country]", "ARM")
    assert {"members-arm-trade", "partners-tariff-exposure-arm"} <= shown()
    assert "tariffs-average" not in shown()
    page.select_option("select[name=country]", "")
    page.select_option("select[name=grade]", "E")
    assert shown() == {c.slug for c in material.claims if c.grade == "E"}
    page.evaluate("location.hash = '#tariffs-average'")  # a link into what is hidden shows it
    page.wait_for_function("() => !document.getElementById('tariffs-average').hidden")
    page.context.close()


def test_the_main_page_prints_on_six_sheets_with_its_doors_open(browser: Any, report: Path, tmp_path: Path) -> None:
    page = opened_at(browser, report.as_uri())
    path = tmp_path / "page.pdf"
    page.emulate_media(media="print", color_scheme="dark")
    page.pdf(path=str(path), prefer_css_page_size=True)
    content = path.read_bytes()
    assert 2 <= content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") <= 6
    assert page.locator("#picture-fared").is_visible()
    assert not page.locator("button.theme").is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    page.context.close()


# -- every page


@pytest.mark.parametrize("name", PAGES)
def test_headings_are_in_order_and_every_link_has_its_place(browser: Any, report: Path, name: str) -> None:
    page = opened_at(browser, at(report, name), java_script_enabled=True)
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    page.context.close()


def test_a_deep_link_shows_its_place_and_opens_what_is_closed(browser: Any, report: Path) -> None:
    page = opened_at(browser, at(report, "fared.html") + "#numbers-remittances")
    assert page.locator("#numbers-remittances").is_visible()
    page.evaluate("location.hash = '#remittances'")
    page.wait_for_function("() => Math.abs(document.getElementById('remittances').getBoundingClientRect().top) < 60")
    page.context.close()


def test_what_the_reader_chooses_works_behind_the_doors(browser: Any, report: Path) -> None:
    """An address opens its door; files next to the page alone are read; another language keeps what was chosen."""
    mark = "#compare?case=ARM+2015-01-02&outcome=exports&pre=4&post=3&skip=1&with=TJK,MDA,GEO"
    page = opened_at(browser, report.as_uri() + mark, viewport=PHONE)
    page.locator("#compare[data-ready]").wait_for(state="attached")
    assert page.locator("#door-fared > details").evaluate("d => d.open")
    assert -1 < page.locator("#compare").bounding_box()["y"] < 200
    assert "2011-2014" in page.locator("#compare [data-part=change]").text_content()
    assert all(url.startswith(report.parent.as_uri()) for url in page.asked)
    page.locator(".langs a[lang=ru]").evaluate("a => a.click()")
    page.wait_for_url("**/index.ru.html*")
    page.locator("#compare[data-ready]").wait_for(state="attached")
    assert page.evaluate("location.hash") == mark
    assert "2011–2014" in page.locator("#compare [data-part=change]").text_content()
    page.evaluate("location.hash = '#assume?outcome=welfare&border_costs.effect=0'")
    page.locator("#assume[data-ready]").wait_for(state="attached")
    assert page.locator("#door-joining > details").evaluate("d => d.open")
    assert page.console == []
    page.context.close()


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
    printed: list[str] = []
    page.on("pageerror", lambda error: printed.append(str(error)))
    page.goto(report.as_uri())
    page.locator("button.theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert printed == []
    context.close()


def test_without_script_everything_can_be_read(browser: Any, report: Path) -> None:
    for name in PAGES:
        page = opened_at(browser, at(report, name), java_script_enabled=False)
        assert page.locator("button:visible, input:visible, select:visible").count() == 0  # nothing that does nothing
        assert page.locator("main").inner_text().strip()
        if name == "fared.html":
            assert page.locator("#effects-table").is_visible()
            assert page.locator("#trade .plot img").is_visible()
        page.context.close()


def test_it_prints_to_pdf_without_its_controls(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("button.theme").is_visible()
    assert not page.locator(".tools").first.is_visible()
    page.pdf(path=str(path), prefer_css_page_size=True)
    content = path.read_bytes()
    assert content.startswith(b"%PDF")
    assert 5 < content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") < 60


def test_it_is_ready_within_a_second(browser: Any, report: Path) -> None:
    """Processor time of the longest page's thread until it is ready, so that a busy machine counts less."""
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.goto(at(report, "findings.html"))
    page.wait_for_function("() => document.documentElement.dataset.ready === 'true'")
    measured = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
    assert measured["TaskDuration"] < 1.0, measured
    context.close()
