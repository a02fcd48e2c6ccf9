"""Accessions that have been studied before: does the tool find what the literature finds?

The specification curve of every entrant of the European Union's enlargements of 2004 and 2007, by the machinery that
the Eurasian union is judged with, against what studies found (data/tables/yardstick.toml, each with its source).
Nothing is tuned to agree: the grid is in the table.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...data.panel import Panel, require_years
from ...errors import BadInputError, EaeuError, NoDataError
from ...reference.catalogue import TableRow, parse, read_table, table_path
from ...reference.economies import common_name
from ...results import Provenance, Result
from ...text import format_number, format_p_equals
from ..curve.grid import Grid, PoolRule
from ..curve.result import SpecificationCurve
from ..curve.run import specification_curve
from ..inference.placebo import rank_p_value

DRAWS = 9_999  # random sets of economies that the entrants of a round are ranked among


@dataclass(frozen=True)
class Finding(TableRow):
    """What a study says of a round: ``sign`` +1 a gain, -1 a loss, 0 no clear effect; ``seen`` how much of it was."""

    study: str
    round: int
    sign: int
    claim: str
    url: str
    seen: str
    value: float | None = None
    value_unit: str = ""


@dataclass(frozen=True)
class PublishedDesign(TableRow):
    """A study that can be done again: ``published`` average effect by economy, in the unit of ``outcome``;
    ``fit_first`` the first fit years tried; ``late_from`` the year from which the study finds that it shows."""

    study: str
    outcome: str
    event: int
    published: Mapping[str, float]
    donors: tuple[str, ...]
    fit_first: tuple[int, ...]
    post_last: int
    late_from: int
    url: str
    seen: str


@dataclass(frozen=True)
class YardstickPlan:
    """The question put to the tool, the literature, and the designs of it that can be done again."""

    bloc: str
    outcome: str
    rounds: tuple[int, ...]
    grid: Grid
    findings: tuple[Finding, ...]
    designs: tuple[PublishedDesign, ...] = ()


@functools.lru_cache
def yardstick_plan() -> YardstickPlan:
    """data/tables/yardstick.toml. BadInputError names the entry of the first mistake."""
    return read_plan(table_path("yardstick"))


def read_plan(path: Path) -> YardstickPlan:
    """A plan from a TOML file of the form of data/tables/yardstick.toml."""
    raw = read_table(path)
    try:
        grid = raw["grid"]
        return YardstickPlan(
            raw["bloc"],
            raw["outcome"],
            tuple(raw["rounds"]),
            Grid(
                tuple(grid["estimators"]),
                {n: parse(PoolRule, rule, f"{path}, pool '{n}'") for n, rule in grid["pools"].items()},
                tuple(grid["windows"]["before"]),
                tuple(grid["windows"]["after"]),
                min_population=float(grid["min_population"]),
                gaps=grid["gaps"],
            ),
            tuple(parse(Finding, f, f"{path}, finding {n}") for n, f in enumerate(raw["finding"], start=1)),
            tuple(
                parse(PublishedDesign, d, f"{path}, design {n}") for n, d in enumerate(raw.get("design", ()), start=1)
            ),
        )
    except KeyError as missing:
        raise BadInputError(f"{path}: entry {missing} is missing") from None


@dataclass(frozen=True, eq=False)
class Yardstick(Result):
    """The tool applied to accessions that the literature has studied. Made by :func:`yardstick`.

    Attributes
    ----------
    spec : mapping
        The question asked.
    table : DataFrame
        A row per entrant: ``round, unit, name, specifications, estimate`` (median of its curve) in ``measure_unit``,
        ``low, high`` (quartiles), ``positive`` and ``significant`` (shares of specifications), ``p_value`` of its
        curve, ``failed``.
    rounds : DataFrame
        A row per round: ``entrants, positive`` (number with a positive median), ``estimate`` (mean of the medians),
        ``p_value``: rank among the same mean for random sets of as many economies that did not join.
    literature : DataFrame
        A row per study.
    curves : mapping of (int, str) to SpecificationCurve
        The curve of each round and entrant.
    measure_unit : str
        Unit of measurement of the estimates.
    provenance : Provenance
        Series, method and references.
    """

    spec: Mapping[str, Any]
    table: pd.DataFrame
    rounds: pd.DataFrame
    literature: pd.DataFrame
    curves: Mapping[tuple[int, str], SpecificationCurve]
    measure_unit: str
    provenance: Provenance

    @property
    def agrees(self) -> pd.Series[bool]:
        """By round: whether the mean has the sign that most studies of the round find."""
        signs = self.literature.groupby("round")["sign"].sum()
        found = self.rounds.set_index("round")["estimate"]
        agrees: pd.Series[bool] = np.sign(found) == np.sign(signs.reindex(found.index))
        return agrees.rename("agrees")

    def by(self, choice: str = "estimator") -> pd.DataFrame:
        """Mean over the entrants of a round of their median estimate under each option of a choice (the columns)."""
        rows = [
            {"round": year, "unit": unit, "option": str(option), "estimate": float(group["estimate"].median())}
            for (year, unit), curve in self.curves.items()
            for option, group in curve.answered.groupby(choice, sort=True)
        ]
        return pd.DataFrame(rows).pivot_table(index="round", columns="option", values="estimate", aggfunc="mean")

    def summary(self) -> str:
        lines = [f"yardstick: {self.spec['outcome']} of those who joined the {self.spec['bloc']} ({self.measure_unit})"]
        for row in self.rounds.to_dict("records"):
            lines.append(
                f"  {row['round']}: {format_number(row['estimate'], signed=True)} in the mean of "
                f"{row['entrants']} entrants, "
                f"{row['positive']} of them positive, {format_p_equals(row['p_value'])} among random sets of economies"
            )
            for choice in ("estimator", "pool", "after"):
                means = self.by(choice).loc[row["round"]].dropna()
                text = ", ".join(f"{option} {format_number(value, signed=True)}" for option, value in means.items())
                lines.append(f"    by {choice}: {text}")
            for entrant in self.table[self.table["round"] == row["round"]].to_dict("records"):
                if entrant["failed"]:
                    lines.append(f"    {entrant['name']}: no answer: {entrant['failed']}")
                    continue
                lines.append(
                    f"    {entrant['name']}: {format_number(entrant['estimate'], signed=True)} "
                    f"[{format_number(entrant['low'])}, "
                    f"{format_number(entrant['high'])}], {entrant['positive']:.0%} positive, "
                    f"{format_p_equals(entrant['p_value'])}"
                )
            for study in self.literature[self.literature["round"] == row["round"]].to_dict("records"):
                value = (
                    f": {format_number(study['value'])} {study['value_unit']}" if np.isfinite(study["value"]) else ""
                )
                lines.append(f"    {study['study']}: {study['claim']}{value}")
        return "\n".join(lines)


def yardstick(
    panel: Panel,
    rounds: Sequence[int] | None = None,
    *,
    grid: Grid | None = None,
    seed: int = 0,
    jobs: int = 1,
    level: float = settings.LEVEL,
) -> Yardstick:
    """Compare specification curves of past accessions with what the literature found.

    Parameters
    ----------
    panel : Panel
        World panel with the outcome and populations (``SP.POP.TOTL``).
    rounds : sequence of int, optional
        Years of accession. By default those of ``data/tables/yardstick.toml``.
    grid : Grid, optional
        Choices of the curves. By default those of the same table.
    seed : int, default 0
        Seed of what is drawn.
    jobs : int, default 1
        Worker processes. The result does not depend on their number.
    level : float, default 0.90
        Confidence level.

    Returns
    -------
    Yardstick
        An entrant that cannot be answered is a row with its reason.

    Raises
    ------
    BadInputError
        If nobody joined in one of the years.
    NoDataError
        If no entrant can be answered.

    Notes
    -----
    The mean of the entrants' medians is ranked among means over random sets of economies that did not join.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = ea.yardstick(ea.load_panel(["gdp_per_head", "SP.POP.TOTL"]), rounds=[2007])
    >>> found.rounds[["round", "entrants"]].values.tolist()
    [[2007, 2]]
    """
    require_years(panel, "yardstick")
    from ...reference.blocs import bloc

    fixed = yardstick_plan()
    chosen, grid = tuple(rounds or fixed.rounds), grid or fixed.grid
    entries = bloc(fixed.bloc).to_frame()
    curves: dict[tuple[int, str], SpecificationCurve] = {}
    rows = []
    for year in chosen:
        entrants = sorted(
            {str(e) for e, day in zip(entries["economy"], entries["joined"], strict=True) if day.year == year}
        )
        if not entrants:
            raise BadInputError(f"round {year}: nobody joined the {fixed.bloc} in that year")
        for unit in entrants:
            row: dict[str, Any] = {"round": year, "unit": unit, "name": common_name(unit), "failed": ""}
            try:
                curve = specification_curve(panel, fixed.outcome, unit, year, grid, jobs, seed=seed, level=level)
                curves[year, unit] = curve
                row |= _of_curve(curve)
            except EaeuError as error:
                row["failed"] = str(error)
            rows.append(row)
    if not curves:
        raise NoDataError(f"no entrant could be answered; the first: {rows[0]['failed']}")
    pooled = [_pooled(year, {u: c for (y, u), c in curves.items() if y == year}, seed) for year in chosen]
    first = next(iter(curves.values()))
    spec = {"bloc": fixed.bloc, "outcome": fixed.outcome, "rounds": list(chosen), "grid": grid.plain(), "seed": seed}
    literature = pd.DataFrame(
        [
            {"round": f.round, "study": f.study, "sign": f.sign, "claim": f.claim, "value": f.value, "seen": f.seen}
            | {"value_unit": f.value_unit, "url": f.url}
            for f in fixed.findings
        ]
    ).astype({"value": "float64"})
    provenance = Provenance(first.provenance.series, "specification curves of entrants", "", spec)
    return Yardstick(spec, pd.DataFrame(rows), pd.DataFrame(pooled), literature, curves, first.measure_unit, provenance)


def _of_curve(curve: SpecificationCurve) -> dict[str, Any]:
    low, high = curve.quartiles
    return {
        "specifications": len(curve.answered),
        "estimate": curve.estimate,
        "low": low,
        "high": high,
        "positive": float((curve.answered["estimate"] > 0).mean()),
        "significant": curve.share_significant,
        "p_value": curve.test().p_value,
    }


def _pooled(year: int, curves: Mapping[str, SpecificationCurve], seed: int) -> dict[str, Any]:
    """The mean of the entrants' medians and its rank among means of random sets of economies that did not join."""
    if not curves:
        return {"round": year, "entrants": 0, "positive": 0, "estimate": float("nan"), "p_value": float("nan")}
    medians = np.array([curve.estimate for curve in curves.values()])
    shared = set.intersection(*({str(u) for u in curve.test().null.index[1:]} for curve in curves.values()))
    units = sorted(shared)
    null = np.array([curve.effects[units].median().to_numpy() for curve in curves.values()])  # entrant x economy
    rng = np.random.default_rng(seed)
    each = np.arange(len(medians))
    draws = [float(null[each, rng.permutation(len(units))[: len(each)]].mean()) for _ in range(DRAWS)]
    mean = float(medians.mean())
    return {
        "round": year,
        "entrants": len(medians),
        "positive": int((medians > 0).sum()),
        "estimate": mean,
        "p_value": rank_p_value(np.abs(np.array([mean, *draws]))),
    }
