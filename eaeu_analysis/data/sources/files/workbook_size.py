"""How large an Excel workbook is once it is read, counted in its parts before a library reads them.

python-calamine lays out the rectangle around all cells, and copies a shared text into each cell that refers to it: a
file of a kilobyte can ask for terabytes, and the library then ends the process. The parts are parsed here first, by the
parser of the standard library, and nothing is kept of them but counts.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import IO
from xml.parsers import expat

from ....errors import BadInputError

MAX_BYTES = 512 * 2**20  # of all parts unpacked, and of all texts; a sheet of a million rows has about 100 MB
MAX_RATIO = 400  # unpacked to packed; sheets pack 10 to 40 times
MAX_CELLS = 20_000_000  # of the rectangle around the cells of a sheet, and elements of a part
_OTHER_FORMATS = {"content.xml", "xl/workbook.bin"}  # OpenDocument and binary: a library might read these in its place


class _TooLargeError(Exception):
    """Of the parser's handlers, with the reason."""


class _Part:
    """Counts of one part, filled by the parser. ``lengths``: of the shared texts, in order; ``shared``: references to
    them, by number and count; ``sheets``: relations that the workbook takes for sheets; ``targets``: part of each."""

    def __init__(self) -> None:
        self.root, self.elements, self.text = "", 0, 0
        self.lengths: list[int] = []
        self.shared: dict[str, int] = {}
        self.sheets: set[str] = set()
        self.targets: dict[str, str] = {}
        self.rows, self.columns = (0, 0), (0, 0)
        self._row = self._column = 0
        self._index = False
        self._cell = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self.root = self.root or name
        self.elements += 1
        if self.elements > MAX_CELLS:
            raise _TooLargeError(f"has a part of over {MAX_CELLS:,} elements")
        if self.root == "sst" and name == "si":
            self.lengths.append(0)
        elif name == "row":
            self._row, self._column = _number(attributes.get("r"), self._row + 1), 0
        elif name == "c":
            self._place(attributes.get("r", ""))
            self._index, self._cell = attributes.get("t") == "s", ""
        elif name == "sheet":
            self.sheets |= {value for key, value in attributes.items() if key.rpartition(":")[2] == "id"}
        elif name == "Relationship":
            self.targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def text_of(self, data: str) -> None:
        if self.root == "sst":
            if self.lengths:
                self.lengths[-1] += len(data)
        elif self._index:
            self._cell = (self._cell + data)[:20]

    def end(self, tag: str) -> None:
        if self._index and tag.rpartition(":")[2] == "c":
            key = self._cell.strip()
            self.shared[key] = self.shared.get(key, 0) + 1
            self._index = False

    def _place(self, reference: str) -> None:
        letters = reference.rstrip("0123456789")
        self._column = _column(letters) if letters else self._column + 1
        self._row = _number(reference[len(letters) :], self._row)
        low, high = self.rows
        self.rows = (min(low or self._row, self._row), max(high, self._row))
        low, high = self.columns
        self.columns = (min(low or self._column, self._column), max(high, self._column))
        area = (self.rows[1] - self.rows[0] + 1) * (self.columns[1] - self.columns[0] + 1)
        if area > MAX_CELLS:
            raise _TooLargeError(f"has a sheet of over {MAX_CELLS:,} cells")


def check_workbook_size(path: Path, where: str) -> None:
    """Raise BadInputError where a workbook is larger than any workbook of data, or cannot be parsed."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive)
            parts = [_read(archive.open(member)) for member in archive.infolist() if _parsed(member)]
    except _TooLargeError as error:
        raise BadInputError(f"{where} {error}, which no workbook of data does; save the sheet as CSV") from None
    except (expat.ExpatError, zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise BadInputError(f"{where} is a damaged Excel workbook ({str(error)[:100]})") from error
    sheets = {key for part in parts for key in part.sheets}
    if odd := [target for part in parts for key, target in part.targets.items() if key in sheets and not _xml(target)]:
        raise BadInputError(f"{where} is a damaged Excel workbook (a sheet is in the part {odd[0][:60]!r})")
    lengths = next((part.lengths for part in parts if part.root == "sst"), [])
    whole = sum(
        times * lengths[int(key)]
        for part in parts
        for key, times in part.shared.items()
        if key.isdecimal() and int(key) < len(lengths)
    )
    if whole > MAX_BYTES:
        raise BadInputError(f"{where} repeats its texts to {whole:,} characters, which no workbook of data does")


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if unpacked > MAX_BYTES or (unpacked > 64 * 2**20 and unpacked > MAX_RATIO * packed):
        raise _TooLargeError(f"would unpack from {packed:,} to {unpacked:,} bytes")
    if odd := _OTHER_FORMATS & {member.filename for member in members}:
        raise ValueError(f"it has the part {min(odd)} of another format")


def _xml(name: str) -> bool:
    return name.lower().endswith(".xml")


def _parsed(member: zipfile.ZipInfo) -> bool:
    return _xml(member.filename) or member.filename.lower() == "xl/_rels/workbook.xml.rels"


def _read(stream: IO[bytes]) -> _Part:
    part = _Part()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = part.start
    parser.CharacterDataHandler = part.text_of
    parser.EndElementHandler = part.end
    parser.StartDoctypeDeclHandler = _no_doctype
    with stream:
        parser.ParseFile(stream)
    return part


def _no_doctype(*_: object) -> None:
    raise ValueError("a part has a document type")


def _number(text: str | None, other: int) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 20 else other


def _column(letters: str) -> int:
    """1 for A, 16384 for XFD; a name of more than seven letters counts as the farthest column."""
    found = 0
    for letter in letters[:8].upper():
        found = 26 * found + (ord(letter) - 64)
    return max(1, found)
