"""Where things lie in an arena: plain numbers that travel to the window as JSON. Needs neither Numba nor the graph."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from playground.engine.registers import KNOB_COUNT


@dataclasses.dataclass(frozen=True)
class Field:
    """A tensor of the arena: F index of its first number, and its shape. strides: in numbers, () where it lies without gaps."""

    at: int
    shape: tuple[int, ...]
    strides: tuple[int, ...] = ()

    def view(self, arena: np.ndarray) -> np.ndarray:
        """arena: F, float32. Shapes: as declared."""
        if self.strides:
            return np.lib.stride_tricks.as_strided(arena[self.at :], self.shape, tuple(4 * n for n in self.strides))
        return arena[self.at : self.at + int(np.prod(self.shape, dtype=int))].reshape(self.shape)


@dataclasses.dataclass(frozen=True)
class Layout:
    """Names and places. parameters, gradients: "<node>.<name>"; slots: "<node>.<name>/<slot>", and "optimizer/<name>" with a number
    for each layer; begun: layer -> register (see `Machine.begun`); frozen: layers whose weights stay; averages: of parameters and
    statistics by their names; values: node -> its output for every row of the last observed batch (present when the plan
    observes); windows: split -> F index of inputs, of targets, samples; order: F index of the permutation (int64, two places a
    number)."""

    nbytes: int
    state: tuple[int, int]
    parameters: dict[str, Field]
    gradients: dict[str, Field]
    slots: dict[str, Field]
    begun: dict[str, int]
    frozen: tuple[str, ...]
    averages: dict[str, Field]
    statistics: dict[str, Field]
    constants: dict[str, Field]
    values: dict[str, Field]
    knobs: int
    knob_index: dict[str, int]
    ring: Field
    gradient_run: tuple[int, int]
    windows: dict[str, tuple[int, int, int]]
    outputs: int
    order: int

    def knob_view(self, arena: np.ndarray) -> np.ndarray:
        return arena[self.knobs : self.knobs + KNOB_COUNT]

    def state_view(self, arena: np.ndarray) -> np.ndarray:
        """The whole state as float32, contiguous."""
        return arena[self.state[0] : self.state[0] + self.state[1]]

    def to_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Layout:
        """Raises TypeError or KeyError for anything that `to_json` did not make."""

        def fields(group: dict[str, Any]) -> dict[str, Field]:
            return {name: Field(int(f["at"]), tuple(f["shape"]), tuple(f["strides"])) for name, f in group.items()}

        return cls(
            nbytes=int(data["nbytes"]),
            state=(data["state"][0], data["state"][1]),
            parameters=fields(data["parameters"]),
            gradients=fields(data["gradients"]),
            slots=fields(data["slots"]),
            begun={str(name): int(at) for name, at in data["begun"].items()},
            frozen=tuple(str(name) for name in data["frozen"]),
            averages=fields(data["averages"]),
            statistics=fields(data["statistics"]),
            constants=fields(data["constants"]),
            values=fields(data["values"]),
            knobs=int(data["knobs"]),
            knob_index=dict(data["knob_index"]),
            ring=Field(int(data["ring"]["at"]), tuple(data["ring"]["shape"])),
            gradient_run=(data["gradient_run"][0], data["gradient_run"][1]),
            windows={name: (w[0], w[1], w[2]) for name, w in data["windows"].items()},
            outputs=int(data["outputs"]),
            order=int(data["order"]),
        )
