"""From a project to what the engine plans: the graph, the update rule, the knobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from playground.core.fields import Field, Real, fields_of
from playground.core.samples import Samples
from playground.core.spec import Dataset, Layer, Loss, Optimizer, Schedule
from playground.core.tensor import TensorType, Value
from playground.document.options import NODE_OPTIONS
from playground.document.problems import Problem
from playground.document.project import Node, Project
from playground.document.wiring import reached
from playground.engine.builder import GraphBuilder
from playground.engine.graph import Graph
from playground.engine.plan import UpdateRule
from playground.engine.registers import FIRST_FREE_KNOB, KNOB_COUNT
from playground.errors import PlaygroundError
from playground.lowering.flow import Flow, flow_of
from playground.lowering.inspection import inspect
from playground.lowering.schedule import warmed


class Refused(PlaygroundError):
    """A project that cannot be trained as it is; problems says why, errors first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        more = sum(problem.severity == "error" for problem in problems) - 1
        super().__init__(problems[0].text + (f" There {'is' if more == 1 else 'are'} {more} more." if more else ""))


@dataclasses.dataclass(frozen=True)
class KnobInfo:
    """A number that may change while training runs.

    name: in the plan's knob_index.  field: its range and help.  node: node id, or "" for the training plan.
    path: the setting in the document: "optimizer.rate" or "clip" of the training plan, "rate" or "rate_factor" of a node.
    """

    name: str
    label: str
    field: Field
    value: float
    node: str
    path: str


@dataclasses.dataclass(frozen=True)
class Lowered:
    """What training needs of a project, apart from its samples. output, loss_node: node ids."""

    graph: Graph
    update: UpdateRule
    schedule: Schedule
    warmup: int
    knobs: tuple[KnobInfo, ...]
    loss: Loss
    output: str
    loss_node: str

    def factors(self, first: int, count: int, total: int, heard: float = 1.0) -> np.ndarray:
        """What the base rate is multiplied by at `count` steps from `first` on, of a run of `total`. Shapes: -> (count,) float32.

        heard: the factor of a schedule that listens to the loss, for these steps.
        """
        return (heard * warmed(self.schedule, np.arange(first, first + count), total, self.warmup)).astype(np.float32)

    def encode(self, target: np.ndarray) -> np.ndarray:
        """Targets as the machine loads them."""
        return self.loss.encode(target)


def lower(project: Project, samples: Samples) -> Lowered:
    """Raises Refused."""
    found = inspect(project, samples)
    if found.errors:
        raise Refused(sorted(found.problems, key=lambda problem: problem.severity != "error"))
    flow = flow_of(project, samples)
    (loss_node,) = (node for node in project.network.nodes if isinstance(node.spec, Loss))
    loss, training = loss_node.spec, project.training
    assert isinstance(loss, Loss)
    assert isinstance(training.schedule, Schedule)
    assert isinstance(training.optimizer, Optimizer)
    backwards = {id: [link.source for link in links] for id, links in flow.into.items()}
    used = reached((loss_node.id,), backwards)
    graph = _graph(flow, [flow.nodes[id] for id in flow.order if id in used], loss_node, loss, samples)
    trained = [node for node in project.network.nodes if node.id in used and found.parameters.get(node.id)]
    update = _update(project, training.optimizer, trained, len(graph.knobs))
    return Lowered(
        graph=graph,
        update=update,
        schedule=training.schedule,
        warmup=training.warmup,
        knobs=tuple(_knobs(project, training.optimizer, used, update)),
        loss=loss,
        output=flow.into[loss_node.id][0].source,
        loss_node=loss_node.id,
    )


def _graph(flow: Flow, nodes: list[Node], loss_node: Node, loss: Loss, samples: Samples) -> Graph:
    g = GraphBuilder()
    values: dict[str, Value] = {}
    for node in nodes:
        inputs = [values[link.source] for link in flow.into[node.id]]
        if isinstance(node.spec, Dataset):
            values[node.id] = g.take_input(TensorType(samples.shape))
        elif isinstance(node.spec, Layer):
            with g.of(node.name, node.spec):
                values[node.id] = node.spec.build(g, *inputs)
    prediction = values[flow.into[loss_node.id][0].source]
    target = g.take_target(TensorType(tuple(loss.encode(samples.y[:0]).shape[1:])))
    with g.of(loss_node.name, loss):
        return g.finish(prediction, loss.build(g, prediction, target))


def _update(project: Project, optimizer: Optimizer, trained: list[Node], taken: int) -> UpdateRule:
    """Rate factors of all nodes become knobs while there is room; then only of those that are not 1."""
    room = KNOB_COUNT - FIRST_FREE_KNOB - taken
    factors = {node.name: node.rate_factor for node in trained if not node.frozen}
    if len(factors) > room:
        factors = {name: factor for name, factor in factors.items() if factor != 1.0}
    numbers = {name: float(getattr(optimizer, name)) for name, field in fields_of(optimizer).items() if isinstance(field, Real)}
    frozen = frozenset(node.name for node in trained if node.frozen)
    return UpdateRule(optimizer.update, numbers, project.training.clip, factors, frozen)


def _knobs(project: Project, optimizer: Optimizer, used: set[str], update: UpdateRule) -> Iterator[KnobInfo]:
    for name, field in fields_of(optimizer).items():
        if field.live:
            yield KnobInfo(name, field.title(name), field, float(getattr(optimizer, name)), "", f"optimizer.{name}")
    for name, field in fields_of(project.training).items():
        if field.live and isinstance(field, Real):
            yield KnobInfo(name, field.title(name), field, float(getattr(project.training, name)), "", name)
    for node in project.network.nodes:
        if node.id not in used or not isinstance(node.spec, Layer):
            continue
        for name, field in fields_of(node.spec).items():
            if field.live and isinstance(field, Real):
                value = float(getattr(node.spec, name))
                yield KnobInfo(f"{node.name}.{name}", f"{node.name}: {field.title(name)}", field, value, node.id, name)
        if node.name in update.rate_factors:
            field = NODE_OPTIONS["rate_factor"]
            label = f"{node.name}: {field.title('rate_factor')}"
            yield KnobInfo(f"{node.name}:rate_factor", label, field, node.rate_factor, node.id, "rate_factor")
