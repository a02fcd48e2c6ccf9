"""Before/after on small panels whose answer is worked out by hand, and on the shipped data."""

import datetime as dt
import json
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_panels import YEARS, check, small, without

from eaeu_analysis.compare import before_after
from eaeu_analysis.errors import NoDataError

CONTRACT = [
    *("unit", "mean_before", "mean_after", "change", "growth_before", "growth_after", "years_before", "years_after")
]


# -- the contract -------------------------------------------------------------------------------------------
def test_frame_has_the_promised_columns_and_the_treated_unit_first():
    frame = before_after(small(), "y", "t", 2015).to_frame()
    assert [c for c in frame.columns if c in CONTRACT] == CONTRACT
    assert list(frame["unit"]) == ["t", "a", "b", "c"]
    assert list(frame["role"]) == ["treated", *["comparator"] * 3]


def test_every_number_of_a_small_panel_by_hand():
    r = before_after(small(), "y", "t", 2015)
    frame = r.to_frame().set_index("unit")
    assert frame["mean_before"].to_dict() == pytest.approx({"t": 50, "a": 40, "b": 30.04, "c": 20})
    assert frame["mean_after"].to_dict() == pytest.approx({"t": 60, "a": 41, "b": 32.05, "c": 26})
    assert frame["change"].to_dict() == pytest.approx({"t": 10, "a": 1, "b": 2.01, "c": 6})
    assert set(frame["change_unit"]) == {"percentage points"}
    assert (frame["years_before"] == 5).all()
    assert (frame["years_after"] == 4).all()
    assert r.difference.versus_mean == pytest.approx(10 - (1 + 2.01 + 6) / 3)
    assert r.difference.versus_median == pytest.approx(10 - 2.01)
    assert (r.p_value, r.difference.test.p_greater, r.difference.test.floor) == (0.25, 0.25, 0.25)
    assert (r.estimate, r.windows.before, r.windows.after) == (pytest.approx(10), (2010, 2014), (2016, 2019))


def test_levels_are_stated_in_per_cent_and_log_points():
    r = before_after(small("level", "US$"), "y", "t", 2015)
    row = r.treated
    assert (row["change"], row["log_change"]) == pytest.approx((20, 100 * math.log(1.2)))
    assert (row["change_unit"], row["growth_unit"]) == ("per cent", "per cent a year")
    others = [100 * math.log(b / a) for a, b in ((40, 41), (30.04, 32.05), (20, 26))]
    assert r.difference.test.statistic == pytest.approx(100 * math.log(1.2) - statistics.mean(others))
    assert r.difference.versus_mean == pytest.approx(20 - statistics.mean([2.5, 100 * 2.01 / 30.04, 30]))
    # log points 18.2 and 2.5, 6.5, 26.2: c grew more, and all stand as far or further from the mean, 13.3
    assert (r.difference.test.p_greater, r.p_value) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("kind", "unit", "asked", "shown", "change"),
    [
        ("share", "% of GDP", None, "percentage points", 10),
        ("rate", "%", None, "percentage points", 10),
        ("rate", "per 1,000 people", None, "per 1,000 people", 10),
        ("index", "index, 2010 = 100", None, "per cent", 20),
        ("index", "score, 1 to 5", None, "score, 1 to 5", 10),  # a score has no meaningful per cent
        ("unknown", "", None, "units of the outcome", 10),
        ("unknown", "", "level", "per cent", 20),
        ("unknown", "", "index", "per cent", 20),
        ("unknown", "", "share", "percentage points", 10),
        ("level", "US$", "share", "US$", 10),
    ],
)
def test_the_kind_decides_how_a_change_is_stated(kind, unit, asked, shown, change):
    row = before_after(small(kind, unit), "y", "t", 2015, kind=asked).treated
    assert row["change_unit"] == shown
    assert row["change"] == pytest.approx(change)


@pytest.mark.parametrize("event", [2015, "2015", "2015-08-12", dt.date(2015, 8, 12), pd.Timestamp("2015-08-12")])
def test_an_event_is_a_year_or_a_day(event):
    r = before_after(small(), "y", "t", event)
    assert r.windows.skipped == (2015,)
    assert r.spec["event"] in (2015, "2015-08-12")
    json.dumps(r.spec)  # plain values


def test_the_question_can_be_asked_again_from_its_spec(real):
    for first in (
        before_after(small("index", "score, 1 to 5"), "y", "t", 2015),
        before_after(small(), "y", "t", "2015-08-12", 3, 2, 0, ["a", "c"], level=0.8, kind="level"),
        before_after(real, "trade", "Kyrgyzstan", dt.date(2015, 8, 12), comparators="wide"),
    ):
        panel = real if first.outcome.code == "trade" else small(first.outcome.kind, first.outcome.unit)
        again = before_after(panel, **json.loads(json.dumps(first.spec)))
        assert again.summary() == first.summary()
        pd.testing.assert_frame_equal(again.to_frame(), first.to_frame())


def test_late_years_are_apart_and_never_in_the_windows():
    def jump(df):
        return df.assign(y=df["y"].where(df["year"] < 2020, 1e6))

    panel, late = small(), small(edit=jump)
    plain, jumped = (before_after(p, "y", "t", 2015).to_frame() for p in (panel, late))
    apart = [c for c in plain.columns if c.startswith("to_latest")]
    pd.testing.assert_frame_equal(plain.drop(columns=apart), jumped.drop(columns=apart))


def test_late_years_of_a_panel_of_economies_are_labelled(real):
    r = before_after(real, "trade", "KGZ", 2015)
    assert r.latest_label == "2020-24, includes the pandemic and the sanctions years"
    values = real.with_outcome("trade").column("trade").loc["KGZ"].loc[2020:]
    assert r.treated["to_latest_mean"] == pytest.approx(values.mean())
    assert r.treated["to_latest_window"] == "2020-24"
    assert r.latest_label in r.summary()


def test_a_short_window_is_not_available_and_says_why():
    r = before_after(small(edit=without("t", [2010, 2011, 2012])), "y", "t", 2015)
    row = r.treated
    assert not row["available"]
    assert row["reason"] == "before 2010-14: 2 of 5 years present (2013, 2014), under 60 %"
    assert math.isnan(row["mean_before"])
    assert math.isnan(row["change"])
    assert math.isnan(r.p_value)
    assert "not available: before 2010-14" in r.summary()


def test_a_comparator_without_a_window_is_shown_and_changes_nothing_else():
    full = before_after(small(edit=lambda df: df[df["who"] != "c"]), "y", "t", 2015)
    short = before_after(small(edit=without("c", [2016, 2017])), "y", "t", 2015)
    assert short.difference == full.difference
    pd.testing.assert_frame_equal(short.to_frame().iloc[:3], full.to_frame())
    assert short.to_frame().iloc[3]["reason"] == "after 2016-19: 2 of 4 years present (2018, 2019), under 60 %"
    assert not check(short, "window completeness").passed


def test_customs_duties_of_kyrgyzstan_start_in_2014_and_are_not_averaged_over_one_year(real):
    row = before_after(real, "customs_duties", "KGZ", "2015-08-12").treated
    assert (row["available"], row["years_before"]) == (False, 1)
    assert math.isnan(row["mean_before"])
    assert "1 of 5 years present (2014)" in row["reason"]


def test_customs_duties_of_kazakhstan_have_no_year_before_the_customs_union(real):
    with pytest.raises(NoDataError, match=r"Kazakhstan .KAZ. has no 'customs_duties' in 2005-09"):
        before_after(real, "customs_duties", "KAZ", 2010)


# -- invariances --------------------------------------------------------------------------------------------
def test_order_of_rows_and_columns_does_not_matter():
    a = before_after(small(), "y", "t", 2015)
    b = before_after(small(edit=lambda df: df.sample(frac=1, random_state=3)[["year", "y", "who"]]), "y", "t", 2015)
    assert a.summary() == b.summary()


def test_names_of_comparators_do_not_matter():
    a = before_after(small(), "y", "t", 2015)
    b = before_after(small(edit=lambda df: df.assign(who=df["who"].replace({"a": "z", "c": "B"}))), "y", "t", 2015)
    assert a.difference == b.difference
    numbers = a.to_frame().select_dtypes("number").columns
    left, right = (r.to_frame().sort_values("mean_before")[numbers].reset_index(drop=True) for r in (a, b))
    pd.testing.assert_frame_equal(left, right)


@given(st.sampled_from([1e-9, 0.01, 1e6]), st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_per_cent_changes_and_p_do_not_depend_on_the_unit_of_measurement(factor, seed):
    noise = np.random.default_rng(seed).lognormal(0, 0.3, len(YEARS) * 4)
    panels = [small("level", "US$", lambda df, f=f: df.assign(y=df["y"] * noise * f)) for f in (1.0, factor)]
    a, b = (before_after(p, "y", "t", 2015) for p in panels)
    same = ["change", "log_change", "lower", "upper", "growth_before", "growth_after"]
    np.testing.assert_allclose(a.to_frame()[same], b.to_frame()[same], rtol=1e-6, atol=1e-9)
    assert a.p_value == b.p_value
    assert [c.passed for c in a.checks] == [c.passed for c in b.checks]


def test_p_of_the_whole_against_brute_force(real):
    """Each of the seven economies stands as the treated one; the statistic is a difference of means."""
    frame = before_after(real, "fdi", "KGZ", 2015).to_frame()
    changes = list(frame["change"])
    gaps = [abs(c - statistics.mean(changes[:i] + changes[i + 1 :])) for i, c in enumerate(changes)]
    p = sum(gap >= gaps[0] - 1e-9 for gap in gaps) / len(gaps)
    assert before_after(real, "fdi", "KGZ", 2015).p_value == pytest.approx(p)
