"""Shared by the tests of before/after."""

import pytest

from eaeu_analysis.data.load import load_panel
from eaeu_analysis.reference.catalogue import outcomes


@pytest.fixture(scope="module")
def real():
    return load_panel(list(outcomes().index))
