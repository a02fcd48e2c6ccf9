"""Claims of what changed: before and after, against comparators (grade C), and the years after 2019, apart.

Side: the sign of the difference from the comparators' mean, times what a rise means (a fall that everybody shared is
not the union's); context with fewer than three comparators, and where the difference from the comparators' median, or
that from the mean of the nearest pool, has the other sign. The page prints this rule.
Years after 2019 are context by rule.
"""

from __future__ import annotations

import math

from ...compare import BeforeAfter
from ...compare.checks import FEW
from ...impact.curve.grid import default_grid
from ...results import Check, Provenance
from ..gather.content import GDP_USD, Content
from .claim import Claim, Side, failed_words, load_call, load_claim_rules, meaning, side_of, state, years


def before_after_claims(content: Content) -> list[Claim]:
    """A claim per outcome of the unit that has both windows and comparators."""
    found = {section.outcome: section for section in content.sections}
    made = []
    for name in load_claim_rules().reported["unit"]:
        section = found.get(name)
        if section is None or section.narrow is None or not comparable(section.narrow):
            continue
        made.append(_change(section.narrow, name, f"fared.{name}.before_after", content.source, section.wide))
    return made


def plain_claims(content: Content) -> list[Claim]:
    """What a share of GDP hides: the same trade in dollars compared with GDP in dollars, and when its fall began."""
    made = []
    trade, gdp = (content.dollars.get(name) for name in ("trade_usd", GDP_USD))
    if trade is not None and gdp is not None and trade.treated["available"] and gdp.treated["available"]:
        made.append(_dollars(trade, gdp, content))
    section = next((s for s in content.sections if s.outcome == "trade"), None)
    if section is not None and section.narrow is not None and section.narrow.treated["available"]:
        made += _peak(section.narrow, content)
    return made


def _dollars(trade: BeforeAfter, gdp: BeforeAfter, content: Content) -> Claim:
    change, grown = float(trade.treated["change"]), float(gdp.treated["change"])
    spec = trade.windows
    where = "" if content.source == "pinned" else f", source={content.source!r}"
    return state(
        "fared.trade.dollars",
        change,
        "per cent",
        f"(lambda t, g: 100 * ((t * g).loc[{spec.after[0]}:{spec.after[1]}].mean() / "
        f"(t * g).loc[{spec.before[0]}:{spec.before[1]}].mean() - 1))(*(ea.load_panel(['NE.TRD.GNFS.ZS', "
        f"'NY.GDP.MKTP.CD']{where}).wide(c)[{content.unit!r}] for c in ('NE.TRD.GNFS.ZS', 'NY.GDP.MKTP.CD')))",
        trade.provenance,
        template="plain.dollars_fell" if change < 0 < grown else "plain.dollars",
        values={
            "change": change,
            "gdp": grown,
            "before": float(trade.treated["mean_before"]),
            "after": float(trade.treated["mean_after"]),
            **years("before", spec.before),
            **years("after", spec.after),
        },
        words={"economy": f"economy.{content.unit}"},
        question="fared",
        caveat="plain_dollars",
        would_change="plain",
    )


def _peak(result: BeforeAfter, content: Content) -> list[Claim]:
    """When trade over GDP was highest before the event, and how far it had fallen by the year before it."""
    own = result.observed[result.unit].dropna()
    before = own.loc[result.windows.before[0] : result.windows.before[1]]
    if len(before) < 2:
        return []
    top, last = int(before.index[int(before.to_numpy().argmax())]), int(before.index[-1])
    if top == last:
        return []
    fall = float(before.loc[last] - before.loc[top])
    event = result.windows.event
    load = load_call(["trade"], content.source)
    return [
        state(
            "fared.trade.peak",
            fall,
            "percentage points",
            f"(lambda t: t.loc[{last}] - t.loc[{top}])({load}.with_outcome('trade').wide('trade')[{content.unit!r}])",
            result.provenance,
            template="plain.peak",
            values={
                "peak": float(before.loc[top]),
                "at": float(top),
                "value": float(before.loc[last]),
                "last": float(last),
                "fall": fall,
                "event": float(event),
                "then": float(own.get(event, math.nan)),
            },
            words={"economy": f"economy.{content.unit}", "unit": f"unit.{result.outcome.unit}"},
            question="fared",
            caveat="plain_peak",
            would_change="plain",
        )
    ]


def member_claims(content: Content) -> list[Claim]:
    """The other members, each around the first stage that it joined (data/tables/impact.toml says why)."""
    made = []
    first: dict[str, str] = {}
    for unit, event, _ in content.members.results:
        first[unit] = min(event, first.get(unit, event))
    for (unit, event, outcome), result in content.members.results.items():
        if unit == content.unit or event != first[unit] or outcome not in load_claim_rules().reported["members"]:
            continue
        if comparable(result):
            made.append(_change(result, outcome, f"members.{unit}.{outcome}", content.source))
    return made


def rerouting_claims(content: Content) -> list[Claim]:
    """The years after settings.LAST_CLEAN_YEAR, which are no measure of membership."""
    found = {section.outcome: section.narrow for section in content.sections}
    return [
        _latest(result, name, content.source)
        for name in load_claim_rules().reported["latest"]
        if (result := found.get(name)) is not None and result.windows.latest and result.treated["to_latest_years"]
    ]


def comparable(result: BeforeAfter) -> bool:
    """Whether the unit and at least one comparator have both windows."""
    return bool(result.treated["available"]) and result.difference is not None


def _change(result: BeforeAfter, outcome: str, name: str, source: str, wide: BeforeAfter | None = None) -> Claim:
    row, gap, spec = result.treated, result.difference, result.windows
    if gap is None:
        raise AssertionError("a claim of change is made of comparable results")
    failed = failed_words(result.checks)
    moved = "rose" if row["change"] >= 0 else "fell"
    return state(
        name,
        float(row["change"]),
        result.change_measure,
        f"{_call(result, outcome, source)}.estimate",
        _provenance(result),
        kind="compared",
        template=f"before_after.{moved}{'_unclear' if failed else ''}",
        question="fared",
        side=_side(result, wide, outcome),
        values={
            "before": float(row["mean_before"]),
            "after": float(row["mean_after"]),
            "change": float(row["change"]),
            "event": float(spec.event),
            "left_out": float(result.observed[result.unit].get(spec.event, math.nan)),
            "comparators": float(gap.test.n - 1),
            "economies": float(gap.test.n),
            "comparators_mean": gap.mean,
            "median": gap.median,
            "least": gap.spread[0],
            "most": gap.spread[1],
            "without_low": gap.without_one[0],
            "without_high": gap.without_one[1],
            "difference": gap.versus_mean,
            "p": gap.test.p_two_sided,
            "floor": gap.test.floor,
            **years("before", spec.before),
            **years("after", spec.after),
        },
        words={
            "economy": f"economy.{result.unit}",
            "outcome": f"outcome.{outcome}",
            "unit": f"unit.{result.outcome.unit}",
            "change_unit": f"unit.{result.change_measure}",
            "pool": "pool.rouble" if gap.test.n > 2 else "pool.rouble_one",
            "failed": failed,
        },
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        level=result.level,
        checks=(*result.checks, *_wide_check(wide)),
        caveat=_caveat(spec.before, spec.after),
        would_change="before_after",
        figure=outcome if name.startswith("fared.") else "",
    )


def _latest(result: BeforeAfter, outcome: str, source: str) -> Claim:
    row, spec = result.treated, result.windows
    if spec.latest is None:
        raise AssertionError("a claim of the latest years is made of results that have them")
    change = float(row["to_latest_change"])
    return state(
        f"rerouting.{outcome}.latest",
        change,
        result.change_measure,
        f"{_call(result, outcome, source)}.treated['to_latest_change']",
        Provenance(_provenance(result).series, "mean of the latest years against the mean before the event"),
        template=f"latest.{'higher' if change >= 0 else 'lower'}",
        rest="latest",
        values={"change": change, **years("before", spec.before), **years("latest", spec.latest)},
        words={
            "economy": f"economy.{result.unit}",
            "outcome": f"outcome.{outcome}",
            "change_unit": f"unit.{result.change_measure}",
        },
        checks=result.checks,
        figure=outcome,
    )


def _caveat(before: tuple[int, int], after: tuple[int, int]) -> str:
    """What else happened in the years compared: the fall of the rouble of 2014-15, or the crisis of 2008-09."""
    first, last = default_grid().shock_years[0], default_grid().shock_years[-1]
    return "before_after" if before[0] < first and last <= after[1] else "before_after_crisis"


def _side(result: BeforeAfter, wide: BeforeAfter | None, outcome: str) -> Side:
    """The difference's sign by its meaning; context with few comparators, or where median or nearest pool disagree."""
    gap, other = result.difference, wide.difference if wide is not None else None
    if gap is None or gap.test.n - 1 < FEW or gap.versus_median * gap.versus_mean <= 0:
        return "context"
    if other is not None and other.versus_mean * gap.versus_mean <= 0:
        return "context"
    return side_of(gap.versus_mean, meaning(outcome))


def _wide_check(result: BeforeAfter | None) -> tuple[Check, ...]:
    """What the matched pool says of the same outcome; it informs."""
    gap = result.difference if result is not None else None
    if result is None or gap is None:
        return ()
    alpha = 1 - result.level
    text = (
        f"against the {gap.test.n - 1} nearest economies the difference is {gap.versus_mean:+.1f} {gap.measure}, "
        f"p = {gap.test.p_two_sided:.2f}"
    )
    return (Check("matched pool", None, gap.test.p_two_sided, alpha, text),)


def _provenance(result: BeforeAfter) -> Provenance:
    return Provenance(tuple(result.outcome.origins()), result.provenance.method, result.provenance.reference)


def _call(result: BeforeAfter, outcome: str, source: str) -> str:
    return (
        f"ea.before_after({load_call([outcome], source)}, {outcome!r}, {result.unit!r}, {result.spec['event']!r}, "
        f"bloc={result.spec.get('bloc')!r})"
    )
