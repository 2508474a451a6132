"""The strip above the canvas: what is shown, and how to look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QVBoxLayout, QWidget

from playground.ui.canvas.breadcrumb import Breadcrumb
from playground.ui.canvas.making import MODES
from playground.ui.canvas.stopped import StoppedBanner
from playground.ui.canvas.wire_labels import CHOICES
from playground.ui.painting import Painted, box, put, rule, stamp, width_of
from playground.ui.theme import theme
from playground.words import percent, say, strung

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView


class BarButton(QAbstractButton):
    """A small icon, lit while it is switched on."""

    def __init__(self, icon: str, name: str, checkable: bool = False) -> None:
        super().__init__()
        self.glyph = icon
        self.setText(name)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.setCheckable(checkable)
        self.setFixedSize(26, 24)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        if self.underMouse():
            p.fillRect(r.adjusted(1, 1, -1, -1), theme().color("accentsoft"))
        if self.hasFocus():
            p.setPen(theme().color("accent"))
            p.drawRect(r.adjusted(0.5, 0.5, -0.5, -0.5))
        stamp(p, r.center().x(), r.center().y(), self.glyph, "accent" if self.isChecked() else "text2", 15)
        p.end()


class Zoom(Painted):
    """The scale."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__(26, 46)
        self.view = view
        view.zoomed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(46, 26)

    def draw(self, p: QPainter, r: QRectF) -> None:
        text = percent(f"{round(self.view.zoom * 100)}")
        put(p, r.adjusted(r.width() - width_of(text, 11) - 6, 0, 0, 0), text, 11, "text2")


class BarChoice(QAbstractButton):
    """A caption and one of several words; a click opens the choices. asked: which is chosen now; take: another one is."""

    def __init__(
        self, caption: str, tip: str, choices: Mapping[str, str], asked: Callable[[], str], take: Callable[[str], None]
    ) -> None:
        super().__init__()
        self.choices, self._asked, self._take = choices, asked, take
        self.bare = False
        self.setText(caption)
        self.setToolTip(tip)
        self.setFixedHeight(24)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self.choose)
        self._follow()

    def _follow(self) -> None:
        self.setAccessibleName(strung((self.text(), self.value), ": "))
        self.setFixedWidth(self.sizeHint().width())
        self.updateGeometry()
        self.update()

    @property
    def value(self) -> str:
        return say(self.choices[self._asked()])

    def fold(self, bare: bool) -> None:
        """Show the word without its caption, or with it."""
        if bare != self.bare:
            self.bare = bare
            self._follow()

    def wide(self, bare: bool) -> int:
        """Pixels of the button without its caption, or with it."""
        caption = 0.0 if bare else width_of(self.text(), 11) + 6
        return round(caption + width_of(self.value, 11, True)) + 28

    def sizeHint(self) -> QSize:
        return QSize(self.wide(self.bare), 24)

    def choose(self) -> None:
        """Open the choices."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for what, title in self.choices.items():
            entry = menu.addAction(say(title))
            entry.setCheckable(True)
            entry.setChecked(what == self._asked())
            entry.triggered.connect(lambda _=False, chosen=what: self.set(chosen))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def set(self, what: str) -> None:
        """Choose another word."""
        self._take(what)
        self._follow()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        if self.underMouse() or self.hasFocus():
            edge = theme().color("accent") if self.hasFocus() else None
            box(p, r.adjusted(1, 1, -1, -1), 4, theme().color("accentsoft"), edge, 2)
        x = 6.0
        if not self.bare:
            put(p, r.adjusted(x, 0, 0, 0), self.text(), 11, "text2")
            x += width_of(self.text(), 11) + 6
        put(p, r.adjusted(x, 0, 0, 0), self.value, 11, "text", True)
        stamp(p, r.right() - 10, r.center().y(), "down", "text3", 12)
        p.end()


class LabelChoice(BarChoice):
    """What stands on the wires."""

    def __init__(self, view: CanvasView) -> None:
        tip = say("What stands on the wires")
        super().__init__(say("Wire labels"), tip, CHOICES, lambda: view.canvas.labels, view.show_labels)


class TileChoice(BarChoice):
    """What the pictures in the nodes show."""

    def __init__(self, view: CanvasView) -> None:
        tip = say("What the pictures in the nodes show")
        super().__init__(say("Tiles"), tip, MODES, lambda: view.feed.maker.mode, view.feed.show_mode)


class CanvasBar(QWidget):
    """Crumbs on the left; lay out, fit, map, note and the scale on the right."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__()
        self.view = view
        self.setFixedHeight(28)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 1)
        row.setSpacing(3)
        self.crumbs = Breadcrumb(view.session)
        row.addWidget(self.crumbs)
        self.tidy = BarButton("auto", say("Lay out in reading order"))
        self.fit = BarButton("fit", say("Zoom to fit"))
        self.map = BarButton("map", say("Map"), checkable=True)
        self.note = BarButton("note", say("Add a note"))
        self.map.setChecked(True)
        self.tidy.clicked.connect(view.tidy)
        self.fit.clicked.connect(lambda: view.zoom_to_fit())
        self.map.toggled.connect(view.show_map)
        self.note.clicked.connect(lambda: view.add_note())
        self.tiles = TileChoice(view)
        self.labels = LabelChoice(view)
        row.addWidget(self.tiles)
        row.addWidget(self.labels)
        row.addSpacing(8)
        for button in (self.tidy, self.fit, self.map, self.note):
            row.addWidget(button)
        self.zoom = Zoom(view)
        row.addWidget(self.zoom)
        self._row = row

    def _wide(self, bare: bool, zoom: bool) -> int:
        """Least width without or with captions, and with or without the scale."""
        choices = (self.tiles, self.labels)
        buttons = sum(button.width() for button in (self.tidy, self.fit, self.map, self.note))
        parts = len(choices) + 4 + zoom + 1  # the space counts, and each part has a gap before it
        wide = buttons + 8 + parts * self._row.spacing() + self.zoom.sizeHint().width() * zoom
        return self.crumbs.minimumSizeHint().width() + wide + sum(choice.wide(bare) for choice in choices)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._wide(True, False), 28)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fold()

    def fold(self) -> None:
        """Where there is no room, the captions go first, then the scale; the way shortens itself before."""
        bare = self._wide(False, True) > self.width()
        self.zoom.setVisible(self._wide(bare, True) <= self.width())
        for choice in (self.tiles, self.labels):
            choice.fold(bare)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("panel"))
        rule(p, 0, self.height() - 1, self.width())
        p.end()


class CanvasArea(QWidget):
    """The strip over the canvas."""

    def __init__(self, view: CanvasView) -> None:
        super().__init__()
        self.view, self.bar = view, CanvasBar(view)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.stopped = StoppedBanner(view.session)
        column.addWidget(self.bar)
        column.addWidget(self.stopped)
        column.addWidget(view)
