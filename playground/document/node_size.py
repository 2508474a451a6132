"""Which picture a node has on the canvas and how large that makes it, so that programs can place nodes without a window."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from playground.core.samples import Samples
from playground.core.tensor import TensorType
from playground.document.project import Node

NARROWEST, WIDEST = 84, 144
TILE, TILE_GAP, MOST_TILES = 42, 4, 8
MOST_MAPS = 16
MOST_HEADS = 4
HEAD = 48  # header and shape line; previews start here
BARE = 52  # height of a node without a preview
NAME_AT, BADGE, EDGE = 33, 24, 9  # where the name starts, room for a badge behind it, inset of all else

#: How wide a line of text is: text, pixels, bold.
Measure = Callable[[str, int, bool], float]
#: Preview kind, shown units, further units.
Picture = tuple[str, int, int]

#: Layers that hide numbers by chance; that change nothing on the way forward; that shorten or lengthen sequences.
HIDING, PASSING, POOLS = ("dropout", "spatial_dropout"), ("gradient_reversal",), ("average_pool1d", "max_pool1d", "upsample1d")

SIZES = {  # least width and height by preview kind; tiles and bars grow with their units
    "kept": (106, 152), "spread": (116, 116),
    "maps": (116, 152), "strip": (132, 118), "glyph": (96, 104), "image": (132, 152), "number": (126, 112), "field": (106, 156),
}  # fmt: skip


def is_planar(samples: Samples | None) -> bool:
    """Whether inputs are points in the plane, so that every unit's response can be drawn as a tile."""
    return samples is not None and samples.shape == (2,) and not samples.tokens


def picture_of(node: Node, judged: bool, output: TensorType | None, samples: Samples | None) -> Picture:
    """What a node shows. judged: the loss reads this node's output."""
    kind = node.spec.kind
    planar = is_planar(samples)
    if kind == "loss":
        return ("field" if planar else "number"), 1, 0
    if kind == "dataset":
        if samples is None:
            return "", 0, 0
        if planar:
            return "tiles", 2, 0
        return ("strip" if samples.steps else "image" if len(samples.shape) == 3 else ""), 0, 0
    if planar and output is not None:  # of a sequence or an image each of its numbers is a unit
        units = output.count
        return ("field", 1, 0) if units == 1 else ("tiles", min(units, MOST_TILES), max(0, units - MOST_TILES))
    wished = getattr(node.spec, "preview", "")
    if wished and judged and samples is not None and output is not None and output.shape == (samples.classes,):
        wished = "bars"
    if output is not None and "weights" in getattr(node.spec, "outputs", ()) and node.spec.kind == "layer":
        return "maps", min(getattr(node.spec, "heads", 1), MOST_HEADS), 0  # what each step looks at
    if not wished and kind == "layer" and output is not None:
        wished = _usual(node, output)
    if wished in ("tiles", "maps") and output is not None and _is_sequence(node, output):
        return "maps", 1, 0  # one picture of the output: steps across, units down
    if wished == "tiles":  # response tiles need planar data; elsewhere the weights are shown
        wished = "maps"
    if output is None or wished not in ("bars", "maps"):
        return wished, 0, 0
    return wished, min(output.count, 10) if wished == "bars" else min(output.shape[-1], MOST_MAPS), 0


def _usual(node: Node, output: TensorType) -> str:
    """The picture of a layer that asks for none: units that are hidden, how outputs are spread, or the outputs themselves.

    Layers that only lay numbers out anew show none: their neighbours show the same numbers.
    """
    group = getattr(node.spec, "group", "")
    if node.spec.id in HIDING:
        return "kept"
    if group == "Normalise, regularise" and node.spec.id not in PASSING:
        return "spread"
    if group in ("Merge", "Dense and convolution", "Attention", "Sequence") or node.spec.id in POOLS:
        return {1: "spread", 2: "maps", 3: "maps"}.get(output.rank, "")
    return ""


def _is_sequence(node: Node, output: TensorType) -> bool:
    """Whether a layer's picture is its output over the steps; a recurrent layer has one even where it gives its last state alone."""
    return output.rank == 2 or "state" in getattr(node.spec, "outputs", ())


def size_of(picture: Picture, kind: str, name: str, line: str, measure: Measure) -> tuple[float, float]:
    """Width and height in pixels at 100 %. kind: of the node's record; line: the words under its name. A name of "" asks for the least."""
    preview, units, more = picture
    if kind == "loss":
        return (200.0, 254.0) if preview == "field" else (126.0, 112.0)
    if preview == "tiles":
        rows = -(-units // 2)
        height = HEAD + rows * (TILE + TILE_GAP) + 6 + (56 if kind == "dataset" else 0)
        wide = NAME_AT + measure(name, 12, True) + (10 + measure(f"+{more:,}", 9, False) if more else BADGE - 12)
        return float(min(max(106, ceil(wide)), WIDEST)), float(height)
    least, high = (116, round(HEAD + max(units, 4) * 9.6 + 8)) if preview == "bars" else SIZES.get(preview, (NARROWEST, BARE))
    wanted = max(float(least), NAME_AT + measure(name, 12, True) + BADGE, EDGE + measure(line, 10, False) + EDGE)
    return float(round(min(wanted, WIDEST))), float(high)
