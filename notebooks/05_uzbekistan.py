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
# Published answers run from +1.7 to over 4 % of GDP, some of them by one author within two months, and none shows
# its interval. This notebook does not add another number of that kind. It writes every assumption down with its
# source, draws all of them at once, solves the trade of 195 economies for each draw, and asks which assumption
# carries the answer.

# %%
import eaeu_analysis as ea

# %% [markdown]
# ## The scenario is a file
#
# Full membership: the common external tariff, easier borders with members, a share of the pooled duties, and no
# more work permits for migrants. Each number is a value or a range, and says where it comes from. Copy the file,
# change a number, and load the copy by its path.

# %%
scenario = ea.load_scenario("uzb_eaeu")
scenario

# %% [markdown]
# ## What comes out
#
# 256 draws of all numbers at once. Each row is the change against the baseline once everything is phased in: the
# median draw, and the interval that holds nine draws in ten.

# %%
result = ea.run_scenario(scenario, draws=256)
table = result.to_frame()
total = table[table["channel"] == "total"].set_index("outcome")[["unit", "estimate", "lower", "upper"]]
total.loc[["welfare", "real_income", "price_index", "exports", "imports", "exports_to_members", "imports_from_members",
           "customs_receipts_of_gdp", "remittances_of_gdp"]].round(2)  # fmt: skip

# %% [markdown]
# A small gain, most likely. How sure is that? The share of draws in which households can buy more than before:

# %%
print(f"{result.probability():.0%} of {len(result.draws)} draws")

# %% [markdown]
# That is how sure the answer is *if the scenario is right*: its ranges, its channels, its model. It is not the
# chance that joining pays. The rest of this notebook looks for what would break it.

# %% [markdown]
# ## Which channel brings it
#
# Each channel is solved alone, and then all together. The tariff, which most of the debate is about, hardly
# matters; more than half of the gain is money that migrants need not pay for permits.

# %%
_ = result.plot()

# %% [markdown]
# ## What carries the uncertainty
#
# One assumption at a time at its low and its high end. The three at the top are not facts about trade at all: how
# much of the saved permit fee reaches home, which share of the duties is negotiated, and an effect on trade with
# members that the data can barely see.

# %%
_ = result.plot_tornado()

# %%
result.shares().head(6).round(2).to_frame("share of the variance")

# %% [markdown]
# ## What would have to be true for the sign to flip
#
# A map of the two assumptions that matter most. Hatched is where real spending falls; all other assumptions stand
# at their medians.

# %%
_ = result.plot_break_even()

# %% [markdown]
# One of the two alone is not enough. And if the borders do not get easier, but harder, as the lower end of the
# estimate has it?

# %%
hard = ea.run_scenario(
    scenario.at({"border_costs.effect": -0.11, "migration.sent_home": 0.05, "customs_revenue.share": 3.5}), draws=1
)
print(f"real spending: {hard.estimate:+.2f} per cent")

# %% [markdown]
# ## Year by year
#
# The tariff is phased in over eight years, borders over five, permits in two. The pool pays out its share at once,
# while the country pays in by its own, lower tariff until that has risen: so the early years look better than the
# last. The line is drawn straight between two solved worlds; nobody's path of adjustment was solved.

# %%
_ = result.plot_path()

# %% [markdown]
# ## Who sells
#
# Imports from China, Turkey, Korea and the European Union fall in more than nine draws of ten, since their goods
# meet higher tariffs. Whether those from members rise depends on the border effect, and its sign is not known.

# %%
_ = result.plot_partners()

# %% [markdown]
# The common tariff alone, without the borders:

# %%
_ = result.plot_partners("tariffs")

# %% [markdown]
# ## The tariff in two models
#
# Two models of one tariff, and they disagree in sign. Market by market, at given world prices, dearer imports cost
# consumers more than the state collects. In the world model the country buys less abroad, so its wages rise a
# little against the world's: its terms of trade improve, and that outweighs the loss.

# %%
print(next(check.text for check in result.checks if check.name == "the tariff in two models"))

# %% [markdown]
# A country of Uzbekistan's size may not move world prices at all. So the sign of the tariff's own effect is not
# something to say aloud. What can be said is that it is small in both.

# %% [markdown]
# ## Beside it: staying out, and the WTO
#
# As an observer nothing changes that this tool could measure. Joining the WTO without the union lowers tariffs a
# little. All three are changes of the same world.

# %%
observer = ea.run_scenario("uzb_observer", draws=16)
wto = ea.run_scenario("uzb_wto", draws=64)
rows = {"stays an observer": observer, "joins the WTO only": wto, "joins the union": result}
for name, other in rows.items():
    row = other.value("welfare")
    print(f"{name:20} real spending {row['estimate']:+.3f} per cent ({row['lower']:+.3f} to {row['upper']:+.3f})")

# %% [markdown]
# ## The number that is left out
#
# Did the right to work raise remittances? For Armenia and Kyrgyzstan together the estimate is +0.19 log points, and
# its interval runs from a collapse to a doubling. Taken at its word, it swamps everything else:

# %%
rights = ea.run_scenario("uzb_eaeu_work_rights", draws=128)
row = rights.value("welfare")
print(f"real spending {row['estimate']:+.1f} per cent ({row['lower']:+.1f} to {row['upper']:+.1f})")

# %%
_ = rights.plot_break_even()

# %% [markdown]
# An interval that wide is not a result, it is a confession. The headline scenario uses what is known instead: how
# many migrants pay for a permit, and what it costs. Whoever quotes a large gain from work rights should be asked
# for the interval.

# %% [markdown]
# ## How good has the tool been?
#
# The same method, with what was known in 2014, run for Kyrgyzstan and Armenia and set beside what happened:

# %%
print(next(check.text for check in result.checks if check.name == "backtest"))

# %% [markdown]
# ## Try it
#
# A polynomial stands in for the model, so that sliders move at once. In JupyterLab they appear here; in a page
# without a kernel you see them as they stand.

# %%
sliders = result.sliders()
sliders

# %% [markdown]
# The polynomial is close, but it is not the model. This cell solves the model itself for the values at which the
# sliders stand (other assumptions at their medians), and sets it beside the polynomial. Move a slider, run it again.

# %%
exact = ea.run_scenario(sliders.scenario(), draws=1)
both = sliders.to_frame().rename(columns={"value": "by the sliders"})
both["by the model"] = [exact.value(outcome)["estimate"] for outcome in both["outcome"]]
both.round(2)

# %% [markdown]
# ## What to take away
#
# - Within this model joining is worth a little: about one per cent of what households spend, with an interval from
#   next to nothing to twice that. Most of it hangs on permit fees and on a share of duties that would be negotiated.
# - The tariff itself is close to neutral for households, moves purchases from China to members, and brings the
#   state some revenue.
# - The largest numbers in the debate rest on remittances or investment, which nobody has estimated well enough to
#   show an interval.
