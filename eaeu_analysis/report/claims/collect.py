"""``claims``: all claims that the data support, by topic, in a fixed order."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...data.freshness import data_as_of
from ...data.sources import Source
from ...errors import BadInputError, as_names, require_option
from ...reference.economies import resolve
from .. import cache as store
from ..gather.evidence import Evidence, evidence
from ..topics import TOPICS
from .before_after import before_after_claims, member_claims, plain_claims, rerouting_claims
from .claim import Claim, with_age
from .counterfactual import counterfactual_claims
from .designs import partner_change_claims, stacked_claims, tariff_exposure_claims, transfer_claims
from .partner_dependence import partner_dependence_claims
from .published import published_claims, unsupported_claims
from .scenario import scenario_claims
from .shipped import CLAIMS, claims_from_json, claims_to_json
from .tariffs import revenue_claims, tariff_claims
from .trade import union_trade_claims


def claims(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    topic: str | Sequence[str] | None = None,
    *,
    jobs: int = 1,
    cache: bool = True,
) -> list[Claim]:
    """All claims about the effects of joining a bloc, each with its evidence.

    The claims cover what joining did to ``unit``, how the other members fared, trade between members and with
    outsiders, and what joining would mean for Uzbekistan.

    Parameters
    ----------
    unit : str, default "KGZ"
        The member that the before/after claims are about: name or ISO code.
    bloc : str, default "EAEU"
        The bloc that it joined.
    source : {"pinned", "live"}, path or Source, default "pinned"
        Where the annual series come from. Bilateral trade, tariffs, scenarios and the designs that set the rouble aside
        always use the pinned tables.
    topic : str or sequence of str, optional
        One or more of "fared", "members", "partners", "leaning", "tariffs", "revenue", "scenario", "rerouting" and
        "unsupported"; all topics by default.
    jobs : int, default 1
        Number of worker processes; the result does not depend on it.
    cache : bool, default True
        Whether to use claims that were computed before from the same data by the same code.

    Returns
    -------
    list of Claim
        In the order of topics, with unique ids. Each claim has a sentence, a side, a grade, an interval, checks, a
        caveat, sources and the Python call that reproduces its number. ``report.claims.claim.to_frame`` makes a table
        of them.

    Raises
    ------
    BadInputError
        If the topic, the unit or the bloc is unknown.
    NoDataError
        If the source has no data on the question.

    Notes
    -----
    Grades follow fixed rules. A: a credible counterfactual (placebo p-value below 0.1, the same sign in at least 80 %
    of specifications, no failed check). B: a weaker one that fails no check. C: a description with comparators. D: a
    description alone. E: a figure published by others. F: a model with stated assumptions. X: a counterfactual that
    fails a check, quoted as such and no evidence.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> found = {claim.id: claim for claim in ea.claims(topic="leaning")}
    >>> share = found["leaning.exports.EAEU"]
    >>> share.grade, round(share.value, 1), [check.name for check in share.failed]
    ('D', -8.9, ['coverage', 'totals', 'without gold', 'stale'])
    """
    wanted = _topics(topic)
    use = cache and store.cache_enabled()
    found = _kept(unit, bloc, wanted, source) if use else None
    if found is not None:
        return ClaimList(found)
    made = from_evidence(evidence(unit, bloc, source, wanted, jobs), wanted)
    if use:
        cache_claims(made, unit, bloc, source, wanted)
    return ClaimList(made)


class ClaimList(list[Claim]):
    """A list of claims that a notebook shows as a table: id, grade, side, sentence and failed checks."""

    def _repr_html_(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>" for cells in self._cells()
        )
        head = "".join(f"<th>{name}</th>" for name in ("claim", "grade", "side", "sentence", "failed checks"))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    def __repr__(self) -> str:
        return "\n".join(f"{grade} {side:7} {name}: {sentence}" for name, grade, side, sentence, _ in self._cells())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text("[...]" if cycle else repr(self))

    def _cells(self) -> list[tuple[str, str, str, str, str]]:
        return [(c.id, c.grade, c.side, c.sentence, ", ".join(check.name for check in c.failed)) for c in self]


def cache_claims(
    made: Sequence[Claim],
    unit: str,
    bloc: str,
    source: str | Path | Source,
    topics: Sequence[str] = TOPICS,
) -> None:
    """Store claims for later calls with the same data and code."""
    store.store_cached("claims", _mark(unit, bloc, topics, source), {CLAIMS: claims_to_json(made)})


def _kept(unit: str, bloc: str, topics: Sequence[str], source: str | Path | Source) -> list[Claim] | None:
    """Stored claims of these topics, or those of all topics reduced to them; None without any."""
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
    """The claims that these results support, in the order of topics, with unique ids."""
    made: list[Claim] = []
    if found.content is not None:
        made += [*before_after_claims(found.content), *counterfactual_claims(found.content, found.curves)]
        made += [*plain_claims(found.content), *member_claims(found.content), *rerouting_claims(found.content)]
    if found.stacked is not None:
        made += stacked_claims(found.stacked)
    if found.transfers is not None:
        made += transfer_claims(found.transfers)
    if found.trade is not None:
        made += union_trade_claims(found.trade)
    if found.tariff_exposure is not None:
        made += tariff_exposure_claims(found.tariff_exposure)
    made += [claim for changes in found.partner_changes for claim in partner_change_claims(changes)]
    if found.exposure is not None:
        made += partner_dependence_claims(found.exposure, found.panel)
    if found.gap is not None:
        made += [*tariff_claims(found.gap), *revenue_claims(found.gap, found.panel)]
    if found.scenario is not None:
        made += scenario_claims(found.scenario)
    made += published_claims(topics)
    newest = int(data_as_of()[:4])
    made = [with_age(claim, newest) for claim in made]
    made += unsupported_claims(made)
    made = [claim for topic in TOPICS if topic in topics for claim in made if claim.topic == topic]
    twice = {claim.id for claim in made if [c.id for c in made].count(claim.id) > 1}
    if twice:
        raise BadInputError(f"claims of one id: {', '.join(sorted(twice))}")
    return made


def _topics(topic: str | Sequence[str] | None) -> tuple[str, ...]:
    asked = TOPICS if topic is None else as_names("topic", topic)
    for name in asked:
        require_option("topic", name, TOPICS)
    return asked


def claims_cached(
    unit: str = "KGZ",
    bloc: str = "EAEU",
    source: str | Path | Source = "pinned",
    topic: str | Sequence[str] | None = None,
) -> bool:
    """Whether :func:`claims` would find its answer in the cache."""
    return store.cache_enabled() and _kept(unit, bloc, _topics(topic), source) is not None
