"""How good the tool would have been: run as of 2014 for Kyrgyzstan and Armenia, compared with 2016-19.

Two runs. As of 2014: every number as it was available at the end of 2014, the rouble's path a distribution. Rouble
known: the same with the rouble and Russian income as they turned out, and with the drivers that
:mod:`.alternatives` keeps, so that the error of the model is separate from the error about the rouble. Each forecast is
the mean of its years after accession, phased in. It is compared with the change that happened and with the effect
against a synthetic control. The tool forecasts what accession and Russia do, no trend.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ... import files, settings
from ...reference import economies
from ...results import Check, Provenance, TableResult, to_plain
from ...series import SeriesInfo
from ...text import format_number
from ..load import load_scenario, scenarios_folder
from ..model.quantities import count_of_draws
from ..model.spread import ends_of
from ..run import backtest_record, run_scenario
from ..tables import scenario_tables
from .alternatives import alternatives_sentence, backtest_alternatives, kept
from .outturn import (
    INFORMED,
    KNOWN,
    backtest_draws,
    backtest_outcomes,
    merged,
    outturn,
    outturn_panel,
    pool_of_russia,
    russia,
    spans,
    with_russia,
)

# How good a forecast was: sign, error, coverage, nearer than no change; and the verdict as a sentence, by rule.

AGAINST = ("happened", "effect")


def score(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` (predicted, lower, upper, happened, effect) with, for what happened and for the effect against the
    counterfactual: ``sign_*`` (same sign), ``error_*`` (predicted less true), ``covered_*`` (true value in the
    interval), ``nearer_*`` (nearer than a forecast of no change); missing where the truth is. ``decided``: the interval
    excludes zero, so that the forecast gives a direction."""
    out = rows.assign(decided=(rows["lower"] > 0) | (rows["upper"] < 0))
    for truth in AGAINST:
        true = out[truth].astype(float)
        known = true.notna() & out["predicted"].notna()
        error = out["predicted"] - true
        verdicts = {
            "sign": np.sign(out["predicted"]) == np.sign(true),
            "covered": (out["lower"] <= true) & (true <= out["upper"]),
            "nearer": error.abs() < true.abs(),
        }
        out[f"error_{truth}"] = error
        for name, verdict in verdicts.items():
            out[f"{name}_{truth}"] = verdict.astype("boolean").where(known, pd.NA)
    return out


def score_counts(scored: pd.DataFrame) -> dict[str, int]:
    """Counts over rows of :func:`score`: how many could be judged (``n_*``), how many pass each verdict, and how
    many effects against the counterfactual exclude zero themselves (``clear_effect``)."""
    clear = (scored["effect_lower"] > 0) | (scored["effect_upper"] < 0)
    out = {"decided": int(scored["decided"].sum()), "clear_effect": int(clear.sum())}
    for truth in AGAINST:
        out[f"n_{truth}"] = int(scored[f"sign_{truth}"].notna().sum())
        for name in ("sign", "covered", "nearer"):
            out[f"{name}_{truth}"] = int(scored[f"{name}_{truth}"].fillna(False).sum())
    return out


def score_errors(scored: pd.DataFrame) -> dict[str, float]:
    """Mean absolute error and root mean square of the outcomes in per cent, of the tool and of a forecast of no change;
    the same for those in other units (``other_*``)."""
    known = scored[scored["happened"].notna() & scored["predicted"].notna()]
    out: dict[str, float] = {"rows": float((known["unit"] == "per cent").sum())}
    for name, rows in (("", known[known["unit"] == "per cent"]), ("other_", known[known["unit"] != "per cent"])):
        if len(rows):
            miss, none = rows["error_happened"].astype(float), rows["happened"].astype(float)
            out |= {f"{name}tool": float(miss.abs().mean()), f"{name}no_change": float(none.abs().mean()),
                    f"{name}tool_rms": float(np.sqrt((miss**2).mean())),
                    f"{name}no_change_rms": float(np.sqrt((none**2).mean()))}  # fmt: skip
    return out


def error_sentence(known: Mapping[str, float], turned: Mapping[str, float]) -> str:
    """The mean error and that of no change, for the run of 2014 and for the run that knows the rouble."""
    if "tool" not in known:
        return "No outcome in per cent can be compared."
    word = "beat" if known["tool"] < known["no_change"] else "did not beat"
    return (
        f"Over {known['rows']:.0f} outcomes in per cent the tool {word} a forecast of no change: its mean error is "
        f"{known['tool']:.1f}, that of no change {known['no_change']:.1f} (root mean square {known['tool_rms']:.1f} "
        f"and {known['no_change_rms']:.1f}). With the rouble and Russian income as they turned out its mean error is "
        f"{turned['tool']:.1f} (root mean square {turned['tool_rms']:.1f})."
    )


def of_sign(right: int, n: int, level: float) -> str:
    """'better than a coin' where a fair coin does as well with probability 1 - level or less; 'worse than a coin' the
    other way round; else 'no better than a coin'. As if the rows were independent, which makes it too easy."""
    from scipy.stats import binom

    if binom.sf(right - 1, n, 0.5) <= 1 - level:
        return "better than a coin"
    return "worse than a coin" if binom.cdf(right, n, 0.5) <= 1 - level else "no better than a coin"


def of_intervals(covered: int, n: int, level: float) -> str:
    """'too narrow' where correct intervals would contain so few with probability 1 - level or less."""
    from scipy.stats import binom

    return "too narrow" if binom.cdf(covered, n, level) <= 1 - level else "not too narrow"


def score_sentence(who: str, what: str, known: dict[str, int], turned: dict[str, int], level: float) -> str:
    """How good the tool would have been, by rule from the counts of both runs."""
    n = known["n_happened"]
    if n == 0:
        return f"Asked at the end of 2014 about {what} of {who}: nothing that happened since can be compared."
    right, covered, nearer = (known[f"{name}_happened"] for name in ("sign", "covered", "nearer"))
    again = turned["sign_happened"]
    wide = "so wide that only " if 2 * known["decided"] < n else ""
    luck = " (fewer: part of the first score is luck)" if again < right else ""
    return (
        f"Asked at the end of 2014 about {what} of {who}, this tool would have predicted the direction of {right} of "
        f"{n} changes correctly ({of_sign(right, n, level)}). Its {level:.0%} intervals would have contained {covered} "
        f"({of_intervals(covered, n, level)}, and {wide}{known['decided']} of {n} excluded zero). A forecast of no "
        f"change would have been further off in {nearer}. With the rouble and Russian income known, {again} directions"
        f"{luck} and {turned['covered_happened']} intervals would have been right."
    )


def counterfactual_sentence(known: dict[str, int], turned: dict[str, int]) -> str:
    """The same counts against the estimated effects."""
    m = known["n_effect"]
    if m == 0:
        return "No effect against a counterfactual can be estimated."
    return (
        f"Against the effects estimated with counterfactuals, of which {known['clear_effect']} of {m} exclude zero: "
        f"direction of {known['sign_effect']} of {m} right, {known['covered_effect']} estimates inside the tool's "
        f"intervals, nearer than no change in {known['nearer_effect']}. With the rouble and Russian income known: "
        f"{turned['sign_effect']}, {turned['covered_effect']} and {turned['nearer_effect']}."
    )


DRAWS = 512
DIGITS = 4  # kept in the record: less than what libraries differ by
METHOD = "scenario as of 2014, mean of its years after accession, against the change and a synthetic control"


@dataclass(frozen=True, eq=False)
class Backtest(TableResult):
    """Scores of the scenarios of 2014 against what happened. Made by :func:`backtest_scenarios`.

    Attributes
    ----------
    spec : dict
        Draws, seed, level and the scenarios.
    table : DataFrame
        ``run, economy, outcome, label, unit, predicted`` (median), ``lower, upper`` (at ``level``), ``happened,
        effect, effect_lower, effect_upper, donors, reason, decided`` and, for ``happened`` and ``effect``, columns
        ``sign, error, covered, nearer`` with that ending, as in ``sign_happened``.
    counts : mapping of str to mapping
        Counts of the verdicts by run.
    moved : mapping of str to float
        The rouble and Russian income as they turned out, log points.
    alternatives : DataFrame
        What was tried to make the forecasts better, a row per alternative and economy.
    level : float
        Confidence level of the intervals.
    checks : tuple of Check
        Rules fixed before the run, with their verdicts.
    provenance : Provenance
        Series, method and references.
    """

    drawn_by = "backtest.draw_backtest"

    counts: Mapping[str, Mapping[str, int]]
    moved: Mapping[str, float]
    alternatives: pd.DataFrame

    @property
    def sentence(self) -> str:
        """How good the tool would have been, by rule from the counts."""
        who = " and ".join(economies.common_name(e) for e in dict.fromkeys(self.table["economy"]))
        phrases = [o["phrase"] for o in backtest_outcomes().values()]
        what = f"{', '.join(phrases[:-1])} and {phrases[-1]}"
        return score_sentence(who, what, dict(self.counts[KNOWN]), dict(self.counts[INFORMED]), self.level)

    @property
    def errors(self) -> dict[str, dict[str, float]]:
        """By run: mean errors of the tool and of a forecast of no change, see :func:`score_errors`."""
        return {run: score_errors(self.table[self.table["run"] == run]) for run in (KNOWN, INFORMED)}

    def record(self) -> dict[str, Any]:
        """What is shipped: ``covered`` of ``of``, ``sentence``, counts, rows, draws, seed; numbers to four places."""
        rows = [{k: _rounded(v) for k, v in to_plain(row).items()} for row in self.table.to_dict("records")]
        own = self.counts[KNOWN]
        return {
            "covered": own["covered_happened"],
            "of": own["n_happened"],
            "sentence": self.sentence,
            "against_counterfactuals": counterfactual_sentence(dict(own), dict(self.counts[INFORMED])),
            "counts": to_plain(self.counts),
            "errors": {run: {k: _rounded(v) for k, v in found.items()} for run, found in self.errors.items()},
            "alternatives": [
                {k: _rounded(v) for k, v in to_plain(row).items()} for row in self.alternatives.to_dict("records")
            ],
            "rouble_and_income": {name: _rounded(value) for name, value in self.moved.items()},
            "rows": rows,
            "draws": self.spec["draws"],
            "seed": self.spec["seed"],
            "level": self.level,
        }

    def write(self, path: Path | None = None) -> Path:
        """Write the record, by default where every scenario result reads its score; returns the path."""
        text = json.dumps(self.record(), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        written = files.write_bytes(path or scenarios_folder() / "backtest.json", text.encode("utf-8"))
        backtest_record.cache_clear()
        return written

    def summary(self) -> str:
        before, after = spans()
        lines = [
            error_sentence(self.errors[KNOWN], self.errors[INFORMED]),
            alternatives_sentence(self.alternatives),
            self.sentence,
            counterfactual_sentence(dict(self.counts[KNOWN]), dict(self.counts[INFORMED])),
            "",
        ]
        lines.append(f"Change from {before[0]}-{before[1]} to {after[0]}-{after[1]}, {self.level:.0%} intervals:")
        for (economy, outcome), rows in self.table.groupby(["economy", "outcome"], sort=False):
            first = rows.iloc[0]
            phrase = backtest_outcomes()[str(outcome)]["phrase"]
            lines.append(f"  {economies.common_name(str(economy))}, {phrase}, {first['unit']}")
            lines += [f"    forecast, {row['run']}: {_forecast_verdict(row)}" for row in rows.to_dict("records")]
            lines.append(
                f"    happened: {_number(first['happened'])}; against a counterfactual: {_counter(first.to_dict())}"
            )
            if first["reason"]:
                lines.append(f"    {first['reason']}")
        return self._ended([*lines, ""])


def backtest_scenarios(draws: int = DRAWS, seed: int = 0, jobs: int = 1, *, level: float = settings.LEVEL) -> Backtest:
    """Run the scenarios of 2014 for Armenia and Kyrgyzstan and score them against what happened in 2016-19.

    Each scenario runs twice: with what was known in 2014, and with the rouble and Russian income as they turned out and
    the drivers of trade that help out of sample.

    Parameters
    ----------
    draws : int, default 512
        Draws of the assumptions.
    seed : int, default 0
        Seed of the draws.
    jobs : int, default 1
        Worker processes. The numbers do not depend on it.
    level : float, default 0.9
        Confidence level of the intervals.

    Returns
    -------
    Backtest
        A row per run, economy and outcome. What is not available is NaN with its reason and is not scored.

    Raises
    ------
    BadInputError
        ``draws``, ``seed``, ``level`` or ``jobs`` outside their range.
    NoDataError
        The data of the baseline are missing.

    Notes
    -----
    Method as in :func:`run_scenario`. A forecast is the mean of its years after accession, phased in. It is compared
    with the change of the series and with the effect against a synthetic control. Signs and coverage are judged by
    binomial tests.

    Examples
    --------
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
    asked_of = [load_scenario(name) for name in scenario_tables()["backtest"]["scenarios"]]
    known = {
        s.economy: {o: outturn(panel, columns[o], s, o, level, seed) for o in backtest_outcomes()} for s in asked_of
    }
    tried = backtest_alternatives(
        pd.DataFrame({e: {o: t.happened for o, t in own.items()} for e, own in known.items()}).T
    )
    for scenario in asked_of:
        truths = known[scenario.economy]
        series += [info for truth in truths.values() for info in truth.series]
        informed = with_russia(scenario, moved, kept(tried, scenario.economy))
        for run, asked in ((KNOWN, scenario), (INFORMED, informed)):
            result = run_scenario(asked, count, seed, jobs, level=level)
            missed += int(result.table["failed"].max())
            for outcome, truth in truths.items():
                middle, low, high = ends_of(backtest_draws(result, outcome), level)
                rows.append(
                    {
                        "run": run,
                        "economy": scenario.economy,
                        "outcome": outcome,
                        "label": backtest_outcomes()[outcome]["label"],
                        "unit": backtest_outcomes()[outcome]["unit"],
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
    table = score(pd.DataFrame(rows))
    counts = {run: score_counts(table[table["run"] == run]) for run in (KNOWN, INFORMED)}
    spec = {"draws": count, "seed": seed, "level": level, "scenarios": scenario_tables()["backtest"]["scenarios"]}
    checks, provenance = _checks(table, moved, missed, count), Provenance(merged(series), METHOD, "", spec)
    return Backtest(spec, table, level, checks, provenance, counts, moved, tried)


def _checks(table: pd.DataFrame, moved: Mapping[str, float], missed: int, draws: int) -> tuple[Check, ...]:
    own = table[table["run"] == KNOWN]
    happened, effects, n = int(own["happened"].notna().sum()), int(own["effect"].notna().sum()), len(own)
    low, high = load_scenario(scenario_tables()["backtest"]["scenarios"][0]).quantities()["migration.rouble"].ppf_ends
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
              f"{n} rows come from two economies that had the same fall of the rouble; the binomial tests count them "
              "as independent and so are too favourable"),
        Check("no trend", None, None, None,
              "the forecast is of accession and of Russia only; whatever else moved trade and remittances is in what "
              "happened and not in the forecast"),
        *(Check(f"series of {o['phrase']}", None, None, None, o["note"]) for o in backtest_outcomes().values()),
    )  # fmt: skip


def _forecast_verdict(row: Mapping[Any, Any]) -> str:
    words = [f"{_number(row['predicted'])} ({_number(row['lower'])} to {_number(row['upper'])})"]
    if not pd.isna(row["sign_happened"]):
        words.append("right direction" if row["sign_happened"] else "wrong direction")
        words.append("inside the interval" if row["covered_happened"] else "outside the interval")
        words.append(f"error {_number(row['error_happened'])}")
    return "; ".join(words)


def _counter(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["effect"]):
        return "not available"
    return f"{_number(row['effect'])} ({_number(row['effect_lower'])} to {_number(row['effect_upper'])})"


def _number(value: float) -> str:
    if pd.isna(value):
        return "not available"
    return "no bound" if np.isinf(value) else format_number(value, signed=True)


def _rounded(value: Any) -> Any:
    return round(value, DIGITS) if isinstance(value, float) else value
