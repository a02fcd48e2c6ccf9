"""Scenarios: what each channel adds, what carries the uncertainty, the years of phase-in, partners, break-even.

Rows carry their words above their bar instead of next to it, so that a figure keeps its width on a phone. Zero has a
line of its own everywhere; above and below it differ by darkness as well as by colour.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from ..arrays import Array
from ..scenario import display
from ..text import format_number
from .style import ACCENT, GREY, INK, SHADE, TREATED, draw_by, end_labels, fill, label_rows, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes


# Where on a map of two assumptions the sign flips, in a sentence: what would have to be true.

ENDS = ("low", "high")


def sign_flip_sentence(outcome: str, values: np.ndarray[Any, np.dtype[np.float64]], names: tuple[str, str]) -> str:
    """``values``: (second, first) over the ranges of the two assumptions called ``names``.

    The corners of the map that have the rarer sign say which ends have to meet.
    """
    first, second = (name[:1].lower() + name[1:] for name in names)
    if values.min() >= 0 or values.max() <= 0:
        side = "above" if values.max() > 0 else "below"
        return f"{outcome} stays {side} zero over the ranges of both assumptions"
    corners = {(a, b): values[-b, -a] < 0 for a in (0, 1) for b in (0, 1)}  # index -1 is the high end
    rare = sum(corners.values()) <= 2
    crosses = "falls below zero" if rare else "rises above zero"
    chosen = [corner for corner, below in corners.items() if below == rare]
    if len(chosen) == 1:
        a, b = chosen[0]
        return f"{outcome} {crosses} only with a {ENDS[a]} {first} and a {ENDS[b]} {second}"
    for axis, name in enumerate((first, second)):
        ends = {corner[axis] for corner in chosen}
        if len(chosen) == 2 and len(ends) == 1:
            return f"{outcome} {crosses} with a {ENDS[ends.pop()]} {name}"
    return f"{outcome} changes its sign with {first} and {second} together"


TOTAL = "total"
ROW, REST = 0.52, 1.25  # inches of a row, and of title and axis together
ABOVE = 0.27  # rows from the middle of a bar to its words
SMALLEST = 0.005  # a part below it gets no bar
LIGHT = "#9cc3dc"  # the low end of an assumption, against TREATED for the high one
BELOW = "#f6d0b1"  # a map where the outcome is below zero


def _usual(result: Any, ax: Axes, outcome: str) -> None:
    if result.scenario.channels:
        _waterfall(result, ax, outcome)
        return
    ax.text(0.5, 0.5, "No channel is on: nothing moves.", ha="center", va="center", transform=ax.transAxes)
    ax.set_axis_off()
    set_title(ax, result.scenario.title)


def _waterfall(result: Any, ax: Axes, outcome: str) -> None:
    parts, total = result.contributions(outcome), result.value(outcome)
    shown = parts[parts["mean"].abs() >= SMALLEST]
    rows = [*shown.itertuples(index=False)]
    labels = [f"{display.channel(r.channel)}: {format_number(r.mean, signed=True)}" for r in rows]
    label_rows(ax, [*labels, f"{display.channel(TOTAL)}: {display.format_interval(total)}"], ABOVE)
    end = 0.0
    for place, row in enumerate(rows):
        ax.barh(place, row.mean, left=row.start, height=0.42, color=TREATED if row.mean >= 0 else ACCENT, zorder=2)
        ax.plot([row.end, row.end], [place + 0.21, place + 0.79 + 0.21], color=GREY, linewidth=0.8, zorder=1)
        end = row.end
    last = len(rows)
    ax.barh(last, end, height=0.42, color=LIGHT, edgecolor=TREATED, linewidth=0.8, zorder=2)
    _interval(ax, last, total, INK)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1.8)
    ax.margins(x=0.06)
    caption = f"{display.outcome_measure(outcome)}; bars: means of the draws, which add up; point and line: median and "
    _caption_below(ax, f"{caption}{result.level:.0%} interval")
    set_title(ax, f"{display.outcome_label(outcome)}: {_finding(total)}{_most(parts)}")


def _most(parts: pd.DataFrame) -> str:
    if len(parts) < 2:
        return ""
    first = parts["channel"].iloc[int(parts["mean"].abs().argmax())]
    return f"; largest part: {_lower(display.channel(first))}"


def _finding(row: Any) -> str:
    """'+0.91 per cent (+0.16 to +1.77)', and a warning where the interval includes zero."""
    middle, low, high = (format_number(row[name], signed=True) for name in ("estimate", "lower", "upper"))
    text = f"{middle} {row['unit']} ({low} to {high})"
    return text if row["lower"] > 0 or row["upper"] < 0 or row["lower"] == row["upper"] else f"{text}, sign not clear"


def _tornado(result: Any, ax: Axes, outcome: str, most: int) -> None:
    table, shares = result.tornado(outcome).head(most), result.shares(outcome)
    middle = float(result.surrogate.predict(outcome, pd.DataFrame(index=[0]))[0])
    labels = [display.quantity_row(name) for name in table["quantity"]]
    label_rows(ax, [f"{t['label']}: {shares[n]:.0%}" for t, n in zip(labels, table["quantity"], strict=True)], ABOVE)
    for place, row in enumerate(table.to_dict("records")):
        for end, colour in (("low", LIGHT), ("high", TREATED)):
            at = row[f"at_{end}"]
            ax.barh(
                place, at - middle, left=middle, height=0.42, color=colour, edgecolor=TREATED, linewidth=0.6, zorder=2
            )
            side = end == ("high" if row["at_high"] >= row["at_low"] else "low")  # whether this end is the right one
            ax.annotate(
                display.format_quantity(row["quantity"], row[f"{end}_value"]),
                (max(at, middle) if side else min(at, middle), place),
                xytext=(4 if side else -4, 0),
                textcoords="offset points",
                ha="left" if side else "right",
                va="center",
                fontsize=7.5,
            )
    low, high = table[["at_low", "at_high"]].to_numpy().min(), table[["at_low", "at_high"]].to_numpy().max()
    room = 0.42 * (high - low)
    ax.set_xlim(min(low, middle) - room, max(high, middle) + room)
    ax.axvline(middle, color=INK, linewidth=0.8, zorder=1.8)
    if low - room < 0 < high + room:
        ax.axvline(0, color=GREY, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1.8)
    _caption_below(
        ax,
        f"{display.outcome_label(outcome)}, {display.outcome_measure(outcome)}, one assumption at its low (light) "
        "and high (dark) end of 5 and 95 %, all others at their medians "
        f"({format_number(middle, signed=True)}); per cent after the name: its share of the variance",
    )
    first = labels[0]["label"]
    set_title(ax, f"What carries the uncertainty of {_lower(display.outcome_label(outcome))}: {_lower(first)}")


def _fan(result: Any, ax: Axes, outcome: str) -> None:
    path = path_data(result, outcome).reset_index()
    ax.fill_between(path["year"], path["lower"], path["upper"], color=TREATED, alpha=0.15, linewidth=0)
    for edge in ("lower", "upper"):
        ax.plot(path["year"], path[edge], color=TREATED, linewidth=0.7, alpha=0.6)
    ax.plot(path["year"], path["estimate"], color=TREATED, linewidth=2.4, marker="o", markersize=3.5, zorder=3)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_xlabel(_year_label(result), fontsize=8)
    ax.set_ylabel(display.outcome_measure(outcome), fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.set_xlim(path["year"].iloc[0], path["year"].iloc[-1])
    first, last = path.iloc[min(1, len(path) - 1)], path.iloc[-1]
    set_title(
        ax,
        f"{display.outcome_label(outcome)}: {format_number(first['estimate'], signed=True)} "
        f"{display.outcome_measure(outcome)} in year {first['year']:.0f}, "
        f"{format_number(last['estimate'], signed=True)} in year {last['year']:.0f}",
    )
    ends = [(text, float(last["year"]), float(last[edge]), TREATED, edge == "estimate")
            for text, edge in ((f"{(1 + result.level) / 2:.0%}", "upper"), ("median", "estimate"),
                               (f"{(1 - result.level) / 2:.0%}", "lower"))]  # fmt: skip
    end_labels(ax, ends)


def _partners(result: Any, ax: Axes, channel: str) -> None:
    table = result.table
    rows = table[table["outcome"].str.startswith("imports_from_") & (table["channel"] == channel)]
    if rows.empty:
        result.value("imports_from_members", channel)  # says what is known
    rows = rows.sort_values("estimate", ascending=False, kind="stable")
    partners = [
        display.outcome_label(o).removeprefix("Imports from ").removesuffix(" of the union") for o in rows["outcome"]
    ]
    partners = [name[:1].upper() + name[1:] for name in partners]
    texts = map(display.format_interval, rows.to_dict("records"))
    label_rows(ax, [f"{name}: {text}" for name, text in zip(partners, texts, strict=True)], ABOVE)
    for place, row in enumerate(rows.to_dict("records")):
        colour = TREATED if row["estimate"] >= 0 else ACCENT
        ax.barh(place, row["estimate"], height=0.34, color=SHADE, edgecolor=colour, linewidth=0.8, zorder=2)
        _interval(ax, place, row, colour)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1.8)
    part = "" if channel == TOTAL else f"{display.channel(channel)} alone: "
    _caption_below(ax, f"{part}change of imports, per cent; median and {result.level:.0%} interval")
    set_title(ax, _who(partners, rows))


def _who(partners: Sequence[str], rows: pd.DataFrame) -> str:
    """'Imports rise from Russia; fall from China; the sign is not clear for Kazakhstan'."""
    kinds: dict[str, list[str]] = {"rise from": [], "fall from": [], "the sign is not clear for": []}
    for name, low, high in zip(partners, rows["lower"], rows["upper"], strict=True):
        kind = "rise from" if low > 0 else "fall from" if high < 0 else "the sign is not clear for"
        kinds[kind].append(_lower(name) if name in ("Members", "The EU") else name)
    parts = [f"{kind} {' and '.join([', '.join(n[:-1]), n[-1]] if n[1:] else n)}" for kind, n in kinds.items() if n]
    return f"Imports: {'; '.join(parts)}"


def _break_even(result: Any, ax: Axes, first: str | None, second: str | None, outcome: str) -> None:
    order = [str(name) for name in result.shares(outcome).index]
    first = first or order[0]
    second = second or next(name for name in order if name != first)
    table = result.break_even(first, second, outcome)
    known = [display.quantity_row(name) for name in (first, second)]
    grid = table.pivot(index=second, columns=first, values=outcome)
    x, y, z = grid.columns * known[0]["times"], grid.index * known[1]["times"], grid.to_numpy()
    if (z < 0).any():
        ax.contourf(x, y, z, levels=[min(z.min() - 1, -1), 0], colors=[BELOW], hatches=["///"], zorder=0)
    levels = [v for v in MaxNLocator(6).tick_values(z.min(), z.max()) if abs(v) > 1e-12]
    lines = ax.contour(x, y, z, levels=levels, colors=GREY, linewidths=0.8, linestyles="solid")
    ax.clabel(lines, fmt=lambda v: format_number(v, signed=True), fontsize=7, colors=INK)
    if z.min() < 0 < z.max():
        ax.contour(x, y, z, levels=[0.0], colors=ACCENT, linewidths=2.4)
        _name_flip(ax, x.to_numpy(), y.to_numpy(), z)
    middle = result.surrogate.middle
    ax.plot(middle[first] * known[0]["times"], middle[second] * known[1]["times"], "o", color=TREATED, markersize=6)
    ax.annotate("medians", (middle[first] * known[0]["times"], middle[second] * known[1]["times"]), xytext=(6, 4),
                textcoords="offset points", fontsize=7.5, color=TREATED)  # fmt: skip
    ax.set_xlabel(fill(ax, display.axis(first), 8), fontsize=8)
    ax.set_ylabel(textwrap.fill(display.axis(second), 34), fontsize=8)
    ax.grid(visible=False)
    set_title(ax, sign_flip_sentence(display.outcome_label(outcome), z, (known[0]["label"], known[1]["label"])))


def _name_flip(ax: Axes, x: Array, y: Array, z: Array) -> None:
    """The line of zero is named from the middle of the map, at the cell nearest to the middle that it passes."""
    low = np.minimum.reduce([z[:-1, :-1], z[1:, :-1], z[:-1, 1:], z[1:, 1:]])
    high = np.maximum.reduce([z[:-1, :-1], z[1:, :-1], z[:-1, 1:], z[1:, 1:]])
    row, column = np.nonzero((low <= 0) & (high >= 0))
    away = (row / z.shape[0] - 0.5) ** 2 + (column / z.shape[1] - 0.5) ** 2
    at = int(away.argmin())
    point = ((x[column[at]] + x[column[at] + 1]) / 2, (y[row[at]] + y[row[at] + 1]) / 2)
    across, up = column[at] / (z.shape[1] - 1), row[at] / (z.shape[0] - 1)
    right = across < 0.5
    ax.annotate(
        "zero: the sign flips here",
        point,
        xytext=(across + (0.1 if right else -0.1), min(max(up + (0.12 if up < 0.8 else -0.12), 0.08), 0.92)),
        textcoords="axes fraction",
        ha="left" if right else "right",
        fontsize=8,
        fontweight="bold",
        color=INK,
        arrowprops={"arrowstyle": "-", "color": ACCENT, "linewidth": 1.2},
        bbox={"boxstyle": "square,pad=0.2", "facecolor": "white", "edgecolor": "none"},
        zorder=6,
    )


def _caption_below(ax: Axes, text: str) -> None:
    ax.set_xlabel(fill(ax, text, 8), fontsize=8)


def _height(rows: int) -> float:
    return REST + ROW * rows


def _interval(ax: Axes, place: float, row: Any, colour: str) -> None:
    ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=1.8, zorder=3)
    ax.plot(row["estimate"], place, "D", color=colour, markersize=5, zorder=4)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def draw_waterfall(result: Any, ax: Axes | None = None, outcome: str = "welfare") -> Axes:
    """Each channel's part (mean of the draws, so that parts add up), then all together with median and interval."""
    return draw_by(lambda at: _usual(result, at, outcome), result, ax, _height(2 + len(result.scenario.channels)))


def draw_tornado(result: Any, ax: Axes | None = None, outcome: str = "welfare", most: int = 7) -> Axes:
    """The outcome with one assumption at a time at its ends, all others at their medians; its values at the ends."""
    return draw_by(lambda at: _tornado(result, at, outcome, most), result, ax, _height(most))


def draw_fan(result: Any, ax: Axes | None = None, outcome: str = "welfare") -> Axes:
    """Median and band by year after accession."""
    return draw_by(lambda at: _fan(result, at, outcome), result, ax, 4.0)


def draw_import_partners(result: Any, ax: Axes | None = None, channel: str = TOTAL) -> Axes:
    """Change of imports by partner with interval, all channels together or one alone."""
    return draw_by(lambda at: _partners(result, at, channel), result, ax, _height(7))


def draw_break_even(
    result: Any, ax: Axes | None = None, first: str | None = None, second: str | None = None, outcome: str = "welfare"
) -> Axes:
    """The outcome over two assumptions, others at their medians: hatched below zero, the line of the flip named."""
    return draw_by(lambda at: _break_even(result, at, first, second, outcome), result, ax, 4.6)


def path_data(result: Any, outcome: str = "welfare") -> pd.DataFrame:
    """By calendar year, or by year after accession where the scenario names none: ``estimate, lower, upper``."""
    path = result.path(outcome)
    years = path["year"] if path["calendar"].isna().any() else path["calendar"].astype(int)
    return pd.DataFrame(path[["estimate", "lower", "upper"]].set_axis(years.rename("year"), axis=0))


def _year_label(result: Any) -> str:
    first = result.scenario.baseline.accession
    return "years after accession" if first is None else f"year; accession in {first}"
