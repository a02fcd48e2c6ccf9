"""What does joining a trade bloc do to a country?

Verbs are functions, nouns are frozen dataclasses; every result has ``to_frame()``, ``summary()`` and ``plot()``.
Public names are imported when first used, so that ``import eaeu_analysis`` costs nothing.

>>> import eaeu_analysis as ea
>>> ea.bloc("EAEU").accession("KGZ").isoformat()
'2015-08-12'
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_NAMES = {  # public names by the module that has them
    "compare": "before_after compare_members",
    "data.load": "load_panel",
    "data.panel": "Panel",
    "data.sources.bulk.flows": "open_flows read_flows",
    "errors": "EaeuError",
    "impact.curve.run": "specification_curve",
    "impact.estimators.augmented": "augmented_synthetic_control",
    "impact.estimators.break_date": "break_date",
    "impact.estimators.difference_in_differences": "difference_in_differences",
    "impact.estimators.interactive_fixed_effects": "interactive_fixed_effects",
    "impact.estimators.interrupted_series": "interrupted_series",
    "impact.estimators.matrix_completion": "matrix_completion",
    "impact.estimators.staggered": "staggered_did",
    "impact.estimators.synthetic": "synthetic_control",
    "impact.estimators.synthetic_did": "synthetic_did",
    "impact.members.effects": "union_effects",
    "impact.members.stacked": "stacked_members",
    "impact.options": (
        "AugmentedOptions BreakDateOptions EffectOptions InteractiveOptions InterruptedSeriesOptions "
        "MatrixCompletionOptions SyntheticControlOptions SyntheticDidOptions"
    ),
    "impact.question.predictors": "Predictor",
    "impact.sensitivity.honest_trends": "honest_trends",
    "impact.sensitivity.spillovers": "spillovers",
    "impact.validation.calibration": "CalibrationOptions calibrate",
    "impact.validation.shipped_results": "shipped_calibration shipped_yardstick",
    "impact.validation.yardstick": "yardstick",
    "reference.blocs": "bloc blocs",
    "reference.catalogue": "catalogue outcomes",
    "remittances": "corridors pass_through",
    "remittances.armenian_months": "armenian_transfers",
    "report": "write_report",
    "report.brief.write": "brief write_brief",
    "report.check.check": "check_text",
    "report.claims.collect": "claims",
    "scenario": "backtest_scenarios compare_scenarios load_scenario run_scenario scenarios",
    "trade.equilibrium.solve": "solve_equilibrium",
    "trade.flows.flows": "load_flows",
    "trade.gravity.event_study": "event_study",
    "trade.gravity.ppml": "GravityOptions ppml",
    "trade.partners.around_accession": "partner_changes",
    "trade.partners.exposure": "exposure",
    "trade.partners.matrix": "flow_matrix",
    "trade.partners.re_exports": "both_reports parallel_imports surges",
    "trade.tariff_exposure.estimate": "tariff_exposure",
    "trade.tariff_exposure.own_rates": "OwnRates",
    "trade.tariff_exposure.result": "TariffExposureOptions",
    "trade.tariffs.gap": "tariff_gap",
    "trade.tariffs.global_simulation": "global_simulation",
    "trade.tariffs.partial_equilibrium": "partial_equilibrium",
    "trade.union.answer": "trade_answer",
    "trade.union.curve": "gravity_curve",
    "trade.union.each_agreement": "agreement_effects",
}
_HOME = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = [*sorted(_HOME), "__version__"]

_GUESSES = {  # what users tried first
    "before_and_after": ["before_after"],
    "compare": ["before_after", "compare_members"],
    "did": ["difference_in_differences"],
    "gravity": ["trade_answer", "ppml"],
    "impact": ["synthetic_control", "union_effects"],
    "remittances": ["corridors", "pass_through"],
    "sdid": ["synthetic_did"],
    "trade": ["trade_answer", "load_flows"],
}

if TYPE_CHECKING:
    from .compare import before_after as before_after
    from .compare import compare_members as compare_members
    from .data.load import load_panel as load_panel
    from .data.panel import Panel as Panel
    from .data.sources.bulk.flows import open_flows as open_flows
    from .data.sources.bulk.flows import read_flows as read_flows
    from .errors import EaeuError as EaeuError
    from .impact.curve.run import specification_curve as specification_curve
    from .impact.estimators.augmented import augmented_synthetic_control as augmented_synthetic_control
    from .impact.estimators.break_date import break_date as break_date
    from .impact.estimators.difference_in_differences import difference_in_differences as difference_in_differences
    from .impact.estimators.interactive_fixed_effects import interactive_fixed_effects as interactive_fixed_effects
    from .impact.estimators.interrupted_series import interrupted_series as interrupted_series
    from .impact.estimators.matrix_completion import matrix_completion as matrix_completion
    from .impact.estimators.staggered import staggered_did as staggered_did
    from .impact.estimators.synthetic import synthetic_control as synthetic_control
    from .impact.estimators.synthetic_did import synthetic_did as synthetic_did
    from .impact.members.effects import union_effects as union_effects
    from .impact.members.stacked import stacked_members as stacked_members
    from .impact.options import AugmentedOptions as AugmentedOptions
    from .impact.options import BreakDateOptions as BreakDateOptions
    from .impact.options import EffectOptions as EffectOptions
    from .impact.options import InteractiveOptions as InteractiveOptions
    from .impact.options import InterruptedSeriesOptions as InterruptedSeriesOptions
    from .impact.options import MatrixCompletionOptions as MatrixCompletionOptions
    from .impact.options import SyntheticControlOptions as SyntheticControlOptions
    from .impact.options import SyntheticDidOptions as SyntheticDidOptions
    from .impact.question.predictors import Predictor as Predictor
    from .impact.sensitivity.honest_trends import honest_trends as honest_trends
    from .impact.sensitivity.spillovers import spillovers as spillovers
    from .impact.validation.calibration import CalibrationOptions as CalibrationOptions
    from .impact.validation.calibration import calibrate as calibrate
    from .impact.validation.shipped_results import shipped_calibration as shipped_calibration
    from .impact.validation.shipped_results import shipped_yardstick as shipped_yardstick
    from .impact.validation.yardstick import yardstick as yardstick
    from .reference.blocs import bloc as bloc
    from .reference.blocs import blocs as blocs
    from .reference.catalogue import catalogue as catalogue
    from .reference.catalogue import outcomes as outcomes
    from .remittances import corridors as corridors
    from .remittances import pass_through as pass_through
    from .remittances.armenian_months import armenian_transfers as armenian_transfers
    from .report import write_report as write_report
    from .report.brief.write import brief as brief
    from .report.brief.write import write_brief as write_brief
    from .report.check.check import check_text as check_text
    from .report.claims.collect import claims as claims
    from .scenario import backtest_scenarios as backtest_scenarios
    from .scenario import compare_scenarios as compare_scenarios
    from .scenario import load_scenario as load_scenario
    from .scenario import run_scenario as run_scenario
    from .scenario import scenarios as scenarios
    from .trade.equilibrium.solve import solve_equilibrium as solve_equilibrium
    from .trade.flows.flows import load_flows as load_flows
    from .trade.gravity.event_study import event_study as event_study
    from .trade.gravity.ppml import GravityOptions as GravityOptions
    from .trade.gravity.ppml import ppml as ppml
    from .trade.partners.around_accession import partner_changes as partner_changes
    from .trade.partners.exposure import exposure as exposure
    from .trade.partners.matrix import flow_matrix as flow_matrix
    from .trade.partners.re_exports import both_reports as both_reports
    from .trade.partners.re_exports import parallel_imports as parallel_imports
    from .trade.partners.re_exports import surges as surges
    from .trade.tariff_exposure.estimate import tariff_exposure as tariff_exposure
    from .trade.tariff_exposure.own_rates import OwnRates as OwnRates
    from .trade.tariff_exposure.result import TariffExposureOptions as TariffExposureOptions
    from .trade.tariffs.gap import tariff_gap as tariff_gap
    from .trade.tariffs.global_simulation import global_simulation as global_simulation
    from .trade.tariffs.partial_equilibrium import partial_equilibrium as partial_equilibrium
    from .trade.union.answer import trade_answer as trade_answer
    from .trade.union.curve import gravity_curve as gravity_curve
    from .trade.union.each_agreement import agreement_effects as agreement_effects


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'eaeu_analysis' has no attribute {name!r}{_hint(name)}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def _hint(name: str) -> str:
    if name.startswith("_"):  # asked by interpreters and notebooks
        return ""
    import difflib

    near = _GUESSES.get(name) or [n for n in __all__ if name in n][:3] or difflib.get_close_matches(name, __all__, 2)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def __dir__() -> list[str]:
    return list(__all__)


if "IPython" in sys.modules:  # in a notebook or a shell, names of outcomes and economies complete in a call
    from .completion import offer_names as _offer_names

    _offer_names()
