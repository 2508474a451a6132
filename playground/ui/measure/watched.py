"""P5: what it costs a run to be watched: the same run in the window and in a worker that nobody looks at, turn by turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from playground.cli.bench.figures import Figure
from playground.core.spec import Dataset
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
        (source,) = (node.spec for node in project.network.nodes if isinstance(node.spec, Dataset))
        self.client = Client()
        self.events: list[Event] = []
        self.client.start(project, source.load(path.parent), paused=True)
        self.client.watch_norms(False)
        self._wait(lambda client: client.state == "paused")

    def _wait(self, true: Callable[[Client], bool]) -> None:
        self.events += self.client.wait(true, PATIENCE)

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

    def finish(self, epoch: int) -> str:
        """Train to the end of an epoch and stop; the state's hash."""
        steps = _ask_until(self.client, epoch)
        self._wait(lambda client: client.state == "paused" and client.step == steps)
        self.client.stop()
        self._wait(lambda client: client.state == "finished")
        return _hash(self.events)


class Watched:
    """The run of a stage's window."""

    def __init__(self, made: Stage) -> None:
        self.made = made
        self.events: list[object] = []
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

    def finish(self, epoch: int) -> str:
        """Train to the end of an epoch and stop; the state's hash."""
        client, run = self.made.session.client, self.made.session.run
        steps = _ask_until(client, epoch)
        until(lambda: run.state == "paused" and client.step == steps, f"the end of epoch {epoch}")
        self.made.session.stop()
        until(lambda: run.state == "finished", "the end of the run")
        return _hash(self.events)


def _ask_until(client: Client, epoch: int) -> int:
    """Ask a paused run to go on to the end of an epoch; the step at which that is."""
    for _ in range(epoch - _epochs(client)):
        client.step_epoch()
    assert client.started is not None
    return epoch * client.started.steps_per_epoch


def _epochs(client: Client) -> int:
    """Whole epochs done."""
    assert client.started is not None
    return client.step // client.started.steps_per_epoch


def _hash(events: Sequence[object]) -> str:
    return next((event.state_sha256 for event in reversed(events) if isinstance(event, Finished)), "")


def _pair(alone: Alone, watched: Watched, seconds: float, *, first: bool) -> tuple[float, float]:
    """One turn each, in either order, since the machine's other load comes and goes; steps a second alone and watched."""
    if first:
        return alone.turn(seconds), watched.turn(seconds)
    seen = watched.turn(seconds)
    return alone.turn(seconds), seen


def slowed(folder: Path, id: str, seconds: float = 3.0, rounds: int = 9, rows: int = 2048) -> Figure:
    """The share of the steps that are lost to the window, and whether the numbers stayed the same to the last bit."""
    path = workload_project(id, folder, rows, 1_000_000)
    with stage() as made:
        made.open(path)
        made.open_all_docks()
        hidden = made.hidden_docks()
        alone, watched = Alone(path), Watched(made)
        try:
            pairs = [_pair(alone, watched, seconds, first=n % 2 == 0) for n in range(rounds)]
            last = 1 + max(_epochs(alone.client), _epochs(made.session.client))
            hashes = {alone.finish(last), watched.finish(last)}
        finally:
            alone.client.close()
        note = (
            f"{statistics.median(pair[0] for pair in pairs):,.1f} steps/s alone, {statistics.median(pair[1] for pair in pairs):,.1f} watched, "
            f"medians of {len(pairs)} turns of {seconds:g} s, the same state after {last:,} epochs: {len(hashes) == 1}, {platform()}"
        )
        made.check()
    lost = statistics.median(100 * (1 - seen / free) for free, seen in pairs)
    valid = len(hashes) == 1 and "" not in hashes and not hidden
    return Figure("P5", f"{id} slowed by being watched", lost, TARGET, "%", note, valid)


def slowed_by_watching(folder: Path) -> Iterator[Figure]:
    """A large network, whose steps use both cores, and a small one of many steps a second."""
    for id in ("W5", "W2"):
        yield slowed(folder, id)
