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
# All findings of the toolkit are claims. A claim is one sentence whose numbers come from a result, with a grade of
# evidence set by a fixed rule, a caveat, what would change it, and the call that computes its number.
#
# | grade | evidence |
# |---|---|
# | A | a counterfactual that is significant against placebos and keeps its sign in most specifications |
# | B | any other counterfactual |
# | C | a description, compared with economies that did not join |
# | D | a model with stated assumptions |

# %%
import pandas as pd

import eaeu_analysis as ea

claims = ea.claims()
len(claims)

# %% [markdown]
# ## How much of it is strong?
#
# That few claims have an A is not a fault of the tool. One country, few years and a currency that crashed in the same
# months allow no more. Anyone who claims more can be asked for the source.

# %%
grades = pd.crosstab([c.side for c in claims], [c.grade for c in claims], rownames=["side"], colnames=["grade"])
grades

# %% [markdown]
# ## For and against
#
# The side of a claim follows from its sign and from what a rise means for residents, by a rule in a table. None is
# chosen by hand, and each is shown with its caveat.


# %%
def points(side, most=5):
    rows = [c for c in claims if c.side == side]
    rows = sorted(rows, key=lambda c: (c.grade, c.id))[:most]
    return pd.DataFrame([{"grade": c.grade, "says": c.sentence, "but": c.text("caveat")} for c in rows])


with pd.option_context("display.max_colwidth", None):
    display(points("for"))  # noqa: F821 - of every notebook

# %%
with pd.option_context("display.max_colwidth", None):
    display(points("against"))  # noqa: F821 - of every notebook

# %% [markdown]
# ## One claim in full
#
# The call computes the number again. Change the window, the pool or the data in it, and see what changes.

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
# `eaeu brief` writes a two-page brief in English, Russian or Uzbek, with likely questions. `eaeu report` makes the
# page with every figure; with `--check` it says what changed since the claims were last accepted.
