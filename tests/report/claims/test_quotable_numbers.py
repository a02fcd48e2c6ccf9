"""The numbers that are quoted most, computed from the pinned files by code that shares nothing with the package."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

import eaeu_analysis as ea
from eaeu_analysis import settings
from eaeu_analysis.compare import before_after

PINNED = settings.data_dir() / "pinned"
OTHERS = ["TJK", "UZB", "GEO", "MDA", "AZE", "UKR"]
BEFORE, AFTER = range(2010, 2015), range(2016, 2020)


@cache
def raw(code: str) -> pd.DataFrame:
    """(year, economy) of the file that leads, straight from Parquet."""
    listed = json.loads((PINNED / "datapackage.json").read_text(encoding="utf-8"))["resources"]
    (path,) = [r["path"] for r in listed if r["code"] == code and r["default"]]
    frame = pd.read_parquet(PINNED / path)
    return frame.pivot_table(index="year", columns="economy", values="value")


def shift(values: pd.Series, relative: bool = False) -> float:
    """Mean of 2016-19 less that of 2010-14, or their ratio in per cent, over the years that are there."""
    early = values.reindex(BEFORE).dropna().mean()
    late = values.reindex(AFTER).dropna().mean()
    return float(100 * (late / early - 1) if relative else late - early)


@pytest.mark.parametrize(
    ("outcome", "code", "relative", "own", "mean"),
    [
        ("trade", "NE.TRD.GNFS.ZS", False, -33.7, 2.26),
        ("exports", "NE.EXP.GNFS.ZS", False, -12.3, 1.6),
        ("gdp_per_head", "NY.GDP.PCAP.KD", True, 14.0, 17.6),
        ("fdi", "BX.KLT.DINV.WD.GD.ZS", False, -4.1, 0.37),
        ("poverty", "SI.POV.LMIC", False, -5.66, -3.89),
    ],
)
def test_changes_and_those_of_the_comparators(outcome, code, relative, own, mean):
    found = before_after(ea.load_panel([outcome]), outcome, "KGZ", "2015-08-12")
    table = raw(code)
    others = [shift(table[c], relative) for c in OTHERS if c in table and table[c].reindex(BEFORE).notna().sum() >= 3]
    assert shift(table["KGZ"], relative) == pytest.approx(own, abs=0.05)
    assert found.estimate == pytest.approx(shift(table["KGZ"], relative), abs=1e-6)
    assert np.mean(others) == pytest.approx(mean, abs=0.05)
    assert found.difference.mean == pytest.approx(np.mean(others), abs=1e-6)
    assert found.difference.median == pytest.approx(np.median(others), abs=1e-6)


def test_the_mean_of_the_six_hangs_on_georgia_and_azerbaijan():
    changes = {c: shift(raw("NE.TRD.GNFS.ZS")[c]) for c in OTHERS}
    assert np.mean([v for c, v in changes.items() if c != "GEO"]) == pytest.approx(-0.7, abs=0.05)
    assert np.mean([v for c, v in changes.items() if c != "AZE"]) == pytest.approx(-0.1, abs=0.05)


def test_trade_in_dollars_fell_while_gdp_in_dollars_grew():
    gdp = raw("NY.GDP.MKTP.CD")["KGZ"]
    assert shift(raw("NE.TRD.GNFS.ZS")["KGZ"] * gdp, relative=True) == pytest.approx(-7.5, abs=0.05)
    assert shift(gdp, relative=True) == pytest.approx(24.1, abs=0.05)


def test_the_year_left_out_and_the_year_of_the_peak():
    fdi, trade = raw("BX.KLT.DINV.WD.GD.ZS")["KGZ"], raw("NE.TRD.GNFS.ZS")["KGZ"]
    assert fdi[2015] == pytest.approx(17.1, abs=0.05)
    assert fdi.loc[2015:2019].mean() == pytest.approx(6.2, abs=0.05)
    assert trade.loc[2010:2014].idxmax() == 2012


def test_remittances_of_the_leading_edition():
    share = 100 * raw("BX.TRF.PWKR.CD.DT")["KGZ"] / raw("NY.GDP.MKTP.CD")["KGZ"]
    found = before_after(ea.load_panel(["remittances"]), "remittances", "KGZ", 2015)
    assert found.estimate == pytest.approx(shift(share), abs=1e-6)


def test_the_default_counterfactual_by_a_general_solver():
    """Demeaned paths of 2002-13 and three attributes, in standard deviations over all units, at most squares."""
    found = ea.synthetic_control(ea.load_panel(["trade"]), "trade", "KGZ", 2015)
    donors = list(found.spec["donors"])
    units = ["KGZ", *donors]
    trade = raw("NE.TRD.GNFS.ZS")[units]
    fit = trade.loc[2002:2013]
    level = fit.mean()
    rows = [(fit - level).to_numpy()]
    for code in ("NY.GDP.PCAP.PP.KD", "SP.POP.TOTL"):  # openness is the outcome itself
        rows.append(np.log(raw(code)[units].loc[2009:2013]).mean().to_numpy()[None, :])
    x = np.vstack(rows)
    v = np.array([0.75 / 12] * 12 + [0.25 / 2] * 2)
    x = x / x.std(axis=1, ddof=1)[:, None]

    def loss(w):
        return float(v @ (x[:, 0] - x[:, 1:] @ w) ** 2)

    start = np.full(len(donors), 1 / len(donors))
    best = minimize(
        loss,
        start,
        method="SLSQP",
        bounds=[(0, 1)] * len(donors),
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"maxiter": 500, "ftol": 1e-14},
    )
    gap = (trade["KGZ"] - level["KGZ"]) - (trade[donors] - level[donors]) @ best.x
    assert float(gap.loc[2016:2019].mean()) == pytest.approx(found.estimate, abs=0.05)
    assert found.estimate == pytest.approx(-27.3, abs=0.05)
