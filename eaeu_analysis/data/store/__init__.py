"""What has been fetched: Parquet by content hash, one manifest entry per series.

Under the root (the platform's cache directory, ``$EAEU_STORE`` or ``--store``)::

    objects/ab/<sha256>.parquet     the values, each file named by the hash of its bytes
    entries/<hash>.json             one a series: request, vintage, retrieved, rows, hash, notes, footnotes
    partial/<hash>/                 pages of a pull that is under way or was interrupted
    aside/                          what was found damaged

No name on disk comes from remote text. Files are written aside and renamed; two processes share a store under a
file lock. The time of retrieval is in the manifest alone: the same values give the same Parquet bytes.
"""

from .entry import StoreEntry, listing
from .source import StoreSource
from .store import Store, StoreProblem

__all__ = ["Store", "StoreEntry", "StoreProblem", "StoreSource", "listing"]
