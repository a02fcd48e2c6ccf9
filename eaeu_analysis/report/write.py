"""``write_report``: gather, render, write aside, rename."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .. import atomic
from ..errors import BadInputError, PartialDataError, unknown
from . import document, figures, page, words
from .material import Material, assemble

if TYPE_CHECKING:
    import pandas as pd

    from ..sources import Source

FORMATS = ("html", "md", "json", "csv")
MARK = "report.json"  # its presence says that a folder is a report and may be replaced


@dataclass(frozen=True)
class Report:
    """A report that was written: ``files`` relative to ``folder``; ``missing`` outcomes with the reason.

    ``instead``: series that the source could not give and its fall-back did, with the reason.
    """

    folder: Path
    files: tuple[str, ...]
    answers: tuple[str, ...]
    missing: tuple[tuple[str, str], ...]
    instead: tuple[tuple[str, str], ...] = ()

    def to_frame(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame({"file": self.files, "bytes": [(self.folder / f).stat().st_size for f in self.files]})

    def summary(self) -> str:
        """The answer, and where the report is."""
        lines = [f"{i}. {text}" for i, text in enumerate(self.answers, 1)]
        lines += [f"not in the report: {name} ({why})" for name, why in self.missing]
        if self.instead:
            lines.append(words.instead(self.instead))
        start = "index.html" if "index.html" in self.files else self.files[0]
        return "\n".join([*lines, "", f"{len(self.files)} files in {self.folder}; start with {self.folder / start}"])

    def require_complete(self) -> None:
        """Raises PartialDataError when an outcome had no data, or a series came from the fall-back."""
        if self.missing:
            name, why = self.missing[0]
            raise PartialDataError(
                f"{len(self.missing)} of the outcomes have no data, the first being {name}: {why}; the rest is written"
            )
        if self.instead:
            raise PartialDataError(f"{words.instead(self.instead)}; the report is written")


def write_report(
    out: str | Path,
    *,
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    formats: Sequence[str] = FORMATS,
    jobs: int = 1,
) -> Report:
    """Make the report on ``unit`` and the members of ``bloc`` in the folder ``out``.

    Nothing is written until everything is rendered; the folder then takes the place of an older report in one step.
    The same inputs give the same bytes, whatever the number of workers (``jobs``).
    Raises BadInputError for an unknown unit, bloc or format, and when ``out`` is
    a file or a folder that holds something else than a report; NoDataError when the source has nothing to say.
    """
    formats = tuple(dict.fromkeys(f.lower() for f in formats))
    for form in formats:
        if form not in FORMATS:
            raise unknown("format", form, FORMATS)
    if not formats:
        raise unknown("format", "", FORMATS)
    folder = Path(out)
    _may_replace(folder)
    material = assemble(unit, bloc, source, jobs)
    rendered = render(material, formats)
    with atomic.directory(folder) as stage:
        for name, text in rendered.items():
            path = stage / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8"))
    return Report(
        folder=folder,
        files=tuple(sorted(rendered)),
        answers=tuple(words.answers(material.content)),
        missing=tuple((s.outcome, s.missing) for s in material.content.missing),
        instead=material.content.instead,
    )


def render(material: Material, formats: Sequence[str] = FORMATS) -> dict[str, str]:
    """Every file of the report as text, by its name."""
    drawn = figures.draw_all(material) if {"html", "md"} & set(formats) else {}
    made: dict[str, str] = {MARK: document.document(material)}
    if "html" in formats:
        made["index.html"] = page.html(material, drawn)
    if "md" in formats:
        made["report.md"] = page.markdown(material, drawn)
        made |= {f"figures/{name}.svg": f'<?xml version="1.0" encoding="utf-8"?>\n{p.svg}' for name, p in drawn.items()}
    if "csv" in formats:
        made |= {f"tables/{name}": text for name, text in document.tables(material.content).items()}
    return made


def _may_replace(folder: Path) -> None:
    """A folder of the user's that is no report is never deleted."""
    if folder.exists() and not folder.is_dir():
        raise BadInputError(f"cannot write the report to '{folder}': it is a file; expected a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise BadInputError(f"'{folder}' holds other things than a report; name a new or an empty folder")
