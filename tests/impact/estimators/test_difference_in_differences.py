"""Difference-in-differences: pyfixest and brute force, randomisation, wild bootstrap, leads, size, bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.errors import EaeuError, NotConvergedError
from eaeu_analysis.impact.estimators import difference_in_differences as did_core
from eaeu_analysis.impact.estimators.difference_in_differences import difference_in_differences
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.inference.inversion import invert_linear
from eaeu_analysis.impact.inference.randomisation import (
    WEBB,
    assignments,
    bootstrap_p,
    randomisation_p_value,
    t_statistics,
    two_way_demeaned,
    webb_weights,
    wild_bootstrap_interval,
)
from eaeu_analysis.impact.options import EffectOptions
from eaeu_analysis.impact.question.design import state_design

pytestmark = pytest.mark.filterwarnings("ignore:.*inplace.*")  # pyfixest against pandas 3

Y = factor_model(np.random.default_rng(1), 10, 14)
STAGGERED = {"U00": 2008, "U01": 2008, "U02": 2011}


def double_difference(y: np.ndarray, treated: list[int], pre: int) -> float:
    others = [i for i in range(len(y)) if i not in treated]
    change = y[:, pre:].mean(axis=1) - y[:, :pre].mean(axis=1)
    return float(change[treated].mean() - change[others].mean())


# -- the estimate ------------------------------------------------------------------------------------------
def test_estimate_is_the_double_difference_and_the_table_averages_to_it() -> None:
    effect = difference_in_differences(as_panel(Y), "y", ["U00", "U03"], 2009)
    assert effect.estimate == pytest.approx(double_difference(Y, [0, 3], 9), abs=1e-12)
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate)
    assert effect.estimate == pytest.approx(
        synthetic_did(as_panel(Y), "y", ["U00", "U03"], 2009, method="did").estimate
    )


def test_clustered_errors_by_the_textbook_formula() -> None:
    design = state_design(as_panel(Y), "y", ["U00", "U01", "U02"], 2009)
    found = did_core.clustered(design, double_difference(Y, [0, 1, 2], 9))
    y, d = two_way_demeaned(design.outcomes), two_way_demeaned(design.indicator)
    norm = (d * d).sum()
    rest = y - found.estimate * d
    meat = ((rest * d).sum(axis=1) ** 2).sum()
    n, units = y.size, len(y)
    # unit effects are nested in the clusters and not counted, so k = 1 + 14 periods (pyfixest's "nonnested")
    factor = units / (units - 1) * (n - 1) / (n - 1 - 14)
    assert found.se == pytest.approx(np.sqrt(factor * meat) / norm, rel=1e-6)


def test_staggered_estimate_weights_cohorts_by_treated_cells() -> None:
    effect = difference_in_differences(as_panel(Y), "y", list(STAGGERED), STAGGERED, draws=99)
    never = list(range(3, 10))
    first = double_difference(Y[[0, 1, *never]], [0, 1], 8)
    second = double_difference(Y[[2, *never]], [0], 11)
    assert effect.estimate == pytest.approx((2 * 6 * first + 3 * second) / 15)
    cells = [row.effect for row in effect.table.itertuples() if row.time >= STAGGERED[row.unit]]
    assert effect.estimate == pytest.approx(np.mean(cells))


def test_event_study_by_hand_and_from_pyfixest() -> None:
    import pandas as pd
    import pyfixest as pf

    study = difference_in_differences(as_panel(Y), "y", ["U00", "U01"], 2009).event_study.set_index("relative")
    gap = Y[:2].mean(axis=0) - Y[2:].mean(axis=0)
    np.testing.assert_allclose(study["estimate"], gap - gap[8], atol=1e-12)
    rows = [(i, t, Y[i, t], t - 9 if i < 2 else -1) for i in range(10) for t in range(14)]
    frame = pd.DataFrame(rows, columns=["unit", "time", "y", "rel"])
    slow = pf.feols("y ~ i(rel, ref=-1) | unit + time", frame).coef()
    for name, value in slow.items():
        assert study.loc[int(str(name).split("::")[1]), "estimate"] == pytest.approx(value, abs=1e-6)
    assert study.loc[-1, "estimate"] == 0


def test_event_study_of_several_dates_averages_cohorts() -> None:
    study = difference_in_differences(as_panel(Y), "y", list(STAGGERED), STAGGERED, draws=99).event_study.set_index(
        "relative"
    )
    gap = Y[:3] - Y[3:].mean(axis=0)
    for k in (-4, 1):
        each = [gap[0, 8 + k] - gap[0, 7], gap[1, 8 + k] - gap[1, 7], gap[2, 11 + k] - gap[2, 10]]
        assert study.loc[k, "estimate"] == pytest.approx(np.mean(each))
    assert study.loc[4, "units"] == 2  # the later cohort has no fifth year
    assert study.loc[-10, "units"] == 1  # nor the earlier ones a tenth before


# -- randomisation -----------------------------------------------------------------------------------------
def test_all_assignments_are_listed_once() -> None:
    plan = assignments(np.array([0, 0, 1, -1, -1, -1]), 999, 0)
    assert plan.exact
    assert len(plan.groups) == 15 * 4  # C(6,2) C(4,1)
    assert len({tuple(row) for row in plan.groups}) == 60
    np.testing.assert_array_equal(plan.groups[0], [0, 0, 1, -1, -1, -1])
    drawn = assignments(np.array([0, 0, 1, -1, -1, -1]), 20, 0)
    assert not drawn.exact
    assert len(drawn.groups) == 21
    assert all(sorted(row) == [-1, -1, -1, 0, 0, 1] for row in drawn.groups.tolist())


def test_p_value_is_the_exact_rank() -> None:
    effect = difference_in_differences(as_panel(Y), "y", "U00", 2009)
    values = [abs(double_difference(Y, [i], 9)) for i in range(10)]
    assert effect.p_value == pytest.approx(np.mean(np.array(values) >= values[0] - 1e-12))
    two = difference_in_differences(as_panel(Y), "y", ["U00", "U01"], 2009)
    pairs = [abs(double_difference(Y, list(pair), 9)) for pair in itertools.combinations(range(10), 2)]
    assert two.p_value == pytest.approx(np.mean(np.array(pairs) >= pairs[0] - 1e-12))
    assert two.assignments == 45


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([0.5, 0.8, 0.9]))
def test_interval_is_the_set_that_the_test_keeps(seed: int, treated: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    change = rng.normal(size=9)
    groups = np.where(np.arange(9) < treated, 0, -1)
    plan = assignments(groups, 999, 0)
    one = np.ones(1)
    low, high = invert_linear(
        plan.statistics(change[None], one), plan.statistics((groups == 0)[None].astype(float), one), level
    )

    def p_of(x: float) -> float:  # the definition: take x off the treated, test again
        return randomisation_p_value(plan.statistics((change - x * (groups == 0))[None], one))

    step = 1e-6
    for end, outward in ((low, -1), (high, 1)):
        if np.isfinite(end):
            assert p_of(end - outward * step) > 1 - level
            assert p_of(end + outward * step) <= 1 - level + 1e-12
        else:
            assert p_of(outward * 1e6) > 1 - level
    centre = plan.statistics(change[None], one)[0]
    assert low <= centre <= high


def test_too_few_units_reject_nothing_and_say_so() -> None:
    effect = difference_in_differences(as_panel(Y[:6]), "y", "U00", 2009)
    assert effect.interval == (-np.inf, np.inf)
    check = effect.check("assignments")
    assert check is not None
    assert check.passed is False
    assert effect.p_value >= 1 / 6


def size_of(repetitions: int, treated: int, units: int, seed: int) -> float:
    rng, rejections = np.random.default_rng(seed), 0
    for _ in range(repetitions):
        y = factor_model(rng, units, 12)
        groups = np.where(np.arange(units) < treated, 0, -1)
        plan = assignments(groups, 999, 0)
        change = y[:, 8:].mean(axis=1) - y[:, :8].mean(axis=1)
        rejections += randomisation_p_value(plan.statistics(change[None], np.ones(1))) <= 0.1
    return rejections / repetitions


@pytest.mark.parametrize(("treated", "units"), [(1, 20), (2, 12)])
def test_size_of_the_randomisation_test(treated: int, units: int) -> None:
    assert size_of(1000, treated, units, 2) == pytest.approx(0.10, abs=3 * np.sqrt(0.09 / 1000))


# -- leads -------------------------------------------------------------------------------------------------
def test_leads_are_tested_jointly() -> None:
    drifting = Y.copy()
    drifting[0] += 1.5 * np.arange(14)
    effect = difference_in_differences(as_panel(drifting), "y", "U00", 2009)
    assert effect.check("pre-trend").passed is False  # type: ignore[union-attr] # the check is made
    assert effect.check("leads").passed is False  # type: ignore[union-attr] # the check is made
    assert effect.finding == "unreliable"
    gaps = []
    for i in range(10):
        gap = drifting[i, :9] - np.delete(drifting, i, 0)[:, :9].mean(axis=0)
        gaps.append(np.sqrt(((gap - gap.mean()) ** 2).mean()))
    assert effect.check("leads").value == pytest.approx(np.mean(np.array(gaps) >= gaps[0]))  # type: ignore[union-attr] # the check is made
    assert effect.pre_mspe == pytest.approx(gaps[0] ** 2)


def test_wald_test_of_the_leads_needs_five_treated_units() -> None:
    panel = as_panel(factor_model(np.random.default_rng(3), 16, 12))
    few = difference_in_differences(panel, "y", ["U00", "U01"], 2007, draws=99)
    assert np.isnan(few.leads_wald_p)
    many = difference_in_differences(panel, "y", [f"U{i:02d}" for i in range(6)], 2007, draws=99)
    assert 0 <= many.leads_wald_p <= 1
    drift = factor_model(np.random.default_rng(3), 16, 12)
    drift[:6] += 2.0 * np.arange(12)
    bad = difference_in_differences(as_panel(drift), "y", [f"U{i:02d}" for i in range(6)], 2007, draws=99)
    assert bad.leads_wald_p < 0.05


# -- wild cluster bootstrap --------------------------------------------------------------------------------
def test_webb_weights_have_mean_zero_and_variance_one() -> None:
    assert WEBB.mean() == pytest.approx(0)
    assert (WEBB**2).mean() == pytest.approx(1)
    drawn = webb_weights(5000, 8, 1)
    assert set(np.unique(drawn)) == set(WEBB)
    assert drawn.mean() == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("null", [0.0, 0.7])
def test_wild_bootstrap_against_refitting_every_draw(null: float) -> None:
    import pandas as pd
    import pyfixest as pf

    y, d = Y[:8], np.zeros((8, 14))
    d[:3, 9:] = 1
    weights = webb_weights(25, 8, 4)
    _, actual = t_statistics(y, d, null)
    restricted = y - null * d
    residual = two_way_demeaned(restricted)
    drawn = []
    for w in weights:
        sample = restricted - residual + null * d + w[:, None] * residual
        frame = pd.DataFrame(
            {"y": sample.ravel(), "d": d.ravel(), "unit": np.repeat(range(8), 14), "time": np.tile(range(14), 8)}
        )
        fit = pf.feols("y ~ d | unit + time", frame, vcov={"CRV1": "unit"}, ssc=pf.ssc(k_adj=False, G_adj=False))
        drawn.append((fit.coef()["d"] - null) / fit.se()["d"])
    np.testing.assert_allclose(
        drawn,
        [t_statistics(restricted - residual + null * d + w[:, None] * residual, d, null)[1] for w in weights],
        rtol=1e-4,
    )
    assert bootstrap_p(y, d, weights, null) == pytest.approx(np.mean(np.abs(drawn) >= abs(float(actual))))


def test_wild_interval_holds_what_the_test_keeps() -> None:
    d = np.zeros((10, 14))
    d[:5, 9:] = 1
    weights = webb_weights(499, 10, 5)
    low, high = wild_bootstrap_interval(Y, d, weights, 0.9)
    assert bootstrap_p(Y, d, weights, low + 1e-3) > 0.1
    assert bootstrap_p(Y, d, weights, low - 1e-3) <= 0.1
    assert bootstrap_p(Y, d, weights, high - 1e-3) > 0.1
    assert bootstrap_p(Y, d, weights, high + 1e-3) <= 0.1


def test_wild_bootstrap_size_with_balanced_treatment() -> None:
    rng, rejections = np.random.default_rng(6), 0
    d = np.zeros((12, 10))
    d[:6, 6:] = 1
    weights = webb_weights(199, 12, 7)
    for _ in range(600):
        rejections += bootstrap_p(factor_model(rng, 12, 10), d, weights) <= 0.1
    assert rejections / 600 == pytest.approx(0.10, abs=3 * np.sqrt(0.09 / 600))


def test_inference_by_the_other_rules() -> None:
    panel = as_panel(factor_model(np.random.default_rng(8), 16, 12))
    units = [f"U{i:02d}" for i in range(6)]
    for rule in ("wild", "cluster"):
        effect = difference_in_differences(panel, "y", units, 2008, inference=rule, draws=199, seed=1)
        assert (effect.p_value <= 0.1) == (not effect.interval[0] <= 0 <= effect.interval[1])
        assert effect.se == pytest.approx(effect.cluster_se)
        assert effect.check("treated units").passed  # type: ignore[union-attr] # the check is made
        assert effect.table["lower"].isna().all()
        again = difference_in_differences(panel, "y", units, 2008, inference=rule, draws=199, seed=1)
        assert again.summary() == effect.summary()


# -- invariances -------------------------------------------------------------------------------------------
def test_order_scale_and_fixed_effects() -> None:
    rng = np.random.default_rng(9)
    base = difference_in_differences(as_panel(Y), "y", "U00", 2009)
    order = [0, 7, 3, 5, 1, 2, 9, 8, 4, 6]
    moved = difference_in_differences(as_panel(Y[order]), "y", "U00", 2009)
    shifted = Y + 5 * rng.normal(size=(10, 1)) + 5 * rng.normal(size=14)
    effects = difference_in_differences(as_panel(shifted), "y", "U00", 2009)
    for other in (moved, effects):
        assert other.estimate == pytest.approx(base.estimate)
        assert other.p_value == base.p_value
        assert other.interval == pytest.approx(base.interval)
    scaled = difference_in_differences(as_panel(1000 * Y), "y", "U00", 2009)
    assert scaled.interval == pytest.approx((1000 * base.interval[0], 1000 * base.interval[1]))


# -- bad input ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inference": "randomization"}, "did you mean 'randomisation'"),
        ({"inference": "cluster"}, "needs several treated units"),
        ({"inference": "wild"}, "needs several treated units"),
        ({"inference": "wild", "unit": list(STAGGERED), "event": STAGGERED}, "one common event"),
        ({"draws": 10}, "at least 99"),
        ({"level": 2}, "not between 0 and 1"),
        ({"donors": ["U00", "U01", "U02"]}, "among the donors"),
        ({"unit": ["U00", "U01"], "donors": ["U01", "U02", "U03"]}, "'U01' is among the donors"),
        ({"outcome": "z"}, "indicator 'z' not known"),
    ],
)
def test_bad_input_is_one_sentence(arguments: dict[str, object], message: str) -> None:
    question = {"outcome": "y", "unit": "U00", "event": 2010} | arguments
    with pytest.raises(EaeuError, match=message) as caught:
        call_with_options(difference_in_differences, EffectOptions, as_panel(Y), **question)  # type: ignore[arg-type] # wrong on purpose
    assert "\n" not in str(caught.value)


def test_constant_outcome_gap_and_infinite() -> None:
    flat = Y.copy()
    flat[0] = 2.0
    with pytest.raises(EaeuError, match="constant"):
        difference_in_differences(as_panel(flat), "y", "U00", 2009)
    holed = Y.copy()
    holed[4, 3] = np.nan
    assert "U04" in difference_in_differences(as_panel(holed), "y", "U00", 2009).dropped
    with pytest.raises(EaeuError, match="gaps"):
        difference_in_differences(
            as_panel(holed), "y", "U00", 2009, donors=["U03", "U04", "U05"], options=EffectOptions(gaps="error")
        )
    holed[4, 3] = np.inf
    with pytest.raises(EaeuError, match="infinite"):
        difference_in_differences(as_panel(holed), "y", "U00", 2009)


def test_a_regression_off_the_exact_value_raises() -> None:
    design = state_design(as_panel(Y), "y", "U00", 2009)
    with pytest.raises(NotConvergedError, match="did not converge"):
        did_core.clustered(design, double_difference(Y, [0], 9) + 0.01)
