"""The rules of the checks of before/after at their limits, and the numbers that they state."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from texts import numbers

from eaeu_analysis.compare import checks as rules
from eaeu_analysis.compare.comparators import ComparatorPool
from eaeu_analysis.compare.membership import ConfoundingEvent
from eaeu_analysis.compare.windows import UnitStats, Windows
from eaeu_analysis.results import Check
from eaeu_analysis.text import format_number

SPEC = Windows(2015, (2010, 2014), (2016, 2019))
NAN = math.nan


def unit(change: float = 1.0, **more: Any) -> UnitStats:
    """A unit with both windows whole."""
    given: dict[str, Any] = {
        "mean_before": 50.0, "mean_after": 50.0 + change, "change": change, "log_change": 10 * change, "lower": NAN,
        "upper": NAN, "sd_before": 1.0, "sd_after": 1.0, "growth_before": 0.0, "growth_after": 0.0, "years_before": 5,
        "years_after": 4, "latest_mean": NAN, "latest_change": NAN, "latest_years": 0, "available": True, "reason": "",
        **more,
    }  # fmt: skip
    return UnitStats(**given)


def units(**values: Any) -> dict[str, UnitStats]:
    return {name: value if isinstance(value, UnitStats) else unit(value) for name, value in values.items()}


def facts(check: Check) -> tuple[Any, ...]:
    """Everything but the words."""
    return check.name, check.passed, check.value, check.threshold, check.role, numbers(check.text)


# -- the windows --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("years", "passed", "share"),
    [((5, 4, 5, 4), True, "100"), ((5, 4, 4, 4), True, "94"), ((5, 4, 4, 3), False, "89"), ((0, 0, 0, 0), False, "0")],
)
def test_nine_tenths_of_the_years_must_be_there(years, passed, share):
    stats = units(t=unit(years_before=years[0], years_after=years[1]),
                  a=unit(years_before=years[2], years_after=years[3]))  # fmt: skip
    found = rules.window_completeness(stats, SPEC)
    stated = [share, "2010", "14", "2016", "19", "90"]
    assert facts(found)[:5] == ("window completeness", passed, pytest.approx(sum(years) / 18), 0.9, "warning")
    assert [text.lstrip("-") for text in numbers(found.text.replace("-", " "))] == stated
    assert "without a window" not in found.text


def test_exactly_nine_tenths_pass_and_no_unit_may_lack_a_window():
    wide = Windows(2015, (2010, 2014), (2015, 2019))
    stats = units(t=unit(years_before=5, years_after=4))
    assert rules.window_completeness(stats, wide).passed is True
    gone = units(t=unit(), a=unit(available=False, reason="before: 1 of 5"), b=unit(available=False, reason="none"))
    found = rules.window_completeness(gone, SPEC)
    assert (found.passed, found.value) == (False, 1.0)
    assert found.text.endswith("; without a window: a (before: 1 of 5); b (none)")


@pytest.mark.parametrize(("last", "passed"), [(2018, True), (2019, True), (2020, False)])
@pytest.mark.parametrize("union", [True, False])
def test_the_later_window_ends_before_the_pandemic(last, passed, union):
    found = rules.clean_window(Windows(2015, (2010, 2014), (2016, last)), union)
    stated = [str(last), "2019"]
    assert facts(found) == ("window before the pandemic", passed, float(last), 2019.0, "warning", stated)
    assert ("sanctioned" in found.text) is union
    assert found.text.endswith("pandemic") is not union


# -- events of their own ------------------------------------------------------------------------------------
def pool(events: str = "", own: tuple[ConfoundingEvent, ...] | None = (), examined: str = "abc") -> ComparatorPool:
    made = tuple(ConfoundingEvent(2012 + i, "war", f"event {i}", "s", (), code) for i, code in enumerate(events))
    return ComparatorPool(
        "a pool", "a rule", ("a", "b", "c"), "rouble", events=made, own=own, examined=frozenset(examined)
    )


@pytest.mark.parametrize(
    ("events", "examined", "used", "passed", "count"),
    [
        ("", "abc", "abc", True, 0),
        ("", "ab", "abc", None, 0),
        ("a", "abc", "abc", False, 1),
        ("ab", "a", "abc", False, 2),
        ("aa", "abc", "ab", False, 1),  # two events of one comparator
        ("c", "abc", "ab", True, 0),  # of one that is not used
    ],
)
def test_comparators_with_events_of_their_own(events, examined, used, passed, count):
    found = rules.contamination(pool(events, examined=examined), list(used))
    role = "info" if passed is None else "warning"
    assert facts(found)[:5] == ("contamination", passed, float(count), 0.0, role)
    assert f"{count} of {len(used)}" in found.text
    assert ("not examined: 1 of" in found.text or "not examined: 2 of" in found.text) is (len(examined) < len(used))
    if events == "aa":
        assert found.text.endswith("; events: a 2012 event 0; a 2013 event 1")


def test_events_of_the_treated_unit():
    event = ConfoundingEvent(2012, "mine", "a mine closed", "s")
    found = rules.own_events_check(pool(own=(event, event)))
    assert facts(found)[:5] == ("other events of its own", False, 2.0, 0.0, "warning")
    assert found.text.startswith("2 in the years compared")
    assert found.text.endswith("; events: 2012 a mine closed; 2012 a mine closed")
    assert facts(rules.own_events_check(pool(own=())))[:5] == ("other events of its own", True, 0.0, 0.0, "warning")
    assert facts(rules.own_events_check(pool(own=None))) == ("other events of its own", None, None, 0.0, "info", [])


# -- before the event ---------------------------------------------------------------------------------------
def trends(own: float, *others: float) -> dict[str, UnitStats]:
    return {"t": unit(growth_before=own), **{f"c{i}": unit(growth_before=g) for i, g in enumerate(others)}}


@pytest.mark.parametrize(
    ("own", "others", "level", "passed", "p", "threshold"),
    [
        (9.0, (0.0, 1.0, 2.0), 0.9, False, 1 / 4, 1 / 4),  # the smallest p there is: a quarter
        (1.0, (0.0, 1.0, 2.0), 0.9, True, 1.0, 1 / 4),
        (9.0, (0.0, 1.0, 2.0), 0.5, False, 1 / 4, 1 / 2),
        (9.0, (0.0, -8.0, 1.0, 2.0), 0.9, True, 2 / 5, 1 / 5),
        (9.0, (0.0, -8.0, 1.0, 2.0), 0.6, False, 2 / 5, 2 / 5),  # p at the level fails
    ],
)
def test_a_trend_that_is_extreme_before_the_event(own, others, level, passed, p, threshold):
    found = rules.pre_trend(trends(own, *others), SPEC, False, level, "points")
    expected = (pytest.approx(p), pytest.approx(threshold))
    assert facts(found)[:5] == ("pre-trend comparability", passed, *expected, "warning")
    gap = own - np.mean(others)
    assert f"{format_number(gap, signed=True)} points a year" in found.text
    assert f"exceed {threshold:.2f}" in found.text
    assert found.text.endswith(f" {format_number(5.5 * gap, signed=True)} points")


def test_relative_trends_are_compared_in_log_points():
    found = rules.pre_trend(trends(5.0, 1.0, 2.0, 3.0), SPEC, True, 0.9, "log points")
    gap = 100 * (math.log(1.05) - (math.log(1.01) + math.log(1.02) + math.log(1.03)) / 3)
    assert f"{gap:+.2f} log points a year" in found.text


@pytest.mark.parametrize(
    ("stats", "stated"),
    [
        (trends(NAN, 1.0, 2.0, 3.0), []),
        (trends(1.0, NAN, NAN, NAN), []),
        (trends(1.0, 2.0, 3.0), ["2"]),
        (trends(1.0, 2.0, NAN, 3.0), ["2"]),
        (trends(1.0), []),
    ],
)
def test_trends_that_cannot_be_compared(stats, stated):
    found = rules.pre_trend(stats, SPEC, False, 0.9, "points")
    assert facts(found)[:5] == ("pre-trend comparability", None, None, None, "info")
    assert numbers(found.text.replace("2010-14", "")) == stated
    assert ("2010-14" in found.text) is (not stated)


def test_units_without_a_window_have_no_trend():
    stats = trends(9.0, 0.0, 1.0, 2.0) | {"gone": unit(growth_before=99.0, available=False)}
    assert rules.pre_trend(stats, SPEC, False, 0.9, "points").value == 0.25
    poor = trends(9.0, 0.0, 1.0, NAN) | {"gone": unit(growth_before=99.0, available=False)}
    assert rules.pre_trend(poor, SPEC, False, 0.9, "points").value is None


def levels(own: float, *others: float) -> dict[str, UnitStats]:
    return {"t": unit(mean_before=own), **{f"c{i}": unit(mean_before=v) for i, v in enumerate(others)}}


@pytest.mark.parametrize(
    ("own", "others", "level", "passed", "p", "threshold"),
    [
        (99.0, (50.0, 51.0, 52.0), 0.9, False, 1 / 4, 1 / 4),
        (51.0, (50.0, 51.0, 52.0), 0.9, True, 1.0, 1 / 4),
        (99.0, (50.0, 0.0, 51.0, 52.0), 0.9, True, 2 / 5, 1 / 5),
        (99.0, (50.0, 0.0, 51.0, 52.0), 0.6, False, 2 / 5, 2 / 5),
    ],
)
def test_a_level_that_is_extreme_before_the_event(own, others, level, passed, p, threshold):
    found = rules.pre_level(levels(own, *others), SPEC, False, level, "points")
    expected = (pytest.approx(p), pytest.approx(threshold))
    assert facts(found)[:5] == ("pre-level comparability", passed, *expected, "warning")
    assert f"exceed {threshold:.2f}" in found.text
    assert "2010-14" in found.text
    gap = own - np.mean(others)
    assert not gap or f"{gap:+.1f} points;" in found.text


def test_levels_that_cannot_be_compared():
    relative = rules.pre_level(levels(99.0, 50.0, 51.0, 52.0), SPEC, True, 0.9, "points")
    assert facts(relative) == ("pre-level comparability", None, None, None, "info", [])
    few = levels(99.0, 50.0, 51.0) | {"gone": unit(mean_before=1.0, available=False)}
    found = rules.pre_level(few, SPEC, False, 0.9, "points")
    assert facts(found) == ("pre-level comparability", None, None, None, "info", ["2"])


# -- one comparator that decides ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("own", "others", "passed", "share", "stated", "farthest"),
    [
        (10.0, {"a": 2.0, "b": 2.0, "c": 5.0}, True, 1 / 7, ["+7.00", "+8.00", "+8.00", "50%"], "c"),
        # exactly half, by leaving out and against the median
        (4.0, {"a": -4.0, "b": 2.0, "c": 2.0}, True, 0.5, ["+4.00", "+2.00", "+2.00", "50%"], "a"),
        (3.9, {"a": -4.0, "b": 2.0, "c": 2.0}, False, 2 / 3.9, ["+3.90", "+1.90", "+1.90", "50%"], "a"),
        (-4.0, {"a": 2.0, "b": -2.1}, False, None, None, "a"),
    ],
)
def test_no_comparator_may_make_half_of_the_difference(own, others, passed, share, stated, farthest):
    found = rules.outlier(units(t=own, **others), False, "points")
    assert (found.name, found.passed, found.threshold, found.role) == ("outlier comparator", passed, 0.5, "warning")
    assert share is None or found.value == pytest.approx(share)
    assert stated is None or numbers(found.text) == stated
    assert f"without {farthest} " in found.text


def test_of_five_two_at_a_time_are_left_out():
    found = rules.outlier(units(t=10.0, a=0.0, b=0.0, c=0.0, d=8.0, e=9.0), False, "points")
    assert "without d and e +10.0," in found.text  # 10 - 3.4 = 6.6 with all of them
    assert found.value == pytest.approx(3.4 / 6.6)
    assert found.passed is False
    four = rules.outlier(units(t=10.0, a=0.0, b=0.0, d=8.0, e=9.0), False, "points")
    assert "without e " in four.text
    assert four.value == pytest.approx((4.25 - 8 / 3) / 5.75)


def test_the_median_must_agree_too():
    """Eleven comparators: no two of them move the mean by half, and the median is far from it."""
    others = {f"c{i:02d}": 0.0 if i < 6 else 10.0 for i in range(11)}
    found = rules.outlier(units(t=9.0, **others), False, "points")
    assert found.value is not None
    assert found.value < 0.5
    assert found.passed is False
    assert "against the median +9.00" in found.text
    exact = rules.outlier(units(t=9.0, **{f"c{i:02d}": 0.0 if i < 6 else 3.6 * 2 for i in range(10)}), False, "points")
    assert exact.value is not None


@pytest.mark.parametrize(("far", "named"), [(2 + 3.5 * 1.4826, False), (2.01 + 3.5 * 1.4826, True), (-3.3, True)])
def test_far_from_the_median_is_named(far, named):
    """Median 2, median deviation 1: named beyond 3.5 robust standard deviations."""
    found = rules.outlier(units(t=100.0, a=1.0, b=2.0, c=3.0, d=1.0, e=3.0, f=2.0, g=far), False, "points")
    assert found.text.endswith(": g") is named
    assert ("over 3.5 robust" in found.text) is named


def test_small_values_are_as_far_from_their_median():
    found = rules.outlier(units(t=9.0, a=0.1, b=0.2, c=0.3, d=0.1, e=0.3, f=0.2, g=0.9), False, "points")
    assert found.text.endswith(": g")


def test_no_spread_names_nobody():
    found = rules.outlier(units(t=100.0, a=2.0, b=2.0, c=2.0, d=9.0), False, "points")
    assert "robust" not in found.text


def test_no_difference_and_one_comparator():
    none = rules.outlier(units(t=2.0, a=1.0, b=3.0), False, "points")
    assert (none.passed, none.value) == (False, math.inf)
    alone = rules.outlier(units(t=2.0, a=1.0) | {"gone": unit(5.0, available=False)}, False, "points")
    assert facts(alone) == ("outlier comparator", None, None, None, "info", [])


def test_relative_changes_are_compared_in_log_points():
    found = rules.outlier(units(t=1.0, a=0.2, b=0.2, c=0.5), True, "log points")
    assert numbers(found.text) == ["+7.00", "+8.00", "+8.00", "50%"]
    assert "log points;" in found.text


def test_who_is_left_out_and_what_remains():
    values = np.array([1.0, 2.0, 6.0])
    out, left = rules.without_few(10.0, ["a", "b", "c"], values)
    assert out == [("a",), ("b",), ("c",)]
    assert left == pytest.approx([6.0, 6.5, 8.5])
    out, left = rules.without_few(10.0, list("abcde"), np.array([1.0, 2.0, 6.0, 0.0, 0.0]))
    assert len(out) == 15
    assert out[5] == ("a", "b")
    assert left[5] == pytest.approx(8.0)
    assert len(rules.without_few(10.0, list("abcde"), np.ones(5), most=1)[0]) == 5
    assert len(rules.without_few(10.0, list("abcd"), np.ones(4), most=2)[0]) == 10
    out, left = rules.without_few(10.0, ["a"], np.ones(1))
    assert out == []
    assert left.shape == (0,)
    out, left = rules.without_few(10.0, ["a", "b"], np.array([1.0, 2.0]))
    assert left == pytest.approx([8.0, 9.0])


# -- the values ---------------------------------------------------------------------------------------------
def observed(**values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(values, index=pd.Index(range(2009, 2021), name="year"))


def test_zeros_in_the_windows():
    table = observed(
        t=[1.0] * 12,
        a=[0, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1],  # 2009 is before the window
        b=[1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1, 0],  # 2015 is between them, 2020 after
        c=[1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, NAN],
    )
    found = rules.zeros(table, SPEC)
    assert facts(found)[:5] == ("zeros", None, 2.0, 0.0, "info")
    assert found.text.endswith(": 2; units: a 2010, 2014; c 2016, 2019")
    none = rules.zeros(table[["t", "b"]], SPEC)
    assert facts(none) == ("zeros", True, 0.0, 0.0, "warning", ["0"])


def test_values_that_are_repeated():
    table = observed(
        t=list(range(1, 13)),
        a=[5, 5, 6, 7, 7, 8, 9, 1, 2, 3, 4, 4],  # 2009-10 is before the windows, 2019-20 after them
        b=[1, 2, 2, 2, 3, 4, 4, 5, 6, 7, 7, 8],
        c=[1, 0, 0, 0, 3, 4, 1, 5, 6, 7, 8, 9],  # zeros are another matter
    )
    found = rules.repeated_values(table.astype(float), SPEC)
    assert facts(found)[:5] == ("repeated values", None, 2.0, 0.0, "info")
    assert found.text.endswith(": 2; units: a 2013; b 2011, 2012, 2015, 2019")
    none = rules.repeated_values(table[["t", "c"]].astype(float), SPEC)
    assert facts(none) == ("repeated values", True, 0.0, 0.0, "warning", ["0"])
    gap = table.astype(float).drop(index=2012)
    assert rules.repeated_values(gap[["b"]], SPEC).text.endswith("b 2011, 2015, 2019")  # 2013 does not follow 2011
