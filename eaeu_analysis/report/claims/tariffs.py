"""Claims of tariffs and customs revenue: Uzbekistan's tariff against the common one, duties and their pool (C, D).

Averages are weighted by Uzbekistan's imports of 2025, so that what is bought counts; a tariff that keeps a good out
still weighs nothing. Side: a tariff that must rise is against joining, one that must fall is for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...reference.blocs import duty_share_periods, duty_shares, tariff_changes
from ...results import Provenance
from ...series import SeriesInfo
from .claim import Claim, meaning, side_of, state

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...trade.tariffs.gap import TariffGap

CHANGED = ("KGZ", "KAZ")  # members whose tariff before and after is known from a source
GDP = "NY.GDP.MKTP.CD"
POOL_YEAR = 2019  # the last year before the pandemic, and of one period of the shares


def tariff_claims(gap: TariffGap) -> list[Claim]:
    """The average, what rises and falls, the largest of each, what stays free of duty; and the members' own rise."""
    made = [_average(gap), _direction(gap, "rise"), _direction(gap, "fall"), _free(gap)]
    made += [_chapter(gap, "rise"), _chapter(gap, "fall")]
    return made + [claim for economy in CHANGED for claim in _published(economy)]


def revenue_claims(gap: TariffGap, panel: Panel | None) -> list[Claim]:
    """Duty at today's imports, the pool's shares, how far budgets live on the border."""
    made = [_duty(gap)]
    if panel is not None:
        made += [*_budget(panel), *_pool(panel)]
    return made


def _average(gap: TariffGap) -> Claim:
    table = gap.table.dropna(subset=["own", "new"])
    own, new = (float(np.average(table[c], weights=table["imports_usd"])) for c in ("own", "new"))
    return state(
        "tariffs.average",
        new - own,
        "percentage points",
        "(lambda t: ((t['new'] - t['own']) * t['imports_usd']).sum() / t['imports_usd'].sum())"
        "(ea.tariff_gap().table.dropna(subset=['own', 'new']))",
        gap.provenance,
        template=f"tariffs.average_{'up' if new > own else 'down'}",
        values={
            "own": own,
            "new": new,
            "change": new - own,
            "paid_own": float(gap.averages["own"]["as paid"]),
            "paid_new": float(gap.averages["new"]["as paid"]),
            "chapters": float(len(table)),
            "year": 2025,
        },
        side=side_of(new - own, meaning("tariff_rise")),
        checks=gap.checks,
    )


def _direction(gap: TariffGap, direction: str) -> Claim:
    row = gap.totals().loc[[direction]].iloc[0]
    share = 100 * float(row["share"])
    return state(
        f"tariffs.{direction}",
        share,
        "% of imports",
        f"100 * ea.tariff_gap().totals().loc[{direction!r}, 'share']",
        gap.provenance,
        values={"share": share, "chapters": float(row["chapters"]), "all": float(len(gap.table)), "year": 2025},
        side=side_of(share if direction == "rise" else -share, meaning("tariff_rise")),
        checks=gap.checks,
    )


def _chapter(gap: TariffGap, direction: str) -> Claim:
    """The chapter in which the change is worth most: change times imports."""
    rows = gap.table[gap.table["direction"] == direction]
    worth = (rows["change"] * rows["imports_usd"]).abs()
    code = str(worth.idxmax())
    row = rows.loc[[code]].iloc[0]
    return state(
        f"tariffs.most.{direction}",
        float(row["change"]),
        "percentage points",
        f"ea.tariff_gap().table.loc[{code!r}, 'change']",
        gap.provenance,
        template=f"tariffs.most_{direction}",
        values={
            "own": float(row["own"]),
            "new": float(row["new"]),
            "imports": float(row["imports_usd"]),
            "change": float(row["change"]),
            "year": 2025,
        },
        words={"chapter": f"chapter.{code}", "code": f"={code}"},
        side=side_of(float(row["change"]), meaning("tariff_rise")),
        checks=gap.checks,
    )


def _free(gap: TariffGap) -> Claim:
    partners = gap.partners
    share = 100 * float(partners.loc[~partners["changes"], "share"].sum())
    return state(
        "tariffs.free",
        share,
        "% of imports",
        "(lambda p: 100 * p.loc[~p['changes'], 'share'].sum())(ea.tariff_gap().partners)",
        gap.provenance,
        values={"share": share, "year": 2025, "partners": float((~partners["changes"]).sum())},
        side=side_of(share, meaning("duty_free")),
        checks=gap.checks,
    )


def _published(economy: str) -> list[Claim]:
    """The first row of the table of tariff changes that has both ends for this economy."""
    table = tariff_changes()
    rows = table[(table["economy"] == economy) & table["before"].notna() & table["after"].notna()]
    rows = rows[rows["confidence"] == "S"]
    if rows.empty:
        return []
    row = rows.iloc[0]
    change = float(row["after"] - row["before"])
    info = SeriesInfo(code="tables/tariff_changes", label=str(row["measure"]), unit="%", source=str(row["source"]))
    return [
        state(
            f"tariffs.law.{economy}",
            change,
            "percentage points",
            "from eaeu_analysis.reference.blocs import tariff_changes; (lambda t: (t['after'] - t['before']).iloc[0])"
            f"(tariff_changes().query(\"economy == {economy!r} and confidence == 'S'\")"
            ".dropna(subset=['before', 'after']))",
            Provenance((info,), "averages as published"),
            template="tariffs.law",
            values={"before": float(row["before"]), "after": float(row["after"]), "change": change},
            words={"economy": f"economy.{economy}", "measure": f"measure.{row['measure']}"},
            side=side_of(change, meaning("tariff_rise")),
            caveat="tariffs_law",
            would_change="published",
        )
    ]


def _duty(gap: TariffGap) -> Claim:
    """Duty at the common tariff less that at the present one, on imports that pay duty, as they are: a range."""
    low, high = gap.duty_range
    value = (low + high) / 2
    return state(
        "revenue.duty",
        value,
        "US$ a year",
        "sum(ea.tariff_gap().duty_range) / 2",
        gap.provenance,
        kind="model",
        template=f"revenue.duty_{'up' if value > 0 else 'down'}",
        values={"value": value, "low": low, "high": high, "year": 2025},
        side="context",  # who keeps it depends on a share of the pool that nobody has agreed
        checks=gap.checks,
        lower=low,
        upper=high,
        caveat="revenue_duty",
        would_change="revenue_duty",
    )


def _budget(panel: Panel) -> list[Claim]:
    """Taxes on trade in government revenue of Uzbekistan, in the first and in the last available year."""
    panel = panel.with_outcome("customs_duties")
    wide = panel.wide("customs_duties")
    info = panel.info("customs_duties")
    own = wide["UZB"].dropna() if "UZB" in wide else pd.Series(dtype=float)
    if len(own) < 2:
        return []
    years = [int(year) for year in own.index]
    levels = own.to_numpy(dtype=float)
    change = float(levels[-1] - levels[0])
    return [
        state(
            "revenue.budget",
            change,
            "percentage points",
            "(lambda s: s.iloc[-1] - s.iloc[0])(ea.load_panel(['customs_duties']).with_outcome('customs_duties')"
            ".wide('customs_duties')['UZB'].dropna())",
            Provenance(info.derived_from or (info,), "taxes on international trade over revenue"),
            values={
                "first": float(levels[0]),
                "first_year": float(years[0]),
                "last": float(levels[-1]),
                "last_year": float(years[-1]),
                "change": change,
            },
            words={"economy": "economy.UZB"},
            caveat="revenue_budget",
            would_change="revenue_budget",
        )
    ]


def _pool(panel: Panel) -> list[Claim]:
    """Kyrgyzstan's share of the common duties against its share of the members' GDP."""
    shares = duty_shares(f"{POOL_YEAR}-07-01")
    if GDP not in panel.frame.columns:
        return []
    gdp = panel.wide(GDP).loc[[POOL_YEAR]].iloc[0].reindex(shares.index)
    if gdp.isna().any():
        return []
    weight = 100 * float(gdp["KGZ"] / gdp.sum())
    share = float(shares["KGZ"])
    periods = duty_share_periods()
    until = periods[[d.year <= POOL_YEAR for d in periods["since"]]]
    source = str(until["source"].iloc[-1])
    since = until.loc[(until["KGZ"] == share)[::-1].cummin()[::-1], "since"].iloc[0].year
    info = SeriesInfo(code="tables/duty_shares", label="shares of customs duties", unit="%", source=source)
    return [
        state(
            "revenue.pool",
            share - weight,
            "percentage points",
            "from eaeu_analysis.reference.blocs import duty_shares; "
            f"(lambda s, g: s['KGZ'] - 100 * g['KGZ'] / g.reindex(s.index).sum())(duty_shares('{POOL_YEAR}-07-01'), "
            f"ea.load_panel([{GDP!r}]).wide({GDP!r}).loc[{POOL_YEAR}])",
            Provenance((info, panel.info(GDP)), "share of the pool less share of GDP"),
            values={
                "share": share,
                "weight": weight,
                "change": share - weight,
                "year": float(POOL_YEAR),
                "since": float(since),
            },
            words={"economy": "economy.KGZ"},
            side=side_of(share - weight, meaning("pool_share")),
            caveat="revenue_pool",
            would_change="revenue_pool",
        )
    ]
