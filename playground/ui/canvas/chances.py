"""Pictures of what is left to chance or spread: units that dropout hides, histograms of what a layer gives."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from playground.core.tensor import TensorType
from playground.engine.graph import Graph
from playground.engine.rng import FIRST_NODE_STREAM, uniforms_at
from playground.training.spread import thinned
from playground.ui.painting import CENTRE, LEFT, RIGHT, put
from playground.ui.plots.axis import short
from playground.ui.theme import theme
from playground.words import say

Array = npt.NDArray[np.floating]

#: Cells on a side of the picture of hidden units.
MOST_CELLS = 16
BINS = 32
FOOT = 15.0
#: Ops that hide numbers one by one, and whole channels.
HIDES, HIDES_CHANNELS = "dropout", "spatial_dropout"


@dataclasses.dataclass(frozen=True, eq=False)
class Kept:
    """Of one sample of a batch. cells: whether each unit is kept, NaN where there is none, (rows, columns).  kept, units: of all."""

    cells: Array
    kept: int
    units: int


@dataclasses.dataclass(frozen=True, eq=False)
class Spread:
    """A histogram. shares: of each bin, of the fullest one, (bins,).  low, high: its ends."""

    shares: Array
    low: float
    high: float


def kept_units(graph: Graph, owner: str, type: TensorType, rate: float, seed: int, step: int) -> Kept | None:
    """What a dropout layer leaves of the first sample of a batch, by the numbers that its kernel draws.

    Of an image the first channel is shown; of a sequence steps stand across. step: updates done before.  None for other layers.
    """
    node = next((node for node in graph.nodes if node.owner == owner and node.op in (HIDES, HIDES_CHANNELS)), None)
    if node is None or not type.shape:
        return None
    places: npt.NDArray[np.uint64]
    if node.op == HIDES and len(type.shape) == 3:
        high, wide, channels = type.shape
        places = (np.arange(high * wide, dtype=np.uint64) * np.uint64(channels)).reshape(high, wide)
    else:
        places = np.arange(type.count if node.op == HIDES else type.shape[-1], dtype=np.uint64)
        if node.op == HIDES and len(type.shape) == 2:
            places = places.reshape(type.shape).T
    kept = uniforms_at(seed, FIRST_NODE_STREAM + node.index, step, places.reshape(-1)).reshape(places.shape) >= np.float32(rate)
    return Kept(_cells(kept), int(kept.sum()), kept.size)


def _cells(kept: npt.NDArray[np.bool_]) -> Array:
    """At most 16 on a side; a row of units goes on in the next line."""
    if kept.ndim == 1:
        wide = min(MOST_CELLS, max(4, int(np.ceil(np.sqrt(len(kept))))))
        rows = min(MOST_CELLS, -(-len(kept) // wide))
        flat = np.full(rows * wide, np.nan)
        flat[: min(len(kept), rows * wide)] = kept[: rows * wide]
        return flat.reshape(rows, wide)
    return np.asarray(kept.reshape(kept.shape[0], -1)[:MOST_CELLS, :MOST_CELLS], float)


def spread_of(given: Array | None) -> Spread | None:
    """How what a layer gives is spread; None where nothing of it is a number. Shapes: any."""
    values = thinned(given).astype(float) if given is not None else np.zeros(0)
    values = values[np.isfinite(values)]
    if not values.size:
        return None
    low, high = float(values.min()), float(values.max())
    if not high > low:
        low, high = low - 0.5, high + 0.5
    counts = np.histogram(values, BINS, (low, high))[0]
    return Spread(counts / counts.max(), low, high)


def paint_kept(p: QPainter, r: QRectF, group: str, found: Kept) -> None:
    """Full cells for units that are kept, empty ones for the others, and how many there are."""
    rows, columns = found.cells.shape
    cell = max(2.0, float(int(min(r.width() / columns, (r.height() - FOOT) / rows))))
    left, top = round(r.center().x() - cell * columns / 2), r.y() + 2
    full, empty = theme().color(group), theme().color("plotgrid")
    for (row, column), kept in np.ndenumerate(found.cells):
        if np.isfinite(kept):
            p.fillRect(QRectF(left + column * cell, top + row * cell, cell - 1, cell - 1), full if kept else empty)
    words = say("{kept} of {units} kept", kept=f"{found.kept:,}", units=f"{found.units:,}")
    put(p, QRectF(r.x(), r.bottom() - FOOT + 3, r.width(), FOOT), words, 10, "text2", how=CENTRE)


def paint_spread(p: QPainter, r: QRectF, group: str, found: Spread) -> None:
    """Bars over their ends, with a line at zero where that lies between."""
    ground = r.adjusted(0, 2, 0, -FOOT)
    p.fillRect(ground, theme().color("base"))
    wide = ground.width() / len(found.shares)
    ink = QColor(theme().color(group))
    for at, share in enumerate(found.shares):
        high = share * (ground.height() - 3)
        if high > 0:
            p.fillRect(QRectF(ground.x() + at * wide, ground.bottom() - max(high, 1.0), wide, max(high, 1.0)), ink)
    if found.low < 0 < found.high:
        x = round(ground.x() - found.low / (found.high - found.low) * ground.width())
        p.fillRect(QRectF(x, ground.y(), 1, ground.height()), theme().color("strong"))
    p.setPen(QPen(theme().color("border"), 1))
    p.drawLine(ground.bottomLeft(), ground.bottomRight())
    foot = QRectF(r.x(), r.bottom() - FOOT + 3, r.width(), FOOT)
    put(p, foot, short(float(f"{found.low:.2g}")), 9, "text2", how=LEFT)
    put(p, foot, short(float(f"{found.high:.2g}")), 9, "text2", how=RIGHT)
