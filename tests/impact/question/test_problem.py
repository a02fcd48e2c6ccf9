"""The question: windows, donors, gaps, and one sentence for everything that cannot be answered."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.options import EffectOptions, SyntheticControlOptions
from eaeu_analysis.impact.question.predictors import Predictor
from eaeu_analysis.impact.question.problem import parse_years, state_problem


def frame(units: int = 8, periods: int = 16, seed: int = 0) -> pd.DataFrame:
    y = factor_model(np.random.default_rng(seed), units, periods)
    table = as_panel(y).to_frame()
    rng = np.random.default_rng(seed + 1)
    return table.assign(a=rng.normal(size=len(table)), b=rng.normal(size=len(table)))


def panel(table: pd.DataFrame) -> Panel:
    return Panel.from_frame(table, "unit", "year")


def sentence(call) -> str:
    with pytest.raises(EaeuError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


def set_values(table: pd.DataFrame, unit: str, years: list[int], value: float, column: str = "y") -> pd.DataFrame:
    table = table.copy()
    table.loc[(table["unit"] == unit) & table["year"].isin(years), column] = value
    return table


def test_default_windows_are_the_record_and_its_gaps_obey_the_rule():
    table = set_values(frame(), "U00", [2002, 2012], np.nan)
    problem = state_problem(panel(table), "y", "U00", 2010)
    assert problem.fit_years == [2000, 2001, *range(2003, 2010)]
    assert problem.post_years == [2010, 2011, 2013, 2014, 2015]
    assert problem.donors == tuple(f"U{i:02d}" for i in range(1, 8))
    assert "; 2 missing (2002, 2012)" in problem.window
    filled = state_problem(panel(table), "y", "U00", 2010, options=EffectOptions(gaps="interpolate"))
    assert filled.fit_years == list(range(2000, 2010))
    own = frame().set_index(["unit", "year"])["y"]["U00"]
    at = list(filled.times).index(2002)
    assert filled.outcomes[at, 0] == pytest.approx((own[2001] + own[2003]) / 2)
    assert "2 of the treated unit's values interpolated" in filled.window
    for years in (None, (2000, 2009)):
        with pytest.raises(BadInputError, match="U00 has no value in 2002"):
            state_problem(panel(table), "y", "U00", 2010, options=EffectOptions(gaps="error"), fit_years=years)
    with pytest.raises(NoDataError, match="no value in 2002 of fit_years"):
        state_problem(panel(table), "y", "U00", 2010, fit_years=[2000, 2001, 2002, 2003, 2004, 2005])


def test_what_comes_after_the_event_fills_no_gap_before_it():
    table = set_values(frame(), "U00", [2008, 2009], np.nan)
    problem = state_problem(panel(table), "y", "U00", 2010, options=EffectOptions(gaps="interpolate"))
    assert problem.fit_years == list(range(2000, 2008))
    assert problem.missing == (2008, 2009)


def test_years_forms():
    assert parse_years(1969, "x") == [1969]
    assert parse_years((1960, 1963), "x") == [1960, 1961, 1962, 1963]
    assert parse_years([1963, 1961], "x") == [1961, 1963]
    assert parse_years(range(1961, 1966, 2), "x") == [1961, 1963, 1965]
    for bad in ("1960", (1963, 1960), [], [1960.5], None, [True]):
        with pytest.raises(BadInputError):
            parse_years(bad, "x")


def test_a_date_is_as_good_as_a_year():
    whole = panel(frame())
    by_date = state_problem(whole, "y", "U00", "2010-08-12")
    assert by_date.event == 2010
    assert by_date.spec() == state_problem(whole, "y", "U00", 2010).spec()


def test_donors_with_gaps_are_dropped_filled_or_refused_and_reported():
    table = set_values(frame(), "U03", [2005], np.nan)
    table = set_values(table, "U04", [2000, 2001], np.nan)
    p = panel(table)
    dropped = state_problem(p, "y", "U00", 2010)
    assert set(dropped.dropped) == {"U03", "U04"}
    assert "2005" in dropped.dropped["U03"]
    filled = state_problem(p, "y", "U00", 2010, options=EffectOptions(gaps="interpolate"))
    assert filled.filled == {"U03": 1}
    assert "end of its record" in filled.dropped["U04"]
    at = filled.times == 2005
    values = filled.outcomes[:, filled.units.index("U03")]
    neighbours = values[np.isin(filled.times, [2004, 2006])]
    assert values[at][0] == pytest.approx(neighbours.mean())
    text = sentence(
        lambda: state_problem(p, "y", "U00", 2010, donors=["U01", "U02", "U03"], options=EffectOptions(gaps="error"))
    )
    assert "U03" in text
    assert "2005" in text
    effect = synthetic_control(
        p, "y", "U00", 2010, inference="none", options=SyntheticControlOptions(gaps="interpolate", checks=False)
    )
    assert effect.check("values interpolated").value == 1
    assert "U04" in effect.check("donors left out").text


BAD = {
    "treated among the donors": (
        lambda p: synthetic_control(p, "y", "U00", 2010, donors=["U00", "U01"]),
        "among the donors",
    ),
    "unknown donor": (lambda p: synthetic_control(p, "y", "U00", 2010, donors=["U01", "U99"]), "'U99' not known"),
    "one donor": (lambda p: synthetic_control(p, "y", "U00", 2010, donors=["U01"]), "at least 2"),
    "donors as text": (lambda p: synthetic_control(p, "y", "U00", 2010, donors="U01"), "list of units"),
    "unknown unit": (lambda p: synthetic_control(p, "y", "U0", 2010), "'U0' not known"),
    "unknown outcome": (lambda p: synthetic_control(p, "z", "U00", 2010), "'z' not known"),
    "few pre-periods": (lambda p: synthetic_control(p, "y", "U00", 2004), "at least 5"),
    "few fit years": (lambda p: synthetic_control(p, "y", "U00", 2010, fit_years=(2006, 2009)), "at least 5"),
    "event after the record": (lambda p: synthetic_control(p, "y", "U00", 2030), "missing in every year after"),
    "event before the record": (lambda p: synthetic_control(p, "y", "U00", 1990), "no year before"),
    "event is no year": (lambda p: synthetic_control(p, "y", "U00", "soon"), "not a year or a date"),
    "fit reaches the event": (
        lambda p: synthetic_control(p, "y", "U00", 2010, fit_years=(2003, 2010)),
        "end before it",
    ),
    "fit outside": (lambda p: synthetic_control(p, "y", "U00", 2010, fit_years=(1990, 2009)), "no value in 1990"),
    "post too early": (
        lambda p: synthetic_control(p, "y", "U00", 2010, post_years=(2009, 2012)),
        "must not begin before",
    ),
    "post outside": (lambda p: synthetic_control(p, "y", "U00", 2010, post_years=(2010, 2020)), "no value in 2016"),
    "gaps rule": (
        lambda p: synthetic_control(p, "y", "U00", 2010, options=SyntheticControlOptions(gaps="ignore")),
        "gaps 'ignore'",
    ),
    "level": (
        lambda p: synthetic_control(p, "y", "U00", 2010, options=SyntheticControlOptions(level=90)),
        "between 0 and 1",
    ),
    "inference": (lambda p: synthetic_control(p, "y", "U00", 2010, inference="bootstrap"), "'bootstrap' not known"),
    "v": (lambda p: synthetic_control(p, "y", "U00", 2010, v="best"), "'best' not known"),
    "v of nothing": (lambda p: synthetic_control(p, "y", "U00", 2010, v={"a": 1}), "there are none"),
    "cross-validation of nothing": (
        lambda p: synthetic_control(p, "y", "U00", 2010, v="cross-validation"),
        "give some",
    ),
    "penalty": (
        lambda p: synthetic_control(p, "y", "U00", 2010, options=SyntheticControlOptions(penalty=-1)),
        "penalty -1",
    ),
    "floor": (
        lambda p: synthetic_control(p, "y", "U00", 2010, options=SyntheticControlOptions(v_floor=0)),
        "v_floor 0",
    ),
    "starts": (
        lambda p: synthetic_control(p, "y", "U00", 2010, options=SyntheticControlOptions(starts=0)),
        "starts 0: at least 1 is needed",
    ),
    "unknown predictor": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("aa", 2005)]),
        "'aa' not known; did you mean 'a'",
    ),
    "predictor after the event": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", (2005, 2012))]),
        "part of the effect",
    ),
    "predictor twice": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", 2005)] * 2),
        "given twice",
    ),
    "no predictor": (lambda p: synthetic_control(p, "y", "U00", 2010, predictors=["a"]), "not understood"),
    "how": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", 2005, "meen")]),
        "'meen' not known",
    ),
    "predictor without values": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", 1950)]),
        "no value for the treated unit",
    ),
    "unknown in v": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", 2005)], v={"b": 1}),
        "'b' not known",
    ),
    "negative in v": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", 2005)], v={"a": -1}),
        "zero or more",
    ),
    "prediction with predictors": (
        lambda p: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", 2005)], inference="prediction"),
        "v='outcomes'",
    ),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_input_is_one_sentence(case):
    call, says = BAD[case]
    assert says in sentence(lambda: call(panel(frame())))


def test_an_outcome_that_ends_before_the_event():
    p = panel(set_values(frame(), "U00", list(range(2010, 2016)), np.nan))
    assert "missing in every year after the event (2010); its record ends in 2009" in sentence(
        lambda: synthetic_control(p, "y", "U00", 2010)
    )


def test_a_constant_outcome():
    years = list(range(2000, 2016))
    p = panel(set_values(frame(), "U00", years, 3.0))
    assert "constant at 3" in sentence(lambda: synthetic_control(p, "y", "U00", 2010))
    before = panel(set_values(frame(), "U00", years[:10], 3.0))
    assert "constant at 3 in all years before" in sentence(lambda: synthetic_control(before, "y", "U00", 2010))


def test_infinite_values():
    with pytest.raises(BadInputError, match="infinite"):
        panel(set_values(frame(), "U00", [2004], np.inf))
    p = panel(frame())
    for unit, says in (("U00", "of U00 is infinite in 2004"), ("U02", "of donor U02 is infinite")):
        p.frame.loc[(unit, 2004), "y"] = np.inf  # past the door, as a transform might
        assert says in sentence(lambda: synthetic_control(p, "y", "U00", 2010))
        p.frame.loc[(unit, 2004), "y"] = 0.0
    p.frame.loc[("U01", 2005), "a"] = np.inf
    assert "infinite" in sentence(
        lambda: synthetic_control(p, "y", "U00", 2010, predictors=[Predictor("a", (2004, 2006)), Predictor("b", 2004)])
    )


def test_a_predictor_that_only_some_have():
    table = set_values(frame(), "U02", list(range(2000, 2010)), np.nan, "a")
    predictors = [Predictor("a", (2000, 2009)), Predictor("b", (2000, 2009))]
    problem = synthetic_control(
        panel(table),
        "y",
        "U00",
        2010,
        predictors=predictors,
        inference="none",
        options=SyntheticControlOptions(checks=False),
    )
    assert "U02" not in problem.weights.index
    assert "U02 (no value of predictor 'a 2000-2009')" in problem.check("donors left out").text
    assert "U02 has no value of predictor" in sentence(
        lambda: synthetic_control(
            panel(table),
            "y",
            "U00",
            2010,
            predictors=predictors,
            options=SyntheticControlOptions(gaps="error"),
        )
    )
    with pytest.raises(NoDataError, match="treated unit U02"):
        synthetic_control(panel(table), "y", "U02", 2010, predictors=predictors)


def test_every_donor_without_a_predictor_is_left_out_and_no_other():
    table = frame()
    for unit, column in (("U02", "a"), ("U05", "b"), ("U07", "a")):
        table = set_values(table, unit, list(range(2000, 2010)), np.nan, column)
    predictors = [Predictor("a", (2000, 2009)), Predictor("b", (2000, 2009))]
    effect = synthetic_control(
        panel(table),
        "y",
        "U00",
        2010,
        predictors=predictors,
        inference="none",
        options=SyntheticControlOptions(checks=False),
    )
    assert list(effect.weights.index) == ["U01", "U03", "U04", "U06"]
    whole = panel(frame())
    same = synthetic_control(
        whole,
        "y",
        "U00",
        2010,
        list(effect.weights.index),
        predictors=predictors,
        inference="none",
        options=SyntheticControlOptions(checks=False),
    )
    pd.testing.assert_series_equal(effect.weights, same.weights)


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (lambda t: t.assign(c=2 * t["a"]), "'a 2004-2006' and 'c 2004-2006' are collinear"),
        (lambda t: t.assign(c=t["a"] + t["b"]), "are collinear"),
        (lambda t: t.assign(c=5 - t["a"]), "are collinear"),
        (lambda t: t.assign(c=1.5), "same for every unit"),
    ],
)
def test_collinear_predictors(made, says):
    p = panel(made(frame()))
    predictors = [Predictor(name, (2004, 2006)) for name in ("a", "b", "c")]
    assert says in sentence(lambda: synthetic_control(p, "y", "U00", 2010, predictors=predictors))


def test_labels_of_predictors():
    assert Predictor("x", (1964, 1969)).label == "x 1964-1969"
    assert Predictor("x", 1969).label == "x 1969"
    assert Predictor("x", range(1961, 1970, 2)).label == "x 1961-1969 by 2"
    assert Predictor("x", [1961, 1962, 1965], "last").label == "x 1961,1962,1965 (last)"
