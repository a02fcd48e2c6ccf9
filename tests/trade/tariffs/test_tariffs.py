"""The tariff schedule: every wording read, equivalents by a stated rule, averages by hand, nothing zero in silence."""

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis import settings
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference.shipped_tables import TARIFFS
from eaeu_analysis.trade.tariffs import gap as tariff_gap
from eaeu_analysis.trade.tariffs import schedule as tariffs
from eaeu_analysis.trade.tariffs.duties import ad_valorem_equivalents, check_code
from eaeu_analysis.trade.tariffs.stated_prices import beyond_quota, stated_unit_values
from scripts.pins.tariffs import parse_duty

PINS = settings.data_dir() / "trade"


# -- wordings --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "rule", "ad_valorem", "amount", "currency", "unit"),
    [
        ("5%", "ad valorem", 5.0, None, "", ""),
        ("0", "ad valorem", 0.0, None, "", ""),
        ("12.5%", "ad valorem", 12.5, None, "", ""),
        ("0.06 EUR за 1 кг", "specific", None, 0.06, "EUR", "kg"),
        ("250 USD за 1 т", "specific", None, 0.25, "USD", "kg"),
        ("1.25 EUR за 1 пар", "specific", None, 1.25, "EUR", "pair"),
        ("0.38 EUR за 1 м2", "specific", None, 0.38, "EUR", "m2"),
        ("2 EUR за 1 1000 шт", "specific", None, 0.002, "EUR", "piece"),
        ("3.2 EUR за 1 см3, мл", "specific", None, 3.2, "EUR", "cm3"),
        ("25%, но не менее 0.2 EUR за 1 кг", "not less than", 25.0, 0.2, "EUR", "kg"),
        ("20%, но не менее 0.36 EUR за 1 см3, мл", "not less than", 20.0, 0.36, "EUR", "cm3"),
        ("10% плюс 0.08 EUR за 1 кг", "plus", 10.0, 0.08, "EUR", "kg"),
    ],
)
def test_wordings(text, rule, ad_valorem, amount, currency, unit):
    duty = parse_duty(text)
    assert (duty.rule, duty.currency, duty.unit) == (rule, currency, unit)
    for got, expected in ((duty.ad_valorem, ad_valorem), (duty.amount, amount)):
        assert np.isnan(got) if expected is None else abs(got - expected) < 1e-12


@pytest.mark.parametrize(
    "text", ["", "free", "5 per cent", "0.2 GBP за 1 кг", "5% или 0.2 EUR за 1 кг", "1 EUR за 1 м3"]
)
def test_a_wording_that_is_not_known_is_not_guessed(text):
    with pytest.raises(BadInputError, match="not worded in a known way"):
        parse_duty(text)


# -- equivalents -----------------------------------------------------------------------------------------------------
def lines(*rows):
    table = []
    for code, text in rows:
        duty = parse_duty(text)
        table.append((code, "I", duty.rule, duty.ad_valorem, duty.amount, duty.currency, duty.unit))
    return pd.DataFrame(table, columns=["code", "section", "rule", "ad_valorem", "amount", "currency", "unit"])


def value(code, unit, at, currency="EUR", **more):
    return pd.DataFrame([{"code": code, "unit": unit, "value": at, "currency": currency, **more}])


def test_equivalents_at_a_unit_value():
    table = lines(
        ("0808108001", "0.03 EUR за 1 кг"),
        ("0207111001", "25%, но не менее 0.2 EUR за 1 кг"),
        ("0207121001", "25%, но не менее 0.2 EUR за 1 кг"),
        ("1704101000", "10% плюс 0.08 EUR за 1 кг"),
    )
    values = pd.concat(
        [value("0808", "kg", 0.5), value("020711", "kg", 0.4), value("0207", "kg", 1.6), value("17", "kg", 2.0)]
    )
    got = ad_valorem_equivalents(table, values)
    np.testing.assert_allclose(got["ave"], [6.0, 50.0, 25.0, 14.0])
    assert got["basis"].tolist() == ["unit value 0808", "unit value 020711", "unit value 0207", "unit value 17"]


def test_a_range_of_unit_values_is_a_range_of_duties():
    got = ad_valorem_equivalents(lines(("0808108001", "0.03 EUR за 1 кг")), value("0808", "kg", 0.5, low=0.3, high=1.0))
    np.testing.assert_allclose(got[["low", "ave", "high"]].to_numpy()[0], [3.0, 6.0, 10.0])


def test_currencies_are_converted():
    table = lines(("1701991009", "340 USD за 1 т"), ("0808108001", "0.03 EUR за 1 кг"))
    values = pd.concat([value("1701", "kg", 0.5, "USD"), value("0808", "kg", 0.6, "USD")])
    got = ad_valorem_equivalents(table, values, usd_per_eur=1.2)
    np.testing.assert_allclose(got["ave"], [68.0, 6.0])  # the same currency needs no rate; 0.6 USD are 0.5 EUR


def test_a_value_in_another_unit_is_no_value():
    got = ad_valorem_equivalents(lines(("6403120000", "1.5 EUR за 1 пар")), value("64", "kg", 10.0))
    assert got["basis"].tolist() == ["unknown"]


def test_unknown_is_not_zero():
    table = lines(("6403120000", "1.5 EUR за 1 пар"), ("0207111001", "25%, но не менее 0.2 EUR за 1 кг"))
    got = ad_valorem_equivalents(table, implied=False)
    assert got.loc[0, ["low", "ave", "high"]].isna().all()
    assert got.loc[0, "basis"] == "unknown"
    assert got.loc[1, "ave"] == got.loc[1, "low"] == 25.0
    assert np.isnan(got.loc[1, "high"])
    assert got.loc[1, "basis"] == "ad valorem part"


def test_implied_unit_values():
    """10 % or 1.88 EUR are equal at 18.8 EUR a kilogram: a specific 2.2 EUR next to it comes to 11.7 %."""
    table = lines(
        ("6203228000", "10%, но не менее 1.88 EUR за 1 кг"),
        ("6203238000", "10%, но не менее 2.20 EUR за 1 кг"),
        ("6203339000", "2.2 EUR за 1 кг"),
        ("6204339000", "2.2 EUR за 1 кг"),
    )
    got = ad_valorem_equivalents(table)
    np.testing.assert_allclose(got.loc[2, ["low", "high"]].astype(float), [10.0, 100 * 2.2 / 18.8])
    assert got.loc[2, "basis"] == "implied by heading 6203"
    assert got.loc[0, "ave"] == 10.0
    np.testing.assert_allclose(got.loc[1, "high"], 100 * 2.2 / 18.8)
    assert got.loc[3, "basis"] == "unknown"  # another heading


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (value("080", "kg", 1.0), "'080' has 3 digits"),
        (value("apple", "kg", 1.0), "not a product code"),
        (value("0808", "kilo", 1.0), "unit 'kilo' not known"),
        (value("0808", "kg", 1.0, "RUB"), "currency 'RUB' not known"),
        (value("0808", "kg", 0.0), "above zero"),
        (value("0808", "kg", 1.0, low=2.0), "in this order"),
        (pd.concat([value("0808", "kg", 1.0)] * 2), "given more than once"),
        (value("0808", "kg", 1.0).drop(columns="currency"), "lacks the column 'currency'"),
    ],
)
def test_mistakes_in_unit_values(values, sentence):
    with pytest.raises(BadInputError, match=sentence):
        ad_valorem_equivalents(lines(("0808108001", "0.03 EUR за 1 кг")), values)


def test_codes_of_a_wrong_length():
    with pytest.raises(BadInputError, match=r"'87032' has 5 digits; 2, 4, 6, 8 or 10 were expected"):
        check_code("87032")


# -- averages --------------------------------------------------------------------------------------------------------
def rated(*rows):
    table = pd.DataFrame(rows, columns=["code", "section", "ave"])
    return table.assign(low=table["ave"], high=table["ave"])


RATED = rated(
    ("0101210000", "I", 0.0), ("0101291000", "I", 5.0), ("0101299000", "I", 10.0), ("0201100001", "I", 15.0),
    ("7108120001", "XIV", 20.0), ("8703101800", "XVII", 15.0),
)  # fmt: skip


def test_simple_averages_go_through_hs6():
    chapter = tariffs.average(RATED, "chapter")["simple"]
    assert chapter["01"] == (0.0 + 7.5) / 2
    assert tariffs.average(RATED, "hs6")["simple"]["010129"] == 7.5
    assert tariffs.average(RATED, "section")["simple"]["I"] == (0.0 + 7.5 + 15.0) / 3
    assert abs(tariffs.average(RATED, "total")["simple"].iloc[0] - (0 + 7.5 + 15 + 20 + 15) / 5) < 1e-12
    assert tariffs.average(RATED, "line")["simple"].tolist() == RATED["ave"].tolist()
    sitc = tariffs.average(RATED, "sitc")
    assert sitc["lines"].to_dict() == {"0": 4, "7": 1, "9": 1}


def test_import_weights():
    weights = pd.DataFrame({"code": ["010121", "010129", "020110", "870310"], "value": [100.0, 300.0, 0.0, 50.0]})
    section = tariffs.average(RATED, "section", weights)
    assert abs(section.loc["I", "weighted"] - (0 * 100 + 7.5 * 300) / 400) < 1e-12
    assert section.loc["XVII", "weighted"] == 15.0
    assert np.isnan(section.loc["XIV", "weighted"])  # nothing imported, nothing to weigh with
    assert section.loc["I", "weight"] == 400.0
    by_chapter = pd.DataFrame({"code": ["01", "02"], "value": [1.0, 3.0]})
    total = tariffs.average(RATED, "total", by_chapter)
    assert abs(total["weighted"].iloc[0] - (3.75 + 3 * 15.0) / 4) < 1e-12


def test_unknown_and_unbounded_lines_show_in_averages():
    table = RATED.copy()
    table.loc[1, ["low", "ave", "high"]] = np.nan  # a specific duty without a value
    table.loc[3, "high"] = np.nan  # a floor that may bind
    chapter = tariffs.average(table, "chapter")
    assert chapter.loc["01", ["lines", "unknown", "unbounded"]].tolist() == [3, 1, 1]
    assert chapter.loc["01", "simple"] == (0.0 + 10.0) / 2
    assert chapter.loc["01", "simple_low"] == (0.0 + (0.0 + 10.0) / 2) / 2
    assert np.isnan(chapter.loc["01", "simple_high"])
    assert chapter.loc["02", "simple"] == 15.0
    assert np.isnan(chapter.loc["02", "simple_high"])
    assert chapter.loc["87", "simple_high"] == 15.0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"by": "chapters"}, "did you mean 'chapter'"),
        ({"weights": pd.DataFrame({"code": ["0101", "010129"], "value": [1, 1]})}, "several lengths"),
        ({"weights": pd.DataFrame({"code": ["01"], "value": [-1.0]})}, "zero or more"),
        ({"weights": pd.DataFrame({"code": ["01"], "value": [1.0]}), "by": "hs6"}, "too coarse for averages by hs6"),
        ({"weights": pd.DataFrame({"code": ["101"], "value": [1.0]})}, "leading zero may have been lost"),
        ({"weights": pd.DataFrame({"value": [1.0]})}, "lacks the column 'code'"),
    ],
)
def test_mistakes_in_averages(arguments, sentence):
    with pytest.raises(BadInputError, match=sentence):
        tariffs.average(RATED, **({"by": "chapter"} | arguments))


def test_sitc_sections():
    known = {"0201": "0", "2204": "1", "2209": "0", "5201": "2", "5205": "6", "2710": "3", "1511": "4", "3004": "5",
             "7208": "6", "8703": "7", "6109": "8", "7108": "9", "7113": "8"}  # fmt: skip
    assert {code: tariffs.sitc_section(code) for code in known} == known
    for chapter in set(range(1, 98)) - {77}:
        assert tariffs.sitc_section(f"{chapter:02d}") in "0123456789"
    with pytest.raises(BadInputError, match="not in the Harmonized System"):
        tariffs.sitc_section("7701")


# -- the pinned schedule ---------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def schedule():
    return tariffs.cet()


def test_the_schedule_has_its_lines():
    """The source's own counts: 13,319 rows, of them 1,106 combined and 613 specific duties."""
    table = TARIFFS.load("tariffs_cet")
    assert len(table) == 13_319
    rules = table["rule"].value_counts()
    assert rules["specific"] == 613
    assert rules["not less than"] + rules["plus"] == 1_106
    assert rules["ad valorem"] == 11_600


def test_lines_are_unique_codes_of_ten_digits(schedule):
    codes = schedule.lines["code"]
    assert codes.is_unique
    assert (codes.str.len() == 10).all()
    assert len(codes) == 13_289  # 27 rows give a code again, 3 are a heading or no code at all
    left_out = next(check for check in schedule.checks if check.name == "rows that are no line")
    assert left_out.value == 30


def test_a_code_given_twice_keeps_its_official_wording(schedule):
    benzene = schedule.lines.set_index("code").loc["2902200000"]
    assert benzene["wording"] == "3%"  # next to a bare 0.0 from another table


def test_no_duty_is_zero_without_being_so_worded(schedule):
    table = schedule.lines
    worded = table["wording"].isin(["0", "0%"])
    assert (table.loc[table["ave"] == 0, "rule"] == "ad valorem").all()
    assert (table.loc[worded, "ave"] == 0).all()
    unknown = table[table["ave"].isna()]
    assert (unknown["basis"] == "unknown").all()
    assert (unknown["rule"] == "specific").all()
    assert len(unknown) == next(c for c in schedule.checks if c.name == "unknown equivalents").value
    known = table[table["ave"].notna()]
    assert (known["ave"] >= known["low"] - 1e-12).all()
    assert (known["high"].fillna(np.inf) >= known["ave"] - 1e-12).all()
    assert (known["ave"] >= known["ad_valorem"].fillna(0) - 1e-12).all()


def test_averages_are_near_those_published(schedule):
    """The average was put at 10.6 per cent in 2012 (Carnegie, May 2012); commitments to the WTO have cut it since. Of
    ad valorem parts alone it is 6.6 per cent, and equivalents can only raise it."""
    total = tariffs.average(schedule.lines, "total").iloc[0]
    assert 6.0 < total["simple_low"] <= total["simple"] < 9.0
    assert np.isnan(total["simple_high"])
    assert "no upper bound known" in schedule.summary()


def test_given_unit_values_settle_what_is_unknown(schedule):
    values = pd.concat(
        [value("1701", "kg", 0.5, "USD"), value("64", "pair", 15.0, "USD"), value("57", "m2", 8.0, "USD")]
    )
    informed = tariffs.cet(values)
    before, after = (t.lines["basis"].eq("unknown").sum() for t in (schedule, informed))
    assert before - after > 150
    sugar = informed.lines[informed.lines["code"].str.startswith("1701")]
    assert abs(sugar.loc[sugar["wording"] == "250 USD за 1 т", "ave"] - 50.0).max() < 1e-9


def test_uzbekistan_next_to_it(schedule):
    gap = tariff_gap.tariff_gap(schedule)
    table = gap.to_frame()
    assert set(table["direction"]) <= set(tariff_gap.DIRECTIONS)
    assert table.loc["02", "direction"] == "rise"  # meat: 1.3 per cent against a quarter
    assert table.loc["33", "direction"] == "fall"  # cosmetics: 11.8 against 5.9
    assert table.loc["64", "direction"] == "unclear"  # footwear: almost all of the tariff is specific
    assert table.loc["17", "direction"] == "unclear"  # sugar: the same
    assert abs(gap.totals()["share"].sum() - 1) < 1e-12
    assert abs(table["imports_usd"].sum() / 1e9 - 42.08) < 0.01
    partners = gap.partners
    assert not partners.loc[["RUS", "KAZ", "BLR"], "changes"].any()
    assert partners.loc[["CHN", "TUR"], "changes"].all()
    assert (partners.loc[~partners["changes"], "duty_change_at_average_mix_usd"] == 0).all()
    assert "rise:" in gap.summary()


def test_law_and_practice_are_apart():
    """4.0 to 6.3 per cent by law is 2.6 to 4.1 of what is paid, since a third comes in free of duty."""
    gap = tariff_gap.tariff_gap()
    law, paid = gap.averages.loc["by law"], gap.averages.loc["as paid"]
    assert abs(law["own"] - 4.0) < 0.05
    assert 6.0 < law["new_low"] < law["new"] < 6.5
    assert abs(paid["own"] - 2.6) < 0.05
    assert abs(paid["new"] - 4.1) < 0.05
    free = gap.partners.loc[~gap.partners["changes"], "share"].sum()
    assert abs(paid["new"] / law["new"] - (1 - free)) < 1e-12
    collected = next(check for check in gap.checks if check.name == "collected")
    assert collected.value == 394
    assert "in 2020 (computed)" in collected.text


def test_meat_is_cheaper_within_the_quota():
    table = tariff_gap.tariff_gap().table
    assert abs(table.loc["02", "new"] - 17.1) < 0.05
    assert table.loc["02", "high"] > 36.0
    lines = tariffs.cet().lines
    beyond, within = beyond_quota(lines)
    meat = lines["code"].str.startswith("02")
    assert abs(tariffs.average(lines.assign(ave=lines["ad_valorem"])[~within & meat])["simple"].iloc[0] - 36.1) < 0.05
    assert not (beyond & within).any()
    assert set(lines.loc[beyond, "code"].str[:4]) == {"0201", "0202", "0207"}


def test_sugar_and_footwear_have_equivalents_from_stated_prices():
    """Raw sugar of 762,000 t at 140 to 250 US$ a tonne is 107 to 190 million US$, no fall; shoes are not free."""
    gap = tariff_gap.tariff_gap()
    sugar = gap.duty.loc["raw sugar, 762 thousand tonnes"]
    assert 100e6 < sugar["low"] < 110e6
    assert 185e6 < sugar["high"] < 195e6
    assert gap.table.loc["17", "direction"] == "rise"
    assert gap.table.loc["64", "new"] > 5
    assert gap.table.loc["64", "low"] < gap.table.loc["64", "new"] < gap.table.loc["64", "high"]
    full = gap.partners.loc[gap.partners["regime"] == "full", "imports_usd"].sum()
    assert gap.duty.loc["doubled duty that falls away", "low"] == -full * gap.averages.loc["by law", "own"] / 100
    low, high = gap.duty_range
    assert 570e6 < low < high < 900e6
    values = stated_unit_values(tariffs.cet().lines).set_index("code")
    assert 0.5 < values.loc["1701", "value"] < 0.7
    assert (values["low"] <= values["value"]).all()
    assert (values["value"] <= values["high"]).all()


def test_import_weighted_average_with_uzbekistans_imports(schedule):
    own = tariff_gap.uzbekistan()
    weights = own["imports_usd"].rename("value").reset_index()
    total = tariffs.average(schedule.lines, "total", weights).iloc[0]
    chapters = tariffs.average(schedule.lines, "chapter")["simple"].reindex(own.index)
    known = chapters.notna()
    expected = (chapters * own["imports_usd"])[known].sum() / own["imports_usd"][known].sum()
    assert abs(total["weighted"] - expected) < 1e-9
