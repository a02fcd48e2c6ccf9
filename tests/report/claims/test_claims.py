"""Claims: numbers from results, grades and sides by rule, nothing without its caveat, calls that give the number."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest

import eaeu_analysis as ea
from eaeu_analysis.data.freshness import data_as_of
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.claims.claim import Claim, load_claim_rules, to_frame
from eaeu_analysis.report.claims.points import is_point
from eaeu_analysis.report.topics import TOPICS
from eaeu_analysis.report.wording import templates


@pytest.fixture(scope="module")
def claims(all_claims: list[Claim]) -> list[Claim]:
    return all_claims


@pytest.fixture(scope="module")
def by_id(claims: list[Claim]) -> dict[str, Claim]:
    return {claim.id: claim for claim in claims}


def test_ids_are_unique_dotted_and_of_known_topics(claims: list[Claim]) -> None:
    ids = [claim.id for claim in claims]
    assert len(set(ids)) == len(ids)
    for claim in claims:
        assert re.fullmatch(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+", claim.id), claim.id
        assert claim.id.split(".")[0] == claim.topic
        assert claim.topic in TOPICS


def test_no_claim_without_caveat_source_method_and_what_would_change_it(claims: list[Claim]) -> None:
    for claim in claims:
        for part in ("sentence", "question", "caveat", "would_change"):
            assert claim.text(part).strip(), (claim.id, part)
            assert "{" not in claim.text(part)
        assert claim.sources, claim.id
        assert claim.method, claim.id
        assert math.isfinite(claim.value), claim.id


def test_no_number_is_typed_into_a_template() -> None:
    """Digits of a template stand inside its fields, or are one of the rule's own figures (0.1, 80 %, one of four)."""
    allowed = {"2015", "2021", "2019", "80", "0.1", "2022"}
    for table in ("claim", "caveat", "would_change", "question"):
        for key, text in templates.find_language("en").tables[table].items():
            bare = re.sub(r"\{[^}]*\}", "", text)
            assert set(re.findall(r"\d+(?:\.\d+)?", bare)) <= allowed, (table, key)


def test_a_claim_whose_check_failed_says_no_clear_effect(claims: list[Claim]) -> None:
    shown = [c for c in claims if c.failed and c.topic in ("fared", "members")]
    assert shown
    for claim in shown:
        assert any(w in claim.sentence for w in ("No clear effect", "No detectable effect", "Inconclusive")), claim.id
        assert claim.grade != "A"
        if claim.finding:
            assert claim.side == "context", claim.id


def test_the_side_of_a_change_is_that_of_its_difference_from_the_comparators(by_id: dict[str, Claim]) -> None:
    claim = by_id["fared.trade.before_after"]
    assert (claim.side, claim.grade) == ("against", "C")
    assert claim.values["difference"] < 0 < load_claim_rules().meaning["trade"]
    assert by_id["fared.tariff.before_after"].side == "context"  # one comparator has both windows


def test_tolerant_readers_get_a_table(claims: list[Claim]) -> None:
    table = to_frame(claims)
    assert list(table["id"]) == [claim.id for claim in claims]
    assert not table[["sentence", "caveat", "call"]].eq("").any(axis=None)


def test_an_unknown_topic_or_language_is_one_sentence(claims: list[Claim]) -> None:
    with pytest.raises(BadInputError, match=r"topic 'tarifs' not known; did you mean 'tariffs'\?"):
        ea.claims(topic="tarifs")
    with pytest.raises(BadInputError, match="language 'xx' not known"):
        claims[0].text("sentence", "xx")
    with pytest.raises(BadInputError, match="no 'headline'"):
        claims[0].text("headline")


def test_a_template_that_asks_for_a_number_that_is_not_there_is_refused(claims: list[Claim]) -> None:
    poorer = dataclasses.replace(claims[0], values={})
    with pytest.raises(BadInputError, match=r"asks for '\w+', which is not there"):
        _ = poorer.sentence


def again(call: str) -> float:
    """What the call of a claim gives: imports first, the last part is the value."""
    *before, last = call.split("; ")
    names: dict = {"ea": ea}
    exec("\n".join(before), names)  # noqa: S102 - our own call
    return float(eval(last, names))  # noqa: S307 - our own call


def test_the_call_of_a_claim_gives_its_value(claims: list[Claim]) -> None:
    done: dict[str, float] = {}
    for claim in claims:
        if not claim.slow:
            if claim.call not in done:
                done[claim.call] = again(claim.call)
            assert done[claim.call] == pytest.approx(claim.value, rel=1e-6), claim.id


@pytest.mark.slow
def test_the_slow_calls_give_their_values_too(claims: list[Claim]) -> None:
    first = {claim.topic: claim for claim in reversed(claims) if claim.slow}
    for claim in first.values():
        assert again(claim.call) == pytest.approx(claim.value, rel=1e-6), claim.id


def test_what_not_to_say_counts_for_neither_side_and_carries_the_number_that_refutes(by_id: dict[str, Claim]) -> None:
    heard = [claim for claim in by_id.values() if claim.topic == "unsupported"]
    assert len(heard) >= 6
    for claim in heard:
        assert claim.side == "context"
        assert claim.sentence.startswith("Not supported")
    doubled = by_id["unsupported.union_doubled_trade"]
    assert doubled.values["raw"] > 100 > doubled.values["net"]  # what is heard, and what is left of it


def test_a_sentence_that_the_data_come_to_support_is_no_longer_refuted(claims: list[Claim]) -> None:
    from eaeu_analysis.report.claims.published import unsupported_claims as unsupported

    turned = [
        dataclasses.replace(c, finding="found") if c.id == "fared.remittances.counterfactual" else c
        for c in claims
        if c.topic != "unsupported"
    ]
    names = {claim.id for claim in unsupported(turned)}
    assert "unsupported.remittances_raised" not in names
    assert "unsupported.trade_ruined" in names


def test_both_sides_are_heard(claims: list[Claim]) -> None:
    sides = [claim.side for claim in claims]
    assert sides.count("for") >= 5
    assert sides.count("against") >= 5


def test_a_published_finding_that_nobody_saw_is_refused() -> None:
    from eaeu_analysis.reference.catalogue import parse
    from eaeu_analysis.report.claims.published import Published
    from eaeu_analysis.report.claims.published import published_rows as table

    assert {row.confidence for row in table()} <= {"S", "S2"}
    row = {**vars(table()[0]), "confidence": "R"}
    with pytest.raises(BadInputError, match="'R' not known"):
        parse(Published, row, "published.toml, entry 'x'")


def test_every_published_number_stands_in_its_sentence() -> None:
    from eaeu_analysis.report.claims.published import published_rows as table

    for row in table():
        fields = re.findall(r"\{(\w+)", templates.find_language("en").template("claim", f"published.{row.name}"))
        assert set(fields) <= set(row.values), row.name
        assert row.value in fields, row.name


def test_kyrgyz_trade_with_the_union_is_shown_as_a_path_that_the_shipped_table_has() -> None:
    from eaeu_analysis.report.claims.published import published_rows as table

    row = next(row for row in table() if row.name == "kgz_eaeu_2016")
    members = ["RUS", "KAZ", "BLR", "ARM"]
    flows = ea.load_flows("kyrgyzstan_annual")
    inside = flows["exporter"].isin(members) | flows["importer"].isin(members)
    billions = flows[inside].groupby("year")["usd"].sum() / 1e9
    for value, year in (("before", "before_year"), ("low", "year"), ("later", "later_year"), ("last", "last_year")):
        assert row.values[value] == pytest.approx(billions[int(row.values[year])], abs=5e-4)


def test_a_topic_alone_asks_only_what_it_needs() -> None:
    found = ea.claims(topic="tariffs")
    assert {claim.topic for claim in found} == {"tariffs"}
    free = next(claim for claim in found if claim.id == "tariffs.free")
    assert free.side == "against"  # what is free of duty already cannot be gained


def test_the_present_code_agrees_with_the_accepted_claims(claims: list[Claim]) -> None:
    """``data/baseline.json``; when a change is right: eaeu report --check data/baseline.json --accept."""
    from eaeu_analysis.report.drift import baseline
    from eaeu_analysis.report.drift import changes as drift
    from eaeu_analysis.settings import data_dir

    old = baseline.read_baseline(data_dir() / "baseline.json")
    new = baseline.baseline_of(claims, {"unit": "KGZ", "bloc": "EAEU", "source": "pinned"}, "pinned")
    found = drift.compare_baselines(old, new, claims)
    assert not found.drifted, found.summary()
    assert found.revised.empty, found.summary()


def test_the_shipped_claims_are_those_of_the_pinned_data(claims: list[Claim]) -> None:
    """``data/results/claims.json``, which `eaeu check` reads; after a change: python scripts/pin_claims.py."""
    from eaeu_analysis.report.claims.shipped import claims_from_json, claims_to_json, shipped_claims

    shipped = shipped_claims()
    assert [claim.id for claim in shipped] == [claim.id for claim in claims]
    for old, new in zip(shipped, claims, strict=True):
        for name in ("grade", "side", "finding", "template", "measure", "words", "call"):
            assert getattr(old, name) == getattr(new, name), (old.id, name)
        assert old.values == pytest.approx(new.values, rel=1e-6, nan_ok=True), old.id
    assert claims_from_json(claims_to_json(shipped))[0].document() == shipped[0].document()


def test_the_pinned_curves_are_those_of_the_pinned_data(claims: list[Claim]) -> None:
    from eaeu_analysis.report.gather.curves import curves_for_source as curves
    from eaeu_analysis.report.gather.curves import curves_path as place
    from eaeu_analysis.report.gather.curves import read_curves as read

    held = read(place())
    assert {curve.outcome for curve in held} >= {"trade", "exports", "imports", "remittances", "gdp_per_head", "fdi"}
    used = curves("KGZ", "2015-08-12", [curve.outcome for curve in held])
    assert len(used) == len(held)  # fingerprints of the data and the choices agree
    for claim in claims:
        name = claim.id.split(".")[1]
        if claim.id.endswith(".counterfactual") and name in used:
            share = used[name].share(claim.value)
            assert claim.values["same_sign"] == pytest.approx(100 * share)
            assert 0 <= share <= 1


@pytest.mark.slow
def test_a_pinned_curve_comes_out_again() -> None:
    from eaeu_analysis.report.gather.curves import compute
    from eaeu_analysis.report.gather.curves import curves_path as place
    from eaeu_analysis.report.gather.curves import read_curves as read

    held = next(curve for curve in read(place()) if curve.outcome == "fdi")
    again = compute("fdi", held.unit, held.event)
    assert again.fingerprint == held.fingerprint
    assert again.specifications == held.specifications
    assert again.positive == pytest.approx(held.positive, abs=0.02)
    assert again.median == pytest.approx(held.median, abs=0.05)


def test_a_curve_of_other_data_is_not_used(tmp_path) -> None:
    from eaeu_analysis.report.gather.curves import curves_for_source as curves
    from eaeu_analysis.report.gather.curves import curves_path as place
    from eaeu_analysis.report.gather.curves import read_curves as read
    from eaeu_analysis.report.gather.curves import write_curves as write

    held = [dataclasses.replace(curve, fingerprint="0" * 64) for curve in read(place())]
    write(tmp_path / "c.json", held)
    assert curves("KGZ", "2015-08-12", ["fdi"], path=tmp_path / "c.json") == {}
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    with pytest.raises(BadInputError, match="not a file of specification curves"):
        read(tmp_path / "bad.json")


def test_money_from_migrants_is_of_the_newest_edition_each_number_with_its_year(claims: list[Claim]) -> None:
    """Uzbekistan 14.4 % of GDP in 2024, 13.8 in 2023, 17.2 in 2022, not the 18.6 of an older edition."""
    by_id = {claim.id: claim for claim in claims}
    own = by_id["leaning.remittances.UZB"]
    assert own.sentence == (
        "Remittances were 14.4 % of the GDP of Uzbekistan in 2024, after 13.8 % in 2023 and 17.2 % in 2022; workers "
        "from member states need no Russian work permit."
    )
    assert [info.vintage for info in own.series] == ["2026-04-08", "2025-12-04"]
    member = by_id["leaning.remittances.KGZ"]
    assert member.values["year"] == 2022
    assert [check.name for check in member.failed] == ["stale"]
    withdrawn = by_id["leaning.remittances.KGZ.estimate"]
    assert (withdrawn.grade, withdrawn.values["year"], round(withdrawn.value, 1)) == ("F", 2024, 17.7)
    assert "estimate that the World Bank has withdrawn" in withdrawn.sentence


def test_a_figure_too_old_for_how_things_are_is_no_point(claims: list[Claim]) -> None:
    rules = load_claim_rules()
    newest = int(data_as_of()[:4])
    judged = {claim.id: claim for claim in claims if any(check.name == "stale" for check in claim.checks)}
    assert "leaning.published.uzb_poll" in judged
    for claim in judged.values():
        if claim.topic == "unsupported":
            continue
        year = dict(claim.values)[rules.stale_figures[claim.template]]
        failed = "stale" in [check.name for check in claim.failed]
        assert failed == (newest - year > rules.stale_years), claim.id
        assert not (failed and is_point(claim))
    for template in rules.stale_figures:
        field = rules.stale_figures[template]
        assert f"{{{field}:year}}" in templates.find_language("en").template("claim", template), template
