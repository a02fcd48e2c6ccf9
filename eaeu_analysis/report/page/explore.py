"""What the reader can try behind a door: HTML and script for the main page; nothing for a door without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import NoDataError
from ..explore.members import explore_files, members_explorer, script
from ..explore.options import option_files, options_explorer

if TYPE_CHECKING:
    from ..explore.members import Explorer
    from .material import Material


@dataclass(frozen=True)
class Insert:
    """``html`` goes into the open door as it is; ``script`` runs after the page's own."""

    html: str = ""
    script: str = ""


def insert(material: Material, door: str, lang: str) -> Insert:
    """The part of that door ("joining" or "fared") in that language."""
    found = explorer(material, door, lang)
    return Insert(found.html, script()) if found is not None else Insert()


def explorer(material: Material, door: str, lang: str) -> Explorer | None:
    """The options behind the door on joining, the members behind the one on how they fared; None without results."""
    if door == "joining" and material.evidence.scenario is not None:
        return options_explorer(lang)
    if door == "fared" and material.content.panel is not None:
        try:
            return members_explorer(material.content, "", lang)
        except NoDataError:
            return None
    return None


def insert_files(material: Material) -> dict[str, str]:
    """The files that these parts read when they are used."""
    made = option_files() if material.evidence.scenario is not None else {}
    return made | (explore_files(material.content) if material.content.panel is not None else {})
