"""Interrupted series and break dates: forecasts by brute force, HAC by hand, size and coverage, bad input."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from simulated_panels import as_panel, call_with_options

from eaeu_analysis.errors import BadInputError, EaeuError
from eaeu_analysis.impact.estimators.break_date import break_date, find_break
from eaeu_analysis.impact.estimators.interrupted_series import interrupted_series
from eaeu_analysis.impact.estimators.segmented import design, hac_t, segmented
from eaeu_analysis.impact.estimators.structural import share_grid, structural_forecast
from eaeu_analysis.impact.inference.autoregressive import draw_errors, draw_picks, error_model
from eaeu_analysis.impact.options import BreakDateOptions, InterruptedSeriesOptions


def autoregression(rng: np.random.Generator, periods: int, rho: float) -> np.ndarray:
    e = rng.normal(size=periods + 40)
    for t in range(1, len(e)):
        e[t] += rho * e[t - 1]
    return e[40:]


def common_factor(seed: int, units: int = 8, periods: int = 24, noise: float = 0.5) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 10 + np.cumsum(rng.normal(size=periods)) + noise * rng.normal(size=(units, periods))


# -- structural forecast -----------------------------------------------------------------------------------
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_forecast_is_generalised_least_squares(share: float) -> None:
    """Local level with a regressor at given variance shares: the forecast, its covariance and the weight of the share
    follow from the joint normal distribution with a flat prior on level and coefficient."""
    rng = np.random.default_rng(1)
    y, x, ahead = rng.normal(size=12), rng.normal(size=(12, 1)), rng.normal(size=(3, 1))
    grid = share_grid(2)
    g = int(np.argmin(np.abs(grid[:, 1] - share)))
    irregular, level = grid[g]
    times = np.arange(15)
    walk = np.minimum.outer(times, times) + 1.0  # the level takes unit steps; where it starts, the flat prior absorbs
    v = irregular * np.eye(15) + level * walk
    spread = x.std(axis=0)
    z = np.column_stack([np.ones(15), (np.vstack([x, ahead]) - x.mean(axis=0)) / spread])
    a, b, c = v[:12, :12], v[12:, :12], v[12:, 12:]
    inverse = np.linalg.inv(a)
    target = (y - y.mean()) / y.std()
    information = z[:12].T @ inverse @ z[:12]
    beta = np.linalg.solve(information, z[:12].T @ inverse @ target)
    rest = target - z[:12] @ beta
    mean = y.mean() + y.std() * (z[12:] @ beta + b @ inverse @ rest)
    pull = z[12:] - b @ inverse @ z[:12]
    scale = rest @ inverse @ rest / 10
    covariance = y.var() * scale * (c - b @ inverse @ b.T + pull @ np.linalg.inv(information) @ pull.T)
    found = structural_forecast(y, x, ahead)
    np.testing.assert_allclose(found.means[g], mean, atol=1e-4)
    np.testing.assert_allclose(found.covariances[g], covariance, rtol=1e-3, atol=1e-5)
    assert found.df == 10


def test_weights_of_the_shares_are_their_likelihoods() -> None:
    rng = np.random.default_rng(2)
    y, x, ahead = rng.normal(size=14), rng.normal(size=(14, 1)), rng.normal(size=(2, 1))
    found = structural_forecast(y, x, ahead)
    times = np.arange(14)
    z = np.column_stack([np.ones(14), x])
    logs = []
    for irregular, level in share_grid(2):
        v = irregular * np.eye(14) + level * (np.minimum.outer(times, times) + 1.0)
        inverse = np.linalg.inv(v)
        information = z.T @ inverse @ z
        rest = y - z @ np.linalg.solve(information, z.T @ inverse @ y)
        logs.append(
            -0.5 * np.linalg.slogdet(v)[1] - 0.5 * np.linalg.slogdet(information)[1] - 6 * np.log(rest @ inverse @ rest)
        )
    expected = np.exp(np.array(logs) - max(logs))
    np.testing.assert_allclose(found.weights, expected / expected.sum(), atol=1e-3)


def test_quantiles_belong_to_the_mixture() -> None:
    rng = np.random.default_rng(3)
    found = structural_forecast(np.cumsum(rng.normal(size=15)), np.empty((15, 0)), np.empty((4, 0)), "drift")
    mean = np.full(4, 0.25)
    for p in (0.05, 0.5, 0.95):
        assert found.cdf(mean, float(found.quantiles(mean, np.array([p]))[0])) == pytest.approx(p, abs=1e-9)
    draws = []
    for weight, centre, covariance in zip(found.weights, found.means, found.covariances, strict=True):
        count = round(float(weight) * 200_000)
        scale = np.sqrt(mean @ covariance @ mean)
        draws.append(centre @ mean + scale * stats.t.rvs(found.df, size=count, random_state=rng))
    assert np.quantile(np.concatenate(draws), 0.9) == pytest.approx(found.quantiles(mean, np.array([0.9]))[0], abs=0.05)


@pytest.mark.parametrize("trend", ["level", "drift", "trend"])
def test_invariant_to_scale_and_origin(trend: str) -> None:
    y = common_factor(4)
    base = interrupted_series(as_panel(y), "y", "U00", 2019, options=InterruptedSeriesOptions(trend=trend))
    moved = interrupted_series(
        as_panel(1000 * y - 300), "y", "U00", 2019, options=InterruptedSeriesOptions(trend=trend)
    )
    assert moved.estimate == pytest.approx(1000 * base.estimate, rel=1e-4)
    assert moved.interval[1] == pytest.approx(1000 * base.interval[1], rel=1e-4)
    assert moved.p_value == pytest.approx(base.p_value, abs=1e-5)
    assert sum(base.variance_shares.values()) == pytest.approx(1)


def test_a_jump_is_found_and_its_table_adds_up() -> None:
    y = common_factor(5, noise=0.3)
    y[0, 19:] += 4.0
    effect = interrupted_series(as_panel(y), "y", "U00", 2019)
    assert effect.interval[0] < 4.0 < effect.interval[1]
    assert effect.p_value < 0.01
    assert effect.finding == "found"
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate)
    assert (effect.post["lower"] < effect.post["effect"]).all()
    assert (effect.p_value <= 0.1) == (not effect.interval[0] <= 0 <= effect.interval[1])
    assert effect.summary() == interrupted_series(as_panel(y), "y", "U00", 2019).summary()


def test_comparators() -> None:
    y = common_factor(6)
    panel = as_panel(y)
    assert interrupted_series(panel, "y", "U00", 2019, regressors="none").provenance.settings["regressors"] == []
    each = interrupted_series(panel, "y", "U00", 2019, regressors="each", donors=["U01", "U02"])
    assert each.provenance.settings["regressors"] == ["U01", "U02"]
    assert each.df == 19 - 3
    two = interrupted_series(panel, "y", "U00", 2019, regressors=2)
    reordered = interrupted_series(as_panel(y[[0, 5, 3, 7, 1, 2, 6, 4]]), "y", "U00", 2019, regressors=2)
    assert reordered.estimate == pytest.approx(two.estimate, abs=1e-5)


def test_a_bad_forecaster_fails_its_checks() -> None:
    y = common_factor(7, noise=0.05)
    y[0] = 10 + 1.5 * np.arange(24) ** 1.1  # its own way, which the donors' mean says nothing of
    effect = interrupted_series(
        as_panel(y), "y", "U00", 2019, regressors="mean", options=InterruptedSeriesOptions(trend="level")
    )
    assert effect.check("placebo in time").passed is False  # type: ignore[union-attr] # the check is made


def structural_coverage(repetitions: int, rho: float | None, seed: int) -> float:
    rng, hits = np.random.default_rng(seed), 0
    for _ in range(repetitions):
        factor = np.cumsum(rng.normal(size=25))
        u = autoregression(rng, 25, rho) if rho is not None else np.cumsum(rng.normal(size=25))
        x = (factor + 0.3 * rng.normal(size=25))[:, None]
        found = structural_forecast((factor + u)[:20], x[:20], x[20:])
        hits += 0.05 < found.cdf(np.full(5, 0.2), float((factor + u)[20:].mean())) < 0.95
    return hits / repetitions


def test_structural_coverage() -> None:
    assert structural_coverage(100, 0.5, 8) >= 0.9 - 3 * np.sqrt(0.09 / 100)


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8, None])
def test_structural_coverage_whatever_the_errors(rho: float | None) -> None:
    # nominal 90 per cent; 86 where the errors are a random walk of their own, which twenty periods hardly show
    assert (0.83 if rho is None else 0.86) <= structural_coverage(600, rho, 9) <= 0.985


# -- segmented regression ----------------------------------------------------------------------------------
def test_hac_by_hand() -> None:
    rng = np.random.default_rng(10)
    t = np.arange(-15, 7).astype(float)
    base, added, weights = design(t, rng.normal(size=(22, 1)), True)
    z = np.hstack([base, added])
    y = rng.normal(size=22)
    contrast = np.concatenate([np.zeros(3), weights])
    b = np.linalg.solve(z.T @ z, z.T @ y)
    g = z * (y - z @ b)[:, None]
    middle = g.T @ g
    for lag in (1, 2):
        part = g[lag:].T @ g[:-lag]
        middle += (1 - lag / 3) * (part + part.T)
    inverse = np.linalg.inv(z.T @ z)
    estimate, se = hac_t(z, y[None], contrast, 2)
    assert estimate[0] == pytest.approx(contrast @ b)
    assert se[0] == pytest.approx(np.sqrt(contrast @ inverse @ middle @ inverse @ contrast * 22 / (22 - 5)))


def test_segmented_agrees_with_statsmodels_and_averages() -> None:
    y = common_factor(11)
    y[0, 18:] += 2 + 0.5 * np.arange(6)
    effect = interrupted_series(as_panel(y), "y", "U00", 2018, method="segmented", draws=199)
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate)
    found = segmented(y[0], np.arange(-18, 6).astype(float), y[1:].mean(axis=0)[:, None], 0.9, 199, 0)
    t = np.arange(-18, 6).astype(float)
    base, added, weights = design(t, y[1:].mean(axis=0)[:, None], True)
    estimate, se = hac_t(np.hstack([base, added]), y[:1], np.concatenate([np.zeros(3), weights]), found.lags)
    assert found.estimate == pytest.approx(estimate[0])
    assert found.se == pytest.approx(se[0])
    assert effect.estimate == pytest.approx(found.estimate)
    assert effect.interval[0] < effect.estimate < effect.interval[1]
    assert found.effects.mean() == pytest.approx(found.estimate)


def test_segmented_p_and_interval_agree() -> None:
    rng = np.random.default_rng(12)
    t = np.arange(-16, 6).astype(float)
    for jump in (0.0, 1.0, 3.0):
        y = autoregression(rng, 22, 0.3) + jump * (t >= 0)
        found = segmented(y, t, None, 0.9, 199, 1)
        assert (found.p_value <= 0.1) == (not found.interval[0] <= 0 <= found.interval[1])


def segmented_size(repetitions: int, rho: float, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    t = np.arange(-18, 7).astype(float)
    ours, table = 0, 0
    for r in range(repetitions):
        found = segmented(autoregression(rng, 25, rho), t, None, 0.9, 199, r)
        ours += found.p_value <= 0.1
        table += found.p_hac <= 0.1
    return ours / repetitions, table / repetitions


def test_bootstrap_keeps_the_size_that_the_table_loses() -> None:
    ours, table = segmented_size(80, 0.5, 13)
    assert ours <= 0.10 + 3 * np.sqrt(0.09 / 80)
    assert table > 0.2


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_segmented_size_within_monte_carlo_error(rho: float) -> None:
    ours, table = segmented_size(400, rho, 14)
    assert 0.04 <= ours <= 0.155
    assert table > 0.15


# -- autoregressive errors ---------------------------------------------------------------------------------
def test_error_model_recovers_rho_without_the_usual_bias() -> None:
    rng = np.random.default_rng(15)
    z = np.column_stack([np.ones(25), np.arange(25) / 25])
    models = [error_model(autoregression(rng, 25, 0.6), z) for _ in range(400)]
    assert np.mean([m.rho for m in models]) == pytest.approx(0.6, abs=0.08)
    paths = draw_errors(models[0], draw_picks(25, 2000, 1))
    assert paths.shape == (2000, 25)
    lag = (paths[:, 1:] * paths[:, :-1]).mean() / (paths**2).mean()
    assert lag == pytest.approx(models[0].rho, abs=0.05)


# -- break dates -------------------------------------------------------------------------------------------
def test_f_statistics_by_least_squares() -> None:
    rng = np.random.default_rng(16)
    y = autoregression(rng, 20, 0.2) + 9.0 * (np.arange(20) >= 12)
    base = np.column_stack([np.ones(20), np.arange(20) / 20])
    dates = tuple(range(4, 17))
    found = find_break(y, base, dates, "level", 199, 0)

    def squares(z: np.ndarray) -> float:
        return float(((y - z @ np.linalg.lstsq(z, y, rcond=None)[0]) ** 2).sum())

    null = squares(base)
    for k, date in enumerate(dates):
        with_break = squares(np.column_stack([base, (np.arange(20) >= date).astype(float)]))
        assert found.f[k] == pytest.approx((null - with_break) / with_break * 17)
    assert found.best == 12
    assert found.p_value <= 0.02
    assert found.p[dates.index(12)] == 1.0
    assert found.size[0] == pytest.approx(9.0, abs=2.0)


def test_break_date_tells_events_apart_when_the_data_do() -> None:
    y = 0.3 * np.random.default_rng(17).normal(size=(5, 24)) + 10
    y[0, 15:] -= 5.0
    found = break_date(as_panel(y), "y", "U00", 2012, candidates={"crash": "2015-01-01", "accession": 2018}, draws=199)
    assert found.time == 2015
    assert found.date_set == [2015]
    assert found.candidates["crash"]["in_set"]
    assert not found.candidates["accession"]["in_set"]
    assert found.verdict.endswith("it can be crash (2015), not accession (2018)")
    assert "crash" in found.summary()
    assert list(found.to_frame().columns) == ["time", "f", "p", "in_set"]
    found.plot()
    calm = break_date(as_panel(y), "y", "U01", 2012, draws=199)
    assert calm.verdict.startswith("no break found") or calm.p_value <= 0.1


def test_a_second_break_is_reported() -> None:
    y = 0.3 * np.random.default_rng(24).normal(size=(5, 30)) + 10
    y[0, 8:] += 6.0
    y[0, 20:] -= 4.0
    found = break_date(as_panel(y), "y", "U00", 2020, draws=199, options=BreakDateOptions(trend=False))
    assert found.time == 2008
    alone = next(check for check in found.checks if check.name == "one break only")
    assert alone.passed is False
    assert "2020" in alone.text
    narrowed = break_date(
        as_panel(y), "y", "U00", 2020, draws=199, fit_years=(2009, 2019), options=BreakDateOptions(trend=False)
    )
    assert narrowed.time == 2020
    assert next(check for check in narrowed.checks if check.name == "one break only").passed


def test_break_against_comparators_leaves_the_shared_shock_out() -> None:
    y = 0.3 * np.random.default_rng(18).normal(size=(6, 24)) + 10
    y[:, 14:] -= 5.0  # everyone's crash
    y[0, 18:] += 4.0  # the treated unit's own turn
    alone = break_date(as_panel(y), "y", "U00", 2018, draws=199, options=BreakDateOptions(trend=False))
    comparison = break_date(
        as_panel(y), "y", "U00", 2018, draws=199, regressors="mean", options=BreakDateOptions(trend=False)
    )
    assert alone.time == 2014
    assert comparison.time == 2018
    assert comparison.p_value <= 0.05


def break_rates(repetitions: int, rho: float, seed: int) -> tuple[float, float]:
    """Size of the sup-F test and coverage of the set of dates."""
    rng = np.random.default_rng(seed)
    base = np.column_stack([np.ones(25), np.arange(25) / 25])
    dates = tuple(range(4, 22))
    rejected, kept = 0, 0
    for r in range(repetitions):
        u = autoregression(rng, 25, rho)
        rejected += find_break(u, base, dates, "level", 199, r).p_value <= 0.1
        found = find_break(u + 4.0 * (np.arange(25) >= 14), base, dates, "level", 199, r)
        kept += found.p[dates.index(14)] > 0.1
    return rejected / repetitions, kept / repetitions


def test_size_and_coverage_of_the_break_date() -> None:
    size, coverage = break_rates(100, 0.5, 19)
    assert size <= 0.10 + 3 * np.sqrt(0.09 / 100)
    assert coverage >= 0.90 - 3 * np.sqrt(0.09 / 100)


@pytest.mark.slow
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8])
def test_size_and_coverage_within_monte_carlo_error(rho: float) -> None:
    size, coverage = break_rates(600, rho, 20)
    assert size <= 0.13
    assert coverage >= 0.84


# -- bad input ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "structure"}, "did you mean 'structural'"),
        ({"trend": "drifts"}, "did you mean 'drift'"),
        ({"regressors": "means"}, "did you mean 'mean'"),
        ({"regressors": 9}, "from 1 to"),
        ({"regressors": True}, "regressors True not known"),
        (
            {"regressors": "each", "donors": [f"U{i:02d}" for i in range(1, 8)], "event": 2008},
            "too few for 7 regressors",
        ),
        ({"method": "segmented", "regressors": "each", "event": 2009, "post_years": (2009, 2011)}, "too few for"),
        ({"draws": 5}, "at least 99"),
        ({"level": -1}, "not between 0 and 1"),
        ({"unit": ["U00", "U01"]}, "takes one treated unit, 2 were given"),
        ({"event": 2003}, "at least 5 are needed"),
        ({"donors": ["U00", "U01", "U02"]}, "among the donors"),
    ],
)
def test_bad_input_is_one_sentence(arguments: dict[str, object], message: str) -> None:
    question = {"outcome": "y", "unit": "U00", "event": 2016} | arguments
    with pytest.raises(EaeuError, match=message) as caught:
        call_with_options(interrupted_series, InterruptedSeriesOptions, as_panel(common_factor(21)), **question)  # type: ignore[arg-type] # wrong on purpose
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "jump"}, "kind 'jump' not known"),
        ({"trim": 0.6}, "trim 0.6"),
        ({"candidates": {"late": 2023}}, "candidate 'late' \\(2023\\) is not among the dates"),
        ({"candidates": {"crash": "soon"}}, "not a year or a date"),
        ({"regressors": "each", "kind": "both"}, "too few to look for a break"),
        ({"unit": ["U00", "U01"]}, "takes one treated unit"),
        ({"draws": 5}, "at least 99"),
    ],
)
def test_bad_input_of_break_date(arguments: dict[str, object], message: str) -> None:
    question = {"outcome": "y", "unit": "U00", "event": 2008} | arguments
    with pytest.raises(EaeuError, match=message) as caught:
        call_with_options(break_date, BreakDateOptions, as_panel(common_factor(22, periods=14)), **question)  # type: ignore[arg-type] # wrong on purpose
    assert "\n" not in str(caught.value)


def test_constant_series_gaps_and_collinear_comparators() -> None:
    y = common_factor(23)
    y[0] = 4.0
    with pytest.raises(BadInputError, match="constant"):
        interrupted_series(as_panel(y), "y", "U00", 2016)
    y = common_factor(23)
    y[1:] = np.arange(24.0)  # every donor a straight line
    with pytest.raises(BadInputError, match="collinear"):
        interrupted_series(as_panel(y), "y", "U00", 2016, method="segmented")
    with pytest.raises(BadInputError, match="collinear"):
        break_date(as_panel(y), "y", "U00", 2016, regressors="mean")
    y = common_factor(23)
    y[0, 10] = np.nan
    refuse = InterruptedSeriesOptions(gaps="error")
    with pytest.raises(EaeuError, match="no value in 2010"):
        interrupted_series(as_panel(y), "y", "U00", 2016, fit_years=(2002, 2015), options=refuse)
