"""What is attacked: a reader, by name, with valid inputs to begin from."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .structure import Form

PART = b"\n\x1e\n"  # between the bodies of an input that is several answers in turn


def _unchanged(data: bytes) -> bytes:
    return data


@dataclass(frozen=True)
class Target:
    """``run`` takes the bytes and raises EaeuError or returns; an AssertionError of its own is a wrong result.

    ``seeds`` are valid inputs, ``form`` says how they are spoilt while they still parse, ``share`` is the part of all
    inputs that goes here (slow readers get fewer), ``seal`` closes what was spoilt with the hash its reader checks.
    """

    name: str
    run: Callable[[bytes], object]
    seeds: Callable[[], Sequence[bytes]]
    form: Form
    share: float
    seal: Callable[[bytes], bytes] = field(default=_unchanged)
    most: int = 1 << 15


class Room:
    """A folder of one's own in memory, where inputs are given to readers that want a path."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
        self.path = Path(tempfile.mkdtemp(prefix="eaeu-fuzz-", dir=memory if memory.is_dir() else None))

    def file(self, name: str, data: bytes) -> Path:
        path = self.path / name
        path.write_bytes(data)
        return path

    def folder(self, name: str) -> Path:
        """An empty folder of that name."""
        path = self.path / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def clear(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


ROOM = Room()
atexit.register(ROOM.clear)
