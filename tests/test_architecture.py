"""The house: data flow one way, nothing heavy at import, environment.yml generated."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "eaeu_analysis"

# A stage may import from itself and from the stages before it.
STAGES = [
    {"errors", "settings", "series", "arrays", "text", "files", "parallel"},
    {"results"},
    {"catalogue", "blocs", "names", "reference"},
    {"sources"},
    {"store", "corrections", "diff", "pin"},
    {"transforms", "panel", "load", "data"},
    {"compare", "impact", "trade", "remittances"},
    {"scenario"},
    {"plots"},
    {"report"},
    {"notebook"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(STAGES) for name in names}


def stage_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_stages(path: Path) -> set[str]:
    """Stages named by the module's imports, those inside functions and under TYPE_CHECKING left out."""
    found: set[str] = set()
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")
            if node.level == depth:
                found |= {alias.name for alias in node.names} if node.module is None else {module[0]}
            elif node.level == 0 and module[0] == "eaeu_analysis":
                found |= {module[1]} if len(module) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("eaeu_analysis.")}
    return found & RANK.keys()


MODULES = [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_stage_imports_only_from_stages_above(path: Path) -> None:
    stage = stage_of(path)
    assert stage in RANK, f"{stage} has no place in the order of stages"
    later = {other for other in imported_stages(path) if RANK[other] > RANK[stage]}
    assert not later, f"{stage} imports {sorted(later)}, which come after it"


def test_the_import_reader_sees_relative_and_absolute_imports(tmp_path: Path) -> None:
    module = PACKAGE / "sources" / "__init__.py"
    assert imported_stages(module) == {"series"}


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"pandas", "numpy", "scipy", "matplotlib", "statsmodels", "duckdb", "wbgapi", "pyfixest", "pyarrow"}
    out = run("import eaeu_analysis, sys; print(*sys.modules)")
    assert not heavy & set(out.split())


def test_help_loads_nothing_heavy() -> None:
    code = "from eaeu_analysis.cli import main; import sys; main(['--help']); print('\\n', *sys.modules)"
    assert not {"pandas", "numpy", "scipy", "matplotlib"} & set(run(code).split())


def test_every_public_name_is_there() -> None:
    code = "import eaeu_analysis as ea\nfor name in ea.__all__: assert getattr(ea, name) is not None\nprint('all')"
    assert run(code).strip() == "all"


def test_public_names_stay_callable_whatever_is_imported_first() -> None:
    code = (
        "import eaeu_analysis as ea, importlib, pkgutil\n"
        "for m in pkgutil.walk_packages(ea.__path__, 'eaeu_analysis.'):\n"
        "    importlib.import_module(m.name)\n"
        "bad = [n for n in ea.__all__ if n != '__version__' and not callable(getattr(ea, n))]\n"
        "print(bad)"
    )
    assert run(code).strip() == "[]"


@pytest.mark.parametrize("script", ["make_environment.py", "make_reliability.py"])
def test_what_is_generated_agrees_with_what_it_is_made_from(script: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / script), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_lock_agrees_with_pyproject() -> None:
    """The lock lists for the project exactly the requirements that pyproject.toml states."""
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    own = next(p for p in lock["package"] if p["name"] == project["name"])
    locked = {(r["name"], r.get("specifier", "")) for r in own["metadata"]["requires-dist"] if "marker" not in r}
    import re

    stated = set()
    for requirement in project["dependencies"]:
        name, version = re.fullmatch(r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?(.*)", requirement).groups()
        stated.add((name, version))
    assert locked == stated
