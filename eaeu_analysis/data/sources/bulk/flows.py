"""Bulk bilateral files into the one schema of flows, out of core: CEPII BACI, UN Comtrade, IMF DOTS and IMTS.

A database on disk takes the files one by one under a bound of memory, adds them up to the product level asked for
and writes one Parquet file a year. Sums are of decimals, so the bytes do not hang on threads or on the order of rows.
What is no economy (the world, regions, "areas not specified") is left out and told, with its dollars.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from .... import files as atomic
from ....errors import BadInputError, EaeuError, NoDataError, unknown
from ....output_folder import output_folder, require_output_folder
from ....reference import economies as names
from ....results import Result
from . import layouts, schema
from .layouts import BulkLayout
from .unpack import Input, inputs

if TYPE_CHECKING:
    import duckdb

LEVELS = {"TOTAL": 0, "HS2": 2, "HS4": 4, "HS6": 6}
MEMORY = "2GB"
KIND = "flows"
WORK = Path("eaeu-bulk")  # the name of the folder for the database, the same for every target: any run clears it
_YEARS = ["year", "basis", "rows", "usd"]
_LEFT = ["code", "rows", "usd"]


@dataclass(frozen=True)
class BulkFlows(Result):
    """Flows on disk: ``folder`` holds ``flows_<year>.parquet`` with the columns of :data:`bilateral.COLUMNS`.

    ``years``: rows and dollars by year and basis. ``left_out``: codes that are no economy, largest first, with
    the rows and dollars of the files in which they stand on either side.
    """

    folder: Path
    source: str
    level: str
    vintage: str
    years: pd.DataFrame
    left_out: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        return self.years

    def summary(self) -> str:
        span = self.years["year"]
        told = f"{int(self.years['rows'].sum()):,} flows, {span.min()}-{span.max()}"
        lines = [f"{self.source}{f', version {self.vintage}' if self.vintage else ''}, {self.level}: {told}"]
        if len(self.left_out):
            first = self.left_out.head(8).to_dict("records")
            codes = ", ".join(f"{row['code']} ({row['usd'] / 1e9:,.1f} bn US$)" for row in first)
            lines.append(f"  left out, no economies: {codes}{', and more' if len(self.left_out) > 8 else ''}")
        return "\n".join(lines)

    def frame(
        self,
        years: Sequence[int] | None = None,
        exporters: Sequence[str] | None = None,
        importers: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Flows of these years and sides, sorted; only what is asked for is read into memory."""
        held = sorted(set(self.years["year"]))
        wanted = [year for year in held if years is None or year in set(years)]
        if not wanted:
            raise NoDataError(f"no flows of {list(years or ())} here; there are {held[0]}-{held[-1]}")
        sides = {"exporter": exporters, "importer": importers}
        filters = [(side, "in", names.resolve_many(codes)) for side, codes in sides.items() if codes is not None]
        parts = [pd.read_parquet(self.folder / f"flows_{year}.parquet", filters=filters or None) for year in wanted]
        return pd.concat(parts, ignore_index=True)[schema.COLUMNS]


def read_flows(
    kind: str,
    path: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    level: str = "HS2",
    years: Sequence[int] | None = None,
    economies: Sequence[str] | None = None,
    scale: str | None = None,
    memory: str = MEMORY,
    threads: int = 2,
) -> BulkFlows:
    """Bring files of ``kind`` (baci, comtrade, imf) to flows in the folder ``out``, which is replaced as a whole.

    What comes has the columns that the functions on trade take: ``ea.read_flows("baci", "BACI_HS92_V202601.zip",
    "flows").frame(years=[2019])``.

    ``path``: a file (.csv, .csv.gz, .zip) or a folder of them, as distributed. ``economies`` keeps flows with one
    of them on either side. ``scale`` ("units", "millions") is for IMF files that do not state theirs. ``memory``
    bounds the database, which spills beside ``out``. Raises BadInputError, NoDataError.

    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> baci, out = pathlib.Path(folder.name, "BACI_HS92_Y2019_V202601.csv"), pathlib.Path(folder.name, "flows")
    >>> _ = baci.write_text("t,i,j,k,v,q\\n2019,860,643,870323,1000.5,NA\\n2019,860,643,870322,10.0,NA\\n")
    >>> ea.read_flows("baci", baci, out, level="HS6").frame(years=[2019])[["product", "usd"]].values.tolist()
    [['870322', 10000.0], ['870323', 1000500.0]]
    >>> folder.cleanup()
    """
    if kind not in layouts.KINDS:
        raise unknown("kind of bulk file", kind, layouts.KINDS)
    if level not in LEVELS:
        raise unknown("level", level, LEVELS)
    target = Path(out)
    keep = None if economies is None else sorted(set(names.resolve_many(economies)))
    place = atomic.staging_place(require_output_folder(target, KIND))
    with atomic.staging_folder(WORK, place) as aside:
        files = inputs(kind, path, aside)
        with _database(aside, memory, threads) as con:
            shape = _load(con, kind, files, LEVELS[level], years, scale)
            left_out = _parties(con, shape)
            _flows(con, keep)
            _write(con, target, shape, level, years, left_out)
    return open_flows(target)


def open_flows(folder: str | Path) -> BulkFlows:
    """Flows that :func:`read_flows` wrote.

    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> baci, out = pathlib.Path(folder.name, "BACI_HS92_Y2019_V202601.csv"), pathlib.Path(folder.name, "flows")
    >>> _ = baci.write_text("t,i,j,k,v,q\\n2019,860,643,870323,1000.5,NA\\n2019,860,643,870322,10.0,NA\\n")
    >>> _ = ea.read_flows("baci", baci, out)
    >>> ea.open_flows(out).frame(years=[2019])[["exporter", "importer", "product", "usd"]]
      exporter importer product        usd
    0      UZB      RUS      87  1010500.0
    >>> folder.cleanup()
    """
    target = Path(folder)
    try:
        record = json.loads((target / "flows.json").read_text(encoding="utf-8"))
        years = pd.DataFrame([[int(y), str(b), int(n), float(usd)] for y, b, n, usd in record["years"]], columns=_YEARS)
        left = pd.DataFrame([[str(c), int(n), float(usd)] for c, n, usd in record["left_out"]], columns=_LEFT)
        source, level, vintage = (str(record[name]) for name in ("source", "level", "vintage"))
        return BulkFlows(target, source, level, vintage, years, left)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise NoDataError(f"{str(target)!r} holds no bulk flows (flows.json is missing or damaged)") from error


@contextmanager
def _database(folder: Path, memory: str, threads: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in ``folder`` that never goes online and keeps to its memory."""
    import duckdb

    config: dict[str, Any] = {
        "memory_limit": memory,
        "threads": threads,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        con = duckdb.connect(str(folder / "flows.duckdb"), config=config)
    except duckdb.Error as error:
        raise BadInputError(
            f"memory {memory!r} or threads {threads!r} make no sense to the database: {str(error).splitlines()[0]}"
        ) from error
    try:
        con.execute("SET enable_progress_bar = false")  # it would go to standard output, which belongs to results
        con.execute(layouts.RAW)
        yield con
    except duckdb.OutOfMemoryException as error:
        raise BadInputError(f"{memory} of memory are too little for these files; give more") from error
    except duckdb.DataError as error:
        raise BadInputError(f"a number in these files is out of range: {str(error).splitlines()[0]}") from error
    except duckdb.IOException as error:
        raise BadInputError(f"a file cannot be read or written: {str(error).splitlines()[0]}") from error
    finally:
        con.close()


def _load(
    con: duckdb.DuckDBPyConnection,
    kind: str,
    files: Iterator[Input],
    digits: int,
    years: Sequence[int] | None,
    scale: str | None,
) -> BulkLayout:
    """Every file into the table ``raw``; no flow may be in two of them."""
    shape: BulkLayout | None = None
    for number, file in enumerate(files):
        if years is None or file.year is None or file.year in set(years):
            shape = layouts.add(con, kind, file, number, digits, scale, shape)
    if shape is None:
        raise NoDataError(f"no {kind} file of the years asked for")
    bare = con.execute(
        "SELECT seller, buyer, year FROM raw WHERE coalesce(seller, '') = '' OR coalesce(buyer, '') = ''"
        " OR year IS NULL OR product IS NULL OR usd IS NULL ORDER BY ALL LIMIT 1"
    ).fetchone()
    if bare:
        seller, buyer, year = (cell or "?" for cell in bare)
        raise BadInputError(
            f"the flow from {seller} to {buyer} in {year} lacks its value, a side, the year or the product"
        )
    again = con.execute(
        "SELECT seller, buyer, year, product FROM raw GROUP BY seller, buyer, year, product, basis"
        " HAVING count(*) > 1 ORDER BY ALL LIMIT 1"
    ).fetchone()
    if again:
        raise BadInputError(f"the flow from {again[0]} to {again[1]} in {again[2]} ({again[3]}) is in two of the files")
    return shape


def _parties(con: duckdb.DuckDBPyConnection, shape: BulkLayout) -> list[tuple[str, int, float]]:
    """Make the table ``party`` (code, iso3); return what is no economy, with rows and dollars, largest first."""
    con.execute(
        "CREATE TABLE side AS SELECT code, sum(n)::BIGINT AS n, sum(usd)::DECIMAL(38,6) AS usd FROM ("
        "SELECT seller AS code, n, usd FROM raw UNION ALL SELECT buyer, n, usd FROM raw) GROUP BY code"
    )
    codes = [str(code) for (code,) in con.execute("SELECT code FROM side ORDER BY code").fetchall()]
    known = [(code, iso3) for code in codes if (iso3 := _iso3(code, shape))]
    con.execute("CREATE TABLE party (code VARCHAR, iso3 VARCHAR)")
    if known:
        con.executemany("INSERT INTO party VALUES (?, ?)", known)
    rows = con.execute(
        "SELECT code, n, usd::DOUBLE FROM side WHERE code NOT IN (SELECT code FROM party) ORDER BY usd DESC, code"
    ).fetchall()
    return [(str(code), int(n), float(usd)) for code, n, usd in rows]


def _iso3(code: str, shape: BulkLayout) -> str:
    """The economy that a code or name in the files stands for, or "" when it is none."""
    economies = names.economy_tables().economies
    given = shape.codes.get(code, code)
    if given not in economies and code.isdigit():
        return schema.iso_numbers().get(code.zfill(3), "")
    for text in (given, layouts.plain_country_name(given)):
        try:
            return names.resolve(text)
        except EaeuError:
            continue
    return ""


def _flows(con: duckdb.DuckDBPyConnection, keep: list[str] | None) -> None:
    """The view ``flows``: economies on both sides, those of ``keep`` on one of them."""
    con.execute("CREATE TABLE kept (iso3 VARCHAR)")
    con.executemany("INSERT INTO kept VALUES (?)", [[code] for code in keep or [""]])
    only = "true" if keep is None else "s.iso3 IN (SELECT iso3 FROM kept) OR b.iso3 IN (SELECT iso3 FROM kept)"
    con.execute(
        "CREATE VIEW flows AS SELECT s.iso3 AS exporter, b.iso3 AS importer, year, product, basis,"  # noqa: S608
        " sum(usd)::DOUBLE AS usd FROM raw JOIN party s ON s.code = seller JOIN party b ON b.code = buyer"
        f" WHERE s.iso3 <> b.iso3 AND ({only}) GROUP BY ALL"
    )


def _write(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    shape: BulkLayout,
    level: str,
    years: Sequence[int] | None,
    left_out: list[tuple[str, int, float]],
) -> None:
    """One Parquet file a year, sorted, and ``flows.json`` beside them."""
    found = [int(year) for (year,) in con.execute("SELECT DISTINCT year FROM raw ORDER BY year").fetchall()]
    made: list[list[Any]] = []
    with output_folder(target, KIND) as stage:
        for year in (y for y in found if years is None or y in set(years)):
            file = re.sub("'", "''", str(stage / f"flows_{year}.parquet"))
            rows = con.execute(
                "SELECT basis, count(*), sum(usd::DECIMAL(38,6))::DOUBLE FROM flows WHERE year = ?"
                " GROUP BY basis ORDER BY basis",
                [year],
            ).fetchall()
            if rows:
                con.execute(
                    "COPY (SELECT exporter, importer, year::BIGINT AS year, product, usd, basis,"  # noqa: S608
                    f" '{shape.name}' AS source, '' AS status FROM flows WHERE year = {year}"
                    f" ORDER BY exporter, importer, product, basis) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
                )
            made += [[year, str(basis), int(n), float(usd)] for basis, n, usd in rows]
        if not made:
            raise NoDataError("no flow between two economies of those asked for in these files")
        record = {"source": shape.source, "level": level, "vintage": shape.vintage, "years": made, "left_out": left_out}
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
        (stage / "flows.json").write_text(text, encoding="utf-8")
