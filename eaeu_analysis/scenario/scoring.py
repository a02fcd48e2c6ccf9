"""How good a forecast was: sign, error, coverage, nearer than no change; and the verdict in words by rule."""

from __future__ import annotations

import numpy as np
import pandas as pd

AGAINST = ("happened", "effect")


def score(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` (predicted, lower, upper, happened, effect) with, for what happened and for the effect against the
    counterfactual: ``sign_*`` (same sign), ``error_*`` (predicted less true), ``covered_*`` (true value in the
    interval), ``nearer_*`` (nearer than a forecast of no change); missing where the truth is. ``decided``: the interval
    leaves zero out, so that the forecast says something of the direction."""
    out = rows.assign(decided=(rows["lower"] > 0) | (rows["upper"] < 0))
    for truth in AGAINST:
        true = out[truth].astype(float)
        known = true.notna() & out["predicted"].notna()
        error = out["predicted"] - true
        verdicts = {
            "sign": np.sign(out["predicted"]) == np.sign(true),
            "covered": (out["lower"] <= true) & (true <= out["upper"]),
            "nearer": error.abs() < true.abs(),
        }
        out[f"error_{truth}"] = error
        for name, verdict in verdicts.items():
            out[f"{name}_{truth}"] = verdict.astype("boolean").where(known, pd.NA)
    return out


def tally(scored: pd.DataFrame) -> dict[str, int]:
    """Counts over rows of :func:`score`: how many could be judged (``n_*``), how many each verdict holds for, and how
    many effects against the counterfactual leave zero out themselves (``clear_effect``)."""
    clear = (scored["effect_lower"] > 0) | (scored["effect_upper"] < 0)
    out = {"decided": int(scored["decided"].sum()), "clear_effect": int(clear.sum())}
    for truth in AGAINST:
        out[f"n_{truth}"] = int(scored[f"sign_{truth}"].notna().sum())
        for name in ("sign", "covered", "nearer"):
            out[f"{name}_{truth}"] = int(scored[f"{name}_{truth}"].fillna(False).sum())
    return out


def of_sign(right: int, n: int, level: float) -> str:
    """'better than a coin' where a fair coin does as well with probability 1 - level or less; 'worse than a coin' the
    other way round; else 'no better than a coin'. As if the rows were independent, which makes it too easy."""
    from scipy.stats import binom

    if binom.sf(right - 1, n, 0.5) <= 1 - level:
        return "better than a coin"
    return "worse than a coin" if binom.cdf(right, n, 0.5) <= 1 - level else "no better than a coin"


def of_intervals(held: int, n: int, level: float) -> str:
    """'too narrow' where intervals that hold what they claim would hold so few with probability 1 - level or less."""
    from scipy.stats import binom

    return "too narrow" if binom.cdf(held, n, level) <= 1 - level else "not too narrow"


def sentence(who: str, what: str, known: dict[str, int], turned: dict[str, int], level: float) -> str:
    """How good the tool would have been, one plain sentence by rule from the counts of both runs."""
    n = known["n_happened"]
    if n == 0:
        return f"Asked at the end of 2014 about {what} of {who}: nothing that happened since can be compared."
    right, held, nearer = (known[f"{name}_happened"] for name in ("sign", "covered", "nearer"))
    again = turned["sign_happened"]
    wide = "so wide that only " if 2 * known["decided"] < n else ""
    luck = " (fewer: part of the first score is luck)" if again < right else ""
    return (
        f"Asked at the end of 2014 about {what} of {who}, this tool would have had the direction of {right} of {n} "
        f"changes right ({of_sign(right, n, level)}); its {level:.0%} intervals would have held {held} "
        f"({of_intervals(held, n, level)}, and {wide}{known['decided']} of {n} left zero out); a forecast of no "
        f"change would have been further off in {nearer}; told what the rouble and Russian income would do, {again} "
        f"directions{luck} and {turned['covered_happened']} intervals would have been right."
    )


def beside_counterfactual(known: dict[str, int], turned: dict[str, int]) -> str:
    """The same counts against the estimated effects, in a sentence."""
    m = known["n_effect"]
    if m == 0:
        return "No effect against a counterfactual can be estimated."
    return (
        f"Against the effects that counterfactuals give, {known['clear_effect']} of {m} of which leave zero out "
        f"themselves: direction of {known['sign_effect']} of {m} right, {known['covered_effect']} estimates inside the "
        f"tool's intervals, nearer than no change in {known['nearer_effect']}; told the rouble and Russian income: "
        f"{turned['sign_effect']}, {turned['covered_effect']} and {turned['nearer_effect']}."
    )
