"""Faults on purpose, against real processes: disk, network, kill, crowds, odd places, a cluster that dies.

``python -m chaos`` (``make chaos``) tries each experiment of :mod:`.__main__` and writes chaos/RESULTS.json. None of it
ships.
"""
