"""Batch sizes: samples a second and memory over the batch, and one click to take the one that is suggested."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.training.durations import in_words
from playground.training.memory import in_words as bytes_in_words
from playground.training.messages import Command
from playground.training.messages.analysis import BatchesDone, BatchPoint, BatchRecord, FindBatch
from playground.ui.dialogs.finder_page import FinderPage
from playground.ui.inspector.asking import set_plan
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import RIGHT, Painted, put, rule
from playground.ui.plots.axis import short
from playground.ui.plots.marks import Mark
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

SECONDS = 0.3
ROW = 21


class BatchPlot(Plot):
    """Something over batch sizes, with marks for the present and the suggested one."""

    def __init__(self, name: str, color: int, parent: QWidget | None = None) -> None:
        super().__init__(name, log_x=True, right=24, top=26, parent=parent)
        self.margins = (58, 26, 24, 34)
        self.title, self.x_title = name, say("Batch, log scale")
        self.empty = say("Nothing measured yet. Press Run again.")
        self.x_word = lambda x: (say("Batch {batch}", batch=f"{x:,.0f}"), "")
        self.add(Series("line", name, "smooth", color, tip=True))
        self.add(Series("dots", name, "points", color))

    def show_sizes(self, batches: np.ndarray, values: np.ndarray) -> None:
        """Shapes: (n,), (n,)."""
        for key in self.series:
            self.show_data(key, batches, values)


class SizeTable(Painted):
    """Batch, samples a second, time of a step, memory."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(ROW, 0, say("Batch sizes"), parent)
        self.sizes: tuple[BatchRecord, ...] = ()
        self.suggested = self.now = 0

    def show_sizes(self, sizes: tuple[BatchRecord, ...], suggested: int, now: int) -> None:
        self.sizes, self.suggested, self.now = sizes, suggested, now
        self.setFixedHeight(ROW * (len(sizes) + 1) + 2)
        self.setAccessibleDescription(strung((strung(self._words(size)) for size in sizes), "; "))
        self.update()

    def _words(self, size: BatchRecord) -> tuple[str, str, str, str]:
        return f"{size.batch:,}", f"{size.rate:,.0f}", in_words(size.step_seconds), bytes_in_words(size.nbytes)

    def draw(self, p: QPainter, r: QRectF) -> None:
        ends = (54.0, 140.0, 216.0, r.width() - 12)
        for end, title in zip(ends, (say("Batch"), say("Samples/s"), say("Time"), say("Memory")), strict=True):
            put(p, QRectF(end - 84, 0, 84, ROW), title, 11, "text2", True, RIGHT)
        for at, size in enumerate(self.sizes, 1):
            y, chosen = at * float(ROW), size.batch == self.suggested
            if chosen:
                p.fillRect(QRectF(0, y, r.width(), ROW), theme().color("oksoft"))
            rule(p, 0, y, r.width())
            for end, words in zip(ends, self._words(size), strict=True):
                put(p, QRectF(end - 84, y, 84, ROW), words, 11, "text", chosen or size.batch == self.now, RIGHT)


class BatchPage(FinderPage):
    """The third tab."""

    plot: BatchPlot

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, BatchPlot(say("Samples a second"), 1), parent)
        self.memory = BatchPlot(say("Memory, MB"), 2)
        self.left.addWidget(self.memory, 1)
        self.suggested = 0
        self.value = Label("—", 14, "text", True)
        self.verdict = Label("", 11, "text2", wraps=True)
        self.use = Button(say("Use"), "primary", small=True)
        self.use.setAccessibleName(say("Use the suggested batch size"))
        self.use.setEnabled(False)
        self.use.clicked.connect(self._use)
        self.table = SizeTable()
        self.right.addWidget(Section(say("Suggested")))
        room = QVBoxLayout()
        room.setContentsMargins(12, 8, 12, 8)
        room.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(Label(say("Batch size"), 12), 1)
        top.addWidget(self.value)
        top.addWidget(self.use)
        room.addLayout(top)
        room.addWidget(self.verdict)
        self.right.addLayout(room)
        self.right.addWidget(Section(say("Measured")))
        self.right.addWidget(self.table)
        self.finish_right()

    def command(self) -> Command:
        return FindBatch(seconds=SECONDS)

    def clear(self) -> None:
        self.suggested = 0
        self.value.show_text("—")
        self.verdict.show_text("")
        self.use.setEnabled(False)
        self._show((), 0)

    def heed(self, event: object) -> None:
        if isinstance(event, BatchPoint):
            self.told.show_text(say("{sizes} sizes measured", sizes=len(event.sizes)))
            self._show(event.sizes, 0)
        elif isinstance(event, BatchesDone):
            self.suggested = event.suggested
            now = self.session.project.training.batch
            self.value.show_text(short(event.suggested) if event.suggested else say("no clear answer"))
            self.use.setEnabled(bool(event.suggested) and event.suggested != now)
            self.verdict.show_text(say(event.text))
            if event.stopped == "memory":
                self.told.show_text(say("larger ones do not fit"))
            self._show(event.sizes, event.suggested)
            self.prove(event.sha256)

    def _show(self, sizes: tuple[BatchRecord, ...], suggested: int) -> None:
        now = self.session.project.training.batch
        batches = np.array([size.batch for size in sizes], float)
        self.plot.show_sizes(batches, np.array([size.rate for size in sizes], float))
        self.memory.show_sizes(batches, np.array([size.nbytes / 1e6 for size in sizes], float))
        marks = [Mark(now, say("now"))] if len(sizes) else []
        marks += [Mark(suggested, say("suggested"), "ok")] if suggested and suggested != now else []
        for plot in (self.plot, self.memory):
            plot.show_marks(marks)
        self.table.show_sizes(sizes, suggested, now)

    def _use(self) -> None:
        if self.suggested:
            set_plan(self.session, "training", "batch", self.suggested)
            self.use.setEnabled(False)
            self._show(self.table.sizes, self.suggested)
            self.said.emit(say("The batch size is {batch} now. Undo takes it back.", batch=f"{self.suggested:,}"))
