"""Reconciliation: the rate of carriage and the reporters' errors are found again in simulated reports."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from flow_checks import apply_rule

from eaeu_analysis.errors import NoDataError
from eaeu_analysis.trade.flows.flows import load_flows, mirror_gap, side_by_side
from eaeu_analysis.trade.partners.reconcile import carriage_rate, reconcile, reporter_errors

CAREFUL, CARELESS = ["A", "B", "C", "D", "E"], ["V", "W", "X", "Y", "Z"]
ALL = [*CAREFUL, *CARELESS]


def reports(seed: int = 0, years: int = 12) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Two reports of true flows: careful reporters err by 3 %, careless ones by 40 %; carriage grows with distance."""
    rng = np.random.default_rng(seed)
    rows, ways, truth = [], [], {}
    for i in ALL:
        for j in ALL:
            if i == j:
                continue
            dist = float(np.exp(rng.uniform(np.log(500), np.log(9000))))
            ways.append((i, j, dist, int(rng.random() < 0.2)))
            rate = np.exp(0.02 + 0.05 * np.log(dist / 1000)) - 1
            for year in range(2000, 2000 + years):
                true = float(np.exp(rng.normal(18, 1)))
                error = [rng.normal(0, 0.03 if k in CAREFUL else 0.4) for k in (i, j)]
                rows.append((i, j, year, "TOTAL", true * np.exp(error[0]), true * (1 + rate) * np.exp(error[1])))
                truth[i, j, year] = true
    side = pd.DataFrame(rows, columns=["exporter", "importer", "year", "product", "exporter_usd", "importer_usd"])
    for column in ("exporter_source", "importer_source", "exporter_status", "importer_status"):
        side[column] = "test"
    distances = pd.DataFrame(ways, columns=["exporter", "importer", "dist", "contig"])
    return side, distances, pd.Series(truth)


def test_carriage_is_found_again() -> None:
    side, distances, _ = reports()
    rate = carriage_rate(side, distances)
    far = side.merge(distances, on=["exporter", "importer"], how="left")["dist"]
    true = np.expm1(0.02 + 0.05 * np.log(far / 1000)).clip(0, 0.5)
    assert (rate - true.to_numpy()).abs().max() < 0.03
    assert list(rate.index) == list(side.index)


def test_reliability_is_found_again() -> None:
    side, distances, _ = reports()
    table = reporter_errors(mirror_gap(side, carriage_rate(side, distances))).set_index("reporter")
    assert table.loc[CAREFUL, "sigma"].max() < 0.15
    assert table.loc[CARELESS, "sigma"].between(0.3, 0.5).all()
    assert (table["mirrored"] == 2 * 9 * 12).all()


def test_the_weighted_average_is_nearer_the_truth_than_any_rule() -> None:
    side, distances, truth = reports(1)
    table, _ = reconcile(side, distances)

    def miss(flows: pd.DataFrame, column: str = "usd") -> float:
        indexed = flows.set_index(["exporter", "importer", "year"])[column]
        return float(np.sqrt(np.mean(np.log(indexed / truth.reindex(indexed.index)) ** 2)))

    best = miss(table, "reconciled_usd")
    for rule in ("exporter", "importer", "larger", "mean"):
        assert best < 0.95 * miss(apply_rule(side, rule, table["rate"])), rule


def test_one_report_is_kept_and_a_contradicted_zero_has_no_say() -> None:
    side, distances, _ = reports()
    side.loc[0, "importer_usd"] = np.nan
    side.loc[1, "exporter_usd"] = np.nan
    side.loc[2, "exporter_usd"] = 0.0
    table, _ = reconcile(side, distances)
    assert table.loc[0, "reconciled_usd"] == side.loc[0, "exporter_usd"]
    for row in (1, 2):
        assert table.loc[row, "reconciled_usd"] == pytest.approx(table.loc[row, "importer_fob"])
    inside = table[table["known"] == "both"].drop(index=2, errors="ignore")
    reports_of = inside[["exporter_usd", "importer_fob"]]
    low, high = reports_of.min(axis=1), reports_of.max(axis=1)
    assert inside["reconciled_usd"].between(low * (1 - 1e-12), high * (1 + 1e-12)).all()


def test_too_little_to_estimate_is_stated() -> None:
    side, distances, _ = reports(years=1)
    with pytest.raises(NoDataError, match="at least 30 are needed"):
        carriage_rate(side.head(20), distances)
    with pytest.raises(NoDataError, match="reliability cannot be estimated"):
        reporter_errors(mirror_gap(side.assign(importer_usd=np.nan)))


def test_the_pinned_reports_reconcile() -> None:
    years = [2008, 2012, 2016]
    names = ("world_4yearly", "russia_annual", "armenia_annual", "uzbekistan_annual")
    table, _ = reconcile(side_by_side(*(load_flows(name, years) for name in names)))
    assert (table["reconciled_usd"] >= 0).all()
    gap = table[(table["exporter"] == "UZB") & (table["importer"] == "RUS")]
    assert (gap["known"].isin(["both", "importer"])).all()
