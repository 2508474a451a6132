"""Thirty ways in which a number stops being finite, planted into runs, and what has to be said of each.

A plant is put into a run that has done `STEPS` steps; each says at which layers the blame may be put. "data" stands for the samples.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from playground.core.samples import Samples
from playground.document.project import Project
from playground.training.loop import Trainer
from tests.training.networks import curve, images, of, points, project

STEPS = 7
Made = tuple[Project, Samples]
Plant = Callable[[Trainer], None]


@dataclasses.dataclass(frozen=True)
class Planted:
    """One fault. nodes: those that may be named; directions: likewise. made: builds the run; plant: spoils it, None where it is in the making."""

    name: str
    made: Callable[[], Made]
    plant: Plant | None
    nodes: tuple[str, ...]
    directions: tuple[str, ...] = ("forward",)


def mlp(*middle: tuple[str, dict[str, Any]], loss: str = "cross_entropy", **training: Any) -> Made:
    """dense1 (12), what is in the middle, dense2 (3) over points of the plane, in batches of 16."""
    given = {"batch": 16, "epochs": 200, "optimizer": of("optimizer", "sgd", rate=0.05)} | training
    return project(("dense", {"units": 12}), *(middle or (("tanh", {}),)), ("dense", {"units": 3}), loss=loss, **given), points()


def conv(*middle: tuple[str, dict[str, Any]]) -> Made:
    steps = [("conv2d", {"filters": 5}), *middle, ("relu", {}), ("flatten", {}), ("dense", {"units": 4})]
    return project(*steps, batch=20, epochs=50, optimizer=of("optimizer", "adam", rate=0.01)), images()


def wave(*middle: tuple[str, dict[str, Any]], loss: str = "mean_squared_error", **training: Any) -> Made:
    given = {"batch": 32, "epochs": 200, "optimizer": of("optimizer", "sgd", rate=0.05)} | training
    return project(("dense", {"units": 10}), *(middle or (("tanh", {}),)), ("dense", {"units": 1}), loss=loss, **given), curve()


def formula(text: str) -> tuple[str, dict[str, Any]]:
    return ("expression", {"function": text})


def rows(trainer: Trainer, value: float, which: slice | int = slice(None), factor: float = 0.0) -> None:
    """Samples of the training part become a value, or (factor) so many times what they are."""
    at, _, count = trainer.machine.layout.windows["train"]
    width = int(np.prod(trainer.prepared.train.x.shape[1:]))
    x = trainer.machine.F[at : at + count * width].reshape(count, width)
    x[which] = x[which] * np.float32(factor) if factor else value
    trainer.recorder.begin()


def targets(trainer: Trainer, value: float) -> None:
    _, at, _ = trainer.machine.layout.windows["train"]
    trainer.machine.F[at : at + 40] = value
    trainer.recorder.begin()


def weight(name: str, value: float, *, factor: float = 0.0, everywhere: bool = False) -> Plant:
    def plant(trainer: Trainer) -> None:
        found = trainer.machine.parameters()[name].reshape(-1)
        which = slice(None) if everywhere else slice(0, 1)
        found[which] = found[which] * np.float32(factor) if factor else value
        trainer.recorder.begin()

    return plant


def rate(value: float) -> Plant:
    """As it is turned in a run."""

    def plant(trainer: Trainer) -> None:
        index = trainer.machine.layout.knob_index["rate"]
        trainer.recorder.changes.append(np.array([[trainer.machine.step, index, value]]))
        trainer.machine.set_knob("rate", value)

    return plant


def slot(trainer: Trainer) -> None:
    trainer.machine.slots()["dense2.weight/square"].reshape(-1)[3] = np.inf
    trainer.recorder.begin()


ANY = ("forward", "backward", "update")
PLANTED = (
    Planted("NaN in a row", mlp, lambda t: rows(t, np.nan, 31), ("data",)),
    Planted("infinity in a row", mlp, lambda t: rows(t, np.inf, 5), ("data",)),
    Planted("NaN in a picture", conv, lambda t: rows(t, np.nan, 40), ("data",)),
    Planted("NaN in every row", wave, lambda t: rows(t, np.nan), ("data",)),
    Planted("a target that is NaN", wave, lambda t: targets(t, np.nan), ("data",)),
    Planted("a target that is infinite", wave, lambda t: targets(t, np.inf), ("data",)),
    Planted("inputs so large that a product overflows", mlp, lambda t: rows(t, 0, factor=3e38), ("data", "dense1")),
    Planted("squares that overflow", wave, lambda t: targets(t, 3e25), ("mean_squared_error1", "loss"), ANY),
    Planted("an infinite weight", mlp, weight("dense1.weight", np.inf), ("dense1",), ("start",)),
    Planted("a NaN weight", mlp, weight("dense2.weight", np.nan), ("dense2",), ("start",)),
    Planted("a NaN bias", conv, weight("conv1.bias", np.nan), ("conv1",), ("start",)),
    Planted("an infinite bias", wave, weight("dense2.bias", np.inf), ("dense2",), ("start",)),
    Planted("weights that overflow", mlp, weight("dense2.weight", 0, factor=3e38, everywhere=True), ("dense2",), ANY),
    Planted("a NaN in a filter", conv, weight("conv1.weight", np.nan), ("conv1",), ("start",)),
    Planted("rate 3e38", mlp, rate(3e38), ("dense1", "dense2"), ("update",)),
    Planted("rate 1e20", lambda: mlp(("relu", {})), rate(1e20), ("dense1", "dense2"), ("update",)),
    Planted("rate 1e4 times", wave, rate(5e2), ("dense1", "dense2"), ANY),
    Planted(
        "rate 3e38 with momentum",
        lambda: mlp(optimizer=of("optimizer", "momentum", rate=0.05)),
        rate(3e38),
        ("dense1", "dense2"),
        ("update",),
    ),
    Planted(
        "rate 3e38 with Adam",
        lambda: mlp(optimizer=of("optimizer", "adam", rate=0.05)),
        rate(3e38),
        ("dense1", "dense2"),
        ("update",),
    ),
    Planted("rate 3e38 in a convolution", conv, rate(3e38), ("conv1", "dense1"), ("update",)),
    Planted("an infinite slot", lambda: mlp(optimizer=of("optimizer", "adam", rate=0.05)), slot, ("dense2",), ("start",)),
    Planted("log of 0", lambda: mlp(("relu", {}), formula("log(x)")), None, ("expression1",), ANY),
    Planted("root of 0 in the backward pass", lambda: mlp(formula("sqrt(max(x, 0))")), None, ("expression1",), ("backward",)),
    Planted("divided by 0", lambda: mlp(("relu", {}), formula("1 / x")), None, ("expression1",), ANY),
    Planted("exp overflows", lambda: mlp(formula("exp(x * 1000)")), None, ("expression1", "dense2"), ANY),
    Planted("root of what is negative", lambda: wave(formula("sqrt(x)")), None, ("expression1",), ANY),
    Planted(
        "inputs so large that squared gradients overflow",
        lambda: mlp(("relu", {})),
        lambda t: rows(t, 0, factor=1e22),
        ("dense1", "dense2"),
        ANY,
    ),
    Planted(
        "exploding products",
        lambda: wave(formula("x ^ 2"), formula("x ^ 2"), formula("exp(x)")),
        None,
        ("expression1", "expression2", "expression3", "dense2", "dense1", "loss", "mean_squared_error1"),
        ANY,
    ),
    Planted(
        "statistics that overflow",
        lambda: conv(("batch_norm", {})),
        lambda t: rows(t, 0, factor=1e25),
        ("norm1", "batch_norm1", "conv1"),
        ANY,
    ),
    Planted("a label that no class has", mlp, lambda t: targets(t, np.nan), ("data",)),
)
