"""World Bank series, whole or not at all.

wbgapi does what it knows: the addresses (cut below the service's length limit), the concepts of each database
under their many names, the paging, the two forms of answers, the notes; only its public functions are called. It
sends requests by ``requests.get``, without retry or bound. Its ``requests`` is therefore given a front, once, when the
first series is fetched: data that ship with the package never need the library. For a :class:`Call` of this module (a
context variable, so each thread has its own) the front goes through :mod:`.http`, and pages are checked and kept by
:mod:`.pages`; any other use of wbgapi in the same program goes to requests as before, and its settings are only read.
A page kept from an interrupted pull answers in place of the network, which is all that resumption takes. Its
``DataFrame`` is not used: it grows a frame cell by cell.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import requests

from ....errors import EaeuError, NoDataError, near_matches
from ....reference import economies as names_of
from ....reference.catalogue import catalogue
from ....series import period_text, year_of
from ....settings import ENDPOINT
from ..files.periods import read_period
from .http import FetchError, Tally, Transport
from .pages import Ledger, Spool
from .request import Request

WDI, ARCHIVES = "2", "57"
PER_PAGE = 5000  # 1.6 MB a page: few requests, and little lost when one fails
ROUNDS = 3  # times a series is begun again when its pages contradict each other
_ECONOMY = re.compile(r"[A-Z]{3}")  # of the WDI and their archives, aggregates among them
_PLACE = re.compile(r"[A-Z]{3}[A-Z0-9_.]{0,12}")  # other databases also have parts of economies
_LABEL = 500  # characters of a label
_OTHER_FORM = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)
_concepts_lock, _loading = threading.Lock(), threading.Lock()


@dataclass
class Call:
    """One series being fetched: where from, how, and what has come so far."""

    transport: Transport
    endpoint: str = ENDPOINT
    spool: Spool | None = None
    per_page: int = PER_PAGE
    tally: Tally = field(default_factory=Tally)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.host)

    @property
    def host(self) -> str:
        return urlsplit(self.endpoint).netloc

    def begin(self) -> None:
        """Forget the pages; those kept on disk stay."""
        self.ledger = Ledger(self.host)

    def query(self, address: str) -> Any:
        """One page for wbgapi, read. ``address`` is below the endpoint, with its query string."""
        url = self.endpoint.rstrip("/") + address
        asked = parse_qs(urlsplit(address).query)
        page, per_page = int(asked["page"][0]), int(asked["per_page"][0])
        read = functools.partial(self.ledger.read, page=page, per_page=per_page)
        answer = self._kept(url, read)
        if answer is None:
            body, answer = self.transport.get(url, lambda body: (body, read(body)), self.tally)
            if self.spool:
                self.spool.put(url, body)
        self.ledger.enter(answer, re.sub(r"([?&])page=\d+", r"\1", url), page)
        return answer

    def _kept(self, url: str, read: Callable[[bytes], Any]) -> Any:
        """The page as an interrupted pull left it, or None; one that no longer reads is dropped."""
        body = self.spool.get(url) if self.spool else None
        if body is None or self.spool is None:
            return None
        try:
            return read(body)
        except FetchError:
            self.spool.drop(url)
            return None


_call: ContextVar[Call | None] = ContextVar("eaeu_worldbank_call", default=None)


@dataclass(frozen=True)
class _Page:
    """What wbgapi looks at of a response."""

    answer: Any
    status_code: int = 200
    reason: str = "OK"

    def json(self) -> Any:
        return self.answer


class _RequestsFront:
    """The library ``requests`` as wbgapi sees it: pages of a :class:`Call` come from there."""

    def __init__(self, wbgapi: Any) -> None:
        self._wbgapi = wbgapi

    def get(self, url: str, **options: Any) -> Any:
        call = _call.get()
        if call is None:
            return requests.get(url, **options)  # noqa: S113 - the caller's own options  # nosec B113
        return _Page(call.query(url.removeprefix(self._wbgapi.endpoint)))

    def __getattr__(self, name: str) -> Any:
        return getattr(requests, name)


def _wbgapi() -> Any:
    """The library, its requests sent by this module; raises NoDataError where it is not as this module knows it."""
    with _loading:  # several threads may be the first
        return _loaded()


@functools.cache
def _loaded() -> Any:
    try:
        import wbgapi
    except Exception as error:  # of its dependencies too
        raise NoDataError(f"live data need wbgapi, which cannot be loaded ({type(error).__name__}: {error})") from error
    front = getattr(wbgapi, "requests", None)
    if isinstance(front, _RequestsFront):
        return wbgapi
    if front is not requests:
        found = getattr(wbgapi, "__version__", "of unknown version")
        raise NoDataError(
            f"live data need a wbgapi that sends its requests as 1.0.12 to 1.0.14 do, and this is {found}; "
            "the shipped data can be used: --source pinned"
        )
    wbgapi.requests = _RequestsFront(wbgapi)
    return wbgapi


@contextmanager
def calling(call: Call) -> Iterator[None]:
    """wbgapi's functions, run to their end inside, ask through ``call``.

    They take the form of an answer on trust; where it is another, what they raise becomes a FetchError.
    """
    token = _call.set(call)
    try:
        yield
    except EaeuError:
        raise
    except (_wbgapi().APIError, *_OTHER_FORM) as error:
        raise FetchError(f"{call.host} sent JSON of another form than its data have", "body", again=False) from error
    finally:
        _call.reset(token)


@dataclass(frozen=True)
class Fetched:
    """A whole series: ``frame`` (economy, year, value; sorted, no gaps as NaN), its label and release.

    ``notes`` are the series' own, by field; ``footnotes`` those of observations, as (economy, year, status, text).
    ``problems`` are sentences on what could not be had apart from the values.
    """

    frame: pd.DataFrame
    label: str
    lastupdated: str
    notes: dict[str, str] = field(default_factory=dict)
    footnotes: list[tuple[str, int, str, str]] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    freq: str = "Y"


def fetch(request: Request, call: Call, notes: bool = True) -> Fetched:
    """The series of ``request``; begun again when its pages contradict each other, at most :data:`ROUNDS` times.

    Raises FetchError when it cannot be had whole, NoDataError when it has no value.
    """
    for round_ in range(1, ROUNDS + 1):
        call.begin()
        try:
            rows = _rows(request, call)
            fetched = _assembled(rows, request, call)
            break
        except FetchError as error:
            if error.kind not in ("paging", "release"):
                if error.kind == "body" and not error.again and call.spool:
                    call.spool.clear()  # what cannot be read now will not be read later
                raise _explained(error, request, call) from error
            if call.spool:
                call.spool.clear()
            if round_ == ROUNDS:
                raise FetchError(f"{error}, {ROUNDS} times over", error.kind, again=False) from error
    if fetched.frame.empty:
        raise NoDataError(f"series '{request.code}' came whole and has no value for what was asked")
    return _with_notes(fetched, request, call) if notes else fetched


def concepts(database: str, call: Call) -> dict[str, dict[str, str]]:
    """wbgapi's names of a database's dimensions (economy, series, time...) and the service's; cached by wbgapi."""
    with _concepts_lock, calling(call):
        found: dict[str, dict[str, str]] = _wbgapi().source.concepts(int(database))
    missing = {"economy", "series", "time"} - set(found)
    if missing:
        raise FetchError(f"database {database} has no dimension {' or '.join(sorted(missing))}", "body", again=False)
    return found


def _rows(request: Request, call: Call) -> list[dict[str, Any]]:
    keys = concepts(request.database, call)
    asked = {
        "series": request.code,
        "economy": ";".join(request.economies) if request.economies else "all",
        "time": _periods(request, call) if request.years else "all",
    }
    if request.version:
        asked["version"] = request.version
    path = f"sources/{request.database}" + "".join(f"/{keys[k]['key']}/{{{k}}}" for k in asked)
    with calling(call):
        rows = list(_wbgapi().refetch(path, ["economy", "time"], params={"per_page": call.per_page}, **asked))
    call.ledger.close()
    return rows


def _periods(request: Request, call: Call) -> str:
    """The service's names of the periods in the years asked for; only the WDI's own are known without asking."""
    years = request.years or ()
    if request.database in (WDI, ARCHIVES):
        return ";".join(f"YR{year}" for year in years)
    concepts(request.database, call)
    with _concepts_lock, calling(call):
        listed = [str(row["id"]) for row in _wbgapi().source.features("time", db=int(request.database))]
    found = [(time, read_period(time)) for time in listed]
    within = [time for time, period in found if period and year_of(*period) in years]
    if not within:
        raise NoDataError(f"database {request.database} has no period in {some(years)}")
    return ";".join(within)


def _assembled(rows: list[dict[str, Any]], request: Request, call: Call) -> Fetched:
    """Rows as a frame, after the last checks: one series, annual, no key twice."""
    if not rows:
        raise NoDataError(f"{call.host} has no row for series '{request.code}' and what was asked")
    keys = concepts(request.database, call)
    try:
        names = [str(part["concept"]).lower() for part in rows[0]["variable"]]
        place = {k: names.index(keys[k]["key"].replace("%20", " ")) for k in keys if k != "version"}
        parts = [row["variable"] for row in rows]
        economies = [part[place["economy"]]["id"] for part in parts]
        times = [part[place["time"]]["id"] for part in parts]
        series = {part[place["series"]]["id"] for part in parts}
        freq, periods = _periods_of(set(map(str, times)), request.code)
        form = _ECONOMY if request.database in (WDI, ARCHIVES) else _PLACE
        odd = sorted(repr(e) for e in set(economies) if not (isinstance(e, str) and form.fullmatch(e)))
        values = [float("nan") if row["value"] is None else float(row["value"]) for row in rows]
        label = str(rows[0]["variable"][place["series"]].get("value") or "")[:_LABEL]
    except _OTHER_FORM:
        raise FetchError(f"{call.host} sent rows without economy, series or time", "paging", again=False) from None
    if series != {request.code}:
        others = ", ".join(sorted(map(str, series - {request.code})))
        raise FetchError(f"{call.host} was asked for '{request.code}' and sent {others}", "paging", again=False)
    if odd:
        raise FetchError(f"{call.host} sent the economy code {odd[0][:40]}, which is none", "paging", again=False)
    economies = [names_of.current_code(economy) for economy in economies]
    absent = _compared(request, call.host, set(economies), {year_of(freq, n) for n in periods.values()})
    frame = pd.DataFrame(
        {
            "economy": pd.array(economies, dtype="str"),
            "year": pd.array([periods[str(t)] for t in times], dtype="int64"),
            "value": pd.array(values, dtype="float64"),
        }
    )
    twice = frame.duplicated(["economy", "year"])
    if twice.any():
        first = frame[twice].iloc[0]
        phrase = f"{call.host} sent {int(twice.sum()):,} observations twice, {first.economy} "
        phrase += f"{period_text(freq, first.year)} among them"
        raise FetchError(phrase, "paging", again=False)
    frame = frame.dropna(subset=["value"]).sort_values(["economy", "year"], ignore_index=True)
    return Fetched(frame, label, call.ledger.lastupdated, problems=absent, freq=freq)


def _compared(request: Request, host: str, economies: set[str], years: set[int]) -> tuple[str, ...]:
    """Sentences on what was asked for by name and did not come; raises FetchError for what was not asked for."""
    absent = []
    for what, asked, came in (("economies", request.economies, economies), ("years", request.years, years)):
        if asked is None:
            continue
        if more := came - set(asked):
            phrase = f"{host} sent {what} that were not asked for: {some(more)}"
            raise FetchError(phrase, "paging", again=False)
        if fewer := set(asked) - came:
            absent.append(f"nothing came for {what} that were asked for: {some(fewer)}")
    return tuple(absent)


def some(names: Iterable[Any], most: int = 6) -> str:
    """The first few names, and how many more there are."""
    listed = sorted(map(str, names))
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _periods_of(times: set[str], code: str) -> tuple[str, dict[str, int]]:
    """The letter and the numbers of a series' periods: years, quarters (2015Q1) or months (2015M01)."""
    found: dict[str, int] = {}
    letters: dict[str, str] = {}  # with a period that has it
    for time in sorted(times):
        period = read_period(time)
        if period is None or period[0] == "D":
            phrase = f"series '{code}' has a period {time[:40]!r}, which is no year, quarter or month"
            raise FetchError(phrase, "body", again=False)
        letters.setdefault(period[0], time)
        found[time] = period[1]
    if len(letters) > 1:
        phrase = f"series '{code}' mixes periods: {' and '.join(sorted(letters.values()))}"
        raise FetchError(phrase, "body", again=False)
    return next(iter(letters)), found


def _with_notes(fetched: Fetched, request: Request, call: Call) -> Fetched:
    """The series' notes, and for live series footnotes and status of observations; a failure is reported, not fatal."""
    notes: dict[str, str] = {}
    footnotes: list[tuple[str, int, str, str]] = []
    problems = list(fetched.problems)
    try:
        notes = _series_notes(request, call)
    except FetchError as error:
        problems.append(f"its notes could not be read: {error}")
    if request.database == WDI:
        try:
            footnotes = _footnotes(request, call, fetched)
        except FetchError as error:
            problems.append(f"its footnotes could not be read: {error}")
    label = fetched.label or notes.get("IndicatorName", "")
    return replace(fetched, label=label, notes=notes, footnotes=footnotes, problems=tuple(problems))


def _series_notes(request: Request, call: Call) -> dict[str, str]:
    path = "sources/{source}/series/{series}/metadata"
    with calling(call):
        found = list(
            _wbgapi().metadata(path, ["series"], concepts="Series", source=request.database, series=request.code)
        )
        metadata = {str(k): str(v) for meta in found if meta.id == request.code for k, v in meta.metadata.items()}
    return dict(sorted(metadata.items()))


def _footnotes(request: Request, call: Call, fetched: Fetched) -> list[tuple[str, int, str, str]]:
    """From the older half of the API, the only one that has them, and only for values that the series has."""
    frame = fetched.frame
    economies = ";".join(request.economies) if request.economies and len(request.economies) <= 250 else "all"
    params = {"source": request.database, "footnote": "y", "per_page": call.per_page}
    params["date"] = f"{frame['year'].min()}:{frame['year'].max()}"
    call.begin()
    with calling(call):
        rows = list(_wbgapi().fetch(f"country/{economies}/indicator/{request.code}", params))
        noted = [row for row in rows if row.get("footnote") or row.get("obs_status")]
    release = call.ledger.lastupdated
    if release and fetched.lastupdated and release != fetched.lastupdated:
        raise FetchError(f"they are of release {release}, the values of {fetched.lastupdated}", "release", again=False)
    held = set(zip(frame["economy"].tolist(), frame["year"].tolist(), strict=True)) if noted else set()
    found = []
    for row in noted:
        year = str(row.get("date"))
        key = (names_of.current_code(str(row.get("countryiso3code"))), int(year) if year.isdecimal() else 0)
        if key in held:
            found.append((*key, str(row.get("obs_status") or ""), str(row.get("footnote") or "")))
    return sorted(found)


def _explained(error: FetchError, request: Request, call: Call) -> FetchError:
    """The service's message on an unknown or withdrawn series, with the near match from the catalogue."""
    if error.kind != "message" or error.code not in ("120", "160", "175"):
        return error
    labels = _catalogue_labels()
    near = [] if request.code in labels else near_matches(request.code, labels, labels)
    shown = " or ".join(f"'{code}' ({labels[code]})" for code in near)
    where = f"database {request.database}" + (f", version {request.version}" if request.version else "")
    gone = error.code == "175"
    part = " (or not for these economies and years)" if (request.economies or request.years) and not gone else ""
    what = "deleted or archived in" if gone else "not known in"
    text = f"series '{request.code}' {what} {where}{part}: {error}" + (f"; did you mean {shown}?" if near else "")
    return FetchError(text, "message", again=False, code=error.code)


def _catalogue_labels() -> dict[str, str]:
    return {str(code): str(label) for code, label in catalogue()["label"].items()}


# What was known then: the WDI Database Archives (database 57), one version for each past release.

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, order=True)
class Version:
    """An archived release: ``vintage`` as year and month ("2015-04"), the service's ``id`` and ``label``."""

    vintage: str
    id: str
    label: str = ""


def is_archived(vintage: str) -> bool:
    """Whether a vintage names a month ("2015-04", "201504"), as archived versions do, and not a day."""
    return re.fullmatch(r"\d{4}-?(0[1-9]|1[0-2])", vintage) is not None


def vintage_of(id_: str, label: str = "") -> str:
    """Year and month of a version from its id ("201504") or, when that is no date, its label ("2015 Apr")."""
    found = re.fullmatch(r"(\d{4})-?(0[1-9]|1[0-2])", id_)
    if found:
        return f"{found[1]}-{found[2]}"
    found = re.fullmatch(r"\s*(\d{4})\s+([A-Za-z]{3})[a-z]*\.?\s*", label)
    if found and found[2].lower() in _MONTHS:
        return f"{found[1]}-{_MONTHS.index(found[2].lower()) + 1:02d}"
    return ""


def versions(call: Call) -> list[Version]:
    """Every archived version that carries a date, oldest first."""
    concepts(ARCHIVES, call)
    with calling(call):
        rows = list(_wbgapi().source.features("version", db=int(ARCHIVES)))
        found = [(str(row["id"]), str(row.get("value", ""))) for row in rows]
    return sorted(Version(vintage_of(i, label), i, label) for i, label in found if vintage_of(i, label))


def find_version(vintage: str, call: Call) -> Version:
    """The version of a month; raises NoDataError that names the nearest before and after."""
    wanted = vintage_of(vintage)
    known = versions(call)
    for version in known:
        if version.vintage == wanted:
            return version
    earlier = [v.vintage for v in known if v.vintage < wanted][-1:]
    later = [v.vintage for v in known if v.vintage > wanted][:1]
    near = " and ".join(earlier + later) or "none"
    raise NoDataError(f"no WDI release of {wanted} is archived; the nearest: {near}")
