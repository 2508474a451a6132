"""Leads through a lesson: opens its project, shows its steps, notices when one is done; and shows an example's "try this"."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QRect, QTimer

from playground.core import registry
from playground.core.fields import fields_of
from playground.core.lesson import Lesson
from playground.document.edits import AddLink, Edit, RemoveNodes, SetPlan, SetProject
from playground.document.project import Node, Project
from playground.paths import assets_dir
from playground.ui.lessons.card import Card, Ring
from playground.ui.lessons.conditions import Since, met
from playground.ui.lessons.places import found
from playground.ui.lessons.progress import note
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

LOOK_MS = 120
#: So long a step that is done stays, so that its end is seen.
LINGER_S = 1.2
TRY = "Try this: "


def tip_of(project: Project) -> str:
    """The "Try this" of a project's description; "" without one."""
    text = next((line.removeprefix(TRY) for line in project.about.splitlines() if line.startswith(TRY)), "")
    return text[:1].upper() + text[1:]


def changes(lesson: type[Lesson], project: Project) -> list[Edit]:
    """The edits that make a lesson's project out of its example."""
    edits: list[Edit] = [SetProject(name=lesson.title)]
    network = project.network
    for name in lesson.without:
        node = next(node for node in network.nodes if node.name == name)
        into = next(link for link in network.links if link.target == node.id)
        edits.append(RemoveNodes((node.id,)))
        edits += [
            AddLink(into.source, link.target, link.port, output=into.output) for link in network.links if link.source == node.id
        ]
    for path, value in lesson.training.items():
        field = fields_of(project.training).get(path)
        made: Any = registry.find("schedule", value)() if path == "schedule" and field is not None else value
        edits.append(SetPlan("training", path, made))
    return edits


class Coach(QObject):
    """One for each window; `coach_of` finds it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.setObjectName("coach")
        self.window_led, self.session = window, window.session
        self.ring = Ring(window)
        self.lesson: type[Lesson] | None = None
        self.at = 0
        self.done_at: float | None = None
        self._since = Since(0, 0)
        self._opening = False
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._make_card()
        self.session.replaced.connect(self._project_replaced)

    def _make_card(self) -> None:
        self.card = Card(self.window_led)
        self.card.on.connect(self.go_on)
        self.card.back.connect(lambda: self.show_step(self.at - 1))
        self.card.left.connect(self.leave)

    def say_again(self) -> None:
        """The same step, or the same tip, in the language that is spoken now."""
        old = self.card
        self._make_card()
        if self._timer.isActive():
            self._show_words() if self.lesson is not None else self._show_tip()
            self.card.show()
            self.look()
        old.hide()
        old.deleteLater()

    def begin(self, lesson: type[Lesson]) -> bool:
        """Open the lesson's project as it is at the start, and show the first step. False where the person keeps their own."""
        self._opening = True
        opened = self.window_led.documents.open(assets_dir() / "examples" / f"{lesson.example}.play")
        self._opening = False
        if not opened:
            return False
        for edit in changes(lesson, self.session.project):
            self.session.do(edit, whole=True)
        self.session.run.set_speed(lesson.speed)
        self.window_led.leave_start()
        self.window_led.show_layout("build")
        QTimer.singleShot(0, self, lambda: self.window_led.canvas.zoom_to_fit(most=1.0))
        self.lesson = lesson
        self.show_step(0)
        return True

    def show_step(self, at: int) -> None:
        """Show a step of the present lesson."""
        lesson = self.lesson
        if lesson is None:
            return
        self.at = max(0, min(at, len(lesson.steps) - 1))
        note(lesson, self.at)
        self.done_at = None
        self._since = Since(self.session.run.number, self.session.client.step)
        self._show_words()
        self.card.show()
        self._timer.start()
        self.look()

    def _show_words(self) -> None:
        lesson = self.lesson
        assert lesson is not None
        step, count = lesson.steps[self.at], len(lesson.steps)
        state = say("Done") if self.done_at is not None else say("waiting for you") if step.until else ""
        self.card.show_words(
            say(lesson.title), say(step.text), count=say("{at} of {count}", at=self.at + 1, count=count), state=state,
            first=self.at == 0, last=self.at == count - 1,
        )  # fmt: skip

    def look(self) -> None:
        """Move ring and card to where things are now, and see whether the step is done."""
        window, place = self.window_led, None
        if window.start is not None and window.start.isVisible():
            self.leave()
            return
        if self.lesson is not None:
            step = self.lesson.steps[self.at]
            place = found(window, step.at) if step.at and self.done_at is None else None
            if step.until and self.done_at is None and met(window, self._since, step.until):
                self.done_at = time.monotonic()
                self._show_words()
            elif self.done_at is not None and time.monotonic() - self.done_at > LINGER_S:
                self.go_on()
                return
        self.ring.show_round(place)
        self.card.setVisible(self.lesson is not None or window.canvas.isVisible())  # what can be tried is tried there
        nodes = self.session.view.network.nodes
        chosen = self._seen([node for node in nodes if node.id in self.session.selection])  # just added, or worked at
        self.card.stand(self._areas(), [*([] if place is None else [place]), *chosen], self._seen(nodes))
        if window.notices.isVisible():
            window.notices.raise_()  # what is told is read before it goes, what can be tried stays

    def _areas(self) -> list[QRect]:
        """Where the card may stand: over the canvas and the problems below it, or the whole window while the canvas is away."""
        window, canvas = self.window_led, self.window_led.canvas
        if not canvas.isVisible():
            return [window.rect()]
        return [
            rect
            for rect in (found(window, "canvas"), found(window, "panel problems"))
            if rect is not None and rect.height() > 120
        ]

    def _seen(self, nodes: Iterable[Node]) -> list[QRect]:
        """Where nodes are shown."""
        return [rect for node in nodes if (rect := found(self.window_led, f"node {node.name}")) is not None]

    def go_on(self) -> None:
        """The next step; behind the last one the lesson is done."""
        if self.lesson is None:
            self.leave()
        elif self.at + 1 < len(self.lesson.steps):
            self.show_step(self.at + 1)
        else:
            note(self.lesson, len(self.lesson.steps))
            self.leave()

    def tip(self) -> bool:
        """Show the project's "Try this" as soon as the canvas is there; False where it has none."""
        if not tip_of(self.session.project) or self.lesson is not None:
            return False
        self._show_tip()
        self._timer.start()
        self.look()
        return True

    def _show_tip(self) -> None:
        self.card.show_words(say("Try this"), say(tip_of(self.session.project)), first=True, last=True)

    def leave(self) -> None:
        """Put card and ring away; the project stays as it is."""
        if self.lesson is not None and self.lesson.speed:
            self.session.run.set_speed(0.0)
        self.lesson = None
        self._timer.stop()
        self.card.hide()
        self.ring.hide()

    def _project_replaced(self) -> None:
        if not self._opening:
            self.leave()


def coach_of(window: MainWindow) -> Coach:
    """The window's coach, made on first use."""
    made = window.findChild(Coach, "coach")
    return made if isinstance(made, Coach) else Coach(window)
