"""Pin series: select them from files, write them as Parquet tables with a Frictionless ``datapackage.json``.

The same input gives the same bytes: rows sorted, one way of writing Parquet, no clock. A recipe (see
:mod:`.sources.recipe`) says which series to take from which file, and of which source, vintage and licence each is.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from .. import files as atomic
from .. import settings
from ..errors import BadInputError, NoDataError, unknown
from ..output_folder import PIN, PIN_NAME, output_folder, require_output_folder
from ..reference import economies
from ..reference.catalogue import catalogue
from ..series import SeriesData, SeriesInfo, year_of
from ..user_files import parse_toml, read_bytes
from .listing import list_entries
from .sources.files import source as files
from .sources.pinned import COLUMNS, INFO_FIELDS, PACKAGE, PinnedSource, series_counts

# What to pin: which series, from which file, of which source, vintage and licence; read from TOML.


@dataclass(frozen=True)
class PinEntry:
    """One series of a recipe. Empty fields are taken from the file; ``file`` empty means whichever file has it."""

    code: str
    file: str = ""
    source: str = ""
    vintage: str = ""
    vintage_note: str = ""
    retrieved: str = ""
    licence: str = ""
    via: str = ""
    note: str = ""
    default: bool = True


@dataclass(frozen=True)
class PinRecipe:
    """A selection: the package's title and description, the first year to keep, and the series."""

    title: str = "Pinned series"
    description: str = ""
    first_year: int = settings.FIRST_YEAR
    series: tuple[PinEntry, ...] = field(default=())


def read_recipe(path: str | Path) -> PinRecipe:
    """A recipe from TOML: keys of :class:`Recipe`, ``[defaults]`` for every series, ``[[series]]`` tables.

    Raises BadInputError for a file that cannot be read, an unknown key, a series named twice in one vintage.
    """
    path = Path(path)
    given = parse_toml(read_bytes(path, "recipe"), f"recipe '{path}'")
    shared, tables = given.pop("defaults", {}), given.pop("series", [])
    if not isinstance(shared, dict) or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise BadInputError(f"recipe {str(path)!r}: [defaults] is one table, [[series]] are tables")
    series = []
    for number, table in enumerate(tables, start=1):
        values = {**shared, **table}
        _known_keys(values, PinEntry, f"recipe {str(path)!r}, series {number}")
        if "code" not in values:
            raise BadInputError(f"recipe {str(path)!r}, series {number}: no code")
        series.append(PinEntry(**values))
    _known_keys(given, PinRecipe, f"recipe {str(path)!r}")
    if not series:
        raise BadInputError(f"recipe {str(path)!r} names no series ([[series]] tables with a code each)")
    codes = [entry.code for entry in series if entry.default]
    for code in sorted({entry.code for entry in series}):
        if codes.count(code) != 1:
            raise BadInputError(
                f"recipe {str(path)!r} has {codes.count(code)} default vintages of {code}; "
                "mark all but one with default = false"
            )
    keys = [(entry.code, entry.vintage) for entry in series if entry.vintage]
    for code, vintage in keys:
        if keys.count((code, vintage)) > 1:
            raise BadInputError(f"recipe {str(path)!r} names {code} twice in vintage {vintage}")
    return PinRecipe(**{**given, "series": tuple(series)})


def _known_keys(given: dict[str, Any], kind: type[PinEntry] | type[PinRecipe], where: str) -> None:
    options = {f.name: str(f.type) for f in fields(kind)}
    for key, value in given.items():
        if key not in options:
            raise BadInputError(f"{where}: {unknown('key', key, options)}")
        wanted = {"bool": bool, "int": int}.get(options[key], str)
        if type(value) is not wanted:
            raise BadInputError(f"{where}: {key} is {value!r}, expected {wanted.__name__}")


SCHEMA = "https://datapackage.org/profiles/2.0/datapackage.json"
LICENCES = {
    "CC-BY-4.0": {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    }
}
MANY = 200  # a file of more series than this (the bulk download) gives those of the catalogue


def pin_series(
    sources: Sequence[str | Path],
    out: str | Path,
    selection: str | Path | PinRecipe | None = None,
    codes: Collection[str] | None = None,
    retrieved: str = "",
) -> pd.DataFrame:
    """Select series from ``sources`` (files, or folders of them) and write the package ``out``; lists what it wrote.

    With ``selection`` the package is made anew from the recipe. Without, every series of the files (of a bulk
    download: those of the catalogue), or ``codes``, are added to what ``out`` has; a vintage already there is
    written again, another vintage is added next to it and the default stays what it was. ``retrieved`` is the
    date of the download when the recipe or the file does not say.

    The frame has a row per series written: code, vintage, default, label, economies, observations, zeros, and
    so on. Raises BadInputError or NoDataError before anything is written.
    """
    target = require_output_folder(out, PIN)
    with atomic.directory_lock(target):
        kept = _existing(target, adding=selection is None)
        found = [file for path in sources for file in files.expand(path)]
        if selection is not None:
            recipe = selection if isinstance(selection, PinRecipe) else read_recipe(selection)
            items = _by_recipe(found, recipe, retrieved)
        else:
            recipe = PinRecipe()
            items = [(PinEntry(i.info.code, retrieved=retrieved), i) for i in _all_series(found, codes)]
        tables = dict(kept)
        written: set[str] = set()
        for entry, item in items:
            resource, data = _resource(entry, item, recipe.first_year)
            if resource["path"] in written:
                raise BadInputError(f"{entry.code} comes twice in vintage {resource['vintage'] or 'undated'}")
            written.add(resource["path"])
            tables[resource["path"]] = resource, data
        resources = _with_defaults([resource for resource, _ in tables.values()], set(kept))
        with output_folder(target, PIN) as stage:
            for path, (_, data) in sorted(tables.items()):
                (stage / path).write_bytes(data)
            (stage / PACKAGE).write_bytes(_package(recipe, resources, target))
        listed = list_entries(PinnedSource(target))
    keys = zip(listed["code"], listed["vintage"], strict=True)
    chosen = [_path(SeriesInfo(str(c), vintage=str(v))) in written for c, v in keys]
    return listed[chosen].reset_index(drop=True)


# -- selecting


def _by_recipe(found: list[Path], recipe: PinRecipe, retrieved: str) -> list[tuple[PinEntry, SeriesData]]:
    by_name = {path.name: path for path in found}
    of_file: dict[str, list[PinEntry]] = {}
    for entry in recipe.series:
        of_file.setdefault(entry.file, []).append(entry)
    items = []
    for file, entries in of_file.items():
        if not file:
            anywhere = files.FileSource(found)
            items += [(entry, anywhere.read(entry.code, entry.vintage or None)) for entry in entries]
        elif file in by_name:
            wanted = {entry.code for entry in entries}
            series = {i.info.code: i for i in files.read_file(by_name[file], wanted, entries[0].code)}
            items += [(entry, series[entry.code]) for entry in entries]
        else:
            raise NoDataError(f"the recipe takes {entries[0].code} from {file!r}, which is in none of the sources")
    return [(replace(entry, retrieved=entry.retrieved or retrieved), item) for entry, item in items]


def _all_series(found: list[Path], codes: Collection[str] | None) -> list[SeriesData]:
    source = files.FileSource(found)
    entries = source.entries()
    have = {info.code for info in entries}
    if codes is not None:
        for code in codes:
            if code not in have:
                source.read(code)  # raises, with the near match
        chosen = set(codes)
    elif len(entries) > MANY:
        chosen = have & set(map(str, catalogue().index))
        if not chosen:
            raise NoDataError(f"none of the {len(have):,} series is in the catalogue; name the codes to pin")
    else:
        chosen = have
    return [source.read(info.code, info.vintage or None) for info in entries if info.code in chosen]


def _existing(out: Path, adding: bool) -> dict[str, tuple[dict[str, Any], bytes]]:
    """The tables of the package that is there, when some are added to it."""
    require_output_folder(out, PIN)
    if not adding or not (out / PACKAGE).exists():
        return {}
    source = PinnedSource(out)
    problems = source.verify()
    if problems:
        raise BadInputError(f"{str(out)!r} is not in order, so nothing is added to it: {problems[0]}")
    return {r["path"]: (r, (out / r["path"]).read_bytes()) for r in source.resources()}


# -- writing


def _resource(entry: PinEntry, item: SeriesData, first_year: int) -> tuple[dict[str, Any], bytes]:
    frame = item.frame[item.frame["year"].map(lambda number: year_of(item.freq, number)) >= first_year]
    if frame.empty:
        raise NoDataError(f"{entry.code} has no value from {first_year} on")
    groups = {code: economies.is_aggregate(code) for code in frame["economy"].unique()}
    frame = frame[["economy", "year", "value"]].assign(aggregate=frame["economy"].map(groups).astype(bool))
    frame = frame.sort_values(["economy", "year"], ignore_index=True)
    data = table_bytes(frame)
    own = {name: getattr(item.info, name) for name in INFO_FIELDS}
    described = own | {"code": entry.code} | _provenance_fields(entry, own)
    path = _path(SeriesInfo(entry.code, vintage=described["vintage"]))
    resource = {
        "name": path.removesuffix(".parquet").lower(),
        "title": described["label"] or entry.code,
        "path": path,
        "type": "table",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "rows": len(frame),
        "fields": len(COLUMNS),
        "hash": "sha256:" + hashlib.sha256(data).hexdigest(),
        **described,
        "default": entry.default,
        **({} if item.freq == "Y" else {"freq": item.freq}),
        **series_counts(frame, item.freq),
        "schema": _FIELDS if item.freq == "Y" else _PERIOD_FIELDS,
    }
    return resource, data


def _provenance_fields(entry: PinEntry, otherwise: dict[str, Any]) -> dict[str, str]:
    """What the recipe says, else what the file says."""
    names_ = ("source", "vintage", "vintage_note", "retrieved", "licence", "via", "note")
    return {name: str(getattr(entry, name) or otherwise.get(name, "")) for name in names_}


def table_bytes(frame: pd.DataFrame) -> bytes:
    """The frame (economy, year, value, aggregate; sorted) as Parquet, zstd: the same rows give the same bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = (pa.string(), pa.int16(), pa.float64(), pa.bool_())
    schema = pa.schema([pa.field(n, t, nullable=False) for n, t in zip(COLUMNS, types, strict=True)])
    table = pa.table({n: pa.array(frame[n].to_numpy(), t) for n, t in zip(COLUMNS, types, strict=True)}, schema)
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        version="2.6",
        compression="zstd",
        compression_level=19,
        use_dictionary=["economy"],
        column_encoding={"year": "DELTA_BINARY_PACKED", "value": "PLAIN"},
        row_group_size=1 << 20,
        store_schema=False,
    )
    return bytes(sink.getvalue().to_pybytes())


def _with_defaults(resources: list[dict[str, Any]], kept: set[str]) -> list[dict[str, Any]]:
    """Exactly one default per code: what was there keeps it, then what the recipe says, then the latest vintage."""
    ordered = sorted(resources, key=lambda r: (r["code"], r["vintage"]))
    for code in {r["code"] for r in ordered}:
        of_code = [r for r in ordered if r["code"] == code]
        before = [r for r in of_code if r["path"] in kept and r["default"]]
        marked = [r for r in of_code if r["default"]]
        chosen = (before or marked or of_code)[-1]
        for resource in of_code:
            resource["default"] = resource is chosen
    return ordered


def _package(recipe: PinRecipe, resources: Iterable[dict[str, Any]], out: Path) -> bytes:
    resources = sorted(resources, key=lambda r: r["path"])
    licences = sorted({r["licence"] for r in resources if r["licence"]})
    package: dict[str, Any] = {"$schema": SCHEMA, "name": PIN_NAME, "title": recipe.title}
    if recipe.description:
        package["description"] = recipe.description
    if licences:
        package["licenses"] = [LICENCES.get(name, {"name": name}) for name in licences]
    package["sources"] = [{"title": title} for title in sorted({r["source"] for r in resources if r["source"]})]
    package["resources"] = resources
    return (json.dumps(package, ensure_ascii=False, indent=1) + "\n").encode()


_FIELDS: dict[str, Any] = {
    "fields": [
        {"name": "economy", "type": "string", "description": "ISO 3166 alpha-3, or a World Bank group code"},
        {"name": "year", "type": "integer"},
        {"name": "value", "type": "number", "description": "in the unit of the resource"},
        {"name": "aggregate", "type": "boolean", "description": "true for a group of economies"},
    ],
    "primaryKey": ["economy", "year"],
}


_PERIOD_FIELDS = copy.deepcopy(_FIELDS)
_PERIOD_FIELDS["fields"][1] |= {"description": "number of the quarter (freq Q) or month (freq M) from 1970, which is 0"}


def _path(info: SeriesInfo) -> str:
    """The table's file name; a code or a vintage that would not be one is refused."""
    path = f"{info.code}--{info.vintage}.parquet" if info.vintage else f"{info.code}.parquet"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", path):
        raise BadInputError(f"series {info.key!r} cannot be pinned: letters, digits, '.', '_' and '-' make a code")
    return path
