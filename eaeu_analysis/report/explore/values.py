"""The numbers that the browser computes with: values of every outcome, and the tables of the rules."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ... import settings
from ...compare import BeforeAfter
from ...compare.comparators import NEAREST, pool_definitions, population, recorded_own_events, touches
from ...compare.membership import memberships
from ...data.panel import Panel
from ...errors import BadInputError
from ...reference.blocs import accessions
from ...reference.economies import economy_tables

if TYPE_CHECKING:
    from ..gather.content import Content

DATA_FOLDER = "explore"
FIRST_YEAR = 2003  # seven years before the first customs union of the members, 2010
BYTES, DIGITS = (
    5,
    11,
)  # of a value as it is shipped: whole numbers below 2 ** 39, so 11 significant digits of the largest
CHECKS = (
    "window completeness", "window before the pandemic", "other events of its own", "contamination",
    "pre-trend comparability", "pre-level comparability", "outlier comparator",
)  # fmt: skip


def shared_tables(content: Content) -> dict[str, Any]:
    """What does not depend on the language: members and events, outcomes, rules, events that spoil a comparator."""
    panel, results = _panel(content), content.members.results
    cases = [
        {"unit": unit, "event": event, "year": int(event[:4])}
        for unit, event in sorted({key[:2] for key in results}, key=lambda key: (key[0] != content.unit, key))
    ]
    outcomes = {name: _outcome(panel, name, found) for name, found in _by_outcome(content).items()}
    chosen, last = countries(content), int(panel.years[-1])
    listed = [m for table in pool_definitions().values() for m in table.members]
    return {
        "first": FIRST_YEAR,
        "last": last,
        "clean": settings.LAST_CLEAN_YEAR,
        "share": settings.MIN_WINDOW_SHARE,
        "level": settings.LEVEL,
        "pre": settings.PRE_YEARS,
        "post": settings.POST_YEARS,
        "skip": settings.SKIP_YEARS,
        "bloc": content.bloc,
        "cases": cases,
        "outcomes": outcomes,
        "units": sorted({known["unit"] for known in outcomes.values()} | {k["change"] for k in outcomes.values()}
                        | {"percentage points"}),
        "checks": CHECKS,
        "names": chosen,
        "members": {c: [m.first.year, m.left.year if m.left else None] for c, m in memberships(content.bloc).items()},
        "entries": [[r["economy"], r["bloc"], r["joined"].year] for r in accessions().to_dict("records")
                    if r["economy"] in chosen and r["bloc"] != content.bloc],
        "events": [[m.economy, b.year, b.kind, _touched(b, outcomes)] for m in listed for b in m.breaks],
        "own": [[list(e.economies), e.year, _touched(e, outcomes),
                 sorted({m.economy for p in e.shared_by for m in pool_definitions()[p].members} | set(e.economies))
                 if e.shared_by else []] for e in recorded_own_events()],
        "nearest": {"count": pool_definitions()[NEAREST].nearest, "people": pool_definitions()[NEAREST].min_population},
        "income": {code: economy_tables().economies[code].income for code in chosen},
        "people": _small(chosen, last),
    }  # fmt: skip


def data_files(content: Content) -> dict[str, str]:
    """A script per outcome that hands its values over: ``NAME.js``."""
    panel, chosen = _panel(content), countries(content)
    out = {}
    for name, found in _by_outcome(content).items():
        wide = panel.wide(name)
        wide = wide[wide.index >= FIRST_YEAR].dropna(axis=1, how="all")
        held = set(wide.columns)
        body = {
            "values": {code: packed(wide[code]) for code in chosen if code in held},
            "with": {f"{unit} {event}": " ".join(r.comparators.units) for (unit, event), r in found.items()},
        }
        out[f"{name}.js"] = f"(window.eaeuExplore ??= {{}})[{json.dumps(name)}] = {json.dumps(body, sort_keys=True)};\n"
    return out


def countries(content: Content) -> list[str]:
    """Who can be chosen: every economy of a million people in some year of the data, and the members."""
    people, panel = population(), _panel(content)
    most = people[people.index.get_level_values("year") >= FIRST_YEAR].groupby(level=0).max()
    large = set(most[most >= pool_definitions()[NEAREST].min_population].index) | {
        k[0] for k in content.members.results
    }
    return sorted(code for code in panel.units if code in large and code in economy_tables().economies)


def packed(series: pd.Series[Any]) -> list[Any]:
    """First year, decimals and the values from then on as whole numbers of five bytes each, in base 64.

    ``series``: by year, without a year left out. A value is its whole number over ten to the decimals, exactly where
    the source prints that few; a gap is the smallest number that there is. BadInputError for a value that is not kept
    to eleven digits of the largest.
    """
    years, values = series.index.to_numpy(), series.to_numpy(dtype=float)
    known = np.flatnonzero((years >= FIRST_YEAR) & np.isfinite(values))
    first, values = int(years[known[0]]), values[known[0] : known[-1] + 1]
    most = float(np.nanmax(np.abs(values)))
    decimals = DIGITS - 1 - (math.floor(math.log10(most)) if most > 0 else 0)
    whole = np.rint(values * 10.0**decimals)
    back = whole / 10.0**decimals if decimals >= 0 else whole * 10.0**-decimals
    if (np.abs(back - values)[np.isfinite(values)] > most * 10.0 ** (1 - DIGITS)).any():
        raise BadInputError(f"a value up to {most!r} cannot be shipped to the page in {BYTES} bytes")
    half = 2 ** (8 * BYTES - 1)
    places = np.where(np.isfinite(values), whole, -half).astype(np.int64) + half
    raw = places.astype(">i8").view(np.uint8).reshape(-1, 8)[:, -BYTES:].tobytes()
    return [first, decimals, base64.b64encode(raw).decode()]


def _panel(content: Content) -> Panel:
    if content.panel is None:
        raise AssertionError("gather keeps the panel that it compared")
    return content.panel


def _by_outcome(content: Content) -> dict[str, dict[tuple[str, str], BeforeAfter]]:
    """Results by outcome and (unit, event), in the order of the outcomes."""
    found: dict[str, dict[tuple[str, str], BeforeAfter]] = {}
    for (unit, event, outcome), result in content.members.results.items():
        found.setdefault(outcome, {})[(unit, event)] = result
    return {s.outcome: found[s.outcome] for s in content.sections if s.outcome in found}


def _outcome(panel: Panel, name: str, found: dict[tuple[str, str], BeforeAfter]) -> dict[str, Any]:
    result = next(iter(found.values()))
    trend_only = pool_definitions()[NEAREST].trend_only_units
    unit = panel.info(name).unit
    return {
        "unit": result.outcome.unit,
        "relative": result.relative,
        "change": result.change_measure,
        "levels": not any(part in unit for part in trend_only),
    }


def _touched(event: Any, outcomes: Iterable[str]) -> list[str] | None:
    """The outcomes that an event touches; None for all."""
    return [name for name in outcomes if touches(event, name)] if event.touches else None


@lru_cache
def _people() -> pd.DataFrame:
    return population().unstack("year")


def _small(codes: list[str], last: int) -> dict[str, list[float]]:
    """Population by year, of those that were below the least population of the nearest pool in some year."""
    wide, least = _people(), pool_definitions()[NEAREST].min_population
    wide = wide.loc[wide.index.isin(codes), [year for year in range(FIRST_YEAR, last + 1) if year in wide.columns]]
    small = wide[~(wide >= least).all(axis=1)]
    held = dict(zip(small.index, small.to_numpy(dtype=float).tolist(), strict=True))
    return {code: held[code] for code in codes if code in held}
