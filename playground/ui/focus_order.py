"""Where Tab goes: through what can be seen, in the order in which it is read.

Qt walks through its widgets in the order in which they were made. So rows that a form makes for the selected node would come last, and
docks behind another tab, which Qt counts as visible and keeps outside the window, would take keys that nobody sees arrive.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDockWidget, QLayout, QMainWindow, QScrollArea, QTabBar, QToolButton, QWidget

from playground.ui import focus_ring

DIRECT = Qt.FindChildOption.FindDirectChildrenOnly
NEAR = 4  # pixels between a tab bar and the dock below it


def is_behind(dock: QDockWidget) -> bool:
    """Whether it stands behind another tab: Qt keeps such a dock outside its window."""
    return not dock.isFloating() and is_outside(dock)


def is_outside(widget: QWidget) -> bool:
    """Whether it lies beside what it is a part of, where nobody sees it."""
    around = widget.parentWidget()
    return around is not None and not around.rect().intersects(widget.geometry())


def dock_of(widget: QWidget | None) -> QDockWidget | None:
    """The dock that a widget lies in."""
    while widget is not None and not isinstance(widget, QDockWidget):
        widget = widget.parentWidget()
    return widget


def takes_tab(widget: QWidget) -> bool:
    """Whether Tab stops at it."""
    wanted = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
    return wanted and widget.focusProxy() is None and widget.isEnabled() and widget.isVisible()


def stops(top: QWidget | None) -> list[QWidget]:
    """Where Tab stops in a widget: itself, then what it holds in the order of its layout, then what stands in none."""
    if top is None or not top.isVisible():
        return []
    inside = [stop for child in _parts(top) if not child.isWindow() for stop in stops(child)]
    if not takes_tab(top) or (isinstance(top, QScrollArea) and (inside or not top.verticalScrollBar().maximum())):
        return inside  # what stands in a scroll area scrolls it
    return [top, *inside]


def _parts(top: QWidget) -> list[QWidget]:
    # WORKAROUND(PySide6 6.11): a walk along nextInFocusChain makes each widget a child of the one before, and both wrappers die with it.
    if isinstance(top, QDockWidget):
        return [part for part in (top.titleBarWidget(), top.widget()) if part is not None]
    held = top.findChildren(QWidget, options=DIRECT)
    if isinstance(top, QMainWindow):
        return _by_place([each for each in held if each.isVisible() and not each.isWindow() and not is_outside(each)])
    if isinstance(top, QTabBar):
        return [each for each in held if not isinstance(each, QToolButton)]  # the arrow keys do what its arrows do
    layout = top.layout()
    placed = list(_placed(layout, held)) if layout is not None else []
    return [*placed, *(each for each in held if each not in placed)]


def _placed(layout: QLayout, held: list[QWidget]) -> Iterator[QWidget]:
    """What stands in a layout and in those within it, in its order."""
    # WORKAROUND(PySide6 6.11): an item that itemAt has given is kept by the layout's wrapper beyond its end; what is made next at its
    # address, such as a line of a list, then dies as what it is not.
    within = [each for each in layout.children() if isinstance(each, QLayout)]
    places: list[tuple[int, QWidget | QLayout]] = [(layout.indexOf(each), each) for each in held]
    places += [(layout.indexOf(each), each) for each in within]
    for _, each in sorted((place for place in places if place[0] >= 0), key=lambda place: place[0]):
        if isinstance(each, QLayout):
            yield from _placed(each, held)
        else:
            yield each


def _by_place(parts: list[QWidget]) -> list[QWidget]:
    """Bars, canvas and docks from the top, each row from the left; a dock right after its tabs."""
    bars = [part for part in parts if isinstance(part, QTabBar)]

    def place(part: QWidget) -> tuple[int, int, bool]:
        over = [bar for bar in bars if abs(bar.geometry().bottom() - part.y()) <= NEAR and abs(bar.x() - part.x()) <= NEAR]
        return (over[0].y(), over[0].x(), True) if over and isinstance(part, QDockWidget) else (part.y(), part.x(), False)

    return sorted(parts, key=place)


def step(window: QWidget, forward: bool) -> bool:
    """Give the keyboard to the next stop, or the one before; False where there is none but the present one."""
    order, now = stops(window), QApplication.focusWidget()
    if not order or order == [now]:
        return False
    if now in order:
        to = order[(order.index(now) + (1 if forward else -1)) % len(order)]
    else:
        to = _beside(now, order, forward)
    to.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    reveal(to)
    focus_ring.mark(to)
    return True


def _beside(now: QWidget | None, order: list[QWidget], forward: bool) -> QWidget:
    """The stop that comes next to something where Tab does not stop."""
    while now is not None and not now.isWindow():
        inside = [stop for stop in order if now.isAncestorOf(stop)]
        if inside:
            return inside[0] if forward else order[order.index(inside[0]) - 1]
        now = now.parentWidget()
    return order[0 if forward else -1]


def give_keyboard(widget: QWidget, reason: Qt.FocusReason = Qt.FocusReason.ShortcutFocusReason) -> None:
    """Let a widget have the keys, also while another window of ours has them, such as a torn-off dock."""
    window = widget.window()
    if QApplication.activeWindow() not in (None, window):
        window.activateWindow()
    widget.setFocus(reason)


def reveal(widget: QWidget) -> None:
    """Scroll until it can be seen."""
    at = widget.parentWidget()
    while at is not None and not widget.isWindow():
        if isinstance(at, QScrollArea):
            at.ensureWidgetVisible(widget, 8, 8)
        at = at.parentWidget()
