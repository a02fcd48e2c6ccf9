"""Services whose series are pulled by a name of parts (``COMTRADE.M.TOTAL.UZB``): what all of them do alike.

A service makes a request of a name and a table of the answers; names, addresses, the pages kept, the record of the
series and the store are handled here. None of them prints a release date: the vintage is the day of retrieval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import pandas as pd

from ....errors import BadInputError, NoDataError
from ....reference import economies
from ....series import SeriesData, SeriesInfo
from ..bulk import schema
from ..bulk.schema import EXPORTER_FOB, WORLD
from .http import FetchError, HttpSettings, Transport
from .jobs import FetchContext, FetchTask, Job, Progress, PullReport, Row, row_of
from .request import Request, address, request_years

if TYPE_CHECKING:
    from ...store.store import Store

T = TypeVar("T")
Years = Iterable[int] | int | str | None


@dataclass(frozen=True)
class ServiceAnswer:
    """What came for a request: the table with its ``keys``, its record, and sentences on what was left out."""

    frame: pd.DataFrame
    label: str
    unit: str
    problems: list[str]
    keys: tuple[str, ...] = schema.KEYS
    kind: str = "level"
    freq: str = "Y"


@dataclass(frozen=True)
class Service:
    """``prefix`` of its names, ``title`` and ``source`` in words, where it is, and what it does in its own way:
    ``request`` makes a request of a name, years and an address, ``fetch`` an answer of a request."""

    prefix: str
    title: str
    source: str
    endpoint: str
    request: Callable[[str, Years, str], Request]
    fetch: Callable[[FetchContext, Request], ServiceAnswer]
    headers: Callable[[], dict[str, str]] = dict
    wrong: tuple[int, ...] | None = None  # statuses that are not tried again

    def pull(
        self,
        codes: Sequence[str],
        years: Years,
        *,
        store: Store,
        endpoint: str | None = None,
        max_age: float | None = 30.0,
        settings: HttpSettings | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> PullReport:
        """Pull series by the name they are stored under; ``max_age`` in days. Raises BadInputError for a name of
        another form."""
        headers, asked_at = self.headers(), address(endpoint or self.endpoint)
        plan = [FetchTask(self.request(code, years, asked_at)) for code in dict.fromkeys(codes)]
        settings = settings or HttpSettings()
        settings = settings if self.wrong is None else replace(settings, wrong=self.wrong)
        transport = Transport(settings, headers=headers)

        def fetch(task: FetchTask, under: FetchContext) -> Row:
            return self._stored(store, under, task.request)

        rows = Job(store, transport, fetch, max_age, progress).run(plan, 1)  # one call at a time
        return PullReport(tuple(rows), asked_at, tuple(p.text for p in store.problems))

    def _stored(self, store: Store, under: FetchContext, request: Request) -> Row:
        found = self.fetch(under, request)
        note = "; ".join(found.problems)
        if found.frame.empty:
            raise NoDataError(note or f"{self.title} has no value for {request.code} in the years asked for")
        info = SeriesInfo(
            code=request.code,
            label=found.label,
            unit=found.unit,
            kind=found.kind,
            source=self.source + ("" if request.endpoint == self.endpoint else f" (as served by {request.endpoint})"),
            vintage=datetime.now(UTC).date().isoformat(),
            vintage_note=f"day of retrieval; {self.title} prints no release date",
            note=note,
        )
        entry = store.put(SeriesData(info, found.frame, found.freq), request, keys=found.keys)
        under.spool.clear()
        return replace(row_of(entry, "done"), sentence=note, attempts=under.tally.requests)


def name_parts(code: str, form: str, example: str) -> tuple[list[str], list[str]]:
    """The parts of a name between its prefix and the partners, which may be left out, and the partners as ISO3.

    Raises BadInputError for a name that is not of the form (``IMTS.<indicator>.<reporter>[.<partner>-<partner>]``).
    """
    parts, most = code.split("."), form.count(".") + 1
    if len(parts) not in (most - 1, most) or parts[0] != form.split(".")[0] or "" in parts:
        raise BadInputError(f"{code!r} is not of the form {form}, as in {example}")
    whom = parts[most - 1].split("-") if len(parts) == most else []
    return parts[1 : most - 1], sorted({WORLD if p.upper() == WORLD else economies.resolve(p) for p in whom})


def full_name(prefix: str, parts: Sequence[str], partners: Sequence[str]) -> str:
    """The name that :func:`name_parts` took apart."""
    return prefix + ".".join([*parts, *(["-".join(partners)] if partners else [])])


def years_of_calls(years: Years, title: str) -> tuple[int, ...]:
    """The years of a service that takes one a call; BadInputError without any."""
    wanted = request_years(years)
    if wanted is None:
        raise BadInputError(f"{title} wants the years: it is asked for one at a time ('2015-2020')")
    return wanted


def sides_of(basis: str) -> tuple[str, str]:
    """The columns of the reporter and of its partner."""
    return ("exporter", "importer") if basis == EXPORTER_FOB else ("importer", "exporter")


def left_out(codes: Iterable[str], what: str) -> list[str]:
    """A sentence on codes that stand for no economy; none without such codes."""
    left = sorted(codes)
    shown = ", ".join(left[:6]) + (f" and {len(left) - 6} more" if len(left) > 6 else "")
    return [f"{what} left out: {shown}"] if left else []


def host_of(address_or_request: str | Request) -> str:
    """The host of an address, for a sentence."""
    given = address_or_request
    return urlsplit(given.endpoint if isinstance(given, Request) else given).netloc


def ask(under: FetchContext, url: str, read: Callable[[bytes, str], T]) -> T:
    """What ``read`` makes of an answer and its host, from the pages kept or from the service."""
    host, kept = host_of(url), under.spool.get(url)
    if kept is not None:
        try:
            return read(kept, host)
        except FetchError:
            under.spool.drop(url)
    body, found = under.transport.get(url, lambda body: (body, read(body, host)), under.tally)
    under.spool.put(url, body)
    return found


def require_same(rows: Sequence[dict[str, Any]], asked: dict[str, Sequence[str]], host: str) -> None:
    """FetchError for a row with another value than those asked for."""
    for name, wanted in asked.items():
        odd = [str(row.get(name)) for row in rows if str(row.get(name)) not in wanted]
        if odd:
            phrase = f"{host} was asked for {name} {wanted[0]} and sent {odd[0][:40]!r}"
            raise FetchError(phrase, "body", again=False)
