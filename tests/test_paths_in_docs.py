"""Every file, folder and function that the pages of the repository name exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "eaeu_analysis"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PAGES.remove(ROOT / "CHANGELOG.md")  # it names files of the past
MADE = (
    "bld/",
    "dist/",
    "brief/brief.",
    "../../deployments/",
)  # made by a command; a page of the host of the repository


def named_paths(text: str) -> list[tuple[str, str]]:
    """Paths in backticks and in links of ``text``, each with the name after the colon, if any."""
    quoted = re.findall(r"`([\w.*/-]+/[\w.*/-]*|[\w-]+\.py)(?::(\w+))?`", text)
    linked = [(path, "") for path in re.findall(r"\]\(([\w./-]+)\)", text)]
    return quoted + linked


def found(path: str, page: Path) -> list[Path]:
    places = (page.parent, ROOT, PACKAGE)
    return [hit for place in places for hit in (place.glob(path) if "*" in path else [place / path]) if hit.exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    missing = []
    for path, name in named_paths(page.read_text(encoding="utf-8")):
        if path.startswith(MADE):
            continue
        files = found(path, page)
        if not files:
            missing.append(path)
        elif name and name not in defined(files[0]):
            missing.append(f"{path}:{name}")
    assert not missing


def defined(module: Path) -> set[str]:
    """Names of the functions, classes and constants at the top of a module."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_a_wrong_path_and_a_wrong_name_are_noticed() -> None:
    assert named_paths("`compare/run.py:before_after`, [x](docs/data.md)") == [
        ("compare/run.py", "before_after"),
        ("docs/data.md", ""),
    ]
    assert not found("compare/nowhere.py", ROOT / "README.md")
    assert "nothing" not in defined(PACKAGE / "compare" / "run.py")
