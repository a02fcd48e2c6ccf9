"""Write data/scenarios/expected/NAME.csv: what every bundled scenario says at 16 draws, compared in the tests; and
data/scenarios/options.json, options_draws.parquet and sectors.json: the options of Uzbekistan side by side at 1,000
draws, these draws, and who gains and loses by membership at the first 64 of these, which the page shows.

python scripts/make_expected.py [NAME ...]
"""

from __future__ import annotations

import json
import sys

from eaeu_analysis import compare_scenarios, files, run_scenario
from eaeu_analysis.reference.shipped_tables import write_hashes
from eaeu_analysis.scenario.assumptions import draws_of, write_option_draws
from eaeu_analysis.scenario.load import bundled, scenarios_folder
from eaeu_analysis.scenario.winners import DRAWS as SECTOR_DRAWS

DRAWS, OPTION_DRAWS = 16, 1000


def main(names: list[str]) -> None:
    for name in names or sorted(bundled()):
        table = run_scenario(name, draws=DRAWS, seed=0).to_frame()
        text = table.to_csv(index=False, float_format="%.6g", lineterminator="\n")
        files.write_bytes(scenarios_folder() / "expected" / f"{name}.csv", text.encode())
        sys.stdout.write(f"{name}: {len(table)} rows\n")
    if not names:
        found = compare_scenarios(draws=OPTION_DRAWS, jobs=2)
        write_option_draws(draws_of(found))
        record = json.dumps(found.record(), indent=1, allow_nan=False)
        files.write_bytes(scenarios_folder() / "options.json", (record + "\n").encode())
        record = json.dumps(run_scenario("uzb_eaeu", draws=SECTOR_DRAWS).sectors().record(), indent=1, allow_nan=False)
        files.write_bytes(scenarios_folder() / "sectors.json", (record + "\n").encode())
    write_hashes()


if __name__ == "__main__":
    main(sys.argv[1:])
