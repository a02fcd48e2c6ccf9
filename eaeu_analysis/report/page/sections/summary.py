"""The answer first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...wording import sentences
from ..parts import Items, PageSection

if TYPE_CHECKING:
    from ..material import Material
    from ..picture import Picture


def build(material: Material, pictures: Mapping[str, Picture]) -> PageSection:
    """The answer in five sentences."""
    told = sentences.answers(material.content)
    title = f"The answer in {sentences.count(len(told))} sentence{'s' if len(told) != 1 else ''}"
    return PageSection("answer", title, "The answer", (Items(tuple(told), ordered=True, tone="answer"),))
