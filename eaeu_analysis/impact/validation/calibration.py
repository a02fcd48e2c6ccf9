"""How often does the tool cry wolf? Its tests where nothing happened: placebo countries at placebo dates.

Each placebo problem takes an economy that joined no customs union and had no break of its own in the years used, a date
at random, and asks the tool for the effect. A test of size 5 % should then call 5 % of them significant. Two kinds of
test are calibrated, for every estimator of :mod:`.everyone`:

rank   the exact rank of the standardised effect among the donors (the test of synthetic_control and of the curve)
raw    the exact rank of the effect as it is (randomisation, as in difference_in_differences)
t      Student's t on the spread of the donors' placebo effects (the tests of synthetic_did, augmented_synthetic_control
       and matrix_completion), right if the economy's noise is like the donors'

A rank test is right by construction on average over all economies of a pool. For economies of one kind, as those of the
former Soviet Union among all of the world, it need not be: :meth:`Calibration.by` shows that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...data.panel import Panel, require_years
from ...errors import NoDataError, require_least
from ...parallel import fan_out
from ...results import Check, Provenance, Result
from ..curve.estimates import Answered, CurveSetup, SlimPanel, answer_question, eligible, slim_panel
from ..curve.grid import PREDICTED, Grid, PoolRule
from ..curve.placebos import ESTIMATORS
from ..inference.inversion import student
from ..inference.placebo import rank_p_value
from ..options import Gaps
from ..question import donors as pools

OUTCOMES: tuple[str, ...] = ("trade", "exports", "imports", "remittances", "gdp_per_head")
EVENTS = tuple(range(2007, 2016))
SIZES = (0.05, 0.10)
OUTCOMES_ONLY = tuple(name for name in ESTIMATORS if name != PREDICTED)
FALSE_CLAIMS = ("found", "fragile")


@dataclass(frozen=True)
class PlaceboProblem:
    """An economy to which nothing happened, a date, an outcome."""

    outcome: str
    unit: str
    event: int


@dataclass(frozen=True, eq=False)
class Calibration(Result):
    """p-values of the tests where there is no effect.

    Attributes
    ----------
    spec : mapping
        The question and all settings as plain values.
    table : DataFrame
        A row per placebo problem, estimator and test: ``outcome, unit, event, estimator, test, donors, p_value,
        least_p, finding, failed``; ``finding`` is that of the rank test with the checks of the estimator.
    provenance : Provenance
        Series and method.
    """

    spec: Mapping[str, Any]
    table: pd.DataFrame
    provenance: Provenance

    @property
    def problems(self) -> int:
        """Number of placebo problems."""
        return len(self.table[["outcome", "unit", "event"]].drop_duplicates())

    @property
    def sizes(self) -> pd.DataFrame:
        """A row per estimator and test: ``problems``, ``size_5`` and ``size_10`` (share with p at or below 5 and 10 %)
        with standard errors ``se_5, se_10`` that allow for problems of one economy being alike, and ``claims``: the
        share of problems in which the tool would have claimed an effect (finding "found" or "fragile")."""
        return self.by()

    def by(self, *columns: str) -> pd.DataFrame:
        """``sizes`` within groups: by "outcome", "unit", "event", or any column joined to ``table``."""
        good = self.table[self.table["failed"] == ""]
        rows = []
        for key, group in good.groupby([*columns, "estimator", "test"], sort=True):
            row = dict(zip([*columns, "estimator", "test"], key, strict=True))
            row["problems"] = len(group)
            for size in SIZES:
                hit = (group["p_value"] <= size + 1e-9).to_numpy(dtype=np.float64)
                row[f"size_{100 * size:.0f}"] = float(hit.mean())
                row[f"se_{100 * size:.0f}"] = clustered_se(hit, group["unit"].to_numpy())
            row["claims"] = float(group["finding"].isin(FALSE_CLAIMS).mean())
            rows.append(row)
        return pd.DataFrame(rows)

    @property
    def checks(self) -> tuple[Check, ...]:
        """One per estimator and test: passed when the size at 10 % is within two standard errors of 10 %, or below."""
        found = []
        for row in self.sizes.to_dict("records"):
            limit = 0.10 + 2 * row["se_10"]
            text = (
                f"{row['size_10']:.1%} of {row['problems']} placebo problems at 10 % (standard error "
                f"{row['se_10']:.1%}), {row['size_5']:.1%} at 5 %; fails above {limit:.1%}"
            )
            name = f"{row['estimator']}, {row['test']}"
            found.append(Check(name, row["size_10"] <= limit, row["size_10"], limit, text))
        return tuple(found)

    def summary(self) -> str:
        spec = self.spec
        failed = int((self.table["failed"] != "").sum())
        lines = [
            f"calibration: {self.problems} placebo problems, events {spec['events'][0]}-{spec['events'][-1]}, donors: "
            f"{spec['pool']}, outcomes: {', '.join(spec['outcomes'])}",
            *(f"  {check.line}" for check in self.checks),
        ]
        lines += [
            f"  claims of an effect by {row['estimator']}: {row['claims']:.1%}"
            for row in self.sizes[self.sizes["test"] == "rank"].to_dict("records")
        ]
        if failed:
            lines.append(f"  {failed} rows without an answer")
        return "\n".join(lines)


def clustered_se(values: np.ndarray[Any, Any], groups: np.ndarray[Any, Any]) -> float:
    """Standard error of the mean of ``values`` (n,) whose errors may be alike within ``groups`` (n,)."""
    frame = pd.DataFrame({"value": values - values.mean(), "group": groups})
    return float(np.sqrt((frame.groupby("group")["value"].sum() ** 2).sum()) / len(values))


@dataclass(frozen=True, kw_only=True)
class CalibrationOptions:
    """Rare settings of :func:`~eaeu_analysis.calibrate`.

    Parameters
    ----------
    donors : PoolRule, optional
        Which economies are donors. By default all.
    before, after : int, default 9 and 4
        Number of years before the event and from it on.
    min_population : float, default 1,000,000
        Smallest population of an economy that is treated or a donor; 0 for panels without populations.
    gaps : {"drop", "interpolate", "error"}, default "interpolate"
        What happens to a donor with a missing value.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.CalibrationOptions(before=12).before
    12
    """

    donors: PoolRule | None = None
    before: int = 9
    after: int = 4
    min_population: float = 1_000_000
    gaps: Gaps = "interpolate"


def calibrate(
    panel: Panel,
    outcomes: Sequence[str] = OUTCOMES,
    *,
    units: Iterable[str] | None = None,
    events: Sequence[int] = EVENTS,
    estimators: Sequence[str] = OUTCOMES_ONLY,
    problems: int = 1000,
    seed: int = 0,
    jobs: int = 1,
    dask: str | None = None,
    level: float = settings.LEVEL,
    progress: Callable[[int, int], None] | None = None,
    options: CalibrationOptions | None = None,
) -> Calibration:
    """Size of the tests where nothing happened: placebo economies at placebo dates.

    Parameters
    ----------
    panel : Panel
        Data by unit and year; for a world panel with populations (``SP.POP.TOTL``) too.
    outcomes : sequence of str
        Outcomes from which problems are drawn.
    units : iterable of str, optional
        Economies that may be treated. By default all that are large enough; those that join a customs union or have a
        break of their own within the window never are.
    events : sequence of int
        Placebo dates.
    estimators : sequence of {"sc", "sc-demeaned", "augmented", "sdid", "did", "mc"}
        Estimators to calibrate.
    problems : int, default 1000
        Number of placebo problems drawn.
    seed : int, default 0
        Seed of the draw.
    jobs : int, default 1
        Worker processes. The result does not depend on their number.
    dask : str, optional
        Address of a Dask scheduler ("tcp://host:port") that is used instead of ``jobs``.
    level : float, default 0.90
        Confidence level, for the findings.
    progress : callable, optional
        Called with the number of problems done and their total.
    options : CalibrationOptions, optional
        Rarely changed settings: donors, window, smallest population, gaps.

    Returns
    -------
    Calibration
        p-values by problem, estimator and test; ``sizes`` sums them up.

    Raises
    ------
    BadInputError
        If an argument cannot be used.
    NoDataError
        If no economy without an event of its own has the outcome in any window.

    Notes
    -----
    Three tests are calibrated: the rank of the standardised effect among the donors, the rank of the effect itself, and
    Student's t on the spread of the donors' placebo effects.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> drawn = ea.calibrate(ea.load_panel(["trade", "SP.POP.TOTL"]), ["trade"], problems=3)
    >>> bool(drawn.to_frame()["p_value"].between(0, 1).all())
    True
    """
    require_years(panel, "calibrate")
    require_least("problems", problems, 1)
    options = options or CalibrationOptions()
    rule = options.donors or PoolRule("all economies")
    grid = Grid(
        tuple(estimators),
        {"pool": rule},
        (options.before,),
        (options.after,),
        min_population=options.min_population,
        gaps=options.gaps,
    )
    slims = {name: slim_panel(panel, name, (), options.min_population > 0) for name in dict.fromkeys(outcomes)}
    chosen = None if units is None else {panel.resolve(u) for u in units}
    possible = [p for name, slim in slims.items() for p in _possible(*slim, name, grid, events, chosen)]
    if not possible:
        raise NoDataError("no economy without an event of its own has the outcome in any of the windows")
    picked = np.sort(np.random.default_rng(seed).permutation(len(possible))[:problems])
    drawn = [possible[i] for i in picked]
    work = partial(_answer, slims, grid, level, seed)
    found = fan_out(work, drawn, jobs, dask, fits=lambda _, answer: isinstance(answer, Answered))
    rows: list[dict[str, Any]] = []
    for number, (problem, answer) in enumerate(zip(drawn, found, strict=True), start=1):
        rows += _rows(problem, answer)
        if progress is not None:
            progress(number, len(drawn))
    spec = {
        "outcomes": list(slims),
        "units": None if chosen is None else sorted(chosen),
        "events": list(events),
        "pool": rule.label,
        "before": options.before,
        "after": options.after,
        "estimators": list(estimators),
        "problems": problems,
        "seed": seed,
    }
    infos = tuple(slim.info(columns[name]) for name, (slim, columns) in slims.items())
    return Calibration(spec, pd.DataFrame(rows), Provenance(infos, "placebo problems", "", spec))


def _possible(
    panel: SlimPanel,
    columns: Mapping[str, str],
    outcome: str,
    grid: Grid,
    events: Sequence[int],
    units: set[str] | None,
) -> Iterator[PlaceboProblem]:
    """Problems of one outcome: the economy has every year of the window and no event of its own in it."""
    wide = panel.wide(columns[outcome])
    for event in events:
        if event - grid.before[0] < panel.years[0] or event > panel.years[1]:
            continue
        years = grid.years(event, grid.before[0], grid.after[0], "kept", panel.world)
        window = years.fit[0], years.post[-1]
        flagged = pools.choose_donors(panel, "", None, window, event, list(map(str, wide.columns))).flagged
        large = eligible(panel, columns[outcome], "", event, grid)
        there = wide.reindex([*years.fit, *years.post]).notna().all()
        for unit in large:
            if there[unit] and unit not in flagged and (units is None or unit in units):
                yield PlaceboProblem(outcome, unit, event)


def _answer(
    slims: Mapping[str, tuple[SlimPanel, dict[str, str]]], grid: Grid, level: float, seed: int, problem: PlaceboProblem
) -> Answered:
    panel, columns = slims[problem.outcome]
    members = grid.pools["pool"].members()
    units = eligible(panel, columns[problem.outcome], problem.unit, problem.event, grid)
    units = tuple(u for u in units if members is None or u in members)  # nobody outside the pool need be treated
    task = CurveSetup(panel, problem.outcome, problem.unit, problem.event, grid, level, seed, columns, units)
    return answer_question(task, task.grid.specifications(task.outcome, task.event, task.panel.world))


def _rows(problem: PlaceboProblem, answer: Answered) -> Iterator[dict[str, Any]]:
    """A row per estimator and test of one placebo problem."""
    for row, effects in zip(answer.rows, answer.effects, strict=True):
        draws = effects[np.isfinite(effects)]
        p = {"rank": row["p_value"], "raw": float("nan"), "t": float("nan")}
        if not row["failed"]:
            p["raw"] = rank_p_value(np.abs(np.append(row["estimate"], draws)))
            p["t"] = student(row["estimate"], float(draws.std()), len(draws) - 1, 0.9)[2]
        for test, value in p.items():
            yield {
                "outcome": problem.outcome,
                "unit": problem.unit,
                "event": problem.event,
                "estimator": row["estimator"],
                "test": test,
                "donors": row["donors"],
                "p_value": value,
                "least_p": 0.0 if test == "t" else row["least_p"],
                "estimate": row["estimate"],
                "standardised": row["standardised"],
                "finding": row["finding"],
                "failed": row["failed"],
            }
