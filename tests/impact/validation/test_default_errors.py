"""The default counterfactual cries wolf as often as its size says, and its power is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.validation.shipped_results import results_path
from scripts.calibrate import write_problems
from scripts.default_errors import DEFAULT, default_errors, shipped_default_errors


def test_the_shipped_size_is_within_monte_carlo_error_of_its_nominal_size():
    found = shipped_default_errors(results_path(DEFAULT))
    row = found.sizes.iloc[0]
    assert row["problems"] >= 300
    assert abs(row["size"] - row["nominal"]) <= 2 * row["se"]
    assert found.checks[0].passed is True
    power = row[["power_1", "power_2", "power_4", "power_8"]].astype(float)
    assert power.is_monotonic_increasing
    assert power["power_8"] > 3 * row["size"]


def test_a_row_is_the_default_question_asked_by_hand(tmp_path):
    panel = load_panel(["trade"])
    found = default_errors(panel, ["trade"], events=(2014,), problems=2)
    for row in found.answered.to_dict("records"):
        effect = synthetic_control(panel, "trade", row["unit"], int(row["event"]))
        assert row["estimate"] == pytest.approx(effect.estimate)
        assert row["p_value"] == pytest.approx(effect.p_value)
        assert row["donors"] == len(effect.spec["donors"])
    write_problems(found.table, found.spec, found.provenance, tmp_path / "errors.parquet")
    again = shipped_default_errors(tmp_path / "errors.parquet")
    pd.testing.assert_frame_equal(again.table, found.table, check_dtype=False)
    assert again.summary() == found.summary()


def test_only_economies_can_be_asked():
    panel = as_panel(factor_model(np.random.default_rng(0), 12, 20))
    with pytest.raises(BadInputError, match="is one of economies"):
        default_errors(panel, ["y"])
