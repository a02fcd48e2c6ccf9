"""Bilateral trade: who trades with whom, what agreements and the union did to it, what tariffs and costs would do.

Flows: one schema and the pinned tables (:mod:`.flows`, pinned by ``pin_flows``), one flow from two reports
(:mod:`.reconcile`), zeros and gaps told apart (:mod:`.zeros`), domestic trade (:mod:`.domestic`).
Signs without a model: :mod:`.exposure`, :mod:`.indices`, :mod:`.matrix`, :mod:`.hubs`.
Gravity: :mod:`.gravity` (``absorb``, ``projection``, ``gravity_fit``; bias correction in :mod:`.bias`, RESET and fitted
flows in :mod:`.predictions`), agreements (:mod:`.agreements`, :mod:`.each_agreement`), the union (:mod:`.union` on the
panels of ``union_panel`` by the design of ``union_model``).
Equilibrium: :mod:`.equilibrium` (one sector: ``eq_onesector``) and :mod:`.multisector` (``eq_world``,
``eq_multisector``, ``eq_inputoutput``), a baseline from gravity (``eq_baseline``), a thousand draws (:mod:`.draws`),
published procedures to be checked against (``eq_replicate``).
Tariffs: schedules and ad valorem equivalents (:mod:`.tariffs`, :mod:`.ave`, ``pin_tariffs``), the gap to the common
tariff (:mod:`.tariff_gap`), one market at a time (:mod:`.partial`, :mod:`.gsim`).
:mod:`.answer` asks all of it in one call; :mod:`.findings` sets others' estimates beside it.
"""
