"""The journal: what is kept of a run, and that a run done again from it is the same, bit for bit."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document import patch
from playground.document.edits import SetNodeOption, SetPlan
from playground.document.project import Project
from playground.errors import BadValue, FileError
from playground.training import messages, run_record
from playground.training.areas.journal import Log
from playground.training.client import Client
from playground.training.journal import Journal, decoded, encoded
from playground.training.messages import Event
from playground.training.replay import Player, ReplayError
from tests.training.networks import NETWORKS, of, plain, points, project
from tests.training.watching import of_kind, rested, until


@pytest.fixture(scope="module")
def worker() -> Iterator[Client]:
    made = Client()
    yield made
    made.close()


@pytest.fixture
def client(worker: Client) -> Iterator[Client]:
    yield worker
    worker.set_speed(0)


def test_consecutive_values_of_a_knob_at_a_step_are_one_entry() -> None:
    journal = Journal()
    journal.add("knob", 5, "rate", 0.1, 0.2)
    journal.add("knob", 5, "rate", 0.2, 0.3)
    journal.add("knob", 5, "clip", 0.0, 1.0)
    journal.add("knob", 5, "rate", 0.3, 0.4)
    journal.add("knob", 6, "rate", 0.4, 0.5)
    assert [(e.step, e.what, e.before, e.after) for e in journal] == [
        (5, "rate", 0.1, 0.3), (5, "clip", 0.0, 1.0), (5, "rate", 0.3, 0.4), (6, "rate", 0.4, 0.5)
    ]  # fmt: skip


def test_a_knob_turned_while_steps_are_done_again_stands_where_it_holds() -> None:
    journal = Journal()
    journal.add("knob", 5, "rate", 0.1, 0.2)
    journal.add("knob", 50, "rate", 0.2, 0.3)
    journal.add("knob", 60, "clip", 0.0, 1.0)
    journal.add("knob", 40, "rate", 0.2, 0.7)  # the worker died at step 61; the copy was of step 40
    assert [(e.step, e.what) for e in journal] == [(5, "rate"), (40, "rate"), (60, "clip")]


def test_ten_thousand_entries_and_more_are_all_kept(tmp_path: Path) -> None:
    journal = Journal()
    for step in range(25_000):
        journal.add("knob", step, "rate", step / 7, (step + 1) / 7)
    made, samples = plain()
    record = run_record.RunRecord(tmp_path, made, run_record.fingerprint(made, samples, 1), ())
    (tmp_path / "run.json").write_bytes(record.encoded(journal))
    assert run_record.read(tmp_path).journal == tuple(journal)


def test_lines_come_back() -> None:
    journal = Journal()
    journal.add("start", 0, "seed", None, 3)
    journal.add("knob", 5, "rate", np.float32(0.1).item(), 1e-30)
    journal.add("plan", 9, "", {"training/fields/batch": 4}, {"training/fields/batch": 5}, "ä \n “note”")
    assert decoded(b"".join(encoded(entry) for entry in journal)) == list(journal)


@pytest.mark.parametrize(
    "spoil",
    [
        {"kind": "magic"}, {"step": -1}, {"step": 1.5}, {"step": True}, {"what": None}, {"after": "x"}, {"before": None},
        {"note": 3}, {"note": {"key": 1}}, {"serial": "1"}, {"more": 1}, {"step": 1 << 70}, {"kind": "plan"}, {"kind": "rewind"},
        {"kind": "fork", "before": 3, "after": -1}, {"kind": "end", "before": 3, "after": True},
    ],
)  # fmt: skip
def test_a_hostile_line_is_refused_with_a_sentence(spoil: dict[str, Any]) -> None:
    body = {"serial": 1, "step": 2, "kind": "knob", "what": "rate", "before": 0.1, "after": 0.2, "note": ""}
    with pytest.raises(BadValue):
        decoded(json.dumps(body | spoil).encode())
    del body["note"]
    with pytest.raises(BadValue, match="needs"):
        decoded(json.dumps(body).encode())


def test_a_full_log_refuses() -> None:
    log = Log(np.zeros(10, np.uint8), np.zeros(2, np.int64))
    log.append(b"12345678")
    with pytest.raises(Exception, match="full"):
        log.append(b"123")
    assert log.since(2) == b"345678"
    log.clear()
    assert (log.written, log.begun) == (0, 1)


def test_differences_and_patches_are_inverse() -> None:
    made, _ = plain()
    after = SetNodeOption(made.network.nodes[2].id, "frozen", True).apply(made)
    after = SetPlan("training", "optimizer", of("optimizer", "momentum", rate=0.3)).apply(after)
    after = SetPlan("data", "scaling", "unit").apply(SetPlan("training", "clip", 1.5).apply(after))
    found = patch.differences(made, after)
    assert sorted(one.path.rpartition("/")[2] for one in found) == ["clip", "frozen", "optimizer", "scaling"]
    assert patch.patched(made, {one.path: one.after for one in found}) == after
    assert patch.patched(after, {one.path: one.before for one in found}) == made
    assert patch.differences(made, made) == ()
    for path in ("training/fields/none", "network/nodes/x/frozen", "training/fields/batch/deep", "name/x"):
        with pytest.raises(BadValue):
            patch.patched(made, {path: 1})


def test_records_of_the_first_version_are_read(tmp_path: Path) -> None:
    made, samples = plain()
    body = json.loads(run_record.RunRecord(tmp_path, made, run_record.fingerprint(made, samples, 1), ()).encoded())
    del body["journal"]
    body |= {"version": 1, "changes": [{"name": "rate", "value": 0.5, "before": 0.01, "step": 7}]}
    body["finished"] = {"step": 96, "last_step": 96, "reason": "done", "state_sha256": "x"}
    (tmp_path / "run.json").write_text(json.dumps(body))
    found = run_record.read(tmp_path)
    assert [(e.kind, e.step, e.after) for e in found.journal] == [("start", 0, 0), ("knob", 7, 0.5), ("end", 96, 96)]
    for spoil in ({"version": 3}, {"format": "x"}, {"changes": 1}, {"project": {}}, {"changes": [{}]}):
        (tmp_path / "run.json").write_text(json.dumps(body | spoil))
        with pytest.raises(FileError):
            run_record.read(tmp_path)


def test_a_journal_of_another_project_is_not_followed() -> None:
    made, samples = plain()
    for lines in (
        [("knob", 3, "drop1.rate", 0.0, 0.5)],
        [("knob", 3000, "rate", 0.0, 0.5)],
        [("fault", 2, "dense1", None, "update")],
    ):
        journal = Journal()
        for kind, step, *rest in lines:
            journal.add(kind, step, *rest)  # type: ignore[arg-type]
        with pytest.raises(ReplayError):
            list(Player(made, samples, list(journal)).bursts())


# ---------------------------------------------------------------------------------------------------------- replays


class Person:
    """Does things to a run, at moments that nobody planned."""

    def __init__(self, client: Client, made: tuple[Project, Samples], seed: int) -> None:
        self.client, self.rng = client, random.Random(seed)
        self.project, self.samples = made
        self.events: list[Event] = []
        self.deaths = 0

    def live(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.client.state == "running":
            self.events += self.client.poll(1)
            time.sleep(0.001)

    def act(self) -> None:
        acts: list[Callable[[], None]] = [self.knob] * 4 + [self.plan] * 4 + [self.layer, self.halt, self.halt, self.kill]
        self.rng.choice(acts)()
        self.events += self.client.poll()
        self.live(self.rng.uniform(0.0, 0.05))

    def knob(self) -> None:
        names = sorted(self.client.knobs)
        name = self.rng.choice([n for n in names if n in ("rate", "clip") or n.endswith((".rate", ":rate_factor"))])
        for _ in range(self.rng.choice((1, 1, 3))):
            low, high = {"rate": (1e-3, 0.05), "clip": (0.5, 5.0)}.get(name, (0.0, 0.6))
            self.client.set_knob(name, self.rng.uniform(low, high))

    def plan(self) -> None:
        choices: list[tuple[str, Any]] = [
            ("batch", self.rng.choice((1, 5, 16, 33, 200))),
            ("accumulate", self.rng.choice((1, 2, 3))),
            ("epochs", self.rng.randint(200, 4000)),
            ("warmup", self.rng.randint(0, 300)),
            ("schedule", of("schedule", self.rng.choice(("cosine", "cyclic", "one_cycle", "reduce_on_plateau")))),
            ("optimizer", of("optimizer", self.rng.choice(("adam", "momentum", "rmsprop", "sgd")), rate=0.01)),
            ("averaging", self.rng.choice(("none", "ema"))),
            ("shuffle", self.rng.random() < 0.7),
        ]
        for name, value in self.rng.sample(choices, self.rng.choice((1, 1, 2))):
            self.project = SetPlan("training", name, value).apply(self.project)
        self.client.change(self.project)

    def layer(self) -> None:
        weighted = [node for node in self.project.network.nodes if hasattr(node.spec, "units") or hasattr(node.spec, "filters")]
        node = self.rng.choice(weighted[1:] or weighted)
        self.project = SetNodeOption(node.id, "frozen", not node.frozen).apply(self.project)
        self.client.change(self.project)

    def halt(self) -> None:
        self.rng.choice((self.client.pause, self.client.stop))()
        for _ in range(self.rng.randint(0, 3)):
            self.client.step_batch()
        self.client.resume()
        self.settle()

    def kill(self) -> None:
        if self.deaths == 0:
            self.deaths += 1
            self.settle()
            self.client.kill()
            self.events += until(self.client, messages.Died)
            self.client.resume()
            self.events += until(self.client, messages.Started)

    def settle(self) -> None:
        """Every command is answered."""
        serial = self.client.send(messages.SetSpeed(steps_per_second=self.rng.choice((0.0, 3000.0))))
        self.client.wait(lambda c: c.answered >= serial)


@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(seed, marks=pytest.mark.campaign) for seed in range(4, 20))])
def test_any_run_can_be_done_again_from_its_journal(client: Client, seed: int, tmp_path: Path) -> None:
    name = list(NETWORKS)[seed % len(NETWORKS)]
    made, samples = NETWORKS[name]()
    made = SetPlan("training", "epochs", 3000).apply(made)
    client.start(made, samples, tmp_path)
    until(client, messages.Started)
    person = Person(client, (made, samples), seed)
    for _ in range(14):
        person.act()
    person.settle()
    client.stop()
    client.wait(lambda c: c.state == "finished")
    (end,) = [entry for entry in client.journal()[-1:] if entry.kind == "end"]
    journal, history, epochs = client.journal(), client.history(), client.epochs
    client.save()
    client.wait(lambda c: run_record.read(tmp_path).finished is not None)
    found = run_record.read(tmp_path)
    assert found.journal == tuple(journal)
    assert found.finished is not None
    assert sum(entry.kind in ("knob", "plan") for entry in journal) >= 3
    player = Player(made, samples, found.journal)
    bursts = list(player.bursts())
    rows = np.concatenate([burst.rows for burst in bursts])
    assert rows["step"].tolist() == history.steps.tolist() == list(range(1, end.after + 1))
    assert rows["loss"].tolist() == history.loss.tolist()
    assert rows["rate"].tolist() == history.rate.tolist()
    replayed = [burst.record for burst in bursts if burst.record]
    assert [r.validation_loss for r in replayed] == [r.validation_loss for r in epochs]
    assert player.trainer.machine.state_sha256() == found.finished["state_sha256"]


@pytest.mark.parametrize("optimizer", ["adamw", "momentum", "rmsprop"])
def test_every_knob_that_there_is_is_done_again(client: Client, optimizer: str) -> None:
    """One after the other, a step between: rate, momentum and betas, decay, penalty, clipping, dropout, noise, smoothing, averages."""
    parts = ("dense", {"units": 9}), ("tanh", {}), ("dropout", {"rate": 0.3}), ("gaussian_noise", {}), ("dense", {"units": 3})
    made = project(
        *parts, batch=16, epochs=40, clip=1.0, clip_value=0.5, averaging="ema", average_decay=0.9,
        optimizer=of("optimizer", optimizer), penalty=of("penalty", "elastic_net"),
    )  # fmt: skip
    client.start(made, points(), paused=True)
    until(client, messages.Started)
    knobs = dict(client.knobs)
    assert {"rate", "clip", "clip_value", "average_decay", "dropout1.rate", "cross_entropy1.smoothing"} <= knobs.keys()
    assert {name.partition(":")[0] for name in knobs if ":" in name} == {"penalty", "dense1", "dense2"}
    for name, value in knobs.items():
        client.set_knob(name, 0.9 * value if value else 0.05)
        client.step_batch()
        rested(client)
    client.stop()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    turned = [entry for entry in client.journal() if entry.kind == "knob"]
    assert {entry.what for entry in turned} == knobs.keys()
    assert [entry.step for entry in turned] == list(range(len(knobs)))
    player = Player(made, points(), client.journal())
    rows = np.concatenate([burst.rows for burst in player.bursts()])
    assert rows["loss"].tolist() == client.history().loss.tolist()
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_an_early_stop_and_what_follows_are_done_again(client: Client, tmp_path: Path) -> None:
    made, samples = plain(epochs=400, patience=3, batch=24, optimizer=of("optimizer", "adam", rate=0.05))
    client.start(made, samples, tmp_path)
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.reason == "early"
    assert end.restored_best
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert [entry.kind for entry in client.journal()] == ["start", "end", "resume", "end"]
    player = Player(made, samples, client.journal())
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_a_run_from_a_checkpoint_that_stops_early_is_done_again(client: Client, tmp_path: Path) -> None:
    """Its best epoch came before the checkpoint, in whose folder it is found."""
    made, samples = plain(epochs=400, patience=3, batch=24, optimizer=of("optimizer", "adam", rate=0.05))
    whole, rest = tmp_path / "whole", tmp_path / "rest"
    whole.mkdir(), rest.mkdir()
    client.start(made, samples, whole, every=1)
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.restored_best
    client.wait(lambda c: run_record.read(whole).finished is not None)
    client.start(made, samples, rest, whole / f"epoch-{end.best_epoch + 1:05}.safetensors")
    (again,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert (again.reason, again.best_epoch, again.state_sha256) == ("early", end.best_epoch, end.state_sha256)
    player = Player(made, samples, client.journal())
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_a_reset_begins_the_journal_anew(client: Client, tmp_path: Path) -> None:
    made, samples = plain(epochs=30)
    client.start(made, samples, tmp_path, paused=True)
    until(client, messages.Started)
    client.step_epoch(), client.set_knob("rate", 0.1)
    client.change(SetPlan("training", "batch", 50).apply(made))
    until(client, messages.Replanned)
    client.reset()
    rested(client)
    assert client.step == 0
    assert [entry.kind for entry in client.journal()] == ["start"]
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    client.wait(lambda c: run_record.read(tmp_path).finished is not None)
    found = run_record.read(tmp_path)
    assert found.project.training.batch == 50
    assert found.finished is not None
    player = Player(found.project, samples, found.journal)
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256 == found.finished["state_sha256"]


def test_the_way_back_and_layers_that_begin_anew_are_done_again(client: Client, tmp_path: Path) -> None:
    made, samples = NETWORKS["forgetful"]()
    made = SetPlan("training", "epochs", 4000).apply(made)
    client.start(made, samples, tmp_path, paused=True)
    until(client, messages.Started)
    client.step_epoch()
    rested(client)
    assert client.step == 8
    client.set_knob("rate", 0.02)
    client.step_epoch()
    rested(client)
    assert client.step == 16
    client.rewind(5)
    rested(client)
    assert client.step == 5
    client.reinitialise("dense2", 77)
    client.set_knob("rate", 0.01)
    client.step_epoch()
    rested(client)
    assert client.step == 8
    client.change(SetPlan("training", "batch", 13).apply(made))
    until(client, messages.Replanned)
    client.step_epoch()
    rested(client)
    assert client.step == 18
    client.stop()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert [entry.kind for entry in client.journal()] == ["start", "knob", "rewind", "reinit", "knob", "plan", "end"]
    player = Player(made, samples, client.journal())
    for _ in player.bursts():
        pass
    assert player.trainer.machine.state_sha256() == end.state_sha256


def test_a_fault_and_what_was_done_about_it_are_done_again(client: Client) -> None:
    made, samples = NETWORKS["regression"](epochs=60, clip=0.0)
    client.start(made, samples, paused=True)
    until(client, messages.Started)
    client.step_epoch()
    rested(client)
    assert client.step == 4
    client.set_knob("rate", 10.0)
    client.resume()
    until(client, messages.Fault)
    client.rewind(4)
    rested(client)
    assert client.step == 4
    client.set_knob("rate", 0.005)
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert [entry.kind for entry in client.journal()] == ["start", "knob", "fault", "rewind", "knob", "end"]
    player = Player(made, samples, client.journal())
    rows = [burst.rows for burst in player.bursts()]
    assert player.trainer.machine.state_sha256() == end.state_sha256
    assert rows[-1]["loss"].tolist() == client.history().loss[-len(rows[-1]) :].tolist()
