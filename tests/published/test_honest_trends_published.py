"""Published intervals under trends that may bend, and those of an independent implementation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eaeu_analysis.impact.inference.bent_trends import (
    Study,
    breakdown,
    relative_excludes_zero,
    relative_interval,
    smooth_interval,
)

STUDIES = json.loads(Path(__file__).with_name("event_studies.json").read_text(encoding="utf-8"))


def study(name: str, weights: list[float] | None = None) -> Study:
    known = STUDIES[name]
    count, beta = known["before"], np.array(known["coefficients"])
    later = len(beta) - count
    return Study(beta[:count], beta[count:], np.array(known["covariance"]), np.array(weights or np.eye(later)[0]))


# README of the R package HonestDiD, Medicaid: "FLCI", with a quantile simulated by a million draws
SMOOTH = [(0.0, 0.0259, 0.0607), (0.01, 0.0132, 0.0787), (0.02, 0.00286, 0.0907), (0.03, -0.00714, 0.101)]


@pytest.mark.parametrize(("bound", "lower", "upper"), [*SMOOTH, (0.04, -0.0171, 0.111), (0.05, -0.0271, 0.121)])
def test_smooth_intervals_as_published(bound: float, lower: float, upper: float) -> None:
    found = smooth_interval(study("medicaid"), bound, 0.95)
    assert found == pytest.approx((lower, upper), abs=5e-4 if upper > 0.1 else 1e-4)


# The same README, "C-LF": ends on a grid with steps of 0.0004, first stage with a thousand draws
@pytest.mark.parametrize(
    ("bound", "lower", "upper"),
    [(0.5, 0.0241, 0.0673), (1.0, 0.0171, 0.0720), (1.5, 0.00859, 0.0796), (2.0, -0.00107, 0.0883)],
)
def test_relative_intervals_as_published(bound: float, lower: float, upper: float) -> None:
    found = relative_interval(study("medicaid"), bound, 0.95)
    assert found == pytest.approx((lower, upper), abs=5e-4)


def test_breakdown_value_as_published() -> None:
    """ "The breakdown value for a significant effect is 2": the interval at 2 just includes zero."""
    medicaid = study("medicaid")
    limit = breakdown(lambda bound: relative_excludes_zero(medicaid, bound, 0.95))
    assert limit == pytest.approx(1.9456, abs=1e-3)
    assert relative_interval(medicaid, limit - 0.01, 0.95)[0] > 0 > relative_interval(medicaid, limit + 0.01, 0.95)[0]


# diff-diff 3.13.0, honest_did._compute_optimal_flci, on the same coefficients
@pytest.mark.parametrize(
    ("name", "weights", "bound", "expected"),
    [
        ("benzarti_carloni", [1.0, 0.0, 0.0, 0.0], 0.0, (0.1314596160678465, 0.21611969405487597)),
        ("benzarti_carloni", [1.0, 0.0, 0.0, 0.0], 0.1, (0.11939793799729598, 0.41855427648215043)),
        ("benzarti_carloni", [0.25] * 4, 0.0, (0.13324813525253226, 0.23030473868373164)),
        ("benzarti_carloni", [0.25] * 4, 0.1, (-0.18642528394142743, 0.9883047644225801)),
        ("medicaid", [1.0, 0.0], 0.01, (0.01317482872063059, 0.07868431566261072)),
        ("medicaid", [0.5, 0.5], 0.01, (0.011956994706065281, 0.10244772098258528)),
        ("medicaid", [0.5, 0.5], 0.05, (-0.0687945632192442, 0.18546660202876686)),
    ],
)
def test_smooth_intervals_of_an_independent_implementation(
    name: str, weights: list[float], bound: float, expected: tuple[float, float]
) -> None:
    assert smooth_interval(study(name, weights), bound, 0.95) == pytest.approx(expected, abs=2e-7)
