"""Small networks for the engine's tests, built straight on the graph."""

from __future__ import annotations

import numpy as np

from playground.core.spec import Initializer
from playground.core.tensor import TensorType, Value
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph


class Spread(Initializer):
    """Uniform in ±1/√fan_in, as PyTorch starts its linear layers."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return (rng.uniform(-1, 1, shape) / np.sqrt(fan_in)).astype(np.float32)


class Ones(Initializer):
    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        return np.ones(shape, np.float32)


class Net:
    """A chain of layers with names, and the graph at the end."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.g = GraphBuilder()
        self.x: Value = self.g.take_input(TensorType(shape))
        self.count = 0

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def dense(self, units: int, act: str = "") -> Net:
        with self.g.of(self.name("dense"), None):
            i = self.x.shape[-1]
            w = self.g.parameter("weight", (i, units), Spread(), fan_in=i, fan_out=units)
            b = self.g.parameter("bias", (units,), Spread(), fan_in=i, fan_out=units)
            self.x = self.g.op("dense", self.x, w, b)
        return self.act(act)

    def conv(self, filters: int, kernel: int = 3, act: str = "relu", stride: int = 1, bias: bool = True) -> Net:
        with self.g.of(self.name("conv"), None):
            c, p = self.x.shape[2], kernel // 2
            fan = kernel * kernel * c
            parts = [self.g.parameter("weight", (kernel, kernel, c, filters), Spread(), fan_in=fan, fan_out=filters)]
            if bias:
                parts.append(self.g.parameter("bias", (filters,), Spread(), fan_in=fan, fan_out=filters))
            padding = (p, p, p, p)
            self.x = self.g.op("conv2d", self.x, *parts, stride=(stride, stride), padding=padding, dilation=(1, 1), groups=1)
        return self.act(act)

    def norm(self, act: str = "") -> Net:
        with self.g.of(self.name("norm"), None):
            c = self.x.shape[-1]
            gamma = self.g.parameter("gamma", (c,), Ones(), fan_in=c, fan_out=c)
            beta = self.g.parameter("beta", (c,), Spread(), fan_in=c, fan_out=c)
            mean, variance = self.g.statistic("running_mean", (c,), 0.0), self.g.statistic("running_variance", (c,), 1.0)
            self.x = self.g.op("batch_norm", self.x, gamma, beta, mean, variance, momentum=0.1, epsilon=1e-5)
        return self.act(act)

    def pool(self, kernel: int = 2) -> Net:
        with self.g.of(self.name("pool"), None):
            k = (kernel, kernel)
            self.x = self.g.op("max_pool2d", self.x, kernel=k, stride=k, padding=(0, 0, 0, 0))
        return self

    def flat(self) -> Net:
        with self.g.of(self.name("flat"), None):
            self.x = self.g.op("reshape", self.x, shape=(self.x.type.count,))
        return self

    def act(self, name: str) -> Net:
        if name:
            with self.g.of(self.name(name), None):
                self.x = self.g.op(name, self.x)
        return self

    def classify(self) -> Graph:
        with self.g.of("loss", None):
            t = self.g.take_target(TensorType(()))
            loss = self.g.op("softmax_cross_entropy", self.x, t)
        return self.g.finish(self.x, loss)

    def regress(self) -> Graph:
        with self.g.of("loss", None):
            t = self.g.take_target(self.x.type)
            loss = self.g.op("mean_squared_error", self.x, t)
        return self.g.finish(self.x, loss)


def workload(name: str) -> tuple[Graph, tuple[int, ...], int, int]:
    """(graph, input shape, batch, classes) of BENCHMARKS' W1 to W5 and W9."""
    if name == "W1":
        return Net((2,)).dense(8, "tanh").dense(8, "tanh").dense(2).classify(), (2,), 32, 2
    if name == "W2":
        return Net((64,)).dense(128, "relu").dense(64, "relu").dense(10).classify(), (64,), 64, 10
    if name == "W3":
        return Net((784,)).dense(256, "relu").dense(128, "relu").dense(10).classify(), (784,), 64, 10
    if name == "W4":
        return Net((28, 28, 1)).conv(8).pool().conv(16).pool().flat().dense(10).classify(), (28, 28, 1), 64, 10
    if name == "W5":
        net = Net((32, 32, 3)).conv(32).conv(32).pool().conv(64).pool().flat().dense(128, "relu").dense(10)
        return net.classify(), (32, 32, 3), 64, 10
    net = Net((32, 32, 3))
    for filters, pool in ((32, False), (32, True), (64, True)):
        net.conv(filters, act="", bias=False).norm("relu")
        if pool:
            net.pool()
    return net.flat().dense(128, "relu").dense(10).classify(), (32, 32, 3), 64, 10
