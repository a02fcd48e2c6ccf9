"""What a headline would be under other pools and without back-dating: printed next to it, whatever it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ...data.panel import Panel, event_year
from ...errors import EaeuError
from ...text import format_number, format_p_equals
from .. import methods
from ..question.default import default_rule
from .effects import effects_plan

BACK = "not back-dated"  # fitted to the year before the event
COLUMNS = ["alternative", "label", "estimate", "p_value", "donors", "fit_first", "fit_last", "reason"]


def alternatives(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    *,
    pools: Sequence[str] | None = None,
    method: str | None = None,
    level: float,
    seed: int = 0,
) -> pd.DataFrame:
    """A row per pool of ``pools`` (None: those of impact.toml) and one for the fit that ends the year before the event.

    Columns: ``alternative, label, estimate, p_value, donors, fit_first, fit_last, reason``; what cannot be estimated is
    a row with its reason. Estimates are in the measure of :func:`~eaeu_analysis.synthetic_control`.
    """
    plan, start = effects_plan(), event_year(event)
    estimator = methods.find_method(method or plan.method)
    known = [int(t) for t in panel.wide(outcome)[unit].dropna().index] if outcome in panel.frame.columns else []
    first, last = default_rule().fit_window(start, foreseen=0)
    questions: list[tuple[str, str, dict[str, Any]]] = [
        (pool, str(plan.pools[pool]["label"]), {"donors": pool}) for pool in pools or plan.alternatives
    ]
    years = [t for t in known if first <= t <= last] or list(range(first, last + 1))
    questions.append((BACK, f"the headline's pool, fitted to {last}", {"donors": plan.headline, "fit_years": years}))
    rows = []
    for name, label, asked in questions:
        row: dict[str, Any] = {"alternative": name, "label": label, "reason": ""}
        try:
            found = estimator(panel, outcome, unit, start, level=level, seed=seed, quick=True, **asked)
            fit = found.spec["fit_years"]
            row |= {"estimate": found.estimate, "p_value": found.p_value, "donors": len(found.spec["donors"])}
            row |= {"fit_first": fit[0], "fit_last": fit[-1]}
        except EaeuError as error:
            row |= {"estimate": float("nan"), "p_value": float("nan"), "donors": 0, "fit_first": 0, "fit_last": 0}
            row["reason"] = str(error)
        rows.append(row)
    return pd.DataFrame(rows)[COLUMNS]


def alternative_lines(table: pd.DataFrame, measure: str) -> list[str]:
    """A line of text per row."""
    lines = []
    for row in table.to_dict("records"):
        if row["reason"]:
            lines.append(f"{row['label']}: no estimate: {row['reason']}")
            continue
        lines.append(
            f"{row['label']}: {format_number(row['estimate'], signed=True)} ({measure}), "
            f"{format_p_equals(row['p_value'])}, {row['donors']} donors, fitted on {row['fit_first']}-{row['fit_last']}"
        )
    return lines
