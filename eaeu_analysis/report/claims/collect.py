"""``claims``: every claim that the data support, by topic, in one fixed order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import BadInputError, as_names, unknown
from ...reference.economies import resolve
from ...results import Check
from ...series import SeriesInfo
from .. import cache as store
from ..gather.evidence import Evidence, evidence
from ..topics import TOPICS
from .before_after import before_after_claims, member_claims, rerouting_claims
from .claim import Claim
from .counterfactual import counterfactual_claims
from .partner_dependence import partner_dependence_claims
from .published import published_claims, unsupported_claims
from .scenario import scenario_claims
from .tariffs import revenue_claims, tariff_claims
from .trade import union_trade_claims

if TYPE_CHECKING:
    from ...data.sources import Source


# Claims as plain JSON and back again, for the cache: numbers as they are, series with all that is known of them.


def claims_to_json(claims: Sequence[Claim]) -> bytes:
    """JSON text of the records. NaN and infinities are written as Python writes them: it is read back here alone."""
    return json.dumps([_plain(claim) for claim in claims], sort_keys=True, ensure_ascii=False).encode()


def claims_from_json(data: bytes) -> list[Claim]:
    """The records again, equal to those that were written. BadInputError when the text is not one of claims."""
    try:
        return [_claim(row) for row in json.loads(data)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadInputError(f"not a list of claims: {error}") from None


def _plain(claim: Claim) -> dict[str, Any]:
    row = {field.name: getattr(claim, field.name) for field in fields(claim)}
    return {
        **row,
        "values": {name: float(value) for name, value in claim.values.items()},
        "words": dict(claim.words),
        "checks": [vars(check) for check in map(_simple, claim.checks)],
        "series": [asdict(info) for info in claim.series],
    }


def _simple(check: Check) -> Check:
    value, threshold = (None if v is None else float(v) for v in (check.value, check.threshold))
    return replace(check, value=value, threshold=threshold)


def _claim(row: Mapping[str, Any]) -> Claim:
    words = {name: tuple(text) if isinstance(text, list) else text for name, text in row["words"].items()}
    return Claim(
        **{
            **row,
            "words": words,
            "checks": tuple(Check(**check) for check in row["checks"]),
            "series": tuple(_info(info) for info in row["series"]),
        }
    )


def _info(row: Mapping[str, Any]) -> SeriesInfo:
    return SeriesInfo(**{**row, "derived_from": tuple(_info(part) for part in row["derived_from"])})


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
    use = cache and store.cache_enabled()
    found = _kept(unit, bloc, wanted, source) if use else None
    if found is not None:
        return found
    made = from_evidence(evidence(unit, bloc, source, wanted, jobs), wanted)
    if use:
        cache_claims(made, unit, bloc, source, wanted)
    return made


def cache_claims(
    made: Sequence[Claim],
    unit: str,
    bloc: str,
    source: str | Path | Source,
    topics: Sequence[str] = TOPICS,
) -> None:
    """Keep claims for later calls on the same data by the same code."""
    store.store_cached("claims", _mark(unit, bloc, topics, source), {CLAIMS: claims_to_json(made)})


def _kept(unit: str, bloc: str, topics: Sequence[str], source: str | Path | Source) -> list[Claim] | None:
    """Claims of these topics, or of all topics, that were made before."""
    for held in dict.fromkeys((tuple(topics), TOPICS)):
        files = store.load_cached("claims", _mark(unit, bloc, held, source))
        if files is None:
            continue
        try:
            return [claim for claim in claims_from_json(files[CLAIMS]) if claim.topic in topics]
        except (BadInputError, KeyError):
            continue
    return None


def _mark(unit: str, bloc: str, topics: Sequence[str], source: str | Path | Source) -> str:
    return store.cache_key("claims", {"unit": resolve(unit), "bloc": bloc, "topics": tuple(topics)}, source)


def from_evidence(found: Evidence, topics: Sequence[str] = TOPICS) -> list[Claim]:
    """The claims that these results support, in the order of topics; ids are unique."""
    made: list[Claim] = []
    if found.content is not None:
        made += [*before_after_claims(found.content), *counterfactual_claims(found.content, found.curves)]
        made += [*member_claims(found.content), *rerouting_claims(found.content)]
    if found.trade is not None:
        made += union_trade_claims(found.trade)
    if found.exposure is not None:
        made += partner_dependence_claims(found.exposure, found.panel)
    if found.gap is not None:
        made += [*tariff_claims(found.gap), *revenue_claims(found.gap, found.panel)]
    if found.scenario is not None:
        made += scenario_claims(found.scenario)
    made += published_claims(topics)
    made += unsupported_claims(made)
    made = [claim for topic in TOPICS if topic in topics for claim in made if claim.topic == topic]
    twice = {claim.id for claim in made if [c.id for c in made].count(claim.id) > 1}
    if twice:
        raise BadInputError(f"claims of one id: {', '.join(sorted(twice))}")
    return made


def _topics(topic: str | Sequence[str] | None) -> tuple[str, ...]:
    asked = TOPICS if topic is None else as_names("topic", topic)
    for name in asked:
        if name not in TOPICS:
            raise unknown("topic", name, TOPICS)
    return asked


def claims_cached(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    topic: str | Sequence[str] | None = None,
) -> bool:
    """Whether :func:`claims` would find them in the cache."""
    return store.cache_enabled() and _kept(unit, bloc, _topics(topic), source) is not None
