"""Claims on trade with Russia before and after joining, against Russia's other partners (grade B).

The rouble and demand in Russia are common to all of Russia's partners, so that they drop out. The placebo is the rank
among these partners. An estimate whose interval includes zero, or that fails a check, is no clear effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...impact.effect import finding_of
from ...trade.partners.around_accession import RUSSIA
from .claim import Claim, failed_words, meaning, side_of, state, years

if TYPE_CHECKING:
    from ...trade.partners.around_accession import PartnerChanges

FLOWS = {"imports": "imports from Russia", "exports": "exports to Russia"}


def partner_change_claims(found: PartnerChanges) -> list[Claim]:
    """Imports from Russia and exports to it, of one member."""
    return [_flow(found, flow, label) for flow, label in FLOWS.items()]


def _flow(found: PartnerChanges, flow: str, label: str) -> Claim:
    spec, code = found.spec, str(found.spec["economy"])
    row = found.with_russia[found.with_russia["flow"] == label].to_dict("records")[0]
    table = found.table
    own = float(table.loc[(table["flow"] == flow) & (table["partner"] == RUSSIA), "change"].item())
    checks = tuple(check for check in found.checks if check.name.endswith(f", {flow}"))
    ends = (float(row["lower"]), float(row["upper"]))
    finding = finding_of(float(row["percent"]), ends, spec["level"], float(row["p_value"]), checks)
    kind = finding if finding != "found" else "higher" if row["percent"] > 0 else "lower"
    return state(
        f"partners.russia.{code}.{flow}",
        "counterfactual",
        f"partners.russia_{kind}",
        float(row["percent"]),
        "per cent",
        f"ea.partner_changes({code!r}).with_russia.query(\"flow == {label!r}\")['percent'].item()",
        found.provenance,
        values={
            "percent": float(row["percent"]),
            "change": float(row["change"]),
            "others": float(row["change_others"]),
            "own": own,
            "lower": ends[0],
            "upper": ends[1],
            "p": float(row["p_value"]),
            "floor": 1 / (spec["comparators"] + 1),
            "comparators": float(spec["comparators"]),
            "level_percent": 100 * spec["level"],
            **years("before", spec["before"]),
            **years("after", spec["after"]),
        },
        words={"economy": f"economy.{code}", "flow": f"flow.{flow}_russia", "failed": failed_words(checks)},
        side=side_of(float(row["percent"]), meaning("member_trade")) if finding == "found" else "context",
        p_value=float(row["p_value"]),
        checks=checks,
        finding=finding,
        lower=ends[0],
        upper=ends[1],
        level=spec["level"],
        slow=True,
        caveat="partners_russia",
        would_change="partners_russia",
    )
