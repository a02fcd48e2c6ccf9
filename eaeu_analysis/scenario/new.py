"""A new scenario as a file: what is known of the economy and the bloc filled in, the rest marked TO BE CHECKED."""

from __future__ import annotations

import tomllib

from ..errors import EaeuError
from ..reference import economies
from ..reference.blocs import bloc
from .model.duties import collected, share_rules
from .model.partners import UNION, free_with, union_members
from .model.quantities import Quantity
from .model.setting import setting
from .schema import Scenario
from .tables import scenario_tables
from .write import number_text, plain_text

SHARE = "share = 1.0"


def new_scenario(name: str, economy: str, of_bloc: str) -> str:
    """A complete, commented file that runs: what is known of the economy and the bloc is filled in, the rest is marked
    TO BE CHECKED.

    Raises BadInputError for an economy or a bloc that is not known.
    """
    code, found = economies.resolve(economy), bloc(of_bloc)
    year = max(int(y) for y in scenario_tables()["matrices"])
    union = found.code == UNION
    members = union_members(found.code, year, code)
    free = sorted(free_with(code, year) & set(members))
    average, source = _average(code, year)
    channels = ["tariffs", "border_costs", *(["customs_revenue"] if union else [])]
    title = f"{economies.common_name(code)} joins {found.name}"
    text = [
        f"# {title}. Change the numbers marked TO BE CHECKED, then: eaeu scenario run FILE",
        "# A number is a value, or { kind = \"uniform\", low, high, reference }, \"triangular\" (low, mode, high) or",
        '# "normal" (mean, sd). "prior:NAME" is an assumption that the bundled scenarios share.',
        "",
        f"name = {plain_text(name)}",
        f"title = {plain_text(title)}",
        f"question = {plain_text(f'What would joining {found.code} do to {economies.common_name(code)}?')}",
        f"economy = {plain_text(code)}",
        f"bloc = {plain_text(found.code)}",
        f"channels = {plain_text(channels)}",
        'references = ["TO BE CHECKED: where your numbers are from"]',
        f"notes = {plain_text(_left_out(union))}",
        "",
        "[baseline]",
        f"year = {year}",
        "",
        "[elasticities]",
        'sigma = "prior:sigma"',
        "",
        "[tariffs]",
        f"# {len(members)} members; trade with {len(free)} is free already: {', '.join(free) or 'none'}",
        'schedule = "average"  # or "sections": a table of rates before and after by SITC section',
        f"average_before = {average:g}  # {source}",
        f"average_after = {_common_average() if union else average:g}  # "
        + ("TO BE CHECKED: mean of the common tariff" if union else "TO BE CHECKED: what outsiders pay after joining"),
        _collected(code, year),
        "",
        "[border_costs]",
        'source = "estimated"',
        'effect = "prior:union_border"  # TO BE CHECKED: estimated on the Eurasian union',
    ]  # fmt: skip
    if union:
        text += [
            "",
            "[customs_revenue]",
            SHARE,
            'follows = "prior:share_follows"',
            'pool = "prior:pool_2019"',
            "",
            '# [migration]  # add "migration" to channels: people who pay for permits, and what they would save',
            "# migrants = 0.1  # million",
            '# permit_fee = "prior:permit_fee"',
            '# wage = "prior:migrant_wage"',
            '# firms = "prior:employed_by_firms"',
            "# fees_counted = 0.0  # million US$ a year, the cap",
            '# sent_home = "prior:sent_home"',
        ]
    whole = "\n".join(text) + "\n"
    return whole.replace(SHARE, _by_collection(whole)) if union else whole


def _by_collection(text: str) -> str:
    """The line of the share: the economy's part of what all would collect."""
    rule = share_rules(setting(Scenario.model_validate(tomllib.loads(text))))["collection"]
    return f"share = {rule:.2f}  # TO BE CHECKED: per cent of the pool; here by what each would collect"


def _left_out(union: bool) -> list[str]:
    out = ["Investment, services, rules and standards."]
    if not union:
        out.append("The bloc's own budget, its common tariff if it has one, and what its members charge outsiders.")
    return out


def _collected(code: str, year: int) -> str:
    """The line of the duties collected: from the table, or a comment that asks for them."""
    paid = collected(code, year)
    if paid is None:
        return f"# collected = 0.0  # TO BE CHECKED: duties collected in {year}, million US$; else all in law count"
    found = Quantity(kind="uniform", low=paid[0], high=paid[1], reference=f"{year}: data/tables/duties_collected.toml")
    return f"collected = {number_text(found)}"


def _average(code: str, year: int) -> tuple[float, str]:
    """The newest average tariff that is shipped, or zero with a mark."""
    from ..data.load import load_panel

    series = scenario_tables()["average_tariff"]["series"]
    try:
        found = load_panel([series], economies=[code]).column(series).dropna()
    except EaeuError:
        return 5.0, "TO BE CHECKED: no average tariff is shipped; 5 is a placeholder"
    found = found[found.index.get_level_values(1) <= year]
    if found.empty:
        return 5.0, "TO BE CHECKED: no average tariff is shipped; 5 is a placeholder"
    return float(found.iloc[-1]), f"{series}, {found.index[-1][1]} (World Bank)"


def _common_average() -> float:
    """Simple mean of the common external tariff."""
    from ..trade.tariffs.schedule import average, cet

    return round(float(average(cet().lines, "total")["simple"].iloc[0]), 2)
