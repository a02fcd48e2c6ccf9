"""The global simulation model of Francois & Hall: one product, every market, prices that clear all of them.

Francois & Hall (2003), "Global Simulation Analysis of Industry-Level Trade Policy", version 3.0. National product
differentiation, log-linear demand and supply, so that one linear system gives the change of every world price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, NotConvergedError
from ...results import Check, Provenance, Result
from ..frames import need_columns, numeric_column, pair_places

REFERENCE = "Francois & Hall (2003), Global Simulation Analysis of Industry-Level Trade Policy, version 3.0"


@dataclass(frozen=True)
class GlobalSimulation(Result):
    """Effects of a change of tariffs on one product in all markets; from ``global_simulation``.

    Attributes
    ----------
    spec : mapping
        The elasticities.
    economies : tuple of str
        The N economies.
    before, after : ndarray, shape (N, N)
        Trade by exporter and importer at world prices.
    price : ndarray, shape (N,)
        Change of each exporter's world price, a fraction.
    composite : ndarray, shape (N,)
        Change of each importer's price index, a fraction.
    quantity : ndarray, shape (N, N)
        Relative change of quantities.
    producer_surplus, consumer_surplus, revenue : ndarray, shape (N,)
        Changes in the unit of trade.
    checks : tuple of Check
        Market clearing and the size of the change.
    provenance : Provenance
        Method and source.
    """

    spec: Mapping[str, Any]
    economies: tuple[str, ...]
    before: Array
    after: Array
    price: Array
    composite: Array
    quantity: Array
    producer_surplus: Array
    consumer_surplus: Array
    revenue: Array
    checks: tuple[Check, ...]
    provenance: Provenance

    @property
    def welfare(self) -> Array:
        """Producer surplus, consumer surplus and revenue together, (N,)."""
        return self.producer_surplus + self.consumer_surplus + self.revenue

    def to_frame(self) -> pd.DataFrame:
        """By economy: changes of world price and price index in per cent, the rest in value."""
        change = self.after - self.before
        values = {
            "world_price": 100 * self.price,
            "price_index": 100 * self.composite,
            "exports_change": change.sum(1),
            "imports_change": change.sum(0),
            "producer_surplus": self.producer_surplus,
            "consumer_surplus": self.consumer_surplus,
            "revenue_change": self.revenue,
            "welfare_change": self.welfare,
        }
        return pd.DataFrame(values, index=pd.Index(self.economies, name="economy"))

    def bilateral(self) -> pd.DataFrame:
        """A row per pair: trade before, after and its change, at world prices."""
        index = pd.MultiIndex.from_product([self.economies, self.economies], names=["exporter", "importer"])
        frame = pd.DataFrame({"before": self.before.ravel(), "after": self.after.ravel()}, index=index).reset_index()
        return frame.assign(change=frame["after"] - frame["before"])

    def summary(self) -> str:
        lines = [f"GSIM: {len(self.economies)} economies; elasticities {self.spec['elasticities']}"]
        lines += [f"    {line}" for line in self.to_frame().round(3).to_string().splitlines()]
        return self._ended(lines, sources=False)


def global_simulation(
    trade: pd.DataFrame,
    tariffs: pd.DataFrame,
    *,
    demand: float | Mapping[str, float] = -1.25,
    supply: float | Mapping[str, float] = 1.5,
    substitution: float | Mapping[str, float] = 5.0,
) -> GlobalSimulation:
    """Simulate a change of tariffs on one product in all markets at once (GSIM).

    Parameters
    ----------
    trade : DataFrame
        ``exporter``, ``importer``, ``value`` at world prices. Own sales, with the exporter equal to the importer, are
        optional. Every economy must sell and buy.
    tariffs : DataFrame
        ``exporter``, ``importer``, ``before``, ``after`` in per cent of the world price; 0 where left out.
    demand : float or mapping of str to float, default -1.25
        Elasticity of import demand, negative; one number or one per importer.
    supply : float or mapping of str to float, default 1.5
        Elasticity of export supply, positive, may be infinite; one number or one per exporter.
    substitution : float or mapping of str to float, default 5.0
        Elasticity of substitution between exporters, positive; one number or one per importer.

    Returns
    -------
    GlobalSimulation
        Prices, trade, surpluses and revenue by economy.

    Raises
    ------
    BadInputError
        A column or an elasticity is missing, a value or rate is negative, a pair occurs twice, or an economy is on one
        side only.
    NotConvergedError
        The linear system could not be solved.

    Notes
    -----
    Francois and Hall (2003), Global Simulation Analysis of Industry-Level Trade Policy, version 3.0. The model is
    linear in relative changes, so the result is an approximation for large changes. The checks show how large they are.

    Examples
    --------
    >>> import eaeu_analysis as ea, pandas as pd
    >>> trade = [("A", "B", 100.0), ("C", "B", 50.0), ("B", "A", 80.0), ("B", "C", 60.0)]
    >>> trade = pd.DataFrame(trade, columns=["exporter", "importer", "value"])
    >>> tariffs = pd.DataFrame({"exporter": ["A"], "importer": ["B"], "before": [10.0], "after": [0.0]})
    >>> ea.global_simulation(trade, tariffs).to_frame()[["world_price", "welfare_change"]].round(2)
             world_price  welfare_change
    economy
    A               5.03            5.22
    B              -0.00           -3.90
    C              -1.97           -0.97
    """
    trade = need_columns("trade", trade, ("exporter", "importer", "value"))
    value = numeric_column("trade", trade, "value")
    if (value < 0).any():
        raise BadInputError("trade: a value is negative")
    codes, economies = _union(trade)
    n = len(economies)
    if trade.duplicated(["exporter", "importer"]).any():
        raise BadInputError("trade: a pair is given more than once")
    before = np.zeros((n, n))
    before[codes] = value
    if (before.sum(0) <= 0).any() or (before.sum(1) <= 0).any():
        culprit = economies[int(np.flatnonzero((before.sum(0) <= 0) | (before.sum(1) <= 0))[0])]
        raise BadInputError(f"trade: {culprit} is on one side only; every economy must sell and buy")
    old, new = _rates(tariffs, economies)
    em = _elasticity("demand", demand, economies, negative=True)
    es = _elasticity("substitution", substitution, economies, negative=False)
    ex = _elasticity("supply", supply, economies, negative=False)
    spec = {"elasticities": {"demand": demand, "supply": supply, "substitution": substitution}}
    spent = before * old
    theta = spent / spent.sum(0)  # share of the exporter in the importer's spending at internal prices
    phi = before / before.sum(1, keepdims=True)  # share of the importer in the exporter's sales
    raised = new / old - 1
    # quantity demanded: own price with -es, all prices through the composite with em + es
    fixed = -es * raised + (em + es) * (theta * raised).sum(0)
    pull = phi * (em + es)
    matrix = pull @ theta.T - np.diag(phi @ es)
    finite = np.isfinite(ex)
    system = matrix - np.diag(np.where(finite, ex, 0.0))
    right = -(phi * fixed).sum(1)
    system[~finite] = np.eye(len(economies))[~finite]  # any quantity at the old price
    right[~finite] = 0.0
    price = np.linalg.solve(system, right)
    quantity = -es * price[:, None] + (em + es) * (theta * price[:, None]).sum(0) + fixed
    demanded = (phi * quantity).sum(1)
    supplied = np.where(finite, np.where(finite, ex, 0.0) * price, demanded)
    gap = float(np.abs(demanded - supplied).max())
    if not gap < 1e-9:
        raise NotConvergedError(f"the linear system was not solved: supply and demand differ by {gap:.2g}")
    after = before * (1 + quantity) * (1 + price[:, None])
    internal = (1 + price[:, None]) * new / old - 1
    composite = (theta * internal).sum(0)
    revenue = (after * (new - 1) - before * (old - 1)).sum(0)
    base = spent.sum(0)
    consumer = base * (0.5 * em * composite**2 * np.sign(composite) - composite)
    producer = before.sum(1) * price * (1 + 0.5 * np.where(finite, ex, 0.0) * price)
    largest = float(np.abs(quantity[before > 0]).max(initial=0.0))
    negative = bool((after < 0).any())
    checks = (
        Check("market clearing", True, gap, 1e-9, f"largest gap between relative supply and demand {gap:.1e}"),
        Check("size of the change", largest < 0.5, largest, 0.5,
              f"largest relative change of a quantity {largest:.2f}: the model is linear in relative changes"),
        Check("no negative trade", not negative, None, None,
              "some trade falls below zero: the change is too large for a linear model" if negative
              else "no flow falls below zero"),
    )  # fmt: skip
    provenance = Provenance(method="GSIM, log-linear", reference=REFERENCE, settings=dict(spec))
    return GlobalSimulation(
        spec, economies, before, after, price, composite, quantity, producer, consumer, revenue, checks, provenance
    )


def _union(trade: pd.DataFrame) -> tuple[tuple[Any, Any], tuple[str, ...]]:
    both = pd.concat([trade["exporter"], trade["importer"]]).astype(str).unique()
    economies = tuple(sorted(both))
    return pair_places("trade", trade, economies), economies


def _rates(tariffs: pd.DataFrame, economies: tuple[str, ...]) -> tuple[Array, Array]:
    """Powers of the tariffs, 1 + rate, before and after, (N, N)."""
    tariffs = need_columns("tariffs", tariffs, ("exporter", "importer", "before", "after"))
    i, j = pair_places("tariffs", tariffs, economies)
    out = []
    for column in ("before", "after"):
        rate = numeric_column("tariffs", tariffs, column)
        if (rate < 0).any():
            raise BadInputError(f"tariffs: {column} has a rate below zero")
        power = np.ones((len(economies), len(economies)))
        power[i, j] += rate / 100
        out.append(power)
    return out[0], out[1]


def _elasticity(name: str, given: float | Mapping[str, float], economies: tuple[str, ...], negative: bool) -> Array:
    if isinstance(given, Mapping):
        missing = [economy for economy in economies if economy not in given]
        if missing:
            raise BadInputError(f"{name}: no elasticity for {missing[0]}")
        values = np.array([float(given[economy]) for economy in economies])
    else:
        values = np.full(len(economies), float(given))
    if np.isnan(values).any() or ((values >= 0) if negative else (values <= 0)).any():
        sign = "below" if negative else "above"
        raise BadInputError(f"{name}: an elasticity must be {sign} zero, not {values[0]:g}")
    return values
