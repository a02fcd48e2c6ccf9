"""p-values, intervals and checks: placebos, conformal, permutation, autoregressive."""
