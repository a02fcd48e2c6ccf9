"""The topics of the claims, and the scenario that the report runs."""

from __future__ import annotations

TOPICS = ("fared", "members", "partners", "leaning", "tariffs", "revenue", "scenario", "rerouting", "unsupported")

SCENARIO, DRAWS, SEED = "uzb_eaeu", 1000, 0  # as eaeu scenario run has them by default: one number for one thing
