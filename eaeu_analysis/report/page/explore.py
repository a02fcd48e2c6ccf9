"""What the reader can try behind a door: HTML and script for the main page; nothing for a door without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .material import Material


@dataclass(frozen=True)
class Insert:
    """``html`` goes into the open door as it is; ``script`` runs after the page's own."""

    html: str = ""
    script: str = ""


def insert(material: Material, door: str, lang: str) -> Insert:
    """The part of that door ("joining" or "fared") in that language."""
    return Insert()
