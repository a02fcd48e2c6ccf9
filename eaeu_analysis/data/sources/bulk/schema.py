"""The one schema of bilateral flows that every source is brought to, and the codes of their parties.

A flow is goods moving from exporter to importer in a year, in US dollars. ``basis`` says who reports it and how it
is valued: ``exporter_fob``, ``importer_cif``, or the method that reconciled both.
"""

from __future__ import annotations

import functools

import pandas as pd

from ....errors import BadInputError, EaeuError
from ....reference import economies
from ....series import SeriesData

COLUMNS = ["exporter", "importer", "year", "product", "usd", "basis", "source", "status"]
KEYS = ("exporter", "importer", "year", "product", "basis")
EXPORTER_FOB, IMPORTER_CIF, RECONCILED = "exporter_fob", "importer_cif", "reconciled_fob"
WORLD = "WLD"

# UN Comtrade and BACI number some customs territories otherwise than ISO 3166 numbers the countries.
COMTRADE_NUMBERS = {
    "251": "FRA",  # with Monaco and overseas departments
    "381": "ITA",
    "412": "XKX",
    "490": "TWN",  # "Other Asia, not elsewhere specified", which is Taiwan
    "579": "NOR",  # with Svalbard and Jan Mayen
    "699": "IND",
    "757": "CHE",  # with Liechtenstein
    "842": "USA",  # with Puerto Rico and the US Virgin Islands
}
# Numbers of states that are gone or whose borders were others, and one that is CLDR's own (Kosovo).
_NOT_CURRENT = {"230", "249", "278", "280", "720", "736", "886", "983"}


@functools.cache
def iso_numbers() -> dict[str, str]:
    """ISO3 by three-digit number: ISO 3166 from CLDR, and the numbers of UN Comtrade that differ."""
    from babel.core import get_global

    iso3 = {row.iso2: code for code, row in economies.economy_tables().economies.items()}
    aliases = get_global("territory_aliases")
    found = {
        number: iso3[targets[0]]
        for number, targets in aliases.items()
        if number.isdigit() and len(number) == 3 and len(targets) == 1 and targets[0] in iso3
    }
    return found | COMTRADE_NUMBERS


@functools.cache
def current_numbers() -> frozenset[str]:
    """The numbers of economies of today: those of former states may stand for another territory."""
    return frozenset(set(iso_numbers()) - _NOT_CURRENT)


def number_of(iso3: str) -> str:
    """The ISO 3166 number of an economy as three digits; raises BadInputError where it has none."""
    current = sorted(
        n for n, code in iso_numbers().items() if code == iso3 and n not in {*COMTRADE_NUMBERS, *_NOT_CURRENT}
    )
    if not current:
        raise BadInputError(f"economy '{iso3}' has no ISO 3166 number, by which this source knows economies")
    return current[0]


@functools.cache
def party(code: str) -> str:
    """A partner as the source writes it, as ISO3 where it is an economy, else as it came (WLD, UNS, regions)."""
    text = code.strip().upper()
    if (
        text in economies.economy_tables().economies
        or economies.is_aggregate(text)
        or text in ("WLD", "UNS", "BUN", "SPE")
    ):
        return text
    if text.isdecimal():
        return WORLD if int(text) == 0 else iso_numbers().get(text.zfill(3), text)
    try:
        return economies.resolve(text)
    except EaeuError:
        return text


def is_sum(code: str) -> bool:
    """Whether a partner is a sum over others; the world is one too, and the only one kept."""
    return code != WORLD and economies.is_aggregate(code)


def flows(data: SeriesData) -> pd.DataFrame:
    """A stored table of flows in the schema (:data:`COLUMNS`)."""
    frame = data.frame.rename(columns={"value": "usd"})
    missing = [c for c in (*KEYS, "usd") if c not in frame.columns]
    if missing:
        raise BadInputError(f"'{data.info.code}' is no table of flows: it has no {', '.join(missing)}")
    return frame.assign(source=data.info.code.split(".")[0].lower(), status="")[COLUMNS]
