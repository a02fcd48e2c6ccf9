"""Series pinned on disk: Parquet tables with a Frictionless ``datapackage.json``, each with its SHA-256.

Two vintages of a series are two entries and are never spliced; the package marks one of them as the default.
A table whose bytes do not match the recorded hash is not read.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from ... import settings
from ...errors import BadInputError, IntegrityError, NoDataError, near_matches
from ...reference.catalogue import indicator
from ...series import SeriesData, SeriesInfo, broken_promise, year_of
from ...user_files import parse_json, read_bytes

PACKAGE = "datapackage.json"
MOST_BYTES = 50_000_000  # of the list: some 1,600 for each series
COLUMNS = ("economy", "year", "value", "aggregate")
INFO_FIELDS = ("code", "label", "unit", "kind", "source", "vintage", "vintage_note", "retrieved", "licence", "note")
_KINDS = {"code": str, "label": str, "vintage": str, "path": str, "hash": str, "default": bool}  # of a resource
COUNTS = ("first_year", "last_year", "economies", "aggregates", "observations", "zeros")


class PinnedSource:
    """The package in ``root`` (that shipped with the toolkit when None).

    Raises NoDataError when there is no package, IntegrityError when its list cannot be read.
    """

    def __init__(self, root: str | Path | None = None):
        self.root = Path(root) if root is not None else settings.data_dir() / "pinned"
        self._resources: list[dict[str, Any]] | None = None

    def resources(self) -> list[dict[str, Any]]:
        """The package's own records, one a table, sorted by code, the default vintage first."""
        if self._resources is None:
            self._resources = _resources(self.root)
        return self._resources

    def entries(self) -> list[SeriesInfo]:
        """Every pinned series, all vintages; the default vintage of a code comes first."""
        return [info_of(resource) for resource in self.resources()]

    def vintages(self, code: str) -> list[str]:
        """The vintages pinned of a series, the default first; empty when it is not pinned."""
        return [resource["vintage"] for resource in self.resources() if resource["code"] == code]

    def resource(self, code: str, vintage: str | None = None) -> dict[str, Any]:
        """The record of one series; NoDataError or BadInputError with what is there instead."""
        code, _, own = code.partition("@")
        vintage = own or vintage
        of_code = [resource for resource in self.resources() if resource["code"] == code]
        if not of_code:
            other = self._code_for(code)
            of_code = [resource for resource in self.resources() if resource["code"] == other]
        for resource in of_code:
            if vintage == resource["vintage"] or (vintage is None and resource["default"]):
                return resource
        there = ", ".join(resource["vintage"] or "undated" for resource in of_code)
        raise NoDataError(f"{code} is pinned in vintage {there}, not in {vintage!r}")

    def read(self, code: str, vintage: str | None = None) -> SeriesData:
        """One series whole, its hash checked; ``vintage`` None is the default one.

        Raises NoDataError when it is not pinned, IntegrityError when the table is missing or changed.
        """
        resource = self.resource(code, vintage)
        frame = _series_frame(self._bytes(resource), resource["path"])
        return SeriesData(info_of(resource), frame.copy(deep=False), str(resource.get("freq", "Y")))

    def verify(self) -> list[str]:
        """What is wrong with the package, a sentence each; empty when all is well."""
        problems = []
        for resource in self.resources():
            try:
                data = self._bytes(resource)
                problems += _disagreements(_table(data, resource["path"]), resource)
            except IntegrityError as error:
                problems.append(str(error))
        listed = {resource["path"] for resource in self.resources()} | {PACKAGE}
        for path in sorted(p for p in self.root.rglob("*") if p.is_file()):
            name = path.relative_to(self.root).as_posix()
            if name not in listed:
                problems.append(f"file {name!r} is not listed in {PACKAGE}")
        return problems

    def _bytes(self, resource: dict[str, Any]) -> bytes:
        try:
            data = Path(self.root / resource["path"]).read_bytes()
        except OSError as error:
            raise IntegrityError(f"pinned table {resource['path']!r} ({resource['code']}) is missing") from error
        found = "sha256:" + hashlib.sha256(data).hexdigest()
        if found != resource["hash"]:
            raise IntegrityError(
                f"pinned table {resource['path']!r} ({resource['code']}) was changed: "
                f"its hash is {found[7:19]}..., recorded is {str(resource['hash'])[7:19]}..."
            )
        return data

    def _code_for(self, given: str) -> str:
        """The pinned code that ``given`` (a label, another case) stands for, or the error that says what is missing."""
        labels = {resource["code"]: resource["label"] for resource in self.resources()}
        try:
            known = indicator(given)
        except BadInputError as error:
            near = near_matches(given, labels, labels)
            if not near:
                raise
            raise BadInputError(f"series {given!r} not known; did you mean {' or '.join(map(repr, near))}?") from error
        if known.code in labels:
            return known.code
        near = near_matches(known.code, labels)
        hint = f"; pinned and near to it: {', '.join(near)}" if near else ""
        raise NoDataError(f"{known.code} ({known.label}) is not among the pinned data, it is only to be had live{hint}")


def info_of(resource: dict[str, Any]) -> SeriesInfo:
    """The series record of a resource."""
    fields: dict[str, Any] = {name: str(resource.get(name, "")) for name in INFO_FIELDS}
    return SeriesInfo(**fields)


def series_counts(frame: pd.DataFrame, freq: str = "Y") -> dict[str, int]:
    """The counts a resource records of its table (columns economy, year, value, aggregate)."""
    if frame.empty:
        return dict.fromkeys(COUNTS, 0)
    return {
        "first_year": year_of(freq, int(frame["year"].min())),
        "last_year": year_of(freq, int(frame["year"].max())),
        "economies": int(frame.loc[~frame["aggregate"], "economy"].nunique()),
        "aggregates": int(frame.loc[frame["aggregate"], "economy"].nunique()),
        "observations": len(frame),
        "zeros": int((frame["value"] == 0).sum()),
    }


def _resources(root: Path) -> list[dict[str, Any]]:
    path = root / PACKAGE
    if not path.is_file():
        raise NoDataError(f"no pinned data in {str(root)!r} ({PACKAGE} is not there)")
    try:
        data = read_bytes(path, "list of pinned tables", MOST_BYTES)
    except ValueError as error:
        raise IntegrityError(f"{str(path)!r} is not a list of pinned tables ({error})") from error
    return list(_listed(root, data))


@functools.lru_cache(maxsize=8)
def _listed(root: Path, data: bytes) -> tuple[dict[str, Any], ...]:
    """The records in the bytes of a list, which every analysis reads."""
    path = root / PACKAGE
    try:
        found = parse_json(data, repr(str(path)))["resources"]
        for resource in found:
            wrong = [name for name, kind in _KINDS.items() if not isinstance(resource[name], kind)]
            if wrong:
                raise IntegrityError(f"{str(path)!r} lists a table whose {wrong[0]} is {resource[wrong[0]]!r}")
        whole = root.resolve()
        resources = sorted(found, key=lambda r: (r["code"], not r["default"], r["vintage"]))
        for resource in resources:
            folder = (root / resource["path"]).resolve()
            if not folder.is_relative_to(whole) or not resource["hash"].startswith("sha256:"):
                raise IntegrityError(f"{str(path)!r} lists {resource['path']!r}, which is not a table of the package")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"{str(path)!r} is not a list of pinned tables ({error})") from error
    defaults = [resource["code"] for resource in resources if resource["default"]]
    for code in sorted({resource["code"] for resource in resources}):
        if defaults.count(code) != 1:
            raise IntegrityError(
                f"{str(path)!r} marks {defaults.count(code)} default vintages of {code}; one is needed"
            )
    return tuple(resources)


@functools.lru_cache(maxsize=256)
def _series_frame(data: bytes, path: str) -> pd.DataFrame:
    """The values in the bytes of a table, which an analysis reads many times; copied before it is given away."""
    frame = _table(data, path)
    fault = broken_promise(frame)
    if fault:
        raise IntegrityError(f"pinned table {path!r} is no series: {fault}")
    return frame[["economy", "year", "value"]]


def _table(data: bytes, path: str) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
        columns = tuple(table.column_names)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise IntegrityError(f"pinned table {path!r} is no Parquet file ({str(error)[:80]})") from error
    if columns != COLUMNS:
        raise IntegrityError(f"pinned table {path!r} has columns {', '.join(columns)}")
    types = zip(table.schema.types, (pa.types.is_string, pa.types.is_integer, pa.types.is_floating), strict=False)
    if not all(right(given) for given, right in types) or not pa.types.is_boolean(table.schema.types[3]):
        raise IntegrityError(f"pinned table {path!r} has columns of other types than a series")
    if any(table.column(name).null_count for name in ("economy", "year", "aggregate")):
        raise IntegrityError(f"pinned table {path!r} has a row without economy or year")
    frame: pd.DataFrame = table.to_pandas()
    return frame.astype({"year": "int64", "value": "float64"})


def _disagreements(frame: pd.DataFrame, resource: dict[str, Any]) -> list[str]:
    where = f"pinned table {resource['path']!r}"
    problems = [
        f"{where} has {name} {count}, recorded is {resource.get(name)}"
        for name, count in series_counts(frame, str(resource.get("freq", "Y"))).items()
        if count != resource.get(name)
    ]
    if "rows" in resource and (len(frame), len(frame.columns)) != (resource["rows"], resource.get("fields")):
        problems.append(f"{where} has {len(frame)} rows of {len(frame.columns)} fields, not as recorded")
    keys = frame[["economy", "year"]]
    if keys.duplicated().any():
        problems.append(f"{where} has a key twice")
    if not keys.equals(keys.sort_values(["economy", "year"], ignore_index=True)):
        problems.append(f"{where} is not sorted by economy and year")
    if frame["value"].isna().any():
        problems.append(f"{where} has a row without a value")
    return problems
