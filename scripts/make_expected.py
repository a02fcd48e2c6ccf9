"""Write data/scenarios/expected/NAME.csv: what every bundled scenario says at 16 draws, compared in the tests; and
data/scenarios/options.json and options_draws.parquet: the options of Uzbekistan side by side at 1,000 draws, and these
draws, which the page shows.

python scripts/make_expected.py [NAME ...]
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from eaeu_analysis import compare_scenarios, files, run_scenario
from eaeu_analysis.reference.shipped_tables import write_hashes
from eaeu_analysis.scenario.assumptions import FILE, OUTCOMES, OptionDraws
from eaeu_analysis.scenario.load import bundled, scenarios_folder
from eaeu_analysis.scenario.model.quantities import draw_quantities
from eaeu_analysis.scenario.options import ScenarioComparison
from eaeu_analysis.scenario.schema import draw_order

DRAWS, OPTION_DRAWS = 16, 1000


def draws_of(found: ScenarioComparison) -> OptionDraws:
    """The draws of a comparison with the assumptions behind them, in single precision as they are shipped."""
    count, seed = found.spec["draws"], found.spec["seed"]
    inputs = {}
    for scenario in found.scenarios:
        joint = {pair.of: pair.correlation for pair in scenario.joint}
        quantities = scenario.quantities()
        drawn = draw_quantities(quantities, joint, count, seed, draw_order())
        free = [name for name, quantity in quantities.items() if quantity.free]
        inputs[scenario.name] = drawn[free].astype(np.float32).astype(float)
    columns = [(s.name, o) for s in found.scenarios for o in OUTCOMES if (s.name, o) in found.draws]
    return OptionDraws(inputs, found.draws[columns].astype(np.float32).astype(float), found.level)


def write_option_draws(found: OptionDraws, path: Path) -> None:
    """Ship the draws; an assumption that all options draw alike is kept once."""
    columns: dict[str, Any] = {}
    for option, inputs in found.inputs.items():
        for name in map(str, inputs.columns):
            values = inputs[name].to_numpy(dtype=np.float32)
            place = name if name not in columns or np.array_equal(columns[name], values) else f"{option}|{name}"
            columns[place] = values
    pairs = [(o, name) for o in found.options for name in OUTCOMES if (o, name) in found.draws]
    columns |= {f"{o}|{name}": found.draws[(o, name)].to_numpy(dtype=np.float32) for o, name in pairs}
    table = pd.DataFrame(columns)
    table.attrs = {"options": json.dumps({o: list(i.columns) for o, i in found.inputs.items()}), "level": found.level}
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    files.write_bytes(path, buffer.getvalue())


def main(names: list[str]) -> None:
    for name in names or sorted(bundled()):
        table = run_scenario(name, draws=DRAWS, seed=0).to_frame()
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        files.write_bytes(scenarios_folder() / "expected" / f"{name}.csv", text.encode())
        sys.stdout.write(f"{name}: {len(table)} rows\n")
    if not names:
        found = compare_scenarios(draws=OPTION_DRAWS, jobs=2)
        write_option_draws(draws_of(found), scenarios_folder() / FILE)
        record = json.dumps(found.record(), indent=1, allow_nan=False)
        files.write_bytes(scenarios_folder() / "options.json", (record + "\n").encode())
    write_hashes()


if __name__ == "__main__":
    main(sys.argv[1:])
