"""The options where some assumptions are taken as known: what is left of the interval, and of the probability.

The draws of :func:`.options.compare_scenarios` are kept, and each is moved by what the polynomial of its option
(:mod:`.model.surrogate`) says of the assumption: draw i becomes ``y_i + f(x_i with the known values) - f(x_i)``. Where
nothing is known these are the draws themselves, so the table of options is met exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import pandas as pd

from .. import settings
from ..errors import BadInputError, require_option, unknown
from .load import load_scenario, scenarios_folder
from .model.spread import ends_of
from .model.surrogate import Surrogate, fit
from .options import share_above, sign_of

FILE = "options_draws.parquet"
OUTCOMES = ("welfare", "real_income", "exports", "customs_receipts_of_gdp", "remittances_of_gdp")
STILL = 1e-9  # a spread below this is no answer to any assumption


@dataclass(frozen=True, eq=False)
class OptionDraws:
    """``inputs``: the assumptions that vary, by option, a row per draw; ``draws``: columns (option, outcome)."""

    inputs: Mapping[str, pd.DataFrame]
    draws: pd.DataFrame
    level: float = settings.LEVEL

    @property
    def options(self) -> list[str]:
        """Names of the options."""
        return list(self.inputs)

    @cached_property
    def surrogates(self) -> dict[str, Surrogate]:
        """The polynomial of each option."""
        found = {}
        for name, inputs in self.inputs.items():
            quantities = {n: q for n, q in load_scenario(name).quantities().items() if n in inputs}
            found[name] = fit(quantities, inputs, pd.DataFrame(self.draws[name]))
        return found

    @property
    def quantities(self) -> list[str]:
        """Every assumption that varies in some option."""
        return list(dict.fromkeys(name for surrogate in self.surrogates.values() for name in surrogate.names))

    def ends(self, name: str) -> tuple[float, float]:
        """The 5 and 95 % ends of an assumption, over all options that have it. BadInputError for another name."""
        found = [s.ends[name] for s in self.surrogates.values() if name in s.ends]
        if not found:
            raise unknown("assumption that varies", name, self.quantities)
        return min(low for low, _ in found), max(high for _, high in found)

    def middle(self, name: str) -> float:
        """The median of an assumption in the first option that has it. BadInputError for another name."""
        self.ends(name)
        return next(s.middle[name] for s in self.surrogates.values() if name in s.middle)

    def answers(self, option: str, outcome: str) -> bool:
        """Whether the outcome of an option varies at all."""
        return float(self.draws[(option, outcome)].std()) > STILL

    def important(self, outcome: str = "welfare", least: float = 0.0) -> list[str]:
        """The assumptions by what they carry of the variance of an option, the largest first, as far as that is
        ``least`` or more of the largest variance among the options."""
        parts = [
            self.surrogates[o].shares(outcome) * float(self.draws[(o, outcome)].var())
            for o in self.options
            if self.answers(o, outcome)
        ]
        if not parts:
            return []
        table = pd.concat(parts, axis=1).max(axis=1) / max(float(part.sum()) for part in parts)
        return [str(n) for n in table[table >= least].sort_values(ascending=False, kind="stable").index]

    def given(self, values: Mapping[str, float] | None = None, outcome: str = "welfare") -> pd.DataFrame:
        """The options where these assumptions have these values, all others what they may be.

        Parameters
        ----------
        values : mapping of str to float, optional
            Values by name of the assumption, as in ``{"customs_revenue.share": 4.0}``. An option that has no such
            assumption stays as it is.
        outcome : str, default "welfare"
            One of ``OUTCOMES``.

        Returns
        -------
        DataFrame
            ``option, estimate`` (median), ``lower, upper`` (at ``level``) and ``better``: the share of draws in which
            the option is better than to leave all as it is; draws that do not differ count half.

        Raises
        ------
        BadInputError
            An assumption that varies in no option, or an unknown outcome.
        """
        known = dict(values or {})
        for name in known:
            self.ends(name)
        require_option("outcome", outcome, OUTCOMES)
        rows = []
        for option in self.options:
            drawn = self.draws[(option, outcome)].to_numpy(dtype=float)
            surrogate, inputs = self.surrogates[option], self.inputs[option]
            moved = {name: value for name, value in known.items() if name in surrogate.names}
            if moved and self.answers(option, outcome):
                drawn = drawn + surrogate.predict(outcome, inputs.assign(**moved)) - surrogate.predict(outcome, inputs)
            rows.append((option, *ends_of(drawn, self.level), share_above(sign_of(outcome) * drawn)))
        return pd.DataFrame(rows, columns=["option", "estimate", "lower", "upper", "better"])


@lru_cache
def shipped_option_draws() -> OptionDraws | None:
    """The draws that are shipped (``data/scenarios/options_draws.parquet``); None without them.

    BadInputError for a file that is not what was written.
    """
    path = scenarios_folder() / FILE
    if not path.is_file():
        return None
    table = pd.read_parquet(path).astype(float)
    try:
        options = json.loads(table.attrs["options"])
        inputs = {
            option: pd.DataFrame({n: table[f"{option}|{n}" if f"{option}|{n}" in table else n] for n in names})
            for option, names in options.items()
        }
        columns = {(o, name): table[f"{o}|{name}"] for o in options for name in OUTCOMES if f"{o}|{name}" in table}
        level = float(table.attrs["level"])
    except (KeyError, ValueError) as error:
        raise BadInputError(
            f"{path}: not the draws of the options ({error}); scripts/make_expected.py writes it"
        ) from None
    draws = pd.DataFrame(columns)
    draws.columns = pd.MultiIndex.from_tuples(list(columns), names=["option", "outcome"])
    return OptionDraws(inputs, draws, level)
