"""What people give: names of economies, blocs and outcomes, years, days, addresses, codes, texts to check."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from eaeu_analysis.data.sources.live import worldbank
from eaeu_analysis.data.sources.live.pull import task_for
from eaeu_analysis.data.sources.live.request import address, request_years
from eaeu_analysis.reference import blocs, economies
from eaeu_analysis.reference.catalogue import indicator, outcome
from eaeu_analysis.report.check.check import check_text
from eaeu_analysis.report.claims.shipped import shipped_claims

from .. import structure
from ..target import Target


def _text(read: Callable[[str], object]) -> Callable[[bytes], None]:
    def run(data: bytes) -> None:
        read(data.decode("utf-8", "surrogateescape"))

    return run


def _parsed(text: str) -> None:
    first, _, rest = text.partition("|")
    worldbank.vintage_of(first, rest)
    task_for(first, "all", rest or None, "https://api.worldbank.org/v2", None, None)


def _checked(text: str) -> None:
    done = check_text(text)
    at = [(s.start, s.end) for s in done.statements]
    assert at == sorted(at)
    assert all(0 <= start < end <= len(done.text) for start, end in at)
    assert done.passed == all(s.verdict == "supported" for s in done.statements)


def _sentences() -> list[bytes]:
    texts = [claim.text("sentence", lang) for claim in shipped_claims() for lang in ("en", "ru", "uz")]
    return [text.encode() for text in (*texts, *SPOKEN)]


def _spliced(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Pieces of sentences in a row, now and then with spoilt bytes."""
    pieces: list[bytes] = []
    for _ in range(rng.randint(1, 4)):
        words = rng.choice([data, *others]).split() or [b"1"]
        at = rng.randrange(len(words))
        pieces += words[at : at + rng.randint(1, 12)]
    text = b" ".join(pieces)
    return structure.raw(text, rng, others) if rng.random() < 0.2 else text


SPOKEN = (
    "In twenty twenty-two trade fell from a hundred and thirty-four per cent (2010-14) to about 100. A year earlier?",
    "В две тысячи двадцать четвёртом году — 14,4 % ВВП, годом раньше тринадцать с лишним. Именно союз?",
    "Ikki ming yigirma toʻrtinchi yilda inflyatsiya 9,6 foiz; 1 316 569 patent; 1) Qozogʻiston — 8,7",
    "GDP 2024, $bn: KZ 288, UZ 115. `code` 62 of 96 chapters; $4.95bn of the $6.5bn (77 %), p = 0.04.",
    "Armenia lost 7.6 % of its output in 2009 and 2.1 % in 2010, three times as much as Georgia. Because of it.",
)
NAMES = [b"Kyrgyz Republic", b"KGZ", b"kg", b"Soviet Union", b"World", "Кыргызстан".encode(), "Türkiye".encode()]
TARGETS = (
    Target("given economy", _text(economies.resolve), lambda: NAMES, structure.raw, 1, most=400),
    Target("given bloc", _text(blocs.bloc), lambda: [b"EAEU", b"European Union", b"WTO"], structure.raw, 1, most=400),
    Target("given outcome", _text(outcome), lambda: [b"trade", b"remittances"], structure.raw, 1, most=400),
    Target("given indicator", _text(indicator), lambda: [b"NY.GDP.MKTP.CD", b"Population, total"],
           structure.raw, 0.5, most=400),
    Target("given years", _text(request_years), lambda: [b"2000-2024", b"2015", b"all"], structure.raw, 3, most=400),
    Target("given day", _text(blocs.as_date), lambda: [b"2015-08-12", b"2015-08", b"2015"], structure.raw, 4, most=400),
    Target("given address", _text(address), lambda: [b"https://api.worldbank.org/v2", b"http://[::1]:8080/x"],
           structure.raw, 4, most=400),
    Target("given code", _text(_parsed), lambda: [b"NY.GDP.MKTP.CD@2015-04|2000-2010", b"SP.POP.TOTL|2015"],
           structure.raw, 2, most=400),
    Target("given text", _text(_checked), _sentences, _spliced, 0.5, most=2000),
)  # fmt: skip
