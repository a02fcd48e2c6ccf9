"""A small panel by hand, and one check of a result by its name."""

import pandas as pd

from eaeu_analysis.data.panel import Panel
from eaeu_analysis.series import SeriesInfo

ROUBLE = ["TJK", "UZB", "GEO", "MDA", "AZE", "UKR"]

YEARS = range(2008, 2024)


def small(kind="share", unit="% of GDP", edit=None):
    """Four units; the treated one steps from 50 to 60 in 2015, the others by 1, 2 and 6; no trend, no noise but b's."""
    rows = []
    for name, base, step in (("t", 50.0, 10.0), ("a", 40.0, 1.0), ("b", 30.0, 2.0), ("c", 20.0, 6.0)):
        for year in YEARS:
            wobble = (year % 2) / 10 if name == "b" else 0.0
            rows.append((name, year, base + (step if year >= 2015 else 0.0) + wobble))
    df = pd.DataFrame(rows, columns=["who", "year", "y"])
    if edit is not None:
        df = edit(df)
    return Panel.from_frame(df, "who", "year", series={"y": SeriesInfo("y", "An outcome", unit, kind)})


# -- missing data -------------------------------------------------------------------------------------------
def without(unit, years):
    return lambda df: df[~((df["who"] == unit) & df["year"].isin(years))]


# -- checks -------------------------------------------------------------------------------------------------
def check(result, name):
    return next(c for c in result.checks if c.name == name)
