"""The numbers at the axes: each laid out once for a font and then drawn as it is, since a plot draws the same few over and over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QStaticText, QTransform

from playground.ui.painting import LEFT, RIGHT, put
from playground.ui.theme import theme

#: Pixels of a tick's number, and how many are kept.
SIZE, KEPT = 10, 2048


class _Numbers:
    """Numbers laid out in a font; another font, as with another language, begins anew."""

    def __init__(self) -> None:
        self.font: QFont | None = None
        self._known: dict[str, tuple[QStaticText, float, float]] = {}

    def follow(self, font: QFont) -> None:
        if font is not self.font:
            self.font = font
            self._known.clear()

    def of(self, text: str) -> tuple[QStaticText, float, float]:
        """The text with its width and height in pixels."""
        found = self._known.get(text)
        if found is None:
            assert self.font is not None
            if len(self._known) >= KEPT:
                self._known.clear()
            made = QStaticText(text)
            made.setTextFormat(Qt.TextFormat.PlainText)
            made.prepare(QTransform(), self.font)
            size = made.size()
            found = self._known[text] = made, size.width(), size.height()
        return found


_numbers = _Numbers()


def draw_numbers(p: QPainter, places: Iterable[tuple[float, float, str]], part: float, room: float) -> None:
    """Draw texts, each on the line whose middle is at y. part: of its width that lies left of x, 0 to 1.  room: pixels; more is cut."""
    font = theme().font(SIZE)
    _numbers.follow(font)
    p.setFont(font)
    p.setPen(theme().color("text3"))
    for x, y, text in places:
        made, wide, high = _numbers.of(text)
        if wide > room + 0.5:
            put(p, QRectF(x - part * room, y - 7, room, 14), text, SIZE, "text3", how=RIGHT if part == 1 else LEFT)
            continue
        p.drawStaticText(QPointF(x - part * wide, y - high / 2), made)


def apart(places: Sequence[float], low: float, high: float, gap: float) -> list[float]:
    """Ascending places moved as little as needed to lie so far from one another, between two ends where there is room for all."""
    found: list[float] = []
    for place in places:
        found.append(max(min(max(place, low), high), found[-1] + gap if found else low))
    beyond = high
    for at in range(len(found) - 1, -1, -1):
        if found[at] > beyond:
            found[at] = beyond
        beyond = found[at] - gap
    return found
