"""Series from the World Bank: what is asked, what is kept, what is refused."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any

import pandas as pd
import pytest
import server_data as world
from hypothesis import given
from hypothesis import strategies as st
from server import StandIn
from small import CODES, QUICK, small_pull

from eaeu_analysis.data.sources.live import pages, worldbank
from eaeu_analysis.data.sources.live import worldbank as archives
from eaeu_analysis.data.sources.live.http import FetchError, Transport
from eaeu_analysis.data.sources.live.jobs import Progress
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.sources.live.request import Request, request_years
from eaeu_analysis.data.store import Store
from eaeu_analysis.errors import BadInputError, NoDataError


def fetched(bank: StandIn, code: str = CODES[0], **asked: Any) -> worldbank.Fetched:
    notes = asked.pop("notes", False)
    request = Request("worldbank", code, asked.pop("database", "2"), endpoint=bank.endpoint, **asked)
    return worldbank.fetch(request, worldbank.Call(Transport(QUICK), bank.endpoint), notes)


def test_every_value_of_the_source_arrives_and_no_other(bank: StandIn) -> None:
    frame = fetched(bank).frame
    shown = world.table(CODES[0], world.RELEASES[0])
    rows = [*world.ECONOMIES, *world.AGGREGATES]
    expected = {(e, y): shown[i][j] for i, e in enumerate(rows) for j, y in enumerate(world.YEARS)}
    got = {(e, y): v for e, y, v in frame.itertuples(index=False)}
    assert got == {key: value for key, value in expected.items() if value is not None}
    assert [str(t) for t in frame.dtypes] == ["str", "int64", "float64"]
    assert frame.equals(frame.sort_values(["economy", "year"], ignore_index=True))


@pytest.mark.parametrize("per_page", [1, 7, 100, 30_000])
def test_the_size_of_a_page_changes_nothing(bank: StandIn, per_page: int) -> None:
    request = Request("worldbank", CODES[0], "2", ("KGZ", "UZB"), tuple(range(2010, 2020)), endpoint=bank.endpoint)
    one = worldbank.fetch(request, worldbank.Call(Transport(QUICK), bank.endpoint, per_page=per_page), False)
    other = worldbank.fetch(request, worldbank.Call(Transport(QUICK), bank.endpoint), False)
    pd.testing.assert_frame_equal(one.frame, other.frame)


def test_economies_and_years_are_those_asked_for(bank: StandIn, store: Store) -> None:
    report = small_pull(bank, store, CODES[:1], economies=["Kyrgyzstan", "UZ", "KGZ"], years=range(2011, 2014))
    assert not report.failed, report.summary()
    frame = store.get(CODES[0]).frame
    assert set(frame["economy"]) <= {"KGZ", "UZB"}
    assert set(frame["year"]) <= {2011, 2012, 2013}
    assert "KGZ;UZB" in bank.seen[-1]
    assert store.get(CODES[0]).info.note == "only part of the economies or years was asked for"


def test_a_request_with_every_economy_by_name_is_cut_below_the_limit_of_an_address(bank: StandIn) -> None:
    data = fetched(bank, economies=tuple(world.ECONOMIES), years=tuple(range(1920, 2025)))
    assert len({url.split("/country/")[1].split("/")[0] for url in bank.seen if "/country/" in url}) == 2
    assert max(map(len, bank.seen)) < 1500
    shown = [v for row in world.table(CODES[0], world.RELEASES[0])[:217] for v in row]
    assert len(data.frame) == sum(v is not None for v in shown)


def test_release_notes_and_footnotes_are_kept(bank: StandIn, store: Store) -> None:
    assert not small_pull(bank, store, CODES[:1], notes=True).failed
    entry = store.find(CODES[0])
    assert entry.vintage == "2026-04-08"
    assert entry.info.label == "GDP (current US$)"
    assert entry.info.licence == "CC BY-4.0"
    assert entry.notes["Source"] == "Made-up office of statistics"
    assert entry.notes["Longdefinition"].endswith("Données d'après la source.")
    assert entry.footnotes == (
        ("KGZ", 2015, "", world.FOOTNOTES["KGZ", 2015]),
        ("UZB", 2010, "E", world.FOOTNOTES["UZB", 2010]),
    )
    assert entry.request.endpoint == bank.endpoint
    assert f"(as served by {bank.endpoint})" in entry.info.source  # never to be taken for the World Bank's own


def test_unit_and_kind_come_from_the_catalogue(bank: StandIn, store: Store) -> None:
    from eaeu_analysis.reference.catalogue import indicator

    small_pull(bank, store, [CODES[0], "TS.MADE.UP.07"])
    known = indicator(CODES[0])
    assert (store.find(CODES[0]).info.unit, store.find(CODES[0]).info.kind) == (known.unit, known.kind)
    assert store.find("TS.MADE.UP.07").info.kind == "unknown"


def test_a_series_of_another_database_under_another_code_with_years_named_otherwise(
    bank: StandIn, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    import wbgapi

    monkeypatch.setattr(wbgapi.time, "_time_values", {})
    report = small_pull(bank, store, ["CC.EST"], notes=True)
    assert not report.failed, report.summary()
    assert "/sources/3/series/GOV_WGI_CC.EST/country/all/time/2010;2011" in "".join(bank.seen)
    data = store.get("CC.EST")
    assert data.info.note.endswith("the live service's code is GOV_WGI_CC.EST")
    assert data.info.source.startswith("World Bank, database 3")
    assert data.frame["value"].iloc[0] == world.value(
        "GOV_WGI_CC.EST", "ABW", int(data.frame["year"].iloc[0]), "2026-04-08"
    )


@pytest.mark.parametrize("answer", ["xml", "json"])
def test_a_code_nobody_knows_gets_the_near_match(bank: StandIn, store: Store, answer: str) -> None:
    bank.state.unknown_as = answer
    report = small_pull(bank, store, ["NY.GDP.MKTP.CE", CODES[1]])
    assert [row.status for row in report.rows] == ["failed", "done"]
    assert "series 'NY.GDP.MKTP.CE' not known in database 2" in report.rows[0].sentence
    assert "did you mean 'NY.GDP.MKTP.CD'" in report.rows[0].sentence
    assert report.rows[0].attempts <= 2  # it is not asked for again and again


def test_a_deleted_series_is_called_that(bank: StandIn, store: Store) -> None:
    report = small_pull(bank, store, [world.DELETED_SERIES])
    assert "deleted or archived in database 2" in report.rows[0].sentence
    assert report.exit_code() == 3


def test_a_series_without_values_is_not_stored(bank: StandIn, store: Store) -> None:
    report = small_pull(bank, store, [world.NULL_SERIES])
    assert "has no value" in report.rows[0].sentence
    assert store.entries() == []


def test_the_archives_show_what_was_known_then(bank: StandIn, store: Store) -> None:
    report = pull_series(
        [CODES[0]], store=store, endpoint=bank.endpoint, vintage="2015-04", notes=False, settings=QUICK
    )
    assert not report.failed, report.summary()
    assert report.rows[0].vintage == "2015-04"
    then = store.get(CODES[0], "2015-04")
    assert then.frame["year"].max() == 2014
    assert then.info.vintage_note == "WDI Database Archives, version 2015 Apr"
    assert then.frame.iloc[0]["value"] == world.value(CODES[0], "ABW", world.FIRST_YEAR, "201504")
    with pytest.raises(NoDataError, match="not in the store in vintage of today; it has 2015-04"):
        store.get(CODES[0])  # an archived version never stands in for the current one


def test_a_month_that_is_not_archived_names_the_nearest(bank: StandIn, store: Store) -> None:
    report = pull_series([f"{CODES[0]}@2015-07"], store=store, endpoint=bank.endpoint, notes=False, settings=QUICK)
    assert report.rows[0].sentence == "no WDI release of 2015-07 is archived; the nearest: 2015-04 and 2016-10"


def test_versions_are_listed_oldest_first(bank: StandIn) -> None:
    found = archives.versions(worldbank.Call(Transport(QUICK), bank.endpoint))
    assert [v.vintage for v in found] == ["1997-04", "2015-04", "2016-10"]


@pytest.mark.parametrize(
    ("id_", "label", "vintage"),
    [("201504", "2015 Apr", "2015-04"), ("7", "2015 Apr", "2015-04"), ("x", "Latest", ""), ("201513", "", "")],
)
def test_the_date_of_a_version(id_: str, label: str, vintage: str) -> None:
    assert archives.vintage_of(id_, label) == vintage


def test_a_day_that_is_no_longer_served_is_refused(bank: StandIn, store: Store) -> None:
    report = pull_series(
        [CODES[0]], store=store, endpoint=bank.endpoint, vintage="2026-04-08", notes=False, settings=QUICK
    )
    assert not report.failed
    bank.state.release = world.RELEASES[1]
    again = pull_series(
        [CODES[0]], store=store, endpoint=bank.endpoint, vintage="2026-04-08", notes=False, settings=QUICK
    )
    assert again.rows[0].status == "cached"
    other = pull_series(
        [CODES[1]], store=store, endpoint=bank.endpoint, vintage="2026-04-08", notes=False, settings=QUICK
    )
    assert "the source now has the release of 2026-07-01, not that of 2026-04-08" in other.rows[0].sentence


def test_progress_counts_up_to_the_last_series(bank: StandIn, store: Store) -> None:
    shown: list[Progress] = []
    small_pull(bank, store, progress=shown.append)
    assert [p.series_done for p in shown] == [1, 2, 3]
    assert {p.series_total for p in shown} == {3}
    assert shown[-1].rows == sum(e.rows for e in store.entries())
    assert shown[-1].seconds_left == 0


def test_no_more_requests_at_once_than_allowed(bank: StandIn, store: Store) -> None:
    bank.fault("slow", seconds=0.05, times=10_000)
    now, most, lock = 0, 0, threading.Lock()
    real = bank.answer

    def counted(url: str) -> Any:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        import time

        time.sleep(0.01)
        try:
            return real(url)
        finally:
            with lock:
                now -= 1

    bank.answer = counted  # type: ignore[method-assign] # counted
    pull_series(
        list(world.SERIES)[:8], years="2020-2024", store=store, endpoint=bank.endpoint, concurrency=2, settings=QUICK
    )
    assert most == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"codes": []}, "a list with at least one series code"),
        ({"codes": "NY.GDP.MKTP.CD"}, "a list with at least one series code"),
        ({"codes": ["../../etc/passwd"]}, "is not of the form of a code"),
        ({"codes": ["A;B"]}, "is not of the form of a code"),
        ({"codes": ["A.B"], "vintage": "lately"}, "neither a month of an archived release"),
        ({"codes": ["A.B"], "years": "2024-2000"}, "run backwards"),
        ({"codes": ["A.B"], "years": "some"}, "are not a year or a span"),
        ({"codes": ["A.B"], "years": [1492]}, "outside 1900-2100"),
        ({"codes": ["A.B"], "years": []}, "no year was asked for"),
        ({"codes": ["A.B"], "economies": []}, "no economy was asked for"),
        ({"codes": ["A.B"], "economies": ["Kirgizia"]}, "Kirgizia"),
        ({"codes": ["A.B"], "concurrency": 99}, "1 to 16 requests at once"),
        ({"codes": ["A.B"], "per_page": 0}, "1 to 32,000"),
        ({"codes": ["A.B"], "retries": 0}, "at least one try"),
    ],
)
def test_bad_arguments_get_one_sentence(store: Store, arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence) as caught:
        pull_series(store=store, **arguments)
    assert "\n" not in str(caught.value)


def test_the_same_code_twice_is_pulled_once(bank: StandIn, store: Store) -> None:
    assert len(small_pull(bank, store, [CODES[0], CODES[0]]).rows) == 1


@given(st.lists(st.integers(1900, 2100), min_size=1, max_size=30))
def test_years_come_sorted_and_once(years: list[int]) -> None:
    assert request_years(years) == tuple(sorted(set(years)))


def test_a_pair_of_years_is_a_span() -> None:
    assert request_years((2010, 2013)) == (2010, 2011, 2012, 2013) == request_years("2010-2013")
    assert request_years(None) is None


@given(st.binary(max_size=400))
def test_no_body_whatever_makes_the_reader_fail_otherwise_than_in_a_sentence(body: bytes) -> None:
    with contextlib.suppress(FetchError):  # anything else fails the test
        pages.Ledger("HOST").read(body, 1, 10)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["page", "pages", "per_page", "total", "source", "data", "message", "variable", "value"]),
            inner,
        )
    ),
    max_leaves=20,
)


@given(_JSON)
def test_nor_does_any_json(answer: Any) -> None:
    ledger = pages.Ledger("HOST")
    with contextlib.suppress(FetchError):
        read = ledger.read(json.dumps(answer).encode(), 1, 10)
        ledger.enter(read, "base", 1)


@pytest.mark.network
def test_the_real_service_gives_kyrgyz_remittances(tmp_path: Any) -> None:
    live = Store(tmp_path)
    report = pull_series(["BX.TRF.PWKR.DT.GD.ZS"], ["KGZ", "UZB"], (2010, 2020), store=live)
    assert not report.failed, report.summary()
    frame = live.get("BX.TRF.PWKR.DT.GD.ZS").frame.set_index(["economy", "year"])["value"]
    assert 20 < frame["KGZ", 2019] < 35
    assert live.find("BX.TRF.PWKR.DT.GD.ZS").notes


@pytest.mark.network
def test_the_real_archives_answer(tmp_path: Any) -> None:
    live = Store(tmp_path)
    report = pull_series(["NY.GDP.MKTP.CD"], ["KGZ"], store=live, vintage="2015-04")
    assert not report.failed, report.summary()
    assert live.get("NY.GDP.MKTP.CD", "2015-04").frame["year"].max() <= 2014


def test_former_codes_of_economies_are_those_of_today(bank: StandIn, store: Store) -> None:
    clean = fetched(bank).frame
    bank.fault("old-codes", times=10**6)
    again = fetched(bank)
    assert again.frame.equals(clean)
    assert {"ROU", "COD", "TLS", "PSE"} <= set(again.frame["economy"])
    some = fetched(bank, economies=("KGZ", "ROU"), years=(2015,))  # asked for by today's code, answered by the former
    assert (some.problems, set(some.frame["economy"])) == ((), {"KGZ", "ROU"})


@pytest.mark.parametrize(("parts", "letter", "first"), [(("M01", "M02"), "M", 540), (("Q1", "Q2"), "Q", 180)])
def test_months_and_quarters_are_read_and_stored(
    bank: StandIn, store: Store, parts: tuple[str, ...], letter: str, first: int
) -> None:
    bank.state.periods = parts
    report = small_pull(bank, store, ["GOV_WGI_CC.EST"], database="3", years="2015-2016")
    assert not report.failed, report.summary()
    data = store.get("GOV_WGI_CC.EST")
    own = data.frame[data.frame["economy"] == "KGZ"]
    steps = {"M": [0, 1, 12, 13], "Q": [0, 1, 4, 5]}[letter]
    assert (data.freq, own["year"].tolist()) == (letter, [first + step for step in steps])
    assert own["value"].iloc[0] == world.value("GOV_WGI_CC.EST", "KGZ", 2015, world.RELEASES[0])


def test_a_series_of_mixed_periods_is_refused(bank: StandIn) -> None:
    bank.fault("mixed-periods", times=10**6)
    with pytest.raises(FetchError, match=r"mixes periods: .*2015Q1"):
        fetched(bank, years=(2015,))
