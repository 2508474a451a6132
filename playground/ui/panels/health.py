"""How each layer fares: its update against its weights, and a word for it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from playground.document.project import Network, Project
from playground.lowering.expansion import expanded
from playground.training.history import LayerNorms
from playground.training.messages import Fault
from playground.training.saturation import Saturation
from playground.ui.painting import Painted, box, middled, put, rule, stamp
from playground.ui.spoiled import beyond, first_words
from playground.ui.theme import theme
from playground.words import say, strung

#: Update ÷ weight that is neither stuck nor wild; about 1e-3 is usual for a training network.
GOOD = (1e-5, 1e-2)
SCALE = (1e-6, 1e-1)
#: The mean of so many newest samples is judged.
RECENT = 8
#: Shares of dead units and of saturated outputs from which on a layer is worth a look.
DEAD, SATURATED = 0.1, 0.9
#: A gradient or weights so many times longer than usual in this run have blown up.
EXPLODED = 1000.0
ROW = 23


@dataclasses.dataclass(frozen=True)
class Health:
    """One layer. ratio: update ÷ weight, NaN before the first sample. token, icon: how the state is drawn.

    wide: the state takes the place of the ratio too.
    """

    layer: str
    ratio: float
    gradient: float
    state: str
    icon: str
    token: str
    wide: bool = False


def judge(layer: str, ratios: np.ndarray, gradients: np.ndarray, frozen: bool, weights: np.ndarray | None = None) -> Health:
    """A word for the newest samples of a layer. weights: the lengths of its weights. Shapes: (n,) each."""
    ratio = float(ratios[-RECENT:].mean()) if len(ratios) else math.nan
    gradient = float(gradients[-RECENT:].mean()) if len(gradients) else math.nan
    if frozen:
        return Health(layer, ratio, gradient, say("Frozen"), "frozen", "info")
    if not len(ratios):
        return Health(layer, ratio, gradient, say("Not measured yet"), "clock", "text3")
    if not (math.isfinite(ratio) and math.isfinite(gradient)):
        return Health(layer, ratio, gradient, say("Not finite"), "error", "error")
    if _jumped(gradients) or (weights is not None and _jumped(weights)):
        return Health(layer, ratio, gradient, say("Exploded"), "error", "error")
    if ratio == 0.0:
        return Health(layer, ratio, gradient, say("Does not move"), "warn", "warn")
    if ratio > GOOD[1]:
        return Health(layer, ratio, gradient, say("Steps too large"), "warn", "warn")
    if ratio < GOOD[0]:
        return Health(layer, ratio, gradient, say("Hardly moves"), "warn", "warn")
    return Health(layer, ratio, gradient, say("Healthy"), "check", "ok")


def _jumped(lengths: np.ndarray) -> bool:
    """Whether the newest samples lie far above all that was usual before. Shapes: (n,)."""
    before, newest = lengths[:-RECENT], lengths[-RECENT:]
    if len(before) < RECENT:
        return False
    longest = float(newest.max())
    if longest <= EXPLODED * float(before.min()):  # most often so, and no median is less than the least
        return False
    usual = float(np.median(before))
    return usual > 0 and longest > EXPLODED * usual


def health_of(norms: LayerNorms | None) -> list[Health]:
    """Every layer with weights."""
    if norms is None:
        return []
    columns = (norms.ratio, norms.gradient, norms.weight)
    found = []
    for k, layer in enumerate(norms.layers):
        ratios, gradients, weights = (table[:, k] for table in columns)
        if len(ratios) and math.isnan(ratios[-1]) and math.isfinite(gradients[-1]):
            # Of a step that was refused there is no update; that says nothing of a layer with a sound gradient.
            ratios = ratios[:-1]
        found.append(judge(layer, ratios, gradients, layer in norms.frozen, weights))
    return found


def stuck_of(stuck: Mapping[str, Saturation], cutting: Collection[str] = ()) -> list[Health]:
    """Every activation that can saturate: the share of units that never pass a gradient, or else of its outputs.

    cutting: those that cut to zero, such as ReLU, where zeros are what they are for.
    """
    rows = []
    for layer, found in stuck.items():
        # A sure softmax is no ailment: its numbers saturate together, and none is dead by itself.
        bad = found.dead >= DEAD or (found.share >= SATURATED and not math.isnan(found.dead))
        if found.dead > 0:
            state = say("{value} % of units dead", value=f"{100 * found.dead:.0f}")
        elif layer in cutting:
            state = say("{share} % zero", share=f"{100 * found.share:.0f}")
        else:
            state = say("{value} % saturated", value=f"{100 * found.share:.0f}")
        rows.append(Health(layer, math.nan, math.nan, state, "warn" if bad else "check", "warn" if bad else "ok"))
    return rows


def with_fault(rows: Sequence[Health], fault: Fault | None, project: Project | None) -> list[Health]:
    """Rows of layers after a run stopped at a number that is not finite: the layer that made it says so, in a row of its own where it
    has none yet; those that the number went on to were not reached by anything sound, and after a forward pass that failed there
    are no gradients at all.

    project: as the run has it, None where that is not known.
    """
    if fault is None:
        return list(rows)
    network = expanded(project).project.network if project is not None else Network()
    at = next((node.id for node in network.nodes if node.name == fault.node), "")
    lost = beyond(network, at, fault.direction)
    unreached = {node.name for node in network.nodes if node.id in lost}
    nan = math.nan
    first = Health(fault.node or fault.op, nan, nan, first_words(fault), "error", "error", wide=True)
    found = [
        first
        if row.layer == first.layer
        else Health(row.layer, nan, nan, say("Not reached"), "minus", "text3")
        if row.layer in unreached or (fault.direction == "forward" and row.icon == "error" and not math.isfinite(row.ratio))
        else row
        for row in rows
    ]
    return found if first in found else [first, *found]


def ratio_text(ratio: float) -> str:
    """Two figures: 1.4e-3, 0.021; a dash before the first sample."""
    if not math.isfinite(ratio):
        return "—"
    if ratio == 0 or ratio >= 0.01:
        return f"{ratio:.2g}"
    mantissa, _, power = f"{ratio:.1e}".partition("e")
    return f"{mantissa}e{int(power)}"


class HealthTable(Painted):
    """Layer, update ÷ weight on a small scale, state."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW * 2, 0, say("Layer health"), parent)
        self.rows: list[Health] = []
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_rows(self, rows: list[Health]) -> None:
        if rows != self.rows:
            self.rows = rows
            self.setFixedHeight(ROW * (max(len(rows), 1) + 1) + 2)
            self.setAccessibleDescription(strung((f"{row.layer} {ratio_text(row.ratio)} {row.state}" for row in rows), "; "))
            self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        p.fillRect(r, theme().color("panel"))
        second, third = 88.0, max(200.0, r.width() * 0.6)
        for x, text in ((8.0, say("Layer")), (second, say("Update ÷ weight")), (third, say("State"))):
            put(p, QRectF(x, 0, 150, ROW), text, 11, "text2", True)
        rule(p, 0, 0, r.width())
        if not self.rows:
            rule(p, 0, ROW, r.width())
            put(p, QRectF(8, ROW, r.width() - 16, ROW), say("Layers are measured while training."), 11, "text3")
        for k, row in enumerate(self.rows, 1):
            y = k * float(ROW)
            rule(p, 0, y, r.width())
            put(p, QRectF(8, y, second - 12, ROW), middled(row.layer, second - 12, 11), 11)
            if row.wide:
                stamp(p, second + 6, y + ROW / 2, row.icon, row.token, 13)
                put(p, QRectF(second + 16, y, r.width() - second - 20, ROW), row.state, 11, row.token)
                continue
            if math.isfinite(row.ratio):
                self._draw_ratio(p, second, y, row.ratio)
            put(p, QRectF(second + 74, y, third - second - 80, ROW), ratio_text(row.ratio), 11)
            stamp(p, third + 6, y + ROW / 2, row.icon, row.token, 13)
            put(p, QRectF(third + 16, y, r.width() - third - 20, ROW), row.state, 11, row.token)

    def _draw_ratio(self, p: QPainter, x: float, y: float, ratio: float) -> None:
        box(p, QRectF(x, y + 10, 66, 4), 2, theme().color("border"), None)
        low, high = (math.log10(v) for v in SCALE)
        places = [66 * (math.log10(v) - low) / (high - low) for v in GOOD]
        box(p, QRectF(x + places[0], y + 7.5, places[1] - places[0], 9), 2, theme().color("oksoft"), theme().color("ok"), 0.5)
        if math.isfinite(ratio) and ratio > 0:
            at = 66 * (math.log10(min(max(ratio, SCALE[0]), SCALE[1])) - low) / (high - low)
            box(p, QRectF(x + at - 3.5, y + 8.5, 7, 7), 3.5, theme().color("text"), theme().color("panel"))
