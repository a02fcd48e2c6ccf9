"""Sections -> HTML page and Markdown: text in memory, nothing written here."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...data.freshness import newest_edition
from ...errors import BadInputError
from ...results import to_plain
from ...text import clean_text
from ..trace.known_numbers import known_of_drift
from ..trace.trace import require_traced, trace_html, trace_markdown
from ..wording import sentences
from . import sections
from .sections.drift import changed_section

BRIEF = "brief.pdf"  # the talking points beside the page

if TYPE_CHECKING:
    from jinja2 import Environment

    from ..drift.changes import Drift
    from ..gather.content import Content
    from .material import Material
    from .picture import Picture


@lru_cache
def _file(name: str) -> str:
    return (resources.files("eaeu_analysis.report") / "templates" / name).read_text(encoding="utf-8")


@lru_cache
def _environment() -> Environment:
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_file),
        autoescape=jinja2.select_autoescape(["html"], default_for_string=True),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_inert,
    )
    made.filters["cell"] = _cell
    made.filters["plain"] = to_plain
    made.filters["line"] = _line
    made.filters["bound"] = _bound
    return made


def _inert(value: Any) -> Any:
    """What a template prints, without characters that act unseen; what is marked as safe is the program's own."""
    return clean_text(value) if type(value) is str else value


def _bound(text: Any) -> str:
    """Text whose numbers stay on one line with their unit: '33.7 %', 'p = 0.14'."""
    told = re.sub(r"(\d) (?=(?:%|pp\b|bn\b|tn\b|m\b|million\b|billion\b))", "\\1\u00a0", str(text))
    return re.sub(r"\bp = (?=\d)", "p\u00a0=\u00a0", told)


def _line(text: Any) -> str:
    """Text for Markdown in which what is markup in a label stays text: HTML, emphasis, links, code, one line."""
    told = " ".join(str(text).split())
    for mark in ("\\", "`", "*", "_", "[", "]"):
        told = told.replace(mark, "\\" + mark)
    return told.replace("&", "&amp;").replace("<", "&lt;")


def _cell(text: Any) -> str:
    """The same for a table's cell, which a pipe would end."""
    return _line(text).replace("|", "\\|")


def report_date() -> str:
    """The day of SOURCE_DATE_EPOCH, nothing when it is not set: a report has no clock of its own.

    Raises BadInputError when it is set to what is no time.
    """
    stated = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not stated:
        return ""
    try:
        return dt.datetime.fromtimestamp(int(stated), dt.UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        raise BadInputError(f"SOURCE_DATE_EPOCH is {stated!r}; expected seconds since 1970, as 1767225600") from None


def view(material: Material, pictures: Mapping[str, Picture]) -> dict[str, Any]:
    """What the templates see."""
    content = material.content
    first = next(s.narrow for s in content.sections if s.narrow)
    script = _file("page.js")
    return {
        "version": __version__,
        "brief": BRIEF,
        "made_on": report_date(),
        "title": f"{content.name} and the {content.bloc}: before and after",
        "lead": (
            f"What changed in {content.name} when it joined on {content.event}, beside economies that did not join. "
            f"Means of {sentences.short_year_span(first.windows.before)} against "
            f"{sentences.short_year_span(first.windows.after)}; "
            f"{', '.join(map(str, first.windows.skipped))} is left out, and the years after 2019 are shown apart. "
            f"Data as of {newest_edition(content.series)}: {content.source}, {_vintages(content)}."
        ),
        "warning": f"{sentences.fallback_sentence(content.substitutes)}." if content.substitutes else "",
        "owners": "; ".join(sorted({info.source for info in material.series if info.source})),
        "blocks": sections.build_sections(material, pictures),
        "style": _file("style.css"),
        "script": script,
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


def _vintages(content: Content) -> str:
    dates = sorted({info.vintage for info in content.series if info.vintage})
    return f"vintages {dates[0]} to {dates[-1]}" if len(dates) > 1 else f"vintage {dates[0] if dates else 'not stated'}"


def page_html(material: Material, pictures: Mapping[str, Picture]) -> str:
    """The self-contained page."""
    return _environment().get_template("page.html").render(view(material, pictures))


def page_markdown(material: Material, pictures: Mapping[str, Picture]) -> str:
    """The same in Markdown; figures are files beside it."""
    return _environment().get_template("page.md").render(view(material, pictures))


def as_requested(name: str, page: str, drift: Drift | None, *, brief: bool) -> str:
    """A page or its Markdown with the section on what changed, and with the link to the brief or without.

    UntracedError when a number of the section is not one of the comparison.
    """
    end = name.rpartition(".")[2]
    if not brief and end == "html":
        page = _replaced(page, _part("brief_link.html", {"brief": BRIEF}), "")
    if drift is None:
        return page
    before, now = (_part(f"section.{end}", {"block": changed_section(found)}) for found in (None, drift))
    trace = {"html": trace_html, "md": trace_markdown}[end]
    require_traced(trace(now, known_of_drift(drift)), name)
    return _replaced(page, before, now)


def _replaced(page: str, before: str, now: str) -> str:
    """The page with one part of it in place of another, which is there once."""
    assert page.count(before) == 1, f"{page.count(before)} times in the page: {before[:80]!r}"  # noqa: S101
    return page.replace(before, now)


def _part(template: str, values: Mapping[str, Any]) -> str:
    return _environment().get_template(template).render(values)
