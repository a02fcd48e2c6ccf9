"""What WITS sends, as tables: flows in US dollars, average tariffs, tariff lines and their averages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..errors import NoDataError
from . import bilateral
from .bilateral import EXPORTER_FOB, IMPORTER_CIF
from .http import FetchError

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
            "reporter": rows["REPORTER"].map(bilateral.party),
            "partner": rows["PARTNER"].map(bilateral.party),
            "year": pd.to_numeric(rows["TIME_PERIOD"]).astype("int64"),
            "product": rows["PRODUCTCODE"],
            "value": pd.to_numeric(rows["OBS_VALUE"], errors="coerce"),
        }
    )
    sums = frame["partner"].map(bilateral.is_sum)
    told = []
    if sums.any():
        told.append(f"sums over partners left out: {', '.join(sorted(frame.loc[sums, 'partner'].unique()))}")
    return frame[~sums & frame["value"].notna()], told


def trade(rows: pd.DataFrame, exports: bool) -> Table:
    """Thousands of US$ as the service has them, in US$; the reporter is the exporter or the importer."""
    frame, told = _parties(rows)
    sides = ("exporter", "importer") if exports else ("importer", "exporter")
    frame = frame.rename(columns=dict(zip(("reporter", "partner"), sides, strict=True)))
    frame = frame.assign(value=frame["value"] * 1000.0, basis=EXPORTER_FOB if exports else IMPORTER_CIF)
    return frame[[*bilateral.KEYS, "value"]], bilateral.KEYS, told


def averages(rows: pd.DataFrame) -> Table:
    """Average rates in per cent."""
    frame, told = _parties(rows)
    return frame, TARIFF_KEYS, told


def lines(rows: pd.DataFrame, reported: bool) -> Table:
    """TRAINS lines; a product all of whose lines have no ad valorem rate is no zero."""
    frame, told = _parties(rows)
    rows = rows.loc[frame.index]
    if "TARIFFTYPE" not in rows or rows["TARIFFTYPE"].isna().any():
        raise FetchError("WITS sent tariff lines without their type", "body", again=False)
    numbers = {name: pd.to_numeric(rows[field], errors="coerce") for name, field in _NUMBERS.items() if field in rows}
    frame = frame.assign(type=rows["TARIFFTYPE"].str.lower(), nomenclature=rows.get("NOMENCODE", ""), **numbers)
    if {"lines", "na_lines"} <= set(frame) and reported:
        without = frame["na_lines"] >= frame["lines"]
        if without.any():
            told.append(f"{int(without.sum()):,} products whose lines are all specific have no rate and were left out")
        frame = frame[~without]
    return frame, LINE_KEYS, told
