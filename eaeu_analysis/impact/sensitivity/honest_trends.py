"""How far trends may bend after the event before a finding is lost (Rambachan & Roth 2023)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from ...errors import BadInputError, require_option
from ...results import Check, Provenance, TableResult
from ...text import format_number
from ..effect import Effect, interval_text, names_text
from ..estimators.difference_in_differences import DifferenceInDifferencesEffect
from ..estimators.staggered import FEW, StaggeredEffect
from ..inference.bent_trends import (
    Study,
    breakdown,
    relative_excludes_zero,
    relative_interval,
    smooth_interval,
)

Restriction = Literal["relative", "smooth"]
RESTRICTIONS = {
    "relative": "each step of the difference in trends after the event at most the bound times the largest before it",
    "smooth": "the slope of the difference in trends changes by at most the bound from one period to the next",
}
MULTIPLES = (0.0, 0.5, 1.0, 1.5, 2.0)
REFERENCE = "Rambachan & Roth 2023, Review of Economic Studies 90(5)"


@dataclass(frozen=True, eq=False)
class HonestTrends(TableResult):
    """Intervals of an effect when trends may bend after the event; from ``honest_trends``.

    Attributes
    ----------
    spec : mapping
        The question of the effect, with restriction, bounds and period.
    table : DataFrame
        A row per bound: ``bound, lower, upper, excludes_zero``.
    estimate : float
        The effect asked about, against the last period before the event.
    interval : tuple of float
        Its interval with parallel trends.
    level : float
        Confidence level.
    breakdown : float
        Largest bound up to which the interval excludes zero; 0 when it never does, infinite when no bound was found.
    seen : float
        The largest violation before the event, in ``measure``: a step ("relative") or a change of slope ("smooth").
    measure : str
        Unit of measurement.
    checks : tuple of Check
        Whether the finding survives violations as large as the largest before the event; number of treated units.
    provenance : Provenance
        Series and method.
    """

    drawn_by = "effect.draw_honest_trends"

    estimate: float
    interval: tuple[float, float]
    breakdown: float
    seen: float
    measure: str

    @property
    def verdict(self) -> str:
        """The breakdown value in a sentence."""
        return _verdict(self.spec["restriction"], self.breakdown, self.seen, self.measure)

    def summary(self) -> str:
        """Estimate, verdict, a row per bound, checks, sources."""
        spec, unit = self.spec, f" ({self.measure})" if self.measure else ""
        units = [spec["unit"]] if isinstance(spec["unit"], str) else spec["unit"]
        asked = "average effect" if spec["period"] == "average" else f"effect {spec['period']} periods after the event"
        lines = [
            f"bent trends: {spec['outcome']} of {names_text(units)}, {asked} "
            f"{format_number(self.estimate, signed=True)}{unit}, {self.level:.0%} interval with parallel trends "
            f"{interval_text(self.interval)}",
            f"  {RESTRICTIONS[spec['restriction']]}",
            f"  {self.verdict}",
        ]
        lines += [f"  bound {format_number(b)}: {interval_text((low, high))}" for b, low, high in self._rows()]
        return self._ended(lines)

    def _rows(self) -> list[tuple[float, float, float]]:
        return [tuple(row) for row in self.table[["bound", "lower", "upper"]].to_numpy()]


def honest_trends(
    effect: Effect,
    *,
    restriction: Restriction = "relative",
    bounds: Sequence[float] | None = None,
    period: int | Literal["average"] = "average",
) -> HonestTrends:
    """Intervals of an effect when trends may bend after the event, and the bound at which the finding is lost.

    Parameters
    ----------
    effect : Effect
        From :func:`~eaeu_analysis.staggered_did` (not by imputation) or
        :func:`~eaeu_analysis.difference_in_differences`, with two periods or more before the event.
    restriction : {"relative", "smooth"}, default "relative"
        "relative": each step of the difference in trends after the event is at most the bound times the largest step
        before it. "smooth": the slope changes by at most the bound from one period to the next, so that at zero trends
        differ by a straight line.
    bounds : sequence of float, optional
        Bounds shown, zero or more: multiples of the largest step, or changes of slope in units of the outcome. By
        default 0, 0.5, 1, 1.5 and 2 times the largest violation before the event.
    period : int or "average", default "average"
        The effect asked about: that of a period from the event (0 is the first treated one), or the average over
        treated cells.

    Returns
    -------
    HonestTrends
        A row per bound, and the breakdown value.

    Raises
    ------
    BadInputError
        If the effect has no event study of this kind, or an argument cannot be used.
    NotConvergedError
        If an interval is not found.

    Notes
    -----
    Rambachan and Roth (2023, Review of Economic Studies 90(5)). "relative": test of Andrews, Roth and Pakes (2023)
    with a least favourable first stage; "smooth": shortest interval of fixed length. Errors are normal with the
    covariance of the event study; with fewer than five treated units that of the random assignments is taken.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> others = ["ALB", "AZE", "GEO", "MDA", "MNG", "TJK", "UKR", "UZB"]
    >>> panel = ea.load_panel(["trade"], ["KGZ", *others], (2002, 2019))
    >>> effect = ea.difference_in_differences(panel, "trade", "KGZ", 2015, others)
    >>> round(ea.honest_trends(effect).breakdown, 2)
    0.31
    """
    require_option("restriction", restriction, RESTRICTIONS)
    study, shown = study_of(effect, period)
    level = effect.level
    steps = np.diff(np.append(study.before, 0.0))
    turns = np.diff(steps)
    relative = restriction == "relative"
    seen = float(np.abs(steps if relative else turns).max(initial=0.0))
    if not relative and np.linalg.matrix_rank(study.covariance) < len(shown):
        raise BadInputError(
            f"restriction 'smooth' weighs {len(shown)} coefficients, more than the units can tell apart; use "
            "restriction='relative', or fewer periods"
        )
    scale = 1.0 if relative else (seen or study.error)
    listed = _bounds(bounds, scale)
    rows = []
    for bound in listed:
        low, high = (relative_interval if relative else smooth_interval)(study, bound, level)
        rows.append((bound, low, high, not low <= 0.0 <= high))
    half = float(ndtri(0.5 + level / 2.0)) * study.error
    limit = breakdown(
        (lambda b: relative_excludes_zero(study, b, level)) if relative else (lambda b: _excludes(study, b, level)),
        1.0 if relative else max(study.error, 1e-300),
    )
    spec = {
        **effect.spec,
        "sensitivity": "honest_trends",
        "restriction": restriction,
        "bounds": list(listed),
        "period": period,
    }
    interval = (study.estimate - half, study.estimate + half)
    table = pd.DataFrame(rows, columns=["bound", "lower", "upper", "excludes_zero"])
    checks = (_check(restriction, limit, seen, effect.measure), _units_check(effect))
    method = f"{effect.method}; {RESTRICTIONS[restriction]}"
    provenance = Provenance(effect.provenance.series, method, REFERENCE, spec)
    own = (study.estimate, interval, limit, seen, effect.measure)
    return HonestTrends(spec, table, level, checks, provenance, *own)


def study_of(effect: Effect, period: int | Literal["average"]) -> tuple[Study, list[int]]:
    """The coefficients around the event and their covariance, with the periods they belong to."""
    if not isinstance(effect, StaggeredEffect | DifferenceInDifferencesEffect):
        raise BadInputError(
            f"bent trends need an event study: give an effect of staggered_did or difference_in_differences, not a "
            f"{type(effect).__name__}"
        )
    if effect.covariance is None or effect.event_study is None:
        raise BadInputError(
            "by imputation the periods before the event are no coefficients against a base period; use "
            "method='callaway_santanna'"
        )
    table = effect.event_study.set_index("relative")
    known = set(effect.covariance.index)
    first, last = -1, -1
    while first - 1 in known:
        first -= 1
    while last + 1 in known:
        last += 1
    before, after = list(range(first, -1)), list(range(last + 1))
    if not before or not after:
        raise BadInputError(
            f"{len(before) + 1} period(s) before the event and {len(after)} from it on with a comparison; at least two "
            "and one are needed"
        )
    if period == "average":
        units = table["units"].loc[after].to_numpy(dtype=np.float64)
        weights = units / units.sum()
    elif isinstance(period, bool) or not isinstance(period, int | np.integer) or period not in after:
        raise BadInputError(f"period {period!r}: expected 'average' or a number of periods from 0 to {after[-1]}")
    else:
        weights = np.array([float(k == period) for k in after])
    shown = [*before, *after]
    matrix = effect.covariance.loc[shown, shown].to_numpy(dtype=np.float64)
    values = table["estimate"]
    return Study(values.loc[before].to_numpy(), values.loc[after].to_numpy(), matrix, weights), shown


def _excludes(study: Study, bound: float, level: float) -> bool:
    low, high = smooth_interval(study, bound, level)
    return not low <= 0.0 <= high


def _bounds(asked: Sequence[float] | None, scale: float) -> list[float]:
    if asked is None:
        return [multiple * scale for multiple in MULTIPLES]
    if isinstance(asked, str | bytes) or not hasattr(asked, "__iter__"):
        raise BadInputError(f"bounds {asked!r}: expected a list of numbers, zero or more")
    listed = list(asked)
    for bound in listed:
        number = isinstance(bound, int | float | np.number) and not isinstance(bound, bool)
        if not number or not math.isfinite(bound) or bound < 0:
            raise BadInputError(f"bound {bound!r}: expected a number, zero or more")
    if not listed:
        raise BadInputError("bounds is empty; name one at least")
    return sorted(float(bound) for bound in listed)


def _verdict(restriction: str, limit: float, seen: float, measure: str) -> str:
    unit = f" {measure}" if measure else ""
    if limit == 0.0:
        straight = "with parallel trends" if restriction == "relative" else "with trends that differ by a straight line"
        return f"no finding to lose: even {straight} the interval includes zero"
    if restriction == "relative":
        size = "many times" if math.isinf(limit) else f"{limit:.2f} times"
        return (
            f"the finding remains until violations of parallel trends after the event are {size} the largest before it"
        )
    size = "by far more than is seen before it" if math.isinf(limit) else f"{format_number(limit)}{unit} a period"
    return (
        f"the finding remains until the slope changes by {size}; before the event it changed by up to "
        f"{format_number(seen)}"
    )


def _check(restriction: str, limit: float, seen: float, measure: str) -> Check:
    """Fails when violations as large as the largest before the event would do away with the finding."""
    threshold = 1.0 if restriction == "relative" else seen
    text = f"{_verdict(restriction, limit, seen, measure)}; passes when it survives the largest before the event"
    judged = None if limit == 0.0 else limit >= threshold
    return Check("bent trends", judged, limit, threshold, text)


def _units_check(effect: Effect) -> Check:
    count = len(effect.units)
    text = (
        f"{count} treated units; below {FEW} the errors rest on the spread of the random assignments, and the normal "
        f"distribution is an approximation; fails below {FEW}"
    )
    return Check("treated units", count >= FEW, float(count), float(FEW), text)
