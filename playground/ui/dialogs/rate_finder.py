"""Find learning rate: the range test, the rate fan and the batch sizes, each with what one click applies and proof that nothing was changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QStackedWidget, QVBoxLayout, QWidget

from playground.ui.dialogs.batch_page import BatchPage
from playground.ui.dialogs.fan_page import FanPage
from playground.ui.dialogs.finder_page import FinderPage
from playground.ui.dialogs.range_page import RangePage
from playground.ui.dialogs.sheet import Sheet
from playground.ui.dialogs.tab_strip import TabStrip
from playground.ui.panel import Dialog, register_dialog
from playground.words import say

if TYPE_CHECKING:
    from playground.ui.session import Session

RANGE, FAN, BATCH = 0, 1, 2


class RateFinder(Sheet):
    """Runs the test of a tab at once when it is first shown, if the network can train."""

    def __init__(
        self, session: Session, parent: QWidget | None = None, place: int = RANGE, before: RateFinder | None = None
    ) -> None:
        """before: another one whose tests and curves go on here."""
        super().__init__("finder", say("Find learning rate"), (980, 630), parent)
        self.session = session
        self.range, self.fan, self.batch = RangePage(session), FanPage(session), BatchPage(session)
        self.pages: list[FinderPage] = [self.range, self.fan, self.batch]
        self.tabs = TabStrip([say("Range test"), say("Rate fan"), say("Batch size")])
        self.stack = QStackedWidget()
        for page in self.pages:
            self.stack.addWidget(page)
            page.said.connect(self.word.show_text)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self.stack, 1)
        self.body.addLayout(column, 1)
        self.suggestions, self.proof, self.plot = self.range.suggestions, self.range.proof, self.range.plot
        self.word.show_text(say("Using a rate is one edit. Undo takes it back."))
        self.again = self.button(say("Run again"))
        self.again.clicked.connect(self.start)
        close = self.button(say("Close"))
        close.clicked.connect(self.close)
        self.tabs.chosen.connect(self.show_page)
        self.range.bench.changed.connect(self._note)
        self._left = False
        for page, other in zip(self.pages, before.pages if before is not None else (), strict=False):
            page.take_over(other)
        self.tabs.choose(place)
        self.tabs.tabs[place].setFocus()

    @property
    def page(self) -> FinderPage:
        """The one that is shown."""
        return self.pages[self.tabs.place]

    def show_page(self, place: int) -> None:
        """Turn to a tab; its test runs when it has not yet."""
        self.stack.setCurrentIndex(place)
        if not self.pages[place].begun:
            self.start()

    def successor(self) -> Callable[[], QDialog]:
        """With its tests and curves; a test that goes on is not ended with this one."""
        self._left = True
        session, over, place = self.session, self.parentWidget(), self.tabs.place
        return lambda: RateFinder(session, over, place, self)

    def start(self) -> None:
        """Run the test of the tab."""
        for page in self.pages:
            page.mine = False
        self.page.start()
        self._note()

    def _note(self) -> None:
        self.strip.show_note(self.page.where())

    def closeEvent(self, event: object) -> None:
        """A test that nobody looks at any more ends."""
        if not self._left:
            self.range.bench.cancel()
        super().closeEvent(event)  # type: ignore[arg-type]


def _opener(place: int) -> Dialog:
    """Opens at a tab."""
    id = ("rate_finder", "rate_fan", "batch_finder")[place]
    return register_dialog(Dialog(id=id, open=lambda session, window: RateFinder(session, window, place).show()))


for _place in (RANGE, FAN, BATCH):
    _opener(_place)
