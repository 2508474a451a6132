"""Small networks with everything that has a memory: dropout, running statistics, schedules, optimizers with slots."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground.core import registry
from playground.core.samples import Samples
from playground.document.edits import AddLink, AddNode
from playground.document.plans import DataPlan, TrainingPlan
from playground.document.project import Project
from playground.engine.machine import Machine
from playground.training.assembly import Assembled, assemble
from playground.training.loop import Trainer

Step = tuple[str, dict[str, Any]]


def points(count: int = 150, classes: int = 3) -> Samples:
    """Points of the plane in classes that overlap a little."""
    rng = np.random.default_rng(5)
    y = np.arange(count, dtype=np.int64) % classes
    x = rng.normal(0, 0.6, (count, 2)) + np.stack([np.cos(2 * y), np.sin(2 * y)], axis=1)
    return Samples(x.astype(np.float32), y, "classification", tuple("abcdefgh"[:classes]))


def images(count: int = 96, classes: int = 4) -> Samples:
    """Small noisy images, each class bright in a corner of its own."""
    rng = np.random.default_rng(6)
    y = np.arange(count, dtype=np.int64) % classes
    x = rng.normal(0, 0.5, (count, 8, 8, 1))
    for k in range(classes):
        x[y == k, 4 * (k // 2) : 4 * (k // 2) + 4, 4 * (k % 2) : 4 * (k % 2) + 4] += 1
    return Samples(x.astype(np.float32), y, "classification", tuple("abcd"[:classes]))


def curve(count: int = 130) -> Samples:
    """A wave far from zero, so that scaled targets matter."""
    rng = np.random.default_rng(7)
    x = rng.uniform(-3, 3, (count, 1))
    y = 50 + 20 * np.sin(x) + rng.normal(0, 1, x.shape)
    return Samples(x.astype(np.float32), y.astype(np.float32), "regression", target_names=("height",))


def project(*steps: Step, loss: str = "cross_entropy", data: DataPlan | None = None, **training: Any) -> Project:
    """Layers in a row between data and a loss."""
    made = Project(data=data or DataPlan(), training=TrainingPlan(**training))
    edit = AddNode(registry.find("dataset", "digits")())
    made, last = edit.apply(made), edit.id
    for kind, id, settings in [*(("layer", id, settings) for id, settings in steps), ("loss", loss, {})]:
        edit = AddNode(registry.find(kind, id)(**settings))
        made = AddLink(last, edit.id, 0).apply(edit.apply(made))
        last = edit.id
    return made


def of(kind: str, id: str, **settings: Any) -> Any:
    """A record of the catalogue."""
    return registry.find(kind, id)(**settings)


def plain(**training: Any) -> tuple[Project, Samples]:
    given = {"batch": 16, "epochs": 12, "optimizer": of("optimizer", "adam", rate=0.01)} | training
    return project(("dense", {"units": 12}), ("relu", {}), ("dense", {"units": 3}), **given), points()


def forgetful() -> tuple[Project, Samples]:
    steps = [("dense", {"units": 24}), ("tanh", {}), ("dropout", {"rate": 0.3}), ("dense", {"units": 3})]
    schedule = of("schedule", "one_cycle")
    optimizer = of("optimizer", "momentum", rate=0.05)
    return project(*steps, batch=16, epochs=10, schedule=schedule, warmup=9, optimizer=optimizer, seed=3), points()


def convolutional() -> tuple[Project, Samples]:
    steps: list[Step] = [
        ("conv2d", {"filters": 6}),
        ("batch_norm", {}),
        ("relu", {}),
        ("max_pool2d", {}),
        ("flatten", {}),
        ("dropout", {"rate": 0.2}),
        ("dense", {"units": 4}),
    ]
    schedule = of("schedule", "step", every=7)
    return project(*steps, batch=20, epochs=9, schedule=schedule, optimizer=of("optimizer", "adamw", rate=0.01)), images()


def regression(**training: Any) -> tuple[Project, Samples]:
    given = {"batch": 32, "epochs": 10, "clip": 1.0, "optimizer": of("optimizer", "nesterov", rate=0.05)} | training
    return project(("dense", {"units": 10}), ("tanh", {}), ("dense", {"units": 1}), loss="mean_squared_error", **given), curve()


NETWORKS = {"plain": plain, "forgetful": forgetful, "convolutional": convolutional, "regression": regression}


def trainer(made: tuple[Project, Samples], threads: int = 1, burst: int | None = None) -> Trainer:
    """A trainer at its start, in this process. burst: steps at a time, for ever the same."""
    return trainer_of(assemble(*made), threads, burst)


def trainer_of(assembled: Assembled, threads: int = 1, burst: int | None = None) -> Trainer:
    machine: Machine = assembled.machine()
    found = Trainer(assembled.lowered, assembled.prepared, machine, assembled.project.training, assembled.judge)
    found.reset()
    if burst is not None:
        found.pace = Fixed(burst, threads)  # type: ignore[assignment]
    return found


class Fixed:
    """A pace that does not learn."""

    def __init__(self, burst: int, threads: int) -> None:
        self.burst, self.threads = burst, threads

    def next_burst(self) -> tuple[int, int]:
        return self.burst, self.threads

    def took(self, steps: int, threads: int, seconds: float) -> None:
        """Nothing to learn."""
