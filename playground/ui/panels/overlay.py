"""Curves of several runs in one plot."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.training.messages import EpochRecord
from playground.training.runs import Kept
from playground.ui.compare.choice import choice_of
from playground.ui.compare.columns import metric_title, metrics_of
from playground.ui.compare.seeds import spread
from playground.ui.inspector.controls import CheckBox, ComboField
from playground.ui.inspector.text import Label
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.journal_entries import marks_of
from playground.ui.plots.marks import Mark
from playground.ui.plots.plot import Plot
from playground.ui.plots.series import Series
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

VALIDATION, TRAIN, RATE = "validation", "train", "rate"


def value_of(record: EpochRecord, what: str) -> float | None:
    """A number of an epoch by its name."""
    if what == VALIDATION:
        return record.validation_loss
    return record.train_loss if what == TRAIN else record.rate if what == RATE else record.metrics.get(what)


class OverlayPanel(QWidget):
    """One number of every drawn run over its steps, each in the colour and dashes that the table shows."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice_of(session)
        self.plot = Plot(say("Runs over steps"), log=True, right=104)
        self.plot.ends = True
        self.plot.empty = say("Tick runs in the table to draw them here.")
        self.what, self.log = ComboField(), CheckBox(say("Log"), True)
        self.what.setAccessibleName(say("What is drawn"))
        self.what.setFixedWidth(190)
        top = QHBoxLayout()
        top.setContentsMargins(8, 6, 8, 4)
        self.bands = CheckBox(say("Bands"), self.choice.bands)
        self.bands.setToolTip(say("Draw runs that differ only in the seed as their mean and a band of ± 1 standard deviation"))
        self.told = Label("", 11, "text2")
        top.addWidget(self.what)
        top.addSpacing(6)
        top.addWidget(self.told, 1)
        top.addWidget(self.bands)
        top.addSpacing(8)
        top.addWidget(self.log)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.plot, 1)
        self.what.activated.connect(lambda _: self.draw())
        self.bands.clicked.connect(lambda on: self.choice.draw_bands(bool(on)))
        self.log.clicked.connect(lambda on: self.plot.set_log(bool(on)))
        self.choice.chosen.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Offer what the runs have, and draw."""
        offered = {VALIDATION: say("Validation loss"), TRAIN: say("Train loss"), RATE: say("Learning rate")}
        offered |= {name: metric_title(name) for name in metrics_of(self.choice.runs)}
        if list(offered) != [self.what.itemData(k) for k in range(self.what.count())]:
            wanted = self.what.currentData()
            self.what.clear()
            for name, title in offered.items():
                self.what.addItem(title, name)
            self.what.setCurrentIndex(max(self.what.findData(wanted), 0))
        self.draw()

    def draw(self) -> None:
        """Every drawn run, the newest on top; with bands, those that differ in nothing but the seed as one."""
        what = str(self.what.currentData() or VALIDATION)
        self.plot.series.clear()
        alike = 0
        self.plot.show_marks(self._marks())
        for runs, color in reversed(self.choice.drawn_groups()):
            found = spread(runs, lambda record: value_of(record, what)) if len(runs) > 1 else None
            if found is not None:
                alike += 1
                key = "+".join(str(run.number) for run in runs)
                self.plot.add(Series(key, _group_name(runs), "smooth", color, band=(found.low, found.high)))
                self.plot.show_data(key, found.steps, found.mean)
                continue
            self._draw_each(runs, color, what)
        self.told.show_text(say("Mean over seeds, band ± 1 sd") if alike else "")
        if not self.plot.series:
            self.plot.show_all()

    def _marks(self) -> list[Mark]:
        """What was changed in the runs that are drawn, with the run's number where there are several."""
        groups = self.choice.drawn_groups()
        alone = sum(len(runs) for runs, _ in groups) == 1
        found = []
        for runs, color in groups:
            for run in runs:
                for mark in marks_of(run, f"s{color}"):
                    text = mark.text if alone else say("Run {number}: {change}", number=run.number, change=mark.text)
                    found.append(dataclasses.replace(mark, text=text))
        return sorted(found, key=lambda mark: mark.x)

    def _draw_each(self, runs: Sequence[Kept], color: int, what: str) -> None:
        for run in runs:
            known = [(record.step, value) for record in run.epochs if (value := value_of(record, what)) is not None]
            key = str(run.number)
            self.plot.add(Series(key, say("Run {number}", number=run.number), "smooth", color))
            steps, values = zip(*known, strict=True) if known else ((), ())
            self.plot.show_data(key, np.array(steps, float), np.array(values, float))


def _group_name(runs: Sequence[Kept]) -> str:
    """At the end of a line: the oldest run, after which the table names its setting, and how many there are."""
    return say("Run {number}, {count} seeds", number=min(run.number for run in runs), count=len(runs))


register_panel(
    Panel(
        id="overlay",
        title="Overlay",
        icon="curve",
        places={"compare": "bottom"},
        factory=OverlayPanel,
        order=10,
        least=(340, 200),
    )
)
