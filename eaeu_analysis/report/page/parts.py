"""What a section is made of: plain records that one set of macros turns into HTML and another into Markdown.

Nothing here knows a tag. A part holds text; what is markup in a label stays text, because the templates escape it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from .downloads import csv_text, data_url
from .picture import Picture

if TYPE_CHECKING:
    from ...results import Provenance


@dataclass(frozen=True)
class Text:
    """A paragraph; ``tone`` is "", "lead", "small", "caveat" or "warn"."""

    text: str
    tone: str = ""
    kind: ClassVar[str] = "text"


def sources(provenance: Provenance) -> tuple[Text, ...]:
    """What a figure or a section rests on, a line a series."""
    return tuple(Text(f"Source: {line}", "small") for line in dict.fromkeys(provenance.lines()))


def source(provenance: Provenance) -> Text:
    """The same in one line of names and vintages, for a figure of a section that gives the lines in full."""
    found = dict.fromkeys(f"{info.code}{f' ({info.vintage})' if info.vintage else ''}" for info in provenance.series)
    return Text(f"Source: {', '.join(found)}", "small")


@dataclass(frozen=True)
class Items:
    """A list; ``tone`` "answer" is the box at the top of the page."""

    items: tuple[str, ...]
    ordered: bool = False
    tone: str = ""
    kind: ClassVar[str] = "items"


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
    """A cell as it is shown; ``notes`` are small lines under it, ``tone`` is "" or "fail"."""

    text: str
    notes: tuple[str, ...] = ()
    tone: str = ""

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
    kind: ClassVar[str] = "table"

    @property
    def csv(self) -> str:
        """The cells as they are shown."""
        return csv_text([c.whole for c in self.columns], [[cell.whole for cell in row] for row in self.rows])

    @property
    def href(self) -> str:
        return data_url(self.csv)


@dataclass(frozen=True)
class Figure:
    """A picture with what it says, above it the finding as its title."""

    picture: Picture
    title: str
    kind: ClassVar[str] = "figure"

    @property
    def href(self) -> str:
        return data_url(self.picture.csv)


@dataclass(frozen=True)
class Details:
    """Parts that open on demand; ``printed`` ones are open on paper."""

    summary: str
    parts: tuple[Any, ...]
    printed: bool = False
    kind: ClassVar[str] = "details"


@dataclass(frozen=True)
class Card:
    """A box with a place of its own to link to; ``title`` may say the finding, ``badge`` is a short word beside it.

    ``level``: of its heading, 4 when it stands under a heading of the section.
    """

    id: str
    title: str
    parts: tuple[Any, ...]
    badge: str = ""
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
class Link:
    """A link to a place on the page."""

    href: str
    text: str
    kind: ClassVar[str] = "link"


@dataclass(frozen=True)
class Slider:
    """A quantity that the reader moves between ``low`` and ``high``; ``middle`` is where it starts."""

    name: str
    label: str
    low: float
    high: float
    middle: float


@dataclass(frozen=True)
class PageSliders:
    """Sliders on a polynomial: ``surface`` as of :meth:`.scenario.surrogate.Surrogate.document` with labels, which the
    page's script evaluates by the same formula; ``start``: the outcomes with every quantity at its middle."""

    id: str
    surface: Mapping[str, Any]
    sliders: tuple[Slider, ...]
    start: Mapping[str, float]
    kind: ClassVar[str] = "sliders"


@dataclass(frozen=True)
class Download:
    """A file behind a link."""

    name: str
    text: str
    about: str

    @property
    def href(self) -> str:
        return data_url(self.text)


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
