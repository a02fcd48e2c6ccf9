"""Re-exports, hubs and sudden routes: what totals hide.

Three questions. Do the two sides of a route see the same goods (China to Kyrgyzstan by both reporters)? Does an
economy import and sell on more than it makes (hub)? Did a flow jump beyond what earlier years lead one to expect
(parallel imports after 2022)?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
    """Flows that jumped above what their own earlier years predict; from ``surges`` and ``parallel_imports``.

    Attributes
    ----------
    table : DataFrame
        A row per flow and year judged: ``exporter``, ``importer``, ``year``, ``observed``, ``expected``, ``lower``,
        ``upper`` (US$), ``ratio`` (observed over expected), ``surged`` (observed above the upper bound).
    fit_years : tuple of int
        First and last year that the interval was fitted on.
    level : float
        Level of the prediction interval.
    trend : bool
        Whether a log-linear trend was fitted; otherwise a constant.
    checks : tuple of Check
        How many flows were left out, and how many surges chance alone would produce.
    provenance : Provenance
        Sources and method.
    """

    drawn_by = "trade_policy.draw_surge"

    table: pd.DataFrame
    fit_years: tuple[int, int]
    level: float
    trend: bool
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def summary(self) -> str:
        jumped = self.table[self.table["surged"]].sort_values("ratio", ascending=False)
        shown = jumped.head(20).to_string(index=False, float_format=lambda v: f"{v:,.2f}")
        how = "a log-linear trend" if self.trend else "a constant"
        title = (
            f"{len(jumped)} of {len(self.table)} flow-years lie above the {self.level:.0%} prediction interval of {how}"
            f" over {self.fit_years[0]}-{self.fit_years[1]} (US$)"
        )
        return self._ended([title, shown], "")


def surges(
    flows: pd.DataFrame,
    *,
    fit_years: tuple[int, int] = (2012, 2019),
    post_years: tuple[int, int] = (2022, 2024),
    trend: bool = True,
    min_value: float = 1e6,
    level: float = settings.LEVEL,
) -> Surge:
    """Find flows above the prediction interval of their own earlier years.

    Parameters
    ----------
    flows : DataFrame
        Annual flows of one basis, with columns ``exporter``, ``importer``, ``year``, ``usd``; see ``load_flows``.
    fit_years : tuple of int, default (2012, 2019)
        First and last year that the interval is fitted on.
    post_years : tuple of int, default (2022, 2024)
        First and last year that is judged; must begin after ``fit_years`` end.
    trend : bool, default True
        Fit a log-linear trend. False fits a constant, which suits a short fit.
    min_value : float, default 1e6
        Flows whose mean over ``fit_years`` is below this value (US$) are left out and counted.
    level : float, default 0.9
        Level of the prediction interval, between 0 and 1.

    Returns
    -------
    Surge
        The table of judged flows, with ``to_frame()``, ``summary()`` and ``plot()``.

    Raises
    ------
    BadInputError
        A column is missing, or the years overlap or are in the wrong order.
    NoDataError
        No flow has five years to fit and one to judge.

    Notes
    -----
    The logarithm of each flow is regressed on time or a constant. The interval is that of the regression for a new
    observation, with Student's t. Flows with fewer than five fit years are left out. A surge is a fact about the flow;
    it does not show the cause.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> flows = ea.load_flows("russia_imts")
    >>> found = ea.surges(flows[flows["importer"] == "KGZ"], fit_years=(2016, 2021), trend=False)
    >>> found.table[["year", "surged"]].values.tolist()
    [[2022, True], [2023, True], [2024, True]]
    """
    flows = need_columns("flows", flows, ("exporter", "importer", "year", "usd"))
    if fit_years[0] >= fit_years[1] or post_years[0] > post_years[1] or post_years[0] <= fit_years[1]:
        raise BadInputError(
            f"fit_years {fit_years} must come before post_years {post_years}, each with its first year first"
        )
    from scipy.stats import t as student

    rows, left = [], 0
    positive = flows[flows["usd"] > 0]
    for (exporter, importer), group in positive.groupby(["exporter", "importer"], sort=True):
        early = group[group["year"].between(*fit_years)]
        late = group[group["year"].between(*post_years)]
        if late.empty:
            continue
        if len(early) < 5 or early["usd"].mean() < min_value:
            left += 1
            continue
        time = early["year"].to_numpy(dtype=np.float64) - fit_years[0]
        design = np.column_stack([np.ones(len(time)), time]) if trend else np.ones((len(time), 1))
        y = np.log(early["usd"].to_numpy(dtype=np.float64))
        bread = np.linalg.inv(design.T @ design)
        beta = bread @ design.T @ y
        free = len(y) - design.shape[1]
        scale = float(np.sum((y - design @ beta) ** 2) / free)
        for year, usd in zip(late["year"], late["usd"], strict=True):
            new = np.array([1.0, year - fit_years[0]]) if trend else np.ones(1)
            centre = float(new @ beta)
            half = float(student.ppf(0.5 + level / 2, free)) * float(np.sqrt(scale * (1 + new @ bread @ new)))
            low, middle, high = (float(np.exp(v)) for v in (centre - half, centre, centre + half))
            rows.append((exporter, importer, int(year), usd, middle, low, high, usd / middle, bool(usd > high)))
    if not rows:
        raise NoDataError(f"no flow has five years in {fit_years} and one in {post_years}")
    columns = ["exporter", "importer", "year", "observed", "expected", "lower", "upper", "ratio", "surged"]
    table = pd.DataFrame(rows, columns=columns)
    expected = (1 - level) / 2
    share = float(table["surged"].mean())
    left_out_text = f"{left} flows have too few years to fit or too little trade"
    checks = (
        Check("left out", None, float(left), None, left_out_text),
        Check(
            "chance", None, share, expected, f"{share:.0%} of flow-years surged; {expected:.0%} would by chance alone"
        ),
    )
    return Surge(
        table, fit_years, level, trend, checks, Provenance(_origin(flows), "prediction interval of earlier years")
    )


def _origin(flows: pd.DataFrame) -> tuple[SeriesInfo, ...]:
    """The pinned table that the flows were loaded from, where they say so."""
    name = flows.attrs.get("table")
    return (FLOWS.info(name),) if isinstance(name, str) else ()


# Where reports of totals are looked for, in this order: of two tables with one side of a flow the first counts.
REPORTS = (
    *("uzbekistan_annual", "armenia_annual", "kyrgyzstan_annual", "kazakhstan_annual", "russia_annual", "russia_imts"),
    *("world_2019", "world_4yearly"),
)
FIT_YEARS, POST_YEARS = (2016, 2021), (2022, 2024)  # the years of the IMF table before and after the re-routing


def parallel_imports(economies: Sequence[str] | None = None, *, level: float = settings.LEVEL) -> Surge:
    """Compare Russia's trade with each partner after 2022 with 2016-21, from IMF data.

    Parameters
    ----------
    economies : sequence of str, optional
        Partners by ISO3 code or name. None takes all partners.
    level : float, default 0.9
        Level of the prediction interval, between 0 and 1.

    Returns
    -------
    Surge
        A row per flow and year of 2022-24, in both directions.

    Raises
    ------
    BadInputError
        A partner is not known.
    NoDataError
        No flow can be judged.

    Notes
    -----
    The method is that of ``surges`` with a constant, because six years are too few for a trend. From 2022 the IMF's
    figures (International Trade in Goods by partner country, formerly DOTS) are estimates from partners' reports.

    Examples
    --------
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
    return surges(flows, fit_years=FIT_YEARS, post_years=POST_YEARS, trend=False, level=level)


def both_reports(exporter: str, importer: str, *frames: pd.DataFrame, rate: float | None = None) -> pd.DataFrame:
    """Compare what the exporter and the importer report of one route, year by year.

    Parameters
    ----------
    exporter, importer : str
        The two economies, ISO3 codes. Names are accepted too when no ``frames`` are given.
    *frames : DataFrame
        Any number of tables of flows, in the order of preference. None given: every pinned table of totals.
    rate : float, optional
        Freight and insurance as a share of the goods' value. None takes the rate stated in ``data/tables/trade.toml``.

    Returns
    -------
    DataFrame
        A row per year: ``exporter_usd``, ``importer_usd``, ``importer_fob`` (without freight and insurance),
        ``gap_usd`` (``importer_fob`` less ``exporter_usd``), ``log_ratio``, ``known`` ("both", "exporter" or
        "importer"), ``exporter_source``, ``importer_source``. A report that is not in the tables is NaN.

    Raises
    ------
    BadInputError
        An economy is not known.
    NoDataError
        Neither side reports the route.

    Notes
    -----
    Kyrgyzstan's own reports are in the tables from 1994 to 2023, Kazakhstan's from 2018 to 2023, Armenia's from 2007.
    Matrices whose makers reconciled the two sides (2023) are not used: they are no report of either.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> route = ea.both_reports("UZB", "RUS").set_index("year")
    >>> (route.loc[2019, ["exporter_usd", "importer_usd"]].astype(float) / 1e6).round().to_dict()
    {'exporter_usd': 2099.0, 'importer_usd': 1181.0}
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
    """Notes for a table of :func:`both_reports` from pinned flows: units, the adjustment, the sources."""
    cif = trade_tables()["cif"]
    used = {*table["exporter_source"].dropna(), *table["importer_source"].dropna()}
    infos = [FLOWS.info(name) for name in REPORTS if used & set(load_flows(name)["source"].dropna())]
    return [
        f"US$; importer_fob: what the importer reports without freight and insurance, {cif['rate']:.0%} on top of the "
        f"goods ({cif['source']}); gap_usd: importer_fob less exporter_usd",
        *source_lines(Provenance(tuple(infos))),
    ]
