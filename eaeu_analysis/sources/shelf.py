"""What the shipped tables that are no World Bank series hold: for ``eaeu data list`` and ``eaeu data show``.

A table is named by its folder and its name (``trade/world_2019``); the name alone will do.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .. import settings
from ..errors import IntegrityError, unknown
from ..reference import economies as names
from ..reference.shipped import FOLDERS, read_records
from .listing import ECONOMIES

COLUMNS = ("code", "vintage", "default", "label", "unit", "kind", "source", "retrieved", "licence")
FACTS = ("unit", "source", "vintage", "retrieved", "licence", "note", "rows", "bytes", "sha256", "source_sha256")
SIDES = ("exporter", "importer")
ECONOMY_COLUMNS = (*SIDES, "economy", "iso3", "origin", "destination", "partner")


def records(data: Path | None = None) -> dict[str, dict[str, Any]]:
    """The record of every shipped table, by ``folder/name``; none where a folder has no records."""
    found: dict[str, dict[str, Any]] = {}
    for folder in FOLDERS:
        for path in sorted(((data or settings.data_dir()) / folder).glob("*.json")):
            found |= {f"{folder}/{name}": record for name, record in read_records(path).items()}
    return dict(sorted(found.items()))


def holds(name: str) -> bool:
    """Whether ``name`` is a shipped table, by its folder and name or its name alone."""
    return any(name in (code, code.partition("/")[2]) for code in records())


def list_tables() -> pd.DataFrame:
    """A row per shipped table with the columns of the list of series; years where the record has them."""
    rows = []
    for code, record in records().items():
        row: dict[str, Any] = {"code": code, "default": True, "kind": "table"}
        row |= {name: record.get(name, "") for name in ("vintage", "label", "unit", "source", "retrieved", "licence")}
        first, last = record.get("years") or (pd.NA, pd.NA)
        rows.append(row | {"first_year": first, "last_year": last, "observations": record["rows"]})
    return pd.DataFrame(rows)


def describe(name: str, economies: Sequence[str] | None = None) -> dict[str, Any]:
    """All that is known of one shipped table; JSON-ready.

    Keys: code, label and :data:`FACTS`; ``columns`` with their units where named; ``left_out`` (rows of the source that
    were not taken, by reason); ``years``; ``products``, ``bases``, ``statuses`` (what a table of flows holds); and
    ``coverage``: per economy and side the number of flows, partners, zeros, and the years.
    Raises BadInputError for an unknown table (with the near match), IntegrityError when it is missing.
    """
    known = records()
    code = next((c for c in known if name in (c, c.partition("/")[2])), None)
    if code is None:
        raise unknown("shipped table", name, known, {c: r["label"] for c, r in known.items()})
    record = known[code]
    path = settings.data_dir() / f"{code}.parquet"
    if not path.is_file():
        raise IntegrityError(f"shipped table {code!r} is missing")
    frame = pd.read_parquet(path)
    found: dict[str, Any] = {"code": code, "label": record["label"], "kind": "table"}
    found |= {fact: record.get(fact, "") for fact in FACTS}
    found |= {"columns": list(frame.columns), "left_out": record.get("dropped", record.get("counts", {}))}
    found["years"] = _span(frame["year"]) if "year" in frame else None
    for key, column in (("products", "product"), ("bases", "basis"), ("statuses", "status")):
        found[key] = _values(frame, column)
    wanted = [names.resolve(e) for e in economies] if economies is not None else list(ECONOMIES)
    sides = [column for column in ECONOMY_COLUMNS if column in frame.columns]
    found["coverage"] = [row for e in wanted for side in sides if (row := _coverage(frame, e, side))]
    return found


def _span(years: pd.Series[Any]) -> list[int]:
    return [int(years.min()), int(years.max())]


def _values(frame: pd.DataFrame, column: str) -> dict[str, int]:
    """How often each value comes, the most frequent twelve."""
    if column not in frame:
        return {}
    counts = frame[column].astype(str).replace("", "(none)").value_counts().sort_index().sort_values(
        ascending=False, kind="stable"
    )  # fmt: skip
    return {str(value): int(n) for value, n in counts.head(12).items()}


def _coverage(frame: pd.DataFrame, economy: str, side: str) -> dict[str, Any]:
    own = frame[frame[side] == economy]
    row: dict[str, Any] = {"economy": economy, "name": names.economy_name(economy), "side": side, "rows": len(own)}
    if "year" in frame:
        years = sorted({int(y) for y in own["year"]})
        row |= {"years": years, "first": years[0] if years else None, "last": years[-1] if years else None}
    other = {"exporter": "importer", "importer": "exporter", "origin": "destination", "destination": "origin"}.get(side)
    if other in frame.columns:
        row["partners"] = int(own[other].nunique())
    if "usd" in frame:
        row["zeros"] = int((own["usd"] == 0).sum())
    return row
