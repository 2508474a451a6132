"""Settings and results of all runs side by side; brushing them filters the table of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.training.runs import Kept
from playground.ui.compare.axes import SettingAxis, axes_of
from playground.ui.compare.choice import choice_of
from playground.ui.compare.parallel import ParallelPlot
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.panel import Panel, register_panel
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session


class ParallelPanel(QWidget):
    """The plot, how many runs its brushes leave, and a button that lets go of them."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice_of(session)
        self._runs: list[Kept] = []
        self._axes: list[SettingAxis] = []
        self.plot, self.told = ParallelPlot(), Label("", 11, "text2")
        self.clear = Button(say("All runs"), "quiet", small=True)
        self.clear.setToolTip(say("Let go of all brushes"))
        policy = self.clear.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # else the plot would move under the pointer
        self.clear.setSizePolicy(policy)
        top = QHBoxLayout()
        top.setContentsMargins(10, 4, 8, 4)
        top.addWidget(self.told, 1)
        top.addWidget(self.clear)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.plot, 1)
        self.plot.brushed.connect(self._brushed)
        self.clear.clicked.connect(self.let_go)
        self.choice.chosen.connect(self.refresh)  # which every change of the runs brings too
        self.choice.released.connect(self.let_go)
        self.refresh()

    def refresh(self) -> None:
        """Take the runs anew."""
        runs = self.choice.runs
        if runs is not self._runs:
            self._runs, self._axes = runs, axes_of(runs) if len(runs) > 1 else []
        self.plot.empty = (
            say("Train twice with different settings to set them side by side.")
            if len(runs) < 2
            else say("These runs have the same settings.")
        )
        self.plot.show_runs(self._axes, runs, self.choice.colors())
        self._brushed()

    def let_go(self) -> None:
        """No brush any more."""
        self.plot.brushes.clear()
        self.plot.update()
        self._brushed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._brushed()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.choice.brush(None)  # a table that is filtered by what nobody sees would be a riddle

    def _brushed(self) -> None:
        left = self.plot.left
        if self.isVisible():
            self.choice.brush(left)
        self.clear.setVisible(left is not None)
        self.told.show_text(
            ""
            if len(self.plot.axes) < 2
            else say("Drag along an axis to filter the table.")
            if left is None
            else say("{left} of {runs} runs pass the brushes", left=len(left), runs=len(self.plot.runs))
        )


register_panel(
    Panel(
        id="parallel", title="Parallel settings", icon="slider", places={"compare": "bottom-right"}, factory=ParallelPanel, order=10,
        least=(300, 200),
    )
)  # fmt: skip
