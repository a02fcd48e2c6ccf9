"""Claims on trade with Russia: the estimate of the result, a sentence for every finding in every language."""

from __future__ import annotations

import dataclasses

import pytest

import eaeu_analysis as ea
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.claims.partner_changes import partner_change_claims
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
        assert eval(claim.call, {"ea": ea}) == pytest.approx(claim.value)  # noqa: S307


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
