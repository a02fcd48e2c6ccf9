"""``write_report``: gather, render, write aside, rename."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import BadInputError, DriftError, PartialDataError, as_names, unknown
from ..output_folder import output_folder, require_output_folder
from ..reference.blocs import bloc as find_bloc
from ..reference.catalogue import parse
from ..reference.economies import resolve
from . import cache
from . import cache as store
from .brief.compose import compose
from .brief.render import pdf
from .claims.collect import cache_claims as keep_claims
from .drift import baseline
from .drift.baseline import ClaimsBaseline
from .drift.changes import COLUMNS, REVISED, BaselineCheck, Drift, checked, read_baseline_check
from .gather.content import named
from .page import document, figures
from .page import render as page
from .page.material import Material, assemble
from .wording import sentences, templates

if TYPE_CHECKING:
    import pandas as pd

    from ..data.sources import Source


# A whole run of the report, kept and found again: its files, what is said of them, its drift.

KIND, FACTS, FOLDER = "report", "run.json", "files/"


@dataclass(frozen=True)
class ReportRun:
    """``files`` by name; ``answers``: the sentences at the top; ``missing``: outcomes without data, with the reason;
    ``instead``: series of a fall-back; ``drift`` and ``state`` (to be accepted) when a baseline was named."""

    files: Mapping[str, bytes]
    answers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    instead: tuple[tuple[str, str], ...] = ()
    drift: Drift | None = None
    state: ClaimsBaseline | None = None


def run_key(
    question: Mapping[str, str], formats: Sequence[str], source: str | Path | Source, request: BaselineCheck | None
) -> str:
    """The key of a run: its question, its files, its baseline and the old data named with it."""
    check = "" if request is None else baseline.text(request.old) if request.old else "none yet"
    old = "" if request is None or request.old_data is None else cache.source_digest(request.old_data)
    return cache.cache_key(KIND, {**question, "formats": list(formats), "check": check, "old": old}, source)


def load_run(mark: str) -> ReportRun | None:
    """The run kept under that key; None when there is none, or when it is not whole."""
    found = cache.load_cached(KIND, mark)
    if found is None or FACTS not in found:
        return None
    try:
        facts = json.loads(found[FACTS])
        return ReportRun(
            files={name.removeprefix(FOLDER): data for name, data in found.items() if name.startswith(FOLDER)},
            answers=tuple(facts["answers"]),
            missing=tuple((name, why) for name, why in facts["missing"]),
            instead=tuple((name, why) for name, why in facts["instead"]),
            drift=None if facts["drift"] is None else _drift(facts["drift"]),
            state=None if facts["state"] is None else parse(ClaimsBaseline, facts["state"], "kept state"),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, BadInputError):
        return None


def store_run(mark: str, run: ReportRun) -> None:
    """Keep the run under that key; without a key nothing is kept."""
    if not mark:
        return
    facts = {
        "answers": list(run.answers),
        "missing": [list(row) for row in run.missing],
        "instead": [list(row) for row in run.instead],
        "drift": None if run.drift is None else _plain(run.drift),
        "state": None if run.state is None else json.loads(baseline.text(run.state)),
    }
    files = {f"{FOLDER}{name}": data for name, data in run.files.items()}
    cache.store_cached(KIND, mark, {FACTS: json.dumps(facts, sort_keys=True).encode(), **files})


def _plain(drift: Drift) -> dict[str, Any]:
    row = {field.name: getattr(drift, field.name) for field in dataclasses.fields(drift)}
    return {
        **row,
        "table": drift.table.to_dict(orient="records"),
        "revised": drift.revised.to_dict(orient="records"),
        "changed": list(drift.changed),
    }


def _drift(row: Mapping[str, Any]) -> Drift:
    import pandas as pd

    tables = {
        "table": pd.DataFrame(row["table"], columns=COLUMNS),
        "revised": pd.DataFrame(row["revised"], columns=REVISED),
    }
    return Drift(**{**row, **tables, "changed": tuple(row["changed"])})


FORMATS = ("html", "md", "pdf", "json", "csv")
BRIEF = "brief.pdf"  # format pdf: the talking points, two sides of A4
BRIEF_OF = ("KGZ", "EAEU")  # what they are about
MARK = "report.json"


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
            lines.append(sentences.fallback_sentence(self.instead))
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
            raise PartialDataError(f"{sentences.fallback_sentence(self.instead)}; the report is written")


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
    a file or a folder that holds anything but an unchanged report (:mod:`.output_folder`); NoDataError when the source
    has nothing to say.

    >>> import eaeu_analysis as ea, pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = ea.write_report(pathlib.Path(folder, "report"), formats=["html", "csv"])
    ...     sorted(path.name for path in pathlib.Path(folder, "report").iterdir())
    ['index.html', 'manifest.json', 'report.json', 'tables']
    """
    if jobs < 1:
        raise BadInputError(f"jobs is {jobs}; expected a number of workers, 1 or more")
    formats = _formats(formats, unit, bloc)
    templates.find_brief_language(lang)
    folder = Path(out)
    require_output_folder(folder, KIND)
    request = read_baseline_check(check, accept, old_data)
    run = _run(unit, bloc, source, formats, lang, (jobs, dask), request, cache and store.cache_enabled())
    with output_folder(folder, KIND) as stage:
        for name, data in run.files.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    if request is not None and request.accept and run.state is not None:
        baseline.write_baseline(request.path, run.state)
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
    request: BaselineCheck | None,
    cache: bool,
) -> ReportRun:
    """The files of the report and what is said of them: of an earlier run when nothing changed, else made now."""
    question = {"unit": resolve(unit), "bloc": find_bloc(bloc).code, "source": named(source)}
    mark = run_key({**question, "lang": lang}, formats, source, request) if cache else ""
    found = load_run(mark)
    if found is not None:
        return found
    material = assemble(unit, bloc, source, *workers)
    drift, state = None, None
    if request is not None:
        drift, state = checked(request, material.claims, question, source, workers[0])
        material = replace(material, drift=drift)
    files = {name: text.encode("utf-8") for name, text in render_report(material, formats).items()}
    if "pdf" in formats:
        files[BRIEF] = pdf(compose(material.claims, lang))
    run = ReportRun(
        files=files,
        answers=tuple(sentences.answers(material.content)),
        missing=(*((s.outcome, s.missing) for s in material.content.missing), *sorted(material.missing.items())),
        instead=material.content.instead,
        drift=drift,
        state=state,
    )
    store_run(mark, run)
    if cache:
        keep_claims(list(material.claims), unit, bloc, source)
    return run


def _formats(given: Sequence[str] | None, unit: str, bloc: str) -> tuple[str, ...]:
    """The formats asked for, or all that there are; BadInputError for one that is not known or not to be had."""
    about = (resolve(unit), find_bloc(bloc).code)
    if given is None:
        return tuple(form for form in FORMATS if form != "pdf" or about == BRIEF_OF)
    formats = tuple(dict.fromkeys(form.lower() for form in as_names("formats", given)))
    for form in formats or ("",):
        if form not in FORMATS:
            raise unknown("format", form, FORMATS)
    if "pdf" in formats and about != BRIEF_OF:
        raise BadInputError(f"format 'pdf' is the brief, which is about {' in the '.join(BRIEF_OF)}; not {about[0]}")
    return formats


def render_report(material: Material, formats: Sequence[str] = FORMATS) -> dict[str, str]:
    """Every file of the report that is text, by its name."""
    drawn = figures.draw_all(material) if {"html", "md"} & set(formats) else {}
    made: dict[str, str] = {MARK: document.report_document(material)}
    if "html" in formats:
        made["index.html"] = page.page_html(material, drawn, BRIEF if "pdf" in formats else "")
    if "md" in formats:
        made["report.md"] = page.page_markdown(material, drawn)
        made |= {f"figures/{name}.svg": f'<?xml version="1.0" encoding="utf-8"?>\n{p.svg}' for name, p in drawn.items()}
    if "csv" in formats:
        made |= {f"tables/{name}": text for name, text in document.csv_tables(material).items()}
    return made
