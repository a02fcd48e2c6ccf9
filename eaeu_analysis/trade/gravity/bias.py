"""Bias correction of gravity estimates with two-way and three-way fixed effects: Weidner and Zylkin (2021).

With exporter-year, importer-year and pair effects, N economies and few years T, the PPML estimate is consistent but
off-centre by a bias of order 1/N, as large as its error; clustered errors are too small, also by a part of order 1/N.
With exporter-year and importer-year effects alone only the errors are too small. Both are corrected analytically.

Source: Weidner, M. and Zylkin, T. (2021), Bias and consistency in three-way gravity models, Journal of International
Economics 132, 103513. Notation as there: lambda_ij (T,) fitted flows of a pair; S_ij = y_ij - lambda_ij the score of
the pair's index once its effect is profiled out; H_ij = diag(lambda) - lambda lambda' / sum(lambda) minus its expected
derivative, G_ij the next derivative; x~_ij the regressor with all effects projected out; plus marks a pseudo-inverse.

    bias = (sum x~' H x~)^-1 (B + D),
    B = sum_i  N/(N-1) { - tr[ (sum_j H_ij)+ sum_j (H_ij x~_ij) S_ij' ]
                         + 1/2 tr[ (sum_j H_ij)+ (sum_j G_ij x~_ij) (sum_j H_ij)+ (sum_j S_ij S_ij') ] },

D the same with the two sides exchanged. Errors: the meat's S_ij S_ij' becomes (I - leverage_ij)^-1 S_ij S_ij', the
leverage of the pair in the coefficients, exporter-years and importer-years together, which is worked out exactly here.

That is the leading part in 1/N. With few economies the rest matters more, and residuals understate the errors. The bias
of second order in the errors is known whole (Cox and Snell 1968, Journal of the Royal Statistical Society B 30(2);
McCullagh and Nelder 1989, section 15.2, for generalised linear models): with the log link of PPML the least squares
coefficient of x~ for half the variance of each fitted index,

    bias = - 1/2 (x~' L x~)^-1 x~' L v,     L = diag(lambda), v = diag(variance of all effects and coefficients in D),

here with the variance clustered by pair and its scores blown up by the full leverage of the pair, as the errors are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ...arrays import Array, Ints
from ...errors import BadInputError, unknown
from ...results import Check
from .projection import Projection, dense_inverse, project
from .sample import Effect

if TYPE_CHECKING:
    from .fit import GravityFit

FULL_LEVERAGE = 1e-8  # singular value of I - leverage below which a pair determines a coefficient alone
FEW = 20  # economies up to which the correction of first order in their number left part of the bias in simulations
LARGEST = 20_000_000  # numbers of the dense design that "cox-snell" factorises
CHUNK = 2_000_000  # numbers of a block of pair-by-time-by-time arrays held at once


@dataclass(frozen=True)
class BiasCorrection:
    """What was corrected: ``bias`` (to be taken off the uncorrected coefficients), and the numbers before."""

    kind: str
    bias: pd.Series[Any]
    uncorrected: pd.Series[Any]
    uncorrected_se: pd.Series[Any]
    uncorrected_vcov: pd.DataFrame
    economies: tuple[int, int]
    periods: int
    text: str


BiasMethod = Literal["weidner-zylkin", "cox-snell"]
SOURCES = {"weidner-zylkin": "Weidner and Zylkin 2021", "cox-snell": "Cox and Snell 1968"}


@dataclass(frozen=True)
class Pairs:
    """The flows laid out by pair and time, zero where a pair has no row: ``y, fitted`` (P, T), ``x`` (P, T, K),
    ``exporter, importer`` (P,), ``cell`` (n,) place of each row in the flattened (P, T) grid."""

    y: Array
    fitted: Array
    x: Array
    exporter: Ints
    importer: Ints
    cell: Ints


def correct(fit: GravityFit, off: Projection | None = None, method: bool | BiasMethod = "weidner-zylkin") -> GravityFit:
    """The fit with corrected coefficients (three-way) and errors (two-way and three-way).

    The fixed effects must be tuples over three columns: exporter-year, importer-year and, for three-way, the pair.
    Clusters must be the pairs: they say which two of the columns are the sides, the third is time. ``k_adj`` must be
    False: the correction replaces it. ``off``: the projection at the fitted flows, where it is known. ``method``: True
    is "weidner-zylkin". Raises BadInputError otherwise, with weights, and for "cox-snell" in a large panel.
    """
    chosen = "weidner-zylkin" if method is True else str(method)
    if chosen not in SOURCES:
        raise unknown("bias correction", chosen, SOURCES)
    exporter, importer, time, pair = _roles(fit)
    mu = fit.fitted.to_numpy()
    effects = fit.sample.effects
    if pair is None:
        inverse, numbered = dense_inverse(mu, effects)
        tilde = project(mu, effects).residual(fit.sample.x)
    else:
        known = off is not None and off.largest == pair
        projection = off if known and off is not None else project(mu, effects, eliminate=pair)
        inverse, numbered = projection.inverse, projection.other
        tilde = projection.residual(fit.sample.x)
    pairs = _lay_out(fit, exporter, importer, time, mu, tilde)
    hessian = (tilde * mu[:, None]).T @ tilde
    bread = np.linalg.inv(hessian)
    codes = np.zeros((2, pairs.y.size), dtype=np.int64)
    codes[0, pairs.cell], codes[1, pairs.cell] = numbered
    variance = _variance(pairs, bread, inverse, codes.reshape(2, *pairs.y.shape), three_way=pair is not None)
    if chosen == "cox-snell":
        bias = -bread @ (tilde.T @ (mu * _index_variance(fit, mu))) / 2
    else:
        bias = bread @ _score_bias(pairs) if pair is not None else np.zeros(len(bread))
    return _corrected(fit, bias, variance, pairs, "three-way" if pair is not None else "two-way", chosen)


def _roles(fit: GravityFit) -> tuple[str, str, str, int | None]:
    """Columns of exporter, importer and time, and the place of the pair effect (None when there is none)."""
    effects: list[Effect] = fit.spec["fixed_effects"]
    sets = [set(e) for e in effects if not isinstance(e, str)]
    columns: list[str] = sorted(set().union(*sets)) if sets else []
    if len(sets) != len(effects) or len(columns) != 3 or len(sets) not in (2, 3) or any(len(s) != 2 for s in sets):
        raise BadInputError(
            "the bias correction needs fixed effects ('exporter', 'year'), ('importer', 'year') and, for three-way, "
            f"('exporter', 'importer'); these are {effects}"
        )
    if fit.spec["k_adj"]:
        raise BadInputError("the bias correction replaces k_adj: leave k_adj=False")
    if fit.sample.weights is not None or fit.spec.get("errors") == "crv3":
        raise BadInputError("the bias correction is for fits without weights and with errors='crv1'")
    clusters: list[Effect] = fit.spec["cluster"]
    by = set(clusters[0]) if len(clusters) == 1 and not isinstance(clusters[0], str) else set()
    if len(by) != 2 or not by < set(columns):
        raise BadInputError(
            "the bias correction needs errors clustered by pair, such as cluster=('exporter', 'importer'): the two "
            f"columns of {columns} that are the sides of a flow, the third is time; clusters are {clusters}"
        )
    (time,) = set(columns) - by
    sides = [e for e in effects if time in e]
    pair = next((k for k, e in enumerate(effects) if time not in e), None)
    if len(sides) != 2:
        raise BadInputError(
            f"the bias correction takes {time!r} for time, since clusters are {clusters[0]}, but it is in {len(sides)} "
            f"of {effects}"
        )
    exporter, importer = (next(c for c in e if c != time) for e in sides)
    return exporter, importer, time, pair


def _lay_out(fit: GravityFit, exporter: str, importer: str, time: str, mu: Array, tilde: Array) -> Pairs:
    rows = fit.data.iloc[fit.sample.rows]
    period, periods = pd.factorize(rows[time], sort=True)
    pair = fit.sample.clusters[0]
    count = int(pair.max()) + 1
    cell = pair * len(periods) + period
    if len(np.unique(cell)) != len(cell):
        raise BadInputError(
            f"a pair has two rows in one {time}: the bias correction needs one flow per pair and {time}"
        )
    grid = np.zeros((3 + tilde.shape[1] - 1, count * len(periods)))
    grid[0, cell], grid[1, cell], grid[2:, cell] = fit.sample.y, mu, tilde.T
    shape = (count, len(periods))
    first = np.unique(pair, return_index=True)[1]
    sides = [pd.factorize(rows[column])[0].astype(np.int64)[first] for column in (exporter, importer)]
    x = np.moveaxis(grid[2:].reshape(-1, *shape), 0, -1)
    return Pairs(grid[0].reshape(shape), grid[1].reshape(shape), x, sides[0], sides[1], cell.astype(np.int64))


def _hessians(fitted: Array, three_way: bool = True) -> Array:
    """(P, T, T): H_ij; without a pair effect nothing is profiled out and it is diagonal."""
    out = np.einsum("pt,ts->pts", fitted, np.eye(fitted.shape[1]))
    if three_way:
        out -= fitted[:, :, None] * fitted[:, None, :] / fitted.sum(axis=1)[:, None, None]
    return np.asarray(out)


def _score_bias(pairs: Pairs) -> Array:
    """(K,): B + D of the formula above, whose terms are all linear in H_ij x~_ij (x~ has mean zero in a pair)."""
    scores = pairs.y - pairs.fitted
    share = pairs.fitted / pairs.fitted.sum(axis=1, keepdims=True)
    total = np.zeros_like(scores)
    for side in (pairs.exporter, pairs.importer):
        size = int(side.max()) + 1
        hessian = _summed(_hessians(pairs.fitted), side, size)
        inverse = np.linalg.pinv(hessian, rcond=1e-12, hermitian=True)
        outer = _summed(scores[:, :, None] * scores[:, None, :], side, size)
        middle = inverse @ outer @ inverse
        first = (inverse[side] @ scores[:, :, None])[:, :, 0]
        second = ((middle + np.swapaxes(middle, 1, 2))[side] @ share[:, :, None])[:, :, 0]
        second -= np.diagonal(middle, axis1=1, axis2=2)[side]
        total += size / (size - 1) * (second / 2 - first)
    return np.asarray(np.einsum("pt,ptk->k", pairs.fitted * total, pairs.x))


def _index_variance(fit: GravityFit, mu: Array) -> Array:
    """(n,): variance of each fitted index, all effects and coefficients included, clustered by pair."""
    sample = fit.sample
    levels = [int(codes.max()) + 1 for codes in sample.effects]
    if len(mu) * (sum(levels) + sample.x.shape[1]) > LARGEST:
        raise BadInputError(
            f"bias_correction='cox-snell' is for few economies: {len(mu):,} flows with {sum(levels):,} fixed effects "
            "are too many; use 'weidner-zylkin'"
        )
    root = np.sqrt(mu)
    design = np.hstack([sample.x, *(np.eye(size)[codes] for size, codes in zip(levels, sample.effects, strict=True))])
    left, sizes, _ = np.linalg.svd(design * root[:, None], full_matrices=False)
    base = left[:, sizes > 1e-9 * sizes[0]]
    pearson = (sample.y - mu) / root
    pair = sample.clusters[0]
    order = np.argsort(pair, kind="stable")
    middle = np.zeros((base.shape[1], base.shape[1]))
    for rows in np.split(order, np.flatnonzero(np.diff(pair[order])) + 1):
        own, score = base[rows], pearson[rows]
        blown = np.linalg.pinv(np.eye(len(rows)) - own @ own.T, rcond=FULL_LEVERAGE, hermitian=True) @ score
        middle += np.outer(own.T @ score, own.T @ blown)
    return np.asarray(np.einsum("nr,rs,ns->n", base, middle, base, optimize=True) / mu)


def _summed(blocks: Array, side: Ints, size: int) -> Array:
    """(P, T, T) summed over the pairs of each economy: (N, T, T)."""
    from scipy.sparse import coo_matrix

    gather = coo_matrix((np.ones(len(side)), (side, np.arange(len(side)))), shape=(size, len(side))).tocsr()
    flat = gather @ blocks.reshape(len(side), -1)
    return np.asarray(flat).reshape(size, *blocks.shape[1:])


def _variance(pairs: Pairs, bread: Array, inverse: Array, codes: Ints, three_way: bool) -> Array:
    """Sandwich with the scores of each pair blown up by its leverage, block of pairs by block."""
    count, periods = pairs.y.shape
    meat = np.zeros_like(bread)
    step = max(1, CHUNK // periods**2)
    for start in range(0, count, step):
        cut = slice(start, start + step)
        x, own, other = pairs.x[cut], codes[0, cut], codes[1, cut]
        effects = sum(inverse[a[:, :, None], b[:, None, :]] for a in (own, other) for b in (own, other))
        lever = _hessians(pairs.fitted[cut], three_way) @ (x @ bread @ np.swapaxes(x, 1, 2) + effects)
        score = (pairs.y[cut] - pairs.fitted[cut])[:, :, None]
        blown = _blow_up(np.eye(periods) - lever, score)
        meat += np.einsum("ptk,pt,ps,psl->kl", x, blown[:, :, 0], score[:, :, 0], x, optimize=True)
    out = bread @ meat @ bread * count / (count - 1)
    return np.asarray((out + out.T) / 2)


def _blow_up(rest: Array, score: Array) -> Array:
    """(I - leverage)^-1 S; in a direction of full leverage the score is zero by construction and stays zero."""
    smallest = np.linalg.svd(rest, compute_uv=False)[:, -1]
    free = smallest > FULL_LEVERAGE
    out = np.zeros_like(score)
    out[free] = np.linalg.solve(rest[free], score[free])
    if not free.all():
        out[~free] = np.linalg.pinv(rest[~free], rcond=FULL_LEVERAGE) @ score[~free]
    return out


def _corrected(fit: GravityFit, bias: Array, variance: Array, pairs: Pairs, kind: str, method: str) -> GravityFit:
    index = fit.coef.index
    if (np.diag(variance) <= 0).any():
        worst = index[int(np.argmin(np.diag(variance)))]
        raise BadInputError(f"too few flows hold {worst!r} apart for a bias-corrected error: a pair has full leverage")
    se = pd.Series(np.sqrt(np.diag(variance)), index=index, name="se")
    sizes = (int(pairs.exporter.max()) + 1, int(pairs.importer.max()) + 1)
    moved = np.abs(bias / fit.se.to_numpy())
    grown = float(np.median(se / fit.se))
    text = f"{kind}, {sizes[0]} exporters, {sizes[1]} importers, {pairs.y.shape[1]} periods ({SOURCES[method]})"
    correction = BiasCorrection(
        kind, pd.Series(bias, index=index, name="bias"), fit.coef, fit.se, fit.vcov, sizes, pairs.y.shape[1], text
    )
    incidental_parameters_text = (
        f"{kind} bias up to {moved.max():.2f} of an uncorrected error; corrected errors are {grown:.2f} times as large"
    )
    checks = [Check("incidental parameters", None, float(moved.max()), None, incidental_parameters_text)]
    if max(sizes) <= FEW:
        remains = (
            "part of the bias remains, since this correction is of first order in their number: use "
            "bias_correction='cox-snell'"
            if method == "weidner-zylkin" and kind == "three-way"
            else "errors are still somewhat too small: compare with errors='crv3'"
        )
        checks.append(
            Check(
                "few economies", False, float(max(sizes)), float(FEW), f"{max(sizes)} economies, up to {FEW}: {remains}"
            )
        )
    return replace(
        fit,
        coef=(fit.coef - bias).rename("coef"),
        se=se,
        vcov=pd.DataFrame(variance, index=index, columns=index),
        checks=(*fit.checks, *checks),
        correction=correction,
    )
