"""``claims``: every claim that the data support, by topic, in one fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInputError, unknown
from ..names import resolve
from . import cache as store
from . import claims_plain
from .claim_rules import TOPICS
from .claims import Claim
from .claims_before_after import fared, members, rerouting
from .claims_counterfactual import counterfactual
from .claims_leaning import leaning
from .claims_published import published
from .claims_tariffs import revenue, tariffs
from .claims_trade import partners
from .claims_unsupported import unsupported
from .evidence import Evidence, evidence

if TYPE_CHECKING:
    from ..sources import Source


def claims(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    topic: str | Sequence[str] | None = None,
    *,
    jobs: int = 1,
    cache: bool = True,
) -> list[Claim]:
    """Claims on what joining ``bloc`` did to ``unit``, on its other members, and on what it would do to Uzbekistan.

    Each :class:`.claims.Claim` has its sentence, side, grade, interval, checks, caveat, sources and the call that gives
    its number again; :func:`.claims.to_frame` makes a table of them. ``topic``: one or several of fared, members,
    partners, leaning, tariffs, revenue, scenario, rerouting, unsupported; None is all. Bilateral trade, tariffs and
    scenarios rest on the pinned tables whatever ``source`` is. ``cache``: take what was computed before on the same
    data by the same code (:mod:`.cache`).
    Raises BadInputError for an unknown topic, unit or bloc; NoDataError when the source has nothing to say.
    """
    wanted = _topics(topic)
    mark = store.key("claims", {"unit": resolve(unit), "bloc": bloc, "topics": wanted}, source) if cache else ""
    found = store.load("claims", mark) if cache and store.wanted() else None
    if found is not None:
        try:
            return claims_plain.load(found["claims.json"])
        except (BadInputError, KeyError):
            pass
    made = from_evidence(evidence(unit, bloc, source, wanted, jobs), wanted)
    if cache and store.wanted():
        store.keep("claims", mark, {"claims.json": claims_plain.dump(made)})
    return made


def from_evidence(found: Evidence, topics: Sequence[str] = TOPICS) -> list[Claim]:
    """The claims that these results support, in the order of topics; ids are unique."""
    made: list[Claim] = []
    if found.content is not None:
        made += [*fared(found.content), *counterfactual(found.content, found.curves)]
        made += [*members(found.content), *rerouting(found.content)]
    if found.trade is not None:
        made += partners(found.trade)
    if found.exposure is not None:
        made += leaning(found.exposure, found.panel)
    if found.gap is not None:
        made += [*tariffs(found.gap), *revenue(found.gap, found.panel)]
    made += published(topics)
    made += unsupported(made)
    made = [claim for topic in TOPICS if topic in topics for claim in made if claim.topic == topic]
    twice = {claim.id for claim in made if [c.id for c in made].count(claim.id) > 1}
    if twice:
        raise BadInputError(f"claims of one id: {', '.join(sorted(twice))}")
    return made


def _topics(topic: str | Sequence[str] | None) -> tuple[str, ...]:
    asked = TOPICS if topic is None else (topic,) if isinstance(topic, str) else tuple(topic)
    for name in asked:
        if name not in TOPICS:
            raise unknown("topic", name, TOPICS)
    return asked
