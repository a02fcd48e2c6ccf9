"""The design of the union's gravity equation: groups of flows by year, and contrasts of their coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, NoDataError
from ..flows.agreements import border_dummies, stage_dummies
from ..flows.domestic import RATIOS, with_domestic
from ..flows.flows import group_members
from ..flows.union_panel import EFFECTS, EVIDENCE, OUTSIDERS, PAIR, TradePanel, member_groups
from ..gravity.fit import GravityFit, normal_quantile
from ..gravity.ppml import GravityOptions, ppml

if TYPE_CHECKING:
    from ...data.panel import Panel


SOURCES = ("world_4yearly", "world_sitc", *EVIDENCE)  # of the pinned panels


def flow_groups(flows: pd.DataFrame) -> dict[str, pd.Series[Any]]:
    """Masks of rows: ``founders`` (flows between them), ``joiners`` (between members, one of which came later),
    ``neighbours`` and ``Ukraine`` (with members, either way), ``from_X`` and ``to_X`` for China, Turkey, EU."""
    sides = member_groups()
    sells, buys = flows["exporter"], flows["importer"]
    inside = sells.isin(sides["members"]) & buys.isin(sides["members"])
    old = sells.isin(sides["founders"]) & buys.isin(sides["founders"])
    out = {"founders": old, "joiners": inside & ~old}
    for name in ("neighbours", "Ukraine"):
        codes = group_members(name)
        out[name] = (sells.isin(sides["members"]) & buys.isin(codes)) | (
            sells.isin(codes) & buys.isin(sides["members"])
        )
    for name in OUTSIDERS:
        codes = group_members(name)
        out[f"from_{name}"] = sells.isin(codes) & buys.isin(sides["members"])
        out[f"to_{name}"] = sells.isin(sides["members"]) & buys.isin(codes)
    return out


def by_year(flows: pd.DataFrame, groups: Mapping[str, pd.Series[Any]], base: int) -> pd.DataFrame:
    """A dummy per group and year but the base: what the group's flows did since, beyond all the fixed effects."""
    years = sorted(int(y) for y in flows["year"].unique())
    if base not in years:
        raise BadInputError(f"base year {base} is not in the panel ({', '.join(map(str, years))})")
    columns = {}
    for name, mask in groups.items():
        for year in years:
            if year != base:
                columns[f"{name}_{year}"] = (mask & (flows["year"] == year)).astype("float64")
    return pd.DataFrame(columns, index=flows.index)


def fit_flows(
    flows: pd.DataFrame,
    dummies: Sequence[pd.DataFrame],
    level: float,
    *,
    others: Sequence[str] = ("rta",),
    collinear: Literal["error", "drop"] = "error",
    bias_correction: bool = False,
) -> GravityFit:
    """PPML of the flows on the columns ``others`` and these dummies, with exporter-year, importer-year and pair effects
    and errors by pair."""
    names = [*others, *(str(column) for part in dummies for column in part.columns)]
    options = GravityOptions(level=level)
    data = pd.concat([flows, *dummies], axis=1)
    return ppml(
        data, "usd", names, EFFECTS, PAIR, collinear=collinear, bias_correction=bias_correction, options=options
    )


@dataclass(frozen=True)
class Contrast:
    """A linear combination of coefficients with its error."""

    estimate: float
    se: float
    level: float

    @property
    def lower(self) -> float:
        return self.estimate - normal_quantile(self.level) * self.se

    @property
    def upper(self) -> float:
        return self.estimate + normal_quantile(self.level) * self.se

    @property
    def row(self) -> dict[str, Any]:
        """The columns it gives a table: the estimate, its error and interval, and the estimate in per cent."""
        ends = {"lower": self.lower, "upper": self.upper}
        return {"estimate": self.estimate, "se": self.se, **ends, "percent": 100 * np.expm1(self.estimate)}


def contrast(fit: GravityFit, weights: Mapping[str, float]) -> Contrast:
    """``sum of weight times coefficient``; names without a coefficient (the base year) count as zero."""
    vector = np.array([weights.get(str(name), 0.0) for name in fit.coef.index])
    estimate = float(vector @ fit.coef.to_numpy())
    return Contrast(estimate, float(np.sqrt(vector @ fit.vcov.to_numpy() @ vector)), fit.level)


def change_weights(name: str, start: int, end: int, minus: str | None = None) -> dict[str, float]:
    """Weights of a group's change between two years, less that of another group."""
    weights = {f"{name}_{end}": 1.0, f"{name}_{start}": -1.0}
    if minus is not None:
        weights |= {f"{minus}_{end}": -1.0, f"{minus}_{start}": 1.0}
    return weights


def joint_p(fit: GravityFit, names: Sequence[str]) -> float:
    """Wald test that the named coefficients are all zero (chi-squared); to 12 decimals, the same on every
    processor."""
    from scipy.special import chdtrc

    known = [name for name in names if name in fit.coef.index]
    if not known:
        raise NoDataError(f"none of {list(names)} was estimated")
    beta = fit.coef[known].to_numpy()
    value = float(beta @ np.linalg.solve(fit.vcov.loc[known, known].to_numpy(), beta))
    return round(float(chdtrc(len(known), value)), 12)


def domestic_sensitivity(
    trade: TradePanel,
    panel: Panel,
    ratios: Sequence[float | None] = (None, *RATIOS),
    level: float = settings.LEVEL,
) -> pd.DataFrame:
    """Agreements and steps of the union, without domestic trade (None) and with it for several ratios.

    Columns: domestic ("none" or the ratio), regressor, coef, se, lower, upper, nobs. With domestic trade, borders that
    fall year by year are in the equation.
    """
    rows = []
    for ratio in ratios:
        used = trade if ratio is None else with_domestic(trade, panel, ratio)[0]
        borders = [] if ratio is None else [border_dummies(used.flows)]
        fit = fit_flows(used.flows, [stage_dummies(used.flows), *borders], level)
        table = fit.to_frame()[["regressor", "coef", "se", "lower", "upper"]]
        rows.append(table.assign(domestic="none" if ratio is None else f"{ratio:g}", nobs=fit.nobs))
    return pd.concat(rows, ignore_index=True)
