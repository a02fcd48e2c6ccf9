"""What a change of trade costs or tariffs does to trade, prices and real income: gravity in exact-hat form.

``solve_equilibrium`` is the question, ``Equilibrium`` the answer. One sector is solved in :mod:`eq_onesector`, several
in :mod:`multisector`; both check their equations and raise :class:`~eaeu_analysis.errors.NotConvergedError` otherwise.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
import pandas as pd

from ..arrays import Array
from ..errors import BadInputError, unknown
from ..results import Check, Provenance, Result
from . import eq_onesector, eq_replicate
from .eq_inputs import Flows, choose, read_factors, read_flows, read_tariffs, trade_elasticities

CLOSURES = ("full", "conditional")
DEFICITS = ("per_gdp", "fixed")
REPLICATES = ("agtpa", "gegravity")
WORLD = "world"
REFERENCE_IN_PRINT = "DEU"  # the economy both published examples normalise on
COLUMNS = ("exports", "imports", "producer_price", "price_index", "nominal_income", "real_income", "welfare")
CLEARS = 1e-8  # largest relative gap of a market, recomputed from the trade matrix


@dataclass(frozen=True)
class Equilibrium(Result):
    """Trade, prices and income before and after, for N economies and S sectors.

    ``before``, ``after`` (S, N, N): sector, exporter, importer, border prices. ``producer_price``, ``price_index``,
    ``wage`` (N,): new over old. ``income`` (2, N): factor income and tariff revenue; ``revenue`` (2, N);
    ``spending`` (2, N): final expenditure, deficits included; row 0 is before. Values are in units of the numeraire
    named in ``spec``: with "world", world factor income is unchanged.
    """

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
        lines += [f"  [{check.mark}] {check.name}: {check.text}" for check in self.checks]
        return "\n".join(lines)

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


def solve_equilibrium(
    flows: pd.DataFrame | Flows,
    cost_change: pd.DataFrame | None = None,
    sigma: float | Mapping[str, float] = 5.0,
    closure: str = "full",
    tariffs: pd.DataFrame | None = None,
    replicate: str | None = None,
    *,
    deficits: str = "per_gdp",
    numeraire: str | None = None,
    input_output: pd.DataFrame | None = None,
    negative_demand: str = "error",
) -> Equilibrium:
    """The equilibrium after a change of trade costs or tariffs.

    ``flows``: exporter, importer, value at border prices, domestic trade included; with a column ``sector`` the model
    has several sectors; or what :func:`.eq_inputs.read_flows` made of such a frame, for many solutions of one world.
    ``cost_change``: exporter, importer, factor (new over old t^(1 - sigma); 1 where left out), optional sector.
    ``sigma``: elasticity of substitution, above 1, one number or one per sector; the trade elasticity is sigma - 1.
    ``tariffs``: exporter, importer, before, after in per cent of the border value, optional sector; the revenue is
    rebated, and the tariffs must not be in ``cost_change`` too.

    ``closure``: "full" (endowments given, prices and income adjust) or "conditional" (output and expenditure held,
    multilateral resistances adjust). ``deficits``: "per_gdp" (each stays the same share of output but for one common
    rate that lets them sum to zero) or "fixed" (constant in units of world output). ``numeraire``: "world" (world
    factor income constant, the default) or an economy, whose price index is then one.
    ``replicate``: "agtpa" or "gegravity" copy a published procedure (:mod:`eq_replicate`); their numeraire is DEU
    unless given. ``input_output`` and ``negative_demand``: see :func:`eaeu_analysis.trade.multisector.world_model`.

    Raises :class:`BadInputError` (one sentence) and :class:`NotConvergedError`. Sources: Dekle, Eaton & Kortum (2008);
    Costinot & Rodriguez-Clare (2014); Caliendo & Parro (2015); Yotov et al. (2016), chapter 2.

    >>> import eaeu_analysis as ea, pandas as pd
    >>> pairs = [("A", "A", 80.0), ("A", "B", 20.0), ("B", "A", 20.0), ("B", "B", 80.0)]
    >>> flows = pd.DataFrame(pairs, columns=["exporter", "importer", "value"])
    >>> autarky = pd.DataFrame({"exporter": ["A", "B"], "importer": ["B", "A"], "factor": [0.0, 0.0]})
    >>> world = ea.solve_equilibrium(flows, autarky, sigma=5.0)
    >>> world.to_frame()["welfare"].round(2).tolist(), round(100 * (0.80 ** (1 / 4) - 1), 2)
    ([-5.43, -5.43], -5.43)
    """
    choose("closure", closure, CLOSURES)
    choose("deficits", deficits, DEFICITS)
    if replicate is not None:
        choose("replicate", replicate, REPLICATES)
    world = flows if isinstance(flows, Flows) else read_flows(flows)
    theta = trade_elasticities(sigma, world.sectors)
    factor = read_factors(cost_change, world)
    rates = read_tariffs(tariffs, world)
    several = world.by_sector or input_output is not None
    if rates is not None and (closure == "conditional" or replicate):
        raise BadInputError(
            "tariffs: their revenue is income, so they need closure='full' and no replicate; or put them in cost_change"
        )
    if replicate and (several or closure != "full"):
        raise BadInputError(f"replicate={replicate!r} is a one-sector procedure with closure='full'")
    anchor = _anchor(numeraire, replicate, world)
    moved = factor != 1 if rates is None else (factor != 1) | (rates[0] != rates[1])
    spec = {
        "sigma": dict(sigma) if isinstance(sigma, Mapping) else float(sigma),
        "closure": closure,
        "deficits": deficits,
        "numeraire": anchor or WORLD,
        "replicate": replicate,
        "economies": len(world.economies),
        "sectors": list(world.sectors),
        "pairs_changed": int(np.count_nonzero(moved)),
    }
    at = world.economies.index(anchor) if anchor else None
    if several:
        from .multisector import solve_world

        return solve_world(world, factor, rates, theta, spec, at, input_output, negative_demand)
    return _one_sector(world, factor[0], rates, float(theta[0]), spec, at)


def _anchor(numeraire: str | None, replicate: str | None, world: Flows) -> str | None:
    """The economy whose price index is one; None for world output."""
    if numeraire is None and replicate:
        numeraire = REFERENCE_IN_PRINT
        if numeraire not in world.economies:
            raise BadInputError(f"replicate={replicate!r} normalises on one economy; name it with numeraire=")
    if numeraire is None or numeraire == WORLD:
        if replicate:
            raise BadInputError(f"replicate={replicate!r} normalises on one economy; numeraire='world' is not one")
        return None
    if numeraire not in world.economies:
        raise unknown("numeraire", numeraire, world.economies)
    return numeraire


def _one_sector(
    world: Flows,
    factor: Array,
    rates: tuple[Array, Array] | None,
    theta: float,
    spec: Mapping[str, Any],
    at: int | None,
) -> Equilibrium:
    flows = world.value[0]
    output, ones = flows.sum(1), np.ones(len(flows))
    if spec["replicate"]:
        procedure = eq_replicate.agtpa if spec["replicate"] == "agtpa" else eq_replicate.gegravity
        copied = procedure(flows, factor, theta, cast("int", at))
        spending = flows.sum(0)
        return _pack(world, spec, copied.trade, copied.price, copied.index,
                     np.array([output, copied.output]), np.zeros((2, len(flows))),
                     np.array([spending, copied.expenditure]), copied.passes, clears=False)  # fmt: skip
    if spec["closure"] == "conditional":
        fit = eq_onesector.balance(flows * factor, output, flows.sum(0))
        index = fit.b ** (1 / theta)
        # what prices would do on impact (a ** (-1 / theta)) averages out over world output, as in the full closure
        level = float(output @ fit.a ** (-1 / theta)) / output.sum()
        index = index / index[at] if at is not None else index / level
        held = np.array([output, output])
        spent = np.array([flows.sum(0)] * 2)
        return _pack(world, spec, fit.trade, ones, index, held, 0 * held, spent, fit.iterations, clears=True)
    market, revenue, paid = _market(flows, factor, rates, theta, spec["deficits"] == "per_gdp")
    done = eq_onesector.clear_all(market)
    unit = 1.0 if at is None else float(done.index[at])
    income = np.array([output + revenue, (output * done.price + done.revenue) / unit])
    both = np.array([revenue, done.revenue / unit])
    spent = np.array([paid, done.expenditure / unit])
    return _pack(world, spec, done.trade / unit, done.price / unit, done.index / unit, income, both, spent,
                 done.iterations, clears=True)  # fmt: skip


def _market(
    flows: Array, factor: Array, rates: tuple[Array, Array] | None, theta: float, per_gdp: bool
) -> tuple[eq_onesector.Market, Array, Array]:
    """The market to clear, baseline revenue and baseline expenditure at consumer prices."""
    output, imports = flows.sum(1), flows.sum(0)
    if rates is None:
        paid, net = flows, None
        kernel = factor
    else:
        before, after = rates[0][0], rates[1][0]
        paid, net = flows * (1 + before), 1 / (1 + after)
        kernel = factor * ((1 + after) / (1 + before)) ** -theta
    spending = paid.sum(0)
    share = paid / spending
    market = eq_onesector.Market(share, share * kernel, net, output, imports - output, theta, per_gdp)
    return market, spending - imports, spending


def _pack(
    world: Flows,
    spec: Mapping[str, Any],
    trade: Array,
    price: Array,
    index: Array,
    income: Array,
    revenue: Array,
    spending: Array,
    iterations: int,
    clears: bool,
) -> Equilibrium:
    output = world.value[0].sum(1)
    gap = float(np.abs(trade.sum(1) / (output * price) - 1).max())
    checks = [market_check(gap, clears), *baseline_checks(world)]
    method = "One-sector equilibrium in exact-hat form"
    if spec["replicate"]:
        method = {
            "agtpa": "Published iteration of the Advanced Guide (2016, chapter 2), stopped at 0.01",
            "gegravity": "gegravity 0.3: no feedback of income into demand",
        }[spec["replicate"]]
    settings = {"iterations": iterations, **spec}
    reference = "Dekle, Eaton & Kortum (2008); Costinot & Rodriguez-Clare (2014); Yotov et al. (2016)"
    return Equilibrium(
        spec=spec,
        economies=world.economies,
        sectors=world.sectors,
        before=world.value,
        after=trade[None],
        producer_price=price,
        price_index=index,
        wage=price,
        income=income,
        revenue=revenue,
        spending=spending,
        checks=tuple(checks),
        provenance=Provenance(method=method, reference=reference, settings=settings),
    )


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
