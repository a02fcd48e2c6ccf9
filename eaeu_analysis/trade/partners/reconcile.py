"""One flow from two reports: carriage estimated, reporters' reliability estimated, weighted average.

In the manner of CEPII's BACI (Gaulier and Zignago 2010): the importer's figure is brought to free on board by a rate of
carriage that depends on the way; how far each economy's reports lie from its partners' shows how reliable it is; the
more reliable report weighs more. Unlike BACI the data here are totals or sections, not HS 6-digit unit values, so the
rate is estimated from values and a reporter has one reliability, whichever side it is on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import NoDataError
from ...reference.shipped_tables import FLOWS
from ..flows.flows import mirror_gap

TRIM = np.log(2.0)  # mirror ratios beyond two to one say nothing of carriage
CAP = np.log(10.0)  # and beyond ten to one nothing more of a reporter's error
MATERIAL = 1e6  # US$: smaller flows are left out of both estimates
HIGHEST_RATE = 0.5
PRIOR = 10.0  # pseudo-observations of a reporter's error variance at the common mean


def carriage_rate(side: pd.DataFrame, distances: pd.DataFrame | None = None) -> pd.Series[Any]:
    """The rate of carriage by distance and contiguity, least squares over mirrored flows of 1 million US$ and more.

    ``side``: :func:`.flows.side_by_side`, with which the rates are aligned. Ratios beyond two to one are left out;
    rates are kept between 0 and 50 %; a pair without a distance gets the median. Raises NoDataError with fewer than 30
    mirrored flows.
    """
    ways = FLOWS.load("distances") if distances is None else distances
    ways = ways.drop_duplicates(["exporter", "importer"]).set_index(["exporter", "importer"])
    found = ways.reindex(pd.MultiIndex.from_frame(side[["exporter", "importer"]]))
    dist, contiguous = (found[name].to_numpy(dtype=np.float64) for name in ("dist", "contig"))
    design = np.column_stack([np.ones(len(side)), np.log(dist / 1000), contiguous])
    ratio = mirror_gap(side, 0.0)["log_ratio"].to_numpy()
    large = side[["exporter_usd", "importer_usd"]].min(axis=1).to_numpy() >= MATERIAL
    use = np.isfinite(ratio) & (np.abs(ratio) <= TRIM) & large & np.isfinite(design).all(axis=1)
    if use.sum() < 30:
        raise NoDataError(
            f"{int(use.sum())} mirrored flows of 1 million US$ and more: at least 30 are needed for a rate"
        )
    x = design[use]
    rate = np.expm1(design @ (np.linalg.pinv(x.T @ x) @ (x.T @ ratio[use])))
    middle = float(np.median(np.clip(rate[use], 0, HIGHEST_RATE)))
    rate = np.clip(np.where(np.isfinite(rate), rate, middle), 0, HIGHEST_RATE)
    return pd.Series(rate, index=side.index, name="rate")


def reconcile(side: pd.DataFrame, distances: pd.DataFrame | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reliability-weighted average of the two reports of each flow, and the reliability of the reporters.

    ``side``: :func:`.flows.side_by_side`. Returns :func:`.flows.mirror_gap` at the estimated rate of carriage with
    ``weight`` of the exporter's report and ``reconciled_usd``, free on board; and :func:`reporter_errors`. One report
    alone is kept; a zero that the other side contradicts has no weight.
    """
    table = mirror_gap(side, carriage_rate(side, distances))
    reliability = reporter_errors(table)
    sigma2 = reliability.set_index("reporter")["sigma"] ** 2
    typical = float(sigma2.median())
    own = table["exporter"].map(sigma2).fillna(typical).to_numpy()
    other = table["importer"].map(sigma2).fillna(typical).to_numpy()
    x, m = table["exporter_usd"].to_numpy(), table["importer_fob"].to_numpy()
    weight = other / np.maximum(own + other, 1e-12)
    weight = np.where((x == 0) & (m > 0), 0.0, np.where((m == 0) & (x > 0), 1.0, weight))
    weight = np.where(np.isnan(x), 0.0, np.where(np.isnan(m), 1.0, weight))
    usd = weight * np.nan_to_num(x) + (1 - weight) * np.nan_to_num(m)
    return table.assign(weight=weight, reconciled_usd=usd), reliability


def reporter_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Standard deviation of each reporter's error, in logs: the squared log ratio of two reports is the sum of the two
    reporters' error variances, fitted by non-negative least squares.

    ``table``: :func:`.flows.mirror_gap`. Ratios count up to ten to one. Each reporter has ten pseudo-observations at
    half the mean squared ratio, so that few mirrored flows make nobody perfect.
    """
    from scipy.optimize import nnls
    from scipy.sparse import coo_matrix

    both = table[table["log_ratio"].notna() & (table[["exporter_usd", "importer_fob"]].min(axis=1) >= MATERIAL)]
    if both.empty:
        raise NoDataError("no flow of 1 million US$ and more has two reports: reliability cannot be estimated")
    squared: Array = np.minimum(both["log_ratio"].abs().to_numpy(), CAP) ** 2
    codes, reporters = pd.factorize(pd.concat([both["exporter"], both["importer"]]), sort=True)
    n, k = len(both), len(reporters)
    pairs = coo_matrix((np.ones(2 * n), (np.tile(np.arange(n), 2), codes)), shape=(n, k)).tocsr()
    normal = (pairs.T @ pairs).toarray() + PRIOR * np.eye(k)
    right = pairs.T @ squared + PRIOR * squared.mean() / 2
    factor = np.linalg.cholesky(normal)
    variance, _ = nnls(factor.T, np.linalg.solve(factor, right))
    count = np.bincount(codes, minlength=k)
    out = pd.DataFrame({"reporter": reporters, "sigma": np.sqrt(variance), "mirrored": count})
    return out.sort_values(["sigma", "reporter"]).reset_index(drop=True)
