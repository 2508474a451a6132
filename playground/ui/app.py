"""The program with a window: one application, one session, one main window."""

from __future__ import annotations

import gc
import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QMessageBox

from playground.document.picks import recall
from playground.ui import settings, theme
from playground.ui.collecting import Collector
from playground.ui.main_window import MainWindow
from playground.ui.session import Session
from playground.ui.speaking import speak, wanted
from playground.words import language, say

log = logging.getLogger("playground")


def make_application() -> QApplication:
    """The application with our look; the one that exists, where there is one."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("playground")
    app.setApplicationDisplayName("Playground")
    app.setDesktopFileName("playground")
    speak(app, wanted(settings.word("language", "system")))
    app.setWindowIcon(theme.theme().icon("dense", 32, "accent"))
    theme.apply(app, settings.word("theme", "system"))
    return app


def show_error(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For sys.excepthook: Qt swallows what a slot raises, so it is logged and shown. Work goes on; nothing was lost."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        QApplication.quit()
        return
    text = "".join(traceback.format_exception(kind, error, trace))
    log.error("unexpected error\n%s", text)
    print(text, file=sys.stderr)
    if threading.current_thread() is not threading.main_thread() or QApplication.instance() is None:
        return
    if any(isinstance(widget, QMessageBox) and widget.objectName() == "unexpected" for widget in QApplication.topLevelWidgets()):
        return  # one is enough; a fault that repeats would bury the window
    kept = [widget.autosave.try_flush() for widget in QApplication.topLevelWidgets() if isinstance(widget, MainWindow)]
    box = QMessageBox(QMessageBox.Icon.Warning, "Playground", say("Something went wrong inside the program."))
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setObjectName("unexpected")
    box.setTextFormat(Qt.TextFormat.PlainText)
    safe = say("is autosaved") if all(kept) else say("could not be autosaved")
    box.setInformativeText(say("Your project {safe}. Save it, and report the details below if it happens again.", safe=safe))
    box.setDetailedText(text)
    box.open()


def main(file: Path | None = None) -> int:
    """Open the window, on a project when one is given, and run until it is closed. Gives the exit status."""
    app = make_application()
    sys.excepthook = show_error
    recall()
    session = Session()
    window = MainWindow(session)
    window.show()
    if file is not None:
        window.documents.open(file)
    else:
        window.show_start()
    if language() == "zh_CN" and not theme.chinese_family():
        # In English, since nothing else could be read.
        session.message.emit(
            "No installed font shows Chinese. Install one, such as fonts-wqy-microhei, and start again.", "warning"
        )
    Collector(app)
    session.file_changed.connect(freeze_later)
    if file is not None:
        QTimer.singleShot(0, window, window.tell_of_finds)
    session.replaced.connect(lambda: warm_later(session))
    warm_later(session)
    freeze_later()
    return app.exec()


def warm_later(session: Session) -> None:
    """A worker takes half a second to start, which is better spent before Train is pressed; the window comes first."""
    QTimer.singleShot(1500, session, session.run.warm)


def freeze_later() -> None:
    """A full garbage collection walks every item of the canvas, 20 to 60 ms; what is loaded now need not be walked again."""
    QTimer.singleShot(500, gc.freeze)
