"""Synthetic control: the weighted average of donors that follows the treated unit before the event.

Abadie & Gardeazabal (2003); Abadie, Diamond & Hainmueller (2010, 2015); with intercept, Doudchenko & Imbens (2016);
penalised, Abadie & L'Hour (2021). Weights are positive and sum to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ... import settings
from ...data.panel import require_panel
from ...errors import BadInputError, unknown
from ...results import Check, Provenance
from ..effect import Effect, effect_table
from ..inference import checks as rules
from ..inference import placebo
from ..question.predictors import Predictor
from ..question.problem import Problem, state_problem
from ..weights import predictor_weights
from ..weights.fit import Fitted, Setup, WeightSettings, fit_unit, make_setup, resolve_v, values_up_to

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...series import SeriesInfo
    from ..inference.prediction import PredictionUncertainty


INFERENCE = ("placebo", "conformal", "prediction", "none")
REFERENCE = "Abadie, Diamond & Hainmueller (2010), JASA 105(490); (2015), AJPS 59(2)"


@dataclass(frozen=True)
class SyntheticControlEffect(Effect):
    """An :class:`Effect` by synthetic control.

    ``intercept``: shift of the level, 0 without one. ``search``: how the search for predictor weights ended.
    ``predictor_balance``: a row per predictor, None without predictors. Placebo inference: ``placebos`` (a row per
    unit), ``placebo_gaps`` (time x unit) and ``p_values`` by statistic. Conformal inference: ``p_by_period``.
    Prediction intervals: ``prediction``. ``leave_one_out``: estimate without each weighted donor.
    """

    intercept: float = 0.0
    search: Mapping[str, float] = field(default_factory=dict)
    predictor_balance: pd.DataFrame | None = None
    placebos: pd.DataFrame | None = None
    placebo_gaps: pd.DataFrame | None = None
    p_values: Mapping[str, float] = field(default_factory=dict)
    p_by_period: pd.Series[float] | None = None
    prediction: PredictionUncertainty | None = None
    leave_one_out: pd.DataFrame | None = None


def synthetic_control(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | None = None,
    predictors: Sequence[Predictor] | None = None,
    fit_years: object = None,
    v: str | Mapping[str, float] = "search",
    seed: int = 0,
    *,
    intercept: bool = False,
    penalty: float | None = None,
    post_years: object = None,
    gaps: str = "drop",
    level: float = settings.LEVEL,
    inference: str = "placebo",
    checks: bool = True,
    v_floor: float = predictor_weights.FLOOR,
    starts: int = predictor_weights.STARTS,
    replicate: str = "",
) -> SyntheticControlEffect:
    """The effect of ``event`` on ``outcome`` of ``unit``: what was observed less its synthetic control.

    ``outcome``: a column of the panel, or in a world panel an outcome of the catalogue. ``event``: first treated
    period. ``donors``, ``fit_years``, ``post_years``, ``gaps``: see :func:`.problem.state_problem`.
    ``predictors`` with ``v``: "search" chooses their weights so that the outcome of ``fit_years`` is tracked best,
    within the bound ``v_floor`` (each counts for at least that share of the most important) from up to ``starts``
    deterministic starts shifted by ``seed``; "cross-validation" chooses them in the first half of ``fit_years`` to
    track the second; "equal" (in standard deviations); a mapping gives them. Without predictors, or with "outcomes",
    the outcome of every fit year is matched directly.
    ``intercept``: match movements, not levels. ``penalty`` >= 0: price of donors unlike the treated unit.
    ``inference``: "placebo" (exact rank p and the interval that inverts it), "conformal", "prediction" intervals, or
    "none". ``checks`` False leaves out leave-one-out and the placebo in time. ``replicate`` "synth" uses the optimiser
    of the published packages, to reproduce their numbers only.

    Returns a :class:`SyntheticControlEffect`.
    Raises BadInputError or NoDataError, one sentence, for a question that cannot be answered, NotConvergedError when
    weights cannot be found.

    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(
    ...     ["trade"], ["KGZ", "ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"], (2002, 2019)
    ... )
    >>> effect = ea.synthetic_control(panel, "trade", "KGZ", 2015, v="outcomes", checks=False)
    >>> round(effect.estimate, 1), effect.finding
    (-8.5, 'unreliable')
    """
    require_panel(panel)
    _check_options(level, inference, penalty, v_floor, starts, replicate)
    predictors = None if predictors is None else list(predictors)
    problem = state_problem(panel, outcome, unit, event, donors, fit_years, post_years, gaps)
    recipe = WeightSettings(
        v=resolve_v(v, _predictors_of(predictors)),
        intercept=intercept,
        penalty=float(penalty or 0.0),
        floor=v_floor,
        starts=starts,
        seed=seed,
        replicate=replicate,
    )
    setup = make_setup(panel, problem, predictors, recipe, gaps)
    problem = setup.problem
    fitted = fit_unit(setup, recipe)
    estimate = float(fitted.gap[problem.post].mean())
    found = list(rules.fit_checks(setup, fitted, intercept, estimate)) + rules.donor_checks(problem, fitted)
    answer = _infer(setup, recipe, fitted, level, inference, seed)
    found += answer.checks
    left_out = None
    if checks:
        left_out = placebo.leave_one_out_refits(setup, recipe, fitted)
        found.append(rules.loo_check(left_out, estimate))
        found.append(rules.time_check(_in_time(panel, setup, recipe, level), level))
    spec = {
        "estimator": "synthetic_control",
        **problem.spec(),
        "predictors": [p.spec() for p in setup.predictors],
        "v": dict(zip(setup.labels, recipe.v, strict=True)) if isinstance(recipe.v, tuple) else recipe.v,
        "seed": seed,
        "intercept": intercept,
        "penalty": recipe.penalty,
        "level": level,
        "inference": inference,
        "checks": checks,
        "v_floor": v_floor,
        "starts": starts,
        "replicate": replicate,
    }
    lower, upper = answer.lower, answer.upper
    made = answer.placebos
    return SyntheticControlEffect(
        spec=spec,
        table=effect_table(problem.unit, problem.times, problem.outcomes[:, 0], fitted.counterfactual, lower, upper),
        estimate=estimate,
        interval=answer.interval,
        level=level,
        p_value=answer.p_value,
        weights=pd.Series(fitted.weights, index=pd.Index(problem.donors, name="donor"), name="weight"),
        pre_mspe=fitted.fit_mspe,
        checks=tuple(found),
        provenance=Provenance(
            series=(problem.info, *_other_series(panel, setup)),
            method="synthetic control",
            reference=REFERENCE,
            settings=spec,
        ),
        method="synthetic control",
        measure=problem.info.unit,
        inference=answer.text,
        dropped=dict(problem.dropped),
        flagged=dict(problem.flagged),
        intercept=fitted.shift,
        search=dict(fitted.search),
        predictor_balance=None if setup.x is None else predictor_balance(setup, fitted),
        placebos=None if made is None else made.table,
        placebo_gaps=None if made is None else made.gaps,
        p_values={} if made is None else dict(made.p),
        p_by_period=answer.p_by_period,
        prediction=answer.prediction,
        leave_one_out=left_out,
    )


@dataclass(frozen=True)
class _Answer:
    p_value: float
    interval: tuple[float, float]
    lower: Any
    upper: Any
    text: str
    checks: list[Check] = field(default_factory=list)
    placebos: placebo.Placebos | None = None
    p_by_period: pd.Series[float] | None = None
    prediction: PredictionUncertainty | None = None


def _infer(setup: Setup, recipe: WeightSettings, fitted: Fitted, level: float, how: str, seed: int) -> _Answer:
    nothing = (float("nan"), float("nan"))
    if how == "none":
        return _Answer(float("nan"), nothing, None, None, "")
    if how == "placebo":
        return _by_placebo(setup, recipe, fitted, level)
    if how == "conformal":
        return _by_conformal(setup.problem, recipe, level, seed)
    from ..inference.prediction import prediction_answer

    interval, lower, upper, text, parts = prediction_answer(setup, recipe, fitted, level, seed)
    return _Answer(float("nan"), interval, lower, upper, text, prediction=parts)


def _by_placebo(setup: Setup, recipe: WeightSettings, fitted: Fitted, level: float) -> _Answer:
    made = placebo.placebo_in_space(setup, recipe, fitted, level)
    donors = len(setup.problem.donors)
    text = (
        f"placebo in space: rank of the average effect, in units of the gap or of the noise before the event, among "
        f"{donors} donors and the treated unit, two-sided; the interval inverts it"
    )
    if not np.isfinite(made.detectable):
        least = 1.0 / (donors + 1)
        text += f"; with {donors} donors p cannot fall below {least:.3f}, so at {level:.0%} no value can be rejected"
    checks = rules.placebo_test_checks(made, level)
    return _Answer(made.p["two_sided"], made.interval, made.lower, made.upper, text, checks, placebos=made)


def _by_conformal(problem: Problem, recipe: WeightSettings, level: float, seed: int) -> _Answer:
    from ..inference.conformal import conformal_inference as conformal

    used = problem.fit | problem.post
    rows = problem.outcomes[used]
    made = conformal(rows[:, 0], rows[:, 1:], problem.post[used], level, intercept=recipe.intercept, seed=seed)
    lower, upper = (np.full(len(problem.times), np.nan) for _ in range(2))
    lower[problem.post], upper[problem.post] = made.lower, made.upper
    text = (
        "conformal (Chernozhukov, Wuthrich & Zhu 2021), outcomes-only weights under the null, cyclic shifts of "
        f"{int(used.sum())} periods; p is of no effect in any period, the interval of an effect alike in all"
    )
    if made.least_p > 1.0 - level + 1e-12:
        text += f"; p cannot fall below {made.least_p:.3f}, so at {level:.0%} no value can be rejected"
    if made.holes:
        text += "; values inside an interval are rejected too: it is the smallest that holds all that are not"
    each = pd.Series(made.p, index=pd.Index(problem.times[problem.post], name="time"), name="p")
    return _Answer(made.p_value, made.interval, lower, upper, text, p_by_period=each)


def _in_time(panel: Panel, setup: Setup, recipe: WeightSettings, level: float) -> placebo.TimePlacebo | None:
    """The placebo in time with predictors as they could be known at the moved event; V by search, not by halves."""
    event = placebo.moved_event(setup)
    if event is None:
        return None
    if setup.x is not None and recipe.v != "outcomes":
        setup = replace(setup, x=values_up_to(panel, setup, event - 1, recipe))
    if recipe.v == "cross-validation":
        recipe = replace(recipe, v="search")
    return placebo.placebo_in_time(setup, recipe, level)


def _other_series(panel: Panel, setup: Setup) -> list[SeriesInfo]:
    names = dict.fromkeys(p.indicator for p in setup.predictors)
    return [panel.info(name) for name in names if name != setup.problem.outcome]


def predictor_balance(setup: Setup, fitted: Fitted) -> pd.DataFrame:
    """A row per predictor: weight ``v``, value of the treated unit, of its synthetic control, mean of the donors."""
    x = setup.x if setup.x is not None else np.empty((0, 1))
    pool = list(fitted.pool)
    return pd.DataFrame(
        {
            "v": np.full(len(x), np.nan) if fitted.v is None else fitted.v,
            "treated": x[:, fitted.column],
            "synthetic": x[:, pool] @ fitted.weights,
            "donors": x[:, pool].mean(axis=1),
        },
        index=pd.Index(setup.labels, name="predictor"),
    )


def _predictors_of(predictors: list[Predictor] | None) -> list[Predictor] | None:
    """Only what can be asked for its label: the rest is refused, with a sentence, when the predictors are read."""
    return [p for p in predictors or [] if isinstance(p, Predictor)]


def _check_options(
    level: float, inference: str, penalty: float | None, floor: float, starts: int, replicate: str
) -> None:
    if not 0.0 < level < 1.0:
        raise BadInputError(f"level {level} is not between 0 and 1; expected a share such as 0.90")
    if inference not in INFERENCE:
        raise unknown("inference", inference, INFERENCE)
    if penalty is not None and not (np.isfinite(penalty) and penalty >= 0):
        raise BadInputError(f"penalty {penalty} is not zero or more")
    if not 0.0 < floor <= 1.0:
        raise BadInputError(f"v_floor {floor} is not above 0 and up to 1")
    if starts < 1:
        raise BadInputError(f"starts {starts}: at least one is needed")
    if replicate not in ("", "synth"):
        raise unknown("replicate", replicate, ("synth",))
