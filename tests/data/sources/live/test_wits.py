"""WITS by way of sdmx1: trade in dollars, tariffs of each kind, and the same rules as everywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import server_data as world
from server import StandIn
from small import QUICK, hashes

from eaeu_analysis.data.sources.bulk import schema
from eaeu_analysis.data.sources.live import wits
from eaeu_analysis.data.sources.live.http import FetchError
from eaeu_analysis.data.sources.live.sdmxml import check_sdmx
from eaeu_analysis.data.store import Store, StoreSource
from eaeu_analysis.errors import BadInputError, NoDataError


def options(bank: StandIn, store: Store) -> dict[str, Any]:
    return {"store": store, "endpoint": bank.wits, "settings": QUICK, "max_age": 1}


def test_exports_come_in_dollars_with_who_reports_them(bank: StandIn, store: Store) -> None:
    report = wits.pull_trade(["Uzbekistan"], (2018, 2019), products=["Total", "Food"], **options(bank, store))
    assert not report.failed, report.summary()
    frame = schema.flows(store.get("WITS.XPRT-TRD-VL.Food.UZB"))
    assert list(frame.columns) == schema.COLUMNS
    one = frame[(frame["importer"] == "RUS") & (frame["year"] == 2019)].iloc[0]
    assert one["exporter"] == "UZB"
    assert one["usd"] == 1000 * world.trade_value("UZB", "RUS", "Food", "XPRT-TRD-VL", 2019)
    assert (one["basis"], one["source"], one["product"]) == ("exporter_fob", "wits", "Food")
    assert set(frame["importer"]) == {"RUS", "KAZ", "WLD", "UNS"}
    assert "sums over partners left out: ECS" in report.rows[0].sentence


def test_imports_turn_the_sides_round(bank: StandIn, store: Store) -> None:
    report = wits.pull_trade(["KGZ"], 2019, flow="imports", partners=["Russia"], **options(bank, store))
    assert not report.failed, report.summary()
    frame = schema.flows(store.get("WITS.MPRT-TRD-VL.Total.KGZ.RUS"))
    assert frame[["exporter", "importer", "basis"]].to_numpy().tolist() == [["RUS", "KGZ", "importer_cif"]]


def test_one_call_a_year_and_reporter(bank: StandIn, store: Store) -> None:
    wits.pull_trade(["KGZ", "UZB"], (2016, 2019), **options(bank, store))
    calls = [re.search(r"A\.(\w+)\..*startPeriod=(\d+)&endPeriod=(\d+)", url) for url in bank.seen]
    found = [call.groups() for call in calls if call]
    assert len(found) == len(bank.seen) == 8
    assert all(first == last for _, first, last in found)
    assert len(set(found)) == 8


@pytest.mark.parametrize(("kind", "average"), list(wits.AVERAGES))
def test_average_tariffs_of_each_kind(bank: StandIn, store: Store, kind: str, average: str) -> None:
    report = wits.pull_tariffs(["KGZ"], (2014, 2016), kind=kind, average=average, **options(bank, store))
    assert not report.failed, report.summary()
    indicator = wits.AVERAGES[kind, average]
    data = store.get(f"WITS.{indicator}.Total.KGZ.WLD")
    assert data.info.unit == "per cent"
    assert data.frame["year"].tolist() == [2014, 2015, 2016]
    assert data.frame["value"].iloc[1] == world.trade_value("KGZ", "WLD", "Total", indicator, 2015)


def test_lines_by_product_and_specific_duties_are_no_zero(bank: StandIn, store: Store) -> None:
    report = wits.pull_lines(["UZB"], 2020, **options(bank, store))
    assert not report.failed, report.summary()
    assert "A.860.000..reported/" in bank.seen[-1]
    lines = store.get("WITS.reported.all.UZB.WLD").frame
    assert lines["product"].tolist() == ["020110", "610910"]  # 220830 has specific duties alone: written 0, not free
    assert "1 products whose lines are all specific have no rate and were left out" in report.rows[0].sentence
    assert set(lines["type"]) == {"mfn"}
    told = {line["product"]: float(line["value"]) for line in world.tariff_lines("860", "000", 2020)}
    assert lines.set_index("product")["value"].to_dict() == {p: told[p] for p in ("020110", "610910")}


def test_with_equivalents_every_product_has_a_rate(bank: StandIn, store: Store) -> None:
    wits.pull_lines(["UZB"], 2020, kind="with equivalents", **options(bank, store))
    assert len(store.get("WITS.aveestimated.all.UZB.WLD").frame) == 3


def test_preferential_rates_are_those_of_a_partner(bank: StandIn, store: Store) -> None:
    wits.pull_lines(["KGZ"], 2020, partners=["RUS"], **options(bank, store))
    assert ".643." in bank.seen[-1]
    lines = store.get("WITS.reported.all.KGZ.RUS").frame
    assert set(lines["type"]) == {"pref"}
    assert set(lines["partner"]) == {"RUS"}


def test_simple_and_weighted_averages_of_lines() -> None:
    lines = pd.DataFrame(
        {"reporter": "KGZ", "partner": "RUS", "year": 2020, "type": "pref"}
        | {"product": ["020110", "610910", "999999"], "value": [10.0, 40.0, 70.0]}
    )
    simple = wits.average_rates(lines)
    assert simple.loc[0, ["rate", "products"]].tolist() == [40.0, 3]
    weights = pd.Series({"020110": 30.0, "610910": 10.0, "870899": 60.0})
    weighted = wits.average_rates(lines, weights)
    assert weighted.loc[0, ["rate", "products", "covered"]].tolist() == [17.5, 2, 0.4]
    with pytest.raises(NoDataError, match="no product of these tariff lines has a weight"):
        wits.average_rates(lines, pd.Series({"111111": 1.0}))


def test_preferential_rates_weighted_by_the_imports_of_bulk_flows(bank: StandIn, store: Store) -> None:
    wits.pull_lines(["KGZ"], 2020, partners=["RUS"], **options(bank, store))
    lines = store.get("WITS.reported.all.KGZ.RUS").frame
    rows = [("RUS", "KGZ", "020110", 30.0), ("RUS", "KGZ", "610910", 10.0), ("CHN", "KGZ", "610910", 99.0)]
    flows = pd.DataFrame(rows, columns=["exporter", "importer", "product", "usd"]).assign(year=2020)
    found = wits.average_rates(lines, schema.import_weights(flows, "Kyrgyzstan", "RUS", [2020]))
    rates = lines.set_index("product")["value"]
    assert found["rate"].tolist() == [pytest.approx((30 * rates["020110"] + 10 * rates["610910"]) / 40)]
    assert found["covered"].tolist() == [1.0]
    with pytest.raises(NoDataError, match="no flow to KGZ from UZB in these flows"):
        schema.import_weights(flows, "KGZ", "UZB")
    with pytest.raises(BadInputError, match="'applied' under a partner is the lowest rate"):
        wits.pull_tariffs(["KGZ"], 2020, kind="preferential", **options(bank, store))


def test_an_economy_that_never_reported_says_so(bank: StandIn, store: Store) -> None:
    report = wits.pull_trade(["TKM", "KGZ"], (2018, 2019), **options(bank, store))
    assert [row.status for row in report.rows] == ["failed", "done"]
    assert report.rows[0].sentence == "WITS has nothing for TKM, XPRT-TRD-VL, Total in the years asked for"


PASSING = ["502", "reset", "cut", "truncated", "html", "empty", "429"]
LASTING = [
    ("403", r"answered 403 \(Forbidden\)$"),
    ("html", r"sent an HTML page where SDMX was asked for \(tried 4 times\)"),
    ("xml", r"sent XML that is not SDMX data \(tried 4 times\)"),
    ("entity", r"sent a document with entities where SDMX was asked for"),
    ("redirect", r"redirects to another site"),
    ("huge", r"sends more than 4 MB in one answer"),
    ("huge-declared", r"sends more than 4 MB in one answer"),
    ("bomb", r"sends more than 4 MB in one answer"),
    ("400", r"answered 400 .*"),
    ("500", r"answered 500 .*\(tried 4 times\)"),
    ("502", r"answered 502 .*\(tried 4 times\)"),
    ("503", r"answered 503 .*\(tried 4 times\)"),
    ("504", r"answered 504 .*\(tried 4 times\)"),
    ("429", r"answered 429 .*asks to wait 7,200 s; pull again then"),
    ("reset", r"dropped the connection \(tried 4 times\)"),
    ("cut", r"\(tried 4 times\)"),
    ("truncated", r"\(tried 4 times\)"),
    ("empty", r"sent an empty answer"),
    ("redirect-same", r"redirects in a circle"),
    ("packed", r"which was not asked for"),
]


@pytest.mark.parametrize("kind", PASSING)
def test_faults_that_pass_cost_nothing(bank: StandIn, store: Store, kind: str) -> None:
    clean = Store(store.root.parent / "clean")
    wits.pull_trade(["KGZ"], (2018, 2019), **options(bank, clean))
    bank.fault(kind, path="DF_WITS")
    report = wits.pull_trade(["KGZ"], (2018, 2019), **options(bank, store))
    assert not report.failed, report.summary()
    assert hashes(store) == hashes(clean)


@pytest.mark.parametrize(("kind", "sentence"), LASTING)
def test_faults_that_last_are_one_sentence(
    bank: StandIn, store: Store, kind: str, sentence: str, capsys: pytest.CaptureFixture[str], record_property: Any
) -> None:
    bank.fault(kind, path="/A.kgz.", times=99, seconds=7200)
    given = options(bank, store) | {"settings": replace(QUICK, max_bytes=4 << 20)}
    report = wits.pull_trade(["KGZ", "UZB"], (2018, 2019), **given)
    assert [row.status for row in report.rows] == ["failed", "done"], report.summary()
    assert re.search(sentence, report.rows[0].sentence), report.rows[0].sentence
    assert capsys.readouterr().out == ""
    seen = re.sub(r"127\.0\.0\.1:\d+", "HOST", re.sub(r"localhost:\d+", "ELSEWHERE", report.rows[0].sentence))
    record_property("fault", f"WITS: {kind}, always | {seen} | 0 (4) | {sum(row.rows for row in report.rows)}")


def test_an_interrupted_series_goes_on_where_it_was(bank: StandIn, store: Store) -> None:
    bank.fault("502", path="/A.kgz.", times=99)
    bank.faults[0].path = "nowhere"
    bank.before = lambda count: setattr(bank.faults[0], "path", "/A.kgz." if count >= 3 else "nowhere")
    assert wits.pull_trade(["KGZ"], (2016, 2019), **options(bank, store)).failed
    bank.before, bank.faults[0].path = None, "nowhere"
    asked = len(bank.seen)
    assert not wits.pull_trade(["KGZ"], (2016, 2019), **options(bank, store)).failed
    assert len(bank.seen) - asked == 2
    cached = wits.pull_trade(["KGZ"], (2016, 2019), **options(bank, store))
    assert cached.rows[0].status == "cached"


def test_tables_of_flows_stay_out_of_panels(bank: StandIn, store: Store) -> None:
    wits.pull_trade(["KGZ"], 2019, **options(bank, store))
    assert len(store.entries()) == 1
    assert StoreSource(store, offline=True).entries() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"text",
        b"<a><b></a>",
        b"<html></html>",
        b"<a/>",
        b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    ],
)
def test_what_is_not_sdmx_is_refused(body: bytes) -> None:
    with pytest.raises(FetchError):
        check_sdmx(body, "HOST")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"reporters": "KGZ", "years": 2019}, "as lists"),
        ({"reporters": [], "years": 2019}, "as lists"),
        ({"reporters": ["KGZ"], "years": None}, "wants the years"),
        ({"reporters": ["Kirgizia"], "years": 2019}, "Kirgizia"),
        ({"reporters": ["KGZ"], "years": 2019, "products": ["../x"]}, "is not of the form of a code"),
        ({"reporters": ["KGZ"], "years": 2019, "flow": "export"}, "did you mean 'exports'"),
    ],
)
def test_bad_arguments_get_one_sentence(store: Store, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        wits.pull_trade(store=store, **arguments)


def test_the_numbers_of_economies() -> None:
    assert [schema.number_of(code) for code in ("UZB", "KGZ", "RUS", "USA", "FRA", "IND")] == [
        "860", "417", "643", "840", "250", "356"
    ]  # fmt: skip
    assert [schema.party(code) for code in ("842", "490", "000", "699", "uzb", "UNS", "ROM")] == [
        "USA", "TWN", "WLD", "IND", "UZB", "UNS", "ROU"
    ]  # fmt: skip
    with pytest.raises(BadInputError, match="'XKX' has no ISO 3166 number"):
        schema.number_of("XKX")


@pytest.mark.network
def test_the_real_service_gives_uzbek_exports(tmp_path: Any) -> None:
    live = Store(tmp_path)
    report = wits.pull_trade(["UZB"], 2019, store=live)
    assert not report.failed, report.summary()
    frame = schema.flows(live.get("WITS.XPRT-TRD-VL.Total.UZB")).set_index("importer")
    assert 1.5e9 < frame.loc["RUS", "usd"] < 3e9
