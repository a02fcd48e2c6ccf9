"""The question, stated once: which outcome, of whom, against whom, fitted when, judged when.

Every estimator starts from a :class:`Problem`: plain arrays over (time, unit) with the treated unit in column 0,
and a record of what was left out and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ... import settings
from ...arrays import Array
from ...data.frequency import Calendar
from ...errors import BadInputError, NoDataError
from ..options import EffectOptions
from .adjustment import adjusted
from .default import analysed, default_rule

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...series import SeriesInfo


YEARS = Calendar("Y")
EVEN = ("Q", "M", "W")  # letters of calendars in which a period without any value is an error, not a weekend or census
MIN_PRE = 5  # periods before the event below which no counterfactual is fitted


@dataclass(frozen=True)
class Problem:
    """Arrays of one question.

    ``outcomes``: (T, 1 + J) over ``times`` (T,), column 0 the treated unit, the others ``units[1:]``; NaN only outside
    ``fit`` and ``post``. ``times`` and ``event`` are whole numbers, years or ordinals of the ``calendar``. ``fit``,
    ``post``: (T,) booleans. ``dropped``: reason per donor that was left out; ``filled``: number of interpolated values
    per unit; ``flagged``: contaminated donors that stayed, with the reason. ``missing``: periods left out because the
    treated unit has no value there; ``holes``: periods between the first and the last in which no unit has one.
    ``rule``: who was chosen as donors, in words, among ``considered`` units; ``pool``: its name, "" for none.
    ``adjusted``: what was taken off the outcomes.
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
    calendar: Calendar = YEARS
    missing: tuple[int, ...] = ()
    holes: tuple[int, ...] = ()
    rule: str = ""
    considered: int = 0
    pool: str = ""
    adjusted: tuple[str, ...] = ()

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
        kept = [i for i, name in enumerate(self.units) if name != donor]
        return replace(self, units=tuple(self.units[i] for i in kept), outcomes=self.outcomes[:, kept])

    def spec(self) -> dict[str, Any]:
        """The part of a result's ``spec`` that states the question (plain values)."""
        return {
            "outcome": self.outcome,
            "unit": self.unit,
            "event": self.calendar.plain(self.event),
            "donors": list(self.donors),
            "fit_years": [self.calendar.plain(t) for t in self.fit_years],
            "post_years": [self.calendar.plain(t) for t in self.post_years],
            "gaps": self.gaps,
        }

    @property
    def index(self) -> pd.Index[Any]:
        """``times`` as they are shown: whole numbers or pandas Periods."""
        return self.calendar.index(self.times)

    @property
    def window(self) -> str:
        """What was fitted and judged, in one line, with what is missing."""
        text = describe_window(
            self.calendar, self.fit_years, self.post_years, self.missing, self.holes, self.filled.get(self.unit, 0)
        )
        return text + adjusted_text(self.adjusted)

    @property
    def donor_rule(self) -> str:
        """Who was chosen as donors, and how many among how many, in one line."""
        return f"{self.considered} donors considered, {len(self.donors)} used: {self.rule}"


def adjusted_text(adjusted: Sequence[str]) -> str:
    """The part of a window's text that says what was taken off the outcomes; "" where nothing was."""
    return f"; taken off the outcomes: {', '.join(adjusted)}" if adjusted else ""


def describe_window(
    calendar: Calendar,
    fit: Sequence[int],
    post: Sequence[int],
    missing: Sequence[int] = (),
    holes: Sequence[int] = (),
    filled: int = 0,
) -> str:
    """Such as: fitted on 30 months, 2010-01 to 2012-06; judged on 6 months, 2012-07 to 2012-12; 1 missing (2011-03)."""
    parts = []
    for verb, found in (("fitted", fit), ("judged", post)):
        text = f"{verb} on {len(found)} {calendar.words(len(found))}, {calendar.span(found[0], found[-1])}"
        apart = set(np.diff(found).tolist())
        if len(apart) > 1:
            text += " (unevenly spaced" + (f": {', '.join(map(calendar.label, found))})" if len(found) <= 8 else ")")
        elif len(apart) == 1 and apart != {1}:
            text += f" (every {apart.pop()} {calendar.words()})"
        parts.append(text)
    if missing:
        parts.append(f"{len(missing)} missing ({calendar.listed(missing)})")
    if filled:
        parts.append(f"{filled} of the treated unit's values interpolated")
    if holes:
        parts.append(
            f"{len(holes)} {calendar.words(len(holes))} without a value of any unit ({calendar.listed(holes)})"
        )
    return "; ".join(parts)


def state_problem(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    donors: Iterable[str] | str | None = None,
    *,
    fit_years: object = None,
    post_years: object = None,
    options: EffectOptions | None = None,
    min_pre: int = MIN_PRE,
    min_donors: int = 2,
    most_donors: int | None = None,
    whole: bool = False,
) -> Problem:
    """The :class:`Problem` of a panel.

    ``donors`` None: every other unit; in a yearly world panel the pool "alike" of :mod:`.donors`, where other pools
    have names too; ``most_donors``: largest number of those alike. ``fit_years`` and ``post_years``: ``(first, last)``
    inclusive, a year, or a list of years; by default all years of the treated unit's record before the event, and the
    event and all later ones. World panels have the windows of :mod:`.default`, with ``whole`` without the years that it
    leaves out around the event, and their outcomes in levels are taken in logarithms.
    ``options`` say what to take off the outcomes (:mod:`.adjustment`) and what happens to gaps: a donor with a missing
    value in those years is dropped, filled by straight lines between its neighbours, or refused; a period in which the
    treated unit has none is left out, filled or refused alike; what was done is recorded. A quarter, month or week
    in which no unit has a value is refused; years, days and plain numbers without one are no part of the panel's
    calendar (censuses, weekends) and stated.
    Raises BadInputError or NoDataError, one sentence each, for everything that cannot be answered.
    """
    from . import donors as pool

    if isinstance(unit, (list, tuple, set)):
        raise BadInputError(f"unit {unit!r}: one treated unit is meant; ask for each in turn, or pool their effects")
    options = options or EffectOptions()
    gaps = options.gaps
    panel, outcome = analysed(panel, outcome)
    info = panel.info(outcome)
    unit = panel.resolve(unit)
    calendar = panel.calendar
    start = calendar.ordinal(event)
    wide = panel.wide(outcome)
    wide = wide.set_axis(calendar.ordinals(wide.index), axis=0)
    treated = wide[unit]
    _check_treated(treated, outcome, unit, start, calendar)
    record = _Record(treated, wide.index[wide.notna().any(axis=1)], start, panel.world, gaps, calendar, unit, whole)
    fit, lacking = record.fit_years(fit_years, min_pre)
    post, more = record.post_years(post_years)
    window = sorted({*fit, *post})
    holes = tuple(t for t in range(window[0], window[-1] + 1) if t not in record.present)
    if holes and calendar.letter in EVEN:
        raise NoDataError(
            f"no unit has a value of {outcome!r} in {calendar.listed(holes)}: add the values, choose other "
            "fit_years or post_years, aggregate to longer periods, or number the periods 0, 1, 2, ... if no time "
            "passed in between"
        )
    present = [str(name) for name in wide.columns]
    named = pool.pool_name(panel, donors)
    if named:
        chosen = pool.named_pool(panel, named, unit, outcome, (fit, post), present, most_donors)
    else:
        chosen = pool.choose_donors(panel, unit, donors, (window[0], window[-1]), start, present)
    rule = chosen.rule or ("every other unit of the panel" if donors is None else "named by the caller")
    kept, dropped, filled = _without_gaps(
        wide, unit, chosen.donors, window, gaps, outcome, calendar, explicit=donors is not None and not named
    )
    dropped |= dict.fromkeys(kept[len(kept[: chosen.most]) :], f"{chosen.most} economies are nearer")
    kept = kept[: chosen.most]
    filled = {name: count for name, count in filled.items() if name in kept}
    if len(kept) < min_donors:
        reasons = "; ".join(f"{name}: {why}" for name, why in list(dropped.items())[:3])
        raise NoDataError(
            f"{len(kept)} usable donor(s) for '{outcome}' of {unit} in {calendar.span(window[0], window[-1])}; at "
            f"least {min_donors} are needed"
            + (f" ({reasons})" if reasons else "")
            + (f"; the rule: {rule}; name donors, or donors='wide'" if named in (pool.ALIKE, pool.STRICT) else "")
        )
    table = wide[[unit, *kept]].copy()
    for name in filled:
        table[name] = table[name].interpolate(limit_area="inside")
    table[unit] = record.own
    own = int(record.own.loc[window].notna().sum() - treated.loc[window].notna().sum())
    table = table[table[unit].notna()]
    times = table.index.to_numpy(dtype=np.int64)
    problem = Problem(
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
        filled={unit: own, **filled} if own else filled,
        flagged={name: why for name, why in chosen.flagged.items() if name in kept},
        calendar=calendar,
        missing=tuple(sorted({*lacking, *more})),
        holes=holes,
        rule=rule,
        considered=len(present) - 1,
        pool=named,
    )
    return adjusted([problem], panel, options)[0]


def parse_years(years: object, what: str, calendar: Calendar = YEARS) -> list[int]:
    """Periods from ``1969``, ``(1960, 1969)`` (both ends included) or any other iterable (exactly those periods)."""
    if not calendar.counted:
        if isinstance(years, tuple) and len(years) == 2:
            first, last = calendar.bounds(years[0], years[1], what)
        elif isinstance(years, str) or not isinstance(years, Iterable):
            first, last = calendar.bounds(years, years, what)
        else:
            return sorted({calendar.ordinal(year, what) for year in years})
        if first > last:
            raise BadInputError(f"{what} {years}: the first is after the last")
        return list(range(first, last + 1))
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


def _check_treated(treated: pd.Series[float], outcome: str, unit: str, event: int, calendar: Calendar) -> None:
    values = treated.to_numpy(dtype=np.float64)
    when, word = calendar.label(event), calendar.words(1)
    if np.isinf(values).any():
        bad = calendar.label(int(treated.index[np.isinf(values)][0]))
        raise BadInputError(f"'{outcome}' of {unit} is infinite in {bad}")
    known = treated.dropna()
    if known.empty:
        raise NoDataError(f"'{outcome}' of {unit} has no value at all")
    if not (known.index >= event).any():
        raise NoDataError(
            f"'{outcome}' of {unit} is missing in every {word} after the event ({when}); "
            f"its record ends in {calendar.label(int(known.index[-1]))}"
        )
    if not (known.index < event).any():
        raise NoDataError(
            f"'{outcome}' of {unit} has no {word} before the event ({when}); its record begins in "
            f"{calendar.label(int(known.index[0]))}"
        )
    if float(known.max()) == float(known.min()):
        raise BadInputError(f"'{outcome}' of {unit} is constant at {known.iloc[0]:g}: nothing can be learnt from it")


class _Record:
    """The treated unit's record, and which of its periods are fitted and judged.

    ``present``: periods in which any unit has a value; ``own``: the record, filled on either side of the event where
    ``gaps`` is "interpolate", so that nothing after the event reaches a value before it.
    """

    def __init__(
        self,
        treated: pd.Series[float],
        present: pd.Index[Any],
        event: int,
        world: bool,
        gaps: str,
        calendar: Calendar,
        unit: str,
        whole: bool,
    ):
        self.ruled = world and not whole and calendar.letter == "Y"  # the windows of the default question
        self.event, self.world, self.gaps, self.calendar, self.unit = event, world, gaps, calendar, unit
        self.present = {int(t) for t in present}
        self.observed = {int(t) for t in treated.dropna().index}
        self.own = treated.copy()
        if gaps == "interpolate":
            inside = treated.index.isin(list(self.present))
            for side in (treated.index < event, treated.index >= event):
                filled = treated[side].interpolate(method="index", limit_area="inside")
                self.own[side] = filled.where(inside[side])
        self.known = {int(t) for t in self.own.dropna().index}

    def fit_years(self, asked: object, min_pre: int) -> tuple[list[int], list[int]]:
        """The periods fitted, and those left out because the treated unit has no value."""
        event, label = self.event, self.calendar.label
        if asked is None:
            first = min(self.observed)
            last = event - 1
            if self.ruled:
                first, last = default_rule().fit_window(event)
            elif self.world:
                first = max(first, self.calendar.bounds(default_rule().fit_first, default_rule().fit_first)[0])
            wanted = [t for t in range(first, last + 1) if t in self.present]
            if self.world:  # what is before the record is no gap
                wanted = [t for t in wanted if t >= min(self.observed)]
        else:
            wanted = parse_years(asked, "fit_years", self.calendar)
            late = [t for t in wanted if t >= event]
            if late:
                raise BadInputError(
                    f"fit_years reach {label(late[-1])}, but the event is {label(event)}: they must end before it"
                )
        years, missing = self._by_rule(wanted, asked, "fit_years")
        if len(years) < min_pre:
            raise BadInputError(
                f"{len(years)} period(s) before the event {label(event)} to fit on "
                f"({self.calendar.listed(years) or 'none'}); at least {min_pre} are needed"
            )
        before = self.own.loc[years]
        if float(before.max()) == float(before.min()) and min_pre > 1:
            raise BadInputError(
                f"the treated unit's outcome is constant at {before.iloc[0]:g} in all years before the event: "
                "nothing can be learnt from it"
            )
        return years, missing

    def post_years(self, asked: object) -> tuple[list[int], list[int]]:
        """The periods judged, and those left out because the treated unit has no value."""
        event, label = self.event, self.calendar.label
        if asked is None:
            wanted = [t for t in range(event, max(self.observed) + 1) if t in self.present]
            if self.world:
                last = self.calendar.bounds(settings.LAST_CLEAN_YEAR, settings.LAST_CLEAN_YEAR)[1]
                clean = [t for t in wanted if t <= last]
                wanted = clean if any(t in self.known for t in clean) else wanted
                judged = [t for t in wanted if event < t <= event + default_rule().post] if self.ruled else wanted
                wanted = judged if any(t in self.known for t in judged) else wanted
                wanted = wanted[: max(i for i, t in enumerate(wanted) if t in self.known) + 1]
        else:
            wanted = parse_years(asked, "post_years", self.calendar)
            early = [t for t in wanted if t < event]
            if early:
                raise BadInputError(
                    f"post_years begin in {label(early[0])}, but the event is {label(event)}: they must not begin "
                    "before it"
                )
        return self._by_rule(wanted, asked, "post_years")

    def _by_rule(self, wanted: list[int], asked: object, what: str) -> tuple[list[int], list[int]]:
        """``wanted`` by the rule for gaps: periods named one by one must be there, those of a range may be left out."""
        missing = [t for t in wanted if t not in self.known]
        shown = self.calendar.listed(missing)
        if missing and self.gaps == "error":
            raise BadInputError(
                f"the treated unit {self.unit} has no value in {shown}; choose gaps='drop' to leave that out, "
                f"gaps='interpolate' to fill it, or other {what}"
            )
        if asked is not None:
            first, last = min(self.observed), max(self.observed)
            outside = [t for t in missing if not first < t < last or not isinstance(asked, tuple)]
            if outside:
                named = self.calendar.listed(outside)
                raise NoDataError(f"the treated unit has no value in {named} of {what}; choose years that it has")
        years = [t for t in wanted if t in self.known]
        if not years and asked is not None:
            raise NoDataError(f"the treated unit has no value in {shown} of {what}; choose years that it has")
        return years, [t for t in missing if t in self.present]


def _without_gaps(
    wide: pd.DataFrame,
    unit: str,
    donors: Sequence[str],
    window: list[int],
    gaps: str,
    outcome: str,
    calendar: Calendar,
    *,
    explicit: bool,
) -> tuple[list[str], dict[str, str], dict[str, int]]:
    """Donors that have every year of the window, by the rule; with those dropped and those filled."""
    kept: list[str] = []
    dropped: dict[str, str] = {}
    filled: dict[str, int] = {}
    block = wide[list(donors)].loc[window].to_numpy(dtype=np.float64)
    if np.isfinite(block).all():
        return list(donors), {}, {}
    for name, values in zip(donors, block.T, strict=True):
        if np.isinf(values).any():
            raise BadInputError(f"'{outcome}' of donor {name} is infinite in {calendar.span(window[0], window[-1])}")
        missing = [year for year, value in zip(window, values, strict=True) if np.isnan(value)]
        if not missing:
            kept.append(name)
            continue
        why = f"no '{outcome}' in {calendar.listed(missing)}"
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
