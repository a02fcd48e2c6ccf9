"""Places aside to write in: held while their writer lives, cleared away once it is dead.

A run that is killed cannot clean up. The next one that writes the same target does it: whatever lies aside for that
target and is held by no process is a leaving.
"""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SUFFIX = ".part"
OLD = "old"  # in a folder aside: what was in the place of the target
PAUSE = 0.05  # seconds between two looks at a folder that another process has
SETTLED = 60.0  # seconds; a younger place may have been made this moment by a process about to hold it


@contextlib.contextmanager
def file_beside(target: Path) -> Iterator[Path]:
    """An empty file in the folder of ``target`` with the usual rights, removed at the end unless it was renamed."""
    clear(target.parent, target)
    aside = target.parent / f"{_prefix(target)}{secrets.token_hex(6)}{SUFFIX}"
    handle = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)  # the usual rights: less the process's mask
    try:
        _hold(handle)
        yield aside
    finally:
        os.close(handle)
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_beside(target: Path, where: Path) -> Iterator[Path]:
    """An empty folder in ``where`` for what will be ``target``, removed at the end with all that is in it."""
    clear(where, target)
    stage = Path(tempfile.mkdtemp(prefix=_prefix(target), suffix=SUFFIX, dir=where))
    handle = None
    try:
        handle = _opened(stage)
        _hold(handle)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def clear(where: Path, target: Path) -> None:
    """Remove what killed runs left in ``where`` for ``target``; what is in use, or cannot be removed, stays.

    A run may have been killed when it had moved the old ``target`` there and not yet put the new one in its place: the
    old one comes back.
    """
    for left in where.glob(f"{glob.escape(_prefix(target))}*{SUFFIX}"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime < SETTLED:
                continue
            handle = _opened(left)
            try:
                if not _hold(handle):
                    continue
                if (left / OLD).is_dir() and not target.exists():
                    (left / OLD).rename(target)
                if left.is_dir():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink()
            finally:
                if handle is not None:
                    os.close(handle)


@contextlib.contextmanager
def turn(folder: Path, wait: float) -> Iterator[bool]:
    """Our turn on ``folder``, made if need be, among processes that read it and replace it as a whole.

    False when another still has it after ``wait`` seconds. Whoever comes next sees what was put there. Where there are
    no such locks nobody waits. A folder that was made and is still empty at the end is removed.
    """
    clear(folder.parent, folder)
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + wait
    handle = _opened(folder)
    try:
        while not (ours := _ours(handle, folder)) and time.monotonic() < until:
            if handle is not None:
                os.close(handle)
            time.sleep(PAUSE)
            handle = None
            folder.mkdir(parents=True, exist_ok=True)
            handle = _opened(folder)
        yield ours
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()
        if handle is not None:
            os.close(handle)


def _ours(handle: int | None, folder: Path) -> bool:
    """Whether the folder is held by us, or by nobody for want of locks, and is still the one of that name."""
    if _hold(handle) is False:
        return False
    try:
        return handle is None or os.path.samestat(os.fstat(handle), folder.stat())
    except FileNotFoundError:
        return False


def _prefix(target: Path) -> str:
    return f".{target.name[:80]}."


def _opened(path: Path) -> int | None:
    """A handle to hold ``path`` by; None on systems that do not open folders."""
    return None if sys.platform == "win32" else os.open(path, os.O_RDONLY | os.O_NOFOLLOW)


def _hold(handle: int | None) -> bool | None:
    """Whether it is ours until the handle is closed or the process ends; None where there are no such locks."""
    if handle is None or sys.platform == "win32":
        return None
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True
