"""The examples in the docstrings of the estimators run and print what they say."""

from __future__ import annotations

import doctest
import importlib

import pytest

MODULES = [
    "augmented",
    "difference_in_differences",
    "interrupted_series",
    "matrix_completion",
    "synthetic",
    "synthetic_did",
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    found = doctest.testmod(importlib.import_module(f"eaeu_analysis.impact.estimators.{name}"))
    assert found.attempted >= 3
    assert found.failed == 0
