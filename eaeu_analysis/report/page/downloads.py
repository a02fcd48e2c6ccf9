"""CSV behind a link: text that no spreadsheet takes for a formula, in an address that works from disk."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ...results import to_plain

FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"""[-+]\d[\d,.]*(e[-+]?\d+)?( [A-Za-z%][^=@|!()'"]*)?""")  # "-33.7", "-33.7 pp", "-2.1 to 3.6"
# directional marks, embeddings, overrides and isolates; control codes but tab and line ends
UNSEEN = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x7F]
    + [code for code in range(32) if chr(code) not in "\t\n\r"]
)


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


def inert(text: str) -> str:
    """Text without the characters that act unseen: marks that turn the direction of what follows, control codes."""
    return text.translate(UNSEEN)


def safe(value: Any) -> Any:
    """A cell that is no formula to a spreadsheet: text that begins like one gets an apostrophe before it.

    A number with its unit ("-33.7 pp") is no formula and stays as it is.
    """
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, str):
        value = inert(value)
        return "'" + value if value[:1] in FORMULA and not NUMBER.fullmatch(value) else value
    return "" if value is None else value


def data_url(text: str) -> str:
    """``text`` as an address of its own, so that a link downloads it without a server."""
    return "data:text/csv;charset=utf-8," + quote(text, safe="")
