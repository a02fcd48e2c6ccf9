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
# # 05. What would joining do to Uzbekistan?
#
# Published answers range from +1.7 to over 4 % of GDP, some by the same author within two months, and none shows an
# interval. This notebook does not add another number of that kind. It states every assumption with its source, draws
# all of them at once, solves the trade of 195 economies for each draw, and asks which assumption matters most.

# %%
import eaeu_analysis as ea

# %% [markdown]
# ## The scenario is a file
#
# Full membership means the common external tariff, easier borders with members, a share of the pooled customs duties,
# and no more work permits for migrants. Each number is a value or a range with its source. To change one, copy the
# file, edit it, and load the copy by its path.

# %%
scenario = ea.load_scenario("uzb_eaeu")
scenario

# %% [markdown]
# ## What comes out
#
# All numbers are drawn at once, 1,000 times. Each row is the change from the baseline once everything is phased in: the
# median draw, and the interval with nine draws in ten.

# %%
result = ea.run_scenario(scenario, draws=1000)
table = result.to_frame()
total = table[table["channel"] == "total"].set_index("outcome")[["unit", "estimate", "lower", "upper"]]
total.loc[["welfare", "real_income", "price_index", "exports", "imports", "exports_to_members", "imports_from_members",
           "customs_receipts_of_gdp", "remittances_of_gdp"]].round(2)  # fmt: skip

# %% [markdown]
# Most likely a small gain. How certain is that? The share of draws in which households can buy more than before:

# %%
print(f"{result.probability():.0%} of {len(result.draws)} draws")

# %% [markdown]
# That is the certainty *if the scenario is right*: its ranges, its channels and its model. It is not the probability
# that joining pays. The rest of this notebook looks for what would overturn it.

# %% [markdown]
# ## Which channel it comes from
#
# Each channel is solved alone, then all together. The tariff, which most of the debate is about, hardly matters; more
# than half of the gain is money that migrants no longer pay for permits.

# %%
_ = result.plot()

# %% [markdown]
# ## Where the uncertainty comes from
#
# One assumption at a time is set to its low and its high end. The three at the top are an effect on trade with members
# whose sign the data cannot tell, the share of the duties that is negotiated, and how much of the saved permit fee is
# sent home.

# %%
_ = result.plot_tornado()

# %%
result.shares().head(6).round(2).to_frame("share of the variance")

# %% [markdown]
# ## What would change the sign
#
# A map of the two assumptions that matter most. Real spending falls in the hatched area; all other assumptions are at
# their medians.

# %%
_ = result.plot_break_even()

# %% [markdown]
# And if the borders become harder rather than easier, little of the saved fees is sent home, and the share of the
# duties is low?

# %%
hard = ea.run_scenario(
    scenario.at({"border_costs.effect": -0.11, "migration.sent_home": 0.05, "customs_revenue.share": 3.5}), draws=1
)
print(f"real spending: {hard.estimate:+.2f} per cent")

# %% [markdown]
# ## Year by year
#
# The tariff is phased in over eight years, borders over five, permits over two. The country receives its share of the
# pool at once, but pays in at its own lower tariff until that has risen, so the early years look better than the
# last. The line is interpolated between two solutions; the path of adjustment itself is not solved.

# %%
_ = result.plot_path()

# %% [markdown]
# ## Who sells
#
# Imports from China, Turkey, Korea and the European Union fall in more than nine draws of ten, because their goods
# face higher tariffs. Whether imports from members rise depends on the border effect, whose sign is unknown.

# %%
_ = result.plot_partners()

# %% [markdown]
# The common tariff alone, without the borders:

# %%
_ = result.plot_partners("tariffs")

# %% [markdown]
# ## The tariff in two models
#
# Two models of the same tariff do not agree. In single markets at given world prices, dearer imports cost consumers
# more than the state collects. In the world model the country buys less abroad, so its wages rise a little relative to
# the world's: its terms of trade improve, and that offsets the loss. With gold at the world's price the gain is close
# to zero; with gold treated like other goods it is larger.

# %%
print(next(check.text for check in result.checks if check.name == "the tariff in two models"))

# %% [markdown]
# A country of Uzbekistan's size may not affect world prices at all. So do not quote a sign for the effect of the
# tariff alone. It is safe to say that the effect is small in both models.

# %% [markdown]
# ## The alternatives: staying out, and the WTO
#
# As an observer, nothing changes that this tool could measure. Joining the WTO without the union lowers tariffs a
# little. All three start from the same baseline.

# %%
observer = ea.run_scenario("uzb_observer", draws=400)
wto = ea.run_scenario("uzb_wto", draws=400)
rows = {"stays an observer": observer, "joins the WTO only": wto, "joins the union": result}
for name, other in rows.items():
    row = other.value("welfare")
    print(f"{name:20} real spending {row['estimate']:+.3f} per cent ({row['lower']:+.3f} to {row['upper']:+.3f})")

# %% [markdown]
# ## The number that is left out
#
# Did the right to work raise remittances? For Armenia and Kyrgyzstan together the interval of the estimate runs from a
# collapse to more than a doubling. Taken at face value, it dominates everything else:

# %%
rights = ea.run_scenario("uzb_eaeu_work_rights", draws=400)
row = rights.value("welfare")
print(f"real spending {row['estimate']:+.1f} per cent ({row['lower']:+.1f} to {row['upper']:+.1f})")

# %%
_ = rights.plot_break_even()

# %% [markdown]
# An interval that wide is not a result. The headline scenario uses what is known instead: how many migrants pay for a
# permit, and what it costs. Anyone who quotes a large gain from work rights should be asked for the interval.

# %% [markdown]
# ## How good has the tool been?
#
# The same method was run for Kyrgyzstan and Armenia with what was known in 2014, and compared with what happened:

# %%
print(next(check.text for check in result.checks if check.name == "backtest"))

# %% [markdown]
# ## Try it
#
# A polynomial replaces the model, so that the sliders respond at once. They work in JupyterLab; on a page without a
# kernel you see a fixed picture.

# %%
sliders = result.sliders()
sliders

# %% [markdown]
# The polynomial is close, but it is not the model. This cell solves the model itself at the values of the sliders
# (other assumptions at their medians) and compares it with the polynomial. Move a slider and run it again.

# %%
exact = ea.run_scenario(sliders.scenario(), draws=1)
both = sliders.to_frame().rename(columns={"value": "by the sliders"})
both["by the model"] = [exact.value(outcome)["estimate"] for outcome in both["outcome"]]
both.round(2)

# %% [markdown]
# ## What to take away
#
# - In this model joining is worth about a quarter of one per cent of household spending, with an interval that
#   includes zero. Most of it comes from permit fees and from a share of customs duties that would be negotiated.
# - The tariff itself is close to neutral for households, moves purchases away from China, and brings the state some
#   revenue.
# - Two checks of the model fail (the tariff in two models, and the backtest): quote the order of magnitude, not the
#   digits.
# - The largest numbers in the debate rest on remittances or investment, which nobody has estimated well enough to
#   give an interval.
