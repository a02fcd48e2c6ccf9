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
# # 02. Kyrgyzstan before and after
#
# Kyrgyzstan became a member of the Eurasian Economic Union on 12 August 2015. What changed afterwards?
#
# The question has three parts: what changed in Kyrgyzstan, what changed in the same years in countries that did not
# join, and whether the difference between the two could be chance. A fourth question, whether the union caused it, is
# not answered here: the rouble lost half of its value in the months of accession.

# %% [markdown]
# The text below is about Kyrgyzstan; the numbers are those of the economy named here. `eaeu notebooks run 02 -p
# unit=ARM` makes the same tables and figures for another member.

# %% tags=["parameters"]
unit = "KGZ"

# %%
import eaeu_analysis as ea

panel = ea.load_panel(["trade", "exports", "imports", "remittances", "tariff", "gdp_per_head", "inflation", "fdi"])
accession = ea.bloc("EAEU").accession(unit)
accession.isoformat()

# %% [markdown]
# ## One outcome: trade
#
# The mean of 2010-14 is compared with the mean of 2016-19; 2015 is left out. The comparators are six countries
# outside the union whose currencies fell with the rouble.

# %%
trade = ea.before_after(panel, "trade", unit, accession)
_ = trade.plot()
# %% [markdown]
# Kyrgyzstan's line turns down after 2012, three years before accession, so the fall does not begin in 2015. It is
# also a ratio: it falls when GDP grows. In the shaded windows:

# %%
trade.to_frame()[["unit", "mean_before", "mean_after", "change", "growth_before", "growth_after"]].round(1)

# %% [markdown]
# Is the difference more than chance? With seven countries the smallest possible p-value is one in seven, so this pool
# cannot answer that. These are the checks:

# %%
print(trade.summary())

# %% [markdown]
# ## A wider pool
#
# These are the twenty economies nearest in level and trend before accession. Few of them shared the rouble shock, so
# this answers a different question: was the change unusual at all? The nearest are not very near: their trade
# averaged 90 % of GDP, Kyrgyzstan's 134 %, and an extreme starting value tends to revert to the mean.

# %%
nearest = ea.before_after(panel, "trade", unit, accession, comparators="nearest")
gap = nearest.difference
print(f"difference {gap.versus_mean:+.1f} points, p = {nearest.p_value:.2f} among {gap.test.n}")

# %% [markdown]
# ## Move the windows
#
# A finding that depends on the choice of years is weak. The choice above, and three others:

# %%
for pre, post, skip in [(5, 4, 1), (3, 3, 1), (8, 4, 1), (5, 4, 0)]:
    moved = ea.before_after(panel, "trade", unit, accession, pre=pre, post=post, skip=skip)
    print(
        f"pre {pre}, post {post}, skip {skip}: {moved.estimate:+.1f} points, comparators {moved.difference.mean:+.1f}"
    )

# %% [markdown]
# ## Every outcome, every member
#
# Belarus, Kazakhstan and Russia entered the customs union in 2010 and the EAEU in 2015, so each has two events. Years
# after 2019 are excluded: they include the pandemic and, from 2022, the re-routing of sanctioned trade.

# %%
members = ea.compare_members(panel, ["trade", "exports", "imports", "remittances", "gdp_per_head"])
table = members.to_frame()
table["who"] = table["unit"] + " " + table["event"].str[:4]
table.pivot(index="outcome", columns="who", values="change").round(1)

# %% [markdown]
# The same for the difference from the comparators:

# %%
table.pivot(index="outcome", columns="who", values="difference").round(1)

# %% [markdown]
# ## What this cannot say
#
# - Whether the union or the rouble moved a number: both happened at once, and a comparison of means cannot separate
#   them.
# - With whom Kyrgyzstan trades: these are totals.
# - What passed through the bazaars: goods from China resold to Russia and Kazakhstan are largely missing from
#   Kyrgyzstan's import statistics, so a fall in that trade would not show.
# - Anything with confidence: for every comparator, the checks list events of its own.
