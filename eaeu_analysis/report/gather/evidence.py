"""What claims rest on: the results of every stage, gathered as far as the topics asked for need them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import NoDataError, NotConvergedError
from ...parallel import Begin, helpers, one_blas_thread
from ...reference.blocs import bloc as find_bloc
from ..topics import TOPICS
from .content import Content, gather

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...data.sources import Source
    from ...impact.members.stacked import StackedMembers
    from ...remittances.armenian_months import ArmenianTransfers
    from ...scenario import ScenarioResult
    from ...trade.partners.around_accession import PartnerChanges
    from ...trade.partners.exposure import Exposure
    from ...trade.tariff_exposure.result import TariffExposure
    from ...trade.tariffs.gap import TariffGap
    from ...trade.union.answer import TradeAnswer
    from .curves import Curve

progress = logging.getLogger("eaeu_analysis.progress")
progress.propagate = False  # steps are for a command that shows them
FROM_CONTENT = {"fared", "members", "rerouting", "unsupported"}
FROM_GRAVITY = {"partners", "unsupported"}
FROM_TARIFFS = {"tariffs", "revenue"}
STEP = {"trade": "trade: gravity estimates", "scenario": "the scenario", "curves": "specification curves"}
WORKERS = 6  # as many as there are tasks that take long


@dataclass(frozen=True)
class Evidence:
    """``content``: before/after and counterfactuals, None when no topic needs them. ``curves``: the specification
    curves that were computed on these very data, by outcome. ``trade``: the gravity estimates; ``exposure``, ``gap``:
    Uzbekistan's partners and tariffs (those of ``trade`` where it is there); ``panel``: macro series for
    them. ``scenario``: what joining would do. ``tariff_exposure``: Armenia's imports across products.
    ``partner_changes``: trade by partner of members with a table of their own. ``stacked``: members that joined in one
    year, exposure to the rouble as control; ``transfers``: money from Russia to Armenia. ``missing``: parts that could
    not be had, with the reason.
    """

    content: Content | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    trade: TradeAnswer | None = None
    exposure: Exposure | None = None
    gap: TariffGap | None = None
    panel: Panel | None = None
    scenario: ScenarioResult | None = None
    tariff_exposure: TariffExposure | None = None
    partner_changes: tuple[PartnerChanges, ...] = ()
    stacked: StackedMembers | None = None
    transfers: ArmenianTransfers | None = None
    missing: tuple[tuple[str, str], ...] = ()


def evidence(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    topics: Collection[str] = TOPICS,
    jobs: int = 1,
    content: Content | None = None,
    dask: str | None = None,
    begin: Begin | None = None,
) -> Evidence:
    """Ask the questions behind ``topics``; ``content`` is used where it was gathered already.

    ``begin``: of :func:`.parallel.helpers`, whose workers are used; without it those of ``jobs``. Workers take the
    long tasks from the first on, and this process those that are left from the last on; with a Dask scheduler at
    ``dask`` its workers take the counterfactuals and the draws. The results are the same: linear algebra has one thread
    everywhere.
    Raises BadInputError and NoDataError as :func:`.content.gather`.
    """
    wanted = set(topics)
    long = _long(wanted, bloc, dask)
    own = nullcontext(begin) if begin is not None else helpers(1 if dask else jobs, WORKERS)
    with one_blas_thread(), own as chosen:
        results = {name: chosen(task) for name, task in long.items()}
        if content is None and wanted & FROM_CONTENT:
            progress.info("before and after, and counterfactuals")
            content = gather(unit, bloc, source, 1, dask)  # a second, less than workers of its own would take
        order = list(reversed(long))  # as they are waited for
        if content is not None and content.effects is not None:
            names = list(dict.fromkeys(question.outcome for question in content.effects.effects))
            results["curves"] = partial(_curves, content.unit, content.event, names, source)  # done in this process
            order.insert(1, "curves")
        missing: list[tuple[str, str]] = []
        panel = _macro(source, missing) if wanted & {"leaning", "revenue"} else None
        parts: dict[str, Any] = {}
        why: dict[str, str] = {}
        for name in order:
            progress.info("%s", STEP.get(name, name))
            try:
                parts[name] = results[name]()
            except (NoDataError, NotConvergedError) as error:
                why[name] = str(error)
        missing += [(name, why[name]) for name in long if name in why]
    trade: TradeAnswer | None = parts.get("trade")
    lean, gap = (trade.exposure, trade.tariffs) if trade else _own(wanted)
    return Evidence(
        content,
        parts.get("curves", {}),
        trade,
        lean,
        gap,
        panel,
        parts.get("scenario"),
        parts.get("tariff_exposure"),
        parts.get("partner_changes", ()),
        parts.get("stacked"),
        parts.get("transfers"),
        tuple(missing),
    )


def _long(wanted: set[str], bloc: str, dask: str | None) -> dict[str, Callable[[], Any]]:
    """What takes long and hangs on nothing else. Each loads its own modules: workers begin before this process has."""
    tasks: dict[str, Callable[[], Any]] = {}
    if wanted & FROM_GRAVITY:
        tasks["trade"] = _trade
    if "partners" in wanted:
        tasks["partner_changes"] = _partner_changes
        tasks["tariff_exposure"] = _tariff_exposure
    if "members" in wanted and find_bloc(bloc).code == "EAEU":
        tasks["stacked"] = _stacked
        tasks["transfers"] = _transfers
    if "scenario" in wanted:
        tasks["scenario"] = partial(_scenario, dask)
    return tasks


def _curves(unit: str, event: str, names: list[str], source: str | Path | Source) -> Mapping[str, Curve]:
    from .curves import curves_for_source

    return curves_for_source(unit, event, names, source)


def _trade() -> TradeAnswer:
    from ...trade.union.answer import trade_answer

    return trade_answer("UZB")


def _tariff_exposure() -> TariffExposure:
    from ...trade.tariff_exposure.armenia import armenian_tariff_exposure

    return armenian_tariff_exposure(alternatives=False)


def _stacked() -> StackedMembers:
    from ...impact.members.stacked import stacked_members

    return stacked_members()


def _transfers() -> ArmenianTransfers:
    from ...remittances.armenian_months import armenian_transfers

    return armenian_transfers()


def _scenario(dask: str | None) -> ScenarioResult:
    from ...scenario import run_scenario
    from ..topics import DRAWS, SCENARIO, SEED

    return run_scenario(SCENARIO, DRAWS, SEED, dask=dask)


def _partner_changes() -> tuple[PartnerChanges, ...]:
    """Trade by partner around the accession of each member that has a table of its own."""
    from ...trade.partners.around_accession import partner_changes
    from ...trade.partners.partner_years import partner_rules

    return tuple(partner_changes(code) for code in sorted(partner_rules()["shown"]))


def _own(wanted: set[str]) -> tuple[Exposure | None, TariffGap | None]:
    """Uzbekistan's partners and tariffs without the gravity estimates, where only they are asked for."""
    if wanted & FROM_GRAVITY:
        return None, None
    from ...trade.partners.exposure import exposure
    from ...trade.tariffs.gap import tariff_gap

    return exposure("UZB") if "leaning" in wanted else None, tariff_gap() if wanted & FROM_TARIFFS else None


def _macro(source: str | Path | Source, missing: list[tuple[str, str]]) -> Panel | None:
    """Remittances, trade taxes and GDP, as far as the source has them together."""
    from ...data.load import load_panel

    try:
        return load_panel(["remittances", "customs_duties", "NY.GDP.MKTP.CD"], source=source)
    except NoDataError as error:
        missing.append(("remittances, customs duties", str(error)))
        return None
