"""World Bank series, many at once: each stored the moment it is whole, a failure of one costing the others nothing.

A few workers take series from a queue; pages under way are spooled in the store, so a pull that was interrupted
(Ctrl-C, kill -9, no network, disk full) goes on where it was when it is asked for again, and ends in the same bytes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..errors import BadInputError, NoDataError
from ..series import SeriesData
from ..settings import endpoint as endpoint_of_settings
from . import archives, worldbank
from .http import FetchError, HttpSettings, Transport
from .jobs import Job, Keeper, Progress, Task, Under, row_of
from .plan import live_code, series_info, task_for
from .report import PullReport, Row
from .request import address

CONCURRENCY = 4
MAX_AGE_DAYS = 1.0


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
    _check_arguments(codes, concurrency, http, per_page, max_age)
    asked_at = address(endpoint or endpoint_of_settings())
    plan = [task_for(code, economies, years, asked_at, vintage, database) for code in dict.fromkeys(codes)]
    fetch = functools.partial(_fetch, store, notes, per_page)
    rows = Job(store, Transport(http), fetch, max_age, progress).run(plan, concurrency)
    return PullReport(tuple(rows), asked_at, tuple(p.text for p in store.problems))


def _check_arguments(
    codes: Sequence[str], concurrency: int, http: HttpSettings, per_page: int, max_age: float | None
) -> None:
    if isinstance(codes, str) or not codes:
        raise BadInputError(f"codes is {codes!r}; a list with at least one series code was expected")
    if not 1 <= concurrency <= 16:
        raise BadInputError(f"concurrency is {concurrency}; 1 to 16 requests at once are polite")
    if http.attempts < 1 or http.read <= 0:
        raise BadInputError(f"retries is {http.attempts} and timeout {http.read:g}; at least one try and some time")
    if not 1 <= per_page <= 32_000:
        raise BadInputError(f"per_page is {per_page}; the World Bank takes 1 to 32,000")
    if max_age is not None and not max_age >= 0:
        raise BadInputError(f"max_age is {max_age:g}; a number of days from 0 on was expected")


def _fetch(store: Keeper, notes: bool, per_page: int, task: Task, under: Under) -> Row:
    """One series from the service into the store."""
    call = worldbank.Call(under.transport, task.request.endpoint, under.spool, per_page, under.tally)
    request, vintage_note = task.request, "as the source prints it"
    asked, month = request, ""
    if not request.version:
        asked = replace(request, code=live_code(request.code))
    else:
        version = archives.find(request.version, call)
        asked, month = replace(request, version=version.id), version.vintage
        vintage_note = f"WDI Database Archives, version {version.label or version.id}"
    try:
        fetched = worldbank.fetch(asked, call, notes)
    except FetchError:
        raise
    except NoDataError:  # whole and without a value: nothing to resume
        under.spool.clear()
        raise
    vintage = month or fetched.lastupdated
    if len(task.vintage) == 10 and vintage != task.vintage:
        raise FetchError(
            f"series '{request.code}': the source now has the release of {vintage}, not that of {task.vintage}",
            "release",
            again=False,
        )
    info = series_info(request, fetched, vintage, vintage_note)
    entry = store.put(
        SeriesData(info, fetched.frame),
        request,
        notes=fetched.notes,
        footnotes=fetched.footnotes,
        problems=fetched.problems,
    )
    under.spool.clear()
    sentence = "; ".join(fetched.problems)
    if others := store.others_of(entry):
        told = f"differs from what was retrieved on {others[-1].retrieved_at[:10]} under the same vintage {vintage}"
        sentence = "; ".join(filter(None, [told, sentence]))
    return replace(row_of(entry, "done"), sentence=sentence, attempts=call.tally.requests)
