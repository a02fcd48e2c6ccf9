"""The numbers of the one-sector model: trade that meets given margins, and prices that clear every market.

Exact-hat algebra of Armington, Eaton-Kortum and Melitz-Pareto models of one sector (Dekle, Eaton & Kortum 2008;
Arkolakis, Costinot & Rodriguez-Clare 2012; Head & Mayer 2014). Shapes: N economies; matrices are (exporter, importer).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...arrays import Array, Index
from ...errors import BadInputError, NotConvergedError

TOLERANCE = 1e-11
MAX_ITERATIONS = 100
NEAR = 1e-4
MAX_STEP = 5.0  # of a log factor


@dataclass(frozen=True)
class Balanced:
    """``trade`` (N, N) = kernel * a_i * b_j with the margins asked for; ``a``, ``b`` (N,); ``residual`` relative."""

    trade: Array
    a: Array
    b: Array
    residual: float
    iterations: int


def balance_trade(kernel: Array, rows: Array, columns: Array, tolerance: float = TOLERANCE) -> Balanced:
    """Scale ``kernel`` (N, N) to row sums ``rows`` and column sums ``columns``: Newton's method on the convex dual.

    The same as Poisson regression on exporter and importer effects with the kernel as offset, and as the multilateral
    resistances of Anderson & van Wincoop (2003) for given output and expenditure. ``a`` and ``b`` are determined up to
    one factor, fixed here by sum(rows * log(a)) = 0. Raises :class:`NotConvergedError`.
    """
    with np.errstate(all="ignore"):
        u = _fitted(kernel, rows, columns, np.zeros(len(rows)), 4)
        total = rows.sum()

        def potential(u: Array) -> float:
            return float(columns @ np.log(np.exp(u) @ kernel) - rows @ u)

        for iteration in range(1, MAX_ITERATIONS + 1):
            a = np.exp(u)
            b = columns / (a @ kernel)
            trade = kernel * a[:, None] * b
            made = trade.sum(1)
            gap = made - rows
            residual = float(np.abs(gap / rows).max())
            if residual < tolerance:
                return Balanced(trade, a, b, residual, iteration)
            hessian = np.outer(rows, rows) / total - (trade / columns) @ trade.T
            hessian[np.diag_indices_from(hessian)] += made
            step = _solve(hessian, gap)
            largest = float(np.abs(step).max())
            if not np.isfinite(largest):
                u = _fitted(kernel, rows, columns, u, 50)
                continue
            size = min(1.0, MAX_STEP / largest) if largest > 0 else 1.0
            if residual > NEAR:  # nearer, the potential no longer separates two points and full steps are safe
                value = potential(u)
                while not potential(u - size * step) <= value - 1e-4 * size * float(gap @ step):
                    size /= 2
                    if size < 1e-3:
                        break
            u = u - size * step if size >= 1e-3 else _fitted(kernel, rows, columns, u, 50)
            u -= rows @ u / total
    raise NotConvergedError(
        f"no trade matrix with these margins was found: after {MAX_ITERATIONS} iterations the largest relative gap is "
        f"{residual:.2g}"
    )


def _fitted(kernel: Array, rows: Array, columns: Array, u: Array, passes: int) -> Array:
    """Log row factors after some passes of proportional fitting, which always comes nearer, if slowly."""
    for _ in range(passes):
        a = np.exp(u - u.max())
        u = np.log(rows) - np.log(kernel @ (columns / (a @ kernel)))
    return u


@dataclass(frozen=True)
class Cleared:
    """A solution of the full model; vectors (N,), ``trade`` (N, N) at border prices. Ratios are new over old.

    ``price``: of producers; ``index``: of consumers; ``expenditure``, ``revenue``, ``deficit``: new levels.
    ``residual``: largest excess supply over output.
    """

    trade: Array
    price: Array
    index: Array
    expenditure: Array
    revenue: Array
    deficit: Array
    residual: float
    iterations: int


@dataclass(frozen=True)
class Market:
    """What clears: baseline shares and values.

    ``base`` (N, N): share of the exporter in the importer's spending; ``kernel`` (N, N): the same times the change of
    t^(1 - sigma), tariffs included; ``net`` (N, N): 1 / (1 + new tariff) or None; ``output``, ``deficit`` (N,):
    baseline; ``per_gdp``: deficits move with output (and with one common part of it, so that they sum to zero),
    otherwise they are constant in units of world output.
    """

    base: Array
    kernel: Array
    net: Array | None
    output: Array
    deficit: Array
    theta: float
    per_gdp: bool

    def of(self, group: Index) -> Market:
        """The economies of ``group`` alone."""
        cells = np.ix_(group, group)
        net = None if self.net is None else self.net[cells]
        return replace(
            self,
            base=self.base[cells],
            kernel=self.kernel[cells],
            net=net,
            output=self.output[group],
            deficit=self.deficit[group],
        )

    def deficits(self, income: Array) -> tuple[Array, float]:
        """New deficits and, with ``per_gdp``, the common rate k; ``income`` (N,) is new output."""
        if not self.per_gdp:
            return self.deficit, 0.0
        ratio = self.deficit / self.output
        k = -float(ratio @ income / income.sum())
        return (ratio + k) * income, k


def clear_markets(market: Market, tolerance: float = TOLERANCE) -> Cleared:
    """Producer prices (world output constant) at which every economy sells its endowment.

    Newton's method in log prices with the analytical Jacobian; where it stalls, the change is brought in by steps
    (2, 4, ... 64). Raises :class:`NotConvergedError`.
    """
    start = np.zeros(len(market.output))
    done = _newton(market, start, tolerance)
    if done is not None:
        return done
    for parts in (2, 4, 8, 16, 32, 64):
        x = start
        for part in range(1, parts + 1):
            weight = part / parts
            between = (1 - weight) * market.base + weight * market.kernel
            done = _newton(replace(market, kernel=between), x, tolerance)
            if done is None:
                break
            if part == parts:
                return done
            x = np.log(done.price)
    raise NotConvergedError(
        "no prices were found that clear every market; the change may ask for more than an economy's income (large "
        "deficits) or cut it off"
    )


def _newton(market: Market, x: Array, tolerance: float) -> Cleared | None:
    """Damped Newton steps; the Jacobian is kept as long as a step with it takes away nine tenths of the gap."""
    from scipy.linalg.lapack import dgetrf, dgetrs  # the wrappers around them cost more than a small system

    slope: list[Array] | None = None
    with np.errstate(all="ignore"):
        state = _state(market, x)
        for iteration in range(1, MAX_ITERATIONS + 1):
            if not np.isfinite(state.residual):
                return None
            if state.residual < tolerance:
                return _polish(market, state, iteration)
            fresh = slope is None
            if slope is None:
                *slope, failed = dgetrf(_jacobian(market, state).T)  # transposed: LAPACK counts by columns
                if failed:
                    return None
            step, _ = dgetrs(*slope, _gaps(market, state), trans=1)
            largest = float(np.abs(step).max())
            if not np.isfinite(largest):
                return None
            size = min(1.0, 1.0 / largest)
            trial = _state(market, state.x - size * step)
            while fresh and not trial.residual < state.residual and size > 1e-4:
                size /= 2
                trial = _state(market, state.x - size * step)
            if not trial.residual < 0.1 * state.residual:
                slope = None
            if trial.residual < state.residual:
                state = trial
            elif fresh:
                return None
    return None


@dataclass(frozen=True)
class _MarketState:
    x: Array
    income: Array
    phi: Array
    kept: Array  # shares net of tariffs
    rho: Array  # tariff content of a unit of spending
    spending: Array
    deficit: Array
    k: float
    trade: Array
    excess: Array
    residual: float


def _state(market: Market, x: Array) -> _MarketState:
    income = market.output * np.exp(x)
    weighted = market.kernel * np.exp(-market.theta * x)[:, None]
    phi = weighted.sum(0)
    share = weighted / phi
    kept = share if market.net is None else share * market.net
    rho = np.zeros_like(x) if market.net is None else 1 - kept.sum(0)
    deficit, k = market.deficits(income)
    spending = (income + deficit) / (1 - rho)
    trade = kept * spending
    excess = income - trade.sum(1)
    residual = float(max(np.abs(excess / income).max(), abs(income.sum() / market.output.sum() - 1)))
    if (spending <= 0).any():
        residual = float("inf")
    return _MarketState(x, income, phi, kept, rho, spending, deficit, k, trade, excess, residual)


def _gaps(market: Market, state: _MarketState) -> Array:
    gaps = state.excess.copy()
    gaps[-1] = state.income.sum() - market.output.sum()  # Walras: one market is redundant, the numeraire takes its row
    return gaps


def _jacobian(market: Market, state: _MarketState) -> Array:
    """d(excess supply) / d(log price), the last row that of the numeraire."""
    gross = 1 / (1 - state.rho)
    jacobian = -market.theta * (state.trade * gross) @ state.kept.T
    jacobian -= state.kept * (state.income * gross)
    if market.per_gdp:
        own = (market.deficit / market.output + state.k) * state.income
        jacobian -= state.kept * (own * gross)
        common = -own / state.income.sum()  # dk / dx
        jacobian -= np.outer(state.kept @ (state.income * gross), common)
    jacobian[np.diag_indices_from(jacobian)] += state.income + market.theta * state.trade.sum(1)
    jacobian[-1] = state.income
    return jacobian


def _polish(market: Market, state: _MarketState, iteration: int) -> Cleared:
    price = np.exp(state.x)
    return Cleared(
        trade=state.trade,
        price=price,
        index=state.phi ** (-1 / market.theta),
        expenditure=state.spending,
        revenue=state.rho * state.spending,
        deficit=state.deficit,
        residual=state.residual,
        iterations=iteration,
    )


def _solve(matrix: Array, right: Array) -> Array:
    try:
        return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    except np.linalg.LinAlgError:
        return np.full_like(right, np.nan)


def components(linked: np.ndarray[Any, np.dtype[np.bool_]]) -> list[Index]:
    """Groups of economies that trade with one another, directly or through others; ``linked`` (N, N)."""
    both = linked | linked.T
    left = np.ones(len(both), dtype=bool)
    groups = []
    while left.any():
        group = np.zeros(len(both), dtype=bool)
        group[int(np.argmax(left))] = True
        size = 0
        while (now := int(group.sum())) > size:
            size = now
            group |= both[group].any(0)
        groups.append(np.flatnonzero(group))
        left &= ~group
    return groups


def clear_all(market: Market, tolerance: float = TOLERANCE) -> Cleared:
    """:func:`clear` for each group of economies that still trade with one another, its own output the numeraire.

    Deficits that are held constant must sum to zero within a group, else :class:`BadInputError`.
    """
    groups = components(market.kernel > 0)
    if len(groups) == 1:
        return clear_markets(market, tolerance)
    n = len(market.output)
    trade = np.zeros((n, n))
    parts = {name: np.ones(n) for name in ("price", "index", "expenditure", "revenue", "deficit")}
    residual, iterations = 0.0, 0
    for group in groups:
        if not market.per_gdp:
            gap = abs(float(market.deficit[group].sum())) / float(market.output[group].sum())
            if gap > 1e-9:
                raise BadInputError(
                    "cost_change: factors of zero cut some economies off while their trade is not balanced (deficits "
                    f"of {gap:.2%} of output); use deficits='per_gdp' or balance the flows first"
                )
        part = clear_markets(market.of(group), tolerance)
        trade[np.ix_(group, group)] = part.trade
        for name, vector in parts.items():
            vector[group] = getattr(part, name)
        residual, iterations = max(residual, part.residual), max(iterations, part.iterations)
    return Cleared(trade=trade, residual=residual, iterations=iterations, **parts)
