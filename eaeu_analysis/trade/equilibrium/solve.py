"""What a change of trade costs or tariffs does to trade, prices and real income: gravity in exact-hat form.

``solve_equilibrium`` is the question, ``Equilibrium`` the answer. One sector is solved in :mod:`.one_sector`,
several in :mod:`.world_model`; both check their equations and raise :class:`~eaeu_analysis.errors.NotConvergedError`
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, require_option
from ...results import Provenance
from . import one_sector
from . import replicate as eq_replicate
from .inputs import Flows, flow_arrays, read_factors, read_tariffs, trade_elasticities
from .result import DEFICITS, Equilibrium, baseline_checks, market_check

CLOSURES = ("full", "conditional")
PROCEDURES = {  # published ones that can be copied
    "agtpa": "Published iteration of the Advanced Guide (2016, chapter 2), stopped at 0.01",
    "gegravity": "gegravity 0.3: no feedback of income into demand",
}
WORLD = "world"
REFERENCE_IN_PRINT = "DEU"  # the economy both published examples normalise on


def solve_equilibrium(
    flows: pd.DataFrame | Flows,
    cost_change: pd.DataFrame | None = None,
    sigma: float | Mapping[str, float] = 5.0,
    closure: Literal["full", "conditional"] = "full",
    tariffs: pd.DataFrame | None = None,
    replicate: Literal["agtpa", "gegravity"] | None = None,
    *,
    deficits: Literal["per_gdp", "fixed"] = "per_gdp",
    numeraire: str | None = None,
    input_output: pd.DataFrame | None = None,
    negative_demand: Literal["error", "absorb"] = "error",
) -> Equilibrium:
    """Solve for trade, prices and real income after a change of trade costs or tariffs.

    Parameters
    ----------
    flows : DataFrame or Flows
        ``exporter``, ``importer``, ``value`` at border prices, domestic trade included. With a column ``sector`` the
        model has several sectors. A ``Flows`` from :func:`.inputs.flow_arrays` saves reading the same world again.
    cost_change : DataFrame, optional
        ``exporter``, ``importer``, ``factor`` (new over old t^(1 - sigma); 1 where left out), optionally ``sector``.
    sigma : float or mapping of str to float, default 5.0
        Elasticity of substitution, above 1; one number or one per sector. The trade elasticity is sigma - 1.
    closure : {"full", "conditional"}, default "full"
        "full": endowments are fixed, prices and income adjust. "conditional": output and expenditure are fixed,
        multilateral resistances adjust.
    tariffs : DataFrame, optional
        ``exporter``, ``importer``, ``before``, ``after`` in per cent of the border value, optionally ``sector``. The
        revenue is rebated. Do not repeat these tariffs in ``cost_change``.
    replicate : {"agtpa", "gegravity"}, optional
        Copy a published procedure of one sector instead; the numeraire is then Germany unless given.
    deficits : {"per_gdp", "fixed"}, default "per_gdp"
        "per_gdp": each deficit keeps its share of output, up to one common rate that makes them sum to zero. "fixed":
        constant in units of world output.
    numeraire : str, optional
        "world" (world factor income is constant, the default) or an economy whose price index is then one.
    input_output : DataFrame, optional
        ``economy``, ``input``, ``sector``, ``coefficient``; see :func:`.world_model.world_model`.
    negative_demand : {"error", "absorb"}, default "error"
        What to do when the input-output table asks for more of a sector than the economy buys.

    Returns
    -------
    Equilibrium
        Changes by economy in ``to_frame()``, by pair in ``bilateral()``, by sector in ``by_sector()``.

    Raises
    ------
    BadInputError
        A column is missing, a value is out of range, an economy is not known, or options do not go together.
    NotConvergedError
        The equations could not be solved.

    Notes
    -----
    Exact-hat algebra: Dekle, Eaton and Kortum (2008); Costinot and Rodriguez-Clare (2014); several sectors with
    input-output links as in Caliendo and Parro (2015); closures as in Yotov et al. (2016), chapter 2.

    Examples
    --------
    >>> import eaeu_analysis as ea, pandas as pd
    >>> pairs = [("A", "A", 80.0), ("A", "B", 20.0), ("B", "A", 20.0), ("B", "B", 80.0)]
    >>> flows = pd.DataFrame(pairs, columns=["exporter", "importer", "value"])
    >>> autarky = pd.DataFrame({"exporter": ["A", "B"], "importer": ["B", "A"], "factor": [0.0, 0.0]})
    >>> world = ea.solve_equilibrium(flows, autarky, sigma=5.0)
    >>> world.to_frame()["welfare"].round(2).tolist(), round(100 * (0.80 ** (1 / 4) - 1), 2)
    ([-5.43, -5.43], -5.43)
    """
    require_option("closure", closure, CLOSURES)
    require_option("deficits", deficits, DEFICITS)
    if replicate is not None:
        require_option("replicate", replicate, PROCEDURES)
    world = flows if isinstance(flows, Flows) else flow_arrays(flows)
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
        from .world_model import solve_world

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
    require_option("numeraire", numeraire, world.economies)
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
    output, spending = flows.sum(1), flows.sum(0)
    revenue = np.zeros((2, len(flows)))
    method, clears = "One-sector equilibrium in exact-hat form", True
    if spec["replicate"]:
        procedure = eq_replicate.agtpa if spec["replicate"] == "agtpa" else eq_replicate.gegravity
        copied = procedure(flows, factor, theta, cast("int", at))
        trade, price, index, iterations = copied.trade, copied.price, copied.index, copied.passes
        income, spent = np.array([output, copied.output]), np.array([spending, copied.expenditure])
        method, clears = PROCEDURES[spec["replicate"]], False
    elif spec["closure"] == "conditional":
        fit = one_sector.balance_trade(flows * factor, output, spending)
        trade, price, index, iterations = fit.trade, np.ones(len(flows)), fit.b ** (1 / theta), fit.iterations
        # what prices would do on impact (a ** (-1 / theta)) averages out over world output, as in the full closure
        level = float(output @ fit.a ** (-1 / theta)) / output.sum()
        index = index / index[at] if at is not None else index / level
        income, spent = np.array([output, output]), np.array([spending, spending])
    else:
        market, paid_before, paid = _market(flows, factor, rates, theta, spec["deficits"] == "per_gdp")
        done = one_sector.clear_all(market)
        unit = 1.0 if at is None else float(done.index[at])
        trade, price, index, iterations = done.trade / unit, done.price / unit, done.index / unit, done.iterations
        income = np.array([output + paid_before, (output * done.price + done.revenue) / unit])
        revenue, spent = np.array([paid_before, done.revenue / unit]), np.array([paid, done.expenditure / unit])
    gap = float(np.abs(trade.sum(1) / (output * price) - 1).max())
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
        spending=spent,
        checks=(market_check(gap, clears), *baseline_checks(world)),
        provenance=Provenance(
            method=method,
            reference="Dekle, Eaton & Kortum (2008); Costinot & Rodriguez-Clare (2014); Yotov et al. (2016)",
            settings={"iterations": iterations, **spec},
        ),
    )


def _market(
    flows: Array, factor: Array, rates: tuple[Array, Array] | None, theta: float, per_gdp: bool
) -> tuple[one_sector.Market, Array, Array]:
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
    market = one_sector.Market(share, share * kernel, net, output, imports - output, theta, per_gdp)
    return market, spending - imports, spending
