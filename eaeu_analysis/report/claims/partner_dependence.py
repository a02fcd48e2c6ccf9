"""Claims of leaning: with whom Uzbekistan trades and since when, and what its dates say (grade C).

Shares are those of its own annual table; their change is counted from 2009, the last year before the customs union, and
on the partners that the table has in both years.
Side of a change: its sign times what nearness to that partner means; a level alone, and a date, are context.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from ...reference.blocs import timeline
from ...results import Provenance
from ...series import SeriesInfo
from ...trade.partners.own_reports import members_of, share_change
from .claim import Claim, meaning, side_of, state

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...trade.partners.exposure import Exposure

BASE = 2009  # the last year before the customs union
SHARES = (
    ("EAEU", "exports"),
    ("EAEU", "imports"),
    ("RUS", "exports"),
    ("RUS", "imports"),
    ("China", "exports"),
    ("China", "imports"),
)
EVENTS = {
    "observer": ("UZB", "becomes an observer"),
    "stays": ("UZB", "stays an observer"),
    "wto": ("UZB", "WTO negotiations closed"),
    "free_trade": ("UZB", "CIS free trade treaty"),
}


def partner_dependence_claims(found: Exposure, panel: Panel | None = None) -> list[Claim]:
    """Shares of partners and how they moved, dates, remittances."""
    made = [claim for partner, flow in SHARES for claim in _share(found, partner, flow)]
    made += [claim for name in EVENTS for claim in _date(name)]
    return made + (_remittances(panel) if panel is not None else [])


def _share(found: Exposure, partner: str, flow: str) -> list[Claim]:
    rows = found.over_time[found.over_time["partner"] == partner].set_index("year")[f"{flow}_share"].dropna()
    if BASE not in rows.index or rows.index[-1] <= BASE:
        return []
    last = int(rows.index[-1])
    found_change = share_change("UZB", partner, flow, BASE, last)
    then, now, left = found_change.then, found_change.now, found_change.left_out
    nearness = "outsider_exposure" if partner == "China" else "exposure"
    word = f"{partner}_less_{'_'.join(left)}" if set(left) & set(members_of(partner)) else partner
    return [
        state(
            f"leaning.{flow}.{partner}",
            "descriptive",
            f"leaning.share_{'up' if now > then else 'down'}",
            now - then,
            "percentage points",
            "from eaeu_analysis.trade.partners.own_reports import share_change; "
            f"(lambda c: c.now - c.then)(share_change('UZB', {partner!r}, {flow!r}, {BASE}, {last}))",
            found.provenance,
            values={
                "then": then,
                "now": now,
                "change": now - then,
                "first": float(BASE),
                "last": float(last),
            },
            words={"partner": f"partner.{word}", "flow": f"flow.{flow}", "economy": "economy.UZB"},
            side=side_of(now - then, meaning(nearness)),
            checks=found.checks,
            caveat="leaning_share_missing" if left else "leaning_share",
            would_change="leaning_share",
        )
    ]


def _date(name: str) -> list[Claim]:
    about, fragment = EVENTS[name]
    table = timeline()
    rows = table[(table["about"] == about) & table["event"].str.contains(fragment, regex=False)]
    if rows.empty:
        return []
    row = rows.iloc[0]
    day: dt.date = row["date"]
    exact = row["precision"] == "day"
    info = SeriesInfo(code="tables/timeline", label=str(row["event"]), source=str(row["source"]), unit="date")
    return [
        state(
            f"leaning.timeline.{name}",
            "descriptive",
            f"timeline.{name}",
            float(day.year),
            "year",
            "from eaeu_analysis.reference.blocs import timeline; "
            f"timeline().query(\"event == {str(row['event'])!r}\")['date'].iloc[0].year",
            Provenance((info,), "table of dates, each with its source"),
            values={},
            words={"date": f"{'date' if exact else 'month'}.{day.isoformat()}"},
            caveat=f"confidence_{row['confidence']}",
            would_change="timeline",
        )
    ]


def _remittances(panel: Panel) -> list[Claim]:
    """What share of its GDP comes from migrants, beside Kyrgyzstan's, in the last year that both have."""
    panel = panel.with_outcome("remittances")
    wide = panel.wide("remittances")
    if not {"UZB", "KGZ"} <= set(wide.columns):
        return []
    both = wide[["UZB", "KGZ"]].dropna()
    year = int(both.index[-1])
    own, member = (float(value) for value in both.iloc[-1].to_numpy(dtype=float))
    info = panel.info("remittances")
    return [
        state(
            "leaning.remittances.UZB",
            "descriptive",
            "leaning.remittances",
            own,
            info.unit,
            f"ea.load_panel(['remittances']).with_outcome('remittances').wide('remittances').loc[{year}, 'UZB']",
            Provenance(info.derived_from or (info,), "remittances in dollars over GDP in dollars"),
            values={"own": own, "member": member, "year": float(year)},
            words={"economy": "economy.UZB", "other": "economy.KGZ"},
            side=side_of(own, meaning("migrants")),
            caveat="leaning_remittances",
            would_change="leaning_remittances",
        )
    ]
