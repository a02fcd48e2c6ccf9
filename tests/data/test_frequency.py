"""The calendar of a panel: what dates, periods and codes are read as, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.series import SeriesData, SeriesInfo

MONTHS = [year * 100 + month for year in (2010, 2011) for month in range(1, 13)]


def panel_of(times: Any, **options: Any) -> Panel:
    times = list(times)
    frame = pd.DataFrame(
        {"u": ["a"] * len(times) + ["b"] * len(times), "t": times * 2, "y": np.arange(2.0 * len(times))}
    )
    return Panel.from_frame(frame, "u", "t", **options)


@pytest.mark.parametrize(
    ("times", "options", "freq", "span"),
    [
        (MONTHS, {"freq": "M"}, "M", "2010-01 to 2011-12"),
        ([20101, 20102, 20103, 20104, 20111], {"freq": "Q"}, "Q", "2010Q1 to 2011Q1"),
        ([2010.0, 2010.25, 2010.5], {"freq": "Q"}, "Q", "2010Q1 to 2010Q3"),
        ([201001, 201040, 201052], {"freq": "W"}, "W", "2010-W01 to 2010-W52"),
        ([20100101, 20100102], {"freq": "D"}, "D", "2010-01-01 to 2010-01-02"),
        (pd.date_range("2010-01-31", periods=5, freq="YE"), {}, "Y", "2010-2014"),
        (pd.date_range("2010-01-31", periods=5, freq="QE"), {}, "Q", "2010Q1 to 2011Q1"),
        (pd.date_range("2010-01-31", periods=5, freq="ME"), {}, "M", "2010-01 to 2010-05"),
        (pd.date_range("2010-01-31", periods=5, freq="W"), {}, "W", "2010-W04 to 2010-W08"),
        (pd.date_range("2010-01-29", periods=8, freq="B"), {}, "D", "2010-01-29 to 2010-02-09"),
        (pd.date_range("2010-01-31", periods=24, freq="ME"), {"freq": "M"}, "M", "2010-01 to 2011-12"),
        ([day.date() for day in pd.date_range("2010-01-31", periods=5, freq="ME")], {}, "M", "2010-01 to 2010-05"),
        (pd.date_range("2000-01-01", periods=5, freq="YS", tz="Asia/Bishkek"), {}, "Y", "2000-2004"),
        (["2000-01-01T00:00:00+06:00", "2001-01-01T00:00:00+05:00"], {}, "Y", "2000-2001"),
        (pd.period_range("2000", periods=5, freq="Y"), {}, "Y", "2000-2004"),
        (pd.period_range("2000-01", periods=5, freq="M"), {}, "M", "2000-01 to 2000-05"),
        (pd.period_range("2000Q1", periods=5, freq="Q-JUN"), {}, "Q", "1999Q3 to 2000Q3"),
        (["2012M01", "2012M02"], {}, "M", "2012-01 to 2012-02"),
        (["2012-01", "2012-02"], {}, "M", "2012-01 to 2012-02"),
        (["2012Q1", "2012-Q4"], {}, "Q", "2012Q1 to 2012Q4"),
        (["2012-W01", "2012-W02"], {}, "W", "2012-W01 to 2012-W02"),
        (["2001", "2002"], {}, "Y", "2001-2002"),
        (range(36), {}, None, "0-35"),
    ],
)
def test_times_become_periods(times: Any, options: dict[str, Any], freq: str | None, span: str) -> None:
    panel = panel_of(times, **options)
    assert panel.freq == freq
    assert span in repr(panel)
    assert isinstance(panel.wide("y").index, pd.PeriodIndex) == (freq in ("Q", "M", "W", "D"))


@pytest.mark.parametrize(
    ("times", "options", "says"),
    [
        (MONTHS, {}, "looks like codes of months (YYYYMM)"),
        (MONTHS, {}, "give freq='M'"),
        ([20101, 20102, 20103, 20104, 20111], {}, "give freq='Q'"),
        ([201001, 201040, 201052], {}, "give freq='W'"),
        ([20100101, 20100102], {}, "give freq='D'"),
        (MONTHS, {"freq": "Y"}, "give freq='M'"),
        ([201001, 201013], {"freq": "M"}, "201013 is not a month (YYYYMM)"),
        ([1262304000000 + 86400000 * i for i in range(5)], {}, "unit='ms'"),
        ([2010.0, 2010.25], {}, "2010.25 is not a whole number of a period"),
        (["Jan", "Feb"], {}, "'Jan' is not a whole number of a period, nor a date"),
        (pd.date_range("2010-01-01", periods=5, freq="h"), {}, "several times a day"),
        (pd.period_range("2000-01", periods=5, freq="h"), {}, "expected years, quarters, months, weeks or days"),
        (pd.period_range("2000", periods=5, freq="Y"), {"freq": "M"}, "which cannot be divided"),
        ([2010, 2011], {"freq": "H"}, "freq 'H' not known"),
    ],
)
def test_codes_and_odd_times_are_refused_with_the_cure(times: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInputError) as caught:
        panel_of(times, **options)
    assert says in str(caught.value)


def test_a_period_is_named_in_many_ways() -> None:
    calendar = panel_of(MONTHS, freq="M").calendar
    for value in ("2010-07", "2010-07-15", "2010M07", 201007, np.int64(201007), 201007.0, pd.Timestamp("2010-07-02")):
        assert calendar.label(calendar.ordinal(value)) == "2010-07"
    assert calendar.ordinal(pd.Period("2010-07", "M")) == calendar.ordinal(pd.Period("2010-07-31", "D"))
    for value in (2010, "2010", pd.Period("2010", "Y"), None, "x", 2010.5, True):
        with pytest.raises(BadInputError, match="is not a month"):
            calendar.ordinal(value)


def test_a_panel_of_months_is_cut_and_described_by_months() -> None:
    panel = panel_of(MONTHS, freq="M")
    assert len(panel.select(years=(2011, 2011)).wide("y")) == 12
    cut = panel.select(years=("2010-11", "2011-02"))
    assert cut.years == (pd.Period("2010-11", "M"), pd.Period("2011-02", "M"))
    assert cut.coverage()["first"].tolist() == ["2010-11"] * 2
    scaled = cut.index("y", 201012)
    assert scaled.column("index(y,2010-12)")["a", "2010-12"] == 100
    assert scaled.info("index(y,2010-12)").unit == "index, 2010-12 = 100"


def test_series_of_two_frequencies_make_no_panel() -> None:
    def series(code: str, freq: str, times: list[int]) -> SeriesData:
        frame = pd.DataFrame({"economy": "KGZ", "year": times, "value": [1.0, 2.0]})
        return SeriesData(SeriesInfo(code), frame, freq)

    monthly = Panel.from_series([series("A", "M", [480, 481])])
    assert monthly.freq == "M"
    assert repr(monthly) == "<Panel: economy 1, month 2010-01 to 2010-02, indicators 1>"
    with pytest.raises(BadInputError, match="different frequencies"):
        Panel.from_series([series("A", "M", [480, 481]), series("B", "Y", [2010, 2011])])
