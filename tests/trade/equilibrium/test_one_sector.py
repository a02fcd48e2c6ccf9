"""The solvers of the one-sector model: Newton's speed, the way round when it stalls, groups that no longer trade.

A wrong derivative or a safeguard that never lets go still ends at the right prices, because every answer is held
against the equations; what it costs is iterations, and these are counted here.
"""

from __future__ import annotations

import numpy as np
import pytest
from eq_worlds import matrix, scaled

from eaeu_analysis.errors import BadInputError, NotConvergedError
from eaeu_analysis.trade.equilibrium import one_sector as one

THETA = 4.0


def market(n: int = 12, seed: int = 0, tariff: float = 0.0, per_gdp: bool = True, change: float = 0.4) -> one.Market:
    """A world whose trade costs move by e^N(0, change) and whose tariffs go up to ``tariff``."""
    rng = np.random.default_rng(seed)
    trade = matrix(n, seed)
    spending, output = trade.sum(0), trade.sum(1)
    moved = np.exp(rng.normal(0, change, (n, n)))
    rate = rng.uniform(0, tariff, (n, n))
    np.fill_diagonal(rate, 0.0)
    base = trade / spending
    kernel = base * moved * (1 + rate) ** -THETA
    net = 1 / (1 + rate) if tariff else None
    return one.Market(base, kernel, net, output, spending - output, THETA, per_gdp)


def together(parts: list[one.Market]) -> one.Market:
    """Markets side by side, with nothing between them."""

    def blocks(name: str, fill: float) -> np.ndarray:
        n = sum(len(part.output) for part in parts)
        out, at = np.full((n, n), fill), 0
        for part in parts:
            size = len(part.output)
            out[at : at + size, at : at + size] = getattr(part, name)
            at += size
        return out

    return one.Market(
        base=blocks("base", 0.0),
        kernel=blocks("kernel", 0.0),
        net=None if parts[0].net is None else blocks("net", 1.0),
        output=np.concatenate([part.output for part in parts]),
        deficit=np.concatenate([part.deficit for part in parts]),
        theta=THETA,
        per_gdp=parts[0].per_gdp,
    )


@pytest.mark.parametrize("per_gdp", [True, False])
@pytest.mark.parametrize("tariff", [0.0, 0.6])
def test_newton_is_quick_with_tariffs_and_with_deficits(tariff: float, per_gdp: bool) -> None:
    solved = [one.clear_markets(market(seed=seed, tariff=tariff, per_gdp=per_gdp)) for seed in range(6)]
    assert max(done.residual for done in solved) < one.TOLERANCE
    assert sum(done.iterations for done in solved) <= 50, "the derivative is exact, or this takes many more"


@pytest.mark.parametrize("per_gdp", [True, False])
def test_a_solution_is_a_start_from_which_nothing_moves(per_gdp: bool) -> None:
    asked = market(tariff=0.3, per_gdp=per_gdp)
    first = one.clear_markets(asked)
    kernel = asked.kernel * first.price[:, None] ** -THETA
    again = one.clear_markets(
        one.Market(asked.base, kernel, asked.net, asked.output * first.price, first.deficit, THETA, per_gdp=False)
    )
    assert again.iterations == 1
    np.testing.assert_allclose(again.price, 1.0, rtol=1e-9)


def test_no_change_is_seen_at_once() -> None:
    still = market(change=0.0)
    done = one.clear_markets(still)
    assert done.iterations == 1
    np.testing.assert_allclose(done.trade, still.base * (still.output + still.deficit), rtol=1e-12)


def test_groups_that_trade_no_more_are_each_their_own_world() -> None:
    parts = [market(5, seed=1, tariff=0.4), market(7, seed=2, tariff=0.2)]
    whole = one.clear_all(together(parts))
    alone = [one.clear_markets(part) for part in parts]
    for name in ("price", "index", "expenditure", "revenue", "deficit"):
        np.testing.assert_allclose(
            getattr(whole, name), np.concatenate([getattr(p, name) for p in alone]), rtol=1e-9, atol=1e-9
        )
    assert whole.residual == max(part.residual for part in alone)
    assert whole.iterations == max(part.iterations for part in alone)
    np.testing.assert_array_equal(whole.trade[:5, 5:], 0.0)
    np.testing.assert_allclose(whole.trade[5:, 5:], alone[1].trade, rtol=1e-9)


def test_a_group_with_a_deficit_held_constant_cannot_be_cut_off() -> None:
    part = market(5, seed=1, per_gdp=False)
    lopsided = one.Market(
        part.base, part.kernel, None, part.output, part.deficit + 0.01 * part.output, THETA, per_gdp=False
    )
    with pytest.raises(BadInputError, match=r"deficits\s+of 1\.00% of output"):
        one.clear_all(together([lopsided, market(7, seed=2, per_gdp=False)]))


def test_where_newton_stalls_the_change_comes_in_by_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = market(tariff=0.3, change=1.0)
    straight = one.clear_markets(asked)
    newton, calls = one._newton, []

    def stalls(market: one.Market, x: np.ndarray, tolerance: float) -> one.Cleared | None:
        calls.append(market.kernel)
        return None if len(calls) in (1, 3) else newton(market, x, tolerance)  # at once, and half way by two steps

    monkeypatch.setattr(one, "_newton", stalls)
    round_about = one.clear_markets(asked)
    np.testing.assert_allclose(round_about.price, straight.price, rtol=1e-9)
    weights = [float(((k - asked.base) / (asked.kernel - asked.base)).mean()) for k in calls]
    assert weights == pytest.approx([1.0, 0.5, 1.0, 0.25, 0.5, 0.75, 1.0])


def test_deficits_beyond_income_have_no_solution() -> None:
    asked = market(per_gdp=False)
    hopeless = asked.deficit.copy()
    hopeless[0], hopeless[1] = -1.01 * asked.output[0], hopeless[1] + 1.01 * asked.output[0] + hopeless[0]
    with pytest.raises(NotConvergedError, match="more than an economy's income"):
        one.clear_markets(one.Market(asked.base, asked.kernel, None, asked.output, hopeless, THETA, per_gdp=False))


# -- margins ----------------------------------------------------------------------------------------------------
def test_margins_are_met_in_few_steps_as_proportional_fitting_meets_them_in_many() -> None:
    for seed in range(5):
        rng = np.random.default_rng(seed)
        kernel = np.exp(rng.normal(0, 2.0, (9, 9)))
        rows, columns = np.exp(rng.normal(0, 2.0, (2, 9)))
        columns *= rows.sum() / columns.sum()
        found = one.balance_trade(kernel, rows, columns)
        assert found.iterations <= 5
        assert found.residual < one.TOLERANCE
        np.testing.assert_allclose(found.trade, scaled(kernel, rows, columns), rtol=1e-8)
        np.testing.assert_allclose(found.trade, kernel * found.a[:, None] * found.b, rtol=1e-12)
        assert float(rows @ np.log(found.a)) == pytest.approx(0.0, abs=1e-6 * rows.sum())


def test_flows_of_any_size_next_to_each_other_are_balanced_without_a_detour() -> None:
    """Costs and sizes over e^40: a full step is often too far, and one that is never shortened takes twice as many."""
    steps = 0
    for seed in range(150):
        rng = np.random.default_rng(seed)
        kernel = np.exp(rng.normal(0, 6.0, (5, 5)))
        truth = kernel * np.exp(rng.normal(0, 4.0, 5))[:, None] * np.exp(rng.normal(0, 4.0, 5))
        found = one.balance_trade(kernel, truth.sum(1), truth.sum(0))
        np.testing.assert_allclose(found.trade.sum(1), truth.sum(1), rtol=1e-9)
        np.testing.assert_allclose(found.trade.sum(0), truth.sum(0), rtol=1e-9)
        steps += found.iterations
    assert steps <= 1000


@pytest.mark.parametrize("far", [1e-4, 1e-8, 1e-12])
def test_two_blocks_that_hardly_trade_are_balanced_too(far: float) -> None:
    """The gap between the blocks must be carried by trade of the order of ``far``: the first full step is far off."""
    rng = np.random.default_rng(3)
    kernel = np.exp(rng.normal(0, 1.0, (8, 8)))
    kernel[:4, 4:] *= far
    kernel[4:, :4] *= far
    rows = np.array([5.0, 1, 2, 3, 1, 1, 1, 1])
    columns = np.array([1.0, 1, 1, 1, 5, 3, 2, 1])
    found = one.balance_trade(kernel, rows, columns)
    np.testing.assert_allclose(found.trade.sum(1), rows, rtol=1e-9)
    np.testing.assert_allclose(found.trade.sum(0), columns, rtol=1e-9)
    assert found.iterations <= 8


def test_margins_that_no_trade_can_have_have_none() -> None:
    kernel = np.array([[1.0, 1.0], [0.0, 1.0]])  # the second sells to the second alone, which buys less than that
    with pytest.raises(NotConvergedError, match="no trade matrix with these margins"):
        one.balance_trade(kernel, np.array([1.0, 3.0]), np.array([2.0, 2.0]))
