"""A step of a run in slow motion: phase by phase, each when it is asked for, and the same numbers as at full speed.

The step is done by the run's own loop, in a thread that waits between two phases; the worker waits while it moves. So the two never
do anything at the same time, and whatever else is asked of the run first brings the step to its end.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np

from playground.engine.phases import Phase, key, phases, written
from playground.training.messages.slow import PhaseDone

if TYPE_CHECKING:
    from playground.training.run import Run

#: Numbers of what a phase wrote that are told.
MOST_NUMBERS = 256


class SlowStep:
    """One step of a run. done: it has come to its end."""

    def __init__(self, run: Run) -> None:
        self.run, self.done = run, False
        self._machine = run.machine
        assert self._machine.plan.train is not None
        self._origins = self._machine.plan.train.origins
        self._phases = phases(self._origins)
        self._first_row = {phase.rows[0]: at for at, phase in enumerate(self._phases)}
        self._now: int | None = None
        self._skips = False
        self._turn, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self._error: Exception | None = None
        self._waited, self._mode = 0.0, "paused"
        self._told, self._step = 0, run.machine.step
        self._thread = threading.Thread(target=self._work, name="slow step", daemon=True)

    def advance(self) -> bool:
        """Do the next phase and tell of it; false when it was the last, and the step is at its end."""
        going = self._go()
        if self._now is not None:
            self.run.send(self._event(self._phases[self._now]))
        return going

    def finish(self) -> None:
        """Do all that is left at once."""
        self._skips = True
        while self._go():
            pass

    def _go(self) -> bool:
        """Let the step move to the end of its next phase; false when it has ended. Raises what it raised."""
        if self.done:
            return False
        if not self._thread.ident:
            self._thread.start()
        else:
            self.run.mode = self._mode
            self._turn.release()
        self._back.acquire()
        self._mode, self.run.mode = self.run.mode, "paused" if not self.done else self.run.mode
        if self._error is not None:
            raise self._error
        return not self.done

    def _work(self) -> None:
        machine, run = self._machine, self.run
        machine.told = self._hear
        try:
            run.step_here()
        except Exception as error:  # noqa: BLE001 - it is raised where the step was asked for
            self._error = error
        finally:
            machine.told = None
            self.done = True
            run.trainer.memory.seconds = max(0.0, run.trainer.memory.seconds - self._waited)
            self._back.release()

    def _hear(self, row: int) -> None:
        """Before an instruction: where a new phase begins, the one before is done."""
        at = self._first_row.get(row)
        if at is None or at == self._now:
            return
        before, self._now = self._now, at
        if before is None or self._skips:
            return
        self._now = before
        begun = time.perf_counter()
        self._back.release()
        self._turn.acquire()
        self._waited += time.perf_counter() - begun
        self._now = at

    def _event(self, phase: Phase) -> PhaseDone:
        self._told += 1
        found = written(self._machine, phase)
        numbers = np.empty(0) if found is None else found
        finite = numbers[np.isfinite(numbers)]
        named = next((one for one in phase.rows if self._origins[one].owner), phase.rows[0])
        return PhaseDone(
            node=phase.node, op=key(self._origins[named])[0].lstrip(":"), direction=phase.direction, step=self._step,
            done=self._told, total=len(self._phases), values=tuple(float(v) for v in numbers[:MOST_NUMBERS]),
            count=len(numbers), low=float(finite.min()) if finite.size else 0.0, high=float(finite.max()) if finite.size else 0.0,
        )  # fmt: skip
