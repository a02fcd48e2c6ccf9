"""PPML with fixed effects: what it promises about its sample, its errors, its convergence and its predictions."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trade_worlds import PAIR, THREE, simulate

from eaeu_analysis.errors import BadInputError, NoDataError, NotConvergedError
from eaeu_analysis.results import Result
from eaeu_analysis.trade.gravity import estimate, newton
from eaeu_analysis.trade.gravity import ppml as ppml_module
from eaeu_analysis.trade.gravity.ppml import GravityOptions, ols, ppml

TWO = THREE[:2]


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    data = simulate(10, 4, 2, 3)
    rng = np.random.default_rng(0)
    data["w"] = rng.normal(size=len(data))
    data.loc[rng.random(len(data)) < 0.08, "usd"] = 0.0
    return data


def direct(data: pd.DataFrame, cluster: str, k_adj: bool = False) -> object:
    import pyfixest

    data = data.assign(pair=data["exporter"] + data["importer"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pyfixest.fepois(
            "usd ~ x + w | exporter^year + importer^year + exporter^importer",
            data,
            vcov={"CRV1": cluster},
            iwls_tol=1e-13,
            fixef_tol=1e-11,
            ssc=pyfixest.ssc(k_adj=k_adj),
        )


@pytest.mark.parametrize("k_adj", [False, True])
@pytest.mark.parametrize(
    ("cluster", "theirs"), [(PAIR, "pair"), ("exporter", "exporter"), (["exporter", "importer"], "exporter + importer")]
)
def test_equals_pyfixest_called_directly(world: pd.DataFrame, cluster: object, theirs: str, k_adj: bool) -> None:
    ours, other = ppml(world, "usd", ["x", "w"], THREE, cluster, k_adj), direct(world, theirs, k_adj)
    np.testing.assert_allclose(ours.coef, other.coef(), rtol=1e-8)
    np.testing.assert_allclose(ours.se, other.se(), rtol=1e-6)
    assert ours.nobs == other._N
    assert ours.converged
    assert f"k_adj={k_adj}" in ours.small_sample
    assert isinstance(ours, Result)


def test_three_way_clusters_are_the_alternating_sum_of_all_combinations(world: pd.DataFrame) -> None:
    fit = ppml(world, "usd", ["x", "w"], THREE, ["exporter", "importer", "year"])
    parts = {}
    for name in (["exporter"], ["importer"], ["year"], ["exporter", "importer"], ["exporter", "year"]):
        parts[tuple(name)] = ppml(world, "usd", ["x", "w"], THREE, tuple(name))
    parts["importer", "year"] = ppml(world, "usd", ["x", "w"], THREE, ("importer", "year"))
    parts["exporter", "importer", "year"] = ppml(world, "usd", ["x", "w"], THREE, ("exporter", "importer", "year"))
    total = 0.0
    for name, part in parts.items():
        groups = next(iter(part.clusters.values()))
        total = total + (-1) ** (len(name) + 1) * part.vcov.to_numpy() * (groups - 1) / groups
    total = total * 4 / 3  # G/(G-1) of the smallest way: four years
    np.testing.assert_allclose(fit.vcov, total, rtol=1e-6, atol=1e-12)
    assert fit.clusters == {"exporter": 10, "importer": 10, "year": 4}


def test_truth_is_recovered_from_simulated_flows() -> None:
    estimates = [ppml(simulate(15, 4, 2, seed), "usd", ["x"], THREE, PAIR).coef["x"] for seed in range(12)]
    assert np.mean(estimates) == pytest.approx(1.0, abs=3 * np.std(estimates) / np.sqrt(12) + 0.01)


@settings(max_examples=12, deadline=None)
@given(st.floats(1e-3, 1e6), st.floats(-2, 2), st.integers(0, 50))
def test_units_order_and_what_the_effects_absorb_do_not_matter(scale: float, shift: float, seed: int) -> None:
    """Flows in other units, a regressor plus constants of a pair and of an exporter-year, rows in another order."""
    data = simulate(7, 3, 2, seed)
    fit = ppml(data, "usd", ["x"], THREE, PAIR)
    pair = (data["exporter"] == "E02") & (data["importer"] == "E03")
    year = (data["exporter"] == "E01") & (data["year"] == 2004)
    moved = data.assign(usd=data["usd"] * scale, x=data["x"] + shift * pair - shift * year)
    again = ppml(moved.sample(frac=1, random_state=seed), "usd", ["x"], THREE, PAIR)
    assert again.coef["x"] == pytest.approx(fit.coef["x"], rel=1e-5, abs=1e-7)
    assert again.se["x"] == pytest.approx(fit.se["x"], rel=1e-4)


def test_zeros_stay_and_separated_rows_are_counted(world: pd.DataFrame) -> None:
    data = world.copy()
    data.loc[data["exporter"] == "E04", "usd"] = 0.0
    data.loc[(data["exporter"] == "E01") & (data["importer"] == "E02"), "usd"] = 0.0
    fit = ppml(data, "usd", ["x", "w"], THREE, PAIR)
    without = data[(data["exporter"] != "E04") & ~((data["exporter"] == "E01") & (data["importer"] == "E02"))]
    np.testing.assert_allclose(fit.coef, ppml(without, "usd", ["x", "w"], THREE, PAIR).coef, rtol=1e-7)
    assert fit.separated >= 9 * 4 + 4
    assert fit.nobs + fit.separated + fit.singletons == len(data)
    assert (fit.sample.y == 0).any()
    check = next(c for c in fit.checks if c.name == "separation")
    assert check.passed is None
    assert "E04" in check.text


def test_singletons_and_missing_rows_are_counted(world: pd.DataFrame) -> None:
    lone = world.iloc[[0]].assign(exporter="LONE", usd=5.0)
    data = pd.concat([world, lone], ignore_index=True)
    data.loc[3, "x"] = np.nan
    fit = ppml(data, "usd", ["x", "w"], THREE, PAIR)
    assert fit.missing == 1
    assert fit.singletons >= 1
    assert "LONE" not in set(fit.data.loc[fit.fitted.index, "exporter"])


def test_a_fit_that_does_not_converge_raises(world: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    """Newton's method gives up, and so does pyfixest."""
    monkeypatch.setattr(estimate, "MAX_ITERATIONS", 2)
    monkeypatch.setattr(newton, "STEPS", 1)
    with pytest.raises(NotConvergedError, match="did not converge in 2 iterations"):
        ppml(world, "usd", ["x", "w"], THREE, PAIR)


def test_fitted_flows_that_miss_the_effects_raise(world: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ppml_module, "FIRST_ORDER", 1e-300)
    with pytest.raises(NotConvergedError, match="miss the observed"):
        ppml(world, "usd", ["x", "w"], THREE, PAIR)


def test_a_regressor_that_the_effects_explain_is_refused_or_dropped_by_name(world: pd.DataFrame) -> None:
    data = world.assign(level=world["exporter"].map(lambda e: float(e[1:])) * world["year"])
    with pytest.raises(BadInputError, match="'level' is explained by the fixed effects"):
        ppml(data, "usd", ["x", "level"], THREE, PAIR)
    fit = ppml(data, "usd", ["level", "x"], THREE, PAIR, collinear="drop")
    assert fit.dropped == ("level",)
    assert list(fit.coef.index) == ["x"]
    assert fit.coef["x"] == pytest.approx(ppml(data, "usd", ["x"], THREE, PAIR).coef["x"], rel=1e-8)


@pytest.mark.parametrize(
    ("change", "printed"),
    [
        (lambda d: d.rename(columns={"usd": "uds"}), "column 'usd' not known; did you mean 'uds'"),
        (lambda d: d.assign(usd=d["usd"] - 5), "is negative in row"),
        (lambda d: d.assign(x=["a", *d["x"][1:]]), "column 'x' contains text"),
        (lambda d: d.assign(x=np.where(np.arange(len(d)) == 7, np.inf, d["x"])), "column 'x' is infinite in row 8"),
        (lambda d: pd.concat([d, d.assign(exporter="Z" + d["exporter"], importer="Z" + d["importer"])]), "2 groups"),
    ],
)
def test_bad_input_is_one_sentence(world: pd.DataFrame, change: object, printed: str) -> None:
    with pytest.raises(BadInputError, match=printed) as caught:
        ppml(change(world), "usd", ["x", "w"], THREE, PAIR)
    assert "\n" not in str(caught.value)


def test_disconnected_effects_can_be_allowed_and_leave_the_coefficient_alone(world: pd.DataFrame) -> None:
    twice = pd.concat([world, world.assign(exporter="Z" + world["exporter"], importer="Z" + world["importer"])])
    fit = ppml(twice, "usd", ["x", "w"], THREE, PAIR, options=GravityOptions(disconnected="allow"))
    np.testing.assert_allclose(fit.coef, ppml(world, "usd", ["x", "w"], THREE, PAIR).coef, rtol=1e-6)


def test_nothing_to_estimate_on_is_stated(world: pd.DataFrame) -> None:
    with pytest.raises(NoDataError, match="every flow is zero"):
        ppml(world.assign(usd=0.0), "usd", ["x"], THREE, PAIR)
    with pytest.raises(BadInputError, match="no regressor"):
        ppml(world, "usd", [], THREE, PAIR)
    with pytest.raises(BadInputError, match="name a column twice"):
        ppml(world, "usd", ["x", "x"], THREE, PAIR)


def test_reset_passes_a_right_form_and_fails_a_wrong_one() -> None:
    worlds = [simulate(24, 4, 2, seed) for seed in range(8)]
    right = [ppml(data, "usd", ["x"], TWO, PAIR).reset().passed for data in worlds]
    assert sum(right) >= 6
    bent = [data.assign(usd=data["usd"] * np.exp(0.5 * data["x"] ** 2)) for data in worlds]
    wrong = [ppml(data, "usd", ["x"], TWO, PAIR).reset().passed for data in bent]
    assert sum(wrong) <= 1


def test_reset_gives_no_verdict_with_pair_effects(world: pd.DataFrame) -> None:
    """The fitted index then holds the noise of the pair effects: true models are rejected, so nothing is concluded."""
    check = ppml(world, "usd", ["x"], THREE, PAIR).reset()
    assert check.passed is None
    assert "rejects true models" in check.text


def test_errors_of_fitted_flows_equal_the_sandwich_of_all_dummies(world: pd.DataFrame) -> None:
    fit = ppml(world, "usd", ["x", "w"], THREE, PAIR)
    rows = fit.data.loc[fit.fitted.index]
    names = [rows[list(e)].astype(str).agg("-".join, axis=1) for e in THREE]
    design = np.hstack([fit.sample.x, *(pd.get_dummies(n).to_numpy(dtype=float) for n in names)])
    mu = fit.fitted.to_numpy()
    bread = np.linalg.pinv((design * mu[:, None]).T @ design, rcond=1e-12, hermitian=True)
    scores = pd.DataFrame(design * (fit.sample.y - mu)[:, None]).groupby(fit.sample.clusters[0]).sum().to_numpy()
    groups = len(scores)
    variance = bread @ (scores.T @ scores) @ bread * groups / (groups - 1)
    expected = np.sqrt(np.einsum("nk,kl,nl->n", design, variance, design))
    table = fit.predict(rows.index[:40])
    np.testing.assert_allclose(table["se_index"], expected[:40], rtol=1e-4, atol=1e-8)
    assert (table["lower"] < table["fitted"]).all()
    assert (table["fitted"] < table["upper"]).all()


def test_counterfactual_flows_move_by_the_coefficient(world: pd.DataFrame) -> None:
    fit = ppml(world, "usd", ["x", "w"], THREE, PAIR)
    rows = fit.fitted.index[:5]
    now = fit.data.loc[rows, "x"]
    table = fit.predict(rows, {"x": now + 1})
    np.testing.assert_allclose(table["ratio"], np.exp(fit.coef["x"]), rtol=1e-10)
    np.testing.assert_allclose(table["changed"], table["fitted"] * table["ratio"])
    low = np.exp(fit.coef["x"] - 1.6448536 * fit.se["x"])
    np.testing.assert_allclose(table["ratio_lower"], low, rtol=1e-6)
    with pytest.raises(BadInputError, match="regressor 'y' not known"):
        fit.predict(rows, {"y": 1})
    with pytest.raises(NoDataError, match="was not estimated on"):
        fit.predict([10**9])


def test_delta_method(world: pd.DataFrame) -> None:
    fit = ppml(world, "usd", ["x", "w"], THREE, PAIR)
    value, error = fit.combine(lambda b: float(np.exp(b["x"])))
    assert value == pytest.approx(np.exp(fit.coef["x"]))
    assert error == pytest.approx(np.exp(fit.coef["x"]) * fit.se["x"], rel=1e-6)


def test_least_squares_of_logs_for_teaching(world: pd.DataFrame) -> None:
    import statsmodels.formula.api as smf

    positive = world[world["usd"] > 0]
    fit = ols(world, "usd", ["x", "w"], ["exporter", "importer"], k_adj=False)
    other = smf.ols("np.log(usd) ~ x + w + C(exporter) + C(importer)", positive).fit()
    np.testing.assert_allclose(fit.coef, other.params[["x", "w"]], rtol=1e-8)
    assert fit.missing == int((world["usd"] == 0).sum())
    assert fit.r2 == pytest.approx(other.rsquared)
    assert fit.reset().value == pytest.approx(ols(world, "usd", ["x", "w"], ["exporter", "importer"]).reset().value)
    with pytest.raises(BadInputError, match="fitted logarithm"):
        fit.predict()


def test_summary_and_table_hold_the_same_numbers(world: pd.DataFrame) -> None:
    fit = ppml(world, "usd", ["x", "w"], THREE, PAIR, options=GravityOptions(level=0.95))
    table = fit.to_frame().set_index("regressor")
    assert table.loc["x", "upper"] - table.loc["x", "lower"] == pytest.approx(2 * 1.959964 * fit.se["x"], rel=1e-5)
    text = fit.summary()
    assert f"{fit.coef['x']:.4f}" in text
    assert "exporter-year, importer-year, exporter-importer" in text
    assert text == ppml(world, "usd", ["x", "w"], THREE, PAIR, options=GravityOptions(level=0.95)).summary()
    with pytest.raises(BadInputError, match="level 95 is not between 0 and 1"):
        ppml(world, "usd", ["x"], THREE, PAIR, options=GravityOptions(level=95))


def test_the_last_digit_does_not_hang_on_the_hash_seed_of_the_process() -> None:
    """Strings hash anew in every process unless PYTHONHASHSEED is set; the estimate is the same all the same."""
    code = (
        "from trade_worlds import THREE, simulate; from eaeu_analysis.trade.gravity.ppml import ppml; "
        "fit = ppml(simulate(10, 4, 2, 3), 'usd', ['x'], THREE); print(fit.coef.iloc[0].hex(), fit.se.iloc[0].hex())"
    )
    shown = set()
    for seed in ("1", "2", "3"):
        path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": path}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        shown.add(done.stdout)
    assert len(shown) == 1
