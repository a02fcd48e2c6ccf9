"""What a scenario says: by channel with intervals, and the path after accession; each with the values it shows."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.ticker import MaxNLocator

from .style import ACCENT, GREY, TREATED, drawer

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def shown_channels(result: Any, outcome: str = "welfare") -> pd.DataFrame:
    """By channel, all together last: ``estimate, lower, upper`` of one outcome, in its unit."""
    from ..scenario.rates import tables

    rows = result.table[result.table["outcome"] == outcome]
    labels = [tables()["channels"].get(str(c), str(c)) for c in rows["channel"]]
    table = rows[["estimate", "lower", "upper"]].set_axis(labels, axis=0)
    return pd.DataFrame(table.rename_axis("channel"))


@drawer("ScenarioResult")
def channels(result: Any, ax: Axes, outcome: str = "welfare") -> None:
    """A point with its interval per channel; dark where the interval leaves zero out."""
    table = shown_channels(result, outcome)
    for i, row in enumerate(table.to_dict("records")):
        colour = TREATED if row["lower"] > 0 or row["upper"] < 0 else ACCENT
        ax.plot([row["lower"], row["upper"]], [i, i], color=colour, linewidth=2.4 if i == len(table) - 1 else 1.5)
        ax.plot(row["estimate"], i, "o", color=colour, markersize=5)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(range(len(table)), [textwrap.fill(str(name), 22) for name in table.index], fontsize=8)
    ax.set_ylim(len(table) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)
    ax.set_xlabel(_axis(outcome), fontsize=8)
    ax.set_title(str(result.scenario.title))


def _axis(outcome: str) -> str:
    """'Real spending of households, per cent': the outcome's label as far as its first comma, and its unit."""
    from ..scenario.rates import tables

    known = tables()["outcomes"][outcome]
    return f"{known['label'].partition(',')[0]}, {known['unit']}"


def shown_path(result: Any, outcome: str = "welfare") -> pd.DataFrame:
    """By year after accession: ``estimate, lower, upper``."""
    table: pd.DataFrame = result.path(outcome).set_index("year")
    return table


def path(result: Any, ax: Axes, outcome: str = "welfare") -> None:
    """The outcome by year after accession with its interval."""
    table = shown_path(result, outcome)
    ax.fill_between(table.index, table["lower"], table["upper"], color=TREATED, alpha=0.15, linewidth=0)
    ax.plot(table.index, table["estimate"], color=TREATED, linewidth=2.2)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_xlabel("years after accession", fontsize=8)
    ax.set_ylabel(_axis(outcome), fontsize=8)
