"""Convolutions with fewer multiplications, against PyTorch in float64 and against the direct form; and where they are chosen."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from playground.core.tensor import TensorType
from playground.engine import convolutions, jit, winograd
from playground.engine.builder import GraphBuilder
from playground.engine.convolutions import Convolution
from playground.engine.emit import Instruction
from playground.engine.graph import Graph
from playground.engine.machine import Machine
from playground.engine.plan import Plan, UpdateRule, plan_network
from playground.engine.registers import WIDTH, ZEROS
from tests.engine.bench import Bench, error
from tests.engine.networks import Net, Spread, workload
from tests.engine.test_convolutions import Twin, interior, name, prepare
from tests.engine.test_product_speed import bound, timed

#: Largest error allowed, as a fraction of the largest value, and against the direct form in float32 of the same sums.
FRACTION, TIMES_DIRECT = 4e-6, 4.0
SGD = UpdateRule("sgd", {"rate": 0.05, "l2": 0.0})


def case(size: tuple[int, int], channels: int, outputs: int, padding: tuple[int, int, int, int] = (1, 1, 1, 1)) -> Convolution:
    return Convolution(size, channels, outputs, (3, 3), padding=padding)


CASES = [
    case((8, 8), 16, 16),
    case((7, 5), 17, 33),
    case((5, 7), 3, 18),
    case((7, 5), 33, 16, (0, 0, 0, 0)),
    case((6, 9), 16, 5, (0, 1, 2, 0)),
    case((3, 4), 19, 21, (2, 2, 2, 2)),
    case((2, 3), 16, 17, (3, 0, 1, 4)),
    case((3, 3), 34, 35, (0, 0, 0, 0)),
    case((1, 1), 16, 17),
    case((1, 1), 33, 16, (2, 2, 2, 2)),
    case((1, 8), 20, 40),
    case((20, 1), 20, 16),
    case((4, 5), 260, 20),
]


class Both:
    """A convolution's three passes in both forms, beside PyTorch's in float64."""

    def __init__(self, g: Convolution, images: int, extra: int = 0) -> None:
        self.g, self.images, self.twin = g, images, Twin(g, images)
        self.direct, self.hx, self.hy = prepare(g, self.twin, extra)
        d = self.direct
        self.bench = Bench(
            **d.shapes, u=(16, g.channels, g.outputs), shares=(2, 16, g.channels, g.outputs), scratch=(winograd.scratch(g),)
        )
        for one in ("x", "dy", "w", "b"):
            self.bench[one] = d[one]

    def target(self, bench: Bench, array: str) -> np.ndarray:
        return interior(bench[array], {"dx": self.hx, "y": self.hy}[array]) if array in ("dx", "y") else bench[array]

    def fill(self, value: float) -> None:
        for bench in (self.direct, self.bench):
            for array in ("y", "dx", "dw"):
                self.target(bench, array)[...] = value

    def run_direct(self, *, relu: bool = False, mask: bool = False, add: bool = False) -> None:
        g, n, bench = self.g, self.images, self.direct
        x, dy, y, dx = (bench.image(a, h) for a, h in (("x", self.hx), ("dy", self.hy), ("y", self.hy), ("dx", self.hx)))
        judged = x.at if mask else None
        bench.run(convolutions.forward(g, x, bench.at("w"), None if add else bench.at("b"), y, n, relu=relu, add=add))
        bench.run(convolutions.transposed(g, bench.at("w"), bench.at("turned")))
        bench.run(convolutions.input_gradient(g, dy, bench.at("turned"), dx, n, mask=judged, add=add))
        bench.run(convolutions.weight_gradient(g, x, dy, bench.at("dw"), n, add=add))

    def words(self, *, relu: bool = False, mask: bool = False, add: bool = False) -> list[Instruction]:
        """The weight gradient comes from two shares, of the first image and of the others, and in two ranges of channels."""
        g, n, bench = self.g, self.images, self.bench
        x, dy, y, dx = (bench.image(a, h) for a, h in (("x", self.hx), ("dy", self.hy), ("y", self.hy), ("dx", self.hx)))
        judged, room, back = x.at if mask else None, bench.at("scratch"), winograd.turned(g)
        shares, count = bench.at("shares"), winograd.numbers(g)
        rest = [dataclasses.replace(image, at=image.at + image.step) for image in (x, dy)]
        middle = g.channels // 2
        return [
            winograd.transformed(g, bench.at("w"), bench.at("u")),
            winograd.forward(g, x, bench.at("u"), None if add else bench.at("b"), y, n, room, relu=relu, add=add),
            winograd.transformed(g, bench.at("w"), bench.at("u"), turned=True, scratch=room),
            winograd.forward(back, dy, bench.at("u"), None, dx, n, room, mask=judged, add=add),
            winograd.weight_gradient(g, x, dy, shares, min(n, 1), room),
            winograd.weight_gradient(g, rest[0], rest[1], shares + count, max(n - 1, 0), room),
            winograd.weight_sum(g, (shares, 2, count), bench.at("dw"), (0, middle), add=add),
            winograd.weight_sum(g, (shares, 2, count), bench.at("dw"), (middle, g.channels), add=add),
        ]

    def compare(self, expected: dict[str, np.ndarray]) -> None:
        for array, truth in expected.items():
            got, direct = (error(self.target(bench, array), truth) for bench in (self.bench, self.direct))
            assert got < FRACTION, array
            assert got < TIMES_DIRECT * direct + 2e-7, (array, got, direct)


@pytest.mark.parametrize("images", [1, 3])
@pytest.mark.parametrize("g", CASES, ids=name)
def test_all_three_passes(g: Convolution, images: int) -> None:
    both = Both(g, images)
    both.fill(np.nan)  # the first writer overwrites
    both.run_direct()
    both.bench.run(both.words())
    both.compare({"y": both.twin.y, "dx": both.twin.dx, "dw": both.twin.dw})
    for array, halo in (("y", both.hy), ("dx", both.hx)):
        outside = both.bench[array].copy()
        interior(outside, halo)[...] = 0
        assert not outside.any(), f"the halo of {array} was written"


@pytest.mark.parametrize("g", CASES[:6], ids=name)
def test_relu_mask_and_adding(g: Convolution) -> None:
    both = Both(g, images=2, extra=1)
    twin = both.twin
    for bench in (both.direct, both.bench):
        interior(bench["x"], both.hx)[...] = twin.x * (twin.x > 0)
    plain = Both(g, images=2)
    plain.run_direct()
    plain.bench.run(plain.words(relu=True))
    plain.compare({"dx": twin.dx, "dw": twin.dw})
    assert error(plain.target(plain.bench, "y"), np.maximum(twin.y, 0)) < FRACTION
    both.fill(3.0)
    both.run_direct(mask=True, add=True)
    both.bench.run(both.words(mask=True, add=True))
    both.compare({"dx": np.where(twin.x > 0, twin.dx + 3.0, 0.0)})
    for array in ("y", "dw"):
        assert error(both.target(both.bench, array), both.target(both.direct, array)) < FRACTION


def test_no_images_give_a_zero_weight_gradient_and_add_nothing() -> None:
    """A chain that has no rows in a short last batch still writes its share."""
    both = Both(CASES[1], images=1)
    g, bench = both.g, both.bench
    x, dy, room = bench.image("x", both.hx), bench.image("dy", both.hy), bench.at("scratch")
    bench["shares"] = np.nan
    bench.run([winograd.weight_gradient(g, x, dy, bench.at("shares"), 0, room)])
    assert not bench["shares"][0].any()
    bench["shares"] = 5.0
    bench.run([winograd.weight_gradient(g, x, dy, bench.at("shares"), 0, room, add=True)])
    assert (bench["shares"] == 5.0).all()


@pytest.mark.parametrize(
    "g", [case((7, 5), 17, 18, (0, 0, 0, 0)), case((1, 1), 16, 17), case((6, 5), 16, 16, (0, 1, 2, 0))], ids=name
)
def test_what_lies_beside_the_images_is_not_read(g: Convolution) -> None:
    """Tiles hang over the edge where the extents are odd; what is there may be anything."""
    both = Both(g, images=1)
    both.run_direct()
    bench = both.bench
    bench.F[bench.free] = np.nan
    bench["scratch"] = np.nan
    for kernel, *given in both.words():
        w = np.zeros(WIDTH, np.int64)
        w[: len(given)] = given
        jit.compiled(str(kernel))(bench.F, bench.R, w, bench.k)
    both.compare({"y": both.twin.y, "dx": both.twin.dx, "dw": both.twin.dw})
    assert not bench.F[:ZEROS].any(), "the zeros that sums start from"


def test_larger_values_lose_no_more_than_in_the_direct_form() -> None:
    """Pixels far from zero with weights that cancel: transformed tiles are up to four times as large as the pixels."""
    g = case((9, 8), 32, 32)
    both = Both(g, images=2)
    twin = both.twin
    x = (twin.x * 100 + 1000).astype(np.float32)
    padded = np.pad(x.astype(np.float64), ((0, 0), (1, 1), (1, 1), (0, 0)))
    expected = sum(
        padded[:, i : i + 9, j : j + 8] @ twin.w[i, j].astype(np.float64) for i in range(3) for j in range(3)
    ) + twin.b.astype(np.float64)
    for bench in (both.direct, both.bench):
        interior(bench["x"], both.hx)[...] = x
    both.run_direct()
    both.bench.run(both.words())
    both.compare({"y": expected})


def kernels(graph: Graph, batch: int) -> dict[str, set[str]]:
    """Node -> kernels that its steps consist of."""
    plan = plan_network(graph, batch=batch, update=SGD, samples={"train": batch}, chains=2)
    assert plan.train is not None
    found: dict[str, set[str]] = {}
    for row, origin in zip(plan.train.code, plan.train.origins, strict=True):
        found.setdefault(origin.owner, set()).add(plan.train.kernels[row[0]])
    return found


FAST = {"winograd", "winograd_weights", "winograd_gradient", "winograd_gradient_sum"}


@pytest.mark.parametrize("id", ["W5", "W9"])
def test_the_wide_layers_of_the_cifar_network_use_it_and_the_first_does_not(id: str) -> None:
    graph, _, batch, _ = workload(id)
    first, *others = (used for owner, used in kernels(graph, batch).items() if owner.startswith("conv"))
    assert not first & FAST
    assert len(others) == 2
    for used in others:
        assert used >= FAST
        assert "product" not in used


def test_where_it_does_not_pay_the_direct_form_stays() -> None:
    graph, _, batch, _ = workload("W4")
    assert not any(used & FAST for used in kernels(graph, batch).values())
    wide = case((8, 8), 32, 32)
    assert winograd.pays(wide, 16)
    assert not winograd.pays(wide, 1), "16 tiles do not make up for the transformed weights"
    assert winograd.pays(case((8, 8), 16, 16), 16)
    assert not winograd.pays(case((8, 8), 15, 64), 16)
    assert not winograd.pays(case((8, 8), 64, 15), 16)
    for change in (
        {"stride": (2, 2)},
        {"stride": (1, 2)},
        {"dilation": (2, 1)},
        {"groups": 2},
        {"kernel": (5, 5)},
        {"kernel": (1, 3)},
    ):
        assert not winograd.pays(dataclasses.replace(wide, **change), 64)  # type: ignore[arg-type]


def skipping() -> Graph:
    """Odd images, a value with two readers (a gradient that is added to), a folded ReLU, a layer that is not wide."""
    g = GraphBuilder()
    x = g.take_input(TensorType((7, 5, 3)))

    def conv(x, filters, padding):
        w = g.parameter("weight", (3, 3, x.shape[2], filters), Spread(), fan_in=9 * x.shape[2], fan_out=filters)
        b = g.parameter("bias", (filters,), Spread(), fan_in=9 * x.shape[2], fan_out=filters)
        return g.op("conv2d", x, w, b, stride=(1, 1), padding=padding, dilation=(1, 1), groups=1)

    for n, (filters, padding) in enumerate([(16, (1, 1, 1, 1)), (18, (1, 1, 1, 1)), (18, (1, 1, 1, 1)), (17, (0, 0, 1, 2))]):
        with g.of(f"conv{n}", None):
            before, x = x, conv(x, filters, padding)
        with g.of(f"relu{n}", None):
            x = g.op("relu", x)
        if n == 2:
            with g.of("add", None):
                x = g.op("add", x, before)
    with g.of("flat", None):
        x = g.op("reshape", x, shape=(x.type.count,))
    with g.of("dense", None):
        w = g.parameter("weight", (x.shape[0], 4), Spread(), fan_in=x.shape[0], fan_out=4)
        x = g.op("dense", x, w)
    with g.of("loss", None):
        loss = g.op("softmax_cross_entropy", x, g.take_target(TensorType(())))
    return g.finish(x, loss)


def trained(graph: Graph, threads: int, steps: int, **settings: object) -> Machine:
    """14 samples in batches of 9: the second batch is short, and the last chain has nothing to do."""
    plan: Plan = plan_network(graph, batch=9, update=SGD, samples={"train": 14}, chains=3, **settings)  # type: ignore[arg-type]
    machine = Machine(plan, shuffle=False)
    machine.initialise(3)
    rng = np.random.default_rng(1)
    machine.load("train", rng.normal(size=(14, 7, 5, 3)).astype(np.float32), rng.integers(0, 4, 14))
    assert machine.run(steps, threads=threads).status == "done"
    return machine


def test_threads_and_shared_memory_change_no_bit() -> None:
    one = trained(skipping(), 1, 6)
    assert one.state_sha256() == trained(skipping(), 2, 6).state_sha256()
    assert one.state_sha256() == trained(skipping(), 1, 6, reuse=False).state_sha256()


def test_a_step_reads_nothing_that_it_did_not_write() -> None:
    clean, poisoned = trained(skipping(), 1, 1), trained(skipping(), 1, 1)
    at, count = poisoned.plan.pool
    for _ in range(3):
        poisoned.F[at : at + count] = np.nan
        assert poisoned.run(1).status == "done"
        clean.run(1)
    assert poisoned.state_sha256() == clean.state_sha256()


def test_a_network_learns_the_same_in_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    used = kernels(skipping(), 9)
    assert not used["conv0"] & FAST
    assert all(used[f"conv{n}"] >= FAST for n in (1, 2, 3))
    fast = trained(skipping(), 1, 6)
    monkeypatch.setattr(winograd, "FEWEST_CHANNELS", 1000)
    assert not any(used & FAST for used in kernels(skipping(), 9).values())
    direct = trained(skipping(), 1, 6)
    for key, value in direct.parameters().items():
        np.testing.assert_allclose(fast.parameters()[key], value, rtol=1e-4, atol=2e-6, err_msg=key)
    np.testing.assert_allclose(fast.ring()[:6, 0], direct.ring()[:6, 0], rtol=2e-6)


@pytest.mark.campaign
@pytest.mark.parametrize(
    "g", [case((32, 32), 32, 32), case((16, 16), 32, 64), case((16, 16), 128, 128), case((8, 8), 64, 64)], ids=name
)
def test_it_is_faster_than_the_direct_form(g: Convolution) -> None:
    both = Both(g, images=4)
    bench, x, y = both.bench, both.bench.image("x", both.hx), both.bench.image("y", both.hy)
    bench.run(both.words())
    direct = timed(bound(bench, convolutions.forward(g, x, bench.at("w"), bench.at("b"), y, 4)[0]))
    fast = timed(bound(bench, winograd.forward(g, x, bench.at("u"), bench.at("b"), y, 4, bench.at("scratch"))))
    print(f"{name(g)}: {fast / direct:.2f} of the direct form's time")
    assert fast < 0.75 * direct


def test_a_plan_stays_close_to_what_must_live() -> None:
    graph = Net((16, 16, 16)).conv(64).conv(64).conv(64).flat().dense(3).classify()
    plan = plan_network(graph, batch=32, update=SGD, samples={}, ring=16)
    counted = sum(graph.values[p.value].type.count for p in graph.parameters) * 4 * 2
    assert plan.nbytes <= 1.15 * (counted + plan.activation_bound) + 60_000
