"""The problems panel: what keeps the project from training, each with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from playground.document.problems import Problem
from playground.ui.inspector.controls import Button
from playground.ui.painting import put, rule, stamp, width_of
from playground.ui.panel import Panel, register_panel
from playground.ui.theme import theme
from playground.words import capital, say, strung, without_name

if TYPE_CHECKING:
    from playground.ui.session import Session

MOST_NAME = 150.0
_LOOKS = {"error": ("error", "error"), "warning": ("warn", "warn")}


class ProblemRow(QWidget):
    """Icon, node, sentence; a button for the remedy, or one that shows the node. A double click or Enter selects the node."""

    chosen = Signal()

    def __init__(self, problem: Problem, node: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem, self.node = problem, node
        text = say(problem.text)
        rest = without_name(text, node)
        self.words = capital(rest) if text == f"{node} {rest}" else rest
        self.column = 72.0
        self.setFixedHeight(28)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(strung((say(problem.severity), say(problem.text)), ": "))
        self.setToolTip(say(problem.text))
        self.button: Button | None = None
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 8, 0)
        line.addStretch(1)
        if problem.mend is not None or problem.node:
            self.button = Button(say(problem.mend.text) if problem.mend else say("Show"), "link")
            line.addWidget(self.button)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, wide = QPainter(self), float(self.width())
        if self.hasFocus():
            p.fillRect(self.rect(), theme().color("accentsoft"))
        icon, ink = _LOOKS.get(self.problem.severity, ("info", "info"))
        stamp(p, 18, 14, icon, ink, 15)
        x = 38.0
        if self.node:
            put(p, QRectF(x, 0, self.column, 28), self.node, 12, "text", True)
            x += self.column + 12
        room = wide - x - (self.button.width() + 20 if self.button else 12)
        put(p, QRectF(x, 0, max(20.0, room), 28), self.words, 12)
        rule(p, 0, 27, wide)
        p.end()


class Problems(QScrollArea):
    """All problems, errors first."""

    title_changed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.page = _Page()
        self.rows: list[ProblemRow] = []
        self._shown: list[tuple[Problem, str]] | None = None
        self.column = QVBoxLayout(self.page)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(0)
        self.column.addStretch(1)
        self.setWidget(self.page)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        session.inspection_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the project's problems as they are now."""
        names = {node.id: node.name for node in self.session.project.network.nodes}
        problems = sorted(self.session.problems, key=lambda problem: problem.severity != "error")
        wanted = [(problem, names.get(problem.node, "")) for problem in problems]
        if wanted == self._shown:
            return
        self._shown = wanted
        for row in self.rows:
            self.column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [self._row(problem, name) for problem, name in wanted]
        column = max((min(MOST_NAME, width_of(row.node, 12, True) + 1) for row in self.rows), default=0.0)
        for at, row in enumerate(self.rows):
            row.column = max(row.column, column)
            self.column.insertWidget(at, row)
        self.page.empty = not self.rows
        self.page.update()
        self.title_changed.emit(self.title_now)

    @property
    def title_now(self) -> str:
        """What the tab says."""
        return say("Problems {rows_count}", rows_count=len(self.rows)) if self.rows else say("Problems")

    def _row(self, problem: Problem, name: str) -> ProblemRow:
        row = ProblemRow(problem, name)
        row.chosen.connect(lambda: self.session.reveal(problem.node) if problem.node else None)
        if row.button is not None:
            mend = problem.mend
            row.button.clicked.connect(lambda: self.session.mend_whole(mend) if mend else self.session.reveal(problem.node))
        return row


class _Page(QWidget):
    empty = True

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.empty:
            p = QPainter(self)
            stamp(p, 18, 16, "check", "ok", 15)
            put(p, QRectF(38, 2, self.width() - 44, 28), say("No problems. The network can train."), 12, "text2")
            p.end()


register_panel(
    Panel(id="problems", title="Problems", icon="warn", places={"build": "bottom"}, factory=Problems, order=10, height=150)
)
