"""The grid of a specification curve: every choice, mistakes in one sentence, samples, years."""

from __future__ import annotations

from dataclasses import replace

import pytest
from simulated_panels import as_panel
from small_grid import EVENT, SMALL, made

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.impact.curve.grid import (
    PoolRule,
    PredictorRule,
    default_grid,
    grid_for,
    read_grid,
    sample_specifications,
)


# -- the grid ---------------------------------------------------------------------------------------------------
def test_the_default_grid_has_every_dimension_of_choice():
    grid = default_grid()
    assert set(grid.pools) == {"cis", "former_soviet", "lower_middle", "upper_middle", "all"}
    assert grid.shocks == ("kept", "dropped", "moved")
    specifications = grid.specifications("exports", 2015)
    assert len(specifications) == 5 * 12 * 3 * (6 + 3)
    assert len(grid.specifications("trade", 2015)) == 2 * len(specifications)
    assert [s.number for s in specifications] == list(range(len(specifications)))
    assert len({replace(s, number=0) for s in specifications}) == len(specifications)


def test_pools_by_name():
    pools = default_grid().pools
    assert {"TJK", "UZB", "MDA"} <= pools["cis"].members()
    assert pools["cis"].members() < pools["former_soviet"].members()
    assert "EST" in pools["former_soviet"].members()
    assert pools["all"].members() is None
    assert not pools["lower_middle"].members() & pools["upper_middle"].members()


def test_years_of_a_question():
    kept = SMALL.years(EVENT, 8, 4, "kept", True)
    assert (kept.event, kept.fit, kept.post) == (2015, tuple(range(2007, 2015)), (2015, 2016, 2017, 2018, 2019))
    dropped = SMALL.years(EVENT, 8, 4, "dropped", True)
    assert (dropped.fit, dropped.post) == (tuple(range(2007, 2014)), (2016, 2017, 2018, 2019))
    moved = SMALL.years(EVENT, 8, 4, "moved", True)
    assert (moved.event, moved.fit[-1], moved.post) == (2014, 2013, tuple(range(2014, 2020)))
    assert SMALL.years(2018, 8, 4, "kept", True).post == (2018, 2019)  # the last clean year ends it
    assert SMALL.years(2018, 8, 4, "kept", False).post[-1] == 2022


def test_treatments_that_change_nothing_and_windows_that_are_the_same_are_left_out():
    assert SMALL.treatments(2015, 8, 4) == ["kept", "dropped", "moved"]
    assert SMALL.treatments(2010, 8, 5) == ["kept", "dropped"]  # the shock is after the event: not a rival date
    assert SMALL.treatments(2004, 8, 5) == ["kept"]
    afters = {s.after for s in SMALL.specifications("y", 2018)}
    assert afters == {2}, "2 and 4 years after 2018 both end in 2019"


def test_predictor_years():
    fit = list(range(2003, 2015))
    for when, years in {"all": fit, "first": [2003], "middle": [2009], "last": [2014], "2009": [2009]}.items():
        assert PredictorRule("", when).years(fit) == years
    assert PredictorRule("", "last 3").years(fit) == [2012, 2013, 2014]
    assert PredictorRule("x", "1999").years(fit) == [1999], "a predictor may be older than the fit"
    with pytest.raises(BadInputError, match="2015 is after the fit years"):
        PredictorRule("", "2015").years(fit)
    with pytest.raises(BadInputError, match="not understood"):
        PredictorRule("", "lately").years(fit)


def test_mistakes_in_a_grid_are_one_sentence(tmp_path):
    with pytest.raises(BadInputError, match="estimator 'sdd' not known; did you mean 'sdid'"):
        replace(SMALL, estimators=("sdd",))
    with pytest.raises(BadInputError, match="treatment of the shock 'drop' not known; did you mean 'dropped'"):
        replace(SMALL, shocks=("drop",))
    with pytest.raises(BadInputError, match="at least 5 years"):
        replace(SMALL, before=(4,))
    with pytest.raises(BadInputError, match="has no pools"):
        replace(SMALL, pools={})
    with pytest.raises(BadInputError, match="needs predictor sets"):
        replace(SMALL, predictors={})
    with pytest.raises(BadInputError, match="income group 'Middle income' not known"):
        PoolRule("x", income="Middle income").members()
    path = tmp_path / "grid.toml"
    path.write_text(
        'estimators = ["sc"]\n[pools.a]\nlabel = "a"\ngruop = "cis"\n[windows]\nbefore = [9]\nafter = [2]\n'
    )
    with pytest.raises(BadInputError, match=r"pool 'a': field 'gruop' not known; did you mean 'group'"):
        read_grid(path)
    path.write_text('estimators = ["sc"]\n[pools.a]\nlabel = "a"\n')
    with pytest.raises(BadInputError, match="entry 'windows' is missing"):
        read_grid(path)


def test_a_sample_is_seeded_and_in_order():
    everything = default_grid().specifications("trade", 2015)
    some = sample_specifications(everything, 50, 3)
    assert some == sample_specifications(everything, 50, 3) != sample_specifications(everything, 50, 4)
    assert [s.number for s in some] == sorted(s.number for s in some)
    assert sample_specifications(everything, None, 0) == everything
    with pytest.raises(BadInputError, match="limit 0"):
        sample_specifications(everything, 0, 0)


def test_elsewhere_the_grid_follows_the_record():
    grid = grid_for(as_panel(made()), "y", "U00", EVENT)
    assert grid.before == (15, 11, 7)
    assert grid.after == (2, 4)
    assert list(grid.pools) == ["all"]
