"""A complete run of the report: made once, kept, and cut to the files and the comparison that a call asks for.

All texts are kept, as without a comparison with accepted claims. What depends on the call is put in or taken out when
files are asked for: the section on what changed, the same in report.json, and the link to the brief.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import settings
from ..errors import BadInputError
from . import cache
from .claims.claim import Claim
from .claims.shipped import CLAIMS, claims_from_json, claims_to_json
from .wording.templates import languages

if TYPE_CHECKING:
    from ..data.sources import Source
    from .drift.changes import Drift

KIND, FACTS, FOLDER = "report", "run.json", "files/"
MARK, MARKDOWN = "report.json", "report.md"
BRIEF = "brief.pdf"  # format pdf: the talking points, two pages of A4
IN_FOLDER = {
    "figures": {"html", "md"},
    "tables/shown": {"html"},
    "tables/findings": {"html"},
    "tables": {"html", "csv"},
    "pictures": {"html"},
    "share": {"html"},
    "cards": {"cards"},
}  # the formats that a file belongs to, by its folder and else by the end of its name
IN_NAME = {"html": {"html"}, "md": {"md"}, "json": {"html", "md", "pdf", "csv", "json", "cards"}}


@dataclass(frozen=True)
class ReportRun:
    """A run of the report. ``files`` by name, texts alone; ``claims``: all of them; ``answers``: the sentences at the
    top; ``missing``: outcomes without data, with the reason; ``substitutes``: series from a fall-back."""

    files: Mapping[str, bytes]
    claims: tuple[Claim, ...]
    answers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    substitutes: tuple[tuple[str, str], ...] = ()


def run_key(question: Mapping[str, str], source: str | Path | Source) -> str:
    """The cache key of a run."""
    return cache.cache_key(KIND, question, source)


def load_run(mark: str) -> ReportRun | None:
    """The cached run with that key; None when there is none or it is incomplete."""
    found = cache.load_cached(KIND, mark)
    if found is None or FACTS not in found or CLAIMS not in found:
        return None
    try:
        facts = json.loads(found[FACTS])
        return ReportRun(
            files={name.removeprefix(FOLDER): data for name, data in found.items() if name.startswith(FOLDER)},
            claims=tuple(claims_from_json(found[CLAIMS])),
            answers=tuple(facts["answers"]),
            missing=tuple((name, why) for name, why in facts["missing"]),
            substitutes=tuple((name, why) for name, why in facts["substitutes"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadInputError):
        return None


def store_run(mark: str, run: ReportRun) -> None:
    """Cache the run under that key; without a key nothing is stored."""
    if not mark:
        return
    facts = {
        "answers": list(run.answers),
        "missing": [list(row) for row in run.missing],
        "substitutes": [list(row) for row in run.substitutes],
    }
    own = {FACTS: json.dumps(facts, sort_keys=True).encode(), CLAIMS: claims_to_json(run.claims)}
    cache.store_cached(KIND, mark, {**own, **{f"{FOLDER}{name}": data for name, data in run.files.items()}})


def requested_files(run: ReportRun, formats: Sequence[str], drift: Drift | None = None) -> dict[str, bytes]:
    """The texts of these formats (report.json always), with what changed, and with links to what was asked for alone:
    to the brief with "pdf", to the cards with "cards".

    UntracedError when a number of the section on what changed is not one of the comparison.
    """
    files = {name: data for name, data in run.files.items() if _formats(name) & {*formats, "json"}}
    if drift is not None:
        from .page.document import document_with_drift

        files[MARK] = document_with_drift(files[MARK].decode("utf-8"), drift).encode("utf-8")
    texts = {name: files[name].decode("utf-8") for name in sorted(files) if name.endswith((".html", ".md"))}
    made = as_requested(texts, formats, drift, run.claims)
    return files | {name: text.encode("utf-8") for name, text in made.items() if text != texts.get(name)}


def as_requested(
    texts: Mapping[str, str], formats: Sequence[str], drift: Drift | None, claims: Sequence[Claim] = ()
) -> dict[str, str]:
    """The pages of a run as a call asked for them."""
    from .page import render

    made = dict(texts)
    for name in [name for name in texts if name.endswith(".html")]:
        if "pdf" not in formats:
            made[name] = render.without_brief(made[name], render.language_of(name))
        if "cards" not in formats:
            made[name] = render.without_cards(made[name])
        if site := settings.site_address():
            made[name] = render.with_site(made[name], site)
    if drift is not None:
        pages = {render.file_of("changes", lang) for lang in languages()}
        for name in sorted({*pages, MARKDOWN} & made.keys()):
            made[name] = render.with_drift(name, made[name], drift, claims)
        if pages & made.keys():
            made |= render.drift_tables(drift, claims)
    return made


def _formats(name: str) -> set[str]:
    """The formats that a file belongs to."""
    folder = next((folder for folder in IN_FOLDER if name.startswith(f"{folder}/")), "")
    return IN_FOLDER[folder] if folder else IN_NAME.get(name.rpartition(".")[2], set())


def kept_brief(
    claims: Sequence[Claim], lang: str, question: Mapping[str, str], source: str | Path | Source, use: bool
) -> bytes:
    """The brief of these claims as PDF: from an earlier run with the same question, otherwise made now."""
    mark = cache.cache_key("brief", {**question, "lang": lang}, source) if use else ""
    found = cache.load_cached("brief", mark)
    if found is not None and BRIEF in found:
        return found[BRIEF]
    from .brief.render import pdf
    from .brief.write import traced_brief

    made = pdf(traced_brief(claims, lang))
    cache.store_cached("brief", mark, {BRIEF: made})
    return made
