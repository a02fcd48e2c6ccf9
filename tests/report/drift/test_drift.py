"""Drift: what changed since the claims were accepted, why, and baselines that are none."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from types import SimpleNamespace

import pytest

import eaeu_analysis as ea
from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError, DriftError
from eaeu_analysis.report import write
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.drift import baseline
from eaeu_analysis.report.drift import changes as checked
from eaeu_analysis.report.drift import changes as drift
from eaeu_analysis.report.drift.baseline import ClaimsBaseline, SeriesFingerprint, baseline_of
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.settings import data_dir

QUESTION = {"unit": "KGZ", "bloc": "EAEU", "source": "pinned"}


@pytest.fixture(scope="module")
def claims() -> list[Claim]:
    return ea.claims(topic=["tariffs", "leaning", "revenue"])


@pytest.fixture(scope="module")
def state(claims: list[Claim]) -> ClaimsBaseline:
    return baseline_of(claims, QUESTION, "pinned")


def with_claim(claims: list[Claim], name: str, **changes: object) -> list[Claim]:
    assert name in {claim.id for claim in claims}
    return [dataclasses.replace(c, **changes) if c.id == name else c for c in claims]


def shown(old: ClaimsBaseline, claims: list[Claim], **more: object) -> drift.Drift:
    new = dataclasses.replace(baseline_of(claims, QUESTION, "pinned"), **more)
    return drift.compare_baselines(old, new, claims)


def test_the_same_claims_have_not_drifted(state: ClaimsBaseline, claims: list[Claim]) -> None:
    found = shown(state, claims)
    assert not found.drifted
    assert found.revised.empty
    assert found.changed == ()
    found.require_none()
    assert found.sentence().startswith(f"None of {len(claims)} claims drifted")


def test_a_baseline_comes_back_as_it_was_written(state: ClaimsBaseline, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    baseline.write_baseline(path, state)
    assert baseline.read_baseline(path) == state
    first = path.read_bytes()
    baseline.write_baseline(path, baseline.read_baseline(path))
    assert path.read_bytes() == first


def test_a_value_may_move_within_its_tolerance_and_no_further(state: ClaimsBaseline, claims: list[Claim]) -> None:
    name = "tariffs.average"
    accepted = state.claims[name]
    assert accepted.tolerance == pytest.approx(max(0.1, 0.02 * abs(accepted.value)))
    near = with_claim(claims, name, value=accepted.value + 0.99 * accepted.tolerance)
    assert not shown(state, near).drifted
    far = shown(state, with_claim(claims, name, value=accepted.value + 1.01 * accepted.tolerance))
    assert list(far.table["change"]) == ["value moved"]
    with pytest.raises(DriftError, match="1 of"):
        far.require_none()


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"value": -2.0}, "sign flipped"),
        ({"grade": "F"}, "grade changed"),
        ({"side": "for"}, "side changed"),
        ({"finding": "found"}, "finding changed"),
        ({"measure": "%"}, "unit changed"),
    ],
)
def test_each_kind_of_change_is_named(state: ClaimsBaseline, claims: list[Claim], changes: dict, kind: str) -> None:
    found = shown(state, with_claim(claims, "tariffs.average", **changes))
    assert list(found.table["change"]) == [kind]
    assert found.drifted


def test_an_interval_may_move_by_a_quarter_of_its_width_and_no_further(
    state: ClaimsBaseline, claims: list[Claim]
) -> None:
    name = "tariffs.average"
    claims = with_claim(claims, name, lower=4.0, upper=24.0)
    state = baseline_of(claims, QUESTION, "pinned")
    held, quarter = state.claims[name], 5.0
    assert quarter > held.tolerance
    near = with_claim(claims, name, lower=held.lower - 0.99 * quarter, upper=held.upper + 0.99 * quarter)
    assert not shown(state, near).drifted
    for ends in ({"lower": held.lower - 1.01 * quarter}, {"upper": held.upper - 1.01 * quarter}, {"upper": math.nan}):
        found = shown(state, with_claim(claims, name, **ends))
        assert list(found.table["change"]) == ["interval moved"]
        assert found.table["before"].item() != found.table["now"].item()


def test_a_file_that_states_a_wider_tolerance_lets_no_more_pass(state: ClaimsBaseline, claims: list[Claim]) -> None:
    name = "tariffs.average"
    loose = dataclasses.replace(state.claims[name], tolerance=1e99)
    opened = dataclasses.replace(state, claims={**state.claims, name: loose})
    assert not shown(opened, claims).drifted
    moved = with_claim(claims, name, value=loose.value + 1.01 * state.claims[name].tolerance)
    assert list(shown(opened, moved).table["change"]) == ["value moved"]


def test_claims_that_come_and_go_are_named(state: ClaimsBaseline, claims: list[Claim]) -> None:
    fewer = [claim for claim in claims if claim.id != "tariffs.free"]
    assert shown(state, fewer).table[["claim", "change"]].to_numpy().tolist() == [["tariffs.free", "gone"]]
    old = dataclasses.replace(state, claims={k: v for k, v in state.claims.items() if k != "tariffs.free"})
    assert shown(old, claims).table[["claim", "change"]].to_numpy().tolist() == [["tariffs.free", "new"]]


def test_revised_data_that_move_no_conclusion_are_stated_and_are_no_drift(
    state: ClaimsBaseline, claims: list[Claim]
) -> None:
    series = {**state.series, "trade/tariffs_cet": SeriesFingerprint("2026-01-01", "0" * 64)}
    found = shown(dataclasses.replace(state, series=series), claims)
    assert not found.drifted
    assert list(found.revised["series"]) == ["trade/tariffs_cet"]
    assert found.changed == (drift.DATA,)
    assert "1 series revised" in found.sentence()


MOVED = {"value": 9.0}


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"code": "other"}, "code version"),
        ({"version": "0.0.9"}, "code version"),
        ({"settings": {"LEVEL": 0.95}}, "settings"),
        ({"series": {}}, "data revision"),
        ({}, "not known"),
    ],
)
def test_the_reason_is_what_alone_changed(
    state: ClaimsBaseline, claims: list[Claim], differs: dict, reason: str
) -> None:
    found = shown(dataclasses.replace(state, **differs), with_claim(claims, "tariffs.average", **MOVED))
    assert list(found.table["reason"]) == [reason]


@pytest.mark.parametrize(
    ("on_old_data", "reason"),
    [
        (None, "data revision or code version (the old data are not available)"),
        ({}, "data revision"),  # present code on old data says what was accepted
        (MOVED, "code version"),  # ... says what the new data say
        ({"value": 5.0}, "data revision and code version"),
    ],
)
def test_where_data_and_code_changed_a_rerun_on_the_old_data_tells_them_apart(
    state: ClaimsBaseline, claims: list[Claim], on_old_data: dict | None, reason: str
) -> None:
    old = dataclasses.replace(state, code="other", series={})
    now = with_claim(claims, "tariffs.average", **MOVED)
    again = None if on_old_data is None else with_claim(claims, "tariffs.average", **on_old_data)
    found = drift.compare_baselines(old, baseline_of(now, QUESTION, "pinned"), now, lambda: again)
    assert list(found.table["reason"]) == [reason]
    assert found.table["series"].iloc[0] == "trade/tariffs_cet, trade/tariffs_uzb, trade/tariffs_uzb_partners"


def test_no_rerun_is_made_when_nothing_drifted(state: ClaimsBaseline, claims: list[Claim]) -> None:
    def fail() -> None:
        raise AssertionError("rerun")

    old = dataclasses.replace(state, code="other", series={})
    assert not drift.compare_baselines(old, baseline_of(claims, QUESTION, "pinned"), claims, fail).drifted


def test_old_data_are_known_by_their_hashes(state: ClaimsBaseline, claims: list[Claim], tmp_path: Path) -> None:
    request = checked.BaselineCheck(tmp_path / "b.json", state)
    assert checked._old_data(request, state, claims) == "pinned"
    code = next(code for code in state.series if not code.startswith(baseline.TABLES))
    other = dataclasses.replace(state, series={**state.series, code: SeriesFingerprint("2026-01-01", "0" * 64)})
    assert checked._old_data(request, other, claims) is None
    wrong = dataclasses.replace(request, old_data=str(data_dir() / "pinned"))
    with pytest.raises(BadInputError, match="does not have the data of the baseline: 1 series differ"):
        checked._old_data(wrong, other, claims)


def test_the_hash_of_a_series_is_that_of_its_values(claims: list[Claim]) -> None:
    info = next(i for c in claims for s in c.series for i in s.origins() if i.code == "NY.GDP.MKTP.CD")
    first = baseline.series_hash(info, "pinned")
    assert len(first) == 64
    assert baseline.series_hash(info, data_dir() / "pinned") == first  # the same values by another way
    assert baseline.series_hash(info.with_(vintage="1999-01-01"), "pinned") == ""


def test_another_question_is_refused(state: ClaimsBaseline, claims: list[Claim]) -> None:
    old = dataclasses.replace(state, question={**QUESTION, "unit": "ARM"})
    with pytest.raises(BadInputError, match="about unit 'ARM', this report is about 'KGZ'"):
        shown(old, claims)


GOOD = {
    "schema": 1,
    "version": "0.1.0",
    "code": "x",
    "question": QUESTION,
    "settings": {"LEVEL": 0.9},
    "series": {},
    "claims": {},
}


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("", "not JSON"),
        ("{", "cut short"),
        ("[1, 2]", "no baseline of claims"),
        ("{}", "no field 'schema'"),
        (json.dumps({**GOOD, "schema": 2}), "of schema 2, this version reads 1"),
        (json.dumps({**GOOD, "claims": [1]}), "field 'claims'"),
        (json.dumps({**GOOD, "claims": {"a.b": {"value": "much"}}}), "field 'claims.a.b"),
        (json.dumps({**GOOD, "klaims": {}}), "'klaims' not known; did you mean 'claims'"),
        (json.dumps({k: v for k, v in GOOD.items() if k != "series"}), "field 'series' is missing"),
        (json.dumps(GOOD).replace("0.9", "NaN"), "NaN is no number"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_baseline_is_one_sentence_and_code_2(
    tmp_path: Path, text: str, printed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"bad\.json") as caught:
        baseline.read_baseline(path)
    assert printed in str(caught.value)
    assert "\n" not in str(caught.value)
    assert main(["report", "--out", str(tmp_path / "out"), "--check", str(path)]) == 2
    assert printed in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert path.read_text(encoding="utf-8") == text


def test_a_baseline_that_is_not_there_a_folder_or_bytes_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="does not exist; make one with"):
        baseline.read_baseline(tmp_path / "none.json")
    with pytest.raises(BadInputError, match="is a folder"):
        baseline.read_baseline(tmp_path)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe{")
    with pytest.raises(BadInputError, match="not UTF-8"):
        baseline.read_baseline(tmp_path / "bytes")


def test_accept_and_old_data_need_a_baseline(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--out", str(tmp_path / "out"), "--accept"]) == 2
    assert "accept was given without a baseline" in capsys.readouterr().err


# -- the command -----------------------------------------------------------------------------------------------------
@pytest.fixture
def quick(claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A report of these claims without its pages; ``made`` counts how often it was made, ``claims`` can be changed."""
    held = SimpleNamespace(made=0, claims=claims)

    def assemble(*_: object, **__: object) -> Material:
        held.made += 1
        return Material(SimpleNamespace(missing=(), substitutes=(), sections=()), tuple(held.claims))

    monkeypatch.setattr(write, "assemble", assemble)
    monkeypatch.setattr(write.sentences, "answers", lambda _: ["one sentence"])
    rest = {"claims": [], "series": [], "answers": [], "question": {"unit": "KGZ", "bloc": "EAEU"}}
    monkeypatch.setattr(write, "traced_report", lambda *_: {"report.json": json.dumps({**rest, "drift": None})})
    return held


def run(out: Path, *more: str) -> int:
    return main(["report", "--out", str(out), *more])


def test_check_ends_with_5_writes_the_report_and_leaves_the_baseline(
    quick: SimpleNamespace, claims: list[Claim], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "b.json", tmp_path / "out"
    assert run(out, "--check", str(path), "--accept") == 0  # there was none: it is made
    first = path.read_bytes()
    assert run(out, "--check", str(path)) == 0
    assert "None of" in capsys.readouterr().out
    quick.claims = with_claim(claims, "tariffs.average", value=9.0)
    assert run(out, "--check", str(path)) == 5
    seen = capsys.readouterr()
    assert "tariffs.average: value moved" in seen.out
    assert "Accept the new state with --accept" in seen.err
    assert "tariffs.average" in (out / "report.json").read_text(encoding="utf-8")
    assert path.read_bytes() == first
    assert run(out, "--check", str(path), "--accept") == 0
    assert path.read_bytes() != first
    assert run(out, "--check", str(path)) == 0


def test_a_second_run_is_read_and_says_the_same(
    quick: SimpleNamespace,
    claims: list[Claim],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EAEU_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("EAEU_CACHE", "on")
    path, out = tmp_path / "b.json", tmp_path / "out"
    assert run(out, "--check", str(path), "--accept") == 0
    text = json.loads(path.read_text(encoding="utf-8"))
    text["claims"]["tariffs.average"]["value"] = 9.0
    path.write_text(json.dumps(text), encoding="utf-8")
    capsys.readouterr()
    assert run(out, "--check", str(path)) == 5
    first, report = capsys.readouterr(), (out / "report.json").read_bytes()
    made = quick.made
    assert run(out, "--check", str(path)) == 5  # and a kept run drifts as well
    again = capsys.readouterr()
    assert (again.out, again.err.splitlines()[-1]) == (first.out, first.err.splitlines()[-1])
    assert (out / "report.json").read_bytes() == report
    assert quick.made == made
    assert run(out, "--check", str(path), "--no-cache") == 5
    assert quick.made == made + 1
    assert run(out, "--check", str(path), "--accept") == 0  # a kept run can be accepted
    assert quick.made == made + 1
    assert run(out, "--check", str(path)) == 0


def test_a_baseline_holds_no_number_that_json_does_not_know(state: ClaimsBaseline) -> None:
    text = baseline.text(state)
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
    assert all(math.isfinite(row.value) for row in state.claims.values())
