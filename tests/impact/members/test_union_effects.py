"""The fixed specification for every member: its estimates are those of the estimators called by hand."""

from __future__ import annotations

import math

import pytest

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact import methods
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.members.effects import donor_pool, union_effects
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.problem import state_problem


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load_panel(["trade", "gdp_per_head", "tariff"])


def test_a_row_is_the_estimator_called_by_hand(panel: Panel) -> None:
    found = union_effects(panel, ["trade"], units=["KGZ"], pools=["rouble"])
    row = found.table.iloc[0]
    by_hand = synthetic_control(
        panel, "trade", "KGZ", 2015, "rouble", fit_years=(2002, 2013), post_years=(2016, 2019),
        options=SyntheticControlOptions(intercept=True),
    )  # fmt: skip
    assert row["estimate"] == by_hand.estimate
    assert row["p_value"] == by_hand.p_value
    assert math.isclose(by_hand.estimate, by_hand.table.query("2016 <= time <= 2019")["effect"].mean())


def test_no_member_and_no_observer_is_lost_or_let_in(panel: Panel) -> None:
    donors = set(donor_pool(panel, "KGZ", "EAEU", 2015))
    assert not donors & {"KGZ", "ARM", "BLR", "KAZ", "RUS"}
    assert "UZB" in donors  # an observer is not a member
    for pool in ("alike", "strict", "wide", "rouble"):
        assert not {"KGZ", "ARM", "BLR", "KAZ", "RUS"} & set(state_problem(panel, "trade", "KGZ", 2015, pool).donors)


def test_levels_are_in_logarithms_and_stated_in_log_points(panel: Panel) -> None:
    found = union_effects(panel, ["gdp_per_head"], units=["ARM"], pools=["rouble"])
    row, effect = found.table.iloc[0], next(iter(found.effects.values()))
    assert row["measure"] == "log points"
    assert row["estimate"] == pytest.approx(100 * effect.estimate)
    assert effect.spec["outcome"] == "log(gdp_per_head)"


def test_founders_are_judged_before_the_rouble_fell(panel: Panel) -> None:
    found = union_effects(panel, ["trade"], units=["BLR"], pools=["rouble"])
    effect = next(iter(found.effects.values()))
    assert effect.spec["event"] == 2010
    assert effect.spec["post_years"] == [2011, 2012, 2013, 2014]


def test_any_number_of_workers_gives_the_same_table(panel: Panel) -> None:
    one = union_effects(panel, ["trade", "tariff"], units=["KGZ", "ARM"], pools=["rouble"], jobs=1)
    two = union_effects(panel, ["trade", "tariff"], units=["KGZ", "ARM"], pools=["rouble"], jobs=2)
    assert one.table.equals(two.table)
    assert one.summary() == two.summary()


def test_what_cannot_be_estimated_is_a_row_with_its_reason(panel: Panel) -> None:
    found = union_effects(panel, ["tariff"], units=["BLR", "KAZ"], pools=["rouble"])
    assert len(found.table) == 2
    for row in found.table.to_dict("records"):
        assert (row["reason"] != "") == math.isnan(row["estimate"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"units": ["UZB"]}, "not a member of EAEU"),
        ({"outcomes": ["trad"]}, "did you mean 'trade'"),
        ({"method": "sdidd"}, "did you mean 'sdid'"),
        ({"pools": ["roubel"]}, "did you mean 'rouble'"),
        ({"bloc": "EAUE"}, "did you mean 'EAEU'"),
    ],
)
def test_bad_input_gets_one_sentence(panel: Panel, change: dict, says: str) -> None:
    with pytest.raises(BadInputError) as caught:
        union_effects(panel, **{"outcomes": ["trade"], "units": ["KGZ"], **change})
    assert says in str(caught.value)


@pytest.mark.parametrize("name", sorted(methods.METHODS))
def test_every_method_answers_by_its_name(panel: Panel, name: str) -> None:
    effect = methods.find_method(name)(panel, "trade", "KGZ", 2015, "rouble", quick=True)
    assert math.isfinite(effect.estimate)
    assert effect.checks
    assert effect.provenance.series[0].code
    assert effect.verdict in effect.summary()
