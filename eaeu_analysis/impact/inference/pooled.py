"""Several treated units, each with its own synthetic control: the average effect, and placebos of the average.

Each unit is fitted against donors that are never treated, with its own date (Abadie & L'Hour 2021; Cavallo, Galiani,
Noy & Pantano 2013). A placebo of the average puts one donor in each treated unit's place, none twice: the donor's
effect in units of its own scale, times the scale of the unit it stands for. With one unit this is the usual test.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from ...arrays import Array, Index
from ...data.frequency import Calendar
from ...data.panel import Panel
from ...errors import BadInputError, NoDataError
from ...results import Check, Provenance
from ...text import format_number
from ..effect import PRE_FIT, PRE_TREND, Effect
from .checks import loo_check
from .placebo import rank_p_value, rejections

DRAWS = 9_999
BAD = 0.25  # of the treated unit-periods that units with a failed fit or trend may have
One = TypeVar("One", bound=Effect)


@dataclass(frozen=True)
class PooledEffect(Effect):
    """Average effect on several treated units, each with its own synthetic control.

    Attributes
    ----------
    each : mapping
        Effect by treated unit.
    event_study : DataFrame or None
        A row per period from the event on: ``relative, units, estimate, lower, upper, p``.
    draws : ndarray, shape (B,), or None
        Placebo averages that interval and p-value rest on.

    See Also
    --------
    eaeu_analysis.impact.effect.Effect : Fields that all effects share.
    """

    each: Mapping[str, Effect] = field(default_factory=dict)
    event_study: pd.DataFrame | None = None
    draws: Array | None = None

    @property
    def post(self) -> pd.DataFrame:
        """Rows of ``table`` whose average effect is ``estimate``."""
        return pd.concat([effect.post for effect in self.each.values()], ignore_index=True)


def pool_units(
    fit: Callable[..., One],
    panel: Panel,
    outcome: str,
    events: Mapping[str, object],
    donors: Iterable[str] | str | None = None,
    *,
    years: Mapping[str, object],
    seed: int,
    draws: int = DRAWS,
) -> PooledEffect:
    """The average over the treated units of what the estimator ``fit`` finds; the other treated units are not in the
    panel that it gets. ``years``: fit and post years as they were asked for."""
    if donors is not None and not isinstance(donors, str):
        clash = [name for name in donors if panel.resolve(name) in events]
        if clash:
            raise BadInputError(f"treated unit '{clash[0]}' is among the donors; it cannot be a control")
    each: dict[str, One] = {}
    for name, start in events.items():
        alone = panel.select(economies=[code for code in panel.units if code == name or code not in events])
        each[name] = fit(alone, outcome, name, start, donors, **years)
    return _pooled(each, years, draws, seed)


def _pooled(each: Mapping[str, Effect], asked: Mapping[str, Any], draws: int, seed: int) -> PooledEffect:
    effects = list(each.values())
    first, level = effects[0], effects[0].level
    paths = [_Path.of(effect) for effect in effects]
    cells = np.array([len(effect.post) for effect in effects], dtype=np.float64)
    share = cells / cells.sum()
    own = np.array([effect.estimate for effect in effects])
    estimate = float(share @ own)
    picks = _picks([path.donors for path in paths], draws, seed)
    null = [path.scale * path.standardised for path in paths]
    placebos = sum(share[i] * null[i][picks[:, i]] for i in range(len(paths)))
    p, margin = _test(estimate, np.asarray(placebos), level)
    study = _study(paths, picks, level)
    dates = {name: effect.spec["event"] for name, effect in each.items()}
    dropped: dict[str, str] = {}
    flagged: dict[str, str] = {}
    for effect in effects:
        dropped |= {name: why for name, why in effect.dropped.items() if name not in each}
        flagged |= {name: why for name, why in effect.flagged.items() if name not in each}
    weights = pd.concat([effect.weights for effect in effects if effect.weights is not None], axis=1).fillna(0.0)
    return PooledEffect(
        spec={
            **first.spec,
            "unit": list(each),
            "event": dates if len({str(when) for when in dates.values()}) > 1 else first.spec["event"],
            **asked,
        },
        table=pd.concat([effect.table.assign(lower=np.nan, upper=np.nan) for effect in effects], ignore_index=True),
        estimate=estimate,
        interval=(estimate - margin, estimate + margin),
        level=level,
        p_value=p,
        weights=weights.mean(axis=1).rename("weight").rename_axis("donor"),
        pre_mspe=float(np.mean([effect.pre_mspe for effect in effects])),
        checks=tuple(_checks(each, share, own, estimate, len(placebos), level)),
        provenance=Provenance(
            first.provenance.series,
            first.provenance.method,
            f"{first.provenance.reference}; Cavallo et al. 2013, Review of Economics and Statistics 95(5)",
            first.provenance.settings,
        ),
        method=f"{first.method}, averaged over {len(each)} treated units",
        measure=first.measure,
        inference=(
            "placebo averages: one donor in each treated unit's place, none twice, in units of its gap or noise before "
            f"the event; rank among {len(placebos)} of them, two-sided, and the interval inverts it"
        ),
        dropped=dropped,
        flagged=flagged,
        window="; ".join(dict.fromkeys(effect.window for effect in effects)) if len(each) <= 3 else "",
        donor_rule=first.donor_rule,
        each=dict(each),
        event_study=study,
        draws=np.asarray(placebos),
    )


@dataclass(frozen=True)
class _Path:
    """Of one treated unit: ``gap`` (T,) and ``others`` (T, J) of its donors from the event on, the donors' gaps in
    units of their scale, ``standardised`` (J,) average effects, ``scale`` of the unit itself; ``judged`` (T,)."""

    donors: tuple[str, ...]
    gap: Array
    others: Array
    standardised: Array
    scale: float

    @staticmethod
    def of(effect: Any) -> _Path:
        if effect.placebos is None or effect.placebo_gaps is None:
            raise BadInputError("several treated units are judged by placebos; use inference='placebo'")
        table, gaps = effect.placebos, effect.placebo_gaps
        calendar = Calendar.of(gaps.index)
        start = calendar.ordinals(pd.Index([effect.event]))[0]
        later = calendar.ordinals(gaps.index) >= start
        scales = table["scale"].to_numpy(dtype=np.float64)
        values = gaps.to_numpy(dtype=np.float64)[later]
        return _Path(
            tuple(str(name) for name in table.index[1:]),
            values[:, 0],
            values[:, 1:] / scales[1:],
            table["standardised"].to_numpy(dtype=np.float64)[1:],
            float(scales[0]),
        )


def _picks(pools: Sequence[Sequence[str]], draws: int, seed: int) -> Index:
    """(B, U) donor of each pool in each placebo, no donor twice: all there are when at most ``draws``, else that many
    random ones."""
    codes = {name: k for k, name in enumerate(sorted(set().union(*pools)))}
    known = [np.array([codes[name] for name in pool]) for pool in pools]
    if math.prod(len(pool) for pool in pools) <= draws:
        listed = np.array(list(itertools.product(*(range(len(pool)) for pool in pools))), dtype=np.intp)
        kept = listed[_distinct(listed, known)]
    else:
        rng, kept = np.random.default_rng(seed), np.empty((0, len(pools)), dtype=np.intp)
        for _ in range(50):
            tried = np.column_stack([rng.integers(0, len(pool), draws) for pool in pools])
            kept = np.vstack([kept, tried[_distinct(tried, known)]])[:draws]
            if len(kept) == draws:
                break
    if not len(kept):
        raise NoDataError(
            f"{len(codes)} donors are too few to stand in for {len(pools)} treated units at once; name more donors"
        )
    return np.asarray(kept, dtype=np.intp)


def _distinct(picks: Index, known: Sequence[Array]) -> Any:
    names = np.sort(np.column_stack([pool[picks[:, i]] for i, pool in enumerate(known)]), axis=1)
    return (np.diff(names, axis=1) > 0).all(axis=1)


def _test(actual: float, placebos: Array, level: float) -> tuple[float, float]:
    """Two-sided rank p-value, and half the interval that inverts it."""
    size = np.abs(placebos)
    allowed = rejections(len(size) + 1, level)
    margin = float(np.sort(size)[-allowed]) if allowed else math.inf
    return rank_p_value(np.append(abs(actual), size)), margin


def _study(paths: Sequence[_Path], picks: Index, level: float) -> pd.DataFrame:
    rows = []
    for k in range(max(len(path.gap) for path in paths)):
        has = [i for i, path in enumerate(paths) if k < len(path.gap) and np.isfinite(path.gap[k])]
        if not has:
            continue
        actual = float(np.mean([paths[i].gap[k] for i in has]))
        drawn = np.mean([paths[i].scale * paths[i].others[k][picks[:, i]] for i in has], axis=0)
        drawn = drawn[np.isfinite(drawn)]
        p, margin = _test(actual, drawn, level) if len(drawn) else (math.nan, math.nan)
        rows.append((k, len(has), actual, actual - margin, actual + margin, p))
    return pd.DataFrame(rows, columns=["relative", "units", "estimate", "lower", "upper", "p"])


def _checks(
    each: Mapping[str, Effect], share: Array, own: Array, estimate: float, placebos: int, level: float
) -> list[Check]:
    bad = {
        name: weight
        for (name, effect), weight in zip(each.items(), share, strict=True)
        if any(check.failed and check.role == "fatal" for check in effect.checks)
    }
    total = float(sum(bad.values()))
    without = [float(np.delete(share, i) @ np.delete(own, i) / (1.0 - share[i])) for i in range(len(own))]
    table = pd.DataFrame({"donor": list(each), "weight": share, "estimate": without})
    left_out = loo_check(table, estimate)
    least = 1.0 / (placebos + 1)
    placebo_averages_text = (
        f"{placebos} placebo averages: no p below {least:.4f} can come of them; fails above {1.0 - level:.2f}"
    )
    named = f" ({', '.join(bad)})" if bad else ""
    fit_text = f"units whose {PRE_FIT} or {PRE_TREND} fails are {total:.0%} of the treated unit-periods{named}; "
    units_text = f"from {format_number(float(own.min()))} to {format_number(float(own.max()))}"
    if len(each) <= 12:
        units_text = "; ".join(f"{unit} {format_number(v, signed=True)}" for unit, v in zip(each, own, strict=True))
    return [
        Check.at_most(PRE_FIT, total, BAD, f"{fit_text}passes up to {BAD:.0%}", role="fatal"),
        replace(left_out, name="one treated unit left out", text=left_out.text.replace("donor", "treated unit")),
        Check("placebo averages", least <= 1.0 - level + 1e-9, least, 1.0 - level, placebo_averages_text),
        Check("effects by unit", None, float(np.std(own)), None, units_text),
    ]
