"""The store: the same values give the same bytes, damage is named and set aside, two processes get along."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from server import StandIn
from small import CODES, QUICK, Clean, hashes, small_pull

from eaeu_analysis.data.sources.live.request import Request
from eaeu_analysis.data.store import Store, StoreEntry, StoreSource, listing
from eaeu_analysis.errors import BadInputError, IntegrityError, NoDataError
from eaeu_analysis.series import SeriesData, SeriesInfo

FRAME = pd.DataFrame({"economy": ["KGZ", "UZB"], "year": [2015, 2015], "value": [1.5, 2.5]})
INFO = SeriesInfo("A.B", "A series", "US$", "level", "made up", "2026-04-08")
REQUEST = Request("worldbank", "A.B", "2")


def keep(store: Store, frame: pd.DataFrame = FRAME, request: Request = REQUEST, **info: str) -> StoreEntry:
    return store.put(SeriesData(INFO.with_(code=request.code, **info), frame), request)


def test_what_is_put_comes_back(store: Store) -> None:
    keep(store)
    got = store.get("A.B")
    pd.testing.assert_frame_equal(got.frame, FRAME.astype({"economy": "str"}))
    assert got.info.with_(retrieved="") == INFO
    assert got.info.retrieved == datetime.now(UTC).date().isoformat()


def test_the_bytes_hang_on_the_values_alone(tmp_path: Path) -> None:
    early = Store(tmp_path / "a", clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    late = Store(tmp_path / "b", clock=lambda: datetime(2027, 6, 1, 5, tzinfo=UTC))
    first, second = keep(early), keep(late, FRAME.iloc[::-1])  # rows in another order, another time
    assert (first.sha256, first.id) == (second.sha256, second.id)
    assert first.retrieved_at != second.retrieved_at
    one, two = (next((s.root / "objects").rglob("*.parquet")).read_bytes() for s in (early, late))
    assert one == two


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(["KGZ", "UZB", "ARM"]), st.integers(1900, 2100)),
        st.floats(allow_nan=False, allow_infinity=False),
        min_size=1,
    )
)
def test_any_values_survive_to_the_last_bit(tmp_path: Path, values: dict[tuple[str, int], float]) -> None:
    store = Store(tmp_path)
    frame = pd.DataFrame([(e, y, v) for (e, y), v in values.items()], columns=["economy", "year", "value"])
    got = store.read(keep(store, frame)).frame
    assert {(e, y): v.hex() for e, y, v in got.itertuples(index=False)} == {k: v.hex() for k, v in values.items()}


def test_names_on_disk_come_from_hashes_alone(store: Store) -> None:
    store.put(SeriesData(INFO.with_(label="../../x", vintage="../y", source="/etc/passwd\0"), FRAME), REQUEST)
    files = [p.relative_to(store.root) for p in store.root.rglob("*") if p.is_file()]
    assert {p.parts[0] for p in files} == {"objects", "entries", "lock"}
    assert all(set(p.stem) <= set("0123456789abcdef") for p in files if p.name != "lock")


def test_two_vintages_stand_side_by_side(store: Store) -> None:
    keep(store)
    keep(store, FRAME.assign(value=[9.0, 9.5]), vintage="2026-07-01")
    assert store.get("A.B").info.vintage == "2026-07-01"
    assert store.get("A.B@2026-04-08").frame["value"].tolist() == [1.5, 2.5]
    assert store.get("A.B", "2026-04").info.vintage == "2026-04-08"
    with pytest.raises(NoDataError, match="not in the store in vintage 2025-01-01; it has 2026-04-08, 2026-07-01"):
        store.get("A.B", "2025-01-01")


def test_the_whole_series_goes_before_a_part_of_it(store: Store) -> None:
    keep(store)
    keep(store, FRAME.head(1), Request("worldbank", "A.B", "2", ("KGZ",)), vintage="2026-07-01")
    assert len(store.get("A.B").frame) == 2


def test_an_absent_series_gets_the_near_match(store: Store) -> None:
    keep(store, request=Request("worldbank", "NY.GDP.MKTP.CD", "2"))
    with pytest.raises(NoDataError, match=r"is not in the store .*; did you mean 'NY.GDP.MKTP.CD'\?"):
        store.get("NY.GDP.MKTP.CC")


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (FRAME.iloc[:0], "has no value; nothing stored"),
        (FRAME.assign(value=[1.0, None]), "has a missing value; nothing stored"),
        (pd.concat([FRAME, FRAME]), "has a key twice; nothing stored"),
        (FRAME.drop(columns="year"), "has no column year"),
    ],
)
def test_what_is_not_a_series_is_refused(store: Store, frame: pd.DataFrame, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        keep(store, frame)
    assert store.entries() == []


def test_a_flipped_bit_in_the_values_is_named_set_aside_and_pulled_again(
    bank: StandIn, store: Store, clean: Clean
) -> None:
    small_pull(bank, store)
    file = store.root / "objects" / clean.sha256[CODES[1]][:2] / f"{clean.sha256[CODES[1]]}.parquet"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(IntegrityError, match=rf"stored series '{CODES[1]}@2026-04-08' is damaged: its values are not"):
        store.get(CODES[1])
    assert len(list((store.root / "aside").iterdir())) == 2
    report = small_pull(bank, store, max_age=1)
    assert [row.status for row in report.rows] == ["cached", "done", "cached"]
    assert hashes(store) == clean.sha256


@pytest.mark.parametrize("how", ["truncated", "edited", "binary", "empty", "other format"])
def test_a_damaged_manifest_entry_is_named_set_aside_and_pulled_again(
    bank: StandIn, store: Store, clean: Clean, how: str
) -> None:
    small_pull(bank, store)
    entry = store.find(CODES[1])
    file = store.root / "entries" / f"{entry.id}.json"
    text = file.read_text(encoding="utf-8")
    spoilt = {
        "truncated": text[: len(text) // 2].encode(),
        "edited": text.replace('"rows": 2', '"rows": 3').encode(),
        "binary": bytes(range(256)),
        "empty": b"",
        "other format": json.dumps({"format": 99, "digest": "x"}).encode(),
    }[how]
    assert spoilt != text.encode()
    file.write_bytes(spoilt)
    report = small_pull(bank, store, max_age=1)
    assert [row.status for row in report.rows] == ["cached", "done", "cached"]
    assert any(f"manifest entry {file.name[:12]} is damaged" in text for text in report.damaged), report.damaged
    assert hashes(store) == clean.sha256


def test_verify_names_every_damaged_part_once(bank: StandIn, store: Store) -> None:
    small_pull(bank, store)
    assert store.verify() == []
    entries = store.entries()
    (store.root / "objects" / entries[0].sha256[:2] / f"{entries[0].sha256}.parquet").unlink()
    (store.root / "entries" / f"{entries[2].id}.json").write_text("{", encoding="utf-8")
    problems = store.verify()
    assert sorted(p.code for p in problems if p.code) == [entries[0].code]
    assert "its values are missing" in " ".join(p.text for p in problems)
    assert "it is not a manifest entry" in " ".join(p.text for p in problems)
    assert store.verify() == []
    assert [e.code for e in store.entries()] == [entries[1].code]


def test_no_module_that_reads_data_knows_pickle() -> None:
    import eaeu_analysis

    package = Path(eaeu_analysis.__file__).parent
    modules = [*package.glob("data/**/*.py"), package / "files.py"]
    assert len(modules) > 10
    for module in modules:
        assert "pickle" not in module.read_text(encoding="utf-8"), module


def test_prune_keeps_the_latest_of_each_request(store: Store) -> None:
    for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
        keep(store, FRAME.assign(value=[float(day[6]), 0.0]), vintage=day)
    keep(store, FRAME, Request("worldbank", "A.B", "57", version="2015-04"), vintage="2015-04")
    part = store.partial(REQUEST)
    part.mkdir(parents=True)
    (part / "x.page").write_bytes(b"x")
    (store.root / "entries" / ".x.json.abc.part").write_bytes(b"{")  # as a kill in the middle of a write leaves it
    shown = store.prune(dry_run=True)
    assert len(store.entries()) == 4
    assert store.prune() == shown
    assert [e.vintage for e in store.entries()] == ["2015-04", "2026-03-01"]
    assert len(list((store.root / "objects").rglob("*.parquet"))) == 2
    assert not part.exists()
    assert not list(store.root.rglob("*.part"))
    assert store.verify() == []
    assert store.prune() == []


def test_prune_leaves_a_pull_under_way_alone(store: Store) -> None:
    part = store.partial(REQUEST)
    part.mkdir(parents=True)
    with store.series_lock(REQUEST.id):
        code = f"from eaeu_analysis.data.store import Store; print(Store({str(store.root)!r}).prune())"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    assert part.exists()


def test_freshness_is_by_age_and_by_what_was_asked(tmp_path: Path) -> None:
    now = [datetime(2026, 5, 1, tzinfo=UTC)]
    store = Store(tmp_path, clock=lambda: now[0])
    keep(store)
    part = Request("worldbank", "A.B", "2", ("KGZ",), (2015,))
    assert store.fresh("A.B", 30, REQUEST)
    assert store.fresh("A.B", 30, part)  # all of it holds a part of it
    now[0] += timedelta(days=31)
    assert store.fresh("A.B", 30, REQUEST) is None
    assert store.fresh("A.B", None, REQUEST)
    assert store.fresh("A.B", None, Request("worldbank", "A.B", "2", endpoint="http://127.0.0.1:1/v2")) is None
    keep(store, FRAME.head(1), part, vintage="2026-07-01")
    assert store.fresh("A.B", 1, REQUEST) is None  # a part does not hold all of it


def test_two_processes_pull_the_same_into_one_store(bank: StandIn, store: Store, clean: Clean) -> None:
    bank.fault("slow", seconds=0.03, times=10_000)
    code = (
        "import sys; from eaeu_analysis.data.sources.live.pull import pull_series\n"
        "from eaeu_analysis.data.store import Store\n"
        f"report = pull_series({CODES!r}, years='2010-2024', per_page=600, notes=False,\n"
        f"              store=Store({str(store.root)!r}), endpoint={bank.endpoint!r}, timeout=10)\n"
        "sys.exit(len(report.failed))"
    )
    both = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert hashes(store) == clean.sha256
    assert store.verify() == []
    assert bank.count("/country/") == 3 * 6  # the one waited for the other's series and found them there


def test_the_store_behind_the_source_protocol(bank: StandIn, store: Store) -> None:
    from eaeu_analysis.data.panel import Panel

    source = StoreSource(store, endpoint=bank.endpoint, settings=QUICK, notes=False)
    source.prepare(CODES[:2])
    asked = len(bank.seen)
    panel = Panel.from_series([source.read(code) for code in CODES[:2]])
    assert len(bank.seen) == asked
    assert panel.indicators == CODES[:2]
    assert panel.info(CODES[0]).vintage == "2026-04-08"
    assert [info.code for info in source.entries()] == sorted(CODES[:2])
    then = source.read(CODES[0], "2015-04")
    assert then.info.vintage == "2015-04"
    with pytest.raises(NoDataError, match=r"'NO.SUCH.CODE' cannot be had live: series 'NO.SUCH.CODE' not known"):
        source.read("NO.SUCH.CODE")


def test_a_failure_of_one_series_is_stated_when_it_is_read_and_not_before(bank: StandIn, store: Store) -> None:
    bank.fault("404", path=f"/series/{CODES[1]}/", times=99)
    source = StoreSource(store, endpoint=bank.endpoint, settings=QUICK, notes=False, max_age=0)
    source.prepare(CODES)
    asked = len(bank.seen)
    assert len(source.read(CODES[0]).frame)
    with pytest.raises(NoDataError, match=rf"'{CODES[1]}' cannot be had live: .* answered 404"):
        source.read(CODES[1])
    assert len(bank.seen) == asked  # prepared once, even with a maximum age of nought


def test_a_panel_of_live_data(bank: StandIn, store: Store) -> None:
    import eaeu_analysis as ea

    live = {"store": store, "endpoint": bank.endpoint, "settings": QUICK, "notes": False}
    panel = ea.load_panel(CODES[:2], ["Kyrgyzstan", "UZB"], (2010, 2020), source="live", **live)
    assert panel.indicators == CODES[:2]
    assert panel.units == ["KGZ", "UZB"]
    assert panel.info(CODES[0]).vintage == "2026-04-08"
    then = ea.load_panel(CODES[:1], source="live", vintage="2015-04", **live)
    assert then.years[1] == 2014
    assert then.info(CODES[0]).vintage == "2015-04"


def test_a_list_of_what_is_in_the_store(bank: StandIn, store: Store) -> None:
    small_pull(bank, store, CODES[:1], economies=["KGZ", "UZB"], notes=True)
    row = listing(store.entries()).iloc[0]
    assert row[["code", "vintage", "economies", "years"]].tolist() == [CODES[0], "2026-04-08", "KGZ, UZB", "2010-2024"]
    assert row["footnotes"] == 2


def test_offline_it_reads_what_is_there_and_asks_nobody(bank: StandIn, store: Store) -> None:
    small_pull(bank, store, CODES[:1])
    asked = len(bank.seen)
    source = StoreSource(store, offline=True, endpoint=bank.endpoint)
    assert StoreSource(store, offline=True).entries() == []  # another address's data are never taken for the Bank's
    with pytest.raises(NoDataError, match="is not in the store"):
        StoreSource(store, offline=True).read(CODES[0])
    assert len(source.read(CODES[0]).frame)
    with pytest.raises(NoDataError, match="is not in the store"):
        source.read(CODES[1])
    assert len(bank.seen) == asked


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    with pytest.raises(BadInputError, match="is a file, not a directory"):
        Store(tmp_path / "x")


def test_a_store_given_as_a_path_says_how_it_is_asked(store: Store) -> None:
    from eaeu_analysis.data.load import load_panel

    keep(store)
    with pytest.raises(BadInputError, match=f"is a store of pulled series: .* --store {re.escape(str(store.root))}"):
        load_panel("NE.TRD.GNFS.ZS", source=store.root)


def test_months_come_back_as_months(store: Store) -> None:
    frame = FRAME.assign(year=[540, 540])  # January 2015
    store.put(SeriesData(INFO, frame, "M"), REQUEST)
    keep(store, request=Request("worldbank", "C.D", "2"))
    assert [store.get(code).freq for code in ("A.B", "C.D")] == ["M", "Y"]
    assert Store(store.root).get("A.B").freq == "M"
