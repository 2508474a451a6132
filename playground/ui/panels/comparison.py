"""Some runs side by side: the settings that are not equal, and what came out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from playground.training.runs import Kept, end_of, settings_of, what_differs
from playground.ui.compare.choice import choice_of
from playground.ui.compare.columns import columns_for
from playground.ui.compare.lines import Line, alone
from playground.ui.compare.naming import setting_text, way_text
from playground.ui.compare.noise_card import NoiseCard
from playground.ui.inspector.controls import Button
from playground.ui.inspector.foot import Empty
from playground.ui.inspector.text import Label, Section
from playground.ui.painting import RIGHT, Painted, elided, put, rule, width_of
from playground.ui.panel import Panel, register_panel
from playground.words import counted, say

if TYPE_CHECKING:
    from playground.ui.session import Session

ROW, MOST_WIDE = 26, 600
RESULTS = ("train", "validation", "epochs", "steps", "time")


def _equal(count: int, *, some_differ: bool) -> str:
    """How many settings are the same."""
    if some_differ:
        return counted(count, "{n} other setting is equal.", "{n} other settings are equal.")
    return counted(count, "The one setting is equal.", "All {n} settings are equal.")


class Lines(Painted):
    """Rows of a name and one value for each run."""

    def __init__(self, name: str) -> None:
        super().__init__(0, 0, name)
        self.heads: list[str] = []
        self.rows: list[tuple[str, list[str]]] = []
        #: Pixels of a column of values; two tables that stand one above the other have the same.
        self.wide = 0.0

    @property
    def needed(self) -> float:
        """Pixels that the widest value asks for."""
        told = [*self.heads, *(value for _, values in self.rows for value in values)]
        return max((width_of(value, 11, True) for value in told), default=0.0) + 18

    def show_lines(self, heads: list[str], rows: list[tuple[str, list[str]]]) -> None:
        self.heads, self.rows = heads, rows
        self.setFixedHeight(ROW * (len(rows) + bool(heads)))
        words = "; ".join(f"{name}: {', '.join(values)}" for name, values in rows)
        self.setAccessibleDescription(words[:2000])
        self.update()

    def draw(self, p: QPainter, r: QRectF) -> None:
        count = max(len(self.heads), max((len(values) for _, values in self.rows), default=0), 1)
        wide = min(self.wide, (r.width() - 90) / count)
        lines = [("", self.heads)] if self.heads else []
        for k, (name, values) in enumerate([*lines, *self.rows]):
            y, head = r.y() + k * ROW, bool(self.heads) and k == 0
            put(
                p, QRectF(12, y, r.width() - count * wide - 18, ROW), elided(name, r.width() - count * wide - 18, 11), 11, "text2"
            )
            for at, value in enumerate(values):
                x = r.right() - 10 - (count - at) * wide
                ink = "text2" if head else "text"
                value, _, apart = value.partition(" ±")  # the spread after a mean, smaller
                room = width_of(f"± {apart}", 10) + 3 if apart else 0
                put(p, QRectF(x, y, wide - room, ROW), elided(value, wide - 2 - room, 11, not head), 11, ink, not head, RIGHT)
                put(p, QRectF(x, y, wide, ROW), f"±{apart}" if apart else "", 10, "text2", how=RIGHT)
            rule(p, 0, y + ROW - 1, r.width())


class ComparisonPanel(QWidget):
    """Follows the runs that are selected in the table."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = choice_of(session)
        self.title = Label("", 12, "text", True)
        self.title.setContentsMargins(12, 8, 12, 8)
        self.noise = NoiseCard(self.choice)
        self.different, self.result = Lines(say("What differs")), Lines(say("Result"))
        self.equal = Label("", 11, "text2")
        self.equal.setContentsMargins(12, 6, 12, 8)
        self.restore = Button(say("Restore"), "primary")
        self.restore.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.differs = Section(say("What differs"))
        self.none = Empty("table", say("Nothing to compare"), say("Select two runs or more in the table."))
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        parts = (self.title, self.noise, self.differs, self.different, self.equal, Section(say("Result")))
        for part in (*parts, self.result):
            column.addWidget(part)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(page)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 10)
        outer.addWidget(self.none)
        outer.addWidget(self.area, 1)
        foot = QHBoxLayout()
        foot.setContentsMargins(12, 0, 12, 0)
        foot.addWidget(self.restore)
        outer.addLayout(foot)
        self.restore.clicked.connect(self._restore)
        self.choice.chosen.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Compare what is selected now."""
        runs = self.choice.compared_runs()
        self.none.setVisible(not runs)
        self.area.setVisible(bool(runs))
        self.restore.setVisible(bool(runs))
        if not runs:
            return
        names = [say("Run {number}", number=run.number) for run in runs]
        self.noise.refresh()
        self.title.show_text(
            say("{first} against {others}", first=names[0], others=", ".join(names[1:])) if len(names) > 1 else names[0]
        )
        begun, ended = [run.project for run in runs], [end_of(run) for run in runs]
        rows = dict.fromkeys(path for projects in (begun, ended) for path, _ in what_differs(projects))
        pairs = [(settings_of(first), settings_of(last)) for first, last in zip(begun, ended, strict=True)]
        told = [
            (setting_text(path, [*begun, *ended]), [way_text(first.get(path), last.get(path)) for first, last in pairs])
            for path in rows
        ]
        self.different.show_lines(names if rows else [], told)
        for part in (self.differs, self.different, self.equal):
            part.setVisible(len(runs) > 1)
        same = len(dict.fromkeys(path for pair in pairs for one in pair for path in one)) - len(rows)
        self.equal.show_text(_equal(same, some_differ=bool(rows)) if len(runs) > 1 else "")
        self.result.show_lines([], self._results(runs))
        self.different.wide = self.result.wide = max(self.different.needed, self.result.needed)
        self.restore.show_text(say("Restore run {number}", number=runs[0].number))
        self.restore.setMaximumWidth(MOST_WIDE)

    def _results(self, runs: list[Kept]) -> list[tuple[str, list[str]]]:
        """Of each run, or the means of its setting where the compared ones have several seeds."""
        columns = columns_for(runs, self.choice.under_way())
        known = {column.key for column in columns_for([])}
        wanted = [column for column in columns if column.key in RESULTS or column.key not in known]
        groups = [tuple(self.choice.repeats_of(run.folder)) for run in runs]
        lines = [Line(group[-1], group) for group in groups]
        if len({line.run.folder for line in lines}) < len(runs):
            lines = [alone(run) for run in runs]
        if any(line.grouped for line in lines):
            wanted = [column for column in columns if column.key == "seeds"] + wanted
        return [(say(column.head or column.title), [column.words(line) for line in lines]) for column in wanted]

    def _restore(self) -> None:
        runs = self.choice.compared_runs()
        if runs:
            self.choice.restore(runs[0])


register_panel(
    Panel(
        id="comparison", title="Comparison", icon="table", places={"compare": "right"}, factory=ComparisonPanel, order=10, width=300,
        least=(260, 200),
    )
)  # fmt: skip
