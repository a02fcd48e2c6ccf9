"""Bilateral trade: flows, gravity, equilibrium, tariffs, partners, and the effect of the union.

- :mod:`.flows`: the schema of flows and the pinned tables, trade agreements, zeros and gaps, domestic trade.
- :mod:`.gravity`: PPML with fixed effects, bias correction, RESET.
- :mod:`.equilibrium`: one or many sectors in exact-hat form, a thousand draws, published procedures.
- :mod:`.tariffs`: schedules and ad valorem equivalents, the gap to the common tariff, SMART and GSIM.
- :mod:`.partners`: exposure, indices, matrices of flows, re-exports, mirror flows.
- :mod:`.union`: the effect of the union, agreement by agreement and with published estimates alongside.
"""
