"""Where a step of a lesson points: functions that find a rectangle of the window, by the first word of `Step.at`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtWidgets import QTabBar, QWidget

from playground.ui.palette import Palette
from playground.ui.panels.knobs import Knobs

if TYPE_CHECKING:
    from playground.ui.main_window import MainWindow

Place = Callable[["MainWindow", list[str]], "QRect | None"]
PLACES: dict[str, Place] = {}


def place(function: Place) -> Place:
    """Register a function under its name."""
    PLACES[function.__name__] = function
    return function


def found(window: MainWindow, at: str) -> QRect | None:
    """The rectangle in the window's coordinates; None where it is not to be seen now. Raises KeyError for an unknown word."""
    word, *arguments = at.split()
    return PLACES[word](window, arguments)


def _of(window: MainWindow, widget: QWidget, rect: QRect | None = None) -> QRect | None:
    """The visible part of a widget, or of a rectangle in it."""
    if not widget.isVisible():
        return None
    inner = (rect or widget.rect()).intersected(widget.rect())
    return QRect(widget.mapTo(window, inner.topLeft()), inner.size()) if inner.isValid() else None


@place
def action(window: MainWindow, arguments: list[str]) -> QRect | None:
    """The button of an action, in the toolbar or elsewhere; else its menu."""
    wanted = window.actions_made.made.get(arguments[0])
    if wanted is None:
        return None
    for button in window.findChildren(QWidget):
        if getattr(button, "action_shown", None) is wanted and button.isVisible():
            return _of(window, button)
    bar = window.menuBar()
    for title in bar.actions():
        menu = title.menu()
        if menu is not None and wanted in menu.actions():  # type: ignore[attr-defined]
            return _of(window, bar, bar.actionGeometry(title))
    return None


@place
def layer(window: MainWindow, arguments: list[str]) -> QRect | None:
    """The palette's row of a layer, brought into view."""
    for palette in window.findChildren(Palette):
        for row in palette.rows():
            kind = palette.tree.kind_of(row)
            if kind is not None and getattr(kind.spec, "id", "") == arguments[0] and palette.isVisible():
                rect = palette.tree.visualItemRect(row)
                if not palette.tree.viewport().rect().contains(rect):
                    palette.tree.scrollToItem(row, palette.tree.ScrollHint.PositionAtCenter)
                    rect = palette.tree.visualItemRect(row)
                return _of(window, palette.tree.viewport(), rect)
    return None


@place
def node(window: MainWindow, arguments: list[str]) -> QRect | None:
    """A node on the canvas."""
    for item in window.canvas.canvas.nodes.values():
        if item.look.name == arguments[0]:
            return _on_canvas(window, item.body().translated(item.pos()))
    return None


@place
def canvas(window: MainWindow, arguments: list[str]) -> QRect | None:
    """The whole canvas."""
    return _of(window, window.canvas.viewport())


@place
def wire(window: MainWindow, arguments: list[str]) -> QRect | None:
    """The wire between two nodes."""
    names = {node.id: node.name for node in window.session.view.network.nodes}
    for link in window.session.view.network.links:
        item = window.canvas.canvas.wires.get(link.id)
        if item is not None and [names.get(link.source), names.get(link.target)] == arguments[:2]:
            return _on_canvas(window, item.mapToScene(item.boundingRect()).boundingRect())
    return None


def _on_canvas(window: MainWindow, scene: QRectF) -> QRect | None:
    view = window.canvas.viewport()
    return _of(window, view, window.canvas.mapFromScene(scene).boundingRect())


@place
def panel(window: MainWindow, arguments: list[str]) -> QRect | None:
    """A panel, or its tab where another one lies over it."""
    dock = window.layouts.docks.get(arguments[0])
    if dock is None or not dock.isVisible():
        return None
    if not dock.visibleRegion().isEmpty():
        return _of(window, dock)
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        for at in range(bar.count()):
            if bar.tabText(at) == dock.windowTitle():
                return _of(window, bar, bar.tabRect(at))
    return None


@place
def knob(window: MainWindow, arguments: list[str]) -> QRect | None:
    """The row of a knob, by the path of its number."""
    for knobs in window.findChildren(Knobs):
        for info in knobs.infos():
            row = knobs.rows.get(info.name)
            if row is not None and info.path == arguments[0] and row.isVisible():
                return _of(window, row, None if row.visibleRegion().isEmpty() else row.visibleRegion().boundingRect())
    return None
