"""Several members' effects pooled: what they share is found, interval and p agree, the size is right."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.members.pooled import pool_effects, random_means
from eaeu_analysis.impact.options import SyntheticControlOptions

MEMBERS = {"U00": 2010, "U01": 2010, "U02": 2012}


def effects(y: np.ndarray, **more):
    panel = as_panel(y)
    donors = [f"U{i:02d}" for i in range(len(MEMBERS), len(y))]
    return [
        call_with_options(
            synthetic_control,
            SyntheticControlOptions,
            panel,
            "y",
            unit,
            event,
            donors,
            intercept=True,
            checks=False,
            **more,
        )
        for unit, event in MEMBERS.items()
    ]


def made(seed: int, effect: float = 0.0) -> np.ndarray:
    y = factor_model(np.random.default_rng(seed), 20, 16)
    for row, event in enumerate(MEMBERS.values()):
        y[row, event - 2000 :] += effect
    return y


def test_an_effect_that_all_share_is_found_and_shifts_one_to_one():
    none, some = (pool_effects(effects(made(0, size)), 0.9) for size in (0.0, 4.0))
    assert some.estimate - none.estimate == pytest.approx(4.0)
    assert some.upper - some.lower == pytest.approx(none.upper - none.lower)
    assert some.p_value < 0.01
    assert some.units == tuple(MEMBERS)


@pytest.mark.parametrize("seed", range(6))
def test_the_interval_includes_zero_exactly_when_p_is_above_the_level(seed):
    for size in (0.0, 0.4, 0.8):
        found = pool_effects(effects(made(seed, size)), 0.9)
        assert (found.lower <= 0 <= found.upper) == (found.p_value > 0.1)
        assert found.lower < found.estimate < found.upper


def test_members_are_weighed_by_the_inverse_of_their_scale():
    found = effects(made(3, 2.0))
    scales = np.array([e.placebos["scale"].iloc[0] for e in found])
    by_hand = np.average([e.estimate for e in found], weights=1 / scales)
    assert pool_effects(found, 0.9).estimate == pytest.approx(by_hand)


def test_random_means_are_means_over_different_donors():
    null = np.array([[1.0, 2.0, 4.0], [10.0, 20.0, 40.0]])
    all_means = {(null[0, i] + null[1, j]) / 2 for i, j in permutations(range(3), 2)}
    drawn = random_means(null, 2000, 0)
    assert set(drawn) == all_means
    assert drawn.mean() == pytest.approx(np.mean(list(all_means)), rel=0.05)
    np.testing.assert_array_equal(drawn, random_means(null, 2000, 0))


@pytest.mark.slow
def test_size_of_the_pooled_test():
    hits = [pool_effects(effects(made(seed)), 0.9, draws=499).p_value <= 0.1 for seed in range(300)]
    assert np.mean(hits) == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / 300))


def test_bad_input_in_one_sentence():
    found = effects(made(0))
    with pytest.raises(BadInputError, match="two units or more"):
        pool_effects(found[:1], 0.9)
    with pytest.raises(BadInputError, match="each with placebo inference"):
        pool_effects(effects(made(0), inference="none"), 0.9)
    few = effects(made(0)[:6])
    with pytest.raises(NoDataError, match="3 donors in common are too few to stand in for 3 units"):
        pool_effects(few, 0.9)


def test_the_union_has_its_members_together():
    from eaeu_analysis.impact.members.effects import union_effects

    panel = load_panel(["trade"], years=(1995, 2019))
    found = union_effects(panel, ["trade"], units=["KGZ", "ARM"], pools=["rouble"])
    row = found.pooled.iloc[0]
    assert (row["outcome"], row["pool"], row["members"], row["reason"]) == ("trade", "rouble", 2, "")
    members = found.table["estimate"]
    assert members.min() < row["estimate"] < members.max()
    assert row["lower"] < row["estimate"] < row["upper"]
    assert "Members together" in found.summary()
    alone = union_effects(panel, ["trade"], units=["KGZ"], pools=["rouble"])
    assert alone.pooled.empty
    assert "Members together" not in alone.summary()
