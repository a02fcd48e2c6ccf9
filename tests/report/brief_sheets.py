"""Briefs as the tests look at them: their sentences, their letters, the languages there are."""

from __future__ import annotations

import re

from eaeu_analysis.report.brief.compose import Brief
from eaeu_analysis.report.wording import templates

LANGS = templates.languages()


def lines(brief: Brief) -> list[str]:
    """Every sentence of a brief, sources left out."""
    heads = [brief.heads[name] for name, rows in brief.parts.items() if rows]
    made = [part for rows in brief.parts.values() for line in rows for part in (line.title, line.text, line.caveat)]
    return [text for text in [brief.title, brief.question, *heads, *made, *brief.small] if text]


def plain(text: str) -> str:
    """Text with plain spaces."""
    return text.replace("\u00a0", " ")


def letters(text: str) -> str:
    """Text without spaces, hyphens and line ends, as a PDF gives it back."""
    return re.sub(r"[\s\u00a0\u00ad\u202f-]+", "", text)
