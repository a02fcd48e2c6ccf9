"""``run_scenario``: numbers drawn, every draw solved, the result with its checks."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from .. import settings
from ..errors import BadInputError, require_least, require_level
from ..reference.shipped_tables import TARIFFS
from ..results import Check, Provenance
from .load import load_scenario, scenarios_folder
from .model.partners import UNION, last_agreements, union_members
from .model.quantities import count_of_draws, draw_quantities, seed_of_draws
from .model.setting import Setting, setting
from .model.solve import TOTAL, solve
from .model.spread import round_outcome
from .model.surrogate import TRUST
from .model.tariff_rates import by_chapter, chapters
from .result import ScenarioResult, summarise_draws, with_interaction
from .schema import Scenario, draw_order
from .tables import UNCHECKED, scenario_tables

METHOD = "exact-hat equilibrium of goods by SITC section and services, each channel alone and all together"
REFERENCE = "Caliendo and Parro (2015); Sudret (2008) and Owen (2014) for the sources of uncertainty"


def run_scenario(
    scenario: Scenario | str | Path,
    draws: int = 1000,
    seed: int = 0,
    jobs: int = 1,
    *,
    level: float = settings.LEVEL,
    dask: str | None = None,
) -> ScenarioResult:
    """Run a scenario: every draw of its assumptions is solved for each channel alone and for all together.

    Parameters
    ----------
    scenario : Scenario, str or Path
        From :func:`load_scenario`, or a name or path for it.
    draws : int, default 1000
        Draws of the assumptions, from 1 to a million.
    seed : int, default 0
        Seed of the draws, 0 or more.
    jobs : int, default 1
        Worker processes. The numbers do not depend on it.
    level : float, default 0.9
        Confidence level of the intervals, which are quantiles of the draws.
    dask : str, optional
        Address of a Dask scheduler to use in place of ``jobs``.

    Returns
    -------
    ScenarioResult
        Effects against the baseline year once everything is phased in; values in US$ at the baseline's world income.
        A draw without a solution is counted in ``failed`` and never replaced.

    Raises
    ------
    BadInputError
        An unknown scenario, or ``draws``, ``seed``, ``level`` or ``jobs`` outside their range.
    NoDataError
        The data of the baseline are missing.

    Notes
    -----
    The model is an exact-hat equilibrium of goods by SITC section and of services (Caliendo and Parro 2015, Review of
    Economic Studies 82). Shares of the uncertainty by assumption are Shapley effects (Owen 2014) of a polynomial
    expansion (Sudret 2008).

    Examples
    --------
    >>> import eaeu_analysis as ea
    >>> result = ea.run_scenario("uzb_wto", draws=32)
    >>> result
    <ScenarioResult: Uzbekistan joins the WTO and not the union (uzb_wto)>
    >>> low, high = result.interval
    >>> bool(low <= result.estimate <= high)
    True
    """
    chosen = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    count = count_of_draws(draws)
    require_level(level)
    require_least("jobs", jobs, 1)
    joint = {pair.of: pair.correlation for pair in chosen.joint}
    values = draw_quantities(chosen.quantities(), joint, count, seed_of_draws(seed), draw_order())
    at = setting(chosen)
    drawn = with_interaction(solve(chosen, values, jobs, dask), chosen.channels)
    spec = {"scenario": chosen.name, "draws": count, "seed": seed, "level": level}
    result = ScenarioResult(
        scenario=chosen,
        spec=spec,
        table=summarise_draws(drawn, chosen.channels, level),
        inputs=values,
        draws=drawn,
        level=level,
        checks=(),
        provenance=Provenance(series_of(at), METHOD, REFERENCE, spec),
    )
    object.__setattr__(result, "checks", _checks(result, at))
    return result


def series_of(at: Setting) -> tuple[Any, ...]:
    """What a scenario rests on."""
    more = () if not by_chapter(at.economy) else (TARIFFS.info("tariffs_uzb"), TARIFFS.info("tariffs_uzb_partners"))
    return (*at.world.series, TARIFFS.info("tariffs_cet"), *more)


def _checks(result: ScenarioResult, at: Setting) -> tuple[Check, ...]:
    models = None
    if ("tariffs", "smart_net_of_gdp") in result.draws:
        models = tuple(float(result.value(o, "tariffs")["estimate"]) for o in ("welfare", "smart_net_of_gdp"))
    checks = shared_checks(at, pd.DataFrame(result.draws[TOTAL]), models, result.level)
    return (*checks, *_fit(result), backtest_check(), *against_no_change())


def shared_checks(
    at: Setting, total: pd.DataFrame, models: tuple[float, ...] | None, level: float, scope: str = ""
) -> list[Check]:
    """The checks of a run, and of an option among others (``scope``: its name). ``total``: outcomes by draw;
    ``models``: real spending by the tariff alone in the world model and market by market."""
    count = len(total)
    failed = int(total.isna().any(axis=1).sum())
    text = f"{failed} of {count} draws have no solution"
    checks = [
        Check("every draw solved", failed == 0, float(failed), 0.0, text, role="fatal"),
        *at.world.checks,
        *_absent_members(at),
        *_of_other_blocs(at),
        *_too_few(count, level),
        *_exports_for_imports(at),
        *_size_of_the_change(total),
    ]
    if by_chapter(at.economy) and at.scenario.on("tariffs"):
        closed = chapters()
        checks.append(
            Check("duties of unknown height", None, float(len(closed.assumed)), None,
                  f"{len(closed.assumed)} chapters have specific duties without unit values; such lines count as "
                  f"{closed.bound:.0f} per cent at most")
        )  # fmt: skip
    if models is not None:
        checks.append(_terms_of_trade(*models))
    checks += [*plausible(at.scenario), *unchecked(at.scenario)]
    return [replace(c, scope=scope) for c in checks] if scope else checks


def _absent_members(at: Setting) -> list[Check]:
    """A failed check that names the members of the bloc for which the baseline year has no data; none without."""
    wanted = union_members(at.scenario.bloc, at.scenario.baseline.year, at.economy)
    absent = [member for member in wanted if member not in at.members]
    if not absent or not at.scenario.joins:
        return []
    text = (
        f"{', '.join(absent)} of {len(wanted)} members have no data in {at.scenario.baseline.year} and are treated as "
        "outsiders; another baseline.year may have them"
    )
    return [Check("all members in the baseline", False, float(len(absent)), 0.0, text)]


def _of_other_blocs(at: Setting) -> list[Check]:
    """What was estimated on one union and is used for another bloc; agreements that the table does not have yet."""
    block, out = at.scenario.border_costs, []
    prior = scenario_tables()["priors"]["union_border"]["reference"]
    if (
        block is not None
        and at.scenario.on("border_costs")
        and not at.common_tariff
        and block.effect.reference == prior
    ):
        text = (
            f"the gain of trade with members was estimated on the {UNION}, and the bloc is {at.scenario.bloc}; give "
            "border_costs.effect another value and reference"
        )
        out.append(Check("border costs of this bloc", False, None, None, text))
    if at.freed and at.world.year > last_agreements():
        text = (
            f"trade with {', '.join(at.freed)} counts as not free before joining; agreements since "
            f"{last_agreements()} are not in the table"
        )
        out.append(Check("recent agreements", None, float(len(at.freed)), None, text))
    return out


def _exports_for_imports(at: Setting) -> list[Check]:
    """A failed check where exports pay for a small part of imports: the fixed deficit magnifies their change."""
    flows, own = at.world.model.flows.value.sum(0), at.world.economies.index(at.economy)
    sold, bought = (float(side.sum() - flows[own, own]) for side in (flows[own], flows[:, own]))
    least = float(scenario_tables()["least_cover"]["share"])
    if not at.scenario.channels or sold >= least * bought:
        return []
    text = (
        f"exports of goods pay for {sold / bought:.0%} of imports in {at.world.year}; the model fixes the deficit, so "
        f"a rise of imports by 1 per cent needs {bought / sold:.1f} per cent more exports: do not quote the exports"
    )
    return [Check("exports that pay for imports", False, sold / bought, least, text)]


def _size_of_the_change(total: pd.DataFrame) -> list[Check]:
    """A failed check for each outcome whose median is larger than is plausible for joining a bloc."""
    known, labels, out = scenario_tables()["plausible_outcomes"], scenario_tables()["outcomes"], []
    for outcome, most in known.items():
        if outcome in total and abs(median := float(round_outcome(total[outcome].median()))) > most:
            text = (
                f"{labels[outcome]['label']}: {median:+.0f} per cent; more than {most:g} is not plausible for joining"
            )
            out.append(Check(f"plausible {outcome.replace('_', ' ')}", False, median, float(most), text, role="fatal"))
    return out


def _too_few(count: int, level: float) -> list[Check]:
    least = math.ceil(2 / (1 - level) - 1e-9)
    if count >= least:
        return []
    text = f"{count} of at least {least} draws: the interval of {level:.0%} is no more than the range of what was drawn"
    return [Check("enough draws", False, float(count), float(least), text, role="fatal")]


def _terms_of_trade(world: float, market: float) -> Check:
    """Whether the two models of the tariff agree in sign; where they do not, the difference is terms of trade."""
    world, market = round_outcome((world, market)).tolist()
    text = (
        f"the tariff alone moves real spending by {world:+.3f} per cent in the world model and by {market:+.3f} % of "
        "GDP market by market at given world prices"
    )
    if world * market < 0:
        text += (
            "; the difference is terms of trade: in the world model home wages rise against the world's when less is "
            "imported, a gain that so small an economy may not have"
        )
    agree = world * market >= 0
    return Check("the tariff in two models", agree, world - market, 0.0, text, role="fatal", scope="tariffs")


def plausible(scenario: Scenario) -> list[Check]:
    """A warning for each number outside the range that is usual for it (``data/tables/scenario.toml``)."""
    known, out = scenario_tables()["plausible"], []
    for path, quantity in scenario.quantities().items():
        if path not in known or (not quantity.free and quantity.centre == 0):
            continue
        low, high = quantity.ppf_ends
        usual = known[path]
        if low < usual["low"] or high > usual["high"]:
            came = f"{low:g}" if low == high else f"{low:g} to {high:g}"
            text = f"{path} is {came}; {usual['low']:g} to {usual['high']:g} is usual: {usual['why']}"
            out.append(Check(f"plausible {path}", False, high, float(usual["high"]), text))
    return out


def unchecked(scenario: Scenario) -> list[Check]:
    """A failed check where the file is a draft: its references still say that numbers are to be checked."""
    stated = [*scenario.references, *(q.reference for q in scenario.quantities().values())]
    left = [text for text in stated if UNCHECKED in text]
    if not left:
        return []
    text = f"the file is a draft: numbers and references marked {UNCHECKED} have not been replaced"
    return [Check("numbers checked by the author", False, float(len(left)), 0.0, text)]


def _fit(result: ScenarioResult) -> list[Check]:
    """How well the polynomial fits; nothing where no channel is on or the draws are too few."""
    if not result.scenario.channels:
        return []
    try:
        r2 = float(round_outcome(result.surrogate.r2["welfare"]))
    except BadInputError as error:
        return [Check("stand-in polynomial", None, None, TRUST, str(error))]
    text = f"a polynomial fits {r2:.1%} of the variance of real spending; shares and sliders rest on it"
    return [Check("stand-in polynomial", r2 >= TRUST, r2, TRUST, text, role="fatal")]


@cache
def backtest_record() -> dict[str, Any] | None:
    """What the backtest came to when it was last run and shipped; None when it was not."""
    path = scenarios_folder() / "backtest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def backtest_check() -> Check:
    """The score of the backtest, printed with every result."""
    record = backtest_record()
    if record is None:
        return Check("backtest", None, None, None, "no backtest is shipped")
    return Check("backtest", None, record["covered"], None, str(record["sentence"]))


def against_no_change() -> list[Check]:
    """Whether the backtest beat a forecast of no change; nothing where its record does not say."""
    record = backtest_record()
    if record is None or "errors" not in record:
        return []
    errors = record["errors"]
    own, none = (float(errors["as of 2014"][name]) for name in ("tool", "no_change"))
    word = "below" if own < none else "above" if own > none else "as high as"
    text = (
        f"asked in 2014, the model would have had a mean error of {own:.1f} per cent, {word} the {none:.1f} of a "
        f"forecast of no change; with the rouble and Russian income known, {float(errors['rouble known']['tool']):.1f}"
    )
    return [Check("backtest against no change", own < none, own, none, text)]


def compare_results(first: ScenarioResult, second: ScenarioResult) -> pd.DataFrame:
    """Two results side by side, all channels together: outcome, unit, both with intervals, difference of medians."""
    tables = [r.table[r.table["channel"] == TOTAL].set_index("outcome") for r in (first, second)]
    both = tables[0].add_suffix("_a").join(tables[1].add_suffix("_b"), how="outer")
    out = pd.DataFrame({"unit": both["unit_a"].fillna(both["unit_b"])})
    for end in ("a", "b"):
        for name in ("estimate", "lower", "upper"):
            out[f"{name}_{end}"] = both[f"{name}_{end}"]
    out["difference"] = out["estimate_b"] - out["estimate_a"]
    return out.reindex(list(dict.fromkeys([*tables[0].index, *tables[1].index]))).reset_index()


def stated_differences(first: Scenario, second: Scenario) -> pd.DataFrame:
    """What two scenario files state differently: path, a, b ("" where one has no such number)."""
    texts = [{path: q.text() for path, q in s.quantities().items()} for s in (first, second)]
    for s, table in zip((first, second), texts, strict=True):
        table |= {"channels": ", ".join(s.channels) or "none", "economy": s.economy, "baseline": str(s.baseline.year)}
        table |= {"tariffs.schedule": s.tariffs.schedule} if s.tariffs is not None and "tariffs" in s.channels else {}
    paths = sorted(set(texts[0]) | set(texts[1]))
    rows = [(p, texts[0].get(p, ""), texts[1].get(p, "")) for p in paths if texts[0].get(p, "") != texts[1].get(p, "")]
    return pd.DataFrame(rows, columns=["what", "a", "b"])
