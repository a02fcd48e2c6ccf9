"""Where independent pieces of work are done: here, on workers of this machine, or on those of a Dask scheduler.

The numbers must not depend on the place, to the last bit. So the pieces come cut, they come back in their order, and
the linear algebra behind numpy works on one thread: on several it adds up in another order. What a lost worker of a
cluster held is given to another by Dask; what came back before a cluster was lost for good is the caller's already.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from . import __version__
from .errors import BadInputError, EaeuError, NoDataError

# Linear algebra on one thread: on several it adds up in another order, and the last bits hang on their number.

log = logging.getLogger(__name__)
_lock = threading.Lock()
_limits: list[Callable[[], None] | None] = []  # of the threads that are inside; the first of them takes the limit back


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Linear algebra on one thread while anybody is inside; what was set before applies again when the last has left.

    Any thread may enter, several at a time. Where a library will not be limited, the log says so.
    """
    import scipy.linalg  # noqa: F401 - brings its own library, which must be there to be limited

    with _lock:
        _limits.append(None if _limits else _limited())
    try:
        yield
    finally:
        with _lock:
            restore = _limits.pop()
            if restore is not None:
                restore()


def _limited() -> Callable[[], None]:
    """Set the limit; what is returned takes it back.

    Both are done by a thread of our own: only the thread that set a limit first can change it as long as it lives
    (threadpoolctl 3.8), and the caller who leaves last need not be the one who came first.
    """
    keeper = ThreadPoolExecutor(1, thread_name_prefix="eaeu-blas")
    limit = keeper.submit(_one_thread).result()

    def restore() -> None:
        keeper.submit(limit.restore_original_limits).result()
        keeper.shutdown()

    return restore


def _one_thread() -> Any:
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController().select(user_api="blas")
    limit = found.limit(limits=1)
    free = [library["filepath"] for library in found.info() if library["num_threads"] not in (1, None)]
    if free:
        log.warning("linear algebra of %s stays on several threads: last digits may differ", ", ".join(free))
    return limit


# Processes that do not look for modules in the current folder.

SAFE_PATH = "PYTHONSAFEPATH"  # the variable that keeps Python from looking in the current folder
_before: list[str | None] = []  # what the variable was when the first thread came in


@contextmanager
def safe_path() -> Iterator[None]:
    """Processes that are started inside, and theirs, import nothing from the current folder.

    Python starts a worker with that folder first on its path, so a file ``queue.py`` there would be run. Any thread
    may enter, several at a time.
    """
    with _lock:
        _before.append(_before[0] if _before else os.environ.get(SAFE_PATH))
        os.environ[SAFE_PATH] = "1"
    try:
        yield
    finally:
        with _lock:
            before = _before.pop()
            if _before:
                pass  # another thread is inside
            elif before is None:
                os.environ.pop(SAFE_PATH, None)
            else:
                os.environ[SAFE_PATH] = before


# A task that is begun on a worker while this process does another.

IDLE = 30  # seconds after which a worker without work ends, as when the process that asked for it was killed
Begin = Callable[[Callable[[], Any]], Callable[[], Any]]  # task -> what gives its result


@contextmanager
def helpers(jobs: int, most: int) -> Iterator[Begin]:
    """What begins a task on one of ``jobs - 1`` workers (``most`` at most) and gives a function for its result; a task
    that no worker has begun with by then is done here, as all are with one job.

    The workers end with the block, however it ends, and by themselves when this process was killed.
    """
    if jobs < 2:
        yield lambda task: task
        return
    from joblib.externals.loky import ProcessPoolExecutor

    workers = min(jobs - 1, most)
    with safe_path():
        pool = ProcessPoolExecutor(max_workers=workers, timeout=IDLE, env={SAFE_PATH: "1"})
    threads = ThreadPoolExecutor(workers)  # one waits for each worker: the pool itself would hand out tasks ahead

    def there(task: Callable[[], Any]) -> Any:
        with safe_path():
            begun = pool.submit(_in_one_thread, task)
        return begun.result()

    def begin(task: Callable[[], Any]) -> Callable[[], Any]:
        begun = threads.submit(there, task)
        return lambda: task() if begun.cancel() else begun.result()

    try:
        yield begin
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        pool.shutdown(wait=False, kill_workers=True)


def _in_one_thread(task: Callable[[], Any]) -> Any:
    """The result of a task on a worker."""
    with one_blas_thread():
        return task()


Item = TypeVar("Item")
Answer = TypeVar("Answer")
WAIT = 10.0  # seconds for the scheduler to answer, and for a first worker
RETRIES = 2  # of a piece that failed on a worker for a reason other than a sentence of this package


def fan_out(
    work: Callable[[Item], Answer],
    items: Sequence[Item],
    jobs: int = 1,
    dask: str | None = None,
    *,
    threads: bool = False,
    fits: Callable[[Item, Any], bool] | None = None,
) -> Iterator[Answer]:
    """``work`` of every item, in their order, each as soon as it and those before it are done.

    ``jobs``: processes of this machine (never more than items, or than twice its processors), or ``threads`` for work
    that leaves the interpreter; ``dask``: address of a scheduler instead. ``fits``: whether what a cluster sent for an
    item is an answer to it, by type and shape; what is none is refused. Raises BadInputError for an address where no
    scheduler of this package's version answers, NoDataError when the cluster is lost, and what ``work`` raises.
    """
    if dask is not None:
        yield from _on_dask(work, items, dask, fits)
    elif jobs == 1 or len(items) < 2:
        for item in items:
            yield _one(work, item)
    else:
        from joblib import Parallel, delayed

        backend = "threading" if threads else "loky"
        workers = min(jobs, len(items), 2 * (os.cpu_count() or 1))
        with safe_path():
            yield from Parallel(
                n_jobs=workers, return_as="generator", pre_dispatch="2*n_jobs", batch_size=1, backend=backend
            )(delayed(_one)(work, item) for item in items)


def _one(work: Callable[[Item], Answer], item: Item) -> Answer:
    with one_blas_thread():
        return work(item)


def _on_dask(
    work: Callable[[Item], Answer], items: Sequence[Item], address: str, fits: Callable[[Item, Any], bool] | None
) -> Iterator[Answer]:
    """By a client of its own, closed whatever happens, which also takes back what was not begun."""
    try:
        from distributed import Client, KilledWorker
        from distributed.comm import get_address_host_port
    except ImportError:
        raise BadInputError("dask needs the extra: pip install 'eaeu-analysis[dask]'") from None
    try:
        get_address_host_port(address, strict=True)  # a client that was given a wrong one is never closed
    except (ValueError, TypeError):
        raise BadInputError(f"dask {address!r}: expected the address of a scheduler, as in tcp://host:8786") from None
    try:
        _greet(address)
        client = Client(address, timeout=WAIT, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise BadInputError(f"no Dask scheduler answers at {address!r} ({type(error).__name__})") from None
    with _quiet(), client:
        try:
            client.wait_for_workers(1, timeout=WAIT)
            futures = client.map(_there, [work] * len(items), list(items), pure=False, own=__version__, retries=RETRIES)
            for number, future in enumerate(futures):
                reply = future.result()
                futures[number] = None  # its result need not be held by the cluster any longer
                yield _checked(reply, items[number], fits, address)
        except EaeuError:
            raise
        except TimeoutError:
            raise NoDataError(f"the Dask scheduler at {address!r} has no workers") from None
        except KilledWorker:
            text = "died over the same piece of work, most likely for want of memory; give each more of it"
            raise NoDataError(f"the Dask workers at {address!r} {text}") from None
        except CancelledError:
            raise NoDataError(
                f"the Dask scheduler at {address!r} has gone; give the same command again once it is back"
            ) from None
        except ImportError as error:
            raise BadInputError(f"the Dask workers at {address!r} lack the package: {error}") from None
        except Exception as error:  # lost for good, by whatever library: one sentence, and the first line says which
            text = (str(error).splitlines() or [""])[0]
            raise NoDataError(f"the Dask cluster at {address!r} gave up: {type(error).__name__} {text}") from error


def _checked(reply: Any, item: Item, fits: Callable[[Item, Any], bool] | None, address: str) -> Any:
    """The answer in a worker's reply; raises the sentence that it sent, and NoDataError for a reply of another form."""
    if type(reply) is tuple and len(reply) == 2:
        found, sentence = reply
        if isinstance(sentence, EaeuError):
            raise sentence
        if sentence is None and (fits is None or fits(item, found)):
            return found
    raise NoDataError(f"the Dask cluster at {address!r} sent something that is no answer; nothing of it is used")


def _greet(address: str) -> None:
    """Raises OSError or TimeoutError where no scheduler greets back: a client waits for ever for one that is mute."""
    from distributed.comm import connect
    from distributed.security import Security

    async def greeting() -> None:
        comm = await connect(address, timeout=WAIT, **Security().get_connection_args("client"))
        comm.abort()

    def ask() -> None:
        asyncio.run(asyncio.wait_for(greeting(), WAIT + 1.0))

    with ThreadPoolExecutor(1) as thread:  # a notebook has a loop of its own in this one
        try:
            thread.submit(ask).result()
        except (OSError, TimeoutError):
            raise
        except Exception as error:
            raise OSError(f"what answers is no scheduler: {type(error).__name__}") from error


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What Dask logs of a cluster that is lost, tracebacks too, is left out: it is reported in a sentence."""
    logger = logging.getLogger("distributed.client")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _there(work: Callable[[Item], Answer], item: Item, own: str) -> tuple[Answer | None, EaeuError | None]:
    """One piece on a worker: what it found, or the package's own sentence, which another try would not change.

    Raises BadInputError when the worker has another version of the package.
    """
    if own != __version__:
        return None, BadInputError(f"a Dask worker has version {__version__} of eaeu-analysis, and this is {own}")
    _reuse_memory()
    try:
        return _one(work, item), None
    except EaeuError as error:
        return None, error


@cache
def _reuse_memory() -> None:
    """Let the C library keep what an array has freed for the next one, up to 64 MB.

    glibc learns to do so by itself, unless MALLOC_TRIM_THRESHOLD_ is set, as Dask does for its workers: each array
    then costs new pages, and draws of a scenario take four times as long.
    """
    mmap_threshold, trim_threshold, unit = -3, -1, 2**25  # names of malloc.h; the largest size that glibc would learn
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(mmap_threshold, unit)
        mallopt(trim_threshold, 2 * unit)
