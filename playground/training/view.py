"""A run as the window sees it, dead or alive: its shared memory and the curves copied out of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.spec import Spec
from playground.document.plans import TrainingPlan
from playground.document.weight_sets import WeightSets
from playground.engine.layout import Layout
from playground.engine.optimizer_state import OptimizerState
from playground.training import messages
from playground.training.areas.journal import JOURNAL
from playground.training.block import Block
from playground.training.board import EPOCH_COLUMNS, STEP_ROW, Board, BoardPlan
from playground.training.history import (
    MOST_EPOCHS,
    MOST_NORMS,
    MOST_STEPS,
    Epochs,
    Growing,
    History,
    LayerNorms,
    history_of,
    norms_of,
)
from playground.training.journal import Entry, Journal, decoded
from playground.training.layer_history import LayerHistory
from playground.training.messages import EpochRecord
from playground.training.optimizer_state import copied, optimizer_state
from playground.training.ring import Ring
from playground.training.trained import averaged_in, raw_in, sets_in

Array = npt.NDArray[Any]


@dataclasses.dataclass(frozen=True)
class Surface:
    """The network's answers over a rectangle of the input plane. low, high: corners in the data's own unit.

    Shapes: response (size, size, outputs) float32, [row, column]; rows go from low[1] to high[1], columns from low[0] to high[0].
    Over data with one input there is one row.
    """

    step: int
    low: tuple[float, float]
    high: tuple[float, float]
    response: Array


def _figures(plan: BoardPlan | None) -> tuple[tuple[str, ...], ...]:
    """What every epoch's record holds beside its losses."""
    return () if plan is None else (plan.metrics, plan.train_metrics)


def _between(ring: Ring, seen: int, until: int) -> Array:
    """Of a list that goes on the rows from one count to another, as far as they are not overwritten."""
    found, written = ring.since(seen)
    return found[: max(0, len(found) - (written - until))]


class RunView:
    """Blocks of one run and readers of them. blocks: payload, x, y, arena, board.

    averaged: it evaluates with averaged weights.  optimizer: of its plan.
    """

    def __init__(
        self, start: messages.Start, blocks: tuple[Block, ...], *, averaged: bool = False, optimizer: Spec | None = None
    ) -> None:
        self.start = start
        self.averaged, self.optimizer = averaged, optimizer
        self._arena: Array | None = None
        self.blocks = blocks
        self.started: messages.Started | None = None
        self.layout: Layout | None = None
        self.board: Board | None = None
        self.knobs: dict[str, float] = {}
        #: Knobs that were asked for and not yet heard of: value and serial number of the command.
        self.wanted: dict[str, tuple[float, int]] = {}
        self._journal, self._journal_seen, self._journal_begun = Journal(), 0, 0
        self.forget_curves()

    def forget_curves(self) -> None:
        """Begin the curves anew."""
        self._steps = Growing(np.empty(0, STEP_ROW), "step", "loss")
        self._epochs: Growing | None = None
        self._norms: Growing | None = None
        self.layers = LayerHistory()
        self._seen = dict.fromkeys(("steps", "epochs", "norms"), 0)

    def renew(self) -> None:
        """Give up arena and board for empty ones."""
        for block in self.blocks[3:]:
            block.close()
        self.blocks = (*self.blocks[:3], Block.create(), Block.create())
        self.started = self.layout = self.board = self._arena = None
        self.forget_curves()

    def begin(self, started: messages.Started) -> None:
        """The worker has laid out arena and board."""
        self.started = started
        self.layout = Layout.from_json(started.layout)
        self.board = Board(BoardPlan.from_dict(started.board), self.blocks[4])
        self._arena = np.frombuffer(self.blocks[3].buffer(), np.float32)
        self.knobs = dict(started.knobs)

    def change(
        self,
        start: messages.Start,
        blocks: tuple[Block, ...],
        started: messages.Started,
        plan: TrainingPlan,
        *,
        in_place: bool = False,
    ) -> None:
        """The run goes on with another plan; its curves go on too. in_place: in the memory that it had."""
        self.drain()
        before = self.board.plan if self.board else None
        self.adopt(start, blocks, plan, in_place=in_place)
        self.begin(started)
        if in_place:
            return
        # The journal came along in full; all other lists are empty there, or hold again what is known.
        self._seen = dict.fromkeys(self._seen, 0)
        assert self.board is not None
        self.layers.begin_again(self.board)
        if _figures(before) != _figures(self.board.plan):
            self._epochs = None

    def adopt(self, start: messages.Start, blocks: tuple[Block, ...], plan: TrainingPlan, *, in_place: bool) -> None:
        """What came with another plan, in place of what there was; samples that are not used any more are up to their holder."""
        old, new = self.blocks, (*blocks[:3], *self.blocks[3:]) if in_place else blocks
        for block in (old[0], *(blocks if in_place else old)[3:]):
            block.close()
        self.blocks = new
        self.start, self.averaged, self.optimizer = start, plan.judges_averaged, plan.optimizer

    def journal(self) -> list[Entry]:
        log = self.board[JOURNAL] if self.board else None
        if log is not None:
            if log.begun != self._journal_begun or log.written < self._journal_seen:
                self._journal, self._journal_seen, self._journal_begun = Journal(), 0, log.begun
            text = log.since(self._journal_seen)
            self._journal_seen += len(text)
            for entry in decoded(text):
                self._journal.take(entry)
        return list(self._journal)

    def cut(self, step: int, rows: tuple[int, ...], *, refused: bool = False) -> None:
        """Forget what came after a step. rows: those of steps, epochs and norms that had come until then; later ones are new.

        refused: the next step was not done, and the norms that it had stay.
        """
        if refused:
            self.drain()
        self._seen = dict(zip(("steps", "epochs", "norms"), rows, strict=True))
        for growing, last in ((self._steps, step), (self._epochs, step), (self._norms, step + int(refused))):
            if growing is not None:
                growing.cut(last)
        if self.board is not None:
            self.layers.drain(self.board)
        self.layers.cut(step)

    def written(self) -> tuple[int, ...]:
        """Rows of steps, epochs and norms that have come until now."""
        board = self.board
        return (board.steps.written, board.epochs.written, board.norms.written) if board else (0, 0, 0)

    def drain_until(self, rows: tuple[int, ...]) -> bool:
        """Take in steps and epochs up to so many rows. False where later ones have been taken in already."""
        if self.board is None or self._seen["steps"] > rows[0] or self._seen["epochs"] > rows[1]:
            return False
        self._steps.add(_between(self.board.steps, self._seen["steps"], rows[0]))
        self._add_epochs(_between(self.board.epochs, self._seen["epochs"], rows[1]))
        self._seen |= {"steps": rows[0], "epochs": rows[1]}
        return True

    def drain(self) -> None:
        """Copy new rows out of the rings before they are overwritten."""
        board = self.board
        if board is None:
            return
        if board.steps.written != self._seen["steps"]:  # it is asked many times a second, mostly in vain
            rows, self._seen["steps"] = board.steps.since(self._seen["steps"])
            again = self._steps.comes_again(rows)
            if again is not None:
                # As where a run that ended with its best weights goes on; looks are steps apart and do not say so.
                self.layers.cut(again - 1)
            self._steps.add(rows)
            self._steps.thin(MOST_STEPS)
        if board.epochs.written != self._seen["epochs"]:
            self._drain_epochs(board)
        if board.norms.written != self._seen["norms"]:
            rows, self._seen["norms"] = board.norms.since(self._seen["norms"])
            self._norms = self._norms or Growing(rows[:0], 0, min(1, rows.shape[1] - 1))
            self._norms.add(rows)
            self._norms.thin(MOST_NORMS)
        self.layers.drain(board)

    def _drain_epochs(self, board: Board) -> None:
        rows, self._seen["epochs"] = board.epochs.since(self._seen["epochs"])
        self._add_epochs(rows)

    def _add_epochs(self, rows: Array) -> None:
        if len(rows):
            judged = "validation_loss" if self.started and self.started.validation_rows else "train_loss"
            columns = EPOCH_COLUMNS.index("step"), EPOCH_COLUMNS.index(judged)
            self._epochs = self._epochs or Growing(rows[:0], *columns)
            self._epochs.add(rows)
            self._epochs.thin(MOST_EPOCHS)

    def history(self) -> History:
        self.drain()
        return self.known()[0]

    def epochs(self) -> Sequence[EpochRecord]:
        self.drain()
        return self.known()[1]

    def known(self) -> tuple[History, Sequence[EpochRecord]]:
        """Steps and epochs that have been taken in, without any that may have come since."""
        return history_of(self._steps), self._known_epochs()

    def _known_epochs(self) -> Sequence[EpochRecord]:
        return Epochs(self._epochs.rows, self.board.plan) if self.board is not None and self._epochs is not None else ()

    def layer_norms(self) -> LayerNorms:
        self.drain()
        frozen = frozenset(self.layout.frozen if self.layout else ())
        if self.board is None or self._norms is None:
            layers = self.board.plan.layers if self.board else ()
            none = np.zeros((0, len(layers)))
            return LayerNorms(layers, np.zeros(0, np.int64), none, none, none, none, none, frozen)
        return dataclasses.replace(norms_of(self._norms.rows, self.board.plan), frozen=frozen)

    def grid(self) -> Surface | None:
        found = self.board.grid.read() if self.board else None
        return Surface(*found) if found else None

    def tensors(self, groups: tuple[str, ...], *, best: bool = False) -> dict[str, Array]:
        """Copies out of the newest whole copy of the state, or of that of the best epoch; empty before there is any."""
        numbers = self._state(best)
        if numbers is None or self.layout is None:
            return {}
        return {
            name: array for group in groups for name, array in copied(getattr(self.layout, group), self.layout, numbers).items()
        }

    def _state(self, best: bool) -> Array | None:
        """The newest whole copy of the state, or that of the best epoch where there is one. Shapes: (n,) float32."""
        found = self.board.resume.read() if self.board else None
        if found is None or self.board is None:
            return None
        memory, state = found
        place = memory.get("best_place")
        if best and place is not None:
            state = (self.board.best.read(place) or found)[1]
        return np.frombuffer(state, np.float32)

    def live(self, group: str) -> dict[str, Array]:
        """Views of the arena itself, which changes while they are read; read-only. group: of the layout, such as "slots"."""
        if self._arena is None or self.layout is None:
            return {}
        views = {name: field.view(self._arena) for name, field in getattr(self.layout, group).items()}
        for view in views.values():
            view.flags.writeable = False
        return views

    def optimizer_state(self, *, best: bool = False) -> OptimizerState | None:
        """That of the newest whole copy of the state, or of the best epoch's; None before there is any."""
        numbers = self._state(best)
        if numbers is None or self.layout is None or self.optimizer is None:
            return None
        return optimizer_state(self.optimizer, self.knobs, self.layout, numbers)

    def weights(self, *, best: bool = False, averaged: bool | None = None) -> dict[str, Array]:
        """`tensors` of parameters and statistics, or of their means; None: the means where the run evaluates with them."""
        numbers = self._state(best)
        if numbers is None or self.layout is None:
            return {}
        means = averaged_in(self.layout, numbers) if (self.averaged if averaged is None else averaged) else None
        return means or raw_in(self.layout, numbers)

    def weight_sets(self) -> WeightSets:
        """The sets of the newest whole copy of the state, all of one moment; those of the best epoch where epochs are validated."""
        found = self.board.resume.read() if self.board else None
        if found is None or self.layout is None or self.board is None:
            return WeightSets()
        memory, state = found
        place = memory.get("best_place") if self.started and self.started.validation_rows else None
        kept = None if place is None else self.board.best.read(place)
        best = None if kept is None else np.frombuffer(kept[1], np.float32)
        return sets_in(self.layout, np.frombuffer(state, np.float32), best, averaged=self.averaged)

    def close(self) -> None:
        """Let go of arena, board and payload; arrays that were handed out stay."""
        self.board = self._arena = None
        for block in (self.blocks[0], *self.blocks[3:]):
            block.close()
