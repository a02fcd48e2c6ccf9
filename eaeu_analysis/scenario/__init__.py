"""What if an economy joined: a scenario file to outcomes by channel, with their uncertainty and a backtest.

``files`` reads a scenario (``schema``, ``quantities``); ``setting`` lays out the world before it (``baseline``,
``rates``); ``channels`` turn its numbers into shocks; ``solve`` brings them in, draw by draw; ``run`` makes the result,
``surrogate`` says what carries it. ``backtest`` asks the scenarios of 2014 (``outturn``, ``scoring``); ``published``
sets others' estimates beside ours.
"""

from .backtest import Backtest, backtest_scenarios
from .files import load_scenario, scenario_list
from .published import BesideOthers, beside_others
from .result import ScenarioResult
from .run import compare_scenarios, run_scenario, stated_differences
from .schema import Scenario

__all__ = [
    "Backtest",
    "BesideOthers",
    "Scenario",
    "ScenarioResult",
    "backtest_scenarios",
    "beside_others",
    "compare_scenarios",
    "load_scenario",
    "run_scenario",
    "scenario_list",
    "stated_differences",
]
