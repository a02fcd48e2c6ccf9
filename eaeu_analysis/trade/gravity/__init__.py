"""Gravity by PPML with high-dimensional fixed effects."""
