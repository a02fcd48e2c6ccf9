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
# ---

# %% [markdown]
# # 01. The data and their pitfalls
#
# Before asking anything of data, look at what is there: which series, how recent, and what is missing. This notebook
# opens the data shipped with the toolkit. It works without a network.

# %%
import pandas as pd

import eaeu_analysis as ea

# %% [markdown]
# ## Which series are included
#
# The catalogue lists the World Bank series that the toolkit knows: what each measures, in which unit, what a rise
# means, and where it misleads.

# %%
catalogue = ea.catalogue()
catalogue.groupby("topic").size().rename("indicators").to_frame()

# %%
catalogue.loc[["NE.TRD.GNFS.ZS", "BX.TRF.PWKR.CD.DT", "TM.TAX.MRCH.WM.AR.ZS"], ["label", "unit", "kind", "note"]]

# %% [markdown]
# ## A panel
#
# `load_panel` takes World Bank codes or the short names of outcomes. Each column has its unit, source and vintage.

# %%
panel = ea.load_panel(["trade", "remittances", "tariff"])
panel

# %% [markdown]
# ## Coverage: who has data, and for which years
#
# `missing_inside` counts gaps between the first and the last value. Uzbekistan's tariff has ten values in all, and
# Kyrgyzstan's has gaps. An average over "2010-14" may therefore rest on fewer years than it seems, so the comparison
# in the next notebook rejects a window with less than 60 % of its years.

# %%
panel.select(["trade", "remittances", "tariff"]).coverage(["KGZ", "UZB", "TJK", "TKM"])

# %% [markdown]
# ## A zero is not always a zero
#
# The source shows remittances of exactly zero for Turkmenistan from 2005 to 2022. The country does receive
# remittances; it does not report them. The source column keeps the zeros; the outcome `remittances` treats them as
# missing and says so.

# %%
turkmenistan = panel.frame.loc["TKM", ["BX.TRF.PWKR.CD.DT", "remittances"]].loc[2003:2007]
turkmenistan

# %%
panel.info("remittances").note

# %% [markdown]
# ## Two vintages are two series
#
# What Kyrgyzstan received in 2019 depends on the edition of the data. The three columns are the same quantity:
# dollars of October 2023 over GDP of December 2025; the share as published in May 2022; and the share as published in
# 2026. They are never spliced.

# %%
vintages = ea.load_panel(
    ["remittances", "BX.TRF.PWKR.DT.GD.ZS@2022-05-25", "BX.TRF.PWKR.DT.GD.ZS@2026-06-11"], economies=["KGZ"]
)
vintages.frame.loc["KGZ"].loc[
    2016:2021, ["remittances", "BX.TRF.PWKR.DT.GD.ZS@2022-05-25", "BX.TRF.PWKR.DT.GD.ZS@2026-06-11"]
].round(1)

# %% [markdown]
# ## Units travel with the numbers
#
# A transform updates the unit, and refuses operations that make no sense.

# %%
money = ea.load_panel(["BX.GSR.GNFS.CD", "SP.POP.TOTL", "NY.GDP.MKTP.CD", "FP.CPI.TOTL.ZG"], economies=["Kyrgyzstan"])
money = money.per_head("BX.GSR.GNFS.CD")
money.info("per_head(BX.GSR.GNFS.CD)").unit

# %%
try:
    money.log("FP.CPI.TOTL.ZG")
except ea.EaeuError as refused:
    print(refused)

# %% [markdown]
# ## Your own data
#
# Any table in long form becomes a panel: one column for the units, one for the periods, and the rest are indicators.

# %%
mine = ea.Panel.from_frame(
    pd.DataFrame({"state": ["A", "A", "B", "B"], "year": [2014, 2015, 2014, 2015], "sales": [1.0, 1.5, 2.0, 1.8]}),
    unit="state",
)
mine

# %% [markdown]
# An unknown name gets a suggestion.

# %%
try:
    panel.resolve("Kirgizia")
except ea.EaeuError as refused:
    print(refused)
