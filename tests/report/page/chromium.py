"""Chromium for tests of the report's pages: where it is, how it starts, and a page that records what it asks for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MARKS = (
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine; .ci/run installs Debian's"),
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 375, "height": 812}


def at(report: Path, name: str) -> str:
    """The address of another page of the report."""
    return (report.parent / name).as_uri()


def opened_at(browser: Any, url: str, **options: Any) -> Any:
    """The page at ``url``, with what it asked for and what the console printed."""
    page = browser.new_context(**({"viewport": DESKTOP} | options)).new_page()
    page.asked, page.console = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.console.append(message.text))
    page.on("pageerror", lambda error: page.console.append(str(error)))
    page.goto(url)
    return page
