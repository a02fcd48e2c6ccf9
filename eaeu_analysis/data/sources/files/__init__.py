"""Files that a user brings: World Bank CSV and zip, tidy tables."""
