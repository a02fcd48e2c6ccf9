"""The brief on paper, on screen and in Word: two sides of A4, the same bytes, fonts within, labels that do nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import zipfile
from importlib import util
from pathlib import Path
from xml.etree import ElementTree

import pypdf
import pytest
from brief_sheets import LANGS, WORD, letters, lines, text_of

import eaeu_analysis as ea
from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.brief.compose import Brief, compose
from eaeu_analysis.report.brief.render import NO_PDF, render_brief
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.write import _formats as report_formats

NASTY = "<script>alert(1)</script> \"=cmd|' /C calc'!A0\" #typst *bold* [link](x) $x$ @y"


@pytest.mark.parametrize("lang", LANGS)
def test_the_pdf_has_two_sides_of_a4_and_all_the_text(
    lang: str, pdfs: dict[str, bytes], briefs: dict[str, Brief]
) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdfs[lang]))
    assert len(reader.pages) <= 2
    for page in reader.pages:
        assert [round(float(v)) for v in page.mediabox[2:]] == [595, 842]
    seen = letters(" ".join(page.extract_text() for page in reader.pages))
    for text in lines(briefs[lang]):
        assert letters(text) in seen, text


@pytest.mark.parametrize("lang", LANGS)
def test_the_same_brief_has_the_same_bytes_and_no_clock(
    lang: str, pdfs: dict[str, bytes], briefs: dict[str, Brief]
) -> None:
    assert render_brief(briefs[lang], "pdf") == pdfs[lang]
    facts = pypdf.PdfReader(io.BytesIO(pdfs[lang])).metadata
    assert "/CreationDate" not in facts
    assert "/ModDate" not in facts
    assert facts.title == briefs[lang].title


@pytest.mark.parametrize("lang", LANGS)
def test_the_word_document_is_complete_and_the_same_every_time(lang: str, briefs: dict[str, Brief]) -> None:
    """The rules of the package: a kind for each part, a part for each relation; then headings, lists and all texts."""
    brief = briefs[lang]
    body = render_brief(brief, "docx")
    assert render_brief(brief, "docx") == body
    package = zipfile.ZipFile(io.BytesIO(body))
    assert package.testzip() is None
    assert {info.date_time for info in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    parts = {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}  # noqa: S314 - written by the test
    kinds = {row.get("PartName"): row.get("ContentType") for row in parts["[Content_Types].xml"]}
    assert {f"/{name}" for name in parts if not name.endswith((".rels", "].xml"))} <= kinds.keys()
    for name, folder in (("_rels/.rels", ""), ("word/_rels/document.xml.rels", "word/")):
        assert all(f"{folder}{row.get('Target')}" in parts for row in parts[name])
    document, styles = parts["word/document.xml"], parts["word/styles.xml"]
    known = {row.get(f"{WORD}styleId") for row in styles}
    used = {row.get(f"{WORD}val") for tag in ("pStyle", "rStyle") for row in document.iter(f"{WORD}{tag}")}
    assert {"Title", "Heading1", "ListParagraph"} <= used <= known
    lists = {row.get(f"{WORD}numId") for row in parts["word/numbering.xml"].iter(f"{WORD}num")}
    assert {row.get(f"{WORD}val") for row in document.iter(f"{WORD}numId")} <= lists
    assert styles.find(f".//{WORD}lang").get(f"{WORD}val").startswith(lang)
    assert brief.title in [row.text for row in parts["docProps/core.xml"]]
    seen = letters(text_of(body, "docx"))
    for text in lines(brief):
        assert letters(text) in seen, text


@pytest.mark.parametrize("lang", LANGS)
def test_the_fonts_are_embedded_and_hold_every_letter(lang: str, pdfs: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdfs[lang]))
    fonts = [f.get_object() for page in reader.pages for f in page["/Resources"]["/Font"].values()]
    assert fonts
    assert all("Libertinus" in font["/BaseFont"] for font in fonts)
    assert "\ufffd" not in "".join(page.extract_text() for page in reader.pages)


def test_the_day_is_that_of_the_environment_and_no_other(claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    shown = {lang: compose(claims, lang).small[-1] for lang in LANGS}
    assert shown["en"].startswith("Made on 1 January 2026 from eaeu_analysis")
    assert "1 января 2026" in shown["ru"]
    assert "2026-yil 1-yanvar" in shown["uz"]


def test_labels_are_inert_in_every_format(claims: list[Claim]) -> None:
    from eaeu_analysis.series import SeriesInfo

    nasty = dataclasses.replace(
        next(c for c in claims if c.id == "tariffs.most.rise"),
        words={"chapter": f"={NASTY}", "code": "=02"},
        series=(SeriesInfo(code="x", source=NASTY),),
        grade="A",
    )
    brief = compose([nasty], "en", "tariffs")
    page = render_brief(brief, "html").decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    text = render_brief(brief, "md").decode()
    assert "<script>" not in re.sub(r"\\\\", "", text).replace("\\<", "")
    assert not re.search(r"(?<!\\)(\*bold|\[link|\]\(x)", text)
    assert not re.search(r"^\s*[=+@#]\w*cmd", text, re.MULTILINE)
    pages = pypdf.PdfReader(io.BytesIO(render_brief(brief, "pdf"))).pages
    seen = letters(" ".join(page.extract_text() for page in pages))
    assert letters("<script>alert(1)</script>").replace("-", "") in seen
    assert letters("#typst *bold* [link](x) $x$ @y") in seen
    seen = text_of(render_brief(brief, "docx"), "docx")
    assert seen.count(NASTY) == 1
    ill = dataclasses.replace(brief, title="half \ud800 a letter \x00\x0b and <w:p/>")
    assert "half  a letter  and <w:p/>" in text_of(render_brief(ill, "docx"), "docx")
    assert json.loads(render_brief(brief, "json"))["parts"]["against"]["lines"][0]["text"].count(NASTY) == 1


def test_the_page_asks_nobody_for_anything(briefs: dict[str, Brief]) -> None:
    for lang, brief in briefs.items():
        page = render_brief(brief, "html").decode()
        assert f'<html lang="{lang}">' in page
        assert not re.search(r"<(script|link|img|iframe)\b", page)
        assert not re.search(r'(src|href)=(?!"#)', page)
        assert "url(" not in page
        assert "prefers-color-scheme: dark" in page
        marks = set(re.findall(r'href="#(S\d+)"', page))
        assert marks
        assert marks == {mark for mark, _, _ in brief.sources} == set(re.findall(r'id="(S\d+)"', page))


@pytest.fixture
def without_typst(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation without the extra that makes the PDF."""
    find = util.find_spec
    monkeypatch.setattr(util, "find_spec", lambda name, *more: None if name == "typst" else find(name, *more))


def test_without_the_extra_a_pdf_is_one_sentence_with_the_line_that_installs_it(
    without_typst: None, briefs: dict[str, Brief], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "a PDF needs the extra: pip install 'eaeu-analysis[pdf]'"
    for command in ("brief", "report"):
        assert main([command, "--out", str(tmp_path / command), "--format", "pdf"]) == 2
        assert capsys.readouterr().err.strip() == f"eaeu: {line}"
        assert not (tmp_path / command).exists()
    with pytest.raises(BadInputError, match="pip install"):
        render_brief(briefs["en"], "pdf")


def test_without_the_extra_the_default_leaves_the_pdf_out_and_says_so(
    without_typst: None,
    briefs: dict[str, Brief],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("eaeu_analysis.report.brief.write.brief", lambda *_, **__: briefs["en"])
    assert set(ea.write_brief(tmp_path / "brief").files) == {"brief.docx", "brief.md", "brief.html", "brief.json"}
    assert "pdf" not in report_formats(None, "KGZ", "EAEU")
    assert [record.getMessage() for record in caplog.records] == [f"without brief.pdf: {NO_PDF}"] * 2
