"""How a sentence is read: language, numbers, units, years, signs and parts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


from eaeu_analysis.report.check.reading.sentence import read_sentence
from eaeu_analysis.report.check.reading.vocabulary import (
    Lang,
    find_lang,
    load_vocabulary,
    sentences,
    tokens,
    vocabulary_table,
)
from eaeu_analysis.report.claims.shipped import shipped_claims
from eaeu_analysis.report.wording.templates import find_language


def values(claim: str) -> dict[str, float]:
    return dict(next(c for c in shipped_claims() if c.id == claim).values)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Trade fell.", "en"),
        ("Торговля упала.", "ru"),
        ("Savdo kamaydi.", "uz"),
        ("Oʻzbekiston", "uz"),
        ("Савдо камайди, ўсиш йўқ.", "uz"),
        ("", "en"),
    ],
)
def test_the_language_is_found(text: str, lang: str) -> None:
    assert find_lang(text) == lang


def test_words_of_every_language_are_there() -> None:
    table = vocabulary_table()
    for family in ("entity", "concept", "sign", "cause", "hedge", "unit", "scale", "part", "multiple"):
        for name, entry in table[family].items():
            assert set(entry) == {"en", "ru", "uz"}, (family, name)
            assert all(entry[lang] for lang in entry), (family, name)
    for lang in ("en", "ru", "uz"):
        assert load_vocabulary(lang).phrases


def test_names_of_concepts_in_the_table_exist() -> None:
    table = vocabulary_table()
    goods = {f"product_{code}" for code in find_language("en").tables["chapter"]}
    known = {*table["concept"], *table["entity"], *goods, "up", "down"}
    named = [*table["subject"].values(), *table["outcome"].values(), *table["series"]["more"].values()]
    for entries in named:
        for entry in entries:
            assert set(entry.lstrip("~+").split("|")) <= known, entry


def test_uzbek_in_cyrillic_reads_as_latin() -> None:
    latin = read_sentence("Oʻzbekiston importi 2022-yilda 12,5 foiz oshdi.", "uz")
    cyrillic = read_sentence("Ўзбекистон импорти 2022-йилда 12,5 фоиз ошди.", "uz")
    assert (latin.entities, latin.concepts, latin.signs) == (cyrillic.entities, cyrillic.concepts, cyrillic.signs)
    assert [n.value for n in latin.numbers] == [n.value for n in cyrillic.numbers] == [12.5]


@pytest.mark.parametrize(
    ("text", "lang", "found"),
    [
        ("It cost $4.95 billion in 2024.", "en", [(4.95e9, "usd")]),
        ("6 to 11 %, then 1,316,569 patents", "en", [(6, "percent"), (11, "percent"), (1316569, "count")]),
        ("the score was 3:2 after 90 minutes", "en", []),
        ("thirty four percent, two thirds, twice", "en", [(34, "percent"), (66.67, "percent"), (2, "times")]),
        ("1 316 569 человек, 1,5–2 млрд долларов", "ru", [(1316569, "count"), (1.5e9, "usd"), (2e9, "usd")]),
        ("на 33,7 процентного пункта", "ru", [(33.7, "points")]),
        ("YaIMning 12,3 foiziga, 4,1 foiz bandiga", "uz", [(12.3, "percent"), (4.1, "points")]),
        ("in 2010-14 and 2016–2019 and 2024 and '21", "en", []),
        ("six in ten Uzbeks, one and a half billion dollars", "en", [(60, "percent"), (1.5e9, "usd")]),
        ("шесть из десяти, восемнадцать процентов", "ru", [(60, "percent"), (18, "percent")]),
        ("har toʻrt kishidan uchi, oʻn bir foiz", "uz", [(75, "percent"), (11, "percent")]),
        ("of every hundred dollars twenty", "en", [(20, "percent")]),
        ("from a fall of 0.2 to a rise of 0.7 %", "en", [(0.2, "percent"), (0.7, "percent")]),
        ("inflation in double digits", "en", []),
        ("nine point four percent, a point", "en", [(9.4, "percent")]),
        ("девять целых четыре десятых процента", "ru", [(9.4, "percent")]),
        ("toʻqqiz butun oʻndan toʻrt foiz", "uz", [(9.4, "percent")]),
        ("on two tenths of a percent", "en", [(0.2, "percent")]),
        ("на две десятых процента", "ru", [(0.2, "percent")]),
        ("a third more than the whole economy", "en", [(133.33, "percent")]),
        ("in the late 2000s, в 2010-х", "en", []),
        ("US$ of 2015", "en", []),
    ],
)
def test_numbers_are_read_with_their_units(text: str, lang: Lang, found: list[tuple[float, str]]) -> None:
    read = read_sentence(text, lang).numbers
    assert [(pytest.approx(n.value), n.measure) for n in read] == found


@pytest.mark.parametrize(
    ("text", "lang", "fits", "fails"),
    [
        ("more than a third", "en", (34, 38), (31, 45)),
        ("just under 20 percent", "en", (18, 19.9), (21, 12)),
        ("чуть больше трети", "ru", (34, 38), (31, 45)),
        ("uchdan biridan koʻprogʻi", "uz", (34, 38), (31, 45)),
        ("34 foizdan ortiq", "uz", (34.5, 39), (33, 45)),
        ("about 20 %", "en", (19.5, 20.9), (18, 23)),
    ],
)
def test_more_than_and_less_than_are_bounds(
    text: str, lang: Lang, fits: tuple[float, ...], fails: tuple[float, ...]
) -> None:
    (number,) = read_sentence(text, lang).numbers
    assert all(number.equals(value) for value in fits)
    assert not any(number.equals(value) for value in fails)


@pytest.mark.parametrize(
    ("text", "lang", "found"),
    [
        ("a fall of minus 10 to plus 1.5 percent", "en", [(-1, 10.0, "percent"), (1, 1.5, "percent")]),
        ("от −23 до +20 %", "ru", [(-1, 23.0, "percent"), (1, 20.0, "percent")]),
        ("a quarter of one per cent", "en", [(0, 0.25, "percent")]),
        ("четверть процента", "ru", [(0, 0.25, "percent")]),
        ("11.4 percent in 2022 and 9.6 in 2024", "en", [(0, 11.4, "percent"), (0, 9.6, "percent")]),
        ("bir yarim foiz", "uz", [(0, 1.5, "percent")]),
        ("122 → 135 %", "ru", [(0, 122.0, "percent"), (0, 135.0, "percent")]),
        ("122 ➡️ 135 %", "en", [(0, 122.0, "percent"), (0, 135.0, "percent")]),
        ("122% -> 135%", "en", [(0, 122.0, "percent"), (0, 135.0, "percent")]),
        ("3.4 % of GDP → 7.6 % of GDP", "en", [(0, 3.4, "percent"), (0, 7.6, "percent")]),
        ("23 billion dollars before, almost 43 after", "en", [(0, 23e9, "usd"), (0, 43e9, "usd")]),
        ("remittances, % of GDP: 2022 – 17.2, 2023 – 13.8", "en", [(0, 17.2, "percent"), (0, 13.8, "percent")]),
        ("from a thousand dollars to twelve hundred", "en", [(0, 1000.0, "usd"), (0, 1200.0, "usd")]),
        ("from a tariff of 6 % to one of 11 %", "en", [(0, 6.0, "percent"), (0, 11.0, "percent")]),
        ("из ста долларов 77 из России", "ru", [(0, 77.0, "percent")]),
        ("the share, 34.7 to be exact", "en", [(0, 34.7, "percent")]),
    ],
)
def test_signs_parts_of_a_per_cent_and_lists_are_read(
    text: str, lang: Lang, found: list[tuple[int, float, str]]
) -> None:
    assert [(n.sign, n.value, n.measure) for n in read_sentence(text, lang).numbers] == found


@pytest.mark.parametrize(
    ("text", "lang", "years"),
    [
        ("14 % in 2023 and 17 % a year earlier.", "en", {2023, 2022}),
        ("14 % in 2014, a year before it joined.", "en", {2014}),
        ("14 % в 2023 году, годом позже — 15 %.", "ru", {2023, 2024}),
        ("28 % in 2009; twelve years later it was 26 %.", "en", {2009, 2021}),
        ("2023-yilda 14 foiz, bir yil oldin 17 foiz.", "uz", {2023, 2022}),
        ("Uch yil oldin, 2012-yilda, 14 foiz.", "uz", {2012}),
    ],
)
def test_a_year_earlier_is_a_year(text: str, lang: Lang, years: set[int]) -> None:
    assert read_sentence(text, lang).dates_of()[0] == years


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("It fell, didn't it?", False),
        ("It fell, but so what?", False),
        ("Did it fall?", True),
        ("Well, was it the union?", True),
    ],
)
def test_a_statement_with_a_tag_is_no_question(text: str, question: bool) -> None:
    assert read_sentence(text, "en").question is question


def test_sentences_end_where_they_end() -> None:
    text = "Trade fell by 3.5 %. It rose.\n\nTitle\n\nВВП упал на 3 п. п. ВВП в 2016 г. Рост был."
    found = [text[a:b] for a, b in sentences(text)]
    assert found[:3] == ["Trade fell by 3.5 %.", "It rose.", "Title"]
    assert found[3].startswith("ВВП упал на 3 п. п. ВВП")


def test_a_token_knows_its_place() -> None:
    text = "Oʻzbekiston’s GDP — 5 %"
    assert [text[t.start : t.end] for t in tokens(text, "en")][-2:] == ["5", "%"]


@pytest.mark.parametrize(
    ("text", "lang", "years"),
    [
        ("It fell from twenty twenty-two to twenty twenty-four.", "en", {2022, 2024}),
        ("Trade fell by a tenth in two thousand and nine.", "en", {2009}),
        ("It was higher in twenty sixteen to nineteen.", "en", {2016, 2019}),
        ("It grew from twenty per cent to thirty per cent for two thousand firms.", "en", set()),
        ("В две тысячи пятнадцатом году, а потом в двадцатом.", "ru", {2015, 2020}),
        ("В первом году членства доля выросла на две десятых процента.", "ru", set()),
        ("Ikki ming oʻn toʻrtinchi yilda va ikki ming yigirma toʻrtinchi yilda.", "uz", {2014, 2024}),
        ("It was 179 in 2014, and ten years later 469.", "en", {2014, 2024}),
        ("It is 57 % in 2024, against 76 % a decade before.", "en", {2024, 2014}),
        ("It was 8 % in 2014, five years before it joined 9 %.", "en", {2014}),
    ],
)
def test_years_in_words_and_years_before_or_after_one(text: str, lang: Lang, years: set[int]) -> None:
    assert {year for _, first, last, _ in read_sentence(text, lang).dates for year in (first, last)} == years


def test_a_poverty_line_and_the_runs_of_a_model_are_no_statements() -> None:
    found = read_sentence("At 4.20 dollars a day poverty was 8.4 % in 2023, in 1,000 runs, p = 0.04.", "en").numbers
    assert [n.value for n in found] == [8.4]
