"""One table of a bulk download: its header, its rows as text, and cells that are refused where they make no sense.

Nothing is guessed from the rows: one that is odd must not change how the others are read. Paths and column names are
quoted; the cells of a file are data and never part of a statement.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from collections import Counter
from dataclasses import dataclass

from ....errors import BadInputError
from ..files.shapes import not_utf8
from .unpack import Input

_LONGEST = 1 << 20  # signs of a header
_MARK = "a cell of this file: "  # begins the errors that a query raises in our words


@dataclass(frozen=True)
class BulkTable:
    """A file with the names of its columns, in their order."""

    file: Input
    delimiter: str
    header: list[str]

    @property
    def columns(self) -> dict[str, str]:
        """Quoted name by plain name (small letters and digits alone)."""
        return {re.sub(r"[^a-z0-9$]", "", name.lower()): _quoted(name) for name in self.header}

    def need(self, what: str, *wanted: str) -> list[str]:
        """The quoted columns of these plain names; raises BadInputError that names those missing."""
        missing = [name for name in wanted if name not in self.columns]
        if missing:
            raise BadInputError(f"{self.file.name} is no {what} table: it has no column {', '.join(missing)}")
        return [self.columns[name] for name in wanted]

    def first(self, what: str, *wanted: str) -> str:
        """The first of these columns that is there."""
        for name in wanted:
            if name in self.columns:
                return self.columns[name]
        raise BadInputError(f"{self.file.name} is no {what} table: it has none of the columns {', '.join(wanted)}")

    @property
    def rows(self) -> str:
        """The file as a relation of text; a row longer or shorter than the header is an error."""
        path = str(self.file.path).replace("'", "''")
        columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in self.header)
        dialect = f"delim='{self.delimiter}', quote='\"', escape='\"'"
        return f"read_csv('{path}', auto_detect=false, header=true, {dialect}, columns={{{columns}}})"


def read_header(file: Input) -> BulkTable:
    """The table that a file is by its first line; raises BadInputError where that names no columns, or one twice."""
    packed = file.path.name.lower().endswith(".gz")
    try:
        with (gzip.open if packed else open)(file.path, "rb") as stream:
            line = stream.readline(_LONGEST).decode("utf-8-sig").rstrip("\r\n")
        delimiter = max(",;\t|", key=line.count)
        found = next(csv.reader([line], delimiter=delimiter), [])
    except UnicodeDecodeError as error:
        raise not_utf8(file.name, 1, error.object[error.start]) from error
    except (ValueError, EOFError, zlib.error, csv.Error, gzip.BadGzipFile) as error:
        raise BadInputError(f"{file.name} is damaged or no table of text in UTF-8 ({error})") from error
    except OSError as error:
        raise BadInputError(f"{file.name} cannot be read ({error})") from error
    header = [name.strip() or f"column {place}" for place, name in enumerate(found, start=1)]
    twice = [name for name, times in Counter(name.lower() for name in header).items() if times > 1]
    if twice:
        raise BadInputError(f"{file.name} has two columns {twice[0]!r}")
    if not header or "\0" in line:
        raise BadInputError(f"{file.name} is no table: its first line names no columns")
    return BulkTable(file, delimiter, header)


def refusal(error: Exception) -> str:
    """Why a query over a table ended, as the second half of a sentence: in our words where a check of ours ended it."""
    first = str(error).splitlines()[0]
    row = re.search(r"CSV Error on Line: (\d+)", str(error))
    if _MARK in first:
        return first.partition(_MARK)[2]
    if row and re.search("utf-?8|unicode", str(error), re.IGNORECASE):
        return (
            f"has text that is not UTF-8 in line {row[1]} (mixed encodings, or a file in Latin-1 or Windows-1251; "
            "save it as UTF-8)"
        )
    if row:
        return f"breaks off or is no table: line {row[1]} has not the cells that the first line names"
    return f"breaks off or is no table: {first}"


def year(cell: str) -> str:
    """A cell as a year; digits alone, so that no fraction is rounded."""
    return _unless(f"regexp_full_match({cell}, '[0-9]{{1,6}}')", f"{cell}::INTEGER", cell, "a year")


def value_sql(cell: str, kind: str) -> str:
    """A cell as an amount of the SQL type ``kind``."""
    return _unless(f"{cell}::DOUBLE >= 0", f"{cell}::DOUBLE::{kind}", cell, "a value, which is never below nothing")


def product_sql(cell: str, pattern: str, expected: str) -> str:
    """A cell as a product code that matches ``pattern`` whole."""
    return _unless(f"regexp_full_match({cell}, '{pattern}')", cell, cell, f"a product code, expected {expected}")


def _unless(condition: str, then: str, cell: str, what: str) -> str:
    """``then`` under the ``condition``, else an error that names the cell; the check of the whole judges empty ones."""
    return (
        f"CASE WHEN coalesce({cell}, '') = '' THEN NULL WHEN {condition} THEN {then} ELSE {refuse_cell(cell, what)} END"
    )


def refuse_cell(cell: str, what: str) -> str:
    """The SQL that ends a query over a cell that is not ``what``."""
    return f"error('{_MARK}has ' || chr(39) || left({cell}, 40) || chr(39) || ' for {what}')"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
