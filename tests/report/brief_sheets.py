"""Briefs as the tests look at them: their sentences, their letters, the languages there are."""

from __future__ import annotations

import html
import io
import re
import zipfile
from xml.etree import ElementTree

import pypdf

from eaeu_analysis.report.brief.compose import Brief
from eaeu_analysis.report.wording import templates

LANGS = templates.languages()
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def lines(brief: Brief) -> list[str]:
    """Every sentence of a brief, sources left out."""
    heads = [brief.heads[name] for name, rows in brief.parts.items() if rows]
    made = [part for rows in brief.parts.values() for line in rows for part in (line.title, line.text, line.caveat)]
    return [text for text in [brief.title, brief.question, brief.dated, *heads, *made, *brief.small] if text]


def plain(text: str) -> str:
    """Text with plain spaces."""
    return text.replace("\u00a0", " ")


def letters(text: str) -> str:
    """Text without spaces, hyphens and line ends, as a PDF gives it back."""
    return re.sub(r"[\s\u00a0\u00ad\u202f-]+", "", text)


def text_of(body: bytes, form: str) -> str:
    """The text of a rendered brief, without markup."""
    if form == "pdf":
        return " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(body)).pages)
    if form == "docx":
        parts = zipfile.ZipFile(io.BytesIO(body))
        roots = [ElementTree.fromstring(parts.read(f"word/{name}.xml")) for name in ("document", "footer")]  # noqa: S314 - written by the test
        return " ".join("".join(p.itertext()) for root in roots for p in root.iter(f"{WORD}p"))
    text = body.decode()
    if form == "md":
        return re.sub(r"\\(.)", r"\1", text)
    return html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", " ", text, flags=re.DOTALL)))
