"""An action as a painted button: the one look of buttons in the toolbar and at the foot of panels."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QAction, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QHBoxLayout, QSizePolicy, QWidget

from playground.ui.actions import action_set_of, placed
from playground.ui.inspector.controls import Button
from playground.ui.inspector.text import Section
from playground.ui.painting import box, put, rule, stamp, width_of
from playground.ui.plain_text import from_menu
from playground.ui.theme import theme
from playground.words import say


class ActionButton(QAbstractButton):
    """A button that is an action: its text, icon, switch and availability follow it.

    look: "icon", "quiet" (icon and text), "framed" (the same, small, in a frame) or "primary" (the one filled button, 92 wide).
    words: what it always says, so that it keeps its width; what the action says at the moment is in its tip. "" for that itself.
    """

    def __init__(self, action: QAction, icon: str, look: str = "icon", words: str = "") -> None:
        super().__init__()
        self.action_shown, self.glyph, self.look, self.words = action, icon, look, words
        self.bare = False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        wide = QSizePolicy.Policy.Preferred if look == "framed" else QSizePolicy.Policy.Fixed
        self.setSizePolicy(wide, QSizePolicy.Policy.Fixed)
        self.clicked.connect(action.trigger)
        action.changed.connect(self.follow)
        self.follow()

    def follow(self) -> None:
        """Take text and availability from the action."""
        told = from_menu(self.action_shown.text())
        self.setText(self.words or told)
        self.setToolTip(self._tip(told))
        self.setAccessibleName(told)
        self.setEnabled(self.action_shown.isEnabled())
        self.updateGeometry()
        self.update()

    def fold(self, bare: bool) -> None:
        """Show a quiet button as its icon alone, or with its words."""
        if bare != self.bare:
            self.bare = bare
            self.updateGeometry()
            self.update()

    def _tip(self, told: str) -> str:
        keys = self.action_shown.shortcut().toString()
        text = f"{told} ({keys})" if keys else told
        return "\n".join(filter(None, (text, self.action_shown.whatsThis())))

    def sizeHint(self) -> QSize:
        if self.look == "primary":
            return QSize(92, 32)
        if self.look == "framed":
            return QSize(round(width_of(self.text(), 11)) + 30, 26)
        return QSize(self.wide(self.bare), 32)

    def wide(self, bare: bool) -> int:
        """Pixels of an icon or a quiet button, without its words or with them."""
        return 32 if bare or self.look == "icon" else round(width_of(self.text(), 12)) + 42

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """The primary button says something else after the first press, Pause after Train, which a double click does not mean."""
        if self.look != "primary":
            super().mouseDoubleClickEvent(event)

    def icon_now(self) -> str:
        """The primary button shows what it would do."""
        if self.look != "primary":
            return self.glyph
        return "pause" if self.text() == say("Pause") else "play"

    def paintEvent(self, event: QPaintEvent) -> None:
        p, r, on = QPainter(self), QRectF(self.rect()), self.isEnabled()
        primary = self.look == "primary"
        ink = ("onaccent" if primary else "text") if on else "disabled"
        if primary:
            box(p, r, 5, theme().color("accent") if on else theme().color("base"), None if on else theme().color("border"))
        elif on and (self.underMouse() or self.isDown()):
            box(p, r, 5, theme().color("accentsoft"), None)
        if self.look == "framed":
            box(p, r, 5, None, theme().color("strong" if on else "border"))
        if self.hasFocus():
            box(
                p,
                r.adjusted(2, 2, -2, -2) if primary else r,
                4,
                None,
                theme().color("onaccent" if primary and on else "accent"),
                2,
            )
        if self.look == "icon" or self.bare:
            stamp(p, r.center().x(), r.center().y(), self.glyph, "text2" if on else "disabled", 18)
        else:
            size = 11 if self.look == "framed" else 12
            wide = width_of(self.text(), size, primary) + 24
            x = max((r.width() - wide) / 2, 4)
            stamp(p, x + 8, r.center().y(), self.icon_now(), ink if primary else "text2" if on else "disabled", 16)
            put(p, QRectF(x + 24, 0, wide, r.height()), self.text(), size, ink, primary)
        p.end()


#: More actions than this stand in rows of two.
MOST_IN_ROW = 3
#: Pixels beside the buttons of a strip and between them.
SIDE, GAP = 8, 5


class ActionStrip(QWidget):
    """The actions of one place as buttons of equal width under a line, such as the foot of a panel.

    It takes no room where no action has that place, and keeps its height whatever the actions say at the moment. The buttons are made
    when it is first shown inside a window, whose actions they are.
    """

    def __init__(self, place: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.actions_shown = placed(place)
        self.buttons: dict[str, ActionButton] = {}
        self.row = QGridLayout(self)
        self.row.setContentsMargins(SIDE, 11, SIDE, 10)
        self.row.setSpacing(GAP)
        self._columns = 0
        self.setVisible(bool(self.actions_shown))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        made = action_set_of(self)
        if made is None or self.buttons:
            return
        for action in self.actions_shown:
            self.buttons[action.id] = ActionButton(made[action.id], action.icon, "framed", say(action.text))
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """One row where all words are readable in it; else rows of two."""
        buttons = list(self.buttons.values())
        wants = [button.sizeHint().width() for button in buttons]
        room = self.width() - 2 * SIDE - GAP * (len(buttons) - 1)
        columns = len(buttons) if len(buttons) <= MOST_IN_ROW and sum(wants) <= room else 2
        if columns == self._columns:
            return
        self._columns = columns
        for at, button in enumerate(buttons):
            self.row.addWidget(button, at // columns, at % columns)
        for at in range(len(buttons)):
            # Wider words get more room, so that none is cut while another has some left.
            self.row.setColumnStretch(at, wants[at] if columns > 2 else int(at < columns))

    def paintEvent(self, event: QPaintEvent) -> None:
        p = QPainter(self)
        p.fillRect(self.rect(), theme().color("panel"))
        rule(p, 0, 0, self.width())
        p.end()


class LinkSection(Section):
    """A strip that opens a section, with the actions of one place as links at its right."""

    def __init__(self, title: str, place: str, parent: QWidget | None = None) -> None:
        super().__init__(title, parent=parent)
        self.actions_shown = placed(place)
        self.links: dict[str, Button] = {}
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(11, 0, 5, 0)
        self.row.addStretch(1)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        made = action_set_of(self)
        if made is None or self.links:
            return
        for action in self.actions_shown:
            link = self.links[action.id] = Button(made[action.id].text(), "link", small=True)
            link.clicked.connect(made[action.id].trigger)
            made[action.id].changed.connect(self._follow)
            self.row.addWidget(link)
        self._follow()

    def _follow(self) -> None:
        made = action_set_of(self)
        for id, link in self.links.items():
            if made is not None:
                link.setEnabled(made[id].isEnabled())
                link.setToolTip(made[id].toolTip())
