"""The base of every catalogue record, and one base class for each kind of thing a person can choose.

A record is frozen and compares by value, so an edit is `replace(spec, units=32)` and undo is keeping the old one. It stores its
settings unchanged; ranges are checked by its fields (`registry.problems`), never in the constructor, so that a form can hold a
bad value and show the reason.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from playground.core.fields import real

if TYPE_CHECKING:
    from pathlib import Path

    from playground.core.builder import Builder
    from playground.core.samples import Samples
    from playground.core.tensor import TensorType, Value


class Spec:
    """A catalogue record. The class docstring's first line is the one-line help; the rest is the reference page."""

    kind: ClassVar[str] = ""
    id: ClassVar[str]
    title: ClassVar[str]
    group: ClassVar[str]
    icon: ClassVar[str]
    tail: ClassVar[str]
    version: ClassVar[int]
    #: From a version to the next. One that only brought fields has none: they take their defaults where a file lacks them.
    migrations: ClassVar[Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]]] = {}
    #: (name, settings, shapes of the inputs) for the suites in tests/every; what the shapes mean depends on the kind.
    examples: ClassVar[tuple[tuple[str, dict[str, Any], tuple[tuple[int, ...], ...]], ...]] = ()
    #: The formula as plain text or Unicode mathematics, for the reference page.
    formula: ClassVar[str] = ""
    #: Paper and equation, where the thing has one.
    source: ClassVar[str] = ""

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (cls.__doc__ or "").strip().splitlines()[0]


class Layer(Spec):
    """A node of the network. `ports` names its inputs; a layer with `variadic` takes `ports` or more (the last name repeats).

    optional: so many of the last ports may stay unwired; `build` then gets None for them.  outputs: names of its output ports.
    """

    kind = "layer"
    ports: ClassVar[tuple[str, ...]] = ("x",)
    variadic: ClassVar[bool] = False
    optional: ClassVar[int] = 0
    outputs: ClassVar[tuple[str, ...]] = ("y",)
    #: What a node of this layer shows: "tiles", "maps", "bars", "glyph", "image", "number" or "" for a header only.
    preview: ClassVar[str] = ""
    #: The field that sets the last extent of the output, such as "units", or "" where the input decides.
    width: ClassVar[str] = ""
    #: The field that says how many different tokens the first input holds, or "" where that holds amounts.
    tokens: ClassVar[str] = ""
    #: What its output is for a loss: "probabilities", "log_probabilities", "margin" (within -1 and 1), "positive" (at least 0), or ""
    #: where it says nothing.
    gives: ClassVar[str] = ""
    #: Whether its output is the numbers of its one input as they are, all or some of them, here or in other places: "always", or
    #: "in evaluation" where training hides or shakes some; "" where it computes.
    passes: ClassVar[str] = ""

    def build(self, g: Builder, *inputs: Any) -> Value | tuple[Value, ...]:
        """Compose ops of the engine: a Value for each port (None at an unwired optional one) to one for each output.

        Raises ShapeError when the inputs do not fit: its text goes on from the node's name ("needs equal shapes."), who gives
        what is added by the lowering; its mend is "insert <layer id>", "insert <layer id> <port> <settings as JSON>",
        "set <field> <JSON>", "cut <port>", "match shapes", "image", "sequence" or "".
        """
        raise NotImplementedError

    def gives_of(self, rank: int) -> str:
        """`gives`, with these settings and of an output with so many axes."""
        return self.gives

    def count_formula(self, inputs: tuple[TensorType, ...]) -> str:
        """The parameter count as a person writes it, such as "16·(3²·16+1)"; "" lets it be made from the parameters' shapes."""
        return ""

    def least_batch(self, inputs: tuple[TensorType, ...]) -> int:
        """Fewest samples in one training step that this layer can learn from."""
        return 1

    def curve(self, x: np.ndarray) -> np.ndarray | None:
        """The function of one number that this layer applies, for its glyph; None where there is none. Shapes: (n,) -> (n,)."""
        return None

    def saturated(self, y: np.ndarray, x: np.ndarray | None = None) -> np.ndarray | None:
        """Which outputs lie where this layer passes (almost) no gradient; None where it always does, or where that takes x and it is
        not known. A unit that is among them for every sample is dead. Shapes: y, and x, the first input, (..., units) -> the same, of
        truth values, or (...) where the units of a place saturate together, as those of a softmax do: then none is dead by itself.
        """
        return None

    def caption(self, inputs: tuple[TensorType, ...], output: TensorType) -> str:
        """A few words for the node's shape line, such as "3×3 same"; the parameter count is added by the window."""
        return ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Loss(Spec):
    """What training makes small.

    expects: "logits", "probabilities", "log_probabilities", "margin" (of either sign) or "values": what the prediction must be.
    target: "class" (an index), "binary" (0 or 1 for each output), "distribution" (shares that sum to 1) or "values".
    probable: whether answers of yes or no that `respond` gives are probabilities.
    ports: the target of the data is meant where that port is unwired; weights are one for each sample or step.
    """

    weight: float = real(
        1.0,
        low=0.0,
        high=1e6,
        live=True,
        advanced=True,
        help="What this loss counts where a network has several: training makes the sum small.",
    )

    kind = "loss"
    ports: ClassVar[tuple[str, ...]] = ("prediction", "target", "weights")
    optional: ClassVar[int] = 2
    expects: ClassVar[str] = "values"
    target: ClassVar[str] = "values"
    probable: ClassVar[bool] = True

    def build(self, g: Builder, prediction: Value, target: Value, weights: Value | None = None) -> Value:
        """The mean loss of the batch: a scalar. Raises ShapeError when prediction and target do not fit.

        weights: () or (steps,), what each sample or step counts, padding as 0; the mean is divided by their sum. Hand it to the
        loss's op as the input after the target, with the attribute weighted=True.
        """
        raise NotImplementedError

    def outputs(self, classes: int, target_shape: tuple[int, ...]) -> int:
        """How many numbers the last layer must give for this target; classes is 0 for a target of values."""
        return classes if self.target == "class" else int(np.prod(target_shape, dtype=int))

    def encode(self, target: np.ndarray) -> np.ndarray:
        """Targets as the engine's op reads them: class indices as int64, all else as float32. Shapes: (n, ...) -> (n, ...)."""
        return np.asarray(target, np.int64 if self.target == "class" else np.float32)

    def respond(self, prediction: np.ndarray) -> np.ndarray:
        """Predictions as a person reads them: probabilities or values, from what the network gives. Shapes: (n, ...) -> (n, ...)."""
        return prediction


class Optimizer(Spec):
    """How a step changes the weights: one elementwise formula over flat slots, the engine op named `update`."""

    kind = "optimizer"
    update: ClassVar[str] = ""
    #: Names of the state kept for every weight.
    slots: ClassVar[tuple[str, ...]] = ()


class Penalty(Spec):
    """What is asked of the weights themselves, with any optimizer: the engine's penalty of the same id, or nothing for "none"."""

    kind = "penalty"


class Schedule(Spec):
    """The learning rate over a run, as a pure function of the step, from 0 to 1 times the base rate; some lower the momentum too.

    A schedule that also listens to how training goes overrides `follow`: what it remembers is a small dictionary of numbers that the
    run keeps in its checkpoints, so that it goes on exactly.
    """

    kind = "schedule"
    #: Whether `follow` does anything: the plan of such a schedule is only what it would be if nothing ever told it otherwise.
    listens: ClassVar[bool] = False
    #: What it listens to: "loss", of the validation part or else of the training part, "train_loss", or the id of a metric.
    monitor: str = "loss"
    #: The momentum that `dip` leads to.
    momentum_low: float = 0.0

    def factor(self, step: np.ndarray, total: int) -> np.ndarray:
        """What the base rate is multiplied by at each step (0-based, whole numbers) of `total` steps. Shapes: (n,) -> (n,) float64."""
        raise NotImplementedError

    def rate(self, step: np.ndarray, total: int, base: float) -> np.ndarray:
        """The learning rate at each step."""
        return base * self.factor(np.asarray(step), total)

    def dip(self, step: np.ndarray, total: int) -> np.ndarray | None:
        """How far the momentum is moved at each step from the optimizer's own, 0, to `momentum_low`, 1; None where it is left alone.

        Shapes: (n,) -> (n,) float64.
        """
        return None

    def carried(self, memory: Mapping[str, float], other: Schedule) -> dict[str, float]:
        """What is left of a run's memory where it goes on with this schedule in the place of another: nothing of one of another kind."""
        return dict(memory) if self.id == other.id else {}

    def follow(self, memory: Mapping[str, float], figure: float, higher: bool = False) -> dict[str, float]:
        """What is remembered after an epoch that ended with this figure: a loss, or the metric `monitor`.

        higher: more of it is better.  memory: what was remembered so far, {} at the start.  The number called "factor", where there
        is one, multiplies `factor` at every step from here on.  Pure, and all numbers are finite.
        """
        return {}


class Initializer(Spec):
    """Where weights start."""

    kind = "initializer"
    #: Whether the weights of every group of a grouped layer are drawn by themselves.
    by_group: ClassVar[bool] = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        """Start values, float32, of the given shape."""
        raise NotImplementedError


class Dataset(Spec):
    """Where samples come from."""

    kind = "dataset"
    #: Output ports: its inputs; its targets as numbers, to feed layers or to be another loss's target; the weights of its samples.
    outputs: ClassVar[tuple[str, ...]] = ("inputs", "targets", "weights")
    #: What its samples are: "images", "table" rows, or "" for anything else.
    samples_are: ClassVar[str] = ""

    def load(self, folder: Path | None = None) -> Samples:
        """The samples. folder: what relative paths are relative to. Raises DataError or FileError with a sentence."""
        raise NotImplementedError

    def remedies(self, error: str) -> tuple[tuple[str, str, Any], ...]:
        """What may help where `load` raised this: words for it, the field to set, and its value."""
        return ()


class Metric(Spec):
    """A number that a person judges a model by, computed from what `Loss.respond` gives."""

    kind = "metric"
    higher_is_better: ClassVar[bool] = True
    #: Whether it says something of the answers that is neither good nor bad.
    readout: ClassVar[bool] = False
    #: Whether it is for probabilities only, see `Loss.probable`.
    of_probabilities: ClassVar[bool] = False
    #: Tasks it applies to: "classification", "binary", "distribution", "regression".
    tasks: ClassVar[tuple[str, ...]] = ()
    unit: ClassVar[str] = ""
    #: Whether it is a share of 1, which a person reads as per cent.
    share: ClassVar[bool] = False

    def compute(self, response: np.ndarray, target: np.ndarray) -> float:
        """Shapes: response (n, outputs); target (n,) class indices or (n, outputs) values."""
        raise NotImplementedError
