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
# The World Bank's totals say how much a country trades, not with whom; a union is about partners. This notebook uses
# flows between pairs of economies. It asks whether the members trade more with each other than before, whether the
# union caused that, and with whom Uzbekistan already trades.

# %%
import eaeu_analysis as ea

# %% [markdown]
# ## Two reports of one flow
#
# Every flow is reported twice: by the seller, without freight, and by the buyer, with it. Below are Uzbekistan's
# exports to Russia as reported by both sides, and the gap between them net of freight. The gap cannot be blamed on
# one side; it measures how much is unknown.

# %%
own, russian = ea.load_flows("uzbekistan_annual"), ea.load_flows("russia_annual")
reports = ea.both_reports("UZB", "RUS", own, russian)
reports[reports["year"].between(2012, 2019)].round(2)

# %% [markdown]
# The same comparison for China and Kyrgyzstan would be the most telling, but no shipped table has Kyrgyzstan's own
# reports by partner. The column `known` says so. Missing values stay missing.

# %%
panel = ea.load_flows("world_4yearly", years=[2008, 2012, 2016])
ea.both_reports("CHN", "KGZ", panel)[["year", "exporter_usd", "importer_usd", "known"]]

# %% [markdown]
# ## Before and after, pair by pair
#
# The table compares 2008, before the customs union, with 2016, after Kyrgyzstan joined. Flows not reported in one of
# the two years are left out of both. In dollars most of the region's trade fell, with members and with others: oil
# prices and the rouble affect every cell.

# %%
flows = ea.flow_matrix()
_ = flows.plot()

# %% [markdown]
# ## What gravity expects
#
# So each flow is compared with its expected value, given how much the seller sold to everybody that year, how much
# the buyer bought from everybody, and what this pair usually trades. The method is Poisson regression with
# exporter-year, importer-year and pair effects, corrected for the bias that so many effects cause (Weidner and Zylkin
# 2021).

# %%
answer = ea.trade_answer()
_ = answer.union.plot()

# %% [markdown]
# Note three things. Trade among the founders had been *falling* relative to expectation before the union began. It
# rose after 2012. The members' trade with neighbours that never joined rose almost as much, and the common part is
# not an effect of the union.

# %% [markdown]
# ## How sensitive it is to the specification
#
# A textbook specification, with one dummy for the union, gives a large effect. Net of the neighbours' change, or with
# domestic trade in the equation, it is small and no longer clear.

# %%
_ = answer.plot()

# %% [markdown]
# The summary, with the checks whose rules were fixed beforehand:

# %%
for sentence in answer.sentences():
    print("-", sentence)

# %%
for check in answer.checks:
    print(f"[{check.mark}] {check.name}: {check.text}")

# %% [markdown]
# ## Did it take trade from others?
#
# Imports of the members from China, Turkey and the EU, each relative to the other outsiders: estimate and interval in
# log points, and the estimate in per cent.

# %%
answer.diversion[["panel", "step", "from", "estimate", "lower", "upper", "percent", "stands_out"]].round(2)

# %% [markdown]
# ## The union compared with other agreements
#
# Every agreement with enough flows has its own coefficient. Those of small agreements are noisy and are shrunk
# towards the mean accordingly. The union's is large here, but this specification does not compare it with its
# neighbours, so the ranking proves nothing.

# %%
agreements = ea.agreement_effects()
_ = agreements.plot()

# %% [markdown]
# ## What others found
#
# Signs and sizes from published studies, next to our closest estimate.

# %%
answer.findings[["finding", "source", "their_sign", "our_sign", "our_percent"]].round(1)

# %% [markdown]
# ## With whom Uzbekistan trades
#
# First, shares of its goods trade. Then the same corrected for the partner's size: introversion runs from -1 (all
# trade is with others) to 1 (all trade is with this partner), and 0 is what size alone would give.

# %%
_ = answer.exposure.plot()

# %%
columns = ["partner", "exports_share", "imports_share", "export_introversion", "import_introversion"]
answer.exposure.table[columns].round(2)

# %% [markdown]
# ## What the common tariff would change
#
# Uzbekistan's average duty by chapter, compared with the union's. A chapter counts as rising only if even the lower
# bound of the common tariff is above today's. Hundreds of the union's duties are per kilogram, and their equivalent
# in per cent is known only within a range or not at all.

# %%
_ = answer.tariffs.plot()

# %%
answer.tariffs.totals().round(3)

# %% [markdown]
# ## After 2022
#
# Russia's exports by partner, compared with the trend of 2016-21. From 2022 on they are estimates from partners'
# reports. A surge says that a flow jumped, not why; trade re-routed by sanctions is not a gain from membership.

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
# - Trade among the founders rose after 2012 by more than gravity predicts. Most of that rise is shared by neighbours
#   that never joined, and it follows a fall that began before the union. There is no proof that the union caused it.
# - The four-yearly panel ends in 2016, so it covers the customs union and only the first year of the EAEU.
# - Uzbekistan trades with the union far more than size explains, without being a member.
# - For most of its imports the common tariff is higher than today's, and a third of them come from partners that
#   would stay duty-free either way.
