"""The backtest: its rules on made-up numbers, what happened from the shipped series, the shipped score made again."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis import settings
from eaeu_analysis.data.load import load_panel
from eaeu_analysis.data.panel import Panel
from eaeu_analysis.results import Provenance
from eaeu_analysis.scenario.load import load_scenario, scenarios_folder
from eaeu_analysis.scenario.model.solve import PACE, TOTAL
from eaeu_analysis.scenario.result import ScenarioResult
from eaeu_analysis.scenario.run import against_no_change, backtest_check, backtest_record
from eaeu_analysis.scenario.validation import backtest, outturn
from eaeu_analysis.scenario.validation import backtest as scoring
from eaeu_analysis.scenario.validation.alternatives import BORDER, INSIDE, ON_TOP, alternatives_sentence, kept
from eaeu_analysis.scenario.validation.backtest import Backtest
from eaeu_analysis.scenario.validation.outturn import INFORMED, KNOWN

NAN = float("nan")


def rows(*given: tuple[float, float, float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(list(given), columns=["predicted", "lower", "upper", "happened", "effect"])
    return table.assign(effect_lower=table["effect"] - 1, effect_upper=table["effect"] + 1)


# -- scoring -------------------------------------------------------------------------------------------------
def test_a_row_is_scored_by_sign_error_coverage_and_against_no_change() -> None:
    found = scoring.score(rows((2.0, 1.0, 4.0, 3.0, -1.0), (2.0, -1.0, 5.0, 0.5, 5.0)))
    assert list(found["sign_happened"]) == [True, True]
    assert list(found["sign_effect"]) == [False, True]
    assert list(found["error_happened"]) == [-1.0, 1.5]
    assert list(found["covered_happened"]) == [True, True]
    assert list(found["covered_effect"]) == [False, True]  # an end belongs to the interval
    assert list(found["nearer_happened"]) == [True, False]  # off by 1.5 where no change is off by 0.5
    assert list(found["decided"]) == [True, False]
    assert scoring.score_counts(found)["clear_effect"] == 1  # -2 to 0 touches zero, 4 to 6 leaves it out


def test_what_is_not_available_is_no_miss_and_no_hit() -> None:
    found = scoring.score(rows((2.0, 1.0, 4.0, 3.0, NAN), (1.0, 0.0, 2.0, NAN, NAN)))
    assert found["sign_effect"].isna().all()
    assert found["covered_effect"].isna().all()
    counts = scoring.score_counts(found)
    assert counts["n_happened"] == 1
    assert counts["sign_happened"] == 1
    assert counts["n_effect"] == 0


def test_mean_errors_come_with_those_of_no_change() -> None:
    found = scoring.score(rows((2.0, 1.0, 4.0, 3.0, NAN), (2.0, -1.0, 5.0, -2.0, NAN), (0.5, 0.0, 1.0, 0.25, NAN)))
    errors = scoring.score_errors(found.assign(unit=["per cent", "per cent", "% of GDP"]))
    assert (errors["rows"], errors["tool"], errors["no_change"]) == (
        2,
        2.5,
        2.5,
    )  # misses 1, 4; changes 3, 2
    assert errors["tool_rms"] == pytest.approx(math.sqrt(17 / 2))
    assert (errors["other_tool"], errors["other_no_change"]) == (0.25, 0.25)
    assert (
        "did not beat a forecast of no change: its mean error is 2.5, that of no change 2.5"
        in scoring.error_sentence(errors, errors)
    )


def test_a_model_that_does_not_beat_no_change_says_so_first() -> None:
    record = backtest_record()
    assert record is not None
    own = record["errors"][KNOWN]
    (check,) = against_no_change()
    assert check.passed == (own["tool"] < own["no_change"])
    assert f"{own['tool']:.1f} per cent" in check.text


def test_a_forecast_without_a_solution_is_not_scored() -> None:
    assert scoring.score_counts(scoring.score(rows((NAN, NAN, NAN, 3.0, 1.0))))["n_happened"] == 0


@pytest.mark.parametrize(
    ("right", "n", "words"),
    [(8, 8, "better than a coin"), (7, 8, "better than a coin"), (6, 8, "no better than a coin"),
     (2, 8, "no better than a coin"), (1, 8, "worse than a coin"), (3, 3, "no better than a coin")],
)  # fmt: skip
def test_verdict_on_directions(right: int, n: int, words: str) -> None:
    # 7 of 8 heads or more: 9/256 = 3.5 %; 6 of 8: 37/256 = 14 %; 3 of 3: 12.5 %
    assert scoring.of_sign(right, n, 0.9) == words


@pytest.mark.parametrize(("held", "words"), [(8, "not too narrow"), (6, "not too narrow"), (5, "too narrow")])
def test_verdict_on_intervals(held: int, words: str) -> None:
    # of 8 intervals at 90 %: 5 or fewer hold with probability 3.8 %, 6 or fewer 18.7 %
    assert scoring.of_intervals(held, 8, 0.9) == words


def counts(sign: int, covered: int, nearer: int, n: int = 8, m: int = 7) -> dict[str, int]:
    own = {"n_happened": n, "sign_happened": sign, "covered_happened": covered, "nearer_happened": nearer, "decided": 1}
    return own | {"clear_effect": 0, "n_effect": m, "sign_effect": 3, "covered_effect": 2, "nearer_effect": 1}


def test_the_sentence_follows_the_counts() -> None:
    shown = scoring.score_sentence("Aland", "exports", counts(6, 6, 5), counts(4, 5, 2), 0.9)
    for part in ("6 of 8 changes correctly (no better than a coin)",
                 "contained 6 (not too narrow, and so wide that only 1 of 8 excluded zero)",
                 "4 directions (fewer: part of the first score is luck) and 5 intervals"):  # fmt: skip
        assert part in shown
    better = scoring.score_sentence("Aland", "exports", counts(8, 3, 5), counts(8, 8, 2), 0.9)
    assert "better than a coin" in better
    assert "too narrow, and" in better
    assert "luck" not in better


def test_the_sentence_without_anything_to_compare() -> None:
    nothing = counts(0, 0, 0, n=0, m=0)
    assert "nothing" in scoring.score_sentence("Aland", "exports", nothing, nothing, 0.9)
    assert scoring.counterfactual_sentence(nothing, nothing).startswith("No effect")


def tried(inside: float = 9.0) -> pd.DataFrame:
    """Present error 5 in both economies; the alternative's errors are 4 and 9, ``inside`` and 4, and 1 and 2."""
    errors = {BORDER: (4.0, 9.0), INSIDE: (4.0, inside), ON_TOP: (1.0, 2.0)}
    rows = [(name, e, 5.0, error) for name, pair in errors.items() for e, error in zip(("A", "B"), pair, strict=True)]
    table = pd.DataFrame(rows, columns=["alternative", "economy", "present", "error"])
    return table.assign(better=table.groupby("alternative")["error"].transform(lambda x: (x < 5).all()))


def test_an_alternative_is_kept_only_where_it_helps_in_both_economies() -> None:
    sentence = alternatives_sentence(tried())
    assert "does not help in both (A 4 instead of 5, B 9 instead of 5)" in sentence
    assert sentence.endswith(f"helps in both (A 1 instead of 5, B 2 instead of 5). Kept by the rule: {ON_TOP}.")
    assert alternatives_sentence(tried()[lambda t: t["alternative"] != ON_TOP]).endswith("None is kept.")


def test_what_is_kept_enters_the_run_that_knows_the_rouble() -> None:
    table = tried().assign(fitted=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    assert (kept(table, "A"), kept(table, "B")) == ({"rouble_trade": 0.5}, {"rouble_trade": 0.6})
    assert kept(table.assign(better=False), "A") == {}
    informed = outturn.with_russia(load_scenario("kgz_2014"), {"rouble": 0.5, "income": 0.1}, kept(table, "A"))
    assert informed.quantities()["migration.rouble_trade"].centre == 0.5


def test_the_shipped_informed_run_has_the_driver_that_helped() -> None:
    """Exports and imports of the informed run are off by what the table of alternatives says, up to the difference
    between the median draw and the draw of medians."""
    record = backtest_record()
    assert record is not None
    table, rows = pd.DataFrame(record["alternatives"]), pd.DataFrame(record["rows"])
    assert set(table.loc[table["better"], "alternative"]) == {ON_TOP}
    own = rows[(rows["run"] == INFORMED) & rows["outcome"].isin(["exports", "imports"])]
    for economy, error in own.groupby("economy")["error_happened"]:
        row = table[(table["alternative"] == ON_TOP) & (table["economy"] == economy)].iloc[0]
        assert error.abs().mean() == pytest.approx(row["error"], abs=1.5)
        assert error.abs().mean() < row["present"]


def test_the_shipped_alternatives_follow_the_rule() -> None:
    record = backtest_record()
    assert record is not None
    table = pd.DataFrame(record["alternatives"])
    for _, rows in table.groupby("alternative"):
        assert set(rows["economy"]) == {"ARM", "KGZ"}
        assert rows["better"].all() == (rows["error"] < rows["present"]).all()
    missed = {(r["economy"], r["outcome"]): abs(r["happened"]) for r in record["rows"]}
    for row in table.to_dict("records"):
        own = [missed[row["economy"], name] for name in ("exports", "imports")]
        assert row["no_change"] == pytest.approx(sum(own) / 2, abs=1e-3)


# -- what happened -------------------------------------------------------------------------------------------
def test_a_change_is_between_means_of_the_years_that_are_there() -> None:
    frame = pd.DataFrame({"economy": "A", "year": [2010, 2011, 2016, 2017], "x": [1.0, 3.0, 5.0, NAN]})
    panel = Panel.from_frame(frame)
    assert outturn.mean_change(panel, "x", "A", (2010, 2014), (2016, 2019)) == (3.0, (2010, 2011), (2016,))
    value, before, after = outturn.mean_change(panel, "x", "A", (2000, 2005), (2016, 2019))
    assert math.isnan(value)
    assert before == ()
    assert after == (2016,)


def test_the_rouble_and_russian_income_as_they_turned_out() -> None:
    panel = load_panel(["PA.NUS.FCRF", "NY.GDP.MKTP.KD"])
    moved = outturn.russia()
    for name, code in (("rouble", "PA.NUS.FCRF"), ("income", "NY.GDP.MKTP.KD")):
        own = np.log(panel.column(code).xs("RUS", level=0))
        assert moved[name] == pytest.approx(own.loc[2016:2019].mean() - own.loc[2010:2014].mean())
    assert 0.6 < moved["rouble"] < 0.75  # some 32 roubles per dollar to some 63


def test_knowing_the_rouble_only_the_rouble_and_income_change() -> None:
    scenario = load_scenario("kgz_2014")
    shown = outturn.with_russia(scenario, {"rouble": 0.5, "income": 0.1})
    before, after = scenario.quantities(), shown.quantities()
    assert {k for k in before if before[k] != after[k]} == {"migration.rouble", "migration.russian_income"}
    assert after["migration.rouble"].centre == 0.5
    assert not after["migration.rouble"].free


def test_a_scenario_without_migrants_has_no_rouble_to_set() -> None:
    from eaeu_analysis.errors import BadInputError

    with pytest.raises(BadInputError, match=r"no block \[migration\]"):
        outturn.with_russia(load_scenario("uzb_wto"), {"rouble": 0.5, "income": 0.1})


def test_what_a_series_lacks_is_stated_and_not_filled() -> None:
    panel, columns = outturn.outturn_panel()
    found = outturn.outturn(panel, columns["customs"], load_scenario("kgz_2014"), "customs")
    assert found.before == (2014,)
    assert found.after == (2016, 2017, 2018, 2019)
    assert math.isnan(found.effect)
    assert math.isnan(found.lower)
    assert "before: 2014;" in found.reason
    assert "no counterfactual" in found.reason
    own = load_panel(["GC.TAX.IMPT.ZS", "GC.TAX.TOTL.GD.ZS"]).frame.loc["KGZ"].prod(axis=1, skipna=False) / 100
    assert found.happened == pytest.approx(own.loc[2016:2019].mean() - own.loc[2014])


def test_logarithms_are_stated_as_per_cent_and_no_bound_stays_none() -> None:
    assert outturn.log_to_percent(math.log(1.5)) == pytest.approx(50.0)
    assert math.isinf(outturn.log_to_percent(math.inf))
    assert outturn.log_to_percent(-math.inf) == -100.0


# -- forecasts -----------------------------------------------------------------------------------------------
def made_up(pace: float | None = None) -> ScenarioResult:
    """kgz_2014 with one draw: customs receipts +10 by the tariff, -12 by the pool, +1 beyond the parts."""
    columns: dict[tuple[str, str], Any] = {
        ("tariffs", "customs_receipts_of_gdp"): [10.0],
        ("customs_revenue", "customs_receipts_of_gdp"): [-12.0],
        (TOTAL, "customs_receipts_of_gdp"): [-1.0],
    }
    if pace is not None:
        columns[("customs_revenue", PACE)] = [pace]
    scenario = load_scenario("kgz_2014")
    draws = pd.DataFrame(columns)
    return ScenarioResult({}, pd.DataFrame(), 0.9, (), Provenance(), scenario, pd.DataFrame(), draws)


def test_the_pool_is_paid_from_what_has_been_collected() -> None:
    # the tariff is in by a fifth in year 1: collected 2 more; the pool at the old tariff takes 0.25 x 12 = 3
    result = made_up(pace=0.25)
    assert result.in_year("customs_receipts_of_gdp", 0)[0] == 0
    assert result.in_year("customs_receipts_of_gdp", 1)[0] == pytest.approx(0.2 * 10 - 12 * (0.2 + 0.8 * 0.25) + 0.2)
    assert result.in_year("customs_receipts_of_gdp", 5)[0] == pytest.approx(-1.0)


def test_a_forecast_is_the_mean_of_its_years_after_accession() -> None:
    result = made_up(pace=0.25)
    years = [result.in_year("customs_receipts_of_gdp", y)[0] for y in (1, 2, 3, 4)]  # 2016-19, accession in 2015
    assert outturn.backtest_draws(result, "customs")[0] == pytest.approx(np.mean(years))


# -- the record ----------------------------------------------------------------------------------------------
def made_up_backtest() -> Backtest:
    def some(run: str, predicted: float) -> pd.DataFrame:
        table = rows((predicted, -1.0, 4.0, 3.0, math.inf), (predicted, 1.0, 2.0, 3.0, NAN))
        more = {"run": run, "economy": ["KGZ", "ARM"], "outcome": "exports", "label": "Exports", "unit": "per cent",
                "effect_lower": -math.inf, "effect_upper": math.inf, "donors": "", "reason": ""}  # fmt: skip
        return table.assign(**more)

    table = scoring.score(pd.concat([some(KNOWN, 1.0), some(INFORMED, -1.0)], ignore_index=True))
    totals = {run: scoring.score_counts(table[table["run"] == run]) for run in (KNOWN, INFORMED)}
    spec = {"draws": 2, "seed": 0}
    return Backtest(spec, table, 0.9, (), Provenance(), totals, {"rouble": 0.123456}, tried())


def test_the_record_is_written_whole_with_the_same_bytes_each_time(tmp_path: Any) -> None:
    result = made_up_backtest()
    first = result.write(tmp_path / "a.json").read_bytes()
    assert first == result.write(tmp_path / "b.json").read_bytes()
    record = json.loads(first)
    assert record["covered"] == 1
    assert record["of"] == 2
    assert record["rouble_and_income"] == {"rouble": 0.1235}
    assert record["sentence"] == result.sentence
    assert len(record["rows"]) == 4
    assert record["rows"][1]["effect"] is None  # not available
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_the_summary_says_what_is_not_available() -> None:
    shown = made_up_backtest().summary()
    assert "against a counterfactual: not available" in shown
    assert "no bound" in shown
    assert "outside the interval" in shown
    assert "wrong direction" in shown


def test_the_shipped_score_agrees_with_itself_and_is_printed() -> None:
    record = backtest_record()
    assert record is not None
    table = pd.DataFrame(record["rows"])
    names = ["predicted", "lower", "upper", "happened", "effect", "effect_lower", "effect_upper"]
    again = scoring.score(table[names].astype(float).assign(run=table["run"]))
    for run in (KNOWN, INFORMED):
        assert scoring.score_counts(again[again["run"] == run]) == record["counts"][run]
    assert record["covered"] == record["counts"][KNOWN]["covered_happened"]
    assert set(table["economy"]) == {"KGZ", "ARM"}
    assert set(table["outcome"]) == set(outturn.backtest_outcomes())
    assert record["level"] == settings.LEVEL
    assert backtest_check().text == record["sentence"]


def test_the_shipped_truth_is_that_of_the_shipped_series() -> None:
    record = backtest_record()
    assert record is not None
    panel, columns = outturn.outturn_panel()
    for row in record["rows"]:
        if row["run"] == KNOWN and row["outcome"] != "customs":
            logs = outturn.mean_change(panel, columns[row["outcome"]], row["economy"], (2010, 2014), (2016, 2019))[0]
            assert row["happened"] == pytest.approx(outturn.log_to_percent(logs), abs=1e-3)


def test_the_picture_has_a_row_an_economy_and_what_happened() -> None:
    from matplotlib.figure import Figure

    axes = made_up_backtest().plot(Figure().subplots())
    assert [text.get_text() for text in axes.get_yticklabels()] == ["KGZ, exports", "ARM, exports"]
    happened = next(line for line in axes.lines if line.get_label() == "happened")
    assert list(happened.get_xdata()) == [3.0, 3.0]
    assert axes.get_title(loc="left").startswith("Asked in 2014: 2 of 2 directions right")


@pytest.mark.slow
def test_the_shipped_score_comes_out_again() -> None:
    shipped = json.loads((scenarios_folder() / "backtest.json").read_text(encoding="utf-8"))
    again = json.loads(json.dumps(backtest.backtest_scenarios(shipped["draws"], shipped["seed"]).record()))
    assert again["sentence"] == shipped["sentence"]
    assert again["counts"] == shipped["counts"]
    for new, old in zip(again["rows"], shipped["rows"], strict=True):
        for key, value in old.items():
            assert new[key] == (pytest.approx(value, abs=2e-4, rel=1e-4) if isinstance(value, float) else value)
