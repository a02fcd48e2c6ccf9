"""What a question of before/after becomes: its plain values, its table, its checks; and what cannot be asked."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_panels import small, without

import eaeu_analysis as ea
from eaeu_analysis.compare import BeforeAfter, before_after, compare_members
from eaeu_analysis.compare import checks as rules
from eaeu_analysis.compare.run import change_measure, plain_event, treatment
from eaeu_analysis.compare.windows import newey_west_lags, permutation, unit_stats
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.series import SeriesInfo


@pytest.fixture(scope="module")
def panel() -> ea.Panel:
    return ea.load_panel(["trade", "gdp_per_head", "tariff"])


@pytest.fixture
def trade(panel: ea.Panel) -> BeforeAfter:
    return before_after(panel, "trade", "Kyrgyzstan", "2015-08-12")


# -- the question -------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("event", "plain"),
    [
        (2015, 2015),
        (" 2015 ", 2015),
        ("-44", -44),
        (np.int64(2015), 2015),
        (dt.datetime(2015, 8, 12, 3, 4), "2015-08-12"),
        (dt.date(2015, 8, 12), "2015-08-12"),
        (pd.Timestamp("2015-08-12"), "2015-08-12"),
        (" 2015-08-12", "2015-08-12"),
    ],
)
def test_an_event_in_plain_values(event, plain):
    assert plain_event(event) == plain
    assert type(plain_event(event)) is type(plain)


def test_the_question_in_plain_values(trade):
    assert dict(trade.spec) == {"outcome": "trade", "unit": "KGZ", "event": "2015-08-12", "pre": 5, "post": 4,
                                "skip": 1, "comparators": "rouble", "kind": None, "level": 0.9,
                                "bloc": "EAEU"}  # fmt: skip
    r = before_after(small("level"), "y", "t", 2015, np.int64(3), 2, 0, ["c", "a"], kind="share", level=0.8, bloc=None)
    assert dict(r.spec) == {"outcome": "y", "unit": "t", "event": 2015, "pre": 3, "post": 2, "skip": 0,
                            "comparators": ["c", "a"], "kind": "share", "level": 0.8, "bloc": None}  # fmt: skip
    assert all(type(r.spec[name]) is int for name in ("pre", "post", "skip"))
    assert (r.windows.before, r.windows.after, r.level, r.kind, r.relative) == (
        (2012, 2014), (2015, 2016), 0.8, "share", False
    )  # fmt: skip
    assert r.provenance.settings == r.spec
    assert r.provenance.series == (r.outcome,)
    assert f"{newey_west_lags(5)} lags" in r.provenance.method
    assert "2 lags" in trade.provenance.method
    assert before_after(small(), "y", "t", 2015).spec["bloc"] is None  # no panel of economies


def test_late_years_are_those_of_the_unit_and_of_economies_alone(panel, trade):
    assert trade.windows.latest == (2020, 2024)
    assert before_after(small(), "y", "t", 2015).windows.latest is None
    assert set(before_after(small(), "y", "t", 2015).table["to_latest_window"]) == {""}
    frame = panel.frame.copy()
    frame.loc[("KGZ", slice(2023, 2024)), :] = np.nan
    cut = ea.Panel(frame, panel.series, panel.names, world=True)
    assert before_after(cut, "trade", "KGZ", 2015).windows.latest == (2020, 2022)


# -- the table ----------------------------------------------------------------------------------------------
def test_a_row_of_the_table(panel, trade):
    frame = trade.to_frame()
    assert frame["unit"].tolist() == ["KGZ", "TJK", "UZB", "GEO", "MDA", "AZE", "UKR"]
    assert list(trade.observed.columns) == frame["unit"].tolist()
    assert trade.names == dict(zip(frame["unit"], frame["name"], strict=True))
    row = frame.iloc[1]
    values = panel.with_outcome("trade").wide("trade")["TJK"]
    pd.testing.assert_series_equal(trade.observed["TJK"], values, check_freq=False, check_names=False)
    own = unit_stats(values.index, values, trade.windows, False, 0.9)
    words = {"unit": "TJK", "name": "Tajikistan", "role": "comparator", "change_unit": "percentage points",
             "growth_unit": "percentage points a year", "to_latest_window": "2020-24"}  # fmt: skip
    numbers = {name: value for name, value in vars(own).items() if not name.startswith("latest_")}
    numbers |= {f"to_{name}": value for name, value in vars(own).items() if name.startswith("latest_")}
    assert row.drop(list(words)).to_dict() == pytest.approx(numbers, nan_ok=True)
    assert row[list(words)].to_dict() == words
    assert frame["role"].iloc[0] == "treated"
    assert (own.available, own.latest_years, own.years_before) == (True, 4, 5)


def test_intervals_are_at_the_level_that_is_asked_for(panel):
    r = before_after(panel, "trade", "KGZ", 2015, level=0.5)
    own = unit_stats(r.observed.index, r.observed["TJK"], r.windows, False, 0.5)
    assert r.to_frame().loc[1, ["lower", "upper"]].to_list() == pytest.approx([own.lower, own.upper])
    assert r.interval == pytest.approx((r.treated["lower"], r.treated["upper"]))


def test_comparators_are_chosen_for_the_outcome_and_its_kind(panel):
    """The nearest by the level of trade over GDP; where changes are relative, by its trend alone."""
    events = [e.text for e in before_after(panel, "trade", "KGZ", 2015).comparators.events]
    assert events != [e.text for e in before_after(panel, "gdp_per_head", "KGZ", 2015).comparators.events]
    level, trend = (before_after(panel, "trade", "KGZ", 2015, comparators="nearest", kind=kind).comparators.units
                    for kind in ("share", "level"))  # fmt: skip
    assert level != trend


def test_the_columns_of_the_table():
    frame = before_after(small(), "y", "t", 2015).to_frame()
    assert list(frame.columns) == [
        *("unit", "name", "role", "mean_before", "mean_after", "change", "change_unit", "log_change", "lower", "upper"),
        *("sd_before", "sd_after", "growth_before", "growth_after", "years_before", "years_after", "growth_unit"),
        *("available", "reason", "to_latest_mean", "to_latest_change", "to_latest_years", "to_latest_window"),
    ]
    assert frame["name"].tolist() == frame["unit"].tolist() == ["t", "a", "b", "c"]  # nobody has another name


def test_the_difference_of_a_small_panel():
    r = before_after(small("level", "US$"), "y", "t", 2015, level=0.5)
    found = r.difference
    assert found is not None
    changes = {"a": 2.5, "b": 100 * 2.01 / 30.04, "c": 30.0}
    assert (found.measure, found.test_measure, found.treated) == ("per cent", "log points", pytest.approx(20.0))
    assert found.mean == pytest.approx(np.mean(list(changes.values())))
    assert found.median == pytest.approx(changes["b"])
    assert found.spread == pytest.approx((2.5, 30.0))
    without_one = sorted(20 - np.mean([v for k, v in changes.items() if k != out]) for out in changes)
    assert found.without_one == pytest.approx((without_one[0], without_one[-1]))
    logs = r.to_frame()["log_change"]
    assert found.test == permutation(logs[0], list(logs[1:]), 0.5)
    two = before_after(small(), "y", "t", 2015, comparators=["a", "c"]).difference
    assert two is not None
    assert two.without_one == pytest.approx((10 - 6, 10 - 1))
    one = before_after(small(), "y", "t", 2015, comparators=["a"]).difference
    assert one is not None
    assert (one.test_measure, one.spread) == ("percentage points", pytest.approx((1.0, 1.0)))
    assert all(math.isnan(end) for end in one.without_one)


def test_seven_comparators_are_left_out_one_at_a_time(trade):
    changes = trade.to_frame().set_index("unit")["change"]
    own, others = changes["KGZ"], changes.drop("KGZ")
    alone = [own - others.drop(code).mean() for code in others.index]
    assert trade.difference.without_one == pytest.approx((min(alone), max(alone)))


# -- the checks ---------------------------------------------------------------------------------------------
BEFORE = ["window completeness", "window before the pandemic", "other events of its own"]
COMPARED = ["contamination", "pre-trend comparability", "pre-level comparability", "outlier comparator"]
VALUES = ["repeated values", "zeros"]


def stats_of(r: BeforeAfter) -> dict[str, Any]:
    years = r.observed.index
    return {u: unit_stats(years, r.observed[u], r.windows, r.relative, r.level) for u in r.observed}


@pytest.mark.parametrize("outcome", ["trade", "gdp_per_head", "tariff"])
def test_the_checks_are_those_of_the_rules(panel, outcome):
    r = before_after(panel, outcome, "KGZ", 2015, level=0.8)
    stats, used = stats_of(r), [u for u, available in zip(r.table["unit"], r.table["available"], strict=True)
                                if available and u != "KGZ"]  # fmt: skip
    assert r.difference is not None
    measure = r.difference.test_measure
    assert [c.name for c in r.checks] == [*BEFORE, *COMPARED, *VALUES]
    assert list(r.checks) == [
        rules.window_completeness(stats, r.windows),
        rules.clean_window(r.windows, True),
        rules.own_events_check(r.comparators),
        rules.contamination(r.comparators, used),
        rules.pre_trend(stats, r.windows, r.relative, 0.8, measure),
        rules.pre_level(stats, r.windows, r.relative, 0.8, measure),
        rules.outlier(stats, r.relative, measure),
        rules.repeated_values(r.observed, r.windows),
        rules.zeros(r.observed, r.windows),
    ]


def test_which_checks_are_made(panel):
    alone = before_after(panel, "trade", "KGZ", 2015, comparators=[])
    assert [c.name for c in alone.checks] == [*BEFORE, *VALUES]
    assert [c.name for c in before_after(small(), "y", "t", 2015).checks] == [BEFORE[0], *COMPARED, *VALUES]
    other = before_after(panel, "trade", "HRV", 2013, comparators=["UKR", "TUR", "SRB"])
    assert other.checks[1] == rules.clean_window(other.windows, False)  # a union that no sanctions re-routed


# -- kinds --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "unit", "asked", "used", "relative"),
    [
        ("level", "US$", None, "level", True),
        ("share", "%", None, "share", False),
        ("index", "2010 = 100", None, "index", True),
        ("index", "score", None, "index", False),
        ("index", "score", "index", "index", True),
        ("share", "2010 = 100", None, "share", False),
        ("level", "US$", "rate", "rate", False),
        ("rate", "%", "level", "level", True),
    ],
)
def test_what_is_relative(kind, unit, asked, used, relative):
    assert treatment(SeriesInfo("y", "y", unit, kind), asked) == (used, relative)


def test_a_kind_that_is_not_known():
    with pytest.raises(BadInputError, match=r"^kind 'levle' not known; did you mean 'level'"):
        treatment(SeriesInfo("y", "y"), "levle")


@pytest.mark.parametrize(
    ("unit", "kind", "relative", "measure"),
    [
        ("US$", "level", True, "per cent"),
        ("%", "share", True, "per cent"),
        ("% of GDP", "share", False, "percentage points"),
        ("per cent", "unknown", False, "percentage points"),
        ("", "share", False, "percentage points"),
        ("", "rate", False, "percentage points"),
        ("", "index", False, "units of the outcome"),
        ("per 1,000", "rate", False, "per 1,000"),
        ("US$", "level", False, "US$"),
    ],
)
def test_what_a_change_is_measured_in(unit, kind, relative, measure):
    assert change_measure(SeriesInfo("y", "y", unit), kind, relative) == measure


# -- what cannot be asked -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("trad", "outcome 'trad' not known; did you mean 'trade' (Trade (exports plus imports), % of GDP)"),
        ("NE.TRD.GNFS.ZX", "outcome 'NE.TRD.GNFS.ZX' not known; did you mean 'NE.TRD.GNFS.ZS' (Trade (% of GDP))?"),
        ("Applied tariff, trade-weighted", "outcome 'Applied tariff, trade-weighted' not known; did you mean 'tariff'"),
    ],
)
def test_an_outcome_that_is_not_known(panel, outcome, sentence):
    with pytest.raises(BadInputError, match=f"^{re.escape(sentence)}"):
        before_after(panel, outcome, "KGZ", 2015)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"outcome": "z"}, "indicator 'z' not known; known: y"),
        ({"event": 2007}, "event 2007 is outside the data: 'y' runs 2008-2023"),
        ({"event": "2024-01-01"}, "event 2024 is outside the data: 'y' runs 2008-2023"),
        ({"level": 1.0}, "level 1 is not between 0 and 1; expected a share such as 0.9"),
        ({"level": 0.0}, "level 0 is not between 0 and 1; expected a share such as 0.9"),
        ({"kind": "levle"}, "kind 'levle' not known; did you mean 'level'?"),
        ({"unit": "q"}, "who 'q' not known; known: a, b, c, t"),
        ({"post": 0}, "post 0 is not a number of years: expected a whole number, 1 or more"),
    ],
)
def test_questions_that_cannot_be_asked(more, sentence):
    question: dict[str, Any] = {"outcome": "y", "unit": "t", "event": 2015, **more}
    with pytest.raises(BadInputError, match=f"^{re.escape(sentence)}$"):
        before_after(small(), **question)


def test_the_first_and_the_last_year_of_the_data_are_inside():
    assert before_after(small(), "y", "t", 2023, pre=2, post=1, skip=0).windows.event == 2023
    with pytest.raises(NoDataError, match="has no 'y' in 2006-07, the window before the event"):
        before_after(small(), "y", "t", 2008, pre=2, post=2)


@pytest.mark.parametrize(
    ("edit", "event", "sentence"),
    [
        (lambda df: df.assign(y=np.nan), 2015, "'y' has no value in this panel"),
        (lambda df: df.assign(y=df["y"].where(df["who"] != "t")), 2015, "t has no value of 'y'"),
        (without("t", range(2008, 2015)), 2015,
         "t has no 'y' in 2010-14, the window before the event; its values run 2015-2023"),
        (without("t", range(2016, 2020)), 2015,
         "t has no 'y' in 2016-19, the window after the event; its values run 2008-2023"),
        (without("t", range(2016, 2024)), 2015, "t has no 'y' in 2016-19, the window after the event; its values run "
         "2008-2015; an answer can be had once the data reach 2018"),
    ],
)  # fmt: skip
def test_a_unit_without_values(edit, event, sentence):
    with pytest.raises(NoDataError, match=f"^{re.escape(sentence)}$"):
        before_after(small(edit=edit), "y", "t", event)


def test_a_unit_that_has_a_name_is_named(panel):
    frame = panel.frame.drop(index=[("KGZ", year) for year in range(2016, 2020)])
    cut = ea.Panel(frame, panel.series, panel.names, world=True)
    with pytest.raises(NoDataError, match=r"^Kyrgyzstan \(KGZ\) has no 'trade' in 2016-19, the window after the event"):
        before_after(cut, "trade", "KGZ", 2015)


def test_no_comparator_with_both_windows():
    def short(df: pd.DataFrame) -> pd.DataFrame:
        return df[(df["who"] == "t") | (df["year"] < 2016)]

    with pytest.raises(NoDataError, match=r"^no comparator has 'y' in both 2010-14 and 2016-19 \(.*: a, b, c\)$"):
        before_after(small(edit=short), "y", "t", 2015)

    def few(df: pd.DataFrame) -> pd.DataFrame:
        return short(df)[lambda rest: (rest["who"] != "t") | ~rest["year"].isin([2016, 2017])]

    shown = before_after(small(edit=few), "y", "t", 2015)  # the unit itself has no answer, which comes first
    assert not shown.treated["available"]
    assert shown.difference is None


def test_a_pool_of_which_nobody_is_left(panel):
    alone = ea.Panel(panel.frame.loc[["KGZ"]], panel.series, panel.names, world=True)
    with pytest.raises(NoDataError, match=r"^no comparator has 'trade' in both .* \(.*: nobody left\)$"):
        before_after(alone, "trade", "KGZ", 2015, comparators="rouble")


def test_of_many_rows_one_without_comparators_keeps_its_own_numbers(panel):
    gone = panel.frame.index.isin([("TJK", year) for year in range(2016, 2020)])
    cut = ea.Panel(panel.frame[~gone], panel.series, panel.names, world=True)
    found = compare_members(cut, ["trade"], units=["KGZ"], comparators=["TJK"])
    assert found.table["available"].tolist() == [True]
    (result,) = found.results.values()
    assert result.difference is None
    assert result.treated["available"]
    with pytest.raises(NoDataError, match="no comparator has 'trade' in both"):
        before_after(cut, "trade", "KGZ", 2015, comparators=["TJK"])


def test_of_many_rows_one_outside_the_data_has_its_reason(panel):
    early = ea.Panel(
        panel.frame[panel.frame.index.get_level_values("year") < 2012], panel.series, panel.names, world=True
    )
    row = compare_members(early, ["trade"], units=["KGZ"]).table.iloc[0]
    assert not row["available"]
    assert row["reason"].startswith("event 2015 is outside the data: 'trade' runs 1990-2011")
