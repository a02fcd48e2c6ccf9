"""Every zero says why, and a missing flow is never one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from eaeu_analysis.errors import BadInputError
from eaeu_analysis.trade.flows.flows import load_flows
from eaeu_analysis.trade.flows.zeros import explain_zeros


def panel(values: dict[tuple[str, str], list[float | None]]) -> pd.DataFrame:
    rows = [
        (e, i, 2000 + 4 * k, "TOTAL", usd)
        for (e, i), series in values.items()
        for k, usd in enumerate(series)
        if usd is not None
    ]
    return pd.DataFrame(rows, columns=["exporter", "importer", "year", "product", "usd"])


def reasons(**kwargs: object) -> dict[tuple[str, str, int], str]:
    flows = panel(
        {
            ("A", "B"): [5e6, 0.0, 6e6],  # a hole between two large flows
            ("A", "C"): [5e6, 0.0, 0.0],  # stopped
            ("A", "D"): [0.0, 0.0, 0.0],  # never
            ("A", "E"): [2e3, 0.0, 3e3],  # small and now and then
        }
    )
    table = explain_zeros(flows, **kwargs)
    return {(r.exporter, r.importer, r.year): r.reason for r in table.itertuples()}


def test_a_zero_is_explained_by_its_neighbours() -> None:
    found = reasons()
    assert found["A", "B", 2004] == "likely unreported"
    assert found["A", "C", 2004] == found["A", "C", 2008] == "sporadic"
    assert {found["A", "D", year] for year in (2000, 2004, 2008)} == {"never traded"}
    assert found["A", "E", 2004] == "sporadic"
    assert len(found) == 7


def test_another_source_contradicts_or_confirms() -> None:
    evidence = pd.DataFrame(
        {
            "exporter": ["A", "A", "A"],
            "importer": ["C", "D", "C"],
            "year": [2004, 2000, 2004],
            "product": "TOTAL",
            "usd": [3e6, 10.0, 1e6],
            "source": ["mirror", "mirror", "other"],
        }
    )
    found = reasons(evidence=evidence)
    assert found["A", "C", 2004] == "unreported"
    assert found["A", "D", 2000] == "confirmed"
    assert found["A", "D", 2004] == "never traded"
    with pytest.raises(BadInputError, match="positive number of US"):
        reasons(material=0)


def test_russia_to_belarus_is_found_to_be_unreported() -> None:
    """Zero in the four-yearly panel in 2000, 2004 and 2008, 5.6, 11.2 and 23.5 billion US$ by Russian customs."""
    flows = load_flows("world_4yearly", [2000, 2004, 2008, 2012, 2016])
    table = explain_zeros(flows[flows["exporter"] == "RUS"], load_flows("russia_annual"))
    row = table[table["importer"] == "BLR"].set_index("year")
    assert list(row["reason"]) == ["unreported"] * 3
    np.testing.assert_allclose(row["evidence_usd"] / 1e9, [5.568, 11.219, 23.507], atol=1e-3)
