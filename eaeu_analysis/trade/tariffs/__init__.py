"""Tariffs: schedules, duties, gaps, partial equilibrium."""
