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
from playground.engine.onnx_form import OnnxWriter
from playground.engine.registers import CONSTANT_ONE, CONSTANT_ZERO


class Op:
    """A primitive. The attribute `id` is permanent."""

    id: ClassVar[str]
    #: Operator name of ONNX, or "" where `to_onnx` composes it of several.
    onnx: ClassVar[str] = ""
    #: The output is the mean loss of the batch, and `forward` in training emits the gradient of the prediction too.
    is_loss: ClassVar[bool] = False
    #: The backward emission honours `e.mask(x)` for every sample input whose gradient it writes.
    masks: ClassVar[bool] = False
    #: A ReLU that follows may be folded in: attribute `relu` is then True and the output is max(0, ·).
    takes_relu: ClassVar[bool] = False
    #: The output is the input seen with another shape: no work where the input has no halo.
    is_view: ClassVar[bool] = False

    #: Its sample inputs and its outputs lie without gaps (no halo); the plan puts a copy in between where another op wants one.
    is_flat: ClassVar[bool] = False
    #: The first axis of the output's samples counts the same steps as the first input's: a mask of steps goes on.
    keeps_steps: ClassVar[bool] = False
    #: Numbers only move: tokens are tokens afterwards.
    keeps_tokens: ClassVar[bool] = False
    #: Gradients go back through it; masks and other whole numbers have none.
    carries_gradient: ClassVar[bool] = True
    #: Names of its outputs. Besides the main one they hold what the backward pass or a person may want to see.
    outputs: ClassVar[tuple[str, ...]] = ("y",)

    def shape(self, inputs: Sequence[TensorType], attributes: Mapping[str, Any]) -> TensorType | tuple[TensorType, ...]:
        """Type of the output, or of all where there are several. Raises ShapeError with what was expected and what came."""
        raise NotImplementedError

    def keeps_steps_of(self, inputs: Sequence[TensorType]) -> bool:
        """`keeps_steps`, for these inputs."""
        return self.keeps_steps

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> Any:
        """The formula in plain NumPy, in the precision of its inputs: an array, or a tuple of one for each of several outputs.

        Sample values have the batch axis first; parameters, statistics and constants do not.
        """
        raise NotImplementedError

    def results(
        self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False
    ) -> tuple[np.ndarray, ...]:
        """What `reference` gives, always as a tuple."""
        found = self.reference(inputs, attributes, training)
        return found if isinstance(found, tuple) else (found,)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        """Append its ONNX form: by default the operator named `onnx`, with attributes of the same names. Raises NoOnnxForm."""
        w.plain(node, self.onnx)

    def cost(self, inputs: Sequence[TensorType], output: TensorType, attributes: Mapping[str, Any]) -> int:
        """Floating-point operations of one sample's forward pass; a multiply-add counts two."""
        return output.count

    def absorbs(self, graph: Graph, node: OpNode) -> OpNode | None:
        """The node doing the work of the op before it as well, which nothing else reads; or None. Not asked where all values are shown."""
        return None

    def hands_on(self, node: OpNode) -> tuple[int, ...]:
        """Inputs whose gradient is the output's. Where the plan puts both in one place, `Emit.hands_on` says so in `backward`."""
        return ()

    def halo(self, graph: Graph, node: OpNode) -> dict[int, tuple[int, int]]:
        """Value index -> rows and columns of zeros needed around its images (and their gradients') for this op."""
        return {}

    def takes_features(self, e: Emit, node: OpNode) -> bool:
        """Whether `forward` reads the samples in tasks by features. Asked of the only node that reads them."""
        return False

    def forward(self, e: Emit, node: OpNode) -> None:
        raise NotImplementedError

    def backward(self, e: Emit, node: OpNode) -> None:
        raise NotImplementedError


class Update:
    """How an optimizer changes a run of parameters: one formula over flat slots, elementwise but for sums over a tensor."""

    id: ClassVar[str]
    #: State kept for every parameter.
    slots: ClassVar[tuple[str, ...]] = ()
    #: State of every layer beside its slots: single numbers that start at 0, which `begin` brings forward once a step.
    scalars: ClassVar[tuple[str, ...]] = ()
    #: Names of the numbers it reads, besides the learning rate; they are fields of the optimizer.
    knobs: ClassVar[tuple[str, ...]] = ()
    #: The knob of weight decay; its factor is zero for parameters that do not decay.
    decay: ClassVar[str] = ""
    #: The knob of momentum, which a schedule may lower: that or the share of the mean gradient that is kept; "" where it has none.
    momentum: ClassVar[str] = ""
    #: Sums over a whole tensor that its step needs. Each tensor is then a run of its own, and `measure` goes over it before.
    sums: ClassVar[int] = 0
    #: It reads how many updates a layer has had: a register says how many the run had done when the layer's first one came.
    ages: ClassVar[bool] = False

    def begin(self, scalars: Sequence[int], knobs: Mapping[str, int], begun: int) -> Instruction:
        """What brings a layer's scalars (F indices) forward, in a stage of its own before all others of the update."""
        raise NotImplementedError

    def measure(
        self,
        value: int,
        gradient: int,
        slots: Sequence[int],
        n: int,
        knobs: Mapping[str, int],
        decay_factor: int,
        penalty: int,
        sums: int,
        begun: int,
    ) -> Instruction:
        """What leaves the sums of one piece of a tensor at F[sums], in the stage before `instruction`; pieces are 16 apart."""
        raise NotImplementedError

    def instruction(
        self,
        value: int,
        gradient: int,
        slots: Sequence[int],
        n: int,
        rate: int,
        factor: int,
        knobs: Mapping[str, int],
        *,
        decay_factor: int = CONSTANT_ONE,
        penalty: int = CONSTANT_ZERO,
        scalars: Sequence[int] = (),
        sums: tuple[int, int] = (0, 0),
        begun: int = 0,
    ) -> Instruction:
        """Words of the kernel named as the update.

        value gradient slots… n | indices of the knobs rate factor and `knobs`, in order, decay_factor and penalty | scalars… |
        sums pieces, where it has any | begun, where it ages.  value: F index of n numbers, which are whole lines of LANES: what lies
        between two tensors is 0 everywhere and stays so, and lanes need no mask.  rate, factor: knobs that are multiplied,
        as are the knob of decay and decay_factor.  penalty: knob; this share of the weights, times decay_factor, belongs to the
        gradient.  begun: register whose number is taken from STEP, that of updates done, for the age; register 0 holds 0.  The
        kernel leaves the gradient as it is: it clips by the cells CLIP_MOST and CLIP_SCALE, and adds the share, as it reads.
        """
        numbers = [rate, factor, *(knobs[name] for name in self.knobs), decay_factor, penalty]
        return (
            self.id,
            value,
            gradient,
            *slots,
            n,
            *numbers,
            *scalars,
            *(sums if self.sums else ()),
            *([begun] if self.ages else []),
        )

    def reference(
        self, value: np.ndarray, gradient: np.ndarray, slots: dict[str, np.ndarray], step: int, numbers: Mapping[str, float]
    ) -> None:
        """One update in plain NumPy, in place; step counts from 0; numbers holds rate and the knobs."""
        raise NotImplementedError
