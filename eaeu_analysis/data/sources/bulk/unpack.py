"""The files of a bulk download, one at a time: plain, gzipped, or out of a zip that is not trusted."""

from __future__ import annotations

import logging
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ....errors import BadInputError
from ..files.safezip import OPENING, READING, damaged

log = logging.getLogger(__name__)
MAX_MEMBER = 16 << 30  # bytes unpacked; a year of BACI is 0.4 GB, all of Comtrade's HS for one reporter less
MAX_RATIO = 200  # unpacked to packed; these tables pack 4 to 12 times
_SMALL = 64 << 20
_CHUNK = 1 << 20
_DAMAGE: tuple[type[Exception], ...] = (*READING, *OPENING, NotImplementedError)
_TABLE = (".csv", ".csv.gz", ".txt", ".txt.gz")
BACI = re.compile(r"BACI_(HS\d\d)_Y(\d{4})_V(\w+)\.csv(?:\.gz)?", re.IGNORECASE)
BACI_CODES = re.compile(r"country_codes_V(\w+)\.csv(?:\.gz)?", re.IGNORECASE)


@dataclass(frozen=True)
class Input:
    """A table to read: where it is, the name it was distributed under, its year where the name states one."""

    path: Path
    name: str
    year: int | None = None
    codes: Path | None = None  # BACI's table of countries


def inputs(kind: str, path: str | Path | Sequence[str | Path], aside: Path) -> Iterator[Input]:
    """Each table in turn, in the order of names; one out of a zip exists only until the next is asked for.

    Raises BadInputError for a path that is not there, no table of the kind, or a zip that is not to be trusted.
    """
    paths = [Path(p) for p in ([path] if isinstance(path, str | Path) else path)]
    found = sorted((item for p in paths for item in _listed(p)), key=lambda item: (item[1], str(item[0])))
    codes = [item for item in found if BACI_CODES.fullmatch(item[1])] if kind == "baci" else []
    tables = [i for i in found if BACI.fullmatch(i[1])] if kind == "baci" else found
    if not tables:
        wanted = "BACI_HS92_Y2019_V202401b.csv" if kind == "baci" else "a .csv, .csv.gz or .zip"
        raise BadInputError(f"no {kind} table in {', '.join(map(str, paths))}; expected files such as {wanted}")
    table = _unpacked(codes[-1], aside, 0) if codes else None
    return _in_turn(kind, tables, aside, table)


def _in_turn(kind: str, tables: list[tuple[Path, str, str]], aside: Path, codes: Path | None) -> Iterator[Input]:
    for number, item in enumerate(tables, start=1):
        path = _unpacked(item, aside, number)
        stated = BACI.fullmatch(item[1]) if kind == "baci" else None
        yield Input(path, item[1], int(stated[2]) if stated else None, codes)
        if item[2]:
            path.unlink()


def _listed(path: Path) -> list[tuple[Path, str, str]]:
    """(file, name, member of the zip or "") of every table in a file, a zip or a folder."""
    if path.is_dir():
        others = sorted(p.name for p in path.iterdir() if p.suffix.lower() in (".xlsx", ".xls", ".parquet", ".json"))
        if others:
            log.warning("%r: not read, only text tables are: %s", str(path), ", ".join(others[:5]))
        return [item for p in sorted(path.iterdir()) if p.is_file() and _looks(p.name) for item in _listed(p)]
    if not path.is_file():
        raise BadInputError(f"no such file or folder: {str(path)!r}")
    if path.suffix.lower() != ".zip":
        return [(path, path.name, "")]
    try:
        with zipfile.ZipFile(path) as archive:
            return [(path, _base(m, path), m.filename) for m in archive.infolist() if _wanted(m, path)]
    except _DAMAGE as error:
        raise BadInputError(f"{str(path)!r} is a damaged zip file ({error})") from error


def _looks(name: str) -> bool:
    return name.lower().endswith((*_TABLE, ".zip")) and not name.startswith((".", "_"))


def _base(member: zipfile.ZipInfo, path: Path) -> str:
    return PurePosixPath(member.filename.replace("\\", "/")).name


def _wanted(member: zipfile.ZipInfo, path: Path) -> bool:
    """Whether a member is a table; raises BadInputError for one that no honest zip has."""
    name = member.filename.replace("\\", "/")
    pure = PurePosixPath(name)
    if pure.is_absolute() or ".." in pure.parts or re.match(r"[A-Za-z]:", name) or "\0" in name:
        raise BadInputError(f"{str(path)!r} has a file named {member.filename!r}, which points outside of it")
    if member.is_dir() or not name.lower().endswith(_TABLE) or pure.name.startswith((".", "_")):
        return False
    if member.flag_bits & 1:
        raise BadInputError(f"{str(path)!r}: {member.filename!r} is encrypted")
    packed = max(member.compress_size, 1)
    if member.file_size > MAX_MEMBER or (member.file_size > _SMALL and member.file_size > MAX_RATIO * packed):
        sizes = f"from {packed:,} to {member.file_size:,} bytes"
        raise BadInputError(f"{str(path)!r}: {member.filename!r} would unpack {sizes}, which no such table does")
    return True


def _unpacked(item: tuple[Path, str, str], aside: Path, number: int) -> Path:
    """The file itself, or the member written under a name of ours, never more of it than the zip states."""
    path, name, member = item
    if not member:
        return path
    target = aside / f"member-{number}{'.csv.gz' if name.lower().endswith('.gz') else '.csv'}"
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as stream, target.open("wb") as sink:
            left = archive.getinfo(member).file_size
            while chunk := stream.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise BadInputError(f"{str(path)!r}: {member!r} is larger than the zip states")
                sink.write(chunk)
    except OSError as error:
        if not damaged(error):
            raise
        raise BadInputError(f"{str(path)!r}: {member!r} is damaged ({error})") from error
    except _DAMAGE as error:
        raise BadInputError(f"{str(path)!r}: {member!r} is damaged ({error})") from error
    return target
