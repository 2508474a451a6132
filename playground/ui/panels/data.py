"""The data panel: what the data source gives, how it is split, its first samples; for a text table the import preview."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from playground.catalog.datasets.table import TableFile
from playground.core.fields import Path as PathField
from playground.core.fields import fields_of
from playground.core.samples import Samples
from playground.core.spec import Spec
from playground.data.describe import describe
from playground.data.readers.csv_table import Preview
from playground.document.edits import SetField
from playground.document.picks import remember
from playground.document.plans import DataPlan
from playground.document.project import Node
from playground.ui.inspector.controls import Button
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.notice import Notice
from playground.ui.inspector.text import Label
from playground.ui.panel import Panel, register_panel
from playground.ui.panels.data_facts import FactsView, facts_of
from playground.ui.panels.data_rows import ImageGrid, RowsTable, SequenceGrid, sample_rows
from playground.ui.panels.table_import import ImportTable, PreviewReader
from playground.ui.plots.axis import short
from playground.words import Sentence, say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

LEFT = 300


class DataPanel(QWidget):
    """Follows the data source and the data plan."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.reader = PreviewReader(self)
        self.title, self.note = Label("", 12, "text", True), Label("", 11, "text2", wraps=True)
        self.notice = Notice("error", "")
        self.facts = FactsView()
        self.choose = Button(say("Choose file…"), "secondary", "open", small=True)
        self.settings = Button(say("Settings"), "link", "slider")
        self.table, self.columns, self.bad = (
            RowsTable(say("First samples")),
            RowsTable(say("Columns")),
            RowsTable(say("Unusable rows")),
        )
        self.importing, self.images, self.sequences = ImportTable(session), ImageGrid(), SequenceGrid()
        self.tabs, self.pages = QTabBar(), QStackedWidget()
        self._offered: list[QWidget] = []
        self._shown: Samples | None = None
        self._parted: tuple[Samples, DataPlan] | None = None
        self.none = Empty("data", say("No data yet"), say("Drag a data source onto the canvas, or pick one in the toolbar."), 60)
        self._assemble()
        for signal in (session.project_changed, session.samples_changed):
            signal.connect(self.refresh)
        self.reader.ready.connect(self._show_preview)
        self.choose.clicked.connect(self._choose)
        self.settings.clicked.connect(lambda: self.session.select([node.id for node in [self.node] if node]))
        self.tabs.currentChanged.connect(self._turn)
        self.refresh()

    def _assemble(self) -> None:
        left = QWidget()
        facts = QVBoxLayout(left)
        facts.setContentsMargins(11, 8, 11, 8)
        facts.setSpacing(6)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.choose)
        buttons.addWidget(self.settings)
        buttons.addStretch(1)
        for part in (self.title, self.notice, self.facts):
            facts.addWidget(part)
        facts.addLayout(buttons)
        facts.addWidget(self.note)
        facts.addStretch(1)
        area = QScrollArea()
        area.setWidget(left)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedWidth(LEFT)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        self.tabs.setFixedHeight(28)
        self.tabs.setExpanding(False)
        right.addWidget(self.tabs)
        for page in (self.table, self.images, self.sequences, self.importing, self.columns, self.bad):
            self.pages.addWidget(page)
        right.addWidget(self.pages, 1)
        self.body = QWidget()
        line = QHBoxLayout(self.body)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(0)
        line.addWidget(area)
        line.addLayout(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.body)
        whole.addWidget(self.none)

    @property
    def node(self) -> Node | None:
        """The data source."""
        found = self.session.project.network.of_kind("dataset")
        return found[0] if found else None

    def refresh(self) -> None:
        """Show the data source as it is now."""
        node, samples = self.node, None if self.session.loading else self.session.samples
        self.body.setVisible(node is not None)
        self.none.setVisible(node is None)
        if node is None:
            return
        spec = node.spec
        error = self.session.samples_error
        self.title.show_text(
            say("{getattr}: {count} samples", getattr=say(getattr(spec, "title", spec.id)), count=f"{samples.count:,}")
            if samples
            else say(getattr(spec, "title", spec.id))
        )
        self.notice.setVisible(bool(error))
        self.notice.show_notice("error", say(error) if error else "")
        self.facts.setVisible(samples is not None)
        self.choose.setVisible(self._path_field() is not None)
        self.note.show_text(strung(map(say, samples.notes), " ") if samples else "" if error else say("Reading the data."))
        if samples is not None:
            self._show_samples(samples)
        self._show_tabs(spec)
        if isinstance(spec, TableFile) and spec.path:
            self.reader.want(spec, self.session.folder)

    def _show_samples(self, samples: Samples) -> None:
        """Their figures take a walk over all of them, which only other samples are worth, not every edit of the project."""
        plan = self.session.project.data
        if self._parted is None or self._parted[0] is not samples or self._parted[1] != plan:
            self._parted = (samples, plan)
            self.facts.show_facts(facts_of(samples, plan))
        if self._shown is samples:
            return
        self._shown = samples
        if len(samples.shape) == 3:
            self.images.show_samples(samples)
        elif samples.steps and not samples.tokens:
            self.sequences.show_samples(samples)
        heads, rows, inks = sample_rows(samples)
        self.table.rows.show_rows(heads, rows, inks=inks)
        self.table.fit()
        self._show_columns(samples)

    def _show_columns(self, samples: Samples) -> None:
        found = describe(samples)
        rows = [
            [
                say(c.name) if isinstance(c.name, Sentence) else c.name,
                short(c.minimum),
                short(c.maximum),
                short(c.mean),
                short(c.spread),
                f"{c.missing:,}",
                "" if c.distinct is None else f"{c.distinct:,}",
            ]
            for c in (*found.inputs, *found.targets)
        ]
        self.columns.rows.show_rows(
            [say("Name"), say("Least"), say("Greatest"), say("Mean"), say("Spread"), say("Missing"), say("Distinct")], rows
        )
        self.columns.fit()

    def _show_tabs(self, spec: object) -> None:
        """Pages that there are for this source, the same one in front as before where possible."""
        samples = self.session.samples
        pages: list[tuple[str, QWidget]] = []
        if isinstance(spec, TableFile) and spec.path:
            pages.append((say("Import"), self.importing))
        if samples is not None:
            pages.append(self._samples_page(samples))
            pages.append((say("Columns"), self.columns))
        count = self.bad.rows.rowCount()
        if isinstance(spec, TableFile) and count:
            pages.append((say("Unusable rows {count}", count=f"{count:,}"), self.bad))
        if [text for text, _ in pages] == [self.tabs.tabText(at) for at in range(self.tabs.count())]:
            return
        front = self.pages.currentWidget()
        self._offered = [page for _, page in pages]
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        for text, _ in pages:
            self.tabs.addTab(text)
        self.tabs.blockSignals(False)
        if pages:
            self.tabs.setCurrentIndex(self._offered.index(front) if front in self._offered else 0)
            self._turn(self.tabs.currentIndex())
        self.pages.setVisible(bool(pages))
        self.tabs.setVisible(bool(pages))

    def _samples_page(self, samples: Samples) -> tuple[str, QWidget]:
        """How these samples are best looked at."""
        if len(samples.shape) == 3:
            return say("Images"), self.images
        return (say("Sequences"), self.sequences) if samples.steps and not samples.tokens else (say("Rows"), self.table)

    def _turn(self, at: int) -> None:
        if 0 <= at < len(self._offered):
            self.pages.setCurrentWidget(self._offered[at])

    def _show_preview(self, spec: TableFile, found: Preview | None, error: str) -> None:
        node = self.node
        if node is None or node.spec != spec:
            return
        if found is None:
            self.bad.rows.show_rows((), ())
            self.notice.setVisible(True)
            self.notice.show_notice("error", error)
        else:
            self.importing.show_preview(node, spec, found)
            rows = [[f"{row.line:,}", say(row.reason), row.text] for row in found.bad[:1000]]
            self.bad.rows.show_rows([say("Line"), say("Why"), say("Text")], rows)
            self.bad.fit()
            if self.session.samples is None:
                self.note.show_text(strung(map(say, found.notes), " "))
        self._show_tabs(spec)

    def _path_field(self) -> tuple[str, PathField] | None:
        spec = self.node.spec if self.node else None
        fields = fields_of(spec) if isinstance(spec, Spec) else {}
        return next(((name, field) for name, field in fields.items() if isinstance(field, PathField)), None)

    def _choose(self) -> None:
        found, node = self._path_field(), self.node
        if found is None or node is None:
            return
        name, field = found
        start = str(self.session.folder)
        if field.folder:
            picked = QFileDialog.getExistingDirectory(self.window(), say("Choose a folder"), start)
        else:
            picked, _ = QFileDialog.getOpenFileName(
                self.window(),
                say("Choose a file"),
                start,
                say("Data ({patterns});;All files (*)", patterns=" ".join(field.patterns)),
            )
        if picked:
            self.take(Path(picked), node, name)

    def take(self, picked: Path, node: Node, name: str) -> None:
        """Read a file or folder that a person picked; the same one again is read anew."""
        remember(picked)
        path = relative(picked, self.session.folder)
        if path == getattr(node.spec, name):
            self.session.read_again()
        else:
            self.session.do(SetField(node.id, name, path))


def relative(path: Path, folder: Path) -> str:
    """The path as the project keeps it: relative where it lies in the project's folder."""
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


register_panel(
    Panel(
        id="data", title="Data", icon="data", places={"build": "bottom"}, factory=DataPanel, order=30, height=150, least=(300, 96)
    )
)
