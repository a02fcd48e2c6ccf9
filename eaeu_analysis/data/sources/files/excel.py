"""The sheet of an Excel workbook that has a table, as the bytes of a CSV: the readers of text then do the rest.

python-calamine reads the cells. Rows keep their numbers, so that a fault is named with the row that Excel shows.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....errors import BadInputError
from . import shapes
from .workbook_size import MAX_CELLS, check_workbook_size

TITLE_LINES = 40  # above the header, at most


@dataclass(frozen=True)
class SheetText:
    """A sheet as CSV: its name, its bytes, its shape, and the other sheets with a table of a known shape."""

    name: str
    text: bytes
    shape: shapes.FileShape
    others: tuple[str, ...]


def read_workbook(path: Path, where: str) -> SheetText:
    """The first sheet with a table of a known shape, one named "Data" before others.

    Raises BadInputError where python-calamine is not installed, the workbook is damaged or too large, or no sheet has
    such a table; the message then has the reason of the first sheet.
    """
    check_workbook_size(path, where)
    try:
        import python_calamine
    except ImportError:
        raise BadInputError(
            f"{where} is an Excel workbook, which needs the package python-calamine: install it, or save the sheet as "
            "CSV"
        ) from None
    try:
        with python_calamine.CalamineWorkbook.from_path(str(path)) as book:
            sheets = {name: _as_csv(book.get_sheet_by_name(name), where) for name in _in_order(book)}
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError) as error:
        raise BadInputError(f"{where} is a damaged Excel workbook ({str(error)[:100]})") from error
    found: list[tuple[str, shapes.FileShape]] = []
    reasons: list[str] = []
    for name, text in sheets.items():
        try:
            found.append((name, shapes.sniff(text[: shapes.HEAD_BYTES], f"{where}, sheet {name!r}", TITLE_LINES)))
        except BadInputError as error:
            reasons.append(str(error))
    if not found:
        raise BadInputError(reasons[0] if reasons else f"{where} has no sheet of cells")
    name, shape = found[0]
    return SheetText(name, sheets[name], shape, tuple(other for other, _ in found[1:]))


def _in_order(book: Any) -> list[str]:
    """The visible sheets of cells, "Data" first."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    kind = SheetTypeEnum.WorkSheet, SheetVisibleEnum.Visible
    names = [sheet.name for sheet in book.sheets_metadata if (sheet.typ, sheet.visible) == kind]
    return sorted(names, key=lambda name: name.strip().lower() != "data")


def _as_csv(sheet: Any, where: str) -> bytes:
    if sheet.total_height * sheet.total_width > MAX_CELLS:
        raise BadInputError(f"{where}, sheet {sheet.name!r} has over {MAX_CELLS:,} cells; save it as CSV")
    rows = sheet.to_python(skip_empty_area=False)
    if not rows:
        return b""
    width = max(len(row) for row in rows)
    while width and all(row[width - 1] in ("", None) for row in rows if len(row) == width):
        width -= 1
    sink = io.StringIO()
    write = csv.writer(sink, lineterminator="\n").writerow
    for row in rows:
        write([_text(cell) for cell in row[:width]] + [""] * (width - len(row)))
    return sink.getvalue().encode()


def _text(cell: object) -> str:
    """A cell as text: whole numbers without a point, dates as ISO, line ends as spaces."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    return " ".join(str(cell).split()) if cell is not None else ""
