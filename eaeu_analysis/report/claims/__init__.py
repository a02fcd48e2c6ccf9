"""Results become claims: one maker per topic."""
