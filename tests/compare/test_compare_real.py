"""Before/after on the real data: figures by plain arithmetic, members at their own dates, bad input."""

import math

import pytest
from small_panels import check, small, without

from eaeu_analysis.compare import before_after, compare_members
from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.reference.catalogue import read_table, table_path


# -- the shipped data, a second way -------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("outcome", "unit", "event"),
    [("trade", "KGZ", 2015), ("remittances", "KGZ", 2015), ("exports_per_head", "ARM", 2015), ("tariff", "RUS", 2010)],
)
def test_real_changes_by_plain_arithmetic(real, outcome, unit, event):
    """Means by loops over single values of the shipped series, without the package's arithmetic."""
    entry = read_table(table_path("outcomes"))[outcome]
    parts = [entry[k] for k in ("indicator", "numerator", "denominator") if k in entry]
    data = [real.column(code).dropna().to_dict() for code in parts]

    def mean(first, last):
        found = []
        for year in range(first, last + 1):
            if all((unit, year) in d for d in data):
                value = entry.get("scale", 1) * data[0][unit, year]
                found.append(value / data[1][unit, year] if len(data) == 2 else value)
        return sum(found) / len(found)

    before, after = mean(event - 5, event - 1), mean(event + 1, event + 4)
    row = before_after(real, outcome, unit, event).treated
    assert (row["mean_before"], row["mean_after"]) == pytest.approx((before, after))
    expected = 100 * (after / before - 1) if entry["kind"] == "level" else after - before
    assert row["change"] == pytest.approx(expected)


def test_kyrgyz_trade_is_the_figure_of_the_world_bank_file(real):
    """NE.TRD.GNFS.ZS, vintage 2026-04-08, read off the Bank's file with two decimals."""
    row = before_after(real, "trade", "KGZ", "2015-08-12").treated
    before = (133.23 + 136.18 + 139.68 + 134.03 + 125.13) / 5
    after = (105.82 + 100.62 + 98.88 + 94.43) / 4
    assert row["change"] == pytest.approx(after - before, abs=0.01)


def test_exports_and_imports_add_up_to_trade(real):
    changes = {o: before_after(real, o, "KGZ", 2015).estimate for o in ("trade", "exports", "imports")}
    assert changes["exports"] + changes["imports"] == pytest.approx(changes["trade"], abs=0.05)


# -- members ------------------------------------------------------------------------------------------------
def test_members_stand_at_their_own_dates(real):
    c = compare_members(real, ["trade"])
    steps = c.to_frame()[["unit", "event", "step", "before", "after"]].to_numpy().tolist()
    union, customs = ["EAEU", "2010-14", "2016-19"], ["customs union", "2005-09", "2011-14"]
    expected = [[u, d, *s] for u in ("BLR", "KAZ", "RUS") for d, s in (("2010-01-01", customs), ("2015-01-01", union))]
    assert sorted(steps) == sorted([*expected, ["ARM", "2015-01-02", *union], ["KGZ", "2015-08-12", *union]])


def test_the_table_holds_what_before_after_finds(real):
    c = compare_members(real, ["remittances", "tariff"])
    row = c.to_frame().set_index(["unit", "event", "outcome"]).loc[("KGZ", "2015-08-12", "remittances")]
    r = before_after(real, "remittances", "KGZ", "2015-08-12")
    assert row["change"] == r.estimate
    assert row["p_value"] == r.p_value
    assert row["difference"] == r.difference.versus_mean
    assert c.results["KGZ", "2015-08-12", "remittances"].summary() == r.summary()
    assert "Armenia, 2015-01-02" in c.summary()


def test_comparators_of_2010_are_those_who_joined_later(real):
    counts = compare_members(real, ["trade"]).to_frame().set_index(["unit", "event"])["comparators"]
    assert counts["RUS", "2010-01-01"] == 8
    assert counts["RUS", "2015-01-01"] == 6


def test_what_has_no_data_is_a_row_with_its_reason(real):
    c = compare_members(real, ["customs_duties"], units=["KAZ", "KGZ"])
    frame = c.to_frame().set_index(["unit", "event"])
    assert "has no 'customs_duties' in 2005-09" in frame.loc[("KAZ", "2010-01-01"), "reason"]
    assert "1 of 5 years" in frame.loc[("KGZ", "2015-08-12"), "reason"]
    assert not frame.loc["KGZ", "available"].any()
    assert check(c, "rows with both windows").value == pytest.approx(1 / 3)
    assert "has no 'customs_duties' in 2005-09" in c.summary()


def test_a_unit_without_comparators_keeps_its_own_figures(real):
    row = compare_members(real, ["tariff"], units=["KGZ"], comparators=["TKM"]).to_frame().iloc[0]
    assert row["available"]
    assert math.isnan(row["p_value"])
    assert math.isfinite(row["change"])


def test_other_blocs_and_other_units(real):
    eu = compare_members(real, ["trade"], "EU", units=["POL", "HRV"], comparators=["UKR", "TUR", "MAR", "TUN"])
    assert list(eu.to_frame()["event"]) == ["2004-05-01", "2013-07-01"]
    asean = compare_members(real, ["trade"], "ASEAN", units=["VNM"], comparators=["IND"]).to_frame()
    assert list(asean["event"]) == ["1995-07-28"]  # two stages within one year are one event
    founders = compare_members(real, ["trade"], "EU", units=["DEU"], comparators=["UKR"]).to_frame()
    assert founders["reason"].str.contains("event 1958 is outside the data").all()
    uz = compare_members(real, ["trade"], units=["UZB"], event=2017)
    assert list(uz.to_frame()["unit"]) == ["UZB"]
    with pytest.raises(BadInputError, match=r"Uzbekistan .UZB. is not a member of EAEU"):
        compare_members(real, ["trade"], units=["UZB"])
    with pytest.raises(BadInputError, match="name the units"):
        compare_members(real, ["trade"], event=2015)


def test_every_outcome_the_issue_names_is_there_for_kyrgyzstan(real):
    frame = compare_members(real, units=["KGZ"]).to_frame().set_index("outcome")
    wanted = (
        "trade exports imports real_exports real_imports exports_per_head fdi remittances remittances_published "
        "remittances_usd tariff customs_duties gdp_growth inflation current_account exchange_rate"
    )
    assert set(wanted.split()) <= set(frame.index)
    assert list(frame.index[~frame["available"]]) == ["customs_duties"]
    assert frame["p_floor"].dropna().min() >= 1 / 7 - 1e-12


# -- bad input ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"unit": "Kirgizia"}, "Kyrgyz"),
        ({"outcome": "tradee"}, "did you mean 'trade'"),
        ({"outcome": "NE.TRD.GNFS.ZX"}, "NE.TRD.GNFS.ZS"),
        ({"outcome": None}, "outcome None not known"),
        ({"event": 2035}, "event 2035 is outside the data: 'trade' runs 1990-2024"),
        ({"event": 1980}, "outside the data"),
        ({"event": "soon"}, "not a year or a date"),
        ({"event": 2024}, "has no 'trade' in 2025-28, the window after the event"),
        ({"pre": 0}, "pre 0 is not a number of years"),
        ({"post": -1}, "post -1"),
        ({"skip": -1}, "skip -1"),
        ({"comparators": ["KGZ", "TJK"]}, "'KGZ' is the treated unit itself"),
        ({"comparators": ["Kyrgyzstan"]}, "is the treated unit itself"),
        ({"comparators": "roubel"}, "did you mean 'rouble'"),
        ({"comparators": "TJK"}, "economies are given as a list"),
        ({"comparators": ["Tajikstan"]}, "TJK"),
        ({"comparators": ["World"]}, "group of economies"),
        ({"outcome": "tariff", "comparators": ["TKM"]}, "no comparator has 'tariff' in both 2010-14 and 2016-19"),
        ({"kind": "levels"}, "did you mean 'level'"),
        ({"level": 90}, "level 90 is not between 0 and 1"),
        ({"bloc": "EAUE"}, "EAEU"),
    ],
)
def test_bad_input_is_one_clear_sentence(real, changes, says):
    with pytest.raises(EaeuError) as caught:
        before_after(real, **({"outcome": "trade", "unit": "KGZ", "event": 2015} | changes))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code in (2, 3)


def test_bad_input_on_anybodys_data():
    with pytest.raises(BadInputError, match=r"did you mean 't'|known: "):
        before_after(small(), "y", "tt", 2015)
    with pytest.raises(BadInputError, match="indicator 'z' not known"):
        before_after(small(), "z", "t", 2015)
    with pytest.raises(BadInputError, match="pools by name need a panel of economies"):
        before_after(small(), "y", "t", 2015, comparators="rouble")
    with pytest.raises(NoDataError, match="only unit"):
        before_after(small(edit=lambda df: df[df["who"] == "t"]), "y", "t", 2015)
    with pytest.raises(NoDataError, match="t has no 'y' in 2010-14, the window before"):
        before_after(small(edit=without("t", range(2008, 2015))), "y", "t", 2015)


def test_unknown_names_stop_the_whole_comparison(real):
    with pytest.raises(BadInputError, match="did you mean 'remittances'"):
        compare_members(real, ["trade", "remitances"])
    with pytest.raises(BadInputError, match="bloc"):
        compare_members(real, ["trade"], "EAUE")
