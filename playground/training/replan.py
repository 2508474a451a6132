"""A run goes on with another plan: assembled anew, its state copied tensor by tensor, on at the same step.

Everything that the run has learnt stays: weights, running statistics, counters, the place in the epoch, the optimizer's memory. What the
new plan has no use for is left behind, what it needs besides begins anew, and `told` says so. What comes out depends on the two plans
and on the state alone, so a journal that names the step can do it again, bit for bit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.fields import fields_of
from playground.core.spec import Schedule, Spec
from playground.engine.layout import Field, Layout
from playground.engine.machine import Machine
from playground.engine.registers import AVERAGED, CURSOR, STATE_REGISTER_COUNT, STATE_REGISTERS, STEP
from playground.errors import BadValue
from playground.training.assembly import Assembled
from playground.training.loop import Memory, Trainer
from playground.words import joined, sentence

Array = npt.NDArray[Any]


def check(old: Assembled, new: Assembled, epoch: int, *, complete: bool = False) -> None:
    """Raises BadValue when a run of the one cannot go on as the other. epoch: finished ones; complete: the run has done them all."""
    before, after = _tensors(old.plan.layout), _tensors(new.plan.layout)
    if before != after:
        names = sorted({name.partition(".")[0] for name, _ in before.items() ^ after.items()})
        shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        raise BadValue(sentence("The weights of {names} would be others. Start a new run for this change.", names=shown))
    if old.project.training.seed != new.project.training.seed:
        raise BadValue(sentence("The seed decides the start weights. Press Reset or start a new run to change it."))
    if not complete and new.project.training.epochs <= epoch:
        raise BadValue(
            sentence(
                "{epoch} epochs are done already. Choose more than {epoch}, or press Stop.", epoch=f"{epoch:,}"
            )
        )  # fmt: skip


def _tensors(layout: Layout) -> dict[str, tuple[int, ...]]:
    """Names and shapes of what a network is."""
    return {name: field.shape for group in (layout.parameters, layout.statistics) for name, field in group.items()}


def continue_from(trainer: Trainer, old: Assembled, new: Assembled, made: Trainer) -> None:
    """Bring a trainer of the new plan, with its data, to where another stands, which stays as it is.

    Its recorder has to begin there: steps before the change cannot be done again with the new plan.
    """
    machine = made.machine
    machine.knobs[...] = _knobs(old, trainer.machine, new)
    there, here = trainer.machine.layout.state_view(trainer.machine.F), machine.layout.state_view(machine.F)
    if np.shares_memory(there, here):
        machine.restore(state_of(old, there, new))
    else:
        state_of(old, there, new, here)
    heard = _schedule(new).carried(trainer.memory.heard, _schedule(old))
    memory = dataclasses.replace(trainer.memory, heard=heard, best_place=None)
    if old.prepared.train.count != new.prepared.train.count:
        machine.R[CURSOR] = 0  # another number of samples: the pass over them begins anew
        memory.loss_sum, memory.epoch_steps = 0.0, 0
    if judged_alike(old, new):
        _keep_best(trainer, old, new, made, memory)
    else:
        memory.best_loss, memory.best_epoch, memory.stale = None, 0, 0
    made.memory = memory


def _keep_best(trainer: Trainer, old: Assembled, new: Assembled, made: Trainer, memory: Memory) -> None:
    place = trainer.memory.best_place
    kept = trainer.keeper.look(place) if place is not None else None
    if kept is not None:
        about, state = kept
        about = about | {"plan": made.recorder.plan}
        memory.best_place = made.keeper.write(about, state_of(old, np.frombuffer(state, np.float32), new))


def judged_alike(old: Assembled, new: Assembled) -> bool:
    """Whether losses of before and after may be compared: the same data, losses and kind of weights."""
    ways = [
        (made.project.data, made.project.training.judges_averaged, [_fixed(head.loss) for head in made.lowered.heads])
        for made in (old, new)
    ]
    return old.samples is new.samples and ways[0] == ways[1]


def _fixed(spec: Spec) -> tuple[str, dict[str, Any]]:
    """A record without the numbers that are knobs."""
    return spec.id, {name: getattr(spec, name) for name, field in fields_of(spec).items() if not field.live}


def state_of(old: Assembled, state: Array, new: Assembled, out: Array | None = None) -> Array:
    """A state of the old plan as one of the new. Shapes: (n,) float32 each, as `Machine.snapshot` gives it.

    out: where it goes, in other memory than the state's; None: into an array of its own.
    """
    before, after = old.plan.layout, new.plan.layout
    if out is not None:
        out.fill(0)
    made = np.zeros(after.state[1], np.float32) if out is None else out
    registers = 2 * STATE_REGISTER_COUNT
    made[:registers].view(np.uint32)[...] = state[:registers].view(np.uint32)
    groups = [(before.parameters, after.parameters), (before.statistics, after.statistics)]
    if _same_rule(old, new):
        groups.append((before.slots, after.slots))
    if _same_mean(old, new):
        groups.append((before.averages, after.averages))
    else:
        made.view(np.int64)[AVERAGED - STATE_REGISTERS] = 0
    for one, other in groups:
        for (_, source), (_, target) in _shared(one, other):
            _at(target, after).view(made).view(np.uint32)[...] = _at(source, before).view(state).view(np.uint32)
    _age(old, state, new, made)
    return made


def _age(old: Assembled, state: Array, new: Assembled, made: Array) -> None:
    """How many updates every layer has had goes on where the optimizer's memory does; see `Machine.begun`."""
    before, after = old.plan.layout, new.plan.layout
    source, target = state.view(np.int64), made.view(np.int64)
    step = int(target[STEP - STATE_REGISTERS])
    for layer, at in after.begun.items():
        own = 0
        if _same_rule(old, new) and layer in before.begun:
            kept = int(source[before.begun[layer] - STATE_REGISTERS])
            own = kept if layer in old.lowered.update.frozen else step - kept
        target[at - STATE_REGISTERS] = own if layer in new.lowered.update.frozen else step - own


def _shared(one: Mapping[str, Field], other: Mapping[str, Field]) -> Iterator[tuple[tuple[str, Field], tuple[str, Field]]]:
    for name, field in one.items():
        if name in other and other[name].shape == field.shape:
            yield (name, field), (name, other[name])


def _at(field: Field, layout: Layout) -> Field:
    """A field's place in a copy of the state alone."""
    return dataclasses.replace(field, at=field.at - layout.state[0])


def _schedule(made: Assembled) -> Schedule:
    schedule = made.project.training.schedule
    assert isinstance(schedule, Schedule)
    return schedule


def _same_rule(old: Assembled, new: Assembled) -> bool:
    return old.lowered.update.id == new.lowered.update.id


def _same_mean(old: Assembled, new: Assembled) -> bool:
    one, other = old.lowered.update.averaging, new.lowered.update.averaging
    return one is not None and other is not None and one.kind == other.kind


def _knobs(old: Assembled, machine: Machine, new: Assembled) -> Array:
    """Knobs of the new plan: as the project says where that changed, else as they were turned."""
    made = np.zeros_like(machine.knobs)
    made[: len(new.plan.knob_start)] = new.plan.knob_start
    for name, at in new.plan.layout.knob_index.items():
        before = old.plan.layout.knob_index.get(name)
        if before is not None and np.float32(old.plan.knob_start[before]) == np.float32(new.plan.knob_start[at]):
            made[at] = machine.knobs[before]
    return made


def told(old: Assembled, new: Assembled) -> str:
    """What a person should know of a change, as sentences; "" for nothing."""
    found: list[str] = []
    if not _same_rule(old, new):
        title = sentence(new.project.training.optimizer.title)
        found.append(sentence("{optimizer} begins without memory of earlier steps.", optimizer=title))
    frozen, before = new.lowered.update.frozen, old.lowered.update.frozen
    if frozen - before:
        found.append(sentence("{names}: frozen from here on.", names=", ".join(sorted(frozen - before))))
    if before - frozen:
        found.append(sentence("{names}: trained from here on.", names=", ".join(sorted(before - frozen))))
    if old.prepared.train.count != new.prepared.train.count:
        found.append(sentence("The pass over the samples begins anew."))
    if not judged_alike(old, new):
        found.append(sentence("The best epoch is looked for anew."))
    if _schedule(old).listens and _schedule(old).id != _schedule(new).id:
        found.append(
            sentence(
                "The learning rate is the planned one again, not the one that {schedule} had come to.",
                schedule=sentence(_schedule(old).title),
            )
        )
    listens = not new.lowered.schedule.listens and new.project.training.schedule.id != "constant"
    steps = [
        made.project.training.epochs * made.project.training.steps_of_epoch(made.prepared.train.count) for made in (old, new)
    ]
    if listens and steps[0] != steps[1]:
        found.append(sentence("The schedule spans the steps that are left."))
    return joined(found, " ") if found else ""
