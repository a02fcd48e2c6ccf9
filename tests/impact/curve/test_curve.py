"""Specification curves: every combination there, each as its public estimator gives it, the whole tested exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel
from small_grid import EVENT, QUICK, SMALL, made

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.impact.curve import estimates
from eaeu_analysis.impact.curve.estimates import make_curve_setup
from eaeu_analysis.impact.curve.grid import PoolRule, PredictorRule
from eaeu_analysis.impact.curve.result import curve_test
from eaeu_analysis.impact.curve.run import by_question, curve_fingerprint, specification_curve
from eaeu_analysis.impact.estimators.augmented import augmented_synthetic_control
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.options import AugmentedOptions, SyntheticControlOptions


@pytest.fixture(scope="module")
def curve():
    return specification_curve(as_panel(made(6.0)), "y", "U00", EVENT, SMALL)


# -- rows ---------------------------------------------------------------------------------------------------------
def test_every_specification_is_a_row(curve):
    assert len(curve.table) == len(SMALL.specifications("y", EVENT, False)) == 2 * 4 * 3 * 6
    assert (curve.table["failed"] == "").all()
    assert curve.table["specification"].tolist() == list(range(len(curve.table)))
    assert set(curve.table.loc[curve.table["pool"] == "few", "donors"]) == {6}


@pytest.mark.parametrize("intercept", [False, True])
def test_a_row_is_what_the_public_function_says(curve, intercept):
    """Estimate, p, interval, finding: the curve's fast way and the careful one agree."""
    name = "sc-demeaned" if intercept else "sc"
    panel = as_panel(made(6.0))
    rows = curve.table[(curve.table["estimator"] == name) & (curve.table["shock"] == "kept")]
    for row in rows.to_dict("records"):
        donors = None if row["pool"] == "all" else list(SMALL.pools["few"].units)
        fit, post = (row["fit_first"], row["fit_last"]), (row["post_first"], row["post_last"])
        effect = synthetic_control(
            panel,
            "y",
            "U00",
            EVENT,
            donors,
            fit_years=fit,
            post_years=post,
            options=SyntheticControlOptions(intercept=intercept, checks=False),
        )
        assert row["estimate"] == pytest.approx(effect.estimate, abs=1e-8)
        assert row["p_value"] == pytest.approx(effect.p_value)
        np.testing.assert_allclose([row["lower"], row["upper"]], effect.interval, atol=1e-7)
        assert row["finding"] == effect.finding
        assert row["least_p"] == pytest.approx(1 / (row["donors"] + 1))


def test_an_extrapolated_counterfactual_is_no_clean_finding():
    """The check of the public function is in the curve too: weights far below zero make an effect fragile at best."""
    y = made(40.0, seed=3)
    y[0] += 30.0 * np.linspace(0, 1, 20)  # a path that no average of the donors follows
    grid = replace(QUICK, estimators=("augmented",), shocks=("kept",))
    row = specification_curve(as_panel(y), "y", "U00", EVENT, grid).table.iloc[0]
    public = augmented_synthetic_control(
        as_panel(y),
        "y",
        "U00",
        EVENT,
        fit_years=(2003, 2014),
        post_years=(2015, 2019),
        options=AugmentedOptions(checks=False),
    )
    assert row["estimate"] == pytest.approx(public.estimate)
    assert public.check("extrapolation").passed is False
    assert row["finding"] == "fragile"


def test_a_known_effect_is_found_by_the_curve(curve):
    without = specification_curve(as_panel(made(0.0)), "y", "U00", EVENT, SMALL).table
    kept = curve.table["shock"] != "moved"  # a date too early sees a part of it only
    np.testing.assert_allclose((curve.table["estimate"] - without["estimate"])[kept], 6.0, atol=1e-6)
    assert curve.share_same_sign == 1.0
    assert curve.share_significant == pytest.approx(0.5)  # all of those that can be
    assert curve.share_testable == pytest.approx(0.5)  # six donors and the unit: p cannot fall below 1/7
    low, high = curve.quartiles
    assert low < curve.estimate < high


def test_an_interval_includes_zero_exactly_when_p_is_above_the_level(curve):
    inside = (curve.table["lower"] <= 0) & (curve.table["upper"] >= 0)
    assert ((curve.table["p_value"] > 0.1 + 1e-9) == inside).all()


def test_what_cannot_be_answered_is_a_row_with_its_reason():
    y = made(2.0)
    rows = [(f"U{i:02d}", 2000 + t, v) for i, row in enumerate(y) for t, v in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "y"])
    frame.loc[(frame["unit"] == "U00") & (frame["year"] == 2004), "y"] = np.nan
    panel = Panel.from_frame(frame, "unit", "year")
    grid = replace(QUICK, before=(12, 8), pools={**QUICK.pools, "one": PoolRule("one", units=("U03",))})
    curve = specification_curve(panel, "y", "U00", EVENT, grid)
    assert len(curve.table) == len(grid.specifications("y", EVENT, False))
    long = curve.table[curve.table["before"] == 12]
    assert long["failed"].str.contains("no value in 2004").all()
    assert long["estimate"].isna().all()
    assert (long["finding"] == "").all()
    alone = curve.table[(curve.table["pool"] == "one") & (curve.table["before"] == 8)]
    assert alone["failed"].str.contains("at least 2 are needed").all()
    assert (curve.table.loc[(curve.table["before"] == 8) & (curve.table["pool"] != "one"), "failed"] == "").all()
    assert "no answer in" in curve.summary()


def test_a_predictor_that_the_panel_lacks_fails_its_rows_alone():
    sets = {"own": (PredictorRule("", "last"), PredictorRule("", "all")), "other": (PredictorRule("z", "all"),)}
    grid = replace(QUICK, estimators=("sc-predictors", "did"), predictors=sets)
    table = specification_curve(as_panel(made()), "y", "U00", EVENT, grid).table
    assert table.loc[table["predictors"] == "other", "failed"].str.contains("lacks the series of 'z'").all()
    assert (table.loc[table["predictors"] != "other", "failed"] == "").all()


def test_a_solver_that_fails_is_a_row_too(monkeypatch):
    from eaeu_analysis.errors import NotConvergedError
    from eaeu_analysis.impact.curve import placebos as everyone

    def fails(field, seed):
        raise NotConvergedError("weights did not converge")

    monkeypatch.setitem(everyone.ESTIMATORS, "sdid", fails)
    table = specification_curve(as_panel(made()), "y", "U00", EVENT, QUICK).table
    assert (table.loc[table["estimator"] == "sdid", "failed"] == "weights did not converge").all()
    assert (table.loc[table["estimator"] != "sdid", "failed"] == "").all()


# -- the same whatever the way ------------------------------------------------------------------------------------
def test_two_workers_give_what_one_gives():
    panel = as_panel(made(2.0))
    grid = replace(QUICK, estimators=("sc", "sdid", "mc"), shocks=("kept", "dropped"))
    one, two = (specification_curve(panel, "y", "U00", EVENT, grid, jobs=jobs) for jobs in (1, 2))
    for name in ("table", "effects", "statistics", "p_values"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)


def test_questions_answered_together_are_those_answered_alone():
    panel = as_panel(made(2.0))
    task = make_curve_setup(panel, "y", "U00", EVENT, SMALL, 0.9, 0)
    questions = by_question(SMALL.specifications("y", EVENT, False))
    alike = [q for q in questions if q[0].question[:3] == questions[0][0].question[:3]]
    assert len(alike) > 3
    for together, question in zip(estimates.answer_questions(task, alike), alike, strict=True):
        alone = estimates.answer_question(task, question)
        assert together.rows == alone.rows
        for name in ("effects", "statistics", "p_values"):
            np.testing.assert_array_equal(getattr(together, name), getattr(alone, name))


def test_a_fingerprint_is_that_of_the_question_and_not_of_the_last_bit_of_a_logarithm():
    def mark(values, grid=QUICK, seed=0, numbers=(0, 1)):
        return curve_fingerprint(make_curve_setup(as_panel(values), "y", "U00", EVENT, grid, 0.9, seed), numbers)

    first, other = made(), made()
    other[3, 3] += 1e-4
    assert mark(np.nextafter(first, np.inf)) == mark(first)
    changed = mark(other), mark(first, replace(QUICK, after=(3,))), mark(first, seed=1), mark(first, numbers=(0, 2))
    assert len({mark(first), *changed}) == 5


def test_rows_of_the_panel_units_and_constants_do_not_matter():
    y = made(2.0)
    base = specification_curve(as_panel(y), "y", "U00", EVENT, QUICK)
    names = [f"U{i:02d}" for i in range(len(y))]
    turned = specification_curve(as_panel(y[::-1], names=names[::-1]), "y", "U00", EVENT, QUICK)
    np.testing.assert_allclose(turned.table["estimate"], base.table["estimate"], atol=1e-9)
    np.testing.assert_allclose(turned.table["p_value"], base.table["p_value"])
    scaled = specification_curve(as_panel(1000 * y + 5000), "y", "U00", EVENT, QUICK)
    np.testing.assert_allclose(scaled.table["estimate"] / 1000, base.table["estimate"], atol=1e-9)
    np.testing.assert_allclose(scaled.table["p_value"], base.table["p_value"])
    assert scaled.table["finding"].isin(["none", "found", "fragile", "unreliable"]).all()


def test_a_limit_takes_the_same_rows_out_of_the_whole():
    panel = as_panel(made(2.0))
    whole = specification_curve(panel, "y", "U00", EVENT, QUICK)
    part = specification_curve(panel, "y", "U00", EVENT, QUICK, limit=7, seed=0)
    assert len(part.table) == 7
    same = whole.table.set_index("specification").loc[part.table["specification"]]
    np.testing.assert_array_equal(part.table["estimate"], same["estimate"])


def test_progress_ends_at_the_total():
    seen = []
    specification_curve(
        as_panel(made()), "y", "U00", EVENT, QUICK, progress=lambda done, total: seen.append((done, total))
    )
    assert seen[-1] == (18, 18)
    assert seen == sorted(seen)


# -- what the curve says ------------------------------------------------------------------------------------------
def test_drivers_are_shares_of_the_variance(curve):
    drivers = curve.drivers.set_index("choice")
    assert set(drivers.index) == {"estimator", "predictors", "pool", "before", "after", "shock"}
    assert drivers["share"].between(0, 1).all()
    good = curve.answered
    means = good.groupby("pool")["estimate"].transform("mean")
    assert drivers.loc["pool", "share"] == pytest.approx(means.var(ddof=0) / good["estimate"].var(ddof=0))
    medians = good.groupby("pool")["estimate"].median()
    assert drivers.loc["pool", "spread"] == pytest.approx(medians.max() - medians.min())
    assert drivers.loc["pool", "high"] == medians.idxmax()
    assert curve.options["specifications"].groupby(curve.options["choice"]).sum().eq(len(curve.table)).all()


def test_the_summary_says_it_in_words(curve):
    text = curve.summary()
    for words in ("144 specifications, 0 without an answer", "100% positive", "what moves it", "median effect", "p ="):
        assert words in text
    assert text == curve.summary()
    pd.testing.assert_frame_equal(curve.to_frame(), curve.table)


def test_a_large_effect_is_the_most_extreme_curve(curve):
    test = curve.test()
    assert len(test.null) == 1 + 13
    assert test.p_value == pytest.approx(1 / 14)  # itself included: never zero
    assert test.table["statistic"].tolist() == ["median_effect", "share_sign", "share_significant"]
    own = test.null.loc["U00"]
    assert own["median_effect"] == pytest.approx(curve.answered["standardised"].median())
    assert own["share_sign"] == curve.share_same_sign
    assert own["share_significant"] == pytest.approx(curve.share_significant)
    assert all(check.passed == (check.value <= 0.1) for check in test.checks)
    assert "curves of units that nothing happened to" in test.summary()


def test_the_null_curve_of_a_donor_is_the_curve_it_would_have_had(curve):
    """A unit outside a pool is compared with the whole pool, as when it is asked about with the treated unit away."""
    y = made(6.0)
    rest = as_panel(y[1:], names=[f"U{i:02d}" for i in range(1, len(y))])
    few = replace(SMALL, pools={"few": SMALL.pools["few"]})
    own = specification_curve(rest, "y", "U12", EVENT, few)
    mine = curve.table[curve.table["pool"] == "few"]["specification"]
    np.testing.assert_allclose(curve.effects.loc[mine, "U12"], own.table["estimate"], atol=1e-8)
    np.testing.assert_allclose(curve.p_values.loc[mine, "U12"], own.table["p_value"])
    np.testing.assert_allclose(curve.statistics.loc[mine, "U12"], own.table["standardised"], rtol=1e-6)


def test_the_test_among_chosen_units(curve):
    assert curve_test(curve, ["U01", "U02", "U03"]).p_value == pytest.approx(1 / 4)
    with pytest.raises(BadInputError, match="unit 'XXX' is not among those"):
        curve_test(curve, ["XXX"])


def test_units_that_lack_specifications_are_left_out_and_named():
    y = made(2.0)
    rows = [(f"U{i:02d}", 2000 + t, v) for i, row in enumerate(y) for t, v in enumerate(row)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "y"])
    frame.loc[(frame["unit"] == "U09") & (frame["year"] == 2010), "y"] = np.nan
    curve = specification_curve(Panel.from_frame(frame, "unit", "year"), "y", "U00", EVENT, QUICK)
    assert curve.test().left_out == ("U09",)
    assert "left out, for want of more than a tenth of the specifications: U09" in curve.test().summary()
    assert np.isnan(curve.statistics["U09"]).all()


@pytest.mark.slow
def test_the_size_of_the_test_of_the_curve():
    """Worlds without an effect: p <= 0.1 in about a tenth of them, within three Monte Carlo standard errors."""
    grid = replace(QUICK, pools={"all": PoolRule("all units")})
    runs = 300
    p = [
        specification_curve(as_panel(made(0.0, seed, units=20)), "y", "U00", EVENT, grid).test().p_value
        for seed in range(runs)
    ]
    size = float(np.mean(np.array(p) <= 0.1 + 1e-9))
    assert abs(size - 0.1) < 3 * np.sqrt(0.09 / runs)


# -- bad input ----------------------------------------------------------------------------------------------------
def test_bad_input_in_one_sentence():
    panel = as_panel(made())
    with pytest.raises(BadInputError, match="indicator 'yy' not known"):
        specification_curve(panel, "yy", "U00", EVENT, QUICK)
    with pytest.raises(BadInputError, match="unit 'U99' not known"):
        specification_curve(panel, "y", "U99", EVENT, QUICK)
    with pytest.raises(BadInputError, match="one treated unit"):
        specification_curve(panel, "y", ["U00", "U01"], EVENT, QUICK)
    with pytest.raises(BadInputError, match="jobs 0"):
        specification_curve(panel, "y", "U00", EVENT, QUICK, jobs=0)
    with pytest.raises(BadInputError, match="level 90"):
        specification_curve(panel, "y", "U00", EVENT, QUICK, level=90)
    with pytest.raises(BadInputError, match="least population"):
        specification_curve(panel, "y", "U00", EVENT, replace(QUICK, min_population=1e6))
    with pytest.raises(NoDataError, match="no specification could be answered"):
        specification_curve(panel, "y", "U00", 2030, QUICK)
