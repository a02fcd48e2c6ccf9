"""Published synthetic controls, within their tolerance: the Basque Country and Proposition 99.

The inputs state no licence, so they are not part of the project: the tests that need them are skipped elsewhere.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from published_solvers import published_synthetic_control
from scipy.optimize import nnls

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.predictors import Predictor

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "benchmarks" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the published inputs are not at {DATA}")

BASQUE = "Basque Country (Pais Vasco)"
SPAIN = "Spain (Espana)"
# Abadie & Gardeazabal (2003, AER 93(1)), as in the Synth package for R and pysyncon's tests/test_synth_basque.py
PREDICTORS = [
    *(
        Predictor(name, (1964, 1969))
        for name in ("school.illit", "school.prim", "school.med", "school.high", "school.post.high", "invest")
    ),
    Predictor("gdpcap", (1960, 1969)),
    *(
        Predictor(f"sec.{name}", range(1961, 1970, 2))
        for name in ("agriculture", "energy", "industry", "construction", "services.venta", "services.nonventa")
    ),
    Predictor("popdens", 1969),
]


@lru_cache
def basque() -> Panel:
    table = pd.read_csv(DATA / "basque.csv").drop(columns="regionno")
    return Panel.from_frame(table, "regionname", "year")


def regions(*left_out: str) -> list[str]:
    return [unit for unit in basque().units if unit not in left_out]


FAST = SyntheticControlOptions(checks=False)


@lru_cache
def study(**choice):
    return synthetic_control(basque(), "gdpcap", BASQUE, 1975, predictors=PREDICTORS, fit_years=(1960, 1969), **choice)


def fitted():
    return study(inference="none", options=FAST)


def test_basque_weights():
    """F1_basque_Cataluna, F1_basque_Madrid: 0.8508 and 0.1492, to 0.001."""
    weights = fitted().weights
    assert weights["Cataluna"] == pytest.approx(0.850816306, abs=0.001)
    assert weights["Madrid (Comunidad De)"] == pytest.approx(0.149183694, abs=0.001)
    assert weights.drop(["Cataluna", "Madrid (Comunidad De)"]).max() < 0.001


def test_basque_fit_before():
    """F1_basque_pre: mean squared gap 1960-69 0.008864544955; ours is to be equal or lower, and within 0.001."""
    assert fitted().pre_mspe <= 0.008864544955 * (1 + 1e-9)
    assert fitted().pre_mspe == pytest.approx(0.008864544955, abs=0.001)


def test_basque_effect():
    """F1_basque_ATT: -0.6995647842 in 1975-97, to 0.0001."""
    assert fitted().estimate == pytest.approx(-0.6995647842, abs=0.0001)
    assert fitted().spec["post_years"] == list(range(1975, 1998))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("left_out", [(), (SPAIN,)], ids=["with the total of Spain", "without"])
def test_basque_from_other_starts_and_without_the_total_of_spain(seed, left_out):
    """The trap of the data: one start can stick at 0.037; ours end where the published study does, for any seed."""
    effect = synthetic_control(
        basque(), "gdpcap", BASQUE, 1975, regions(BASQUE, *left_out), predictors=PREDICTORS,
        fit_years=(1960, 1969), seed=seed, inference="none", options=FAST,
    )  # fmt: skip
    assert effect.pre_mspe == pytest.approx(0.008864544955, rel=1e-6)
    assert effect.weights["Cataluna"] == pytest.approx(0.850816306, abs=0.001)


def test_basque_placebo_p():
    """F1_basque_placebo_p-value: 0.1667, to 0.025.

    Ours is an exact rank of 18 with the treated region among them. The published figure leaves it out of the count;
    with its optimiser and its years three placebos rank above, so that the exact p would be 4/18.
    """
    effect = study(options=FAST)
    assert effect.p_value == pytest.approx(3 / 18)
    assert effect.p_values["ratio"] == pytest.approx(0.166666667, abs=0.025)
    assert effect.interval[0] < 0 < effect.interval[1]


def test_basque_placebo_of_catalonia_with_the_published_optimiser():
    """F1_basque_Cataluna_placebo_gap_1970: 0.492355223, to 0.025.

    That is where one Nelder-Mead run from equal weights stops (mean squared gap 0.1209). A converged search fits
    Catalonia's years before 1970 ten times better, and its gap in 1970 is then near zero.
    """
    question = ("gdpcap", "Cataluna", 1975, regions(BASQUE, "Cataluna"))
    _, gap, stuck = published_synthetic_control(basque(), question, PREDICTORS, (1960, 1969))
    assert gap[1970] == pytest.approx(0.492355223, abs=0.025)
    assert stuck == pytest.approx(0.1209, abs=0.001)
    converged = synthetic_control(
        basque(), *question, predictors=PREDICTORS, fit_years=(1960, 1969), inference="none", options=FAST
    )
    assert converged.pre_mspe < stuck / 5
    assert abs(converged.table.set_index("time").loc[1970, "effect"]) < 0.1


def test_basque_by_the_published_optimiser():
    """The same three figures when V is found as in Synth and pysyncon."""
    question = ("gdpcap", BASQUE, 1975, regions(BASQUE))
    weights, gap, before = published_synthetic_control(basque(), question, PREDICTORS, (1960, 1969))
    assert weights["Cataluna"] == pytest.approx(0.850816306, abs=0.001)
    assert before == pytest.approx(0.008864544955, abs=1e-6)
    assert gap.loc[1975:].mean() == pytest.approx(-0.6995647842, abs=0.0001)


@lru_cache
def california():
    table = pd.read_csv(DATA / "california_prop99.csv", sep=";").drop(columns="treated")
    panel = Panel.from_frame(table, "State", "Year")
    return panel.wide("PacksPerCapita"), synthetic_control(panel, "PacksPerCapita", "California", 1989, options=FAST)


def test_proposition_99():
    """G_prop99_SC: -19.62 packs a head, 38 controls, fitted 1970-88 (Arkhangelsky et al. 2021, AER, Table 1: -19.6).

    Their package stops its Frank-Wolfe iteration short of the optimum: -19.62 is where about 5,000 of its steps lead.
    The optimum of the same problem is -19.514, which non-negative least squares finds too; the estimator that stops
    where the package does is tested with synthetic difference-in-differences.
    """
    wide, effect = california()
    assert len(effect.weights) == 38
    assert effect.spec["fit_years"] == list(range(1970, 1989))
    donors, own = wide.drop(columns="California"), wide["California"]
    distance = donors.loc[:1988].to_numpy() - own.loc[:1988].to_numpy()[:, None]

    independent, _ = nnls(np.vstack([distance / 10, np.ones(38)]), np.append(np.zeros(19), 1.0), maxiter=10_000)
    independent /= independent.sum()
    assert effect.estimate == pytest.approx(float((own - donors @ independent).loc[1989:].mean()), abs=1e-5)
    assert effect.estimate == pytest.approx(-19.514, abs=0.001)

    w = np.full(38, 1 / 38)
    for _ in range(5000):
        slope = distance.T @ (distance @ w)
        towards = -w
        towards[np.argmin(slope)] += 1.0
        along = distance @ towards
        w = w + min(1.0, -(slope @ towards) / (along @ along)) * towards
    assert float((own - donors @ w).loc[1989:].mean()) == pytest.approx(-19.62, abs=0.05)
    assert effect.pre_mspe < float(((distance @ w) ** 2).mean())


def test_proposition_99_stands_out():
    """Abadie, Diamond & Hainmueller (2010): no other of the 39 states has a gap as large for its fit before."""
    _, effect = california()
    assert effect.p_value == pytest.approx(1 / 39)
    assert effect.p_values["ratio"] < 0.10
    assert effect.interval[1] < 0
