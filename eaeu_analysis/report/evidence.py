"""What claims rest on: the results of every stage, gathered as far as the topics asked for need them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import NoDataError
from .claim_rules import TOPICS
from .content import Content, gather

if TYPE_CHECKING:
    from ..panel import Panel
    from ..trade.exposure import Exposure
    from ..trade.tariff_gap import TariffGap
    from ..trade.union import UnionEffect
    from .pinned_curves import Curve

FROM_CONTENT = {"fared", "members", "rerouting", "unsupported"}


@dataclass(frozen=True)
class Evidence:
    """``content``: before/after and counterfactuals, None when no topic needs them. ``curves``: the specification
    curves that were computed on these very data, by outcome. ``union``: the gravity estimates; ``exposure``, ``gap``:
    Uzbekistan's partners and tariffs; ``panel``: the macro series beside them. ``missing``: parts that could not be
    had, with the reason.
    """

    content: Content | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    union: UnionEffect | None = None
    exposure: Exposure | None = None
    gap: TariffGap | None = None
    panel: Panel | None = None
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
        held = curves(content.unit, content.event, names, source)
    missing: list[tuple[str, str]] = []
    if "scenario" in wanted:
        missing.append(("scenario", "scenarios are not built yet"))
    panel = _macro(source, missing) if wanted & {"leaning", "revenue"} else None
    return Evidence(
        content,
        held,
        _union() if wanted & {"partners", "unsupported"} else None,
        _exposure() if wanted & {"leaning", "unsupported"} else None,
        _gap() if wanted & {"tariffs", "revenue", "unsupported"} else None,
        panel,
        tuple(missing),
    )


def _union() -> UnionEffect:
    from ..trade.union import union_effect

    return union_effect()


def _exposure() -> Exposure:
    from ..trade.exposure import exposure

    return exposure("UZB")


def _gap() -> TariffGap:
    from ..trade.tariff_gap import tariff_gap

    return tariff_gap()


def _macro(source: str | Path, missing: list[tuple[str, str]]) -> Panel | None:
    """Remittances, trade taxes and GDP, as far as the source holds them together."""
    from ..load import load_panel

    try:
        return load_panel(["remittances", "customs_duties", "NY.GDP.MKTP.CD"], source=source)
    except NoDataError as error:
        missing.append(("remittances, customs duties", str(error)))
        return None
