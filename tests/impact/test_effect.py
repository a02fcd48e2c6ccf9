"""The result of every estimator in words: the verdict by rule, the interval, weights and names."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from stated_checks import check

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.effect import (
    PRE_FIT,
    Effect,
    effect_table,
    events_text,
    interval_text,
    names_text,
    weights_text,
)
from eaeu_analysis.results import Provenance
from eaeu_analysis.series import SeriesInfo

INF, NAN = math.inf, math.nan


def made(**changes) -> Effect:
    table = effect_table("A", [2000, 2001], [1.0, 4.0], [1.0, 2.0])
    weights = pd.Series({"B": 0.75, "C": 0.25}, name="weight")
    effect = Effect(
        {"unit": "A", "outcome": "y", "event": 2001, "post_years": None},
        table, 2.0, (1.0, 3.0), 0.9, 0.02, weights, 0.04, (), Provenance(), "synthetic control", "% of GDP",
    )  # fmt: skip
    return replace(effect, **changes)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "an effect found: +2.00 (% of GDP), higher than without the event (p = 0.020), but no check was run"),
        ({"checks": (check("leave-one-out", True),)}, "(p = 0.020), and every check passed"),
        ({"estimate": -2.0, "interval": (-3.0, -1.0)}, "lower than without the event"),
        ({"checks": (check("leave-one-out", False),)}, "a fragile effect: +2.00 (% of GDP)"),
        ({"checks": (check("leave-one-out", False),)}, "it fails: leave-one-out"),
        (
            {"checks": (check(PRE_FIT, False, role="fatal"),)},
            "not answered: the comparison does not hold (pre-period fit)",
        ),
        (
            {"p_value": 0.4, "interval": (-1.0, 5.0)},
            "no effect found: +2.00 (% of GDP) does not stand out (p = 0.400)",
        ),
        (
            {"p_value": 0.4, "interval": (-1.0, 5.0), "checks": (check("minimum detectable effect", None, 3.2),)},
            "one smaller than 3.20 would often be missed",
        ),
        ({"p_value": 0.05, "interval": (-1.0, 5.0)}, "(p = 0.050, but the interval includes zero)"),
        ({"p_value": NAN, "interval": (NAN, NAN)}, "an estimate without a test: +2.00 (% of GDP)"),
        ({"p_value": NAN}, "(the interval leaves zero out)"),
        ({"p_value": NAN, "interval": (-1.0, 5.0)}, "(the interval includes zero)"),
    ],
)
def test_the_verdict_in_words(changes, says):
    effect = made(**changes)
    assert says in effect.verdict
    assert effect.verdict in effect.summary()


def test_intervals_in_words():
    assert interval_text((NAN, NAN)) == "not available"
    assert interval_text((-INF, INF)) == "unbounded (no value can be rejected)"
    assert interval_text((-1.0, 2.0)) == "[-1.00, 2.00]"


def test_post_is_what_the_estimate_averages():
    effect = made()
    assert effect.post["effect"].mean() == effect.estimate
    assert effect.failed == ()
    assert effect.check("nothing") is None


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        # p at the level with an interval that includes zero: both are stated
        ({"p_value": 0.1, "interval": (-1.0, 5.0)}, "(p = 0.100, but the interval includes zero)"),
        ({"p_value": 0.1 + 1e-6, "interval": (-1.0, 5.0)}, "(p = 0.100)"),
        ({"estimate": NAN}, "(no finite estimate), so n/a (% of GDP) is no finding"),
        ({"checks": (check("a", False, role="fatal"), check("b", False), check("c", True))}, "(a, b), so +2.00"),
        ({"checks": (check("a", False), check("b", False), check("c", True))}, "but it fails: a, b"),
        ({"p_value": 0.4, "interval": (-1.0, 5.0), "checks": (check("minimum detectable effect", None, INF),)},
         "no effect, however large"),
        ({"p_value": 0.4, "interval": (-1.0, 5.0), "checks": (check("minimum detectable effect", None),)},
         "no effect, however large"),
        ({"checks": (check("a", None),)}, "(p = 0.020), but no check was run"),
        ({"estimate": -2.0, "interval": (-3.0, -1.0), "checks": (check("a", False),)}, "-2.00 (% of GDP), lower than"),
        ({"estimate": 0.5, "interval": (0.1, 0.9)}, "an effect found: +0.50 (% of GDP), higher than"),
        ({"measure": ""}, "an effect found: +2.00, higher than"),
        ({"p_value": NAN, "checks": (check("a", False),)}, "(the interval leaves zero out), but it fails: a"),
    ],
)  # fmt: skip
def test_what_the_verdict_states(changes, verdict):
    effect = made(**changes)
    assert verdict in effect.verdict
    assert ("lower than" in effect.verdict) is (effect.finding in ("found", "fragile") and effect.estimate < 0)


def test_an_effect_that_is_not_found_ends_with_what_could_be_seen():
    assert made(p_value=0.4, interval=(-1.0, 5.0)).verdict.endswith("(p = 0.400)")
    other = made(p_value=0.4, interval=(-1.0, 5.0), checks=(check("any", True, 3.2),))
    assert other.verdict.endswith("(p = 0.400)")


def test_the_summary_of_an_effect():
    effect = made(
        window="fitted on 5 periods", donor_rule="two donors", inference="by rank", checks=(check("a", True),),
        provenance=Provenance((SeriesInfo("y", "An outcome", source="somebody"),)),
    )  # fmt: skip
    assert effect.summary().splitlines() == [
        "synthetic control: y of A, event 2001",
        "  fitted on 5 periods",
        "  two donors",
        "  average effect 2.00 (% of GDP), 90% interval [1.00, 3.00], p = 0.020",
        "  inference: by rank",
        "  root mean squared gap before the event 0.20",
        "  donors: B 0.750, C 0.250 (of 2)",
        f"  verdict: {effect.verdict}",
        "  [pass] a: ",
        f"  source: {effect.provenance.series[0].source_line()}",
    ]
    bare = made(method="", weights=None, pre_mspe=NAN, spec={"outcome": "y", "event": 2001, "estimator": "nearest"})
    assert bare.summary().splitlines()[0] == "nearest: y of A, event 2001"
    assert len(bare.summary().splitlines()) == 3
    assert made(method="", spec={"outcome": "y", "event": 2001}).summary().startswith("effect: y of A")


def test_names_and_dates_of_several_units():
    assert names_text(list("ABCDEF")) == "A, B, C, D, E, F"
    assert names_text(list("ABCDEFG")) == "7 units"
    assert events_text("2015-08") == "2015-08"
    assert events_text(dict.fromkeys("ABCDE", 2001) | {"F": 2003}) == ("A 2001, B 2001, C 2001, D 2001, E 2001, F 2003")
    assert events_text({"G": 2003, **dict.fromkeys("ABCDEF", 2001)}) == "2001 (6 units), 2003 (1 units)"


@pytest.mark.parametrize(
    ("weights", "text"),
    [
        ({"B": 0.25, "C": 0.75}, "C 0.750, B 0.250 (of 2)"),
        ({"B": -0.25, "C": 1.25}, "C 1.250, B -0.250 (of 2; 1 negative)"),
        ({"B": 0.99, "C": 0.01, "D": 0.0}, "B 0.990, C 0.010 (of 3)"),
        ({"B": 0.98, "C": 0.009, "D": -0.0006, "E": 0.0005}, "B 0.980 and 2 more of at most 0.009 (of 4; 1 negative)"),
        ({"B": 0.5, "A": 0.5}, "B 0.500, A 0.500 (of 2)"),
    ],
)
def test_weights_in_words(weights, text):
    assert weights_text(pd.Series(weights)) == text


def test_at_most_a_dozen_weights_are_listed():
    text = weights_text(pd.Series({f"D{i:02d}": 0.05 + i / 1000 for i in range(14)}))
    assert text.startswith("D13 0.063, ")
    assert text.endswith("D02 0.052 and 2 more of at most 0.051 (of 14)")
    assert weights_text(pd.Series({"B": 0.6, "C": 0.4}), most=1) == "B 0.600 and 1 more of at most 0.400 (of 2)"


def test_the_table_of_an_effect():
    table = effect_table("A", [2000, 2001], [1, 4], ["1", "2"], [-1, 0], ["1", "4"])
    assert list(table.columns) == ["unit", "time", "observed", "counterfactual", "effect", "lower", "upper"]
    assert table.iloc[1].to_list() == ["A", 2001, 4.0, 2.0, 2.0, 0.0, 4.0]
    assert (table.dtypes.iloc[2:] == np.float64).all()
    without = effect_table("A", [2000, 2001], [1, 4], [1, 2])
    assert without[["lower", "upper"]].isna().all(axis=None)
    assert effect_table("A", [2000], [1], [1], upper=[2])["upper"].tolist() == [2.0]


def test_intervals_with_one_end():
    assert interval_text((-INF, 2.0)) == "[-inf, 2.00]"
    assert interval_text((1.0, INF)) == "[1.00, +inf]"
    assert interval_text((NAN, 2.0)) == "not available"
    assert interval_text((1.0, NAN)) == "not available"


def test_what_a_table_of_estimates_shows():
    effect = made(window="fitted on 5 periods", spec={"outcome": "y", "event": 2001, "donors": ["B", "C"]})
    shown = {key: effect.__maketables_stat__(key) for key in effect.__maketables_default_stat_keys__}
    assert shown == {"units": "A", "donors": 2, "window": "fitted on 5 periods", "finding": "found"}
    assert (effect.__maketables_stat__("N"), effect.__maketables_stat__("estimator")) == (2, "synthetic control")
    assert effect.__maketables_stat__("r2") is None
    assert made().__maketables_stat__("donors") == 0
    several = replace(effect, table=pd.concat([effect.table, effect.table.assign(unit="Z")]))
    assert several.__maketables_stat__("units") == "A, Z"


def test_a_figure_that_is_not_known_is_refused():
    with pytest.raises(BadInputError, match="kind 'gaps' not known; did you mean 'gap'"):
        made().plot(kind="gaps")  # type: ignore[arg-type] # that is what is refused


@pytest.mark.parametrize(("kind", "drawn"), [(None, "impact.draw_effect"), ("gap", "effect.draw_gap"),
                                             ("weights", "effect.draw_weights")])  # fmt: skip
def test_a_figure_is_drawn_by_the_function_of_its_kind(kind, drawn, monkeypatch):
    asked = []
    monkeypatch.setattr(Effect, "_painted", lambda self, *given: asked.append(given))
    made().plot("axes", title="T", figsize=(3.0, 2.0), **({"kind": kind} if kind else {}))
    made().plot()
    assert asked == [(drawn, "axes", "T", (3.0, 2.0)), ("impact.draw_effect", None, None, None)]
