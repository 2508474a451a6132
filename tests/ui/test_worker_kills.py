"""The worker is killed at random moments, whatever the window asks of it just then: it says so at once, and the work goes on."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground.document.edits import SetField, SetPlan
from playground.document.processes import alive, started
from playground.training.messages import Died, Warned
from playground.ui.bench import bench_of
from playground.ui.dialogs.rate_finder import RateFinder
from playground.ui.main_window import MainWindow
from playground.ui.panels.preflight import PreflightPanel
from playground.ui.session import Session
from playground.ui.steering.travel import travels_of
from tests.ui.conftest import settle
from tests.ui.monkey import check
from tests.ui.networks import chain, moons, ready

pytestmark = [
    pytest.mark.qt_log_ignore("This plugin does not support", extend=True),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes run"),
]

SPOTS = tuple((round(0.02 * k - 0.8, 2), round(0.5 - 0.01 * k, 2), k % 2) for k in range(80))


def painted():
    """Points that a person painted, and a net that tells them apart."""
    parts = (
        ("dataset", "painted", {"points": SPOTS}),
        ("layer", "dense", {"units": 8}),
        ("layer", "tanh", {}),
        ("layer", "dense", {"units": 2}),
    )
    return chain(*parts, ("loss", "cross_entropy", {}), epochs=4000, batch=16)


class Killer:
    """Brings a window into some state, kills the worker there, and sees what becomes of it. took: seconds until it was said."""

    def __init__(self, window: MainWindow, qtbot: QtBot, seed: int) -> None:
        self.window, self.session, self.qtbot, self.rng = window, window.session, qtbot, random.Random(seed)
        self.told: list[tuple[str, str, float]] = []
        self.heard = 0
        self.took: list[float] = []
        self.pids: list[tuple[int, str]] = []
        self.session.message.connect(lambda text, level: self.told.append((text, level, time.monotonic())))
        self.session.heard.connect(self._count)
        self.bench = bench_of(self.session)
        self.bench.heard.connect(self._beside)
        self.states: tuple[Callable[[], None], ...] = (
            self.training, self.starting, self.finder, self.fan, self.batches, self.stepping, self.replanned, self.painting, self.travelling,
            self.looking_first, self.turning, self.paused,
        )  # fmt: skip

    def _count(self, _: object) -> None:
        self.heard += 1

    def _beside(self, event: object) -> None:
        """What the worker says that looks at a project which no run has."""
        self.heard += 1
        if self.bench.beside and isinstance(event, Died | Warned):
            self.told.append((event.text, "error", time.monotonic()))

    def _victim(self) -> int | None:
        """The worker of the run, else the one that looks at the project beside it."""
        own = self.bench._client
        return self.session.client.worker_pid if own is None else own.worker_pid

    def round(self, state: Callable[[], None]) -> None:
        """One kill, and the way back."""
        session = self.session
        project = painted() if state == self.painting or self.rng.random() < 0.3 else moons(epochs=4000, batch=16)
        ready(session, project, self.qtbot)
        state()
        self._some_moment()
        pid, beside = self._victim(), self.bench._client is not None
        assert pid is not None, state.__name__
        if beside and not self.bench.busy:
            return  # it has told all: nobody waits for it
        self.pids.append((pid, started(pid)))
        before = session.client.history().loss.copy()
        self.told.clear()
        begun = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        self.qtbot.waitUntil(lambda: any(level in ("error", "warning") for _, level, _ in self.told), timeout=5_000)
        text, _, when = next(one for one in self.told if one[1] in ("error", "warning"))
        self.took.append(when - begun)
        assert text.endswith((".", "again.")), text
        assert session.run.state in (("idle", "finished") if beside else ("dead", "finished")), state.__name__
        assert self.window.isVisible()
        settle()
        check(self.window)
        after = session.client.history().loss
        kept = len(after) if state == self.travelling else len(before)  # whoever goes back gives up what came later
        np.testing.assert_array_equal(after[: len(before)], before[:kept], err_msg=state.__name__)
        self._go_on(state.__name__)

    def _go_on(self, name: str) -> None:
        """The work goes on: a dead run is resumed and makes steps; one that was over can begin anew."""
        session = self.session
        if session.run.state == "dead":
            step = session.client.step
            session.resume()
            self.qtbot.waitUntil(
                lambda: session.run.state in ("finished", "failed") or (session.run.state == "running" and session.client.step > step)
                or (session.run.state == "paused" and session.client.worker_pid is not None), timeout=120_000,
            )  # fmt: skip
            assert session.run.state != "failed", (name, session.client.text)
        for dialog in self.window.findChildren(RateFinder):
            dialog.close()
        session.stop()
        self.qtbot.waitUntil(lambda: not session.run.going, timeout=120_000)

    def _some_moment(self) -> None:
        """Some events later, or a moment later where none come."""
        wanted, late = self.heard + self.rng.randrange(8), time.monotonic() + self.rng.uniform(0.0, 0.3)
        self.qtbot.waitUntil(lambda: self.heard >= wanted or time.monotonic() > late, timeout=10_000)

    def _running(self) -> None:
        session = self.session
        session.train()
        self.qtbot.waitUntil(lambda: session.run.state == "running" and session.client.step > 30, timeout=120_000)

    # States
    def starting(self) -> None:
        self.session.train()

    def training(self) -> None:
        self._running()
        self.window.show_layout(self.rng.choice(("train", "build")))

    def paused(self) -> None:
        self._running()
        self.session.pause()

    def finder(self) -> None:
        self._search("find_rate")

    def fan(self) -> None:
        self._search("rate_fan")

    def batches(self) -> None:
        self._search("find_batch")

    def _search(self, action: str) -> None:
        if self.rng.random() < 0.6:
            self._running()
        self.window.actions_made[action].trigger()
        self.qtbot.waitUntil(lambda: self._victim() is not None, timeout=30_000)

    def stepping(self) -> None:
        self.window.actions_made["step_into"].trigger()
        self.qtbot.waitUntil(lambda: self.session.run.state == "paused", timeout=120_000)
        self.window.actions_made[self.rng.choice(("slow_motion", "step_into", "step", "step_epoch"))].trigger()

    def replanned(self) -> None:
        self._running()
        node = self.session.project.network.of_kind("layer")[0]
        self.session.do(SetField(node.id, "units", self.rng.choice((4, 9, 12))))
        self.session.do(SetPlan("training", "batch", self.rng.choice((8, 24))))

    def painting(self) -> None:
        self._running()
        data = self.session.project.network.of_kind("dataset")[0]
        for k in range(self.rng.randrange(1, 6)):
            self.session.do(SetField(data.id, "points", (*SPOTS, *((0.1 * j, 0.5, 1) for j in range(k + 1)))))
            settle()

    def travelling(self) -> None:
        self._running()
        step = self.rng.randrange(self.session.client.step)
        self.rng.choice((travels_of(self.session).fork, travels_of(self.session).rewind))(step)

    def looking_first(self) -> None:
        if self.rng.random() < 0.5:
            self._running()
        self.window.actions_made["preflight"].trigger()
        assert self.window.findChild(PreflightPanel) is not None
        self.qtbot.waitUntil(lambda: self._victim() is not None, timeout=30_000)

    def turning(self) -> None:
        self._running()
        for _ in range(200):
            self.session.set_knob("rate", 10 ** self.rng.uniform(-5, -1))

    def nobody_left(self) -> None:
        """No process that was ever killed, or that the window had at the end, is still there."""
        pid = self.session.client.worker_pid
        self.session.run.forget()
        last = [] if pid is None else [(pid, "")]
        late = time.monotonic() + 3
        self.qtbot.waitUntil(
            lambda: not any(_runs(pid, start) for pid, start in (*self.pids, *last)) or time.monotonic() > late, timeout=5_000
        )
        assert [pid for pid, start in (*self.pids, *last) if _runs(pid, start)] == []


def _runs(pid: int, start: str) -> bool:
    try:
        ended = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return False
    return not ended and alive(pid, start)


def kill_in(window: MainWindow, qtbot: QtBot, seed: int, count: int) -> list[float]:
    killer = Killer(window, qtbot, seed)
    with qtbot.captureExceptions() as faults:
        for number in range(count):
            killer.round(killer.states[(seed + number) % len(killer.states)])
            assert not faults, faults[0]
        killer.nobody_left()
    return killer.took


@pytest.mark.timeout(120)
def test_a_worker_is_killed_in_some_states(window: MainWindow, qtbot: QtBot) -> None:
    kill_in(window, qtbot, 2, 2)


@pytest.mark.campaign
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills_through_the_window(window: MainWindow, session: Session, qtbot: QtBot, seed: int) -> None:
    took = kill_in(window, qtbot, 7 * seed, 20)
    assert max(took) <= 0.5, sorted(took)
