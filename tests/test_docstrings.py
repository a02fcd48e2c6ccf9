"""The example of each public name runs and prints what its docstring says."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest

import eaeu_analysis as ea

MINUTES = {"agreement_effects", "backtest_scenarios", "trade_answer", "write_report", "yardstick"}
NAMES = [
    pytest.param(name, marks=pytest.mark.slow) if name in MINUTES else name
    for name in ea.__all__
    if name != "__version__"
]


@pytest.mark.parametrize("name", NAMES)
def test_its_example_prints_what_it_says(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(getattr(ea, name)) or "")
    assert len(examples) >= 2, "an import and a call"
    assert any(example.want for example in examples), "an example that prints nothing says nothing"
    shown: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.NORMALIZE_WHITESPACE)
    runner.run(doctest.DocTest(examples, {}, name, None, None, None), out=shown.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(shown)
    assert not list(tmp_path.iterdir()), "an example leaves nothing behind"
