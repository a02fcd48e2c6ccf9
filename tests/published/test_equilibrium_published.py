"""Published answers: the Advanced Guide to Trade Policy Analysis, chapter 2, and the sample of gegravity 0.3.

The figures are printed in the sources named; the data state no licence, so they are read where they are available.
"""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.trade.equilibrium.solve import solve_equilibrium
from quality.benchmarks.gravity_baseline import gravity_baseline

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "benchmarks" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"benchmark data are not available: {DATA}")

# Yotov, Piermartini, Monteiro & Larch (2016), An Advanced Guide to Trade Policy Analysis, chapter 2, application 1:
# abolishing international borders in 2006, sigma = 7, Germany the reference. Stata output of the authors' files:
# per cent changes of exports (conditional), exports, factory-gate price, inward resistance, real GDP (full endowment).
GUIDE = {
    "CAN": (80.824632, 137.187578, 32.584461, -14.108814, 54.36329),
    "USA": (359.980757, 438.312573, 11.140896, 0.442067, 10.651742),
    "DEU": (133.3886, 191.982261, 24.313246, 0.0, 24.313246),
    "MEX": (114.553829, 173.609953, 29.226718, -11.435564, 45.912654),
    "CHN": (175.496419, 238.414357, 23.31669, 7.837747, 14.353921),
}
# The same files, gravity step: 2006 cross-section, exporter and importer effects, domestic trade.
COEFFICIENTS = {"ln_dist": -0.7912879, "cntg": 0.6736456, "border": -2.47445}

# gegravity 0.3 (Herman 2021, USITC Working Paper 2021-04-B), documentation: trade agreement between Canada and Japan,
# sigma = 5, Germany the reference. Coefficients of its PPML; results for Canada.
SAMPLE = {
    "lndist": -0.3898623, "contiguity": 0.891577, "common_language": 0.0326249, "pta": 0.4711383,
    "international": -3.412584, "constant": 16.32434,
}  # fmt: skip


@pytest.fixture(scope="module")
def guide():
    """Cost of every pair and fitted trade, from a Poisson fit at tight tolerance."""
    import pyfixest

    data = pd.read_csv(DATA / "agtpa_applications.csv.gz")
    data = data[data["year"] == 2006].copy()
    data["ln_dist"] = np.log(data["dist"])
    data["border"] = (data["exporter"] != data["importer"]).astype(float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = pyfixest.fepois(
            "trade ~ ln_dist + cntg + border | exporter + importer", data, vcov="iid", fixef_tol=1e-12, iwls_tol=1e-12
        )
    beta = fit.coef()
    data["cost"] = np.exp(data[list(beta.index)].to_numpy() @ beta.to_numpy())
    baseline = gravity_baseline(
        data, data.groupby("exporter")["trade"].sum(), data.groupby("importer")["trade"].sum(), reference="DEU"
    )
    factor = data[["exporter", "importer"]].assign(factor=np.exp(-beta["border"] * data["border"]))
    return beta, baseline.flows, factor


def test_the_gravity_step_is_the_published_one(guide):
    for name, value in COEFFICIENTS.items():
        assert abs(guide[0][name] - value) < 1e-6


def test_conditional_equilibrium_of_the_guide(guide):
    _, flows, factor = guide
    table = solve_equilibrium(flows, factor, sigma=7, closure="conditional").to_frame()
    for economy, row in GUIDE.items():
        assert abs(table.loc[economy, "exports"] - row[0]) < 1e-5
    printed = pd.read_csv(DATA / "agtpa_ch2_app1_published_GE.csv").set_index("country")
    assert (table["exports"] - printed["change_Xi_CDL"]).abs().max() < 1e-5


def test_full_endowment_equilibrium_of_the_guide_with_its_own_iteration(guide):
    _, flows, factor = guide
    result = solve_equilibrium(flows, factor, sigma=7, replicate="agtpa")
    table = result.to_frame()
    assert result.provenance.settings["iterations"] == 5  # its 0.01 stopping rule ends it after five passes
    for economy, (_, exports, price, index, income) in GUIDE.items():
        got = table.loc[economy, ["exports", "producer_price", "price_index", "real_income"]]
        np.testing.assert_allclose(got, [exports, price, index, income], atol=1e-4)
    printed = pd.read_csv(DATA / "agtpa_ch2_app1_published_GE.csv").set_index("country")
    assert (table["exports"] - printed["change_Xi_FULL"]).abs().max() < 1e-3
    assert (table["real_income"] - printed["change_rGDP_FULL"]).abs().max() < 1e-4


def test_the_converged_solution_is_near_the_guide_and_clears_markets_where_the_guide_does_not(guide):
    _, flows, factor = guide
    solved = solve_equilibrium(flows, factor, sigma=7, numeraire="DEU")
    copied = solve_equilibrium(flows, factor, sigma=7, replicate="agtpa")
    gap = (solved.to_frame() - copied.to_frame()).abs().median()
    assert 0.3 < gap["exports"] < 0.5
    assert 0.04 < gap["producer_price"] < 0.1
    assert solved.checks[0].value < 1e-9
    assert copied.checks[0].value > 1e-3


@pytest.fixture(scope="module")
def sample():
    data = pd.read_csv(DATA / "gegravity_sample_data_set.csv").assign(constant=1)
    beta = pd.Series(SAMPLE)
    data["cost"] = np.exp(data[list(SAMPLE)].to_numpy() @ beta.to_numpy())
    output, spending = data.groupby("exporter")["Y"].first(), data.groupby("importer")["E"].first()
    baseline = gravity_baseline(data, output, spending, reference="DEU")
    factor = pd.DataFrame({"exporter": ["CAN", "JPN"], "importer": ["JPN", "CAN"], "factor": np.exp(SAMPLE["pta"])})
    return baseline, factor


def test_baseline_of_gegravity(sample):
    baseline, factor = sample
    flows = baseline.flows.set_index(["exporter", "importer"])["value"]
    assert abs(baseline.outward["DEU"] ** (1 / 4) - 0.050346) < 1e-6  # the resistance itself, sigma - 1 = 4
    assert abs(flows["AUS", "AUS"] - 218129.130005) < 1e-3
    assert abs(100 * (factor["factor"].iloc[0] - 1) - 60.18165) < 1e-6


def test_results_of_gegravity_without_feedback(sample):
    baseline, factor = sample
    row = solve_equilibrium(baseline.flows, factor, sigma=5, replicate="gegravity").to_frame().loc["CAN"]
    assert abs(row["producer_price"] - -0.13577) < 1e-6
    assert abs(row["price_index"] - -0.551724) < 1e-6
    assert abs(row["real_income"] - 0.418261) < 1e-6
    assert abs(row["exports"] - 1.57318) < 1e-6
    assert abs(row["imports"] - 1.504744) < 1e-6
    # its welfare statistic is expenditure over prices before over after: below one for a gain
    assert abs(1 / (1 + row["welfare"] / 100) - 0.995835) < 1e-6


def test_income_that_feeds_back_gives_other_prices_than_gegravity(sample):
    """Its outward resistances stay those of baseline shares; with incomes in demand Japan's price rises less."""
    baseline, factor = sample
    table = solve_equilibrium(baseline.flows, factor, sigma=5, numeraire="DEU").to_frame()
    assert abs(table.loc["JPN", "producer_price"] - 0.210) < 5e-4
    assert abs(table.loc["CAN", "producer_price"] - -0.119) < 5e-4


def test_conditional_step_of_gegravity_is_the_conditional_closure(sample):
    """Its multilateral resistances at baseline shares: the same price indices up to the normalisation."""
    baseline, factor = sample
    copied = solve_equilibrium(baseline.flows, factor, sigma=5, replicate="gegravity")
    conditional = solve_equilibrium(baseline.flows, factor, sigma=5, closure="conditional", numeraire="DEU")
    np.testing.assert_allclose(conditional.price_index, copied.price_index, rtol=1e-10)
