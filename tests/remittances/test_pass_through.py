"""The pass-through: recovery of what is known, coverage, a second computation by other hands, traps, bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from remittance_worlds import INCOME, ROUBLE, SHARES, changed, world

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, EaeuError
from eaeu_analysis.remittances import pass_through
from eaeu_analysis.remittances.passthrough import pass_through_panel
from eaeu_analysis.remittances.regression import group_demeaned, interval_coverage, serial
from eaeu_analysis.remittances.sample import PassThroughSpec, build_sample, logs

REMITTANCES = "BX.TRF.PWKR.CD.DT"


@pytest.fixture(scope="module")
def actual():
    return pass_through()


def fit(panel, **kw):
    return pass_through(panel, origins=list(SHARES), shares=SHARES, **kw)


# -- what is known is found ------------------------------------------------------------------------------------
def test_known_coefficients_are_recovered_without_noise() -> None:
    found = fit(world())
    assert found.coef["rouble"] == pytest.approx(ROUBLE, abs=1e-9)
    assert found.coef["income"] == pytest.approx(INCOME, abs=1e-9)
    assert found.rsquared == pytest.approx(1)
    assert found.se.max() < 1e-9
    assert (found.nobs, found.df, found.years) == (8 * 14, 13, (2006, 2019))


def test_own_growth_is_recovered() -> None:
    """In the simulated world country i grows by 2 i per cent a year of its own."""
    found = fit(world())
    np.testing.assert_allclose(found.growth, [0.02 * i for i in range(8)], atol=1e-9)
    fitted = fit(world(1, own=0.1))
    mean = fitted.changes.groupby("origin")[["observed", "fitted"]].mean()
    np.testing.assert_allclose(mean["observed"], mean["fitted"])  # country effects make the means equal


def test_income_in_dollars_is_recovered() -> None:
    panel = world()
    dollars = panel.frame["NY.GDP.MKTP.CD"].xs("RUS", level=0)

    def from_dollars(frame: pd.DataFrame) -> pd.Series:
        share = frame["economy"].map(SHARES)
        return np.exp(share * 1.3 * np.log(frame["year"].map(dollars)))

    found = fit(changed(panel, REMITTANCES, from_dollars), income="dollars")
    assert list(found.coef.index) == ["income_usd"]
    assert found.coef["income_usd"] == pytest.approx(1.3, abs=1e-9)


@pytest.mark.parametrize(("common", "own"), [(0.0, 0.15), (0.08, 0.1)])
def test_the_interval_covers_and_driscoll_kraay_alone_would_not(common: float, own: float) -> None:
    """150 panels of 14 changes: the jackknife holds the truth in about nine of ten, Driscoll and Kraay in far fewer."""
    data = build_sample(logs(world(), SHARES, "real"), PassThroughSpec(SHARES, 2005, 2019))
    truth, rng = np.array([ROUBLE, INCOME]), np.random.default_rng(1)
    jackknife, dk = [], []
    for _ in range(150):
        shared = rng.normal(0, common, 14)[data.year - 2006]
        got = replace(data, y=data.y + shared + rng.normal(0, own, len(data.y))).fit(2)
        apart = np.abs(got.coef - truth)
        jackknife.append(apart <= 1.771 * np.sqrt(np.diag(got.jackknife)))  # t(13) at 0.95
        dk.append(apart <= 1.645 * np.sqrt(np.diag(got.dk)))
    assert 0.85 <= np.mean(jackknife) <= 0.97
    assert np.mean(dk) < 0.83
    assert np.mean(dk) < np.mean(jackknife) - 0.05


def test_simulated_coverage_says_what_simulation_by_hand_says() -> None:
    data = build_sample(logs(world(3, own=0.15), SHARES, "real"), PassThroughSpec(SHARES, 2005, 2019))
    got = data.fit(2)
    held = interval_coverage(got, data.x, data.country, data.year, 2, 0.9, draws=400, seed=1)
    rng, hits = np.random.default_rng(7), []
    from eaeu_analysis.remittances.regression import error_parts, least_squares

    common, own, rho = error_parts(got, data.country, data.year)
    for _ in range(150):
        shared = [rng.normal()]
        for _ in got.years[1:]:
            shared.append(rho * shared[-1] + np.sqrt(1 - rho**2) * rng.normal())
        errors = common * np.array(shared)[data.year - data.year.min()] + own * rng.normal(size=len(data.y))
        again = least_squares(errors, data.x, data.country, data.year, 2)
        hits.append(
            [
                np.abs(again.coef) <= 1.645 * np.sqrt(np.diag(again.dk)),
                np.abs(again.coef) <= 1.771 * np.sqrt(np.diag(again.jackknife)),
            ]
        )
    by_hand = np.mean(hits, axis=(0, 2))
    assert held.driscoll_kraay == pytest.approx(by_hand[0], abs=0.08)
    assert held.jackknife == pytest.approx(by_hand[1], abs=0.06)


# -- computed a second way ------------------------------------------------------------------------------------
def by_hand(panel, shares, first=2006, last=2019):
    """Dummies and numpy alone, from the panel's frame: coefficients, Driscoll-Kraay and jackknife errors."""
    frame = panel.frame
    rate, gdp = (np.log(frame[c].xs("RUS", level=0)).diff() for c in ("PA.NUS.FCRF", "NY.GDP.MKTP.KD"))
    rows = []
    for i, (origin, share) in enumerate(sorted(shares.items())):
        change = np.log(frame[REMITTANCES].xs(origin, level=0).replace(0, np.nan)).diff()
        rows += [(t, i, change[t], share * rate[t], share * gdp[t]) for t in range(first, last + 1)]
    table = np.array(rows)
    table = table[np.isfinite(table).all(axis=1)]

    def solve(t):
        dummies = (t[:, 1:2] == np.unique(t[:, 1])).astype(float)
        x = np.column_stack([t[:, 3:5], dummies])
        return np.linalg.lstsq(x, t[:, 2], rcond=None)[0][:2], x

    beta, x = solve(table)
    full = np.linalg.lstsq(x, table[:, 2], rcond=None)[0]
    resid = table[:, 2] - x @ full
    times = np.unique(table[:, 0])
    scores = np.array([(x[table[:, 0] == t] * resid[table[:, 0] == t][:, None]).sum(0) for t in times])
    meat = scores.T @ scores
    for lag in (1, 2):
        cross = scores[lag:].T @ scores[:-lag]
        meat += (1 - lag / 3) * (cross + cross.T)
    bread = np.linalg.inv(x.T @ x)
    dk = np.sqrt(np.diag(bread @ meat @ bread))[:2]
    apart = np.array([solve(table[table[:, 0] != t])[0] for t in times]) - beta
    return beta, dk, np.sqrt((apart**2).sum(0) * (len(times) - 1) / len(times))


def test_estimates_on_the_pinned_data_equal_a_computation_by_hand(actual) -> None:
    beta, dk, jackknife = by_hand(pass_through_panel(), dict(actual.shares))
    np.testing.assert_allclose(actual.coef, beta, rtol=1e-9)
    np.testing.assert_allclose(actual.table["se_dk"], dk, rtol=1e-9)
    np.testing.assert_allclose(actual.se, jackknife, rtol=1e-9)


def test_errors_equal_those_of_pyfixest(actual) -> None:
    import pyfixest as pf

    data = build_sample(
        logs(pass_through_panel(), actual.shares.index, "real"), PassThroughSpec(dict(actual.shares), 2005, 2019)
    )
    frame = pd.DataFrame({"y": data.y, "e": data.x[:, 0], "g": data.x[:, 1], "u": data.country, "t": data.year})
    plain = pf.ssc(k_adj=False, G_adj=False)
    kwargs = {"time_id": "t", "panel_id": "u", "lag": 2}
    dk = pf.feols("y ~ e + g | u", frame, vcov="DK", vcov_kwargs=kwargs, ssc=plain)
    np.testing.assert_allclose(actual.coef, dk.coef(), rtol=1e-8)
    np.testing.assert_allclose(actual.table["se_dk"], dk.se(), rtol=1e-8)
    jackknife = pf.feols("y ~ e + g | u", frame, vcov={"CRV3": "t"}, ssc=plain).se().to_numpy()
    np.testing.assert_allclose(actual.se, jackknife * np.sqrt(13 / 14), rtol=1e-8)


def test_an_unbalanced_panel_is_estimated_by_hand_too() -> None:
    holes = changed(
        world(5, own=0.1),
        REMITTANCES,
        lambda f: f[REMITTANCES].mask((f["economy"] == "KGZ") & (f["year"] < 2009)),
    )
    found = fit(holes)
    beta, dk, jackknife = by_hand(holes, SHARES)
    np.testing.assert_allclose(found.coef, beta, rtol=1e-8)
    np.testing.assert_allclose(found.table["se_dk"], dk, rtol=1e-8)
    np.testing.assert_allclose(found.se, jackknife, rtol=1e-8)
    assert found.nobs == 8 * 14 - 4


# -- invariance and traps --------------------------------------------------------------------------------------
def test_units_do_not_matter(actual) -> None:
    panel = pass_through_panel()
    for code, factor in ((REMITTANCES, 1e-6), ("PA.NUS.FCRF", 1000.0), ("NY.GDP.MKTP.KD", 1e-9)):
        panel = panel.with_column(code, panel.column(code) * factor, panel.info(code))
    scaled = pass_through(panel)
    pd.testing.assert_frame_equal(scaled.table, actual.table, rtol=1e-7)
    pd.testing.assert_frame_equal(scaled.vcov, actual.vcov, rtol=1e-7)


def test_shares_scale_the_coefficients_and_leave_the_response() -> None:
    panel = world(2, own=0.1)
    whole = fit(panel)
    halved = pass_through(panel, origins=list(SHARES), shares={o: s / 2 for o, s in SHARES.items()})
    np.testing.assert_allclose(halved.coef, 2 * whole.coef, rtol=1e-9)
    assert halved.share("KGZ") * halved.coef["rouble"] == pytest.approx(whole.share("KGZ") * whole.coef["rouble"])


def test_the_order_of_origins_does_not_matter() -> None:
    panel = world(2, own=0.1)
    turned = pass_through(panel, origins=list(SHARES)[::-1], shares=SHARES)
    pd.testing.assert_frame_equal(turned.table, fit(panel).table)


def test_a_zero_is_not_reported_and_costs_its_two_changes() -> None:
    panel = world(1, own=0.1)
    zero = changed(
        panel, REMITTANCES, lambda f: f[REMITTANCES].mask((f["economy"] == "TJK") & (f["year"] == 2012), 0.0)
    )
    assert fit(zero).nobs == fit(panel).nobs - 2
    assert np.isfinite(fit(zero).table.select_dtypes("number").to_numpy()).all()


def test_as_of_2013_nothing_later_is_seen() -> None:
    panel = pass_through_panel()
    blind = pass_through(panel.select(None, None, (1990, 2013)), last_year=2013)
    seeing = pass_through(panel, last_year=2013)
    pd.testing.assert_frame_equal(blind.table, seeing.table)
    pd.testing.assert_frame_equal(blind.alternatives, seeing.alternatives)
    assert blind.checks == seeing.checks
    assert seeing.years == (2006, 2013)
    assert "2010" in str([i.code for i in seeing.provenance.series])  # the matrix of 2017 is not looked at
    assert not any("2017" in i.code for i in seeing.provenance.series)


def test_as_of_2013_the_rouble_alone_says_nothing_and_income_in_dollars_much() -> None:
    apart, together = pass_through(last_year=2013), pass_through(last_year=2013, income="dollars")
    rouble = apart.table.set_index("regressor").loc["rouble"]
    assert rouble["lower"] < 0 < rouble["upper"]
    assert together.table["lower"].iloc[0] > 0


def test_levels_of_series_with_lasting_shocks_are_seen_through() -> None:
    found = fit(world(4, common=0.15, own=0.15))
    check = next(c for c in found.checks if c.name == "changes, not levels")
    levels = found.alternatives[found.alternatives["alternative"] == "levels"]
    assert abs(check.value) < 0.5
    assert check.passed is True
    assert levels["serial"].iloc[0] > check.value + 0.2  # shocks that last show as correlation of the levels


def test_shocks_that_pass_fail_the_check_of_changes() -> None:
    """Errors of the levels without persistence leave changes with an autocorrelation of -0.5."""
    values = [
        next(c for c in fit(world(seed, common=0.3, own=0.02, persistent=False)).checks if c.name.startswith("changes"))
        for seed in range(3)
    ]
    assert min(c.value for c in values) < -0.3
    assert any(c.passed is False for c in values)


# -- checks ----------------------------------------------------------------------------------------------------
def test_leave_one_out_equals_estimating_again(actual) -> None:
    rows = actual.alternatives[actual.alternatives["alternative"] == "without UKR"].set_index("regressor")
    again = pass_through(origins=[o for o in actual.shares.index if o != "UKR"])
    np.testing.assert_allclose(rows["coef"], again.coef.reindex(rows.index), rtol=1e-12)
    np.testing.assert_allclose(rows["se"], again.se.reindex(rows.index), rtol=1e-12)
    names = set(actual.alternatives["alternative"])
    assert {f"without {o}" for o in actual.shares.index} <= names
    assert {"levels", "year effects", "shares all one", "income the other way", "with BLR and KAZ"} <= names


def test_year_effects_equal_two_way_dummies(actual) -> None:
    data = build_sample(
        logs(pass_through_panel(), actual.shares.index, "real"), PassThroughSpec(dict(actual.shares), 2005, 2019)
    )
    units = (data.country[:, None] == np.unique(data.country)).astype(float)
    years = (data.year[:, None] == np.unique(data.year)[1:]).astype(float)
    beta = np.linalg.lstsq(np.column_stack([data.x, units, years]), data.y, rcond=None)[0][:2]
    rows = actual.alternatives[actual.alternatives["alternative"] == "year effects"].set_index("regressor")
    np.testing.assert_allclose(rows["coef"].reindex(["rouble", "income"]), beta, rtol=1e-7)


def test_it_says_that_two_years_carry_it_and_passes_where_they_do_not(actual) -> None:
    shown = {c.name: c for c in actual.checks}
    two = shown["more than two years speak"]
    assert two.passed is False
    assert "2009 and 2015" in two.text
    assert shown["coverage"].passed is True
    assert "Driscoll and Kraay's in" in shown["coverage"].text
    even = next(c for c in fit(world(0, own=0.1)).checks if c.name == "more than two years speak")
    assert even.passed is True


def test_the_direction_is_that_of_what_happened(actual) -> None:
    """Dollars from Russia fell by half a log point in Armenia's own count while the dollar rose by two thirds."""
    assert -2 < actual.coef["rouble"] < 0 < actual.coef["income"]
    text = next(c.text for c in actual.checks if c.name == "Armenia's transfers from Russia")
    assert "-0.55" in text  # ln(923.1 / 1606.6), Central Bank of Armenia
    comparison = next(c.text for c in actual.checks if c.name == "against EDB")
    assert "-0.13" in comparison  # ln(487 / 557), EDB


def test_a_sample_beyond_the_clean_years_fails_its_check() -> None:
    late = next(c for c in pass_through(last_year=2021).checks if c.name == "clean years")
    assert late.passed is False


def test_draws_have_the_mean_and_spread_of_the_estimate(actual) -> None:
    drawn = actual.draws(40_000, seed=3)
    pd.testing.assert_frame_equal(drawn, actual.draws(40_000, seed=3))
    np.testing.assert_allclose(drawn.median(), actual.coef, atol=0.03 * actual.se.max())
    wanted = actual.vcov.to_numpy() * actual.df / (actual.df - 2)  # variance of a t
    np.testing.assert_allclose(drawn.cov(), wanted, rtol=0.06)


def test_within_takes_means_out_and_serial_knows_its_bounds() -> None:
    codes = np.array([0, 0, 1, 1, 1])
    out = group_demeaned(np.array([[1.0], [3.0], [2.0], [2.0], [5.0]]), codes)
    np.testing.assert_allclose(out[:, 0], [-1, 1, -1, -1, 2])
    assert serial(np.array([1.0, -1.0] * 20)) == pytest.approx(-1, abs=0.05)
    assert serial(np.zeros(4)) == 0


def test_result_is_shown(actual) -> None:
    text = actual.summary()
    assert "14 years" in text
    assert "rouble:" in text
    assert actual.plot().get_title(loc="left").startswith("Elasticities")
    assert "<table" in actual._repr_html_()
    assert ea.pass_through is pass_through


# -- bad input -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kw", "sentence"),
    [
        ({"income": "dolars"}, "income 'dolars' not known; did you mean 'dollars'?"),
        ({"origins": ["KGZ", "Narnia"]}, "Narnia"),
        ({"origins": ["FRA", "KGZ", "UZB"]}, "no corridors are pinned for France"),
        ({"origins": ["KGZ", "Kyrgyzstan", "UZB"]}, "origin KGZ comes more than once"),
        ({"shares": {"KGZ": 1.2}}, "share of Russia for KGZ is 1.2; expected above 0 and at most 1"),
        ({"shares": {"KAZ": 0.5}}, "origin of a share 'KAZ' not known"),
        ({"first_year": 2019}, "years 2019 to 2019: the first is not before the last"),
        ({"last_year": 2008}, "a pass-through needs 5 years and 3 countries"),
        ({"last_year": 2024}, "is missing"),
        ({"origins": ["KGZ", "UZB"]}, "a pass-through needs 5 years and 3 countries"),
        ({"level": 1.0}, "level 1 is not between 0 and 1"),
    ],
)
def test_bad_input_is_one_sentence(kw, sentence: str) -> None:
    if kw.get("last_year") == 2024:  # Russia's GDP of 2024 taken away, as an older pin has it
        panel = pass_through_panel().select(None, None, (1990, 2022))
        with pytest.raises(EaeuError, match=sentence):
            pass_through(panel, **kw)
        return
    with pytest.raises(EaeuError) as caught:
        pass_through(**kw)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_panel_without_russia_or_without_the_rate_is_named() -> None:
    panel = world()
    with pytest.raises(EaeuError, match="RUS"):
        fit(panel.select(None, list(SHARES)))
    with pytest.raises(BadInputError, match="PA"):
        fit(panel.select([REMITTANCES, "NY.GDP.MKTP.KD", "NY.GDP.MKTP.CD"]))


def test_a_rate_that_stands_still_is_refused() -> None:
    still = changed(world(), "PA.NUS.FCRF", lambda f: f["PA.NUS.FCRF"] * 0 + 30)
    with pytest.raises(BadInputError, match="do not vary apart"):
        fit(still)


def test_draws_of_nothing_and_an_unknown_share_are_refused(actual) -> None:
    with pytest.raises(BadInputError, match="draws 0"):
        actual.draws(0)
    with pytest.raises(BadInputError, match="origin 'KAZ' not known"):
        actual.share("KAZ")


def test_negative_remittances_have_no_logarithm() -> None:
    with pytest.raises(BadInputError, match="is negative in 2010"):
        fit(changed(world(), REMITTANCES, lambda f: f[REMITTANCES].mask(f["year"] == 2010, -1.0)))


def test_the_covariance_of_driscoll_and_kraay_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    from eaeu_analysis.remittances.regression import least_squares

    draw = np.random.default_rng(8)
    country, year = (grid.ravel() for grid in np.meshgrid(np.arange(6), np.arange(2001, 2021), indexing="ij"))
    x = draw.normal(size=(len(year), 2)) + draw.normal(size=20)[year - 2001][:, None]
    y = x @ [0.5, -1.0] + draw.normal(size=6)[country] + draw.normal(size=20)[year - 2001]
    ours = least_squares(y, x, country, year, lags=2)
    dummies = (country[:, None] == np.arange(6)).astype(float)
    outside = sm.OLS(y, np.column_stack([x, dummies])).fit(
        cov_type="nw-groupsum",
        cov_kwds={"time": year - 2001, "maxlags": 2, "use_correction": False, "df_correction": False},
    )
    np.testing.assert_allclose(ours.coef, outside.params[:2], rtol=1e-10)
    np.testing.assert_allclose(ours.dk, outside.cov_params()[:2, :2], rtol=1e-9)
