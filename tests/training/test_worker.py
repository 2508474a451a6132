"""The worker as the window meets it: commands, results in shared memory, refusals."""

from __future__ import annotations

import gc
import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.engine import free_memory
from playground.training import messages
from playground.training.assembly import assemble
from playground.training.client import Client
from playground.training.memory import DoesNotFit
from playground.training.process import WorkerProcess
from tests.training.networks import NETWORKS, forgetful, images, of, plain, points, project, regression, trainer
from tests.training.watching import expected, of_kind, rested, to_end, until


@pytest.fixture(scope="module")
def worker() -> Iterator[Client]:
    """One client with one worker for all these tests."""
    made = Client()
    yield made
    made.close()


@pytest.fixture
def client(worker: Client) -> Iterator[Client]:
    yield worker
    worker.predict_grid(None)
    worker.watch_norms(True)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_worker_gives_the_numbers_of_the_loop(client: Client, name: str) -> None:
    made = NETWORKS[name]()
    run = trainer(made)
    bursts = list(run.train())
    end = to_end(client, made)
    assert end.state_sha256 == run.machine.state_sha256()
    assert client.state == "finished"
    assert client.epochs == [b.record for b in bursts if b.record]
    rows = np.concatenate([b.rows for b in bursts])
    history = client.history()
    assert history.steps.tolist() == rows["step"].tolist()
    assert history.loss.tolist() == rows["loss"].tolist()
    assert history.rate.tolist() == rows["rate"].tolist()
    for name, value in run.machine.parameters().items():
        np.testing.assert_array_equal(client.parameters()[name], value)
    assert set(client.export_weights()) == set(run.machine.parameters()) | set(run.machine.statistics())


@pytest.mark.parametrize("made", [plain(epochs=400), forgetful()], ids=["plain", "forgetful"])
def test_watching_changes_nothing(client: Client, made: tuple[Project, Samples]) -> None:
    def watch(c: Client) -> None:
        c.predict_grid((-2, -2), (2, 2), 48)

    watched = to_end(client, made, watch)
    assert client.grid() is not None
    client.predict_grid(None)
    client.watch_norms(False)
    unwatched = to_end(client, made)
    assert watched.state_sha256 == unwatched.state_sha256 == expected(made).state_sha256
    assert watched.train == unwatched.train


def test_the_surface_is_what_the_network_says(client: Client) -> None:
    made = plain()
    client.predict_grid((-2.0, -1.5), (2.0, 1.5), 9)
    to_end(client, made)
    surface = client.grid()
    assert surface is not None
    assert surface.response.shape == (9, 9, 3)
    run = trainer(made)
    list(run.train())
    plane = np.array([[x, y] for y in np.linspace(-1.5, 1.5, 9) for x in np.linspace(-2, 2, 9)], np.float32)
    answers = run.judge.respond(run.machine.predict(run.prepared.scaler.apply(plane)))
    np.testing.assert_array_equal(surface.response.reshape(-1, 3), answers.astype(np.float32))
    np.testing.assert_allclose(surface.response.sum(axis=2), 1, rtol=1e-5)


def test_norms_are_those_of_the_tensors(client: Client) -> None:
    client.start(*plain(), paused=True)
    client.step_batch()
    rested(client)
    assert client.step == 1
    norms = client.layer_norms()
    assert norms is not None
    assert norms.layers == ("dense1", "dense2")
    assert norms.steps.tolist() == [1]
    run = trainer(plain(), 1, 1)
    before = {name: value.copy() for name, value in run.machine.parameters().items()}
    run.advance()
    for column, layer in enumerate(norms.layers):
        own = [name for name in before if name.startswith(layer + ".")]
        weights = np.concatenate([run.machine.parameters()[name].ravel() for name in own]).astype(float)
        gradients = np.concatenate([run.machine.gradients()[name].ravel() for name in own]).astype(float)
        update = weights - np.concatenate([before[name].ravel() for name in own])
        assert norms.gradient[0, column] == pytest.approx(np.linalg.norm(gradients), rel=1e-5)
        assert norms.weight[0, column] == pytest.approx(np.linalg.norm(weights), rel=1e-5)
        assert norms.ratio[0, column] == pytest.approx(np.linalg.norm(update) / np.linalg.norm(weights), rel=1e-4)


def test_pause_step_and_resume_change_nothing(client: Client) -> None:
    made = forgetful()
    client.start(*made, paused=True)
    client.wait(lambda c: c.state == "paused")
    assert client.step == 0
    client.step_batch()
    rested(client)
    assert client.step == 1
    client.step_epoch()
    rested(client)
    assert client.started is not None
    assert client.step == client.started.steps_per_epoch
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.state_sha256 == expected(made).state_sha256


def test_a_knob_has_its_value_from_the_next_step_on(client: Client) -> None:
    client.start(*plain(epochs=100_000))
    client.wait(lambda c: c.step > 50)
    client.set_knob("rate", 0.125)
    (change,) = of_kind(until(client, messages.KnobChanged), messages.KnobChanged)
    client.wait(lambda c: c.step > change.step + 20)
    client.stop()
    client.wait(lambda c: c.state == "finished")
    history = client.history()
    steps, rates = history.steps, history.rate
    assert change.before == pytest.approx(0.01)
    assert set(rates[steps <= change.step].tolist()) == {np.float32(0.01).item()}
    assert set(rates[steps > change.step].tolist()) == {0.125}
    assert client.knobs["rate"] == 0.125


def test_a_knob_out_of_range_is_refused_and_training_goes_on(client: Client) -> None:
    client.start(*forgetful(), paused=True)
    for name, value in (("dropout1.rate", 7.0), ("rate", float("nan")), ("no such", 1.0)):
        client.set_knob(name, value)
        (warning,) = of_kind(until(client, messages.Warned), messages.Warned)
        assert warning.text.endswith(".")
    assert client.state == "paused"
    assert client.knobs["dropout1.rate"] == pytest.approx(0.3)


def test_the_finder_answers_in_the_middle_of_a_run(client: Client) -> None:
    made = forgetful()
    client.start(*made, paused=True)
    client.step_batch()
    client.find_rate(steps=60)
    events = until(client, messages.FinderDone)
    (done,) = of_kind(events, messages.FinderDone)
    assert done.step == 1
    assert len(done.rates) == len(done.losses) == len(done.smoothed) > 10
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.state_sha256 == expected(made).state_sha256


def test_looking_and_turning_knobs_do_not_end_a_search(client: Client) -> None:
    client.start(*plain(epochs=1000), paused=True)
    client.wait(lambda c: c.state == "paused")
    client.find_rate(steps=10_000, low=1e-9, high=1e-8)
    client.set_knob("rate", 0.02)
    client.predict_grid((-1, -1), (1, 1), 8)
    events = until(client, messages.FinderDone)
    (done,) = of_kind(events, messages.FinderDone)
    assert (done.stopped, len(done.rates)) == ("end", 10_000)
    assert not of_kind(events, messages.KnobChanged)
    client.wait(lambda c: c.knobs["rate"] == pytest.approx(0.02))


def test_the_rate_that_a_search_tries_is_not_that_of_the_run(client: Client) -> None:
    client.start(*plain(epochs=1000), paused=True)
    client.find_rate(steps=10_000, low=1e-9, high=1e-8)
    until(client, messages.FinderPoint)
    rate = client.knobs["rate"]
    client.cancel_find()
    until(client, messages.FinderDone)
    assert rate == client.knobs["rate"] == pytest.approx(plain()[0].training.optimizer.rate)


def test_a_search_can_be_left(client: Client) -> None:
    made = plain()
    client.start(*made, paused=True)
    client.find_rate(steps=10_000, low=1e-9, high=1e-8)
    until(client, messages.FinderPoint)
    client.cancel_find()
    (done,) = of_kind(until(client, messages.FinderDone), messages.FinderDone)
    assert done.stopped == "cancelled"
    assert len(done.rates) < 10_000
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.state_sha256 == expected(made).state_sha256


def test_reset_begins_anew(client: Client) -> None:
    made = plain()
    end = to_end(client, made)
    client.reset()
    client.wait(lambda c: c.state == "paused")
    assert client.step == 0
    assert len(client.history().steps) == len(client.epochs) == 0
    client.resume()
    (again,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert again.state_sha256 == end.state_sha256
    assert len(client.history().steps) == end.last_step


def test_a_stopped_run_goes_on_as_if_it_had_not_stopped(client: Client) -> None:
    made = plain(epochs=3000)
    client.start(*made)
    client.wait(lambda c: c.step > 100)
    client.stop()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert (end.reason, end.step) == ("stopped", end.last_step)
    assert client.text == f"Stopped at step {end.step:,}."
    client.resume()
    (end,) = of_kind(until(client, messages.Finished), messages.Finished)
    assert end.state_sha256 == expected(made).state_sha256


def test_a_fault_is_told_and_the_weights_stay(client: Client) -> None:
    client.start(*plain(epochs=100_000, optimizer=of("optimizer", "sgd", rate=0.01)))
    client.set_knob("rate", 10.0)
    client.set_knob("dense1:rate_factor", 1000.0)
    client.set_knob("dense2:rate_factor", 1000.0)
    (fault,) = of_kind(until(client, messages.Fault), messages.Fault)
    assert client.state == "failed"
    assert fault.node in ("dense1", "dense2", "relu1", "cross_entropy1")
    assert all(np.isfinite(value).all() for value in client.parameters().values())
    assert client.history().steps[-1] == fault.step
    client.reset()
    client.wait(lambda c: c.state == "paused")


def test_a_project_with_problems_is_refused_by_name(client: Client) -> None:
    made = project(("dense", {"units": 0}), ("dense", {"units": 3}))
    client.start(made, points())
    (failed,) = of_kind(until(client, messages.Failed), messages.Failed)
    assert (client.state, failed.kind) == ("failed", "refused")
    assert any(field == "units" for _, field, _ in failed.problems)
    assert to_end(client, plain()).reason == "done"


def test_a_run_that_does_not_fit_proposes_a_batch(client: Client) -> None:
    samples = Samples(np.zeros((70_000, 4), np.float32), np.zeros((70_000, 1), np.float32), "regression")
    made = project(("dense", {"units": 500_000}), ("dense", {"units": 1}), loss="mean_squared_error", batch=65_536)
    client.start(made, samples)
    (failed,) = of_kind(until(client, messages.Failed), messages.Failed)
    assert re.match(r"This needs [\d.]+ [GT]B and [\d.]+ [GT]B are free\. Batch \d+ fits\.", failed.text)


def test_the_plan_itself_is_held_against_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    made, samples = plain(batch=100)
    needed = assemble(made, samples).plan.nbytes
    monkeypatch.setattr(free_memory, "room", lambda: needed - 1000)
    with pytest.raises(DoesNotFit) as caught:
        assemble(made, samples)
    assert 0 < caught.value.batch < 100
    smaller = SetPlan("training", "batch", caught.value.batch).apply(made)
    assert assemble(smaller, samples).plan.batch == caught.value.batch


def test_data_with_one_input_have_a_curve(client: Client) -> None:
    made = regression()
    client.predict_grid((-3.0, 0.0), (3.0, 0.0), 20)
    to_end(client, made)
    surface = client.grid()
    assert surface is not None
    assert surface.response.shape == (1, 20, 1)
    truth = 50 + 20 * np.sin(np.linspace(-3, 3, 20))
    assert np.corrcoef(surface.response[0, :, 0], truth)[0, 1] > 0.7
    assert 20 < surface.response.mean() < 80


def test_files_of_a_run_and_going_on_from_them(client: Client, tmp_path: Path) -> None:
    made = forgetful()
    client.start(*made, folder=tmp_path, every=4, paused=True)
    for _ in range(5):
        client.step_epoch()
        rested(client)
    client.stop()
    client.wait(lambda c: c.state == "finished")
    checkpoints = {"last.safetensors", "best.safetensors", "epoch-00004.safetensors"}
    assert {p.name for p in tmp_path.iterdir()} == {*checkpoints, "run.json", "points.bin", "layers.bin"}
    record = json.loads((tmp_path / "run.json").read_text())
    assert [row["epoch"] for row in record["epochs"]] == [1, 2, 3, 4, 5]
    assert record["finished"]["reason"] == "stopped"
    assert record["fingerprint"]["versions"].keys() >= {"python", "numpy", "numba"}
    whole = expected(made)
    for file in ("last", "epoch-00004"):
        client.start(*made, resume=tmp_path / f"{file}.safetensors")
        (end,) = of_kind(until(client, messages.Finished), messages.Finished)
        assert end.state_sha256 == whole.state_sha256
        assert client.started is not None
        assert not client.started.notes


def test_going_on_under_other_settings_says_so(client: Client, tmp_path: Path) -> None:
    client.start(*plain(), folder=tmp_path)
    client.wait(lambda c: c.state == "finished")
    client.start(*plain(epochs=20), resume=tmp_path / "last.safetensors")
    client.wait(lambda c: c.state == "finished")
    assert client.started is not None
    assert any("not bit for bit" in note for note in client.started.notes)
    assert client.step == client.started.total_steps


def test_a_checkpoint_of_another_network_is_refused(client: Client, tmp_path: Path) -> None:
    client.start(*plain(), folder=tmp_path)
    client.wait(lambda c: c.state == "finished")
    client.start(*forgetful(), resume=tmp_path / "last.safetensors")
    (failed,) = of_kind(until(client, messages.Failed), messages.Failed)
    assert "another network" in failed.text


def test_a_full_disk_warns_and_training_goes_on(client: Client) -> None:
    client.start(*plain(), folder=Path("/dev/full/run"))
    (failed,) = of_kind(until(client, messages.Failed), messages.Failed)
    assert failed.kind == "file"
    assert to_end(client, plain()).reason == "done"


def test_a_new_run_takes_the_place_of_the_old_one(client: Client) -> None:
    client.start(*plain(epochs=1_000_000))
    client.wait(lambda c: c.step > 10)
    pid = client.worker_pid
    assert to_end(client, regression()).state_sha256 == expected(regression()).state_sha256
    assert client.worker_pid == pid
    assert client.history().steps[0] == 1


def test_a_long_message_arrives() -> None:
    """Longer than what is read at once."""
    process = WorkerProcess()
    process._incoming = b"x" * (3 << 20)
    select.select([process], [], [], 20)
    lines = process.receive()
    assert len(lines[0]) > 3 << 20
    process.close()


def test_images_have_no_plane(client: Client) -> None:
    made, _ = NETWORKS["convolutional"]()
    client.predict_grid((-1, -1), (1, 1), 8)
    to_end(client, (made, images()))
    assert client.grid() is None


def test_the_window_loads_no_compiler() -> None:
    code = (
        "import sys, playground.training.client; print([m for m in ('numba', 'PySide6', 'torch', 'pandas') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_dropped_client_leaves_no_process() -> None:
    client = Client()
    client.launch()
    pid = client.worker_pid
    del client
    gc.collect()
    assert not os.path.exists(f"/proc/{pid}")
