"""The product's inner loops: no spills in the machine code, and as fast as PyTorch's library. Source of the first: it was once lost."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Callable

import numba
import numpy as np
import pytest
import torch

from playground.engine import jit, products
from playground.engine import kernel as registry
from playground.engine.convolutions import Convolution, forward, weight_gradient
from playground.engine.emit import Instruction
from playground.engine.jit import target
from playground.engine.jit.arrays import SIGNATURE
from playground.engine.jit.compile import OPTIONS, Bound
from playground.engine.operands import decoded
from playground.engine.registers import WIDTH
from tests.engine.bench import Bench
from tests.engine.test_convolutions import Twin, prepare


def inner_loops(assembly: str) -> list[tuple[int, str]]:
    """Blocks that jump to themselves, up to that jump, with their number of fused multiply-adds."""
    parts = re.split(r"^(\.LBB\w+):.*$", assembly, flags=re.MULTILINE)
    found = []
    for label, body in zip(parts[1::2], parts[2::2], strict=True):
        loop = re.split(rf"\tj\w+\t{re.escape(label)}\b", body)
        if len(loop) > 1:
            found.append((len(re.findall(r"\tvfmadd", loop[0])), loop[0]))
    return found


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="reads x86 assembly")
@pytest.mark.parametrize("kernel", ["product", "plain_product"])
def test_inner_loops_keep_everything_in_registers(kernel: str) -> None:
    function = Bound(decoded(registry.find(kernel))).function
    loops = inner_loops(next(iter(numba.njit(SIGNATURE, **OPTIONS)(function).inspect_asm().values())))
    n = target.shapes()
    expected = {n["TALL_ROWS"] * n["TALL_VECTORS"], n["FLAT_ROWS"] * n["FLAT_VECTORS"], n["NARROW_ROWS"]}
    assert expected <= {count for count, _ in loops}
    for count, loop in loops:
        if count in expected:
            assert "(%rsp" not in loop, "a number or a pointer went to the stack"
            # for 8 rows of one vector: a load for B, one for each row of A, and five instructions for counters and the jump
            assert len(loop.strip().splitlines()) <= 2 * count + 6


def timed(function: Callable[[], object], seconds: float = 0.2) -> float:
    """The least time of one call on this thread."""
    function()
    best, end = float("inf"), time.thread_time() + seconds
    while time.thread_time() < end:
        start = time.thread_time()
        function()
        best = min(best, time.thread_time() - start)
    return best


def bound(bench: Bench, instruction: Instruction) -> Callable[[], object]:
    name, *words = instruction
    w = np.zeros(WIDTH, np.int64)
    w[: len(words)] = words
    kernel = jit.compiled(str(name))
    return lambda: kernel(bench.F, bench.R, w, bench.k)


@pytest.mark.campaign
def test_dense_is_no_slower_than_pytorch() -> None:
    torch.set_num_threads(1)
    n, i, o = 512, 512, 512
    rng = np.random.default_rng(0)
    bench = Bench(x=(n, i), w=(i, o), y=(n, o))
    bench["x"], bench["w"] = rng.normal(size=(n, i)), rng.normal(size=(i, o))
    x, w = torch.from_numpy(bench["x"].copy()), torch.from_numpy(bench["w"].copy())
    ours = timed(bound(bench, products.dense_forward(bench.at("x"), bench.at("w"), None, bench.at("y"), n, i, o)))
    theirs = timed(lambda: x @ w)
    np.testing.assert_allclose(bench["y"], (x @ w).numpy(), atol=1e-3)
    print(f"dense {n}×{i}×{o}: {2e-9 * n * i * o / ours:.0f} GFLOP/s, {ours / theirs:.2f} of PyTorch's time")
    assert ours < 1.15 * theirs


@pytest.mark.campaign
@pytest.mark.parametrize(("rows", "terms", "columns"), [(64, 64, 1024), (256, 1024, 2048), (400, 64, 256)])
def test_copying_pays_where_it_is_done(rows: int, terms: int, columns: int) -> None:
    assert products.copies(rows, terms, columns)
    rng = np.random.default_rng(0)
    bench = Bench(x=(rows, terms), w=(terms, columns), y=(rows, columns), s=(products.copy_scratch(columns),))
    bench["x"], bench["w"] = rng.normal(size=(rows, terms)), rng.normal(size=(terms, columns))
    words = (bench.at("x"), bench.at("w"), None, bench.at("y"), rows, terms, columns)
    plain = timed(bound(bench, products.dense_forward(*words)))
    copied = timed(bound(bench, products.dense_forward(*words, scratch=bench.at("s"))))
    print(f"{rows}×{terms}×{columns}: copied in {copied / plain:.2f} of the time")
    assert copied < 1.05 * plain


@pytest.mark.campaign
def test_convolution_is_no_slower_than_pytorch() -> None:
    torch.set_num_threads(1)
    g, n = Convolution((32, 32), 32, 32, (3, 3), padding=(1, 1, 1, 1)), 16
    twin = Twin(g, n)
    bench, hx, hy = prepare(g, twin)
    x, dy, y = bench.image("x", hx), bench.image("dy", hy), bench.image("y", hy)
    tx = torch.from_numpy(twin.x).permute(0, 3, 1, 2)
    tw = torch.from_numpy(twin.w).permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    tb = torch.from_numpy(twin.b)
    flops = 2e-9 * n * 32 * 32 * g.numbers
    ours = timed(bound(bench, forward(g, x, bench.at("w"), bench.at("b"), y, n)[0]))
    theirs = timed(lambda: torch.nn.functional.conv2d(tx, tw, tb, padding=1))
    gradient = timed(bound(bench, weight_gradient(g, x, dy, bench.at("dw"), n)[0]))
    print(
        f"convolution: {flops / ours:.0f}, its weight gradient {flops / gradient:.0f} GFLOP/s; {ours / theirs:.2f} of PyTorch's time"
    )
    assert ours < 1.15 * theirs
    assert gradient < 1.3 * ours
