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

from ....errors import BadInputError, NoDataError, require_option
from ....reference import economies
from ....series import SeriesData, SeriesInfo
from ..bulk import schema
from ..bulk.schema import EXPORTER_FOB, IMPORTER_CIF, WORLD
from .http import FetchError, HttpSettings, Transport
from .jobs import FetchContext, FetchTask, Job, Progress, PullReport, PullStore, Row, row_of
from .request import Request, address, request_years
from .sdmxml import SdmxSession, fetch_year

# What WITS sends, as tables: flows in US dollars, average tariffs, tariff lines and their averages.

TARIFF_KEYS = ("reporter", "partner", "year", "product")
LINE_KEYS = (*TARIFF_KEYS, "type")
_NUMBERS = {"lines": "TOTALNOOFLINES", "na_lines": "NBR_NA_LINES", "low": "MIN_RATE", "high": "MAX_RATE"}
_FIELDS = ("REPORTER", "PARTNER", "TIME_PERIOD", "PRODUCTCODE", "OBS_VALUE")
BY = ("reporter", "partner", "year", "type")
Table = tuple[pd.DataFrame, tuple[str, ...], list[str]]


def average_rates(lines: pd.DataFrame, weights: pd.Series[Any] | None = None, by: Sequence[str] = BY) -> pd.DataFrame:
    """Average tariff over products, per cent: simple over HS6 products, or weighted by ``weights`` (by product).

    Returns ``by``, ``rate``, ``products`` (that had a rate) and, weighted, ``covered`` (their share of all weights).
    Raises NoDataError when no product has a weight.
    """
    if weights is None:
        grouped = lines.groupby(list(by), sort=True)["value"]
        return grouped.agg(rate="mean", products="size").reset_index()
    weighted = lines.assign(weight=lines["product"].map(weights)).dropna(subset=["weight"])
    weighted = weighted[weighted["weight"] > 0]
    if weighted.empty:
        raise NoDataError("no product of these tariff lines has a weight")
    weighted = weighted.assign(part=weighted["value"] * weighted["weight"])
    sums = weighted.groupby(list(by), sort=True).agg(
        part=("part", "sum"), weight=("weight", "sum"), products=("part", "size")
    )
    sums = sums.assign(rate=sums["part"] / sums["weight"], covered=sums["weight"] / float(weights[weights > 0].sum()))
    return sums.reset_index()[[*by, "rate", "products", "covered"]]


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
    sides = ("exporter", "importer") if exports else ("importer", "exporter")
    frame = frame.rename(columns=dict(zip(("reporter", "partner"), sides, strict=True)))
    frame = frame.assign(value=frame["value"] * 1000.0, basis=EXPORTER_FOB if exports else IMPORTER_CIF)
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
AVERAGES = {
    ("mfn", "simple"): "MFN-SMPL-AVRG",
    ("mfn", "weighted"): "MFN-WGHTD-AVRG",
    ("applied", "simple"): "AHS-SMPL-AVRG",
    ("applied", "weighted"): "AHS-WGHTD-AVRG",
}
KINDS = {"reported": "reported", "with equivalents": "aveestimated"}


def pull_wits(
    codes: Sequence[str], years: Iterable[int] | int | str | None, *, store: PullStore, **options: Any
) -> PullReport:
    """Pull tables by the name they are stored under: ``WITS.<indicator>.<product>.<reporter>[.<partner>-...]``.

    ``WITS.XPRT-TRD-VL.Total.UZB`` are Uzbekistan's exports by partner, ``WITS.AHS-WGHTD-AVRG.Total.KGZ.WLD`` is
    Kyrgyzstan's average applied tariff, ``WITS.reported.all.KGZ.RUS`` its preferential rates for Russia by line. Raises
    BadInputError for a name of another form, and without years.
    """
    plan = [_named(code, years, options.get("endpoint") or ENDPOINT) for code in dict.fromkeys(codes)]
    return _run(plan, store, **options)


def _named(code: str, years: Iterable[int] | int | str | None, endpoint: str) -> FetchTask:
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
    require_option("WITS indicator", indicator, known)
    partners = _partners(parts[4].split("-") if len(parts) == 5 else [])
    if known[indicator] != TRADE and not partners:
        raise BadInputError(f"{code!r} names no partner; tariffs are by partner, WLD for all alike: {code}.WLD")
    return FetchTask(_request(indicator, known[indicator], reporter, partners, product, _years(years), endpoint))


def pull_trade(
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    *,
    store: PullStore,
    flow: str = "exports",
    partners: str | Sequence[str] = "all",
    products: Sequence[str] = ("Total",),
    **options: Any,
) -> PullReport:
    """Merchandise trade as a reporter states it, US$, by partner and product group ("Total", "Food", ...).

    Stored as ``WITS.<indicator>.<product>.<reporter>``; :func:`bilateral.flows` brings it to the schema of flows.
    Options: ``endpoint``, ``max_age`` (days), ``settings``, ``progress``.
    """
    require_option("flow", flow, FLOWS)
    return _pull(TRADE, FLOWS[flow], reporters, years, partners, products, store, **options)


def pull_tariffs(
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    *,
    store: PullStore,
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
    makes of flows by HS6 product (``ea.read_flows(..., products="HS6")``).
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
    store: PullStore,
    kind: str = "reported",
    partners: str | Sequence[str] = (WORLD,),
    products: Sequence[str] = ("all",),
    **options: Any,
) -> PullReport:
    """UNCTAD TRAINS rates by HS6 product, per cent: MFN under partner WLD, preferential under a partner.

    ``kind`` "reported" has ad valorem rates only, "with equivalents" estimates the others. A product whose every
    line is specific has no rate among the reported, though the service writes 0: it is left out, and told.
    """
    require_option("kind", kind, KINDS)
    return _pull(LINES, KINDS[kind], reporters, years, partners, products, store, **options)


# -- pulling ---------------------------------------------------------------------------------------------------
def _pull(
    dataflow: str,
    indicator: str,
    reporters: Sequence[str],
    years: Iterable[int] | int | str,
    partners: str | Sequence[str],
    products: Sequence[str],
    store: PullStore,
    **options: Any,
) -> PullReport:
    if isinstance(reporters, str) or not reporters or isinstance(products, str) or not products:
        raise BadInputError("WITS wants reporters and products as lists, and the years")
    whom = _partners([] if partners == "all" else [partners] if isinstance(partners, str) else partners)
    plan = [
        FetchTask(
            _request(indicator, dataflow, reporter, whom, product, _years(years), options.get("endpoint") or ENDPOINT)
        )
        for reporter in dict.fromkeys(reporters)
        for product in dict.fromkeys(products)
    ]
    return _run(plan, store, **options)


def _years(years: Iterable[int] | int | str | None) -> tuple[int, ...]:
    wanted = request_years(years)
    if wanted is None:
        raise BadInputError("WITS wants the years: it is asked for one at a time ('2015-2020')")
    return wanted


def _partners(given: Sequence[str]) -> list[str]:
    return sorted({p if p == WORLD else economies.resolve(p) for p in given})


def _run(
    plan: list[FetchTask],
    store: PullStore,
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


def _fetch(store: PullStore, task: FetchTask, under: FetchContext) -> Row:
    """One reporter, indicator and product over the years, a call a year."""
    request = task.request
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
            frame, keys, problems = tariff_line_table(rows, reported=indicator == KINDS["reported"])
        problems += _compared(frame, request, partners, product) if len(frame) else []
    except FetchError:
        under.spool.clear()
        raise
    if frame.empty:
        raise NoDataError(f"WITS has no value for {reporter}, {indicator}, {product}: {'; '.join(problems)}")
    today = datetime.now(UTC).date().isoformat()
    info = SeriesInfo(
        code=request.code,
        label=f"{indicator}, {product}, reported by {reporter}",
        unit="US$" if dataflow == TRADE else "per cent",
        kind="level" if dataflow == TRADE else "rate",
        source="World Bank, WITS" + ("" if request.endpoint == ENDPOINT else f" (as served by {request.endpoint})"),
        vintage=today,
        vintage_note="day of retrieval; WITS prints no release date",
        note="; ".join(problems),
    )
    entry = store.put(SeriesData(info, frame), request, keys=keys)
    under.spool.clear()
    return replace(row_of(entry, "done"), sentence="; ".join(problems), attempts=under.tally.requests)


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
