"""Donors of world panels: nobody who joins the same union, and whoever had an event of their own is flagged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.donors import choose_donors
from eaeu_analysis.impact.question.problem import state_problem

CODES = ["KGZ", "ARM", "BLR", "KAZ", "RUS", "TJK", "UKR", "GEO", "MDA", "HRV", "TUR", "PAK", "EGY", "JOR", "POL", "BGR"]


@pytest.fixture(scope="module")
def world():
    y = factor_model(np.random.default_rng(3), len(CODES), 30)
    return replace(as_panel(y, 1995, CODES), world=True)


def test_members_of_the_union_are_never_donors_of_one_another(world):
    problem = state_problem(world, "y", "Kyrgyzstan", "2015-08-12")
    assert problem.unit == "KGZ"
    assert not {"ARM", "BLR", "KAZ", "RUS"} & set(problem.donors)
    assert problem.dropped["RUS"] == "joins the EAEU (2010)"
    for member in ("ARM", "BLR", "KAZ", "RUS"):
        with pytest.raises(BadInputError, match=f"donor {member} joins the EAEU"):
            state_problem(world, "y", "KGZ", 2015, donors=[member, "TJK", "TUR"])
    founders = state_problem(world, "y", "Russia", 2010, post_years=(2010, 2014))
    assert not {"ARM", "BLR", "KAZ", "KGZ"} & set(founders.donors)


def test_members_may_stand_in_where_the_union_is_not_the_question(world):
    poland = state_problem(world, "y", "POL", 2004, fit_years=(1996, 2003), post_years=(2004, 2008))
    assert "KAZ" in poland.donors
    assert not {"BGR", "HRV"} & set(poland.donors)
    assert "EU" in poland.dropped["BGR"]


def test_default_years_of_the_world_leave_out_the_nineties_and_the_sanctions(world):
    problem = state_problem(world, "y", "KGZ", 2015)
    assert (problem.fit_years[0], problem.post_years) == (2000, [2015, 2016, 2017, 2018, 2019])
    effect = synthetic_control(world, "y", "KGZ", 2015, inference="none", options=SyntheticControlOptions(checks=False))
    assert effect.table["time"].iloc[-1] == 2024  # later years are shown
    late = effect.table["time"] > 2019
    assert effect.estimate == pytest.approx(effect.table.loc[effect.table["time"].between(2015, 2019), "effect"].mean())
    assert effect.table.loc[late, "effect"].notna().all()


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
