"""Draws a project's canvas into a file without a window: `python -m playground.ui.picture FILE OUT --scale 2 --theme light`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

PATIENCE = 60.0  # seconds for the samples to load


def main(words: list[str] | None = None) -> int:
    """Write the pictures; 0, or 1 with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="playground picture")
    parser.add_argument("file", type=Path)
    parser.add_argument("to", type=Path, nargs="+")
    parser.add_argument("--scale", type=float, default=2.0)
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    args = parser.parse_args(words)
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from playground.errors import PlaygroundError

    try:
        draw(args.file, args.to, args.scale, args.theme)
    except PlaygroundError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def draw(file: Path, to: list[Path], scale: float, mode: str) -> None:
    """The network of a project file as pictures, with the data that it has. Raises PlaygroundError."""
    from PySide6.QtWidgets import QApplication

    from playground.document.file import load
    from playground.ui import theme
    from playground.ui.app import make_application
    from playground.ui.canvas.svg import write_picture
    from playground.ui.canvas.view import CanvasView
    from playground.ui.session import Session

    running = QApplication.instance()
    application = running if isinstance(running, QApplication) else make_application()
    theme.apply(application, mode)
    load(file)  # says what is wrong with the file
    session = Session()
    view = CanvasView(session)
    try:
        view.resize(1440, 900)
        view.show()
        session.open(file)
        end = time.monotonic() + PATIENCE
        while session.loading and time.monotonic() < end:
            application.processEvents()
            time.sleep(0.01)
        for _ in range(3):  # the pictures in the nodes follow in turns of the event loop of their own
            application.processEvents()
        for path in to:
            write_picture(view, path, scale)
    finally:
        view.hide()
        session.close()
        view.deleteLater()
        session.deleteLater()


if __name__ == "__main__":
    sys.exit(main())
