"""Options side by side: common draws, who is better, one sentence for what cannot be compared."""

import numpy as np
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.plots.scenario_options import options_data
from eaeu_analysis.scenario.tables import scenario_tables

DRAWS = 40


@pytest.fixture(scope="module")
def found():
    return ea.compare_scenarios(["uzb_observer", "uzb_eaeu", "uzb_wto"], draws=DRAWS)


def test_the_numbers_are_those_of_a_run_of_its_own(found):
    alone = ea.run_scenario("uzb_eaeu", draws=DRAWS)
    for outcome in ("welfare", "exports", "customs_receipts_of_gdp"):
        np.testing.assert_allclose(found.draws[("uzb_eaeu", outcome)], alone.draws[("total", outcome)], rtol=1e-9)
    row = found.value("welfare", "uzb_eaeu")
    assert (row["estimate"], row["lower"], row["upper"]) == (alone.estimate, *alone.interval)


def test_what_options_share_is_drawn_at_the_same_points():
    one, two = (ea.run_scenario(name, draws=4).inputs for name in ("uzb_eaeu_tariffs_only", "uzb_eaeu_exemptions"))
    for path in ("elasticities.sigma", "tariffs.position", "tariffs.collected"):
        np.testing.assert_array_equal(one[path], two[path])
    low, high = one["tariffs.exempt"] / 0.3, (two["tariffs.exempt"] - 0.5) / 0.5
    np.testing.assert_allclose(low, high)  # the same points of two ranges


def test_the_better_option_by_hand(found):
    member, bound = (found.draws[(name, "welfare")].to_numpy() for name in ("uzb_eaeu", "uzb_wto"))
    assert found.better("uzb_eaeu", "uzb_wto") == pytest.approx((member > bound).mean())
    assert found.better("uzb_eaeu", "uzb_wto") + found.better("uzb_wto", "uzb_eaeu") == pytest.approx(1.0)
    assert found.value("welfare", "uzb_eaeu")["better"] == pytest.approx((member > 0).mean())
    best = found.table[found.table["outcome"] == "welfare"].set_index("scenario")["best"]
    assert best.sum() == pytest.approx(1.0)
    top = np.stack([np.zeros(DRAWS), member, bound])
    assert best["uzb_eaeu"] == pytest.approx((top.argmax(axis=0) == 1).mean())
    assert best["uzb_observer"] == best["nothing"]  # the tool measures no difference between the two
    with pytest.raises(BadInputError, match="neither good nor bad"):
        found.better("uzb_eaeu", "uzb_wto", "imports")


def test_a_failed_check_is_named_with_what_it_drives(found):
    rows = found.table[found.table["scenario"] == "uzb_eaeu"].set_index("outcome")["failed_checks"]
    failed = [c.name for c in found.checks if c.failed and c.scope == "uzb_eaeu"]
    assert "the tariff in two models" in failed
    assert "the tariff in two models" in rows["welfare"]
    assert rows["exports"] == ""
    assert "[failed: the tariff in two models]" in found.summary()


def test_the_table_has_every_outcome_and_the_figure_every_option(found):
    assert list(found.to_frame()["scenario"].unique()) == ["uzb_observer", "uzb_eaeu", "uzb_wto", "nothing"]
    assert (found.table["failed"] == 0).all()
    assert list(options_data(found).index) == [scenario_tables()["options"][s.name] for s in found.scenarios]
    axes = found.plot()
    assert axes.get_title(loc="left").startswith("Real spending: ")
    assert "Stay an observer: no change" in found.summary()


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["uzb_eaeu", "kgz_2014"], "options must have one economy; came KGZ, UZB"),
        (["uzb_eaeu", "uzb_eaeu"], "'uzb_eaeu' is named twice"),
        (["uzb_eauu"], "did you mean 'uzb_eaeu'"),
        (["nothing"], "no option to compare but doing nothing"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(names, sentence):
    with pytest.raises(BadInputError, match=sentence):
        ea.compare_scenarios(names, draws=2)


def test_an_implausible_number_carries_a_warning():
    asked = ea.load_scenario("uzb_eaeu").replace({"sigma": 1.05, "migration.migrants": 10.0})
    texts = {c.name: c.text for c in ea.run_scenario(asked, draws=2).checks if c.failed}
    assert "2 to 15 is usual" in texts["plausible elasticities.sigma"]
    assert "migrants are in millions" in texts["plausible migration.migrants"]
    assert not [c for c in ea.run_scenario("uzb_eaeu", draws=2).checks if c.name.startswith("plausible")]


def test_an_interval_too_narrow_to_print_is_not_called_clear_of_zero():
    from eaeu_analysis.plots.scenario_options import is_clear

    assert not is_clear({"estimate": -0.003, "lower": -0.004, "upper": -0.001})
    assert is_clear({"estimate": 0.3, "lower": 0.1, "upper": 0.5})
    assert not is_clear({"estimate": 0.3, "lower": -0.1, "upper": 0.5})
