"""Typed readers of the tables of trade that are not one flow a pair and year: by product, by month, with home sales."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from ...errors import NoDataError, require_option
from ...reference.shipped_tables import FLOWS

Direction = Literal["imports", "exports"]
DIRECTIONS = ("imports", "exports")
TOTAL = "TOTAL"


def armenian_headings(direction: Direction = "imports", years: Sequence[int] | None = None) -> pd.DataFrame:
    """Armenia's imports or exports by HS heading and month, 2007-24, all partners together.

    Columns ``heading`` (four digits), ``year``, ``month``, ``usd``, ``tonnes`` (NaN where the quantity is not
    recorded). Only months with trade have a row: the records of customs are complete, so what has no row is a zero.
    Raises BadInputError for another direction, NoDataError for years without a row.
    """
    require_option("direction", direction, DIRECTIONS)
    frame = FLOWS.load("armenia_headings")
    usd, kg = frame[f"{direction}_usd"], frame[f"{direction}_kg"]
    table = frame[["heading", "year", "month"]].astype({"heading": str, "year": "int64", "month": "int64"})
    table = table.assign(usd=usd.astype("float64"), tonnes=(kg / 1e3).where(kg > 0))
    return _of_years(table[table["usd"] > 0], years, "armenia_headings")


def kyrgyz_goods(direction: Direction = "imports", years: Sequence[int] | None = None) -> pd.DataFrame:
    """Kyrgyzstan's imports of 32 or exports of 25 listed goods by year, 1994-2023, all partners together.

    Columns ``good`` (its name; ``TOTAL`` is all trade), ``hs`` (this project's reading of the name, such as "8703" or
    "61-62"; empty for the total), ``year``, ``usd``.
    Raises BadInputError for another direction, NoDataError for years without a row.
    """
    require_option("direction", direction, DIRECTIONS)
    frame = FLOWS.load("kyrgyzstan_goods")
    table = frame[frame["flow"] == direction].rename(columns={"usd_of_good": "usd"})
    return _of_years(table[["good", "hs", "year", "usd"]], years, "kyrgyzstan_goods")


def sales_with_domestic(years: Sequence[int] | None = None) -> pd.DataFrame:
    """Flows between and within 80 economies and the rest of the world (ROW) by broad sector, 2011-22.

    Columns ``exporter``, ``importer`` (the same for domestic sales), ``year``, ``product`` (agriculture, mining,
    manufacturing, services), ``usd`` at basic prices. Shares of a buyer's purchases are figures; levels are balanced
    and 15 to 39 % below Kazakh statistics. No Kyrgyzstan, Armenia or Uzbekistan.
    Raises NoDataError for years without a row.
    """
    frame = FLOWS.load("world_with_domestic")
    table = frame.assign(usd=frame["musd"].astype("float64") * 1e6).drop(columns="musd")
    return _of_years(table, years, "world_with_domestic")


def _of_years(table: pd.DataFrame, years: Sequence[int] | None, name: str) -> pd.DataFrame:
    kept = table if years is None else table[table["year"].isin(list(years))]
    if kept.empty:
        raise NoDataError(
            f"{name!r} has no row for {years}; it has {int(table['year'].min())} to {int(table['year'].max())}"
        )
    return kept.reset_index(drop=True)
