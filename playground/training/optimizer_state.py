"""The optimizer's state out of a run: of the machine itself, of a copy of its state, of a checkpoint."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from playground.core.fields import Real, fields_of
from playground.core.spec import Spec
from playground.engine.layout import Field, Layout
from playground.engine.optimizer_state import OptimizerState
from playground.engine.registers import STATE_REGISTERS, STEP

Array = npt.NDArray[Any]


def copied(fields: Mapping[str, Field], layout: Layout, state: Array) -> dict[str, Array]:
    """Copies of tensors of the state by name. Shapes: state (n,) float32, as `Machine.snapshot` gives it."""
    first = layout.state[0]
    return {name: dataclasses.replace(field, at=field.at - first).view(state).copy() for name, field in fields.items()}


def steps_of(state: Array) -> int:
    """Updates that a copy of the state has seen. Shapes: state (n,) float32."""
    at = 2 * (STEP - STATE_REGISTERS)
    return int(state[at : at + 2].view(np.int64)[0])


def optimizer_state(optimizer: Spec, knobs: Mapping[str, float], layout: Layout, state: Array) -> OptimizerState:
    """knobs: by name; a number of the optimizer that is none of them is taken from its settings. Shapes: state (n,) float32."""
    numbers = {name: float(getattr(optimizer, name)) for name, field in fields_of(optimizer).items() if isinstance(field, Real)}
    return OptimizerState(
        id=optimizer.id,
        numbers={name: float(knobs.get(name, value)) for name, value in numbers.items()},
        step=steps_of(state),
        slots=copied(layout.slots, layout, state),
        begun={layer: begun for layer, begun in _begun(layout, state).items() if begun},
    )


def _begun(layout: Layout, state: Array) -> dict[str, int]:
    """For a frozen layer, as if it thawed now: it has had as many updates as its register says, see `Machine.begun`."""
    kept = {layer: int(state.view(np.int64)[at - STATE_REGISTERS]) for layer, at in layout.begun.items()}
    return {layer: steps_of(state) - own if layer in layout.frozen else own for layer, own in kept.items()}
