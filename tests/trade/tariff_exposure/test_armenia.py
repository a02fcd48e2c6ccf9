"""Armenia by heading: the estimate by separate code from the shipped tables, the rule, quantities."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis import settings
from eaeu_analysis.trade.tariff_exposure.armenia import (
    armenian_tariff_exposure,
    exposure_rules,
    heading_flows,
    heading_rates,
    quantities,
)
from eaeu_analysis.trade.tariff_exposure.result import TariffExposure


@pytest.fixture(scope="module")
def found() -> TariffExposure:
    return armenian_tariff_exposure(alternatives=False)


def test_separate_code_from_the_shipped_tables_gives_the_estimate(found: TariffExposure) -> None:
    import statsmodels.api as sm

    folder = settings.data_dir() / "trade"
    months = pd.read_parquet(folder / "armenia_headings.parquet").astype({"heading": str, "imports_usd": "float64"})
    lines = pd.read_parquet(folder / "tariffs_cet_2013.parquet")
    lines["heading"], lines["six"] = lines["code"].str[:4], lines["code"].str[:6]
    complete = lines.groupby("heading")["ad_valorem"].apply(lambda rate: rate.notna().all())
    rate = lines.groupby(["heading", "six"])["ad_valorem"].mean().groupby("heading").mean()[complete]
    years = months.pivot_table(index="heading", columns="year", values="imports_usd", aggfunc="sum", fill_value=0.0)
    pre, post = years[[2010, 2011, 2012, 2013]], years[[2015, 2016, 2017, 2018, 2019]].sum(axis=1)
    use = (pre > 0).all(axis=1) & (pre.mean(axis=1) >= 50_000) & years.index.isin(rate.index)
    use &= ~years.index.str[:2].isin(["27", "71", "93", "97", "98", "99"])
    x = np.log1p(rate.reindex(years.index[use]) / 100).to_numpy()
    split = np.column_stack([post[use], pre[use].sum(axis=1)])
    # given a heading's total, what falls into the window after is binomial: the same likelihood as PPML with effects
    fit = sm.GLM(split, sm.add_constant(x), family=sm.families.Binomial()).fit()
    assert int(use.sum()) == found.spec["products"]
    assert fit.params[1] == pytest.approx(found.estimate, abs=1e-6)


def test_what_it_finds(found: TariffExposure) -> None:
    assert found.finding == "none"
    assert found.estimate == pytest.approx(-0.108, abs=0.005)
    assert found.interval == pytest.approx((-1.43, 1.22), abs=0.01)
    assert found.p_value == pytest.approx(0.88, abs=0.03)
    assert found.bounds is not None
    assert found.bounds.estimate == pytest.approx((-0.60, -0.06), abs=0.01)
    assert found.bounds.worst[0] < -5
    assert found.bounds.worst[1] > 5
    assert {check.name: check.passed for check in found.checks if check.role == "fatal"} == {"pre-trend": True}


def test_the_windows_hold_neither_the_rouble_of_2014_nor_buying_in_advance(found: TariffExposure) -> None:
    rules = exposure_rules()
    assert rules["fit_years"][1] < 2014 < rules["post_years"][0]
    assert found.table["year"].tolist() == list(range(2008, 2020))


def test_a_heading_without_every_rate_is_left_out_of_the_rule_and_kept_in_the_alternative() -> None:
    complete, every = (heading_rates(complete=c).set_index("product")["new"] for c in (True, False))
    assert np.isnan(complete["8703"])  # most cars are excluded from the agreement
    assert every.notna().sum() > complete.notna().sum() > 800


def test_quantities_are_values_at_the_unit_values_before() -> None:
    flows = heading_flows()
    table = quantities(flows)
    before = table[table["year"].between(*exposure_rules()["fit_years"])]
    by_heading = before.groupby("product")[["usd", "weighed", "quantity"]].sum()
    assert by_heading["quantity"].to_numpy() == pytest.approx(by_heading["weighed"].to_numpy())
    assert 0.5 < len(by_heading) / flows["product"].nunique() < 1.0
