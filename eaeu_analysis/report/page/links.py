"""The public address of a series, a paper or a table: data/tables/addresses.toml, and rules for the large sources."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...reference.catalogue import read_table, table_path
from ..wording.stated import translated

if TYPE_CHECKING:
    from ...series import SeriesInfo
    from ..wording.templates import Language

WDI = re.compile(r"[A-Z]{2}(\.[A-Z0-9]+){2,}")
OWNERS = 3  # publishers that a picture names
OWNER_ENDS = re.compile(r", | \(|: |(?: \d+)? through ")  # after them a source names the series or who passed it on
# an address as sources print it: "wto.org", "greater-europe.org/archives/7613"
PRINTED = r"(?<![\w./-])(?:[a-z0-9-]+\.)+(?:am|az|com|de|io|life|org|ru|uz)(?:/[\w./-]*\w)?(?![\w/-])"
REPOSITORY = re.compile(r"github\.com/[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class SourceLink:
    """A source in words, with its public address where there is one."""

    text: str
    href: str = ""

    @property
    def pieces(self) -> tuple[SourceLink, ...]:
        """The source as one link, or without an address of its own as :func:`linked` text."""
        return (self,) if self.href else linked(self.text)


@functools.lru_cache
def addresses() -> Mapping[str, Mapping[str, str]]:
    """``series``: addresses by code, the longest that begins it counts; ``papers``: by how a paper is cited;
    ``outlets``: the home page of who published it, by name."""
    return {name: dict(rows) for name, rows in read_table(table_path("addresses")).items()}


def address_of(info: SeriesInfo) -> str:
    """The public address of a series or table, "" where none is known."""
    known = addresses()["series"]
    own = max((code for code in known if info.code.startswith(code)), key=len, default="")
    if own:
        return known[own]
    if WDI.fullmatch(info.code):
        return f"https://data.worldbank.org/indicator/{info.code}"
    found = REPOSITORY.search(info.source)
    return f"https://{found.group().rstrip('.')}" if found else ""


def linked(text: str) -> tuple[SourceLink, ...]:
    """A text in pieces: the papers that it cites and the addresses that it prints as links, and the names of outlets,
    each as a link to its home page."""
    known = {**addresses()["outlets"], **addresses()["papers"]}
    names = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    pieces = re.split(rf"((?<!\w)(?:{names})(?!\w)|{PRINTED})", text)
    return tuple(SourceLink(piece, known.get(piece) or _printed(piece)) for piece in pieces if piece)


def _printed(piece: str) -> str:
    return f"https://{piece}" if re.fullmatch(PRINTED, piece) else ""


def sources_of(series: Iterable[SeriesInfo], words: Language) -> tuple[SourceLink, ...]:
    """Each source series behind these once: what it is, who publishes it, its vintage, its address."""
    found = {}
    for info in series:
        for part in info.origins():
            found[part.key] = SourceLink(_named(part, words), address_of(part))
    return tuple(dict.fromkeys(found.values()))


def owners_of(series: Iterable[SeriesInfo], words: Language) -> tuple[SourceLink, ...]:
    """Who published the series behind a result, each once, with the address of the first of its series."""
    found: dict[str, SourceLink] = {}
    for part in (part for info in series for part in info.origins()):
        name = part.source if part.code.startswith("tables/") else OWNER_ENDS.split(part.source)[0]
        if name:
            found.setdefault(name, SourceLink(translated(words, name), address_of(part)))
    return tuple(sorted(found.values(), key=lambda owner: owner.text.startswith("github.com/")))


def _named(info: SeriesInfo, words: Language) -> str:
    label, source = translated(words, info.label), translated(words, info.source)
    vintage = f", {words.say('head', 'vintage', words={'vintage': f'={info.vintage}'})}" if info.vintage else ""
    if info.code.startswith("tables/") or not label:
        return f"{source or label}{vintage}"
    return f"{label}: {source}{vintage}" if source else f"{label}{vintage}"
