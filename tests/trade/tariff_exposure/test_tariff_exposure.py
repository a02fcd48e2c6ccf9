"""Tariff exposure on simulated trade: the truth is found, no effect is not, a trend is caught, bounds contain it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.trade.gravity.ppml import ppml
from eaeu_analysis.trade.tariff_exposure.estimate import PRE_TREND
from eaeu_analysis.trade.tariff_exposure.fit import ExposureWindows, fit_windows, jackknife_error, leave_clusters_out
from eaeu_analysis.trade.tariff_exposure.own_rates import OwnRates, slope_range, worst_case
from eaeu_analysis.trade.tariff_exposure.permutation import permutation_p, permuted_exposure, pre_trend_p

CODES = [f"{chapter:02d}{k:02d}" for chapter in range(1, 31) for k in range(1, 11)]
YEARS = range(2009, 2019)
QUICK = ea.TariffExposureOptions(permutations=199)


def world(seed: int, effect: float, trend: float = 0.0, own: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Monthly imports by heading; a shock common to all products from 2015 on, and shocks of chapters."""
    draw = np.random.default_rng(seed)
    chapter = np.repeat(np.arange(30), 10)
    rate = np.clip(draw.uniform(0, 15, 30)[chapter] + draw.uniform(-4, 4, 300), 0, None)
    size = np.exp(draw.normal(13, 1.5, 300))
    x = np.log1p(rate / 100) - np.log1p(own / 100)
    rows = []
    for year in YEARS:
        rouble = -0.4 if year >= 2015 else 0.0
        shock = draw.normal(0, 0.1, 30)[chapter] + rouble
        mean = size * np.exp(shock + effect * x * (year >= 2015) + trend * x * (year - 2009))
        for month in range(1, 13):
            rows.append(
                pd.DataFrame({"product": CODES, "year": year, "month": month, "usd": mean * draw.gamma(4, 0.25, 300)})
            )
    return pd.concat(rows, ignore_index=True), pd.DataFrame({"product": CODES, "new": rate, "old": own})


def test_the_true_elasticity_is_found_and_the_common_shock_is_not_in_it() -> None:
    found = ea.tariff_exposure(*world(3, -4.0), "2015-01-02", options=QUICK)
    assert found.interval[0] < -4.0 < found.interval[1]
    assert abs(found.estimate + 4.0) < 2 * found.se < 3.0
    assert found.p_value < 0.02
    assert found.finding == "found"
    after = found.table[found.table["year"] >= 2015]
    assert after["estimate"].mean() == pytest.approx(-4.0, abs=1.5)
    assert found.table.set_index("year").loc[2014, "estimate"] == 0.0


def test_months_leave_the_estimate_and_give_leads_within_years() -> None:
    """PPML on product-by-month flows with product and month effects is the estimate on sums by year."""
    flows, tariffs = world(3, -4.0)
    found = ea.tariff_exposure(flows, tariffs, 2015, options=QUICK)
    by_year = ea.tariff_exposure(flows.drop(columns="month"), tariffs, 2015, options=QUICK)
    assert by_year.estimate == pytest.approx(found.estimate)
    assert by_year.by_period is None
    x = np.log1p(flows["product"].map(tariffs.set_index("product")["new"]) / 100)
    inside = flows["year"].between(2010, 2018)
    months = flows.assign(exposure=x * (flows["year"] >= 2015))[inside]
    fit = ppml(months, "usd", ["exposure"], ["product", ("year", "month")], "product")
    assert fit.coef["exposure"] == pytest.approx(found.estimate, rel=1e-5)
    leads = found.by_period
    assert leads is not None
    assert leads["period"].tolist() == [f"{year}Q{k}" for year in range(2010, 2019) for k in range(1, 5)]
    assert (leads.loc[leads["period"].str.startswith("2014"), "estimate"] == 0).all()
    after = leads["period"] >= "2015"
    assert leads.loc[after, "estimate"].mean() == pytest.approx(-4.0, abs=1.5)
    assert abs(leads.loc[leads["period"] < "2014", "estimate"].mean()) < 1.5
    options = ea.TariffExposureOptions(permutations=199, lead_months=1)
    monthly = ea.tariff_exposure(flows, tariffs, 2015, options=options).by_period
    assert monthly is not None
    assert len(monthly) == 108
    assert monthly["period"].iloc[-8] == "2018-05"
    with pytest.raises(BadInputError, match="month 13"):
        ea.tariff_exposure(flows.assign(month=13), tariffs, 2015, options=QUICK)
    with pytest.raises(BadInputError, match="lead_months"):
        ea.TariffExposureOptions(lead_months=2)


def test_no_effect_is_no_finding() -> None:
    found = ea.tariff_exposure(*world(4, 0.0), 2015, options=QUICK)
    assert found.finding == "none"
    assert found.p_value > 0.1
    assert found.detectable == pytest.approx(found.se * (1.699 + 0.854), rel=0.01)  # Student's t with 29 degrees


def test_a_trend_with_the_tariff_fails_the_pre_trend_test() -> None:
    found = ea.tariff_exposure(*world(5, 0.0, trend=-1.5), 2015, options=QUICK)
    check = found.check(PRE_TREND)
    assert check is not None
    assert check.failed
    assert check.role == "fatal"
    assert found.finding == "unreliable"
    continued = found.check("trend continued")
    assert continued is not None
    assert continued.value == pytest.approx(found.estimate, rel=0.6)  # the trend explains the estimate


def test_differences_of_logarithms_find_it_too() -> None:
    found = ea.tariff_exposure(*world(3, -4.0), 2015, estimator="log_difference", options=QUICK)
    assert found.interval[0] < -4.0 < found.interval[1]


def test_the_two_window_estimate_is_the_ppml_estimate_on_all_months() -> None:
    flows, tariffs = world(6, -2.0)
    months = flows.assign(unit=flows["product"], time=100 * flows["year"] + flows["month"])
    months = months[months["year"].between(2010, 2018)]
    rate = months["product"].map(tariffs.set_index("product")["new"])
    months = months.assign(x=np.log1p(rate / 100) * (months["year"] >= 2015)).reset_index(drop=True)
    full = ppml(months, "usd", ["x"], ["unit", "time"])
    found = ea.tariff_exposure(flows, tariffs, 2015, options=QUICK)
    assert found.estimate == pytest.approx(float(full.coef["x"]), abs=1e-6)


def windows(seed: int, effect: float = 0.0, clustered: float = 0.15) -> ExposureWindows:
    draw = np.random.default_rng(seed)
    chapter = np.repeat(np.arange(25), 8)
    x = np.log1p(np.clip(draw.uniform(0, 15, 25)[chapter] + draw.uniform(-4, 4, 200), 0, None) / 100)
    before = np.exp(draw.normal(0, 1, 200))
    after = before * np.exp(effect * x + draw.normal(0, clustered, 25)[chapter] + draw.normal(0, 0.3, 200))
    place = np.arange(200, dtype=np.int64)
    return ExposureWindows(before, after, x, np.zeros(200, dtype=np.int64), chapter.astype(np.int64), place, "ppml")


def test_the_permutation_test_keeps_its_size_with_shocks_of_chapters_and_finds_effects() -> None:
    level = np.mean([permutation_p(windows(seed), 99, 0) <= 0.10 for seed in range(160)])
    assert 0.03 <= level <= 0.17  # 0.10 and three Monte Carlo errors of 0.024
    power = np.mean([permutation_p(windows(seed, -5.0), 99, 0) <= 0.10 for seed in range(20)])
    assert power > 0.9


def test_the_pre_trend_tests_keep_their_size_on_concentrated_trade_and_catch_a_trend() -> None:
    def p_values(seed: int, trend: float) -> tuple[float, float]:
        draw = np.random.default_rng(seed)
        data = windows(seed)
        size = np.exp(draw.normal(0, 2, 200))[:, None]  # a few products are most of the trade
        shocks = draw.normal(0, 0.1, (25, 4))[data.cluster] + draw.normal(0, 0.4, (200, 4))
        years = size * np.exp(shocks + trend * data.x[:, None] * np.arange(4))
        return pre_trend_p(data, years, 99, 0)

    null = np.array([p_values(seed, 0.0) for seed in range(120)])
    assert ((null <= 0.10).mean(axis=0) <= 0.18).all()  # 0.10 and three Monte Carlo errors of 0.027
    assert ((null <= 0.10).mean(axis=0) >= 0.04).all()
    slope = np.array([p_values(seed, 3.0)[1] for seed in range(15)])
    assert (slope <= 0.10).mean() > 0.8


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    from scipy import stats

    inside = []
    for seed in range(150):
        data = windows(seed, -2.0)
        estimate = float(fit_windows(data).beta[0])
        half = stats.t.ppf(0.95, 24) * jackknife_error(estimate, leave_clusters_out(data))
        inside.append(abs(estimate + 2.0) <= half)
    assert 0.83 <= np.mean(inside) <= 0.97  # 0.90 and three Monte Carlo errors of 0.024


def test_permuted_exposures_keep_the_means_of_chapters() -> None:
    data = windows(1)
    moved = permuted_exposure(data, 5, 0)
    means = [sorted(np.bincount(data.cluster, weights=column) / 8) for column in (data.x, *moved.T)]
    for other in means[1:]:
        assert other == pytest.approx(means[0])
    assert np.abs(moved - data.x[:, None]).max() > 0.01
    assert (permuted_exposure(data, 5, 0) == moved).all()


def test_without_a_cluster_is_the_estimate_on_the_rest() -> None:
    data = windows(2)
    without = leave_clusters_out(data)
    rest = data.cluster != 7
    again = ExposureWindows(
        data.before[rest], data.after[rest], data.x[rest], data.group[rest],
        np.unique(data.cluster[rest], return_inverse=True)[1], np.arange(rest.sum()), "ppml",
    )  # fmt: skip
    assert without[7] == pytest.approx(float(fit_windows(again).beta[0]), abs=1e-8)


def test_by_origin_the_shock_of_an_origin_drops_out() -> None:
    flows, tariffs = world(8, -3.0)
    other = flows.assign(usd=flows["usd"] * np.where(flows["year"] >= 2015, 0.3, 1.0), exporter="RUS")
    both = pd.concat([flows.assign(exporter="CHN"), other], ignore_index=True)
    found = ea.tariff_exposure(both, tariffs, 2015, options=QUICK)
    alone = ea.tariff_exposure(flows, tariffs, 2015, options=QUICK)
    assert found.spec["products"] == 300
    assert found.estimate == pytest.approx(alone.estimate, abs=0.3)


def brute_force(common: np.ndarray, weight: np.ndarray, response: np.ndarray) -> tuple[list[float], list[float]]:
    """Over all assignments of 10 % to half of the products: slopes of own rates on common ones, slopes on the rise."""
    from itertools import combinations

    slopes, rises = [], []
    centre = np.average(common, weights=weight)
    for chosen in combinations(range(len(common)), len(common) // 2):
        own = np.zeros(len(common))
        own[list(chosen)] = np.log(1.1)
        slopes.append(float((weight * (common - centre) * own).sum() / (weight * (common - centre) ** 2).sum()))
        rise = common - own
        deviation = rise - np.average(rise, weights=weight)
        rises.append(float((weight * deviation * response).sum() / (weight * deviation**2).sum()))
    return slopes, rises


def test_the_bounds_are_the_extremes_over_assignments() -> None:
    draw = np.random.default_rng(0)
    common, weight = np.log1p(draw.uniform(0, 20, 10) / 100), draw.uniform(0.5, 2, 10)
    response = draw.normal(0, 0.3, 10)
    own, lines = OwnRates(average=5.0), np.ones(10)
    slopes, rises = brute_force(common, weight, response - np.average(response, weights=weight))
    low, high = slope_range(common, weight, lines, own)
    assert (low, high) == pytest.approx((min(slopes), max(slopes)))
    worst = worst_case(common, response, weight, lines, own)
    assert worst[0] <= min(rises) + 1e-9  # rates between the limits are assignments too
    assert worst[1] >= max(rises) - 1e-9
    assert worst[0] > 3 * min(rises)
    assert worst[1] < 3 * max(rises)


def test_bounds_contain_the_true_elasticity_to_the_rise() -> None:
    flows, tariffs = world(9, -4.0)  # own rates of 0 for all: any common own rate gives the same estimate
    options = ea.TariffExposureOptions(permutations=199, own_rates=ea.OwnRates(average=4.6))
    found = ea.tariff_exposure(flows, tariffs.drop(columns="old"), 2015, options=options)
    assert found.bounds is not None
    assert found.bounds.interval[0] < -4.0 < found.bounds.interval[1]
    assert found.bounds.estimate[0] <= found.estimate <= found.bounds.estimate[1]
    assert "own rates" in found.summary()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"event": "soon"}, "expected a year, a month"),
        ({"fit_years": (2012, 2015)}, "reach the event"),
        ({"post_years": (2015, 2030)}, "no year 2019"),
        ({"estimator": "pmml"}, "'ppml'"),
        ({"effects_by": "sector"}, "column of flows 'sector' not known"),
        ({"outcome": "uds"}, "'uds'"),
    ],
)
def test_a_wrong_question_is_one_sentence(change: dict, text: str) -> None:
    flows, tariffs = world(1, 0.0)
    with pytest.raises((BadInputError, NoDataError), match=text):
        ea.tariff_exposure(flows, tariffs, **{"event": 2015, **change})


def test_wrong_tables_are_one_sentence() -> None:
    flows, tariffs = world(1, 0.0)
    with pytest.raises(BadInputError, match="per cent"):
        ea.tariff_exposure(flows, tariffs.assign(new=tariffs["new"] / 1000), 2015)
    with pytest.raises(BadInputError, match="no product of the flows"):
        ea.tariff_exposure(flows, tariffs.assign(product=tariffs["product"] + "00"), 2015)
    with pytest.raises(BadInputError, match="more than once"):
        ea.tariff_exposure(flows, pd.concat([tariffs, tariffs]), 2015)
    with pytest.raises(BadInputError, match="zero or more"):
        ea.tariff_exposure(flows.assign(usd=-1.0), tariffs, 2015)
    with pytest.raises(BadInputError, match="'5 %' is not a number"):
        ea.tariff_exposure(flows, tariffs.assign(new="5 %"), 2015)
    with pytest.raises(BadInputError, match="not a year"):
        ea.tariff_exposure(flows.assign(year="2015M01"), tariffs, 2015)
    with pytest.raises(BadInputError, match="several values of 'month'"):
        ea.tariff_exposure(flows, tariffs, 2015, effects_by="month")
    with pytest.raises(NoDataError, match="at least 4 clusters"):
        ea.tariff_exposure(flows, tariffs.head(20), 2015)
    with pytest.raises(BadInputError, match="average"):
        ea.OwnRates(average=12.0)


def test_an_absent_flow_after_is_zero_and_thin_products_are_counted() -> None:
    flows, tariffs = world(2, 0.0)
    gone = flows[~((flows["product"] == "0101") & (flows["year"] >= 2015))]
    options = ea.TariffExposureOptions(permutations=199, leave_out={"27": "fuels"}, minimum=1_000_000)
    found = ea.tariff_exposure(gone, tariffs, 2015, options=options)
    assert found.products.set_index("product").loc["0101", "after"] == 0.0
    counted = found.dropped.set_index("reason")["products"]
    assert counted["fuels"] == 10
    small = gone[gone["year"].between(2010, 2014)].groupby("product")["usd"].sum() / 5 < 1_000_000
    assert counted["thin before"] == small[~small.index.str.startswith("27")].sum()


def test_differences_of_logarithms_have_effects_by_origin_too() -> None:
    flows, tariffs = world(8, -3.0)
    other = flows.assign(usd=flows["usd"] * np.where(flows["year"] >= 2015, 0.3, 1.0), origin="RUS")
    both = pd.concat([flows.assign(origin="CHN"), other], ignore_index=True)
    found = ea.tariff_exposure(both, tariffs, 2015, estimator="log_difference", options=QUICK)
    alone = ea.tariff_exposure(flows, tariffs, 2015, estimator="log_difference", options=QUICK)
    assert found.estimate == pytest.approx(alone.estimate, abs=1e-6)
