"""How often does the default question find an effect where nothing happened, and how often one that is there?

Placebo accessions: economies that joined no customs union and met no known shock, at placebo dates. Each is asked the
default question of :func:`~eaeu_analysis.synthetic_control`, with the donors alike to it. Power is found by adding an
effect of known size to the years judged, which changes neither the donors nor the fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eaeu_analysis import settings
from eaeu_analysis.compare.comparators import population, shocks_of_its_own
from eaeu_analysis.compare.likeness import likeness_rule, shock_of_growth
from eaeu_analysis.data.panel import Panel, require_panel
from eaeu_analysis.errors import BadInputError, EaeuError, NoDataError
from eaeu_analysis.impact.estimators.synthetic import synthetic_control
from eaeu_analysis.impact.inference.placebo import rank_p_value
from eaeu_analysis.impact.options import SyntheticControlOptions
from eaeu_analysis.impact.question.default import analysed, base_name, default_rule
from eaeu_analysis.impact.question.donors import choose_donors
from eaeu_analysis.impact.validation.calibration import OUTCOMES, PlaceboProblem, clustered_se
from eaeu_analysis.impact.validation.shipped_results import read_problems
from eaeu_analysis.parallel import fan_out
from eaeu_analysis.results import Check, Provenance, Result

EVENTS = tuple(range(2010, 2016))  # the four years judged end by 2019
METHOD = "placebo accessions"
DEFAULT = "default_errors.parquet"  # in data/results
SIZES = (1.0, 2.0, 4.0, 8.0)  # effects added, in units of the gap or of the noise before the event


@dataclass(frozen=True, eq=False)
class DefaultErrors(Result):
    """Error rates of the default question. Made by :func:`default_errors`.

    ``table``: a row per placebo accession: ``outcome, unit, event, donors, p_value, least_p, nominal`` (the size that
    so few donors allow at 1 - ``level``), ``estimate, scale``, ``power_1`` ... (whether an effect of that many scales
    is found) and ``failed``, the reason where there is no answer.
    """

    spec: Mapping[str, Any]
    table: pd.DataFrame
    level: float
    provenance: Provenance

    @property
    def answered(self) -> pd.DataFrame:
        """Rows with an answer."""
        return self.table[self.table["failed"] == ""]

    @property
    def sizes(self) -> pd.DataFrame:
        """For all outcomes together and each: ``problems, size, nominal, se`` (problems of one economy may be alike),
        the share found of effects of each size, and the median ``scale`` that these sizes are in."""
        rows = []
        for name, group in [("all", self.answered), *self.answered.groupby("outcome", sort=True)]:
            hit = (group["p_value"] <= 1 - self.level + 1e-9).to_numpy(dtype=np.float64)
            row = {
                "outcome": str(name),
                "problems": len(group),
                "size": float(hit.mean()),
                "nominal": float(group["nominal"].mean()),
                "se": clustered_se(hit, group["unit"].to_numpy()),
                "scale": float("nan") if name == "all" else float(group["scale"].median()),
            }
            rows.append(row | {f"power_{size:g}": float(group[f"power_{size:g}"].mean()) for size in SIZES})
        return pd.DataFrame(rows)

    @property
    def checks(self) -> tuple[Check, ...]:
        """Passed when the false-positive rate is within two standard errors of the nominal size."""
        row = self.sizes.iloc[0]
        text = (
            f"{row['size']:.1%} of {row['problems']} placebo accessions at {1 - self.level:.0%} (standard error "
            f"{row['se']:.1%}); nominal {row['nominal']:.1%}; within two standard errors wanted"
        )
        good = bool(abs(row["size"] - row["nominal"]) <= 2 * row["se"])
        return (Check("false-positive rate", good, float(row["size"]), float(row["nominal"]), text),)

    def summary(self) -> str:
        lines = ["error rates of the default counterfactual"]
        lines += [f"  [{check.mark}] {check.name}: {check.text}" for check in self.checks]
        for row in self.sizes.to_dict("records"):
            found = ", ".join(f"{size:g} x: {row[f'power_{size:g}']:.0%}" for size in SIZES)
            scale = "" if row["outcome"] == "all" else f"; median scale {row['scale']:.3g}"
            lines.append(f"  {row['outcome']}: effects found, by size in scales: {found}{scale}")
        return "\n".join(lines)


def shipped_default_errors(path: Path) -> DefaultErrors:
    """The error rates that were written to a file of placebo problems."""
    frame, series, spec = read_problems(path)
    return DefaultErrors(spec, frame, float(spec.get("level", settings.LEVEL)), Provenance(series, METHOD, "", spec))


def default_errors(
    panel: Panel,
    outcomes: Sequence[str] = OUTCOMES,
    *,
    events: Sequence[int] = EVENTS,
    problems: int = 400,
    seed: int = 0,
    jobs: int = 1,
    level: float = settings.LEVEL,
) -> DefaultErrors:
    """Ask the default question of ``problems`` placebo accessions drawn at random.

    ``panel``: of economies, with the outcomes. BadInputError for another panel or less than one problem, NoDataError
    when no economy qualifies.
    """
    require_panel(panel)
    if not panel.world:
        raise BadInputError("the default question is one of economies; the units of this panel are others")
    if problems < 1:
        raise BadInputError(f"problems {problems}: at least one is needed")
    slim = panel
    columns = []
    for name in outcomes:
        slim, column = analysed(slim, name)
        columns.append(column)
    slim = slim.select(list(dict.fromkeys(columns)))
    possible = [p for column in columns for p in _possible(slim, column, events)]
    if not possible:
        raise NoDataError("no economy without a shock of its own has the outcome in any of the windows")
    picked = np.sort(np.random.default_rng(seed).permutation(len(possible))[:problems])
    rows = list(fan_out(partial(_answer, slim, level), [possible[i] for i in picked], jobs))
    spec = {"outcomes": list(outcomes), "events": list(events), "problems": problems, "seed": seed, "level": level}
    infos = tuple(slim.info(column) for column in columns)
    return DefaultErrors(spec, pd.DataFrame(rows), level, Provenance(infos, METHOD, "", spec))


def _possible(panel: Panel, column: str, events: Sequence[int]) -> Iterator[PlaceboProblem]:
    """Economies with every year of the windows, large enough, without a shock of their own, by event."""
    rule, wide, people = default_rule(), panel.wide(column), population()
    for event in events:
        first, last = rule.fit_window(event)
        window = first, event + rule.post
        years = [*range(first, last + 1), *range(event + 1, window[1] + 1)]
        there = wide.reindex(years).notna().all()
        names = [str(name) for name in wide.columns if there[name]]
        flagged = choose_donors(panel, "", None, window, event, names).flagged
        shocks = shocks_of_its_own(names, base_name(column), window)
        for name in names:
            large = people.get((name, last), 0.0) >= likeness_rule().min_population
            if large and name not in flagged and name not in shocks and not shock_of_growth(name, window):
                yield PlaceboProblem(column, name, event)


def _answer(panel: Panel, level: float, problem: PlaceboProblem) -> dict[str, Any]:
    row: dict[str, Any] = {"outcome": base_name(problem.outcome), "unit": problem.unit, "event": problem.event}
    nothing = dict.fromkeys(("p_value", "least_p", "nominal", "estimate", "scale"), float("nan"))
    nothing |= {f"power_{size:g}": float("nan") for size in SIZES}
    options = SyntheticControlOptions(checks=False, level=level)
    try:
        found = synthetic_control(panel, problem.outcome, problem.unit, problem.event, options=options)
    except EaeuError as error:
        return row | nothing | {"donors": 0, "failed": str(error)}
    if found.placebos is None:
        raise AssertionError("the default question is judged by placebos")
    standardised = found.placebos["standardised"].to_numpy(dtype=float)
    units, alpha = len(standardised), 1 - level
    row |= {
        "donors": units - 1,
        "p_value": found.p_value,
        "least_p": 1 / units,
        "nominal": np.floor(alpha * units + 1e-9) / units,
        "estimate": found.estimate,
        "scale": float(found.placebos["scale"].iloc[0]),
        "failed": "",
    }
    for size in SIZES:
        p = [rank_p_value(np.abs(np.append(standardised[0] + sign * size, standardised[1:]))) for sign in (1.0, -1.0)]
        row[f"power_{size:g}"] = float(np.mean([one <= alpha + 1e-9 for one in p]))
    return row
