# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3

# %% [markdown]
# # 08. Months, and events at different dates
#
# A panel can have years, quarters, months, weeks or days, and units can be treated at different dates. The first half
# uses monthly numbers that follow a rule, so that the answer is known. The second half takes the rounds of enlargement
# of the European Union.

# %% tags=["parameters"]
outcome = "exports"
effect_size = 4.0

# %% [markdown]
# ## A monthly panel
#
# Fifteen shops over three years. Shop T sells `effect_size` more from July 2012 on. Every shop sells more in winter,
# some much more than others.

# %%
import numpy as np
import pandas as pd

import eaeu_analysis as ea

rng = np.random.default_rng(8)
months = [year * 100 + month for year in (2010, 2011, 2012) for month in range(1, 13)]
common = np.cumsum(rng.normal(0, 1, 36)) + 0.5 * np.arange(36)
winter = np.cos(2 * np.pi * (np.arange(36) % 12) / 12)
rows = []
for number in range(15):
    sales = 50 + common + rng.uniform(0, 3) * winter + rng.normal(0, 0.5, 36)
    name = "T" if number == 0 else f"S{number:02d}"
    sales[30:] += effect_size if name == "T" else 0.0
    rows += [{"shop": name, "month": month, "sales": value} for month, value in zip(months, sales, strict=True)]
frame = pd.DataFrame(rows)
frame.head(3)

# %% [markdown]
# Codes such as 201207 are not evenly spaced as numbers: December and January are 89 apart. They are refused until the
# frequency is declared. Dates and pandas Periods need no declaration.

# %%
try:
    ea.Panel.from_frame(frame, unit="shop", time="month")
except ea.EaeuError as error:
    print(error)

# %%
panel = ea.Panel.from_frame(frame, unit="shop", time="month", freq="M")
panel

# %% [markdown]
# The summary states what was fitted. `seasonal=True` takes each shop's seasonal pattern off, as it was before the
# event.

# %%
options = ea.SyntheticDidOptions(seasonal=True)
effect = ea.synthetic_did(panel, "sales", "T", "2012-07", options=options)
print(effect.summary())

# %%
_ = effect.plot(kind="gap", title="Sales of shop T, observed less counterfactual")

# %%
_ = effect.plot(kind="placebo")

# %% [markdown]
# ## Events at different dates
#
# Twelve economies joined the European Union in 2004, 2007 and 2013. A regression with two-way fixed effects would also
# compare late entrants with early ones, whose effect may still be growing. `staggered_did` compares treated
# economy-years with untreated ones only: with economies that have not joined yet, and with those that never did.

# %%
entrants = ["CZE", "EST", "HUN", "LTU", "LVA", "POL", "SVK", "SVN", "CYP", "BGR", "ROU", "HRV"]
joined = {economy: ea.bloc("EU").accession(economy) for economy in entrants}
outside = ["ALB", "MKD", "TUR", "NOR", "CHE", "ISL", "ISR", "TUN", "MAR", "MEX", "KOR"]
world = ea.load_panel([outcome, "SP.POP.TOTL"], [*entrants, *outside], (1996, 2016))
rounds = ea.staggered_did(world, outcome, entrants, joined, outside, fit_years=(1996, 2003))
print(rounds.summary())

# %%
rounds.cohorts.round(2)

# %%
_ = rounds.plot(kind="event_study")

# %% [markdown]
# The three estimators differ in the comparison that they make, so their agreement is informative. If the check of the
# leads fails, entrants and others were on different paths before the accession, and the estimate is not an effect of
# the union.

# %%
methods = ["callaway_santanna", "sun_abraham", "imputation"]
found = {
    name: ea.staggered_did(world, outcome, entrants, joined, outside, method=name, fit_years=(1996, 2003))
    for name in methods
}
pd.DataFrame({name: {"estimate": e.estimate, "p": e.p_value, "finding": e.finding} for name, e in found.items()}).T

# %% [markdown]
# The same question for three other rounds of accession: the World Trade Organization (years from
# [its list of members](https://www.wto.org/english/thewto_e/whatis_e/tif_e/org6_e.htm)), the customs union of the
# East African Community (without Burundi, whose exports are missing), and the Comprehensive and Progressive Agreement
# for Trans-Pacific Partnership, whose first members are counted from 2019, its first full year.

# %%
union = ea.bloc("EAC")
east_africa = {economy: union.accession(economy, "customs union") for economy in ("KEN", "TZA", "UGA", "RWA")}
wto = dict.fromkeys(["ALB", "GEO", "JOR", "OMN"], 2000) | dict.fromkeys(["CHN", "MDA"], 2001)
wto |= {"ARM": 2003, "MKD": 2003, "KHM": 2004, "NPL": 2004, "SAU": 2005, "VNM": 2007, "UKR": 2008}
wto |= {"RUS": 2012, "LAO": 2013, "TJK": 2013, "KAZ": 2015}
pacific = dict.fromkeys(["AUS", "CAN", "JPN", "MEX", "NZL", "SGP", "VNM"], 2019) | {"PER": 2021, "MYS": 2022}
outsiders = {
    "WTO": ["AZE", "UZB", "IRN", "DZA", "ETH", "LBN", "BTN", "SDN"],
    "EAC": ["MOZ", "MWI", "ZMB", "MDG", "GHA", "SEN", "CMR", "BEN", "BFA", "MLI", "NER", "TGO"],
    "CPTPP": ["USA", "KOR", "THA", "IDN", "PHL", "COL", "TUR", "ZAF", "BRA", "IND", "CHE", "NOR", "ISR"],
}
asked = {"WTO": (wto, (1995, 1999), None), "EAC": (east_africa, (1995, 2004), None)}
asked["CPTPP"] = (pacific, (2008, 2018), (2022, 2024))
answers = {"EU": rounds}
for name, (dates, before, after) in asked.items():
    panel = ea.load_panel([outcome, "SP.POP.TOTL"], [*dates, *outsiders[name]], (before[0], 2024))
    answers[name] = ea.staggered_did(
        panel, outcome, list(dates), dates, outsiders[name], fit_years=before, post_years=after
    )
pd.DataFrame(
    {
        name: {
            "estimate": e.estimate,
            "lower": e.interval[0],
            "upper": e.interval[1],
            "p": e.p_value,
            "finding": e.finding,
            "window": e.window,
        }
        for name, e in answers.items()
    }
).T

# %% [markdown]
# Exports rose against those of outsiders after accession to the European Union. In the three other rounds the interval
# includes zero. The outsiders were chosen by hand, among economies of the region or of like size; another choice can
# give another answer.
