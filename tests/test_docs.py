"""Every public name, and every class that a public function returns, has an entry on the API pages."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path

import pytest

import eaeu_analysis as ea

ROOT = Path(__file__).resolve().parents[1]
CLASSES = {
    name
    for path in (ROOT / "eaeu_analysis").rglob("*.py")
    for name in re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.M)
}
spec = importlib.util.spec_from_file_location("api_pages", ROOT / "docs" / "_ext" / "api_pages.py")
assert spec is not None
assert spec.loader is not None
api_pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(api_pages)


@pytest.fixture(scope="module")
def entries() -> list[str]:
    """What the pages have entries for, by last name, as Sphinx is given them."""
    text = "\n".join(api_pages.expand(page, source) for page, source in api_pages.pages().items())
    return re.findall(r"^\.\. (?:autofunction|autoclass|py:function|py:data):: (?:[\w.]+\.)?(\w+)", text, re.M)


def test_each_public_name_has_one_entry(entries: list[str]) -> None:
    assert {name: entries.count(name) for name in ea.__all__} == dict.fromkeys(ea.__all__, 1)


@pytest.mark.parametrize("name", [name for name in ea.__all__ if inspect.isfunction(getattr(ea, name))])
def test_what_a_function_returns_has_an_entry(name: str, entries: list[str]) -> None:
    named = set(re.findall(r"\w+", getattr(ea, name).__annotations__["return"]))
    assert named & CLASSES <= set(entries)
