"""Brief -> a Word document: a zip of a few XML parts, so that no package is needed for it.

The text comes from the same brief as in every other format and is escaped; headings, lists and the title are styles of
Word. There is no clock in it and nothing is compressed, so the same brief has the same bytes everywhere.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from .compose import Brief

NAMES = "http://schemas.openxmlformats.org"
WORD = f'xmlns:w="{NAMES}/wordprocessingml/2006/main"'
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
OFFICE = f"{NAMES}/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
LOCALES = {"en": "en-GB", "ru": "ru-RU", "uz": "uz-Latn-UZ"}
LISTS = ("bullet", "decimal", "decimal")  # of w:numId 1, 2 and 3: the lines, the points of each side
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML
START = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can have


def docx(brief: Brief, render: Callable[..., str]) -> bytes:
    """The document; ``render`` fills a template of the brief by its name."""
    locale = LOCALES.get(brief.lang, brief.lang)
    parts = {
        "[Content_Types].xml": _content_types(),
        "_rels/.rels": _relations(
            ("document", f"{OFFICE}/officeDocument", "word/document.xml"),
            ("core", f"{NAMES}/package/2006/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
        "docProps/core.xml": _properties(brief, locale),
        "word/_rels/document.xml.rels": _relations(
            *((name, f"{OFFICE}/{name}", f"{name}.xml") for name in ("styles", "numbering", "footer"))
        ),
        "word/document.xml": render("brief_document.xml", brief=brief),
        "word/styles.xml": render("brief_styles.xml", locale=locale),
        "word/numbering.xml": _numbering(),
        "word/footer.xml": _footer(brief.small[-1]),
    }
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, text in parts.items():
            archive.writestr(zipfile.ZipInfo(name, START), FORBIDDEN.sub("", text.lstrip()).encode("utf-8"))
    return made.getvalue()


def _content_types() -> str:
    kinds = {"document": "document.main", "styles": "styles", "numbering": "numbering", "footer": "footer"}
    rows = [
        f'<Override PartName="/word/{name}.xml" ContentType="{CONTENT}.{kind}+xml"/>' for name, kind in kinds.items()
    ]
    return (
        f'{HEAD}<Types xmlns="{NAMES}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/docProps/core.xml" '
        'ContentType="application/vnd.openxmlformats-package.core-properties+xml"/>'
        f"{''.join(rows)}</Types>"
    )


def _relations(*rows: tuple[str, str, str]) -> str:
    listed = "".join(f'<Relationship Id="{name}" Type="{kind}" Target="{target}"/>' for name, kind, target in rows)
    return f'{HEAD}<Relationships xmlns="{NAMES}/package/2006/relationships">{listed}</Relationships>'


def _properties(brief: Brief, locale: str) -> str:
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{NAMES}/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(brief.title)}</dc:title><dc:creator>eaeu_analysis</dc:creator>"
        f"<dc:language>{locale}</dc:language></cp:coreProperties>"
    )


def _numbering() -> str:
    indent = '<w:pPr><w:ind w:left="284" w:hanging="284"/></w:pPr>'
    texts = {"bullet": "\u2022", "decimal": "%1."}
    lists = [
        f'<w:abstractNum w:abstractNumId="{i}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0">'
        f'<w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{texts[kind]}"/><w:lvlJc w:val="left"/>'
        f"{indent}</w:lvl></w:abstractNum>"
        for i, kind in enumerate(LISTS, 1)
    ]
    used = [f'<w:num w:numId="{i}"><w:abstractNumId w:val="{i}"/></w:num>' for i in range(1, len(LISTS) + 1)]
    return f"{HEAD}<w:numbering {WORD}>{''.join(lists + used)}</w:numbering>"


def _footer(text: str) -> str:
    pages = [
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>{field}</w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        for field in ("PAGE", "NUMPAGES")
    ]
    return (
        f'{HEAD}<w:ftr {WORD}><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
        f"<w:r><w:t>{escape(text)}</w:t></w:r><w:r><w:tab/></w:r>{'<w:r><w:t>/</w:t></w:r>'.join(pages)}</w:p></w:ftr>"
    )
