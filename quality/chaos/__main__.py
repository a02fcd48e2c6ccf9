"""``python -m quality.chaos [--only NAME ...] [--seed 0] [--quick]``: a table, and quality/chaos/RESULTS.json.

Names: disk, network, kill, together, foreign, places, cluster. Each replaces its own rows in RESULTS.json when it has
ended; --quick writes nothing. Ends with 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import functools
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import tally
from .cluster import cluster
from .disk import QUICK, TRIES, disk
from .foreign import foreign
from .killed import killed
from .network import network
from .places import places
from .processes import HERE, Nursery, shim, workshop
from .tally import Tally
from .together import together
from .works import warm

Experiment = Callable[[Path, bool], Iterator[Tally]]


def experiments(base: Path, nursery: Nursery, seed: int, tries: int, kept: Path) -> dict[str, Experiment]:
    """By name; each is given a folder of its own and whether to be quick."""

    @functools.cache
    def cache() -> Path:
        return warm(kept, base, nursery)

    return {
        "disk": lambda at, quick: disk(at, nursery, cache(), seed, QUICK if quick else tries),
        "network": lambda at, quick: network(at, nursery, seed, quick),
        "kill": lambda at, quick: killed(at, nursery, cache(), seed, quick),
        "together": lambda at, quick: together(at, nursery, cache(), seed, quick),
        "foreign": lambda at, quick: foreign(at, nursery, cache(), seed, quick),
        "places": lambda at, quick: places(at, nursery, cache(), quick),
        "cluster": cluster,
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m quality.chaos", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tries", type=int, default=TRIES, help="of each fault of the disk on each command")
    parser.add_argument("--quick", action="store_true", help="few tries of each: a look, not a measurement")
    parser.add_argument(
        "--kept", type=Path, help="Where to keep the report that is worked out first, for the next run."
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended on the way out
    tallies: list[Tally] = []
    with workshop() as base, Nursery(base, shim(base)) as nursery:
        known = experiments(base, nursery, given.seed, given.tries, given.kept or base / "kept")
        if strange := set(given.only) - set(known):
            parser.error(f"no experiment {', '.join(sorted(strange))}; there are {', '.join(known)}")
        for name in given.only or known:
            begun = time.monotonic()
            at = base / name
            at.mkdir()
            found = []
            for one in known[name](at, given.quick):
                found.append(one)
                line = f"{one.times} tried, {len(one.lost)} lost, after {time.monotonic() - begun:.0f} s"
                print(f"{one.name}: {line}", file=sys.stderr, flush=True)
            tallies += found
            if not given.quick:
                _keep(found, given.seed)
    print(tally.table(tallies))
    return 1 if any(one.lost for one in tallies) else 0


def _keep(found: list[Tally], seed: int) -> None:
    """The rows of one kind in RESULTS.json, in the place of its earlier ones."""
    kept = json.loads((HERE / "RESULTS.json").read_text(encoding="utf-8"))["experiments"]
    kinds = {one.name.partition(":")[0] for one in found}
    rows = {name: row for name, row in kept.items() if name.partition(":")[0] not in kinds}
    body = {"seed": seed, "experiments": rows | {one.name: one.record() for one in found}}
    text = json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (HERE / "RESULTS.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
