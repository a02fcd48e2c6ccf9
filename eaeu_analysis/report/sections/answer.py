"""The answer first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .. import words
from ..parts import Block, Items

if TYPE_CHECKING:
    from ..content import Content
    from ..figures import Picture


def build(content: Content, pictures: Mapping[str, Picture]) -> Block:
    """The answer in five sentences."""
    told = words.answers(content)
    title = f"The answer in {words.count(len(told))} sentence{'s' if len(told) != 1 else ''}"
    return Block("answer", title, "The answer", (Items(tuple(told), ordered=True, tone="answer"),))
