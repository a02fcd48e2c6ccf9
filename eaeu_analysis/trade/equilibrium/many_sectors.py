"""The numbers of the many-sector model with input-output links and tariffs, for one change or for many at once.

Exact-hat algebra of Caliendo & Parro (2015, equations 9 to 14, in their numbering of the model in relative changes).
S sectors, N economies, B changes solved together. Vectors are (S, N, B) with the change last, so that all changes
share one matrix product per sector: where changes touch few pairs, the baseline matrix is shared and only the
differences are carried per change (:class:`Sparse`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ...arrays import Array, Index
from ...errors import NotConvergedError

# The baseline of the many-sector model, and the matrices of shares that a change alters: whole, or what differs.


def batched_product(left: Array, right: Array) -> Array:
    """Matrix products over the first axis."""
    out: Array = np.matmul(left, right)
    return out


@dataclass(frozen=True)
class SectorBaseline:
    """The baseline. ``share``, ``kept`` (S, N, N): share of the exporter in the importer's spending, and the part of it
    that is left after the tariff; ``theta`` (S,); ``value_added`` (S, N): its share of output; ``inputs`` (S, S, N):
    input sector, using sector, economy, share of output; ``final`` (S, N): shares of final expenditure, summing to 1;
    ``factor_income``, ``deficit`` (N,); ``output``, ``spending`` (S, N): values; ``per_gdp``: see :mod:`eq_onesector`;
    ``transfer`` (N, B) or (N, 1): income from abroad that a change brings on top of the deficit, summing to zero.
    """

    share: Array
    kept: Array
    theta: Array
    value_added: Array
    inputs: Array | None
    final: Array
    factor_income: Array
    deficit: Array
    output: Array
    spending: Array
    per_gdp: bool
    taxed: bool
    transfer: Array | None = None

    @cached_property
    def active(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """(S, N): who buys anything of the sector."""
        return self.spending > 0

    @cached_property
    def inverse(self) -> Array:
        """(N, N): inverse of the slope of excess supply at the baseline; the same for every change."""
        return self.slope_inverse(self.theta)

    def slope_inverse(self, theta: Array) -> Array:
        """The same at other trade elasticities (S,)."""
        return invert_slope(self, Dense(self.share, self.kept), theta[:, None, None], Point.start(self, 1))

    @cached_property
    def _links(self) -> tuple[Array, Array] | None:
        """``inputs`` by economy (N, S, S), using sectors first and input sectors first: in order, as products need."""
        if self.inputs is None:
            return None
        by_user, by_input = (np.ascontiguousarray(self.inputs.transpose(axes)) for axes in ((2, 1, 0), (2, 0, 1)))
        return by_user, by_input

    def uses(self, price: Array) -> Array:
        """Log cost of inputs by using sector (S, N, B) from log prices (S, N, B)."""
        if self._links is None:
            return np.zeros_like(price)
        return batched_product(self._links[0], price.transpose(1, 0, 2)).transpose(1, 0, 2)

    def demands(self, output: Array) -> Array:
        """Spending on inputs by sector (S, N, B) from output (S, N, B)."""
        if self._links is None:
            return np.zeros_like(output)
        return batched_product(self._links[1], output.transpose(1, 0, 2)).transpose(1, 0, 2)

    def deficits(self, income: Array) -> Array:
        """New deficits (N, B) at factor incomes (N, B), transfers included."""
        if self.per_gdp:
            own = (self.deficit / self.factor_income)[:, None] * income
            own = own - own.sum(0) / income.sum(0) * income
        else:
            own = np.repeat(self.deficit[:, None], income.shape[1], axis=1)
        return own if self.transfer is None else own + self.transfer


class Kernel(Protocol):
    """Matrices new over old: ``gross`` are spending shares times the change of cost, ``kept`` those net of tariffs."""

    def gross_to(self, a: Array) -> Array: ...
    def kept_to(self, a: Array) -> Array: ...
    def kept_from(self, g: Array) -> Array: ...
    def home(self) -> Array: ...


@dataclass(frozen=True)
class Dense:
    """One change: matrices (S, N, N)."""

    gross: Array
    kept: Array

    def gross_to(self, a: Array) -> Array:
        """Sum over exporters, (S, N, 1) to (S, N, 1)."""
        return batched_product(self.gross.transpose(0, 2, 1), a)

    def kept_to(self, a: Array) -> Array:
        return batched_product(self.kept.transpose(0, 2, 1), a)

    def kept_from(self, g: Array) -> Array:
        """Sum over importers."""
        return batched_product(self.kept, g)

    def home(self) -> Array:
        """Domestic entries of ``kept``, (S, N, 1)."""
        return np.diagonal(self.kept, axis1=1, axis2=2)[:, :, None]


@dataclass(frozen=True)
class Sparse:
    """B changes that touch the same m cells of the baseline.

    ``rows``, ``columns`` (m,): sector * N + exporter, sector * N + importer; ``gross``, ``kept`` (m, B): differences
    from the baseline in those cells; ``to``, ``back``: incidence matrices (S*N, m) that add cells up by importer,
    exporter.
    """

    world: SectorBaseline
    rows: Index
    columns: Index
    gross: Array
    kept: Array
    to: Any
    back: Any

    def _add(self, base: Array, incidence: Any, cells: Array) -> Array:
        flat = base.reshape(-1, base.shape[-1])
        flat += incidence @ cells
        return base

    def gross_to(self, a: Array) -> Array:
        base = batched_product(self.world.share.transpose(0, 2, 1), a)
        return self._add(base, self.to, self.gross * a.reshape(-1, a.shape[-1]).take(self.rows, axis=0))

    def kept_to(self, a: Array) -> Array:
        base = batched_product(self.world.kept.transpose(0, 2, 1), a)
        return self._add(base, self.to, self.kept * a.reshape(-1, a.shape[-1]).take(self.rows, axis=0))

    def kept_from(self, g: Array) -> Array:
        base = batched_product(self.world.kept, g)
        return self._add(base, self.back, self.kept * g.reshape(-1, g.shape[-1]).take(self.columns, axis=0))

    def home(self) -> Array:
        base = np.repeat(np.diagonal(self.world.kept, axis1=1, axis2=2)[:, :, None], self.gross.shape[1], axis=2)
        flat = base.reshape(-1, base.shape[-1])
        own = np.flatnonzero(self.rows == self.columns)
        np.add.at(flat, self.rows[own], self.kept[own])
        return base


TOLERANCE = 1e-10
OUTER = 40
INNER = 200


@dataclass(frozen=True)
class Point:
    """State of an iteration: log ``wage`` (N, B), log ``price`` (S, N, B), ``spending`` (S, N, B)."""

    wage: Array
    price: Array
    spending: Array

    @classmethod
    def start(cls, world: SectorBaseline, draws: int) -> Point:
        """The baseline, for each of B changes."""
        s, n = world.spending.shape
        spending = np.repeat(world.spending[:, :, None], draws, axis=2)
        return cls(np.zeros((n, draws)), np.zeros((s, n, draws)), spending)


@dataclass(frozen=True)
class State(Point):
    """A point and what follows from it: ``cost`` (log, S, N, B), ``a`` = cost ** -theta, ``g`` = spending over the sum
    of a, ``output`` (S, N, B), ``revenue``, ``income``, ``deficit`` (N, B), relative ``excess`` supply (N, B)."""

    cost: Array
    a: Array
    g: Array
    output: Array
    revenue: Array
    income: Array
    deficit: Array
    excess: Array


def evaluate(world: SectorBaseline, kernel: Kernel, theta: Array, point: Point, tolerance: float) -> State:
    """Prices (a contraction), then demand at them (a linear fixed point), at the wages of ``point``, each iterated from
    where it stood to ``tolerance``."""
    price = point.price
    own = world.value_added[:, :, None] * point.wage
    idle = None if world.active.all() else ~world.active[:, :, None]
    for _ in range(INNER):
        cost = own + world.uses(price)
        a = cost * -theta
        np.exp(a, out=a)
        new = np.log(kernel.gross_to(a))
        new /= -theta
        if idle is not None:
            np.copyto(new, 0.0, where=idle)
        moved = _farthest(new - price)
        price = new
        if world.inputs is None or not moved >= tolerance:
            break
    phi = np.exp(-theta * price)
    labour = world.factor_income[:, None] * np.exp(point.wage)
    deficit = world.deficits(labour)
    scale = np.where(world.active, world.spending, 1.0)[:, :, None]
    taken = 1 - kernel.kept_to(a) / phi if world.taxed else None
    new = point.spending
    for _ in range(INNER):
        spending = new
        g = spending / phi
        output = kernel.kept_from(g)
        output *= a
        revenue = (spending * taken).sum(0) if taken is not None else np.zeros_like(labour)
        income = labour + revenue + deficit
        new = world.final[:, :, None] * income
        new += world.demands(output)
        gaps = new - spending
        gaps /= scale
        if not _farthest(gaps) >= tolerance:
            break
    earned = (world.value_added[:, :, None] * output).sum(0)
    excess = (labour - earned) / world.factor_income[:, None]
    return State(point.wage, price, new, cost, a, g, output, revenue, income, deficit, excess)


def _farthest(gaps: Array) -> float:
    """The largest size."""
    return max(float(gaps.max()), -float(gaps.min()))


def invert_slope(world: SectorBaseline, kernel: Dense, theta: Array, point: Point) -> Array:
    """(N, N): inverse of d(excess supply / factor income) / d(log wage), prices and demand responding in full; the last
    row is that of the numeraire. ``theta`` (S, 1, 1); a truncated Neumann series is exact enough for a slope."""
    state = evaluate(world, kernel, theta, point, 1e-6)
    phi = np.exp(-theta * state.price)
    pi = kernel.gross * state.a / phi.transpose(0, 2, 1)
    trade = kernel.kept * state.a * state.g.transpose(0, 2, 1)
    cost, price = _price_slope(world, pi)
    labour = world.factor_income * np.exp(state.wage[:, 0])
    income = np.diag(labour)
    if world.per_gdp:
        own = replace(world, transfer=None).deficits(labour[:, None])[:, 0]
        income = income + np.diag(own) - np.outer(labour, own) / labour.sum()
    lifted = batched_product(trade, theta * price) - theta * cost * state.output  # output at given spending
    rho, lost = np.zeros_like(state.price), np.zeros_like(price)
    if world.taxed:
        part = np.divide(kernel.kept, kernel.gross, out=np.ones_like(kernel.kept), where=kernel.gross > 0)
        rest = pi * (1 - part)
        rho = rest.sum(1)[:, :, None]
        lost = -theta * (batched_product(rest.transpose(0, 2, 1), cost) - rho * price) * state.spending
    per = trade / np.where(state.spending > 0, state.spending, 1.0).transpose(0, 2, 1)
    spending = np.zeros_like(price)
    for _ in range(INNER):
        output = lifted + batched_product(per, spending)
        gained = (rho * spending + lost).sum(0)
        new = world.demands(output) + world.final[:, :, None] * (income + gained)
        moved = float(np.abs(new - spending).max() / labour.max())
        spending = new
        if not moved >= 1e-5:
            break
    earned = (world.value_added[:, :, None] * output).sum(0)
    slope = (np.diag(labour) - earned) / world.factor_income[:, None]
    slope[-1] = labour / world.factor_income.sum()
    return np.asarray(np.linalg.inv(slope), dtype=np.float64)


def _price_slope(world: SectorBaseline, pi: Array) -> tuple[Array, Array]:
    """d(log cost), d(log price) by d(log wage), each (S, N, N); ``pi`` (S, N, N): spending shares where they stand."""
    own = world.value_added[:, :, None] * np.eye(pi.shape[1])[None]
    price = np.zeros_like(pi)
    for _ in range(INNER if world.inputs is not None else 1):
        cost = own + world.uses(price)
        new = batched_product(pi.transpose(0, 2, 1), cost)
        moved = float(np.abs(new - price).max())
        price = new
        if not moved >= 1e-4:
            break
    return cost, price


def _errors(world: SectorBaseline, state: State) -> Array:
    """Largest relative gap by change (B,); infinite where it is not a number."""
    level = np.abs((world.factor_income[:, None] * np.exp(state.wage)).sum(0) / world.factor_income.sum() - 1)
    gap = np.maximum(np.abs(state.excess).max(0), level)
    return np.where(np.isfinite(gap), gap, np.inf)


def iterate(
    world: SectorBaseline, kernel: Kernel, theta: Array, inverse: Array, point: Point, tolerance: float
) -> tuple[State, Array, int]:
    """Newton's method with a fixed slope; prices and demand are brought as near as the step is worth.

    ``theta`` (S, 1, B) or (S, 1, 1). Returns the last state, its error by change (B,), and the number of steps. A
    change that leaves the numbers is set back to the baseline and stays there, its error infinite.
    """
    total = world.factor_income.sum()
    aim, best, worse = 1e-3, np.inf, 0
    dead = np.zeros(point.wage.shape[1], dtype=bool)
    last: tuple[Array, Array] | None = None
    with np.errstate(all="ignore"):
        for step in range(1, OUTER + 1):  # noqa: B007 - returned to the caller
            state = evaluate(world, kernel, theta, point, aim)
            error = np.where(dead, np.inf, _errors(world, state))
            dead |= np.isinf(error)
            largest = float(error[~dead].max(initial=0.0))
            if dead.all() or (largest < tolerance and aim <= tolerance):
                break
            worse = worse + 1 if largest > 0.7 * best else 0
            best = min(best, largest)
            if worse > 3:
                break
            gaps = state.excess.copy()
            gaps[-1] = (world.factor_income[:, None] * np.exp(state.wage)).sum(0) / total - 1
            move = np.clip(inverse @ gaps, -0.7, 0.7) if largest >= tolerance else np.zeros_like(gaps)
            target = state.wage - move
            if last is not None:
                target = target - _secant(move, last[1]) * (target - last[0])
            last = (state.wage - move, move)
            point = _advance(world, state, state.wage - target, dead)
            aim = max(min(aim, 0.02 * largest), 0.1 * tolerance)
    return state, error, step


def _secant(move: Array, before: Array) -> Array:
    """(B,): weight of the last target by which two steps in a row cancel as far as they can (Anderson's acceleration of
    depth one, Walker and Ni 2011, SIAM Journal on Numerical Analysis 49); zero where the steps do not differ."""
    change = move - before
    size = (change**2).sum(0)
    return np.asarray(
        np.clip(np.divide((move * change).sum(0), size, out=np.zeros_like(size), where=size > 0), -3.0, 0.9)
    )


def _advance(world: SectorBaseline, state: State, move: Array, dead: np.ndarray[Any, np.dtype[np.bool_]]) -> Point:
    if not dead.any():
        return Point(state.wage - move, state.price, state.spending)
    wage, price = np.where(dead, 0.0, state.wage - move), np.where(dead, 0.0, state.price)
    return Point(wage, price, np.where(dead, world.spending[:, :, None], state.spending))


def solve_one(
    world: SectorBaseline, gross: Array, kept: Array, tolerance: float = TOLERANCE
) -> tuple[State, float, int]:
    """One change, matrices (S, N, N). Where the baseline slope does not carry, the change is brought in by steps, the
    slope renewed at each. Raises :class:`NotConvergedError`."""
    theta = world.theta[:, None, None]
    state, error, steps = iterate(world, Dense(gross, kept), theta, world.inverse, Point.start(world, 1), tolerance)
    if error.max() < tolerance:
        return state, float(error.max()), steps
    for parts in (1, 2, 4, 8, 16, 32):
        point = Point.start(world, 1)
        for part in range(1, parts + 1):
            weight = part / parts
            mixed = Dense((1 - weight) * world.share + weight * gross, (1 - weight) * world.kept + weight * kept)
            aim = tolerance if part == parts else 1e-6
            done = _renewing(world, mixed, theta, point, aim)
            if done is None:
                break
            point = Point(done[0].wage, done[0].price, done[0].spending)
        else:
            if done is not None:
                return done[0], done[1], parts
    raise NotConvergedError(
        "no wages were found that clear every market; the change may ask for more than an economy's income (large "
        "deficits) or cut it off"
    )


def _renewing(
    world: SectorBaseline, kernel: Dense, theta: Array, point: Point, tolerance: float
) -> tuple[State, float] | None:
    """Iterate, renewing the slope at the current point, up to eight times; None when that does not converge."""
    for _ in range(8):
        with np.errstate(all="ignore"):
            inverse = invert_slope(world, kernel, theta, point)
        if not np.isfinite(inverse).all():
            return None
        state, error, _ = iterate(world, kernel, theta, inverse, point, tolerance)
        if error[0] < tolerance:
            return state, float(error[0])
        if not np.isfinite(error[0]):
            return None
        point = Point(state.wage, state.price, state.spending)
    return None
