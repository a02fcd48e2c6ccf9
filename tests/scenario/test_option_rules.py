"""Which option is better, by hand: a model whose outcomes are set, shares of draws, ties, failed draws, words."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.results import Check, Provenance
from eaeu_analysis.scenario import display, options
from eaeu_analysis.scenario.model.quantities import draw_quantities
from eaeu_analysis.scenario.model.spread import ends_of, monte_carlo_error
from eaeu_analysis.scenario.run import against_no_change
from eaeu_analysis.scenario.schema import draw_order
from eaeu_analysis.scenario.tables import scenario_tables

NAN, COUNT = math.nan, 50
EAEU, WTO, OBSERVER = "uzb_eaeu", "uzb_wto", "uzb_observer"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """A model in which spending is sigma less five in the union and a tenth of it in the WTO; what it was asked."""
    calls: list[tuple[Any, ...]] = []

    def solve(scenario: Any, values: pd.DataFrame, jobs: int = 1, **more: Any) -> pd.DataFrame:
        calls.append((scenario.name, len(values), jobs, more))
        gap = values["elasticities.sigma"].to_numpy() - 5.0
        columns = {
            EAEU: {("total", "welfare"): gap, ("total", "price_index"): gap, ("total", "imports"): gap,
                   ("total", "other"): gap, ("tariffs", "exports"): gap},
            WTO: {("total", "welfare"): 0.1 * gap, ("total", "exports"): 1 + 0 * gap},
            OBSERVER: {},
        }[scenario.name]  # fmt: skip
        table = pd.DataFrame(columns, index=values.index)
        return table if columns else pd.DataFrame({("total", "welfare"): 0 * gap})

    def chunk(scenario: Any, values: pd.DataFrame) -> pd.DataFrame:
        both = {
            ("tariffs", "welfare"): [1.0],
            ("tariffs", "smart_net_of_gdp"): [-1.0 if scenario.name == EAEU else 1.0],
        }
        return pd.DataFrame(both)

    monkeypatch.setattr(options, "solve", solve)
    monkeypatch.setattr(options, "chunk", chunk)
    return calls


def gap_of(name: str = EAEU) -> np.ndarray:
    scenario = ea.load_scenario(name)
    joint = {pair.of: pair.correlation for pair in scenario.joint}
    drawn = draw_quantities(scenario.quantities(), joint, COUNT, 4, draw_order())
    return drawn["elasticities.sigma"].to_numpy() - 5.0


def test_a_comparison_by_hand(asked: list[tuple[Any, ...]]) -> None:
    found = ea.compare_scenarios([EAEU, ea.load_scenario(WTO)], COUNT, 4, 2, level=0.5)
    assert asked == [(EAEU, COUNT, 2, {"whole": True}), (WTO, COUNT, 2, {"whole": True})]
    assert found.spec == {"scenarios": [EAEU, WTO], "draws": COUNT, "seed": 4, "level": 0.5}
    assert [s.name for s in found.scenarios] == [EAEU, WTO]
    assert found.level == 0.5
    assert (found.provenance.settings, found.provenance.method) == (found.spec, options.METHOD)
    assert found.provenance.reference == options.REFERENCE
    assert len({info.code for info in found.provenance.series}) == len(found.provenance.series) > 0
    gap = gap_of()
    np.testing.assert_allclose(found.draws[(EAEU, "welfare")], gap)
    assert list(found.draws.columns.names) == ["scenario", "outcome"]
    assert set(found.draws.columns) == {(name, outcome) for name in (EAEU, WTO, "nothing")
                                        for outcome in ("welfare", "price_index", "imports", "exports")}  # fmt: skip
    assert (found.draws[[("nothing", "welfare"), (WTO, "imports")]] == 0).all(axis=None)

    table = found.to_frame()
    assert list(table.columns) == [
        *("outcome", "scenario", "unit", "estimate", "lower", "upper", "error", "better", "best"),
        *("failed", "failed_checks"),
    ]
    assert table["outcome"].unique().tolist() == ["welfare", "price_index", "exports", "imports"]
    assert table["scenario"].tolist() == [EAEU, WTO, "nothing"] * 4
    row = found.value("welfare", EAEU)
    assert (row["estimate"], row["lower"], row["upper"]) == ends_of(gap, 0.5)
    assert (row["unit"], row["error"], row["failed"]) == ("per cent", monte_carlo_error(gap), 0)
    assert row["better"] == pytest.approx((gap > 0).mean())
    best = table[table["outcome"] == "welfare"].set_index("scenario")["best"]
    assert best[EAEU] == pytest.approx((gap > 0).mean())
    assert (best[WTO], best["nothing"]) == (0.0, pytest.approx((gap < 0).mean()))
    assert found.value("exports", WTO)["better"] == 1.0
    assert found.value("exports", EAEU)["better"] == 0.5  # what does not move is neither
    assert math.isnan(found.value("welfare", "nothing")["better"])
    neither = table["outcome"].isin(["imports", "price_index"])
    assert table.loc[neither, ["better", "best"]].isna().all(axis=None)
    assert found.better(EAEU, WTO) == pytest.approx((gap > 0).mean())


def test_checks_bear_on_what_they_drive(asked: list[tuple[Any, ...]]) -> None:
    found = ea.compare_scenarios([EAEU, OBSERVER], COUNT, 4)
    name = "the tariff in two models"
    for outcome, failed in (("welfare", name), ("price_index", name), ("imports", "")):
        assert found.value(outcome, EAEU)["failed_checks"] == failed
    assert found.value("welfare", OBSERVER)["failed_checks"] == ""
    assert ea.compare_scenarios([EAEU, WTO], COUNT, 4).value("exports", EAEU)["failed_checks"] == ""
    assert {check.scope for check in found.checks} == {EAEU, OBSERVER}
    assert [c.name for c in found.checks if c.failed] == [name]
    assert not any(c.name == name and c.scope == OBSERVER for c in found.checks)  # it has no tariff to change
    alone = ea.compare_scenarios(WTO, COUNT, 4)
    assert [s.name for s in alone.scenarios] == [WTO]  # a name alone is a list of one
    assert not any(c.name == name and c.failed for c in alone.checks)
    assert ea.compare_scenarios([WTO, "nothing"], 2, 4).spec["scenarios"] == [WTO]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"draws": 0}, "draws 0: expected a whole number from 1"),
        ({"seed": -1}, "seed -1: expected a whole number"),
        ({"level": 1.0}, "level 1 is not between 0 and 1"),
        ({"jobs": 0}, "jobs 0: at least 1 is needed"),
    ],
)
def test_settings_out_of_range(asked: list[tuple[Any, ...]], more: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInputError, match=f"^{sentence}"):
        ea.compare_scenarios([WTO], **{"draws": 2, **more})
    assert asked == []


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["nothing"], "^no option to compare but doing nothing; name one scenario at least$"),
        ([EAEU, WTO, EAEU], "^scenario 'uzb_eaeu' is named twice$"),
        ([EAEU, "kgz_2014"], "^options must have one economy; came KGZ, UZB, "),
        ([EAEU, "uzb_eaeu_2023"], "^options must have one baseline year; came 2019, 2023, "),
    ],
)
def test_what_cannot_be_compared(names: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        ea.compare_scenarios(names, draws=2)


def test_an_outcome_or_an_option_that_is_not_there(asked: list[tuple[Any, ...]]) -> None:
    found = ea.compare_scenarios([EAEU, WTO], 2)
    with pytest.raises(BadInputError, match=r"^outcome 'welfar' not known; did you mean 'welfare'"):
        found.value("welfar", EAEU)
    with pytest.raises(BadInputError, match=r"^option 'uzb_eauu' not known; did you mean 'uzb_eaeu'"):
        found.value("welfare", "uzb_eauu")
    for pair in ((EAEU, "uzb_wtoo"), ("uzb_eauu", WTO)):
        with pytest.raises(BadInputError, match=r"^option '"):
            found.better(*pair)
    with pytest.raises(BadInputError, match=r"^outcome 'imports': a rise is neither good nor bad"):
        found.better(EAEU, WTO, "imports")


def test_of_two_options_the_difference_counts(asked: list[tuple[Any, ...]]) -> None:
    found = ea.compare_scenarios([EAEU, WTO], 4)
    draws = found.draws.copy()
    draws[(EAEU, "welfare")], draws[(WTO, "welfare")] = [1.0, 2.0, 3.0, 3.0], [2.0, 1.0, 1.0, 3.0]
    assert dataclasses.replace(found, draws=draws).better(EAEU, WTO) == 0.625


@pytest.mark.parametrize(
    ("difference", "share"),
    [
        ([1.0, -1.0, 2.0, 3.0], 0.75),
        ([1.0, 0.0], 0.75),
        ([1e-10, -1e-10], 0.5),
        ([1e-8, -1e-8, -1.0, -1.0], 0.25),
        ([1.0, NAN, -1.0, NAN, 0.5], 2 / 3),
        ([NAN], NAN),
        ([], NAN),
    ],
)
def test_the_share_of_draws_above_zero(difference: list[float], share: float) -> None:
    assert options.share_above(np.array(difference)) == pytest.approx(share, nan_ok=True)


def test_whether_a_rise_is_good() -> None:
    assert [options.sign_of(name) for name in ("welfare", "price_index", "imports")] == [1, 0, 0]


def test_a_draw_without_solution_counts_for_no_option(
    asked: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = options.solve

    def solve(scenario: Any, *given: Any, **more: Any) -> pd.DataFrame:
        table = whole(scenario, *given, **more)
        if scenario.name == EAEU:
            table.iloc[:10] = NAN
        return table

    monkeypatch.setattr(options, "solve", solve)
    found = ea.compare_scenarios([EAEU, WTO], COUNT, 4)
    rest = gap_of()[10:]
    row = found.value("welfare", EAEU)
    assert row["failed"] == 10
    assert row["better"] == pytest.approx((rest > 0).mean())
    assert row["best"] == pytest.approx((rest > 0).mean())
    assert found.value("welfare", WTO)["failed"] == 0
    assert "every draw solved" in row["failed_checks"]


def test_options_that_tie_share_the_draw(asked: list[tuple[Any, ...]]) -> None:
    found = ea.compare_scenarios([OBSERVER], COUNT, 4)
    assert found.value("welfare", OBSERVER)["best"] == found.value("welfare", "nothing")["best"] == 0.5


# -- words --------------------------------------------------------------------------------------------------
def test_the_summary_of_a_comparison(asked: list[tuple[Any, ...]]) -> None:
    found = ea.compare_scenarios([EAEU, OBSERVER], 1000, 4)
    found = dataclasses.replace(found, checks=(*found.checks, Check("of all", None, 1.0, None, "told of all")))
    lines = found.summary().splitlines()
    assert lines[0].startswith("2 options for Uzbekistan, ")
    assert "world of 2019" in lines[0]
    assert "1,000 common draws and 90% interval" in lines[0]
    assert [line for line in lines if line.startswith("Note: ")] == [
        f"Note: {check.text}" for check in against_no_change() if check.failed
    ]
    label = options.option_label(EAEU)
    row = found.value("welfare", EAEU)
    own = next(line for line in lines if line.startswith(f"  {label}: ") and "better" in line)
    assert f"; better than nothing in {row['better']:.0%} of draws, best of all in {row['best']:.0%}" in own
    assert own.endswith("[failed: the tariff in two models]")
    assert f"  {options.option_label(OBSERVER)}: no change" in lines
    assert not any(line.startswith("  nothing") for line in lines)
    titles = [lines[k + 1] for k, line in enumerate(lines) if not line and lines[k + 1][:1].strip()]
    assert [title.rpartition(", ")[2] for title in titles][:2] == ["per cent", "per cent"]
    (imports,) = [lines[k + 1] for k, line in enumerate(lines) if line.startswith("Imports")]
    other = found.value("imports", EAEU)
    assert imports == f"  {label}: {display.format_interval(other, other['error'])}"
    known = scenario_tables()["outcomes"]
    assert titles[:3] == [
        f"{known[name]['label']}, {known[name]['unit']}" for name in ("welfare", "price_index", "imports")
    ]
    (failed,) = [c for c in found.checks if c.failed]
    assert f"  [FAIL] {EAEU}: {failed.name}: {failed.text}" in lines
    assert "  [info] of all: told of all" in lines
    assert sum(line.startswith("  [info]") for line in lines) == 1  # those of an option alone are left out
    assert lines[-len(found.provenance.lines()) :] == [f"  source: {line}" for line in found.provenance.lines()]


def test_what_is_shipped_of_a_comparison(
    asked: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = ea.compare_scenarios([EAEU, OBSERVER], COUNT, 4)
    record = found.record()
    assert record["spec"] == found.spec
    assert len(record["rows"]) == len(found.table)
    first = found.table.iloc[0]
    assert record["rows"][0]["estimate"] == float(f"{first['estimate']:.4g}")
    assert (record["rows"][0]["outcome"], record["rows"][0]["failed"]) == ("welfare", 0)
    (failed,) = [c for c in found.checks if c.failed]
    assert record["failed"] == [{"name": failed.name, "text": failed.text, "role": failed.role, "scope": EAEU}]
    monkeypatch.setattr(options, "scenarios_folder", lambda: tmp_path)
    assert options.shipped_options() is None
    (tmp_path / "options.json").write_text(json.dumps(record), encoding="utf-8")
    read = options.shipped_options()
    assert read is not None
    assert read.spec == found.spec
    assert (read.level, [s.name for s in read.scenarios]) == (0.9, [EAEU, OBSERVER])
    assert read.checks == (Check(failed.name, False, None, None, failed.text, role=failed.role, scope=EAEU),)
    assert read.provenance == Provenance((), options.METHOD, options.REFERENCE, found.spec)
    assert read.draws.empty
    wanted = found.table.map(lambda v: float(f"{v:.4g}") if isinstance(v, float) else v)
    pd.testing.assert_frame_equal(read.table, wanted, check_dtype=False)
    assert {str(kind) for kind in read.table[["better", "best", "error"]].dtypes} == {"float64"}


def test_labels_of_options() -> None:
    assert options.option_label(OBSERVER) == "Stay an observer"
    assert options.option_label("mine") == "mine"
