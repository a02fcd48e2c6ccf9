"""One flow from two reports: carriage estimated, reporters' reliability estimated, weighted average.

In the manner of CEPII's BACI (Gaulier and Zignago 2010): the importer's figure is brought to free on board by a rate of
carriage that depends on the way; how far each economy's reports lie from its partners' shows how reliable it is; the
more reliable report weighs more. Unlike BACI the data here are totals or sections, not HS 6-digit unit values, so the
rate is estimated from values and a reporter has one reliability, whichever side it is on.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ...arrays import Array
from ...errors import BadInputError, NoDataError
from ...reference.shipped_tables import FLOWS
from ...results import Check, Provenance, Result
from ..flows.flows import COLUMNS, KEYS, mirror_gap, trade_tables

TRIM = np.log(2.0)  # mirror ratios beyond two to one say nothing of carriage
CAP = np.log(10.0)  # and beyond ten to one nothing more of a reporter's error
MATERIAL = 1e6  # US$: smaller flows are left out of both estimates
HIGHEST_RATE = 0.5
PRIOR = 10.0  # pseudo-observations of a reporter's error variance at the common mean


@dataclass(frozen=True)
class CifEstimate:
    """``rate``: share added on the way, aligned with the rows given. ``coef``, ``se`` of log(importer/exporter) on a
    constant, log distance (in thousand km) and contiguity; ``flows``: how many it rests on; ``median`` of the rates."""

    rate: pd.Series[Any]
    coef: pd.Series[Any]
    se: pd.Series[Any]
    flows: int
    median: float


def estimate_cif(side: pd.DataFrame, distances: pd.DataFrame | None = None) -> CifEstimate:
    """The rate of carriage by distance and contiguity, least squares over mirrored flows of 1 million US$ and more.

    ``side``: :func:`.flows.side_by_side`. Ratios beyond two to one are left out; rates are kept between 0 and 50 %; a
    pair without a distance gets the median. Errors are clustered by importer's reporter when there are ten or more,
    robust otherwise. Raises NoDataError with fewer than 30 mirrored flows.
    """
    ways = FLOWS.load("distances") if distances is None else distances
    ways = ways.drop_duplicates(["exporter", "importer"]).set_index(["exporter", "importer"])
    found = ways.reindex(pd.MultiIndex.from_frame(side[["exporter", "importer"]]))
    design = np.column_stack(
        [
            np.ones(len(side)),
            np.log(found["dist"].to_numpy(dtype=np.float64) / 1000),
            found["contig"].to_numpy(dtype=np.float64),
        ]
    )
    ratio = mirror_gap(side, 0.0)["log_ratio"].to_numpy()
    large = side[["exporter_usd", "importer_usd"]].min(axis=1).to_numpy() >= MATERIAL
    use = np.isfinite(ratio) & (np.abs(ratio) <= TRIM) & large & np.isfinite(design).all(axis=1)
    if use.sum() < 30:
        raise NoDataError(
            f"{int(use.sum())} mirrored flows of 1 million US$ and more: at least 30 are needed for a rate"
        )
    x, y = design[use], ratio[use]
    bread = np.linalg.pinv(x.T @ x)
    beta = bread @ (x.T @ y)
    score = x * (y - x @ beta)[:, None]
    reporter = pd.factorize(side["importer"].to_numpy()[use])[0]
    groups = int(reporter.max()) + 1
    if groups >= 10:
        score = np.column_stack([np.bincount(reporter, weights=score[:, k]) for k in range(x.shape[1])])
    variance = bread @ (score.T @ score) @ bread
    names = ["constant", "log_distance", "contiguous"]
    rate = np.expm1(design @ beta)
    middle = float(np.median(np.clip(rate[use], 0, HIGHEST_RATE)))
    rate = np.clip(np.where(np.isfinite(rate), rate, middle), 0, HIGHEST_RATE)
    return CifEstimate(
        pd.Series(rate, index=side.index, name="rate"),
        pd.Series(beta, index=names, name="coef"),
        pd.Series(np.sqrt(np.maximum(np.diag(variance), 0)), index=names, name="se"),
        int(use.sum()),
        middle,
    )


@dataclass(frozen=True)
class Reconciled(Result):
    """``flows`` in the schema, free on board, basis "reconciled", status "both reports", "exporter only" or "importer
    only". ``reliability``: reporter, sigma (standard deviation of the log of its report), mirrored (flows it rests
    on). ``table``: the two reports side by side with the weight of the exporter's."""

    flows: pd.DataFrame
    reliability: pd.DataFrame
    table: pd.DataFrame
    rate_text: str
    checks: tuple[Check, ...]
    provenance: Provenance = field(default_factory=Provenance)

    def summary(self) -> str:
        counted = self.flows["status"].value_counts()
        parts = ", ".join(f"{counted[name]:,} {name}" for name in sorted(counted.index))
        shown = self.reliability.head(12).to_string(index=False, float_format=lambda v: f"{v:.2f}")
        checks = "\n".join(f"[{c.mark}] {c.name}: {c.text}" for c in self.checks)
        return f"{len(self.flows):,} flows: {parts}\n{self.rate_text}\n\nmost reliable reporters\n{shown}\n\n{checks}"


def reconcile(side: pd.DataFrame, rate: float | pd.Series[Any] | str = "estimated") -> Reconciled:
    """Reliability-weighted average of the two reports of each flow.

    ``side``: :func:`.flows.side_by_side`. ``rate``: "estimated" (:func:`estimate_cif`), "stated" (``trade.toml``), or a
    number or Series. With both reports the flow is ``w X + (1 - w) M``, M free on board and ``w`` the importer's error
    variance over the sum of both; with one report it is that one. A zero that the other side contradicts has no say.
    Raises NoDataError when no flow has two positive reports.
    """
    text = "carriage: as given"
    if isinstance(rate, str):
        if rate not in ("estimated", "stated"):
            raise BadInputError(f"rate={rate!r} is not known; 'estimated', 'stated', a number or a Series")
        if rate == "estimated":
            estimate = estimate_cif(side)
            rate = estimate.rate
            slope, error = estimate.coef["log_distance"], estimate.se["log_distance"]
            text = (
                f"carriage: estimated from {estimate.flows:,} flows, median {estimate.median:.1%}, elasticity to "
                f"distance {slope:.3f} (se {error:.3f}); stated rate {trade_tables()['cif']['rate']:.0%}"
            )
        else:
            rate = float(trade_tables()["cif"]["rate"])
            text = f"carriage: {rate:.0%}, {trade_tables()['cif']['source']}"
    table = mirror_gap(side, rate)
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
    status = np.where(table["known"] == "both", "both reports", table["known"] + " only")
    source = table["exporter_source"].where(table["known"] != "importer", table["importer_source"])
    flows = table[KEYS].assign(usd=usd, basis="reconciled", source=source, status=status)[list(COLUMNS)]
    gap = table["log_ratio"].dropna()
    wide = float((gap.abs() > TRIM).mean())
    check = Check(
        "mirror gap",
        None,
        wide,
        None,
        f"{len(gap):,} flows have two reports; {wide:.0%} of them differ by more than two to one",
    )
    return Reconciled(
        flows.reset_index(drop=True),
        reliability,
        table.assign(weight=weight, reconciled_usd=usd),
        text,
        (check,),
        Provenance(method="reliability-weighted mirror reports", reference="Gaulier and Zignago (2010), BACI"),
    )


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
