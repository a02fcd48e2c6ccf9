"""One series and where it comes from: the record that travels with every column of a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from .text import clean_text

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["level", "share", "rate", "index", "unknown"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class SeriesInfo:
    """What is known of a series.

    ``vintage`` is the date on which the source last revised it ("2026-04-08"), as exactly as it is known;
    ``vintage_note`` says how it is known when the source does not print it. ``retrieved`` is the date of
    the download. ``derived_from`` has the series from which this one was computed, ``formula`` how.
    """

    code: str
    label: str = ""
    unit: str = ""
    kind: str = "unknown"
    source: str = ""
    vintage: str = ""
    vintage_note: str = ""
    retrieved: str = ""
    licence: str = ""
    note: str = ""
    formula: str = ""
    derived_from: tuple[SeriesInfo, ...] = ()

    def __post_init__(self) -> None:
        for name, value in vars(self).items():  # whatever file or service it came from, it is shown as text
            if isinstance(value, str) and not value.isprintable():
                object.__setattr__(self, name, clean_text(value))

    @property
    def key(self) -> str:
        """``code@vintage``: two vintages of one series are two series."""
        return f"{self.code}@{self.vintage}" if self.vintage else self.code

    def source_line(self) -> str:
        """One line for the foot of a figure: series, source, vintage."""
        if len(self.derived_from) == 1 and self.formula == self.derived_from[0].code:
            return self.derived_from[0].source_line()
        if self.derived_from:
            parts = "; ".join(part.source_line() for part in self.derived_from)
            return f"{self.label or self.code}: {self.formula}, from {parts}"
        vintage = f", vintage {self.vintage}" if self.vintage else ""
        source = f", {self.source}" if self.source else ""
        return f"{self.code}{source}{vintage}"

    def origins(self) -> list[SeriesInfo]:
        """The series of a source that it goes back to, through every step of computing it; or itself."""
        return [origin for part in self.derived_from for origin in part.origins()] or [self]

    def with_(self, **changes: Any) -> SeriesInfo:
        return replace(self, **changes)


@dataclass(frozen=True)
class SeriesData:
    """A series with its values: ``frame`` has columns ``economy`` (str), ``year`` (int64), ``value``
    (float64), no missing value, unique (economy, year), sorted by both. ``status`` optional column of
    observation status or footnote may follow. ``freq`` "Y": ``year`` is the year; "Q", "M", "W" or "D": it is the
    ordinal of the period, counted from 1970 as pandas does (``data/frequency.py``)."""

    info: SeriesInfo
    frame: pd.DataFrame
    freq: str = "Y"


def year_of(letter: str, number: int) -> int:
    """The year that a period lies in."""
    return number if letter == "Y" else 1970 + number // (4 if letter == "Q" else 12)


def period_text(letter: str, number: int) -> str:
    """The period as a text: 2015, 2015Q1, 2015-02."""
    if letter == "Y":
        return str(number)
    parts = 4 if letter == "Q" else 12
    year, part = 1970 + number // parts, number % parts + 1
    return f"{year}Q{part}" if letter == "Q" else f"{year}-{part:02d}"


def broken_promise(frame: pd.DataFrame) -> str:
    """What keeps a frame from being that of :class:`SeriesData`, in words; "" when nothing does."""
    import numpy as np

    if not {"economy", "year", "value"} <= set(frame.columns):
        return f"it has the columns {', '.join(map(str, frame.columns))}"
    if str(frame["year"].dtype) != "int64" or str(frame["value"].dtype) != "float64":
        return "its years or values are no numbers"
    if not np.isfinite(frame["value"].to_numpy()).all():
        return "a value is missing or not finite"
    economies, years = frame["economy"].to_numpy(dtype=object), frame["year"].to_numpy()
    if not all(isinstance(code, str) for code in economies):
        return "an economy is no text"
    before, after, same = economies[:-1], economies[1:], economies[:-1] == economies[1:]
    if not ((before < after) | (same & (years[:-1] < years[1:]))).all():
        return "it is not sorted by economy and year, or has a key twice"
    return ""
