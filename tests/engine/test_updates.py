"""Optimizer kernels against PyTorch's optimizers in float64 and against their own references."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from playground.engine import ops
from playground.engine.plan import UpdateRule, plan_network
from playground.engine.registers import CLIP_MOST, CLIP_SCALE, CONSTANT_ONE, STEP
from tests.engine.bench import Bench, error
from tests.engine.networks import Net

NUMBERS = {
    "rate": 0.03,
    "momentum": 0.9,
    "dampening": 0.3,
    "l2": 0.01,
    "beta1": 0.8,
    "beta2": 0.95,
    "epsilon": 1e-6,
    "decay": 0.05,
}
N, STEPS = 48, 12  # whole lines, as a plan gives them


def theirs(name: str, p: torch.Tensor) -> torch.optim.Optimizer:
    n = NUMBERS
    if name == "sgd":
        return torch.optim.SGD([p], n["rate"], weight_decay=n["l2"])
    if name in ("momentum", "nesterov"):
        more = {"nesterov": True} if name == "nesterov" else {"dampening": n["dampening"]}
        return torch.optim.SGD([p], n["rate"], momentum=n["momentum"], weight_decay=n["l2"], **more)
    betas = (n["beta1"], n["beta2"])
    if name == "adam":
        return torch.optim.Adam([p], n["rate"], betas, n["epsilon"], weight_decay=n["l2"])
    return torch.optim.AdamW([p], n["rate"], betas, n["epsilon"], weight_decay=n["decay"])


@pytest.mark.parametrize("name", ["sgd", "momentum", "nesterov", "adam", "adamw"])
def test_steps_follow_pytorch(name: str) -> None:
    rule = ops.update(name)
    rng = np.random.default_rng(0)
    start, gradients = rng.normal(size=N), rng.normal(size=(STEPS, N))
    bench = Bench(p=(N,), g=(N,), **dict.fromkeys(rule.slots, (N,)))
    bench["p"] = start
    knobs = {key: 8 + i for i, key in enumerate(rule.knobs)}
    for key, index in knobs.items():
        bench.k[index] = NUMBERS[key]
    rate, factor = 4, 5
    bench.k[rate], bench.k[factor] = NUMBERS["rate"] / 0.5, 0.5
    bench.F[CLIP_SCALE], bench.F[CLIP_MOST], bench.k[CONSTANT_ONE] = 0.25, np.inf, 1.0
    tensor = torch.tensor(start, requires_grad=True)
    optimizer = theirs(name, tensor)
    plain, slots = start.copy(), {slot: np.zeros(N) for slot in rule.slots}
    for step in range(STEPS):
        bench["g"] = gradients[step] * 4
        bench.R[STEP] = step
        slot_places = [bench.at(slot) for slot in rule.slots]
        bench.run([rule.instruction(bench.at("p"), bench.at("g"), slot_places, N, rate, factor, knobs)])
        tensor.grad = torch.tensor(gradients[step])
        optimizer.step()
        rule.reference(plain, gradients[step].copy(), slots, step, NUMBERS)
        expected = tensor.detach().numpy()
        np.testing.assert_allclose(plain, expected, rtol=1e-9, atol=1e-12)
        assert error(bench["p"], expected) < 3e-6
    for slot in rule.slots:
        assert error(bench[slot], slots[slot]) < 3e-6


@pytest.mark.parametrize("name", sorted(ops.updates()))
@pytest.mark.parametrize("chains", [1, 2, 3])
def test_a_plan_gives_updates_whole_lines(name: str, chains: int) -> None:
    """Updates load and store without a mask, so pieces that are cut elsewhere would write into their neighbours."""
    rule = ops.update(name)
    graph = Net((7,)).dense(33, "relu").dense(19, "relu").dense(3).classify()
    update = UpdateRule(name, {"rate": 0.1, **dict.fromkeys(rule.knobs, 0.1)})
    program = plan_network(graph, batch=6, update=update, samples={"train": 12}, chains=chains).train
    assert program is not None
    runs, pieces = 2 + len(rule.slots), 0
    for opcode, *words in program.code.tolist():
        if program.kernels[opcode] in {name, f"{name}_measure"}:
            assert not any(word % 16 for word in words[: runs + 1]), words
            pieces += words[runs] > 0
    assert pieces
