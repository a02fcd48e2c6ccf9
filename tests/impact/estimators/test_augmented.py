"""Ridge augmented synthetic control: formula by hand, limits, cross-validation, invariances, coverage, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, call_with_options, factor_model

from eaeu_analysis.errors import BadInputError, EaeuError, NotConvergedError
from eaeu_analysis.impact.estimators import augmented
from eaeu_analysis.impact.estimators.augmented import (
    augmented_synthetic_control,
    augmented_weights,
    cross_validate_ridge,
    ridge_adjustment,
)
from eaeu_analysis.impact.options import AugmentedOptions
from eaeu_analysis.impact.weights.simplex import simplex_weights


def problem(seed: int, donors: int = 10, pre: int = 12) -> tuple[np.ndarray, np.ndarray]:
    y = factor_model(np.random.default_rng(seed), donors + 1, pre)
    return y[1:], y[0] + 3.0  # outside the donors' range, so that there is something to augment


def test_adjustment_is_the_ridge_formula() -> None:
    donors, treated = problem(1)
    scm = simplex_weights(donors.T, treated)
    x = donors - donors.mean(axis=0)
    for lam in (0.1, 7.0):
        # lemma 1 written out with the normal equations
        by_hand = (treated - scm @ donors) @ np.linalg.inv(x.T @ x + lam * np.eye(12)) @ x.T
        np.testing.assert_allclose(ridge_adjustment(donors, treated, scm, np.array([lam]))[0], by_hand, atol=1e-9)


def test_it_equals_the_ridge_regression_correction() -> None:
    """Equation 15: the weighted estimate plus the regression's prediction of the imbalance."""
    rng = np.random.default_rng(2)
    donors, treated = problem(2)
    after, lam = rng.normal(size=10), 2.0
    fit = augmented_weights(donors, treated, lam)
    x, z = donors - donors.mean(axis=0), after - after.mean()
    slope = np.linalg.solve(x.T @ x + lam * np.eye(12), x.T @ z)
    assert fit.weights @ after == pytest.approx(fit.scm @ after + (treated - fit.scm @ donors) @ slope)


def test_limits_of_the_penalty() -> None:
    donors, treated = problem(3, donors=20)
    loose = augmented_weights(donors, treated, 1e-9)
    np.testing.assert_allclose(loose.weights @ donors, treated, atol=1e-6)  # perfect fit, by extrapolation
    assert loose.weights.min() < 0
    tight = augmented_weights(donors, treated, 1e12)
    np.testing.assert_allclose(tight.weights, tight.scm, atol=1e-9)
    for fit in (loose, tight):
        assert fit.weights.sum() == pytest.approx(1)


def test_no_imbalance_no_augmentation() -> None:
    donors, _ = problem(4)
    inside = np.full(10, 0.1) @ donors
    fit = augmented_weights(donors, inside, 0.5)
    np.testing.assert_allclose(fit.weights @ donors, inside, atol=1e-8)
    np.testing.assert_allclose(fit.weights, fit.scm, atol=1e-7)


@pytest.mark.parametrize("demean", [False, True])
def test_cross_validation_leaves_out_one_period_at_a_time(demean: bool) -> None:
    donors, treated = problem(5, donors=6, pre=8)
    penalties = np.array([10.0, 1.0, 0.1])
    cv = cross_validate_ridge(donors, treated, penalties, demean)
    slow = np.empty((8, 3))
    for t in range(8):
        keep = [s for s in range(8) if s != t]
        d, x = donors[:, keep], treated[keep]
        a, b = (d.mean(axis=1), x.mean()) if demean else (np.zeros(6), 0.0)
        for k, lam in enumerate(penalties):
            w = augmented_weights(d - a[:, None], x - b, lam).weights
            slow[t, k] = (treated[t] - b - w @ (donors[:, t] - a)) ** 2
    np.testing.assert_allclose(cv.error, slow.mean(axis=0))
    np.testing.assert_allclose(cv.se, slow.std(axis=0, ddof=1) / np.sqrt(8))
    assert cv.least == penalties[np.argmin(cv.error)]
    limit = cv.error.min() + cv.se[np.argmin(cv.error)]
    assert cv.chosen == penalties[cv.error <= limit].max()
    assert cv.chosen >= cv.least


def test_scale_level_and_order() -> None:
    y = factor_model(np.random.default_rng(6), 10, 16)
    base = augmented_synthetic_control(as_panel(y), "y", "U00", 2012)
    scaled = augmented_synthetic_control(as_panel(100 * y + 7), "y", "U00", 2012)
    assert scaled.estimate == pytest.approx(100 * base.estimate, rel=1e-6)
    assert scaled.se == pytest.approx(100 * base.se, rel=1e-6)
    order = [0, 9, 4, 7, 1, 2, 8, 3, 6, 5]
    names = ["U00", *(f"Z{i}" for i in range(9))]
    moved = augmented_synthetic_control(as_panel(y[order], names=names), "y", "U00", 2012)
    assert moved.estimate == pytest.approx(base.estimate, abs=1e-7)
    assert moved.p_value == pytest.approx(base.p_value, abs=1e-6)


def test_result_is_whole() -> None:
    y = factor_model(np.random.default_rng(7), 10, 18)
    effect = augmented_synthetic_control(as_panel(y), "y", "U00", 2012, post_years=(2012, 2015))
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate)
    assert effect.weights is not None
    assert effect.weights.sum() == pytest.approx(1)
    assert effect.interval[0] < effect.estimate < effect.interval[1]
    assert (effect.p_value <= 0.1) == (not effect.interval[0] <= 0 <= effect.interval[1])
    assert effect.pre_mspe <= ((y[0] - effect.scm_weights.to_numpy() @ y[1:])[:12] ** 2).mean() + 1e-12
    assert effect.check("extrapolation") is not None
    again = augmented_synthetic_control(as_panel(y), "y", "U00", 2012, post_years=(2012, 2015))
    assert again.summary() == effect.summary()


def test_jackknife_plus_by_hand() -> None:
    y = factor_model(np.random.default_rng(8), 6, 14)
    effect = augmented_synthetic_control(
        as_panel(y), "y", "U00", 2011, inference="jackknife+", options=AugmentedOptions(penalty=1.0, level=0.8)
    )
    low, high = [], []
    for t in range(11):
        keep = [s for s in range(11) if s != t]
        gap = y[0] - augmented_weights(y[1:, keep], y[0, keep], 1.0).weights @ y[1:]
        low.append(gap[11:].mean() - abs(gap[t]))
        high.append(gap[11:].mean() + abs(gap[t]))
    # floor(0.2 * 12) = 2: the second smallest and the second largest
    assert effect.interval == (pytest.approx(sorted(low)[1]), pytest.approx(sorted(high)[-2]))
    assert np.isnan(effect.p_value)


def covered(repetitions: int, inference: str, seed: int) -> float:
    rng, hits = np.random.default_rng(seed), 0
    for _ in range(repetitions):
        y = factor_model(rng, 13, 18)
        y[0, 14:] += 1.0
        effect = augmented_synthetic_control(
            as_panel(y), "y", "U00", 2014, inference=inference, options=AugmentedOptions(checks=False)
        )
        hits += effect.interval[0] <= 1.0 <= effect.interval[1]
    return hits / repetitions


def test_coverage_of_the_placebo_interval() -> None:
    # 90 per cent nominal less three binomial standard errors
    assert covered(12, "placebo", 9) >= 0.90 - 3 * np.sqrt(0.09 / 12)


@pytest.mark.slow
def test_coverage_within_monte_carlo_error() -> None:
    assert 0.85 <= covered(300, "placebo", 10) <= 0.96
    assert covered(300, "jackknife+", 11) >= 0.80  # guaranteed 1 - 2 (1 - level) for exchangeable periods


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inference": "conformel"}, "inference 'conformel' not known"),
        ({"inference": "jackknife"}, r"did you mean 'jackknife\+'"),
        ({"penalty_rule": "2se"}, "did you mean '1se'"),
        ({"penalty": 0.0}, "not positive"),
        ({"penalty": float("nan")}, "not positive"),
        ({"level": 1.0}, "not between 0 and 1"),
        ({"event": 2004}, "at least 5 are needed"),
        ({"donors": ["U00", "U01", "U02"]}, "among the donors"),
        ({"gaps": "fill"}, "gaps 'fill' not known"),
    ],
)
def test_bad_input_is_one_sentence(arguments: dict[str, object], message: str) -> None:
    panel = as_panel(factor_model(np.random.default_rng(12), 8, 14))
    question = {"outcome": "y", "unit": "U00", "event": 2010} | arguments
    with pytest.raises(EaeuError, match=message) as caught:
        call_with_options(augmented_synthetic_control, AugmentedOptions, panel, **question)  # type: ignore[arg-type] # wrong on purpose
    assert "\n" not in str(caught.value)


def test_constant_outcome_and_infinite_donor() -> None:
    y = factor_model(np.random.default_rng(13), 8, 14)
    y[0] = 1.0
    with pytest.raises(BadInputError, match="constant"):
        augmented_synthetic_control(as_panel(y), "y", "U00", 2010)
    y = factor_model(np.random.default_rng(13), 8, 14)
    y[3, 2] = np.inf
    with pytest.raises(BadInputError, match="infinite"):
        augmented_synthetic_control(as_panel(y), "y", "U00", 2010)


def test_a_fit_that_does_not_converge_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def stuck(*_: object, **__: object) -> None:
        raise NotConvergedError("weights did not converge")

    monkeypatch.setattr(augmented, "exact_weights", stuck)
    with pytest.raises(NotConvergedError):
        augmented_synthetic_control(as_panel(factor_model(np.random.default_rng(14), 8, 14)), "y", "U00", 2010)
