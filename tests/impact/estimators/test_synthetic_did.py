"""Synthetic difference-in-differences: slow reference, invariances, special cases, variance, size and coverage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published_solvers import frank_wolfe, published_cohort
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError, NotConvergedError
from eaeu_analysis.impact.estimators import synthetic_did_core
from eaeu_analysis.impact.estimators.synthetic_did import synthetic_did
from eaeu_analysis.impact.estimators.synthetic_did_core import (
    METHODS,
    Cohorts,
    bootstrap,
    estimate_cohort,
    estimate_cohorts,
    jackknife,
    make_estimator,
    noise_level,
    placebo,
    pooled,
)
from eaeu_analysis.impact.options import SyntheticDidOptions


def problem(seed: int, control: int = 8, treated: int = 1, periods: int = 12) -> tuple[np.ndarray, np.ndarray]:
    y = factor_model(np.random.default_rng(seed), control + treated, periods)
    return y[:control], y[control:]


def objective(a: np.ndarray, b: np.ndarray, w: np.ndarray, zeta: float) -> float:
    a, b = a - a.mean(axis=0), b - b.mean()
    return float(((a @ w - b) ** 2).sum() + zeta**2 * len(b) * (w @ w))


# -- against a slow reference ------------------------------------------------------------------------------
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 9), st.integers(6, 14))
def test_weights_reach_what_frank_wolfe_reaches_slowly(seed: int, control: int, periods: int) -> None:
    y, treated = problem(seed, control, 1, periods)
    pre = periods - 3
    block = estimate_cohort(y, treated, pre)
    slow = frank_wolfe(y[:, :pre].T, treated[0, :pre], block.zeta, True, 0.0, 3000)
    a, b = y[:, :pre].T, treated[0, :pre]
    ours, reference = objective(a, b, block.omega, block.zeta), objective(a, b, slow, block.zeta)
    assert ours <= reference * (1 + 1e-9)
    assert reference <= ours * (1 + 1e-2)  # the reference is near, so the comparison means something
    np.testing.assert_allclose(block.omega, slow, atol=0.03)
    assert block.omega.min() >= 0
    assert block.omega.sum() == pytest.approx(1, abs=1e-12)
    assert block.lam.sum() == pytest.approx(1, abs=1e-12)


def test_time_weights_minimise_over_the_donors() -> None:
    from scipy.optimize import minimize

    y, treated = problem(3, 12, 1, 10)
    block = estimate_cohort(y, treated, 7)
    a, b = y[:, :7], y[:, 7:].mean(axis=1)
    a, b = a - a.mean(axis=0), b - b.mean()
    slow = minimize(
        lambda w: ((a @ w - b) ** 2).sum(),
        np.full(7, 1 / 7),
        jac=lambda w: 2 * a.T @ (a @ w - b),
        bounds=[(0, 1)] * 7,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert ((a @ block.lam - b) ** 2).sum() <= slow.fun * (1 + 1e-8)
    np.testing.assert_allclose(block.lam, slow.x, atol=1e-4)


def test_the_published_iteration_is_close_to_the_optimum() -> None:
    y, treated = problem(5, 15, 1, 20)
    exact = estimate_cohort(y, treated, 15)
    published = published_cohort(y, treated, 15)
    assert published.estimate == pytest.approx(exact.estimate, abs=0.02 * exact.noise)
    assert published.estimate != exact.estimate


# -- special cases by hand ---------------------------------------------------------------------------------
def test_did_is_the_double_difference() -> None:
    y, treated = problem(1, 8, 2)
    hand = (treated[:, 9:].mean() - treated[:, :9].mean()) - (y[:, 9:].mean() - y[:, :9].mean())
    assert estimate_cohort(y, treated, 9, "did").estimate == pytest.approx(hand, abs=1e-12)


def test_sc_compares_levels_and_difp_compares_changes() -> None:
    y, treated = problem(2)
    sc = estimate_cohort(y, treated, 9, "sc")
    assert sc.estimate == pytest.approx((treated[0] - sc.omega @ y)[9:].mean(), abs=1e-12)
    difp = estimate_cohort(y, treated, 9, "difp")
    gap = treated[0] - difp.omega @ y
    assert difp.estimate == pytest.approx(gap[9:].mean() - gap[:9].mean(), abs=1e-12)


def test_penalty_follows_the_paper() -> None:
    y, treated = problem(4, 8, 3)
    block = estimate_cohort(y, treated, 9)
    steps = np.diff(y[:, :9], axis=1)
    assert noise_level(y, 9) == pytest.approx(np.sqrt(((steps - steps.mean()) ** 2).sum() / (steps.size - 1)))
    assert block.zeta == pytest.approx((3 * 3) ** 0.25 * block.noise)


# -- invariances -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(8, 12, 9), (15, 9, 6), (4, 16, 12)])
def test_order_of_rows_and_columns_does_not_matter(method: str, shape: tuple[int, int, int]) -> None:
    control, periods, pre = shape
    rng = np.random.default_rng(7)
    y, treated = problem(6, control, 2, periods)
    zeta = noise_level(y, pre)  # held: the noise level itself depends on the order of periods
    base = estimate_cohort(y, treated, pre, method, zeta=zeta)
    rows, before, after = rng.permutation(control), rng.permutation(pre), pre + rng.permutation(periods - pre)
    columns = np.concatenate([before, after])
    moved = estimate_cohort(y[rows][:, columns], treated[::-1][:, columns], pre, method, zeta=zeta)
    assert moved.estimate == pytest.approx(base.estimate, abs=1e-6)
    np.testing.assert_allclose(moved.omega, base.omega[rows], atol=1e-5)
    np.testing.assert_allclose(moved.lam, base.lam[before], atol=1e-5)


@pytest.mark.parametrize("method", ["sc", "difp"])
def test_of_many_exact_fits_the_shortest_is_taken(method: str) -> None:
    rng = np.random.default_rng(25)
    y = rng.normal(size=(20, 9))
    treated = y.mean(axis=0, keepdims=True) + np.where(np.arange(9) < 5, 0.0, 1.0)
    block = estimate_cohort(y, treated, 5, method)  # 5 periods, 20 donors: a whole polytope of weights fits exactly
    np.testing.assert_allclose(block.omega, 1 / 20, atol=1e-6)  # and equal weights are its shortest member
    assert block.estimate == pytest.approx(1.0, abs=1e-6)
    order = rng.permutation(20)
    other = y[order] + 0.0
    target = 0.5 * y[[0]] + 0.5 * y[1:].mean(axis=0)
    one, two = estimate_cohort(y, target, 5, method), estimate_cohort(other, target, 5, method)
    assert two.estimate == pytest.approx(one.estimate, abs=1e-6)
    np.testing.assert_allclose(two.omega, one.omega[order], atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_scale_and_level(method: str) -> None:
    y, treated = problem(8)
    base = estimate_cohort(y, treated, 9, method).estimate
    assert estimate_cohort(1000 * y, 1000 * treated, 9, method).estimate == pytest.approx(1000 * base, rel=1e-7)
    assert estimate_cohort(y + 50, treated + 50, 9, method).estimate == pytest.approx(base, abs=1e-6)


@pytest.mark.parametrize("method", ["sdid", "did", "difp"])
def test_unit_and_period_effects_cancel(method: str) -> None:
    rng = np.random.default_rng(9)
    y, treated = problem(10)
    base = estimate_cohort(y, treated, 9, method, zeta=1.0)
    units = 5 * rng.normal(size=(9, 1))
    years = 5 * rng.normal(size=12)
    moved = estimate_cohort(y + units[:8] + years, treated + units[8:] + years, 9, method, zeta=1.0)
    assert moved.estimate == pytest.approx(base.estimate, abs=1e-6)


def test_an_effect_on_the_treated_passes_through_unchanged() -> None:
    y, treated = problem(11)
    lifted = treated.copy()
    lifted[:, 9:] += 2.5
    for method in METHODS:
        change = estimate_cohort(y, lifted, 9, method).estimate - estimate_cohort(y, treated, 9, method).estimate
        assert change == pytest.approx(2.5, abs=1e-9)


def test_names_and_order_in_the_panel_do_not_matter() -> None:
    y = factor_model(np.random.default_rng(12), 9, 14)
    base = synthetic_did(as_panel(y), "y", "U00", 2010)
    order = [0, 5, 3, 8, 1, 7, 2, 6, 4]
    renamed = ["U00", *(f"X{i}" for i in range(8))]
    moved = synthetic_did(as_panel(y[order], names=renamed), "y", "U00", 2010)
    assert moved.estimate == pytest.approx(base.estimate, abs=1e-8)
    assert moved.se == pytest.approx(base.se, abs=1e-8)


# -- variance ----------------------------------------------------------------------------------------------
def test_placebo_with_one_treated_unit_lists_every_donor() -> None:
    y, treated = problem(13)
    cohorts = Cohorts(y, {9: treated})
    found = placebo(cohorts, make_estimator("sdid", None), 200, seed=1)
    by_hand = [estimate_cohort(np.delete(y, i, 0), y[[i]], 9).estimate for i in range(8)]
    assert found.exact
    np.testing.assert_allclose(found.draws, by_hand)
    assert found.se == pytest.approx(np.std(by_hand))


def test_jackknife_leaves_each_unit_out_with_weights_held() -> None:
    y, treated = problem(14, 6, 3)
    cohorts = Cohorts(y, {9: treated})
    blocks = estimate_cohorts(cohorts, make_estimator("sdid", None))
    b = blocks[0]
    slow = []
    for i in range(9):
        keep = [k for k in range(9) if k != i]
        omega = np.array([b.omega[k] for k in keep if k < 6])
        omega = omega / omega.sum()
        rows = np.array([treated[k - 6] for k in keep if k >= 6])
        gap = rows.mean(axis=0) - omega @ y[[k for k in keep if k < 6]]
        slow.append(gap[9:].mean() - gap[:9] @ b.lam)
    found = jackknife(cohorts, blocks)
    np.testing.assert_allclose(found.draws, slow, atol=1e-12)
    assert found.se == pytest.approx(np.sqrt(8 / 9 * ((np.array(slow) - b.estimate) ** 2).sum()))


def test_bootstrap_draws_are_seeded_and_hold_both_kinds() -> None:
    y, treated = problem(15, 6, 3)
    cohorts = Cohorts(y, {8: treated[:2], 9: treated[2:]})
    estimator = make_estimator("did", None)
    one, two = bootstrap(cohorts, estimator, 40, 5), bootstrap(cohorts, estimator, 40, 5)
    np.testing.assert_array_equal(one.draws, two.draws)
    assert not np.array_equal(one.draws, bootstrap(cohorts, estimator, 40, 6).draws)
    assert np.isfinite(one.draws).all()
    assert one.se > 0


def test_cohorts_are_averaged_over_treated_cells() -> None:
    rng = np.random.default_rng(16)
    y = rng.normal(size=(9, 1)) + rng.normal(size=14)  # parallel without noise: every method is exact
    y[0, 8:] += 1.0
    y[1, 10:] += 4.0
    y[2, 10:] += 7.0
    event = {"U00": 2008, "U01": 2010, "U02": 2010}
    effect = synthetic_did(as_panel(y + 1e-9 * rng.normal(size=y.shape)), "y", list(event), event, method="did")
    assert effect.estimate == pytest.approx((6 * 1 + 4 * 4 + 4 * 7) / 14, abs=1e-6)
    cohorts = effect.cohorts
    assert list(cohorts["estimate"].round(6)) == [1.0, 5.5]
    assert list(cohorts["cells"]) == [6, 8]
    table = effect.table
    treated = [row.effect for row in table.itertuples() if row.time >= event[row.unit]]
    assert effect.estimate == pytest.approx(np.mean(treated))
    assert effect.post["effect"].tolist() == treated


def test_table_averages_to_the_estimate_and_shows_later_years_apart() -> None:
    y = factor_model(np.random.default_rng(17), 9, 16)
    effect = synthetic_did(as_panel(y), "y", "U00", 2010, post_years=(2010, 2012))
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate)
    assert int(effect.table["time"].max()) == 2015
    later = effect.table[effect.table["time"] > 2012]
    assert later["effect"].notna().all()
    assert later["lower"].isna().all()
    assert effect.weights is not None
    assert effect.weights.index.name == "donor"
    assert "placebo" in effect.summary()


def test_same_seed_same_bytes() -> None:
    panel = as_panel(factor_model(np.random.default_rng(18), 9, 12))
    one, two = (synthetic_did(panel, "y", ["U00", "U01"], 2009, draws=20, seed=3) for _ in range(2))
    assert one.table.to_csv() == two.table.to_csv()
    assert one.summary() == two.summary()
    assert one.interval != synthetic_did(panel, "y", ["U00", "U01"], 2009, draws=20, seed=4).interval


# -- simulated truth ---------------------------------------------------------------------------------------
def covered(repetitions: int, treated: int, control: int, variance: str, seed: int) -> float:
    hits = 0
    rng = np.random.default_rng(seed)
    for r in range(repetitions):
        y = factor_model(rng, control + treated, 16)
        y[:treated, 12:] += 1.0
        names = [f"U{i:02d}" for i in range(treated)]
        effect = synthetic_did(
            as_panel(y),
            "y",
            names if treated > 1 else "U00",
            2012,
            inference=variance,
            draws=40,
            seed=r,
            options=SyntheticDidOptions(checks=False),
        )
        hits += effect.interval[0] <= 1.0 <= effect.interval[1]
        assert (effect.p_value <= 0.1 + 1e-9) == (not effect.interval[0] <= 0 <= effect.interval[1])
    return hits / repetitions


def test_coverage_of_the_placebo_interval() -> None:
    # 90 per cent nominal less three binomial standard errors at 50 draws
    assert covered(50, 1, 10, "placebo", 19) >= 0.90 - 3 * np.sqrt(0.09 / 50)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("treated", "control", "variance", "low", "high"),
    [(1, 10, "placebo", 0.86, 0.95), (1, 20, "placebo", 0.86, 0.96), (5, 20, "jackknife", 0.86, 0.98)],
)
def test_coverage_within_monte_carlo_error(treated: int, control: int, variance: str, low: float, high: float) -> None:
    assert low <= covered(500, treated, control, variance, 20) <= high


# -- bad input ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "sdit"}, "method 'sdit' not known; did you mean 'sdid'"),
        ({"inference": "placebos"}, "did you mean 'placebo'"),
        ({"inference": "jackknife"}, "at least two treated units per date"),
        ({"inference": "bootstrap"}, "needs several treated units"),
        ({"inference": "jackknife", "unit": ["U00", "U01"], "method": "sc"}, "not valid for method 'sc'"),
        ({"donors": ["U00", "U02", "U03"]}, "among the donors"),
        ({"unit": ["U00", "U01"], "donors": ["U01", "U02", "U03"]}, "'U01' is among the donors"),
        ({"unit": ["U00", "U00"]}, "named twice"),
        ({"unit": []}, "unit is empty"),
        ({"unit": ["U00", "U01"], "event": {"U00": 2010}}, "event has no date for treated unit 'U01'"),
        ({"event": {"U00": 2010, "U05": 2011}}, "event names U05"),
        ({"event": 2003}, "at least 5 are needed"),
        ({"event": "soon"}, "not a year or a date"),
        ({"unit": "U99"}, "not known"),
        ({"level": 1.5}, "level 1.5"),
        ({"draws": 1}, "at least 2"),
        ({"unit": ["U00", "U01", "U02", "U03", "U04"]}, "two more control than treated"),
    ],
)
def test_bad_input_is_one_sentence(arguments: dict[str, object], message: str) -> None:
    panel = as_panel(factor_model(np.random.default_rng(21), 10, 14))
    question = {"outcome": "y", "unit": "U00", "event": 2010} | arguments
    with pytest.raises(EaeuError, match=message) as caught:
        call_with_options(synthetic_did, SyntheticDidOptions, panel, **question)  # type: ignore[arg-type] # wrong on purpose
    assert "\n" not in str(caught.value)


def test_constant_outcome_gaps_and_infinite_values() -> None:
    y = factor_model(np.random.default_rng(22), 6, 14)
    flat = y.copy()
    flat[0] = 3.0
    with pytest.raises(BadInputError, match="constant"):
        synthetic_did(as_panel(flat), "y", "U00", 2010)
    holed = y.copy()
    holed[2, 5] = np.nan
    effect = synthetic_did(as_panel(holed), "y", "U00", 2010)
    assert "U02" in effect.dropped
    assert effect.weights is not None
    assert "U02" not in effect.weights.index
    missing = y.copy()
    missing[0, 10:] = np.nan
    with pytest.raises(NoDataError, match="after the event"):
        synthetic_did(as_panel(missing), "y", "U00", 2010)
    infinite = y.copy()
    infinite[1, 3] = np.inf
    with pytest.raises(BadInputError, match="infinite"):
        synthetic_did(as_panel(infinite), "y", "U00", 2010)


def test_weights_that_do_not_converge_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(*_: object, **__: object) -> None:
        raise NotConvergedError("weights did not converge")

    monkeypatch.setattr(synthetic_did_core, "simplex_fit", stuck)
    with pytest.raises(NotConvergedError):
        synthetic_did(as_panel(factor_model(np.random.default_rng(23), 6, 14)), "y", "U00", 2010)


def test_one_donor_that_carries_everything_cannot_be_jackknifed() -> None:
    y, treated = problem(24, 5, 2)
    y[0] = treated.mean(axis=0)
    cohorts = Cohorts(y, {9: treated})
    blocks = estimate_cohorts(cohorts, make_estimator("difp", None))
    assert pooled(cohorts, blocks) == pytest.approx(0, abs=1e-4)
    with pytest.raises(BadInputError, match="carries all the weight"):
        jackknife(cohorts, blocks)
