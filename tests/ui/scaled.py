"""Looks at the window under a scale factor, in a process of its own: `python -m tests.ui.scaled FOLDER`. Prints what it found as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QWidget

from playground.paths import assets_dir
from playground.ui.layout_table import LAYOUT_TABLE
from playground.ui.main_window import MainWindow
from playground.ui.measure.stage import Stage, spin


def main(folder: Path) -> None:
    """Every layout in both themes as a picture, and what is cut in it."""
    stage = Stage()
    window = stage.window
    window.resize(1366, 768)
    stage.open(assets_dir() / "examples" / "digits_cnn.play")
    stage.session.select((stage.session.project.network.nodes[1].id,))
    found: dict[str, object] = {"cut": [], "outside": [], "unseen": []}
    for layout in LAYOUT_TABLE:
        window.show_layout(layout.name)
        spin(0.3)
        for mode in ("light", "dark"):
            window.use_theme(mode)
            spin(0.1)
            picture = window.grab()
            picture.save(str(folder / f"{layout.name}_{mode}.png"))
            found["ratio"] = picture.devicePixelRatio()
            found["size"] = [picture.width(), picture.height()]
        found["cut"] += [f"{layout.name}: {text}" for text in cut(window)]  # type: ignore[operator]
        found["outside"] += [f"{layout.name}: {text}" for text in outside(window)]  # type: ignore[operator]
        if layout.canvas and not window.canvas.shows_all():
            found["unseen"] += [layout.name]  # type: ignore[operator]
    window.use_theme("light")
    print(json.dumps(found))
    stage.close()


def _visible(window: QWidget, kind: type[QWidget]) -> list[QWidget]:
    return [widget for widget in window.findChildren(kind) if widget.isVisible() and not widget.visibleRegion().isEmpty()]


def cut(window: MainWindow) -> list[str]:
    """Buttons that are smaller than they need to be."""
    small = []
    for button in _visible(window, QAbstractButton):
        assert isinstance(button, QAbstractButton)
        hint = button.sizeHint()
        if button.text() and hint.isValid() and (button.width() < hint.width() - 1 or button.height() < hint.height() - 1):
            small.append(f"{type(button).__name__} {button.text()} {button.width()} < {hint.width()}")
    return small


def outside(window: MainWindow) -> list[str]:
    """Labels and buttons that stand out of the window; what scrolls may."""
    found = []
    for widget in (*_visible(window, QAbstractButton), *_visible(window, QLabel)):
        place = QRect(widget.mapTo(window, QPoint(0, 0)), widget.size()) if window.isAncestorOf(widget) else QRect()
        at: QWidget | None = widget
        while at is not None and not isinstance(at, QScrollArea):
            at = at.parentWidget()
        if at is None and not window.rect().contains(place):
            found.append(f"{type(widget).__name__} {widget.accessibleName()}")
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1]))
