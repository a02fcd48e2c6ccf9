"""How good the tool would have been: run as of 2014 for Kyrgyzstan and Armenia, beside what happened in 2016-19.

Two runs. As known: every number as it could be had by the end of 2014, the rouble's path a distribution. Told the
rouble: the same with the rouble and Russian income as they turned out, so that the error of the model is told from that
about the rouble. Each forecast is the mean of its years after accession, phased in, and stands beside the change that
happened and beside the effect against a synthetic control. The tool forecasts what accession and Russia do, no trend.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import files, settings
from ..arrays import Array
from ..reference import economies
from ..reference.blocs import bloc
from ..results import Check, Provenance, Result, plain
from ..series import SeriesInfo
from . import scoring
from .channels import migration
from .files import folder, load_scenario
from .outturn import merged, outcomes, outturn, outturn_panel, pool_of_russia, russia, spans, with_russia
from .quantities import count_of_draws
from .rates import tables
from .result import ScenarioResult
from .run import backtest_record, run_scenario
from .setting import setting

KNOWN, TOLD = "as known", "told the rouble"
DRAWS = 512
DIGITS = 4  # kept in the record: less than what libraries differ by
METHOD = "scenario as of 2014, mean of its years after accession, beside the change and a synthetic control"


@dataclass(frozen=True, eq=False)
class Backtest(Result):
    """``table``: run, economy, outcome, label, unit, predicted (median), lower, upper (at ``level``), happened, years,
    effect, effect_lower, effect_upper, donors, reason, and per truth sign, error, covered, nearer (see
    :func:`.scoring.score`); ``counts``: by run; ``moved``: rouble and Russian income as they turned out, log points."""

    spec: dict[str, Any]
    table: pd.DataFrame
    counts: Mapping[str, Mapping[str, int]]
    moved: Mapping[str, float]
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance

    @property
    def sentence(self) -> str:
        """How good the tool would have been, by rule from the counts."""
        who = " and ".join(economies.spoken_name(e) for e in dict.fromkeys(self.table["economy"]))
        said = [o["said"] for o in outcomes().values()]
        what = f"{', '.join(said[:-1])} and {said[-1]}"
        return scoring.sentence(who, what, dict(self.counts[KNOWN]), dict(self.counts[TOLD]), self.level)

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def record(self) -> dict[str, Any]:
        """What is shipped: ``covered`` of ``of``, ``sentence``, counts, rows, draws, seed; numbers to four places."""
        rows = [{k: _rounded(v) for k, v in plain(row).items()} for row in self.table.to_dict("records")]
        own = self.counts[KNOWN]
        return {
            "covered": own["covered_happened"],
            "of": own["n_happened"],
            "sentence": self.sentence,
            "against_counterfactuals": scoring.beside_counterfactual(dict(own), dict(self.counts[TOLD])),
            "counts": plain(self.counts),
            "rouble_and_income": {name: _rounded(value) for name, value in self.moved.items()},
            "rows": rows,
            "draws": self.spec["draws"],
            "seed": self.spec["seed"],
            "level": self.level,
        }

    def write(self, path: Path | None = None) -> Path:
        """Write the record, by default where every scenario result reads its score; returns the path."""
        text = json.dumps(self.record(), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        written = files.write_bytes(path or folder() / "backtest.json", text.encode("utf-8"))
        backtest_record.cache_clear()
        return written

    def summary(self) -> str:
        before, after = spans()
        lines = [self.sentence, scoring.beside_counterfactual(dict(self.counts[KNOWN]), dict(self.counts[TOLD])), ""]
        lines.append(f"Change from {before[0]}-{before[1]} to {after[0]}-{after[1]}, {self.level:.0%} intervals:")
        for (economy, outcome), rows in self.table.groupby(["economy", "outcome"], sort=False):
            first = rows.iloc[0]
            lines.append(
                f"  {economies.spoken_name(str(economy))}, {outcomes()[str(outcome)]['said']}, {first['unit']}"
            )
            lines += [f"    forecast, {row['run']}: {_told(row)}" for row in rows.to_dict("records")]
            lines.append(
                f"    happened: {_number(first['happened'])}; against a counterfactual: {_counter(first.to_dict())}"
            )
            if first["reason"]:
                lines.append(f"    {first['reason']}")
        lines += ["", *(f"  [{check.mark}] {check.name}: {check.text}" for check in self.checks)]
        return "\n".join([*lines, *(f"  source: {line}" for line in self.provenance.lines())])


def backtest_scenarios(draws: int = DRAWS, seed: int = 0, jobs: int = 1, *, level: float = settings.LEVEL) -> Backtest:
    """Run the scenarios of 2014 as known and told the rouble, and score them against what happened.

    The same draws, seed and level give the same numbers for any ``jobs``. What is not available is NaN with its reason
    and is not scored. Raises as :func:`.run.run_scenario`.

    >>> import eaeu_analysis as ea
    >>> score = ea.backtest_scenarios(draws=16)
    >>> sorted(score.table["economy"].unique()), sorted(score.table["outcome"].unique())
    (['ARM', 'KGZ'], ['customs', 'exports', 'imports', 'remittances'])
    """
    count = count_of_draws(draws)
    panel, columns = outturn_panel()
    moved = russia()
    rows: list[dict[str, Any]] = []
    series: list[SeriesInfo] = []
    missed = 0
    for name in tables()["backtest"]["scenarios"]:
        scenario = load_scenario(name)
        truths = {o: outturn(panel, columns[o], scenario, o, level, seed) for o in outcomes()}
        series += [info for truth in truths.values() for info in truth.series]
        for run, asked in ((KNOWN, scenario), (TOLD, with_russia(scenario, moved))):
            result = run_scenario(asked, count, seed, jobs, level=level)
            missed += int(result.table["failed"].max())
            for outcome, truth in truths.items():
                low, middle, high = _quantiles(forecast(result, outcome), level)
                rows.append(
                    {
                        "run": run,
                        "economy": scenario.economy,
                        "outcome": outcome,
                        "label": outcomes()[outcome]["label"],
                        "unit": outcomes()[outcome]["unit"],
                        "predicted": middle,
                        "lower": low,
                        "upper": high,
                        "happened": truth.happened,
                        "effect": truth.effect,
                        "effect_lower": truth.lower,
                        "effect_upper": truth.upper,
                        "donors": truth.donors,
                        "reason": truth.reason,
                    }
                )
    table = scoring.score(pd.DataFrame(rows))
    counts = {run: scoring.tally(table[table["run"] == run]) for run in (KNOWN, TOLD)}
    spec = {"draws": count, "seed": seed, "level": level, "scenarios": tables()["backtest"]["scenarios"]}
    return Backtest(
        spec,
        table,
        counts,
        moved,
        level,
        _checks(table, moved, missed, count),
        Provenance(merged(series), METHOD, "", spec),
    )


def forecast(result: ScenarioResult, outcome: str) -> Array:
    """(draws,): the outcome of the backtest, mean of its years after accession, in the outcome's unit."""
    first, last = spans()[1]
    joined = bloc(result.scenario.bloc).accession(result.scenario.economy).year
    spec = outcomes()[outcome]
    years = [year - joined for year in range(first, last + 1)]
    mean = np.mean([result.in_year(spec["model"], year) for year in years], axis=0)
    if spec["model"] == "remittances":
        mean = 100 * mean / (migration.base(setting(result.scenario)).remittances_usd / 1e6)
    return np.asarray(mean, dtype=np.float64)


def _quantiles(drawn: Array, level: float) -> tuple[float, float, float]:
    whole = drawn[np.isfinite(drawn)]
    if not len(whole):
        return (float("nan"),) * 3
    low, middle, high = np.quantile(whole, [(1 - level) / 2, 0.5, (1 + level) / 2])
    return float(low), float(middle), float(high)


def _checks(table: pd.DataFrame, moved: Mapping[str, float], missed: int, draws: int) -> tuple[Check, ...]:
    own = table[table["run"] == KNOWN]
    happened, effects, n = int(own["happened"].notna().sum()), int(own["effect"].notna().sum()), len(own)
    low, high = load_scenario(tables()["backtest"]["scenarios"][0]).quantities()["migration.rouble"].ppf_ends
    before, after = pool_of_russia()
    return (
        Check("every draw solved", missed == 0, float(missed), 0.0, f"{missed} of {draws} draws have no solution"),
        Check("what happened is known", happened == n, float(happened), float(n),
              f"{happened} of {n} changes can be computed, {effects} of {n} effects estimated"),
        Check("rouble as foreseen", low <= moved["rouble"] <= high, moved["rouble"], high,
              f"the rouble per dollar moved by {moved['rouble']:+.2f} log points; 998 of 1,000 draws of 2014 lie "
              f"between {low:+.2f} and {high:+.2f}"),
        Check("pool as foreseen", None, after / before, 1.0,
              f"Russia's import duties were {before:.1f} billion US$ a year before and {after:.1f} after: the pool "
              "that members share fell with the rouble, and the tool divides that of the baseline"),
        Check("independent rows", None, float(n), None,
              f"{n} rows come from two economies that met the same fall of the rouble: they are fewer than they look, "
              "and the verdicts by the binomial distribution count them as independent"),
        Check("no trend", None, None, None,
              "the forecast is of accession and of Russia; what else moved trade and remittances is in what happened "
              "and not in it"),
        *(Check(f"series of {o['said']}", None, None, None, o["note"]) for o in outcomes().values()),
    )  # fmt: skip


def _told(row: Mapping[Any, Any]) -> str:
    words = [f"{_number(row['predicted'])} ({_number(row['lower'])} to {_number(row['upper'])})"]
    if not pd.isna(row["sign_happened"]):
        words.append("right direction" if row["sign_happened"] else "wrong direction")
        words.append("interval holds it" if row["covered_happened"] else "interval misses it")
        words.append(f"error {_number(row['error_happened'])}")
    return "; ".join(words)


def _counter(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["effect"]):
        return "not available"
    return f"{_number(row['effect'])} ({_number(row['effect_lower'])} to {_number(row['effect_upper'])})"


def _number(value: float) -> str:
    if pd.isna(value):
        return "not available"
    return "no bound" if np.isinf(value) else f"{value:+.1f}"


def _rounded(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value
