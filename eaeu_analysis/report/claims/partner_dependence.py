"""Claims of leaning: with whom Uzbekistan trades and since when, and what its dates say (grade C).

Shares are those of its own annual table; their trend is counted from 2009, the last year before the customs union, and
on the partners that the table has in the first and the last year.
Side of a change: the sign of the trend times what nearness to that partner means; a level alone, and a date, are
context.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ...reference.blocs import timeline
from ...results import Provenance
from ...series import SeriesInfo
from ...trade.partners.own_reports import Side as Flow
from ...trade.partners.own_reports import direction_checks, members_of, share_change
from .claim import Claim, Kind, Side, meaning, side_of, state

if TYPE_CHECKING:
    from ...data.panel import Panel
    from ...trade.partners.exposure import Exposure

BASE = 2009  # the last year before the customs union
GOLD = "without gold"  # the check that a share has the same direction without the buyers of gold
DIRECTION = ("first and last year", "other first years", "same partners", GOLD)  # checks of the sign of a trend
SHARES: tuple[tuple[str, Flow], ...] = (
    ("EAEU", "exports"),
    ("EAEU", "imports"),
    ("RUS", "exports"),
    ("RUS", "imports"),
    ("China", "exports"),
    ("China", "imports"),
)
MEMBER, YEARS_SHOWN = "KGZ", 3  # compared with Uzbekistan; years of its remittances in the sentence
ESTIMATE, GDP = "BX.TRF.PWKR.CD.DT.ESTIMATE", "NY.GDP.MKTP.CD"
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


def _share(found: Exposure, partner: str, flow: Flow) -> list[Claim]:
    rows = found.over_time[found.over_time["partner"] == partner].set_index("year")[f"{flow}_share"].dropna()
    if BASE not in rows.index or rows.index[-1] <= BASE:
        return []
    last = int(rows.index[-1])
    change = share_change("UZB", partner, flow, BASE, last)
    left, shares = change.left_out, change.shares
    values = {
        "then": change.then,
        "now": change.now,
        "change": change.now - change.then,
        "trend": change.trend,
        "first": float(BASE),
        "last": float(last),
        "low": float(shares.min()),
        "high": float(shares.max()),
        "high_year": float(str(shares.idxmax())),
    }
    if flow == "exports":
        plain = share_change("UZB", partner, flow, BASE, last, gold=False)
        values |= {"gold_then": plain.then, "gold_now": plain.now}
    nearness = "outsider_exposure" if partner == "China" else "exposure"
    word = f"{partner}_less_{'_'.join(left)}" if set(left) & set(members_of(partner)) else partner
    return [
        state(
            f"leaning.{flow}.{partner}",
            change.trend,
            "percentage points",
            "from eaeu_analysis.trade.partners.own_reports import share_change; "
            f"share_change('UZB', {partner!r}, {flow!r}, {BASE}, {last}).trend",
            found.provenance,
            template=f"leaning.share_{'up' if change.trend > 0 else 'down'}",
            values=values,
            words={"partner": f"partner.{word}", "flow": f"flow.{flow}", "economy": "economy.UZB"},
            side=side_of(change.trend, meaning(nearness)),
            checks=(*found.checks, *direction_checks("UZB", partner, flow, BASE, last)),
            caveat="leaning_share_missing" if left else "leaning_share",
            would_change="leaning_share",
        )
    ]


def is_directed(claim: Claim) -> bool:
    """Whether the share moved one way on every basis that was checked."""
    return not any(check.name in DIRECTION for check in claim.failed)


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
            float(day.year),
            "year",
            "from eaeu_analysis.reference.blocs import timeline; "
            f"timeline().query(\"event == {str(row['event'])!r}\")['date'].iloc[0].year",
            Provenance((info,), "table of dates, each with its source"),
            template=f"timeline.{name}",
            values={},
            words={"date": f"{'date' if exact else 'month'}.{day.isoformat()}"},
            caveat=f"confidence_{row['confidence']}",
            would_change="timeline",
        )
    ]


def _remittances(panel: Panel) -> list[Claim]:
    """What share of its GDP comes from migrants, in its newest year; a member's, in its own; and a withdrawn estimate.

    Each is a sentence of its own, since the newest years differ.
    """
    panel = panel.with_outcome("remittances")
    wide = panel.wide("remittances")
    if not {"UZB", MEMBER} <= set(wide.columns):
        return []
    own, member = wide["UZB"].dropna(), wide[MEMBER].dropna()
    made = []
    if len(own) >= YEARS_SHOWN:
        (earlier, before, last) = own.iloc[-YEARS_SHOWN:].items()
        values = {"own": last[1], "year": last[0], "before": before[1], "before_year": before[0]}
        values |= {"earlier": earlier[1], "earlier_year": earlier[0]}
        side = side_of(float(last[1]), meaning("migrants"))
        made.append(_remittance_claim("UZB", "leaning.remittances", values, panel.info("remittances"), side=side))
    if len(member):
        values = {"own": member.iloc[-1], "year": member.index[-1]}
        made.append(_remittance_claim(MEMBER, "leaning.remittances_member", values, panel.info("remittances")))
        made += _withdrawn_estimate(int(member.index[-1]))
    return made


def _withdrawn_estimate(last: int) -> list[Claim]:
    """The newest withdrawn estimate of the member, where it is later than ``last``, the last reported year."""
    from ...data.load import load_panel

    panel = load_panel([ESTIMATE, GDP])
    share = (100 * panel.wide(ESTIMATE)[MEMBER] / panel.wide(GDP)[MEMBER]).dropna()
    if share.empty or int(share.index[-1]) <= last:
        return []
    info = SeriesInfo(
        code="remittances_estimate",
        label="Remittances received, withdrawn estimate, % of GDP",
        unit="% of GDP",
        derived_from=(panel.info(ESTIMATE), panel.info(GDP)),
    )
    values = {"own": share.iloc[-1], "year": share.index[-1]}
    call = (
        f"(lambda p: 100 * p.wide({ESTIMATE!r}).loc[{values['year']}, {MEMBER!r}] / "
        f"p.wide({GDP!r}).loc[{values['year']}, {MEMBER!r}])(ea.load_panel([{ESTIMATE!r}, {GDP!r}]))"
    )
    return [_remittance_claim(MEMBER, "leaning.remittances_estimate", values, info, kind="model", call=call)]


def _remittance_claim(
    economy: str,
    template: str,
    values: Mapping[str, float],
    info: SeriesInfo,
    *,
    kind: Kind = "descriptive",
    side: Side = "context",
    call: str = "",
) -> Claim:
    year = int(values["year"])
    key = template.replace(".", "_")
    name = f"{template.replace('_member', '').replace('_estimate', '')}.{economy}"
    return state(
        f"{name}.estimate" if kind == "model" else name,
        float(values["own"]),
        info.unit,
        call
        or f"ea.load_panel(['remittances']).with_outcome('remittances').wide('remittances').loc[{year}, {economy!r}]",
        Provenance(info.derived_from or (info,), "remittances in dollars over GDP in dollars"),
        kind=kind,
        template=template,
        values={key: float(number) for key, number in values.items()},
        words={"economy": f"economy.{economy}"},
        side=side,
        caveat=key,
        would_change="leaning_remittances",
    )
