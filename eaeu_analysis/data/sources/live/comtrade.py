"""UN Comtrade API v1: annual trade in goods of a reporter, by partner and HS product.

Every request asks for the totals over second partners, means of transport and customs procedures; without them about
nine rows a partner come, which add up to a multiple. An empty answer and a wrong question look alike there (status 200,
no row), so an empty one is followed by a control request whose answer is known. The free quota is small: a request is a
reporter, flow and year, answers are kept until a series is whole, and the store keeps it.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlencode

import pandas as pd

from ....errors import BadInputError, NoDataError, require_option
from ....reference import economies
from ..bulk import schema
from ..bulk.schema import EXPORTER_FOB, IMPORTER_CIF, WORLD
from .http import FetchError
from .jobs import FetchContext
from .pages import read_json
from .request import Request
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
    years_of_calls,
)

PREFIX = "COMTRADE."
ENDPOINT = "https://comtradeapi.un.org"
KEY = "COMTRADE_API_KEY"  # the environment variable
HEADER = "Ocp-Apim-Subscription-Key"
FLOWS = {"X": "exports", "M": "imports"}
MOST_ROWS = 100_000  # of one answer; the service cuts longer ones without a word
TOTALS = {"partner2Code": "0", "motCode": "0", "customsCode": "C00"}
_PRODUCT = re.compile(r"TOTAL|AG[246]|[0-9]{2}|[0-9]{4}|[0-9]{6}")
_CONTROL = {"reporterCode": "276", "period": "2019", "flowCode": "X", "cmdCode": "TOTAL", "partnerCode": "0"}


def _key() -> dict[str, str]:
    """The header with the key; BadInputError without one in the environment."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise BadInputError(
            f"UN Comtrade wants a key: get one at comtradedeveloper.un.org and set it in the environment as {KEY}"
        )
    return {HEADER: key}


def _named(code: str, years: Years, endpoint: str) -> Request:
    """The request for a name; the product is TOTAL, AG2, AG4, AG6 (all of that level) or an HS code."""
    form = "COMTRADE.<X or M>.<product>.<reporter>[.<partner>-<partner>]"
    (flow, product, reporter), partners = name_parts(code, form, "COMTRADE.M.TOTAL.UZB")
    require_option("flow", flow, FLOWS)
    if not _PRODUCT.fullmatch(product):
        raise BadInputError(f"product {product!r} not known: expected TOTAL, AG2, AG4, AG6 or an HS code such as 27")
    wanted = years_of_calls(years, "UN Comtrade")
    reporter = economies.resolve(reporter)
    for code_of in (reporter, *partners):
        _numbers(code_of)  # raises where it has none
    name = full_name(PREFIX, (flow, product, reporter), partners)
    return Request("comtrade", name, "C/A/HS", (reporter,), wanted, endpoint=endpoint)


def _numbers(iso3: str) -> list[str]:
    """The numbers that Comtrade may know an economy by, its own and ISO's; 0 is the world. It has rows for one only."""
    if iso3 == WORLD:
        return ["0"]
    own = [number for number, code in schema.COMTRADE_NUMBERS.items() if code == iso3]
    try:
        own.append(schema.number_of(iso3))
    except BadInputError:
        if not own:
            raise
    return [str(int(number)) for number in own]


def question(endpoint: str, parameters: dict[str, str]) -> str:
    """The address of one request: annual trade in goods by HS, totals over what is not asked for."""
    return f"{endpoint}/data/v1/get/C/A/HS?{urlencode(parameters | TOTALS)}"


def requests_of(request: Request) -> dict[int, str]:
    """The address asked for each year of a request."""
    _, flow, product, reporter, *whom = request.code.split(".")
    partners = {"partnerCode": ",".join(n for p in whom[0].split("-") for n in _numbers(p))} if whom else {}
    numbers = ",".join(_numbers(reporter))
    return {
        year: question(
            request.endpoint,
            {"reporterCode": numbers, "period": str(year), "flowCode": flow, "cmdCode": product} | partners,
        )
        for year in request.years or ()
    }


def _fetch(under: FetchContext, request: Request) -> ServiceAnswer:
    """One reporter, flow and product over the years, a request a year."""
    _, flow, product, reporter, *_ = request.code.split(".")
    parts, problems = [], []
    for year, url in requests_of(request).items():
        rows = _ask(under, url)
        if rows:
            parts.append(_checked(rows, request, year))
        else:
            problems.append(_why_empty(under, request, year))
    if not parts:
        raise NoDataError("; ".join(problems))
    frame = pd.concat(parts, ignore_index=True)
    frame["partner"] = [_as_party(number, iso) for number, iso in zip(frame["number"], frame["iso"], strict=True)]
    none = frame["partner"] == ""
    problems += left_out(frame.loc[none, "iso"].unique(), "partners that are no economy")
    basis = EXPORTER_FOB if flow == "X" else IMPORTER_CIF
    own, other = sides_of(basis)
    frame = frame[~none].assign(**{own: reporter, "basis": basis}).rename(columns={"partner": other})
    frame = frame[frame[own] != frame[other]]  # without goods that come home
    frame = frame.groupby(list(schema.KEYS), as_index=False)[["value"]].sum()
    return ServiceAnswer(frame, f"{FLOWS[flow].capitalize()}, {product}, reported by {reporter}", "US$", problems)


def _as_party(number: int, iso: str) -> str:
    """ISO3 of a partner (WLD for the world), by its number before its code: S19 is Taiwan; "" for what is neither."""
    if number == 0:
        return WORLD
    text = f"{number:03d}"
    found = schema.iso_numbers()[text] if text in schema.current_numbers() else iso
    return found if found in economies.economy_tables().economies else ""


def _ask(under: FetchContext, url: str) -> list[dict[str, Any]]:
    """The rows of an answer."""
    try:
        return ask(under, url, _rows)
    except FetchError as error:
        if error.code == "401":
            phrase = f"{host_of(url)} does not accept the key in {KEY}; check it at comtradedeveloper.un.org"
            raise FetchError(phrase, "status", again=False, code="401") from error
        raise


def _rows(body: bytes, host: str) -> list[dict[str, Any]]:
    answer = read_json(body, host)
    if not isinstance(answer, dict):
        raise FetchError(f"{host} sent JSON of another form than its data have", "body")
    if answer.get("error"):
        raise FetchError(f"{host} says: {str(answer['error'])[:200]}", "message", again=False)
    rows, count = answer.get("data"), answer.get("count")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FetchError(f"{host} sent JSON of another form than its data have", "body")
    if count != len(rows):
        raise FetchError(f"{host} announces {count} rows and sent {len(rows):,}", "body")
    if len(rows) >= MOST_ROWS:
        phrase = f"{host} sent {len(rows):,} rows, where longer answers are cut; ask for fewer products or partners"
        raise FetchError(phrase, "size", again=False)
    return rows


def _checked(rows: list[dict[str, Any]], request: Request, year: int) -> pd.DataFrame:
    """The rows as a table (number, iso, year, product, value), each of them what was asked for."""
    host = host_of(request)
    _, flow, product, reporter, *whom = request.code.split(".")
    asked = {"period": str(year), "flowCode": flow, "freqCode": "A", "typeCode": "C"} | TOTALS
    require_same(rows, {"reporterCode": _numbers(reporter), **{n: [v] for n, v in asked.items()}}, host)
    try:
        frame = pd.DataFrame(
            {
                "number": pd.array([int(row["partnerCode"]) for row in rows], dtype="int64"),
                "iso": pd.array([str(row.get("partnerISO") or row["partnerCode"]) for row in rows], dtype="str"),
                "year": year,
                "product": pd.array([str(row["cmdCode"]) for row in rows], dtype="str"),
                "value": pd.array([float(row["primaryValue"]) for row in rows], dtype="float64"),
            }
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        raise FetchError(f"{host} sent a row without partner, product or value", "body", again=False) from None
    if not (frame["value"] >= 0).all() or not frame["value"].lt(float("inf")).all():
        raise FetchError(f"{host} sent a value that is negative or not finite", "body", again=False)
    partners = {int(n) for p in whom[0].split("-") for n in _numbers(p)} if whom else set(frame["number"])
    length = {"TOTAL": 5}.get(product) or (int(product[2:]) if product.startswith("AG") else len(product))
    right = frame["product"].str.len().eq(length) if product.startswith("AG") else frame["product"].eq(product)
    for what, fault in (("partner", ~frame["number"].isin(partners)), ("product", ~right)):
        if fault.any():
            first = frame.loc[fault, "iso" if what == "partner" else "product"].iloc[0]
            raise FetchError(f"{host} sent the {what} {first[:40]!r}, which was not asked for", "body", again=False)
    if frame.duplicated(["number", "product"]).any():
        raise FetchError(f"{host} sent a partner and product twice", "body", again=False)
    return frame


def _why_empty(under: FetchContext, request: Request, year: int) -> str:
    """What an empty answer means, by control requests; FetchError where the question or the service is wrong."""
    _, flow, product, reporter, *_ = request.code.split(".")
    own = {"reporterCode": ",".join(_numbers(reporter)), "period": str(year), "flowCode": flow, "cmdCode": "TOTAL"}
    if _ask(under, question(request.endpoint, own | {"partnerCode": "0"})):
        return f"{reporter} reported {year}, and has no {FLOWS[flow]} of {product} with these partners"
    if not _ask(under, question(request.endpoint, _CONTROL)):
        text = "has no row even for Germany's exports of 2019, so an empty answer says nothing; try again later"
        raise FetchError(f"{host_of(request)} {text}", "body", again=False)
    return f"{reporter} has not reported its {FLOWS[flow]} of {year}"


SERVICE = Service(
    PREFIX,
    "UN Comtrade",
    "UN Comtrade",
    ENDPOINT,
    _named,
    _fetch,
    headers=_key,
    wrong=(400,),  # each try counts against the quota
)
