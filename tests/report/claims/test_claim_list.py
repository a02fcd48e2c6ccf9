"""A list of claims in a notebook: a table, not every field of every claim."""

from __future__ import annotations

import eaeu_analysis as ea


def test_claims_in_a_cell_are_a_table() -> None:
    found = ea.claims(topic="leaning")
    assert isinstance(found, list)
    page = found._repr_html_()  # type: ignore[attr-defined] # a notebook asks for it
    assert page.count("<tr>") == len(found) + 1
    assert found[0].id in page
    assert len(page) < 2000 * len(found)
    assert repr(found).count("\n") == len(found) - 1
    assert found[0].sentence in repr(found)
