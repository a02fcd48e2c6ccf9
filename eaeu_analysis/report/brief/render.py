"""Brief -> HTML, Markdown, JSON, Word, PDF: bytes in memory, nothing written here.

What comes from data is text in every format: escaped in HTML, Markdown and Word, passed as a value and never as markup
to Typst. The PDF has two sides of A4: the largest of a few sizes of type that fits; no clock, and only the fonts that
come with the compiler.
"""

from __future__ import annotations

import functools
import json
from importlib import util
from typing import TYPE_CHECKING, Any

from ...errors import BadInputError, EaeuError
from ...results import json_text
from ..template_files import template_engine, template_file
from .word import docx

if TYPE_CHECKING:
    from jinja2 import Environment

    from .compose import Brief

FORMATS = ("pdf", "docx", "md", "html", "json")
NO_PDF = "a PDF needs the extra: pip install 'eaeu-analysis[pdf]'"
SIDES = 2
SIZES = (11.0, 10.6, 10.2, 9.8, 9.4, 9.2, 9.0, 8.8, 8.6, 8.4, 8.2, 8.0)  # points, the largest that fits


def can_write_pdf() -> bool:
    """Whether the package that makes the PDF is installed."""
    return util.find_spec("typst") is not None


def require_pdf() -> None:
    """BadInputError with the line that installs it when it is not."""
    if not can_write_pdf():
        raise BadInputError(NO_PDF)


def render_brief(brief: Brief, form: str) -> bytes:
    """The brief in that format."""
    if form == "pdf":
        return pdf(brief)
    if form == "docx":
        return docx(brief, lambda name, **fields: _engine().get_template(name).render(**fields))
    if form == "json":
        return json_text(brief.document(), 2).encode("utf-8")
    return {"html": brief_html, "md": brief_markdown}[form](brief).encode("utf-8")


def brief_html(brief: Brief) -> str:
    """A self-contained page: no script, nothing loaded from elsewhere."""
    return _engine().get_template("brief.html").render(brief=brief, style=template_file("brief.css"))


def fragment(brief: Brief) -> str:
    """The body alone, for a notebook."""
    return _engine().get_template("brief_body.html").render(brief=brief)


def brief_markdown(brief: Brief) -> str:
    """Markdown without HTML."""
    return _engine().get_template("brief.md").render(brief=brief)


def pdf(brief: Brief) -> bytes:
    """Two sides of A4. EaeuError when the brief does not fit in the smallest type, BadInputError without the extra."""
    require_pdf()
    import typst

    source, data = template_file("brief.typ").encode(), json.dumps(brief.document(), sort_keys=True, ensure_ascii=False)
    fonts = typst.Fonts(include_system_fonts=False)
    for size in SIZES:
        compiler = typst.Compiler(source, font_paths=fonts, sys_inputs={"brief": data, "size": f"{size}pt"})
        if int(json.loads(compiler.query("<pages>", field="value", one=True))) <= SIDES:
            made: Any = compiler.compile(source, format="pdf")
            return bytes(made)
    raise EaeuError(f"the brief does not fit on {SIDES} sides of A4 in type of {SIZES[-1]} pt; ask for one topic")


def _line(text: Any) -> str:
    """Text for a line of Markdown in which what is markup stays text."""
    phrase = " ".join(str(text).split())
    for mark in ("\\", "`", "*", "_", "[", "]", "<", ">", "#", "|", "~"):
        phrase = phrase.replace(mark, "\\" + mark)
    return phrase.replace("&", "&amp;")


@functools.lru_cache
def _engine() -> Environment:
    return template_engine({"line": _line})
