"""What went wrong: the step that the verdict stopped, done once more with an eye on every number; and states that are spoiled."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from playground.engine.program import Origin
from playground.engine.registers import ACCUMULATE, BATCH, CURSOR, FIRST_ROW, LOSS, ROWS, STATE_REGISTER_COUNT, WINDOW_COUNT

if TYPE_CHECKING:
    from playground.engine.machine import Machine

#: Numbers of a state up to which a product with zeros is the fastest look at them.
_SMALL = 1 << 13


@dataclasses.dataclass(frozen=True)
class Fault:
    """Where the first number that is not finite appeared. direction: "forward", "backward" or "update".

    batch: its number in the epoch, from 1, counting those that were gathered for one step.  what: "NaN" or "infinity".
    """

    node: str
    op: str
    direction: str
    step: int
    batch: int = 0
    what: str = "NaN"


def explain(machine: Machine) -> Fault:
    """Replay the step that the verdict stopped, instruction by instruction, to the first number that is not finite."""
    assert machine.plan.train is not None
    R, bound = machine.R, machine.bound(machine.plan.train)
    start, size = int(R[CURSOR]), int(R[BATCH])
    whole = min(size * max(int(R[ACCUMULATE]), 1), int(R[WINDOW_COUNT]) - start)
    origins = machine.plan.train.origins[: bound.rows_before_update()]
    _clear(machine, origins)
    try:
        for first in range(0, whole, size):
            rows, batch = min(size, whole - first), (start + first) // size + 1
            R[CURSOR], R[FIRST_ROW], R[ROWS] = start + first, first, rows
            bound.follow(rows)
            for row, origin in enumerate(origins):
                bound.call(machine, row)
                if row + 1 < len(origins) and origins[row + 1] is origin:
                    continue  # what the task's next instruction is to write still holds numbers of the failed step
                bad = next((what for span in origin.spans if (what := _not_finite(_span(machine.F, *span)))), "")
                if bad:
                    return Fault(origin.owner or "data", origin.op, origin.direction, machine.step, batch, bad)
            if not np.isfinite(machine.F[LOSS]):
                return _of_loss(machine, batch)
    finally:
        R[CURSOR], R[ROWS] = start, 0
    return Fault("", "loss", "forward", machine.step, start // size + 1, "infinity")


def _of_loss(machine: Machine, batch: int) -> Fault:
    """Every number is finite but the sum of the losses, which is told as that of the first loss."""
    graph = machine.plan.graph
    node = next((node for node in graph.nodes if node.output in (graph.losses or (graph.loss,))), None)
    owner, op = (node.owner, node.op) if node is not None else ("", "loss")
    return Fault(owner, op, "forward", machine.step, batch, "NaN" if np.isnan(machine.F[LOSS]) else "infinity")


def _clear(machine: Machine, origins: Sequence[Origin]) -> None:
    """Zeros wherever a step writes before its update: rows that a short batch leaves out hold numbers of another one."""
    first, count = machine.layout.state
    for origin in origins:
        for span in origin.spans:
            if not first <= span[0] < first + count:
                _span(machine.F, *span)[...] = 0


def _span(F: np.ndarray, at: int, samples: int, step: int, lines: int, length: int, pitch: int) -> np.ndarray:
    """What an instruction writes. Shapes: (samples, lines, length)."""
    return np.lib.stride_tricks.as_strided(F[at:], (samples, lines, length), (4 * step, 4 * pitch, 4))


def _not_finite(numbers: np.ndarray) -> str:
    """ "NaN" or "infinity" where there is one, else ""."""
    if np.isfinite(numbers).all():
        return ""
    return "NaN" if np.isnan(numbers).any() else "infinity"


@functools.lru_cache(8)
def _zeros(count: int) -> np.ndarray:
    return np.zeros(count, np.float32)


def not_finite(machine: Machine) -> str:
    """The first layer whose weights, slots, averages or statistics hold a number that is not finite; "" where all is well."""
    first, count = machine.layout.state
    state = machine.F[first + 2 * STATE_REGISTER_COUNT : first + count]
    if len(state) <= _SMALL:  # what is finite times 0 is 0; this takes a microsecond, and an epoch may take ten
        if np.dot(state, _zeros(len(state))) == 0.0:
            return ""
    else:
        with np.errstate(all="ignore"):
            if np.isfinite(np.add.reduce(state)) or np.isfinite(state).all():
                return ""
    groups = (machine.parameters(), machine.slots(), machine.statistics(), machine.averages())
    found = {name.rpartition(".")[0] for group in groups for name, a in group.items() if not np.isfinite(a).all()}
    owners = [p.owner for p in machine.plan.graph.parameters]
    return next((owner for owner in owners if owner in found), max(found, default="") or "optimizer")


def sizes(machine: Machine) -> dict[str, float]:
    """The largest weight of every layer, by the layer's name."""
    found: dict[str, float] = {}
    for p in machine.plan.graph.parameters:
        largest = float(np.abs(machine.layout.parameters[p.name].view(machine.F)).max(initial=0.0))
        found[p.owner] = max(found.get(p.owner, 0.0), largest)
    return found
