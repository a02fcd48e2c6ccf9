"""Several treated units against one pool: periods, donors and dates that all share, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from simulated_panels import as_panel, factor_model

from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.impact.question.design import design_table, one_unit, state_design

Y = factor_model(np.random.default_rng(1), 10, 16)


def test_one_date_takes_the_years_fitted_and_judged() -> None:
    design = state_design(as_panel(Y), "y", ["U00", "U01"], 2010, fit_years=(2002, 2008), post_years=(2011, 2013))
    assert list(design.times) == [*range(2002, 2009), 2011, 2012, 2013]
    assert list(design.starts) == [7, 7]
    assert not design.staggered
    assert design.donors == tuple(f"U{i:02d}" for i in range(2, 10))
    np.testing.assert_array_equal(design.treated[1], Y[1, [2, 3, 4, 5, 6, 7, 8, 11, 12, 13]])
    np.testing.assert_array_equal(design.indicator.sum(axis=1), [0] * 8 + [3, 3])


def test_several_dates_take_every_common_year() -> None:
    y = Y.copy()
    y[0, :2] = np.nan  # the first unit's record begins later
    y[1, 15:] = np.nan  # the second's ends sooner
    design = state_design(as_panel(y), "y", ["U01", "U00"], {"U00": 2009, "U01": 2011})
    assert design.units == ("U01", "U00")
    assert list(design.times) == list(range(2002, 2015))
    assert list(design.starts) == [9, 7]
    assert design.cohort_rows() == {7: pytest.approx([1]), 9: pytest.approx([0])}
    spec = design.spec()
    assert spec["event"] == {"U01": 2011, "U00": 2009}
    assert spec["unit"] == ["U01", "U00"]
    assert spec["fit_years"] is spec["post_years"] is None  # as asked, so that the question can be asked again
    assert design.window.startswith("fitted on 7 years, 2002-2008; judged on 6 years, 2009-2014")


def test_a_donor_must_serve_every_treated_unit() -> None:
    y = Y.copy()
    y[5, 3] = np.nan
    design = state_design(as_panel(y), "y", ["U00", "U01"], 2010)
    assert "U05" not in design.donors
    assert "2003" in design.dropped["U05"]


def test_table_has_a_row_per_unit_and_year() -> None:
    design = state_design(as_panel(Y), "y", ["U00", "U01"], 2010, post_years=(2010, 2012))
    zero = [np.zeros(16), np.zeros(16)]
    bounds = [(np.full(13, -1.0), np.full(13, 1.0))] * 2
    table = design_table(design, zero, bounds)
    assert len(table) == 32  # the whole record is shown, the years judged have bounds
    assert table["lower"].notna().sum() == 26
    np.testing.assert_array_equal(table["effect"], np.concatenate([Y[0], Y[1]]))


def test_one_unit() -> None:
    assert one_unit("KGZ") == "KGZ"
    assert one_unit(["KGZ"]) == "KGZ"
    assert one_unit(np.int64(7)) == one_unit([7.0]) == "7"
    with pytest.raises(BadInputError, match="takes one treated unit, 2 were given"):
        one_unit(["KGZ", "ARM"])
    with pytest.raises(BadInputError, match="not a name"):
        one_unit(None)


@pytest.mark.parametrize(
    ("unit", "event", "message"),
    [
        (["U00", "U01"], {"U00": 2008}, "no date for treated unit 'U01'"),
        ({"U00": 2008}, 2008, "give the units as unit and the mapping as event"),
        (None, 2008, "not a name or a list of names"),
        (3, 2008, "'3' not known"),
        (["U00", "U01"], {"U00": 2003, "U01": 2008}, "at least 5 are needed"),
        (["U00"], {"U00": 2008, "U07": 2009}, "event names U07"),
        (["U00", "U9"], 2008, "unit 'U9' not known"),
    ],
)
def test_refusals(unit: object, event: object, message: str) -> None:
    with pytest.raises(EaeuError, match=message):
        state_design(as_panel(Y), "y", unit, event)  # type: ignore[arg-type] # wrong on purpose


def test_one_text_is_no_list_of_donors_and_half_a_year_no_event() -> None:
    with pytest.raises(BadInputError, match="donors 'U05': expected a list of units"):
        state_design(as_panel(Y), "y", "U00", 2008, "U05")
    with pytest.raises(BadInputError, match=r"event 2008\.5 is not a year"):
        state_design(as_panel(Y), "y", "U00", 2008.5)


def test_common_years_too_few_before_the_first_date() -> None:
    y = Y.copy()
    y[1, :6] = np.nan  # the later unit has six years before its own date, the earlier only three of them
    with pytest.raises(BadInputError, match="that all treated units share"):
        state_design(as_panel(y), "y", ["U00", "U01"], {"U00": 2009, "U01": 2012})


def test_no_common_donor_left() -> None:
    with pytest.raises(NoDataError, match=r"at least 2 are needed"):
        state_design(as_panel(Y[:3]), "y", ["U00", "U01"], 2010)
