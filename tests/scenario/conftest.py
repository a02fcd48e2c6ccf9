"""A result whose outcomes follow from its numbers by a formula, so that every figure has a known answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.results import Provenance
from eaeu_analysis.scenario.model.quantities import draw_quantities
from eaeu_analysis.scenario.result import ScenarioResult, summarise_draws, with_interaction
from eaeu_analysis.series import SeriesInfo


def parts_of(values: pd.DataFrame) -> dict[str, Any]:
    """Real spending by channel; the whole is their sum."""
    return {
        "tariffs": -2.0 * values["tariffs.exempt"] - 0.1,
        "border_costs": 2.0 * values["border_costs.effect"],
        "customs_revenue": 0.2 * (values["customs_revenue.share"] - 5.0),
        "migration": 1.5 * values["migration.sent_home"],
    }


@pytest.fixture(scope="session")
def made_up() -> ScenarioResult:
    scenario = ea.load_scenario("uzb_eaeu")
    values = draw_quantities(scenario.quantities(), {}, 512, 0)
    parts = parts_of(values)
    columns = {(c, "welfare"): v for c, v in parts.items()} | {("total", "welfare"): sum(parts.values())}
    for name, size in (("CHN", -5.0), ("RUS", 9.0), ("members", 8.0)):
        columns[("tariffs", f"imports_from_{name}")] = size * (1 - values["tariffs.exempt"])
        columns[("total", f"imports_from_{name}")] = size * (1 - values["tariffs.exempt"]) + (
            200.0 * values["border_costs.effect"] if name == "RUS" else 0.0
        )
    columns[("total", "break_even_share")] = values["customs_revenue.share"]
    drawn = with_interaction(pd.DataFrame(columns), scenario.channels)
    drawn.columns = pd.MultiIndex.from_tuples(drawn.columns, names=["channel", "outcome"])
    assert np.isfinite(drawn.drop(columns=[("interaction", "welfare")], errors="ignore")).all(axis=None)
    info = SeriesInfo(code="made/up", label="made up", unit="", source="nobody", vintage="2026-01")
    return ScenarioResult(
        {"scenario": scenario.name},
        summarise_draws(drawn, scenario.channels, 0.9),
        0.9,
        (),
        Provenance((info,), "by formula"),
        scenario,
        values,
        drawn,
    )
