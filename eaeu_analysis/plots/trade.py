"""Trade: gravity's coefficients, the union by year and by specification, agreements, who trades with whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np

from ..text import format_number
from .style import ACCENT, GREY, INK, PALETTE, TREATED, end_labels, named_rows

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LOG = "log points (0.1 is about 10 %)"


def draw_intervals(
    ax: Axes,
    table: pd.DataFrame,
    names: Sequence[str],
    estimate: str = "estimate",
    clear: Sequence[bool] | None = None,
    places: Sequence[int] | None = None,
) -> None:
    """Estimates with their intervals, a line each from the top; where ``clear`` the interval leaves zero out."""
    at = np.arange(len(table)) if places is None else np.asarray(places)
    shown = np.asarray(clear if clear is not None else (table["lower"] > 0) | (table["upper"] < 0), dtype=bool)
    for mask, colour in ((~shown, GREY), (shown, TREATED)):
        rows = table[mask]
        ax.hlines(at[mask], rows["lower"], rows["upper"], color=colour, linewidth=1.6)
        ax.plot(rows[estimate], at[mask], "o" if colour == TREATED else "D", color=colour, markersize=4.5)
    ax.axvline(0, color=INK, linewidth=0.8)
    named_rows(ax, at, names, 7.5)


def draw_gravity_fit(result: Any, ax: Axes) -> None:
    """Coefficients with their intervals."""
    table = result.to_frame()
    draw_intervals(ax, table, [str(name) for name in table["regressor"]], "coef")
    ax.set_xlabel(f"coefficient, {LOG}, {result.level:.0%} intervals", fontsize=8)
    stand = int(((table["lower"] > 0) | (table["upper"] < 0)).sum())
    ax.set_title(f"{stand} of {len(table)} coefficients stand out from zero ({result.nobs:,} flows)", wrap=True)


def draw_gravity_curve(result: Any, ax: Axes, step: str = "both") -> None:
    """All estimates of one step with their intervals, from the lowest to the highest, by what they compare with."""
    table = result.table[result.table["step"] == step].sort_values("estimate", kind="stable").reset_index(drop=True)
    home = table["domestic"] != "none"
    names = [
        f"domestic trade {r['domestic']}, border trend {r['border_trend']}"
        if h
        else f"{r['panel']}, less {r['neighbours']}"
        for (_, r), h in zip(table.iterrows(), home, strict=True)
    ]
    draw_intervals(ax, table, names, "estimate")
    ax.set_xlabel(f"{LOG}, {result.level:.0%} intervals", fontsize=8)
    low, high = table["percent"].min(), table["percent"].max()
    ax.set_title(
        f"{len(table)} ways to measure the union's effect on its founders: {low:+.0f} to {high:+.0f} %", wrap=True
    )


def draw_union_path(result: Any, ax: Axes) -> None:
    """The founders' trade net of neighbours by year; hollow where the figure is of another source."""
    table = result.table[result.table["group"] == "founders less neighbours"].sort_values("year")
    ax.fill_between(table["year"], table["lower"], table["upper"], color=TREATED, alpha=0.13, linewidth=0)
    ax.plot(table["year"], table["estimate"], color=TREATED, linewidth=1.2)
    for same, fill in ((True, TREATED), (False, "white")):
        rows = table[table["same_source"] == same]
        ax.plot(rows["year"], rows["estimate"], "o", color=TREATED, markerfacecolor=fill, markersize=5)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.set_ylabel(f"{LOG} since {int(table['base'].iloc[0])}, {result.level:.0%} intervals", fontsize=7.5)
    last = table.iloc[-1]
    ax.set_title(
        f"Founders' trade less their neighbours': {last['percent']:+.0f} % by {int(last['year'])} "
        "(hollow: another source)",
        wrap=True,
    )


def draw_event_study(result: Any, ax: Axes) -> None:
    """Effects by time since the event with their intervals; the base is zero by construction."""
    table = result.table
    ax.fill_between(table["since"], table["lower"], table["upper"], color=TREATED, alpha=0.13, linewidth=0)
    ax.plot(table["since"], table["coef"], color=TREATED, marker="o", markersize=3)
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.axvline(result.base, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.set_xlabel("time since the event", fontsize=8)
    ax.set_ylabel(f"{LOG} against time {result.base:+d}, {result.fit.level:.0%} intervals", fontsize=7.5)
    last = table.iloc[-1]
    ax.set_title(
        f"{format_number(last['coef'], signed=True)} at time {int(last['since']):+d} since the event "
        f"({int(table['flows'].iloc[-1]):,} flows)",
        wrap=True,
    )


def draw_agreement_effects(result: Any, ax: Axes, most: int = 14) -> None:
    """A coefficient per agreement, shrunk by its noise: the union's, and the others that joined most flows."""
    from ..trade.union.each_agreement import NAMED

    named = result.table[result.table["agreement"].isin(list(NAMED))]
    rest = result.table[~result.table["agreement"].isin(list(NAMED))].head(most - len(named))
    table = result.table.loc[[*named.index, *rest.index]].sort_values("shrunk", ascending=False)
    short = [name if len(name) <= 34 else f"{name[:33]}…" for name in table["name"].astype(str)]
    draw_intervals(ax, table, [f"{n} ({f})" for n, f in zip(short, table["flows"], strict=True)], "shrunk")
    ax.plot(table["coef"], np.arange(len(table)), "|", color=ACCENT, markersize=7)
    for label, code in zip(ax.get_yticklabels(), table["agreement"], strict=True):
        label.set_fontweight("bold" if code in NAMED else "normal")
    ax.axvline(result.mean, color=ACCENT, linewidth=0.9, linestyle=":")
    ax.set_xlabel(f"{LOG}; point: shrunk, tick: as estimated,\ndotted: mean of all; in brackets: flows", fontsize=7.5)
    own = result.table.set_index("agreement").loc["eaeu"]
    clear = own["lower"] > 0 or own["upper"] < 0
    ax.set_title(
        f"The union's step of 2015: {format_number(own['shrunk'], signed=True)}{'' if clear else ', not clear'}, "
        f"before comparison with neighbours; the mean agreement: {format_number(result.mean, signed=True)}",
        wrap=True,
    )


def draw_union_trade_effect(result: Any, ax: Axes, panel: str | None = None) -> None:
    """Trade among founders, joiners and with neighbours that never joined, net of what gravity expects, by year."""
    name = panel or result.years["panel"].iloc[0]
    rows = result.years[result.years["panel"] == name]
    base = result.spec["designs"][name][0]
    colours = {"founders": TREATED, "joiners": PALETTE[0], "neighbours": ACCENT, "Ukraine": GREY}
    ends = []
    for group, line in rows.groupby("group", sort=False):
        colour, bold = colours[str(group)], group in ("founders", "neighbours")
        line = line.sort_values("year")
        years, values = [*line["year"], base], [*line["coef"], 0.0]  # the base year is zero by construction
        order = np.argsort(years)
        x, y = np.array(years)[order], np.array(values)[order]
        ax.plot(x, y, color=colour, linewidth=2.2 if bold else 1.1, marker="o", markersize=3)
        if bold:
            low, high = (np.array([*line[end], 0.0])[order] for end in ("lower", "upper"))
            ax.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)
        label = {"neighbours": "neighbours,\nnever joined"}.get(str(group), str(group))
        ends.append((label, float(x[-1]), float(y[-1]), colour, bold))
    ax.axhline(0, color=INK, linewidth=0.8)
    for year, text in ((2010, "customs union"), (2015, "EAEU")):
        ax.axvline(year, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)))
        ax.annotate(text, (year, 1.0), xycoords=("data", "axes fraction"), xytext=(-3, -2),
                    textcoords="offset points", fontsize=7, color=INK, va="top", ha="right")  # fmt: skip
    ax.set_xticks(sorted({*rows["year"], base}))
    ax.set_ylabel(f"{LOG} against {base}", fontsize=7.5)
    both = result.steps[(result.steps["panel"] == name) & (result.steps["step"] == "both")].set_index("group")
    own, near = both.loc["founders", "percent"], both.loc["neighbours", "percent"]
    ax.set_title(
        f"Trade among founders {own:+.0f} % since {base} beyond gravity, with neighbours that never joined "
        f"{near:+.0f} % ({name})",
        wrap=True,
    )
    end_labels(ax, ends)


def draw_trade_answer(result: Any, ax: Axes) -> None:
    """The union's effect among its founders by step and specification."""
    table = result.effects
    heads = np.flatnonzero(~table["step"].duplicated())
    places = np.arange(len(table)) + np.cumsum(~table["step"].duplicated())
    draw_intervals(ax, table, list(table["specification"]), clear=table["stands_out"], places=list(places))
    ticks = [*places, *(places[heads] - 1)]
    labels = {"both": "both steps together"}
    steps = [labels.get(step, step) for step in table["step"].iloc[heads]]
    ax.set_yticks(ticks, [*table["specification"], *steps], fontsize=7.5)
    for label in ax.get_yticklabels()[len(table) :]:
        label.set_fontweight("bold")
        label.set_color(ACCENT)
    ax.set_ylim(places.max() + 0.5, -0.7)
    ax.set_xlabel(f"trade among the founders, {LOG};\n{result.level:.0%} intervals, dark: zero left out", fontsize=7.5)
    count = int(table["stands_out"].sum())
    ax.set_title(f"It hangs on the specification: {count} of {len(table)} effects of the union stand out", wrap=True)


def draw_flow_matrix(result: Any, ax: Axes) -> None:
    """Change of every flow between groups as colour and number, exporters down, importers across."""
    table = result.wide("percent")
    values = table.to_numpy(dtype=float)
    bound = 100.0
    scale = mpl.colors.LinearSegmentedColormap.from_list("change", ["#b34700", "#ffffff", "#005f94"])
    colours = scale.with_extremes(bad="#e9edf2")
    ax.imshow(np.clip(values, -bound, bound), cmap=colours, vmin=-bound, vmax=bound, aspect="auto")
    money = result.table.set_index(["exporter", "importer"])
    for i, seller in enumerate(table.index):
        for j, buyer in enumerate(table.columns):
            if np.isfinite(values[i, j]):
                row = money.loc[(seller, buyer)]
                size = f"{_billion(row['before'])}→{_billion(row['after'])}"
                shown = f"{values[i, j]:+.0f}" if values[i, j] < 999.5 else "×10+"
                ink = "#ffffff" if abs(values[i, j]) > 65 else INK
                ax.text(j, i - 0.16, shown, ha="center", va="center", fontsize=7.5, color=ink)
                ax.text(j, i + 0.25, size, ha="center", va="center", fontsize=5.4, color=ink)
    ax.set_xticks(range(len(table.columns)), list(table.columns), rotation=35, ha="left", fontsize=7.5)
    ax.set_yticks(range(len(table.index)), list(table.index), fontsize=7.5)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    members = result.groups[:5]
    inside = result.table[result.table["exporter"].isin(members) & result.table["importer"].isin(members)]
    change = 100 * (inside["after"].sum() / inside["before"].sum() - 1)
    ax.set_title(
        f"Trade among {'members' if len(result.groups) > 5 else 'groups'} {change:+.0f} % from {result.years[0]} to "
        f"{result.years[1]}, all trade {result.world_percent:+.0f} %",
        pad=10,
        wrap=True,
    )
    ax.set_xlabel(
        "rows sell, columns buy; large: change in per cent, small: billion US dollars before→after", fontsize=7.5
    )


def _billion(usd: float) -> str:
    """US$ in billions with two figures, at most: 1,400, 31, 0.36, <0.01."""
    value = usd / 1e9
    if value < 0.01:
        return "<0.01"
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"
