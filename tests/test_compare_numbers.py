"""The comparison of two folders of JSON output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "scripts" / "compare_numbers.py"
OUTPUT = {"text": "as before", "value": 1.5, "rows": [{"p": 0.1, "passed": True, "upper": None}]}


@pytest.mark.parametrize(
    ("after", "status", "says"),
    [
        ({**OUTPUT, "text": "reworded"}, 0, "1 files with the same numbers, 0 that differ"),
        ({**OUTPUT, "value": 1.5 * (1 + 1e-12)}, 0, "0 that differ"),
        ({**OUTPUT, "value": 1.500001}, 1, "value: 1.5 became 1.500001"),
        ({**OUTPUT, "rows": [{"p": 0.1, "passed": False, "upper": None}]}, 1, "rows[0].passed: 1.0 became 0.0"),
        ({**OUTPUT, "rows": [{"p": 0.1, "passed": True, "upper": 2.0}]}, 1, "rows[0].upper: nan became 2.0"),
        ({**OUTPUT, "rows": []}, 1, "rows[0].p: 0.1 is missing in the second"),
        ({**OUTPUT, "more": 3}, 1, "more: 3.0 is new in the second"),
    ],
)
def test_numbers_are_compared_and_texts_are_not(after: object, status: int, says: str, tmp_path: Path) -> None:
    for name, document in (("before", OUTPUT), ("after", after)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.json").write_text(json.dumps(document), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, SCRIPT, tmp_path / "before", tmp_path / "after"], capture_output=True, text=True, check=False
    )
    assert (run.returncode, says in run.stdout) == (status, True), run.stdout


def test_a_path_without_output_is_refused(tmp_path: Path) -> None:
    run = subprocess.run([sys.executable, SCRIPT, tmp_path, tmp_path], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert "is not a folder with JSON files" in run.stderr
