"""What came after a scenario of the past: the series themselves, and the same against a counterfactual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ... import settings
from ...arrays import Array
from ...data.panel import Panel
from ...errors import BadInputError
from ...reference.blocs import bloc
from ...remittances.sample import DESTINATION, DRIVERS
from ...series import SeriesInfo
from ..model import channels
from ..model.quantities import Quantity
from ..model.setting import setting
from ..result import ScenarioResult
from ..schema import Scenario
from ..tables import scenario_tables

if TYPE_CHECKING:
    from ...impact.effect import Effect

PER_CENT = "per cent"
KNOWN, INFORMED = "as of 2014", "rouble known"  # the two runs of the backtest


@dataclass(frozen=True)
class Outturn:
    """Of one outcome, in its unit: ``happened``, the change between the means of the two spans of years, with the years
    that the series has in each; ``effect`` with its interval, the same years against a counterfactual; ``reason`` says
    what is not available, which is NaN."""

    happened: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    effect: float
    lower: float
    upper: float
    donors: str
    reason: str
    series: tuple[SeriesInfo, ...]


def spans() -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last year of the span before and of the span after."""
    fixed = scenario_tables()["backtest"]
    return (fixed["before"][0], fixed["before"][1]), (fixed["after"][0], fixed["after"][1])


def backtest_outcomes() -> dict[str, dict[str, Any]]:
    """What is compared, by name: see data/tables/scenario.toml."""
    found: dict[str, dict[str, Any]] = scenario_tables()["backtest"]["outcomes"]
    return found


def outturn_panel() -> tuple[Panel, dict[str, str]]:
    """The panel with a column per outcome, levels in logarithms, and the column by outcome."""
    from ...data.load import load_panel
    from ...impact.members.effects import prepare

    named = {name: o["series"] for name, o in backtest_outcomes().items() if "series" in o}
    products = {name: o["product"] for name, o in backtest_outcomes().items() if "product" in o}
    codes = [code for pair in products.values() for code in pair]
    panel, columns = prepare(load_panel([*named.values(), *codes]), named.values())
    found = {name: columns[series] for name, series in named.items()}
    for name, (first, second) in products.items():
        values = panel.column(first) * panel.column(second) / 100
        info = SeriesInfo(
            code=name,
            label=backtest_outcomes()[name]["label"],
            unit=backtest_outcomes()[name]["unit"],
            kind="share",
            formula=f"{first} x {second} / 100",
            derived_from=(panel.info(first), panel.info(second)),
        )
        panel = panel.with_column(name, values, info)
        found[name] = name
    return panel, found


def mean_change(
    panel: Panel, column: str, unit: str, before: tuple[int, int], after: tuple[int, int]
) -> tuple[float, tuple[int, ...], tuple[int, ...]]:
    """Mean over the years after less mean over the years before, of those that the series has; and which these are."""
    own = panel.wide(column)[unit].dropna()
    parts = [own.loc[first:last] for first, last in (before, after)]
    value = float(parts[1].mean() - parts[0].mean()) if all(len(p) for p in parts) else float("nan")
    return value, tuple(int(y) for y in parts[0].index), tuple(int(y) for y in parts[1].index)


def outturn(
    panel: Panel, column: str, scenario: Scenario, outcome: str, level: float = settings.LEVEL, seed: int = 0
) -> Outturn:
    """What happened to the economy of a scenario, and its effect against a counterfactual by the union's fixed plan.

    Logarithms are given as per cent. What a series does not have is not filled: it is NaN with its reason.
    """
    from ...impact.members.effects import EffectQuestion as Question
    from ...impact.members.effects import answer
    from ...impact.members.effects import effects_plan as plan

    spec = backtest_outcomes()[outcome]
    before, after = spans()
    happened, years_before, years_after = mean_change(panel, column, scenario.economy, before, after)
    event = bloc(scenario.bloc).accession(scenario.economy).isoformat()
    question = Question(scenario.economy, event, outcome, scenario_tables()["backtest"]["pool"], plan().method)
    found = answer(panel, column, question, scenario.bloc, level, seed)
    reasons = (
        []
        if _whole(years_before, before) and _whole(years_after, after)
        else [f"years available before: {_years(years_before)}; after: {_years(years_after)}"]
    )
    effect, lower, upper = (float("nan"),) * 3
    if isinstance(found, str):
        reasons.append(f"no counterfactual: {found}")
    else:
        effect, lower, upper = found.estimate, *found.interval
    if spec["unit"] == PER_CENT:
        happened, effect, lower, upper = map(log_to_percent, (happened, effect, lower, upper))
    donors = "" if isinstance(found, str) else _donors(found)
    reason = "; ".join(reasons)
    return Outturn(happened, years_before, years_after, effect, lower, upper, donors, reason, (panel.info(column),))


def _whole(years: tuple[int, ...], span: tuple[int, int]) -> bool:
    return len(years) == span[1] - span[0] + 1


def log_to_percent(logs: float) -> float:
    """Per cent from a difference of logarithms; without a bound stays without one."""
    return float(100 * np.expm1(logs))


def _donors(found: Effect) -> str:
    if found.weights is None:
        return ""
    top = found.weights[found.weights > 0.005].sort_values(ascending=False).head(3)
    return ", ".join(f"{name} {value:.2f}" for name, value in top.items())


def _years(years: tuple[int, ...]) -> str:
    return ", ".join(str(y) for y in years) or "none"


def russia() -> dict[str, float]:
    """How the rouble per dollar and Russia's real GDP changed between the two spans, log points."""
    from ...data.load import load_panel

    panel = load_panel(list(DRIVERS["real"].values()))
    before, after = spans()
    return {
        name: mean_change(panel.log(code), f"log({code})", DESTINATION, before, after)[0]
        for name, code in DRIVERS["real"].items()
    }


def pool_of_russia() -> tuple[float, float]:
    """Russia's duties on imports, most of what members share: mean of each span of years, billion US$ a year."""
    from ...data.load import load_panel

    taxes, all_taxes = backtest_outcomes()["customs"]["product"]
    panel = load_panel([taxes, all_taxes, "NY.GDP.MKTP.CD"])
    own = panel.column(taxes) * panel.column(all_taxes) / 1e4 * panel.column("NY.GDP.MKTP.CD") / 1e9
    years = own.xs(DESTINATION, level=0)
    before, after = (float(years.loc[first:last].mean()) for first, last in spans())
    return before, after


def with_russia(scenario: Scenario, moved: Mapping[str, float], drivers: Mapping[str, float] | None = None) -> Scenario:
    """The scenario with the rouble and Russian income as they turned out, all else as it was.

    ``drivers``: other numbers of [migration] that this run has, by name (``alternatives.kept``). Raises BadInputError
    for a scenario without migrants.
    """
    if scenario.migration is None:
        raise BadInputError(f"scenario {scenario.name!r} has no block [migration]: no rouble to be set")
    numbers = {"rouble": moved["rouble"], "russian_income": moved["income"]}
    new = {name: Quantity(value=value, reference="as it turned out") for name, value in numbers.items()}
    fitted = "fitted on the other economy of the backtest"
    new |= {name: Quantity(value=value, reference=fitted) for name, value in (drivers or {}).items()}
    return scenario.model_copy(update={"migration": scenario.migration.model_copy(update=new)})


def merged(series: list[SeriesInfo]) -> tuple[SeriesInfo, ...]:
    """Each series once, in order of its key."""
    found = {info.key: info for info in series}
    return tuple(replace(found[key]) for key in sorted(found))


def backtest_draws(result: ScenarioResult, outcome: str) -> Array:
    """(draws,): the outcome of the backtest, mean of its years after accession, in the outcome's unit."""
    first, last = spans()[1]
    joined = bloc(result.scenario.bloc).accession(result.scenario.economy).year
    spec = backtest_outcomes()[outcome]
    years = [year - joined for year in range(first, last + 1)]
    mean = np.mean([result.in_year(spec["model"], year) for year in years], axis=0)
    if spec["model"] == "remittances":
        mean = 100 * mean / (channels.migration_baseline(setting(result.scenario)) / 1e6)
    return np.asarray(mean, dtype=np.float64)
