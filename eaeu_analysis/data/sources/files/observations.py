"""Batches of text rows checked into observations: a private in-memory database for the length of one reading."""

# ruff: noqa: S608 - the SQL is put together from column positions and the constants below; cells are never in it

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import BadInputError
from ....files import staging_folder
from ....reference import economies
from .shapes import DATA360_LONG, DATA360_WIDE, MAX_YEAR, MIN_YEAR, FileShape, iso_date

if TYPE_CHECKING:
    import pandas as pd

WORK = Path("eaeu-files")  # the name of the temporary folder
MEMORY_LIMIT = "500MB"  # beyond it the database spills to a temporary folder
MAX_ECONOMIES = 2_000  # ISO3 and the World Bank's groups are under 300
MAX_CODES = 50_000  # the World Bank's largest database has about 20,000
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_QUIET_MISSING = ("", "..")
_MISSING_WORDS = ("na", "n/a", "#n/a", "nan", "null", "none", "-")


@dataclass
class Reading:
    """What was read: a frame (economy, year, value) per code, every code of the file with its label, and notes.

    ``notes`` are sentences on what was left out or taken to mean missing; ``vintage`` is a date printed in
    the footer.
    """

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    vintage: str = ""


def internal(shape: FileShape, position: int) -> str:
    """The name of a column inside the database: ``y2015`` for a year, ``c3`` for the rest."""
    return f"y{shape.years[position]}" if position in shape.years else f"c{position}"


def is_footer(text: str) -> bool:
    """Whether a line is blank or one of those the DataBank puts under its table."""
    text = text.strip().strip('",; ')
    return not text or text.startswith(("Data from database", "Last Updated"))


class Loader:
    """One reading: a private in-memory database that batches are checked into."""

    def __init__(
        self, shape: FileShape, where: str, wanted: Collection[str] | None, code: str, plain: Callable[[str], str]
    ):
        self.shape, self.where, self.plain = shape, where, plain
        self.wanted = None if wanted is None else frozenset(wanted)
        self.listing = self.wanted is not None and not self.wanted
        self.literal = "'" + code.replace("'", "''") + "'"
        self.codes: dict[str, str] = {}  # as written -> plain
        self.reading = Reading()
        self.missing_words = 0

    def __enter__(self) -> Loader:
        import duckdb

        self._spill = contextlib.ExitStack()  # what a killed run left there is removed by the next
        folder = self._spill.enter_context(staging_folder(WORK, Path(tempfile.gettempdir())))
        config = {"memory_limit": MEMORY_LIMIT, "threads": 1, "temp_directory": str(folder)}
        self.con = duckdb.connect(config=config)
        self.con.execute("SET enable_progress_bar = false")  # it would go to standard output, which belongs to results
        self.con.execute("CREATE TABLE codes (written VARCHAR, code VARCHAR)")
        self.con.execute(
            "CREATE TABLE obs (line BIGINT, code VARCHAR, written VARCHAR, dims VARCHAR, total BOOLEAN,"
            " year BIGINT, value DOUBLE)"
        )
        return self

    def __exit__(self, *args: object) -> None:
        self.con.close()
        self._spill.close()

    def add(self, batch: Any, lines: Any) -> None:
        """Check a batch of text rows in; stops at the first cell that is wrong."""
        self.con.register("batch", batch.append_column("line", lines))
        try:
            self._rows_without_economy()
            self._collect_codes()
            if not self.listing:
                self._stage()
                self._check_years()
                self._check_values()
                self._keep()
        finally:
            self.con.unregister("batch")

    def footers(self, texts: Iterator[str]) -> None:
        """Read the date off footer lines such as ``Last Updated: 04/08/2026``."""
        for text in texts:
            found = re.search(r"Last Updated:?\s*([\d/-]+)", text)
            if found:
                self.reading.vintage = iso_date(found[1])

    def finish(self) -> Reading:
        """Resolve economies, check the keys, and hand out a frame per code."""
        reading, shape = self.reading, self.shape
        if shape.unused:
            reading.notes.append(f"{self.where}: columns left aside: {', '.join(shape.unused)}")
        if self.missing_words:
            reading.notes.append(f"{self.where}: {self.missing_words:,} cells such as 'NA' or 'NaN' read as missing")
        self._breakdowns()
        self._economies()
        self._duplicates()
        table = self.con.sql(
            "SELECT o.code, e.economy, o.year, o.value FROM obs o JOIN economies e USING (written) ORDER BY ALL"
        ).to_arrow_table()
        frame = table.to_pandas().astype({"year": "int64", "value": "float64"})
        for code, part in frame.groupby("code", sort=True):
            reading.frames[str(code)] = part[["economy", "year", "value"]].reset_index(drop=True)
        return reading

    # -- one batch

    def _first(self, sql: str) -> tuple[Any, ...] | None:
        rows: list[tuple[Any, ...]] = self.con.execute(sql).fetchall()
        return rows[0] if rows else None

    def _insert(self, table: str, pairs: list[tuple[str, str]]) -> None:
        import pyarrow as pa

        self.con.register("pairs", pa.table({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}))
        self.con.execute(f"INSERT INTO {table} SELECT CAST(a AS VARCHAR), CAST(b AS VARCHAR) FROM pairs")
        self.con.unregister("pairs")

    def _column(self, position: int | None, otherwise: str = "''") -> str:
        return otherwise if position is None else f"trim({internal(self.shape, position)})"

    def _rows_without_economy(self) -> None:
        shape = self.shape
        name, code = self._column(shape.economy_name), self._column(shape.code)
        found = self.con.execute(
            f"SELECT line, {name} AS name, {code} FROM batch WHERE {self._column(shape.economy)} = '' ORDER BY line"
        ).fetchall()
        for line, text, given in found:
            if (text or given) and not is_footer(text):
                raise BadInputError(f"{self.where}, row {line}: no economy code")
            self.footers(iter([text]))
        if shape.year is not None and found and not self.listing:
            filled = self._first(
                f"SELECT line FROM batch WHERE {self._column(shape.economy)} = '' "
                f"AND {self._column(shape.year)} || {self._column(shape.value)} <> '' ORDER BY line LIMIT 1"
            )
            if filled:
                raise BadInputError(f"{self.where}, row {filled[0]}: no economy code")

    def _collect_codes(self) -> None:
        code = self._column(self.shape.code, self.literal)
        rows = self.con.execute(
            f"SELECT {code} AS code, min({self._column(self.shape.label)}), min(line) FROM batch "
            f"WHERE {self._column(self.shape.economy)} <> '' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        new = []
        for written, label, line in rows:
            if written in self.codes:
                continue
            if not written:
                raise BadInputError(f"{self.where}, row {line}: no indicator code")
            self.codes[written] = plain = self.plain(written)
            self.reading.labels.setdefault(plain, label)
            if self.wanted is None or plain in self.wanted:
                new.append((written, plain))
        if len(self.codes) > MAX_CODES:
            raise BadInputError(f"{self.where} has over {MAX_CODES:,} different indicator codes: not a table of series")
        self._insert("codes", new)

    def _stage(self) -> None:
        shape = self.shape
        parts = [self._column(p) for p in shape.breakdowns]
        dims = f"concat_ws(', ', {', '.join(parts)})" if parts else "''"
        total = " AND ".join(f"{part} IN ('_T', '_Z', '')" for part in parts) or "true"
        base = (
            f"SELECT line, k.code AS code, {self._column(shape.economy)} AS written, {dims} AS dims, {total} AS total,"
            f" {self._column(shape.multiplier)} AS multiplier"
        )
        source = f"FROM batch JOIN codes k ON k.written = {self._column(shape.code, self.literal)}"
        where = f"WHERE {self._column(shape.economy)} <> ''"
        if shape.years:
            columns = ", ".join(internal(shape, p) for p in shape.years)
            wide = f"{base}, {columns} {source} {where}"
            sql = (
                "SELECT line, code, written, dims, total, multiplier, substr(name, 2) AS year, trim(text) AS text "
                f"FROM (UNPIVOT ({wide}) ON {columns} INTO NAME name VALUE text)"
            )
        else:
            year, value = self._column(shape.year), self._column(shape.value)
            sql = f"{base}, {year} AS year, {value} AS text {source} {where}"
        missing = ", ".join(f"'{mark}'" for mark in _QUIET_MISSING)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE stage AS SELECT * FROM ({sql}) WHERE text NOT IN ({missing})")

    def _check_years(self) -> None:
        if self.shape.years:
            return  # the header's years are checked with the header
        bad = self._first(
            r"SELECT line, year FROM stage WHERE NOT regexp_full_match(year, '\d{4}(\.0*)?') "
            f"OR TRY_CAST(year AS DOUBLE) NOT BETWEEN {MIN_YEAR} AND {MAX_YEAR} ORDER BY line LIMIT 1"
        )
        if bad:
            raise BadInputError(
                f"{self.where}, row {bad[0]}: {bad[1]!r} is not a year between {MIN_YEAR} and {MAX_YEAR}"
            )

    def _check_values(self) -> None:
        words = ", ".join(f"'{word}'" for word in _MISSING_WORDS)
        removed = self._first(f"SELECT count(*) FROM stage WHERE lower(text) IN ({words})")
        if removed and removed[0]:
            self.missing_words += removed[0]
            self.con.execute(f"DELETE FROM stage WHERE lower(text) IN ({words})")
        bad = self._first(
            f"SELECT line, year, text, code FROM stage WHERE NOT regexp_full_match(text, '{_NUMBER}') "
            "OR NOT isfinite(TRY_CAST(text AS DOUBLE)) ORDER BY line, year LIMIT 1"
        )
        if bad:
            line, year, text, code = bad
            infinite = re.fullmatch(r"[+-]?inf(inity)?", text, re.IGNORECASE) or re.fullmatch(_NUMBER, text)
            what = "is not a finite number" if infinite else "is not a number"
            raise BadInputError(f"{self.where}, row {line}: {text[:40]!r} ({code}, {year}) {what}")

    def _keep(self) -> None:
        scale = ""
        if self.shape.multiplier is not None:
            scale = " * pow(10, coalesce(TRY_CAST(multiplier AS INTEGER), 0))"
            note = f"{self.where}: values scaled by their UNIT_MULT (a power of ten)"
            scaled = self._first("SELECT 1 FROM stage WHERE multiplier NOT IN ('', '0') LIMIT 1")
            if scaled and note not in self.reading.notes:
                self.reading.notes.append(note)
        self.con.execute(
            "INSERT INTO obs SELECT line, code, written, dims, total, CAST(CAST(year AS DOUBLE) AS BIGINT), "
            f"CAST(text AS DOUBLE){scale} FROM stage"
        )

    # -- the whole

    def _breakdowns(self) -> None:
        """Of a series given for several groups (women, rural, ...) keep the total; refuse one without a total."""
        if self.shape.name not in (DATA360_LONG, DATA360_WIDE) or not self.shape.breakdowns:
            return
        groups: dict[str, list[tuple[str, bool, int]]] = {}
        for code, dims, total, count in self.con.execute(
            "SELECT code, dims, total, count(*) FROM obs GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            groups.setdefault(code, []).append((dims, total, count))
        for code, found in groups.items():
            if len(found) == 1:
                continue
            totals = [dims for dims, total, _ in found if total]
            if len(totals) != 1:
                shown = "; ".join(dims for dims, _, _ in found[:3])
                raise BadInputError(f"{self.where}: {code} comes in {len(found)} breakdowns without one total: {shown}")
            self.con.execute("DELETE FROM obs WHERE code = ? AND NOT total", [code])
            left = sum(count for _, total, count in found if not total)
            self.reading.notes.append(f"{self.where}: {code}: {left:,} values of breakdowns left out, the total kept")

    def _economies(self) -> None:
        known: list[tuple[str, str]] = []
        strange: dict[str, BadInputError] = {}
        rows = self.con.execute(
            f"SELECT written, min(line) FROM obs GROUP BY 1 ORDER BY 2 LIMIT {MAX_ECONOMIES + 1}"
        ).fetchall()
        for written, line in rows:
            try:
                economy = written.upper() if economies.is_aggregate(written) else economies.resolve(written)
                known.append((written, economy))
            except BadInputError as error:
                if not self.shape.from_world_bank:
                    raise BadInputError(f"{self.where}, row {line}: {error}") from error
                strange[written] = error
        if len(rows) > MAX_ECONOMIES:
            raise BadInputError(
                f"{self.where} has over {MAX_ECONOMIES:,} different economies: not a table of countries"
            )
        if strange and not known:
            raise BadInputError(f"{self.where}: {next(iter(strange.values()))}")
        if strange:
            self.reading.notes.append(f"{self.where}: codes of no known economy left out: {', '.join(sorted(strange))}")
        self.con.execute("CREATE TABLE economies (written VARCHAR, economy VARCHAR)")
        self._insert("economies", known)

    def _duplicates(self) -> None:
        twice = self._first(
            "SELECT o.code, e.economy, o.year, min(o.line), max(o.line) FROM obs o JOIN economies e USING (written) "
            "GROUP BY ALL HAVING count(*) > 1 ORDER BY 4 LIMIT 1"
        )
        if twice:
            code, economy, year, first, last = twice
            raise BadInputError(f"{self.where}: {economy} {year} of {code} comes twice, in rows {first} and {last}")
