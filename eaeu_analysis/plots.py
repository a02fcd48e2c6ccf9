"""Result -> Axes. One style for every figure; computes nothing that a table does not hold.

Colours are Okabe and Ito's, which the colour-blind can tell apart; the treated unit also differs by width and
darkness, so that a figure survives greyscale. Lines carry their name at their end instead of a legend.
"""

from __future__ import annotations

import hashlib
import io
import textwrap
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.ticker import MaxNLocator

from .errors import BadInputError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TREATED = "#0b3c5d"
ACCENT = "#d55e00"
GREY = "#8a8f98"
INK = "#22262b"
SHADE = "#e9edf2"
PALETTE = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#7f6a00", "#000000")

STYLE: dict[Any, Any] = {
    "figure.figsize": (6.4, 4.0),
    "figure.dpi": 100,
    "savefig.bbox": None,
    "font.family": "DejaVu Sans",  # comes with matplotlib, so every machine draws the same
    "font.size": 9,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#e3e6ea",
    "grid.linewidth": 0.6,
    "xtick.color": INK,
    "ytick.color": INK,
    "text.color": INK,
    "lines.solid_capstyle": "round",
    "svg.hashsalt": "eaeu_analysis",
    "svg.fonttype": "path",
}

_DRAWERS: dict[str, Callable[[Any, Axes], None]] = {}


def drawer(name: str) -> Callable[[Callable[[Any, Axes], None]], Callable[[Any, Axes], None]]:
    """Registers the function that draws results of class ``name``."""

    def keep(function: Callable[[Any, Axes], None]) -> Callable[[Any, Axes], None]:
        _DRAWERS[name] = function
        return function

    return keep


def draw(result: Any, ax: Axes | None = None) -> Axes:
    """Draw any result of the package on ``ax``; when None on a new figure of pyplot, which a notebook shows."""
    drawn = _DRAWERS.get(type(result).__name__)
    if drawn is None:
        raise BadInputError(f"no picture is defined for a {type(result).__name__}; use to_frame() or summary()")
    with mpl.rc_context(STYLE):
        if ax is None:
            from matplotlib import pyplot as plt

            figure, ax = plt.subplots(layout="constrained")
            if getattr(result, "provenance", None):
                source_line(figure, result.provenance)
        drawn(result, ax)
    return ax


def styled() -> AbstractContextManager[None]:
    """The house style, for those who draw on axes of their own."""
    return mpl.rc_context(STYLE)


def new_figure(width: float = 6.4, height: float = 4.0) -> Figure:
    """A figure outside pyplot's state, so that nothing needs closing."""
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        return Figure(figsize=(width, height), layout="constrained")


def svg(figure: Figure, alt: str) -> str:
    """The figure as SVG text for a page: same bytes every time, labelled for those who cannot see it."""
    from xml.sax.saxutils import escape

    buffer = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    salt = hashlib.sha256(alt.encode()).hexdigest()[:8]  # ids must differ between the figures of one page
    for quote in ('id="', 'href="#', "url(#"):
        text = text.replace(quote, f"{quote}f{salt}-")
    head, rest = text.split(">", 1)
    label = escape(alt, {'"': "&quot;"})
    return f'{head} role="img" aria-label="{label}"><title>{escape(alt)}</title>{rest}'


def source_line(figure: Figure, provenance: Any) -> None:
    """Series and vintages in small type under the figure."""
    parts = {part.key: part for info in provenance.series for part in _origins(info)}.values()
    text = "; ".join(f"{p.code}, vintage {p.vintage}" if p.vintage else p.code for p in parts)
    owner = next((p.source for p in parts if p.source), "")
    told = f"Source: {owner}: {text}" if owner else f"Source: {text}"
    figure.supxlabel(textwrap.fill(told, 105), x=0.01, ha="left", fontsize=6.5)


def _origins(info: Any) -> list[Any]:
    """The series of a source that a column goes back to, through every step of computing it."""
    if not info.derived_from:
        return [info]
    return [origin for part in info.derived_from for origin in _origins(part)]


def end_labels(ax: Axes, ends: Sequence[tuple[str, float, float, str, bool]], size: float = 8) -> None:
    """Names at the ends of lines, pushed apart so that none covers another.

    ``ends``: (name, x, y, colour, bold) per line.
    """
    if not ends:
        return
    low, high = ax.get_ylim()
    height_points = ax.get_window_extent().height * 72 / ax.get_figure().dpi  # type: ignore[union-attr]
    gap = (high - low) * (size * 1.15) / max(height_points, 1)
    order = sorted(range(len(ends)), key=lambda i: (ends[i][2], ends[i][0]))
    places = np.array([ends[i][2] for i in order])
    for _ in range(200):
        moved = False
        for j in range(len(places) - 1):
            overlap = gap - (places[j + 1] - places[j])
            if overlap > 1e-9 * max(abs(gap), 1e-300):
                places[j] -= overlap / 2
                places[j + 1] += overlap / 2
                moved = True
        if not moved:
            break
    for place, i in zip(places, order, strict=True):
        name, x, _, colour, bold = ends[i]
        ax.annotate(
            name,
            (x, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=size,
            color=colour,
            fontweight="bold" if bold else "normal",
            annotation_clip=False,
        )


def mark_event(ax: Axes, event: float, text: str) -> None:
    """A dashed line at the event with its name at the top."""
    ax.axvline(event, color=ACCENT, linewidth=1.1, linestyle=(0, (4, 2)), zorder=1)
    ax.annotate(
        text,
        (event, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(3, -2),
        textcoords="offset points",
        fontsize=7.5,
        color=ACCENT,
        va="top",
    )


def lines(
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
    label_others: bool = True,
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
        if mine or label_others:
            name = names.get(unit_code, unit_code)
            ends.append((name, float(values.index[-1]), float(values.iloc[-1]), TREATED if mine else "#5b616b", mine))
    ax.set_title(title, wrap=True)
    ax.set_ylabel(unit, fontsize=8)
    ax.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.margins(x=0.02)
    if event is not None:
        mark_event(ax, event, event_text)
    end_labels(ax, ends)


def shown(result: Any) -> tuple[pd.DataFrame, str]:
    """What the figure of a BeforeAfter shows: (time x unit) values and their unit.

    Levels of unlike size (dollars of Ukraine and of Tajikistan) are put on one scale: each unit's own mean of the
    window before, which the table holds, is 100.
    """
    table = result.observed
    if not result.relative:
        return table, result.outcome.unit
    base = result.table.set_index("unit")["mean_before"].reindex(table.columns)
    first, last = result.windows.before
    return 100 * table[base[base > 0].index] / base[base > 0], f"mean of {first}-{last % 100:02d} = 100"


@drawer("BeforeAfter")
def before_after(result: Any, ax: Axes) -> None:
    """The treated unit over its comparators, the two windows shaded, later years dotted."""
    from . import settings

    table, unit = shown(result)
    spec = result.windows
    table = table[table.index >= spec.before[0] - 5]
    lines(
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


@drawer("Effect")
def effect(result: Any, ax: Axes) -> None:
    """Observed (dark) and counterfactual (dashed); the band of what would have been, where the method has one."""
    table = result.table
    units = list(dict.fromkeys(table["unit"]))
    fit, post = result.spec.get("fit_years"), result.spec.get("post_years")
    first = table[table["unit"] == units[0]]
    if fit and post:  # what lies outside was neither fitted nor judged
        first = first[first["time"].between(min(fit), max(post))]
    event = result.event
    ax.axvspan(event - 0.5, first["time"].max() + 0.5, color=SHADE, zorder=0, linewidth=0)
    bounded = first.dropna(subset=["lower", "upper"])
    bounded = bounded[np.isfinite(bounded["lower"]) & np.isfinite(bounded["upper"]) & (bounded["time"] >= event - 1)]
    if len(bounded):
        low, high = bounded["observed"] - bounded["upper"], bounded["observed"] - bounded["lower"]
        ax.fill_between(bounded["time"], low, high, color=ACCENT, alpha=0.15, linewidth=0)
    ax.plot(first["time"], first["observed"], color=TREATED, linewidth=2.4, zorder=3)
    ax.plot(first["time"], first["counterfactual"], color=ACCENT, linewidth=1.8, linestyle=(0, (5, 2)), zorder=3)
    last = first.iloc[-1]
    mark_event(ax, event - 0.5, "first treated year")
    ax.set_ylabel(result.measure, fontsize=8)
    ax.set_title(f"{result.spec['outcome']} of {units[0]}: {result.finding}", wrap=True)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True))
    end_labels(
        ax,
        [
            (str(units[0]), float(last["time"]), float(last["observed"]), TREATED, True),
            ("counterfactual", float(last["time"]), float(last["counterfactual"]), ACCENT, False),
        ],
    )


@drawer("UnionEffects")
def union_effects(result: Any, ax: Axes) -> None:
    """Estimates with intervals over the spread of the gaps before, a line per member, outcome and pool."""
    table = result.table[result.table["reason"] == ""].reset_index(drop=True)
    scale = table["pre_rmse"].where(table["pre_rmse"] > 0)
    for i, row in table.iterrows():
        low, high = row["lower"] / scale[i], row["upper"] / scale[i]
        colour = TREATED if row["pool"] == "wide" else ACCENT
        if np.isfinite(low) and np.isfinite(high):
            ax.plot([low, high], [i, i], color=colour, linewidth=1.2)
        ax.plot(row["estimate"] / scale[i], i, "o", color=colour, markersize=4)
    ax.axvline(0, color=GREY, linewidth=0.8)
    ax.set_yticks(
        range(len(table)), [f"{r['unit']} {r['outcome']} ({r['pool']})" for r in table.to_dict("records")], fontsize=7
    )
    ax.invert_yaxis()
    ax.set_xlabel("effect over the root mean squared gap before", fontsize=8)
    ax.set_title(f"Effects of joining the {result.spec['bloc']}")


@drawer("SpecificationCurve")
def specification_curve(result: Any, ax: Axes) -> None:
    """Every estimate in the order of its size; dark where its p is at most 1 - level."""
    table = result.answered.sort_values("estimate", kind="stable").reset_index(drop=True)
    low = table["p_value"] <= 1 - result.level + 1e-12
    for rows, colour, name in ((table[~low], GREY, "does not stand out"), (table[low], ACCENT, "stands out")):
        ax.scatter(rows.index, rows["estimate"], s=4, color=colour, label=f"{name} ({len(rows)})", linewidths=0)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.axhline(result.estimate, color=TREATED, linewidth=1, linestyle=":")
    ax.set_xlabel("specifications, by size of the estimate", fontsize=8)
    ax.set_ylabel(result.measure_unit, fontsize=8)
    share = 100 * float(low.mean()) if len(table) else 0.0
    ax.set_title(f"{len(table)} specifications: median {result.estimate:+.3g}, {share:.0f} % stand out")
    ax.legend(frameon=False, fontsize=8, loc="upper left")


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
    ax.set_ylabel("log points against the base year", fontsize=8)
    ax.set_title("Trade among members and with neighbours, against what gravity expects")
    end_labels(ax, ends)
