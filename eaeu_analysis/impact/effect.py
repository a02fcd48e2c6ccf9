"""The one result of every estimator: what happened, what would have happened, and how far to trust it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from ..data.frequency import Calendar
from ..errors import require_option
from ..results import Check, Provenance, Result
from ..results import finding_of as finding_of
from ..text import format_number, format_p_equals

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Figure = Literal["path", "gap", "placebo", "weights", "event_study"]
FIGURES = {
    "path": "impact.draw_effect",
    "gap": "effect.draw_gap",
    "placebo": "effect.draw_placebos",
    "weights": "effect.draw_weights",
    "event_study": "effect.draw_event_study",
}
TABLE = ["unit", "time", "observed", "counterfactual", "effect", "lower", "upper"]

# Checks of the years before the event, all with the role "fatal": without a comparison that fits, no effect is claimed.
PRE_FIT = "pre-period fit"
PRE_TREND = "pre-trend"
LEADS = "leads"


@dataclass(frozen=True)
class Effect(Result):
    """Estimated effect of one event on one outcome of one unit, or of several treated units averaged.

    Every estimator returns a subclass with the fields of its own method, such as ``SyntheticControlEffect.placebos``.

    Attributes
    ----------
    spec : mapping
        The question and all settings as plain values.
    table : DataFrame
        A row per unit and period with columns ``unit, time, observed, counterfactual, effect, lower, upper``; the last
        two bound the effect of that period at ``level`` and are NaN where the method gives no bounds.
    estimate : float
        Average effect after the event, in ``measure``.
    interval : tuple of float
        Interval of the estimate at ``level``. Infinite ends: no value can be rejected; NaN: the method has none.
    level : float
        Confidence level.
    p_value : float
        Two-sided, of no effect; NaN when no test was made.
    weights : Series or None
        Weight by donor; None for methods without weights.
    pre_mspe : float
        Mean squared gap before the event.
    checks : tuple of Check
        Tests of the estimate whose rules were fixed before the fit.
    provenance : Provenance
        Series, method and its source.
    method, measure, inference : str
        Name of the method, unit of measurement, and how interval and p-value were made.
    se : float or None
        Standard error where the method has one.
    dropped, flagged : mapping
        Reason by donor that was left out, or kept although an event of its own may disturb the comparison.
    window : str
        What was fitted and judged: how many periods, from when to when, and what is missing.
    donor_rule : str
        Who was chosen as donors, and how many among how many.
    """

    drawn_by = "impact.draw_effect"

    spec: Mapping[str, Any]
    table: pd.DataFrame
    estimate: float
    interval: tuple[float, float]
    level: float
    p_value: float
    weights: pd.Series[float] | None
    pre_mspe: float
    checks: tuple[Check, ...]
    provenance: Provenance
    method: str = ""
    measure: str = ""
    inference: str = ""
    se: float | None = None
    dropped: Mapping[str, str] = field(default_factory=dict)
    flagged: Mapping[str, str] = field(default_factory=dict)
    window: str = ""
    donor_rule: str = ""

    @property
    def event(self) -> Any:
        """First treated period (of several the first): a whole number, or a pandas Period."""
        return min(self.events.values())

    @property
    def units(self) -> list[str]:
        """The treated unit or units."""
        return [str(unit) for unit in self.table["unit"].unique()]

    @property
    def events(self) -> dict[str, Any]:
        """First treated period of each treated unit."""
        calendar = Calendar.of(pd.Index(self.table["time"]))
        given = self.spec["event"]
        own = given if isinstance(given, Mapping) else dict.fromkeys(self.units, given)
        starts = {unit: calendar.ordinal(when) for unit, when in own.items()}
        if calendar.counted:
            return dict(starts)
        return dict(zip(starts, calendar.index(starts.values()), strict=True))

    @property
    def post(self) -> pd.DataFrame:
        """Rows of ``table`` whose average effect is ``estimate``: the years judged, of each unit from its own event."""
        table, judged = self.table, self.spec.get("post_years")
        calendar = Calendar.of(pd.Index(table["time"]))
        times = pd.Series(calendar.ordinals(pd.Index(table["time"])), index=table.index)
        starts = table["unit"].map(
            {unit: int(calendar.ordinals(pd.Index([at]))[0]) for unit, at in self.events.items()}
        )
        within = True if judged is None else times.isin([calendar.ordinal(t) for t in judged])
        return table[(times >= starts) & within]

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks that did not pass (those that only inform are not among them)."""
        return tuple(check for check in self.checks if check.failed)

    @property
    def finding(self) -> str:
        """One of "unreliable", "untested", "none", "fragile", "found": see :func:`finding_of`."""
        return finding_of(self.estimate, self.interval, self.level, self.p_value, self.checks)

    @property
    def verdict(self) -> str:
        """The finding in a sentence, made by rule from estimate, interval, p and checks."""
        return verdict_of(self)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        kind: Figure = "path",
        title: str | None = None,
        figsize: tuple[float, float] | None = None,
    ) -> Axes:
        """Draw the effect.

        Parameters
        ----------
        ax : matplotlib Axes, optional
            The axes to draw on; a new figure by default.
        kind : {"path", "gap", "placebo", "weights", "event_study"}, default "path"
            "path": observed and counterfactual (several treated units: the gap of each, in periods from its own event);
            "gap": the difference by period; "placebo": the gap among those of the donors; "weights": the weights of the
            donors; "event_study": the effect by period from the event.
        title : str, optional
            Title in place of the figure's own.
        figsize : tuple of float, optional
            Width and height of a new figure in inches.

        Returns
        -------
        matplotlib Axes
            The axes with the figure.

        Raises
        ------
        BadInputError
            If the kind is unknown, or the method has no placebos or no weights.
        """
        require_option("kind", kind, FIGURES)
        return self._painted(FIGURES[kind], ax, title, figsize)

    # Tables for LaTeX, Word and Typst: the protocol of the maketables package, which reads these names.

    @property
    def __maketables_coef_table__(self) -> pd.DataFrame:
        """The estimate as a row of a regression table."""
        se = float("nan") if self.se is None else self.se
        row = {
            "b": self.estimate,
            "se": se,
            "t": self.estimate / se if se else float("nan"),
            "p": self.p_value,
            "ci90l" if self.level == 0.90 else "ci95l" if self.level == 0.95 else "cil": self.interval[0],
            "ci90u" if self.level == 0.90 else "ci95u" if self.level == 0.95 else "ciu": self.interval[1],
        }
        return pd.DataFrame([row], index=pd.Index(["effect"], name="Coefficient"))

    @property
    def __maketables_depvar__(self) -> str:
        return str(self.spec.get("outcome"))

    @property
    def __maketables_default_stat_keys__(self) -> list[str]:
        return ["units", "donors", "window", "finding"]

    @property
    def __maketables_stat_labels__(self) -> dict[str, str]:
        return {"units": "Treated", "donors": "Donors", "window": "Periods", "finding": "Finding", "N": "Observations"}

    def __maketables_stat__(self, key: str) -> Any:
        values = {
            "N": len(self.table),
            "units": ", ".join(self.units),
            "donors": len(self.spec.get("donors", ())),
            "window": self.window,
            "finding": self.finding,
            "estimator": self.method,
        }
        return values.get(key)

    def summary(self) -> str:
        spec = self.spec
        lines = [
            f"{self.method or spec.get('estimator', 'effect')}: {spec.get('outcome')} of {names_text(self.units)}, "
            f"event {events_text(spec['event'])}",
            *([f"  {self.window}"] if self.window else []),
            *([f"  {self.donor_rule}"] if self.donor_rule else []),
            f"  average effect {format_number(self.estimate)}{self._measure()}, {self.level:.0%} interval "
            f"{interval_text(self.interval)}, {format_p_equals(self.p_value)}",
        ]
        if self.inference:
            lines.append(f"  inference: {self.inference}")
        if math.isfinite(self.pre_mspe):
            lines.append(f"  root mean squared gap before the event {format_number(math.sqrt(self.pre_mspe))}")
        if self.weights is not None:
            lines.append(f"  donors: {weights_text(self.weights)}")
        lines.append(f"  verdict: {self.verdict}")
        return self._ended(lines)

    def _measure(self) -> str:
        return f" ({self.measure})" if self.measure else ""


NAMED = 6  # treated units named one by one


def names_text(units: Sequence[str]) -> str:
    """The treated units by name, or how many they are."""
    return ", ".join(units) if len(units) <= NAMED else f"{len(units)} units"


def events_text(event: object) -> str:
    """The date of the event; of several units each one's own, or how many have which."""
    if not isinstance(event, Mapping):
        return str(event)
    if len(event) <= NAMED:
        return ", ".join(f"{unit} {when}" for unit, when in event.items())
    counts = Counter(event.values())
    return ", ".join(f"{when} ({counts[when]} units)" for when in sorted(counts))


def verdict_of(effect: Effect) -> str:
    """The sentence that goes with :func:`finding_of`."""
    size = f"{format_number(effect.estimate, signed=True)}{effect._measure()}"
    failed = ", ".join(check.name for check in effect.failed)
    finding = effect.finding
    if finding == "unreliable":
        return f"not answered: the comparison does not hold ({failed or 'no finite estimate'}), so {size} is no finding"
    if finding == "untested":
        return f"an estimate without a test: {size}"
    p = f"{format_p_equals(effect.p_value)}" if math.isfinite(effect.p_value) else "the interval includes zero"
    if finding == "none" and effect.p_value <= 1 - effect.level + 1e-9:
        p += ", but the interval includes zero"
    if finding == "none":
        detectable = effect.check("minimum detectable effect")
        unseen = ""
        if detectable is not None and detectable.value is not None and math.isfinite(detectable.value):
            unseen = f"; one smaller than {format_number(detectable.value)} would often be missed"
        elif detectable is not None:
            unseen = "; with so few comparisons no effect, however large, would have been seen"
        return f"no effect found: {size} does not stand out ({p}){unseen}"
    if not math.isfinite(effect.p_value):
        p = "the interval leaves zero out"
    direction = "higher" if effect.estimate > 0 else "lower"
    if finding == "fragile":
        return f"a fragile effect: {size}, {direction} than without the event ({p}), but it fails: {failed}"
    judged = any(check.passed is not None for check in effect.checks)
    rest = "and every check passed" if judged else "but no check was run"
    return f"an effect found: {size}, {direction} than without the event ({p}), {rest}"


def interval_text(interval: tuple[float, float]) -> str:
    """The interval, or why there is none."""
    low, high = interval
    if math.isnan(low) or math.isnan(high):
        return "not available"
    if math.isinf(low) and math.isinf(high):
        return "unbounded (no value can be rejected)"
    return f"[{format_number(low)}, {format_number(high)}]"


SHOWN_WEIGHT = 0.01  # size of a weight from which it is shown


def weights_text(weights: pd.Series[float], most: int = 12) -> str:
    """The largest weights by size first, negative ones with their sign; small ones are counted, not listed."""
    ranked = weights[weights.abs() > 0.0005].sort_values(key=lambda w: -w.abs(), kind="stable")
    listed = ranked[ranked.abs() >= SHOWN_WEIGHT].head(most)
    shown = ", ".join(f"{name} {value:.3f}" for name, value in listed.items())
    rest = ranked.iloc[len(listed) :]
    if len(rest):
        shown += f" and {len(rest)} more of at most {rest.abs().max():.3f}"
    negative = int((ranked < 0).sum())
    return f"{shown} (of {len(weights)}" + (f"; {negative} negative)" if negative else ")")


def effect_table(unit: str, time: Any, observed: Any, counterfactual: Any, lower: Any = None, upper: Any = None) -> Any:
    """The table of an :class:`Effect` from an index of periods and arrays over it (T,); bounds default to NaN."""
    observed = np.asarray(observed, dtype=np.float64)
    counterfactual = np.asarray(counterfactual, dtype=np.float64)
    missing = np.full(len(observed), np.nan)
    return pd.DataFrame(
        {
            "unit": unit,
            "time": time,
            "observed": observed,
            "counterfactual": counterfactual,
            "effect": observed - counterfactual,
            "lower": missing if lower is None else np.asarray(lower, dtype=np.float64),
            "upper": missing if upper is None else np.asarray(upper, dtype=np.float64),
        }
    )[TABLE]
