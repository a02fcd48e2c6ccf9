"""Donors that the event touched as well: the effect that allows for it, and how much they may share of it.

Inclusive synthetic control (Di Stefano & Mellace 2024): each unit that may be touched gets its own synthetic control
from all others, the treated unit among them. With w_uv the weight of v in the synthetic control of u, a gap is

    gap_u = effect_u - sum over touched v of w_uv effect_v

so that the effects solve a small linear system in every period. Pure controls identify it. Cao & Dowd (2019) take the
equations of all units, untouched ones with an effect of zero, and solve them by least squares.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, NoDataError, as_names, require_option
from ...results import Check, Provenance, TableResult
from ...text import format_number, format_p_equals
from ..effect import Effect, interval_text
from ..estimators.synthetic import SyntheticControlEffect
from ..inference.placebo import Placebos, rank_among_placebos
from ..question.problem import Problem
from ..weights.fit import Refit, fit_unit

SHARES = np.round(np.arange(-100, 101) / 100, 2)  # of the treated unit's effect, that are tried
SHOWN = (-0.5, -0.25, 0.0, 0.25, 0.5)
SINGULAR = 1e-3  # least singular value of the system below which the touched units only follow one another
REFERENCE = "Di Stefano & Mellace 2024, arXiv 2403.17624; least squares: Cao & Dowd 2019, arXiv 1902.07343"


@dataclass(frozen=True, eq=False)
class Spillovers(TableResult):
    """An effect when some donors were touched by the event; from ``spillovers``.

    Attributes
    ----------
    spec : mapping
        The question of the effect, with the units touched.
    table : DataFrame
        A row per unit and period judged: ``unit, time, gap, effect, least_squares``; the gap takes donors as untouched,
        the two effects do not.
    effects : DataFrame
        A row per unit: ``unit, weight`` (in the treated unit's synthetic control), ``gap, effect, share`` (of the
        treated unit's effect), ``least_squares``; averages over the periods judged.
    shares : DataFrame
        A row per share of the effect that every touched donor has: ``share, estimate, lower, upper, p_value``.
    naive, without, estimate : float
        Average effect with donors taken as untouched, with them left out, and allowing for effects on them.
    least_squares : float
        Average effect allowing for effects on them, by the equations of all units.
    interval : tuple of float
        Interval of ``estimate``, from placebos whose donors are rid of the estimated effects.
    level : float
        Confidence level.
    p_value : float
        Rank of ``estimate`` among these placebos, two-sided.
    breakdown : tuple of float
        Shares nearest to zero, below and above it, at which the finding is lost; infinite when none up to 100 % does
        that, zero on both sides when there is no finding.
    measure : str
        Unit of measurement.
    checks : tuple of Check
        Whether the finding survives, and whether the system can be solved.
    provenance : Provenance
        Series and method.
    """

    drawn_by = "effect.draw_spillovers"

    effects: pd.DataFrame
    shares: pd.DataFrame
    naive: float
    without: float
    estimate: float
    least_squares: float
    interval: tuple[float, float]
    p_value: float
    breakdown: tuple[float, float]
    measure: str

    @property
    def verdict(self) -> str:
        """The breakdown values in a sentence."""
        return _verdict(self.breakdown)

    def summary(self) -> str:
        """Estimates, verdict, a row per touched donor and share, checks, sources."""
        spec, unit = self.spec, f" ({self.measure})" if self.measure else ""
        lines = [
            f"spillovers: {spec['outcome']} of {spec['unit']}, {format_number(self.estimate, signed=True)}{unit} "
            f"allowing for effects on {', '.join(spec['affected'])}; {self.level:.0%} interval "
            f"{interval_text(self.interval)}, {format_p_equals(self.p_value)}",
            f"  {format_number(self.naive, signed=True)} with these donors taken as untouched, "
            f"{format_number(self.without, signed=True)} without them; "
            f"{format_number(self.least_squares, signed=True)} by least squares over all units",
            f"  {self.verdict}",
        ]
        for row in self.effects.iloc[1:].to_dict("records"):
            lines.append(
                f"  {row['unit']}: weight {row['weight']:.3f}, own effect {format_number(row['effect'], signed=True)}, "
                f"{row['share']:.0%} of that on {spec['unit']}"
            )
        shown = self.shares[self.shares["share"].isin(SHOWN)]
        for row in shown.to_dict("records"):
            lines.append(
                f"  sharing {row['share']:.0%}: {format_number(row['estimate'], signed=True)} "
                f"{interval_text((row['lower'], row['upper']))}, {format_p_equals(row['p_value'])}"
            )
        return self._ended(lines)


def spillovers(effect: Effect, affected: str | Iterable[str]) -> Spillovers:
    """The effect when the event touched some of the donors too, and how much of it they may share.

    Parameters
    ----------
    effect : Effect
        From :func:`~eaeu_analysis.synthetic_control`.
    affected : str or iterable of str
        Donors that the event may have touched: neighbours, competitors, partners.

    Returns
    -------
    Spillovers
        Inclusive estimate, the effect on each touched donor, and the shares at which the finding is lost.

    Raises
    ------
    BadInputError
        If the effect is of another kind, or ``affected`` names no donors or all but one.
    NoDataError
        If the touched units follow only one another, so that their effects cannot be separated.

    Notes
    -----
    Inclusive synthetic control: Di Stefano and Mellace (2024), the equations of the touched units alone. Least squares
    over the equations of all units: Cao and Dowd (2019), who give every unit an intercept
    (``SyntheticControlOptions(intercept=True)``). The two differ where synthetic controls of untouched units fit badly
    after the event. With a positive share the touched donors moved with the
    treated unit and the plain estimate is too small in size; with a negative one (what it won they lost) too large. The
    share is the same for all touched donors; p-values rank the treated unit among donors rid of it.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.synthetic_control(panel, "trade", "KGZ", 2015, others)
    >>> ea.spillovers(effect, ["TJK", "UZB"]).effects["unit"].tolist()
    ['KGZ', 'TJK', 'UZB']
    """
    if not isinstance(effect, SyntheticControlEffect) or effect.refit is None:
        raise BadInputError(
            f"spillovers are allowed for in an effect of synthetic_control, not in a {type(effect).__name__}"
        )
    problem = effect.refit.setup.problem
    names = _touched(affected, problem)
    weights = _all_weights(effect.refit)
    touched = [0, *(problem.units.index(name) for name in names)]
    inside = weights[np.ix_(touched, touched)]
    least = float(np.linalg.svd(np.eye(len(touched)) - inside, compute_uv=False).min())
    if least < SINGULAR:
        raise NoDataError(
            f"{', '.join(problem.units[i] for i in touched)} follow only one another: no untouched donor tells their "
            "effects apart; name fewer"
        )
    gaps = problem.outcomes - problem.outcomes @ weights.T
    gaps -= gaps[problem.fit].mean(axis=0) if effect.refit.recipe.intercept else 0.0
    later = problem.times >= problem.event
    effects, fitted = np.zeros((2, len(problem.times), len(touched)))
    effects[later] = np.linalg.solve(np.eye(len(touched)) - inside, gaps[later][:, touched].T).T
    every = np.eye(len(weights))[:, touched] - weights[:, touched]
    fitted[later] = np.linalg.lstsq(every, gaps[later].T, rcond=None)[0].T
    removed = np.zeros_like(problem.outcomes)
    removed[:, touched[1:]] = effects[:, 1:]
    level = effect.level
    placebo_weights = _placebo_weights(effect.refit, weights)
    answer = _rid_of(problem, effect.refit, placebo_weights, removed, level)
    rows, naive = [], _rid_of(problem, effect.refit, placebo_weights, np.zeros_like(removed), level)
    weight = float(weights[0, touched[1:]].sum())
    for share in SHARES:
        own = np.where(later, gaps[:, 0] / (1.0 - share * weight), 0.0) if share * weight < 1 else np.full(len(gaps), 0)
        shared = np.zeros_like(removed)
        shared[:, touched[1:]] = share * own[:, None]
        made = _rid_of(problem, effect.refit, placebo_weights, shared, level)
        rows.append((float(share), *_numbers(made)))
    shares = pd.DataFrame(rows, columns=["share", "estimate", "lower", "upper", "p_value"])
    limits = _breakdown(shares, 1.0 - level)
    mean = effects[problem.post].mean(axis=0)
    estimate, low, high, p = _numbers(answer)
    rest = effect.refit.setup
    for name in names:
        rest = rest.without(name)
    alone = float(fit_unit(rest, effect.refit.recipe).gap[problem.post].mean())
    table = pd.DataFrame(
        [
            (problem.units[i], when, gaps[t, i], effects[t, k], fitted[t, k])
            for k, i in enumerate(touched)
            for t, when in zip(np.flatnonzero(problem.post), problem.index[problem.post], strict=True)
        ],
        columns=["unit", "time", "gap", "effect", "least_squares"],
    )
    spec = {**effect.spec, "sensitivity": "spillovers", "affected": list(names)}
    return Spillovers(
        spec=spec,
        table=table,
        effects=pd.DataFrame(
            {
                "unit": [problem.units[i] for i in touched],
                "weight": weights[0, touched],
                "gap": gaps[problem.post][:, touched].mean(axis=0),
                "effect": mean,
                "share": mean / mean[0],
                "least_squares": fitted[problem.post].mean(axis=0),
            }
        ),
        shares=shares,
        naive=float(naive.table["average"].iloc[0]),
        without=alone,
        estimate=estimate,
        least_squares=float(fitted[problem.post, 0].mean()),
        interval=(low, high),
        level=level,
        p_value=p,
        breakdown=limits,
        measure=effect.measure,
        checks=tuple(_checks(effect, estimate, p, limits, least, weight)),
        provenance=Provenance(effect.provenance.series, "inclusive synthetic control", REFERENCE, spec),
    )


def _touched(affected: str | Iterable[str], problem: Problem) -> tuple[str, ...]:
    names = as_names("affected", [affected] if isinstance(affected, str) else affected)
    for name in names:
        require_option("donor in affected", name, problem.donors)
    if not names:
        raise BadInputError("affected is empty; name the donors that the event may have touched")
    if len(set(names)) > len(problem.donors) - 2:
        raise BadInputError(
            f"affected names {len(set(names))} of {len(problem.donors)} donors; at least two must be untouched"
        )
    return tuple(dict.fromkeys(names))


def _all_weights(refit: Refit) -> Array:
    """(N, N) weight of each unit (columns) in the synthetic control of each unit (rows), from all others."""
    count = len(refit.setup.problem.units)
    weights = np.zeros((count, count))
    for i in range(count):
        fitted = refit.fitted if i == 0 else fit_unit(refit.setup, refit.recipe, i, [j for j in range(count) if j != i])
        weights[i, list(fitted.donors)] = fitted.weights
    return weights


def _placebo_weights(refit: Refit, weights: Array) -> Array:
    """The same for the placebos: the treated unit is in no donor's pool."""
    made = np.zeros_like(weights)
    made[0] = weights[0]
    for i in range(1, len(weights)):
        fitted = fit_unit(refit.setup, refit.recipe, i)
        made[i, list(fitted.donors)] = fitted.weights
    return made


def _rid_of(problem: Problem, refit: Refit, weights: Array, removed: Array, level: float) -> Placebos:
    """The placebo test with ``removed`` (T, N) taken off the outcomes."""
    outcomes = problem.outcomes - removed
    gaps = outcomes - outcomes @ weights.T
    gaps -= gaps[problem.fit].mean(axis=0) if refit.recipe.intercept else 0.0
    return rank_among_placebos(gaps, problem, level)


def _numbers(made: Placebos) -> tuple[float, float, float, float]:
    return float(made.table["average"].iloc[0]), *made.interval, made.p["two_sided"]


def _breakdown(shares: pd.DataFrame, alpha: float) -> tuple[float, float]:
    lost = (shares["p_value"] > alpha + 1e-9) | ((shares["lower"] <= 0) & (shares["upper"] >= 0))
    at = shares.loc[lost, "share"].to_numpy()
    below, above = at[at <= 0], at[at >= 0]
    return (
        float(below.max()) if len(below) else -math.inf,
        float(above.min()) if len(above) else math.inf,
    )


def _verdict(limits: tuple[float, float]) -> str:
    low, high = limits
    if low == 0.0:
        return "no finding to lose: with donors taken as untouched the effect does not stand out"
    below = f"move the other way by {-low:.0%} of it" if math.isfinite(low) else ""
    above = f"share {high:.0%} of it" if math.isfinite(high) else ""
    ends = " or ".join(part for part in (above, below) if part)
    if not ends:
        return "the finding remains whatever part of it the touched donors share, from -100 % to 100 %"
    return f"the finding remains until the touched donors {ends}"


def _checks(
    effect: Effect, estimate: float, p: float, limits: tuple[float, float], least: float, weight: float
) -> list[Check]:
    alpha = 1.0 - effect.level
    same = math.copysign(1.0, estimate) == math.copysign(1.0, effect.estimate)
    touched = (
        f"allowing for effects on the touched donors {format_number(estimate, signed=True)}, {format_p_equals(p)}; "
        f"{_verdict(limits)}; fails when p is above {alpha:.2f} or the sign changes"
    )
    untouched = (
        f"touched donors weigh {weight:.0%}; least singular value of the system {least:.2f}: below 0.1 the effects "
        "on the touched units can hardly be distinguished"
    )
    return [
        Check("touched donors", None if limits[0] == 0.0 else p <= alpha + 1e-9 and same, p, alpha, touched),
        Check.at_least("untouched donors", least, 0.1, untouched),
    ]
