"""Published examples of staggered adoption: equal to an independent implementation, diff-diff 3.13.0, or to the paper.

Group-time effects by ``CallawaySantAnna(base_period="universal")``, ``SunAbraham`` and ``ImputationDiD`` on the same
data, overall effect with its analytic error.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import eaeu_analysis as ea

sys.path.insert(0, str(Path(__file__).parent))
from examples import example

NEVER, LATER, IMPUTED = {"control": "never_treated"}, {}, {"method": "imputation"}
SUN = {"method": "sun_abraham"}
EXPECTED = [
    ("castle_doctrine", NEVER, 0.110383035, 0.038724240),
    ("castle_doctrine", LATER, 0.109354958, 0.039165376),
    ("castle_doctrine", SUN, 0.110383035, None),
    ("castle_doctrine", IMPUTED, 0.079801547, None),
    ("math_requirements", NEVER, 0.000272684518, 0.014922732),
    ("math_requirements", LATER, -0.000214448877, 0.015180539),
    ("math_requirements", IMPUTED, 0.000137281886, None),
    ("unilateral_divorce", NEVER, -5.73896409, 1.64110649),
    ("unilateral_divorce", LATER, -4.77142906, 1.78279971),
    ("unilateral_divorce", IMPUTED, -2.74275025, None),
    ("turnout_edr", NEVER, 2.92592465, 1.44955400),
    ("turnout_edr", LATER, 3.08208326, 1.44764445),
    ("turnout_edr", IMPUTED, 1.67279834, None),
]


@pytest.mark.parametrize(("name", "options", "estimate", "se"), EXPECTED)
def test_overall_effects(name: str, options: Any, estimate: float, se: float | None) -> None:
    panel, starts = example(name)
    found = ea.staggered_did(panel, "y", list(starts), starts, draws=99, **options)
    assert found.estimate == pytest.approx(estimate, rel=1e-4, abs=1e-7)
    if se is not None:
        assert found.se == pytest.approx(se, rel=1e-4)


def test_turnout_by_interactive_fixed_effects_as_published() -> None:
    """Xu (2017), table 2, column 3: two factors, effect of election-day registration 5.13, error 2.26."""
    panel, starts = example("turnout_edr")
    found = ea.interactive_fixed_effects(panel, "y", list(starts), starts, draws=400)
    assert found.factors.shape == (24, 2)
    assert round(found.estimate, 2) == 5.13
    assert found.se == pytest.approx(2.26, abs=0.35)
