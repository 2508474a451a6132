"""Hard sigmoid: (x + 3) / 6, kept within 0 and 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from playground.engine.graph import OpNode
from playground.engine.onnx_form import OnnxWriter, label
from playground.engine.pointwise import Pointwise
from playground.engine.vocabulary import vmax, vmin, where


class HardSigmoid(Pointwise):
    """Source: Howard et al., "Searching for MobileNetV3", 2019, section 5.2; as in PyTorch."""

    id = "hard_sigmoid"
    flops = 4

    @staticmethod
    def value(x, p):
        return vmin(vmax((x + 3.0) * 0.16666667, 0.0), 1.0)

    @staticmethod
    def slope(y, p):
        return where((y > 0.0) & (y < 1.0), 0.16666667, 0.0)

    def reference(self, inputs: Sequence[np.ndarray], attributes: Mapping[str, Any], training: bool = False) -> np.ndarray:
        return np.clip((inputs[0] + 3) / 6, 0, 1)

    def to_onnx(self, w: OnnxWriter, node: OpNode) -> None:
        held = w.held(node.inputs[0])
        w.hold(node.output, w.node("HardSigmoid", [held.name], label(node), alpha=1 / 6, beta=0.5), first=held.first)
