"""Duties as worded in the tariff, and their ad valorem equivalents.

A duty is ad valorem ("5%"), specific ("0.06 EUR за 1 кг"), or combined: the larger of two ("25%, но не менее 0.2 EUR за
1 кг") or their sum ("10% плюс 0.08 EUR за 1 кг"). Its ad valorem equivalent needs the value of a unit; where none is
known the equivalent is a range with a stated basis. An unknown duty is never counted as zero without a note.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import BadInputError, unknown

USD_PER_EUR = 1.0824  # 2024 average: World Bank WDI, PA.NUS.FCRF, EMU, 0.92389 EUR per USD
UNITS = ("cm3", "kg", "l", "m2", "pair", "piece")
CURRENCIES = ("EUR", "USD")


def read_unit_values(unit_values: pd.DataFrame | None, usd_per_eur: float) -> pd.DataFrame:
    """Unit values in EUR with columns ``code, unit, low, value, high`` sorted by code.

    Given: ``code`` (2 to 10 digits: a chapter, a heading, a line), ``unit`` (kg, l, pair, piece, m2, cm3), ``value``,
    ``currency`` (EUR or USD), optional ``low`` and ``high``. Raises :class:`BadInputError`.
    """
    columns = ["code", "unit", "low", "value", "high"]
    if unit_values is None:
        return pd.DataFrame(
            {name: pd.Series(dtype="str" if name in ("code", "unit") else "float64") for name in columns}
        )
    for name in ("code", "unit", "value", "currency"):
        if name not in unit_values.columns:
            raise BadInputError(f"unit_values lacks the column {name!r}")
    frame = unit_values.copy()
    frame["code"] = frame["code"].map(lambda code: check_code(code, "unit_values"))
    known = sorted(UNITS)
    for unit in frame["unit"].unique():
        if unit not in known:
            raise unknown("unit_values: unit", str(unit), known)
    for currency in frame["currency"].unique():
        if currency not in CURRENCIES:
            raise unknown("unit_values: currency", str(currency), CURRENCIES)
    for name in ("low", "high"):
        frame[name] = frame[name].fillna(frame["value"]) if name in frame else frame["value"]
    if not (frame[["low", "value", "high"]] > 0).all(axis=None):
        raise BadInputError("unit_values: a unit value must be above zero")
    if (frame["low"] > frame["value"]).any() or (frame["high"] < frame["value"]).any():
        raise BadInputError("unit_values: low, value and high must be in this order")
    if frame.duplicated(["code", "unit"]).any():
        raise BadInputError("unit_values: a code and unit is given more than once")
    rate = np.where(frame["currency"] == "USD", 1 / usd_per_eur, 1.0)
    frame[["low", "value", "high"]] = frame[["low", "value", "high"]].mul(rate, axis=0)
    return frame[columns].sort_values(["code", "unit"]).reset_index(drop=True)


def check_code(code: object, name: str = "product code") -> str:
    """The code as digits; :class:`BadInputError` when it is no string of digits of a length the system has."""
    text = str(code)
    if not text.isascii() or not text.isdigit():
        raise BadInputError(f"{name}: {text!r} is not a product code; digits were expected")
    if len(text) not in (2, 4, 6, 8, 10):
        raise BadInputError(
            f"{name}: {text!r} has {len(text)} digits; 2, 4, 6, 8 or 10 were expected (a leading zero may have been "
            "lost)"
        )
    return text


def ad_valorem_equivalents(
    lines: pd.DataFrame,
    unit_values: pd.DataFrame | None = None,
    *,
    implied: bool = True,
    usd_per_eur: float = USD_PER_EUR,
) -> pd.DataFrame:
    """What each duty comes to in per cent of value.

    ``lines``: code, rule, ad_valorem, amount, currency, unit (as :func:`cet` gives them).
    Returns them with ``low, ave, high`` and ``basis``. The value of a unit is looked for in this order:

    1. "unit value": ``unit_values``, the longest code that the line begins with, in the line's unit;
    2. "implied by heading" (unless ``implied`` is False): combined duties of the same heading (4 digits) in the same
       unit imply at which value their two parts are equal; the median gives ``ave``, the least and the greatest the
       range. It is a guess at what the goods cost, not a price; goods of one chapter differ too much for it (sugar
       and confectionery), so it goes no further than the heading;
    3. "ad valorem part" for combined duties: ``ave`` is their ad valorem part, a lower bound, ``high`` is NaN;
       "unknown" for specific ones: ``low`` is NaN, ``ave`` is NaN, ``high`` is NaN: above zero, and no more is known.

    For a combined duty with an implied value ``ave`` is its ad valorem part (``low``), and ``high`` what it would be
    at the least implied value.
    """
    values = read_unit_values(unit_values, usd_per_eur)
    frame = lines.reset_index(drop=True)
    euros = frame["amount"] * np.where(frame["currency"] == "USD", 1 / usd_per_eur, 1.0)
    out = frame.assign(low=frame["ad_valorem"], ave=frame["ad_valorem"], high=frame["ad_valorem"], basis="ad valorem")
    compound = (frame["rule"] != "ad valorem").to_numpy()
    if not compound.any():
        return out
    found = _values_of(frame[compound], euros[compound], values, implied)
    part = frame.loc[compound, "ad_valorem"].to_numpy()
    euro = euros[compound].to_numpy()
    rule = frame.loc[compound, "rule"].to_numpy()
    low, ave, high = (_equivalent(rule, part, euro, found[name].to_numpy()) for name in ("high", "value", "low"))
    guess = found["basis"].str.startswith("implied").to_numpy()
    floor = rule == "not less than"
    low, ave = np.where(guess & floor, part, low), np.where(guess & floor, part, ave)
    none = (found["basis"] == "").to_numpy()
    low = np.where(none, part, low)  # NaN for a specific duty
    ave = np.where(none, part, ave)
    high = np.where(none, np.nan, high)
    basis = found["basis"].to_numpy().astype(object)
    basis[none & (rule == "specific")] = "unknown"
    basis[none & (rule != "specific")] = "ad valorem part"
    for name, column in (("low", low), ("ave", ave), ("high", high)):
        out.loc[compound, name] = column
    out["basis"] = out["basis"].astype(object)
    out.loc[compound, "basis"] = basis
    out["basis"] = out["basis"].astype(str)
    return out


def _equivalent(rule: np.ndarray, part: np.ndarray, euro: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Per cent at a unit value (NaN where it is not known)."""
    specific = 100 * euro / value
    return np.select([rule == "specific", rule == "plus"], [specific, part + specific], default=np.fmax(part, specific))


def _values_of(lines: pd.DataFrame, euros: pd.Series, values: pd.DataFrame, implied: bool) -> pd.DataFrame:
    """``low, value, high`` in EUR per unit and ``basis`` for each line; NaN and "" where nothing is known."""
    code, unit = lines["code"].to_numpy(), lines["unit"].to_numpy()
    table = np.full((len(lines), 3), np.nan)
    basis = np.full(len(lines), "", dtype=object)
    given = {(c, u): row for c, u, *row in values.itertuples(index=False)}
    lengths = sorted({len(c) for c, _ in given}, reverse=True)
    for row in range(len(lines)):
        for length in lengths:
            hit = given.get((code[row][:length], unit[row]))
            if hit is not None:
                table[row], basis[row] = hit, f"unit value {code[row][:length]}"
                break
    if implied:
        floor = (lines["rule"] == "not less than").to_numpy() & (lines["ad_valorem"] > 0).to_numpy()
        own = 100 * euros.to_numpy() / lines["ad_valorem"].to_numpy()
        groups: dict[tuple[str, str], list[float]] = {}
        for row in np.flatnonzero(floor).tolist():
            groups.setdefault((code[row][:4], unit[row]), []).append(float(own[row]))
        for row in np.flatnonzero(basis == "").tolist():
            known = groups.get((code[row][:4], unit[row]))
            if known:
                table[row] = min(known), float(np.median(known)), max(known)
                basis[row] = f"implied by heading {code[row][:4]}"
    frame = pd.DataFrame(table, columns=["low", "value", "high"])
    return frame.assign(basis=basis.astype(str))
