"""What changed since the claims were last accepted, and why.

A conclusion drifted when a value moved beyond its tolerance or turned its sign, when an end of its interval moved by
more than that and a quarter of the interval, when a grade, a side or a finding changed, or when a claim is new or gone.
Data that were revised without moving a conclusion are told and are no drift. The reason is found by elimination (only
the data changed, only the code, only the settings); where several changed, the present code is run on the old data, if
they are at hand: what is left then is not the data's doing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..errors import BadInputError, DriftError
from ..results import Result
from .baseline import Accepted, Baseline, Seen, accepted, sign_of, tolerance
from .claims import Claim

DATA, CODE, SETTINGS, UNKNOWN = "data revision", "code version", "settings", "not known"
QUARTER = 0.25  # of an interval's width: what an end of it may move and be the same
KINDS = (
    "new",
    "gone",
    "sign flipped",
    "value moved",
    "interval moved",
    "finding changed",
    "grade changed",
    "side changed",
    "unit changed",
)
REVISED = ["series", "before", "now"]
COLUMNS = ["claim", "change", "before", "now", "tolerance", "reason", "series"]

Rerun = Callable[[], Sequence[Claim] | None]


@dataclass(frozen=True)
class Drift(Result):
    """``table``: a row per change of a conclusion: ``claim, change`` (of KINDS), ``before, now`` (as text),
    ``tolerance, reason, series`` (revised ones behind it). ``revised``: a row per series whose values or vintage moved.
    ``baseline``: version that was accepted. ``changed``: which of data, code and settings differ."""

    table: pd.DataFrame
    revised: pd.DataFrame
    baseline: str
    changed: tuple[str, ...]
    claims: int

    @property
    def drifted(self) -> bool:
        """Whether any conclusion changed."""
        return not self.table.empty

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def sentence(self) -> str:
        """What happened, in one sentence."""
        data = f"{len(self.revised)} series revised" if len(self.revised) else "no series revised"
        if not self.drifted:
            return f"None of {self.claims} claims drifted since version {self.baseline} was accepted; {data}."
        names = self.table["claim"].nunique()
        reasons = ", ".join(sorted(set(self.table["reason"])))
        return (
            f"{names} of {self.claims} claims drifted since version {self.baseline} was accepted ({reasons}); {data}."
        )

    def summary(self) -> str:
        lines = [self.sentence()]
        for row in self.table.to_dict("records"):
            behind = f" [{row['series']}]" if row["series"] else ""
            lines.append(
                f"  {row['claim']}: {row['change']}, {row['before']} -> {row['now']} ({row['reason']}){behind}"
            )
        for row in self.revised.to_dict("records"):
            lines.append(f"  revised: {row['series']}, {row['before']} -> {row['now']}")
        return "\n".join(lines)

    def require_none(self) -> None:
        """Raises DriftError (exit code 5) when a conclusion drifted."""
        if self.drifted:
            raise DriftError(f"{self.sentence()} Accept the new state with --accept when it is right.")


def compare(old: Baseline, new: Baseline, claims: Sequence[Claim], rerun: Rerun = lambda: None) -> Drift:
    """The accepted state beside the present one. ``rerun``: makes the claims on the old data with the present code; it
    is called at most once, when data and something else changed and a conclusion drifted.

    Raises BadInputError when the baseline answers another question.
    """
    for name in ("unit", "bloc"):
        if old.question.get(name) != new.question.get(name):
            raise BadInputError(
                f"the baseline is about {name} {old.question.get(name)!r}, this report about {new.question.get(name)!r}"
            )
    revised = _revised(old.series, new.series)
    changed = tuple(
        name
        for name, differs in (
            (DATA, bool(revised)),
            (CODE, (old.version, old.code) != (new.version, new.code)),
            (SETTINGS, dict(old.settings) != dict(new.settings)),
        )
        if differs
    )
    found = [
        (name, kind, before, now)
        for name in sorted({*old.claims, *new.claims})
        for kind, before, now in _changes(old.claims.get(name), new.claims.get(name))
    ]
    again: Mapping[str, Accepted] | None = None
    if found and DATA in changed and len(changed) > 1:
        made = rerun()
        again = None if made is None else {claim.id: accepted(claim) for claim in made}
    rows = []
    for name, kind, before, now in found:
        behind = [code for code in _series(old, new, name) if code in revised]
        rows.append(
            {
                "claim": name,
                "change": kind,
                "before": before,
                "now": now,
                "tolerance": _slack(old.claims[name]) if name in old.claims else float("nan"),
                "reason": _reason(changed, again, old.claims.get(name), new.claims.get(name), name),
                "series": ", ".join(behind),
            }
        )
    data = [{"series": code, "before": before, "now": now} for code, (before, now) in revised.items()]
    return Drift(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.DataFrame(data, columns=REVISED),
        old.version,
        changed,
        len(claims),
    )


def _changes(old: Accepted | None, new: Accepted | None) -> list[tuple[str, str, str]]:
    """What differs between two states of a claim: kind, before, now."""
    if old is None and new is not None:
        return [("new", "", _told(new))]
    if new is None and old is not None:
        return [("gone", _told(old), "")]
    if old is None or new is None:
        return []
    if old.unit != new.unit:
        return [("unit changed", _told(old), _told(new))]
    rows = []
    moved = abs(new.value - old.value) > _slack(old)
    if moved and old.sign * sign_of(new.value) < 0:
        rows.append(("sign flipped", _told(old), _told(new)))
    elif moved:
        rows.append(("value moved", _told(old), _told(new)))
    elif _interval_moved(old, new):
        rows.append(("interval moved", _interval(old), _interval(new)))
    for name in ("finding", "grade", "side"):
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            rows.append((f"{name} changed", str(before), str(now)))
    return rows


def _slack(old: Accepted) -> float:
    """The tolerance in the file, never wider than the rule's: a file that says more would let everything pass."""
    return min(old.tolerance, tolerance(old.value))


def _interval_moved(old: Accepted, new: Accepted) -> bool:
    """Whether an end came, went, or moved by more than the tolerance and QUARTER of the accepted interval's width."""
    slack = _slack(old)
    if old.lower is not None and old.upper is not None:
        slack = max(slack, QUARTER * (old.upper - old.lower))
    for before, now in ((old.lower, new.lower), (old.upper, new.upper)):
        if before is None or now is None:
            if before is not now:
                return True
        elif abs(now - before) > slack:
            return True
    return False


def _told(state: Accepted) -> str:
    return f"{state.value:.4g} {state.unit}"


def _interval(state: Accepted) -> str:
    """The ends of its interval, as text; an end that is open or not known is left blank."""
    ends = ("" if end is None else f"{end:.4g}" for end in (state.lower, state.upper))
    return f"{state.value:.4g} ({' to '.join(ends)}) {state.unit}"


def _revised(old: Mapping[str, Seen], new: Mapping[str, Seen]) -> dict[str, tuple[str, str]]:
    """Series whose values or vintage differ, or that came or went: how they are told."""
    found = {}
    for code in sorted({*old, *new}):
        before, now = old.get(code), new.get(code)
        if before != now:
            found[code] = (_seen(before), _seen(now))
    return found


def _seen(row: Seen | None) -> str:
    if row is None:
        return "not used"
    return f"vintage {row.vintage or 'not stated'}, {row.sha256[:12] or 'not readable'}"


def _series(old: Baseline, new: Baseline, name: str) -> list[str]:
    states = [state.claims[name] for state in (old, new) if name in state.claims]
    return sorted({code for state in states for code in state.series})


def _reason(
    changed: Sequence[str], again: Mapping[str, Accepted] | None, old: Accepted | None, new: Accepted | None, name: str
) -> str:
    """Why a claim drifted. ``again``: claims of the present code on the old data, None when those are not at hand."""
    if len(changed) < 2:
        return changed[0] if changed else UNKNOWN
    others = " or ".join(other for other in changed if other != DATA)
    if DATA not in changed:
        return others
    if again is None:
        return f"{' or '.join(changed)} (the old data are not at hand)"
    between = again.get(name)
    if not _changes(old, between):
        return DATA  # on the old data the present code says what was accepted
    return others if not _changes(between, new) else f"{DATA} and {others}"
