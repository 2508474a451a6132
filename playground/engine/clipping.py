"""Clipping by value, while the gradient is read: what lies in the arena stays the gradient of the loss, which is what is shown of it."""

from __future__ import annotations

from playground.engine.kernel import inline
from playground.engine.vocabulary import INFINITY, LANES, hsum, load, splat, where


@inline
def limited(x, most):
    """Lanes brought into -most … most; infinity is no limit. Source: PyTorch's clip_grad_value_."""
    if most < INFINITY:  # the compiler makes two loops of it, so that updates without a limit cost nothing more
        x = where(x > most, most, where(x < -most, -most, x))
    return x


@inline
def limited_squares(F, g, n, most):
    """The sum of squares of a gradient within its limit."""
    total = splat(0.0)
    for j in range(0, n, LANES):
        x = limited(load(F, g + j, LANES), most)
        total = total + x * x
    return hsum(total)
