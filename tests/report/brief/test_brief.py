"""The brief: points by rule, both sides, questions, what not to say; written whole, or one sentence."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

import eaeu_analysis as ea
from eaeu_analysis.cli import main
from eaeu_analysis.errors import BadInputError
from eaeu_analysis.report.brief import write
from eaeu_analysis.report.brief.compose import Brief, compose, load_brief_rules
from eaeu_analysis.report.brief.render import FORMATS
from eaeu_analysis.report.claims.claim import Claim
from eaeu_analysis.report.claims.points import is_point, points
from eaeu_analysis.report.wording.templates import find_language
from eaeu_analysis.results import Check


def claim(name: str, side: str = "for", grade: str = "C", finding: str = "", failed: bool = False) -> Claim:
    checks = (Check("c", False, None, None, ""),) if failed else ()
    return Claim(
        id=name,
        topic=name.partition(".")[0],
        question="q",
        side=side,
        template="t",
        values={},
        value=1.0,
        measure="%",
        grade=grade,
        caveat="c",
        would_change="w",
        call="c",
        checks=checks,
        finding=finding,
    )


def test_a_side_takes_the_best_of_each_topic_first_then_the_next_best() -> None:
    made = [
        claim("tariffs.a"),
        claim("tariffs.b"),
        claim("tariffs.c"),
        claim("leaning.a", grade="D"),
        claim("partners.a", grade="B", finding="found"),
    ]
    assert [c.id for c in points(made, 3)["for"]] == ["partners.a", "tariffs.a", "leaning.a"]
    assert [c.id for c in points(made, 4)["for"]] == ["partners.a", "tariffs.a", "tariffs.b", "leaning.a"]


@pytest.mark.parametrize(
    ("more", "stands"),
    [
        ({}, True),
        ({"failed": True}, False),
        ({"side": "context"}, False),
        ({"finding": "found"}, True),
        *(({"finding": finding}, False) for finding in ("none", "fragile", "unreliable", "untested")),
    ],
)
def test_what_found_nothing_or_failed_a_check_is_a_point_for_nobody(more: dict, stands: bool) -> None:
    assert is_point(claim("tariffs.a", **more)) is stands


def test_a_side_is_never_filled_up(claims: list[Claim]) -> None:
    few = [c for c in claims if c.side != "against"] + [c for c in claims if c.id == "tariffs.average"]
    brief = compose(few)
    assert len(brief.parts["against"]) == 1
    assert brief.notes["against"] == "The evidence supports 1 point on this side, not 5."
    none = compose([c for c in claims if c.side != "against"])
    assert none.parts["against"] == ()
    assert none.notes["against"] == "The evidence supports no point on this side."


def test_both_sides_have_five_points_each_with_caveat_grade_and_source(briefs: dict[str, Brief]) -> None:
    for brief in briefs.values():
        for side in ("for", "against"):
            assert len(brief.parts[side]) == load_brief_rules().points == 5
            for line in brief.parts[side]:
                assert line.caveat
                assert line.grade in "ABCDEFX"
                assert line.marks
        assert not brief.notes


def test_no_point_is_stronger_than_its_check(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    by_id = {c.id: c for c in claims}
    for side in ("for", "against"):
        for line in briefs["en"].parts[side]:
            assert all(is_point(by_id[name]) and by_id[name].side == side for name in line.claims)


def test_the_member_is_stated_in_four_sentences_with_the_verdict_of_the_test(
    claims: list[Claim], briefs: dict[str, Brief]
) -> None:
    by_id = {c.id: c for c in claims}
    for lang, brief in briefs.items():
        assert len(brief.parts["fared"]) == 4
        for line in brief.parts["fared"]:
            test = next(by_id[name] for name in line.claims if name.endswith(".counterfactual"))
            if test.finding != "found":
                verdict = find_language(lang, "brief").template("verdict", test.template.rpartition(".")[2])
                assert verdict in line.text


def test_a_test_that_found_an_effect_says_so_and_one_that_did_not_is_not(claims: list[Claim]) -> None:
    def first(finding: str, template: str) -> str:
        changed = [
            dataclasses.replace(c, finding=finding, template=template) if c.id == "fared.trade.counterfactual" else c
            for c in claims
        ]
        return compose(changed).parts["fared"][0].text

    assert "Joining lowered it: the level was 27 percentage points below" in first("found", "counterfactual.lower")
    for finding in ("none", "fragile", "unreliable"):
        assert "lowered" not in first(finding, f"counterfactual.{finding}")


def test_the_bottom_line_follows_the_model_the_tests_and_the_trade(claims: list[Claim]) -> None:
    """A sentence on each question, chosen by rule: a range across zero is never reported as a gain or a loss."""

    def bottom(*, model: dict | None = None, finding: str = "none", exports: float = -1.7) -> list[str]:
        changed = {"scenario.welfare": {"checks": (), **(model or {})}}
        changed |= {c.id: {"finding": finding, "checks": ()} for c in claims if c.topic == "fared" and c.finding}
        for name in ("leaning.exports.EAEU", "leaning.imports.EAEU"):
            changed[name] = {"value": exports, "checks": ()}
        made = compose([dataclasses.replace(c, **changed.get(c.id, {})) for c in claims])
        return [line.text for line in made.parts["bottom"]]

    clear = {"value": 0.5, "lower": 0.2, "upper": 0.9}
    assert "would raise household spending" in bottom(model=clear)[0]
    assert "would lower household spending" in bottom(model={"value": -0.5, "lower": -0.9, "upper": -0.2})[0]
    assert "change little" in bottom(model={"value": 0.2, "lower": -0.2, "upper": 0.7})[0]
    assert "is not known" in bottom(model={"value": 2.0, "lower": -1.0, "upper": 4.0})[0]
    failed = (Check("c", False, None, None, "", role="fatal"),)
    assert "would raise" not in bottom(model={**clear, "checks": failed})[0]
    assert "none of 7 estimates shows" in bottom()[1]
    assert "7 of 7 estimates show" in bottom(finding="found")[1]
    assert "is not moving towards" in bottom()[2]
    assert "is moving towards" in bottom(exports=1.7)[2]
    assert compose([c for c in claims if c.topic == "tariffs"], "en", "tariffs").parts["bottom"] == ()


def test_brief_and_page_state_the_same_counts(claims: list[Claim], briefs: dict[str, Brief]) -> None:
    from eaeu_analysis.report.claims.points import balance

    held = [c for c in claims if c.topic != "unsupported"]
    tests = [c for c in held if c.finding and c.topic in ("fared", "partners")]
    counts = balance(claims)  # which report.json and the page print
    assert counts["findings"] == len(held)
    assert counts["tests"] == len(tests)
    assert counts["fared_tests"] == sum(c.topic == "fared" for c in tests)
    for brief in briefs.values():
        assert brief.counts == counts
        assert brief.document()["counts"] == counts
        sure = brief.parts["sure"]
        assert re.findall(r"\d+", sure[0].text) == [str(counts["fared_tests"]), str(counts["partners_tests"])]
        shown = {int(n) for n in re.findall(r"\d+", sure[1].text)}
        assert shown == {counts[n] for n in counts if n in ("findings", "for", "against", "context")} | {
            counts[f"{side}_{how}"] for side in ("for", "against") for how in ("points", "passed", "unchecked")
        }


@pytest.fixture
def claims_cached(claims: list[Claim], monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims as if they had been computed before."""
    from eaeu_analysis.report.claims import collect

    def some(*_: object, topic: str | None = None, **__: object) -> list[Claim]:
        wanted = collect._topics(topic)
        return [c for c in claims if c.topic in wanted]

    monkeypatch.setattr(collect, "claims", some)
    monkeypatch.setattr(collect, "claims_cached", lambda **_: True)


@pytest.mark.usefixtures("claims_cached")
def test_a_brief_is_written_whole_and_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    out = tmp_path / "brief"
    done = ea.write_brief(out)
    assert done.files == tuple(f"brief.{form}" for form in FORMATS)
    assert "For joining" in done.summary()
    first = {p.name: p.read_bytes() for p in out.iterdir()}
    assert sorted(first) == sorted([*done.files, "manifest.json"])
    again = ea.write_brief(out, formats=["md"])
    assert sorted(p.name for p in out.iterdir()) == ["brief.json", "brief.md", "manifest.json"]
    assert again.files == ("brief.md", "brief.json")
    assert (out / "brief.md").read_bytes() == first["brief.md"]


@pytest.mark.usefixtures("claims_cached")
def test_a_folder_that_is_no_brief_and_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(BadInputError, match=r"'thesis\.txt', which this program did not write"):
        ea.write_brief(tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()
    with pytest.raises(BadInputError, match="it is a file"):
        ea.write_brief(tmp_path / "mine" / "thesis.txt")


@pytest.mark.usefixtures("claims_cached")
def test_a_run_that_fails_leaves_the_old_brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "brief"
    ea.write_brief(out, formats=["md"])
    before = (out / "brief.md").read_bytes()

    def broken(*_: object) -> bytes:
        raise OSError("broken")

    monkeypatch.setattr(write, "render_brief", broken)
    with pytest.raises(OSError, match="broken"):
        ea.write_brief(out, formats=["md"])
    assert (out / "brief.md").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--topic", "tarifs"], "topic 'tarifs' not known; did you mean 'tariffs'?"),
        (["--lang", "kk"], "language 'kk' not known; known: en, ru, uz"),
        (["--format", "odt"], "format 'odt' not known"),
        (["--format", ""], "format '' not known"),
    ],
)
def test_bad_input_is_one_sentence(
    arguments: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["brief", "--out", str(tmp_path / "out"), *arguments]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_cold_run_says_how_long_it_takes(
    claims: list[Claim], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from eaeu_analysis.report.claims import collect

    monkeypatch.setattr(collect, "claims", lambda **_: claims)
    ea.brief()  # the tests keep nothing
    assert "a minute" in caplog.text
    assert "next brief" not in caplog.text
    caplog.clear()
    monkeypatch.setenv("EAEU_CACHE", "on")
    monkeypatch.setattr(collect, "claims_cached", lambda **_: False)
    ea.brief()
    assert "the next brief on the same data takes seconds" in caplog.text
    caplog.clear()
    monkeypatch.setattr(collect, "claims_cached", lambda **_: True)
    ea.brief()
    assert not caplog.text


@pytest.mark.usefixtures("claims_cached")
def test_the_command_writes_and_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["brief", "--topic", "tariffs", "--out", str(out), "--format", "md,html"]) == 0
    assert sorted(p.name for p in out.iterdir()) == ["brief.html", "brief.json", "brief.md", "manifest.json"]
    assert "Against joining" in capsys.readouterr().out
    assert main(["brief", "--topic", "tariffs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["topic"] == "tariffs"
