"""Panel and transforms on data small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.panel import Panel, event_year
from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.series import SeriesData, SeriesInfo


def small() -> pd.DataFrame:
    return pd.DataFrame({"state": ["b", "a", "a"], "year": [2001, 2002, 2001], "x": [1.0, 4.0, np.nan], "y": [3, 2, 1]})


def series(code: str, unit: str, kind: str, values: dict[tuple[str, int], float], vintage: str = "") -> SeriesData:
    frame = pd.DataFrame([(e, y, v) for (e, y), v in values.items()], columns=["economy", "year", "value"])
    return SeriesData(SeriesInfo(code=code, label=code, unit=unit, kind=kind, vintage=vintage), frame)


@pytest.fixture
def world() -> Panel:
    return Panel.from_series(
        [
            series("X.USD", "current US$", "level", {("KGZ", 2014): 20.0, ("KGZ", 2015): 30.0, ("WLD", 2014): 900.0}),
            series("SP.POP.TOTL", "persons", "level", {("KGZ", 2014): 4.0, ("KGZ", 2015): 5.0}),
            series("NY.GDP.MKTP.CD", "current US$", "level", {("KGZ", 2014): 200.0, ("KGZ", 2015): 100.0}),
            series("NY.GDP.MKTP.KD", "constant 2015 US$", "level", {("KGZ", 2014): 100.0, ("KGZ", 2015): 100.0}),
            series("R", "% a year", "rate", {("KGZ", 2014): -1.0, ("KGZ", 2015): 2.0}),
        ]
    )


@pytest.mark.parametrize("first", [("a", 2003), ("b", 2003), ("c", 2001)])
def test_a_wide_table_has_every_year_whichever_unit_begins_first(first: tuple[str, int]) -> None:
    begin = {"a": 2001, "b": 2001, "c": 2001, first[0]: first[1]}
    values = {(unit, year): float(year) for unit in "abc" for year in range(begin[unit], 2006)}
    panels = [Panel.from_series([series("x", "%", "share", values)])]
    panels.append(Panel.from_frame(panels[0].frame.reset_index(), unit="economy", time="year"))
    for panel in panels:
        assert list(panel.wide("x").index) == list(range(2001, 2006))
        assert panel.wide("x").notna().sum().sum() == len(values)


def test_the_panel_that_ships_is_wide_for_any_economies() -> None:
    wide = load_panel(["poverty_national"], ["GEO", "UZB"]).wide("poverty_national")
    assert (wide.index[0], wide.index[-1]) == (2001, 2024)
    assert wide["GEO"].dropna().index[0] == 2004


def test_from_frame_sorts_and_keeps_missing_as_missing() -> None:
    panel = Panel.from_frame(small(), unit="state")
    assert list(panel.frame.index) == [("a", 2001), ("a", 2002), ("b", 2001)]
    assert math.isnan(panel.frame.loc[("a", 2001), "x"])
    wide = panel.wide("x")
    assert wide.shape == (2, 2)
    assert wide.loc[2002, "a"] == 4.0
    assert wide.isna().sum().sum() == 2


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda d: d.assign(x=["?", 1, 2]), "'x' in row 1: '?' is not a number"),
        (lambda d: d.assign(x=[1.0, np.inf, 2.0]), "'x' in row 2: inf is infinite"),
        (lambda d: pd.concat([d, d.iloc[:1]]), "state 'b' has year 2001 more than once (1 duplicate rows)"),
        (lambda d: d.assign(year=[2001.5, 2002, 2003]), "2001.5 is not a whole number"),
        (lambda d: d.assign(state=["a", None, "b"]), "column 'state' is missing in row 2"),
        (lambda d: d.rename(columns={"state": "stat"}), "unit column 'state' not known; did you mean 'stat'?"),
        (lambda d: d[["state", "year"]], "no indicator column"),
        (lambda d: d.iloc[:0], "no row"),
    ],
)
def test_from_frame_refuses_in_one_sentence(change, says: str) -> None:
    with pytest.raises(EaeuError) as caught:
        Panel.from_frame(change(small()), unit="state")
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(1990, 1999), st.one_of(st.none(), st.floats(-1e9, 1e9))),
        min_size=1,
        unique_by=lambda row: row[:2],
    ),
    st.randoms(),
)
def test_from_frame_does_not_mind_the_order_of_rows(rows, random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    make = lambda r: Panel.from_frame(pd.DataFrame(r, columns=["u", "t", "v"]).astype({"v": float}), "u", "t")  # noqa: E731 - one line
    pd.testing.assert_frame_equal(make(rows).frame, make(shuffled).frame)


def test_aggregates_are_kept_apart(world: Panel) -> None:
    assert world.units == ["KGZ"]
    assert world.aggregates is not None
    assert world.aggregates.loc[("WLD", 2014), "X.USD"] == 900.0


def test_transforms_carry_the_unit(world: Panel) -> None:
    per_head = world.per_head("X.USD")
    assert list(per_head.column("per_head(X.USD)").dropna()) == [5.0, 6.0]
    assert per_head.info("per_head(X.USD)").unit == "current US$ per head"
    share = world.share_of_gdp("X.USD")
    assert list(share.column("share_of_gdp(X.USD)").dropna()) == [10.0, 30.0]
    assert share.info("share_of_gdp(X.USD)").unit == "% of GDP"
    real = world.real("X.USD")
    assert list(real.column("real(X.USD)").dropna()) == [10.0, 30.0]
    index = world.index("X.USD", 2014)
    assert list(index.column("index(X.USD,2014)").dropna()) == [100.0, 150.0]
    log = world.log("X.USD")
    assert log.column("log(X.USD)").iloc[0] == pytest.approx(math.log(20))
    assert [part.code for part in share.info("share_of_gdp(X.USD)").derived_from] == ["X.USD", "NY.GDP.MKTP.CD"]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: p.log("R"), "it is a rate"),
        (lambda p: p.per_head("R"), "it is a rate"),
        (lambda p: p.share_of_gdp("SP.POP.TOTL"), "makes no sense in persons"),
        (lambda p: p.real("NY.GDP.MKTP.KD"), "expected current US$"),
        (lambda p: p.per_head("X.USD").per_head("per_head(X.USD)"), "per head already"),
        (lambda p: p.log("X.USD").log("log(X.USD)"), "a logarithm already"),
        (lambda p: p.index("X.USD", 1900), "base year 1900 is outside"),
        (lambda p: p.log("X.USDD"), "did you mean 'X.USD'"),
        (lambda p: p.with_column("Z", p.column("R"), SeriesInfo("Z", kind="level")).log("Z"), "KGZ has -1 in 2014"),
    ],
)
def test_transforms_refuse_nonsense(world: Panel, call, says: str) -> None:
    with pytest.raises(BadInputError) as caught:
        call(world)
    assert says in str(caught.value)


def test_two_vintages_are_never_spliced() -> None:
    one = series("R", "%", "rate", {("KGZ", 2014): 1.0}, "2022-05-25")
    two = series("R", "%", "rate", {("KGZ", 2015): 2.0}, "2026-06-11")
    with pytest.raises(BadInputError, match="never spliced"):
        Panel.from_series([one, two])
    both = Panel.from_series([one, two], keyed=True)
    assert both.indicators == ["R@2022-05-25", "R@2026-06-11"]


def test_select_and_resolve(world: Panel) -> None:
    assert world.resolve("Kyrgyzstan") == "KGZ"
    assert world.select(["R"], ["KG"], (2015, 2015)).frame.shape == (1, 1)
    computed = world.share_of_gdp("X.USD").select(["share_of_gdp(X.USD)"])
    assert computed.indicators == ["share_of_gdp(X.USD)"]
    with pytest.raises(NoDataError, match="Uzbekistan"):
        world.resolve("UZB")
    with pytest.raises(BadInputError, match="the first is after the last"):
        world.select(years=(2015, 2014))
    with pytest.raises(NoDataError):
        world.select(years=(1900, 1901))


@pytest.mark.parametrize("event", [2015, "2015", "2015-08-12", pd.Timestamp("2015-08-12"), np.int64(2015)])
def test_event_year(event) -> None:
    assert event_year(event) == 2015


@pytest.mark.parametrize("event", ["soon", "", None, True, "2015-13-40"])
def test_event_year_refuses(event) -> None:
    with pytest.raises(BadInputError, match="not a year or a date"):
        event_year(event)
