"""What a section is made of: plain records that one set of macros turns into HTML and another into Markdown.

Nothing here knows a tag. A part is text; what is markup in a label stays text, because the templates escape it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from ..wording.labels import readable
from ..wording.stated import translated, with_names
from .chart import Picture
from .downloads import csv_text
from .links import SourceLink, sources_of

if TYPE_CHECKING:
    from ...results import Check, Provenance
    from ..wording.templates import Language


@dataclass(frozen=True)
class Text:
    """A paragraph; ``tone`` is "", "lead", "small", "caveat" or "warn"."""

    text: str
    tone: str = ""
    kind: ClassVar[str] = "text"


@dataclass(frozen=True)
class SourceLinks:
    """The sources of a figure or a section, each a link to its public address."""

    sources: tuple[SourceLink, ...]
    kind: ClassVar[str] = "sources"


def sources(provenance: Provenance, words: Language) -> SourceLinks:
    """What a figure or a section rests on."""
    return SourceLinks(sources_of(provenance.series, words))


@dataclass(frozen=True)
class Items:
    """A list; ``tone`` "answer" is the box at the top of the page."""

    items: tuple[str, ...]
    ordered: bool = False
    tone: str = ""
    kind: ClassVar[str] = "items"


def check_items(checks: Iterable[Check], words: Language) -> Items:
    """Each check with its mark and what it found."""
    texts = (
        f"{words.say('passed', c.mark)}: {check_name(c, words)}: {with_names(words, translated(words, c.text))}"
        for c in checks
    )
    return Items(tuple(texts), tone="checks")


def check_name(check: Check, words: Language) -> str:
    """The name of a check with what it is about."""
    if words.code == "en":
        return check.name
    about = (translated(words, part) for part in check.name.split(", ")[1:])
    return ", ".join([words.word(f"check.{check.name}"), *about])


@dataclass(frozen=True)
class Term:
    """A term with its meaning and where that comes from; ``id`` makes it a place to link to."""

    term: str
    text: str
    source: str = ""
    id: str = ""


@dataclass(frozen=True)
class Terms:
    """Terms and meanings."""

    terms: tuple[Term, ...]
    kind: ClassVar[str] = "terms"


@dataclass(frozen=True)
class Cell:
    """A cell as it is shown; ``notes`` are small lines under it, ``tone`` is "", "fail",
    "source" for text whose papers and outlets are links, or, in the head of a row, "code" for a name that is typed;
    ``href``: an address."""

    text: str
    notes: tuple[str, ...] = ()
    tone: str = ""
    href: str = ""

    @property
    def whole(self) -> str:
        """The cell on one line, as CSV and Markdown have it."""
        return "; ".join(part for part in (self.text, *self.notes) if part)


@dataclass(frozen=True)
class Column:
    """A column's head; ``kind`` is "number" (set right) or "words" (set left, may wrap)."""

    label: str
    kind: str = "number"
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        return "; ".join((self.label, *self.notes))


@dataclass(frozen=True)
class PageTable:
    """A table that sorts and downloads; the first cell of a row is its head. ``own`` sets the first row in bold."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    own: bool = False
    note: str = ""
    lang: str = "en"
    kind: ClassVar[str] = "table"

    @property
    def csv(self) -> str:
        """The cells as they are shown."""
        return csv_text(
            [c.whole for c in self.columns],
            [[c.whole if c.tone == "code" else readable(c.whole) for c in row] for row in self.rows],
        )

    @property
    def file(self) -> str:
        """The file of the report that has the cells."""
        return f"tables/shown/{self.id}{'' if self.lang == 'en' else f'.{self.lang}'}.csv"

    @property
    def href(self) -> str:
        return self.file


@dataclass(frozen=True)
class Figure:
    """A picture with what it says, above it the finding as its title."""

    picture: Picture
    title: str
    kind: ClassVar[str] = "figure"


@dataclass(frozen=True)
class Details:
    """Parts that open on demand; ``printed`` ones are open on paper."""

    summary: str
    parts: tuple[Any, ...]
    printed: bool = False
    kind: ClassVar[str] = "details"


@dataclass(frozen=True)
class Card:
    """A box with a place of its own to link to; ``title`` may say the finding.

    ``level``: of its heading, 4 when it stands under a heading of the section.
    """

    id: str
    title: str
    parts: tuple[Any, ...]
    level: int = 3
    kind: ClassVar[str] = "card"


@dataclass(frozen=True)
class Cards:
    """Cards side by side."""

    cards: tuple[Card, ...]
    tone: str = ""
    kind: ClassVar[str] = "cards"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section, with a place to link to."""

    id: str
    text: str
    kind: ClassVar[str] = "heading"


@dataclass(frozen=True)
class Code:
    """A call or command as it is typed."""

    text: str
    kind: ClassVar[str] = "code"


@dataclass(frozen=True)
class Download:
    """A file of the report's folder of tables."""

    name: str
    about: str


@dataclass(frozen=True)
class Downloads:
    """Files behind links."""

    files: tuple[Download, ...]
    kind: ClassVar[str] = "downloads"


@dataclass(frozen=True)
class PageSection:
    """A section of the page. ``nav`` is its name in the contents; ``missing`` is why there is nothing in it."""

    id: str
    title: str
    nav: str
    parts: Sequence[Any] = field(default_factory=tuple)
    missing: str = ""


def tables_of(parts: Iterable[Any]) -> Iterator[PageTable]:
    """Every table among these parts, and in what they hold."""
    for part in parts:
        if isinstance(part, PageTable):
            yield part
        for name in ("parts", "cards"):
            yield from tables_of(getattr(part, name, ()))
