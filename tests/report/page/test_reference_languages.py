"""The reference pages in each language: the same parts in the same order, equal numbers, nothing left in English."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from page_numbers import numbers_of

from eaeu_analysis.report.page.figures import draw_all
from eaeu_analysis.report.page.links import addresses
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.page.parts import Code
from eaeu_analysis.report.page.sections import PAGES, build_sections
from eaeu_analysis.report.wording.stated import FIELD
from eaeu_analysis.report.wording.templates import find_language

Sections = dict[str, list[Any]]
NOT_WORDS = {"id", "href", "tone", "kind", "lang", "picture"}  # addresses, pictures
CYRILLIC = re.compile(r"[А-Яа-яЁё]")
ISO = re.compile(r"\b(\d{4})-\d{2}-(\d{2})\b")
LEAST = {"changes": 3, "methods": 25}  # texts of a page
SIGN_AS_VERB = {  # a sign before a number after a word of change
    "en": re.compile(r"\b(?:chang|mov|rose|ris|fell|fall|grew|drop)\w*\s+(?:\w+\s+){0,4}?by\s+[+\u2212-]\d"),
    "ru": re.compile(r"\b(?:измен|сдви|вырос|рост|сниз|упал|сократ|увелич|уменьш)\w*\s+на\s+[+\u2212-]\d"),
    "uz": re.compile(r"[+\u2212-]\d[\d.,]*\s+\S+ga\s+(?:oʻzgar|osh|kamay|oʻs|pasay)"),
}
# what stays in English: authors and titles of papers, data sets, outlets, codes of series, files and addresses
NAMES = sorted({**addresses()["papers"], **addresses()["outlets"]}, key=len, reverse=True)
DATA_SETS = ("World Development Indicators", "Direction of Trade Statistics", "Bilateral Remittance Matrix",
             "Economic Policy Engine", "Country Commercial Guide", "CC-BY-4.0", "CC BY 4.0", "README")  # fmt: skip
KEPT = re.compile(
    rf"{'|'.join(map(re.escape, DATA_SETS))}|\b[A-Z]{{2}}(?:\.[A-Z0-9]+)+\b"
    r"|https?://\S+|\S+\.(?:com|org|de|io|life|uz|az|ru|am|gov|toml|csv|json)\S*"
    r"|(?:[A-Z][\w-]+,? )+and [A-Z][\w-]+ (?=\(\d{4})|(?<=\d{4}\)), [A-Z][^;()]+|[A-Z]\w+ et al\."
)
ENGLISH = re.compile(r"\b(?:the|of|and|with|from|to|is|are|by|in|share|change|interval)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def sections(material: Material) -> dict[str, Sections]:
    words = {lang: find_language(lang, "page") for lang in ("en", "ru", "uz")}
    drawn = {lang: draw_all(material, own) for lang, own in words.items()}
    checks = [
        make(material, drawn["en"], words["en"]) for make in PAGES["checks"]
    ]  # in English on the page of findings
    found = {lang: build_sections(material, drawn[lang], lang) for lang in words}
    return {**found, "en": {**found["en"], "checks": checks}}


def texts_of(item: Any) -> Iterator[str]:
    """Every text that a reader sees in a section, in its order, without calls to type."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, Code) or getattr(item, "tone", "") in ("code", "source"):
        return  # code to type; a paper as it is cited
    elif isinstance(item, (tuple, list)):
        for part in item:
            yield from texts_of(part)
    elif dataclasses.is_dataclass(item):
        for name in (field.name for field in dataclasses.fields(item) if field.name not in NOT_WORDS):
            yield from texts_of(getattr(item, name))


def same_numbers(english: str, other: str, lang: str) -> bool:
    """Whether both have the same numbers, where a day is written in digits in English and with its month here."""
    wanted, found = Counter(numbers_of(english, "en")), Counter(numbers_of(other, lang))
    worded = Counter(numbers_of(ISO.sub(r"\2 \1", english), "en"))
    return found in (wanted, worded)


def without_names(text: str) -> str:
    """The text without what stays as it is in every language: papers, data sets, outlets, files, code and series."""
    text = KEPT.sub(" ", text)
    for name in NAMES:
        text = text.replace(name, " ")
    return text


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_the_numbers_of_a_page_are_equal_in_every_language(sections: dict[str, Sections], lang: str, page: str) -> None:
    english, other = (list(texts_of(sections[code][page])) for code in ("en", lang))
    assert len(english) == len(other) >= LEAST.get(page, 30)
    for one, two in zip(english, other, strict=True):
        assert same_numbers(one, two, lang), (one, two)


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_no_text_of_a_page_is_left_in_english(sections: dict[str, Sections], lang: str, page: str) -> None:
    for text in map(without_names, texts_of(sections[lang][page])):
        assert not ENGLISH.search(text), text
        assert lang != "ru" or len(re.findall(r"[^\W\d_]{3,}", text)) < 2 or CYRILLIC.search(text), text


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("lang", ["en", "ru", "uz"])
def test_a_sentence_has_a_verb_in_place_of_a_sign(sections: dict[str, Sections], lang: str, page: str) -> None:
    assert [text for text in texts_of(sections[lang][page]) if SIGN_AS_VERB[lang].search(text)] == []


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "changed by -3"),
        ("en", "moved by +0.47"),
        ("ru", "изменился на +14,0 %"),
        ("uz", "\u221233,7 bandga oʻzgardi"),
    ],
)
def test_a_sign_in_place_of_a_verb_would_be_found(lang: str, text: str) -> None:
    assert SIGN_AS_VERB[lang].search(text)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_places_to_link_to_are_those_of_the_english_page(sections: dict[str, Sections], page: str) -> None:
    def ids(item: Any) -> Iterator[str]:
        if isinstance(item, (tuple, list)):
            for part in item:
                yield from ids(part)
        elif dataclasses.is_dataclass(item):
            yield getattr(item, "id", "")
            for field in dataclasses.fields(item):
                if field.name != "picture":  # a file of its own in each language
                    yield from ids(getattr(item, field.name))

    places = {lang: list(ids(sections[lang][page])) for lang in sections}
    assert places["ru"] == places["uz"] == places["en"]


def test_every_text_with_fields_is_filled_in_both_languages_alike() -> None:
    tables = {lang: find_language(lang, "results").tables["text"] for lang in ("ru", "uz")}
    assert list(tables["ru"]) == list(tables["uz"])
    for lang, texts in tables.items():
        for key, own in texts.items():
            given = {name for name, _ in FIELD.findall(key)}
            used = {re.sub(r"_(size|value)$", "", name) for name in re.findall(r"\{(\w+)", own)}
            assert used == given, (lang, key)
