"""Many series at once: each stored the moment it is whole, a failure of one costing the others nothing.

A few workers take series from a queue; pages under way are spooled in the store, so a pull that was interrupted
(Ctrl-C, kill -9, no network, disk full) goes on where it was when it is asked for again, and ends in the same bytes.
"""

from __future__ import annotations

import errno
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import filelock

from ..errors import BadInputError, EaeuError, NoDataError
from ..series import SeriesData
from . import archives, worldbank
from .http import FetchError, HttpSettings, Stopped, Transport
from .plan import Task, live_code, series_info, task_for
from .report import PullReport, Row
from .request import Request
from .spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)
CONCURRENCY = 4
MAX_AGE_DAYS = 1.0
_WRITE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


class Keeper(Protocol):
    """What a pull needs of a store."""

    @property
    def problems(self) -> list[Any]: ...

    def fresh(self, code: str, max_age: float | None = None, request: Request | None = None) -> Any: ...

    def put(
        self,
        data: SeriesData,
        request: Request,
        *,
        notes: dict[str, str] | None = None,
        footnotes: Iterable[tuple[str, int, str, str]] = (),
        problems: Sequence[str] = (),
    ) -> Any: ...

    def others_of(self, entry: Any) -> list[Any]: ...

    def partial(self, request: Request) -> Path: ...

    def series_lock(self, request_id: str) -> filelock.BaseFileLock: ...


@dataclass(frozen=True)
class Progress:
    """Told after each series: which, how it ended, how far the pull is. ``seconds_left`` is None at the start."""

    code: str
    status: str
    series_done: int
    series_total: int
    rows: int
    seconds_left: float | None


def pull(
    codes: Sequence[str],
    economies: str | Sequence[str] = "all",
    years: Iterable[int] | int | str | None = None,
    *,
    store: Keeper,
    endpoint: str | None = None,
    vintage: str | None = None,
    database: str | None = None,
    concurrency: int = CONCURRENCY,
    retries: int | None = None,
    timeout: float | None = None,
    max_age: float | None = MAX_AGE_DAYS,
    notes: bool = True,
    per_page: int = worldbank.PER_PAGE,
    settings: HttpSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> PullReport:
    """Pull series into ``store``; a row of the report for each code, in the order given, whatever became of it.

    ``codes``: any World Bank series, ``CODE@2015-04`` for one archived version; ``vintage`` does so for all.
    ``max_age``: days within which a stored series is not asked for again (0: ask always; None: any age will do).
    ``retries``: tries of a page; ``timeout``: seconds without a byte. Raises BadInputError for arguments that make
    no sense; what goes wrong on the way is in the report.
    """
    http = settings or HttpSettings()
    http = replace(http, attempts=retries if retries is not None else http.attempts)
    http = replace(http, read=timeout if timeout is not None else http.read)
    _check_arguments(codes, concurrency, http, per_page)
    asked_at = endpoint or worldbank.ENDPOINT
    plan = [task_for(code, economies, years, asked_at, vintage, database) for code in dict.fromkeys(codes)]
    job = _Job(store, Transport(http), max_age, notes, per_page, progress, len(plan))
    rows = job.run(plan, min(concurrency, max(len(plan), 1)))
    return PullReport(tuple(rows), asked_at, tuple(p.text for p in store.problems))


def _check_arguments(codes: Sequence[str], concurrency: int, http: HttpSettings, per_page: int) -> None:
    if isinstance(codes, str) or not codes:
        raise BadInputError(f"codes is {codes!r}; a list with at least one series code was expected")
    if not 1 <= concurrency <= 16:
        raise BadInputError(f"concurrency is {concurrency}; 1 to 16 requests at once are polite")
    if http.attempts < 1 or http.read <= 0:
        raise BadInputError(f"retries is {http.attempts} and timeout {http.read:g}; at least one try and some time")
    if not 1 <= per_page <= 32_000:
        raise BadInputError(f"per_page is {per_page}; the World Bank takes 1 to 32,000")


class _Job:
    """One pull under way: the queue, the workers, and what stops them all."""

    def __init__(
        self,
        store: Keeper,
        transport: Transport,
        max_age: float | None,
        notes: bool,
        per_page: int,
        progress: Callable[[Progress], None] | None,
        total: int,
    ) -> None:
        self.store, self.transport, self.max_age = store, transport, max_age
        self.notes, self.per_page, self.progress, self.total = notes, per_page, progress, total
        self.over = ""  # the sentence that ends the pull for every series not begun: no network, disk full
        self.begun = time.monotonic()

    def run(self, plan: list[Task], workers: int) -> list[Row]:
        """Rows in the order of the plan. Workers are daemons: an interrupted program ends whatever they wait for."""
        todo: queue.SimpleQueue[tuple[int, Task]] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[int, Row | BaseException]] = queue.SimpleQueue()
        for item in enumerate(plan):
            todo.put(item)
        for _ in range(workers):
            threading.Thread(target=self._work, args=(todo, done), daemon=True).start()
        rows: dict[int, Row] = {}
        try:
            while len(rows) < len(plan):
                place, row = done.get()
                if isinstance(row, BaseException):
                    raise row
                rows[place] = row
                self._tell(row, rows)
        finally:
            self.transport.stop.set()
        return [rows[k] for k in sorted(rows)]

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

    def _one(self, task: Task) -> Row:
        """One series, whatever happens: a row."""
        request = task.request
        row = Row(request.code, task.vintage, "failed", 0, "", 0)
        call = worldbank.Call(self.transport, request.endpoint, Spool(self.store.partial(request)), self.per_page)
        try:
            kept = self._kept(task)
            if kept is not None:
                return _row_of(kept, "cached")
            if self.over:
                return replace(row, sentence=f"not asked for: {self.over}")
            with self._turn(request):
                kept = self._kept(task)  # another process may have pulled it while we waited
                return _row_of(kept, "cached") if kept is not None else self._fetch(task, call)
        except FetchError as error:
            if error.kind == "unreachable":
                self.over = str(error)
            return replace(row, sentence=str(error), attempts=call.tally.requests, kind=error.kind)
        except EaeuError as error:
            cause = error.__cause__
            if isinstance(cause, OSError) and cause.errno in _WRITE_ERRORS:
                reason = str(error).rpartition(": ")[2]
                self.over = f"the store cannot be written ({reason}); what was stored before is kept"
                return replace(row, sentence=self.over, attempts=call.tally.requests, kind="disk")
            return replace(row, sentence=str(error), attempts=call.tally.requests, kind=type(error).__name__)
        except OSError as error:
            self.over = f"the store cannot be written ({error.strerror}); what was stored before is kept"
            return replace(row, sentence=self.over, attempts=call.tally.requests, kind="disk")

    def _kept(self, task: Task) -> Any:
        entry = self.store.fresh(task.request.code, self.max_age, task.request)
        if entry is not None and len(task.vintage) == 10 and entry.vintage != task.vintage:
            return None
        return entry

    @contextmanager
    def _turn(self, request: Request) -> Iterator[None]:
        """Our turn on this request among the processes that share the store."""
        lock = self.store.series_lock(request.id)
        while True:
            if self.transport.stop.is_set():
                raise Stopped
            try:
                lock.acquire(timeout=1.0)
                break
            except filelock.Timeout:
                continue
        try:
            yield
        finally:
            lock.release()

    def _fetch(self, task: Task, call: worldbank.Call) -> Row:
        request, vintage_note = task.request, "as the source prints it"
        asked, month = request, ""
        if not request.version:
            asked = replace(request, code=live_code(request.code))
        else:
            version = archives.find(request.version, call)
            asked, month = replace(request, version=version.id), version.vintage
            vintage_note = f"WDI Database Archives, version {version.label or version.id}"
        try:
            fetched = worldbank.fetch(asked, call, self.notes)
        except FetchError:
            raise
        except NoDataError:  # whole and without a value: nothing to resume
            if call.spool:
                call.spool.clear()
            raise
        vintage = month or fetched.lastupdated
        if len(task.vintage) == 10 and vintage != task.vintage:
            raise FetchError(
                f"series '{request.code}': the source now has the release of {vintage}, not that of {task.vintage}",
                "release",
                again=False,
            )
        info = series_info(request, fetched, vintage, vintage_note)
        entry = self.store.put(
            SeriesData(info, fetched.frame),
            request,
            notes=fetched.notes,
            footnotes=fetched.footnotes,
            problems=fetched.problems,
        )
        if call.spool:
            call.spool.clear()
        sentence = "; ".join(fetched.problems)
        if others := self.store.others_of(entry):
            told = f"differs from what was retrieved on {others[-1].retrieved_at[:10]} under the same vintage {vintage}"
            sentence = "; ".join(filter(None, [told, sentence]))
        return replace(_row_of(entry, "done"), sentence=sentence, attempts=call.tally.requests)


def _row_of(entry: Any, status: str) -> Row:
    return Row(entry.code, entry.vintage, status, entry.rows, "", 0)
