"""Trade policy: exposure to partners, tariffs that rise and fall, equilibrium, one market, surges."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..text import format_number, higher_or_lower
from .style import ACCENT, GREY, INK, PALETTE, SHADE, TREATED, named_rows, set_title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

LEAST_SHOWN = 5.0  # million US$ a year in one of the windows


def _name(code: str) -> str:
    from ..reference import economies as names

    return names.common_name(code) if code in names.economies().index else code


def draw_exposure(result: Any, ax: Axes) -> None:
    """Each partner's share of exports (filled) and of imports (open), the largest first."""
    table = result.table.assign(both=result.table[["exports_share", "imports_share"]].sum(axis=1))
    table = table.sort_values("both", ascending=False, kind="stable").reset_index(drop=True)
    places = np.arange(len(table))
    ax.hlines(places, table["exports_share"], table["imports_share"], color=GREY, linewidth=1)
    ax.plot(table["exports_share"], places, "o", color=TREATED, markersize=6)
    ax.plot(
        table["imports_share"], places, "o", color=ACCENT, markersize=9, markerfacecolor="none", markeredgewidth=1.6
    )
    top = table.iloc[0]
    gap = 10 if top["exports_share"] >= top["imports_share"] else -10
    for column, colour, side in (("exports_share", TREATED, gap), ("imports_share", ACCENT, -gap)):
        ax.annotate(column.split("_")[0], (top[column], 0), xytext=(side, 0), textcoords="offset points", fontsize=8,
                    color=colour, fontweight="bold", va="center", ha="left" if side > 0 else "right")  # fmt: skip
    named_rows(ax, places, [_name(str(p)) for p in table["partner"]])
    for label, partner in zip(ax.get_yticklabels(), table["partner"], strict=True):
        label.set_fontweight("bold" if partner == "EAEU" else "normal")
    ax.set_xlim(left=min(0.0, -0.02 * ax.get_xlim()[1]))
    ax.set_xlabel(f"per cent of the goods trade of {_name(result.economy)}, {result.year}", fontsize=8)
    known = table.set_index("partner")
    if {"EAEU", "China"} <= set(known.index):
        union, china = known.loc["EAEU"], known.loc["China"]
        ax.set_title(
            f"{_name(result.economy)}: the union takes {union['exports_share']:.0f} % of exports and sends "
            f"{union['imports_share']:.0f} % of imports, China {china['exports_share']:.0f} and "
            f"{china['imports_share']:.0f} %",
            wrap=True,
        )
    else:
        ax.set_title(f"{_name(result.economy)} trades most with {_name(str(top['partner']))}")


def draw_tariff_gap(result: Any, ax: Axes, labels: int = 11) -> None:
    """Every chapter: the tariff now across, the common tariff up; above the diagonal it must rise. Area: imports."""
    table = result.table.dropna(subset=["new"])
    largest = float(table["imports_usd"].max())
    looks = {"rise": (ACCENT, "o"), "fall": (PALETTE[0], "s"), "same": (GREY, "D"), "unclear": (GREY, "^")}
    for direction, (colour, marker) in looks.items():
        rows = table[table["direction"] == direction]
        size = 8 + 260 * rows["imports_usd"] / largest
        ax.scatter(rows["own"], rows["new"], s=size, color=colour, marker=marker, alpha=0.65, linewidths=0.4,
                   edgecolors="white", zorder=3)  # fmt: skip
        high = rows["high"].where(np.isfinite(rows["high"]), rows["new"])
        ax.vlines(rows["own"], rows["low"], high, color=colour, linewidth=0.8, alpha=0.6, zorder=2)
    reach = table[["own", "new", "high"]].to_numpy(dtype=float)
    top = 1.06 * float(np.nanmax(reach[np.isfinite(reach)]))
    ax.plot([0, top], [0, top], color=INK, linewidth=0.8, zorder=1)
    ax.annotate("would rise", (0.3, 0.93), xycoords="axes fraction", fontsize=9, color=ACCENT, fontweight="bold")
    ax.annotate("would fall", (0.97, 0.05), xycoords="axes fraction", fontsize=9, color=PALETTE[0], fontweight="bold",
                ha="right")  # fmt: skip
    taken: list[tuple[float, float]] = []
    for _, row in table.sort_values("imports_usd", ascending=False).iterrows():
        spot = (float(row["own"]) / top, float(row["new"]) / top)
        if any(abs(spot[0] - x) < 0.16 and abs(spot[1] - y) < 0.045 for x, y in taken):
            continue
        taken.append(spot)
        ax.annotate(str(row["name"]), (row["own"], row["new"]), xytext=(5, 3), textcoords="offset points", fontsize=7,
                    color=INK, zorder=4)  # fmt: skip
        if len(taken) == labels:
            break
    ax.set_xlim(-0.02 * top, top)
    ax.set_ylim(-0.02 * top, top)
    ax.set_xlabel("Uzbekistan's tariff now, simple average by chapter, per cent", fontsize=8)
    ax.set_ylabel("common external tariff, per cent (line: range)", fontsize=8)
    totals = result.totals()
    changes = [
        f"{int(totals.loc[d, 'chapters'])} chapters ({totals.loc[d, 'share']:.0%} of imports) {d}"
        for d in ("rise", "fall")
        if d in totals.index
    ]
    ax.set_title(f"To the common tariff: {', '.join(changes) or 'no chapter changes clearly'}", wrap=True)


def draw_equilibrium(result: Any, ax: Axes, most: int = 12, column: str = "welfare") -> None:
    """The economies whose welfare changes most, per cent, gains and losses apart by colour and sign."""
    table = result.to_frame()
    order = table[column].abs().sort_values(ascending=False, kind="stable").index[:most]
    shown = table.loc[order, column].sort_values(ascending=False, kind="stable")
    places = np.arange(len(shown))
    ax.barh(places, shown, color=[PALETTE[0] if v >= 0 else ACCENT for v in shown], height=0.65)
    for place, value in zip(places, shown, strict=True):
        label = format_number(value, signed=True)
        ax.annotate(label, (value, place), xytext=(3 if value >= 0 else -3, 0), textcoords="offset points",
                    va="center", ha="left" if value >= 0 else "right", fontsize=7.5)  # fmt: skip
    ax.axvline(0, color=INK, linewidth=0.8)
    named_rows(ax, places, [_name(str(code)) for code in shown.index])
    ax.margins(x=0.14)
    ax.set_xlabel(f"{column.replace('_', ' ')}, per cent; closure {result.spec['closure']}", fontsize=8)
    up, down = int((table[column] > 0).sum()), int((table[column] < 0).sum())
    ax.set_title(
        f"{_name(str(order[0]))} changes most: {format_number(table.loc[order[0], column], signed=True)} %; "
        f"{up} gain, {down} lose",
        wrap=True,
    )


def draw_partial_equilibrium(result: Any, ax: Axes, most: int = 10) -> None:
    """Trade created and diverted by partner."""
    table = result.by("partner")[["creation", "diversion"]]
    table = table.loc[table.abs().sum(axis=1).sort_values(ascending=False, kind="stable").index[:most]]
    places = np.arange(len(table))
    for shift, column, colour in ((-0.19, "creation", PALETTE[0]), (0.19, "diversion", ACCENT)):
        ax.barh(places + shift, table[column], height=0.36, color=colour)
        at = int(table[column].abs().to_numpy().argmax())
        value = float(table[column].iloc[at])
        ax.annotate(column, (value, at + shift), xytext=(3 if value >= 0 else -3, 0), textcoords="offset points",
                    va="center", ha="left" if value >= 0 else "right", fontsize=7.5, color=colour)  # fmt: skip
    ax.axvline(0, color=INK, linewidth=0.8)
    named_rows(ax, places, [_name(str(code)) for code in table.index])
    ax.margins(x=0.16)
    ax.set_xlabel("change of imports, in the unit of the imports given", fontsize=8)
    ax.set_title(
        f"Created {format_number(result.creation, signed=True)}, diverted {format_number(result.diversion)}, "
        f"revenue {format_number(result.revenue_change, signed=True)}"
    )


def draw_surge(result: Any, ax: Axes, most: int = 12) -> None:
    """The flows that lie furthest above what their own earlier years lead one to expect."""
    table = result.table[result.table["surged"]]
    last = table[table["year"] == table["year"].max()].sort_values("ratio", ascending=False, kind="stable").head(most)
    places = np.arange(len(last))
    ax.hlines(places, last["lower"] / 1e6, last["upper"] / 1e6, color=GREY, linewidth=4, alpha=0.5)
    ax.plot(last["expected"] / 1e6, places, "|", color=INK, markersize=9)
    ax.plot(last["observed"] / 1e6, places, "o", color=ACCENT, markersize=5)
    for place, row in zip(places, last.to_dict("records"), strict=True):
        ax.annotate(f"×{row['ratio']:.1f}", (row["observed"] / 1e6, place), xytext=(6, 0), textcoords="offset points",
                    fontsize=7.5, va="center", color=ACCENT)  # fmt: skip
    ax.set_xscale("log")
    named_rows(ax, places, [f"{_name(r.exporter)} to {_name(r.importer)}" for r in last.itertuples()], 7.5)
    year = int(last["year"].iloc[0]) if len(last) else ""
    base = f"{result.fit_years[0]}-{result.fit_years[1]}"
    ax.set_xlabel(f"million US dollars, log scale; dot: {year};\ntick and bar: expected from {base}", fontsize=7.5)
    share = float(result.table["surged"].mean())
    ax.set_title(
        f"{len(table)} of {len(result.table)} flow-years ({share:.0%}) lie above their expected range", wrap=True
    )


def tariff_exposure_data(result: Any) -> pd.DataFrame:
    """By year: ``percent, lower, upper``, trade in products with a tariff of 10 % against those with none."""
    table = result.table.set_index("year")
    ends = 100 * np.expm1(table[["estimate", "lower", "upper"]] * np.log(1.1))
    shown: pd.DataFrame = ends.rename(columns={"estimate": "percent"})
    return shown


def tariff_exposure_title(result: Any) -> str:
    """What the figure says."""
    change, low, high = map(higher_or_lower, result.percent)
    first, last = result.spec["post_years"]
    return f"Imports at a tariff of 10 % against none, {first}-{last}: {change} (from {low} to {high})"


def draw_tariff_exposure(result: Any, ax: Axes) -> None:
    """Leads and lags: each year against the last year before, in per cent for a tariff of 10 %; the windows shaded."""
    table = tariff_exposure_data(result)
    base = int(table.index[(table["lower"] == 0) & (table["upper"] == 0)][0])
    for name, colour in (("fit_years", SHADE), ("post_years", "#fbeadd")):
        first, last = result.spec[name]
        ax.axvspan(first - 0.45, last + 0.45, color=colour, zorder=0, linewidth=0)
        ax.annotate("before" if name == "fit_years" else "after", ((first + last) / 2, 0.02), fontsize=8, ha="center",
                    xycoords=("data", "axes fraction"), color=INK)  # fmt: skip
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.vlines(table.index, table["lower"], table["upper"], color=TREATED, linewidth=1.6)
    ax.plot(table.index, table["percent"], "o", color=TREATED, markersize=5)
    ax.plot(base, 0, "o", color=TREATED, markersize=6, markerfacecolor="white")
    ax.set_xticks(list(table.index))
    ax.tick_params(axis="x", labelsize=8)
    ax.set_ylabel(f"against {base}, %", fontsize=8)
    set_title(ax, tariff_exposure_title(result))


def partner_changes_data(result: Any) -> pd.DataFrame:
    """By flow and partner: ``before, after``, million US$ a year, without the totals and partners under 5 million."""
    table = result.table[~result.table["partner"].str.startswith("all")]
    table = table[table[["before", "after"]].max(axis=1) >= LEAST_SHOWN]
    shown: pd.DataFrame = table.set_index(["flow", "partner"])[["before", "after"]]
    return shown


def draw_partner_changes(result: Any, ax: Axes) -> None:
    """Per flow and partner: before (open) and after (filled) on a log scale, exports above imports."""
    table = partner_changes_data(result)
    places = np.arange(len(table)) + 0.8 * (table.index.get_level_values("flow") == "imports")
    for place, (before, after) in zip(places, table.to_numpy(), strict=True):
        colour = PALETTE[0] if after >= before else ACCENT
        ax.plot([before, after], [place, place], color=colour, linewidth=1.2)
        ax.plot(before, place, "o", color=colour, markersize=5, markerfacecolor="white")
        ax.plot(after, place, "o", color=colour, markersize=5)
    ax.set_xscale("log")
    labels = [f"{flow}: {_name(str(partner))}" for flow, partner in table.index]
    named_rows(ax, places, labels, 7)
    before, after = ("-".join(map(str, result.spec[name])) for name in ("before", "after"))
    ax.set_xlabel(f"million US$ a year, log scale; open: {before}, filled: {after}", fontsize=8)
    rows = result.table.set_index(["flow", "partner"])["change"]
    changes = [f"{flow} {rows[flow, 'RUS']:+.0f} %" for flow in ("exports", "imports")]
    set_title(ax, f"{_name(result.spec['economy'])}'s trade with Russia: {', '.join(changes)}")
