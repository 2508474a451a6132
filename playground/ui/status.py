"""The status line: the run or what keeps it from starting on the left, what the machine does on the right."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QStatusBar, QWidget

from playground.training.messages import Compiling, Progress, Started
from playground.ui.canvas.look import count_text
from playground.ui.painting import box, put, rule, stamp, width_of
from playground.ui.session import Session
from playground.ui.theme import theme


@dataclass(frozen=True)
class Part:
    """A few words; icon with its colour, "dot" for a filled dot; progress in 0 to 1 draws a bar instead of the words' icon."""

    text: str
    icon: str = ""
    ink: str = "text2"
    bold: bool = False
    progress: float = -1.0


def duration_text(seconds: float) -> str:
    """4 s, 1 m 12 s, 2 h 5 m."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} m"


def bytes_text(number: float) -> str:
    """3.1 MB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if number >= scale:
            return f"{number / scale:.1f} {unit}"
    return f"{number / 1e3:.0f} kB"


class StatusLine(QStatusBar):
    """Paints itself, because Qt's own layout adds pixels above any widget. problems_asked: a click on the problem count."""

    problems_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setSizeGripEnabled(False)
        self.setFixedHeight(24)
        self.progress: Progress | None = None
        self.started: Started | None = None
        self.compiling: Compiling | None = None
        self.autosaved = ""
        session.heard.connect(self._on_event)
        for signal in (session.inspection_changed, session.run_changed, session.tick, session.samples_changed):
            signal.connect(self.refresh)
        self.refresh()

    def _on_event(self, event: object) -> None:
        if isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Started):
            self.started, self.progress, self.compiling = event, None, None
        elif isinstance(event, Compiling):
            self.compiling = event

    def show_autosave(self, text: str) -> None:
        """What is known of the recovery file, such as "Autosaved 2 s ago"."""
        if text != self.autosaved:
            self.autosaved = text
            self.refresh()

    def refresh(self) -> None:
        """Say it anew."""
        self.setAccessibleName(". ".join(part.text for part in (*self.left(), *self.right())))
        self.update()

    def left(self) -> list[Part]:
        """The run, or the network."""
        state = self.session.run.state
        if state == "starting":
            return [Part(*self._starting(), "info", True)]
        if state in ("running", "paused") and self.started is not None:
            return self._run(state)
        if state in ("failed", "dead"):
            return [Part(self.session.client.text or "The run ended.", "error", "error", True)]
        return self._finished(state) + self._network()

    def _starting(self) -> tuple[str, str]:
        found = self.compiling
        if found is not None and found.total:
            return f"Compiling {found.done} of {found.total}, once on this machine", "clock"
        return "Starting", "clock"

    def _run(self, state: str) -> list[Part]:
        started = self.started
        assert started is not None
        step = self.session.client.step
        total = max(started.total_steps, 1)
        parts = [Part("Training" if state == "running" else "Paused", "dot", "ok" if state == "running" else "warn", True)]
        parts += [Part(f"Step {step:,} of {total:,}"), Part(f"{100 * step / total:.0f} %", progress=step / total)]
        if self.progress is not None and state == "running" and self.progress.steps_per_second > 0:
            if math.isfinite(self.progress.seconds_left):
                parts.append(Part(f"{duration_text(self.progress.seconds_left)} left"))
            parts.append(Part(f"{self.progress.steps_per_second:,.0f} steps/s"))
        return parts

    def _finished(self, state: str) -> list[Part]:
        if state != "finished":
            return []
        return [Part(self.session.client.text or f"Finished at step {self.session.client.step:,}", "check", "ok", True)]

    def _network(self) -> list[Part]:
        project, found = self.session.project, self.session.inspection
        count = len(project.network.nodes)
        if not project.network.of_kind("dataset") and not project.network.of_kind("loss"):
            return [Part("Nothing to train yet: add data and a loss")]
        problems = len(found.errors)
        if self.session.samples is None and not self.session.samples_error and not problems:
            first = Part("Reading the data", "clock", "info")
        elif problems:
            first = Part("1 problem" if problems == 1 else f"{problems} problems", "error", "error", True)
        else:
            first = Part("Ready to train", "check", "ok")
        return [
            first,
            Part("1 node" if count == 1 else f"{count:,} nodes"),
            Part(f"{found.total_parameters:,} parameters" if found.total_parameters else "No parameters yet"),
            *([Part(f"{count_text(found.total_flops // 2)} multiply-adds")] if found.total_flops else []),
        ]

    def right(self) -> list[Part]:
        """Recovery, threads, memory."""
        parts = [Part(self.autosaved)] if self.autosaved else []
        if self.progress is not None and self.session.run.state == "running":
            parts.append(Part("1 core" if self.progress.threads == 1 else f"{self.progress.threads} cores"))
        if self.started is not None and self.session.run.state != "idle":
            parts.append(Part(bytes_text(self.started.arena_bytes)))
        return parts

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.fillRect(r, theme().color("window"))
        rule(p, 0, 0, r.width())
        edge = r.width() - 10
        for part in reversed(self.right()):
            edge -= width_of(part.text, 11)
            put(p, QRectF(edge, 0, r.width(), 24), part.text, 11, part.ink)
            edge -= 16
        x = 10.0
        for part in self.left():
            x = self._paint_part(p, part, x, edge)
        p.end()

    def _paint_part(self, p: QPainter, part: Part, x: float, edge: float) -> float:
        if part.icon == "dot":
            box(p, QRectF(x, 8, 9, 9), 4.5, theme().color(part.ink), None)
            x += 16
        elif part.icon:
            stamp(p, x + 7, 12, part.icon, part.ink, 14)
            x += 19
        if part.progress >= 0:
            box(p, QRectF(x - 8, 10, 120, 5), 2.5, theme().color("border"), None)
            if part.progress > 0.02:
                box(p, QRectF(x - 8, 10, 120 * min(part.progress, 1.0), 5), 2.5, theme().color("accent"), None)
            x += 120
        ink = "error" if part.ink == "error" else "text" if part.bold else "text2"
        room = max(0.0, min(width_of(part.text, 11, part.bold) + 1, edge - x))
        put(p, QRectF(x, 0, room, 24), part.text, 11, ink, part.bold)
        return x + room + 16

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.session.inspection.errors:
            self.problems_asked.emit()
