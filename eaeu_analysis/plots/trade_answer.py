"""The answer on trade: one effect by specification, and an economy's partners; each with the values it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..reference import economies

if TYPE_CHECKING:
    import pandas as pd


def union_steps_data(answer: Any, step: str = "EAEU") -> pd.DataFrame:
    """By specification: ``percent, lower, upper``, the change of trade among the founders in per cent."""
    rows = answer.effects[answer.effects["step"] == step].set_index("specification")
    ends = 100 * np.expm1(rows[["lower", "upper"]])
    shown: pd.DataFrame = rows[["percent"]].join(ends).rename_axis("specification")
    return shown


def union_years_data(answer: Any) -> pd.DataFrame:
    """By year: the coefficient of each group, in log points against the base year, with the band of the founders."""
    union = answer.union
    rows = union.years[union.years["panel"] == union.years["panel"].iloc[0]]
    table = rows.pivot(index="year", columns="group", values="coef")
    order = list(dict.fromkeys(rows["group"]))
    founders = rows[rows["group"] == "founders"].set_index("year")
    shown: pd.DataFrame = table[order].assign(founders_lower=founders["lower"], founders_upper=founders["upper"])
    return shown


def partner_shares_data(answer: Any) -> pd.DataFrame:
    """By partner: ``exports_share, imports_share`` in per cent of the economy's goods trade, the largest first."""
    table: pd.DataFrame = answer.exposure.table.set_index("partner")[["exports_share", "imports_share"]]
    table.index = [economies.common_name(p) if p in economies.economies().index else str(p) for p in table.index]
    return table.sort_values("exports_share", ascending=False, kind="stable").rename_axis("partner")
