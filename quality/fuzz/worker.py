"""The process of one target: reads its order, works it off, writes its tally."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import resource
import sys
import time
import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .campaign import Order, Slate

ADDRESSES = 12 << 30  # bytes of address space; what reserves more is refused by the system
WRITTEN_IN_PYTHON = ("eaeu_analysis", "tomllib", "json", "zipfile", "csv", "wbgapi", "sdmx")


def main(argv: list[str]) -> None:
    order, slate, out = Order(**json.loads(argv[0])), Slate(Path(argv[1])), Path(argv[2])
    until = time.monotonic() + order.seconds
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    logging.disable(logging.CRITICAL)  # notes and damage are logged; a million of them are no news
    warnings.simplefilter("ignore")
    with _instrumented(order.engine):
        from . import engine
        from .target import ROOM
        from .targets import TARGETS

    target = TARGETS[order.target]
    warm = engine.Sitting(target, Path(order.place))
    for data in list(target.seeds())[:3]:
        warm.try_(data)  # imports and caches are no growth of memory
    sitting = engine.Sitting(target, Path(order.place), slate.write)

    def done() -> None:
        ROOM.clear()
        aside = out.with_suffix(".part")
        aside.write_text(json.dumps(asdict(sitting.tally)))
        aside.rename(out)
        if order.engine == "atheris":
            os._exit(0)  # libFuzzer does not return

    if order.engine == "atheris":
        engine.covered(sitting, order.inputs, order.seed, until, done)
    engine.own(sitting, order.inputs, order.seed, until)
    done()


def _instrumented(engine: str) -> contextlib.AbstractContextManager[Any]:
    if engine != "atheris":
        return contextlib.nullcontext()
    import atheris

    found: contextlib.AbstractContextManager[Any] = atheris.instrument_imports(include=list(WRITTEN_IN_PYTHON))
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
