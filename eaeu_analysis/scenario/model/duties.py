"""Duties in law, duties collected, and the pool: how much of a tariff is paid, and who receives it.

The tariff of an economy times its imports is more than its customs collect. The share that is paid is what was
collected (``data/tables/duties_collected.toml``) over duties in law on the imports of the baseline; of members
together in the same way. Under the union the economy's own exemptions may end: ``tariffs.exemptions_end``.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...reference.blocs import bloc, duty_shares
from ...reference.catalogue import read_table, table_path
from .tariff_rates import Rates, by_chapter

if TYPE_CHECKING:
    from .setting import Setting


@cache
def duties_collected() -> pd.DataFrame:
    """The table of duties collected: year, who, what, value (million US$), source, confidence."""
    return pd.DataFrame(read_table(table_path("duties_collected"))["duties"])


def collected(who: str, year: int) -> tuple[float, float] | None:
    """Lowest and highest figure of the duties that ``who`` collected in ``year``, million US$; None without one."""
    table = duties_collected()
    rows = table[(table["who"] == who) & (table["year"] == year)]
    return None if rows.empty else (float(rows["value"].min()), float(rows["value"].max()))


def pool_of_members(year: int) -> tuple[float, float] | None:
    """Lowest and highest figure of what members share out: as published, and the sum of their budgets' own figures."""
    table = duties_collected()
    shared = collected("EAEU", year)
    if shared is None:
        return None
    rows = table[table["who"].isin(bloc("EAEU").members(on=f"{year}-12-31")) & (table["year"] == year)]
    ends = (*shared, float(rows["value"].sum()))
    return min(ends), max(ends)


def paid_share(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) share of the economy's duties in law that is paid before. Where the channel of tariffs is on, by what the
    scenario says (one where it says nothing); else by the table of duties collected, so that the world is the same."""
    name = "tariffs.collected"
    if name not in at.scenario.quantities():
        known = (
            None if at.scenario.on("tariffs") or not by_chapter(at.economy) else collected(at.economy, at.world.year)
        )
        return np.ones(len(values)) if known is None else (known[0] + known[1]) / 2 / own_in_law(at, values)
    return np.asarray(values[name].to_numpy() / own_in_law(at, values))


def own_in_law(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) duties on the imports of the baseline by the law before, million US$."""
    return _on_imports(at, at.law(values), 0)


def own_duties(at: Setting, values: pd.DataFrame, after: bool = False) -> Array:
    """(B,) duties paid on the imports of the baseline at the rates before or after, million US$."""
    return _on_imports(at, at.rates(values), int(after))


def _on_imports(at: Setting, found: Rates, when: int) -> Array:
    total = np.zeros(len(found.before))
    for k, exporter in enumerate(at.exporters):
        total += found.pair(at.regime_of(exporter))[when] @ at.imports[k] / 100
    return total


def members_paid_share(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) share of the members' duties in law that is collected; one where no figure is known."""
    law = sum(float(duties.sum()) for duties in at.member_duties().values())
    if "customs_revenue.pool" in at.scenario.quantities():
        return np.asarray(values["customs_revenue.pool"].to_numpy() / law)
    ends = pool_of_members(at.world.year) if at.common_tariff else None
    share = 1.0 if ends is None or law == 0 else (ends[0] + ends[1]) / 2 / law
    return np.full(len(values), share)


def paid(at: Setting, values: pd.DataFrame, law: Rates) -> Rates:
    """Rates as they are paid: before by the economy's own practice, after as far as its exemptions end."""
    before = paid_share(at, values)
    after = before
    if at.scenario.on("tariffs") and (values["tariffs.exemptions_end"] > 0).any():
        after = before + values["tariffs.exemptions_end"].to_numpy() * (members_paid_share(at, values) - before)
    return law.paid(before, after)


def members_duties(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) duties that the present members collect, million US$ a year at the baseline's trade."""
    return members_paid_share(at, values) * sum(float(duties.sum()) for duties in at.member_duties().values())


def share_of_pool(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) share of the pool: as negotiated for an economy that applies the whole tariff and collects it as members do,
    less what it keeps out of the pool by exemptions, as far as the share follows collection."""
    share = values["customs_revenue.share"].to_numpy() / 100
    follows = values["customs_revenue.follows"].to_numpy()
    if not (follows > 0).any():
        return np.asarray(share)
    brought = own_duties(at, values, after=True) / _in_full(at, values)
    return np.asarray(share * (1 + follows * (brought - 1)))


def _in_full(at: Setting, values: pd.DataFrame) -> Array:
    """(B,) what the economy would collect without exemptions from the rise of its tariff, and as members do."""
    whole = {"tariffs.exempt": 0.0, "tariffs.exemptions_end": 1.0}
    return own_duties(at, values.assign(**{k: v for k, v in whole.items() if k in values}), after=True)


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
    practice = float(members_paid_share(at, at.middle)[0])
    bring: dict[str, float] = {name: practice * float(duties.sum()) for name, duties in at.member_duties().items()}
    bring[at.economy] = float(_in_full(at, at.middle)[0])
    sizes: dict[str, Any] = {"collection": pd.Series(bring), "gdp": at.world.gdp, "people": people}
    rules = {}
    for name, size in sizes.items():
        members = size[list(at.members)]
        rules[name] = 100 * float(size[at.economy] / (members.sum() + size[at.economy]))
        if "KGZ" in at.members:
            multiple = member_shares(at)["KGZ"] / float(members["KGZ"] / members.sum())
            rules[f"as Kyrgyzstan, by {name}"] = multiple * rules[name]
    return pd.Series(rules, name="share")
