"""A bloc, its stages, and the dates on which economies joined and left them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ...errors import BadInputError, unknown
from .. import economies
from ..catalogue import TableRow
from .dates import as_date, over

if TYPE_CHECKING:
    import pandas as pd


Precision = Literal["day", "month", "year"]
Confidence = Literal["S", "S2"]  # S: taken from the source cited; S2: quoted there, or derived from it
How = Literal["withdrew", "suspended", "joined another bloc", "dissolved"]


@dataclass(frozen=True)
class Stage(TableRow):
    """A step of integration that members join."""

    name: str
    date: dt.date
    source: str
    precision: Precision = "day"
    aliases: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Observer(TableRow):
    """An economy with observer status since ``date``: it attends and does not vote."""

    economy: str
    date: dt.date
    source: str
    confidence: Confidence
    precision: Precision = "day"
    note: str = ""


@dataclass(frozen=True)
class Accession(TableRow):
    """An economy's entry into a stage; ``left`` is the first day after its exit, ``how`` the reason of the exit."""

    economy: str
    stage: str
    date: dt.date
    source: str
    confidence: Confidence
    precision: Precision = "day"
    note: str = ""
    left: dt.date | None = None
    how: str = ""
    left_source: str = ""
    left_note: str = ""

    def covers(self, on: dt.date) -> bool:
        """Whether the economy is certainly in on that day."""
        return over(self.date, self.precision) <= on and (self.left is None or on < self.left)


@dataclass(frozen=True)
class Withdrawal(TableRow):
    """An economy's exit from a stage; ``date`` is the first day on which it was out."""

    economy: str
    stage: str
    date: dt.date
    how: How
    source: str
    confidence: Confidence
    note: str = ""


@dataclass(frozen=True)
class Bloc:
    """A trade bloc: its stages, members and observers, with dates and sources.

    Methods with a ``stage`` parameter refer to full membership by default.

    Parameters
    ----------
    code, name, kind : str
        Short code ("EAEU"), full name, and kind (such as "customs union").
    membership : str
        Name of the stage that counts as full membership.
    stages : Mapping[str, Stage]
        Stages of integration by name.
    accessions : tuple of Accession
        One record per economy and stage, with the exit if there was one.
    observers : Mapping[str, Observer]
        Observers by ISO3.
    aliases : tuple of str
        Other names of the bloc.
    note : str
        Remarks on the sources.

    Notes
    -----
    Membership starts on the day of entry into force. Where only a month or year is known, the economy counts as a
    member from the end of that month or year.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> union = ea.bloc("EAEU")
    >>> union.members(on="2015-08-11"), union.members(on="2015-08-12")
    (['ARM', 'BLR', 'KAZ', 'RUS'], ['ARM', 'BLR', 'KAZ', 'KGZ', 'RUS'])
    """

    code: str
    name: str
    kind: str
    membership: str
    stages: Mapping[str, Stage] = field(repr=False)
    accessions: tuple[Accession, ...] = field(repr=False)
    observers: Mapping[str, Observer] = field(default_factory=dict, repr=False)
    aliases: tuple[str, ...] = ()
    note: str = field(default="", repr=False)

    def members(self, on: object = None, stage: str | None = None) -> list[str]:
        """Members on a day.

        Parameters
        ----------
        on : date, str or int, optional
            A day ("2015-08-12" or a date), a month ("2015-08") or a year (2016); a month or year means its last day.
            Default: the latest state of the table.
        stage : str, optional
            Stage of integration. Default: full membership.

        Returns
        -------
        list of str
            Sorted ISO3 codes. Suspended members are left out from the day of suspension.

        Raises
        ------
        BadInputError
            ``on`` is not a date, or the bloc has no such stage.
        """
        wanted = self.stage(stage).name
        day = None if on is None else as_date(on, "date of membership", end=True)
        return sorted(
            a.economy
            for a in self.accessions
            if a.stage == wanted and (a.left is None if day is None else a.covers(day))
        )

    def accession(self, economy: str, stage: str | None = None) -> dt.date:
        """The day on which an economy joined.

        Parameters
        ----------
        economy : str
            ISO3, ISO2 or name.
        stage : str, optional
            Stage of integration. Default: full membership.

        Returns
        -------
        datetime.date
            Day of entry into force; :meth:`record` has its precision and source.

        Raises
        ------
        BadInputError
            Unknown economy or stage, or the economy never joined.
        """
        return self.record(economy, stage).date

    def left(self, economy: str, stage: str | None = None) -> dt.date | None:
        """The first day after an economy left the stage; None if it is still a member.

        Takes and raises the same as :meth:`accession`.
        """
        return self.record(economy, stage).left

    def record(self, economy: str, stage: str | None = None) -> Accession:
        """Entry and exit of an economy with precision, source and confidence (an :class:`Accession`).

        Takes and raises the same as :meth:`accession`.
        """
        iso3, wanted = economies.resolve(economy), self.stage(stage).name
        mine = [a for a in self.accessions if a.economy == iso3]
        for accession in mine:
            if accession.stage == wanted:
                return accession
        who = f"{economies.economy_name(iso3)} ({iso3})"
        if mine:
            raise BadInputError(f"{who} took no part in '{wanted}' of {self.code}; it joined {_stage_dates(mine)}")
        if iso3 in self.observers:
            raise BadInputError(f"{who} never joined {self.code}: it is an observer since {self.observers[iso3].date}")
        known = sorted({a.economy for a in self.accessions})
        raise BadInputError(f"{who} never joined {self.code}; members at any time: {', '.join(known)}")

    def stage(self, name: str | None = None) -> Stage:
        """The stage of that name or alias, in any case; None means full membership. BadInputError if unknown."""
        wanted = str(self.membership if name is None else name).strip().casefold()
        for stage in self.stages.values():
            if wanted in {n.casefold() for n in (stage.name, *stage.aliases)}:
                return stage
        raise unknown(f"stage of {self.code}", name, self.stages)

    def to_frame(self) -> pd.DataFrame:
        """Accessions as a table.

        Returns
        -------
        pandas.DataFrame
            One row per economy and stage: ``economy, name, stage, joined, precision, left, how, source, confidence,
            note``, sorted by date.
        """
        import pandas as pd

        rows = [
            {"economy": a.economy, "name": economies.economy_name(a.economy), "stage": a.stage, "joined": a.date}
            | {k: getattr(a, k) for k in ("precision", "left", "how", "source", "confidence", "note")}
            for a in sorted(self.accessions, key=lambda a: (a.date, a.economy, a.stage))
        ]
        return pd.DataFrame(rows)

    def _repr_html_(self) -> str:
        return f"<p>{self.name} ({self.code})</p>{self.to_frame().to_html(index=False, border=0, na_rep='')}"


def _stage_dates(accessions: list[Accession]) -> str:
    return ", ".join(f"'{a.stage}' on {a.date}" for a in sorted(accessions, key=lambda a: a.date))
