"""``write_brief``: claims, a brief, its files; written aside, then renamed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import as_names, unknown
from ...output_folder import output_folder, require_output_folder
from .. import cache as store
from ..wording import templates
from .compose import Brief, compose
from .render import FORMATS, render_brief

if TYPE_CHECKING:
    import pandas as pd

    from ...data.sources import Source

log = logging.getLogger(__name__)

KIND = "brief"
COLD = "claims are computed, which takes up to a minute"
KEPT = "; the next brief on the same data takes seconds"


@dataclass(frozen=True)
class WrittenBrief:
    """A brief that was written: ``files`` relative to ``folder``."""

    folder: Path
    files: tuple[str, ...]
    brief: Brief

    def to_frame(self) -> pd.DataFrame:
        """A row per line of the brief."""
        return self.brief.to_frame()

    def summary(self) -> str:
        """The points, and where the files are."""
        start = self.folder / next((f for f in self.files if not f.endswith(".json")), self.files[0])
        return f"{self.brief.summary()}\n\n{len(self.files)} files in {self.folder}; start with {start}"

    def _repr_html_(self) -> str:
        return self.brief._repr_html_()


def brief(
    topic: str | None = None,
    lang: str = "en",
    *,
    source: str | Path | Source = "pinned",
    jobs: int = 1,
    cache: bool = True,
) -> Brief:
    """Talking points on whether Uzbekistan should join, and on how Kyrgyzstan has fared, in English, Russian or Uzbek.

    ``topic``: one of those of :func:`.collect.claims`, None is all. ``lang``: en, ru or uz.
    Raises BadInputError for an unknown topic or language; NoDataError when the source has nothing to say.

    >>> import eaeu_analysis as ea
    >>> sheet = ea.brief("tariffs")
    >>> sheet.lang, sheet.topic, len(sheet.ids) > 0
    ('en', 'tariffs', True)
    """
    from ..claims.collect import claims
    from ..claims.collect import claims_cached as at_hand

    templates.find_brief_language(lang)
    kept = cache and store.cache_enabled()
    if not (kept and at_hand(source=source, topic=topic)):
        log.warning("%s%s", COLD, KEPT if kept else "")
    return compose(claims(source=source, topic=topic, jobs=jobs, cache=cache), lang, topic)


def write_brief(
    out: str | Path,
    *,
    topic: str | None = None,
    lang: str = "en",
    formats: Sequence[str] = FORMATS,
    source: str | Path | Source = "pinned",
    jobs: int = 1,
    cache: bool = True,
) -> WrittenBrief:
    """Write the brief (:func:`brief`) in the folder ``out``: brief.pdf, brief.md, brief.html, and always brief.json.

    Nothing is written until everything is rendered; the folder then takes the place of an older brief in one step. The
    same inputs give the same bytes.
    Raises BadInputError for an unknown topic, language or format, and when ``out`` is a file or a folder that holds
    anything but an unchanged brief (:mod:`.output_folder`).

    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ea.write_brief(pathlib.Path(folder, "brief"), topic="tariffs", lang="uz", formats=["md"])
    ...     sorted(path.name for path in pathlib.Path(folder, "brief").iterdir())
    ['brief.json', 'brief.md', 'manifest.json']
    """
    formats = tuple(dict.fromkeys(form.lower() for form in as_names("formats", formats)))
    for form in formats or ("",):
        if form not in FORMATS:
            raise unknown("format", form, FORMATS)
    folder = Path(out)
    require_output_folder(folder, KIND)
    made = brief(topic, lang, source=source, jobs=jobs, cache=cache)
    files = {f"brief.{form}": render_brief(made, form) for form in dict.fromkeys((*formats, "json"))}
    with output_folder(folder, KIND) as stage:
        for name, data in files.items():
            (stage / name).write_bytes(data)
    return WrittenBrief(folder, tuple(sorted(files, key=lambda n: FORMATS.index(n.partition(".")[2]))), made)
