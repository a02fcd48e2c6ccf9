"""The trade question answered in one call: complete, consistent with its parts, in words that follow the tables."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from eaeu_analysis.report.page.material import Material
from eaeu_analysis.trade.union.answer import DOMESTIC, NET, ONE_DUMMY, TradeAnswer
from eaeu_analysis.trade.union.findings import findings


@pytest.fixture(scope="module")
def answer(material: Material) -> TradeAnswer:
    """That of the report: the same question, and half a minute."""
    assert material.evidence.trade is not None
    return material.evidence.trade


def test_every_step_has_its_specifications(answer: TradeAnswer) -> None:
    by_step = answer.effects.groupby("step", sort=False)["specification"].apply(set)
    assert list(by_step.index) == ["customs union", "EAEU", "both"]
    for step in ("customs union", "EAEU"):
        assert {"all goods", NET, ONE_DUMMY, DOMESTIC, f"{ONE_DUMMY}, gaps as published"} == by_step[step]
    assert "without fuels" in by_step["both"]
    assert np.isfinite(answer.effects[["estimate", "se", "lower", "upper", "percent"]].to_numpy()).all()


def test_an_estimate_stands_out_when_its_interval_leaves_zero_out(answer: TradeAnswer) -> None:
    for table in (answer.effects, answer.diversion):
        assert ((table["lower"] > 0) | (table["upper"] < 0)).equals(table["stands_out"])
        assert np.allclose(table["percent"], 100 * np.expm1(table["estimate"]))


def test_only_findings_that_were_seen_are_compared_with_ours(answer: TradeAnswer) -> None:
    assert len(answer.findings) == len(findings())
    assert set(answer.findings["confidence"]) <= {"S", "S2"}
    assert (answer.findings["agree"] == (answer.findings["our_sign"] == answer.findings["their_sign"])).all()


def test_the_words_say_what_the_data_cannot_carry(answer: TradeAnswer) -> None:
    shown = answer.sentences()
    assert "before the customs union" in shown[1]
    assert [c.name for c in answer.before] == ["years before, all goods", "years before, without fuels"]
    assert any("Uzbekistan" in text for text in shown)
    assert "nan" not in " ".join(shown)


def test_the_words_follow_the_numbers(answer: TradeAnswer) -> None:
    wide = answer.effects.assign(lower=-1.0, upper=1.0, stands_out=False)
    assert "neither stands out" in replace(answer, effects=wide).sentences()[0]
    clear = answer.effects.assign(lower=0.1, upper=1.0, stands_out=True)
    assert "both stand out" in replace(answer, effects=clear).sentences()[0]
    passed = tuple(replace(c, passed=True) for c in answer.checks if c.role != "info")
    assert "no trend of its own" in replace(answer, checks=passed).sentences()[1]


def test_sources_are_named(answer: TradeAnswer) -> None:
    codes = {info.code for info in answer.provenance.series}
    assert {"trade/world_4yearly", "trade/world_sitc", "trade/world_2019", "trade/tariffs_cet"} <= codes


def test_the_pictures_say_what_the_tables_say(answer: TradeAnswer) -> None:
    from eaeu_analysis.plots import style as plots

    for result, shown in (
        (answer, f"{int(answer.effects['stands_out'].sum())} of {len(answer.effects)}"),
        (answer.union, "neighbours that never joined"),
    ):
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")
        with plots.styled():
            ax = result.plot(figure.subplots())
        assert shown in ax.get_title(loc="left")
        assert ax.get_xlabel() or ax.get_ylabel()
