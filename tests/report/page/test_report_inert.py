"""Labels that come with data stay text: markup, formulas, quotes and marks that turn the direction of writing."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from eaeu_analysis.report.page import downloads, render, sections
from eaeu_analysis.report.page.chart import Caption, ChartLine, ChartRow, line_picture, row_picture
from eaeu_analysis.report.page.links import SourceLink
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.page.parts import (
    Card,
    Cards,
    Cell,
    Code,
    Column,
    Details,
    Download,
    Downloads,
    Figure,
    Heading,
    Items,
    PageSection,
    PageTable,
    SourceLinks,
    Term,
    Terms,
    Text,  # fmt: skip
)

EVIL = {
    "script": "<script>window.pwned = 1</script>",
    "image": "<img src=x onerror='window.pwned = 2'>",
    "quotes": '"\' onmouseover="window.pwned = 3" x=\'',
    "ending": "</script></style></table></textarea>",
    "template": "{{ 7 * 7 }} {% raw %}",
    "turned": "\u202egnp.exe\u202c \u2066x\u200f",
    "formula": '=cmd|"/C calc"!A0',
    "link": "[x](javascript:window.pwned=4) ![y](http://example.org/z.png)",
    "pipe": "a | b\n| c |\n\n# not a heading",
    "entity": "&lt;b&gt; &amp;amp;",
    "nul": "a\x00b\x1bc",
}
ALL = " ".join(EVIL.values())


@pytest.fixture
def poisoned(material: Material, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The page and the Markdown when every part of every kind holds every evil label."""
    import pandas as pd

    frame = pd.DataFrame({ALL: [1.0, 2.0]}, index=pd.Index([2001, 2002], name=ALL))
    drawn = line_picture("poisoned", frame, [ChartLine(ALL, ALL, "own")], ALL, Caption(ALL, ALL, ALL))
    rows = row_picture(
        "rows", [ChartRow(ALL, ((1.0, "own"),), (0.5, 1.5), ALL)], ALL, Caption(ALL, ALL), frame.iloc[:1]
    )
    table = PageTable(
        "evil-table", ALL, (Column(ALL, "words", (ALL,)), Column(ALL)), ((Cell(ALL, (ALL,)), Cell(ALL)),) * 2
    )
    parts = (
        Text(ALL), Items((ALL, ALL)), Items((ALL,), ordered=True), Terms((Term(ALL, ALL, ALL, "evil-term"),)), table,
        Details(ALL, (Text(ALL),)), Cards((Card("evil-card", ALL, (Text(ALL),)),)), Heading("evil-heading", ALL),
        Code(ALL), SourceLinks((SourceLink(ALL), SourceLink(ALL, "https://example.org/"))), Figure(drawn, ALL),
        Downloads((Download("evil.csv", ALL),)),
    )  # fmt: skip
    blocks = [PageSection("answer", ALL, ALL, parts), PageSection("evil", ALL, ALL, missing=ALL)]
    monkeypatch.setattr(sections, "build_sections", lambda *_: dict.fromkeys(sections.PAGES, blocks))
    pages = render.prepare(material, {})
    return {
        "html": render.html_files(pages)["fared.html"],
        "md": render.page_markdown(pages).partition("# Evil")[0].partition("\n## ")[2],
        "csv": table.csv,
        "figure": drawn.csv,
        "svg": drawn.svg + rows.svg,
        "inline": drawn.inline + rows.inline,
    }


def test_markup_stays_text_in_the_page(poisoned: dict[str, str]) -> None:
    html = poisoned["html"]
    assert html.count("<script") == 1  # the page's own
    assert html.count("</script>") == 1
    assert html.count("<img") == 1  # the figure
    assert "<img src" not in html
    assert "&lt;script&gt;" in html
    assert "{{ 7 * 7 }}" in html
    for svg in (poisoned["svg"], poisoned["inline"]):
        assert "<script" not in svg
        assert 'onmouseover="' not in svg
        ElementTree.fromstring(f"<all>{svg}</all>")  # noqa: S314 - what is markup in a label does not break the picture


def test_characters_that_act_unseen_are_nowhere(poisoned: dict[str, str]) -> None:
    for name, text in poisoned.items():
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200e\u200f\x00\x1b]", text), name
    assert "gnp.exe" in poisoned["html"]


def test_markdown_of_a_label_stays_text(poisoned: dict[str, str]) -> None:
    text = poisoned["md"]
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("    "))  # calls are code, verbatim
    assert "<script" not in prose
    assert "<img" not in prose
    assert not re.search(r"(?<!\\)\[x\]\(javascript", prose)
    assert not re.search(r"^# not a heading", text, flags=re.M)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3}  # no label ends a cell


def test_a_formula_is_no_formula_in_csv(poisoned: dict[str, str]) -> None:
    for text in (poisoned["csv"], poisoned["figure"]):
        for row in csv.reader(io.StringIO(text)):
            assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)
    assert downloads.csv_records(
        [{"=a": "=cmd()", "b": "+cmd", "c": -1.5, "d": "@x", "e": "-2+3+cmd|' /C calc'!A0"}]
    ) == ("'=a,b,c,d,e\n'=cmd(),'+cmd,-1.5,'@x,'-2+3+cmd|' /C calc'!A0\n")


@pytest.mark.parametrize(
    "text", ["-33.7", "-33.7 pp", "+12.0 %; others +1.6; p 0.14", "-2.1 to 3.6", "+1.84 bn", "1e-5"]
)
def test_a_number_with_its_unit_stays_a_number(text: str) -> None:
    assert downloads.safe(text) == text


def test_nothing_of_it_runs_in_a_browser(poisoned: dict[str, str], tmp_path: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    from chromium import CHROMIUM, FLAGS, opened_at

    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine; .ci/run installs Debian's")
    path = tmp_path / "index.html"
    path.write_text(poisoned["html"], encoding="utf-8")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = opened_at(browser, path.as_uri())
        opened.wait_for_load_state("networkidle")
        opened.locator(".plot").hover()
        opened.locator("th button").first.click()
        assert opened.evaluate("window.pwned") is None
        assert [url for url in opened.asked if not url.endswith("poisoned.svg")] == [path.as_uri()]
        assert [text for text in opened.console if "ERR_FILE_NOT_FOUND" not in text] == []  # the picture is not there
        assert opened.locator("main script, main style").count() == 0
        shown = opened.locator("main p").first.text_content()
        assert EVIL["script"] in shown
        assert EVIL["formula"] in shown
        assert EVIL["script"] in opened.locator(".tip").inner_text()
        browser.close()
