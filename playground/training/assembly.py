"""From a project and its samples to a machine that is ready to train: the same steps in the worker and on the command line."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

from playground.core import registry
from playground.core.samples import Samples
from playground.core.spec import Layer
from playground.data.prepare import Prepared
from playground.document.project import Project
from playground.engine import free_memory
from playground.engine.bound import Progress
from playground.engine.machine import Machine
from playground.engine.plan import Plan, plan_network
from playground.engine.retune import retuned
from playground.lowering import Lowered, lower
from playground.lowering.expansion import expanded
from playground.lowering.preparing import prepared as prepared_by
from playground.lowering.room import needs, window_for
from playground.training import memory
from playground.training.board import BoardPlan
from playground.training.judge import Judge
from playground.words import sentence


@dataclasses.dataclass(frozen=True)
class Assembled:
    """Everything a run is made of, before it has memory."""

    project: Project
    samples: Samples
    lowered: Lowered
    prepared: Prepared
    plan: Plan
    judge: Judge

    def board_plan(self) -> BoardPlan:
        """Sizes of the shared board."""
        outputs = self.plan.graph.values[self.plan.graph.output].type
        owners = dict.fromkeys(p.owner for p in self.plan.graph.parameters)
        plane = self.samples.shape in ((1,), (2,)) and outputs.rank == 1
        return BoardPlan(
            state_bytes=4 * self.plan.layout.state[1],
            layers=tuple(owners),
            metrics=self.judge.names,
            outputs=outputs.count if plane else 0,
            nodes=tuple(dict.fromkeys(n.owner for n in self.plan.graph.nodes if n.owner in self.layers)),
            train_metrics=() if self.prepared.validation is None else self.judge.names,
        )

    @functools.cached_property
    def layers(self) -> dict[str, Layer]:
        """The network's layers by name, those in blocks as "block1/dense1"."""
        nodes = expanded(self.project).project.network.nodes
        return {node.name: node.spec for node in nodes if isinstance(node.spec, Layer)}

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what a person may not expect of the run."""
        monitor = self.lowered.schedule.monitor
        if monitor in ("loss", "train_loss") or self.judge.finds(monitor) is not None:
            return self.prepared.notes
        title = sentence(registry.find("metric", monitor).title)
        text = sentence('The schedule listens to the loss: "{metric}" is no metric of this task.', metric=title)
        return (*self.prepared.notes, text)

    def machine(self, arena: Any = None, progress: Progress | None = None) -> Machine:
        """A machine with the data in its windows; its state is whatever the memory holds."""
        machine = Machine(self.plan, arena, progress, shuffle=self.project.training.shuffle)
        machine.prepare()
        self.load(machine)
        return machine

    def fits(self, other: Assembled) -> bool:
        """Whether this run can go on in the memory of the other: arena and board would look the same."""
        return self.plan.layout == other.plan.layout and self.board_plan() == other.board_plan()

    def machine_after(self, before: Assembled, machine: Machine) -> Machine:
        """A machine in the memory of an earlier run's, with its state. Raises ValueError where it does not fit."""
        made = machine.follow(self.plan, shuffle=self.project.training.shuffle)
        made.prepare()
        if self.prepared is not before.prepared or self.plan.train is not before.plan.train:
            self.load(made)
        return made

    def load(self, machine: Machine) -> None:
        """The data into the machine's windows."""
        for name, split in (("train", self.prepared.train), ("validation", self.prepared.validation)):
            if split is not None:
                machine.load(name, split.x, self.lowered.columns(split))


def assemble(project: Project, samples: Samples, before: Assembled | None = None) -> Assembled:
    """Lower, split and scale, plan. Raises Refused, DataError or DoesNotFit.

    before: the same run as it was; what was made of the same samples in the same way is not made again.
    """
    lowered = lower(project, samples)
    if before is not None and before.samples is samples and before.project.data == project.data:
        prepared = before.prepared
    else:
        prepared = prepared_by(project.data, samples)
    counts = {"train": prepared.train.count}
    if prepared.validation is not None:
        counts["validation"] = prepared.validation.count
    judge = Judge(lowered.heads, samples.task, prepared)
    if before is not None and prepared is before.prepared and project.training.batch == before.project.training.batch:
        known = retuned(before.plan, lowered.graph, lowered.update)
        if known is not None:
            return Assembled(project, samples, lowered, prepared, known, judge)
    width = int(prepared.train.x[0].size)

    batch = project.training.batch
    memory.check(needs(lowered, counts, width), batch, free_memory.room())
    plan = plan_network(lowered.graph, batch=batch, update=lowered.update, samples=counts, window=window_for(width))
    return Assembled(project, samples, lowered, prepared, plan, judge)
