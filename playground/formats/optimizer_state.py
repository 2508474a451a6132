"""What an optimizer remembers between steps, as it travels in a file of weights."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from playground.engine.optimizer_state import OptimizerState
from playground.errors import FileError
from playground.words import sentence

#: Arrays of the optimizer carry this in front: "optimizer/dense1.weight/mean".
PREFIX = "optimizer/"
#: The metadata's key.
ABOUT = "optimizer"


def arrays_of(state: OptimizerState) -> dict[str, np.ndarray]:
    """The slots under the names that they have in a file. Shapes: as the parameters."""
    return {_in_file(name): np.ascontiguousarray(array, dtype=np.float32) for name, array in sorted(state.slots.items())}


def description_of(state: OptimizerState) -> str:
    """Everything but the arrays as strict JSON."""
    found = {"id": state.id, "numbers": dict(state.numbers), "step": state.step}
    return json.dumps(found | ({"begun": dict(state.begun)} if state.begun else {}), sort_keys=True, allow_nan=False)


def belongs(name: str) -> bool:
    """Whether an array of a file is the optimizer's. The last part of a weight's name has a dot in it, a slot's never has one."""
    return name.startswith(PREFIX) and "." not in name.rpartition("/")[2]


def state_of(arrays: Mapping[str, np.ndarray], metadata: Mapping[str, str]) -> OptimizerState | None:
    """The optimizer's state in a file; None where it has none. Raises FileError where it is not whole."""
    if ABOUT not in metadata:
        return None
    try:
        found = json.loads(metadata[ABOUT])
        numbers = {str(name): float(value) for name, value in found["numbers"].items()}
        return OptimizerState(
            id=str(found["id"]),
            numbers=numbers,
            step=int(found["step"]),
            slots={_in_engine(name): array for name, array in arrays.items() if belongs(name)},
            begun={str(layer): int(step) for layer, step in found.get("begun", {}).items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise FileError(
            sentence("What the file says of its optimizer cannot be read: {error}. Export it anew.", error=f"{error!s:.200}")
        ) from error


def _in_file(name: str) -> str:
    """Numbers of the optimizer itself have no parameter's name in theirs, hence no dot, and are called "optimizer/…" already."""
    return PREFIX + name if "." in name else name


def _in_engine(name: str) -> str:
    return name.removeprefix(PREFIX) if "." in name else name
