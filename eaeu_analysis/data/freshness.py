"""How old the data are: the newest edition, the age of each series, who is missing from its newest year, what is due.

Nothing here asks the network or reads a clock: ages are counted to the newest edition of the shipped series, and
:func:`outdated` to a day that it is given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..errors import BadInputError
from ..reference.catalogue import indicator, read_table, table_path
from ..series import SeriesInfo
from .listing import ECONOMIES, records
from .sources.pinned import PinnedSource

if TYPE_CHECKING:
    from .store.store import Store

FOLDERS = ("trade/", "remittances/")


@lru_cache
def data_as_of() -> str:
    """The newest edition among the shipped World Bank series, as a day such as "2026-06-29"."""
    return max(info.vintage for info in PinnedSource().entries() if len(info.vintage) == len("2026-06-29"))


def newest_edition(infos: Iterable[SeriesInfo]) -> str:
    """The newest day that one of these series is of; that of the shipped data where none states a day."""
    parts = [part for info in infos for part in (info.derived_from or (info,))]
    return max((part.vintage for part in parts if len(part.vintage) == len("2026-06-29")), default=data_as_of())


def freshness(infos: Iterable[SeriesInfo]) -> pd.DataFrame:
    """The age of each series, a row each: ``code``, ``vintage``, ``last_year``, ``age``, ``missing``.

    ``last_year`` is the newest year with a value of an economy, ``age`` the years from it to the newest edition of
    these series, ``missing`` which of the members, the observer and their neighbours have no value in it. Of a table
    of flows only the years are known; of data that are not shipped nothing is, which is missing, not zero.
    """
    infos = list(infos)
    newest, tables, source = int(newest_edition(infos)[:4]), records(), PinnedSource()
    rows = [{"code": i.code, "vintage": i.vintage, **_newest_year(i, tables, source)} for i in infos]
    table = pd.DataFrame(rows, columns=["code", "vintage", "last_year", "missing"])
    table["last_year"] = table["last_year"].astype("Int64")
    table.insert(3, "age", newest - table["last_year"])
    return table


def _newest_year(info: SeriesInfo, tables: dict[str, dict[str, Any]], source: PinnedSource) -> dict[str, Any]:
    if info.code.startswith(FOLDERS):
        years = tables.get(info.code, {}).get("years")
        return {"last_year": years[1] if years else None, "missing": ""}
    if info.vintage not in source.vintages(info.code):
        return {"last_year": None, "missing": ""}
    resource = source.resource(info.code, info.vintage)
    last = int(resource["last_year"])
    there = set(_economies_of(str(source.root), info.code, info.vintage, last))
    return {"last_year": last, "missing": ", ".join(code for code in ECONOMIES if code not in there)}


@lru_cache(maxsize=256)
def _economies_of(root: str, code: str, vintage: str, year: int) -> tuple[str, ...]:
    frame = PinnedSource(root).read(code, vintage).frame
    return tuple(sorted(frame.loc[frame["year"] == year, "economy"]))


@dataclass(frozen=True)
class EditionRhythm:
    """How often a source publishes an edition, after data/tables/editions.toml."""

    source: str
    days: int
    reason: str


@lru_cache
def edition_rhythms() -> tuple[EditionRhythm, ...]:
    """The rows of data/tables/editions.toml."""
    rows = read_table(table_path("editions"))["rhythm"]
    return tuple(EditionRhythm(**row) for row in rows)


def outdated(on: dt.date, store: Store | None = None) -> pd.DataFrame:
    """The shipped series that a live pull on the day ``on`` would renew.

    Columns ``code``, ``vintage`` (of the edition that leads), ``last_year``, ``editions`` (how many have appeared since
    by the rhythm of the source, at least), ``stored`` (a newer edition in ``store``, empty without one), ``label``.
    A series is listed when an edition is due, when a shipped series of the same source has a newer edition, or when the
    store has one. Series that no live service has are not listed. Raises BadInputError for a day before the newest
    edition.
    """
    if on.isoformat() < data_as_of():
        raise BadInputError(
            f"the day {on.isoformat()} is before {data_as_of()}, the newest edition of the shipped data"
        )
    source = PinnedSource()
    leading = [resource for resource in source.resources() if resource["default"]]
    newest: dict[str, str] = {}
    for resource in leading:
        newest[resource["source"]] = max(newest.get(resource["source"], ""), resource["vintage"])
    rhythms = {rhythm.source: rhythm.days for rhythm in edition_rhythms()}
    rows = []
    for resource in leading:
        if not indicator(resource["code"]).database:
            continue
        vintage, publisher = str(resource["vintage"]), str(resource["source"])
        days = rhythms.get(publisher)
        since = (on - _day(vintage)).days // days if days else 0
        known = int(newest[publisher] > vintage)
        stored = _stored(store, resource["code"], vintage)
        if since or known or stored:
            row = {name: resource[name] for name in ("code", "vintage", "last_year")}
            rows.append({**row, "editions": max(since, known), "stored": stored, "label": resource["label"]})
    return pd.DataFrame(rows, columns=["code", "vintage", "last_year", "editions", "stored", "label"])


def _stored(store: Store | None, code: str, vintage: str) -> str:
    held = [entry.vintage for entry in store.entries(code) if not entry.request.version] if store else []
    return max((found for found in held if found > vintage), default="")


def _day(vintage: str) -> dt.date:
    """The last day that a vintage can be of: of a year or a month its end."""
    parts = [int(part) for part in vintage.split("-")]
    if len(parts) == 3:
        return dt.date(*parts)
    year, month = (parts[0], parts[1]) if len(parts) == 2 else (parts[0], 12)
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)
