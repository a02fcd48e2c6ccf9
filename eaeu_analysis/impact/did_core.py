"""Difference-in-differences on a design: contrasts per unit, and the same numbers from pyfixest with clustered errors.

With several dates of adoption each cohort is set against the never-treated in its own stack (Cengiz, Dube, Lindner &
Zipperer 2019, Quarterly Journal of Economics 134(3)), so that no treated unit serves as another's control; cohorts are
weighted by treated cells. With one date this is the two-way fixed effects regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..errors import NotConvergedError
from .design import Design
from .randomisation import Assignments

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Clustered:
    """``estimate`` and cluster-robust ``se`` (CRV1, by unit) of the average effect; ``leads_p``: Wald test that all
    leads are zero (NaN with fewer than five treated units, where it means nothing)."""

    estimate: float
    se: float
    clusters: int
    leads_p: float


def groups_of(design: Design) -> NDArray[np.intp]:
    """(N0 + N1,) index of the cohort of each unit, -1 for donors."""
    groups = np.full(len(design.donors) + len(design.units), -1, dtype=np.intp)
    for g, rows in enumerate(design.cohort_rows().values()):
        groups[len(design.donors) + rows] = g
    return groups


def cohort_weights(design: Design) -> Array:
    """(G,) share of the treated cells that each cohort has."""
    cells = np.array([len(rows) * (len(design.times) - pre) for pre, rows in design.cohort_rows().items()])
    return np.asarray(cells / cells.sum(), dtype=np.float64)


def average_contrasts(y: Array, starts: Sequence[int]) -> Array:
    """(G, N): per cohort, each unit's mean after less its mean before that cohort's date."""
    return np.array([y[:, pre:].mean(axis=1) - y[:, :pre].mean(axis=1) for pre in starts])


def period_contrasts(y: Array, pre: int, base: int | None = None) -> Array:
    """(T, N): each unit's value in a period less its mean before ``pre``, or less its value in column ``base``."""
    level = y[:, :pre].mean(axis=1) if base is None else y[:, base]
    return np.asarray((y - level[:, None]).T, dtype=np.float64)


def lead_sizes(y: Array, starts: Sequence[int], plan: Assignments) -> Array:
    """(B,) root mean squared deviation of the treated from the never-treated before the event, each unit less its own
    mean before, over the assignments: zero for parallel paths."""
    total = np.zeros(len(plan.groups))
    cells = 0
    for g, (pre, comparison) in enumerate(zip(starts, plan.comparisons, strict=True)):
        size = int((plan.groups[0] == g).sum())
        paths = comparison @ period_contrasts(y, pre)[:pre].T
        total += size * (paths**2).sum(axis=1)
        cells += size * pre
    return np.asarray(np.sqrt(total / cells), dtype=np.float64)


def stacked(design: Design) -> pd.DataFrame:
    """Long frame, a stack per cohort: y, unit, unit_stack, time_stack, d0.. (treated after), e{g}_{k} (k periods from
    the event, k = -1 left out)."""
    import pandas as pd

    names = [*design.donors, *design.units]
    y = design.outcomes
    parts = []
    for g, (pre, rows) in enumerate(design.cohort_rows().items()):
        members = [*range(len(design.donors)), *(len(design.donors) + rows)]
        treated = np.isin(members, len(design.donors) + rows)
        periods = len(design.times)
        part = pd.DataFrame(
            {
                "y": y[members].ravel(),
                "unit": np.repeat([names[i] for i in members], periods),
                "stack": g,
                "column": np.tile(np.arange(periods), len(members)),
                "treated": np.repeat(treated.astype(float), periods),
            }
        )
        part[f"d{g}"] = part["treated"] * (part["column"] >= pre)
        for k in range(-pre, periods - pre):
            if k != -1:
                part[f"e{g}_{k}".replace("-", "m")] = part["treated"] * (part["column"] == pre + k)
        parts.append(part)
    frame = pd.concat(parts, ignore_index=True)
    frame = frame.fillna(0.0)
    frame["unit_stack"] = frame["stack"].astype(str) + ":" + frame["unit"]
    frame["time_stack"] = frame["stack"].astype(str) + ":" + frame["column"].astype(str)
    return frame


def clustered(design: Design, estimate: float) -> Clustered:
    """The regression by pyfixest; NotConvergedError when it does not give ``estimate``, the exact value."""
    import pyfixest as pf

    frame = stacked(design)
    weights = cohort_weights(design)
    names = [f"d{g}" for g in range(len(weights))]
    fit = _feols(pf, frame, names)
    found = float(weights @ fit.coef().loc[names].to_numpy())
    spread = float(np.abs(frame["y"] - frame["y"].mean()).max())
    if not abs(found - estimate) <= 1e-5 * spread:
        raise NotConvergedError(
            f"the regression did not converge: its coefficient is {found:.6g} where the exact double difference is "
            f"{estimate:.6g}"
        )
    order = [list(fit.coef().index).index(name) for name in names]
    variance = float(weights @ np.asarray(fit._vcov)[np.ix_(order, order)] @ weights)
    leads_p = float("nan")
    leads = [c for c in frame.columns if c.startswith("e") and "_m" in c]
    if len(design.units) >= 5:
        lags = [c for c in frame.columns if c.startswith("e") and "_m" not in c]
        long = _feols(pf, frame, leads + lags)
        index = [list(long.coef().index).index(name) for name in leads]
        leads_p = _wald_p(
            long.coef().to_numpy()[index], np.asarray(long._vcov)[np.ix_(index, index)], len(design.units)
        )
    return Clustered(found, float(np.sqrt(max(variance, 0.0))), int(frame["unit"].nunique()), leads_p)


def _feols(pf, frame: pd.DataFrame, regressors: Sequence[str]):  # type: ignore[no-untyped-def]
    return pf.feols(
        f"y ~ {' + '.join(regressors)} | unit_stack + time_stack",
        frame,
        vcov={"CRV1": "unit"},
        ssc=pf.ssc(k_adj=True, k_fixef="nonnested", G_adj=True),
    )


def _wald_p(b: Array, variance: Array, treated: int) -> float:
    """F test with as many numerator degrees of freedom as the variance has rank, treated - 1 in the denominator."""
    from scipy.stats import f

    rank = int(np.linalg.matrix_rank(variance, hermitian=True, tol=1e-10 * float(np.trace(variance))))
    rank = min(rank, treated - 1)
    values, vectors = np.linalg.eigh(variance)
    values, vectors = values[::-1][:rank], vectors[:, ::-1][:, :rank]
    statistic = float((((vectors.T @ b) ** 2) / values).sum()) / rank
    return float(f.sf(statistic, rank, treated - 1))
