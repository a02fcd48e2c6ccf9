"""Weights of one unit: the step that the treated unit, every placebo and every leave-one-out go through alike.

A permutation test is exact only if all units are treated alike, so everything that may be chosen is in
:class:`WeightSettings`, and :func:`fit_unit` is the only place where weights are made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...arrays import Array, Mask
from ...data.panel import Panel
from ...errors import BadInputError, require_option, unknown
from ..options import STARTS, V_FLOOR
from ..question.predictors import Predictor, check_predictors, predictor_values, with_predictors
from ..question.problem import Problem
from . import predictor_weights
from .simplex import simplex_fit

CHOICES = ("search", "cross-validation", "equal", "outcomes")
SEARCH_NOTE = ("loss", "evaluations", "starts", "agreeing")  # what a search of the weights reports


@dataclass(frozen=True)
class WeightSettings:
    """How weights are made: choice of V ("search", "cross-validation", "equal", "outcomes" or weights by predictor, in
    their order), intercept shift, penalty, bound and starts of the search."""

    v: str | tuple[float, ...] = "outcomes"
    intercept: bool = False
    penalty: float = 0.0
    v_floor: float = V_FLOOR
    starts: int = STARTS
    seed: int = 0


@dataclass(frozen=True)
class Setup:
    """A problem with its predictors: ``x`` (K, 1 + J) or None, ``x_train`` the same measured in the training years,
    ``train`` and ``validate`` (T,) the halves of the fit years, ``labels`` (K,)."""

    problem: Problem
    predictors: tuple[Predictor, ...] = ()
    x: Array | None = None
    x_train: Array | None = None
    train: Mask | None = None
    validate: Mask | None = None
    outcome_rows: tuple[int, ...] = ()

    @property
    def labels(self) -> list[str]:
        return [p.label for p in self.predictors]

    def without(self, donor: str) -> Setup:
        """The same setup without one donor."""
        kept = [i for i, name in enumerate(self.problem.units) if name != donor]
        cut: dict[str, Any] = {"problem": self.problem.without(donor)}
        if self.x is not None:
            cut["x"] = self.x[:, kept]
        if self.x_train is not None:
            cut["x_train"] = self.x_train[:, kept]
        return replace(self, **cut)


@dataclass(frozen=True)
class Fitted:
    """Weights (J,) over ``donors`` (columns of the problem), the intercept, V (K,) or None, and what follows over all
    periods: counterfactual and gap (T,), NaN where a weighted donor is missing; mean squared gap of the fit years."""

    column: int
    donors: tuple[int, ...]
    weights: Array
    intercept: float
    counterfactual: Array
    gap: Array
    fit_mspe: float
    v: Array | None = None
    search: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Refit:
    """What it takes to fit the same question again for other units or with other outcomes: the ``setup``, the
    ``recipe`` of the weights, and what they gave for the treated unit."""

    setup: Setup
    recipe: WeightSettings
    fitted: Fitted


def make_setup(
    panel: Panel, problem: Problem, predictors: Sequence[Predictor] | None, recipe: WeightSettings, gaps: str
) -> Setup:
    """Predictor values for treated unit and donors; donors that lack one are dropped and recorded."""
    chosen = check_predictors(panel, predictors, problem.event)
    if not chosen:
        return Setup(problem)
    problem, x = with_predictors(panel, problem, chosen, gaps)
    own = tuple(k for k, p in enumerate(chosen) if p.indicator == problem.outcome)
    x = _level_free(x, problem, own) if recipe.intercept else x
    setup = Setup(problem, chosen, x, outcome_rows=own)
    return _with_training(panel, setup, recipe) if recipe.v == "cross-validation" else setup


def resolve_v(v: object, predictors: Sequence[Predictor] | None) -> str | tuple[float, ...]:
    """The choice of V: without predictors all choices but cross-validation come to "outcomes"; a mapping by label or by
    indicator becomes weights in the order of the predictors."""
    if isinstance(v, str):
        require_option("v", v, CHOICES)
        if not predictors:
            if v == "cross-validation":
                raise BadInputError("v='cross-validation' chooses between predictors; give some")
            return "outcomes"
        return v
    if not isinstance(v, Mapping):
        raise BadInputError(f"v {v!r} not understood; expected one of {', '.join(CHOICES)} or weights by predictor")
    if not predictors:
        raise BadInputError("v gives weights to predictors, but there are none")
    labels = [p.label for p in predictors]
    names = [p.indicator for p in predictors]
    weights = np.zeros(len(labels))
    for key, value in v.items():
        matches = [i for i, (label, name) in enumerate(zip(labels, names, strict=True)) if key in (label, name)]
        if not matches:
            raise unknown("predictor in v", key, dict.fromkeys([*labels, *names]))
        if len(matches) > 1 and key not in labels:
            raise BadInputError(f"'{key}' in v could be any of {', '.join(labels[i] for i in matches)}; name one")
        if not (np.isfinite(value) and value >= 0):
            raise BadInputError(f"the weight of '{key}' in v is {value}; expected zero or more")
        weights[matches[0] if len(matches) == 1 else labels.index(key)] = float(value)
    if weights.sum() <= 0:
        raise BadInputError("all weights in v are zero")
    return tuple(float(w) for w in weights / weights.sum())


def fit_unit(setup: Setup, recipe: WeightSettings, column: int = 0, donors: Sequence[int] | None = None) -> Fitted:
    """The synthetic control of the unit in ``column`` from the units in ``donors`` (default: all donors but itself).

    The treated unit (column 0) is never among the default donors of a placebo. Raises NotConvergedError.
    """
    problem = setup.problem
    chosen = [i for i in range(1, len(problem.units)) if i != column] if donors is None else list(donors)
    y = problem.outcomes[:, column]
    others = problem.outcomes[:, chosen]
    own_mean, donor_means = 0.0, np.zeros(len(chosen))
    if recipe.intercept:  # demeaned, Doudchenko & Imbens (2016): only movements are matched, the level is shifted
        own_mean, donor_means = float(y[problem.fit].mean()), others[problem.fit].mean(axis=0)
    z = (others[problem.fit] - donor_means) - (y[problem.fit] - own_mean)[:, None]
    v: Array | None = None
    note: Mapping[str, float] = {}
    if setup.x is None or recipe.v == "outcomes":
        linear = recipe.penalty * (z**2).sum(axis=0) if recipe.penalty else None
        weights = simplex_fit(z, np.zeros(len(z)), 0.0, linear).weights
    else:
        v, weights, note = _by_predictors(setup, setup.x, recipe, column, chosen, z)
    shift = own_mean - float(donor_means @ weights)
    used = np.flatnonzero(weights)
    counterfactual = others[:, used] @ weights[used] + shift
    gap = y - counterfactual
    return Fitted(
        column, tuple(chosen), weights, shift, counterfactual, gap, float((gap[problem.fit] ** 2).mean()), v, note
    )


def _by_predictors(
    setup: Setup, raw: Array, recipe: WeightSettings, column: int, donors: list[int], z: Array
) -> tuple[Array, Array, Mapping[str, float]]:
    x = scaled(raw, column, donors)
    count = len(x)
    if recipe.v == "equal":
        v = np.full(count, 1.0 / count)
        return v, predictor_weights.weights_of(v, x, recipe.penalty), {}
    if isinstance(recipe.v, tuple):
        v = np.array(recipe.v)
        return v, predictor_weights.weights_of(v, x, recipe.penalty), {}
    if recipe.v == "cross-validation":
        if setup.x_train is None or setup.validate is None:
            raise BadInputError("this setup has no training half; make it with the same recipe")
        rows = setup.validate[setup.problem.fit]
        x_train = scaled(setup.x_train, column, donors)
        found = predictor_weights.search(x_train, z[rows], recipe.v_floor, recipe.starts, recipe.penalty, recipe.seed)
        weights = predictor_weights.weights_of(found.v, x, recipe.penalty)
    else:
        found = predictor_weights.search(x, z, recipe.v_floor, recipe.starts, recipe.penalty, recipe.seed)
        weights = found.weights
    return found.v, weights, {name: float(getattr(found, name)) for name in SEARCH_NOTE}


def scaled(x: Array, column: int, donors: Sequence[int]) -> Array:
    """(K, J) predictors of the donors less those of the unit, in standard deviations over the unit and its donors."""
    among = x[:, [column, *donors]]
    spread = among.std(axis=1, ddof=1)
    spread[spread == 0] = 1.0
    difference = x[:, donors] - x[:, [column]]
    return np.asarray(difference / spread[:, None], dtype=np.float64)


def _level_free(x: Array, problem: Problem, rows: Sequence[int]) -> Array:
    """With an intercept the level of the outcome is no predictor: each unit's mean over the fit years is taken off."""
    x = x.copy()
    for k in rows:
        x[k] -= problem.outcomes[problem.fit].mean(axis=0)
    return x


def values_up_to(panel: Panel, setup: Setup, last: int, recipe: WeightSettings) -> Array:
    """(K, 1 + J) predictors as they could have been measured by the year ``last``.

    A predictor keeps those of its years that lie up to ``last``; one that lies wholly after it is measured as many
    years earlier as brings its own last year there; one that some unit has no value of by then keeps its own years.
    """
    problem = setup.problem
    rows = []
    for predictor in setup.predictors:
        inside = [year for year in predictor.listed if year <= last]
        back = predictor.listed[-1] - last
        earlier = replace(predictor, years=inside or [year - back for year in predictor.listed])
        row = predictor_values(panel, [earlier], problem.units)[0]
        rows.append(predictor_values(panel, [predictor], problem.units)[0] if np.isnan(row).any() else row)
    values = np.array(rows)
    return _level_free(values, problem, setup.outcome_rows) if recipe.intercept else values


def _with_training(panel: Panel, setup: Setup, recipe: WeightSettings) -> Setup:
    """Halves of the fit years and the predictors as of the first (Abadie, Diamond & Hainmueller 2015, section 3)."""
    problem = setup.problem
    years = problem.fit_years
    half = len(years) // 2
    if half < 3:
        raise BadInputError(f"cross-validation needs at least 6 fit years; there are {len(years)}")
    last = years[half - 1]
    train = problem.fit & (problem.times <= last)
    values = values_up_to(panel, setup, last, recipe)
    return replace(setup, x_train=values, train=train, validate=problem.fit & ~train)
