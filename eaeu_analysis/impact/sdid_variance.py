"""Variance of synthetic difference-in-differences: placebo, jackknife, bootstrap, each where it is valid.

Arkhangelsky et al. (2021), algorithms 2 (bootstrap), 3 (jackknife, weights held) and 4 (placebo), extended to
adoption at several dates by cohort as in Clarke, Pailanir, Athey & Imbens (2024), "On synthetic difference-in-
differences and related estimation methods in Stata", Stata Journal 24(4).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import BadInputError, unknown
from .sdid_core import Block, estimate_block

VARIANCES = ("placebo", "jackknife", "bootstrap")


@dataclass(frozen=True)
class Cohorts:
    """Never-treated units and the treated by first treated period.

    ``control`` (N0, T); ``treated``: first treated column -> (N_a, T), in order of the column.
    """

    control: Array
    treated: Mapping[int, Array]

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(len(block) for block in self.treated.values())

    @property
    def cells(self) -> Array:
        """Treated cells per cohort, N_a T_a."""
        periods = self.control.shape[1]
        return np.array([len(block) * (periods - pre) for pre, block in self.treated.items()], dtype=np.float64)


Estimator = Callable[[Array, Array, int], Block]


@dataclass(frozen=True)
class Replicates:
    """``draws`` (B,) of the estimate, ``effects`` (B, N1, T) by treated unit and period (placebo only, else None),
    ``exact``: all placebos were enumerated, ``se``."""

    draws: Array
    effects: Array | None
    exact: bool
    se: float


def blocks_of(cohorts: Cohorts, estimator: Estimator) -> list[Block]:
    """The estimator on each cohort against the never-treated."""
    return [estimator(cohorts.control, block, pre) for pre, block in cohorts.treated.items()]


def pooled(cohorts: Cohorts, blocks: Sequence[Block]) -> float:
    """Average effect over all treated cells: cohorts weighted by N_a T_a."""
    return float(np.average([block.estimate for block in blocks], weights=cohorts.cells))


def make_estimator(method: str, replicate: str | None, zeta: float | None) -> Estimator:
    """The estimator with its options fixed."""

    def estimator(control: Array, treated: Array, pre: int) -> Block:
        return estimate_block(control, treated, pre, method, replicate, zeta)

    return estimator


def refuse_invalid(variance: str, cohorts: Cohorts, method: str) -> None:
    """BadInputError in one sentence where ``variance`` is not valid for this design."""
    if variance not in VARIANCES:
        raise unknown("variance", variance, VARIANCES)
    smallest, total, controls = min(cohorts.sizes), sum(cohorts.sizes), len(cohorts.control)
    if variance == "jackknife":
        if smallest < 2:
            raise BadInputError(
                "variance 'jackknife' needs at least two treated units per date of adoption: leaving out the only one "
                "leaves no effect to estimate; use variance='placebo'"
            )
        if method == "sc":
            raise BadInputError(
                "variance 'jackknife' is not valid for method 'sc', whose weights are not regularised; "
                "use 'placebo' or 'bootstrap'"
            )
    if variance == "bootstrap" and total < 2:
        raise BadInputError(
            "variance 'bootstrap' needs several treated units: with one, every draw holds it or has no effect to "
            "estimate; use variance='placebo'"
        )
    if variance == "placebo" and controls < total + 2:
        raise BadInputError(
            f"variance 'placebo' needs at least two more control than treated units; got {controls} and {total}"
        )


def replicate_variance(
    variance: str,
    cohorts: Cohorts,
    blocks: Sequence[Block],
    estimator: Estimator,
    method: str,
    replications: int,
    seed: int,
) -> Replicates:
    """Replicates and standard error by the named rule; raises where it is not valid."""
    refuse_invalid(variance, cohorts, method)
    if variance == "placebo":
        return placebo(cohorts, estimator, replications, seed)
    if variance == "jackknife":
        return jackknife(cohorts, blocks)
    return bootstrap(cohorts, estimator, replications, seed)


def placebo(cohorts: Cohorts, estimator: Estimator, replications: int, seed: int) -> Replicates:
    """Algorithm 4: controls take the treated units' place and dates, the treated are left out.

    All assignments are enumerated when there are no more than ``replications`` of them (with one treated unit:
    when the donors are no more), else ``replications`` are drawn. The variance has divisor B.
    """
    sizes, dates = cohorts.sizes, list(cohorts.treated)
    picks, exact = placebo_picks(len(cohorts.control), sum(sizes), replications, seed)
    draws: list[float] = []
    effects: list[Array] = []
    for pick in picks:
        rest = np.delete(cohorts.control, pick, axis=0)
        parts = np.split(pick, np.cumsum(sizes)[:-1])
        fake = Cohorts(rest, {date: cohorts.control[part] for date, part in zip(dates, parts, strict=True)})
        found = blocks_of(fake, estimator)
        draws.append(pooled(fake, found))
        effects.append(np.vstack([block.effects for block in found]))
    values = np.array(draws)
    return Replicates(values, np.array(effects), exact, float(values.std()))


def placebo_picks(count: int, size: int, replications: int, seed: int) -> tuple[list[NDArray[np.intp]], bool]:
    """Sets of ``size`` of the ``count`` donors that take the treated units' place, and whether all sets are listed."""
    if size == 1 and count <= replications:
        return [np.array([i], dtype=np.intp) for i in range(count)], True
    rng = np.random.default_rng(seed)
    return [rng.permutation(count)[:size].astype(np.intp) for _ in range(replications)], False


def jackknife(cohorts: Cohorts, blocks: Sequence[Block]) -> Replicates:
    """Algorithm 3: each unit left out in turn, weights held (those of the controls rescaled to sum to one)."""
    periods, count = cohorts.control.shape[1], len(cohorts.control)
    whole = pooled(cohorts, blocks)
    for block in blocks:
        if np.any(block.omega > 1 - 1e-12):
            raise BadInputError(
                "variance 'jackknife' is not available: one control unit carries all the weight, and leaving it out "
                "leaves no counterfactual"
            )
    draws: list[float] = []
    for out in range(count):
        parts = []
        for (pre, _), block in zip(cohorts.treated.items(), blocks, strict=True):
            weights = np.delete(block.omega, out)
            shift = weights @ np.delete(cohorts.control, out, axis=0) / weights.sum() - block.omega @ cohorts.control
            parts.append(block.estimate - float(shift[pre:].mean() - shift[:pre] @ block.lam))
        draws.append(float(np.average(parts, weights=cohorts.cells)))
    for c, (pre, treated) in enumerate(cohorts.treated.items()):
        cells = cohorts.cells.copy()
        cells[c] -= periods - pre
        for out in range(len(treated)):
            parts = [block.estimate for block in blocks]
            parts[c] = float(np.delete(blocks[c].effects, out, axis=0)[:, pre:].mean())
            draws.append(float(np.average(parts, weights=cells)))
    values = np.array(draws)
    n = len(values)
    se = math.sqrt((n - 1) / n * float(((values - whole) ** 2).sum()))
    return Replicates(values, None, False, se)


def bootstrap(cohorts: Cohorts, estimator: Estimator, replications: int, seed: int) -> Replicates:
    """Algorithm 2: units drawn with replacement, weights fitted anew; draws without a treated or with fewer than two
    control units are drawn again. A cohort absent from a draw drops out of that draw's average."""
    rng = np.random.default_rng(seed)
    count = len(cohorts.control)
    dates = [pre for pre, block in cohorts.treated.items() for _ in block]
    rows = np.vstack(list(cohorts.treated.values()))
    draws: list[float] = []
    for _ in range(replications):
        while True:
            pick = rng.integers(0, count + len(rows), count + len(rows))
            if (pick >= count).any() and (pick < count).sum() >= 2:
                break
        chosen = pick[pick >= count] - count
        treated = {pre: rows[[i for i in chosen if dates[i] == pre]] for pre in cohorts.treated}
        sample = Cohorts(cohorts.control[pick[pick < count]], {pre: some for pre, some in treated.items() if len(some)})
        draws.append(pooled(sample, blocks_of(sample, estimator)))
    values = np.array(draws)
    return Replicates(values, None, False, float(values.std()))
