"""The window's side of training: starts the worker, owns the shared memory, gives commands, reads results in place.

Needs no Qt, no Numba and nothing of the engine but the layout of its memory. Linux only, like the worker's memory.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.samples import Samples
from playground.document.project import Project
from playground.engine.optimizer_state import OptimizerState
from playground.training import causes, memory, messages, payload
from playground.training.block import Block
from playground.training.board import STEP_ROW
from playground.training.history import Growing, History, LayerNorms, history_of
from playground.training.line import Ended, Line
from playground.training.messages import EpochRecord, Event
from playground.training.view import RunView, Surface

Array = npt.NDArray[Any]

#: States in which a worker has the run in hand.
LIVE = ("starting", "running", "paused")
#: Seconds without a step after which `poll` says so.
SILENCE = 10.0


class Client:
    """One training run at a time, in a worker process.

    Every method returns at once; results come as events from `poll`. A command that does not fit the state does nothing, so any
    order of buttons is safe. After any death of the worker the state is "dead", `text` says why, and curves, weights and
    optimizer state are still here; `resume` goes on from the last whole copy of the state (see `board`), with the same numbers
    as if nothing had happened. Call it from one thread; start it from the main one.
    """

    def __init__(self) -> None:
        self._line = Line()
        self._view: RunView | None = None
        self._state = "idle"
        self._text = ""
        self._generation = 0
        self._samples: tuple[Samples, tuple[Block, Block]] | None = None
        self._grid: messages.WatchGrid | None = None
        self._norms_on = True
        self._speed = 0.0
        self._silent = False
        #: The worker has given the run up, and lives.
        self._broken = False
        #: Serial number of the newest command that has been carried out.
        self.answered = 0

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

    # Commands.

    def launch(self) -> None:
        """Start the worker process ahead of need, so that the first run begins at once."""
        self._line.launch()

    @property
    def worker_pid(self) -> int | None:
        """Process id of the worker, None when there is none."""
        return self._line.process.pid if self._line.process else None

    def start(
        self,
        project: Project,
        samples: Samples,
        folder: Path | None = None,
        resume: Path | None = None,
        *,
        every: int = 0,
        paused: bool = False,
    ) -> None:
        """Begin a run, in place of any other. Ends in `Started`, or in `Failed` with a sentence.

        folder: where checkpoints and the run record go; None: nowhere.  resume: a checkpoint to go on from.
        every: keep a checkpoint of every so many epochs.  paused: wait for `resume`, `step_batch` or `step_epoch`.
        """
        self._generation += 1
        x, y = self._sample_blocks(samples)
        blocks = (Block.holding(payload.pack(project, samples)), x, y, Block.create(), Block.create())
        if self._view is not None:
            self._view.close()
        start = messages.Start(
            blocks={name: block.nbytes for name, block in zip(payload.BLOCKS, blocks, strict=True)},
            x_shape=samples.x.shape,
            y_shape=samples.y.shape,
            y_dtype=samples.y.dtype.str,
            folder=str(folder or ""),
            checkpoint=str(resume or ""),
            every=every,
            generation=self._generation,
            continued=False,
            paused=paused,
        )
        self._view = RunView(start, blocks, averaged=project.training.judges_averaged, optimizer=project.training.optimizer)
        self._begin(start)

    def resume(self) -> None:
        """Go on: after a pause, a stop or a fault, or in a new worker when the old one died."""
        if self._view is None:
            return
        if self._abandoned and self._state in ("dead", "finished", "failed"):
            self._continue(paused=False)
        elif self._state in ("paused", "finished", "failed"):
            self._act("resume")

    def pause(self) -> None:
        """Wait after the present step."""
        self._act("pause")

    def step_batch(self) -> None:
        """Do one step, then pause."""
        self._act("step_batch")

    def step_epoch(self) -> None:
        """Go to the end of the epoch, then pause."""
        self._act("step_epoch")

    def stop(self) -> None:
        """End the run after the present step; its results stay."""
        self._act("stop")

    def kill(self) -> None:
        """End the worker at once, for when `stop` is not heard. Leads to "dead"; `resume` goes on."""
        self._line.kill()

    def reset(self) -> None:
        """Back to the start weights and an empty curve, paused."""
        if self._view is not None and self._abandoned and self._state in ("dead", "finished", "failed"):
            self._view.renew()
            self._begin(dataclasses.replace(self._view.start, checkpoint="", paused=True))
        else:
            self._act("reset")

    def save(self) -> None:
        """Write the checkpoint "last" now."""
        self._act("save")

    def set_knob(self, name: str, value: float) -> None:
        """Change a knob from the next step on; `KnobChanged` tells which step that was."""
        if self._view is not None:
            serial = self._line.send(messages.SetKnob(name=name, value=float(value)))
            self._view.wanted[name] = (float(value), serial)

    def find_rate(
        self, *, low: float = 1e-7, high: float = 10.0, steps: int = 100, smoothing: float = 0.98, stop_factor: float = 4.0
    ) -> None:
        """Search for a learning rate from the present state, which stays as it is. Ends in `FinderDone`."""
        self._line.send(messages.FindRate(low=low, high=high, steps=steps, smoothing=smoothing, stop_factor=stop_factor))

    def cancel_find(self) -> None:
        """Leave a search early; `FinderDone` has what was found."""
        self._act("cancel_finder")

    def predict_grid(self, low: tuple[float, float] | None, high: tuple[float, float] | None = None, size: int = 64) -> None:
        """Keep `grid()` up to date, within a twentieth of the worker's time. low None: stop.

        low, high: corners in the data's own unit, (first input, second input); the second counts only where there is one.
        size: points on a side, at most 192.
        """
        if low is None or high is None:
            self._grid = messages.WatchGrid(low=(0.0, 0.0), high=(1.0, 1.0), size=0)
        else:
            self._grid = messages.WatchGrid(low=low, high=high, size=size)
        self._line.send(self._grid)

    def watch_norms(self, on: bool) -> None:
        """Measure the layers' norms now and then (on from the start), or do not."""
        self._norms_on = on
        self._line.send(messages.WatchNorms(on=on))

    def set_speed(self, steps_per_second: float) -> None:
        """Do at most so many steps a second, to watch them; 0 is full speed. Survives the end of a run and of a worker."""
        self._speed = float(steps_per_second)
        self._line.send(messages.SetSpeed(steps_per_second=self._speed))

    def close(self) -> None:
        """End the worker and give all memory back."""
        self._line.close()
        if self._view is not None:
            self._view.close()
            self._view = None
        self._drop_samples()
        self._state = "idle"

    # Results.

    def history(self) -> History:
        """Every step so far; of more than four million, the older ones are thinned, extremes kept."""
        return self._view.history() if self._view else history_of(Growing(np.empty(0, STEP_ROW), "step"))

    @property
    def epochs(self) -> list[EpochRecord]:
        """Every finished epoch; of more than 65,536, the older ones are thinned, extremes kept."""
        return self._view.epochs() if self._view else []

    def layer_norms(self) -> LayerNorms | None:
        """Gradient norms and update ratios of the layers, sampled a few times a second; None before the first run."""
        return self._view.layer_norms() if self._view else None

    def grid(self) -> Surface | None:
        """The newest output surface."""
        return self._view.grid() if self._view else None

    def parameters(self, *, best: bool = False) -> dict[str, Array]:
        """Copies of all weights as of the last whole copy of the state, or of the best epoch; empty before there is any."""
        return self._view.tensors(("parameters",), best=best) if self._view else {}

    def export_weights(self, *, best: bool = False, averaged: bool | None = None) -> dict[str, Array]:
        """Weights and running statistics by name, as a file of weights needs them.

        averaged: their means, where there are any, or not; None: as the run evaluates.
        """
        return self._view.weights(best=best, averaged=averaged) if self._view else {}

    def optimizer_state(self, *, best: bool = False) -> OptimizerState | None:
        """Slots, numbers and steps of the optimizer as of the last whole copy of the state, or of the best epoch; None before any."""
        return self._view.optimizer_state(best=best) if self._view else None

    def live(self, group: str) -> dict[str, Array]:
        """The arena's own tensors of a group of the layout ("parameters", "gradients", "slots", "statistics"), as they change.

        Read-only views without a copy: numbers of two steps may stand beside each other. Empty before the first run.
        """
        return self._view.live(group) if self._view else {}

    def state_copy(self) -> tuple[dict[str, Any], bytes] | None:
        """The last whole copy of the state and the loop's memory beside it; what `resume` goes on from."""
        return self._view.board.resume.read() if self._view and self._view.board else None

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

    def _sample_blocks(self, samples: Samples) -> tuple[Block, Block]:
        """The samples in shared memory; the same samples are copied once."""
        if self._samples is None or self._samples[0] is not samples:
            self._drop_samples()
            self._samples = (samples, (Block.holding(samples.x), Block.holding(samples.y)))
        return self._samples[1]

    def _drop_samples(self) -> None:
        for block in self._samples[1] if self._samples else ():
            block.close()
        self._samples = None

    def _begin(self, start: messages.Start) -> None:
        """Send the run to a worker, new or waiting."""
        assert self._view is not None
        self._line.launch()
        self._state, self._text = "starting", ""
        self._silent = False
        if self._grid is not None:
            self._line.send(self._grid)
        self._line.send(messages.WatchNorms(on=self._norms_on))
        self._line.send(messages.SetSpeed(steps_per_second=self._speed))
        self._line.send(start, descriptors=tuple(block.descriptor for block in self._view.blocks))

    def _continue(self, *, paused: bool) -> None:
        """Let a new worker take over what the dead one left."""
        view = self._view
        assert view is not None
        whole = view.board is not None
        if not whole:
            view.renew()
        self._begin(dataclasses.replace(view.start, continued=whole, paused=paused))
        for name, (value, _) in list(view.wanted.items()):
            self.set_knob(name, value)

    def _act(self, what: str) -> None:
        if self._state in ("starting", "running", "paused", "finished", "failed"):
            self._line.send(messages.Act(what=what))

    @property
    def _abandoned(self) -> bool:
        """No worker has the run any more."""
        return self._line.process is None or self._broken

    def _took(self, event: Event) -> bool:
        """Follow an event; false for one of a run that is no more."""
        view = self._view
        if isinstance(event, messages.Done):
            self.answered = event.serial
            if view is not None:
                view.wanted = {name: kept for name, kept in view.wanted.items() if kept[1] > event.serial}
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
        elif isinstance(event, messages.Reset):
            view.forget_curves()
        elif isinstance(event, messages.KnobChanged):
            view.knobs[event.name] = event.value
            if view.wanted.get(event.name, (None, 0))[0] == event.value:
                del view.wanted[event.name]
        self._broken = isinstance(event, messages.Failed) or (self._broken and not isinstance(event, messages.Started))
        self._state, self._text = _after(event, self._state, self._text)
        return True

    def _buried(self, ended: Ended) -> Event:
        """The worker has gone: say why, keep everything else."""
        peak = self._view.board.life.peak_bytes if self._view and self._view.board else 0
        free = memory.free_bytes()
        cause = causes.of_death(ended.status, ended.stderr, killed=ended.killed, peak_bytes=peak, free_bytes=free, step=self.step)
        if self._state not in LIVE:
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
        text = f"No progress for {seconds:.0f} s (step {board.step:,})." if self._silent else "Training moves again."
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
