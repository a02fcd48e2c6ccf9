"""Rarely changed settings of the estimators: one small frozen object per estimator, checked when it is made."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .. import settings
from ..errors import BadInputError, as_names, require_least, require_level, require_option

Gaps = Literal["drop", "interpolate", "error"]
Years = int | tuple[int, int] | list[int] | range | None
Regressors = Literal["mean", "each", "none"] | int

GAPS = ("drop", "interpolate", "error")
PENALTY_RULES = ("1se", "min")
TRENDS = {
    "level": "random walk",
    "drift": "random walk with a constant slope",
    "trend": "random walk with a slope that is a random walk",
}
BREAK_KINDS = {
    "level": "a jump in level",
    "trend": "a change of slope",
    "both": "a jump in level and a change of slope",
}
V_FLOOR = 0.02
STARTS = 8
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class EffectOptions:
    """Settings that every estimator has.

    Parameters
    ----------
    gaps : {"drop", "interpolate", "error"}, default "drop"
        What happens to a donor with a missing value in the years used: it is left out, the value is filled on a
        straight line between its neighbours, or BadInputError is raised.
    level : float, default 0.90
        Confidence level of intervals and of the verdict, between 0 and 1.
    covariates : sequence of str, default ()
        Columns of the panel that vary over time. What they explain of the outcome in untreated periods, beyond unit and
        period effects, is taken off before units are compared. They must not be touched by the event.
    seasonal : bool, default False
        Panels of months and quarters: each unit's seasonal pattern, learnt in the years before the event, is taken off.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.EffectOptions(level=0.95)
    EffectOptions(gaps='drop', level=0.95, covariates=(), seasonal=False)
    """

    gaps: Gaps = "drop"
    level: float = settings.LEVEL
    covariates: Sequence[str] = ()
    seasonal: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", as_names("covariates", self.covariates))
        require_option("gaps", self.gaps, GAPS)
        require_level(self.level)

    @property
    def adjustments(self) -> dict[str, object]:
        """What is taken off the outcomes, for the spec of a result; empty where nothing is."""
        found: dict[str, object] = {"covariates": list(self.covariates)} if self.covariates else {}
        return {**found, "seasonal": True} if self.seasonal else found


@dataclass(frozen=True, kw_only=True)
class SyntheticControlOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.synthetic_control`.

    Parameters
    ----------
    intercept : bool, optional
        Match movements instead of levels: every unit is taken less its mean over the fit years (Doudchenko and
        Imbens, 2016). By default True with a pool of donors by name, among them the default of panels of economies,
        otherwise False.
    penalty : float, optional
        Price, zero or more, of giving weight to donors unlike the treated unit (Abadie and L'Hour, 2021).
    checks : bool, default True
        Make the leave-one-out estimates and the placebo in time, which take most of the time.
    most_donors : int, optional
        Largest number of donors of the pools "alike" and "strict", nearest first. By default one per fit year.
    v_floor : float, default 0.02
        Smallest weight of a predictor as a share of the largest, above 0 and at most 1; used by ``v="search"`` and
        ``v="cross-validation"``.
    starts : int, default 8
        Number of starting points of that search.
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.SyntheticControlOptions(intercept=True).intercept
    True
    """

    intercept: bool | None = None
    penalty: float | None = None
    checks: bool = True
    most_donors: int | None = None
    v_floor: float = V_FLOOR
    starts: int = STARTS

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.penalty is not None and not (math.isfinite(self.penalty) and self.penalty >= 0):
            raise BadInputError(f"penalty {self.penalty} is not zero or more")
        if self.most_donors is not None:
            require_least("most_donors", self.most_donors, 2)
        if not 0.0 < self.v_floor <= 1.0:
            raise BadInputError(f"v_floor {self.v_floor} is not above 0 and at most 1")
        require_least("starts", self.starts, 1)


@dataclass(frozen=True, kw_only=True)
class AugmentedOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.augmented_synthetic_control`.

    Parameters
    ----------
    penalty : float, optional
        Ridge penalty, positive, in squared units of the outcome. By default cross-validation chooses it, leaving out
        one period before the event at a time.
    penalty_rule : {"1se", "min"}, default "1se"
        Which penalty cross-validation takes: the largest within one standard error of the least error, or that of the
        least error.
    intercept : bool, default False
        Take every unit less its mean before the event.
    checks : bool, default True
        Make the leave-one-out estimates and the placebo in time.
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.AugmentedOptions(penalty_rule="min").penalty_rule
    'min'
    """

    penalty: float | None = None
    penalty_rule: Literal["1se", "min"] = "1se"
    intercept: bool = False
    checks: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require_option("penalty_rule", self.penalty_rule, PENALTY_RULES)
        if self.penalty is not None and not self.penalty > 0:
            raise BadInputError(f"penalty {self.penalty} is not positive")


@dataclass(frozen=True, kw_only=True)
class SyntheticDidOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.synthetic_did`.

    Parameters
    ----------
    penalty : float, optional
        Penalty of the unit weights (zeta in the paper), in units of the outcome. The default is the paper's.
    checks : bool, default True
        Make the leave-one-out estimates and, with one treated unit, the placebo in time.
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.SyntheticDidOptions(checks=False).checks
    False
    """

    penalty: float | None = None
    checks: bool = True


@dataclass(frozen=True, kw_only=True)
class MatrixCompletionOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.matrix_completion`.

    Parameters
    ----------
    penalty : float, optional
        Penalty of the nuclear norm, positive (lambda in the paper). By default cross-validation chooses it.
    folds : int, default 5
        Number of random folds of that cross-validation, at least 2.
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.MatrixCompletionOptions(folds=10).folds
    10
    """

    penalty: float | None = None
    folds: int = FOLDS

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.penalty is not None and not self.penalty > 0:
            raise BadInputError(
                f"penalty {self.penalty} is not positive: without one every completion fits the observed cells, and "
                "the treated ones can be anything"
            )
        require_least("folds", self.folds, 2)


@dataclass(frozen=True, kw_only=True)
class InteractiveOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.interactive_fixed_effects`.

    Parameters
    ----------
    factors : int, optional
        Number of factors, zero or more. By default cross-validation chooses it.
    most_factors : int, default 5
        Largest number that cross-validation tries.
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.InteractiveOptions(factors=2).factors
    2
    """

    factors: int | None = None
    most_factors: int = 5

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, value in (("factors", self.factors), ("most_factors", self.most_factors)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
                raise BadInputError(f"{name} {value!r}: expected a whole number, zero or more")


@dataclass(frozen=True, kw_only=True)
class InterruptedSeriesOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.interrupted_series`.

    Parameters
    ----------
    trend : {"level", "drift", "trend"}, default "level"
        Structural method: a random walk, with a constant slope, or with a slope that is itself a random walk.
    slope : bool, default True
        Segmented method: the slope may change at the event, not only the level.
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.InterruptedSeriesOptions(trend="drift").trend
    'drift'
    """

    trend: Literal["level", "drift", "trend"] = "level"
    slope: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        require_option("trend", self.trend, TRENDS, TRENDS)


@dataclass(frozen=True, kw_only=True)
class BreakDateOptions(EffectOptions):
    """Rare settings of :func:`~eaeu_analysis.break_date`.

    Parameters
    ----------
    kind : {"level", "trend", "both"}, default "level"
        What changes at a break: the level, the slope, or both.
    trend : bool, default True
        A linear trend under the null hypothesis of no break.
    trim : float, default 0.15
        Share of the sample at either end in which no break is sought, at least 0 and below 0.5 (and three periods).
    gaps, level, covariates, seasonal
        See :class:`EffectOptions`.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.BreakDateOptions(kind="both").kind
    'both'
    """

    kind: Literal["level", "trend", "both"] = "level"
    trend: bool = True
    trim: float = 0.15

    def __post_init__(self) -> None:
        super().__post_init__()
        require_option("kind", self.kind, BREAK_KINDS)
        if not 0 <= self.trim < 0.5:
            raise BadInputError(f"trim {self.trim} is not between 0 and 0.5")
