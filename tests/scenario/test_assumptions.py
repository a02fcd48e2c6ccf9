"""Options under known assumptions: the table of options where nothing is known, the model where all is."""

from __future__ import annotations

import numpy as np
import pytest

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.scenario import load_scenario, run_scenario
from eaeu_analysis.scenario.assumptions import OUTCOMES, OptionDraws, shipped_option_draws
from eaeu_analysis.scenario.options import shipped_options


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
