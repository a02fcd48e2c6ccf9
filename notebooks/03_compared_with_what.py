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
# # 03. Compared with what?
#
# The last notebook compared Kyrgyzstan before and after its accession. That mixes the union and the rouble in one
# number. This one asks a better question: what would have happened without accession? That cannot be observed, so it
# is estimated from economies that did not join.

# %%
import eaeu_analysis as ea

panel = ea.load_panel(["trade", "imports", "remittances", "gdp_per_head"], years=(2002, 2019))

# %% [markdown]
# ## A synthetic Kyrgyzstan
#
# This is a weighted average of donors, with positive weights that sum to one, chosen so that it moved like Kyrgyzstan
# from 2002 to 2014. The question is whether the two lines diverge after 2014. No member of the union is a donor.

# %%
former_soviet = ["AZE", "EST", "GEO", "LTU", "LVA", "MDA", "TJK", "TKM", "UKR", "UZB"]
effect = ea.synthetic_control(
    panel,
    "remittances",
    "KGZ",
    2015,
    donors=former_soviet,
    v="outcomes",
    post_years=(2016, 2019),
    options=ea.SyntheticControlOptions(gaps="interpolate"),
)
_ = effect.plot()

# %%
effect.weights[effect.weights > 0.005].sort_values(ascending=False).round(3).to_frame()

# %% [markdown]
# Is a gap of that size unusual? The same calculation is made for every donor in turn, as if it had joined. The
# p-value is Kyrgyzstan's rank among all of them, including itself. The rules of the checks were fixed before the fit:

# %%
print(effect.summary())

# %% [markdown]
# ## One default, and how much it depends on the donors
#
# The default was written down before its result was seen. "alike": the nearest economies in income, size and openness
# without a known shock of their own, at most one per year of the fit; the fit ends two years before the event. The
# report, the brief and `eaeu impact` use the same one. Three others: "strict" halves the bounds of likeness;
# "wide" is every economy outside the union with over a million people; "rouble" is the non-members that shared the
# rouble shock. "exposure" is the wide pool, but donors must also match Kyrgyzstan's trade with Russia and its
# remittances from Russia.

# %%
outcomes = ["trade", "imports", "remittances", "gdp_per_head"]
whole = ea.load_panel()
union = ea.union_effects(whole, outcomes, units=["KGZ"], pools=["alike", "strict", "wide", "rouble", "exposure"])
union.to_frame()[["outcome", "pool", "estimate", "lower", "upper", "p_value", "finding", "failed"]].round(2)

# %% [markdown]
# Nothing is significant at 10 %. That says something about the evidence: with one country, eighteen years and series
# this noisy, only a very large effect would be detectable. The check "minimum detectable effect" says how large:

# %%
for question, found in union.effects.items():
    smallest = found.check("minimum detectable effect")
    if smallest is not None and question.pool == "alike":
        print(f"{question.outcome}: {smallest.text}")

# %% [markdown]
# The last pool shows how hard it is to separate the two shocks: almost no country outside the union depends on
# Russia as Kyrgyzstan does. One country, Tajikistan, makes up half of the counterfactual or more, and the checks
# reject it.

# %%
union.table[union.table["pool"] == "exposure"][["outcome", "weights", "failed"]]

# %% [markdown]
# ## All members together
#
# Each member is compared with its own donors from the day it joined its first stage. The results are then pooled: the
# mean over members is ranked among the means of random sets of economies that did not join.

# %%
members = ea.union_effects(whole, ["trade"])
members.pooled[["pool", "members", "estimate", "lower", "upper", "p_value"]].round(2)

# %% [markdown]
# ## How sensitive is it to the specification?
#
# Outcome measures, estimators, pools, windows, predictors and the treatment of 2014-15 give 3,240 defensible
# specifications. Here are 200 of them, drawn at random; `eaeu impact KGZ --outcome trade --curve` runs them all.

# %%
curve = ea.specification_curve(whole, "trade", "KGZ", 2015, limit=200)
_ = curve.plot()

# %%
print(curve.summary())

# %% [markdown]
# ## False-positive rate and power
#
# The same tests were run on a thousand placebo problems: economies to which nothing happened, at arbitrary dates. A
# test of size 10 % should find 10 % of them significant. `rank` is the test above; `t` is the test of the estimators
# with a standard error; `claims` is the share in which the tool would have claimed an effect.

# %%
sizes = ea.shipped_calibration().sizes
sizes[sizes["test"] != "raw"].round(3)

# %% [markdown]
# For power, it was run on accessions that have been studied: GDP per head of the countries that joined the European
# Union in 2004 and 2007, by the same methods, compared with the literature.

# %%
known = ea.shipped_yardstick()
known.rounds.round(3)

# %%
known.by_estimator.round(1)

# %%
known.literature[["round", "study", "sign", "claim"]]

# %% [markdown]
# ## When did it break: at accession, or when the rouble fell?
#
# This test considers all dates and gives the set of years that cannot be ruled out.

# %%
long = ea.load_panel(["trade", "remittances"], years=(2000, 2019))
print(ea.break_date(long, "trade", "KGZ", 2015, candidates={"accession": 2015, "rouble crash": 2014}).summary())

# %% [markdown]
# ## Another estimator
#
# Synthetic difference-in-differences weights years as well as donors, and matches movements rather than levels.

# %%
other = ea.synthetic_did(
    panel, "trade", "KGZ", 2015, donors=former_soviet, options=ea.SyntheticDidOptions(gaps="interpolate")
)
print(other.verdict)

# %% [markdown]
# ## What to take away
#
# - For Kyrgyzstan no effect of membership on any of these outcomes is statistically significant, in either direction.
#   That does not show that there was none.
# - The donors that fit best are often very different countries (small open economies, oil exporters), and several
#   have events of their own. The checks say so, and an estimate whose checks fail is not a finding.
# - Where a talking point would need a counterfactual, the right answer is: "the data cannot tell".
