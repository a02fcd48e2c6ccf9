"""The question, stated once: which outcome, of whom, against whom, fitted when, judged when.

Every estimator starts from a :class:`Problem`: plain arrays over (time, unit) with the treated unit in column 0,
and a record of what was left out and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ... import settings
from ...arrays import Array
from ...data.panel import event_year
from ...errors import BadInputError, NoDataError
from ..options import GAPS

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...series import SeriesInfo


MIN_PRE = 5  # periods before the event below which no counterfactual is fitted
WORLD_START = 2000  # default first fit year of world panels: the 1990s are the collapse of the planned economies


@dataclass(frozen=True)
class Problem:
    """Arrays of one question.

    ``outcomes``: (T, 1 + J) over ``times`` (T,), column 0 the treated unit, the others ``units[1:]``; NaN only outside
    ``fit`` and ``post``. ``fit``, ``post``: (T,) booleans. ``dropped``: reason per donor that was left out;
    ``filled``: number of interpolated values per unit; ``flagged``: contaminated donors that stayed, with the reason.
    """

    outcome: str
    unit: str
    event: int
    units: tuple[str, ...]
    times: NDArray[np.int64]
    outcomes: Array
    fit: NDArray[np.bool_]
    post: NDArray[np.bool_]
    info: SeriesInfo
    gaps: str
    dropped: Mapping[str, str] = field(default_factory=dict)
    filled: Mapping[str, int] = field(default_factory=dict)
    flagged: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def donors(self) -> tuple[str, ...]:
        return self.units[1:]

    @property
    def pre(self) -> NDArray[np.bool_]:
        """From the first fit year up to the event: the fit years, and any year between them and the event."""
        first = self.times[self.fit].min()
        known = np.isfinite(self.outcomes).all(axis=1)
        return np.asarray((self.times >= first) & (self.times < self.event) & known, dtype=np.bool_)

    @property
    def fit_years(self) -> list[int]:
        return [int(t) for t in self.times[self.fit]]

    @property
    def post_years(self) -> list[int]:
        return [int(t) for t in self.times[self.post]]

    def without(self, donor: str) -> Problem:
        """The same question without one donor."""
        from dataclasses import replace

        kept = [i for i, name in enumerate(self.units) if name != donor]
        return replace(self, units=tuple(self.units[i] for i in kept), outcomes=self.outcomes[:, kept])

    def spec(self) -> dict[str, Any]:
        """The part of a result's ``spec`` that states the question (plain values)."""
        return {
            "outcome": self.outcome,
            "unit": self.unit,
            "event": self.event,
            "donors": list(self.donors),
            "fit_years": self.fit_years,
            "post_years": self.post_years,
            "gaps": self.gaps,
        }


def state_problem(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    gaps: str = "drop",
    min_pre: int = MIN_PRE,
) -> Problem:
    """The :class:`Problem` of a panel.

    ``donors`` None: every other unit; in a world panel without those that :mod:`.donors` excludes. ``fit_years`` and
    ``post_years``: ``(first, last)`` inclusive, a year, or a list of years; by default all years before the event in
    which the treated unit has an unbroken record (world panels: from 2000), and the event and all later years of its
    record (world panels: up to 2019). ``gaps``: a donor with a missing value in those years is dropped, filled by
    straight lines between its neighbours, or refused; what was done is recorded.
    Raises BadInputError or NoDataError, one sentence each, for everything that cannot be answered.
    """
    from . import donors as pool

    if isinstance(unit, (list, tuple, set)):
        raise BadInputError(f"unit {unit!r}: one treated unit is meant; ask for each in turn, or pool their effects")
    if gaps not in GAPS:
        raise BadInputError(f"gaps {gaps!r} not known; expected one of {', '.join(map(repr, GAPS))}")
    start = event_year(event)
    panel = panel.with_outcome(outcome) if panel.world else panel
    info = panel.info(outcome)
    unit = panel.resolve(unit)
    wide = panel.wide(outcome)
    treated = wide[unit]
    _check_treated(treated, outcome, unit, start)
    notes: list[str] = []
    fit = _fit_years(treated, fit_years, start, panel.world, min_pre)
    post = _post_years(treated, post_years, start, panel.world)
    window = sorted({*fit, *post})
    chosen = pool.choose_donors(panel, unit, donors, (window[0], window[-1]), start, list(map(str, wide.columns)))
    kept, dropped, filled = _without_gaps(wide, unit, chosen.donors, window, gaps, outcome, explicit=donors is not None)
    if len(kept) < 2:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(dropped.items())[:3])
        raise NoDataError(
            f"{len(kept)} usable donor(s) for '{outcome}' of {unit} in {window[0]}-{window[-1]}; at least 2 are needed"
            + (f" ({reasons})" if reasons else "")
        )
    table = wide[[unit, *kept]].copy()
    for name in filled:
        table[name] = table[name].interpolate(limit_area="inside")
    table = table[table[unit].notna()]
    times = table.index.to_numpy(dtype=np.int64)
    return Problem(
        outcome=outcome,
        unit=unit,
        event=start,
        units=(unit, *kept),
        times=times,
        outcomes=table.to_numpy(dtype=np.float64),
        fit=np.isin(times, fit),
        post=np.isin(times, post),
        info=info,
        gaps=gaps,
        dropped={**chosen.excluded, **dropped},
        filled=filled,
        flagged={name: why for name, why in chosen.flagged.items() if name in kept},
        notes=tuple(notes),
    )


def parse_years(years: object, what: str) -> list[int]:
    """Years from ``1969``, ``(1960, 1969)`` (both ends included) or any other iterable (exactly those years)."""
    if isinstance(years, (int, np.integer)) and not isinstance(years, bool):
        return [int(years)]
    if isinstance(years, str) or not isinstance(years, Iterable):
        raise BadInputError(f"{what} {years!r} not understood; expected a year, (first, last) or a list of years")
    listed = list(years)
    if not listed or not all(isinstance(y, (int, np.integer)) and not isinstance(y, bool) for y in listed):
        raise BadInputError(f"{what} {years!r} not understood; expected a year, (first, last) or a list of years")
    if isinstance(years, tuple) and len(listed) == 2:
        first, last = int(listed[0]), int(listed[1])
        if first > last:
            raise BadInputError(f"{what} ({first}, {last}): the first is after the last")
        return list(range(first, last + 1))
    return sorted({int(y) for y in listed})


def _check_treated(treated: pd.Series[float], outcome: str, unit: str, event: int) -> None:
    values = treated.to_numpy(dtype=np.float64)
    if np.isinf(values).any():
        raise BadInputError(f"'{outcome}' of {unit} is infinite in {treated.index[np.isinf(values)][0]}")
    known = treated.dropna()
    if known.empty:
        raise NoDataError(f"'{outcome}' of {unit} has no value at all")
    if not (known.index >= event).any():
        raise NoDataError(
            f"'{outcome}' of {unit} is missing in every year after the event ({event}); "
            f"its record ends in {known.index[-1]}"
        )
    if not (known.index < event).any():
        raise NoDataError(
            f"'{outcome}' of {unit} has no year before the event ({event}); its record begins in {known.index[0]}"
        )
    if float(known.max()) == float(known.min()):
        raise BadInputError(f"'{outcome}' of {unit} is constant at {known.iloc[0]:g}: nothing can be learnt from it")


def _fit_years(treated: pd.Series[float], asked: object, event: int, world: bool, min_pre: int) -> list[int]:
    known = {int(t) for t in treated.dropna().index}
    if asked is None:
        last = event - 1
        if last not in known:
            last = max(t for t in known if t < event)
        years = []
        while last in known and (not world or last >= WORLD_START):
            years.append(last)
            last -= 1
        years.sort()
    else:
        years = parse_years(asked, "fit_years")
        late = [y for y in years if y >= event]
        if late:
            raise BadInputError(f"fit_years reach {late[-1]}, but the event is {event}: they must end before it")
        missing = [y for y in years if y not in known]
        if missing:
            raise NoDataError(
                f"the treated unit has no value in {_listed(missing)} of fit_years; choose years that it has"
            )
    if len(years) < min_pre:
        raise BadInputError(
            f"{len(years)} period(s) before the event {event} to fit on ({_listed(years) or 'none'}); "
            f"at least {min_pre} are needed"
        )
    before = treated.loc[years]
    if float(before.max()) == float(before.min()):
        raise BadInputError(
            f"the treated unit's outcome is constant at {before.iloc[0]:g} in all years before the event: "
            "nothing can be learnt from it"
        )
    return years


def _post_years(treated: pd.Series[float], asked: object, event: int, world: bool) -> list[int]:
    known = [int(t) for t in treated.dropna().index if t >= event]
    if asked is None:
        clean = [t for t in known if t <= settings.LAST_CLEAN_YEAR] if world else known
        return clean or known
    years = parse_years(asked, "post_years")
    early = [y for y in years if y < event]
    if early:
        raise BadInputError(f"post_years begin in {early[0]}, but the event is {event}: they must not begin before it")
    missing = [y for y in years if y not in known]
    if missing:
        raise NoDataError(f"the treated unit has no value in {_listed(missing)} of post_years; choose others")
    return years


def _without_gaps(
    wide: pd.DataFrame, unit: str, donors: Sequence[str], window: list[int], gaps: str, outcome: str, *, explicit: bool
) -> tuple[list[str], dict[str, str], dict[str, int]]:
    """Donors that have every year of the window, by the rule; with those dropped and those filled."""
    kept: list[str] = []
    dropped: dict[str, str] = {}
    filled: dict[str, int] = {}
    block = wide[list(donors)].loc[window].to_numpy(dtype=np.float64)
    for name, values in zip(donors, block.T, strict=True):
        if np.isinf(values).any():
            raise BadInputError(f"'{outcome}' of donor {name} is infinite in {window[0]}-{window[-1]}")
        missing = [year for year, value in zip(window, values, strict=True) if np.isnan(value)]
        if not missing:
            kept.append(name)
            continue
        why = f"no '{outcome}' in {_listed(missing)}"
        if gaps == "error" and explicit:
            raise BadInputError(f"donor {name} has gaps: {why}; drop it, or choose gaps='drop' or 'interpolate'")
        if gaps == "interpolate":
            inside = wide[name].interpolate(limit_area="inside").loc[window]
            if inside.notna().all():
                kept.append(name)
                filled[name] = len(missing)
                continue
            why += " (at an end of its record, so not interpolated)"
        dropped[name] = why
    return kept, dropped, filled


def _listed(years: Sequence[int]) -> str:
    """Years as short text: 2001-2004, or up to four of them."""
    if not years:
        return ""
    if len(years) > 1 and years[-1] - years[0] == len(years) - 1:
        return f"{years[0]}-{years[-1]}"
    shown = ", ".join(map(str, years[:4]))
    return shown + (f" and {len(years) - 4} more" if len(years) > 4 else "")
