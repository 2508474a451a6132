"""The range test: the loss while the rate rises with every batch, and three suggestions."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.fields import Choice, Real, Whole
from playground.training import messages
from playground.ui.dialogs.finder_page import FinderPage
from playground.ui.inspector.controls import Button
from playground.ui.inspector.form import Form
from playground.ui.inspector.notice import Notice
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import Painted
from playground.ui.plots.axis import short
from playground.ui.plots.finder import LOOKS, FinderPlot
from playground.ui.plots.series import Series
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

FIELDS = {
    "low": Real(label="From", low=1e-10, high=1.0, log=True, help="The first rate; too small to change anything."),
    "high": Real(label="To", low=1e-4, high=1000.0, log=True, help="The last rate, unless the loss runs away before."),
    "steps": Whole(label="Steps", low=20, high=1000, log=True, help="Batches of the test; more of them give a finer curve."),
    "smoothing": Real(label="Smoothing", low=0.0, high=0.99, help="Share of the past in the smoothed loss."),
    "stop": Choice(
        label="Stop when",
        options={
            "doubled": "The smoothed loss is twice its best.",
            "fourfold": "The smoothed loss is four times its best, as in fastai.",
            "never": "Only a number that is not finite ends the test.",
        },
        help="What ends the test before the last rate.",
    ),
}
FACTORS = {"doubled": 2.0, "fourfold": 4.0, "never": 1e30}
WORDS = {
    "valley": ("Valley", "The middle of the longest fall. A safe start."),
    "steepest": ("Steepest descent", "Where the smoothed loss falls fastest."),
    "minimum": ("Minimum ÷ 10", "A tenth of the rate where the loss is least."),
}
STOPS = {
    "end": "all steps done",
    "diverged": "stopped when the loss ran away",
    "fault": "stopped at a number that is not finite",
    "cancelled": "stopped early",
}


@dataclasses.dataclass(frozen=True)
class Options:
    """Settings of the test."""

    low: float = 1e-7
    high: float = 10.0
    steps: int = 100
    smoothing: float = 0.98
    stop: str = "fourfold"


class Suggestion(QWidget):
    """A sample of its line, its name and rate, what it means, and the button that uses it."""

    def __init__(self, name: str, primary: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rate: float | None = None
        title, meaning = (say(word) for word in WORDS[name])
        color, dashes = LOOKS[name]
        self.value = Label("—", 14, "text", True)
        self.use = Button(say("Use"), "primary" if primary else "secondary", small=True)
        self.use.setAccessibleName(say("Use {title}", title=title.lower()))
        self.use.setEnabled(False)
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(_Sample(Series(name, title, "smooth", color, dashes)))
        top.addWidget(Label(title, 12), 1)
        top.addWidget(self.value)
        top.addWidget(self.use)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 4)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(Label(meaning, 11, "text2", wraps=True))

    def forget(self) -> None:
        """Nothing is known of it."""
        self.rate = None
        self.value.show_text("—", "text")
        self.use.setEnabled(False)

    def show_rate(self, rate: float | None) -> None:
        self.rate = rate
        self.value.show_text(short(rate) if rate else say("no clear answer"), "text" if rate else "text3")
        self.use.setEnabled(rate is not None)


class _Sample(Painted):
    def __init__(self, series: Series) -> None:
        super().__init__(26, 22)
        self.series = series

    def draw(self, p: QPainter, r: QRectF) -> None:
        self.series.draw_sample(p, r)


class RangePage(FinderPage):
    """The first tab."""

    plot: FinderPlot

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, FinderPlot(), parent)
        self.options, self.factor = Options(), 1.0
        self.points: list[tuple[float, float, float]] = []
        self.suggestions = {name: Suggestion(name, name == "valley") for name in WORDS}
        self.form = Form()
        self.right.addWidget(Section(say("Suggested")))
        for suggestion in self.suggestions.values():
            self.right.addWidget(suggestion)
            suggestion.use.clicked.connect(lambda _=False, s=suggestion: self.use(s.rate))
        self.none = Notice("info", "")
        room = QVBoxLayout()
        room.setContentsMargins(11, 8, 11, 8)
        room.addWidget(self.none)
        self.right.addLayout(room)
        self.right.addWidget(Section(say("Test")))
        self.right.addWidget(self.form)
        self.form.column.setContentsMargins(11, 4, 11, 6)
        self.form.show_record(self.options, FIELDS, Options())
        self.form.changed.connect(self._set)
        self.finish_right()
        self._show_none("")

    def command(self) -> messages.Command:
        known = dataclasses.asdict(self.options)
        return messages.FindRate(stop_factor=FACTORS[known.pop("stop")], **known)

    def take_over(self, before: FinderPage) -> None:
        if isinstance(before, RangePage):
            self.options = before.options
            self.form.show_record(self.options, FIELDS, Options())
        super().take_over(before)

    def clear(self) -> None:
        self.points.clear()
        for suggestion in self.suggestions.values():
            suggestion.forget()
        self._show_none("")
        self._show()
        self.said.emit(say("Using a rate is one edit. Undo takes it back."))

    def _show_none(self, why: str) -> None:
        """Say in place of the suggestions why there are none; "" where there are."""
        self.none.setVisible(bool(why))
        if why:
            self.none.show_notice("info", why, say("No suggestion"))
        for suggestion in self.suggestions.values():
            suggestion.setVisible(not why)

    @property
    def most_now(self) -> float | None:
        """The highest rate that the project's plan comes to."""
        return None if self.rate_now is None else self.rate_now * self.factor

    def use(self, rate: float | None) -> None:
        """Make a rate the project's."""
        self.use_rate(rate, self.factor)
        self.plot.now = self.most_now
        self.plot.update()

    def _set(self, name: str, value: Any) -> None:
        self.options = dataclasses.replace(self.options, **{name: value})
        self.form.show_record(self.options, FIELDS, Options())
        self.said.emit(say("Run again to use the new settings."))

    def heed(self, event: object) -> None:
        if isinstance(event, messages.FinderPoint):
            if self.points and event.rate < self.points[-1][0]:
                self.points.clear()
            self.points.append((event.rate, event.loss, event.smoothed))
            self.told.show_text(say("{done} of {total} steps", done=event.done, total=event.total))
            self._show()
        elif isinstance(event, messages.FinderDone):
            self.points = list(zip(event.rates, event.losses, event.smoothed, strict=True))
            self.factor = event.factor
            self._show(event)

    def _show(self, done: messages.FinderDone | None = None) -> None:
        rates, losses, smoothed = zip(*self.points, strict=True) if self.points else ((), (), ())
        self.plot.show_points(rates, losses, smoothed)
        self.legend.show_series([self.plot.series["smoothed"], self.plot.series["raw"]] if self.points else [])
        self.plot.empty = say("The test has not begun.") if not self.points else ""
        found = {name: getattr(done, name) if done else None for name in WORDS}
        diverged = done is not None and done.stopped in ("diverged", "fault")
        self.plot.show_suggestions(found["valley"], found["steepest"], self.most_now, diverged, found["minimum"])
        if done is None:
            return
        for name, rate in found.items():
            self.suggestions[name].show_rate(rate)
        self._show_none(say(done.text) if not any(found.values()) else "")
        self.told.show_text(
            say(
                "{rates_count} of {steps} steps, {value}",
                rates_count=len(done.rates),
                steps=self.options.steps,
                value=say(STOPS.get(done.stopped, done.stopped)),
            )
        )
        self.prove(done.sha256, done.step)
        if done.text and any(found.values()):
            self.said.emit(say(done.text))
