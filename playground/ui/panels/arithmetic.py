"""One number that a layer gives, worked out: what it reads times the weights, summed, and the same number as the network gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QImage, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from playground.core.spec import Layer, Spec
from playground.document.project import Node
from playground.lowering.worked import Worked, worked
from playground.training.surfaces import coded
from playground.ui.answering import Answering
from playground.ui.canvas.answers import Array, length_columns
from playground.ui.canvas.local import LocalNames
from playground.ui.canvas.look import short_number
from playground.ui.inspector.controls import Button
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.text import Label
from playground.ui.painting import CENTRE, LEFT, Painted, box, ink_on, metrics, put, width_of
from playground.ui.panel import Panel, register_panel
from playground.ui.plots.axis import short
from playground.ui.theme import theme
from playground.words import meant, say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

EVERY_S = 0.5  # at most so often while a run goes on
CELL, NUMBERED, GAP = 44.0, 30.0, 26.0
SIDE_BY_SIDE = 560  # pixels of width from which on what the layer gives has room beside the sum
NONE = (
    sentence("No number to work out"),
    sentence("Select a dense layer, a convolution, a pool or an activation; click a number of its output."),
)


def grid_of(y: Array, unit: int) -> Array:
    """What a layer gives as rows and columns: an image's channel, units by steps, or units in rows. Shapes: -> (rows, columns)."""
    if y.ndim == 3:
        return y[..., unit]
    if y.ndim == 2:
        return y.T
    columns = min(8, y.size)
    return np.pad(y.reshape(-1), (0, -y.size % columns), constant_values=np.nan).reshape(-1, columns)


def place_in(y: Array, unit: int, row: int, column: int) -> tuple[int, ...]:
    """The place of a cell of `grid_of`."""
    if y.ndim == 3:
        return (row, column, unit)
    return (column, row) if y.ndim == 2 else (row * min(8, y.size) + column,)


def cell_of(y: Array, place: tuple[int, ...]) -> tuple[int, int]:
    """The inverse of `place_in`."""
    if y.ndim == 3:
        return place[0], place[1]
    return (place[1], place[0]) if y.ndim == 2 else divmod(place[0], min(8, y.size))


def draw_cells(p: QPainter, r: QRectF, values: Array, most: float) -> QRectF:
    """Cells in the colours of their numbers, which stand in them where there is room; gives where they are. NaN is no cell."""
    rows, columns = values.shape
    size = min(CELL, r.width() / columns, r.height() / rows)
    area = QRectF(r.x(), r.y(), size * columns, size * rows)
    codes = coded(np.nan_to_num(values), most)
    words = np.ascontiguousarray(theme().lut[codes])
    words[~np.isfinite(values)] = theme().color("panel").rgb()
    p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    p.drawImage(area, QImage(words.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32))
    if size >= NUMBERED:
        p.setFont(theme().font(10))
        for row, column in np.argwhere(np.isfinite(values)).tolist():
            p.setPen(ink_on(QColor(int(theme().lut[codes[row, column]]))))
            cell = QRectF(area.x() + column * size, area.y() + row * size, size, size)
            p.drawText(cell, int(CENTRE), number_in(float(values[row, column]), size))
    return area


def number_in(value: float, room: float) -> str:
    """A number with two figures, or with as many decimals as there is room for; "" where not even its sign and its units fit."""
    texts = (short_number(value + 0.0), *(f"{round(value, digits) + 0.0:.{digits}f}" for digits in (2, 1, 0)))
    told = (text.replace("-", "−") for text in texts)  # + 0.0, since a product of zero and a negative weight is no "−0"
    return next((text for text in told if width_of(text, 10) <= room - 1), "")


class OutputMap(Painted):
    """What the layer gives. picked(row, column): a cell was clicked, or stepped to by an arrow."""

    picked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, say("Output of the layer"), parent)
        self.values: Array = np.zeros((0, 0))
        self.at = (0, 0)
        self.area = QRectF()
        self.setMinimumSize(100, 80)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleDescription(say("Arrows choose the number that is worked out."))

    def show_values(self, values: Array, at: tuple[int, int]) -> None:
        self.values, self.at = values, at
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        if not self.values.size:
            return
        finite = np.abs(self.values[np.isfinite(self.values)])
        self.area = draw_cells(p, r.adjusted(2, 16, -2, -2), self.values, float(finite.max(initial=0.0)))
        put(p, QRectF(0, 0, r.width(), 14), say("gives"), 10, "text2")
        size = self.area.width() / self.values.shape[1]
        cell = QRectF(self.area.x() + self.at[1] * size, self.area.y() + self.at[0] * size, size, size)
        box(p, cell.adjusted(-1, -1, 1, 1), 2, None, theme().color("text"), 2)
        if self.hasFocus():
            box(p, self.area.adjusted(-2, -2, 2, 2), 2, None, theme().color("accent"), 1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.area.contains(event.position()) and self.values.size:
            size, at = self.area.width() / self.values.shape[1], event.position() - self.area.topLeft()
            self._pick(int(at.y() / size), int(at.x() / size))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
        by = step.get(Qt.Key(event.key()))
        if by is None:
            super().keyPressEvent(event)
        else:
            self._pick(self.at[0] + by[0], self.at[1] + by[1])

    def _pick(self, row: int, column: int) -> None:
        if 0 <= row < self.values.shape[0] and 0 <= column < self.values.shape[1] and np.isfinite(self.values[row, column]):
            self.picked.emit(row, column)


class Sums(Painted):
    """What is read, the weights, their products, one channel at a time; below it how they become the number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 0, say("Arithmetic of a number"), parent)
        self.worked: Worked | None = None
        self.channel = 0
        self.setMinimumSize(160, 90)

    def show_worked(self, found: Worked, channel: int) -> None:
        self.worked, self.channel = found, channel
        self.setAccessibleDescription(" ".join(self.lines()))
        self.update()

    def lines(self) -> list[str]:
        """The last steps in words."""
        found = self.worked
        if found is None:
            return []
        result, part = short(found.result), found.products[self.channel][found.inside[self.channel]]
        lines = []
        if found.rule == "sum":
            count, total = found.x.shape[0], float(found.products.sum())
            if count > 1:
                lines.append(say("The products of this channel come to {sum}, those of all {count} to {total}.",
                                 sum=short(float(part.sum())), count=count, total=short(total)))  # fmt: skip
            else:
                lines.append(say("The products come to {total}.", total=short(total)))
            if found.bias is not None:
                lines.append(say("With the bias {bias}: {result}.", bias=short(found.bias), result=result))
        elif found.rule == "greatest":
            lines.append(say("The greatest of them is {result}.", result=result))
        elif found.rule == "mean":
            lines.append(say("Their mean is {result}.", result=result))
        else:
            lines.append(say("The function makes {result} of {x}.", result=result, x=short(float(found.x.flat[0]))))
        return [*lines, say("The network gives {given}.", given=short(found.given))]

    def draw(self, p: QPainter, r: QRectF) -> None:
        found = self.worked
        if found is None:
            return
        inside = found.inside[self.channel]
        grids = [(say("reads"), found.x)]
        if found.w is not None:
            grids += [(say("weights"), found.w), (say("products"), found.products)]
        lines = self.lines()
        talls = [_tall(line, r.width(), k == len(lines) - 1) for k, line in enumerate(lines)]
        high, wide = r.height() - sum(talls) - 24, (r.width() - GAP * (len(grids) - 1)) / len(grids)
        bottom = r.y() + 16
        for k, (name, values) in enumerate(grids):
            x = r.x() + k * (wide + GAP)
            shown = np.where(inside, values[self.channel], np.nan) if k != 1 else values[self.channel]
            area = draw_cells(p, QRectF(x, r.y() + 16, wide, max(high, 8.0)), shown, float(np.abs(values).max()))
            put(p, QRectF(x, r.y(), wide, 14), name, 10, "text2")
            if k + 1 < len(grids):
                put(p, QRectF(x + wide, area.y(), GAP, area.height()), "×" if k == 0 else "=", 14, "text2", how=CENTRE)
            bottom = max(bottom, area.bottom())
        p.setPen(theme().color("text"))
        top = bottom + 6
        for k, (line, tall) in enumerate(zip(lines, talls, strict=True)):
            p.setFont(theme().font(11, k == len(lines) - 1))
            p.drawText(QRectF(r.x(), top, r.width(), tall), int(LEFT | Qt.TextFlag.TextWordWrap), line)
            top += tall


def _tall(line: str, wide: float, bold: bool) -> float:
    """Pixels of height that a line of words takes where it may break."""
    room = QRectF(0, 0, max(wide, 1.0), 999)
    return max(16.0, metrics(11, bold).boundingRect(room, int(Qt.TextFlag.TextWordWrap), line).height() + 2)


class _Leaf:
    """Where one of several stands, and two buttons to others."""

    def __init__(self) -> None:
        self.label = Label("", 11, "text2")
        self.back, self.on = Button("", "icon", "left", small=True), Button("", "icon", "right", small=True)


class ArithmeticPanel(QWidget):
    """Follows the selected layer and the sample that is leafed to."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.sample, self.unit, self.channel = session, 0, 0, 0
        self.place: tuple[int, ...] = ()
        self.map, self.sums, self.none = OutputMap(), Sums(), Empty("fx", *NONE, top=60)
        self.name = Label("", 12, "text", True)
        self.leaves = {what: _Leaf() for what in ("channel", "unit", "sample")}
        self.row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._y: Array = np.zeros(0)
        self._answering = Answering(session)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.feed)
        self._assemble()
        for signal in (session.selection_changed, session.samples_changed, session.inspection_changed, session.scope_changed):
            signal.connect(self._soon.start)
        session.turns.follow(self, self.feed, EVERY_S)
        session.run_changed.connect(self._run_changed)
        theme().changed.connect(self.update)

    def _assemble(self) -> None:
        body, head, inside = QWidget(), QHBoxLayout(), QHBoxLayout()
        for line in (head, inside):
            line.setSpacing(4)
        head.addWidget(self.name, 1)
        words = {
            "channel": (say("Channel before"), say("Next channel")),
            "unit": (say("Unit before"), say("Next unit")),
            "sample": (say("Sample before"), say("Next sample")),
        }
        for what, leaf in self.leaves.items():
            for button, name, by in zip((leaf.back, leaf.on), words[what], (-1, 1), strict=True):
                button.setAccessibleName(name)
                button.setToolTip(name)
                button.clicked.connect(lambda _=False, what=what, by=by: self.leaf(what, by))
            for part in (leaf.back, leaf.label, leaf.on):
                (head if what == "sample" else inside).addWidget(part)
        inside.addStretch()
        self.row.addWidget(self.map, 1)
        self.row.addWidget(self.sums, 1)
        column = QVBoxLayout(body)
        column.setContentsMargins(11, 6, 8, 6)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(inside)
        column.addLayout(self.row, 1)
        self.pages = QStackedLayout(self)
        self.pages.addWidget(self.none)
        self.pages.addWidget(body)
        self.map.picked.connect(self.pick)

    def leaf(self, what: str, by: int) -> None:
        """The next channel that is read, unit or sample, or the one before."""
        found, samples = self.sums.worked, self.session.samples
        if found is None or samples is None:
            return
        count = {"channel": found.x.shape[0], "unit": self._y.shape[-1], "sample": samples.count}[what]
        setattr(self, what, (getattr(self, what) + by) % count)
        if what == "unit":
            self.place = (*self.place[:-1], self.unit)
        self.feed()

    def pick(self, row: int, column: int) -> None:
        """Work out another number."""
        self.place = place_in(self._y, self.unit, row, column)
        self.unit = self.place[-1]
        self.feed()

    def _run_changed(self) -> None:
        if not self.session.run.going and self.isVisible():
            self._soon.start(0)

    def feed(self) -> None:
        """Work it out as it is now, if anyone can see it."""
        if not self.isVisible():
            return
        found = None
        nodes = [node for node in self.session.selected_nodes() if isinstance(node.spec, Layer)]
        if nodes:
            found = self._worked(nodes[-1])
        self.pages.setCurrentIndex(found is not None)
        if found is None:
            return
        self.channel = min(self.channel, found.x.shape[0] - 1)
        self.name.show_text(nodes[-1].name)
        self.map.show_values(grid_of(self._y, self.unit), cell_of(self._y, self.place))
        self.sums.show_worked(found, self.channel)
        samples = self.session.samples
        counts = {
            "channel": (say("channel {at} of {count}", at=self.channel + 1, count=found.x.shape[0]), found.x.shape[0] > 1),
            "unit": (say("unit {at} of {count}", at=self.unit + 1, count=self._y.shape[-1]), self._y.ndim == 3),
            "sample": (say("sample {sample} of {count}", sample=f"{self.sample + 1:,}", count=f"{samples.count if samples else 0:,}"), True),
        }  # fmt: skip
        for what, (text, means) in counts.items():
            leaf = self.leaves[what]
            leaf.label.show_text(text)
            for part in (leaf.label, leaf.back, leaf.on):
                part.setVisible(means)

    def _worked(self, node: Node) -> Worked | None:
        samples, project = self.session.samples, self.session.project
        links = self.session.view.network.into(node.id)
        if samples is None or not samples.count or len(links) != 1 or links[0].output or not isinstance(node.spec, Spec):
            return None
        self.sample = min(self.sample, samples.count - 1)
        raw = samples.x[self.sample : self.sample + 1]
        answers = self._answering.answers(samples, raw, length_columns(samples, [self.sample]))
        x = self._answering.scaled(raw)
        if not answers or x is None:
            return None
        names = LocalNames(project, self.session.scope)
        local = names.answers(answers | {source.name: x for source in project.network.of_kind("dataset")})
        read, given = local.get(self.session.view.network.node(links[0].source).name), local.get(node.name)
        if read is None or given is None:
            return None
        self._y = given[0]
        if len(self.place) != self._y.ndim or any(at >= n for at, n in zip(self.place, self._y.shape, strict=True)):
            self.place = (*(n // 2 for n in self._y.shape[:-1]), 0)
        self.unit = self.place[-1]
        return worked(node.spec, read[0], self._weights(node, names), self._y, self.place)

    def _weights(self, node: Node, names: LocalNames) -> dict[str, Array]:
        """The node's own, or those of the node that it shares them with."""
        owner = next((one.name for one in self.session.view.network.nodes if one.id == node.shares), node.name)
        local = names.weights(self._answering.weights())
        own = {name.rpartition(".")[2]: array for name, array in local.items() if name.rpartition(".")[0] == node.name}
        shared = {name.rpartition(".")[2]: array for name, array in local.items() if name.rpartition(".")[0] == owner}
        if node.transposed and "weight" in shared:
            shared = {"weight": shared["weight"].T}
        return shared | own

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        QTimer.singleShot(0, self, self._stack)  # a layout that is being laid out cannot be turned

    def _stack(self) -> None:
        """In a narrow panel the sum stands below what the layer gives, where its cells are wide enough for their numbers."""
        below = self.width() < SIDE_BY_SIDE and self.height() > self.width() / 2
        self.row.setDirection(QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight)
        self.row.setSpacing(6 if below else 18)
        self.row.setStretch(0, 1 if below else 2)
        self.row.setStretch(1, 1 if below else 5)

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self.feed()


register_panel(
    Panel(
        id="arithmetic",
        title=meant("Arithmetic", "of one number"),
        icon="fx",
        places={"train": "bottom-right"},
        factory=ArithmeticPanel,
        order=28,
        least=(340, 220),
    )
)
