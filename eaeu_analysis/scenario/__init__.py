"""What if an economy joined: a scenario file to outcomes by channel, with their uncertainty and a backtest.

``files`` reads a scenario (``schema``, ``quantities``); ``setting`` lays out the world before it (``baseline``,
``rates``); ``channels`` turn its numbers into shocks; ``solve`` brings them in, draw by draw; ``run`` makes the result,
``surrogate`` says which assumptions matter. ``validation`` runs the scenarios of 2014 (``backtest``, ``outturn``,
``alternatives``) and compares with published estimates.
"""

from .load import load_scenario, scenarios
from .options import ScenarioComparison, compare_scenarios
from .result import ScenarioResult
from .run import compare_results, run_scenario, stated_differences
from .schema import Scenario
from .validation.backtest import Backtest, backtest_scenarios
from .validation.published_estimates import PublishedComparison, compare_with_published

__all__ = [
    "Backtest",
    "PublishedComparison",
    "Scenario",
    "ScenarioComparison",
    "ScenarioResult",
    "backtest_scenarios",
    "compare_results",
    "compare_scenarios",
    "compare_with_published",
    "load_scenario",
    "run_scenario",
    "scenarios",
    "stated_differences",
]
