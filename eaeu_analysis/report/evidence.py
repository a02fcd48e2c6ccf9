"""What claims rest on: the results of every stage, gathered as far as the topics asked for need them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import EaeuError, NoDataError, NotConvergedError
from .claim_rules import TOPICS
from .content import Content, gather

if TYPE_CHECKING:
    from ..panel import Panel
    from ..scenario import ScenarioResult
    from ..sources import Source
    from ..trade.answer import TradeAnswer
    from ..trade.exposure import Exposure
    from ..trade.tariff_gap import TariffGap
    from .pinned_curves import Curve

FROM_CONTENT = {"fared", "members", "rerouting", "unsupported"}
FROM_TARIFFS = {"tariffs", "revenue"}


@dataclass(frozen=True)
class Evidence:
    """``content``: before/after and counterfactuals, None when no topic needs them. ``curves``: the specification
    curves that were computed on these very data, by outcome. ``trade``: the gravity estimates; ``exposure``, ``gap``:
    Uzbekistan's partners and tariffs (those of ``trade`` where it is there); ``panel``: the macro series beside them.
    ``scenario``: what joining would do. ``missing``: parts that could not be had, with the reason.
    """

    content: Content | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    trade: TradeAnswer | None = None
    exposure: Exposure | None = None
    gap: TariffGap | None = None
    panel: Panel | None = None
    scenario: ScenarioResult | None = None
    missing: tuple[tuple[str, str], ...] = ()


def evidence(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
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
    drawn = _scenario(missing, jobs) if "scenario" in wanted else None
    panel = _macro(source, missing) if wanted & {"leaning", "revenue"} else None
    trade, lean, gap = _trade(wanted, missing)
    return Evidence(content, held, trade, lean, gap, panel, drawn, tuple(missing))


def _scenario(missing: list[tuple[str, str]], jobs: int) -> ScenarioResult | None:
    """The scenario that claims are made of; what keeps it from being solved is said."""
    from ..scenario import run_scenario
    from .claims_scenario import DRAWS, SCENARIO, SEED

    try:
        return run_scenario(SCENARIO, DRAWS, SEED, jobs)
    except EaeuError as error:
        missing.append(("scenario", str(error)))
        return None


def _trade(
    wanted: set[str], missing: list[tuple[str, str]]
) -> tuple[TradeAnswer | None, Exposure | None, TariffGap | None]:
    """The whole answer where the gravity estimates are asked for, which take half a minute; else the parts alone."""
    if wanted & {"partners", "unsupported"}:
        from ..trade.answer import trade_answer

        try:
            answer = trade_answer("UZB")
        except (NoDataError, NotConvergedError) as error:
            missing.append(("trade", str(error)))
            return None, None, None
        return answer, answer.exposure, answer.tariffs
    from ..trade.exposure import exposure
    from ..trade.tariff_gap import tariff_gap

    return None, exposure("UZB") if "leaning" in wanted else None, tariff_gap() if wanted & FROM_TARIFFS else None


def _macro(source: str | Path | Source, missing: list[tuple[str, str]]) -> Panel | None:
    """Remittances, trade taxes and GDP, as far as the source holds them together."""
    from ..load import load_panel

    try:
        return load_panel(["remittances", "customs_duties", "NY.GDP.MKTP.CD"], source=source)
    except NoDataError as error:
        missing.append(("remittances, customs duties", str(error)))
        return None
