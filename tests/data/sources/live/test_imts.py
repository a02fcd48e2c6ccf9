"""IMF IMTS by SDMX 3.0: dollars as printed, an empty answer explained, every fault one sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import server_imf as world
from server import StandIn
from small import QUICK

from eaeu_analysis.cli import main
from eaeu_analysis.data.sources.bulk import schema
from eaeu_analysis.data.sources.live import imts
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.store import Store
from eaeu_analysis.errors import BadInputError

EXPORTS = "IMTS.XG_FOB_USD.UZB"
PATH = {"path": "/IMTS/"}
IMPATIENT = replace(QUICK, attempts=3, max_bytes=4 << 20)


def pulled(bank: StandIn, store: Store, code: str = EXPORTS, years: Any = "2018-2019", **options: Any) -> PullReport:
    given = {"endpoint": f"{bank.base}/external/sdmx/3.0", "settings": QUICK, "max_age": 1.0} | options
    return imts.SERVICE.pull([code], years, store=store, **given)


def test_exports_come_in_full_dollars_whatever_their_scale_says(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store)
    assert not report.failed, report.summary()
    frame = schema.flows(store.get(EXPORTS))
    assert set(frame["importer"]) == {"WLD", "RUS", "KAZ", "XKX", "USA"}
    assert set(frame["year"]) == {2018, 2019}
    one = frame[(frame["importer"] == "XKX") & (frame["year"] == 2019)].iloc[0]
    assert (one["exporter"], one["usd"]) == ("UZB", world.value("UZB", "XG_FOB_USD", "KOS", 2019))
    assert (one["basis"], one["product"]) == ("exporter_fob", "TOTAL")
    assert report.rows[0].sentence == "partners that are no economy left out: G163, SUN, TX126"
    assert bank.seen == [
        "/external/sdmx/3.0/data/dataflow/IMF.STA/IMTS/+/UZB.XG_FOB_USD.%2A.A?c%5BTIME_PERIOD%5D=ge:2018-A"
    ]


def test_imports_from_named_partners_turn_the_sides_round(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, "IMTS.MG_CIF_USD.KGZ.Russia-Kosovo-ARM", None)
    assert not report.failed, report.summary()
    frame = schema.flows(store.get("IMTS.MG_CIF_USD.KGZ.ARM-RUS-XKX"))
    assert set(frame["exporter"]) == {"RUS", "XKX"}
    assert len(frame) == 2 * len(world.YEARS)
    assert "nothing came for partner ARM" in report.rows[0].sentence
    assert "KGZ.MG_CIF_USD.ARM+RUS+KOS.A" in bank.seen[0]


def test_an_empty_answer_is_explained_by_a_control_request(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, "IMTS.XG_FOB_USD.TKM")
    assert report.rows[0].sentence == "the IMF has nothing for IMTS.XG_FOB_USD.TKM in the years asked for"
    assert "/USA.XG_FOB_USD.G001.A?" in bank.seen[1]
    bank.fault("silent", times=99, **PATH)
    assert "no row even for the exports of the United States" in pulled(bank, store).rows[0].sentence


def test_a_second_pull_asks_nothing(bank: StandIn, store: Store) -> None:
    pulled(bank, store)
    assert pulled(bank, store).rows[0].status == "cached"
    assert len(bank.seen) == 1


LASTING = [
    ("text-value", r"sent text where numbers are due$"),
    ("huge-number", r"sent 1e\+20 US\$ for .*, which is no trade"),
    ("breakdowns", r"was asked for FREQUENCY A and sent 'M'"),
    ("repeat", r"sent G001 2024 twice|sent \w+ 2024 twice"),
    ("401", r"answered 401 .*it asks no key for these data, so try again later"),
    ("403", r"answered 403 \(Forbidden\)$"),
    ("404", r"answered 404 \(Not Found\)$"),
    ("429", r"asks to wait 7,200 s; pull again then$"),
    ("500", r"answered 500 .*\(tried 3 times\)"),
    ("502", r"answered 502 .*\(tried 3 times\)"),
    ("504", r"answered 504 .*\(tried 3 times\)"),
    ("reset", r"dropped the connection \(tried 3 times\)"),
    ("cut", r"\(tried 3 times\)"),
    ("truncated", r"sent XML that breaks off or is not valid \(tried 3 times\)"),
    ("xml", r"sent (?:SDMX that cannot be read|XML that)"),
    ("html", r"sent an HTML page where SDMX was asked for"),
    ("busy", r"sent text where SDMX was asked for"),
    ("empty", r"sent an empty answer"),
    ("redirect", r"redirects to another site .*not followed"),
    ("redirect-same", r"redirects in a circle"),
    ("huge-declared", r"sends more than 4 MB in one answer"),
    ("bomb", r"sends more than 4 MB in one answer"),
    ("packed", r"which was not asked for"),
]


@pytest.mark.parametrize(("kind", "sentence"), LASTING)
def test_a_fault_that_lasts_is_one_sentence(bank: StandIn, store: Store, kind: str, sentence: str) -> None:
    bank.fault(kind, times=999, seconds=7200, **PATH)
    (row,) = pulled(bank, store, years="2018-2024", settings=IMPATIENT).rows
    assert (row.status, "\n" in row.sentence) == ("failed", False)
    assert re.search(sentence, row.sentence), row.sentence
    assert store.entries() == []


@pytest.mark.parametrize("kind", ["reset", "truncated", "html", "empty", "502", "400"])
def test_a_fault_that_passes_costs_nothing(bank: StandIn, store: Store, kind: str) -> None:
    bank.fault(kind, times=1, **PATH)
    assert not pulled(bank, store).failed
    assert len(store.get(EXPORTS).frame) == 10


def test_what_cannot_be_asked_is_refused(bank: StandIn, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    for code, sentence in [
        ("IMTS.XG_FOB_USD", "is not of the form IMTS"),
        ("IMTS.XG_FOB.UZB", "did you mean 'XG_FOB_USD'"),
        ("IMTS.XG_FOB_USD.Kirgizia", "did you mean 'KGZ'"),
    ]:
        with pytest.raises(BadInputError, match=sentence):
            pulled(bank, store, code)
    place = ["--store", str(store.root), "--endpoint", f"{bank.base}/external/sdmx/3.0"]
    assert main(["data", "pull", "--source", "imts", "XG_FOB_USD.UZB.WLD", "--years", "2019", *place]) == 0
    assert "1 done; 1 observations" in capsys.readouterr().out
