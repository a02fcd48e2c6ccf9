"""Claims of what changed: those of the pinned data as they are shipped, and the rules of their side at their limits."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace
from typing import Any

import pytest

import eaeu_analysis as ea
from eaeu_analysis.compare import BeforeAfter, before_after, compare_members
from eaeu_analysis.compare.windows import permutation
from eaeu_analysis.report.claims import before_after as made_by
from eaeu_analysis.report.claims.claim import Claim, load_claim_rules
from eaeu_analysis.report.claims.shipped import shipped_claims
from eaeu_analysis.report.gather.content import GDP_USD, TRADE_SHARE, Content, OutcomeSection
from eaeu_analysis.results import Check
from eaeu_analysis.series import SeriesInfo

EVENT, OUTCOMES = "2015-08-12", ("trade", "exports_per_head", "remittances", "gdp_per_head", "tariff")


@pytest.fixture(scope="module")
def panel() -> ea.Panel:
    return ea.load_panel([*OUTCOMES, TRADE_SHARE, GDP_USD])


@pytest.fixture(scope="module")
def content(panel: ea.Panel) -> Content:
    """What a report gathers of a few outcomes; the tariff of too few comparators among them."""
    sections = []
    for name in OUTCOMES:
        narrow = before_after(panel, name, "KGZ", EVENT, comparators="rouble", bloc="EAEU")
        wide = before_after(panel, name, "KGZ", EVENT, comparators="nearest", bloc="EAEU")
        sections.append(OutcomeSection(name, name, name, narrow, wide))
    info = SeriesInfo("trade_usd", "Trade (exports plus imports), US$", "US$", kind="level",
                      formula=f"{TRADE_SHARE} / 100 * {GDP_USD}",
                      derived_from=(panel.info(TRADE_SHARE), panel.info(GDP_USD)))  # fmt: skip
    more = panel.with_column("trade_usd", panel.column(TRADE_SHARE) / 100 * panel.column(GDP_USD), info)
    dollars = {name: before_after(more, name, "KGZ", EVENT, bloc="EAEU") for name in ("trade_usd", GDP_USD)}
    members = compare_members(panel, ["trade", "gdp_per_head", "remittances"], units=["ARM", "KAZ", "KGZ"])
    return Content("KGZ", "Kyrgyzstan", "EAEU", EVENT, tuple(sections), members, (), "pinned", dollars=dollars)


@pytest.fixture(scope="module")
def trade(content: Content) -> BeforeAfter:
    return content.sections[0].compared


def assert_same(claim: Claim, shipped: Claim) -> None:
    """Every field, numbers to a millionth."""
    for field in dataclasses.fields(Claim):
        own, kept = getattr(claim, field.name), getattr(shipped, field.name)
        if isinstance(own, float) or field.name == "values":
            assert own == pytest.approx(kept, rel=1e-6, nan_ok=True), (claim.id, field.name)
        elif field.name == "checks":
            assert [(c.name, c.passed, c.role) for c in own] == [(c.name, c.passed, c.role) for c in kept], claim.id
            for one, other in zip(own, kept, strict=True):
                assert one.text == other.text
                assert one.value == (None if other.value is None else pytest.approx(other.value, rel=1e-6))
        else:
            assert own == kept, (claim.id, field.name)


def test_the_claims_of_the_pinned_data_are_those_shipped(content: Content) -> None:
    shipped = {claim.id: claim for claim in shipped_claims()}
    made = [*made_by.before_after_claims(content), *made_by.plain_claims(content), *made_by.member_claims(content),
            *made_by.rerouting_claims(content)]  # fmt: skip
    assert [claim.id for claim in made] == [
        *(f"fared.{name}.before_after" for name in ("trade", "exports_per_head", "remittances", "gdp_per_head")),
        "fared.tariff.before_after",
        "fared.trade.dollars",
        "fared.trade.peak",
        *(f"members.{unit}.{name}" for unit in ("ARM", "KAZ") for name in ("trade", "gdp_per_head")),
        *(f"rerouting.{name}.latest" for name in ("trade", "exports_per_head", "remittances")),
    ]
    for claim in made:
        assert_same(claim, shipped[claim.id])


def test_an_outcome_without_a_comparison_is_left_out_and_the_next_is_not(content: Content, trade: BeforeAfter) -> None:
    alone = dataclasses.replace(trade, difference=None)
    short = dataclasses.replace(trade, table=trade.table.assign(available=False))
    rest = content.sections[1:]
    for narrow in (None, alone, short):
        first = OutcomeSection("trade", "", "", narrow, None, "no data")
        poorer = dataclasses.replace(content, sections=(first, *rest))
        names = [claim.id for claim in made_by.before_after_claims(poorer)]
        assert names[0] == "fared.exports_per_head.before_after"
        assert len(names) == 4
    assert made_by.comparable(trade) is True
    assert made_by.comparable(alone) is False
    assert made_by.comparable(short) is False


def test_members_are_compared_around_the_first_stage_that_they_joined(content: Content) -> None:
    results = dict(content.members.results)
    (unit, event, outcome), result = next(item for item in results.items() if item[0][0] == "ARM")
    assert (unit, outcome) == ("ARM", "trade")
    later, alone = ("ARM", "2999-01-01", "trade"), dataclasses.replace(result, difference=None)
    both = SimpleNamespace(results={later: result, **results, ("ARM", event, "trade"): alone})
    names = [claim.id for claim in made_by.member_claims(dataclasses.replace(content, members=both))]
    assert "members.ARM.trade" not in names  # of the later stage there is no claim, and of the first no comparison
    assert "members.ARM.gdp_per_head" in names
    assert not any("KGZ" in name or "remittances" in name for name in names)


def test_no_claim_of_late_years_without_them(content: Content, trade: BeforeAfter) -> None:
    first, *rest = content.sections
    spec = dataclasses.replace(trade.windows, latest=None)
    for narrow in (None, dataclasses.replace(trade, windows=spec),
                   dataclasses.replace(trade, table=trade.table.assign(to_latest_years=0))):  # fmt: skip
        sections = (dataclasses.replace(first, narrow=narrow), *rest)
        found = made_by.rerouting_claims(dataclasses.replace(content, sections=sections))
        assert [claim.id for claim in found] == ["rerouting.exports_per_head.latest", "rerouting.remittances.latest"]


# -- side ---------------------------------------------------------------------------------------------------
def gap(trade: BeforeAfter, mean: float, median: float, comparators: int = 3) -> BeforeAfter:
    """The same comparison with these differences from mean and median."""
    assert trade.difference is not None
    difference = dataclasses.replace(
        trade.difference, treated=10.0, mean=10.0 - mean, median=10.0 - median,
        test=permutation(mean, [0.0] * (comparators - 1) + [0.1]),
    )  # fmt: skip
    return dataclasses.replace(trade, difference=difference)


@pytest.mark.parametrize(
    ("mean", "median", "comparators", "wide", "side"),
    [
        (2.0, 1.0, 3, None, "for"),
        (-2.0, -1.0, 3, None, "against"),
        (2.0, 1.0, 2, None, "context"),  # two comparators are too few
        (2.0, -1.0, 3, None, "context"),  # the median disagrees
        (2.0, 0.0, 3, None, "context"),
        (0.0, 0.0, 3, None, "context"),
        (0.5, 0.5, 3, None, "for"),
        (2.0, 1.0, 3, 0.5, "for"),
        (2.0, 1.0, 3, -0.5, "context"),  # the nearest pool disagrees
        (2.0, 1.0, 3, 0.0, "context"),
        (-2.0, -1.0, 3, -0.5, "against"),
        (-2.0, -1.0, 3, 0.5, "context"),
        (0.5, 0.5, 3, 0.5, "for"),
    ],
)
def test_the_side_of_a_change(content, trade, mean, median, comparators, wide, side):
    narrow = gap(trade, mean, median, comparators)
    pool = None if wide is None else gap(trade, wide, -wide)
    claim = claim_of(content, narrow, pool)
    assert claim.side == side
    assert [check.name for check in claim.checks][len(trade.checks) :] == (["matched pool"] if pool else [])
    no_gap = dataclasses.replace(trade, difference=None)
    assert claim_of(content, narrow, no_gap).side == claim_of(content, narrow, None).side


def claim_of(content: Content, narrow: BeforeAfter, wide: BeforeAfter | None, outcome: str = "trade") -> Claim:
    sections = (OutcomeSection(outcome, "", "", narrow, wide),)
    return made_by.before_after_claims(dataclasses.replace(content, sections=sections))[0]


def test_the_side_is_that_of_what_a_rise_means(content, trade):
    meanings = load_claim_rules().meaning
    for outcome, sides in (("inflation", ("against", "for")), ("trade", ("for", "against"))):
        assert meanings[outcome] == (1 if outcome == "trade" else -1)
        found = tuple(claim_of(content, gap(trade, size, size), None, outcome).side for size in (1.0, -1.0))
        assert found == sides


def test_the_matched_pool_is_stated_and_not_judged(content, trade):
    check = claim_of(content, trade, gap(trade, 2.0, 2.0, 19)).checks[-1]
    assert (check.name, check.passed, check.value) == ("matched pool", None, 1 / 20)
    assert check.threshold == pytest.approx(0.1)
    assert "19 nearest" in check.text
    assert f"+2.0 {trade.change_measure}, p = 0.05" in check.text


# -- words --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("change", "failed", "template"),
    [
        (0.0, False, "before_after.rose"),
        (-0.1, False, "before_after.fell"),
        (3.0, True, "before_after.rose_unclear"),
        (-3.0, True, "before_after.fell_unclear"),
    ],
)
def test_the_sentence_follows_sign_and_checks(content, trade, change, failed, template):
    result = dataclasses.replace(
        trade, table=trade.table.assign(change=change), checks=(Check("contamination", not failed, None, None, ""),)
    )
    claim = claim_of(content, result, None)
    assert claim.template == template
    assert claim.words["failed"] == (("check.contamination",) if failed else ())
    assert claim.value == claim.values["change"] == change


@pytest.mark.parametrize(("comparators", "pool"), [(1, "pool.rouble_one"), (2, "pool.rouble"), (3, "pool.rouble")])
def test_one_comparator_is_not_told_as_several(content, trade, comparators, pool):
    claim = claim_of(content, gap(trade, 1.0, 1.0, comparators), None)
    assert claim.words["pool"] == pool
    assert (claim.values["comparators"], claim.values["economies"]) == (comparators, comparators + 1)


@pytest.mark.parametrize(
    ("before", "after", "caveat"),
    [
        ((2010, 2014), (2016, 2019), "before_after"),
        ((2014, 2014), (2015, 2016), "before_after_crisis"),
        ((2013, 2013), (2014, 2015), "before_after"),
        ((2013, 2013), (2014, 2014), "before_after_crisis"),
        ((2005, 2009), (2011, 2014), "before_after_crisis"),
    ],
)
def test_the_caveat_names_the_shock_of_the_years_compared(content, trade, before, after, caveat):
    spec = dataclasses.replace(trade.windows, before=before, after=after)
    claim = claim_of(content, dataclasses.replace(trade, windows=spec), None)
    assert claim.caveat == caveat
    assert [claim.values[f"{name}_{end}"] for name in ("before", "after") for end in ("first", "last")] == [
        *before,
        *after,
    ]


def test_a_year_without_a_value_is_missing_in_the_claim(content, trade):
    gone = dataclasses.replace(trade, observed=trade.observed.drop(index=2015))
    assert math.isnan(claim_of(content, gone, None).values["left_out"])
    peak = made_by.plain_claims(
        dataclasses.replace(content, dollars={}, sections=(OutcomeSection("trade", "", "", gone, None),))
    )
    assert math.isnan(peak[0].values["then"])


@pytest.mark.parametrize(("change", "template"), [(0.0, "latest.higher"), (1.0, "latest.higher"),
                                                  (-1.0, "latest.lower")])  # fmt: skip
def test_late_years_are_higher_or_lower(content, trade, change, template):
    later = dataclasses.replace(trade, table=trade.table.assign(to_latest_change=change))
    sections = (OutcomeSection("trade", "", "", later, None),)
    (claim,) = made_by.rerouting_claims(dataclasses.replace(content, sections=sections))
    assert (claim.template, claim.value, claim.side) == (template, change, "context")


# -- trade in dollars, and its peak -------------------------------------------------------------------------
def dollars(content: Content, trade_change: float, gdp_change: float, **more: Any) -> list[Claim]:
    changed = {
        name: dataclasses.replace(result, table=result.table.assign(change=change, **more))
        for (name, result), change in zip(content.dollars.items(), (trade_change, gdp_change), strict=True)
    }
    return made_by.plain_claims(dataclasses.replace(content, dollars=changed, sections=()))


@pytest.mark.parametrize(
    ("trade_change", "gdp_change", "template"),
    [
        (-1.0, 1.0, "plain.dollars_fell"),
        (-0.5, 0.5, "plain.dollars_fell"),
        (1.0, 2.0, "plain.dollars"),
        (-1.0, -2.0, "plain.dollars"),
        (0.0, 1.0, "plain.dollars"),
        (-1.0, 0.0, "plain.dollars"),
    ],
)
def test_trade_in_dollars_against_gdp_in_dollars(content, trade_change, gdp_change, template):
    (claim,) = dollars(content, trade_change, gdp_change)
    assert (claim.template, claim.value, claim.values["gdp"]) == (template, trade_change, gdp_change)


def test_no_claim_in_dollars_without_both_series(content):
    assert dollars(content, 1.0, 1.0, available=False) == []
    for name in content.dollars:
        poorer = dataclasses.replace(content, dollars={name: content.dollars[name]}, sections=())
        assert made_by.plain_claims(poorer) == []
    for off in content.dollars:
        result = content.dollars[off]
        away = {**content.dollars, off: dataclasses.replace(result, table=result.table.assign(available=False))}
        assert made_by.plain_claims(dataclasses.replace(content, dollars=away, sections=())) == []


def test_another_source_is_named_in_the_call(content, trade):
    live = dataclasses.replace(content, source="mine.csv", sections=(content.sections[0],))
    calls = [claim.call for claim in (*made_by.plain_claims(live), *made_by.before_after_claims(live),
                                      *made_by.rerouting_claims(live), *made_by.member_claims(live))]  # fmt: skip
    assert len(calls) == 8
    assert all(call.count("source='mine.csv')") == 1 for call in calls)


def peak(content: Content, trade: BeforeAfter, values: dict[int, float], **more: Any) -> list[Claim]:
    """The claim of the peak of these values before the event."""
    observed = trade.observed[["KGZ"]].reindex(list(values)).assign(KGZ=list(values.values()))
    result = dataclasses.replace(trade, observed=observed, table=trade.table.assign(**more))
    sections = (OutcomeSection("exports", "", "", None, None), OutcomeSection("trade", "", "", result, None))
    return made_by.plain_claims(dataclasses.replace(content, dollars={}, sections=sections))


def test_the_peak_of_trade_before_the_event(content, trade):
    values = {2009: 99.0, 2010: 50.0, 2011: 60.0, 2012: 55.0, 2013: math.nan, 2015: 40.0, 2016: 98.0}
    (claim,) = peak(content, trade, values)
    assert claim.values == {"peak": 60.0, "at": 2011.0, "value": 55.0, "last": 2012.0, "fall": -5.0, "event": 2015.0,
                            "then": 40.0}  # fmt: skip
    assert (claim.value, claim.measure, claim.side, claim.grade) == (-5.0, "percentage points", "context", "D")
    (two,) = peak(content, trade, {2013: 60.0, 2014: 55.0})
    assert two.values["at"] == 2013.0
    assert peak(content, trade, {2014: 60.0}) == []
    assert peak(content, trade, {2013: 50.0, 2014: 60.0}) == []  # it had not begun to fall
    assert peak(content, trade, values, available=False) == []
    missing = (OutcomeSection("trade", "", "", None, None),)
    assert made_by.plain_claims(dataclasses.replace(content, dollars={}, sections=missing)) == []
