"""Whatever a server drips, an answer and a pull end in their time; a wait for another process does too."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from server import StandIn
from server_slow import SLOW
from small import CODES, QUICK, hashes, small_pull

from eaeu_analysis.data.sources.live import comtrade, data360, imts, wits
from eaeu_analysis.data.sources.live.http import FetchError, GuardedSession, HttpSettings, Transport
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.sources.live.request import Request
from eaeu_analysis.data.store import Store
from eaeu_analysis.errors import BadInputError

BOUND = 1.5
ALLOWED = BOUND + 2.0
SHORT = replace(QUICK, total=BOUND, read=30.0, attempts=1)


@pytest.mark.parametrize("kind", SLOW)
def test_a_slow_answer_ends_within_its_bound(bank: StandIn, kind: str) -> None:
    bank.fault(kind, path="/", times=99)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"had not sent its whole answer after 1\.5 s") as caught:
        GuardedSession(SHORT).get(f"{bank.endpoint}/sources/2/series/A")
    assert time.monotonic() - began < ALLOWED
    assert caught.value.kind == "timeout"


READERS: dict[str, Callable[[StandIn, dict[str, Any]], PullReport]] = {
    "comtrade": lambda bank, o: comtrade.SERVICE.pull(["COMTRADE.M.TOTAL.UZB"], "2019", endpoint=bank.base, **o),
    "imts": lambda bank, o: imts.SERVICE.pull(
        ["IMTS.XG_FOB_USD.UZB"], "2018-2019", endpoint=f"{bank.base}/external/sdmx/3.0", **o
    ),
    "data360": lambda bank, o: data360.SERVICE.pull(["DATA360.WB_X.WB_X_SHORT"], None, endpoint=bank.base, **o),
    "wits": lambda bank, o: wits.SERVICE.pull(["WITS.XPRT-TRD-VL.Total.KGZ"], (2018, 2019), endpoint=bank.wits, **o),
}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("slow", r"sent nothing for 0\.5 s"), ("drip", r"had not sent its whole answer after 1\.5 s")],
)
@pytest.mark.parametrize("reader", READERS)
def test_a_slow_service_is_one_sentence_of_each_reader_and_nothing_is_stored(
    bank: StandIn, store: Store, reader: str, kind: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(comtrade.KEY, "a key")
    given = {"store": store, "max_age": 1, "settings": replace(QUICK, read=0.5, total=BOUND, attempts=2)}
    bank.fault(kind, path="/", times=999, seconds=0.8 if kind == "slow" else 0.1)
    report = READERS[reader](bank, given)
    assert {row.status for row in report.rows} == {"failed"}
    assert re.search(sentence, report.rows[0].sentence), report.rows[0].sentence
    assert store.entries() == []
    bank.faults.clear()
    assert not READERS[reader](bank, given | {"settings": QUICK}).failed


def test_a_slow_circle_of_redirects_has_one_bound_for_all_of_it(bank: StandIn) -> None:
    bank.fault("redirect-same", path="/", times=99)
    bank.before = lambda _: time.sleep(0.6)
    began = time.monotonic()
    with pytest.raises(FetchError, match=r"had not sent its whole answer after 1\.5 s"):
        GuardedSession(SHORT).get(f"{bank.endpoint}/sources/2/series/A")
    assert time.monotonic() - began < ALLOWED


def test_a_connection_that_is_used_again_is_watched_too(bank: StandIn) -> None:
    session = GuardedSession(SHORT)
    assert session.get(f"{bank.endpoint}/sources").content
    bank.fault("drip-headers", path="/", times=99)
    began = time.monotonic()
    with pytest.raises(FetchError, match="had not sent its whole answer"):
        session.get(f"{bank.endpoint}/sources")
    assert time.monotonic() - began < ALLOWED
    bank.faults.clear()
    assert session.get(f"{bank.endpoint}/sources").content  # the next is not harmed by it


def test_a_proxy_that_drips_ends_too(bank: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", bank.base)
    monkeypatch.setenv("no_proxy", "")
    bank.fault("drip-status", path="/", times=99)
    began = time.monotonic()
    with pytest.raises(FetchError, match="had not sent its whole answer"):
        GuardedSession(SHORT).get("http://api.worldbank.example/v2/sources")
    assert time.monotonic() - began < ALLOWED


@pytest.mark.parametrize("kind", ["drip-status", "endless-continue", "gzip-members"])
def test_a_pull_ends_in_its_time_and_goes_on_later(bank: StandIn, store: Store, kind: str) -> None:
    bank.fault(kind, path=f"/series/{CODES[1]}/", times=999)
    began = time.monotonic()
    patient = replace(QUICK, total=60.0, read=60.0, deadline=4.0)
    report = small_pull(bank, store, settings=patient, concurrency=3)
    assert time.monotonic() - began < 4.0 + 2.0
    assert report.rows[1].status == "failed"
    assert "the time limit of the pull was reached (4 s); pull again to go on from there" in report.rows[1].sentence
    bank.faults.clear()
    again = small_pull(bank, store, max_age=1)
    assert not again.failed, again.summary()
    assert set(hashes(store)) == set(CODES)


def test_a_wait_for_another_process_ends_too(bank: StandIn, store: Store) -> None:
    years = tuple(range(2010, 2025))
    other = Store(store.root).series_lock(Request("worldbank", CODES[0], "2", None, years, endpoint=bank.endpoint).id)
    with other:
        began = time.monotonic()
        report = small_pull(bank, store, CODES[:1], settings=replace(QUICK, turn=1.0))
        assert time.monotonic() - began < 3.0
    assert report.rows[0].sentence == ("another process has been at it for more than 1 s; pull again when it has ended")
    with other:
        report = small_pull(bank, store, CODES[:1], settings=replace(QUICK, deadline=1.0))
    assert "waited for another process when the time limit of the pull was reached" in report.rows[0].sentence


def test_a_body_packed_in_a_way_that_was_not_asked_for_is_refused(bank: StandIn) -> None:
    bank.fault("packed", path="/", times=99)
    with pytest.raises(FetchError, match=r"sent a body packed as 'br, gzip', which was not asked for"):
        GuardedSession(QUICK).get(f"{bank.endpoint}/sources")
    assert Transport(QUICK).session.headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["total", "turn", "deadline", "read", "connect"])
def test_a_limit_is_a_number_of_seconds(name: str, wrong: float) -> None:
    with pytest.raises(BadInputError, match=f"{name} is .*; expected seconds, above 0"):
        HttpSettings(**{name: wrong})  # type: ignore[arg-type] # wrong on purpose


@pytest.mark.parametrize(
    "address",
    ["http://api.worldbank.org/v2", "http://10.0.0.1/v2", "http://localhost.example/v2", "http://127.0.0.1.nip.io/v2"],
)
def test_an_address_without_encryption_is_refused(
    address: str, store: Store, monkeypatch: pytest.MonkeyPatch, bank: StandIn
) -> None:
    with pytest.raises(BadInputError, match=r"is not encrypted, .*; expected https://, or EAEU_ALLOW_HTTP=1"):
        pull_series(CODES[:1], store=store, endpoint=address)
    monkeypatch.setenv("EAEU_ENDPOINT", address)
    with pytest.raises(BadInputError, match="is not encrypted"):
        pull_series(CODES[:1], store=store)
    monkeypatch.setenv("EAEU_ALLOW_HTTP", "1")
    monkeypatch.setenv("http_proxy", bank.base)
    assert not small_pull(bank, store, CODES[:1]).failed  # and one of this machine needs no leave


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.9.9", "[::1]"])
def test_an_address_of_this_machine_needs_no_encryption(host: str) -> None:
    from eaeu_analysis.data.sources.live.request import address

    assert address(f"http://{host}:8000/v2/") == f"http://{host}:8000/v2"


def test_an_error_of_a_library_costs_one_series(bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.data.sources.live import worldbank

    real = worldbank.fetch

    def fetch(request: Request, *rest: Any) -> Any:
        if request.code == CODES[1]:
            raise ZeroDivisionError("a bug\nof a library")
        return real(request, *rest)

    monkeypatch.setattr(worldbank, "fetch", fetch)
    report = small_pull(bank, store)
    assert [row.status for row in report.rows] == ["done", "failed", "done"]
    assert report.rows[1].sentence == "its answer could not be read (ZeroDivisionError: a bug of a library)"
