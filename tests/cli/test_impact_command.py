"""``eaeu impact`` as a person and as a job meet it."""

from __future__ import annotations

import json

import pytest

from eaeu_analysis.cli import main

CURVE = ["impact", "KGZ", "--outcome", "exports", "--curve", "--limit", "6"]


def test_help_has_an_example(capsys):
    assert main(["impact", "--help"]) == 0
    assert "--curve --jobs 2 --keep" in " ".join(capsys.readouterr().out.split())


def test_a_curve_goes_on_from_what_was_kept(tmp_path, capsys):
    keep = tmp_path / "curve.parquet"
    assert main([*CURVE, "--keep", str(keep), "--json"]) == 0
    first = capsys.readouterr()
    told = json.loads(first.out)
    assert len(told["rows"]) == 6
    assert not [row for row in told["rows"] if "lacks the series" in row["failed"]], "predictors are loaded too"
    assert "6 of 6 specifications" in first.err
    whole = keep.read_bytes()
    assert main([*CURVE, "--keep", str(keep), "--json"]) == 0
    assert capsys.readouterr().out == first.out
    assert keep.read_bytes() == whole
    assert main([*CURVE, "--seed", "1", "--keep", str(keep)]) == 2
    assert "holds another specification curve" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path, capsys, monkeypatch):
    from eaeu_analysis.impact.curve import run as curve

    monkeypatch.setattr(curve, "_run", lambda *given: pytest.fail("the work was begun"))
    (tmp_path / "file").write_text("")
    assert main([*CURVE, "--keep", str(tmp_path / "file" / "curve.parquet")]) == 2
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["impact", "KGZ", "--curve"], "--curve needs one economy and one --outcome"),
        ([*CURVE, "--method", "sc"], "leave out --method and --pool"),
        ([*CURVE, "--pool", "wide"], "leave out --method and --pool"),
        (["impact", "KGZ", "-o", "exports", "--limit", "5"], "--limit and --keep belong to --curve"),
        (["impact", "KGZ", "-o", "export"], "did you mean 'exports'"),
        (["impact", "UZB", "-o", "exports"], "Uzbekistan (UZB) is not a member of EAEU"),
        (["impact", "KGZ", "-o", "exports", "--pool", "narrow"], "donor pool 'narrow' not known"),
        (["impact", "KGZ", "-o", "exports", "--pool", "UZB"], "or at least two economies, separated by commas"),
        (["impact", "KGZ", "-o", "exports", "--event", "2050"], "event 2050 is outside the data"),
        (["impact", "KGZ", "-o", "exports", "--event", "1980"], "event 1980 is outside the data"),
        (["impact", "KGZ", "-o", "exports", "--method", "magic"], "method 'magic' not known"),
        (["impact", "KGZ", "-o", "exports", "--jobs", "0"], "1 or more"),
        (["impact", "KGZ", "-o", "exports", "--seed", "-1"], "-1"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(asked, says, capsys):
    assert main(asked) == 2
    out = capsys.readouterr()
    assert says in out.err
    assert "Traceback" not in out.err
    assert out.out == ""


def test_nothing_estimated_ends_with_3_and_the_reason(capsys):
    assert main(["impact", "KGZ", "-o", "exports", "--pool", "exposure", "--method", "sdid"]) == 3
    out = capsys.readouterr()
    assert "has none of; use 'sc'" in out.err
    assert out.out == ""


def test_each_pool_is_named_above_its_effect(capsys):
    assert main(["impact", "KGZ", "-o", "exports", "--method", "did"]) == 0
    text = capsys.readouterr().out
    assert text.count("Donors: ") == 2
    assert text.count("  source: NE.EXP.GNFS.ZS, World Bank") == 2
