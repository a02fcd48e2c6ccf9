"""Everything that a page shows, before it is drawn: the content, the claims, and what is not there and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..claims.claim import Claim
from ..gather.content import Content
from ..gather.evidence import Evidence

if TYPE_CHECKING:
    from ...data.sources import Source
    from ...parallel import Begin
    from ...series import SeriesInfo


@dataclass(frozen=True)
class Material:
    """``content``: before/after and counterfactuals. ``claims``: in their fixed order. ``evidence``: the results behind
    them. ``missing``: sections without results, by their id, each with the reason."""

    content: Content
    claims: tuple[Claim, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def series(self) -> tuple[SeriesInfo, ...]:
        """Every source series of every section, once, by key: macro series first."""
        own = self.content.series
        found = self.evidence
        shown = (found.trade, found.tariff_exposure, found.stacked, found.transfers, found.scenario)
        parts = [part.provenance for part in shown if part is not None]
        more = {info.key: info for part in parts for info in part.series}
        return (*own, *(more[key] for key in sorted(more) if key not in {info.key for info in own}))


def assemble(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    jobs: int = 1,
    dask: str | None = None,
    begin: Begin | None = None,
) -> Material:
    """Ask every question of the report once; ``begin`` as in :func:`.evidence`.

    Raises BadInputError and NoDataError as :func:`.content.gather`; a section that cannot be had is in ``missing``.
    """
    from ..claims.collect import from_evidence
    from ..gather.evidence import evidence

    found = evidence(unit, bloc, source, jobs=jobs, dask=dask, begin=begin)
    if found.content is None:
        raise AssertionError("a report asks for every topic, so it has a content")
    return Material(found.content, tuple(from_evidence(found)), found, dict(found.missing))
