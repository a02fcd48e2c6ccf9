"""Rows of the report's tables as plain strings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ...results import to_plain
from ...text import format_change, format_number
from .sentences import FINDINGS, UNITS

if TYPE_CHECKING:
    from ..gather.content import Content, OutcomeSection


def unit_rows(section: OutcomeSection) -> list[dict[str, str]]:
    """A row per economy of one outcome, the treated one first."""
    if section.narrow is None:
        return []
    rows = []
    for row in section.narrow.table.to_dict("records"):
        unit = row["change_unit"]
        rows.append(
            {
                "name": str(row["name"]),
                "before": format_number(row["mean_before"]),
                "after": format_number(row["mean_after"]),
                "change": format_change(row["change"], unit) if row["available"] else "n/a",
                "interval": f"{format_number(row['lower'], signed=True)} to {format_number(row['upper'], signed=True)}"
                if row["available"]
                else "",
                "years": f"{row['years_before']}+{row['years_after']}",
                "latest": format_change(row["to_latest_change"], unit) if row["to_latest_years"] else "",
                "reason": str(row["reason"]),
            }
        )
    return rows


def section_rows(section: OutcomeSection) -> dict[str, Any]:
    """One outcome for the JSON document."""
    from . import sentences as words

    base: dict[str, Any] = {
        "outcome": section.outcome,
        "label": section.label,
        "finding": words.before_after_finding(section),
    }
    if section.narrow is None:
        return {**base, "missing": section.missing}
    return {
        **base,
        "unit": section.narrow.outcome.unit,
        "rows": to_plain(section.narrow.to_frame().to_dict(orient="records")),
        "against_narrow": _test(section.narrow),
        "against_wide": _test(section.wide) if section.wide else {"missing": section.wide_missing},
        "checks": [
            {
                "name": c.name,
                "role": c.role,
                "passed": c.passed,
                "value": to_plain(c.value),
                "threshold": to_plain(c.threshold),
                "text": c.text,
            }
            for c in section.narrow.checks
        ],
        "sources": section.narrow.provenance.lines(),
    }


def _test(result: Any) -> dict[str, Any]:
    d = result.difference
    if d is None:
        return {"missing": "no comparator has both windows"}
    return to_plain(  # type: ignore[no-any-return]
        {
            "pool": result.comparators.label,
            "economies": list(result.comparators.units),
            "treated": d.treated,
            "mean": d.mean,
            "median": d.median,
            "unit": d.measure,
            "difference": d.versus_mean,
            "p_two_sided": d.test.p_two_sided,
            "p_floor": d.test.floor,
            "interval": [d.test.lower, d.test.upper],
            "interval_unit": d.test_measure,
            "level": d.test.level,
        }
    )


def member_columns(content: Content) -> list[dict[str, str]]:
    """The columns of the members' table: one per member and event, the member the page is about first."""
    frame = content.members.to_frame()
    pairs = frame[["unit", "name", "event", "step", "before", "after"]].drop_duplicates(["unit", "event"])
    columns = [{str(k): str(v) for k, v in row.items()} for row in pairs.to_dict("records")]
    return sorted(columns, key=lambda c: c["unit"] != content.unit)


def member_rows(content: Content) -> list[dict[str, Any]]:
    """A row per outcome; a cell per member and event: own change, that of the comparators, p."""
    frame = content.members.to_frame()
    columns = member_columns(content)
    rows = []
    for outcome, group in frame.groupby("outcome", sort=False):
        found = {(str(r["unit"]), str(r["event"])): r for r in group.to_dict("records")}
        cells = [_member_cell(found.get((c["unit"], c["event"]))) for c in columns]
        rows.append({"outcome": str(outcome), "label": str(group["label"].iloc[0]), "cells": cells})
    return rows


def _member_cell(row: dict[Any, Any] | None) -> dict[str, str]:
    if row is None or not row["available"]:
        return {"change": "n/a", "beside": "", "p": "", "reason": str(row["reason"]) if row else "not compared"}
    p = row["p_value"]
    return {
        "change": format_change(row["change"], row["change_unit"]),
        "beside": format_number(row["comparators_mean"], signed=True),
        "p": "" if math.isnan(p) else f"{p:.2f}",
        "reason": "",
    }


def effect_rows(content: Content) -> list[dict[str, str]]:
    """A row per outcome and donor pool: estimate, interval, p, what it was drawn from, what failed."""
    if content.effects is None:
        return []
    from ...impact.members.effects import effects_plan as plan

    rows = []
    for row in content.effects.table.to_dict("records"):
        done = not row["reason"]
        rows.append(
            {
                "label": str(row["label"]),
                "pool": plan().pools[row["pool"]]["label"],
                "estimate": f"{format_number(row['estimate'], signed=True)} {UNITS.get(row['measure'], 'pp')}"
                if done
                else "n/a",
                "interval": _interval(row["lower"], row["upper"]) if done else "",
                "p": f"{row['p_value']:.2f}" if done and not math.isnan(row["p_value"]) else "",
                "finding": FINDINGS[row["finding"]] if done else str(row["reason"]),
                "donors": str(row["weights"]),
                "failed": str(row["failed"]),
            }
        )
    return rows


def _interval(low: float, high: float) -> str:
    if math.isnan(low) or math.isnan(high):
        return "not available"
    if math.isinf(low) or math.isinf(high):
        return "no value can be ruled out"
    return f"{format_number(low, signed=True)} to {format_number(high, signed=True)}"
