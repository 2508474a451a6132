"""A plane to paint in with its tools: a colour for every class, a rubber, and a way to begin again."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from playground.core.cloud import Cloud, Spots
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import AA, box, ink_on
from playground.ui.plots.paint import PaintPlot, class_ink
from playground.ui.theme import theme
from playground.words import counted, say


class ClassButton(QAbstractButton):
    """A class to paint with: its number in a dot of its colour."""

    def __init__(self, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number, self.classes = number, 2
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        name = say("Paint class {number}", number=number + 1)
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({number + 1})")
        self.setFixedSize(24, 26)

    def sizeHint(self) -> QSize:
        return QSize(24, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.setRenderHint(AA)
        if self.isChecked() or self.underMouse():
            box(
                p, r.adjusted(1, 1, -1, -1), 5, theme().color("accentsoft"), theme().color("accent") if self.isChecked() else None
            )
        if self.hasFocus():
            box(p, r.adjusted(1, 1, -1, -1), 5, None, theme().color("accent"), 2)
        ink = class_ink(self.number, self.classes)
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(ink)
        p.drawEllipse(r.center(), 8, 8)
        p.setFont(theme().font(10, True))
        p.setPen(ink_on(ink))
        p.drawText(r, Qt.AlignmentFlag.AlignCenter, str(self.number + 1))
        p.end()


class PaintPad(QWidget):
    """painting(points): during a stroke.  painted(points): after it, and after a tool changed them."""

    painting = Signal(object)
    painted = Signal(object)

    def __init__(self, field: Cloud, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plot = PaintPlot(field)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFocusProxy(self.plot)
        self.plot.painting.connect(self._count)
        self.plot.painting.connect(self.painting)
        self.plot.painted.connect(self.painted)
        self.plot.brush_changed.connect(self.choose)
        self.group = QButtonGroup(self)
        self.classes = [ClassButton(k) for k in range(field.classes)]
        self.rubber, self.clear = Button(say("Rub out"), "secondary", small=True), Button(say("Clear"), "quiet", small=True)
        self.rubber.setCheckable(True)
        self.rubber.setToolTip(say("Takes points away; the right button does so with any tool"))
        self.total = Label("", 11, "text2")
        line = QHBoxLayout()
        line.setSpacing(1)
        for button in (*self.classes, self.rubber):
            self.group.addButton(button)
            line.addWidget(button)
        line.addStretch(1)
        below = QHBoxLayout()
        below.addWidget(self.total, 1)
        below.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.plot, 1)
        column.addLayout(below)
        for k, button in enumerate(self.classes):
            button.clicked.connect(lambda _=False, k=k: self.choose(k))
        self.rubber.clicked.connect(lambda: self.choose(None))
        self.clear.clicked.connect(lambda: self.painted.emit(()))
        self.choose(0)

    def choose(self, brush: int | None) -> None:
        """Paint this class, or rub out."""
        self.plot.brush = brush
        (self.rubber if brush is None else self.classes[brush]).setChecked(True)

    def show_spots(self, spots: Spots) -> None:
        self.plot.show_spots(spots)
        self._count(spots)

    def _count(self, spots: Spots) -> None:
        self.total.show_text(counted(len(spots), "1 point", "{n} points"))
        classes = max((k for _, _, k in spots), default=0) + 1
        self.clear.setEnabled(bool(spots))
        for button in self.classes:
            if button.classes != classes:
                button.classes = classes
                button.update()
