"""The few numbers and places that the whole package shares; each is a parameter wherever it is used."""

from __future__ import annotations

import os
from pathlib import Path

ENDPOINT = "https://api.worldbank.org/v2"
LEVEL = 0.90  # of every interval: five treated countries and few years do not carry 0.95
FIRST_YEAR = 1990
PRE_YEARS = 5  # years in the window before an event
POST_YEARS = 4  # years in the window after it
SKIP_YEARS = 1  # years left out at the event, the accession year first
LAST_CLEAN_YEAR = 2019  # later years hold the pandemic and the re-routing of sanctioned trade
MIN_WINDOW_SHARE = 0.6  # of a window's years must be present, else the window is not available


def data_dir() -> Path:
    """The data shipped with the package: inside the wheel, or next to the package in a checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "_shipped"
    return inside if inside.is_dir() else here.parent / "data"


def cache_dir() -> Path:
    """Where fetched data are kept: ``$EAEU_STORE`` if set, else the platform's cache directory."""
    from_env = os.environ.get("EAEU_STORE")
    if from_env:
        return Path(from_env)
    import platformdirs

    return Path(platformdirs.user_cache_dir("eaeu_analysis", appauthor=False))


def endpoint() -> str:
    """Which address of the World Bank's API is asked: ``$EAEU_ENDPOINT`` if set, else the World Bank's own."""
    return os.environ.get("EAEU_ENDPOINT") or ENDPOINT


def allow_http() -> bool:
    """Whether an address without encryption may be asked: ``$EAEU_ALLOW_HTTP`` is 1."""
    return os.environ.get("EAEU_ALLOW_HTTP") == "1"


def site_address() -> str:
    """Where the report will be published: ``$EAEU_SITE``, "" when it is not set; without it addresses are relative."""
    return os.environ.get("EAEU_SITE", "").rstrip("/")
