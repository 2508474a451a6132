"""A trained project at work: judged on a part of the data, asked for answers, made ready to export."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.data.prepare import Split
from playground.data.scaling import Scaler
from playground.document.project import Project as Record
from playground.engine.formulas import first_inputs, present_steps
from playground.engine.machine import Machine
from playground.engine.plan import plan_network
from playground.errors import BadValue
from playground.formats.interpreter import observed
from playground.formats.model import Affine, Further, Model, further_outputs
from playground.lowering.expansion import expanded
from playground.lowering.network import LENGTHS
from playground.training.assembly import Assembled, assemble
from playground.training.saturation import Saturation, saturations

PARTS = ("train", "validation", "test")
#: Samples that an exported file is tried on, and those that are observed at once.
PROBE, OBSERVED = 16, 256


class Judged:
    """A project with weights, those before training where none are given, and a machine that only looks forward."""

    def __init__(self, record: Record, samples: Samples, weights: Mapping[str, np.ndarray] | None) -> None:
        self.made: Assembled = assemble(record, samples)
        prepared = self.made.prepared
        self.splits: dict[str, Split] = {
            name: split
            for name, split in (("train", prepared.train), ("validation", prepared.validation), ("test", prepared.test))
            if split
        }
        rows = max(split.count for split in self.splits.values())
        self.plan = plan_network(self.made.lowered.graph, batch=record.training.batch, update=None, samples={"judged": rows})
        self.machine = Machine(self.plan)
        self.machine.initialise(0)
        if weights is not None:
            put_weights(self.machine, weights)

    def evaluate(self, part: str) -> dict[str, float]:
        """Loss and metrics on a part of the data; of several losses also each by the name of its node, with "<node>: <metric>".

        Raises BadValue for a part that is empty.
        """
        split = self._split(part)
        self.machine.load("judged", split.x, self.made.lowered.columns(split))
        found = self.machine.evaluate("judged")
        return {"loss": found.loss} | self.made.judge.metrics(found, split) | {"loss": found.loss}

    def _split(self, part: str) -> Split:
        split = self.splits.get(part)
        if split is None:
            raise BadValue(
                f"There is no {part} part; this project has {', '.join(self.splits)}. Give it a share in the data plan."
            )
        return split

    def predict(self, x: np.ndarray, lengths: np.ndarray | None = None) -> np.ndarray:
        """Probabilities, or values in the original unit, for raw inputs. Shapes: (n, *sample), lengths (n,) -> (n, *output)."""
        scaled, columns = self._ready(x, lengths)
        return self.made.judge.respond(self.machine.predict(scaled, columns=columns))

    def _ready(self, x: np.ndarray, lengths: np.ndarray | None) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Inputs as the network takes them, and what comes with them. Raises BadValue."""
        samples, columns = self.made.samples, self.made.lowered.network.usual(len(x))
        if x.shape[1:] != samples.shape:
            raise BadValue(f"Inputs must have the shape (n, {', '.join(map(str, samples.shape))}); {x.shape} was given.")
        scaled = self.made.prepared.scaler.apply(x)
        if lengths is not None:
            if samples.lengths is None:
                raise BadValue("This project's data have no lengths, so that all steps are there. Leave the lengths out.")
            steps, given = samples.shape[0], np.asarray(lengths)
            if given.shape != (len(x),) or not np.isin(given, np.arange(1, steps + 1)).all():
                raise BadValue(f"Lengths must be {len(x)} whole numbers within 1 to {steps}.")
            columns[LENGTHS] = given.astype(np.float32)
            scaled = np.where(
                (np.arange(steps) < given[:, None]).reshape(len(x), steps, *[1] * (x.ndim - 2)), scaled, np.float32(0)
            )
        return scaled, columns

    def observe(self, x: np.ndarray, lengths: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """What every node gives for raw inputs, by "node" and "node/name". Shapes: (n, *sample) -> (n, *node output)."""
        return self._observed(*self._ready(x, lengths))

    def _observed(self, x: np.ndarray, columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        graph, tensors = self.made.lowered.graph, {**self.machine.parameters(), **self.machine.statistics()}
        pieces = [
            observed(graph, tensors, x[at : at + OBSERVED], _part(columns, at, OBSERVED))
            for at in range(0, max(len(x), 1), OBSERVED)
        ]
        given = {name for name, array in pieces[0].items() if array.ndim and len(array) == len(x[:OBSERVED])}
        return {name: np.concatenate([piece[name] for piece in pieces]).astype(np.float32) for name in pieces[0] if name in given}

    def stuck(self, part: str) -> dict[str, Saturation]:
        """How much of each layer passes no gradient, over a part of the data. Raises BadValue for a part that is empty."""
        split = self._split(part)
        layers = {
            node.name: node.spec for node in expanded(self.made.project).project.network.nodes if isinstance(node.spec, Layer)
        }
        columns, graph = self.made.lowered.columns(split), self.made.lowered.graph
        present = present_steps(graph, split.x, columns) if graph.present else {}
        outputs = self._observed(split.x, columns)
        return saturations(layers, outputs, present, first_inputs(graph, outputs, split.x))

    def model(self, name: str) -> Model:
        """What an exporter needs, with a probe of raw samples and the machine's answers to it."""
        prepared, samples = self.made.prepared, self.made.samples
        source = prepared.validation or prepared.train
        probe = np.ascontiguousarray(samples.x[source.index[:PROBE]], dtype=np.float32)
        columns = {name: array[:PROBE] for name, array in self.made.lowered.columns(source).items()}
        given = self.machine.answers(prepared.scaler.apply(probe), columns=columns).heads
        nodes = {node.id: node.name for node in expanded(self.made.project).project.network.nodes}
        answers = [self._answer(at, y) for at, y in enumerate(given[: len(self.made.lowered.heads)])]
        graph, heads = self.made.lowered.graph, self.made.lowered.heads
        further = [
            Further(name=nodes[heads[at].output], value=value, expected=answers[at][0], after=answers[at][1])
            for value in further_outputs(graph)
            for at in [graph.outputs.index(value)]
        ]
        loss = self.made.lowered.loss
        about = {"task": samples.task, "output": loss.expects, "loss": loss.id}
        if samples.class_names:
            about["classes"] = json.dumps(list(samples.class_names))
        if samples.feature_names:
            about["features"] = json.dumps(list(samples.feature_names))
        return Model(
            name=name,
            graph=graph,
            columns=columns,
            parameters={key: array.copy() for key, array in self.machine.parameters().items()},
            statistics={key: array.copy() for key, array in self.machine.statistics().items()},
            probe=probe,
            expected=answers[0][0],
            before=_affine(prepared.scaler),
            after=answers[0][1],
            further=tuple(further),
            about=about,
        )

    def _answer(self, at: int, y: np.ndarray) -> tuple[np.ndarray, Affine | None]:
        """What an exported file gives to a loss, in the data's own unit, and how that was scaled. at: the loss's place."""
        scaler = self.made.judge.scaler(at)
        after = None if scaler is None else _affine(scaler)
        return (y if after is None else np.asarray(after.invert(y), np.float32)), after


def _part(columns: Mapping[str, np.ndarray], start: int, count: int) -> dict[str, np.ndarray]:
    return {name: array[start : start + count] for name, array in columns.items()}


def _affine(scaler: Scaler) -> Affine | None:
    return Affine(np.array(scaler.shift), np.array(scaler.spread)) if scaler.shift else None


def weights_of(machine: Machine, *, averaged: bool = False) -> dict[str, np.ndarray]:
    """Copies of all parameters and running statistics by name; averaged: of their means, once there are any."""
    found = machine.averages() if averaged and machine.averaged else {**machine.parameters(), **machine.statistics()}
    return {name: array.copy() for name, array in found.items()}


def put_weights(machine: Machine, weights: Mapping[str, np.ndarray]) -> None:
    """Weights into a machine's arena. Raises BadValue where names or shapes are not those of the network."""
    places = {**machine.parameters(), **machine.statistics()}
    missing, extra = sorted(places.keys() - weights.keys()), sorted(weights.keys() - places.keys())
    if missing or extra:
        told = [
            f"{title}: {', '.join(names[:5])}" for title, names in (("missing", missing), ("not of this network", extra)) if names
        ]
        raise BadValue(f"These weights are of another network; {'; '.join(told)}. Train it, or name the right file.")
    for name, place in places.items():
        if weights[name].shape != place.shape:
            raise BadValue(
                f"{name} must have the shape {place.shape}; the weights have {weights[name].shape}. Train the network anew."
            )
        place[...] = weights[name]
