"""The tables of this stage: ``remittances.toml``, and the pinned corridors with their records."""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import settings
from ..errors import IntegrityError, NoDataError, unknown
from ..reference.catalogue import read_table, table_path
from ..series import SeriesInfo

FOLDER = "remittances"
MANIFEST = "remittances.json"


@cache
def remittance_tables() -> dict[str, Any]:
    """``data/tables/remittances.toml``: pins, artefacts, measured shares, sample, patents, published values."""
    return read_table(table_path("remittances"))


def remittance_manifest() -> dict[str, dict[str, Any]]:
    """``remittances.json``: a record per pinned table. NoDataError when nothing is pinned."""
    return _manifest(settings.data_dir())


@cache
def _manifest(data: Path) -> dict[str, dict[str, Any]]:
    path = data / FOLDER / MANIFEST
    if not path.is_file():
        raise NoDataError(f"no remittance corridors are pinned: {str(path)!r} is missing")
    read: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return read


def _record(name: str) -> dict[str, Any]:
    known = remittance_manifest()
    if name not in known:
        raise unknown("remittance table", name, known, {k: v["label"] for k, v in known.items()})
    return known[name]


def remittance_table_info(name: str) -> SeriesInfo:
    """Source, vintage, licence and unit of a pinned table."""
    record = _record(name)
    kept = {key: record[key] for key in ("label", "unit", "source", "vintage", "retrieved", "licence", "note")}
    return SeriesInfo(code=f"{FOLDER}/{name}", kind="level", **kept)


def load_remittance_table(name: str) -> pd.DataFrame:
    """A pinned table of ``data/remittances`` ("matrix_2017", "stock_undesa", ...), its SHA-256 checked.

    Raises BadInputError for an unknown name, NoDataError when it is missing, IntegrityError when it was altered.
    """
    return _read(name, settings.data_dir()).copy()


@cache  # corridors are asked for origin by origin
def _read(name: str, folder: Path) -> pd.DataFrame:
    record = _record(name)
    path = folder / FOLDER / f"{name}.parquet"
    if not path.is_file():
        raise NoDataError(f"the pinned table {name!r} is missing: {str(path)!r}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != record["sha256"]:
        raise IntegrityError(f"{path.name} does not match the SHA-256 in {MANIFEST}: pin the corridors again")
    return pd.read_parquet(io.BytesIO(data))


def patents() -> pd.DataFrame:
    """What is known or assumed of patents, by entry: ``value, low, high, unit, source, known_in, confidence, note``."""
    frame = pd.DataFrame.from_dict(remittance_tables()["patents"], orient="index")
    frame.index.name = "entry"
    return frame.reindex(columns=["value", "low", "high", "unit", "source", "known_in", "confidence", "note"])


def known_by(year: int) -> pd.DataFrame:
    """What of this stage could be had at the end of ``year``: ``piece, known, note``, for a question as of then.

    ``known`` is "yes", "revised" (of years that had passed, in an edition that came later) or "no".
    """
    rows = []
    for name, record in sorted(remittance_manifest().items()):
        first = int(record["years"][0])
        known = "yes" if record["known_in"] <= year else "revised" if first <= year else "no"
        rows.append((name, known, f"figures from {first}, this edition known in {record['known_in']}"))
    for entry, row in patents().iterrows():
        if pd.notna(row["known_in"]):
            rows.append((f"patents: {entry}", "yes" if row["known_in"] <= year else "no", str(row["unit"])))
    for share in remittance_tables()["measured"]:
        text = f"share of {share['destination']} in {share['of']} of {share['origin']}, {share['source']}"
        rows.append((f"measured {share['origin']}", "yes" if share["year"] <= year else "no", text))
    judged = int(remittance_tables()["rights"]["first_judged"])
    series = "World Bank series are of the editions pinned, in which past years are revised"
    rows.append(("remittances, rate, GDP", "revised", series))
    rows.append(
        ("work rights", "yes" if year >= judged else "no", f"members' remittances after joining: from {judged}")
    )
    return pd.DataFrame(rows, columns=["piece", "known", "note"])


ORIGINS = ("ARM", "AZE", "BLR", "GEO", "KAZ", "KGZ", "MDA", "TJK", "TKM", "UKR", "UZB")


OTHERS, WORLD = "OTH", "WLD"  # destinations that a source does not name; its printed total
