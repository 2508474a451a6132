"""Where the tabs of a place do not fit, a button at their end lists them all."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QMenu, QStyle, QTabBar, QWidget

from playground.ui.painting import CENTRE, box, put, stamp, width_of
from playground.ui.theme import theme
from playground.words import say


class CutTab(QWidget):
    """Dots over a tab of which only the end can be seen, left of those that were scrolled to; a click reaches the tab."""

    def __init__(self, bar: QTabBar) -> None:
        super().__init__(bar)
        self.bar = bar
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self, wide: int) -> None:
        """Take so many pixels at the left; none, to go."""
        self.setVisible(wide > 0)
        if wide > 0:
            self.setGeometry(0, 0, wide, self.bar.height())
            self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.fillRect(r, theme().color("panel"))
        put(p, r, "…" if r.width() > width_of("…", 12) else "", 12, "text3", how=CENTRE)
        p.end()


class TabMenu(QAbstractButton):
    """Lies over the arrows of a tab bar, which are there only where tabs do not fit. A choice brings its tab to the front."""

    def __init__(self, bar: QTabBar) -> None:
        super().__init__(bar)
        self.bar, self.cut = bar, CutTab(bar)
        self.setText(say("All panels of this place"))
        self.setAccessibleName(self.text())
        self.setToolTip(self.text())
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(self.choose)
        bar.currentChanged.connect(lambda _: self.follow())
        bar.installEventFilter(self)
        self.follow()

    @property
    def needed(self) -> bool:
        """Whether some tabs are out of sight."""
        last = self.bar.count() - 1
        return last >= 0 and self.bar.tabRect(last).right() - self.bar.tabRect(0).left() >= self.bar.width()

    def follow(self) -> None:
        """Stand at the end of the tabs, or go."""
        bar = self.bar
        self.setVisible(self.needed)
        self.cut.cover(self._cut())
        if self.needed:
            self.setGeometry(QRect(self._left(), 0, bar.width() - self._left(), bar.height()))
            self.raise_()

    def _left(self) -> int:
        """Where the button begins. Half a word is no word: a tab that shows only in part is covered, except the one in front."""
        bar = self.bar
        left = bar.width() - 2 * bar.style().pixelMetric(QStyle.PixelMetric.PM_TabBarScrollButtonWidth, None, bar)
        for at in range(bar.count()):
            if bar.tabRect(at).left() < left < bar.tabRect(at).right() and at != bar.currentIndex():
                left = bar.tabRect(at).left()
        return left

    def _cut(self) -> int:
        """Pixels at the left that show the end of a tab, except of the one in front; 0 for none."""
        rects = [(at, self.bar.tabRect(at)) for at in range(self.bar.count())] if self.needed else []
        return next((r.right() + 1 for at, r in rects if r.left() < 0 <= r.right() and at != self.bar.currentIndex()), 0)

    def _outdated(self) -> bool:
        """Whether a tab has another name since, of which a bar tells nobody."""
        shown = self.cut.width() if not self.cut.isHidden() else 0
        return self.isHidden() == self.needed or (self.needed and self.x() != self._left()) or shown != self._cut()

    def choose(self) -> None:
        """List the tabs."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for at in range(self.bar.count()):
            entry = menu.addAction(self.bar.tabText(at))
            entry.setCheckable(True)
            entry.setChecked(at == self.bar.currentIndex())
            entry.triggered.connect(lambda _=False, at=at: self.bar.setCurrentIndex(at))
        menu.popup(self.mapToGlobal(QPoint(0, self.height())))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self.follow()
        elif event.type() == QEvent.Type.Paint and self._outdated():
            QTimer.singleShot(0, self, self.follow)  # nothing may move while it is painted
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.fillRect(r, theme().color("panel"))
        if self.underMouse() or self.hasFocus():
            box(
                p,
                QRectF(r.right() - 34, 2, 32, r.height() - 6),
                4,
                theme().color("accentsoft"),
                theme().color("accent") if self.hasFocus() else None,
                2,
            )
        stamp(p, r.right() - 18, r.center().y() - 1, "down", "text2", 14)
        p.end()
