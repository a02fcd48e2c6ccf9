"""The notebooks run from their text, and the committed outputs are those of a fresh run."""

from __future__ import annotations

import base64
import io
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("nbclient")
import jupytext
import nbformat
from matplotlib import image

from eaeu_analysis.errors import BadInputError, EaeuError
from eaeu_analysis.notebook import declared, execute, notebooks, run_notebooks

ROOT = Path(__file__).resolve().parents[1]
DRAWN_BY = next(
    package["version"]
    for package in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    if package["name"] == "matplotlib"
)
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.py"))
TALKING = ROOT / "notebooks" / "06_talking_points.py"


def pixels(png: str) -> np.ndarray:
    return image.imread(io.BytesIO(base64.b64decode(png)), format="png")


def same_output(old: Any, new: Any) -> None:
    assert old.output_type == new.output_type
    if "data" not in old:
        assert old.get("text") == new.get("text")
        return
    assert old.data.keys() == new.data.keys()
    for form, content in old.data.items():
        if form == "image/png":  # another matplotlib sets its letters otherwise, another processor rounds a pixel
            before, after = pixels(content), pixels(new.data[form])
            assert np.allclose(before.shape, after.shape, rtol=0.05)
            if version("matplotlib") == DRAWN_BY:
                assert before.shape == after.shape
                assert float(np.abs(before - after).mean()) < 0.005
        else:
            assert content == new.data[form]


@pytest.mark.parametrize("text", [path for path in NOTEBOOKS if path != TALKING], ids=lambda path: path.stem)
def test_a_fresh_run_gives_the_committed_outputs(text: Path) -> None:
    same_run(text)


@pytest.mark.usefixtures("kept_claims")
def test_a_fresh_run_of_the_talking_points_gives_the_committed_outputs() -> None:
    """Its claims are those that this session computed, taken from the cache as a user's second run would."""
    same_run(TALKING)


def same_run(text: Path) -> None:
    committed = nbformat.read(text.with_suffix(".ipynb"), as_version=4)
    fresh = execute(text)
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


def test_a_run_with_other_parameters_takes_them(tmp_path: Path) -> None:
    text = tmp_path / "01_small.py"
    text.write_text(
        '# %% tags=["parameters"]\nunit = "KGZ"\nyears = 3\n\n# %%\nprint(unit, years + 1)\n', encoding="utf-8"
    )
    assert declared(text) == {"unit": "KGZ", "years": 3}
    notebook = execute(text, {"unit": "ARM"})
    assert notebook.cells[-1].outputs[0].text == "ARM 4\n"


def test_a_run_writes_only_what_has_the_parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {}
    for name, cell in (("01_with", '# %% tags=["parameters"]\nunit = "KGZ"\n'), ("02_without", "# %%\n1 + 1\n")):
        texts[name] = tmp_path / f"{name}.py"
        texts[name].write_text(cell, encoding="utf-8")
    monkeypatch.setattr("eaeu_analysis.notebook.notebooks", lambda: texts)
    done = run_notebooks(tmp_path / "out", None, {"unit": "ARM"})
    assert [run.path.name for run in done] == ["01_with.ipynb"]
    with pytest.raises(BadInputError, match=r"parameter 'unti' not known; did you mean 'unit'\?"):
        run_notebooks(tmp_path / "out", None, {"unti": "ARM"})
    with pytest.raises(BadInputError, match="notebook '09' not known"):
        run_notebooks(tmp_path / "out", ["09"])


def test_a_failing_cell_is_one_sentence(tmp_path: Path) -> None:
    text = tmp_path / "01_bad.py"
    text.write_text("# %%\n1 / 0\n", encoding="utf-8")
    with pytest.raises(EaeuError, match="01_bad: a cell failed: ZeroDivisionError: division by zero"):
        execute(text)


def test_the_notebooks_with_parameters_are_known() -> None:
    assert {name for name, path in notebooks().items() if "unit" in declared(path)} >= {"02_kyrgyzstan_before_after"}


def test_the_wheel_takes_every_notebook() -> None:
    """Each text is named in pyproject.toml, because a folder would take the outputs along."""
    stated = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for text in NOTEBOOKS:
        assert f'"notebooks/{text.name}" = "eaeu_analysis/_shipped/notebooks/{text.name}"' in stated
