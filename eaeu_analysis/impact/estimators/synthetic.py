"""Synthetic control: the weighted average of donors that follows the treated unit before the event.

Abadie & Gardeazabal (2003); Abadie, Diamond & Hainmueller (2010, 2015); with intercept, Doudchenko & Imbens (2016);
penalised, Abadie & L'Hour (2021). Weights are positive and sum to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import pandas as pd

from ...data.panel import Panel, require_panel
from ...errors import require_option
from ...results import Check, Provenance
from ...series import SeriesInfo
from ..effect import Effect, effect_table
from ..inference import checks as rules
from ..inference import placebo
from ..inference.pooled import PooledEffect, pool_units
from ..options import SyntheticControlOptions
from ..question.default import analysed
from ..question.design import described, treated_events
from ..question.predictors import Predictor, with_covariates
from ..question.problem import Problem, state_problem
from ..weights.fit import Fitted, Refit, Setup, WeightSettings, fit_unit, make_setup, resolve_v, values_up_to

if TYPE_CHECKING:
    from ..inference.prediction import PredictionUncertainty


VChoice = Literal["search", "cross-validation", "equal", "outcomes"]
Inference = Literal["placebo", "conformal", "prediction", "none"]
INFERENCE = ("placebo", "conformal", "prediction", "none")
REFERENCE = "Abadie, Diamond & Hainmueller (2010), JASA 105(490); (2015), AJPS 59(2)"


@dataclass(frozen=True)
class SyntheticControlEffect(Effect):
    """Effect estimated by synthetic control.

    Attributes
    ----------
    intercept : float
        Shift of the level; 0 without an intercept.
    search : mapping
        How the search for predictor weights ended.
    predictor_balance : DataFrame or None
        A row per predictor: ``v, treated, synthetic, donors``. None without predictors.
    placebos : DataFrame or None
        A row per unit, treated unit first, with its average effect, scale and statistics (placebo inference).
    placebo_gaps : DataFrame or None
        Gaps by time (rows) and unit (columns) (placebo inference).
    p_values : mapping
        p-value by statistic (placebo inference).
    p_by_period : Series or None
        p-value by year after the event (conformal inference).
    prediction : PredictionUncertainty or None
        Parts of the prediction interval.
    leave_one_out : DataFrame or None
        Estimate without each weighted donor: ``donor, weight, estimate, fit_rmspe``. None without checks.
    refit : Refit or None
        The question as arrays, for estimates that fit it again.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
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
    refit: Refit | None = None


@overload
def synthetic_control(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | str | None = ...,
    *,
    predictors: Sequence[Predictor] | None = ...,
    fit_years: object = ...,
    post_years: object = ...,
    v: VChoice | Mapping[str, float] = ...,
    inference: Inference = ...,
    seed: int = ...,
    options: SyntheticControlOptions | None = ...,
) -> SyntheticControlEffect: ...
@overload
def synthetic_control(
    panel: Panel,
    outcome: str,
    unit: Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = ...,
    *,
    predictors: Sequence[Predictor] | None = ...,
    fit_years: object = ...,
    post_years: object = ...,
    v: VChoice | Mapping[str, float] = ...,
    inference: Inference = ...,
    seed: int = ...,
    options: SyntheticControlOptions | None = ...,
) -> SyntheticControlEffect | PooledEffect: ...
def synthetic_control(
    panel: Panel,
    outcome: str,
    unit: str | Iterable[str],
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    predictors: Sequence[Predictor] | None = None,
    fit_years: object = None,
    post_years: object = None,
    v: VChoice | Mapping[str, float] = "search",
    inference: Inference = "placebo",
    seed: int = 0,
    options: SyntheticControlOptions | None = None,
) -> SyntheticControlEffect | PooledEffect:
    """Effect of an event on one unit or on several, against a weighted average of donors (synthetic control).

    Parameters
    ----------
    panel : Panel
        Data by unit and year, from :func:`~eaeu_analysis.load_panel` or :meth:`~eaeu_analysis.Panel.from_frame`.
    outcome : str
        A column of the panel or, in a panel of economies, an outcome of the catalogue: levels are then taken in
        logarithms.
    unit : str or iterable of str
        The treated unit; of several each gets its own synthetic control, and the effects are averaged.
    event : int, str, date or mapping
        First treated period: a year, a date in it or, in a panel of other periods, its text such as "2012-07"; or a
        mapping with one for each treated unit.
    donors : iterable of str or {"alike", "strict", "wide", "rouble"}, optional
        Units to compare with. By default every other unit; in a panel of economies "alike": the nearest in income, size
        and openness without a shock of their own, at most one per fit year. "strict": within half the bounds; "wide":
        all of a million people and more; "rouble": non-members that shared the fall of the rouble.
    predictors : sequence of Predictor, optional
        What the synthetic control has to resemble besides the outcome. By default the outcome of every fit year is
        matched directly; with a pool by name, income, size and openness have a quarter of the weight.
    fit_years : int, (int, int) or list of int, optional
        Years before the event that the model is fitted on: a year, the first and the last, or a list. By default the
        record of the treated unit before the event (panels of economies: from 2002, or eight years at least,
        to two years before the event).
    post_years : int, (int, int) or list of int, optional
        Years whose average effect is the estimate. By default the event and all later years (panels of economies: the
        four years after the year of the event, up to 2019).
    v : {"search", "cross-validation", "equal", "outcomes"} or mapping, default "search"
        Weights of the predictors. "search" chooses those that track the outcome of the fit years best;
        "cross-validation" chooses them in the first half of the fit years to track the second; "equal" gives every
        predictor, in standard deviations, the same; "outcomes" ignores the predictors; a mapping from the label or the
        indicator of a predictor gives the weights.
    inference : {"placebo", "conformal", "prediction", "none"}, default "placebo"
        "placebo": exact rank of the treated unit among the donors, and the interval that inverts this test;
        "conformal": cyclic shifts of the residuals; "prediction": prediction intervals without a p-value.
    seed : int, default 0
        Shifts the starting points of the search and draws what the inference needs.
    options : SyntheticControlOptions, optional
        Rarely changed settings, among them ``level`` of the interval and ``gaps``.

    Returns
    -------
    SyntheticControlEffect
        Estimate, interval, p-value, weights, path and checks; with placebos, predictor balance and leave-one-out
        estimates as far as they were made. Of several treated units a ``PooledEffect``, with the effect on each.

    Raises
    ------
    BadInputError
        If an argument cannot be used, or the question has too few years or units.
    NoDataError
        If the panel lacks the values that the question needs.
    NotConvergedError
        If the weights cannot be found.

    Notes
    -----
    The defaults on panels of economies were written down before their results were seen (``docs/methods.md``, after
    Abadie 2021, Journal of Economic Literature 59(2)). Weights are positive and sum to one. Method: Abadie and
    Gardeazabal (2003); Abadie, Diamond and Hainmueller (2010, JASA 105(490); 2015, AJPS 59(2)). Conformal inference:
    Chernozhukov, Wuthrich and Zhu (2021). Prediction intervals: Cattaneo, Feng and Titiunik (2021). Several treated
    units: Abadie and L'Hour (2021), with placebo averages as in Cavallo, Galiani, Noy and Pantano (2013).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> effect = ea.synthetic_control(ea.load_panel(["trade"]), "trade", "KGZ", 2015)
    >>> effect.spec["fit_years"][0], effect.spec["fit_years"][-1], effect.spec["post_years"]
    (2002, 2013, [2016, 2017, 2018, 2019])
    """
    require_panel(panel)
    options = options or SyntheticControlOptions()
    level = options.level
    require_option("inference", inference, INFERENCE)
    predictors = None if predictors is None else list(predictors)
    events = treated_events(panel, unit, event)
    years: dict[str, Any] = {"fit_years": fit_years, "post_years": post_years}
    if len(events) > 1:
        alone = partial(synthetic_control, predictors=predictors, v=v, inference=inference, seed=seed, options=options)
        return pool_units(alone, panel, outcome, events, donors, years=years, seed=seed)
    panel, outcome = analysed(panel, outcome)
    ((treated, start),) = events.items()
    problem = state_problem(
        panel, outcome, treated, start, donors, **years, options=options, most_donors=options.most_donors
    )
    intercept = bool(problem.pool) if options.intercept is None else options.intercept
    if problem.pool and predictors is None and v == "search":
        panel, predictors, v = with_covariates(panel, problem)
    recipe = WeightSettings(
        v=resolve_v(v, _predictors_of(predictors)),
        intercept=intercept,
        penalty=float(options.penalty or 0.0),
        v_floor=options.v_floor,
        starts=options.starts,
        seed=seed,
    )
    setup = make_setup(panel, problem, predictors, recipe, options.gaps)
    problem = setup.problem
    fitted = fit_unit(setup, recipe)
    estimate = float(fitted.gap[problem.post].mean())
    found = list(rules.fit_checks(setup, fitted, intercept, estimate)) + rules.donor_checks(problem, fitted)
    answer = _infer(setup, recipe, fitted, level, inference, seed)
    found += answer.checks
    left_out = None
    if options.checks:
        left_out = placebo.leave_one_out_refits(setup, recipe, fitted)
        found.append(rules.loo_check(left_out, estimate))
        found.append(rules.time_check(_in_time(panel, setup, recipe, level), level, estimate))
    fields = described(
        "synthetic_control",
        problem,
        options,
        predictors=[p.spec() for p in setup.predictors],
        v=dict(zip(setup.labels, recipe.v, strict=True)) if isinstance(recipe.v, tuple) else recipe.v,
        seed=seed,
        intercept=intercept,
        penalty=recipe.penalty,
        inference=inference,
    )
    lower, upper = answer.lower, answer.upper
    made = answer.placebos
    return SyntheticControlEffect(
        **fields,
        table=effect_table(problem.unit, problem.index, problem.outcomes[:, 0], fitted.counterfactual, lower, upper),
        estimate=estimate,
        interval=answer.interval,
        p_value=answer.p_value,
        weights=pd.Series(fitted.weights, index=pd.Index(problem.donors, name="donor"), name="weight"),
        pre_mspe=fitted.fit_mspe,
        checks=tuple(found),
        provenance=Provenance(
            series=(problem.info, *_other_series(panel, setup)),
            method="synthetic control",
            reference=REFERENCE,
            settings=fields["spec"],
        ),
        method="synthetic control",
        inference=answer.text,
        intercept=fitted.intercept,
        search=dict(fitted.search),
        predictor_balance=None if setup.x is None else predictor_balance(setup, fitted),
        placebos=None if made is None else made.table,
        placebo_gaps=None if made is None else made.gaps,
        p_values={} if made is None else dict(made.p),
        p_by_period=answer.p_by_period,
        prediction=answer.prediction,
        leave_one_out=left_out,
        refit=Refit(setup, recipe, fitted),
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
    from ..inference.conformal import conformal_inference

    used = problem.fit | problem.post
    rows = problem.outcomes[used]
    made = conformal_inference(rows[:, 0], rows[:, 1:], problem.post[used], level, recipe.intercept)
    lower, upper = (np.full(len(problem.times), np.nan) for _ in range(2))
    lower[problem.post], upper[problem.post] = made.lower, made.upper
    text = (
        "conformal (Chernozhukov, Wuthrich & Zhu 2021), outcomes-only weights under the null, cyclic shifts of "
        f"{int(used.sum())} periods; p is of no effect in any period, the interval of an effect alike in all"
    )
    if made.least_p > 1.0 - level + 1e-12:
        text += f"; p cannot fall below {made.least_p:.3f}, so at {level:.0%} no value can be rejected"
    if made.holes:
        text += "; values inside an interval are rejected too: it is the smallest that covers all that are not"
    each = pd.Series(made.p, index=problem.index[problem.post].rename("time"), name="p")
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
    donors = list(fitted.donors)
    return pd.DataFrame(
        {
            "v": np.full(len(x), np.nan) if fitted.v is None else fitted.v,
            "treated": x[:, fitted.column],
            "synthetic": x[:, donors] @ fitted.weights,
            "donors": x[:, donors].mean(axis=1),
        },
        index=pd.Index(setup.labels, name="predictor"),
    )


def _predictors_of(predictors: list[Predictor] | None) -> list[Predictor] | None:
    """Only what can be asked for its label: the rest is refused, with a sentence, when the predictors are read."""
    return [p for p in predictors or [] if isinstance(p, Predictor)]
