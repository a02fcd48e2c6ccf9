"""The sections of the page, in their order: each makes a Block of parts from the material and the pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import answer, claims, drift, effects, members, outcomes, reference, scenario, trade

if TYPE_CHECKING:
    from ..figures import Picture
    from ..material import Material
    from ..parts import Block

Builder = Callable[["Material", Mapping[str, "Picture"]], "Block"]
ORDER: tuple[Builder, ...] = (
    answer.build,
    claims.build,
    outcomes.build,
    effects.build,
    members.build,
    trade.build,
    scenario.build,
    drift.build,
    reference.limits,
    reference.method,
    reference.series,
    reference.glossary,
)


def build(material: Material, pictures: Mapping[str, Picture]) -> list[Block]:
    """Every section; one without results says why and the others stand."""
    return [make(material, pictures) for make in ORDER]
