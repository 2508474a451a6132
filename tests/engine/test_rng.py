"""The counter-based generator: uniform, independent of its neighbours, a pure function of its four arguments."""

from __future__ import annotations

import numpy as np
import scipy.stats

from playground.engine import rng

N = 200_000
KNOWN_KEYS = [246052113, 787328348, 203323834]
KNOWN_UNIFORMS = [0.25605499744415283, 0.5146138668060303, 0.8223947882652283, 0.047100067138671875]


def test_numbers_are_in_range_and_uniform() -> None:
    u = rng.uniforms(1, 2, 3, N)
    assert u.dtype == np.float32
    assert u.min() >= 0
    assert u.max() < 1
    assert scipy.stats.kstest(u, "uniform").pvalue > 1e-3
    counts = np.bincount((u * 256).astype(int), minlength=256)
    assert scipy.stats.chisquare(counts).pvalue > 1e-3


def test_known_numbers_never_change() -> None:
    """They are part of every saved run: a new formula would need a new stream."""
    assert [rng.stream_key(0, 0, 0), rng.stream_key(1, 2, 3), rng.stream_key(2**40, 1024, 2**33)] == KNOWN_KEYS
    np.testing.assert_array_equal(rng.uniforms(5, 6, 7, 4), np.array(KNOWN_UNIFORMS, np.float32))


def test_a_window_of_the_stream_equals_the_stream() -> None:
    np.testing.assert_array_equal(rng.uniforms(9, 8, 7, 100)[37:60], rng.uniforms(9, 8, 7, 23, first=37))


def test_every_argument_matters_and_neighbours_do_not_agree() -> None:
    first = rng.uniforms(1, 2, 3, N)
    for other in ((2, 2, 3), (1, 3, 3), (1, 2, 4), (1 + 2**32, 2, 3), (1, 2, 3 + 2**32), (2, 1, 3)):
        assert abs(np.corrcoef(first, rng.uniforms(*other, N))[0, 1]) < 0.01, other
    assert abs(np.corrcoef(first[:-1], first[1:])[0, 1]) < 0.01
    steps = np.array([rng.uniforms(1, 2, step, 1)[0] for step in range(5000)])
    assert scipy.stats.kstest(steps, "uniform").pvalue > 1e-3


def test_permutations_are_uniform() -> None:
    orders = np.array([rng.permutation(3, epoch, 5) for epoch in range(3000)])
    assert (np.sort(orders, axis=1) == np.arange(5)).all()
    counts = np.unique(orders @ 10 ** np.arange(5), return_counts=True)[1]
    assert len(counts) == 120
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
