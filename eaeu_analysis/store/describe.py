"""All that the store knows of one series, as a plain dictionary: for ``eaeu data show --stored``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import NoDataError
from ..reference import economies as names
from ..sources.listing import ECONOMIES, coverage, from_catalogue
from ..sources.pinned import summarise
from .entry import KEYS, Entry
from .store import Store


def describe(store: Store, code: str, economies: Sequence[str] | None = None) -> dict[str, Any]:
    """In the form of :func:`eaeu_analysis.sources.listing.describe`, with what a store keeps beside the values.

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
    default = max(held, key=lambda e: (not e.request.version, e.vintage, e.retrieved_at))
    first = default.series
    described: dict[str, Any] = {"code": code, "label": first.label, "unit": first.unit, "kind": first.kind}
    vintages = [_vintage(store, entry, wanted) | {"default": entry is default} for entry in held]
    count = f"{len(held)} entries of {code} in the store, never spliced" if len(held) > 1 else f"one entry of {code}"
    return described | from_catalogue(code) | {"vintages": vintages, "sentence": count}


def _vintage(store: Store, entry: Entry, economies: Sequence[str]) -> dict[str, Any]:
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
        record |= summarise(frame.assign(aggregate=frame["economy"].map(names.is_aggregate).astype(bool)))
        return record | {"coverage": [coverage(frame, economy) for economy in economies]}
    years = frame["year"]
    counts = {"first_year": int(years.min()), "last_year": int(years.max()), "observations": len(frame)}
    return record | counts | {"keys": list(entry.keys), "coverage": []}
