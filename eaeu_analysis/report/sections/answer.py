"""The answer first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import words
from ..parts import Block, Items

if TYPE_CHECKING:
    from ..figures import Picture
    from ..material import Material


def build(material: Material, pictures: Mapping[str, Picture]) -> Block:
    """The answer in five sentences."""
    told = words.answers(material.content)
    title = f"The answer in {words.count(len(told))} sentence{'s' if len(told) != 1 else ''}"
    return Block("answer", title, "The answer", (Items(tuple(told), ordered=True, tone="answer"),))
