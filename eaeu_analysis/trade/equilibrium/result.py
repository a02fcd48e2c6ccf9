"""The result of an equilibrium, and the checks of its markets and its baseline."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd

from ...arrays import Array
from ...results import Check, Provenance, Result
from .inputs import Flows

DEFICITS = ("per_gdp", "fixed")


COLUMNS = ("exports", "imports", "producer_price", "price_index", "nominal_income", "real_income", "welfare")
CLEARS = 1e-8  # largest relative gap of a market, recomputed from the trade matrix


@dataclass(frozen=True)
class Equilibrium(Result):
    """Trade, prices and income before and after, for N economies and S sectors; from ``solve_equilibrium``.

    Attributes
    ----------
    spec : mapping
        The options used; values are in units of the numeraire named there.
    economies, sectors : tuple of str
        The N economies and S sectors.
    before, after : ndarray, shape (S, N, N)
        Trade by sector, exporter and importer, at border prices.
    producer_price, price_index, wage : ndarray, shape (N,)
        New over old.
    income : ndarray, shape (2, N)
        Factor income and tariff revenue; row 0 is before, row 1 after.
    revenue : ndarray, shape (2, N)
        Tariff revenue, before and after.
    spending : ndarray, shape (2, N)
        Final expenditure, deficits included, before and after.
    checks : tuple of Check
        Market clearing and the baseline.
    provenance : Provenance
        Method and sources.
    """

    drawn_by = "trade_policy.draw_equilibrium"

    spec: Mapping[str, Any]
    economies: tuple[str, ...]
    sectors: tuple[str, ...]
    before: Array
    after: Array
    producer_price: Array
    price_index: Array
    wage: Array
    income: Array
    revenue: Array
    spending: Array
    checks: tuple[Check, ...]
    provenance: Provenance

    def to_frame(self) -> pd.DataFrame:
        """Per cent changes by economy, in the columns :data:`COLUMNS`."""
        own = np.arange(len(self.economies))
        old, new = self.before.sum(0), self.after.sum(0)
        old[own, own] = new[own, own] = 0.0
        income = self.income[1] / self.income[0]
        values = np.empty((len(self.economies), len(COLUMNS)))
        values[:, 0] = _change(old.sum(1), new.sum(1))
        values[:, 1] = _change(old.sum(0), new.sum(0))
        values[:, 2] = 100 * (self.producer_price - 1)
        values[:, 3] = 100 * (self.price_index - 1)
        values[:, 4] = 100 * (income - 1)
        values[:, 5] = 100 * (income / self.price_index - 1)
        values[:, 6] = 100 * (self.spending[1] / self.spending[0] / self.price_index - 1)
        return pd.DataFrame(values, index=pd.Index(self.economies, name="economy"), columns=_columns())

    def details(self) -> pd.DataFrame:
        """By economy: domestic share before and after, real wage (per cent change), revenue before and after and its
        change in per cent of income before, in the unit of the flows."""
        total = [matrix.sum(0) for matrix in (self.before, self.after)]
        old, new = (np.diagonal(t) / t.sum(0) for t in total)
        values = {
            "domestic_share_before": old,
            "domestic_share_after": new,
            "real_wage": 100 * (self.wage / self.price_index - 1),
            "revenue_before": self.revenue[0],
            "revenue_after": self.revenue[1],
            "revenue_change_of_income": 100 * (self.revenue[1] - self.revenue[0]) / self.income[0],
        }
        return pd.DataFrame(values, index=pd.Index(self.economies, name="economy"))

    def bilateral(self) -> pd.DataFrame:
        """A row per pair (and sector, where there are several): before, after and change (after less before)."""
        names = [self.sectors, self.economies, self.economies]
        index = pd.MultiIndex.from_product(names, names=["sector", "exporter", "importer"])
        frame = pd.DataFrame({"before": self.before.ravel(), "after": self.after.ravel()}, index=index).reset_index()
        frame["change"] = frame["after"] - frame["before"]
        return frame if len(self.sectors) > 1 else frame.drop(columns="sector")

    def diversion(self, percent: bool = False) -> pd.DataFrame:
        """Change of trade by exporter (rows) and importer (columns), in the flows' unit or per cent (NaN from zero)."""
        old, new = self.before.sum(0), self.after.sum(0)
        values = _change(old, new) if percent else new - old
        rows = pd.Index(self.economies, name="exporter")
        return pd.DataFrame(values, index=rows, columns=pd.Index(self.economies, name="importer"))

    def by_sector(self) -> pd.DataFrame:
        """Exports and imports by economy and sector: before, after, per cent change."""
        foreign = 1 - np.eye(len(self.economies))
        parts: dict[str, Array] = {}
        for name, axis in (("exports", 2), ("imports", 1)):
            old, new = (self.before * foreign).sum(axis), (self.after * foreign).sum(axis)
            parts |= {f"{name}_before": old.ravel(), f"{name}_after": new.ravel(), name: _change(old, new).ravel()}
        index = pd.MultiIndex.from_product([self.sectors, self.economies], names=["sector", "economy"])
        return pd.DataFrame(parts, index=index).reset_index()

    def summary(self) -> str:
        spec = self.spec
        table = self.to_frame().round(3)
        ranked = table.reindex(table["welfare"].abs().sort_values(ascending=False, kind="stable").index)
        held = f"; published procedure: {spec['replicate']}" if spec["replicate"] else ""
        lines = [
            f"{self.provenance.method}: {len(self.economies)} economies, {len(self.sectors)} sector(s), "
            f"closure {spec['closure']}, deficits {spec['deficits']}, numeraire {spec['numeraire']}{held}",
            f"  sigma: {spec['sigma']}; pairs whose cost changes: {spec['pairs_changed']}",
            "  per cent changes, the largest changes of welfare first:",
        ]
        lines += [f"    {line}" for line in ranked.head(10).to_string().splitlines()]
        if len(ranked) > 10:
            lines.append(f"    and {len(ranked) - 10} more in to_frame()")
        return self._ended(lines, sources=False)

    def _repr_html_(self) -> str:
        shown = self.to_frame().to_html(border=0, float_format=lambda v: f"{v:,.3f}", na_rep="n/a")
        return f"<div><pre>{html.escape(self.summary())}</pre><details><summary>table</summary>{shown}</details></div>"


@cache
def _columns() -> pd.Index:
    return pd.Index(COLUMNS)


def _change(old: Array, new: Array) -> Array:
    """Per cent change; NaN where nothing was there before."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return cast("Array", np.where(old > 0, 100 * (new / old - 1), np.nan))


def market_check(gap: float, clears: bool = True) -> Check:
    """Sales against output at the new prices, recomputed from the trade matrix."""
    passed = gap < CLEARS if clears else None
    text = f"largest relative gap between an economy's sales and its output {gap:.1e}"
    if not clears:
        text += "; the copied procedure does not clear markets exactly"
    return Check("market clearing", passed, gap, CLEARS if clears else None, text)


def baseline_checks(world: Flows) -> list[Check]:
    """Information on the flows that the result rests on."""
    total = world.value.sum(0)
    output, imports = total.sum(1), total.sum(0)
    deficit = (imports - output) / output
    worst = int(np.argmax(np.abs(deficit)))
    checks = [
        Check("trade balance", None, float(deficit[worst]), None,
              f"largest deficit in the flows: {world.economies[worst]}, {deficit[worst]:.1%} of output"),
    ]  # fmt: skip
    if world.absent:
        checks.append(Check("absent pairs", None, float(world.absent), None,
                            f"{world.absent} pairs are not in the flows and count as zero"))  # fmt: skip
    return checks
