"""The channels: each turns the numbers of a scenario into a shock to the world; what several share is in none twice.

A shock is a change of tariffs, of trade costs or of income from abroad. :func:`solve`
brings in each channel alone and all together; what the whole has beyond the parts is shown as interaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from ...arrays import Array
from ...remittances import remittance_change, remittances_received
from ..tables import scenario_tables
from .baseline_world import SECTIONS
from .duties import member_shares, members_duties, own_duties, share_of_pool
from .setting import Setting


@dataclass(frozen=True)
class Shock:
    """``tariffs`` (B, m): rates after, per cent; ``factors`` (B, m): new over old t^(1 - sigma); ``transfers``: economy
    to (B,) million US$ a year; ``extra``: outcome to (B,) that the world model does not have, unit in its name's table.
    None means that nothing of the kind changes."""

    tariffs: Array | None = None
    factors: Array | None = None
    transfers: dict[str, Array] = field(default_factory=dict)
    extra: dict[str, Array] = field(default_factory=dict)


# What membership takes off the cost of crossing the border between members, apart from tariffs.
#
# Method. Estimated: the coefficient of the union in a gravity equation is (1 - sigma) times the log change of trade
# costs, so exp(effect) is the factor of t^(1 - sigma) and no elasticity is needed; its ad valorem equivalent is
# 1 - exp(-effect / (sigma - 1)). From surveys: a cost as a share of export value, of which membership takes a share
# away, gives the factor (1 - cost * removed)^(1 - sigma). Both ways, all goods, the same for every member.


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
    """The factor in the cells between members, one elsewhere; and the ad valorem equivalent."""
    inside = between_members(at)
    factors = np.where(inside[None, :], border_cost_factor(at, values)[:, None], 1.0)
    return Shock(factors=factors, extra={"border_cost_fall": border_cost_equivalent(at, values)})


# Own duties before; a share of what all members collect after.
#
# Method. In a customs union the duties of all members go into one pool and come back by fixed shares. The pool is what
# members collect and what the economy collects at its new rates (``duties``). What it receives beyond its own
# collection is income from abroad, paid by the members by their present shares; where its own collection is larger it
# pays. Its own collection is in the tariff channel already, so nothing counts twice. The share at which it receives
# what it collected before is the break-even share.


def customs_revenue_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Income from abroad: the share of the pool less own collection at the new rates. ``pace`` in ``extra``: net income
    from the pool at the old tariff over that at the new one; while tariffs rise step by step, what is collected, paid
    in and divided rises with them."""
    share = share_of_pool(at, values)
    before, after = own_duties(at, values), own_duties(at, values, after=True)
    whole = members_duties(at, values) + after
    net = share * whole - after
    paid = {member: -net * part for member, part in member_shares(at).items()}
    early = share * (whole - after + before) - before
    return Shock(
        transfers={at.economy: net, **paid},
        extra={
            "pool": whole,
            "pool_receipts": share * whole,
            "break_even_share": np.asarray(100 * before / whole),
            "pace": np.asarray(early / net),
        },
    )


# Effects that are often named and that nothing here estimates: off unless the scenario turns them on.
#
# Method. Investment and services add their stated per cent of GDP to income from abroad (as if given); falling costs
# of proving origin act as lower trade costs between members. Stated so that a person can see what it takes, not found.


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
# ``remittances.response``; a saved permit fee enters net of income tax by the part that is sent home. The effect of
# work rights as estimated includes the saved fee, so a scenario names one of the two. The change is income from abroad,
# paid by Russia; in the world model it is spent like any other income. What happens to the rouble is no effect of
# membership: a scenario that moves it says what a shock would do to a member. With ``rouble_trade`` the rouble also
# moves trade with Russia (the backtest kept this driver); that is added to the solved trade, where the balance of trade
# is fixed, and so does not enter income or prices.

PAYER = "RUS"


def migration_baseline(at: Setting) -> float:
    """Remittances of the baseline year, US$. Raises NoDataError."""
    return _remittances(at.economy, at.world.year)


@lru_cache(maxsize=16)
def _remittances(economy: str, year: int) -> float:
    """Kept for the process: every chunk of draws asks for it, and loading the panel takes longer than its solution."""
    return remittances_received(economy, year)


@dataclass(frozen=True)
class Permits:
    """A year's payments for work permits, million US$ (B,): ``paid``, capped by what the authorities counted; what
    income tax would take anyway (``taxed``); and what migrants keep (``saved``)."""

    paid: Array
    taxed: Array
    saved: Array


def permits(values: pd.DataFrame) -> Permits:
    """The fee is prepaid income tax: an employer who withholds 13 % of the wage credits it, and citizens of members pay
    that tax from the first day too. A migrant employed by a firm saves max(0, fee - 13 % of the wage), one paid by a
    household saves the fee. People are counted, not permits, of which one person takes out several."""
    names = [str(name) for name in values if str(name).startswith("migration.")]
    part = {name.split(".")[1]: values[name].to_numpy() for name in names}
    rate = float(scenario_tables()["income_tax"]["rate"])
    fee, firms = part["permit_fee"], np.clip(part["firms"], 0.0, 1.0)
    paid = part["migrants"] * fee
    counted = part["fees_counted"]
    capped = np.where(counted > 0, np.minimum(paid, counted), paid)
    kept = firms * np.maximum(0.0, fee - rate * part["wage"]) + (1 - firms) * fee
    saved = capped * np.divide(kept, fee, out=np.zeros_like(fee), where=fee > 0)
    return Permits(capped, capped - saved, saved)


def remittances_change(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) change of remittances received, million US$ a year."""
    part = {
        name.split(".")[1]: values[name].to_numpy()
        for name in at.scenario.quantities()
        if name.startswith("migration.")
    }
    start = migration_baseline(at)
    sent = 1e6 * permits(values).saved * np.clip(part["sent_home"], 0.0, 1.0)
    change = remittance_change(
        start,
        {"rouble": part["rouble"], "income": part["russian_income"]},
        {"rouble": part["pass_through_rouble"], "income": part["pass_through_income"]},
        share=np.clip(part["russian_share"], 0.0, 1.0),
        rights=part["work_rights"],
        patents=np.log1p(sent / start),
    )
    return change / 1e6


def migration_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Remittances as income from abroad, paid by Russia."""
    more = remittances_change(at, values)
    extra = {
        "remittances": more,
        "rouble_trade": (values["migration.rouble_trade"] * values["migration.rouble"]).to_numpy(),
    }
    if (values["migration.migrants"] > 0).any():
        found = permits(values)
        extra |= {"permits_paid": found.paid, "permits_taxed": found.taxed, "permits_saved": found.saved}
    return Shock(transfers={at.economy: more, PAYER: -more}, extra=extra)


# From the economy's own tariff to another, and what others charge on its goods.
#
# Method. Imports from partners that pay duty move to the new rates by section; partners with free trade stay free.
# Joining frees trade with members on both sides unless an agreement does already. The world model gives trade, prices,
# revenue and welfare; duties are handed back to households as they are collected (who keeps them is the channel of
# customs revenue).


def tariff_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Rates after, by cell; of exports those to members that joining frees change."""
    found, laid = at.rates(values), at.rates(at.middle)
    rates = np.repeat(at.laid[None], len(values), axis=0)
    width = len(at.dutiable)
    for k, exporter in enumerate(at.exporters):
        regime = at.regime_of(exporter)
        before, after = found.pair(regime)
        start = laid.pair(regime)[0]  # the world is laid out at the middle: a draw's own start only shifts its change
        rates[:, k * width : (k + 1) * width] = np.clip(start + after - before, 0.0, None)
    for k, buyer in enumerate(at.buyers):
        if buyer in at.freed:
            rates[:, at.inward + k * width : at.inward + (k + 1) * width] = 0.0
    return Shock(tariffs=rates)


def market_access_shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Another tariff of a group of buyers on the economy's goods, in the sections that the scenario names."""
    block = at.scenario.market_access
    rates = np.repeat(at.laid[None], len(values), axis=0)
    width, change = len(at.dutiable), (values["market_access.after"] - values["market_access.before"]).to_numpy()
    named = np.isin(SECTIONS, block.sections if block else ())
    for k, buyer in enumerate(at.buyers):
        if buyer not in at.members:
            first = at.inward + k * width
            rates[:, first : first + width] += np.where(named, change[:, None], 0.0)
    return Shock(tariffs=np.clip(rates, 0.0, None))


def unchanged_tariffs(at: Setting, draws: int) -> Shock:
    """Every tariff as it was: what a scenario without channels asks for."""
    return Shock(tariffs=np.repeat(at.laid[None], draws, axis=0))
