"""The shipped files: is each what it was when the package was built, and what do the records of the tables state?

``data/SHA256SUMS`` lists every file that ships, as ``sha256sum`` writes it; scripts/list_hashes.py makes it. The tables
that are no World Bank series (data/trade, data/remittances) also have records: JSON files of name -> {rows, bytes,
sha256, ...}.
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
LIST, NOTEBOOKS, SCENARIOS = "SHA256SUMS", "notebooks", "scenarios"


def verify_tables(data: Path | None = None) -> tuple[int, list[str]]:
    """How many files ship, and what is wrong with them, a sentence each; none when all is well."""
    data = data or settings.data_dir()
    count, problems = _verify_list(data)
    named = " ".join(problems)
    for folder in FOLDERS:
        path = data / folder
        records, unread = _records(path)
        problems += unread
        for name, record in sorted(records.items()):
            if f"'{folder}/{name}.parquet'" not in named:
                problems += _problems(path, name, record)
        unlisted = sorted({p.stem for p in path.glob("*.parquet")} - set(records))
        problems += [f"file '{folder}/{name}.parquet' has no record in {folder}/*.json" for name in unlisted]
    return count, problems


def write_hashes(data: Path | None = None) -> None:
    """Write the list of hashes of every shipped file anew, after one of them was changed on purpose."""
    data = data or settings.data_dir()
    files.write_text(data / LIST, "".join(f"{_hash(path)}  {name}\n" for name, path in shipped_files(data).items()))


def shipped_files(data: Path) -> dict[str, Path]:
    """Every file that ships, by its name in the list: those of ``data``, and the notebooks (in a checkout beside it)."""
    found = {path.relative_to(data).as_posix(): path for path in data.rglob("*") if path.is_file()}
    found |= {f"{NOTEBOOKS}/{path.name}": path for path in (data.parent / NOTEBOOKS).glob("[0-9]*.py")}
    hidden = {name for name in found if any(part.startswith((".", "__")) for part in name.split("/"))}
    return {name: found[name] for name in sorted(found.keys() - hidden - {LIST})}


def differs_from_shipped(path: Path) -> bool:
    """Whether a file in the folder of the shipped data is not the one that ships; False for what is not listed."""
    data = settings.data_dir()
    recorded = read_hashes(data).get(path.relative_to(data).as_posix()) if path.is_relative_to(data) else None
    return recorded is not None and _hash(path) != recorded


def read_hashes(data: Path) -> dict[str, str]:
    """SHA-256 by name of the file; empty when there is no list."""
    try:
        lines = (data / LIST).read_bytes().decode("utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    return {name: found for found, _, name in (line.partition("  ") for line in lines if line)}


def _verify_list(data: Path) -> tuple[int, list[str]]:
    """How many files the list names, and what is wrong with them."""
    listed = read_hashes(data)
    if not listed:
        return 0, [f"the shipped data have no list of hashes, {LIST}: the installation is incomplete"]
    there = shipped_files(data)
    problems = [f"{_called(name)} is missing" for name in sorted(listed.keys() - there.keys())]
    for name, path in there.items():
        if name not in listed:
            problems.append(f"file {name!r} is not in the list of shipped files, {LIST}")
        elif (own := _hash(path)) != listed[name]:
            shown = f"its hash is {own[:12]}..., recorded is {listed[name][:12]}..."
            problems.append(f"{_called(name)} was changed: {shown}")
    return len(listed), problems


def _called(name: str) -> str:
    folder, _, file = name.partition("/")
    if folder == SCENARIOS and file.endswith(".toml"):
        return f"shipped scenario {file.removesuffix('.toml')!r} ({name!r})"
    return f"shipped file {name!r}"


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
