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
# # 04. Who trades with whom
#
# The World Bank's totals say how much a country trades, not with whom. A union is about the second. This notebook
# takes flows between pairs of economies and asks whether the members came to trade more with each other, whether
# that was the union's doing, and which way Uzbekistan already leans.

# %%
import eaeu_analysis as ea

# %% [markdown]
# ## Two reports of one flow
#
# Every flow is reported twice: by who sells, without carriage, and by who buys, with it. Uzbekistan's exports to
# Russia by both sides, and the gap between them once carriage is taken off. A gap is not an error of one side that
# can be named; it is how much is not known.

# %%
own, russian = ea.load_flows("uzbekistan_annual"), ea.load_flows("russia_annual")
reports = ea.both_reports("UZB", "RUS", own, russian)
reports[reports["year"].between(2012, 2019)].round(2)

# %% [markdown]
# The same for China and Kyrgyzstan would be the most telling, and cannot be had here: no table that ships holds
# Kyrgyzstan's own reports by partner. The column `known` says so. What is missing stays missing.

# %%
panel = ea.load_flows("world_4yearly", years=[2008, 2012, 2016])
ea.both_reports("CHN", "KGZ", panel)[["year", "exporter_usd", "importer_usd", "known"]]

# %% [markdown]
# ## Before and after, pair by pair
#
# From 2008, before the customs union, to 2016, after Kyrgyzstan joined. Flows that were not reported in one of the
# years are left out of both. In dollars most of the region's trade fell, with members as with others: oil and the
# rouble are in every cell.

# %%
flows = ea.flow_matrix()
_ = flows.plot()

# %% [markdown]
# ## What gravity expects
#
# So each flow is set against what one would expect of it: how much the seller sold to everybody that year, how much
# the buyer bought from everybody, and what this pair has always traded. What is left over is the pair's own. That is
# Poisson regression with exporter-year, importer-year and pair effects, corrected for the bias that so many effects
# bring (Weidner and Zylkin 2021).

# %%
answer = ea.trade_answer()
_ = answer.union.plot()

# %% [markdown]
# Three things to see. Trade among the founders had been *falling* against expectation before the union began. It
# rose after 2012. And so did the members' trade with neighbours that never joined, whose line runs close by: what
# both share is not the union's doing.

# %% [markdown]
# ## How much hangs on the specification
#
# One dummy a step, as a textbook has it, gives a large effect of the union. Take off what the neighbours did, or let
# trade with oneself into the equation, and it is small and no longer clear.

# %%
_ = answer.plot()

# %% [markdown]
# In words, and with the checks whose rules were fixed beforehand:

# %%
for sentence in answer.sentences():
    print("-", sentence)

# %%
for check in answer.checks:
    print(f"[{check.mark}] {check.name}: {check.text}")

# %% [markdown]
# ## Did it take trade from others?
#
# Imports of the members from China, Turkey and the EU, each beside the other outsiders: estimate and interval in log
# points, and the estimate in per cent.

# %%
answer.diversion[["panel", "step", "from", "estimate", "lower", "upper", "percent", "stands_out"]].round(2)

# %% [markdown]
# ## The union beside other agreements
#
# A coefficient of its own for every agreement that joined enough flows. Those of small agreements are noisy and are
# pulled to the mean by as much as their noise deserves. The union's stands out here, and this is the specification
# in which its neighbours are not set beside it: a ranking is no proof.

# %%
agreements = ea.agreement_effects()
_ = agreements.plot()

# %% [markdown]
# ## Beside what others found
#
# Signs and sizes of published studies that were seen, next to the estimate of ours that comes nearest.

# %%
answer.findings[["finding", "source", "their_sign", "our_sign", "our_percent"]].round(1)

# %% [markdown]
# ## Which way Uzbekistan leans
#
# Shares of its goods trade. Then the same beyond what the partner's size explains: introversion runs from -1 (all
# trade is with others) to 1 (all of it is with this partner), and 0 is what size alone would give.

# %%
_ = answer.exposure.plot()

# %%
columns = ["partner", "exports_share", "imports_share", "export_introversion", "import_introversion"]
answer.exposure.table[columns].round(2)

# %% [markdown]
# ## What the common tariff would change
#
# Uzbekistan's average duty by chapter beside that of the union. A chapter counts as rising only when even the lower
# bound of the common tariff is above today's: hundreds of its duties are so much per kilogram, and what that is in
# per cent is known within a range or not at all.

# %%
_ = answer.tariffs.plot()

# %%
answer.tariffs.totals().round(3)

# %% [markdown]
# ## After 2022
#
# Russia's exports by partner against what 2016-21 lead one to expect. From 2022 on these are estimates made of
# partners' reports. A surge says that a flow jumped, not why; trade that sanctions re-routed is no gain from
# membership.

# %%
imf = ea.load_flows("russia_imts")
sold = imf[imf["basis"] == "exporter_fob"]
surge = ea.surges(sold, fit_years=(2016, 2021), post_years=(2022, 2024), trend=False)
near = surge.table[surge.table["importer"].isin(["ARM", "KGZ", "KAZ", "UZB", "GEO", "TUR", "CHN"])]
near[["importer", "year", "observed", "expected", "ratio", "surged"]].round(
    {"ratio": 2, "observed": -6, "expected": -6}
)

# %% [markdown]
# ## What to take away
#
# - Trade among the founders rose after 2012 beyond what gravity expects; most of that rise is shared by neighbours
#   that never joined, and it follows a fall that began before the union. That the union made it is not shown.
# - The four-yearly panel ends in 2016: it speaks of the customs union and of the EAEU's first year.
# - Uzbekistan trades with the union far beyond what its size explains, without being in it.
# - For most of its imports the common tariff is higher than today's, and a third of them come from partners that
#   would stay duty-free either way.
