"""A new scenario as a file: what is known of the economy and the bloc filled in, the rest marked TO BE CHECKED."""

from __future__ import annotations

import re
import statistics
import tomllib

import pandas as pd

from ..errors import BadInputError, NoDataError
from ..reference import economies
from ..reference.blocs import bloc
from .model.baseline_world import world_flows
from .model.duties import collected, members_paid_share, own_in_law, share_rules
from .model.partners import UNION, free_with, last_agreements, union_members
from .model.quantities import Quantity
from .model.setting import setting
from .model.tariff_rates import average_on_dutiable
from .schema import Scenario
from .tables import scenario_tables
from .write import number_text, plain_text

SHARE, COLLECTED = "share = 1.0", "# collected"
NAME = re.compile(r"[a-z][a-z0-9_]*")


def new_scenario(name: str, economy: str, of_bloc: str) -> str:
    """A complete, commented file that runs: what is known of the economy and the bloc is filled in, the rest is marked
    TO BE CHECKED.

    Raises BadInputError for a name that a file cannot have, for an economy or a bloc that is not known, and NoDataError
    for an economy that no baseline year has.
    """
    if not NAME.fullmatch(name):
        near = re.sub(r"\W+", "_", name.lower()).strip("_") or "scenario"
        near = near if NAME.fullmatch(near) else f"scenario_{near}"
        raise BadInputError(
            f"name {name!r}: expected small letters, digits and underscores, beginning with a letter, as in {near!r}"
        )
    code, found = economies.resolve(economy), bloc(of_bloc)
    year, flows = _newest(code)
    if code in found.members(on=f"{year}-12-31"):
        raise BadInputError(f"{economies.common_name(code)} is a member of {found.code} already in {year}")
    union = found.code == UNION
    members = union_members(found.code, year, code)
    free = sorted(free_with(code, year) & set(members))
    average, source = _average(code, year, flows)
    after, why = (
        _after(found.kind, members, year, flows) if not union else (_common_average(), "mean of the common tariff")
    )
    after, why = (average, "as before: the bloc has no common tariff") if after is None else (after, why)
    channels = ["tariffs", "border_costs", *(["customs_revenue"] if union else [])]
    title = f"{economies.common_name(code)} as a member: {found.name}"
    text = [
        f"# {title}. Change the numbers marked TO BE CHECKED, then: eaeu scenario run FILE",
        '# A number is a value, or { kind = "uniform", low, high, reference }, "triangular" (low, mode, high) or',
        '# "normal" (mean, sd). "prior:NAME" is an assumption that the bundled scenarios share.',
        "",
        f"name = {plain_text(name)}",
        f"title = {plain_text(title)}",
        f"question = {plain_text(f'What would membership in {found.code} do to {economies.common_name(code)}?')}",
        f"economy = {plain_text(code)}",
        f"bloc = {plain_text(found.code)}",
        f"channels = {plain_text(channels)}",
        'references = ["TO BE CHECKED: where your numbers are from"]',
        f"notes = {plain_text(_left_out(union, year))}",
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
        f"average_before = {average:.2f}  # {source}",
        f"average_after = {after:.2f}  # TO BE CHECKED: {why}",
        COLLECTED,
        "",
        "[border_costs]",
        'source = "estimated"',
        'effect = "prior:union_border"  # TO BE CHECKED: estimated on the Eurasian union',
    ]
    if union:
        pool = f"prior:pool_{year}" if f"pool_{year}" in scenario_tables()["priors"] else "prior:pool_2019"
        text += [
            "",
            "[customs_revenue]",
            SHARE,
            'follows = "prior:share_follows"',
            f'pool = "{pool}"',
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
    whole = whole.replace(COLLECTED, _collected(code, year, whole if union else ""))
    return whole.replace(SHARE, _by_collection(whole)) if union else whole


def _newest(code: str) -> tuple[int, pd.DataFrame]:
    """The newest baseline year that has the economy, and its flows."""
    years = sorted((int(y) for y in scenario_tables()["matrices"]), reverse=True)
    for year in years:
        try:
            return year, world_flows(year, code).table
        except NoDataError as error:
            missing = error
    raise missing


def _after(kind: str, members: list[str], year: int, flows: pd.DataFrame) -> tuple[float | None, str]:
    """What outsiders pay under the common tariff of a customs union: the median of the members' averages; None for
    another kind of bloc."""
    if "customs union" not in kind:
        return None, ""
    known = []
    for member in members:
        try:
            known.append(average_on_dutiable(member, year, flows)[0])
        except NoDataError:
            continue
    if not known:
        return None, ""
    return statistics.median(known), f"the common tariff, here the median of the averages of {len(known)} members"


def _by_collection(text: str) -> str:
    """The line of the share: the economy's part of what all would collect."""
    rule = share_rules(setting(_scenario(text)))["collection"]
    return f"share = {rule:.2f}  # TO BE CHECKED: per cent of the pool; here by what each would collect"


def _scenario(text: str) -> Scenario:
    return Scenario.model_validate(tomllib.loads(text))


def _left_out(union: bool, year: int) -> list[str]:
    out = ["Investment, services, rules and standards."]
    if not union:
        out.append("The bloc's own budget, its common tariff if it has one, and what its members charge outsiders.")
    if year > last_agreements():
        out.append(f"Free-trade agreements in force since {last_agreements()}: the table of agreements ends there.")
    return out


def _collected(code: str, year: int, text: str) -> str:
    """The line of the duties collected: from the table; without a figure, where the bloc has a pool (``text``: the
    scenario so far), as large a part of duties in law as members collect; else a comment that asks for them."""
    paid = collected(code, year)
    if paid is not None:
        found = Quantity(
            kind="uniform", low=paid[0], high=paid[1], reference=f"{year}: data/tables/duties_collected.toml"
        )
        return f"collected = {number_text(found)}"
    if not text:
        return f"# collected = 0.0  # TO BE CHECKED: duties collected in {year}, million US$; else all in law count"
    at = setting(_scenario(text))
    guess = float((own_in_law(at, at.middle) * members_paid_share(at, at.middle))[0])
    mark = f"TO BE CHECKED: duties collected in {year}, million US$; here as large a part of the law as members collect"
    return f"collected = {guess:.0f}  # {mark}"


def _average(code: str, year: int, flows: pd.DataFrame) -> tuple[float, str]:
    """The newest average tariff on goods that pay duty, or a placeholder with a mark."""
    try:
        return average_on_dutiable(code, year, flows)
    except NoDataError:
        return 5.0, "TO BE CHECKED: no average tariff is shipped; 5 is a placeholder"


def _common_average() -> float:
    """Simple mean of the common external tariff."""
    from ..trade.tariffs.schedule import average, cet

    return round(float(average(cet().lines, "total")["simple"].iloc[0]), 2)
