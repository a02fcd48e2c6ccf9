"""The sections of the reference pages and of the Markdown, by page, each of parts made from the material."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ...wording.templates import find_language
from . import checks, drift, effects, members, outcomes, reference, scenario, trade

if TYPE_CHECKING:
    from ...wording.templates import Language
    from ..chart import Picture
    from ..material import Material
    from ..parts import PageSection

Builder = Callable[["Material", Mapping[str, "Picture"], "Language"], "PageSection"]
PAGES: Mapping[str, tuple[Builder, ...]] = {
    "fared": (outcomes.build, effects.build),
    "members": (members.build,),
    "trade": (trade.build,),
    "joining": (scenario.build,),
    "data": (reference.series,),
    "methods": (reference.build_limits, reference.method),
    "glossary": (reference.glossary,),
    "checks": (checks.build,),
    "changes": (drift.build,),
}


def in_language(page: str, lang: str) -> bool:
    """Whether a page is there in a language: the page of findings in English has the checks in it."""
    return page != "checks" or lang != "en"


def build_sections(
    material: Material, pictures: Mapping[str, Picture], lang: str = "en"
) -> dict[str, list[PageSection]]:
    """Every section in a language by its page; one without results says why and the others stand."""
    words = find_language(lang, "page")
    return {
        page: [make(material, pictures, words) for make in makers]
        for page, makers in PAGES.items()
        if in_language(page, lang)
    }
