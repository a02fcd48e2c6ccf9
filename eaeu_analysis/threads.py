"""Linear algebra on one thread: on several it adds up in another order, and the last bits hang on their number."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_limits: list[Any] = []  # of the threads that are inside, the first of them holds the limit


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Linear algebra on one thread while anybody is inside; what was set before holds again when the last has left."""
    import scipy.linalg  # noqa: F401 - brings its own library, which must be there to be limited
    from threadpoolctl import threadpool_limits

    with _lock:
        _limits.append(None if _limits else threadpool_limits(1, user_api="blas"))
    try:
        yield
    finally:
        with _lock:
            own = _limits.pop()
            if own is not None:
                own.restore_original_limits()
