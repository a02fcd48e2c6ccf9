"""What a source has, as tables and plain dictionaries: for ``eaeu data list`` and ``eaeu data show``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .. import settings
from ..errors import BadInputError, IntegrityError, NoDataError, unknown
from ..reference import economies as names
from ..reference.catalogue import catalogue, indicator
from ..reference.corrections import apply_to_flows, load_flow_corrections
from ..reference.shipped_tables import FOLDERS, read_records
from ..series import period_text
from .sources import Source
from .sources.pinned import COUNTS, PinnedSource, series_counts

if TYPE_CHECKING:
    from .store.entry import StoreEntry
    from .store.store import Store

ECONOMIES = ("KGZ", "ARM", "BLR", "KAZ", "RUS", "UZB", "TJK", "TKM", "MDA", "GEO", "AZE", "UKR")
"""Whose coverage is shown: the members of the EAEU, its observer, and the neighbours they are compared with."""


def list_entries(source: Source) -> pd.DataFrame:
    """A row per series and vintage: code, vintage, default, label, unit, kind, source, retrieved, and the counts.

    Counts (first_year, last_year, economies, aggregates, observations, zeros) are those a pin records; for
    other sources they are missing, since counting would mean reading everything.
    """
    pinned = source.resources() if isinstance(source, PinnedSource) else None
    rows = []
    for number, info in enumerate(source.entries()):
        row: dict[str, Any] = {"code": info.code, "vintage": info.vintage, "default": True}
        row |= {name: getattr(info, name) for name in ("label", "unit", "kind", "source", "retrieved", "licence")}
        if pinned is not None:
            row |= {name: pinned[number][name] for name in ("default", *COUNTS)}
        rows.append(row)
    return pd.DataFrame(rows)


def only_live(source: Source) -> pd.DataFrame:
    """Series the catalogue lists and the source lacks: code, label, unit, topic."""
    have = {info.code for info in source.entries()}
    table = catalogue()
    missing = table[~table.index.isin(have)]
    found: pd.DataFrame = missing[["label", "unit", "topic"]].rename_axis("code").reset_index()
    return found


def describe_series(source: Source, code: str, economies: Sequence[str] | None = None) -> dict[str, Any]:
    """All that is known of one series in a source; JSON-ready.

    Keys: code, label, unit, kind, topic, sign, note (from the catalogue, "" when it does not know the code),
    ``vintages`` (default first; each with source, vintage, vintage_note, retrieved, licence, note, hash, the
    counts, and ``coverage``: economy, name, first, last, present, missing_inside, zeros), and ``sentence``,
    which says when there are several vintages. ``code`` may be ``CODE@VINTAGE``.
    Raises NoDataError or BadInputError when the source lacks the series.
    """
    code, _, only = code.partition("@")
    entries = [info for info in source.entries() if info.code == code and only in ("", info.vintage)]
    if not entries:
        source.read(code, only or None)  # raises with what the source has instead
        raise NoDataError(f"series {code!r} is not in the source")
    wanted = [names.resolve(e) for e in economies] if economies is not None else list(ECONOMIES)
    vintages = []
    for info in entries:
        data = source.read(code, info.vintage or None)
        frame = data.frame
        record: dict[str, Any] = {"vintage": info.vintage, "default": len(entries) == 1}
        if isinstance(source, PinnedSource):
            resource = source.resource(code, info.vintage)
            record |= {name: resource.get(name, "") for name in ("default", "hash", "path", "via")}
        record |= {n: getattr(info, n) for n in ("source", "vintage_note", "retrieved", "licence", "note")}
        groups = frame["economy"].map(names.is_aggregate).astype(bool)
        record |= series_counts(frame.assign(aggregate=groups), data.freq)
        record["coverage"] = [economy_coverage(frame, economy, data.freq) for economy in wanted]
        vintages.append(record)
    first = entries[0]
    described: dict[str, Any] = {"code": code, "label": first.label, "unit": first.unit, "kind": first.kind}
    described |= from_catalogue(code) | {"vintages": vintages, "sentence": _sentence(code, vintages)}
    return described


def economy_coverage(frame: pd.DataFrame, economy: str, freq: str = "Y") -> dict[str, Any]:
    """How much of one economy a series has: first, last (years, or texts of months and quarters), present,
    missing_inside, zeros."""
    own = frame[frame["economy"] == economy]
    row: dict[str, Any] = {"economy": economy, "name": names.economy_name(economy), "first": None, "last": None}
    if len(own):
        row |= {"first": int(own["year"].min()), "last": int(own["year"].max())}
    inside = row["last"] - row["first"] + 1 - len(own) if len(own) else 0
    if len(own) and freq != "Y":
        row |= {end: period_text(freq, row[end]) for end in ("first", "last")}
    return row | {"present": len(own), "missing_inside": inside, "zeros": int((own["value"] == 0).sum())}


def from_catalogue(code: str) -> dict[str, str]:
    """Topic, sign and note of a series; empty when the catalogue does not know it."""
    try:
        known = indicator(code)
    except BadInputError:
        return dict.fromkeys(("topic", "sign", "note"), "")
    return {name: str(getattr(known, name, "")) for name in ("topic", "sign", "note")}


def _sentence(code: str, vintages: list[dict[str, Any]]) -> str:
    if len(vintages) == 1:
        return f"one vintage of {code}: {vintages[0]['vintage'] or 'undated'}"
    listed = " and ".join(
        f"{v['vintage'] or 'undated'} ({v['first_year']}-{v['last_year']}, {v['economies']} economies"
        f"{', the default' if v['default'] else ''})"
        for v in vintages
    )
    return f"{len(vintages)} vintages of {code}, never spliced: {listed}; name one as {code}@VINTAGE"


# What the shipped tables that are no World Bank series hold: for ``eaeu data list`` and ``eaeu data show``.

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


def has_table(name: str) -> bool:
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


def describe_table(name: str, economies: Sequence[str] | None = None) -> dict[str, Any]:
    """All that is known of one shipped table; JSON-ready.

    Keys: code, label and :data:`FACTS`; ``columns`` with their units where named; ``left_out`` (rows of the source that
    were not taken, by reason); ``corrections`` (basis, reason, source, and each flow with the old and the new value;
    what follows is of the corrected table); ``years``; ``products``, ``bases``, ``statuses`` (of a table of flows); and
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
    corrections = load_flow_corrections(code)
    frame = apply_to_flows(pd.read_parquet(path), corrections)
    found: dict[str, Any] = {"code": code, "label": record["label"], "kind": "table"}
    found |= {fact: record.get(fact, "") for fact in FACTS}
    found |= {"columns": list(frame.columns), "left_out": record.get("dropped", record.get("counts", {}))}
    found["corrections"] = [
        {"basis": one.basis, "reason": one.reason, "source": one.source, "flows": one.rows()} for one in corrections
    ]
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


# All that the store knows of one series, as a plain dictionary: for ``eaeu data show --stored``.


def describe_stored(store: Store, code: str, economies: Sequence[str] | None = None) -> dict[str, Any]:
    """In the form of :func:`describe`, with what a store keeps in addition to the values.

    Each of ``vintages`` also has ``endpoint``, ``retrieved_at``, ``asked`` (economies and years, in words), ``notes``,
    ``footnotes`` (economy, year, status, text) and ``problems``. The default is the latest release that is no archived
    version. Raises NoDataError when the store does not have the series.
    """
    code, _, only = code.partition("@")
    held = [entry for entry in store.entries(code) if only in ("", entry.vintage)]
    if not held:
        store.find(code, only or None)  # raises with what the store has instead
        raise NoDataError(f"series {code!r} is not in the store")
    wanted = [names.resolve(e) for e in economies] if economies is not None else list(ECONOMIES)
    default = store.leading([e for e in held if not e.request.version] or held)
    first = default.series
    described: dict[str, Any] = {"code": code, "label": first.label, "unit": first.unit, "kind": first.kind}
    vintages = [_vintage(store, entry, wanted) | {"default": entry is default} for entry in held]
    count = f"{len(held)} entries of {code} in the store, never spliced" if len(held) > 1 else f"one entry of {code}"
    return described | from_catalogue(code) | {"vintages": vintages, "sentence": count}


def _vintage(store: Store, entry: StoreEntry, economies: Sequence[str]) -> dict[str, Any]:
    from .store.entry import KEYS  # here, because it brings the network libraries

    asked = entry.request
    frame = store.read(entry).frame
    record: dict[str, Any] = {"vintage": entry.vintage, "hash": f"sha256:{entry.sha256}"}
    record |= {n: getattr(entry.series, n) for n in ("source", "vintage_note", "retrieved", "licence", "note")}
    record |= {
        "endpoint": asked.endpoint,
        "retrieved_at": entry.retrieved_at,
        "asked": f"{', '.join(asked.economies) if asked.economies else 'all economies'}, "
        f"{f'{asked.years[0]}-{asked.years[-1]}' if asked.years else 'all years'}",
        "notes": dict(entry.notes),
        "footnotes": [list(note) for note in entry.footnotes],
        "problems": list(entry.problems),
    }
    if entry.keys == KEYS:
        groups = frame["economy"].map(names.is_aggregate).astype(bool)
        record |= series_counts(frame.assign(aggregate=groups), entry.freq)
        return record | {"coverage": [economy_coverage(frame, economy, entry.freq) for economy in economies]}
    years = frame["year"]
    counts = {"first_year": int(years.min()), "last_year": int(years.max()), "observations": len(frame)}
    return record | counts | {"keys": list(entry.keys), "coverage": []}
