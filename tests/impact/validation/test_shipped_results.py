"""What calibration found is shipped, says of what it is, and comes out the same when it is made again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.validation.calibration import OUTCOMES_ONLY, SIZES, CalibrationOptions, calibrate
from eaeu_analysis.impact.validation.shipped_results import shipped_calibration, shipped_yardstick
from scripts.calibrate import KEPT, write_calibration, write_yardstick


def test_a_calibration_is_written_and_read(tmp_path):
    panel = as_panel(factor_model(np.random.default_rng(0), 12, 20))
    found = calibrate(
        panel,
        ["y"],
        events=(2010, 2012),
        estimators=("did", "sc"),
        problems=10,
        options=CalibrationOptions(min_population=0),
    )
    path = tmp_path / "placebos.parquet"
    write_calibration(found, path)
    again = shipped_calibration(path)
    pd.testing.assert_frame_equal(again.table, found.table[KEPT], check_dtype=False)
    pd.testing.assert_frame_equal(again.sizes, found.sizes)
    assert again.spec == found.spec
    assert again.provenance.series == found.provenance.series
    assert again.summary() == found.summary()
    first = path.read_bytes()
    write_calibration(found, path)
    assert path.read_bytes() == first


def test_files_that_are_missing_or_others_are_named(tmp_path):
    with pytest.raises(NoDataError, match="make calibration makes it"):
        shipped_calibration(tmp_path / "none.parquet")
    with pytest.raises(NoDataError, match="make calibration makes it"):
        shipped_yardstick(tmp_path / "none.json")
    other = tmp_path / "other"
    other.write_text("{}")
    with pytest.raises(BadInputError, match="is not a file of placebo problems"):
        shipped_calibration(other)
    with pytest.raises(BadInputError, match="is not a file of the yardstick: 'by_estimator'"):
        shipped_yardstick(other)


# -- what is shipped ----------------------------------------------------------------------------------------------
def test_a_thousand_placebo_problems_by_every_estimator():
    found = shipped_calibration()
    assert found.problems >= 1000
    sizes = found.sizes
    assert set(sizes["estimator"]) == set(OUTCOMES_ONLY)
    assert set(sizes["test"]) == {"rank", "raw", "t"}
    assert {f"size_{100 * s:.0f}" for s in SIZES} <= set(sizes.columns)
    assert (found.table["failed"] != "").mean() < 0.01
    assert found.provenance.series
    good = found.table[found.table["failed"] == ""]
    assert good["p_value"].between(0, 1).all()
    assert (good["p_value"] >= good["least_p"] - 1e-12).all()


@pytest.mark.parametrize("test", ["rank", "t"])
def test_the_tests_that_decide_do_not_cry_wolf(test):
    """Shares of placebo problems with p of 10 % or less: not above 10 % by more than two of their standard errors."""
    sizes = shipped_calibration().sizes
    for row in sizes[sizes["test"] == test].to_dict("records"):
        assert row["size_10"] <= 0.10 + 2 * row["se_10"], row


def test_both_rounds_of_the_european_union_next_to_the_literature():
    found = shipped_yardstick()
    assert found.rounds["round"].tolist() == [2004, 2007]
    assert (found.entrants["failed"] == "").all()
    assert {"did", "sc-demeaned"} <= set(found.by_estimator.columns)
    assert set(found.agrees) == {2004, 2007}
    assert found.literature["url"].str.startswith("http").all()


@pytest.mark.slow
def test_the_shipped_p_values_are_found_again():
    """The first five problems of the shipped thousand, from the data as they are: data, estimators and file agree."""
    shipped = shipped_calibration()
    again = calibrate(load_panel(), problems=5, seed=shipped.spec["seed"]).table[KEPT]
    keys = ["outcome", "unit", "event", "estimator", "test"]
    kept = shipped.table.set_index(keys).loc[pd.MultiIndex.from_frame(again[keys])].reset_index()
    pd.testing.assert_frame_equal(kept[KEPT], again.reset_index(drop=True), check_dtype=False, rtol=1e-6)


@pytest.mark.slow
def test_the_shipped_yardstick_is_found_again(tmp_path):
    from eaeu_analysis.impact.validation.yardstick import yardstick

    path = tmp_path / "yardstick.json"
    write_yardstick(yardstick(load_panel(["gdp_per_head", "SP.POP.TOTL"]), [2007]), path)
    shipped, again = shipped_yardstick(), shipped_yardstick(path)
    rows = shipped.entrants[shipped.entrants["round"] == 2007].reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, again.entrants, check_dtype=False, rtol=1e-6)
