"""The claim of the tariff-exposure design: what the common tariff did to imports across products, the rouble set aside.

Grade B: a counterfactual without a specification curve. The side is what a rise of imports means, which is neither good
nor bad.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ...reference.catalogue import read_table, table_path
from .claim import Claim, failed_words, meaning, side_of, state, years

if TYPE_CHECKING:
    from ...trade.tariff_exposure.estimate import TariffExposure

TARIFF = 10.0  # per cent, of the products that are compared with products free of duty
CALL = (
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
            CALL,
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
