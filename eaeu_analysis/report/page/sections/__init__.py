"""The sections of the reference pages and of the Markdown, by page, each of parts made from the material."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import drift, effects, members, outcomes, reference, scenario, trade

if TYPE_CHECKING:
    from ..chart import Picture
    from ..material import Material
    from ..parts import PageSection

Builder = Callable[["Material", Mapping[str, "Picture"]], "PageSection"]
PAGES: Mapping[str, tuple[Builder, ...]] = {
    "fared": (outcomes.build, effects.build),
    "members": (members.build,),
    "trade": (trade.build,),
    "joining": (scenario.build,),
    "data": (reference.series,),
    "methods": (reference.build_limits, reference.method),
    "glossary": (reference.glossary,),
    "changes": (drift.build,),
}


def build_sections(material: Material, pictures: Mapping[str, Picture]) -> dict[str, list[PageSection]]:
    """Every section by its page; one without results says why and the others stand."""
    return {page: [make(material, pictures) for make in makers] for page, makers in PAGES.items()}
