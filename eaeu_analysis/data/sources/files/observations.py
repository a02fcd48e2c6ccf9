"""Batches of text rows checked into observations: a private in-memory database for the length of one reading."""

# ruff: noqa: S608 - the SQL is put together from column positions and the constants below; cells are never in it

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ....errors import BadInputError
from ....files import staging_folder
from ....reference import economies
from ....series import period_text
from .periods import EXPECTED, Period, read_period
from .shapes import DATA360_LONG, DATA360_WIDE, TIDY, WAY_OUT, FileShape, economy_code, iso_date

if TYPE_CHECKING:
    import pandas as pd

WORK = Path("eaeu-files")  # the name of the temporary folder
MEMORY_LIMIT = "500MB"  # beyond it the database spills to a temporary folder
MAX_ECONOMIES = 2_000  # ISO3 and the World Bank's groups are under 300
MAX_CODES = 50_000  # the World Bank's largest database has about 20,000
UNKNOWN_SHARE = 0.25  # of names that are no economy's, above which a table is not one of economies
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_QUIET_MISSING = ("", "..")
_OWID = {"OWID_WRL": "WLD", "OWID_KOS": "XKX"}  # codes of Our World in Data's own
_MISSING_WORDS = ("na", "n/a", "#n/a", "nan", "null", "none", "-")


@dataclass
class Reading:
    """What was read: a frame (economy, year, value) per code, every code of the file with its label, and notes.

    ``freqs`` has the letter of each frame's periods (Y, Q, M), ``notes`` are sentences on what was left out or taken to
    mean missing; ``vintage`` is a date printed in the footer.
    """

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    freqs: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    vintage: str = ""


def internal(position: int) -> str:
    """The name of a column inside the database."""
    return f"c{position}"


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
        self.periods: dict[str, Period] = {}  # as written -> letter and number
        self._seen = False

    def __enter__(self) -> Loader:
        import duckdb

        self._spill = contextlib.ExitStack()  # what a killed run left there is removed by the next
        folder = self._spill.enter_context(staging_folder(WORK, Path(tempfile.gettempdir())))
        config = {"memory_limit": MEMORY_LIMIT, "threads": 1, "temp_directory": str(folder)}
        self.con = duckdb.connect(config=config)
        self.con.execute("SET enable_progress_bar = false")  # it would go to standard output, which belongs to results
        self.con.execute("CREATE TABLE codes (given VARCHAR, code VARCHAR)")
        self.con.execute("CREATE TABLE periods (text VARCHAR, freq VARCHAR, year BIGINT)")
        self.con.execute("CREATE TABLE across (name VARCHAR, key VARCHAR)")
        self.con.execute(
            "CREATE TABLE obs (line BIGINT, code VARCHAR, written VARCHAR, dims VARCHAR, total BOOLEAN,"
            " freq VARCHAR, year BIGINT, value DOUBLE)"
        )
        self._insert("across", [(internal(p), key) for p, key in self.shape.across.items()])
        return self

    def __exit__(self, *args: object) -> None:
        self.con.close()
        self._spill.close()

    def add(self, batch: Any, lines: Any) -> None:
        """Check a batch of text rows in; stops at the first cell that is wrong."""
        self.con.register("batch", batch.append_column("line", lines))
        try:
            if not self._seen:
                self._which_is_the_economy()
            self._seen = True
            self._rows_without_economy()
            self._collect_codes()
            if not self.listing:
                self._stage()
                self._check_periods()
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
        self._one_frequency()
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
        return otherwise if position is None else f"trim({internal(position)})"

    @property
    def _economy(self) -> str:
        """The economy of a row; where files of other tools have no code for it, its name."""
        shape = self.shape
        if shape.economy_name is None or shape.from_world_bank or shape.name == TIDY:
            return self._column(shape.economy)
        return f"coalesce(nullif({self._column(shape.economy)}, ''), {self._column(shape.economy_name)})"

    @property
    def _key(self) -> str:
        """What every row of data has: its economy, or its period where economies are columns."""
        return self._economy if self.shape.economy is not None else self._column(self.shape.year)

    def _which_is_the_economy(self) -> None:
        """A column ``code`` next to the country's name may have its code and not that of a series; refuse where it is
        not clear which."""
        shape = self.shape
        if shape.name != TIDY or shape.code is None:
            return
        economy, code = self._column(shape.economy), self._column(shape.code)
        pairs = self.con.execute(f"SELECT DISTINCT {economy}, {code} FROM batch ORDER BY ALL LIMIT 5000").fetchall()
        own = [(who, text) for who, text in pairs if text and _same_economy(who, text)]
        known = [text for who, text in pairs if who and text and economy_code(who)]
        if not own:
            return
        column = shape.columns[shape.code]
        if len(own) < len(known):
            raise BadInputError(
                f"{self.where}: the column {column!r} has codes of economies ({own[0][1]!r}) and other codes; "
                "name the column of economies 'iso3' and that of series 'indicator'"
            )
        self.shape = replace(shape, economy=shape.code, economy_name=shape.economy, code=None)
        self.reading.notes.append(f"{self.where}: the column {column!r} has codes of economies, not of series")

    def _rows_without_economy(self) -> None:
        shape = self.shape
        name, code = self._column(shape.economy_name), self._column(shape.code)
        found = self.con.execute(
            f"SELECT line, {name} AS name, {code} FROM batch WHERE {self._key} = '' ORDER BY line"
        ).fetchall()
        for line, text, given in found:
            if (text or given) and not (is_footer(text) or is_footer(given) or shape.economy is None):
                raise BadInputError(f"{self.where}, row {line}: no economy code")
            self.footers(iter([text, given]))
        if shape.year is not None and found and not self.listing and shape.economy is not None:
            filled = self._first(
                f"SELECT line FROM batch WHERE {self._key} = '' "
                f"AND {self._column(shape.year)} || {self._column(shape.value)} <> '' ORDER BY line LIMIT 1"
            )
            if filled:
                raise BadInputError(f"{self.where}, row {filled[0]}: no economy code")

    def _collect_codes(self) -> None:
        code = self._column(self.shape.code, self.literal)
        rows = self.con.execute(
            f"SELECT {code} AS code, min({self._column(self.shape.label)}), min(line) FROM batch "
            f"WHERE {self._key} <> '' GROUP BY 1 ORDER BY 1"
        ).fetchall()
        if self.shape.axis == "series":
            rows = [(text, self.shape.labels.get(text, ""), 1) for text in self.shape.across.values()]
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
        code = self._column(shape.code, self.literal)
        source = f"FROM batch WHERE {self._key} <> ''"
        if shape.axis != "series":  # few of many series may be wanted
            source = f"FROM batch JOIN codes k ON k.given = {code} WHERE {self._key} <> ''"
        base = (
            f"SELECT line, {'k.code' if shape.axis != 'series' else code} AS code, {self._economy} AS written, "
            f"{dims} AS dims, {total} AS total, {self._column(shape.multiplier)} AS multiplier, "
            f"{self._column(shape.year, repr(shape.period))} AS period"
        )
        if not shape.across:
            sql = f"{base}, {self._column(shape.value)} AS text {source}"
        else:
            columns = ", ".join(internal(p) for p in shape.across)
            long = f"(UNPIVOT ({base}, {columns} {source}) ON {columns} INTO NAME name VALUE cell)"
            long = f"dims, total, multiplier, trim(cell) AS text FROM {long} JOIN across USING (name)"
            kept = {"period": "code, written, key AS period", "economy": "code, key AS written, period"}
            if shape.axis == "series":
                sql = f"SELECT line, k.code AS code, written, period, {long} JOIN codes k ON k.given = key"
            else:
                sql = f"SELECT line, {kept[shape.axis]}, {long}"
        missing = ", ".join(f"'{mark}'" for mark in _QUIET_MISSING)
        self.con.execute(f"CREATE OR REPLACE TEMP TABLE stage AS SELECT * FROM ({sql}) WHERE text NOT IN ({missing})")

    def _check_periods(self) -> None:
        """Read the periods that this batch has first; one that is none is named with its row."""
        new = self.con.execute(
            "SELECT s.period, min(line) FROM stage s LEFT JOIN periods p ON p.text = s.period WHERE p.text IS NULL "
            "GROUP BY 1 ORDER BY 2"
        ).fetchall()
        found = []
        for text, line in new:
            period = read_period(text)
            if period is None:
                raise BadInputError(f"{self.where}, row {line}: {text[:40]!r} is not {EXPECTED}")
            found.append((text, *period))
        if found:
            self.con.executemany("INSERT INTO periods VALUES (?, ?, ?)", found)

    def _check_values(self) -> None:
        words = ", ".join(f"'{word}'" for word in _MISSING_WORDS)
        removed = self._first(f"SELECT count(*) FROM stage WHERE lower(text) IN ({words})")
        if removed and removed[0]:
            self.missing_words += removed[0]
            self.con.execute(f"DELETE FROM stage WHERE lower(text) IN ({words})")
        bad = self._first(
            f"SELECT line, period, text, code FROM stage WHERE NOT regexp_full_match(text, '{_NUMBER}') "
            "OR NOT isfinite(TRY_CAST(text AS DOUBLE)) ORDER BY line, period LIMIT 1"
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
            "INSERT INTO obs SELECT line, s.code, s.written, dims, total, p.freq, p.year, "
            f"CAST(s.text AS DOUBLE){scale} FROM stage s JOIN periods p ON p.text = s.period"
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
                text = _OWID.get(written, written)
                known.append((written, economies.aggregate_code(text) or economies.resolve(text)))
            except BadInputError as error:
                if not self.shape.tolerant:
                    raise BadInputError(f"{self.where}, row {line}: {error}; {WAY_OUT}") from error
                strange[written] = error
        if len(rows) > MAX_ECONOMIES:
            raise BadInputError(
                f"{self.where} has over {MAX_ECONOMIES:,} different economies: not a table of countries"
            )
        few = len(strange) <= UNKNOWN_SHARE * len(rows) or self.shape.from_world_bank
        if strange and not (known and few):
            counted = f" (as {len(strange)} of {len(rows)} names)" if known else ""
            raise BadInputError(f"{self.where}: {next(iter(strange.values()))}{counted}; {WAY_OUT}")
        if strange:
            self.reading.notes.append(f"{self.where}: codes of no known economy left out: {', '.join(sorted(strange))}")
        self.con.execute("CREATE TABLE economies (written VARCHAR, economy VARCHAR)")
        self._insert("economies", known)

    def _one_frequency(self) -> None:
        """A series is of years, quarters or months; dates are years where every one is of the same month."""
        found: dict[str, list[str]] = {}
        for code, freq, months in self.con.execute(
            "SELECT code, freq, count(DISTINCT (year % 12 + 12) % 12) FROM obs GROUP BY ALL ORDER BY ALL"
        ).fetchall():
            found.setdefault(code, []).append(freq)
            if freq == "D" and months == 1:
                self.con.execute(
                    "UPDATE obs SET freq = 'Y', year = 1970 + floor(year / 12.0)::BIGINT WHERE code = ? AND freq = 'D'",
                    [code],
                )
            elif freq == "D":
                self.con.execute("UPDATE obs SET freq = 'M' WHERE code = ? AND freq = 'D'", [code])
        names = {"Y": "years", "Q": "quarters", "M": "months", "D": "dates"}
        for code, freqs in found.items():
            if len(freqs) > 1:
                mixed = " and ".join(names[freq] for freq in freqs)
                raise BadInputError(f"{self.where}: {code} comes in {mixed}; keep one of them in the file")
        self.reading.freqs = dict(self.con.execute("SELECT DISTINCT code, freq FROM obs").fetchall())

    def _duplicates(self) -> None:
        twice = self._first(
            "SELECT o.code, e.economy, o.year, min(o.line), max(o.line) FROM obs o JOIN economies e USING (written) "
            "GROUP BY ALL HAVING count(*) > 1 ORDER BY 4 LIMIT 1"
        )
        if twice:
            code, economy, year, first, last = twice
            when = period_text(self.reading.freqs[code], year)
            rows = f"in rows {first} and {last}" if first != last else f"in row {first}"
            raise BadInputError(f"{self.where}: {economy} {when} of {code} comes twice, {rows}")


def _same_economy(name: str, code: str) -> bool:
    """Whether ``code`` is the code of the economy or group ``name``."""
    short = re.fullmatch(r"[A-Za-z]{2,3}", code) is not None
    return short and economy_code(code) == economy_code(name) != ""
