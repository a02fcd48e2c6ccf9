"""``write_brief``: make the brief and write its files in one step."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import as_names, require_option
from ...output_folder import output_folder, require_output_folder
from .. import cache as store
from ..wording import templates
from .compose import Brief, compose
from .render import FORMATS, NO_PDF, can_write_pdf, render_brief, require_pdf

if TYPE_CHECKING:
    import pandas as pd

    from ...data.sources import Source
    from ..claims.claim import Claim

log = logging.getLogger(__name__)

KIND = "brief"
COLD = "claims are computed, which takes up to a minute"
KEPT = "; the next brief on the same data takes seconds"


@dataclass(frozen=True)
class WrittenBrief:
    """A brief that was written to disk.

    Parameters
    ----------
    folder : Path
        The folder.
    files : tuple of str
        Names of the files in it.
    brief : Brief
        The brief.
    """

    folder: Path
    files: tuple[str, ...]
    brief: Brief

    def to_frame(self) -> pd.DataFrame:
        """One row for each line of the brief."""
        return self.brief.to_frame()

    def summary(self) -> str:
        """The talking points, and where the files are."""
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
    """Talking points on whether Uzbekistan should join, and on how Kyrgyzstan has fared.

    Parameters
    ----------
    topic : str, optional
        One topic of :func:`eaeu_analysis.claims`; all topics by default.
    lang : {"en", "ru", "uz"}, default "en"
        English, Russian or Uzbek.
    source : {"pinned", "live"}, path or Source, default "pinned"
        Where the annual series come from.
    jobs : int, default 1
        Number of worker processes; the result does not depend on it.
    cache : bool, default True
        Whether to use claims that were computed before from the same data by the same code. Without them the first
        call takes about a minute.

    Returns
    -------
    Brief
        Points for and against, likely questions, numbers to say aloud, and claims that the data do not support.

    Raises
    ------
    BadInputError
        If the topic or the language is unknown.
    NoDataError
        If the source has no data on the question.
    UntracedError
        If a number of the brief is not that of a claim.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> sheet = ea.brief("tariffs")
    >>> sheet.lang, sheet.topic, len(sheet.ids) > 0
    ('en', 'tariffs', True)
    """
    from ..claims.collect import claims, claims_cached

    templates.find_language(lang)
    kept = cache and store.cache_enabled()
    if not (kept and claims_cached(source=source, topic=topic)):
        log.warning("%s%s", COLD, KEPT if kept else "")
    return traced_brief(claims(source=source, topic=topic, jobs=jobs, cache=cache), lang, topic)


def traced_brief(claims: Sequence[Claim], lang: str = "en", topic: str | None = None) -> Brief:
    """The brief of these claims; UntracedError when a number of it is not that of a claim of its line."""
    from ..trace.brief_lines import trace_brief
    from ..trace.trace import require_traced

    made = compose(claims, lang, topic)
    require_traced(trace_brief(made, claims), "the brief")
    return made


def write_brief(
    out: str | Path,
    *,
    topic: str | None = None,
    lang: str = "en",
    formats: Sequence[str] | None = None,
    source: str | Path | Source = "pinned",
    jobs: int = 1,
    cache: bool = True,
) -> WrittenBrief:
    """Write the brief to a folder: brief.pdf, brief.docx, brief.md, brief.html and always brief.json.

    Files are written only after all of them are rendered; the folder then replaces an older brief in one step. The same
    inputs give the same bytes.

    Parameters
    ----------
    out : str or Path
        The folder: new, empty, or with an unchanged older brief.
    topic : str, optional
        As in :func:`brief`.
    lang : {"en", "ru", "uz"}, default "en"
        Language.
    formats : sequence of {"pdf", "docx", "md", "html", "json"}, optional
        The files to write; all by default, without "pdf" where its extra is not installed.
    source : str, Path or Source, default "pinned"
        As in :func:`brief`.
    jobs : int, default 1
        Number of processes.
    cache : bool, default True
        Whether kept results are used.

    Returns
    -------
    WrittenBrief
        The folder, the names of the files and the brief.

    Raises
    ------
    BadInputError
        If the topic, the language or a format is unknown, or ``out`` is a file or a folder with other contents.
    NoDataError
        If the source has no data on the question.

    Examples
    --------
    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ea.write_brief(pathlib.Path(folder, "brief"), topic="tariffs", lang="uz", formats=["md"])
    ...     sorted(path.name for path in pathlib.Path(folder, "brief").iterdir())
    ['brief.json', 'brief.md', 'manifest.json']
    """
    formats = _formats(formats)
    folder = Path(out)
    require_output_folder(folder, KIND)
    made = brief(topic, lang, source=source, jobs=jobs, cache=cache)
    files = {f"brief.{form}": render_brief(made, form) for form in dict.fromkeys((*formats, "json"))}
    with output_folder(folder, KIND) as stage:
        for name, data in files.items():
            (stage / name).write_bytes(data)
    return WrittenBrief(folder, tuple(sorted(files, key=lambda n: FORMATS.index(n.partition(".")[2]))), made)


def _formats(given: Sequence[str] | None) -> tuple[str, ...]:
    """The requested formats, by default all that this installation can write; BadInputError for any other."""
    if given is None:
        if can_write_pdf():
            return FORMATS
        log.warning("without brief.pdf: %s", NO_PDF)
        return tuple(form for form in FORMATS if form != "pdf")
    formats = tuple(dict.fromkeys(form.lower() for form in as_names("formats", given)))
    for form in formats or ("",):
        require_option("format", form, FORMATS)
    if "pdf" in formats:
        require_pdf()
    return formats
