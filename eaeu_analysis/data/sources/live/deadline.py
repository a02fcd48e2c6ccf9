"""A time limit for one answer that also ends a wait inside the HTTP library.

A time-out of a socket counts from the last byte, so a server that sends one byte now and then is never too slow for
it: in the status line, the headers, the sizes of chunks, the trailers, or before the answer (100 Continue). A
:class:`Deadline` keeps a second handle on every connection that is used while it runs, and shuts the connection down
when the time is over. The wait then ends at once, wherever it is.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
import time
from contextvars import ContextVar, Token
from typing import Any

from requests.adapters import HTTPAdapter

_current: ContextVar[Deadline | None] = ContextVar("eaeu_deadline", default=None)


class Deadline:
    """``with Deadline(at): ...``: connections used inside are shut down at ``at`` (on the clock of ``monotonic``)."""

    def __init__(self, at: float) -> None:
        self.at = at
        self._handles: list[socket.socket] = []
        self._lock = threading.Lock()
        self._over = False
        self._timer = threading.Timer(max(0.0, self.left), self._end)
        self._timer.daemon = True
        self._token: Token[Deadline | None] | None = None

    @property
    def left(self) -> float:
        """Seconds that are left; negative when the time is over."""
        return self.at - time.monotonic()

    @property
    def passed(self) -> bool:
        return self._over or self.left <= 0

    def __enter__(self) -> Deadline:
        self._token = _current.set(self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._token is not None:
            _current.reset(self._token)
        with self._lock:
            for handle in self._handles:
                handle.close()
            self._handles.clear()

    def watch(self, connection: Any) -> None:
        """Shut this socket down when the time is over; at once, when it is over already."""
        with self._lock:
            # Not connection.dup(): a TLS socket has none. The handle is of the connection below TLS.
            handle = socket.socket(connection.family, connection.type, fileno=socket.dup(connection.fileno()))
            self._handles.append(handle)
            if self._over:
                _shut(handle)

    def _end(self) -> None:
        with self._lock:
            self._over = True
            for handle in self._handles:
                _shut(handle)


def _shut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):  # closed by the other side already
        handle.shutdown(socket.SHUT_RDWR)


class DeadlineAdapter(HTTPAdapter):
    """requests' adapter, whose connections (by way of a proxy too) are watched by the deadline that is running."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        _watch_pools(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        return _watch_pools(super().proxy_manager_for(*args, **options))


def _watch_pools(manager: Any) -> Any:
    manager.pool_classes_by_scheme = {k: _watched_pool(pool) for k, pool in manager.pool_classes_by_scheme.items()}
    return manager


@functools.cache
def _watched_pool(pool: Any) -> Any:
    """A pool class whose connections are watched; one that is watched already is returned as it is."""
    if issubclass(pool.ConnectionCls, _Watched):
        return pool
    connection = type(f"Watched{pool.ConnectionCls.__name__}", (_Watched, pool.ConnectionCls), {})
    return type(f"Watched{pool.__name__}", (pool,), {"ConnectionCls": connection})


class _Watched:
    """What is added to a connection class of urllib3: new and reused sockets go to the deadline."""

    sock: Any

    def _new_conn(self) -> Any:
        return _watched(super()._new_conn())  # type: ignore[misc] # of urllib3's class

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:  # kept from an earlier request
            _watched(self.sock)
        super().request(*args, **options)  # type: ignore[misc] # of urllib3's class


def _watched(connection: Any) -> Any:
    deadline = _current.get()
    if deadline is not None:
        deadline.watch(connection)
    return connection
