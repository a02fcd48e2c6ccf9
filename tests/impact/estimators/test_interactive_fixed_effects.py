"""Interactive fixed effects: a known truth, the slow way, the tests of the years before the event."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.estimators.interactive_fixed_effects import (
    components,
    counterfactuals,
    prediction_errors,
)
from eaeu_analysis.impact.methods import find_method


def simulated(
    effect: float = 4.0, seed: int = 0, treated: int = 5, donors: int = 30, drift: float = 0.0, noise: float = 0.5
) -> pd.DataFrame:
    """Two factors; the treated load more on the first than donors do on average, so that paths are not parallel."""
    rng = np.random.default_rng(seed)
    factors = np.column_stack([np.cumsum(rng.normal(0.4, 0.5, 30)), rng.normal(0, 1, 30)])
    loadings = rng.normal(0, 1, (treated + donors, 2))
    loadings[:treated, 0] = rng.uniform(0.3, 1.5, treated)
    y = 10 + rng.normal(0, 2, (treated + donors, 1)) + rng.normal(0, 1, 30) + loadings @ factors.T
    y += rng.normal(0, noise, y.shape)
    y[:treated, 20:] += effect
    y[:treated] += drift * np.maximum(0, np.arange(30) - 16)
    names = [*(f"T{i}" for i in range(treated)), *(f"D{i:02d}" for i in range(donors))]
    wide = pd.DataFrame(y, index=names, columns=range(1990, 2020))
    return wide.rename_axis(index="unit", columns="year").stack().rename("y").reset_index()


def estimate(frame: pd.DataFrame, treated: int = 5, **options: Any) -> Any:
    panel = ea.Panel.from_frame(frame, unit="unit")
    names = [f"T{i}" for i in range(treated)]
    return ea.interactive_fixed_effects(panel, "y", names, 2010, **{"draws": 99} | options)


@lru_cache
def found() -> Any:
    return estimate(simulated(), draws=200)


def test_a_known_effect_where_paths_are_not_parallel() -> None:
    effect = found()
    assert effect.factors.shape == (30, 2)
    assert effect.estimate == pytest.approx(4.0, abs=0.5)
    assert effect.interval[0] < 4.0 < effect.interval[1]
    assert effect.check("leads").value > 0.05
    assert not effect.check("placebo test").failed
    panel = ea.Panel.from_frame(simulated(), unit="unit")
    plain = ea.staggered_did(panel, "y", [f"T{i}" for i in range(5)], 2010, draws=99, method="imputation")
    assert abs(plain.estimate - 4.0) > 3 * abs(effect.estimate - 4.0)


def test_factors_and_loadings_by_singular_values_and_least_squares() -> None:
    rng = np.random.default_rng(3)
    control, treated = rng.normal(0, 1, (12, 20)), rng.normal(0, 1, (3, 20))
    starts = np.array([12, 12, 15])
    basis = components(control, 2)
    demeaned = control - control.mean(0) - control.mean(1, keepdims=True) + control.mean()
    expected = np.linalg.svd(demeaned)[2][:2].T
    angle = np.linalg.svd(expected.T @ (basis.basis[:, :2] / np.sqrt(20)))[1]
    np.testing.assert_allclose(angle, 1.0, atol=1e-10)
    paths, _ = counterfactuals(basis, treated, starts)
    for i, start in enumerate(starts):
        x = np.column_stack([expected, np.ones(20)])
        b = np.linalg.lstsq(x[:start], (treated[i] - control.mean(0))[:start], rcond=None)[0]
        np.testing.assert_allclose(paths[i], control.mean(0) + x @ b, atol=1e-9)


def test_left_out_errors_by_leaving_out() -> None:
    rng = np.random.default_rng(4)
    control, treated, starts = rng.normal(0, 1, (10, 16)), rng.normal(0, 1, (2, 16)), np.array([9, 11])
    fast = prediction_errors(control, treated, starts, 3)
    for count in range(4):
        found = components(control, count)
        slow = []
        for unit, start in zip(treated - found.means, starts, strict=True):
            for out in range(start):
                rows = [t for t in range(start) if t != out]
                b = np.linalg.lstsq(found.basis[rows], unit[rows], rcond=None)[0]
                slow.append((unit[out] - found.basis[out] @ b) ** 2)
        assert fast[count] == pytest.approx(np.mean(slow))


def test_no_factors_is_two_way_fixed_effects() -> None:
    effect = estimate(simulated(), options=ea.InteractiveOptions(factors=0))
    panel = ea.Panel.from_frame(simulated(), unit="unit")
    plain = ea.staggered_did(panel, "y", [f"T{i}" for i in range(5)], 2010, draws=99, method="imputation")
    assert effect.estimate == pytest.approx(plain.estimate)


def test_paths_that_bend_before_the_event_fail_their_checks() -> None:
    bent = estimate(simulated(effect=0.0, drift=1.5, noise=0.2), options=ea.InteractiveOptions(factors=2))
    assert bent.check("placebo test").failed
    assert bent.check("equivalence").failed
    assert bent.check("leads").failed
    assert bent.finding == "unreliable"


def test_scale_order_and_seed() -> None:
    base = found()
    frame = simulated()
    other = estimate(frame.assign(y=1e6 * frame["y"] + 1e9).sample(frac=1, random_state=1), draws=200)
    assert other.estimate == pytest.approx(1e6 * base.estimate, rel=1e-6)
    assert other.se == pytest.approx(1e6 * base.se, rel=1e-5)
    assert found().p_value == estimate(frame, draws=200).p_value


@pytest.mark.slow
def test_a_true_null_is_rejected_about_as_often_as_it_says() -> None:
    p = [
        estimate(simulated(0.0, seed, 2, 16), 2, options=ea.InteractiveOptions(factors=2)).p_value for seed in range(25)
    ]
    assert np.mean(np.array(p) <= 0.2) <= 0.44


def test_it_is_a_method_by_name_with_figures_and_words() -> None:
    effect = found()
    for kind in ("path", "gap", "placebo", "event_study"):
        assert effect.plot(kind=kind).figure
    assert "2 factors" in effect.summary()
    panel = ea.Panel.from_frame(simulated(treated=1), unit="unit")
    named = find_method("ife")(panel, "y", "T0", 2010, draws=99)
    assert named.estimate == pytest.approx(4.0, abs=1.5)
    again = ea.interactive_fixed_effects(
        ea.Panel.from_frame(simulated(), unit="unit"),
        "y",
        effect.spec["unit"],
        effect.spec["event"],
        draws=effect.spec["draws"],
        seed=effect.spec["seed"],
        fit_years=effect.spec["fit_years"],
        post_years=effect.spec["post_years"],
    )
    assert again.estimate == effect.estimate
    assert again.interval == effect.interval


def test_odd_questions_are_one_sentence() -> None:
    for options, says in (
        ({"draws": 5}, "at least 99"),
        ({"options": ea.InteractiveOptions(factors=25)}, "allow for 17 at most"),
    ):
        with pytest.raises(BadInputError, match=says):
            estimate(simulated(), **options)
    with pytest.raises(BadInputError, match="whole number"):
        ea.InteractiveOptions(factors=-1)
