"""What changed since the claims were last accepted, and why.

A conclusion has drifted when its value moved beyond the tolerance or changed sign, when an end of its interval moved by
more than the tolerance and a quarter of the interval's width, when its grade, side or finding changed, or when the
claim is gone. A claim that is merely new, and a data revision that changes no conclusion, are listed, but are not
drift. The reason is found by elimination: only the data changed, only the code, or only the settings. Where several
changed, the present code is run on the old data if they are available.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ... import settings
from ...errors import BadInputError, DriftError
from ...results import Result
from ...series import SeriesInfo
from ..claims.claim import Claim
from . import baseline
from .baseline import (
    Accepted,
    ClaimsBaseline,
    SeriesFingerprint,
    accept_claim,
    baseline_of,
    series_hash,
    sign_of,
    tolerance,
)

if TYPE_CHECKING:
    from ...data.sources import Source


DATA, CODE, SETTINGS, UNKNOWN = "data revision", "code version", "settings", "not known"
QUARTER = 0.25  # share of an interval's width by which an end may move
SHIPPED = "shipped"  # in place of a path: the baseline that ships with the package
REVISED = ["series", "before", "now"]
COLUMNS = ["claim", "change", "before", "now", "tolerance", "reason", "series"]

Rerun = Callable[[], Sequence[Claim] | None]


@dataclass(frozen=True)
class Drift(Result):
    """What changed since a baseline was accepted.

    Parameters
    ----------
    table : DataFrame
        One row for each change of a conclusion: ``claim, change, before, now, tolerance, reason, series``. ``change``
        is "new", "gone", "sign flipped", "value moved", "interval moved", "finding changed", "grade changed", "side
        changed" or "unit changed"; ``series`` are the revised series behind the claim.
    revised : DataFrame
        One row for each series whose values or vintage changed: ``series, before, now``.
    baseline : str
        Version of the package whose claims were accepted.
    changed : tuple of str
        Which of "data revision", "code version" and "settings" differ.
    claims : int
        Number of claims compared.
    """

    table: pd.DataFrame
    revised: pd.DataFrame
    baseline: str
    changed: tuple[str, ...]
    claims: int

    @property
    def drifted(self) -> bool:
        """Whether any accepted conclusion changed; a new claim is no drift."""
        return bool((self.table["change"] != "new").any())

    def sentence(self) -> str:
        """The outcome in one sentence."""
        data = f"{len(self.revised)} series revised" if len(self.revised) else "no series revised"
        new = self.table["change"] == "new"
        data += f"; {new.sum()} claims are new" if new.any() else ""
        if not self.drifted:
            return f"None of {self.claims} claims drifted since version {self.baseline} was accepted; {data}."
        names = self.table.loc[~new, "claim"].nunique()
        reasons = ", ".join(sorted(set(self.table.loc[~new, "reason"])))
        return (
            f"{names} of {self.claims} claims drifted since version {self.baseline} was accepted ({reasons}); {data}."
        )

    def summary(self) -> str:
        """The sentence, and a line for each change and each revised series."""
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
        """Raise DriftError (exit code 5) when a conclusion drifted."""
        if self.drifted:
            raise DriftError(f"{self.sentence()} Accept the new state with --accept when it is right.")


def compare_baselines(
    old: ClaimsBaseline, new: ClaimsBaseline, claims: Sequence[Claim], rerun: Rerun = lambda: None
) -> Drift:
    """Compare the accepted claims with the present ones.

    ``rerun`` makes the claims from the old data with the present code. It is called at most once, when a conclusion
    drifted and both the data and something else changed. BadInputError when the baseline is about another unit or bloc.
    """
    for name in ("unit", "bloc"):
        if old.question.get(name) != new.question.get(name):
            raise BadInputError(
                f"the baseline is about {name} {old.question.get(name)!r}, "
                f"this report is about {new.question.get(name)!r}"
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
        again = None if made is None else {claim.id: accept_claim(claim) for claim in made}
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
        return [("new", "", _claim_value(new))]
    if new is None and old is not None:
        return [("gone", _claim_value(old), "")]
    if old is None or new is None:
        return []
    if old.unit != new.unit:
        return [("unit changed", _claim_value(old), _claim_value(new))]
    rows = []
    moved = abs(new.value - old.value) > _slack(old)
    if moved and old.sign * sign_of(new.value) < 0:
        rows.append(("sign flipped", _claim_value(old), _claim_value(new)))
    elif moved:
        rows.append(("value moved", _claim_value(old), _claim_value(new)))
    elif _interval_moved(old, new):
        rows.append(("interval moved", _interval(old), _interval(new)))
    for name in ("finding", "grade", "side"):
        before, now = getattr(old, name), getattr(new, name)
        if before != now:
            rows.append((f"{name} changed", str(before), str(now)))
    return rows


def _slack(old: Accepted) -> float:
    """The tolerance in the file, but not wider than the rule allows."""
    return min(old.tolerance, tolerance(old.value))


def _interval_moved(old: Accepted, new: Accepted) -> bool:
    """Whether an end appeared, vanished, or moved by more than the tolerance and QUARTER of the accepted width."""
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


def _claim_value(state: Accepted) -> str:
    return f"{state.value:.4g} {state.unit}"


def _interval(state: Accepted) -> str:
    """The value and its interval as text; an open or unknown end is blank."""
    ends = ("" if end is None else f"{end:.4g}" for end in (state.lower, state.upper))
    return f"{state.value:.4g} ({' to '.join(ends)}) {state.unit}"


def _revised(old: Mapping[str, SeriesFingerprint], new: Mapping[str, SeriesFingerprint]) -> dict[str, tuple[str, str]]:
    """Series that are new, gone or revised, each with its state before and now."""
    found = {}
    for code in sorted({*old, *new}):
        before, now = old.get(code), new.get(code)
        if before != now:
            found[code] = (_seen(before), _seen(now))
    return found


def _seen(row: SeriesFingerprint | None) -> str:
    if row is None:
        return "not used"
    return f"vintage {row.vintage or 'not stated'}, {row.sha256[:12] or 'not readable'}"


def _series(old: ClaimsBaseline, new: ClaimsBaseline, name: str) -> list[str]:
    states = [state.claims[name] for state in (old, new) if name in state.claims]
    return sorted({code for state in states for code in state.series})


def _reason(
    changed: Sequence[str], again: Mapping[str, Accepted] | None, old: Accepted | None, new: Accepted | None, name: str
) -> str:
    """Why a claim drifted. ``again``: claims of the present code from the old data, None without those data."""
    if len(changed) < 2:
        return changed[0] if changed else UNKNOWN
    others = " or ".join(other for other in changed if other != DATA)
    if DATA not in changed:
        return others
    if again is None:
        return f"{' or '.join(changed)} (the old data are not available)"
    between = again.get(name)
    if not _changes(old, between):
        return DATA  # with the old data, the present code gives the accepted claim
    return others if not _changes(between, new) else f"{DATA} and {others}"


# ``eaeu report --check``: compare the claims with a baseline and write the new one when it is accepted.

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BaselineCheck:
    """A requested comparison. ``path``: the baseline file; ``old``: its contents, None when it is to be created;
    ``accept``: whether to write the present claims there; ``old_data``: a source with the data of the baseline."""

    path: Path
    old: ClaimsBaseline | None
    accept: bool = False
    old_data: str | None = None


def read_baseline_check(
    check: str | Path | None, accept: bool = False, old_data: str | Path | None = None
) -> BaselineCheck | None:
    """The request with the baseline that was read; None without ``check``.

    BadInputError for a baseline that cannot be read, and for --accept or --old-data without a baseline.
    """
    if check is None:
        for name, given in (("accept", accept), ("old data", old_data)):
            if given:
                raise BadInputError(f"{name} was given without a baseline: name the file to check against")
        return None
    path = settings.data_dir() / "baseline.json" if str(check) == SHIPPED else Path(check)
    old = None if accept and not path.exists() else baseline.read_baseline(path)
    return BaselineCheck(path, old, accept, None if old_data is None else str(old_data))


def checked(
    request: BaselineCheck,
    claims: Sequence[Claim],
    question: Mapping[str, str],
    source: str | Path | Source,
    jobs: int = 1,
) -> tuple[Drift | None, ClaimsBaseline]:
    """The drift (None without an earlier baseline) and the present state, which is not written here."""
    new = baseline_of(claims, question, source)
    if request.old is None:
        return None, new
    old = request.old

    def rerun() -> Sequence[Claim] | None:
        place = _old_data(request, old, claims)
        if place is None:
            return None
        from ..claims.collect import claims as collect

        log.info("claims are computed again from the old data: %s", place)
        return collect(new.question["unit"], new.question["bloc"], place, jobs=jobs)

    return compare_baselines(old, new, claims, rerun), new


def _old_data(request: BaselineCheck, old: ClaimsBaseline, claims: Sequence[Claim]) -> str | None:
    """A source whose series have the hashes of the baseline: the named one or the shipped data, otherwise None.

    BadInputError when the named source has other data.
    """
    infos = {origin.code: origin for claim in claims for info in claim.series for origin in info.origins()}
    for place in (request.old_data, "pinned"):
        if place is None:
            continue
        different = [code for code, seen in old.series.items() if not _same(infos.get(code), seen, place)]
        if not different:
            return place
        if place == request.old_data:
            raise BadInputError(
                f"--old-data {place!r} does not have the data of the baseline: {len(different)} series differ, "
                f"the first being {different[0]}"
            )
    return None


def _same(info: SeriesInfo | None, seen: baseline.SeriesFingerprint, place: str) -> bool:
    if info is None:  # a series that is no longer used cannot be loaded
        return True
    return series_hash(info.with_(vintage=seen.vintage), place) == seen.sha256
