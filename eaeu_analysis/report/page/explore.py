"""What the reader can try behind a door of the main page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import NoDataError
from ..explore.members import explore_files, members_explorer
from ..explore.options import option_files, options_explorer

if TYPE_CHECKING:
    from .material import Material


def insert(material: Material, door: str, lang: str) -> str:
    """HTML for an open door, as it is: the options behind "joining", the members behind "fared"; nothing elsewhere."""
    if door == "joining" and material.evidence.scenario is not None:
        return options_explorer(lang)
    if door == "fared" and material.content.panel is not None:
        try:
            return members_explorer(material.content, lang)
        except NoDataError:
            return ""
    return ""


def insert_files(material: Material) -> dict[str, str]:
    """The files that these parts read when they are used."""
    made = option_files() if material.evidence.scenario is not None else {}
    return made | (explore_files(material.content) if material.content.panel is not None else {})
