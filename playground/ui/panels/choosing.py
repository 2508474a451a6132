"""A choice above a plot: what it shows."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from playground.ui.inspector.controls import ComboField
from playground.ui.painting import width_of


class Choice(ComboField):
    """One of several things by key. chosen(key): a person took another one."""

    chosen = Signal(str)

    def __init__(self, name: str, texts: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setFixedHeight(22)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.keys: list[str] = []
        self.offer(texts)
        self.activated.connect(lambda at: self.chosen.emit(self.keys[at]))

    def offer(self, texts: Mapping[str, str]) -> None:
        """These and no others; what was chosen stays if it is among them."""
        if list(texts) == self.keys:
            return
        kept = self.key
        self.keys = list(texts)
        self.clear()
        self.addItems(list(texts.values()))
        self.setFixedWidth(min(220, round(max([width_of(text, 12) for text in texts.values()], default=40.0)) + self.frame + 12))
        if kept in self.keys:
            self.setCurrentIndex(self.keys.index(kept))

    @property
    def key(self) -> str:
        """What is chosen; "" where there is nothing to choose."""
        at = self.currentIndex()
        return self.keys[at] if 0 <= at < len(self.keys) else ""

    def choose(self, key: str) -> None:
        """Take this one, as if by hand."""
        self.setCurrentIndex(self.keys.index(key))
        self.chosen.emit(key)


def choice_row(*controls: QWidget, first: QWidget | None = None) -> QWidget:
    """Controls at the right of a row of 28 px; first: what takes the room at its left, such as a legend."""
    row = QWidget()
    line = QHBoxLayout(row)
    line.setContentsMargins(0, 0, 10, 0)
    line.setSpacing(8)
    if first is not None:
        line.addWidget(first, 1)
    else:
        line.addStretch(1)
    for control in controls:
        line.addWidget(control)
    row.setFixedHeight(28)
    return row
