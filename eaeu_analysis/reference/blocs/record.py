"""The record of the union: timeline, shares of the customs duties, tariffs before and after, as published."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadInputError, NoDataError, unknown
from .. import economies as names
from ..catalogue import TableRow, parse, read_table, table_path
from .dates import as_date
from .membership import Confidence, Precision

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Event(TableRow):
    """Something that happened to the union (``about`` = EAEU) or to a country on the way to it."""

    date: dt.date
    precision: Precision
    about: str
    event: str
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True)
class DutyShares(TableRow):
    """How the union's customs duties are shared in a period, per cent of the pool; ``until`` is its last day."""

    since: dt.date
    shares: dict[str, float]
    source: str
    confidence: Confidence
    until: dt.date | None = None
    inferred: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        total = sum(self.shares.values())
        if abs(total - 100) > 1e-6:
            raise ValueError(f"shares add to {total:.3f}, expected 100")


@dataclass(frozen=True)
class TariffChange(TableRow):
    """A published average tariff before and after entry, per cent; ``economy`` may be a bloc."""

    economy: str
    measure: str
    source: str
    confidence: Confidence
    before: float | None = None
    after: float | None = None
    before_year: int | None = None
    after_year: int | None = None
    note: str = ""


def timeline(about: str | None = None) -> pd.DataFrame:
    """Events in order: date, precision, about, event, source, confidence, note; of a country or bloc if named."""
    import pandas as pd

    table = pd.DataFrame([asdict(e) for e in _events()])
    if about is None:
        return table
    wanted = about if about in set(table["about"]) else names.resolve(about)
    return table[table["about"] == wanted].reset_index(drop=True)


def _known(code: str, where: str) -> None:
    """Tables of facts name economies by ISO3 and the union by its code, nothing else."""
    economies = names.economy_tables().economies
    if code != "EAEU" and code not in economies:
        raise BadInputError(
            f"{where}: {unknown('economy', code, economies, {c: e.name for c, e in economies.items()})}"
        )


@functools.lru_cache
def _events() -> list[Event]:
    path = table_path("timeline")
    rows = read_table(path).get("event", [])
    found = [parse(Event, row, f"{path}, event {number}") for number, row in enumerate(rows, start=1)]
    for event in found:
        _known(event.about, f"{path}, event of {event.date}")
    return sorted(found, key=lambda e: (e.date, e.event))


def duty_shares(on: object = None) -> pd.Series[Any]:
    """Each member's share of the union's customs duties on that day (None: the latest), per cent, by ISO3.

    NoDataError for a day before the first period; :func:`duty_share_periods` has sources and limits.
    """
    import pandas as pd

    periods = _periods()
    day = periods[-1].since if on is None else as_date(on, "date of customs-duty shares", end=True)
    for period in periods:
        if period.since <= day and (period.until is None or day <= period.until):
            return pd.Series(period.shares, name="share").rename_axis("economy").sort_index()
    first = periods[0].since
    raise NoDataError(f"customs-duty shares are known from {first} on; none for {day}")


def duty_share_periods() -> pd.DataFrame:
    """All periods: since, until, a column per member, source, confidence, note.

    ``inferred`` lists the members whose share is what the others leave of 100.
    """
    import pandas as pd

    rows = [{**asdict(p), **p.shares} for p in _periods()]
    members = sorted({iso3 for p in _periods() for iso3 in p.shares})
    return pd.DataFrame(rows)[["since", "until", *members, "inferred", "source", "confidence", "note"]]


@functools.lru_cache
def _periods() -> list[DutyShares]:
    return read_periods(table_path("duty_shares"))


def read_periods(path: Path) -> list[DutyShares]:
    """duty_shares.toml, checked: each row adds to 100, periods follow each other without overlap."""
    found = []
    for number, row in enumerate(read_table(path).get("period", []), start=1):
        given = (
            {"since": row["from"]} | {k: v for k, v in row.items() if k != "from"}
            if isinstance(row, dict) and "from" in row
            else row
        )
        found.append(parse(DutyShares, given, f"{path}, period {number}"))
        for iso3 in found[-1].shares:
            _known(iso3, f"{path}, period {number}")
    if not found:
        raise NoDataError(f"{path} has no period")
    found.sort(key=lambda p: p.since)
    for earlier, later in itertools.pairwise(found):
        if earlier.until is None or earlier.until >= later.since:
            raise BadInputError(f"{path}: the periods from {earlier.since} and from {later.since} overlap")
    return found


def tariff_changes() -> pd.DataFrame:
    """Published average tariffs before and after: economy, measure, before, after (%), years, source, confidence, note.

    Statements without figures stand under the measure "statement", their text in ``note``.
    """
    import pandas as pd

    path = table_path("tariff_changes")
    raw = read_table(path)
    rows = [parse(TariffChange, row, f"{path}, change {n}") for n, row in enumerate(raw.get("change", []), start=1)]
    rows += [
        TariffChange(iso3, "statement", row["source"], row["confidence"], note=row["text"])
        for row in raw.get("relative", [])
        for iso3 in row["economies"]
    ]
    for row in rows:
        _known(row.economy, str(path))
    return pd.DataFrame([asdict(row) for row in rows])
