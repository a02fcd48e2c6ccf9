"""Trade: gravity's coefficients, the union by year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .style import GREY, PALETTE, TREATED, drawer, end_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@drawer("GravityFit")
def gravity_fit(result: Any, ax: Axes) -> None:
    """Coefficients with their intervals."""
    table = result.to_frame()
    places = range(len(table))
    ax.hlines(places, table["lower"], table["upper"], color=TREATED, linewidth=1.4)
    ax.plot(table["coef"], places, "o", color=TREATED, markersize=5)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(places, [str(name) for name in table["regressor"]], fontsize=8)
    ax.invert_yaxis()
    ax.set_xlabel("coefficient (log points)", fontsize=8)
    ax.set_title(f"Gravity: {len(table)} coefficients, {result.nobs:,} flows")


@drawer("UnionEffect")
def union_effect(result: Any, ax: Axes) -> None:
    """Trade between members and with neighbours that never joined, net of what gravity expects, by year."""
    rows = result.years[result.years["panel"] == result.years["panel"].iloc[0]]
    ends = []
    for colour, (group, line) in zip(PALETTE, rows.groupby("group", sort=False), strict=False):
        line = line.sort_values("year")
        bold = str(group) == "founders"
        ax.plot(line["year"], line["coef"], color=colour, linewidth=2.2 if bold else 1.2, marker="o", markersize=3)
        if bold:
            ax.fill_between(line["year"], line["lower"], line["upper"], color=colour, alpha=0.15, linewidth=0)
        ends.append((str(group), float(line["year"].iloc[-1]), float(line["coef"].iloc[-1]), colour, bold))
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.set_ylabel("ln of trade against the base year", fontsize=8)
    ax.set_xticks(sorted(rows["year"].unique()))
    ax.set_title("Trade among members and with neighbours, against what gravity expects")
    end_labels(ax, ends)
