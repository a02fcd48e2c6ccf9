"""Options side by side: a point with its interval per option, and how often it is better than doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..scenario import display
from ..scenario.options import NOTHING, option_label
from ..scenario.winners import signed
from .style import ACCENT, GREY, TREATED, draw_by, fill, label_rows, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MEASURES = {"output": "Real output", "price": "Prices to buyers", "employment": "Jobs"}
ROW, REST = 0.52, 1.35  # inches of an option, and of title and axis together
ABOVE = 0.24  # rows from a point to its words


def options_data(result: Any, outcome: str = "welfare") -> pd.DataFrame:
    """By option, in the order that was asked for: ``estimate, lower, upper, better`` and ``failed_checks``."""
    rows = result.table[(result.table["outcome"] == outcome) & (result.table["scenario"] != NOTHING)]
    table = rows[["estimate", "lower", "upper", "better", "failed_checks"]]
    return pd.DataFrame(table.set_axis([option_label(str(n)) for n in rows["scenario"]], axis=0).rename_axis("option"))


def is_clear(row: Any) -> bool:
    """Whether the interval excludes zero and the median is not zero at the two decimals that tables and pages show."""
    return bool((row["lower"] > 0 or row["upper"] < 0) and abs(round(float(row["estimate"]), 2)) > 0)


def _words(row: Any, name: str) -> str:
    if row["estimate"] == row["lower"] == row["upper"] == 0:
        return f"{name}: no change"
    chance = "" if pd.isna(row["better"]) else f"; better than nothing in {row['better']:.0%}"
    return f"{name}{chance}{' *' if row['failed_checks'] else ''}"


def _options(result: Any, ax: Axes, outcome: str) -> None:
    table = options_data(result, outcome)
    rows = table.to_dict("records")
    for place, row in enumerate(rows):
        clear = is_clear(row)
        colour = TREATED if clear else ACCENT
        ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.2, zorder=3)
        ax.plot(row["estimate"], place, "o" if clear else "D", color=colour, markersize=5, zorder=4)
    label_rows(ax, [_words(row, str(name)) for name, row in zip(table.index, rows, strict=True)], ABOVE)
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=1)
    ax.margins(x=0.06)
    caption = (
        f"{display.outcome_label(outcome)}, {display.outcome_measure(outcome)}, against doing nothing; median and "
        f"{result.level:.0%} interval of {result.spec['draws']:,} common draws; dark: the interval excludes zero"
    )
    if table["failed_checks"].any():
        caption += "; *: a check failed"
    ax.set_xlabel(fill(ax, caption, 8), fontsize=8)
    set_title(ax, options_finding(result, outcome))


def options_finding(result: Any, outcome: str = "welfare") -> str:
    """Which options are clearly better or worse than doing nothing, in a sentence."""
    table, label = options_data(result, outcome), display.outcome_label(outcome)
    clear = table[[is_clear(row) for row in table.to_dict("records")]]
    if clear.empty:
        return f"{label}: no option is clearly better or worse than doing nothing"
    named = ", ".join(f"{name} ({'higher' if low > 0 else 'lower'})" for name, low in clear["lower"].items())
    count = "one option is" if len(clear) == 1 else f"{len(clear)} of {len(table)} options are"
    return f"{label}: {count} clear of zero: {named}"


def draw_options(result: Any, ax: Axes | None = None, outcome: str = "welfare") -> Axes:
    """One outcome of every option with its interval."""
    return draw_by(lambda at: _options(result, at, outcome), result, ax, REST + ROW * len(result.scenarios))


def _sectors(result: Any, ax: Axes, measure: str) -> None:
    table = result.table
    rows = table[table["measure"] == measure].sort_values("estimate", kind="stable").to_dict("records")
    for place, row in enumerate(rows):
        colour = TREATED if row["lower"] > 0 or row["upper"] < 0 else ACCENT
        ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.2)
        ax.plot(row["estimate"], place, "o", color=colour, markersize=5)
    label_rows(ax, [f"{row['label']}: {signed(row['estimate'])}" for row in rows], ABOVE)
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=1)
    unit = "thousand jobs" if measure == "employment" else "per cent"
    name = MEASURES.get(measure, measure.capitalize())
    ax.set_xlabel(fill(ax, f"{name}, change in {unit}; median and {result.level:.0%} interval", 8), fontsize=8)
    set_title(ax, sectors_finding(result, measure))


def sectors_finding(result: Any, measure: str = "output") -> str:
    """Which sections gain and which lose for sure, in a sentence."""
    table = result.table[result.table["measure"] == measure].sort_values("estimate", kind="stable")
    name = MEASURES.get(measure, measure.capitalize())
    falls = [str(label).lower() for label in table.loc[table["upper"] < 0, "label"]][:1]
    rises = [str(label).lower() for label in table.loc[table["lower"] > 0, "label"]][-1:]
    falling, rising = ("fall", "rise") if measure != "output" else ("falls", "rises")
    parts = [f"{word} most in {named[0]}" for word, named in ((falling, falls), (rising, rises)) if named]
    unclear = int(((table["lower"] <= 0) & (table["upper"] >= 0)).sum())
    return f"{name}{' ' * bool(parts)}{' and '.join(parts)}: not clear in {unclear} of {len(table)} sections"


def draw_sectors(result: Any, ax: Axes | None = None, measure: str = "output") -> Axes:
    """Who gains and who loses, a row per section."""
    return draw_by(lambda at: _sectors(result, at, measure), result, ax, REST + 0.45 * 11)
