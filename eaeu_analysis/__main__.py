"""``python -m eaeu_analysis``: the command line, where the script ``eaeu`` is not on the path."""

from .cli import main

if __name__ == "__main__":
    main()
