"""The program as a person starts it, which also answers on standard output where things are on the screen.

    row TITLE | canvas X Y | starter N | port NAME in|out K | button ID | state | close
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from playground.ui import app
from playground.ui.canvas.empty import StarterCard
from playground.ui.main_window import MainWindow
from playground.ui.palette import Palette
from playground.ui.toolbar import ActionButton


def point(widget: QWidget, at: QPoint | QPointF) -> list[int]:
    found = widget.mapToGlobal(QPointF(at).toPoint())
    return [found.x(), found.y()]


def answer(window: MainWindow, words: list[str]) -> Any:
    view = window.canvas
    if words[0] == "row":
        palette = window.layouts.docks["palette"].made
        assert isinstance(palette, Palette)
        row = next(row for row in palette.rows() if row.text(0) == words[1])
        palette.tree.scrollToItem(row)
        return point(palette.tree.viewport(), palette.tree.visualItemRect(row).center())
    if words[0] == "canvas":
        return point(view.viewport(), QPoint(int(words[1]), int(words[2])))
    if words[0] == "starter":
        card = window.canvas.empty.findChildren(StarterCard)[int(words[1])]
        return point(card, card.rect().center())
    if words[0] == "port":
        item = next(item for item in view.canvas.nodes.values() if item.look.name == words[1])
        return point(view.viewport(), view.mapFromScene(item.mapToScene(item.port(words[2], int(words[3])))))
    if words[0] == "button":
        found = next(b for b in window.findChildren(ActionButton) if b.action_shown.objectName() == words[1])
        return point(found, found.rect().center())
    network, session = window.session.project.network, window.session
    return {
        "nodes": [node.name for node in network.nodes],
        "links": sorted([network.node(k.source).name, network.node(k.target).name] for k in network.links),
        "run": session.run.state,
        "step": session.client.step,
        "ready": session.ready,
        "problems": [problem.text for problem in session.problems],
        "layout": window.layouts.current,
    }


def listen() -> None:
    window = next(widget for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow))
    window.move(0, 0)
    if len(sys.argv) < 2:
        window.new()
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, window)

    def read() -> None:
        words = sys.stdin.readline().split()
        if not words or words[0] == "close":
            window.session.history.mark_saved()
            window.close()
            return
        print(json.dumps(answer(window, words)), flush=True)

    notifier.activated.connect(read)
    print(json.dumps("ready"), flush=True)


if __name__ == "__main__":
    app.make_application()
    QTimer.singleShot(300, listen)
    sys.exit(app.main(Path(sys.argv[1]) if len(sys.argv) > 1 else None))
