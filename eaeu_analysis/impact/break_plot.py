"""How a break-date test is drawn: the F statistic by date, the set of dates not ruled out, the events named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .breaks import BreakDate


def draw_break(result: BreakDate, ax: Axes) -> None:
    """F by date, dots where the date is not ruled out, a dashed line per event named."""
    from matplotlib.ticker import MaxNLocator

    from .. import plots

    table = result.table
    inside = table[table["in_set"]]
    ax.plot(table["time"], table["f"], color=plots.TREATED, linewidth=1.6)
    ax.plot(inside["time"], inside["f"], "o", color=plots.ACCENT, markersize=5)
    top = float(table["f"].max())
    named: dict[int, list[str]] = {}
    for name, candidate in result.candidates.items():
        named.setdefault(int(candidate["time"]), []).append(name)
    for time, names in named.items():
        ax.axvline(time, color=plots.GREY, linewidth=0.8, linestyle="--")
        ax.annotate(
            ", ".join(names), (time, top), xytext=(3, 2), textcoords="offset points", fontsize=8, color=plots.INK
        )
    ax.set_ylabel("F of a break at the date")
    ax.set_xlabel(f"first period after the break; dots: not ruled out at {result.level:.0%}")
    ax.set_title(f"{result.spec['outcome']} of {result.spec['unit']}: p of no break {result.p_value:.3f}")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    figure = ax.get_figure()
    if figure is not None:
        plots.source_line(figure, result.provenance)  # type: ignore[arg-type]
