"""What a source holds, as tables and plain dictionaries: for ``eaeu data list`` and ``eaeu data show``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..errors import BadInputError, NoDataError
from ..reference import economies as names
from ..reference.catalogue import catalogue, indicator
from . import Source
from .pinned import COUNTS, PinnedSource, summarise

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


def describe(source: Source, code: str, economies: Sequence[str] | None = None) -> dict[str, Any]:
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
        frame = source.read(code, info.vintage or None).frame
        record: dict[str, Any] = {"vintage": info.vintage, "default": len(entries) == 1}
        if isinstance(source, PinnedSource):
            resource = source.resource(code, info.vintage)
            record |= {name: resource.get(name, "") for name in ("default", "hash", "path", "via")}
        record |= {n: getattr(info, n) for n in ("source", "vintage_note", "retrieved", "licence", "note")}
        record |= summarise(frame.assign(aggregate=frame["economy"].map(names.is_aggregate).astype(bool)))
        record["coverage"] = [coverage(frame, economy) for economy in wanted]
        vintages.append(record)
    first = entries[0]
    described: dict[str, Any] = {"code": code, "label": first.label, "unit": first.unit, "kind": first.kind}
    described |= from_catalogue(code) | {"vintages": vintages, "sentence": _sentence(code, vintages)}
    return described


def coverage(frame: pd.DataFrame, economy: str) -> dict[str, Any]:
    """How much of one economy a series has: first, last, present, missing_inside, zeros."""
    own = frame[frame["economy"] == economy]
    row: dict[str, Any] = {"economy": economy, "name": names.economy_name(economy), "first": None, "last": None}
    if len(own):
        row |= {"first": int(own["year"].min()), "last": int(own["year"].max())}
    inside = row["last"] - row["first"] + 1 - len(own) if len(own) else 0
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
