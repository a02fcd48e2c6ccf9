"""The estimate without each donor, and with the event moved into the years before it, for the weighting estimators.

The rules of the checks are those of synthetic control (:mod:`.checks`); what is here only asks the questions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ..arrays import Array
from ..results import Check
from .checks import loo_check, time_check
from .inversion import student
from .placebo import InTime

TRACE = 0.005  # a donor that weighs less is not left out: it cannot have decided anything
FIT_LEAST, JUDGED_LEAST = 3, 2  # periods on either side of the moved event


def leave_one_out(
    without: Callable[[int], float], weights: Array, donors: Sequence[str], estimate: float
) -> tuple[pd.DataFrame, Check]:
    """Estimate without each donor that weighs (frame: donor, weight, estimate) and its check; ``without(i)`` estimates
    with the i-th donor left out."""
    weighty = [int(i) for i in np.flatnonzero(np.abs(weights) > TRACE)] if len(donors) > 2 else []
    rows = [(donors[i], float(weights[i]), without(i)) for i in weighty]
    table = pd.DataFrame(rows, columns=["donor", "weight", "estimate"])
    return table, loo_check(table, estimate)


def moved_start(periods: int) -> int | None:
    """Column of the moved event among ``periods`` before the true one: the first of their last third; None when too few
    would be left on either side."""
    cut = -(-2 * periods // 3)
    return cut if cut >= FIT_LEAST and periods - cut >= JUDGED_LEAST else None


def moved_check(
    control: Array,
    treated: Array,
    times: Array,
    effect: Callable[[Array, Array, int], float],
    level: float,
) -> Check:
    """The event moved to the last third of the periods before it: ``control`` (N0, T0), ``treated`` (N1, T0) and
    ``times`` (T0,) before the event; ``effect(control, treated, start)`` estimates. Its p comes from the same placebos
    as the estimate's: every donor in place of the treated, Student's t on their spread."""
    start = moved_start(len(times))
    if start is None:
        return time_check(None, level)
    average = effect(control, treated, start)
    draws = [effect(np.delete(control, i, axis=0), control[[i]], start) for i in range(len(control))]
    _, _, p = student(average, float(np.std(draws)), len(draws) - 1, level)
    return time_check(InTime(int(times[start]), average, p), level)
