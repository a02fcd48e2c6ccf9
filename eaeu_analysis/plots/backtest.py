"""Forecasts of 2014 and what happened; this tool's scenarios and published estimates."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from .style import ACCENT, GREY, INK, TREATED, named_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RUNS = ((TREATED, -0.17, "o"), (GREY, 0.17, "s"))  # colour, place and mark by run
PER_CENT = "per cent"


def draw_backtest(result: Any, ax: Axes) -> None:
    """A row per economy and outcome in per cent: the forecast of each run with its interval, and what happened."""
    table = result.table[result.table["unit"] == PER_CENT]
    keys = list(dict.fromkeys(zip(table["economy"], table["label"], strict=True)))
    for (run, rows), (colour, shift, mark) in zip(table.groupby("run", sort=False), RUNS, strict=True):
        place = np.array([keys.index(k) for k in zip(rows["economy"], rows["label"], strict=True)]) + shift
        ax.hlines(place, rows["lower"], rows["upper"], color=colour, linewidth=2)
        ax.plot(rows["predicted"], place, mark, color=colour, markersize=5, label=f"forecast, {run}")
    first = table.drop_duplicates(["economy", "label"])
    ax.plot(first["happened"], range(len(keys)), "D", color=ACCENT, markersize=7, label="happened", zorder=4)
    ax.axvline(0, color=INK, linewidth=0.8)
    named_rows(ax, range(len(keys)), [f"{economy}, {label.lower()}" for economy, label in keys])
    left_out = sorted(set(result.table["label"]) - set(table["label"]))
    also = f"; {', '.join(left_out).lower()}, in % of GDP: see the table" if left_out else ""
    ax.set_xlabel(f"change, per cent, {result.level:.0%} intervals{also}", fontsize=8)
    ax.legend(frameon=False, fontsize=8, loc="upper right")
    own = result.counts[table["run"].iloc[0]]
    ax.set_title(
        f"Asked in 2014: {own['sign_happened']} of {own['n_happened']} directions right, "
        f"{own['decided']} of {own['n_happened']} intervals exclude zero",
        wrap=True,
    )


def draw_published_comparison(result: Any, ax: Axes) -> None:
    """A row per published estimate in per cent: theirs (an arrow where they say 'at least'), ours with its interval."""
    table = result.table[(result.table["unit"] == PER_CENT) & result.table["within"].notna()]
    places = np.arange(len(table))
    ax.hlines(places, table["lower"], table["upper"], color=TREATED, linewidth=2)
    ax.plot(table["estimate"], places, "o", color=TREATED, markersize=5, label="this tool, with its interval")
    for place, row in zip(places, table.to_dict("records"), strict=True):
        if np.isinf(row["their_high"]):
            ax.plot(row["their_low"], place, ">", color=ACCENT, markersize=8)
        else:
            ax.plot([row["their_low"], row["their_high"]], [place, place], color=ACCENT, linewidth=5, alpha=0.7)
            ax.plot(row["their_low"], place, "D", color=ACCENT, markersize=5)
    ax.plot([], [], "D", color=ACCENT, label="published, without interval")
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_xscale("symlog", linthresh=1)
    ticks = [-10, -1, 0, 1, 10, 100]
    ax.set_xticks(ticks, [f"{t:+d}" if t else "0" for t in ticks])
    words = [textwrap.fill(f"{row['economy']}: {row['finding']}", 46) for row in table.to_dict("records")]
    named_rows(ax, places, words, 7)
    ax.set_xlabel("per cent (scale of logarithms beyond 1)", fontsize=8)
    ax.legend(frameon=False, fontsize=8, loc="best")
    ax.set_title("Published estimates and this tool", wrap=True)
