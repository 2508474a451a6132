"""Death and disorder: a worker killed at any moment, a window that dies, buttons in any order."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from playground.core.samples import Samples
from playground.document.edits import SetPlan
from playground.document.project import Project
from playground.training import client as client_module
from playground.training import messages
from playground.training.client import Client
from tests.patience import busy, stood_in_line
from tests.training.networks import NETWORKS, plain, trainer
from tests.training.watching import expected, of_kind, until

ROOT = str(Path(__file__).resolve().parents[2])


def kill_and_notice(client: Client) -> float:
    """Seconds from the kill to the state "dead", listening as the window does; that of a run that was over before it stays "finished".

    What this process had to wait for its turn is not counted.
    """
    pid = client.worker_pid
    assert pid is not None
    begun, waited = time.monotonic(), stood_in_line(os.getpid())
    os.kill(pid, signal.SIGKILL)
    while client.worker_pid == pid:
        ready, _, _ = select.select([client], [], [], 5 * busy())
        assert ready, "the descriptor never became readable"
        client.poll()
    return time.monotonic() - begun - (stood_in_line(os.getpid()) - waited)


#: Epochs that take a good part of a second, so that kills find something to interrupt.
LONG = {"plain": 800, "forgetful": 800, "convolutional": 120, "regression": 800}


def survive(client: Client, name: str, seed: int, kills: int) -> list[float]:
    """Train with so many kills at random moments; the result must be that of a run without any."""
    rng = random.Random(seed)
    project, samples = NETWORKS[name]()
    made = SetPlan("training", "epochs", LONG[name]).apply(project), samples
    whole = trainer(made)
    records = [b.record for b in whole.train() if b.record]
    client.set_speed(whole.total_steps / 2.0)  # however fast the machine: two seconds to be interrupted in
    client.start(*made)
    took: list[float] = []
    while len(took) < kills:
        # At a random step, or while it still starts.
        at = rng.choice([-1, rng.randrange(whole.total_steps * 3 // 4)])
        client.wait(lambda c, at=at: c.step > at or c.state == "finished")  # type: ignore[misc]
        seen, epochs = client.history().steps, len(client.epochs)
        seconds = kill_and_notice(client) if client.state != "finished" else 0.0
        if client.state == "finished":  # this process stood still meanwhile
            client.start(*made)
            continue
        took.append(seconds)
        assert client.text.endswith("Resume goes on from there." if client.step else "again.")
        assert len(client.history().steps) >= len(seen)
        assert len(client.epochs) >= epochs
        if client.state_copy() is not None:
            assert all(np.isfinite(w).all() for w in client.parameters().values())
        client.resume()
    client.set_speed(0.0)
    client.wait(lambda c: c.state == "finished")
    assert client.history().steps.tolist() == list(range(1, whole.total_steps + 1))
    assert client.epochs == records
    copy = client.state_copy()
    assert copy is not None
    assert copy[1] == whole.machine.snapshot().tobytes()
    return took


@pytest.mark.parametrize("name", NETWORKS)
def test_a_killed_worker_is_noticed_and_resumed_bit_for_bit(client: Client, name: str) -> None:
    assert statistics.median_low(survive(client, name, seed=len(name), kills=5)) <= 0.5


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills(client: Client, name: str, seed: int) -> None:
    assert max(survive(client, name, seed, kills=5)) <= 0.5


def test_a_change_of_a_knob_is_repeated_at_its_step_after_a_kill(client: Client) -> None:
    client.start(*plain(epochs=100_000))
    steps = []
    for rate in (0.02, 0.005, 0.03):
        client.set_knob("rate", rate)
        (change,) = of_kind(until(client, messages.KnobChanged), messages.KnobChanged)
        steps.append((change.step, rate))
    kill_and_notice(client)
    client.resume()
    last = steps[-1][0]
    client.wait(lambda c: c.state == "running" and c.step > last + 100)
    client.stop()
    client.wait(lambda c: c.state == "finished")
    history = client.history()
    expected_rates = np.full(len(history.steps), np.float32(0.01))
    for step, rate in steps:
        expected_rates[history.steps > step] = np.float32(rate)
    assert history.rate.tolist() == expected_rates.tolist()


def test_a_knob_that_is_turned_while_the_worker_is_dead_counts_after_the_resume(client: Client) -> None:
    client.start(*plain(epochs=100_000))
    client.wait(lambda c: c.step > 10)
    kill_and_notice(client)
    client.set_knob("rate", 0.5)
    client.resume()
    client.wait(lambda c: c.knobs.get("rate") == 0.5 and c.state == "running")
    heard = client.step
    client.wait(lambda c: c.step > heard)
    client.stop()
    client.wait(lambda c: c.state == "finished")
    assert client.history().rate[-1] == 0.5


def test_killed_on_purpose_says_so(client: Client) -> None:
    client.start(*plain(epochs=100_000))
    client.wait(lambda c: c.step > 10)
    client.kill()
    (died,) = of_kind(until(client, messages.Died), messages.Died)
    assert (client.state, died.kind) == ("dead", "ended")
    client.reset()
    client.wait(lambda c: c.state == "paused")
    assert len(client.history().steps) == 0


def test_a_worker_that_dies_at_rest_costs_nothing(client: Client) -> None:
    client.start(*plain())
    client.wait(lambda c: c.state == "finished")
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGKILL)
    until(client, messages.Warned)
    assert client.state == "finished"
    assert client.parameters()
    client.start(*plain())
    client.wait(lambda c: c.state == "finished")


def silent(client: Client, *, now: bool) -> messages.Silent:
    """The news that it is silent now, or that it is not any more."""
    while True:
        for event in of_kind(until(client, messages.Silent), messages.Silent):
            if (event.seconds > 0) == now:
                return event  # type: ignore[no-any-return]


def test_silence_is_told_and_ends_by_itself(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "SILENCE", 0.4)
    client.start(*plain(epochs=1_000_000))
    client.wait(lambda c: c.step > 10)
    assert client.worker_pid is not None
    os.kill(client.worker_pid, signal.SIGSTOP)
    told = silent(client, now=True)
    assert told.seconds >= 0.4
    assert f"step {told.step:,}" in told.text
    for value in range(5000):  # a slider drawn over a worker that does not listen
        client.set_knob("rate", 0.001 + value * 1e-6)
    os.kill(client.worker_pid, signal.SIGCONT)
    silent(client, now=False)
    client.wait(lambda c: c.knobs["rate"] == pytest.approx(0.001 + 4999e-6, rel=1e-5))


WINDOW = """
import sys
sys.path[:0] = [{root!r}]
from tests.training.networks import plain
from playground.training.client import Client
if __name__ == "__main__":
    client = Client()
    client.start(*plain(epochs=1_000_000))
    client.wait(lambda c: c.step > {step})
    print(client.worker_pid, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("step", [-1, 100])
def test_a_worker_does_not_outlive_its_window(step: int) -> None:
    code = WINDOW.format(root=ROOT, step=step)
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as window:
        assert window.stdout is not None
        worker = int(window.stdout.readline())
        with open(os.pidfd_open(worker)) as ended:
            window.kill()
            window.wait()
            ready, _, _ = select.select([ended], [], [], 10.0 * busy())  # one that still imports hears of it afterwards
            assert ready, "the worker is still there"


def test_a_window_that_does_not_listen_costs_no_memory_and_no_numbers(client: Client) -> None:
    made = plain(epochs=6_000)
    client.start(*made)
    client.wait(lambda c: c.step > 1000)
    client.predict_grid((-2, -2), (2, 2), 32)

    def private_bytes() -> int:
        status = Path(f"/proc/{client.worker_pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("RssAnon")).split()[1]) * 1024

    client.wait(lambda c: c.step > 5000)
    before, total = private_bytes(), client.started.total_steps if client.started else 0
    board = client._view.board if client._view else None
    assert board is not None
    while board.step < total:  # nobody polls
        os.sched_yield()
    assert private_bytes() - before < 5_000_000
    events = client.wait(lambda c: c.state == "finished")
    assert len(events) < 2000  # what fits in the socket
    assert client.history().steps.tolist() == list(range(1, total + 1))
    (end,) = of_kind(events, messages.Finished)
    assert end.state_sha256 == expected(made).state_sha256


BUTTONS = (
    "start",
    "pause",
    "resume",
    "step_batch",
    "step_epoch",
    "stop",
    "reset",
    "find_rate",
    "cancel_find",
    "knob",
    "grid",
    "kill",
    "poll",
)


def walk(client: Client, seed: int, presses: int) -> None:
    """Press buttons at random and check after each what must always hold."""
    rng = random.Random(seed)
    weights = [2, 8, 12, 8, 6, 4, 4, 4, 2, 8, 4, 0.7, 12]
    for _ in range(presses):
        press(client, rng, rng.choices(BUTTONS, weights)[0])
        client.poll()
        assert client.state in ("idle", "starting", "running", "paused", "finished", "failed", "dead")
        steps = client.history().steps
        assert (np.diff(steps) == 1).all()
        assert not len(steps) or steps[0] == 1
        assert [r.epoch for r in client.epochs] == list(range(1, len(client.epochs) + 1))
    # Whatever came before, a run can be had.
    made = plain()
    client.start(*made)
    client.wait(lambda c: c.state == "finished")
    copy = client.state_copy()
    assert copy is not None
    assert copy[1] == expected_state(made)


def expected_state(made: tuple[Project, Samples]) -> bytes:
    """What a run without any disturbance ends with."""
    whole = trainer(made)
    list(whole.train())
    return whole.machine.snapshot().tobytes()


def press(client: Client, rng: random.Random, button: str) -> None:
    if button == "start":
        client.start(*NETWORKS[rng.choice(sorted(NETWORKS))](), paused=rng.random() < 0.3)
    elif button == "knob":
        client.set_knob("rate", rng.choice([1e-4, 1e-3, 1e-2]))
    elif button == "find_rate":
        client.find_rate(steps=rng.choice([5, 60]))
    elif button == "grid":
        client.predict_grid((-1, -1), (1, 1), rng.choice([2, 16])) if rng.random() < 0.7 else client.predict_grid(None)
    elif button == "poll":
        select.select([client], [], [], 0.05)
    else:
        getattr(client, button)()


def test_buttons_in_any_order(client: Client) -> None:
    walk(client, 1, 200)


def test_a_start_in_the_moment_of_a_kill_is_for_the_next_worker(client: Client) -> None:
    made = plain()
    for _ in range(5):
        client.start(*made)
        client.wait(lambda c: c.step > 10 or c.state == "finished")
        before = client.worker_pid
        client.kill()
        client.start(*made)
        events = client.wait(lambda c: c.state == "finished")
        assert client.worker_pid != before
        assert not of_kind(events, messages.Died)
        copy = client.state_copy()
        assert copy is not None
        assert copy[1] == expected_state(made)


@pytest.mark.campaign
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", range(20))
def test_two_thousand_buttons_in_any_order(client: Client, seed: int) -> None:
    walk(client, seed, 2000)


def in_line(client: Client) -> float:
    """Seconds that window and worker have waited for a processor."""
    assert client.worker_pid is not None
    return stood_in_line(os.getpid()) + stood_in_line(client.worker_pid)


def test_a_command_is_answered_within_thirty_milliseconds(client: Client) -> None:
    """The median over many, without the time that window and worker wait for their turn, as the machine is shared."""
    client.start(*plain(epochs=1_000_000))
    client.wait(lambda c: c.step > 1000)
    took = []
    for number in range(20):
        client.wait(lambda c, number=number: c.step > 1000 + 1000 * number)  # type: ignore[misc]
        begun, waited = time.monotonic(), in_line(client)
        client.set_knob("rate", 0.001 + number * 1e-5)
        until(client, messages.KnobChanged)
        took.append(time.monotonic() - begun - (in_line(client) - waited))
    assert sorted(took)[len(took) // 2] < 0.03, json.dumps(took)
