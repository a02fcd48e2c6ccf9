"""Uzbekistan's tariffs compared with the common external tariff: which rise, which fall, by imports and partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...reference.catalogue import read_table, table_path
from ...reference.shipped_tables import TARIFFS
from ...results import Check, Provenance, Result
from .schedule import Schedule, average, cet, chapter_names, range_text
from .stated_prices import SugarDuty, beyond_quota, stated_unit_values, sugar_duty

SUGAR_CHAPTER, QUOTA_CHAPTERS = "17", ("02",)
TOLERANCE = 0.5  # percentage points: nearer to each other two averages count as equal
DIRECTIONS = ("rise", "fall", "same", "unclear")


def uzbekistan(folder: Path | None = None) -> pd.DataFrame:
    """Uzbekistan by chapter: average MFN and applied tariff, imports (USD, 2025), demand elasticity."""
    table = TARIFFS.load("tariffs_uzb", folder)
    return table[table["level"] == "chapter"].drop(columns="level").set_index("code")


def uzbekistan_partners(folder: Path | None = None) -> pd.DataFrame:
    """Uzbekistan's imports (USD, 2025) by partner and tariff regime: fta (no duty), mfn, full (no MFN treatment)."""
    return TARIFFS.load("tariffs_uzb_partners", folder).set_index("partner")


@dataclass(frozen=True)
class TariffGap(Result):
    """Which tariffs rise and which fall when Uzbekistan adopts another schedule; from ``tariff_gap``.

    Attributes
    ----------
    table : DataFrame
        A row per chapter: ``name``, ``own`` (present tariff, per cent), ``low``, ``new``, ``high`` (new tariff and its
        bounds), ``change`` (new less own), ``direction`` ("rise", "fall", "same", "unclear"), ``imports_usd``,
        ``dutiable_usd`` (imports from partners without a free-trade agreement, at their share of all imports),
        ``unknown_lines`` (duties without an ad valorem equivalent).
    partners : DataFrame
        A row per partner: ``regime``, ``imports_usd``, ``share``, ``changes``, and the change of duty if the partner
        sold the average mix of goods.
    duty : DataFrame
        What the change of duty is made of at present imports, ``low`` and ``high`` in US$ a year: goods at the common
        tariff, raw sugar by quantity, and the doubled duty that partners without MFN treatment pay now.
    averages : DataFrame
        Average tariff by law, and as paid once imports free of duty count: ``own``, ``new_low``, ``new``.
    checks : tuple of Check
        Coverage of imports and of the equivalents.
    provenance : Provenance
        Sources and method.
    spec : mapping
        The country and the tolerance.
    """

    drawn_by = "trade_policy.draw_tariff_gap"

    table: pd.DataFrame
    partners: pd.DataFrame
    duty: pd.DataFrame
    averages: pd.DataFrame
    checks: tuple[Check, ...]
    provenance: Provenance
    spec: Mapping[str, Any]

    def totals(self) -> pd.DataFrame:
        """Chapters and imports by direction."""
        grouped = self.table.groupby("direction")
        out = pd.DataFrame({"chapters": grouped.size(), "imports_usd": grouped["imports_usd"].sum()})
        out["share"] = out["imports_usd"] / out["imports_usd"].sum()
        return out.reindex([name for name in DIRECTIONS if name in out.index])

    @property
    def duty_range(self) -> tuple[float, float]:
        """The change of duty a year at present imports, US$, least and most."""
        return float(self.duty["low"].sum()), float(self.duty["high"].sum())

    def summary(self) -> str:
        lines = ["Tariffs against the common external tariff, by chapter"]
        for name, row in self.averages.iterrows():
            lines.append(f"  average {name}: {row['own']:.1f} to {row['new_low']:.1f}-{row['new']:.1f} per cent")
        low, high = self.duty_range
        lines.append(f"  change of duty at present imports: {low / 1e6:,.0f} to {high / 1e6:,.0f} million USD a year")
        for name, row in self.duty.iterrows():
            lines.append(f"    {name}: {row['low'] / 1e6:+,.0f} to {row['high'] / 1e6:+,.0f}")
        for name, row in self.totals().iterrows():
            lines.append(f"  {name}: {int(row['chapters'])} chapters, {row['share']:.1%} of imports")
        for name in ("rise", "fall"):
            part = self.table[self.table["direction"] == name]
            part = part.reindex(part["imports_usd"].sort_values(ascending=False, kind="stable").index).head(5)
            for code, row in part.iterrows():
                lines.append(
                    f"  {name}: chapter {code} ({row['name']}), {row['own']:.1f} to {range_text(row)} per cent, "
                    f"imports {row['imports_usd'] / 1e6:,.0f} million USD"
                )
        return self._ended(lines)


def tariff_gap(schedule: Schedule | None = None, tolerance: float = TOLERANCE, folder: Path | None = None) -> TariffGap:
    """Compare Uzbekistan's tariffs with the common external tariff of the union, by chapter.

    Parameters
    ----------
    schedule : Schedule, optional
        The new schedule. None takes the pinned common external tariff.
    tolerance : float, default 0.5
        Averages within this many percentage points of each other count as equal.
    folder : Path, optional
        Folder of the tariff tables. None takes the shipped one.

    Returns
    -------
    TariffGap
        Chapters with their direction and imports; ``totals()`` sums by direction.

    Raises
    ------
    NoDataError
        A table is missing.
    IntegrityError
        A table does not match its recorded hash.

    Notes
    -----
    Both sides are simple averages by chapter. Specific duties are valued at Armenia's import prices of 2021-24. Lines
    beyond a tariff quota count in ``high`` alone. A chapter rises when even the lower bound of its new average is more
    than ``tolerance`` above the present one. It falls when the upper bound is more than ``tolerance`` below. It is the
    same when the whole range is within ``tolerance``, and unclear otherwise, also when specific duties leave no upper
    bound.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.tariff_gap().totals()["chapters"].to_dict()
    {'rise': 62, 'fall': 21, 'same': 6, 'unclear': 7}
    """
    if schedule is None:
        plain = cet(folder=folder)
        schedule = cet(unit_values=stated_unit_values(plain.lines), folder=folder)
    own = uzbekistan(folder)
    beyond, within = beyond_quota(schedule.lines)
    new = average(schedule.lines[~beyond], "chapter")
    new["simple_high"] = average(schedule.lines[~within], "chapter")["simple_high"]
    table = own.join(new, how="inner")
    partners = uzbekistan_partners(folder)
    free = float(partners.loc[partners["regime"] == "fta", "imports_usd"].sum() / partners["imports_usd"].sum())
    out = pd.DataFrame(
        {
            "name": [chapter_names().get(str(code), "") for code in table.index],
            "own": table["mfn"],
            "low": table["simple_low"],
            "new": table["simple"],
            "high": table["simple_high"],
            "change": table["simple"] - table["mfn"],
            "direction": _directions(table, tolerance),
            "imports_usd": table["imports_usd"],
            "dutiable_usd": table["imports_usd"] * (1 - free),
            "unknown_lines": table["unknown"],
        }
    )
    covered = float(out["imports_usd"].sum() / own["imports_usd"].sum())
    unclear = float(out.loc[out["direction"] == "unclear", "imports_usd"].sum() / out["imports_usd"].sum())
    checks = (
        Check("imports covered", covered > 0.99, covered, 0.99,
              f"{covered:.1%} of imports are in chapters with both tariffs"),
        Check("direction known", unclear < 0.1, unclear, 0.1,
              f"for {unclear:.1%} of imports the direction is unclear within the range of the equivalents"),
        _unknown_check(out),
        Check("averages", None, None, None,
              "how the averages of Uzbekistan's tariff were formed is not documented; a chapter hides lines that go "
              "the other way"),
        _collected_check(),
        Check("partners", None, free, None,
              f"{free:.1%} of imports come from partners in free-trade agreements and stay free of duty; imports by "
              "partner and chapter are not known, so a partner's share rests on the average mix"),
    )  # fmt: skip
    provenance = Provenance(
        series=(
            *schedule.provenance.series,
            TARIFFS.info("tariffs_uzb", folder),
            TARIFFS.info("tariffs_uzb_partners", folder),
        ),
        method="simple averages by chapter compared",
        settings={"tolerance": tolerance},
    )
    spec = {"country": "UZB", "tolerance": tolerance}
    averages = _averages(out, free)
    duty = _duty(out, partners, sugar_duty(schedule.lines), float(averages["own"]["by law"]))
    return TariffGap(out, _by_partner(partners, out), duty, averages, checks, provenance, spec)


def _averages(table: pd.DataFrame, free: float) -> pd.DataFrame:
    """By law, and as paid: what comes free of duty from partners in free-trade agreements counts as zero."""
    known = table.dropna(subset=["own", "new"])
    law = {
        name: float(np.average(known[column], weights=known["imports_usd"]))
        for name, column in (("own", "own"), ("new_low", "low"), ("new", "new"))
    }
    paid = {name: value * (1 - free) for name, value in law.items()}
    return pd.DataFrame.from_dict({"by law": law, "as paid": paid}, orient="index")


def _duty(table: pd.DataFrame, partners: pd.DataFrame, sugar: SugarDuty, own: float) -> pd.DataFrame:
    """Parts of the change of duty. Goods but sugar: dutiable imports times the change to the lower bound, and to the
    average, with the rates beyond quotas. The doubled duty: imports at the full rate times the average tariff."""
    goods = table.drop(index=SUGAR_CHAPTER, errors="ignore").dropna(subset=["change"])
    quota = goods.index.isin(QUOTA_CHAPTERS)
    most = goods["high"].where(quota & goods["high"].notna(), goods["new"])
    dutiable = goods["dutiable_usd"]
    full = -float(partners.loc[partners["regime"] == "full", "imports_usd"].sum()) * own / 100
    rows = {
        "goods at the common tariff": [
            float((dutiable * (t - goods["own"])).sum()) / 100 for t in (goods["low"], most)
        ],
        f"raw sugar, {sugar.tonnes / 1e3:,.0f} thousand tonnes": [sugar.low, sugar.high],
        "doubled duty that falls away": [full, full],
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"])


def _unknown_check(table: pd.DataFrame) -> Check:
    """What specific duties without an equivalent leave open: never a zero in silence."""
    open_ = table[table["unknown_lines"] > 0]
    unclear = open_[open_["direction"] == "unclear"]
    share = float(unclear["imports_usd"].sum() / table["imports_usd"].sum())
    lines = int(table["unknown_lines"].sum())
    text = (
        f"{lines} specific duties in {len(open_)} chapters have no equivalent in per cent (no value of a unit is "
        f"known): zero in the lower bound, left out of the average, no upper bound; {len(unclear)} of these chapters, "
        f"{share:.1%} of imports, are unclear"
    )
    return Check("unknown equivalents", None, float(lines), None, text)


def _collected_check() -> Check:
    """What Uzbekistan did collect, which is far less than the law would levy on all imports."""
    rows = [r for r in read_table(table_path("duties_collected"))["duties"] if r["who"] == "UZB"]
    last = max(rows, key=lambda r: (r["what"] == "import duties", r["year"]))
    text = f"Uzbekistan collected {last['value']:,.0f} {last['unit']} of {last['what']} in {last['year']}"
    return Check("collected", None, float(last["value"]), None, f"{text} ({last['confidence']}), exemptions taken off")


def _directions(table: pd.DataFrame, tolerance: float) -> np.ndarray[Any, Any]:
    own, low, high = table["mfn"], table["simple_low"], table["simple_high"]
    return np.select(
        [low > own + tolerance, high < own - tolerance, (low >= own - tolerance) & (high <= own + tolerance)],
        ["rise", "fall", "same"],
        default="unclear",
    )


def _by_partner(partners: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    weight = table["imports_usd"].where(table["change"].notna(), 0.0)
    mean = float((table["change"].fillna(0.0) * weight).sum() / weight.sum())
    out = partners.sort_values("imports_usd", ascending=False, kind="stable").copy()
    out["share"] = out["imports_usd"] / out["imports_usd"].sum()
    out["changes"] = out["regime"] != "fta"
    out["duty_change_at_average_mix_usd"] = np.where(out["changes"], out["imports_usd"] * mean / 100, 0.0)
    return out
