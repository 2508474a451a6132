"""The start page: a new project, recent ones, and the examples with pictures of their data."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from playground.core.samples import Samples
from playground.core.spec import Dataset
from playground.document.recent import recent_files, written_at
from playground.errors import PlaygroundError
from playground.paths import assets_dir
from playground.ui.dialogs.example_cards import CARD, Example, ExampleCard, example_of, stored_picture
from playground.ui.dialogs.lesson_cards import LessonCard
from playground.ui.dialogs.recovery_card import RecoveryCard
from playground.ui.dialogs.start_foot import StartFoot
from playground.ui.inspector.controls import Button, LineField
from playground.ui.inspector.text import Label
from playground.ui.keymap import keys_by_id
from playground.ui.lessons.progress import lessons
from playground.ui.painting import RIGHT, box, chip, elided, put, stamp, width_of
from playground.ui.panel import StartPage, register_start_page
from playground.ui.recent_faces import HIGH, WIDE, Face, face_of
from playground.ui.theme import theme
from playground.words import counted, say

if TYPE_CHECKING:
    from playground.ui.lessons.coach import Coach
    from playground.ui.session import Session

LEFT, GAP = 304, 16
#: A card is never wider, however few there are.
WIDEST = 300
FILTERS = ("All", "Classify", "Regress", "Images", "Tables", "Sequences")
#: Finds of unsaved work that are shown at once; the next ones follow when these are settled.
MOST_FINDS = 2


def read_examples(folder: Path) -> list[Example]:
    """Every example that comes with the program, in the order of its list; one that cannot be read says so."""
    from playground.document.file import load

    found = []
    for path in sorted(folder.glob("*.play")):
        try:
            found.append(example_of(path, load(path).project))
        except PlaygroundError as error:
            found.append(Example(path, path.stem, say(str(error))))
    listed = _listed(folder / "order.json")
    return sorted(
        found,
        key=lambda example: (listed.index(example.path.stem) if example.path.stem in listed else len(listed), example.title),
    )


def _listed(path: Path) -> list[str]:
    """Names of examples in the order in which a person should meet them; [] where there is no such list."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def age(seconds: float) -> str:
    """How long ago, in words."""
    for size, word in ((86_400.0 * 7, "week"), (86_400.0, "day"), (3600.0, "hour"), (60.0, "minute")):
        count = int(seconds // size)
        if count:
            return counted(count, f"{{n}} {word} ago", f"{{n}} {word}s ago")
    return say("just now")


class WideButton(QAbstractButton):
    """A button of the left column: icon, text, and a hint at the right."""

    def __init__(self, text: str, icon: str, hint: str, primary: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.glyph, self.hint, self.primary = icon, hint, primary
        self.setText(text)
        self.setAccessibleName(text)
        self.setFixedHeight(36)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def sizeHint(self) -> QSize:
        return QSize(LEFT - 32, 36)

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r = QPainter(self), QRectF(self.rect())
        fill = "accent" if self.primary else "accentsoft" if self.underMouse() else "base"
        box(p, r, 5, theme().color(fill), None if self.primary else theme().color("strong"))
        ink = "onaccent" if self.primary else "text"
        if self.hasFocus():
            box(p, r.adjusted(2, 2, -2, -2), 4, None, theme().color("onaccent" if self.primary else "accent"), 2)
        stamp(p, 22, 18, self.glyph, ink if self.primary else "text2", 16)
        put(p, QRectF(36, 0, r.width() - 120, 36), self.text(), 13 if self.primary else 12, ink, self.primary)
        put(p, r.adjusted(0, 0, -12, 0), self.hint, 11, ink if self.primary else "text3", how=RIGHT)
        p.end()


def _result(face: Face) -> str:
    """What the project reached, such as "accuracy 98.3 %"; "" where that is not known."""
    if not face.metrics:
        return ""
    from playground.ui.panels.knob_rows import metric_shown  # with the panels, which the page need not wait for

    return " ".join(metric_shown(dict(face.metrics)) or ())


class RecentRow(QAbstractButton):
    """A project that was open before."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path = path
        self.written = written_at(path)
        self.there = self.written is not None
        self.setText(path.stem)
        self.setAccessibleName(say("Open {stem}", stem=path.stem))
        self.face = face_of(path)
        self.result = _result(self.face)
        self.setAccessibleDescription(self.result)
        self.setToolTip(str(path))
        self.setFixedHeight(40)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setEnabled(self.there)

    def paintEvent(self, event: QPaintEvent) -> None:
        p, wide = QPainter(self), float(self.width())
        if self.hasFocus():
            box(p, QRectF(self.rect()), 4, theme().color("accentsoft"), theme().color("accent"), 2)
        elif self.underMouse():
            box(p, QRectF(self.rect()), 4, theme().color("accentsoft"), None)
        if self.face.picture is not None and self.there:
            p.drawPixmap(4, 4, self.face.picture)
            box(p, QRectF(4, 4, WIDE, HIGH), 3, None, theme().color("border"))
        else:
            chip(p, 4, 6, 28, "doc", "c_linear" if self.there else "c_data", "panel")
        when = age(time.time() - self.written) if self.written is not None else say("not there")
        x = WIDE + 14
        room = wide - x - 10 - width_of(when, 11)
        put(p, QRectF(x, 4, room, 17), self.path.stem, 12, "text" if self.there else "disabled", True)
        put(p, QRectF(x, 20, wide - x - 4, 16), elided(self.result or str(self.path.parent), wide - x - 4, 11), 11, "text3")
        put(p, QRectF(0, 4, wide - 4, 17), when, 11, "text2", how=RIGHT)
        p.end()


class Start(QWidget):
    """opened(path): an example or a recent project; new_asked, open_asked, import_asked, weights_asked: the buttons.

    recovered(find, how): a button of a card with unsaved work, for `Documents.recover`.  theme_asked(mode), language_asked(choice).
    """

    opened = Signal(Path)
    new_asked = Signal()
    open_asked = Signal()
    import_asked = Signal()
    weights_asked = Signal()
    recovered = Signal(object, str)
    theme_asked = Signal(str)
    language_asked = Signal(str)
    _loaded = Signal(object, object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.examples = read_examples(assets_dir() / "examples")
        self.cards = [ExampleCard(example) for example in self.examples]
        self.lessons = [LessonCard(lesson, at) for at, lesson in enumerate(lessons())]
        self.wide: list[WideButton] = []
        self.recent: list[RecentRow] = []
        self.finds: list[RecoveryCard] = []
        self.foot = StartFoot()
        self.foot.theme_chosen.connect(self.theme_asked)
        self.foot.language_chosen.connect(self.language_asked)
        self.search = LineField(icon="search", hint=say("Search examples"))
        self.filters, self.chips = QButtonGroup(self), [Button(say(text), "secondary", small=True) for text in FILTERS]
        self.none = Label(say("No example has these words. Clear the search to see all of them."), 12, "text2", wraps=True)
        self._assemble()
        for card in self.cards:
            card.clicked.connect(lambda _=False, c=card: self._open_example(c))
        for lesson_card in self.lessons:
            lesson_card.clicked.connect(lambda _=False, c=lesson_card: self._begin(c))
        self.search.textChanged.connect(self.lay_out)
        self.filters.buttonClicked.connect(lambda _: self.lay_out())
        self._loaded.connect(self._show_samples)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="examples")
        self._pool.submit(self._load, tuple(self.examples))
        self._pool.shutdown(wait=False)
        theme().changed.connect(self.update)

    def _open_example(self, card: ExampleCard) -> None:
        """Open it, and say what to try."""
        self.opened.emit(card.example.path)
        coach = coach_for(self)
        if coach is not None and not self.isVisible():
            coach.tip()

    def _begin(self, card: LessonCard) -> None:
        coach = coach_for(self)
        if coach is not None:
            coach.begin(card.lesson)

    def _assemble(self) -> None:
        inner = QWidget()
        inner.setLayout(self._left())
        inner.setFixedWidth(LEFT - 1)
        inner.setAutoFillBackground(False)
        side = QScrollArea()  # else the page would ask for more height than a small window has
        side.setWidget(inner)
        side.setWidgetResizable(True)
        side.setFrameShape(QFrame.Shape.NoFrame)
        side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side.viewport().setAutoFillBackground(False)
        side.setFixedWidth(LEFT)
        page = QWidget()
        self.grid, self.lesson_grid = QGridLayout(), QGridLayout()
        for grid in (self.grid, self.lesson_grid):
            grid.setSpacing(GAP)
            grid.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        column = QVBoxLayout(page)
        column.setContentsMargins(24, 20, 24, 24)
        column.setSpacing(14)
        column.addLayout(self._lesson_title())
        column.addLayout(self.lesson_grid)
        column.addSpacing(6)
        column.addLayout(self._top())
        column.addWidget(self.none)
        column.addLayout(self.grid)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidget(page)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.viewport().setAutoFillBackground(False)
        page.setAutoFillBackground(False)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(side)
        whole.addWidget(self.area, 1)

    def _lesson_title(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(Label(say("Lessons"), 16, "text", True))
        line.addWidget(Label(say("A ready project and a walk through it, step by step."), 12, "text2"))
        line.addStretch(1)
        return line

    def _left(self) -> QVBoxLayout:
        """What to begin with, and what was open before."""
        left = QVBoxLayout()
        left.setContentsMargins(16, 22, 16, 16)
        left.setSpacing(8)
        left.addWidget(Label(say("Playground"), 20, "text", True))
        left.addWidget(Label(say("Build, train and look inside networks."), 12, "text2"))
        left.addSpacing(4)
        for text, icon, hint, primary, signal in (
            (say("New network"), "plus", "", True, self.new_asked),
            (say("Open project…"), "open", "", False, self.open_asked),
            (say("Start from my data…"), "data", say("CSV, images"), False, self.import_asked),
            (say("Import weights…"), "import", "ONNX", False, self.weights_asked),
        ):
            button = WideButton(text, icon, hint, primary)
            button.clicked.connect(signal)
            left.addWidget(button)
            self.wide.append(button)
        left.addSpacing(10)
        left.addWidget(Label(say("Recent projects"), 11, "text2", True))
        self.recent_column = QVBoxLayout()
        self.recent_column.setSpacing(2)
        self.no_recent = Label(say("Projects that you save appear here."), 11, "text3")
        left.addWidget(self.no_recent)
        left.addLayout(self.recent_column)
        self.find_column = QVBoxLayout()
        self.find_column.setContentsMargins(0, 10, 0, 0)
        self.find_column.setSpacing(8)
        left.addLayout(self.find_column)
        left.addStretch(1)
        left.addWidget(self.foot)
        return left

    def _top(self) -> QHBoxLayout:
        """Title, filters and search over the cards."""
        top = QHBoxLayout()
        top.setSpacing(6)
        title = Label(say("Examples"), 16, "text", True)
        title.setMinimumWidth(title.sizeHint().width())
        top.addWidget(title)
        top.addSpacing(6)
        for each in self.chips:
            each.setCheckable(True)
            self.filters.addButton(each)
            top.addWidget(each)
        self.chips[0].setChecked(True)
        top.addStretch(1)
        self.search.setMinimumWidth(64)
        self.search.setMaximumWidth(200)
        self.search.setAccessibleName(say("Search examples"))
        top.addWidget(self.search, 100)
        return top

    def refresh(self) -> None:
        """Look anew for recent projects and for unsaved work."""
        self.refresh_recent()
        self.look_for_work()

    def look_for_work(self) -> None:
        """Show a card for each find of unsaved work."""
        window = self.window()
        documents = getattr(window, "documents", None)
        for card in self.finds:
            self.find_column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.finds = [RecoveryCard(found) for found in (documents.finds() if documents is not None else [])[:MOST_FINDS]]
        for card in self.finds:
            card.chosen.connect(self.recovered)
            self.find_column.addWidget(card)

    def refresh_recent(self) -> None:
        """List the projects that were open last."""
        for row in self.recent:
            self.recent_column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.recent = [RecentRow(path) for path in recent_files()[:6]]
        self.no_recent.setVisible(not self.recent)
        for row in self.recent:
            row.clicked.connect(lambda _=False, r=row: self.opened.emit(r.path))
            self.recent_column.addWidget(row)

    def shown(self) -> list[ExampleCard]:
        """Cards that filter and search leave."""
        wanted = self.search.text().casefold().split()
        group = next((group for button, group in zip(self.chips, FILTERS, strict=True) if button.isChecked()), "All")
        return [
            card
            for card in self.cards
            if group in ("All", *card.example.topics) and all(word in card.example.words for word in wanted)
        ]

    def lay_out(self, *_: object) -> None:
        """Put the cards that are shown in as many columns as fit."""
        shown = self.shown()
        bar = self.area.verticalScrollBar().sizeHint().width()  # which comes once there are more cards than fit
        room = self.area.width() - bar - 48 + GAP
        columns = max(1, room // (CARD[0] + GAP))
        wide = max(CARD[0], min(room // columns - GAP, WIDEST))
        for each in (*self.cards, *self.lessons):
            each.setFixedWidth(wide)
        for card in self.cards:
            self.grid.removeWidget(card)
            card.setVisible(card in shown)
        for at, card in enumerate(shown):
            self.grid.addWidget(card, at // columns, at % columns)
        for at, lesson_card in enumerate(self.lessons):
            self.lesson_grid.addWidget(lesson_card, at // columns, at % columns)
        self.none.show_text(
            say("No example has these words. Clear the search to see all of them.")
            if self.cards
            else say("This installation has no examples.")
        )
        self.none.setVisible(not shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.lay_out()

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        for button, id in zip(self.wide, ("new", "open"), strict=False):  # a person may have given them others since
            button.hint = keys_by_id(id)
            button.update()
        self.refresh_recent()
        self.lay_out()
        QTimer.singleShot(0, self, self.look_for_work)  # reads files: the page is there first

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("window"))
        p.fillRect(QRectF(0, 0, LEFT, self.height()), theme().color("panel"))
        p.fillRect(QRectF(LEFT - 1, 0, 1, self.height()), theme().color("border"))
        p.end()

    def _load(self, examples: Sequence[Example]) -> None:
        """In a thread: the samples of every example, for the pictures."""
        for example in examples:
            if stored_picture(example, "light") is not None:
                continue  # the card shows what it learnt
            sources = example.project.network.of_kind("dataset") if example.project else ()
            if not sources or not isinstance(sources[0].spec, Dataset):
                continue
            try:
                samples = sources[0].spec.load(example.path.parent)
            except (PlaygroundError, OSError, ValueError):
                continue  # the card keeps the picture of its network; opening the example says why the data is missing
            if not isValid(self):
                return
            with contextlib.suppress(RuntimeError):  # the page may go away between the check and the call
                self._loaded.emit(example, samples)

    def _show_samples(self, example: Example, samples: Samples) -> None:
        for card in self.cards:
            if card.example is example:
                card.show_samples(samples)


def coach_for(widget: QWidget) -> Coach | None:
    """The coach of the window that a widget stands in; None outside of one."""
    from playground.ui.lessons.coach import coach_of
    from playground.ui.main_window import MainWindow

    window = widget.window()
    return coach_of(window) if isinstance(window, MainWindow) else None


register_start_page(StartPage(factory=Start))
