"""Calibration: tests that cry wolf are found out, the others hold their size; the yardstick has its sources."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.curve.grid import PoolRule
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.validation.calibration import Calibration, CalibrationOptions, calibrate, clustered_se
from eaeu_analysis.impact.validation.yardstick import read_plan, yardstick, yardstick_plan

FAST = ("sc-demeaned", "did")


def panel(seed: int = 0, units: int = 25, loud: int = 0):
    """Worlds without an effect; the first ``loud`` units have five times the noise of the others."""
    y = factor_model(np.random.default_rng(seed), units, 18)
    if loud:
        y[:loud] += np.random.default_rng(seed + 1).normal(scale=5.0, size=(loud, 18))
    return as_panel(y)


def run(data, **more) -> Calibration:
    defaults = {"events": (2010, 2011, 2012, 2013), "min_population": 0, "estimators": FAST, "problems": 100}
    return call_with_options(calibrate, CalibrationOptions, data, ["y"], **{**defaults, **more})


@pytest.fixture(scope="module")
def calm() -> Calibration:
    return run(panel())


def test_every_problem_has_every_test(calm):
    assert calm.problems == 100
    assert len(calm.table) == 100 * len(FAST) * 3
    assert (calm.table["failed"] == "").all()
    assert calm.table["p_value"].between(0, 1).all()
    assert set(calm.sizes["problems"]) == {100}


def test_rank_tests_hold_their_size_over_a_whole_pool(calm):
    """All 25 units at all dates: by construction a tenth of the ranks are among the first tenth (here 2 of 25)."""
    sizes = calm.sizes.set_index(["estimator", "test"])
    for name in FAST:
        for test in ("rank", "raw"):
            assert sizes.loc[(name, test), "size_10"] == pytest.approx(0.08, abs=0.05)
            assert sizes.loc[(name, test), "size_5"] <= sizes.loc[(name, test), "size_10"]
    whole = {tuple(key) for key in calm.table[["unit", "event"]].drop_duplicates().to_numpy()}
    assert len(whole) == 100, "every unit at every date"


def test_a_test_that_cries_wolf_is_found_out():
    """Loud units among quiet ones: the spread of the donors says nothing of theirs, a standardised rank does."""
    found = run(panel(1, loud=4), units=[f"U{i:02d}" for i in range(4)], problems=1000)
    sizes = found.sizes.set_index(["estimator", "test"])
    assert sizes.loc[("did", "raw"), "size_10"] > 0.3
    assert sizes.loc[("did", "t"), "size_10"] > 0.2
    assert sizes.loc[("did", "rank"), "size_10"] < sizes.loc[("did", "raw"), "size_10"]
    assert any(check.passed is False and check.name == "did, raw" for check in found.checks)


def test_it_is_seeded_and_the_same_for_any_number_of_workers(calm):
    one = run(panel(), problems=6, seed=3)
    pd.testing.assert_frame_equal(one.table, run(panel(), problems=6, seed=3, jobs=2).table, check_exact=True)
    assert not one.table.equals(run(panel(), problems=6, seed=4).table)


def test_pools_groups_and_words(calm):
    small = run(panel(), donors=PoolRule("six", units=tuple(f"U{i:02d}" for i in range(6))), problems=20)
    assert set(small.table["donors"]) <= {5, 6}
    by_event = calm.by("event")
    assert by_event["problems"].sum() == len(calm.table)
    text = calm.summary()
    assert "100 placebo problems" in text
    assert "did, rank" in text
    assert "claims of an effect by did" in text


def test_standard_errors_allow_for_problems_of_one_economy_being_alike():
    values = np.repeat([1.0, 0.0, 0.0, 1.0], 25)
    groups = np.repeat(["a", "b", "c", "d"], 25)
    assert clustered_se(values, groups) == pytest.approx(0.25)  # four independent economies, not a hundred
    assert clustered_se(values, np.arange(100)) == pytest.approx(0.05)


def test_economies_with_an_event_of_their_own_are_never_placebos():
    from eaeu_analysis.data.load import load_panel

    world = load_panel(
        ["trade", "SP.POP.TOTL"], economies=["POL", "KGZ", "UKR", "MEX", "PER", "IND", "PAK", "THA", "TUR"]
    )
    found = calibrate(world, ["trade"], events=(2006, 2013), estimators=("did",), problems=100)
    taken = {tuple(key) for key in found.table[["unit", "event"]].drop_duplicates().to_numpy()}
    assert ("POL", 2006) not in taken  # joined the EU in 2004
    assert ("POL", 2013) not in taken  # 2004 is within its fit years
    assert ("KGZ", 2013) not in taken  # 2015 is within the years judged
    assert ("KGZ", 2006) in taken
    assert ("UKR", 2013) not in taken
    assert ("MEX", 2013) in taken


def test_bad_input_in_one_sentence():
    with pytest.raises(BadInputError, match="problems 0"):
        run(panel(), problems=0)
    with pytest.raises(BadInputError, match="indicator 'yy' not known"):
        calibrate(panel(), ["yy"], options=CalibrationOptions(min_population=0))
    with pytest.raises(NoDataError, match="no economy"):
        run(panel(), events=(2040,))
    with pytest.raises(BadInputError, match="estimator 'dd' not known"):
        run(panel(), estimators=("dd",))


# -- the yardstick --------------------------------------------------------------------------------------------------
def test_every_finding_of_the_literature_has_its_source():
    for finding in yardstick_plan().findings:
        assert finding.url.startswith("http")
        assert finding.round in yardstick_plan().rounds
        assert finding.seen
    assert {f.round for f in yardstick_plan().findings} == set(yardstick_plan().rounds)


def test_mistakes_in_the_table_are_one_sentence(tmp_path):
    path = tmp_path / "yardstick.toml"
    path.write_text('bloc = "EU"\noutcome = "gdp_per_head"\nrounds = [2004]\n')
    with pytest.raises(BadInputError, match="entry 'grid' is missing"):
        read_plan(path)


@pytest.fixture(scope="module")
def world():
    from eaeu_analysis.data.load import load_panel

    return load_panel(["gdp_per_head", "SP.POP.TOTL"])


def test_one_round_by_a_small_grid(world):
    fixed = yardstick_plan().grid
    grid = replace(fixed, estimators=("sc-demeaned", "did"), before=(9,), pools={"all": fixed.pools["all"]})
    found = yardstick(world, [2007], grid=grid)
    assert found.table["unit"].tolist() == ["BGR", "ROU"]
    assert (found.table["failed"] == "").all()
    assert found.measure_unit == "log points x 100"
    curve = found.curves[2007, "ROU"]
    assert not {"POL", "BGR", "DEU"} & set(curve.statistics.columns)  # nobody who ever joined is a donor
    assert found.rounds["estimate"].iloc[0] == pytest.approx(found.table["estimate"].mean())
    assert 0 < found.rounds["p_value"].iloc[0] <= 1
    assert list(found.agrees.index) == [2007]
    assert "Romania" in found.summary()
    assert "econstor" not in found.summary()
    assert found.literature["url"].str.startswith("http").all()


def test_a_published_design_done_again(world):
    """Bulgaria and Romania, EBER 13(1) 2025: +188 and +644 US$ a year in 2007-19, which show from 2014 on only."""
    (design,) = yardstick_plan().designs
    levels = replace(world.with_outcome(design.outcome), world=False)  # as published: no logarithms
    assert set(design.published) == {"BGR", "ROU"}
    for unit, published in design.published.items():
        found = [
            synthetic_control(
                levels,
                design.outcome,
                unit,
                design.event,
                design.donors,
                fit_years=(first, design.event - 1),
                post_years=(design.event, design.post_last),
                options=SyntheticControlOptions(checks=False),
            )
            for first in design.fit_first
        ]
        for effect in found:
            path = effect.post.set_index("time")["effect"]
            assert effect.estimate > 0
            assert path.loc[design.late_from :].mean() > path.loc[: design.late_from - 1].mean()
            assert effect.p_value > 0.1  # what the study does not report: chance does as much
        assert min(effect.estimate for effect in found) < 1.2 * published
        assert max(effect.estimate for effect in found) > 0.8 * published


def test_a_year_in_which_nobody_joined(world):
    with pytest.raises(BadInputError, match="nobody joined the EU"):
        yardstick(world, [2005])


@pytest.mark.slow
def test_what_the_literature_finds_of_2004_hangs_on_the_estimator(world):
    """A gain by difference-in-differences; none when donors are matched on growth before accession, as El-Shagi &
    Yamarik (2023) find too. The tool must show that, not hide it."""
    found = yardstick(world, [2004], jobs=2)
    assert (found.table["failed"] == "").all()
    means = found.by("estimator").loc[2004]
    assert means["did"] > 5
    assert means["sc-demeaned"] < 5
    assert found.rounds["p_value"].iloc[0] > 0.1
