"""Bulk bilateral files into the one schema of flows, out of core: CEPII BACI, UN Comtrade, IMF DOTS and IMTS.

A database on disk takes the files one by one within a limit of memory, sums them to the product level requested and
writes one Parquet file per year. Sums are of decimals, so the bytes do not depend on threads or the order of rows.
Codes that are not economies (the world, regions, "areas not specified") are left out and listed with their value.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from .... import files as atomic
from ....errors import BadInputError, EaeuError, NoDataError, SystemRefusedError, require_option
from ....output_folder import output_folder, require_output_folder
from ....reference import economies as known_economies
from ....results import Result
from ....user_files import parse_json, read_bytes
from . import layouts, schema
from .layouts import BulkLayout, Kind, Scale
from .unpack import Input, inputs

if TYPE_CHECKING:
    import duckdb

Products = Literal["TOTAL", "HS2", "HS4", "HS6"]
DIGITS: dict[str, int] = {"TOTAL": 0, "HS2": 2, "HS4": 4, "HS6": 6}
MEMORY = "2GB"
KIND = "flows"
log = logging.getLogger(__name__)
MOST_USD = 1e14  # of trade in a year; the world's output was 1.1e14 in 2024, its trade in goods a quarter of that
WORLD_SELLERS, LEAST_USD = 150, 1e9  # exporters that make a world; the trade of 1948 was 5.8e10 (WTO)
WORK = Path("eaeu-bulk")  # the name of the folder for the database, the same for every target: any run clears it
_YEARS = ["year", "basis", "rows", "usd"]
_LEFT = ["code", "rows", "usd"]


@dataclass(frozen=True)
class BulkFlows(Result):
    """Bilateral flows on disk, the result of :func:`read_flows` and :func:`open_flows`.

    Parameters
    ----------
    folder : Path
        Folder with one ``flows_<year>.parquet`` per year.
    source : str
        Name of the source ("CEPII BACI HS92").
    products : {"TOTAL", "HS2", "HS4", "HS6"}
        Product level of the flows.
    vintage : str
        Version of the files, where they state one.
    years : pandas.DataFrame
        ``year, basis, rows, usd``: number of flows and their value.
    left_out : pandas.DataFrame
        ``code, rows, usd``: codes that are not economies, largest first, with the rows and US$ of flows that have
        them on either side.
    """

    folder: Path
    source: str
    products: str
    vintage: str
    years: pd.DataFrame
    left_out: pd.DataFrame

    def to_frame(self) -> pd.DataFrame:
        """The table ``years``."""
        return self.years

    def summary(self) -> str:
        """Source, product level, number of flows and years, and what was left out."""
        span = self.years["year"]
        size = f"{int(self.years['rows'].sum()):,} flows, {span.min()}-{span.max()}"
        lines = [f"{self.source}{f', version {self.vintage}' if self.vintage else ''}, {self.products}: {size}"]
        if len(self.left_out):
            first = self.left_out.head(8).to_dict("records")
            codes = ", ".join(f"{row['code']} ({row['usd'] / 1e9:,.1f} bn US$)" for row in first)
            lines.append(f"  left out, not economies: {codes}{', and more' if len(self.left_out) > 8 else ''}")
        return "\n".join(lines)

    def frame(
        self,
        years: Sequence[int] | None = None,
        exporters: Sequence[str] | None = None,
        importers: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Flows as a table; only the rows requested are read into memory.

        Parameters
        ----------
        years : Sequence[int], optional
            Default: all.
        exporters, importers : Sequence[str], optional
            Codes or names. Default: all.

        Returns
        -------
        pandas.DataFrame
            Sorted; columns ``exporter, importer, year, product, usd, basis, source, status`` as the functions on trade
            take them.

        Raises
        ------
        NoDataError
            None of these years is there.
        BadInputError
            Unknown economy.
        """
        held = sorted(set(self.years["year"]))
        wanted = [year for year in held if years is None or year in set(years)]
        if not wanted:
            raise NoDataError(f"no flows of {list(years or ())} here; there are {held[0]}-{held[-1]}")
        sides = {"exporter": exporters, "importer": importers}
        filters = [
            (side, "in", known_economies.resolve_many(codes)) for side, codes in sides.items() if codes is not None
        ]
        parts = [pd.read_parquet(self.folder / f"flows_{year}.parquet", filters=filters or None) for year in wanted]
        return pd.concat(parts, ignore_index=True)[schema.COLUMNS]


def read_flows(
    kind: Kind,
    path: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    products: Products = "HS2",
    years: Sequence[int] | None = None,
    economies: Sequence[str] | None = None,
    scale: Scale | None = None,
    memory: str = MEMORY,
    threads: int = 2,
) -> BulkFlows:
    """Convert bulk files of bilateral trade to the package's table of flows, out of core.

    Parameters
    ----------
    kind : {"baci", "comtrade", "imf"}
        CEPII BACI, UN Comtrade, or IMF DOTS and IMTS.
    path : path or sequence of paths
        A file as distributed (.csv, .csv.gz, .zip), several, or a folder of them.
    out : path
        Folder to write. It is replaced as a whole.
    products : {"TOTAL", "HS2", "HS4", "HS6"}, default "HS2"
        Product level to which flows are summed. IMF files have totals only.
    years : Sequence[int], optional
        Years to keep. Default: all.
    economies : Sequence[str], optional
        Keep flows with one of these on either side; codes or names. Default: all.
    scale : {"units", "thousands", "millions", "billions"}, optional
        Scale of the values of IMF files; it overrules what the file states. Files that state a scale as a word are
        read in that scale; a code there (``SCALE`` 6) is a label and the values are US$. Required for files without.
    memory : str, default "2GB"
        Memory limit of the database; beyond it, data go to disk next to ``out``.
    threads : int, default 2
        Threads of the database. The result does not depend on it.

    Returns
    -------
    BulkFlows
        ``.frame(years=[2019])`` has the columns that the functions on trade take.

    Raises
    ------
    BadInputError
        Unknown option, a file that is damaged or not of this kind (the message names it), or no extra ``bulk``.
    NoDataError
        No flow between economies in these files and years.

    See Also
    --------
    open_flows : opens a folder written before.

    Notes
    -----
    BACI: Gaulier, G. and Zignago, S. (2010), "BACI: International Trade Database at the Product-Level", CEPII Working
    Paper 2010-23. Values become US$; an empty value is never read as zero.

    Examples
    --------
    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> baci, out = pathlib.Path(folder.name, "BACI_HS92_Y2019_V202601.csv"), pathlib.Path(folder.name, "flows")
    >>> _ = baci.write_text("t,i,j,k,v,q\\n2019,860,643,870323,1000.5,NA\\n2019,860,643,870322,10.0,NA\\n")
    >>> ea.read_flows("baci", baci, out, products="HS6").frame(years=[2019])[["product", "usd"]].values.tolist()
    [['870322', 10000.0], ['870323', 1000500.0]]
    >>> folder.cleanup()
    """
    require_option("kind of bulk file", kind, layouts.KINDS)
    require_option("products", products, DIGITS)
    if find_spec("duckdb") is None:
        raise BadInputError("bulk files of trade need the extra: pip install 'eaeu-analysis[bulk]'")
    target = Path(out)
    keep = None if economies is None else sorted(set(known_economies.resolve_many(economies)))
    place = atomic.staging_place(require_output_folder(target, KIND))
    with atomic.staging_folder(WORK, place) as aside:
        files = inputs(kind, path, aside)
        with _database(aside, memory, threads) as con:
            shape = _load(con, kind, files, DIGITS[products], years, scale)
            left_out = _parties(con, shape)
            _check_size(con, whole=kind == "imf")
            _flows(con, keep)
            _write(con, target, shape, products, years, left_out)
    return open_flows(target)


def open_flows(folder: str | Path) -> BulkFlows:
    """Open a folder of flows written by :func:`read_flows`.

    Parameters
    ----------
    folder : path
        The folder.

    Returns
    -------
    BulkFlows
        ``.frame(...)`` reads flows, ``.to_frame()`` lists rows and US$ by year.

    Raises
    ------
    NoDataError
        The folder has no flows, or ``flows.json`` is damaged.

    Examples
    --------
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
        record = parse_json(read_bytes(target / "flows.json", "list of flows"), "flows.json")
        years = pd.DataFrame([[int(y), str(b), int(n), float(usd)] for y, b, n, usd in record["years"]], columns=_YEARS)
        left = pd.DataFrame([[str(c), int(n), float(usd)] for c, n, usd in record["left_out"]], columns=_LEFT)
        source, products, vintage = (str(record[name]) for name in ("source", "products", "vintage"))
        return BulkFlows(target, source, products, vintage, years, left)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise NoDataError(f"{str(target)!r} has no bulk flows (flows.json is missing or damaged)") from error


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
    except (duckdb.IOException, duckdb.FatalException) as error:
        raise _refused(error) from error
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
    except (duckdb.IOException, duckdb.FatalException, duckdb.TransactionException) as error:
        raise _refused(error) from error
    finally:
        with suppress(duckdb.Error):  # its files are not kept
            con.close()


def _refused(error: Exception) -> SystemRefusedError:
    """What to say when the database cannot read or write its files: the reason that the system gave it, if it did."""
    found = re.search(r"No space left on device|Read-only file system|Input/output error|Permission denied", str(error))
    reason = found[0].lower() if found else str(error).splitlines()[0][:200]
    return SystemRefusedError(f"cannot read or write the flows: {reason}")


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


def _check_size(con: duckdb.DuckDBPyConnection, whole: bool) -> None:
    """Flows of a year that add up to more than the world's output, or, if they are of all goods (``whole``) and of the
    world, to next to nothing, are of another scale than they were read in."""
    for year, usd, sellers in con.execute(
        "SELECT year, sum(usd)::DOUBLE, count(DISTINCT s.iso3) FROM raw JOIN party s ON s.code = seller"
        " JOIN party b ON b.code = buyer WHERE s.iso3 <> b.iso3 GROUP BY year, basis ORDER BY year, basis"
    ).fetchall():
        size = f"the flows of {year} add up to {usd:.3g} US$"
        if usd > MOST_USD:
            raise BadInputError(
                f"{size}, more than the world produces in a year; give scale='units' if they are in US$"
            )
        if whole and sellers >= WORLD_SELLERS and usd < LEAST_USD:
            raise BadInputError(
                f"{size} over {sellers} exporters, too little for world trade; give scale='millions' if they are so"
            )


def _iso3(code: str, shape: BulkLayout) -> str:
    """The economy that a code or name in the files stands for, or "" when it is none."""
    economies = known_economies.economy_tables().economies
    given = shape.codes.get(code, code)
    if given not in economies and code.isdigit():
        return schema.iso_numbers().get(code.zfill(3), "")
    for text in (given, layouts.plain_country_name(given)):
        try:
            return known_economies.resolve(text)
        except EaeuError:
            continue
    return ""


def _flows(con: duckdb.DuckDBPyConnection, keep: list[str] | None) -> None:
    """The view ``flows``: economies on both sides, those of ``keep`` on one of them."""
    con.execute("CREATE TABLE kept (iso3 VARCHAR)")
    con.executemany("INSERT INTO kept VALUES (?)", [[code] for code in keep or [""]])
    only = "true" if keep is None else "s.iso3 IN (SELECT iso3 FROM kept) OR b.iso3 IN (SELECT iso3 FROM kept)"
    con.execute(
        "CREATE VIEW flows AS SELECT s.iso3 AS exporter, b.iso3 AS importer, year, product, basis,"  # noqa: S608 - constants
        " sum(usd)::DOUBLE AS usd FROM raw JOIN party s ON s.code = seller JOIN party b ON b.code = buyer"
        f" WHERE s.iso3 <> b.iso3 AND ({only}) GROUP BY ALL"
    )


def _write(
    con: duckdb.DuckDBPyConnection,
    target: Path,
    shape: BulkLayout,
    products: str,
    years: Sequence[int] | None,
    left_out: list[tuple[str, int, float]],
) -> None:
    """One Parquet file a year, sorted, and ``flows.json`` next to them."""
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
                    "COPY (SELECT exporter, importer, year::BIGINT AS year, product, usd, basis,"  # noqa: S608 - constants
                    f" '{shape.name}' AS source, '' AS status FROM flows WHERE year = {year}"
                    f" ORDER BY exporter, importer, product, basis) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
                )
            made += [[year, str(basis), int(n), float(usd)] for basis, n, usd in rows]
        if not made:
            raise NoDataError(
                "; ".join(shape.empty[:2]) or "no flow between two economies of those asked for in these files"
            )
        for reason in shape.empty:
            log.warning("left out: %s", reason)
        record = {
            "source": shape.source,
            "products": products,
            "vintage": shape.vintage,
            "years": made,
            "left_out": left_out,
        }
        text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
        (stage / "flows.json").write_text(text, encoding="utf-8")
