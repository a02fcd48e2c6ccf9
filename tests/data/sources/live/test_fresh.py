"""Nothing stale is served, and what came is what was asked for: dates of releases, retrievals, prune; codes, years."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import server_data as world
from server import StandIn
from small import CODES, QUICK, hashes, small_pull

from eaeu_analysis.data.sources.live import wits, worldbank
from eaeu_analysis.data.sources.live.pages import Spool, release_day
from eaeu_analysis.data.sources.live.request import Request
from eaeu_analysis.data.sources.pinned import PinnedSource
from eaeu_analysis.data.store import Store, StoreSource
from eaeu_analysis.data.store.source import FallbackSource
from eaeu_analysis.errors import BadInputError, EaeuError, IntegrityError, NoDataError
from eaeu_analysis.series import SeriesData, SeriesInfo

HIT = CODES[1]
OLD, NEW = world.RELEASES


# -- the date of a release ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("-", "the source gave no release date"),
        ("null", "the source gave no release date"),
        ('""', "the source gave no release date"),
        ('"Not available"', "the source gave 'Not available' as its release date, which is no date"),
        ('"08/04/2026"', "the source gave '08/04/2026' as its release date, which is no date"),
        ('"20260408"', "the source gave '20260408' as its release date, which is no date"),
        ('"2026-02-30"', "the source gave '2026-02-30' as its release date, which is no date"),
        ("20260408", "the source gave '20260408' as its release date, which is no date"),
        ('"2099-12-31"', "the source gave 2099-12-31 as its release date, which is in the future"),
    ],
)
def test_an_answer_without_a_date_is_reported_as_undated_and_leads(
    bank: StandIn, store: Store, printed: str, why: str
) -> None:
    small_pull(bank, store, [HIT])
    bank.state.release, bank.state.prints = NEW, printed
    report = small_pull(bank, store, [HIT])
    assert (report.rows[0].status, report.rows[0].vintage) == ("done", "")
    assert f"undated: {why}" in report.rows[0].sentence
    used = store.get(HIT)
    assert (used.info.vintage, used.info.vintage_note) == ("", f"undated: {why}")
    bank.state.prints = ""
    assert not small_pull(bank, store, [HIT]).rows[0].sentence
    assert store.get(HIT).info.vintage == NEW
    assert store.prune()
    assert store.get(HIT).info.vintage == NEW


def test_a_date_is_a_day_that_has_begun_somewhere() -> None:
    today = date(2026, 4, 8)
    assert release_day("2026-04-08", today) == ("2026-04-08", "")
    assert release_day("2026-04-09", today) == ("2026-04-09", "")
    assert release_day("2026-04-10", today)[0] == ""


def test_a_source_that_goes_back_is_reported_and_its_answer_used(bank: StandIn, store: Store) -> None:
    bank.state.release = NEW
    small_pull(bank, store, [HIT])
    late = store.get(HIT).frame
    bank.state.release = OLD
    report = small_pull(bank, store, [HIT])
    assert f"the source went back from the release of {NEW} to that of {OLD}, which is used now" in (
        report.rows[0].sentence
    )
    assert store.get(HIT).info.vintage == OLD
    assert StoreSource(store, endpoint=bank.endpoint, offline=True).read(HIT).info.vintage == OLD
    pd.testing.assert_frame_equal(store.get(HIT, NEW).frame, late)  # the other is still there, by its name
    bank.state.release = NEW
    assert not small_pull(bank, store, [HIT]).rows[0].sentence
    assert store.get(HIT).info.vintage == NEW
    store.prune()
    assert [e.vintage for e in store.entries(HIT)] == [NEW]


def test_a_future_date_that_was_stored_once_does_not_lead_for_ever(bank: StandIn, store: Store) -> None:
    small_pull(bank, store, [HIT])
    held = store.find(HIT)
    info = held.info.with_(vintage="2099-12-31")
    store.put(SeriesData(info, store.read(held).frame.head(3)), held.request)
    time.sleep(0.01)
    report = small_pull(bank, store, [HIT])
    assert report.rows[0].vintage == OLD
    assert store.get(HIT).info.vintage == OLD
    store.prune()
    assert [e.vintage for e in store.entries(HIT)] == [OLD]


def test_a_day_that_was_asked_for_is_not_answered_by_an_undated_release(bank: StandIn, store: Store) -> None:
    bank.state.prints = "null"
    report = small_pull(bank, store, [HIT], vintage=OLD)
    assert f"the source gave no release date, not that of {OLD}" in report.rows[0].sentence


# -- the time of a retrieval --------------------------------------------------------------------------------------
@pytest.mark.parametrize("max_age", [0, 1, 10_000])
def test_a_retrieval_in_the_future_is_stale_and_does_not_lead(bank: StandIn, tmp_path: Path, max_age: float) -> None:
    wrong = Store(tmp_path, clock=lambda: datetime(2099, 1, 1, tzinfo=UTC))
    bank.state.release = NEW
    small_pull(bank, wrong, [HIT])
    store = Store(tmp_path)
    bank.state.release = OLD
    assert small_pull(bank, store, [HIT], max_age=max_age).rows[0].status == "done"
    assert store.get(HIT).info.vintage == OLD
    assert any("2099" in line for line in store.prune(dry_run=True))
    store.prune()
    assert [e.vintage for e in store.entries(HIT)] == [OLD]
    assert small_pull(bank, store, [HIT], max_age=1).rows[0].status == "cached"


def test_pages_of_the_future_are_asked_for_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put("http://x", b"body")
    assert spool.get("http://x") == b"body"
    ahead = time.time() + 86_400
    os.utime(next(tmp_path.glob("*.page")), (ahead, ahead))
    assert spool.get("http://x") is None


def test_prune_keeps_what_leads_and_what_can_be_read(store: Store, tmp_path: Path) -> None:
    now = [datetime(2026, 5, 1, tzinfo=UTC)]
    store = Store(tmp_path / "s", clock=lambda: now[0])
    request = Request("worldbank", "A.B", "2")
    frame = pd.DataFrame({"economy": ["KGZ"], "year": [2015], "value": [1.0]})
    info = SeriesInfo("A.B")
    good = store.put(SeriesData(info.with_(vintage="2026-07-01"), frame), request)
    now[0] += timedelta(days=1)
    spoilt = store.put(SeriesData(info.with_(vintage="2026-04-08"), frame.assign(value=2.0)), request)
    assert store.find("A.B") == spoilt
    next((store.root / "objects").rglob(f"{spoilt.sha256}.parquet")).write_bytes(b"x")
    store.prune()
    assert store.find("A.B") == good
    assert store.get("A.B").frame["value"].tolist() == [1.0]


# -- what came is what was asked for ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("code-null", r"sent the economy code None, which is none"),
        ("code-lower", r"sent the economy code 'kgz', which is none"),
        ("code-two", r"sent the economy code 'KG', which is none"),
        ("code-number", r"sent the economy code 417, which is none"),
        ("other-economy", r"sent economies that were not asked for: USA"),
        ("other-year", r"sent years that were not asked for: 1999"),
    ],
)
def test_an_answer_that_is_not_well_formed_is_never_stored(
    bank: StandIn, store: Store, kind: str, sentence: str
) -> None:
    import re

    bank.fault(kind, path=f"/series/{HIT}/", times=9999)
    report = small_pull(bank, store, economies=["KGZ", "UZB", "ARM"])
    assert [row.status for row in report.rows] == ["done", "failed", "done"]
    assert re.search(sentence, report.rows[1].sentence), report.rows[1].sentence
    assert HIT not in hashes(store)
    assert store.verify() == []
    bank.faults.clear()
    assert not small_pull(bank, store, economies=["KGZ", "UZB", "ARM"]).failed


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("no-economy", "nothing came for economies that were asked for: ARM"),
        ("no-year", "nothing came for years that were asked for: 2010"),
    ],
)
def test_what_was_asked_for_and_did_not_come_is_reported(bank: StandIn, store: Store, kind: str, sentence: str) -> None:
    bank.fault(kind, path=f"/series/{HIT}/", times=9999)
    report = small_pull(bank, store, [HIT], economies=["ARM", "KGZ", "UZB"], notes=True)
    assert report.rows[0].status == "done"
    assert sentence in report.rows[0].sentence
    assert sentence in store.find(HIT).problems


def test_economies_that_are_gone_from_a_later_answer_are_reported(bank: StandIn, store: Store) -> None:
    small_pull(bank, store, [HIT])
    bank.fault("no-economy", path=f"/series/{HIT}/", times=9999)
    report = small_pull(bank, store, [HIT])
    assert "ABW had values on" in report.rows[0].sentence
    assert "and have none now" in report.rows[0].sentence


def test_a_number_of_three_hundred_digits_is_a_number_or_a_sentence(bank: StandIn, store: Store) -> None:
    bank.fault("huge-number", path=f"/series/{HIT}/", times=9999)
    report = small_pull(bank, store, [HIT])
    assert report.rows[0].status == "done"
    assert store.get(HIT).frame["value"].max() == 1e300


@pytest.mark.parametrize(
    ("frame", "says"),
    [
        ({"economy": ["KGZ", None], "year": [2015, 2015], "value": [1.0, 2.0]}, "has a row without economy or year"),
        ({"economy": ["KGZ", 417], "year": [2015, 2015], "value": [1.0, 2.0]}, "an economy is no text"),
        ({"economy": [417, 860], "year": [2015, 2015], "value": [1.0, 2.0]}, "an economy is no text"),
        ({"economy": ["KGZ"], "year": [2015.5], "value": [1.0]}, "its years or values are no numbers"),
        ({"economy": ["KGZ"], "year": [2015], "value": [float("inf")]}, "a value is missing or not finite"),
    ],
)
def test_the_store_takes_nothing_that_it_could_not_give_back(store: Store, frame: dict[str, Any], says: str) -> None:
    with pytest.raises(BadInputError, match=says):
        store.put(SeriesData(SeriesInfo("A.B"), pd.DataFrame(frame)), Request("worldbank", "A.B", "2"))
    assert store.entries() == []


def test_wits_is_compared_with_what_was_asked_too(bank: StandIn, store: Store) -> None:
    given = {"store": store, "endpoint": bank.wits, "settings": QUICK}
    report = wits.SERVICE.pull(["WITS.XPRT-TRD-VL.Total.KGZ.KAZ-RUS"], range(2014, 2016), **given)
    assert report.rows[0].status == "done", report.summary()
    real = bank.answer

    def other(url: str) -> Any:
        answer, fault = real(url)
        answer.body = answer.body.replace(b'id="PARTNER" value="KAZ"', b'id="PARTNER" value="USA"')
        return answer, fault

    bank.answer = other  # type: ignore[method-assign] # the service changes
    report = wits.SERVICE.pull(["WITS.XPRT-TRD-VL.Total.UZB.KAZ-RUS"], range(2014, 2016), **given)
    assert report.rows[0].sentence == "WITS sent the importer 'USA', which was not asked for"
    assert [e.request.economies for e in store.entries()] == [("KGZ",)]
    bank.answer = real  # type: ignore[method-assign] # the service changes
    assert not wits.SERVICE.pull(["WITS.XPRT-TRD-VL.Total.UZB.KAZ-RUS"], range(2014, 2016), **given).failed


# -- pinned data behind live data ----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["code-null", "nan", "404", "drip-status", "deep", "null"])
def test_the_fall_back_takes_over_whatever_an_answer_does(bank: StandIn, store: Store, kind: str) -> None:
    from dataclasses import replace

    code = "NE.TRD.GNFS.ZS"
    bank.fault(kind, path=f"/series/{code}/", times=9999)
    quick = replace(QUICK, total=1.0, attempts=1)
    live = StoreSource(store, endpoint=bank.endpoint, settings=quick, notes=False)
    source = FallbackSource(live, PinnedSource())
    pd.testing.assert_frame_equal(source.read(code).frame, PinnedSource().read(code).frame)
    assert set(source.taken) == {code}
    assert source.read("SP.POP.TOTL").info.vintage == OLD  # the others come live


@pytest.mark.parametrize("error", [IntegrityError, BadInputError, NoDataError, PermissionError])
@pytest.mark.parametrize("where", ["prepare", "read"])
def test_the_fall_back_takes_over_whatever_is_raised(store: Store, error: Any, where: str) -> None:
    live = StoreSource(store, offline=True)

    def fails(*_: object) -> None:
        raise error("it is\ndamaged")

    setattr(live, where, fails)
    source = FallbackSource(live, PinnedSource())
    assert len(source.read("NE.TRD.GNFS.ZS").frame)
    assert source.taken == {"NE.TRD.GNFS.ZS": "it is damaged"}


# -- the library -----------------------------------------------------------------------------------------------------
def test_pinned_data_do_not_need_the_library() -> None:
    code = (
        "import sys; sys.modules['wbgapi'] = None\n"
        "import eaeu_analysis as ea; ea.load_panel(['trade'])\n"
        "from eaeu_analysis.data.store import Store, StoreSource\n"
        "from eaeu_analysis.data.sources.live import worldbank\n"
        "try: worldbank._wbgapi()\n"
        "except ea.EaeuError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("live data need wbgapi, which cannot be loaded")


def test_a_library_that_sends_its_requests_otherwise_is_one_sentence(
    bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wbgapi

    monkeypatch.delattr(wbgapi, "requests")
    worldbank._loaded.cache_clear()
    try:
        report = small_pull(bank, store, [HIT])
    finally:
        monkeypatch.undo()
        worldbank._loaded.cache_clear()
    assert "live data need a wbgapi that sends its requests as 1.0.12 to 1.0.14 do" in report.rows[0].sentence
    assert issubclass(NoDataError, EaeuError)
