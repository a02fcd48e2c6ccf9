"""Bulk files of bilateral trade: BACI, UN Comtrade, IMF."""
