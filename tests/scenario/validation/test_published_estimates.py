"""Published estimates against the scenarios: the table's facts, the comparison's rules, bad input."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.results import Provenance
from eaeu_analysis.scenario import ScenarioResult, compare_with_published, load_scenario
from eaeu_analysis.scenario.model.solve import TOTAL
from eaeu_analysis.scenario.tables import scenario_tables
from eaeu_analysis.scenario.validation.published_estimates import scenario_findings

KEYS = {"id", "economy", "text", "low", "unit", "sign", "source", "confidence", "ours", "comparable", "why"}


def made_up(name: str, **bounds: tuple[float, float, float]) -> ScenarioResult:
    """A result with given estimate, lower, upper by outcome, all channels together."""
    rows = [(o, TOTAL, scenario_tables()["outcomes"][o]["unit"], *b, 8, 0) for o, b in bounds.items()]
    table = pd.DataFrame(rows, columns=["outcome", "channel", "unit", "estimate", "lower", "upper", "draws", "failed"])
    return ScenarioResult({}, table, 0.9, (), Provenance(), load_scenario(name), pd.DataFrame(), pd.DataFrame())


UZB = {"real_income": (0.1, -0.2, 0.4), "exports_to_members": (16.0, 12.0, 19.0), "remittances": (-5.0, -9.0, -1.0)}


def test_every_finding_is_whole_seen_and_points_at_a_scenario() -> None:
    found = scenario_findings()
    assert len({f["id"] for f in found}) == len(found)
    for finding in found:
        assert set(finding) - {"high", "url"} == KEYS, finding["id"]
        assert finding["confidence"] in ("S", "S2"), finding["id"]  # what is only recalled is never shown
        assert finding.get("url", "https://").startswith(("http://", "https://"))
        assert finding["low"] <= finding.get("high", math.inf)
        assert (finding["low"] > 0) == (finding["sign"] == "+")
        scenario = load_scenario(finding["ours"]["scenario"])
        assert scenario.economy == finding["economy"]
        assert finding["ours"]["channel"] in (*scenario.channels, TOTAL)
        assert finding["ours"]["outcome"] in scenario_tables()["outcomes"]


def test_comparable_findings_are_in_like_units() -> None:
    like = {"% of real income a year": "per cent", "% of consumption": "per cent", "% of GDP": "per cent",
            "% of real factor incomes": "per cent"}  # fmt: skip
    for finding in scenario_findings():
        ours = scenario_tables()["outcomes"][finding["ours"]["outcome"]]["unit"]
        if finding["comparable"]:
            assert like.get(finding["unit"], finding["unit"]) == ours, finding["id"]


def test_a_finding_is_compared_with_our_interval() -> None:
    table = compare_with_published(made_up("uzb_eaeu", **UZB)).table.set_index("id")
    assert list(table.index) == ["uzb_kofner_first", "uzb_edb_exports", "uzb_edb_remittances"]
    assert list(table["same_sign"]) == [None, True, False]  # both signs; same; other
    assert list(table["within"]) == [False, True, False]  # 1.7 above 0.4; 15-20 meets 12-19; 1,500 above -1
    assert table.loc["uzb_edb_exports", ["their_low", "their_high", "estimate"]].tolist() == [15.0, 20.0, 16.0]


def test_at_least_has_no_upper_end() -> None:
    near = made_up("uzb_eaeu_survey_costs", real_income=(3.0, 1.0, 4.5), exports_to_members=(5.0, 1.0, 9.0))
    table = compare_with_published([near]).table.set_index("id")
    assert table.loc["uzb_kofner_second", "their_high"] == math.inf
    assert bool(table.loc["uzb_kofner_second", "within"])
    assert not table.loc["uzb_kofner_exports", "within"]


def test_the_summary_names_source_both_numbers_and_why() -> None:
    found = compare_with_published(made_up("uzb_eaeu", **UZB))
    shown = found.summary()
    for part in ("Kofner, greater-europe.org 7810", "+0.10 (-0.20 to +0.40) per cent", "takes both signs",
                 "the other sign", "seen quoted", "Theirs is a partial model"):  # fmt: skip
        assert part in shown
    checks = {c.name: c for c in found.checks}
    assert checks["theirs in ours"].value == 1
    assert checks["signs"].passed is False


def test_a_result_that_nobody_published_on_is_refused() -> None:
    with pytest.raises(BadInputError, match="no published estimate is on uzb_observer"):
        compare_with_published(made_up("uzb_observer", **UZB))
    with pytest.raises(BadInputError, match="no published estimate is on nothing"):
        compare_with_published([])


def test_one_scenario_twice_is_refused() -> None:
    one = made_up("uzb_eaeu", **UZB)
    with pytest.raises(BadInputError, match="two results are of one scenario"):
        compare_with_published([one, one])


def test_the_picture_shows_comparable_rows_only() -> None:
    from matplotlib.figure import Figure

    near = made_up("uzb_eaeu_survey_costs", real_income=(3.0, 1.0, 4.5), exports_to_members=(5.0, 1.0, 9.0))
    axes = compare_with_published([near, made_up("uzb_eaeu", **UZB)]).plot(Figure().subplots())
    labels = [text.get_text().replace("\n", " ") for text in axes.get_yticklabels()]
    assert len(labels) == 4  # remittances are in US$
    assert labels[0].startswith("UZB: Membership raises GDP by 1.7")
