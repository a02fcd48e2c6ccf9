"""Where the chunks of a scenario are solved: here, on threads, or on the workers of a Dask scheduler.

The numbers must not depend on the place, to the last bit. So the chunks come cut, and the linear algebra behind numpy
works on one thread: on several it adds up in another order. A lost worker's chunks are given to another by Dask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from .. import __version__
from ..errors import BadInputError, EaeuError, NoDataError
from ..threads import one_blas_thread
from .schema import Scenario

Chunk = Callable[[Scenario, pd.DataFrame], pd.DataFrame]
WAIT = 10.0  # seconds for the scheduler to answer, and for a first worker


def spread(chunk: Chunk, scenario: Scenario, parts: Sequence[pd.DataFrame], jobs: int, dask: str | None) -> list[Any]:
    """``chunk`` of every part, in their order. ``jobs``: threads; ``dask``: address of a scheduler instead."""
    if dask is not None:
        return _on_dask(chunk, scenario, parts, dask)
    from joblib import Parallel, delayed

    backend = {"backend": "threading"} if jobs > 1 else {}
    with one_blas_thread():
        return list(Parallel(n_jobs=jobs, **backend)(delayed(chunk)(scenario, part) for part in parts))


def _on_dask(chunk: Chunk, scenario: Scenario, parts: Sequence[pd.DataFrame], address: str) -> list[Any]:
    """By a client of its own, closed whatever happens, which also takes back what was not begun."""
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError:
        raise BadInputError("dask needs the extra: pip install 'eaeu-analysis[dask]'") from None
    try:
        get_address_host_port(address, strict=True)  # a client that was given a wrong one is never closed
    except (ValueError, TypeError):
        raise BadInputError(f"dask {address!r}: expected the address of a scheduler, as in tcp://host:8786") from None
    try:
        client = Client(address, timeout=WAIT, set_as_default=False)
    except OSError as error:
        raise BadInputError(f"no Dask scheduler answers at {address!r} ({type(error).__name__})") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WAIT)
            futures = client.map(
                _there, [chunk] * len(parts), [scenario] * len(parts), parts, pure=False, own=__version__
            )
            return list(client.gather(futures))
        except EaeuError:
            raise
        except TimeoutError:
            raise NoDataError(f"the Dask scheduler at {address!r} has no workers") from None
        except ImportError as error:
            raise BadInputError(f"the Dask workers at {address!r} lack the package: {error}") from None
        except Exception as error:  # lost for good, by whatever library: one sentence, and the first line says which
            told = (str(error).splitlines() or [""])[0]
            raise NoDataError(f"the Dask cluster at {address!r} gave up: {type(error).__name__} {told}") from error


def _there(chunk: Chunk, scenario: Scenario, part: pd.DataFrame, own: str) -> pd.DataFrame:
    """One chunk on a worker. Raises BadInputError when the worker has another version of the package."""
    if own != __version__:
        raise BadInputError(f"a Dask worker has version {__version__} of eaeu-analysis, and this is {own}")
    with one_blas_thread():
        return chunk(scenario, part)
