"""``eaeu impact`` as a person and as a job meet it."""

from __future__ import annotations

import json
import re

import pytest

from eaeu_analysis.cli import main
from eaeu_analysis.impact.methods import METHODS

CURVE = ["impact", "KGZ", "--outcome", "exports", "--curve", "--limit", "6"]


def test_help_has_an_example(capsys):
    assert main(["impact", "--help"]) == 0
    assert "--curve --jobs 2" in " ".join(capsys.readouterr().out.split())


def test_a_curve_has_a_row_for_each_specification(capsys):
    assert main([*CURVE, "--json"]) == 0
    shown = capsys.readouterr()
    rows = json.loads(shown.out)["rows"]
    assert len(rows) == 6
    assert not [row for row in rows if "lacks the series" in row["failed"]], "predictors are loaded too"
    assert "6 of 6 specifications" in shown.err


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (["impact", "KGZ", "--curve"], "--curve needs one economy and one --outcome"),
        ([*CURVE, "--method", "sc"], "leave out --method, --pool,"),
        ([*CURVE, "--pool", "wide"], "leave out --method, --pool,"),
        (["impact", "KGZ", "-o", "exports", "--limit", "5"], "--limit belongs to --curve"),
        (["impact", "KGZ", "-o", "export"], "did you mean 'exports'"),
        (["impact", "UZB", "-o", "exports"], "Uzbekistan (UZB) is not a member of EAEU"),
        (["impact", "KGZ", "-o", "exports", "--pool", "narrow"], "donor pool 'narrow' not known"),
        (["impact", "KGZ", "-o", "exports", "--pool", "UZB"], "or at least two economies, separated by commas"),
        (["impact", "KGZ", "-o", "exports", "--event", "2050"], "event 2050 is outside the data"),
        (["impact", "KGZ", "-o", "exports", "--event", "1980"], "event 1980 is outside the data"),
        (["impact", "KGZ", "-o", "exports", "--method", "magic"], "method 'magic' not known"),
        (["impact", "KGZ", "-o", "exports", "--fit-years", "2002..2013"], "expected years as 2002-2013"),
        (["impact", "KGZ", "--fit-years", "2002-2013"], "need one economy and one --outcome"),
        (["impact", "KGZ", "-o", "exports", "--most-donors", "1"], "at least 2 are needed"),
        (
            ["impact", "KGZ", "-o", "exports", "--method", "did", "--most-donors", "5"],
            "has no largest number of donors",
        ),
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


def test_windows_donors_and_their_number_can_be_chosen(capsys):
    command = [
        "impact",
        "KGZ",
        "-o",
        "exports",
        "--pool",
        "wide",
        "--fit-years",
        "2004-2012",
        "--post-years",
        "2016-2018",
    ]
    assert main([*command, "--method", "did"]) == 0
    text = capsys.readouterr().out
    assert "fitted on 9 years, 2004-2012; judged on 3 years, 2016-2018" in text
    assert "beside it" not in text  # only with the default question
    assert main(["impact", "KGZ", "-o", "exports", "--most-donors", "5"]) == 0
    assert "donors considered, 5 used" in capsys.readouterr().out


def test_next_to_the_headline_are_the_curve_and_the_other_pools(capsys):
    assert main(["impact", "KGZ", "-o", "exports"]) == 0
    text = capsys.readouterr().out
    for part in ("specification curve: median", "quartiles", "within half the bounds", "all economies of a million",
                 "shared the rouble shock", "fitted to 2014"):  # fmt: skip
        assert part in text
    assert text.count("  source: NE.EXP.GNFS.ZS, World Bank") == 1


def test_the_help_lists_every_method(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert main(["impact", "--help"]) == 0
    words = set(re.findall(r"[\w-]+", capsys.readouterr().out))
    assert set(METHODS) <= words
