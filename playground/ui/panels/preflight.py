"""The pre-flight panel: four verdicts before training, each with its figures and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from playground.training import messages
from playground.training.messages.analysis import CheckRecord, Preflight, PreflightDone, PreflightStep
from playground.ui.actions import action_set_of
from playground.ui.bench import bench_of
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import box, stamp
from playground.ui.panel import Panel, dialogs, register_panel
from playground.ui.theme import theme
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Pixels of a card's width that its words need.
LEAST = 190
#: Seconds that a check may take.
SECONDS = 1.5
#: What each check asks, while there is no verdict.
QUESTIONS = {
    "start": ("First loss", "Does it start where guessing would?"),
    "fits": ("One batch", "Can it learn a single batch by heart?"),
    "labels": ("Shuffled labels", "Does it learn from the labels, and only from them?"),
    "time": ("Time and memory", "What does an epoch cost on this machine?"),
}
#: The dialog that helps where a check is not content.
HELPS = {
    "fits": ("rate_finder", "Find rate"),
    "labels": ("rate_finder", "Find rate"),
    "time": ("batch_finder", "Find batch size"),
}
_LOOKS = {"ok": ("check", "ok"), "warn": ("warn", "warn"), "error": ("error", "error"), "info": ("info", "info")}


class CheckCard(QWidget):
    """One check: its question, that it goes on, or its verdict."""

    def __init__(self, id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.id, self.level, self.running = id, "", False
        self.record: CheckRecord | None = None
        self.title, self.text = Label("", 12, "text", True), Label("", 11, "text2", wraps=True)
        self.remedy = Label("", 11, "text", wraps=True)
        for label in (self.text, self.remedy):
            label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(self)
        column.setContentsMargins(34, 7, 10, 6)
        column.setSpacing(3)
        for part in (self.title, self.text, self.remedy):
            column.addWidget(part)
        column.addStretch(1)
        self.setMinimumSize(150, 62)
        self.ask()

    def ask(self) -> None:
        """Show the question."""
        title, text = QUESTIONS[self.id]
        self._show("", False, say(title), say(text), "")

    def run(self) -> None:
        """Show that the check goes on."""
        self._show("", True, say(QUESTIONS[self.id][0]), say("measuring"), "")

    def show_check(self, check: CheckRecord) -> None:
        """Show the verdict."""
        self.record = check
        self._show(check.level, False, say(check.title), say(check.text), say(check.remedy))

    def _show(self, level: str, running: bool, title: str, text: str, remedy: str) -> None:
        self.level, self.running = level, running
        self.title.show_text(title)
        self.text.show_text(text)
        self.remedy.show_text(remedy)
        self.remedy.setVisible(bool(remedy))
        self.setAccessibleName(f"{title}. {text} {remedy}".strip())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        bad = self.level in ("warn", "error")
        edge = theme().tint(self.level, 0.5, f"{self.level}soft") if bad else theme().color("border")
        box(p, r, 5, theme().color(f"{self.level}soft" if bad else "base"), edge)
        icon, ink = _LOOKS.get(self.level, ("clock", "accent" if self.running else "text3"))
        if self.id == "time" and not bad and not self.running:
            icon = "clock"
        stamp(p, 18, 17, icon, ink, 16)
        p.end()


class PreflightPanel(QWidget):
    """Runs the checks when asked, here or by the action; the verdicts stay until the project is another one or is changed."""

    title_changed = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.bench = session, bench_of(session)
        self.cards = {id: CheckCard(id) for id in QUESTIONS}
        self.told = Label("", 11, "text2")
        self.layers, self.again = Button(say("Time of layers"), "link"), Button(say("Run all checks"), "link")
        self.help = Button(say("Find rate"), "link")
        self.mine = False
        self._stale = False
        self.columns = 0
        self._assemble()
        self.help.clicked.connect(self._open_help)
        self.again.clicked.connect(self.start)
        self.layers.clicked.connect(self._show_layers)
        self.bench.heard.connect(self._heard)
        self.bench.changed.connect(self._changed)
        session.project_changed.connect(self._age)
        session.replaced.connect(self.forget)
        self.forget()

    def _assemble(self) -> None:
        page = QWidget()
        self.grid = QGridLayout(page)
        self.grid.setContentsMargins(10, 8, 10, 4)
        self.grid.setSpacing(8)
        self._flow(len(self.cards))
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 0, 8, 2)
        foot.addWidget(self.told, 1)
        for button in (self.help, self.layers, self.again):
            foot.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(area, 1)
        column.addLayout(foot)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        fits = [n for n in (4, 2, 1) if (self.width() - 12) // n - 8 >= LEAST]
        self._flow(fits[0] if fits else 1)

    def _flow(self, columns: int) -> None:
        """Set the cards in so many columns; none is cut where the dock is narrow, and none is higher than the others need."""
        if columns == self.columns:
            return
        self.columns = columns
        for at, card in enumerate(self.cards.values()):
            self.grid.addWidget(card, at // columns, at % columns)
        rows = -(-len(self.cards) // columns)
        for at in range(len(self.cards)):
            self.grid.setColumnStretch(at, int(at < columns))
        for at in range(len(self.cards) + 1):
            self.grid.setRowStretch(at, int(at == rows))

    @property
    def done(self) -> bool:
        """Every check has a verdict."""
        return all(card.level for card in self.cards.values())

    def start(self) -> None:
        """Run all checks."""
        why = self.bench.ask(Preflight(seconds=SECONDS))
        self.mine = not why
        for card in self.cards.values():
            card.ask()
        self.help.hide()
        self._stale = False
        self.told.show_text(why or say("starting"), "error" if why else "text2")
        self._title()

    def forget(self) -> None:
        """Ask again, for another project."""
        self.mine = self._stale = False
        for card in self.cards.values():
            card.record = None
            card.ask()
        self.help.hide()
        self.layers.hide()
        self.told.show_text(say("Four checks of a few seconds before a long run. Nothing is changed."), "text2")
        self._title()

    def _age(self) -> None:
        """Verdicts are of the project as it was."""
        if self.done and not self._stale:
            self._stale = True
            self.told.show_text(say("The project has changed since. Run the checks again."), "warn")
            self._title()

    def _heard(self, event: object) -> None:
        if not self.mine:
            return
        if isinstance(event, PreflightStep):
            for at, card in enumerate(self.cards.values()):
                if at == event.done:
                    card.run()
            self.told.show_text(say("check {at} of {total}", at=event.done + 1, total=event.total), "text2")
        elif isinstance(event, PreflightDone):
            self._take(event)
        elif isinstance(event, messages.Failed | messages.Died | messages.Warned):
            for card in self.cards.values():
                card.ask()
            self.told.show_text(say(event.text), "error")

    def _take(self, done: PreflightDone) -> None:
        found = {check.id: check for check in done.checks}
        for id, card in self.cards.items():
            if id in found:
                card.show_check(found[id])
            else:
                card.ask()
        hash = f"{done.sha256[:4]} {done.sha256[4:8]}"
        text = (
            say(
                "Ran in {seconds} s. Weights were put back: hash before and after is {hash}.",
                seconds=f"{done.seconds:.1f}",
                hash=hash,
            )
            if done.stopped == "end"
            else say("Stopped early. Weights were put back: hash before and after is {hash}.", hash=hash)
        )
        self.told.show_text(text, "text2")
        wanted = self._help()
        self.help.setVisible(wanted is not None)
        self.layers.setVisible(bool(done.layers))
        if wanted is not None:
            self.help.setText(say(wanted[1]))
            self.help.setAccessibleName(say(wanted[1]))
        self._title()

    def _help(self) -> tuple[str, str] | None:
        """The dialog that helps with the first check that is not content, and its name."""
        bad = [id for id, card in self.cards.items() if card.level in ("warn", "error") and id in HELPS]
        return HELPS[bad[0]] if bad else None

    def _open_help(self) -> None:
        wanted = self._help()
        if wanted is not None:
            dialogs()[wanted[0]].open(self.session, self.window())

    def _show_layers(self) -> None:
        known = action_set_of(self)
        if known is not None:
            known.window.show_panel("timing")

    def _changed(self) -> None:
        if not self.bench.busy and self.mine:
            for card in self.cards.values():
                if card.running:
                    card.ask()

    def _title(self) -> None:
        """The tab carries a tick when all is well, and the number of warnings when it is not."""
        bad = sum(card.level in ("warn", "error") for card in self.cards.values())
        if not self.done or self._stale:
            self.title_changed.emit(say("Pre-flight"))
        elif bad:
            self.title_changed.emit(say("Pre-flight {count}", count=bad))
        else:
            self.title_changed.emit(say("Pre-flight ✓"))


register_panel(
    Panel(
        id="preflight", title="Pre-flight", icon="preflight", places={"build": "bottom"}, factory=PreflightPanel, order=5, height=150,
        least=(340, 120),
    )
)  # fmt: skip
