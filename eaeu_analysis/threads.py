"""Linear algebra on one thread: on several it adds up in another order, and the last bits hang on their number."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

log = logging.getLogger(__name__)
_lock = threading.Lock()
_limits: list[Any] = []  # of the threads that are inside, the first of them holds the limit


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Linear algebra on one thread while anybody is inside; what was set before holds again when the last has left.

    Any thread may enter, several at a time. Where a library will not be limited, the log says so.
    """
    import scipy.linalg  # noqa: F401 - brings its own library, which must be there to be limited

    with _lock:
        _limits.append(None if _limits else _limited())
    try:
        yield
    finally:
        with _lock:
            own = _limits.pop()
            if own is not None:
                _take_control()
                own.restore_original_limits()
                _take_control()


def _limited() -> Any:
    """The limit, set; it can be taken back by ``restore_original_limits()``."""
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas")
    _take_control()
    limit = found.limit(limits=1)
    free = [library["filepath"] for library in found.info() if library["num_threads"] not in (1, None)]
    if free:
        log.warning("linear algebra of %s stays on several threads: last digits may differ", ", ".join(free))
    return limit


def _take_control() -> None:
    """Let the next call of threadpoolctl count, whichever thread makes it: since its version 3.8 only the thread that
    was first to set a limit can, and the calls of others do nothing."""
    import threadpoolctl

    library = getattr(threadpoolctl, "OpenBLASController", None)
    clear = getattr(library, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)
