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
# Kyrgyzstan became a member of the Eurasian Economic Union on 12 August 2015. What was different afterwards?
#
# The honest form of that question has three parts: what changed in Kyrgyzstan; what changed in the same years in
# countries that did not join; and could the difference between the two be chance. A fourth question, whether the union
# caused it, is not answered here: the rouble lost half of its value in the very months of accession.

# %% [markdown]
# The words below are about Kyrgyzstan; the numbers are of the economy named here, so that
# `eaeu notebooks run 02 -p unit=ARM` makes the same tables and figures for another member.

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
# The mean of 2010-14 is set beside the mean of 2016-19, and 2015 is left out. The comparators are six countries
# outside the union whose currencies fell with the rouble.

# %%
trade = ea.before_after(panel, "trade", unit, accession)
_ = trade.plot()
# %% [markdown]
# Kyrgyzstan's line turns down after 2012, three years before accession: the fall does not begin in 2015. And it is a
# ratio: it also falls when GDP grows. In the shaded windows:

# %%
trade.to_frame()[["unit", "mean_before", "mean_after", "change", "growth_before", "growth_after"]].round(1)

# %% [markdown]
# Is the difference more than chance? With seven countries the smallest p-value there can be is one in seven, so this
# pool cannot say. What the toolkit checked along the way:

# %%
print(trade.summary())

# %% [markdown]
# ## A wider pool
#
# The twenty economies nearest in level and trend before. Few of them shared the rouble shock, so this answers a
# different question: was the change unusual at all? Nearest need not be near: on average they traded 90 % of GDP where
# Kyrgyzstan traded 134, and a unit that starts from an extreme tends to come back of itself.

# %%
wide = ea.before_after(panel, "trade", unit, accession, comparators="wide")
print(f"difference {wide.difference.versus_mean:+.1f} points, p = {wide.p_value:.2f} among {wide.difference.test.n}")

# %% [markdown]
# ## Move the windows
#
# If a finding depends on the years chosen, it is not much of a finding. The choice above, and three others:

# %%
for pre, post, skip in [(5, 4, 1), (3, 3, 1), (8, 4, 1), (5, 4, 0)]:
    moved = ea.before_after(panel, "trade", unit, accession, pre=pre, post=post, skip=skip)
    print(
        f"pre {pre}, post {post}, skip {skip}: {moved.estimate:+.1f} points, comparators {moved.difference.mean:+.1f}"
    )

# %% [markdown]
# ## Every outcome, every member
#
# Belarus, Kazakhstan and Russia entered the customs union in 2010 and the EAEU in 2015, so they have two events each.
# Years after 2019 are not in these numbers: they hold the pandemic, and from 2022 the re-routing of sanctioned trade.

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
# - Whether the union or the rouble moved a number: both happened at once, and no mean before and after can part them.
# - With whom Kyrgyzstan trades: these are totals.
# - What passed through the bazaars: goods from China sold on to Russia and Kazakhstan are largely missing from
#   Kyrgyzstan's import statistics, so a fall of that trade does not show as one.
# - Anything with confidence: of the comparisons above, the checks name events of their own for every comparator.
