"""Staggered adoption: the numbers of an independent implementation, and what two-way fixed effects get wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError, NoDataError

YEARS = np.arange(2000, 2010)


def data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    starts = [2004] * 3 + [2006] * 3 + [2008] * 2 + [0] * 4
    y = rng.normal(0, 1, (12, 1)) + np.cumsum(rng.normal(0, 0.3, 10)) + rng.normal(0, 0.5, (12, 10))
    for i, g in enumerate(starts):
        y[i] += np.where(g <= YEARS, 1.0 + 0.3 * (YEARS - g), 0.0) if g else 0.0
    rows = [(f"U{i:02d}", int(t), y[i, j], g) for i, g in enumerate(starts) for j, t in enumerate(YEARS)]
    return pd.DataFrame(rows, columns=["unit", "year", "y", "g"])


def estimate(frame: pd.DataFrame, donors: Any = None, **options: Any) -> Any:
    events = frame[frame["g"] > 0].drop_duplicates("unit").set_index("unit")["g"]
    panel = ea.Panel.from_frame(frame[["unit", "year", "y"]], unit="unit")
    return ea.staggered_did(panel, "y", list(events.index), events, donors, **{"draws": 99} | options)


# diff-diff 3.13.0 on the same data (universal base period, analytic errors); on the minimum wage data of Callaway and
# Sant'Anna (2021) both print the published -0.0400 (se 0.0120) and -0.0199, -0.0510, -0.1373, -0.1008 by year.
@pytest.mark.parametrize(
    ("options", "expected", "se", "cohorts"),
    [
        ({"control": "never_treated"}, 1.6939023636194672, 0.3226621186760108, [2.14695029, 1.13863973, 1.3209746]),
        ({}, 1.6931218411773605, 0.32491201034997413, [2.13392298, 1.15596921, 1.3209746]),
        ({"method": "sun_abraham"}, 1.6939023636194688, 0.3226621186760108, [2.14695029, 1.13863973, 1.3209746]),
        ({"method": "imputation"}, 1.5097001805782433, None, None),
    ],
)
def test_the_numbers_of_an_independent_implementation(options: Any, expected: float, se: Any, cohorts: Any) -> None:
    effect = estimate(data(), **options)
    assert effect.estimate == pytest.approx(expected, rel=1e-10)
    assert effect.se == (None if se is None else pytest.approx(se, rel=1e-10))
    if cohorts:
        np.testing.assert_allclose(effect.cohorts["estimate"], cohorts, rtol=1e-8)
    assert effect.post["effect"].mean() == pytest.approx(effect.estimate)


def test_event_study_of_an_independent_implementation() -> None:
    study = estimate(data()).event_study.set_index("relative")
    expected = [0.42695, 0.720575, 0.017553, -0.120474, 0.004135, 0.235923, 0.464871, 0.0, 1.103686, 1.498105]
    expected += [1.619353, 1.981421, 2.399191, 2.649868]
    np.testing.assert_allclose(study["estimate"], expected, atol=1e-6)
    assert study.loc[0, "units"] == 8
    assert (study.drop(-1)["lower"] <= study.drop(-1)["estimate"] + 1e-9).all()


def test_panels_without_a_never_treated_unit() -> None:
    frame = data().query("g > 0")
    effect = estimate(frame, [])
    assert effect.estimate == pytest.approx(1.6548674473127556, rel=1e-10)  # diff-diff 3.13.0
    check = effect.check("treated cells with a control")
    assert check.failed  # nobody is untreated from 2008 on
    assert effect.finding != "found"
    imputed = estimate(frame, [], method="imputation")
    assert imputed.estimate == pytest.approx(1.541247333497302, rel=1e-10)  # diff-diff 3.13.0
    last = estimate(frame, [], method="sun_abraham")
    assert set(last.group_time["event"]) == {2004, 2006}
    with pytest.raises(NoDataError, match="no treated cell has an untreated unit"):
        estimate(frame, [], control="never_treated")


def test_growing_effects_do_not_turn_the_sign() -> None:
    """Effects that grow: two-way fixed effects, with early adopters as controls, find nothing or the wrong sign."""
    starts = [2002] * 4 + [2007] * 4
    y = np.array([[float(t - g + 1) if t >= g else 0.0 for t in YEARS] for g in starts])
    rows = [(f"U{i}", int(t), y[i, j], g) for i, g in enumerate(starts) for j, t in enumerate(YEARS)]
    frame = pd.DataFrame(rows, columns=["unit", "year", "y", "g"])
    treated = np.array([[t >= g for t in YEARS] for g in starts], dtype=float)
    rest = treated - treated.mean(1, keepdims=True) - treated.mean(0) + treated.mean()
    twoway = (rest * y).sum() / (rest * rest).sum()
    effect = estimate(frame, [])
    assert twoway < 1e-9
    assert effect.estimate == pytest.approx(3.0)  # the early cohort from 2002 to 2006, all that has a control
    assert effect.check("treated cells with a control").failed


def test_one_date_is_plain_difference_in_differences() -> None:
    frame = data().assign(g=lambda d: np.where(d["g"] > 0, 2006, 0))
    effect = estimate(frame, method="imputation")
    panel = ea.Panel.from_frame(frame[["unit", "year", "y"]], unit="unit")
    plain = ea.difference_in_differences(panel, "y", [f"U{i:02d}" for i in range(8)], 2006, draws=99)
    assert effect.estimate == pytest.approx(plain.estimate)
    assert effect.p_value == pytest.approx(plain.p_value, abs=0.05)


def test_the_order_of_units_and_the_level_make_no_difference() -> None:
    frame = data()
    base = estimate(frame)
    other = estimate(frame.assign(y=1e6 * frame["y"] + 1e9).sample(frac=1, random_state=1))
    assert other.estimate == pytest.approx(1e6 * base.estimate, rel=1e-9)
    assert other.se == pytest.approx(1e6 * base.se, rel=1e-9)


@pytest.mark.slow
def test_the_randomisation_test_rejects_a_true_null_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    p = []
    for _ in range(40):
        frame = data().assign(y=lambda d: rng.normal(0, 1, len(d)))
        p.append(estimate(frame, control="never_treated").p_value)
    assert 0.0 <= np.mean(np.array(p) <= 0.2) <= 0.4


def test_odd_questions_are_one_sentence() -> None:
    for options, says in (
        ({"method": "callaway"}, "did you mean 'callaway_santanna'"),
        ({"control": "never"}, "did you mean 'never_treated'"),
        ({"draws": 5}, "at least 99"),
    ):
        with pytest.raises(BadInputError, match=says):
            estimate(data(), **options)
