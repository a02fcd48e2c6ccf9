"""What membership did: "compared with what?", answered with counterfactuals and honest inference.

One question (unit, outcome, event, donors, years: :mod:`.problem`), several estimators, one answer
(:class:`.effect.Effect`). Estimators: synthetic control (:mod:`.synthetic`), augmented, synthetic
difference-in-differences, matrix completion, difference-in-differences and event study, interrupted series.
Inference and checks: placebos (:mod:`.placebo`), conformal (:mod:`.conformal`), prediction intervals
(:mod:`.prediction`), diagnostics with a rule fixed before the fit (:mod:`.checks`).

Nothing is imported here: take names from the modules, or from ``eaeu_analysis``.
"""
