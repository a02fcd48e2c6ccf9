"""Sliders: they move at once, say what the polynomial says, and hand their values to the whole model."""

from __future__ import annotations

import statistics
import sys
import time
from typing import Any

import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError


def test_a_move_takes_less_than_a_tenth_of_a_second(made_up: Any) -> None:
    box = made_up.sliders().widget()
    slider, picture = box.children[0].children[0], box.children[-1]
    seen, times = set(), []
    for k in range(1, 21):
        start = time.process_time()
        slider.value = slider.min + k * (slider.max - slider.min) / 20
        times.append(time.process_time() - start)
        seen.add(picture.value)
    assert len(seen) > 15  # each move changes what is shown
    assert statistics.median(times) < 0.1


def test_a_slider_moves_in_the_unit_it_shows_and_sets_the_value_of_the_file(made_up: Any) -> None:
    sliders = made_up.sliders("migration.sent_home")
    slider = sliders.widget().children[0].children[0]
    assert (slider.min, slider.max) == pytest.approx((5.0, 95.0))
    slider.value = 80.0
    assert sliders.values == {"migration.sent_home": pytest.approx(0.8)}
    found = sliders.to_frame().set_index("outcome")["value"]["welfare"]
    middle = made_up.surrogate.middle
    rest = -2.0 * middle["tariffs.exempt"] - 0.1 + 2.0 * middle["border_costs.effect"]
    assert found == pytest.approx(rest + 0.2 * (middle["customs_revenue.share"] - 5.0) + 1.5 * 0.8, abs=1e-6)


def test_the_scenario_of_the_sliders_is_fixed_where_they_stand(made_up: Any) -> None:
    fixed = made_up.sliders("customs_revenue.share").set(customs_revenue_share=4.0).scenario()
    numbers = fixed.quantities()
    assert not any(quantity.free for quantity in numbers.values())
    assert numbers["customs_revenue.share"].centre == 4.0
    for name, quantity in made_up.scenario.quantities().items():
        if name != "customs_revenue.share":
            assert numbers[name].centre == pytest.approx(quantity.centre)
    assert made_up.scenario.customs_revenue.share.free  # the one they came from is as it was


def test_names_that_are_not_there(made_up: Any) -> None:
    with pytest.raises(BadInputError, match=r"'migration\.sent_hom'.*did you mean 'migration\.sent_home'"):
        made_up.sliders("migration.sent_hom")
    with pytest.raises(BadInputError, match="slider 'share' not known"):
        made_up.sliders().set(share=3)
    with pytest.raises(BadInputError, match=r"quantity of uzb_eaeu 'tariffs\.exmpt' not known; did you mean"):
        made_up.scenario.at({"tariffs.exmpt": 0.1})


def test_without_ipywidgets_there_is_the_table_and_one_sentence(made_up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    sliders = made_up.sliders()
    with pytest.raises(BadInputError, match=r"pip install 'eaeu-analysis\[notebooks\]'"):
        sliders.widget()
    bundle = sliders._repr_mimebundle_()
    assert set(bundle) == {"text/html", "text/plain"}
    assert "Real spending" in bundle["text/html"]


def test_the_model_at_fixed_numbers_agrees_with_the_draws_it_came_from() -> None:
    """The whole model at the numbers of one draw gives that draw, but for the duties it starts from."""
    drawn = ea.run_scenario("uzb_wto", draws=2)
    fixed = ea.run_scenario(drawn.scenario.at(drawn.inputs.iloc[1].to_dict()), draws=1)
    for outcome in ("welfare", "imports", "price_index"):
        assert fixed.value(outcome)["estimate"] == pytest.approx(drawn.draws[("total", outcome)].iloc[1], abs=2e-3)
