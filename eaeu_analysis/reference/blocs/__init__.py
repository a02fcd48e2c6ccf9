"""Trade blocs: accessions to each stage, withdrawals and observers, with dates; and the record of the union.

Read from data/tables/: blocs.toml, timeline.toml, duty_shares.toml, tariff_changes.toml. Every date carries its
precision, source and confidence. An inexact date is stored as the first day of its month or year; the economy counts
as a member from the day after that month or year, when membership is certain.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from ...errors import near_matches, unknown
from ..catalogue import table_path
from .dates import as_date
from .membership import Accession, Bloc, Observer, Stage
from .read import read_blocs
from .record import duty_share_periods, duty_shares, tariff_changes, timeline

if TYPE_CHECKING:
    import pandas as pd


__all__ = [
    "Accession",
    "Bloc",
    "Observer",
    "Stage",
    "accessions",
    "as_date",
    "bloc",
    "blocs",
    "duty_share_periods",
    "duty_shares",
    "read_blocs",
    "tariff_changes",
    "timeline",
]


@functools.lru_cache
def _blocs() -> dict[str, Bloc]:
    return read_blocs(table_path("blocs"))


def bloc(name: str) -> Bloc:
    """A trade bloc by its code, name or alias.

    Parameters
    ----------
    name : str
        Code ("EAEU"), name ("Eurasian Economic Union") or alias, in any case. :func:`blocs` lists them.

    Returns
    -------
    Bloc
        Members by date, accessions with their sources, stages of integration.

    Raises
    ------
    BadInputError
        No bloc of that name; the message has the near match.

    Notes
    -----
    The table is ``data/tables/blocs.toml``. Every date has a precision, a source and a confidence.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> union = ea.bloc("EAEU")
    >>> union.members(2016), union.accession("Kyrgyzstan").isoformat()
    (['ARM', 'BLR', 'KAZ', 'KGZ', 'RUS'], '2015-08-12')
    """
    wanted = str(name).strip().casefold()
    for found in _blocs().values():
        if wanted in {n.casefold() for n in (found.code, found.name, *found.aliases)}:
            return found
    labels = {b.code: b.name for b in _blocs().values()}
    hint = "" if near_matches(str(name), labels, labels) else f"known: {', '.join(labels)}"
    raise unknown("bloc", name, labels, labels, hint)


def blocs() -> pd.DataFrame:
    """The trade blocs that the package knows, one row each.

    Returns
    -------
    pandas.DataFrame
        Index ``bloc`` (the code). Columns ``name``, ``kind``, ``membership`` (the stage that makes a full member),
        ``since`` (date of that stage), ``members`` (number today) and ``ever`` (number of members at any time).

    Raises
    ------
    BadInputError
        The shipped table has a mistake; the message names the row.

    Notes
    -----
    The table is ``data/tables/blocs.toml``.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.blocs().loc["EAEU", ["name", "membership"]].tolist()
    ['Eurasian Economic Union', 'EAEU']
    """
    import pandas as pd

    rows = [
        {
            "bloc": b.code,
            "name": b.name,
            "kind": b.kind,
            "membership": b.membership,
            "since": b.stage().date,
            "members": len(b.members()),
            "ever": len({a.economy for a in b.accessions}),
        }
        for b in _blocs().values()
    ]
    return pd.DataFrame(rows).set_index("bloc")


def accessions() -> pd.DataFrame:
    """Each entry of each bloc: ``bloc``, the columns of ``Bloc.to_frame()``, and ``full`` (full membership)."""
    import pandas as pd

    frames = []
    for b in _blocs().values():
        frame = b.to_frame()
        frame.insert(0, "bloc", b.code)
        frames.append(frame.assign(full=frame["stage"] == b.membership))
    return pd.concat(frames, ignore_index=True)
