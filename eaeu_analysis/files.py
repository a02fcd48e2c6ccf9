"""Write aside, then rename: nothing already on disk is lost or left half written.

Every writer of the package goes through here. A file appears under its name only when its bytes are on the
disk; a directory written as a whole takes the place of the old one in one step (see :func:`directory`). What a
killed run left aside is removed by the next one (:func:`remove_leftovers`).
Failures the user can act on (no right to write, disk full) are one sentence each.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import glob
import os
import re
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from .errors import BadInputError, SystemRefusedError

# Places aside to write in: held while their writer lives, cleared away once it is dead.

SUFFIX = ".part"
OLD = "old"  # in a folder aside: what was in the place of the target
PAUSE = 0.05  # seconds between two looks at a folder that another process has
WORKING = "eaeu-"  # begins the names of working folders that are not for one target
FRESH = ".new"  # ends the name of a place that its writer has made and not yet locked
SETTLED = 60.0  # seconds after which nobody is about to lock such a place any more


@contextlib.contextmanager
def staging_file(target: Path) -> Iterator[Path]:
    """An empty file in the folder of ``target`` with the usual rights, removed at the end unless it was renamed."""
    remove_leftovers(target.parent, target)
    made = target.parent / f"{_prefix(target)}{secrets.token_hex(6)}{FRESH}"
    aside = made.with_suffix(SUFFIX)
    handle = os.open(made, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)  # the usual rights: less the process's mask
    try:
        if _hold(handle) is not None:
            made.rename(aside)
        yield aside if aside.exists() else made
    finally:
        os.close(handle)
        made.unlink(missing_ok=True)
        aside.unlink(missing_ok=True)


@contextlib.contextmanager
def staging_folder(target: Path, where: Path) -> Iterator[Path]:
    """An empty folder in ``where`` for what will be ``target``, removed at the end with all that is in it."""
    remove_leftovers(where, target)
    stage = Path(tempfile.mkdtemp(prefix=_prefix(target), suffix=FRESH, dir=where))
    handle = None
    try:
        handle = _opened(stage)
        if _hold(handle) is not None:
            stage = stage.rename(stage.with_suffix(SUFFIX))
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if handle is not None:
            os.close(handle)


def remove_leftovers(where: Path, target: Path) -> None:
    """Remove what killed runs left in ``where`` for ``target``; what is in use, or cannot be removed, stays.

    A run may have been killed when it had moved the old ``target`` there and not yet put the new one in its place: the
    old one comes back.
    """
    for left in where.glob(f"{glob.escape(_prefix(target))}*"):
        if left.suffix not in (SUFFIX, FRESH):
            continue
        with contextlib.suppress(OSError):
            if left.suffix == FRESH and time.time() - left.stat().st_mtime < SETTLED:
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
def process_lock(folder: Path, wait: float) -> Iterator[bool]:
    """Our turn on ``folder``, made if need be, among processes that read it and replace it as a whole.

    False when another still has it after ``wait`` seconds. Whoever comes next sees what was put there. Where there are
    no such locks nobody waits. A folder that was made and is still empty at the end is removed.
    """
    remove_leftovers(folder.parent, folder)
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


def is_staging(name: str, target: Path) -> bool:
    """Whether a name is that of a place aside for ``target``, or of a working folder (:data:`WORKING`)."""
    return name.startswith((_prefix(target), f".{WORKING}")) and name.endswith((SUFFIX, FRESH))


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


WAIT = 60.0  # seconds for a turn on a directory
SYNCS = 8  # files that are waited for at a time
TRIES = 20  # of putting a directory in its place, while other processes do the same
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of renameat2(2)
_REASONS = {
    errno.EACCES: "no permission to write there",
    errno.EPERM: "no permission to write there",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EISDIR: "it is a directory",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.EEXIST: "a part of the path is not a directory",
    errno.ENAMETOOLONG: "the name is too long",
}
_WRONG_PLACE = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENOTEMPTY, errno.ENAMETOOLONG, errno.ENOENT}


def write_bytes(path: str | os.PathLike[str], data: bytes, durable: bool = True) -> Path:
    """Write ``data`` to ``path`` (parents are made) so that readers see the old bytes or the new, never a part.

    ``durable`` False does not wait for the disk: for what is sealed by a hash and can be had again.
    Raises :class:`BadInputError` for a path that is no file's, :class:`SystemRefusedError` when the system refuses;
    what was there before is then unchanged.
    """
    target = Path(path)
    with replacing(target, durable) as aside:
        aside.write_bytes(data)
    return target


def write_text(path: str | os.PathLike[str], text: str) -> Path:
    """:func:`write_bytes` for text: UTF-8, line ends as given, the same on every platform."""
    return write_bytes(path, text.encode("utf-8"))


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], durable: bool = True) -> Iterator[Path]:
    """A path next to ``path`` to write to, for libraries that want a file name; renamed over ``path`` on success.

    Of a symbolic link the file that it points to is replaced.

    >>> with replacing("table.parquet") as aside:  # doctest: +SKIP
    ...     frame.to_parquet(aside)
    """
    target = followed(path)
    with _staged_target(target) as aside:
        yield aside
        _keep_mode(aside, target)
        if durable:
            _sync(aside)
        aside.replace(target)
        if durable:
            _sync_directory(target.parent)


def require_writable(path: str | os.PathLike[str]) -> None:
    """Raises the error that :func:`replacing` would, before the work whose result is to go to ``path``."""
    with _staged_target(followed(path)):
        pass


@contextlib.contextmanager
def _staged_target(target: Path) -> Iterator[Path]:
    """An empty file in the folder of ``target``, which is made; what cannot be written there is one sentence."""
    with _one_sentence(target):
        if target.is_dir():
            raise OSError(errno.EISDIR, "is a directory", str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        with staging_file(target) as aside:
            yield aside


@contextlib.contextmanager
def replacing_files(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """An empty staging directory; on success every file in it is renamed to the same relative path in ``folder``.

    For several files that belong together in a folder that has other files too. All are complete and on the
    disk before the first is renamed; files of ``folder`` that were not staged stay. If a rename fails, the
    files already renamed are put back.
    """
    target = Path(folder)
    with _one_sentence(target):
        target.mkdir(parents=True, exist_ok=True)
        with staging_folder(target, target) as stage:
            new, old = stage / "new", stage / OLD
            new.mkdir()
            yield new
            staged = sorted(p.relative_to(new) for p in new.rglob("*") if p.is_file())
            _sync_files([new / name for name in staged])
            _swap_in(staged, new, old, target)
            for parent in sorted({(target / name).parent for name in staged}):
                _sync_directory(parent)


@contextlib.contextmanager
def directory(path: str | os.PathLike[str]) -> Iterator[Path]:
    """An empty staging directory that takes the place of the whole directory ``path`` on success.

    Old and new trade places in one step; where the file system cannot do that, the old content is moved aside by one
    rename and comes back if the second fails. It is deleted only when the new one is complete. A symbolic link is
    followed. A directory that cannot be moved (see :func:`written_into`) gets the new content file by file.
    """
    target = followed(path)
    with _one_sentence(target), _staged_directory(target) as stage:
        new = stage / "new"
        new.mkdir()
        yield new
        with contextlib.suppress(FileNotFoundError):  # new, or another writer is exchanging it just now
            shutil.copymode(target, new)
        _sync_files(sorted(p for p in new.rglob("*") if p.is_file()))
        for folder in sorted(p for p in (new, *new.rglob("*")) if p.is_dir()):
            _sync_directory(folder)
        if written_into(target):
            _fill(new, target, stage / OLD)
        else:
            _put(new, target, stage / OLD)
            _sync_directory(target.parent)


def require_directory(path: str | os.PathLike[str]) -> None:
    """Raises the error that :func:`directory` would, before the work whose result is to go to ``path``."""
    target = followed(path)
    with _one_sentence(target), _staged_directory(target):
        pass


@contextlib.contextmanager
def _staged_directory(target: Path) -> Iterator[Path]:
    """An empty folder next to ``target``, or in it where it is written into."""
    if target.exists() and not target.is_dir():
        raise OSError(errno.ENOTDIR, "not a directory", str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(target, staging_place(target)) as stage:
        yield stage


def staging_place(target: Path) -> Path:
    """The folder in which places aside for the directory ``target`` are made: on its file system, and writable."""
    return target if written_into(target) else target.parent


def followed(path: str | os.PathLike[str]) -> Path:
    """The place that a path means: absolute, symbolic links followed. BadInputError for links in a circle."""
    try:
        os.fsencode(path).decode("utf-8")  # the bytes of the name, whatever the locale
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise BadInputError(f"{str(path)!r} is no usable path ({error})") from error


def written_into(target: Path) -> bool:
    """Whether an existing directory cannot be moved: a mount point, one in which a process works, a closed parent."""
    if not target.is_dir():
        return False
    here = Path.cwd()
    return (
        target == here
        or target in here.parents
        or os.path.ismount(target)
        or str(target) in _mount_points()
        or (os.access(target, os.W_OK) and not os.access(target.parent, os.W_OK))
    )


def _mount_points() -> set[str]:
    """The mount points of Linux: a folder of the same disk mounted elsewhere too, which ``ismount`` does not see."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return set()
    places = [line.split(" ")[4] for line in lines if line.count(" ") > 4]
    return {re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place) for place in places}


@contextlib.contextmanager
def directory_lock(path: str | os.PathLike[str]) -> Iterator[None]:
    """Our turn on a directory that is read and then replaced as a whole, so that no process undoes another's work.

    Raises SystemRefusedError when another process has had it for a minute.
    """
    target = Path(path)
    if target.exists() and not target.is_dir():  # whoever reads or writes it says what is wrong
        yield
        return
    with _one_sentence(target), process_lock(target, WAIT) as ours:
        if not ours:
            raise SystemRefusedError(f"{str(target)!r} is in use by another process; run it again once that has ended")
        yield


def _put(new: Path, target: Path, old: Path) -> None:
    """``new`` in the place of ``target``. Another process may do the same meanwhile: then the last one stands."""
    for _ in range(TRIES):
        with contextlib.suppress(FileNotFoundError):  # there is no old one, or it has gone this moment
            if _exchange(new, target):
                return
            target.rename(old)
        try:
            new.rename(target)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                if old.exists():
                    old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)  # another one has come this moment
        else:
            return
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(target))


def _exchange(one: Path, other: Path) -> bool:
    """Two directories trade places in one step; False where the system or the file system has no such step."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP):
        return False
    raise OSError(number, os.strerror(number), str(other))


def _swap_in(names: list[Path], new: Path, old: Path, target: Path) -> None:
    done: list[Path] = []
    try:
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            if (target / name).exists():
                (old / name).parent.mkdir(parents=True, exist_ok=True)
                _keep(target / name, old / name)
            done.append(name)
            (new / name).replace(target / name)
    except OSError:
        for name in reversed(done):
            if not (old / name).is_file():
                (target / name).unlink(missing_ok=True)
            if (old / name).exists():
                (old / name).replace(target / name)
        raise


def _fill(new: Path, target: Path, old: Path) -> None:
    """The content of ``new`` in ``target``; what else is there is moved to ``old``, in the same folder."""
    staged = sorted(p.relative_to(new) for p in new.rglob("*") if p.is_file())
    _swap_in(staged, new, old, target)
    for path in sorted(target.rglob("*"), reverse=True):
        name = path.relative_to(target)
        if name in staged or is_staging(name.parts[0], target):
            continue
        if path.is_dir() and not path.is_symlink():
            with contextlib.suppress(OSError):
                path.rmdir()
        else:
            (old / name).parent.mkdir(parents=True, exist_ok=True)
            path.rename(old / name)
    for parent in sorted({target, *((target / name).parent for name in staged)}):
        _sync_directory(parent)


def _keep(file: Path, other: Path) -> None:
    """``file`` under another name too, so that it is never missing; moved there where files cannot have two."""
    try:
        other.hardlink_to(file)
    except OSError:
        file.rename(other)


@contextlib.contextmanager
def _one_sentence(target: Path) -> Iterator[None]:
    """An operating-system error on the way to ``target`` becomes one sentence; errors on other files pass through.

    BadInputError where the path itself is wrong (a folder in place of a file), else SystemRefusedError.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None or not _concerns(error, target):
            raise
        reason = _REASONS.get(error.errno, os.strerror(error.errno).lower())
        refused = BadInputError if error.errno in _WRONG_PLACE else SystemRefusedError
        raise refused(f"cannot write {str(target)!r}: {reason}") from error


def _concerns(error: OSError, target: Path) -> bool:
    """A write error without a name, or one on the target, its parents or what lies next to it (the staging)."""
    if error.filename is None:
        return True
    failed = Path(os.fsdecode(error.filename)).absolute()
    wanted = target.absolute()
    return failed == wanted or failed in wanted.parents or wanted.parent in failed.parents


def _keep_mode(aside: Path, target: Path) -> None:
    """The finished file has the rights that the old one had. (A new one's are right from the start: to ask for the
    mask of the process is to set it, which other threads would see.)"""
    with contextlib.suppress(FileNotFoundError):
        aside.chmod(target.stat().st_mode & 0o777)


def _sync(path: Path) -> None:
    with path.open("rb" if os.name == "posix" else "r+b") as handle:  # Windows flushes only what may be written
        os.fsync(handle.fileno())


def _sync_files(paths: list[Path]) -> None:
    """Several at a time: a file system then writes its journal once for many of them."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(SYNCS) as threads:
        for _ in threads.map(_sync, paths):
            pass


def _sync_directory(path: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
