"""The estimation sample of a model with fixed effects: codes, what must be left out of it, and why.

Rows that a fixed effect predicts perfectly carry no information: all flows of a level are zero (separation, Correia,
Guimaraes and Zylkin 2021), or the level has one row (singleton). Both are taken out until none is left, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...arrays import Array, Ints
from ...errors import BadInputError, NoDataError, unknown

Effect = str | tuple[str, ...]


@dataclass(frozen=True)
class GravitySample:
    """What is estimated on. ``rows`` (n,) positions in the data given; ``y`` (n,); ``x`` (n, K);
    ``effects``: an (n,) array of codes 0.. per fixed effect; ``clusters``: the same per cluster variable; ``weights``
    and ``offset`` (n,) or None. ``separated``: positions in the data given of the rows that are predicted to be zero;
    ``silent``: levels of the first fixed effect lost altogether because every flow was zero."""

    rows: Ints
    y: Array
    x: Array
    effects: tuple[Ints, ...]
    clusters: tuple[Ints, ...]
    missing: int
    separated: Ints
    singletons: int
    silent: tuple[str, ...]
    weights: Array | None = None
    offset: Array | None = None

    def without(self, lost: npt.NDArray[np.bool_]) -> GravitySample:
        """Less the separated rows ``lost`` (n,), and less what is alone in a fixed effect once they are gone."""
        keep, _, alone = _prune(~lost, self.y, list(self.effects), zero_groups=False, singles=True)
        if not keep.any():
            raise NoDataError("no row is left: every row is separated or alone in a fixed effect")
        return replace(
            self,
            rows=self.rows[keep],
            y=self.y[keep],
            x=self.x[keep],
            effects=_in_one_block([_recoded(codes[keep]) for codes in self.effects]),
            clusters=tuple(_recoded(codes[keep]) for codes in self.clusters),
            separated=np.sort(np.concatenate([self.separated, self.rows[lost]])),
            singletons=self.singletons + alone,
            weights=None if self.weights is None else self.weights[keep],
            offset=None if self.offset is None else self.offset[keep],
        )


def effect_name(effect: Effect) -> str:
    """``exporter-year`` for ``("exporter", "year")``."""
    return effect if isinstance(effect, str) else "-".join(effect)


def effect_codes(data: pd.DataFrame, effect: Effect) -> Ints:
    """Codes 0.. of a column or of the combinations of several; -1 where one of them is missing."""
    columns = [effect] if isinstance(effect, str) else list(effect)
    code: Ints | None = None
    for column in columns:
        own = pd.factorize(data[column])[0].astype(np.int64)
        if code is None:
            code = own
        else:
            missing = (code < 0) | (own < 0)
            code = np.where(missing, -1, code * (own.max(initial=0) + 1) + own)
    if code is None:
        raise BadInputError("a fixed effect needs at least one column")
    present = code >= 0
    code[present] = pd.factorize(code[present])[0]
    return code


def take_sample(
    data: pd.DataFrame,
    y: str,
    x: Sequence[str],
    fixed_effects: Sequence[Effect],
    clusters: Sequence[Effect] = (),
    *,
    weights: str | None = None,
    offset: str | None = None,
    drop_zero_groups: bool = True,
    drop_singletons: bool = True,
    connected: bool = True,
) -> GravitySample:
    """Codes and arrays of the rows that can be estimated on.

    Raises BadInputError: a column that is not there, text or an infinite value, a negative flow, a regressor named
    twice, fixed effects that fall into groups which share no flow. NoDataError: nothing is left.
    """
    extra = [name for name in (weights, offset) if name is not None]
    for column in [
        y,
        *x,
        *extra,
        *(c for e in [*fixed_effects, *clusters] for c in ([e] if isinstance(e, str) else e)),
    ]:
        if column not in data.columns:
            raise unknown("column", column, map(str, data.columns))
    if len(set(x)) != len(x) or y in x:
        raise BadInputError(f"the regressors {list(x)} name a column twice, or the flow {y!r} itself")
    flow = _numbers(data, y)
    matrix = np.column_stack([_numbers(data, name) for name in x]) if x else np.empty((len(data), 0))
    effects = [effect_codes(data, effect) for effect in fixed_effects]
    own = [cluster for cluster in clusters if cluster not in fixed_effects]  # the others have the codes of the effect
    groups = [effect_codes(data, cluster) for cluster in own]
    weight, shift = (None if name is None else _numbers(data, name) for name in (weights, offset))
    keep = np.isfinite(flow) & np.isfinite(matrix).all(axis=1)
    for values in (weight, shift):
        keep &= True if values is None else np.isfinite(values)
    for codes in [*effects, *groups]:
        keep &= codes >= 0
    missing = int((~keep).sum())
    if drop_zero_groups and (flow[keep] < 0).any():
        bad = int(np.flatnonzero(keep & (flow < 0))[0])
        raise BadInputError(f"column {y!r} is negative in row {bad + 1} ({flow[bad]:g}): a flow is zero or more")
    if weight is not None and (weight[keep] <= 0).any():
        bad = int(np.flatnonzero(keep & (weight <= 0))[0])
        raise BadInputError(
            f"column {weights!r} is {weight[bad]:g} in row {bad + 1}: a weight is above zero; leave the row out instead"
        )
    keep, separated, singletons = _prune(keep, flow, effects, drop_zero_groups, drop_singletons)
    if not keep.any():
        raise NoDataError(f"no row is left of column {y!r}: every flow is zero, missing or alone in a fixed effect")
    rows = np.flatnonzero(keep)
    silent = _silent(data, fixed_effects, flow, keep, missing) if drop_zero_groups else ()
    small = _in_one_block([_recoded(effects.pop(0)[rows]) for _ in fixed_effects])  # the long ones go, one by one
    place = list(fixed_effects).index
    grouped = [small[place(c)] if c in fixed_effects else _recoded(groups.pop(0)[rows]) for c in clusters]
    flow, matrix = flow[rows], matrix[rows]
    if connected:
        _connected(data, rows, small, fixed_effects)
    return GravitySample(
        rows,
        flow,
        matrix,
        small,
        tuple(grouped),
        missing,
        separated,
        singletons,
        silent,
        None if weight is None else weight[rows],
        None if shift is None else shift[rows],
    )


def _in_one_block(effects: list[Ints]) -> tuple[Ints, ...]:
    """The same codes in one array (E, n), which projections in iterations take as it is."""
    return tuple(np.stack(effects)) if effects else ()


def _recoded(codes: Ints) -> Ints:
    return pd.factorize(codes)[0].astype(np.int64)


def _numbers(data: pd.DataFrame, name: str) -> Array:
    try:
        values: Array = data[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise BadInputError(f"column {name!r} contains text; a number was expected") from None
    if np.isinf(values).any():
        raise BadInputError(f"column {name!r} is infinite in row {int(np.argmax(np.isinf(values))) + 1}")
    return values


def _prune(
    keep: npt.NDArray[np.bool_], flow: Array, effects: list[Ints], zero_groups: bool, singles: bool
) -> tuple[npt.NDArray[np.bool_], Ints, int]:
    """Rows kept, positions of those whose level has no positive flow, number of those alone in their level."""
    singletons = 0
    separated = np.zeros(len(keep), dtype=bool)
    keep = keep.copy()
    sizes = [int(codes.max(initial=-1)) + 1 for codes in effects]
    while True:
        before = int(keep.sum())
        for codes, size in zip(effects, sizes, strict=True):
            if zero_groups:
                total = np.bincount(codes[keep], weights=flow[keep], minlength=size)
                out = keep & (total[codes] == 0)
                separated |= out
                keep &= ~out
            if singles:
                count = np.bincount(codes[keep], minlength=size)
                out = keep & (count[codes] == 1)
                singletons += int(out.sum())
                keep &= ~out
        if int(keep.sum()) == before:
            return keep, np.flatnonzero(separated).astype(np.int64), singletons


def _silent(
    data: pd.DataFrame, fixed_effects: Sequence[Effect], flow: Array, keep: npt.NDArray[np.bool_], missing: int
) -> tuple[str, ...]:
    """Levels of the first column of the first fixed effect whose every flow is zero."""
    if not fixed_effects:
        return ()
    first = fixed_effects[0] if isinstance(fixed_effects[0], str) else fixed_effects[0][0]
    codes, levels = pd.factorize(data[first])
    known = codes >= 0
    total = np.bincount(codes[known], weights=np.nan_to_num(flow[known]), minlength=len(levels))
    return tuple(sorted(str(level) for level in levels[total == 0]))


def _connected(data: pd.DataFrame, rows: Ints, effects: tuple[Ints, ...], names: Sequence[Effect]) -> None:
    """Every row links its levels; levels that no chain of rows links cannot be compared.

    Exporter-years and importer-years fall apart by year, as they should: the columns that all effects share.
    """
    if len(effects) < 2:
        return
    shared = set.intersection(*({e} if isinstance(e, str) else set(e) for e in names))
    expected = len(data.iloc[rows][sorted(shared)].drop_duplicates()) if shared else 1
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    sizes = [int(codes.max()) + 1 for codes in effects]
    starts = np.concatenate([[0], np.cumsum(sizes)])
    left = np.concatenate([effects[0] for _ in effects[1:]], dtype=np.int32, casting="same_kind")
    right = np.concatenate(
        [codes + starts[k + 1] for k, codes in enumerate(effects[1:])], dtype=np.int32, casting="same_kind"
    )
    graph = coo_matrix((np.ones(len(left), dtype=np.int8), (left, right)), shape=(starts[-1], starts[-1]))
    pieces, label = connected_components(graph, directed=False)
    if pieces > expected:
        of_rows = label[effects[0]]
        count = np.bincount(of_rows, minlength=pieces)
        lone = int(np.argmin(np.where(count > 0, count, count.max() + 1)))
        columns = [names[0]] if isinstance(names[0], str) else list(names[0])
        row = data.iloc[int(rows[int(np.argmax(of_rows == lone))])]
        where = ", ".join(str(row[column]) for column in columns)
        raise BadInputError(
            f"the fixed effects fall into {pieces} groups that share no flow (the smallest, {int(count[lone])} rows, "
            f"has {where}): estimate them apart, leave one out, or pass "
            "options=GravityOptions(disconnected='allow')"
        )
