"""The common external tariff at 10 digits with ad valorem equivalents, and its averages."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from ... import settings
from ...errors import BadInputError, require_option
from ...reference.shipped_tables import TARIFFS
from ...results import Check, Provenance, Result
from .duties import USD_PER_EUR, ad_valorem_equivalents, check_code

# A cell of the schedule is worded "5%" or "0"; a bare number otherwise came from another table of the redistributor.
LINE, DUPLICATE, NOT_A_LINE, OTHER_WORDING = "line", "duplicate", "not a line", "line, other wording"


@cache
def tariff_tables() -> dict[str, Any]:
    """The table ``tariffs.toml``: pins and the concordance to the SITC."""
    text = (settings.data_dir() / "tables" / "tariffs.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def chapter_names() -> dict[str, str]:
    """Short names of the chapters of the Harmonized System, by their two digits."""
    text = (settings.data_dir() / "tables" / "hs_chapters.toml").read_text(encoding="utf-8")
    return {str(code): str(name) for code, name in tomllib.loads(text)["chapters"].items()}


Level = Literal["line", "hs6", "heading", "chapter", "section", "sitc", "total"]
LEVELS = ("line", "hs6", "heading", "chapter", "section", "sitc", "total")
_DIGITS = {"line": 10, "hs6": 6, "heading": 4, "chapter": 2}
MOST_UNKNOWN = 0.05  # share of lines without an equivalent above which a schedule's check fails


@dataclass(frozen=True)
class Schedule(Result):
    """A tariff schedule.

    Attributes
    ----------
    lines : DataFrame
        A row per line with ``code, section, wording, rule, ad_valorem, amount, currency, unit, low, ave, high, basis,
        status`` (see :func:`ad_valorem_equivalents`).
    checks : tuple of Check
        Whether enough lines have an ad valorem equivalent.
    provenance : Provenance
        Source of the schedule.
    """

    lines: pd.DataFrame
    checks: tuple[Check, ...]
    provenance: Provenance

    def to_frame(self) -> pd.DataFrame:
        return self.lines.copy()

    def counts(self) -> pd.Series[int]:
        """Lines by rule and by what their equivalent rests on."""
        kind = self.lines["basis"].str.replace(r" \d+$", "", regex=True)
        counts: pd.Series[int] = self.lines.groupby([self.lines["rule"], kind]).size()
        return counts.rename("lines").rename_axis(["rule", "basis"])

    def summary(self) -> str:
        total = average(self.lines, "total").iloc[0]
        lines = [
            f"Tariff schedule: {len(self.lines):,} lines, simple average {range_text(total)} per cent",
            *(f"  {row.rule}, {row.basis}: {row.lines:,}" for row in self.counts().reset_index().itertuples()),
        ]
        return self._ended(lines)


def cet(unit_values: pd.DataFrame | None = None, *, folder: Path | None = None) -> Schedule:
    """The EAEU's common external tariff at 10 digits, rates of 2026, with ad valorem equivalents.

    ``unit_values``: see :func:`ad_valorem_equivalents`. Rows of the source that are no
    line (a code twice, a heading, a test entry) are left out and counted in ``checks``; lines worded otherwise than
    the official text are kept and counted. ``folder``: where the pins are, the package's own by default.
    """
    table = TARIFFS.load("tariffs_cet", folder)
    kept = table[table["status"].isin([LINE, OTHER_WORDING])].reset_index(drop=True)
    lines = ad_valorem_equivalents(kept, unit_values)
    provenance = Provenance(
        series=(TARIFFS.info("tariffs_cet", folder),),
        method="ad valorem equivalents from unit values",
        reference="rule of the World Tariff Profiles: specific duty over unit value",
        settings={
            "implied": True,
            "usd_per_eur": USD_PER_EUR,
            "unit_values": 0 if unit_values is None else len(unit_values),
        },
    )
    return Schedule(lines, _schedule_checks(table, lines), provenance)


def _schedule_checks(table: pd.DataFrame, lines: pd.DataFrame) -> tuple[Check, ...]:
    left = table[~table["status"].isin([LINE, OTHER_WORDING])]
    other = int((lines["status"] == OTHER_WORDING).sum())
    unknown_lines = int(lines["ave"].isna().sum())
    floors = int((lines["basis"] == "ad valorem part").sum())
    guesses = int(lines["basis"].str.startswith("implied").sum())
    reasons = ", ".join(f"{n} {status}" for status, n in sorted(left["status"].value_counts().items()))
    return (
        Check("rows that are no line", None, float(len(left)), None, f"{len(left)} rows left out: {reasons or 'none'}"),
        Check("wording", None, float(other), None,
              f"{other} lines are not worded as in the official text; kept as they are"),
        Check("unknown equivalents", unknown_lines < MOST_UNKNOWN * len(lines), float(unknown_lines),
              MOST_UNKNOWN * len(lines),
              f"{unknown_lines} specific duties have no unit value: above zero, how much is not known; averages leave "
              "them out and give a lower bound that counts them as zero"),
        Check("lower bounds", None, float(floors), None,
              f"{floors} combined duties have no unit value and stand at their ad valorem part, a lower bound"),
        Check("implied unit values", None, float(guesses), None,
              f"{guesses} duties rest on unit values implied by combined duties of their heading, a guess"),
    )  # fmt: skip


@cache
def _sitc() -> dict[str, str]:
    """HS chapter or heading to SITC section."""
    return {code: section for section, codes in tariff_tables()["hs_sitc"].items() for code in codes}


def sitc_section(code: str) -> str:
    """SITC (Revision 3) section of a product code of the Harmonized System; broad, by chapter and heading."""
    code = check_code(code)
    section = _sitc().get(code[:4], _sitc().get(code[:2]))
    if section is None:
        raise BadInputError(f"product code: chapter {code[:2]!r} is not in the Harmonized System")
    return section


def average(lines: pd.DataFrame, by: Level = "chapter", weights: pd.DataFrame | None = None) -> pd.DataFrame:
    """Average tariffs of ``lines`` (code, section, low, ave, high), by one of :data:`LEVELS`.

    Index ``code``. ``lines``: how many; ``unknown``: those without an equivalent, ``unbounded``: without an upper
    bound. ``simple_low, simple, simple_high``: means over HS6 of the means of their lines (World Tariff Profiles);
    ``simple`` leaves unknown lines out, ``simple_low`` counts them as zero, ``simple_high`` is NaN where any line is
    unbounded. With ``weights`` (code of one length from 2 to 10 digits, value): ``weighted_low, weighted,
    weighted_high`` the same with import weights, and ``weight``, what was there to weigh with. A product that is
    hardly imported because its duty is high hardly counts in a weighted mean.

    Raises :class:`BadInputError` for an unknown level, a code of the wrong length, weights below zero.
    """
    require_option("by", by, LEVELS)
    frame = lines[["code", "section", "low", "ave", "high"]].copy()
    frame["low"] = frame["low"].fillna(0.0)  # the least an unknown duty can be
    frame["unknown"], frame["unbounded"] = frame["ave"].isna(), frame["high"].isna()
    group = _group(frame, by)
    out = pd.DataFrame({"lines": frame.groupby(group).size()})
    for name in ("unknown", "unbounded"):
        out[name] = frame.groupby(group)[name].sum().astype("int64")
    basis = _means(frame, group, None if by in ("line",) else 6)
    parts = {f"simple{end}": basis[column] for column, end in (("low", "_low"), ("ave", ""), ("high", "_high"))}
    out = out.assign(**parts)
    if weights is not None:
        out = out.join(_weighted(frame, by, weights))
    return out.rename_axis("code")


def _group(frame: pd.DataFrame, by: str) -> pd.Series:
    if by == "total":
        return pd.Series("total", index=frame.index)
    if by == "section":
        return frame["section"]
    if by == "sitc":
        return frame["code"].map(sitc_section)
    return frame["code"].str[: _DIGITS[by]]


def _means(frame: pd.DataFrame, group: pd.Series, digits: int | None) -> pd.DataFrame:
    """Means of low, ave, high by group, over means by the first ``digits`` of the code."""
    rates = frame[["low", "ave", "high"]]
    if digits is None:
        return _mean(rates, group)
    item = frame["code"].str[:digits]
    means = _mean(rates, [group.rename("group"), item.rename("item")])
    return _mean(means, "group")


def _mean(rates: pd.DataFrame, keys: Any) -> pd.DataFrame:
    grouped = rates.groupby(keys)
    means = grouped.mean()
    whole = grouped["high"].count() == grouped.size()
    means["high"] = means["high"].where(whole)
    return means


def _weighted(frame: pd.DataFrame, by: str, weights: pd.DataFrame) -> pd.DataFrame:
    for name in ("code", "value"):
        if name not in weights.columns:
            raise BadInputError(f"weights lacks the column {name!r}")
    codes = weights["code"].map(lambda code: check_code(code, "weights"))
    if codes.str.len().nunique() != 1:
        raise BadInputError("weights: product codes have several lengths; give one level of detail")
    value = weights["value"].to_numpy(dtype=np.float64)
    if not np.isfinite(value).all() or (value < 0).any():
        raise BadInputError("weights: a value must be finite and zero or more")
    digits = int(codes.str.len().iloc[0])
    if _DIGITS.get(by, 0) > digits:
        raise BadInputError(f"weights have {digits} digits, which is too coarse for averages by {by}")
    item = frame["code"].str[:digits]
    means = _means(frame, item, 6 if digits < 6 else None)
    first = frame.groupby(item)[["code", "section"]].first()
    table = means.join(first)
    table["weight"] = pd.Series(value, index=codes).groupby(level=0).sum().reindex(table.index).fillna(0.0)
    group = _group(table, by)
    out = {}
    for column, end in (("low", "_low"), ("ave", ""), ("high", "_high")):
        known = table[column].notna() & (table["weight"] > 0)
        if column == "high":  # an unbounded item that is imported leaves the mean unbounded
            parts = (table["high"] * table["weight"]).where(table["weight"] > 0, 0.0).groupby(group)
            sums = parts.sum().where(parts.count() == parts.size())
            base = table["weight"].groupby(group).sum()
        else:
            sums = (table[column] * table["weight"]).where(known, 0.0).groupby(group).sum()
            base = table["weight"].where(known, 0.0).groupby(group).sum()
        out[f"weighted{end}"] = sums / base.where(base > 0)
    out["weight"] = table["weight"].groupby(group).sum()
    return pd.DataFrame(out)


def range_text(row: pd.Series) -> str:
    """The average with its bounds: "6.6 (6.4 to 7.1)"; an open upper bound is stated."""
    middle = row["simple"] if "simple" in row.index else row["new"]
    low, high = (row["simple_low"], row["simple_high"]) if "simple" in row.index else (row["low"], row["high"])
    if abs(low - middle) < 0.05 and abs(high - middle) < 0.05:
        return f"{middle:.1f}"
    top = "no upper bound known" if np.isnan(high) else f"{high:.1f}"
    centre = "n/a" if np.isnan(middle) else f"{middle:.1f}"
    return f"{centre} ({low:.1f} to {top})"
