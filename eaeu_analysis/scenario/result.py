"""What a scenario says: outcomes by channel with intervals, the assumptions that matter, the path of phase-in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..arrays import Array
from ..errors import BadInputError, EaeuError, NoDataError, unknown
from ..results import TableResult
from . import display
from .model.solve import ALIKE, CLOSURE_OUTCOMES, INTERACTION, PACE, TOTAL, WORLD_PRICED
from .model.spread import ends_of, monte_carlo_error, round_outcome
from .model.surrogate import Surrogate, fit
from .schema import Scenario
from .sliders import Sliders, sliders
from .tables import scenario_tables
from .winners import DRAWS as SECTOR_DRAWS
from .winners import SectorResult, sectors_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RESTATED = 2024  # the year in whose economy amounts are restated
HEADLINES = (
    "welfare", "real_income", "price_index", "exports", "imports", "exports_to_members", "imports_from_members",
    "customs_receipts_of_gdp", "remittances_of_gdp",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ScenarioResult(TableResult):
    """Outcomes of a scenario by channel, with intervals. Made by :func:`run_scenario`.

    Attributes
    ----------
    scenario : Scenario
        The scenario that was run.
    spec : dict
        Name of the scenario, draws, seed and level.
    table : DataFrame
        A row per outcome and channel: ``outcome, channel, unit, estimate`` (the median draw), ``lower, upper`` (at
        ``level``), ``draws, failed``. Channel "total" is all channels together.
    inputs : DataFrame
        The assumptions of every draw, (draws, quantities).
    draws : DataFrame
        The outcomes of every draw, columns (channel, outcome).
    level : float
        Confidence level of the intervals.
    checks : tuple of Check
        Rules fixed before the run, with their verdicts.
    provenance : Provenance
        Series, method and references.
    """

    drawn_by = "scenario.draw_waterfall"
    drawn_height = 4.4

    scenario: Scenario
    inputs: pd.DataFrame
    draws: pd.DataFrame

    def value(self, outcome: str, channel: str = TOTAL) -> pd.Series[Any]:
        """The row of one outcome and channel. Raises BadInputError for a name that is not in the table."""
        own = self.table[self.table["outcome"] == outcome]
        if own.empty:
            raise unknown("outcome", outcome, sorted(set(self.table["outcome"])))
        row = own[own["channel"] == channel]
        if row.empty:
            raise unknown(f"channel of {outcome}", channel, sorted(own["channel"]))
        return row.iloc[0]

    @property
    def estimate(self) -> float:
        """Real spending, all channels together, per cent: the median draw."""
        return float(self.value("welfare")["estimate"])

    @property
    def interval(self) -> tuple[float, float]:
        """Interval of real spending, all channels together, at ``level``."""
        row = self.value("welfare")
        return float(row["lower"]), float(row["upper"])

    @cached_property
    def surrogate(self) -> Surrogate:
        """The polynomial that approximates the model, all channels together."""
        return fit(self.scenario.quantities(), self.inputs, pd.DataFrame(self.draws[TOTAL]))

    def shares(self, outcome: str = "welfare") -> pd.Series[float]:
        """Which quantity the outcome's uncertainty comes from: shares of its variance (Shapley effects)."""
        return self.surrogate.shares(outcome)

    def tornado(self, outcome: str = "welfare") -> pd.DataFrame:
        """The outcome at the 5 and 95 % ends of each quantity, all others at their medians."""
        return self.surrogate.tornado(outcome)

    def break_even(self, first: str, second: str, outcome: str = "welfare", points: int = 41) -> pd.DataFrame:
        """The outcome over two assumptions at a time: where its sign flips is what would have to be true."""
        return self.surrogate.break_even(outcome, first, second, points)

    def turning_points(self, outcome: str = "welfare", most: int = 3) -> pd.DataFrame:
        """What must be true: for the ``most`` important assumptions the value at which the outcome is zero, all others
        at their medians: ``quantity, label, unit, median, low, high, neutral`` (missing where the outcome keeps its
        sign over the 5 to 95 % range) and ``side`` (the sign above that value, or over the whole range)."""
        rows = []
        for name in map(str, self.shares(outcome).head(most).index):
            low, high = self.surrogate.ends[name]
            x = np.linspace(low, high, 401)
            y = self.surrogate.predict(outcome, pd.DataFrame({name: x}))
            flips = np.flatnonzero(np.diff(np.sign(y)) != 0)
            known, neutral = display.quantity_row(name), float("nan")
            if len(flips):
                k = int(flips[0])
                neutral = float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))
            values = (self.surrogate.middle[name], low, high, neutral)
            shown = [known["times"] * v for v in values]
            rows.append((name, known["label"], known["unit"], *shown, int(np.sign(y[-1]))))
        columns = ["quantity", "label", "unit", "median", "low", "high", "neutral", "side"]
        return pd.DataFrame(rows, columns=columns)

    def restated(self, year: int = RESTATED) -> pd.DataFrame:
        """Outcomes in % of GDP as million US$ in the economy of ``year``: ``outcome, gdp, estimate, lower, upper``.

        The share of GDP is that of the baseline year; only the size of the economy is another. Raises NoDataError where
        the GDP of that year is not in the data.
        """
        from ..data.load import load_panel

        economy = self.scenario.economy
        known = (
            load_panel(["NY.GDP.MKTP.CD"], economies=[economy], years=(year, year)).column("NY.GDP.MKTP.CD").dropna()
        )
        if known.empty:
            raise NoDataError(f"no GDP of {economy} in {year} to restate the outcomes in")
        gdp = float(known.iloc[0]) / 1e6
        rows = self.table[(self.table["channel"] == TOTAL) & (self.table["unit"] == "% of GDP")]
        names = ["estimate", "lower", "upper"]
        out = rows[["outcome", *names]].assign(gdp=gdp)
        out[names] = out[names] * gdp / 100
        return out[["outcome", "gdp", *names]].reset_index(drop=True)

    def sectors(self, draws: int = SECTOR_DRAWS) -> SectorResult:
        """Who gains and who loses: output, exports, imports, prices and jobs by section, by the first ``draws``."""
        return sectors_of(self, draws)

    def probability(self, outcome: str = "welfare", channel: str = TOTAL) -> float:
        """Share of draws in which the outcome is above zero; NaN when there is none."""
        drawn = self.draws[(channel, outcome)].dropna()
        return float((round_outcome(drawn) > 0).mean()) if len(drawn) else float("nan")

    def path(self, outcome: str = "welfare") -> pd.DataFrame:
        """By year after accession: ``year, calendar, estimate, lower, upper`` of :meth:`in_year`; ``calendar`` is
        missing where the scenario names no year of accession."""
        years, first = range(self.scenario.baseline.horizon + 1), self.scenario.baseline.accession
        rows = [
            (year, pd.NA if first is None else first + year, *ends_of(self.in_year(outcome, year), self.level))
            for year in years
        ]
        return pd.DataFrame(rows, columns=["year", "calendar", "estimate", "lower", "upper"]).astype(
            {"calendar": "Int64"}
        )

    def in_year(self, outcome: str, year: int) -> Array:
        """The outcome of every draw in a year after accession.

        Each channel comes in by its own phase, what the whole has beyond the parts by the slowest: a straight line
        between two solved worlds, not a path that was solved. What is paid into the pool of duties is what has been
        collected by then, so that this channel follows the tariffs too (see :data:`.solve.PACE`).
        """
        return np.asarray(sum(self._parts(outcome, year).values()), dtype=np.float64)

    def _parts(self, outcome: str, year: int) -> dict[str, Array]:
        """The outcome of every draw in a year by channel, and the interaction of channels."""
        total = self.draws[(TOTAL, outcome)].to_numpy()
        channels = self.scenario.channels
        parts = {c: self.draws[(c, outcome)].to_numpy() for c in channels if (c, outcome) in self.draws}
        shares = {c: getattr(self.scenario, c).phase.share(year) for c in channels}
        out = {INTERACTION: (total - sum(parts.values())) * min(shares.values(), default=0.0)}
        for channel, part in parts.items():
            come: Array | float = shares[channel]
            if channel == "customs_revenue" and ("customs_revenue", PACE) in self.draws:
                early = self.draws[("customs_revenue", PACE)].to_numpy()
                come = come * (shares["tariffs"] + (1 - shares["tariffs"]) * early)
            out[channel] = np.asarray(come * part, dtype=np.float64)
        return out

    def contributions(self, outcome: str = "welfare") -> pd.DataFrame:
        """By channel: mean of the draws, and where its bar starts and ends on the way to all together. Means add up
        where medians do not. Raises BadInputError for an outcome whose parts cannot be added up."""
        self.value(outcome)
        names = [c for c in (*self.scenario.channels, INTERACTION) if (c, outcome) in self.draws]
        if not scenario_tables()["outcomes"][outcome].get("add", True) or not names:
            raise BadInputError(f"outcome {outcome!r} has no parts that add up; known: {', '.join(self._added())}")
        means = self.draws[[(c, outcome) for c in names]].dropna().mean().to_numpy()
        ends = np.cumsum(means)
        return pd.DataFrame({"channel": names, "mean": means, "start": ends - means, "end": ends})

    def _added(self) -> list[str]:
        known = scenario_tables()["outcomes"]
        parts = {o for c in self.scenario.channels for o in self.draws[c].columns}
        return [o for o in known if o in parts and (TOTAL, o) in self.draws and known[o].get("add", True)]

    def surface(self, outcomes: Sequence[str] = HEADLINES) -> dict[str, Any]:
        """The surrogate as plain numbers with labels, for sliders in a page or a notebook."""
        have = [o for o in outcomes if (TOTAL, o) in self.draws]
        document = self.surrogate.document(have)
        for entry in document["quantities"]:
            entry["label"] = display.axis(entry["name"])
        for name in ("coefficients", "r2"):
            document[name] = {o: round_outcome(found).tolist() for o, found in document[name].items()}
        known = scenario_tables()["outcomes"]
        document["outcomes"] = {o: {"label": known[o]["label"], "unit": known[o]["unit"]} for o in have}
        return document

    def sliders(self, *names: str, most: int = 6) -> Sliders:
        """Sliders over assumptions (by path; the ``most`` important when none is named), see :class:`Sliders`."""
        return sliders(self, names, most=most)

    def plot_waterfall(self, outcome: str = "welfare", ax: Axes | None = None) -> Axes:
        """Channel by channel to all together, with its interval."""
        return self._draw("scenario.draw_waterfall", ax, outcome)

    def plot_tornado(self, outcome: str = "welfare", ax: Axes | None = None, most: int = 7) -> Axes:
        """The outcome with each assumption at its low and high end, the ``most`` important first."""
        return self._draw("scenario.draw_tornado", ax, outcome, most)

    def plot_path(self, outcome: str = "welfare", ax: Axes | None = None) -> Axes:
        """Year by year after accession, as the parts are phased in."""
        return self._draw("scenario.draw_fan", ax, outcome)

    def plot_partners(self, channel: str = "total", ax: Axes | None = None) -> Axes:
        """Imports by partner with their intervals; ``channel``: one channel alone, or 'total'."""
        return self._draw("scenario.draw_import_partners", ax, channel)

    def plot_break_even(
        self, first: str | None = None, second: str | None = None, outcome: str = "welfare", ax: Axes | None = None
    ) -> Axes:
        """A map over two assumptions and the line on which the sign flips; the two that matter most unless named."""
        return self._draw("scenario.draw_break_even", ax, first, second, outcome)

    def summary(self) -> str:
        lines = [f"{self.scenario.title} ({self.scenario.name})", self.scenario.question, ""]
        lines += [f"Warning: {sentence}" for sentence in self._implausible()]
        lines += [f"Note: {sentence}" for sentence in self._backtest_first()]
        lines += [describe_outcome(self, outcome) for outcome in HEADLINES if (TOTAL, outcome) in self.draws]
        lines += ["", *self._by_channel(), *self._closures(), ""]
        if self.scenario.channels:
            chance = self.probability()
            lines.append(f"Real spending rises in {chance:.0%} of {int(self.table['draws'].iloc[0]):,} draws.")
            lines += self._carried()
            lines += self._neutral()
            lines += self._restated()
            lines += self._by_year()
        lines += [f"Left out: {note}" for note in self.scenario.notes]
        return self._ended([*lines, ""])

    def _by_channel(self) -> list[str]:
        names = scenario_tables()["channels"]
        rows = self.table[(self.table["outcome"] == "welfare") & (self.table["channel"] != TOTAL)]
        if rows.empty:
            return ["No channel is on."]
        out = ["Real spending by channel, per cent (the parts add up draw by draw, medians only nearly):"]
        return out + [
            f"  {names[r['channel']]}: {display.format_interval(r, self.error('welfare', r['channel']))}"
            for r in rows.to_dict("records")
        ]

    def closures(self) -> pd.DataFrame:
        """Both closures: gold at the world's price, as in the table, and gold like all other goods: ``outcome, channel,
        closure, estimate, lower, upper``; no rows where the scenario gives gold no elasticity of its own."""
        rows = []
        for channel in (*self.scenario.channels, TOTAL):
            for outcome in CLOSURE_OUTCOMES:
                if (f"{channel}, {ALIKE}", outcome) in self.draws:
                    for closure, column in ((WORLD_PRICED, channel), (ALIKE, f"{channel}, {ALIKE}")):
                        drawn = self.draws[(column, outcome)].to_numpy()
                        rows.append((outcome, channel, closure, *ends_of(drawn, self.level)))
        return pd.DataFrame(rows, columns=["outcome", "channel", "closure", "estimate", "lower", "upper"])

    def _closures(self) -> list[str]:
        table = self.closures()
        other = table[(table["closure"] == ALIKE) & (table["outcome"] == "welfare")]
        if other.empty:
            return []
        names = scenario_tables()["channels"]
        parts = "; ".join(
            f"{names[r['channel']].lower()} "
            + display.format_interval(r, self.error("welfare", f"{r['channel']}, {ALIKE}"))
            for r in other.to_dict("records")
        )
        return [f"If gold had a price of its own, as other goods have: {parts}."]

    def error(self, outcome: str, channel: str = TOTAL) -> float:
        """Standard error of the median from the number of draws; finer digits mean nothing. NaN without draws."""
        if (channel, outcome) not in self.draws:
            return float("nan")
        return monte_carlo_error(self.draws[(channel, outcome)].to_numpy())

    def _neutral(self) -> list[str]:
        """'Neutral at: share of the pool 3.9 % (range 3.7 to 6.5)'."""
        try:
            table = self.turning_points()
        except BadInputError:
            return []
        parts = []
        for r in table.to_dict("records"):
            name = f"{r['label'][:1].lower()}{r['label'][1:]}"
            keeps = f"{name}: {'above' if r['side'] > 0 else 'below'} zero over its whole range"
            at = f"{name} {r['neutral']:.3g} {r['unit']} (range {r['low']:.3g} to {r['high']:.3g})"
            parts.append(keeps if np.isnan(r["neutral"]) else at)
        return [f"Real spending would not change, all else at the medians, with: {'; '.join(parts)}."]

    def _restated(self) -> list[str]:
        """'In the economy of 2024 (GDP 115 billion US$): customs receipts +470 million US$ (...)'."""
        try:
            table = self.restated()
        except EaeuError:
            return []
        parts = []
        for row in table.to_dict("records"):
            label = display.outcome_label(row["outcome"])
            error = self.error(row["outcome"]) * row["gdp"] / 100
            parts.append(f"{label[:1].lower()}{label[1:]} {display.format_interval(row, error)} million US$ a year")
        if not parts:
            return []
        return [
            f"In the economy of {RESTATED} (GDP {table['gdp'].iloc[0] / 1000:.0f} billion US$): {'; '.join(parts)}."
        ]

    def _by_year(self) -> list[str]:
        """'Real spending year by year: 2029 +0.46, ..., 2036 +0.25', and why a year before the last is higher."""
        path, ends = self.path(), {getattr(self.scenario, c).phase.last for c in self.scenario.channels}
        first = self.scenario.baseline.accession
        shown = path[path["year"].isin({1, *ends}) & (path["year"] > 0)]
        if len(shown) < 2:
            return []
        error = self.error("welfare")

        def named(year: int) -> str:
            return f"year {year}" if first is None else str(first + year)

        parts = [
            f"{named(y)} {display.round_to_error([v], error)[0]}"
            for y, v in zip(shown["year"], shown["estimate"], strict=True)
        ]
        when = "" if first is None else f", accession in {first}"
        lines = [f"Real spending as parts are phased in, per cent{when}: {', '.join(parts)}."]
        peak, last = int(path["estimate"].abs().to_numpy().argmax()), int(path["year"].iloc[-1])
        if abs(path["estimate"][peak]) > abs(path["estimate"][last]) + 2 * error:
            early, late = self._parts("welfare", peak), self._parts("welfare", last)
            sign = np.sign(path["estimate"][peak])
            gap = {c: sign * float(np.median(early[c] - late[c])) for c in self.scenario.channels}
            cause = max(gap, key=lambda c: gap[c])
            lines.append(f"It is furthest from zero in {named(peak)}: {scenario_tables()['overshoot'][cause]}.")
        return lines

    def _implausible(self) -> list[str]:
        """Numbers and outcomes outside their usual range, which a reader must see before the results."""
        names = ("plausible ", "exports that pay for imports")
        return [c.text for c in self.checks if c.failed and c.name.startswith(names)]

    def _backtest_first(self) -> list[str]:
        """What comes first where the model did no better on the past than a forecast of no change."""
        return [c.text for c in self.checks if c.name == "backtest against no change" and c.failed]

    def _carried(self) -> list[str]:
        try:
            shares = self.shares().head(3)
        except BadInputError as error:
            return [f"Where the uncertainty comes from is not known: {error}."]
        named = ", ".join(
            f"{display.quantity_row(str(k))['label'][0].lower()}{display.quantity_row(str(k))['label'][1:]} ({v:.0%})"
            for k, v in shares.items()
        )
        return [f"Most of its uncertainty comes from: {named}."]


def describe_outcome(result: ScenarioResult, outcome: str) -> str:
    """'Exports of goods: -1.90 (-4.00 to +0.30) per cent'."""
    row = result.value(outcome)
    label = scenario_tables()["outcomes"][outcome]["label"]
    return f"{label}: {display.format_interval(row, result.error(outcome))} {row['unit']}"


def with_interaction(draws: pd.DataFrame, channels: Sequence[str]) -> pd.DataFrame:
    """The draws with what the whole has beyond the parts, where parts can be added up."""
    known = scenario_tables()["outcomes"]
    more = {}
    for outcome in draws[TOTAL].columns:
        parts = [c for c in channels if (c, outcome) in draws]
        if len(parts) > 1 and known[outcome].get("add", True):
            more[(INTERACTION, outcome)] = draws[(TOTAL, outcome)] - sum(draws[(c, outcome)] for c in parts)
    return pd.concat([draws, pd.DataFrame(more)], axis=1) if more else draws


def summarise_draws(draws: pd.DataFrame, channels: Sequence[str], level: float) -> pd.DataFrame:
    """The table of a result from its draws: outcomes in the order of the table of outcomes, channels in theirs."""
    known = scenario_tables()["outcomes"]
    rows = []
    for outcome in known:
        for channel in (*channels, INTERACTION, TOTAL):
            if (channel, outcome) in draws:
                drawn = draws[(channel, outcome)].to_numpy()
                failed = int((~np.isfinite(drawn)).sum())
                rows.append((outcome, channel, known[outcome]["unit"], *ends_of(drawn, level), len(drawn), failed))
    return pd.DataFrame(rows, columns=["outcome", "channel", "unit", "estimate", "lower", "upper", "draws", "failed"])
