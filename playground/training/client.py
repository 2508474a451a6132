"""The window's side of training: starts the worker, owns the shared memory, gives commands, reads results in place.

Needs no Qt, no Numba and nothing of the engine but the layout of its memory. Linux only, like the worker's memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy.typing as npt

from playground.engine import free_memory
from playground.training import causes, messages
from playground.training.client_results import Results
from playground.training.client_travel import Travels
from playground.training.line import Ended, Line
from playground.training.messages import Event
from playground.training.messages.travel import Travelled
from playground.training.view import RunView
from playground.words import sentence

Array = npt.NDArray[Any]

#: States in which a worker has the run in hand.
LIVE = ("starting", "running", "paused")
#: Seconds without a step after which `poll` says so.
SILENCE = 10.0


class Client(Travels, Results):
    """One training run at a time, in a worker process.

    Every method returns at once; results come as events from `poll`. A command that does not fit the state does nothing, so any
    order of buttons is safe. After any death of the worker the state is "dead", `text` says why, and curves, weights and
    optimizer state are still here; `resume` goes on from the last whole copy of the state (see `board`), with the same numbers
    as if nothing had happened. Call it from one thread; start it from the main one.
    """

    def __init__(self, again: str = causes.AGAIN) -> None:
        """again: what a person can do where the worker died before it did a step."""
        super().__init__()
        self._again = again
        self._line = Line()
        self._view: RunView | None = None
        self._state = "idle"
        self._text = ""
        self._silent = False
        self._broken = False
        self._answered = 0

    # What the window asks.

    @property
    def state(self) -> str:
        """One of "idle", "starting", "running", "paused", "finished", "failed" and "dead"."""
        return self._state

    @property
    def text(self) -> str:
        """Why the run ended, for "finished", "failed" and "dead"."""
        return self._text

    @property
    def at_fault(self) -> bool:
        """The run stands before a step that gave numbers which are not finite; it takes knobs and changes, and may go on."""
        return self._state == "failed" and not self._abandoned

    @property
    def answered(self) -> int:
        """Serial number up to which every command has been carried out."""
        return min([self._answered + 1, *self._changes]) - 1

    @property
    def takes_changes(self) -> bool:
        """A worker has the run in hand, going or at rest, and it is not over."""
        return self._state in ("running", "paused") or self.at_fault

    @property
    def started(self) -> messages.Started | None:
        """The present run's sizes, once it is set up."""
        return self._view.started if self._view else None

    @property
    def step(self) -> int:
        """Steps done."""
        return self._view.board.step if self._view and self._view.board else 0

    @property
    def knobs(self) -> dict[str, float]:
        """The knobs' values as last heard; "rate", "clip", the optimizer's numbers, "<node>.<field>", "<node>:rate_factor", "<node>:frozen"."""
        return dict(self._view.knobs) if self._view else {}

    def fileno(self) -> int:
        """For a QSocketNotifier; the same for the client's whole life. Readable when `poll` has something to do, a death included."""
        return self._line.fileno()

    # The worker.

    def launch(self) -> None:
        """Start the worker process ahead of need, so that the first run begins at once."""
        self._line.launch()

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker, None when there is none."""
        return self._line.process.pid if self._line.process else None

    def close(self) -> None:
        """End the worker and give all memory back."""
        self._line.close()
        self._forget_changes()
        if self._view is not None:
            self._view.close()
            self._view = None
        self._drop_past()
        self._drop_samples()
        self._state = "idle"

    def poll(self, budget_ms: float = 4.0) -> list[Event]:
        """Events that have come, and bookkeeping; call it when `fileno` is readable and on the redraw timer."""
        events = [event for event in self._line.take(budget_ms / 1000) if self._took(event)]
        ended = self._line.ended()
        if ended is not None:
            events.append(self._buried(ended))
        if self._view is not None:
            self._view.drain()
        events += self._heartbeat()
        return events

    def wait(self, until: Callable[[Client], bool], seconds: float = 30.0) -> list[Event]:
        """For scripts: poll until the condition holds. Raises TimeoutError."""
        events: list[Event] = []
        deadline = time.monotonic() + seconds
        while True:
            events += self.poll(50)
            if until(self):
                return events
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(
                    f"The condition did not come true within {seconds:g} s; the state is {self._state}. {self._text}"
                )
            self._line.wait(min(left, 0.05))

    # What happens behind.

    def _took(self, event: Event) -> bool:
        """Follow an event; false for one of a run that is no more."""
        view = self._view
        if isinstance(event, messages.Done):
            self._answered = max(self._answered, event.serial)
            self._drop_change(event.serial)
            if view is not None:
                view.wanted = {name: kept for name, kept in view.wanted.items() if kept[1] > event.serial}
            self._go_now()
            return True
        if isinstance(event, messages.Ready | messages.Compiling):
            return True
        if view is None:
            return False
        if isinstance(event, messages.Started | messages.Failed):
            if event.generation != self._generation:
                return False
        elif self._state == "starting":
            return False
        if isinstance(event, messages.Started):
            view.begin(event)
        elif isinstance(event, messages.Replanned):
            sent = self._replanned(event.change)
            if sent is None:
                return False
            view.change(sent.start, sent.blocks, event.started, sent.project.training, in_place=event.in_place)
            self._has(event.entry.serial, sent.project, sent.samples)
        elif isinstance(event, messages.ChangeRefused):
            self._drop_change(event.change)
        elif isinstance(event, messages.Reset):
            view.forget_curves()
            view.knobs = dict(event.knobs)
            self._forget_branches()
            self._plans = {0: self._plans[self._plan]}
            self._plan = 0
        elif isinstance(event, Travelled):
            self._travelled(event)
        elif isinstance(event, messages.Fault):
            view.drain()
            view.cut(event.step, view.written(), refused=True)
        elif isinstance(event, messages.KnobChanged):
            view.knobs[event.name] = event.value
            if view.wanted.get(event.name, (None, 0))[0] == event.value:
                del view.wanted[event.name]
        self._broken = isinstance(event, messages.Failed) or (self._broken and not isinstance(event, messages.Started))
        self._state, self._text = _after(event, self._state, self._text)
        self._go_now()
        return True

    def _buried(self, ended: Ended) -> Event:
        """The worker has gone: say why, keep everything else."""
        self._believe_the_journal()
        self._forget_changes()
        peak = self._view.board.life.peak_bytes if self._view and self._view.board else 0
        free = free_memory.free_bytes()
        over = self._state not in LIVE
        cause = causes.of_death(
            ended.status, ended.stderr, killed=ended.killed, peak_bytes=peak, free_bytes=free, step=self.step, over=over,
            again=self._again,
        )  # fmt: skip
        if over:
            return messages.Warned(kind=cause.kind, text=cause.text)
        self._state, self._text = "dead", cause.text
        return messages.Died(kind=cause.kind, text=cause.text, step=self.step, details=ended.stderr)

    def _heartbeat(self) -> list[Event]:
        """Say once when the worker makes no step for a while, and once when it does again."""
        board = self._view.board if self._view else None
        if board is None or self._state != "running":
            self._silent = False
            return []
        seconds = (time.monotonic_ns() - board.life.last_beat_ns) / 1e9
        if (seconds >= SILENCE) == self._silent:
            return []
        self._silent = not self._silent
        text = (
            sentence("No progress for {seconds} s (step {step}).", seconds=f"{seconds:.0f}", step=f"{board.step:,}")
            if self._silent
            else sentence("Training moves again.")
        )
        return [messages.Silent(seconds=seconds if self._silent else 0.0, step=board.step, text=text)]


def _after(event: Event, state: str, text: str) -> tuple[str, str]:
    """State and text of a client after an event."""
    match event:
        case messages.Started():
            return ("paused" if event.paused else "running"), ""
        case messages.Running():
            return "running", ""
        case messages.Paused():
            return "paused", ""
        case messages.Finished():
            return "finished", event.text
        case messages.Fault() | messages.Failed():
            return "failed", event.text
    return state, text
