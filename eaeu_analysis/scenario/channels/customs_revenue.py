"""Own duties before; a share of what all members collect after.

Method. In a customs union the duties of all members go into one pool and come back by fixed shares. The pool is what
members collect at the common tariff on goods from outside in the baseline, and what the economy collects at its new
rates. What it receives beyond its own collection is income from abroad, paid by the members by their present shares;
where its own collection is larger it pays. Its own collection is in the tariff channel already, so nothing counts
twice. The share at which it receives what it collected before is the break-even share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...arrays import Array
from ...reference.blocs import duty_shares
from ..setting import Setting
from . import Shock
from .tariffs import own_duties


def pool(at: Setting, values: pd.DataFrame) -> Array:
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
    whole, before, after = pool(at, values), own_duties(at, values), own_duties(at, values, after=True)
    return np.asarray((share * (whole - after + before) - before) / (share * whole - after))


def shock(at: Setting, values: pd.DataFrame) -> Shock:
    """Income from abroad: the share of the pool less own collection at the new rates."""
    share = values["customs_revenue.share"].to_numpy() / 100
    whole, own_after = pool(at, values), own_duties(at, values, after=True)
    net = share * whole - own_after
    paid = {member: -net * part for member, part in member_shares(at).items()}
    before = own_duties(at, values)
    return Shock(
        transfers={at.economy: net, **paid},
        extra={"pool": whole, "pool_receipts": share * whole, "break_even_share": np.asarray(100 * before / whole)},
    )
