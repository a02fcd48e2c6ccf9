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
from ...remittances.armenian_months import AFTER, CRASH, WINDOWS
from ...results import finding_of
from ...trade.partners.around_accession import RUSSIA
from .claim import Claim, failed_words, meaning, side_of, state, years

if TYPE_CHECKING:
    from ...impact.members.stacked import StackedMembers
    from ...remittances.armenian_months import ArmenianTransfers
    from ...trade.partners.around_accession import PartnerChanges
    from ...trade.tariff_exposure.estimate import TariffExposure

FLOWS = {"imports": "imports from Russia", "exports": "exports to Russia"}
TARIFF = 10.0  # per cent, of the products that are compared with products free of duty
EXPOSURE_CALL = (
    "from eaeu_analysis.trade.tariff_exposure.armenia import armenian_tariff_exposure; "
    "armenian_tariff_exposure(alternatives=False).percent[0]"
)


def tariff_exposure_claims(found: TariffExposure) -> list[Claim]:
    """Armenia's imports of products with a tariff of ten per cent against products with none."""
    change, lower, upper = found.percent
    rules = read_table(table_path("tariff_exposure"))["armenia"]
    finding = found.finding
    kind = finding if finding != "found" else "higher" if change > 0 else "lower"
    return [
        state(
            f"partners.tariff_exposure.{rules['economy']}",
            "counterfactual",
            f"partners.exposure_{kind}",
            change,
            "per cent",
            EXPOSURE_CALL,
            found.provenance,
            values={
                "change": change,
                "lower": lower,
                "upper": upper,
                "p": found.p_value,
                "tariff": TARIFF,
                "level_percent": 100 * found.level,
                "products": float(found.spec["products"]),
                "detectable": float(-100 * np.expm1(-found.detectable * np.log1p(TARIFF / 100))),
                "own": float(rules["own_rates"]["average"]),
                "new": float(rules["after"]["average"]),
                "new_year": float(rules["after"]["year"]),
                **years("before", (found.spec["fit_years"][0], found.spec["fit_years"][1])),
                **years("after", (found.spec["post_years"][0], found.spec["post_years"][1])),
            },
            words={"economy": f"economy.{rules['economy']}", "failed": failed_words(found.checks)},
            side=side_of(change, meaning("imports")) if finding == "found" else "context",
            p_value=found.p_value,
            checks=found.checks,
            finding=finding,
            lower=lower,
            upper=upper,
            level=found.level,
            slow=True,
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


def stacked_claims(found: StackedMembers) -> list[Claim]:
    """Each outcome of the members that joined in one year, exposure to the rouble as control."""
    return [_stacked(found, str(name)) for name in found.table["outcome"]]


def _stacked(found: StackedMembers, outcome: str) -> Claim:
    spec = found.spec
    row = found.table[found.table["outcome"] == outcome].to_dict("records")[0]
    checks = tuple(check for check in found.checks if check.scope == outcome)
    unit = "percentage points" if row["measure"].startswith("%") else str(row["measure"])
    finding, estimate = row["finding"], float(row["estimate"])
    return state(
        f"members.stacked.{outcome}",
        "counterfactual",
        f"members.stacked_{finding if finding != 'found' else 'higher' if estimate > 0 else 'lower'}",
        estimate,
        unit,
        f"ea.stacked_members([{outcome!r}], {list(spec['members'])!r}).table['estimate'].item()",
        found.provenance,
        values={
            "estimate": estimate,
            "lower": float(row["lower"]),
            "upper": float(row["upper"]),
            "p": float(row["p_value"]),
            "floor": 1 / (row["pairs"] + 1),
            "pairs": float(row["pairs"]),
            "uncontrolled": float(row["uncontrolled"]),
            "lowest": float(row["lowest"]),
            "highest": float(row["highest"]),
            "comparators": float(len(spec["comparators"])),
            "level_percent": 100 * found.level,
            **years("before", (spec["first_year"], spec["before"])),
            **years("after", (spec["after"][0], spec["after"][1])),
        },
        words={
            "first_economy": f"economy.{spec['members'][0]}",
            "second_economy": f"economy.{spec['members'][1]}",
            "outcome": f"outcome.{outcome}",
            "unit": f"unit.{unit}",
            "failed": failed_words(checks),
        },
        side=side_of(estimate, meaning(outcome)) if finding == "found" else "context",
        p_value=float(row["p_value"]),
        checks=checks,
        finding=finding,
        lower=float(row["lower"]),
        upper=float(row["upper"]),
        level=found.level,
        slow=True,
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
        state(
            "members.transfers.ARM",
            "counterfactual",
            f"members.transfers_{finding if finding != 'found' else 'higher' if value > 0 else 'lower'}",
            value,
            "per cent",
            f"ea.armenian_transfers().table.set_index('window')['remainder']['{AFTER}']",
            found.provenance,
            values={
                "remainder": value,
                "lower": lower,
                "upper": upper,
                "difference": float(row["difference"]),
                "expected": float(row["expected"]),
                "early": float(windows[CRASH]["difference"]),
                "crash_year": float(WINDOWS[CRASH][0][0]),
                "p": float(row["p_value"]),
                "origins": float(len(found.spec["origins"])),
                "base_year": float(found.spec["base"]),
                "level_percent": 100 * found.level,
                **years("after", (WINDOWS[AFTER][0][0], WINDOWS[AFTER][0][-1])),
            },
            words={
                "economy": "economy.ARM",
                "other": "economy.RUS",
                "outcome": "outcome.remittances",
                "failed": failed_words(found.checks),
            },
            side=side_of(value, meaning("remittances")) if finding == "found" else "context",
            checks=found.checks,
            finding=finding,
            lower=lower,
            upper=upper,
            level=found.level,
            slow=True,
            rest="members_transfers",
            question="members",
        )
    ]
