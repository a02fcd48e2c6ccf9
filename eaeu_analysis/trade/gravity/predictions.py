"""Fitted and counterfactual flows with their errors, for rows of the sample and for rows outside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...arrays import Array, Ints
from ...data.tidy import as_pandas
from ...errors import BadInputError, NoDataError, unknown
from .projection import Projection, project
from .sample import effect_name

if TYPE_CHECKING:
    from .fit import GravityFit

MAX_ROWS = 5000
UNDETERMINED = 1e-6  # difference of a made-up effect that shows that the sample does not determine a combination


def predict(
    fit: GravityFit, rows: Any = None, changes: dict[str, Any] | None = None, new: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Fitted flows with errors, or flows if regressors were changed and the fixed effects stayed as they are.

    ``rows``: row labels of the data (default: all of the sample, up to 5,000). ``changes``: regressor to a number, an
    array or Series in the order of the rows (partial equilibrium: multilateral resistances do not move). ``new``: rows
    outside the sample, with the regressors and the columns of the fixed effects, whose levels must be in the sample.
    Columns: ``observed, fitted, se_index, lower, upper``, and with changes ``changed, ratio, ratio_lower,
    ratio_upper``. ``se_index`` is the error of the fitted index, from the cluster-robust influence of every flow on it
    through coefficients and fixed effects together; the interval is for the conditional mean, not a single flow.
    Raises BadInputError for least squares, too many rows, an unknown regressor, or a level that the sample does not
    know; NoDataError for a row that was not estimated on.
    """
    from scipy.stats import norm

    if fit.spec["model"] != "PPML":
        raise BadInputError("predictions are made from PPML fits: a fitted logarithm is not a flow")
    design = _within(fit, rows) if new is None else _beyond(fit, new)
    se = _index_errors(fit, design)
    width = float(norm.ppf(0.5 + fit.level / 2))
    half = width * se
    table = pd.DataFrame(
        {
            "observed": design.observed,
            "fitted": np.exp(design.index),
            "se_index": se,
            "lower": np.exp(design.index - half),
            "upper": np.exp(design.index + half),
        },
        index=design.labels,
    )
    if changes:
        shift = _shift(fit, design.x, changes)
        move = shift @ fit.coef.to_numpy()
        spread = width * np.sqrt(np.einsum("nk,kl,nl->n", shift, fit.vcov.to_numpy(), shift))
        table["changed"] = table["fitted"] * np.exp(move)
        table["ratio"], table["ratio_lower"], table["ratio_upper"] = (
            np.exp(move),
            np.exp(move - spread),
            np.exp(move + spread),
        )
    return table


@dataclass(frozen=True)
class Wanted:
    """Rows to predict: ``labels``, ``observed`` flows (NaN outside the sample), fitted ``index``, regressors ``x``
    (m, K), their levels of each effect (m, E), and the projection of the fit."""

    labels: pd.Index[Any]
    observed: Array
    index: Array
    x: Array
    levels: Ints
    projection: Projection


def _projection(fit: GravityFit) -> Projection:
    weights = 1.0 if fit.sample.weights is None else fit.sample.weights
    return project(fit.fitted.to_numpy() * weights, fit.sample.effects)


def _within(fit: GravityFit, rows: Any) -> Wanted:
    places = _places(fit, rows)
    sample = fit.sample
    levels = np.column_stack(
        [codes[places] for codes in sample.effects] or [np.empty((len(places), 0), dtype=np.int64)]
    )
    index = np.log(fit.fitted.to_numpy()[places])
    return Wanted(fit.fitted.index[places], sample.y[places], index, sample.x[places], levels, _projection(fit))


def _beyond(fit: GravityFit, new: pd.DataFrame) -> Wanted:
    new = as_pandas("new", new)
    if len(new) > MAX_ROWS:
        raise BadInputError(f"{len(new):,} new rows were given; at most {MAX_ROWS:,} are predicted at once")
    names = [str(name) for name in fit.coef.index]
    offset = fit.spec.get("offset")
    for name in [*names, *([offset] if offset else [])]:
        if name not in new.columns:
            raise BadInputError(f"new lacks the regressor {name!r}")
    x = new[names].to_numpy(dtype=np.float64)
    if not np.isfinite(x).all():
        raise BadInputError("new has a missing or infinite regressor; a missing value is not a zero")
    levels = np.column_stack(
        [
            _known(fit, effect, codes, new)
            for effect, codes in zip(fit.spec["fixed_effects"], fit.sample.effects, strict=True)
        ]
        or [np.empty((len(new), 0), dtype=np.int64)]
    )
    projection = _projection(fit)
    coef = (fit.coef if fit.correction is None else fit.correction.uncorrected).to_numpy()
    base = np.log(fit.fitted.to_numpy()) - fit.sample.x @ coef
    added = np.zeros(len(new))
    if offset:
        base = base - (0.0 if fit.sample.offset is None else fit.sample.offset)
        added = new[offset].to_numpy(dtype=np.float64)
    _determined(fit, projection, levels, new)
    index = x @ coef + added + projection.extend(base[:, None], levels)[:, 0]
    return Wanted(new.index, np.full(len(new), np.nan), index, x, levels, projection)


def _known(fit: GravityFit, effect: Any, codes: Ints, new: pd.DataFrame) -> Ints:
    """Codes of the sample for the levels of new rows."""
    columns = [effect] if isinstance(effect, str) else list(effect)
    for column in columns:
        if column not in new.columns:
            raise BadInputError(f"new lacks the column {column!r} of the fixed effect {effect_name(effect)}")
    first = np.unique(codes, return_index=True)[1]
    keys = pd.MultiIndex.from_frame(fit.data.iloc[fit.sample.rows[first]][columns])
    found = keys.get_indexer(pd.MultiIndex.from_frame(new[columns]))
    if (found < 0).any():
        row = new.iloc[int(np.argmax(found < 0))]
        level = ", ".join(str(row[column]) for column in columns)
        raise BadInputError(
            f"the fixed effect {effect_name(effect)} of {level} was not estimated ({len(keys):,} others were): a flow "
            "cannot be predicted without it; a pair that has no flow needs an equation without pair effects"
        )
    return np.asarray(found, dtype=np.int64)


def _determined(fit: GravityFit, projection: Projection, levels: Ints, new: pd.DataFrame) -> None:
    """Whether the sample determines each new sum of effects: made-up effects must come back."""
    if not fit.sample.effects:
        return
    draw = np.random.default_rng(0)
    made = [draw.normal(size=int(codes.max()) + 1) for codes in fit.sample.effects]
    inside = np.sum([values[codes] for values, codes in zip(made, fit.sample.effects, strict=True)], axis=0)
    outside = np.sum([values[levels[:, k]] for k, values in enumerate(made)], axis=0)
    gap = np.abs(projection.extend(inside[:, None], levels)[:, 0] - outside)
    if (gap > UNDETERMINED).any():
        label = new.index[int(np.argmax(gap))]
        raise BadInputError(f"no chain of flows links the fixed effects of new row {label!r}: it cannot be predicted")


def _places(fit: GravityFit, rows: Any) -> Any:
    if rows is None:
        chosen = np.arange(fit.nobs)
    else:
        labels = [rows] if np.isscalar(rows) else list(rows)
        if not fit.fitted.index.is_unique:
            raise BadInputError("the rows of the data have no unique labels: call reset_index first")
        chosen = fit.fitted.index.get_indexer(pd.Index(labels))
        if (chosen < 0).any():
            lost = labels[int(np.argmax(chosen < 0))]
            count = int((chosen < 0).sum())
            raise NoDataError(f"row {lost!r} was not estimated on ({count} of {len(labels)} rows asked for)")
    if len(chosen) > MAX_ROWS:
        raise BadInputError(f"errors of {len(chosen):,} fitted flows were asked for; name at most {MAX_ROWS:,} rows")
    return chosen


def _shift(fit: GravityFit, x: Array, changes: dict[str, Any]) -> Array:
    shift = np.zeros(x.shape)
    for name, value in changes.items():
        if name not in fit.coef.index:
            raise unknown("regressor", name, map(str, fit.coef.index))
        k = list(fit.coef.index).index(name)
        shift[:, k] = np.broadcast_to(np.asarray(value, dtype=np.float64), (len(x),)) - x[:, k]
    return shift


def _index_errors(fit: GravityFit, wanted: Wanted) -> Array:
    """Cluster-robust error of the fitted index of each row: its influence function summed by cluster, squared."""
    sample, projection = fit.sample, wanted.projection
    weights = np.ones(fit.nobs) if sample.weights is None else sample.weights
    score = weights * (sample.y - fit.fitted.to_numpy())
    tilde = projection.residual(sample.x)
    own = wanted.x - projection.extend(sample.x, wanted.levels)
    bread = np.linalg.inv((tilde * projection.weights[:, None]).T @ tilde)
    influence = (tilde * score[:, None]) @ bread  # (n, K): every row's pull on the coefficients
    codes = sample.clusters[0] if sample.clusters else np.arange(fit.nobs)
    groups = int(codes.max()) + 1
    out = np.empty(len(own))
    for k in range(len(own)):
        pull = influence @ own[k]
        if sample.effects:
            pull = pull + projection.kernel(wanted.levels[k]) * score
        sums = np.bincount(codes, weights=pull, minlength=groups)
        out[k] = np.sqrt(np.sum(sums**2) * groups / max(groups - 1, 1))
    return out
