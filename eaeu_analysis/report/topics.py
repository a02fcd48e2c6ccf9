"""report.topics."""

from __future__ import annotations

TOPICS = ("fared", "members", "partners", "leaning", "tariffs", "revenue", "scenario", "rerouting", "unsupported")


SCENARIO, DRAWS, SEED = "uzb_eaeu", 200, 0
