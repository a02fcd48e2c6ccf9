"""Shared by the tests of before/after."""

import pytest

from eaeu_analysis.catalogue import outcomes
from eaeu_analysis.load import load_panel


@pytest.fixture(scope="module")
def real():
    return load_panel(list(outcomes().index))
