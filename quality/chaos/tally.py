"""What an experiment came to: how often it was tried, what was lost, what the user saw."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

MOST = 6  # sentences of an experiment that are kept, the frequent ones first


@dataclass
class Tally:
    """``lost``: a sentence per try that broke a promise. ``not_tried``: why something could not be tried here."""

    name: str
    times: int = 0
    lost: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)
    not_tried: list[str] = field(default_factory=list)

    def tried(self, problems: Sequence[str], seen: str = "") -> None:
        """One try: what was wrong with it (nothing, if all held) and the sentence that the user saw."""
        self.times += 1
        if problems:
            self.lost.append("; ".join(problems))
        self.seen[plain(seen)] += 1

    def skip(self, why: str) -> None:
        self.not_tried.append(why)

    def record(self) -> dict[str, Any]:
        frequent = sorted(self.seen, key=lambda text: (-self.seen[text], text))[:MOST]
        return {
            "times": self.times,
            "survived": self.times - len(self.lost),
            "lost": self.lost,
            "seen": frequent,
            "not_tried": self.not_tried,
        }


def plain(text: str) -> str:
    """A sentence without what differs from run to run: folders, ports, seconds."""
    text = re.sub(r"/[^ '\"]*/chaos-\w+/(?:[^ '\"/]+/)?", "", text)
    text = re.sub(r"(127\.0\.0\.1|localhost):\d+", "HOST", text)
    text = re.sub(r"tcp://HOST", "HOST", text)
    text = re.sub(r"/(?:run|tmp|var)/[^ '\"]*/", "", text)
    return text.strip() or "nothing: it was done"


def table(tallies: Sequence[Tally]) -> str:
    """The table for a person: a line per experiment, its sentences under it."""
    lines = [f"{'experiment':44} {'times':>6} {'survived':>9} {'lost':>5}  what the user sees"]
    for tally in tallies:
        record = tally.record()
        seen = record["seen"] or [""]
        lines.append(f"{tally.name:44} {tally.times:6} {record['survived']:9} {len(tally.lost):5}  {seen[0]}")
        lines += [f"{'':68}{text}" for text in seen[1:]]
        lines += [f"{'':4}not tried: {why}" for why in tally.not_tried]
        lines += [f"{'':4}LOST: {text}" for text in tally.lost[:10]]
    return "\n".join(lines)
