"""Writes environment.yml for conda from pyproject.toml; with --check, says whether it is up to date."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONDA_NAMES = {  # PyPI name: name on conda-forge, where they differ
    "duckdb": "python-duckdb",
    "matplotlib": "matplotlib-base",
}
FROM_PIP = {"typst"}  # not on conda-forge


def conda_name(requirement: str) -> str:
    """A requirement of pyproject.toml with the name that its package has on conda-forge."""
    name, version = re.fullmatch(r"([A-Za-z0-9._-]+)(.*)", requirement).groups()
    return f"{CONDA_NAMES.get(name, name)}{version}"


def environment(pyproject: Path = ROOT / "pyproject.toml") -> str:
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["notebooks"], *extras["bulk"]]
    conda, pip = [], []
    for requirement in sorted(wanted):
        if re.match(r"[A-Za-z0-9._-]+", requirement).group() in FROM_PIP:
            pip.append(requirement)
        else:
            conda.append(conda_name(requirement))
    lines = [
        "# Generated from pyproject.toml by scripts/make_environment.py; edit there.",
        "name: eaeu-analysis",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        f"  - python{project['requires-python']}",
        *[f"  - {item}" for item in sorted(conda)],
        "  - pip",
        "  - pip:",
        *[f"      - {item}" for item in pip],
        "      - -e .",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    target = ROOT / "environment.yml"
    text = environment()
    if "--check" in sys.argv[1:]:
        same = target.is_file() and target.read_text(encoding="utf-8") == text
        print("environment.yml is up to date" if same else "environment.yml is out of date: run this without --check")
        return 0 if same else 1
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
