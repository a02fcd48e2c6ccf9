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

# %% [markdown]
# # 06. Talking points
#
# Everything that the toolkit knows, as claims. A claim is one sentence whose numbers come from a result, with a grade
# of evidence given by a fixed rule, a caveat, what would change it, and the call that makes its number again.
#
# | grade | what stands behind it |
# |---|---|
# | A | a counterfactual that stands out from placebos and keeps its sign in most specifications |
# | B | a counterfactual that does not |
# | C | a description beside economies that did not join |
# | D | a model with stated assumptions |

# %%
import pandas as pd

import eaeu_analysis as ea

claims = ea.claims()
len(claims)

# %% [markdown]
# ## How much of it is strong?
#
# Few grades of A is not a fault of the tool. One country, few years and a rouble that fell in the same months carry no
# more than this, and a person who says more than this on air can be asked for the source.

# %%
grades = pd.crosstab([c.side for c in claims], [c.grade for c in claims], rownames=["side"], colnames=["grade"])
grades

# %% [markdown]
# ## For and against
#
# The side of a claim follows from its sign and from what a rise means for those who live there, by a rule that stands
# in a table. None is chosen by taste, and none stands without its caveat.


# %%
def points(side, most=5):
    rows = [c for c in claims if c.side == side]
    rows = sorted(rows, key=lambda c: (c.grade, c.id))[:most]
    return pd.DataFrame([{"grade": c.grade, "says": c.sentence, "but": c.text("caveat")} for c in rows])


with pd.option_context("display.max_colwidth", None):
    display(points("for"))  # noqa: F821

# %%
with pd.option_context("display.max_colwidth", None):
    display(points("against"))  # noqa: F821

# %% [markdown]
# ## One claim, all the way down
#
# The call gives the number again. Change the window, the pool or the data in it, and see what moves.

# %%
one = next(c for c in claims if c.id == "fared.trade.before_after")
print(one.sentence)
print("grade:", one.grade, "|", one.text("would_change"))
print("call:", one.call)
print("\n".join(one.sources))

# %%
again = ea.before_after(ea.load_panel(["trade"]), "trade", "KGZ", "2015-08-12", bloc="EAEU").estimate
print(abs(again - one.value) < 1e-9)

# %% [markdown]
# ## On paper
#
# `eaeu brief` puts this on two sides of A4, in English, Russian or Uzbek, with the questions a moderator is likely to
# ask. `eaeu report` makes the page with every figure, and says what changed since the last time that it was accepted.
