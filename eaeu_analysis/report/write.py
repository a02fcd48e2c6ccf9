"""``write_report``: collect the results, render all files, and replace the folder in one step."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInputError, DriftError, PartialDataError, as_names, require_least, require_option
from ..output_folder import output_folder, require_output_folder
from ..parallel import helpers, one_blas_thread
from ..reference.blocs import bloc as find_bloc
from ..reference.economies import resolve
from ..settings import site_address
from . import cache as store
from .brief.render import NO_PDF, can_write_pdf, require_pdf
from .drift import baseline
from .drift.changes import Drift, checked, read_baseline_check
from .gather.content import named
from .gather.evidence import WORKERS
from .kept_run import BRIEF, KIND, MARK, MARKDOWN, ReportRun, kept_brief, load_run, requested_files, run_key, store_run
from .run_record import run_files
from .wording import sentences, templates
from .wording.templates import languages

if TYPE_CHECKING:
    import pandas as pd

    from ..data.sources import Source
    from ..parallel import Begin
    from .claims.claim import Claim
    from .page.material import Material


log = logging.getLogger(__name__)
progress = logging.getLogger("eaeu_analysis.progress")
progress.propagate = False  # steps are for a command that shows them

FORMATS = ("html", "md", "pdf", "json", "csv", "cards")
BY_DEFAULT = ("html", "md", "pdf", "json", "csv")
TEXTS = ("html", "md", "json", "csv")  # made and kept together, whichever are asked for
BRIEF_OF = ("KGZ", "EAEU")  # the subject of the brief

STARTS = ("index.html", "report.md", "brief.pdf", MARK)  # the file to open first, in this order


@dataclass(frozen=True)
class Report:
    """A report that was written to disk.

    Parameters
    ----------
    folder : Path
        The folder.
    files : tuple of str
        Names of the files, relative to the folder.
    answers : tuple of str
        The sentences at the top of the page.
    missing : tuple of (name, reason)
        Outcomes and sections without data.
    substitutes : tuple of (series, reason)
        Series that the source did not have and that were taken from the fall-back.
    drift : Drift, optional
        What changed since the baseline; None when no baseline was named.
    accepted : Path, optional
        Where the new baseline was written.
    """

    folder: Path
    files: tuple[str, ...]
    answers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    substitutes: tuple[tuple[str, str], ...] = ()
    drift: Drift | None = None
    accepted: Path | None = None

    def to_frame(self) -> pd.DataFrame:
        """One row for each file, with its size in bytes."""
        import pandas as pd

        return pd.DataFrame({"file": self.files, "bytes": [(self.folder / f).stat().st_size for f in self.files]})

    def summary(self) -> str:
        """The main findings, and where the report is."""
        lines = [f"{i}. {text}" for i, text in enumerate(self.answers, 1)]
        lines += [f"not in the report: {name} ({why})" for name, why in self.missing]
        if self.substitutes:
            lines.append(sentences.fallback_sentence(self.substitutes))
        lines += [self.drift.summary()] if self.drift else []
        lines += [f"accepted: {self.accepted}"] if self.accepted else []
        start = next((name for name in STARTS if name in self.files), self.files[0])
        return "\n".join([*lines, "", f"{len(self.files)} files in {self.folder}; start with {self.folder / start}"])

    def require(self, *, complete: bool, undrifted: bool) -> None:
        """Raise an error for missing data or a drifted conclusion, as requested.

        Parameters
        ----------
        complete : bool
            Whether missing data are an error.
        undrifted : bool
            Whether a drifted conclusion is an error.

        Raises
        ------
        DriftError
            If a conclusion drifted; the message also names missing data.
        PartialDataError
            If only data are missing.
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
        """Raise PartialDataError when an outcome or a section has no data, or a series came from the fall-back."""
        if self.missing:
            name, why = self.missing[0]
            raise PartialDataError(
                f"{len(self.missing)} of the outcomes and sections are missing, the first being {name}: {why}; "
                "the rest of the report was written"
            )
        if self.substitutes:
            raise PartialDataError(f"{sentences.fallback_sentence(self.substitutes)}; the report was written")


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
    """Write the report on a member of a bloc: web pages, Markdown, talking points, JSON and CSV tables.

    Files are written only after all of them are rendered; the folder then replaces an older report in one step. The
    same inputs give the same bytes, whatever the number of workers.

    Parameters
    ----------
    out : str or Path
        The folder: new, empty, or with an unchanged older report.
    unit : str, default "KGZ"
        The member that the report is about: name or ISO code.
    bloc : str, default "EAEU"
        The bloc that it joined.
    source : {"pinned", "live"}, path or Source, default "pinned"
        Where the annual series come from.
    formats : sequence of {"html", "md", "pdf", "json", "csv", "cards"}, optional
        The files to write; all but "cards" by default. "html" are the pages with their figures and tables. "pdf" is
        the brief, available for Kyrgyzstan in the EAEU only and with the extra ``pdf``. "cards" are pictures to share
        with a caption for each finding, in three languages. report.json is always written.
    lang : {"en", "ru", "uz"}, default "en"
        The language of the brief; the main page and the page of findings are in all three.
    jobs : int, default 1
        Number of worker processes.
    check : str or Path, optional
        A baseline file to compare the claims with; "shipped" is the one of the package.
    accept : bool, default False
        Whether to write the present claims to ``check`` as the new baseline.
    old_data : str or Path, optional
        A source with the data of the baseline; it separates data revisions from other reasons of a change.
    cache : bool, default True
        Whether to use the files of an earlier run with the same data and code.
    dask : str, optional
        Address of a Dask scheduler ("tcp://host:port") that is used instead of ``jobs``.

    Returns
    -------
    Report
        The folder, its files, the main findings, missing data and the drift from the baseline.

    Raises
    ------
    BadInputError
        If the unit, the bloc, a format or the baseline is invalid, or ``out`` is a file or a folder with other
        contents.
    NoDataError
        If the source has no data on any outcome.
    UntracedError
        If a number of a text that was to be written has no origin in a result.

    Examples
    --------
    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ea.write_report(pathlib.Path(folder, "report"), formats=["md"])
    ...     sorted(path.name for path in pathlib.Path(folder, "report").iterdir())
    ['figures', 'manifest.json', 'report.json', 'report.md', 'ro-crate-metadata.json', 'run.json']
    """
    require_least("jobs", jobs, 1)
    formats = _formats(formats, unit, bloc)
    templates.find_language(lang)
    folder = Path(out)
    require_output_folder(folder, KIND)
    request = read_baseline_check(check, accept, old_data)
    question = {"unit": resolve(unit), "bloc": find_bloc(bloc).code, "source": named(source)}
    use = cache and store.cache_enabled()
    brief = partial(kept_brief, lang=lang, question=question, source=source, use=use) if "pdf" in formats else None
    run, more = _run(unit, bloc, source, formats, (jobs, dask), use, brief)
    drift, state = None, None
    if request is not None:
        progress.info("comparing the claims with the accepted ones")
        drift, state = checked(request, run.claims, question, source, jobs)
    files = {**requested_files(run, formats, drift), **more}
    if "cards" in formats:
        from .cards.findings import SITE
        from .cards.write import card_findings, draw_cards

        progress.info("drawing the cards")
        drawn = card_findings(run.claims)
        files |= {f"cards/{name}": data for name, data in draw_cards(drawn, site_address() or SITE, pages=True)}
    records = run_files({**question, "lang": lang, "formats": ",".join(formats)}, source, files)
    with output_folder(folder, KIND) as stage:
        for name, data in {**files, **records}.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    if request is not None and request.accept and state is not None:
        baseline.write_baseline(request.path, state)
    return Report(
        folder=folder,
        files=tuple(sorted({*files, *records})),
        answers=run.answers,
        missing=run.missing,
        substitutes=run.substitutes,
        drift=drift,
        accepted=request.path if request is not None and request.accept else None,
    )


def _run(
    unit: str,
    bloc: str,
    source: str | Path | Source,
    formats: Sequence[str],
    workers: tuple[int, str | None],
    use: bool,
    brief: Callable[[Sequence[Claim]], bytes] | None,
) -> tuple[ReportRun, dict[str, bytes]]:
    """The report: from an earlier run when nothing changed, otherwise made now and kept with all its texts; and the
    file that ``brief`` makes of its claims."""
    question = {"unit": resolve(unit), "bloc": find_bloc(bloc).code, "source": named(source)}
    mark = run_key(question, source) if use else ""
    found = load_run(mark)
    if found is not None:
        return found, {BRIEF: brief(found.claims)} if brief else {}
    progress.info("reading the data and running the analyses")
    jobs, dask = workers
    made = TEXTS if mark else formats
    first, *others = languages()
    with one_blas_thread(), helpers(1 if dask else jobs, WORKERS) as begin:
        material = assemble(unit, bloc, source, jobs, dask, begin)
        progress.info("drawing the figures and writing the page")
        elsewhere = others[: jobs - 1]
        rest = [begin(partial(traced_report, material, made, (lang,))) for lang in elsewhere]
        drawn = begin(partial(answer_cards, material.claims)) if "html" in made else None
        written = begin(partial(brief, material.claims)) if brief else None
        texts = traced_report(material, made, [first, *others[len(elsewhere) :]])
        for done in rest:
            texts |= done()
        cards, more = drawn() if drawn else {}, {BRIEF: written()} if written else {}
    run = ReportRun(
        files={**{name: text.encode("utf-8") for name, text in texts.items()}, **cards},
        claims=material.claims,
        answers=tuple(sentences.answers(material.content)),
        missing=(*((s.outcome, s.missing) for s in material.content.missing), *sorted(material.missing.items())),
        substitutes=material.content.substitutes,
    )
    store_run(mark, run)
    if use:
        from .claims.collect import cache_claims

        cache_claims(list(material.claims), unit, bloc, source)
    return run, more


def assemble(
    unit: str,
    bloc: str,
    source: str | Path | Source = "pinned",
    jobs: int = 1,
    dask: str | None = None,
    begin: Begin | None = None,
) -> Material:
    """All that a page shows. The analyses are loaded here: a kept report needs none of them."""
    from .page import material

    return material.assemble(unit, bloc, source, jobs, dask, begin)


def _formats(given: Sequence[str] | None, unit: str, bloc: str) -> tuple[str, ...]:
    """The requested formats, by default all; BadInputError for one that is unknown or not available."""
    about = (resolve(unit), find_bloc(bloc).code)
    if given is None:
        possible = about == BRIEF_OF and can_write_pdf()
        if about == BRIEF_OF and not possible:
            log.warning("without %s: %s", BRIEF, NO_PDF)
        return tuple(form for form in BY_DEFAULT if form != "pdf" or possible)
    formats = tuple(dict.fromkeys(form.lower() for form in as_names("formats", given)))
    for form in formats or ("",):
        require_option("format", form, FORMATS)
    if "pdf" in formats and about != BRIEF_OF:
        raise BadInputError(f"format 'pdf' is the brief, which is about {' in the '.join(BRIEF_OF)}; not {about[0]}")
    if "pdf" in formats:
        require_pdf()
    return formats


def require_origins(texts: Mapping[str, str], material: Material) -> None:
    """UntracedError when a number of a page or of the Markdown has no origin in a result of its place."""
    from .page.render import language_of
    from .trace.known_numbers import known_of, results_of
    from .trace.trace import require_traced, trace_html, trace_markdown

    pages = {name for name in texts if name.endswith((".html", ".md"))}
    results = results_of(material) if pages else None
    for lang in sorted({language_of(name) for name in pages}):
        known = known_of(material, lang, results)
        for name in sorted(page for page in pages if language_of(page) == lang):
            trace = trace_markdown if name.endswith(".md") else trace_html
            require_traced(trace(texts[name], known), name)


def traced_report(material: Material, formats: Sequence[str], langs: Sequence[str]) -> dict[str, str]:
    """What :func:`render_report` gives; UntracedError when a number of it has no origin."""
    texts = render_report(material, formats, langs)
    require_origins(texts, material)
    return texts


def render_report(
    material: Material, formats: Sequence[str] = TEXTS, langs: Sequence[str] | None = None
) -> dict[str, str]:
    """All text files of the report in these languages (all by default), by name; what has no language is made with the
    English. What :func:`.kept_run.requested_files` gives was rendered here."""
    from .page import document, render

    langs = languages() if langs is None else langs
    english = "en" in langs
    made: dict[str, str] = {MARK: document.report_document(material)} if english else {}
    if not {"html", "md", "csv"} & set(formats):
        return made
    pages = render.prepare(material, langs=langs)
    if "html" in formats:
        made |= render.html_files(pages)
    if "md" in formats and english:
        made[MARKDOWN] = render.page_markdown(pages)
    if {"html", "md"} & set(formats):
        made |= render.picture_files([picture for own in pages.pictures.values() for picture in own.values()])
    if {"html", "csv"} & set(formats) and english:
        made |= render.data_tables(pages)
    return made


def answer_cards(claims: Sequence[Claim]) -> dict[str, bytes]:
    """The picture that goes with a link to the main page, in each language; nothing without its claim."""
    from .cards.findings import LANGUAGES, finding
    from .cards.layout import SHAPES, card_png
    from .page.render import ANSWER, card_of

    found = [claim for claim in claims if claim.id == ANSWER]
    return {card_of(lang): card_png(finding(claim, lang), SHAPES[0]) for claim in found for lang in LANGUAGES}
