"""Scenarios and published estimates: theirs with the source, ours with its interval, why they differ."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError
from ...results import Check, Provenance, TableResult
from ...series import SeriesInfo
from ..display import format_interval
from ..result import ScenarioResult
from ..run import run_scenario
from ..tables import scenario_tables
from .outturn import merged

DRAWS = 1000


@cache
def scenario_findings() -> list[dict[str, Any]]:
    """The published estimates with their confidence (S or S2) and what of ours comes nearest."""
    path = settings.data_dir() / "tables" / "scenario_findings.toml"
    found: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["finding"]
    return found


@dataclass(frozen=True, eq=False)
class PublishedComparison(TableResult):
    """Published estimates next to the results of this tool. Made by :func:`compare_with_published`.

    Attributes
    ----------
    spec : dict
        Draws by scenario, and the seed.
    table : DataFrame
        A row per published estimate: ``economy, finding, url, their_low, their_high, their_unit, source, confidence,
        scenario, outcome, channel, estimate, lower, upper, unit``, ``error`` (standard error of the median from the
        number of draws), ``same_sign`` (missing where our interval includes zero), ``within`` (whether theirs and our
        interval overlap; missing where units differ), ``why``.
    level : float
        Confidence level of our intervals.
    checks : tuple of Check
        Rules fixed before the comparison, with their verdicts.
    provenance : Provenance
        Series and method.
    """

    drawn_by = "backtest.draw_published_comparison"

    def summary(self) -> str:
        labels, channels = scenario_tables()["outcomes"], scenario_tables()["channels"]
        lines = [f"Published estimates and this tool, {self.level:.0%} intervals of ours; theirs have none."]
        for row in self.table.to_dict("records"):
            known = "" if row["confidence"] == "S" else ", seen quoted"
            lines += [
                "",
                f"{row['economy']}: {row['finding']} ({row['source']}{known}{', ' + row['url'] if row['url'] else ''})",
                f"  ours, {row['scenario']}, {channels[row['channel']].lower()}: {labels[row['outcome']]['label']} "
                f"{format_interval(row, row['error'])} {row['unit']}: {_verdict(row)}",
                f"  {row['why']}",
            ]
        return self._ended([*lines, ""])


def compare_with_published(
    results: ScenarioResult | Iterable[ScenarioResult] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    jobs: int = 1,
    *,
    level: float = settings.LEVEL,
) -> PublishedComparison:
    """Published estimates and the scenarios that come nearest to their assumptions.

    ``results``: one or several that were run; only findings on their scenarios are then shown. None runs every scenario
    that a finding names, with ``draws`` draws. Raises BadInputError when no finding is on any of ``results``, or when
    two results are of one scenario.
    """
    findings = scenario_findings()
    if results is None:
        wanted = dict.fromkeys(str(f["ours"]["scenario"]) for f in findings)
        ran = {name: run_scenario(name, draws, seed, jobs, level=level) for name in wanted}
    else:
        given = [results] if isinstance(results, ScenarioResult) else list(results)
        ran = {r.scenario.name: r for r in given}
        if len(ran) < len(given):
            raise BadInputError("two results are of one scenario: give one of each")
        findings = [f for f in findings if f["ours"]["scenario"] in ran]
        if not findings:
            known = ", ".join(dict.fromkeys(str(f["ours"]["scenario"]) for f in scenario_findings()))
            raise BadInputError(
                f"no published estimate is on {', '.join(ran) or 'nothing'}; there are some on: {known}"
            )
    table = pd.DataFrame([_row(found, ran[found["ours"]["scenario"]]) for found in findings])
    series: list[SeriesInfo] = [info for r in ran.values() for info in r.provenance.series]
    spec = {"draws": {name: len(r.inputs) for name, r in ran.items()}, "seed": seed}
    own = next(iter(ran.values())).level
    return PublishedComparison(
        spec, table, own, _checks(table), Provenance(merged(series), "scenarios against publications", "", spec)
    )


def _row(found: Mapping[str, Any], result: ScenarioResult) -> dict[str, Any]:
    ours = found["ours"]
    row = result.value(ours["outcome"], ours["channel"])
    low, high = float(found["low"]), float(found.get("high", np.inf))
    lower, upper = float(row["lower"]), float(row["upper"])
    return {
        "id": found["id"],
        "economy": found["economy"],
        "finding": found["text"],
        "url": found.get("url", ""),
        "their_low": low,
        "their_high": high,
        "their_unit": found["unit"],
        "their_sign": {"+": 1, "-": -1}[found["sign"]],
        "source": found["source"],
        "confidence": found["confidence"],
        "scenario": ours["scenario"],
        "outcome": ours["outcome"],
        "channel": ours["channel"],
        "estimate": float(row["estimate"]),
        "lower": lower,
        "upper": upper,
        "error": result.error(ours["outcome"], ours["channel"]),
        "unit": str(row["unit"]),
        "same_sign": _same_sign({"+": 1, "-": -1}[found["sign"]], lower, upper),
        "within": (low <= upper and lower <= high) if found["comparable"] else None,
        "why": found["why"],
    }


def _same_sign(theirs: int, lower: float, upper: float) -> bool | None:
    """Whether our interval lies on their side of zero; None when it lies on both."""
    if lower <= 0 <= upper:
        return None
    return bool((lower > 0) == (theirs > 0))


def _verdict(row: Mapping[Any, Any]) -> str:
    sign = row["same_sign"]
    words = ["takes both signs" if sign is None else "same sign" if sign else "the other sign"]
    if row["within"] is not None:
        words.append("interval includes theirs" if row["within"] else "interval excludes theirs")
    return ", ".join(words)


def _checks(table: pd.DataFrame) -> tuple[Check, ...]:
    within = table["within"].dropna()
    inside = int(within.astype(bool).sum())
    against = int((table["same_sign"] == False).sum())  # noqa: E712 - None is neither
    return (
        Check("theirs in ours", None, float(inside), float(len(within)),
              f"{inside} of {len(within)} published numbers in the same unit lie in our intervals"),
        Check("signs", against == 0, float(against), 0.0,
              f"{against} of {len(table)} have our interval wholly on the other side of zero"),
        Check("theirs without intervals", None, None, None,
              "no publication here shows how sure it is; agreement of two numbers is no proof of either"),
    )  # fmt: skip
