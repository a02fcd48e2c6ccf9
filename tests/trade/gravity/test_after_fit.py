"""What can be asked of a fit: errors with few clusters, tests of form, events, flows outside the sample."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from trade_worlds import PAIR, THREE, simulate

from eaeu_analysis.errors import BadInputError, NotConvergedError
from eaeu_analysis.trade.gravity.event_study import event_study
from eaeu_analysis.trade.gravity.ppml import GravityOptions, ppml

TWO = THREE[:2]


def test_the_jackknife_is_that_of_pyfixest() -> None:
    import pyfixest

    data = simulate(9, 4, 2, 1)
    fit = ppml(data, "usd", ["x"], TWO, "exporter", options=GravityOptions(errors="crv3"))
    refits = []
    for exporter in sorted(data["exporter"].unique()):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rest = data[data["exporter"] != exporter]
            refits.append(pyfixest.fepois("usd ~ x | exporter^year + importer^year", rest).coef()["x"])
    spread = np.sum((np.array(refits) - fit.coef["x"]) ** 2) * 8 / 9
    assert fit.se["x"] == pytest.approx(np.sqrt(spread), rel=1e-5)
    assert fit.se["x"] > ppml(data, "usd", ["x"], TWO, "exporter").se["x"]
    assert "CRV3" in fit.small_sample
    with pytest.raises(BadInputError, match="one way of clustering"):
        ppml(data, "usd", ["x"], TWO, ["exporter", "importer"], options=GravityOptions(errors="crv3"))
    alone = data.assign(lone=(data["exporter"] == "E01").astype(float) * data["x"])
    with pytest.raises(BadInputError, match="one cluster alone identifies 'lone'"):
        ppml(alone, "usd", ["x", "lone"], TWO, "exporter", options=GravityOptions(errors="crv3"))


def test_the_wild_bootstrap_rejects_what_is_false_and_keeps_what_is_true() -> None:
    fits = [ppml(simulate(10, 3, 2, seed), "usd", ["x"], TWO, "exporter") for seed in range(12)]
    true = [fit.wild_bootstrap("x", 1.0).p_value for fit in fits]
    assert np.mean(np.array(true) < 0.1) < 0.45
    assert all(fit.wild_bootstrap("x", 0.0).p_value < 0.05 for fit in fits[:4])
    again = fits[0].wild_bootstrap("x", 1.0)
    assert again.p_value == true[0]
    assert again.draws == 2**10
    span = fits[0].wild_bootstrap("x", interval=True).interval
    assert span is not None
    assert span[0] < fits[0].coef["x"] < span[1]
    assert fits[0].wild_bootstrap("x", span[1] + 0.05).p_value < 0.1
    with pytest.raises(BadInputError, match="one way of clustering"):
        ppml(simulate(6, 3, 2, 1), "usd", ["x"], TWO).wild_bootstrap("x")


EVERY_ERROR = [None, "exporter", "year", PAIR, ["exporter", "importer"], ["exporter", "importer", "year"]]


@pytest.mark.parametrize("effects", [[], ["exporter"], [PAIR, "year"], TWO, THREE], ids=str)
@pytest.mark.parametrize("cluster", EVERY_ERROR, ids=str)
def test_every_kind_of_error_works_on_small_panels(
    effects: list[str | tuple[str, ...]], cluster: str | list[str] | None
) -> None:
    """Two regressors, with and without weights and an offset. With one way of clustering each error, the bootstrap of
    each coefficient and both tests give numbers; several ways may be too many for few clusters, then named."""
    ways = len(cluster) if isinstance(cluster, list) else int(cluster is not None)
    for seed, economies in ((1, 6), (2, 4)):
        draw = np.random.default_rng(seed)
        data = simulate(economies, 3, 2, seed)
        data = data.assign(z=draw.normal(size=len(data)), w=draw.uniform(0.5, 2, len(data)))
        for weights, offset in ((None, None), ("w", "z")):
            for errors in ("crv1", "crv3") if ways == 1 else ("crv1",):
                options = GravityOptions(errors=errors)
                try:
                    fit = ppml(
                        data, "usd", ["x", "w"], effects, cluster, weights=weights, offset=offset, options=options
                    )
                except BadInputError:
                    if ways < 2:
                        raise
                    continue
                assert np.isfinite(fit.coef).all()
                assert (fit.se > 0).all()
                assert fit.reset().name == "RESET"
                if ways == 1:
                    assert all(0 < fit.wild_bootstrap(name, draws=99).p_value <= 1 for name in ("x", "w"))


def test_an_interval_without_end_is_one_sentence() -> None:
    """Three clusters: the smallest p-value of the bootstrap is 1/4."""
    data = simulate(6, 3, 2, 1).assign(z=np.random.default_rng(1).normal(size=90))
    fit = ppml(data, "usd", ["x", "z"], TWO, "year")
    with pytest.raises(NotConvergedError, match="no end"):
        fit.wild_bootstrap("x", interval=True)


def test_errors_by_two_ways_are_those_of_pyfixest() -> None:
    import pyfixest

    data = simulate(12, 3, 2, 1).assign(z=np.random.default_rng(1).normal(size=396))
    fit = ppml(data, "usd", ["x", "z"], TWO, ["exporter", "importer"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = pyfixest.fepois(
            "usd ~ x + z | exporter^year + importer^year",
            data,
            vcov={"CRV1": "exporter + importer"},
            ssc=pyfixest.ssc(k_adj=False),
        )
    np.testing.assert_allclose(fit.se, other.se().to_numpy(), rtol=1e-5)
    by_one = [ppml(data, "usd", ["x", "z"], TWO, c).vcov * 11 / 12 for c in ("exporter", "importer", PAIR)]
    by_pair = by_one[2] * (12 / 11) * (131 / 132)
    np.testing.assert_allclose(fit.vcov, (by_one[0] + by_one[1] - by_pair) * 12 / 11, rtol=1e-9)


def test_the_bootstrap_of_one_of_two_regressors() -> None:
    """A regressor without an effect is not rejected more often than others; one with an effect is."""
    fits = []
    for seed in range(12):
        data = simulate(10, 3, 2, seed)
        data = data.assign(z=np.random.default_rng(seed).normal(size=len(data)))
        fits.append(ppml(data, "usd", ["x", "z"], TWO, "exporter"))
    assert np.mean([fit.wild_bootstrap("z").p_value < 0.1 for fit in fits]) < 0.45
    assert all(fit.wild_bootstrap("x").p_value < 0.05 for fit in fits[:4])


def joined(effect: float, trend: float = 0.0, seed: int = 0) -> pd.DataFrame:
    data = simulate(12, 6, 2, seed)
    data["usd"] = np.exp(data["x"]) * np.random.default_rng(seed).gamma(25.0, 0.04, len(data))
    inside = data["exporter"].isin(["E00", "E01", "E02", "E03"]) & data["importer"].isin(["E00", "E01", "E02", "E03"])
    since = (data["year"] - 2012) / 4
    data["usd"] *= np.exp(inside * (effect * (since >= 0) + trend * since))
    return data.assign(entry=np.where(inside, 2012.0, np.nan), step=data["year"])


def test_an_event_study_finds_the_effect_and_the_trend_before() -> None:
    found = event_study(joined(0.8), "usd", "entry", "year", THREE, PAIR, x=["x"], base=-4)
    table = found.table.set_index("since")
    assert list(table.index) == [-12, -8, -4, 0, 4, 8]
    assert table.loc[-4, "coef"] == 0
    np.testing.assert_allclose(table.loc[0:, "coef"], 0.8, atol=0.2)
    assert found.checks[0].name == "years before"
    assert not found.checks[0].failed
    assert "years before" in found.summary()
    title = found.plot().get_title(loc="left")
    assert title.startswith(f"{found.table['coef'].iloc[-1]:+.2f}"), title
    drifting = event_study(joined(0.0, trend=0.6), "usd", "entry", "year", THREE, PAIR, x=["x"], base=-4)
    assert drifting.checks[0].failed
    assert drifting.checks[0].role == "fatal"
    binned = event_study(joined(0.8), "usd", "entry", "year", THREE, PAIR, x=["x"], base=-4, window=(-4, 4))
    assert list(binned.table["since"]) == [-4, 0, 4]
    with pytest.raises(BadInputError, match=r"base=-1: no flow has this time.*-12, -8, -4, 0, 4, 8"):
        event_study(joined(0.8), "usd", "entry", "year", THREE, PAIR)


def test_flows_of_pairs_outside_the_sample_are_predicted() -> None:
    """Pairs left out of the estimation come back as their means, with errors as of any other pair."""
    data = simulate(14, 3, 2, 2)
    out = (data["exporter"] == "E02") & data["importer"].isin(["E05", "E07"])
    fit = ppml(data[~out], "usd", ["x"], TWO, PAIR)
    table = fit.predict(new=data[out])
    design = pd.get_dummies(pd.concat([data[e[0]] + data["year"].astype(str) + e[0] for e in TWO], axis=1)).astype(
        float
    )
    rows = np.column_stack([data["x"], design])
    kept = rows[(~out).to_numpy()]
    index = np.log(fit.fitted.to_numpy())
    solved = np.linalg.lstsq(kept, index, rcond=1e-12)[0]
    np.testing.assert_allclose(np.log(table["fitted"]), rows[out.to_numpy()] @ solved, rtol=1e-6, atol=1e-8)
    mu, y = fit.fitted.to_numpy(), fit.sample.y
    bread = np.linalg.pinv((kept * mu[:, None]).T @ kept, rcond=1e-12, hermitian=True)
    scores = pd.DataFrame(kept * (y - mu)[:, None]).groupby(fit.sample.clusters[0]).sum().to_numpy()
    variance = bread @ (scores.T @ scores) @ bread * len(scores) / (len(scores) - 1)
    target = rows[out.to_numpy()]
    np.testing.assert_allclose(
        table["se_index"], np.sqrt(np.einsum("nk,kl,nl->n", target, variance, target)), rtol=1e-5
    )
    inside = data[~out].head(5)
    np.testing.assert_allclose(fit.predict(new=inside)["fitted"], fit.predict(inside.index)["fitted"], rtol=1e-8)
    np.testing.assert_allclose(fit.predict(new=inside)["se_index"], fit.predict(inside.index)["se_index"], rtol=1e-6)
    with pytest.raises(BadInputError, match="exporter-year of E99, 2000 was not estimated"):
        fit.predict(new=data[out].assign(exporter="E99"))
    with pytest.raises(BadInputError, match="needs an equation without pair effects"):
        ppml(data[~out], "usd", ["x"], THREE, PAIR).predict(new=data[out])


def test_effects_that_no_flow_links_predict_nothing() -> None:
    data = simulate(8, 2, 2, 1)
    early = data["exporter"].isin(["E00", "E01", "E02", "E03"])
    apart = data[early == data["importer"].isin(["E00", "E01", "E02", "E03"])]
    fit = ppml(apart, "usd", ["x"], ["exporter", "importer"], options=GravityOptions(disconnected="allow"))
    with pytest.raises(BadInputError, match="no chain of flows links"):
        fit.predict(new=data[early & (data["importer"] == "E06")])
