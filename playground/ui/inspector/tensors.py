"""What a layer's weights are now, in numbers: of each its values, its gradient, and what the optimizer remembers of it."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.document.project import Node
from playground.ui.inspector.numbers import tidy
from playground.ui.inspector.text import Section
from playground.ui.painting import RIGHT, Painted, put, rule
from playground.ui.theme import theme
from playground.words import say, sentence, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

Array = npt.NDArray[Any]

#: Of a larger tensor only about so many numbers are looked at, evenly spread over it.
MOST = 1 << 15
#: Live numbers are read anew after so many seconds, or after so many times what reading them took.
EVERY_S, REST = 0.25, 50.0
ROW, LABEL, EDGE = 19, 74.0, 11.0
COLUMNS = ("mean", "spread", "min", "max")
LABELS = ("value", "gradient")


@dataclasses.dataclass(frozen=True)
class Line:
    """label: "value", "gradient" or "slot" with a slot's name.  numbers: mean, standard deviation, least and largest."""

    label: str
    numbers: tuple[float, float, float, float]


@dataclasses.dataclass(frozen=True)
class Tensor:
    """A parameter or a running statistic with its lines. every: each so-manieth number was looked at."""

    name: str
    shape: tuple[int, ...]
    every: int
    lines: tuple[Line, ...]


def numbers_of(array: Array) -> tuple[tuple[float, float, float, float], int]:
    """Mean, standard deviation, least and largest of a tensor or of an even share of it, and each how-manieth number that is."""
    flat = array.reshape(-1)
    every = -(-flat.size // MOST) if flat.size else 1
    while every > 1 and math.gcd(every, array.shape[-1]) > 1:  # else whole columns would be left out
        every += 1
    with np.errstate(all="ignore"):
        seen = flat[::every].astype(np.float64)
        if not seen.size:
            return (0.0, 0.0, 0.0, 0.0), 1
        return (float(seen.mean()), float(seen.std()), float(seen.min()), float(seen.max())), every


def brief(value: float) -> str:
    """Two or three figures that fit a narrow column: −0.275, 1.1e-3, 12,300."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else say("not finite")
    if not 1e-2 <= abs(value) < 1e5:
        text = tidy(f"{value:.1e}")
    else:
        text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text[0].replace("-", "−") + text[1:]


def tensors_of(
    name: str,
    values: Mapping[str, Array],
    gradients: Mapping[str, Array],
    slots: Mapping[str, Array],
    statistics: Mapping[str, Array],
) -> list[Tensor]:
    """Everything of the node called `name` in a run. values, gradients, statistics: "<node>.<name>"; slots: "<node>.<name>/<slot>"."""
    found = []
    for group, others in ((values, True), (statistics, False)):
        for full, array in group.items():
            if full.rpartition(".")[0] != name:
                continue
            arrays = {"value": array}
            if others:
                arrays |= {"gradient": gradients[full]} if full in gradients else {}
                arrays |= {
                    sentence("slot {rpartition}", rpartition=one.rpartition("/")[2]): slots[one]
                    for one in slots
                    if one.rpartition("/")[0] == full
                }
            measured = {label: numbers_of(one) for label, one in arrays.items()}
            lines = tuple(Line(label, numbers) for label, (numbers, _) in measured.items())
            found.append(Tensor(full.rpartition(".")[2], array.shape, measured["value"][1], lines))
    return found


class TensorTable(Painted):
    """A title for each tensor; below it a line for its values, its gradient and each slot."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, 0, say("Numbers of the weights"), parent)
        self.tensors: list[Tensor] = []

    def show_tensors(self, tensors: list[Tensor]) -> None:
        if tensors == self.tensors:
            return
        self.tensors = tensors
        self.setFixedHeight(4 + ROW * (1 + sum(1 + len(tensor.lines) for tensor in tensors)))
        spoken = (
            f"{tensor.name} {say(line.label)}: "
            + strung(f"{say(column)} {brief(number)}" for column, number in zip(COLUMNS, line.numbers, strict=True))
            for tensor in tensors
            for line in tensor.lines
        )
        self.setAccessibleDescription(strung(spoken, "; "))
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        p.fillRect(r, theme().color("panel"))
        self._cells(p, r, 0, "", tuple(map(say, COLUMNS)), "text2")
        y = float(ROW)
        for at, tensor in enumerate(self.tensors):
            if at:
                rule(p, EDGE, y, r.width() - 2 * EDGE)
            title = f"{tensor.name}  {'×'.join(map(str, tensor.shape)) or say('one number')}"
            title += say(", every {every}th number", every=tensor.every) if tensor.every > 1 else ""
            put(p, QRectF(EDGE, y, r.width() - 2 * EDGE, ROW), title, 11, "text", True)
            y += ROW
            for line in tensor.lines:
                finite = all(map(math.isfinite, line.numbers))
                cells = tuple(brief(number) for number in line.numbers) if finite else ("", "", "", say("not finite"))
                self._cells(p, r, y, say(line.label), cells, "text" if finite else "error")
                y += ROW

    def _cells(self, p: QPainter, r: QRectF, y: float, label: str, cells: tuple[str, ...], ink: str) -> None:
        put(p, QRectF(EDGE, y, LABEL, ROW), label, 11, "text2")
        wide = (r.width() - 2 * EDGE - LABEL) / len(cells)
        for at, cell in enumerate(cells):
            put(p, QRectF(EDGE + LABEL + at * wide, y, wide, ROW), cell, 11, ink, how=RIGHT)


class NumbersSection(QWidget):
    """Shown for a node that has weights, as soon as there are any; follows the run a few times a second."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.node = session, ""
        self.strip, self.table = Section(say("Numbers"), say("live")), TensorTable()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.strip)
        column.addWidget(self.table)
        self._next = 0.0
        session.turns.follow(self, self._tick, EVERY_S)
        session.run_changed.connect(self.feed)
        self.hide()

    def show_node(self, node: Node | None) -> None:
        """Follow this node."""
        self.node = node.id if node is not None else ""
        self.feed()

    def feed(self) -> None:
        """Read the numbers as they are now."""
        begun = time.perf_counter()
        tensors = self._tensors() if self.node else []
        self.table.show_tensors(tensors)
        self.setVisible(bool(tensors))
        now = time.perf_counter()
        self._next = now + max(EVERY_S, REST * (now - begun))

    def _tensors(self) -> list[Tensor]:
        session = self.session
        id = "/".join((*session.scope.path, self.node))
        live = session.client.live
        if session.client.started is not None:
            name = session.run.names.get(id, "")
            return tensors_of(name, live("parameters"), live("gradients"), live("slots"), live("statistics"))
        from playground.ui.run_control import names_of

        return tensors_of(names_of(session.project).get(id, ""), session.weights() or {}, {}, {}, {})

    def _tick(self) -> None:
        if self.isVisible() and time.perf_counter() >= self._next:
            self.feed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if time.perf_counter() >= self._next:
            self.feed()
