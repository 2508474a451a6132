"""Runs the program exactly as `python -m playground` does, and tells a test where things are on the screen. It only looks.

Arguments: the path of a socket to answer on, then those of the program. One JSON line asks ["name", arguments...]; one answers.
"""

from __future__ import annotations

import json
import runpy
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QSocketNotifier
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLineEdit,
    QMenu,
    QMenuBar,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QTabBar,
    QTreeWidget,
    QWidget,
)  # fmt: skip

from playground.ui.dialogs.certificate_card import CertificateCard

Place = list[int]
KEPT: list[QWidget] = []


def window() -> Any:
    """The main window."""
    return next(widget for widget in QApplication.topLevelWidgets() if widget.objectName() == "main")


def shown(kind: type[QWidget]) -> list[Any]:
    """Widgets of a kind that can be used now: those of an open dialog alone, where it blocks the window."""
    tops = [QApplication.activeModalWidget()] if QApplication.activeModalWidget() else QApplication.topLevelWidgets()
    KEPT[:] = tops  # a wrapper that goes takes those of its children along
    found = [each for top in tops if top.isVisible() for each in top.findChildren(kind)]
    return [each for each in found if each.isVisible() and each.visibleRegion().boundingRect().isValid()]


def spot(widget: QWidget, at: QPoint) -> Place:
    there = widget.mapToGlobal(at)
    return [there.x(), there.y()]


def button(text: str, kind: str = "") -> Place | None:
    """The middle of an enabled button with this text or name, of a class where several have it."""
    for each in shown(QAbstractButton):
        if (
            each.isEnabled()
            and kind in ("", type(each).__name__)
            and text in (each.text().replace("&", ""), each.accessibleName())
        ):
            return spot(each, each.rect().center())
    return None


def menu(name: str) -> Place | None:
    """The middle of a menu's title in the menu bar."""
    for bar in shown(QMenuBar):
        for action in bar.actions():
            if action.text() == name:
                return spot(bar, bar.actionGeometry(action).center())
    return None


def entry(text: str) -> Place | None:
    """The middle of an entry of the menu that is open."""
    for each in [top for top in QApplication.topLevelWidgets() if isinstance(top, QMenu) and top.isVisible()]:
        for action in each.actions():
            if action.text() == text and action.isEnabled():
                return spot(each, each.actionGeometry(action).center())
    return None


def tab(text: str) -> Place | None:
    """The middle of a dock's tab."""
    for bar in shown(QTabBar):
        for at in range(bar.count()):
            if bar.tabText(at) == text:
                return spot(bar, bar.tabRect(at).center())
    return None


def field(name: str) -> Place | None:
    """The middle of an enabled field with this name."""
    for each in shown(QLineEdit):
        if each.isEnabled() and name in (each.accessibleName(), each.objectName()):
            return spot(each, each.visibleRegion().boundingRect().center())
    return None


def field_text(name: str) -> str | None:
    for each in shown(QLineEdit):
        if name in (each.accessibleName(), each.objectName()):
            return str(each.text())
    return None


def slider(name: str, share: float | None = None) -> Place | None:
    """The handle of a slider, or the place where the handle is at a share of the range."""
    for each in shown(QSlider):
        if each.accessibleName() == name and each.isEnabled():
            option = QStyleOptionSlider()
            each.initStyleOption(option)
            if share is not None:
                option.sliderPosition = option.sliderValue = round(each.minimum() + share * (each.maximum() - each.minimum()))
            handle = each.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, each)
            return spot(each, handle.center())
    return None


def row(title: str) -> Place | None:
    """A row of the palette, once it lies in view."""
    for tree in shown(QTreeWidget):
        for at in range(tree.topLevelItemCount()):
            group = tree.topLevelItem(at)
            for k in range(group.childCount()):
                item = group.child(k)
                rect: QRect = tree.visualItemRect(item)
                if item.text(0) == title and rect.isValid() and tree.viewport().rect().contains(rect):
                    return spot(tree.viewport(), QPoint(60, rect.center().y()))
    return None


def palette() -> Place:
    """The middle of the palette, for the wheel."""
    tree = shown(QTreeWidget)[0]
    return spot(tree.viewport(), tree.viewport().rect().center())


def canvas(x: float, y: float) -> Place:
    """A point of the canvas, as shares of its size."""
    view = window().canvas.viewport()
    return spot(view, QPoint(round(x * view.width()), round(y * view.height())))


def port(name: str, side: str) -> Place | None:
    """A port of a named node."""
    view = window().canvas
    for item in view.canvas.nodes.values():
        if item.look.name == name:
            return spot(view.viewport(), view.mapFromScene(item.mapToScene(item.port(side))))
    return None


def node(name: str) -> Place | None:
    """The header of a named node."""
    view = window().canvas
    for item in view.canvas.nodes.values():
        if item.look.name == name:
            return spot(view.viewport(), view.mapFromScene(item.mapToScene(QPoint(round(item.look.width / 2), 14))))
    return None


def pointer() -> Place:
    at = QCursor.pos()
    return [at.x(), at.y()]


def state() -> dict[str, Any]:
    """What the program knows and shows."""
    shell = window()
    session = shell.session
    client, network = session.client, session.project.network
    names = {each.id: each.name for each in network.nodes}
    from playground.ui.panels.journal_entries import Journal

    journal = session.findChild(Journal)
    return {
        "title": shell.windowTitle(), "start": shell.start is not None and shell.start.isVisible(), "layout": shell.layouts.current,
        "nodes": sorted(names.values()), "links": sorted([names[link.source], names[link.target]] for link in network.links),
        "samples": session.samples is not None, "problems": [problem.text for problem in session.problems],
        "run": client.state, "text": client.text, "step": client.step, "steps": len(client.history().steps), "epochs": len(client.epochs),
        "rate": client.knobs.get("rate"), "rates": sorted({float(rate) for rate in client.history().rate}),
        "journal": [each.text for each in journal.entries] if journal else [],
        "plan": {"epochs": session.project.training.epochs, "rate": session.project.training.optimizer.rate},
        "modified": session.modified, "path": str(session.path or ""), "notice": shell.notices.text if shell.notices.isVisible() else "",
        "dialogs": [type(each).__name__ for each in QApplication.topLevelWidgets() if isinstance(each, QDialog) and each.isVisible()],
        "menus": sum(isinstance(each, QMenu) and each.isVisible() for each in QApplication.topLevelWidgets()),
        "certificate": certificate(),
    }  # fmt: skip


def certificate() -> dict[str, Any] | None:
    """What the export dialog shows, once it shows one."""
    cards = [each for top in QApplication.topLevelWidgets() for each in top.findChildren(CertificateCard)]
    return next((dict(each.found) for each in cards if each.found and each.isVisible()), None)


ANSWERS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (button, menu, entry, tab, field, field_text, slider, row, palette, canvas, port, node, pointer, state)
}


class Observer(QObject):
    """Answers in the window's own thread, so that an answer means that everything before it has been dealt with."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(path)
        self.listening.listen()
        self.notifier = QSocketNotifier(self.listening.fileno(), QSocketNotifier.Type.Read, self)
        self.notifier.activated.connect(self._answer)

    def _answer(self) -> None:
        connection, _ = self.listening.accept()
        with connection, connection.makefile("rw") as lines:
            name, *arguments = json.loads(lines.readline())
            try:
                answer = ["seen", ANSWERS[name](*arguments)]
            except Exception:  # noqa: BLE001 - the fault of a question is the asking test's, not the program's
                answer = ["failed", traceback.format_exc()]
            lines.write(json.dumps(answer) + "\n")


def main() -> None:
    from playground.ui import app

    make = app.make_application
    kept: list[Observer] = []
    path, sys.argv[1:] = sys.argv[1], sys.argv[2:]

    def watched() -> QApplication:
        made = make()
        kept.append(Observer(path))
        return made

    app.make_application = watched
    runpy.run_module("playground", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
