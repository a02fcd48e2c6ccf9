"""Who belonged to which bloc when: stages, exits, the years compared, the bloc that is meant."""

from __future__ import annotations

import datetime as dt

import pytest

from eaeu_analysis.compare import membership as m
from eaeu_analysis.compare.windows import Windows
from eaeu_analysis.errors import BadInputError

D = dt.date
SPEC = Windows(2015, (2010, 2014), (2016, 2019))
FOUNDED, WHOLE = D(2010, 1, 1), D(2015, 1, 1)


def spec(first: int, event: int, last: int) -> Windows:
    return Windows(event, (first, event - 1), (event + 1, last))


def test_members_in_the_order_of_joining_with_their_first_stage():
    founders = {c: m.Membership(FOUNDED, "customs union", WHOLE, "EAEU") for c in ("BLR", "KAZ", "RUS")}
    joiners = {
        c: m.Membership(day, "EAEU", day, "EAEU") for c, day in (("ARM", D(2015, 1, 2)), ("KGZ", D(2015, 8, 12)))
    }
    found = m.memberships("Eurasian Economic Union")
    assert found == {**founders, **joiners}
    assert list(found) == ["BLR", "KAZ", "RUS", "ARM", "KGZ"]  # of one day by code
    left = m.memberships("EFTA")
    assert left["GBR"] == m.Membership(D(1960, 5, 3), "membership", D(1960, 5, 3), "membership", D(1973, 1, 1))
    assert left["CHE"].left is None
    with pytest.raises(BadInputError, match="bloc 'EAUE' not known"):
        m.memberships("EAUE")


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [(2000, 2009, False), (2000, 2010, True), (2012, 2013, True), (2016, 2019, True), (2017, 2019, False)],
)
def test_years_in_which_an_economy_belonged(first, last, overlaps):
    gone = m.Membership(D(2010, 12, 31), "a", D(2012, 1, 1), "b", D(2016, 1, 1))
    assert gone.overlaps(first, last) is overlaps
    assert m.Membership(D(2010, 1, 1), "a", D(2010, 1, 1), "a").overlaps(first, last) is (last >= 2010)


@pytest.mark.parametrize(
    ("years", "bloc", "members"),
    [
        (SPEC, "EAEU", ["BLR", "KAZ", "RUS", "ARM", "KGZ"]),
        (spec(2005, 2009, 2010), "EAEU", ["BLR", "KAZ", "RUS"]),
        (spec(2000, 2005, 2009), "EAEU", []),
        (SPEC, None, []),
        (spec(1980, 1986, 1990), "EFTA", ["AUT", "CHE", "NOR", "PRT", "SWE", "ISL", "FIN"]),
        (spec(1987, 1990, 1990), "EFTA", ["AUT", "CHE", "NOR", "SWE", "ISL", "FIN"]),  # Portugal had left in 1986
    ],
)
def test_who_is_inside_in_the_years_compared(years, bloc, members):
    assert list(m.inside(years, bloc)) == members


@pytest.mark.parametrize(
    ("unit", "years", "asked", "bloc"),
    [
        ("KGZ", SPEC, "auto", "EAEU"),
        ("KGZ", SPEC, None, None),
        ("KGZ", SPEC, "European Union", "EU"),
        ("HRV", spec(2008, 2013, 2017), "auto", "EU"),
        ("HRV", spec(2008, 2012, 2013), "auto", "EU"),  # the last year compared
        ("HRV", spec(2007, 2009, 2012), "auto", "EAEU"),  # CEFTA of 2007 is a free trade area
        ("HRV", spec(2014, 2016, 2018), "auto", "EAEU"),  # the EU before the years compared
        ("HRV", spec(2013, 2016, 2018), "auto", "EU"),
        ("UZB", SPEC, "auto", "EAEU"),
        ("KAZ", spec(2005, 2010, 2014), "auto", "EAEU"),
    ],
)
def test_the_bloc_of_the_years_compared(unit, years, asked, bloc):
    assert m.own_bloc(unit, years, asked) == bloc


def events(unit: str, bloc: str | None = None) -> list[tuple[str, str, bool]]:
    return [(str(e.day), e.name, e.closer) for e in m.membership_events(unit, bloc)]


def test_entries_and_exits_by_date():
    assert events("GBR") == [
        ("1960-05-03", "joined the EFTA", False),
        ("1973-01-01", "left the EFTA", False),
        ("1973-01-01", "joined the EU", True),
        ("2020-01-31", "left the EU", True),
        ("2024-12-15", "joined the CPTPP", False),
    ]
    assert events("GBR", "European Union") == [e for e in events("GBR") if "EU" in e[1]]
    assert events("RUS") == [
        ("2001-05-30", "joined the EurAsEC", False),
        ("2012-09-20", "joined the CISFTA", False),
        ("2015-01-01", "joined the EAEU", True),
        ("2015-01-01", "left the EurAsEC", False),
    ]
    assert events("XXX") == []
    assert events("KGZ", "EU") == []


@pytest.mark.parametrize(
    ("unit", "years", "bloc"),
    [
        ("RUS", (1990, 2024), "EAEU"),
        ("HRV", (1990, 2024), "EU"),
        ("HRV", (1990, 2013), "EU"),
        ("HRV", (2013, 2024), "EAEU"),  # data that begin with the year of joining have no year before
        ("HRV", (1990, 2012), "CEFTA"),
        ("UZB", (1990, 2024), "CISFTA"),  # the last of its free trade areas
        ("UZB", (1990, 2010), "EurAsEC"),
        ("GBR", (1990, 2024), "EU"),  # left in 2020: closer than the CPTPP, which came later
        ("GBR", (2021, 2024), "CPTPP"),
        ("XXX", (1990, 2024), "EAEU"),
    ],
)
def test_the_home_bloc(unit, years, bloc):
    assert m.home_bloc(unit, years) == bloc


@pytest.mark.parametrize(
    ("unit", "bloc", "years", "day"),
    [
        ("KGZ", "EAEU", (1990, 2024), D(2015, 8, 12)),
        ("GBR", "EU", (1990, 2024), D(2020, 1, 31)),  # it joined before the data
        ("GBR", "EU", (1960, 2024), D(1973, 1, 1)),
        ("GBR", "EU", (1990, 2019), D(1973, 1, 1)),
        ("GBR", "EU", (1973, 2020), D(2020, 1, 31)),
    ],
)
def test_the_event_of_a_bloc(unit, bloc, years, day):
    assert m.event_in_bloc(unit, bloc, years) == day


def test_a_stranger_has_no_event():
    with pytest.raises(BadInputError, match="UZB"):
        m.event_in_bloc("UZB", "EAEU", (1990, 2024))


def test_accessions_elsewhere_in_the_years_compared():
    found = m.joined_elsewhere("KGZ", SPEC, "EAEU")
    joined = {(e.economy, e.text): e for e in found}
    assert {e.economy for e in found} == {"VEN", "HRV", "SSD", "AUS", "CAN", "JPN", "MEX", "NZL", "SGP", "VNM"}
    croatia = joined["HRV", "joined EU on 2013-07-01"]
    assert (croatia.year, croatia.kind, croatia.closer, croatia.touches) == (2013, "accession", True, ())
    assert croatia.source.startswith("ec.europa.eu")
    assert joined["VNM", "joined CPTPP on 2019-01-14"].closer is False
    own = {(e.economy, e.text.split()[1]) for e in m.joined_elsewhere("UZB", SPEC, "EU")}
    assert ("HRV", "EU") not in own  # the bloc that is asked about
    assert ("KGZ", "EAEU") in own
    assert not any(bloc == "CISFTA" for _, bloc in own)  # Uzbekistan joined it then too
    everybody = {e.text.split()[1] for e in m.joined_elsewhere("XXX", SPEC, None)}
    assert {"EU", "EAEU", "CISFTA"} <= everybody


def test_of_several_stages_the_first_in_the_years_compared():
    stages = [e for e in m.joined_elsewhere("XXX", spec(2008, 2012, 2016), None) if e.economy == "KAZ"]
    assert [(e.year, e.text) for e in stages if "EAEU" in e.text] == [(2010, "joined EAEU on 2010-01-01")]
    edges = m.joined_elsewhere("XXX", spec(2013, 2014, 2016), None)
    years = sorted({e.year for e in edges})
    assert (years[0], years[-1]) == (2013, 2016)
