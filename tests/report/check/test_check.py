"""`ea.check_text` and `eaeu check`: results, files, exit codes and bad input."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

import eaeu_analysis as ea
from eaeu_analysis.cli import main


def test_the_result_has_the_forms_of_every_result() -> None:
    done = ea.check_text("The union doubled trade among its founders. <b>Hello</b> there.")
    assert list(done.to_frame()["verdict"]) == ["overstated"]
    assert done.document()["counts"]["overstated"] == 1
    assert not done.passed
    assert "[overstated]" in done.summary()
    assert "doubled" in done._repr_html_()
    page = done.page()
    assert "<b>Hello" not in page
    assert "<script" not in page
    assert "http" not in page


def test_nothing_to_check_passes() -> None:
    done = ea.check_text("It is a lovely day.")
    assert done.passed
    assert done.statements == ()
    assert "Nothing" in done.summary()


ODD = ["", " \n", "....", "% % %", "1e400 %", "9" * 400 + " %", "\u202e\x1b[31m 5 % \x00"]
ODD += ["Oʻzbekiston aholisi 1 316 569", "Armenia shed 14.1 % of its output in 2009 then 2.2 % in 2010."]


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_are_no_failure(text: str) -> None:
    assert ea.check_text(text).lang in ("en", "ru", "uz")


def test_bad_input_is_one_sentence(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(ea.EaeuError, match="language 'de' not known"):
        ea.check_text("Trade fell.", "de")
    with pytest.raises(ea.EaeuError, match="must be a text, not int"):
        ea.check_text(5)  # type: ignore[arg-type] # wrong on purpose
    with pytest.raises(ea.EaeuError, match="characters; expected at most"):
        ea.check_text("a" * 1_000_001)
    latin = tmp_path / "a.txt"
    latin.write_bytes("наука".encode("cp1251"))
    wide = tmp_path / "b.txt"
    wide.write_bytes("Trade fell.".encode("utf-16-le"))
    empty = tmp_path / "empty.md"
    empty.write_bytes(b"\n")
    cases = [("none.txt", "does not exist"), ("none.docx", "does not exist"), ("article", "does not exist")]
    cases += [(str(empty), "is empty"), (str(latin), "not UTF-8"), (str(wide), "not UTF-8"), ("", "is empty")]
    for argument, message in (*cases, (" ", "is empty")):
        assert main(["check", argument]) == 2
        assert message in capsys.readouterr().err


def test_a_text_in_another_language_than_given_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    text = "В 2024 году инфляция в Казахстане была 3 %."
    assert main(["check", text]) == 5
    assert main(["check", text, "--lang", "en"]) == 2
    assert "--lang ru" in capsys.readouterr().err


def test_the_exit_code_stops_a_pipeline(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["check", "Kyrgyzstan joined the union in 2015."]) == 0
    assert main(["check", "The union doubled trade among its founders."]) == 5
    assert "[overstated]" in capsys.readouterr().out
    page = tmp_path / "checked.html"
    assert main(["check", "Союз удвоил торговлю своих основателей.", "--json", "--html", str(page)]) == 5
    body = json.loads(capsys.readouterr().out)
    assert (body["lang"], body["passed"]) == ("ru", False)
    assert [s["verdict"] for s in body["statements"]] == ["overstated"]
    assert "преувеличено" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.md", "# Title\n\nThe union doubled trade among its founders."),
        ("a.html", "<style>p{}</style><p>The union <b>doubled</b> trade among its founders.</p><script>5 %</script>"),
        ("a.srt", "1\n00:00:01,000 --> 00:00:04,000\nThe union doubled trade\namong its founders.\n"),
    ],
)
def test_files_of_each_kind(name: str, body: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / name
    path.write_text(body, encoding="utf-8")
    assert main(["check", str(path), "--json"]) == 5
    assert [s["verdict"] for s in json.loads(capsys.readouterr().out)["statements"]] == ["overstated"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Qirgʻiziston ittifoqqa 2012-yilda kirdi.".encode())))
    assert main(["check", "-", "--json"]) == 5
    assert json.loads(capsys.readouterr().out)["lang"] == "uz"
    page = "<!DOCTYPE html><html><style>p{width:50 %}</style><p>The union <b>doubled</b> trade among its founders.</p>"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(page.encode())))
    assert main(["check", "-", "--json"]) == 5
    (found,) = json.loads(capsys.readouterr().out)["statements"]
    assert found["text"] == "The union doubled trade among its founders."
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b" \n")))
    assert main(["check", "-"]) == 2
    assert "is empty" in capsys.readouterr().err
