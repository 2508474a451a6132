"""What happened to the run: its start, every knob that was turned, faults and the end, each with its step."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from playground.core.fields import fields_of
from playground.core.spec import Spec
from playground.document.project import Project
from playground.lowering.expansion import expanded
from playground.training import messages
from playground.ui.plots.axis import short
from playground.ui.plots.marks import Mark
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Turns of one knob that follow each other within so many seconds are one entry.
JOIN_SECONDS = 1.5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entry:
    """One line. flag: the short text on the plots, "" for no mark.  knob, before: what was turned, and its value until then."""

    step: int
    text: str
    icon: str = "clock"
    token: str = "text2"
    flag: str = ""
    knob: str = ""
    before: float = 0.0
    at: float = 0.0


class Journal(QObject):
    """The entries of the present run, oldest first. changed: after every new one."""

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.entries: list[Entry] = []
        session.heard.connect(self._heard)

    def marks(self) -> list[Mark]:
        """The entries that plots show."""
        return [Mark(entry.step, entry.flag, entry.token) for entry in self.entries if entry.flag]

    def _heard(self, event: object) -> None:
        match event:
            case messages.Started() if event.step == 0:
                self.entries = [
                    Entry(step=0, text=say("Started, seed {seed}", seed=self.session.project.training.seed), icon="play")
                ]
            case messages.Started():
                self.entries.append(Entry(step=event.step, text=say("Went on"), icon="play"))
            case messages.Reset():
                self.entries = [Entry(step=0, text=say("Reset to the start weights"), icon="reset")]
            case messages.KnobChanged():
                self._turned(event)
            case messages.Fault():
                flag = say("{node} not finite", node=event.node) if event.node else say("not finite")
                self.entries.append(Entry(step=event.step, text=say(event.text), icon="error", token="error", flag=flag))
            case messages.Finished():
                self.entries.append(
                    Entry(step=event.last_step, text=say(event.text).replace(f", {event.last_step:,} steps", ""), icon="check")
                )
            case messages.Died():
                self.entries.append(
                    Entry(step=event.step, text=say(event.text), icon="error", token="error", flag=say("worker ended"))
                )
            case messages.Warned():
                self.entries.append(Entry(step=self.session.client.step, text=say(event.text), icon="warn", token="warn"))
            case _:
                return
        self.changed.emit()

    def _turned(self, event: messages.KnobChanged) -> None:
        before, now = event.before, time.monotonic()
        last = self.entries[-1] if self.entries else None
        if last is not None and last.knob == event.name and now - last.at < JOIN_SECONDS:
            self.entries.pop()
            before = last.before
        label = knob_label(self.session.project, event.name)
        change = f"{short(before)} → {short(event.value)}"
        self.entries.append(
            Entry(
                step=event.step,
                text=f"{label}: {change}",
                flag=f"{label.lower()} {change}",
                knob=event.name,
                before=before,
                at=now,
            )
        )


def knob_label(project: Project, name: str) -> str:
    """A knob's name as the forms show it: "Learning rate", "drop1 Dropout"."""
    node_name, dot, field_name = name.partition(".")
    if not dot:
        node_name, colon, field_name = name.partition(":")
        if colon:
            return f"{node_name} {field_name.replace('_', ' ')}"
        for spec in (project.training.optimizer, project.training):
            if name in fields_of(spec):
                return say(fields_of(spec)[name].title(name))
        return name
    for node in expanded(project).project.network.nodes:
        if node.name == node_name and isinstance(node.spec, Spec) and field_name in fields_of(node.spec):
            return f"{node_name} {say(fields_of(node.spec)[field_name].title(field_name))}"
    return name


def journal_of(session: Session) -> Journal:
    """The session's journal, made on first use."""
    return session.findChild(Journal) or Journal(session)
