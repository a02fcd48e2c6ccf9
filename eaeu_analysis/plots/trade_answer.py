"""The answer on trade: one effect by specification, and an economy's partners; each with the values it shows."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from ..reference import economies
from .style import ACCENT, GREY, TREATED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def union_steps_data(answer: Any, step: str = "EAEU") -> pd.DataFrame:
    """By specification: ``percent, lower, upper``, the change of trade among the founders in per cent."""
    rows = answer.effects[answer.effects["step"] == step].set_index("specification")
    ends = 100 * np.expm1(rows[["lower", "upper"]])
    shown: pd.DataFrame = rows[["percent"]].join(ends).rename_axis("specification")
    return shown


def draw_union_steps(answer: Any, ax: Axes, step: str = "EAEU") -> None:
    """A point with its interval per specification, those that stand out from zero in the dark colour."""
    table = union_steps_data(answer, step)
    for i, row in enumerate(table.to_dict("records")):
        clear = row["lower"] > 0 or row["upper"] < 0
        colour = TREATED if clear else ACCENT
        ax.plot([row["lower"], row["upper"]], [i, i], color=colour, linewidth=1.6)
        ax.plot(row["percent"], i, "o", color=colour, markersize=5)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(table)), [textwrap.fill(str(name), 24) for name in table.index], fontsize=7.5)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel("change of trade among the founders, %", fontsize=8)


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


def draw_partner_shares(answer: Any, ax: Axes) -> None:
    """Two points a partner: the share of exports it takes and of imports it sends."""
    table = partner_shares_data(answer)
    places = np.arange(len(table))
    ax.hlines(places, table.min(axis=1), table.max(axis=1), color=GREY, linewidth=1.2)
    ax.plot(table["exports_share"], places, "o", color=TREATED, markersize=5)
    ax.plot(table["imports_share"], places, "D", color=ACCENT, markersize=4.5)
    first = table.iloc[0]
    left, right = sorted(("exports", "imports"), key=lambda name: first[f"{name}_share"])
    for name, side in ((left, "right"), (right, "left")):
        colour = TREATED if name == "exports" else ACCENT
        away = -6 if side == "right" else 6
        place = (float(first[f"{name}_share"]), 0.0)
        ax.annotate(
            name, place, xytext=(away, 0), textcoords="offset points", ha=side, va="center", color=colour, fontsize=8
        )
    ax.set_yticks(places, [str(name) for name in table.index], fontsize=8)
    ax.set_ylim(len(table) - 0.5, -0.7)
    ax.grid(axis="y", visible=False)
    ax.set_xlim(left=0)
    ax.set_xlabel("% of its goods trade", fontsize=8)
