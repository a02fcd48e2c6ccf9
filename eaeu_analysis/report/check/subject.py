"""Whether a fact is on what a sentence is about."""

from __future__ import annotations

from .facts import KnownFact
from .reading.sentence import SentenceReading
from .reading.vocabulary import vocabulary_table

OUTCOMES = frozenset(
    [
        "trade",
        "exports",
        "imports",
        "remittances",
        "fdi",
        "tariff",
        "inflation",
        "duties",
        "duty_free",
        "trade_taxes",
        "current_account",
        "reserves",
        "exchange_rate",
        "household_spending",
        "real_income",
        "customs_receipts",
        "gdp",
        "richer",
        "patents",
        "unemployment",
    ]
)
SPECIFIC = frozenset(
    [
        "per_head",
        "duty_free",
        "patents",
        "poll",
        "barriers",
        "unemployment",
        "fdi",
        "current_account",
        "reserves",
        "exchange_rate",
        "remittances",
        "inflation",
        "tariff",
        "trade_taxes",
        "household_spending",
        "real_income",
        "customs_receipts",
        "population",
        "poverty",
        "poorest",
    ]
)
FOREIGN = frozenset(("CHN", "TUR", "EU"))  # partners that no finding is about by themselves
CHECKED = OUTCOMES | {"barriers", "lender", "budget"}  # on which a number is checked though no economy is named
MATTERS = frozenset(vocabulary_table()["series"]["matters"])  # on which there is a series but no claim
UNSAID = frozenset(
    ("merchandise", "outflow", "chapters", "share", "members", "peers", "joined", "bought", "stays", "real")
)  # concepts that are no subject


def is_about(fact: KnownFact, reading: SentenceReading, strict: bool, narrow: bool = True) -> bool:
    """Whether the fact is on what the sentence is about. ``strict``: it is about nothing else; ``narrow``: nor on a
    number for each head of another one."""
    named = reading.entities | reading.concepts
    economies = reading.economies
    groups = (
        fact.entities
        if economies or not (reading.joining or reading.concepts & CHECKED or specific_concepts(reading))
        else ()
    )
    if economies and economies <= FOREIGN and any(group <= FOREIGN for group in fact.entities):
        groups = tuple(group for group in groups if group <= FOREIGN)  # "a model puts imports from China 5 % lower"
    if not fact.concepts or not all(group & named for group in groups):
        return False
    concepts = reading.concepts | reading.bases
    own = fact.topics
    if not all(group & concepts for group in fact.concepts) or other_matters(reading) - own:
        return False
    if narrow and specific_concepts(reading) - own and (strict or "per_head" in (reading.concepts - own)):
        return False
    return not strict or economies <= fact.named


def other_matters(reading: SentenceReading) -> frozenset[str]:
    """Concepts of a sentence on which no claim is."""
    return reading.concepts & (MATTERS | {"other"})


def specific_concepts(reading: SentenceReading) -> frozenset[str]:
    """Concepts that another finding on the same economy is not about; goods among them."""
    return (reading.concepts & (SPECIFIC | MATTERS)) | {
        name for name in reading.concepts if name.startswith("product_")
    }


def is_same_matter(fact: KnownFact, reading: SentenceReading) -> bool:
    """Whether the fact is on the same outcome, in whatever economy or with whatever partner."""
    concepts = reading.concepts | reading.bases
    own = fact.topics
    if not fact.concepts or not all(group & concepts for group in fact.concepts) or specific_concepts(reading) - own:
        return False
    shared = any(group & reading.entities for group in fact.entities)
    return bool(reading.economies) and (shared or len(fact.entities) == 1)


def closeness(fact: KnownFact, reading: SentenceReading) -> int:
    """How much of what the sentence names the fact is about."""
    named = reading.entities | reading.concepts | reading.bases
    groups = (*fact.entities, *fact.concepts)
    return 2 * sum(bool(group & named) for group in groups) + len(fact.extra & named) - len(fact.extra - named)
