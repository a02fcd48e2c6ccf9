"""Donors touched by the event: the German reunification against a slow second way, known truths, and the sentences."""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, NoDataError

GERMANY = Path(__file__).resolve().parents[2] / "published" / "german_reunification.csv"
FAST = ea.SyntheticControlOptions(checks=False)


@lru_cache
def germany_panel() -> ea.Panel:
    wide = pd.read_csv(GERMANY, comment="#", index_col="year")
    return ea.Panel.from_frame(wide.rename_axis(columns="country").stack().rename("gdp").reset_index(), unit="country")


@lru_cache
def germany() -> tuple[pd.DataFrame, Any]:
    wide = pd.read_csv(GERMANY, comment="#", index_col="year")
    panel = germany_panel()
    return wide, ea.synthetic_control(panel, "gdp", "West Germany", 1991, fit_years=(1960, 1990), options=FAST)


def slow_weights(target: np.ndarray, donors: np.ndarray) -> np.ndarray:
    scale = target.std()
    y, x = target / scale, donors / scale
    count = x.shape[1]
    found = minimize(
        lambda w: ((y - x @ w) ** 2).sum(),
        np.full(count, 1 / count),
        jac=lambda w: -2 * x.T @ (y - x @ w),
        bounds=[(0, 1)] * count,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(count)},
        method="SLSQP",
        options={"maxiter": 2000, "ftol": 1e-14},
    )
    return found.x


def test_weights_of_the_german_reunification_as_published() -> None:
    """Cattaneo, Feng, Palomba & Titiunik (2025, JSS 113(1)): simplex weights on GDP per head, 1960-90."""
    published = {"Austria": 0.291, "USA": 0.273, "Italy": 0.191, "Netherlands": 0.133, "Switzerland": 0.081}
    published |= {"France": 0.030}
    weights = germany()[1].weights
    assert weights[weights > 5e-4].round(3).to_dict() == pytest.approx(published)


def test_inclusive_estimate_by_a_second_way() -> None:
    """One pair of equations per year, with weights by a general solver."""
    wide, effect = germany()
    found = ea.spillovers(effect, "Austria")
    pre, post = wide.loc[:1990], wide.loc[1991:]
    gaps, cross = [], []
    for unit, other in (("West Germany", "Austria"), ("Austria", "West Germany")):
        donors = wide.columns.drop(unit)
        weights = slow_weights(pre[unit].to_numpy(float), pre[donors].to_numpy(float))
        gaps.append((post[unit] - post[donors] @ weights).to_numpy())
        cross.append(weights[donors.get_loc(other)])
    a, b = cross
    germany_effect = (gaps[0] + a * gaps[1]) / (1 - a * b)
    austria_effect = (gaps[1] + b * gaps[0]) / (1 - a * b)
    table = found.table.pivot(index="time", columns="unit", values="effect")
    np.testing.assert_allclose(table["West Germany"], germany_effect, rtol=2e-3, atol=5.0)
    np.testing.assert_allclose(table["Austria"], austria_effect, rtol=2e-3, atol=8.0)
    assert found.estimate == pytest.approx(germany_effect.mean(), rel=1e-3)
    assert found.naive == pytest.approx(effect.estimate)
    assert found.shares.set_index("share").loc[0.0, "p_value"] == effect.p_value


# mlsynth 1.0.0 (MIT), SPILLSYNTH: method "cd" with an intercept, method "iscm" without one
@pytest.mark.parametrize(
    ("touched", "by_least_squares"),
    [
        (["Austria"], [-1816.28208816, 179.98087129]),
        (
            ["Austria", "Switzerland", "Netherlands"],
            [-1426.10708418, 271.49679339, -3160.49924639, 1078.17569624],
        ),
    ],
)
def test_least_squares_of_an_independent_implementation(touched: list[str], by_least_squares: list[float]) -> None:
    options = ea.SyntheticControlOptions(checks=False, intercept=True)
    effect = ea.synthetic_control(
        germany_panel(), "gdp", "West Germany", 1991, fit_years=(1960, 1990), post_years=(1991, 2003), options=options
    )
    found = ea.spillovers(effect, touched)
    assert found.effects["least_squares"].tolist() == pytest.approx(by_least_squares, rel=1e-6)
    assert found.least_squares == found.effects["least_squares"].iloc[0]
    averages = found.table.groupby("unit", sort=False)["least_squares"].mean()
    assert averages.tolist() == pytest.approx(found.effects["least_squares"].tolist())


def test_inclusive_estimate_of_an_independent_implementation() -> None:
    """Three digits: its weights stop short of the optimum."""
    found = ea.spillovers(germany()[1], "Austria")
    assert (found.naive, found.estimate) == pytest.approx((-1668.33, -1748.64), rel=5e-4)
    assert found.effects["effect"].iloc[1] == pytest.approx(-279.1, rel=1e-2)


TOBACCO = Path(__file__).resolve().parents[3].parent / "shared" / "benchmarks" / "data" / "tobacco_sales.csv"
# replication files of Cao & Dowd (2019), output/spillover.csv: Proposition 99, 1989-2000, 51 states, 13 of them touched
CALIFORNIA = [0.0827, 3.7144, -3.7584, -3.4271, -7.6145, -10.9137, -12.8346, -13.0843, -14.9136, -16.0811, -18.9587]
CALIFORNIA += [-15.4900]
NEVADA = [14.9607, 26.8609, 3.8229, -1.6170, -5.1258, 2.6675, -9.6907, -12.4029, -13.8742, -8.6620, -1.4665, -1.8983]


@pytest.mark.skipif(not TOBACCO.is_file(), reason=f"the sales of 51 states are not at {TOBACCO}")
def test_proposition_99_as_published() -> None:
    sales = pd.read_csv(TOBACCO, comment="#", index_col="year")
    tidy = sales.rename_axis(columns="state").stack().rename("packs").reset_index()
    options = ea.SyntheticControlOptions(checks=False, intercept=True)
    effect = ea.synthetic_control(ea.Panel.from_frame(tidy, unit="state"), "packs", "CA", 1989, options=options)
    found = ea.spillovers(effect, ["AK", "AZ", "DC", "FL", "HI", "MA", "MD", "MI", "NJ", "NV", "NY", "OR", "WA"])
    table = found.table.pivot(index="time", columns="unit", values="least_squares")
    assert table["CA"].tolist() == pytest.approx(CALIFORNIA, abs=5e-4)
    assert table["NV"].tolist() == pytest.approx(NEVADA, abs=5e-4)


def made(share: float, effect: float = 6.0, donors: int = 24) -> Any:
    """Two factors; the treated unit is an average of D00, D01 and D02; D01 has ``share`` of its effect."""
    rng = np.random.default_rng(4)
    factors = np.cumsum(rng.normal(0, 1, (30, 2)), axis=0)
    loadings = rng.normal(1, 0.7, (donors, 2))
    y = 50 + factors @ loadings.T + rng.normal(0, 0.05, (30, donors))
    own = y[:, :3].mean(axis=1) + rng.normal(0, 0.05, 30)
    own[22:] += effect
    y[22:, 1] += share * effect
    wide = pd.DataFrame(np.column_stack([own, y]), columns=["T", *(f"D{i:02d}" for i in range(donors))])
    tidy = wide.rename_axis(index="year", columns="unit").stack().rename("y").reset_index()
    tidy["year"] += 1990
    return ea.synthetic_control(ea.Panel.from_frame(tidy, unit="unit"), "y", "T", 2012, options=FAST)


def test_a_known_effect_on_a_donor_is_found_and_allowed_for() -> None:
    effect = made(0.5)
    assert effect.weights["D01"] > 0.2
    assert effect.estimate < 5.2  # too small: the donor moved along
    found = ea.spillovers(effect, ["D01"])
    assert found.estimate == pytest.approx(6.0, abs=0.3)
    assert found.effects.set_index("unit").loc["D01", "share"] == pytest.approx(0.5, abs=0.08)
    assert found.effects["least_squares"].tolist() == pytest.approx([6.0, 3.0], abs=0.4)
    at = found.shares.set_index("share")["estimate"]
    assert at[0.5] == pytest.approx(6.0, abs=0.3)
    assert at[0.0] == pytest.approx(effect.estimate)
    assert found.check("touched donors").passed


def test_breakdown_value_is_where_the_finding_is_lost() -> None:
    found = ea.spillovers(made(0.0, effect=1.7), ["D00", "D01", "D02"])
    low, high = found.breakdown
    assert -1.0 <= low < 0.0
    alpha = 1 - found.level
    at = found.shares.set_index("share")["p_value"]
    assert at[low] > alpha >= at[round(low + 0.01, 2)]
    assert f"move the other way by {-low:.0%} of it" in found.summary()
    if math.isfinite(high):
        assert at[high] > alpha
    none = ea.spillovers(made(0.0, effect=0.0), ["D00"])
    assert none.breakdown == (0.0, 0.0)
    assert "no finding to lose" in none.verdict
    assert none.check("touched donors").passed is None


def test_levels_and_units_of_measurement_make_no_difference() -> None:
    base = ea.spillovers(made(0.5), "D01")
    assert base.plot().get_xlabel().startswith("share of the effect")
    table = base.to_frame()
    assert set(table["unit"]) == {"T", "D01"}
    assert len(table) == 2 * 8


def test_odd_questions_are_one_sentence() -> None:
    effect = made(0.0, donors=6)
    for asked, says in (
        (["D0"], "did you mean"),
        ([], "affected is empty"),
        (["T"], "donor in affected"),
        ([f"D{i:02d}" for i in range(5)], "at least two must be untouched"),
    ):
        with pytest.raises(BadInputError, match=says):
            ea.spillovers(effect, asked)
    other = ea.difference_in_differences(
        ea.Panel.from_frame(
            pd.DataFrame(
                [(u, t, float(t % 3 + u)) for u in range(8) for t in range(2000, 2010)], columns=["u", "t", "y"]
            ),
            unit="u",
            time="t",
        ),
        "y",
        0,
        2006,
        draws=99,
    )
    with pytest.raises(BadInputError, match="synthetic_control"):
        ea.spillovers(other, ["1"])


def test_units_that_follow_only_one_another_are_refused() -> None:
    rng = np.random.default_rng(1)
    base = np.cumsum(rng.normal(0, 1, 20))
    far = [np.cumsum(rng.normal(0, 1, 20)) + 40 for _ in range(4)]
    wide = pd.DataFrame({"T": base, "A": base + 1e-9, **{f"F{i}": path for i, path in enumerate(far)}})
    tidy = wide.rename_axis(index="year", columns="unit").stack().rename("y").reset_index()
    effect = ea.synthetic_control(ea.Panel.from_frame(tidy, unit="unit"), "y", "T", 14, options=FAST)
    with pytest.raises(NoDataError, match="follow only one another"):
        ea.spillovers(effect, ["A"])
