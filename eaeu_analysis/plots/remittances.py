"""Corridors of migrants, the pass-through, money sent to Armenia."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..text import format_number
from .style import ACCENT, GREY, INK, SHADE, TREATED, end_labels, named_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DESTINATIONS = 8


def draw_corridors(result: Any, ax: Axes) -> None:
    """Share of migrants (bar) and of remittances (dot) by destination; Russia's range over the sources as a line."""
    table = result.table.head(DESTINATIONS)
    places = np.arange(len(table))
    ax.barh(places, 100 * table["stock_share"], color=SHADE, edgecolor=GREY, linewidth=0.6, height=0.6)
    dots = table["remittance_share"].notna()
    ax.plot(100 * table["remittance_share"][dots], places[dots], "o", color=TREATED, markersize=5)
    share = result.share("RUS")
    russia = table["destination"].tolist().index("RUS") if "RUS" in set(table["destination"]) else None
    if russia is not None:
        ax.plot([100 * share.low, 100 * share.high], [russia, russia], color=ACCENT, linewidth=2, zorder=3)
        ax.plot(100 * share.value, russia, "D", color=ACCENT, markersize=6, zorder=4)
    named_rows(ax, places, [str(name) for name in table["name"]])
    ax.set_xlim(0, 105)
    ax.set_xlabel("% of the total", fontsize=8)
    handles = [("migrants by birth", SHADE, "s"), ("remittances, World Bank estimate", TREATED, "o")]
    handles.append(("Russia's share of remittances, as used, and its range", ACCENT, "D"))
    for label, colour, mark in handles if dots.any() else [handles[0], handles[2]]:
        ax.plot([], [], mark, color=colour, label=label, markeredgecolor=GREY if mark == "s" else colour)
    ax.legend(frameon=False, fontsize=8, loc="lower right")
    ax.set_title(f"Where {result.name}'s migrants live and its remittances come from", wrap=True)


def draw_pass_through(result: Any, ax: Axes) -> None:
    """Observed changes of the countries (grey) and their mean (dark), and what the drivers explain (dashed)."""
    for _, rows in result.changes.groupby("origin"):
        ax.plot(rows["year"], 100 * rows["observed"], color=GREY, linewidth=0.6, alpha=0.6)
    mean = result.yearly
    ax.plot(mean.index, 100 * mean["observed"], color=TREATED, linewidth=2.4)
    ax.plot(mean.index, 100 * mean["fitted"], color=ACCENT, linewidth=1.8, linestyle=(0, (5, 2)))
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_ylabel("change of remittances in US$, log points x 100", fontsize=8)
    values = ", ".join(f"{name} {format_number(value, signed=True)}" for name, value in result.coef.items())
    ax.set_title(f"Elasticities for money from Russia alone: {values}", wrap=True)
    last = mean.iloc[-1]
    end = float(mean.index[-1])
    end_labels(
        ax,
        [
            (f"mean of {len(result.shares)}", end, 100 * float(last["observed"]), TREATED, True),
            ("explained", end, 100 * float(last["fitted"]), ACCENT, False),
        ],
    )


def draw_armenian_transfers(result: Any, ax: Axes) -> None:
    """By window: the difference from other origins, and what the rouble and Russian income would give."""
    table = result.table
    places = np.arange(len(table))
    ax.axhline(0, color=GREY, linewidth=0.8)
    known = table["expected"].notna().to_numpy()
    ax.vlines(places[known] + 0.15, table["expected_lower"][known], table["expected_upper"][known], color=ACCENT)
    ax.plot(places[known] + 0.15, table["expected"][known], "D", color=ACCENT, markersize=5)
    ax.plot(places, table["difference"], "o", color=TREATED, markersize=6)
    labels = [str(name).replace(" to ", "-\n").replace(" and ", ",\n") for name in table["window"]]
    ax.set_xticks(places, labels, fontsize=7.5)
    ax.set_ylabel(f"against {result.spec['base']} and other origins, %", fontsize=8)
    ax.plot([], [], "o", color=TREATED, label="observed")
    ax.plot([], [], "D", color=ACCENT, label=f"the rouble and Russian income alone, {result.level:.0%} interval")
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    last = table.iloc[-1]
    ax.set_title(
        f"Money from Russia to Armenia against other origins: {format_number(last['difference'], signed=True)} % in "
        f"{last['window']}",
        wrap=True,
    )
