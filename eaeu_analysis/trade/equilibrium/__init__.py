"""General equilibrium of trade: one sector, many sectors, input-output."""
