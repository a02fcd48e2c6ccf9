"""The store itself: put, get, verify, prune."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import filelock
import numpy as np
import pandas as pd

from ... import files as atomic
from ... import settings
from ...errors import BadInputError, IntegrityError, NoDataError, near_matches
from ...series import SeriesData, broken_promise
from ..sources.live.request import Request
from ..sources.live.worldbank import is_archived, vintage_of
from .entry import KEYS, StoreEntry, from_parquet, to_parquet

log = logging.getLogger(__name__)
LOCK_WAIT = 60.0  # seconds; a writer keeps the lock for the length of two small writes
LOCK_POLL = 0.005  # seconds between two looks at a lock; the store keeps it for a few milliseconds


@dataclass(frozen=True)
class StoreProblem:
    """A damaged part of the store: the series where it is still known, the file, and what is wrong in a sentence."""

    code: str
    file: str
    text: str


class Store:
    """Series on disk under ``root``; ``clock`` gives the time of retrieval."""

    def __init__(self, root: Path | str | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self.root = Path(root) if root is not None else settings.cache_dir()
        self._clock = clock or (lambda: datetime.now(UTC))
        if self.root.exists() and not self.root.is_dir():
            raise BadInputError(f"the store {str(self.root)!r} is a file, not a directory")
        self.problems: list[StoreProblem] = []
        self._read: dict[str, tuple[tuple[int, int, int], StoreEntry]] = {}

    @classmethod
    def existing(cls, root: Path | str | None = None) -> Store:
        """The store in ``root``; raises NoDataError when nothing was ever stored there."""
        store = cls(root)
        if not (store.root / "entries").is_dir():
            raise NoDataError(f"there is no store in {str(store.root)!r}; eaeu data pull makes it")
        return store

    def check_writable(self) -> None:
        """Raise BadInputError when nothing can be written here."""
        with self.locked():
            pass

    # -- reading -----------------------------------------------------------------------------------------
    def entries(self, code: str | None = None) -> list[StoreEntry]:
        """Every entry (of one code), by code, vintage and retrieval; damaged ones are set aside and reported."""
        found = []
        for file in sorted((self.root / "entries").glob("*.json")):
            entry = self._entry(file)
            if entry is not None and (code is None or entry.code == code):
                found.append(entry)
        return sorted(found, key=lambda e: (e.code, e.vintage, e.retrieved_at, e.id))

    def _entry(self, file: Path) -> StoreEntry | None:
        """The entry in a file, read anew only when the file has changed; None, and set aside, when it is damaged."""
        data = b""
        try:
            stat = file.stat()
            seen, entry = self._read.get(file.name) or (None, None)
            if entry is None or seen != (stat.st_mtime_ns, stat.st_size, stat.st_ino):
                data = file.read_bytes()
                entry = StoreEntry.from_bytes(data)
                self._read[file.name] = ((stat.st_mtime_ns, stat.st_size, stat.st_ino), entry)
        except FileNotFoundError:
            return None  # pruned or set aside by another process meanwhile
        except IntegrityError as error:
            found = re.search(rb'"code": "([A-Za-z0-9._\-]{1,100})"', data)
            code = found[1].decode() if found else ""
            self._set_aside([file], code, f"manifest entry {file.name[:12]} is damaged: {error}")
            return None
        return entry

    def find(self, code: str, vintage: str | None = None, endpoint: str | None = None) -> StoreEntry:
        """The entry that answers for ``code``: of ``vintage``, or the latest release that is not an archived one.

        Among several the one asked for all economies and years goes first, then the latest retrieval (see
        :meth:`leading`). ``code`` may be ``CODE@VINTAGE``; a vintage may be cut short ("2026-04"); ``endpoint``
        leaves out what another address served. Raises NoDataError.
        """
        if vintage is None and "@" in code:
            code, _, vintage = code.partition("@")
        held = [e for e in self.entries(code) if endpoint is None or e.request.endpoint == endpoint]
        if vintage is None:
            fitting = [e for e in held if not e.request.version]
        elif is_archived(vintage):
            month = vintage_of(vintage)
            fitting = [e for e in held if e.vintage == month] or [e for e in held if e.vintage.startswith(month)]
        else:
            fitting = [e for e in held if e.vintage == vintage]
        if not fitting:
            raise NoDataError(self._absent(code, vintage, held))
        return self.leading(fitting)

    def leading(self, entries: Sequence[StoreEntry]) -> StoreEntry:
        """The entry among several that is used: whole series before parts, then the latest retrieval.

        The date of a release does not decide: a source may go back to an older one, or print a wrong date.
        """
        whole = [e for e in entries if e.request.economies is None and e.request.years is None]
        return max(whole or entries, key=self._rank)

    def latest(self, request: Request) -> StoreEntry | None:
        """The latest retrieval of a request; None when there is none."""
        return max((e for e in self.entries(request.code) if e.request == request), key=self._rank, default=None)

    def _rank(self, entry: StoreEntry) -> tuple[bool, str, str, str]:
        """Later is higher; a retrieval in the future, by a clock that was wrong, comes before all others."""
        return entry.retrieved <= self._clock(), entry.retrieved_at, entry.vintage, entry.id

    def get(self, code: str, vintage: str | None = None, endpoint: str | None = None) -> SeriesData:
        """The series that :meth:`find` finds, its bytes checked; raises IntegrityError when it is damaged."""
        return self.read(self.find(code, vintage, endpoint))

    def read(self, entry: StoreEntry) -> SeriesData:
        """The values of an entry; raises IntegrityError, after setting it aside, when they are not those stored."""
        file = self._object(entry.sha256)
        text = ""
        try:
            data = file.read_bytes()
        except FileNotFoundError:
            text, data = "its values are missing", b""
        if not text and hashlib.sha256(data).hexdigest() != entry.sha256:
            text = "its values are not those that were stored"
        try:
            if text:
                raise IntegrityError(text)
            frame = from_parquet(data)
            if len(frame) != entry.rows or not {*entry.keys, "value"} <= set(frame.columns):
                raise IntegrityError("its values do not match its manifest entry")
            fault = broken_promise(frame) if entry.keys == KEYS else ""
            if fault:
                raise IntegrityError(fault)
        except IntegrityError as error:
            phrase = f"stored series '{entry.key}' is damaged: {error}; set aside, pull it again"
            self._set_aside([file, self._entry_file(entry)], entry.code, phrase)
            raise IntegrityError(phrase) from error
        return SeriesData(entry.series, frame, entry.freq)

    def fresh(
        self, code: str, max_age: float | timedelta | None = None, request: Request | None = None
    ) -> StoreEntry | None:
        """The latest readable entry that covers ``request`` and is not older than ``max_age`` (days; None: any age).

        One that was retrieved in the future counts as too old, unless any age will do.
        """
        limit = timedelta(days=max_age) if isinstance(max_age, int | float) else max_age
        now = self._clock()
        for entry in sorted(self.entries(code), key=self._rank, reverse=True):
            if request is not None and not entry.request.covers(request):
                continue
            changes = not entry.request.version  # an archived version does not
            if changes and limit is not None and not timedelta(0) <= now - entry.retrieved <= limit:
                continue
            try:
                self.read(entry)
            except IntegrityError:
                continue
            return entry
        return None

    # -- writing -----------------------------------------------------------------------------------------
    def put(
        self,
        data: SeriesData,
        request: Request,
        *,
        notes: dict[str, str] | None = None,
        footnotes: Iterable[tuple[str, int, str, str]] = (),
        problems: Sequence[str] = (),
        keys: tuple[str, ...] = KEYS,
    ) -> StoreEntry:
        """Store a series; the entry appears only after its values are on the disk. Raises BadInputError."""
        frame = _checked(data, keys)
        body = to_parquet(frame)
        entry = StoreEntry(
            request=request,
            info=data.info.with_(retrieved="", formula="", derived_from=()),
            retrieved_at=self._clock().astimezone(UTC).isoformat(timespec="milliseconds"),
            rows=len(frame),
            sha256=hashlib.sha256(body).hexdigest(),
            size=len(body),
            keys=keys,
            notes=dict(notes or {}),
            footnotes=tuple(footnotes),
            problems=tuple(problems),
            freq=data.freq,
        )
        with self.locked():
            file = self._object(entry.sha256)
            if not file.exists() or file.read_bytes() != body:
                atomic.write_bytes(file, body)
            atomic.write_bytes(self._entry_file(entry), entry.to_bytes())
        return entry

    def others_of(self, entry: StoreEntry) -> list[StoreEntry]:
        """Entries of the same request and the same vintage with other values: revised without a new date."""
        same = (entry.request, entry.vintage)
        return [e for e in self.entries(entry.code) if (e.request, e.vintage) == same and e.sha256 != entry.sha256]

    def verify(self) -> list[StoreProblem]:
        """Read everything; what is damaged is set aside and named. An empty list means all is well."""
        self.problems = []
        for entry in self.entries():
            try:
                self.read(entry)
            except IntegrityError as error:
                log.debug("%s", error)
        return list(self.problems)

    def prune(self, keep: int = 1, *, dry_run: bool = False) -> list[str]:
        """Keep the ``keep`` latest readable entries of each request; drop older ones, values no entry names, what was
        set aside, stale parts.

        Returns a line for each thing removed (or that would be, under ``dry_run``).
        """
        if keep < 1:
            raise BadInputError(f"keep is {keep}; at least one vintage of a series stays")
        removed: list[str] = []
        with self.locked():
            by_request: dict[Request, list[StoreEntry]] = {}
            for entry in self.entries():
                by_request.setdefault(entry.request, []).append(entry)
            old, kept = [], set()
            for group in by_request.values():
                stays = self._readable(sorted(group, key=self._rank, reverse=True), keep)
                old += [e for e in group if e not in stays and self._entry_file(e).exists()]
                kept |= {e.sha256 for e in stays}
            files = [(self._entry_file(e), f"series {e.key} of {e.retrieved_at}") for e in old]
            for file in sorted((self.root / "objects").glob("*/*.parquet")):
                if file.stem not in kept:
                    files.append((file, f"values {file.stem[:12]}"))
            files += [(f, f"damaged file {f.name[:12]}") for f in sorted((self.root / "aside").glob("*"))]
            unfinished = [*(self.root / "objects").glob("*/.*.part"), *(self.root / "entries").glob(".*.part")]
            files += [(f, "a file left half written") for f in sorted(unfinished)]  # writers hold the lock we have
            for file, text in files:
                removed.append(text)
                if not dry_run:
                    file.unlink(missing_ok=True)
        return removed + self._prune_parts(dry_run)

    def _readable(self, entries: Iterable[StoreEntry], most: int) -> list[StoreEntry]:
        """The first ``most`` entries whose values can be read; damaged ones are set aside."""
        found: list[StoreEntry] = []
        for entry in entries:
            if len(found) == most:
                break
            with contextlib.suppress(IntegrityError):
                self.read(entry)
                found.append(entry)
        return found

    def _prune_parts(self, dry_run: bool) -> list[str]:
        """Interrupted pulls that no process works on."""
        removed = []
        for folder in sorted(p for p in (self.root / "partial").glob("*") if p.is_dir()):
            lock = self.series_lock(folder.name)
            try:
                with lock.acquire(timeout=0):
                    removed.append(f"interrupted pull {folder.name[:12]}")
                    if not dry_run:
                        shutil.rmtree(folder, ignore_errors=True)
            except filelock.Timeout:
                continue
        return removed

    # -- what a pull needs ---------------------------------------------------------------------------------
    def partial(self, request: Request) -> Path:
        """Where the pages of a pull under way are kept."""
        return self.root / "partial" / request.id

    def series_lock(self, request_id: str) -> filelock.BaseFileLock:
        """A lock on one request: two processes that pull the same series take turns."""
        return self._lock(self.root / "partial" / f"{request_id}.lock")

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """The lock on the store as a whole, for writers; raises BadInputError when it cannot be had."""
        lock = self._lock(self.root / "lock")
        try:
            with lock.acquire(timeout=LOCK_WAIT):
                yield
        except filelock.Timeout:
            raise BadInputError(f"the store {str(self.root)!r} is locked by another process") from None

    def _lock(self, file: Path) -> filelock.BaseFileLock:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInputError(f"the store {str(self.root)!r} cannot be written: {error.strerror}") from error
        return filelock.FileLock(file, poll_interval=LOCK_POLL)

    # -- names and damage ------------------------------------------------------------------------------------
    def _object(self, sha256: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", sha256):
            raise IntegrityError(f"{sha256[:20]!r} is not a hash")
        return self.root / "objects" / sha256[:2] / f"{sha256}.parquet"

    def _entry_file(self, entry: StoreEntry) -> Path:
        return self.root / "entries" / f"{entry.id}.json"

    def _set_aside(self, files: list[Path], code: str, text: str) -> None:
        """Move files out of the way; reported once, by whoever moved the first of those that are there."""
        aside = self.root / "aside"
        aside.mkdir(parents=True, exist_ok=True)
        moved = 0
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                file.replace(aside / file.name)
                moved += 1
        if moved:
            log.warning("%s", text)
            self.problems.append(StoreProblem(code, files[-1].name, text))

    def _absent(self, code: str, vintage: str | None, held: list[StoreEntry]) -> str:
        if held:
            others = ", ".join(sorted({e.vintage for e in held}))
            return f"series '{code}' is not in the store in vintage {vintage or 'of today'}; it has {others}"
        near = near_matches(code, {e.code for e in self.entries()})
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        return f"series '{code}' is not in the store {str(self.root)!r}{hint}"


def _checked(data: SeriesData, keys: tuple[str, ...]) -> pd.DataFrame:
    """The frame with its keys first, unique and sorted; raises BadInputError."""
    frame, code = data.frame, data.info.code
    missing = [c for c in (*keys, "value") if c not in frame.columns]
    if missing:
        raise BadInputError(f"series '{code}' has no column {', '.join(missing)}")
    if frame.empty or frame["value"].isna().any():
        raise BadInputError(f"series '{code}' has {'no value' if frame.empty else 'a missing value'}; nothing stored")
    if frame.duplicated(list(keys)).any():
        raise BadInputError(f"series '{code}' has a key twice; nothing stored")
    rest = [c for c in frame.columns if c not in keys]
    if frame[list(keys)].isna().any(axis=None):
        raise BadInputError(f"series '{code}' has a row without {' or '.join(keys)}; nothing stored")
    ordered = frame[[*keys, *rest]].sort_values(list(keys), ignore_index=True)
    fault = broken_promise(ordered) if keys == KEYS else _not_finite(ordered)
    if fault:  # it could be stored, and never be read again
        raise BadInputError(f"series '{code}' is not well formed ({fault}); nothing stored")
    return ordered


def _not_finite(frame: pd.DataFrame) -> str:
    values = pd.to_numeric(frame["value"], errors="coerce")
    return "" if np.isfinite(values).all() else "a value is missing or not finite"
