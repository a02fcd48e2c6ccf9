"""Trade by partner before and after an accession: own and partners' reports, gold apart, and Russia's other partners.

Two comparisons. Within the country's trade: partners in the union and partners outside, by both sides' reports. Within
the trade of Russia, Kazakhstan and China: the new member and their other partners, so that the rouble and demand there,
which all of them share, drop out (:mod:`.partner_years`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, NoDataError, require_level
from ...reference import economies as names
from ...reference.blocs import bloc as find_bloc
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result
from ...text import format_number, format_p_equals, year_span
from ..flows.flows import group_members, load_flows, side_by_side, trade_tables
from .own_reports import OWN_TABLE
from .partner_years import COLUMNS, against_others, by_matrices, difference, flow_label, partner_rules
from .reconcile import reconcile

SIDES = {"exports": ("exporter", "importer", "exporter_fob"), "imports": ("importer", "exporter", "importer_cif")}
MATRICES = ("world_4yearly", "world_2019", "world_2023")
FIRST_MATRIX = 2008  # earlier reports say little of how reliable a reporter is today
OTHERS, UNNAMED, RUSSIA = "others", "OTH", "RUS"
Years = tuple[int, int]


@dataclass(frozen=True)
class PartnerChanges(Result):
    """Trade by partner before and after an accession; from ``partner_changes``.

    Attributes
    ----------
    spec : mapping
        The economy, the bloc, the event and the windows.
    table : DataFrame
        A row per flow and partner: ``flow, partner``; ``before, after, latest`` (million US$ a year, own reports; the
        last from 2020 on, for information), ``change`` (per cent), ``share_before, share_after`` (per cent of the
        flow); ``mirror_before, mirror_after`` (the partner's report over the own one, both free on board),
        ``mirror_years``; ``both_change`` (per cent, by the weighted average of both reports in those years).
    with_russia : DataFrame
        A row per flow of Russia: ``flow, change, change_others, percent, lower, upper, p_value``: the change of trade
        with Russia by Russia's reports, that of Russia's other partners, and the difference; ``p_trend``: rank of its
        slope before; ``placebo``: the difference between the later and the earlier years before; ``without_trend``:
        the difference less that slope continued; ``lowest, highest``: leaving out one partner.
    by_year : DataFrame
        ``partner, year, flow, percent, lower, upper, others``: trade with Russia, Kazakhstan and China against their
        ``others`` other partners: an event study with effects of the partner and year. Russia's trade is known for
        every year and is set against the mean of the years before; that of the other two in 2008, 2012 (the base), 2016
        and 2019.
    reliability : DataFrame
        Standard deviation of the error of each reporter, in logs.
    checks : tuple of Check
        Whether both reports agree, whether trade with Russia already moved differently, and how it depends on gold.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade_policy.draw_partner_changes"

    spec: Mapping[str, Any]
    table: pd.DataFrame
    with_russia: pd.DataFrame
    by_year: pd.DataFrame
    reliability: pd.DataFrame
    checks: tuple[Check, ...]
    provenance: Provenance

    def summary(self) -> str:
        """Both tables, trade with Russia in two sentences, checks, sources."""
        before, after = self.spec["before"], self.spec["after"]
        shown = self.table.to_string(index=False, na_rep="", float_format=lambda v: f"{v:,.1f}")
        lines = [
            f"Trade of {names.economy_name(self.spec['economy'])} by partner, {year_span(after)} against "
            f"{year_span(before)}, event {self.spec['event']} (million US$ a year, current prices)",
            shown,
            "",
        ]
        lines += [russia_sentence(row, self.spec) for row in self.with_russia.to_dict("records")]
        lines += [
            "",
            "By year, against the partner's trade with its other partners, per cent. Russia, against the mean of",
        ]
        lines.append(f"{year_span(before)}; others, against {partner_rules()['matrices']['base']}:")
        shown = self.by_year.drop(columns="partner").to_string(index=False, float_format=lambda v: f"{v:+.1f}")
        lines += [shown, *self._without_years()]
        return self._ended([*lines, ""], "")

    def _without_years(self) -> list[str]:
        wanted = [flow_label(flow, p) for p in partner_rules()["matrices"]["partners"] for flow in SIDES]
        lost = [label for label in wanted if label not in set(self.by_year["flow"])]
        return [f"Not in every year, so left out: {', '.join(lost)}."] if lost else []


def russia_sentence(row: Mapping[Any, Any], spec: Mapping[str, Any]) -> str:
    """One flow of Russia against that of its other partners."""
    ends = f"{format_number(row['lower'], signed=True)} to {format_number(row['upper'], signed=True)} %"
    return (
        f"{row['flow']}, by Russia's reports: {format_number(row['change'], signed=True)} %; with Russia's "
        f"{spec['comparators']} other partners {format_number(row['change_others'], signed=True)} % on average; "
        f"difference {format_number(row['percent'], signed=True)} % ({spec['level']:.0%} interval {ends}, "
        f"{format_p_equals(row['p_value'])}, smallest possible {1 / (spec['comparators'] + 1):.2f})"
    )


def has_partner_changes(economy: str, bloc: str = "EAEU") -> bool:
    """Whether there is an own table of partners around the accession of this economy."""
    code = names.resolve(economy)
    return code in partner_rules()["shown"] and code in find_bloc(bloc).members()


def partner_changes(economy: str = "KGZ", bloc: str = "EAEU", *, level: float = settings.LEVEL) -> PartnerChanges:
    """Compare a member's trade with each partner before and after it joined.

    Parameters
    ----------
    economy : str, default "KGZ"
        Kyrgyzstan or Armenia, by name or code: members with a table of their own around the accession.
    bloc : str, default "EAEU"
        The bloc that it joined.
    level : float, default 0.9
        Level of the intervals, between 0 and 1.

    Returns
    -------
    PartnerChanges
        Changes by partner from own and partners' reports, and against Russia's other partners.

    Raises
    ------
    BadInputError
        If there is no such table for the economy, or an argument is not usable.
    NoDataError
        If a window has no data.

    Notes
    -----
    The windows are those of :func:`eaeu_analysis.before_after`: five years before, the year of accession left out, four
    years after. Reports of both sides are brought to free on board and weighted by the reliability of the reporters
    (Gaulier and Zignago 2010). Changes of trade with Russia are differences of logarithms from those of Russia's
    other partners with equal weights; the interval is that of a new observation, the p-value a rank.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.partner_changes("KGZ")
    >>> row = found.table.query("flow == 'imports' and partner == 'RUS'").iloc[0]
    >>> round(row["before"]), round(row["after"])
    (1620, 1323)
    """
    code = names.resolve(economy)
    if not has_partner_changes(code, bloc):
        known = ", ".join(sorted(partner_rules()["shown"]))
        raise BadInputError(
            f"{names.economy_name(code)} has no table of partners around an accession; there is one for {known}"
        )
    require_level(level)
    event = find_bloc(bloc).accession(code)
    before = (event.year - settings.PRE_YEARS, event.year - 1)
    after = (event.year + settings.SKIP_YEARS, min(event.year + settings.POST_YEARS, settings.LAST_CLEAN_YEAR))
    reports, reliability = _both_reports(code)
    groups = _groups(code)
    table = pd.concat([_changes(code, flow, groups, before, after, reports) for flow in SIDES], ignore_index=True)
    rules = partner_rules()["russia"]
    with_russia, by_year = _with_russia(code, before, after, level)
    by_year = pd.concat([by_year, by_matrices(code, level)], ignore_index=True)
    spec = {
        "economy": code,
        "bloc": bloc,
        "event": event.isoformat(),
        "before": before,
        "after": after,
        "level": level,
        "comparators": len(rules["comparators"]),
        "comparator_note": rules["note"],
    }
    series = dict.fromkeys([OWN_TABLE[code], "russia_annual", *_partner_tables(code), *MATRICES])
    return PartnerChanges(
        spec,
        table,
        with_russia,
        by_year,
        reliability,
        _checks(code, table, with_russia, after),
        Provenance(
            tuple(FLOWS.info(name) for name in series),
            "means before and after by partner, both reports; differences from Russia's other partners",
            "Gaulier and Zignago (2010), BACI",
        ),
    )


def _groups(code: str) -> dict[str, list[str]]:
    return {
        name: [m for m in (group_members(name) if name in trade_tables()["groups"] else [name]) if m != code]
        for name in partner_rules()["shown"][code]
    }


def _own(code: str, flow: str) -> pd.DataFrame:
    """The economy's own report of a flow: years by partners, million US$; NaN without a record."""
    own, other, basis = SIDES[flow]
    flows = load_flows(OWN_TABLE[code])
    mine = flows[(flows[own] == code) & (flows["basis"] == basis)]
    return mine.pivot_table(index="year", columns=other, values="usd", aggfunc="sum") / 1e6


def _changes(
    code: str, flow: str, groups: Mapping[str, list[str]], before: Years, after: Years, reports: pd.DataFrame
) -> pd.DataFrame:
    """Rows of ``PartnerChanges.table`` of one flow."""
    wide = _own(code, flow).fillna(0.0)  # national statistics are complete: no record is no trade
    gold = list(partner_rules()["gold"].get(code, [])) if flow == "exports" else []
    if gold:  # a group that takes gold is shown without it
        shown = {name: [m for m in members if m not in gold] for name, members in groups.items()}
        groups = {name if shown[name] == groups[name] else f"{name} without gold": shown[name] for name in groups}
    parts = {name: wide.reindex(columns=members, fill_value=0.0).sum(axis=1) for name, members in groups.items()}
    parts["all"] = wide.sum(axis=1)
    named = {m for members in groups.values() for m in members}
    parts[OTHERS] = wide.drop(columns=[c for c in wide.columns if c in named]).sum(axis=1)
    if gold:
        without = wide.drop(columns=[c for c in (*gold, UNNAMED) if c in wide.columns])
        parts["all without gold"] = without.sum(axis=1)
        parts[OTHERS] = without.drop(columns=[c for c in without.columns if c in named]).sum(axis=1)
        parts["gold and unnamed"] = parts["all"] - parts["all without gold"]
    rows = []
    for name, values in parts.items():
        first, last = (_mean(values, span) for span in (before, after))
        total = [_mean(parts["all"], span) for span in (before, after)]
        row = {
            "flow": flow,
            "partner": name,
            "before": first,
            "after": last,
            "change": 100 * (last / first - 1) if first > 0 else np.nan,
            "share_before": 100 * first / total[0],
            "share_after": 100 * last / total[1],
            "latest": float(values[values.index > settings.LAST_CLEAN_YEAR].mean()),
        }
        rows.append(row | (_mirror(code, flow, groups[name], before, after, reports) if name in groups else {}))
    return pd.DataFrame(rows)


def _mean(values: pd.Series[Any], span: Years) -> float:
    years = range(span[0], span[1] + 1)
    missing = [year for year in years if year not in values.index]
    if missing:
        raise NoDataError(f"the table has no year {missing[0]} (it has {values.index.min()} to {values.index.max()})")
    return float(values.loc[list(years)].mean())


def _partner_tables(code: str) -> list[str]:
    return [name for member, name in sorted(OWN_TABLE.items()) if member != code]


def _both_reports(code: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Own and partners' reports of all economies with tables, weighted; national tables come before the matrices."""
    frames = []
    for name in (OWN_TABLE[code], *_partner_tables(code), *MATRICES):
        flows = load_flows(name)
        flows = flows[(flows["year"] >= FIRST_MATRIX) & (flows["exporter"] != flows["importer"])]
        reporters = list(OWN_TABLE)
        frames.append(flows[flows["exporter"].isin(reporters) | flows["importer"].isin(reporters)])
    side = side_by_side(*frames)
    plain = (side["exporter"] != UNNAMED) & (side["importer"] != UNNAMED)
    return reconcile(side[plain].reset_index(drop=True))


def _mirror(
    code: str, flow: str, members: list[str], before: Years, after: Years, reports: pd.DataFrame
) -> dict[str, Any]:
    """The partners' report over the own one in each window, in the years for which both are known."""
    own, other, _ = SIDES[flow]
    rows = reports[(reports[own] == code) & reports[other].isin(members) & (reports["known"] == "both")]
    mine, theirs = ("exporter_usd", "importer_fob") if flow == "exports" else ("importer_fob", "exporter_usd")
    found: dict[str, Any] = {}
    means, years = [], []
    for name, span in (("mirror_before", before), ("mirror_after", after)):
        within = rows[rows["year"].between(*span)]
        base = float(within[mine].sum())
        found[name] = float(within[theirs].sum()) / base if base > 0 else np.nan
        listed = sorted(int(year) for year in within["year"].unique())
        years.append(_listed(listed))
        means.append(float(within["reconciled_usd"].sum()) / len(listed) if listed else np.nan)
    found["mirror_years"] = "; ".join(years) if all(years) else ""
    found["both_change"] = 100 * (means[1] / means[0] - 1) if means[0] and means[0] > 0 else np.nan
    return found


def _listed(years: list[int]) -> str:
    if len(years) > 1 and years == list(range(years[0], years[-1] + 1)):
        return f"{years[0]}-{years[-1]}"
    return ", ".join(map(str, years))


def _with_russia(code: str, before: Years, after: Years, level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Trade with Russia against that of Russia's other partners, by Russia's reports."""
    others = list(partner_rules()["russia"]["comparators"])
    rows, years = [], []
    for flow, label in (("imports", "imports from Russia"), ("exports", "exports to Russia")):
        side, _, _ = SIDES["exports" if flow == "imports" else "imports"]  # Russia exports what the member imports
        partner = "importer" if side == "exporter" else "exporter"
        flows = load_flows("russia_annual")
        wide = flows[flows[side] == RUSSIA].pivot_table(index="year", columns=partner, values="usd", aggfunc="sum")
        logs = wide[[code, *others]].loc[before[0] : settings.LAST_CLEAN_YEAR].map(np.log)
        if logs.isna().any().any():
            lost = logs.columns[logs.isna().any()][0]
            raise NoDataError(f"Russia's table lacks a year of {label} for {lost}")
        base = logs.loc[before[0] : before[1]].mean()
        change = logs.loc[after[0] : after[1]].mean() - base
        gap, half = difference(change, code, others, level)
        early = logs.loc[before[0] : before[1]]
        slope = pd.Series(np.polyfit(np.arange(len(early)), early.to_numpy(), 1)[0], index=early.columns)
        distance = (sum(after) - sum(before)) / 2
        gaps = [difference(change, code, [o for o in others if o != out], level)[0] for out in others]
        half_way = len(early) // 2 + len(early) % 2
        placebo = difference(early.iloc[half_way:].mean() - early.iloc[:half_way].mean(), code, others, level)[0]
        rows.append(
            {
                "flow": label,
                "change": 100 * np.expm1(change[code]),
                "change_others": 100 * np.expm1(change[others].mean()),
                "percent": 100 * np.expm1(gap),
                "lower": 100 * np.expm1(gap - half),
                "upper": 100 * np.expm1(gap + half),
                "p_value": _rank(change, code, others),
                "p_trend": _rank(slope, code, others),
                "placebo": 100 * np.expm1(placebo),
                "without_trend": 100 * np.expm1(difference(change - slope * distance, code, others, level)[0]),
                "lowest": 100 * np.expm1(min(gaps)),
                "highest": 100 * np.expm1(max(gaps)),
            }
        )
        years += against_others(logs - base, code, others, RUSSIA, label, level)
    return pd.DataFrame(rows), pd.DataFrame(years, columns=COLUMNS)


def _rank(values: pd.Series[Any], code: str, others: list[str]) -> float:
    """Share of economies that lie at least as far from the mean of the rest as this one; it counts among them."""
    names_of = [code, *others]
    apart = {name: abs(values[name] - values[[o for o in names_of if o != name]].mean()) for name in names_of}
    return float(np.mean([apart[name] >= apart[code] - 1e-12 for name in names_of]))


def _checks(code: str, table: pd.DataFrame, with_russia: pd.DataFrame, after: Years) -> tuple[Check, ...]:
    made = []
    for flow, label in (("imports", "imports from Russia"), ("exports", "exports to Russia")):
        row = table[(table["flow"] == flow) & (table["partner"] == RUSSIA)].iloc[0]
        theirs = with_russia[with_russia["flow"] == label].to_dict("records")[0]
        own = float(np.log1p(row["change"] / 100) - np.log1p(theirs["change_others"] / 100))
        gap = float(np.log1p(theirs["percent"] / 100))
        reach = float(np.log1p(theirs["upper"] / 100)) - gap
        clear = abs(gap) > reach
        both = (
            f"{label} changed by {row['change']:+.1f} % by own and {theirs['change']:+.1f} % by Russian reports; "
            f"against Russia's other partners by {100 * np.expm1(own):+.1f} and {theirs['percent']:+.1f} %; passes "
            "when both are beyond the interval of the difference, or neither is"
        )
        agree = own * np.sign(gap) > reach if clear else abs(own) <= reach
        trend = (
            f"slope of {label} before, against Russia's other partners: {format_p_equals(theirs['p_trend'])}; "
            "passes at 0.10 and above"
        )
        placebo, rest, estimate = (np.log1p(theirs[name] / 100) for name in ("placebo", "without_trend", "percent"))
        moved = (
            f"between the earlier and the later years before, {label} moved by {theirs['placebo']:+.1f} % against "
            f"Russia's other partners, after accession by {theirs['percent']:+.1f} %; passes when the first is "
            "smaller"
        )
        continued = (
            f"less the slope before, continued, {label} moved by {theirs['without_trend']:+.1f} % against Russia's "
            "other partners; passes when the slope changes the estimate by no more than half"
        )
        kept, near = theirs["percent"], abs(rest - estimate) <= abs(estimate) / 2
        low, high = theirs["lowest"], theirs["highest"]
        spread = f"from {low:+.1f} to {high:+.1f} %; passes when the sign never changes"
        made += [
            Check(f"both reports, {flow}", agree, 100 * np.expm1(own), kept, both),
            Check.at_least(f"trend before, {flow}", theirs["p_trend"], 0.10, trend, role="fatal"),
            Check(f"placebo in time, {flow}", abs(placebo) < abs(estimate), theirs["placebo"], kept, moved),
            Check(f"trend continued, {flow}", near, theirs["without_trend"], kept, continued),
            Check(f"leave one partner out, {flow}", np.sign(low) == np.sign(high), low, 0, spread),
        ]
    exports = table[table["flow"] == "exports"].set_index("partner")["change"]
    if "all without gold" in exports.index:
        whole, bare = float(exports["all"]), float(exports["all without gold"])
        text = (
            f"exports changed by {whole:+.1f} % with gold and by {bare:+.1f} % without partners that take it; "
            "passes when the signs agree"
        )
        made.append(Check("gold", np.sign(whole) == np.sign(bare), bare, None, text))
    return tuple(made)
