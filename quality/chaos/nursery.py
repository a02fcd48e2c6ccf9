"""A process without threads that loads the package once and forks a child for every try.

``python -m quality.chaos.nursery`` reads one request a line (see :class:`.processes.Nursery`) and answers with one
line of JSON. When shim.c is preloaded, each child is armed with the fault that it is to meet.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

KINDS = {"": 0, "full": 1, "readonly": 2, "fsync": 3, "io": 4, "torn": 5, "short": 6}


def main() -> None:
    from eaeu_analysis.cli import main as command
    from eaeu_analysis.data import pin  # noqa: F401 - loaded here once, for all children
    from eaeu_analysis.data.sources.live import pull  # noqa: F401 - as above
    from eaeu_analysis.report import cache, write  # noqa: F401 - as above

    cache.code_digest(), cache.data_digest()  # kept in memory, for the children too

    shim: Any = ctypes.CDLL(None)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "wait":
            answer = {"code": _end(asked["pid"], asked["timeout"])}
        else:
            pid = os.fork()
            if pid == 0:
                _child(asked, command, shim)
            answer = {"pid": pid}
        print(json.dumps(answer), flush=True)


def _end(pid: int, timeout: float) -> int | str:
    """The exit code, minus the signal that ended it, or "hangs" (it is then killed)."""
    until = time.monotonic() + timeout
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.004)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return "hangs"


def _child(asked: dict[str, Any], command: Any, shim: Any) -> None:
    """Run a command line, or Python code, as a process of its own would; never returns."""
    out = asked["out"]
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY), (2, os.O_WRONLY)):
        name = os.devnull if number == 0 else f"{out}.{'out' if number == 1 else 'err'}"
        os.dup2(os.open(name, flags | (os.O_CREAT | os.O_TRUNC if number else 0), 0o600), number)
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    if asked["kind"] or asked["trace"]:
        shim.chaos_arm(os.fsencode(asked["root"]), KINDS[asked["kind"]], asked["at"])
    code = 70
    try:
        if "code" in asked:
            exec(asked["code"], {"__name__": "__main__"})  # noqa: S102 - of this folder's own
            code = 0
        else:
            code = command(asked["argv"])
        sys.stdout.flush()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    with contextlib.suppress(BaseException):
        sys.stderr.flush()
    if asked["trace"]:
        shim.chaos_trace.restype = ctypes.c_char_p
        letters = shim.chaos_trace()
        shim.chaos_arm(b"", 0, 0)
        Path(f"{out}.trace").write_bytes(letters)
    os._exit(code)


if __name__ == "__main__":
    main()
