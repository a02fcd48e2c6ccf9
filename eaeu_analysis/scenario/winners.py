"""Who gains, who loses: output, jobs, exports, imports and prices by section of the economy, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..arrays import Array
from ..errors import BadInputError
from ..reference.shipped_tables import TARIFFS
from ..results import Check, Provenance, TableResult
from .model.baseline_world import SECTORS
from .model.sectors import COLUMNS, has_jobs, section_of_sector, sector_changes
from .model.setting import setting
from .model.spread import ends_of
from .schema import Scenario
from .tables import scenario_tables

if TYPE_CHECKING:
    from .result import ScenarioResult

DRAWS = 64  # solved with their matrices in full; the first of those that the result has
METHOD = "the world model solved with all its sections; jobs follow real output, their sum as before"
REFERENCE = "Caliendo and Parro (2015); input-output table and employment of Uzbekistan, 2022"


@dataclass(frozen=True, eq=False)
class SectorResult(TableResult):
    """Who gains and who loses by section, all channels together. Made by :meth:`ScenarioResult.sectors`.

    Attributes
    ----------
    scenario : Scenario
        The scenario that was run.
    spec : dict
        Name of the scenario, draws, seed and level.
    table : DataFrame
        ``section, label, measure, estimate`` (the median draw), ``lower, upper, jobs``. ``measure`` is output (real),
        exports, imports (value) or price (to buyers), in per cent, or employment in thousand jobs, where jobs by sector
        are shipped (``jobs``: thousand before).
    level : float
        Confidence level of the intervals.
    checks : tuple of Check
        Those of the scenario, and whether every draw was solved.
    provenance : Provenance
        Series, method and references.
    """

    drawn_by = "scenario_options.draw_sectors"
    drawn_height = 6.3

    scenario: Scenario

    @property
    def sentences(self) -> tuple[str, ...]:
        """Five sentences by rule: gains, losses, jobs (where known), what becomes dearer, and what is not modelled."""
        return tuple(_sentences(self.table))

    def jobs(self) -> pd.DataFrame:
        """The 136 sectors with jobs before and their change by the section that each is in, largest loss first:
        ``sector, section, jobs, change, lower, upper`` (people). Raises BadInputError where no jobs are shipped."""
        if not has_jobs(self.scenario.economy):
            raise BadInputError(f"employment by sector is not shipped for {self.scenario.economy}")
        return _jobs_by_sector(self.table)

    def summary(self) -> str:
        draws, year = self.spec["draws"], self.scenario.baseline.year
        lines = [f"Who gains, who loses: {self.scenario.title}", *self.sentences, ""]
        lines += [f"Median of {draws} draws and {self.level:.0%} interval, against {year}, all channels together:"]
        for measure, rows in self.table.groupby("measure", sort=False):
            lines.append(f"  {measure}, {'thousand jobs' if measure == 'employment' else 'per cent'}")
            lines += [
                f"    {r['label']}: {signed(r['estimate'])} ({signed(r['lower'])} to {signed(r['upper'])})"
                for r in rows.to_dict("records")
            ]
        lines += ["", *(f"  {c.line}" for c in self.checks if c.failed)]
        return "\n".join([*lines, *(f"  source: {line}" for line in self.provenance.lines())])


def sectors_of(result: ScenarioResult, draws: int = DRAWS) -> SectorResult:
    """The first ``draws`` of a result solved by section. Raises BadInputError where no channel is on."""
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
            if np.isfinite(drawn).any():
                before = float("nan") if jobs is None else jobs[section]
                rows.append((section, labels[section], name, *ends_of(drawn, result.level), before))
    columns = ["section", "label", "measure", "estimate", "lower", "upper", "jobs"]
    missed = int((~np.isfinite(found["price"][:, -1])).sum())
    text = f"{missed} of {len(values)} draws have no solution"
    solved = Check("every draw solved", missed == 0, float(missed), 0.0, text, role="fatal")
    others = tuple(c for c in result.checks if c.name not in ("every draw solved", "stand-in polynomial"))
    spec = {**result.spec, "draws": len(values)}
    provenance = Provenance(result.provenance.series, METHOD, REFERENCE, spec)
    table = pd.DataFrame(rows, columns=columns)
    return SectorResult(spec, table, result.level, (solved, *others), provenance, result.scenario)


def _jobs_moved(output: Array, jobs: Array) -> Array:
    """(draws, sections) thousand jobs: with real output, and as many in all as before, as the model assumes
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


def _jobs_by_sector(table: pd.DataFrame) -> pd.DataFrame:
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


def _sentences(table: pd.DataFrame) -> list[str]:
    output = _of(table, "output").sort_values("estimate", kind="stable")
    price = _of(table, "price").sort_values("estimate", kind="stable")
    out = [_ranked("Output grows most in", output.iloc[::-1]), _ranked("Output falls most in", output)]
    jobs = _of(table, "employment").sort_values("estimate", kind="stable")
    if len(jobs):
        moved = float(jobs["estimate"].clip(lower=0).sum())
        share = 100 * moved / float(jobs["jobs"].sum())
        lost = jobs[jobs["upper"] < 0]
        where = ", ".join(
            f"{_low(r['label'])} ({-r['estimate']:.0f} thousand)" for r in lost.head(3).to_dict("records")
        )
        out.append(
            f"About {moved:.0f} thousand jobs ({share:.1f} % of all) move to another section; "
            + (f"the losses are in {where}." if where else "no section has a loss whose interval excludes zero.")
        )
    top = price.iloc[-1]
    out.append(
        f"Buyers' prices rise most for {_low(top['label'])}: {top['estimate']:+.1f} % ({top['lower']:+.1f} to "
        f"{top['upper']:+.1f}) relative to world incomes."
    )
    out.append(
        "Jobs are assumed to follow real output, with as many in all as before; gains and losses within a section are "
        "not modelled."
    )
    return out


def _of(table: pd.DataFrame, measure: str) -> pd.DataFrame:
    return table[table["measure"] == measure]


def _ranked(words: str, rows: pd.DataFrame) -> str:
    """'Output grows most in ... (+1.4 %), ...', of sections whose interval leaves zero out on that side."""
    up = "grows" in words
    clear = rows[rows["lower"] > 0] if up else rows[rows["upper"] < 0]
    if clear.empty:
        return f"In no section is {'a rise' if up else 'a fall'} of output clear: every interval includes zero."
    named = ", ".join(f"{_low(r['label'])} ({r['estimate']:+.1f} %)" for r in clear.head(3).to_dict("records"))
    return f"{words} {named}."


def signed(value: float) -> str:
    """One decimal with its sign: all that so few draws allow."""
    return f"{round(value, 1) + 0.0:+.1f}"


def _low(text: Any) -> str:
    return str(text)[:1].lower() + str(text)[1:]
