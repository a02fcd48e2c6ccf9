"""Every bundled scenario gives the expected output that is stored with it."""

import io

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.scenario.load import bundled, scenarios_folder

EXPECTED = scenarios_folder() / "expected"


def test_every_scenario_has_its_expected_output_and_no_more():
    assert {path.stem for path in EXPECTED.glob("*.csv")} == set(bundled())


@pytest.mark.parametrize("name", sorted(bundled()))
def test_a_scenario_says_what_is_expected(name):
    """Made by scripts/make_expected.py; a difference is a change of data, code or scenario, to be looked at."""
    expected = pd.read_csv(EXPECTED / f"{name}.csv")
    table = ea.run_scenario(name, draws=int(expected["draws"].iloc[0]), seed=0).to_frame()
    got = pd.read_csv(io.StringIO(table.to_csv(index=False, float_format="%.6g")))
    words, numbers = ["outcome", "channel", "unit", "draws", "failed"], ["estimate", "lower", "upper"]
    pd.testing.assert_frame_equal(got[words], expected[words])
    np.testing.assert_allclose(got[numbers], expected[numbers], rtol=1e-4, atol=2e-5)
