"""Two published procedures, step by step, for checking against their printed numbers; not the default.

Both differ from the equations that :mod:`eq_onesector` solves, and each says how.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...arrays import Array
from ...errors import NotConvergedError
from .one_sector import Balanced, balance_trade

AGTPA_STOP = 0.01  # on the standard deviation and the largest rise of the change in prices between two passes
AGTPA_PASSES = 100


@dataclass(frozen=True)
class Replicated:
    """``trade`` (N, N) new; ratios new over old of producer ``price``, consumer ``index`` (N,); ``passes``."""

    trade: Array
    price: Array
    index: Array
    output: Array
    expenditure: Array
    passes: int


def agtpa(flows: Array, factor: Array, theta: float, reference: int) -> Replicated:
    """Full endowment equilibrium by the iteration of Yotov, Piermartini, Monteiro & Larch (2016), chapter 2.

    ``flows`` (N, N) fitted baseline trade, ``factor`` (N, N) change of t^(1 - sigma), ``reference`` the importer whose
    multilateral resistance is one. Each pass fits a Poisson gravity model to trade scaled by the last change of prices
    and resistances; the passes end when the change between two of them is below 0.01, which leaves exports a few
    tenths of a point from the solution. Output is price times endowment, expenditure the baseline share of output, and
    the last resistances are those of the last fit.
    """
    kernel = flows * factor
    output = flows.sum(1)
    ratio = flows.sum(0) / output
    power = -1 / theta
    fit = _normalised(balance_trade(kernel, output, flows.sum(0)), reference)
    new_output, spending = output, flows.sum(0)
    omr = output * spending[reference] / fit.a
    imr = spending / (fit.b * spending[reference])
    omr_ratio, imr_ratio = np.ones_like(output), np.ones_like(output)
    prices = [np.zeros_like(output), fit.a**power]
    last = fit
    passes = 0
    while True:
        passes += 1
        if passes > AGTPA_PASSES:
            raise NotConvergedError(f"the published iteration did not stop within {AGTPA_PASSES} passes")
        # prices enter both for the seller (row) and, through income, for the buyer (column)
        change = np.outer(prices[-1] / omr_ratio, prices[-1] / imr_ratio)
        scaled = last.trade * change
        fit = _normalised(balance_trade(kernel, scaled.sum(1), scaled.sum(0)), reference)
        before = spending[reference]
        new_output = fit.trade.sum(1)
        spending = ratio * new_output
        prices.append((fit.a / last.a / (spending[reference] / before)) ** power)
        new_omr = new_output * spending[reference] / fit.a
        new_imr = spending / (fit.b * spending[reference])
        omr_ratio, imr_ratio = new_omr / omr, new_imr / imr
        omr, imr, last = new_omr, new_imr, fit
        moved = prices[-2] - prices[-3]
        if moved.std(ddof=1) <= AGTPA_STOP and abs(moved.max()) <= AGTPA_STOP:
            break
    old_reference = flows[:, reference].sum()
    price = (fit.a / (spending[reference] / old_reference)) ** power
    full = price * output
    full_spending = ratio * full
    full_omr = full * spending[reference] / fit.a
    trade = kernel * np.outer(full / full_omr, full_spending / imr)
    old_imr = flows.sum(0) / old_reference
    return Replicated(trade, price, (imr / old_imr) ** power, full, full_spending, passes)


def _normalised(fit: Balanced, reference: int) -> Balanced:
    scale = fit.b[reference]
    return Balanced(fit.trade, fit.a * scale, fit.b / scale, fit.residual, fit.iterations)


def gegravity(flows: Array, factor: Array, theta: float, reference: int) -> Replicated:
    """The equilibrium of gegravity 0.3 (Herman 2021, USITC Working Paper 2021-04-B).

    Multilateral resistances are solved at baseline shares of output and expenditure, so that income does not feed back
    into demand; prices follow from the outward resistances, and output, expenditure and trade are scaled by prices
    afterwards. Its market-clearing conditions therefore do not hold at the prices it reports.
    """
    output, spending = flows.sum(1), flows.sum(0)
    fit = _normalised(balance_trade(flows * factor, output, spending), reference)
    price = fit.a ** (-1 / theta)
    new_output = price * output
    share = (new_output / new_output.sum()) / (output / output.sum())
    trade = fit.trade * np.outer(share, price)
    return Replicated(trade, price, fit.b ** (1 / theta), new_output, price * spending, 1)
