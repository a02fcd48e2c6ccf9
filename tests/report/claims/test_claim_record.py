"""The record of a claim: grade and side by rule, texts from its keys, the same facts in every form."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from texts import numbers

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.claims import claim as record
from eaeu_analysis.report.claims.claim import (
    Claim,
    call,
    estimated,
    failed_words,
    grade_of,
    load_call,
    load_claim_rules,
    meaning,
    side_of,
    state,
    to_frame,
    way,
    with_age,
    years,
)
from eaeu_analysis.report.claims.shipped import shipped_claims
from eaeu_analysis.report.wording import templates
from eaeu_analysis.results import Check, Provenance
from eaeu_analysis.series import SeriesInfo

GOOD, BAD, INFO = (Check(name, passed, None, None, f"{name} check") for name, passed in (
    ("good", True), ("bad", False), ("info", None)
))  # fmt: skip
SERIES = SeriesInfo("NE.TRD.GNFS.ZS", "Trade", "% of GDP", source="World Bank", vintage="2026-04-08")
VALUES = {"latest_first": 2020, "latest_last": 2024, "change": -3.25, "before_first": 2010, "before_last": 2014}
WORDS = {"outcome": "=trade", "economy": "=Kyrgyzstan", "change_unit": "=percentage points"}


def made(**more: Any) -> Claim:
    """A claim as the makers state them."""
    given: dict[str, Any] = {
        "values": VALUES,
        "words": WORDS,
        "rest": "latest",
        "lower": -9.0,
        "upper": 2.5,
        "level": 0.9,
        "checks": (GOOD, BAD, INFO),
        "finding": "none",
        **more,
    }
    provenance = Provenance((SERIES, SERIES), "before and after", "after nobody", {})
    given = {"kind": "compared", "template": "latest.lower"} | given
    return state("fared.trade.latest", -3.25, "points", "ea.call().estimate", provenance, **given)


@pytest.mark.parametrize(
    ("kind", "p", "share", "checks", "grade"),
    [
        ("counterfactual", 0.05, 0.8, (GOOD, INFO), "A"),
        ("counterfactual", 0.10, 0.9, (GOOD,), "B"),  # below 0.1, not at it
        ("counterfactual", 0.05, 0.79, (GOOD,), "B"),
        ("counterfactual", 0.05, math.nan, (GOOD,), "B"),  # a share that nobody knows is no 80 %
        ("counterfactual", math.nan, 0.9, (GOOD,), "B"),
        ("counterfactual", 0.05, 0.9, (INFO,), "B"),  # no check was judged: never the best mark
        ("counterfactual", 0.05, 0.9, (), "B"),
        ("counterfactual", 0.05, 0.9, (GOOD, BAD), "X"),  # quoted as such, no evidence
        ("compared", 0.01, 1.0, (), "C"),
        ("descriptive", 0.01, 1.0, (), "D"),
        ("published", 0.01, 1.0, (), "E"),
        ("model", 0.01, 1.0, (), "F"),
    ],
)
def test_grades_follow_the_rule(kind: str, p: float, share: float, checks: tuple, grade: str) -> None:
    assert grade_of(kind, p, share, checks) == grade


def test_a_kind_of_evidence_that_is_not_known_is_refused() -> None:
    with pytest.raises(
        BadInputError, match="'hearsay' not known; known: counterfactual, compared, descriptive, published, model"
    ):
        grade_of("hearsay")


@pytest.mark.parametrize(
    ("value", "meaning", "side"),
    [
        (2, 1, "for"),
        (-2, 1, "against"),
        (2, -1, "against"),
        (-2, -1, "for"),
        (0.1, 2, "for"),
        (2, 0, "context"),
        (0, 1, "context"),
    ],
)
def test_the_side_is_the_sign_times_the_meaning(value: float, meaning: int, side: str) -> None:
    assert side_of(value, meaning) == side
    assert side_of(math.nan, meaning) == "context"


def test_a_claim_as_stated() -> None:
    claim = made()
    assert (claim.id, claim.topic, claim.template) == ("fared.trade.latest", "fared", "latest.lower")
    assert (claim.side, claim.grade) == ("context", "C")
    assert (claim.value, claim.measure, claim.lower, claim.upper, claim.level) == (-3.25, "points", -9.0, 2.5, 0.9)
    assert (claim.question, claim.caveat, claim.would_change) == ("latest", "latest", "latest")
    assert (claim.method, claim.reference, claim.call) == ("before and after", "after nobody", "ea.call().estimate")
    assert claim.checks == (GOOD, BAD, INFO)
    assert claim.failed == (BAD,)
    assert claim.values == VALUES
    assert all(isinstance(value, float) for value in claim.values.values())
    assert claim.sources == [SERIES.source_line()]
    assert made(side="for").side == "for"
    assert made(rest="", question="fared").caveat == "fared"
    assert made(caveat="counterfactual").caveat == "counterfactual"
    assert made(caveat="counterfactual").question == "latest"


@pytest.mark.parametrize(
    ("kind", "more", "grade"),
    [
        ("counterfactual", {"p_value": 0.05, "same_sign": 0.9, "checks": (GOOD,)}, "A"),
        ("counterfactual", {"p_value": 0.05, "same_sign": 0.9, "checks": ()}, "B"),
        ("counterfactual", {"p_value": 0.05, "same_sign": 0.9, "checks": (GOOD, BAD)}, "X"),
        ("counterfactual", {"same_sign": 0.9, "checks": ()}, "B"),
        ("counterfactual", {"p_value": 0.05, "checks": ()}, "B"),
        ("model", {}, "F"),
    ],
)
def test_its_grade_follows_from_what_it_is_given(kind: str, more: dict[str, Any], grade: str) -> None:
    provenance = Provenance((SERIES,), "m", "r", {})
    claim = state("a.b", 1.0, "points", "ea.x()", provenance, kind=kind, template="latest.lower", values={}, **more)
    assert claim.grade == grade
    assert claim.topic == claim.question == claim.caveat == claim.would_change == "a"


def test_its_texts_are_those_of_its_keys() -> None:
    claim = made()
    assert claim.sentence == claim.text() == claim.text("sentence", "en")
    assert claim.sentence.startswith("In 2020-2024,")
    assert "trade in Kyrgyzstan averaged 3.2 percentage points less than in 2010-2014" in claim.sentence
    assert claim.text("caveat").startswith("The years from 2020 on include the pandemic")
    assert claim.text("question") == "Are the changes after 2019 gains of membership?"
    assert claim.text("topic") == "How has the member fared?"
    assert claim.text("grade") == "a description with comparators"
    assert claim.text("side") == "context"
    assert claim.text("would_change")
    with pytest.raises(BadInputError, match="a claim has no 'value'; known: sentence, question, caveat, would_change"):
        claim.text("value")
    with pytest.raises(BadInputError, match="'kk'"):
        claim.text("sentence", "kk")


def test_the_document_holds_all_of_it() -> None:
    claim = made(upper=math.inf)
    assert claim.document() == {
        **{part: claim.text(part) for part in ("sentence", "question", "caveat", "would_change")},
        "id": "fared.trade.latest",
        "topic": "fared",
        "side": "context",
        "grade": "C",
        "finding": "none",
        "value": -3.25,
        "unit": "points",
        "interval": [-9.0, None],
        "level": 0.9,
        "values": VALUES,
        "checks": [{"name": c.name, "role": c.role, "passed": c.passed, "text": c.text} for c in (GOOD, BAD, INFO)],
        "sources": claim.sources,
        "method": "before and after",
        "reference": "after nobody",
        "call": "ea.call().estimate",
        "template": "latest.lower",
    }
    with pytest.raises(BadInputError, match="'kk'"):
        claim.document("kk")


def test_the_table_has_a_row_for_each() -> None:
    claim, other = made(), dataclasses.replace(made(), id="fared.trade.other", checks=(BAD, BAD))
    table = to_frame([claim, other])
    first = table.iloc[0].to_dict()
    assert first == {
        "id": claim.id,
        "topic": "fared",
        "side": "context",
        "grade": "C",
        "sentence": claim.sentence,
        "value": -3.25,
        "unit": "points",
        "lower": -9.0,
        "upper": 2.5,
        "level": 0.9,
        "finding": "none",
        "failed": "bad",
        "caveat": claim.text("caveat"),
        "would_change": claim.text("would_change"),
        "sources": claim.sources[0],
        "call": "ea.call().estimate",
    }
    assert table["id"].tolist() == [claim.id, other.id]
    two = dataclasses.replace(claim, series=(SERIES, SERIES.with_(vintage="2026-06-29")))
    assert to_frame([two])["sources"].item() == "; ".join(two.sources)
    with pytest.raises(BadInputError, match="'kk'"):
        to_frame([claim], "kk")
    assert table["failed"].tolist() == ["bad", "bad, bad"]
    empty = to_frame([])
    assert empty.columns.tolist() == table.columns.tolist()
    assert len(empty) == 0


@pytest.mark.parametrize("missing", ["caveat", "would_change", "question", "call"])
def test_what_a_claim_must_not_lack(missing: str) -> None:
    with pytest.raises(BadInputError, match=f"claim 'fared.trade.latest' has no {missing.replace('_', ' ')}"):
        dataclasses.replace(made(), **{missing: ""})


@pytest.mark.parametrize("wrong", [{"side": "maybe"}, {"grade": "G"}])
def test_a_side_or_grade_that_is_not_known_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInputError, match="not known"):
        dataclasses.replace(made(), **wrong)


# -- estimates ----------------------------------------------------------------------------------------------
def effect(finding: str = "found", value: float = 2.0, good: str = "trade", **more: Any) -> Claim:
    """The claim of an estimate, as the makers state it."""
    given: dict[str, Any] = {"values": {"net": value, "p": 0.05}, "words": {"group": "=them"}, **more}
    provenance = Provenance((SERIES,), "gravity", "somebody", {})
    return estimated(
        "partners.step", "partners.higher", (value, value - 1.0, value + 1.5), 0.9, finding, (GOOD, BAD), "ea.x()",
        provenance, good=good, **given,
    )  # fmt: skip


def test_an_estimate_as_a_claim() -> None:
    claim = effect()
    assert (claim.id, claim.topic, claim.template, claim.grade) == ("partners.step", "partners", "partners.higher", "X")
    assert (claim.value, claim.lower, claim.upper, claim.level) == (2.0, 1.0, 3.5, 0.9)
    assert list(claim.values.items()) == [("net", 2.0), ("lower", 1.0), ("upper", 3.5), ("p", 0.05),
                                          ("level_percent", 90.0)]  # fmt: skip
    assert claim.words == {"failed": ("check.bad",), "group": "=them"}
    assert (claim.finding, claim.measure, claim.slow, claim.checks) == ("found", "per cent", True, (GOOD, BAD))
    assert (claim.call, claim.method, claim.reference) == ("ea.x()", "gravity", "somebody")
    assert claim.series == (SERIES,)
    other = effect(measure="log points", slow=False, words={"failed": ()}, caveat="partners_pair")
    assert (other.measure, other.slow, other.words, other.caveat) == ("log points", False, {"failed": ()},
                                                                      "partners_pair")  # fmt: skip


@pytest.mark.parametrize(
    ("finding", "value", "good", "side"),
    [
        ("found", 2.0, "trade", "for"),
        ("found", -2.0, "trade", "against"),
        ("found", 2.0, "inflation", "against"),
        ("found", 2.0, "imports", "context"),
        ("none", 2.0, "trade", "context"),
        ("fragile", 2.0, "trade", "context"),
        ("unreliable", 2.0, "trade", "context"),
    ],
)
def test_only_an_effect_that_was_found_has_a_side(finding: str, value: float, good: str, side: str) -> None:
    assert effect(finding, value, good).side == side


@pytest.mark.parametrize(
    ("finding", "value", "end"),
    [("found", 0.5, "higher"), ("found", -0.5, "lower"), ("found", 0.0, "lower"), ("none", 1.0, "none"),
     ("fragile", -1.0, "fragile")],
)  # fmt: skip
def test_which_way_an_effect_went(finding: str, value: float, end: str) -> None:
    assert way(finding, value) == end


# -- rules that all claims share ----------------------------------------------------------------------------
def test_what_a_rise_means_is_looked_up() -> None:
    assert (meaning("trade"), meaning("inflation"), meaning("imports")) == (1, -1, 0)
    with pytest.raises(BadInputError, match=r"claims\.toml does not state what a rise of 'happiness' means$"):
        meaning("happiness")


def test_failed_checks_are_named_once() -> None:
    assert failed_words((GOOD, BAD, INFO, BAD)) == ("check.bad",)
    assert failed_words(()) == ()


def test_calls_as_text() -> None:
    assert load_call(["trade", "fdi"], "pinned") == "ea.load_panel(['trade', 'fdi'])"
    assert load_call(iter(["trade"]), "my file.csv") == "ea.load_panel(['trade'], source='my file.csv')"
    assert call("ea.f", "a", 2, at=None, level=0.9) == "ea.f('a', 2, at=None, level=0.9)"
    assert call("ea.f") == "ea.f()"
    assert years("after", (2016, 2019)) == {"after_first": 2016.0, "after_last": 2019.0}


def stale(year: float, newest: int, template: str = "") -> tuple[Claim, Claim]:
    """A claim on how things are in ``year``, and the same with its age."""
    template = template or next(iter(load_claim_rules().stale_figures))
    field = load_claim_rules().stale_figures.get(template, "year")
    claim = dataclasses.replace(made(), template=template, values={field: year})
    return claim, with_age(claim, newest)


@pytest.mark.parametrize("over", [0, 1])
def test_a_figure_is_stale_after_the_years_that_are_allowed(over: int) -> None:
    allowed = load_claim_rules().stale_years
    claim, aged = stale(2020.0, 2020 + allowed + over)
    assert aged == dataclasses.replace(claim, checks=aged.checks)
    *before, check = aged.checks
    assert tuple(before) == claim.checks
    assert (check.name, check.passed, check.role) == ("stale", not over, "warning")
    assert (check.value, check.threshold) == (allowed + over, allowed)
    assert numbers(check.text) == ["2020", str(allowed + over), str(allowed)]
    assert stale(2019.6, 2020 + allowed + over)[1].checks[-1].value == allowed + over


def test_a_claim_of_years_that_are_over_is_never_stale() -> None:
    claim, aged = stale(1990.0, 2026, "latest.lower")
    assert aged is claim
    claim, aged = stale(math.nan, 2026)
    assert aged is claim


def test_a_meaning_that_is_no_sign_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = {"meaning": {"trade": {"sign": 2, "why": "more"}}}
    monkeypatch.setattr(record, "read_table", lambda path: raw)
    with pytest.raises(BadInputError, match="meaning of 'trade': sign 2, expected -1, 0 or 1"):
        load_claim_rules.__wrapped__()


def test_the_caveat_names_the_failed_checks() -> None:
    claim = made(words={**WORDS, "failed": ("=contamination", "=drift")})
    plain = made()
    assert claim.sentence == plain.sentence
    caveat = claim.text("caveat")
    assert caveat.startswith(plain.text("caveat") + " ")
    assert "contamination" in caveat
    assert "drift" in caveat
    assert made(words={**WORDS, "failed": ()}).text("caveat") == plain.text("caveat")
    assert claim.text("would_change") == plain.text("would_change")


def test_what_is_not_supported_is_quoted_with_what_refutes_it() -> None:
    shipped = {claim.id: claim for claim in shipped_claims()}
    claim = dataclasses.replace(shipped["unsupported.union_doubled_trade"])  # of its own, without kept texts
    heard = templates.find_language("en").tables["heard"]["union_doubled_trade"]
    why = dataclasses.replace(claim, topic="partners").sentence
    assert claim.sentence.startswith("Not supported")
    assert heard in claim.sentence
    assert claim.sentence.endswith(why)
    assert len(claim.sentence) > len(why) + len(heard)
    assert "Not supported" not in claim.text("caveat")
