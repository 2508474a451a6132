"""Steps whose gradient comes from several batches, clipping by value, and what a fault in the middle of such a step leaves."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.core import registry
from playground.engine.machine import Machine
from playground.engine.plan import UpdateRule, plan_network
from tests.engine.networks import Net

ADAM = {"rate": 0.01, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "l2": 0.01}


def dropping() -> Net:
    net = Net((6,)).dense(9, "tanh")
    with net.g.of("drop", None):
        net.x = net.g.op("dropout", net.x, rate=0.4)
    return net.dense(3)


def machine_of(net: Net, samples: int, batch: int, accumulate: int, chains: int = 1, *, shuffle: bool = True, **rule) -> Machine:
    update = UpdateRule("adam", ADAM, accumulate=accumulate, **rule)
    plan = plan_network(net.classify(), batch=batch, update=update, samples={"train": samples}, chains=chains)
    machine = Machine(plan, shuffle=shuffle)
    machine.initialise(4)
    rng = np.random.default_rng(4)
    machine.load("train", rng.normal(size=(samples, 6)), rng.integers(0, 3, samples))
    return machine


@pytest.mark.parametrize(
    ("samples", "batch", "accumulate"), [(48, 4, 3), (53, 4, 3), (50, 8, 2), (7, 1, 5), (30, 7, 1), (5, 4, 3), (49, 4, 3)]
)
@pytest.mark.parametrize("chains", [1, 2])
def test_a_step_of_several_batches_equals_one_of_a_large_batch(samples, batch, accumulate, chains):
    """The last step of an epoch has fewer rows, in fewer batches, the last of them ragged; dropout draws the same masks."""
    small = machine_of(dropping(), samples, batch, accumulate, chains)
    large = machine_of(dropping(), samples, batch * accumulate, 1, chains)
    steps = 3 * -(-samples // (batch * accumulate))
    for _ in range(steps):
        assert small.run(1, threads=chains).status == large.run(1).status == "done"
        assert (small.step, small.epoch, small.cursor) == (large.step, large.epoch, large.cursor)
        for name, gradient in large.gradients().items():
            np.testing.assert_allclose(small.gradients()[name], gradient, rtol=1e-4, atol=1e-6)
    for name, value in large.parameters().items():
        np.testing.assert_allclose(small.parameters()[name], value, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(small.ring()[:steps], large.ring()[:steps], rtol=1e-5, atol=1e-6)
    assert small.epoch == 3


def hiding(id: str, **settings: object) -> Net:
    """A sequence of tokens laid out as (3, 4), a layer that draws random numbers in training, and a classifier."""
    layer = registry.find("layer", id)(**settings)
    net = Net((6,)).dense(12, "tanh")
    with net.g.of("random", layer):
        built = layer.build(net.g, net.g.op("reshape", net.x, shape=(3, 4)))
        net.x = net.g.op("reshape", built[0] if isinstance(built, tuple) else built, shape=(12,))
    return net.dense(3)


DRAWING = [
    ("dropout", {"rate": 0.4}),
    ("spatial_dropout", {"rate": 0.4}),
    ("gaussian_noise", {"deviation": 0.5}),
    ("dot_product_attention", {"dropout": 0.4}),
    ("additive_attention", {"dropout": 0.4, "units": 5}),
    ("multi_head_attention", {"dropout": 0.4, "heads": 2}),
    ("transformer_encoder_block", {"dropout": 0.3, "heads": 2, "hidden": 5}),
    ("lstm", {"dropout": 0.4, "layers": 2, "units": 4}),
]


@pytest.mark.parametrize(("id", "settings"), DRAWING, ids=[id for id, _ in DRAWING])
def test_rows_draw_the_same_numbers_in_small_batches_as_in_a_large_one(id, settings):
    """Random numbers belong to a row of the step, not to its place in a batch."""
    small = machine_of(hiding(id, **settings), 22, 3, 3, 2)
    large = machine_of(hiding(id, **settings), 22, 9, 1, 2)
    for _ in range(3):
        assert small.run(1).status == large.run(1).status == "done"
        for name, gradient in large.gradients().items():
            np.testing.assert_allclose(small.gradients()[name], gradient, rtol=1e-3, atol=1e-5, err_msg=name)


def test_a_step_of_several_batches_as_torch():
    """loss · rows / all rows, summed by backward, is what gives torch the gradient of the large batch."""
    machine = machine_of(Net((6,)).dense(9, "tanh").dense(3), 11, 4, 3, shuffle=False)
    tensors = {name: torch.tensor(view.astype(float), requires_grad=True) for name, view in machine.parameters().items()}
    theirs = torch.optim.Adam(tensors.values(), lr=0.01, weight_decay=0.01)
    at_x, at_y, _ = machine.layout.windows["train"]
    x = torch.tensor(machine.F[at_x : at_x + 66].reshape(11, 6).astype(float))
    y = torch.tensor(machine.F[at_y : at_y + 11].astype(np.int64))
    for _ in range(20):
        theirs.zero_grad()
        for first in (0, 4, 8):
            part = slice(first, min(first + 4, 11))
            hidden = torch.tanh(x[part] @ tensors["dense1.weight"] + tensors["dense1.bias"])
            logits = hidden @ tensors["dense3.weight"] + tensors["dense3.bias"]
            (torch.nn.functional.cross_entropy(logits, y[part]) * (part.stop - part.start) / 11).backward()
        theirs.step()
    machine.run(20)
    for name, view in machine.parameters().items():
        np.testing.assert_allclose(view, tensors[name].detach().numpy(), rtol=1e-4, atol=2e-5)


def test_bursts_threads_and_a_restart_change_no_bit():
    whole = machine_of(dropping(), 53, 4, 3, 2)
    whole.run(17)
    bursts = machine_of(dropping(), 53, 4, 3, 2)
    bursts.run(6, threads=2)
    kept = bursts.snapshot()
    bursts.run(3)
    bursts.restore(kept)
    bursts.run(11, threads=2)
    assert whole.state_sha256() == bursts.state_sha256()


def test_a_fault_in_a_later_batch_changes_nothing_and_is_found():
    machine = machine_of(Net((6,)).dense(9, "relu").dense(3), 24, 4, 3, shuffle=False)
    machine.run(1)
    x = np.random.default_rng(0).normal(size=(24, 6)).astype(np.float32)
    x[19] = np.inf
    machine.load("train", x, None)
    before = machine.state_sha256()
    assert machine.run(1).status == "fault"
    assert machine.state_sha256() == before
    found = machine.explain_fault()
    assert (found.direction, found.step) == ("forward", 1)
    assert machine.state_sha256() == before
    x[19] = 0.0
    machine.load("train", x, None)
    assert machine.run(3).status == "done"


@pytest.mark.parametrize(("value", "norm"), [(0.01, 0.0), (0.01, 0.03), (1e3, 0.02), (0.0, 0.02)])
def test_clipping_by_value_then_by_norm_as_torch(value, norm):
    machine = machine_of(Net((6,)).dense(9, "tanh").dense(3), 12, 12, 1, shuffle=False, clip=norm, clip_value=value)
    free = machine_of(Net((6,)).dense(9, "tanh").dense(3), 12, 12, 1, shuffle=False)
    tensors = {name: torch.tensor(view.astype(float), requires_grad=True) for name, view in machine.parameters().items()}
    theirs = torch.optim.Adam(tensors.values(), lr=0.01, weight_decay=0.01)
    free.run(1)
    machine.run(1)
    for name, tensor in tensors.items():
        tensor.grad = torch.tensor(free.gradients()[name].astype(float))
    if value:
        torch.nn.utils.clip_grad_value_(list(tensors.values()), value)
    if norm:
        torch.nn.utils.clip_grad_norm_(list(tensors.values()), norm)
    theirs.step()
    for name, view in machine.parameters().items():
        np.testing.assert_allclose(view, tensors[name].detach().numpy(), rtol=1e-5, atol=1e-6)
    assert machine.ring()[0, 2] == free.ring()[0, 2]  # the norm that is told is that of the gradient as it came


def test_a_value_limit_hides_no_fault():
    machine = machine_of(Net((6,)).dense(9, "tanh").dense(3), 12, 12, 1, clip_value=0.5)
    machine.load("train", np.full((12, 6), np.nan), None)
    assert machine.run(1).status == "fault"


def test_one_batch_a_step_needs_nothing_more():
    plain = machine_of(Net((6,)).dense(9).dense(3), 12, 4, 1).plan
    assert plain.train is not None
    assert not (plain.train.stages[:, 2] == 2).any()
    assert "gather_gradient" not in plain.train.kernels
