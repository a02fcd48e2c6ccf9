"""Faults on purpose against real processes: disk, network, kills, concurrent runs, foreign files, a failing cluster.

``make chaos`` runs ``python -m quality.chaos``, which tries each experiment of :mod:`.__main__` and writes RESULTS.json
in this folder. Nothing here is shipped.
"""
