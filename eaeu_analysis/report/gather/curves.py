"""Specification curves computed ahead: what share of the specifications has the sign of an estimate.

A curve of hundreds of specifications takes minutes, a report is to take one. ``scripts/pin_curves.py`` computes them
from the pinned data and writes ``data/results/curves.json``: per outcome the estimates, the seed and size of the sample
of specifications, the version, and a fingerprint of every number and choice that went in. A curve is used only where
the available data have the same fingerprint.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ... import __version__, settings
from ...errors import BadInputError, EaeuError, NoDataError
from ...text import format_number

if TYPE_CHECKING:
    from ...data.sources import Source
    from ...impact.curve.result import SpecificationCurve

FORMAT = 1
LIMIT, SEED = 300, 0  # specifications drawn from the grid, and the seed of the draw


@dataclass(frozen=True)
class Curve:
    """``positive``: share of the answered ``specifications`` with an estimate above zero; ``median``, ``quartiles`` of
    the estimates, ``significant``: share with p of 1 - level or less. ``fingerprint``: of data and choices."""

    unit: str
    event: str
    outcome: str
    specifications: int
    positive: float
    median: float
    quartiles: tuple[float, float]
    significant: float
    level: float
    fingerprint: str
    version: str

    def share(self, estimate: float) -> float:
        """Share of the specifications that have the sign of this estimate."""
        return self.positive if estimate > 0 else 1 - self.positive

    def line(self) -> str:
        """Median and quartiles in a line of text."""
        low, high = (format_number(value, signed=True) for value in self.quartiles)
        return (
            f"specification curve: median {format_number(self.median, signed=True)}, quartiles {low} to {high} "
            f"({self.specifications} specifications, {self.positive:.0%} positive)"
        )


def curves_path() -> Path:
    """Where the curves are kept: ``data/results/curves.json``."""
    return settings.data_dir() / "results" / "curves.json"


def curves_for_source(
    unit: str, event: str, outcomes: Sequence[str], source: str | Path | Source = "pinned", path: Path | None = None
) -> dict[str, Curve]:
    """The pinned curves that were computed on the data of ``source``, by outcome; others are left out.

    Raises BadInputError when the file is there and is not one of curves.
    """
    found = {}
    for curve in read_curves(path or curves_path()):
        if curve.unit == unit and curve.event == event and curve.outcome in outcomes:
            try:
                mark = curve_input_hash(curve.outcome, unit, event, source)
            except EaeuError:
                continue  # the source lacks what the curve needs: no curve, as the check then says
            if mark == curve.fingerprint:
                found[curve.outcome] = curve
    return found


def read_curves(path: Path) -> tuple[Curve, ...]:
    """Every curve of the file; none when there is no file."""
    if not path.is_file():
        return ()
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["format"] != FORMAT:
            raise BadInputError(f"{path} is of format {body['format']!r}, expected {FORMAT}")
        return tuple(Curve(**{**row, "quartiles": tuple(row["quartiles"])}) for row in body["curves"])
    except BadInputError:
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadInputError(f"{path} is not a file of specification curves: {error}") from None


def write_curves(path: Path, found: Sequence[Curve]) -> None:
    """The file, sorted, replaced as a whole."""
    from ... import files as atomic

    rows: list[Mapping[str, Any]] = [vars(curve) for curve in sorted(found, key=lambda c: (c.unit, c.outcome))]
    body = {"format": FORMAT, "limit": LIMIT, "seed": SEED, "curves": rows}
    atomic.write_text(path, json.dumps(body, indent=1, sort_keys=True) + "\n")


def compute(outcome: str, unit: str, event: str, source: str | Path = "pinned", jobs: int = 1) -> Curve:
    """Run the curve; NoDataError when fewer than half of its specifications could be answered."""
    from ...impact.curve.run import specification_curve

    panel = _panel(outcome, source)
    made = specification_curve(panel, outcome, unit, event, jobs=jobs, seed=SEED, limit=LIMIT)
    if len(made.answered) < len(made.table) / 2:
        raise NoDataError(f"{outcome}: {len(made.answered)} of {len(made.table)} specifications could be answered")
    return _summarise_curve(made, outcome, unit, event, curve_input_hash(outcome, unit, event, source))


def _summarise_curve(made: SpecificationCurve, outcome: str, unit: str, event: str, mark: str) -> Curve:
    answered = made.answered["estimate"]
    low, high = made.quartiles
    return Curve(
        unit=unit,
        event=event,
        outcome=outcome,
        specifications=len(answered),
        positive=float((answered > 0).mean()),
        median=made.estimate,
        quartiles=(low, high),
        significant=made.share_significant,
        level=made.level,
        fingerprint=mark,
        version=__version__,
    )


def curve_input_hash(outcome: str, unit: str, event: str, source: str | Path | Source = "pinned") -> str:
    """SHA-256 of the question, the choices and every number of the panel that the curve uses."""
    from ...impact.curve.estimates import make_curve_setup as state_task
    from ...impact.curve.grid import sample_specifications as sample
    from ...impact.curve.run import curve_fingerprint

    panel = _panel(outcome, source)
    task = state_task(panel, outcome, unit, event, None, settings.LEVEL, SEED)
    chosen = sample(range(task.grid.size(outcome, task.event, panel.world)), LIMIT, SEED)
    return curve_fingerprint(task, chosen)


def _panel(outcome: str, source: str | Path | Source) -> Any:
    """The outcome and all that the grid's predictors and pools need, as far as the source has it."""
    from ...data.load import load_panel
    from ...impact.curve.grid import default_grid

    return load_panel(default_grid().series(outcome), source=source)
