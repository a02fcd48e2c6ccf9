"""Window statistics against formulas written out by hand, the permutation against brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from eaeu_analysis.compare import windows as w
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.text import year_span

SPEC = w.windows(2015, 5, 4, 1)
YEARS = np.array([2010, 2011, 2012, 2013, 2014, 2016, 2017, 2018, 2019])
# Kyrgyz Republic, trade in per cent of GDP, WDI NE.TRD.GNFS.ZS of 2026-04-08, rounded
KGZ_TRADE = np.array([133.23, 136.18, 139.68, 134.03, 125.13, 105.82, 100.62, 98.88, 94.43])

finite = st.floats(-1e6, 1e6).map(lambda v: round(v, 3))


# -- windows ------------------------------------------------------------------------------------------------
def test_default_windows_leave_the_accession_year_out():
    assert (SPEC.before, SPEC.after, SPEC.skipped) == ((2010, 2014), (2016, 2019), (2015,))
    assert SPEC.distance == np.mean([2016, 2017, 2018, 2019]) - np.mean([2010, 2011, 2012, 2013, 2014])


def test_windows_of_the_customs_union():
    spec = w.windows(2010, 5, 4, 1)
    assert (spec.before, spec.after) == ((2005, 2009), (2011, 2014))


def test_skip_nought_leaves_no_year_out():
    assert w.windows(2015, 5, 4, 0).after == (2015, 2018)
    assert w.windows(2015, 5, 4, 0).skipped == ()


@pytest.mark.parametrize(
    ("event", "last", "latest"),
    [
        (2015, 2024, (2020, 2024)),
        (2015, 2019, None),
        (2015, None, None),
        (2021, 2024, None),
        (2010, 2020, (2020, 2020)),
        (2019, 2024, (2020, 2024)),
        (2020, 2024, None),  # an event of these years leaves none of them apart
    ],
)
def test_late_years_stand_apart(event, last, latest):
    assert w.windows(event, 5, 4, 1, last).latest == latest


@pytest.mark.parametrize(
    ("name", "value"),
    [("pre", 0), ("pre", -1), ("post", 0), ("skip", -1), ("pre", 2.5), ("post", True), ("skip", "1"), ("pre", None)],
)
def test_counts_that_are_no_counts(name, value):
    with pytest.raises(BadInputError, match=f"^{name} .* whole number") as caught:
        w.windows(2015, **({"pre": 5, "post": 4, "skip": 1} | {name: value}))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "least"), [("pre", 0, 1), ("post", 0, 1), ("skip", -1, 0), ("post", 1.0, 1), ("skip", False, 0)]
)
def test_a_refused_count_says_what_came_and_what_is_least(name, value, least):
    with pytest.raises(BadInputError, match=rf"^{name} {value} is not a number of years: .*, {least} or more$"):
        w.windows(2015, **({"pre": 5, "post": 4, "skip": 1} | {name: value}))
    assert w.windows(2015, 1, 1, 0).before == (2014, 2014)


@pytest.mark.parametrize(
    ("last", "after", "year"),
    [(2019, (2016, 2019), None), (2020, (2016, 2019), None), (2018, (2016, 2019), 2018), (2015, (2016, 2019), 2018),
     (2015, (2016, 2016), 2016), (2015, (2016, 2025), 2021)],
)  # fmt: skip
def test_from_when_an_answer_can_be_had(last, after, year):
    sentence = w.from_when(w.Windows(2015, (2010, 2014), after), last)
    assert sentence.endswith(str(year)) if year else sentence == ""


@pytest.mark.parametrize(("size", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (10, 6), (7, 5)])
def test_sixty_per_cent_of_a_window(size, needed):
    assert w.years_needed(size) == needed
    assert needed / size >= 0.6
    assert (needed - 1) / size < 0.6


@pytest.mark.parametrize(
    ("window", "text"),
    [((2010, 2014), "2010-14"), ((1998, 2002), "1998-2002"), ((2014, 2014), "2014"), ((1, 12), "1-12")],
)
def test_how_a_window_is_stated(window, text):
    assert year_span(window) == text


# -- one unit -----------------------------------------------------------------------------------------------
def test_every_figure_of_a_share_by_hand():
    s = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=False)
    before, after = [133.23, 136.18, 139.68, 134.03, 125.13], [105.82, 100.62, 98.88, 94.43]
    m0, m1 = sum(before) / 5, sum(after) / 4
    assert s.mean_before == pytest.approx(m0)
    assert s.mean_after == pytest.approx(m1)
    assert s.change == pytest.approx(m1 - m0)
    assert s.change == pytest.approx(-33.7125)  # computed with a pocket calculator
    assert math.isnan(s.log_change)
    assert s.sd_before == pytest.approx(math.sqrt(sum((v - m0) ** 2 for v in before) / 4))
    assert s.sd_after == pytest.approx(math.sqrt(sum((v - m1) ** 2 for v in after) / 3))
    # slopes of five and four equally spaced points: weights -2..2 over 10, and -3, -1, 1, 3 over 10
    assert s.growth_before == pytest.approx((-2 * before[0] - before[1] + before[3] + 2 * before[4]) / 10)
    assert s.growth_after == pytest.approx((-3 * after[0] - after[1] + after[2] + 3 * after[3]) / 10)
    assert (s.years_before, s.years_after, s.available, s.reason) == (5, 4, True, "")


def test_every_figure_of_a_level_by_hand():
    s = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=True)
    m0, m1 = KGZ_TRADE[:5].mean(), KGZ_TRADE[5:].mean()
    assert s.change == pytest.approx(100 * (m1 - m0) / m0)
    assert s.log_change == pytest.approx(100 * (math.log(m1) - math.log(m0)))
    slope = np.polyfit(YEARS[:5], np.log(KGZ_TRADE[:5]), 1)[0]
    assert s.growth_before == pytest.approx(100 * (math.exp(slope) - 1))


def test_growth_of_a_steady_path_is_its_rate_whatever_years_are_missing():
    years = np.array([2010.0, 2011, 2014, 2019])
    assert w.growth(years, 7 * 1.05 ** (years - 2010), relative=True) == pytest.approx(5)
    assert w.growth(years, 7 + 0.3 * (years - 2010), relative=False) == pytest.approx(0.3)
    assert math.isnan(w.growth(years[:1], years[:1], relative=False))
    assert math.isnan(w.growth(years, np.array([1.0, 0, 2, 3]), relative=True))


def test_a_window_under_sixty_per_cent_has_a_reason_and_no_number():
    values = KGZ_TRADE.copy()
    values[:3] = np.nan
    s = w.unit_stats(YEARS, values, SPEC, relative=False)
    assert not s.available
    assert s.reason == "before 2010-14: 2 of 5 years present (2013, 2014), under 60 %"
    assert all(map(math.isnan, (s.mean_before, s.sd_before, s.growth_before, s.change, s.lower, s.upper)))
    assert s.mean_after == pytest.approx(KGZ_TRADE[5:].mean())
    assert (s.years_before, s.years_after) == (2, 4)
    values[2] = 139.68  # three of five is 60 %
    assert w.unit_stats(YEARS, values, SPEC, relative=False).mean_before == pytest.approx(
        (139.68 + 134.03 + 125.13) / 3
    )


def test_a_change_in_per_cent_needs_positive_means():
    s = w.unit_stats(YEARS, KGZ_TRADE - 120, SPEC, relative=True)
    assert not s.available
    assert "positive" in s.reason
    assert math.isnan(s.change)
    assert s.mean_after == pytest.approx(KGZ_TRADE[5:].mean() - 120)


def test_late_years_are_distinguished_and_change_nothing():
    spec = w.windows(2015, 5, 4, 1, 2021)
    late = w.unit_stats([*YEARS, 2020, 2021], [*KGZ_TRADE, 78.99, 100.26], spec, relative=False)
    plain = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=False)
    assert late.latest_mean == pytest.approx((78.99 + 100.26) / 2)
    assert late.latest_change == pytest.approx(late.latest_mean - plain.mean_before)
    assert (late.change, late.lower, late.upper) == (plain.change, plain.lower, plain.upper)
    assert math.isnan(plain.latest_mean)


def test_values_that_are_missing_and_years_outside_count_for_nothing():
    years, values = [*YEARS, 2009, 2015, 2020], [*KGZ_TRADE, 1e6, 1e6, 1e6]
    plain = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=True, level=0.8)
    for more in (values, [*KGZ_TRADE, np.nan, np.nan, np.inf]):
        found = w.unit_stats(years, more, SPEC, relative=True, level=0.8)
        assert [*vars(found).values()] == pytest.approx([*vars(plain).values()], nan_ok=True)
    assert found.test_value(relative=True) == found.log_change
    assert found.test_value(relative=False) == found.change
    assert (plain.latest_years, plain.available, plain.reason) == (0, True, "")


def test_one_year_of_late_ones_is_not_enough():
    spec = w.Windows(2015, (2010, 2014), (2016, 2019), (2020, 2023))
    years, values = [*YEARS, 2020, 2021], [*KGZ_TRADE, 70.0, 80.0]
    two = w.unit_stats(years, values, spec, relative=False)
    assert (two.latest_years, two.available, two.reason) == (2, True, "")
    assert math.isnan(two.latest_mean)
    assert math.isnan(two.latest_change)
    three = w.unit_stats([*years, 2023], [*values, 90.0], spec, relative=True)
    assert (three.latest_years, three.latest_mean) == (3, pytest.approx(80.0))
    assert three.latest_change == pytest.approx(100 * (80 / three.mean_before - 1))


def test_both_windows_may_be_short():
    found = w.unit_stats([2013, 2014, 2016, 2017], [1.0, 2.0, 4.0, 8.0], SPEC, relative=False)
    assert found.reason == (
        "before 2010-14: 2 of 5 years present (2013, 2014), under 60 %; "
        "after 2016-19: 2 of 4 years present (2016, 2017), under 60 %"
    )
    none = w.unit_stats([2013, 2014, 2010], [1.0, 2.0, 4.0], SPEC, relative=False)
    assert none.reason == "after 2016-19: 0 of 4 years present, under 60 %"
    assert [none.sd_after, none.growth_after, none.change] == pytest.approx([math.nan] * 3, nan_ok=True)
    assert (none.sd_before, none.years_before, none.years_after) == (pytest.approx(np.std([1, 2, 4], ddof=1)), 3, 0)


@pytest.mark.parametrize(
    ("values", "available"), [((1.0, 0.0), False), ((0.0, 1.0), False), ((0.5, 0.25), True), ((-1.0, -2.0), False)]
)
def test_what_has_a_change_in_per_cent(values, available):
    spec = w.windows(2015, 1, 1, 0)
    found = w.unit_stats([2014, 2015], values, spec, relative=True)
    assert found.available is available
    assert (found.change == pytest.approx(-50.0)) is available
    assert found.reason == ("" if available else "a change in per cent needs positive means")


# -- Newey-West ---------------------------------------------------------------------------------------------
def by_hand(years, values, spec, lags):
    """Bartlett-weighted sums of residual products by distance in time, written out (Newey and West 1987, eq. 5)."""
    early = {int(t): v for t, v in zip(years, values, strict=True) if spec.before[0] <= t <= spec.before[1]}
    late = {int(t): v for t, v in zip(years, values, strict=True) if spec.after[0] <= t <= spec.after[1]}
    cov = np.zeros((2, 2))
    for (i, a), (j, b) in itertools.product(enumerate((early, late)), repeat=2):
        mean_a, mean_b = sum(a.values()) / len(a), sum(b.values()) / len(b)
        for s, x in a.items():
            for t, y in b.items():
                weight = max(0.0, 1 - abs(s - t) / (lags + 1))
                cov[i, j] += weight * (x - mean_a) * (y - mean_b) / (len(a) * len(b))
    n = len(early) + len(late)
    return cov * n / (n - 2)


@pytest.mark.parametrize("missing", [(), (0,), (3, 7), (4, 5)])
@pytest.mark.parametrize("skip", [0, 1, 3])
def test_newey_west_against_sums_written_out(missing, skip):
    spec = w.windows(2015, 5, 4, skip)
    years = np.delete(np.array([*range(*(2010, 2015)), *range(spec.after[0], spec.after[1] + 1)]), missing)
    values = np.delete(KGZ_TRADE, missing)
    shift = w.mean_shift(years, values, spec)
    assert shift.lags == math.floor(4 * (len(values) / 100) ** (2 / 9))
    assert shift.cov == pytest.approx(by_hand(years, values, spec, shift.lags), rel=1e-9, abs=1e-12)


def test_interval_of_a_mean_shift_by_hand():
    cov = by_hand(YEARS, KGZ_TRADE, SPEC, 2)
    variance = cov[0, 0] + cov[1, 1] - 2 * cov[0, 1]
    t = 1.894578605061305  # 95th percentile of Student's t with 7 degrees of freedom
    s = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=False, level=0.9)
    assert (s.lower, s.upper) == pytest.approx((s.change - t * variance**0.5, s.change + t * variance**0.5))
    m0, m1 = s.mean_before, s.mean_after
    half = t * math.sqrt(cov[0, 0] / m0**2 + cov[1, 1] / m1**2 - 2 * cov[0, 1] / (m0 * m1))
    r = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=True, level=0.9)
    expected = [100 * (m1 / m0 * math.exp(sign * half) - 1) for sign in (-1, 1)]
    assert (r.lower, r.upper) == pytest.approx(tuple(expected))
    assert r.lower < r.change < r.upper


def test_interval_agrees_with_plain_standard_errors_when_no_lag_is_taken(monkeypatch):
    """With no lag the Newey-West covariance is White's, here the residual sums of squares by window."""
    monkeypatch.setattr(w, "newey_west_lags", lambda n: 0)
    shift = w.mean_shift(YEARS, KGZ_TRADE, SPEC)
    parts = [KGZ_TRADE[:5], KGZ_TRADE[5:]]
    diagonal = [9 / 7 * ((p - p.mean()) ** 2).sum() / len(p) ** 2 for p in parts]
    assert shift.cov == pytest.approx(np.diag(diagonal), abs=1e-12)


@pytest.mark.parametrize(("correlation", "stated"), [(0.0, 0.78), (0.6, 0.56)])
def test_how_often_the_interval_holds_the_truth_is_as_stated(correlation, stated):
    """First-order autoregressive noise and no shift, fixed seed: the coverage that the documentation admits."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(800):
        noise = rng.standard_normal(40)
        for i in range(1, 40):
            noise[i] += correlation * noise[i - 1]
        low, high = w.mean_shift(YEARS, np.delete(noise[-10:], 5), SPEC).interval(relative=False, level=0.9)
        held += low <= 0 <= high
    assert abs(held / 800 - stated) < 3 * math.sqrt(stated * (1 - stated) / 800) + 0.005


@pytest.mark.parametrize(
    ("df", "before", "after", "relative", "known"),
    [
        (1, 2.0, 3.0, False, True),
        (0, 2.0, 3.0, False, False),
        (0, 2.0, 3.0, True, False),
        (1, 2.0, 0.0, False, True),
        (1, 2.0, 0.0, True, False),
        (1, 0.0, 2.0, True, False),
        (1, 0.5, 0.5, True, True),
        (1, -2.0, 3.0, False, True),
        (1, -2.0, 3.0, True, False),
    ],
)
def test_what_has_an_interval(df, before, after, relative, known):
    low, high = w.Shift(before, after, np.diag([0.01, 0.02]), df, 0).interval(relative, 0.9)
    assert math.isfinite(low) is math.isfinite(high) is known
    if known and not relative:
        half = 6.313751514675 * math.sqrt(0.03)  # 95th percentile of Student's t with one degree of freedom
        assert (low, high) == pytest.approx((after - before - half, after - before + half))


def test_rounding_below_zero_is_no_variance():
    assert w.Shift(2.0, 3.0, np.diag([-1e-18, 0.0]), 3, 0).interval(False, 0.9) == (1.0, 1.0)


def test_three_years_have_an_interval_and_years_outside_none():
    spec = w.windows(2015, 2, 1, 0)
    shift = w.mean_shift(np.array([2012, 2013, 2014, 2015, 2016]), np.array([1e6, 1.0, 3.0, 7.0, 1e6]), spec)
    assert (shift.before, shift.after, shift.df, shift.lags) == (2.0, 7.0, 1, w.newey_west_lags(3))
    assert np.isfinite(shift.cov).all()
    assert shift.cov == pytest.approx(by_hand([2013, 2014, 2015], [1.0, 3.0, 7.0], spec, shift.lags) * 1.0)
    two = w.mean_shift(np.array([2014, 2015]), np.array([3.0, 7.0]), spec)
    assert (two.before, two.after, two.df) == (3.0, 7.0, 0)
    assert two.cov.shape == (2, 2)
    assert np.isnan(two.cov).all()


def test_two_years_have_no_interval():
    s = w.unit_stats([2014, 2016], [1.0, 2.0], w.windows(2015, 1, 1, 1), relative=False)
    assert s.change == 1
    assert math.isnan(s.lower)
    assert math.isnan(s.sd_before)


@given(st.lists(st.floats(0.01, 1e4), min_size=9, max_size=9), st.sampled_from([1e-6, 1e-3, 1e3, 1e9]))
@settings(max_examples=40, deadline=None)
def test_per_cent_does_not_depend_on_the_unit_of_measurement(values, factor):
    a = w.unit_stats(YEARS, np.array(values), SPEC, relative=True)
    b = w.unit_stats(YEARS, np.array(values) * factor, SPEC, relative=True)
    for name in ("change", "log_change", "lower", "upper", "growth_before", "growth_after"):
        assert getattr(a, name) == pytest.approx(getattr(b, name), rel=1e-6, abs=1e-6)
    assert b.mean_after == pytest.approx(factor * a.mean_after)


@given(st.permutations(range(9)))
@settings(max_examples=20, deadline=None)
def test_order_of_rows_does_not_matter(order):
    a = w.unit_stats(YEARS, KGZ_TRADE, SPEC, relative=True)
    b = w.unit_stats(YEARS[list(order)], KGZ_TRADE[list(order)], SPEC, relative=True)
    for name in ("change", "lower", "upper", "sd_before", "growth_after"):
        assert getattr(a, name) == pytest.approx(getattr(b, name))


# -- permutation --------------------------------------------------------------------------------------------
def brute_force(treated, others):
    """Every unit in turn stands as the treated one; statistics are differences of means."""
    values = [treated, *others]
    statistics = []
    for i in range(len(values)):
        rest = values[:i] + values[i + 1 :]
        statistics.append(values[i] - sum(rest) / len(rest))
    tie = 1e-9 * max(map(abs, values))
    return (
        sum(abs(s) >= abs(statistics[0]) - tie for s in statistics) / len(values),
        sum(s >= statistics[0] - tie for s in statistics) / len(values),
        sum(s <= statistics[0] + tie for s in statistics) / len(values),
    )


@given(finite, st.lists(finite, min_size=1, max_size=12))
@settings(max_examples=200, deadline=None)
def test_exact_p_values_against_brute_force(treated, others):
    near = 1e-8 * max(map(abs, [treated, *others]))
    assume(all(value == treated or abs(value - treated) > near for value in others))  # how near a tie is, is a choice
    test = w.permutation(treated, others)
    assert (test.p_two_sided, test.p_greater, test.p_less) == pytest.approx(brute_force(treated, others))
    assert test.statistic == pytest.approx(treated - sum(others) / len(others), abs=1e-6)
    assert test.n == len(others) + 1
    assert min(test.p_two_sided, test.p_greater, test.p_less) >= test.floor == 1 / test.n


def test_the_most_extreme_of_seven_has_the_smallest_p_there_is():
    test = w.permutation(-34, [-20, 7, 20, -7, 12, -2])
    assert (test.p_two_sided, test.p_less, test.p_greater, test.rank) == (1 / 7, 1 / 7, 1.0, 7)
    assert test.floor == 1 / 7
    assert (test.lower, test.upper) == (-math.inf, math.inf)  # 1/7 > 10 %: nothing can be rejected


def test_a_tie_counts_against_the_treated_unit():
    test = w.permutation(3.0, [3.0, 0.1 + 0.2, 0.3])
    assert test.p_greater == 0.5
    assert test.p_two_sided == 1.0  # two threes, two times 0.3: all four as far from their mean
    assert w.permutation(0.3, [0.1 + 0.2, 5]).p_less == pytest.approx(2 / 3)


@given(finite, st.lists(finite, min_size=9, max_size=24), st.sampled_from([0.8, 0.9]))
@settings(max_examples=60, deadline=None)
def test_the_interval_holds_exactly_the_effects_that_are_not_rejected(treated, others, level):
    test = w.permutation(treated, others, level)
    width = max(1.0, test.upper - test.lower if math.isfinite(test.upper) else 1.0)
    for inside in (test.lower + 1e-3 * width, (test.lower + test.upper) / 2, test.upper - 1e-3 * width):
        if math.isfinite(inside) and test.lower < inside < test.upper:
            assert brute_force(treated - inside, others)[0] > 1 - level - 1e-12
    for outside in (test.lower - 1e-3 * width, test.upper + 1e-3 * width):
        if math.isfinite(outside):
            assert brute_force(treated - outside, others)[0] <= 1 - level + 1e-12


@pytest.mark.parametrize(
    ("treated", "others", "two", "greater", "less", "rank"),
    [
        (5.0, [1.0, 2.0, 3.0], 0.25, 0.25, 1.0, 1),
        (1.0, [5.0, 2.0, 3.0], 0.5, 1.0, 0.25, 4),
        (3.0, [1.0, 3.0 + 1e-10, 5.0], 1.0, 0.75, 0.75, 2),  # a tie to rounding, and the centre
        (3.0, [1.0, 3.0 + 1e-7, 5.0], 1.0, 0.75, 0.5, 3),
        (-5.0, [-1.0, -5.0 - 1e-9, -3.0], 0.75, 1.0, 0.5, 3),
    ],
)
def test_the_ranks_of_a_permutation(treated, others, two, greater, less, rank):
    found = w.permutation(treated, others, 0.8)
    assert (found.p_two_sided, found.p_greater, found.p_less, found.rank) == (two, greater, less, rank)
    assert (found.n, found.level, found.floor) == (4, 0.8, 0.25)
    assert found.statistic == pytest.approx(treated - np.mean(others))


@pytest.mark.parametrize(
    ("others", "level", "ends"),
    [
        # three others at 0, 1, 5 and n = 4: mirrored (12 - 4 c) / 2 are 6, 4, -4; the widest interval at 25 %
        ([0.0, 1.0, 5.0], 0.75, (-4.0, 6.0)),
        ([0.0, 1.0, 5.0], 0.5, (0.0, 5.0)),
        ([0.0, 1.0, 5.0], 0.8, (-math.inf, math.inf)),
        ([2.0], 0.5, (-math.inf, math.inf)),
        ([0.0, 3.0], 0.6, (-3.0, 6.0)),
    ],
)
def test_the_values_that_are_not_rejected(others, level, ends):
    """Those of a treated unit at nought, the other way round."""
    found = w.permutation(0.0, others, level)
    assert (-found.upper, -found.lower) == pytest.approx(ends)


def test_the_interval_is_finite_from_ten_units_on_at_ninety_per_cent():
    assert math.isinf(w.permutation(0, range(1, 9)).upper)
    assert math.isfinite(w.permutation(0, range(1, 10)).upper)


@given(st.permutations(range(8)))
@settings(max_examples=20, deadline=None)
def test_order_and_names_of_comparators_do_not_matter(order):
    values = [4.1, -3.0, 2.2, 9.9, 0.1, 0.2, 0.3, -7.7]
    assert w.permutation(1.0, values) == w.permutation(1.0, [values[i] for i in order])


def test_the_test_keeps_its_size_when_nothing_happened():
    """Exchangeable units: p is at most a in a share a of cases, for every attainable a (simulated, fixed seed)."""
    rng = np.random.default_rng(7)
    p = np.array([w.permutation(x[0], x[1:]).p_two_sided for x in rng.standard_t(3, (4000, 10))])
    for a in (0.1, 0.2, 0.5):
        assert abs((p <= a + 1e-9).mean() - a) < 4 * math.sqrt(a * (1 - a) / 4000)


def test_the_permutation_interval_holds_the_true_effect_as_often_as_it_says():
    """21 exchangeable units, an effect of 3 on one; p is at most 10 % in 2 of 21 cases: 19 of 21 intervals hold it."""
    rng = np.random.default_rng(11)
    tests = [w.permutation(x[0] + 3, x[1:], 0.9) for x in rng.standard_normal((3000, 21))]
    held = np.mean([t.lower <= 3 <= t.upper for t in tests])
    assert abs(held - 19 / 21) < 3 * math.sqrt(19 / 21 * 2 / 21 / 3000)


def test_a_permutation_needs_somebody_else():
    with pytest.raises(BadInputError, match="at least one other"):
        w.permutation(1.0, [])
    with pytest.raises(BadInputError, match="finite"):
        w.permutation(math.nan, [1.0])


def test_the_covariance_of_a_shift_is_that_of_statsmodels() -> None:
    from statsmodels.regression.linear_model import OLS

    spec = w.Windows(2010, (2005, 2009), (2010, 2016))
    years = np.arange(2005, 2017)
    values = np.random.default_rng(5).normal(50, 4, len(years))
    x = np.column_stack([years <= 2009, years >= 2010]).astype(float)
    lags = w.newey_west_lags(len(years))
    outside = OLS(values, x).fit(cov_type="HAC", cov_kwds={"maxlags": lags, "use_correction": False})
    shift = w.mean_shift(years.astype(float), values, spec)
    np.testing.assert_allclose(shift.cov, outside.cov_params() * 12 / 10, rtol=1e-10)
    assert lags > 0
