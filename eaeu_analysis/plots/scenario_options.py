"""Options side by side: a point with its interval per option, and how often it is better than doing nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ..scenario import display
from ..scenario.options import NOTHING, option_label
from ..scenario.winners import signed
from .style import ACCENT, GREY, TREATED, fill, label_rows, set_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OUTCOME = "welfare"
ABOVE = 0.24  # rows from a point to its words


def options_data(result: Any) -> pd.DataFrame:
    """By option, in the order that was asked for: ``estimate, lower, upper, better`` and ``failed_checks``."""
    rows = result.table[(result.table["outcome"] == OUTCOME) & (result.table["scenario"] != NOTHING)]
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


def draw_options(result: Any, ax: Axes) -> None:
    """Real spending of every option with its interval."""
    table = options_data(result)
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
        f"{display.outcome_label(OUTCOME)}, {display.outcome_measure(OUTCOME)}, against doing nothing; median and "
        f"{result.level:.0%} interval of {result.spec['draws']:,} common draws; dark: the interval excludes zero"
    )
    if table["failed_checks"].any():
        caption += "; *: a check failed"
    ax.set_xlabel(fill(ax, caption, 8), fontsize=8)
    set_title(ax, options_finding(result))


def options_finding(result: Any) -> str:
    """Which options are clearly better or worse than doing nothing, in a sentence."""
    table, label = options_data(result), display.outcome_label(OUTCOME)
    clear = table[[is_clear(row) for row in table.to_dict("records")]]
    if clear.empty:
        return f"{label}: no option is clearly better or worse than doing nothing"
    named = ", ".join(f"{name} ({'higher' if low > 0 else 'lower'})" for name, low in clear["lower"].items())
    count = "one option is" if len(clear) == 1 else f"{len(clear)} of {len(table)} options are"
    return f"{label}: {count} clear of zero: {named}"


def draw_sectors(result: Any, ax: Axes) -> None:
    """Whose output grows and whose falls, a row per section."""
    rows = _output(result).to_dict("records")
    for place, row in enumerate(rows):
        colour = TREATED if row["lower"] > 0 or row["upper"] < 0 else ACCENT
        ax.plot([row["lower"], row["upper"]], [place, place], color=colour, linewidth=2.2)
        ax.plot(row["estimate"], place, "o", color=colour, markersize=5)
    label_rows(ax, [f"{row['label']}: {signed(row['estimate'])}" for row in rows], ABOVE)
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=1)
    text = f"Real output, change in per cent; median and {result.level:.0%} interval"
    ax.set_xlabel(fill(ax, text, 8), fontsize=8)
    set_title(ax, sectors_finding(result))


def sectors_finding(result: Any) -> str:
    """Which sections gain and which lose for sure, in a sentence."""
    table = _output(result)
    falls = [str(label).lower() for label in table.loc[table["upper"] < 0, "label"]][:1]
    rises = [str(label).lower() for label in table.loc[table["lower"] > 0, "label"]][-1:]
    parts = [f"{word} most in {named[0]}" for word, named in (("falls", falls), ("rises", rises)) if named]
    unclear = int(((table["lower"] <= 0) & (table["upper"] >= 0)).sum())
    return f"Real output{' ' * bool(parts)}{' and '.join(parts)}: not clear in {unclear} of {len(table)} sections"


def _output(result: Any) -> pd.DataFrame:
    table: pd.DataFrame = result.table[result.table["measure"] == "output"]
    return table.sort_values("estimate", kind="stable")
