"""Series from files a user has: the World Bank's downloads, a DataBank or Data360 extract, tidy CSV or Parquet.

The shape is recognised by the content (see :mod:`.shapes`), never from the file's name. What is wrong with a file
is one :class:`BadInputError` that names it; what is merely left out is a note (``FileSource.notes``, and logged).
"""

from __future__ import annotations

import contextlib
import io
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING

from ....errors import BadInputError, NoDataError, near_matches, one_line
from ....reference.catalogue import catalogue, indicator
from ....series import SeriesData, SeriesInfo
from ....text import clean_text
from . import safezip, shapes
from .observations import Reading
from .safezip import Member
from .shapes import FileShape
from .streams import bad_bytes_named, find_bad_byte, read_csv, read_parquet

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

SUFFIXES = (".csv", ".zip", ".parquet", ".xlsx")  # looked for in a folder
# Tables in a form that is not read: in a folder they are named, never skipped in silence.
OTHER_TABLES = (
    ".xls", ".xlsb", ".xlsm", ".ods", ".tsv", ".tab", ".txt", ".gz", ".json", ".xml", ".dta", ".sav", ".rds", ".dbf"
)  # fmt: skip
WHOLE_BYTES = 32 * 2**20  # files below this are read once, whole; of larger ones only the series needed
WDI = "World Development Indicators"
CC_BY = "CC-BY-4.0"


@dataclass(frozen=True)
class FileReading:
    """One file read: its shape in words, what it says of itself, the series, every code with its label, the notes."""

    path: Path
    shape: str
    info: SeriesInfo
    series: list[SeriesData]
    labels: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_file(
    path: str | Path, codes: Collection[str] | None = None, code: str | None = None, vintage: str | None = None
) -> list[SeriesData]:
    """The series in the file ``path``, sorted by code; ``codes`` keeps only these (all must be there).

    ``code`` names the series of a tidy table without a code column (else its file name does); ``vintage``
    overrides what the file prints. Raises BadInputError for a bad file, NoDataError for codes it lacks.
    """
    reading = inspect_file(path, codes, code, vintage)
    for note in reading.notes:
        log.warning(note)
    return reading.series


def inspect_file(
    path: str | Path, codes: Collection[str] | None = None, code: str | None = None, vintage: str | None = None
) -> FileReading:
    """:func:`read_file` with the shape, the codes seen and the notes."""
    path = _existing(path)
    where = repr(str(path))
    code = code or _code_of_name(path)
    if _magic(path).startswith(b"PAR1"):
        shape, found, member = *_parquet(path, where, codes, code), None
    else:
        shape, found, member = _text(path, where, codes, code)
    absent = sorted(set(codes or ()) - set(found.labels))
    if absent:
        raise NoDataError(f"{where} has no series {absent[0]!r}{_near(absent[0], found.labels)}")
    empty = sorted(set(found.labels if codes is None else codes) - set(found.frames))
    if empty and (codes is None or codes):
        found.notes.append(f"{where}: no value at all for {', '.join(empty[:5])}{' ...' if len(empty) > 5 else ''}")
    if not found.frames and (codes is None or codes):
        raise NoDataError(f"{where} has no value")
    found.labels = {c: clean_text(label) for c, label in found.labels.items()}
    found.notes = [clean_text(note) for note in found.notes]
    info = _info(shape, vintage or shape.vintage or found.vintage, member or Member(path.name, 0, ""))
    series = []
    for c in sorted(found.frames):
        own = with_meaning(info, c, found.labels.get(c, ""))
        own = own if own.unit else own.with_(unit=shape.unit)
        series.append(SeriesData(own, found.frames[c], found.freqs[c]))
    return FileReading(path, shape.name, info, series, found.labels, found.notes)


def read_long(path: str | Path) -> pd.DataFrame:
    """A CSV of any units as a frame; BadInputError for a file that is not one, in the words of the other readers."""
    import pandas as pd

    path = _existing(path)
    where = repr(str(path))
    with _readable(path), path.open("rb") as stream:
        shapes.check_text(stream.read(shapes.HEAD_BYTES), where)
    try:
        with _readable(path):
            return pd.read_csv(path, encoding="utf-8-sig")
    except UnicodeDecodeError:
        with path.open("rb") as stream:
            raise find_bad_byte(stream, where) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise BadInputError(f"{where} cannot be read as CSV ({one_line(str(error))[:120]})") from error


class FileSource:
    """Files, or every data file of a folder, as one source.

    The same series in two files is two entries when their vintages differ and an error when they do not.
    """

    def __init__(self, path: str | Path | Sequence[str | Path]):
        given = [path] if isinstance(path, (str, Path)) else list(path)
        self.paths = [file for item in given for file in expand(item)]
        self.notes: list[str] = []
        for item in given:
            self._say(skipped(item))
        self._read: dict[Path, dict[str, SeriesData]] = {}
        self._entries: dict[Path, list[SeriesInfo]] = {}
        self._all: set[Path] = set()

    def shapes(self) -> dict[str, str]:
        """The shape of each file, in words."""
        return {str(path): shape_of(path) for path in self.paths}

    def entries(self) -> list[SeriesInfo]:
        """Every series of the files, sorted by code and vintage."""
        for path in self.paths:
            if path in self._entries:
                continue
            if path.stat().st_size < WHOLE_BYTES:
                self._load(path, None)
                self._entries[path] = [item.info for item in self._read[path].values()]
            else:
                listing = inspect_file(path, codes=())
                self._entries[path] = [with_meaning(listing.info, c, t) for c, t in sorted(listing.labels.items())]
        found = [info for path in self.paths for info in self._entries[path]]
        keys = [info.key for info in found]
        for key in keys:
            if keys.count(key) > 1:
                raise BadInputError(f"series {key} is in two of the files with the same vintage; give one of them")
        return sorted(found, key=lambda info: (info.code, info.vintage))

    def read(self, code: str, vintage: str | None = None) -> SeriesData:
        """One series whole; NoDataError with a near match when no file has it (in that vintage)."""
        holders = [p for p in self.paths if any(info.code == code for info in self._entries_of(p))]
        if not holders:
            known = {info.code: info.label for p in self.paths for info in self._entries_of(p)}
            raise NoDataError(f"{self._named()} has no series {code!r}{_near(code, known)}")
        found = []
        for path in holders:
            if code not in self._read.get(path, {}):
                self._load(path, self._worth_reading(path, code))
            if code in self._read[path]:
                found.append(self._read[path][code])
        matching = [item for item in found if vintage is None or item.info.vintage == vintage]
        if not found:
            raise NoDataError(f"{self._named()} has series {code!r} without any value")
        if not matching:
            there = ", ".join(item.info.vintage or "undated" for item in found)
            raise NoDataError(f"{self._named()} has {code} only in vintage {there}, not {vintage}")
        if len(matching) > 1:
            there = " and ".join(item.info.vintage or "undated" for item in matching)
            raise BadInputError(f"{self._named()} has {code} in vintages {there}; name one as {code}@VINTAGE")
        return matching[0]

    def _entries_of(self, path: Path) -> list[SeriesInfo]:
        if path not in self._entries:
            self.entries()
        return self._entries[path]

    def _worth_reading(self, path: Path, code: str) -> set[str] | None:
        """One pass over a large file brings the catalogue's series along; a second request brings everything."""
        if path in self._all:
            return None
        self._all.add(path)
        have = {info.code for info in self._entries_of(path)}
        return {code, *have.intersection(map(str, catalogue().index))}

    def _load(self, path: Path, codes: Collection[str] | None) -> None:
        reading = inspect_file(path, codes)
        self._say(reading.notes)
        self._read.setdefault(path, {}).update({item.info.code: item for item in reading.series})

    def _say(self, notes: Sequence[str]) -> None:
        self.notes += [note for note in notes if note not in self.notes]
        for note in notes:
            log.warning(note)

    def _named(self) -> str:
        return repr(str(self.paths[0])) if len(self.paths) == 1 else f"none of the {len(self.paths)} files"


def expand(path: str | Path) -> list[Path]:
    """The file itself, or the data files of a folder, sorted by name."""
    path = Path(path)
    if not path.is_dir():
        return [_existing(path)]
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and p.is_file())
    if not found:
        raise NoDataError("; ".join([f"{str(path)!r} has no {', '.join(SUFFIXES)} file", *skipped(path)]))
    return found


def skipped(path: str | Path) -> list[str]:
    """A sentence on the tables of a folder that are in a form that is not read; empty where there is none."""
    path = Path(path)
    if not path.is_dir():
        return []
    others = sorted(p.name for p in path.iterdir() if p.suffix.lower() in OTHER_TABLES and p.is_file())
    if not others:
        return []
    shown = ", ".join(others[:5]) + (f" and {len(others) - 5} more" if len(others) > 5 else "")
    return [f"{str(path)!r}: not read, save as CSV or xlsx: {shown}"]


def shape_of(path: str | Path) -> str:
    """The name of the file's shape; BadInputError when it has none of the known ones."""
    return inspect_file(path, codes=()).shape


def data360_code(code: str) -> str:
    """``WB_WDI_NY_GDP_MKTP_CD`` as ``NY.GDP.MKTP.CD``; a code of another database stays as it is."""
    if not code.startswith("WB_WDI_"):
        return code
    bare = code.removeprefix("WB_WDI_")
    known = {str(c).replace(".", "_"): str(c) for c in catalogue().index}
    return known.get(bare, bare.replace("_", "."))


# -- opening


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if path.is_dir():
        raise BadInputError(f"{str(path)!r} is a folder; a file was expected")
    if not path.exists():
        raise BadInputError(f"no file {str(path)!r}{_near(path.name, [p.name for p in _siblings(path)])}")
    if not path.is_file():
        raise BadInputError(f"{str(path)!r} is a device or a pipe; save its content to a file first")
    return path


def _siblings(path: Path) -> list[Path]:
    return sorted(path.parent.iterdir())[:1000] if path.parent.is_dir() else []


def _magic(path: Path) -> bytes:
    with _readable(path), path.open("rb") as stream:
        return stream.read(4)


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is None:
            raise
        raise BadInputError(f"{str(path)!r} cannot be read ({(error.strerror or str(error)).lower()})") from error


def _text(path: Path, where: str, codes: Collection[str] | None, code: str) -> tuple[FileShape, Reading, Member | None]:
    """Sniff, then read; the stream is opened anew for each, since a zip member cannot be rewound cheaply."""
    zipped = _magic(path).startswith((b"PK\x03\x04", b"PK\x05\x06"))
    if zipped and safezip.is_workbook(path):
        return *_workbook(path, where, codes, code), None
    member: Member | None = None

    @contextlib.contextmanager
    def opened() -> Iterator[IO[bytes]]:
        nonlocal member
        with _readable(path), contextlib.ExitStack() as stack:
            if zipped:
                stream, member = stack.enter_context(safezip.open_table(path))
                yield stream
            else:
                yield stack.enter_context(path.open("rb"))

    with opened() as stream:
        shape = shapes.sniff(stream.read(shapes.HEAD_BYTES), where)
    plain = data360_code if shape.name.startswith("Data360") else str
    with bad_bytes_named(opened, where), opened() as stream:
        stream.read(shape.data_at)
        return shape, read_csv(stream, shape, where, codes, code, plain), member


def _workbook(path: Path, where: str, codes: Collection[str] | None, code: str) -> tuple[FileShape, Reading]:
    from . import excel

    with _readable(path):
        sheet = excel.read_workbook(path, where)
    stream = io.BytesIO(sheet.text)
    stream.seek(sheet.shape.data_at)
    plain = data360_code if sheet.shape.name.startswith("Data360") else str
    reading = read_csv(stream, sheet.shape, f"{where}, sheet {sheet.name!r}", codes, code, plain)
    if sheet.others:
        reading.notes.append(f"{where}: sheet {sheet.name!r} read; other sheets with tables: {', '.join(sheet.others)}")
    return sheet.shape, reading


def _parquet(path: Path, where: str, codes: Collection[str] | None, code: str) -> tuple[FileShape, Reading]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with _readable(path):
            shape = shapes.match_columns(pq.read_schema(path).names, where)
            return shape, read_parquet(str(path), shape, where, codes, code, str)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{where} is a damaged Parquet file ({str(error)[:100]})") from error


# -- what is known of a series


def _code_of_name(path: Path) -> str:
    """``NE.TRD.GNFS.ZS.csv`` contains NE.TRD.GNFS.ZS; ``API_NE.TRD.GNFS.ZS_DS2_en_csv_v2_101.csv`` too."""
    stem = path.name.removesuffix(path.suffix)
    download = re.fullmatch(r"API_(.+?)_DS\d+_.*", stem)
    return download[1] if download else stem.split("__")[0]


def _info(shape: FileShape, vintage: str, member: Member) -> SeriesInfo:
    source, note = shape.source, ""
    if not source and re.fullmatch(r"WDI_?(CSV|Data)\.csv", PurePath(member.name).name, re.IGNORECASE):
        source = WDI
    if not vintage and member.date and shape.from_world_bank:
        vintage, note = member.date, "date of the table inside the zip file; it prints none itself"
    licence = CC_BY if source == WDI else ""
    if shape.from_world_bank:
        source = f"World Bank, {source}" if source else "World Bank"
    return SeriesInfo("", source=source, vintage=vintage, vintage_note=note, licence=licence)


def with_meaning(info: SeriesInfo, code: str, label: str = "") -> SeriesInfo:
    """Label, unit and kind from the catalogue; a code it does not know keeps ``label`` and has no unit."""
    try:
        known = indicator(code)
    except BadInputError:
        known = None
    if known is None or known.code != code:
        return info.with_(code=code, label=label)
    return info.with_(code=code, label=known.label, unit=known.unit, kind=known.kind)


def _near(given: str, options: Collection[str]) -> str:
    near = near_matches(given, options, options if isinstance(options, dict) else None)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
