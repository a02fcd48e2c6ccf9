"""Data360: an answer that would be cut is asked for in parts and counted; every fault is one sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import server_data360 as world
from server import StandIn
from server_data import ECONOMIES
from small import QUICK

from eaeu_analysis.cli import main
from eaeu_analysis.data.sources.live import data360
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.store import Store
from eaeu_analysis.errors import BadInputError

REMITTANCES, SHORT = "DATA360.WB_KNOMAD.WB_KNOMAD_BRE", "DATA360.WB_X.WB_X_SHORT"
PATH = {"path": "/data360/"}
IMPATIENT = replace(QUICK, attempts=3, max_bytes=4 << 20)


def pulled(bank: StandIn, store: Store, code: str = SHORT, years: Any = None, **options: Any) -> PullReport:
    given = {"endpoint": bank.base, "settings": QUICK, "max_age": 1.0} | options
    return data360.SERVICE.pull([code], years, store=store, **given)


def test_more_than_ten_thousand_rows_come_economy_by_economy_and_none_is_lost(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, REMITTANCES)
    assert not report.failed, report.summary()
    data = store.get(REMITTANCES)
    assert len(data.frame) == (len(ECONOMIES) + 1) * world.RECEIVERS > world.CUT
    assert set(data.frame["origin"]) == {*ECONOMIES, "WLD"}
    one = data.frame[(data.frame["origin"] == "RUS") & (data.frame["destination"] == "ARM")].iloc[0]
    assert (one["year"], one["value"], data.info.unit) == (2021, world.value("RUS", "ARM"), "US$ million")
    assert sum("REF_AREA=" in url for url in bank.seen) > len(ECONOMIES)


def test_one_economy_is_one_short_answer(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, f"{REMITTANCES}.Russia")
    assert not report.failed, report.summary()
    data = store.get(f"{REMITTANCES}.RUS")
    assert set(data.frame["origin"]) == {"RUS"}
    assert len(data.frame) == world.RECEIVERS
    assert len(bank.seen) == 1
    bank.fault("other-economy", times=99, **PATH)
    (row,) = pulled(bank, store, f"{SHORT}.KGZ").rows
    assert row.sentence.endswith("was asked for KGZ and sent 'DEU'")


def test_a_short_series_comes_in_pages_with_its_total_alone(bank: StandIn, store: Store) -> None:
    report = pulled(bank, store, years=2020)
    assert not report.failed, report.summary()
    assert len(bank.seen) == 1
    data = store.get(SHORT)
    assert len(data.frame) == len(ECONOMIES) + 1
    assert data.frame.set_index("economy")["value"]["KGZ"] == world.value("KGZ", 2020, "_T")
    assert "breakdowns left out, the total kept; codes of no economy left out: OECD" in report.rows[0].sentence
    assert pulled(bank, store, years=2020).rows[0].status == "cached"


def test_a_part_that_does_not_come_whole_fails_the_series(bank: StandIn, store: Store) -> None:
    bank.fault("total", path="/data360/", times=10**6)
    (row,) = pulled(bank, store, REMITTANCES, settings=IMPATIENT).rows
    assert (row.status, store.entries()) == ("failed", [])
    assert re.search(r"announced .* rows", row.sentence)


LASTING = [
    ("total", r"announced 883 rows and sent 0 \(tried 3 times\)"),
    ("repeat", r"announced 876 rows and sent 876, some of them twice"),
    ("breakdowns", r"was asked for INDICATOR WB_X_SHORT and sent 'OTHER'"),
    ("text-value", r"sent 'many' for '2019', which is no value of a period"),
    ("other-year", r"for '\?', which is no value of a period|some of them twice"),
    ("403", r"answered 403 \(Forbidden\)$"),
    ("404", r"answered 404 \(Not Found\)$"),
    ("429", r"asks to wait 7,200 s; pull again then$"),
    ("500", r"answered 500 .*\(tried 3 times\)"),
    ("502", r"answered 502 .*\(tried 3 times\)"),
    ("reset", r"dropped the connection \(tried 3 times\)"),
    ("cut", r"\(tried 3 times\)"),
    ("truncated", r"breaks off or is not valid \(tried 3 times\)"),
    ("xml", r"sent XML where JSON was asked for"),
    ("html", r"sent an HTML page where JSON was asked for"),
    ("busy", r"sent JSON of another form"),
    ("empty", r"sent an empty answer"),
    ("deep", r"nested too deep to read"),
    ("redirect", r"redirects to another site .*not followed"),
    ("redirect-same", r"redirects in a circle"),
    ("huge-declared", r"sends more than 4 MB in one answer"),
    ("bomb", r"sends more than 4 MB in one answer"),
]


@pytest.mark.parametrize(("kind", "sentence"), LASTING)
def test_a_fault_that_lasts_is_one_sentence(bank: StandIn, store: Store, kind: str, sentence: str) -> None:
    bank.fault(kind, times=999, seconds=7200, **PATH)
    (row,) = pulled(bank, store, settings=IMPATIENT).rows
    assert (row.status, "\n" in row.sentence) == ("failed", False)
    assert re.search(sentence, row.sentence), row.sentence
    assert store.entries() == []


@pytest.mark.parametrize("kind", ["reset", "cut", "truncated", "html", "empty", "502", "429", "redirect-same"])
def test_a_fault_that_passes_costs_nothing(bank: StandIn, store: Store, kind: str) -> None:
    bank.fault(kind, times=1, **PATH)
    assert not pulled(bank, store).failed
    assert len(store.get(SHORT).frame) == 436


def test_unknown_names_and_the_command_line(bank: StandIn, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInputError, match="is not of the form DATA360"):
        pulled(bank, store, "DATA360.WB_KNOMAD")
    assert "the database or the indicator is not known there" in pulled(bank, store, "DATA360.A_B.C_D").rows[0].sentence
    place = ["--store", str(store.root), "--endpoint", bank.base]
    assert main(["data", "pull", "--source", "data360", "WB_X.WB_X_SHORT", *place]) == 0
    assert "1 done; 436 observations" in capsys.readouterr().out
