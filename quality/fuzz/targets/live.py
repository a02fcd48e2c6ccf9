"""What services send: World Bank pages, concepts, notes and archives; SDMX-ML of WITS."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import wbgapi

from eaeu_analysis.data.sources.live import sdmxml, wits, worldbank
from eaeu_analysis.data.sources.live import worldbank as archives
from eaeu_analysis.data.sources.live.http import FetchError, Tally, Transport
from eaeu_analysis.data.sources.live.jobs import FetchContext
from eaeu_analysis.data.sources.live.pages import Ledger, Spool
from eaeu_analysis.data.sources.live.request import Request
from eaeu_analysis.errors import EaeuError

from .. import structure
from ..target import PART, ROOM, Target
from . import promises

HOST = "api.worldbank.org"
CODE = "NY.GDP.MKTP.CD"
PER_PAGE = 4


class Scripted(Transport):
    """Gives the bodies of an input in turn, whatever is asked for; then nothing more."""

    def __init__(self, bodies: list[bytes]) -> None:
        super().__init__()
        self.bodies = bodies[::-1]

    def get(self, url: str, read: Callable[[bytes], Any], tally: Tally | None = None) -> Any:
        if not self.bodies:
            raise FetchError(f"{HOST} dropped the connection", "dropped", again=False)
        return read(self.bodies.pop())


# -- World Bank ------------------------------------------------------------------------------------------
def _header(total: int, page: int = 1, per_page: int = PER_PAGE) -> dict[str, Any]:
    pages = -(-total // per_page)
    return {"page": page, "pages": pages, "per_page": per_page, "total": total, "lastupdated": "2026-04-08"}


def _new(economy: str, year: int, value: float | None) -> dict[str, Any]:
    parts = [
        {"concept": "Country", "id": economy, "value": economy.title()},
        {"concept": "Series", "id": CODE, "value": "GDP (current US$)"},
        {"concept": "Time", "id": f"YR{year}", "value": str(year)},
    ]
    return {"variable": parts, "value": value}


def _page(rows: list[dict[str, Any]], page: int = 1) -> bytes:
    shown = rows[(page - 1) * PER_PAGE : page * PER_PAGE]
    body = _header(len(rows), page) | {"source": {"id": "2", "name": "World Development Indicators", "data": shown}}
    return json.dumps(body).encode()


def _old_page(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps([_header(len(rows)), rows]).encode()


def _listing(per_page: int, *items: dict[str, Any]) -> bytes:
    return json.dumps(_header(len(items), 1, per_page) | {"source": [{"id": "2", "concept": list(items)}]}).encode()


ROWS = [_new(e, y, v) for y in (2019, 2020) for e, v in (("KGZ", 8.8e9), ("UZB", 6.0e10), ("WLD", None))]
CONCEPTS = _listing(1000, *({"id": name, "value": name} for name in ("Country", "Series", "Time")))
VERSIONED = _listing(1000, *({"id": name, "value": name} for name in ("Country", "Series", "Time", "Version")))
_FIELDS = [{"id": "IndicatorName", "value": "GDP"}, {"id": "License_Type", "value": "CC BY-4.0"}]
NOTES = json.dumps(
    _header(1, 1, 1000)
    | {"source": [{"id": "2", "concept": [{"id": "Series", "variable": [{"id": CODE, "metatype": _FIELDS}]}]}]}
).encode()
_MARKED = {"countryiso3code": "KGZ", "date": "2019", "value": 8.8e9, "obs_status": "E", "footnote": "Estimate."}
FOOTNOTES = _old_page([_MARKED | {"indicator": {"id": CODE, "value": "GDP"}, "country": {"id": "KG", "value": "K"}}])
MESSAGE = b'[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]'
XML = b'<?xml version="1.0"?><wb:error xmlns:wb="x"><wb:message id="175" key="Gone">Archived.</wb:message></wb:error>'
VERSIONS = json.dumps(
    _header(2, 1, 1000)
    | {"source": [{"id": "57", "concept": [{"id": "Version", "variable": [
        {"id": "201504", "value": "2015 Apr"}, {"id": "199704", "value": "1997 Apr"}]}]}]}
).encode()  # fmt: skip


def _pages() -> list[bytes]:
    return [
        PART.join([_page(ROWS, 1), _page(ROWS, 2)]),
        _page(ROWS[:3]),
        FOOTNOTES,
        MESSAGE,
        XML,
        CONCEPTS,
        b'[{"page":0,"pages":0,"per_page":0,"total":0},null]',
        b"<!DOCTYPE html><html></html>",
    ]


def _ledger(data: bytes) -> None:
    ledger = Ledger(HOST)
    for number, body in enumerate(data.split(PART), start=1):
        ledger.enter(ledger.read(body, number, PER_PAGE), "x", number)
    ledger.close()


@contextmanager
def _call(data: bytes) -> Iterator[worldbank.Call]:
    """A call answered by the input, with wbgapi as it is when first imported; afterwards as it was."""
    known = dict(wbgapi.source._concepts)
    wbgapi.source._concepts.clear()
    try:
        yield worldbank.Call(Scripted(data.split(PART)), per_page=PER_PAGE)
    finally:
        wbgapi.source._concepts.clear()
        wbgapi.source._concepts.update(known)


def _series(data: bytes) -> None:
    with _call(data) as call:
        promises.series(worldbank.fetch(Request("worldbank", CODE, "2"), call).frame)


def _whole() -> list[bytes]:
    whole = [CONCEPTS, _page(ROWS, 1), _page(ROWS, 2), NOTES, FOOTNOTES]
    return [PART.join(whole), PART.join([CONCEPTS, _page(ROWS[:2]), NOTES]), PART.join([CONCEPTS, MESSAGE])]


def _archived(data: bytes) -> None:
    with _call(data) as call:
        archives.find_version("2015-04", call)


# -- SDMX ------------------------------------------------------------------------------------------------
_G, _M = (
    "http://www.sdmx.org/resources/sdmxml/schemas/v2_1/data/generic",
    "http://www.sdmx.org/resources/sdmxml/schemas",
)
_SDMX = (
    f'<?xml version="1.0" encoding="UTF-8"?><m:GenericData xmlns:g="{_G}" xmlns:m="{_M}/v2_1/message" '
    f'xmlns:c="{_M}/v2_1/common"><m:Header><m:ID>T</m:ID><m:Test>false</m:Test>'
    '<m:Prepared>2024-11-05T06:16:41</m:Prepared><m:Sender id="WBG_WITS"/>'
    '<m:Structure structureID="S" dimensionAtObservation="TIME_PERIOD"><c:Structure>'
    '<Ref agencyID="WBG_WITS" id="S" version="1.0"/></c:Structure></m:Structure></m:Header>'
    '<m:DataSet action="Information" structureRef="S">{series}</m:DataSet></m:GenericData>'
)


def _values(tag: str, items: dict[str, str]) -> str:
    return f"<g:{tag}>" + "".join(f'<g:Value id="{k}" value="{v}"/>' for k, v in items.items()) + f"</g:{tag}>"


def _sdmx(reporter: str, partners: tuple[str, ...], product: str, notes: dict[str, str]) -> bytes:
    series = ""
    for partner in partners:
        key = {"FREQ": "A", "REPORTER": reporter, "PARTNER": partner, "PRODUCTCODE": product, "INDICATOR": "X"}
        seen = '<g:Obs><g:ObsDimension id="TIME_PERIOD" value="2019"/><g:ObsValue value="12.5"/>'
        series += f"<g:Series>{_values('SeriesKey', key)}{seen}{_values('Attributes', notes)}</g:Obs></g:Series>"
    return _SDMX.format(series=series).encode()


def _sdmx_seeds() -> list[bytes]:
    line = {"TARIFFTYPE": "MFN", "TOTALNOOFLINES": "3", "NBR_NA_LINES": "1", "MIN_RATE": "0", "MAX_RATE": "5"}
    return [
        _sdmx("UZB", ("RUS", "WLD", "ECS"), "Total", {"DATASOURCE": "WITS"}),
        _sdmx("860", ("000", "643"), "020110", line | {"NOMENCODE": "H5"}),
        b'<Error><Code>404</Code><Text xml:lang="en">NoRecordsFound</Text></Error>',
    ]


def _checked(data: bytes) -> None:
    sdmxml.check_sdmx(data, HOST)


class _Sealed(sdmxml.SdmxSession):
    """The session, with the input for an answer."""

    def __init__(self, under: FetchContext, body: bytes) -> None:
        super().__init__(under)
        self.body = body

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sdmxml.check_sdmx(self.body, HOST)
        self.spool.put(str(request.url), self.body)
        return super().send(request, **options)


def _observed(data: bytes) -> None:
    under = FetchContext(Transport(), Spool(Path(ROOM.path) / "spool"))
    rows = sdmxml.fetch_year(_Sealed(under, data), "WB", "https://wits.example", "DF_WITS", "A.uzb.../", 2019)
    if rows.empty:
        return
    refused: list[EaeuError] = []
    for read in (lambda: wits.trade(rows, True), lambda: wits.averages(rows),
                 lambda: wits.tariff_line_table(rows, True)):  # fmt: skip
        try:
            read()  # type: ignore[no-untyped-call] # lambdas have no types
        except EaeuError as error:
            refused.append(error)
    if refused:
        raise refused[0]


_JSON = structure.parts(structure.json_document, PART)
TARGETS = (
    Target("worldbank pages", _ledger, _pages, _JSON, 22),
    Target("worldbank series", _series, _whole, _JSON, 5),
    Target("worldbank archives", _archived, lambda: [PART.join([VERSIONED, VERSIONS])], _JSON, 5),
    Target("sdmx checked", _checked, _sdmx_seeds, structure.xml, 8),
    Target("sdmx read", _observed, _sdmx_seeds, structure.xml, 0.8),
)
