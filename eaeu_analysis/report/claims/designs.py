"""Claims from the designs that set the rouble aside (grade B where no check fails): imports across products by the
common tariff, trade with Russia against Russia's other partners, members that joined together with their exposure as
control, and money from Russia against money from elsewhere.

Each has its own placebo, and none a specification curve. An estimate whose interval includes zero, or that fails a
check, is no clear effect. The side of the tariff design is what a rise of imports means, which is neither good nor bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...reference.catalogue import read_table, table_path
from ...remittances.armenian_months import AFTER, CRASH, WINDOWS, ArmenianTransfers
from ...results import finding_of
from ...trade.partners.around_accession import RUSSIA, PartnerChanges
from .claim import Claim, estimated, way, years

if TYPE_CHECKING:
    from ...impact.members.stacked import StackedMembers
    from ...trade.tariff_exposure.result import TariffExposure

FLOWS = {"imports": "imports from Russia", "exports": "exports to Russia"}
TARIFF = 10.0  # per cent, of the products that are compared with products free of duty
EXPOSURE_CALL = (
    "from eaeu_analysis.trade.tariff_exposure.armenia import armenian_tariff_exposure; "
    "armenian_tariff_exposure(alternatives=False).percent[0]"
)


def tariff_exposure_claims(found: TariffExposure) -> list[Claim]:
    """Armenia's imports of products with a tariff of ten per cent against products with none."""
    rules = read_table(table_path("tariff_exposure"))["armenia"]
    return [
        estimated(
            f"partners.tariff_exposure.{rules['economy']}",
            f"partners.exposure_{way(found.finding, found.percent[0])}",
            found.percent,
            found.level,
            found.finding,
            found.checks,
            EXPOSURE_CALL,
            found.provenance,
            good="imports",
            values={
                "change": found.percent[0],
                "p": found.p_value,
                "tariff": TARIFF,
                "products": float(found.spec["products"]),
                "detectable": float(-100 * np.expm1(-found.detectable * np.log1p(TARIFF / 100))),
                "own": float(rules["own_rates"]["average"]),
                "new": float(rules["after"]["average"]),
                "new_year": float(rules["after"]["year"]),
                **years("before", (found.spec["fit_years"][0], found.spec["fit_years"][1])),
                **years("after", (found.spec["post_years"][0], found.spec["post_years"][1])),
            },
            words={"economy": f"economy.{rules['economy']}"},
            p_value=found.p_value,
            caveat="partners_exposure",
            would_change="partners_exposure",
            figure="trade-exposure",
        )
    ]


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
    return estimated(
        f"partners.russia.{code}.{flow}",
        f"partners.russia_{way(finding, float(row['percent']))}",
        (float(row["percent"]), *ends),
        spec["level"],
        finding,
        checks,
        f"ea.partner_changes({code!r}).with_russia.query(\"flow == {label!r}\")['percent'].item()",
        found.provenance,
        good="member_trade",
        values={
            "percent": float(row["percent"]),
            "change": float(row["change"]),
            "others": float(row["change_others"]),
            "own": own,
            "p": float(row["p_value"]),
            "floor": 1 / (spec["comparators"] + 1),
            "comparators": float(spec["comparators"]),
            **years("before", spec["before"]),
            **years("after", spec["after"]),
        },
        words={"economy": f"economy.{code}", "flow": f"flow.{flow}_russia"},
        p_value=float(row["p_value"]),
        caveat="partners_russia",
        would_change="partners_russia",
    )


def stacked_claims(found: StackedMembers) -> list[Claim]:
    """Each outcome of the members that joined in one year, exposure to the rouble as control."""
    return [_stacked(found, str(name)) for name in found.table["outcome"]]


def _stacked(found: StackedMembers, outcome: str) -> Claim:
    spec = found.spec
    row = found.table[found.table["outcome"] == outcome].to_dict("records")[0]
    checks = tuple(check for check in found.checks if check.scope == outcome)
    unit = "percentage points" if row["measure"].startswith("%") else str(row["measure"])
    return estimated(
        f"members.stacked.{outcome}",
        f"members.stacked_{way(row['finding'], float(row['estimate']))}",
        (float(row["estimate"]), float(row["lower"]), float(row["upper"])),
        found.level,
        row["finding"],
        checks,
        f"ea.stacked_members([{outcome!r}], {list(spec['members'])!r}).table['estimate'].item()",
        found.provenance,
        good=outcome,
        measure=unit,
        values={
            "estimate": float(row["estimate"]),
            "p": float(row["p_value"]),
            "floor": 1 / (row["pairs"] + 1),
            "pairs": float(row["pairs"]),
            "uncontrolled": float(row["uncontrolled"]),
            "lowest": float(row["lowest"]),
            "highest": float(row["highest"]),
            "comparators": float(len(spec["comparators"])),
            **years("before", (spec["first_year"], spec["before"])),
            **years("after", (spec["after"][0], spec["after"][1])),
        },
        words={
            "first_economy": f"economy.{spec['members'][0]}",
            "second_economy": f"economy.{spec['members'][1]}",
            "outcome": f"outcome.{outcome}",
            "unit": f"unit.{unit}",
        },
        p_value=float(row["p_value"]),
        rest="members_stacked",
        question="members",
    )


def transfer_claims(found: ArmenianTransfers) -> list[Claim]:
    """What the rouble and Russian income leave of the change in money from Russia, against money from elsewhere."""
    windows = {str(each["window"]): each for each in found.table.to_dict("records")}
    row = windows[AFTER]
    value, lower, upper = (float(row[name]) for name in ("remainder", "remainder_lower", "remainder_upper"))
    finding = finding_of(value, (lower, upper), found.level, float("nan"), found.checks)
    return [
        estimated(
            "members.transfers.ARM",
            f"members.transfers_{way(finding, value)}",
            (value, lower, upper),
            found.level,
            finding,
            found.checks,
            f"ea.armenian_transfers().table.set_index('window')['remainder']['{AFTER}']",
            found.provenance,
            good="remittances",
            values={
                "remainder": value,
                "difference": float(row["difference"]),
                "expected": float(row["expected"]),
                "early": float(windows[CRASH]["difference"]),
                "crash_year": float(WINDOWS[CRASH][0][0]),
                "p": float(row["p_value"]),
                "origins": float(len(found.spec["origins"])),
                "base_year": float(found.spec["base"]),
                **years("after", (WINDOWS[AFTER][0][0], WINDOWS[AFTER][0][-1])),
            },
            words={"economy": "economy.ARM", "other": "economy.RUS", "outcome": "outcome.remittances"},
            rest="members_transfers",
            question="members",
        )
    ]
