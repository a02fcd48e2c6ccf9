"""Error rates of `eaeu check` and of the tracer of the report, as tables of Markdown for docs/check.md."""

from __future__ import annotations

import functools
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from corpus import CorpusSentence, read_corpus

import eaeu_analysis as ea
from eaeu_analysis.report.check.reading.vocabulary import tokens
from eaeu_analysis.report.claims.shipped import shipped_claims
from eaeu_analysis.report.trace.known_numbers import known_of_claims
from eaeu_analysis.report.trace.trace import trace_text

VERDICTS = ("supported", "outdated", "altered", "overstated", "unsupported", "none")
FLAGGED = ("outdated", "altered", "overstated", "unsupported")
BEGIN, END = "<!-- tables: begin (scripts/measure_check.py) -->", "<!-- tables: end -->"
LATER = {
    "40 fresh sentences": "fresh",
    "60 of a newspaper": "sixty",
    "40 after these": "forty",
    "36 after those": "last",
}
UNSEEN = "210 of another writer"  # no rule was made for them
KEPT = "half of the styles kept aside"  # measured once, when the reading had been extended; no rule was made for them
LATER |= {"862 in seven sets": "seven", "640 in six rounds": "rounds", "120 on true statements and causes": "more"}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
LATER |= {f"{name} batch of six kinds of author": f"authors{i}" for i, name in enumerate(ORDINALS, 1)}
LATER |= {f"batch {i}, of ten kinds of author": f"authors{i}" for i in range(11, 22)}
LATER |= {f"author {i} of 23": f"authors{23 + i}" for i in range(1, 24)}  # each read before rules were made for it
INDEPENDENT = {
    "formal prose of an independent author": "authors22",
    "speech of an independent author": "authors23",
    "formal prose of author 24": "authors47",
    "speech of author 24": "authors48",
    "formal prose of author 25": "authors49",
    "speech of author 25": "authors50",
}
LATER |= INDEPENDENT
LATER |= {"half of the styles that was worked on": "broad", KEPT: "broad", UNSEEN: "unseen"}
APART = (UNSEEN, KEPT, *INDEPENDENT)  # no rule was made for them
DRAWS, SEED = 1, 11
CHANCE_DRAWS = 2000


@functools.lru_cache
def verdict(sentence: str, lang: str) -> str:
    """The verdict on a sentence, the last of a row; "none" when there is nothing to check."""
    found = ea.check_text(sentence, lang).statements
    return found[-1].verdict if found else "none"


def confusion(half: Iterable[CorpusSentence]) -> Counter[tuple[str, str]]:
    """How often each expected verdict got which verdict."""
    return Counter((s.verdict, verdict(s.text, s.lang)) for s in half)


def precision(counts: Counter[tuple[str, str]], names: Sequence[str]) -> float:
    """Of the sentences that got one of these verdicts, the share that should have got one of them."""
    got = sum(n for (_, found), n in counts.items() if found in names)
    return sum(n for (true, found), n in counts.items() if found in names and true in names) / got if got else 1.0


def recall(counts: Counter[tuple[str, str]], names: Sequence[str]) -> float:
    """Of the sentences that should get one of these verdicts, the share that got one of them."""
    true = sum(n for (expected, _), n in counts.items() if expected in names)
    return sum(n for (e, found), n in counts.items() if e in names and found in names) / true if true else 1.0


def passed(counts: Counter[tuple[str, str]]) -> float:
    """The share of true statements that are supported."""
    return recall(counts, ("supported",))


@functools.lru_cache
def halves() -> dict[str, list[CorpusSentence]]:
    """The sentences of each half, and the sets that were written later, in their order."""
    found, _ = read_corpus(shipped_claims())
    parts = {"building half": [s for s in found if not s.unseen], "unseen half": [s for s in found if s.unseen]}
    later = {name: read_corpus(shipped_claims(), part=part)[0] for name, part in LATER.items()}
    for name in (name for name, part in LATER.items() if part == "broad"):  # a set in two halves
        later[name] = [s for s in later[name] if s.unseen == (name == KEPT)]
    return {**parts, **later}


def chance(half: Iterable[CorpusSentence], decimals: int) -> tuple[int, int]:
    """How many true sentences pass with a random number in place of one of theirs, of how many."""
    draw = random.Random(SEED)  # noqa: S311 - no secret
    passes = total = 0
    for s in half:
        numbers = [t for t in tokens(s.text, s.lang) if re.fullmatch(r"\d+(?:[.,]\d)?", t.text) and len(t.text) < 6]
        numbers = [t for t in numbers if not re.fullmatch(r"(?:19|20)\d\d", t.text)]
        numbers = [t for t in numbers if s.text[t.start - 1 : t.start] not in ("-", "–")]  # "14" of "2010-14"
        numbers = [t for t in numbers if bool(re.search("[.,]", t.text)) == bool(decimals)]
        if s.verdict != "supported" or not numbers:
            continue
        for _ in range(DRAWS):
            token = draw.choice(numbers)
            size = f"{draw.uniform(0.1 if decimals else 1, 100):.{decimals}f}"
            size = size if s.lang == "en" else size.replace(".", ",")
            if size == token.text:
                continue
            total += 1
            passes += verdict(s.text[: token.start] + size + s.text[token.end :], s.lang) == "supported"
    return passes, total


def tracer_chance(decimals: int, own: bool) -> float:
    """The share of random numbers below 100 that the tracer passes: in a claim's card, or among all claims."""
    known = known_of_claims(shipped_claims())
    draw = random.Random(SEED)  # noqa: S311 - no secret
    scopes = sorted(known.scopes)
    texts = [f"about {draw.uniform(0.1 if decimals else 1, 100):.{decimals}f} it is" for _ in range(CHANCE_DRAWS)]
    return sum(not trace_text(text, known, draw.choice(scopes) if own else "") for text in texts) / len(texts)


def _share(counts: Counter[tuple[str, str]], names: Sequence[str], of_found: bool) -> str:
    """Precision (``of_found``) or recall, as "26 of 29"; empty without such sentences."""
    total = sum(n for (true, found), n in counts.items() if (found if of_found else true) in names)
    right = sum(n for (true, found), n in counts.items() if found in names and true in names)
    return f"{right} of {total}" if total else ""


def tables() -> str:
    """The rates of every set and those of chance, in Markdown."""
    false, cause = ("altered", "unsupported"), ("overstated",)
    lines = [
        "| set | true ones passed | altered or unsupported: precision | recall | overstated: precision | recall |",
        "|---|---|---|---|---|---|",
    ]
    for name, half in halves().items():
        counts = confusion(half)
        shares = [_share(counts, ("supported",), False)]
        shares += [_share(counts, kind, of_found) for kind in (false, cause) for of_found in (True, False)]
        bold = "**" if name in APART else ""
        lines.append(f"| {bold}{name}{bold} ({len(half)}) | {' | '.join(shares)} |")
    apart = confusion(s for name in INDEPENDENT for s in halves()[name])
    lines += ["", "By verdict, on the sets of the three independent authors:", ""]
    lines += ["| verdict | precision | recall |", "|---|---|---|"]
    for kind in VERDICTS:
        label = {"none": "nothing to check"}.get(kind, kind)
        if any(true == kind for true, _ in apart):
            lines.append(f"| {label} | {_share(apart, (kind,), True)} | {_share(apart, (kind,), False)} |")
    every = [s for half in halves().values() for s in half]
    lines += ["", "**Chance**", "", "| | whole numbers | one decimal |", "|---|---|---|"]
    rates = []
    for decimals in (0, 1):
        passes, total = chance(every, decimals)
        rates.append(f"{passes / total:.1%}")
    lines.append(f"| `eaeu check`: a true sentence with a random number passes | {rates[0]} | {rates[1]} |")
    for label, own in (("a random number passes in a claim's card", True), ("a random number passes anywhere", False)):
        lines.append(f"| tracer of the report: {label} | {tracer_chance(0, own):.1%} | {tracer_chance(1, own):.1%} |")
    return "\n".join(lines)


def written(page: str, body: str) -> str:
    """The page with these tables between its marks."""
    head, rest = page.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n\n{body}\n\n{END}{tail}"
