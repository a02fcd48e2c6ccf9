"""``python -m eaeu_analysis``: the command line, where the script ``eaeu`` is not on the path."""

import os
import sys


def _leave_out_current_folder() -> None:
    """``python -m`` puts the current folder first on the path: a file ``queue.py`` there would be run in place of
    Python's own. It stays where it is the folder of this package, as in a checkout."""
    here = os.path.realpath(os.getcwd())  # noqa: PTH109 - pathlib itself would be looked for in that folder
    home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - as above
    if not sys.flags.safe_path and sys.path and here != home and os.path.realpath(sys.path[0]) == here:
        del sys.path[0]


if __name__ == "__main__":
    _leave_out_current_folder()

    from .cli import main

    main()
