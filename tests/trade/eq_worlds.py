"""Worlds that the tests make: gravity trade between made-up economies, and slow solvers to compare with."""

import numpy as np
import pandas as pd


def names(n):
    return [f"C{i:03d}" for i in range(n)]


def frame(matrix, codes=None):
    codes = codes or names(len(matrix))
    n = len(codes)
    return pd.DataFrame({"exporter": np.repeat(codes, n), "importer": np.tile(codes, n), "value": np.ravel(matrix)})


def scaled(kernel, rows, columns, passes=20_000):
    """Iterative proportional fitting, the slow way."""
    trade = kernel.copy()
    for _ in range(passes):
        trade *= (rows / trade.sum(1))[:, None]
        trade *= columns / trade.sum(0)
        if np.abs(trade.sum(1) / rows - 1).max() < 1e-13:
            break
    return trade


def matrix(n, seed=0, balanced=False, border=1.5):
    """Trade of n economies of uneven size; unbalanced by a few per cent unless asked."""
    rng = np.random.default_rng(seed)
    size = np.exp(rng.normal(0, 1.0, n)) * 1000
    place = rng.normal(size=(n, 2))
    distance = np.sqrt(((place[:, None] - place[None]) ** 2).sum(-1)) + 0.4
    kernel = distance**-1.0 * np.exp(-border * (1 - np.eye(n)))
    spending = size if balanced else size * np.exp(rng.normal(0, 0.05, n))
    return scaled(kernel, size, spending * size.sum() / spending.sum())


def world(n, seed=0, balanced=False, border=1.5):
    return frame(matrix(n, seed, balanced, border))


def sectors(n, count, seed=0, balanced=False):
    """Flows with a column sector."""
    parts = []
    rng = np.random.default_rng(1000 + seed)
    for s in range(count):
        base = matrix(n, seed, balanced=True)
        tilt = np.exp(rng.normal(0, 0.5, n))[:, None] * np.exp(rng.normal(0, 0.3, (n, n)))
        value = base * tilt
        parts.append(frame(value).assign(sector=f"s{s}"))
    flows = pd.concat(parts, ignore_index=True)
    return even_out(flows) if balanced else flows


def even_out(flows):
    """Balance every economy's trade by giving it the domestic sales that are missing: scales rows and columns."""
    total = flows.groupby(["exporter", "importer"])["value"].sum().unstack()
    rows = (total.sum(axis=1) + total.sum(axis=0)) / 2
    even = scaled(total.to_numpy(), rows.to_numpy(), rows.to_numpy())
    factor = pd.DataFrame(even / total.to_numpy(), index=total.index, columns=total.columns).stack()
    keys = pd.MultiIndex.from_frame(flows[["exporter", "importer"]])
    return flows.assign(value=flows["value"].to_numpy() * factor.reindex(keys).to_numpy())


def shock(n, seed=1, size=0.4):
    """Random cost changes on all foreign pairs."""
    rng = np.random.default_rng(seed)
    factor = np.exp(rng.normal(0, size, (n, n)))
    np.fill_diagonal(factor, 1.0)
    return frame(factor).rename(columns={"value": "factor"}), factor


def tariff_frame(n, seed=2, top=20.0):
    rng = np.random.default_rng(seed)
    before, after = rng.uniform(0, top, (n, n)), rng.uniform(0, top, (n, n))
    table = frame(before).rename(columns={"value": "before"}).assign(after=after.ravel())
    table = table[table["exporter"] != table["importer"]].reset_index(drop=True)
    np.fill_diagonal(before, 0.0)
    np.fill_diagonal(after, 0.0)
    return table, before / 100, after / 100


def slow_clear(flows, factor, theta, before=None, after=None, per_gdp=True, passes=200_000, tolerance=1e-12):
    """Prices by tatonnement (Alvarez & Lucas 2007): raise what is in excess demand, a little, again and again.

    Returns prices (world output the numeraire), consumer price indices, trade at border prices and spending.
    """
    n = len(flows)
    before = np.zeros((n, n)) if before is None else before
    after = np.zeros((n, n)) if after is None else after
    paid = flows * (1 + before)
    share = paid / paid.sum(0)
    output, deficit = flows.sum(1), flows.sum(0) - flows.sum(1)
    price = np.ones(n)
    for _ in range(passes):
        cost = price[:, None] * (1 + after) / (1 + before)
        weight = share * factor * cost**-theta
        index = weight.sum(0) ** (-1 / theta)
        pi = weight / weight.sum(0)
        income = price * output
        if per_gdp:
            own = deficit / output * income
            extra = own - own.sum() * income / income.sum()
        else:
            extra = deficit
        spending = (income + extra) / (pi / (1 + after)).sum(0)
        trade = pi * spending / (1 + after)
        excess = (trade.sum(1) - income) / output
        if np.abs(excess).max() < tolerance:
            break
        price = price * (1 + 0.5 * excess / (1 + theta))
        price *= output.sum() / (price * output).sum()
    return price, index, trade, spending
