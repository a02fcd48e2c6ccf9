"""Output folders: written into when empty or missing, replaced only when everything in them is ours and unchanged.

A folder that a command writes has a manifest with the program's name, the kind of output and the SHA-256 of each file.
Anything else in the folder, or a file that was edited since, makes the command refuse before it starts its work.
A single file (Markdown, HTML or XML) ends with a comment that has the program's name and the hash of the rest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import files, user_files
from .errors import BadInputError

MANIFEST = "manifest.json"
PROGRAM = "eaeu_analysis"
PIN_MANIFEST, PIN_NAME, PIN = "datapackage.json", "eaeu-analysis-pinned", "pin"  # a pin records its hashes there
NOISE = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})  # made by file managers on looking into a folder
LONGEST_MANIFEST = 16 << 20  # bytes
LONGEST_FILE = 64 << 20  # bytes of a single file
SEAL = re.compile(rb"<!-- eaeu_analysis sha256 ([0-9a-f]{64}) -->\n\Z")
TRIES = 20  # of looking at a folder that other processes replace meanwhile
WAY_OUT = "choose an empty or a new folder"

Hashes = Mapping[str, tuple[str, ...]]


class _NotOursError(Exception):
    """Why a folder may not be replaced: the second half of a sentence."""


def require_output_folder(path: str | os.PathLike[str], kind: str) -> Path:
    """The folder that ``path`` names, symbolic links followed, if a result of this ``kind`` may be written there.

    Raises BadInputError when it is a file, cannot be written, or contains anything but unchanged output of that kind.
    """
    target = files.followed(path)
    if target.exists() and not target.is_dir():
        raise BadInputError(f"cannot write the {kind} to '{path}': it is a file; expected a folder")
    for last in [False] * (TRIES - 1) + [True]:
        before = _identity(target)
        try:
            _require_own(target, kind)
            break
        except _NotOursError as error:
            if last or _identity(target) == before:  # else another process has just replaced it: look again
                raise BadInputError(f"cannot write the {kind} to '{path}': {error}") from None
    files.require_directory(target)
    return target


@contextlib.contextmanager
def output_folder(path: str | os.PathLike[str], kind: str, *, keep: bool = False) -> Iterator[Path]:
    """An empty staging folder that takes the place of ``path`` on success, with its manifest.

    ``keep``: the files of ``path`` that were not written again stay. A file staged under the name of a pin's own
    manifest serves as the manifest. Raises what :func:`require_output_folder` raises, before and after the work.
    """
    target = require_output_folder(path, kind)
    with files.directory(target) as stage:
        yield stage
        require_output_folder(path, kind)  # the work may have taken minutes
        if keep:
            _keep(target, stage)
        made = {name: (_sha256(stage / name),) for name in _names(stage)}
        text = _manifest(kind, made)
        if kind != PIN:
            (stage / MANIFEST).write_bytes(text)
        if files.written_into(target):  # file by file; if the run is killed, old and new ones are both known as ours
            old = _recorded(target, kind) if target.is_dir() else {}
            both = {name: (*old.get(name, ()), *made.get(name, ())) for name in sorted({*old, *made})}
            files.write_bytes(target / MANIFEST, _manifest(kind, both))


def require_output_file(path: str | os.PathLike[str]) -> None:
    """Raises BadInputError unless the file is missing, empty, or unchanged since :func:`write_output_file` wrote it."""
    target = files.followed(path)
    if target.is_dir():
        raise BadInputError(f"cannot write '{path}': it is a directory")
    if target.exists():
        data = user_files.read_bytes(target, "file", LONGEST_FILE)
        seal = SEAL.search(data)
        if data and not (seal and hashlib.sha256(data[: seal.start()]).hexdigest() == seal[1].decode()):
            raise BadInputError(
                f"'{path}' is there already and is not an unchanged file of this program; give another file, or "
                "remove it first"
            )
    files.require_writable(target)


def write_output_file(path: str | os.PathLike[str], data: bytes) -> None:
    """Write Markdown, HTML or XML and its seal to a file for which :func:`require_output_file` raises nothing."""
    require_output_file(path)
    seal = f"<!-- {PROGRAM} sha256 {hashlib.sha256(data).hexdigest()} -->\n"
    files.write_bytes(path, data + seal.encode("ascii"))


def _require_own(target: Path, kind: str) -> None:
    """Raises _NotOursError unless the folder is missing, empty, or unchanged output of this kind."""
    recorded = _recorded(target, kind)
    for name in _names(target):
        if name == MANIFEST or (kind == PIN and name == PIN_MANIFEST):
            continue
        file = target / name
        if name not in recorded:
            raise _NotOursError(f"it contains {name!r}, which this program did not write; move it away, or {WAY_OUT}")
        try:
            if not stat.S_ISREG(file.lstat().st_mode) or _sha256(file) not in recorded[name]:
                raise _NotOursError(f"{name!r} in it was changed since it was written; move it away, or {WAY_OUT}")
        except FileNotFoundError:
            continue
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise _NotOursError(f"{name!r} in it cannot be read ({reason}); {WAY_OUT}") from error


def _names(folder: Path) -> list[str]:
    """What is in a folder, as relative names: everything but folders that are not empty, and what may be ignored."""
    found = []
    for place, folders, plain in os.walk(folder, onerror=_unreadable):
        here = Path(place)
        if here == folder:
            folders[:] = [name for name in folders if not files.is_staging(name, folder)]
            plain = [name for name in plain if not files.is_staging(name, folder / MANIFEST)]
        elif not folders and not plain:
            found.append(here.relative_to(folder).as_posix())
        links = [name for name in folders if (here / name).is_symlink()]
        found += [(here / name).relative_to(folder).as_posix() for name in (*links, *plain) if name not in NOISE]
    return sorted(found)


def _unreadable(error: OSError) -> None:
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise BadInputError(f"folder '{error.filename}' cannot be read ({(error.strerror or '').lower()})") from error


def _recorded(target: Path, kind: str) -> Hashes:
    """The hashes in the manifest of the folder; none where there is no manifest of this program."""
    own = _read(target / MANIFEST)
    if own is not None:
        written = own.get("kind")
        listed = own.get("files")
        if own.get("program") != PROGRAM or not isinstance(listed, dict):
            raise _NotOursError(f"its {MANIFEST!r} is not one of this program; move it away, or {WAY_OUT}")
        if written != kind:
            raise _NotOursError(f"it contains a {str(written)[:40]!r} of this program; {WAY_OUT}")
        return {name: tuple(map(str, shas if isinstance(shas, list) else [shas])) for name, shas in listed.items()}
    if (target / MANIFEST).exists():
        raise _NotOursError(f"its {MANIFEST!r} is not one of this program; move it away, or {WAY_OUT}")
    package = _read(target / PIN_MANIFEST) if kind == PIN else None
    if package is None or package.get("name") != PIN_NAME:
        return {}
    resources = package.get("resources")
    rows = [row for row in resources if isinstance(row, dict)] if isinstance(resources, list) else []
    return {str(row.get("path")): (str(row.get("hash")).removeprefix("sha256:"),) for row in rows}


def manifest_gaps(folder: Path, kind: str, found: Mapping[str, str]) -> list[str]:
    """Files of a written folder whose hash (``found``) is not that of its manifest, or that are missing; the manifest
    itself where it is missing or not of this program."""
    try:
        listed = _recorded(folder, kind) if (folder / MANIFEST).is_file() else None
    except _NotOursError:
        listed = None
    if listed is None:
        return [MANIFEST]
    return [name for name in sorted({*listed, *found}) if found.get(name) not in listed.get(name, ())]


def _read(path: Path) -> dict[str, object] | None:
    """A JSON object in a regular file of bounded size, or None."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode) or path.stat().st_size > LONGEST_MANIFEST:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _manifest(kind: str, hashes: Hashes) -> bytes:
    listed = {name: shas[0] if len(shas) == 1 else list(shas) for name, shas in hashes.items()}
    body = {"program": PROGRAM, "kind": kind, "files": listed}
    return (json.dumps(body, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _keep(target: Path, stage: Path) -> None:
    """Copies of the files of ``target`` that were not staged again."""
    for name in _names(target):
        if name != MANIFEST and not (stage / name).exists():
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(target / name, stage / name)


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _identity(target: Path) -> tuple[int, int] | None:
    try:
        found = target.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
