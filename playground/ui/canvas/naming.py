"""Typing a node's name or a note's text in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from playground.ui.canvas.frame_item import FrameItem
from playground.ui.canvas.node_item import NodeItem
from playground.ui.canvas.note_item import NoteItem
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.canvas.view import CanvasView

TITLES = 46  # pixels that two lines of a frame's title take


class NameEditor(QObject):
    """One field for names and one for notes, laid over the item. Enter or a click elsewhere keeps, Esc leaves as it was.

    Of a frame only the title is covered. In a note Enter begins a line and Ctrl+Enter keeps; in a frame's title Shift+Enter begins one.
    """

    def __init__(self, view: CanvasView) -> None:
        super().__init__(view)
        self.view = view
        self.id = ""
        self._enter_keeps = False
        self.line = QLineEdit(view)
        self.line.setAccessibleName(say("Name of the node"))
        self.line.setMaxLength(100)
        self.text = QPlainTextEdit(view)
        self.text.setAccessibleName(say("Text of the note"))
        self.text.setTabChangesFocus(True)
        for field in (self.line, self.text):
            field.hide()
            field.installEventFilter(self)
        theme().changed.connect(self._style)
        self._style()

    def _style(self) -> None:
        c = theme().color
        edge = f"background: {c('base').name()}; border: 2px solid {c('accent').name()}; border-radius: 4px;"
        self.line.setStyleSheet(f"QLineEdit {{ {edge} }}")
        self.text.setStyleSheet(f"QPlainTextEdit {{ {edge} }}")

    def edit(self, item: NodeItem | NoteItem) -> None:
        """Open over a node's name or a note."""
        self.id = item.id
        top = self.view.mapFromScene(item.pos())
        if isinstance(item, NodeItem):
            self.line.setText(item.look.name)
            self.line.setGeometry(QRect(top.x() + 4, top.y() + 2, max(120, round(item.look.width * self.view.zoom)), 26))
            self.line.setFont(theme().font(12, True))
            self.line.show()
            self.line.selectAll()
            self.line.setFocus()
        else:
            self.text.setPlainText(item.note.text)
            frame, framed = item.frame, isinstance(item, FrameItem)
            high = TITLES if framed else max(64, round(frame.height() * self.view.zoom))
            self.text.setGeometry(QRect(top.x(), top.y(), max(200, round(frame.width() * self.view.zoom)), high))
            self._enter_keeps = framed
            self.text.setFont(theme().font(11))
            self.text.show()
            self.text.selectAll()
            self.text.setFocus()

    @property
    def open(self) -> bool:
        return self.line.isVisible() or self.text.isVisible()

    def keep(self) -> None:
        """Ask for the edit; a refused name stays open, and the reason is told."""
        id, self.id = self.id, ""
        if not id:
            return
        if self.line.isVisible():
            name = self.line.text().strip()
            if not self.view.commands.rename(id, name):
                self.id = id
                return
            self.line.hide()
        elif self.text.isVisible():
            self.view.commands.set_note(id, self.text.toPlainText())
            self.text.hide()

    def leave(self) -> None:
        """Put the field away without an edit."""
        self.id = ""
        self.line.hide()
        self.text.hide()
        self.view.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key == Qt.Key.Key_Escape:
                self.leave()
                return True
            enter = key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
            held = event.modifiers()
            plain = watched is self.line or (self._enter_keeps and not held & Qt.KeyboardModifier.ShiftModifier)
            if enter and (plain or held & Qt.KeyboardModifier.ControlModifier):
                self.keep()
                if not self.open:
                    self.view.setFocus()
                return True
        elif event.type() == QEvent.Type.FocusOut and self.id:
            self.keep()
            if self.id:
                self.leave()
        return super().eventFilter(watched, event)
