"""What claims rest on: the results of every stage, gathered as far as the topics asked for need them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .claim_rules import TOPICS
from .content import Content, gather

if TYPE_CHECKING:
    from .pinned_curves import Curve

FROM_CONTENT = {"fared", "members", "rerouting", "unsupported"}


@dataclass(frozen=True)
class Evidence:
    """``content``: before/after and counterfactuals, None when no topic needs them. ``curves``: the specification
    curves that were computed on these very data, by outcome. ``missing``: parts that could not be had, with the reason.
    """

    content: Content | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    missing: tuple[tuple[str, str], ...] = ()


def evidence(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path = "pinned",
    topics: Collection[str] = TOPICS,
    jobs: int = 1,
    content: Content | None = None,
) -> Evidence:
    """Ask the questions behind ``topics``; ``content`` is used where it was gathered already.

    Raises BadInputError and NoDataError as :func:`.content.gather`.
    """
    from .pinned_curves import curves

    wanted = set(topics)
    if content is None and wanted & FROM_CONTENT:
        content = gather(unit, bloc, source, jobs)
    held: Mapping[str, Curve] = {}
    if content is not None and content.effects is not None:
        names = list(dict.fromkeys(q.outcome for q in content.effects.effects))
        held = curves(content.unit, content.event, names, content.source)
    return Evidence(content, held)
