"""IMF, International Trade in Goods by partner (IMTS, formerly Direction of Trade), by SDMX 3.0, read by sdmx1.

A request is a reporter and a flow, annual, with all partners or some; its key is country, indicator, counterpart and
frequency. An asterisk in the path is written %2A. An empty place in the key gives status 200 and no row, as does a year
without data: an answer without rows is followed by a control request. SCALE is a label: it says 6 (millions) while
values are full US dollars. The service prints no release date: the vintage is the day of retrieval.
"""

from __future__ import annotations

import re

import pandas as pd

from ....errors import NoDataError, require_option
from ....reference import economies
from ..bulk import schema
from ..bulk.flows import MOST_USD
from ..bulk.schema import EXPORTER_FOB, IMPORTER_CIF, WORLD
from .http import FetchError
from .jobs import FetchContext
from .request import Request, request_years
from .sdmxml import read_answer
from .service import (
    Service,
    ServiceAnswer,
    Years,
    ask,
    full_name,
    host_of,
    left_out,
    name_parts,
    require_same,
    sides_of,
)

PREFIX = "IMTS."
ENDPOINT = "https://api.imf.org/external/sdmx/3.0"
FLOWS = {"XG_FOB_USD": EXPORTER_FOB, "MG_CIF_USD": IMPORTER_CIF}
COLUMNS = ("COUNTRY", "INDICATOR", "COUNTERPART_COUNTRY", "FREQUENCY", "TIME_PERIOD", "OBS_VALUE")
FORM = "application/vnd.sdmx.data+xml;version=3.0.0"
_IMF_CODES = {WORLD: "G001", "XKX": "KOS"}  # that differ from ISO3
_CONTROL = "USA.XG_FOB_USD.G001.A"
FIRST_YEAR = 1948


def _named(code: str, years: Years, endpoint: str) -> Request:
    """The request for a name: ``IMTS.XG_FOB_USD.UZB`` are Uzbekistan's exports by partner (free on board),
    ``IMTS.MG_CIF_USD.KGZ.RUS`` Kyrgyzstan's imports from Russia (with insurance and freight)."""
    form = "IMTS.<indicator>.<reporter>[.<partner>-<partner>]"
    (indicator, reporter), partners = name_parts(code, form, "IMTS.XG_FOB_USD.UZB")
    require_option("IMTS indicator", indicator, FLOWS)
    reporter = economies.resolve(reporter)
    name = full_name(PREFIX, (indicator, reporter), partners)
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


def _fetch(under: FetchContext, request: Request) -> ServiceAnswer:
    _, indicator, reporter, *whom = request.code.split(".")
    rows = _ask(under, request_of(request))
    if not rows:
        raise _why_empty(under, request)
    frame, problems = _table(rows, request)
    partners = set(whom[0].split("-")) if whom else set()
    if missing := partners - set(frame["partner"]):
        problems.append(f"nothing came for partner {', '.join(sorted(missing))}")
    own, other = sides_of(FLOWS[indicator])
    frame = frame.rename(columns={"partner": other})
    frame = frame.assign(**{own: reporter, "product": "TOTAL", "basis": FLOWS[indicator]})
    return ServiceAnswer(frame[[*schema.KEYS, "value"]], f"{indicator}, reported by {reporter}", "US$", problems)


def _ask(under: FetchContext, url: str) -> list[dict[str, str]]:
    try:
        return ask(under, url, _rows)
    except FetchError as error:
        if error.code == "401":  # as for hours in May 2026, when the same requests were right before and after
            text = f"{error}; it asks no key for these data, so try again later"
            raise FetchError(text, "status", again=False, code="401") from error
        raise


def _rows(body: bytes, host: str) -> list[dict[str, str]]:
    """The rows that have an observation; the service sends some series without one."""
    rows = read_answer(body, host)
    lacking = sorted({name for row in rows for name in COLUMNS if name not in row})
    if lacking:
        raise FetchError(f"{host} sent data without {lacking[0]}", "body")
    return [row for row in rows if row["TIME_PERIOD"] and row["OBS_VALUE"]]


def _table(rows: list[dict[str, str]], request: Request) -> tuple[pd.DataFrame, list[str]]:
    """Partner, year and value of the years asked for, each row checked; and what was left out."""
    host = host_of(request)
    _, indicator, reporter, *whom = request.code.split(".")
    require_same(rows, {"COUNTRY": [_imf_code(reporter)], "INDICATOR": [indicator], "FREQUENCY": ["A"]}, host)
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
    return frame, left_out(left, "partners that are no economy")


def _partner(code: str) -> str:
    """ISO3 of a partner, WLD for the world; "" for groups and former states."""
    if code == "G001":
        return WORLD
    return economies.economy_tables().codes.get(code, "") if len(code) == 3 else ""


def _why_empty(under: FetchContext, request: Request) -> NoDataError:
    """What an answer without rows means, by a request whose answer is known."""
    if not _ask(under, question(request.endpoint, _CONTROL, 2019)):
        text = "has no row even for the exports of the United States, so an empty answer says nothing; try later"
        return FetchError(f"{host_of(request)} {text}", "body", again=False)
    return NoDataError(f"the IMF has nothing for {request.code} in the years asked for")


SOURCE = "IMF, International Trade in Goods (IMTS)"
SERVICE = Service(PREFIX, "the IMF", SOURCE, ENDPOINT, _named, _fetch, headers=lambda: {"Accept": FORM})
