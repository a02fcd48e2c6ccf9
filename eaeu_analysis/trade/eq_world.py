"""The baseline of the many-sector model, and the matrices of shares that a change alters: whole, or what differs.

S sectors, N economies, B changes solved together; vectors are (S, N, B) with the change last.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from ..arrays import Array, Index


def product(left: Array, right: Array) -> Array:
    """Matrix products over the first axis."""
    out: Array = np.matmul(left, right)
    return out


@dataclass(frozen=True)
class World:
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
        from .eq_multisector import Point, invert_slope  # the solver is built on this module

        return invert_slope(self, Dense(self.share, self.kept), theta[:, None, None], Point.start(self, 1))

    def uses(self, price: Array) -> Array:
        """Log cost of inputs by using sector (S, N, B) from log prices (S, N, B)."""
        if self.inputs is None:
            return np.zeros_like(price)
        return product(self.inputs.transpose(2, 1, 0), price.transpose(1, 0, 2)).transpose(1, 0, 2)

    def demands(self, output: Array) -> Array:
        """Spending on inputs by sector (S, N, B) from output (S, N, B)."""
        if self.inputs is None:
            return np.zeros_like(output)
        return product(self.inputs.transpose(2, 0, 1), output.transpose(1, 0, 2)).transpose(1, 0, 2)

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
        return product(self.gross.transpose(0, 2, 1), a)

    def kept_to(self, a: Array) -> Array:
        return product(self.kept.transpose(0, 2, 1), a)

    def kept_from(self, g: Array) -> Array:
        """Sum over importers."""
        return product(self.kept, g)

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

    world: World
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
        base = product(self.world.share.transpose(0, 2, 1), a)
        return self._add(base, self.to, self.gross * a.reshape(-1, a.shape[-1])[self.rows])

    def kept_to(self, a: Array) -> Array:
        base = product(self.world.kept.transpose(0, 2, 1), a)
        return self._add(base, self.to, self.kept * a.reshape(-1, a.shape[-1])[self.rows])

    def kept_from(self, g: Array) -> Array:
        base = product(self.world.kept, g)
        return self._add(base, self.back, self.kept * g.reshape(-1, g.shape[-1])[self.columns])

    def home(self) -> Array:
        base = np.repeat(np.diagonal(self.world.kept, axis1=1, axis2=2)[:, :, None], self.gross.shape[1], axis=2)
        flat = base.reshape(-1, base.shape[-1])
        own = np.flatnonzero(self.rows == self.columns)
        np.add.at(flat, self.rows[own], self.kept[own])
        return base
