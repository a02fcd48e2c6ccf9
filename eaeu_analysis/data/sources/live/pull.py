"""World Bank series, many at once: each stored the moment it is whole, a failure of one costing the others nothing.

A few workers take series from a queue; pages under way are spooled in the store, so a pull that was interrupted
(Ctrl-C, kill -9, no network, disk full) goes on where it was when it is asked for again, and ends in the same bytes.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .... import settings
from ....errors import BadInputError, EaeuError, IntegrityError, NoDataError
from ....reference import economies as names
from ....reference.catalogue import indicator
from ....series import SeriesData, SeriesInfo
from ....settings import endpoint as endpoint_of_settings
from . import worldbank
from . import worldbank as archives
from .http import FetchError, HttpSettings, Transport
from .jobs import FetchContext, FetchTask, Job, Progress, PullReport, Row, row_of
from .pages import release_day
from .request import Request, address, request_years

if TYPE_CHECKING:
    from ...store.store import Store

# From a code as a user gives it to a request, and from an answer to the series' record.

log = logging.getLogger(__name__)
NAMES = {
    worldbank.WDI: "World Bank, World Development Indicators",
    worldbank.ARCHIVES: "World Bank, WDI Database Archives",
}


def task_for(
    given: str,
    economies: str | Sequence[str],
    years: Iterable[int] | int | str | None,
    endpoint: str,
    vintage: str | None,
    database: str | None,
) -> FetchTask:
    """The task for one code as the caller gave it; raises BadInputError for what makes no sense."""
    code, _, own = given.partition("@")
    wanted = own or vintage or ""
    archived = archives.is_archived(wanted)
    if wanted and not archived and len(wanted) != 10:
        raise BadInputError(f"vintage {wanted!r} is neither a month of an archived release (2015-04) nor a day")
    request = Request(
        source="worldbank",
        code=code,
        database=worldbank.ARCHIVES if archived else database or _database(code),
        economies=_economies(economies),
        years=request_years(years),
        version=archives.vintage_of(wanted) if archived else "",
        endpoint=endpoint.rstrip("/"),
    )
    return FetchTask(request, wanted)


def _economies(given: str | Sequence[str]) -> tuple[str, ...] | None:
    if given == "all":
        return None
    listed = [given] if isinstance(given, str) else list(given)
    if not listed:
        raise BadInputError("no economy was asked for; 'all' asks for every one")
    return tuple(sorted({names.resolve(name) for name in listed}))


def _database(code: str) -> str:
    """The database that has a series of the catalogue; the WDI for any other code."""
    try:
        return str(indicator(code).database or worldbank.WDI)
    except EaeuError:
        return worldbank.WDI


def live_code(code: str) -> str:
    """The code by which the live service knows a series, where the catalogue says that it differs."""
    try:
        return indicator(code).live_code or code
    except EaeuError:
        return code


def series_info(request: Request, fetched: worldbank.Fetched, vintage: str, vintage_note: str) -> SeriesInfo:
    """The series' record: unit and kind from the catalogue where it is there, else what the source says."""
    unit, kind, label = fetched.notes.get("Unitofmeasure", ""), "unknown", fetched.label
    try:
        known = indicator(request.code)
        unit, kind, label = known.unit, known.kind, known.label or label
    except EaeuError:
        log.debug("series %s is not in the catalogue", request.code)
    source = NAMES.get(request.database, f"World Bank, database {request.database}")
    if request.endpoint != settings.ENDPOINT:
        source += f" (as served by {request.endpoint})"
    licence = fetched.notes.get("License_Type", "") or ("CC BY 4.0" if request.database in NAMES else "")
    partial = "only part of the economies or years was asked for" if request.economies or request.years else ""
    other = live_code(request.code)
    renamed = f"the live service's code is {other}" if other != request.code and not request.version else ""
    return SeriesInfo(
        code=request.code,
        label=label or request.code,
        unit=unit,
        kind=kind,
        source=source,
        vintage=vintage,
        vintage_note=vintage_note,
        licence=licence,
        note="; ".join(filter(None, [partial, renamed])),
    )


CONCURRENCY = 4
MAX_AGE_DAYS = 1.0


def pull_series(
    codes: Sequence[str],
    economies: str | Sequence[str] = "all",
    years: Iterable[int] | int | str | None = None,
    *,
    store: Store,
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


def _fetch(store: Store, notes: bool, per_page: int, task: FetchTask, under: FetchContext) -> Row:
    """One series from the service into the store."""
    call = worldbank.Call(under.transport, task.request.endpoint, under.spool, per_page, under.tally)
    request, vintage_note = task.request, "as the source prints it"
    asked, month = request, ""
    if not request.version:
        asked = replace(request, code=live_code(request.code))
    else:
        version = archives.find_version(request.version, call)
        asked, month = replace(request, version=version.id), version.vintage
        vintage_note = f"WDI Database Archives, version {version.label or version.id}"
    try:
        fetched = worldbank.fetch(asked, call, notes)
    except FetchError:
        raise
    except NoDataError:  # whole and without a value: nothing to resume
        under.spool.clear()
        raise
    vintage, undated = (month, "") if month else release_day(fetched.lastupdated)
    if len(task.vintage) == 10 and vintage != task.vintage:
        now = undated or f"the source now has the release of {vintage}"
        raise FetchError(f"series '{request.code}': {now}, not that of {task.vintage}", "release", again=False)
    if undated:
        vintage_note = f"undated: {undated}"
    before = store.latest(request)
    info = series_info(request, fetched, vintage, vintage_note)
    entry = store.put(
        SeriesData(info, fetched.frame, fetched.freq),
        request,
        notes=fetched.notes,
        footnotes=fetched.footnotes,
        problems=fetched.problems,
    )
    under.spool.clear()
    messages = [vintage_note if undated else "", *_changes(store, before, entry), *fetched.problems]
    return replace(row_of(entry, "done"), sentence="; ".join(filter(None, messages)), attempts=call.tally.requests)


def _changes(store: Store, before: Any, entry: Any) -> Iterator[str]:
    """Sentences on what an earlier retrieval of the same request had otherwise; ``before`` is the latest of them."""
    if before is None:
        return
    went_back = release_day(before.vintage)[0] > entry.vintage != ""
    if went_back:
        yield f"the source went back from the release of {before.vintage} to that of {entry.vintage}, which is used now"
    others = store.others_of(entry) if entry.vintage else []
    if others and not went_back:
        day = others[-1].retrieved_at[:10]
        yield f"differs from what was retrieved on {day} under the same vintage {entry.vintage}"
    try:
        gone = set(store.read(before).frame["economy"]) - set(store.read(entry).frame["economy"])
    except IntegrityError:
        return  # set aside, and reported with the store's other damage
    if gone:
        yield f"{worldbank.some(gone)} had values on {before.retrieved_at[:10]} and have none now"
