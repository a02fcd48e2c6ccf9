"""A bloc, its stages, and who joined and left which of them when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from ...errors import BadInputError, unknown
from .. import economies
from ..catalogue import STRICT
from .dates import as_date, over

if TYPE_CHECKING:
    import pandas as pd


Precision = Literal["day", "month", "year"]
Confidence = Literal["S", "S2"]  # seen in the source named; seen quoted there, or derived from what it says
How = Literal["withdrew", "suspended", "joined another bloc", "dissolved"]


@dataclass(frozen=True)
class Stage:
    """A step of integration that members join."""

    name: str
    date: dt.date
    source: str
    precision: Precision = "day"
    aliases: tuple[str, ...] = ()
    note: str = ""

    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Observer:
    """An economy with a seat and no vote, since ``date``."""

    economy: str
    date: dt.date
    source: str
    confidence: Confidence
    precision: Precision = "day"
    note: str = ""

    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Accession:
    """An economy's entry into a stage; ``left`` is the first day on which it was out again, ``how`` the reason."""

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

    __pydantic_config__: ClassVar[Any] = STRICT

    def holds(self, on: dt.date) -> bool:
        """Whether the economy is certainly in on that day."""
        return over(self.date, self.precision) <= on and (self.left is None or on < self.left)


@dataclass(frozen=True)
class Withdrawal:
    """An economy's exit from a stage; ``date`` is the first day on which it was out."""

    economy: str
    stage: str
    date: dt.date
    how: How
    source: str
    confidence: Confidence
    note: str = ""

    __pydantic_config__: ClassVar[Any] = STRICT


@dataclass(frozen=True)
class Bloc:
    """A trade bloc. Without a stage, questions are about full membership: the stage named by ``membership``."""

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
        """Sorted ISO3 codes of the members on that day (a month or year: its last day); None: as the table ends.

        Suspended members are left out from the day of suspension.
        """
        wanted = self.stage(stage).name
        day = None if on is None else as_date(on, "date of membership", end=True)
        return sorted(
            a.economy
            for a in self.accessions
            if a.stage == wanted and (a.left is None if day is None else a.holds(day))
        )

    def accession(self, economy: str, stage: str | None = None) -> dt.date:
        """The day on which the economy joined the stage; see :meth:`record` for its precision and source."""
        return self.record(economy, stage).date

    def left(self, economy: str, stage: str | None = None) -> dt.date | None:
        """The first day on which the economy was out of the stage again, None if it is in."""
        return self.record(economy, stage).left

    def record(self, economy: str, stage: str | None = None) -> Accession:
        """Entry and exit of an economy, with sources. BadInputError if it never took part in the stage."""
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
        """The stage of that name or alias, in any case; None: the stage of full membership."""
        wanted = str(self.membership if name is None else name).strip().casefold()
        for stage in self.stages.values():
            if wanted in {n.casefold() for n in (stage.name, *stage.aliases)}:
                return stage
        raise unknown(f"stage of {self.code}", name, self.stages)

    def to_frame(self) -> pd.DataFrame:
        """A row per economy and stage: joined, precision, left, how, source, confidence, note."""
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
