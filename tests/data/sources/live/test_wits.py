"""WITS by way of sdmx1: trade in dollars, tariffs of each kind, and the same rules as everywhere."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import server_data as world
from server import StandIn
from small import QUICK, hashes

from eaeu_analysis.data.sources.bulk import schema
from eaeu_analysis.data.sources.live import wits
from eaeu_analysis.data.sources.live.http import FetchError
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.sources.live.sdmxml import check_sdmx
from eaeu_analysis.data.store import Store, StoreSource
from eaeu_analysis.errors import BadInputError


def pulled(bank: StandIn, store: Store, codes: str, years: Any, **options: Any) -> PullReport:
    """The names of ``codes``, a blank between two, from the stand-in."""
    given = {"store": store, "endpoint": bank.wits, "settings": QUICK, "max_age": 1} | options
    return wits.SERVICE.pull([f"WITS.{code}" for code in codes.split()], years, **given)


EXPORTS = "XPRT-TRD-VL.Total.KGZ"


def test_exports_come_in_dollars_with_who_reports_them(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, "XPRT-TRD-VL.Total.Uzbekistan XPRT-TRD-VL.Food.Uzbekistan", (2018, 2019))
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
    report = pulled(bank, store, "MPRT-TRD-VL.Total.KGZ.Russia", 2019)
    assert not report.failed, report.summary()
    frame = schema.flows(store.get("WITS.MPRT-TRD-VL.Total.KGZ.RUS"))
    assert frame[["exporter", "importer", "basis"]].to_numpy().tolist() == [["RUS", "KGZ", "importer_cif"]]


def test_one_call_a_year_and_reporter(bank: StandIn, store: Store) -> None:
    pulled(bank, store, f"{EXPORTS} XPRT-TRD-VL.Total.UZB", (2016, 2019))
    calls = [re.search(r"A\.(\w+)\..*startPeriod=(\d+)&endPeriod=(\d+)", url) for url in bank.seen]
    found = [call.groups() for call in calls if call]
    assert len(found) == len(bank.seen) == 8
    assert all(first == last for _, first, last in found)
    assert len(set(found)) == 8


@pytest.mark.parametrize("indicator", wits.AVERAGES)
def test_average_tariffs_of_each_kind(bank: StandIn, store: Store, indicator: str) -> None:
    report = pulled(bank, store, f"{indicator}.Total.KGZ.WLD", (2014, 2016))
    assert not report.failed, report.summary()
    data = store.get(f"WITS.{indicator}.Total.KGZ.WLD")
    assert data.info.unit == "per cent"
    assert data.frame["year"].tolist() == [2014, 2015, 2016]
    assert data.frame["value"].iloc[1] == world.trade_value("KGZ", "WLD", "Total", indicator, 2015)


def test_lines_by_product_and_specific_duties_are_no_zero(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, "reported.all.UZB.WLD", 2020)
    assert not report.failed, report.summary()
    assert "A.860.000..reported/" in bank.seen[-1]
    lines = store.get("WITS.reported.all.UZB.WLD").frame
    assert lines["product"].tolist() == ["020110", "610910"]  # 220830 has specific duties alone: written 0, not free
    assert "1 products whose lines are all specific have no rate and were left out" in report.rows[0].sentence
    assert set(lines["type"]) == {"mfn"}
    shown = {line["product"]: float(line["value"]) for line in world.tariff_lines("860", "000", 2020)}
    assert lines.set_index("product")["value"].to_dict() == {p: shown[p] for p in ("020110", "610910")}


def test_with_equivalents_every_product_has_a_rate(bank: StandIn, store: Store) -> None:
    pulled(bank, store, "aveestimated.all.UZB.WLD", 2020)
    assert len(store.get("WITS.aveestimated.all.UZB.WLD").frame) == 3


def test_preferential_rates_are_those_of_a_partner(bank: StandIn, store: Store) -> None:
    pulled(bank, store, "reported.all.KGZ.RUS", 2020)
    assert ".643." in bank.seen[-1]
    lines = store.get("WITS.reported.all.KGZ.RUS").frame
    assert set(lines["type"]) == {"pref"}
    assert set(lines["partner"]) == {"RUS"}


def test_an_economy_that_never_reported_says_so(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, f"XPRT-TRD-VL.Total.TKM {EXPORTS}", (2018, 2019))
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
    pulled(bank, clean, EXPORTS, (2018, 2019))
    bank.fault(kind, path="DF_WITS")
    report = pulled(bank, store, EXPORTS, (2018, 2019))
    assert not report.failed, report.summary()
    assert hashes(store) == hashes(clean)


@pytest.mark.parametrize(("kind", "sentence"), LASTING)
def test_faults_that_last_are_one_sentence(
    bank: StandIn, store: Store, kind: str, sentence: str, capsys: pytest.CaptureFixture[str], record_property: Any
) -> None:
    bank.fault(kind, path="/A.kgz.", times=99, seconds=7200)
    settings = replace(QUICK, max_bytes=4 << 20)
    report = pulled(bank, store, f"{EXPORTS} XPRT-TRD-VL.Total.UZB", (2018, 2019), settings=settings)
    assert [row.status for row in report.rows] == ["failed", "done"], report.summary()
    assert re.search(sentence, report.rows[0].sentence), report.rows[0].sentence
    assert capsys.readouterr().out == ""
    seen = re.sub(r"127\.0\.0\.1:\d+", "HOST", re.sub(r"localhost:\d+", "ELSEWHERE", report.rows[0].sentence))
    record_property("fault", f"WITS: {kind}, always | {seen} | 0 (4) | {sum(row.rows for row in report.rows)}")


def test_an_interrupted_series_goes_on_where_it_was(bank: StandIn, store: Store) -> None:
    bank.fault("502", path="/A.kgz.", times=99)
    bank.faults[0].path = "nowhere"
    bank.before = lambda count: setattr(bank.faults[0], "path", "/A.kgz." if count >= 3 else "nowhere")
    assert pulled(bank, store, EXPORTS, (2016, 2019)).failed
    bank.before, bank.faults[0].path = None, "nowhere"
    asked = len(bank.seen)
    assert not pulled(bank, store, EXPORTS, (2016, 2019)).failed
    assert len(bank.seen) - asked == 2
    cached = pulled(bank, store, EXPORTS, (2016, 2019))
    assert cached.rows[0].status == "cached"


def test_tables_of_flows_stay_out_of_panels(bank: StandIn, store: Store) -> None:
    pulled(bank, store, EXPORTS, 2019)
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
    ("code", "years", "sentence"),
    [
        ("WITS.XPRT-TRD-VL.Total.KGZ", None, "wants the years"),
        ("WITS.XPRT-TRD-VL.Total.Kirgizia", 2019, "Kirgizia"),
        ("WITS.XPRT-TRD-VL.a/x.KGZ", 2019, "is not of the form of a code"),
        ("WITS.XPRT-TRD-VL.Total", 2019, "is not of the form WITS"),
        ("WITS.XPRT-TRD-VX.Total.KGZ", 2019, "did you mean 'XPRT-TRD-VL'"),
        ("WITS.AHS-WGHTD-AVRG.Total.KGZ", 2019, "names no partner"),
    ],
)
def test_bad_names_get_one_sentence(store: Store, code: str, years: Any, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        wits.SERVICE.pull([code], years, store=store)


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
    report = wits.SERVICE.pull(["WITS.XPRT-TRD-VL.Total.UZB"], 2019, store=live)
    assert not report.failed, report.summary()
    frame = schema.flows(live.get("WITS.XPRT-TRD-VL.Total.UZB")).set_index("importer")
    assert 1.5e9 < frame.loc["RUS", "usd"] < 3e9
