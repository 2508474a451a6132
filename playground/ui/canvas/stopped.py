"""The red banner over the canvas where a run was stopped by a number that is not finite, with remedies of one click."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from playground.training.messages import Fault
from playground.ui.inspector.controls import Button
from playground.ui.painting import metrics, put, stamp
from playground.ui.plots.axis import short
from playground.ui.session import Session
from playground.ui.steering.travel import travels_of
from playground.ui.theme import theme
from playground.words import say, strung

HIGH = 62
_RIGHT = Qt.TextElideMode.ElideRight
#: Steps over which the growth of the gradient is told.
GROWTH = 20


class StoppedBanner(QWidget):
    """Follows the session: hidden unless the run stopped at a fault."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.travels = session, travels_of(session)
        self.title, self.text = "", ""
        self.setFixedHeight(HIGH)
        self.halve = Button("", "primary", "rewind")
        self.clip = Button("", "secondary")
        self.again = Button(say("Re-initialise"), "secondary", "down")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 14, 0)
        row.setSpacing(10)
        row.addStretch(1)
        for button in (self.halve, self.clip, self.again):
            row.addWidget(button)
        self.halve.clicked.connect(self.travels.halve_rate)
        self.clip.clicked.connect(self.travels.clip)
        self.again.clicked.connect(self._choose_layer)
        self.travels.changed.connect(self.follow)
        session.project_changed.connect(self.follow)
        theme().changed.connect(self.update)
        self.follow()

    def follow(self) -> None:
        """Show the fault, or nothing."""
        fault = self.travels.fault
        self.setVisible(fault is not None)
        if fault is None:
            return
        harmless = fault.direction not in ("update", "start")
        step = f"{fault.step + 1:,}"
        self.title = (
            say("Stopped at step {step}. The weights are unharmed.", step=step)
            if harmless
            else say("Stopped at step {step}. The weights are those before it.", step=step)
        )
        self.text = strung((part for part in (_where(fault), self._growth(fault)) if part), " ")
        kept = self.travels.kept
        self.halve.show_text(say("Rewind {kept}, halve the rate", kept=kept))
        self.halve.setEnabled(kept > 0)
        limit = self.travels.clip_limit
        self.clip.show_text(say("Clip at {limit}", limit=f"{limit:.1f}" if limit >= 1 else f"{limit:.2g}"))
        self.clip.setEnabled(kept > 0)
        layers = self.travels.layers()
        self.again.setEnabled(bool(layers))
        self.again.setToolTip(say("Draw new start weights for a layer and go on"))
        self.clip.setToolTip(say("Rewind {kept} steps, limit the length of the gradient, and go on", kept=kept))
        self.halve.setToolTip(say("Rewind {kept} steps, halve the learning rate, and go on", kept=kept))
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.text)
        self.setToolTip(f"{self.title} {self.text}")
        self._make_room()
        self.update()

    def _growth(self, fault: Fault) -> str:
        """How the gradient grew over the last steps, where it did."""
        norms = self.session.client.history().gradient_norm[-GROWTH:]
        norms = norms[np.isfinite(norms)]
        if len(norms) < 2 or norms[-1] < 10 * max(norms.min(), 1e-12):
            return ""
        low = int(np.argmin(norms))
        return say(
            "Gradient norm went from {low} to {high} in {steps} steps.",
            low=short(float(norms[low])),
            high=short(float(norms[-1])),
            steps=len(norms) - 1 - low,
        )

    def _choose_layer(self) -> None:
        """A menu of the layers with weights, that of the fault first."""
        menu = QMenu(self)
        for layer in self.travels.layers():
            menu.addAction(layer).triggered.connect(lambda _=False, layer=layer: self.travels.reinitialise(layer))
        menu.popup(self.again.mapToGlobal(QPoint(0, self.again.height())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._make_room()

    def _make_room(self) -> None:
        """The words come first; buttons that would lie on them go, the last one first. What cannot be done is not offered."""
        need = 54 + min(max(metrics(14, True).horizontalAdvance(self.title), 300), 430)
        shown = [button for button in (self.halve, self.clip, self.again) if button.isEnabled()]
        while len(shown) > 1 and need + sum(button.width() + 10 for button in shown) + 14 > self.width():
            shown.pop()
        for button in (self.halve, self.clip, self.again):
            button.setVisible(button in shown)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        p.fillRect(r, theme().color("errorsoft"))
        p.setPen(theme().color("error"))
        p.drawRect(r.adjusted(0, 0, -1, -1))
        stamp(p, 28, HIGH / 2, "error", "error", 22)
        first = min((button.x() for button in (self.halve, self.clip, self.again) if button.isVisible()), default=self.width())
        room = first - 54 - 12
        put(p, QRectF(54, 11, room, 20), metrics(14, True).elidedText(self.title, _RIGHT, room), 14, "text", True)
        put(p, QRectF(54, 32, room, 18), metrics(12).elidedText(self.text, _RIGHT, room), 12, "text")
        p.end()


def _where(fault: Fault) -> str:
    where, batch = fault.node or fault.op, f"{fault.batch:,}"
    if fault.direction == "start":
        return say("{where} was given a weight that is not finite.", where=where)
    if fault.direction == "update":
        return say("The update of {where} in batch {batch} spoiled its weights.", where=where, batch=batch)
    if fault.direction == "backward":
        return say("{where} made {what} in the backward pass, batch {batch}.", where=where, what=_what(fault), batch=batch)
    return say("{where} made {what} in the forward pass, batch {batch}.", where=where, what=_what(fault), batch=batch)


def _what(fault: Fault) -> str:
    return say("infinity") if fault.what == "infinity" else "NaN"
