"""Check a text of somebody else against the findings."""
