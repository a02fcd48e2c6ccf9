"""Each way the World Bank can misbehave: what is lost (nothing), what the user sees, how the command ends."""

from __future__ import annotations

import errno
import re
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from server import StandIn, closed_port
from small import CODES, QUICK, Clean, hashes, small_pull

from eaeu_analysis.data.sources.live.http import FetchError, GuardedSession, Transport, _retry_after
from eaeu_analysis.data.sources.live.jobs import PullReport
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.store import Store, StoreSource
from eaeu_analysis.errors import NoDataError

HIT = CODES[1]
AT = {"path": f"/series/{HIT}/"}

# What passes: the page is asked for again, and the user is not bothered.
PASSING: list[tuple[str, dict[str, Any]]] = [
    ("slow", {"seconds": 0.8, "page": 2}),
    ("reset", {"page": 3}),
    ("cut", {"page": 1}),
    ("truncated", {"page": 2}),
    ("xml", {"page": 2}),
    ("html", {"page": 4}),
    ("empty", {"page": 1}),
    ("502", {"page": 5}),
    ("504", {"page": 2, "times": 2}),
    ("500", {"page": 2}),
    ("503", {"page": 1}),
    ("400", {"page": 3}),
    ("429", {"page": 2, "seconds": 0.2}),
    ("busy", {"page": 2}),
    ("total", {"page": 1}),
    ("total", {"page": 4}),
    ("repeat", {"page": 3}),
    ("repeat-whole", {"page": 3}),
    ("per-page-zero", {"page": 2}),
    ("text-value", {"page": 2}),
    ("nan", {"page": 2}),
    ("redirect-same", {"page": 2}),
]

# What does not pass: the sentence, with the series that was hit lost and the others kept.
LASTING: list[tuple[str, dict[str, Any], str]] = [
    ("slow", {"seconds": 0.8, "times": 99}, r"sent nothing for 0\.5 s \(tried 2 times\)"),
    ("drip", {"seconds": 0.1, "times": 99}, r"had not sent its whole answer after 1\.5 s"),
    ("reset", {"times": 99}, r"dropped the connection \(tried 4 times\)"),
    ("truncated", {"times": 99, "page": 2}, r"sent JSON that breaks off or is not valid \(tried 4 times\)"),
    ("xml", {"times": 99}, r"sent XML where JSON was asked for \(tried 4 times\)"),
    ("html", {"times": 99}, r"sent an HTML page where JSON was asked for \(tried 4 times\)"),
    ("empty", {"times": 99}, r"sent an empty answer \(tried 4 times\)"),
    ("entity", {"times": 99}, r"sent XML where JSON was asked for \(tried 4 times\)"),
    ("502", {"times": 99, "page": 2}, r"answered 502 \(Bad Gateway\) \(tried 4 times\)"),
    ("403", {"times": 99}, r"answered 403 \(Forbidden\)$"),
    ("404", {"times": 99}, r"answered 404 \(Not Found\)$"),
    ("429", {"times": 99, "seconds": 7200}, r"answered 429 \(Too Many Requests\) and asks to wait 7,200 s; pull again"),
    ("busy", {"times": 99}, r"says: Service currently unavailable.*\(message 105\) \(tried 4 times\)"),
    ("total", {"times": 99, "page": 3}, r"promises 3,285 rows on one page and 3,292 on another, 3 times over"),
    ("total", {"times": 999}, r"sent 285 rows on page 6 where 292 are due \(tried 4 times\)"),
    ("repeat", {"times": 99, "page": 3}, r"sent page 2 again as page 3, 3 times over"),
    ("unknown", {"times": 99}, r"not known in database 2.*: .*Invalid value.*\(message 120\)"),
    ("deleted", {"times": 99}, r"deleted or archived in database 2.*: .*\(message 175\)"),
    ("null", {"times": 99}, r"came whole and has no value for what was asked"),
    ("redirect", {"times": 99}, r"redirects to another site \(http://localhost:\d+\); not followed"),
    ("redirect-same", {"times": 999}, r"redirects in a circle"),
    ("huge", {"times": 99}, r"sends more than 4 MB in one answer; stopped reading"),
    ("huge-declared", {"times": 99}, r"sends more than 4 MB in one answer; stopped reading"),
    ("bomb", {"times": 99}, r"sends more than 4 MB in one answer; stopped reading"),
    ("deep", {"times": 99}, r"sent JSON nested too deep to read"),
    ("text-value", {"times": 99}, r"sent text where numbers are due \(tried 4 times\)"),
    ("nan", {"times": 99}, r"sent JSON that breaks off or is not valid \(tried 4 times\)"),
]


def shown(record: Any, name: str, report: PullReport) -> None:
    seen = "; ".join(row.sentence for row in report.failed) or "nothing: asked again until it was right"
    seen = re.sub(r"127\.0\.0\.1:\d+", "HOST", re.sub(r"localhost:\d+", "ELSEWHERE", seen))
    rows = sum(row.rows for row in report.rows)
    record("fault", f"{name} | {seen} | {report.exit_code()} ({report.exit_code(strict=True)}) | {rows:,}")


def name_of(kind: str, plan: dict[str, Any]) -> str:
    return f"{kind} on page {plan.get('page', 'any')}, {'always' if plan.get('times', 1) > 9 else 'at first'}"


@pytest.mark.parametrize(("kind", "plan"), PASSING, ids=[f"{k}-{n}" for n, (k, _) in enumerate(PASSING)])
def test_a_fault_that_passes_costs_nothing(
    kind: str, plan: dict[str, Any], bank: StandIn, store: Store, clean: Clean, record_property: Any
) -> None:
    fault = bank.fault(kind, **(AT | plan))
    report = small_pull(bank, store, settings=replace(QUICK, read=0.5) if kind == "slow" else QUICK)
    assert sum(fault._hits.values()) == plan.get("times", 1)
    assert [row.status for row in report.rows] == ["done"] * 3, report.summary()
    assert hashes(store) == clean.sha256
    assert store.verify() == []
    assert not [p for p in (store.root / "partial").iterdir() if p.is_dir()]
    shown(record_property, name_of(kind, plan), report)


@pytest.mark.parametrize(("kind", "plan", "sentence"), LASTING, ids=[f"{k}-{n}" for n, (k, *_) in enumerate(LASTING)])
def test_a_fault_that_lasts_costs_one_series_and_says_so(
    kind: str, plan: dict[str, Any], sentence: str, bank: StandIn, store: Store, clean: Clean, record_property: Any
) -> None:
    bank.fault(kind, **(AT | plan))
    patience = replace(QUICK, max_bytes=4 << 20)
    if kind in ("slow", "drip"):
        patience = replace(patience, read=0.5, total=1.5, attempts=2)
    report = small_pull(bank, store, settings=patience)
    assert [row.status for row in report.rows] == ["done", "failed", "done"], report.summary()
    assert re.search(sentence, report.rows[1].sentence), report.rows[1].sentence
    assert "\n" not in report.rows[1].sentence
    assert hashes(store) == {code: sha for code, sha in clean.sha256.items() if code != HIT}
    assert (report.exit_code(), report.exit_code(strict=True)) == (0, 4)
    shown(record_property, name_of(kind, plan), report)
    bank.faults.clear()
    again = small_pull(bank, store, max_age=1)
    assert [row.status for row in again.rows] == ["cached", "done", "cached"]
    assert hashes(store) == clean.sha256


def test_one_page_in_ten_misbehaves_and_nothing_is_lost_or_doubled(bank: StandIn, store: Store, clean: Clean) -> None:
    kinds = ["502", "truncated", "reset", "html", "429", "repeat-whole", "cut", "empty"]
    planned = [bank.fault(kind, one_in=10 * len(kinds), seconds=0.05) for kind in kinds]
    report = small_pull(bank, store, per_page=50, settings=replace(QUICK, attempts=6))  # 66 pages a series
    assert not report.failed, report.summary()
    assert sum(sum(f._hits.values()) for f in planned) >= 10
    assert hashes(store) == clean.sha256
    assert sum(row.rows for row in report.rows) == sum(clean.rows.values())


def test_a_release_in_the_middle_never_mixes_within_a_series(
    bank: StandIn, store: Store, clean: Clean, record_property: Any
) -> None:
    bank.fault("new-release", **AT, page=4)
    report = small_pull(bank, store, concurrency=1)
    assert [row.vintage for row in report.rows] == ["2026-04-08", "2026-07-01", "2026-07-01"]
    assert hashes(store)[CODES[0]] == clean.sha256[CODES[0]]
    whole = Store(store.root.parent / "new")
    small_pull(bank, whole)
    assert {c: h for c, h in hashes(whole).items() if c != CODES[0]}.items() <= hashes(store).items()
    assert "more than one release in this pull: 2026-04-08 (1 series), 2026-07-01 (2 series)" in report.summary()
    shown(record_property, "new release on page 4", report)


def test_a_429_holds_every_worker_back(bank: StandIn, store: Store) -> None:
    bank.fault("429", path="/series/", seconds=0.4)
    times: list[float] = []
    bank.before = lambda _: times.append(time.monotonic())
    small_pull(bank, store)
    begun = [t - times[0] for t in times]
    early = [t for t in begun if t < 0.39]
    assert len(early) < len(begun) / 2  # what four workers send before they know


def test_notes_that_cannot_be_had_are_stated_and_the_values_kept(bank: StandIn, store: Store, clean: Clean) -> None:
    bank.fault("404", path=f"/series/{HIT}/metadata", times=99)
    bank.fault("502", path=f"/indicator/{HIT}", times=99)
    report = small_pull(bank, store, notes=True)
    assert not report.failed
    assert "its notes could not be read" in report.rows[1].sentence
    assert "its footnotes could not be read" in report.rows[1].sentence
    assert hashes(store) == clean.sha256
    assert store.find(HIT).problems


def test_a_silent_revision_is_kept_with_the_old_and_stated(bank: StandIn, store: Store) -> None:
    small_pull(bank, store)
    old = store.get(HIT).frame
    bank.fault("null", **AT, page=1, times=1)  # the first page loses its values, the date stays
    report = small_pull(bank, store, [HIT])
    assert re.search(
        r"differs from what was retrieved on \d{4}-\d\d-\d\d under the same vintage", report.rows[0].sentence
    )
    assert len(store.entries(HIT)) == 2
    assert len(store.get(HIT).frame) < len(old)


def test_a_certificate_that_is_not_valid_ends_it(tmp_path: Path, store: Store) -> None:
    import shutil
    import ssl

    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate for this test")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    options += ["-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["openssl", "req", "-x509", *options, "-keyout", key, "-out", certificate]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with StandIn(tls=context) as bank:
        report = small_pull(bank, store)
        assert [row.status for row in report.rows] == ["failed"] * 3
        assert "the certificate of 127.0.0.1" in report.rows[0].sentence
        assert report.exit_code() == 3
        session = Transport(QUICK).session
        session.verify = False  # not even by hand
        with pytest.raises(FetchError, match="certificate"):
            session.get(bank.endpoint, verify=False)
        assert bank.seen == []


def test_proxy_variables_are_honoured(
    bank: StandIn, store: Store, clean: Clean, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", bank.base)
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("EAEU_ALLOW_HTTP", "1")
    report = pull_series(
        CODES, years="2010-2024", store=store, endpoint="http://api.worldbank.example/v2", notes=False, settings=QUICK
    )
    assert not report.failed, report.summary()
    assert hashes(store) == clean.sha256
    assert all(url.startswith("http://api.worldbank.example/v2/") for url in bank.seen)


def test_without_a_network_one_sentence_and_exit_code_3(store: Store, record_property: Any) -> None:
    with closed_port() as port:
        report = pull_series(CODES, store=store, endpoint=f"http://127.0.0.1:{port}/v2", settings=QUICK)
        assert report.offline
        assert report.exit_code() == 3
        assert {row.sentence.partition(" (tried")[0] for row in report.rows} <= {
            f"127.0.0.1:{port} cannot be reached: the connection is refused",
            f"not asked for: 127.0.0.1:{port} cannot be reached: the connection is refused",
        }
        source = StoreSource(store, endpoint=f"http://127.0.0.1:{port}/v2", settings=QUICK)
        with pytest.raises(NoDataError, match=r"^live data cannot be had: .*refused.*: --source pinned") as caught:
            source.read(CODES[0])
        assert caught.value.exit_code == 3
        assert "\n" not in str(caught.value)
    shown(record_property, "no network", report)


def test_offline_a_stored_copy_and_the_shipped_data_are_offered_with_their_dates(store: Store) -> None:
    with StandIn() as bank:
        small_pull(bank, store, CODES[:1])
        endpoint = bank.endpoint
    today = store.find(CODES[0]).retrieved_at[:10]
    source = StoreSource(store, endpoint=endpoint, settings=QUICK, max_age=0)
    sentence = rf"the store has it as of {today} \(a larger --max-age takes it\); the shipped data can be used: "
    with pytest.raises(NoDataError, match=sentence + r"--source pinned( \(data of \d{4}-\d\d-\d\d\))?$"):
        source.read(CODES[0])


def test_without_a_name_server_too(store: Store) -> None:
    report = pull_series(CODES[:1], store=store, endpoint="https://api.worldbank.invalid/v2", settings=QUICK)
    assert report.offline
    assert "the name is not known here (no network?)" in report.rows[0].sentence


def test_when_the_network_goes_away_in_the_middle_what_is_stored_stays(store: Store, record_property: Any) -> None:
    with StandIn() as bank:
        first = small_pull(bank, store, CODES[:1])
        assert not first.failed
        bank.before = lambda count: bank._http.socket.close() if count > 9 else None
        endpoint = bank.endpoint
    report = small_pull_at(endpoint, store)
    assert [row.status for row in report.rows] == ["cached", "failed", "failed"]
    assert report.exit_code(strict=True) == 4
    shown(record_property, "network gone after the first series", report)


def small_pull_at(endpoint: str, store: Store) -> PullReport:
    return pull_series(CODES, years="2010-2024", store=store, endpoint=endpoint, notes=False, settings=QUICK, max_age=1)


def test_a_full_disk_stops_the_pull_and_keeps_what_was_stored(
    bank: StandIn, store: Store, clean: Clean, monkeypatch: pytest.MonkeyPatch, record_property: Any
) -> None:
    assert not small_pull(bank, store, CODES[:1]).failed
    real, written = Path.write_bytes, []

    def full(self: Path, data: bytes) -> int:
        written.append(self)
        if len(written) > 4:
            raise OSError(errno.ENOSPC, "No space left on device", str(self))
        return real(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    report = small_pull(bank, store, max_age=1, concurrency=1)
    assert [row.status for row in report.rows] == ["cached", "failed", "failed"]
    assert re.search(r"the store cannot be written \(the disk is full\); what was", report.rows[1].sentence)
    assert re.search(r"not asked for: .*the disk is full\); what was stored before is kept", report.rows[2].sentence)
    assert report.exit_code() == 4  # whoever did not ask to be strict is informed too: it is their own disk
    assert not list(store.root.rglob("*.part"))
    monkeypatch.undo()
    asked = bank.count(f"/series/{HIT}/")
    again = small_pull(bank, store, max_age=1)
    assert not again.failed
    assert hashes(store) == clean.sha256
    assert bank.count(f"/series/{HIT}/") - asked == 6 - 4  # the four pages on disk were not asked for again
    shown(record_property, "disk full on the fifth page", report)


@pytest.mark.parametrize(
    ("here", "there", "followed"),
    [
        ("http://h/a", "/b", True),
        ("http://h/a", "https://h/b", True),
        ("https://h/a", "https://h:443/b", True),
        ("https://h/a", "http://h/b", False),
        ("https://h/a", "https://h:8443/b", False),
        ("https://h/a", "https://sub.h/b", False),
        ("https://h/a", "//other/b", False),
        ("https://h/a", "file:///etc/passwd", False),
    ],
)
def test_redirects_stay_on_the_same_site(here: str, there: str, followed: bool) -> None:
    session = GuardedSession(QUICK)
    answer = requests.Response()
    answer.headers["Location"] = there
    request = session.prepare_request(requests.Request("GET", here))
    if followed:
        assert session._followed(request, answer).url
    else:
        with pytest.raises(FetchError, match="redirects to another site"):
            session._followed(request, answer)


@pytest.mark.parametrize(("text", "seconds"), [("3", 3.0), ("", None), ("soon", None), ("-5", None), ("9" * 40, None)])
def test_a_pause_is_a_number_of_seconds(text: str, seconds: float | None) -> None:
    assert _retry_after(text) == seconds


def test_a_pause_may_be_a_date() -> None:
    from email.utils import formatdate

    assert 20 < (_retry_after(formatdate(time.time() + 30, usegmt=True)) or 0) <= 30
    assert _retry_after(formatdate(time.time() - 30, usegmt=True)) == 0


def test_a_bundle_of_certificates_that_is_not_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/certificates.pem")
    report = pull_series(CODES[:1], store=store, endpoint="https://127.0.0.1:9/v2", settings=QUICK)
    assert report.rows[0].sentence == "the certificates named in REQUESTS_CA_BUNDLE cannot be read"


def test_the_user_agent_says_who_asks(bank: StandIn) -> None:
    session = Transport(QUICK).session
    assert str(session.headers["User-Agent"]).startswith("eaeu_analysis/")


def test_other_users_of_wbgapi_are_left_alone(bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import wbgapi

    before = (wbgapi.endpoint, wbgapi.db, wbgapi.lang, wbgapi.per_page, dict(wbgapi.get_options))
    small_pull(bank, store, CODES[:1])
    assert (wbgapi.endpoint, wbgapi.db, wbgapi.lang, wbgapi.per_page, dict(wbgapi.get_options)) == before
    monkeypatch.setattr(wbgapi, "endpoint", bank.endpoint)
    asked = len(bank.seen)
    rows = list(wbgapi.data.fetch(CODES[0], "KGZ", range(2010, 2013)))
    assert len(rows) == 3
    assert any("per_page=1000" in url for url in bank.seen[asked:])  # by its own way, with its own settings
