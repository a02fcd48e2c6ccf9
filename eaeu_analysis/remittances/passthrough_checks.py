"""What the pass-through hangs on: other choices, one country or year fewer, levels, coverage of its intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from .. import settings
from ..errors import EaeuError
from ..results import Check
from .regression import Fit, error_parts, interval_coverage, serial
from .sample import DRIVERS, Logs, PassThroughSample, PassThroughSpec, build_sample, shares_of
from .shares import corridors
from .tables import load_remittance_table, remittance_tables

MAX_SERIAL = 0.5  # of the residuals of changes, common part; above it, changes are no cure for persistence


def alternatives(logs: Logs, question: PassThroughSpec, lags: int) -> pd.DataFrame:
    """The coefficients under other choices: ``alternative, regressor, coef, se, se_dk, nobs, serial, reason``.

    ``serial``: first-order autocorrelation of the yearly mean of the residuals; ``reason``: why there is no estimate.
    """
    rows: list[dict[str, Any]] = []
    for name, other in choices(question, [str(o) for o in logs.remittances if o not in question.shares]):
        try:
            data = build_sample(logs, other)
            fit = data.fit(lags, other.year_effects)
        except EaeuError as error:
            rows.append({"alternative": name, "regressor": "", "reason": str(error)})
            continue
        se, dk = np.sqrt(np.diag(fit.jackknife)), np.sqrt(np.diag(fit.dk))
        means = serial(_yearly(fit, data))
        for i, regressor in enumerate(data.regressors):
            values = {"coef": fit.coef[i], "se": se[i], "se_dk": dk[i], "nobs": len(data.y), "serial": means}
            rows.append({"alternative": name, "regressor": regressor, **values, "reason": ""})
    columns = ["alternative", "regressor", "coef", "se", "se_dk", "nobs", "serial", "reason"]
    return pd.DataFrame(rows, columns=columns)


def choices(question: PassThroughSpec, also: Iterable[str]) -> Iterator[tuple[str, PassThroughSpec]]:
    """Names and questions of the alternatives; ``also``: origins that one of them adds."""
    yield "levels", question.but(levels=True)
    yield "year effects", question.but(year_effects=True)
    yield "with the year before", question.but(lagged=True)
    yield "income the other way", question.but(income="dollars" if question.income == "real" else "real")
    yield "shares all one", question.but(shares=dict.fromkeys(question.shares, 1.0))
    stock = {o: _stock_share(o, question.last_year) for o in question.shares}
    yield "shares of migrants by birth", question.but(shares=stock)
    more = [o for o in also if o not in question.shares]
    if more:
        added = {**question.shares, **shares_of(more, question.last_year)[0]}
        yield f"with {' and '.join(more)}", question.but(shares=added)
    for shift in (-2, 2):
        first = question.first_year + shift
        yield f"from {first}", question.but(first_year=first)
    for origin in question.shares:
        yield f"without {origin}", question.but(shares={o: s for o, s in question.shares.items() if o != origin})


def _stock_share(origin: str, year: int) -> float:
    rows = corridors(origin, year).sources
    found = rows[(rows["group"] == "RUS") & (rows["basis"] == "stock")]
    return float(found["share"].iloc[0])


def checks(
    logs: Logs,
    question: PassThroughSpec,
    data: PassThroughSample,
    fit: Fit,
    other: pd.DataFrame,
    level: float,
    lags: int,
) -> tuple[Check, ...]:
    """In the order in which a reader should meet them."""
    found = [
        _few_years(fit),
        _coverage(fit, data, level, lags),
        _stationary(fit, data, other),
        _one_fewer("leave one country out", fit, data, _without(other, data)),
        _one_fewer("leave one year out", fit, data, {int(t): fit.by_year[i] for i, t in enumerate(fit.years)}),
        _same_sign(fit, data, other, "year effects"),
        _lag(other),
        _clean(question),
        *_armenia(logs, question, fit, data),
        *_published(logs, question, fit, data),
    ]
    return tuple(found)


def _yearly(fit: Fit, data: PassThroughSample) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([fit.resid[data.year == t].mean() for t in fit.years])


def _few_years(fit: Fit) -> Check:
    order = np.argsort(fit.leverage)[::-1][:2]
    part = float(fit.leverage[order].sum() / fit.leverage.sum())
    which = " and ".join(str(int(fit.years[i])) for i in sorted(order))
    text = f"{which} carry {part:.0%} of what {len(fit.years)} years say; under half is asked"
    return Check("more than two years speak", part < 0.5, part, 0.5, text)


def _coverage(fit: Fit, data: PassThroughSample, level: float, lags: int) -> Check:
    held = interval_coverage(fit, data.x, data.country, data.year, lags, level)
    common, own, rho = error_parts(fit, data.country, data.year)
    text = (
        f"in {held.draws} simulated panels with these drivers and errors like these (common {common:.2f}, own "
        f"{own:.2f}, correlation {rho:.2f}) the {level:.0%} interval of the jackknife held the truth in "
        f"{held.jackknife:.0%}, Driscoll and Kraay's in {held.driscoll_kraay:.0%}; at most 5 points short is asked"
    )
    return Check("coverage", held.jackknife >= level - 0.05, held.jackknife, level - 0.05, text)


def _stationary(fit: Fit, data: PassThroughSample, other: pd.DataFrame) -> Check:
    now = serial(_yearly(fit, data))
    levels = other[(other["alternative"] == "levels") & (other["reason"] == "")]
    shown = ""
    if len(levels):
        values = ", ".join(f"{row['regressor']} {row['coef']:+.2f}" for row in levels.to_dict("records"))
        was = float(levels["serial"].iloc[0])
        shown = (
            f"; in levels it is {was:.2f} and the coefficients would be {values}, which is spurious where it is high"
        )
    text = f"the residuals' common part has an autocorrelation of {now:.2f} in changes, under {MAX_SERIAL} asked{shown}"
    return Check("changes, not levels", abs(now) < MAX_SERIAL, now, MAX_SERIAL, text)


def _without(other: pd.DataFrame, data: PassThroughSample) -> Mapping[Any, Any]:
    rows = other[other["alternative"].str.startswith("without ") & (other["reason"] == "")]
    return {
        str(name).removeprefix("without "): group.set_index("regressor")["coef"]
        .reindex(list(data.regressors))
        .to_numpy()
        for name, group in rows.groupby("alternative", sort=False)
    }


def _one_fewer(name: str, fit: Fit, data: PassThroughSample, others: Mapping[Any, Any]) -> Check:
    """Passed when no coefficient changes its sign."""
    if not others:
        return Check(name, None, None, None, "too few are left to leave one out")
    keys, table = list(others), np.array(list(others.values()))
    parts = []
    for i, regressor in enumerate(data.regressors):
        low, high = int(table[:, i].argmin()), int(table[:, i].argmax())
        ends = f"{table[low, i]:+.2f} (without {keys[low]}) to {table[high, i]:+.2f} (without {keys[high]})"
        parts.append(f"{regressor} {ends}")
    kept = bool((np.sign(table) == np.sign(fit.coef)).all())
    widest = float(np.abs(table - fit.coef).max())
    return Check(name, kept, widest, None, f"{'; '.join(parts)}; no change of sign is asked")


def _same_sign(fit: Fit, data: PassThroughSample, other: pd.DataFrame, name: str) -> Check:
    rows = other[(other["alternative"] == name) & (other["reason"] == "")]
    if rows.empty:
        why = other.loc[other["alternative"] == name, "reason"].iloc[0]
        return Check(name, None, None, None, f"not estimated: {why}")
    values = rows.set_index("regressor")["coef"].reindex(list(data.regressors)).to_numpy()
    shown = ", ".join(f"{row['regressor']} {row['coef']:+.2f} ({row['se']:.2f})" for row in rows.to_dict("records"))
    text = f"from differences of exposure alone, what all countries share taken out: {shown}; the same signs are asked"
    return Check(name, bool((np.sign(values) == np.sign(fit.coef)).all()), float(values[0]), None, text)


def _lag(other: pd.DataFrame) -> Check:
    rows = other[(other["alternative"] == "with the year before") & (other["reason"] == "")]
    late = rows[rows["regressor"].str.endswith("year before")]
    if late.empty:
        return Check("a year later", None, None, None, "too few years for the drivers of the year before")
    shown = ", ".join(f"{row['regressor']} {row['coef']:+.2f} ({row['se']:.2f})" for row in late.to_dict("records"))
    return Check("a year later", None, float(late["coef"].iloc[0]), None, f"what comes a year later: {shown}")


def _clean(question: PassThroughSpec) -> Check:
    last = settings.LAST_CLEAN_YEAR
    text = f"the sample ends in {question.last_year}; after {last} stand the pandemic and people and firms who moved"
    return Check("clean years", question.last_year <= last, float(question.last_year), float(last), text)


def _armenia(logs: Logs, question: PassThroughSpec, fit: Fit, data: PassThroughSample) -> list[Check]:
    """Transfers from Russia alone, as Armenia's central bank counts them, over the fall of the rouble."""
    before, after = 2013, 2015
    if question.last_year < after:
        return []
    frame = load_remittance_table("armenia")
    rows = frame[
        (frame["destination"] == "RUS") & (frame["direction"] == "inflow") & (frame["type"] == "non-commercial")
    ].set_index("year")["usd"]
    actual = float(np.log(rows[after] / rows[before]))
    implied = _explained(logs, question, fit, before, after)
    text = (
        f"transfers from Russia to Armenia, counted apart, changed by {actual:+.2f} log points {before}-{after}; the "
        f"coefficients say {implied:+.2f} for money from Russia alone, growth of its own left out"
    )
    return [Check("Armenia's transfers from Russia", None, implied - actual, None, text)]


def _published(logs: Logs, question: PassThroughSpec, fit: Fit, data: PassThroughSample) -> list[Check]:
    found = []
    for entry in remittance_tables()["comparison"]:
        if "before_usd" not in entry or entry["origin"] not in data.origins or entry["years"][1] > question.last_year:
            continue
        origin, (before, after) = entry["origin"], entry["years"]
        actual = float(np.log(entry["after_usd"] / entry["before_usd"]))
        implied = question.shares[origin] * _explained(logs, question, fit, before, after)
        text = (
            f"{entry['what']}: {actual:+.2f} log points ({entry['source']}); the coefficients say {implied:+.2f} for "
            f"the years {before}-{after}, so something else added {actual - implied:+.2f}"
        )
        found.append(Check(f"against {entry['source'].split(' ')[0]}", None, implied - actual, None, text))
    return found


def _explained(logs: Logs, question: PassThroughSpec, fit: Fit, before: int, after: int) -> float:
    """Log points that the drivers explain between two years for a share of one."""
    moves = [logs.drivers[code] for code in DRIVERS[question.income].values()]
    return float(sum(c * (s[after] - s[before]) for c, s in zip(fit.coef, moves, strict=True)))
