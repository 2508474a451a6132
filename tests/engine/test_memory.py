"""Blocks of memory for arenas."""

from __future__ import annotations

import mmap

import numpy as np
import pytest

from playground.engine.memory import ALIGNMENT, LARGE_PAGE, allocate, views


@pytest.mark.parametrize("nbytes", [8, 5000, LARGE_PAGE, LARGE_PAGE + 8, 3 * LARGE_PAGE - 8])
def test_a_block_is_zero_aligned_and_large_enough(nbytes: int) -> None:
    block = allocate(nbytes)
    F, R = views(block, nbytes)
    assert R.size == nbytes // 8
    assert F.size == 2 * R.size
    assert not R.any()
    assert F.ctypes.data % ALIGNMENT == 0
    F[-1] = 1.5
    assert R[-1] == np.array([0, 1.5], np.float32).view(np.int64)[0]


@pytest.mark.skipif(not hasattr(mmap, "MADV_HUGEPAGE"), reason="a system without large pages to ask for")
def test_a_large_block_is_made_of_whole_large_pages_and_a_small_one_is_not() -> None:
    assert len(allocate(LARGE_PAGE + 8)) == 2 * LARGE_PAGE
    assert len(allocate(5000)) < LARGE_PAGE


def test_memory_that_is_too_small_or_not_aligned_is_refused() -> None:
    with pytest.raises(ValueError, match="buffer"):
        views(bytearray(64), 128)
    with pytest.raises(ValueError, match="must begin at a multiple of 64"):
        views(memoryview(allocate(4096))[8:], 1024)
