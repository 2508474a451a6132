"""Painted controls that keep Qt's own behaviour: line edit, combo box, slider, switch, check box, button."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSizePolicy, QSlider, QWidget

from playground.ui.inspector.numbers import TICKS
from playground.ui.painting import RIGHT, box, put, stamp, width_of
from playground.ui.theme import theme

FIELD_HEIGHT = 26
_SHIFT = Qt.KeyboardModifier.ShiftModifier


class LineField(QLineEdit):
    """A text field in a painted box, its unit inside on the right, its edge red while the text is refused.

    Escape brings back what stood there when the keyboard came, or what the program has set since.
    """

    def __init__(self, unit: str = "", width: int = 0, icon: str = "", hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit, self.icon, self.refused = unit, icon, False
        self._kept = ""
        self.setFrame(False)
        self.setFont(theme().font(12))
        self.setPlaceholderText(hint)
        self.setTextMargins(6 + 20 * bool(icon), 0, round(width_of(unit, 10)) + 10 if unit else 4, 0)
        self.setFixedHeight(FIELD_HEIGHT)
        if width:
            self.setFixedWidth(width)

    def setText(self, text: str | None) -> None:
        super().setText(text or "")
        self.keep()

    def keep(self) -> None:
        """What stands there is what Escape brings back."""
        self._kept = self.text()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if not self.refused:
            self.keep()

    def refuse(self, refused: bool) -> None:
        """Mark the text as refused, or as fine again."""
        if refused != self.refused:
            self.refused = refused
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        heavy = self.refused or self.hasFocus()
        edge = "error" if self.refused else "accent" if self.hasFocus() else "strong" if self.isEnabled() else "border"
        box(p, r, 4, theme().color("base" if self.isEnabled() else "panel"), theme().color(edge), 2 if heavy else 1)
        put(p, r.adjusted(0, 0, -8, 0), self.unit, 10, "text3" if self.isEnabled() else "disabled", how=RIGHT)
        if self.icon:
            stamp(p, 17, r.center().y(), self.icon, "text2", 16)
        p.end()
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self._kept:
            self.setText(self._kept)
            self.refuse(False)
            self.editingFinished.emit()
            return
        super().keyPressEvent(event)


class ComboField(QComboBox):
    """A combo box behind a painted box; the wheel turns it only while it has the focus, so that a scrolling form stays as it is."""

    #: Pixels of its width that hold no text.
    frame = 30

    def __init__(self, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.unit, self.refused = unit, False
        self.setFont(theme().font(12))
        self.setFixedHeight(FIELD_HEIGHT)
        self.setMinimumWidth(44)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, on = QPainter(self), QRectF(self.rect()), self.isEnabled()
        heavy = self.refused or self.hasFocus()
        edge = "error" if self.refused else "accent" if self.hasFocus() else "strong" if on else "border"
        box(p, r, 4, theme().color("base" if on else "panel"), theme().color(edge), 2 if heavy else 1)
        room = width_of(self.unit, 10) + 6 if self.unit else 0
        put(
            p,
            r.adjusted(8, 0, 8 - self.frame - room, 0),
            self.currentText() or self.placeholderText(),
            12,
            "text" if on else "disabled",
        )
        put(p, r.adjusted(0, 0, -26, 0), self.unit, 10, "text3", how=RIGHT)
        stamp(p, r.right() - 12, r.center().y(), "down", "text3" if on else "disabled", 13)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Slider(QSlider):
    """A thin track with a ring. Shift makes the pointer and the arrow keys ten times finer; a click on the track jumps there.

    abandoned(): Escape ended a drag; what was there before is wanted again.
    """

    committed = Signal(int)
    abandoned = Signal()

    def __init__(self, steps: int = TICKS, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, steps)
        self.setSingleStep(max(1, steps // 100))
        self.setPageStep(max(1, steps // 10))
        self.setFixedHeight(24)
        self.setMinimumWidth(24)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._start: tuple[float, float] | None = None

    def _x(self) -> float:
        return 6 + self.value() / self.maximum() * (self.width() - 12)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        x = event.position().x()
        if abs(x - self._x()) > 9:
            self.setValue(round((x - 6) / (self.width() - 12) * self.maximum()))
        self._start = x, float(self.value())
        self.setSliderDown(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._start is None:
            return
        fine = 0.1 if event.modifiers() & _SHIFT else 1.0
        x, value = event.position().x(), self._start[1]
        value += fine * (x - self._start[0]) / (self.width() - 12) * self.maximum()
        self._start = x, min(max(value, 0.0), float(self.maximum()))
        self.setValue(round(value))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._start is not None:
            self._start = None
            self.setSliderDown(False)
            self.committed.emit(self.value())

    def event(self, event: QEvent) -> bool:
        """Escape is ours during a drag, not the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._abandons(event):
            event.accept()
            return True
        return super().event(event)

    def _abandons(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Escape and self._start is not None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._abandons(event):
            self._start = None
            self.blockSignals(True)  # it is not let go where it is
            self.setSliderDown(False)
            self.blockSignals(False)
            self.abandoned.emit()
            return
        before = self.value()
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Down: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.setValue(before + step * (1 if event.modifiers() & _SHIFT else self.singleStep()))
        if self.value() != before:
            self.committed.emit(self.value())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, y, on = QPainter(self), 12.0, self.isEnabled()
        x = self._x()
        box(p, QRectF(0, y - 2, self.width(), 4), 2, theme().color("border"), None)
        box(p, QRectF(0, y - 2, x, 4), 2, theme().color("accent" if on else "strong"), None)
        p.setPen(QPen(theme().color("accent" if on else "strong"), 2))
        p.setBrush(theme().color("base" if on else "panel"))
        p.drawEllipse(QPointF(x, y), 5.5, 5.5)
        if self.hasFocus():
            p.setPen(QPen(theme().color("accent"), 1.5))
            p.setBrush(Qt.BrushStyle.NoBrush)
            p.drawEllipse(QPointF(x, y), 9, 9)


class _Toggle(QAbstractButton):
    """What switch and check box share: checkable, keyboard, repaint on focus and hover."""

    def __init__(self, text: str = "", on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCheckable(True)
        self.setChecked(on)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)


class Switch(_Toggle):
    """An on-off switch, 32 × 18 in a target of 36 × 26."""

    def __init__(self, name: str = "", on: bool = False, parent: QWidget | None = None) -> None:
        super().__init__("", on, parent)
        self.setAccessibleName(name)
        self.setFixedSize(36, FIELD_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, on, live = QPainter(self), self.isChecked(), self.isEnabled()
        pill = QRectF(0, 4, 32, 18)
        if self.hasFocus():
            box(p, QRectF(0, 24, 32, 2), 1, theme().color("accent"), None)
        fill = "accent" if on and live else "strong" if on else "base"
        box(p, pill, 9, theme().color(fill), None if on else theme().color("strong" if live else "border"))
        p.setPen(Qt.PenStyle.NoPen)
        p.setBrush(theme().color("base" if on else "strong" if live else "border"))
        p.drawEllipse(QPointF(pill.right() - 9 if on else pill.left() + 9, pill.center().y()), 6, 6)


class CheckBox(_Toggle):
    """A check box with its text after it."""

    def __init__(self, text: str, on: bool = False, px: int = 11, parent: QWidget | None = None) -> None:
        super().__init__(text, on, parent)
        self.px = px
        self.setFixedSize(30 + round(width_of(text, px)), 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, on, live = QPainter(self), self.isChecked(), self.isEnabled()
        if self.hasFocus():
            box(p, QRectF(0, 2, 20, 20), 5, None, theme().color("accent"), 2)
        edge = None if on else theme().color("strong" if live else "border")
        box(p, QRectF(3, 5, 14, 14), 3, theme().color(("accent" if live else "strong") if on else "base"), edge)
        if on:
            stamp(p, 10, 12, "check", "onaccent", 12)
        put(p, QRectF(24, 0, self.width() - 24, 24), self.text(), self.px, "text" if live else "disabled")


class Button(QAbstractButton):
    """A push button. kind: "primary" (one in a place), "secondary" with an edge, "quiet", "link" and "icon" without; small ones are 26 high."""

    def __init__(
        self,
        text: str = "",
        kind: str = "secondary",
        icon: str = "",
        small: bool = False,
        width: int = 0,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.kind, self.glyph, self.small, self.px = kind, icon, small, 11 if small or kind == "link" else 12
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.show_text(text, width)

    def show_text(self, text: str, width: int = 0) -> None:
        """Change the words, and the size with them; width: another than they need."""
        self.setText(text)
        self.setAccessibleName(text)
        wide = round(width_of(text, self.px, True)) + (22 if self.glyph and text else 16 if self.glyph else 0)
        pad = 8 if self.kind == "link" or not text else 20 if self.small else 26
        self.setFixedSize(max(width or wide + pad, 26), FIELD_HEIGHT if self.small or self.kind == "link" else 32)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def _ground(self, p: QPainter, r: QRectF) -> str:
        """Paint the ground; give the ink."""
        on, over = self.isEnabled(), self.underMouse() or self.isDown()
        if self.kind == "primary" and on:
            box(p, r, 5, theme().color("accent") if not self.isDown() else theme().tint("accent", 0.85, "text"), None)
            return "onaccent"
        if self.kind == "icon":
            return "disabled" if not on else "accent" if self.isChecked() else "text" if over else "text3"
        if self.isCheckable() and self.isChecked() and self.kind != "link":
            box(p, r, 5, theme().color("accentsoft"), theme().color("accent"))
            return "text"
        if self.kind in ("secondary", "primary"):
            ground = "accentsoft" if over and on else "base" if on else "panel"
            box(p, r, 5, theme().color(ground), theme().color("strong" if on else "border"))
        elif over and on:
            box(p, r, 5, theme().color("accentsoft"), None)
        return "disabled" if not on else "accent" if self.kind == "link" else "text"

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        ink = self._ground(p, r)
        if self.hasFocus():
            inner = theme().color("onaccent" if self.kind == "primary" else "accent")
            box(p, r.adjusted(2, 2, -2, -2), 4, None, inner, 2 if self.kind != "primary" else 1.5)
        bold = self.kind in ("primary", "link") or (self.isCheckable() and self.isChecked())
        wide = min(width_of(self.text(), self.px, bold) + (22 if self.glyph and self.text() else 0), r.width() - 8)
        x = (r.width() - wide) / 2
        behind = self.glyph == "down" and bool(self.text())  # of a menu that opens
        if self.glyph:
            at = (x + wide - 8 if behind else x + 8) if self.text() else r.center().x()
            stamp(p, at, r.center().y(), self.glyph, "text2" if ink == "text" else ink, 14 if self.px < 12 else 16)
        room = wide - (22 if self.glyph else 0) + 4
        put(p, QRectF(x if behind or not self.glyph else x + 22, 0, room, r.height()), self.text(), self.px, ink, bold)
