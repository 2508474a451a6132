"""The knobs panel: live numbers, a slider for every number that may change while training, layers to freeze, the journal,
and at the foot the actions that have their place here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from playground.core.fields import Real, Whole, fields_of
from playground.document.edits import SetField, SetNodeOption
from playground.document.plans import TrainingPlan
from playground.document.project import Node
from playground.errors import PlaygroundError
from playground.lowering import KnobInfo, lower
from playground.lowering.folding import local_edit
from playground.ui import settings
from playground.ui.action_button import ActionStrip, LinkSection
from playground.ui.compare.restored import restored_of
from playground.ui.inspector.asking import set_plan
from playground.ui.inspector.controls import Button
from playground.ui.inspector.following import follow_knobs
from playground.ui.inspector.text import Label, Section
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.journal_entries import journal_of
from playground.ui.panels.knob_rows import JournalList, KnobRow, LayerRow, LiveNumbers, SpeedRow, metric_shown
from playground.words import say, sentence

if TYPE_CHECKING:
    from playground.ui.session import Session

MOST_KNOBS = 24
#: Knobs that a form folds away and that are turned while a run goes on nevertheless.
IN_FRONT = frozenset({"beta1", "dropout", "smoothing"})
MORE = "knobs/more"


class Knobs(QWidget):
    """Follows the project's knobs; a change is an edit, and the run follows the project."""

    title_note = "changes live"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.journal, self.restored = journal_of(session), restored_of(session)
        follow_knobs(session)
        self.live, self.list, self.speed = LiveNumbers(), JournalList(), SpeedRow()
        self.foot = ActionStrip("knobs")
        self.speed.chosen.connect(session.run.set_speed)
        self.rows: dict[str, KnobRow] = {}
        self.rare: set[str] = set()
        self.batch = self._batch_row()
        self.layers: dict[str, LayerRow] = {}
        self.none = Label("", 12, "text2", wraps=True)
        self.none.setContentsMargins(11, 10, 11, 10)
        self._assemble()
        session.inspection_changed.connect(self.refresh)
        session.samples_changed.connect(self.refresh)
        session.run_changed.connect(self._run_changed)
        session.turns.follow(self, self.show_numbers, 0.1)
        self.restored.changed.connect(self.show_numbers)
        self.journal.changed.connect(self.show_journal)
        self.list.chosen.connect(self.journal.take_back)
        self.refresh()
        self.show_numbers()
        self.show_journal()

    def _assemble(self) -> None:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(0)
        self.knob_column, self.rare_column, self.layer_column = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        self.more = Button(say("More"), "link", "right")
        self.more.setCheckable(True)
        self.more.setChecked(settings.word(MORE, "") == "on")
        self.more.toggled.connect(self._unfold)
        self.layer_strip = Section(say("Layers"))
        column.addWidget(self.none)
        column.addLayout(self.knob_column)
        column.addWidget(self.batch)
        column.addWidget(self.more)
        column.addLayout(self.rare_column)
        column.addWidget(self.speed)
        column.addWidget(self.layer_strip)
        column.addLayout(self.layer_column)
        column.addWidget(LinkSection(say("Journal"), "journal"))
        column.addWidget(self.list)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(page)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.live)
        outer.addWidget(area, 1)
        outer.addWidget(self.foot)
        self.setMinimumWidth(260)

    def infos(self) -> tuple[KnobInfo, ...]:
        """The knobs a run of the project has; none while it cannot train."""
        if self.session.samples is None or not self.session.ready:
            return ()
        try:
            return lower(self.session.project, self.session.samples).knobs
        except PlaygroundError as error:
            self.none.show_text(say(str(error)))
            return ()

    def refresh(self) -> None:
        """Show the project's knobs."""
        infos = [info for info in self.infos() if not info.name.endswith(("rate_factor", "decay_factor"))][:MOST_KNOBS]
        self.none.setVisible(not infos)
        self.batch.setVisible(bool(infos))
        self.batch.show_value(self.session.project.training.batch)
        if not infos and self.session.samples is None:
            self.none.show_text(say(self.session.samples_error or sentence("Nothing to tune yet: add data, layers and a loss.")))
        elif not infos:
            problem = next((p for p in self.session.problems if p.severity == "error"), None)
            self.none.show_text(say(problem.text) if problem else say("Nothing to tune yet: add layers and a loss."))
        if [info.name for info in infos] != list(self.rows):
            self._build(infos)
        for info in infos:
            self.rows[info.name].show_value(info.value)
        self._fold()
        self._show_layers()

    def _unfold(self, on: bool) -> None:
        settings.set_word(MORE, "on" if on else "")
        self._fold()

    def _fold(self) -> None:
        """Hide the knobs that are seldom turned, unless a person asked for them."""
        on = self.more.isChecked()
        for name in self.rare:
            self.rows[name].setVisible(on)
        self.more.setVisible(bool(self.rare))
        self.more.glyph = "down" if on else "right"
        self.more.show_text(say("Less") if on else say("More"))

    def _batch_row(self) -> KnobRow:
        """How many samples a step sees: no knob of the run, which goes on with another plan instead."""
        field = fields_of(TrainingPlan)["batch"]
        assert isinstance(field, Whole)
        row = KnobRow(field, "batch", say(field.title("batch")))
        for signal in (row.changed, row.moved):
            signal.connect(lambda value: set_plan(self.session, "training", "batch", value))
        row.begun.connect(self.session.seal)
        return row

    def _build(self, infos: list[KnobInfo]) -> None:
        for name, row in self.rows.items():
            (self.rare_column if name in self.rare else self.knob_column).removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows, self.rare = {}, set()
        for info in infos:
            if not isinstance(info.field, Real):
                continue
            row = KnobRow(info.field, info.name, say(info.label))
            row.changed.connect(lambda value, k=info: self._turn(k, value))
            row.moved.connect(lambda value, k=info: self._turn(k, value))
            row.begun.connect(self.session.seal)
            self.rows[info.name] = row
            if info.field.advanced and info.path.rpartition(".")[2] not in IN_FRONT:
                self.rare.add(info.name)
            (self.rare_column if info.name in self.rare else self.knob_column).addWidget(row)

    def _turn(self, info: KnobInfo, value: float) -> None:
        if not info.node:
            set_plan(self.session, "training", info.path, value)
            return
        edit = local_edit(self.session.project, SetField(info.node, info.path, value))
        if edit is not None:
            self.session.do(edit, whole=True)

    def _show_layers(self) -> None:
        counts = self.session.inspection.parameters
        nodes = [node for node in self.session.project.network.nodes if counts.get(node.id)]
        if [node.id for node in nodes] != list(self.layers):
            for row in self.layers.values():
                self.layer_column.removeWidget(row)
                row.hide()
                row.deleteLater()
            self.layers = {node.id: self._layer_row(node) for node in nodes}
        for node in nodes:
            self.layers[node.id].show_node(node)
        self.layer_strip.setVisible(bool(nodes))

    def _layer_row(self, node: Node) -> LayerRow:
        row = LayerRow(node)
        row.frozen.connect(lambda on, id=node.id: self.session.do(SetNodeOption(id, "frozen", on), whole=True))
        self.layer_column.addWidget(row)
        return row

    def show_numbers(self) -> None:
        """The newest numbers of the run."""
        if not self.isVisible() and self.session.client.state == "running":
            return
        history, run = self.session.client.history(), self.restored.run
        epochs = self.session.client.epochs if run is None else run.epochs
        last = epochs[-1] if epochs else None
        train = float(history.loss[-20:].mean()) if len(history.loss) else last.train_loss if run is not None and last else None
        self.live.show_numbers(train, last.validation_loss if last else None, metric_shown(last.metrics) if last else None)

    def _run_changed(self) -> None:
        if not self.session.run.going:  # else the next tick shows them
            self.show_numbers()

    def show_journal(self) -> None:
        self.list.show_entries(self.journal.rows())


register_panel(
    Panel(
        id="knobs", title="Knobs", icon="slider", places={"train": "right"}, factory=Knobs, order=10, width=292, least=(260, 200)
    )
)
