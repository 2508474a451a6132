"""Find learning rate: the range test with its curve, two suggestions that one click applies, and proof that nothing was changed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.fields import Real, Whole
from playground.training import messages
from playground.ui.dialogs.sheet import Sheet, side
from playground.ui.inspector.asking import set_plan
from playground.ui.inspector.controls import Button
from playground.ui.inspector.form import Form
from playground.ui.inspector.notice import Notice
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import Painted
from playground.ui.panel import Dialog, register_dialog
from playground.ui.plots.axis import short
from playground.ui.plots.finder import LOOKS, FinderPlot
from playground.ui.plots.legend import Legend, legend_row
from playground.ui.plots.series import Series
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

FIELDS = {
    "low": Real(label="From", low=1e-10, high=1.0, log=True, help="The first rate; too small to change anything."),
    "high": Real(label="To", low=1e-4, high=1000.0, log=True, help="The last rate, unless the loss runs away before."),
    "steps": Whole(label="Steps", low=20, high=1000, log=True, help="Batches of the test; more of them give a finer curve."),
    "smoothing": Real(label="Smoothing", low=0.0, high=0.99, help="Share of the past in the smoothed loss."),
    "stop_factor": Real(
        label="Stop at", low=1.1, high=20.0, unit="×", help="The test ends where the smoothed loss is so many times its best."
    ),
}
WORDS = {
    "valley": ("Valley", "The middle of the longest fall. A safe start."),
    "steepest": ("Steepest descent", "Where the smoothed loss falls fastest."),
}
STOPS = {
    "end": "all steps done",
    "diverged": "stopped when the loss ran away",
    "fault": "stopped at a number that is not finite",
    "cancelled": "stopped early",
}


@dataclasses.dataclass(frozen=True)
class Options:
    """Settings of the test, as the client takes them."""

    low: float = 1e-7
    high: float = 10.0
    steps: int = 100
    smoothing: float = 0.98
    stop_factor: float = 4.0


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
        column.setContentsMargins(12, 10, 12, 8)
        column.setSpacing(2)
        column.addLayout(top)
        column.addWidget(Label(meaning, 11, "text2", wraps=True))

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


class RateFinder(Sheet):
    """Runs the test at once when it opens, if the network can train."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("finder", say("Find learning rate"), (980, 600), parent)
        self.session = session
        self.options = Options()
        self.points: list[tuple[float, float, float]] = []
        self.plot, self.legend, self.told = FinderPlot(), Legend(), Label("", 11, "text2")
        self.suggestions = {"valley": Suggestion("valley", True), "steepest": Suggestion("steepest", False)}
        self.form, self.proof = Form(), Notice("info", "")
        self._assemble()
        for suggestion in self.suggestions.values():
            suggestion.use.clicked.connect(lambda _=False, s=suggestion: self.use(s.rate))
        self.form.changed.connect(self._set)
        session.heard.connect(self._heard)
        self.start()

    def _assemble(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(legend_row(self.legend, self.told))
        column.addWidget(self.plot, 1)
        self.body.addWidget(left, 1)
        right, settings = side(314)
        settings.addWidget(Section(say("Suggested")))
        for suggestion in self.suggestions.values():
            settings.addWidget(suggestion)
        settings.addWidget(Section(say("Test")))
        settings.addWidget(self.form)
        self.form.column.setContentsMargins(11, 4, 11, 6)
        self.form.show_record(self.options, FIELDS, Options())
        settings.addWidget(Section(say("Your run")))
        room = QVBoxLayout()
        room.setContentsMargins(11, 10, 11, 10)
        room.addWidget(self.proof)
        settings.addLayout(room)
        settings.addStretch(1)
        self.body.addWidget(right)
        self.word.show_text(say("Using a rate is one edit. Undo takes it back."))
        self.again = self.button(say("Run again"))
        self.again.clicked.connect(self.start)
        close = self.button(say("Close"))
        close.clicked.connect(self.close)

    @property
    def rate_now(self) -> float | None:
        """The learning rate of the project."""
        rate = getattr(self.session.project.training.optimizer, "rate", None)
        return float(rate) if rate else None

    def start(self) -> None:
        """Run the test."""
        self.points.clear()
        self._show()
        problems = [problem for problem in self.session.problems if problem.severity == "error"]
        if not self.session.ready:
            text = say(problems[0].text) if problems else self.session.samples_error or say("The data is still being read.")
            self.proof.show_notice("error", text, say("The test cannot start"))
            return
        self.proof.show_notice("info", say("The test trains a copy of the state and puts the state back."))
        self.told.show_text(say("starting"))
        self.session.find_rate(**dataclasses.asdict(self.options))

    def use(self, rate: float | None) -> None:
        """Make a rate the project's; a run that goes on follows."""
        if rate is not None:
            rate = float(f"{rate:.3g}")
            set_plan(self.session, "training", "optimizer.rate", rate)
            self.word.show_text(say("The learning rate is {short} now. Undo takes it back.", short=short(rate)))
            self.plot.now = self.rate_now
            self.plot.update()

    def _set(self, name: str, value: Any) -> None:
        self.options = dataclasses.replace(self.options, **{name: value})
        self.form.show_record(self.options, FIELDS, Options())
        self.word.show_text(say("Run again to use the new settings."))

    def _heard(self, event: object) -> None:
        if isinstance(event, messages.FinderPoint):
            if self.points and event.rate < self.points[-1][0]:
                self.points.clear()
            self.points.append((event.rate, event.loss, event.smoothed))
            self.told.show_text(say("{done} of {total} steps", done=event.done, total=event.total))
            self._show()
        elif isinstance(event, messages.FinderDone):
            self.points = list(zip(event.rates, event.losses, event.smoothed, strict=True))
            self._show(event)
        elif isinstance(event, messages.Failed | messages.Died):
            self.proof.show_notice("error", say(event.text), say("The test did not finish"))

    def _show(self, done: messages.FinderDone | None = None) -> None:
        rates, losses, smoothed = zip(*self.points, strict=True) if self.points else ((), (), ())
        self.plot.show_points(rates, losses, smoothed)
        self.legend.show_series([self.plot.series["smoothed"], self.plot.series["raw"]] if self.points else [])
        self.plot.empty = say("The test has not begun.") if not self.points else ""
        valley, steepest = (done.valley, done.steepest) if done else (None, None)
        self.plot.show_suggestions(valley, steepest, self.rate_now, done is not None and done.stopped in ("diverged", "fault"))
        if done is None:
            return
        self.suggestions["valley"].show_rate(valley)
        self.suggestions["steepest"].show_rate(steepest)
        self.told.show_text(
            say(
                "{rates_count} of {steps} steps, {value}",
                rates_count=len(done.rates),
                steps=self.options.steps,
                value=say(STOPS.get(done.stopped, done.stopped)),
            )
        )
        hash = f"{done.sha256[:4]} {done.sha256[4:8]}"
        self.proof.show_notice(
            "ok",
            say(
                "Weights, optimizer and random state are those of step {step}: {hash} before and after.",
                step=f"{done.step:,}",
                hash=hash,
            ),
            say("Nothing was changed"),
        )
        if done.text:
            self.word.show_text(say(done.text))


def open_finder(session: Session, window: QWidget) -> None:
    RateFinder(session, window).show()


register_dialog(Dialog(id="rate_finder", open=open_finder))
