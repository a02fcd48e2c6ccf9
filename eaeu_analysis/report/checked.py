"""``eaeu report --check``: the claims beside a baseline, and the new baseline when it is accepted."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInputError, EaeuError
from . import baseline
from .baseline import Baseline, baseline_of, series_hash
from .claims import Claim
from .drift import Drift, compare

if TYPE_CHECKING:
    from ..data.sources import Source
    from ..series import SeriesInfo

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asked:
    """A check that was asked for. ``path``: the baseline; ``old``: as it was read, None when there is none yet and it
    is to be made; ``accept``: write the present state there; ``old_data``: a source with the data of the baseline."""

    path: Path
    old: Baseline | None
    accept: bool = False
    old_data: str | None = None


def asked(check: str | Path | None, accept: bool = False, old_data: str | Path | None = None) -> Asked | None:
    """What was asked for, the baseline read; None without ``check``.

    Raises BadInputError for a baseline that cannot be read, and for --accept or --old-data without a baseline.
    """
    if check is None:
        for name, given in (("accept", accept), ("old data", old_data)):
            if given:
                raise BadInputError(f"{name} was given without a baseline: name the file to check against")
        return None
    path = Path(check)
    old = None if accept and not path.exists() else baseline.read(path)
    return Asked(path, old, accept, None if old_data is None else str(old_data))


def checked(
    request: Asked, claims: Sequence[Claim], question: Mapping[str, str], source: str | Path | Source, jobs: int = 1
) -> tuple[Drift | None, Baseline]:
    """The drift (None when there was no baseline yet) and the present state, which is not written here."""
    new = baseline_of(claims, question, source)
    if request.old is None:
        return None, new
    old = request.old

    def rerun() -> Sequence[Claim] | None:
        place = _old_data(request, old, claims)
        if place is None:
            return None
        from .collect import claims as collect

        log.info("claims are made again on the old data: %s", place)
        return collect(new.question["unit"], new.question["bloc"], place, jobs=jobs)

    return compare(old, new, claims, rerun), new


def _old_data(request: Asked, old: Baseline, claims: Sequence[Claim]) -> str | None:
    """A source whose series have the hashes of the baseline: the one named, else the shipped data; None for neither.

    Raises BadInputError when the one that was named holds other data.
    """
    infos = {info.code: info for claim in claims for info in baseline.flat(claim.series)}
    for place in (request.old_data, "pinned"):
        if place is None:
            continue
        different = [code for code, seen in old.series.items() if not _same(infos.get(code), seen, place)]
        if not different:
            return place
        if place == request.old_data:
            raise BadInputError(
                f"--old-data {place!r} does not hold the data of the baseline: {len(different)} series differ, "
                f"the first being {different[0]}"
            )
    return None


def _same(info: SeriesInfo | None, seen: baseline.Seen, place: str) -> bool:
    if info is None:  # a series that is used no longer: its kind is not known, its values cannot be asked for
        return True
    try:
        return series_hash(info.with_(vintage=seen.vintage), place) == seen.sha256
    except EaeuError:
        return False
