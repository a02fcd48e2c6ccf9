"""Notebooks run from their text: the same data and versions give the same file.

A notebook is a percent script (``notebooks/*.py``). A cell tagged "parameters" has what a run may change; a run with
other values puts them in a cell of its own below it. No execution times, no kernel version, cell ids by position.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import files, settings
from .errors import BadInputError, EaeuError, unknown
from .output_folder import output_folder, require_output_folder

LONGEST = 500  # characters of a parameter's value
TIMEOUT = 600  # seconds for a cell
TAG = "parameters"
KIND = "notebooks"
WIDGET = "application/vnd.jupyter.widget-view+json"  # names a model of the kernel that ran, another one in every run


class NotebookError(EaeuError):
    """A cell of a notebook failed; the message names it (exit code 3)."""

    exit_code = 3


@dataclass(frozen=True)
class NotebookRun:
    """A notebook that was run: ``path`` written, ``cells`` of code, ``parameters`` that it took."""

    name: str
    path: Path
    cells: int
    parameters: Mapping[str, Any]


def notebooks() -> dict[str, Path]:
    """The texts of the notebooks by name, those that ship with the package or are next to it in a checkout."""
    inside = settings.data_dir() / "notebooks"
    folder = inside if inside.is_dir() else settings.data_dir().parent / "notebooks"
    return {path.stem: path for path in sorted(folder.glob("[0-9]*.py"))}


def execute(text: Path, parameters: Mapping[str, Any] | None = None) -> Any:
    """The notebook of a percent script, executed, as an nbformat node.

    Raises :class:`NotebookError` for a cell that fails, BadInputError when the extra ``notebooks`` is not installed.
    """
    try:
        import jupytext
        import nbclient
        import nbformat
    except ImportError:
        raise BadInputError("notebooks need the extra: pip install 'eaeu-analysis[notebooks]'") from None
    notebook = jupytext.read(text)
    if parameters:
        _inject(notebook, parameters)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    client = nbclient.NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(text.parent)}},
    )
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as error:
        raise NotebookError(f"{text.stem}: a cell failed: {error.ename}: {error.evalue}") from None
    except nbclient.exceptions.CellTimeoutError:
        raise NotebookError(f"{text.stem}: a cell took more than {TIMEOUT} seconds") from None
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).pop("image/png", None)
            output.get("data", {}).pop(WIDGET, None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    return notebook


def write_notebook(notebook: Any, path: Path) -> None:
    """A notebook as a file, written aside and renamed."""
    import nbformat

    files.write_bytes(path, (nbformat.writes(notebook) + "\n").encode("utf-8"))


def run_notebooks(
    out: Path, names: list[str] | None = None, parameters: Mapping[str, str] | None = None
) -> list[NotebookRun]:
    """Run notebooks into ``out``: those named, or all; with parameters, those of them that have one of the parameters.

    ``parameters``: name to text; a value reads as Python where it is a literal and as text elsewhere. Raises
    BadInputError for a name or a parameter that no chosen notebook has.
    """
    known = notebooks()
    chosen = {name: known[_find(name, known)] for name in names} if names else known
    given = {name: _literal(value) for name, value in (parameters or {}).items()}
    have = {name: declared(path) for name, path in chosen.items()}
    for name in given:
        if not any(name in found for found in have.values()):
            raise unknown("parameter", name, sorted({p for found in have.values() for p in found}))
    require_output_folder(out, KIND)
    done = []
    for name, path in chosen.items():
        own = {p: v for p, v in given.items() if p in have[name]}
        if given and not own:
            continue
        notebook = execute(path, own)
        target = out / f"{path.stem}.ipynb"
        with output_folder(out, KIND, keep=True) as stage:  # what is finished stays, should the next one fail
            write_notebook(notebook, stage / target.name)
        done.append(NotebookRun(path.stem, target, sum(c.cell_type == "code" for c in notebook.cells), own))
    return done


def declared(path: Path) -> dict[str, Any]:
    """Parameters of a notebook with their values: the assignments of its cell tagged "parameters"."""
    lines = path.read_text(encoding="utf-8").splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("# %%") and f'"{TAG}"' in line]
    if not starts:
        return {}
    body = lines[starts[0] + 1 :]
    end = next((n for n, line in enumerate(body) if line.startswith("# %%")), len(body))
    found = {}
    for node in ast.parse("\n".join(body[:end])).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def _find(name: str, known: Mapping[str, Path]) -> str:
    """A notebook by its name, its file's name, or its number."""
    stem = Path(name).stem
    hits = [k for k in known if stem in (k, k.split("_")[0])]
    if not hits:
        raise unknown("notebook", name, known)
    return hits[0]


def _inject(notebook: Any, parameters: Mapping[str, Any]) -> None:
    import nbformat

    at = next((n for n, cell in enumerate(notebook.cells) if TAG in cell.metadata.get("tags", ())), None)
    if at is None:
        raise BadInputError("this notebook has no cell tagged 'parameters'")
    text = "\n".join(f"{name} = {value!r}" for name, value in sorted(parameters.items()))
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(f"# given for this run\n{text}"))


def _literal(text: str) -> Any:
    if len(text) > LONGEST:
        raise BadInputError(f"a parameter has {len(text):,} characters; expected at most {LONGEST:,}")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return text
