"""What people type: names of economies, blocs and outcomes, years, days, addresses, codes."""

from __future__ import annotations

from collections.abc import Callable

from eaeu_analysis.data.sources.live import worldbank
from eaeu_analysis.data.sources.live.pull import task_for
from eaeu_analysis.data.sources.live.request import address, request_years
from eaeu_analysis.reference import blocs, economies
from eaeu_analysis.reference.catalogue import indicator, outcome

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
)  # fmt: skip
