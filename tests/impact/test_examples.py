"""The examples in the docstrings of the estimators run and print what they say."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = ["augmented", "completion", "did", "sdid", "series", "synthetic"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"eaeu_analysis.impact.{name}"))
    assert found.attempted >= 4
    assert found.failed == 0
