"""IMF, International Trade in Goods by partner (IMTS, formerly Direction of Trade), by SDMX 3.0, read by sdmx1.

A request is a reporter and a flow, annual, with all partners or some; its key is country, indicator, counterpart and
frequency. An asterisk in the path is written %2A. An empty place in the key gives status 200 and no row, as does a year
without data: an answer without rows is followed by a control request. SCALE is a label: it says 6 (millions) while
values are full US dollars. The service prints no release date: the vintage is the day of retrieval.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pandas as pd

from ....errors import BadInputError, NoDataError, require_option
from ....reference import economies
from ....series import SeriesData, SeriesInfo
from ..bulk import schema
from ..bulk.flows import MOST_USD
from ..bulk.schema import EXPORTER_FOB, IMPORTER_CIF, WORLD
from .http import FetchError, HttpSettings, Transport
from .jobs import FetchContext, FetchTask, Job, Progress, PullReport, PullStore, Row, row_of
from .request import Request, address, request_years
from .sdmxml import read_answer

PREFIX = "IMTS."
ENDPOINT = "https://api.imf.org/external/sdmx/3.0"
FLOWS = {"XG_FOB_USD": EXPORTER_FOB, "MG_CIF_USD": IMPORTER_CIF}
COLUMNS = ("COUNTRY", "INDICATOR", "COUNTERPART_COUNTRY", "FREQUENCY", "TIME_PERIOD", "OBS_VALUE")
FORM = "application/vnd.sdmx.data+xml;version=3.0.0"
_IMF_CODES = {WORLD: "G001", "XKX": "KOS"}  # that differ from ISO3
_CONTROL = "USA.XG_FOB_USD.G001.A"
FIRST_YEAR = 1948


def pull_imts(
    codes: Sequence[str],
    years: Iterable[int] | int | str | None,
    *,
    store: PullStore,
    endpoint: str | None = None,
    max_age: float | None = 30.0,
    settings: HttpSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> PullReport:
    """Pull flows by the name they are stored under: ``IMTS.<indicator>.<reporter>[.<partner>-<partner>]``.

    ``IMTS.XG_FOB_USD.UZB`` are Uzbekistan's exports by partner (free on board), ``IMTS.MG_CIF_USD.KGZ.RUS`` are
    Kyrgyzstan's imports from Russia (with insurance and freight). Raises BadInputError for a name of another form.
    """
    asked_at = address(endpoint or ENDPOINT)
    plan = [FetchTask(_named(code, years, asked_at)) for code in dict.fromkeys(codes)]
    transport = Transport(settings or HttpSettings(), headers={"Accept": FORM})
    rows = Job(store, transport, functools.partial(_fetch, store), max_age, progress).run(plan, 1)
    return PullReport(tuple(rows), asked_at, tuple(p.text for p in store.problems))


def _named(code: str, years: Iterable[int] | int | str | None, endpoint: str) -> Request:
    parts = code.split(".")
    if len(parts) not in (3, 4) or parts[0] != PREFIX[:-1] or "" in parts:
        raise BadInputError(
            f"{code!r} is not of the form IMTS.<indicator>.<reporter>[.<partner>-<partner>], as in IMTS.XG_FOB_USD.UZB"
        )
    require_option("IMTS indicator", parts[1], FLOWS)
    reporter = economies.resolve(parts[2])
    partners = sorted({p if p == WORLD else economies.resolve(p) for p in parts[3].split("-")}) if parts[3:] else []
    name = ".".join([PREFIX[:-1], parts[1], reporter, *(["-".join(partners)] if partners else [])])
    return Request("imts", name, "IMF.STA/IMTS", (reporter,), request_years(years), endpoint=endpoint)


def question(endpoint: str, key: str, first: int) -> str:
    """The address of a key from a first year on, in the latest version of the dataflow."""
    return f"{endpoint}/data/dataflow/IMF.STA/IMTS/+/{key}?c[TIME_PERIOD]=ge:{first}-A"


def request_of(request: Request) -> str:
    """The address asked for a request."""
    _, indicator, reporter, *whom = request.code.split(".")
    partners = "+".join(_imf_code(p) for p in whom[0].split("-")) if whom else "%2A"
    key = f"{_imf_code(reporter)}.{indicator}.{partners}.A"
    return question(request.endpoint, key, min(request.years or (FIRST_YEAR,)))


def _imf_code(iso3: str) -> str:
    return _IMF_CODES.get(iso3, iso3)


def _fetch(store: PullStore, task: FetchTask, under: FetchContext) -> Row:
    request = task.request
    _, indicator, reporter, *whom = request.code.split(".")
    rows = _ask(under, request_of(request))
    if not rows:
        raise _why_empty(under, request)
    frame, problems = _table(rows, request)
    partners = set(whom[0].split("-")) if whom else set()
    if missing := partners - set(frame["partner"]):
        problems.append(f"nothing came for partner {', '.join(sorted(missing))}")
    if frame.empty:
        raise NoDataError("; ".join(problems) or f"the IMF has no value for {request.code} in the years asked for")
    sides = ("exporter", "importer") if FLOWS[indicator] == EXPORTER_FOB else ("importer", "exporter")
    frame = frame.rename(columns={"partner": sides[1]}).assign(
        **{sides[0]: reporter, "product": "TOTAL", "basis": FLOWS[indicator]}
    )
    info = SeriesInfo(
        code=request.code,
        label=f"{indicator}, reported by {reporter}",
        unit="US$",
        kind="level",
        source="IMF, International Trade in Goods (IMTS)"
        + ("" if request.endpoint == ENDPOINT else f" (as served by {request.endpoint})"),
        vintage=datetime.now(UTC).date().isoformat(),
        vintage_note="day of retrieval; the service prints no release date",
        note="; ".join(problems),
    )
    entry = store.put(SeriesData(info, frame[[*schema.KEYS, "value"]]), request, keys=schema.KEYS)
    under.spool.clear()
    return replace(row_of(entry, "done"), sentence="; ".join(problems), attempts=under.tally.requests)


def _ask(under: FetchContext, url: str) -> list[dict[str, str]]:
    host = urlsplit(url).netloc
    kept = under.spool.get(url)
    if kept is not None:
        try:
            return _rows(kept, host)
        except FetchError:
            under.spool.drop(url)
    try:
        body, rows = under.transport.get(url, lambda body: (body, _rows(body, host)), under.tally)
    except FetchError as error:
        if (
            error.code == "401"
        ):  # so it answered for hours in May 2026, and the same requests were right before and after
            text = f"{error}; it asks no key for these data, so try again later"
            raise FetchError(text, "status", again=False, code="401") from error
        raise
    under.spool.put(url, body)
    return rows


def _rows(body: bytes, host: str) -> list[dict[str, str]]:
    """The rows that have an observation; the service sends some series without one."""
    rows = read_answer(body, host)
    lacking = sorted({name for row in rows for name in COLUMNS if name not in row})
    if lacking:
        raise FetchError(f"{host} sent data without {lacking[0]}", "body")
    return [row for row in rows if row["TIME_PERIOD"] and row["OBS_VALUE"]]


def _table(rows: list[dict[str, str]], request: Request) -> tuple[pd.DataFrame, list[str]]:
    """Partner, year and value of the years asked for, each row checked; and what was left out."""
    host = urlsplit(request.endpoint).netloc
    _, indicator, reporter, *whom = request.code.split(".")
    asked = {"COUNTRY": _imf_code(reporter), "INDICATOR": indicator, "FREQUENCY": "A"}
    for name, wanted in asked.items():
        odd = [row[name] for row in rows if row[name] != wanted]
        if odd:
            text = f"{host} was asked for {name} {wanted} and sent {odd[0][:40]!r}"
            raise FetchError(text, "body", again=False)
    whom_codes = {_imf_code(p) for p in whom[0].split("-")} if whom else None
    found: dict[tuple[str, int], float] = {}
    left: set[str] = set()
    for row in rows:
        code, period = row["COUNTERPART_COUNTRY"], row["TIME_PERIOD"]
        if not re.fullmatch(r"\d{4}", period) or (whom_codes is not None and code not in whom_codes):
            odd_cell = period if whom_codes is None or code in whom_codes else code
            raise FetchError(f"{host} sent {odd_cell[:40]!r}, which was not asked for", "body", again=False)
        partner = _partner(code)
        if not partner:
            left.add(code)
            continue
        if request.years is not None and int(period) not in request.years:
            continue
        try:
            value = float(row["OBS_VALUE"])
        except ValueError:
            raise FetchError(f"{host} sent text where numbers are due", "body", again=False) from None
        if not 0 <= value <= MOST_USD:
            raise FetchError(
                f"{host} sent {value:g} US$ for {partner} in {period}, which is no trade", "body", again=False
            )
        if (partner, int(period)) in found:
            raise FetchError(f"{host} sent {partner} {period} twice", "body", again=False)
        found[partner, int(period)] = value
    frame = pd.DataFrame([(p, y, v) for (p, y), v in found.items()], columns=["partner", "year", "value"])
    frame = frame[frame["partner"] != reporter].astype({"year": "int64", "value": "float64"})
    shown = ", ".join(sorted(left)[:6]) + (f" and {len(left) - 6} more" if len(left) > 6 else "")
    return frame, [f"partners that are no economy left out: {shown}"] if left else []


def _partner(code: str) -> str:
    """ISO3 of a partner, WLD for the world; "" for groups and former states."""
    if code == "G001":
        return WORLD
    return economies.economy_tables().codes.get(code, "") if len(code) == 3 else ""


def _why_empty(under: FetchContext, request: Request) -> NoDataError:
    """What an answer without rows means, by a request whose answer is known."""
    host = urlsplit(request.endpoint).netloc
    if not _ask(under, question(request.endpoint, _CONTROL, 2019)):
        text = (
            f"{host} has no row even for the exports of the United States, so an empty answer says nothing; try later"
        )
        return FetchError(text, "body", again=False)
    return NoDataError(f"the IMF has nothing for {request.code} in the years asked for")
