"""The words of kernels: accuracy of the functions, masked ends, NaN, random numbers; machine code against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from playground.engine import rng, vocabulary
from playground.engine.emit import Instruction
from playground.engine.kernel import kernel
from playground.engine.vocabulary import (
    exp,
    expm1,
    first_lanes,
    hmax,
    hsum,
    load,
    log,
    ramp,
    sigmoid,
    softplus,
    splat,
    store,
    tanh,
    uniform,
    vabs,
    vfloor,
    vmax,
    vmin,
    vsqrt,
    where,
)
from tests.engine.bench import Bench, error


@kernel
def words_test(F, R, w, k):
    """words: x n out: one row of outputs for each word."""
    x, n = w[0], w[1]
    for j in range(0, n, 16):
        v, r = load(F, x + j, n - j), n - j
        o = w[2] + j
        store(F, o, r, exp(v))
        store(F, o + n, r, expm1(v))
        store(F, o + 2 * n, r, tanh(v))
        store(F, o + 3 * n, r, sigmoid(v))
        store(F, o + 4 * n, r, log(vabs(v)))
        store(F, o + 5 * n, r, softplus(v))
        store(F, o + 6 * n, r, vsqrt(vabs(v)))
        store(F, o + 7 * n, r, vfloor(v))
        store(F, o + 8 * n, r, vmax(v, 0.5))
        store(F, o + 9 * n, r, vmin(v, 0.5))
        store(F, o + 10 * n, r, where((v > 0.0) & ~(v >= 2.0), -v, v * v - 1.0 / (v + 100.0)))


@kernel
def reductions_test(F, R, w, k):
    """words: x n out.  Sum and largest of the first n lanes, and uniforms."""
    v = load(F, w[0], w[1])
    F[w[2]] = hsum(v)
    F[w[2] + 1] = hmax(where(first_lanes(w[1]), v, -1e30))
    F[w[2] + 2] = hsum(splat(3.0) + ramp(1.0))
    store(F, w[2] + 16, 16, uniform(w[3], w[4]))


@kernel
def named_operands_test(x: "rows cols", s: cols, y: "rows cols", rows, cols, k):  # noqa: F821, F722
    """Operands by name and shape."""
    for i in range(rows):
        for j in range(cols):
            y[i, j] = x[i, j] * s[j] + k[3]


def outputs(x: np.ndarray) -> np.ndarray:
    bench = Bench(x=x.shape, y=(11, len(x)))
    bench["x"] = x
    bench.run([("words_test", bench.at("x"), len(x), bench.at("y"))])
    return bench["y"].copy()


def test_accuracy() -> None:
    values = np.concatenate([np.linspace(-30, 30, 4001), np.logspace(-8, 1.9, 800), -np.logspace(-8, 1.9, 800)])
    x = values[np.abs(values) > 1e-9].astype(np.float32)
    found, v = outputs(x), x.astype(np.float64)
    expected = [np.exp(v), np.expm1(v), np.tanh(v), 1 / (1 + np.exp(-v)), np.log(np.abs(v))]
    for row, (got, right) in enumerate(zip(found, expected, strict=False)):
        away = np.abs(right) > (0.1 if row == 4 else 0)  # around 1 the logarithm is small and its error absolute
        assert np.max(np.abs(got - right)[away] / np.abs(right)[away]) < 3e-7, row
    assert np.abs(found[4] - expected[4]).max() < 3e-6
    assert np.abs(found[5] - np.logaddexp(0, v)).max() < 4e-6
    np.testing.assert_array_equal(found[6], np.sqrt(np.abs(x)))
    np.testing.assert_array_equal(found[7], np.floor(x))
    np.testing.assert_array_equal(found[8], np.maximum(x, 0.5))
    np.testing.assert_array_equal(found[9], np.minimum(x, 0.5))
    np.testing.assert_allclose(found[10], np.where((x > 0) & (x < 2), -x, x * x - 1 / (x + 100)), rtol=1e-5, atol=1e-6)


def test_extremes_saturate_and_nan_stays_nan() -> None:
    found = outputs(np.array([np.nan, np.inf, -np.inf, 1e30, -1e30], np.float32))
    assert np.isnan(found[[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0]).all()
    assert (found[2, 1:] == [1, -1, 1, -1]).all()
    assert (found[3, 1:] < 1.0001).all()
    assert found[3, 2] < 1e-37
    assert np.isfinite(found[0, 1:]).all()


@pytest.mark.parametrize("n", [1, 2, 15, 16])
def test_reductions_and_random_numbers(n: int) -> None:
    bench = Bench(x=(16,), y=(32,))
    bench["x"] = np.linspace(-2, -1, 16)
    key = rng.stream_key(2**40 + 5, 7, 11)
    bench.run([("reductions_test", bench.at("x"), n, bench.at("y"), key, 1000)])
    x = bench["x"][:n]
    np.testing.assert_allclose(bench["y"][:3], [x.sum(), x.max(), 16 * 3 + 16 * 8.5], rtol=1e-6)
    np.testing.assert_array_equal(bench["y"][16:], rng.uniforms(2**40 + 5, 7, 11, 16, first=1000))


def test_named_operands() -> None:
    bench = Bench(x=(3, 5), s=(5,), y=(3, 5))
    bench["x"], bench["s"] = np.arange(15).reshape(3, 5), np.arange(5)
    bench.k[3] = 0.5
    bench.run([("named_operands_test", bench.at("x"), bench.at("s"), bench.at("y"), 3, 5)])
    np.testing.assert_array_equal(bench["y"], bench["x"] * bench["s"] + np.float32(0.5))


def test_every_word_has_a_compiled_form_of_its_own() -> None:
    from playground.engine.jit.compile import words

    assert set(vocabulary.WORDS) < set(words())
    assert not [name for name, word in vocabulary.WORDS.items() if words()[name] is word]


def pooled(values: np.ndarray) -> np.ndarray:
    bench = Bench(x=(1, 2, 2, 1), y=(1,))
    bench["x"] = values.reshape(1, 2, 2, 1)
    words: Instruction = ("max_pool", 1, 2, 2, 1, 1, 1, 2, 2, 2, 2, 0, 0, bench.at("x"), 2, 4, bench.at("y"), 1, 1)
    bench.run([words])
    return bench["y"].copy()


@pytest.mark.parametrize("at", range(4))
def test_max_pool_passes_nan_on(at: int) -> None:
    import playground.engine.windows  # noqa: F401  registers the kernel

    values = np.array([1.0, 2.0, 3.0, 4.0], np.float32)
    assert error(pooled(values), np.array([4.0])) == 0
    values[at] = np.nan
    assert np.isnan(pooled(values)).all()


@pytest.mark.parametrize("kernel_name", ["max_pool_backward", "max_pool_backward_apart"])
@pytest.mark.parametrize(("extent", "across"), [(2, 2), (2, 3)])
def test_of_equal_numbers_only_the_first_gets_the_gradient(kernel_name: str, extent: int, across: int) -> None:
    import playground.engine.windows  # noqa: F401  registers the kernel

    bench = Bench(x=(extent, across, 2), y=(1, 1, 2), dy=(1, 1, 2), dx=(extent, across, 2))
    bench["x"] = bench["y"] = 1.5
    bench["x"][0, 0, 1] = 0.5
    bench["dy"] = [3.0, 4.0]
    window = (1, extent, across, 2, 1, 1, extent, across, extent, across, 0, 0)
    row, image = across * 2, extent * across * 2
    places = (bench.at("x"), row, image, bench.at("y"), 2, 2, bench.at("dy"), 2, 2, bench.at("dx"), row, image)
    bench.run([(kernel_name, *window, *places, 0)])
    expected = np.zeros((extent, across, 2))
    expected[0, 0, 0], expected[0, 1, 1] = 3.0, 4.0
    np.testing.assert_array_equal(bench["dx"], expected)
