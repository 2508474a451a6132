"""The way back past changes of plan: at every step that was, the run stands as it stood, bit for bit, with the plan of then."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.edits import SetNodeOption, SetPlan
from playground.document.project import Project
from playground.training import messages
from playground.training.changes import REPLANNED, WENT_BACK, Stretch, stretches
from playground.training.client import Client
from playground.training.journal import Journal
from playground.training.journal_line import line_of, plan_at
from playground.training.messages.travel import Travelled
from playground.training.replay import Player
from tests.training.networks import convolutional, of, plain, points
from tests.training.watching import of_kind, rested, until

Change = dict[str, Any]
#: What the plan becomes, one change after the other; some fit into the memory that the run has, some do not.
CHANGES: list[Change] = [
    {"patience": 60},
    {"batch": 7},
    {"optimizer": of("optimizer", "amsgrad", rate=0.004)},
    {"schedule": of("schedule", "one_cycle"), "warmup": 5, "epochs": 90},
    {"averaging": "ema"},
    {"shuffle": False, "accumulate": 2},
    {"optimizer": of("optimizer", "adam", rate=0.02)},
    {"penalty": of("penalty", "l2"), "batch": 33},
]


@pytest.fixture(scope="module")
def worker() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


def with_plan(made: Project, change: Change) -> Project:
    for name, value in change.items():
        made = SetPlan("training", name, value).apply(made)
    return made


class Stops:
    """A run that stands still now and then; what it was like there."""

    def __init__(self, client: Client, made: Project, samples: Samples) -> None:
        self.client, self.project = client, made
        client.start(made, samples, paused=True)
        client.wait(lambda c: c.state == "paused")
        self.known: list[tuple[int, bytes, Project, dict[str, float]]] = []

    def look(self) -> None:
        found, plan = self.client.state_copy(), self.client.plan
        assert found is not None
        assert plan is not None
        self.known.append((self.client.step, found[1], plan[0], self.client.knobs))

    def steps(self, count: int) -> None:
        for _ in range(count):
            step = self.client.step
            self.client.step_batch()
            rested(self.client)
            assert self.client.step == step + 1

    def change(self, change: Change, samples: Samples | None = None) -> messages.Replanned:
        self.project = with_plan(self.project, change)
        return self.become(self.project, samples)

    def become(self, made: Project, samples: Samples | None = None) -> messages.Replanned:
        self.project = made
        self.client.change(made, samples)
        found: messages.Replanned = of_kind(until(self.client, messages.Replanned), messages.Replanned)[-1]
        return found

    def back(self, step: int, kind: str = "rewind") -> Travelled:
        (self.client.fork if kind == "fork" else self.client.rewind)(step)
        found: Travelled = of_kind(until(self.client, Travelled), Travelled)[-1]
        self.client.wait(lambda c: c.state == "paused" and c.step == step)
        return found

    def check(self, at: int) -> None:
        """Stands as it stood there."""
        step, state, plan, knobs = self.known[at]
        self.back(step)
        found = self.client.state_copy()
        assert found is not None
        assert found[1] == state
        assert self.client.plan is not None
        assert self.client.plan[0] == plan
        assert {name: np.float32(value) for name, value in self.client.knobs.items()} == {
            n: np.float32(v) for n, v in knobs.items()
        }
        np.testing.assert_array_equal(self.client.history().steps, np.arange(1, step + 1))


@pytest.mark.parametrize("name", ["plain", "convolutional"])
def test_every_step_stands_as_it_stood(worker: Client, name: str) -> None:
    made, samples = plain(epochs=60) if name == "plain" else convolutional()
    run = Stops(worker, with_plan(made, {"epochs": 60}), samples)
    places = []
    for change in CHANGES:
        run.steps(2)
        run.look()
        run.steps(1)
        worker.set_knob("rate", 0.003 + 0.001 * len(places))
        run.steps(1)
        run.look()
        worker.set_knob("clip", 2.0)
        places.append(run.change(change).in_place)
    run.steps(3)
    assert any(places)
    assert not all(places)
    for at in reversed(range(len(run.known))):
        run.check(at)
    # On from there, with other changes, and back once more.
    run.steps(2)
    run.become(with_plan(run.client.plan[0], {"batch": 50}))  # type: ignore[index]
    run.steps(3)
    run.known.clear()
    run.look()
    run.become(with_plan(run.project, {"patience": 3}))
    run.steps(2)
    run.check(0)
    run.client.stop()
    (end,) = of_kind(until(run.client, messages.Finished), messages.Finished)
    player = Player(with_plan(made, {"epochs": 60}), samples, run.client.journal())
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_a_fork_past_a_change_trains_on_as_if_it_had_never_come(worker: Client) -> None:
    made, samples = plain(epochs=14, patience=4)
    run = Stops(worker, made, samples)
    run.steps(5)
    run.change({"batch": 50, "optimizer": of("optimizer", "momentum", rate=0.05)})
    run.steps(20)
    told = run.back(5, "fork")
    assert (told.before, told.plan) == (25, 0)
    assert worker.branches[-1].last == 25
    assert len(worker.branches[-1].history.steps) == 25
    worker.resume()
    (end,) = of_kind(until(worker, messages.Finished), messages.Finished)
    twin = Player(made, samples)
    rows = np.concatenate([burst.rows for burst in twin.bursts()])
    assert worker.history().loss.tolist() == rows["loss"].tolist()
    assert twin.trainer.machine.state_sha256() == end.state_sha256
    assert [record.epoch for record in worker.epochs] == list(range(1, end.epoch + 1))


def test_the_best_epoch_of_an_earlier_plan_is_found_again(worker: Client) -> None:
    """Both plans judge alike; the patience ends the run and gives back the weights of before the change."""
    made, samples = plain(epochs=200, patience=14, optimizer=of("optimizer", "adam", rate=0.05))
    run = Stops(worker, made, samples)
    run.steps(80)
    run.change({"batch": 21})
    run.steps(12)
    run.look()
    run.change({"optimizer": of("optimizer", "sgd", rate=0.5)})
    run.steps(15)
    run.check(0)
    worker.resume()
    (end,) = of_kind(until(worker, messages.Finished), messages.Finished)
    journal = [entry for entry in worker.journal() if entry.kind != "rewind"]
    journal = [entry for entry in journal if "sgd" not in str(entry.after)]
    player = Player(made, samples, journal)
    for _ in player.bursts():
        pass
    assert end.reason == "early"
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_other_samples_come_back_with_their_plan(worker: Client) -> None:
    made, samples = plain(epochs=60)
    run = Stops(worker, made, samples)
    run.steps(6)
    run.look()
    run.become(made, points(210))
    run.steps(9)
    run.look()
    run.change({"patience": 9}, points(210))
    run.steps(4)
    run.check(1)
    run.check(0)
    assert worker.plan is not None
    assert worker.plan[1] is samples
    run.steps(5)


def test_a_thawed_layer_is_frozen_again_before_it_thawed(worker: Client) -> None:
    made, samples = plain(epochs=60)
    node = made.network.nodes[1].id
    run = Stops(worker, SetNodeOption(node, "frozen", True).apply(made), samples)
    run.steps(8)
    run.look()
    run.become(made)
    run.steps(8)
    run.look()
    run.change({"batch": 10})
    run.steps(4)
    run.check(1)
    run.check(0)


def test_two_changes_at_one_step(worker: Client) -> None:
    """The memory of the optimizer is lost on the way through another one, also where not a step was done with it."""
    made, samples = plain(epochs=60)
    run = Stops(worker, made, samples)
    run.steps(9)
    run.look()
    run.change({"optimizer": of("optimizer", "sgd", rate=0.1)})
    worker.set_knob("rate", 0.2)
    run.change({"optimizer": of("optimizer", "adam", rate=0.01), "warmup": 3})
    run.steps(4)
    run.look()
    run.change({"patience": 50})
    run.steps(4)
    run.check(1)
    run.check(0)


def test_after_the_worker_died(client: Client) -> None:
    """A new worker knows the present plan alone; the others are read out of the journal."""
    made, samples = plain(epochs=100_000)
    run = Stops(client, made, samples)
    for change in ({"patience": 50_000}, {"batch": 9}, {"warmup": 100}, {"batch": 16}):
        run.steps(5)
        run.look()
        run.change(change)
    run.steps(5)
    client.kill()
    until(client, messages.Died)
    for at in (3, 1):
        run.check(at)
    client.kill()
    until(client, messages.Died)
    run.check(0)


@pytest.mark.parametrize("kept", ["first", "all", "none of the last"])
def test_copies_may_be_missing(kept: str) -> None:
    """Where a plan has no copy, the way begins with the plan before it."""
    made, samples = plain(epochs=60)
    journal, project = Journal(), made
    journal.add("start", 0, "seed", None, 0)
    for at, change in enumerate(CHANGES[:6]):
        step = 5 + 6 * at
        journal.add("knob", step, "rate", 0.0, 0.01 + 0.001 * at)
        after = with_plan(project, change)
        journal.add("plan", step, "", {}, paths(project, after))
        project = after
    journal.add("end", 45, "stopped", 45, 45)
    player = Player(made, samples, list(journal))
    seen = {}
    for burst in one_at_a_time(player):
        seen[player.trainer.machine.step] = (player.trainer.machine.state_sha256(), player.made.project)
        assert burst.status != "fault"
    ring = player.trainer.recorder.ring
    plans = [entry.serial for entry in journal if entry.kind == "plan"]
    if kept != "all":
        wanted = 0 if kept == "first" else plans[-2]
        directory = ring._directory
        directory[(directory[:, 7] > wanted) | ((directory[:, 1] > 0) & (kept == "first")), 0] = 0
    for step in (44, 36, 35, 30, 24, 23, 18, 12, 11, 6, 5, 1):
        player._go_back(step)
        assert (player.trainer.machine.state_sha256(), player.made.project) == seen[step]


def paths(before: Project, after: Project) -> dict[str, Any]:
    from playground.document.patch import differences

    return {one.path: one.after for one in differences(before, after)}


def one_at_a_time(player: Player) -> Iterator[Any]:
    """Its bursts, each of one step."""
    make = player._trainer

    class Lone:
        def next_burst(self) -> tuple[int, int]:
            return 1, 1

        def took(self, steps: int, threads: int, seconds: float) -> None:
            """Nothing to learn."""

    def made(*given: Any) -> Any:
        found = make(*given)
        found.pace = Lone()  # type: ignore[assignment]
        return found

    player._trainer = made  # type: ignore[method-assign]
    player.trainer.pace = Lone()  # type: ignore[assignment]
    yield from player.bursts()


def test_which_plan_a_step_was_done_with() -> None:
    rows = np.array([[3, 5, 0.1], [9, REPLANNED, 4], [20, REPLANNED, 7], [12, WENT_BACK, 0], [15, REPLANNED, 9]], float)
    assert stretches(rows, 5) == [Stretch(-1, 0, 0), Stretch(9, 4, 2), Stretch(15, 9, 5)]
    journal = Journal()
    journal.add("start", 0, "seed")
    for kind, step, after in (("plan", 9, {}), ("knob", 9, 1.0), ("plan", 20, {}), ("rewind", 25, 12), ("plan", 15, {})):
        journal.add(kind, step, "", 0.0, after)
    assert line_of(journal) == [(-1, 0), (9, 2), (15, 6)]
    assert [plan_at(journal, step) for step in (0, 9, 10, 15, 16, 99)] == [0, 0, 2, 2, 6, 6]
    journal.add("end", 11, "early", 11, 30)
    journal.add("resume", 11, "early")
    assert line_of(journal) == [(-1, 0), (9, 2), (11, 6)]


def test_hashes_are_of_states() -> None:
    """What these tests compare is all of a run: another rate gives another state."""
    made, samples = plain(epochs=2)
    found = set()
    for rate in (0.01, 0.011):
        player = Player(with_plan(made, {"optimizer": of("optimizer", "adam", rate=rate)}), samples)
        for _ in player.bursts():
            pass
        found.add(hashlib.sha256(player.trainer.machine.snapshot().tobytes()).hexdigest())
    assert len(found) == 2


def test_a_change_after_a_fork_brings_no_epoch_of_the_parent_back(worker: Client) -> None:
    made, samples = plain(epochs=6)
    run = Stops(worker, made, samples)
    worker.resume()
    worker.wait(lambda c: c.state == "finished")
    epochs = list(worker.epochs)
    step = epochs[1].step
    run.back(step, "fork")
    assert not run.change({"optimizer": of("optimizer", "momentum", rate=0.05)}).in_place
    assert list(worker.epochs) == epochs[:2]
