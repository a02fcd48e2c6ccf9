"""World Bank Data360: what API v2 does not have, such as KNOMAD's bilateral remittances.

An answer has at most 10,000 rows, whatever is asked, and the rest is dropped without a word. A longer one is therefore
asked for economy by economy; each part comes in pages of 1,000 and is counted against what it announces.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from ....errors import BadInputError, NoDataError
from ....reference import economies
from ....series import year_of
from ..files.periods import read_period
from .http import FetchError
from .jobs import FetchContext
from .pages import read_json
from .request import Request, request_years
from .service import Service, ServiceAnswer, Years, ask, host_of, left_out, require_same

PREFIX = "DATA360."
ENDPOINT = "https://data360api.worldbank.org"
PAGE, MOST_ROWS = 1_000, 10_000
BILATERAL = {"WB_KNOMAD_BRE": "US$ million"}  # origin by destination; UNIT_MULT says 0 there, and values are millions
_TOTALS = {"_T", "_Z", "", "None"}
_BREAKDOWNS = ("SEX", "AGE", "URBANISATION", "COMP_BREAKDOWN_1", "COMP_BREAKDOWN_2", "COMP_BREAKDOWN_3")
_LETTERS = {"Y": "years", "Q": "quarters", "M": "months"}


def _named(code: str, years: Years, endpoint: str) -> Request:
    """The request for a name: ``DATA360.WB_KNOMAD.WB_KNOMAD_BRE`` are bilateral remittances, by origin, destination and
    year; any other indicator comes by economy and period, the total over its breakdowns."""
    if not re.fullmatch(r"DATA360\.[A-Z0-9_]{2,40}\.[A-Za-z0-9_]{2,60}(\.[^.]+)?", code):
        raise BadInputError(
            f"{code!r} is not of the form DATA360.<database>.<indicator>[.<economy>], as in "
            "DATA360.WB_KNOMAD.WB_KNOMAD_BRE"
        )
    parts = code.split(".")
    areas = tuple(economies.resolve(name) for name in parts[3:]) or None
    name = ".".join([*parts[:3], *(areas or ())])
    return Request("data360", name, parts[1], areas, request_years(years), endpoint=endpoint)


def question(request: Request, area: str = "", skip: int = 0) -> str:
    """The address of one page of a request, of all economies or of one."""
    _, database, indicator, *_ = request.code.split(".")
    asked = {"DATABASE_ID": database, "INDICATOR": indicator} | ({"REF_AREA": area} if area else {})
    return f"{request.endpoint}/data360/data?{urlencode(asked | {'skip': str(skip)})}"


def _fetch(under: FetchContext, request: Request) -> ServiceAnswer:
    indicator = request.code.split(".")[2]
    rows = _whole(under, request)
    if not rows:
        raise NoDataError(f"Data360 has no row for {request.code}: the database or the indicator is not known there")
    require_same(rows, {"INDICATOR": [indicator]}, host_of(request))
    label, unit = str(rows[0].get("INDICATOR_LABEL") or indicator), BILATERAL.get(indicator, "")
    if indicator in BILATERAL:
        frame, problems = _pairs(rows, request)
        return ServiceAnswer(frame, label, unit, problems, ("origin", "destination", "year"), "unknown")
    frame, freq, problems = _series(rows, request)
    return ServiceAnswer(frame, label, unit, problems, ("economy", "year"), "unknown", freq)


# -- asking


def _whole(under: FetchContext, request: Request) -> list[dict[str, Any]]:
    """Every row of a request: in one go where it is short, else by economy."""
    if request.economies is not None:
        return _of_area(under, request, request.economies[0])
    rows, count = _page(under, question(request))
    if count < MOST_ROWS:
        return _rest(under, request, "", rows, count)
    seen = {str(row.get("REF_AREA")) for row in rows}
    tables = economies.economy_tables()
    found: list[dict[str, Any]] = []
    for area in sorted({*tables.economies, *tables.aggregates, *seen}):
        found += _of_area(under, request, area)
    if len(found) < MOST_ROWS:
        text = f"{host_of(request)} announced {count:,} rows, and {len(found):,} came by economy"
        raise FetchError(text, "paging", again=False)
    return found


def _of_area(under: FetchContext, request: Request, area: str) -> list[dict[str, Any]]:
    """Every row of one economy."""
    rows, count = _page(under, question(request, area))
    if count >= MOST_ROWS:
        phrase = f"{host_of(request)} has {count:,} rows for {area} alone, where longer answers are cut"
        raise FetchError(phrase, "size", again=False)
    rows = _rest(under, request, area, rows, count)
    if odd := {str(row.get("REF_AREA")) for row in rows} - {area}:
        phrase = f"{host_of(request)} was asked for {area} and sent {min(odd)[:40]!r}"
        raise FetchError(phrase, "body", again=False)
    return rows


def _rest(
    under: FetchContext, request: Request, area: str, rows: list[dict[str, Any]], count: int
) -> list[dict[str, Any]]:
    """The pages after the first; FetchError when they are not as many rows as announced, or one comes twice."""
    found = list(rows)
    while len(found) < count:
        page, again = _page(under, question(request, area, len(found)))
        if again != count or not page:
            text = f"{host_of(request)} announced {count:,} rows, then {again:,} and sent {len(found) + len(page):,}"
            raise FetchError(text, "paging", again=False)
        found += page
    if len(found) != count or len({_identity(row) for row in found}) != count:
        text = f"{host_of(request)} announced {count:,} rows and sent {len(found):,}, some of them twice"
        raise FetchError(text, "paging", again=False)
    return found


def _identity(row: dict[str, Any]) -> tuple[str, ...]:
    names = ("REF_AREA", "INDICATOR", "TIME_PERIOD", *_BREAKDOWNS, "UNIT_MEASURE", "UNIT_TYPE", "FREQ")
    return tuple(str(row.get(name)) for name in names)


def _page(under: FetchContext, url: str) -> tuple[list[dict[str, Any]], int]:
    return ask(under, url, _rows)


def _rows(body: bytes, host: str) -> tuple[list[dict[str, Any]], int]:
    answer = read_json(body, host)
    rows, count = (answer.get("value"), answer.get("count")) if isinstance(answer, dict) else (None, None)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not isinstance(count, int):
        raise FetchError(f"{host} sent JSON of another form than its data have", "body")
    if count < len(rows) or (count > len(rows) and len(rows) > MOST_ROWS) or (count and not rows):
        raise FetchError(f"{host} announced {count:,} rows and sent {len(rows):,}", "body")
    return rows, count


# -- tables


def _cells(rows: list[dict[str, Any]], request: Request) -> list[tuple[dict[str, Any], str, int, float]]:
    """Rows with a value, with the letter and number of their period and the value."""
    found = []
    for row in rows:
        value = row.get("OBS_VALUE")
        if value is None or value == "":
            continue
        period = read_period(str(row.get("TIME_PERIOD")))
        try:
            number = float(value)
        except (TypeError, ValueError):
            period = None
        if period is None or period[0] == "D" or not abs(number) < float("inf"):
            text = f"{host_of(request)} sent {str(value)[:20]!r} for {str(row.get('TIME_PERIOD'))[:20]!r}"
            raise FetchError(f"{text}, which is no value of a period", "body", again=False)
        if request.years is None or year_of(*period) in request.years:
            found.append((row, *period, number))
    return found


def _series(rows: list[dict[str, Any]], request: Request) -> tuple[pd.DataFrame, str, list[str]]:
    """Economy, period and value, the total over breakdowns where there are some."""
    cells = _cells(rows, request)
    groups = {tuple(str(row.get(name)) for name in _BREAKDOWNS) for row, *_ in cells}
    notes = []
    if len(groups) > 1:
        whole = [cell for cell in cells if all(str(cell[0].get(n)) in _TOTALS for n in _BREAKDOWNS)]
        if not whole or len({tuple(str(row.get(n)) for n in _BREAKDOWNS) for row, *_ in whole}) > 1:
            raise BadInputError(f"{request.code} comes in {len(groups)} breakdowns without one total")
        notes.append(f"{len(cells) - len(whole):,} values of breakdowns left out, the total kept")
        cells = whole
    letters = {letter for _, letter, _, _ in cells}
    if len(letters) > 1:
        raise BadInputError(f"{request.code} mixes {' and '.join(sorted(_LETTERS[x] for x in letters))}")
    values: dict[tuple[str, int], float] = {}
    left: set[str] = set()
    for row, _, number, value in cells:
        area = str(row.get("REF_AREA"))
        economy = economies.aggregate_code(area) or economies.economy_tables().codes.get(area, "")
        if not economy:
            left.add(area)
            continue
        if (economy, number) in values:
            raise FetchError(f"{host_of(request)} sent {economy} {number} twice", "body", again=False)
        scale = str(row.get("UNIT_MULT"))
        values[economy, number] = value * 10 ** (int(scale) if scale.lstrip("-").isdigit() else 0)
    frame = pd.DataFrame([(e, n, v) for (e, n), v in values.items()], columns=["economy", "year", "value"])
    frame = frame.astype({"year": "int64", "value": "float64"})
    return frame, next(iter(letters), "Y"), [*notes, *left_out(left, "codes of no economy")]


def _pairs(rows: list[dict[str, Any]], request: Request) -> tuple[pd.DataFrame, list[str]]:
    """Origin, destination, year and value: REF_AREA sends, COMP_BREAKDOWN_1 (WB_KNOMAD_<ISO3>) receives."""
    values: dict[tuple[str, str, int], float] = {}
    left: set[str] = set()
    codes = {**economies.economy_tables().codes, "WLD": "WLD"}
    for row, letter, number, value in _cells(rows, request):
        sender, receiver = str(row.get("REF_AREA")), str(row.get("COMP_BREAKDOWN_1")).removeprefix("WB_KNOMAD_")
        strange = {code for code in (sender, receiver) if code not in codes}
        if strange or letter != "Y":
            left |= strange or {str(row.get("TIME_PERIOD"))}
            continue
        key = codes[sender], codes[receiver], number
        if key in values:
            raise FetchError(f"{host_of(request)} sent {sender} to {receiver} in {number} twice", "body", again=False)
        values[key] = value
    frame = pd.DataFrame([(*k, v) for k, v in values.items()], columns=["origin", "destination", "year", "value"])
    return frame.astype({"year": "int64", "value": "float64"}), left_out(left, "codes of no economy")


SERVICE = Service(PREFIX, "Data360", "World Bank, Data360", ENDPOINT, _named, _fetch)
