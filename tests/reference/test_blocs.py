"""Blocs: dates to the day with their sources, membership on a day, and the record of the union."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.reference import blocs

ALL = [blocs.bloc(code) for code in blocs.blocs().index]


def message(call) -> str:
    with pytest.raises(BadInputError) as caught:
        call()
    text = str(caught.value)
    assert "\n" not in text
    return text


# -- the Eurasian Economic Union -------------------------------------------------------------------------
def test_the_members_of_the_union_and_their_days() -> None:
    """Published: BOFIT Weekly 33/2015 (Kyrgyzstan), law.tks.ru (Armenia), treaty of 29 May 2014 (the founders)."""
    union = blocs.bloc("EAEU")
    assert union.members() == ["ARM", "BLR", "KAZ", "KGZ", "RUS"]
    assert union.accession("KGZ") == dt.date(2015, 8, 12)
    assert union.accession("Armenia") == dt.date(2015, 1, 2)
    assert {union.accession(c) for c in ("BLR", "KAZ", "RUS")} == {dt.date(2015, 1, 1)}
    assert union.members(on="2015-08-12") == ["ARM", "BLR", "KAZ", "KGZ", "RUS"]
    assert union.members(on="2015-08-11") == ["ARM", "BLR", "KAZ", "RUS"]
    assert union.members(on=dt.date(2015, 1, 1)) == ["BLR", "KAZ", "RUS"]
    assert union.members(on=2014) == []


def test_the_stages_of_the_union() -> None:
    union = blocs.bloc("Eurasian Economic Union")
    assert {s.name: s.date.year for s in union.stages.values()} == {
        "customs union": 2010,
        "single economic space": 2012,
        "EAEU": 2015,
    }
    assert union.accession("Kazakhstan", stage="customs union") == dt.date(2010, 1, 1)
    assert union.accession("Russia", stage="Single Economic Space") == dt.date(2012, 1, 1)
    assert union.members(on="2011-06", stage="CU") == ["BLR", "KAZ", "RUS"]
    assert "took no part in 'customs union' of EAEU; it joined 'EAEU' on 2015-01-02" in message(
        lambda: union.accession("ARM", stage="customs union")
    )


def test_the_observers_of_the_union() -> None:
    union = blocs.bloc("eaeu")
    assert {c: o.date for c, o in union.observers.items()} == {
        "MDA": dt.date(2018, 5, 14),
        "CUB": dt.date(2020, 12, 11),
        "UZB": dt.date(2020, 12, 11),
        "IRN": dt.date(2024, 12, 26),
    }
    assert message(lambda: union.accession("Uzbekistan")) == (
        "Uzbekistan (UZB) never joined EAEU: it is an observer since 2020-12-11"
    )


# -- other blocs -----------------------------------------------------------------------------------------
def test_enlargements_of_the_european_union() -> None:
    """Sizes of the Union after each enlargement: 6, 9, 10, 12, 15, 25, 27, 28, and 27 without the United Kingdom."""
    union = blocs.bloc("EU")
    sizes = {1958: 6, 1973: 9, 1981: 10, 1986: 12, 1995: 15, 2004: 25, 2007: 27, 2013: 28, 2020: 27}
    assert {year: len(union.members(on=year)) for year in sizes} == sizes
    assert union.accession("POL") == dt.date(2004, 5, 1)
    assert union.accession("ROU") == union.accession("Bulgaria") == dt.date(2007, 1, 1)
    assert union.accession("HRV") == dt.date(2013, 7, 1)
    assert union.left("GBR") == dt.date(2020, 1, 31)
    assert union.left("FRA") is None
    assert "GBR" in union.members(on="2020-01-30")
    assert "GBR" not in union.members(on="2020-01-31")


@pytest.mark.parametrize(
    ("bloc", "economy", "day"),
    [
        ("CPTPP", "GBR", "2024-12-15"),
        ("CPTPP", "VNM", "2019-01-14"),
        ("CPTPP", "MYS", "2022-11-29"),
        ("EAC", "RWA", "2007-07-01"),
        ("EAC", "COD", "2022-07-11"),
        ("EAC", "SOM", "2024-03-04"),
        ("ASEAN", "VNM", "1995-07-28"),
        ("ASEAN", "KHM", "1999-04-30"),
        ("SACU", "ZAF", "1970-03-01"),
        ("GCC", "SAU", "1981-05-25"),
        ("CISFTA", "ARM", "2012-10-17"),
        ("CIS FTA", "UZB", "2014-05-16"),
        ("CAFTA-DR", "CRI", "2009-01-01"),
        ("USMCA", "MEX", "1994-01-01"),
        ("EurAsEC", "UZB", "2006-01-25"),
        ("CEFTA", "SRB", "2007-10-24"),
    ],
)
def test_accession_days_of_other_blocs(bloc: str, economy: str, day: str) -> None:
    assert blocs.bloc(bloc).accession(economy).isoformat() == day


def test_there_are_blocs_enough_to_serve_as_placebos() -> None:
    table = blocs.blocs()
    assert {"EAEU", "EU", "CISFTA", "EAC", "MERCOSUR", "ASEAN", "SACU", "GCC", "CPTPP"} <= set(table.index)
    assert table.loc["EurAsEC", "members"] == 0
    assert table.loc["EAC", "members"] == 8


def test_a_suspended_member_is_no_member() -> None:
    mercosur = blocs.bloc("Mercosur")
    assert "VEN" in mercosur.members(on="2016-12-01")
    assert "VEN" not in mercosur.members(on="2016-12-02")
    assert mercosur.record("Venezuela").how == "suspended"
    assert "UZB" not in blocs.bloc("EurAsEC").members(on=2009)


def test_an_inexact_date_counts_when_its_year_is_over() -> None:
    area = blocs.bloc("CISFTA")
    assert area.record("TJK").precision == "year"
    assert "TJK" not in area.members(on="2015-12-30")
    assert "TJK" in area.members(on="2015-12-31")
    assert "TJK" in area.members(on=2015)


def test_every_entry_has_a_source_and_a_stage() -> None:
    table = blocs.accessions()
    assert (table["source"] != "").all()
    assert set(table["confidence"]) == {"S", "S2"}
    assert set(table["precision"]) <= {"day", "month", "year"}
    assert not table.duplicated(["bloc", "economy", "stage"]).any()
    assert (table["precision"] == "day").mean() > 0.85
    assert table["full"].sum() == blocs.blocs()["ever"].sum()


@given(st.sampled_from(ALL), st.dates(dt.date(1950, 1, 1), dt.date(2035, 12, 31)))
def test_membership_agrees_with_entry_and_exit(bloc: blocs.Bloc, day: dt.date) -> None:
    members = bloc.members(on=day)
    assert members == sorted(set(members))
    for accession in (a for a in bloc.accessions if a.stage == bloc.membership and a.precision == "day"):
        inside = accession.date <= day and (accession.left is None or day < accession.left)
        assert (accession.economy in members) == inside


@pytest.mark.parametrize("bloc", ALL, ids=lambda b: b.code)
def test_later_stages_begin_no_earlier_and_names_are_unique(bloc: blocs.Bloc) -> None:
    starts = [s.date for s in bloc.stages.values()]
    assert starts == sorted(starts)
    assert bloc.membership in bloc.stages
    assert not set(bloc.observers) & set(bloc.members())
    assert blocs.bloc(bloc.name).code == bloc.code
    assert all(blocs.bloc(alias).code == bloc.code for alias in bloc.aliases)


# -- bad input -------------------------------------------------------------------------------------------
def test_an_unknown_bloc_names_the_near_match() -> None:
    assert "did you mean 'MERCOSUR' (Southern Common Market)?" in message(lambda: blocs.bloc("Mercosurr"))
    assert "known: EAEU, " in message(lambda: blocs.bloc("zzzz"))
    assert "did you mean 'KGZ' (Kyrgyz Republic)?" in message(lambda: blocs.bloc("EAEU").accession("Kirgizia"))
    assert "members at any time: ARM, BLR" in message(lambda: blocs.bloc("EAEU").accession("France"))
    assert "stage of EAEU 'euro area' not known; known: customs union" in message(
        lambda: blocs.bloc("EAEU").members(stage="euro area")
    )


@pytest.mark.parametrize("wrong", ["yesterday", "2015-13-01", "2015-02-30", "12.08.2015", "15", 15, 2015.5, True, ""])
def test_a_bad_date_is_one_sentence(wrong: object) -> None:
    text = message(lambda: blocs.bloc("EAEU").members(on=wrong))
    assert text == (f"date of membership {wrong!r} not understood: expected a day (2015-08-12), a month or a year")


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        (2015, "2015-01-01", "2015-12-31"),
        ("2015", "2015-01-01", "2015-12-31"),
        ("2016-02", "2016-02-01", "2016-02-29"),
        ("2015-08-12", "2015-08-12", "2015-08-12"),
        (dt.date(2015, 8, 12), "2015-08-12", "2015-08-12"),
        (dt.datetime(2015, 8, 12, 23, 59), "2015-08-12", "2015-08-12"),
    ],
)
def test_dates_as_people_write_them(value: object, first: str, last: str) -> None:
    assert blocs.as_date(value).isoformat() == first
    assert blocs.as_date(value, end=True).isoformat() == last


GOOD = """
[X]
name = "Bloc X"
kind = "free trade area"
membership = "membership"
[[X.stage]]
name = "membership"
date = 2000-01-01
source = "s"
[[X.accession]]
economies = ["KGZ"]
stage = "membership"
date = 2001-01-01
source = "s"
confidence = "S"
"""
LEAVES = """
[[X.withdrawal]]
economies = ["{who}"]
stage = "membership"
date = {day}
how = "{how}"
source = "s"
confidence = "S"
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD.replace('"KGZ"', '"KGS"'), "bloc 'X', accession 1: economy 'KGS' not known; did you mean 'KGZ'"),
        (GOOD.replace("economies", "economis"), "bloc 'X', accession 1: field 'economies' is missing"),
        (GOOD.replace('confidence = "S"', 'confidence = "R"'), "confidence 'R' not known"),
        (GOOD.replace("confidence", "confidenze"), "field 'confidenze' not known; did you mean 'confidence'?"),
        (GOOD.replace('membership = "membership"', 'membership = "member"'), "stage 'member' not known; did you"),
        (GOOD.replace("2001-01-01", "1999-01-01"), "KGZ joins 'membership' on 1999-01-01, before it began"),
        (GOOD.replace("2001-01-01", '"soon"'), "field 'date'"),
        (GOOD.replace('economies = ["KGZ"]', 'economies = ["KGZ", "KGZ"]'), "KGZ joins 'membership' twice"),
        (GOOD.replace("kind =", "knid ="), "field 'knid' not known; did you mean 'kind'?"),
        (GOOD + LEAVES.format(who="KGZ", day="2000-06-01", how="withdrew"), "without having joined"),
        (GOOD + LEAVES.format(who="KAZ", day="2005-06-01", how="withdrew"), "without having joined"),
        (GOOD + LEAVES.format(who="KGZ", day="2005-06-01", how="left"), "how 'left' not known"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_table_of_blocs_is_one_sentence(tmp_path: Path, text: str, expected: str) -> None:
    path = tmp_path / "blocs.toml"
    path.write_text(text, encoding="utf-8")
    assert expected in message(lambda: blocs.read_blocs(path))


def test_a_good_table_of_blocs_reads_and_an_empty_one_does_not(tmp_path: Path) -> None:
    path = tmp_path / "blocs.toml"
    path.write_text(GOOD + LEAVES.format(who="KGZ", day="2005-06-01", how="withdrew"), "utf-8")
    bloc = blocs.read_blocs(path)["X"]
    assert (bloc.members(), bloc.members(on=2003), bloc.left("KGZ")) == ([], ["KGZ"], dt.date(2005, 6, 1))
    path.write_text("", encoding="utf-8")
    with pytest.raises(NoDataError, match="has no bloc"):
        blocs.read_blocs(path)


# -- the record ------------------------------------------------------------------------------------------
def test_duty_shares_are_the_published_ones() -> None:
    """ITAR-TASS, 2 Jan 2015; 24.kg 88295; docs.cntd.ru 456058065; vestikavkaza 159642."""
    assert blocs.duty_shares("2015-03-01").to_dict() == {"ARM": 1.13, "BLR": 4.65, "KAZ": 7.25, "RUS": 86.97}
    assert blocs.duty_shares("2015-08-12")["KGZ"] == 1.9
    assert blocs.duty_shares(2018)["RUS"] == 85.265
    assert blocs.duty_shares()["BLR"] == 4.86
    for day in ("2015-01-02", 2015, 2016, 2017, 2018, 2019, 2020, 2023):
        assert blocs.duty_shares(day).sum() == pytest.approx(100, abs=1e-9)
    table = blocs.duty_share_periods()
    assert table["confidence"].eq("S").all()
    assert list(table["inferred"]) == [(), (), (), ("RUS",)]


def test_duty_shares_before_the_union_are_not_known() -> None:
    with pytest.raises(NoDataError, match="known from 2015-01-02 on; none for 2013-12-31"):
        blocs.duty_shares(2013)


PERIOD = '[[period]]\nfrom = {since}\n{until}shares = {{ KGZ = {share}, RUS = 98 }}\nsource = "s"\nconfidence = "S"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PERIOD.format(since="2015-01-01", until="", share=1.99), "period 1: shares add to 99.990, expected 100"),
        (PERIOD.format(since="2015-01-01", until="", share=2).replace("KGZ", "KGS"), "did you mean 'KGZ'"),
        (
            PERIOD.format(since="2015-01-01", until="", share=2) + PERIOD.format(since="2016-01-01", until="", share=2),
            "the periods from 2015-01-01 and from 2016-01-01 overlap",
        ),
    ],
)
def test_duty_shares_that_cannot_be_are_refused(tmp_path: Path, text: str, expected: str) -> None:
    from eaeu_analysis.reference.blocs.record import read_periods

    path = tmp_path / "duty_shares.toml"
    path.write_text(text, encoding="utf-8")
    assert expected in message(lambda: read_periods(path))


def test_the_timeline_is_ordered_and_sourced() -> None:
    table = blocs.timeline()
    assert table["date"].is_monotonic_increasing
    assert (table["source"] != "").all()
    assert set(table["confidence"]) <= {"S", "S2"}
    days = dict(zip(table["event"].str.split(":").str[0], table["date"], strict=True))
    assert dt.date(2020, 12, 11) in set(blocs.timeline("Uzbekistan")["date"])
    assert days["Kyrgyzstan becomes a member; customs control at the Kazakh border removed"] == dt.date(2015, 8, 12)
    assert set(blocs.timeline("EAEU")["about"]) == {"EAEU"}


def test_the_timeline_and_the_blocs_tell_the_same_days() -> None:
    union = blocs.bloc("EAEU")
    days = set(blocs.timeline()["date"])
    assert {union.accession(c) for c in union.members()} <= days
    assert {o.date for c, o in union.observers.items() if c in ("UZB", "IRN")} <= days
    assert blocs.bloc("EurAsEC").accession("UZB") in days
    assert blocs.bloc("EurAsEC").left("UZB") in days
    assert blocs.bloc("CISFTA").accession("UZB") in days


def test_published_tariffs_before_and_after() -> None:
    table = blocs.tariff_changes()
    shown = {(row.economy, row.measure): (row.before, row.after) for row in table.itertuples()}
    assert shown["KGZ", "average"] == (5.04, 9.4)
    assert shown["KAZ", "simple mean"] == (6.7, 11.1)
    assert set(table["confidence"]) <= {"S", "S2"}
    assert ("ARM", "statement") in shown
