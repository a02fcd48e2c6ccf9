"""Before/after on small panels whose answer is worked out by hand, and on the shipped data."""

import datetime as dt
import json
import math
import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.catalogue import outcomes, read_table, table_path
from eaeu_analysis.compare import before_after, compare_members
from eaeu_analysis.compare.comparators import own_events, tables
from eaeu_analysis.compare.exposure import membership
from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.load import load_panel
from eaeu_analysis.panel import Panel
from eaeu_analysis.series import SeriesInfo

CONTRACT = [
    *("unit", "mean_before", "mean_after", "change", "growth_before", "growth_after", "years_before", "years_after")
]
ROUBLE = ["TJK", "UZB", "GEO", "MDA", "AZE", "UKR"]
YEARS = range(2008, 2024)


def small(kind="share", unit="% of GDP", edit=None):
    """Four units; the treated one steps from 50 to 60 in 2015, the others by 1, 2 and 6; no trend, no noise but b's."""
    rows = []
    for name, base, step in (("t", 50.0, 10.0), ("a", 40.0, 1.0), ("b", 30.0, 2.0), ("c", 20.0, 6.0)):
        for year in YEARS:
            wobble = (year % 2) / 10 if name == "b" else 0.0
            rows.append((name, year, base + (step if year >= 2015 else 0.0) + wobble))
    df = pd.DataFrame(rows, columns=["who", "year", "y"])
    if edit is not None:
        df = edit(df)
    return Panel.from_frame(df, "who", "year", series={"y": SeriesInfo("y", "An outcome", unit, kind)})


@pytest.fixture(scope="module")
def real():
    return load_panel(list(outcomes().index))


# -- the contract -------------------------------------------------------------------------------------------
def test_frame_has_the_promised_columns_and_the_treated_unit_first():
    frame = before_after(small(), "y", "t", 2015).to_frame()
    assert [c for c in frame.columns if c in CONTRACT] == CONTRACT
    assert list(frame["unit"]) == ["t", "a", "b", "c"]
    assert list(frame["role"]) == ["treated", *["comparator"] * 3]


def test_every_number_of_a_small_panel_by_hand():
    r = before_after(small(), "y", "t", 2015)
    frame = r.to_frame().set_index("unit")
    assert frame["mean_before"].to_dict() == pytest.approx({"t": 50, "a": 40, "b": 30.04, "c": 20})
    assert frame["mean_after"].to_dict() == pytest.approx({"t": 60, "a": 41, "b": 32.05, "c": 26})
    assert frame["change"].to_dict() == pytest.approx({"t": 10, "a": 1, "b": 2.01, "c": 6})
    assert set(frame["change_unit"]) == {"percentage points"}
    assert (frame["years_before"] == 5).all()
    assert (frame["years_after"] == 4).all()
    assert r.difference.versus_mean == pytest.approx(10 - (1 + 2.01 + 6) / 3)
    assert r.difference.versus_median == pytest.approx(10 - 2.01)
    assert (r.p_value, r.difference.test.p_greater, r.difference.test.floor) == (0.25, 0.25, 0.25)
    assert (r.estimate, r.windows.before, r.windows.after) == (pytest.approx(10), (2010, 2014), (2016, 2019))


def test_levels_are_told_in_per_cent_and_log_points():
    r = before_after(small("level", "US$"), "y", "t", 2015)
    row = r.treated
    assert (row["change"], row["log_change"]) == pytest.approx((20, 100 * math.log(1.2)))
    assert (row["change_unit"], row["growth_unit"]) == ("per cent", "per cent a year")
    others = [100 * math.log(b / a) for a, b in ((40, 41), (30.04, 32.05), (20, 26))]
    assert r.difference.test.statistic == pytest.approx(100 * math.log(1.2) - statistics.mean(others))
    assert r.difference.versus_mean == pytest.approx(20 - statistics.mean([2.5, 100 * 2.01 / 30.04, 30]))
    # log points 18.2 and 2.5, 6.5, 26.2: c grew more, and all stand as far or further from the mean, 13.3
    assert (r.difference.test.p_greater, r.p_value) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("kind", "unit", "asked", "told", "change"),
    [
        ("share", "% of GDP", None, "percentage points", 10),
        ("rate", "%", None, "percentage points", 10),
        ("rate", "per 1,000 people", None, "per 1,000 people", 10),
        ("index", "index, 2010 = 100", None, "per cent", 20),
        ("index", "score, 1 to 5", None, "score, 1 to 5", 10),  # a score has no meaningful per cent
        ("unknown", "", None, "units of the outcome", 10),
        ("unknown", "", "level", "per cent", 20),
        ("unknown", "", "index", "per cent", 20),
        ("unknown", "", "share", "percentage points", 10),
        ("level", "US$", "share", "US$", 10),
    ],
)
def test_the_kind_decides_how_a_change_is_told(kind, unit, asked, told, change):
    row = before_after(small(kind, unit), "y", "t", 2015, kind=asked).treated
    assert row["change_unit"] == told
    assert row["change"] == pytest.approx(change)


@pytest.mark.parametrize("event", [2015, "2015", "2015-08-12", dt.date(2015, 8, 12), pd.Timestamp("2015-08-12")])
def test_an_event_is_a_year_or_a_day(event):
    r = before_after(small(), "y", "t", event)
    assert r.windows.skipped == (2015,)
    assert r.spec["event"] in (2015, "2015-08-12")
    json.dumps(r.spec)  # plain values


def test_the_question_can_be_asked_again_from_its_spec(real):
    for first in (
        before_after(small("index", "score, 1 to 5"), "y", "t", 2015),
        before_after(small(), "y", "t", "2015-08-12", 3, 2, 0, ["a", "c"], level=0.8, kind="level"),
        before_after(real, "trade", "Kyrgyzstan", dt.date(2015, 8, 12), comparators="wide"),
    ):
        panel = real if first.outcome.code == "trade" else small(first.outcome.kind, first.outcome.unit)
        again = before_after(panel, **json.loads(json.dumps(first.spec)))
        assert again.summary() == first.summary()
        pd.testing.assert_frame_equal(again.to_frame(), first.to_frame())


def test_late_years_are_apart_and_never_in_the_windows():
    def jump(df):
        return df.assign(y=df["y"].where(df["year"] < 2020, 1e6))

    panel, late = small(), small(edit=jump)
    plain, jumped = (before_after(p, "y", "t", 2015).to_frame() for p in (panel, late))
    apart = [c for c in plain.columns if c.startswith("to_latest")]
    pd.testing.assert_frame_equal(plain.drop(columns=apart), jumped.drop(columns=apart))


def test_late_years_of_a_panel_of_economies_are_labelled(real):
    r = before_after(real, "trade", "KGZ", 2015)
    assert r.latest_label == "2020-24, holds the pandemic and the sanctions years"
    values = real.with_outcome("trade").column("trade").loc["KGZ"].loc[2020:]
    assert r.treated["to_latest_mean"] == pytest.approx(values.mean())
    assert r.treated["to_latest_window"] == "2020-24"
    assert r.latest_label in r.summary()


# -- missing data -------------------------------------------------------------------------------------------
def without(unit, years):
    return lambda df: df[~((df["who"] == unit) & df["year"].isin(years))]


def test_a_short_window_is_not_available_and_says_why():
    r = before_after(small(edit=without("t", [2010, 2011, 2012])), "y", "t", 2015)
    row = r.treated
    assert not row["available"]
    assert row["reason"] == "before 2010-14: 2 of 5 years present (2013, 2014), under 60 %"
    assert math.isnan(row["mean_before"])
    assert math.isnan(row["change"])
    assert math.isnan(r.p_value)
    assert "not available: before 2010-14" in r.summary()


def test_a_comparator_without_a_window_is_shown_and_changes_nothing_else():
    full = before_after(small(edit=lambda df: df[df["who"] != "c"]), "y", "t", 2015)
    short = before_after(small(edit=without("c", [2016, 2017])), "y", "t", 2015)
    assert short.difference == full.difference
    pd.testing.assert_frame_equal(short.to_frame().iloc[:3], full.to_frame())
    assert short.to_frame().iloc[3]["reason"] == "after 2016-19: 2 of 4 years present (2018, 2019), under 60 %"
    assert not check(short, "window completeness").passed


def test_customs_duties_of_kyrgyzstan_start_in_2014_and_are_not_averaged_over_one_year(real):
    row = before_after(real, "customs_duties", "KGZ", "2015-08-12").treated
    assert (row["available"], row["years_before"]) == (False, 1)
    assert math.isnan(row["mean_before"])
    assert "1 of 5 years present (2014)" in row["reason"]


def test_customs_duties_of_kazakhstan_have_no_year_before_the_customs_union(real):
    with pytest.raises(NoDataError, match=r"Kazakhstan .KAZ. has no 'customs_duties' in 2005-09"):
        before_after(real, "customs_duties", "KAZ", 2010)


# -- invariances --------------------------------------------------------------------------------------------
def test_order_of_rows_and_columns_does_not_matter():
    a = before_after(small(), "y", "t", 2015)
    b = before_after(small(edit=lambda df: df.sample(frac=1, random_state=3)[["year", "y", "who"]]), "y", "t", 2015)
    assert a.summary() == b.summary()


def test_names_of_comparators_do_not_matter():
    a = before_after(small(), "y", "t", 2015)
    b = before_after(small(edit=lambda df: df.assign(who=df["who"].replace({"a": "z", "c": "B"}))), "y", "t", 2015)
    assert a.difference == b.difference
    numbers = a.to_frame().select_dtypes("number").columns
    left, right = (r.to_frame().sort_values("mean_before")[numbers].reset_index(drop=True) for r in (a, b))
    pd.testing.assert_frame_equal(left, right)


@given(st.sampled_from([1e-9, 0.01, 1e6]), st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_per_cent_changes_and_p_do_not_depend_on_the_unit_of_measurement(factor, seed):
    noise = np.random.default_rng(seed).lognormal(0, 0.3, len(YEARS) * 4)
    panels = [small("level", "US$", lambda df, f=f: df.assign(y=df["y"] * noise * f)) for f in (1.0, factor)]
    a, b = (before_after(p, "y", "t", 2015) for p in panels)
    same = ["change", "log_change", "lower", "upper", "growth_before", "growth_after"]
    np.testing.assert_allclose(a.to_frame()[same], b.to_frame()[same], rtol=1e-6, atol=1e-9)
    assert a.p_value == b.p_value
    assert [c.passed for c in a.checks] == [c.passed for c in b.checks]


def test_p_of_the_whole_against_brute_force(real):
    """Each of the seven economies stands as the treated one; the statistic is a difference of means."""
    frame = before_after(real, "fdi", "KGZ", 2015).to_frame()
    changes = list(frame["change"])
    gaps = [abs(c - statistics.mean(changes[:i] + changes[i + 1 :])) for i, c in enumerate(changes)]
    p = sum(gap >= gaps[0] - 1e-9 for gap in gaps) / len(gaps)
    assert before_after(real, "fdi", "KGZ", 2015).p_value == pytest.approx(p)


# -- comparators --------------------------------------------------------------------------------------------
def test_rouble_pool_is_the_default_for_economies_and_all_others_elsewhere(real):
    assert list(before_after(real, "trade", "KGZ", 2015).to_frame()["unit"]) == ["KGZ", *ROUBLE]
    assert before_after(small(), "y", "b", 2015).pool.units == ("a", "c", "t")
    assert before_after(real, "trade", "UZB", 2015).pool.units == tuple(c for c in ROUBLE if c != "UZB")


def test_later_members_stand_in_before_they_join_and_never_after(real):
    pool = before_after(real, "trade", "KAZ", 2010).pool
    assert set(pool.units) == {*ROUBLE, "ARM", "KGZ"}  # windows 2005-09 and 2011-14 end before 2015
    assert set(before_after(real, "trade", "KAZ", 2010, post=5).pool.units) == set(ROUBLE)
    assert set(before_after(real, "trade", "KAZ", 2015).pool.units) == set(ROUBLE)


def test_members_are_refused_by_name_and_let_in_on_request(real):
    with pytest.raises(BadInputError, match=r"'RUS' .Russia.*belonged to EAEU from 2010-01-01 on, inside"):
        before_after(real, "trade", "KGZ", 2015, comparators=["TJK", "RUS"])
    r = before_after(real, "trade", "KGZ", 2015, comparators=["TJK", "Russia"], bloc=None)
    assert r.pool.units == ("TJK", "RUS")
    assert before_after(real, "trade", "KAZ", 2010, comparators=["Armenia"]).pool.units == ("ARM",)


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


def test_wide_pool_against_a_plain_reading_of_its_rule(real):
    r = before_after(real, "trade", "KGZ", 2015, comparators="wide")
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
    assert list(r.pool.units) == expected
    assert r.difference.test.floor == 1 / 21
    assert math.isfinite(r.difference.test.upper)


def test_wide_pool_takes_no_height_where_currencies_differ(real):
    """Som a dollar and yen a dollar are not near or far: scaling another currency must not change the pool."""
    panel = real.with_outcome("exchange_rate")
    pool = before_after(panel, "exchange_rate", "KGZ", 2015, comparators="wide").pool
    frame = panel.frame.copy()
    frame.loc["GHA", "exchange_rate"] = (frame.loc["GHA", "exchange_rate"] * 1e6).to_numpy()
    scaled = Panel(frame, panel.series, panel.names, world=True)
    assert before_after(scaled, "exchange_rate", "KGZ", 2015, comparators="wide").pool.units == pool.units


def test_every_member_of_the_table_has_a_reason_a_source_and_known_outcomes():
    known = set(outcomes().index)
    for name, table in tables().items():
        assert table.rule
        assert bool(table.members) != bool(table.nearest), name
        for member in table.members:
            assert member.reason
            assert member.source
            for event in member.breaks:
                assert event.source
                assert set(event.touches) <= known
                assert 2010 <= event.year <= 2019
    for event in own_events():
        assert set(event.touches) <= known
        assert set(event.shared_by) <= set(tables())
        assert set(event.economies) <= set(membership("EAEU"))
    assert [m.economy for m in tables()["rouble"].members] == ROUBLE
    assert not {m.economy for m in tables()["rouble"].members} & set(membership("EAEU"))


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

    assert "Kumtor" in found("KGZ", 2015).text  # its gold, whoever stands beside it
    assert found("KGZ", 2015, "remittances").passed is True  # the rouble's fall is shared by the pool
    assert "rouble" in found("KGZ", 2015, "remittances", comparators="wide").text
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


# -- checks -------------------------------------------------------------------------------------------------
def check(result, name):
    return next(c for c in result.checks if c.name == name)


def test_a_steady_panel_passes_its_checks():
    r = before_after(small(edit=lambda df: df[df["who"] != "b"].assign(y=df["y"] + 1e-3 * df["year"])), "y", "a", 2015)
    assert check(r, "window completeness").passed
    assert check(r, "repeated values").passed
    assert not any(c.name == "window before the pandemic" for c in r.checks)  # no panel of economies


def test_pre_trend_check_fails_for_the_only_unit_that_trends():
    def trend(df):
        return df.assign(y=df["y"] + df["who"].eq("t") * (df["year"] - 2010.0))

    found = check(before_after(small(edit=trend), "y", "t", 2015), "pre-trend comparability")
    assert found.passed is False
    # one a year for 5.5 years between the centres of 2010-14 and 2016-19, less b's slope of nought
    assert "difference of +5.5" in found.text


def test_pre_level_check_fails_for_the_unit_that_starts_highest():
    high = small(edit=lambda df: df.assign(y=df["y"] + 50 * df["who"].eq("t")))
    assert check(before_after(high, "y", "t", 2015), "pre-level comparability").passed is False
    assert check(before_after(small(), "y", "b", 2015), "pre-level comparability").passed is True
    assert check(before_after(small("level"), "y", "b", 2015), "pre-level comparability").passed is None


def test_outlier_check_fails_when_one_comparator_makes_the_sign():
    def wild(df):
        return df.assign(y=df["y"] + 100 * (df["who"].eq("c") & (df["year"] >= 2015)))

    found = check(before_after(small(edit=wild), "y", "t", 2015), "outlier comparator")
    assert found.passed is False
    assert "without c" in found.text
    assert found.value == pytest.approx(-(10 - (1 + 2.01) / 2))
    assert check(before_after(small(), "y", "t", 2015), "outlier comparator").passed


def test_windows_that_run_into_the_pandemic_are_flagged(real):
    assert check(before_after(real, "trade", "KGZ", 2015), "window before the pandemic").passed
    assert check(before_after(real, "trade", "KGZ", 2015, post=5), "window before the pandemic").passed is False


# -- words --------------------------------------------------------------------------------------------------
def test_the_summary_says_windows_p_its_floor_and_what_it_cannot_say(real):
    text = before_after(real, "trade", "KGZ", "2015-08-12").summary()
    for part in ("2010-14", "2016-19", "-33.7 pp", "p = 0.143", "no p below 0.143", "vintage 2026-04-08", "not why"):
        assert part in text
    assert "nothing can be significant at 10 %" in text
    assert text == before_after(real, "trade", "KGZ", "2015-08-12").summary()
    assert "[FAIL] contamination" in text


def test_an_accession_at_the_start_of_a_year_is_said(real):
    assert "fell at the start of the year" in before_after(real, "trade", "ARM", "2015-01-02").summary()
    assert "fell inside the year" in before_after(real, "trade", "KGZ", "2015-08-12").summary()
    assert "left out" not in before_after(real, "trade", "ARM", "2015-01-02", skip=0).summary()


def test_unknown_kind_is_said():
    assert "is unknown: changes are differences" in before_after(small("unknown", ""), "y", "t", 2015).summary()


def test_display_and_provenance(real):
    r = before_after(real, "remittances", "KGZ", 2015)
    assert "<table" in r._repr_html_()
    lines = " ".join(r.provenance.lines())
    assert "BX.TRF.PWKR.CD.DT" in lines
    assert "2023-10-26" in lines
    assert "NY.GDP.MKTP.CD" in lines
    assert "Newey" in r.provenance.reference


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
