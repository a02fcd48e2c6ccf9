"""The sections of the page, in their order: each makes a Block of parts from the material and the pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import claims, drift, effects, members, outcomes, reference, scenario, summary, trade

if TYPE_CHECKING:
    from ..material import Material
    from ..parts import PageSection
    from ..picture import Picture

Builder = Callable[["Material", Mapping[str, "Picture"]], "PageSection"]
ORDER: tuple[Builder, ...] = (
    summary.build,
    claims.build,
    outcomes.build,
    effects.build,
    members.build,
    trade.build,
    scenario.build,
    drift.build,
    reference.build_limits,
    reference.method,
    reference.series,
    reference.glossary,
)


def build_sections(material: Material, pictures: Mapping[str, Picture]) -> list[PageSection]:
    """Every section; one without results says why and the others stand."""
    return [make(material, pictures) for make in ORDER]
