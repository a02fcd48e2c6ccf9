"""Progress of a long command on standard error: each step, and a sign of life every few seconds."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator

import typer

EVERY = 5.0  # seconds between two lines
STEPS = "eaeu_analysis.progress"  # the logger to which long functions report their steps


class _Steps(logging.Handler):
    """Prints each step when it begins, and again with the time it has taken as long as it goes on."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._lock = threading.Lock()
        self.step, self.began = "", time.monotonic()

    def emit(self, record: logging.LogRecord) -> None:
        """Print the step."""
        self.step = record.getMessage()
        self._print(self.step)

    def still(self) -> None:
        """Print that the present step goes on."""
        if self.step:
            self._print(f"{self.step} ({time.monotonic() - self.began:.0f} s)")

    def _print(self, text: str) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):  # nobody reads standard error any more
            typer.echo(f"... {text}", err=True)


@contextlib.contextmanager
def shown_progress() -> Iterator[None]:
    """Show the steps that are reported within the block; a run from the cache reports none."""
    steps, log, ended = _Steps(), logging.getLogger(STEPS), threading.Event()
    level = log.level
    log.propagate = False
    log.addHandler(steps)
    log.setLevel(logging.INFO)

    def watch() -> None:
        while not ended.wait(EVERY):
            steps.still()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        log.removeHandler(steps)
        log.setLevel(level)
