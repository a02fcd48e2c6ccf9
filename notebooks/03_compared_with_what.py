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
# ## Two pools, four outcomes, one specification
#
# Estimates move with the donors. Two pools are fixed in advance: every economy of over a million people outside
# the union, which asks whether Kyrgyzstan's path was unusual at all; and the former Soviet economies outside it,
# which share the exposure to the rouble, so that what both went through falls out.

# %%
union = ea.union_effects(panel, ["trade", "imports", "remittances", "gdp_per_head"], units=["KGZ"])
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
