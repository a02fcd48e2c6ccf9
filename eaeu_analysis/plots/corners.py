"""Where on a map of two assumptions the sign flips, in a sentence: what would have to be true."""

from __future__ import annotations

from typing import Any

import numpy as np

ENDS = ("low", "high")


def sentence(outcome: str, values: np.ndarray[Any, np.dtype[np.float64]], names: tuple[str, str]) -> str:
    """``values``: (second, first) over the ranges of the two assumptions called ``names``.

    The corners of the map that have the rarer sign say which ends have to meet.
    """
    first, second = (name[:1].lower() + name[1:] for name in names)
    if values.min() >= 0 or values.max() <= 0:
        side = "above" if values.max() > 0 else "below"
        return f"{outcome} stays {side} zero over the ranges of both assumptions"
    corners = {(a, b): values[-b, -a] < 0 for a in (0, 1) for b in (0, 1)}  # index -1 is the high end
    rare = sum(corners.values()) <= 2
    told = "falls below zero" if rare else "rises above zero"
    chosen = [corner for corner, below in corners.items() if below == rare]
    if len(chosen) == 1:
        a, b = chosen[0]
        return f"{outcome} {told} only with a {ENDS[a]} {first} and a {ENDS[b]} {second}"
    for axis, name in enumerate((first, second)):
        ends = {corner[axis] for corner in chosen}
        if len(chosen) == 2 and len(ends) == 1:
            return f"{outcome} {told} with a {ENDS[ends.pop()]} {name}"
    return f"{outcome} changes its sign with {first} and {second} together"
