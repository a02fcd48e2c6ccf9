"""The effect of a tariff across products: exposure to the rise times after, with leads, bounds and permutations."""
