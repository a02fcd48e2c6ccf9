"""Nothing of the current folder is run: a file there with the name of a module of Python stays a file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("queue", "lzma", "bz2", "ssl", "pickle", "numpy", "pandas", "typer", "joblib", "secrets")
FAN_OUT = """
from eaeu_analysis.parallel import fan_out
if __name__ == "__main__":
    print(list(fan_out(abs, [-1, -2, -3, -4], jobs=2)))
"""
NEXT_TO = """
from functools import partial
from eaeu_analysis.parallel import helpers
if __name__ == "__main__":
    with helpers(2, 2) as begin:
        one, two = begin(partial(abs, -1)), begin(partial(abs, -2))
        print(one(), two())
"""
EAEU = """
from eaeu_analysis.cli import main
if __name__ == "__main__":
    main()
"""


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A folder in which modules of other people's names leave a mark when they are imported."""
    folder = tmp_path / "trap"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.py").write_text(
            f"open({str(tmp_path / 'SPRUNG')!r}, 'a').write({name!r} + ' ')\nraise ImportError('the trap')\n",
            encoding="utf-8",
        )
    return folder


def run(trap: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"} | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *words], cwd=trap, env=env, capture_output=True, text=True, check=False)
    mark = trap.parent / "SPRUNG"
    assert not mark.exists(), f"run from the current folder: {mark.read_text(encoding='utf-8')}"
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize(("script", "says"), [(FAN_OUT, "[1, 2, 3, 4]"), (NEXT_TO, "1 2")])
def test_workers_import_nothing_from_the_current_folder(trap: Path, script: str, says: str) -> None:
    place = trap.parent / "script.py"
    place.write_text(script, encoding="utf-8")
    assert run(trap, str(place)).stdout.strip() == says


def test_nor_does_the_command_as_a_script(trap: Path) -> None:
    place = trap.parent / "eaeu"
    place.write_text(EAEU, encoding="utf-8")
    assert "Kyrgyzstan" in run(trap, str(place), "compare", "KGZ", "--outcome", "trade").stdout


def test_nor_the_command_as_a_module(trap: Path) -> None:
    assert "Kyrgyzstan" in run(trap, "-m", "eaeu_analysis", "compare", "KGZ", "--outcome", "trade").stdout


def test_the_environment_is_as_it_was_when_the_last_thread_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from eaeu_analysis.parallel import safe_path

    for before in (None, "0"):
        if before is None:
            monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
        else:
            monkeypatch.setenv("PYTHONSAFEPATH", before)
        first_is_in, first_may_go = threading.Event(), threading.Event()

        def first(is_in: threading.Event = first_is_in, may_go: threading.Event = first_may_go) -> None:
            with safe_path():
                is_in.set()
                may_go.wait(10)

        thread = threading.Thread(target=first)
        thread.start()
        first_is_in.wait(10)
        with safe_path():
            first_may_go.set()
            thread.join()
            assert os.environ["PYTHONSAFEPATH"] == "1"
        assert os.environ.get("PYTHONSAFEPATH") == before
