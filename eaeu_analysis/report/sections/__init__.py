"""The sections of the page, in their order: each makes a Block of parts from the content and the pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import answer, effects, members, outcomes, reference

if TYPE_CHECKING:
    from ..content import Content
    from ..figures import Picture
    from ..parts import Block

Builder = Callable[["Content", Mapping[str, "Picture"]], "Block"]
ORDER: tuple[Builder, ...] = (
    answer.build,
    outcomes.build,
    effects.build,
    members.build,
    reference.limits,
    reference.method,
    reference.series,
    reference.glossary,
)


def build(content: Content, pictures: Mapping[str, Picture]) -> list[Block]:
    """Every section; one without results says why and the others stand."""
    return [make(content, pictures) for make in ORDER]
