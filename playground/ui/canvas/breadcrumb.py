"""Where the canvas stands: the project, its network, and the blocks that are open; each step of the way leads back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from playground.ui.painting import Painted, chip, elided, put, width_of
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

MOST = 190  # pixels of one step
PAD = 6
CHIP = 16
EDGE = 2
LEAST = 60  # pixels that the last step keeps


class Step(QAbstractButton):
    """One step of the way. here: where the canvas stands; the others lead back."""

    def __init__(self, name: str, title: str = "", here: bool = False) -> None:
        super().__init__()
        self.name, self.title, self.here = name, title, here
        self.setText(name)
        what = say("{name}, a use of {title}", name=name, title=title) if title else name
        self.setAccessibleName(say("{what}, open", what=what) if here else say("Back to {what}", what=what))
        self.setToolTip("" if here else say("Back to {name}", name=name))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus if here else Qt.FocusPolicy.TabFocus)
        self.setEnabled(not here)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        return QSize(round(min(width_of(self.name, 11, self.here), MOST) + 2 * PAD + (CHIP + 5 if self.title else 0)) + 1, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        most = min(float(MOST), r.width() - 2 * PAD - (CHIP + 5 if self.title else 0))
        if self.underMouse() and not self.here:
            p.fillRect(r.adjusted(0, 1, 0, -1), theme().color("accentsoft"))
        if self.hasFocus():
            p.setPen(theme().color("accent"))
            p.drawRect(r.adjusted(0.5, 0.5, -0.5, -0.5))
        x = float(PAD)
        if self.title:
            chip(p, x, r.center().y() - CHIP / 2 + 0.5, CHIP, "block", "c_block", "panel")
            x += CHIP + 5
        ink = "text" if self.here else "accent" if self.underMouse() else "text2"
        put(p, r.adjusted(x, 0, 0, 0), elided(self.name, most, 11, self.here), 11, ink, self.here)
        p.end()


class Arrow(Painted):
    """The sign between two steps."""

    def __init__(self) -> None:
        super().__init__(28, 8)

    def draw(self, p: QPainter, r: QRectF) -> None:
        put(p, r.adjusted(1, 0, 0, 0), "›", 11, "text2")


class Omitted(Painted):
    """Stands for the steps that have no room."""

    def __init__(self) -> None:
        super().__init__(28, 20)

    def draw(self, p: QPainter, r: QRectF) -> None:
        put(p, r.adjusted(PAD, 0, 0, 0), "…", 11, "text2")


class Breadcrumb(QWidget):
    """Project › Main › block1 › …; where that has no room, the last steps of it."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.steps: list[Step] = []
        #: Each step from the project's name on, with the arrow before it.
        self._way: list[tuple[Arrow | None, Step]] = []
        self._shown: object = None
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(EDGE, 0, 0, 0)
        self.row.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        session.project_changed.connect(self.refresh)
        session.file_changed.connect(self.refresh)
        session.scope_changed.connect(self.refresh)
        theme().changed.connect(self.update)
        self.refresh()

    def refresh(self) -> None:
        """Show the way as it is now."""
        project, scope = self.session.project, self.session.scope
        way = ((say("Main"), ""), *scope.names(project))
        name = self.session.title
        if (name, way) == self._shown:
            return
        self._shown = name, way
        while (item := self.row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        title = Step(name)
        title.setEnabled(False)
        title.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        title.setAccessibleName(say("Project {project}", project=name))
        title.setToolTip("")
        self._omitted = Omitted()
        self.row.addWidget(self._omitted)
        self.row.addWidget(title)
        self.steps, self._way = [], [(None, title)]
        for depth, (name, block) in enumerate(way):
            step = Step(name, block, depth == len(way) - 1)
            step.clicked.connect(lambda _=False, depth=depth: self.session.leave(depth))
            self.steps.append(step)
            arrow = Arrow()
            self._way.append((arrow, step))
            self.row.addWidget(arrow)
            self.row.addWidget(step)
        self.row.addStretch(1)
        self._omitted.setToolTip(strung([step.name for _, step in self._way], " › "))
        self.updateGeometry()
        self._fold()

    def sizeHint(self) -> QSize:
        return QSize(EDGE + self._wide(self._way), 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(EDGE + self._omitted.width() + self._wide(self._way[-1:], LEAST), 28)

    @staticmethod
    def _wide(way: list[tuple[Arrow | None, Step]], most: int = 999) -> int:
        """Pixels of some steps, each at most so wide."""
        return sum(min(step.sizeHint().width(), most) + (arrow.width() if arrow is not None else 0) for arrow, step in way)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Show as many of the last steps as have room; what the canvas shows is always among them."""
        room, left = self.width() - EDGE, 0
        if self._wide(self._way) > room:
            room -= self._omitted.width()
            while left < len(self._way) - 1 and self._wide(self._way[left:]) > room:
                left += 1
        self._omitted.setVisible(left > 0)
        for at, (arrow, step) in enumerate(self._way):
            step.setVisible(at >= left)
            if arrow is not None:
                arrow.setVisible(at >= left)
        last = self._way[-1][1]
        last.setFixedWidth(
            max(min(last.sizeHint().width(), room - self._wide(self._way[left:]) + last.sizeHint().width()), 2 * PAD)
        )
