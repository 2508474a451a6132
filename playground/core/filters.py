"""What convolutions and transposed convolutions share: settings, the rule of groups, their weights and how these are counted."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np

from playground.core.builder import Builder
from playground.core.fields import choice, flag, part, whole
from playground.core.spec import Initializer, Layer
from playground.core.tensor import Value
from playground.core.window import BORDERS
from playground.errors import ShapeError
from playground.words import sentence


def filter_count(help: str) -> Any:
    return whole(16, low=1, high=65_536, log=True, help=help)


def group_count() -> Any:
    return whole(1, low=1, high=65_536, help="Parts that channels and filters are split into.")


def with_bias(help: str) -> Any:
    return flag(True, help=help)


def border_of(*padded: str) -> Any:
    """padded: the modes of padding that have any."""
    return choice("zeros", BORDERS, advanced=True, when=("padding", padded), help="What the padding holds.")


def weights_from() -> Any:
    return part("initializer", "he_normal", label="Start from", help="How the weights start.")


def biases_from() -> Any:
    return part(
        "initializer", "zeros", label="Biases start from", advanced=True, when=("bias", True), help="How the biases start."
    )


@dataclasses.dataclass(frozen=True)
class InGroups(Initializer):
    """Another start, drawn for each of several groups of the last axis by itself."""

    inner: Initializer
    groups: int

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> np.ndarray:
        part = (*shape[:-1], shape[-1] // self.groups)
        return np.concatenate([self.inner.draw(rng, part, fan_in, fan_out) for _ in range(self.groups)], axis=-1)


class Filters(Layer):
    """A layer of filters. Its record declares these settings among its own, in the order of its form."""

    filters: int
    groups: int
    border: str = "zeros"
    bias: bool
    start: Initializer
    bias_start: Initializer

    def check_groups(self, channels: int) -> None:
        """Raises ShapeError where the groups do not divide channels and filters."""
        if channels % self.groups or self.filters % self.groups:
            common = math.gcd(channels, self.filters)
            fitting = max(n for n in range(1, min(common, self.groups) + 1) if common % n == 0)
            raise ShapeError(
                sentence(
                    "needs channels and filters that {groups} groups divide; there are {filters} filters.",
                    groups=self.groups,
                    filters=self.filters,
                ),
                f"set groups {fitting}",
            )

    def bordered(self, g: Builder, x: Value, before: tuple[int, ...], after: tuple[int, ...]) -> Value:
        """x with so many entries around it as the border holds them. Raises ShapeError where there are too few to take them from."""
        most = {"reflect": -1, "wrap": 0}.get(self.border)
        if most is not None and any(max(b, a) > n + most for n, b, a in zip(x.shape, before, after, strict=True)):
            limit = sentence("less padding than the extent") if most else sentence("at most the extent as padding")
            raise ShapeError(
                sentence("needs {limit} where the border is {border}.", limit=limit, border=self.border), 'set border "zeros"'
            )
        return g.op("pad", x, before=before, after=after, mode=self.border, value=0.0)

    def trained(self, g: Builder, shape: tuple[int, ...], area: int, channels: int, *, turned: bool = False) -> list[Value]:
        """The weights of that shape, and the biases where there are any. area: positions that a filter covers.

        turned: the last axis counts channels, and the one before it the filters of each group; else it counts filters.
        Fans are those of the signal on the way forward, turned or not: Glorot and Bengio (2010), He et al. (2015), section 2.2.
        PyTorch and Keras take the axes of a turned weight as they stand, and so have them the other way round.
        """
        i, o = area * channels // self.groups, area * self.filters
        start = InGroups(self.start, self.groups) if self.start.by_group and self.groups > 1 else self.start
        axis, groups = (-2, self.groups) if turned else (-1, 1)
        made = [g.parameter("weight", shape, start, fan_in=i, fan_out=o, unit_axis=axis, unit_groups=groups)]
        if self.bias:
            made.append(g.parameter("bias", (self.filters,), self.bias_start, fan_in=i, fan_out=o, decays=False))
        return made

    def counted(self, area: str, channels: int) -> str:
        """The formula of how many numbers are trained."""
        seen = f"{area}·{channels // self.groups}"
        return f"{self.filters}·({seen}+1)" if self.bias else f"{self.filters}·{seen}"


def area_of(kernel: tuple[int, int]) -> str:
    """(3, 3) as "3²", (3, 5) as "3·5"."""
    h, w = kernel
    return f"{h}²" if h == w else f"{h}·{w}"
