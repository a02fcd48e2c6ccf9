"""What a union did to its members: the one default question for every member and outcome, and other donor pools.

The specification is data (data/tables/impact.toml), fixed before any estimate was seen. The headline is that of the
economies alike; the strictest and the widest pool, and the one that shared the fall of the rouble, are shown too.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ... import settings
from ...compare.comparators import population
from ...compare.likeness import likeness_rule
from ...compare.membership import memberships as membership
from ...data.panel import Panel, event_year, require_years
from ...errors import BadInputError, EaeuError, NoDataError, require_option
from ...parallel import fan_out
from ...reference.blocs import bloc as find_bloc
from ...reference.catalogue import outcome as find_outcome
from ...reference.catalogue import parse, read_table, table_path
from ...remittances.ties_with_russia import with_exposure
from ...results import Check, Provenance, TableResult
from ...series import SeriesInfo
from ...text import format_number, format_p_equals
from .. import methods
from ..curve.grid import PredictorRule
from ..effect import Effect, interval_text
from ..question.default import analysed, default_rule
from ..question.predictors import Predictor
from .pooled import placebos_of, pool_each


@dataclass(frozen=True)
class EffectsPlan:
    """The specification: outcomes, headline method, donor pools (some with predictors) and those shown next to it."""

    outcomes: tuple[str, ...]
    method: str
    default_pools: tuple[str, ...]
    alternatives: tuple[str, ...]
    pools: Mapping[str, Mapping[str, Any]]

    @property
    def headline(self) -> str:
        """The pool of the headline."""
        return self.default_pools[0]


@functools.lru_cache
def effects_plan() -> EffectsPlan:
    """data/tables/impact.toml."""
    raw = read_table(table_path("impact"))
    return EffectsPlan(
        tuple(raw["outcomes"]),
        default_rule().method,
        tuple(raw["default_pools"]),
        tuple(raw["alternatives"]),
        raw["pools"],
    )


@dataclass(frozen=True)
class EffectQuestion:
    """One estimate to be made: of which member, when, of what, against whom, how."""

    unit: str
    event: str
    outcome: str
    pool: str
    method: str


@dataclass(frozen=True, eq=False)
class UnionEffects(TableResult):
    """Effects of joining a union, a row per member, outcome and donor pool.

    Attributes
    ----------
    spec : mapping
        The question and all settings as plain values.
    table : DataFrame
        ``unit, name, event, outcome, label, measure, method, pool, estimate, lower, upper, p_value, finding, verdict,
        pre_rmse, scale, donors, weights, failed, reason``. ``scale`` is what the placebo test divides by (else
        ``pre_rmse``); ``reason`` says why there is no estimate. Effects on outcomes in logarithms are in log points x
        100, about per cent.
    effects : mapping of EffectQuestion to Effect
        The effect of each question that was answered.
    level : float
        Confidence level.
    checks : tuple of Check
        Among others, how many questions stand out against how many would by chance.
    provenance : Provenance
        Series and method.
    pooled : DataFrame
        A row per outcome and pool that several members have effects of: ``outcome, label, measure, pool, members,
        estimate, lower, upper, p_value, reason``.
    """

    drawn_by = "impact.draw_union_effects"

    effects: Mapping[EffectQuestion, Effect]
    pooled: pd.DataFrame

    def require_some(self) -> UnionEffects:
        """Itself; NoDataError with the first reason when nothing could be estimated."""
        if not self.effects:
            raise NoDataError(f"nothing can be estimated, {len(self.table)} tried: {self.table['reason'].iloc[0]}")
        return self

    def summary(self) -> str:
        lines = [f"Effects of joining the {self.spec['bloc']}, {methods.find_method(self.spec['method']).label}"]
        for (unit, event, pool), rows in self.table.groupby(["unit", "event", "pool"], sort=False):
            label = effects_plan().pools.get(str(pool), {}).get("label", pool)
            lines += ["", f"{rows['name'].iloc[0]} ({unit}), {event}; donors: {label}"]
            for row in rows.to_dict("records"):
                if row["reason"]:
                    lines.append(f"  {row['label']}: not estimated: {row['reason']}")
                    continue
                lines.append(
                    f"  {row['label']}: {format_number(row['estimate'])} ({row['measure']}), "
                    f"{self.level:.0%} interval "
                    f"{interval_text((row['lower'], row['upper']))}, {format_p_equals(row['p_value'])}: "
                    f"{row['finding']}"
                )
                if row["weights"]:
                    lines.append(f"    drawn from {row['weights']}")
                if row["failed"]:
                    lines.append(f"    checks failed: {row['failed']}")
        for pool, rows in self.pooled.groupby("pool", sort=False):
            lines += ["", f"Members together; donors: {effects_plan().pools.get(str(pool), {}).get('label', pool)}"]
            lines += [
                f"  {row['label']}: {row['members']} members, {format_number(row['estimate'])} "
                f"({row['measure']}), "
                f"{self.level:.0%} interval {interval_text((row['lower'], row['upper']))}, "
                f"{format_p_equals(row['p_value'])}"
                if not row["reason"]
                else f"  {row['label']}: {row['members']} members, not pooled: {row['reason']}"
                for row in rows.to_dict("records")
            ]
        return self._ended([*lines, ""])


def union_effects(
    panel: Panel,
    outcomes: Sequence[str] | None = None,
    bloc: str = "EAEU",
    *,
    units: Sequence[str] | None = None,
    method: str | None = None,
    pools: Sequence[str] | None = None,
    level: float = settings.LEVEL,
    seed: int = 0,
    jobs: int = 1,
    dask: str | None = None,
) -> UnionEffects:
    """Effect of joining a union for every member, outcome and donor pool, by one estimator.

    The specification was fixed before any estimate was seen (``data/tables/impact.toml``); arguments left out take it.

    Parameters
    ----------
    panel : Panel
        World panel with the outcomes, from :func:`~eaeu_analysis.load_panel`.
    outcomes : sequence of str, optional
        Outcomes of the catalogue.
    bloc : str, default "EAEU"
        The union. A member's event is the first stage that it joined.
    units : sequence of str, optional
        Members. By default all.
    method : str, optional
        The estimator: "sc", "sc-demeaned", "augmented", "sdid", "difp", "did", "mc", "interrupted_series" or
        "segmented".
    pools : sequence of str, optional
        Names of donor sets: "alike" (the default), "strict", "wide", "rouble", see
        :func:`~eaeu_analysis.synthetic_control`, and "exposure" (matched on ties with Russia).
    level : float, default 0.90
        Confidence level.
    seed : int, default 0
        Seed of what is drawn.
    jobs : int, default 1
        Worker processes. The result does not depend on their number.
    dask : str, optional
        Address of a Dask scheduler to use instead.

    Returns
    -------
    UnionEffects
        What cannot be estimated is a row with its reason.

    Raises
    ------
    BadInputError
        If the bloc, a member, an outcome, the method or a pool is not known.

    Notes
    -----
    Members are pooled by ranking the mean of their standardised effects among means over random sets of donors.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.union_effects(ea.load_panel(["fdi", "SP.POP.TOTL"]), ["fdi"], units=["KGZ"])
    >>> found.table[["unit", "outcome", "pool"]].values.tolist()
    [['KGZ', 'fdi', 'alike']]
    """
    require_years(panel, "union_effects")
    fixed = effects_plan()
    method = methods.find_method(method or fixed.method).name
    names = [find_outcome(name).name for name in (outcomes or fixed.outcomes)]
    chosen = list(pools or fixed.default_pools)
    for pool in chosen:
        require_option("donor pool", pool, fixed.pools)
    questions = [
        EffectQuestion(unit, event, name, pool, method)
        for unit, event in member_events(panel, bloc, units)
        for pool in chosen
        for name in names
    ]
    prepared, columns = prepare(panel, names)
    if any(fixed.pools[pool].get("predictors") for pool in chosen):
        prepared = with_exposure(prepared)
    work = functools.partial(_answer_one, prepared, columns, bloc, level, seed)
    answers = list(fan_out(work, questions, jobs, dask, fits=_fits))
    table = pd.DataFrame([_row(panel, q, a) for q, a in zip(questions, answers, strict=True)])
    effects = {q: a for q, a in zip(questions, answers, strict=True) if not isinstance(a, str)}
    spec = {"bloc": bloc, "outcomes": names, "method": method, "pools": chosen, "level": level, "seed": seed}
    infos: dict[str, SeriesInfo] = {i.key: i for e in effects.values() for i in e.provenance.series}
    provenance = Provenance(tuple(infos[k] for k in sorted(infos)), methods.find_method(method).label, "", spec)
    groups = {
        (pool, name): [effect for q, effect in effects.items() if (q.pool, q.outcome) == (pool, name)]
        for pool in chosen
        for name in names
    }
    pooled = pool_each(groups, level, seed)
    return UnionEffects(spec, table, level, _checks(table, level), provenance, effects, pooled)


def prepare(panel: Panel, outcomes: Iterable[str]) -> tuple[Panel, dict[str, str]]:
    """The panel with every outcome as a column, levels in logarithms; and the column by outcome."""
    columns = {}
    for name in outcomes:
        panel, columns[name] = analysed(panel, name)
    return panel, columns


def donor_pool(panel: Panel, unit: str, bloc: str, event: int) -> list[str]:
    """Economies that never join the bloc and are large enough; the treated unit is not among them."""
    members = set(find_bloc(bloc).to_frame()["economy"]) - set(find_bloc(bloc).observers)
    known = population()
    years = known.index.get_level_values(1)
    first, last = int(years.min()), int(years.max())
    if not first < event <= last + 1:
        raise BadInputError(f"event {event} is outside the data: populations, which choose donors, run {first}-{last}")
    people = known.xs(event - 1, level=1)
    least = likeness_rule().min_population
    return [u for u in panel.units if u != unit and u not in members and people.get(u, 0) >= least]


def answer(
    panel: Panel, column: str, question: EffectQuestion, bloc: str, level: float, seed: int, **more: Any
) -> Effect | str:
    """The effect, or in one sentence why there is none; ``more``: arguments of the estimator."""
    year = event_year(question.event)
    try:
        donors: str | list[str] = question.pool
        if effects_plan().pools[question.pool].get("predictors"):
            donors = donor_pool(panel, question.unit, bloc, year)
            first, last = default_rule().fit_window(year)
            own = panel.wide(column)[question.unit].dropna().loc[first:last]
            more = {**_matched(question, column, [int(t) for t in own.index]), **more}
        estimator = methods.find_method(question.method)
        return estimator(panel, column, question.unit, year, donors, level=level, seed=seed, **more)
    except EaeuError as error:
        return str(error)


def _matched(question: EffectQuestion, column: str, before: Sequence[int]) -> dict[str, Any]:
    """Predictors and their weights for a pool that is matched on exposure; BadInputError for a method without."""
    if not methods.find_method(question.method).path.endswith(".synthetic_control"):
        raise BadInputError(
            f"pool '{question.pool}' is matched on predictors, which method '{question.method}' has none of; "
            "use 'sc' or 'sc-demeaned'"
        )
    pool = effects_plan().pools[question.pool]
    rules = [parse(PredictorRule, rule, f"pool '{question.pool}'") for rule in pool["predictors"]]
    exposure = [Predictor(rule.indicator, rule.years(before)) for rule in rules]
    path = [Predictor(column, year) for year in before]
    weights = {p.label: pool["share"] / len(exposure) for p in exposure}
    weights |= {p.label: (1.0 - pool["share"]) / len(path) for p in path}
    return {"predictors": [*exposure, *path], "v": weights}


def _fits(question: EffectQuestion, found: object) -> bool:
    """Whether this is an effect of the event that was asked for, or a sentence on why there is none."""
    if not isinstance(found, Effect):
        return type(found) is str
    whole = isinstance(found.table, pd.DataFrame) and isinstance(found.spec, Mapping)
    return whole and all(isinstance(value, int | float) for value in (found.estimate, found.p_value, *found.interval))


def _answer_one(
    panel: Panel, columns: Mapping[str, str], bloc: str, level: float, seed: int, question: EffectQuestion
) -> Effect | str:
    return answer(panel, columns[question.outcome], question, bloc, level, seed)


def member_events(panel: Panel, bloc: str, units: Sequence[str] | None) -> list[tuple[str, str]]:
    """(member, day it joined the first stage) of the bloc; BadInputError for a unit that never joined."""
    entries = membership(bloc)
    chosen = list(entries) if units is None else [panel.resolve(u) for u in units]
    for unit in chosen:
        if unit not in entries:
            raise BadInputError(
                f"{panel.names.get(unit, unit)} ({unit}) is not a member of {bloc} ({', '.join(entries)})"
            )
    return [(unit, entries[unit].first.isoformat()) for unit in chosen]


def _row(panel: Panel, question: EffectQuestion, found: Effect | str) -> dict[str, Any]:
    outcome = find_outcome(question.outcome)
    row: dict[str, Any] = {
        "unit": question.unit,
        "name": panel.names.get(question.unit, question.unit),
        "event": question.event,
        "outcome": question.outcome,
        "label": outcome.label,
        "method": question.method,
        "pool": question.pool,
    }
    missing = dict.fromkeys(("estimate", "lower", "upper", "p_value", "pre_rmse", "scale"), float("nan"))
    if isinstance(found, str):
        words = dict.fromkeys(("measure", "finding", "verdict", "weights", "failed"), "")
        return row | missing | words | {"donors": 0, "reason": found}
    times = 100.0 if outcome.log else 1.0
    weights, placebos = found.weights, placebos_of(found)
    top = (
        ""
        if weights is None
        else ", ".join(
            f"{name} {value:.2f}"
            for name, value in weights[weights > 0.005].sort_values(ascending=False).head(5).items()
        )
    )
    return row | {
        "measure": "log points" if outcome.log else found.measure,
        "estimate": times * found.estimate,
        "lower": times * found.interval[0],
        "upper": times * found.interval[1],
        "p_value": found.p_value,
        "pre_rmse": times * found.pre_mspe**0.5,
        "scale": times * (found.pre_mspe**0.5 if placebos is None else float(placebos["scale"].iloc[0])),
        "finding": found.finding,
        "verdict": found.verdict,
        "donors": len(found.spec["donors"]),
        "weights": top,
        "failed": ", ".join(check.name for check in found.failed),
        "reason": "",
    }


def _checks(table: pd.DataFrame, level: float) -> tuple[Check, ...]:
    """How many questions stand out, against how many would by chance."""
    done = table[table["reason"] == ""]
    alpha = 1 - level
    tested = done[done["p_value"].notna()]
    low = int((tested["p_value"] <= alpha + 1e-12).sum())
    by_chance = alpha * len(tested)
    text = (
        f"{low} of {len(tested)} estimates have p of {alpha:.0%} or less, about {by_chance:.1f} would by chance alone; "
        f"{int((done['finding'] == 'found').sum())} of them also pass every check"
    )
    return (
        Check("more than chance", None, float(low), by_chance, text),
        Check(
            "estimated", len(done) == len(table), float(len(done)), float(len(table)), f"{len(done)} of {len(table)}"
        ),
    )
