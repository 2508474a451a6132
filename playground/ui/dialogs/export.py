"""Export: a format, a file, and the certificate that it gives the same answers; an export that does not is blocked."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QCloseEvent, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from playground.document.weight_sets import BEST
from playground.document.weights import renamed
from playground.engine.optimizer_state import OptimizerState
from playground.formats.format import Format
from playground.ui.compare.columns import is_figure, metric_text, metric_title
from playground.ui.dialogs.certificate_card import CertificateCard
from playground.ui.dialogs.exporter import Exporter, Outcome
from playground.ui.dialogs.sheet import Sheet
from playground.ui.inspector.controls import Button, CheckBox, ComboField, LineField
from playground.ui.inspector.notice import Notice
from playground.ui.inspector.text import Label
from playground.ui.painting import metrics, put, stamp
from playground.ui.panel import Dialog, register_dialog
from playground.ui.replacing import as_file, may_write
from playground.ui.run_control import names_of
from playground.ui.theme import theme
from playground.words import say, strung

if TYPE_CHECKING:
    from playground.ui.session import Session

_LEFT = 260
#: What the list leaves out of a format's description.
_ASIDE = re.compile(r" ?[(（][^)）]*[)）]")


class FormatRow(QAbstractButton):
    """A format in the list: title, what it is, and how its last export went."""

    def __init__(self, format: Format, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.format, self.state = format, ""
        self.setText(say(format.title))
        self.setCheckable(True)
        self.brief = _ASIDE.sub("", say(format.help))
        room = QRectF(0, 0, _LEFT - 46, 999)
        high = round(metrics(11).boundingRect(room, int(Qt.TextFlag.TextWordWrap), self.brief).height())
        self.setFixedSize(_LEFT, max(62, 34 + high))
        self.setAccessibleDescription(say(format.help))
        self.setToolTip(say(format.help))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_state(self, icon: str) -> None:
        """ "check" or "error"."""
        self.state = icon
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, wide = QPainter(self), float(self.width())
        if self.isChecked():
            p.fillRect(self.rect(), theme().color("accentsoft"))
        elif self.underMouse():
            p.fillRect(self.rect(), theme().color("window"))
        if self.hasFocus():
            p.fillRect(QRectF(0, 0, 3, self.height()), theme().color("accent"))
        put(p, QRectF(14, 6, wide - 46, 18), say(self.format.title), 12, "text", True)
        p.setFont(theme().font(11))
        p.setPen(theme().color("text2"))
        p.drawText(
            QRectF(14, 24, wide - 46, self.height() - 26), int(Qt.AlignmentFlag.AlignTop) | Qt.TextFlag.TextWordWrap, self.brief
        )
        if self.state:
            stamp(p, wide - 20, self.height() / 2, self.state, "ok" if self.state == "check" else "error", 17)
        p.end()


class ExportDialog(Sheet):
    """Exports the weights of the run, or those saved with the project."""

    def __init__(self, session: Session, parent: QWidget | None = None, exporter: Exporter | None = None) -> None:
        """exporter: one to take over, with what it does."""
        from playground.formats.export import formats  # brings onnx, which nothing else here needs

        super().__init__("export", say("Export {project}", project=session.title), (900, 560), parent)
        self.session, self.exporter = session, exporter or Exporter()
        self.exporter.setParent(self)
        self.rows = [FormatRow(found) for found in formats()]
        self.group = QButtonGroup(self)
        self.path, self.which = LineField(), ComboField()
        self.state = CheckBox(say("With the optimizer's state"), px=12)
        self.choose = Button(say("Choose…"), "secondary")
        self.card, self.notice = CertificateCard(), Notice("info", "")
        #: Files that may be replaced: a person was asked, or they were written here.
        self._ours: set[Path] = set()
        self.card.hide()
        self._assemble()
        self.exporter.finished.connect(self._done)
        session.run_changed.connect(self.refresh)
        start = next((row for row in self.rows if row.format.id == "onnx"), self.rows[0])
        start.setChecked(True)
        start.setFocus()
        self._follow_format()
        self.refresh()

    def successor(self) -> Callable[[], QDialog]:
        session, over, format, path, which = (
            self.session, self.parentWidget(), self.format.id, self.path.text(), self.which.currentData(),
        )  # fmt: skip
        going, ours = self.exporter, self._ours
        going.finished.disconnect(self._done)
        going.setParent(None)
        self.exporter = Exporter(self)  # so that closing this one does not end what goes on

        def made() -> ExportDialog:
            dialog = ExportDialog(session, over, going)
            next(row for row in dialog.rows if row.format.id == format).click()
            dialog.path.setText(path)
            dialog.which.setCurrentIndex(max(0, dialog.which.findData(which)))
            dialog._ours = ours
            if going.busy:
                dialog._tell_going()
            return dialog

        return made

    def _assemble(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(0)
        for row in self.rows:
            self.group.addButton(row)
            column.addWidget(row)
            row.clicked.connect(self._follow_format)
        column.addStretch(1)
        self.body.addLayout(column)
        main = _Main()
        lines = QVBoxLayout(main)
        lines.setContentsMargins(16, 12, 16, 12)
        lines.setSpacing(10)
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(_caption(say("File")))
        self.path.setAccessibleName(say("File"))
        first.addWidget(self.path, 1)
        self.choose.setFixedHeight(26)
        first.addWidget(self.choose)
        lines.addLayout(first)
        second = QHBoxLayout()
        second.setSpacing(10)
        second.addWidget(_caption(say("Weights")))
        self.which.setAccessibleName(say("Weights"))
        self.which.setFixedWidth(240)
        second.addWidget(self.which)
        second.addWidget(self.state)
        second.addStretch(1)
        lines.addLayout(second)
        lines.addWidget(self.card)
        lines.addWidget(self.notice)
        lines.addStretch(1)
        self.body.addWidget(main, 1)
        self.choose.clicked.connect(self._ask_path)
        self.cancel = self.button(say("Close"))
        self.go = self.button(say("Export"), "primary")
        self.cancel.clicked.connect(self.close)
        self.go.clicked.connect(self.export)

    @property
    def format(self) -> Format:
        return next(row.format for row in self.rows if row.isChecked())

    def refresh(self) -> None:
        """What can be exported now."""
        client, choices = self.session.client, self._choices()
        if choices != [(self.which.itemText(k), self.which.itemData(k)) for k in range(self.which.count())]:
            kept = self.which.currentData()
            self.which.clear()
            for text, word in choices:
                self.which.addItem(text, word)
            self.which.setCurrentIndex(max(0, self.which.findData(kept)))
        self.which.setEnabled(bool(choices))
        place = self.format.keeps_optimizer
        self.state.setEnabled(bool(client.step) and place)
        self.state.setToolTip(
            say('{format} has no place for it.', format=say(self.format.title)) if not place
            else say('What the optimizer remembers of every weight, its numbers and the step, under names that begin with optimizer/.')
            if client.step else say('Only a run of this session has it.')
        )  # fmt: skip
        last = client.epochs[-1] if client.epochs else None
        figures = [name for name in last.metrics if is_figure(name)] if last else []
        shown = [f"{metric_title(name)} {metric_text(name, last.metrics[name])}" for name in figures[:2] if last]
        self.strip.show_note(strung([say("step {step}", step=f"{client.step:,}"), *shown]) if client.step else "")
        problem = next((say(problem.text) for problem in self.session.problems if problem.severity == "error"), "")
        reason = "" if choices else say("There are no weights yet. Train first, or open a project that was saved after training.")
        self.go.setEnabled(bool(choices) and not problem and not self.exporter.busy)
        if problem or reason:
            self._tell("warn", problem or reason, say("Nothing to export"))

    def _choices(self) -> list[tuple[str, str]]:
        """The weights that there are: words, and what `weights` takes. Those that the plan evaluates with come first."""
        client, kept = self.session.client, self.session.file_sets
        if client.step:
            choices = [(say("Newest, step {step}", step=f"{client.step:,}"), "newest")]
            if any(record.validation_loss is not None for record in client.epochs):
                choices.append((say("Best epoch"), "best"))
            return self._by_kind(choices) if client.live("averages") else choices
        choices = [(say("Saved with the project"), "file")] if kept else []
        choices = self._by_kind(choices) if kept.differ else choices
        return choices + ([(say("Best epoch"), "best")] if kept.get(BEST) else [])

    def _by_kind(self, choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
        kinds = [(say("averaged"), "averaged"), (say("raw"), "raw")]
        if not self.session.project.training.judges_averaged:
            kinds.reverse()
        return [(f"{text}, {said}", f"{word} {kind}") for text, word in choices for said, kind in kinds]

    def weights(self) -> Mapping[str, np.ndarray]:
        """The chosen weights, under the names that nodes have now."""
        which, _, kind = (self.which.currentData() or "").partition(" ")
        averaged = {"": None, "averaged": True, "raw": False}[kind]
        return self.session.weights(best=which == "best", averaged=averaged) or {}

    def optimizer(self) -> OptimizerState | None:
        """The optimizer's state of the chosen moment, where it is to go along."""
        if not (self.state.isChecked() and self.state.isEnabled()):
            return None
        found = self.session.client.optimizer_state(best=str(self.which.currentData()).startswith("best"))
        if found is None:
            return None
        slots = renamed(found.slots, self.session.run.names, names_of(self.session.project))
        return dataclasses.replace(found, slots=slots)

    def _to(self) -> Path:
        """The file that is named."""
        to = Path(os.path.expanduser(self.path.text()))  # which lets the name of an unknown user stand
        return to if to.is_absolute() else self.session.folder / to

    def export(self) -> None:
        """Export to the file that is named."""
        to = self._to()
        if to not in self._ours and not may_write(self, to):
            return
        self._ours.add(to)
        weights = self.weights()
        self.card.show_certificate(None)
        self.go.setEnabled(False)
        self.exporter.export(self.session.project, weights, self.session.folder, to, self.format.id, self.optimizer())
        self._tell_going()

    def _tell_going(self) -> None:
        text = say("The file is written, read back and run on a probe of the data.")
        self._tell("info", text, say("Exporting {file}", file=self.exporter.path.name))

    def _done(self, outcome: Outcome) -> None:
        row = next(row for row in self.rows if row.format.id == self.exporter.format)
        row.show_state("check" if outcome.certificate else "error")
        self.card.show_certificate(outcome.certificate)
        if outcome.certificate:
            self._tell("ok", str(outcome.path), say("Exported"))
        else:
            self._tell("error", outcome.text, say("{format} is blocked", format=say(row.format.title)))
        self.go.setEnabled(True)

    def _tell(self, level: str, text: str, title: str = "") -> None:
        self.notice.show_notice(level, text, title)

    def _follow_format(self) -> None:
        """The file's ending follows the format."""
        now = Path(self.path.text() or as_file(self.session.title))
        endings = {row.format.suffix for row in self.rows}
        stem = now.with_suffix("") if now.suffix in endings else now
        self.path.setText(f"{stem}{self.format.suffix}")
        self._tell("info", say(self.format.help), say(self.format.title))
        self.card.show_certificate(None)
        self.refresh()

    def _ask_path(self) -> None:
        start = str(self.session.folder / self.path.text())
        found, _ = QFileDialog.getSaveFileName(self, say("Export to"), start, f"{say(self.format.title)} (*{self.format.suffix})")
        if found:
            self.path.setText(found)
            self._ours.add(self._to())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.exporter.cancel()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Escape ends a running export too."""
        self.exporter.cancel()
        super().done(result)


class _Main(QWidget):
    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(QRectF(0, 0, 1, self.height()), theme().color("border"))
        p.end()


def _caption(text: str) -> Label:
    label = Label(text, 12, "text2")
    label.setFixedWidth(52)
    return label


def open_export(session: Session, window: QWidget) -> None:
    ExportDialog(session, window).show()


register_dialog(Dialog(id="export", open=open_export))
