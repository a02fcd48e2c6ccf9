"""Separated rows: the 18 public test sets of ppmlhdfe, cases that users meet, and what it costs.

Sets 2, 3, 5 to 10 and 12 to 15 are the small numbers of github.com/sergiocorreia/ppmlhdfe, test/separation_datasets
(MIT); the larger ones are made anew from what they are, so that it is known from how they are made what is separated.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from trade_worlds import PAIR, THREE, simulate

from eaeu_analysis.errors import BadInputError, EaeuError
from eaeu_analysis.trade.gravity import separation as separation_module
from eaeu_analysis.trade.gravity.estimate import identify
from eaeu_analysis.trade.gravity.fit import GravityFit
from eaeu_analysis.trade.gravity.ppml import GravityOptions, ppml
from eaeu_analysis.trade.gravity.sample import take_sample

TWELVE = "0,3,3,0 0,4,3,1 0,4,4,0 0,6,6,0 0,7,7,0 0,8,8,0 0,9,9,0 1,1,1,0 1,2,2,0 1,2,2,0 1,3,3,0 1,4,4,0 1,5,5,0"
SMALL = {  # y, then the columns named, then 1 where the row is separated
    2: ("id1 id2", "0,1,1,0 1,1,1,0 0,2,1,1 0,2,2,0 1,2,2,0"),
    3: (
        "id1 id2 id3",
        "0,5,3,6,1 0,5,5,7,1 1,1,3,1,0 1,1,5,2,0 1,2,4,1,0 1,2,6,2,0 1,3,1,3,0 1,3,7,4,0 1,4,2,3,0 1,4,8,4,0 1,5,1,5,0 "
        "1,5,7,8,0 1,6,2,5,0 1,6,4,6,0 1,6,6,7,0 1,6,8,8,0",
    ),
    5: (
        "x1 x2 x3 x4",
        "0,5,11,2,2,0 0,5,2,11,2,0 0,5,2,2,11,0 0,0,-1,-1,-1,1 1,5,5,5,5,0 2,4,4,4,4,0 3,3,3,3,3,0 4,2,2,2,2,0 "
        "5,1,1,1,1,0",
    ),
    6: (
        "x1 x2 x3 x4",
        "0,0,0,0,0,0 0,0,0,0,0,0 0,5,11,2,2,0 0,5,2,11,2,0 0,5,2,2,11,0 0,0,-1,-1,-1,1 1,5,5,5,5,0 2,4,4,4,4,0 "
        "3,3,3,3,3,0 4,2,2,2,2,0 5,1,1,1,1,0",
    ),
    7: (
        "x1 x2 id1 id2",
        "0,0,0,1,1,0 0,0,0,1,1,0 0,0,0,1,2,0 0,0,0,1,3,0 0,2,0,1,3,0 0,0,1,2,2,1 0,0,0,2,2,0 0,0,0,2,2,0 0,1,0,2,2,0 "
        "0,1,2,2,3,1 0,0,1,2,4,1 0,0,0,4,2,0 0,0,1,5,2,1 1,0,0,1,1,0 1,1,0,4,3,0 1,0,0,5,4,0 2,0,0,1,2,0 2,0,0,2,1,0",
    ),
    8: (
        "x1 x2 id1 id2",
        "0,1,0,1,2,1 0,1,0,2,2,0 1,2,0,1,3,0 1,0,0,2,1,0 1,1,0,2,2,0 1,0,1,2,3,0 2,0,0,2,1,0 2,0,1,2,2,0 2,1,0,2,3,0",
    ),
    9: ("x1 x2 x3", "0,0,0,1,0 0,0,0,2,0 0,0,0,1,0 0.979,3,2,1,0 2.26,1,1,2,0 2.418,2,2,2,0 2.611,4,2,1,0"),
    10: (
        "x1 x2 x3",
        "0,-5,0,1,1 0,-2,0,1,1 0,0,2,1,1 0,0,0,2,0 0,0,0,3,1 0,2,3,4,1 0.5,2,2,2,0 1.1,1,1,2,0 2.1,4,2,4,0 3.3,3,3,2,0",
    ),
    12: ("id1 id2", TWELVE + " 1,6,6,0 1,7,7,0 1,8,8,0 1,9,9,0 1,10,10,0"),
    13: ("id2 id1", TWELVE + " 1,6,6,0 1,7,7,0 1,8,8,0 1,9,9,0 1,10,10,0"),
    14: (
        "x1 x2",
        "0,1,0,0 0,1,0,0 0,-1,0,0 0,0,1,0 0,0,1,0 0,0,1,0 0,0,-1,0 0,0,-1,0 1,0,0,0 2,0,0,0 3,0,0,0 4,0,0,0 5,0,0,0 "
        "6,0,0,0",
    ),
    15: (
        "x1 x2 x3",
        "0,1,0,0,0 0,1,0,0,0 0,-1,0,0,0 0,0,1,0,0 0,0,1,0,0 0,0,1,0,0 0,0,-1,0,0 0,0,-1,0,0 0,0,0,1,1 0,0,0,2,1 "
        "0,0,0,3,1 0,0,0,4,1 0,0,0,5,1 0,0,0,6,1 0,0,0,7,1 0,0,0,8,1 0,0,0,1000,1 1,0,0,0,0 2,0,0,0,0 3,0,0,0,0 "
        "4,0,0,0,0 5,0,0,0,0 6,0,0,0,0",
    ),
}


def public_set(number: int) -> pd.DataFrame:
    if number in SMALL:
        names, text = SMALL[number]
        rows = [[float(v) for v in row.split(",")] for row in text.split()]
        return pd.DataFrame(rows, columns=["y", *names.split(), "separated"])
    return {1: dummy_and_effects, 4: chain, 11: overlap}.get(number, lambda: plane(number))()


def dummy_and_effects() -> pd.DataFrame:
    """1: 100 rows, two effects of ten levels, four zeros, and a dummy that is one in two of them alone."""
    draw = np.random.default_rng(1)
    data = pd.DataFrame({"y": np.sort(draw.gamma(2.0, size=100)), "x1": draw.normal(size=100), "x2": 0.0})
    data["id1"], data["id2"] = draw.permutation(100) % 10, draw.permutation(100) // 10
    data.loc[:3, "y"], data.loc[:1, "x2"] = 0.0, 1.0
    return data.assign(separated=data["x2"])


def chain() -> pd.DataFrame:
    """4: levels of two effects in a chain of zeros, k with k - 1 and twice with itself, and few flows with themselves:
    the chain goes one way, so that every link is separated, and what has no flow of its own with it."""
    flows = [3, 4, 6, 7, 18, 20, 28, 30]
    rows = [(0, k, j, 1) for k in range(2, 34) for j in (k - 1,)]
    rows += [(0, k, k, int(k not in flows)) for k in range(1, 34) for _ in range(2)]
    rows += [(1, k, k, 0) for k in flows]
    return pd.DataFrame(rows, columns=["y", "id1", "id2", "separated"]).astype({"y": float})


def overlap() -> pd.DataFrame:
    """11: one regressor, 80 zeros of 358 with values on both sides of those of the flows: nothing is separated."""
    draw = np.random.default_rng(11)
    x = np.concatenate([draw.uniform(-4.7, 1.0, 80), draw.uniform(-4.5, 0.9, 278)])
    y = np.concatenate([np.zeros(80), draw.poisson(5.0, 278) + 1.0])
    return pd.DataFrame({"y": y, "x1": x, "separated": 0.0})


def plane(number: int) -> pd.DataFrame:
    """16 to 18: where flows are positive two of three regressors lie on a line; 29 zeros lie off it on one side, the
    other zeros on it. Few flows (15, 5, 10 of 100), so that everything hangs on them."""
    flows, slope, start, side = {16: (15, 2.0, -4.0, -1), 17: (5, -0.5, 2.0, 1), 18: (10, 2.0, -4.0, -1)}[number]
    draw = np.random.default_rng(number)
    along, third = draw.integers(-10, 15, 100) / 2, draw.integers(-46, 12, 100).astype(float)
    off = np.zeros(100)
    off[:29] = side * draw.integers(1, 12, 29) / 2
    data = pd.DataFrame({"x1": along, "x2": start + slope * along + off, "x3": third})
    data["y"] = np.where(np.arange(100) < 100 - flows, 0.0, draw.gamma(2.0, size=100))
    return data.assign(separated=(off != 0).astype(float))


def found(data: pd.DataFrame) -> tuple[np.ndarray, tuple[str, ...]]:
    """Rows separated, by one effect or by all together, and the regressors in it; z is checked as a certificate."""
    names, effects = [c for c in data if c.startswith("x")], [c for c in data if c.startswith("id")]
    used = names or ["none"]
    before = take_sample(data.assign(none=0.0), "y", used, effects, connected=False, drop_singletons=False)
    after, _, separation = identify(before, search=True)
    rows = np.zeros(len(data), dtype=bool)
    rows[after.separated] = True
    if separation is None:
        return rows, ()
    dummies = [pd.get_dummies(codes).to_numpy(dtype=float) for codes in before.effects]
    design = np.column_stack([np.ones(len(before.y)), before.x, *dummies])
    explained = design @ np.linalg.lstsq(design, separation.z, rcond=None)[0]
    np.testing.assert_allclose(explained, separation.z, atol=1e-6 * separation.z.max())
    assert (separation.z >= -1e-9).all()
    assert (separation.z[before.y > 0] == 0).all()
    return rows, tuple(used[k] for k in separation.regressors)


@pytest.mark.parametrize("number", range(1, 19))
def test_the_public_sets_of_ppmlhdfe(number: int) -> None:
    data = public_set(number)
    rows, _ = found(data)
    np.testing.assert_array_equal(rows, data["separated"] == 1)


@pytest.mark.parametrize(("number", "names"), [(1, ("x2",)), (5, ("x1", "x2", "x3", "x4")), (15, ("x3",)), (14, ())])
def test_the_regressors_that_separate_are_named(number: int, names: tuple[str, ...]) -> None:
    assert found(public_set(number))[1] == names


def test_the_ten_rows_of_the_separation_benchmarks() -> None:
    """separation_benchmarks.md of ppmlhdfe: rows 1 and 5 are separated by x2 - x1; the coefficient of x3 is 0.066."""
    data = pd.DataFrame({"y": [0, 0, 0, 0, 0, 2, 3, 5, 7, 10.0], "x1": [0, 0, 0, 0, 1, 21, 0, 0, 0, -18]})
    data["x2"], data["x3"] = [1, 0, 0, 0, 9, 21, 0, 0, 0, -18], [0, 0, 0, 0, 0, 21, 0, 0, 0, 0]
    fit = ppml(data, "y", ["x1", "x2", "x3"], [])
    assert list(fit.separated_rows) == [0, 4]
    assert fit.dropped == ("x2",)
    assert fit.coef["x3"] == pytest.approx(0.066, abs=5e-4)


def sanctions(seed: int = 3, n: int = 400) -> pd.DataFrame:
    """A tenth of the flows is zero; there, and only there, two regressors differ from each other."""
    draw = np.random.default_rng(seed)
    data = pd.DataFrame({"g": draw.integers(0, 20, n), "rta": draw.integers(0, 2, n), "ld": draw.normal(size=n)})
    none = draw.random(n) < 0.1
    flow = np.exp(2 + 0.4 * data["rta"] - 0.3 * data["ld"] + 0.3 * draw.normal(size=n))
    data["y"] = np.where(none, 0.0, flow)
    data["a"] = np.where(none, 2 + draw.integers(0, 3, n), data["rta"])
    data["b"] = np.where(none, 1, data["rta"])
    return data.assign(none=none)


def test_a_regressor_that_predicts_zeros_does_not_spoil_the_others() -> None:
    data = sanctions()
    fit = ppml(data, "y", ["a", "b", "ld"], ["g"])
    clean = ppml(data[~data["none"]], "y", ["a", "ld"], ["g"])
    np.testing.assert_allclose(fit.coef, clean.coef, rtol=1e-8)
    np.testing.assert_allclose(fit.se, clean.se, rtol=1e-6)
    assert fit.coef["a"] == pytest.approx(0.4, abs=3 * fit.se["a"])
    assert list(fit.separated_rows) == list(data.index[data["none"]])
    assert fit.dropped == ("b",)
    printed = {check.name: check for check in fit.checks}
    assert "by a, b with the effects" in printed["separation"].text
    assert printed["identification"].failed
    spoilt = ppml(data, "y", ["a", "b", "ld"], ["g"], separation="effects")
    assert abs(spoilt.coef["a"]) > 10


def test_a_dummy_of_an_embargoed_pair_is_not_identified() -> None:
    data = simulate(8, 3, 2, 4)
    mark = (data["exporter"] == "E01") & (data["importer"] == "E02") & (data["year"] > 2000)
    data["embargo"] = mark.astype(float)
    data.loc[mark, "usd"] = 0.0
    fit = ppml(data, "usd", ["x", "embargo"], THREE[:2], PAIR)
    assert "embargo" not in fit.coef.index
    assert "embargo not identified" in fit.summary()
    np.testing.assert_allclose(fit.coef["x"], ppml(data[~mark], "usd", ["x"], THREE[:2], PAIR).coef["x"], rtol=1e-7)
    with pytest.raises(BadInputError, match="'embargo' not identified: 2 rows"):
        ppml(data, "usd", ["embargo"], THREE[:2], PAIR)


def test_zeros_alone_separate_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing to find in three-way effects with a fifth of zeros: it is known without a linear programme."""
    monkeypatch.setattr(separation_module, "_largest", None)
    data = simulate(40, 8, 2, 1)
    draw = np.random.default_rng(0)
    data.loc[draw.random(len(data)) < 0.2, "usd"] = 0.0
    fit = ppml(data, "usd", ["x"], THREE, PAIR)
    rows, _, separation = identify(take_sample(data, "usd", ["x"], THREE, [PAIR]), search=True)
    assert separation is None
    assert fit.nobs == len(rows.y)


@pytest.mark.parametrize("seed", range(40))
def test_small_samples_give_an_answer_or_one_sentence(seed: int) -> None:
    """Ten rows with a regressor from -9,000 to 10, many zeros: no traceback of a numerical library."""
    draw = np.random.default_rng(seed)
    x = draw.uniform(-9e3, 10, 10) if seed % 2 else -np.exp(draw.uniform(0, 9, 10))
    y = draw.poisson(0.5, 10) * (draw.random(10) < 0.6) * 10.0 ** draw.integers(0, 4)
    data = pd.DataFrame({"y": y, "x": x, "z": draw.integers(0, 2, 10), "g": draw.integers(0, 3, 10)})
    for effects in ([], ["g"]):
        answer = attempt(data, effects)
        assert "\n" not in answer if isinstance(answer, str) else np.isfinite(answer.coef).all()


def attempt(data: pd.DataFrame, effects: list[str]) -> GravityFit | str:
    try:
        return ppml(data, "y", ["x", "z"], effects)
    except EaeuError as error:
        return str(error)


def test_what_separates_is_exactly_what_a_linear_programme_over_all_rows_finds() -> None:
    """Against the definition, with all dummies: the largest set that a z >= 0, zero at positive flows, can reach."""
    from scipy.optimize import linprog

    for seed in range(25):
        draw = np.random.default_rng(seed)
        n = 30
        data = pd.DataFrame({"y": draw.poisson(0.6, n).astype(float), "x1": draw.integers(-1, 2, n)})
        data["x2"] = data["x1"] * (data["y"] > 0) + draw.integers(0, 2, n) * (data["y"] == 0)
        data["id1"], data["id2"] = draw.integers(0, 5, n), draw.integers(0, 5, n)
        dummies = [pd.get_dummies(data[c]).to_numpy(dtype=float) for c in ("id1", "id2")]
        design = np.column_stack([data[["x1", "x2"]], *dummies])
        zero = (data["y"] == 0).to_numpy()
        width, count = design.shape[1], int(zero.sum())
        answer = linprog(
            np.r_[np.zeros(width), -np.ones(count)],
            A_ub=np.hstack([-design[zero], np.eye(count)]),
            b_ub=np.zeros(count),
            A_eq=np.hstack([design[~zero], np.zeros((n - count, count))]),
            b_eq=np.zeros(n - count),
            bounds=[(None, None)] * width + [(0, 1)] * count,
        )
        expected = np.zeros(n, dtype=bool)
        expected[np.flatnonzero(zero)] = answer.x[width:] > 0.5
        np.testing.assert_array_equal(found(data)[0], expected, err_msg=str(seed))


def test_options_are_checked() -> None:
    with pytest.raises(BadInputError, match="separation"):
        ppml(sanctions(), "y", ["ld"], ["g"], separation="simplex")
    with pytest.raises(BadInputError, match="level 2"):
        GravityOptions(level=2)
    with pytest.raises(BadInputError, match="one cluster of 'one'"):
        ppml(sanctions().assign(one=1), "y", ["ld"], ["g"], "one")
