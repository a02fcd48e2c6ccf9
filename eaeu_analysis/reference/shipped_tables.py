"""The shipped files: is each what it was when the package was built, and what do the records of the tables state?

``data/SHA256SUMS`` lists every file that ships, as ``sha256sum`` writes it; scripts/list_hashes.py makes it. The tables
that are no World Bank series (data/trade, data/remittances) also have records: JSON files of name -> {rows, bytes,
sha256, ...}.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import files, settings
from ..errors import IntegrityError, NoDataError, require_option
from ..series import SeriesInfo
from .corrections import FlowCorrection, apply_to_flows, load_flow_corrections

FOLDERS = ("remittances", "trade")
LIST, NOTEBOOKS, SCENARIOS = "SHA256SUMS", "notebooks", "scenarios"
KEPT_BYTES = 1_000_000  # of a table that is kept after it was read; a larger one takes too much memory
SOURCE_KEYS = ("label", "unit", "source", "vintage", "retrieved", "licence", "note")


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
    """Every file that ships, by its name in the list: those of ``data`` and the notebooks next to it in a checkout."""
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


@dataclass(frozen=True)
class ShippedTables:
    """The tables of one file of records, such as ``data/trade/flows.json``.

    Parameters
    ----------
    folder : str
        Folder below the data folder that has the tables and the file of records.
    manifest : str
        Name of the file of records.
    content : str
        What the tables are about, for the message when there are none.
    noun : str
        What one table is called in messages.
    kind : str, default "level"
        Kind of the series in each table, see :class:`eaeu_analysis.series.SeriesInfo`.

    Notes
    -----
    ``at`` in the methods below is another folder to read from. Without it the shipped one is read.
    """

    folder: str
    manifest: str
    content: str
    noun: str
    kind: str = "level"

    def records(self, at: Path | None = None) -> dict[str, dict[str, Any]]:
        """The record of each table by name. Raises NoDataError when the file of records is missing."""
        return _manifest(self._folder(at) / self.manifest, self.content)

    def record(self, name: str, at: Path | None = None) -> dict[str, Any]:
        """The record of one table. Raises BadInputError with a near match for an unknown name."""
        known = self.records(at)
        require_option(self.noun, name, known, {key: row["label"] for key, row in known.items()})
        return known[name]

    def info(self, name: str, at: Path | None = None) -> SeriesInfo:
        """Source, vintage, licence and unit of a table; its note says what was corrected."""
        facts = {key: self.record(name, at)[key] for key in SOURCE_KEYS}
        corrected = sum(len(one.flows) for one in self.corrections(name))
        if corrected:
            facts["note"] += f" {corrected} flows are corrected: data/corrections.toml."
        return SeriesInfo(code=f"{self.folder}/{name}", kind=self.kind, **facts)

    def corrections(self, name: str) -> tuple[FlowCorrection, ...]:
        """What is corrected in a table, from ``data/corrections.toml``."""
        return load_flow_corrections(f"{self.folder}/{name}")

    def load(self, name: str, at: Path | None = None) -> pd.DataFrame:
        """A table whose SHA-256 is the one in its record, with its corrections made.

        Raises BadInputError for an unknown name or a correction of what the table does not have, NoDataError for a
        missing file, IntegrityError for a changed one.
        """
        corrections = self.corrections(name)
        if not corrections:
            return self.as_published(name, at)
        data = self._bytes(name, at)
        return _corrected(data, corrections).copy(deep=False)

    def as_published(self, name: str, at: Path | None = None) -> pd.DataFrame:
        """A table as its source has it, without corrections; raises as :meth:`load`."""
        data = self._bytes(name, at)
        return _parsed(data).copy(deep=False) if len(data) <= KEPT_BYTES else pd.read_parquet(io.BytesIO(data))

    def _bytes(self, name: str, at: Path | None) -> bytes:
        record = self.record(name, at)
        path = self._folder(at) / f"{name}.parquet"
        if not path.is_file():
            raise NoDataError(f"the pinned table {name!r} is missing: {str(path)!r}")
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != record["sha256"]:
            raise IntegrityError(f"{path.name} does not match the SHA-256 in {self.manifest}: pin the tables again")
        return data

    def _folder(self, at: Path | None) -> Path:
        return at or settings.data_dir() / self.folder


@lru_cache(maxsize=64)
def _parsed(data: bytes) -> pd.DataFrame:
    """The table in these bytes, which an analysis reads many times; copied before it is given away."""
    return pd.read_parquet(io.BytesIO(data))


@lru_cache(maxsize=16)
def _corrected(data: bytes, corrections: tuple[FlowCorrection, ...]) -> pd.DataFrame:
    """The same with its corrections made."""
    return apply_to_flows(_parsed(data), corrections)


@cache
def _manifest(path: Path, content: str) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        raise NoDataError(f"no {content} are pinned: {str(path)!r} is missing")
    return read_records(path)


FLOWS = ShippedTables("trade", "flows.json", "bilateral flows", "trade table")
TARIFFS = ShippedTables("trade", "tariffs.json", "tariffs", "tariff table", kind="unknown")
REMITTANCES = ShippedTables("remittances", "remittances.json", "remittance corridors", "remittance table")
