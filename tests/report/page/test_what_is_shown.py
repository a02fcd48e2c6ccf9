"""What a reader sees of every page: no name that only the program uses, addresses of sources, weight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pandas as pd
import pytest

from eaeu_analysis.data.listing import records
from eaeu_analysis.report.drift.changes import COLUMNS, REVISED, Drift
from eaeu_analysis.report.kept_run import as_requested
from eaeu_analysis.report.page.material import Material
from eaeu_analysis.report.wording.labels import label_of, readable
from eaeu_analysis.report.write import FORMATS, render_report

ADDRESS = re.compile(r"(?:https?://|github\.com/)\S+|\bdocs?/\S+")
FILE = re.compile(r"\b[\w/]+\.(?:csv|json|toml|md|html|png)\b")
PACKAGE = "eaeu_analysis"
SHOWN = ("alt", "title", "aria-label", "placeholder", "data-text")


class Seen(HTMLParser):
    """The texts of a page that a reader sees or hears, without calls to type."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value for name, value in attrs if name in SHOWN and value]
        if tag in ("code", "pre", "script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside and data.strip():
            self.texts.append(data)


@pytest.fixture(scope="module")
def drift(material: Material) -> Drift:
    """A comparison in which a claim moved, one is gone, one is new, and series were revised."""
    changes = [(material.claims[0].id, "value moved"), ("old_topic.gone_one", "gone"), (material.claims[1].id, "new")]
    series = "remittances/armenia_months, NY.GDP.MKTP.KD"
    rows = [(name, kind, "9 percentage points", "8 percentage points", 0.1, "code", series) for name, kind in changes]
    revised = [(code, "not used", "vintage 2025-02") for code in series.split(", ")]
    return Drift(pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(revised, columns=REVISED), "0.1.0", ("code",), 99)


@pytest.fixture(scope="module")
def files(material: Material, drift: Drift) -> dict[str, str]:
    return as_requested(render_report(material), FORMATS, drift, material.claims)


def shown_names(text: str) -> Iterator[str]:
    """Words with an underscore, but for addresses, files and the name of the package."""
    rest = FILE.sub(" ", ADDRESS.sub(" ", text)).replace(PACKAGE, " ")
    yield from re.findall(r"\w+_\w+", rest)


def test_no_page_or_picture_shows_a_name_of_the_program(files: dict[str, str], material: Material) -> None:
    own = {claim.id for claim in material.claims} | set(records())
    shown = [name for name in files if name.endswith((".html", ".svg")) and not name.startswith("explore/")]
    assert {"index.html", "index.uz.html", "findings.ru.html", "changes.html", "data.html", "trade.html"} <= {*shown}
    found = []
    for name in shown:
        for text in Seen(files[name]).texts:
            found += [(name, word, text[:90]) for word in shown_names(text)]
            found += [(name, word, text[:90]) for word in re.findall(r"[\w/]+(?:\.\w+)*", text) if word in own]
    assert found == []


def test_changes_name_findings_by_their_sentence_and_lead_to_them(files: dict[str, str], material: Material) -> None:
    page, first = files["changes.html"], material.claims[0]
    assert f'<a href="findings.html#{first.slug}">' in page
    assert f'id="{first.slug}"' in files["findings.html"]
    told = " ".join(Seen(page).texts).replace("\u00a0", " ")
    assert first.sentence in told
    assert "Armenia's banks" in told
    assert "GDP (constant 2015 US$)" in told


def test_labels_stand_for_names_and_nothing_else_changes() -> None:
    assert "Taxes on international trade" in readable("no 'customs_duties' in 2005")
    assert "customs_duties" not in readable("no 'customs_duties' in 2005")
    for same in (
        "github.com/tavad/armenia_annual",
        "tables/customs_duties.csv",
        "eaeu_analysis",
        "no_such_name",
        "a b",
    ):
        assert readable(same) == same
    assert label_of("NY.GDP.MKTP.KD") == "GDP (constant 2015 US$)"
    assert label_of("some/new_table") == "new table"
