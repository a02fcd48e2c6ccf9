"""The brief in three languages: nothing missing, the same numbers, grammar that fits them."""

from __future__ import annotations

import re

import pytest
from brief_sheets import LANGS, lines, plain

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.brief.compose import Brief, Line, compose
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.topics import TOPICS
from eaeu_analysis.report.trace.brief_lines import numbers_in
from eaeu_analysis.report.wording import templates


def flat(table: dict, place: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= flat(value, f"{place}{key}.") if isinstance(value, dict) else {f"{place}{key}": value}
    return found


FORMS = ("plural", "verb", "gender")  # whose keys follow the language's grammar


def texts(lang: str) -> dict[str, str]:
    """The texts of the brief alone; those that it shares are in test_claim_languages.py."""
    shared = templates.find_language(lang).tables
    tables = templates.find_language(lang, "brief").tables
    return flat({name: rows for name, rows in tables.items() if name not in FORMS and name not in shared})


@pytest.mark.parametrize("lang", [code for code in LANGS if code != "en"])
def test_no_text_is_missing_in_any_language(lang: str) -> None:
    assert texts(lang).keys() == texts("en").keys()


@pytest.mark.parametrize("lang", [code for code in LANGS if code != "en"])
def test_numbers_of_a_text_are_those_of_the_english_one(lang: str) -> None:
    """Field by field: what measures is named in each language, and no digit is typed into a text."""

    def measured(text: str) -> set[str]:
        fields = re.findall(r"\{(\w+)(?::([^}]*))?\}", text)
        return {name for name, spec in fields if not spec.startswith(("n.", "verb")) and name not in WORDS}

    for key, text in texts(lang).items():
        assert measured(text) == measured(texts("en")[key]), key


WORDS = ("economy", "outcome", "partner", "flow", "group", "panel", "pool", "measure", "change")


@pytest.mark.parametrize("lang", LANGS)
def test_no_number_is_typed_into_a_text(lang: str) -> None:
    for key, text in texts(lang).items():
        if key.partition(".")[0] not in ("unit",):
            assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", text)), key


@pytest.mark.parametrize("lang", [code for code in LANGS if code != "en"])
def test_no_english_sentence_is_left(lang: str, briefs: dict[str, Brief]) -> None:
    english = {text for text in lines(briefs["en"]) if " " in text}
    assert not english & set(lines(briefs[lang]))
    common = re.compile(r"\b(the|of|and|with|would|which|from|that|is|are|by|what|than)\b", re.IGNORECASE)
    for text in lines(briefs[lang]):
        assert not common.search(text), text


def test_every_claim_has_its_short_caveat_in_every_language(claims: list[Claim]) -> None:
    for lang in LANGS:
        known = templates.find_language(lang, "brief")
        for c in claims:
            assert known.has("short_caveat", c.caveat), (lang, c.id, c.caveat)


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_topic_makes_a_brief_in_every_language(lang: str, topic: str, claims: list[Claim]) -> None:
    brief = compose([c for c in claims if c.topic == topic], lang, topic)
    assert brief.topic == topic
    assert all(name.startswith(f"{topic}.") for rows in brief.parts.values() for line in rows for name in line.claims)
    assert "{" not in " ".join(lines(brief))


def test_nouns_follow_the_plural_rules_of_the_language() -> None:
    english = templates.find_language("en", "brief")
    assert [english.noun("years", n) for n in (1, 2, 4, 5)] == ["year", "years", "years", "years"]
    russian = templates.find_language("ru", "brief")
    shown = [russian.noun("years", n) for n in (1, 2, 4, 5, 11, 21, 22, 1.5)]
    assert shown == ["год", "года", "года", "лет", "лет", "год", "года", "года"]
    with pytest.raises(BadInputError, match=r"no noun plural\.tables"):
        russian.noun("tables", 2)


def test_verbs_agree_with_what_rose_or_fell(briefs: dict[str, Brief]) -> None:
    shown = [plain(line.text) for line in briefs["ru"].parts["fared"]]
    assert shown[0].startswith("Торговля снизилась с ")
    assert shown[1].startswith("Переводы мигрантов выросли с ")
    assert shown[2].startswith("ВВП на душу населения вырос на ")
    assert shown[3].startswith("Прямые иностранные инвестиции снизились с ")


def test_the_numbers_of_a_line_are_the_same_in_every_language(briefs: dict[str, Brief]) -> None:
    def numbers(line: Line, lang: str) -> list[float]:
        return sorted(size for _, size, _ in numbers_in(f"{line.title} {line.text}", lang))

    compared = 0
    for part, rows in briefs["en"].parts.items():
        for i, line in enumerate(rows):
            for lang in ("ru", "uz"):
                other = briefs[lang].parts[part][i]
                assert other.claims == line.claims
                assert numbers(other, lang) == numbers(line, "en"), (part, line.text, other.text)
                compared += 1
    assert compared > 100
