"""What was computed before: the files of a report and its claims, kept by the content of everything they rest on.

The key is a hash of the question, of the data (every shipped file; the bytes of a path; the entries of a store), of the
code (every file of the package) and of the versions of the libraries that compute. Nothing is unpickled: what is kept
is a zip of plain files with their hashes. What cannot be read, does not match or cannot be written is passed over, and
the report is made anew. ``EAEU_CACHE=off`` or ``cache=False`` leaves it alone.
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
import logging
import lzma
import os
import platform
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__, settings
from .. import files as atomic
from ..errors import EaeuError

if TYPE_CHECKING:
    from ..data.sources import Source

log = logging.getLogger(__name__)

FORMAT = 2
HEAD = ".kept.json"  # member that has the key and the hashes of the others
MOST = 24  # kept files; the oldest go first
LIBRARIES = (
    *("babel", "jinja2", "matplotlib", "numpy", "pandas", "pyarrow", "pydantic", "pyfixest", "scipy", "statsmodels"),
    *("duckdb", "typst"),
)
_DAMAGE = (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, RecursionError, RuntimeError,
           zipfile.BadZipFile, zlib.error, lzma.LZMAError)  # what a zip that is not ours may raise  # fmt: skip
ENVIRONMENT = ("SOURCE_DATE_EPOCH",)  # settings that reach the text of a report


def cache_enabled() -> bool:
    """Whether ``$EAEU_CACHE`` leaves the cache on."""
    return os.environ.get("EAEU_CACHE", "on").casefold() not in ("off", "0", "no", "false")


def cache_key(kind: str, question: Mapping[str, Any], source: str | Path | Source = "pinned") -> str:
    """SHA-256 of the question and of all that the answer rests on; "" when its content does not identify the source."""
    data = source_digest(source)
    if not data:
        return ""
    body = {
        "format": FORMAT,
        "kind": kind,
        "question": dict(question),
        "source": data,
        "code": code_digest(),
        "data": data_digest(),
        "version": __version__,
        "libraries": library_versions(),
        "environment": {name: os.environ.get(name, "") for name in ENVIRONMENT},
        "machine": [platform.python_version(), platform.machine(), platform.system()],
    }
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def load_cached(kind: str, mark: str) -> dict[str, bytes] | None:
    """The files kept under that key; None when there are none, or when they are not as they were written."""
    if not mark:
        return None
    path = _place(kind, mark)
    try:
        with zipfile.ZipFile(path) as archive:
            head = json.loads(archive.read(HEAD))
            files = {name: archive.read(name) for name in archive.namelist() if name != HEAD}
        if head["key"] == mark and head["sha256"] == {name: _sha(data) for name, data in files.items()}:
            return files
    except FileNotFoundError:
        return None
    except _DAMAGE:
        pass
    log.info("kept %s %s is damaged and passed over", kind, mark[:12])
    return None


def store_cached(kind: str, mark: str, files: Mapping[str, bytes]) -> bool:
    """Keep these files under that key; whether it could be done."""
    if not mark:
        return False
    head = {"key": mark, "sha256": {name: _sha(data) for name, data in files.items()}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(HEAD, json.dumps(head, sort_keys=True))
        for name in sorted(files):
            archive.writestr(name, files[name])
    try:
        atomic.write_bytes(_place(kind, mark), buffer.getvalue())
        _prune()
    except (EaeuError, OSError) as error:
        log.info("the cache cannot be written: %s", error)
        return False
    return True


def shipped_claims_path() -> Path:
    """Where the claims of the pinned data ship."""
    return settings.data_dir() / "results" / "claims.json"


def cache_folder() -> Path:
    """Where reports are kept: next to the store."""
    return settings.cache_dir() / "reports"


def _place(kind: str, mark: str) -> Path:
    return cache_folder() / f"{kind}-{mark[:40]}.zip"


def _prune() -> None:
    kept = sorted(cache_folder().glob("*-*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in kept[MOST:]:
        path.unlink(missing_ok=True)


def source_digest(source: str | Path | Source) -> str:
    """The content of a source: "pinned" is covered by the shipped data; of a path its bytes, of a store its entries."""
    from ..data.store.source import StoreSource

    if isinstance(source, StoreSource) or source == "live":
        return _store_digest(source if isinstance(source, StoreSource) else StoreSource())
    if source == "pinned":
        return "pinned"
    if isinstance(source, (str, Path)):
        path = Path(source)
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        try:  # the name is part of what the report says
            return f"{source}:{_files_digest(files, path)}"
        except OSError:
            return ""
    return ""


def _store_digest(source: Any) -> str:
    """The entries of a store after what is missing or old was pulled."""
    from ..reference.catalogue import outcome, outcomes

    source.prepare(list(dict.fromkeys(code for name in outcomes().index for code in outcome(str(name)).codes)))
    held = sorted(source.store.entries(), key=lambda entry: (entry.code, entry.retrieved_at))  # the latest is used
    rows = [f"{entry.id} {entry.retrieved_at[:10]}" for entry in held]
    failed = sorted(f"{key} {why}" for key, why in source.failed.items())
    return _sha("\n".join([source.endpoint, *rows, *failed]).encode())


@functools.lru_cache
def code_digest() -> str:
    """Every file of the package that is code, template, style or text."""
    root = Path(__file__).resolve().parents[1]
    return _files_digest(code_files(root), root)


def code_files(root: Path) -> list[Path]:
    """The files of a package that are code, template, style or text: all but bytecode and the shipped data."""
    skipped = {"__pycache__", "_shipped"}
    return [p for p in sorted(root.rglob("*")) if p.is_file() and not skipped & set(p.relative_to(root).parts[:-1])]


@functools.lru_cache
def data_digest() -> str:
    """Every file that ships: series, flows, tables, results computed ahead; not the claims that follow from them."""
    root = settings.data_dir()
    made = {root / "baseline.json", shipped_claims_path()}
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and p not in made]
    return _files_digest(files, root)


def _files_digest(files: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(root).as_posix() if path != root else path.name
        digest.update(f"{name}\0".encode())
        with path.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """The version of each library that computes or draws; empty for one that is not installed."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = ""
    return found


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
