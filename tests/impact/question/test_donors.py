"""Donors of world panels: nobody who joins the same union, and whoever had an event of their own is flagged."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.cli import main
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.members.effects import union_effects
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.donors import choose_donors
from eaeu_analysis.impact.question.problem import state_problem

CODES = ["KGZ", "ARM", "BLR", "KAZ", "RUS", "TJK", "UKR", "GEO", "MDA", "HRV", "TUR", "PAK", "EGY", "JOR", "POL", "BGR"]


@pytest.fixture(scope="module")
def world():
    y = factor_model(np.random.default_rng(3), len(CODES), 30)
    return replace(as_panel(y, 1995, CODES), world=True)


def test_members_of_the_union_are_never_donors_of_one_another(world):
    problem = state_problem(world, "y", "Kyrgyzstan", "2015-08-12", "wide")
    assert problem.unit == "KGZ"
    assert not {"ARM", "BLR", "KAZ", "RUS"} & set(problem.donors)
    assert problem.dropped["RUS"] == "joins the EAEU (2010)"
    for member in ("ARM", "BLR", "KAZ", "RUS"):
        with pytest.raises(BadInputError, match=f"donor {member} joins the EAEU"):
            state_problem(world, "y", "KGZ", 2015, donors=[member, "TJK", "TUR"])
    founders = state_problem(world, "y", "Russia", 2010, "wide", post_years=(2010, 2014))
    assert not {"ARM", "BLR", "KAZ", "KGZ"} & set(founders.donors)


def test_members_may_stand_in_where_the_union_is_not_the_question(world):
    poland = state_problem(world, "y", "POL", 2004, "wide", fit_years=(1996, 2003), post_years=(2004, 2008))
    assert "KAZ" in poland.donors
    assert not {"BGR", "HRV"} & set(poland.donors)
    assert "EU" in poland.dropped["BGR"]


def test_default_years_of_the_world_end_before_talks_and_before_the_sanctions(world):
    problem = state_problem(world, "y", "KGZ", 2015)
    assert problem.fit_years == list(range(2002, 2014))
    assert problem.post_years == [2016, 2017, 2018, 2019]
    early = state_problem(world, "y", "RUS", 2010)
    assert early.fit_years == list(range(2001, 2009))  # eight years at least
    assert early.post_years == [2011, 2012, 2013, 2014]
    effect = synthetic_control(world, "y", "KGZ", 2015, inference="none", options=SyntheticControlOptions(checks=False))
    assert effect.table["time"].iloc[-1] == 2024  # later years are shown
    late = effect.table["time"] > 2019
    assert effect.estimate == pytest.approx(effect.table.loc[effect.table["time"].between(2016, 2019), "effect"].mean())
    assert effect.table.loc[late, "effect"].notna().all()


def test_default_donors_are_alike_and_no_more_than_fit_years():
    """The rule read plainly from the shipped series: bounds, shocks, nearest first, one per fit year."""
    panel = load_panel(["trade"])
    problem = state_problem(panel, "trade", "KGZ", 2015)
    assert len(problem.donors) == len(problem.fit_years) == 12
    assert problem.considered == len(panel.units) - 1
    source, bounds = PinnedSource(), {"NY.GDP.PCAP.PP.KD": 3.0, "SP.POP.TOTL": 10.0, "NE.TRD.GNFS.ZS": 2.0}
    away = {}
    for code, factor in bounds.items():
        mean = source.read(code).frame.query("2009 <= year <= 2013").groupby("economy")["value"].mean()
        away[code] = abs(np.log(mean / mean["KGZ"])) / np.log(factor)
    growth = source.read("NY.GDP.MKTP.KD.ZG").frame.query("2002 <= year <= 2019").groupby("economy")["value"]
    distance = []
    for donor in problem.donors:
        assert max(away[code][donor] for code in bounds) <= 1
        assert growth.min()[donor] >= -10
        assert growth.max()[donor] <= 15
        distance.append(sum(away[code][donor] ** 2 for code in bounds))
    assert distance == sorted(distance)
    for donor, why in (
        ("GEO", "European Union"),
        ("UKR", "war"),
        ("HKG", "times that of KGZ"),
        ("RUS", "joins the EAEU"),
    ):
        assert why in problem.dropped[donor]
    strict = state_problem(panel, "trade", "KGZ", 2015, "strict")
    for donor in strict.donors:
        assert max(away[code][donor] for code in bounds) <= 0.5
    assert set(state_problem(panel, "trade", "KGZ", 2015, "rouble").donors) == {
        "AZE",
        "GEO",
        "MDA",
        "TJK",
        "UKR",
        "UZB",
    }
    with pytest.raises(BadInputError, match="did you mean 'alike'"):
        state_problem(panel, "trade", "KGZ", 2015, "alikee")


def test_a_panel_of_ones_own_has_all_other_units_and_says_so():
    y = factor_model(np.random.default_rng(3), 12, 30)
    effect = synthetic_control(
        as_panel(y, 1995, list("ABCDEFGHIJKL")), "y", "A", 2015, options=SyntheticControlOptions(checks=False)
    )
    assert list(effect.spec["donors"]) == list("BCDEFGHIJKL")
    assert "11 donors considered, 11 used: every other unit of the panel" in effect.summary()
    assert "fitted on 20 years, 1995-2014; judged on 10 years, 2015-2024" in effect.summary()


def test_python_and_the_command_line_give_one_number(capsys):
    panel = load_panel(["trade", "gdp_per_head"])
    for outcome in ("trade", "gdp_per_head"):
        effect = synthetic_control(panel, outcome, "KGZ", 2015)
        assert main(["impact", "KGZ", "-o", outcome, "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["estimate"] == pytest.approx(effect.estimate, rel=1e-9)
        assert shown["p_value"] == pytest.approx(effect.p_value, rel=1e-9)
        assert [row["alternative"] for row in shown["alternatives"]] == ["strict", "wide", "rouble", "not back-dated"]
        assert shown["curve"]["outcome"] == outcome
        row = union_effects(panel, [outcome], units=["KGZ"]).table.iloc[0]
        assert row["estimate"] == pytest.approx(effect.estimate * (100 if outcome == "gdp_per_head" else 1))


def test_contaminated_donors_are_flagged(world):
    pool = choose_donors(world, "KGZ", None, (2000, 2019), 2015, CODES)
    assert {"UKR", "GEO", "MDA"} <= set(pool.flagged)
    assert "war" in pool.flagged["UKR"]
    assert "European Union" in pool.flagged["GEO"]
    assert pool.flagged["HRV"] == "joins the EU (2013)"
    assert not {"TUR", "PAK", "EGY", "JOR"} & set(pool.flagged)
    early = choose_donors(world, "KGZ", None, (1996, 2003), 2001, CODES)
    assert not {"UKR", "GEO", "MDA", "HRV"} & set(early.flagged)
    check = synthetic_control(
        world, "y", "KGZ", 2015, donors=["UKR", "TUR"], options=SyntheticControlOptions(checks=False)
    ).check("contamination")
    assert check.value > 0.1
    assert check.passed is False
    assert "UKR" in check.text


def test_other_panels_know_no_blocs():
    y = factor_model(np.random.default_rng(3), len(CODES), 30)
    assert "RUS" in state_problem(as_panel(y, 1995, CODES), "y", "KGZ", 2015).donors
