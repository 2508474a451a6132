"""Convolutions of every kind against PyTorch in float64, forwards and both gradients."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from playground.engine import convolutions
from playground.engine.convolutions import Convolution
from tests.engine.bench import Bench, error

C = Convolution
CASES = [
    C((8, 8), 1, 8, (3, 3), padding=(1, 1, 1, 1)),
    C((9, 7), 3, 5, (3, 3)),
    C((13, 11), 3, 7, (3, 3), padding=(1, 1, 1, 1)),
    C((17, 15), 5, 33, (3, 3), (2, 2), (1, 1, 1, 1)),
    C((15, 14), 33, 5, (5, 5), padding=(2, 2, 2, 2)),
    C((11, 9), 4, 6, (1, 1)),
    C((11, 9), 4, 6, (1, 1), (2, 3)),
    C((10, 12), 3, 16, (7, 7), (2, 2), (3, 3, 3, 3)),
    C((9, 10), 2, 3, (2, 2), (3, 4)),
    C((10, 10), 2, 3, (1, 2), (3, 3), (0, 1, 2, 0)),
    C((12, 9), 3, 4, (3, 2), (1, 2), (2, 0, 1, 1)),
    C((13, 12), 3, 4, (4, 3), (2, 1), (1, 2, 2, 0)),
    C((14, 13), 5, 6, (3, 3), padding=(2, 2, 2, 2), dilation=(2, 2)),
    C((15, 13), 3, 4, (3, 3), (2, 2), (2, 2, 2, 2), (2, 2)),
    C((16, 15), 3, 4, (3, 3), (2, 3), (1, 3, 2, 0), (3, 2)),
    C((15, 11), 3, 4, (3, 2), (4, 6), (1, 1, 2, 1), (6, 4)),
    C((12, 12), 4, 6, (3, 3), padding=(2, 0, 2, 0), dilation=(2, 1)),
    C((9, 8), 6, 9, (3, 3), padding=(1, 1, 1, 1), groups=3),
    C((9, 8), 8, 4, (3, 2), (2, 2), (1, 0, 1, 1), (1, 2), groups=2),
    C((9, 8), 4, 8, (3, 3), padding=(1, 1, 1, 1), groups=4),
    C((8, 9), 5, 5, (3, 3), padding=(1, 1, 1, 1), groups=5),
    C((9, 11), 20, 20, (3, 5), (2, 3), (1, 2, 0, 1), groups=20),
    C((11, 10), 33, 33, (2, 2), (3, 3), groups=33),
    C((13, 12), 3, 3, (3, 3), (2, 2), (2, 1, 2, 3), (2, 3), groups=3),
    C((1, 1), 3, 17, (1, 1)),
    C((3, 3), 3, 2, (3, 3)),
    C((6, 40), 2, 130, (1, 7), padding=(0, 3, 0, 3)),
]


def name(g: Convolution) -> str:
    return " ".join(str(v).replace(" ", "") for v in dataclasses.astuple(g))


class Twin:
    """The same convolution in PyTorch, float64."""

    def __init__(self, g: Convolution, n: int, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        (h, w), (kh, kw) = g.size, g.kernel
        self.x = rng.normal(size=(n, h, w, g.channels)).astype(np.float32)
        self.w = rng.normal(size=(kh, kw, g.channels // g.groups, g.outputs)).astype(np.float32)
        self.b = rng.normal(size=g.outputs).astype(np.float32)
        x = torch.tensor(self.x, dtype=torch.float64).permute(0, 3, 1, 2).requires_grad_()
        k = torch.tensor(self.w, dtype=torch.float64).permute(3, 2, 0, 1).requires_grad_()
        b = torch.tensor(self.b, dtype=torch.float64).requires_grad_()
        top, left, bottom, right = g.padding
        padded = torch.nn.functional.pad(x, (left, right, top, bottom))
        y = torch.nn.functional.conv2d(padded, k, b, g.stride, 0, g.dilation, g.groups)
        self.dy = rng.normal(size=(n, *y.shape[2:], g.outputs)).astype(np.float32)
        y.backward(torch.tensor(self.dy, dtype=torch.float64).permute(0, 3, 1, 2))
        assert x.grad is not None
        assert k.grad is not None
        assert b.grad is not None
        self.y = y.detach().permute(0, 2, 3, 1).numpy()
        self.dx, self.dw, self.db = x.grad.permute(0, 2, 3, 1).numpy(), k.grad.permute(2, 3, 1, 0).numpy(), b.grad.numpy()


def interior(array: np.ndarray, halo: tuple[int, int]) -> np.ndarray:
    h, w = array.shape[1:3]
    return array[:, halo[0] : h - halo[0], halo[1] : w - halo[1]]


def with_halo(shape: tuple[int, ...], halo: tuple[int, int]) -> tuple[int, ...]:
    return (shape[0], shape[1] + 2 * halo[0], shape[2] + 2 * halo[1], shape[3])


def prepare(g: Convolution, twin: Twin, extra: int = 0) -> tuple[Bench, tuple[int, int], tuple[int, int]]:
    """extra: rows and columns of halo beyond what is needed."""
    hx = tuple(v + extra for v in g.input_halo())
    hy = tuple(v + 2 * extra for v in g.output_halo())
    bench = Bench(
        x=with_halo(twin.x.shape, hx), dx=with_halo(twin.x.shape, hx), w=twin.w.shape, dw=twin.w.shape, b=(g.outputs,),
        db=(g.outputs,), y=with_halo(twin.y.shape, hy), dy=with_halo(twin.y.shape, hy), turned=(max(g.numbers, 1),),
    )  # fmt: skip
    interior(bench["x"], hx)[...] = twin.x
    interior(bench["dy"], hy)[...] = twin.dy
    bench["w"], bench["b"] = twin.w, twin.b
    return bench, hx, hy


@pytest.mark.parametrize("g", CASES, ids=name)
def test_forward_and_gradients(g: Convolution) -> None:
    twin = Twin(g, n=3)
    assert g.output == twin.y.shape[1:3]
    bench, hx, hy = prepare(g, twin)
    for array in ("dx", "dw", "db", "y"):
        target = interior(bench[array], {"dx": hx, "y": hy}[array]) if array in ("dx", "y") else bench[array]
        target[...] = np.nan  # the first writer overwrites
    bench.run(convolutions.forward(g, bench.image("x", hx), bench.at("w"), bench.at("b"), bench.image("y", hy), 3))
    bench.run(convolutions.weight_gradient(g, bench.image("x", hx), bench.image("dy", hy), bench.at("dw"), 3))
    bench.run([convolutions.bias_gradient(g, bench.image("dy", hy), bench.at("db"), 3)])
    bench.run(convolutions.transposed(g, bench.at("w"), bench.at("turned")))
    weights = bench.at("w") if g.depthwise else bench.at("turned")
    bench.run(convolutions.input_gradient(g, bench.image("dy", hy), weights, bench.image("dx", hx), 3))
    assert error(interior(bench["y"], hy), twin.y) < 4e-6
    assert error(bench["dw"], twin.dw) < 4e-6
    assert error(bench["db"], twin.db) < 4e-6
    assert error(interior(bench["dx"], hx), twin.dx) < 4e-6
    for array, halo in (("y", hy), ("dx", hx)):
        outside = bench[array].copy()
        interior(outside, halo)[...] = 0
        assert not outside.any(), f"the halo of {array} was written"


@pytest.mark.parametrize("g", CASES[2::3], ids=name)
def test_adding_relu_and_mask(g: Convolution) -> None:
    """Later writers add; a ReLU is folded into the last product; the gradient is masked where the input is zero."""
    twin = Twin(g, n=2)
    bench, hx, hy = prepare(g, twin, extra=1)
    rng = np.random.default_rng(1)
    inner_x, inner_dx = interior(bench["x"], hx), interior(bench["dx"], hx)
    inner_x[...] = np.maximum(inner_x, 0)
    before = rng.normal(size=inner_dx.shape).astype(np.float32)
    inner_dx[...] = before
    old = rng.normal(size=twin.dw.shape).astype(np.float32)
    bench["dw"] = old
    bench["db"] = 3.0
    x, dy, dx, y = (bench.image(n, h) for n, h in (("x", hx), ("dy", hy), ("dx", hx), ("y", hy)))
    bench.run(convolutions.transposed(g, bench.at("w"), bench.at("turned")))
    weights = bench.at("w") if g.depthwise else bench.at("turned")
    bench.run(convolutions.input_gradient(g, dy, weights, dx, 2, mask=x.at, add=True))
    keep = inner_x > 0
    reached = np.zeros(inner_x.shape, bool)
    reached[...] = True
    for i in (0, 1):  # pixels that no tap reaches are not written when adding: their other writers have masked them
        for r in g.residues(i):
            if r.taps == 0:
                index = (slice(None),) * (1 + i) + (slice(r.first, None, g.stride[i]),)
                reached[index] = False
    expected = np.where(reached, np.where(keep, twin.dx + before, 0.0), before)
    assert error(inner_dx, expected) < 4e-6
    bench.run(convolutions.weight_gradient(g, x, dy, bench.at("dw"), 0, add=True))
    assert (bench["dw"] == old).all(), "no images add nothing"
    interior(bench["x"], hx)[...] = twin.x
    bench.run(convolutions.weight_gradient(g, x, dy, bench.at("dw"), 2, add=True))
    bench.run([convolutions.bias_gradient(g, dy, bench.at("db"), 2, add=True)])
    assert error(bench["dw"], twin.dw + old) < 4e-6
    assert error(bench["db"], twin.db + 3.0) < 4e-6
    bench.run(convolutions.forward(g, x, bench.at("w"), bench.at("b"), y, 2, relu=True))
    assert error(interior(bench["y"], hy), np.maximum(twin.y, 0)) < 4e-6


@pytest.mark.parametrize("g", [CASES[2], CASES[17], CASES[20]], ids=name)
def test_no_images_give_a_zero_weight_gradient(g: Convolution) -> None:
    """A chain that has no rows in a short last batch still writes its share."""
    bench, hx, hy = prepare(g, Twin(g, n=1))
    bench["dw"] = bench["db"] = np.nan
    bench.run(convolutions.weight_gradient(g, bench.image("x", hx), bench.image("dy", hy), bench.at("dw"), 0))
    bench.run([convolutions.bias_gradient(g, bench.image("dy", hy), bench.at("db"), 0)])
    assert not bench["dw"].any()
    assert not bench["db"].any()


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(300))
def test_random_geometries(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 1, 2, 3, 5]))
    channels, outputs = groups * int(rng.integers(1, 20)), groups * int(rng.integers(1, 20))
    if seed % 5 == 0:
        channels = outputs = groups = int(rng.integers(2, 40))
    pair = lambda high: (int(rng.integers(1, high)), int(rng.integers(1, high)))  # noqa: E731
    kernel, stride, dilation = pair(5), pair(5), pair(4)
    size = tuple(int(rng.integers(1, 14)) + (k - 1) * d for k, d in zip(kernel, dilation, strict=True))
    padding = tuple(int(v) for v in rng.integers(0, 4, 4))
    test_forward_and_gradients(Convolution(size, channels, outputs, kernel, stride, padding, dilation, groups))  # type: ignore[arg-type]
