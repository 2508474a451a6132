"""Another plan for a run, made ready on a thread of its own while the run goes on with the plan that it has.

Lowering, laying out memory, loading data, compiling: all of it happens beside the steps and touches nothing of the run. What is left
for the moment between two steps is to carry the state over, see `Run.changed`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.engine.bound import Progress, compile_plan
from playground.engine.machine import Machine
from playground.training import messages, payload, replan
from playground.training.assembly import Assembled, assemble
from playground.training.block import Block
from playground.training.board import Board

Array = npt.NDArray[Any]

#: How far the thread stands back behind those that do the steps.
_NICE = 2
_PAGE = 4096


class Left(Exception):
    """What was being made ready is not wanted any more."""


@dataclasses.dataclass(frozen=True)
class Laid:
    """What a run works in; the data is there."""

    board: Board
    machine: Machine


@dataclasses.dataclass(frozen=True)
class Ready:
    """A plan that a run can go on with at once. laid: in memory of its own; None where it goes on in the memory that the run has."""

    assembled: Assembled
    laid: Laid | None


@contextlib.contextmanager
def given(start: messages.Start, descriptors: tuple[int, ...]) -> Iterator[tuple[tuple[Block, Block], Array, Array, bytes]]:
    """What came with a start or a change: arena and board, inputs, targets, payload. descriptors: of `payload.BLOCKS`."""
    blocks = [Block(descriptor) for descriptor in descriptors]
    try:
        named = dict(zip(payload.BLOCKS, blocks, strict=True))
        x = named["x"].array(np.float32, start.x_shape)
        y = named["y"].array(np.dtype(start.y_dtype), start.y_shape)
        yield (named["arena"], named["board"]), x, y, bytes(named["payload"].buffer()[: start.blocks["payload"]])
    finally:
        for block in blocks:
            block.close()


def laid_out(made: Assembled, blocks: tuple[Block, Block], compiling: Progress) -> Laid:
    """Board and machine of a plan, in blocks that are still empty."""
    arena, board = blocks
    sizes = made.board_plan()
    arena.resize(made.plan.nbytes)
    board.resize(sizes.nbytes)
    return Laid(Board(sizes, board), made.machine(arena.buffer(), compiling))


class Preparation:
    """Makes the plan of a change ready. change: the command.  before: what the run is made of now.

    knobs: those that are turned meanwhile; whoever turns them notes them here.  news: what compiles, how much is done, of how much.
    done: `take` gives it.
    """

    def __init__(
        self,
        change: messages.Change,
        descriptors: tuple[int, ...],
        before: Assembled,
        ready: Callable[[], None],
        earlier: Preparation | None = None,
    ) -> None:
        """ready: called on the thread when it is done.  earlier: one that is given up for this one."""
        self.change, self.before = change, before
        self.knobs: dict[str, float] = {}
        self.news: tuple[str, int, int] | None = None
        self._descriptors, self._ready = descriptors, ready
        self._earlier = earlier
        self._left = threading.Event()
        self._found: Ready | None = None
        self._error: BaseException | None = None
        self.done = False
        if earlier is not None:
            earlier.leave()
        self._thread = threading.Thread(target=self._prepare, name="another plan", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Nobody waits for it any more: it ends soon, and what it has made is let go."""
        self._left.set()

    def wait(self, seconds: float) -> None:
        """Until it is done, at most so long."""
        self._thread.join(seconds)

    def take(self) -> Ready:
        """What was made ready. Raises what went wrong: Refused, DataError, DoesNotFit, BadValue, ..."""
        if self._error is not None:
            raise self._error
        assert self._found is not None
        return self._found

    def _prepare(self) -> None:
        with contextlib.suppress(OSError):
            if sys.platform == "linux":  # elsewhere a thread has no priority of its own under this call
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), os.getpriority(os.PRIO_PROCESS, 0) + _NICE)
        try:
            with given(self.change.start, self._descriptors) as (memory, x, y, text):
                self._after_the_earlier()
                project, samples = payload.unpack(text, x, y)
                made = assemble(project, self.before.samples if self.change.same_samples else samples, self.before)
                replan.check(self.before, made, 0, complete=True)
                self._told("", 0, 0)
                self._found = self._laid(made, memory)
        except BaseException as error:  # noqa: BLE001 - told by whoever takes it
            self._error = error
        self.news, self.done = None, True
        if not self._left.is_set():
            self._ready()

    def _after_the_earlier(self) -> None:
        """One plan at a time is made ready."""
        earlier, self._earlier = self._earlier, None
        if earlier is not None:
            earlier._thread.join()
        self._told("", 0, 0)

    def _laid(self, made: Assembled, memory: tuple[Block, Block]) -> Ready:
        if made.fits(self.before):
            compile_plan(made.plan, self._told)
            return Ready(made, None)
        laid = laid_out(made, memory, self._told)
        # The system gives a page when it is first written to: here rather than in the middle of a step.
        laid.machine.F[:: _PAGE // 4] += 0
        for slots in (laid.board.resume, laid.board.best):
            slots.touch()
        return Ready(made, laid)

    def _told(self, name: str, done: int, total: int) -> None:
        """Between two kernels. Raises Left."""
        if self._left.is_set():
            raise Left
        self.news = name, done, total
