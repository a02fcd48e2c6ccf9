"""The house: data flow one way, nothing heavy at import, environment.yml generated."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "eaeu_analysis"

# A stage may import from itself and from those before it, lazily or not. Imports for the type checker do not count.
STAGES = [
    {"errors", "settings", "series", "arrays", "text", "files", "parallel", "user_files"},
    {"results", "output_folder"},
    {"reference"},
    {"data"},
    {"compare", "trade"},
    {"remittances"},
    {"impact"},
    {"scenario"},
    {"plots"},
    {"report"},
    {"notebook", "completion"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(STAGES) for name in names}


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_imports(source: str, module: str, is_package: bool, known: set[str]) -> set[str]:
    """Modules of the package that ``source`` imports, inside functions too; those for the type checker left out."""
    tree = ast.parse(source)
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    here = module.split(".") if is_package else module.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.ImportFrom):
            if node.level:
                base = [*here[: len(here) - node.level + 1], *(node.module or "").split(".")]
            elif (node.module or "").split(".")[0] == "eaeu_analysis":
                base = (node.module or "").split(".")[1:]
            else:
                continue
            prefix = ".".join(part for part in base if part)
            for alias in node.names:
                whole = f"{prefix}.{alias.name}" if prefix else alias.name
                found.add(whole if whole in known else prefix)
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[2] for alias in node.names if alias.name.startswith("eaeu_analysis.")}
    return found - {"", module}


PATHS = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
IMPORTS = {
    module: read_imports(path.read_text(encoding="utf-8"), module, path.name == "__init__.py", set(PATHS))
    for module, path in PATHS.items()
    if module  # the root loads public names when they are first used
}


@pytest.mark.parametrize("module", sorted(IMPORTS))
def test_a_stage_imports_only_from_stages_before_it(module: str) -> None:
    stage = module.split(".")[0]
    assert stage in RANK, f"{stage} has no place in the order of stages"
    later = sorted(other for other in IMPORTS[module] if RANK[other.split(".")[0]] > RANK[stage])
    assert not later, f"{module} imports {later}, which come after {stage}"
    others = RANK[stage]
    aside = sorted(o for o in IMPORTS[module] if o.split(".")[0] != stage and RANK[o.split(".")[0]] == others)
    assert not aside or others <= RANK["results"], f"{module} imports {aside}, which are of the same rank"


def cycle_through(start: str, graph: dict[str, set[str]]) -> list[str]:
    """The modules on a way from ``start`` back to itself; empty when there is none."""
    before: dict[str, str] = {}
    queue = [start]
    while queue:
        current = queue.pop()
        for other in sorted(graph.get(current, ())):
            if other == start:
                way = [start, current]
                while way[-1] != start and way[-1] in before:
                    way.append(before[way[-1]])
                return way
            if other not in before:
                before[other] = current
                queue.append(other)
    return []


def test_no_modules_import_each_other_lazily_or_not() -> None:
    cycles = {module: way for module in IMPORTS if (way := cycle_through(module, IMPORTS))}
    assert not cycles, cycles


def test_the_import_reader_sees_relative_absolute_and_lazy_imports() -> None:
    source = (
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\nfrom ..a import b\nfrom . import c\n"
        "import eaeu_analysis.d\nif TYPE_CHECKING:\n    from ..e import E\n"
        "def f():\n    from eaeu_analysis.g import h\n    from .. import i\n"
    )
    assert read_imports(source, "x.y", False, {"x.c", "i"}) == {"a", "x.c", "d", "g", "i"}
    assert cycle_through("a", {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert not cycle_through("d", {"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = {"pandas", "numpy", "scipy", "matplotlib", "statsmodels", "duckdb", "wbgapi", "pyfixest", "pyarrow"}
    out = run("import eaeu_analysis, sys; print(*sys.modules)")
    assert not heavy & set(out.split())


def test_help_loads_nothing_heavy() -> None:
    code = "from eaeu_analysis.cli import main; import sys; main(['--help']); print('\\n', *sys.modules)"
    assert not {"pandas", "numpy", "scipy", "matplotlib"} & set(run(code).split())


def test_pinned_data_load_without_the_network_libraries() -> None:
    """Neither do the names of economies: a known name, and a wrong one that gets its near match."""
    code = (
        "import sys, eaeu_analysis as ea\n"
        "ea.load_panel(['trade'])\n"
        "ea.load_panel(['remittances'], ['KGZ', 'Republic of Tajikistan'], (2010, 2019))\n"
        "for wrong in (['trade'], ['Uzbekstan']), (['NE.TRD.GNFS.ZZ'], None):\n"
        "    try:\n        ea.load_panel(*wrong)\n"
        "    except ea.EaeuError:\n        continue\n"
        "    raise SystemExit(f'{wrong} was taken')\n"
        "print(*sys.modules)"
    )
    loaded = set(run(code).split())
    assert "eaeu_analysis.data.sources.pinned" in loaded
    assert not {"requests", "urllib3", "wbgapi", "sdmx", "stamina", "duckdb"} & loaded
    assert not [name for name in loaded if name.startswith("eaeu_analysis.data.sources.live")]


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


def test_a_folder_has_at_most_fourteen_modules() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    counts = {str(f.relative_to(ROOT)): len([p for p in f.glob("*.py") if p.name != "__init__.py"]) for f in folders}
    assert {folder: count for folder, count in counts.items() if count > 14} == {}


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


def test_a_class_name_stands_in_one_module() -> None:
    found: dict[str, list[str]] = {}
    for module, path in PATHS.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(module)
    assert len(found) > 100
    assert {name: where for name, where in found.items() if len(where) > 1} == {}
