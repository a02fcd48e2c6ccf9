"""WITS: bilateral trade by partner and product group, and tariffs, by way of sdmx1's source ``WB``.

sdmx1 builds the requests and reads SDMX-ML; its session is ours, so the rules of :mod:`.http` hold, and what it
reads was checked to be SDMX without entities. The service wants one reporter and one year for each open call; a
series here is one reporter, indicator and product over years, a call a year, each kept until the series is whole.
WITS prints no release date: the vintage is the day of retrieval.
"""

from __future__ import annotations

import functools
import re
from typing import Any

import pandas as pd

from ....errors import BadInputError, NoDataError, require_option
from ....reference import economies
from ..bulk import schema
from ..bulk.schema import EXPORTER_FOB, IMPORTER_CIF, WORLD
from .http import FetchError
from .jobs import FetchContext
from .request import Request
from .sdmxml import SdmxSession, fetch_year
from .service import Service, ServiceAnswer, Years, full_name, name_parts, sides_of, years_of_calls

# What WITS sends, as tables: flows in US dollars, average tariffs, tariff lines and their averages.

TARIFF_KEYS = ("reporter", "partner", "year", "product")
LINE_KEYS = (*TARIFF_KEYS, "type")
_NUMBERS = {"lines": "TOTALNOOFLINES", "na_lines": "NBR_NA_LINES", "low": "MIN_RATE", "high": "MAX_RATE"}
_FIELDS = ("REPORTER", "PARTNER", "TIME_PERIOD", "PRODUCTCODE", "OBS_VALUE")
Table = tuple[pd.DataFrame, tuple[str, ...], list[str]]


def _parties(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Reporter and partner as ISO3, year and value as numbers; sums over partners other than the world left out.

    Raises FetchError when an observation lacks one of :data:`_FIELDS` or its period is no year.
    """
    lacking = [name for name in _FIELDS if name not in rows or rows[name].isna().any()]
    if lacking:
        raise FetchError(f"WITS sent observations without {lacking[0]}", "body", again=False)
    odd = rows.loc[~rows["TIME_PERIOD"].str.fullmatch(r"[0-9]{4}"), "TIME_PERIOD"]
    if len(odd):
        raise FetchError(f"WITS sent a period {odd.iloc[0]!r}, which is no year", "body", again=False)
    frame = pd.DataFrame(
        {
            "reporter": rows["REPORTER"].map(schema.party),
            "partner": rows["PARTNER"].map(schema.party),
            "year": pd.to_numeric(rows["TIME_PERIOD"]).astype("int64"),
            "product": rows["PRODUCTCODE"],
            "value": pd.to_numeric(rows["OBS_VALUE"], errors="coerce"),
        }
    )
    sums = frame["partner"].map(schema.is_sum)
    problems = []
    if sums.any():
        problems.append(f"sums over partners left out: {', '.join(sorted(frame.loc[sums, 'partner'].unique()))}")
    return frame[~sums & frame["value"].notna()], problems


def trade(rows: pd.DataFrame, exports: bool) -> Table:
    """Thousands of US$ as the service has them, in US$; the reporter is the exporter or the importer."""
    frame, problems = _parties(rows)
    basis = EXPORTER_FOB if exports else IMPORTER_CIF
    frame = frame.rename(columns=dict(zip(("reporter", "partner"), sides_of(basis), strict=True)))
    frame = frame.assign(value=frame["value"] * 1000.0, basis=basis)
    return frame[[*schema.KEYS, "value"]], schema.KEYS, problems


def averages(rows: pd.DataFrame) -> Table:
    """Average rates in per cent."""
    frame, problems = _parties(rows)
    return frame, TARIFF_KEYS, problems


def tariff_line_table(rows: pd.DataFrame, reported: bool) -> Table:
    """TRAINS lines; a product all of whose lines have no ad valorem rate is no zero."""
    frame, problems = _parties(rows)
    rows = rows.loc[frame.index]
    if "TARIFFTYPE" not in rows or rows["TARIFFTYPE"].isna().any():
        raise FetchError("WITS sent tariff lines without their type", "body", again=False)
    numbers = {name: pd.to_numeric(rows[field], errors="coerce") for name, field in _NUMBERS.items() if field in rows}
    frame = frame.assign(type=rows["TARIFFTYPE"].str.lower(), nomenclature=rows.get("NOMENCODE", ""), **numbers)
    if {"lines", "na_lines"} <= set(frame) and reported:
        without = frame["na_lines"] >= frame["lines"]
        if without.any():
            problems.append(
                f"{int(without.sum()):,} products whose lines are all specific have no rate and were left out"
            )
        frame = frame[~without]
    return frame, LINE_KEYS, problems


PREFIX = "WITS."

ENDPOINT = "https://wits.worldbank.org/API/V1/SDMX/V21/rest"
TRADE, TARIFF, LINES = "DF_WITS_TradeStats_Trade", "DF_WITS_TradeStats_Tariff", "DF_WITS_Tariff_TRAINS"
FLOWS = {"exports": "XPRT-TRD-VL", "imports": "MPRT-TRD-VL"}
AVERAGES = ("MFN-SMPL-AVRG", "MFN-WGHTD-AVRG", "AHS-SMPL-AVRG", "AHS-WGHTD-AVRG")
REPORTED, KINDS = "reported", ("reported", "aveestimated")  # ad valorem rates only; the others estimated
DATAFLOWS = {**dict.fromkeys(FLOWS.values(), TRADE), **dict.fromkeys(AVERAGES, TARIFF), **dict.fromkeys(KINDS, LINES)}


def _named(code: str, years: Years, endpoint: str) -> Request:
    """The request for a name.

    ``WITS.XPRT-TRD-VL.Total.UZB`` are Uzbekistan's exports by partner, ``WITS.AHS-WGHTD-AVRG.Total.KGZ.WLD`` is
    Kyrgyzstan's average applied tariff (the lowest that a partner is granted), ``WITS.reported.all.KGZ.RUS`` its
    preferential rates for Russia by line. WITS publishes no average of preferential rates alone.
    """
    form = "WITS.<indicator>.<product>.<reporter>[.<partner>-<partner>]"
    (indicator, product, reporter), partners = name_parts(code, form, "WITS.XPRT-TRD-VL.Total.UZB")
    require_option("WITS indicator", indicator, DATAFLOWS)
    if DATAFLOWS[indicator] != TRADE and not partners:
        raise BadInputError(f"{code!r} names no partner; tariffs are by partner, WLD for all alike: {code}.WLD")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,40}", product):
        raise BadInputError(f"product {product!r} is not of the form of a code ('Total', '01-05_Animal', '020110')")
    wanted, reporter = years_of_calls(years, "WITS"), economies.resolve(reporter)
    name = full_name(PREFIX, (indicator, product, reporter), partners)
    return Request("wits", name, DATAFLOWS[indicator], (reporter,), wanted, endpoint=endpoint)


def _fetch(under: FetchContext, request: Request) -> ServiceAnswer:
    """One reporter, indicator and product over the years, a call a year."""
    dataflow = request.database
    _, indicator, product, reporter, *whom = request.code.split(".")
    partners = whom[0].split("-") if whom else []
    session = SdmxSession(under)
    key = _key(dataflow, reporter, partners, product, indicator)
    parts = []
    for year in request.years or ():
        call = functools.partial(fetch_year, session, "WB", request.endpoint, dataflow, key, year)
        try:
            parts.append(under.transport.patiently(call, under.tally))
        except FetchError as error:
            if error.code == "404":
                continue  # so the service says that it has nothing for that year
            if error.kind == "body" and not error.again:
                under.spool.clear()  # what cannot be read now will not be read later
            raise
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if rows.empty:
        raise NoDataError(f"WITS has nothing for {reporter}, {indicator}, {product} in the years asked for")
    try:
        if dataflow == TRADE:
            frame, keys, problems = trade(rows, exports=indicator == FLOWS["exports"])
        elif dataflow == TARIFF:
            frame, keys, problems = averages(rows)
        else:
            frame, keys, problems = tariff_line_table(rows, reported=indicator == REPORTED)
        problems += _compared(frame, request, partners, product) if len(frame) else []
    except FetchError:
        under.spool.clear()
        raise
    if frame.empty:
        raise NoDataError(f"WITS has no value for {reporter}, {indicator}, {product}: {'; '.join(problems)}")
    unit, kind = ("US$", "level") if dataflow == TRADE else ("per cent", "rate")
    return ServiceAnswer(frame, f"{indicator}, {product}, reported by {reporter}", unit, problems, keys, kind)


def _compared(frame: pd.DataFrame, request: Request, partners: list[str], product: str) -> list[str]:
    """Sentences on what was asked for and did not come; raises FetchError for what was not asked for."""
    sides = ("reporter", "partner") if "reporter" in frame else ("importer", "exporter")
    if "reporter" not in frame and (frame["basis"] == EXPORTER_FOB).all():
        sides = ("exporter", "importer")
    asked: dict[str, set[Any]] = {sides[0]: set(request.economies or ()), sides[1]: set(partners)}
    asked |= {"year": set(request.years or ()), "product": {product} - {"all"}}
    missing = []
    for name, wanted in asked.items():
        if not wanted:  # all of them
            continue
        came = set(frame[name].tolist())
        if more := came - wanted:
            first = str(min(more, key=str))[:40]
            raise FetchError(f"WITS sent the {name} {first!r}, which was not asked for", "body", again=False)
        if fewer := wanted - came:
            missing.append(f"nothing came for {name} {', '.join(sorted(map(str, fewer))[:6])}")
    return missing


def _key(dataflow: str, reporter: str, partners: list[str], product: str, indicator: str) -> str:
    """The SDMX key: frequency, reporter, partner, product, indicator; TRAINS knows economies by number."""
    goods = "" if product == "all" else product
    if dataflow == LINES:
        whom = "+".join("000" if p == WORLD else schema.number_of(p) for p in partners)
        return f"A.{schema.number_of(reporter)}.{whom}.{goods}.{indicator}/"
    return f"A.{reporter.lower()}.{'+'.join(p.lower() for p in partners)}.{goods}.{indicator}/"


SERVICE = Service(PREFIX, "WITS", "World Bank, WITS", ENDPOINT, _named, _fetch)
