"""Checks of before/after, each failing where it must, and what the summary says."""

from small_panels import check, small

from eaeu_analysis.compare import before_after


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
    assert "without c +8.5" in found.text  # 10 - (1 + 2.01) / 2, where the mean of all three has the other sign
    assert found.value > 1
    assert check(before_after(small(), "y", "t", 2015), "outlier comparator").passed


def test_outlier_check_names_the_two_that_make_a_mean(real):
    """Ukraine at war and Azerbaijan's oil: GDP per head of the other four grew by 26 to 29 %, not by 17.6 %."""
    r = before_after(real, "gdp_per_head", "KGZ", 2015)
    found = check(r, "outlier comparator")
    assert found.passed is False
    assert "without AZE and UKR" in found.text
    rest = {c: row["change"] for c, row in r.to_frame().set_index("unit").iterrows() if c not in ("KGZ", "AZE", "UKR")}
    assert sorted(round(v, 1) for v in rest.values())[0] == 26.1
    assert sorted(round(v, 1) for v in rest.values())[-1] == 28.7


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


def test_an_accession_at_the_start_of_a_year_is_stated(real):
    assert "fell at the start of the year" in before_after(real, "trade", "ARM", "2015-01-02").summary()
    assert "fell inside the year" in before_after(real, "trade", "KGZ", "2015-08-12").summary()
    assert "left out" not in before_after(real, "trade", "ARM", "2015-01-02", skip=0).summary()


def test_unknown_kind_is_stated():
    assert "is unknown: changes are differences" in before_after(small("unknown", ""), "y", "t", 2015).summary()


def test_display_and_provenance(real):
    r = before_after(real, "remittances", "KGZ", 2015)
    assert "<table" in r._repr_html_()
    lines = " ".join(r.provenance.lines())
    assert "BX.TRF.PWKR.CD.DT" in lines
    assert "2026-04-08" in lines
    assert "NY.GDP.MKTP.CD" in lines
    assert "Newey" in r.provenance.reference
