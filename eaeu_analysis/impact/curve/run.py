"""Specification curve: the same question under every defensible combination of choices, none of them hidden.

Simonsohn, Simmons & Nelson (2020), "Specification curve analysis", Nature Human Behaviour 4. The choices are data
(:mod:`.grid`), each estimate comes with the same exact placebo test (:mod:`.curve_rows`), and the curve as a whole is
tested by treating every donor in turn (:mod:`.curve_test`).
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...data.panel import Panel, require_years
from ...errors import NoDataError, require_least, require_level
from ...parallel import fan_out
from ...results import Provenance
from .estimates import Answered, CurveSetup, answer_questions, make_curve_setup
from .grid import Grid, Specification, sample_specifications
from .result import SpecificationCurve

REFERENCE = "Simonsohn, Simmons & Nelson (2020), Nature Human Behaviour 4"
FORMAT = "specification curve 3"  # of the numbers of a curve: raised when they change
ARRAYS = ("effects", "statistics", "p_values")


def curve_fingerprint(task: CurveSetup, specifications: Sequence[int]) -> str:
    """SHA-256 of the question, the choices (the numbers of the specifications) and every number of the panel that they
    use.

    The numbers count to seven digits: the last bit of a logarithm differs from one processor to another.
    """
    stated = {
        "format": FORMAT,
        "outcome": task.outcome,
        "unit": task.unit,
        "event": task.event,
        "grid": task.grid.plain(),
        "level": task.level,
        "seed": task.seed,
        "columns": dict(task.columns),
        "units": list(task.units),
        "specifications": list(specifications),
        "index": [list(map(str, task.panel.frame.columns)), [list(map(str, key)) for key in task.panel.frame.index]],
    }
    digest = hashlib.sha256(json.dumps(stated, sort_keys=True, default=str).encode())
    digest.update(np.ascontiguousarray(task.panel.frame.to_numpy(dtype=np.float64).astype("<f4")).tobytes())
    return digest.hexdigest()


def specification_curve(
    panel: Panel,
    outcome: str,
    unit: str,
    event: object,
    grid: Grid | None = None,
    jobs: int = 1,
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    level: float = settings.LEVEL,
    limit: int | None = None,
    dask: str | None = None,
) -> SpecificationCurve:
    """Effect of an event under every defensible specification, tested as a whole.

    Parameters
    ----------
    panel : Panel
        Data by unit and year; for a world panel with populations (``SP.POP.TOTL``) too.
    outcome : str
        A column of the panel or an outcome of the catalogue. Outcomes that the catalogue keeps in levels are analysed
        in log points x 100 (about per cent).
    unit : str
        The treated unit.
    event : int, str or date
        First treated period, as a year or a date in it.
    grid : Grid, optional
        The choices. By default ``data/tables/grid.toml`` for panels of economies, elsewhere estimators and windows on
        one pool.
    jobs : int, default 1
        Worker processes. The result does not depend on their number.
    seed : int, default 0
        Seed of what is drawn.
    progress : callable, optional
        Called with the number of specifications done and their total.
    level : float, default 0.90
        Confidence level, between 0 and 1.
    limit : int, optional
        Number of specifications to choose at random.
    dask : str, optional
        Address of a Dask scheduler to use instead of processes.

    Returns
    -------
    SpecificationCurve
        A specification that cannot be answered is a row with its reason in ``failed``.

    Raises
    ------
    BadInputError
        If an argument cannot be used.
    NoDataError
        If the panel lacks the outcome, or no specification can be answered.

    Notes
    -----
    Every estimate comes with the same exact placebo test, and the curve is tested by treating every donor in turn.
    Method: Simonsohn, Simmons and Nelson (2020, Nature Human Behaviour 4).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> panel = ea.load_panel(["trade", "SP.POP.TOTL"])
    >>> found = ea.specification_curve(panel, "trade", "KGZ", "2015-08-12", limit=20)
    >>> len(found.table), found.measure_unit
    (20, '% of GDP')
    """
    require_years(panel, "specification_curve")
    require_level(level)
    require_least("jobs", jobs, 1)
    task = make_curve_setup(panel, outcome, unit, event, grid, level, seed)
    everything = task.grid.specifications(outcome, task.event, panel.world)
    chosen = sample_specifications(everything, limit, seed)
    answers: list[Answered] = []
    count = 0
    for answer in _run(task, by_question(chosen), jobs, dask):
        answers.append(answer)
        count += len(answer.rows)
        if progress is not None:
            progress(count, len(chosen))
    return _collect(task, answers, limit)


def by_question(specifications: Sequence[Specification]) -> list[list[Specification]]:
    """Specifications in lists that share their data, in order."""
    groups: dict[tuple[Any, ...], list[Specification]] = {}
    for specification in specifications:
        groups.setdefault(specification.question, []).append(specification)
    return list(groups.values())


def _run(
    task: CurveSetup, groups: Sequence[Sequence[Specification]], jobs: int, dask: str | None
) -> Iterator[Answered]:
    """Answers in the order of ``groups``, those that share their fit years by one worker after another, so that what
    they have in common is worked out once."""
    shares = [list(share) for _, share in itertools.groupby(groups, lambda group: group[0].question[:3])]
    if dask is None and (jobs == 1 or len(shares) < 2):
        for share in shares:
            yield from answer_questions(task, share)  # each as soon as it is there, for the progress
        return
    for answers in fan_out(partial(_answer_share, task), shares, jobs, dask, fits=partial(_fits, len(task.units))):
        yield from answers


def _fits(units: int, share: Sequence[Sequence[Specification]], found: object) -> bool:
    """Whether these are answers to the questions of a share: a row for each specification, numbers for each unit."""
    if type(found) is not list or len(found) != len(share):
        return False
    return all(
        type(answer) is Answered
        and len(answer.rows) == len(question)
        and all(getattr(answer, name).shape == (len(question), units) for name in ARRAYS)
        for question, answer in zip(share, found, strict=True)
    )


def _answer_share(task: CurveSetup, share: Sequence[Sequence[Specification]]) -> list[Answered]:
    return list(answer_questions(task, share))


def _collect(task: CurveSetup, answers: Sequence[Answered], limit: int | None) -> SpecificationCurve:
    table = pd.DataFrame([row for answer in answers for row in answer.rows])
    if (table["failed"] != "").all():
        raise NoDataError(f"no specification could be answered; the first: {table['failed'].iloc[0]}")
    index = pd.Index(table["specification"], name="specification")
    frames = [
        pd.DataFrame(np.vstack([getattr(a, name) for a in answers]), index, pd.Index(task.units, name="unit"))
        for name in ARRAYS
    ]
    infos = tuple(task.panel.info(c) for n, c in task.columns.items() if c and n in set(table["measure"]))
    spec = {
        "estimator": "specification_curve",
        "outcome": task.outcome,
        "unit": task.unit,
        "event": task.event,
        "grid": task.grid.plain(),
        "limit": limit,
        "seed": task.seed,
        "level": task.level,
    }
    unit = task.panel.info(task.columns[task.outcome]).unit
    provenance = Provenance(infos, "specification curve", REFERENCE, spec)
    return SpecificationCurve(spec, table, frames[0], frames[1], frames[2], task.level, unit, provenance)
