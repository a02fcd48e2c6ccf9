"""Synthetic control: slow references, invariances, recovery, and what the choices mean."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from published_solvers import published_synthetic_control
from scipy.optimize import differential_evolution, minimize
from simulated_panels import as_panel, call_with_options

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.impact.effect import TABLE
from eaeu_analysis.impact.estimators.synthetic import SyntheticControlEffect, synthetic_control
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.predictors import Predictor
from eaeu_analysis.impact.question.problem import state_problem
from eaeu_analysis.impact.weights import predictor_weights
from eaeu_analysis.impact.weights.fit import WeightSettings, fit_unit, make_setup, scaled

EVENT = 2012
QUICK = {"inference": "none", "checks": False}


def by_question(panel: Panel, **choice) -> SyntheticControlEffect:
    return call_with_options(synthetic_control, SyntheticControlOptions, panel, "y", "U00", EVENT, **choice, **QUICK)


def world(seed: int = 0, units: int = 10, periods: int = 20, effect: float = 0.0) -> Panel:
    """Outcome y with a known effect on U00, and three predictors that carry the unit's loadings with noise."""
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(3, periods)).cumsum(axis=1)
    loadings = rng.dirichlet(np.ones(3), size=units)
    loadings[0] = loadings[1:4].mean(axis=0)  # the treated unit is inside the hull
    y = 20 + loadings @ factors * 3 + 0.3 * rng.normal(size=(units, periods))
    y[0, EVENT - 2000 :] += effect
    table = as_panel(y).to_frame()
    for k in range(3):
        table[f"x{k}"] = np.repeat(loadings[:, k], periods) * 10 + 0.2 * rng.normal(size=len(table))
    return Panel.from_frame(table, "unit", "year")


PREDICTORS = [Predictor(f"x{k}", (2000, 2011)) for k in range(3)] + [
    Predictor("y", year) for year in (2003, 2007, 2011)
]


def test_outcomes_only_is_the_least_squares_fit_on_the_simplex():
    effect = by_question(world())
    wide = world().wide("y")
    pre, donors = wide.loc[:2011], list(effect.weights.index)

    def loss(w):
        return ((pre["U00"] - pre[donors] @ w) ** 2).mean()

    slow = minimize(
        loss,
        np.full(9, 1 / 9),
        bounds=[(0, 1)] * 9,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-15, "maxiter": 1000},
    )
    assert effect.pre_mspe == pytest.approx(slow.fun, rel=1e-6)
    np.testing.assert_allclose(effect.weights, slow.x, atol=1e-4)
    assert effect.pre_mspe <= slow.fun * (1 + 1e-9)
    synthetic = wide[donors] @ effect.weights
    np.testing.assert_allclose(effect.table["counterfactual"], synthetic, atol=1e-10)
    assert effect.estimate == pytest.approx((wide["U00"] - synthetic).loc[EVENT:].mean())


def test_the_table_and_the_fields():
    effect = synthetic_control(world(), "y", "U00", EVENT, options=SyntheticControlOptions(level=0.8))
    assert list(effect.table.columns) == TABLE
    assert list(effect.table["time"]) == list(range(2000, 2020))
    post = effect.table["time"] >= EVENT
    assert effect.table.loc[post, ["lower", "upper"]].notna().all(axis=None)
    assert effect.table.loc[~post, ["lower", "upper"]].isna().all(axis=None)
    inside = effect.table[post]
    assert ((inside["lower"] <= inside["effect"]) & (inside["effect"] <= inside["upper"])).all()
    assert effect.interval[0] <= effect.estimate <= effect.interval[1]
    assert effect.weights.sum() == pytest.approx(1)
    assert effect.level == 0.8
    assert effect.provenance.series[0].code == "y"
    text = effect.summary()
    for part in ("80%", "donors:", "verdict:", "[info]"):
        assert part in text
    assert effect.to_frame().equals(effect.table)
    assert "<table" in effect._repr_html_()


def test_an_effect_can_be_asked_again_from_its_spec():
    first = synthetic_control(world(effect=2), "y", "U00", EVENT, predictors=PREDICTORS, seed=3, inference="none")
    spec = json.loads(json.dumps(first.spec))  # plain values only
    assert spec.pop("estimator") == "synthetic_control"
    spec["predictors"] = [Predictor(**p) for p in spec["predictors"]]
    again = call_with_options(synthetic_control, SyntheticControlOptions, world(effect=2), **spec)
    pd.testing.assert_frame_equal(first.table, again.table)
    assert dict(again.spec) == dict(first.spec)


# -- predictor weights ------------------------------------------------------------------------------------
SEARCH = WeightSettings("search")


def setup_of(panel: Panel, recipe: WeightSettings = SEARCH):
    problem = state_problem(panel, "y", "U00", EVENT)
    return make_setup(panel, problem, PREDICTORS, recipe, "drop")


@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_the_gradient_is_the_slope_of_the_loss(penalty):
    setup = setup_of(world())
    x = scaled(setup.x, 0, range(1, 10))
    wide = setup.problem.outcomes[setup.problem.fit]
    objective = predictor_weights._Objective(x, wide[:, 1:] - wide[:, [0]], penalty)
    rng = np.random.default_rng(0)
    for _ in range(5):
        at = np.log(rng.uniform(0.1, 1, len(x)))
        gradient = objective(at)[1]
        step = 1e-6
        slopes = [(objective(at + step * e)[0] - objective(at - step * e)[0]) / (2 * step) for e in np.eye(len(x))]
        np.testing.assert_allclose(gradient, slopes, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_search_is_no_worse_than_slow_global_searches(seed):
    setup = setup_of(world(seed))
    x = scaled(setup.x, 0, range(1, 10))
    wide = setup.problem.outcomes[setup.problem.fit]
    z = wide[:, 1:] - wide[:, [0]]
    fast = predictor_weights.search(x, z)

    def loss(log_v):
        gap = z @ predictor_weights.weights_of(np.exp(log_v), x)
        return float(gap @ gap) / len(z)

    low = np.log(predictor_weights.FLOOR)
    slow = differential_evolution(loss, [(low, 0)] * len(x), seed=1, maxiter=60, popsize=8, tol=1e-10, polish=False)
    local = minimize(loss, np.full(len(x), low / 2), method="Nelder-Mead", bounds=[(low, 0)] * len(x))
    assert fast.loss <= min(slow.fun, local.fun) * (1 + 1e-3)
    assert fast.v.min() / fast.v.max() >= predictor_weights.FLOOR * (1 - 1e-9)
    assert fast.v.sum() == pytest.approx(1)


@pytest.mark.parametrize("floor", [0.01, 1e-4])
def test_a_wider_box_is_searched_about_as_well_as_by_a_hundred_random_starts(floor):
    """Narrow valleys: the end of the default box is never lost; three agreeing starts once ended the search at up to
    four times the loss that these random starts find."""
    low, share = float(np.log(floor)), []
    for seed in range(100, 104):
        rng = np.random.default_rng(seed)
        x, z = rng.normal(size=(9, 14)), rng.normal(size=(10, 14)).cumsum(axis=0)
        found = predictor_weights.search(x, z, floor, seed=seed)
        objective = predictor_weights._Objective(x, z, 0.0)
        slow = min(
            predictor_weights._descend(objective, rng.uniform(low, 0, 9), low, 200, 1e-12)[0] for _ in range(100)
        )
        share.append(found.loss / (slow * objective.scale))
        assert found.loss <= predictor_weights.search(x, z, seed=seed).loss * (1 + 1e-9)
        assert found.v.min() / found.v.max() >= floor * (1 - 1e-9)
    assert np.median(share) <= 1.01
    assert max(share) <= 1.5


def test_a_fit_that_one_start_alone_found_is_stated():
    asked = {"predictors": PREDICTORS, "v_floor": 1e-8, **QUICK}
    fits = [
        call_with_options(synthetic_control, SyntheticControlOptions, world(9), "y", "U00", EVENT, seed=seed, **asked)
        for seed in range(4)
    ]
    alone = [fit.search["agreeing"] == 1 for fit in fits]
    assert [any(c.name == "search of predictor weights" for c in fit.checks) for fit in fits] == alone
    assert set(alone) == {True, False}


def test_a_lower_floor_fits_the_past_no_worse():
    losses = [by_question(world(4), predictors=PREDICTORS, v_floor=f).pre_mspe for f in (1.0, 0.1, 0.01, 1e-5)]
    direct = by_question(world(4)).pre_mspe
    assert losses == sorted(losses, reverse=True)
    assert direct <= losses[-1] * (1 + 1e-9)


def test_choices_of_v():
    panel = world(5)

    def ask(**choice):
        return call_with_options(
            synthetic_control,
            SyntheticControlOptions,
            panel,
            "y",
            "U00",
            EVENT,
            predictors=PREDICTORS,
            **choice,
            **QUICK,
        )

    equal = ask(v="equal")
    as_mapping = ask(v={p.label: 1 for p in PREDICTORS})
    np.testing.assert_allclose(equal.weights, as_mapping.weights, atol=1e-9)
    assert equal.predictor_balance["v"].tolist() == pytest.approx([1 / 6] * 6)
    one = ask(v={"x0": 1})  # by indicator
    balance = one.predictor_balance.loc["x0 2000-2011"]
    assert balance["synthetic"] == pytest.approx(balance["treated"])
    searched, halves = ask(v="search"), ask(v="cross-validation")
    assert searched.pre_mspe <= equal.pre_mspe
    assert searched.pre_mspe <= halves.pre_mspe * (1 + 1e-9)
    assert ask(v="outcomes").weights.equals(by_question(panel).weights)
    assert by_question(panel, v="equal").spec["v"] == "outcomes"


def test_cross_validation_tunes_on_the_first_half_alone():
    """Values of the predictors in the second half and outcomes of the first must not enter the choice of V."""
    panel = world(6)
    recipe = WeightSettings("cross-validation")
    setup = setup_of(panel, recipe)
    assert setup.problem.times[setup.train].tolist() == list(range(2000, 2006))
    assert setup.problem.times[setup.validate].tolist() == list(range(2006, 2012))
    v = fit_unit(setup, recipe).v
    table = panel.to_frame()
    changed = table["year"].between(2000, 2005)
    table.loc[changed, "y"] += np.random.default_rng(0).normal(size=int(changed.sum()))
    setup_y = setup_of(Panel.from_frame(table, "unit", "year"), recipe)
    lags = [p for p in setup.labels if p.startswith("x")]
    rows = [setup.labels.index(name) for name in lags]
    np.testing.assert_allclose(setup_y.x_train[rows], setup.x_train[rows])
    table = panel.to_frame()
    table.loc[table["year"].between(2006, 2011), ["x0", "x1", "x2"]] += 1.0
    table.loc[table["unit"] == "U03", "x0"] += 0.0
    shifted = fit_unit(setup_of(Panel.from_frame(table, "unit", "year"), recipe), recipe).v
    np.testing.assert_allclose(shifted, v, atol=1e-12)


# -- variants ---------------------------------------------------------------------------------------------
def test_an_intercept_takes_up_any_constant():
    panel = world(7)
    table = panel.to_frame()
    shifted = table.assign(y=table["y"] + np.where(table["unit"] == "U00", 1000.0, 0.0))
    plain = by_question(panel, intercept=True)
    moved = by_question(Panel.from_frame(shifted, "unit", "year"), intercept=True)
    assert moved.estimate == pytest.approx(plain.estimate, abs=1e-8)
    np.testing.assert_allclose(moved.weights, plain.weights, atol=1e-9)
    assert moved.intercept - plain.intercept == pytest.approx(1000)
    gaps = moved.table[moved.table["time"] < EVENT]["effect"]
    assert gaps.mean() == pytest.approx(0, abs=1e-9)
    assert moved.check("convex hull").passed is None


def test_a_penalty_prefers_donors_that_are_alike():
    """Abadie & L'Hour (2021): with a high price only the nearest neighbour is left."""
    panel = world(8)
    wide = panel.wide("y").loc[:2011]
    nearest = ((wide.drop(columns="U00").sub(wide["U00"], axis=0)) ** 2).sum().idxmin()
    distances = []
    for penalty in (0.0, 0.1, 1.0, 1e6):
        weights = by_question(panel, penalty=penalty).weights
        away = ((wide[weights.index].sub(wide["U00"], axis=0)) ** 2).sum()
        distances.append(float(away @ weights))
    assert distances == sorted(distances, reverse=True)
    assert weights.idxmax() == nearest
    assert weights.max() == pytest.approx(1)
    by_predictors = by_question(panel, predictors=PREDICTORS, penalty=1e6)
    assert by_predictors.weights.max() == pytest.approx(1)


# -- invariances ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("predictors", [None, PREDICTORS], ids=["outcomes", "search"])
def test_order_of_rows_and_columns_does_not_matter(predictors):
    table = world(9, effect=1.0).to_frame()
    plain = synthetic_control(Panel.from_frame(table, "unit", "year"), "y", "U00", EVENT, predictors=predictors)
    mixed = table.sample(frac=1, random_state=0)[["x2", "year", "y", "x0", "unit", "x1"]]
    again = synthetic_control(Panel.from_frame(mixed, "unit", "year"), "y", "U00", EVENT, predictors=predictors)
    pd.testing.assert_frame_equal(plain.table, again.table)
    assert plain.p_value == again.p_value
    assert plain.summary() == again.summary()


@pytest.mark.parametrize("predictors", [None, PREDICTORS], ids=["outcomes", "search"])
def test_names_of_units_do_not_matter(predictors):
    table = world(10, effect=1.0).to_frame()
    names = {f"U{i:02d}": f"{chr(90 - i)}{i}" for i in range(10)}  # the order is reversed
    plain = synthetic_control(Panel.from_frame(table, "unit", "year"), "y", "U00", EVENT, predictors=predictors)
    other = Panel.from_frame(table.assign(unit=table["unit"].map(names)), "unit", "year")
    again = synthetic_control(other, "y", names["U00"], EVENT, predictors=predictors)
    assert again.estimate == pytest.approx(plain.estimate, rel=1e-5)
    assert again.p_value == plain.p_value
    assert again.interval == pytest.approx(plain.interval, rel=1e-4)
    for old, new in names.items():
        if old != "U00":
            assert again.weights[new] == pytest.approx(plain.weights[old], abs=1e-4)


@pytest.mark.parametrize("factor", [1e-6, 1e9])
def test_units_of_measurement_do_not_matter(factor):
    table = world(11, effect=1.0).to_frame()
    for predictors in (None, PREDICTORS):
        plain = synthetic_control(Panel.from_frame(table, "unit", "year"), "y", "U00", EVENT, predictors=predictors)
        scaled_table = table.assign(y=table["y"] * factor, x1=table["x1"] * 1000)
        again = synthetic_control(
            Panel.from_frame(scaled_table, "unit", "year"), "y", "U00", EVENT, predictors=predictors
        )
        assert again.estimate == pytest.approx(plain.estimate * factor, rel=1e-5)
        assert again.interval == pytest.approx(tuple(end * factor for end in plain.interval), rel=1e-4)
        assert again.p_value == plain.p_value
        assert [c.passed for c in again.checks] == [c.passed for c in plain.checks]


def test_a_constant_for_all_units_does_not_matter():
    table = world(12, effect=1.0).to_frame()
    for intercept in (False, True):
        plain = synthetic_control(
            Panel.from_frame(table, "unit", "year"),
            "y",
            "U00",
            EVENT,
            options=SyntheticControlOptions(intercept=intercept),
        )
        higher = Panel.from_frame(table.assign(y=table["y"] + 500), "unit", "year")
        again = synthetic_control(higher, "y", "U00", EVENT, options=SyntheticControlOptions(intercept=intercept))
        assert again.estimate == pytest.approx(plain.estimate, abs=1e-7)
        assert again.p_value == plain.p_value


def test_the_same_call_gives_the_same_bytes():
    once, twice = (
        synthetic_control(world(13), "y", "U00", EVENT, predictors=PREDICTORS).table.to_csv() for _ in range(2)
    )
    assert once == twice


# -- truth ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("predictors", [None, PREDICTORS], ids=["outcomes", "search"])
def test_a_known_effect_is_recovered(predictors):
    truth, errors = 2.0, []
    for seed in range(12):
        panel = world(100 + seed, effect=truth)
        errors.append(by_question(panel, predictors=predictors).estimate - truth)
    assert abs(np.mean(errors)) < 0.25
    assert np.std(errors) < 0.5


def test_later_years_without_a_donor_are_shown_as_missing():
    table = world(14).to_frame()
    plain = by_question(Panel.from_frame(table, "unit", "year"))
    heavy = plain.weights.idxmax()
    light = plain.weights.idxmin()
    table.loc[(table["unit"].isin([heavy, light])) & (table["year"] == 2019), "y"] = np.nan
    cut = by_question(Panel.from_frame(table, "unit", "year"), post_years=(EVENT, 2018))
    assert np.isnan(cut.table.set_index("time").loc[2019, "effect"])
    assert np.isfinite(cut.table.set_index("time").loc[2018, "effect"])
    table.loc[(table["unit"] == heavy) & (table["year"] == 2019), "y"] = 20.0
    kept = by_question(Panel.from_frame(table, "unit", "year"), post_years=(EVENT, 2018))
    assert plain.weights.min() == 0  # a donor without weight is not missed
    assert np.isfinite(kept.table.set_index("time").loc[2019, "effect"])
    assert cut.estimate == pytest.approx(kept.estimate)


def test_the_published_optimiser_is_never_better():
    panel = world(15, units=6)
    mine = by_question(panel, predictors=PREDICTORS, v_floor=1e-8)
    theirs = published_synthetic_control(panel, ("y", "U00", EVENT), PREDICTORS)[2]
    assert mine.pre_mspe <= theirs * (1 + 1e-6)
