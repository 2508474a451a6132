"""The networks of the speed table, as projects like any other."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from playground.api import Project, dataset, layer, optimizer
from playground.core.samples import Samples

#: Rows of the synthetic data; a batch is taken from the next rows at every step, from the first again after the last.
ROWS = 2048

Layers = tuple[tuple[Any, ...], ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Workload:
    """One row of the table. layers: ("dense", units, activation), ("conv", channels, batch_norm), ("pool",), ("embedding", units),
    ("lstm", units), ("gru", units), ("positions",) or ("encoder", heads, hidden units).

    tokens: the samples are sequences of tokens below that number, and so are the targets.
    targets: largest ratio to each peer that counts as reached, None for a peer that is not measured.  steps: at most, of one
    measurement.  alone: the optimizer's update without the passes before it, of the first batch's
    gradient again and again.
    """

    id: str
    title: str
    shape: tuple[int, ...]
    batch: int
    layers: Layers
    optimizer: str
    targets: tuple[float, float | None]
    steps: int
    alone: bool = False
    tokens: int = 0

    @property
    def classes(self) -> int:
        return int(self.layers[-1][1])

    def samples(self) -> Samples:
        """The same synthetic rows for every side."""
        rng = np.random.default_rng(1)
        names = tuple(map(str, range(self.classes)))
        if self.tokens:
            text = rng.integers(0, self.tokens, (ROWS, *self.shape))
            following = rng.integers(0, self.classes, (ROWS, *self.shape))
            return Samples(text.astype(np.float32), following, "classification", class_names=names, tokens=self.tokens)
        x = rng.standard_normal((ROWS, *self.shape), dtype=np.float32)
        y = rng.integers(0, self.classes, ROWS)
        return Samples(x, y, "classification", class_names=names)

    def project(self) -> Project:
        """The network as a person would build it; its data node only says that there is data."""
        nodes = [made for one in self.layers for made in _layers(one, self.tokens)]
        made = Project()
        name = made.add(dataset("digits"))
        flat = len(self.shape) == 1
        for one in nodes:
            if one.id == "dense" and not flat:
                name, flat = made.add(layer("flatten"), name), True
            name = made.add(one, name)
        from playground.api import loss

        made.add(loss("cross_entropy"), name)
        return made.set(batch=self.batch, optimizer=optimizer(self.optimizer, rate=1e-3), shuffle=False)

    def described(self) -> dict[str, Any]:
        """The network as plain data, for the peers."""
        return {
            "shape": list(self.shape), "batch": self.batch, "layers": [list(one) for one in self.layers],
            "optimizer": self.optimizer, "rows": ROWS, "tokens": self.tokens, "alone": self.alone,
        }  # fmt: skip


def _layers(one: tuple[Any, ...], tokens: int) -> list[Any]:
    if one[0] == "embedding":
        return [layer("embedding", vocabulary=tokens, units=one[1])]
    if one[0] in ("lstm", "gru"):
        return [layer(one[0], units=one[1])]
    if one[0] == "positions":
        return [layer("positional_encoding")]
    if one[0] == "encoder":
        return [layer("transformer_encoder_block", heads=one[1], hidden=one[2], dropout=0.0)]
    if one[0] == "dense":
        return [layer("dense", units=one[1]), *([layer(one[2])] if one[2] else [])]
    if one[0] == "conv":
        return [layer("conv2d", filters=one[1], kernel=(3, 3)), *([layer("batch_norm")] if one[2] else []), layer("relu")]
    return [layer("max_pool2d", kernel=(2, 2))]


def _cifar(norm: bool) -> Layers:
    conv = [("conv", channels, norm) for channels in (32, 32, 64)]
    return (conv[0], conv[1], ("pool",), conv[2], ("pool",), ("dense", 128, "relu"), ("dense", 10, None))


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        id="W1", title="2-8-8-2 tanh", shape=(2,), batch=32, optimizer="adam", targets=(0.02, 0.4), steps=20_000,
        layers=(("dense", 8, "tanh"), ("dense", 8, "tanh"), ("dense", 2, None)),
    ),
    Workload(
        id="W2", title="64-128-64-10 ReLU", shape=(64,), batch=64, optimizer="adam", targets=(0.12, 0.55), steps=5_000,
        layers=(("dense", 128, "relu"), ("dense", 64, "relu"), ("dense", 10, None)),
    ),
    Workload(
        id="W3", title="784-256-128-10 ReLU", shape=(784,), batch=64, optimizer="adam", targets=(0.38, 0.62), steps=800,
        layers=(("dense", 256, "relu"), ("dense", 128, "relu"), ("dense", 10, None)),
    ),
    Workload(
        id="W4", title="28×28 small CNN", shape=(28, 28, 1), batch=64, optimizer="adam", targets=(0.4, 0.2), steps=300,
        layers=(("conv", 8, False), ("pool",), ("conv", 16, False), ("pool",), ("dense", 10, None)),
    ),
    Workload(
        id="W5", title="32×32×3 CNN", shape=(32, 32, 3), batch=64, optimizer="adam", targets=(0.55, 0.25), steps=16,
        layers=_cifar(False),
    ),
    Workload(
        id="W6", title="character LSTM", shape=(50,), batch=32, optimizer="adam", targets=(0.7, 0.5), steps=80, tokens=64,
        layers=(("embedding", 64), ("lstm", 128), ("dense", 64, None)),
    ),
    Workload(
        id="W7", title="character GRU", shape=(50,), batch=32, optimizer="adam", targets=(0.22, 0.4), steps=80, tokens=64,
        layers=(("embedding", 64), ("gru", 128), ("dense", 64, None)),
    ),
    Workload(
        id="W8", title="Transformer encoder", shape=(64,), batch=32, optimizer="adamw", targets=(0.4, 0.45), steps=16, tokens=64,
        layers=(("embedding", 128), ("positions",), ("encoder", 4, 256), ("encoder", 4, 256), ("dense", 64, None)),
    ),
    Workload(
        id="W9", title="W5 with BatchNorm", shape=(32, 32, 3), batch=64, optimizer="momentum", targets=(0.6, 0.2), steps=16,
        layers=_cifar(True),
    ),
    Workload(
        id="W10", title="Adam alone, 1 M weights", shape=(1000,), batch=32, optimizer="adam", targets=(0.9, None), steps=600,
        layers=(("dense", 990, None), ("dense", 10, None)), alone=True,
    ),
)  # fmt: skip


def workload(id: str) -> Workload:
    """Raises KeyError."""
    return next(one for one in WORKLOADS if one.id == id)
