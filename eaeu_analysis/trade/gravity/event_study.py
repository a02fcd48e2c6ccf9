"""Effects by years since an event, with those before it as a test: one dummy per year around the event."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...data.tidy import as_pandas
from ...errors import BadInputError, unknown
from ...results import Check, Provenance, Result
from ...text import format_p_equals
from .fit import GravityFit
from .ppml import Cluster, GravityOptions, ppml
from .sample import Effect

LEADS_LEVEL = 0.10  # a joint test of the years before fails below it


@dataclass(frozen=True)
class EventStudy(Result):
    """Effects by time since an event; from ``event_study``.

    Attributes
    ----------
    table : DataFrame
        A row per time since the event: ``since``, ``coef``, ``se``, ``lower``, ``upper``, ``flows`` (number with this
        dummy); the base has zeros.
    base : int
        The time since the event that the others are compared with.
    fit : GravityFit
        The estimated equation.
    checks : tuple of Check
        The joint test of the times before, and the checks of the fit.
    provenance : Provenance
        Method and sources.
    """

    drawn_by = "trade.draw_event_study"

    table: pd.DataFrame
    base: int
    fit: GravityFit = field(repr=False)
    checks: tuple[Check, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)

    def summary(self) -> str:
        shown = self.table.to_string(index=False, float_format=lambda v: f"{v:.3f}")
        title = f"Effects by time since the event, against time {self.base:+d}, log points"
        return self._ended([title, "", shown, ""], "", sources=False)


def event_study(
    data: pd.DataFrame,
    y: str,
    event: str,
    time: str,
    fixed_effects: Sequence[Effect],
    cluster: Cluster = None,
    *,
    x: Sequence[str] = (),
    base: int = -1,
    window: tuple[int, int] | None = None,
    bias_correction: bool | Literal["weidner-zylkin", "cox-snell"] = False,
    options: GravityOptions | None = None,
) -> EventStudy:
    """Estimate a gravity equation with a dummy for each time since an event, and test those before it.

    Parameters
    ----------
    data : DataFrame
        A row per flow.
    y : str
        Column of the flows in levels.
    event : str
        Column with the time of the event of each flow; missing where there is none.
    time : str
        Column of time, in the unit of ``event``.
    fixed_effects : sequence of str or tuple of str
        As in ``ppml``.
    cluster : str, tuple of str, or sequence of these, optional
        As in ``ppml``.
    x : sequence of str, default ()
        Other regressors.
    base : int, default -1
        The time since the event without a dummy. In panels that do not have every time it must be one that they have.
    window : tuple of int, optional
        First and last time since the event; what is beyond counts with the ends. None takes all.
    bias_correction : bool or {"weidner-zylkin", "cox-snell"}, default False
        As in ``ppml``.
    options : GravityOptions, optional
        As in ``ppml``.

    Returns
    -------
    EventStudy
        Effects in log points by time since the event, and the joint test of those before.

    Raises
    ------
    BadInputError
        A column is missing, no flow has the event, or none has the time ``base``; otherwise as ``ppml``.
    NoDataError, NotConvergedError
        As ``ppml``.

    Notes
    -----
    Yotov, Piermartini, Monteiro and Larch (2016), An Advanced Guide to Trade Policy Analysis, for leads and lags of
    agreements. The test of the times before is a Wald test of all their coefficients at 10 %; that it passes does not
    show that there was no trend. With events at several times effects are averages over them, which may be misleading
    where effects differ between events.

    Examples
    --------
    >>> import eaeu_analysis as ea, numpy as np, pandas as pd
    >>> draw = np.random.default_rng(0)
    >>> rows = [(i, j, t) for i in "ABCDEFGH" for j in "ABCDEFGH" if i != j for t in range(2000, 2006)]
    >>> flows = pd.DataFrame(rows, columns=["exporter", "importer", "year"])
    >>> joined = flows["exporter"].isin(list("ABC")) & flows["importer"].isin(list("ABC"))
    >>> flows["entry"] = np.where(joined, 2003, np.nan)
    >>> after = joined & (flows["year"] >= 2003)
    >>> flows["usd"] = np.exp(0.5 * after) * draw.gamma(50.0, 0.02, len(flows))
    >>> effects = [("exporter", "year"), ("importer", "year"), ("exporter", "importer")]
    >>> found = ea.event_study(flows, "usd", "entry", "year", effects, ("exporter", "importer"))
    >>> found.table.set_index("since")["coef"].loc[0:].round(1).tolist(), found.checks[0].failed
    ([0.5, 0.4, 0.4], False)
    """
    data = as_pandas("data", data)
    for column in (event, time):
        if column not in data.columns:
            raise unknown("column", column, map(str, data.columns))
    since = data[time] - data[event]
    if window is not None:
        if not window[0] <= base <= window[1]:
            raise BadInputError(f"base={base} is outside the window {window}")
        since = since.clip(*window)
    present = sorted(int(v) for v in since.dropna().unique())
    if not present:
        raise BadInputError(f"no flow has an event in column {event!r}")
    if base not in present:
        raise BadInputError(f"base={base}: no flow has this time since the event; there are {present}")
    dummies = {k: f"since {k:+d}" for k in present if k != base}
    frame = pd.concat([data, pd.DataFrame({n: (since == k).astype(float) for k, n in dummies.items()})], axis=1)
    fit = ppml(
        frame, y, [*x, *dummies.values()], fixed_effects, cluster, bias_correction=bias_correction, options=options
    )
    table = fit.to_frame().set_index("regressor").reindex([dummies.get(k, "") for k in present])
    table = table[["coef", "se", "lower", "upper"]].reset_index(drop=True)
    table.insert(0, "since", present)
    table.loc[table["since"] == base, ["coef", "se", "lower", "upper"]] = 0.0
    table["flows"] = [int((since == k).sum()) for k in present]
    leads = [name for k, name in dummies.items() if k < min(base, 0) and name in fit.coef.index]
    return EventStudy(table, base, fit, (leads_check(fit, leads), *fit.checks), fit.provenance)


def leads_check(fit: GravityFit, leads: Sequence[str], scope: str = "") -> Check:
    """Wald test that coefficients of times before the event are all zero; fatal, since a trend is not an effect."""
    from scipy.stats import chi2

    name = "years before"
    if not leads:
        return Check(
            name, None, None, LEADS_LEVEL, "no time before the base: a trend before cannot be seen", scope=scope
        )
    names = list(leads)
    values: np.ndarray[Any, Any] = fit.coef[names].to_numpy()
    statistic = float(values @ np.linalg.solve(fit.vcov.loc[names, names].to_numpy(), values))
    p = float(chi2.sf(statistic, len(names)))
    text = f"{len(names)} coefficients before the base are {'' if p >= LEADS_LEVEL else 'not '}zero together"
    text += f" ({format_p_equals(p)})"
    return Check(name, p >= LEADS_LEVEL, p, LEADS_LEVEL, text, role="fatal", scope=scope)
