"""The model behind a scenario: baseline world, channels, draws, solution."""
