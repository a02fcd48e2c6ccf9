"""Several treated units, each with its own synthetic control: average, placebo averages, event time."""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, NoDataError

FAST = ea.SyntheticControlOptions(checks=False)
DATES = {"A": 2010, "B": 2013}


@lru_cache
def panel(effect: float = 3.0, donors: int = 12) -> ea.Panel:
    rng = np.random.default_rng(6)
    factors = np.cumsum(rng.normal(0, 1, (24, 2)), axis=0)
    names = [*DATES, *(f"D{i:02d}" for i in range(donors))]
    y = 50 + factors @ rng.uniform(0, 1, (len(names), 2)).T + rng.normal(0, 0.2, (24, len(names)))
    wide = pd.DataFrame(y, index=range(1996, 2020), columns=names)
    for name, start in DATES.items():
        wide.loc[start:, name] += effect
    tidy = wide.rename_axis(index="year", columns="unit").stack().rename("y").reset_index()
    return ea.Panel.from_frame(tidy, unit="unit")


@lru_cache
def pooled(effect: float = 3.0) -> Any:
    return ea.synthetic_control(panel(effect), "y", ["A", "B"], DATES, options=FAST)


def single(name: str, effect: float = 3.0) -> Any:
    others = [unit for unit in panel(effect).units if unit not in DATES]
    return ea.synthetic_control(panel(effect), "y", name, DATES[name], others, options=FAST)


def test_the_average_is_that_of_the_units_fitted_alone() -> None:
    found = pooled()
    alone = {name: single(name) for name in DATES}
    assert {name: effect.estimate for name, effect in found.each.items()} == pytest.approx(
        {name: effect.estimate for name, effect in alone.items()}
    )
    cells = {"A": 10, "B": 7}
    expected = sum(cells[name] * alone[name].estimate for name in DATES) / 17
    assert found.estimate == pytest.approx(expected)
    assert found.post["effect"].mean() == pytest.approx(found.estimate)
    assert found.estimate == pytest.approx(3.0, abs=0.3)
    assert found.events == DATES


def test_placebo_averages_by_listing_them() -> None:
    """Every pair of different donors, one in each unit's place, in units of its own scale."""
    found, tables = pooled(), [single(name).placebos for name in DATES]
    values = []
    for first, second in itertools.permutations(tables[0].index[1:], 2):
        z = [table["standardised"][donor] for table, donor in zip(tables, (first, second), strict=True)]
        s = [table["scale"].iloc[0] for table in tables]
        values.append((10 * s[0] * z[0] + 7 * s[1] * z[1]) / 17)
    assert len(values) == len(found.draws) == 12 * 11
    np.testing.assert_allclose(np.sort(found.draws), np.sort(values))
    p = (1 + np.sum(np.abs(values) >= abs(found.estimate))) / (1 + len(values))
    assert found.p_value == pytest.approx(p)
    low, high = found.interval
    assert (low <= 0 <= high) == (found.p_value > 1 - found.level)


def test_the_event_study_counts_from_each_units_own_date() -> None:
    study = pooled().event_study.set_index("relative")
    assert study["units"].tolist() == [2] * 7 + [1] * 3
    gaps = {name: single(name).table.set_index("time")["effect"] for name in DATES}
    assert study.loc[2, "estimate"] == pytest.approx((gaps["A"][2012] + gaps["B"][2015]) / 2)
    assert study.loc[9, "estimate"] == pytest.approx(gaps["A"][2019])


def test_without_an_effect_nothing_is_found() -> None:
    found = pooled(0.0)
    assert found.p_value > 0.1
    assert found.interval[0] < 0 < found.interval[1]


def test_augmented_control_of_several_units() -> None:
    options = ea.AugmentedOptions(checks=False)
    found = ea.augmented_synthetic_control(panel(), "y", ["A", "B"], DATES, options=options)
    others = [unit for unit in panel().units if unit not in DATES]
    alone = ea.augmented_synthetic_control(panel(), "y", "A", 2010, others, options=options)
    assert found.each["A"].estimate == pytest.approx(alone.estimate)
    assert found.estimate == pytest.approx(3.0, abs=0.4)
    assert found.p_value < 0.05
    assert alone.plot(kind="placebo").figure


def test_figures_summary_and_asking_again() -> None:
    found = pooled()
    text = found.summary()
    assert "averaged over 2 treated units" in text
    assert "one treated unit left out" in text
    for kind in ("path", "gap", "placebo", "weights", "event_study"):
        assert found.plot(kind=kind).figure
    spec = found.spec
    again = ea.synthetic_control(panel(), spec["outcome"], spec["unit"], spec["event"], options=FAST)
    assert again.estimate == found.estimate
    assert again.p_value == found.p_value
    mixed = ea.synthetic_control(panel(), "y", ["B", "A"], pd.Series(DATES), options=FAST)
    assert mixed.estimate == pytest.approx(found.estimate)


def test_odd_questions_are_one_sentence() -> None:
    for options, says in (
        ({"donors": ["A", "D00", "D01"]}, "treated unit 'A' is among the donors"),
        ({"inference": "conformal"}, "use inference='placebo'"),
    ):
        with pytest.raises(BadInputError, match=says):
            ea.synthetic_control(panel(), "y", ["A", "B"], DATES, **{"options": FAST} | options)
    with pytest.raises(BadInputError, match="no date for treated unit 'B'"):
        ea.synthetic_control(panel(), "y", ["A", "B"], {"A": 2010}, options=FAST)
    many = dict.fromkeys(panel().units[:11], 2010)
    with pytest.raises(NoDataError, match="too few to stand in"):
        ea.synthetic_control(panel(), "y", list(many), many, options=FAST)


def test_economies_with_a_pool_by_name() -> None:
    world = ea.load_panel(["trade"], None, (1996, 2019))
    found = ea.synthetic_control(world, "trade", ["ARM", "KGZ"], 2015, options=FAST)
    assert set(found.units) == {"ARM", "KGZ"}
    assert not {"ARM", "KGZ"} & set(found.weights.index)
    assert found.spec["event"] == 2015
