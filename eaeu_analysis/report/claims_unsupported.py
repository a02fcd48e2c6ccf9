"""What not to say: sentences often heard that the data do not support, with the number that refutes each.

Made of other claims, so that no number is computed twice. A refuted sentence counts for neither side: all are context.
A maker that lacks one of its claims says nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from .claims import Claim

# name -> claim whose value refutes it, claims whose values stand in the sentence (field prefix -> id)
HEARD: dict[str, tuple[str, dict[str, str]]] = {
    "union_doubled_trade": ("partners.founders.eaeu", {"": "partners.founders.eaeu"}),
    "remittances_raised": (
        "fared.remittances.counterfactual",
        {"": "fared.remittances.counterfactual", "d_": "fared.remittances.before_after"},
    ),
    "gains_after_2022": ("rerouting.real_imports.latest", {"": "rerouting.real_imports.latest"}),
    "trade_ruined": (
        "fared.trade.counterfactual",
        {"": "fared.trade.counterfactual", "d_": "fared.trade.before_after"},
    ),
    "income_raised": (
        "fared.gdp_per_head.counterfactual",
        {"": "fared.gdp_per_head.counterfactual", "d_": "fared.gdp_per_head.before_after"},
    ),
    "tariffs_doubled": ("fared.tariff.before_after", {"": "fared.tariff.before_after", "law_": "tariffs.law.KGZ"}),
    "new_market": ("tariffs.free", {"": "tariffs.free"}),
    "already_in": ("leaning.exports.EAEU", {"": "leaning.exports.EAEU", "i_": "leaning.imports.EAEU"}),
    "china_pushed_out": ("partners.imports.China", {"": "partners.imports.China"}),
}


def unsupported(claims: Sequence[Claim]) -> list[Claim]:
    """The sentences whose refuting claims are among ``claims``; left out when the refuting claim found the effect."""
    by_id = {claim.id: claim for claim in claims}
    made = []
    for name, (main, parts) in HEARD.items():
        if all(needed in by_id for needed in parts.values()) and by_id[main].finding not in ("found", "fragile"):
            made.append(_heard(name, by_id[main], {prefix: by_id[i] for prefix, i in parts.items()}))
    return made


def _heard(name: str, main: Claim, parts: Mapping[str, Claim]) -> Claim:
    values = {f"{prefix}{key}": number for prefix, part in parts.items() for key, number in part.values.items()}
    words = {f"{prefix}{key}": text for prefix, part in parts.items() for key, text in part.words.items()}
    return dataclasses.replace(
        main,
        id=f"unsupported.{name}",
        topic="unsupported",
        question="unsupported",
        side="context",
        template=f"unsupported.{name}",
        values=values,
        words=words,
    )
