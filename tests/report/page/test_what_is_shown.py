"""What a reader sees of every page: no name that only the program uses, addresses of sources, weight."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

from eaeu_analysis.data.listing import records
from eaeu_analysis.report.cards.findings import LANGUAGES, finding
from eaeu_analysis.report.cards.write import draw_cards
from eaeu_analysis.report.drift.changes import COLUMNS, REVISED, Drift
from eaeu_analysis.report.kept_run import as_requested
from eaeu_analysis.report.page.links import SourceLink, linked
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.page.render import finding_page
from eaeu_analysis.report.wording.labels import label_of, readable
from eaeu_analysis.report.write import FORMATS, render_report
from eaeu_analysis.text import higher_or_lower

ADDRESS = re.compile(r"(?:https?://|github\.com/)\S+|\bdocs?/\S+")
FILE = re.compile(r"\b[\w/]+\.(?:csv|json|toml|md|html|png)\b")
LARGEST_PAGE, LARGEST_WHOLE = 300_000, 3_000_000  # bytes
PACKAGE = "eaeu_analysis"
SHOWN = ("alt", "title", "aria-label", "placeholder", "data-text")


class Seen(HTMLParser):
    """The texts of a page that a reader sees or hears, without calls to type."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in SHOWN and value]
        if tag in ("code", "pre", "script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.texts.append(data)


@pytest.fixture(scope="module")
def drift(material: Material) -> Drift:
    """A comparison in which a claim moved, one is gone, one is new, and series were revised."""
    changes = [(material.claims[0].id, "value moved"), ("old_topic.gone_one", "gone"), (material.claims[1].id, "new")]
    series = "remittances/armenia_months, NY.GDP.MKTP.KD"
    rows = [(name, kind, "9 percentage points", "8 percentage points", 0.1, "code", series) for name, kind in changes]
    revised = [(code, "not used", "vintage 2025-02") for code in series.split(", ")]
    return Drift(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(revised, columns=REVISED), "0.1.0", ("code",), 99)


@pytest.fixture(scope="module")
def files(material: Material, drift: Drift) -> dict[str, str]:
    return as_requested(render_report(material), FORMATS, drift, material.claims)


def shown_names(text: str) -> Iterator[str]:
    """Words with an underscore, but for addresses, files and the name of the package."""
    rest = FILE.sub(" ", ADDRESS.sub(" ", text)).replace(PACKAGE, " ")
    yield from re.findall(r"\w+_\w+", rest)


def test_no_page_or_picture_shows_a_name_of_the_program(files: dict[str, str], material: Material) -> None:
    own = {claim.id for claim in material.claims} | set(records())
    shown = [name for name in files if name.endswith((".html", ".svg")) and not name.startswith("explore/")]
    assert {"index.html", "index.uz.html", "findings.ru.html", "changes.html", "data.html", "trade.html"} <= {*shown}
    found = []
    for name in shown:
        for text in Seen(files[name]).texts:
            found += [(name, word, text[:90]) for word in shown_names(text)]
            found += [(name, word, text[:90]) for word in re.findall(r"[\w/]+(?:\.\w+)*", text) if word in own]
    assert found == []


def test_changes_name_findings_by_their_sentence_and_lead_to_them(files: dict[str, str], material: Material) -> None:
    page, first = files["changes.html"], material.claims[0]
    assert f'<a href="findings.html#{first.slug}">' in page
    assert f'id="{first.slug}"' in files["findings.html"]
    stated = " ".join(Seen(page).texts).replace("\u00a0", " ")
    assert first.sentence in stated
    assert "Armenia's banks" in stated
    assert "GDP (constant 2015 US$)" in stated


def test_labels_stand_for_names_and_nothing_else_changes() -> None:
    assert "Taxes on international trade" in readable("no 'customs_duties' in 2005")
    assert "customs_duties" not in readable("no 'customs_duties' in 2005")
    for same in (
        "github.com/tavad/armenia_annual",
        "tables/customs_duties.csv",
        "eaeu_analysis",
        "no_such_name",
        "a b",
    ):
        assert readable(same) == same
    assert label_of("NY.GDP.MKTP.KD") == "GDP (constant 2015 US$)"
    assert label_of("some/new_table") == "new table"


def test_every_source_of_a_finding_has_a_link(files: dict[str, str], material: Material) -> None:
    for lang, label in (("", "Source:"), (".ru", "Источник:"), (".uz", "Manba:")):
        lines = re.findall(rf"<li><b>{label}</b>(.*?)</li>", files[f"findings{lang}.html"])
        assert len(lines) == len(material.claims)
        assert [line for line in lines if "<a href=" not in line] == []
        page = files[f"findings{lang}.html"]
        ids = set(re.findall(r'\bid="([^"]+)"', page))
        assert set(re.findall(r'href="#([^"]+)"', page)) <= ids


def test_a_source_without_an_address_leads_to_who_published_it() -> None:
    assert linked("TASS, 25 Jul 2024") == (SourceLink("TASS", "https://tass.com"), SourceLink(", 25 Jul 2024"))
    assert linked("miwi-institut.de/archives/531, 2020")[0].href == "https://miwi-institut.de/archives/531"
    assert linked("Newey and West (1994), Review of Economic Studies 61")[0].href == "https://doi.org/10.2307/2297912"
    for nothing in ("the report.json of 2020", "IMFTASS and 10.1 % of GDP, p. 4.", "scope of the series"):
        assert linked(nothing) == (SourceLink(nothing),)
    assert SourceLink("TASS", "https://example.org").pieces == (SourceLink("TASS", "https://example.org"),)


def test_pages_are_light(files: dict[str, str]) -> None:
    sizes = {name: len(text.encode()) for name, text in files.items()}
    assert {name: size for name, size in sizes.items() if name.endswith(".html") and size >= LARGEST_PAGE} == {}
    for lang in ("", ".ru", ".uz"):
        page = files[f"index{lang}.html"]
        named = {name for name in files if name.endswith(".js") or f'src="{name}' in page}
        assert any(name.startswith("explore/") for name in named)
        assert sizes[f"index{lang}.html"] + sum(sizes[name] for name in named) < LARGEST_WHOLE


@pytest.mark.parametrize("site", ["", "https://example.org/eaeu"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_a_finding_tells_services_what_to_show(
    files: dict[str, str], material: Material, lang: str, site: str
) -> None:
    goal = "findings.html" if lang == "en" else f"findings.{lang}.html"
    for claim in material.claims:
        found = finding(claim, lang)
        page = finding_page(found, site)
        tags = {name: html.unescape(text) for name, text in re.findall(r'property="og:(\w+)" content="([^"]*)"', page)}
        assert tags["title"] == found.sentence
        assert tags["description"] == f"{found.sure} {found.caveat}"
        root = f"{site}/cards/{lang}/" if site else ""
        assert tags["image"] == f"{root}{claim.slug}.wide.png"
        assert tags["url"] == f"{root}{claim.slug}.html"
        assert f'<a href="../../{goal}#{claim.slug}">' in page
        assert f'id="{claim.slug}"' in files[goal]
        assert f'href="cards/{lang}/{claim.slug}.html"' in files[goal]


def test_a_report_with_cards_has_a_page_for_each_and_captions_that_lead_to_it(material: Material) -> None:
    drawn = [finding(material.claims[0], lang) for lang in LANGUAGES]
    site = "https://example.org/eaeu"
    made = dict(draw_cards(drawn, site, pages=True))
    assert made == dict(draw_cards(drawn, site, pages=True))
    slug = material.claims[0].slug
    for lang in LANGUAGES:
        page = made[f"{lang}/{slug}.html"].decode()
        assert set(re.findall(r'(?:src|href)="([\w.-]+\.png)"', page)) == {f"{slug}.wide.png", f"{slug}.square.png"}
        assert {f"{lang}/{slug}.wide.png", f"{lang}/{slug}.square.png"} <= made.keys()
        assert made[f"{lang}/{slug}.txt"].decode().rstrip().endswith(f"{site}/cards/{lang}/{slug}.html")
    assert not [name for name in dict(draw_cards(drawn, site)) if name.endswith(".html")]


def test_what_is_markup_in_a_finding_stays_text_on_its_page(material: Material) -> None:
    bad = replace(finding(material.claims[0]), sentence='"><script>1</script>', caveat="<b>'\"")
    page = finding_page(bad)
    assert "<script" not in page
    assert "<b>" not in page


def test_no_title_of_a_figure_has_a_sign_in_place_of_a_verb(files: dict[str, str]) -> None:
    titles = {
        name: re.findall(r'<h[34] id="[^"]*-title">(.*?)<', text) for name, text in files.items() if "html" in name
    }
    assert all(len(titles[name]) > 2 for name in ("fared.html", "trade.html", "joining.html", "index.uz.html"))
    signed = [
        (name, title) for name, own in titles.items() for title in own if re.search(r"(?<!\w)[+\u2212-]\d", title)
    ]
    assert signed == []


def test_a_difference_in_words() -> None:
    assert higher_or_lower(-27.32) == "27.3 % lower"
    assert higher_or_lower(0.254) == "0.25 % higher"
    assert higher_or_lower(-1e-6) == higher_or_lower(0.0) == "no different"
    assert higher_or_lower(float("nan")) == "n/a"
