"""Who gains, who loses: output, jobs, exports, imports and prices by sector of the economy, with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..arrays import Array
from ..errors import BadInputError
from ..reference.shipped_tables import TARIFFS
from .model.baseline_world import SECTORS
from .model.sectors import COLUMNS, has_jobs, section_of_sector, sector_changes
from .model.setting import setting
from .tables import scenario_tables

if TYPE_CHECKING:
    from .result import ScenarioResult

DRAWS = 64  # solved with their matrices in full; the first of those that the result has


def sectors_of(result: ScenarioResult, draws: int = DRAWS) -> pd.DataFrame:
    """By section and services: ``section, label, measure, estimate, lower, upper, jobs``.

    ``measure`` is output (real), exports, imports (value), price (to buyers), in per cent, or employment in thousand
    jobs, where jobs by sector are shipped (``jobs``: thousand before). Raises BadInputError where no channel is on.
    """
    if not result.scenario.channels:
        raise BadInputError("no channel is on: no sector gains or loses")
    values = result.inputs.iloc[: max(1, draws)].reset_index(drop=True)
    found = sector_changes(setting(result.scenario), values)
    labels, jobs = scenario_tables()["sections"], jobs_by_section(result.scenario.economy)
    rows = []
    moved = None if jobs is None else _jobs_moved(found["output"], np.array([jobs[s] for s in SECTORS]))
    for k, section in enumerate(SECTORS):
        known = {name: found[name][:, k] for name in COLUMNS}
        if moved is not None:
            known["employment"] = moved[:, k]
        for name, drawn in known.items():
            whole = drawn[np.isfinite(drawn)]
            if len(whole):
                low, middle, high = np.quantile(whole, [(1 - result.level) / 2, 0.5, (1 + result.level) / 2])
                before = float("nan") if jobs is None else jobs[section]
                rows.append((section, labels[section], name, middle, low, high, before))
    columns = ["section", "label", "measure", "estimate", "lower", "upper", "jobs"]
    return pd.DataFrame(rows, columns=columns)


def _jobs_moved(output: Array, jobs: Array) -> Array:
    """(draws, sections) thousand jobs: with real output, and as many in all as before, which is what the model holds to
    (gold has output and next to no jobs, so that output alone would make jobs out of nothing)."""
    wanted = jobs * (1 + np.nan_to_num(output, nan=0.0) / 100)
    return np.asarray(wanted * (jobs.sum() / wanted.sum(axis=1, keepdims=True)) - jobs)


def jobs_by_section(economy: str) -> dict[str, float] | None:
    """Thousand people employed by section, formal and informal; None where no table is shipped."""
    if not has_jobs(economy):
        return None
    table = TARIFFS.load("inputoutput_uzb_employment").set_index("sector")["total"]
    sums = (table / 1000).groupby(section_of_sector().reindex(table.index).to_numpy()).sum()
    return {section: float(sums.get(section, 0.0)) for section in SECTORS}


def jobs_by_sector(result: ScenarioResult, table: pd.DataFrame) -> pd.DataFrame:
    """The 136 sectors with jobs before and their change by the section that each is in, largest loss first: ``sector,
    section, jobs, change, lower, upper`` (people)."""
    if not has_jobs(result.scenario.economy):
        raise BadInputError(f"employment by sector is not shipped for {result.scenario.economy}")
    found = table[table["measure"] == "employment"].set_index("section")
    share = found[["estimate", "lower", "upper"]].div(found["jobs"].where(found["jobs"] > 0), axis=0).fillna(0.0)
    jobs = TARIFFS.load("inputoutput_uzb_employment").set_index("sector")["total"]
    section = section_of_sector().reindex(jobs.index)
    moved = share.reindex(section.to_numpy()).mul(jobs.to_numpy(), axis=0)
    frame = pd.DataFrame(
        {
            "sector": jobs.index,
            "section": section.to_numpy(),
            "jobs": jobs.to_numpy(),
            "change": moved["estimate"].to_numpy(),
            "lower": moved["lower"].to_numpy(),
            "upper": moved["upper"].to_numpy(),
        }
    )
    return frame.sort_values("change", kind="stable", ignore_index=True)


def sentences(result: ScenarioResult, table: pd.DataFrame) -> list[str]:
    """Five sentences at most: who gains and who loses output, jobs, what becomes dearer, and what the table hides."""
    output = _of(table, "output").sort_values("estimate", kind="stable")
    price = _of(table, "price").sort_values("estimate", kind="stable")
    out = [_ranked("Output grows most in", output.iloc[::-1], "%"), _ranked("Output falls most in", output, "%")]
    jobs = _of(table, "employment").sort_values("estimate", kind="stable")
    if len(jobs):
        moved = float(jobs["estimate"].clip(lower=0).sum())
        share = 100 * moved / float(jobs["jobs"].sum())
        lost = jobs[jobs["upper"] < 0]
        where = "; ".join(f"{_low(r['label'])} {r['estimate']:+.0f}" for r in lost.head(3).to_dict("records"))
        out.append(
            f"About {moved:.0f} thousand jobs ({share:.1f} % of all) would be in another section"
            + (f"; lost in thousand: {where}." if where else "; no section loses jobs for certain.")
        )
    top = price.iloc[-1]
    out.append(
        f"What buyers pay rises most for {_low(top['label'])} ({top['estimate']:+.1f} %, {top['lower']:+.1f} to "
        f"{top['upper']:+.1f}), against world incomes."
    )
    out.append(
        "Jobs follow real output, as many in all as before; who gains or loses within a section is not modelled."
    )
    return [sentence for sentence in out if sentence]


def _of(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    return table[table["measure"] == measure]


def _ranked(words: str, rows: pd.DataFrame, unit: str) -> str:
    """'Output grows most in ... (+1.4 %), ...', of sections whose interval leaves zero out on that side."""
    up = "grows" in words
    clear = rows[rows["lower"] > 0] if up else rows[rows["upper"] < 0]
    if clear.empty:
        return f"No section's output {'grows' if up else 'falls'} for certain."
    told = ", ".join(f"{_low(r['label'])} ({r['estimate']:+.1f} {unit})" for r in clear.head(3).to_dict("records"))
    return f"{words} {told}."


def _low(text: Any) -> str:
    return str(text)[:1].lower() + str(text)[1:]
