"""The unit of a regressor changes nothing but the unit of its coefficient; hard fits; weights, offset, bias roles."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from trade_worlds import PAIR, THREE, simulate

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.reference.shipped_tables import FLOWS
from eaeu_analysis.trade.flows.flows import load_flows
from eaeu_analysis.trade.gravity import projection
from eaeu_analysis.trade.gravity.estimate import by_newton, by_pyfixest, identify
from eaeu_analysis.trade.gravity.ppml import ppml
from eaeu_analysis.trade.gravity.sample import take_sample

TWO = THREE[:2]


def world(seed: int = 3) -> pd.DataFrame:
    data = simulate(10, 4, 2, seed)
    draw = np.random.default_rng(seed)
    data["w"] = draw.normal(size=len(data))
    data["weight"], data["shift"] = draw.uniform(0.5, 2.0, len(data)), 0.3 * draw.normal(size=len(data))
    data.loc[draw.random(len(data)) < 0.08, "usd"] = 0.0
    return data


@pytest.mark.parametrize("factor", [1e-9, 1e-7, 1e11, 1e13])
def test_the_t_value_does_not_depend_on_the_unit(factor: float) -> None:
    data = world()
    plain = ppml(data, "usd", ["x", "w"], THREE, PAIR)
    other = ppml(data.assign(x=data["x"] * factor), "usd", ["x", "w"], THREE, PAIR)
    np.testing.assert_allclose(other.coef["x"] * factor, plain.coef["x"], rtol=1e-6)
    np.testing.assert_allclose(other.coef / other.se, plain.coef / plain.se, rtol=1e-6)


def test_a_regressor_that_varies_little_beyond_the_effects_is_estimated() -> None:
    """Levels of pairs a million times what varies: still distinguished from the fixed effects."""
    data = world()
    level = 1e5 * pd.factorize(data["exporter"] + data["importer"])[0]
    plain, other = (ppml(d, "usd", ["x"], THREE, PAIR) for d in (data, data.assign(x=data["x"] + level)))
    np.testing.assert_allclose(other.coef, plain.coef, rtol=1e-4)


def test_gdp_in_dollars_is_as_gdp_in_billions() -> None:
    flows = load_flows("world_4yearly", [2008, 2012, 2016])
    top = flows.groupby("exporter")["usd"].sum().nlargest(25).index
    flows = flows[flows["exporter"].isin(top) & flows["importer"].isin(top)].reset_index(drop=True)
    size = flows.groupby(["exporter", "year"])["usd"].sum()
    flows["gdp"] = 5 * size.reindex(pd.MultiIndex.from_frame(flows[["importer", "year"]])).to_numpy()
    fits = [ppml(flows.assign(gdp=flows["gdp"] / u), "usd", ["gdp"], [PAIR, "year"], PAIR) for u in (1.0, 1e9)]
    assert fits[0].coef["gdp"] * 1e9 == pytest.approx(fits[1].coef["gdp"], rel=1e-7)


def test_a_regressor_with_very_long_tails_converges() -> None:
    """One over distance, two-way effects, 2008 to 2016: the maximum is at 437.27 for the coefficient per km."""
    flows = load_flows("world_4yearly", [2008, 2012, 2016])
    distance = FLOWS.load("distances").drop_duplicates(["exporter", "importer"]).set_index(["exporter", "importer"])
    flows["near"] = 1 / distance["dist"].reindex(pd.MultiIndex.from_frame(flows[["exporter", "importer"]])).to_numpy()
    assert ppml(flows, "usd", ["near"], TWO, PAIR).coef["near"] == pytest.approx(437.27, abs=0.01)


def test_projections_in_iterations_give_the_exact_fit_of_a_network_that_is_a_chain(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each exporter sells to its next three neighbours, so that alternating between the effects goes on for ever."""
    draw = np.random.default_rng(0)
    flows = pd.DataFrame([(i, j) for i in range(400) for j in range(i, min(i + 3, 400))], columns=["from", "to"])
    flows["x"] = draw.normal(size=len(flows))
    flows["usd"] = draw.poisson(np.exp(0.3 * flows["x"] + np.sin(flows["from"] / 50) + np.cos(flows["to"] / 70) + 4))
    fits = []
    for dear in (0, 10**9):
        monkeypatch.setattr(projection, "DEAR", dear)
        fits.append(ppml(flows, "usd", ["x"], ["from", "to"]))
    assert fits[0].coef["x"] == pytest.approx(fits[1].coef["x"], rel=1e-9)
    assert fits[0].se["x"] == pytest.approx(fits[1].se["x"], rel=1e-8)


@pytest.mark.parametrize("effects", [[], ["exporter"], TWO, THREE])
@pytest.mark.parametrize("cluster", [None, PAIR, ["exporter", "importer"]])
def test_damped_steps_give_what_pyfixest_gives(effects: list, cluster: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """With exact projections off the effects and with projections in iterations."""
    groups = [] if cluster is None else [cluster] if isinstance(cluster, tuple) else cluster
    sample = take_sample(world(), "usd", ["x", "w"], effects, groups, weights="weight", offset="shift")
    sample, scaled, _ = identify(sample, search=True)
    for k_adj, few in ((False, projection.FEW), (True, projection.FEW), (False, -1)):
        theirs = by_pyfixest("fepois", sample, scaled, k_adj)
        monkeypatch.setattr(projection, "FEW", few)
        ours = by_newton(sample, scaled, k_adj)
        np.testing.assert_allclose(ours.beta, theirs.beta, rtol=1e-7)
        np.testing.assert_allclose(ours.vcov, theirs.vcov, rtol=1e-4)
        assert ours.deviance == pytest.approx(theirs.deviance, rel=1e-9)
        assert ours.r2 == pytest.approx(theirs.r2, rel=1e-9)


def test_weights_and_offset_mean_what_they_mean_in_pyfixest() -> None:
    import pyfixest

    data = world().assign(pair=lambda d: d["exporter"] + d["importer"])
    fit = ppml(data, "usd", ["x", "w"], THREE, PAIR, weights="weight", offset="shift")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = pyfixest.fepois(
            "usd ~ x + w | exporter^year + importer^year + exporter^importer", data, weights="weight", offset="shift",
            vcov={"CRV1": "pair"}, ssc=pyfixest.ssc(k_adj=False),
        )  # fmt: skip
    np.testing.assert_allclose(fit.coef, other.coef(), rtol=1e-7)
    np.testing.assert_allclose(fit.se, other.se(), rtol=1e-5)
    assert fit.predict()["se_index"].gt(0).all()
    with pytest.raises(BadInputError, match="a weight is above zero"):
        ppml(data.assign(weight=-1.0), "usd", ["x"], THREE, PAIR, weights="weight")
    with pytest.raises(BadInputError, match="column 'wight' not known; did you mean 'weight'"):
        ppml(data, "usd", ["x"], THREE, PAIR, weights="wight")


@pytest.mark.parametrize(("economies", "years"), [(5, 8), (10, 12), (8, 8)])
def test_the_correction_takes_the_sides_from_the_clusters(economies: int, years: int) -> None:
    """As many years as economies, or more: the columns that cluster are the sides, the third is time."""
    data = simulate(economies, years, 2, 1)
    fit = ppml(data, "usd", ["x"], THREE, PAIR, bias_correction=True)
    assert fit.correction is not None
    assert fit.correction.economies == (economies, economies)
    assert fit.correction.periods == years
    with pytest.raises(BadInputError, match="clustered by pair"):
        ppml(data, "usd", ["x"], THREE, "year", bias_correction=True)
    with pytest.raises(BadInputError, match="without weights"):
        ppml(data.assign(v=1.0), "usd", ["x"], THREE, PAIR, bias_correction=True, weights="v")


@pytest.mark.parametrize(("economies", "years", "runs"), [(5, 8, 40), (10, 12, 20)])
def test_corrected_errors_cover_in_panels_with_more_years_than_economies(economies: int, years: int, runs: int) -> None:
    """Intervals of 90 %: corrected ones cover the truth more often, though not in nine of ten with five economies."""
    fits = [
        ppml(simulate(economies, years, 2, k), "usd", ["x"], THREE, PAIR, bias_correction=True) for k in range(runs)
    ]
    off = np.array([(fit.coef["x"] - 1) / fit.se["x"] for fit in fits])
    raw = np.array([(fit.correction.uncorrected["x"] - 1) / fit.correction.uncorrected_se["x"] for fit in fits])
    assert abs(off.mean()) < 3 / np.sqrt(runs) + 0.1
    assert (np.abs(off) < 1.645).mean() >= (np.abs(raw) < 1.645).mean()
    assert (np.abs(off) < 1.645).mean() > 0.65


@pytest.mark.parametrize("other", [pl.from_pandas, pa.Table.from_pandas], ids=["polars", "arrow"])
def test_other_tables_give_the_same_fit(other) -> None:
    data = world().reset_index(drop=True)
    plain, found = ppml(data, "usd", ["x", "w"], [PAIR]), ppml(other(data), "usd", ["x", "w"], [PAIR])
    pd.testing.assert_series_equal(found.coef, plain.coef)
    pd.testing.assert_series_equal(found.fitted, plain.fitted)
