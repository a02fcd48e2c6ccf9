"""Donor and predictor weights: the simplex problem and the search for V."""
