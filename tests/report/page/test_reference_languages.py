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
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.page.sections import TRANSLATED, build_sections
from eaeu_analysis.report.wording.templates import find_language

Sections = dict[str, list[Any]]
NOT_WORDS = {"id", "href", "tone", "kind", "source", "sources", "lang", "picture"}  # addresses, papers, pictures
CYRILLIC = re.compile(r"[А-Яа-яЁё]")
ENGLISH = re.compile(r"\b(?:the|of|and|with|from|to|is|are|by|in|share|change|interval)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def sections(material: Material) -> dict[str, Sections]:
    words = {lang: find_language(lang, "page") for lang in ("en", "ru", "uz")}
    return {lang: build_sections(material, draw_all(material, own), lang) for lang, own in words.items()}


def texts_of(item: Any) -> Iterator[str]:
    """Every text that a reader sees in a section, in its order; names of papers and publishers are left out."""
    if isinstance(item, str):
        yield item
    elif getattr(item, "tone", "") in ("checks", "source", "missing"):
        return  # what a check found, why data are missing, and a paper as it is cited, are in English alone
    elif isinstance(item, (tuple, list)):
        for part in item:
            yield from texts_of(part)
    elif dataclasses.is_dataclass(item):
        for name in (field.name for field in dataclasses.fields(item) if field.name not in NOT_WORDS):
            yield from texts_of(getattr(item, name))


@pytest.mark.parametrize("page", sorted(TRANSLATED))
@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_the_numbers_of_a_page_are_equal_in_every_language(sections: dict[str, Sections], lang: str, page: str) -> None:
    english, other = (list(texts_of(sections[code][page])) for code in ("en", lang))
    assert len(english) == len(other) > 30
    for one, two in zip(english, other, strict=True):
        assert Counter(numbers_of(one, "en")) == Counter(numbers_of(two, lang)), (one, two)


@pytest.mark.parametrize("page", sorted(TRANSLATED))
@pytest.mark.parametrize("lang", ["ru", "uz"])
def test_no_text_of_a_page_is_left_in_english(sections: dict[str, Sections], lang: str, page: str) -> None:
    for text in texts_of(sections[lang][page]):
        words = re.findall(r"[^\W\d_]{3,}", text)
        assert not ENGLISH.search(text), text
        assert lang != "ru" or len(words) < 2 or CYRILLIC.search(text), text


@pytest.mark.parametrize("page", sorted(TRANSLATED))
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


def test_a_page_without_a_translation_is_in_english_alone(sections: dict[str, Sections]) -> None:
    assert set(sections["ru"]) == set(sections["uz"]) == TRANSLATED <= set(sections["en"])
