"""Options under known assumptions: the table of options where nothing is known, the model where all is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.results import Provenance
from eaeu_analysis.scenario import assumptions, load_scenario, run_scenario
from eaeu_analysis.scenario.assumptions import OUTCOMES, OptionDraws, shipped_option_draws
from eaeu_analysis.scenario.model.quantities import draw_quantities
from eaeu_analysis.scenario.options import ScenarioComparison, shipped_options
from eaeu_analysis.scenario.schema import draw_order
from scripts.make_expected import draws_of, write_option_draws


@pytest.fixture(scope="module")
def drawn() -> OptionDraws:
    found = shipped_option_draws()
    assert found is not None
    return found


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_with_nothing_known_it_is_the_table_of_options(drawn: OptionDraws, outcome: str) -> None:
    table = shipped_options()
    assert table is not None
    found = drawn.given({}, outcome)
    assert list(found["option"]) == table.spec["scenarios"]
    for row in found.to_dict("records"):
        wanted = table.value(outcome, row["option"])
        for name in ("estimate", "lower", "upper"):
            assert row[name] == pytest.approx(wanted[name], rel=6e-4, abs=1e-9)
        assert row["better"] == pytest.approx(wanted["better"], abs=6e-4)


def test_with_all_known_it_is_the_model(drawn: OptionDraws) -> None:
    """At random values of every assumption the median is what the model solves there, to what the polynomial misses."""
    scenario, surrogate = load_scenario("uzb_eaeu"), drawn.surrogates["uzb_eaeu"]
    spread = float(drawn.draws[("uzb_eaeu", "welfare")].std())
    misses = []
    for seed in range(5):
        at = np.random.default_rng(seed).uniform(0.25, 0.75, len(surrogate.names))
        values = {n: lo + u * (hi - lo) for (n, (lo, hi)), u in zip(surrogate.ends.items(), at, strict=True)}
        model = run_scenario(scenario.at(values), draws=1).estimate
        own = drawn.given(values).set_index("option").loc["uzb_eaeu"]
        misses.append(own["estimate"] - model)
        assert own["upper"] - own["lower"] < 0.5 * spread  # what is left is what the polynomial misses
    assert np.abs(misses).max() < 0.35 * spread
    assert np.sqrt(np.mean(np.square(misses))) < 0.2 * spread


def test_an_assumption_moves_the_options_that_have_it_and_no_other(drawn: OptionDraws) -> None:
    before, after = (drawn.given(v).set_index("option") for v in ({}, {"customs_revenue.share": 0.0}))
    assert after.loc["uzb_eaeu", "estimate"] < before.loc["uzb_eaeu", "estimate"] - 0.1
    assert after.loc["uzb_eaeu", "better"] < before.loc["uzb_eaeu", "better"]
    for option in ("uzb_observer", "uzb_wto", "uzb_gsp_plus_lost"):
        assert after.loc[option].equals(before.loc[option])


def test_what_carries_little_comes_last(drawn: OptionDraws) -> None:
    names = drawn.important()
    assert names[0] == "border_costs.effect"
    assert "market_access.after" not in drawn.important(least=0.01)
    assert set(drawn.important(least=0.01)) < set(names)


@pytest.mark.parametrize(("values", "outcome"), [({"no.such": 1.0}, "welfare"), ({}, "happiness")])
def test_what_is_not_there_is_named(drawn: OptionDraws, values: dict[str, float], outcome: str) -> None:
    with pytest.raises(BadInputError):
        drawn.given(values, outcome)


# -- by hand: outcomes that are sums of assumptions ---------------------------------------------------------
LOST, WTO = "uzb_gsp_plus_lost", "uzb_wto"
COUNT, SEED = 400, 7


def comparison(names: list[str], draws: pd.DataFrame, level: float = 0.8) -> ScenarioComparison:
    """A comparison whose outcomes are those given."""
    spec = {"scenarios": names, "draws": len(draws), "seed": SEED, "level": level}
    chosen = tuple(load_scenario(name) for name in names)
    return ScenarioComparison(spec, pd.DataFrame(), level, (), Provenance(), chosen, draws)


def drawn_of(name: str, count: int = COUNT) -> pd.DataFrame:
    scenario = load_scenario(name)
    joint = {pair.of: pair.correlation for pair in scenario.joint}
    return draw_quantities(scenario.quantities(), joint, count, SEED, draw_order())


@pytest.fixture
def summed() -> OptionDraws:
    """Spending is twice sigma in one option and a twentieth of it less the demand in the other; exports stand still in
    one of them and are missing in no draw."""
    lost, wto = drawn_of(LOST), drawn_of(WTO)
    columns = {
        (LOST, "welfare"): 2 * lost["elasticities.sigma"] - 12.0,
        (LOST, "exports"): 0 * lost["elasticities.sigma"],
        (WTO, "welfare"): 0.05 * wto["elasticities.sigma"] - 1.0 * wto["elasticities.demand"],
        (WTO, "exports"): wto["elasticities.demand"],
        (WTO, "imports"): wto["elasticities.demand"],
    }
    return draws_of(comparison([LOST, WTO], pd.DataFrame(columns)))


def test_what_is_kept_of_a_comparison(summed: OptionDraws) -> None:
    assert summed.options == [LOST, WTO]
    assert summed.level == 0.8
    assert list(summed.draws.columns) == [(LOST, "welfare"), (LOST, "exports"), (WTO, "welfare"), (WTO, "exports")]
    for name in (LOST, WTO):
        free = [path for path, quantity in load_scenario(name).quantities().items() if quantity.free]
        assert list(summed.inputs[name].columns) == free
        single = drawn_of(name)[free].astype(np.float32)
        np.testing.assert_array_equal(summed.inputs[name].to_numpy(), single.to_numpy().astype(float))
    sigma = summed.inputs[LOST]["elasticities.sigma"]
    np.testing.assert_allclose(summed.draws[(LOST, "welfare")], 2 * sigma - 12, rtol=1e-6, atol=1e-6)
    assert (summed.draws.to_numpy() == summed.draws.astype(np.float32).astype(float).to_numpy()).all()


def test_what_is_kept_of_assumptions_that_were_estimated_together() -> None:
    name = "uzb_eaeu_rouble_shock"
    values = drawn_of(name, 64)
    draws = pd.DataFrame({(name, "welfare"): values["elasticities.sigma"]})
    kept = draws_of(comparison([name], draws)).inputs[name]
    first, second = load_scenario(name).joint[0].of
    np.testing.assert_allclose(kept[[first, second]], values[[first, second]], rtol=1e-6)


def test_what_is_shipped_is_read_back(summed: OptionDraws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = {LOST: summed.inputs[LOST], WTO: summed.inputs[WTO].assign(**{"elasticities.sigma": 5.0})}
    found = OptionDraws(moved, summed.draws, 0.8)
    monkeypatch.setattr(assumptions, "scenarios_folder", lambda: tmp_path)
    read = shipped_option_draws.__wrapped__
    assert read() is None
    write_option_draws(found, tmp_path / assumptions.FILE)
    again = read()
    assert (again.options, again.level) == ([LOST, WTO], 0.8)
    pd.testing.assert_frame_equal(again.draws, found.draws, check_names=False)
    assert list(again.draws.columns.names) == ["option", "outcome"]
    for name, inputs in moved.items():
        pd.testing.assert_frame_equal(again.inputs[name], inputs, check_names=False)
    table = pd.read_parquet(tmp_path / assumptions.FILE)
    assert (table.dtypes == np.float32).all()
    assert f"{WTO}|elasticities.sigma" in table  # drawn otherwise, kept of its own
    assert f"{WTO}|elasticities.world_priced" not in table  # drawn alike, kept once
    assert len(table.columns) == 8 + 4  # eight different assumptions, four outcomes
    assert f"{LOST}|elasticities.sigma" not in table
    pd.DataFrame({"x": [1.0]}).to_parquet(tmp_path / assumptions.FILE)
    with pytest.raises(BadInputError, match=r"options_draws\.parquet: not the draws of the options \('options'\)"):
        read()


def test_ends_and_middle_of_an_assumption(summed: OptionDraws) -> None:
    sigma = load_scenario(WTO).quantities()["elasticities.sigma"]
    assert summed.ends("elasticities.sigma") == pytest.approx(tuple(sigma.ppf(np.array([0.05, 0.95]))))
    assert summed.middle("elasticities.sigma") == pytest.approx(sigma.centre)
    after = load_scenario(LOST).quantities()["market_access.after"]
    assert summed.middle("market_access.after") == pytest.approx(after.centre)  # of the one option that has it
    for ask in (summed.ends, summed.middle):
        with pytest.raises(BadInputError, match=r"^assumption that varies 'elasticities.sgma' not known; did you mean"):
            ask("elasticities.sgma")


def test_ends_are_those_of_all_options() -> None:
    own = drawn_of(LOST)
    values = pd.DataFrame({(name, "welfare"): own["elasticities.sigma"] for name in (LOST, "uzb_eaeu")})
    both = draws_of(comparison([LOST, "uzb_eaeu"], values))
    assert "customs_revenue.share" not in both.inputs[LOST]
    assert both.quantities[: len(both.inputs[LOST].columns)] == list(both.inputs[LOST].columns)


def test_which_outcome_answers(summed: OptionDraws) -> None:
    assert summed.answers(LOST, "welfare") is True
    assert summed.answers(LOST, "exports") is False
    assert summed.answers(WTO, "exports") is True


def test_which_assumption_carries_most(summed: OptionDraws) -> None:
    order = summed.important()
    assert order[:2] == ["elasticities.sigma", "elasticities.demand"]
    share = float(summed.draws[(WTO, "welfare")].var() / summed.draws[(LOST, "welfare")].var())
    assert summed.important(least=0.5) == ["elasticities.sigma"]
    assert summed.important(least=1.5 * share) == ["elasticities.sigma"]
    assert summed.important(least=0.5 * share) == ["elasticities.sigma", "elasticities.demand"]
    assert summed.important("exports", least=0.1) == ["elasticities.demand"]
    still = OptionDraws(summed.inputs, 0 * summed.draws, 0.8)
    assert still.important() == []


def test_known_assumptions_by_hand(summed: OptionDraws) -> None:
    found = summed.given({"elasticities.sigma": 5.0}).set_index("option")
    assert list(found.columns) == ["estimate", "lower", "upper", "better"]
    assert found.loc[LOST].to_list() == pytest.approx([-2.0, -2.0, -2.0, 0.0], abs=1e-4)
    demand = summed.inputs[WTO]["elasticities.demand"].to_numpy()
    ends = np.quantile(0.25 - demand, [0.5, 0.1, 0.9])
    assert found.loc[WTO, ["estimate", "lower", "upper"]].to_list() == pytest.approx(list(ends), abs=1e-4)
    assert found.loc[WTO, "better"] == 0.0
    free = summed.given().set_index("option")
    better = (summed.draws[(LOST, "welfare")] > 0).mean()
    assert free.loc[LOST, "better"] == pytest.approx(better)
    assert 0 < better < 1
    other = summed.given({"market_access.after": 3.0}).set_index("option")
    assert other.loc[WTO].equals(free.loc[WTO])  # it has no such assumption
    two = summed.given({"elasticities.sigma": 5.0, "elasticities.demand": 1.0}).set_index("option")
    assert two.loc[WTO, ["lower", "upper"]].to_list() == pytest.approx([-0.75, -0.75], abs=1e-4)


def test_an_outcome_that_stands_still_stays_where_it_is(summed: OptionDraws) -> None:
    found = summed.given({"elasticities.sigma": 5.0}, "exports").set_index("option")
    assert found.loc[LOST].to_list() == [0.0, 0.0, 0.0, 0.5]
    with pytest.raises(BadInputError, match=r"^outcome 'imports' not known; "):
        summed.given({}, "imports")
