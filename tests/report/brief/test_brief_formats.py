"""The brief on paper and screen: two sides of A4, the same bytes, fonts within, labels that do nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import re
from importlib import util
from pathlib import Path

import pypdf
import pytest
from brief_sheets import LANGS, letters, lines

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
def test_the_fonts_are_embedded_and_hold_every_letter(lang: str, pdfs: dict[str, bytes]) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pdfs[lang]))
    fonts = [f.get_object() for page in reader.pages for f in page["/Resources"]["/Font"].values()]
    assert fonts
    assert all("Libertinus" in font["/BaseFont"] for font in fonts)
    assert "\ufffd" not in "".join(page.extract_text() for page in reader.pages)


def test_the_day_is_that_of_the_environment_and_no_other(claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    told = {lang: compose(claims, lang).small[-1] for lang in LANGS}
    assert told["en"].startswith("Made on 1 January 2026 from eaeu_analysis")
    assert "1 января 2026" in told["ru"]
    assert "2026-yil 1-yanvar" in told["uz"]


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
    assert set(ea.write_brief(tmp_path / "brief").files) == {"brief.md", "brief.html", "brief.json"}
    assert "pdf" not in report_formats(None, "KGZ", "EAEU")
    assert [record.getMessage() for record in caplog.records] == [f"without brief.pdf: {NO_PDF}"] * 2
