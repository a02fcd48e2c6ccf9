"""Least squares within countries on regressors that are the same for all, and what its errors are worth.

With a regressor that differs over years and hardly over countries, the sample is as long as its years. Two variances:

- Driscoll and Kraay (1998), "Consistent covariance matrix estimation with spatially dependent panel data", Review of
  Economics and Statistics 80(4): scores summed over countries by year, Bartlett weights over years.
- The jackknife over years, CV3 in MacKinnon, Nielsen and Webb (2023), "Cluster-robust inference: a guide to empirical
  practice", Journal of Econometrics 232(2), with Student's t on T - 1 degrees of freedom: made for few clusters of
  which some carry most of the information.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, Ints, bartlett_sum
from ..errors import BadInputError


@dataclass(frozen=True)
class Fit:
    """``coef`` (k,), ``resid`` (n,), ``dk`` and ``jackknife`` (k, k), ``by_year`` (T, k): the coefficients without one
    year, ``leverage`` (T,): each year's part of the information, which adds up to k."""

    coef: Array
    resid: Array
    dk: Array
    jackknife: Array
    by_year: Array
    leverage: Array
    years: Ints
    rsquared: float

    @property
    def df(self) -> int:
        return len(self.years) - 1


def group_demeaned(values: Array, *codes: Ints) -> Array:
    """``values`` (n, m) with the means of each group taken out; for two sets of codes by least squares."""
    if len(codes) == 1:
        _, place, count = np.unique(codes[0], return_inverse=True, return_counts=True)
        sums = np.column_stack([np.bincount(place, weights=column) for column in values.T])
        return np.asarray(values - (sums / count[:, None])[place], dtype=np.float64)
    dummies = np.column_stack([(code[:, None] == np.unique(code)).astype("float64") for code in codes])
    solution, *_ = np.linalg.lstsq(dummies, values, rcond=None)
    return np.asarray(values - dummies @ solution, dtype=np.float64)


def solver(x: Array, codes: tuple[Ints, ...], keep: NDArray[np.bool_] | None = None) -> Array:
    """(k, n) matrix H with coefficients = H y, group means taken out; the columns of rows not kept are zero."""
    keep = np.ones(len(x), dtype=bool) if keep is None else keep
    demeaned = group_demeaned(x[keep], *(code[keep] for code in codes))
    gram = demeaned.T @ demeaned
    if np.linalg.matrix_rank(gram, tol=1e-10 * float(np.trace(gram))) < len(gram):
        raise BadInputError("the regressors of the pass-through do not vary apart from each other in these years")
    h = np.zeros((x.shape[1], len(x)))
    h[:, keep] = np.linalg.solve(gram, demeaned.T)  # demeaned x is orthogonal to means of y
    return h


def least_squares(y: Array, x: Array, country: Ints, year: Ints, lags: int, year_effects: bool = False) -> Fit:
    """``y`` (n,), ``x`` (n, k), ``country`` and ``year`` (n,) codes; a row per country and year, missing rows left out.

    Raises BadInputError when the regressors are collinear, also when any one year is left out.
    """
    codes = (country, year) if year_effects else (country,)
    coef = solver(x, codes) @ y
    columns = group_demeaned(np.column_stack([y, x]), *codes)
    years = np.unique(year)
    by_year = np.array([solver(x, codes, year != t) @ y for t in years])
    apart = by_year - coef
    demeaned = columns[:, 1:]
    inverse = np.linalg.inv(demeaned.T @ demeaned)
    leverage = np.array([np.trace(inverse @ demeaned[year == t].T @ demeaned[year == t]) for t in years])
    resid = columns[:, 0] - demeaned @ coef
    scores = np.zeros((int(years[-1] - years[0]) + 1, x.shape[1]))
    np.add.at(scores, year - years[0], demeaned * resid[:, None])
    total = float(columns[:, 0] @ columns[:, 0])
    return Fit(
        coef,
        resid,
        inverse @ bartlett_sum(scores, lags) @ inverse,
        (len(years) - 1) / len(years) * apart.T @ apart,
        by_year,
        leverage,
        years,
        1 - float(resid @ resid) / total if total > 0 else float("nan"),
    )


@dataclass(frozen=True)
class Coverage:
    """Share of simulated panels in which an interval at ``level`` held the truth, mean over the coefficients."""

    driscoll_kraay: float
    jackknife: float
    draws: int


def interval_coverage(
    fit: Fit, x: Array, country: Ints, year: Ints, lags: int, level: float, draws: int = 1000, seed: int = 0
) -> Coverage:
    """How often intervals hold the truth in panels with these regressors and errors like the residuals.

    Errors are a part common to the countries of a year, with the residuals' own correlation from year to year, and a
    part of each country; both normal, of the variances that the residuals show.
    """
    from scipy import stats

    common_sd, own_sd, rho = error_parts(fit, country, year)
    rng = np.random.default_rng(seed)
    years = fit.years
    common = np.empty((len(years), draws))
    common[0] = rng.normal(size=draws)
    for t in range(1, len(years)):
        common[t] = rho * common[t - 1] + np.sqrt(1 - rho**2) * rng.normal(size=draws)
    place = np.searchsorted(years, year)
    errors = common_sd * common[place] + own_sd * rng.normal(size=(len(x), draws))
    h = solver(x, (country,))
    b = h @ errors  # (k, R), truth is zero
    apart = np.stack([solver(x, (country,), year != t) @ errors - b for t in years])
    jackknife = np.sqrt((len(years) - 1) / len(years) * (apart**2).sum(axis=0))
    demeaned = group_demeaned(x, country)
    inverse = np.linalg.inv(demeaned.T @ demeaned)
    resid = group_demeaned(errors, country) - demeaned @ b
    member = (place[:, None] == np.arange(len(years))).astype("float64")
    scores = np.einsum("nt,nk,nr->tkr", member, demeaned, resid, optimize=True)
    middle = np.einsum("tkr,tlr->klr", scores, scores)
    for lag in range(1, lags + 1):
        cross = np.einsum("tkr,tlr->klr", scores[lag:], scores[:-lag])
        middle += (1 - lag / (lags + 1)) * (cross + cross.transpose(1, 0, 2))
    dk = np.sqrt(np.maximum(np.einsum("ak,klr,la->ar", inverse, middle, inverse), 0))
    normal, student = stats.norm.ppf((1 + level) / 2), stats.t.ppf((1 + level) / 2, fit.df)
    return Coverage(float((np.abs(b) <= normal * dk).mean()), float((np.abs(b) <= student * jackknife).mean()), draws)


def error_parts(fit: Fit, country: Ints, year: Ints) -> tuple[float, float, float]:
    """Standard deviations of the residuals' common and own part, and the common part's correlation over years.

    The mean over N countries includes 1/N of the own variance, which is subtracted; the correlation is kept in (-0.8,
    0.8).
    """
    means = np.array([fit.resid[year == t].mean() for t in fit.years])
    own = fit.resid - means[np.searchsorted(fit.years, year)]
    countries = len(np.unique(country))
    own_var = float((own**2).sum() / max(len(own) - len(means) - countries, 1))
    common_var = max(float((means**2).mean()) - own_var / countries, 0.0)
    return float(np.sqrt(common_var)), float(np.sqrt(own_var)), float(np.clip(serial(means), -0.8, 0.8))


def serial(values: Array) -> float:
    """First-order autocorrelation of a series of mean zero; 0 for one that does not vary."""
    bottom = float(values @ values)
    return float(values[1:] @ values[:-1]) / bottom if bottom > 0 else 0.0
