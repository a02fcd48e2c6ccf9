"""All members of a bloc at once: a table over members, their accession dates and outcomes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from .. import settings
from ..data.panel import Panel, event_year, require_years
from ..errors import BadInputError, NoDataError
from ..results import Check, Provenance, TableResult
from ..series import SeriesInfo
from ..text import format_change, format_number, format_p, format_percent, year_span
from .comparators import comparators_spec
from .membership import memberships
from .result import BeforeAfter, aligned
from .run import METHOD, REFERENCE, _before_after, change_measure, ensure_outcome, plain_event, treatment
from .windows import newey_west_lags, windows


@dataclass(frozen=True)
class Step:
    """One event of one member: the day, what happened on it, and what to bear in mind."""

    unit: str
    day: str
    name: str
    note: str = ""


@dataclass(frozen=True, eq=False)
class Comparison(TableResult):
    """Before and after for several members and outcomes. Made by :func:`compare_members`.

    Attributes
    ----------
    spec : mapping
        The question: bloc, units, outcomes, windows, comparators, level.
    table : DataFrame
        A row per member, event and outcome, see :meth:`to_frame`; a row without data has its reason.
    results : mapping of (unit, event, outcome) to BeforeAfter
        The single comparisons, without those for which the unit has no data.
    level : float
        Confidence level of the intervals.
    checks : tuple of Check
        How many single comparisons fail each check.
    provenance : Provenance
        Series, method and references.
    """

    results: Mapping[tuple[str, str, str], BeforeAfter]

    def to_frame(self) -> pd.DataFrame:
        """A row per member, event and outcome.

        ``unit, name, event, step, note, before, after`` (windows), ``outcome, label, unit_of_measure, mean_before,
        mean_after, change, change_unit, log_change, lower, upper, growth_before, growth_after, years_before,
        years_after``, ``comparators, comparators_mean, comparators_median, comparators_low, comparators_high``
        (least and largest change), ``difference, difference_median, difference_low, difference_high`` (from the mean,
        without any one comparator), ``p_value, p_floor``,
        ``available, reason`` and, apart, ``to_latest_mean, to_latest_change, to_latest_window``.
        """
        return self.table.copy()

    def checked(self, unit: str, event: str) -> dict[str, tuple[Check, ...]]:
        """The checks of one member's event, by outcome."""
        return {o: r.checks for (u, e, o), r in self.results.items() if (u, e) == (unit, event)}

    def require_some(self) -> Comparison:
        """Itself; NoDataError with the first reason when no row has both windows."""
        if not self.table["available"].any():
            raise NoDataError(f"nothing can be compared, {len(self.table)} tried: {self.table['reason'].iloc[0]}")
        return self

    def summary(self) -> str:
        return comparison_summary(self)


def compare_members(
    panel: Panel,
    outcomes: str | Sequence[str] | None = None,
    bloc: str = "EAEU",
    *,
    units: Sequence[str] | None = None,
    event: object | None = None,
    pre: int = settings.PRE_YEARS,
    post: int = settings.POST_YEARS,
    skip: int = settings.SKIP_YEARS,
    comparators: str | Iterable[str] | None = None,
    level: float = settings.LEVEL,
) -> Comparison:
    """Apply :func:`before_after` to every member of a bloc around the days it joined, outcome by outcome.

    A member's events are the day it joined the first stage of the bloc and the day it joined the bloc itself, where
    these are two: Belarus, Kazakhstan and Russia entered the customs union in 2010 and the EAEU in 2015; Armenia
    joined on 2015-01-02 and Kyrgyzstan on 2015-08-12.

    Parameters
    ----------
    panel : Panel
        From :func:`load_panel`, or any data by :meth:`Panel.from_frame`.
    outcomes : str or sequence of str, optional
        Outcomes of the catalogue or indicators of the panel. None is every outcome whose series the panel has.
    bloc : str, default "EAEU"
        A bloc of :func:`blocs`.
    units : sequence of str, optional
        Some of the members, or with ``event`` any economies. None is all members.
    event : int, str or date, optional
        One event for all ``units`` in place of their accession.
    pre, post, skip : int
        Windows in years, see :func:`before_after`.
    comparators : str or sequence of str, optional
        See :func:`before_after`.
    level : float, default 0.9
        Confidence level of the intervals.

    Returns
    -------
    Comparison
        ``table`` with a row per member, event and outcome; a row without data has its reason. ``results`` has the
        single :class:`BeforeAfter` by (unit, event, outcome).

    Raises
    ------
    BadInputError
        An unknown bloc, unit or outcome; a unit that is not a member when no event is given.

    Notes
    -----
    Method and sources as in :func:`before_after`. With many comparisons some are significant by chance alone; the
    summary counts them.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> changes = ea.compare_members(ea.load_panel(["trade"]), ["trade"], units=["ARM", "KGZ"])
    >>> changes.table[["unit", "event", "change"]].round(1)
      unit       event  change
    0  ARM  2015-01-02    15.7
    1  KGZ  2015-08-12   -33.7
    """
    require_years(panel, "compare_members")
    steps = _steps(panel, bloc, units, event)
    names = _outcomes(panel, outcomes)
    chosen = comparators if comparators is None or isinstance(comparators, str) else list(comparators)
    rows, results = [], {}
    infos: dict[str, SeriesInfo] = {}
    for name in names:
        panel = ensure_outcome(panel, name)
        infos[name] = panel.info(name)
    for step in steps:
        for name in names:
            try:
                found = _before_after(
                    panel, name, step.unit, step.day, pre, post, skip, chosen, None, level, bloc, strict=False
                )
            except NoDataError as missing:
                rows.append(_row(panel, step, infos[name], name, None, str(missing), (pre, post, skip)))
            else:
                results[step.unit, step.day, name] = found
                rows.append(_row(panel, step, infos[name], name, found, "", (pre, post, skip)))
    spec = {
        "bloc": bloc,
        "units": list(dict.fromkeys(s.unit for s in steps)),
        "outcomes": names,
        "pre": pre,
        "post": post,
        "skip": skip,
        "comparators": comparators_spec(panel, chosen, steps[0].unit, bloc),
        "level": level,
    }
    method = METHOD.format(lags=newey_west_lags(pre + post))
    provenance = Provenance(tuple(infos.values()), method, REFERENCE, spec)
    table = pd.DataFrame(rows)
    return Comparison(spec, table, level, _checks(table, results), provenance, results)


def _steps(panel: Panel, bloc: str, units: Sequence[str] | None, event: object | None) -> list[Step]:
    if event is not None:
        if not units:
            raise BadInputError("an event for all members makes no sense: each has its own; name the units")
        day = str(plain_event(event))
        return [Step(panel.resolve(unit), day, "the event asked for") for unit in units]
    entries = memberships(bloc)
    known = list(entries) if units is None else [panel.resolve(unit) for unit in units]
    steps = []
    for unit in known:
        if unit not in entries:
            raise BadInputError(
                f"{panel.names.get(unit, unit)} ({unit}) is not a member of {bloc} "
                f"({', '.join(entries)}); give an event to compare it all the same"
            )
        entry = entries[unit]
        if entry.joined.year <= panel.years[0] and entry.left is not None:  # it joined before the data begin
            steps.append(Step(unit, entry.left.isoformat(), f"left the {bloc}"))
            continue
        earlier = entry.first.year != entry.joined.year
        if earlier:
            steps.append(Step(unit, entry.first.isoformat(), entry.first_stage))
        note = "The years before already lie inside the earlier stage." if earlier else ""
        if entry.joined.month <= 2 and not earlier:
            note = f"Joined on {entry.joined.isoformat()}: the year left out was a year of membership almost whole."
        steps.append(Step(unit, entry.joined.isoformat(), entry.stage, note))
        if entry.left is not None:
            steps.append(Step(unit, entry.left.isoformat(), f"left the {bloc}"))
    return sorted(steps, key=lambda s: known.index(s.unit))


def _outcomes(panel: Panel, outcomes: str | Sequence[str] | None) -> list[str]:
    if isinstance(outcomes, str):
        return [outcomes]
    if outcomes:
        return list(dict.fromkeys(outcomes))
    from ..reference.catalogue import outcome
    from ..reference.catalogue import outcomes as known

    held = set(panel.frame.columns)
    found = [n for n in map(str, known().index) if n in held or set(outcome(n).codes) <= held]
    if not found:
        raise NoDataError("the panel has the series of no outcome of the catalogue")
    return found


def _row(
    panel: Panel,
    step: Step,
    info: SeriesInfo,
    outcome: str,
    found: BeforeAfter | None,
    reason: str,
    counts: tuple[int, int, int],
) -> dict[str, Any]:
    spec = windows(event_year(step.day), *counts)
    own: dict[str, Any] = dict(found.treated) if found else {}
    kind, relative = treatment(info, None)
    d = found.difference if found else None
    numbers = ("mean_before", "mean_after", "change", "log_change", "lower", "upper", "growth_before", "growth_after")
    return {
        "unit": step.unit,
        "name": panel.names.get(step.unit, step.unit),
        "event": step.day,
        "step": step.name,
        "note": step.note,
        "before": year_span(spec.before),
        "after": year_span(spec.after),
        "outcome": outcome,
        "label": info.label or outcome,
        "unit_of_measure": info.unit,
        **{name: own.get(name, math.nan) for name in numbers},
        "change_unit": change_measure(info, kind, relative),
        "years_before": int(own.get("years_before", 0)),
        "years_after": int(own.get("years_after", 0)),
        "comparators": d.test.n - 1 if d else 0,
        "comparators_mean": d.mean if d else math.nan,
        "comparators_median": d.median if d else math.nan,
        "comparators_low": d.spread[0] if d else math.nan,
        "comparators_high": d.spread[1] if d else math.nan,
        "difference": d.versus_mean if d else math.nan,
        "difference_median": d.versus_median if d else math.nan,
        "difference_low": d.without_one[0] if d else math.nan,
        "difference_high": d.without_one[1] if d else math.nan,
        "p_value": d.test.p_two_sided if d else math.nan,
        "p_floor": d.test.floor if d else math.nan,
        "available": bool(own.get("available", False)),
        "reason": str(own.get("reason", "")) or reason,
        "to_latest_mean": own.get("to_latest_mean", math.nan),
        "to_latest_change": own.get("to_latest_change", math.nan),
        "to_latest_window": str(own.get("to_latest_window", "")),
    }


def _checks(table: pd.DataFrame, results: Mapping[tuple[str, str, str], BeforeAfter]) -> tuple[Check, ...]:
    """How many rows have data, and per check of the single comparisons how many pass."""
    share = float(table["available"].mean())
    missing = int((~table["available"]).sum())
    found = [Check("rows with both windows", None, share, None, f"{missing} of {len(table)} rows lack a window")]
    names = dict.fromkeys(check.name for result in results.values() for check in result.checks)
    for name in names:
        verdicts = [c.passed for r in results.values() for c in r.checks if c.name == name]
        failed = sum(v is False for v in verdicts)
        text = f"{failed} of {len(verdicts)} comparisons fail it, {sum(v is None for v in verdicts)} inform only"
        found.append(Check(name, None, float(failed), None, text))
    return tuple(found)


# -- all members --------------------------------------------------------------------------------------------
def comparison_summary(result: Comparison) -> str:
    """A block per member and event, a line per outcome; then what was found, by count."""
    asked = result.spec["comparators"]
    pool = asked if isinstance(asked, str) else "all other units" if asked is None else ", ".join(asked) or "nobody"
    lines = [f"{result.spec['bloc']}: members before and after, comparators: {pool}"]
    for (_, event), rows in result.table.groupby(["unit", "event"], sort=False):
        first = rows.iloc[0]
        lines += ["", f"{first['name']}, {event} ({first['step']}): {first['before']} to {first['after']}"]
        if first["note"]:
            lines.append(f"  {first['note']}")
        lines.append(_members_table(rows, result.checked(str(first["unit"]), str(event))))
    lines += ["", *_counts(result)]
    lines += [f"  source: {text}" for text in result.provenance.lines()]
    return "\n".join(lines)


def _members_table(rows: pd.DataFrame, checks: dict[str, tuple[Check, ...]]) -> str:
    table: list[tuple[str, ...]] = [
        (
            "",
            "before",
            "after",
            "change",
            "comparators",
            "median",
            "difference",
            "without one",
            "p",
            "lowest p",
            "failed",
        )
    ]
    reasons: list[str] = [""]
    for row in rows.to_dict("records"):
        reasons.append(str(row["reason"]))
        means = [format_number(row[k]) for k in ("mean_before", "mean_after")]
        if not row["available"]:
            table.append((str(row["label"]), *means, "n/a", *[""] * 7))
            continue
        failed = [c.name for c in checks.get(str(row["outcome"]), ()) if c.failed]
        table.append(
            (
                str(row["label"]),
                *means,
                format_change(row["change"], row["change_unit"]),
                format_number(row["comparators_mean"], signed=True),
                format_number(row["comparators_median"], signed=True),
                format_number(row["difference"], signed=True),
                _span(row["difference_low"], row["difference_high"]),
                *(format_p(row[k]) for k in ("p_value", "p_floor")),
                str(len(failed)),
            )
        )
    lines = aligned(table).split("\n")
    return "\n".join(f"{line}\n      {why}" if why else line for line, why in zip(lines, reasons, strict=True))


def _span(low: float, high: float) -> str:
    return f"{format_number(low, signed=True)} to {format_number(high, signed=True)}" if math.isfinite(low) else ""


def _counts(result: Comparison) -> list[str]:
    table: Any = result.table
    done = table[table["available"] & table["p_value"].notna()]
    alpha = 1 - result.level
    possible = done[done["p_floor"] <= alpha + 1e-12]
    found = possible[possible["p_value"] <= alpha + 1e-12]
    return [
        f"{len(table)} comparisons, {int(table['available'].sum())} with both windows, {len(done)} with comparators.",
        f"{len(possible)} have comparators enough for a p of {format_percent(alpha)} or less; {len(found)} reach "
        f"it, and "
        f"chance alone would bring about {alpha * len(possible):.0f}.",
        "A difference of means says what changed, not why. Years after 2019 are in the table, apart.",
    ]
