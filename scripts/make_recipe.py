"""Writes the recipe for conda-forge (recipe.yaml) from pyproject.toml and the source archive of a release.

python scripts/make_recipe.py dist/eaeu_analysis-0.1.0.tar.gz dist/recipe.yaml
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.make_environment import conda_name  # noqa: E402 - the path comes first


def recipe(archive: Path, pyproject: Path = ROOT / "pyproject.toml") -> str:
    """The recipe, in the form that conda-forge's template for pure Python has."""
    body = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    project, build = body["project"], body["build-system"]["requires"]
    oldest = re.search(r"\d+\.\d+", project["requires-python"]).group()
    stem = project["name"].replace("-", "_")
    lines = [
        "schema_version: 1",
        "context:",
        f'  version: "{project["version"]}"',
        f'  python_min: "{oldest}"',
        "package:",
        f"  name: {project['name']}",
        "  version: ${{ version }}",
        "source:",
        f"  url: https://pypi.org/packages/source/{stem[0]}/{project['name']}/{stem}-${{{{ version }}}}.tar.gz",
        f"  sha256: {hashlib.sha256(archive.read_bytes()).hexdigest()}",
        "build:",
        "  number: 0",
        "  noarch: python",
        "  script: ${{ PYTHON }} -m pip install . -vv --no-deps --no-build-isolation",
        "  python:",
        "    entry_points:",
        *(f"      - {name} = {target}" for name, target in project["scripts"].items()),
        "requirements:",
        "  host:",
        "    - python ${{ python_min }}.*",
        "    - pip",
        *(f'    - "{conda_name(requirement)}"' for requirement in build),
        "  run:",
        "    - python >=${{ python_min }}",
        *(f'    - "{conda_name(requirement)}"' for requirement in sorted(project["dependencies"])),
        "tests:",
        "  - python:",
        f"      imports: [{stem}]",
        '      python_version: ["${{ python_min }}.*", "*"]',
        "      pip_check: true",
        "  - script:",
        "      - eaeu compare KGZ",
        "about:",
        f'  summary: "{project["description"]}"',
        f"  license: {project['license']}",
        "  license_file: LICENSE",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    source, target = map(Path, sys.argv[1:3])
    target.write_text(recipe(source), encoding="utf-8")
    print(f"{target} written for {source.name}")
