"""From arrays to what a node's picture shows: scaled, cut and labelled. Pure."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from playground.core.samples import Samples
from playground.core.spec import Layer, Spec
from playground.data.prepare import Prepared
from playground.document.node_size import MOST_TILES
from playground.document.project import Node
from playground.training import surfaces
from playground.training.areas.tiles import Tile
from playground.training.saturation import cuts, saturation
from playground.training.surfaces import LOWEST, SIDE, VOID, Coded
from playground.ui.canvas.answers import Array
from playground.ui.canvas.look import MAP_SIDE
from playground.ui.canvas.plane import grid_points, in_square, plane_of
from playground.ui.canvas.preview import PreviewData
from playground.ui.canvas.sequences import attention, has_weights, heat, length_of, over_steps, strip_of
from playground.ui.plots.axis import measured
from playground.words import named, say, sentence

MOST_POINTS = 240
BINS = 32


def _symmetric(values: Array) -> Array:
    """Scaled to -1 to 1 with zero kept at zero."""
    finite = values[np.isfinite(values)]
    most = float(np.max(np.abs(finite))) if finite.size else 0.0
    return values / most if most > 0 else values


@functools.lru_cache(maxsize=256)
def curve(spec: Any) -> PreviewData | None:
    """An activation's function over -3 to 3, in the unit square. The same for equal records, so that its image can be kept."""
    x = np.linspace(-3.0, 3.0, 61)
    values = spec.curve(x) if isinstance(spec, Layer) else None
    if values is None:
        return None
    y = np.asarray(values, float)
    x, y = x[np.isfinite(y)], y[np.isfinite(y)]  # a formula of one's own may be undefined on one side
    if not y.size:
        return None
    low, high = min(float(y.min()), 0.0), max(float(y.max()), 1e-9)
    return PreviewData(curve=np.stack([(x + 3) / 6, (y - low) / (high - low)], axis=1))


def image(samples: Samples | None, index: int) -> PreviewData | None:
    """One input image in grey, 0 to 1."""
    if samples is None or not samples.count or len(samples.shape) != 3:
        return None
    picture = samples.x[index % samples.count].astype(float).mean(axis=2)
    span = float(picture.max() - picture.min())
    return PreviewData(maps=((picture - picture.min()) / (span or 1.0))[None])


def strip(samples: Samples | None, index: int) -> PreviewData | None:
    """One sequence: its tokens, or its amounts over the steps."""
    found = strip_of(samples, index)
    return None if found is None else PreviewData(strip=found)


def sequence(node: Node, answers: Mapping[str, Array], samples: Samples | None, index: int) -> PreviewData | None:
    """What a layer gives over the steps of the sample shown, or what its steps look at; None for layers without steps."""
    if has_weights(node.spec):
        given = answers.get(f"{node.name}:weights")
        return (
            None
            if given is None
            else PreviewData(maps=_share(attention(given[0], length_of(samples, index, given.shape[-1])))[: MAP_SIDE**2])
        )
    given = over_steps(node, answers)
    if given is None:
        return None
    return PreviewData(maps=_symmetric(heat(given[0], length_of(samples, index, given.shape[1])))[None])


def _share(values: Array) -> Array:
    """Each head to its own greatest weight."""
    most = values.max(axis=(1, 2), keepdims=True)
    return np.asarray(values / np.where(most > 0, most, 1.0))


def number(loss: float | None, caption: str) -> PreviewData:
    """The newest loss, or a dash before the first step."""
    text = "—" if loss is None else measured(loss) if 1e-3 <= abs(loss) < 1e5 or loss == 0 else f"{loss:.1e}".replace("e+", "e")
    return PreviewData(number=text, caption=caption)


def maps(weight: Array | None, given: Array | None, form: tuple[int, ...], first: int = 0) -> PreviewData | None:
    """Filters of a convolution, weight pictures of a dense layer, else the maps that come out; from the unit `first` on.

    form: shape of the image whose flattened numbers a dense layer reads, or () where there is none.
    """
    if weight is not None and weight.ndim == 4:
        return PreviewData(maps=_symmetric(weight.mean(axis=2).transpose(2, 0, 1)[first : first + MAP_SIDE**2]))
    if weight is not None and weight.ndim == 2:
        return PreviewData(maps=_symmetric(_unit_weights(weight[:, first:], form)))
    if given is None:
        return None
    if given.ndim == 4:
        return PreviewData(maps=_symmetric(given[0].transpose(2, 0, 1)[: MAP_SIDE**2]))
    return PreviewData(maps=_symmetric(given[0].reshape(-1)[: MAP_SIDE**2].reshape(-1, 1, 1)))


def _unit_weights(weight: Array, form: tuple[int, ...]) -> Array:
    """Each unit's incoming weights as a small picture: of the flattened image's form, channels averaged, else nearly square."""
    inputs = weight.shape[0]
    if len(form) == 3 and int(np.prod(form)) == inputs:
        return weight.reshape(*form, -1).mean(axis=2).transpose(2, 0, 1)[: MAP_SIDE**2]
    high = max(d for d in range(1, int(np.sqrt(inputs)) + 1) if inputs % d == 0)
    return weight.T[: MAP_SIDE**2].reshape(-1, high, inputs // high)


def weight_tiles(weight: Array, bias: Array | None, first: int) -> PreviewData | None:
    """Each unit's incoming weights as bars, its bias last, all on one scale. Shapes: weight (..., units), bias (units,)."""
    weight = weight.reshape(-1, weight.shape[-1])
    if first >= weight.shape[1]:
        return None
    numbers = weight if bias is None or bias.shape != weight.shape[1:] else np.concatenate([weight, bias[None]])
    return PreviewData(maps=_bars_of(_symmetric(numbers)[:, first : first + MOST_TILES].T))


def histograms(given: Array, first: int) -> PreviewData:
    """What each unit gives for some samples, from −most to most: how often. Shapes: given (samples, ...)."""
    units = given.reshape(len(given), -1)[:, first : first + MOST_TILES].T
    finite = np.where(np.isfinite(units), units, 0.0)
    most = np.abs(finite).max(axis=1, keepdims=True)
    places = ((finite / np.where(most > 0, most, 1.0) + 1) * (BINS / 2)).clip(0, BINS - 1).astype(int)
    counts = np.stack([np.bincount(row, minlength=BINS) for row in places])
    return PreviewData(maps=_bars_of(counts / counts.max(axis=1, keepdims=True)))


def _bars_of(shares: Array) -> Array:
    """Bars from the middle line or, where none is below it, from the foot. Shapes: shares (pictures, bars), −1 to 1 -> coded tiles."""
    wide = np.repeat(shares, max(1, SIDE // shares.shape[1]), axis=1)[:, :SIDE]
    below = bool((shares < 0).any())
    height = np.linspace(1.0, -1.0, SIDE)[:, None] if below else np.linspace(1.0, 0.0, SIDE)[:, None]
    inside = (np.abs(height) <= np.abs(wide[:, None])) & (height * wide[:, None] >= 0) & (wide[:, None] != 0)
    codes = np.where(inside, np.where(wide[:, None] > 0, 255, LOWEST), 127).astype(np.uint8)
    codes[np.broadcast_to(~np.isfinite(wide[:, None]), codes.shape)] = VOID
    spare = SIDE - codes.shape[2]
    return np.pad(codes, ((0, 0), (0, 0), (spare // 2, spare - spare // 2)), constant_values=127)


def activity(spec: Any, given: Array | None, read: Array | None = None) -> str:
    """What an activation does to its inputs just now: how much of its output passes no gradient, and how many units never do.

    "" for other layers. read: what it read, where that is known.  Shapes: given (samples, ..., units).
    """
    found = saturation(spec, given, read) if isinstance(spec, Layer) and given is not None else None
    if found is None or not isinstance(spec, Layer):
        return ""
    cut = cuts(spec)
    dead = (
        say(", {value} % dead", value=f"{100 * found.dead:.0f}")
        if found.dead > 0 and given is not None and len(given) > 1
        else ""
    )
    share = f"{100 * found.share:.0f}"
    return (say("{share} % zero", share=share) if cut else say("{share} % saturated", share=share)) + dead


def bars(given: Array | None, samples: Samples | None) -> PreviewData | None:
    """Shares of the classes for the sample shown."""
    if given is None:
        return None
    values = given[0].reshape(-1)[:10].astype(float)
    if values.min() < 0 or values.max() > 1:
        shifted = np.exp(values - values.max())
        values = shifted / shifted.sum()
    names = map(named, samples.class_names) if samples is not None and len(samples.class_names) == given[0].size else ()
    return PreviewData(bars=values, bar_names=tuple(names))


SCALED = {
    "standardise": (sentence("Standardised"), sentence("from train part")),
    "unit": (sentence("Scaled to 0 ... 1"), sentence("from train part")),
}


def plane_tiles(samples: Samples, side: int, scaling: str) -> PreviewData:
    """The two inputs themselves, over the plane, and how they are scaled."""
    low, high = plane_of(samples)
    points = grid_points(low, high, side).reshape(side, side, 2)[::-1]
    unit = 2 * (points - np.asarray(low)) / np.subtract(high, low) - 1
    names = samples.feature_names if len(samples.feature_names) == 2 else ("x", "y")
    return PreviewData(maps=unit.transpose(2, 0, 1), notes=names, lines=SCALED.get(scaling, (say("As they are"),)))


def responses(given: Array | None, side: int, spec: Spec | None, first: int = 0) -> PreviewData | None:
    """Each unit's answer over the plane, on one scale, from the unit `first` on; units that are stuck are flagged."""
    if given is None or len(given) != side * side:
        return None
    units = np.ascontiguousarray(given.reshape(len(given), -1)[:, first : first + MOST_TILES].T, np.float32)
    return of_coded(surfaces.responses(units, spec, side))


def of_coded(found: Coded) -> PreviewData:
    """Pictures that are coded already."""
    return PreviewData(maps=found.codes, flagged=found.flagged)


def of_tile(found: Tile | None) -> PreviewData | None:
    """What the worker made of a node."""
    return None if found is None else PreviewData(maps=found.array, flagged=found.flagged)


def field(given: Array | None, side: int) -> PreviewData | None:
    """One unit's answer over the plane, with the ends of its scale."""
    if given is None or len(given) != side * side:
        return None
    found = surfaces.field(np.asarray(given.reshape(len(given), -1)[:, 0], np.float32), side)
    return PreviewData(maps=found.codes, ends=_ends(found.most))


def of_field(found: Tile) -> PreviewData:
    """One unit's answer as the worker made it."""
    return PreviewData(maps=found.array, ends=_ends(found.most))


def _ends(most: float) -> tuple[str, str]:
    return (f"−{most:.3g}", f"+{most:.3g}")


def decided(response: Array | None, samples: Samples, side: int) -> Array | None:
    """What a network decides over the plane, coded; None where it does not answer in points of the plane."""
    if response is None or len(response) != side * side:
        return None
    return surfaces.decision(np.asarray(response, np.float32).reshape(side * side, -1), samples.task, side).codes


def judged(codes: Array | None, samples: Samples, prepared: Prepared | None) -> PreviewData:
    """What the network decides over the plane, under the points. Shapes: codes (1, size, size)."""
    low, high = plane_of(samples)
    many = samples.classes if samples.task == "classification" and samples.classes > 2 else 0
    rows = prepared.train.index if prepared is not None else np.arange(samples.count)
    shown = rows[:: max(1, len(rows) // MOST_POINTS)]
    points = in_square(samples.x[shown].astype(float), low, high)
    classes = samples.y[shown].reshape(len(shown), -1)[:, 0]
    if samples.task != "classification":
        classes = (classes > np.median(classes)).astype(int)
        ends = (say("low"), say("high"))
    else:
        names = tuple(map(named, samples.class_names))
        ends = (
            (names[0][:9], names[-1][:9])
            if len(names) > 1
            else (say("class {classes}", classes=0), say("class {classes}", classes=samples.classes - 1))
        )
    return PreviewData(maps=codes, points=points, classes=classes.astype(int), ends=ends, many=many)
