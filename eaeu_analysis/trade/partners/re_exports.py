"""Re-exports, hubs and sudden routes: what totals hide.

Three questions. Do the two sides of a route see the same goods (China to Kyrgyzstan by both reporters)? Does an
economy import and sell on more than it makes (hub)? Did a flow jump beyond what earlier years lead one to expect
(parallel imports after 2022)?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, NoDataError, as_names
from ...reference import economies as names
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result, source_lines
from ...series import SeriesInfo
from ..flows.flows import load_flows, mirror_gap, side_by_side, trade_tables
from ..frames import need_columns


@dataclass(frozen=True)
class Surge(Result):
    """``table``: a row per flow and year after the base: observed, expected, lower, upper (US$), ratio, surged."""

    drawn_by = "trade_policy.draw_surge"

    table: pd.DataFrame
    base: tuple[int, int]
    level: float
    trend: bool
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def summary(self) -> str:
        jumped = self.table[self.table["surged"]].sort_values("ratio", ascending=False)
        shown = jumped.head(20).to_string(index=False, float_format=lambda v: f"{v:,.2f}")
        how = "a log-linear trend" if self.trend else "a constant"
        return (
            f"{len(jumped)} of {len(self.table)} flow-years lie above the {self.level:.0%} prediction interval of {how}"
            f" over {self.base[0]}-{self.base[1]} (US$)\n{shown}\n"
            + "\n".join([f"[{c.mark}] {c.name}: {c.text}" for c in self.checks] + source_lines(self.provenance))
        )


def surges(
    flows: pd.DataFrame,
    base: tuple[int, int] = (2012, 2019),
    after: tuple[int, int] = (2022, 2024),
    trend: bool = True,
    least: float = 1e6,
    level: float = settings.LEVEL,
) -> Surge:
    """Flows beyond the prediction interval of their own earlier years.

    ``flows``: annual flows of one basis. The logarithm is regressed on time (``trend``) or a constant over ``base``;
    the interval is the regression's for a new observation (Student's t). Flows with fewer than five base years or a
    base mean below ``least`` US$ are left out and counted. A surge is a fact about the flow, not its cause.
    Raises BadInputError for windows that overlap, NoDataError when no flow can be judged.

    >>> import eaeu_analysis as ea
    >>> flows = ea.load_flows("russia_imts")
    >>> found = ea.surges(flows[flows["importer"] == "KGZ"], (2016, 2021), (2022, 2024), trend=False)
    >>> found.table[["year", "surged"]].values.tolist()
    [[2022, True], [2023, True], [2024, True]]
    """
    need_columns("flows", flows, ("exporter", "importer", "year", "usd"))
    if base[0] >= base[1] or after[0] > after[1] or after[0] <= base[1]:
        raise BadInputError(f"base {base} must come before after {after}, each with its first year first")
    from scipy.stats import t as student

    rows, left = [], 0
    positive = flows[flows["usd"] > 0]
    for (exporter, importer), group in positive.groupby(["exporter", "importer"], sort=True):
        early = group[group["year"].between(*base)]
        late = group[group["year"].between(*after)]
        if late.empty:
            continue
        if len(early) < 5 or early["usd"].mean() < least:
            left += 1
            continue
        time = early["year"].to_numpy(dtype=np.float64) - base[0]
        design = np.column_stack([np.ones(len(time)), time]) if trend else np.ones((len(time), 1))
        y = np.log(early["usd"].to_numpy(dtype=np.float64))
        bread = np.linalg.inv(design.T @ design)
        beta = bread @ design.T @ y
        free = len(y) - design.shape[1]
        scale = float(np.sum((y - design @ beta) ** 2) / free)
        for year, usd in zip(late["year"], late["usd"], strict=True):
            new = np.array([1.0, year - base[0]]) if trend else np.ones(1)
            centre = float(new @ beta)
            half = float(student.ppf(0.5 + level / 2, free)) * float(np.sqrt(scale * (1 + new @ bread @ new)))
            low, middle, high = (float(np.exp(v)) for v in (centre - half, centre, centre + half))
            rows.append((exporter, importer, int(year), usd, middle, low, high, usd / middle, bool(usd > high)))
    if not rows:
        raise NoDataError(f"no flow has five years in {base} and one in {after}")
    columns = ["exporter", "importer", "year", "observed", "expected", "lower", "upper", "ratio", "surged"]
    table = pd.DataFrame(rows, columns=columns)
    expected = (1 - level) / 2
    share = float(table["surged"].mean())
    checks = (
        Check("left out", None, float(left), None, f"{left} flows have too few or too small base years"),
        Check(
            "chance", None, share, expected, f"{share:.0%} of flow-years surged; {expected:.0%} would by chance alone"
        ),
    )
    return Surge(table, base, level, trend, checks, Provenance(_origin(flows), "prediction interval of earlier years"))


def _origin(flows: pd.DataFrame) -> tuple[SeriesInfo, ...]:
    """The pinned table that the flows were loaded from, where they say so."""
    name = flows.attrs.get("table")
    return (FLOWS.info(name),) if isinstance(name, str) else ()


# Where reports of totals are looked for, in this order: of two tables with one side of a flow the first counts.
REPORTS = ("uzbekistan_annual", "armenia_annual", "russia_annual", "russia_imts", "world_2019", "world_4yearly")
BASE, AFTER = (2016, 2021), (2022, 2024)  # the years of the IMF table before and after the re-routing


def parallel_imports(economies: Sequence[str] | None = None, level: float = settings.LEVEL) -> Surge:
    """What Russia sold to and bought from each partner after 2022 (IMF), against 2016-21.

    A constant, not a trend: six years carry no more. ``economies`` (codes or names): only these partners, all when
    None. From 2022 the IMF's figures are estimates made of partners' reports. Raises as :func:`surges`.

    >>> import eaeu_analysis as ea
    >>> sold = ea.parallel_imports(["KGZ"]).table
    >>> sold.loc[sold["importer"] == "KGZ", ["exporter", "year", "surged"]].values.tolist()
    [['RUS', 2022, True], ['RUS', 2023, True], ['RUS', 2024, True]]
    """
    flows = load_flows("russia_imts")
    if economies is not None:
        codes = [names.resolve(e) for e in as_names("economies", economies)]
        kept = flows[flows["exporter"].isin(codes) | flows["importer"].isin(codes)]
        flows = kept[(kept["exporter"] == "RUS") | (kept["importer"] == "RUS")].reset_index(drop=True)
        flows.attrs["table"] = "russia_imts"
    return surges(flows, BASE, AFTER, trend=False, level=level)


def both_reports(exporter: str, importer: str, *frames: pd.DataFrame, rate: float | None = None) -> pd.DataFrame:
    """One route by both reporters, year by year, with the gap; NaN where one of them is not in the frames.

    Without ``frames`` every pinned table of totals is looked through (:data:`REPORTS`); ``exporter_source`` and
    ``importer_source`` name the one that each side is from.

    For China to Kyrgyzstan no pinned table holds Kyrgyzstan's own reports: ``importer_usd`` is missing there, and
    that is said by ``known`` ("exporter").

    >>> import eaeu_analysis as ea
    >>> route = ea.both_reports("UZB", "RUS").set_index("year")
    >>> (route.loc[2019, ["exporter_usd", "importer_usd"]].astype(float) / 1e6).round().to_dict()
    {'exporter_usd': 2099.0, 'importer_usd': 1179.0}
    """
    if not frames:
        exporter, importer = names.resolve(exporter), names.resolve(importer)
        frames = tuple(load_flows(name) for name in REPORTS)
    mine = [f[(f["exporter"] == exporter) & (f["importer"] == importer)] for f in frames]
    if all(frame.empty for frame in mine):
        raise NoDataError(f"no report of {exporter} to {importer} in these flows")
    table = mirror_gap(side_by_side(*[frame for frame in mine if not frame.empty]), rate)
    columns = ["year", "exporter_usd", "importer_usd", "importer_fob", "gap_usd", "log_ratio", "known"]
    return table[[*columns, "exporter_source", "importer_source"]]


def reports_notes(table: pd.DataFrame) -> list[str]:
    """What stands under a table of :func:`both_reports` of the pinned flows: units, the adjustment, the sources."""
    cif = trade_tables()["cif"]
    used = {*table["exporter_source"].dropna(), *table["importer_source"].dropna()}
    infos = [FLOWS.info(name) for name in REPORTS if used & set(load_flows(name)["source"].dropna())]
    return [
        f"US$; importer_fob: what the importer reports without freight and insurance, {cif['rate']:.0%} on top of the "
        f"goods ({cif['source']}); gap_usd: importer_fob less exporter_usd",
        *source_lines(Provenance(tuple(infos))),
    ]


def hub_indicators(flows: pd.DataFrame, output: pd.Series[Any] | None = None) -> pd.DataFrame:
    """Per economy and year: exports, imports, the smaller of the two, and who feeds and takes most.

    ``overlap``: twice the smaller over the sum, 1 when as much goes out as comes in; ``source, outlet``: largest
    partners and their shares; with ``output`` (goods output in US$ by economy and year) ``exports_to_output``, which
    above 1 cannot be home-made. Indicators, not proof: transit and home goods are not told apart in totals.
    """
    foreign = flows[flows["exporter"] != flows["importer"]]
    sold = foreign.groupby(["exporter", "year"])["usd"].sum().rename_axis(["economy", "year"])
    bought = foreign.groupby(["importer", "year"])["usd"].sum().rename_axis(["economy", "year"])
    table = pd.DataFrame({"exports": sold, "imports": bought}).dropna()
    table["overlap"] = 2 * table.min(axis=1) / table[["exports", "imports"]].sum(axis=1)
    for own, other, name in (("importer", "exporter", "source"), ("exporter", "importer", "outlet")):
        ranked = foreign.sort_values("usd", ascending=False, kind="stable").drop_duplicates([own, "year"])
        best = ranked.set_index([own, "year"])[[other, "usd"]].rename_axis(["economy", "year"])
        total = bought if own == "importer" else sold
        table[name] = best[other]
        table[f"{name}_share"] = best["usd"] / total
    if output is not None:
        table["exports_to_output"] = table["exports"] / output.rename_axis(["economy", "year"])
    return table.reset_index()
