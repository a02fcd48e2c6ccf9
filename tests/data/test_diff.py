"""What changed between two vintages, and corrections that are refused once the source has changed."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pytest
import server_data as world
from hypothesis import given
from hypothesis import strategies as st
from server import StandIn
from small import CODES, QUICK, small_pull

from eaeu_analysis.data.diff import collect, diff_vintages
from eaeu_analysis.data.sources.files.source import FileSource
from eaeu_analysis.data.sources.live.pull import pull_series
from eaeu_analysis.data.store import Store, StoreSource
from eaeu_analysis.errors import BadInputError, NoDataError
from eaeu_analysis.reference import corrections
from eaeu_analysis.reference.corrections import Correction
from eaeu_analysis.series import SeriesData, SeriesInfo

Values = dict[tuple[str, int], float]


def series(values: Values, code: str = "A.B", vintage: str = "v1", unit: str = "US$") -> SeriesData:
    frame = pd.DataFrame([(e, y, v) for (e, y), v in sorted(values.items())], columns=["economy", "year", "value"])
    frame = frame.astype({"economy": "str", "year": "int64", "value": "float64"})
    return SeriesData(SeriesInfo(code, "A series", unit, "level", "made up", vintage), frame)


OLD: Values = {("KGZ", 2019): 25.7, ("KGZ", 2020): 29.3, ("UZB", 2019): 14.8, ("ARM", 2019): 11.0}
NEW: Values = {("KGZ", 2019): 28.8, ("KGZ", 2020): 29.3, ("UZB", 2019): 14.9, ("TJK", 2019): 33.0}


def test_added_removed_and_revised_are_distinguished() -> None:
    found = diff_vintages([series(OLD)], [series(NEW, vintage="v2")]).series[0]
    assert (found.rows_a, found.rows_b, found.added, found.removed, found.revised) == (4, 4, 1, 1, 2)
    assert found.economies == ("ARM", "KGZ", "TJK", "UZB")
    top = found.largest(1).iloc[0]
    assert (top["economy"], top["year"], top["old"], top["new"]) == ("KGZ", 2019, 25.7, 28.8)
    assert math.isclose(top["percent"], 100 * (28.8 - 25.7) / 25.7)


values = st.dictionaries(
    st.tuples(st.sampled_from(["KGZ", "UZB", "ARM", "TJK"]), st.integers(2000, 2006)),
    st.floats(-1e9, 1e9, allow_nan=False),
    min_size=1,
)


@given(values, values)
def test_the_counts_are_those_of_the_sets(a: Values, b: Values) -> None:
    found = diff_vintages([series(a)], [series(b)]).series[0]
    shared = set(a) & set(b)
    assert found.added == len(set(b) - set(a))
    assert found.removed == len(set(a) - set(b))
    assert found.revised == sum(a[key] != b[key] for key in shared)
    touched = {e for e, _ in set(a) ^ set(b)} | {key[0] for key in shared if a[key] != b[key]}
    assert found.economies == tuple(sorted(touched))


@given(values, values)
def test_applying_what_changed_to_the_old_gives_the_new(a: Values, b: Values) -> None:
    changes = diff_vintages([series(a)], [series(b)]).series[0].changes
    patched = dict(a)
    for row in changes.itertuples():
        key = (row.economy, row.year)
        if row.kind == "removed":
            del patched[key]
        else:
            patched[key] = row.new
    assert patched == b


@given(values, values)
def test_the_other_way_round_is_the_mirror_image(a: Values, b: Values) -> None:
    there, back = diff_vintages([series(a)], [series(b)]).series[0], diff_vintages([series(b)], [series(a)]).series[0]
    assert (there.added, there.removed, there.revised) == (back.removed, back.added, back.revised)
    assert there.economies == back.economies


def test_the_same_is_the_same_and_says_so() -> None:
    found = diff_vintages([series(OLD)], {"A.B": series(OLD)})
    assert found.changed == ()
    assert found.series[0].status == "same"
    assert "1 series: 1 same" in found.summary()


def test_rounding_counts_as_the_same_when_it_is_allowed_for() -> None:
    rounded = {key: float(f"{v * (1 + 3e-8):.9g}") for key, v in OLD.items()}
    assert diff_vintages([series(OLD)], [series(rounded)]).series[0].revised == 4
    assert diff_vintages([series(OLD)], [series(rounded)], tolerance=1e-6).series[0].revised == 0


def test_a_series_on_one_side_only() -> None:
    found = diff_vintages([series(OLD), series(OLD, "C.D")], [series(OLD), series(OLD, "E.F")])
    assert {s.code: s.status for s in found.series} == {"A.B": "same", "C.D": "only in A", "E.F": "only in B"}


def test_another_unit_is_a_change_even_when_the_numbers_are_the_same() -> None:
    found = diff_vintages([series(OLD, unit="constant 2010 US$")], [series(OLD, unit="constant 2015 US$")])
    assert found.series[0].status == "changed"
    assert "unit changed: constant 2010 US$ -> constant 2015 US$; the values do not compare" in found.summary()


def test_a_revision_of_nought_has_no_per_cent_and_comes_first() -> None:
    found = diff_vintages(
        [series({("KGZ", 2019): 0.0, ("UZB", 2019): 1.0})], [series({("KGZ", 2019): 5.0, ("UZB", 2019): 9.0})]
    )
    top = found.series[0].largest(1).iloc[0]
    assert top["economy"] == "KGZ"
    assert math.isnan(top["percent"])
    record = json.loads(found.to_json())["series"][0]
    assert record["largest"][0]["percent"] is None


def test_the_json_is_the_same_whatever_the_order_of_the_series() -> None:
    a, b = [series(OLD), series(OLD, "C.D")], [series(NEW), series(NEW, "C.D")]
    assert diff_vintages(a, b).to_json() == diff_vintages(a[::-1], b[::-1]).to_json()
    assert json.loads(diff_vintages(a, b).to_json())["economies"] == ["ARM", "KGZ", "TJK", "UZB"]


def test_a_table_a_row_a_series() -> None:
    frame = diff_vintages([series(OLD)], [series(NEW)], names=("pin", "today")).to_frame()
    assert frame.loc[0, ["code", "status", "added", "removed", "revised", "economies"]].tolist() == [
        "A.B", "changed", 1, 1, 2, 4
    ]  # fmt: skip


def test_nothing_to_compare_and_the_same_series_twice() -> None:
    with pytest.raises(NoDataError, match="no series on either side"):
        diff_vintages([], [])
    with pytest.raises(BadInputError, match=r"'A.B' is twice on one side \(A.B@v1 and A.B@v2\)"):
        diff_vintages([series(OLD), series(OLD, vintage="v2")], [])
    with pytest.raises(BadInputError, match="tolerance is 2"):
        diff_vintages([series(OLD)], [series(OLD)], tolerance=2)


def test_two_releases_and_an_archived_version_in_one_store(bank: StandIn, store: Store) -> None:
    small_pull(bank, store)
    bank.state.release = world.RELEASES[1]
    small_pull(bank, store)
    pull_series(CODES[:1], years="2010-2024", store=store, endpoint=bank.endpoint, vintage="2015-04", settings=QUICK)
    source = StoreSource(store, offline=True, endpoint=bank.endpoint)
    found = diff_vintages(source, source, vintage_a=world.RELEASES[0], vintage_b=world.RELEASES[1])
    assert [s.code for s in found.series] == sorted(CODES)
    first, second = (world.table(CODES[0], release) for release in world.RELEASES)
    there = [(i, j) for i in range(219) for j in range(2010 - world.FIRST_YEAR, len(world.YEARS))]
    expected = sum(first[i][j] is not None and first[i][j] != second[i][j] for i, j in there)
    assert found.series[sorted(CODES).index(CODES[0])].revised == expected > 10
    then = diff_vintages(source, source, vintage_a="2015-04", vintage_b=world.RELEASES[1], codes=CODES[:1])
    assert then.series[0].vintage_a == "2015-04"
    since = [second[i][j] for i, j in there if j >= 2015 - world.FIRST_YEAR]
    assert then.series[0].added == sum(v is not None for v in since) > 1000
    assert collect(source)[CODES[0]].info.vintage == world.RELEASES[1]


# -- corrections -----------------------------------------------------------------------------------------------
RIGHT = Correction("A.B", "KGZ", 2019, 25.7, 28.8, "transfers by phone left out", "a made-up bulletin, table 3")


def test_a_correction_is_made_and_stands_in_the_note() -> None:
    made = corrections.apply(series(OLD), [RIGHT])
    assert made.frame.set_index(["economy", "year"])["value"].to_dict() == OLD | {("KGZ", 2019): 28.8}
    assert made.info.note == (
        "1 value corrected: KGZ 2019 25.7 -> 28.8 (transfers by phone left out; a made-up bulletin, table 3)"
    )


def test_it_is_refused_once_the_source_has_changed_and_nothing_is_applied() -> None:
    other = Correction("A.B", "UZB", 2019, 14.8, 15.0, "why", "who")
    with pytest.raises(BadInputError, match=r"A.B@v1 refused, the source has changed: KGZ 2019 is 28.8, not 25.7"):
        corrections.apply(series(OLD | {("KGZ", 2019): 28.8}), [other, RIGHT])


def test_a_value_may_be_put_in_or_taken_out() -> None:
    put = Correction("A.B", "TJK", 2019, "missing", 33.0, "why", "who")
    out = Correction("A.B", "ARM", 2019, 11.0, "missing", "why", "who")
    made = corrections.apply(series(OLD), [put, out])
    assert made.frame.set_index(["economy", "year"])["value"].to_dict() == {
        **{key: v for key, v in OLD.items() if key != ("ARM", 2019)},
        ("TJK", 2019): 33.0,
    }
    assert "ARM 2019 11 -> missing" in made.info.note
    with pytest.raises(BadInputError, match="ARM 2019 is missing, not 11"):
        corrections.apply(made, [out])


def test_corrections_of_other_series_leave_it_alone() -> None:
    data = series(OLD, "C.D")
    assert corrections.apply(data, [RIGHT]) is data


def test_the_shipped_table_can_be_read() -> None:
    for one in corrections.load_corrections():
        assert one.reason
        assert one.source


TABLE = """
[[correction]]
series = "A.B"
economy = "KGZ"
year = 2019
old = 25.7
new = 28.8
reason = "transfers by phone left out"
source = "a made-up bulletin, table 3"
"""


def test_a_table_is_read(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(TABLE, encoding="utf-8")
    assert corrections.load_corrections(tmp_path / "c.toml") == (RIGHT,)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (("new = 28.8", "new = 25.7"), "old and new are the same"),
        (('reason = "transfers by phone left out"', 'reason = ""'), "states its reason and its source"),
        (("year = 2019", 'year = "then"'), "year"),
        (('"KGZ"', '"Kyrgyzstan"'), "is not an ISO3 code"),
        (('"KGZ"', '"KGX"'), "KGX"),
        (("new = 28.8", "newer = 28.8"), "newer"),
        (("old = 25.7", "old = nan"), "are numbers or 'missing'"),
        (("[[correction]]", "[[corection]]"), "'corection' is not a"),
        (("old = 25.7", "old = "), "is not valid TOML"),
    ],
)
def test_a_mistake_in_the_table_is_one_sentence(tmp_path: Path, spoil: tuple[str, str], sentence: str) -> None:
    (tmp_path / "c.toml").write_text(TABLE.replace(*spoil), encoding="utf-8")
    with pytest.raises(BadInputError, match=sentence):
        corrections.load_corrections(tmp_path / "c.toml")


def test_the_same_observation_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(TABLE + TABLE.replace("28.8", "30.0"), encoding="utf-8")
    with pytest.raises(BadInputError, match=r"A\.B KGZ 2019 is corrected twice"):
        corrections.load_corrections(tmp_path / "c.toml")


def test_months_are_compared_and_named_as_months(tmp_path: Path) -> None:
    for name, value in (("a", 2), ("b", 3)):
        (tmp_path / f"{name}.csv").write_text(f"iso3,indicator,time,value\nKGZ,R,2015M01,1\nKGZ,R,2015M02,{value}\n")
    a, b = FileSource(tmp_path / "a.csv"), FileSource(tmp_path / "b.csv")
    found = diff_vintages(a, b)
    assert found.series[0].changes[["economy", "year", "old", "new"]].to_numpy().tolist() == [["KGZ", "2015-02", 2, 3]]
    assert "KGZ 2015-02: 2 -> 3" in found.summary()
    (tmp_path / "c.csv").write_text("iso3,indicator,time,value\nKGZ,R,2015,1\n")
    with pytest.raises(BadInputError, match="periods of M on one side and Y on the other"):
        diff_vintages(a, FileSource(tmp_path / "c.csv"))
