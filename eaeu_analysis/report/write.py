"""``write_report``: gather, render, write aside, rename."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import files as atomic
from ..errors import BadInputError, DriftError, PartialDataError, listed, unknown
from ..reference.blocs import bloc as find_bloc
from ..reference.economies import resolve
from . import baseline, brief_words, document, figures, kept, page, words
from . import cache as store
from .brief import compose
from .brief_render import pdf
from .checked import Asked, asked, checked
from .collect import keep as keep_claims
from .content import named
from .drift import Drift
from .material import Material, assemble

if TYPE_CHECKING:
    import pandas as pd

    from ..data.sources import Source

FORMATS = ("html", "md", "pdf", "json", "csv")
BRIEF = "brief.pdf"  # format pdf: the talking points, two sides of A4
BRIEF_OF = ("KGZ", "EAEU")  # what they are about
MARK = "report.json"  # its presence says that a folder is a report and may be replaced


STARTS = ("index.html", "report.md", "brief.pdf", MARK)  # what is best opened first, of the formats asked for


@dataclass(frozen=True)
class Report:
    """A report that was written: ``files`` relative to ``folder``; ``missing`` outcomes and sections with the reason.

    ``instead``: series that the source could not give and its fall-back did, with the reason. ``drift``: what changed
    since the baseline that was named, None without one; ``accepted``: where the new state was written.
    """

    folder: Path
    files: tuple[str, ...]
    answers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    instead: tuple[tuple[str, str], ...] = ()
    drift: Drift | None = None
    accepted: Path | None = None

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({"file": self.files, "bytes": [(self.folder / f).stat().st_size for f in self.files]})

    def summary(self) -> str:
        """The answer, and where the report is."""
        lines = [f"{i}. {text}" for i, text in enumerate(self.answers, 1)]
        lines += [f"not in the report: {name} ({why})" for name, why in self.missing]
        if self.instead:
            lines.append(words.instead(self.instead))
        lines += [self.drift.summary()] if self.drift else []
        lines += [f"accepted: {self.accepted}"] if self.accepted else []
        start = next((name for name in STARTS if name in self.files), self.files[0])
        return "\n".join([*lines, "", f"{len(self.files)} files in {self.folder}; start with {self.folder / start}"])

    def require(self, *, complete: bool, undrifted: bool) -> None:
        """Raises what :meth:`require_complete` and the drift raise, as far as asked for.

        Where both apply it is DriftError, with both sentences: a conclusion that moved is the graver news.
        """
        partial: PartialDataError | None = None
        try:
            if complete:
                self.require_complete()
        except PartialDataError as error:
            partial = error
        try:
            if undrifted and self.drift is not None:
                self.drift.require_none()
        except DriftError as error:
            raise DriftError(f"{error} And: {partial}" if partial else str(error)) from None
        if partial:
            raise partial

    def require_complete(self) -> None:
        """Raises PartialDataError when an outcome or a section had no data, or a series came from the fall-back."""
        if self.missing:
            name, why = self.missing[0]
            raise PartialDataError(
                f"{len(self.missing)} of the outcomes and sections could not be had, the first being {name}: {why}; "
                "the rest is written"
            )
        if self.instead:
            raise PartialDataError(f"{words.instead(self.instead)}; the report is written")


def write_report(
    out: str | Path,
    *,
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    formats: Sequence[str] | None = None,
    lang: str = "en",
    jobs: int = 1,
    check: str | Path | None = None,
    accept: bool = False,
    old_data: str | Path | None = None,
    cache: bool = True,
    dask: str | None = None,
) -> Report:
    """Make the report on ``unit`` and the members of ``bloc`` in the folder ``out``.

    Nothing is written until everything is rendered; the folder then takes the place of an older report in one step.
    The same inputs give the same bytes, whatever the number of workers (``jobs``, or those of the Dask
    scheduler at ``dask``).
    ``formats``: html, md, json, csv, and pdf for the talking points (:mod:`.brief`, in ``lang``: en, ru or uz), which
    are there for Kyrgyzstan alone; None is all that there are.
    ``check``: a baseline to compare the claims with (:mod:`.drift`); ``accept`` writes the present state there, with
    ``old_data`` naming a source that holds the data of the baseline. ``cache``: take the files of an earlier run on the
    same data by the same code (:mod:`.cache`).
    Raises BadInputError for an unknown unit, bloc or format, a baseline that is none, and when ``out`` is
    a file or a folder that holds something else than a report; NoDataError when the source has nothing to say.

    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ea.write_report(pathlib.Path(folder, "report"), formats=["html", "csv"])
    ...     sorted(path.name for path in pathlib.Path(folder, "report").iterdir())
    ['index.html', 'report.json', 'tables']
    """
    if jobs < 1:
        raise BadInputError(f"jobs is {jobs}; expected a number of workers, 1 or more")
    formats = _formats(formats, unit, bloc)
    brief_words.find(lang)
    folder = Path(out)
    _may_replace(folder)
    request = asked(check, accept, old_data)
    run = _run(unit, bloc, source, formats, lang, (jobs, dask), request, cache and store.wanted())
    with atomic.directory(folder) as stage:
        for name, data in run.files.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    if request is not None and request.accept and run.state is not None:
        baseline.write(request.path, run.state)
    return Report(
        folder=folder,
        files=tuple(sorted(run.files)),
        answers=run.answers,
        missing=run.missing,
        instead=run.instead,
        drift=run.drift,
        accepted=request.path if request is not None and request.accept else None,
    )


def _run(
    unit: str,
    bloc: str,
    source: str | Path | Source,
    formats: Sequence[str],
    lang: str,
    workers: tuple[int, str | None],
    request: Asked | None,
    cache: bool,
) -> kept.Run:
    """The files of the report and what is said of them: of an earlier run when nothing changed, else made now."""
    question = {"unit": resolve(unit), "bloc": find_bloc(bloc).code, "source": named(source)}
    mark = kept.key({**question, "lang": lang}, formats, source, request) if cache else ""
    found = kept.load(mark)
    if found is not None:
        return found
    material = assemble(unit, bloc, source, *workers)
    drift, state = None, None
    if request is not None:
        drift, state = checked(request, material.claims, question, source, workers[0])
        material = replace(material, drift=drift)
    files = {name: text.encode("utf-8") for name, text in render(material, formats).items()}
    if "pdf" in formats:
        files[BRIEF] = pdf(compose(material.claims, lang))
    run = kept.Run(
        files=files,
        answers=tuple(words.answers(material.content)),
        missing=(*((s.outcome, s.missing) for s in material.content.missing), *sorted(material.missing.items())),
        instead=material.content.instead,
        drift=drift,
        state=state,
    )
    kept.keep(mark, run)
    if cache:
        keep_claims(list(material.claims), unit, bloc, source)
    return run


def _formats(given: Sequence[str] | None, unit: str, bloc: str) -> tuple[str, ...]:
    """The formats asked for, or all that there are; BadInputError for one that is not known or not to be had."""
    about = (resolve(unit), find_bloc(bloc).code)
    if given is None:
        return tuple(form for form in FORMATS if form != "pdf" or about == BRIEF_OF)
    formats = tuple(dict.fromkeys(form.lower() for form in listed("formats", given)))
    for form in formats or ("",):
        if form not in FORMATS:
            raise unknown("format", form, FORMATS)
    if "pdf" in formats and about != BRIEF_OF:
        raise BadInputError(f"format 'pdf' is the brief, which is about {' in the '.join(BRIEF_OF)}; not {about[0]}")
    return formats


def render(material: Material, formats: Sequence[str] = FORMATS) -> dict[str, str]:
    """Every file of the report that is text, by its name."""
    drawn = figures.draw_all(material) if {"html", "md"} & set(formats) else {}
    made: dict[str, str] = {MARK: document.document(material)}
    if "html" in formats:
        made["index.html"] = page.html(material, drawn, BRIEF if "pdf" in formats else "")
    if "md" in formats:
        made["report.md"] = page.markdown(material, drawn)
        made |= {f"figures/{name}.svg": f'<?xml version="1.0" encoding="utf-8"?>\n{p.svg}' for name, p in drawn.items()}
    if "csv" in formats:
        made |= {f"tables/{name}": text for name, text in document.tables(material).items()}
    return made


def _may_replace(folder: Path) -> None:
    """A folder of the user's that is no report is never deleted."""
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"cannot write the report to '{folder}': it is a file; expected a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise BadInputError(f"'{folder}' holds other things than a report; name a new or an empty folder")
