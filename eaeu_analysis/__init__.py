"""What does joining a trade bloc do to a country? See README.md."""

__version__ = "0.1.0"
