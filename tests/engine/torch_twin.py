"""The same network in PyTorch, with our parameters: the oracle for whole steps."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from playground.engine.graph import Graph
from playground.engine.machine import Machine


class _ToChannelsFirst(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 3, 1, 2)


class _FlattenOurs(nn.Module):
    """Flattens as height, width, channels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, 2, 3, 1).flatten(1)


def twin(machine: Machine, dtype: torch.dtype = torch.float64) -> nn.Sequential:
    """A Sequential that computes what a chain-shaped graph computes, holding copies of the machine's parameters."""
    graph = machine.plan.graph
    names = {p.value: p.name for p in graph.parameters}
    values = {name: torch.from_numpy(v.copy()).to(dtype) for name, v in machine.parameters().items()}
    modules: list[nn.Module] = []
    if len(graph.values[graph.input].type.shape) == 3:
        modules.append(_ToChannelsFirst())
    for node in graph.nodes:
        weights = [values[names[i]] for i in node.inputs if i in names]
        made = _module(graph, node.op, node.attributes, weights)
        if made is not None:
            modules.append(made.to(dtype))
    return nn.Sequential(*modules)


def _module(graph: Graph, op: str, attributes: object, weights: list[torch.Tensor]) -> nn.Module | None:
    if op == "dense":
        w, b = weights
        made: nn.Module = nn.Linear(w.shape[0], w.shape[1])
        with torch.no_grad():
            made.weight.copy_(w.T)
            made.bias.copy_(b)
        return made
    if op == "conv2d":
        w = weights[0]
        made = nn.Conv2d(w.shape[2], w.shape[3], w.shape[0], padding=w.shape[0] // 2, bias=len(weights) > 1)
        with torch.no_grad():
            made.weight.copy_(w.permute(3, 2, 0, 1))
            if len(weights) > 1:
                made.bias.copy_(weights[1])
        return made
    if op == "batch_norm":
        made = nn.BatchNorm2d(len(weights[0]))
        with torch.no_grad():
            made.weight.copy_(weights[0])
            made.bias.copy_(weights[1])
        return made
    simple: dict[str, Callable[[], nn.Module]] = {
        "relu": nn.ReLU,
        "tanh": nn.Tanh,
        "sigmoid": nn.Sigmoid,
        "reshape": _FlattenOurs,
        "max_pool2d": lambda: nn.MaxPool2d(2),
    }
    return simple[op]() if op in simple else None


def train(
    model: nn.Module, optimizer: torch.optim.Optimizer, x: np.ndarray, y: np.ndarray, batch: int, steps: int
) -> list[float]:
    """Losses of steps over the samples in order, the last batch of a pass short, as the engine does without shuffling."""
    dtype = next(model.parameters()).dtype
    X, Y = torch.from_numpy(x).to(dtype), torch.from_numpy(y.astype(np.int64))
    losses, at = [], 0
    for _ in range(steps):
        rows = min(batch, len(X) - at)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X[at : at + rows]), Y[at : at + rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        at = (at + rows) % len(X)
    return losses
