"""The matrix product against float64: any size, bias, ReLU, mask, adding, transposed operands, nothing to sum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.engine import products
from playground.engine.emit import Instruction
from tests.engine.bench import Bench, error

SIZES = [
    (1, 1, 1), (1, 128, 64), (2, 3, 5), (3, 100, 33), (4, 784, 70), (5, 128, 64), (37, 53, 19), (64, 100, 7),
    (64, 2, 8), (9, 257, 48), (33, 600, 65), (8, 16, 16), (7, 512, 31), (17, 300, 129),
]  # fmt: skip


def operands(n: int, i: int, o: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {"x": (n, i), "w": (i, o), "b": (o,), "dy": (n, o)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def prepared(n: int, i: int, o: int) -> tuple[Bench, dict[str, np.ndarray]]:
    given_ = operands(n, i, o)
    bench = Bench(x=(n, i), w=(i, o), b=(o,), y=(n, o), dy=(n, o), dw=(i, o), dx=(n, i), s=(products.BLOCK_SCRATCH,))
    for name, value in given_.items():
        bench[name] = value
    for name in ("y", "dw", "dx", "s"):
        bench[name] = np.nan
    return bench, given_


@pytest.mark.parametrize(("n", "i", "o"), SIZES)
def test_dense_forward_and_gradients(n: int, i: int, o: int) -> None:
    bench, a = prepared(n, i, o)
    at = bench.at
    bench.run(
        [
            products.dense_forward(at("x"), at("w"), at("b"), at("y"), n, i, o),
            products.dense_dw(at("x"), at("dy"), at("dw"), n, i, o),
            products.dense_dx(at("dy"), at("w"), at("dx"), n, i, o, at("s")),
        ]
    )
    x, w, dy = (a[name].astype(np.float64) for name in ("x", "w", "dy"))
    assert error(bench["y"], x @ w + a["b"]) < 2e-6
    assert error(bench["dw"], x.T @ dy) < 2e-6
    assert error(bench["dx"], dy @ w.T) < 2e-6


@pytest.mark.parametrize(("n", "i", "o"), SIZES[2::3])
def test_relu_mask_and_adding(n: int, i: int, o: int) -> None:
    bench, a = prepared(n, i, o)
    at = bench.at
    bench["x"] = np.maximum(a["x"], 0)
    bench["dw"] = 2.0
    bench["dx"] = -1.0
    bench.run(
        [
            products.dense_forward(at("x"), at("w"), None, at("y"), n, i, o, relu=True),
            products.dense_dw(at("x"), at("dy"), at("dw"), n, i, o, add=True),
            products.dense_dx(at("dy"), at("w"), at("dx"), n, i, o, at("s"), mask=at("x"), add=True),
        ]
    )
    x, w, dy = np.maximum(a["x"], 0).astype(np.float64), a["w"].astype(np.float64), a["dy"].astype(np.float64)
    assert error(bench["y"], np.maximum(x @ w, 0)) < 2e-6
    assert error(bench["dw"], x.T @ dy + 2) < 2e-6
    assert error(bench["dx"], np.where(x > 0, dy @ w.T - 1, 0)) < 2e-6


def test_rows_of_the_weight_gradient_can_be_split() -> None:
    n, i, o = 21, 37, 19
    bench, _ = prepared(n, i, o)
    at = bench.at
    bench.run([products.dense_dw(at("x"), at("dy"), at("dw"), n, i, o)])
    whole = bench["dw"].copy()
    bench["dw"] = np.nan
    bench.run([products.dense_dw(at("x"), at("dy"), at("dw"), n, i, o, first, min(first + 8, i)) for first in range(0, i, 8)])
    np.testing.assert_array_equal(bench["dw"], whole)


@pytest.mark.parametrize(("i", "o"), [(37, 19), (9, 8), (3, 70), (16, 5)])
def test_claimed_weights_keep_every_bit(i: int, o: int) -> None:
    """Also those that are no numbers; and the gradient is the same."""
    n = 21
    bench, _ = prepared(n, i, o)
    at = bench.at
    bench["w"].reshape(-1).view(np.uint32)[::3] = 0x7F812345
    bench.run([products.dense_dw(at("x"), at("dy"), at("dw"), n, i, o)])
    before = bench.F.view(np.uint32).copy()
    bench["dw"] = 0.0
    bench.run([products.dense_dw(at("x"), at("dy"), at("dw"), n, i, o, weights=at("w"))])
    np.testing.assert_array_equal(bench.F.view(np.uint32), before)


@pytest.mark.parametrize(("n", "i", "o"), [*SIZES, (0, 9, 40), (300, 1, 1), (520, 17, 40)])
def test_squares_of_a_gradient_are_added_up_on_the_way(n: int, i: int, o: int) -> None:
    """For rows of every number, columns of every number, sums in several blocks and no terms at all; the gradient keeps its bits."""
    bench = Bench(x=(max(n, 1), i), dy=(max(n, 1), o), dw=(i, o), s=(16,))
    for name, value in operands(max(n, 1), i, o).items():
        if name in ("x", "dy"):
            bench[name] = value
    bench.run([products.dense_dw(bench.at("x"), bench.at("dy"), bench.at("dw"), n, i, o)])
    plain = bench["dw"].copy()
    bench["dw"] = bench["s"] = np.nan
    bench.run([products.dense_dw(bench.at("x"), bench.at("dy"), bench.at("dw"), n, i, o, squares=bench.at("s"))])
    np.testing.assert_array_equal(bench["dw"], plain)
    assert bench["s"].astype(float).sum() == pytest.approx((plain.astype(float) ** 2).sum(), rel=2e-6)


#: Rows, features in and out for which the forward product copies its B, the weight gradient does, or both.
COPIED = [(64, 16, 1024), (70, 300, 2048), (51, 203, 256), (127, 192, 768), (75, 210, 1024)]


@pytest.mark.parametrize(("n", "i", "o"), COPIED)
def test_a_copied_operand_changes_no_bit(n: int, i: int, o: int) -> None:
    """With every start and epilogue, against the same product without scratch; that one is compared with float64 above."""
    bench = Bench(x=(n, i), w=(i, o), b=(o,), dy=(n, o), mask=(n, o), y=(n, o), dw=(i, o), q=(16,), s=(products.copy_scratch(o),))
    rng, at = np.random.default_rng(0), bench.at
    for name in ("x", "w", "b", "dy"):
        bench[name] = rng.normal(size=bench[name].shape)
    bench["mask"] = rng.random(bench["mask"].shape) < 0.5
    x, w, dy, y, dw = (at(name) for name in ("x", "w", "dy", "y", "dw"))

    def made(scratch: int) -> list[tuple[Instruction, str]]:
        return [
            (products.dense_forward(x, w, at("b"), y, n, i, o, scratch=scratch), "y"),
            (products.dense_forward(x, w, None, y, n, i, o, relu=True, scratch=scratch), "y"),
            (products.dense_forward(x, w, None, y, n, i, o, mask=at("mask"), add=True, scratch=scratch), "y"),
            (products.dense_part(x, w, y, n, i, o, i, scratch=scratch), "y"),
            (products.dense_dw(x, dy, dw, n, i, o, scratch=scratch), "dw"),
            (products.dense_dw(x, dy, dw, n, i, o, add=True, weights=w, scratch=scratch), "dw"),
            (products.dense_dw(x, dy, dw, n, i, o, squares=at("q"), scratch=scratch), "dw"),
            (products.dense_forward(x, w, None, y, 0, i, o, scratch=scratch), "y"),
            (products.dense_dw(x, dy, dw, 0, i, o, scratch=scratch), "dw"),
        ]

    copied = 0
    for (plain, name), (other, _) in zip(made(0), made(at("s")), strict=True):
        found = []
        for instruction in (plain, other):
            bench["y"], bench["dw"], bench["s"], bench["q"] = 3.0, 5.0, np.nan, 0.0
            bench.run([instruction])
            found.append((bench[name].copy(), bench["q"].copy(), bool(np.isfinite(bench["s"]).any())))
        np.testing.assert_array_equal(found[0][0], found[1][0])
        np.testing.assert_array_equal(found[0][1], found[1][1])
        assert not found[0][2]
        copied += found[1][2]
    assert copied


@pytest.mark.parametrize("columns", [1, 15, 16, 33, 300])
def test_any_width_can_be_copied(columns: int) -> None:
    m, k, step = 70, 270, 1024
    bench = Bench(a=(m, k), b=(k, step), c=(m, columns), s=(products.copy_scratch(step),))
    rng = np.random.default_rng(0)
    bench["a"], bench["b"], bench["s"] = rng.normal(size=(m, k)), rng.normal(size=(k, step)), np.nan
    a, c = products.Walk(bench.at("a"), k), products.Walk(bench.at("c"), columns)
    bench.run([products.multiply((m, columns, k, 1), a, (1, 0), (bench.at("b"), step, 0), c, scratch=bench.at("s"))])
    assert np.isfinite(bench["s"]).any()
    assert error(bench["c"], bench["a"].astype(np.float64) @ bench["b"][:, :columns]) < 5e-6


@pytest.mark.parametrize("rows", [0, 1, 5, 20])
def test_fewer_rows_leave_the_others_alone(rows: int) -> None:
    n, i, o = 21, 10, 9
    bench, a = prepared(n, i, o)
    at = bench.at
    bench["y"] = bench["dx"] = 5.0
    bench.run(
        [
            products.dense_forward(at("x"), at("w"), at("b"), at("y"), rows, i, o),
            products.dense_dw(at("x"), at("dy"), at("dw"), rows, i, o),
            products.dense_dx(at("dy"), at("w"), at("dx"), rows, i, o, at("s")),
        ]
    )
    assert (bench["y"][rows:] == 5).all()
    assert (bench["dx"][rows:] == 5).all()
    np.testing.assert_allclose(bench["dw"], a["x"][:rows].T @ a["dy"][:rows], atol=1e-5)


def test_nan_is_not_hidden_by_relu() -> None:
    bench, _ = prepared(3, 4, 5)
    at = bench.at
    bench["x"][1, 2] = np.nan
    bench.run([products.dense_forward(at("x"), at("w"), None, at("y"), 3, 4, 5, relu=True)])
    assert np.isnan(bench["y"][1]).all()
    assert np.isfinite(bench["y"][[0, 2]]).all()


numbers = st.integers(1, 40)


@settings(max_examples=60, deadline=None)
@given(m=numbers, n=numbers, k=st.integers(0, 300), s=st.integers(0, 4), length=numbers, images=st.integers(0, 3), data=st.data())
def test_any_walk(m: int, n: int, k: int, s: int, length: int, images: int, data: st.DataObject) -> None:
    """Rows on lines that overlap in A and have gaps in C; the sum over images; every start and epilogue."""
    start = data.draw(st.sampled_from([products.ZERO, products.BIAS, products.ADD]))
    relu, masked, summed = (*data.draw(st.sampled_from([(False, False), (True, False), (False, True)])), data.draw(st.booleans()))
    a_step, a_line = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 200))
    rng = np.random.default_rng(0)
    lines = -(-m // length)
    c_line = length * n + 3
    extent = (lines * a_line + length * a_step) + 2 * k + 5 * s + 1
    bench = Bench(
        a=(max(images, 1), extent),
        b=(max(s * k, 1), n),
        bias=(n,),
        c=(max(images, 1), lines * c_line),
        mask=(max(images, 1), lines * c_line),
    )
    a, b = rng.normal(size=bench["a"].shape).astype("f4"), rng.normal(size=bench["b"].shape).astype("f4")
    c = rng.normal(size=bench["c"].shape).astype("f4")
    mask = (rng.random(c.shape) < 0.5).astype("f4")
    bench["a"], bench["b"], bench["c"], bench["mask"] = a, b, c, mask
    bench["bias"] = rng.normal(size=n)
    each = products.Images(0, images, extent, 0, 0 if summed else lines * c_line)
    bench.run([
        products.multiply(
            (m, n, k, s), products.Walk.lines(bench.at("a"), a_step, length, a_line), (2, 5), (bench.at("b"), n, k * n),
            products.Walk.lines(bench.at("c"), n, length, c_line), start=start, bias=bench.at("bias"),
            relu=relu and not summed, mask=bench.at("mask") if masked and not summed else None, images=each,
        )
    ])  # fmt: skip
    expected = c.astype(np.float64)
    for g in range(1 if summed else images):
        for i in range(m):
            row, at = divmod(i, length)
            line = slice(row * c_line + at * n, row * c_line + at * n + n)
            first = row * a_line + at * a_step
            total = {products.ZERO: np.zeros(n), products.BIAS: bench["bias"].astype(float), products.ADD: expected[g, line]}[
                start
            ]
            for h in range(images) if summed else [g]:
                where = first + 2 * np.arange(k)[None] + 5 * np.arange(s)[:, None]
                total = total + a[h, where.ravel()].astype(np.float64) @ b[: s * k]
            if relu and not summed:
                total = np.maximum(total, 0)
            if masked and not summed:
                total = np.where(mask[g, line] == 0, 0, total)
            expected[g, line] = total
    assert error(bench["c"], expected) < 5e-6 + 3e-7 * np.sqrt(k * images)  # rounding grows with the terms of a sum
