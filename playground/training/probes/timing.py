"""Where the time of a step goes, measured once when a run is warm, without being asked."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from playground.training.messages.analysis import LayersTimed
from playground.training.probes import Probe, Share, register
from playground.training.shadow import Shadow
from playground.training.timing import layer_costs

if TYPE_CHECKING:
    from playground.training.run import Run

#: Of the time, and passes over all instructions; of each instruction the least counts.
SHARE, PASSES = 0.01, 3
#: Steps after which caches and thread counts have settled.
WARM = 8
#: A pass takes about so many steps: one at once, one instruction by instruction, and what stands around them.
STEPS_OF_A_PASS = 4.0
#: At rest the passes that are left are made at once where they take no longer, in seconds.
AT_REST = 0.05


@register
class TimingProbe(Probe[None]):
    """Sends `LayersTimed` after the first pass and after the last, once for each plan of a run. A pass is made in a shadow, between two
    bursts, when the run has earned it.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.share = Share(SHARE, 4)
        self._best: list[float] = []
        self._found: list[tuple[str, str, str, float]] = []
        self._done = 0
        self._begun = False

    def look(self, *, force: bool) -> None:
        """One pass while the run goes on; at rest all that are left, where they are cheap."""
        memory, machine = self.run.trainer.memory, self.run.machine
        if self._done >= PASSES or machine.step < WARM or not memory.last_step or machine.plan.train is None:
            return
        each = memory.seconds / memory.last_step
        if not self._begun:  # the first pass has to be earned too
            self._begun = True
            self.share.spent(STEPS_OF_A_PASS * each)
        if force:
            if (PASSES - self._done) * STEPS_OF_A_PASS * each <= AT_REST:
                while self._done < PASSES:
                    self._pass()
                self._tell(each)
        elif self.share.due:
            with self.share:
                self._pass()
            if self._done in (1, PASSES):
                self._tell(each)

    def _pass(self) -> None:
        with Shadow(self.run.machine) as shadow:
            self._found = shadow.machine.time_instructions(1)
        now = [took for *_, took in self._found]
        self._best = [min(pair) for pair in zip(self._best, now, strict=True)] if self._best else now
        self._done += 1
        self.run.board.beat(time.monotonic_ns(), self.run.machine.step)

    def _tell(self, each: float) -> None:
        layers = layer_costs(self.run.assembled.plan, self._found, self._best, each)
        threads = self.run.trainer.pace.threads
        self.run.send(LayersTimed(layers=layers, step_seconds=each, threads=threads, step=self.run.machine.step, sha256=""))
