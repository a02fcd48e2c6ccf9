"""Bilateral flows: panels, zeros, domestic sales, agreements."""
