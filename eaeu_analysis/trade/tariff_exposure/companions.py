"""Weaker companions of the Armenian estimate: stages of processing in three members, Kyrgyzstan's listed goods.

Stages have known rates before and after, but there are four of them; goods are some twenty, with the common tariff
alone. Neither can find more than a very large effect, and no claim rests on them.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from ...reference.catalogue import read_table, table_path
from ...reference.shipped_tables import FLOWS, TARIFFS
from ...results import Provenance
from ..flows.products import TOTAL, kyrgyz_goods
from ..tariffs.steps import cet_2013, tariffs_by_stage
from .estimate import tariff_exposure
from .result import TariffExposure, TariffExposureOptions

OPTIONS = TariffExposureOptions(cluster="product", permutations=499)


def stage_exposure(economy: str) -> TariffExposure:
    """Imports of Kazakhstan, Kyrgyzstan or Armenia by stage of processing against the rise of their applied rates."""
    rules = read_table(table_path("tariff_exposure"))["stages"][economy]
    table = tariffs_by_stage([economy])
    table = table[table["stage"] != "all"].rename(columns={"stage": "product"})
    flows = table[["product", "year", "imports_musd"]].dropna()
    rates = {
        name: table[table["year"].isin(rules[name])].groupby("product")["tariff"].mean() for name in ("old", "new")
    }
    return _estimate(flows, pd.DataFrame(rates).reset_index(), rules, "imports_musd", "tariffs_by_stage")


def goods_exposure() -> TariffExposure:
    """Kyrgyzstan's imports of listed goods against the common tariff of 2013."""
    rules = read_table(table_path("tariff_exposure"))["goods"]["KGZ"]
    goods = kyrgyz_goods()
    goods = goods[(goods["good"] != TOTAL) & ~goods["hs"].str.startswith(tuple(rules["leave_out"]))]
    flows = goods.rename(columns={"good": "product"})[["product", "year", "usd"]]
    names = goods.drop_duplicates("good").set_index("good")["hs"]
    rates = pd.DataFrame({"product": names.index, "new": [good_rate(hs) for hs in names]})
    return _estimate(flows, rates, rules, "usd", "tariffs_cet_2013", FLOWS.info("kyrgyzstan_goods"))


def good_rate(hs: str) -> float:
    """Mean rate over the subheadings of a code or a range of codes ("8703", "0401-0406", "31").

    NaN unless every line has a rate: of cars and medicines the agreement prints the few that are free, and their mean
    would be zero.
    """
    lines = cet_2013()
    first, _, last = hs.partition("-")
    place = lines["code"].str[: len(first)]
    inside = lines[(place >= first) & (place <= (last or first))]
    if inside.empty or inside["ad_valorem"].isna().any():
        return float("nan")
    return float(inside.groupby(inside["code"].str[:6])["ad_valorem"].mean().mean())


def _estimate(
    flows: pd.DataFrame, rates: pd.DataFrame, rules: dict[str, Any], outcome: str, tariffs: str, *infos: Any
) -> TariffExposure:
    windows: dict[str, Any] = {name: tuple(rules[name]) for name in ("fit_years", "post_years")}
    return tariff_exposure(
        flows,
        rates,
        rules["event"],
        outcome=outcome,
        **windows,
        options=OPTIONS,
        provenance=Provenance((*infos, TARIFFS.info(tariffs))),
    )
