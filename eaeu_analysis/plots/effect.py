"""Figures of one Effect: gaps, placebos, weights, and the effects in event time where several units are treated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..data.frequency import Calendar
from ..errors import BadInputError
from .style import ACCENT, GREY, INK, SHADE, TREATED, end_labels, mark_event, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FAINT = "#c9ced6"
LISTED = 12  # weights and labels shown at most


def calendar_of(result: Any) -> Calendar:
    """The calendar of a result's table."""
    return Calendar.of(pd.Index(result.table["time"]))


def time_axis(ax: Axes, calendar: Calendar) -> None:
    """Whole periods on the horizontal axis, written as the panel writes them."""
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    if not calendar.counted:
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: calendar.label(round(value))))


def in_event_time(result: Any) -> pd.DataFrame:
    """``unit, relative, effect, lower, upper``: periods of each treated unit counted from its own event."""
    calendar, parts = calendar_of(result), []
    for unit, start in result.events.items():
        rows = result.table[result.table["unit"] == unit]
        times = calendar.ordinals(pd.Index(rows["time"]))
        first = int(np.searchsorted(times, calendar.ordinals(pd.Index([start]))[0]))
        parts.append(rows[["unit", "effect", "lower", "upper"]].assign(relative=np.arange(len(rows)) - first))
    found: pd.DataFrame = pd.concat(parts, ignore_index=True)
    return found.dropna(subset=["effect"])


def draw_gap(result: Any, ax: Axes) -> None:
    """Observed less counterfactual by period, with its band; several treated units each from its own event."""
    if len(result.units) > 1:
        draw_units(result, ax)
        return
    calendar, table = calendar_of(result), result.table
    times = calendar.ordinals(pd.Index(table["time"]))
    event = int(calendar.ordinals(pd.Index([result.event]))[0])
    after = (times >= event) & np.isfinite(table["lower"]) & np.isfinite(table["upper"])
    ax.axvspan(event - 0.5, times.max() + 0.5, color=SHADE, zorder=0, linewidth=0)
    ax.fill_between(times[after], table["lower"][after], table["upper"][after], color=ACCENT, alpha=0.15, linewidth=0)
    ax.plot(times, table["effect"], color=TREATED, linewidth=2.0, marker="o", markersize=3)
    ax.axhline(0, color=GREY, linewidth=0.8)
    mark_event(ax, event - 0.5, f"first treated {calendar.words(1)}")
    _finish(result, ax, calendar, "gap: observed less counterfactual")


def draw_units(result: Any, ax: Axes) -> None:
    """The gap of every treated unit (thin) and their mean (thick), in periods from each unit's own event."""
    found = in_event_time(result)
    ends = []
    for unit, rows in found.groupby("unit", sort=False):
        ax.plot(rows["relative"], rows["effect"], color=GREY, linewidth=1.0, alpha=0.8)
        ends.append((str(unit), float(rows["relative"].iloc[-1]), float(rows["effect"].iloc[-1]), INK, False))
    mean = found.groupby("relative")["effect"].mean()
    ax.plot(mean.index, mean, color=TREATED, linewidth=2.4)
    ax.axhline(0, color=GREY, linewidth=0.8)
    mark_event(ax, -0.5, "event")
    ax.xaxis.set_major_locator(MaxNLocator(9, integer=True))
    ax.set_xlabel(f"{calendar_of(result).words()} from each unit's own event; thick: mean", fontsize=8)
    ax.set_ylabel(result.measure, fontsize=8)
    set_title(ax, f"{result.spec['outcome']} of {_named(result)}: {result.finding}")
    end_labels(ax, ends[:LISTED])


def draw_event_study(result: Any, ax: Axes) -> None:
    """Effect by period from the event, with intervals where the method has them; the base period of
    difference-in-differences is zero by construction."""
    study = getattr(result, "event_study", None)
    if study is None:
        found = in_event_time(result)
        by_period = found.groupby("relative")
        study = pd.DataFrame({"estimate": by_period["effect"].mean(), "lower": np.nan, "upper": np.nan}).reset_index()
        if len(result.units) == 1:
            study = found.assign(estimate=found["effect"])
    bounded = study[np.isfinite(study["lower"]) & np.isfinite(study["upper"])]
    ax.vlines(bounded["relative"], bounded["lower"], bounded["upper"], color=ACCENT, linewidth=1.4)
    ax.plot(study["relative"], study["estimate"], "o", color=TREATED, markersize=4)
    ax.axhline(0, color=GREY, linewidth=0.8)
    mark_event(ax, -0.5, "event")
    ax.xaxis.set_major_locator(MaxNLocator(9, integer=True))
    ax.set_xlabel(f"{calendar_of(result).words()} from the event", fontsize=8)
    ax.set_ylabel(result.measure, fontsize=8)
    set_title(
        ax, f"{result.spec['outcome']} of {_named(result)}: effect by {calendar_of(result).words(1)} from the event"
    )


def draw_honest_trends(result: Any, ax: Axes) -> None:
    """The interval at each bound, the one with parallel trends first, and the bound at which it meets zero."""
    table = result.table
    colours = [TREATED if outside else FAINT for outside in table["excludes_zero"]]
    ax.vlines(table["bound"], table["lower"], table["upper"], color=colours, linewidth=4)
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.axhline(result.estimate, color=ACCENT, linewidth=0.8, linestyle=":")
    if 0 < result.breakdown <= table["bound"].max():
        mark_event(ax, result.breakdown, "finding lost")
    relative = result.spec["restriction"] == "relative"
    ax.set_xlabel(
        "violations after the event, in multiples of the largest before it"
        if relative
        else "change of slope allowed from one period to the next",
        fontsize=8,
    )
    ax.set_ylabel(result.measure, fontsize=8)
    set_title(ax, f"{result.spec['outcome']}: interval when trends may bend")


def draw_spillovers(result: Any, ax: Axes) -> None:
    """The estimate and its interval by the share of the effect that the touched donors have."""
    table = result.shares
    bounded = table[np.isfinite(table["lower"]) & np.isfinite(table["upper"])]
    ax.fill_between(100 * bounded["share"], bounded["lower"], bounded["upper"], color=ACCENT, alpha=0.15, linewidth=0)
    ax.plot(100 * table["share"], table["estimate"], color=TREATED, linewidth=2.0)
    ax.axhline(0, color=GREY, linewidth=0.8)
    for share in result.breakdown:
        if np.isfinite(share) and share:
            mark_event(ax, 100 * share, "finding lost")
    ax.set_xlabel(f"share of the effect that {', '.join(result.spec['affected'])} have, %", fontsize=8)
    ax.set_ylabel(result.measure, fontsize=8)
    set_title(ax, f"{result.spec['outcome']} of {result.spec['unit']}: estimate when donors were touched")


def draw_placebos(result: Any, ax: Axes) -> None:
    """The treated unit's gap among those of the donors; where only their estimates are kept, these."""
    gaps, draws = getattr(result, "placebo_gaps", None), getattr(result, "draws", None)
    calendar = calendar_of(result)
    if gaps is not None:
        times = calendar.ordinals(gaps.index)
        ax.plot(times, gaps.iloc[:, 1:].to_numpy(), color=FAINT, linewidth=0.8)
        ax.plot(times, gaps.iloc[:, 0], color=TREATED, linewidth=2.2)
        event = int(calendar.ordinals(pd.Index([result.event]))[0])
        ax.axhline(0, color=GREY, linewidth=0.8)
        mark_event(ax, event - 0.5, f"first treated {calendar.words(1)}")
        _finish(result, ax, calendar, f"gap of {gaps.columns[0]} (dark) and of {gaps.shape[1] - 1} donors")
        return
    if draws is None:
        raise BadInputError(
            f"this {type(result).__name__} has no placebos to draw; synthetic_control and "
            "augmented_synthetic_control with inference='placebo', synthetic_did and matrix_completion have"
        )
    ax.hist(draws, bins=min(30, max(8, len(draws) // 4)), color=FAINT)
    ax.axvline(result.estimate, color=TREATED, linewidth=2.2)
    ax.set_xlabel(
        f"estimates of {len(draws)} placebos; line: the actual one ({result.measure or result.spec['outcome']})"
    )
    set_title(ax, f"{result.spec['outcome']} of {_named(result)}: estimate among placebos")


def draw_weights(result: Any, ax: Axes) -> None:
    """Weights of the donors by size; negative ones in another colour."""
    if result.weights is None:
        raise BadInputError(f"{result.method} gives donors no weights of their own, so there are none to draw")
    weights = result.weights[result.weights.abs() > 0.0005]
    shown = weights.sort_values(key=lambda w: -w.abs(), kind="stable").head(LISTED)
    colours = [TREATED if value >= 0 else ACCENT for value in shown]
    ax.barh(range(len(shown)), shown, color=colours)
    ax.set_yticks(range(len(shown)), [str(name) for name in shown.index])
    ax.invert_yaxis()
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.grid(axis="y", visible=False)
    more = len(weights) - len(shown)
    ax.set_xlabel("weight" + (f"; {more} smaller ones not shown" if more else ""), fontsize=8)
    set_title(ax, f"{result.spec['outcome']} of {_named(result)}: weights of the donors")


def _named(result: Any) -> str:
    units = result.units
    return ", ".join(units) if len(units) <= 4 else f"{len(units)} units"


def _finish(result: Any, ax: Axes, calendar: Calendar, text: str) -> None:
    time_axis(ax, calendar)
    ax.set_ylabel(result.measure, fontsize=8)
    set_title(ax, f"{result.spec['outcome']} of {_named(result)}: {text}")
