"""From a project to what the engine plans: the graph, the update rule, the knobs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

import numpy as np

from playground.core.fields import Field, Real, fields_of
from playground.core.samples import Samples
from playground.core.spec import Layer, Loss, Optimizer, Schedule, Spec
from playground.data.prepare import Split
from playground.document.groups import Settings
from playground.document.options import NODE_OPTIONS
from playground.document.plans import TrainingPlan
from playground.document.project import Project
from playground.document.wiring import reached
from playground.engine.graph import Graph
from playground.engine.plan import UpdateRule
from playground.engine.registers import FIRST_FREE_KNOB, KNOB_COUNT
from playground.engine.rule import Averaging
from playground.lowering.expansion import expanded
from playground.lowering.flow import flow_of
from playground.lowering.groups import weight_settings
from playground.lowering.network import Head, Network, network_of
from playground.lowering.schedule import lowered_momentum, warmed
from playground.words import joined, sentence

#: Steps of a run that are asked for the highest factor of its schedule, at its beginning and again all over it.
_ASKED = 20_000


@dataclasses.dataclass(frozen=True)
class KnobInfo:
    """A number that may change while training runs.

    name: in the plan's knob_index.  field: its range and help.  node: node id, or "" for the training plan; "use/inner" inside a block.
    path: the setting in the document: "optimizer.rate", "penalty.strength" or "clip" of the training plan, "rate" or
    "rate_factor" of a node; value of a factor: the node's own times its group's.
    """

    name: str
    label: str
    field: Field
    value: float
    node: str
    path: str


@dataclasses.dataclass(frozen=True)
class Lowered:
    """What training needs of a project, apart from its samples."""

    network: Network
    update: UpdateRule
    schedule: Schedule
    warmup: int
    warmup_start: float
    knobs: tuple[KnobInfo, ...]

    @property
    def graph(self) -> Graph:
        return self.network.graph

    @property
    def heads(self) -> tuple[Head, ...]:
        """The losses, in the order in which they were put on the canvas."""
        return self.network.heads

    @property
    def loss(self) -> Loss:
        """The first loss."""
        return self.heads[0].loss

    @property
    def output(self) -> str:
        """Id of the node that the first loss judges."""
        return self.heads[0].output

    def factors(self, first: int, count: int, total: int, heard: float = 1.0) -> np.ndarray:
        """What `Machine.run` takes for `count` steps from `first` on, of a run of `total`. Shapes: -> (count, 3) float32.

        That is what the base rate is multiplied by, the share of the momentum that is kept, and what is added to that.
        heard: the factor of a schedule that listens to the loss, for these steps.
        """
        steps = np.arange(first, first + count)
        made = np.empty((count, 3), np.float32)
        made[:, 0] = heard * warmed(self.schedule, steps, total, self.warmup, self.warmup_start)
        made[:, 1], made[:, 2] = lowered_momentum(self.schedule, steps, total, self.warmup)
        return made

    def highest_factor(self, total: int, heard: float = 1.0) -> float:
        """The most that the schedule multiplies the base rate by in a run of `total` steps; 1 for a run of no steps or without a rate.

        Of a long run the first and then evenly chosen steps are asked: schedules rise within a warm-up or slowly.
        """
        first = min(total, _ASKED)
        rest = np.linspace(first, max(total - 1, first), _ASKED if total > first else 0).astype(np.int64)
        steps = np.concatenate([np.arange(first), rest])
        highest = float(np.max(warmed(self.schedule, steps, total, self.warmup, self.warmup_start), initial=0.0)) * heard
        return float(f"{highest:.4g}") if highest > 0 else 1.0

    def columns(self, split: Split) -> dict[str, np.ndarray]:
        """What the machine loads besides the inputs: encoded targets, weights, lengths."""
        return self.network.columns(split)


def lowered(project: Project, samples: Samples) -> Lowered:
    """Of a project without errors: `lower` asks for them first."""
    flow = flow_of(project, samples)
    project = expanded(project).project
    losses = [node for node in project.network.nodes if isinstance(node.spec, Loss)]
    training = project.training
    assert isinstance(training.schedule, Schedule)
    assert isinstance(training.optimizer, Optimizer)
    backwards = {id: [link.source for link in links] for id, links in flow.into.items()}
    used = reached((node.id for node in losses), backwards)
    network = network_of(flow, [flow.nodes[id] for id in flow.order if id in used], losses, samples)
    counts = {id: one.parameters for id, one in flow.facts.items() if id in used}
    update = _update(project, training.optimizer, weight_settings(project, counts), len(network.graph.knobs))
    return Lowered(
        network=network,
        update=update,
        schedule=training.schedule,
        warmup=training.warmup,
        warmup_start=training.warmup_start,
        knobs=tuple(_knobs(project, training.optimizer, used, update)),
    )


def _update(project: Project, optimizer: Optimizer, weights: Mapping[str, Settings], taken: int) -> UpdateRule:
    """Factors of all nodes become knobs while there is room; then only those that are not 1. weights: node name -> its settings."""
    training = project.training
    room = KNOB_COUNT - FIRST_FREE_KNOB - taken
    rates = {name: one.rate_factor for name, one in weights.items() if not one.frozen}
    decays = {name: one.decay_factor for name, one in weights.items() if not one.frozen}
    if len(rates) + len(decays) > room:
        rates = {name: factor for name, factor in rates.items() if factor != 1.0}
        decays = {name: factor for name, factor in decays.items() if factor != 1.0}
    penalty = training.penalty
    return UpdateRule(
        id=optimizer.update,
        numbers=_reals(optimizer),
        clip=training.clip,
        rate_factors=rates,
        frozen=frozenset(name for name, one in weights.items() if one.frozen),
        clip_value=training.clip_value,
        decay_factors=decays,
        penalty="" if penalty.id == "none" else penalty.id,
        penalty_numbers=_reals(penalty),
        accumulate=training.accumulate,
        averaging=_averaging(training),
    )


def _reals(spec: Spec) -> dict[str, float]:
    return {name: float(getattr(spec, name)) for name, field in fields_of(spec).items() if isinstance(field, Real)}


def _averaging(training: TrainingPlan) -> Averaging | None:
    if training.averaging == "none":
        return None
    if training.averaging == "ema":
        return Averaging("ema", training.average_decay, training.average_start)
    return Averaging("swa", 0.0, training.average_start, training.average_every, training.average_unit)


def _knobs(project: Project, optimizer: Optimizer, used: set[str], update: UpdateRule) -> Iterator[KnobInfo]:
    for name, field in fields_of(optimizer).items():
        if field.live:
            yield KnobInfo(name, field.title(name), field, float(getattr(optimizer, name)), "", f"optimizer.{name}")
    for name, field in fields_of(project.training).items():
        if field.live and isinstance(field, Real) and (name != "average_decay" or project.training.averaging == "ema"):
            yield KnobInfo(name, field.title(name), field, float(getattr(project.training, name)), "", name)
    for name, field in fields_of(project.training.penalty).items():
        if field.live:
            label = joined((sentence(project.training.penalty.title), field.title(name)), ": ")
            value = float(getattr(project.training.penalty, name))
            yield KnobInfo(f"penalty:{name}", label, field, value, "", f"penalty.{name}")
    several = len(project.network.of_kind("loss")) > 1
    for node in project.network.nodes:
        if node.id not in used or not isinstance(node.spec, Layer | Loss):
            continue
        for name, field in fields_of(node.spec).items():
            if name == "weight" and isinstance(node.spec, Loss) and not several:  # a lone loss has none
                continue
            if field.live and isinstance(field, Real):
                value = float(getattr(node.spec, name))
                yield KnobInfo(f"{node.name}.{name}", joined((node.name, field.title(name)), ": "), field, value, node.id, name)
        for option, factors in (("rate_factor", update.rate_factors), ("decay_factor", update.decay_factors)):
            if node.name in factors:
                label = joined((node.name, NODE_OPTIONS[option].title(option)), ": ")
                yield KnobInfo(f"{node.name}:{option}", label, _product(option), factors[node.name], node.id, option)


def _product(option: str) -> Real:
    """A factor of a node times that of its group."""
    field = NODE_OPTIONS[option]
    assert isinstance(field, Real)
    return dataclasses.replace(field, high=field.high * field.high)
