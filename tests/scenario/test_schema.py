"""Scenarios with other numbers: paths, near matches, what is fixed, what is refused, phases."""

from __future__ import annotations

import re

import pytest
from pydantic import ValidationError

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario import schema
from eaeu_analysis.scenario.model.quantities import Quantity
from eaeu_analysis.scenario.schema import LATER, Phase, Scenario, draw_order, every_path


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return ea.load_scenario("uzb_eaeu")


@pytest.mark.parametrize(
    ("first", "last", "shares"),
    [
        (1, 1, [0, 1, 1, 1]),
        (0, 0, [1, 1, 1, 1]),
        (1, 4, [0, 0.25, 0.5, 0.75, 1, 1]),
        (2, 3, [0, 0, 0.5, 1, 1]),
    ],
)
def test_a_change_comes_in_on_a_straight_line(first, last, shares):
    phase = Phase(first=first, last=last)
    assert [phase.share(year) for year in range(len(shares))] == shares


def test_quantities_are_those_of_the_blocks_that_are_on(scenario):
    found = scenario.quantities()
    assert list(found)[:5] == [
        *(f"elasticities.{name}" for name in ("sigma", "world_priced", "demand", "substitution")),
        "tariffs.position",
    ]
    assert {path.split(".")[0] for path in found} == {"elasticities", *scenario.channels}
    assert "tariffs.ceiling" not in found  # left out
    assert "dynamic.investment" not in found  # its block is there, and off
    assert not scenario.on("dynamic")
    assert scenario.on("tariffs")
    alone = scenario.model_copy(update={"channels": ("migration",)})
    assert {path.split(".")[0] for path in alone.quantities()} == {"elasticities", "migration"}


def test_paths_have_one_order_and_late_ones_none():
    paths = every_path()
    assert len(set(paths)) == len(paths)
    assert paths[:3] == ["elasticities.sigma", "elasticities.world_priced", "elasticities.demand"]
    assert [path for path in paths if path.split(".")[0] == "tariffs"] == [
        f"tariffs.{name}"
        for name in ("position", "ceiling", "average_before", "average_after", "exempt", "members_average", "collected",
                     "exemptions_end")
    ]  # fmt: skip
    assert list(dict.fromkeys(path.split(".")[0] for path in paths)) == [
        *("elasticities", "tariffs", "border_costs", "customs_revenue", "migration", "market_access", "dynamic")
    ]
    assert draw_order() == [path for path in paths if path not in LATER]
    assert len(draw_order()) == len(paths) - 1


def test_what_a_quantity_means(scenario):
    assert scenario.label("migration.permit_fee") == "What a migrant pays for permits, US$ a year"
    assert scenario.label("elasticities.sigma").startswith("Elasticity of substitution between origins")


# -- all fixed ----------------------------------------------------------------------------------------------
def test_with_every_number_fixed(scenario):
    fixed = scenario.at({"elasticities.sigma": 4, "migration.wage": 3000.0})
    found, before = fixed.quantities(), scenario.quantities()
    assert list(found) == list(before)
    assert not any(quantity.free for quantity in found.values())
    assert (found["elasticities.sigma"].value, found["migration.wage"].value) == (4.0, 3000.0)
    for path, quantity in before.items():
        assert found[path].reference == quantity.reference
        if path not in ("elasticities.sigma", "migration.wage"):
            assert found[path].value == quantity.centre, path
    assert scenario.at().quantities()["elasticities.sigma"].value == before["elasticities.sigma"].centre
    assert scenario.quantities() == before
    joined = ea.load_scenario("uzb_eaeu_rouble_shock")
    assert joined.joint
    assert joined.at().joint == ()


def test_a_number_that_the_scenario_lacks_cannot_be_fixed(scenario):
    with pytest.raises(BadInputError, match=r"^quantity of uzb_eaeu 'elasticities.sigmaa' not known; did you mean"):
        scenario.at({"elasticities.sigmaa": 4.0})
    with pytest.raises(ValidationError, match=r"sigma is 0.5; expected 1.01 to 50"):
        scenario.at({"elasticities.sigma": 0.5})


# -- replaced -----------------------------------------------------------------------------------------------
def test_what_can_be_replaced(scenario):
    own = Quantity(kind="normal", mean=1.0, sd=0.1, reference="mine")
    changed = scenario.replace(
        {"name": "mine", "title": "T", "question": "Q?", "economy": "TJK", "bloc": "EAEU", "schedule": "own",
         "border_costs.source": "survey", "border_costs.effect": own, "sigma": "4", "tariffs.exempt": 0.25}
    )  # fmt: skip
    assert (changed.name, changed.title, changed.question, changed.economy) == ("mine", "T", "Q?", "TJK")
    assert changed.tariffs is not None
    assert (changed.tariffs.schedule, changed.border_costs and changed.border_costs.source) == ("own", "survey")
    found = changed.quantities()
    assert found["border_costs.effect"] == own
    assert (found["elasticities.sigma"].value, found["tariffs.exempt"].value) == (4.0, 0.25)
    assert found["elasticities.sigma"].reference == "set by the user"
    unchanged = {"border_costs.effect", "elasticities.sigma", "tariffs.exempt"}
    assert {p: q for p, q in found.items() if p not in unchanged} == {
        p: q for p, q in scenario.quantities().items() if p not in unchanged
    }
    order = {"name": "last", "tariffs.exempt": 0.5}  # what comes after a name is not lost
    assert scenario.replace(order).quantities()["tariffs.exempt"].value == 0.5


def test_a_number_that_was_left_out_can_be_given(scenario):
    assert scenario.replace({"tariffs.ceiling": 20}).quantities()["tariffs.ceiling"].value == 20.0
    assert scenario.replace({"dynamic.investment": 2}).dynamic is not None  # a block that is off


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"shedule": "own"}, "quantity of uzb_eaeu 'shedule' not known; did you mean 'schedule'"),
        ({"tariffs.exemt": 0.1}, "quantity of uzb_eaeu 'tariffs.exemt' not known; did you mean 'tariffs.exempt'"),
        ({"market_access.before": 1}, "quantity of uzb_eaeu 'market_access.before' not known"),  # it has no such block
        ({"schedule": "none"}, "tariffs.schedule: Input should be 'cet', 'ceiling'"),
        ({"schedule": "ceiling"}, "tariffs: schedule 'ceiling' needs a ceiling"),
        ({"sigma": 0.5}, "elasticities: sigma is 0.5; expected 1.01 to 50"),
        ({"work_rights": 0.1}, "migration: work_rights and migrants are alternatives"),
        ({"name": "Mine"}, "name: String should match"),
        ({"sigma": "uniform(3)"}, r"'uniform(3)' is no distribution of a scenario"),
    ],
)
def test_what_cannot_be_replaced(scenario, changes, sentence):
    with pytest.raises(BadInputError, match=f"^{re.escape(sentence)}"):
        scenario.replace(changes)


def test_a_whole_scenario_that_does_not_fit_has_no_path(scenario):
    joined = ea.load_scenario("uzb_eaeu_rouble_shock")
    path = joined.joint[0].of[0]
    with pytest.raises(BadInputError, match=f"^joint: '{path}' is not normal$"):
        joined.replace({path: 0.5})


def test_the_name_of_a_number_is_enough_without_its_block():
    ends = [path.split(".")[1] for path in every_path()]
    assert len(set(ends)) == len(ends)
    lost = ea.load_scenario("uzb_gsp_plus_lost")
    changed = lost.replace({"of": "EAEU", "after": 3.5})
    assert changed.market_access is not None
    assert (changed.market_access.of, changed.market_access.after.value) == ("EAEU", 3.5)


# -- words --------------------------------------------------------------------------------------------------
def test_the_summary_states_every_number_that_counts(scenario):
    lines = scenario.summary().splitlines()
    assert lines[:5] == [
        "uzb_eaeu: Uzbekistan joins the Eurasian Economic Union",
        scenario.question,
        "baseline 2019, UZB and EAEU",
        "[elasticities]",
        "  sigma: 3.5 to 9.3 (most likely 5)  " + scenario.label("elasticities.sigma")
        + f"  ({scenario.quantities()['elasticities.sigma'].reference})",
    ]  # fmt: skip
    assert [line for line in lines if line.startswith("[")] == [
        f"[{name}]" for name in ("elasticities", *scenario.channels)
    ]
    assert lines[-len(scenario.references) :] == [f"reference: {text}" for text in scenario.references]
    assert sum(line.startswith("left out: ") for line in lines) == len(scenario.notes)
    assert not any(line.startswith("  rouble:") for line in lines)  # fixed at nought
    fixed = scenario.replace({"rouble": 0.2, "migration.sent_home": Quantity(value=0.5)})
    assert f"  rouble: 0.2  {scenario.label('migration.rouble')}  (set by the user)" in fixed.summary().splitlines()
    assert f"  sent_home: 0.5  {scenario.label('migration.sent_home')}" in fixed.summary().splitlines()


def test_a_scenario_is_written_out_and_shown(scenario):
    assert scenario.to_toml().splitlines()[0] == 'name = "uzb_eaeu"'
    assert scenario.question.partition("'")[0] in scenario._repr_html_()


# -- limits -------------------------------------------------------------------------------------------------
NEEDED: dict[str, dict[str, object]] = {
    "Elasticities": {"sigma": 5}, "Tariffs": {"schedule": "own"}, "BorderCosts": {"source": "survey"},
    "CustomsRevenue": {"share": 5}, "Migration": {}, "Dynamic": {},
    "MarketAccess": {"of": "EU", "sections": ["0"], "before": 1, "after": 2},
}  # fmt: skip
BOUNDED = [(block, name, *ends) for block in NEEDED for name, ends in getattr(schema, block).BOUNDS.items()]


@pytest.mark.parametrize(("block", "name", "lowest", "highest"), BOUNDED)
def test_a_number_may_be_at_its_bounds_and_not_beyond(block, name, lowest, highest):
    model, rest = getattr(schema, block), NEEDED[block]
    for value in (lowest, highest):
        assert getattr(model.model_validate({**rest, name: value}), name).value == value
    spread = {"kind": "uniform", "low": lowest, "high": highest, "reference": "r"}
    assert getattr(model.model_validate({**rest, name: spread}), name).free
    step = 0.001 * (highest - lowest)
    for came in (lowest - step, highest + step, spread | {"low": lowest - step}, spread | {"high": highest + step}):
        expected = re.escape(f"; expected {lowest:g} to {highest:g}")
        with pytest.raises(ValidationError, match=f"{name} is .*{expected}"):
            model.model_validate({**rest, name: came})


def test_a_spread_is_judged_by_one_draw_in_a_thousand():
    sd = 3.0 / 3.0902  # of the normal distribution 99.9 % is below 3.0902 standard deviations
    for scale, refused in ((0.999, False), (1.001, True)):
        normal = {"kind": "normal", "mean": 0.0, "sd": scale * sd, "reference": "r"}
        if refused:
            with pytest.raises(ValidationError, match=r"effect is -3.* to 3.*; expected -3 to 3"):
                schema.BorderCosts.model_validate({"source": "survey", "effect": normal})
        else:
            assert schema.BorderCosts.model_validate({"source": "survey", "effect": normal}).effect.free


RATES = {str(k): (0.0, 500.0) for k in range(10)}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"schedule": "ceiling"}, "schedule 'ceiling' needs a ceiling"),
        ({"schedule": "cet_within_ceiling"}, "schedule 'cet_within_ceiling' needs a ceiling"),
        ({"schedule": "average", "average_before": 1}, "needs average_before and average_after"),
        ({"schedule": "average", "average_after": 1}, "needs average_before and average_after"),
        ({"schedule": "sections", "sections": {k: v for k, v in RATES.items() if k != "7"}}, "0 to 9; 7 is missing"),
        ({"schedule": "sections", "sections": RATES | {"7": (0, 500.1)}}, "outside 0 to 500 per cent"),
        ({"schedule": "sections", "sections": RATES | {"7": (-0.1, 5)}}, "outside 0 to 500 per cent"),
        *(({"schedule": "own", "exempt_chapters": ["01", chapter]}, f"HS chapter '{chapter}' does not exist")
          for chapter in ("00", "77", "98", "1", "001", "ab")),
    ],
)  # fmt: skip
def test_tariffs_that_are_not_complete(given, sentence):
    with pytest.raises(ValidationError, match=sentence):
        schema.Tariffs.model_validate(given)


def test_tariffs_that_are_complete():
    for given in (
        {"schedule": "ceiling", "ceiling": 10},
        {"schedule": "average", "average_before": 0, "average_after": 500},
        {"schedule": "sections", "sections": RATES},
        {"schedule": "own", "exempt_chapters": ["01", "76", "78", "97"]},
    ):
        assert schema.Tariffs.model_validate(given).schedule == given["schedule"]


@pytest.mark.parametrize(
    ("others", "sentence"),
    [
        ({}, None),
        ({"RUS": 100.011}, None),
        ({"RUS": 99.989, "KAZ": 0}, None),
        ({"RUS": 100.012}, "sum to 100.012, not to 100"),
        ({"RUS": 99.988}, "sum to 99.988, not to 100"),
        ({"RUS": 100.1, "KAZ": -0.1}, "the share of KAZ is -0.1; a share is zero or more"),
        ({"RUS": float("nan")}, "the share of RUS is nan"),
    ],
)
def test_shares_of_the_members_add_up(others, sentence):
    given = {"share": 5, "others": others}
    if sentence is None:
        assert schema.CustomsRevenue.model_validate(given).others == others
    else:
        with pytest.raises(ValidationError, match=sentence):
            schema.CustomsRevenue.model_validate(given)


def test_other_limits():
    with pytest.raises(ValidationError, match="SITC section '10' does not exist"):
        schema.MarketAccess.model_validate(NEEDED["MarketAccess"] | {"sections": ["9", "10"]})
    free = {"kind": "uniform", "low": 0, "high": 1, "reference": "r"}
    for wrong in ({"work_rights": 0.1, "migrants": 1}, {"work_rights": free, "migrants": free}):
        with pytest.raises(ValidationError, match="work_rights and migrants are alternatives"):
            schema.Migration.model_validate(wrong)
    assert schema.Migration.model_validate({"work_rights": 0, "migrants": 1}).migrants.value == 1
    for phase in ({"first": 2, "last": 1}, {"first": -1}, {"last": -1}):
        with pytest.raises(ValidationError, match=r"before it starts in year 2|greater than or equal to 0"):
            Phase.model_validate(phase)
    for horizon in (0, 41):
        with pytest.raises(ValidationError, match="horizon"):
            schema.BaselineBlock.model_validate({"year": 2019, "horizon": horizon})
    assert schema.BaselineBlock.model_validate({"year": 2019, "horizon": 40, "accession": 2100}).horizon == 40
