"""Gradient norm, weight norms and length of the update of every layer, at one step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from playground.training.areas.norms import NORM_COLUMNS
from playground.training.areas.watching import WATCHING
from playground.training.probes import Probe, Share, register
from playground.training.probes.notes import notes_of

if TYPE_CHECKING:
    from playground.training.run import Run

Array = npt.NDArray[Any]

#: Of a run of any length so many steps are measured at least, as far as the share of the time allows.
SAMPLES = 72
#: Of the time, and the times a second at which a long run is measured besides.
SHARE, PER_SECOND = 0.02, 10
#: A run begins with so much to spend, in seconds: the first steps are worth a look.
_GRANT = 0.0004
#: What it takes to hand a step to the engine by itself, in seconds.
_CALL = 1e-5
#: Weights up to which steps are only noted down, three copies each, and measured together later: so many steps, so many numbers.
_FEW = 1 << 16
_ROWS, _NUMBERS = 32, 1 << 19


@register
class NormProbe(Probe[Any]):
    """Rows for `board.norms`. on: whether anybody wants them.

    Short runs of small networks are over in a tenth of a second, so steps are chosen by number, a 72nd of the run apart, besides by
    the clock. What that costs is counted in time of the thread, since a wait for another program's turn is no cost of watching.
    """

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._machine, self._costs = run.machine, run.board[WATCHING]
        parameters = run.machine.plan.graph.parameters
        names = {layer: [p.name for p in parameters if p.owner == layer] for layer in run.board.plan.layers}
        weights = sum(field.view(run.machine.F).size for field in run.machine.layout.parameters.values())
        self._norms = Noted(run, names) if weights <= _FEW else Direct(run, names)
        self.share = Share(SHARE, PER_SECOND)
        self.on = bool(names)
        self._any = bool(names)
        self._spent, self._each, self._took, self._next = 0.0, 3e-5, 0.0, 0

    def steps(self, first: int, count: int) -> Sequence[int]:
        """Every so many steps, as far as they can be paid for, at the end of a burst where bursts are short; by the clock the last one.

        The last step of the run is measured whatever it takes: its row is what stays to be seen.
        """
        if not (self.on and self._any):
            return ()
        total = self.run.trainer.total_steps
        last, apart = first + count - 1, max(1, total // SAMPLES)
        # The clock measures where next to nothing is trained too, as in slow motion. No more of that is owed than a step and the grant:
        # a run that goes on at full speed would be over before it is paid.
        self._spent = min(self._spent, self._granted + _GRANT + self._each)
        if self._next - first > apart:  # the run went back
            self._next = first
        wanted: Sequence[int] = ()
        if self._next <= last:
            wanted = range(max(self._next, first), last + 1, apart) if count > apart else (last,)
            wanted = wanted[: self._affordable()]
            self._next = wanted[-1] + apart if wanted else last + 1
        return (*wanted, last) if (self.share.due or last == total - 1) and last not in wanted else wanted

    def _affordable(self) -> int:
        """How many steps may be measured now."""
        return max(0, int((self._granted - self._spent) / self._each))

    @property
    def _granted(self) -> float:
        """Seconds that may have been spent until now."""
        return _GRANT + SHARE * self._costs.run_seconds

    def before(self) -> Any:
        """The weights before the step."""
        begun = time.thread_time()
        kept = self._norms.before()
        self._took = time.thread_time() - begun
        return kept

    def after(self, kept: Any) -> None:
        begun = time.thread_time()
        self._norms.after(kept)
        took = self._took + time.thread_time() - begun + _CALL
        self._spent += took
        self._each = 0.8 * self._each + 0.2 * took

    def refused(self) -> None:
        """The gradients that stopped the run, so that nobody takes its layers for healthy."""
        if self.on and self._any:
            self._norms.refused()

    def look(self, *, force: bool) -> None:
        begun = time.thread_time()
        if self._costs.run_seconds == 0.0:  # reset
            self._spent = 0.0
        self._norms.hand_over(force=force)
        self._spent += time.thread_time() - begun


class Noted:
    """Copies of weights and gradients of some steps, measured together: for few numbers, NumPy's calls cost more than the numbers."""

    def __init__(self, run: Run, names: dict[str, list[str]]) -> None:
        self._run, self._machine = run, run.machine
        layout = run.machine.layout
        first = min((field.at for field in layout.parameters.values()), default=0)
        at, length = layout.gradient_run
        self._weights, self._gradients = run.machine.F[first : first + length], run.machine.F[at : at + length]
        spans = [
            [np.arange(field.at - first, field.at - first + field.view(run.machine.F).size) for field in (layout.parameters[n] for n in owned)]
            for owned in names.values()
        ]  # fmt: skip
        layers = [np.concatenate(parts) for parts in spans]
        self._index = np.concatenate(layers) if layers else np.zeros(0, np.int64)
        self._starts = np.cumsum([0, *(len(layer) for layer in layers)])[:-1]
        self._room = min(_ROWS, max(1, _NUMBERS // (3 * max(length, 1))))
        self._kept = np.empty((self._room, 3, length), np.float32)
        self._steps = np.zeros(self._room)
        self._notes = notes_of(run)
        self._count, self._since = 0, 0.0

    def before(self) -> None:
        if self._count == self._room:
            self.hand_over(force=True)
        self._kept[self._count, 0] = self._weights

    def after(self, kept: None) -> None:
        row = self._kept[self._count]
        row[1], row[2] = self._weights, self._gradients
        self._steps[self._count] = self._machine.step
        self._count += 1
        self._notes.add()

    def refused(self) -> None:
        self.before()
        row = self._kept[self._count]
        row[0], row[1], row[2] = np.nan, self._weights, self._gradients  # no update was made
        self._steps[self._count] = self._machine.step + 1
        self._count += 1
        self.hand_over(force=True)

    def hand_over(self, *, force: bool) -> None:
        """Measure what was noted down, when it is time."""
        now = time.perf_counter()
        if not self._count or not (force or self._count == self._room or now - self._since > 1 / 30):
            return
        self._since = now
        old, new, gradient = self._kept[: self._count][:, :, self._index].astype(np.float64).transpose(1, 0, 2)
        rows = np.empty((self._count, 1 + len(NORM_COLUMNS) * len(self._starts)))
        rows[:, 0] = self._steps[: self._count]
        size = np.abs(new)
        with np.errstate(invalid="ignore", over="ignore"):
            columns = {
                "gradient": np.sqrt(self._sums(gradient * gradient)),
                "weight": np.sqrt(self._sums(new * new)),
                "update": np.sqrt(self._sums(np.square(new - old))),
                "weight_l1": self._sums(size),
                "weight_max": np.maximum.reduceat(size, self._starts, axis=1),
            }
        for place, name in enumerate(NORM_COLUMNS, 1):
            rows[:, place :: len(NORM_COLUMNS)] = columns[name]
        self._count = 0
        self._run.board.norms.append(rows)

    def _sums(self, values: Array) -> Array:
        """By layer. Shapes: (rows, weights) -> (rows, layers)."""
        return np.add.reduceat(values, self._starts, axis=1)


class Direct:
    """Measures at once, one tensor after the other."""

    def __init__(self, run: Run, names: dict[str, list[str]]) -> None:
        self._run, self._machine, self._names = run, run.machine, names

    def before(self) -> dict[str, Array]:
        return {name: weight.copy() for name, weight in self._machine.parameters().items()}

    def after(self, kept: dict[str, Array] | None) -> None:
        self._append(self._machine.step, kept)

    def refused(self) -> None:
        self._append(self._machine.step + 1, None)

    def hand_over(self, *, force: bool) -> None:
        """Nothing waits."""

    def _append(self, step: int, before: dict[str, Array] | None) -> None:
        """A row; without an update where the weights before it are not known."""
        weights, gradients = self._machine.parameters(), self._machine.gradients()
        row = [float(step)]
        for names in self._names.values():
            found = {
                "gradient": length([gradients[name] for name in names]),
                "weight": length([weights[name] for name in names]),
                "update": length([weights[name] - before[name] for name in names]) if before is not None else np.nan,
                "weight_l1": sum(float(np.abs(weights[name]).sum(dtype=np.float64)) for name in names),
                "weight_max": max(float(np.abs(weights[name]).max(initial=0.0)) for name in names),
            }
            row += [found[name] for name in NORM_COLUMNS]
        self._run.board.norms.append(np.array([row]))


def length(arrays: Sequence[Array]) -> float:
    """Euclidean, of all numbers together; without overflow where float32 has none."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = sum(float(np.vdot(a, a)) for a in arrays)
        if not np.isfinite(square) or square < 1e-30:  # squares of float32 reach their ends long before the numbers do
            square = sum(float(np.square(a, dtype=np.float64).sum()) for a in arrays)
    return float(np.sqrt(square))
