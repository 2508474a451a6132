"""Runs as lines over upright axes of settings and results; a stretch of an axis that is brushed leaves only the runs that pass it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from playground.training.runs import Kept
from playground.ui.compare.axes import SettingAxis, left_by
from playground.ui.painting import AA, CENTRE, box, put, width_of
from playground.ui.plots.series import draw_pieces
from playground.ui.theme import theme
from playground.words import say

HEAD, LINE, FOOT, SIDE = 40, 13, 26, 44  # LINE: what a second line of titles adds to the head
LEAST = 74  # pixels from one axis to the next
REACH = 14  # of an axis, for the pointer
SHORTEST = 0.03  # a stroke that is shorter is a click
STEP = 0.05  # of an axis, by a key


class ParallelPlot(QWidget):
    """Drag along an axis to brush it, click it to let go; with keys: left and right choose an axis, up and down move a brush, with Shift
    they make it longer, Delete lets go.

    brushed: after every change of a brush. brushes: key of an axis -> part of it from foot to top, 0 to 1.
    """

    brushed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axes: list[SettingAxis] = []
        self.runs: list[Kept] = []
        self.colors: dict[Path, int] = {}
        self.brushes: dict[str, tuple[float, float]] = {}
        self.empty = ""
        self.at = 0
        self.head = HEAD
        self._stroke: tuple[str, float] | None = None
        self._ring = False
        self.setAccessibleName(say("Parallel settings"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 110)

    # What it shows
    def show_runs(self, axes: Sequence[SettingAxis], runs: Sequence[Kept], colors: dict[Path, int]) -> None:
        """colors: folder -> number of its colour, of runs that are drawn in one; the others are grey."""
        self.axes, self.runs, self.colors = list(axes), list(runs), colors
        self.at = min(self.at, max(len(self.shown) - 1, 0))
        known = {axis.key for axis in self.axes}
        if not self.brushes.keys() <= known:
            self.brushes = {key: part for key, part in self.brushes.items() if key in known}
            self.brushed.emit()
        self._tell()
        self._measure()
        self.update()

    @property
    def left(self) -> frozenset[Path] | None:
        """Runs that pass every brush; None without any."""
        return left_by(self.axes, self.brushes, self.runs)

    @property
    def shown(self) -> list[SettingAxis]:
        """As many axes as there is room for, the results always among them."""
        most = max(2, int((self.width() - 2 * SIDE) / LEAST) + 1)
        results = [axis for axis in self.axes if axis.result]
        settings = [axis for axis in self.axes if not axis.result]
        return [*settings[: max(most - len(results), 1)], *results][:most]

    def x_of(self, at: int) -> float:
        """Where the axis at a place stands."""
        wide = self.width() - 2 * SIDE
        return SIDE + wide * at / max(len(self.shown) - 1, 1)

    def y_of(self, part: float) -> float:
        return self.height() - FOOT - part * (self.height() - self.head - FOOT)

    def part_at(self, y: float) -> float:
        """The inverse of `y_of`, within the axis."""
        return min(max((self.height() - FOOT - y) / max(self.height() - self.head - FOOT, 1), 0.0), 1.0)

    def room_of(self, at: int) -> tuple[float, float]:
        """From where to where words of the axis at a place may stand: half way to its neighbours, and not beyond the edges."""
        half, x = (self.width() - 2 * SIDE) / max(len(self.shown) - 1, 1) / 2 - 2, self.x_of(at)
        return max(x - half, 4.0), min(x + half, self.width() - 4.0)

    def _measure(self) -> None:
        """Titles have two lines where one of them does not fit in one."""
        rooms = [self.room_of(at) for at in range(len(self.shown))]
        fits = all(
            width_of(axis.title, 11, axis.result) <= right - left for axis, (left, right) in zip(self.shown, rooms, strict=True)
        )
        self.head = HEAD if fits else HEAD + LINE

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def axis_at(self, x: float) -> SettingAxis | None:
        """The axis under the pointer."""
        for at, axis in enumerate(self.shown):
            if abs(self.x_of(at) - x) <= REACH:
                return axis
        return None

    def brush(self, key: str, part: tuple[float, float] | None) -> None:
        """Leave the runs in a part of an axis; None for all of it."""
        if part is None:
            self.brushes.pop(key, None)
        else:
            self.brushes[key] = min(part), max(part)
        self._tell()
        self.brushed.emit()
        self.update()

    def _tell(self) -> None:
        left = self.left
        words = [f"{axis.title}: {axis.foot} – {axis.top}" for axis in self.shown]
        if left is not None:
            words.append(say("{left} of {runs} runs pass the brushes", left=len(left), runs=len(self.runs)))
        self.setAccessibleDescription("; ".join(words))

    # Under the hand
    def mousePressEvent(self, event: QMouseEvent) -> None:
        axis = self.axis_at(event.position().x())
        if axis is not None and event.button() == Qt.MouseButton.LeftButton:
            self._stroke = axis.key, self.part_at(event.position().y())
            self.at = self.shown.index(axis)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._stroke is None:
            on = self.axis_at(event.position().x())
            self.setCursor(Qt.CursorShape.SplitVCursor if on is not None else Qt.CursorShape.ArrowCursor)
            return
        key, start = self._stroke
        now = self.part_at(event.position().y())
        if abs(now - start) >= SHORTEST:
            self.brush(key, (start, now))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._stroke is not None:
            key, start = self._stroke
            self._stroke = None
            if abs(self.part_at(event.position().y()) - start) < SHORTEST:
                self.brush(key, None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown, key = self.shown, event.key()
        if not shown:
            return super().keyPressEvent(event)
        axis = shown[self.at]
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.at = min(max(self.at + (1 if key == Qt.Key.Key_Right else -1), 0), len(shown) - 1)
            self.update()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            low, high = self.brushes.get(axis.key, (0.0, 0.5) if key == Qt.Key.Key_Down else (0.5, 1.0))
            by = STEP if key == Qt.Key.Key_Up else -STEP
            if axis.key not in self.brushes:
                by = 0.0
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.brush(axis.key, (low, min(max(high + by, low + STEP), 1.0)))
            else:
                by = min(max(by, -low), 1.0 - high)
                self.brush(axis.key, (low + by, high + by))
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.brush(axis.key, None)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            pos = event.pos()  # type: ignore[attr-defined]
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(pos)), self)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def words_at(self, pos: QPointF) -> str:
        """The run whose line crosses the axis under the pointer nearest to it, and its value there; "" away from all."""
        axis = self.axis_at(pos.x())
        near = [(abs(self.y_of(part) - pos.y()), folder) for folder, part in (axis.places.items() if axis is not None else ())]
        if axis is None or not near or min(near)[0] > REACH:
            return ""
        folder = min(near)[1]
        run = next(run for run in self.runs if run.folder == folder)
        return f"{say('Run {number}', number=run.number)}: {axis.title} {axis.texts[folder]}"

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() not in (Qt.FocusReason.MouseFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        super().focusOutEvent(event)
        self.update()

    # Painting
    def sizeHint(self) -> QSize:
        return QSize(460, 260)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.fillRect(r, theme().color("plot"))
        shown = self.shown
        if len(shown) < 2:
            put(p, r.adjusted(12, 0, -12, 0), self.empty, 12, "text3", how=CENTRE)
            p.end()
            return
        left = self.left
        passing = [run for run in self.runs if left is None or run.folder in left]
        passed_by = [run for run in self.runs if left is not None and run.folder not in left]
        self._grey(p, shown, passed_by, 0.15)
        self._grey(p, shown, [run for run in passing if run.folder not in self.colors], 0.45)
        for run in passing:
            if run.folder in self.colors:
                self._line(p, shown, run)
        for at, axis in enumerate(shown):
            self._axis(p, at, axis)
        p.end()

    def _pieces(self, shown: Sequence[SettingAxis], runs: Sequence[Kept]) -> np.ndarray:
        """Lines from each axis to the next, of runs that have a place on both. Shapes: -> (m, 2, 2) pixels."""
        parts = np.array([[axis.places.get(run.folder, math.nan) for axis in shown] for run in runs]).reshape(-1, len(shown))
        points = np.empty((*parts.shape, 2))
        foot, top = self.y_of(0.0), self.y_of(1.0)
        points[:, :, 0], points[:, :, 1] = [self.x_of(at) for at in range(len(shown))], foot + parts * (top - foot)
        pieces = np.stack([points[:, :-1], points[:, 1:]], 2).reshape(-1, 2, 2)
        return np.asarray(pieces[np.isfinite(pieces).all((1, 2))])

    def _grey(self, p: QPainter, shown: Sequence[SettingAxis], runs: Sequence[Kept], strength: float) -> None:
        """All runs that have no colour at once: hundreds of them would be a long turn of the window one by one."""
        faint = QColor(theme().color("strong"))
        faint.setAlphaF(strength)
        p.setRenderHint(AA)
        p.setPen(QPen(faint, 1))
        draw_pieces(p, self._pieces(shown, runs))

    def _line(self, p: QPainter, shown: Sequence[SettingAxis], run: Kept) -> None:
        """A run in its colour and dashes."""
        ink, dashes = theme().series(self.colors[run.folder])
        pen = QPen(ink, 2)
        if dashes:
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            pen.setDashPattern([part / 2 for part in dashes])
        p.setRenderHint(AA)
        p.setPen(pen)
        draw_pieces(p, self._pieces(shown, [run]))

    def _axis(self, p: QPainter, at: int, axis: SettingAxis) -> None:
        x, (left, right) = self.x_of(at), self.room_of(at)
        p.setRenderHint(AA, False)
        p.fillRect(QRectF(round(x), self.y_of(1.0), 1, self.y_of(0.0) - self.y_of(1.0)), theme().color("strong"))
        brush = self.brushes.get(axis.key)
        if brush is not None:
            fill = QColor(theme().color("accent"))
            fill.setAlphaF(0.3)
            top, foot = self.y_of(brush[1]), self.y_of(brush[0])
            box(p, QRectF(x - 6, top, 12, max(foot - top, 3.0)), 3, fill, theme().color("accent"))
        if self._ring and at == self.at:
            box(p, QRectF(left, 3, right - left, self.head - HEAD + 17), 4, None, theme().color("accent"), 2)
        lines = lines_of(axis.title, right - left, axis.result)
        for k, line in enumerate(lines, 1 + (self.head - HEAD) // LINE - len(lines)):
            self._words(p, at, 4 + LINE * k, line, 11, "text", axis.result)
        self._words(p, at, self.head - 20, axis.top, 10, "text2")
        self._words(p, at, self.height() - FOOT + 5, axis.foot, 10, "text2")

    def _words(self, p: QPainter, at: int, y: float, text: str, px: int, ink: str, bold: bool = False) -> None:
        """A line over or under an axis, in the middle where there is room for it."""
        left, right = self.room_of(at)
        wide = min(width_of(text, px, bold) + 1, right - left)
        put(p, QRectF(min(max(self.x_of(at) - wide / 2, left), right - wide), y, wide, 15), text, px, ink, bold)


def lines_of(title: str, room: float, bold: bool) -> list[str]:
    """A title in one line, or in two where it is too long for the room and has a space."""
    if width_of(title, 11, bold) <= room or " " not in title:
        return [title]
    breaks = [at for at, letter in enumerate(title) if letter == " "]
    middle = min(breaks, key=lambda at: abs(at - len(title) / 2))
    return [title[:middle], title[middle + 1 :]]
