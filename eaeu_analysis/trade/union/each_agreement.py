"""One coefficient per trade agreement, with noisy coefficients shrunk to their mean.

Each pair's effect belongs to the agreement that first joined it inside the panel. Effects of agreements with few flows
are noisy and are shrunk towards their mean in proportion to their noise (empirical Bayes).
Sources: Baier, Yotov and Zylkin (2019) for agreement-specific effects; Paule and Mandel (1982) for the spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...arrays import Array
from ...errors import BadInputError, NoDataError
from ...reference.shipped_tables import FLOWS
from ...results import Provenance, Result, source_lines
from ..flows.agreements import pair_spells
from ..flows.union_panel import TradePanel, all_goods, not_free_trade
from ..gravity.fit import GravityFit, normal_quantile
from .model import fit_flows

NAMED = {
    "customs_union": "customs union of 2010",
    "eaeu": "Eurasian Economic Union",
    "811": "CIS free trade area of 2011",
    "EU": "EU enlargement",
}
MIN_FLOWS = 12  # flows that an agreement must have joined inside the panel to get a coefficient of its own


@dataclass(frozen=True)
class AgreementEffects(Result):
    """Effect of each trade agreement on trade; from ``agreement_effects``.

    Attributes
    ----------
    table : DataFrame
        A row per agreement: ``agreement``, ``name``, ``flows`` (number it joined inside the panel), ``coef``, ``se``
        (log points), and after shrinkage ``shrunk``, ``shrunk_se``, ``lower``, ``upper``.
    mean, spread : float
        Mean and standard deviation of the true effects, as the shrinkage estimates them.
    level : float
        Level of the intervals.
    fit : GravityFit
        The estimated gravity equation.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade.draw_agreement_effects"

    table: pd.DataFrame
    mean: float
    spread: float
    level: float
    fit: GravityFit = field(repr=False)
    provenance: Provenance = field(default_factory=Provenance)

    def summary(self) -> str:
        shown = self.table.to_string(index=False, float_format=lambda v: f"{v:.3f}")
        return (
            f"{len(self.table)} agreements; true effects spread around {self.mean:.2f} with a standard deviation of "
            f"{self.spread:.2f} (log points); intervals of the shrunk effects at {self.level:.0%}\n\n{shown}\n\n"
            + "\n".join(source_lines(self.provenance))
        )


def agreement_effects(
    trade_panel: TradePanel | None = None,
    *,
    min_flows: int = MIN_FLOWS,
    bias_correction: bool = False,
    level: float = settings.LEVEL,
) -> AgreementEffects:
    """Estimate one effect per trade agreement with PPML and shrink noisy effects to their mean.

    Parameters
    ----------
    trade_panel : TradePanel, optional
        Flows by exporter, importer and year. None takes the pinned panel with its gaps filled.
    min_flows : int, default 12
        An agreement that joins fewer flows inside the panel shares one coefficient, "others".
    bias_correction : bool, default False
        Correct points and errors for the incidental parameter problem (Weidner and Zylkin 2021).
    level : float, default 0.9
        Level of the intervals.

    Returns
    -------
    AgreementEffects
        Coefficients in log points with their shrunk values.

    Raises
    ------
    BadInputError
        ``trade_panel`` is of another type.
    NoDataError
        No agreement begins inside the panel.
    NotConvergedError
        The estimation did not converge.

    Notes
    -----
    Each pair's effect belongs to the agreement that first joined it inside the panel. Four steps always have their own
    coefficient, on top of earlier agreements: the customs union from 2010, the Eurasian Economic Union from 2015, the
    CIS free trade area of 2011 and EU enlargement. Sources: Baier, Yotov and Zylkin (2019) for agreement-specific
    effects; Paule and Mandel (1982) for the spread of true effects in the empirical Bayes step; DESTA for the
    agreements.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.agreement_effects()
    >>> set(found.table["agreement"]) >= {"customs_union", "eaeu"}, bool((found.table["se"] > 0).all())
    (True, True)
    """
    panel = all_goods() if trade_panel is None else trade_panel
    if not isinstance(panel, TradePanel):
        raise BadInputError(f"trade_panel must be a TradePanel or None for the pinned one, not {type(panel).__name__}")
    dummies, flows = agreement_columns(panel, min_flows)
    flows_alone = panel.flows.drop(columns="rta")
    fit = fit_flows(flows_alone, [dummies], level, others=(), collinear="drop", bias_correction=bias_correction)
    names = _titles()
    own = [str(c) for c in fit.coef.index if c != "others"]
    shrunk = shrink(fit.coef[own], fit.se[own], level)
    table = pd.DataFrame(
        {
            "agreement": own,
            "name": [NAMED.get(c, names.get(c, c)) for c in own],
            "flows": [flows[c] for c in own],
            "coef": fit.coef[own].to_numpy(),
            "se": fit.se[own].to_numpy(),
            **{c: shrunk[c].to_numpy() for c in ("shrunk", "shrunk_se", "lower", "upper")},
        }
    )
    return AgreementEffects(
        table.sort_values(["flows", "agreement"], ascending=[False, True]).reset_index(drop=True),
        float(shrunk.attrs["mean"]),
        float(shrunk.attrs["spread"]),
        level,
        fit,
        Provenance(
            series=(FLOWS.info("world_4yearly"), FLOWS.info("agreements")),
            method="PPML, a dummy per agreement, empirical Bayes",
            reference="Baier, Yotov and Zylkin (2019); Paule and Mandel (1982)",
        ),
    )


def agreement_columns(panel: TradePanel, min_flows: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Dummies by the agreement that first joins a pair inside the panel, and how many flows each joins.

    Pairs that were joined when the panel begins have no variation and no dummy. Small agreements share "others".
    """
    spells = pair_spells()
    spells = spells[~spells["family"].isin(not_free_trade())]
    steps = spells["family"].isin(list(NAMED))
    earliest = spells[~steps].sort_values(["a", "b", "start"]).drop_duplicates(["a", "b"])
    fresh = earliest[earliest["start"] > panel.years[0]]
    chosen = pd.concat([fresh, spells[steps]])
    chosen = chosen.groupby(["a", "b", "family"], as_index=False).agg(start=("start", "min"), end=("end", "max"))
    sides = np.sort(panel.flows[["exporter", "importer"]].to_numpy(dtype=object), axis=1)
    year = panel.flows["year"].to_numpy()
    keys = pd.DataFrame({"a": sides[:, 0], "b": sides[:, 1], "year": year, "row": np.arange(len(year))})
    keys["route"] = panel.flows["exporter"].to_numpy() + "-" + panel.flows["importer"].to_numpy()
    live = keys.merge(chosen, on=["a", "b"])
    live = live[(live["start"] <= live["year"]) & (live["year"] < live["end"])]
    columns: dict[str, Array] = {}
    count: dict[str, int] = {}
    for family in sorted(live["family"].unique()):
        rows = live[live["family"] == family]
        on = np.zeros(len(year))
        on[rows["row"].to_numpy()] = 1.0
        columns[str(family)], count[str(family)] = on, int(rows["route"].nunique())
    if not columns:
        raise NoDataError("no agreement begins inside the panel")
    own = [f for f in columns if count[f] >= min_flows or f in NAMED]
    small = [f for f in columns if f not in own]
    out = {name: columns[name] for name in sorted(own)}
    if small:
        out["others"] = np.maximum.reduce([columns[name] for name in small])
    return pd.DataFrame(out, index=panel.flows.index), count


def shrink(coef: pd.Series[Any], se: pd.Series[Any], level: float = settings.LEVEL) -> pd.DataFrame:
    """Empirical-Bayes estimates of many effects, each normal around its truth, the truths normal around their mean.

    Columns ``shrunk, shrunk_se, lower, upper, weight`` (of the estimate itself); the mean and the spread of the truths
    (Paule and Mandel 1982, zero when noise explains all) are in ``attrs``. The error of the mean is not in
    ``shrunk_se``. Raises BadInputError for fewer than three effects or an error of zero.
    """
    y, s = coef.to_numpy(dtype=np.float64), se.to_numpy(dtype=np.float64)
    if len(y) < 3:
        raise BadInputError(f"{len(y)} effects are too few to shrink: at least three are needed")
    if not (np.isfinite(y).all() and (s > 0).all()):
        raise BadInputError("an effect or its standard error is missing, zero or negative")

    def centre(spread2: float) -> float:
        w = 1 / (s**2 + spread2)
        return float(np.sum(w * y) / np.sum(w))

    def excess(spread2: float) -> float:
        return float(np.sum((y - centre(spread2)) ** 2 / (s**2 + spread2)) - (len(y) - 1))

    spread2 = 0.0
    if excess(0.0) > 0:
        from scipy.optimize import brentq

        top = float(np.var(y) + 1e-12)
        while excess(top) > 0:
            top *= 4
        spread2 = float(brentq(excess, 0.0, top, xtol=1e-14))
    mean = centre(spread2)
    weight = spread2 / (spread2 + s**2)
    shrunk = mean + weight * (y - mean)
    error = np.sqrt(weight) * s
    half = normal_quantile(level) * error
    table = pd.DataFrame(
        {"shrunk": shrunk, "shrunk_se": error, "lower": shrunk - half, "upper": shrunk + half, "weight": weight},
        index=coef.index,
    )
    table.attrs.update(mean=mean, spread=float(np.sqrt(spread2)))
    return table


def _titles() -> Mapping[str, str]:
    table = FLOWS.load("agreements").drop_duplicates("base_treaty")
    return {str(treaty): str(name) for treaty, name in zip(table["base_treaty"], table["name"], strict=True)}
