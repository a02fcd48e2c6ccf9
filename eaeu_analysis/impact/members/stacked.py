"""Members that joined in the same year as one experiment, with the exposure of every economy to the rouble as control.

Armenia joined in January and Kyrgyzstan in August 2015, just after the rouble had fallen. All economies that trade with
Russia or live on money from it felt the fall, each by its exposure. With unit effects and year effects

    y_it = a_i + d_t + beta member_i after_t + (theta_1 trade_i + theta_2 money_i) ln(rouble rate)_t + e_it

the exposures (goods trade with Russia in 2005 and remittances from Russia in 2010-13, % of GDP) take the fall of the
rouble out as far as it is proportional to them; the crash of 2009 helps to estimate the thetas. Rule, fixed before the
estimate was seen: the comparators are those of the pool "rouble", years 2005-19 without the year of accession, after is
2016-19. Two treated units are too few for errors by cluster: the p-value ranks the estimate among all pairs of
comparators put in the members' place (as in Abadie, Diamond and Hainmueller 2010), and the interval inverts that rank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...arrays import Array
from ...compare.comparators import pool_definitions
from ...data.load import load_panel
from ...data.panel import Panel
from ...errors import BadInputError, NoDataError, as_names, require_level
from ...reference import economies
from ...reference.blocs import bloc as find_bloc
from ...reference.catalogue import outcome as find_outcome
from ...remittances.ties_with_russia import COLUMNS, with_exposure
from ...results import Check, Finding, Provenance, TableResult, finding_of, source_lines
from ...text import format_number, format_p_equals

MEMBERS = ("ARM", "KGZ")
OUTCOMES = ("trade", "exports", "remittances", "gdp_per_head")
RATE, FIRST_YEAR, EXPOSURE_YEARS = "PA.NUS.FCRF", 2005, (2010, 2013)
LEAST_YEARS = 8  # of a unit
TREND_YEARS = 3  # the last years before, against the earlier ones


@dataclass(frozen=True, eq=False)
class StackedMembers(TableResult):
    """Effect of joining on several members at once, with exposure to the rouble as control; from ``stacked_members``.

    Attributes
    ----------
    spec : mapping
        Members, comparators, years and level.
    table : DataFrame
        A row per outcome: ``outcome, measure, estimate, lower, upper, p_value, uncontrolled`` (the estimate without the
        exposures), ``lowest, highest`` (leaving one unit out), ``p_before`` (rank of the placebo in time), ``pairs``,
        ``finding``.
    exposures : DataFrame
        Exposure of each unit, per cent of GDP.
    level : float
        Level of the intervals.
    checks : tuple of Check
        Two for each outcome: placebo in time (fatal), sign without any one unit.
    provenance : Provenance
        Series and method.
    """

    drawn_by = "impact.draw_stacked_members"

    exposures: pd.DataFrame

    def summary(self) -> str:
        """One sentence an outcome, the exposures, checks, sources."""
        spec = self.spec
        lines = [
            f"{' and '.join(spec['members'])} together, {spec['after'][0]}-{spec['after'][1]} against "
            f"{spec['first_year']}-{spec['before']}, comparators {', '.join(spec['comparators'])}; exposure to the "
            "rouble as control"
        ]
        for row in self.table.to_dict("records"):
            lines.append(
                f"  {row['outcome']}: {format_number(row['estimate'], signed=True)} {row['measure']}, {self.level:.0%} "
                f"interval {format_number(row['lower'])} to {format_number(row['upper'])}, "
                f"{format_p_equals(row['p_value'])} among {row['pairs'] + 1} (without control "
                f"{format_number(row['uncontrolled'], signed=True)}; leaving one unit out "
                f"{format_number(row['lowest'])} to {format_number(row['highest'])}): {row['finding']}"
            )
        shown = self.exposures.to_string(float_format=lambda v: f"{v:.1f}")
        lines += ["", *(f"  {row}" for row in shown.split("\n")), ""]
        lines += [f"  [{check.mark}] {check.scope}, {check.name}: {check.text}" for check in self.checks]
        return "\n".join([*lines, *source_lines(self.provenance, "  ")])


def stacked_members(
    outcomes: Sequence[str] = OUTCOMES,
    members: Sequence[str] = MEMBERS,
    bloc: str = "EAEU",
    *,
    panel: Panel | None = None,
    level: float = settings.LEVEL,
) -> StackedMembers:
    """Estimate the effect of joining on members that joined in the same year, with exposure to the rouble as control.

    Parameters
    ----------
    outcomes : sequence of str, default ("trade", "exports", "remittances", "gdp_per_head")
        Outcomes of the catalogue.
    members : sequence of str, default ("ARM", "KGZ")
        Two members or more that joined in one year.
    bloc : str, default "EAEU"
        The bloc that they joined.
    panel : Panel, optional
        Data with the outcomes and the exchange rate of the rouble. None takes the pinned series.
    level : float, default 0.9
        Level of the intervals, between 0 and 1.

    Returns
    -------
    StackedMembers
        A row per outcome, with checks.

    Raises
    ------
    BadInputError
        If the members did not join in one year, or an outcome is unknown.
    NoDataError
        If too few units have data.

    Notes
    -----
    Least squares with unit and year effects. The p-value is the rank among pairs of comparators in the members' place
    (Abadie, Diamond and Hainmueller 2010); with six comparators there are 15 pairs, and the smallest p-value is 1/16.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.stacked_members(["trade"])
    >>> found.spec["comparators"], found.table["pairs"].item()
    (['AZE', 'GEO', 'MDA', 'TJK', 'UKR', 'UZB'], 15)
    """
    chosen = as_names("outcomes", outcomes)
    codes = [economies.resolve(name) for name in as_names("members", members)]
    if len(codes) < 2 or len(set(codes)) < len(codes):
        raise BadInputError(f"members {', '.join(codes)}: expected two or more different ones")
    require_level(level)
    years = {find_bloc(bloc).accession(code).year for code in codes}
    if len(years) > 1:
        raise BadInputError(f"{', '.join(codes)} joined in {', '.join(map(str, sorted(years)))}; expected one year")
    event = years.pop()
    others = sorted(member.economy for member in pool_definitions()["rouble"].members if member.economy not in codes)
    data = with_exposure(panel or _panel(chosen))
    exposures = _exposures(data, [*codes, *others])
    rate = np.log(data.wide(RATE)["RUS"].loc[FIRST_YEAR : settings.LAST_CLEAN_YEAR])
    rows, checks = [], []
    for name in chosen:
        made, tests = _one(data, name, codes, others, exposures, rate, event, level)
        rows.append(made)
        checks += tests
    spec = {
        "members": codes,
        "comparators": others,
        "event": event,
        "first_year": FIRST_YEAR,
        "before": event - 1,
        "after": [event + 1, settings.LAST_CLEAN_YEAR],
        "outcomes": list(chosen),
        "level": level,
    }
    series = tuple(data.info(name) for name in (*chosen, RATE, *COLUMNS))
    method = "least squares with unit and year effects, exposure to the rouble as control; rank among pairs"
    reference = "Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105(490)"
    provenance = Provenance(series, method, reference, spec)
    return StackedMembers(spec, pd.DataFrame(rows), level, tuple(checks), provenance, exposures)


def _panel(outcomes: Sequence[str]) -> Panel:
    return load_panel([*outcomes, RATE])


def _exposures(data: Panel, units: Sequence[str]) -> pd.DataFrame:
    """Exposure of each unit: trade in the one year that is known, remittances as a mean over the years before."""
    trade, money = (data.wide(name) for name in COLUMNS)
    first, last = EXPOSURE_YEARS
    table = pd.DataFrame({COLUMNS[0]: trade.mean(), COLUMNS[1]: money.loc[first:last].mean()}).reindex(list(units))
    if table.isna().any().any():
        raise NoDataError(f"exposure to Russia is not known of {table.index[table.isna().any(axis=1)][0]}")
    return table.rename_axis("economy")


def _one(
    data: Panel,
    name: str,
    members: list[str],
    others: list[str],
    exposures: pd.DataFrame,
    rate: pd.Series[Any],
    event: int,
    level: float,
) -> tuple[dict[str, Any], list[Check]]:
    """The row and the checks of one outcome."""
    frame = data.with_outcome(name) if name not in data.frame.columns else data
    wide = frame.wide(name).reindex(columns=[*members, *others]).loc[FIRST_YEAR : settings.LAST_CLEAN_YEAR]
    logs = find_outcome(name).log
    wide = wide.map(math.log) if logs else wide  # NaN stays NaN
    wide = wide.drop(index=event, errors="ignore")
    short = [code for code in wide.columns if wide[code].notna().sum() < LEAST_YEARS]
    if set(short) & set(members) or len(others) - len(short) < 4:
        raise NoDataError(f"{name}: too few years of {', '.join(short)} for a stacked estimate")
    pool = [code for code in others if code not in short]
    after = (wide.index > event).astype(float)

    def estimate(treated: Sequence[str], units: Sequence[str], control: bool = True) -> float:
        return stacked_estimate(wide[list(units)], treated, after, exposures, rate, control)

    value = estimate(members, [*members, *pool])
    pairs = list(combinations(pool, len(members)))
    placebos = np.array([estimate(pair, pool) for pair in pairs])
    without = [estimate([m for m in members if m != out], [u for u in [*members, *pool] if u != out])
               for out in [*members, *pool]]  # fmt: skip
    early = wide.loc[: event - 1]
    late = (early.index > event - 1 - TREND_YEARS).astype(float)
    trend = stacked_estimate(early, members, late, exposures, rate, True)
    trends = [stacked_estimate(early[pool], pair, late, exposures, rate, True) for pair in pairs]
    p_before = _rank(trend, np.array(trends))
    reach = float(np.sort(np.abs(placebos))[min(len(pairs) - 1, int(np.ceil(level * (len(pairs) + 1))) - 1)])
    measure, scale = ("log points", 100.0) if logs else (find_outcome(name).unit, 1.0)
    placebo_in_time_text = (
        f"the last {TREND_YEARS} years before against the earlier ones: "
        f"{format_number(scale * trend, signed=True)}, {format_p_equals(p_before)}; passes at 0.10 and above"
    )
    farthest = min(without, key=lambda one: one * np.sign(value))
    sign_text = (
        f"from {format_number(scale * min(without))} to {format_number(scale * max(without))}; passes when the "
        "sign never changes"
    )
    checks = [
        Check("placebo in time", p_before >= 0.10, p_before, 0.10, placebo_in_time_text, role="fatal", scope=name),
        Check("sign without any one unit", farthest * np.sign(value) > 0, scale * farthest, 0, sign_text, scope=name),
    ]
    p_value = _rank(value, placebos)
    finding: Finding = finding_of(value, (value - reach, value + reach), level, p_value, tuple(checks))
    row = {
        "outcome": name,
        "measure": measure,
        "estimate": scale * value,
        "lower": scale * (value - reach),
        "upper": scale * (value + reach),
        "p_value": p_value,
        "uncontrolled": scale * estimate(members, [*members, *pool], control=False),
        "lowest": scale * min(without),
        "highest": scale * max(without),
        "p_before": p_before,
        "pairs": len(pairs),
        "finding": finding,
    }
    return row, checks


def stacked_estimate(
    wide: pd.DataFrame,
    treated: Sequence[str],
    after: Array,
    exposures: pd.DataFrame,
    rate: pd.Series[Any],
    control: bool,
) -> float:
    """Least squares with unit and year effects of ``wide`` (years by units; NaN left out), the coefficient of treated
    times after."""
    values = wide.to_numpy(dtype=float)
    year, unit = np.nonzero(np.isfinite(values))
    columns = [after[year] * wide.columns.isin(list(treated))[unit]]
    if control:
        log_rate = rate.reindex(wide.index).to_numpy()[year]
        columns += [exposures[name].reindex(wide.columns).to_numpy()[unit] * log_rate for name in exposures.columns]
    years = np.unique(year)
    design = np.column_stack([*columns, unit[:, None] == np.unique(unit), year[:, None] == years[1:]])
    found, _, rank, _ = np.linalg.lstsq(design, values[year, unit], rcond=None)
    if rank < design.shape[1]:
        raise NoDataError("the stacked design is collinear: too few units or years")
    return float(found[0])


def _rank(value: float, placebos: Array) -> float:
    """Share of pairs at least as far from zero, the members among them."""
    return float((1 + (np.abs(placebos) >= abs(value) - 1e-12).sum()) / (1 + len(placebos)))
