"""A program: stages of chains of instructions, frozen into arrays of 64-bit words."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np

from playground.engine.emit import Instruction, Rows
from playground.engine.registers import WIDTH

#: What follows a stage: the verdict is read, or the step's next batch begins again with the first stage.
CHECKED, REPEATS = 1, 2


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where an instruction comes from. spans: what it writes, as (F index, samples, step, lines, length, pitch)."""

    owner: str
    op: str
    direction: str
    spans: tuple[tuple[int, int, int, int, int, int], ...]


@dataclasses.dataclass
class Stage:
    """Independent chains. checked: the verdict is read after it.  repeats: the last before which a step's next batch begins anew."""

    chains: list[list[tuple[Instruction, Origin]]]
    checked: bool = False
    repeats: bool = False


@dataclasses.dataclass(frozen=True)
class Program:
    """What the runner runs. kernels: names by opcode; code: opcode and words; patches: words that follow the rows in use,
    as (row of code, word, start, cap, scale, kind)."""

    kernels: tuple[str, ...]
    code: np.ndarray
    chains: np.ndarray
    stages: np.ndarray
    patches: np.ndarray
    origins: tuple[Origin, ...]

    def disassemble(self) -> str:
        """One line for each instruction: stage, chain, kernel, where it comes from, its words (·n: follows the rows)."""
        lines = []
        moving = {(int(p[0]), int(p[1])) for p in self.patches}
        for stage, (first, last, checked) in enumerate(self.stages):
            for chain in range(first, last):
                for row in range(*self.chains[chain]):
                    words = self.code[row]
                    used = int(np.max(np.nonzero(words[1:])[0], initial=-1)) + 1
                    shown = " ".join(("·" if (row, i) in moving else "") + str(int(words[i])) for i in range(1, used + 1))
                    origin = self.origins[row]
                    where = f"{origin.owner}:{origin.op}:{origin.direction}" if origin.owner else origin.op
                    mark = "!" if checked == CHECKED else "*" if checked == REPEATS else " "
                    lines.append(
                        f"{stage:2d}{mark}{chain - first:2d} {row:4d} {self.kernels[words[0]]:<28s} {where:<32s} {shown}"
                    )
        return "\n".join(lines)


def freeze(stages: Iterable[Stage]) -> Program:
    """Stages without chains vanish; opcodes are given in order of appearance."""
    kernels: dict[str, int] = {}
    rows: list[list[int]] = []
    origins: list[Origin] = []
    chains: list[tuple[int, int]] = []
    bounds: list[tuple[int, int, int]] = []
    patches: list[tuple[int, int, int, int, int, int]] = []
    for stage in stages:
        filled = [chain for chain in stage.chains if chain]
        if not filled:
            continue
        bounds.append((len(chains), len(chains) + len(filled), REPEATS if stage.repeats else CHECKED if stage.checked else 0))
        for chain in filled:
            chains.append((len(rows), len(rows) + len(chain)))
            for (name, *words), origin in chain:
                if len(words) > WIDTH:
                    raise ValueError(f"{name} has {len(words)} words, more than {WIDTH}")
                row = [kernels.setdefault(str(name), len(kernels))]
                for word in words:
                    if isinstance(word, Rows):
                        patches.append((len(rows), len(row), word.start, word.cap, word.scale, 0))
                        row.append(word.full)
                    else:
                        row.append(int(word))
                rows.append(row + [0] * (WIDTH + 1 - len(row)))
                origins.append(origin)
    return Program(
        tuple(kernels),
        np.array(rows, np.int64).reshape(-1, WIDTH + 1),
        np.array(chains, np.int64).reshape(-1, 2),
        np.array(bounds, np.int64).reshape(-1, 3),
        np.array(patches, np.int64).reshape(-1, 6),
        tuple(origins),
    )
