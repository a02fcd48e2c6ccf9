"""Every public name, and every class that a public function returns, has an entry on the API pages."""

from __future__ import annotations

import importlib.util
import inspect
import re
from pathlib import Path
from typing import Any

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


def test_the_python_lines_of_the_page_for_users_of_r_and_stata_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All blocks in one namespace, in their order; and each is an answer, not only a call that does not fail."""
    page = (ROOT / "docs" / "from_r_and_stata.md").read_text(encoding="utf-8")
    found = re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S)
    assert len(found) >= 10
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for body in found:
        exec(compile(body, "from_r_and_stata.md", "exec"), names)  # noqa: S102 - our own page
    assert names["sc"].estimate == pytest.approx(-8, abs=1.5)
    assert names["fit"].coef["rta"] == pytest.approx(0.5, abs=0.1)
    assert (tmp_path / "effect.csv").is_file()
    assert {"r", "stata"} <= set(re.findall(r"^```(\w+)$", page, re.M))


def test_llms_txt_lists_every_page_of_the_site() -> None:
    text = (ROOT / "docs" / "llms.txt").read_text(encoding="utf-8")
    linked = re.findall(r"^- \[[^\]]+\]\((\w+)\.html\): \S", text, re.M)
    (toctree,) = api_pages.blocks("toctree", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    pages = [name for name in toctree if not name.startswith((":", "<")) and name != "Quickstart"]
    assert sorted(linked) == sorted([*pages, "index"])
    assert text.startswith("# eaeu_analysis\n\n> ")
