"""Whether a sentence says that the union, or joining it, is a cause."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .roles import LINKED
from .vocabulary import FoundPhrase, Lang, TextToken

POINTERS = {
    "en": {"it", "that", "this"},
    "ru": {"него", "нее", "этого", "нему", "ней", "этому"},
    "uz": {"shu", "shuning", "buning", "uning", "aynan"},
}
SUBJECTS = {
    "en": {"it", "that", "this"},
    "ru": {"он", "оно", "она", "это"},
    "uz": {"u", "bu", "shu"},
}
ACTS = {  # verbs by their form: past tense in English, past and future in Russian, the causative in Uzbek
    "en": re.compile("[a-z]{2}ed$"),
    "ru": re.compile("[а-я]{2}(л|ла|ло|[еиюя]т)$"),
    "uz": re.compile("[a-z]{2}(tir|dir|ir|giz|qaz|t)(di|adi|gan|gani|moqda|ib|ishi|ar|mish)$"),
}
BE = {"is", "are", "was", "were", "been", "being", "be"}  # before a participle
MODALS = {"will", "would", "could", "might", "may", "can", "has", "have", "had", "did", "does", "to"}  # a verb follows
ACTED_ON = {"trade", "exports", "imports", "remittances", "fdi", "gdp", "richer", "inflation", "prices"}  # not adopted
RELATIVE = {"that", "which", "который", "которая", "которое", "что"}  # "it is the union that raised"
IS_WHAT = (["is", "what"], ["was", "what"])  # "joining is what made"
REFLEXIVE = re.compile("(обер|сказал|отраз|окуп|вылил|аукнул|зверш|заверш|кончил)")  # such verbs name an effect
AUXILIARIES = MODALS | {"also", "already", "itself", "alone", "уже", "также", "и", "бы", "сам", "само", "сама"}
SHORT_OBJECT = 4  # letters of the shortest pronouns and the like that end as an object does, in Uzbek
OF = {"of", "in", "to", "into", "with", "the", "в", "во", "к", "с", "со", "при"}  # before what the subject is of
SPELLED = {"a", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
SPELLED |= {"twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "half", "zero"}
TIMES = {"after", "since", "before", "после", "до"}  # "came from migrants after accession"
NEAR = 4  # tokens from a link to the cause it names
BEFORE_WTO = 2  # tokens between "joining" and "WTO"
FAR = 7  # tokens from a cause to its verb
APART = 16  # tokens between "owes" or "to blame" and the cause
EMPHATIC = {"именно", "как", "раз", "лишь", "только", "сам", "сама", "само"}
WOULD = {"would", "бы", "edi"}


def find_causes(words: Sequence[TextToken], phrases: Sequence[FoundPhrase]) -> dict[str, list[FoundPhrase]]:
    """What is said of causes, by kind. Joining the WTO is not joining the union, nor is "down to 12 %" a cause."""
    moves = {p.first for p in phrases if p.family == "sign"}
    found: dict[str, list[FoundPhrase]] = {}
    wto = [p for p in phrases if p.family == "concept" and p.name == "wto"]
    unions = [p for p in phrases if p.family == "entity" and p.name == "EAEU"]
    for phrase in phrases:
        if phrase.family != "cause":
            continue
        after = range(phrase.last, min(phrase.last + LINKED, len(words)))
        number = any(words[at].is_number or words[at].text in SPELLED for at in after)
        if phrase.name in ("link", "blame") and phrase.first in moves and number:
            continue
        other = any(_gap(phrase, p) <= BEFORE_WTO for p in wto)
        if phrase.name in ("agent", "subject") and other and not any(_gap(phrase, p) <= 1 for p in unions):
            continue
        found.setdefault(phrase.name, []).append(phrase)
    return found


def is_causal(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], cause: dict[str, list[FoundPhrase]], lang: Lang
) -> bool:
    """Whether the union or joining it is said to be the cause other than as a subject: by a link, as the agent of a
    passive, as what is to blame, or as that without which things would be otherwise."""
    if cause.get("itself") or _pointed(words, cause, lang):
        return True
    for link in cause.get("link", ()):
        for agent in cause.get("agent", ()):
            gap = link.first - agent.last if lang == "uz" else agent.first - link.last
            if 0 <= gap <= NEAR and not TIMES & {w.text for w in words[link.last : agent.first]}:
                return True
    equated = {at for at, w in enumerate(words) if w.text == "="}  # "the union = growth of exports"
    if any(agent.last in equated for agent in cause.get("agent", ())):
        return True
    if any(_gap(blame, agent) <= APART for blame in cause.get("blame", ()) for agent in cause.get("agent", ())):
        return True
    if is_conditional(words, cause, lang):
        return True
    return lang == "en" and _passive(words, phrases, cause)


def is_acting(
    words: Sequence[TextToken], phrases: Sequence[FoundPhrase], cause: dict[str, list[FoundPhrase]], lang: Lang
) -> bool:
    """Whether the union or joining it is the subject of a verb that acts: one of the vocabulary's, or one that by its
    form, its place or its object acts and is not among what a union does by itself."""
    before = {p.last for p in cause.get("preposition", ())}
    idle = {p.first for p in cause.get("idle", ())}
    objects = _objects(words, phrases) if lang == "uz" else set()
    own = {p.first for p in cause.get("verb", ())}
    plain = lang != "ru"
    verbs = {at for at in own if plain or not words[at].text.endswith(("ся", "сь")) or REFLEXIVE.match(words[at].text)}
    heads = {p.last: p.first for p in cause.get("head", ())}
    unions = [p for p in phrases if p.family == "entity"]
    led = [p for p in cause.get("agent", ()) if p.first in before and p.first - 1 in heads]  # "access to the market"
    for subject in (*cause.get("subject", ()), *led):
        named = next((p for p in unions if p.first <= subject.first < p.last and p.name == "EAEU"), subject)
        first = min(named.first, subject.first)
        first -= first > 0 and words[first - 1].text in ("the", "this", "its")
        if first in before:
            if first - 1 not in heads:
                continue
            first = heads[first - 1]  # "access to the common market"
        if lang == "uz" and _attribute(words, phrases, subject.last):
            continue
        comma = next((at for at in range(subject.last, len(words)) if words[at].text in ",;:–—"), len(words))
        reach = len(words) if lang == "uz" else min(comma, subject.last + FAR + 1)
        if any(subject.last <= at < reach for at in verbs - idle):
            return True
        rest = range(subject.last, reach - 1)
        agents = {p.first for p in phrases if p.family == "cause" and p.name == "agent"}
        doing = (at + 1 for at in rest if words[at].text == "for" and words[at + 1].text.endswith("ing"))
        if lang == "en" and any(at not in agents for at in doing):
            return True  # "is praised for raising"
        if lang == "uz":
            rest = range(subject.last, len(words))
            if subject.last == len(words) - 1 - (words[-1].text == ".") and not idle & set(rest):
                rest = range(len(words))  # the object before the subject
            if any(ACTS[lang].search(words[at].text) and at not in idle for at in rest):
                return True
            changed = objects | {
                at for at in rest if len(words[at].text) > SHORT_OBJECT and words[at].text.endswith("ni")
            }
            if changed and not idle & set(rest):
                return True
            continue
        at, modal = _next_verb(words, unions, max(named.last, subject.last))
        if at in verbs or (at < len(words) and at not in idle and (modal or _is_verb(words, phrases, at, lang))):
            return True
        while lang == "ru" and first and words[first - 1].text in EMPHATIC:
            first -= 1  # "сделал именно союз"
        if lang == "ru" and first and first - 1 not in idle and words[first - 1].text not in ("был", "было", "была"):
            formed = first - 1 in verbs or ACTS[lang].search(words[first - 1].text)
            if formed and not words[first - 1].text.endswith(("ся", "сь")):  # "рост обеспечил союз"
                return True
    return False


def _is_verb(words: Sequence[TextToken], phrases: Sequence[FoundPhrase], at: int, lang: Lang) -> bool:
    """Whether a token after a subject is a verb by its form: "strangled", "is strangling", "strangles"."""
    text = words[at].text
    if ACTS[lang].search(text):
        return True
    if lang != "en":
        return False
    if text in BE and at + 1 < len(words):
        return words[at + 1].text.endswith("ing")
    noun = any(p.first <= at < p.last for p in phrases if p.family in ("concept", "entity"))
    return not noun and text not in BE and bool(re.search("[a-z]{2}[^s]s$", text))


def _attribute(words: Sequence[TextToken], phrases: Sequence[FoundPhrase], at: int) -> bool:
    """Whether a noun before a token only says whose it is, in Uzbek: "ittifoq bojlari"."""
    named = next((p for p in phrases if p.family == "concept" and p.first <= at < p.last), None)
    if named is None:
        return False
    ending = "(ning|iga|ida|idan)$" if named.last > at + 1 else "((?<!n)i|ini|ning|iga|ida|idan)$"
    return bool(re.search(ending, words[named.last - 1].text))


def _objects(words: Sequence[TextToken], phrases: Sequence[FoundPhrase]) -> set[int]:
    """Tokens of outcomes, economies and units that are objects by their ending, in Uzbek."""
    named = [p for p in phrases if p.family in ("unit", "entity") or (p.family == "concept" and p.name in ACTED_ON)]
    return {at for p in named for at in range(p.first, p.last) if words[at].text.endswith("ni")}


def _next_verb(words: Sequence[TextToken], entities: Sequence[FoundPhrase], at: int) -> tuple[int, bool]:
    """The token after a subject, what it is of ("of Kyrgyzstan in the union"), its adverbs and auxiliary verbs; and
    whether a modal verb came last."""
    modal = False
    while at < len(words):
        inside = next((p.last for p in entities if p.first <= at < p.last), 0)
        if inside:
            at = inside
        elif words[at].text in OF and words[at].text not in MODALS:
            at += 1
        elif [w.text for w in words[at : at + 2]] in (*([",", word] for word in RELATIVE), *IS_WHAT):
            at += 2
        elif words[at].text in RELATIVE and words[at].text != "что":
            at += 1
        elif words[at].text in AUXILIARIES or words[at].text.endswith("ly"):
            modal = words[at].text in MODALS or (modal and words[at].text.endswith("ly"))
            at += 1
        else:
            break
    return at, modal


def is_pointing(words: Sequence[TextToken], cause: dict[str, list[FoundPhrase]], lang: Lang) -> bool:
    """Whether a pronoun is named as the cause: "because of it", "It raised ..." at the beginning."""
    begins = bool(words) and words[0].text in SUBJECTS[lang] and any(p.first == 1 for p in cause.get("verb", ()))
    return begins or bool(_pointers(words, cause, lang))


def _pointers(words: Sequence[TextToken], cause: dict[str, list[FoundPhrase]], lang: Lang) -> list[FoundPhrase]:
    """The links that name a pronoun as the cause."""
    places = ((link, link.first - 1 if lang == "uz" else link.last) for link in cause.get("link", ()))
    return [link for link, at in places if 0 <= at < len(words) and words[at].text in POINTERS[lang]]


def _pointed(words: Sequence[TextToken], cause: dict[str, list[FoundPhrase]], lang: Lang) -> bool:
    """Whether a link has a pronoun for the union named before: "after accession, and because of it"."""
    links = _pointers(words, cause, lang)[:1]
    return any(agent.last <= link.first for link in links for agent in cause.get("agent", ()))


def _gap(one: FoundPhrase, other: FoundPhrase) -> int:
    """Tokens between two phrases, in whatever order they come."""
    return max(one.first, other.first) - min(one.last, other.last)


def is_conditional(words: Sequence[TextToken], cause: dict[str, list[FoundPhrase]], lang: Lang) -> bool:
    """Whether a conditional sentence is on what would be without the union: "but for the union", "had it not"."""
    if not any(w.text in WOULD or re.fullmatch("[a-z]+(ar|mas)di", w.text) for w in words):
        return False
    if cause.get("unjoined"):
        return True
    for without in cause.get("without", ()):
        for agent in cause.get("agent", ()):
            gap = without.first - agent.last if lang == "uz" else agent.first - without.last
            if 0 <= gap <= NEAR:
                return True
    return False


def _passive(words: Sequence[TextToken], phrases: Sequence[FoundPhrase], cause: dict[str, list[FoundPhrase]]) -> bool:
    """Whether something was done "by the union", or "what" did it "was the union", in English; what its members do is
    not done by it."""
    idle = {p.first for p in cause.get("idle", ())}
    acts = {p.last for p in (*cause.get("verb", ()), *(p for p in phrases if p.family == "sign"))}
    acts |= {at + 1 for at, w in enumerate(words) if ACTS["en"].search(w.text) and at not in idle}
    acts |= {at + 2 for at, w in enumerate(words) if w.text in BE and at + 1 not in idle}
    concepts = {p.first for p in phrases if p.family == "concept"}
    for agent in cause.get("agent", ()):
        at = agent.first - 1
        at -= at >= 0 and words[at].text in ("the", "its")
        by = at >= 0 and words[at].text == "by" and agent.last not in concepts and at - 1 not in idle
        if by and any(0 <= at - act <= APART for act in acts):
            return True
        if at > 0 and words[at].text in ("is", "was", "were") and any(w.text == "what" for w in words[:at]):
            return True
    return False
