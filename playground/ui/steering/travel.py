"""Going back in a run from the window: the step that is picked on a curve, forks and rewinds, and the remedies of a fault.

The run gets the knobs of the step that it stands at; the project follows, as one undoable step, so that what the window shows is what the
run does.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from playground.document.edits import SetPlan
from playground.training.client_travel import Branch
from playground.training.messages import Fault, Reset, Running, Started
from playground.training.messages.travel import Stayed, Travelled
from playground.ui.inspector.following import follow_knobs
from playground.ui.plots.marks import Band, Mark
from playground.ui.steering.settled import settings_of
from playground.words import counted, say

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Steps that a remedy goes back.
BACK = 20
#: The longest gradient that the remedy "clip" allows at most.
CLIP = 1.0
#: States of a run that can go back.
STATES = ("running", "paused", "finished", "failed", "dead")


class Travels(QObject):
    """One for each session. picked: a step of the curve that was chosen, None for none.  fault: the last one, until the run goes on.

    changed: after any of these.
    """

    changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.picked: int | None = None
        self.fault: Fault | None = None
        self._then: Callable[[], None] | None = None
        #: What was asked for last.
        self._asked = ("", 0)
        session.heard.connect(self._heard)
        session.replaced.connect(self._forget)

    # What there is.

    @property
    def possible(self) -> bool:
        """Whether there is a run that can go back."""
        return self.session.run.state in STATES and self.session.client.step > 0

    @property
    def kept(self) -> int:
        """Steps before a fault that a remedy goes back."""
        return min(BACK, self.fault.step) if self.fault is not None else 0

    def bands(self) -> list[Band]:
        """The stretch before a fault that is kept."""
        if self.fault is None:
            return []
        words = counted(self.kept, "{n} step kept", "{n} steps kept")
        return [Band(self.fault.step - self.kept, self.fault.step, "error", words)]

    def marks(self) -> list[Mark]:
        """The picked step, and where the run forked."""
        forks = [
            Mark(branch.step, say("Fork of {run}", run=name_of(branch)), "accent", "fork")
            for branch in self.session.client.branches
        ]
        picked = [Mark(self.picked, say("Step {x}", x=f"{self.picked:,}"), "accent")] if self.picked is not None else []
        return forks + picked

    def layers(self) -> tuple[str, ...]:
        """Names of the run's layers with weights, that of the fault first."""
        started = self.session.client.started
        names = tuple(started.board["layers"]) if started is not None else ()
        at_fault = self.fault.node if self.fault is not None else ""
        return tuple(sorted(names, key=lambda name: name != at_fault))

    # What a person does.

    def pick(self, x: float | None) -> None:
        """Choose the step nearest to a place on the curve, or none."""
        step = None if x is None or not self.possible else int(min(max(round(x), 0), self.session.client.step))
        if step != self.picked:
            self.picked = step
            self.changed.emit()

    def near(self, x: float, low: float, high: float) -> float:
        """Of the steps from low to high the one nearest to x that the run can stand at at once, without doing steps again; x for none."""
        kept = [step for step in self.session.client.kept_steps() if low <= step <= high]
        return float(min(kept, key=lambda step: abs(step - x))) if kept else x

    def fork(self, step: int | None = None) -> None:
        """Stand at a step, the picked one when none is given; the curve that is left stays to be seen."""
        self._go("fork", self.picked if step is None else step)

    def rewind(self, step: int | None = None) -> None:
        """Stand at a step, the picked one when none is given."""
        self._go("rewind", self.picked if step is None else step)

    def halve_rate(self) -> None:
        """Remedy: back before the fault, half the rate, and on."""
        before = getattr(self.session.project.training.optimizer, "rate", 0.0)

        def then() -> None:
            now = getattr(self.session.project.training.optimizer, "rate", 0.0)
            self.session.do(SetPlan("training", "optimizer.rate", min(before, now) / 2), whole=True)

        self._remedy(then)

    @property
    def clip_limit(self) -> float:
        """The longest gradient that the remedy "clip" allows: half of what is allowed already, where that is little."""
        now = float(self.session.project.training.clip)
        return min(CLIP, now / 2) if now > 0 else CLIP

    def clip(self) -> None:
        """Remedy: back before the fault, clip long gradients, and on."""
        limit = self.clip_limit
        self._remedy(lambda: bool(self.session.do(SetPlan("training", "clip", limit), whole=True)))

    def reinitialise(self, layer: str) -> None:
        """Remedy: new start weights for a layer, and on."""
        seed = self.session.project.training.seed + 1 + (self.fault.step if self.fault else self.session.client.step)
        self.session.run.ask(lambda: self.session.client.reinitialise(layer, seed))
        self.session.resume()

    def _remedy(self, then: Callable[[], object]) -> None:
        if self.fault is None:
            return

        def whole() -> None:
            then()
            self.session.resume()

        self._then = whole
        self._go("rewind", self.fault.step - self.kept)

    def _go(self, kind: str, step: int | None) -> None:
        if step is None or not self.possible:
            return
        client, self._asked = self.session.client, (kind, step)
        if kind == "rewind":
            self.session.run.ask(lambda: client.rewind(step))
            return
        folder = self.session.branch_folder()
        self.session.run.ask(lambda: client.fork(step, folder=folder))

    def _arrived(self, event: Travelled) -> None:
        """The run has the plan and the numbers of an earlier step, and the project follows."""
        if event.kind == "fork" and event.folder:
            self.session.kept_in(Path(event.folder))
        if self.session.client.plan is not None:
            self.session.run_project, self.session.run_samples = self.session.client.plan
        follower = follow_knobs(self.session)
        follower.forget()
        edit = settings_of(self.session, event)
        if edit is not None:
            self.session.do(edit, whole=True)
        else:
            follower.follow()

    def _stayed(self, event: Stayed) -> None:
        """The way back was not gone: the folder of the branch is not needed."""
        folder = Path(event.folder)
        if event.folder and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        if (event.kind, event.step) == self._asked:
            self._then = None

    # What becomes of it.

    def _forget(self) -> None:
        """The steps were those of another project's run."""
        self.fault, self.picked, self._then = None, None, None
        self.changed.emit()

    def _heard(self, event: object) -> None:
        match event:
            case Fault():
                self.fault = event
            case Travelled():
                self.fault, self.picked = None, None
                self._arrived(event)
                then, self._then = self._then, None
                if then is not None:
                    then()
            case Started() | Reset():
                self.fault, self.picked, self._then = None, None, None
            case Running():
                self.fault = None
            case Stayed():
                self._stayed(event)
                return
            case _:
                return
        self.changed.emit()


def name_of(branch: Branch) -> str:
    """What a curve that was left is called: as the run that the table of runs shows it as, else by its number among such curves."""
    number = Path(branch.folder).name
    return say("run {number}", number=int(number)) if number.isdecimal() else say("branch {number}", number=branch.number)


def travels_of(session: Session) -> Travels:
    """The session's travels, made on first use."""
    return session.findChild(Travels) or Travels(session)
