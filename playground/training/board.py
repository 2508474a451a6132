"""The shared board beside the arena: what a run leaves behind for the window to read in place, and to go on from after a crash.

Lists (steps, epochs, layer norms, changes of knobs) are rings with a count of rows ever written: the writer fills the row, then raises the count,
so a reader that keeps its own count misses nothing and never sees half a row.

Slots keep copies of the state. There are two for going on and two for the best epoch, written in turn: mark the older one invalid,
fill it, then give it the next number. Whenever the writer is killed, at least one slot is whole, so a run never continues from an
update that was torn in the middle. Each slot carries the loop's own memory (as JSON) beside the state it belongs to.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.training.block import Block

Array = npt.NDArray[Any]

STEP_ROW = np.dtype([("step", "<i8"), ("loss", "<f4"), ("rate", "<f4"), ("norm", "<f4"), ("rows", "<f4")])
STEP_ROWS = 1 << 20
EPOCH_ROWS = 1 << 16
NORM_ROWS = 1 << 12
CHANGE_ROWS = 1 << 14
GRID_SIZE = 192
MEMORY_BYTES = 1 << 15

#: Columns of an epoch's row before its metrics: 1 in "best" marks the best epoch so far.
EPOCH_COLUMNS = ("epoch", "step", "train_loss", "validation_loss", "rate", "best")
#: What is measured of every layer.
NORM_COLUMNS = ("gradient", "weight", "update")
#: A knob's change: the first step that has it, the knob's place, its value.
CHANGE_COLUMNS = ("step", "knob", "value")

# Words of the header.
_STEPS, _EPOCHS, _NORMS, _CHANGES, _RESUME, _BEST, _GRID = 0, 1, 2, 3, 4, 6, 8
_BEAT, _NOW, _PEAK = 10, 11, 12
_HEADER_WORDS = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class BoardPlan:
    """What decides the board's size. layers: names of those with weights; outputs: numbers the network gives; 0: no grid."""

    state_bytes: int
    layers: tuple[str, ...]
    metrics: tuple[str, ...]
    outputs: int

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> BoardPlan:
        return cls(
            state_bytes=int(data["state_bytes"]),
            layers=tuple(data["layers"]),
            metrics=tuple(data["metrics"]),
            outputs=int(data["outputs"]),
        )

    @property
    def state_room(self) -> int:
        return -(-self.state_bytes // 64) * 64

    def areas(self) -> dict[str, tuple[int, int]]:
        """Name -> (offset, bytes)."""
        sizes = {
            "header": 8 * _HEADER_WORDS,
            "steps": STEP_ROW.itemsize * STEP_ROWS,
            "epochs": 8 * EPOCH_ROWS * (len(EPOCH_COLUMNS) + len(self.metrics)),
            "norms": 8 * NORM_ROWS * (1 + len(NORM_COLUMNS) * len(self.layers)),
            "changes": 8 * CHANGE_ROWS * len(CHANGE_COLUMNS),
            "resume": 2 * (MEMORY_BYTES + self.state_room),
            "best": 2 * (MEMORY_BYTES + self.state_room),
            "grid": 2 * (64 + 4 * GRID_SIZE**2 * self.outputs),
        }
        found, at = {}, 0
        for name, size in sizes.items():
            found[name] = (at, size)
            at += -(-size // 64) * 64
        return found

    @property
    def nbytes(self) -> int:
        return sum(self.areas()["grid"])

    @property
    def resident_bytes(self) -> int:
        """What will really be filled: the lists grow only as far as a run goes."""
        return 4 * self.state_room


class Ring:
    """Rows that overwrite the oldest, and how many were ever written."""

    def __init__(self, rows: Array, count: Array) -> None:
        self.rows, self._count = rows, count

    @property
    def written(self) -> int:
        return int(self._count[0])

    def append(self, rows: Array) -> None:
        """Add rows; of more than fit, the last ones."""
        capacity, count = len(self.rows), self.written + len(rows)
        kept = rows[-capacity:]
        at = (count - len(kept)) % capacity
        until_end = min(len(kept), capacity - at)
        self.rows[at : at + until_end] = kept[:until_end]
        self.rows[: len(kept) - until_end] = kept[until_end:]
        self._count[0] = count

    def since(self, seen: int) -> tuple[Array, int]:
        """Copies of the rows after the first `seen` ones, and the count now; rows that were overwritten meanwhile are left out."""
        written, capacity = self.written, len(self.rows)
        seen = 0 if seen > written else seen
        first = max(seen, written - capacity)
        at, n = first % capacity, written - first
        rows = np.concatenate([self.rows[at : at + n], self.rows[: max(0, at + n - capacity)]])
        lost = max(0, self.written - capacity - first)
        return rows[min(lost, n) :], written

    def clear(self) -> None:
        self._count[0] = 0


class Slots:
    """Two places for a state and its memory, written in turn; see the module's text."""

    def __init__(self, area: Array, numbers: Array, state_bytes: int) -> None:
        half = len(area) // 2
        self._memory = [area[i * half : i * half + MEMORY_BYTES] for i in (0, 1)]
        self._state = [area[i * half + MEMORY_BYTES : i * half + MEMORY_BYTES + state_bytes] for i in (0, 1)]
        self._numbers = numbers

    def newest(self) -> int | None:
        """Which slot is the newest whole one."""
        best = int(np.argmax(self._numbers))
        return best if self._numbers[best] > 0 else None

    def write(self, memory: dict[str, Any], state: Any) -> int:
        """Fill the older slot and make it the newest; gives its place."""
        place = 1 - (self.newest() or 0)
        text = json.dumps(memory, separators=(",", ":")).encode()
        if len(text) > MEMORY_BYTES - 8:
            raise ValueError(f"the loop's memory takes {len(text)} bytes of {MEMORY_BYTES - 8}")
        number = int(self._numbers.max()) + 1
        self._numbers[place] = 0
        self._memory[place][:8].view("<i8")[0] = len(text)
        self._memory[place][8 : 8 + len(text)] = np.frombuffer(text, np.uint8)
        self._state[place][...] = np.frombuffer(state, np.uint8)
        self._numbers[place] = number
        return place

    def read(self, place: int | None = None) -> tuple[dict[str, Any], bytes] | None:
        """The newest slot, or the given one: memory and a copy of the state; None when there is none. Safe beside a writer."""
        for _ in range(100):
            chosen = self.newest() if place is None else place
            if chosen is None or self._numbers[chosen] == 0:
                return None
            number = int(self._numbers[chosen])
            length = int(self._memory[chosen][:8].view("<i8")[0])
            text, state = self._memory[chosen][8 : 8 + length].tobytes(), self._state[chosen].tobytes()
            if self._numbers[chosen] == number:
                return json.loads(text), state
        return None

    def keep_only(self, place: int | None) -> None:
        """Forget the other copy, or both: after a crash it may belong to steps that will be done again."""
        for other in (0, 1):
            if other != place:
                self._numbers[other] = 0

    def clear(self) -> None:
        self._numbers[...] = 0


class Board:
    """Typed views of one block, the same on both sides."""

    def __init__(self, plan: BoardPlan, block: Block) -> None:
        self.plan = plan
        areas = plan.areas()
        if block.nbytes != plan.nbytes:
            raise ValueError(f"the board has {block.nbytes} bytes where {plan.nbytes} are planned")
        everything = np.frombuffer(block.buffer(), np.uint8)

        def area(name: str) -> Array:
            at, size = areas[name]
            return everything[at : at + size]

        self._words = area("header").view("<i8")
        columns = len(EPOCH_COLUMNS) + len(plan.metrics)
        self.steps = Ring(area("steps").view(STEP_ROW), self._words[_STEPS : _STEPS + 1])
        self.epochs = Ring(area("epochs").view("<f8").reshape(EPOCH_ROWS, columns), self._words[_EPOCHS : _EPOCHS + 1])
        self.norms = Ring(area("norms").view("<f8").reshape(NORM_ROWS, -1), self._words[_NORMS : _NORMS + 1])
        changes = area("changes").view("<f8").reshape(CHANGE_ROWS, len(CHANGE_COLUMNS))
        self.changes = Ring(changes, self._words[_CHANGES : _CHANGES + 1])
        self.resume = Slots(area("resume"), self._words[_RESUME : _RESUME + 2], plan.state_bytes)
        self.best = Slots(area("best"), self._words[_BEST : _BEST + 2], plan.state_bytes)
        half = areas["grid"][1] // 2
        self._grids = [area("grid")[i * half : (i + 1) * half] for i in (0, 1)]
        self._grid_numbers = self._words[_GRID : _GRID + 2]

    def beat(self, now_ns: int, step: int) -> None:
        """The worker lives and stands at this step."""
        self._words[_BEAT], self._words[_NOW] = now_ns, step

    @property
    def last_beat_ns(self) -> int:
        return int(self._words[_BEAT])

    @property
    def step(self) -> int:
        return int(self._words[_NOW])

    @property
    def peak_bytes(self) -> int:
        """Most memory the worker has had of its own."""
        return int(self._words[_PEAK])

    @peak_bytes.setter
    def peak_bytes(self, value: int) -> None:
        self._words[_PEAK] = value

    def clear(self) -> None:
        """Begin anew: no steps, no epochs, no slots."""
        for ring in (self.steps, self.epochs, self.norms, self.changes):
            ring.clear()
        for slots in (self.resume, self.best):
            slots.clear()
        self._grid_numbers[...] = 0

    def write_grid(self, step: int, low: tuple[float, float], high: tuple[float, float], response: Array) -> None:
        """Shapes: response (rows, columns, outputs) float32, row by row from low to high of the second input."""
        place = 1 - int(np.argmax(self._grid_numbers))
        number = int(self._grid_numbers.max()) + 1
        self._grid_numbers[place] = 0
        head = self._grids[place][:64]
        head[:24].view("<i8")[...] = (step, *response.shape[:2])
        head[24:56].view("<f8")[...] = (*low, *high)
        self._grids[place][64:].view("<f4")[: response.size] = response.ravel()
        self._grid_numbers[place] = number

    def read_grid(self) -> tuple[int, tuple[float, float], tuple[float, float], Array] | None:
        """The newest grid: step, low, high and a copy of the response; None before the first."""
        for _ in range(100):
            place = int(np.argmax(self._grid_numbers))
            number = int(self._grid_numbers[place])
            if number == 0:
                return None
            step, rows, columns = (int(n) for n in self._grids[place][:24].view("<i8"))
            a, b, c, d = (float(v) for v in self._grids[place][24:56].view("<f8"))
            values = self._grids[place][64:].view("<f4")[: rows * columns * self.plan.outputs].copy()
            if self._grid_numbers[place] == number:
                return step, (a, b), (c, d), values.reshape(rows, columns, self.plan.outputs)
        return None
