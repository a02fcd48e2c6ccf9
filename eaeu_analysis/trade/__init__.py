"""Bilateral trade: reconciled flows, exposure, gravity, agreements, equilibrium, tariffs."""
