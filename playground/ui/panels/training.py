"""The training panel: everything a run does, with the schedule drawn before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from playground.core.points import Points
from playground.core.spec import Optimizer, Schedule
from playground.data.split import part_sizes
from playground.document.settings import field_at
from playground.errors import PlaygroundError
from playground.lowering.schedule import planned_momenta
from playground.ui.carrying import NodeTaker, carried
from playground.ui.inspector.asking import FIXED, LOCKED, busy, set_plan
from playground.ui.inspector.foot import Foot
from playground.ui.inspector.form import Form
from playground.ui.inspector.text import Label, Section
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.groups import GroupsEditor
from playground.ui.panels.loss import planned_rates
from playground.ui.plots.axis import short
from playground.ui.plots.planned import PlannedPlot
from playground.ui.plots.plot import link
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

#: Steps of a plan that are worked out; the short cycles of a longer run may look other than they are.
MOST_STEPS = 20_000
HEADINGS = {
    "batch": "Batches and epochs",
    "clip": "Gradients",
    "averaging": "Averaged weights",
    "patience": "Stopping",
    "seed": "Repeating a run",
}
LISTENS = " It drops below this line when what it listens to no longer becomes better."


class TrainingPanel(NodeTaker):
    """The training plan's form; the preview follows every change. Layers that are dragged here find the groups."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.form, self.foot, self.groups = Form(headings=HEADINGS, fixed=FIXED), Foot(), GroupsEditor(session)
        self.groups.helped.connect(self.foot.show_help)
        self.preview, self.momentum = PlannedPlot(), PlannedPlot(momentum=True)
        link(self.preview)
        link(self.momentum)
        self.words = Label("", 11, "text2", wraps=True)
        self.words.setContentsMargins(11, 4, 11, 8)
        self._assemble()
        self.form.changed.connect(self._commit)
        self.form.moved.connect(self._ask)
        self.form.begun.connect(session.seal)
        self.form.helped.connect(self.foot.show_help)
        self.form.recorded.connect(self.foot.show_record)
        for signal in (session.project_changed, session.samples_changed):
            signal.connect(self.refresh)
        session.run_changed.connect(self._run_changed)
        self.refresh()

    def _assemble(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(Section(say("Planned learning rate")))
        column.addWidget(self.preview)
        column.addWidget(self.momentum)
        column.addWidget(self.words)
        column.addWidget(Section(say("Training"), say("changes live"), True))
        column.addWidget(self.form)
        column.addWidget(self.groups)
        column.addStretch(1)
        self.form.column.setContentsMargins(11, 3, 11, 5)
        self.area = area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addWidget(self.foot)
        self.setMinimumWidth(260)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Bring the groups into sight; they take the drag themselves."""
        if carried(event.mimeData()):
            last = next(reversed(self.groups.cards.values()), self.groups)
            self.area.ensureWidgetVisible(last)
            self.area.ensureWidgetVisible(self.groups)
        event.ignore()

    def steps(self) -> tuple[int, int]:
        """Steps of an epoch and of the run; zeros while the data is not known or cannot be split."""
        samples, project = self.session.samples, self.session.project
        if samples is None:
            return 0, 0
        try:
            train = part_sizes(samples.count, project.data.validation, project.data.test)[0]
        except PlaygroundError:
            return 0, 0
        each = project.training.steps_of_epoch(train)
        return each, each * project.training.epochs

    def _run_changed(self) -> None:
        if bool(self.form.reason) != busy(self.session):
            self.form.lock(say(LOCKED) if busy(self.session) else "")

    def refresh(self) -> None:
        """Show the training plan as it is now."""
        training = self.session.project.training
        self.form.show_spec(training)
        self.form.lock(say(LOCKED) if busy(self.session) else "")
        each, total = self.steps()
        steps, rates = planned_rates(self.session.project, 0, total, most=MOST_STEPS)
        self.preview.show_plan(steps, rates, total)
        momenta = self._momenta(steps - 1, total)
        self.momentum.setVisible(momenta is not None)
        if momenta is not None:
            self.momentum.show_plan(steps, momenta, total)
        if total:
            text = say(
                "{total} steps: {epochs} epochs of {each}; highest rate {short}.",
                total=f"{total:,}",
                epochs=f"{training.epochs:,}",
                each=f"{each:,}",
                short=short(self.preview.highest),
            )
            listens = isinstance(training.schedule, Schedule) and training.schedule.listens
            self.words.show_text(text + (say(LISTENS) if listens else ""))
        else:
            self.words.show_text("")

    def _momenta(self, steps: np.ndarray, total: int) -> np.ndarray | None:
        """The planned momentum of some steps, counted from 0; None where the schedule does not move it."""
        training = self.session.project.training
        if not len(steps) or not isinstance(training.schedule, Schedule) or not isinstance(training.optimizer, Optimizer):
            return None
        return planned_momenta(training.schedule, training.optimizer, steps, total, training.warmup)

    def _commit(self, path: str, value: Any) -> None:
        """A drawn curve is let go after every drag: two quick ones are two steps of undo."""
        drawn = isinstance(field_at(self.session.project.training, path), Points)
        if drawn:
            self.session.seal()
        self._ask(path, value)
        if drawn:
            self.session.seal()

    def _ask(self, path: str, value: Any) -> None:
        set_plan(self.session, "training", path, value)


register_panel(
    Panel(
        id="training",
        title="Training",
        icon="sched",
        places={"build": "right"},
        factory=TrainingPanel,
        order=20,
        width=296,
        least=(260, 200),
    )
)
