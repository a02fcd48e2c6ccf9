"""CSV behind a link: text that no spreadsheet takes for a formula, in an address that works from disk."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...results import to_plain
from ...text import clean_text

# What begins a formula in a spreadsheet (signs of full width too), at the start of a cell or after a semicolon.
FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|\t")
FORMULA_INSIDE = re.compile(r"(?<=[;\t\n])(\s*)(?=[=@\uff1d\uff20]|[+\-\uff0b\uff0d](?![\d ]))")
NUMBER = re.compile(r"""[-+]\d[\d,.]*(e[-+]?\d+)?( [A-Za-z%][^=@|!()'"]*)?""")  # "-33.7", "-33.7 pp", "-2.1 to 3.6"


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with a header; numbers at ten significant digits, nothing for what is missing."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([safe(name) for name in header])
    for row in rows:
        writer.writerow([safe(to_plain(value)) for value in row])
    return buffer.getvalue()


def csv_records(rows: Sequence[Mapping[Any, Any]]) -> str:
    """CSV of records that share their keys; nothing when there is no record."""
    if not rows:
        return ""
    return csv_text([str(k) for k in rows[0]], [list(row.values()) for row in rows])


def safe(value: Any) -> Any:
    """A cell that is no formula to a spreadsheet: text that may be read as one gets an apostrophe before it.
    A spreadsheet of another locale splits ``x;=1+1`` into two cells, so the second part is treated in the same way.

    A number with its unit ("-33.7 pp") is no formula and stays as it is.
    """
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str):
        value = clean_text(value)
        if NUMBER.fullmatch(value):
            return value
        value = FORMULA_INSIDE.sub(r"\1'", value)
        return "'" + value if FORMULA.match(value) else value
    return "" if value is None else value
