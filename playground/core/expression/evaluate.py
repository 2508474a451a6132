"""Evaluating expressions in NumPy, shared parts once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from playground.core.expression.nodes import CONSTANTS, Node, in_order

Array = np.ndarray[Any, Any]

_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: Array) -> Array:
    """The error function."""
    return np.asarray(_erf(x), np.float64)


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x) without overflow."""
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def gelu(x: Array) -> Array:
    """x Φ(x), Φ being the normal distribution's. Source: Hendrycks and Gimpel, "Gaussian error linear units", 2016, section 2."""
    return 0.5 * x * (1.0 + erf(x * math.sqrt(0.5)))


#: What each kind means. Comparisons with NaN are false; log and sqrt of negative numbers are NaN.
MEANING: dict[str, Callable[..., Any]] = {
    "neg": np.negative, "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "lt": np.less, "gt": np.greater, "le": np.less_equal, "ge": np.greater_equal,
    "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "tanh": np.tanh, "sigmoid": sigmoid,
    "softplus": lambda x: np.logaddexp(0.0, x), "relu": lambda x: np.maximum(x, 0.0), "sin": np.sin, "cos": np.cos, "erf": erf,
    "gelu": gelu, "min": np.minimum, "max": np.maximum, "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "where": np.where,
}  # fmt: skip


def evaluated(roots: tuple[Node, ...], names: Mapping[str, Any]) -> list[Array]:
    """Every root, in float64. names: the arrays (or numbers) of inputs and learned numbers. Raises KeyError for a missing one."""
    found: dict[Node, Any] = {}
    with np.errstate(all="ignore"):
        for node in in_order(*roots):
            if node.kind == "number":
                found[node] = np.float64(node.number)
            elif node.kind == "constant":
                found[node] = np.float64(CONSTANTS[node.name])
            elif node.kind == "name":
                found[node] = np.asarray(names[node.name], np.float64)
            else:
                found[node] = MEANING[node.kind](*(found[arg] for arg in node.args))
    return [np.asarray(found[root], np.float64) for root in roots]


def value(root: Node, names: Mapping[str, Any]) -> Array:
    """One expression. The shape is that of the arrays it reads, () where it reads none."""
    return evaluated((root,), names)[0]


def values(root: Node, names: Mapping[str, Any]) -> Array:
    """One expression for every number of x, also where it does not depend on x."""
    return np.broadcast_to(value(root, names), np.shape(names["x"])).copy()
