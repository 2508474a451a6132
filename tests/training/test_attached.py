"""What is attached to a run without touching its loop: hooks, probes, and the epoch of a step."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from playground.training import hooks, messages, probes
from playground.training.assembly import assemble
from playground.training.block import Block
from playground.training.history import epoch_at
from playground.training.hooks import Hook
from playground.training.hooks.pending import PendingChanges
from playground.training.interrupt import Interrupt
from playground.training.loop import Burst
from playground.training.messages import EpochRecord
from playground.training.probes import Probe, Share
from playground.training.probes.grid import GridProbe
from playground.training.run import Run
from tests.training.networks import plain


class Diary(Hook):
    """Writes down every call, and wants bursts to end at step 5."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.calls: list[str] = []

    def began(self) -> None:
        self.calls.append("began")

    def next_stop(self) -> int | None:
        return 5 if self.run.machine.step < 5 else None

    def before_burst(self) -> None:
        self.calls.append(f"before {self.run.machine.step}")

    def after_burst(self, burst: Burst) -> None:
        self.calls.append(f"after {self.run.machine.step}")

    def knob_changed(self, change: messages.KnobChanged) -> None:
        self.calls.append(f"{change.name} {change.before:g} {change.value:g}")

    def before_stop(self) -> None:
        self.calls.append("stop")

    def ended(self, finished: messages.Finished) -> None:
        self.calls.append(finished.reason)

    def reset(self) -> None:
        self.calls.append("reset")


class Every(Probe[int]):
    """Measures each of the first three steps."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.share = Share(1.0, 1e9)
        self.measured: list[tuple[int | None, int]] = []
        self.forced = 0

    def steps(self, first: int, count: int) -> range:
        return range(first, min(first + count, 3))

    def before(self) -> int:
        return self.run.machine.step

    def after(self, kept: int | None) -> None:
        self.measured.append((kept, self.run.machine.step))

    def look(self, *, force: bool) -> None:
        self.forced += force


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    hooks.kinds(), probes.kinds()
    monkeypatch.setattr(hooks, "_KINDS", dict(hooks._KINDS))
    monkeypatch.setattr(probes, "_KINDS", dict(probes._KINDS))
    hooks.register(Diary)
    probes.register(Every)
    project, samples = plain(epochs=2)
    assembled = assemble(project, samples)
    start = messages.Start(
        blocks={},
        x_shape=(),
        y_shape=(),
        y_dtype="",
        folder="",
        checkpoint="",
        every=0,
        generation=1,
        continued=False,
        paused=True,
    )
    made = Run(assembled, start, (Block.create(), Block.create()), lambda event: None, lambda *_: None, Interrupt())
    yield made
    made.close()


def diary(run: Run) -> Diary:
    return next(hook for hook in run.hooks if isinstance(hook, Diary))


def test_a_hook_hears_of_everything_and_ends_bursts(run: Run) -> None:
    assert run.act("resume")
    while run.machine.step < 5:
        run.turn()
    assert run.machine.step == 5
    run.set_knob("rate", 0.5)
    run.act("pause")
    run.act("reset")
    run.act("stop")
    assert diary(run).calls[:2] == ["began", "before 0"]
    assert diary(run).calls[-7:] == ["after 5", "rate 0.01 0.5", "stop", "reset", "stop", "stop", "stopped"]


def test_probes_share_a_single_step(run: Run) -> None:
    every = run.probes[Every]
    run.act("resume")
    run.turn(), run.turn(), run.turn()
    assert every.measured == [(0, 1), (1, 2), (2, 3)]
    before = every.forced
    run.act("pause")
    assert every.forced == before + 1


def test_two_of_a_name_are_refused() -> None:
    hooks.kinds(), probes.kinds()
    with pytest.raises(RuntimeError, match="PendingChanges"):
        hooks.register(PendingChanges)
    with pytest.raises(RuntimeError, match="GridProbe"):
        probes.register(GridProbe)


def test_the_epoch_of_a_step_follows_the_epochs_that_were() -> None:
    def record(epoch: int, step: int) -> EpochRecord:
        return EpochRecord(epoch=epoch, step=step, train_loss=1.0, validation_loss=None, metrics={}, rate=0.1)

    constant = [record(1, 4), record(2, 8)]
    for step in range(1, 20):
        assert epoch_at(step, constant, 4) == epoch_at(step, [], 4) == (step - 1) // 4 + 1
    # The batch was halved after the first epoch, and the steps of the second doubled.
    changed = [record(1, 4), record(2, 12)]
    assert [epoch_at(step, changed, 8) for step in (4, 5, 9, 12, 13, 20, 21)] == [1, 2, 2, 2, 3, 3, 4]
