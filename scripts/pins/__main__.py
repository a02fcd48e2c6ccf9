"""Write shipped tables anew from the files of their sources.

python -m scripts.pins {flows,tariffs,remittances} FOLDER [--out FOLDER]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from eaeu_analysis.errors import EaeuError

from .flows import pin_flows
from .remittances import pin_remittances
from .tariffs import pin_tariffs

WRITERS = {"flows": pin_flows, "tariffs": pin_tariffs, "remittances": pin_remittances}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the tables and list them; 1 and a message when a file is missing or cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m scripts.pins", description=__doc__.splitlines()[0])
    parser.add_argument("tables", choices=sorted(WRITERS), help="which tables to write")
    parser.add_argument("source", type=Path, help="folder with the files that the table of pins names")
    parser.add_argument("--out", type=Path, help="folder to write to (default: the shipped one)")
    given = parser.parse_args(arguments)
    try:
        made = WRITERS[given.tables](given.source, given.out)
    except EaeuError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    for name, record in sorted(made.items()):
        sys.stdout.write(f"{name}: {record['rows']} rows, {record['bytes']} bytes, SHA-256 {record['sha256'][:12]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
