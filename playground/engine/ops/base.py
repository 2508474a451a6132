"""What an op is. One file in this folder for each primitive; nothing else has to be edited to add one.

An op file holds the shape rule, a plain NumPy reference, the kernels, what it emits forwards and backwards, its cost and its
ONNX name. A forward emission writes every element of the output. A backward emission overwrites a gradient when `e.begin(ref)`
says that it is the first to write there, and adds to it otherwise. No kernel allocates, raises or logs. Row tasks touch only the
frame's rows. Halos are never written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from playground.core.tensor import TensorType
from playground.engine.emit import Emit, Instruction
from playground.engine.graph import Graph, OpNode


class Op:
    """A primitive. The attribute `id` is permanent."""

    id: ClassVar[str]
    #: Operator name of ONNX, or "" where `formats` composes it of several.
    onnx: ClassVar[str] = ""
    #: The output is the mean loss of the batch, and `forward` in training emits the gradient of the prediction too.
    is_loss: ClassVar[bool] = False
    #: The backward emission honours `e.mask(x)` for every sample input whose gradient it writes.
    masks: ClassVar[bool] = False
    #: A ReLU that follows may be folded in: attribute `relu` is then True and the output is max(0, ·).
    takes_relu: ClassVar[bool] = False
    #: The output is the input seen with another shape: no work where the input has no halo.
    is_view: ClassVar[bool] = False

    #: Its sample inputs and its output lie without gaps (no halo); the plan puts a copy in between where another op wants one.
    is_flat: ClassVar[bool] = False

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType:
        """Type of the output. Raises ShapeError with a sentence of what was expected and what came."""
        raise NotImplementedError

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        """The formula in plain NumPy, in the precision of its inputs. Sample values have the batch axis first."""
        raise NotImplementedError

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        """Floating-point operations of one sample's forward pass; a multiply-add counts two."""
        return output.count

    def halo(self, graph: Graph, node: OpNode) -> dict[int, tuple[int, int]]:
        """Value index -> rows and columns of zeros needed around its images (and their gradients') for this op."""
        return {}

    def forward(self, e: Emit, node: OpNode) -> None:
        raise NotImplementedError

    def backward(self, e: Emit, node: OpNode) -> None:
        raise NotImplementedError


class Update:
    """How an optimizer changes a run of parameters: one elementwise formula over flat slots."""

    id: ClassVar[str]
    #: State kept for every parameter.
    slots: ClassVar[tuple[str, ...]] = ()
    #: Names of the numbers it reads, besides the learning rate; they are fields of the optimizer.
    knobs: ClassVar[tuple[str, ...]] = ()
    #: The knob that is zero for parameters that do not decay.
    decay: ClassVar[str] = ""

    def instruction(
        self, value: int, gradient: int, slots: Sequence[int], n: int, rate: int, factor: int, knobs: Mapping[str, int]
    ) -> Instruction:
        """Words of the kernel named as the update: value gradient slots… n | indices of the knobs rate factor and `knobs`, in order.

        value: F index of n numbers.  rate, factor: knobs that are multiplied.  The kernel multiplies the gradient by the cell
        CLIP_SCALE and reads the number of updates done from the register STEP.
        """
        return (self.id, value, gradient, *slots, n, rate, factor, *(knobs[name] for name in self.knobs))

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        """One update in plain NumPy, in place; step counts from 0; numbers holds rate and the knobs."""
        raise NotImplementedError
