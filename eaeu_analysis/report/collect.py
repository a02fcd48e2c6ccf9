"""``claims``: every claim that the data support, by topic, in one fixed order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInputError, listed, unknown
from ..reference.economies import resolve
from . import cache as store
from . import claims_plain
from .claim_rules import TOPICS
from .claims import Claim
from .claims_before_after import fared, members, rerouting
from .claims_counterfactual import counterfactual
from .claims_leaning import leaning
from .claims_published import published
from .claims_scenario import scenario
from .claims_tariffs import revenue, tariffs
from .claims_trade import partners
from .claims_unsupported import unsupported
from .evidence import Evidence, evidence

if TYPE_CHECKING:
    from ..data.sources import Source


CLAIMS = "claims.json"


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

    >>> import eaeu_analysis as ea
    >>> found = {claim.id: claim for claim in ea.claims(topic="leaning")}
    >>> found["leaning.exports.EAEU"].grade, found["leaning.exports.EAEU"].sentence
    ('C', "The share of the union's members in exports of Uzbekistan fell from 28.1 to 26.4 % between 2009 and 2021.")
    """
    wanted = _topics(topic)
    use = cache and store.wanted()
    found = _kept(unit, bloc, wanted, source) if use else None
    if found is not None:
        return found
    made = from_evidence(evidence(unit, bloc, source, wanted, jobs), wanted)
    if use:
        keep(made, unit, bloc, source, wanted)
    return made


def keep(
    made: Sequence[Claim],
    unit: str,
    bloc: str,
    source: str | Path | Source,
    topics: Sequence[str] = TOPICS,
) -> None:
    """Keep claims for later calls on the same data by the same code."""
    store.keep("claims", _mark(unit, bloc, topics, source), {CLAIMS: claims_plain.dump(made)})


def _kept(unit: str, bloc: str, topics: Sequence[str], source: str | Path | Source) -> list[Claim] | None:
    """Claims of these topics, or of all topics, that were made before."""
    for held in dict.fromkeys((tuple(topics), TOPICS)):
        files = store.load("claims", _mark(unit, bloc, held, source))
        if files is None:
            continue
        try:
            return [claim for claim in claims_plain.load(files[CLAIMS]) if claim.topic in topics]
        except (BadInputError, KeyError):
            continue
    return None


def _mark(unit: str, bloc: str, topics: Sequence[str], source: str | Path | Source) -> str:
    return store.key("claims", {"unit": resolve(unit), "bloc": bloc, "topics": tuple(topics)}, source)


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
    if found.scenario is not None:
        made += scenario(found.scenario)
    made += published(topics)
    made += unsupported(made)
    made = [claim for topic in TOPICS if topic in topics for claim in made if claim.topic == topic]
    twice = {claim.id for claim in made if [c.id for c in made].count(claim.id) > 1}
    if twice:
        raise BadInputError(f"claims of one id: {', '.join(sorted(twice))}")
    return made


def _topics(topic: str | Sequence[str] | None) -> tuple[str, ...]:
    asked = TOPICS if topic is None else listed("topic", topic)
    for name in asked:
        if name not in TOPICS:
            raise unknown("topic", name, TOPICS)
    return asked


def at_hand(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    topic: str | Sequence[str] | None = None,
) -> bool:
    """Whether :func:`claims` would find them in the cache."""
    return store.wanted() and _kept(unit, bloc, _topics(topic), source) is not None
