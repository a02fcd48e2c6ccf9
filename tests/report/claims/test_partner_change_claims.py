"""Claims of the designs that set the rouble aside: the estimate of the result, a sentence for every finding in every
language."""

from __future__ import annotations

import dataclasses

import pytest

import eaeu_analysis as ea
from eaeu_analysis.impact.members.stacked import StackedMembers
from eaeu_analysis.remittances.armenian_months import AFTER, ArmenianTransfers
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.claims.designs import partner_change_claims, stacked_claims, transfer_claims
from eaeu_analysis.report.wording.templates import languages
from eaeu_analysis.results import Check
from eaeu_analysis.trade.partners.around_accession import PartnerChanges


@pytest.fixture(scope="module")
def armenia() -> PartnerChanges:
    return ea.partner_changes("ARM")


def claims_of(found: PartnerChanges) -> dict[str, Claim]:
    return {claim.id: claim for claim in partner_change_claims(found)}


def test_the_claims_are_the_rows_of_the_result(armenia: PartnerChanges) -> None:
    claims = claims_of(armenia)
    assert list(claims) == ["partners.russia.ARM.imports", "partners.russia.ARM.exports"]
    for claim in claims.values():
        row = armenia.with_russia.set_index("flow").loc[f"{claim.words['flow'].split('.')[1].split('_')[0]} from Russia"
                                                        if "imports" in claim.id else "exports to Russia"]  # fmt: skip
        assert claim.value == row["percent"]
        assert claim.values["floor"] == pytest.approx(1 / 11)
        assert eval(claim.call, {"ea": ea}) == pytest.approx(claim.value)  # noqa: S307 - our own call


def test_growth_that_was_there_before_is_no_clear_effect(armenia: PartnerChanges) -> None:
    exports = claims_of(armenia)["partners.russia.ARM.exports"]
    assert exports.finding == "fragile"
    assert exports.side == "context"
    assert "trend continued" in exports.text("caveat")
    imports = claims_of(armenia)["partners.russia.ARM.imports"]
    assert imports.finding == "fragile"
    assert "both reports" in imports.text("caveat")


CASES = {
    "none": {"p_value": 0.5},
    "higher": {"p_value": 0.05, "percent": 50.0, "lower": 10.0, "upper": 90.0},
    "lower": {"p_value": 0.05, "percent": -40.0, "lower": -60.0, "upper": -10.0},
}


@pytest.mark.parametrize("kind", [*CASES, "fragile", "unreliable"])
def test_each_finding_has_its_sentence_in_every_language(armenia: PartnerChanges, kind: str) -> None:
    rows = armenia.with_russia.assign(**CASES.get(kind, CASES["higher"]))
    failed = {
        "fragile": (Check("placebo in time, imports", False, 1.0, 0.5, "moved before"),),
        "unreliable": (Check("trend before, imports", False, 0.01, 0.1, "moved before", role="fatal"),),
    }
    found = dataclasses.replace(armenia, with_russia=rows, checks=failed.get(kind, ()))
    claim = claims_of(found)["partners.russia.ARM.imports"]
    assert claim.template == f"partners.russia_{kind}"
    assert claim.side == {"higher": "for", "lower": "against"}.get(kind, "context")
    texts = []
    for lang in languages():
        texts += [claim.text(part, lang) for part in ("sentence", "caveat", "would_change")]
    assert all(text.strip() and "{" not in text for text in texts)
    if kind == "lower":
        assert "40.0 % lower" in claim.sentence or "40 % lower" in claim.sentence


def _complete(claim: Claim) -> None:
    for lang in languages():
        for part in ("sentence", "caveat", "would_change", "question"):
            text = claim.text(part, lang)
            assert text.strip()
            assert "{" not in text


STACKED = {
    "none": {"finding": "none"},
    "higher": {"finding": "found", "estimate": 12.5},
    "lower": {"finding": "found", "estimate": -12.5},
    "fragile": {"finding": "fragile"},
    "unreliable": {"finding": "unreliable"},
}


@pytest.fixture(scope="module")
def stacked() -> StackedMembers:
    return ea.stacked_members(["trade"])


@pytest.mark.parametrize("kind", STACKED)
def test_stacked_members_have_a_sentence_for_each_finding(stacked: StackedMembers, kind: str) -> None:
    found = dataclasses.replace(stacked, table=stacked.table.assign(**STACKED[kind]), checks=())
    (claim,) = stacked_claims(found)
    assert claim.template == f"members.stacked_{kind}"
    assert claim.side == {"higher": "for", "lower": "against"}.get(kind, "context")
    assert claim.measure == "percentage points"
    _complete(claim)
    if kind == "lower":
        assert "12.5 percentage points below" in claim.sentence


def test_the_claim_on_stacked_members_is_its_result(stacked: StackedMembers) -> None:
    (claim,) = stacked_claims(stacked)
    assert claim.value == stacked.table["estimate"].item()
    assert eval(claim.call, {"ea": ea}) == pytest.approx(claim.value)  # noqa: S307 - our own call
    assert claim.grade == "X"  # it already moved differently before accession
    assert "should not be quoted" in claim.sentence


@pytest.fixture(scope="module")
def transfers() -> ArmenianTransfers:
    return ea.armenian_transfers()


TRANSFERS = {
    "none": {},
    "higher": {"remainder": 40.0, "remainder_lower": 10.0, "remainder_upper": 70.0},
    "lower": {"remainder": -40.0, "remainder_lower": -70.0, "remainder_upper": -10.0},
    "unreliable": {},
    "fragile": {"remainder": 40.0, "remainder_lower": 10.0, "remainder_upper": 70.0},
}


@pytest.mark.parametrize("kind", TRANSFERS)
def test_transfers_have_a_sentence_for_each_finding(transfers: ArmenianTransfers, kind: str) -> None:
    failed = Check("before the rouble fell", False, 0.01, 0.1, "moved before", role="fatal")
    checks = {"unreliable": (failed,), "fragile": (dataclasses.replace(failed, role="warning"),)}.get(kind, ())
    found = dataclasses.replace(transfers, table=transfers.table.assign(**TRANSFERS[kind]), checks=checks)
    (claim,) = transfer_claims(found)
    assert claim.template == f"members.transfers_{kind}"
    assert claim.side == {"higher": "for", "lower": "against"}.get(kind, "context")
    _complete(claim)


def test_the_claim_on_transfers_is_its_result(transfers: ArmenianTransfers) -> None:
    (claim,) = transfer_claims(transfers)
    row = transfers.table.set_index("window").loc[AFTER]
    assert (claim.value, claim.lower, claim.upper) == tuple(
        row[["remainder", "remainder_lower", "remainder_upper"]].astype(float)
    )
    assert eval(claim.call, {"ea": ea}) == pytest.approx(claim.value)  # noqa: S307 - our own call
    assert claim.grade == "B"
    assert "cannot be distinguished from zero" in claim.sentence
