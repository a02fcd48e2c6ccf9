"""Open the one data table of a zip file as a stream, without unpacking anything to disk.

A zip comes from a download or from a stranger: cut short, damaged, encrypted, made to explode, or holding
names that climb out of a folder. Each is refused in one sentence; nothing is ever written.
"""

from __future__ import annotations

import contextlib
import errno
import lzma
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from ....errors import BadInputError

MAX_BYTES = 4 * 2**30  # of one member unpacked; the whole WDI is 0.3 GB
MAX_RATIO = 200  # unpacked to packed, for members over SMALL; the WDI's is under 10, a bomb's about 1,000
SMALL = 64 * 2**20
MAX_MEMBERS = 10_000

OPENING: tuple[type[Exception], ...] = (
    IndexError,
    UnicodeDecodeError,
    struct.error,
    OverflowError,
)  # of zipfile, on a directory that is damaged
READING: tuple[type[Exception], ...] = (zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError)

_DATA_NAMES = (  # in order of preference, on the lower-case base name
    re.compile(r"wdi_?(csv|data)\.csv"),
    re.compile(r"api_.*\.csv"),
    re.compile(r".*_data\.csv"),
)


@dataclass(frozen=True)
class Member:
    """The chosen member: its name, its unpacked size in bytes and the date it carries (ISO, "" when not set)."""

    name: str
    size: int
    date: str


def is_workbook(path: Path) -> bool:
    """Whether a zip file is an Excel workbook."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


@contextlib.contextmanager
def open_table(path: Path) -> Iterator[tuple[IO[bytes], Member]]:
    """The data table inside ``path`` as a byte stream, with what is known of it; :class:`BadInputError` otherwise."""
    with contextlib.ExitStack() as stack:
        with _named(path, *OPENING):
            archive = stack.enter_context(zipfile.ZipFile(path))
            member = _choose(archive, path)
            stream = stack.enter_context(archive.open(member))
        year, month, day = member.date_time[:3]
        date = f"{year:04d}-{month:02d}-{day:02d}" if year > 1980 else ""
        with _named(path):
            yield stream, Member(member.filename, member.file_size, date)


@contextlib.contextmanager
def _named(path: Path, *more: type[Exception]) -> Iterator[None]:
    """What zipfile raises while opening (then also ``more``) or reading, in words."""
    try:
        yield
    except OSError as error:
        if not damaged(error):
            raise
        raise BadInputError(f"{str(path)!r} is a damaged zip file ({error})") from error
    except (*READING, *more) as error:
        text = str(error)
        if "not a zip file" in text or "truncated" in text.lower():
            raise BadInputError(f"{str(path)!r} is a zip file cut short (its directory is missing)") from error
        raise BadInputError(f"{str(path)!r} is a damaged zip file ({text or 'it ends too early'})") from error
    except NotImplementedError as error:
        raise BadInputError(f"{str(path)!r} is packed in a way that cannot be read ({error})") from error


def damaged(error: OSError) -> bool:
    """Whether it comes of what a zip says (a place before its start, a stream of bzip2), not of the disk."""
    return error.filename is None and error.errno in (None, errno.EINVAL)


def _choose(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not member.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise BadInputError(f"{str(path)!r} has {len(members):,} files, more than any data download")
    for member in members:
        if _climbs(member.filename):
            raise BadInputError(f"{str(path)!r} has a file named {member.filename!r}, which points outside of it")
    member = _data_table(members, path)
    if member.flag_bits & 1:
        raise BadInputError(f"{str(path)!r}: {member.filename!r} is encrypted")
    packed = max(member.compress_size, 1)
    if member.file_size > MAX_BYTES or (member.file_size > SMALL and member.file_size > MAX_RATIO * packed):
        raise BadInputError(
            f"{str(path)!r}: {member.filename!r} would unpack from {packed:,} to {member.file_size:,} bytes, "
            "which no data download does"
        )
    return member


def _climbs(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/"))
    return parts.is_absolute() or ".." in parts.parts or bool(re.match(r"[A-Za-z]:", name)) or "\0" in name


def _data_table(members: list[zipfile.ZipInfo], path: Path) -> zipfile.ZipInfo:
    tables = {}
    for member in members:
        base = PurePosixPath(member.filename.replace("\\", "/")).name.lower()
        if base.endswith(".csv") and not base.startswith("._") and "metadata" not in base:
            tables[member.filename] = (base, member)
    for wanted in _DATA_NAMES:
        found = [member for base, member in tables.values() if wanted.fullmatch(base)]
        if len(found) == 1:
            return found[0]
    if len(tables) == 1:
        return next(iter(tables.values()))[1]
    shown = ", ".join(repr(member.filename) for member in members[:5]) or "nothing"
    what = "no CSV table" if not tables else f"{len(tables)} CSV tables and no way to tell which is meant"
    raise BadInputError(f"{str(path)!r} has {what} (it has {shown})")
