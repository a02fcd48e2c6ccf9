"""What is kept of a report: found again by content alone, and passed over when it is not as it was written."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

import eaeu_analysis as ea
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report import cache
from eaeu_analysis.report.claims import collect as claims_plain

FILES = {"a.txt": b"one", "b/c.bin": bytes(range(256))}
MARK = "f" * 64


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EAEU_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("EAEU_CACHE")
    return tmp_path / "store" / "reports"


def kept(place: Path) -> Path:
    (path,) = place.glob("*.zip")
    return path


def test_what_is_kept_is_found_again_and_nothing_else(place: Path) -> None:
    assert cache.load_cached("report", MARK) is None
    assert cache.store_cached("report", MARK, FILES)
    assert cache.load_cached("report", MARK) == FILES
    assert cache.load_cached("report", "0" * 64) is None
    assert cache.load_cached("claims", MARK) is None


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "text", "other key", "no head", "changed member"])
def test_a_damaged_file_is_passed_over_and_can_be_written_anew(place: Path, damage: str) -> None:
    cache.store_cached("report", MARK, FILES)
    path = kept(place)
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif damage == "flipped":
        middle = data.index(FILES["b/c.bin"][:0] + b"b/c.bin") + 20
        path.write_bytes(data[:middle] + bytes([data[middle] ^ 255]) + data[middle + 1 :])
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "text":
        path.write_text("not a zip", encoding="utf-8")
    elif damage == "other key":
        path.rename(path.with_name(f"report-{'e' * 40}.zip"))
        assert cache.load_cached("report", "e" * 64) is None
        return
    else:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        if damage == "no head":
            del members[cache.HEAD]
        else:
            members["a.txt"] = b"two"
        with zipfile.ZipFile(path, "w") as archive:
            for name, body in members.items():
                archive.writestr(name, body)
    assert cache.load_cached("report", MARK) is None
    assert cache.store_cached("report", MARK, FILES)
    assert cache.load_cached("report", MARK) == FILES


def test_a_place_that_cannot_be_written_is_no_error(place: Path) -> None:
    place.parent.mkdir(parents=True)
    place.write_text("a file where the folder should be", encoding="utf-8")
    assert not cache.store_cached("report", MARK, FILES)
    assert cache.load_cached("report", MARK) is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_is_no_error(place: Path) -> None:
    place.mkdir(parents=True)
    place.chmod(0o500)
    assert not cache.store_cached("report", MARK, FILES)
    place.chmod(0o700)


def test_the_oldest_go_when_there_are_many(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MOST", 3)
    for i in range(5):
        mark = str(i) * 64
        cache.store_cached("report", mark, FILES)
        os.utime(place / f"report-{mark[:40]}.zip", (i, i))
    cache.store_cached("report", MARK, FILES)
    assert cache.load_cached("report", "0" * 64) is None
    assert cache.load_cached("report", MARK) == FILES
    assert len(list(place.glob("*.zip"))) == 3


def test_the_key_follows_question_data_code_and_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cache.cache_key("report", {"unit": "KGZ"})
    assert first == cache.cache_key("report", {"unit": "KGZ"})
    assert first != cache.cache_key("report", {"unit": "ARM"})
    assert first != cache.cache_key("claims", {"unit": "KGZ"})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert first != cache.cache_key("report", {"unit": "KGZ"})
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    for name in ("code_digest", "data_digest"):
        with monkeypatch.context() as patch:
            patch.setattr(cache, name, lambda: "other")
            assert first != cache.cache_key("report", {"unit": "KGZ"})
    own = tmp_path / "own.csv"
    own.write_text("a", encoding="utf-8")
    with_file = cache.cache_key("report", {"unit": "KGZ"}, own)
    assert with_file not in ("", first)
    own.write_text("b", encoding="utf-8")  # the same path, other bytes
    assert cache.cache_key("report", {"unit": "KGZ"}, own) != with_file


def test_a_source_that_cannot_be_identified_by_its_content_is_not_kept() -> None:
    assert cache.cache_key("report", {}, object()) == ""
    assert not cache.store_cached("report", "", FILES)
    assert cache.load_cached("report", "") is None


def test_claims_come_back_as_they_were(place: Path) -> None:
    made = ea.claims(topic=["tariffs", "leaning"])
    assert kept(place).name.startswith("claims-")
    again = ea.claims(topic=["tariffs", "leaning"])
    assert [claim.document() for claim in again] == [claim.document() for claim in made]
    assert [claim.series for claim in again] == [claim.series for claim in made]
    assert [claim.text("caveat") for claim in again] == [claim.text("caveat") for claim in made]


def test_kept_claims_are_read_not_computed_and_can_be_left_alone(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ea.claims(topic="tariffs")
    from eaeu_analysis.report.claims import collect

    def fail(*_: object, **__: object) -> None:
        raise AssertionError("computed")

    monkeypatch.setattr(collect, "evidence", fail)
    assert ea.claims(topic="tariffs")[0].value == made[0].value
    with pytest.raises(AssertionError, match="computed"):
        ea.claims(topic="tariffs", cache=False)
    monkeypatch.setenv("EAEU_CACHE", "off")
    with pytest.raises(AssertionError, match="computed"):
        ea.claims(topic="tariffs")


def test_a_kept_file_that_holds_no_claims_is_passed_over(place: Path) -> None:
    made = ea.claims(topic="tariffs")
    mark = cache.cache_key("claims", {"unit": "KGZ", "bloc": "EAEU", "topics": ("tariffs",)}, "pinned")
    cache.store_cached("claims", mark, {"claims.json": b'[{"id": 1}]'})
    assert [claim.id for claim in ea.claims(topic="tariffs")] == [claim.id for claim in made]
    with pytest.raises(BadInputError, match="not a list of claims"):
        claims_plain.claims_from_json(b"{")
