"""The claim of the comparison across products, in every language and for every finding."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.report.claims.designs import tariff_exposure_claims
from eaeu_analysis.report.wording.templates import languages
from eaeu_analysis.results import Check
from eaeu_analysis.trade.tariff_exposure.result import TariffExposure


@pytest.fixture(scope="module")
def found() -> TariffExposure:
    draw = np.random.default_rng(1)
    codes = [f"{chapter:02d}{k:02d}" for chapter in range(1, 21) for k in range(1, 6)]
    tariffs = pd.DataFrame({"product": codes, "new": draw.uniform(0, 20, 100)})
    flows = pd.MultiIndex.from_product([codes, range(2010, 2020)], names=["product", "year"]).to_frame(index=False)
    flows["usd"] = 1e6 * draw.gamma(4, 0.25, len(flows))
    return ea.tariff_exposure(flows, tariffs, 2015, options=ea.TariffExposureOptions(permutations=99))


FAILED = Check("pre-trend", False, 0.01, 0.1, "leads jointly zero p = 0.010", role="fatal")
CASES = {
    "none": {"p_value": 0.8, "interval": (-1.0, 1.0), "checks": ()},
    "lower": {"p_value": 0.01, "estimate": -2.0, "interval": (-3.0, -1.0), "checks": ()},
    "higher": {"p_value": 0.01, "estimate": 2.0, "interval": (1.0, 3.0), "checks": ()},
    "fragile": {
        "p_value": 0.01, "estimate": -2.0, "interval": (-3.0, -1.0),
        "checks": (dataclasses.replace(FAILED, role="warning"),),
    },
    "unreliable": {"p_value": 0.01, "estimate": -2.0, "interval": (-3.0, -1.0), "checks": (FAILED,)},
}  # fmt: skip


@pytest.mark.parametrize("kind", CASES)
def test_each_finding_has_its_sentence_in_every_language(found: TariffExposure, kind: str) -> None:
    (claim,) = tariff_exposure_claims(dataclasses.replace(found, **CASES[kind]))
    assert claim.template == f"partners.exposure_{kind}"
    assert claim.side == "context"
    for part in ("sentence", "caveat", "would_change"):
        assert "{" not in claim.text(part)
    if kind == "lower":
        assert claim.value == pytest.approx(100 * (1.1**-2 - 1))
        assert f"{-claim.value:.1f} % lower" in claim.sentence
    if kind in ("none", "fragile", "unreliable"):
        assert "o detectable effect" in claim.sentence or "o clear effect" in claim.sentence
    for lang in languages():
        text, caveat = claim.text("sentence", lang), claim.text("caveat", lang)
        assert text.strip()
        assert caveat.strip()
        assert "{" not in text + caveat


def test_the_page_has_a_figure_and_a_card_with_its_checks(found: TariffExposure) -> None:
    from eaeu_analysis.report.page.figures import EXPOSURE, draw_exposure_design
    from eaeu_analysis.report.page.sections.trade import exposure_cards
    from eaeu_analysis.report.wording.templates import find_language

    words = find_language("en", "page")
    pictures = draw_exposure_design(found, words)
    assert list(pictures) == [EXPOSURE]
    (card,) = exposure_cards(found, pictures, words)
    shown = repr(card)
    assert "pre-trend" in shown
    assert "Imports of goods with a tariff of 10 % against goods without one, 2015-2018" in shown
    assert exposure_cards(None, pictures, words) == ()
