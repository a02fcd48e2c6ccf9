"""The notebooks run from their text, and the committed outputs are those of a fresh run."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nbclient")
import jupytext
import nbformat
from matplotlib import image

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
sys.path.insert(0, str(ROOT / "scripts"))


def pixels(png: str) -> np.ndarray:
    return image.imread(io.BytesIO(base64.b64decode(png)), format="png")


def same_output(old: Any, new: Any) -> None:
    assert old.output_type == new.output_type
    if "data" not in old:
        assert old.get("text") == new.get("text")
        return
    assert old.data.keys() == new.data.keys()
    for form, content in old.data.items():
        if form == "image/png":  # another processor may round a pixel otherwise
            before, after = pixels(content), pixels(new.data[form])
            assert before.shape == after.shape
            assert float(np.abs(before - after).mean()) < 0.005
        else:
            assert content == new.data[form]


@pytest.mark.parametrize("text", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_fresh_run_gives_the_committed_outputs(text: Path) -> None:
    import build_notebooks

    committed = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    fresh = build_notebooks.run(text)
    assert [c.source for c in committed.cells] == [c.source for c in fresh.cells], "run make notebooks"
    for old, new in zip(committed.cells, fresh.cells, strict=True):
        assert len(old.get("outputs", ())) == len(new.get("outputs", ()))
        for one, other in zip(old.get("outputs", ()), new.get("outputs", ()), strict=True):
            same_output(one, other)


@pytest.mark.parametrize("text", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_use_public_names_only(text: Path) -> None:
    """Whatever a notebook takes from the package, it takes through ``ea.``."""
    code = "\n".join(c.source for c in jupytext.read(text).cells if c.cell_type == "code")
    assert "from eaeu_analysis" not in code
    assert "._" not in code


def test_every_plot_of_a_notebook_is_shown() -> None:
    """Each call of a result's plot() leaves a picture, not only the first."""
    for text in NOTEBOOKS:
        committed = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
        plots = [c for c in committed.cells if c.cell_type == "code" and ".plot()" in c.source]
        shown = [c for c in plots if any("image/png" in o.get("data", {}) for o in c.outputs)]
        assert len(shown) == len(plots), text.stem


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 2
