"""Pages of a series that is not whole yet, kept on disk so that an interrupted pull goes on where it was."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from .. import files

OLDEST = 86_400.0  # seconds; pages of an earlier day are asked for again, or they would pass as retrieved today
_MARK = b"eaeu page 1\n"


@dataclass(frozen=True)
class Spool:
    """A folder of page bodies, each named by the hash of its address and sealed by that of address and bytes."""

    folder: Path

    def _file(self, url: str) -> Path:
        return self.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:40]}.page"

    def get(self, url: str) -> bytes | None:
        """The body kept for ``url``, or None; a damaged one and one of an earlier day are removed."""
        file = self._file(url)
        try:
            age = time.time() - file.stat().st_mtime
            kept = file.read_bytes()
        except FileNotFoundError:
            return None
        if age > OLDEST:
            self.drop(url)
            return None
        head, body = kept[: len(_MARK) + 65], kept[len(_MARK) + 65 :]
        if head == _seal(url, body):
            return body
        self.drop(url)
        return None

    def put(self, url: str, body: bytes) -> None:
        files.write_bytes(self._file(url), _seal(url, body) + body, durable=False)

    def drop(self, url: str) -> None:
        self._file(url).unlink(missing_ok=True)

    def newest(self) -> float:
        """When the last page came, in seconds since the epoch; 0 when there is none."""
        return max((file.stat().st_mtime for file in self.folder.glob("*.page")), default=0.0)

    def clear(self) -> None:
        """Remove the folder and all in it."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.folder)


def _seal(url: str, body: bytes) -> bytes:
    return _MARK + hashlib.sha256(url.encode() + b"\n" + body).hexdigest().encode() + b"\n"
