"""Who has an agreement with whom, and when: dummies from DESTA with entries, accessions and withdrawals.

The table of treaties (pin ``agreements``) has a row per treaty and member. What follows makes spells of pairs from it:
first year in which the agreement counts, and first year in which it no longer does. The steps of the union are kept
apart (table ``trade.toml``). Sources: DESTA (Duer, Baccini and Elsig 2014); creation and diversion dummies: Carrere
(2006), Magee (2008); lags and leads: Baier and Bergstrand (2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations, groupby
from typing import Any

import numpy as np
import pandas as pd

from ...errors import BadInputError, unknown
from ...reference import economies as names
from ...reference.shipped_tables import FLOWS
from .flows import trade_tables

FOREVER = 9999
BILATERAL, UNION, WITH_THIRD, BETWEEN, JOINS, JOINS_REGION = 1, 2, 3, 4, 5, 6  # DESTA's kinds of membership
REGION = (WITH_THIRD, BETWEEN, JOINS_REGION)
EC_TREATIES = ("EC (", "EC Single European", "EC Maastricht", "EC Amsterdam", "EC Nice", "EC Lisbon")
NEAR = 2  # years before entry in which a region's treaties with others already list whoever joins
ACCESSION_LAG = 1  # years from signature to effect of an accession whose entry into force is not recorded


def pair_spells(treaties: pd.DataFrame | None = None) -> pd.DataFrame:
    """Spells of pairs: ``a, b`` (a < b), ``treaty`` (DESTA base treaty), ``family``, ``start``, ``end`` (exclusive).

    Rules, where DESTA leaves room: an agreement counts from the year of entry into force; an accession without one from
    the year after signature; a base treaty without one never.
    Negotiations do not count. A withdrawal ends the leaver's pairs in the year given. An agreement of a region with
    others binds the pairs with those its title names, and no pair that has a treaty of its own inside the region.
    """
    return _pinned_spells().copy() if treaties is None else _spells(treaties)


@cache
def _pinned_spells() -> pd.DataFrame:
    return _spells(FLOWS.load("agreements"))


def _spells(table: pd.DataFrame) -> pd.DataFrame:
    for column in ("base_treaty", "number", "name", "entry_type", "typememb", "signed", "entered", "iso3"):
        if column not in table.columns:
            raise unknown("column of treaties", column, map(str, table.columns))
    acts = _acts(table)
    spells: dict[tuple[str, str, int], list[Any]] = {}
    for act in acts:
        if act["kind"] not in REGION:
            _bind(act, spells, None)
    _end(acts, spells)
    own: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for (a, b, _), (_, start, end) in spells.items():
        own.setdefault((a, b), []).append((start, end))
    for act in acts:
        if act["kind"] in REGION:
            _bind(act, spells, own)
    _end(acts, spells)
    rows = [(a, b, treaty, *spell) for (a, b, treaty), spell in sorted(spells.items())]
    return pd.DataFrame(rows, columns=["a", "b", "treaty", "family", "start", "end"])


def _bind(
    act: dict[str, Any], spells: dict[Any, Any], own: dict[tuple[str, str], list[tuple[int, int]]] | None
) -> None:
    """Open the pairs of an act; those inside a region that has a treaty of its own are left to that treaty."""
    if act["leaves"]:
        return
    for a, b in combinations(act["members"], 2):
        if own is not None:
            if act["thirds"] and not {a, b} & set(act["thirds"]):
                continue
            if any(start - NEAR <= act["start"] < end for start, end in own.get((a, b), ())):
                continue
        spell = spells.setdefault((a, b, act["treaty"]), [act["family"], act["start"], FOREVER])
        spell[1] = min(spell[1], act["start"])


def _end(acts: list[dict[str, Any]], spells: dict[Any, Any]) -> None:
    """Close the pairs of those who left; revisions of one agreement end together."""
    for act in acts:
        bonds = [key for key, spell in spells.items() if spell[0] == act["family"]] if act["leaves"] else []
        for a, b, treaty in bonds:
            spell = spells[a, b, treaty]
            if (a in act["leaves"] or b in act["leaves"]) and {a, b} <= set(act["members"]) and spell[1] < act["start"]:
                spell[2] = min(spell[2], act["start"])


def _acts(table: pd.DataFrame) -> list[dict[str, Any]]:
    """One entry per treaty act that changes who is bound."""
    acts = []
    named = _names()
    first_rows = table.drop_duplicates("number").set_index("number")
    base_kind = {str(number): int(kind) for number, kind in first_rows["typememb"].items()}
    belongs = {str(number): int(base) for number, base in first_rows["base_treaty"].items()}
    bound = table[table["iso3"].notna()].sort_values("number", kind="stable").to_dict("records")
    for number, group in groupby(bound, key=lambda row: row["number"]):
        rows = list(group)
        first = rows[0]
        kind = first["entry_type"]
        if kind == "negotiation":
            continue
        start = first["entered"]
        if pd.isna(start):
            signed = first["signed"]
            if pd.isna(signed) or kind not in ("accession", "withdrawal"):
                continue
            start = int(signed) + (0 if kind == "withdrawal" else ACCESSION_LAG)
        members = sorted({row["iso3"] for row in rows})
        treaty = int(first["base_treaty"])
        treaty = belongs.get(str(treaty), treaty)  # an amended treaty keeps the number of the first
        joined = base_kind.get(str(treaty), 0)
        title = str(first["name"])
        leaves = _named_in(title.partition("withdrawal")[2], members, named) if kind == "withdrawal" else []
        if kind == "withdrawal" and not leaves:
            raise BadInputError(f"the withdrawal {title!r} names none of its members {', '.join(members)}")
        acts.append(
            {
                "number": str(number),
                "treaty": treaty,
                "family": _family(title, treaty),
                "kind": joined if joined in REGION else int(first["typememb"]),
                "start": int(start),
                "members": members,
                "leaves": leaves,
                "thirds": _named_in(title, members, named),
            }
        )
    return acts


def _family(name: str, treaty: int) -> str:
    """The treaties of the European Communities are one agreement that was revised; every other is its own."""
    if name == "EC" or name.startswith(EC_TREATIES):
        return "EU"
    for stage in trade_tables()["stages"]:
        if stage["treaty"] == treaty:
            return str(stage["name"])
    return f"{treaty}"


@cache
def _names() -> dict[str, tuple[str, ...]]:
    """Names under which a treaty's title may call a member."""
    alias = {
        "CIV": ("Cote d'Ivoire",),
        "CZE": ("Czech Republic",),
        "GBR": ("UK",),
        "HKG": ("Hong Kong",),
        "KGZ": ("Kyrgyzstan",),
        "KOR": ("Korea",),
        "MKD": ("Macedonia",),
        "RUS": ("Russia",),
        "SRB": ("Yugoslavia",),
        "SVK": ("Slovakia",),
        "SYR": ("Syria",),
        "TLS": ("Timor Leste",),
        "TUR": ("Turkey",),
        "VNM": ("Vietnam",),
    }
    codes = [str(code) for code in names.economies().index]
    return {code: (names.economy_name(code).partition(",")[0], *alias.get(code, ())) for code in codes}


def _named_in(text: str, members: Sequence[str], named: dict[str, tuple[str, ...]]) -> list[str]:
    return [code for code in members if any(name in text for name in named.get(code, ()))]


# -- dummies -------------------------------------------------------------------------------------------------
def agreement_dummy(frame: pd.DataFrame, spells: pd.DataFrame, without: Sequence[str] = ()) -> pd.Series[float]:
    """1.0 where exporter and importer have an agreement in force that year, for the rows of ``frame``.

    ``without``: all families but these. Domestic rows are 0.
    """
    chosen = spells[~spells["family"].isin(list(without))]
    sides = np.sort(frame[["exporter", "importer"]].to_numpy(dtype=object), axis=1)
    keys = pd.DataFrame({"a": sides[:, 0], "b": sides[:, 1], "year": frame["year"].to_numpy()})
    parts = []
    for year in sorted(set(keys["year"])):
        live = chosen[(chosen["start"] <= year) & (chosen["end"] > year)][["a", "b"]].drop_duplicates()
        parts.append(live.assign(year=year))
    bound = pd.concat(parts).assign(bound=1.0) if parts else pd.DataFrame(columns=["a", "b", "year", "bound"])
    merged = keys.merge(bound, on=["a", "b", "year"], how="left")["bound"]
    return pd.Series(merged.fillna(0.0).to_numpy(), index=frame.index, name="agreement")


def stage_members(year: int) -> dict[str, list[str]]:
    """Members of each step of the union in ``year``: those that were in by 1 July, so that half the year counts."""
    from ...reference import blocs

    union = blocs.bloc("EAEU")
    return {s["name"]: union.members(on=f"{year}-07-01", stage=s["stage"]) for s in trade_tables()["stages"]}


def stage_dummies(frame: pd.DataFrame) -> pd.DataFrame:
    """A column per step of the union: 1.0 where both sides have joined it. Steps add up:

    pairs of the first three members have ``customs_union`` from 2010 and ``eaeu`` on top of it from 2015.
    """
    members = {int(year): stage_members(int(year)) for year in frame["year"].unique()}
    out = {}
    for stage in trade_tables()["stages"]:
        name = stage["name"]
        bound = {(code, year) for year, stages in members.items() for code in stages[name]}
        sells = _in(frame["exporter"], frame["year"], bound)
        buys = _in(frame["importer"], frame["year"], bound)
        out[name] = sells & buys & (frame["exporter"] != frame["importer"]).to_numpy()
    return pd.DataFrame(out, index=frame.index).astype("float64")


def _in(
    codes: pd.Series[Any], years: pd.Series[Any], bound: set[tuple[str, int]]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    inside = np.zeros(len(codes), dtype=bool)
    when = years.to_numpy()
    for year in sorted({year for _, year in bound}):
        at = np.flatnonzero(when == year)
        inside[at] = codes.iloc[at].isin([code for code, since in bound if since == year]).to_numpy()
    return inside


def border_dummies(frame: pd.DataFrame, base: int | None = None) -> pd.DataFrame:
    """International trade by year, the first (or ``base``) left out: the falling border of globalisation.

    Needs domestic trade in the data (Bergstrand, Larch and Yotov 2015); raises BadInputError without it.
    """
    foreign = frame["exporter"] != frame["importer"]
    if foreign.all():
        raise BadInputError("border dummies need domestic trade: no row has the same exporter and importer")
    years = sorted(int(y) for y in frame["year"].unique())
    left = years[0] if base is None else base
    if left not in years:
        raise BadInputError(f"base year {left} is not in the data ({years[0]}-{years[-1]})")
    columns = {f"border_{y}": (foreign & (frame["year"] == y)).astype("float64") for y in years if y != left}
    return pd.DataFrame(columns, index=frame.index)
