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
# # 07. Your own question
#
# The toolkit was built for one union, but works for any bloc, any country and your own data. The example is Estonia,
# which joined the European Union in 2004. The right answer is better known here than for Kyrgyzstan, so this is also
# a test of the tool.

# %% tags=["parameters"]
unit = "EST"
bloc = "EU"
outcome = "exports"

# %%
import pandas as pd

import eaeu_analysis as ea

joined = ea.bloc(bloc).accession(unit)
ea.bloc(bloc).members(on=joined)[:12], joined.isoformat()

# %% [markdown]
# ## Before and after
#
# The windows are the same as elsewhere: five years before, four after, without the year of accession. The comparators
# are chosen by similarity before the event, because those of the rouble pool have nothing to do with this case.

# %%
panel = ea.load_panel([outcome, "SP.POP.TOTL"])
change = ea.before_after(panel, outcome, unit, joined, comparators="nearest", bloc=bloc)
print(change.summary())

# %%
_ = change.plot()

# %% [markdown]
# ## Against a counterfactual
#
# The donors of this synthetic control are the same economies, those most similar before the event. With all economies
# of the world as donors the fit would be closer, but it would consist of Aruba and Iraq: a close fit does not prove
# similarity.

# %%
donors = change.to_frame()["unit"].tolist()[1:]
effect = ea.synthetic_control(panel, outcome, unit, joined, donors=donors, fit_years=(1996, 2003), v="outcomes")
print(effect.summary())

# %%
_ = effect.plot()

# %% [markdown]
# ## Your own data
#
# Any frame with a row per unit and period will do: states, regions, firms. Here the numbers follow a rule, so the
# answer is known: unit A gains 5 from 2010 on, all others nothing.

# %%
rows = [
    {
        "state": state,
        "year": year,
        "sales": 100 + 3 * k + 2 * (year - 2000) + (5 if state == "A" and year >= 2010 else 0),
    }
    for k, state in enumerate("ABCDEFGH")
    for year in range(2000, 2018)
]
mine = ea.Panel.from_frame(pd.DataFrame(rows), unit="state", time="year")
found = ea.synthetic_did(mine, "sales", "A", 2010)
round(found.estimate, 6)

# %% [markdown]
# Files work the same way: `ea.load_panel(source="folder")` reads the World Bank's downloads and tidy tables, and
# `eaeu data pin FILES --out folder` keeps them with source, vintage and a hash. For your own scenario, copy one from
# `data/scenarios`, change it, and run it by its path: `eaeu scenario run mine.toml`.
