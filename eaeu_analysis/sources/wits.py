"""WITS: bilateral trade by partner and product group, and tariffs, by way of sdmx1's source ``WB``.

sdmx1 builds the requests and reads SDMX-ML; its session is ours, so the rules of :mod:`.http` hold, and what it
reads was checked to be SDMX without entities. The service wants one reporter and one year for each open call; a
series here is one reporter, indicator and product over years, a call a year, each kept until the series is whole.
WITS prints no release date: the vintage is the day of retrieval.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from ..errors import BadInputError, NoDataError, unknown
from ..reference import economies
from ..series import SeriesData, SeriesInfo
from . import bilateral, wits_tables
from .bilateral import WORLD
from .http import FetchError, HttpSettings, Transport
from .jobs import Job, Keeper, Progress, Task, Under, row_of
from .report import PullReport, Row
from .request import Request, address, years_of
from .sdmxml import SdmxSession, ask

PREFIX = "WITS."

ENDPOINT = "https://wits.worldbank.org/API/V1/SDMX/V21/rest"
TRADE, TARIFF, LINES = "DF_WITS_TradeStats_Trade", "DF_WITS_TradeStats_Tariff", "DF_WITS_Tariff_TRAINS"
FLOWS = {"exports": "XPRT-TRD-VL", "imports": "MPRT-TRD-VL"}
AVERAGES = {
    ("mfn", "simple"): "MFN-SMPL-AVRG",
    ("mfn", "weighted"): "MFN-WGHTD-AVRG",
    ("applied", "simple"): "AHS-SMPL-AVRG",
    ("applied", "weighted"): "AHS-WGHTD-AVRG",
}
KINDS = {"reported": "reported", "with equivalents": "aveestimated"}


def pull(codes: Sequence[str], years: Iterable[int] | int | str | None, *, store: Keeper, **options: Any) -> PullReport:
    """Pull tables by the name they are stored under: ``WITS.<indicator>.<product>.<reporter>[.<partner>-...]``.

    ``WITS.XPRT-TRD-VL.Total.UZB`` are Uzbekistan's exports by partner, ``WITS.AHS-WGHTD-AVRG.Total.KGZ.WLD`` is
    Kyrgyzstan's average applied tariff, ``WITS.reported.all.KGZ.RUS`` its preferential rates for Russia by line. Raises
    BadInputError for a name of another form, and without years.
    """
    plan = [_named(code, years, options.get("endpoint") or ENDPOINT) for code in dict.fromkeys(codes)]
    return _run(plan, store, **options)


def _named(code: str, years: Iterable[int] | int | str | None, endpoint: str) -> Task:
    """The task for a name."""
    parts = code.split(".")
    known = {**dict.fromkeys(FLOWS.values(), TRADE), **dict.fromkeys(AVERAGES.values(), TARIFF)}
    known |= dict.fromkeys(KINDS.values(), LINES)
    if len(parts) not in (4, 5) or parts[0] != "WITS" or "" in parts:
        raise BadInputError(
            f"{code!r} is not of the form WITS.<indicator>.<product>.<reporter>[.<partner>-<partner>], "
            "as in WITS.XPRT-TRD-VL.Total.UZB"
        )
    _, indicator, product, reporter = parts[:4]
    if indicator not in known:
        raise unknown("WITS indicator", indicator, known)
    partners = _partners(parts[4].split("-") if len(parts) == 5 else [])
    if known[indicator] != TRADE and not partners:
        raise BadInputError(f"{code!r} names no partner; tariffs are by partner, WLD for all alike: {code}.WLD")
    return Task(_request(indicator, known[indicator], reporter, partners, product, _years(years), endpoint))


def pull_trade(
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    *,
    store: Keeper,
    flow: str = "exports",
    partners: str | Sequence[str] = "all",
    products: Sequence[str] = ("Total",),
    **options: Any,
) -> PullReport:
    """Merchandise trade as a reporter states it, US$, by partner and product group ("Total", "Food", ...).

    Stored as ``WITS.<indicator>.<product>.<reporter>``; :func:`bilateral.flows` brings it to the schema of flows.
    Options: ``endpoint``, ``max_age`` (days), ``settings``, ``progress``.
    """
    if flow not in FLOWS:
        raise unknown("flow", flow, FLOWS)
    return _pull(TRADE, FLOWS[flow], reporters, years, partners, products, store, **options)


def pull_tariffs(
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    *,
    store: Keeper,
    kind: str = "applied",
    average: str = "weighted",
    partners: str | Sequence[str] = (WORLD,),
    products: Sequence[str] = ("Total",),
    **options: Any,
) -> PullReport:
    """Average tariffs in per cent, by partner and product group; ``kind`` mfn or applied.

    ``average`` is simple (over products) or weighted (by imports). Applied is WITS's effectively applied rate (AHS):
    the lowest that a partner is granted, so that under a partner it is the preferential average, weighted by what
    comes from there. Of preferential rates alone WITS publishes no average: they are in the lines
    (:func:`pull_lines`), averaged by :func:`average_rates`, with the weights that :func:`bilateral.import_weights`
    makes of flows by HS6 product (``ea.read_flows(..., level="HS6")``).
    """
    if kind.startswith("pref"):
        raise BadInputError(
            "WITS publishes no average of preferential rates alone: 'applied' under a partner is the lowest rate it is "
            "granted, and the preferential lines are in pull_lines, averaged by average_rates"
        )
    if (kind, average) not in AVERAGES:
        known = ", ".join(" ".join(pair) for pair in AVERAGES)
        raise BadInputError(f"tariff {kind!r} with average {average!r} not known; known: {known}")
    return _pull(TARIFF, AVERAGES[kind, average], reporters, years, partners, products, store, **options)


def pull_lines(
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    *,
    store: Keeper,
    kind: str = "reported",
    partners: str | Sequence[str] = (WORLD,),
    products: Sequence[str] = ("all",),
    **options: Any,
) -> PullReport:
    """UNCTAD TRAINS rates by HS6 product, per cent: MFN under partner WLD, preferential under a partner.

    ``kind`` "reported" has ad valorem rates only, "with equivalents" estimates the others. A product whose every
    line is specific has no rate among the reported, though the service writes 0: it is left out, and told.
    """
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    return _pull(LINES, KINDS[kind], reporters, years, partners, products, store, **options)


# -- pulling ---------------------------------------------------------------------------------------------------
def _pull(
    dataflow: str,
    indicator: str,
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    partners: str | Sequence[str],
    products: Sequence[str],
    store: Keeper,
    **options: Any,
) -> PullReport:
    if isinstance(reporters, str) or not reporters or isinstance(products, str) or not products:
        raise BadInputError("WITS wants reporters and products as lists, and the years")
    whom = _partners([] if partners == "all" else [partners] if isinstance(partners, str) else partners)
    plan = [
        Task(_request(indicator, dataflow, reporter, whom, product, _years(years), options.get("endpoint") or ENDPOINT))
        for reporter in dict.fromkeys(reporters)
        for product in dict.fromkeys(products)
    ]
    return _run(plan, store, **options)


def _years(years: Iterable[int] | int | str | None) -> tuple[int, ...]:
    wanted = years_of(years)
    if wanted is None:
        raise BadInputError("WITS wants the years: it is asked for one at a time ('2015-2020')")
    return wanted


def _partners(given: Sequence[str]) -> list[str]:
    return sorted({p if p == WORLD else economies.resolve(p) for p in given})


def _run(
    plan: list[Task],
    store: Keeper,
    *,
    endpoint: str | None = None,
    max_age: float | None = 30.0,
    settings: HttpSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> PullReport:
    fetch = functools.partial(_fetch, store)
    transport = Transport(settings or HttpSettings())
    rows = Job(store, transport, fetch, max_age, progress).run(plan, 1)  # one call at a time: the service asks for it
    return PullReport(tuple(rows), endpoint or ENDPOINT, tuple(p.text for p in store.problems))


def _request(
    indicator: str,
    dataflow: str,
    reporter: str,
    partners: list[str],
    product: str,
    years: tuple[int, ...],
    endpoint: str,
) -> Request:
    """The request; raises BadInputError for a product, an economy or an address that cannot be one."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_\-]{0,40}", product):
        raise BadInputError(f"product {product!r} is not of the form of a code ('Total', '01-05_Animal', '020110')")
    reporter = economies.resolve(reporter)
    parts = ["WITS", indicator, product, reporter, *(["-".join(partners)] if partners else [])]
    return Request("wits", ".".join(parts), dataflow, (reporter,), years, endpoint=address(endpoint))


def _fetch(store: Keeper, task: Task, under: Under) -> Row:
    """One reporter, indicator and product over the years, a call a year."""
    request = task.request
    dataflow = request.database
    _, indicator, product, reporter, *whom = request.code.split(".")
    partners = whom[0].split("-") if whom else []
    session = SdmxSession(under)
    key = _key(dataflow, reporter, partners, product, indicator)
    parts = []
    for year in request.years or ():
        call = functools.partial(ask, session, "WB", request.endpoint, dataflow, key, year)
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
    if dataflow == TRADE:
        frame, keys, told = wits_tables.trade(rows, exports=indicator == FLOWS["exports"])
    elif dataflow == TARIFF:
        frame, keys, told = wits_tables.averages(rows)
    else:
        frame, keys, told = wits_tables.lines(rows, reported=indicator == KINDS["reported"])
    if frame.empty:
        raise NoDataError(f"WITS has no value for {reporter}, {indicator}, {product}: {'; '.join(told)}")
    today = datetime.now(UTC).date().isoformat()
    info = SeriesInfo(
        code=request.code,
        label=f"{indicator}, {product}, reported by {reporter}",
        unit="US$" if dataflow == TRADE else "per cent",
        kind="level" if dataflow == TRADE else "rate",
        source="World Bank, WITS" + ("" if request.endpoint == ENDPOINT else f" (as served by {request.endpoint})"),
        vintage=today,
        vintage_note="day of retrieval; WITS prints no release date",
        note="; ".join(told),
    )
    entry = store.put(SeriesData(info, frame), request, keys=keys)
    under.spool.clear()
    return replace(row_of(entry, "done"), sentence="; ".join(told), attempts=under.tally.requests)


def _key(dataflow: str, reporter: str, partners: list[str], product: str, indicator: str) -> str:
    """The SDMX key: frequency, reporter, partner, product, indicator; TRAINS knows economies by number."""
    goods = "" if product == "all" else product
    if dataflow == LINES:
        whom = "+".join("000" if p == WORLD else bilateral.number_of(p) for p in partners)
        return f"A.{bilateral.number_of(reporter)}.{whom}.{goods}.{indicator}/"
    return f"A.{reporter.lower()}.{'+'.join(p.lower() for p in partners)}.{goods}.{indicator}/"
