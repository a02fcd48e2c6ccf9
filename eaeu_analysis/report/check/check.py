"""``check_text``: every checkable statement of a text, with its verdict."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...errors import BadInputError
from ...results import Result, to_plain
from ...text import clean_text
from ..claims.claim import Claim
from ..claims.shipped import shipped_claims
from .advice import advise, find_check_language
from .agree import Reason
from .context import judge_sentences
from .facts import KnownFact, PanelFacts, facts_of_claims
from .judge import Judgement, Verdict
from .reading.sentence import read_sentence
from .reading.vocabulary import Lang, check_lang, sentences

if TYPE_CHECKING:
    import pandas as pd

MOST = 1_000_000  # characters of a text
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)  # in Markdown, which states nothing
ASIDE = re.compile(  # words that a speaker adds
    r",\s(?:you see|you know|mind you|believe me|I mean|to be honest|frankly|so to speak|by the way|of course"
    r"|no question|no doubt|знаете|видите ли|понимаете|кстати|честно говоря|конечно|bilasizmi|rostini aytsam|aytgancha)"
    r"(?:,|(?=[.!]))",
    re.IGNORECASE,
)
VERDICTS: tuple[Verdict, ...] = ("supported", "outdated", "altered", "overstated", "unsupported")
COLOURS = dict(zip(VERDICTS, ("green", "yellow", "red", "magenta", "red"), strict=True))  # on a terminal
SHADES = dict(zip(VERDICTS, ("#d8f0dd", "#fff1c2", "#fbd5d5", "#ecdcf7", "#fbd5d5"), strict=True))  # on a page
COLUMNS = ["text", "verdict", "evidence", "reason", "finding", "why", "instead", "grade", "caveat", "start", "end"]


@dataclass(frozen=True)
class CheckedStatement:
    """A statement of a text with its verdict.

    Parameters
    ----------
    text : str
        The sentence.
    verdict : {"supported", "outdated", "altered", "overstated", "unsupported"}
        See :func:`check_text`.
    claim : Claim, optional
        The claim that it was compared with; None where that is a series of the panel, or where there is none.
    evidence : str
        Id of the claim, or of the series; empty where there is none.
    reason : str
        What differs ("number", "sign", "unit", "year", "economy", "newer"), why it is overstated ("cause", "model",
        "unclear"), "none" for an unsupported one; empty for a supported one.
    finding : str
        The finding in one sentence, in the language of the text.
    why : str
        The verdict in one sentence.
    instead : str
        What may be said instead; empty for a supported statement.
    grade : str
        Grade of the finding; empty for a series.
    caveat : str
        Caveat of the finding.
    sources : tuple of str
        Sources of the finding, with vintages.
    start, end : int
        Place of the sentence in the text.
    """

    text: str
    verdict: Verdict
    claim: Claim | None
    evidence: str
    reason: Reason
    finding: str
    why: str
    instead: str
    grade: str
    caveat: str
    sources: tuple[str, ...]
    start: int
    end: int

    def document(self) -> dict[str, Any]:
        """The statement as plain values, for JSON."""
        row = {name: getattr(self, name) for name in COLUMNS}
        return {**row, "claim": self.claim.id if self.claim else None, "sources": list(self.sources)}


@dataclass(frozen=True, repr=False)
class TextCheck(Result):
    """The statements of a text that can be checked, with their verdicts; made by :func:`check_text`.

    Parameters
    ----------
    text : str
        The text.
    lang : {"en", "ru", "uz"}
        Its language.
    statements : tuple of CheckedStatement
        The statements in their order. Sentences in which nothing can be checked are left out.
    """

    text: str
    lang: Lang
    statements: tuple[CheckedStatement, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether every statement is supported."""
        return all(s.verdict == "supported" for s in self.statements)

    def count(self, verdict: Verdict) -> int:
        """How many statements have that verdict."""
        return sum(s.verdict == verdict for s in self.statements)

    def to_frame(self) -> pd.DataFrame:
        """One row for each statement."""
        import pandas as pd

        return pd.DataFrame([s.document() for s in self.statements], columns=[*COLUMNS, "claim", "sources"])

    def blocks(self) -> list[tuple[Verdict, str, list[str]]]:
        """For each statement its verdict, its text and the lines below it, in the language of the text."""
        say = find_check_language(self.lang)
        out: list[tuple[Verdict, str, list[str]]] = []
        for s in self.statements:
            lines = [s.why]
            if s.instead and s.instead not in s.why:
                lines.append(f"{say.word('instead.heading')}: {s.instead}")
            if s.grade or s.caveat:
                grade = say.say("instead", "grade", words={"grade": f"={s.grade}"}) if s.grade else ""
                caveat = f"{say.word('instead.caveat')}: {s.caveat}" if s.caveat else ""
                lines.append("; ".join(part for part in (grade, caveat) if part))
            if s.sources:
                more = f" (+{len(s.sources) - 1})" if len(s.sources) > 1 else ""
                lines.append(f"{say.word('instead.source')}: {s.sources[0]}{more}")
            out.append((s.verdict, s.text, lines))
        return out

    def counts(self) -> str:
        """How many statements have which verdict, in one line."""
        say = find_check_language(self.lang)
        if not self.statements:
            return say.word("summary.none")
        return ", ".join(f"{say.word(f'verdict.{v}')}: {self.count(v)}" for v in VERDICTS if self.count(v))

    def summary(self) -> str:
        """The statements with their verdicts, what may be said instead, and how many there are of each."""
        say = find_check_language(self.lang)
        lines = []
        for verdict, text, below in self.blocks():
            lines += [f"[{say.word(f'verdict.{verdict}')}] {text}", *(f"    {line}" for line in below), ""]
        return "\n".join([*lines, self.counts()])

    def document(self) -> dict[str, Any]:
        """The check as plain values, for JSON."""
        body = {
            "kind": "eaeu_analysis check",
            "version": __version__,
            "lang": self.lang,
            "passed": self.passed,
            "counts": {v: self.count(v) for v in VERDICTS},
            "statements": [s.document() for s in self.statements],
        }
        plain: dict[str, Any] = to_plain(body)
        return plain

    def page(self) -> str:
        """The text as a page of HTML, its statements marked and explained below; nothing is loaded from elsewhere."""
        say = find_check_language(self.lang)
        title = html.escape(say.word("summary.title"))
        marked, at = [], 0
        for i, s in enumerate(self.statements, 1):
            marked.append(html.escape(clean_text(self.text[at : s.start])))
            name = html.escape(say.word(f"verdict.{s.verdict}"))
            body = html.escape(clean_text(self.text[s.start : s.end]))
            marked.append(f'<mark class="{s.verdict}" title="{name}">{body}</mark><sup><a href="#s{i}">{i}</a></sup>')
            at = s.end
        marked.append(html.escape(clean_text(self.text[at:])))
        notes = []
        for i, (verdict, text, below) in enumerate(self.blocks(), 1):
            name = html.escape(say.word(f"verdict.{verdict}"))
            lines = "".join(f"<br>{html.escape(clean_text(line))}" for line in below)
            notes.append(f'<li id="s{i}"><b class="{verdict}">{name}</b> {html.escape(clean_text(text))}{lines}</li>')
        shades = "".join(f".{v}{{background:{shade}}}" for v, shade in SHADES.items())
        return (
            f'<!doctype html><html lang="{self.lang}"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><style>body{font:17px/1.5 sans-serif;'
            "max-width:46em;margin:2em auto;padding:0 1em;color:#1a1a1a}.text{white-space:pre-wrap}li{margin:.8em 0}"
            f"b,mark{{padding:0 .2em}}{shades}</style></head><body><h1>{title}</h1><p>{html.escape(self.counts())}</p>"
            f'<div class="text">{"".join(marked)}</div><ol>{"".join(notes)}</ol>'
            f"<p><small>{html.escape(say.say('summary', 'made', words={'version': f'={__version__}'}))}</small></p>"
            "</body></html>\n"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="background:{SHADES[v]}">{v}</td><td>{html.escape(clean_text(text))}<br><small>'
            f"{'<br>'.join(html.escape(clean_text(line)) for line in below)}</small></td></tr>"
            for v, text, below in self.blocks()
        )
        return f"<table>{rows}</table><p>{html.escape(self.counts())}</p>"


def check_text(text: str, lang: str | None = None, *, claims: Sequence[Claim] | None = None) -> TextCheck:
    """Check the statements of a text against the findings.

    A sentence is checked when it has a number on an economy or an outcome of the findings, names the union as the cause
    of something, or says when an economy joined. A verdict needs agreement in subject (economy, outcome, partner),
    unit, years and direction; the number alone does not count.

    Parameters
    ----------
    text : str
        A script, an article or a transcript.
    lang : {"en", "ru", "uz"}, optional
        English, Russian or Uzbek (Latin or Cyrillic letters). Default: by the letters and words of the text.
    claims : sequence of Claim, optional
        The findings. Default: the shipped ones, so that nothing is computed.

    Returns
    -------
    TextCheck
        The statements with their verdicts. "supported": a finding or a series says so. "outdated": there is a newer
        value. "altered": the number, sign, unit, year or economy differs from the finding. "overstated": the finding
        exists, but its evidence does not bear a cause, or an effect that is not distinguishable from zero is stated as
        one. "unsupported": no finding covers it.

    Raises
    ------
    BadInputError
        If the text is not text or too long, or the language is unknown.

    Notes
    -----
    Rules and word lists (``data/tables/vocabulary.toml``), no language model and no network. Error rates, measured on
    sentences that were not used in building it, are in ``docs/check.md``.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> done = ea.check_text("The union doubled trade among its founders. Kyrgyzstan joined the union in 2015.")
    >>> [(s.verdict, s.claim.id if s.claim else s.evidence) for s in done.statements]
    [('overstated', 'partners.founders.eaeu'), ('supported', 'accession.KGZ')]
    """
    if not isinstance(text, str):
        raise BadInputError(f"text must be a text, not {type(text).__name__}")
    if len(text) > MOST:
        raise BadInputError(f"the text has {len(text):,} characters; expected at most {MOST:,}: check it in parts")
    text = clean_text(text)
    prose = ASIDE.sub(lambda m: " " * len(m[0]), CODE.sub(lambda m: " " * len(m[0]), text))
    known = check_lang(lang, prose)
    facts = _shipped_facts() if claims is None else facts_of_claims(claims)
    panel = PanelFacts()
    places = sentences(prose)
    judged = judge_sentences([read_sentence(prose[start:end], known) for start, end in places], facts, panel)
    found = (_statement(text, *places[at], judgement, known) for at, judgement in judged)
    return TextCheck(text, known, tuple(found))


def _statement(text: str, start: int, end: int, judgement: Judgement, lang: Lang) -> CheckedStatement:
    advice = advise(judgement, lang)
    fact = judgement.fact
    return CheckedStatement(
        text=" ".join(text[start:end].split()),
        verdict=judgement.verdict,
        claim=fact.claim if fact else None,
        evidence=fact.id if fact else "",
        reason=judgement.reason,
        finding=advice.finding,
        why=advice.why,
        instead=advice.instead,
        grade=fact.claim.grade if fact and fact.claim else "",
        caveat=advice.caveat,
        sources=advice.sources,
        start=start,
        end=end,
    )


@functools.lru_cache
def _shipped_facts() -> tuple[KnownFact, ...]:
    return tuple(facts_of_claims(shipped_claims()))
