"""The union among 180 fake ones: bordering economies elsewhere, each with dummies of its own in the same equation.

An equation is estimated once without any union. From there one step of Newton's method gives the coefficients that
dummies of a group of flows would have, with the fixed effects and the agreements taken out: for flows that double it is
0.67 where the full estimate is 0.69. It is the same statistic for the union and for every fake, so that ranks compare
like with like; it costs thousandths of a second where an estimation costs seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...arrays import Array, Ints
from ...errors import BadInputError
from ...reference.shipped_tables import FLOWS
from ..flows.flows import group_members
from ..flows.union_panel import OUTSIDERS, member_groups
from ..gravity.projection import Projection, project

if TYPE_CHECKING:
    from ..gravity.fit import GravityFit

Pair = tuple[str, str]
NEGLIGIBLE = 1e-9  # of a diagonal: information below it is none


@dataclass(frozen=True)
class OneStep:
    """An equation without any union, ready for dummies: ``rows`` of each pair, ``year`` (n,), ``flow`` and ``fitted``
    (n,), the projection off the effects, and what the other regressors need of it."""

    rows: dict[Pair, Ints]
    year: Ints
    years: tuple[int, ...]
    flow: Array
    fitted: Array
    projection: Projection
    other: Array
    other_solved: Array
    other_information: Array

    def coefficients(self, groups: Mapping[str, Sequence[Pair]], base: int) -> dict[tuple[str, int], float]:
        """Coefficients of each group by year, zero in the base, all in one step; no entry without a positive flow."""
        at = {name: self._at(pairs) for name, pairs in groups.items()}
        rows = np.unique(np.concatenate([*at.values(), np.empty(0, dtype=np.int64)]))
        year, flow = self.year[rows], self.flow[rows]
        columns, names = [], []
        for name, mine in at.items():
            inside = np.zeros(len(rows), dtype=bool)
            inside[np.searchsorted(rows, mine)] = True
            if flow[inside & (year == base)].sum() <= 0:
                continue
            for when in self.years:
                chosen = inside & (year == when)
                if when != base and flow[chosen].sum() > 0:
                    columns.append(chosen.astype(np.float64))
                    names.append((name, when))
        if not columns:
            return {}
        beta = dict(zip(names, self._step(rows, np.column_stack(columns)).tolist(), strict=True))
        return beta | {(name, base): 0.0 for name, _ in names}

    def _at(self, pairs: Sequence[Pair]) -> Ints:
        found = [self.rows[pair] for pair in pairs if pair in self.rows]
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)

    def _step(self, rows: Ints, columns: Array) -> Array:
        """(k,): the step for columns that are zero outside ``rows``, the other regressors partialled out."""
        big, weight = self.projection.big[rows], self.fitted[rows]
        levels, local = np.unique(big, return_inverse=True)
        total = self.projection.total[levels]
        sums = np.column_stack([np.bincount(local, weights=weight * c, minlength=len(levels)) for c in columns.T])
        mean = (sums / total[:, None])[local]
        # whole pairs are in the rows, so that nothing of a column less its mean is outside them
        within = columns - mean
        levels, places = np.unique(np.stack([codes[rows] for codes in self.projection.other]), return_inverse=True)
        rhs = np.zeros((len(levels), columns.shape[1]))
        for codes in places.reshape(-1, len(rows)):
            for k in range(columns.shape[1]):
                rhs[:, k] += np.bincount(codes, weights=weight * within[:, k], minlength=len(levels))
        # of the other effects only the levels of these rows take part
        own = (within * weight[:, None]).T @ within - rhs.T @ self.projection.inverse[np.ix_(levels, levels)] @ rhs
        cross = (within * weight[:, None]).T @ self.other[rows] - rhs.T @ self.other_solved[levels]
        information = own - cross @ np.linalg.solve(self.other_information, cross.T)
        score = columns.T @ (self.flow[rows] - self.fitted[rows])
        return np.asarray(np.linalg.pinv(information, rcond=NEGLIGIBLE, hermitian=True) @ score)


def one_step(fit: GravityFit) -> OneStep:
    """From an equation without any union's dummies, exporter-year, importer-year and pair effects."""
    table = fit.data.iloc[fit.sample.rows]
    mu = fit.fitted.to_numpy()
    pair = next(k for k, effect in enumerate(fit.spec["fixed_effects"]) if "year" not in effect)
    projection = project(mu, fit.sample.effects, eliminate=pair)
    within = projection.demean_big(fit.sample.x)
    size = projection.size
    rhs = np.column_stack(
        [
            sum(np.bincount(codes, weights=mu * column, minlength=size) for codes in projection.other)
            for column in within.T
        ]
    )
    solved = projection.normal.solve(rhs)
    information = (within * mu[:, None]).T @ within - rhs.T @ solved
    order = pd.Series(np.arange(len(table))).groupby([table["exporter"].to_numpy(), table["importer"].to_numpy()])
    indices: Mapping[Any, Any] = order.indices
    rows = {(str(a), str(b)): np.asarray(index, dtype=np.int64) for (a, b), index in indices.items()}
    year = table["year"].to_numpy(dtype=np.int64)
    years = tuple(int(y) for y in np.unique(year))
    return OneStep(rows, year, years, fit.sample.y, mu, projection, within, solved, information)


def bordering(size: int) -> list[tuple[str, ...]]:
    """Every two or three economies outside the union joined by land borders (three: two borders at least)."""
    if size not in (2, 3):
        raise BadInputError(f"size={size}: fake unions have two or three members")
    near = _borders(without=member_groups()["members"])
    if size == 2:
        return sorted({tuple(sorted((a, b))) for a, around in near.items() for b in around})
    return sorted({tuple(sorted((a, m, b))) for m, around in near.items() for a, b in combinations(sorted(around), 2)})


def _borders(without: Sequence[str] = ()) -> dict[str, set[str]]:
    ties = FLOWS.load("distances")
    ties = ties[(ties["contig"] == 1) & (ties["exporter"] != ties["importer"])]
    ties = ties[~ties["exporter"].isin(list(without)) & ~ties["importer"].isin(list(without))]
    near: dict[str, set[str]] = {}
    for a, b in zip(ties["exporter"], ties["importer"], strict=True):
        near.setdefault(str(a), set()).add(str(b))
    return near


def flows_among(members: Sequence[str]) -> list[Pair]:
    """All directed flows between the members."""
    return [(a, b) for a in members for b in members if a != b]


def flows_with(members: Sequence[str], others: Sequence[str]) -> list[Pair]:
    """All flows between members and others, both ways."""
    return [pair for a in members for b in others if a != b for pair in ((a, b), (b, a))]


Changes = dict[tuple[str, int], float]


def fake_coefficients(model: OneStep, size: int, base: int) -> list[Changes]:
    """Of every fake of that size: coefficients of ``union`` (trade among its members), of ``neighbours`` (with those
    that border them) and of ``from_X``, its imports from each outsider, all of one fake in one step.

    Left out are fakes whose members do not trade with each other, all ways, in the base year.
    """
    members = member_groups()["members"]
    near = _borders(without=members)
    sellers = {name: [c for c in group_members(name) if c not in members] for name in OUTSIDERS}
    traded = {pair for pair, at in model.rows.items() if model.flow[at[model.year[at] == base]].sum() > 0}
    out = []
    for fake in bordering(size):
        if not all(pair in traded for pair in flows_among(fake)):
            continue
        groups = {"union": flows_among(fake)}
        if size > 2:
            around = sorted(set().union(*(near[m] for m in fake)) - set(fake))
            taken = {*fake, *around}
            groups |= {"neighbours": flows_with(fake, around)}
            groups |= {
                f"from_{name}": [(o, m) for o in codes for m in fake]
                for name, codes in sellers.items()
                if not taken & set(codes)
            }
        out.append(model.coefficients(groups, base))
    return out


def real_coefficients(model: OneStep, base: int) -> Changes:
    """The same of the union: trade among the founders, with neighbours that never joined, imports from outsiders."""
    sides = member_groups()
    groups = {
        "union": flows_among(sides["founders"]),
        "neighbours": flows_with(sides["founders"], group_members("neighbours")),
    }
    groups |= {f"from_{o}": [(a, m) for a in group_members(o) for m in sides["founders"]] for o in OUTSIDERS}
    return model.coefficients(groups, base)


def change(found: Changes, name: str, start: int, end: int, minus: str | None = None) -> float:
    """Of a group between two years, less that of another; NaN where one has no flow."""
    keys = [(name, end), (name, start), *([(minus, end), (minus, start)] if minus else [])]
    if not all(key in found for key in keys):
        return float("nan")
    own = found[keys[0]] - found[keys[1]]
    return own if minus is None else own - (found[keys[2]] - found[keys[3]])


def changes(fakes: Sequence[Changes], name: str, start: int, end: int, minus: str | None = None) -> Array:
    """:func:`change` of all fakes that have it."""
    values = np.array([change(fake, name, start, end, minus) for fake in fakes], dtype=np.float64)
    return np.asarray(values[np.isfinite(values)])


def fake_union_p_value(real: float, fake: Array) -> float:
    """Share of fakes at least as far from zero as the real one, which counts itself; NaN without a fake."""
    if not len(fake) or not np.isfinite(real):
        return float("nan")
    return float((1 + np.sum(np.abs(fake) >= abs(real))) / (1 + len(fake)))
