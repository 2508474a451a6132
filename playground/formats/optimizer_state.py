"""What an optimizer remembers between steps, as it travels in a file of weights: its slots by name, its numbers, how many updates it has done."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

import numpy as np

from playground.errors import FileError

#: Arrays of the optimizer carry this in front: "optimizer/dense1.weight/mean".
PREFIX = "optimizer/"
#: The metadata's key.
ABOUT = "optimizer"


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerState:
    """id: of the optimizer.  numbers: by name, the learning rate among them.  step: updates done.

    slots: "<parameter>/<slot>" -> array of the parameter's shape, and "optimizer/<name>" -> (1,) of the optimizer itself.
    """

    id: str
    numbers: Mapping[str, float]
    step: int
    slots: Mapping[str, np.ndarray]

    def arrays(self) -> dict[str, np.ndarray]:
        """The slots under the names that they have in a file. Shapes: as the parameters."""
        return {_in_file(name): np.ascontiguousarray(array, dtype=np.float32) for name, array in sorted(self.slots.items())}

    def about(self) -> str:
        """Everything but the arrays as strict JSON."""
        return json.dumps({"id": self.id, "numbers": dict(self.numbers), "step": self.step}, sort_keys=True, allow_nan=False)


def belongs(name: str) -> bool:
    """Whether an array of a file is the optimizer's. The last part of a weight's name has a dot in it, a slot's never has one."""
    return name.startswith(PREFIX) and "." not in name.rpartition("/")[2]


def state_of(arrays: Mapping[str, np.ndarray], about: Mapping[str, str]) -> OptimizerState | None:
    """The optimizer's state in a file; None where it has none. Raises FileError where it is not whole."""
    if ABOUT not in about:
        return None
    try:
        found = json.loads(about[ABOUT])
        numbers = {str(name): float(value) for name, value in found["numbers"].items()}
        return OptimizerState(
            id=str(found["id"]),
            numbers=numbers,
            step=int(found["step"]),
            slots={_in_engine(name): array for name, array in arrays.items() if belongs(name)},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"What the file says of its optimizer cannot be read: {error}. Export it anew.") from error


def _in_file(name: str) -> str:
    """Numbers of the optimizer itself have no parameter's name in theirs, hence no dot, and are called "optimizer/…" already."""
    return PREFIX + name if "." in name else name


def _in_engine(name: str) -> str:
    return name.removeprefix(PREFIX) if "." in name else name
