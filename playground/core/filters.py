"""What convolutions and transposed convolutions share: settings, the rule of groups, their weights and how these are counted."""

from __future__ import annotations

import math
from typing import Any

from playground.core.builder import Builder
from playground.core.fields import flag, part, whole
from playground.core.spec import Initializer, Layer
from playground.core.tensor import Value
from playground.errors import ShapeError
from playground.words import sentence


def filter_count(help: str) -> Any:
    return whole(16, low=1, high=65_536, log=True, help=help)


def group_count() -> Any:
    return whole(1, low=1, high=65_536, help="Parts that channels and filters are split into.")


def with_bias(help: str) -> Any:
    return flag(True, help=help)


def weights_from() -> Any:
    return part("initializer", "he_normal", label="Start from", help="How the weights start.")


def biases_from() -> Any:
    return part(
        "initializer", "zeros", label="Biases start from", advanced=True, when=("bias", True), help="How the biases start."
    )


class Filters(Layer):
    """A layer of filters. Its record declares these settings among its own, in the order of its form."""

    filters: int
    groups: int
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

    def trained(self, g: Builder, shape: tuple[int, ...], area: int, channels: int) -> list[Value]:
        """The weights of that shape, and the biases where there are any. area: positions that a filter covers."""
        i, o = area * channels // self.groups, area * self.filters
        made = [g.parameter("weight", shape, self.start, fan_in=i, fan_out=o)]
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
