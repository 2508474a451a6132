"""P5: what it costs a run to be watched: the same run in the window and in a worker that nobody looks at, turn by turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

from playground.cli.bench.figures import Figure
from playground.document.file import load
from playground.training.client import Client
from playground.training.messages import Event, Finished
from playground.ui.measure.stage import PATIENCE, Stage, platform, spin, stage, until, workload_project

TARGET = 10.0
#: A turn begins to count after so long, when the threads have found their pace again.
SETTLE = 0.2


class Alone:
    """A run with the window's own client, and no window: nobody asks for norms, nothing is drawn, its socket is read when it speaks."""

    def __init__(self, path: Path) -> None:
        project = load(path).project
        (source,) = project.network.of_kind("dataset")
        self.client = Client()
        self.events: list[Event] = []
        self.client.start(project, source.spec.load(path.parent), paused=True)
        self.client.watch_norms(False)
        self._wait(lambda client: client.state == "paused")

    def _wait(self, until: object) -> None:
        self.events += self.client.wait(until, PATIENCE)  # type: ignore[arg-type]

    def turn(self, seconds: float) -> float:
        """Train for a while; steps a second."""
        self.client.resume()
        self._wait(lambda client: client.state != "paused")
        self._for(SETTLE)
        found = self._for(seconds)
        self.client.pause()
        self._wait(lambda client: client.state in ("paused", "finished"))
        return found

    def _for(self, seconds: float) -> float:
        begun, step = time.perf_counter(), self.client.step
        while (left := begun + seconds - time.perf_counter()) > 0 and self.client.state == "running":
            try:
                self.events += self.client.wait(lambda client: client.state != "running", min(left, 0.25))
            except TimeoutError:
                continue
        return (self.client.step - step) / (time.perf_counter() - begun)

    def finish(self) -> str:
        """To the end of the run; the state's hash."""
        self.client.resume()
        self._wait(lambda client: client.state == "finished")
        return _hash(self.events)


class Watched:
    """The run of a stage's window."""

    def __init__(self, made: Stage) -> None:
        self.made, self.events = made, []  # type: tuple[Stage, list[object]]
        made.session.heard.connect(self.events.append)
        made.start()
        self._pause()

    def _pause(self) -> None:
        self.made.session.pause()
        until(lambda: self.made.session.run.state in ("paused", "finished"), "the pause")

    def turn(self, seconds: float) -> float:
        """Train for a while; steps a second."""
        self.made.session.resume()
        until(lambda: self.made.session.run.state != "paused", "the run")
        spin(SETTLE)
        client = self.made.session.client
        begun, step = time.perf_counter(), client.step
        spin(seconds)
        found = (client.step - step) / (time.perf_counter() - begun)
        self._pause()
        return found

    def finish(self) -> str:
        """To the end of the run; the state's hash."""
        self.made.session.resume()
        until(lambda: self.made.session.run.state == "finished", "the end of the run")
        return _hash(self.events)


def _hash(events: list[object] | list[Event]) -> str:
    return next((event.state_sha256 for event in reversed(events) if isinstance(event, Finished)), "")


def slowed(folder: Path, id: str, seconds: float = 4.0, rounds: int = 5, rows: int = 2048) -> Figure:
    """The share of the steps that are lost to the window, and whether the numbers stayed the same to the last bit."""
    speed, per_epoch = _speed(workload_project(id, folder, rows, 1_000_000), min(seconds, 1.5))
    epochs = max(2, round(speed * (seconds + 2 * SETTLE) * (rounds + 1) / per_epoch))
    path = workload_project(id, folder, rows, epochs)
    with stage() as made:
        made.open(path)
        made.open_all_docks()
        hidden = made.hidden_docks()
        alone, watched = Alone(path), Watched(made)
        try:
            pairs = []
            while len(pairs) < rounds and alone.client.state != "finished" and made.session.run.state != "finished":
                pairs.append((alone.turn(seconds), watched.turn(seconds)))
            complete = made.session.run.state != "finished" and alone.client.state != "finished"
            hashes = {alone.finish() if complete else _hash(alone.events), watched.finish() if complete else _hash(watched.events)}
        finally:
            alone.client.close()
        note = (
            f"{statistics.median(pair[0] for pair in pairs):,.1f} steps/s alone, {statistics.median(pair[1] for pair in pairs):,.1f} watched, "
            f"medians of {len(pairs)} turns of {seconds:g} s, {epochs:,} epochs to the same state: {len(hashes) == 1}, {platform()}"
        )
        made.check()
    lost = statistics.median(100 * (1 - seen / free) for free, seen in pairs)
    return Figure("P5", f"{id} slowed by being watched", lost, TARGET, "%", note, len(hashes) == 1 and "" not in hashes and not hidden)


def _speed(path: Path, seconds: float) -> tuple[float, int]:
    """Steps a second of a run alone, and steps of an epoch."""
    alone = Alone(path)
    try:
        started = alone.client.started
        assert started is not None
        return alone.turn(seconds), started.steps_per_epoch
    finally:
        alone.client.close()


def slowed_by_watching(folder: Path) -> Iterator[Figure]:
    """A large network, whose steps use both cores, and a small one of many steps a second."""
    for id in ("W5", "W2"):
        yield slowed(folder, id)
