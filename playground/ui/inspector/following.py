"""Live changes, undo and redo included: while a run goes on, its knobs follow the project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from playground.core.fields import Real, fields_of
from playground.core.spec import Spec
from playground.document.project import Project
from playground.lowering.expansion import expanded
from playground.lowering.flow import flow_of
from playground.lowering.groups import weight_settings
from playground.training.messages import Started

if TYPE_CHECKING:
    from playground.ui.session import Session


def knob_values(project: Project, parameters: Mapping[str, int]) -> dict[str, float]:
    """What every knob should be, by its name in the run; a frozen node's rate factor is 0. project: with its blocks unfolded.
    parameters: counts by node id.
    """
    training = project.training
    found = {name: float(getattr(training.optimizer, name)) for name in _live(training.optimizer)}
    found |= {name: float(getattr(training, name)) for name in _live(training)}
    found |= {f"penalty:{name}": float(getattr(training.penalty, name)) for name in _live(training.penalty)}
    for node in project.network.nodes:
        if isinstance(node.spec, Spec):
            found |= {f"{node.name}.{name}": float(getattr(node.spec, name)) for name in _live(node.spec)}
    for name, weights in weight_settings(project, parameters).items():
        found[f"{name}:rate_factor"] = 0.0 if weights.frozen else weights.rate_factor
        found[f"{name}:decay_factor"] = weights.decay_factor
    return found


def _live(spec: Spec) -> list[str]:
    return [name for name, field in fields_of(spec).items() if field.live and isinstance(field, Real)]


class KnobFollower(QObject):
    """Sends the knobs that differ after every change of the project. One for each session."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self._sent: dict[str, float] = {}
        session.project_changed.connect(self.follow)
        session.heard.connect(self._heard)

    def follow(self) -> None:
        """Bring the run's knobs to the project's values."""
        if self.session.client.state not in ("running", "paused"):
            return
        known = {**self.session.client.knobs, **self._sent}
        project, samples = self.session.project, self.session.samples
        counts = {id: found.parameters for id, found in flow_of(project, samples).facts.items()}
        for name, value in knob_values(expanded(project).project, counts).items():
            if name in known and np.float32(known[name]) != np.float32(value):
                self._sent[name] = value
                self.session.set_knob(name, value)

    def _heard(self, event: object) -> None:
        if isinstance(event, Started):
            self._sent.clear()
            self.follow()


def follow_knobs(session: Session) -> KnobFollower:
    """The session's follower, made on first use."""
    return session.findChild(KnobFollower) or KnobFollower(session)
