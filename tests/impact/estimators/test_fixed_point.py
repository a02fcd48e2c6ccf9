"""Fixed points of many maps at once: found where plain repetition finds them, sooner, or refused."""

from __future__ import annotations

import numpy as np
import pytest

from eaeu_analysis.errors import NotConvergedError
from eaeu_analysis.impact.estimators.matrix_completion_placebos import fixed_points


def linear_maps(seed: int, count: int = 7, size: int = 5, slow: float = 0.999):
    """x -> A x + c with symmetric A of norm ``slow``, and its fixed points."""
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=(count, size, size))
    maps = maps + maps.transpose(0, 2, 1)
    maps *= slow / np.abs(np.linalg.eigvalsh(maps)).max(axis=1)[:, None, None]
    shift = rng.normal(size=(count, size))
    return maps, shift, np.linalg.solve(np.eye(size) - maps, shift[:, :, None])[:, :, 0]


def test_slow_linear_maps_are_solved_in_a_few_steps():
    maps, shift, truth = linear_maps(0)
    calls = []

    def step(x, which):
        calls.append(len(which))
        return np.einsum("bij,bj->bi", maps[which], x) + shift[which]

    found = fixed_points(step, np.zeros(shift.shape), np.full(len(shift), 1e-10))
    np.testing.assert_allclose(found, truth, atol=1e-6 * np.abs(truth).max())
    assert len(calls) < 60, "plain repetition would take some ten thousand"
    assert calls == sorted(calls, reverse=True), "what is found leaves the batch"


def test_maps_with_kinks_converge_and_each_as_if_alone():
    rng = np.random.default_rng(1)
    low, high = np.sort(rng.normal(size=(2, 20, 3)), axis=0)
    maps, shift, _ = linear_maps(2, 20, 3, 1.0)

    def step(x, which):  # projections on boxes after a map of norm one: nonexpansive
        moved = np.einsum("bij,bj->bi", maps[which], x) + 0.1 * shift[which]
        return 0.5 * x + 0.5 * np.clip(moved, low[which], high[which])

    allowed = np.full(20, 1e-9)
    found = fixed_points(step, np.zeros((20, 3)), allowed)
    assert np.abs(step(found, np.arange(20)) - found).max() <= 1e-9
    for b in (0, 7, 19):
        alone = fixed_points(lambda x, which, b=b: step(x, np.full(len(which), b)), np.zeros((1, 3)), allowed[:1])
        np.testing.assert_allclose(alone[0], found[b], atol=1e-12)


def test_a_map_without_a_fixed_point_is_refused():
    with pytest.raises(NotConvergedError, match="1 of 2 fixed points were not found in 50 steps"):
        fixed_points(lambda x, which: x + which[:, None], np.zeros((2, 1)), np.full(2, 1e-9), most=50)
