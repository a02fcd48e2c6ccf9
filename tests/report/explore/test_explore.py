"""Where the reader of the page chooses: the browser computes what the package computes, in every language."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eaeu_analysis as ea
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import NoDataError
from eaeu_analysis.report.explore.members import describe_comparison, explore_files, members_explorer
from eaeu_analysis.report.explore.options import (
    JOINING,
    describe_joining,
    describe_option,
    option_files,
    options_explorer,
    sliders,
)
from eaeu_analysis.report.explore.values import countries, packed, shared_tables
from eaeu_analysis.report.gather.content import Content
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.wording.templates import find_language, languages
from eaeu_analysis.scenario.assumptions import OUTCOMES, OptionDraws, shipped_option_draws

playwright = pytest.importorskip("playwright.sync_api")
pytest.importorskip("axe_playwright_python")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")]
LANGUAGES = tuple(languages())
PARTS = ("change", "difference", "chance", "checks")
CHOICES = 75  # of which at least 40 can be compared
SHELL = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<title>t</title><meta name="viewport" content="width=device-width, initial-scale=1"><style>{style}</style>
<script>{script}</script></head>
<body><main><h1>t</h1><h2>t</h2><h3>t</h3>{html}</main></body></html>"""


@pytest.fixture(scope="module")
def content(material: Material) -> Content:
    return material.content


@pytest.fixture(scope="module")
def panel(content: Content) -> Panel:
    assert content.panel is not None
    return content.panel


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, content: Content) -> Path:
    """A page a language with nothing but the part, and the files that it reads."""
    out = tmp_path_factory.mktemp("explore")
    (out / "explore").mkdir()
    for name, text in {**explore_files(content), **option_files()}.items():
        (out / name).write_text(text, encoding="utf-8")
    templates = Path(ea.__file__).parent / "report" / "templates"
    style = "".join((templates / name).read_text(encoding="utf-8") for name in ("style.css", "explore.css"))
    script = (templates / "explore.js").read_text(encoding="utf-8")
    for lang in LANGUAGES:
        html = members_explorer(content, lang)
        text = SHELL.format(lang=lang, style=style, script=script, html=html)
        (out / f"{lang}.html").write_text(text, encoding="utf-8")
        text = SHELL.format(lang=lang, style=style, script=script, html=options_explorer(lang))
        (out / f"options.{lang}.html").write_text(text, encoding="utf-8")
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def opened_at(browser: Any, path: Path, mark: str = "", **options: Any) -> Any:
    page = browser.new_context(**options).new_page()
    page.asked, page.console = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.console.append(message.text))
    page.on("pageerror", lambda error: page.console.append(str(error)))
    page.goto(path.as_uri() + mark)
    return page


def printed(page: Any) -> dict[str, str]:
    """The sentences as they stand, without those that are not shown."""
    found = {name: page.locator(f"[data-part={name}]") for name in PARTS}
    return {name: plain(e.text_content()) for name, e in found.items() if e.is_visible()}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").strip()


READY = "document.querySelector('.explore').dataset.ready"


def turned(page: Any, act: Any) -> None:
    """Do something and wait for the sentences to be written anew."""
    before = page.evaluate(READY)
    act()
    page.wait_for_function(f"old => {READY} && {READY} !== old", arg=before)


def go(page: Any, mark: str) -> None:
    """Follow a link to another comparison."""
    turned(page, lambda: page.evaluate("mark => { location.hash = mark; }", mark))


def choices(content: Content, count: int) -> list[dict[str, Any]]:
    """Random questions: member and event, outcome, windows, comparison countries; the same in every run."""
    dice = random.Random(23)  # noqa: S311 - no secret
    tables, who = shared_tables(content), countries(content)
    out = []
    for _ in range(count):
        case = dice.choice(tables["cases"])
        skip, pre = dice.randint(0, 3), dice.randint(1, min(8, case["year"] - tables["first"]))
        post = dice.randint(1, min(8, tables["last"] - case["year"] - skip + 1))
        barred = {  # who belonged to the bloc in these years, whom the package refuses
            code
            for code, (first, left) in tables["members"].items()
            if first <= case["year"] + skip + post - 1 and (left is None or left >= case["year"] - pre)
        }
        able = [code for code in who if code not in barred and code != case["unit"]]
        size = dice.choice([1, 2, 4, 6, 8, 12, 20, 40, 90])
        out.append({**case, "outcome": dice.choice(list(tables["outcomes"])), "pre": pre, "post": post, "skip": skip,
                    "with": dice.sample(able, size)})  # fmt: skip
    return out


def address(chosen: dict[str, Any]) -> str:
    terms = {
        "case": f"{chosen['unit']}+{chosen['event']}",
        **{k: chosen[k] for k in ("outcome", "pre", "post", "skip")},
    }
    return "#compare?" + "&".join(f"{k}={v}" for k, v in terms.items()) + f"&with={','.join(chosen['with'])}"


def by_package(panel: Panel, chosen: dict[str, Any], bloc: str, lang: str) -> dict[str, str]:
    """What ea.before_after says, in the same sentences."""
    words = find_language(lang, "explore")
    try:
        result = ea.before_after(
            panel, chosen["outcome"], chosen["unit"], chosen["event"], chosen["pre"], chosen["post"], chosen["skip"],
            chosen["with"], bloc=bloc,
        )  # fmt: skip
    except NoDataError:
        keys = {"economy": f"economy.{chosen['unit']}", "outcome": f"outcome.{chosen['outcome']}"}
        return {"change": plain(words.say("explore", "nothing", {}, keys))}
    return {name: plain(text) for name, text in describe_comparison(result, words).items()}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_says_what_the_package_says(
    browser: Any, folder: Path, content: Content, panel: Panel, lang: str
) -> None:
    """Every sentence, to the last printed digit, of random questions; enough of them have an answer to compare."""
    page = opened_at(browser, folder / f"{lang}.html")
    compared, differ = 0, []
    for chosen in choices(content, CHOICES):
        go(page, address(chosen))
        wanted, found = by_package(panel, chosen, content.bloc, lang), printed(page)
        compared += len(wanted) == len(PARTS)
        if found != wanted:
            differ.append((chosen, found, wanted))
    assert differ == []
    assert compared >= 40
    assert page.console == []
    page.context.close()


def test_every_member_and_outcome_opens_with_the_answer_of_the_report(
    browser: Any, folder: Path, content: Content
) -> None:
    """The usual comparison of every member and outcome is the one behind the claims."""
    words = find_language("en", "explore")
    page = opened_at(browser, folder / "en.html")
    for (unit, event, outcome), result in content.members.results.items():
        mark = f"#compare?case={unit}+{event}&outcome={outcome}"
        go(page, mark)
        assert printed(page) == {k: plain(v) for k, v in describe_comparison(result, words).items()}, mark
    assert len(content.members.results) > 150
    page.context.close()


def test_the_most_similar_are_those_of_the_package(browser: Any, folder: Path, content: Content, panel: Panel) -> None:
    page = opened_at(browser, folder / "en.html")
    for unit, outcome in (
        ("KGZ", "trade"),
        ("KAZ", "gdp_per_head"),
        ("ARM", "exchange_rate"),
        ("KGZ", "remittances_usd"),
    ):
        event = next(c["event"] for c in shared_tables(content)["cases"] if c["unit"] == unit)
        mark = f"#compare?case={unit}+{event}&outcome={outcome}&pre=6&post=3&skip=1"
        go(page, mark)
        turned(page, lambda: page.locator("[data-set=nearest]").click())
        wanted = ea.before_after(panel, outcome, unit, event, 6, 3, 1, "nearest", bloc=content.bloc).comparators.units
        listed = page.evaluate("new URLSearchParams(location.hash.split('?')[1]).get('with')")
        assert sorted(listed.split(",")) == sorted(wanted)
        assert len(wanted) > 5
    page.context.close()


def test_the_values_are_those_of_the_panel(panel: Panel) -> None:
    """A value that the source prints with few decimals comes back exactly, any other to ten digits of the largest."""
    import base64

    for outcome in ("trade", "inflation", "reserves", "tariff"):
        wide = panel.wide(outcome)
        for code in ("KGZ", "RUS", "UZB", "GEO"):
            own = wide[code][wide.index >= 2003].dropna()
            first, digits, text = packed(wide[code])
            raw = base64.b64decode(text)
            whole = [int.from_bytes(raw[i : i + 5], "big") - 2**39 for i in range(0, len(raw), 5)]
            back = {
                first + i: v / 10.0**digits if digits >= 0 else v * 10.0**-digits
                for i, v in enumerate(whole)
                if v != -(2**39)
            }
            assert list(back) == [int(y) for y in own.index]
            np.testing.assert_allclose(list(back.values()), own.to_numpy(), atol=1e-10 * own.abs().max(), rtol=0)
            short = [(back[y], v) for y, v in own.items() if float(f"{v:.6g}") == v]
            assert all(a == b for a, b in short)


def test_choosing_by_hand_changes_sentences_and_address_and_the_address_brings_it_back(
    browser: Any, folder: Path, content: Content, panel: Panel
) -> None:
    page = opened_at(browser, folder / "en.html", viewport={"width": 320, "height": 700})
    page.wait_for_function(READY)
    turned(page, lambda: page.get_by_label("Outcome").select_option("remittances"))
    turned(page, lambda: page.get_by_label("First year before joining").select_option("2011"))
    turned(page, lambda: page.get_by_label("Last year after joining").select_option("2018"))
    page.get_by_label("Add a country").fill("Türkiye")
    turned(page, lambda: page.keyboard.press("Enter"))
    page.locator("[data-part=count]").click()
    turned(
        page,
        lambda: (
            page.get_by_role("button", name="Remove: Ukraine")
            .or_(page.get_by_role("button", name="Remove Ukraine"))
            .click()
        ),
    )
    chosen = {"unit": "KGZ", "event": content.event, "outcome": "remittances", "pre": 4, "post": 3, "skip": 1,
              "with": ["TJK", "UZB", "GEO", "MDA", "AZE", "TUR"]}  # fmt: skip
    wanted = by_package(panel, chosen, content.bloc, "en")
    assert printed(page) == wanted
    again = opened_at(browser, folder / "ru.html", page.evaluate("location.hash"))
    again.wait_for_function(READY)
    assert printed(again) == by_package(panel, chosen, content.bloc, "ru")
    call = page.locator("[data-part=call]").text_content()
    assert eval(call, {"ea": ea}).estimate == pytest.approx(  # noqa: S307 - our own call
        ea.before_after(panel, "remittances", "KGZ", content.event, 4, 3, 1, chosen["with"]).estimate
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for opened in (page, again):
        assert opened.console == []
        opened.context.close()


def test_without_a_script_the_first_answer_stays(browser: Any, folder: Path, content: Content) -> None:
    page = opened_at(browser, folder / "ru.html", java_script_enabled=False)
    first = next(s.narrow for s in content.sections if s.outcome == "trade")
    assert first is not None
    assert printed(page) == {k: plain(v) for k, v in describe_comparison(first, find_language("ru", "explore")).items()}
    assert not page.locator("form").is_visible()
    page.context.close()


@pytest.mark.parametrize("mark", ["#compare?case=XXX+2015&outcome=trade", "#compare?case=%00&with=%F0", "#compare?"])
def test_an_address_that_fits_nothing_gives_the_first_answer(browser: Any, folder: Path, mark: str) -> None:
    page = opened_at(browser, folder / "en.html", mark)
    page.wait_for_function(READY)
    assert "Kyrgyzstan" in printed(page)["change"]
    assert page.console == []
    page.context.close()


def test_pointer_touch_and_keys_read_the_chart_and_ask_for_nothing(
    browser: Any, folder: Path, content: Content, panel: Panel
) -> None:
    page = opened_at(browser, folder / "en.html", has_touch=True)
    page.wait_for_function(READY)
    asked = list(page.asked)
    plot, values = page.locator(".explore-plot"), panel.wide("trade")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    seen = set()
    for across in (0.3, 0.5, 0.7, 0.9):
        for down in (0.2, 0.5, 0.8):
            page.mouse.move(box["x"] + across * box["width"], box["y"] + down * box["height"])
            year, code = plot.get_attribute("data-year"), plot.get_attribute("data-country")
            tip = page.locator(".ex-tip").text_content()
            numbers = [float(n) for n in re.findall(r"\d+\.\d+", tip)]
            expected = [values.loc[int(year), who] for who in dict.fromkeys(["KGZ", code])]
            assert numbers == pytest.approx(expected, abs=0.051)
            seen.add(code)
    assert len(seen) > 2  # the country under the pointer is the one that is read
    page.touchscreen.tap(box["x"] + 0.4 * box["width"], box["y"] + 0.5 * box["height"])
    assert page.locator(".ex-tip").is_visible()
    plot.focus()
    page.keyboard.press("End")
    assert plot.get_attribute("data-year") == str(int(values["KGZ"].dropna().index[-1]))
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    assert plot.get_attribute("data-country") != "KGZ"
    page.keyboard.press("Escape")
    assert not page.locator(".ex-tip").is_visible()
    assert page.asked == asked
    page.context.close()


@pytest.fixture(scope="module")
def drawn() -> OptionDraws:
    found = shipped_option_draws()
    assert found is not None
    return found


def shown(page: Any) -> dict[str, list[str]]:
    """The band and the probability of every option, and under "" the sentence on joining."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll('[data-option]')].map(li => [li.dataset.option,
             ...['band', 'better'].map(name => li.querySelector(`[data-part=${name}]`).textContent)])"""
    )
    stated = page.locator("[data-part=sentence]").text_content()
    return {"": [plain(stated)], **{name: [plain(text) for text in texts] for name, *texts in rows}}


def by_draws(drawn: OptionDraws, known: dict[str, float], outcome: str, lang: str) -> dict[str, list[str]]:
    """The same from the package."""
    words, rows = find_language(lang, "explore"), drawn.given(known, outcome)
    stated = {
        row["option"]: [plain(text) for text in describe_option(row, outcome, words).values()]
        for row in rows.to_dict("records")
    }
    return {"": [plain(describe_joining(rows, outcome, words, drawn.level))], **stated}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_options_under_assumptions_are_those_of_the_package(
    browser: Any, folder: Path, drawn: OptionDraws, lang: str
) -> None:
    """Band, probability and sentence of every option at random assumptions, for every outcome."""
    page, dice = opened_at(browser, folder / f"options.{lang}.html"), random.Random(7)  # noqa: S311 - no secret
    ends = {q["name"]: (q["low"], q["high"]) for q in sliders(drawn, find_language(lang, "explore"))}
    assert len(ends) >= 6
    seen = set()
    for turn in range(40):
        outcome = OUTCOMES[turn % len(OUTCOMES)]
        at = {name: dice.randint(0, 100) for name in dice.sample(sorted(ends), dice.randint(0, 5))}
        go(page, f"#assume?outcome={outcome}" + "".join(f"&{name}={k}" for name, k in at.items()))
        known = {name: ends[name][0] + (ends[name][1] - ends[name][0]) * k / 100 for name, k in at.items()}
        found = shown(page)
        assert found == by_draws(drawn, known, outcome, lang), (outcome, at)
        seen.add(found[JOINING][0])
    assert len(seen) > 30
    assert page.console == []
    page.context.close()


def test_an_assumption_is_set_and_left_open_by_hand_and_the_address_keeps_it(
    browser: Any, folder: Path, drawn: OptionDraws
) -> None:
    page = opened_at(browser, folder / "options.en.html", viewport={"width": 320, "height": 700})
    first, asked = shown(page), len(page.asked)
    assert first == by_draws(drawn, {}, "welfare", "en")  # before any script has read a file
    slider = page.get_by_role("slider").first
    slider.focus()
    turned(page, lambda: page.keyboard.press("Home"))
    assert len(page.asked) == asked + 1  # the file of the draws, when it is first wanted
    name = sliders(drawn, find_language("en", "explore"))[0]
    assert shown(page) == by_draws(drawn, {name["name"]: name["low"]}, "welfare", "en") != first
    assert slider.get_attribute("aria-valuetext") == page.locator("output").first.text_content()
    again = opened_at(browser, folder / "options.uz.html", page.evaluate("location.hash"))
    again.wait_for_function(READY)
    assert shown(again) == by_draws(drawn, {name["name"]: name["low"]}, "welfare", "uz")
    turned(page, lambda: page.get_by_role("button", name="Not set").click())
    assert shown(page) == first
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    for opened in (page, again):
        assert opened.console == []
        opened.context.close()


def test_options_without_a_script_are_the_table(browser: Any, folder: Path, drawn: OptionDraws) -> None:
    page = opened_at(browser, folder / "options.ru.html", java_script_enabled=False)
    assert shown(page) == by_draws(drawn, {}, "welfare", "ru")
    assert page.locator(".op-band").count() == len(drawn.options)
    assert not page.locator("form").is_visible()
    page.context.close()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_assumption_that_may_vary_has_a_name(drawn: OptionDraws, lang: str) -> None:
    words = find_language(lang, "explore")
    assert len({words.word(f"quantity.{name}") for name in drawn.quantities}) == len(drawn.quantities)


@pytest.mark.parametrize(("lang", "scheme", "width"), [("en", "dark", 1280), ("ru", "light", 320), ("uz", "dark", 320)])
def test_axe_finds_nothing_and_nothing_overflows(
    browser: Any, folder: Path, lang: str, scheme: str, width: int
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for name in (f"{lang}.html", f"options.{lang}.html"):
        page = opened_at(browser, folder / name, color_scheme=scheme, viewport={"width": width, "height": 800})
        if name.startswith("options"):
            page.get_by_role("slider").first.focus()
            turned(page, lambda page=page: page.keyboard.press("Home"))
        else:
            page.wait_for_function(READY)
            turned(page, lambda page=page: page.locator("[data-set=all]").click())
            page.locator(".explore-plot").focus()
            page.keyboard.press("End")
        page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]][:3]) for v in found.response["violations"]] == []
        assert len(found.response["passes"]) > 10
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()
