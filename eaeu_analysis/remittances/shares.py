"""Corridors: where an origin's migrants live and where its remittances come from, source by source.

No source counts labour migrants and their transfers well. A central bank's own count of transfers is taken first, the
World Bank's matrix (an estimate from stocks and incomes) next, the stock of migrants by birth last; the others (a
model's corridors, shares of migrants) give the range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import settings
from ..errors import BadInputError, NoDataError, unknown
from ..reference import blocs, economies
from ..reference.shipped_tables import REMITTANCES
from ..results import Check, Provenance, Result
from ..series import SeriesInfo
from .tables import load_remittance_table, remittance_tables

BASES = ("transfers", "matrix", "stock", "model", "migrants")  # the most reliable first
RANGE_ONLY = ("model", "migrants")  # these widen the range and are never the value used
BLOC = "EAEU"
ARMENIA_TYPE = "non-commercial"


@dataclass(frozen=True)
class Share:
    """A destination's share of an origin's remittances: the value used, the range over the sources, its source."""

    value: float
    low: float
    high: float
    source: str

    def __str__(self) -> str:
        return f"{self.value:.0%} (sources: {self.low:.0%} to {self.high:.0%})"


@dataclass(frozen=True, eq=False)
class Corridors(Result):
    """Migrants and remittances of one origin by destination; from ``corridors``.

    Attributes
    ----------
    origin : str
        ISO3 code of the economy that receives the remittances.
    year : int
        Latest year of the figures.
    table : DataFrame
        A row per destination, largest first: ``destination``, ``name``, ``stock``, ``stock_share``,
        ``remittances_usd``, ``remittance_share``, ``cost_percent``. Shares are of the source's total.
    sources : DataFrame
        A row per group ("RUS", "EAEU") and source: ``group``, ``basis``, ``year``, ``share``, ``used``, ``known_in``,
        ``hindsight`` (the figures became known, or were revised, after ``year``), ``reason`` (why a share is excluded
        from the range), ``source``, ``pin``.
    checks : tuple of Check
        Agreement of the sources, excluded sources, hindsight.
    provenance : Provenance
        Sources.
    spec : mapping
        The question asked.
    """

    drawn_by = "remittances.draw_corridors"

    origin: str
    year: int
    table: pd.DataFrame
    sources: pd.DataFrame
    checks: tuple[Check, ...]
    provenance: Provenance
    spec: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Common English name of the origin."""
        return economies.common_name(self.origin)

    def share(self, group: str = "RUS") -> Share:
        """The share of "RUS" or of the members of the union ("EAEU"), with its range over the sources."""
        rows = self.sources[(self.sources["group"] == group) & (self.sources["reason"] == "")]
        if rows.empty:
            raise unknown("group of destinations", group, sorted(set(self.sources["group"])))
        head = rows[rows["used"]].iloc[0]
        return Share(float(head["share"]), float(rows["share"].min()), float(rows["share"].max()), str(head["source"]))

    def share_info(self, group: str = "RUS") -> SeriesInfo:
        """The record of the source that :meth:`share` takes its value from."""
        head = self.sources[(self.sources["group"] == group) & self.sources["used"]].iloc[0]
        return REMITTANCES.info(head["pin"]) if head["pin"] else _press(head)

    def summary(self) -> str:
        lines = [f"Corridors of {self.name} ({self.origin}), from figures of {self.year} or before"]
        for group, label in (("RUS", "Russia"), (BLOC, "the union's members")):
            lines.append(f"  share of {label}: {self.share(group)}")
        for row in self.sources[self.sources["group"] == "RUS"].to_dict("records"):
            out = f"; not used: {row['reason']}" if row["reason"] else " (used)" if row["used"] else ""
            late = f"; known or revised in {row['known_in']}" if row["hindsight"] else ""
            lines.append(f"    {row['basis']} {row['year']}: {row['share']:.0%}{out}{late}; {row['source']}")
        return self._ended([*lines, ""], sources=False)


def corridors(origin: str, year: int | None = None) -> Corridors:
    """Describe the migrants and remittances of one economy by destination.

    Parameters
    ----------
    origin : str
        ISO3 code or name of the economy that receives the remittances.
    year : int, optional
        Use only figures of this year or before. None takes the latest.

    Returns
    -------
    Corridors
        Destinations with stocks, remittances and costs; ``share("RUS")`` gives Russia's share with its range.

    Raises
    ------
    BadInputError
        No corridors are pinned for this origin.
    NoDataError
        No figure is as old as ``year``.

    Notes
    -----
    Sources: bilateral remittance matrices of the World Bank (2010, 2017), migrant stocks of UN DESA and the
    World Bank, the Central Bank of Armenia's transfers, Remittance Prices Worldwide, and as one end of the range the
    corridors of the Center for Global Development (2021 and 2024), which a model spreads over migrant stocks. For a
    question as of 2014 give ``year=2013``: the matrix of 2010 and the stocks of 2010 are then the newest. The stocks
    are of the 2019 revision, which the checks report.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ways = ea.corridors("UZB")
    >>> ways.year, ways.table["destination"].head(3).tolist()
    (2024, ['RUS', 'KAZ', 'UKR'])
    """
    code = economies.resolve(origin)
    known = sorted(set(load_remittance_table("stock_undesa")["origin"]))
    if code not in known:
        raise BadInputError(
            f"no corridors are pinned for {economies.common_name(code)} ({code}); for: {', '.join(known)}"
        )
    found = _corridors(code, None if year is None else int(year), settings.data_dir())
    return replace(found, table=found.table.copy(), sources=found.sources.copy())


@lru_cache(maxsize=256)  # the pass-through asks for the same ones two dozen times
def _corridors(code: str, year: int | None, folder: Path) -> Corridors:
    limit = 9999 if year is None else year
    stocks, money = _stocks(code, limit), _matrix(code, limit)
    sources = _sources(code, limit, stocks, money)
    if sources.empty:
        raise NoDataError(f"no corridor of {economies.common_name(code)} ({code}) is known from {limit} or before")
    latest = int(sources["year"].max()) if year is None else limit
    pins = [REMITTANCES.info(name) for name in sorted({str(key) for key in sources["pin"] if key} | {"costs"})]
    press = [_press(row) for row in sources[(sources["pin"] == "") & (sources["group"] == "RUS")].to_dict("records")]
    spec = {"origin": code, "year": year}
    return Corridors(
        code,
        latest,
        _table(code, limit, stocks, money),
        sources,
        _checks(code, sources),
        Provenance((*press, *pins), "shares of corridors", "", spec),
        spec,
    )


# -- sources -------------------------------------------------------------------------------------------------
def _stocks(origin: str, limit: int) -> dict[str, pd.DataFrame]:
    """Per pin of stocks its latest year within the limit."""
    return {name: _latest(name, origin, limit, "persons") for name in ("stock_2017", "stock_undesa")}


def _matrix(origin: str, limit: int) -> dict[str, pd.DataFrame]:
    return {name: _latest(name, origin, limit, "usd") for name in ("matrix_2017", "matrix_2010")}


def _latest(name: str, origin: str, limit: int, value: str) -> pd.DataFrame:
    """``destination, year, amount, share`` of the newest year within the limit; empty when there is none."""
    frame = load_remittance_table(name)
    frame = frame[(frame["origin"] == origin) & (frame["year"] <= limit)]
    frame = frame[frame["year"] == frame["year"].max()].rename(columns={value: "amount"})
    found: pd.DataFrame = frame.assign(share=frame["amount"] / frame["amount"].sum())
    return found[["destination", "year", "amount", "share"]]


def _groups(origin: str) -> dict[str, list[str]]:
    return {"RUS": ["RUS"], BLOC: [m for m in blocs.bloc(BLOC).members() if m != origin]}


def artefacts() -> dict[tuple[str, str], str]:
    """Entries that are no estimate of anything: (pin, origin) -> why."""
    return {(a["pin"], a["origin"]): a["reason"] for a in remittance_tables()["artefacts"]}


def _sources(
    origin: str, limit: int, stocks: Mapping[str, pd.DataFrame], money: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    rows: list[dict[str, Any]] = []
    for group, members in _groups(origin).items():
        rows += _measured(origin, limit, group, members)
        model = {"corridors_2024": _latest("corridors_2024", origin, limit, "usd")}
        for basis, found in (("matrix", money), ("stock", stocks), ("model", model)):
            for name, frame in found.items():
                if frame.empty:
                    continue
                share = float(frame.loc[frame["destination"].isin(members), "share"].sum())
                reason = artefacts().get((name, origin), "")
                rows.append(_row(group, basis, int(frame["year"].iloc[0]), share, name, reason))
    columns = ["group", "basis", "year", "share", "used", "known_in", "hindsight", "reason", "source", "pin"]
    frame = pd.DataFrame(rows, columns=columns)
    if frame.empty:
        return frame
    frame["hindsight"] = frame["known_in"] > limit
    frame["rank"] = frame["basis"].map({basis: i for i, basis in enumerate(BASES)})
    frame = frame.sort_values(["group", "rank", "year"], ascending=[False, True, False], kind="stable")
    heads = frame[(frame["reason"] == "") & ~frame["basis"].isin(RANGE_ONLY)].groupby("group").head(1).index
    frame["used"] = frame.index.isin(heads)
    return frame.drop(columns="rank").reset_index(drop=True)


def _row(group: str, basis: str, year: int, share: float, pin: str, reason: str = "") -> dict[str, Any]:
    facts = REMITTANCES.records()[pin]
    known, source = int(facts["known_in"]), str(facts["source"])
    if pin == "armenia":
        known = year  # monthly figures are out within weeks
    values = {"group": group, "basis": basis, "year": year, "share": share, "used": False, "known_in": known}
    return values | {"hindsight": False, "reason": reason, "source": source, "pin": pin}


def _measured(origin: str, limit: int, group: str, members: list[str]) -> list[dict[str, Any]]:
    """Counted shares: of ``remittances.toml``, and of Armenia's transfers by partner."""
    rows = []
    entries = [m for m in remittance_tables()["measured"] if m["origin"] == origin and m["year"] <= limit]
    for (basis, year), found in _by_year(entries).items():
        total = _completed({m["destination"]: m["share"] for m in found}, members, origin, limit)
        values = {"group": group, "basis": basis, "year": year, "share": total, "used": False, "known_in": year}
        rows.append(values | {"hindsight": False, "reason": "", "source": found[0]["source"], "pin": ""})
    if origin == "ARM":
        frame = load_remittance_table("armenia")
        whole = frame[(frame["type"] == ARMENIA_TYPE) & (frame["direction"] == "inflow") & (frame["months"] == 12)]
        whole = whole[whole["year"] <= limit]
        if len(whole):
            last = whole[whole["year"] == whole["year"].max()].set_index("destination")["usd"]
            share = float(last.reindex(members).sum() / last["WLD"])
            rows.append(_row(group, "transfers", int(whole["year"].max()), share, "armenia"))
    return rows


def _completed(counted: Mapping[str, float], members: list[str], origin: str, limit: int) -> float:
    """The counted share of ``members``; what was not counted is split as the newest stock of migrants is."""
    total = sum(share for destination, share in counted.items() if destination in members)
    others = [m for m in members if m not in counted]
    rest = 1 - sum(counted.values())
    if not others or rest <= 1e-9:
        return total
    stock = _newest(_stocks(origin, limit)).set_index("destination")["share"].drop(list(counted), errors="ignore")
    return total + rest * float(stock.reindex(others).sum() / stock.sum())


def _newest(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The one of the latest year; an empty frame when all are empty."""
    return max(frames.values(), key=lambda f: (len(f) > 0, int(f["year"].iloc[0]) if len(f) else 0))


def _press(row: Mapping[Any, Any] | pd.Series[Any]) -> SeriesInfo:
    """The record of a share that was printed somewhere."""
    label = f"share of Russia, {row['basis']} {row['year']}"
    return SeriesInfo(code=label, label=label, unit="share", kind="share", source=str(row["source"]))


def _by_year(entries: list[dict[str, Any]]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    found: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for entry in entries:
        found.setdefault((entry["of"], int(entry["year"])), []).append(entry)
    return found


# -- table and checks ----------------------------------------------------------------------------------------
def _table(
    origin: str, limit: int, stocks: Mapping[str, pd.DataFrame], money: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    stock, flow = _newest(stocks), _newest({n: f for n, f in money.items() if (n, origin) not in artefacts()})
    frame = pd.DataFrame(
        {
            "stock": stock.set_index("destination")["amount"],
            "stock_share": stock.set_index("destination")["share"],
            "remittances_usd": flow.set_index("destination")["amount"],
            "remittance_share": flow.set_index("destination")["share"],
        }
    ).astype("float64")
    frame["cost_percent"] = _costs(origin, limit).reindex(frame.index)
    frame.index.name = "destination"
    frame.insert(0, "name", ["not named" if c == "OTH" else economies.common_name(c) for c in frame.index])
    order = frame["stock"].fillna(0).sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index()


def _costs(origin: str, limit: int) -> pd.Series[Any]:
    """Mean cost over the last four quarters within the limit, by destination."""
    frame = load_remittance_table("costs")
    frame = frame[(frame["origin"] == origin) & (frame["year"] <= limit)]
    return frame.sort_values("quarter").groupby("destination")["percent"].apply(lambda v: float(v.tail(4).mean()))


def _checks(origin: str, sources: pd.DataFrame) -> tuple[Check, ...]:
    rows = sources[(sources["group"] == "RUS") & (sources["reason"] == "")]
    low, high = float(rows["share"].min()), float(rows["share"].max())
    artefact = sources[sources["reason"] != ""]
    sources_agree_text = (
        f"Russia's share is {low:.0%} to {high:.0%} over {len(rows)} sources; at most 15 points apart is asked"
    )
    checks = [Check("sources agree", high - low <= 0.15, high - low, 0.15, sources_agree_text)]
    if len(artefact):
        row = artefact.iloc[0]
        text = f"{row['basis']} {row['year']}: {row['reason']}"
        checks.append(Check("artefact left out", None, float(row["share"]), None, text))
    late = rows[rows["hindsight"]]
    if len(late):
        text = f"{len(late)} of {len(rows)} shares were known or revised only later"
        checks.append(Check("hindsight", None, float(len(late)), None, text))
    return tuple(checks)
