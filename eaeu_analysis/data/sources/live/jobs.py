"""Fetch many things at once into a store: workers, turns between processes, and what ends a pull for all.

What is fetched, and how, is the caller's: a function from a task to a row of the report.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import filelock
import pandas as pd

from ....errors import EaeuError, one_line
from ....results import Result
from .http import FetchError, Stopped, Tally, Transport, out_of_time
from .pages import Spool
from .request import Request

if TYPE_CHECKING:
    from ...store.store import Store


# What became of a pull, series by series.

STATUSES = ("done", "cached", "failed")


@dataclass(frozen=True)
class Row:
    """One series of a pull: ``status`` done, cached or failed; ``sentence`` says why, or what to know; ``attempts``
    counts requests sent."""

    code: str
    vintage: str
    status: str
    rows: int
    sentence: str
    attempts: int
    kind: str = ""


@dataclass(frozen=True)
class PullReport(Result):
    """Rows in the order the series were asked for; ``damaged``: sentences on stored series that were set aside."""

    rows: tuple[Row, ...]
    endpoint: str
    damaged: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.status == "failed")

    @property
    def offline(self) -> bool:
        """Whether the source could not be reached at all."""
        return any(row.kind == "unreachable" for row in self.rows) and not any(r.status == "done" for r in self.rows)

    def exit_code(self, strict: bool = False) -> int:
        """0 done; 3 when no series is available; 4 when some are missing, under ``strict`` or without disk space."""
        if self.rows and len(self.failed) == len(self.rows):
            return 3
        return 4 if self.failed and (strict or any(row.kind == "disk" for row in self.failed)) else 0

    def to_frame(self) -> pd.DataFrame:
        """A row per series: code, vintage, status, rows, sentence, attempts."""
        columns = ["code", "vintage", "status", "rows", "sentence", "attempts"]
        return pd.DataFrame([asdict(row) for row in self.rows], columns=columns)

    def summary(self) -> str:
        """Counts by status, then a line for each series that failed or has something to say."""
        counts = {status: sum(row.status == status for row in self.rows) for status in STATUSES}
        total = sum(row.rows for row in self.rows)
        phrase = ", ".join(f"{n} {status}" for status, n in counts.items() if n)
        lines = [f"{len(self.rows)} series from {self.endpoint}: {phrase}; {total:,} observations"]
        days = Counter(row.vintage for row in self.rows if row.status != "failed" and len(row.vintage) == 10)
        if len(days) > 1:
            phrase = ", ".join(f"{day} ({n} series)" for day, n in sorted(days.items()))
            lines.append(f"  more than one release in this pull: {phrase}")
        lines += [f"  {row.status:6} {row.code}: {row.sentence}" for row in self.rows if row.sentence]
        lines += [f"  store: {text}" for text in self.damaged]
        return "\n".join(lines)


WORKER = "eaeu-pull"  # the name of a worker's thread
GRACE = 1.0  # seconds after the end of a pull in which workers hand in what they have
log = logging.getLogger(__name__)
_WRITE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


@dataclass(frozen=True)
class FetchTask:
    """``vintage`` is "" for the current release, a month for an archived one, or the day the release must have."""

    request: Request
    vintage: str = ""


@dataclass
class FetchContext:
    """What a fetch under way works with: the transport, the pages kept, the count of its requests."""

    transport: Transport
    spool: Spool
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Progress:
    """Reported after each series: which, how it ended, how far the pull is. ``seconds_left`` is None at the start."""

    code: str
    status: str
    series_done: int
    series_total: int
    rows: int
    seconds_left: float | None


class Job:
    """One pull under way: the queue, the workers, and what stops them all."""

    def __init__(
        self,
        store: Store,
        transport: Transport,
        fetch: Callable[[FetchTask, FetchContext], Row],
        max_age: float | None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.store, self.transport, self.fetch = store, transport, fetch
        self.max_age, self.progress, self.total = max_age, progress, 0
        self.over = ""  # the sentence that ends the pull for every series not begun: no network, disk full
        self.begun = time.monotonic()

    def run(self, plan: list[FetchTask], workers: int) -> list[Row]:
        """Rows in the order of the plan. Workers are daemons: an interrupted program ends whatever they wait for.

        A series that is not finished when the time of the pull is over gets a row that says so.
        """
        self.total = len(plan)
        todo: queue.SimpleQueue[tuple[int, FetchTask]] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[int, Row | BaseException]] = queue.SimpleQueue()
        for item in enumerate(plan):
            todo.put(item)
        for _ in range(min(workers, max(len(plan), 1))):
            threading.Thread(target=self._work, args=(todo, done), daemon=True, name=WORKER).start()
        rows: dict[int, Row] = {}
        try:
            while len(rows) < len(plan):
                try:
                    place, row = done.get(timeout=max(0.0, self.transport.ends + GRACE - time.monotonic()))
                except queue.Empty:
                    break
                if isinstance(row, BaseException):
                    raise row
                rows[place] = row
                self._tell(row, rows)
        finally:
            self.transport.stop.set()
        late = out_of_time(self.transport.settings)
        return [rows.get(k) or _failed(task, f"not finished when {late}", "timeout") for k, task in enumerate(plan)]

    def _work(self, todo: Any, done: Any) -> None:
        while True:
            try:
                place, task = todo.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((place, self._one(task)))
            except Stopped:
                return
            except BaseException as error:  # a bug: it belongs to the caller, not to a thread's standard error
                done.put((place, error))
                return

    def _tell(self, row: Row, rows: dict[int, Row]) -> None:
        if self.progress is None:
            return
        asked = sum(r.status != "cached" for r in rows.values())
        left = (time.monotonic() - self.begun) / asked * (self.total - len(rows)) if asked else None
        count = sum(r.rows for r in rows.values())
        self.progress(Progress(row.code, row.status, len(rows), self.total, count, left))

    def _one(self, task: FetchTask) -> Row:
        """One series, whatever happens: a row."""
        request, row = task.request, _failed(task)
        under = FetchContext(self.transport, Spool(self.store.partial(request)))
        try:
            kept = self._kept(task)
            if kept is not None:
                self._tidy(request, under.spool)
                return row_of(kept, "cached")
            if self.over:
                return replace(row, sentence=f"not asked for: {self.over}")
            with self._turn(request):
                kept = self._kept(task)  # another process may have pulled it while we waited
                if kept is not None:
                    return row_of(kept, "cached")
                self._forget_what_is_stored(task.request, under.spool)
                return self.fetch(task, under)
        except FetchError as error:
            if error.kind == "unreachable":
                self.over = str(error)
            return replace(row, sentence=str(error), attempts=under.tally.requests, kind=error.kind)
        except EaeuError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno in _WRITE_ERRORS:
                reason = str(error).rpartition(": ")[2]
                self.over = f"the store cannot be written ({reason}); what was stored before is kept"
                return replace(row, sentence=self.over, attempts=under.tally.requests, kind="disk")
            return replace(row, sentence=str(error), attempts=under.tally.requests, kind=type(error).__name__)
        except OSError as error:
            self.over = f"the store cannot be written ({error.strerror or error}); what was stored before is kept"
            return replace(row, sentence=self.over, attempts=under.tally.requests, kind="disk")
        except (Stopped, MemoryError):
            raise
        except Exception as error:  # by whatever library: it costs this series, and no other
            log.debug("series %s", request.code, exc_info=True)
            text = f"its answer could not be read ({type(error).__name__}: {error})"
            return replace(row, sentence=one_line(text), attempts=under.tally.requests, kind="unexpected")

    def _tidy(self, request: Request, spool: Spool) -> None:
        """Leftovers of a series that is stored go, where that can be done without waiting for anybody; a store that is
        only read from is left as it is."""
        if spool.folder.is_dir():
            free = self.store.series_lock(request.id)
            with contextlib.suppress(filelock.Timeout, OSError, EaeuError), free.acquire(timeout=0):
                self._forget_what_is_stored(request, spool)

    def _forget_what_is_stored(self, request: Request, spool: Spool) -> None:
        """Pages left by a pull that was killed when its series was in the store already: to go on with them would pass
        the values of that day off as those of today."""
        if not spool.folder.is_dir():
            return
        held = self.store.fresh(request.code, None, request)
        if held is not None and spool.newest() <= held.retrieved.timestamp():
            spool.clear()

    def _kept(self, task: FetchTask) -> Any:
        entry = self.store.fresh(task.request.code, self.max_age, task.request)
        if entry is not None and len(task.vintage) == 10 and entry.vintage != task.vintage:
            return None
        return entry

    @contextlib.contextmanager
    def _turn(self, request: Request) -> Iterator[None]:
        """Our turn on this request among the processes that share the store; FetchError when it does not come."""
        lock = self.store.series_lock(request.id)
        settings, ends = self.transport.settings, self.transport.ends
        last = min(time.monotonic() + settings.turn, ends)
        while True:
            if self.transport.stop.is_set():
                raise Stopped
            left = last - time.monotonic()
            try:
                lock.acquire(timeout=min(1.0, max(0.0, left)))
                break
            except filelock.Timeout:
                if left > 0:
                    continue
            if last >= ends:
                raise FetchError(f"waited for another process when {out_of_time(settings)}", "timeout", again=False)
            waited = f"another process has been at it for more than {settings.turn:,g} s; pull again when it has ended"
            raise FetchError(waited, "timeout", again=False)
        try:
            yield
        finally:
            lock.release()


def _failed(task: FetchTask, sentence: str = "", kind: str = "") -> Row:
    return Row(task.request.code, task.vintage, "failed", 0, sentence, 0, kind)


def row_of(entry: Any, status: str) -> Row:
    """The report's row for a stored entry."""
    return Row(entry.code, entry.vintage, status, entry.rows, "", 0)
