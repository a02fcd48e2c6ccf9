"""Processes under test: forked from one that has the package loaded, or started anew; and the shim they preload."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
EAEU = [sys.executable, "-c", "from eaeu_analysis.cli import main; main()"]
PATIENCE = 240.0  # seconds for one child: longer is a hang


@dataclass(frozen=True)
class Ended:
    """``code``: exit code, minus a signal, or "hangs". ``trace``: a letter for each change on disk that it made."""

    code: int | str
    out: str
    err: str
    trace: str = ""

    @property
    def sentence(self) -> str:
        """The last line of standard error."""
        return (self.err.strip().splitlines() or [""])[-1]


def shim(folder: Path) -> Path | None:
    """quality/chaos/shim.c compiled; None without a compiler, or where nothing can be preloaded."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    made = folder / "shim.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(HERE / "shim.c"), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"quality/chaos/shim.c does not compile:\n{done.stderr}")
    return made


def environment(more: Mapping[str, str] = {}, without: Sequence[str] = ()) -> dict[str, str]:
    """This process's, with the package of this tree, one thread for algebra, and nobody's proxy."""
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    given = {**os.environ, **one, "PYTHONPATH": str(ROOT), **more}
    proxies = {f"{kind}_proxy" for kind in ("http", "https", "all")}
    return {k: v for k, v in given.items() if k.lower() not in proxies and k not in without}


class Nursery:
    """Children of ``quality.chaos.nursery``; ``preload``: the shim. Each has the package loaded when it begins."""

    def __init__(self, folder: Path, preload: Path | None = None, env: Mapping[str, str] = {}) -> None:
        self.folder, self.count = folder, 0
        more = {"LD_PRELOAD": str(preload)} if preload else {}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quality.chaos.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment({**more, **env}),
            cwd=ROOT,
            text=True,
        )
        self.preload = preload

    def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def start(self, what: Sequence[str] | str, root: Path, kind: str = "", at: int = 0, **env: str) -> tuple[int, Path]:
        """A child that runs ``eaeu`` with these arguments, or this Python code; ``kind`` of fault on change ``at``."""
        self.count += 1
        out = self.folder / f"child-{self.count}"
        given = {"code": what} if isinstance(what, str) else {"argv": list(map(str, what))}
        request = {"do": "start", "root": str(root), "cwd": str(root), "out": str(out), "kind": kind, "at": at}
        answer = self._ask({**request, "trace": self.preload is not None, "env": env, **given})
        return answer["pid"], out

    def wait(self, started: tuple[int, Path], timeout: float = PATIENCE) -> Ended:
        pid, out = started
        code = self._ask({"do": "wait", "pid": pid, "timeout": timeout})["code"]
        texts = []
        for end in ("out", "err", "trace"):
            file = Path(f"{out}.{end}")
            texts.append(file.read_text(encoding="utf-8", errors="replace") if file.exists() else "")
            file.unlink(missing_ok=True)
        return Ended(code, *texts)

    def run(self, what: Sequence[str] | str, root: Path, kind: str = "", at: int = 0, **env: str) -> Ended:
        return self.wait(self.start(what, root, kind, at, **env))

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)


def run(command: Sequence[object], env: Mapping[str, str], cwd: Path, timeout: float = 900.0, **how: Any) -> Ended:
    """A process from the beginning."""
    words = [str(part) for part in command]
    try:
        done = subprocess.run(words, env=dict(env), cwd=cwd, capture_output=True, timeout=timeout, check=False, **how)
    except subprocess.TimeoutExpired as late:
        return Ended("hangs", (late.stdout or b"").decode(), (late.stderr or b"").decode())
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode("utf-8", "replace"))


@contextlib.contextmanager
def workshop() -> Iterator[Path]:
    """A folder for one experiment, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
