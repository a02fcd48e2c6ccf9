"""The trade question answered in one call: what the union did to trade, and what Uzbekistan's own trade says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ... import settings
from ...parallel import one_blas_thread
from ...reference import economies
from ...results import Check, Provenance, Result
from ..flows.domestic import INDICATORS, RATIO
from ..flows.union_panel import all_goods, without_fuels
from ..partners.exposure import Exposure, exposure, signs
from ..tariffs.gap import TariffGap, tariff_gap
from .estimate import UnionTradeEffect, union_trade_effect
from .findings import compare_with_findings
from .model import domestic_sensitivity

if TYPE_CHECKING:
    from ...data.panel import Panel

STEPS = ("customs union", "EAEU", "both")
TEXTBOOK = {"customs_union": "customs union", "eaeu": "EAEU"}
ONE_DUMMY = "one dummy a step"
NET = "all goods, less neighbours that never joined"
DOMESTIC = f"{ONE_DUMMY}, domestic trade (output {RATIO:g} x value added)"
COLUMNS = ["step", "specification", "estimate", "se", "lower", "upper", "percent", "stands_out", "p_permutation"]


@dataclass(frozen=True)
class TradeAnswer(Result):
    """The answer to the trade question in one object; from ``trade_answer``.

    Attributes
    ----------
    economy : str
        ISO3 code of the economy whose exposure is measured.
    effects : DataFrame
        A row per step of the union and specification, for trade among the three founders: ``step``, ``specification``,
        ``estimate`` (log points), ``se``, ``lower``, ``upper``, ``percent``, ``stands_out`` (the interval excludes
        zero), ``p_permutation`` (rank among fake unions; NaN where there is none).
    diversion : DataFrame
        The members' imports from outsiders: the same columns with ``panel`` and ``from``.
    pairs : DataFrame
        Each pair of members with the band of fake pairs.
    findings : DataFrame
        A row per published finding with our estimate of the same quantity.
    union : UnionTradeEffect
        The full estimate, with all tables and checks.
    exposure : Exposure
        The trade exposure of ``economy``.
    tariffs : TariffGap
        Uzbekistan's tariffs and the common external tariff.
    level : float
        Level of the intervals.
    checks : tuple of Check
        The checks of all three parts.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade.draw_trade_answer"

    economy: str
    effects: pd.DataFrame
    diversion: pd.DataFrame
    pairs: pd.DataFrame
    findings: pd.DataFrame
    union: UnionTradeEffect
    exposure: Exposure
    tariffs: TariffGap
    level: float
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    @property
    def before(self) -> tuple[Check, ...]:
        """The tests of the years before: an effect that began before the union is not the union's."""
        return tuple(check for check in self.checks if check.name.startswith("years before"))

    @property
    def drawn_from(self) -> Provenance:
        """The sources of the figure, which shows the estimates only."""
        return self.union.provenance

    def to_frame(self) -> pd.DataFrame:
        return self.effects.copy()

    def sentences(self) -> list[str]:
        """The answer in plain sentences, every number and direction from the tables."""
        return [
            text
            for text in (_effect(self), _before(self), _diverted(self), _published_sentence(self), *_own(self))
            if text
        ]

    def summary(self) -> str:
        shown = self.effects.to_string(index=False, float_format=lambda v: f"{v:.2f}", na_rep="")
        sentences = "\n".join(f"{i}. {text}" for i, text in enumerate(self.sentences(), 1))
        title = f"Trade among the founders, log points, {self.level:.0%} intervals"
        return self._ended([sentences, "", title, shown, ""], "", sources=False)


def trade_answer(
    economy: str = "UZB",
    macro: Panel | None = None,
    *,
    bias_correction: bool = True,
    level: float = settings.LEVEL,
) -> TradeAnswer:
    """Estimate the union's effect on trade, and the exposure and tariffs of one economy, from the pinned flows.

    Parameters
    ----------
    economy : str, default "UZB"
        ISO3 code or name of the economy whose exposure is measured. The tariffs are always Uzbekistan's, because no
        other schedule besides the union's is pinned.
    macro : Panel, optional
        GDP and value added (:data:`.domestic.INDICATORS`) for domestic trade. None takes the pinned series.
    bias_correction : bool, default True
        Correct points and errors for the incidental parameter problem (Weidner and Zylkin 2021).
    level : float, default 0.9
        Level of the intervals.

    Returns
    -------
    TradeAnswer
        Text in ``sentences()`` and ``summary()``; tables ``effects``, ``diversion``, ``findings``; figures from
        ``plot()`` of the answer and of its parts ``union``, ``exposure``, ``tariffs``.

    Raises
    ------
    BadInputError
        The economy is not known.
    NoDataError
        Flows or macro series are missing.
    NotConvergedError
        The estimation did not converge.

    Notes
    -----
    Poisson pseudo-maximum likelihood with exporter-year, importer-year and pair effects (Santos Silva and Tenreyro
    2006; Yotov et al. 2016). Every call estimates again; no result is cached.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> answer = ea.trade_answer(bias_correction=False)
    >>> bool((answer.effects["lower"] <= answer.effects["upper"]).all())
    True
    """
    from ...data.load import load_panel

    macro = load_panel(list(INDICATORS)) if macro is None else macro
    goods = all_goods()
    panels = {"all goods": goods, "without fuels": without_fuels(), "as published": all_goods(fill=False)}
    with one_blas_thread():  # so that bits do not depend on the number of workers
        union = union_trade_effect(panels, bias_correction=bias_correction, level=level)
        home = domestic_sensitivity(goods, macro, (RATIO,), level)
    lean, gap = exposure(economy), tariff_gap()
    checks = (*union.checks, *lean.checks, *gap.checks)
    series = {info.code: info for r in (union, lean, gap) for info in r.provenance.series}
    return TradeAnswer(
        economy=lean.economy,
        effects=_effects(union, home),
        diversion=union.diversion.assign(stands_out=_clear(union.diversion)),
        pairs=union.pairs,
        findings=compare_with_findings(union),
        union=union,
        exposure=lean,
        tariffs=gap,
        level=level,
        checks=checks,
        provenance=Provenance(
            series=tuple(series[code] for code in sorted(series)),
            method=union.provenance.method,
            reference=union.provenance.reference,
            settings={"bias_correction": bias_correction, "domestic ratio": RATIO, "level": level},
        ),
    )


def _clear(table: pd.DataFrame) -> pd.Series[Any]:
    return (table["lower"] > 0) | (table["upper"] < 0)


def _effects(union: UnionTradeEffect, home: pd.DataFrame) -> pd.DataFrame:
    """Founders by step: by year, net of neighbours, without fuels, and the textbook dummies in three versions."""
    steps = union.steps[union.steps["group"].isin(["founders", "founders less neighbours"])]
    net = np.where(steps["group"] == "founders", "", ", less neighbours that never joined")
    rows = [steps.assign(specification=steps["panel"] + net)]
    gaps = {"as published": f"{ONE_DUMMY}, gaps as published", "filled": ONE_DUMMY}
    textbook = union.zeros.assign(specification=union.zeros["gaps"].map(gaps))
    domestic = home.assign(specification=DOMESTIC)
    for table in (textbook, domestic):
        table = table[table["regressor"].isin(list(TEXTBOOK))].rename(columns={"coef": "estimate"})
        rows.append(table.assign(step=table["regressor"].map(TEXTBOOK), percent=100 * np.expm1(table["estimate"])))
    out = pd.concat(rows, ignore_index=True)
    out["stands_out"] = _clear(out)
    out["step"] = pd.Categorical(out["step"], STEPS, ordered=True)
    out = out.sort_values("step", kind="stable").astype({"step": str})
    return out.reindex(columns=COLUMNS).reset_index(drop=True)


# -- words ---------------------------------------------------------------------------------------------------
def _row(table: pd.DataFrame, **given: str) -> pd.Series[Any] | None:
    for column, value in given.items():
        table = table[table[column] == value]
    return table.iloc[0] if len(table) else None


def _span(row: pd.Series[Any]) -> str:
    low, high = (100 * np.expm1(row[end]) for end in ("lower", "upper"))
    return f"{row['percent']:+.0f} % ({low:+.0f} to {high:+.0f})"


def _effect(answer: TradeAnswer) -> str:
    plain = _row(answer.effects, step="EAEU", specification=ONE_DUMMY)
    net = _row(answer.effects, step="EAEU", specification=NET)
    home = _row(answer.effects, step="EAEU", specification=DOMESTIC)
    if plain is None or net is None or home is None:
        return ""
    harder = (("neighbours", net), ("domestic trade", home))
    kept = [name for name, row in harder if row["stands_out"]]
    verdict = f"only the one with {kept[0]} stands out" if len(kept) == 1 else "both stand out" if kept else "neither"
    verdict += "" if kept else " stands out"
    return (
        f"The textbook gravity equation says that the union changed trade among its three founders by {_span(plain)}; "
        f"compared with neighbours that never joined the change is {_span(net)}, and with domestic trade in the "
        f"equation {_span(home)}: of the last two {verdict} from zero at {answer.level:.0%}."
    )


def _before(answer: TradeAnswer) -> str:
    failed = [check for check in answer.before if check.failed]
    if not failed:
        return "In the years before the customs union the founders' trade shows no trend of its own."
    named = " and ".join(check.scope for check in failed)
    return (
        f"The founders' trade was moving away from what gravity expects already before the customs union ({named}), "
        "so no estimate here can be read as the union's effect alone."
    )


def _diverted(answer: TradeAnswer) -> str:
    rows = answer.diversion[answer.diversion["step"] == "both"]
    failed = {check.scope for check in answer.checks if check.role == "fatal" and check.failed}
    moved = [
        f"{r['from']} {_span(r)} ({r['panel']})"
        for _, r in rows.iterrows()
        if r["stands_out"] and f"imports from {r['from']}, {r['panel']}" not in failed
    ]
    if not moved:
        return "Imports from China, Turkey and the EU did not move by more than chance would have it."
    return (
        f"Imports of the members from outsiders, compared with other outsiders, moved clearly for: {'; '.join(moved)}."
    )


def _published_sentence(answer: TradeAnswer) -> str:
    agree = int(answer.findings["agree"].sum())
    return (
        f"Of {len(answer.findings)} published findings on the union's trade, our estimates share the sign of {agree}."
    )


def _own(answer: TradeAnswer) -> list[str]:
    lean, name = answer.exposure, economies.common_name(answer.economy)
    first = str(signs(lean)["partner"].iloc[0])
    first = economies.common_name(first) if first in economies.economies().index else first
    bloc, china = (_row(lean.table, partner=p) for p in ("EAEU", "China"))
    out = []
    if bloc is not None and china is not None:
        out.append(
            f"In {lean.year} the union took {bloc['exports_share']:.0f} % of the goods exports of {name} and sent "
            f"{bloc['imports_share']:.0f} % of its imports, China {china['exports_share']:.0f} and "
            f"{china['imports_share']:.0f} %; beyond what size explains it leans most to {first}."
        )
        totals_agree = lean.check("totals")
        if totals_agree is not None and totals_agree.failed:
            out.append(f"Mind: {totals_agree.text}.")
    totals = answer.tariffs.totals()
    if {"rise", "fall"} <= set(totals.index):
        count, share = (totals[column].to_dict() for column in ("chapters", "share"))
        out.append(
            f"Under the common tariff Uzbekistan's average duty would rise in {count['rise']} chapters with "
            f"{share['rise']:.0%} of its imports and fall in {count['fall']} with {share['fall']:.0%}."
        )
    return out
