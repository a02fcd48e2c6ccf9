"""Rarely changed settings of a gravity fit, checked when they are given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ... import settings
from ...errors import BadInputError, unknown

CLUSTER_ERRORS = ("crv1", "crv3")


@dataclass(frozen=True, kw_only=True)
class GravityOptions:
    """Rarely changed settings of ``ppml``.

    Parameters
    ----------
    level : float, default 0.90
        Confidence level of the intervals, between 0 and 1.
    disconnected : {"error", "allow"}, default "error"
        What to do when the fixed effects fall into groups that share no flow.
    errors : {"crv1", "crv3"}, default "crv1"
        Errors by cluster: the sandwich of the scores, or the jackknife that leaves out one cluster at a time, which is
        slower and safer with few or unequal clusters.

    Raises
    ------
    BadInputError
        If a value is not allowed.

    Notes
    -----
    MacKinnon, Nielsen and Webb (2023), Fast and reliable jackknife and bootstrap methods for cluster-robust inference,
    for the jackknife.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.GravityOptions(errors="crv3")
    GravityOptions(level=0.9, disconnected='error', errors='crv3')
    """

    level: float = settings.LEVEL
    disconnected: Literal["error", "allow"] = "error"
    errors: Literal["crv1", "crv3"] = "crv1"

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise BadInputError(f"level {self.level} is not between 0 and 1")
        if self.disconnected not in ("error", "allow"):
            raise unknown("disconnected", str(self.disconnected), ("error", "allow"))
        if self.errors not in CLUSTER_ERRORS:
            raise unknown("errors", str(self.errors), CLUSTER_ERRORS)
