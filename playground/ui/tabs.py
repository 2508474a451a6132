"""The layout tabs and the project's name, in the menu bar's corner."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from playground.ui.layout_table import Layout
from playground.ui.painting import RIGHT, Painted, box, put, stamp, width_of
from playground.ui.session import Session
from playground.ui.theme import theme
from playground.words import say

TAB_WIDTH, NAME_WIDTH = 96, 260
SMALL_NAME_WIDTH = 170  # which leaves the menus their room on a small screen


class LayoutTab(QAbstractButton):
    """One layout."""

    def __init__(self, text: str, icon: str, action: QAction) -> None:
        super().__init__()
        self.action_shown = action
        self.setFixedSize(TAB_WIDTH, 22)
        self.setCheckable(True)
        self.name(text, icon)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(action.trigger)
        action.changed.connect(self.follow)
        self.follow()

    def name(self, text: str, icon: str) -> None:
        """Give it a name and an icon."""
        self.glyph = icon
        self.setText(text)
        self.setAccessibleName(say("{what} layout", what=text))

    def follow(self) -> None:
        keys = self.action_shown.shortcut().toString()
        self.setToolTip(f"{self.accessibleName()} ({keys})" if keys else self.accessibleName())
        self.setChecked(self.action_shown.isChecked())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, on = QPainter(self), QRectF(self.rect()), self.isChecked()
        if on or self.underMouse():
            box(p, r, 3, theme().color("accent" if on else "accentsoft"), None)
        if self.hasFocus():
            box(p, r.adjusted(1, 1, -1, -1), 3, None, theme().color("onaccent" if on else "accent"), 1.5)
        wide = min(width_of(self.text(), 12, on) + 22, r.width() - 8)
        x = (r.width() - wide) / 2
        stamp(p, x + 8, r.center().y(), self.glyph, "onaccent" if on else "text2", 14)
        put(p, QRectF(x + 22, 0, wide - 22, r.height()), self.text(), 12, "onaccent" if on else "text2", on)
        p.end()


class Frame(QWidget):
    """The box around the tabs."""

    def __init__(self, tabs: list[LayoutTab]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(1, 1, 1, 1)
        row.setSpacing(0)
        for tab in tabs:
            row.addWidget(tab)
        self.fit(len(tabs))

    def fit(self, count: int) -> None:
        """Be as wide as so many tabs."""
        self.setFixedSize(2 + TAB_WIDTH * count, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        box(p, QRectF(self.rect()), 4, theme().color("base"), theme().color("border"))
        p.end()


class ProjectName(Painted):
    """The project's name, and whether it has unsaved edits or weights."""

    def __init__(self, session: Session) -> None:
        super().__init__(24)
        self.session = session
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedWidth(NAME_WIDTH)
        for signal in (session.project_changed, session.file_changed, session.run_changed):
            signal.connect(self._follow)
        self._follow()

    @property
    def text(self) -> str:
        if self.session.history.dirty:
            return self.session.title + say(" • edited")
        return self.session.title + (say(" • not saved") if self.session.modified else "")

    def _follow(self) -> None:
        if self.text != self.accessibleName():
            self.setAccessibleName(self.text)
            self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        put(p, r, self.text, 12, "text2", how=RIGHT)


class Corner(QWidget):
    """Name and tabs. While a layout of one's own is shown it has a tab too, which opens their menu.

    That tab takes its room from the name, since a menu bar does not follow a corner that grows.
    """

    def __init__(self, session: Session, tabs: list[LayoutTab], menu: QMenu, parent: QWidget) -> None:
        super().__init__(parent)  # the menu bar does not keep a Python widget alive by itself
        self.menu, self.count = menu, len(tabs)
        self._name_width = NAME_WIDTH
        self.choose = QAction(self)
        self.choose.setCheckable(True)
        self.choose.setChecked(True)
        self.choose.triggered.connect(self._choose)
        self.own = LayoutTab("", "auto", self.choose)
        self.own.hide()
        self.project, self.frame = ProjectName(session), Frame([*tabs, self.own])
        self.frame.fit(self.count)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 2, 8, 2)
        row.setSpacing(20)
        row.addWidget(self.project)
        row.addWidget(self.frame, 0, Qt.AlignmentFlag.AlignVCenter)
        theme().changed.connect(self._color_more)
        self._color_more()

    def _color_more(self) -> None:
        """The button of the menus that have no room: Qt draws it black in every look."""
        bar = self.parentWidget()
        more = None if bar is None else bar.findChild(QToolButton, "qt_menubar_ext_button")
        if more is not None:
            more.setIcon(theme().icon("down", 16, "text"))
            more.setToolTip(say("More menus"))
            more.setAccessibleName(more.toolTip())

    def show_own(self, layout: Layout | None) -> None:
        """The present layout where it is one's own, else None."""
        if layout is not None:
            self.own.name(layout.title, layout.icon)
            self.own.follow()
        if self.own.isHidden() is (layout is None):
            return
        self.own.setVisible(layout is not None)
        self.frame.fit(self.count + (layout is not None))
        self._share()

    def fit(self, small: bool) -> None:
        """Leave the menus their room on a small screen."""
        self._name_width = SMALL_NAME_WIDTH if small else NAME_WIDTH
        self._share()

    def _share(self) -> None:
        self.project.setFixedWidth(self._name_width - TAB_WIDTH * (not self.own.isHidden()))

    def _choose(self) -> None:
        self.choose.setChecked(True)  # it stays lit
        self.menu.popup(self.own.mapToGlobal(self.own.rect().bottomLeft()))


class Logo(Painted):
    """The mark at the left of the menu bar."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(28, 34, parent=parent)

    def sizeHint(self) -> QSize:
        return QSize(34, 28)

    def draw(self, p: QPainter, r: QRectF) -> None:
        stamp(p, 18, 14, "dense", "accent", 18)
