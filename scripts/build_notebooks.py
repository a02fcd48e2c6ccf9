"""Runs the notebooks from their text (notebooks/*.py) and writes them with outputs (notebooks/*.ipynb).

The same data and versions give the same file: no execution times, no kernel version, cell ids by position.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import nbformat

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT = 600


def run(text: Path) -> Any:
    """The notebook of a percent script, executed in its folder; a failing cell raises."""
    notebook = jupytext.read(text)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    client = nbclient.NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": str(text.parent)}},
    )
    client.execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).pop("image/png", None)
    notebook.metadata.pop("language_info", None)
    notebook.metadata["language_info"] = {"name": "python"}
    nbformat.validate(notebook)
    return notebook


def main() -> int:
    chosen = [ROOT / "notebooks" / f"{Path(a).stem}.py" for a in sys.argv[1:]]
    for text in chosen or sorted((ROOT / "notebooks").glob("*.py")):
        notebook = run(text)
        text.with_suffix(".ipynb").write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        print(f"{text.stem}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
