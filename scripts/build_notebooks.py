"""Runs the notebooks from their text (notebooks/*.py) and keeps their outputs next to it (notebooks/*.ipynb)."""

from __future__ import annotations

import sys
from pathlib import Path

from eaeu_analysis.notebook import execute, write_notebook

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"


def main() -> int:
    chosen = [FOLDER / f"{Path(a).stem}.py" for a in sys.argv[1:]]
    for text in chosen or sorted(FOLDER.glob("[0-9]*.py")):
        notebook = execute(text)
        write_notebook(notebook, text.with_suffix(".ipynb"))
        print(f"{text.stem}: {sum(cell.cell_type == 'code' for cell in notebook.cells)} cells run")
    return 0


if __name__ == "__main__":
    sys.exit(main())
