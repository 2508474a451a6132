"""The window in another language at once: what shows words is made anew, what it is about stays.

Project, run, selection, open block and undo history belong to the session and are not touched, so a run goes on meanwhile. Docks take
their places from the state that a layout is remembered by. Zoom and place of the canvas, the lesson's step, the start page and the
dialogs that were open come back, a rate finder with its curves; a message that stands is said once more. A dialog that only asked for a name is closed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QMenu, QMenuBar, QWidget
from shiboken6 import isValid

from playground.ui import painting
from playground.ui.dialogs.sheet import Sheet

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow


@dataclasses.dataclass(frozen=True)
class Look:
    """How a window is looked at: what of it lies in no session and no setting."""

    start: bool
    layout: str
    size: QSize
    zoom: float
    centre: QPointF
    fresh: bool
    labels: str
    tiles: str
    map: bool
    panel: str
    on_canvas: bool
    dialogs: tuple[tuple[Callable[[], QDialog], QRect], ...]


def tell_again(window: MainWindow) -> None:
    """Make the bars, the canvas, the docks and the open dialogs of a window anew."""
    look, told, bare = _look_of(window), window.notices.standing, window.layouts.bare
    window.setUpdatesEnabled(False)
    try:
        _put_away(window)
        painting.forget_widths()
        window.build()
        window.layouts.bare = bare
        _look_so(window, look)
    finally:
        window.setUpdatesEnabled(True)
    for remake, where in look.dialogs:
        made = remake()
        made.setGeometry(where)
        made.show()
    if told is not None:
        window.notices.take_over(told)
    coach = window.findChild(QObject, "coach")
    if coach is not None:
        coach.say_again()  # type: ignore[attr-defined]
    window.refresh()


def _look_of(window: MainWindow) -> Look:
    canvas, held = window.canvas, window.focusWidget()
    start = window.start is not None and window.middle.currentWidget() is window.start
    if not start:
        window.layouts.remember()
    panel = next((id for id, dock in window.layouts.docks.items() if held is not None and dock.isAncestorOf(held)), "")
    return Look(
        start=start,
        layout=window.layouts.current,
        size=window.size(),
        zoom=canvas.zoom,
        centre=canvas.visible().center(),
        fresh=canvas.looking.fresh,
        labels=canvas.canvas.labels,
        tiles=canvas.feed.maker.mode,
        map=canvas.looking.map_wanted,
        panel=panel,
        on_canvas=held is None or held is canvas or canvas.isAncestorOf(held),
        dialogs=_closed_dialogs(window),
    )


def _closed_dialogs(window: MainWindow) -> tuple[tuple[Callable[[], QDialog], QRect], ...]:
    """Close every dialog; gives what opens those again that can, and where they stood."""
    found = []
    for dialog in [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]:
        if isinstance(dialog, Sheet):
            found.append((dialog.successor(), dialog.geometry()))
        dialog.close()
    return tuple(found)


def _put_away(window: MainWindow) -> None:
    """Take everything out that was built, and let it go at once: half of it would look for words that are no longer spoken.

    Must not be called from a slot of what was built; `view_language.choose` waits for the event loop.
    """
    gone: list[QObject] = [*window.layouts.docks.values(), window.layouts, window.tool_bar, window.notices]
    gone += [window.actions_made, window.bar.own_layouts, window.status]
    gone += [child for child in window.children() if isinstance(child, QMenu | QAction)]
    bar = window.menuBar()  # which would hand its corners on to its successor
    for corner in (Qt.Corner.TopLeftCorner, Qt.Corner.TopRightCorner):
        at_corner = bar.cornerWidget(corner)
        if at_corner is not None:
            bar.setCornerWidget(None, corner)  # type: ignore[arg-type]
            gone.append(at_corner)
    if window._commands is not None:
        gone.append(window._commands)
    for dock in window.layouts.docks.values():
        window.removeDockWidget(dock)
    window.removeToolBar(window.tool_bar)
    if (centre := window.takeCentralWidget()) is not None:
        gone.append(centre)
    window.setMenuBar(QMenuBar())  # Qt deletes the one before
    for action in window.actions():
        window.removeAction(action)
    for each in gone:
        if isinstance(each, QWidget):
            each.hide()
        elif isinstance(each, QAction):
            each.setShortcuts([])
        each.setParent(None)
        each.deleteLater()
    for each in gone:
        if isValid(each):
            QCoreApplication.sendPostedEvents(each, QEvent.Type.DeferredDelete.value)


def _look_so(window: MainWindow, look: Look) -> None:
    window.layouts.show(look.layout)
    if window.size() != look.size:  # while docks stood side by side it had to grow
        window.resize(look.size)
        window.layouts.restore()
    window.join_palette()
    canvas = window.canvas
    if look.labels != canvas.canvas.labels:  # drawing everything once more takes long
        canvas.show_labels(look.labels)
    if look.tiles != canvas.feed.maker.mode:
        canvas.feed.show_mode(look.tiles)
    canvas.show_map(look.map)
    canvas.looking.fresh = look.fresh

    def same_part() -> None:
        canvas.zoom_about(look.zoom, QPointF(canvas.viewport().rect().center()))
        canvas.centerOn(look.centre)

    same_part()
    QTimer.singleShot(0, canvas, same_part)  # when the docks have their places
    if look.start:
        window.show_start()
    elif look.on_canvas:
        canvas.setFocus(Qt.FocusReason.OtherFocusReason)
    elif look.panel:
        window.show_panel(look.panel)
