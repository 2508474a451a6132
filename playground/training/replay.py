"""A run done again from its journal, in this process: the same numbers, bit for bit."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from playground.core.samples import Samples
from playground.document.patch import patched
from playground.document.project import Project
from playground.engine.bound import Progress
from playground.errors import FileError, PlaygroundError
from playground.training import checkpoints, replan
from playground.training.assembly import Assembled, assemble
from playground.training.changes import REINITIALISED
from playground.training.journal import Entry
from playground.training.loop import Burst, Memory, Trainer
from playground.training.plans import Plans
from playground.training.run_record import differences, fingerprint, samples_sha256
from playground.words import sentence

#: Steps after which a spoilt state is noticed at the latest.
_NOTICED = 100_000
#: Gives the samples of a project, for a journal that changes the data.
Load = Callable[[Project], Samples]


class ReplayError(PlaygroundError):
    """A journal that cannot be followed on this machine; the text says at which step and why."""


class Player:
    """Trains, stopping at the steps of a journal to do what stands there. Without entries it is plain training.

    made, trainer: as they are at present; another plan puts others in their place.  notes: sentences on what changed since the
    checkpoint that it goes on from.
    """

    def __init__(
        self,
        project: Project,
        samples: Samples,
        entries: Sequence[Entry] = (),
        *,
        load: Load | None = None,
        compiling: Progress | None = None,
        resume: Path | None = None,
    ) -> None:
        """resume: a checkpoint to go on from. Raises Refused, DataError, DoesNotFit, or FileError where the checkpoint does not fit."""
        self.made: Assembled = assemble(project, samples)
        self._entries, self._load, self._compiling = list(entries), load, compiling
        self._plans = Plans()
        self._plans.restart(self.made)
        self.trainer = self._trainer(self.made)
        self.trainer.reset()
        self.trainer.recorder.ways = self._plans
        self.notes: tuple[str, ...] = () if resume is None else go_on_from(self.trainer, self.made, resume)

    def _trainer(self, made: Assembled) -> Trainer:
        machine = made.machine(progress=self._compiling)
        return Trainer(made.lowered, made.prepared, machine, made.project.training, made.judge)

    def bursts(self) -> Iterator[Burst]:
        """To the end of the journal, and where that does not end the run, to the end of the plan. Raises ReplayError."""
        for entry in self._entries:
            yield from self._follow(entry)
        if not self._entries or self._entries[-1].kind not in ("end", "fault"):
            yield from self.trainer.train()

    def _follow(self, entry: Entry) -> Iterator[Burst]:
        match entry.kind:
            case "start":
                self._start(entry)
            case "knob":
                yield from self._to(entry.step)
                self._turn(entry)
            case "plan":
                yield from self._to(entry.step)
                self._change(entry)
            case "fault":
                yield from self._to(entry.step)
                yield from self._faulted(entry)
            case "rewind" | "fork":
                yield from self._to(int(entry.before))
                self._go_back(int(entry.after))
            case "end" if entry.what == "stopped":
                yield from self._to(int(entry.after))
            case "end":
                yield from self._ended(entry)
            case "resume":
                self.trainer.reopen()
                self.trainer.recorder.go_on()
            case "reinit":
                yield from self._to(entry.step)
                self._reinitialise(entry)
            case _:
                raise ReplayError(
                    sentence("Step {step}: this version cannot do {kind} again.", step=f"{entry.step:,}", kind=repr(entry.kind))
                )

    def _to(self, step: int) -> Iterator[Burst]:
        while self.trainer.machine.step < step:
            if self.trainer.finished:
                raise self._lost(sentence("the run ends before it"), step)
            burst = self.trainer.advance(step - self.trainer.machine.step)
            yield burst
            if burst.status == "fault":
                raise self._lost(sentence("a number is not finite before it"), step)
        if self.trainer.machine.step != step:
            raise self._lost(sentence("the run is past it"), step)

    def _lost(self, why: str, step: int) -> ReplayError:
        at = f"{self.trainer.machine.step:,}"
        return ReplayError(
            sentence("The journal has an entry at step {step}, but {why} (at step {at}).", step=f"{step:,}", why=why, at=at)
        )

    def _start(self, entry: Entry) -> None:
        if entry.what != "checkpoint":
            return
        path = Path(str(entry.after))
        if not path.is_file() or file_sha256(path) != entry.before:
            raise ReplayError(
                sentence(
                    "The run began from {path}, which is gone or has changed. Only runs from the start can be replayed.",
                    path=path,
                )
            )
        take_with_best(self.trainer, path)

    def _turn(self, entry: Entry) -> None:
        knob = self.trainer.machine.layout.knob_index.get(entry.what)
        if knob is None:
            raise ReplayError(sentence("The project has no knob called {name}.", name=repr(entry.what)))
        self._note(knob, float(entry.after))
        self.trainer.machine.knobs[knob] = float(entry.after)

    def _reinitialise(self, entry: Entry) -> None:
        layers = list(dict.fromkeys(parameter.owner for parameter in self.made.plan.graph.parameters))
        if entry.what not in layers:
            raise ReplayError(sentence("The project has no layer with weights called {name}.", name=repr(entry.what)))
        self._note(REINITIALISED - layers.index(entry.what), float(entry.after))
        self.trainer.machine.reinitialise(entry.what, int(entry.after))

    def _note(self, knob: int, value: float) -> None:
        """A change for the recorder, which may have to do these steps again."""
        self.trainer.recorder.changes.append(np.array([[self.trainer.machine.step, knob, value]]))

    def _change(self, entry: Entry) -> None:
        values: dict[str, Any] = dict(entry.after)
        wanted = values.pop("samples_sha256", None)
        project = patched(self.made.project, values)
        samples = self.made.samples
        if wanted is not None:
            samples = self._load(project) if self._load is not None else samples
            if samples_sha256(samples) != wanted:
                raise ReplayError(sentence("Step {step}: the data is not what it was.", step=f"{entry.step:,}"))
        new = assemble(project, samples, self.made)
        replan.check(self.made, new, self.trainer.machine.epoch, complete=self.trainer.complete)
        after = self._trainer(new)
        self._plans.add(entry.serial, new)
        after.recorder.carry(self.trainer.recorder, entry.serial)
        replan.continue_from(self.trainer, self.made, new, after)
        after.recorder.mark()
        self.trainer, self.made = after, new

    def _go_back(self, step: int) -> None:
        recorder = self.trainer.recorder
        serial = recorder.stretch_of(step).serial
        if serial == recorder.plan:
            recorder.go_back(step)
            return
        made = self._plans.assembled(serial)
        after = self._trainer(made)
        after.recorder.carry(recorder, serial)
        after.recorder.go_back(step, self.trainer.machine.step)
        self.trainer, self.made = after, made

    def _faulted(self, entry: Entry) -> Iterator[Burst]:
        """What an update spoiled may be noticed some steps later; the run then goes back to before it."""
        status = ""
        while status != "fault" and not self.trainer.finished and self.trainer.machine.step < entry.step + _NOTICED:
            burst = self.trainer.advance()
            status = burst.status
            yield burst
        if status != "fault" or self.trainer.machine.step != entry.step:
            raise self._lost(sentence("no fault came up there"), entry.step)

    def _ended(self, entry: Entry) -> Iterator[Burst]:
        while not self.trainer.finished:
            burst = self.trainer.advance()
            yield burst
            if burst.status == "fault":
                raise self._lost(sentence("a number is not finite before it"), entry.step)
        if self.trainer.memory.finished != entry.what or self.trainer.machine.step != entry.step:
            raise self._lost(sentence("the run ends otherwise"), entry.step)


def go_on_from(trainer: Trainer, made: Assembled, path: Path) -> tuple[str, ...]:
    """Put a trainer where a run goes on from a checkpoint; sentences on what keeps it from the same bits. Raises FileError,

    also where every planned epoch is done.
    """
    found, training = take_with_best(trainer, path), made.project.training
    if trainer.complete:
        raise FileError(checkpoints.nothing_left(path, trainer.machine.epoch, training.epochs))
    notes = differences(found.fingerprint, fingerprint(made.project, made.samples, made.plan.chains))
    memory = trainer.memory
    if training.patience and training.restore_best and memory.best_epoch and memory.best_place is None:
        text = sentence(
            "The weights of the best epoch so far, {epoch}, do not lie beside the checkpoint, so an early stop cannot bring them back.",
            epoch=f"{memory.best_epoch:,}",
        )
        notes.append(text)
    return tuple(notes)


def take_with_best(trainer: Trainer, path: Path) -> checkpoints.Checkpoint:
    """Put a trainer where a run goes on from a checkpoint, one that had ended too, with the best epoch where it lies beside it."""
    found = take_checkpoint(trainer, path)
    best = path.with_name("best.safetensors")
    if (checkpoints.memory_of(best) or {}).get("best_epoch") == trainer.memory.best_epoch > 0:
        kept = checkpoints.read(best, trainer.machine.layout)
        trainer.memory.best_place = trainer.keeper.write({"epoch": trainer.memory.best_epoch}, kept.state)
    trainer.reopen()
    return found


def take_checkpoint(trainer: Trainer, path: Path) -> checkpoints.Checkpoint:
    """Put a trainer where a checkpoint was left; the best epoch is up to the caller. Raises FileError."""
    machine = trainer.machine
    found = checkpoints.read(path, machine.layout)
    machine.restore(found.state)
    for name, value in found.knobs.items():
        machine.set_knob(name, value)
    whole = trainer.steps_per_epoch
    # Files from before the loop counted steps and epochs by itself come of runs with one batch throughout.
    memory = _memory(found.memory, path)
    known = {"epoch_steps": machine.step % whole, "last_epoch": memory.get("last_step", 0) // whole}
    trainer.memory = Memory(**(known | memory | {"best_place": None}))
    trainer.recorder.begin()
    return found


def _memory(found: dict[str, Any], path: Path) -> dict[str, Any]:
    """What the loop knew, every value of the type that it has in `Memory`. Raises FileError."""
    types = {field.name: str(field.type) for field in dataclasses.fields(Memory)}
    for name, value in found.items():
        if name not in types or not _REMEMBERED.get(types[name], lambda _: True)(value):
            raise FileError(
                sentence(
                    "{path} lacks what a run needs to go on: {name} cannot be {value}. Choose another file.",
                    path=path, name=f"{name[:60]!r}", value=f"{value!r:.60}",
                )
            )  # fmt: skip
    return found


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 2**53


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


#: What a value of the loop's memory may be, by its annotation.
_REMEMBERED: dict[str, Callable[[Any], bool]] = {
    "int": _is_count,
    "int | None": lambda value: value is None or _is_count(value),
    "float": _is_number,
    "float | None": lambda value: value is None or _is_number(value),
    "str": lambda value: value in ("", "done", "stopped", "early"),
    "dict[str, float]": lambda value: isinstance(value, dict) and all(map(_is_number, value.values())),
}


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
