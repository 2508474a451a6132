"""Looks at a project before it trains: pre-flight, learning rate, rate fan, batch size, the time of its layers.

Each makes a machine of its own with the project's start weights, or with its trained ones where `trained` is asked for; the project
stays as it is. Raises Refused with the project's problems.
"""

from __future__ import annotations

from playground.api.project import Project
from playground.engine.machine import Machine
from playground.errors import BadValue
from playground.training import batches, fan, finder, timing
from playground.training import preflight as flights
from playground.training.assembly import Assembled, assemble
from playground.training.loop import Trainer
from playground.training.messages.analysis import LayerCost


def preflight(project: Project, seconds: float = 1.5) -> flights.Found:
    """Where it starts, whether it can learn, whether it learns from its labels, what it costs here. seconds: of a check, at most about."""
    made, machine = _ready(project, trained=False)
    return flights.preflight(made, machine, seconds)


def find_rate(project: Project, options: finder.Options | None = None, *, trained: bool = False) -> finder.Found:
    """The loss over a rising rate, and the rates it suggests."""
    _, machine = _ready(project, trained=trained)
    return finder.find_rate(machine, options)


def rate_fan(project: Project, options: fan.Options | None = None, *, trained: bool = False) -> fan.Found:
    """What the next steps come to at multiples of the rate."""
    made, machine = _ready(project, trained=trained)
    trainer = Trainer(made.lowered, made.prepared, machine, made.project.training, made.judge)
    with fan.Fan(machine, fan.planned(trainer), options) as rays:
        for _ in rays:
            pass
        return rays.found()


def find_batch(project: Project, seconds: float = 0.3) -> batches.Found:
    """Samples a second and memory over batch sizes. seconds: of a size, at most about."""
    search = batches.Search(assemble(project.record, project.samples()), seconds)
    for _ in search:
        pass
    return search.found()


def time_layers(project: Project, seconds: float = 1.0) -> tuple[LayerCost, ...]:
    """What every node costs of a training step, in seconds as it is trained and in bytes."""
    made, machine = _ready(project, trained=False)
    timed = timing.time_training(made, machine, seconds / 2)
    return timing.time_layers(made, machine, seconds / 2, timed.step)


def _ready(project: Project, *, trained: bool) -> tuple[Assembled, Machine]:
    made = assemble(project.record, project.samples())
    machine = made.machine()
    machine.initialise(project.record.training.seed)
    if trained:
        if project.weights is None:
            raise BadValue("The project has no trained weights yet. Train it first.")
        for name, view in {**machine.parameters(), **machine.statistics()}.items():
            if name in project.weights:
                view[...] = project.weights[name]
    return made, machine
