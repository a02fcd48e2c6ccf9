"""Uzbekistan's tariffs compared with the common external tariff: which rise, which fall, by imports and partner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ...errors import unknown
from ...reference.shipped_tables import TARIFFS
from ...results import Check, Provenance, Result
from .schedule import Schedule, average, cet, chapter_names, range_text

TOLERANCE = 0.5  # percentage points: nearer to each other two averages count as equal
DIRECTIONS = ("rise", "fall", "same", "unclear")


def uzbekistan(aggregation: Literal["chapter", "section"] = "chapter", folder: Path | None = None) -> pd.DataFrame:
    """Uzbekistan by chapter or section: average MFN and applied tariff, imports (USD, 2025), demand elasticity."""
    if aggregation not in ("chapter", "section"):
        raise unknown("aggregation", aggregation, ("chapter", "section"))
    table = TARIFFS.load("tariffs_uzb", folder)
    return table[table["level"] == aggregation].drop(columns="level").set_index("code")


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
    checks: tuple[Check, ...]
    provenance: Provenance
    spec: Mapping[str, Any]

    def to_frame(self) -> pd.DataFrame:
        return self.table.copy()

    def totals(self) -> pd.DataFrame:
        """Chapters and imports by direction."""
        grouped = self.table.groupby("direction")
        out = pd.DataFrame({"chapters": grouped.size(), "imports_usd": grouped["imports_usd"].sum()})
        out["share"] = out["imports_usd"] / out["imports_usd"].sum()
        return out.reindex([name for name in DIRECTIONS if name in out.index])

    def summary(self) -> str:
        lines = ["Tariffs against the common external tariff, by chapter"]
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
        lines += [f"  [{check.mark}] {check.name}: {check.text}" for check in self.checks]
        lines += [f"  source: {line}" for line in self.provenance.lines()]
        return "\n".join(lines)


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
    Both sides are simple averages by chapter. A chapter rises when even the lower bound of its new average is more than
    ``tolerance`` above the present one. It falls when the upper bound is more than ``tolerance`` below. It is the same
    when the whole range is within ``tolerance``, and unclear otherwise, also when specific duties leave no upper bound.

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> ea.tariff_gap().totals()["chapters"].to_dict()
    {'rise': 60, 'fall': 18, 'same': 5, 'unclear': 13}
    """
    schedule = schedule or cet(folder=folder)
    own = uzbekistan("chapter", folder)
    new = average(schedule.lines, "chapter")
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
    return TariffGap(out, _by_partner(partners, out), checks, provenance, spec)


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
