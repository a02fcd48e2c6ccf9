"""Options side by side: several scenarios with common draws, outcomes in rows, and which is the better one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import settings
from ..arrays import Array
from ..errors import BadInputError, require_least, require_level, unknown
from ..reference.economies import common_name
from ..results import Check, Provenance, TableResult, check_records, to_plain
from . import display
from .load import load_scenario, scenarios_folder
from .model.quantities import count_of_draws, draw_quantities, seed_of_draws
from .model.setting import setting
from .model.solve import CLOSURE_OUTCOMES, TOTAL, chunk, solve
from .model.spread import ends_of, monte_carlo_error
from .result import HEADLINES
from .run import METHOD, REFERENCE, against_no_change, series_of, shared_checks
from .schema import Scenario, draw_order
from .tables import scenario_tables

NOTHING = "nothing"
UNCHANGED = 1e-6  # what the solver leaves where nothing changes, in any unit


@dataclass(frozen=True, eq=False)
class ScenarioComparison(TableResult):
    """Several scenarios side by side, all with the same draws. Made by :func:`compare_scenarios`.

    Attributes
    ----------
    scenarios : tuple of Scenario
        The options in the order that was asked for.
    spec : dict
        Names, draws, seed and level.
    table : DataFrame
        A row per outcome and option: ``outcome, scenario, unit, estimate`` (median), ``lower, upper`` (at ``level``),
        ``error`` (standard error of the median from the number of draws), ``better`` (share of draws in which it is
        better than nothing; missing where a rise is neither good nor bad), ``best`` (share of draws in which it is
        the best of all, doing nothing among them), ``failed`` (draws without a solution) and ``failed_checks`` (their
        names). The option "nothing" is the world of the baseline.
    draws : DataFrame
        The outcomes of every draw, columns (scenario, outcome).
    level : float
        Confidence level of the intervals.
    checks : tuple of Check
        Rules fixed before the run, with their verdicts; the scope is the option.
    provenance : Provenance
        Series, method and references.
    """

    drawn_by = "scenario_options.draw_options"
    drawn_height = 4.5

    scenarios: tuple[Scenario, ...]
    draws: pd.DataFrame

    def value(self, outcome: str, scenario: str) -> pd.Series[Any]:
        """The row of an outcome and an option. Raises BadInputError for a name that is not in the table."""
        own = self.table[self.table["outcome"] == outcome]
        if own.empty:
            raise unknown("outcome", outcome, sorted(set(self.table["outcome"])))
        row = own[own["scenario"] == scenario]
        if row.empty:
            raise unknown("option", scenario, list(own["scenario"]))
        return row.iloc[0]

    def better(self, first: str, second: str, outcome: str = "welfare") -> float:
        """Share of draws in which ``first`` is better than ``second``. Raises BadInputError for a name that is not
        there, or an outcome whose rise is neither good nor bad."""
        self.value(outcome, first), self.value(outcome, second)
        sign = sign_of(outcome)
        if sign == 0:
            raise BadInputError(f"outcome {outcome!r}: a rise is neither good nor bad, so neither option is the better")
        return share_above(sign * (self.draws[(first, outcome)] - self.draws[(second, outcome)]).to_numpy())

    def summary(self) -> str:
        count, year = self.spec["draws"], self.scenarios[0].baseline.year
        lines = [
            f"{len(self.scenarios)} options for {common_name(self.scenarios[0].economy)}, changes against the world of "
            f"{year} once everything is phased in: median of {count:,} common draws and {self.level:.0%} interval.",
            *(f"Note: {check.text}" for check in against_no_change() if check.failed),
        ]
        for outcome, rows in self.table.groupby("outcome", sort=False):
            lines += ["", f"{scenario_tables()['outcomes'][outcome]['label']}, {rows['unit'].iloc[0]}"]
            lines += [self._line(row) for row in rows.to_dict("records") if row["scenario"] != NOTHING]
        lines += ["", *(f"  [{c.mark}] {c.scope}: {c.name}: {c.text}" for c in self.checks if c.failed)]
        lines += [f"  [info] {c.name}: {c.text}" for c in self.checks if c.passed is None and not c.scope]
        return "\n".join([*lines, *(f"  source: {line}" for line in self.provenance.lines())])

    def record(self) -> dict[str, Any]:
        """What is shipped: table, checks that failed, draws, seed and level; numbers to four significant digits."""
        rows = [{k: _short(v) for k, v in row.items()} for row in to_plain(self.table.to_dict("records"))]
        failed = check_records((c for c in self.checks if c.failed), "name", "text", "role", "scope")
        return {"spec": self.spec, "rows": rows, "failed": failed}

    def _line(self, row: dict[Any, Any]) -> str:
        if max(abs(row[end]) for end in ("estimate", "lower", "upper")) < UNCHANGED:
            return f"  {option_label(row['scenario'])}: no change"
        chance = "" if pd.isna(row["better"]) else f"; better than nothing in {row['better']:.0%} of draws"
        best = "" if pd.isna(row["best"]) else f", best of all in {row['best']:.0%}"
        mark = f" [failed: {row['failed_checks']}]" if row["failed_checks"] else ""
        return f"  {option_label(row['scenario'])}: {display.format_interval(row, row['error'])}{chance}{best}{mark}"


def shipped_options() -> ScenarioComparison | None:
    """The comparison of Uzbekistan's options that is shipped (``data/scenarios/options.json``); None without it."""
    path = scenarios_folder() / "options.json"
    if not path.is_file():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    spec = found["spec"]
    checks = tuple(
        Check(c["name"], False, None, None, c["text"], role=c["role"], scope=c["scope"]) for c in found["failed"]
    )
    table = pd.DataFrame(found["rows"])
    numbers = ["better", "best", "error"]
    table[numbers] = table[numbers].astype(float)
    chosen = tuple(load_scenario(name) for name in spec["scenarios"])
    return ScenarioComparison(
        spec, table, spec["level"], checks, Provenance((), METHOD, REFERENCE, spec), chosen, pd.DataFrame()
    )


def _short(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value


def option_label(name: str) -> str:
    """'Stay an observer'; the name of the scenario where the table has no shorter one."""
    return str(scenario_tables()["options"].get(name, name))


def compare_scenarios(
    names: Sequence[str | Path | Scenario] = (),
    draws: int = 1000,
    seed: int = 0,
    jobs: int = 1,
    *,
    level: float = settings.LEVEL,
) -> ScenarioComparison:
    """Run several scenarios with common draws and set their outcomes side by side.

    Parameters
    ----------
    names : sequence of str, Path or Scenario, optional
        Names, paths or scenarios of one economy and one baseline year. Left out: the options of Uzbekistan.
    draws : int, default 1000
        Draws of the assumptions. What scenarios share is drawn at the same points, so that differences between options
        are none of chance.
    seed : int, default 0
        Seed of the draws; with the same draws and seed the numbers are those of :func:`run_scenario`.
    jobs : int, default 1
        Worker threads. The numbers do not depend on it.
    level : float, default 0.9
        Confidence level of the intervals.

    Returns
    -------
    ScenarioComparison
        Outcomes by option with intervals, the probability of being the better option, and failed checks.

    Raises
    ------
    BadInputError
        An unknown scenario, two of one name, scenarios of several economies or baseline years, or settings outside
        their range.

    Notes
    -----
    Method as in :func:`run_scenario`; only all channels together are solved. "Better" is by what a rise means for those
    who live there (``good`` in ``data/tables/scenario.toml``).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.compare_scenarios(["uzb_observer", "uzb_wto"], draws=32)
    >>> found.to_frame()["scenario"].unique().tolist()
    ['uzb_observer', 'uzb_wto', 'nothing']
    """
    if isinstance(names, str | Path | Scenario):
        names = [names]
    wanted = list(names) or list(scenario_tables()["options"])
    chosen = [s if isinstance(s, Scenario) else load_scenario(s) for s in wanted if s != NOTHING]
    _comparable(chosen)
    count, seed = count_of_draws(draws), seed_of_draws(seed)
    require_level(level)
    require_least("jobs", jobs, 1)
    columns: dict[tuple[str, str], Array] = {}
    checks: list[Check] = []
    series: dict[str, Any] = {}
    for scenario in chosen:
        joint = {pair.of: pair.correlation for pair in scenario.joint}
        values = draw_quantities(scenario.quantities(), joint, count, seed, draw_order())
        found = solve(scenario, values, jobs, whole=True)
        columns |= {(scenario.name, o): found[(TOTAL, o)].to_numpy() for o in HEADLINES if (TOTAL, o) in found}
        at = setting(scenario)
        checks += shared_checks(at, pd.DataFrame(found[TOTAL]), _two_models(scenario), level, scope=scenario.name)
        series |= {info.code: info for info in series_of(at)}
    for outcome in dict.fromkeys(outcome for _, outcome in columns):
        for name in (*(s.name for s in chosen), NOTHING):  # an outcome that an option does not touch does not move
            columns.setdefault((name, outcome), np.zeros(count))
    drawn = pd.DataFrame(columns)
    drawn.columns = pd.MultiIndex.from_tuples(list(columns), names=["scenario", "outcome"])
    spec = {"scenarios": [s.name for s in chosen], "draws": count, "seed": seed, "level": level}
    table = _table(drawn, [s.name for s in chosen], checks, level)
    provenance = Provenance(tuple(series.values()), METHOD, REFERENCE, spec)
    return ScenarioComparison(spec, table, level, tuple(checks), provenance, tuple(chosen), drawn)


def _two_models(scenario: Scenario) -> tuple[float, float] | None:
    """Real spending by the tariff alone in both models, at the medians."""
    if not scenario.on("tariffs"):
        return None
    found = chunk(scenario, setting(scenario).middle).iloc[0]
    if ("tariffs", "smart_net_of_gdp") not in found:
        return None
    return float(found[("tariffs", "welfare")]), float(found[("tariffs", "smart_net_of_gdp")])


def _comparable(chosen: Sequence[Scenario]) -> None:
    if not chosen:
        raise BadInputError("no option to compare but doing nothing; name one scenario at least")
    names = [s.name for s in chosen]
    if twice := [n for n in names if names.count(n) > 1]:
        raise BadInputError(f"scenario {twice[0]!r} is named twice")
    for what, found in (
        ("economy", {s.economy for s in chosen}),
        ("baseline year", {str(s.baseline.year) for s in chosen}),
    ):
        if len(found) > 1:
            raise BadInputError(
                f"options must have one {what}; came {', '.join(sorted(found))}, and their changes are of other worlds"
            )


def sign_of(outcome: str) -> int:
    """+1 where a rise is good, -1 where it is bad, 0 where it is neither."""
    return int(scenario_tables()["outcomes"][outcome].get("good", 0))


def share_above(difference: Array) -> float:
    """Share of solved draws above zero; draws that do not differ count half."""
    solved = difference[np.isfinite(difference)]
    if not len(solved):
        return float("nan")
    return float(((solved > 1e-9) + 0.5 * (np.abs(solved) <= 1e-9)).mean())


def _table(drawn: pd.DataFrame, names: list[str], checks: Sequence[Check], level: float) -> pd.DataFrame:
    rows = []
    for outcome in HEADLINES:
        options = [name for name in (*names, NOTHING) if (name, outcome) in drawn]
        if not options:
            continue
        sign = sign_of(outcome)
        every = drawn[[(name, outcome) for name in options]].to_numpy()
        best = _best(sign * every) if sign else np.full(len(options), np.nan)
        for k, name in enumerate(options):
            failed = [c.name for c in checks if c.failed and c.scope == name and _drives(c, outcome)]
            middle, low, high = ends_of(every[:, k], level)
            rows.append(
                {
                    "outcome": outcome,
                    "scenario": name,
                    "unit": scenario_tables()["outcomes"][outcome]["unit"],
                    "estimate": middle,
                    "lower": low,
                    "upper": high,
                    "error": monte_carlo_error(every[:, k]),
                    "better": share_above(sign * every[:, k]) if sign and name != NOTHING else np.nan,
                    "best": best[k],
                    "failed": int((~np.isfinite(every[:, k])).sum()),
                    "failed_checks": ", ".join(failed),
                }
            )
    return pd.DataFrame(rows)


def _drives(check: Check, outcome: str) -> bool:
    """Whether a check says something of the outcome: that of the tariff speaks of spending, income and prices."""
    return check.name != "the tariff in two models" or outcome in CLOSURE_OUTCOMES[:3]


def _best(every: Array) -> Array:
    """Share of draws in which each column is the largest; columns that tie share the draw."""
    solved = every[np.isfinite(every).all(axis=1)]
    if not len(solved):
        return np.full(every.shape[1], np.nan)
    top = solved >= solved.max(axis=1, keepdims=True) - 1e-9
    return np.asarray((top / top.sum(axis=1, keepdims=True)).mean(axis=0))
