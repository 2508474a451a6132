"""Small networks that work, to begin from on an empty canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from playground.core import registry
from playground.document.edits import AddLink, AddNode, Edit, SetPlan, Several
from playground.words import sentence

GAP = 54.0


@dataclass(frozen=True)
class Starter:
    """A chain of (kind, id, settings, width, height) from data to loss. batch, epochs, rate: the training plan."""

    title: str
    tail: str
    help: str
    icon: str
    color: str
    chain: tuple[tuple[str, str, dict[str, Any], float, float], ...]
    batch: int = 32
    epochs: int = 50
    rate: float = 1e-3

    def edit(self) -> Edit:
        """The whole chain as one step of undo."""
        edits: list[Edit] = []
        left, middle, before = 24.0, 220.0, ""
        for kind, id, settings, width, height in self.chain:
            name = {"dataset": "data", "loss": "loss"}.get(kind, "")
            made = AddNode(registry.find(kind, id)(**settings), position=(left, middle - height / 2), name=name)
            edits.append(made)
            if before:
                edits.append(AddLink(before, made.id, 0))
            left, before = left + width + GAP, made.id
        for field, value in (("batch", self.batch), ("epochs", self.epochs), ("optimizer.rate", self.rate)):
            edits.append(SetPlan("training", field, value))
        return Several(sentence("Start from {title}", title=sentence(self.title).lower()), tuple(edits))


def _dense(units: int, width: float = 106, height: float = 238) -> tuple[str, str, dict[str, Any], float, float]:
    return ("layer", "dense", {"units": units}, width, height)


def _bare(id: str, **settings: Any) -> tuple[str, str, dict[str, Any], float, float]:
    return ("layer", id, settings, 100, 52)


STARTERS = (
    Starter(
        "Dense", "points", "Two dense layers that part two spirals.", "dense", "c_linear",
        (("dataset", "spirals", {}, 106, 156), _dense(16), ("layer", "tanh", {}, 106, 238), _dense(8), ("layer", "tanh", {}, 106, 238),
         _dense(1, 106, 156), ("loss", "binary_cross_entropy", {}, 200, 254)),
        epochs=1000, rate=1e-2,
    ),
    Starter(
        "Table", "numbers", "One hidden layer that tells wines apart.", "table", "c_data",
        (("dataset", "wine", {}, 104, 52), _dense(16, 116, 152), ("layer", "relu", {}, 96, 104), _dense(3, 116, 152),
         ("loss", "cross_entropy", {}, 126, 112)),
    ),
    Starter(
        "Convolution", "images", "Filters, pooling and a dense layer that read digits.", "conv", "c_linear",
        (("dataset", "digits", {}, 132, 152), ("layer", "conv2d", {"filters": 16}, 116, 152), ("layer", "relu", {}, 96, 104),
         ("layer", "max_pool2d", {}, 128, 152), _bare("flatten"), _dense(10, 116, 152), ("loss", "cross_entropy", {}, 126, 112)),
    ),
    Starter(
        "Regression", "a curve", "A small network that follows a noisy curve.", "curve", "c_act",
        (("dataset", "regression_curve", {}, 104, 52), _dense(16, 116, 152), ("layer", "tanh", {}, 96, 104), _dense(1, 116, 152),
         ("loss", "mean_squared_error", {}, 126, 112)),
        epochs=500, rate=1e-2,
    ),
)  # fmt: skip
