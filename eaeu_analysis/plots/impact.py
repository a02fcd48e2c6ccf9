"""Counterfactuals: observed against what would have been, estimates side by side, the specification curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from ..text import format_number, format_p_equals
from .effect import calendar_of, draw_units, time_axis
from .style import ACCENT, GREY, INK, SHADE, TREATED, end_labels, mark_event

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..impact.estimators.break_date import BreakDate


FAINT = "#c9ced6"
SHOWN = 2  # choices, the most decisive, whose options are marked below a specification curve


def effect_data(result: Any) -> pd.DataFrame:
    """What the figure of an Effect shows: by year ``observed, counterfactual, effect`` and, where the method has a band
    and it is finite, ``counterfactual_lower, counterfactual_upper``."""
    table, calendar = result.table, calendar_of(result)
    table = table.assign(time=calendar.ordinals(pd.Index(table["time"])))
    event = int(calendar.ordinals(pd.Index([result.event]))[0])
    fit, post = result.spec.get("fit_years"), result.spec.get("post_years")
    first = table[table["unit"] == table["unit"].iloc[0]]
    if fit and post:  # what lies outside was neither fitted nor judged
        inside = [calendar.ordinal(t) for t in (*fit, *post)]
        first = first[first["time"].between(min(inside), max(inside))]
    bounded = np.isfinite(first["lower"]) & np.isfinite(first["upper"]) & (first["time"] >= event - 1)
    found: pd.DataFrame = first.set_index("time")[["observed", "counterfactual", "effect"]].rename_axis("year")
    if bounded.any():
        found["counterfactual_lower"] = (first["observed"] - first["upper"]).where(bounded).to_numpy()
        found["counterfactual_upper"] = (first["observed"] - first["lower"]).where(bounded).to_numpy()
    return found


def draw_effect(result: Any, ax: Axes) -> None:
    """Observed (dark) and counterfactual (dashed); the band of what would have been, where the method has one. Several
    treated units: the gap of each, in periods from its own event."""
    if len(result.units) > 1:
        draw_units(result, ax)
        return
    calendar = calendar_of(result)
    unit, event = result.units[0], int(calendar.ordinals(pd.Index([result.event]))[0])
    first = effect_data(result).reset_index(names="time")
    ax.axvspan(event - 0.5, first["time"].max() + 0.5, color=SHADE, zorder=0, linewidth=0)
    if "counterfactual_lower" in first:
        band = first.dropna(subset=["counterfactual_lower", "counterfactual_upper"])
        low, high = band["counterfactual_lower"], band["counterfactual_upper"]
        ax.fill_between(band["time"], low, high, color=ACCENT, alpha=0.15, linewidth=0)
    ax.plot(first["time"], first["observed"], color=TREATED, linewidth=2.4, zorder=3)
    ax.plot(first["time"], first["counterfactual"], color=ACCENT, linewidth=1.8, linestyle=(0, (5, 2)), zorder=3)
    last = first.iloc[-1]
    mark_event(ax, event - 0.5, f"first treated {calendar.words(1)}")
    ax.set_ylabel(result.measure, fontsize=8)
    ax.set_title(f"{result.spec['outcome']} of {unit}: {result.finding}", wrap=True)
    time_axis(ax, calendar)
    end_labels(
        ax,
        [
            (str(unit), float(last["time"]), float(last["observed"]), TREATED, True),
            ("counterfactual", float(last["time"]), float(last["counterfactual"]), ACCENT, False),
        ],
    )


def draw_union_effects(result: Any, ax: Axes) -> None:
    """Estimates with intervals in units of the gap or noise before, a line per member, outcome and pool."""
    table = result.table[result.table["reason"] == ""].reset_index(drop=True)
    scale = table["scale"].where(table["scale"] > 0)
    for i, row in table.iterrows():
        low, high = row["lower"] / scale[i], row["upper"] / scale[i]
        colour = {"alike": TREATED, "rouble": ACCENT}.get(row["pool"], GREY)
        if np.isfinite(low) and np.isfinite(high):
            ax.plot([low, high], [i, i], color=colour, linewidth=1.2)
        ax.plot(row["estimate"] / scale[i], i, "o", color=colour, markersize=4)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(
        range(len(table)), [f"{r['unit']} {r['outcome']} ({r['pool']})" for r in table.to_dict("records")], fontsize=7
    )
    ax.invert_yaxis()
    ax.set_xlabel("effect over the gap or the yearly noise before the event, whichever is larger", fontsize=8)
    ax.set_title(f"Effects of joining the {result.spec['bloc']}")


def draw_specification_curve(result: Any, ax: Axes) -> None:
    """Every estimate in the order of its size, by whether it is reliable and its p is at most 1 - level; below,
    a row of marks per option of the choices that move it most."""
    table = result.answered.sort_values("estimate", kind="stable").reset_index(drop=True)
    low = table["p_value"] <= 1 - result.level + 1e-12
    reliable = table["finding"] != "unreliable"
    for rows, colour, name in (
        (table[~reliable], FAINT, "comparison does not hold"),
        (table[reliable & ~low], GREY, "does not stand out"),
        (table[reliable & low], ACCENT, "stands out"),
    ):
        ax.scatter(rows.index, rows["estimate"], s=5, color=colour, label=f"{name} ({len(rows)})", linewidths=0)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.axhline(result.estimate, color=TREATED, linewidth=1, linestyle=":")
    ax.set_xlabel("specifications, by size of the estimate", fontsize=8)
    ax.set_ylabel(result.measure_unit, fontsize=8)
    share = 100 * float(low.mean()) if len(table) else 0.0
    ax.set_title(
        f"{len(table)} specifications: median {format_number(result.estimate, signed=True)}, {share:.0f} % stand out"
    )
    ax.legend(frameon=False, fontsize=8, loc="upper left")
    _choices(result, table, ax)


def _choices(result: Any, table: pd.DataFrame, ax: Axes) -> None:
    """In the lower part of the axes, which specifications took which option of the choices that decide most."""
    names = list(result.drivers["choice"].head(SHOWN))
    rows = [(name, option) for name in names for option in dict.fromkeys(result.table[name])]
    if not rows:
        return
    share = min(0.045 * len(rows), 0.6)  # of the axes, below the estimates
    low, high = ax.get_ylim()
    ax.set_yticks([tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high])
    ax.set_ylim(low - (high - low) * (share + 0.03) / (1 - share - 0.03), high)
    across = ax.get_xaxis_transform()  # places in data, heights in shares of the axes
    for place, (name, option) in enumerate(rows):
        at = table.index[table[name] == option]
        height = share * (1 - (place + 0.5) / len(rows))
        colour = TREATED if names.index(name) % 2 == 0 else ACCENT
        ax.plot(at, np.full(len(at), height), "|", transform=across, color=colour, markersize=4, alpha=0.6)
        label = f"{name}: {option or 'none'}"
        ax.annotate(label, (-0.01, height), xycoords="axes fraction", ha="right", va="center", fontsize=6)
    ax.yaxis.set_label_coords(-0.1, 1 - (1 - share) / 2)


# How a break-date test is drawn: the F statistic by date, the set of dates not ruled out, the events named.


def draw_break(result: BreakDate, ax: Axes) -> None:
    """F by date, dots where the date is not ruled out, a dashed line per event named."""
    calendar = calendar_of(result)
    table = result.table.assign(time=calendar.ordinals(pd.Index(result.table["time"])))
    inside = table[table["in_set"]]
    ax.plot(table["time"], table["f"], color=TREATED, linewidth=1.6)
    ax.plot(inside["time"], inside["f"], "o", color=ACCENT, markersize=5)
    top = float(table["f"].max())
    named: dict[int, list[str]] = {}
    for name, candidate in result.candidates.items():
        named.setdefault(calendar.ordinal(candidate["time"]), []).append(name)
    for time, names in named.items():
        ax.axvline(time, color=GREY, linewidth=0.8, linestyle="--")
        ax.annotate(", ".join(names), (time, top), xytext=(3, 2), textcoords="offset points", fontsize=8, color=INK)
    ax.set_ylabel("F of a break at the date")
    ax.set_xlabel(f"first period after the break; dots: not ruled out at {result.level:.0%}")
    ax.set_title(f"{result.spec['outcome']} of {result.spec['unit']}: no break: {format_p_equals(result.p_value)}")
    time_axis(ax, calendar)


def draw_stacked_members(result: Any, ax: Axes) -> None:
    """Per outcome: the estimate in units of half its interval, so that beyond one is beyond chance; with its number."""
    table = result.table
    places = np.arange(len(table))
    half = (table["upper"] - table["lower"]) / 2
    size = table["estimate"] / half
    ax.axvspan(-1, 1, color=SHADE, zorder=0, linewidth=0)
    ax.axvline(0, color=GREY, linewidth=0.8)
    colours = [GREY if name == "unreliable" else TREATED for name in table["finding"]]
    ax.scatter(size, places, c=colours, s=36, zorder=3)
    for place, row, at in zip(places, table.to_dict("records"), size, strict=True):
        text = f"{format_number(row['estimate'], signed=True)} {row['measure']}: {row['finding']}"
        ax.annotate(text, (at, place), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=7.5)
    ax.set_yticks(places, [str(name).replace("_", " ") for name in table["outcome"]], fontsize=8)
    ax.set_ylim(len(table) - 0.5, -0.7)
    reach = max(1.6, 1.15 * float(size.abs().max()))
    ax.set_xlim(-reach, reach)
    ax.grid(visible=False, axis="y")
    ax.set_xlabel(f"estimate over half its {result.level:.0%} interval; shaded: within chance", fontsize=8)
    beyond = int((size.abs() > 1).sum())
    members = " and ".join(result.spec["members"])
    ax.set_title(f"{members}: {beyond} of {len(table)} outcomes beyond chance, rouble as control", wrap=True)
