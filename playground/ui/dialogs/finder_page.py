"""What the pages of the rate finder share: a plot on the left, settings and what was found on the right, and a look that fills both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.training import messages
from playground.training.messages import Command
from playground.ui.bench import bench_of
from playground.ui.dialogs.sheet import side
from playground.ui.inspector.asking import set_plan
from playground.ui.inspector.notice import Notice
from playground.ui.inspector.text import Label, Section
from playground.ui.plots.axis import short
from playground.ui.plots.legend import Legend, legend_row
from playground.ui.plots.plot import Plot
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session


class FinderPage(QWidget):
    """said(text): what the dialog's foot says. A subclass gives `command` and takes what is told in `heed`."""

    said = Signal(str)

    def __init__(self, session: Session, plot: Plot, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.bench, self.plot = session, bench_of(session), plot
        self.legend, self.told = Legend(), Label("", 11, "text2")
        self.proof = Notice("info", "")
        self.begun = self.mine = False
        #: What was told of the look, and why it could not begin.
        self._heard_of: list[object] = []
        self._refused = ""
        #: Steps done before the look, once it is over.
        self.step: int | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        left = QWidget()
        self.left = QVBoxLayout(left)
        self.left.setContentsMargins(0, 0, 0, 0)
        self.left.setSpacing(0)
        self.left.addWidget(legend_row(self.legend, self.told))
        self.left.addWidget(plot, 1)
        row.addWidget(left, 1)
        right, self.right = side(314)
        row.addWidget(right)
        self.bench.heard.connect(self._heard)

    def finish_right(self) -> None:
        """The proof that nothing was changed, at the end of the right side."""
        self.right.addWidget(Section(say("Your run")))
        room = QVBoxLayout()
        room.setContentsMargins(11, 10, 11, 10)
        room.addWidget(self.proof)
        self.right.addLayout(room)
        self.right.addStretch(1)

    @property
    def rate_now(self) -> float | None:
        """The learning rate of the project."""
        rate = getattr(self.session.project.training.optimizer, "rate", None)
        return float(rate) if rate else None

    def command(self) -> Command:
        """What the worker is asked for."""
        raise NotImplementedError

    def clear(self) -> None:
        """Show that nothing is known yet."""
        raise NotImplementedError

    def heed(self, event: object) -> None:
        """Take what the look tells."""
        raise NotImplementedError

    def start(self) -> None:
        """Begin the look anew."""
        self.clear()
        self.begun, self.step = True, None
        self._heard_of.clear()
        self._refused = self.bench.ask(self.command())
        self.mine = not self._refused
        self._show_begun()

    def _show_begun(self) -> None:
        if self._refused:
            self.proof.show_notice("error", self._refused, say("The test cannot start"))
            self.told.show_text("")
            self._show_nothing(say("Nothing measured yet. Press Run again."))
            return
        self._show_nothing(say("The test is starting."))
        self.proof.show_notice("info", say("The test trains a copy of the state and puts the state back."))
        self.told.show_text(say("starting"))

    def _show_nothing(self, text: str) -> None:
        """What a plot says that has nothing to draw."""
        for plot in self.findChildren(Plot):
            plot.empty = text
            plot.update()

    def take_over(self, before: FinderPage) -> None:
        """Show what another one shows, in the language that is spoken now, and take what is still to come in its place."""
        if not before.begun:
            return
        self.clear()
        self.begun, self.step, self._refused = True, before.step, before._refused
        self._show_begun()
        for event in before._heard_of:
            self._listen(event)
        self.mine, before.mine = before.mine, False

    def where(self) -> str:
        """A few words on what the look begins with."""
        step = self.session.client.step if self.step is None else self.step
        if self.bench.beside or not step:
            return say("from the first weights")
        return say("from step {step}", step=f"{step:,}")

    def use_rate(self, rate: float | None, factor: float = 1.0) -> None:
        """Make a rate the project's; a run that goes on follows. factor: the most that the schedule multiplies it by."""
        if rate is None:
            return
        base = messages.base_rate(rate, factor)
        set_plan(self.session, "training", "optimizer.rate", base)
        if factor == 1.0:
            self.said.emit(say("The learning rate is {short} now. Undo takes it back.", short=short(base)))
        else:
            self.said.emit(
                say(
                    "The learning rate is {base} now, which the schedule multiplies by {factor} at most. Undo takes it back.",
                    base=short(base),
                    factor=short(factor),
                )
            )

    def prove(self, sha256: str, step: int | None = None) -> None:
        """Say that the state is as it was."""
        self.step = step
        hash = f"{sha256[:4]} {sha256[4:8]}"
        text = (
            say("Weights, optimizer and random state: {hash} before and after.", hash=hash)
            if step is None
            else say(
                "Weights, optimizer and random state are those of step {step}: {hash} before and after.",
                step=f"{step:,}",
                hash=hash,
            )
        )
        self.proof.show_notice("ok", text, say("Nothing was changed"))

    def _heard(self, event: object) -> None:
        if self.mine:
            self._listen(event)

    def _listen(self, event: object) -> None:
        self._heard_of.append(event)
        if isinstance(event, messages.Failed | messages.Died | messages.Warned):
            self.proof.show_notice("error", say(event.text), say("The test did not finish"))
            self.told.show_text("")
            self._show_nothing(say("Nothing measured yet. Press Run again."))
        else:
            self.heed(event)
