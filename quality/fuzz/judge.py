"""One input against one target: a result, a sentence, or a crash; in bounded time and memory."""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from eaeu_analysis.errors import EaeuError

from .target import Target

SECONDS = 5  # of processor time for one input; more is a hang
SLOW = 1.0  # seconds; reported
LONGEST = 600  # characters of a sentence
GROWTH = 512 << 10  # kilobytes by which one input may raise the peak of memory


class TooLongError(BaseException):
    """The time of an input is over; no ``except Exception`` of a reader may catch it."""


@dataclass(frozen=True)
class Verdict:
    """``what``: "result", "refused" or "crash". ``message``: the sentence, or what is wrong; ``where``: of a crash, the
    place by which it is known again; ``trace``: its traceback."""

    what: str
    message: str = ""
    where: str = ""
    trace: str = ""
    seconds: float = 0.0


def judge(target: Target, data: bytes) -> Verdict:
    """What the target makes of ``data``."""
    before, begun = peak(), time.process_time()
    try:
        with _alarm():
            target.run(data)
        what, message, where, trace = "result", "", "", ""
    except EaeuError as error:
        message = str(error)
        fault = fault_of(message)
        what, where, trace = ("crash", f"{fault}: {_place(error)}", message) if fault else ("refused", "", "")
    except TooLongError as error:
        what, message, where, trace = "crash", f"over {SECONDS} s", f"hang: {_place(error)}", _trace(error)
    except Exception as error:  # the very thing that is looked for
        what, message = "crash", f"{type(error).__name__}: {error}"
        where, trace = f"{type(error).__name__}: {_place(error)}", _trace(error)
    grown = peak() - before
    if grown > GROWTH and what != "crash":
        what, message, where = "crash", f"memory grew by {grown >> 10} MB", "memory"
    return Verdict(what, message, where, trace, time.process_time() - begun)


def fault_of(sentence: str) -> str:
    """What keeps a text from being one sentence that can be printed, or ""."""
    if not sentence.strip():
        return "an empty sentence"
    if len(sentence.splitlines()) > 1:
        return "more than one line"
    if len(sentence) > LONGEST:
        return "a sentence too long"
    if any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in sentence):
        return "a control character"
    return ""


def peak() -> int:
    """The most memory this process has held, kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextmanager
def _alarm() -> Iterator[None]:
    signal.signal(signal.SIGPROF, _ring)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ring(number: int, frame: FrameType | None) -> None:
    raise TooLongError


def _place(error: BaseException) -> str:
    """Line of the package in which an error arose, and the innermost line of all where that is another."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "eaeu_analysis" in f.filename] or frames
    return " < ".join(dict.fromkeys(_line(frame) for frame in (ours[-1], frames[-1])))


def _line(frame: traceback.FrameSummary) -> str:
    parts = frame.filename.rpartition("eaeu_analysis/")[2].rpartition("site-packages/")[2]
    return f"{parts}:{frame.lineno}"


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-8000:]
