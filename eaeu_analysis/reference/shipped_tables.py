"""reference.shipped_tables."""

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
from ..series import SeriesInfo


@cache
def flow_manifest() -> dict[str, dict[str, Any]]:
    """``flows.json``: a record per pinned table. NoDataError when nothing is pinned."""
    path = settings.data_dir() / "trade" / "flows.json"
    if not path.is_file():
        raise NoDataError(f"no bilateral flows are pinned: {str(path)!r} is missing")
    read: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return read


def trade_table_info(name: str) -> SeriesInfo:
    """Source, vintage, licence and unit of a pinned table."""
    record = _flow_record(name)
    return SeriesInfo(
        code=f"trade/{name}",
        label=record["label"],
        unit=record["unit"],
        kind="level",
        source=record["source"],
        vintage=record["vintage"],
        retrieved=record["retrieved"],
        licence=record["licence"],
        note=record["note"],
    )


def load_trade_table(name: str) -> pd.DataFrame:
    """A pinned table of ``data/trade`` ("world_4yearly", "distances", ...), its SHA-256 checked.

    Raises BadInputError for an unknown name, NoDataError when it is missing, IntegrityError when it was altered.
    """
    record = _flow_record(name)
    path = settings.data_dir() / "trade" / f"{name}.parquet"
    if not path.is_file():
        raise NoDataError(f"the pinned table {name!r} is missing: {str(path)!r}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != record["sha256"]:
        raise IntegrityError(f"{path.name} does not match the SHA-256 in flows.json: pin the flows again")
    return pd.read_parquet(io.BytesIO(data))


def _flow_record(name: str) -> dict[str, Any]:
    known = flow_manifest()
    if name not in known:
        raise unknown("trade table", name, known, {k: v["label"] for k, v in known.items()})
    return known[name]


MANIFEST = "tariffs.json"


# -- reading back ----------------------------------------------------------------------------------------------------
def tariff_manifest(folder: Path | None = None) -> dict[str, dict[str, Any]]:
    """``tariffs.json``; :class:`NoDataError` when nothing is pinned."""
    path = (folder or settings.data_dir() / "trade") / MANIFEST
    if not path.is_file():
        raise NoDataError(f"no tariffs are pinned: {str(path)!r} is missing")
    read: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return read


def load_tariff_table(name: str, folder: Path | None = None) -> pd.DataFrame:
    """A pinned table. Raises :class:`IntegrityError` when its bytes are not those that were pinned."""
    record = _tariff_record(name, folder)
    path = (folder or settings.data_dir() / "trade") / f"{name}.parquet"
    if not path.is_file():
        raise NoDataError(f"the pinned table {name!r} is missing: {str(path)!r}")
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != record["sha256"]:
        raise IntegrityError(f"the pinned table {name!r} differs from its recorded hash; pin it again")
    return pd.read_parquet(io.BytesIO(data))


def tariff_table_info(name: str, folder: Path | None = None) -> SeriesInfo:
    """Source, vintage, licence and unit of a pinned table."""
    record = _tariff_record(name, folder)
    keys = ("label", "unit", "source", "vintage", "retrieved", "licence", "note")
    return SeriesInfo(code=f"trade/{name}", **{key: record[key] for key in keys})


def _tariff_record(name: str, folder: Path | None) -> dict[str, Any]:
    known = tariff_manifest(folder)
    if name not in known:
        raise unknown("pinned table", name, known)
    return known[name]
