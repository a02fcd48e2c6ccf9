"""The shipped tables that are no World Bank series (data/trade, data/remittances): are they what their records say?

A folder holds Parquet tables and records of them: JSON files of name -> {rows, bytes, sha256, ...}. What was computed
ahead (data/results) is files of several kinds, with their hashes in one list as ``sha256sum`` writes it.
"""

from __future__ import annotations

import hashlib
import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import files, settings
from ..errors import IntegrityError, NoDataError, unknown
from ..series import SeriesInfo

FOLDERS = ("remittances", "trade")
RESULTS, LIST = "results", "SHA256SUMS"


def verify_tables(data: Path | None = None) -> tuple[int, list[str]]:
    """How many tables the records name, and what is wrong with them, a sentence each; none when all is well."""
    count, problems = 0, []
    for folder in FOLDERS:
        path = (data or settings.data_dir()) / folder
        records, unread = _records(path)
        problems += unread
        count += len(records)
        for name, record in sorted(records.items()):
            problems += _problems(path, name, record)
        unlisted = sorted({p.stem for p in path.glob("*.parquet")} - set(records))
        problems += [f"file '{folder}/{name}.parquet' has no record in {folder}/*.json" for name in unlisted]
    results, found = _results((data or settings.data_dir()) / RESULTS)
    return count + results, problems + found


def list_results(folder: Path | None = None) -> None:
    """Write the list of hashes anew, after a script wrote its results there."""
    folder = folder or settings.data_dir() / RESULTS
    lines = [f"{_hash(path)}  {path.name}\n" for path in _listable(folder)]
    files.write_text(folder / LIST, "".join(lines))


def _results(folder: Path) -> tuple[int, list[str]]:
    """How many results the list names, and what is wrong with them."""
    if not (folder / LIST).is_file():
        return 0, [f"folder {folder.name!r} of the shipped data has no list of hashes, {LIST}"]
    lines = (folder / LIST).read_text(encoding="utf-8").splitlines()
    listed = {name: found for found, _, name in (line.partition("  ") for line in lines if line)}
    there = {path.name: path for path in _listable(folder)}
    problems = [f"shipped result '{folder.name}/{name}' is missing" for name in sorted(listed.keys() - there.keys())]
    for name, path in there.items():
        if name not in listed:
            problems.append(f"file '{folder.name}/{name}' is not in {folder.name}/{LIST}")
        elif (own := _hash(path)) != listed[name]:
            shown = f"its hash is {own[:12]}..., recorded is {listed[name][:12]}..."
            problems.append(f"shipped result '{folder.name}/{name}' was changed: {shown}")
    return len(listed), problems


def _listable(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name != LIST)


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _records(path: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    found: dict[str, dict[str, Any]] = {}
    problems = []
    manifests = sorted(path.glob("*.json"))
    if not manifests:
        problems.append(f"folder {path.name!r} of the shipped data has no record of its tables")
    for manifest in manifests:
        try:
            found |= read_records(manifest)
        except IntegrityError:
            problems.append(f"{path.name}/{manifest.name} is no JSON record of tables")
    return found, problems


def read_records(manifest: Path) -> dict[str, dict[str, Any]]:
    """The records of tables in one JSON file; raises IntegrityError when it is none of records."""
    try:
        read = json.loads(manifest.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{str(manifest)!r} is no JSON: {error}") from error
    if not isinstance(read, dict) or not all(
        isinstance(r, dict) and {"label", "rows"} <= set(r) for r in read.values()
    ):
        raise IntegrityError(f"{str(manifest)!r} is no record of tables")
    return read


def _problems(path: Path, name: str, record: dict[str, Any]) -> list[str]:
    import pyarrow.parquet as pq

    table = path / f"{name}.parquet"
    shown = f"'{path.name}/{table.name}'"
    if not table.is_file():
        return [f"shipped table {shown} is missing"]
    found, recorded = _hash(table), str(record.get("sha256", ""))
    if found != recorded:
        return [f"shipped table {shown} was changed: its hash is {found[:12]}..., recorded is {recorded[:12]}..."]
    rows = pq.read_metadata(table).num_rows
    return (
        [] if rows == record["rows"] else [f"shipped table {shown} has {rows} rows, not {record['rows']} as recorded"]
    )


# reference.shipped_tables.


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
