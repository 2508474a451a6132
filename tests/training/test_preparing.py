"""Another plan is made ready beside the run: steps go on until it is, the last of several counts, and whatever goes wrong leaves the
run as it was.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.engine.jit import native
from playground.training import messages, payload, preparing
from playground.training import worker as workers
from playground.training.assembly import Assembled, assemble
from playground.training.block import Block
from playground.training.client import Client
from playground.training.journal import Entry
from playground.training.loop import Trainer
from playground.training.messages import Command, Event
from playground.training.replay import Player
from playground.training.worker import Worker
from tests.training.networks import of, plain, points
from tests.training.watching import until


class Wire:
    """In place of the worker's channel: what it told."""

    has_unsent = False

    def __init__(self, *_: object) -> None:
        self.told: list[Event] = []

    def send(self, event: Event) -> None:
        self.told.append(event)


class Gate:
    """Plans are assembled as long as it is open. waiting: how many stand before it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Semaphore(0)
        self.error: Exception | None = None

    def assemble(self, project: Project, samples: Samples, before: Assembled) -> Assembled:
        self.begun.release()
        assert self.open.wait(30)
        if self.error is not None:
            raise self.error
        return assemble(project, samples, before)


class Desk:
    """A worker in this process, and whoever sits before it."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.worker = Worker(None)  # type: ignore[arg-type]
        self.project, self.samples = plain(epochs=1_000_000)
        self._serial = 0
        start, blocks = self._given(self.project, self.samples)
        self.worker._carry_out(start, blocks)
        self.blocks = blocks

    @property
    def told(self) -> list[Event]:
        return self.worker._channel.told  # type: ignore[attr-defined,no-any-return]

    def heard(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.told if isinstance(event, kind)]

    @property
    def done(self) -> dict[int, bool]:
        return {event.serial: event.applied for event in self.heard(messages.Done)}

    def _given(self, project: Project, samples: Samples) -> tuple[messages.Start, tuple[int, ...]]:
        held = (payload.pack(project, samples), samples.x, samples.y)
        blocks = [*map(Block.holding, held), Block.create(), Block.create()]
        start = messages.Start(
            blocks={name: block.nbytes for name, block in zip(payload.BLOCKS, blocks, strict=True)},
            x_shape=samples.x.shape, y_shape=samples.y.shape, y_dtype=samples.y.dtype.str,
            folder="", checkpoint="", every=0, generation=1, continued=False, paused=False,
        )  # fmt: skip
        return start, tuple(block.descriptor for block in blocks)

    def send(self, command: Command, descriptors: tuple[int, ...] = ()) -> int:
        self._serial += 1
        self.worker._carry_out(dataclasses.replace(command, serial=self._serial), descriptors)
        return self._serial

    def change(self, samples: Samples | None = None, **settings: Any) -> int:
        for name, value in settings.items():
            self.project = SetPlan("training", name, value).apply(self.project)
        start, descriptors = self._given(self.project, samples or self.samples)
        serial = self.send(messages.Change(start=start, same_samples=samples is None), descriptors)
        assert self.gate.begun.acquire(timeout=30)
        return serial

    def act(self, what: str) -> int:
        return self.send(messages.Act(what=what))

    def steps(self, count: int) -> None:
        run = self.worker.run
        assert run is not None
        for _ in range(count):
            self.worker._take_up()
            run.turn(1)

    def taken_up(self) -> None:
        """What is made ready has been taken up."""
        coming = self.worker._coming
        assert coming is not None
        coming._thread.join(30)
        self.worker._take_up()
        assert self.worker._coming is None

    @property
    def step(self) -> int:
        assert self.worker.run is not None
        return self.worker.run.machine.step

    @property
    def journal(self) -> list[Entry]:
        assert self.worker.run is not None
        return self.worker.run.journal.entries

    def again(self) -> str:
        """The hash of the state of a run that does the journal again, up to the present step."""
        assert self.worker.run is not None
        project, samples = plain(epochs=1_000_000)
        player = Player(project, samples, [])
        for entry in self.journal:
            for _ in player._follow(entry):
                pass
        for _ in player._to(self.step):
            pass
        return player.trainer.machine.state_sha256()


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    gate = Gate()
    monkeypatch.setattr(workers, "Channel", Wire)
    monkeypatch.setattr(preparing, "assemble", gate.assemble)
    made = Desk(gate)
    yield made
    gate.open.set()
    made.worker._drop()


def test_steps_go_on_until_the_plan_is_ready(desk: Desk) -> None:
    desk.steps(5)
    serial = desk.change(batch=7, optimizer=of("optimizer", "rmsprop", rate=0.01))
    desk.steps(6)
    assert desk.step == 11
    assert not desk.heard(messages.Replanned)
    assert serial not in desk.done
    desk.gate.open.set()
    desk.taken_up()
    (told,) = desk.heard(messages.Replanned)
    assert (told.change, told.entry.kind, told.entry.step) == (serial, "plan", 11)
    assert desk.done[serial]
    desk.worker.run.turn(1)  # type: ignore[union-attr]
    assert desk.worker.run is not None
    assert desk.worker.run.board.steps.since(0)[0]["rows"][-1] == 7
    desk.steps(4)
    assert desk.again() == desk.worker.run.machine.state_sha256()


def test_of_several_changes_the_last_one_counts(desk: Desk) -> None:
    first = desk.change(batch=7)
    second, third = (desk._serial + 1, desk._serial + 2)
    for settings in ({"accumulate": 3}, {"batch": 9}):
        for name, value in settings.items():
            desk.project = SetPlan("training", name, value).apply(desk.project)
        start, descriptors = desk._given(desk.project, desk.samples)
        desk.send(messages.Change(start=start, same_samples=True), descriptors)
    desk.steps(3)
    assert (desk.done[first], desk.done[second]) == (False, False)
    desk.gate.open.set()
    desk.taken_up()
    (told,) = desk.heard(messages.Replanned)
    assert (told.change, told.entry.step) == (third, 3)
    assert told.entry.after == {"training/fields/batch": 9, "training/fields/accumulate": 3}
    desk.steps(3)
    assert desk.worker.run is not None
    assert desk.again() == desk.worker.run.machine.state_sha256()


def test_knobs_that_are_turned_meanwhile_stay_turned(desk: Desk) -> None:
    """Also where the change brings another value with it, which is the older one."""
    desk.change(batch=7, **{"optimizer.rate": 0.02})
    desk.send(messages.SetKnob(name="rate", value=0.005))
    desk.steps(2)
    assert desk.heard(messages.KnobChanged)[0].step == 0
    desk.gate.open.set()
    desk.taken_up()
    assert desk.worker.run is not None
    rate = desk.worker.run.machine.layout.knob_index["rate"]
    assert desk.worker.run.machine.knobs[rate] == np.float32(0.005)
    assert [(entry.kind, entry.step) for entry in desk.journal] == [("start", 0), ("knob", 0), ("plan", 2), ("knob", 2)]
    desk.steps(3)
    assert desk.again() == desk.worker.run.machine.state_sha256()


def test_pause_and_stop_do_not_wait_for_it(desk: Desk) -> None:
    desk.steps(2)
    desk.change(batch=7)
    desk.act("pause")
    assert desk.heard(messages.Paused)[-1].step == 2
    desk.act("stop")
    assert desk.heard(messages.Finished)[-1].step == 2
    desk.gate.open.set()
    desk.taken_up()
    assert [entry.kind for entry in desk.journal] == ["start", "end", "plan"]
    desk.act("resume")
    desk.worker.run.turn(1)  # type: ignore[union-attr]
    assert desk.step == 3


def test_a_step_that_is_asked_for_is_done_with_it(desk: Desk) -> None:
    desk.act("pause")
    desk.change(batch=7)
    threading.Timer(0.05, desk.gate.open.set).start()
    desk.act("step_batch")
    assert desk.worker.run is not None
    assert desk.worker.run.board.steps.since(0)[0]["rows"].tolist() == [7]
    assert [entry.kind for entry in desk.journal] == ["start", "plan"]


@pytest.mark.parametrize("error", [MemoryError("no memory"), RuntimeError("a kernel does not compile"), None], ids=repr)
def test_what_cannot_be_made_ready_leaves_the_run_untouched(desk: Desk, error: Exception | None) -> None:
    """None: a plan that can be made, but that this run cannot go on with."""
    desk.steps(3)
    assert desk.worker.run is not None
    before, run = desk.worker.run.machine.state_sha256(), desk.worker.run
    desk.gate.error = error
    serial = desk.change(seed=9)
    desk.gate.open.set()
    desk.taken_up()
    (refused,) = desk.heard(messages.ChangeRefused)
    assert refused.change == serial
    assert not desk.done[serial]
    assert desk.worker.run is run
    assert run.machine.state_sha256() == before
    assert [entry.kind for entry in desk.journal] == ["start"]
    desk.steps(2)
    assert run.machine.step == 5


def test_a_run_that_begins_anew_is_not_changed_by_what_was_under_way(desk: Desk) -> None:
    serial = desk.change(batch=7)
    coming = desk.worker._coming
    start, blocks = desk._given(desk.project, desk.samples)
    desk.worker._carry_out(start, blocks)
    assert not desk.done[serial]
    desk.gate.open.set()
    assert coming is not None
    coming._thread.join(30)
    desk.steps(3)
    assert not desk.heard(messages.Replanned)
    assert [entry.kind for entry in desk.journal] == ["start"]


def test_other_samples_of_a_change_that_was_overtaken_still_come(client_of: Callable[[], Client]) -> None:
    client = client_of()
    made, samples = plain(epochs=1_000_000)
    client.start(made, samples)
    until(client, messages.Started)
    other = points(210)
    client.change(made, other)
    client.change(SetPlan("training", "batch", 30).apply(made))
    client.wait(lambda c: not c._changes)
    assert client.started is not None
    assert client.started.train_rows == 168
    assert client.plan is not None
    assert client.plan[1] is other


@pytest.fixture
def client_of() -> Iterator[Callable[[], Client]]:
    made = Client()
    yield lambda: made
    made.close()


def test_a_kernel_that_is_there_does_not_wait_for_one_that_compiles() -> None:
    """Steps go on while another thread is inside the compiler."""
    made, samples = plain()
    assembled = assemble(made, samples)
    machine = assembled.machine()
    machine.initialise(1)
    trainer = Trainer(assembled.lowered, assembled.prepared, machine, made.training, assembled.judge)
    trainer.advance(1)
    held, release = threading.Event(), threading.Event()

    def compiling() -> None:
        with native._lock:
            held.set()
            release.wait(30)

    thread = threading.Thread(target=compiling)
    thread.start()
    try:
        assert held.wait(30)
        trainer.advance(1)
        assert trainer.machine.step == 2
    finally:
        release.set()
        thread.join()


def test_how_many_batches_a_step_gathers_is_a_number_of_the_same_programs() -> None:
    made, samples = plain()
    one, two, three = (assemble(SetPlan("training", "accumulate", n).apply(made), samples) for n in (1, 2, 3))
    again = assemble(three.project, samples, two)
    assert again.plan.train is two.plan.train
    assert assemble(two.project, samples, one).plan.train is not one.plan.train
    runs = []
    for assembled in (three, again):
        machine = assembled.machine()
        runs.append(Trainer(assembled.lowered, assembled.prepared, machine, assembled.project.training, assembled.judge))
        runs[-1].reset()
        for _ in range(7):
            runs[-1].advance()
    assert runs[0].machine.step == runs[1].machine.step
    assert runs[0].machine.state_sha256() == runs[1].machine.state_sha256()
