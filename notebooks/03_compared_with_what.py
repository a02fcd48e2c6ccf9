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
# The last notebook set Kyrgyzstan before its accession beside Kyrgyzstan after it. That puts the union and the
# rouble into one number. This one asks a better question: what would have happened without accession? Nobody saw
# that, so it has to be built, out of economies that did not join.

# %%
import eaeu_analysis as ea

panel = ea.load_panel(["trade", "imports", "remittances", "gdp_per_head"], years=(2002, 2019))

# %% [markdown]
# ## A synthetic Kyrgyzstan
#
# A weighted average of donors, with positive weights that sum to one, chosen so that it moved as Kyrgyzstan did
# from 2002 to 2014. After 2014 the two lines part, or they do not. No member of the union is a donor.

# %%
former_soviet = ["AZE", "EST", "GEO", "LTU", "LVA", "MDA", "TJK", "TKM", "UKR", "UZB"]
effect = ea.synthetic_control(
    panel,
    "remittances",
    "KGZ",
    2015,
    donors=former_soviet,
    v="outcomes",
    gaps="interpolate",
    post_years=(2016, 2019),
)
_ = effect.plot()

# %%
effect.weights[effect.weights > 0.005].sort_values(ascending=False).round(3).to_frame()

# %% [markdown]
# Is a gap of that size unusual? The same calculation is made for every donor in turn, as if it had joined. The
# p-value is Kyrgyzstan's rank among them, itself included. Then the checks, whose rules were fixed before the
# fit:

# %%
print(effect.summary())

# %% [markdown]
# ## Three pools, four outcomes, one specification
#
# Estimates move with the donors. Three pools are fixed in advance. "wide": every economy of over a million people
# outside the union, which asks whether Kyrgyzstan's path was unusual at all. "rouble": the former Soviet economies
# outside it, which share the exposure to the rouble on average, so that what both went through falls out.
# "exposure": the wide pool again, but donors must share the exposure in Kyrgyzstan's own measure: goods trade with
# Russia and remittances from Russia, each in per cent of GDP before the rouble fell, are matched beside the outcome.

# %%
outcomes = ["trade", "imports", "remittances", "gdp_per_head"]
union = ea.union_effects(panel, outcomes, units=["KGZ"], pools=["wide", "rouble", "exposure"])
union.to_frame()[["outcome", "pool", "estimate", "lower", "upper", "p_value", "finding", "failed"]].round(2)

# %% [markdown]
# Nothing stands out at 10 %. That is a finding about the evidence: with one country, eighteen years and the noise
# of these series, only a very large effect could be seen. How large, the check "minimum detectable effect" says:

# %%
for question, found in union.effects.items():
    smallest = found.check("minimum detectable effect")
    if smallest is not None and question.pool == "wide":
        print(f"{question.outcome}: {smallest.text}")

# %% [markdown]
# The third pool shows how hard the two shocks are to tell apart: almost nobody outside the union leans on Russia as
# Kyrgyzstan does. Half of its counterfactual or more is one country, Tajikistan, and the checks refuse it.

# %%
union.table[union.table["pool"] == "exposure"][["outcome", "weights", "failed"]]

# %% [markdown]
# ## All members together
#
# Each member against its own donors, from the day it joined its first stage, then pooled: the mean over members is
# ranked among means over random sets of economies that did not join.

# %%
members = ea.union_effects(ea.load_panel(["trade"], years=(1995, 2019)), ["trade"])
members.pooled[["pool", "members", "estimate", "lower", "upper", "p_value"]].round(2)

# %% [markdown]
# ## Does it hang on the specification?
#
# Outcome measures, estimators, pools, windows, predictors and what is done about 2014-15 make 3,240 defensible
# specifications. Here are 200 of them, drawn at random; `eaeu impact KGZ --outcome trade --curve` runs them all.

# %%
whole = ea.load_panel()
curve = ea.specification_curve(whole, "trade", "KGZ", 2015, limit=200)
_ = curve.plot()

# %%
print(curve.summary())

# %% [markdown]
# ## How often does the tool cry wolf, and does it find what is there?
#
# The same tests on a thousand placebo problems: economies to which nothing happened, at dates that mean nothing.
# A test of size 10 % should call 10 % of them significant. `rank` is the test above; `t` is that of the estimators
# with a standard error; `claims` is the share in which the tool would have claimed an effect.

# %%
sizes = ea.shipped_calibration().sizes
sizes[sizes["test"] != "raw"].round(3)

# %% [markdown]
# And the other way round: accessions that have been studied. GDP per head of those who joined the European Union
# in 2004 and 2007, by the same machinery, beside the literature.

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
# A test over all dates, with the set of years that cannot be ruled out.

# %%
long = ea.load_panel(["trade", "remittances"], years=(2000, 2019))
print(ea.break_date(long, "trade", "KGZ", 2015, candidates={"accession": 2015, "rouble crash": 2014}).summary())

# %% [markdown]
# ## Another estimator
#
# Synthetic difference-in-differences weighs years as well as donors, and asks for movements, not levels, to
# agree.

# %%
other = ea.synthetic_did(panel, "trade", "KGZ", 2015, donors=former_soviet, gaps="interpolate")
print(other.verdict)

# %% [markdown]
# ## What to take away
#
# - The evidence on Kyrgyzstan does not show an effect of membership that could be told from chance, in either
#   direction, on any of these outcomes. It does not show that there was none.
# - The donors that fit best are often strange company (small open economies, oil exporters), and several have
#   events of their own. The checks say so, and an estimate whose checks fail is no finding.
# - A talking point that needs a counterfactual should be said as: "the data cannot tell".
