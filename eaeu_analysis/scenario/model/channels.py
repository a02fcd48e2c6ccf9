"""The channels: each turns the numbers of a scenario into a shock to the world; what several share is in none twice.

A shock is a change of tariffs, of trade costs or of income from abroad. :func:`solve`
brings in each channel alone and all together; what the whole has beyond the parts is shown as interaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...arrays import Array
from ...reference.blocs import duty_shares
from ...remittances import RemittanceBaseline, remittance_baseline, remittance_change
from .setting import Setting


@dataclass(frozen=True)
class Shock:
    """``tariffs`` (B, m): rates after, per cent; ``factors`` (B, m): new over old t^(1 - sigma); ``transfers``: economy
    to (B,) million US$ a year; ``extra``: outcome to (B,) that the world model does not hold, unit in its name's table.
    None means that nothing of the kind changes."""

    tariffs: Array | None = None
    factors: Array | None = None
    transfers: dict[str, Array] = field(default_factory=dict)
    extra: dict[str, Array] = field(default_factory=dict)


# What membership takes off the cost of crossing the border between members, beside tariffs.
#
# Method. Estimated: the coefficient of the union in a gravity equation is (1 - sigma) times the log change of trade
# costs, so exp(effect) is the factor of t^(1 - sigma) and no elasticity is needed; its ad valorem equivalent is
# 1 - exp(-effect / (sigma - 1)). From surveys: a cost as a share of export value, of which membership takes a share
# away,
# gives the factor (1 - cost * removed)^(1 - sigma). Both ways, all goods, the same for every member.


def border_cost_factor(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) new over old t^(1 - sigma) between the economy and a member."""
    block = at.scenario.border_costs
    if block is not None and block.source == "survey":
        saved = np.clip(values["border_costs.cost"] * values["border_costs.removed"], 0.0, 0.95)
        return np.asarray((1 - saved) ** (1 - values["elasticities.sigma"]), dtype=np.float64)
    return np.asarray(np.exp(values["border_costs.effect"]), dtype=np.float64)


def border_cost_equivalent(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) the ad valorem equivalent of what falls away, per cent of the price before; negative where costs rise."""
    theta = values["elasticities.sigma"].to_numpy() - 1
    return np.asarray(100 * (1 - border_cost_factor(at, values) ** (-1 / theta)))


def between_members(at: Setting) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(m,): cells of trade between the economy and members."""
    inside = at.cells["exporter"].isin(at.members) | at.cells["importer"].isin(at.members)
    return np.asarray(inside, dtype=bool)


def border_cost_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """The factor in the cells between members, one elsewhere; the ad valorem equivalent beside it."""
    inside = between_members(at)
    factors = np.where(inside[None, :], border_cost_factor(at, values)[:, None], 1.0)
    return Shock(factors=factors, extra={"border_cost_fall": border_cost_equivalent(at, values)})


# Own duties before; a share of what all members collect after.
#
# Method. In a customs union the duties of all members go into one pool and come back by fixed shares. The pool is what
# members collect at the common tariff on goods from outside in the baseline, and what the economy collects at its new
# rates. What it receives beyond its own collection is income from abroad, paid by the members by their present shares;
# where its own collection is larger it pays. Its own collection is in the tariff channel already, so nothing counts
# twice. The share at which it receives what it collected before is the break-even share.


def pooled_duties(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) duties of all members with the economy among them, million US$ a year at the baseline's trade."""
    members = sum(float(duties.sum()) for duties in at.member_duties().values())
    return members + own_duties(at, values, after=True)


def member_shares(at: Setting) -> dict[str, float]:
    """Shares of the pool today, summing to 1 over the members of the baseline."""
    block = at.scenario.customs_revenue
    if block is not None and block.others:
        given: dict[str, float] = dict(block.others)
    else:
        table = duty_shares(on=f"{max(at.world.year, 2015)}-12-31")
        given = {str(k): float(v) for k, v in table.items() if k in at.members}
    total = sum(given.values())
    return {member: share / total for member, share in given.items()}


def share_rules(at: Setting) -> pd.Series[float]:
    """Shares of the pool, per cent, by the rules that are talked of, from the baseline's figures.

    By the economy's part of what all collect, of GDP, of people; and the share that Kyrgyzstan got, scaled by each.
    """
    from ...data.load import load_panel

    population = load_panel(["SP.POP.TOTL"], years=(at.world.year, at.world.year)).column("SP.POP.TOTL")
    people = population.xs(at.world.year, level=1)
    collected = {name: float(duties.sum()) for name, duties in at.member_duties().items()}
    collected[at.economy] = float(own_duties(at, at.middle, after=True)[0])
    sizes = {"collection": pd.Series(collected), "gdp": at.world.gdp, "people": people}
    rules = {}
    for name, size in sizes.items():
        members = size[list(at.members)]
        rules[name] = 100 * float(size[at.economy] / (members.sum() + size[at.economy]))
        if "KGZ" in at.members:
            multiple = member_shares(at)["KGZ"] / float(members["KGZ"] / members.sum())
            rules[f"as Kyrgyzstan, by {name}"] = multiple * rules[name]
    return pd.Series(rules, name="share")


def pace(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) net income from the pool at the old tariff, over that at the new one: while tariffs rise step by step, what
    is collected, paid in and divided rises with them."""
    share = values["customs_revenue.share"].to_numpy() / 100
    whole, before, after = pooled_duties(at, values), own_duties(at, values), own_duties(at, values, after=True)
    return np.asarray((share * (whole - after + before) - before) / (share * whole - after))


def customs_revenue_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Income from abroad: the share of the pool less own collection at the new rates."""
    share = values["customs_revenue.share"].to_numpy() / 100
    whole, own_after = pooled_duties(at, values), own_duties(at, values, after=True)
    net = share * whole - own_after
    paid = {member: -net * part for member, part in member_shares(at).items()}
    before = own_duties(at, values)
    return Shock(
        transfers={at.economy: net, **paid},
        extra={"pool": whole, "pool_receipts": share * whole, "break_even_share": np.asarray(100 * before / whole)},
    )


# Effects that are often named and that nothing here estimates: off unless the scenario turns them on.
#
# Method. Investment and services add their stated per cent of GDP to income from abroad (as if given); falling costs
# of
# proving origin act as lower trade costs between members. Stated so that a person can see what it takes, not found.


def dynamic_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Stated gains as income, rules of origin as trade costs between members."""
    gain = (values["dynamic.investment"] + values["dynamic.services"]).to_numpy() / 100 * at.gdp
    saved = np.clip(values["dynamic.rules_of_origin"].to_numpy(), 0.0, 0.95)
    factor = (1 - saved) ** (1 - values["elasticities.sigma"].to_numpy())
    factors = np.where(between_members(at)[None, :], factor[:, None], 1.0)
    return Shock(factors=factors, transfers={at.economy: np.asarray(gain)})


# What migrants earn in Russia and send home.
#
# Method. Remittances move with the rouble, with Russian income and with the right to work, by the formula of
# ``remittances.response``; a saved permit fee enters by the part that is sent home. The effect of work
# rights as estimated holds the saved fee, so a scenario names one of the two. The change is income from abroad, paid
# by
# Russia; in the world model it is spent like any other income. What happens to the rouble is no effect of membership:
# a
# scenario that moves it says what a shock would do to a member.

PAYER = "RUS"


def migration_baseline(at: Setting) -> RemittanceBaseline:
    """Remittances and GDP of the baseline year; shares as known then for a year of the past. Raises NoDataError."""
    known = None if at.world.year >= 2019 else at.world.year + 1
    return remittance_baseline(at.economy, at.world.year, known_by=known)


def remittances_change(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) change of remittances received, million US$ a year."""
    part = {
        name.split(".")[1]: values[name].to_numpy()
        for name in at.scenario.quantities()
        if name.startswith("migration.")
    }
    start = migration_baseline(at)
    saved = 1e6 * part["migrants"] * part["permit_fee"] * np.clip(part["sent_home"], 0.0, 1.0)
    found = remittance_change(
        start,
        {"rouble": part["rouble"], "income": part["russian_income"]},
        {"rouble": part["pass_through_rouble"], "income": part["pass_through_income"]},
        share=np.clip(part["russian_share"], 0.0, 1.0),
        rights=part["work_rights"],
        patents=np.log1p(saved / start.remittances_usd),
    )
    return found.usd / 1e6


def migration_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Remittances as income from abroad, paid by Russia."""
    more = remittances_change(at, values)
    return Shock(transfers={at.economy: more, PAYER: -more}, extra={"remittances": more})


# From the economy's own tariff to another.
#
# Method. Imports from partners that pay duty move to the new rates by section; partners with free trade stay free, and
# so
# do the economy's exports to them, which were free before. The world model gives trade, prices, revenue and welfare;
# duties are handed back to households as they are collected (who keeps them is the channel of customs revenue).


def tariff_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Rates after, by cell; those of exports to members do not change."""
    found, laid = at.rates(values), at.rates(at.middle)
    rates = np.zeros((len(values), len(at.cells)))
    width = len(at.dutiable)
    for k, exporter in enumerate(at.exporters):
        before, after = found.pair(exporter)
        start = laid.pair(exporter)[0]  # the world is laid out at the middle: a draw's own start only shifts its change
        rates[:, k * width : (k + 1) * width] = np.clip(start + after - before, 0.0, None)
    return Shock(tariffs=rates)


def own_duties(at: Setting, values: pd.DataFrame, after: bool = False) -> Array:
    """(B,) duties on the imports of the baseline at the rates before or after, million US$."""
    found = at.rates(values)
    total = np.zeros(len(values))
    for k, exporter in enumerate(at.exporters):
        total += found.pair(exporter)[int(after)] @ at.imports[k] / 100
    return total


def unchanged_tariffs(at: Setting, draws: int) -> Shock:
    """Every tariff as it was: what a scenario without channels asks for."""
    found = at.rates(at.middle)
    row = np.concatenate([found.pair(e)[0][0] for e in at.exporters] + [np.zeros(len(at.cells) - at.inward)])
    return Shock(tariffs=np.repeat(row[None], draws, axis=0))
