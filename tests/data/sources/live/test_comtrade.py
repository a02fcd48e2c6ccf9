"""UN Comtrade: totals alone, an empty answer explained, and every kind of refusal and fault in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import server_comtrade as world
from server import StandIn
from small import QUICK

from eaeu_analysis.cli import main
from eaeu_analysis.data.sources.bulk import schema
from eaeu_analysis.data.sources.live import comtrade
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.store import Store
from eaeu_analysis.errors import BadInputError

SECRET = "0123456789abcdef"  # noqa: S105 - made up
IMPORTS = "COMTRADE.M.TOTAL.UZB"
IMPATIENT = replace(QUICK, attempts=3, max_bytes=4 << 20)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(comtrade.KEY, SECRET)


def pulled(bank: StandIn, store: Store, code: str = IMPORTS, years: Any = "2019", **options: Any) -> PullReport:
    given = {"endpoint": bank.base, "settings": QUICK, "max_age": 1.0} | options
    return comtrade.SERVICE.pull([code], years, store=store, **given)


def test_flows_come_in_dollars_with_taiwan_and_kosovo(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, years="2018-2019")
    assert not report.failed, report.summary()
    frame = schema.flows(store.get(IMPORTS))
    assert list(frame.columns) == schema.COLUMNS
    assert set(frame["exporter"]) == {"WLD", "RUS", "KAZ", "TWN", "XKX", "USA"}
    one = frame[(frame["exporter"] == "TWN") & (frame["year"] == 2019)].iloc[0]
    assert (one["importer"], one["usd"]) == ("UZB", world.value(860, 490, "M", "TOTAL", 2019))
    assert (one["basis"], one["source"], one["product"]) == ("importer_cif", "comtrade", "TOTAL")
    assert "partners that are no economy left out: _X" in report.rows[0].sentence
    assert report.rows[0].attempts == len(bank.seen) == 2  # one request a year


def test_every_request_asks_for_totals_with_the_key_in_its_header(bank: StandIn, store: Store) -> None:
    pulled(bank, store, "COMTRADE.X.AG2.KGZ.RUS-KAZ", "2012")
    (url,) = bank.seen
    for part in (
        "partner2Code=0",
        "motCode=0",
        "customsCode=C00",
        "partnerCode=398%2C643",
        "cmdCode=AG2",
        "flowCode=X",
    ):
        assert part in url
    assert SECRET not in url
    assert bank.keys == [SECRET]
    kept = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    frame = schema.flows(store.get("COMTRADE.X.AG2.KGZ.KAZ-RUS"))
    assert sorted(frame["product"].unique()) == ["27", "87"]


def test_an_economy_of_two_numbers_is_asked_for_by_both(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, "COMTRADE.X.TOTAL.Italy.WLD")
    assert not report.failed, report.summary()
    assert "reporterCode=381%2C380" in bank.seen[0]
    assert store.get("COMTRADE.X.TOTAL.ITA.WLD").frame["value"].tolist() == [world.value(381, 0, "X", "TOTAL", 2019)]


def test_a_second_pull_asks_nothing(bank: StandIn, store: Store) -> None:
    pulled(bank, store)
    asked = len(bank.seen)
    assert pulled(bank, store).rows[0].status == "cached"
    assert len(bank.seen) == asked


def test_an_empty_answer_is_explained_by_a_control_request(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, years="2016-2017")  # the first year is not reported
    assert not report.failed
    assert "UZB has not reported its imports of 2016" in report.rows[0].sentence
    assert any("reporterCode=276&period=2019" in url for url in bank.seen)
    report = pulled(bank, store, "COMTRADE.M.99.UZB")
    assert report.rows[0].sentence == "UZB reported 2019, and has no imports of 99 with these partners"
    bank.fault("silent", path="/data/v1/", times=99)
    report = pulled(bank, store, "COMTRADE.M.27.UZB")
    assert "no row even for Germany's exports of 2019, so an empty answer says nothing" in report.rows[0].sentence


def test_a_pull_that_was_stopped_by_the_quota_goes_on_where_it_was(bank: StandIn, store: Store) -> None:
    bank.fault("quota", path="/data/v1/", times=1, page=1)
    first = pulled(bank, store, years="2018-2019")
    assert "is used up; it is renewed in 03:14:17 (hours:minutes:seconds)" in first.rows[0].sentence
    assert len(bank.seen) == 1  # a quota that is used up is not asked again
    bank.faults.clear()
    bank.before = lambda count: bank.fault("quota", path="/data/v1/", times=99) if count == 3 else None
    pulled(bank, store, years="2018-2019")
    bank.faults.clear()
    bank.before = None
    asked = len(bank.seen)
    assert not pulled(bank, store, years="2018-2019").failed
    assert len(bank.seen) == asked + 1  # the first year was kept


def test_too_fast_is_waited_for(bank: StandIn, store: Store) -> None:
    bank.fault("rate", path="/data/v1/", times=1)
    report = pulled(bank, store)
    assert (report.rows[0].status, report.rows[0].attempts) == ("done", 2)


LASTING = [
    ("key", r"does not accept the key in COMTRADE_API_KEY"),
    ("quota", r"the quota of 127.0.0.1:\d+ is used up"),
    ("unknown-parameter", r"says: The parameter is wrong"),
    ("breakdowns", r"was asked for partner2Code 0 and sent '156'"),
    ("other-year", r"was asked for period 2019 and sent '1999'"),
    ("text-value", r"sent a row without partner, product or value"),
    ("repeat", r"sent a partner and product twice"),
    ("total", r"announces 14 rows and sent 7 \(tried 3 times\)"),
    ("400", r"answered 400 \(Bad Request\)$"),
    ("403", r"answered 403 \(Forbidden\)$"),
    ("404", r"answered 404 \(Not Found\)$"),
    ("500", r"answered 500 .*\(tried 3 times\)"),
    ("502", r"answered 502 .*\(tried 3 times\)"),
    ("reset", r"dropped the connection \(tried 3 times\)"),
    ("cut", r"127.0.0.1:\d+ .*\(tried 3 times\)"),
    ("truncated", r"JSON that breaks off or is not valid \(tried 3 times\)"),
    ("xml", r"sent XML where JSON was asked for"),
    ("html", r"sent an HTML page where JSON was asked for"),
    ("empty", r"sent an empty answer"),
    ("deep", r"nested too deep to read"),
    ("redirect", r"redirects to another site .*not followed"),
    ("redirect-same", r"redirects in a circle"),
    ("huge-declared", r"sends more than 4 MB in one answer"),
    ("bomb", r"sends more than 4 MB in one answer"),
    ("packed", r"which was not asked for"),
]


@pytest.mark.parametrize(("kind", "sentence"), LASTING)
def test_a_fault_that_lasts_is_one_sentence(bank: StandIn, store: Store, kind: str, sentence: str) -> None:
    bank.fault(kind, path="/data/v1/", times=999)
    report = pulled(bank, store, settings=IMPATIENT)
    (row,) = report.rows
    assert row.status == "failed"
    assert SECRET not in report.summary()
    assert "\n" not in row.sentence
    import re

    assert re.search(sentence, row.sentence), row.sentence
    assert store.entries() == []
    if kind == "redirect":
        assert bank.keys.count(SECRET) == len(bank.keys) == 1  # the key went to no other site


@pytest.mark.parametrize("kind", ["reset", "truncated", "html", "empty", "502", "503", "total", "redirect-same"])
def test_a_fault_that_passes_costs_nothing(bank: StandIn, store: Store, kind: str) -> None:
    bank.fault(kind, path="/data/v1/", times=1)
    assert not pulled(bank, store).failed
    assert len(store.get(IMPORTS).frame) == 6


def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, years, sentence in [
        ("COMTRADE.M.UZB", "2019", "is not of the form COMTRADE"),
        ("COMTRADE.RX.TOTAL.UZB", "2019", "flow 'RX' not known"),
        ("COMTRADE.M.270.UZB", "2019", "expected TOTAL, AG2, AG4, AG6"),
        ("COMTRADE.M.27.Kirgizia", "2019", "did you mean 'KGZ'"),
        (IMPORTS, None, "UN Comtrade wants the years"),
    ]:
        with pytest.raises(BadInputError, match=sentence):
            pulled(bank, store, code, years)
    monkeypatch.delenv(comtrade.KEY)
    with pytest.raises(BadInputError, match="set it in the environment as COMTRADE_API_KEY"):
        pulled(bank, store)
    assert bank.seen == []


def test_from_the_command_line(bank: StandIn, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["--store", str(store.root), "--endpoint", bank.base, "--years", "2019"]
    assert main(["data", "pull", "--source", "comtrade", "M.TOTAL.UZB", *place]) == 0
    assert "1 done; 6 observations" in capsys.readouterr().out
    assert main(["data", "pull", "--source", "comtrades", "M.TOTAL.UZB", *place]) == 2
    assert "did you mean 'comtrade'" in capsys.readouterr().err
    assert main(["data", "pull", IMPORTS, "trade", *place]) == 2
    assert "pull them by themselves" in capsys.readouterr().err
