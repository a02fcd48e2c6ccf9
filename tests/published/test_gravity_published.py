"""Gravity coefficients and errors as published: the Advanced Guide's chapter 1 and the gegravity sample.

The data state no licence and are not part of the project; without them these tests are skipped.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.trade.gravity.fit import GravityFit
from eaeu_analysis.trade.gravity.ppml import ols, ppml

DATA = Path(__file__).resolve().parents[3] / "shared" / "benchmarks" / "data"
AGTPA = DATA / "agtpa_applications.csv.gz"
GEGRAVITY = DATA / "gegravity_sample_data_set.csv"
needs_agtpa = pytest.mark.skipif(not AGTPA.is_file(), reason=f"the Advanced Guide's data are not at {AGTPA}")
STATA_EXAMPLE = DATA / "EXAMPLE_TRADE_FTA_DATA.dta"
needs_stata_example = pytest.mark.skipif(
    not STATA_EXAMPLE.is_file(),
    reason=f"ppmlhdfe's example data (ssc: EXAMPLE_TRADE_FTA_DATA) are not at {STATA_EXAMPLE}",
)
needs_gegravity = pytest.mark.skipif(not GEGRAVITY.is_file(), reason=f"gegravity's sample is not at {GEGRAVITY}")

# Published R output of the Advanced Guide (UNCTAD and WTO 2016, Yotov, Piermartini, Monteiro, Larch), chapter 1,
# as printed by pachadotdev/tradepolicy, 01-traditional-gravity: table 1 (A), table 2 (B), table 3 (C).
TOLERANCE = 1e-4
EXPORTER, IMPORTER, PAIR = ("exporter", "year"), ("importer", "year"), "pair_id"
YEARS = [1986, 1990, 1994, 1998, 2002, 2006]


@cache
def panel() -> pd.DataFrame:
    data = pd.read_csv(AGTPA)
    data = data[data["year"].isin(YEARS)].assign(year=lambda d: d["year"].astype(int))
    data["log_dist"] = np.log(data["dist"])
    total_y = data.groupby(["exporter", "year"])["trade"].transform("sum")
    total_e = data.groupby(["importer", "year"])["trade"].transform("sum")
    data["log_y"], data["log_e"] = np.log(total_y), np.log(total_e)
    own = data["exporter"] == data["importer"]
    world_e = data["year"].map(total_e[own].groupby(data["year"]).sum())
    world_y = data["year"].map(total_y[own].groupby(data["year"]).sum())
    far_e = (data["dist"] * world_e / total_e).groupby([data["exporter"], data["year"]]).transform("sum")
    far_y = (data["dist"] * world_y / total_y).groupby([data["importer"], data["year"]]).transform("sum")
    data["log_remoteness_exp"], data["log_remoteness_imp"] = np.log(far_e), np.log(far_y)
    for year in YEARS:
        data[f"log_dist_{year}"] = np.where((data["year"] == year) & ~own, data["log_dist"], 0.0)
    data["log_dist_intra"] = np.where(own, data["log_dist"], 0.0)
    data["smctry"] = own.astype(float)
    data["one_domestic_pair"] = np.where(own, "domestic", data["pair_id"].astype(str))
    for name in ("cntg", "lang", "clny", "rta", "log_dist"):
        data[f"{name}_foreign"] = np.where(own, 0.0, data[name])
    return data


def foreign() -> pd.DataFrame:
    data = panel()
    return data[data["exporter"] != data["importer"]]


TIES = ["cntg", "lang", "clny"]


@cache
def table_1(column: int) -> GravityFit:
    if column == 1:
        return ols(foreign(), "trade", ["log_dist", *TIES, "log_y", "log_e"], cluster=PAIR)
    if column == 2:
        remote = ["log_remoteness_exp", "log_remoteness_imp"]
        return ols(foreign(), "trade", ["log_dist", *TIES, "log_y", "log_e", *remote], cluster=PAIR)
    if column == 3:
        return ols(foreign(), "trade", ["log_dist", *TIES], [EXPORTER, IMPORTER], PAIR)
    return ppml(foreign(), "trade", ["log_dist", *TIES], [EXPORTER, IMPORTER], PAIR)


@needs_agtpa
@pytest.mark.parametrize(
    ("column", "regressor", "coef"),
    [
        (1, "log_dist", -1.0016),
        (1, "log_y", 1.1902),
        (2, "log_dist", -1.1848),
        (2, "log_remoteness_exp", 0.9718),
        (2, "log_remoteness_imp", 0.2737),
        (3, "log_dist", -1.2156),
        (4, "log_dist", -0.8409),
        (4, "cntg", 0.4374),
        (4, "lang", 0.2475),
        (4, "clny", -0.2225),
    ],
)
def test_table_1_coefficients(column: int, regressor: str, coef: float) -> None:
    assert table_1(column).coef[regressor] == pytest.approx(coef, abs=TOLERANCE)


@needs_agtpa
@pytest.mark.parametrize(("column", "se"), [(1, 0.0273), (3, 0.0376), (4, 0.0317)])
def test_table_1_errors_count_no_absorbed_effects(column: int, se: float) -> None:
    fit = table_1(column)
    assert fit.se["log_dist"] == pytest.approx(se, abs=TOLERANCE)
    assert "k_adj=False" in fit.small_sample


@needs_agtpa
def test_counting_absorbed_effects_gives_larger_errors() -> None:
    """pyfixest's default: 0.0382 in place of 0.0376 (column 3), 0.0321 in place of 0.0317 (column 4)."""
    counted = ols(foreign(), "trade", ["log_dist", *TIES], [EXPORTER, IMPORTER], PAIR, k_adj=True)
    assert counted.se["log_dist"] == pytest.approx(0.0382, abs=TOLERANCE)
    counted = ppml(foreign(), "trade", ["log_dist", *TIES], [EXPORTER, IMPORTER], PAIR, k_adj=True)
    assert counted.se["log_dist"] == pytest.approx(0.0321, abs=TOLERANCE)


@needs_agtpa
def test_table_1_size_fit_and_reset() -> None:
    assert table_1(1).nobs == 25689
    assert table_1(1).r2 == pytest.approx(0.7585, abs=TOLERANCE)
    fit = table_1(4)
    assert fit.nobs == 28152
    reset = fit.reset()
    assert reset.value == pytest.approx(0.6416, abs=TOLERANCE)
    assert reset.passed is True


@cache
def table_2(row: str) -> GravityFit:
    distances = [f"log_dist_{year}" for year in YEARS]
    if row == "ols":
        return ols(foreign(), "trade", [*distances, *TIES], [EXPORTER, IMPORTER], PAIR)
    if row == "ppml":
        return ppml(foreign(), "trade", [*distances, *TIES], [EXPORTER, IMPORTER], PAIR)
    return ppml(panel(), "trade", [*distances, *TIES, "log_dist_intra"], [EXPORTER, IMPORTER], PAIR)


@needs_agtpa
@pytest.mark.parametrize(
    ("row", "first", "last", "change", "change_se"),
    [
        ("ols", -1.1685, -1.2613, 7.9502, 3.6976),
        ("ppml", -0.8593, -0.8356, -2.7503, 3.0039),
        ("domestic", -0.9797, -0.8722, -10.9648, 1.0580),
    ],
)
def test_table_2_the_distance_puzzle(row: str, first: float, last: float, change: float, change_se: float) -> None:
    fit = table_2(row)
    assert fit.coef["log_dist_1986"] == pytest.approx(first, abs=TOLERANCE)
    assert fit.coef["log_dist_2006"] == pytest.approx(last, abs=TOLERANCE)
    value, error = fit.combine(lambda b: 100 * (b["log_dist_2006"] / b["log_dist_1986"] - 1))
    assert value == pytest.approx(change, abs=1e-3)
    assert error == pytest.approx(change_se, abs=1e-3)


@needs_agtpa
def test_table_3_agreements_without_pair_effects() -> None:
    regressors = ["log_dist", *TIES, "rta"]
    least = ols(foreign(), "trade", regressors, [EXPORTER, IMPORTER], PAIR)
    assert least.coef["rta"] == pytest.approx(-0.0044, abs=TOLERANCE)
    poisson = ppml(foreign(), "trade", regressors, [EXPORTER, IMPORTER], PAIR)
    assert poisson.coef["rta"] == pytest.approx(0.1907, abs=TOLERANCE)


@needs_agtpa
def test_table_3_agreements_with_pair_effects() -> None:
    """Chapter 2, application 2 prints .5571853 in its Stata log; all domestic pairs share one level."""
    fit = ppml(panel(), "trade", ["rta"], [EXPORTER, IMPORTER, "one_domestic_pair"], PAIR)
    assert fit.coef["rta"] == pytest.approx(0.5571853, abs=1e-6)
    assert fit.se["rta"] == pytest.approx(0.1022, abs=TOLERANCE)
    assert fit.nobs == 28482


@needs_agtpa
@pytest.mark.parametrize(
    ("regressor", "coef"), [("log_dist_all", -0.7912879), ("cntg", 0.6736456), ("border", -2.47445)]
)
def test_trade_without_borders(regressor: str, coef: float) -> None:
    """Chapter 2, application 1: Stata log TradeWithoutBorder.log, cross-section of 2006 with domestic trade."""
    fit = _borders()
    assert fit.coef[regressor] == pytest.approx(coef, abs=1e-6)


@cache
def _borders() -> GravityFit:
    data = panel()
    data = data[data["year"] == 2006].assign(
        log_dist_all=lambda d: d["log_dist"], border=lambda d: (d["exporter"] != d["importer"]).astype(float)
    )
    return ppml(data, "trade", ["log_dist_all", "cntg", "border"], ["exporter", "importer"], PAIR)


@needs_gegravity
@pytest.mark.parametrize(
    ("regressor", "coef"),
    [("lndist", -0.3898623), ("contiguity", 0.891577), ("pta", 0.4711383), ("international", -3.412584)],
)
def test_gegravity_sample(regressor: str, coef: float) -> None:
    """gegravity's examples, estimated in Stata with ppmlhdfe: 30 economies, 2006, domestic trade included."""
    data = pd.read_csv(GEGRAVITY)
    names = ["pta", "contiguity", "common_language", "lndist", "international"]
    fit = ppml(data, "trade", names, ["importer", "exporter"])
    assert fit.coef[regressor] == pytest.approx(coef, abs=1e-6)


@needs_stata_example
def test_the_stata_command_of_the_bias_correction() -> None:
    """ppml_fe_bias on ppmlhdfe's example (35 economies, category TOTAL), output printed by lianxh.cn, details/848:
    0.1924455 (0.0419527), bias 0.0060620, adjusted error 0.0527904. The same correction is checked on data that the
    project makes itself in tests/trade/gravity/test_bias.py."""
    data = pd.read_stata(STATA_EXAMPLE)
    data = data[data["category"] == "TOTAL"]
    effects = [("isoexp", "year"), ("isoimp", "year"), ("isoexp", "isoimp")]
    fit = ppml(data, "trade", ["fta"], effects, ("isoexp", "isoimp"), bias_correction=True)
    assert fit.correction is not None
    assert fit.nobs == 5950
    assert fit.correction.uncorrected["fta"] == pytest.approx(0.1924455, abs=1e-6)
    assert fit.correction.uncorrected_se["fta"] == pytest.approx(0.0419527, abs=1e-6)
    assert fit.correction.bias["fta"] == pytest.approx(0.0060620, abs=1e-6)
    assert fit.se["fta"] == pytest.approx(0.0527904, abs=1e-6)
