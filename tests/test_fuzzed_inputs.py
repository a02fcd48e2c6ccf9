"""Inputs that once brought a reader down, a short fuzzing of every reader, and whether fuzzing would notice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eaeu_analysis.errors import BadInputError
from quality.fuzz import judge as bench
from quality.fuzz.engine import Sitting, own
from quality.fuzz.judge import judge
from quality.fuzz.structure import raw
from quality.fuzz.target import Target
from quality.fuzz.targets import TARGETS

KEPT = sorted((Path(__file__).parent / "fuzzed").glob("*.bin"))
SLUGS = {name.replace(" ", "-"): name for name in TARGETS}
SHORT = 2_000  # inputs in all
_JSON_TARGETS = (
    "worldbank",
    "store entry",
    "pinned package",
    "baseline",
    "curves",
    "yardstick",
    "shipped",
    "cache claims",
)
READERS_OF_JSON = [name for name in TARGETS if name.startswith(_JSON_TARGETS)]


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with caplog.at_level("CRITICAL"):
        yield


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.stem)
def test_what_once_brought_a_reader_down_is_refused_in_a_sentence(path: Path) -> None:
    target = TARGETS[SLUGS[path.name.rsplit(".", 2)[0]]]
    verdict = judge(target, path.read_bytes())
    assert verdict.what != "crash", verdict.trace or verdict.message


def test_a_short_fuzzing_of_every_reader_finds_nothing(tmp_path: Path) -> None:
    whole = sum(target.share for target in TARGETS.values())
    for target in TARGETS.values():
        sitting = Sitting(target, tmp_path)
        own(sitting, max(3, round(SHORT * target.share / whole)), seed=1, until=time.monotonic() + 60)
        assert not sitting.tally.crashes, [path.read_text() for path in tmp_path.glob("*.txt")]
        assert sitting.tally.results + sitting.tally.refused == sitting.tally.inputs


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates().map(str)
_JSON = st.recursive(_LEAVES, lambda part: st.lists(part, max_size=4) | st.dictionaries(st.text(max_size=8), part))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(document=_JSON)
def test_any_json_at_all_is_refused_in_a_sentence(document: Any) -> None:
    data = json.dumps(document).encode()
    for name in READERS_OF_JSON:
        verdict = judge(TARGETS[name], data)
        assert verdict.what != "crash", (name, verdict.trace)


# -- would it be noticed? --------------------------------------------------------------------------------
def reader(run: Callable[[bytes], object]) -> Target:
    return Target("made up", run, lambda: [b"2015"], raw, 1)


def say(text: str) -> Callable[[bytes], object]:
    def run(data: bytes) -> None:
        error = BadInputError(text)
        error.args = (text,)  # past the class that makes it one sentence
        raise error

    return run


def spin(data: bytes) -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("run", "where"),
    [
        (lambda data: {}["a"], "KeyError"),
        (lambda data: (_ for _ in ()).throw(AssertionError("a value that is not finite")), "AssertionError"),
        (say(""), "an empty sentence"),
        (say("two\nlines"), "more than one line"),
        (say("a" * 601), "a sentence too long"),
        (say("bell \x07"), "a control character"),
        (spin, "hang"),
    ],
)
def test_what_is_no_result_and_no_sentence_is_a_crash(
    run: Callable[[bytes], object], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "SECONDS", 0.2)
    verdict = judge(reader(run), b"2015")
    assert (verdict.what, verdict.where.partition(":")[0]) == ("crash", where)


def test_more_memory_than_an_input_is_worth_is_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    for grown, what in ((bench.GROWTH, "result"), (bench.GROWTH + 1, "crash")):
        monkeypatch.setattr(bench, "peak", iter([1000, 1000 + grown]).__next__)
        assert judge(reader(len), b"2015").what == what


def test_a_crash_is_kept_by_its_hash_and_the_same_seed_gives_the_same_inputs(tmp_path: Path) -> None:
    def run(data: bytes) -> None:
        if len(data) > 6:
            raise KeyError(data)

    tallies = []
    for place in (tmp_path / "one", tmp_path / "two"):
        sitting = Sitting(reader(run), place)
        own(sitting, 300, seed=7, until=time.monotonic() + 60)
        tallies.append((sitting.tally.results, sitting.tally.crashes))
    assert tallies[0] == tallies[1]
    assert sum(tallies[0][1].values()) + tallies[0][0] == 300
    names = [sorted(path.name for path in (tmp_path / place).iterdir()) for place in ("one", "two")]
    assert names[0] == names[1]
    assert len([name for name in names[0] if name.endswith(".bin")]) == 3
