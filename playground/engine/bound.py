"""A program with what it needs to run: its compiled kernels, and words of its own for the rows in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from playground.engine.plan import Plan
from playground.engine.program import Program

if TYPE_CHECKING:
    from playground.engine.machine import Machine

#: Told (kernel, done, total) while kernels compile.
Progress = Callable[[str, int, int], None]


def compile_plan(plan: Plan, progress: Progress | None = None) -> None:
    """What `Machine.prepare` compiles, ahead of the machine."""
    from playground.engine import jit

    jit.compile_kernels(plan.kernels, progress)


class Bound:
    """A program with the addresses of its compiled kernels and a private copy of its words, which the runner patches."""

    def __init__(self, program: Program, progress: Progress | None) -> None:
        from playground.engine import jit

        self.program = program
        self.code = program.code.copy()
        jit.compile_kernels(program.kernels, progress)
        self.table = jit.table(program.kernels)

    def run(self, machine: Machine, factors: np.ndarray, ring: np.ndarray, steps: int, threads: int) -> None:
        """`engine.runner.run` on a machine's memory."""
        from playground.engine import jit

        p, m = self.program, machine
        jit.run(self.table, self.code, p.chains, p.stages, p.patches, m.F, m.R, m.knobs, factors, ring, steps, threads=threads)

    def call(self, machine: Machine, row: int) -> None:
        """One instruction."""
        from playground.engine import jit

        kernel = jit.compiled(self.program.kernels[self.code[row, 0]])
        kernel(machine.F, machine.R, self.code[row, 1:], machine.knobs)

    def follow(self, rows: int) -> None:
        """Write so many rows into the words that follow them."""
        from playground.engine.runner import patch_rows

        patch_rows(self.code, self.program.patches, rows)  # type: ignore[no-untyped-call]

    def rows_before_update(self) -> int:
        """Instructions up to and without the first stage that gathers or judges the gradient."""
        checked = np.flatnonzero(self.program.stages[:, 2])
        chain = self.program.stages[checked[0], 0] if len(checked) else len(self.program.chains)
        return int(self.program.chains[chain, 0]) if chain < len(self.program.chains) else len(self.code)
