"""The sentences of the claims in three languages: nothing missing, the same numbers, no sign, no English left over."""

from __future__ import annotations

import re
import string

import pytest
from brief_sheets import LANGS

from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.trace.brief_lines import numbers_in
from eaeu_analysis.report.wording import templates

OTHER = [code for code in LANGS if code != "en"]
TABLES = ("claim", "caveat", "would_change", "question", "topic", "grade", "side", "heard")
PARTS = ("sentence", "question", "caveat", "would_change", "topic", "grade", "side")
LATIN_IN_RUSSIAN = {"p"}  # the p-value
ENGLISH = re.compile(
    r"\b(the|of|and|with|would|which|from|that|are|by|what|than|trade|rose|fell|joining|union|check|tariff rate)\b",
    re.IGNORECASE,
)


def fields(text: str) -> set[str]:
    """The names of the fields of a template, those of its intervals too."""
    found = set()
    for _, name, spec, _ in string.Formatter().parse(text):
        if name:
            parts = (spec or "").split(".")
            found |= {name, parts[1]} if parts[0] == "range" else {name}
    return found


def test_there_are_three_languages() -> None:
    assert LANGS == ("en", "ru", "uz")


@pytest.mark.parametrize("lang", OTHER)
@pytest.mark.parametrize("table", TABLES)
def test_each_text_has_the_same_fields_in_every_language(table: str, lang: str) -> None:
    english, own = (templates.find_language(code).tables[table] for code in ("en", lang))
    assert own.keys() == english.keys()
    for key, text in english.items():
        assert fields(own[key]) == fields(text), (table, key)


@pytest.mark.parametrize("lang", OTHER)
def test_each_word_is_in_every_language(lang: str) -> None:
    """Names of outcomes, units, partners and goods: one table for page, brief and check."""
    english, own = (templates.find_language(code).tables for code in ("en", lang))
    for table in english:
        if table not in ("plural", "verb", "gender", "check"):
            assert own[table].keys() == english[table].keys(), table


def test_the_same_numbers_in_three_languages(claims: list[Claim]) -> None:
    shown = 0
    for claim in claims:
        for part in PARTS:
            per_language = {
                lang: sorted((size, digits) for _, size, digits in numbers_in(claim.text(part, lang), lang))
                for lang in LANGS
            }
            assert per_language["ru"] == per_language["en"], (claim.id, part)
            assert per_language["uz"] == per_language["en"], (claim.id, part)
            shown += len(per_language["en"])
    assert shown > 1000


@pytest.mark.parametrize("lang", LANGS)
def test_no_sign_stands_before_a_number(lang: str, claims: list[Claim]) -> None:
    for claim in claims:
        for part in ("sentence", "caveat"):
            text = claim.text(part, lang)
            assert not re.search(r"(?<![\w.,])[+−-]\s?\d", text), text


@pytest.mark.parametrize("lang", OTHER)
def test_no_english_word_is_left(lang: str, claims: list[Claim]) -> None:
    for claim in claims:
        for part in PARTS:
            text = claim.text(part, lang)
            assert not ENGLISH.search(text), text
            assert "{" not in text
            if lang == "ru":
                assert set(re.findall(r"[A-Za-z]+", text)) <= LATIN_IN_RUSSIAN, text


@pytest.mark.parametrize("lang", LANGS)
def test_what_cannot_be_read_aloud_is_not_in_a_sentence(lang: str, claims: list[Claim]) -> None:
    """p-values and names of checks are in the caveat."""
    for claim in claims:
        assert not re.search(r"\bp = ", claim.text("sentence", lang)), claim.id
        for check in claim.failed:
            assert f"({check.name})" not in claim.text("sentence", lang)


@pytest.mark.parametrize("lang", OTHER)
def test_the_failed_checks_of_the_shipped_claims_have_names(lang: str, claims: list[Claim]) -> None:
    known = templates.find_language(lang)
    for name in {check.name.partition(",")[0] for claim in claims for check in claim.failed}:
        assert known.has("check", name), name


def test_apostrophes_of_uzbek_are_letters() -> None:
    texts = " ".join(
        str(text) for rows in templates.find_language("uz", "brief").tables.values() for text in rows.values()
    )
    assert not re.search(r"\w['’‘`]\w", texts)


@pytest.mark.parametrize(
    ("lower", "upper", "printed"),
    [
        (-3.04, 5.0, {"en": "from a fall of 3.0 to a rise of 5.0 %", "ru": "от снижения на 3,0 до роста на 5,0 %"}),
        (2.0, 5.0, {"en": "a rise of 2.0 to 5.0 %", "ru": "рост на 2,0–5,0 %", "uz": "2,0–5,0 foizga oʻsish"}),
        (-5.0, -2.0, {"en": "a fall of 2.0 to 5.0 %", "uz": "2,0–5,0 foizga kamayish"}),
        (2.0, 2.0, {"en": "a rise of 2.0 %"}),
        (float("-inf"), 2.0, {"en": "no finite interval", "ru": "интервал без границ"}),
        (float("nan"), 2.0, {"en": "not available"}),
    ],
)
def test_an_interval_is_stated_without_signs(lower: float, upper: float, printed: dict[str, str]) -> None:
    for lang, text in printed.items():
        known = templates.find_language(lang)
        unit = known.formed("unit.per cent", "by" if lang == "uz" else "")
        assert known.interval(lower, upper, unit) == text


def test_verbs_and_nouns_follow_sign_gender_and_number() -> None:
    russian = templates.find_language("ru")
    assert [russian.by_sign("verb", v, g) for v, g in ((1, "f"), (-1, "m"), (-1, "p"))] == [
        "выросла",
        "снизился",
        "снизились",
    ]
    assert [russian.noun("comparable", n) for n in (1, 6, 21)] == [
        "сопоставимой стране",
        "сопоставимых странах",
        "сопоставимой стране",
    ]
    assert templates.find_language("en").by_sign("change", -2.0) == "a fall of"
