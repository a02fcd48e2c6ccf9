"""Scenarios against the record: backtest, outturn, published estimates."""
