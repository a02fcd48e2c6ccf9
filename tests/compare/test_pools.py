"""Who is compared with the treated unit: pools by rule, members kept out, breaks shown."""

import math
import statistics

import numpy as np
import pytest
from small_panels import ROUBLE, check, small

from eaeu_analysis.compare import before_after
from eaeu_analysis.compare.comparators import pool_definitions, recorded_own_events
from eaeu_analysis.compare.membership import memberships
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference.catalogue import outcomes, read_table, table_path


# -- comparators --------------------------------------------------------------------------------------------
def test_rouble_pool_is_the_default_for_economies_and_all_others_elsewhere(real):
    assert list(before_after(real, "trade", "KGZ", 2015).to_frame()["unit"]) == ["KGZ", *ROUBLE]
    assert before_after(small(), "y", "b", 2015).comparators.units == ("a", "c", "t")
    assert before_after(real, "trade", "UZB", 2015).comparators.units == tuple(c for c in ROUBLE if c != "UZB")


def test_later_members_stand_in_before_they_join_and_never_after(real):
    pool = before_after(real, "trade", "KAZ", 2010).comparators
    assert set(pool.units) == {*ROUBLE, "ARM", "KGZ"}  # windows 2005-09 and 2011-14 end before 2015
    assert set(before_after(real, "trade", "KAZ", 2010, post=5).comparators.units) == set(ROUBLE)
    assert set(before_after(real, "trade", "KAZ", 2015).comparators.units) == set(ROUBLE)


def test_members_are_refused_by_name_and_let_in_on_request(real):
    with pytest.raises(BadInputError, match=r"'RUS' .Russia.*belonged to EAEU from 2010-01-01 on, inside"):
        before_after(real, "trade", "KGZ", 2015, comparators=["TJK", "RUS"])
    r = before_after(real, "trade", "KGZ", 2015, comparators=["TJK", "Russia"], bloc=None)
    assert r.comparators.units == ("TJK", "RUS")
    assert before_after(real, "trade", "KAZ", 2010, comparators=["Armenia"]).comparators.units == ("ARM",)


def test_the_bloc_is_that_which_the_unit_joined(real):
    assert before_after(real, "trade", "POL", 2004, comparators=["UKR", "TUR"]).spec["bloc"] == "EU"
    assert before_after(real, "trade", "KGZ", 2015).spec["bloc"] == "EAEU"
    assert before_after(real, "trade", "UZB", 2015).spec["bloc"] == "EAEU"
    with pytest.raises(BadInputError, match=r"'HUN' .* belonged to EU from 2004-05-01"):
        before_after(real, "trade", "POL", 2004, comparators=["HUN"])


def test_an_empty_list_compares_with_nobody():
    r = before_after(small(), "y", "t", 2015, comparators=[])
    assert r.difference is None
    assert list(r.to_frame()["unit"]) == ["t"]
    assert "nobody to compare with" in r.summary()


def test_nearest_pool_against_a_plain_reading_of_its_rule(real):
    r = before_after(real, "trade", "KGZ", 2015, comparators="nearest")
    panel = real.with_outcome("trade")
    economies = read_table(table_path("economies"))["economies"]
    values, people = (panel.column(c).dropna().to_dict() for c in ("trade", "SP.POP.TOTL"))
    joined = {
        e
        for bloc in read_table(table_path("blocs")).items()
        for a in bloc[1].get("accession", [])
        for e in a["economies"]
        if 2010 <= a["date"].year <= 2019 and bloc[0] not in ("EAEU", "CISFTA")  # Kyrgyzstan joined both in these years
    }
    places = {}
    for code, entry in economies.items():
        before = [(y, values[code, y]) for y in range(2010, 2015) if (code, y) in values]
        after = [y for y in range(2016, 2020) if (code, y) in values]
        heads = [people[code, y] for y in range(2010, 2015) if (code, y) in people]
        if entry["income"] != "LMC" or len(before) < 3 or len(after) < 3 or sum(heads) / len(heads) < 1e6:
            continue
        if code in joined or code in ("ARM", "BLR", "KAZ", "RUS"):
            continue
        slope = statistics.linear_regression([b[0] for b in before], [b[1] for b in before]).slope
        places[code] = (statistics.mean(b[1] for b in before), slope)
    own = places.pop("KGZ")
    widths = [np.subtract(*np.percentile([p[i] for p in places.values()], [75, 25])) for i in (0, 1)]
    distance = {c: math.hypot(*((p[i] - own[i]) / widths[i] for i in (0, 1))) for c, p in places.items()}
    expected = sorted(distance, key=lambda c: (distance[c], c))[:20]
    assert list(r.comparators.units) == expected
    assert r.difference.test.floor == 1 / 21
    assert math.isfinite(r.difference.test.upper)


def test_nearest_pool_takes_no_height_where_currencies_differ(real):
    """Som a dollar and yen a dollar are not near or far: scaling another currency must not change the pool."""
    panel = real.with_outcome("exchange_rate")
    pool = before_after(panel, "exchange_rate", "KGZ", 2015, comparators="nearest").comparators
    frame = panel.frame.copy()
    frame.loc["GHA", "exchange_rate"] = (frame.loc["GHA", "exchange_rate"] * 1e6).to_numpy()
    scaled = Panel(frame, panel.series, panel.names, world=True)
    assert before_after(scaled, "exchange_rate", "KGZ", 2015, comparators="nearest").comparators.units == pool.units


def test_wide_pool_is_everybody_large_enough_with_both_windows(real):
    r = before_after(real, "trade", "KGZ", 2015, comparators="wide")
    values, people = (real.with_outcome("trade").column(c).dropna().to_dict() for c in ("trade", "SP.POP.TOTL"))
    expected = []
    for code in sorted({c for c, _ in values}):
        before, after = (sum((code, y) in values for y in span) for span in (range(2010, 2015), range(2016, 2020)))
        heads = [people[code, y] for y in range(2010, 2015)]
        if before >= 3 and after >= 3 and sum(heads) / 5 >= 1e6 and code not in {*memberships("EAEU"), "KGZ"}:
            expected.append(code)
    assert sorted(r.comparators.units) == expected
    assert len(expected) > 100


def test_alike_pool_against_a_plain_reading_of_its_rule(real):
    """Croatia, which joined the EU in 2013: neither Tajikistan nor anybody outside the stated bounds."""
    r = before_after(real, "trade", "HRV", 2013)
    assert r.spec["bloc"] == "EU"
    assert r.comparators.spec == "alike"
    assert not {"TJK", "UZB", "UKR", "AZE"} & set(r.comparators.units)
    codes = {"NY.GDP.PCAP.PP.KD": 3.0, "SP.POP.TOTL": 10.0, "NE.TRD.GNFS.ZS": 2.0}
    source = PinnedSource()
    away = {}
    for code, factor in codes.items():
        frame = source.read(code).frame.query("2008 <= year <= 2012")
        mean = frame.groupby("economy")["value"].mean()
        away[code] = abs(np.log(mean / mean["HRV"])) / math.log(factor)
    growth = source.read("NY.GDP.MKTP.KD.ZG").frame.query("2008 <= year <= 2017").groupby("economy")["value"]
    calm = (growth.min() >= -10) & (growth.max() <= 15)
    for unit in r.comparators.units:
        assert all(away[code][unit] <= 1 for code in codes), unit
        assert calm[unit], unit
    distance = [math.hypot(*(away[code][unit] for code in codes)) for unit in r.comparators.units]
    assert distance == sorted(distance)


def test_every_member_of_the_table_has_a_reason_a_source_and_known_outcomes():
    known = set(outcomes().index)
    for name, table in pool_definitions().items():
        assert table.rule
        assert bool(table.members) == (name == "rouble")
        for member in table.members:
            assert member.reason
            assert member.source
            for event in member.breaks:
                assert event.source
                assert set(event.touches) <= known
                assert 2010 <= event.year <= 2019
    for event in recorded_own_events():
        assert set(event.touches) <= known
        assert set(event.shared_by) <= set(pool_definitions())
        assert set(event.economies) <= set(memberships("EAEU"))
    assert [m.economy for m in pool_definitions()["rouble"].members] == ROUBLE
    assert not {m.economy for m in pool_definitions()["rouble"].members} & set(memberships("EAEU"))


def test_the_rouble_pool_obeys_its_own_rule(real):
    """Each currency of the pool lost a fifth or more of its dollar value between 2014 and 2016, as the rouble did."""
    rate = real.column("PA.NUS.FCRF")
    for code in [*ROUBLE, "RUS"]:
        assert 1 - rate[code, 2014] / rate[code, 2016] > 0.2, code


def test_breaks_are_shown_for_the_outcomes_they_touch(real):
    def events(outcome):
        return check(before_after(real, outcome, "KGZ", 2015), "contamination").text

    assert "WTO" in events("trade")
    assert "WTO" not in events("inflation")
    assert "one and the same value" in events("real_exports")
    assert "one and the same value" not in events("exports")
    assert "exchange rates" in events("NE.EXP.GNFS.ZS")  # by the code too


def test_events_of_the_treated_unit_count_unless_the_comparators_share_them(real):
    def found(unit, event, outcome="trade", **more):
        return check(before_after(real, outcome, unit, event, **more), "other events of its own")

    assert "Kumtor" in found("KGZ", 2015).text  # its gold, whoever it is compared with
    assert found("KGZ", 2015, "remittances").passed is True  # the rouble's fall is shared by the pool
    assert "rouble" in found("KGZ", 2015, "remittances", comparators="nearest").text
    assert "rouble" in found("KGZ", 2015, "remittances", comparators=["TJK", "VNM"]).text
    assert found("RUS", 2010, "tariff").passed is False  # the WTO, not the customs union alone
    assert "WTO" in found("RUS", 2010, "TM.TAX.MRCH.WM.AR.ZS").text
    assert found("KAZ", 2010, "tariff", post=5, pre=2).passed is False
    assert found("UZB", 2015).passed is None  # nobody has looked


def test_the_belarusian_crisis_of_the_table_is_in_the_data(real):
    assert real.column("FP.CPI.TOTL.ZG")["BLR", 2011] == pytest.approx(53, abs=0.5)
    assert real.column("FP.CPI.TOTL.ZG")["BLR", 2012] == pytest.approx(59, abs=0.5)


def test_tajik_real_exports_stand_still_for_three_years(real):
    """The table says so of the data; the check finds it by itself."""
    values = real.column("NE.EXP.GNFS.KD").loc["TJK"]
    assert values[2013] == values[2014] == values[2015]
    assert "TJK 2014" in check(before_after(real, "real_exports", "KGZ", 2015), "repeated values").text
