"""How much of the input one position of a layer's output sees: the receptive field of chains of convolutions and pools.

Araujo, Norris and Sim: Computing Receptive Fields of Convolutional Neural Networks, Distill (2019). With the reach r and the jump j
between neighbours, both in positions of the input, a window of k positions, dilation d and stride s gives r + (k - 1)·d·j and j·s.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from fractions import Fraction

from playground.core.spec import Layer
from playground.core.tensor import TensorType
from playground.document.project import Network, Node

#: Layers of these groups mix all steps, and these move positions about, so that there is no window to speak of.
_MIXING = frozenset({"Sequence", "Attention"})
_MOVING = frozenset({"permute", "reshape", "flatten", "slice", "spatial_transformer", "expression"})


@dataclasses.dataclass(frozen=True)
class Reach:
    """extents: positions of the data that one output position depends on at most, per axis: (height, width) or (steps,).

    of: the data's own extents.  jump: positions of the data between neighbours of the output.
    """

    extents: tuple[int, ...]
    of: tuple[int, ...]
    jump: tuple[Fraction, ...]

    @property
    def whole(self) -> bool:
        """Whether it may be all of the data."""
        return all(reach >= there for reach, there in zip(self.extents, self.of, strict=True))


def receptive_fields(network: Network, types: Mapping[str, TensorType]) -> dict[str, Reach]:
    """Node id -> reach, for every node that a chain of windows and elementwise layers leads to from the data.

    types: what each node gives. Normalisation is taken as elementwise, as is usual, although its statistics see more.
    """
    found: dict[str, Reach] = {}
    for node in network.of_kind("dataset"):
        type = types.get(node.id)
        if type is not None and type.rank in (2, 3):
            axes = type.shape[: type.rank - 1]
            found[node.id] = Reach((1,) * len(axes), axes, (Fraction(1),) * len(axes))
    feeds, follows = _wires(network)
    layers = {node.id: node for node in network.nodes if node.spec.kind == "layer"}
    left = {id: len(set(feeds.get(id, ()))) for id in layers}
    ready = [node.id for node in network.nodes if node.id not in layers]
    while ready:
        for target in follows.get(ready.pop(), ()):
            left[target] = left.get(target, 0) - 1
            if target in layers and not left[target]:
                reach = _through(layers[target], feeds[target], found, types)
                if reach is not None:
                    found[target] = reach
                ready.append(target)
    return found


def _wires(network: Network) -> tuple[dict[str, list[str]], dict[str, set[str]]]:
    """What feeds each node, by port, and what each node feeds."""
    feeds: dict[str, list[str]] = {}
    follows: dict[str, set[str]] = {}
    for link in sorted(network.links, key=lambda link: link.port):
        feeds.setdefault(link.target, []).append(link.source)
        follows.setdefault(link.source, set()).add(link.target)
    return feeds, follows


def _through(node: Node, sources: list[str], found: Mapping[str, Reach], types: Mapping[str, TensorType]) -> Reach | None:
    """The reach of a layer's output, or None where there is no window to speak of."""
    given, spec = types.get(node.id), node.spec
    if given is None or not all(source in found for source in sources) or not isinstance(spec, Layer):
        return None
    before, first = found[sources[0]], types.get(sources[0])
    if first is None or first.rank != given.rank or spec.group in _MIXING or spec.id in _MOVING:
        return None
    for source in sources[1:]:
        before = _joined(before, found[source])
    axes = len(before.extents)
    if spec.id.startswith("conv_transpose"):
        return _spread(before, _pair(spec, "kernel", axes), _pair(spec, "stride", axes), _pair(spec, "dilation", axes))
    if hasattr(spec, "kernel") and hasattr(spec, "stride"):
        return _window(before, _pair(spec, "kernel", axes), _pair(spec, "stride", axes), _pair(spec, "dilation", axes))
    if spec.id in ("upsample", "upsample1d"):
        read = {"nearest": 1, "bicubic": 4}.get(getattr(spec, "mode", "nearest"), 2)
        scale = _pair(spec, "scale", axes)
        return _spread(before, tuple(n * read for n in scale), scale, (1,) * axes)
    same = first.shape[:axes] == given.shape[:axes]
    return before if same or spec.id == "pad" else None


def _pair(spec: Layer, name: str, axes: int) -> tuple[int, ...]:
    """A setting of a window for every axis."""
    value = getattr(spec, name, 1)
    return tuple(value) if isinstance(value, tuple) else (value,) * axes


def _window(before: Reach, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> Reach:
    extents = tuple(
        r + math.ceil((k - 1) * d * j) for r, j, k, d in zip(before.extents, before.jump, kernel, dilation, strict=True)
    )
    return Reach(extents, before.of, tuple(j * s for j, s in zip(before.jump, stride, strict=True)))


def _spread(before: Reach, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]) -> Reach:
    """A window laid around every position: an output position lies under ceil(reach of the window / stride) of them at most."""
    counts = [-(-((k - 1) * d + 1) // s) for k, s, d in zip(kernel, stride, dilation, strict=True)]
    extents = tuple(r + math.ceil((n - 1) * j) for r, j, n in zip(before.extents, before.jump, counts, strict=True))
    return Reach(extents, before.of, tuple(j / s for j, s in zip(before.jump, stride, strict=True)))


def _joined(one: Reach, other: Reach) -> Reach:
    """What a merge of two sees: the larger on every axis."""
    if len(one.extents) != len(other.extents):
        return one
    return Reach(
        tuple(map(max, one.extents, other.extents)), one.of, tuple(max(a, b) for a, b in zip(one.jump, other.jump, strict=True))
    )
