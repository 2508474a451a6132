"""The card over a comparison: what can be said of the difference, the results seed by seed, and more seeds where they would help."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from playground.training.runs import Kept
from playground.ui.compare.choice import Choice
from playground.ui.compare.judging import Judgement, Setting, judged
from playground.ui.compare.more_seeds import more_seeds_of
from playground.ui.compare.noise import spread_of
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Label
from playground.ui.painting import AA, RIGHT, Painted, box, put, rule, stamp
from playground.ui.plots.axis import short
from playground.ui.theme import theme
from playground.words import say

ROW, NAME, FOOT = 26, 58, 18


class SpreadStrip(Painted):
    """A row a setting: every seed as a dot, their mean as a ring, one standard deviation to either side as a bar."""

    def __init__(self, name: str) -> None:
        super().__init__(0, 0, name)
        self.settings: tuple[Setting, ...] = ()
        self.colors: dict[int, int] = {}

    def show_settings(self, settings: tuple[Setting, ...], colors: dict[int, int]) -> None:
        """colors: number of a setting's run -> number of its colour in the overlay."""
        self.settings, self.colors = tuple(one for one in settings if one.values), colors
        self.setFixedHeight(ROW * len(self.settings) + FOOT if self.settings else 0)
        told = [f"{one.name}: {', '.join(map(short, one.values))}" for one in self.settings]
        self.setAccessibleDescription("; ".join(told)[:2000])
        self.update()

    def _ends(self) -> tuple[float, float]:
        """Of what is drawn, bars included."""
        found = [value for one in self.settings for value in one.values]
        for one in self.settings:
            mean, apart = spread_of(one.values)
            found += [mean - apart, mean + apart]
        low, high = min(found), max(found)
        room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
        return (max(low - room, 0.0) if low >= 0 else low - room), high + room

    def draw(self, p: QPainter, r: QRectF) -> None:
        if not self.settings:
            return
        low, high = self._ends()
        left, wide = NAME + 12.0, r.width() - NAME - 26

        def x(value: float) -> float:
            return left + (value - low) / (high - low) * wide

        for k, one in enumerate(self.settings):
            y = k * ROW + ROW / 2
            put(p, QRectF(12, k * ROW, NAME, ROW), one.name, 11, "text", True)
            rule(p, left, y, wide)
            mean, apart = spread_of(one.values)
            ink = theme().series(self.colors[one.number])[0] if one.number in self.colors else theme().color("text2")
            p.setRenderHint(AA)
            if apart > 0:
                box(p, QRectF(x(max(mean - apart, low)), y - 3, x(mean + apart) - x(max(mean - apart, low)), 6), 3, ink, None)
            p.setPen(QPen(theme().color("panel"), 1))
            p.setBrush(ink)
            for value in one.values:
                p.drawEllipse(QPointF(x(value), y + (8 if len(one.values) > 1 else 0)), 2.5, 2.5)
            p.setPen(QPen(ink, 2))
            p.setBrush(theme().color("base"))
            p.drawEllipse(QPointF(x(mean), y), 4.5, 4.5)
        foot = QRectF(left, ROW * len(self.settings), wide, FOOT)
        put(p, foot, short(low), 10, "text2")
        put(p, foot, short(high), 10, "text2", how=RIGHT)


class Progress(Painted):
    """How much of what was asked for is done."""

    def __init__(self) -> None:
        super().__init__(6, 0, say("More seeds"))
        self.share = 0.0

    def show_share(self, share: float) -> None:
        self.share = share
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        box(p, r, 3, theme().color("border"), None)
        if self.share > 0:
            box(p, QRectF(r.x(), r.y(), max(r.width() * self.share, 6.0), r.height()), 3, theme().color("accent"), None)


class NoiseCard(QWidget):
    """judgement: what it says now, None where there is nothing to say.  folded: emitted when it came or went."""

    folded = Signal(bool)

    def __init__(self, choice: Choice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice, self.seeds = choice, more_seeds_of(choice)
        self.judgement: Judgement | None = None
        self.title, self.text = Label("", 13, "text", True), Label("", 11, "text2", wraps=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.strip = SpreadStrip(say("Results of every seed"))
        self.run = Button("", "secondary", "play", small=True)
        self.told, self.progress, self.stop = Label("", 11, "text2", wraps=True), Progress(), Button(say("Stop"), "link")
        self.stop.setAccessibleName(say("Stop running seeds"))
        self._assemble()
        self.run.clicked.connect(self.ask)
        self.stop.clicked.connect(self.seeds.stop)
        self.seeds.changed.connect(self._show_progress)
        choice.session.run_changed.connect(self._show_progress)
        choice.session.samples_changed.connect(self._offer)

    def _assemble(self) -> None:
        head = QVBoxLayout()
        head.setContentsMargins(38, 12, 12, 4)
        head.setSpacing(4)
        head.addWidget(self.title)
        head.addWidget(self.text)
        act = QHBoxLayout()
        act.setContentsMargins(12, 0, 12, 0)
        act.addWidget(self.run)
        act.addStretch(1)
        self.going = QWidget()
        going = QGridLayout(self.going)
        going.setContentsMargins(12, 4, 12, 4)
        going.setVerticalSpacing(2)
        going.addWidget(self.told, 0, 0)
        going.addWidget(self.stop, 0, 1)
        going.addWidget(self.progress, 1, 0, 1, 2)
        going.setColumnStretch(0, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 10)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.strip)
        column.addLayout(act)
        column.addWidget(self.going)

    def groups(self) -> list[list[Kept]]:
        """The compared settings, each with all its seeds, in the order in which they were chosen."""
        found: dict[int, list[Kept]] = {}
        for folder in self.choice.compared:
            runs = self.choice.repeats_of(folder)
            if runs:
                found.setdefault(runs[-1].number, runs)
        return list(found.values())

    def refresh(self) -> None:
        """Judge what is compared now."""
        found = self.judgement = judged(self.groups())
        self.setVisible(found is not None)
        if found is None:
            return
        self.title.show_text(found.title)
        self.text.show_text(found.text)
        self.setAccessibleName(f"{found.title}. {found.text}")
        drawn = self.choice.colors()
        colors = {one.number: drawn[run.folder] for one in found.settings for run in one.runs if run.folder in drawn}
        several = len(found.settings) > 1 or any(len(one.values) > 1 for one in found.settings)
        self.strip.show_settings(found.settings if several else (), colors)
        self.strip.setVisible(several)
        self._offer()
        self._show_progress()
        self.update()

    def _offer(self) -> None:
        """The button says how many seeds it runs; where it cannot, why."""
        found = self.judgement
        self.run.setVisible(found is not None and bool(found.goal))
        if found is None or not found.goal:
            return
        some = any(len(one.values) > 1 for one in found.settings)
        text = say("Run {count} seeds of each" if len(found.settings) > 1 else "Run {count} seeds", count=found.goal)
        if some and len(found.settings) > 1:
            text = say("Run seeds up to {count} of each", count=found.goal)
        self.run.show_text(text)
        why = next((why for one in found.settings if (why := self.seeds.why_not(one.runs[-1]))), "")
        self.run.setEnabled(not why and not self.seeds.busy)
        self.run.setToolTip(why or say("The same settings are trained with other seeds, beside your work; each is kept as a run"))

    def ask(self) -> None:
        """Run the seeds that are offered."""
        if self.judgement is not None and self.judgement.goal:
            self.seeds.ask([one.runs for one in self.judgement.settings], self.judgement.goal)

    def _show_progress(self) -> None:
        busy = self.seeds.busy
        self.going.setVisible(busy)
        if busy:
            done = {"done": self.seeds.done, "total": self.seeds.total}
            self.told.show_text(
                say("Seeds wait while your run goes on. {done} of {total} done.", **done) if self.seeds.waits
                else say("Running more seeds. {done} of {total} done.", **done)
            )  # fmt: skip
            self.progress.show_share(self.seeds.done / max(self.seeds.total, 1))
        self._offer()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.judgement is not None:
            p = QPainter(self)
            level = self.judgement.level
            stamp(p, 22, 22, "check" if level == "ok" else level, "ok" if level == "ok" else "accent", 18)
            rule(p, 0, self.height() - 1, self.width())
            p.end()
