"""Before and after: a treated unit over its comparators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from .style import GREY, SHADE, TREATED, end_labels, mark_event

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def draw_lines(
    ax: Axes,
    table: pd.DataFrame,
    treated: str,
    *,
    event: float | None = None,
    event_text: str = "",
    windows: Sequence[tuple[int, int]] = (),
    names: Mapping[str, str] | None = None,
    title: str = "",
    unit: str = "",
    clean_until: int | None = None,
) -> None:
    """Time series of a treated unit (dark, wide) over its comparators (grey), the windows shaded.

    ``table``: time x unit. ``clean_until``: years after it are drawn dotted, being shown apart.
    """
    names = names or {}
    for first, last in windows:
        ax.axvspan(first - 0.5, last + 0.5, color=SHADE, zorder=0, linewidth=0)
    ends = []
    for unit_code in [c for c in table.columns if c != treated] + [treated]:
        values = table[unit_code].dropna()
        if values.empty:
            continue
        mine = unit_code == treated
        colour, width = (TREATED, 2.4) if mine else (GREY, 1.0)
        early = values if clean_until is None else values[values.index <= clean_until]
        ax.plot(early.index, early.to_numpy(), color=colour, linewidth=width, zorder=3 if mine else 2)
        if clean_until is not None:
            late = values[values.index >= clean_until]
            ax.plot(late.index, late.to_numpy(), color=colour, linewidth=width * 0.8, linestyle=":", zorder=2)
        name = names.get(unit_code, unit_code)
        ends.append((name, float(values.index[-1]), float(values.iloc[-1]), TREATED if mine else "#5b616b", mine))
    ax.set_title(title, wrap=True)
    ax.set_ylabel(unit, fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.margins(x=0.02)
    if event is not None:
        mark_event(ax, event, event_text)
    end_labels(ax, ends)


def before_after_data(result: Any) -> tuple[pd.DataFrame, str]:
    """What the figure of a BeforeAfter shows: (time x unit) values, from five years before its windows, and their unit.

    Levels of unlike size (dollars of Ukraine and of Tajikistan) are put on one scale: each unit's own mean of the
    window before, which is in the table, is 100.
    """
    table = result.observed[result.observed.index >= result.windows.before[0] - 5]
    if not result.relative:
        return table, result.outcome.unit
    base = result.table.set_index("unit")["mean_before"].reindex(table.columns)
    first, last = result.windows.before
    return 100 * table[base[base > 0].index] / base[base > 0], f"mean of {first}-{last % 100:02d} = 100"


def draw_before_after(result: Any, ax: Axes) -> None:
    """The treated unit over its comparators, the two windows shaded, later years dotted."""
    from .. import settings

    table, unit = before_after_data(result)
    spec = result.windows
    draw_lines(
        ax,
        table,
        result.unit,
        event=event_position(str(result.spec["event"])),
        event_text="accession" if result.spec.get("bloc") else "event",
        windows=[spec.before, spec.after],
        names={c: c for c in table.columns} | {result.unit: result.names[result.unit]},
        title=result.outcome.label or result.outcome.code,
        unit=unit,
        clean_until=settings.LAST_CLEAN_YEAR if spec.latest else None,
    )


def event_position(event: str) -> float:
    """Where the event stands on an axis of years: a date within the year, a bare year at its middle."""
    import datetime as dt

    try:
        day = dt.date.fromisoformat(event)
    except ValueError:
        return float(event)
    return day.year - 0.5 + (day.timetuple().tm_yday - 1) / 365
