"""Training steps taken apart: the same program, run in plain Python over the compiled kernels, one instruction after the other.

The order is that of the serial runner and the kernels are the same, so the numbers are too, to the last bit.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from playground.engine.program import Origin

if TYPE_CHECKING:
    from playground.engine.machine import Machine

Array = np.ndarray
#: Told of an instruction, by its row in the program, before it is carried out.
Told = Callable[[int], None]


@dataclasses.dataclass(frozen=True)
class Phase:
    """What a node does in one direction of a step, for the samples of one chain. rows: of the program.

    node: "" for what belongs to none, such as judging the gradient; op: of its last instruction.
    direction: "forward", "backward" or "update".
    """

    node: str
    op: str
    direction: str
    rows: tuple[int, ...]


def run(machine: Machine, code: Array, kernels: Sequence[str], factors: Array, ring: Array, steps: int, told: Told) -> None:
    """`engine.runner.run` of the training program with `told`. code: the program's words, which are patched.

    Shapes: factors (steps, 3) and ring as in the runner.
    """
    from playground.engine import jit, runner, team

    first, wide = code.__array_interface__["data"][0], code.strides[0]

    def entry(name: str) -> Callable[[Array, Array, Array, Array], None]:
        kernel: Any = jit.compiled(name)

        def call(F: Array, R: Array, w: Array, k: Array) -> None:
            told((w.__array_interface__["data"][0] - first) // wide)
            kernel(F, R, w, k)

        return call

    program = machine.plan.train
    assert program is not None
    table = [entry(name) for name in kernels]
    with np.errstate(all="ignore"):
        runner.run(  # type: ignore[no-untyped-call]
            table,
            code,
            program.chains,
            program.stages,
            program.patches,
            machine.F,
            machine.R,
            machine.knobs,
            factors,
            ring,
            steps,
            team.assemble(program.stages),
            1,
        )


def phases(origins: Sequence[Origin]) -> tuple[Phase, ...]:
    """The phases of a step with one batch, in the order in which they are carried out."""
    found: list[Phase] = []
    for row, origin in enumerate(origins):
        last = found[-1] if found else None
        if last is not None and key(last) == key(origin):
            found[-1] = Phase(last.node, origin.op, last.direction, (*last.rows, row))
        else:
            found.append(Phase(origin.owner, origin.op, origin.direction, (row,)))
    return tuple(found)


def key(one: Phase | Origin) -> tuple[str, str]:
    """What tells phases apart: the node, or the op where there is none, and the direction."""
    name = one.node if isinstance(one, Phase) else one.owner
    return name or f":{one.op}", one.direction


def written(machine: Machine, phase: Phase) -> Array | None:
    """What a phase has put down last, of its first sample: a node's output, or what its gradient leads to. None for nothing of its own.

    A copy, in the order of memory.
    """
    program = machine.plan.train
    assert program is not None
    for row in reversed(phase.rows):
        for at, samples, _, lines, length, pitch in program.origins[row].spans:
            if samples and lines * length:
                view = np.lib.stride_tricks.as_strided(machine.F[at:], (lines, length), (4 * pitch, 4))
                return view.reshape(-1).copy()
    return None
